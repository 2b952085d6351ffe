package publish_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/run/publish"
	"github.com/assay-ml/assay/internal/run/writeback"
)

const (
	runID   = 42
	runURL  = "https://github.com/owner/repo/actions/runs/42"
	resultA = "assay-result.m.json"
)

var (
	tip   = strings.Repeat("a", 40) // of main
	fork  = strings.Repeat("b", 40) // where the head left it
	head  = strings.Repeat("c", 40)
	stale = strings.Repeat("d", 40)
	rules = "version: 1\nmodel: m\ngates:\n  - metric: auc\n    at-least: 0.8\n    max-drop: 0.05\n"
)

// stage is a repository with one pull request from a fork, whose run has ended.
type stage struct {
	*githubtest.Server
	history githubtest.History
	options publish.Options
}

func newStage(t *testing.T, artifacts ...githubtest.RunArtifact) *stage {
	t.Helper()
	server, err := githubtest.NewOffline(map[string]githubtest.App{"t0ken": {ID: 1, Login: "github-actions", Checks: true, Comments: true, Statuses: true}})
	require.NoError(t, err)
	server.SetHead(head)
	t.Cleanup(func() { require.Empty(t, server.State().Violations) })
	client, err := github.New(github.Options{Token: "t0ken", APIURL: server.URL, GraphQLURL: server.URL + "/graphql", Owner: "owner", Repository: "repo",
		Transport: &githubtest.Wire{Server: server}})
	require.NoError(t, err)
	s := &stage{Server: server, history: githubtest.History{
		Pulls:     []githubtest.Pull{{Number: 7, State: "open", HeadOwner: "stranger", HeadRef: "change", HeadSHA: head, BaseRef: "main"}},
		Branches:  map[string]string{"main": tip},
		MergeBase: map[string]string{head: fork},
		Artifacts: map[int64][]githubtest.RunArtifact{runID: artifacts},
		Files: map[string]map[string]string{
			tip: {"assay.yaml": rules, "metrics.json": `{"auc": 0.9}`}, fork: {"assay.yaml": rules}, head: {"assay.yaml": rules, "metrics.json": `{"auc": 0.99}`}},
	}}
	s.options = publish.Options{Config: "assay.yaml", Enforce: true, Tool: "test", Back: writeback.Options{
		Runner: actions.New(func(string) string { return "" }, io.Discard), GitHub: client,
		Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		Event: actions.Event{Name: "workflow_run", Repository: "owner/repo", HeadSHA: head, Workflow: "Assay publish", Job: "publish", Run: "99/1",
			Judged: actions.Judged{ID: runID, Attempt: 1, Event: "pull_request", Conclusion: "success", URL: runURL, HeadSHA: head, HeadOwner: "stranger", HeadBranch: "change", IsFork: true}}}}
	return s
}

func (s *stage) publish(t *testing.T) []publish.Done {
	t.Helper()
	s.SetHistory(s.history)
	done, err := publish.Publish(t.Context(), s.options)
	require.NoError(t, err)
	return done
}

// claim is a result as an honest run writes it.
func claim(auc float64) finding.Result {
	answer := gate.Check(nil, gate.Input{Head: metric.Set{Values: map[string]metric.Value{"auc": metric.Value(auc)}}, Describe: metric.Spec{}.Describe})
	return finding.Result{Version: finding.ResultVersion, Tool: "test", Model: "m", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Subject: finding.Subject{Repository: "owner/repo", Event: "pull_request", HeadSHA: head, PullRequest: 7},
		Steps:   []finding.Step{{Name: "gate", Enforced: true, Answers: []finding.Answer{answer}}}}
}

func encode(t *testing.T, r finding.Result) []byte {
	t.Helper()
	data, err := json.Marshal(r)
	require.NoError(t, err)
	return data
}

func kept(data []byte) githubtest.RunArtifact {
	return githubtest.RunArtifact{ID: 1001, Name: resultA, Data: data}
}

