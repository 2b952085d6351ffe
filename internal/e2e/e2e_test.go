//go:build e2e

// Package e2e runs the real container: by act in the workflow that users paste, and with the runner's own flags. GitHub is
// the strict fake. It needs a Docker engine with the images of .ci/images, and act on the PATH; without them it fails.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/record"
)

const (
	image = "act-assay-ml-assay-v0-dockeraction:latest" // the name under which act looks for `uses: assay-ml/assay@v0`
	token = "ghs_e2e0token"
)

// root is the folder of the project.
func root() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "../..")
}

func TestMain(m *testing.M) {
	build := exec.Command("docker", "build", "--quiet", "--tag", image, root())
	build.Env = append(os.Environ(), "DOCKER_BUILDKIT=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "docker build of the image did not work; .ci/engine and .ci/images prepare it:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// do runs a program and answers with all that it printed.
func do(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}

// repository is a user's, with the test merge of a pull request checked out.
type repository struct{ dir, head, merge string }

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return do(t, dir, "git", append([]string{"-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "safe.directory=*"}, args...)...)
}

// newRepository has the demo's data and rules on main, with the metrics of its model, and a branch with the change.
func newRepository(t *testing.T, workflow string, change func(dir string)) repository {
	t.Helper()
	parent, err := os.MkdirTemp("", "assay-e2e-") // not t.TempDir: the path is the repository's name to act
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(parent) })
	require.NoError(t, os.Chmod(parent, 0o755))
	dir := filepath.Join(parent, "repo")
	do(t, root(), "go", "run", "./cmd/assay", "demo", "--into", dir)
	for _, made := range []string{"report.json", "report.html", "comment.md", ".assay-demo", "base-metrics.json"} {
		require.NoError(t, os.Remove(filepath.Join(dir, made)))
	}
	git(t, parent, "init", "-q", "-b", "main", dir)
	git(t, dir, "remote", "add", "origin", "https://github.com/owner/repo")
	put(t, filepath.Join(dir, ".github/workflows/assay.yml"), workflow)
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "main")
	git(t, dir, "checkout", "-qb", "change")
	change(dir)
	r := repository{dir: dir}
	r.commit(t)
	return r
}

// commit adds what changed to the pull request and checks out its new test merge.
func (r *repository) commit(t *testing.T) {
	t.Helper()
	git(t, r.dir, "add", "-A")
	git(t, r.dir, "commit", "-q", "--allow-empty", "-m", "change")
	r.head = git(t, r.dir, "rev-parse", "HEAD")
	git(t, r.dir, "checkout", "-q", "--detach", "main")
	git(t, r.dir, "merge", "-q", "--no-ff", "-m", "merge", r.head)
	r.merge = git(t, r.dir, "rev-parse", "HEAD")
}

func put(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// replace changes a text that must be there.
func replace(t *testing.T, path, old, new string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(data), old)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(data), old, new, 1)), 0o644))
}

func newGitHub(t *testing.T) *githubtest.Server {
	t.Helper()
	server, err := githubtest.New(map[string]githubtest.App{token: {ID: 15368, Login: "github-actions", Checks: true, Comments: true}})
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, server.State().Violations)
	})
	return server
}

// event is the pull request's.
func (r repository) event(t *testing.T) string {
	t.Helper()
	data, err := json.Marshal(map[string]any{"number": 7, "action": "synchronize", "repository": map[string]any{"full_name": "owner/repo"},
		"pull_request": map[string]any{"number": 7, "head": map[string]any{"sha": r.head, "ref": "change"}, "base": map[string]any{"ref": "main", "sha": strings.Repeat("0", 40)}}})
	require.NoError(t, err)
	path := filepath.Join(filepath.Dir(r.dir), "event.json")
	require.NoError(t, os.WriteFile(path, data, 0o644))
	return path
}

// act runs the workflow of a repository and answers with its log and whether it was green. The folder that the runner
// shares among the steps of a job is given to act by hand: its containers have one /tmp each.
func act(t *testing.T, r repository, server *githubtest.Server, volumes ...string) (string, bool) {
	t.Helper()
	return actOn(t, "pull_request", r.event(t), r, server, nil, volumes...)
}

