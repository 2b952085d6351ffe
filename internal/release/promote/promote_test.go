package promote_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/release/policy"
	"github.com/assay-ml/assay/internal/release/promote"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/release/registry/registrytest"
	"github.com/assay-ml/assay/internal/source"
)

const commit = "89abcdef0123456789abcdef0123456789abcdef"

var stages = registry.Stages{}.OrDefaults()

// knows is a Gatherer that knows good results of all versions.
type knows struct{ outcome finding.Outcome }

func (k knows) Gather(_ context.Context, facts policy.Facts, _ policy.Spec) policy.Facts {
	facts.Actor = "promoter"
	facts.Evaluation = policy.Tell(&record.Digest{Commit: facts.Commit, Artifact: facts.Digest,
		Steps: map[string]record.StepDigest{"gate": {Outcome: k.outcome, Blocks: k.outcome != finding.Pass}}}, nil)
	return facts
}

// world is a registry, what can be started, and a clock that moves on with each look.
type world struct {
	registrytest.Memory
	now     time.Time
	started []promote.Run
	fail    error // of the next start
}

func (w *world) Start(_ context.Context, o promote.Order) (int64, error) {
	if w.fail != nil {
		return 0, w.fail
	}
	w.started = append(w.started, promote.Run{ID: int64(len(w.started) + 1), Title: o.Inputs["title"]})
	return w.started[len(w.started)-1].ID, nil
}

func (w *world) Started(context.Context, promote.Order, time.Time) ([]promote.Run, error) {
	return w.started, nil
}

func (w *world) clock() time.Time {
	w.now = w.now.Add(time.Second)
	return w.now
}

// spec lets versions through staging to production, each with a dispatch.
func spec() policy.Spec {
	return policy.Spec{Artifact: "model.bin", Stages: map[string]policy.Stage{
		"staging":    {Pos: source.Pos{Line: 1}, Dispatch: &policy.Dispatch{Workflow: "test.yml", Inputs: map[string]string{"title": "test {model} {version}"}}},
		"production": {Pos: source.Pos{Line: 2}, Dispatch: &policy.Dispatch{Workflow: "deploy.yml", Inputs: map[string]string{"title": "deploy {model}@{version} {digest}"}}, Override: []string{"promoter"}},
	}}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	for i, version := range []string{"v1.0.0", "v1.1.0"} {
		log, err := w.Read(t.Context(), "m")
		require.NoError(t, err)
		events, err := log.Register(registry.Entry{Version: version, Commit: commit[:39] + string(rune('0'+i)), Record: registry.Record{Digest: "sha256:aa" + version}}, registry.Deed{Now: w.clock()})
		require.NoError(t, err)
		require.NoError(t, w.Write(t.Context(), "m", log.Revision, events))
	}
	return w
}

func (w *world) desk(outcome finding.Outcome) promote.Desk {
	return promote.Desk{Registry: w, Stages: stages, Policy: spec(), Source: "main", Gatherer: knows{outcome}, Starter: w, Now: w.clock}
}

func (w *world) ask(version, stage string) promote.Ask {
	return promote.Ask{Ref: registry.Ref{Model: "m", Version: version}, Stage: stage, Deed: registry.Deed{By: "promoter", Reason: "it is good", Now: w.clock()}}
}

func (w *world) holder(t *testing.T, stage string) string {
	t.Helper()
	log, err := w.Read(t.Context(), "m")
	require.NoError(t, err)
	if holder := log.Of().Holder(stage); holder != nil {
		return holder.Name
	}
	return ""
}

func TestAPromotionLeavesWhatWasDecidedAndStartsWhatFollows(t *testing.T) {
	w := newWorld(t)
	answer, err := w.desk(finding.Pass).Promote(t.Context(), w.ask("v1.0.0", "staging"))
	require.NoError(t, err)
	require.True(t, answer.Decision.Allowed())
	require.Equal(t, "v1.0.0", w.holder(t, "staging"))
	require.Equal(t, []promote.Run{{ID: 1, Title: "test m v1.0.0"}}, w.started)
	require.Len(t, answer.Orders, 1)
	require.Equal(t, promote.Sent, answer.Orders[0].State)
	require.EqualValues(t, 1, answer.Orders[0].Run)

	log, err := w.Read(t.Context(), "m")
	require.NoError(t, err)
	given := answer.Events[0]
	summary := promote.Summaries(log.Of().Version("v1.0.0"))[given.Number]
	digest := spec().Digest()
	require.Equal(t, promote.Summary{Stage: "staging", Policy: digest, Source: "main", Digest: "sha256:aav1.0.0", Evidence: commit[:39] + "0", By: "promoter"}, summary)

	again, err := w.desk(finding.Pass).Promote(t.Context(), w.ask("v1.0.0", "staging"))
	require.NoError(t, err)
	require.Empty(t, again.Events, "it is there already")
	require.Len(t, w.started, 1)
}

