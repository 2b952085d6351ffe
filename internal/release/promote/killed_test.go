package promote_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/release/promote"
	"github.com/assay-ml/assay/internal/release/registry"
)

var errKilled = errors.New("killed")

// mortal is a world from which a process is torn at its nth touch: that one takes effect or not, and none after it does.
type mortal struct {
	*world
	left  int
	takes bool
}

// touch reports whether the outside sees this touch, and whether the process lives on.
func (m *mortal) touch() (seen, lives bool) {
	m.left--
	return m.left > 0 || m.left == 0 && m.takes, m.left > 0
}

func (m *mortal) Read(ctx context.Context, model string) (registry.Log, error) {
	if _, lives := m.touch(); !lives {
		return registry.Log{}, errKilled
	}
	return m.world.Read(ctx, model)
}

func (m *mortal) Write(ctx context.Context, model string, after registry.Revision, events []registry.Event) error {
	seen, lives := m.touch()
	var err error
	if seen {
		err = m.world.Write(ctx, model, after, events)
	}
	if !lives {
		return errKilled
	}
	return err
}

func (m *mortal) Start(ctx context.Context, o promote.Order) (run int64, err error) {
	seen, lives := m.touch()
	if seen {
		run, err = m.world.Start(ctx, o)
	}
	if !lives {
		return 0, errKilled
	}
	return run, err
}

// A promotion is killed at each of its touches of the world, before and after it takes effect. Whatever it leaves, the next command makes it
// whole: the version is in its stage with its record and started once, or nothing of it is there.
func TestAPromotionThatIsKilledAnywhereIsFinished(t *testing.T) {
	for takes, touches := range map[bool]int{false: 0, true: 0} {
		for n := 1; ; n++ {
			w := newWorld(t)
			m := &mortal{w, n, takes}
			desk := w.desk(finding.Pass)
			desk.Registry, desk.Starter = m, m
			_, err := desk.Promote(t.Context(), w.ask("v1.0.0", "staging"))
			if m.left > 0 {
				require.NoError(t, err)
				require.Equal(t, touches, n-1)
				break
			}
			touches++
			name := fmt.Sprintf("killed at touch %d, which takes effect: %v", n, takes)
			w.now = w.now.Add(time.Hour)
			_, err = w.desk(finding.Pass).Settle(t.Context(), "m", registry.Deed{})
			require.NoError(t, err, name)
			log, err := w.Read(t.Context(), "m")
			require.NoError(t, err, name)
			isThere := w.holder(t, "staging") == "v1.0.0"
			require.Equal(t, isThere, len(promote.Summaries(log.Of().Version("v1.0.0"))) == 1, name)
			require.Equal(t, isThere, len(w.started) == 1, name)

			answer, err := w.desk(finding.Pass).Promote(t.Context(), w.ask("v1.0.0", "staging"))
			require.NoError(t, err, name)
			require.True(t, answer.Decision.Allowed(), name)
			require.Equal(t, "v1.0.0", w.holder(t, "staging"), name)
			require.Len(t, w.started, 1, name)
		}
		require.GreaterOrEqual(t, touches, 7, "reads, the transition, the claim, the start and its note")
	}
}