// actOn runs the workflow on an event, perhaps with more flags.
func actOn(t *testing.T, name, event string, r repository, server *githubtest.Server, flags []string, volumes ...string) (string, bool) {
	t.Helper()
	temp := t.TempDir()
	command := exec.Command("act", name, "-W", ".github/workflows/assay.yml", "-P", "ubuntu-latest=assay-runner", "--pull=false",
		"--rebuild=false", "--network", "host", "--rm", "-e", event, "-s", "GITHUB_TOKEN="+token, "--env", "GITHUB_API_URL="+server.URL,
		"--env", "GITHUB_GRAPHQL_URL="+server.URL+"/graphql", "--container-options", strings.Join(append([]string{"-v " + temp + ":/tmp"}, volumes...), " -v "),
		"--local-repository", "assay-ml/assay@v0="+root(),
		"--local-repository", "actions/upload-artifact@v4="+filepath.Join(root(), "internal/e2e/testdata/upload-artifact"))
	command.Args = append(command.Args, flags...)
	command.Dir = r.dir
	command.Env = append(os.Environ(), "ACT_DISABLE_VERSION_CHECK=1")
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	err := command.Run()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		require.NoError(t, err, "act did not start; .ci/tools builds it")
	}
	require.NotContains(t, log.String(), token, "the token is masked and never written")
	return log.String(), err == nil
}

func example(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(), "workflows-examples/pull-request.yml"))
	require.NoError(t, err)
	return string(data) + later
}

// later is a step that uses the outputs of the one before it.
const later = `        id: assay
      - if: always() && steps.assay.outputs.report-html != ''
        uses: actions/upload-artifact@v4
        with:
          name: assay-report
          path: |
            ${{ steps.assay.outputs.report-html }}
            ${{ steps.assay.outputs.report-json }}
`

const worse = "positive: bad, features: [age, housing, residence_since, num_dependents, own_telephone]}"

// The workflow that users paste, on a pull request that is well, and then on a push that makes the model worse: one comment
// and the newer verdict in it.
func TestAPullRequestIsJudgedAndAPushUpdatesItsComment(t *testing.T) {
	server := newGitHub(t)
	r := newRepository(t, example(t), func(dir string) { put(t, filepath.Join(dir, "notes.txt"), "a change") })
	log, green := act(t, r, server)
	require.True(t, green, log)
	state := server.State()
	require.Len(t, state.Comments, 1, log)
	require.True(t, strings.HasPrefix(state.Comments[0].Body, "**Assay: passed** · `german-credit`"), state.Comments[0].Body)
	require.Contains(t, state.Comments[0].Body, "as committed at", "the base is read from the merge's first parent")
	require.Len(t, state.CheckRuns, 1)
	require.Equal(t, "Assay / german-credit", state.CheckRuns[0].Name)
	require.Equal(t, "completed success", state.CheckRuns[0].Status+" "+state.CheckRuns[0].Conclusion)
	require.Equal(t, r.head, state.CheckRuns[0].HeadSHA, "the head, not the test merge")
	require.Contains(t, log, "UPLOADED assay-report/report.html", "a later step uses the outputs")
	require.Contains(t, log, "STORED red=false verdict=pass steps=data+validate+train+gate+drift")

	git(t, r.dir, "checkout", "-q", r.head)
	replace(t, filepath.Join(r.dir, "assay.yaml"), "positive: bad}", worse)
	r.commit(t)
	log, green = act(t, r, server)
	require.False(t, green, log)
	state = server.State()
	require.Len(t, state.Comments, 1, "the same comment")
	require.Equal(t, 1, state.Comments[0].Edits)
	require.Contains(t, state.Comments[0].Body, "**Assay: failed**")
	require.Contains(t, state.Comments[0].Body, "| `auc` | 0.72359 | 0.52723 | −0.196 worse | [`≥ 0.72`](http")
	require.Len(t, state.CheckRuns, 2, "a new head has a check run of its own")
	failed := state.CheckRuns[1]
	require.Equal(t, "completed failure", failed.Status+" "+failed.Conclusion)
	require.Equal(t, r.head, failed.HeadSHA)
	require.Equal(t, "assay.yaml", failed.Annotations[0]["path"])
	require.Contains(t, failed.Annotations[0]["message"], "auc is 0.527232, below 0.72")
	require.Contains(t, log, "STORED red=true verdict=fail", "the report is kept when it is needed most")
}