func TestARefusalWritesNothing(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		version, stage string
		outcome        finding.Outcome
	}{{"v1.0.0", "staging", finding.Fail}, {"v1.0.0", "production", finding.Pass}} {
		answer, err := w.desk(c.outcome).Promote(t.Context(), w.ask(c.version, c.stage))
		require.NoError(t, err)
		require.False(t, answer.Decision.Allowed())
		require.Empty(t, answer.Events)
	}
	_, err := w.desk(finding.Pass).Promote(t.Context(), w.ask("v9.0.0", "staging"))
	var refused *registry.Refusal
	require.ErrorAs(t, err, &refused)
	log, err := w.Read(t.Context(), "m")
	require.NoError(t, err)
	require.Len(t, log.Events, 2)
	require.Empty(t, w.started)
}

func TestADryRunWritesNothing(t *testing.T) {
	w := newWorld(t)
	ask := w.ask("v1.0.0", "staging")
	ask.DryRun = true
	answer, err := w.desk(finding.Pass).Promote(t.Context(), ask)
	require.NoError(t, err)
	require.True(t, answer.Decision.Allowed())
	require.Len(t, answer.Events, 2, "the stage, and the notes")
	require.Empty(t, w.holder(t, "staging"))
	require.Empty(t, w.started)
}

func TestRulesThatAreSetAsideStayTold(t *testing.T) {
	w := newWorld(t)
	ask := w.ask("v1.0.0", "production")
	ask.Override = "the incident"
	answer, err := w.desk(finding.Fail).Promote(t.Context(), ask)
	require.NoError(t, err)
	require.Equal(t, "v1.0.0", w.holder(t, "production"))
	log, err := w.Read(t.Context(), "m")
	require.NoError(t, err)
	summary := promote.Summaries(log.Of().Version("v1.0.0"))[answer.Events[0].Number]
	require.Equal(t, &policy.Override{By: "promoter", Reason: "the incident"}, summary.Overridden)
	require.Equal(t, []string{"needs: the step gate ended in fail", "stage-before: the version was never in staging"}, summary.Missing)
}

func TestAWayBackIsOneCall(t *testing.T) {
	w := newWorld(t)
	for _, version := range []string{"v1.0.0", "v1.1.0"} {
		for _, stage := range []string{"staging", "production"} {
			answer, err := w.desk(finding.Pass).Promote(t.Context(), w.ask(version, stage))
			require.NoError(t, err)
			require.True(t, answer.Decision.Allowed(), "%v", answer.Decision.Missing())
		}
	}
	require.Equal(t, "v1.1.0", w.holder(t, "production"))
	answer, err := w.desk(finding.Fail).Rollback(t.Context(), promote.Ask{Ref: registry.Ref{Model: "m"}, Stage: "production", Deed: registry.Deed{Reason: "it errs", Now: w.clock()}})
	require.NoError(t, err)
	require.Equal(t, "v1.0.0", answer.Decision.Version)
	require.Equal(t, "v1.0.0", w.holder(t, "production"))
	require.Equal(t, "deploy m@v1.0.0 sha256:aav1.0.0", w.started[len(w.started)-1].Title)
	require.Len(t, w.started, 5)
}

// Somebody promotes another version between the decision and the write.
func TestADecisionIsMadeAnewWhereSomebodyWrote(t *testing.T) {
	w := newWorld(t)
	meddled := false
	w.Before = func(string, []registry.Event) error {
		if meddled {
			return nil
		}
		meddled = true
		return registry.ErrMoved
	}
	_, err := w.desk(finding.Pass).Promote(t.Context(), w.ask("v1.0.0", "staging"))
	require.NoError(t, err)
	require.Equal(t, "v1.0.0", w.holder(t, "staging"))
	require.Len(t, w.started, 1)

	ask := w.ask("v1.1.0", "staging")
	ask.Deed.Expect = new(string)
	_, err = w.desk(finding.Pass).Promote(t.Context(), ask)
	require.ErrorIs(t, err, registry.ErrMoved, "who expects nobody there is told")
}

func TestAnOrderThatIsRefusedIsDropped(t *testing.T) {
	w := newWorld(t)
	w.fail = errors.Join(promote.ErrRefused, errors.New("there is no workflow test.yml"))
	answer, err := w.desk(finding.Pass).Promote(t.Context(), w.ask("v1.0.0", "staging"))
	require.NoError(t, err)
	require.Equal(t, promote.Dropped, answer.Orders[0].State)
	require.Contains(t, answer.Orders[0].Why, "no workflow")
	again, err := w.desk(finding.Pass).Settle(t.Context(), "m", registry.Deed{})
	require.NoError(t, err)
	require.Empty(t, again)
}

