package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/cli"
	"github.com/assay-ml/assay/internal/edge/artifact/artifacttest"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

// workshop is a repository, its GitHub and its artifact service, as two workflows see them.
type workshop struct {
	github    *githubtest.Server
	artifacts *artifacttest.Server
	service   string // the service's address
	dir       string
	tip, head string
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	server, err := githubtest.New(map[string]githubtest.App{"read-only": {ID: 1, Login: "bot"}, "writes": {ID: 1, Login: "bot", Checks: true, Comments: true, Statuses: true}})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	w := &workshop{github: server, artifacts: &artifacttest.Server{}, dir: filepath.Join(t.TempDir(), "repo")}
	service := httptest.NewServer(w.artifacts)
	t.Cleanup(service.Close)
	w.service = service.URL
	t.Cleanup(func() {
		require.Empty(t, w.artifacts.Violations())
		require.Empty(t, server.State().Violations)
	})
	code, out := w.assay(nil, "demo", "--into", w.dir)
	require.Zero(t, code, out)
	for _, made := range []string{"report.json", "report.html", "comment.md", ".assay-demo", "base-metrics.json"} {
		require.NoError(t, os.Remove(filepath.Join(w.dir, made)))
	}
	w.git(t, "init", "-q", "-b", "main", ".")
	w.git(t, "add", "-A")
	w.git(t, "commit", "-qm", "main")
	w.tip = w.git(t, "rev-parse", "HEAD")
	w.git(t, "checkout", "-qb", "change")
	w.git(t, "commit", "-q", "--allow-empty", "-m", "change")
	w.head = w.git(t, "rev-parse", "HEAD")
	return w
}

func (w *workshop) git(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-c", "user.name=n", "-c", "user.email=n@example.com"}, args...)...)
	command.Dir = w.dir
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// assay runs the program with an environment and answers with its exit code and all that it printed.
func (w *workshop) assay(environ []string, args ...string) (int, string) {
	var out bytes.Buffer
	code := cli.Main(cli.Env{Args: args, Environ: append(os.Environ(), environ...), In: strings.NewReader(""), Out: &out, Err: &out, Width: 100, Now: time.Now})
	return code, out.String()
}

// action runs the action on an event.
func (w *workshop) action(t *testing.T, event string, payload any, environ ...string) (int, string) {
	t.Helper()
	data, err := json.Marshal(payload)
	require.NoError(t, err)
	temp := t.TempDir()
	path := filepath.Join(temp, "event.json")
	require.NoError(t, os.WriteFile(path, data, 0o644))
	all := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": path, "GITHUB_REPOSITORY": "owner/repo", "GITHUB_SHA": w.tip,
		"GITHUB_API_URL": w.github.URL, "GITHUB_GRAPHQL_URL": w.github.URL + "/graphql", "GITHUB_SERVER_URL": "https://github.com", "RUNNER_TEMP": temp, "GITHUB_RUN_ID": "42",
		"GITHUB_STEP_SUMMARY": filepath.Join(temp, "summary"), "ACTIONS_RESULTS_URL": w.service, "ACTIONS_RUNTIME_TOKEN": artifacttest.Token(), "ASSAY_CACHE_DIR": temp}
	var list []string
	for name, value := range all {
		list = append(list, name+"="+value)
	}
	code, out := w.assay(append(environ, list...), "action")
	require.NotContains(t, out, artifacttest.Signature)
	require.NotContains(t, strings.ReplaceAll(out, "::add-mask::"+artifacttest.Token(), ""), artifacttest.Token())
	summary, _ := os.ReadFile(filepath.Join(temp, "summary"))
	return code, out + string(summary)
}

func (w *workshop) pullRequest() map[string]any {
	return map[string]any{"number": 7, "pull_request": map[string]any{"number": 7, "base": map[string]any{"ref": "main"},
		"head": map[string]any{"sha": w.head, "ref": "change", "repo": map[string]any{"full_name": "stranger/repo"}}}}
}

// history is what GitHub knows after the run of the pull request.
func (w *workshop) history(t *testing.T) githubtest.History {
	t.Helper()
	h := githubtest.History{Pulls: []githubtest.Pull{{Number: 7, State: "open", HeadOwner: "stranger", HeadRef: "change", HeadSHA: w.head, BaseRef: "main"}},
		Branches: map[string]string{"main": w.tip}, MergeBase: map[string]string{w.head: w.tip},
		Files: map[string]map[string]string{w.tip: {}, w.head: {}}, Artifacts: map[int64][]githubtest.RunArtifact{}}
	for commit, files := range h.Files {
		for _, name := range strings.Fields(w.git(t, "ls-tree", "-r", "--name-only", commit)) {
			if !strings.HasPrefix(name, "data/") {
				files[name] = w.git(t, "show", commit+":"+name) + "\n"
			}
		}
	}
	for _, a := range w.artifacts.Artifacts() {
		h.Artifacts[42] = append(h.Artifacts[42], githubtest.RunArtifact{ID: a.ID, Name: a.Name, Data: a.Data})
	}
	return h
}