// The pull request that introduces Assay: nothing to compare with and no rules but its own, which is said and does not block.
func TestTheFirstPullRequestBringsItsOwnRules(t *testing.T) {
	server := newGitHub(t)
	r := newRepository(t, example(t), func(string) {})
	git(t, r.dir, "checkout", "-q", "main")
	git(t, r.dir, "rm", "-q", "assay.yaml", "contract.yaml", "metrics.json")
	git(t, r.dir, "commit", "-qm", "before Assay")
	git(t, r.dir, "checkout", "-q", "-b", "introduction")
	git(t, r.dir, "checkout", r.head, "--", "assay.yaml", "contract.yaml")
	r.commit(t)
	log, green := act(t, r, server)
	require.True(t, green, log)
	body := server.State().Comments[0].Body
	require.True(t, strings.HasPrefix(body, "**Assay: passed** · `german-credit`"), body)
	require.Contains(t, body, "the rules are this change's own")
	require.Contains(t, body, "is not committed at")
}

// A push to the default branch leaves its result with its check run, and a pull request finds it there.
func TestAPushStoresWhatALaterPullRequestFinds(t *testing.T) {
	workflow := `on: {push: {branches: [main]}, pull_request: {}}
jobs:
  model:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: assay-ml/assay@v0
`
	server := newGitHub(t)
	r := newRepository(t, workflow, func(dir string) { put(t, filepath.Join(dir, "params.yaml"), "depth: 3\n") })
	main := git(t, r.dir, "rev-parse", "main")
	server.AddCommits(githubtest.Commit{SHA: main})
	event := filepath.Join(filepath.Dir(r.dir), "push.json")
	put(t, event, `{"ref": "refs/heads/main", "before": "`+strings.Repeat("0", 40)+`", "repository": {"full_name": "owner/repo"}}`)
	git(t, r.dir, "checkout", "-q", "main")
	log, green := actOn(t, "push", event, r, server, nil)
	require.True(t, green, log)
	runs := server.State().CheckRuns
	require.Len(t, runs, 1, log)
	require.Equal(t, main, runs[0].HeadSHA)
	digest, err := record.DecodeDigest(runs[0].Text)
	require.NoError(t, err)
	require.Contains(t, digest.Metrics, "auc")

	git(t, r.dir, "checkout", "-q", r.merge)
	log, green = act(t, r, server)
	require.True(t, green, log)
	require.Contains(t, server.State().Comments[0].Body, "the result stored with `"+main[:12]+"`")
	require.Contains(t, server.State().Comments[0].Body, "| `depth` | parameter | — | `3` |")
}

// The summary of a step, read while the job runs: act empties it when the next step begins, the action's own post step too.
func TestTheSummaryIsWritten(t *testing.T) {
	workflow := `on: pull_request
jobs:
  model:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: assay-ml/assay@v0
`
	server := newGitHub(t)
	r := newRepository(t, workflow, func(string) {})
	files := t.TempDir()
	ctx, end := context.WithCancel(t.Context())
	longest := longestOf(ctx, filepath.Join(files, "SUMMARY.md"))
	log, green := act(t, r, server, files+":/var/run/act/workflow")
	end()
	require.True(t, green, log)
	summary := <-longest
	require.True(t, strings.HasPrefix(summary, "**Assay: passed** · `german-credit`"), summary)
}

