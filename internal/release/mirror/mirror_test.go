package mirror_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/mirror"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/release/registry/registrytest"
)

var stages = registrytest.Stages

// shelf is a small mirror: a log, and a label for who holds each stage.
type shelf struct {
	registrytest.Memory
	labels mirror.Facts
	fail   func() error // asked before each change of a label
}

func (s *shelf) Drift(_ context.Context, log registry.Log) ([]mirror.Drift, error) {
	want := mirror.Facts{}
	for stage, holder := range mirror.Holders(log.Of(), stages) {
		want[mirror.Fact{Kind: mirror.Alias, Name: stage}] = holder
	}
	return mirror.Diff(s.labels, want), nil
}

func (s *shelf) Mend(_ context.Context, _ registry.Log, drifts []mirror.Drift) error {
	for _, d := range drifts {
		if s.fail != nil {
			if err := s.fail(); err != nil {
				return err
			}
		}
		s.labels[d.Fact] = d.Want
	}
	return nil
}

func empty() *shelf { return &shelf{labels: mirror.Facts{}} }

// promoted is a record in which v1.1.0 took production from v1.0.0.
func promoted(t *testing.T) *registrytest.Memory {
	record := &registrytest.Memory{}
	registrytest.Do(t, record, "clf", registrytest.Register("v1.0.0", registry.Record{}))
	registrytest.Do(t, record, "clf", registrytest.Move("v1.0.0", stages.Production))
	registrytest.Do(t, record, "clf", registrytest.Register("v1.1.0", registry.Record{}))
	registrytest.Do(t, record, "clf", registrytest.Move("v1.1.0", stages.Production))
	return record
}

var production = mirror.Fact{Kind: mirror.Alias, Name: "production"}

func TestAMirrorFollowsAndThenHasNothingToDo(t *testing.T) {
	record, m := promoted(t), empty()
	found, err := mirror.Reconcile(t.Context(), record, m, "clf", false)
	require.NoError(t, err)
	require.Len(t, found.Missing, 6) // two registrations, two assignments, and one version that left and was archived
	require.True(t, found.Mended)
	require.Equal(t, "v1.1.0", m.labels[production])
	found, err = mirror.Reconcile(t.Context(), record, m, "clf", false)
	require.NoError(t, err)
	require.True(t, found.IsClean())
}

func TestALookFindsTheSameAndChangesNothing(t *testing.T) {
	record, m := promoted(t), empty()
	looked, err := mirror.Look(t.Context(), record, m, "clf")
	require.NoError(t, err)
	require.Empty(t, m.labels)
	done, err := mirror.Reconcile(t.Context(), record, m, "clf", false)
	require.NoError(t, err)
	looked.Mended = true
	require.Equal(t, looked, done)
}

func TestWhatAHandChangedIsMended(t *testing.T) {
	record, m := promoted(t), empty()
	_, err := mirror.Reconcile(t.Context(), record, m, "clf", false)
	require.NoError(t, err)
	m.labels[production], m.labels[mirror.Fact{Kind: mirror.Alias, Name: "mine"}] = "v1.0.0", "v1.0.0"
	found, err := mirror.Reconcile(t.Context(), record, m, "clf", false)
	require.NoError(t, err)
	require.Equal(t, []mirror.Drift{{Fact: production, Have: "v1.0.0", Want: "v1.1.0"}}, found.Drifts)
	require.Equal(t, "v1.1.0", m.labels[production])
	require.Equal(t, "v1.0.0", m.labels[mirror.Fact{Kind: mirror.Alias, Name: "mine"}], "what is nobody's stage stays")
}

// A record that lost its tags must not take production away from those who serve by the mirror.
func TestWhatTheRecordLostIsNotTakenFromTheMirror(t *testing.T) {
	m := empty()
	_, err := mirror.Reconcile(t.Context(), promoted(t), m, "clf", false)
	require.NoError(t, err)
	lost := &registrytest.Memory{}
	found, err := mirror.Reconcile(t.Context(), lost, m, "clf", false)
	require.NoError(t, err)
	require.Len(t, found.Unknown, 6)
	require.False(t, found.Mended)
	require.Equal(t, "v1.1.0", m.labels[production])

	found, err = mirror.Reconcile(t.Context(), lost, m, "clf", true)
	require.NoError(t, err)
	require.True(t, found.Mended)
	require.Empty(t, m.labels[production])
	log, err := m.Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Len(t, log.Events, 6, "the mirror's log keeps what it knows")
}

// Whatever step fails, the next run finishes.
func TestAStoppedRunIsFinishedByTheNext(t *testing.T) {
	stop := errors.New("stopped")
	for steps := range 3 {
		record, m := promoted(t), empty()
		left := steps
		step := func() error {
			left--
			if left < 0 {
				return stop
			}
			return nil
		}
		m.Before, m.fail = func(string, []registry.Event) error { return step() }, step
		found, err := mirror.Reconcile(t.Context(), record, m, "clf", false)
		if steps < 2 { // one write, one label
			require.ErrorIs(t, err, stop)
			require.False(t, found.Mended)
		} else {
			require.NoError(t, err)
		}
		m.Before, m.fail = nil, nil
		_, err = mirror.Reconcile(t.Context(), record, m, "clf", false)
		require.NoError(t, err)
		require.Equal(t, "v1.1.0", m.labels[production], "%d steps", steps)
	}
}

// Somebody else's write to the mirror in between is looked at anew; one who never stops writing is given up on.
func TestAnotherWriterMeanwhile(t *testing.T) {
	for name, end := range map[string]error{"moved": registry.ErrMoved, "raced": registry.ErrRaced} {
		record, m := promoted(t), empty()
		once := true
		m.Before = func(string, []registry.Event) error {
			if once {
				once = false
				return end
			}
			return nil
		}
		found, err := mirror.Reconcile(t.Context(), record, m, "clf", false)
		require.NoError(t, err, name)
		require.True(t, found.Mended)
		m = empty()
		m.Before = func(string, []registry.Event) error { return end }
		_, err = mirror.Reconcile(t.Context(), record, m, "clf", false)
		require.ErrorContains(t, err, "changed as fast as it is mended", name)
	}
}

func TestDriftsAreOrderedAndSaid(t *testing.T) {
	version := mirror.Fact{Kind: mirror.Version, Version: "v1.10.0"}
	want := mirror.Facts{production: "v1.10.0", version: "there", {Kind: mirror.Version, Version: "v1.9.0"}: "there",
		{Kind: mirror.Stage, Version: "v1.9.0"}: "None", {Kind: mirror.Tag, Version: "v1.9.0", Name: "assay.digest"}: ""}
	var said []string
	for _, d := range mirror.Diff(mirror.Facts{{Kind: mirror.Tag, Version: "v1.9.0", Name: "assay.digest"}: "x"}, want) {
		said = append(said, d.String())
	}
	require.Equal(t, []string{"version v1.9.0 is nothing, and should be there", "version v1.10.0 is nothing, and should be there",
		"tag assay.digest of v1.9.0 is x, and should be nothing", "stage of v1.9.0 is nothing, and should be None", "alias production is nothing, and should be v1.10.0"}, said)
}