func (w *workshop) workflowRun() map[string]any {
	return map[string]any{"workflow_run": map[string]any{"id": 42, "run_attempt": 1, "event": "pull_request", "conclusion": "success",
		"html_url": "https://github.com/owner/repo/actions/runs/42", "head_sha": w.head, "head_branch": "change", "pull_requests": []any{},
		"head_repository": map[string]any{"full_name": "stranger/repo", "owner": map[string]any{"login": "stranger"}}}}
}

// The whole way of a pull request from a fork: its run may write nothing and keeps what it found; the companion, in an empty folder, reads
// the rules at the base, judges anew and writes. What every step of the demo says goes through the strict reader.
func TestAPullRequestFromAForkIsPublished(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	w := newWorkshop(t)
	t.Chdir(w.dir)
	code, log := w.action(t, "pull_request", w.pullRequest(), "INPUT_TOKEN=read-only")
	require.Zero(t, code, log)
	require.Equal(t, 2, strings.Count(log, "workflows-examples/publish.yml"), "the log and the summary say what to add: %s", log)
	require.Empty(t, w.github.State().Comments)
	companion, err := os.ReadFile(filepath.Join(root, "workflows-examples/publish.yml"))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(".github/workflows", 0o755))
	require.NoError(t, os.WriteFile(".github/workflows/assay-publish.yml", companion, 0o644))
	code, log = w.action(t, "pull_request", w.pullRequest(), "INPUT_TOKEN=read-only")
	require.Zero(t, code, log)
	require.NotContains(t, log, "workflows-examples/publish.yml", "it is there")
	kept := map[string]string{}
	for _, a := range w.artifacts.Artifacts() {
		kept[a.Name] = a.MIME
	}
	require.Equal(t, map[string]string{"assay-result.german-credit.json": "application/json", "assay-report.german-credit.html": "text/html"}, kept)

	w.github.SetHistory(w.history(t))
	w.github.SetHead(w.head)
	t.Chdir(t.TempDir())
	code, log = w.action(t, "workflow_run", w.workflowRun(), "INPUT_TOKEN=writes", "INPUT_COMMAND=publish", "GITHUB_RUN_ID=43")
	require.Zero(t, code, log)
	state := w.github.State()
	require.Len(t, state.Comments, 1, log)
	require.Equal(t, "Assay / german-credit success", state.CheckRuns[0].Name+" "+state.CheckRuns[0].Conclusion)
	require.Equal(t, "assay/german-credit success", state.Statuses[1].Context+" "+state.Statuses[1].State)
	for _, part := range []string{"**Assay: passed** · `german-credit`", "The numbers come from an unprivileged run", "as committed at `" + w.tip[:12]} {
		require.Contains(t, state.Comments[0].Body, part)
	}
	for _, step := range []string{"data", "validate", "train", "gate", "drift"} {
		require.Contains(t, state.Comments[0].Body, "<b>"+step+"</b>: passed")
	}
	require.LessOrEqual(t, len(state.Requests), 40)
}

// What is refused is the pull request's to know; where the store cannot be reached the companion's own exit code says so.
func TestAResultThatCannotBeHad(t *testing.T) {
	w := newWorkshop(t)
	history := w.history(t)
	history.Artifacts[42] = []githubtest.RunArtifact{{ID: 1, Name: "assay-result.german-credit.json", Data: []byte("{")}}
	w.github.SetHistory(history)
	w.github.SetHead(w.head)
	t.Chdir(t.TempDir())
	code, log := w.action(t, "workflow_run", w.workflowRun(), "INPUT_TOKEN=writes", "INPUT_COMMAND=publish")
	require.Zero(t, code, log)
	require.Contains(t, log, "::error::the result that the pull request's run left is refused")
	require.Equal(t, "failure", w.github.State().CheckRuns[0].Conclusion)

	w.github.Fail = func(r *http.Request) *githubtest.Fault {
		if strings.HasPrefix(r.URL.Path, "/blob/") {
			return &githubtest.Fault{Status: http.StatusNotFound}
		}
		return nil
	}
	code, log = w.action(t, "workflow_run", w.workflowRun(), "INPUT_TOKEN=writes", "INPUT_COMMAND=publish")
	require.Equal(t, 3, code, log)
	require.Contains(t, log, "download the artifact: the store answered 404 Not Found")
	require.NotContains(t, log, githubtest.BlobSignature)
}