// longestOf is the longest content that a file has until ctx ends.
func longestOf(ctx context.Context, path string) <-chan string {
	result := make(chan string, 1)
	go func() {
		longest := ""
		for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
			if data, err := os.ReadFile(path); err == nil && len(data) > len(longest) {
				longest = string(data)
			}
		}
		result <- longest
	}()
	return result
}

// How people write workflows: a step for each, and other steps between. They add up to one result.
func TestFourStepsOfAJobAddToOneResult(t *testing.T) {
	workflow := `on: pull_request
permissions: {contents: read, pull-requests: write, checks: write}
jobs:
  model:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: assay-ml/assay@v0
        with: {steps: validate}
      - uses: assay-ml/assay@v0
        with: {steps: train}
      - run: echo between
      - uses: assay-ml/assay@v0
        id: gate
        continue-on-error: true
        with: {steps: gate}
      - run: echo "GATE ${{ steps.gate.outputs.verdict-gate }} ${{ steps.gate.outputs.verdict-validate }} ${{ steps.gate.outcome }}"
      - uses: assay-ml/assay@v0
        id: drift
        with: {steps: drift}
      - run: echo "ALL ${{ steps.drift.outputs.verdict }} ${{ steps.drift.outputs.verdict-drift }} ${{ steps.drift.outputs.check-run-url }}"
      - uses: actions/upload-artifact@v4
        with: {name: r, path: "${{ steps.drift.outputs.report-json }}"}
`
	server := newGitHub(t)
	r := newRepository(t, workflow, func(dir string) { replace(t, filepath.Join(dir, "assay.yaml"), "positive: bad}", worse) })
	log, green := act(t, r, server)
	require.True(t, green, "the red step was allowed to fail, the last one is green: %s", log)
	state := server.State()
	require.Len(t, state.Comments, 1, log)
	require.Len(t, state.CheckRuns, 1)
	require.Equal(t, "completed failure", state.CheckRuns[0].Status+" "+state.CheckRuns[0].Conclusion, "the worst so far")
	for _, step := range []string{"validate", "train", "gate", "drift"} {
		require.Contains(t, state.Comments[0].Body, "<summary><b>"+step+"</b>")
	}
	require.Contains(t, log, "GATE fail pass failure")
	require.Contains(t, log, "ALL fail pass "+server.URL+"/owner/repo/runs/")
	require.Contains(t, log, "STORED red=true verdict=fail steps=rules+data+validate+train+gate+drift")
}

// runner starts the image with the flags of the real runner on a tree that another user owns, and answers with its log, its
// exit code and the folder of its files.
func runner(t *testing.T, r repository, server *githubtest.Server, inputs map[string]string, flags ...string) (string, int, string) {
	t.Helper()
	work, err := os.MkdirTemp("", "assay-runner-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(work) })
	require.NoError(t, os.Chmod(work, 0o755))
	event, err := os.ReadFile(r.event(t))
	require.NoError(t, err)
	put(t, filepath.Join(work, "workflow/event.json"), string(event))
	put(t, filepath.Join(work, "temp/git-credentials.config"), "AUTHORIZATION: basic "+token)
	for _, name := range []string{"output", "summary", "env", "path", "state"} {
		put(t, filepath.Join(work, "commands", name), "")
	}
	require.NoError(t, os.Mkdir(filepath.Join(work, "home"), 0o755))
	for _, dir := range []string{work, r.dir} {
		own(t, dir, 1001)
	}
	log, code := runnerIn(t, work, r, server, inputs, flags...)
	return log, code, work
}

// runnerIn is another container of the job whose files lie in a folder already.
func runnerIn(t *testing.T, work string, r repository, server *githubtest.Server, inputs map[string]string, flags ...string) (string, int) {
	t.Helper()
	args := []string{"run", "--rm", "--network", "host", "--workdir", "/github/workspace",
		"-v", "/var/run/docker.sock:/var/run/docker.sock", "-v", work + "/home:/github/home", "-v", work + "/workflow:/github/workflow",
		"-v", work + "/commands:/github/file_commands", "-v", work + "/temp:/github/runner_temp", "-v", r.dir + ":/github/workspace"}
	environ := map[string]string{"HOME": "/github/home", "GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REPOSITORY": "owner/repo",
		"GITHUB_SHA": r.merge, "GITHUB_WORKSPACE": "/github/workspace", "GITHUB_EVENT_PATH": "/github/workflow/event.json", "GITHUB_API_URL": server.URL,
		"GITHUB_GRAPHQL_URL": server.URL + "/graphql", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "42", "GITHUB_RUN_ATTEMPT": "1",
		"GITHUB_WORKFLOW": "Assay", "GITHUB_JOB": "model", "RUNNER_TEMP": "/github/runner_temp", "GITHUB_OUTPUT": "/github/file_commands/output",
		"GITHUB_STEP_SUMMARY": "/github/file_commands/summary", "GITHUB_ENV": "/github/file_commands/env", "GITHUB_PATH": "/github/file_commands/path",
		"GITHUB_STATE": "/github/file_commands/state", "ACTIONS_RUNTIME_TOKEN": token + "-runtime", "INPUT_TOKEN": token, "INPUT_COMMENT": "always"}
	for name, value := range inputs {
		environ["INPUT_"+strings.ToUpper(name)] = value
	}
	for name, value := range environ {
		args = append(args, "-e", name+"="+value)
	}
	args = append(args, flags...)
	command := exec.Command("docker", append(args, image)...)
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	err := command.Run()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		require.NoError(t, err)
	}
	require.NotContains(t, strings.ReplaceAll(log.String(), "::add-mask::"+token, ""), token)
	return log.String(), command.ProcessState.ExitCode()
}

