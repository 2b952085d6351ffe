package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

const handoffConfig = `version: 1
model: churn
gates:
  - {metric: sum, at-least: 500}
handoff: {workflow: gpu-train.yml, store: store, labels: [gpu], checkpoint-every: 1s}
`

// adding counts to twelve, with a checkpoint after each step; what it ends in depends on every step. Its first attempt waits at five.
const adding = `
n=0; sum=0
if [ -n "$ASSAY_RESUME" ]; then read n sum < "$ASSAY_CHECKPOINTS/count"; echo "going on after $n"; fi
while [ $n -lt 12 ]; do
  n=$((n+1)); sum=$((sum*3 % 1000 + n))
  echo "$n $sum" > "$ASSAY_CHECKPOINTS/.count" && mv "$ASSAY_CHECKPOINTS/.count" "$ASSAY_CHECKPOINTS/count"
  [ $n -eq 5 ] && [ "$ASSAY_ATTEMPT" = 1 ] && sleep 1000
done
mkdir -p "$ASSAY_MODEL" && echo $sum > "$ASSAY_MODEL/weights"
echo "{\"sum\": $sum}" > "$ASSAY_METRICS"
`

// yard is a repository with a GitHub, as the jobs of hand-offs see it.
type yard struct {
	server *githubtest.Server
	store  string
	sha    string
}

func newYard(t *testing.T) *yard {
	server, err := githubtest.New(map[string]githubtest.App{"t0ken": {ID: 1, Login: "bot", Statuses: true, Contents: true, Actions: true}})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	t.Cleanup(func() { require.Empty(t, server.State().Violations) })
	server.ChangeRelease(func(r *githubtest.Release) {
		*r = githubtest.Release{Workflows: map[string][]string{"gpu-train.yml": {"handoff", "commit", "params"}}}
	})
	return &yard{server, t.TempDir(), strings.Repeat("c", 40)}
}

// job is a command in a checkout of its own, as a job of a run.
func (y *yard) job(t *testing.T, run int64, args ...string) *exec.Cmd {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "assay.yaml"), []byte(strings.Replace(handoffConfig, "store: store", "store: "+y.store, 1)), 0o644))
	command := exec.Command("assay", append([]string{"handoff"}, args...)...)
	command.Dir = dir
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=workflow_dispatch", "GITHUB_REPOSITORY=owner/repo", "GITHUB_SHA=" + y.sha,
		fmt.Sprint("GITHUB_RUN_ID=", run), "GITHUB_RUN_ATTEMPT=1", "GITHUB_API_URL=" + y.server.URL, "GITHUB_GRAPHQL_URL=" + y.server.URL + "/graphql",
		"GITHUB_SERVER_URL=https://github.com", "RUNNER_TEMP=" + dir, "GITHUB_OUTPUT=" + filepath.Join(dir, "output"), "GITHUB_TOKEN=t0ken"}
	return command
}

// run runs a job to its end.
func (y *yard) run(t *testing.T, id int64, code int, args ...string) string {
	t.Helper()
	command := y.job(t, id, args...)
	out, err := command.CombinedOutput()
	require.Equal(t, code, command.ProcessState.ExitCode(), "%v: %s", err, out)
	return string(out)
}

// last is the last commit status.
func (y *yard) last() githubtest.Status {
	all := y.server.State().Statuses
	return all[len(all)-1]
}

// until is a writer that calls once a text was written.
type until struct {
	mutex sync.Mutex
	all   bytes.Buffer
	text  string
	call  func()
}

func (u *until) Write(p []byte) (int, error) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.all.Write(p)
	if u.call != nil && strings.Contains(u.all.String(), u.text) {
		u.call()
		u.call = nil
	}
	return len(p), nil
}