// An honest result of a fork: comment, check run and status say what the base's rules make of its numbers, and where they come from.
func TestAResultOfAForkIsWritten(t *testing.T) {
	for auc, want := range map[float64]string{0.9: "success", 0.84: "failure"} {
		s := newStage(t, kept(encode(t, claim(auc))))
		s.options.Keep = func(context.Context, finding.Result, string) string { return runURL + "/artifacts/5" }
		done := s.publish(t)
		require.Len(t, done, 1)
		require.NoError(t, done[0].Refused)
		state := s.State()
		require.Len(t, state.Comments, 1)
		require.Equal(t, 7, state.Comments[0].Pull)
		require.Contains(t, state.Comments[0].Body, "[report]("+runURL+"/artifacts/5)")
		require.Contains(t, state.Comments[0].Body, "The numbers come from an unprivileged run")
		require.Contains(t, state.Comments[0].Body, "| `auc` | 0.9 |", "the base's value is the one that was committed at the tip of main")
		require.Equal(t, []string{"Assay / m completed " + want}, []string{state.CheckRuns[0].Name + " " + state.CheckRuns[0].Status + " " + state.CheckRuns[0].Conclusion})
		require.Equal(t, head, state.CheckRuns[0].HeadSHA)
		require.Len(t, state.Statuses, 2)
		require.Equal(t, []string{"assay/m pending", "assay/m " + want}, []string{state.Statuses[0].Context + " " + state.Statuses[0].State, state.Statuses[1].Context + " " + state.Statuses[1].State})
		require.LessOrEqual(t, len(state.Requests), 20)
	}
}

// The newest run's word stands, whichever is published last.
func TestAnOlderRunPublishedLateOverwritesNothing(t *testing.T) {
	s := newStage(t, kept(encode(t, claim(0.9))))
	s.options.Back.Event.Judged.Attempt = 2
	s.publish(t)
	body := s.State().Comments[0].Body
	s.options.Back.Event.Judged.Attempt = 1
	s.history.Artifacts[runID][0].Data = encode(t, claim(0.1))
	s.publish(t)
	require.Equal(t, body, s.State().Comments[0].Body)
}

// The rules are the base's: what the change loosens still applies, and is shown.
func TestTheChangesOwnRulesLoosenNothing(t *testing.T) {
	s := newStage(t, kept(encode(t, claim(0.7))))
	s.history.Files[head]["assay.yaml"] = strings.Replace(rules, "at-least: 0.8", "at-least: 0.1", 1)
	done := s.publish(t)
	require.True(t, done[0].Result.Red())
	require.Contains(t, s.State().Comments[0].Body, "loosened")

	s = newStage(t, kept(encode(t, claim(0.7))))
	s.history.Files[head]["assay.yaml"] = "version: 1\nmodel: other\nname: other\ncomment: never\ntrain: {command: x}\n"
	done = s.publish(t)
	require.True(t, done[0].Result.Red())
	require.Equal(t, "Assay / m", s.State().CheckRuns[0].Name, "nor may it take another name")
	require.Len(t, s.State().Comments, 1, "or keep silent")

	s = newStage(t, kept(encode(t, claim(0.7))))
	delete(s.history.Files[head], "assay.yaml")
	require.True(t, s.publish(t)[0].Result.Red(), "nor be without rules")
}

// maintainer approved the head.
type maintainer struct{}

func (maintainer) Words(context.Context) ([]union.Word, string, error) {
	return []union.Word{{By: "maintainer", Commit: head}}, "stranger", nil
}
func (maintainer) MayWrite(context.Context, string) (bool, error) { return true, nil }

func TestAPersonsWordLetsTheChangesRulesCount(t *testing.T) {
	s := newStage(t, kept(encode(t, claim(0.87))))
	s.history.Files[tip]["assay.yaml"] = strings.Replace(rules, "at-least: 0.8", "at-least: 0.88", 1)
	s.history.Files[fork]["assay.yaml"] = s.history.Files[tip]["assay.yaml"]
	require.True(t, s.publish(t)[0].Result.Red())
	s.options.People = func(int) union.People { return maintainer{} }
	done := s.publish(t)
	require.False(t, done[0].Result.Red())
	require.Equal(t, finding.Rules{Source: "head", Config: "assay.yaml"}, done[0].Result.Rules)
	require.Contains(t, s.State().Comments[0].Body, "maintainer")
}