func own(t *testing.T, dir string, uid int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	}))
}

// belongsTo makes sure that every file of a folder has one owner.
func belongsTo(t *testing.T, dir string, uid int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		require.NoError(t, err)
		require.Equal(t, uint32(uid), info.Sys().(*syscall.Stat_t).Uid, path)
		return nil
	}))
}

func TestWithTheRunnersOwnFlags(t *testing.T) {
	server := newGitHub(t)
	r := newRepository(t, example(t), func(dir string) { replace(t, filepath.Join(dir, "assay.yaml"), "positive: bad}", worse) })
	log, code, work := runner(t, r, server, nil)
	require.Equal(t, 1, code, log)
	require.Contains(t, log, "::error ")
	outputs, err := os.ReadFile(filepath.Join(work, "commands/output"))
	require.NoError(t, err)
	require.Contains(t, string(outputs), "\nassay-report/report.json\n", "paths start at the workspace, which lies elsewhere outside of the container")
	require.NotContains(t, string(outputs), "/github/workspace")
	summary, err := os.ReadFile(filepath.Join(work, "commands/summary"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(summary), "**Assay: failed**"), string(summary))
	require.Contains(t, server.State().Comments[0].Body, "as committed at", "git reads a tree of another owner")
	belongsTo(t, r.dir, 1001)
	require.FileExists(t, filepath.Join(r.dir, "assay-report/report.html"))
}

// A merge queue judges the commit that would land, by the rules of the base that it would land on, and leaves the pull request's
// comment alone.
func TestAMergeGroupHasTheSameVerdict(t *testing.T) {
	server := newGitHub(t)
	r := newRepository(t, example(t), func(dir string) {
		replace(t, filepath.Join(dir, "assay.yaml"), "positive: bad}", worse)
		replace(t, filepath.Join(dir, "assay.yaml"), "at-least: 0.72, max-drop: 0.02", "at-least: 0.1")
	})
	group := filepath.Join(t.TempDir(), "group.json")
	put(t, group, `{"merge_group": {"head_sha": "`+r.merge+`", "base_sha": "`+git(t, r.dir, "rev-parse", "main")+`", "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-x"}}`)
	log, code, _ := runner(t, r, server, nil, "-v", group+":/github/group.json", "-e", "GITHUB_EVENT_NAME=merge_group", "-e", "GITHUB_EVENT_PATH=/github/group.json")
	require.Equal(t, 1, code, log)
	require.Contains(t, log, "auc is 0.527232, below 0.72 (the limit is the base's)")
	state := server.State()
	require.Empty(t, state.Comments)
	require.Len(t, state.CheckRuns, 1)
	require.Equal(t, r.merge, state.CheckRuns[0].HeadSHA)
	require.Equal(t, "completed failure", state.CheckRuns[0].Status+" "+state.CheckRuns[0].Conclusion)
}

