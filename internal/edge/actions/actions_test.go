package actions_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/actions"
)

// runner is a Runner whose environment and log the test holds.
func runner(t *testing.T, env map[string]string) (*actions.Runner, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	return actions.New(func(name string) string { return env[name] }, &log), &log
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// What each kind of event says of the head, the pull request and the base.
func TestEvents(t *testing.T) {
	const sha, head, base = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222", "3333333333333333333333333333333333333333"
	for _, c := range []struct {
		name, payload string
		want          actions.Event
	}{
		{"pull_request", `{"number": 7, "pull_request": {"number": 7, "head": {"sha": "` + head + `"}, "base": {"ref": "main", "sha": "stale"}}}`,
			actions.Event{PullRequest: 7, HeadSHA: head, BaseRef: "main"}},
		{"pull_request_target", `{"number": 7, "pull_request": {"head": {"sha": "` + head + `"}, "base": {"ref": "dev"}}}`,
			actions.Event{PullRequest: 7, HeadSHA: head, BaseRef: "dev"}},
		{"merge_group", `{"merge_group": {"head_sha": "` + head + `", "base_sha": "` + base + `"}}`, actions.Event{HeadSHA: head, BaseSHA: base}},
		{"workflow_run", `{"workflow_run": {"head_sha": "` + head + `", "pull_requests": [{"number": 9, "head": {"sha": "` + head + `"}, "base": {"ref": "main"}}]}}`,
			actions.Event{PullRequest: 9, HeadSHA: head, BaseRef: "main", Judged: actions.Judged{HeadSHA: head}}},
		{"workflow_run", `{"workflow_run": {"id": 8, "run_attempt": 2, "run_number": 31, "event": "pull_request", "conclusion": "failure", "html_url": "u", "head_sha": "` + head + `", "head_branch": "b",
			"head_repository": {"full_name": "fork/r", "owner": {"login": "fork"}}, "pull_requests": []}}`,
			actions.Event{HeadSHA: head, Judged: actions.Judged{ID: 8, Attempt: 2, Number: 31, Event: "pull_request", Conclusion: "failure", URL: "u", HeadSHA: head, HeadOwner: "fork", HeadBranch: "b", IsFork: true}}},
		{"pull_request", `{"number": 7, "pull_request": {"number": 7, "head": {"sha": "` + head + `", "repo": {"full_name": "fork/r"}}, "base": {"ref": "main"}}}`,
			actions.Event{PullRequest: 7, HeadSHA: head, BaseRef: "main", IsReadOnly: true}},
		{"pull_request_target", `{"number": 7, "pull_request": {"number": 7, "head": {"sha": "` + head + `", "repo": {"full_name": "fork/r"}}, "base": {"ref": "main"}}}`,
			actions.Event{PullRequest: 7, HeadSHA: head, BaseRef: "main"}},
		{"workflow_run", `{"workflow_run": {"head_sha": "` + head + `", "pull_requests": [{"number": 9, "head": {"sha": "` + base + `"}}]}}`, actions.Event{HeadSHA: head, Judged: actions.Judged{HeadSHA: head}}},
		{"push", `{"before": "` + base + `"}`, actions.Event{HeadSHA: sha, BaseSHA: base}},
		{"schedule", `{}`, actions.Event{HeadSHA: sha}},
		{"workflow_dispatch", `{"inputs": {}}`, actions.Event{HeadSHA: sha, Inputs: map[string]string{}}},
		{"workflow_dispatch", `{"inputs": {"trees": "9", "rows": 1000000, "warm": true, "none": null}}`,
			actions.Event{HeadSHA: sha, Inputs: map[string]string{"trees": "9", "rows": "1000000", "warm": "true", "none": ""}}},
		{"issue_comment", `{"action": "created", "comment": {"body": "b", "html_url": "u", "user": {"login": "l", "type": "User"}}}`,
			actions.Event{HeadSHA: sha, Comment: &actions.Comment{Action: "created", By: "l", Body: "b", URL: "u"}}},
		{"issue_comment", `{"action": "edited", "comment": {"user": {"login": "l", "type": "Bot"}}}`, actions.Event{HeadSHA: sha, Comment: &actions.Comment{Action: "edited", By: "l", IsBot: true}}},
		{"workflow_dispatch", `{"inputs": {}, "repository": {"full_name": "o/r", "default_branch": "trunk"}}`, actions.Event{HeadSHA: sha, Inputs: map[string]string{}, Default: "trunk"}},
	} {
		r, _ := runner(t, map[string]string{"GITHUB_EVENT_NAME": c.name, "GITHUB_SHA": sha, "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "5",
			"GITHUB_RUN_ATTEMPT": "1", "GITHUB_RUN_NUMBER": "17", "GITHUB_WORKFLOW": "w", "GITHUB_WORKFLOW_REF": "o/r/w.yml@refs/heads/b", "GITHUB_ACTOR": "first", "GITHUB_TRIGGERING_ACTOR": "again",
			"GITHUB_JOB": "j", "GITHUB_EVENT_PATH": file(t, c.payload)})
		got, err := r.Event()
		require.NoError(t, err)
		c.want.Name, c.want.Repository, c.want.RunURL, c.want.Workflow, c.want.Job, c.want.Run = c.name, "o/r", "https://github.com/o/r/actions/runs/5", "w", "j", "5/1"
		c.want.WorkflowRef, c.want.Actor, c.want.RunNumber = "o/r/w.yml@refs/heads/b", "again", 17
		c.want.APIURL, c.want.GraphQLURL, c.want.ServerURL = "https://api.github.com", "https://api.github.com/graphql", "https://github.com"
		require.Equal(t, c.want, got, c.payload)
	}
}

func TestDependabotsTokenReadsOnly(t *testing.T) {
	r, _ := runner(t, map[string]string{"GITHUB_EVENT_NAME": "pull_request", "GITHUB_ACTOR": "dependabot[bot]"})
	event, err := r.Event()
	require.NoError(t, err)
	require.True(t, event.IsReadOnly)
}

func TestADamagedEventIsAnError(t *testing.T) {
	r, _ := runner(t, map[string]string{"GITHUB_EVENT_PATH": file(t, "{")})
	_, err := r.Event()
	require.ErrorContains(t, err, "read the event")
}

func TestTheGraphQLAddressOfAServerOfOnesOwn(t *testing.T) {
	r, _ := runner(t, map[string]string{"GITHUB_API_URL": "https://ghe.example/api/v3"})
	e, err := r.Event()
	require.NoError(t, err)
	require.Equal(t, "https://ghe.example/api/graphql", e.GraphQLURL)
}

// A matrix arrives as JSON; its values tell its jobs apart.
func TestTheMatrixOfAJob(t *testing.T) {
	for input, want := range map[string]string{"": "", "null": "", "{}": "", "[1]": "", `{"python": "3.12", "gpu": true, "os": {"name": "linux"}}`: `true, {"name":"linux"}, 3.12`} {
		r, _ := runner(t, map[string]string{"INPUT_MATRIX": input})
		e, err := r.Event()
		require.NoError(t, err)
		require.Equal(t, want, e.Matrix, input)
	}
}

func TestTheEndOfAJobFindsItsState(t *testing.T) {
	path := file(t, "")
	r, _ := runner(t, map[string]string{"GITHUB_STATE": path})
	require.NoError(t, r.Remember("/temp/assay-1.json"))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "assay=/temp/assay-1.json\n", string(data))
	r, _ = runner(t, map[string]string{"STATE_assay": "/temp/assay-1.json"})
	require.Equal(t, "/temp/assay-1.json", r.Remembered())
}