// branch is a base branch with one stored result.
type branch struct{ text string }

func (b branch) Chain(context.Context, string, int) ([]record.Stored, error) {
	return []record.Stored{{Commit: tip, Texts: []string{b.text}}}, nil
}

// What a base's own run stored is compared with, and what a stranger's found is not stored.
func TestStoredResultsAreReadAndNoneIsLeft(t *testing.T) {
	text, _, err := record.Digest{Version: record.DigestVersion, Model: "m", Commit: tip, Metrics: map[string]metric.Value{"auc": 0.97}}.Encode()
	require.NoError(t, err)
	s := newStage(t, kept(encode(t, claim(0.9))))
	s.options.Store = func(back writeback.Options) record.Store {
		require.Equal(t, "m", back.Model)
		return branch{text}
	}
	done := s.publish(t)
	require.Equal(t, finding.Base{Source: "result", Commit: tip}, done[0].Result.Base)
	require.True(t, done[0].Result.Red(), "0.07 below it")
	require.Empty(t, s.State().CheckRuns[0].Text)
}

// A rule that came to main after the fork left it is nothing that the change loosens.
func TestRulesThatTheChangeDidNotTouchAreTheTips(t *testing.T) {
	s := newStage(t, kept(encode(t, claim(0.9))))
	s.history.Files[tip]["assay.yaml"] = strings.Replace(rules, "at-least: 0.8", "at-least: 0.95", 1)
	done := s.publish(t)
	require.True(t, done[0].Result.Red(), "they hold for it")
	require.NotContains(t, s.State().Comments[0].Body, "loosened")
}

func TestAConfigInAFolder(t *testing.T) {
	s := newStage(t, kept(encode(t, claim(0.9))))
	s.options.Config = "models/a/assay.yaml"
	for _, files := range s.history.Files {
		files["models/a/assay.yaml"] = rules + "validate:\n  - contract: contract.yaml\n    table: t\ndata: {t: {path: t.csv}}\n"
		files["models/a/contract.yaml"] = "version: 1\ncolumns:\n  - name: x\n    type: integer\n"
	}
	done := s.publish(t)
	require.NoError(t, done[0].Refused)
	require.Contains(t, s.State().Comments[0].Body, "the result does not say what came of contract `contract.yaml` on t", "what is left out blocks")
	require.True(t, done[0].Result.Red())
}

// The first config of a repository comes with a pull request.
func TestWithoutRulesAtTheBaseTheChangesCount(t *testing.T) {
	s := newStage(t, kept(encode(t, claim(0.9))))
	delete(s.history.Files[tip], "assay.yaml")
	delete(s.history.Files[fork], "assay.yaml")
	done := s.publish(t)
	require.False(t, done[0].Result.Red())
	require.Contains(t, s.State().Comments[0].Body, "is not at the base")
}

func TestEachJobOfAMatrixHasItsOwn(t *testing.T) {
	other := githubtest.RunArtifact{ID: 1002, Name: publish.ResultName("m", "3.12, linux"), Data: encode(t, claim(0.1))}
	require.Equal(t, "assay-result.m.3-12--linux.json", other.Name)
	s := newStage(t, kept(encode(t, claim(0.9))), other)
	require.Len(t, s.publish(t), 2)
	state := s.State()
	require.Len(t, state.Comments, 2)
	require.ElementsMatch(t, []string{"Assay / m success", "Assay / m / (3-12--linux) failure"},
		[]string{state.CheckRuns[0].Name + " " + state.CheckRuns[0].Conclusion, state.CheckRuns[1].Name + " " + state.CheckRuns[1].Conclusion})
}