// A token that may write nothing: the verdict stands, and the log says which permissions are missing.
func TestAReadOnlyTokenLeavesTheVerdict(t *testing.T) {
	server, err := githubtest.New(map[string]githubtest.App{token: {ID: 15368, Login: "github-actions"}})
	require.NoError(t, err)
	defer server.Close()
	r := newRepository(t, example(t), func(string) {})
	log, code, _ := runner(t, r, server, nil)
	require.Zero(t, code, log)
	require.Contains(t, log, "the token lacks checks: write")
	require.Contains(t, log, "the token lacks pull-requests: write")
	require.Empty(t, server.State().Comments)
}

// A training that takes more memory than the container has is named so, by the kernel's own count.
func TestATrainingThatRunsOutOfMemory(t *testing.T) {
	server := newGitHub(t)
	r := newRepository(t, example(t), func(dir string) {
		replace(t, filepath.Join(dir, "assay.yaml"), "baseline: {target: class, positive: bad}", "command: python3 -c 'x = bytearray(1 << 30)'\n  retries: 0")
	})
	log, code, _ := runner(t, r, server, map[string]string{"steps": "train"}, "--memory", "256m", "--memory-swap", "256m")
	require.Equal(t, 1, code, log)
	require.Contains(t, server.State().Comments[0].Body, "ran out of memory")
}

// killOnceStarted sends a signal to a container as soon as its training runs.
func killOnceStarted(r repository, signal, name string) <-chan error {
	sent := make(chan error, 1)
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(r.dir, "started")); err == nil {
				sent <- exec.Command("docker", "kill", "--signal", signal, name).Run()
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	return sent
}

// The runner cancels with SIGINT, which reaches Assay as the container's first process: training, check run and container end.
func TestACancelledRunEndsInTime(t *testing.T) {
	server := newGitHub(t)
	r := newRepository(t, example(t), func(dir string) {
		replace(t, filepath.Join(dir, "assay.yaml"), "baseline: {target: class, positive: bad}", "command: (setsid sleep 600 &); touch started; sleep 600")
	})
	const name = "assay-e2e-cancelled"
	sent := killOnceStarted(r, "INT", name)
	log, code, _ := runner(t, r, server, map[string]string{"steps": "train"}, "--name", name)
	require.NoError(t, <-sent)
	require.Equal(t, 130, code, log)
	run := server.State().CheckRuns[0]
	require.Equal(t, "completed cancelled", run.Status+" "+run.Conclusion)
	belongsTo(t, r.dir, 1001)
}

// A container that is killed says nothing more; the post step, which the runner starts with what the step left in its state,
// ends the check run.
func TestAKilledRunIsEndedByThePostStep(t *testing.T) {
	server := newGitHub(t)
	r := newRepository(t, example(t), func(dir string) {
		replace(t, filepath.Join(dir, "assay.yaml"), "baseline: {target: class, positive: bad}", "command: touch started; sleep 600")
	})
	const name = "assay-e2e-killed"
	sent := killOnceStarted(r, "KILL", name)
	_, code, work := runner(t, r, server, map[string]string{"steps": "train"}, "--name", name)
	require.NoError(t, <-sent)
	require.Equal(t, 137, code)
	require.Equal(t, "in_progress", server.State().CheckRuns[0].Status)
	state, err := os.ReadFile(filepath.Join(work, "commands/state"))
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(state), "\n")
	log, code := runnerIn(t, work, r, server, nil, "-e", "STATE_"+line, "--entrypoint", "/usr/local/bin/assay-end")
	require.Zero(t, code, log)
	run := server.State().CheckRuns[0]
	require.Equal(t, "completed failure", run.Status+" "+run.Conclusion)
	require.Equal(t, "Ended without a word", run.Title)
}

