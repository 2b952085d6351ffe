package registry_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/registry"
)

var now = time.Date(2027, 2, 1, 0, 0, 0, 999, time.UTC)

func deed() registry.Deed { return registry.Deed{By: "octocat", Reason: "why", Now: now} }

// after is a log with planned events added.
func after(t *testing.T, l registry.Log, plan func(registry.Log) ([]registry.Event, error)) registry.Log {
	t.Helper()
	events, err := plan(l)
	require.NoError(t, err)
	l.Events = append(l.Events[:len(l.Events):len(l.Events)], events...)
	return l
}

func moves(version, to string, archive bool) func(registry.Log) ([]registry.Event, error) {
	return func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(stages, version, to, archive, deed())
	}
}

func told(l registry.Log) map[string]string {
	all := map[string]string{}
	for _, version := range l.Of().Versions {
		all[version.Name] = version.Stage(stages)
	}
	return all
}

func TestAPromotionArchivesTheOldAndLeavesTheEarlierStage(t *testing.T) {
	log := happened(registered("v1.0.0", "a"), registered("v2.0.0", "b"), assigned("v1.0.0", "production"), assigned("v2.0.0", "staging"))
	before := len(log.Events)
	log = after(t, log, moves("v2.0.0", "production", true))
	require.Equal(t, map[string]string{"v1.0.0": "archived", "v2.0.0": "production"}, told(log))
	require.Empty(t, holder(log, "staging"))
	require.Len(t, log.Events, before+4)
	last := log.Events[before-1].At
	for i, e := range log.Events[before:] {
		require.True(t, e.At.After(last), "times only grow")
		require.Equal(t, before+1+i, e.Number)
		require.Equal(t, "octocat", e.By)
		last = e.At
	}
	require.Equal(t, now.Truncate(time.Second), log.Events[before].At)
}

func TestTimeNeverGoesBack(t *testing.T) {
	log := happened(registered("v1.0.0", "a"))
	log.Events[0].At = now.Add(time.Hour).Truncate(time.Second)
	log = after(t, log, moves("v1.0.0", "staging", true))
	require.Equal(t, now.Add(time.Hour).Truncate(time.Second).Add(time.Second), log.Events[1].At)
}

func TestWhoMakesRoomWithoutBeingArchivedHoldsNothing(t *testing.T) {
	log := happened(registered("v1.0.0", "a"), registered("v2.0.0", "b"), assigned("v1.0.0", "staging"))
	log = after(t, log, moves("v2.0.0", "staging", false))
	require.Equal(t, map[string]string{"v1.0.0": "none", "v2.0.0": "staging"}, told(log))
	log = after(t, log, moves("v2.0.0", "none", false))
	require.Empty(t, holder(log, "staging"), "it does not fall back to who made room")
}

// GTO gives a stage to the next version without taking it from the last one, which would get it back by falling back.
func TestAnArchivedVersionNeverComesBack(t *testing.T) {
	log := happened(registered("v1.0.0", "a"), registered("v2.0.0", "b"), registered("v3.0.0", "c"), assigned("v1.0.0", "staging"), assigned("v1.0.0", "production"),
		assigned("v1.0.0", "canary"), assigned("v2.0.0", "production"), assigned("v2.0.0", "staging"))
	log = after(t, log, moves("v1.0.0", "archived", true))
	require.Equal(t, []string{"archived"}, log.Of().Version("v1.0.0").Given(), "also GTO's own stages are left")
	for _, stage := range []string{"production", "staging"} {
		log = after(t, log, moves("v2.0.0", "none", true))
		require.Empty(t, holder(log, stage))
	}
}

// A walk of all operations from any state: of archived versions none is given anything else, each stage has at most the one that
// was given it, and no commit bears two versions.
func TestAWalkNeverBreaksTheRules(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		log := happened(registered("v0.0.1", "0"), registered("v0.0.2", "1"), assigned("v0.0.1", "production"), assigned("v0.0.2", "production"), assigned("v0.0.1", "staging"))
		for step := range 20 {
			version, to := "v0.0."+strconv.Itoa(1+random.IntN(4)), stages.Names()[random.IntN(4)]
			plans := []func() ([]registry.Event, error){
				func() ([]registry.Event, error) {
					return log.Transition(stages, version, to, random.IntN(2) == 0, deed())
				},
				func() ([]registry.Event, error) {
					return log.Register(registry.Entry{Commit: strconv.Itoa(step + 2)}, deed())
				},
				func() ([]registry.Event, error) { return log.Rollback(stages, "production", deed()) },
				func() ([]registry.Event, error) { return log.Deregister(version, deed()) },
			}
			events, _ := plans[random.IntN(len(plans))]()
			moved := len(events) > 0 && events[len(events)-1].Kind == registry.Assigned
			log.Events = append(log.Events, events...)
			if moved {
				last := events[len(events)-1]
				require.Equal(t, last.Stage, log.Of().Version(last.Version).Stage(stages))
			}
			for _, v := range log.Of().Versions {
				if v.Since("archived") != nil {
					require.Equal(t, []string{"archived"}, v.Given())
				}
			}
		}
	}
}

func TestExpectations(t *testing.T) {
	log := happened(registered("v1.0.0", "a"), registered("v2.0.0", "b"), assigned("v1.0.0", "production"))
	expecting := func(version string) error {
		d := deed()
		d.Expect = &version
		_, err := log.Transition(stages, "v2.0.0", "production", true, d)
		return err
	}
	require.NoError(t, expecting("v1.0.0"))
	require.ErrorIs(t, expecting("v2.0.0"), registry.ErrMoved)
	require.ErrorContains(t, expecting(""), "held by v1.0.0, not by nobody")
}