func TestAnOrderThatWasNotTakenWaits(t *testing.T) {
	w := newWorld(t)
	w.fail = fmt.Errorf("%w: the token may not", promote.ErrUnsent)
	answer, err := w.desk(finding.Pass).Promote(t.Context(), w.ask("v1.0.0", "staging"))
	require.NoError(t, err)
	require.Equal(t, promote.Wanted, answer.Orders[0].State)
	require.Contains(t, answer.Orders[0].Doubt, "may not")
	w.fail = nil
	done, err := w.desk(finding.Pass).Settle(t.Context(), "m", registry.Deed{})
	require.NoError(t, err)
	require.Equal(t, promote.Sent, done[0].State)
	require.Len(t, w.started, 1)
}

// The answer to a start is lost: the run is looked for, once it can be listed.
func TestAnOrderThatMayHaveBeenSent(t *testing.T) {
	for name, c := range map[string]struct {
		runs    []promote.Run
		state   string
		started int // orders that were sent by the second call
		doubt   string
	}{
		"its run is there":          {[]promote.Run{{ID: 9, Title: "test m v1.0.0"}}, promote.Sent, 0, ""},
		"no run is there":           {nil, promote.Sent, 1, ""},
		"another version's run":     {[]promote.Run{{ID: 9, Title: "test m v1.0.0-rc.1"}}, promote.Sending, 0, "1 runs were started since, and none names the version; give the workflow a run-name with it"},
		"another's and its own run": {[]promote.Run{{ID: 8, Title: "test"}, {ID: 9, Title: "of m@v1.0.0, by hand"}}, promote.Sent, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.fail = errors.New("the connection was cut")
			answer, err := w.desk(finding.Pass).Promote(t.Context(), w.ask("v1.0.0", "staging"))
			require.NoError(t, err)
			require.Equal(t, promote.Sending, answer.Orders[0].State)
			require.Contains(t, answer.Orders[0].Doubt, "cut")

			w.fail = nil
			early, err := w.desk(finding.Pass).Settle(t.Context(), "m", registry.Deed{})
			require.NoError(t, err)
			require.Contains(t, early[0].Doubt, "at this moment")
			require.Empty(t, w.started)

			w.started, w.now = c.runs, w.now.Add(time.Hour)
			late, err := w.desk(finding.Pass).Settle(t.Context(), "m", registry.Deed{})
			require.NoError(t, err)
			require.Equal(t, c.state, late[0].State)
			require.Equal(t, c.doubt, late[0].Doubt)
			require.Len(t, w.started, len(c.runs)+c.started)
		})
	}
}

func TestWithoutATokenNothingIsStarted(t *testing.T) {
	w := newWorld(t)
	desk := w.desk(finding.Pass)
	desk.Starter = nil
	answer, err := desk.Promote(t.Context(), w.ask("v1.0.0", "staging"))
	require.NoError(t, err)
	require.Equal(t, promote.Wanted, answer.Orders[0].State)
	require.Contains(t, answer.Orders[0].Doubt, "reconcile")
	done, err := w.desk(finding.Pass).Settle(t.Context(), "m", registry.Deed{})
	require.NoError(t, err)
	require.Equal(t, promote.Sent, done[0].State)
	require.Len(t, w.started, 1)
}

// What was promoted and taken back is not deployed later.
func TestAnOrderOfATransitionThatNoLongerStandsIsDropped(t *testing.T) {
	w := newWorld(t)
	desk := w.desk(finding.Pass)
	desk.Starter = nil
	_, err := desk.Promote(t.Context(), w.ask("v1.0.0", "staging"))
	require.NoError(t, err)
	_, err = desk.Promote(t.Context(), w.ask("v1.1.0", "staging"))
	require.NoError(t, err)
	done, err := w.desk(finding.Pass).Settle(t.Context(), "m", registry.Deed{})
	require.NoError(t, err)
	require.Equal(t, []string{promote.Dropped, promote.Sent}, []string{done[0].State, done[1].State})
	require.Equal(t, []promote.Run{{ID: 1, Title: "test m v1.1.0"}}, w.started)
}

// Notes are text that anybody who may write to the registry wrote.
func TestForeignNotesAreNoOrders(t *testing.T) {
	w := newWorld(t)
	log, err := w.Read(t.Context(), "m")
	require.NoError(t, err)
	events, err := log.Annotate("v1.0.0", map[string]string{"dispatch/x": "{}", "dispatch/3": "{", "dispatch/4": `{"state":"whatever"}`, "promotion/2": "[]", "owner": "me"}, registry.Deed{Now: w.clock()})
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), "m", log.Revision, events))
	done, err := w.desk(finding.Pass).Settle(t.Context(), "m", registry.Deed{})
	require.NoError(t, err)
	require.Empty(t, done)
}