// The report is kept before the comment is written, which links to it.
func TestTheReportHasAnAddress(t *testing.T) {
	w := newWorkshop(t)
	t.Chdir(w.dir)
	_, log := w.action(t, "pull_request", w.pullRequest(), "INPUT_TOKEN=writes", "INPUT_STEPS=gate")
	var page artifacttest.Artifact
	for _, a := range w.artifacts.Artifacts() {
		if a.MIME == "text/html" {
			page = a
		}
	}
	require.Contains(t, w.github.State().Comments[0].Body, fmt.Sprintf("[report](https://github.com/owner/repo/actions/runs/42/artifacts/%d)", page.ID), log)
	require.Contains(t, string(page.Data), "<!doctype html>")
}

func TestWithoutAServiceTheReportStaysAFile(t *testing.T) {
	w := newWorkshop(t)
	t.Chdir(w.dir)
	for server, why := range map[string]string{"https://git.example.com": "there is no artifact service on GitHub Enterprise Server", "https://github.com": "there is no artifact service: ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN are given to the actions of a run only"} {
		_, log := w.assay([]string{"GITHUB_ACTIONS=true", "GITHUB_SERVER_URL=" + server}, "run", "gate")
		require.Contains(t, log, "the report stays a file: "+why)
		require.FileExists(t, "assay-report/report.html")
	}
	require.Empty(t, w.artifacts.Requests())
}

func TestPublishThatHasNothingToWriteSaysWhy(t *testing.T) {
	w := newWorkshop(t)
	w.github.SetHistory(w.history(t))
	t.Chdir(t.TempDir())
	run := w.workflowRun()
	run["workflow_run"].(map[string]any)["conclusion"] = "cancelled"
	code, log := w.action(t, "workflow_run", run, "INPUT_TOKEN=writes", "INPUT_COMMAND=publish")
	require.Zero(t, code)
	require.Contains(t, log, "::notice::nothing to publish: the run ended as cancelled")
	code, log = w.action(t, "push", map[string]any{}, "INPUT_TOKEN=writes", "INPUT_COMMAND=publish")
	require.Equal(t, 2, code)
	require.Contains(t, log, "publish was started by the event push")
	code, log = w.action(t, "workflow_run", run, "INPUT_COMMAND=deploy")
	require.Equal(t, 2, code)
	require.Contains(t, log, `input command is "deploy"`)
	code, log = w.action(t, "workflow_run", run, "INPUT_TOKEN=writes", "INPUT_COMMAND=publish", "INPUT_CONFIG=../assay.yaml")
	require.Equal(t, 2, code)
	require.Contains(t, log, "lies outside of the repository")
}

// All rows that flipped are kept beside the report; values of sensitive columns are in neither.
func TestFlipsAreKeptWithTheRun(t *testing.T) {
	w := newWorkshop(t)
	t.Chdir(w.dir)
	champion, challenger := "id,label,prediction,sex\n", "id,prediction\n"
	for i := range 60 {
		champion += fmt.Sprintf("%d,%d,%d,secret-%d\n", i, i%2, i%2, i%3)
		challenger += fmt.Sprintf("%d,%d\n", i, max(i%2, i%6/5))
	}
	for name, text := range map[string]string{"old.csv": champion, "new.csv": challenger, "contract.yaml": "version: 1\ncolumns:\n  - {name: sex, sensitive: true}\n",
		"assay.yaml": "version: 1\nmodel: m\ndata: {old: old.csv, new: new.csv}\nvalidate: [{table: old, contract: contract.yaml}]\n" +
			"compare: {champion: old, challenger: new, key: [id], margin: 0.4, need: not-worse, slices: [sex]}\n"} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	code, log := w.action(t, "push", map[string]any{}, "INPUT_TOKEN=writes")
	require.Zero(t, code, log)
	kept := map[string]string{}
	for _, a := range w.artifacts.Artifacts() {
		kept[a.Name] = string(a.Data)
		require.NotContains(t, string(a.Data), "secret-")
	}
	require.Contains(t, kept["assay-flips.m.csv"], "flip,key,repeat,label,champion,challenger\n")
	onDisk, err := os.ReadFile("assay-report/flips.csv")
	require.NoError(t, err)
	require.Equal(t, string(onDisk), kept["assay-flips.m.csv"])
}