func TestRollback(t *testing.T) {
	log := happened(registered("v1.0.0", "a"), registered("v2.0.0", "b"), registered("v3.0.0", "c"))
	back := func(l registry.Log) ([]registry.Event, error) { return l.Rollback(stages, "production", deed()) }
	for _, version := range []string{"v1.0.0", "v2.0.0", "v3.0.0"} {
		log = after(t, log, moves(version, "production", true))
	}
	log = after(t, log, back)
	require.Equal(t, map[string]string{"v1.0.0": "archived", "v2.0.0": "production", "v3.0.0": "archived"}, told(log))
	log = after(t, log, back)
	require.Equal(t, "v1.0.0", holder(log, "production"), "not to the one that was given up")
	_, err := back(log)
	require.ErrorContains(t, err, "held production before v1.0.0")
	log = after(t, log, moves("v3.0.0", "production", true))
	log = after(t, log, func(l registry.Log) ([]registry.Event, error) { return l.Deprecate("v1.0.0", deed()) })
	_, err = back(log)
	require.Error(t, err, "a deprecated version is passed over")
	_, err = log.Rollback(stages, "production", registry.Deed{Reason: " "})
	require.ErrorContains(t, err, "needs a reason")
	_, err = log.Rollback(stages, "staging", deed())
	require.ErrorContains(t, err, "no version of clf holds staging")
}

func TestWhatIsRefused(t *testing.T) {
	log := happened(registered("v1.0.0", "a"), registered("v2.0.0", "b"), assigned("v1.0.0", "production"), registry.Event{Kind: registry.Deregistered, Version: "v2.0.0", Commit: "b"})
	entry := func(version, sha string) func() ([]registry.Event, error) {
		return func() ([]registry.Event, error) {
			return log.Register(registry.Entry{Version: version, Commit: sha}, deed())
		}
	}
	for name, c := range map[string]struct {
		plan func() ([]registry.Event, error)
		want string
	}{
		"two versions on one commit":       {entry("v3.0.0", "a"), "clf@v1.0.0 already"},
		"also where one was taken back":    {entry("v3.0.0", "b"), "clf@v2.0.0 already"},
		"a version twice":                  {entry("v1.0.0", "c"), "registered already"},
		"a version that was taken back":    {entry("v2.0.0", "b"), "registered already"},
		"no version":                       {entry("1.0", "c"), "is no version"},
		"a stage for what was taken back":  {func() ([]registry.Event, error) { return log.Transition(stages, "v2.0.0", "staging", true, deed()) }, "was taken back"},
		"a stage for nobody":               {func() ([]registry.Event, error) { return log.Transition(stages, "v9.0.0", "staging", true, deed()) }, "has no version v9.0.0"},
		"to take back what serves":         {func() ([]registry.Event, error) { return log.Deregister("v1.0.0", deed()) }, "holds production"},
		"to note on nobody":                {func() ([]registry.Event, error) { return log.Annotate("v9.0.0", map[string]string{"a": "b"}, deed()) }, "has no version"},
		"to deprecate a model that is not": {func() ([]registry.Event, error) { return happened().Deprecate("", deed()) }, "there is no model clf"},
		"a metric that is no number": {func() ([]registry.Event, error) {
			return log.Register(registry.Entry{Version: "v3.0.0", Commit: "c", Record: registry.Record{Metrics: map[string]float64{"auc": math.NaN()}}}, deed())
		}, "NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := c.plan()
			require.ErrorContains(t, err, c.want)
			require.Empty(t, events)
		})
	}
	deprecated := after(t, log, func(l registry.Log) ([]registry.Event, error) { return l.Deprecate("v1.0.0", deed()) })
	_, err := deprecated.Transition(stages, "v1.0.0", "staging", true, deed())
	require.ErrorContains(t, err, "is deprecated: why")
}

func TestWhoIsTakenBackGetsNothingBack(t *testing.T) {
	log := happened(registered("v1.0.0", "a"), registered("v2.0.0", "b"), assigned("v1.0.0", "production"), assigned("v2.0.0", "production"))
	log = after(t, log, func(l registry.Log) ([]registry.Event, error) { return l.Deregister("v1.0.0", deed()) })
	require.Empty(t, log.Audit(stages))
	require.False(t, log.Of().Version("v1.0.0").Active)
}

func TestWhatIsSoAlreadyIsNotDoneAgain(t *testing.T) {
	record := registry.Record{Digest: "sha256:1"}
	first := registered("v1.0.0", "a")
	first.Record = &record
	log := happened(first, assigned("v1.0.0", "production"))
	for name, plan := range map[string]func() ([]registry.Event, error){
		"register": func() ([]registry.Event, error) {
			return log.Register(registry.Entry{Version: "v1.0.0", Commit: "a", Record: record}, deed())
		},
		"promote":  func() ([]registry.Event, error) { return log.Transition(stages, "v1.0.0", "production", true, deed()) },
		"annotate": func() ([]registry.Event, error) { return log.Annotate("v1.0.0", map[string]string{"x": ""}, deed()) },
		"deprecate": func() ([]registry.Event, error) {
			return happened(first, registry.Event{Kind: registry.Deprecated}).Deprecate("", deed())
		},
	} {
		events, err := plan()
		require.NoError(t, err, name)
		require.Empty(t, events, name)
	}
}