// A runner that is gone from one moment to the next costs what came after its last checkpoint, and nothing else: the sweep hands
// the work to the next one, which ends where an uninterrupted training does.
func TestAHandoffSurvivesItsRunner(t *testing.T) {
	y := newYard(t)
	out := y.run(t, 1, 0, "submit", "--param", "lr=0.01")
	require.Contains(t, out, "handed off ")
	require.Equal(t, githubtest.Status{SHA: y.sha, Context: "assay/churn/train", State: "pending", Description: y.last().Description, TargetURL: "https://github.com/owner/repo/actions/workflows/gpu-train.yml"}, y.last())
	require.Contains(t, y.last().Description, "waits for a runner; ends by ")
	require.Contains(t, y.run(t, 2, 0, "submit", "--param", "lr=0.01"), "joined ")
	require.Len(t, y.server.Started(), 1)

	first := y.server.Started()[0]
	require.Equal(t, `{"lr":"0.01"}`, first.Inputs["params"])
	y.server.SetRun(first.ID, "in_progress", "")
	work := y.job(t, first.ID, "work", "--handoff", first.Inputs["handoff"], "--", "sh", "-c", adding)
	work.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log := &until{text: "checkpoint 1 kept", call: func() { _ = syscall.Kill(-work.Process.Pid, syscall.SIGKILL) }}
	work.Stdout, work.Stderr = log, log
	require.Error(t, work.Run())
	require.Contains(t, log.all.String(), "checkpoint 1 kept")
	y.server.SetRun(first.ID, "completed", "failure")

	require.Contains(t, y.run(t, 3, 0, "sweep"), "attempt 2 of 3: the runner was lost")
	require.Len(t, y.server.Started(), 2)
	second := y.server.Started()[1]
	require.Contains(t, y.run(t, first.ID, 3, "work", "--handoff", first.Inputs["handoff"], "--", "true"), "another run has taken the work over")

	out = y.run(t, second.ID, 0, "work", "--handoff", second.Inputs["handoff"], "--", "sh", "-c", adding)
	require.Contains(t, out, "going on after 5")
	out = y.run(t, second.ID, 0, "report", "--handoff", second.Inputs["handoff"], "--job", "success", "--", "assay", "gate", "--format", "text")
	require.Contains(t, out, "trained and judged")
	require.Equal(t, "success", y.last().State)
	require.Contains(t, y.run(t, 4, 0, "status", "--json", "-"), `"sum": 574`, "as an uninterrupted training ends: 3·sum mod 1000 + n for n = 1 … 12")
	require.Contains(t, y.run(t, 5, 0, "submit", "--param", "lr=0.01"), "joined ", "what is done is not done again")
}

func TestAModelThatDoesNotPassEndsRed(t *testing.T) {
	y := newYard(t)
	y.run(t, 1, 0, "submit")
	started := y.server.Started()[0]
	weak := `mkdir -p "$ASSAY_MODEL"; echo 1 > "$ASSAY_MODEL/w"; echo '{"sum": 1}' > "$ASSAY_METRICS"`
	y.run(t, started.ID, 0, "work", "--handoff", started.Inputs["handoff"], "--", "sh", "-c", weak)
	out := y.run(t, started.ID, 1, "report", "--handoff", started.Inputs["handoff"], "--job", "success", "--", "assay", "gate")
	require.Contains(t, out, "the model did not pass")
	require.Equal(t, "failure", y.last().State)
}

func TestAWorkflowThatIsNotThereEndsAtOnce(t *testing.T) {
	y := newYard(t)
	y.server.ChangeRelease(func(r *githubtest.Release) { *r = githubtest.Release{} })
	require.Contains(t, y.run(t, 1, 1, "submit"), "the workflow cannot be dispatched")
	require.Equal(t, "failure", y.last().State)
}

// A server that does not know return_run_details is asked again without it, and the run is found by its name.
func TestAnOlderServerIsUnderstood(t *testing.T) {
	y := newYard(t)
	y.server.ChangeRelease(func(r *githubtest.Release) {
		*r = githubtest.Release{Workflows: map[string][]string{"gpu-train.yml": {"handoff", "commit", "params"}}, Strict: true}
	})
	y.run(t, 1, 0, "submit")
	require.Len(t, y.server.Started(), 1)
	y.server.SetRun(y.server.Started()[0].ID, "completed", "cancelled")
	require.Contains(t, y.run(t, 2, 0, "sweep"), "cancelled by hand")
}

func TestTheCodeOfAForkIsNotHandedOff(t *testing.T) {
	y := newYard(t)
	command := y.job(t, 1, "submit")
	event := filepath.Join(command.Dir, "event.json")
	require.NoError(t, os.WriteFile(event, []byte(`{"number": 7, "pull_request": {"number": 7, "base": {"ref": "main"}, "head": {"sha": "`+y.sha+`", "repo": {"full_name": "stranger/repo"}}}}`), 0o644))
	command.Env = append(command.Env, "GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_PATH="+event)
	out, _ := command.CombinedOutput()
	require.Equal(t, 2, command.ProcessState.ExitCode(), "%s", out)
	require.Contains(t, string(out), "the code of a fork is not handed off")
	require.Empty(t, y.server.State().Requests)
}

func TestWhatAHandoffNeedsIsSaid(t *testing.T) {
	y := newYard(t)
	require.Contains(t, y.run(t, 1, 2, "work", "--handoff", "x", "--", "true"), "names no attempt of a hand-off")
	require.Contains(t, y.run(t, 1, 2, "submit", "--params", "[1]"), "--params is no JSON object of texts")
	require.Contains(t, y.run(t, 1, 2, "submit", "--commit", "abc"), "is no full sha")
	require.Contains(t, y.run(t, 1, 0, "status"), "there is no hand-off")
}