// What no pull request waits for is said, and nothing is written.
func TestNothingIsWrittenWhereNobodyWaits(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*stage)
		want   string
	}{
		"a stale head":         {func(s *stage) { s.history.Pulls[0].HeadSHA = stale }, "no open pull request stands at cccccccccccc"},
		"a closed one":         {func(s *stage) { s.history.Pulls[0].State = "closed" }, "or it is closed"},
		"another's branch":     {func(s *stage) { s.history.Pulls[0].HeadOwner = "other" }, "no open pull request"},
		"two of one head":      {func(s *stage) { s.history.Pulls = append(s.history.Pulls, s.history.Pulls[0]) }, "2 open pull requests have the head"},
		"a push":               {func(s *stage) { s.options.Back.Event.Judged.Event = "push" }, "started by push, and not by a pull request"},
		"a run that must wait": {func(s *stage) { s.options.Back.Event.Judged.Conclusion = "action_required" }, "the run ended as action_required"},
		"another event":        {func(s *stage) { s.options.Back.Event.Name = "pull_request" }, "publish was started by the event pull_request"},
		"no token":             {func(s *stage) { s.options.Back.GitHub, s.options.Back.Why = nil, "there is no token" }, "publish cannot write: there is no token"},
		"no config anywhere": {func(s *stage) {
			for _, files := range s.history.Files {
				delete(files, "assay.yaml")
			}
		}, "neither the base nor the change has assay.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, kept(encode(t, claim(0.9))))
			c.change(s)
			s.SetHistory(s.history)
			_, err := publish.Publish(t.Context(), s.options)
			require.ErrorContains(t, err, c.want)
			state := s.State()
			require.Empty(t, state.Comments)
			require.Empty(t, state.CheckRuns)
			require.Empty(t, state.Statuses)
		})
	}
}

// No log and no error holds the address of a download.
func TestSignedAddressesAreNowhere(t *testing.T) {
	s := newStage(t, githubtest.RunArtifact{ID: 1001, Name: resultA, Data: bytes.Repeat([]byte("x"), publish.MaxFile+1), Size: 10})
	done := s.publish(t)
	require.ErrorContains(t, done[0].Refused, "it is larger than 16777216 bytes")
	require.NotContains(t, done[0].Refused.Error(), githubtest.BlobSignature)
	require.NotContains(t, s.State().Comments[0].Body, githubtest.BlobSignature)
}

// A gate on an interval is held anew against the number of rows that the rules have, whatever the file says of per-item results.
func TestAGateOnAnIntervalIsHeldAnew(t *testing.T) {
	hedged := "version: 1\nmodel: m\nrequire-power: true\ngates:\n  - {metric: hits, at-least: 0.8, confidence: 0.95, rows: 100, max-false-alarm: 0.05}\n"
	for name, c := range map[string]struct {
		hits   float64
		spread *gate.Spread
		red    bool
		says   string
	}{
		"sure":                 {0.95, nil, false, "≥ 0.8 with 95 %"},
		"not sure":             {0.83, nil, true, "cannot be told"},
		"a claim of more rows": {0.83, &gate.Spread{Rows: 10_000, Units: 10_000, IsShare: true}, true, "100 rows, the declared number"},
		"a claim of no rows":   {0.83, &gate.Spread{Rows: -1, Units: -1, IsShare: true}, true, "100 rows, the declared number"},
	} {
		t.Run(name, func(t *testing.T) {
			in := gate.Input{Head: metric.Set{Values: map[string]metric.Value{"hits": metric.Value(c.hits)}}, Describe: metric.Spec{}.Describe}
			claimed := claim(0)
			judged := gate.Check(nil, in)
			judged.Metrics[0].Spread = c.spread
			claimed.Steps[0].Answers = []finding.Answer{judged}
			s := newStage(t, kept(encode(t, claimed)))
			for _, commit := range []string{tip, fork, head} {
				s.history.Files[commit] = map[string]string{"assay.yaml": hedged, "metrics.json": `{"hits": 0.95}`}
			}
			done := s.publish(t)
			require.NoError(t, done[0].Refused)
			require.Equal(t, c.red, done[0].Result.Red())
			require.Contains(t, s.State().Comments[0].Body, c.says)
			require.Contains(t, s.State().Comments[0].Body, "What these gates would notice")
		})
	}
}