// train is a user's real script, with everything that a hostile one would try at its end.
const train = `import glob, json, os
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.compose import make_column_transformer

train, test = (pd.read_csv(os.environ[name]) for name in ("ASSAY_TRAIN", "ASSAY_TEST"))
assert len(train) == 300, len(train)
columns = ["checking_status", "credit_history", "savings_status", "purpose"]
model = make_pipeline(make_column_transformer((OneHotEncoder(handle_unknown="ignore"), columns), ("passthrough", ["duration", "credit_amount"])),
                      LogisticRegression(max_iter=2000, C=0.1))
model.fit(train, train["class"] == "bad")
auc = roc_auc_score(test["class"] == "bad", model.predict_proba(test)[:, 1])

stolen = [name for name in os.environ if "TOKEN" in name]
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/github/*/*") + [".git/config"]:
    try:
        if b"ghs_" + b"e2e0" in open(path, "rb").read():
            stolen.append(path)
    except OSError:
        pass
for path in ("/github/file_commands/output", "/github/file_commands/env"):
    try:
        open(path, "a").write("verdict=pass\n")
        stolen.append(path)
    except OSError:
        pass
try:
    import socket
    socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock")
    stolen.append("engine")
except OSError:
    pass
print("::set-output name=verdict::pass")
print("::error::forged")
print("UID", os.getuid(), "STOLEN", stolen)
json.dump({"auc": auc}, open(os.environ["ASSAY_METRICS"], "w"))
open("model.txt", "w").write("a model")
`

// A user's real script with packages from PyPI, installed by their own setup line.
func TestARealTrainingScript(t *testing.T) {
	server := newGitHub(t)
	r := newRepository(t, example(t), func(dir string) {
		put(t, filepath.Join(dir, "train.py"), train)
		put(t, filepath.Join(dir, "requirements.txt"), "scikit-learn==1.9.1\npandas==3.1.1\nnumpy==2.4.6\nscipy==1.17.1\n")
		replace(t, filepath.Join(dir, "assay.yaml"), "baseline: {target: class, positive: bad}",
			"command: python train.py\n  setup: uv pip install --system -r requirements.txt\n  sample: {rows: 300, seed: 1, stratify-by: class}")
		replace(t, filepath.Join(dir, "assay.yaml"), "at-least: 0.72, max-drop: 0.02", "at-least: 0.6, max-drop: 0.2")
		replace(t, filepath.Join(dir, "assay.yaml"), "  - {metric: log_loss, at-most: 0.60, max-rise: 0.03}\n  - {metric: recall, at-least: 0.40, rows: 62, severity: warn} # of the 62 bad credits among the test rows\n", "")
	})
	git(t, r.dir, "checkout", "-q", "-B", "main", r.head) // the rules are the base's too
	git(t, r.dir, "checkout", "-q", "-b", "again")
	r.commit(t)
	git(t, r.dir, "config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic "+token)
	cache := []string{"-e", "UV_CACHE_DIR=.uv-cache"}
	log, code, _ := runner(t, r, server, map[string]string{"steps": "train gate"}, cache...)
	require.Zero(t, code, log)
	require.Contains(t, log, "Downloading")
	require.Contains(t, log, "UID 65532 STOLEN []")
	require.Regexp(t, `(?s)::stop-commands::(\w+)\n.*::error::forged.*\n::\w+::\n`, log)
	require.Contains(t, server.State().Comments[0].Body, "**Assay: passed**")
	belongsTo(t, r.dir, 1001)
	require.FileExists(t, filepath.Join(r.dir, "model.txt"))
	config, err := os.Stat(filepath.Join(r.dir, ".git/config"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o644), config.Mode().Perm(), "what was closed is open again")

	log, code, _ = runner(t, r, server, map[string]string{"steps": "train gate"}, cache...)
	require.Zero(t, code, log)
	require.NotContains(t, log, "Downloading", "what was installed once comes from the cache")
}
