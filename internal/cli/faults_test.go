//go:build faults

package cli_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

// processSchedules is how many schedules the program itself goes through, with the world's clock and a network.
const processSchedules = 40

// process is a job of the campaign: the program as the action starts it.
type process struct {
	run    int
	isRed  bool
	signal syscall.Signal // what ends it, 0: nothing
	after  time.Duration

	dir  string
	temp string // the runner's, which the training may not enter
	code int
	log  bytes.Buffer
}

// The part of the fault campaign that needs real processes: signals, exit codes, files that are left behind. The other
// part is in package writeback.
func TestFaultsOfProcesses(t *testing.T) {
	for seed := range uint64(processSchedules) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			playProcesses(t, seed)
		})
	}
}

func playProcesses(t *testing.T, seed uint64) {
	server, err := githubtest.New(map[string]githubtest.App{"script-token": {ID: 1, Login: "bot", Checks: true, Comments: true}})
	require.NoError(t, err)
	defer server.Close()
	schedule := &githubtest.Schedule{Seed: seed, Rate: 0.25, Ends: time.Now().Add(6 * time.Second), Fast: true}
	schedule.Attach(server)
	random := rand.New(rand.NewPCG(seed, 3))
	var all sync.WaitGroup
	var processes []*process
	for i := range 1 + random.IntN(3) {
		p := &process{run: i + 1, isRed: random.IntN(2) == 0, dir: openFolder(t), temp: openFolder(t), after: time.Duration(500+random.IntN(2500)) * time.Millisecond}
		if random.IntN(3) == 0 {
			p.signal = []syscall.Signal{syscall.SIGINT, syscall.SIGKILL}[random.IntN(2)]
		}
		processes = append(processes, p)
		all.Go(func() { p.play(t, server) })
	}
	all.Wait()
	time.Sleep(10 * time.Second) // what comes late
	for _, p := range processes {
		p.check(t, server, seed)
	}
	newest := slices.MaxFunc(processes, func(a, b *process) int { return a.rank() - b.rank() })
	if newest.rank() > 0 {
		comments := server.State().Comments
		require.Len(t, comments, 1, "seed %d", seed)
		mark, _ := github.MarkOf(comments[0].Body)
		require.GreaterOrEqual(t, mark.Order.Run, int64(newest.run), "seed %d", seed)
	}
	require.Empty(t, server.State().Violations)
}

// openFolder is a folder that the user of the training command may enter.
func openFolder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "assay-faults-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

// rank orders the processes that had their say by their age, the others are 0.
func (p *process) rank() int {
	if p.signal != 0 {
		return 0
	}
	return p.run
}

// play is the job: a step that trains for a second and is perhaps ended by a signal, and the post step.
func (p *process) play(t *testing.T, server *githubtest.Server) {
	auc := map[bool]string{true: "0.5", false: "0.9"}[p.isRed]
	for name, text := range map[string]string{
		"assay.yaml": "version: 1\nmodel: m\ntrain:\n  command: sleep 1; echo '{\"auc\":" + auc + "}' > \"$ASSAY_METRICS\"\ngates:\n  - {metric: auc, at-least: 0.8}\n",
		"event.json": `{"number": 7, "pull_request": {"number": 7, "head": {"sha": "` + strings.Repeat("2", 40) + `"}, "base": {"ref": "main"}}}`,
	} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
			t.Error(err)
			return
		}
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "assay.yaml"}, {"-c", "user.name=n", "-c", "user.email=n@example.com", "commit", "-qm", "base"}} {
		if out, err := exec.Command("git", append([]string{"-C", p.dir}, args...)...).CombinedOutput(); err != nil {
			t.Errorf("git: %v\n%s", err, out)
			return
		}
	}
	step := p.command(server, "action")
	step.Stdout, step.Stderr = &p.log, &p.log
	if err := step.Start(); err != nil {
		t.Error(err)
		return
	}
	if p.signal != 0 {
		time.AfterFunc(p.after, func() { _ = step.Process.Signal(p.signal) })
	}
	_ = step.Wait() // the exit code says it
	p.code = step.ProcessState.ExitCode()
	if out, err := p.command(server, "end", "STATE_assay="+p.remembered()).CombinedOutput(); err != nil {
		t.Errorf("assay end: %v\n%s", err, out)
	}
}

// remembered is what the runner would hand to the post step.
func (p *process) remembered() string {
	data, _ := os.ReadFile(filepath.Join(p.temp, "state"))
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimPrefix(line, "assay=")
}

func (p *process) command(server *githubtest.Server, name string, environ ...string) *exec.Cmd {
	command := exec.Command("assay", name)
	command.Dir = p.dir
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_PATH=event.json",
		"GITHUB_REPOSITORY=owner/repo", "GITHUB_SHA=" + strings.Repeat("1", 40), "GITHUB_RUN_ID=" + fmt.Sprint(p.run), "GITHUB_RUN_ATTEMPT=1", "GITHUB_WORKFLOW=w",
		"GITHUB_JOB=j", "GITHUB_API_URL=" + server.URL, "GITHUB_GRAPHQL_URL=" + server.URL + "/graphql", "RUNNER_TEMP=" + p.temp,
		"GITHUB_STATE=" + filepath.Join(p.temp, "state"), "INPUT_TOKEN=script-token"}, environ...)
	return command
}

// check holds the exit code and the check run against what became of the process.
func (p *process) check(t *testing.T, server *githubtest.Server, seed uint64) {
	verdict, code := "success", 0
	if p.isRed {
		verdict, code = "failure", 1
	}
	conclusions := []string{verdict}
	switch p.signal {
	case syscall.SIGINT:
		conclusions = append(conclusions, "cancelled")
		require.Contains(t, []int{code, 130}, p.code, "seed %d", seed) // it may have come too late
	case syscall.SIGKILL:
		conclusions = append(conclusions, "failure")
		require.Contains(t, []int{code, -1}, p.code, "seed %d", seed)
	default:
		require.Equal(t, code, p.code, "seed %d: %s", seed, p.log.String())
	}
	found := 0
	for _, run := range server.State().CheckRuns {
		if strings.HasSuffix(run.ExternalID, fmt.Sprintf(":%d.1", p.run)) {
			found++
			require.Equal(t, "completed", run.Status, "seed %d, run %d", seed, p.run)
			require.Contains(t, conclusions, run.Conclusion, "seed %d, run %d", seed, p.run)
		}
	}
	require.True(t, found > 0 || p.signal != 0, "seed %d, run %d has no check run", seed, p.run)
}
