package retraining_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/retrain/trigger"
	"github.com/assay-ml/assay/internal/run/retraining"
)

// shelf is a store in memory.
type shelf struct {
	lock     sync.Mutex
	content  []byte
	revision int
	saves    int
}

func (s *shelf) Load(context.Context) ([]byte, string, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.content, s.name(), nil
}

func (s *shelf) name() string {
	if s.revision == 0 {
		return ""
	}
	return strconv.Itoa(s.revision)
}

func (s *shelf) Save(_ context.Context, content []byte, _, revision string) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if revision != s.name() {
		return trigger.ErrMoved
	}
	s.content, s.revision, s.saves = content, s.revision+1, s.saves+1
	return nil
}

func scheduled(t *testing.T) *config.Config {
	t.Helper()
	c, err := config.Parse("assay.yaml", []byte("version: 1\nmodel: m\nretrain:\n  triggers: {schedule: {cron: 0 3 * * 1}}\n"), nil)
	require.NoError(t, err)
	return c
}

// Of four that decide at once one has the model trained, and the others see that it is.
func TestOneOfSeveralDecidersTrains(t *testing.T) {
	store := &shelf{}
	options := retraining.Options{Config: scheduled(t), Store: store, Now: time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)}
	made := make([]trigger.Decision, 4)
	var wait sync.WaitGroup
	for i := range made {
		wait.Go(func() {
			var err error
			made[i], _, err = retraining.Decide(t.Context(), options)
			require.NoError(t, err)
		})
	}
	wait.Wait()
	trained := 0
	for _, d := range made {
		if d.Retrain {
			trained++
			continue
		}
		require.Contains(t, d.Reason, "the model was trained at 2027-03-01 12:00 UTC")
	}
	require.Equal(t, 1, trained)
	state, err := retraining.Load(t.Context(), store, "m")
	require.NoError(t, err)
	require.Len(t, state.Trainings, 1)
	require.Len(t, state.Decisions, 4)
}

func TestADryRunKeepsNothing(t *testing.T) {
	store := &shelf{}
	made, _, err := retraining.Decide(t.Context(), retraining.Options{Config: scheduled(t), Store: store, Now: time.Now(), DryRun: true})
	require.NoError(t, err)
	require.True(t, made.Retrain)
	require.Zero(t, store.saves)
}

// moving is a store in which somebody else always is faster.
type moving struct{ shelf }

func (*moving) Save(context.Context, []byte, string, string) error { return trigger.ErrMoved }

func TestWhoIsAlwaysTooLateSaysSo(t *testing.T) {
	_, _, err := retraining.Decide(t.Context(), retraining.Options{Config: scheduled(t), Store: &moving{}, Now: time.Now()})
	require.ErrorIs(t, err, trigger.ErrMoved)
}

// registry tells what is in production.
type registry struct {
	version *trigger.Version
	err     error
}

func (r registry) Production(context.Context, string) (*trigger.Version, error) {
	return r.version, r.err
}

func TestTheRegistrySaysWhatIsInProduction(t *testing.T) {
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	options := retraining.Options{Config: scheduled(t), Store: &shelf{}, Now: now, Production: registry{version: &trigger.Version{Name: "v2.0.0", Trained: now.Add(-time.Hour)}}}
	made, _, err := retraining.Decide(t.Context(), options)
	require.NoError(t, err)
	require.False(t, made.Retrain, "it was trained an hour ago")
	require.Equal(t, "v2.0.0", made.Production.Name)
	options.Production = registry{err: context.DeadlineExceeded}
	made, _, err = retraining.Decide(t.Context(), options)
	require.NoError(t, err, "a registry that is away keeps no schedule from being due")
	require.True(t, made.Retrain)
}