func TestInputsKeepTheirHyphens(t *testing.T) {
	r, _ := runner(t, map[string]string{"INPUT_BASE-METRICS": " m.json "})
	require.Equal(t, "m.json", r.Input("base-metrics"))
}

// A value that holds what would end it sets no second output.
func TestAnOutputCannotBeForged(t *testing.T) {
	path := file(t, "")
	r, _ := runner(t, map[string]string{"GITHUB_OUTPUT": path})
	require.NoError(t, r.Output("a", "x\nassay-0\nverdict<<E\npass\nE"))
	require.NoError(t, r.Output("verdict", "fail"))
	require.Equal(t, map[string]string{"a": "x\nassay-0\nverdict<<E\npass\nE", "verdict": "fail"}, readOutputs(t, path))
}

// readOutputs reads the file as the runner does.
func readOutputs(t *testing.T, path string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	outputs := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, delimiter, ok := strings.Cut(lines[i], "<<")
		require.True(t, ok, lines[i])
		var value []string
		for i++; lines[i] != delimiter; i++ {
			value = append(value, lines[i])
		}
		outputs[name] = strings.Join(value, "\n")
	}
	return outputs
}

func TestAnnotationsFitTheRunner(t *testing.T) {
	r, log := runner(t, nil)
	var all []actions.Annotation
	for i := range 25 {
		all = append(all, actions.Annotation{Path: "assay.yaml", Line: i + 1, IsError: i%2 == 0, Title: "t", Message: "m\n::error::forged%0A"})
	}
	require.Equal(t, 5, r.Annotate(all))
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	require.Len(t, lines, 20, "no message begins a line of its own")
	require.Contains(t, lines[0], "::error ")
	require.Contains(t, lines[0], "file=assay.yaml")
	require.Contains(t, lines[0], "m%0A::error::forged%250A")
}

// Between the two lines the runner obeys nothing, and nobody can guess the word that ends it.
func TestCommandsAreStopped(t *testing.T) {
	r, log := runner(t, nil)
	resume := r.StopCommands()
	fmt.Fprint(log, "::set-output name=verdict::pass")
	resume()
	parts := regexp.MustCompile(`^::stop-commands::(\w{20,})\n::set-output name=verdict::pass\n::(\w+)::\n$`).FindStringSubmatch(log.String())
	require.NotNil(t, parts, log.String())
	require.Equal(t, parts[1], parts[2])
	other, second := runner(t, nil)
	other.StopCommands()
	require.NotContains(t, second.String(), parts[1])
}

func TestASummaryThatWouldBeDroppedIsAnError(t *testing.T) {
	path := file(t, strings.Repeat("x", 1<<20-10))
	r, _ := runner(t, map[string]string{"GITHUB_STEP_SUMMARY": path})
	require.NoError(t, r.Summary("ok"))
	require.Error(t, r.Summary(strings.Repeat("y", 20)))
}

func TestOutputsThatTheRunnerWouldNotTakeAreAnError(t *testing.T) {
	path := file(t, "")
	r, _ := runner(t, map[string]string{"GITHUB_OUTPUT": path})
	require.ErrorContains(t, r.Output("a", strings.Repeat("x", 1<<20)), "write output a")
	require.NoError(t, r.Output("verdict", "fail"))
	require.Equal(t, map[string]string{"verdict": "fail"}, readOutputs(t, path), "the others are written")
}

func TestStateIsSharedByTheStepsOfAJobAndByNoOther(t *testing.T) {
	r, _ := runner(t, map[string]string{"RUNNER_TEMP": t.TempDir()})
	first := actions.Event{Run: "5/1", Workflow: "w", Job: "j"}
	path := r.StateFile(first, "n")
	data, err := actions.LoadState(path)
	require.NoError(t, err)
	require.Nil(t, data)
	require.NoError(t, actions.SaveState(path, []byte("{}")))
	data, err = actions.LoadState(r.StateFile(first, "n"))
	require.NoError(t, err)
	require.Equal(t, "{}", string(data))
	for _, other := range []string{r.StateFile(first, "m"), r.StateFile(actions.Event{Run: "5/2", Workflow: "w", Job: "j"}, "n"), r.StateFile(actions.Event{Run: "5/1", Workflow: "w", Job: "k"}, "n")} {
		require.NotEqual(t, path, other)
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestFilesGoBackToTheOwnerOfTheWorkspace(t *testing.T) {
	workspace := t.TempDir()
	path := filepath.Join(workspace, "report.json")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	owner := os.Getuid()
	if owner == 0 {
		owner = 1001
		require.NoError(t, os.Chown(workspace, owner, owner))
	}
	require.NoError(t, actions.HandBack(workspace, path, filepath.Join(workspace, "absent")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, uint32(owner), info.Sys().(*syscall.Stat_t).Uid)
}

func FuzzEvent(f *testing.F) {
	f.Add("pull_request", []byte(`{"number": 7, "pull_request": {"number": 7, "head": {"sha": "x"}, "base": {"ref": "main"}}}`))
	f.Add("workflow_run", []byte(`{"workflow_run": {"head_sha": "x", "pull_requests": [{"number": 9}]}}`))
	f.Add("workflow_dispatch", []byte(`{"inputs": {"trees": "9", "rows": 1e6, "none": null}}`))
	f.Add("issue_comment", []byte(`{"action": "created", "comment": {"body": "/assay retrain", "user": {"login": "l"}}}`))
	path := filepath.Join(f.TempDir(), "event.json")
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		require.NoError(t, os.WriteFile(path, data, 0o600))
		r := actions.New(func(key string) string {
			return map[string]string{"GITHUB_EVENT_PATH": path, "GITHUB_EVENT_NAME": name, "GITHUB_SHA": "s"}[key]
		}, &bytes.Buffer{})
		e, err := r.Event()
		if err == nil && name == "schedule" {
			require.Equal(t, "s", e.HeadSHA)
		}
	})
}
