package smoke

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/train/process"
)

// log is an output that a test may read while the command writes.
type log struct {
	sync.Mutex
	bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.Write(p)
}

func (l *log) String() string {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.String()
}

// newJob is a training of one attempt in a folder that every user can reach.
func newJob(t *testing.T, command string) Job {
	t.Helper()
	dir := t.TempDir()
	for folder := dir; folder != "/"; folder = filepath.Dir(folder) {
		require.NoError(t, os.Chmod(folder, mode(t, folder)|0o001))
	}
	once := 0
	return Job{Spec: Spec{Command: command, Retries: &once, Timeout: time.Minute}, Dir: dir, Metrics: filepath.Join(dir, "metrics.json"), Seed: 7,
		Environ: os.Environ(), Output: &log{}, Check: checkJSON}
}

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Mode() & (fs.ModePerm | fs.ModeSticky)
}

// checkJSON stands in for the reader of metrics.
func checkJSON(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return &MetricsError{Cause: MetricsMissing}
	}
	if strings.Contains(string(data), "NaN") {
		return &MetricsError{Cause: MetricsNotFinite, Reason: "auc"}
	}
	if !json.Valid(data) {
		return &MetricsError{Cause: MetricsUnparsable, Reason: "not JSON"}
	}
	return nil
}

const good = `echo '{"auc": 0.8}' > "$ASSAY_METRICS"`

func run(t *testing.T, job Job) Result {
	t.Helper()
	result, err := Run(t.Context(), job)
	require.NoError(t, err)
	return result
}

func verdict(r Result) finding.Outcome { return r.Findings()[0].Outcome }

func TestACommandThatComesThroughPasses(t *testing.T) {
	job := newJob(t, "echo training; "+good)
	result := run(t, job)
	require.True(t, result.Succeeded(), "%+v", result)
	require.Equal(t, finding.Pass, verdict(result))
	require.Contains(t, job.Output.(*log).String(), "training\n")
	require.FileExists(t, job.Metrics)
}

// Each way to fail has a name of its own, and none of them passes.
func TestFailuresHaveNames(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		want    Cause
		says    string
	}{
		"exit":                       {"echo why >&2; exit 3", ExitedNonZero, "exit code 3"},
		"signal":                     {"kill -SEGV $$", ExitedNonZero, "segmentation"},
		"killed":                     {"kill -KILL $$", KilledUnknown, "cause unknown"},
		"not executable":             {"./data", NotExecutable, "126"},
		"not found":                  {"no-such-program", NotFound, "127"},
		"no metrics":                 {"true", MetricsMissing, "no metrics file"},
		"not parsable":               {`echo '{' > "$ASSAY_METRICS"`, MetricsUnparsable, "not JSON"},
		"not finite":                 {`echo '{"auc": NaN}' > "$ASSAY_METRICS"`, MetricsNotFinite, "NaN or infinite: auc"},
		"a link":                     {`ln -s /etc/hostname "$ASSAY_METRICS"`, MetricsUnparsable, "link"},
		"a pipe":                     {`mkfifo "$ASSAY_METRICS"`, MetricsUnparsable, "no regular file"},
		"both metrics and a failure": {good + "; exit 1", ExitedNonZero, "exit code 1"},
	} {
		t.Run(name, func(t *testing.T) {
			job := newJob(t, c.command)
			require.NoError(t, os.WriteFile(filepath.Join(job.Dir, "data"), []byte("x"), 0o644))
			result := run(t, job)
			require.Equal(t, c.want, result.Attempts[0].Cause, "%+v", result)
			require.Contains(t, result.Attempts[0].Reason, c.says)
			require.Equal(t, finding.Fail, verdict(result))
			require.NotEmpty(t, result.Findings()[0].Hint)
		})
	}
}

func TestAKillByTheKernelIsNamedWhenItCounted(t *testing.T) {
	count, original := int64(0), oomKills
	t.Cleanup(func() { oomKills = original })
	oomKills = func() int64 { count++; return count }
	require.Equal(t, OutOfMemory, run(t, newJob(t, "kill -KILL $$")).Attempts[0].Cause)
	require.Equal(t, ExitedNonZero, run(t, newJob(t, "exit 1")).Attempts[0].Cause, "a command that was not killed did not run out of memory")
}

// What a machine's mood can cause is tried again, with the same seed; what the code causes is not.
func TestRetries(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		tries   int
		want    finding.Outcome
	}{
		"fails always":         {`echo "seed $ASSAY_SEED" >> seeds; exit 1`, 4, finding.Fail},
		"comes through third":  {`echo "seed $ASSAY_SEED" >> seeds; [ $(wc -l < seeds) -ge 3 ] && ` + good, 3, finding.Warn},
		"not a number":         {`echo "seed $ASSAY_SEED" >> seeds; echo NaN > "$ASSAY_METRICS"`, 1, finding.Fail},
		"no metrics":           {`echo "seed $ASSAY_SEED" >> seeds`, 1, finding.Fail},
		"not found":            {`echo "seed $ASSAY_SEED" >> seeds; no-such-program`, 1, finding.Fail},
		"metrics of a failure": {`echo "seed $ASSAY_SEED" >> seeds; [ -e "$ASSAY_METRICS" ] && exit 0; ` + good + `; exit 1`, 4, finding.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			job := newJob(t, c.command)
			job.Spec.Retries = nil // three
			result := run(t, job)
			require.Len(t, result.Attempts, c.tries)
			require.Equal(t, c.want, verdict(result))
			seeds, err := os.ReadFile(filepath.Join(job.Dir, "seeds"))
			require.NoError(t, err)
			require.Equal(t, strings.Repeat("seed 7\n", c.tries), string(seeds))
		})
	}
}

func TestTheEndOfTheOutputIsKeptWhereItFailed(t *testing.T) {
	result := run(t, newJob(t, `i=0; while [ $i -lt 80 ]; do i=$((i+1)); echo "line $i"; done; head -c 5000 /dev/zero | tr '\0' x; printf '\377'; exit 1`))
	require.Len(t, result.Output, process.MaxLines)
	require.Equal(t, "line 80", result.Output[process.MaxLines-2])
	require.Len(t, result.Output[process.MaxLines-1], process.MaxLine)
	require.Empty(t, run(t, newJob(t, "echo secret; "+good)).Output, "of a training that came through the log has it")
}

// await polls until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	require.Eventually(t, holds, 20*time.Second, 5*time.Millisecond, what)
}

func isAlive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func pidIn(path string) int {
	data, _ := os.ReadFile(path)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return pid
}

// A daemon that forked twice, left its session and closed nothing dies with the command, and does not hold it up.
const daemon = `python3 -c "
import os, time, signal
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        open('pid.part', 'w').write(str(os.getpid()))
        os.rename('pid.part', 'pid')
        time.sleep(600)
    os._exit(0)
os.wait()
"; while [ ! -e pid ]; do sleep 0.01; done; `

func TestADaemonDiesWithItsCommand(t *testing.T) {
	job := newJob(t, daemon+good)
	result := run(t, job)
	require.True(t, result.Succeeded(), "%+v", result)
	pid := pidIn(filepath.Join(job.Dir, "pid"))
	require.NotZero(t, pid)
	require.False(t, isAlive(pid), "Run returned before the daemon was gone")
}

func TestATimeoutEndsTheWholeTree(t *testing.T) {
	job := newJob(t, daemon+"sleep 600")
	job.Spec.Timeout = 2 * time.Second
	result := run(t, job)
	require.Equal(t, TimedOut, result.Attempts[0].Cause)
	require.False(t, isAlive(pidIn(filepath.Join(job.Dir, "pid"))))
}

func TestACancelledRunEndsTheWholeTree(t *testing.T) {
	job := newJob(t, daemon+"sleep 600")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() { _, err := Run(ctx, job); done <- err }()
	pid := 0
	await(t, "the daemon runs", func() bool { pid = pidIn(filepath.Join(job.Dir, "pid")); return pid != 0 })
	stopped := errors.New("stopped")
	cancel(stopped)
	require.ErrorIs(t, <-done, stopped)
	require.False(t, isAlive(pid))
}

func TestAnOldMetricsFileDoesNotPassForANewOne(t *testing.T) {
	job := newJob(t, "true")
	require.NoError(t, os.WriteFile(job.Metrics, []byte(`{"auc": 1}`), 0o644))
	require.Equal(t, MetricsMissing, run(t, job).Attempts[0].Cause)
	data, err := os.ReadFile(job.Metrics)
	require.NoError(t, err, "it was put back")
	require.JSONEq(t, `{"auc": 1}`, string(data))
	job.Spec.Command = good
	require.True(t, run(t, job).Succeeded())
	entries, err := os.ReadDir(job.Dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestTheCommandSeesItsJobAndNoSecret(t *testing.T) {
	job := newJob(t, `env | sort > env; `+good)
	job.Train, job.Test, job.SampleRows = "/data/train.csv", "/data/test.csv", 500
	job.Environ = append(os.Environ(), "INPUT_TOKEN=s1", "GITHUB_TOKEN=s2", "ACTIONS_RUNTIME_TOKEN=s3", "GITHUB_ENV=/x", "MY_TOKEN=s4",
		"GIT_CONFIG_VALUE_0=s5", "GITHUB_SHA=abc", "CUDA_VISIBLE_DEVICES=0")
	require.True(t, run(t, job).Succeeded())
	data, err := os.ReadFile(filepath.Join(job.Dir, "env"))
	require.NoError(t, err)
	for _, line := range []string{"ASSAY_TRAIN=/data/train.csv", "ASSAY_TEST=/data/test.csv", "ASSAY_SAMPLE_ROWS=500", "ASSAY_SEED=7", "ASSAY_SMOKE=1",
		"ASSAY_METRICS=" + job.Metrics, "GITHUB_SHA=abc", "CUDA_VISIBLE_DEVICES=0"} {
		require.Contains(t, string(data), line+"\n")
	}
	require.NotRegexp(t, `=s[1-5]\n|GITHUB_ENV`, string(data))
}

func TestASetupRunsOnceInAnEnvironmentOfItsOwn(t *testing.T) {
	job := newJob(t, `echo try >> tries; [ -n "$VIRTUAL_ENV" ] && python -c 'import sys; assert sys.prefix != sys.base_prefix' && exit 1`)
	job.Spec.Setup, job.Spec.Retries = `echo setup >> setups; command -v python > where`, nil
	result := run(t, job)
	require.Len(t, result.Attempts, 4)
	data, err := os.ReadFile(filepath.Join(job.Dir, "setups"))
	require.NoError(t, err)
	require.Equal(t, "setup\n", string(data))
	require.Equal(t, ExitedNonZero, result.Attempts[0].Cause, "%v", result.Output)

	job.Spec.Setup = "echo no such package >&2; exit 1"
	result = run(t, job)
	require.Equal(t, SetupFailed, result.Attempts[0].Cause)
	require.Equal(t, []string{"no such package"}, result.Output)
}

func TestTheResultSurvivesItsFile(t *testing.T) {
	result := run(t, newJob(t, "exit 1"))
	data, err := json.Marshal(result)
	require.NoError(t, err)
	back, err := finding.DecodeAs[Result](data)
	require.NoError(t, err)
	require.Equal(t, result.Findings(), back.Findings())
	require.Equal(t, finding.Unknown, verdict(Result{}), "an empty result is no pass")
}

// hostile is a training script that reaches for everything that is not its own. It writes what it got.
const hostile = `
import glob, json, os, socket
got = []
def attempt(what, do):
    try:
        if do():
            got.append(what)
    except Exception:
        pass
def holds(path):
    return b"s3cret" in open(path, "rb").read()
attempt("environment", lambda: "s3cret" in str(os.environ))
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    attempt(path, lambda: holds(path))
attempt("temporary folder", lambda: holds(os.path.join(HIDDEN, "credential")))
attempt("temporary folder's list", lambda: os.listdir(HIDDEN))
attempt("command file", lambda: open(os.path.join(HIDDEN, "output"), "a").write("verdict=pass"))
attempt("git config", lambda: holds(".git/config"))
attempt("git hook", lambda: open(".git/hooks/post-checkout", "w").write("#!/bin/sh"))
attempt("engine", lambda: socket.socket(socket.AF_UNIX).connect(SOCKET) is None)
attempt("memory", lambda: open("/proc/%d/mem" % RUNNER, "rb"))
attempt("root", lambda: os.setuid(0) is None)
attempt("setuid program", lambda: "0" in os.popen(ROOTID + " -u").read().split())
attempt("system", lambda: open("/etc/assay-was-here", "w"))
os.mkdir("made")
os.mkdir("made/.git")
open("made/.git/config", "w").close()
print("GOT", got)
json.dump({"auc": 1}, open(os.environ["ASSAY_METRICS"], "w"))
`

func TestAHostileScriptGetsNothing(t *testing.T) {
	require.Zero(t, os.Geteuid(), "only root can give the command another user: run the tests as root")
	t.Setenv("INPUT_TOKEN", "s3cret")
	job := newJob(t, "python3 train.py")
	hidden := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(hidden), 0o755))
	socket := filepath.Join(hidden, "engine.sock")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	defer listener.Close()
	rootID := filepath.Join(filepath.Dir(hidden), "root-id")
	write := func(path, text string, mode fs.FileMode) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
	}
	write(filepath.Join(hidden, "credential"), "s3cret", 0o644)
	write(filepath.Join(hidden, "output"), "", 0o666)
	write(filepath.Join(job.Dir, ".git", "config"), "[http]\n\textraheader = AUTHORIZATION: basic s3cret\n", 0o644)
	require.NoError(t, os.Mkdir(filepath.Join(job.Dir, ".git", "hooks"), 0o755))
	script := strings.NewReplacer("HIDDEN", strconv.Quote(hidden), "SOCKET", strconv.Quote(socket), "ROOTID", strconv.Quote(rootID),
		"RUNNER", strconv.Itoa(os.Getpid())).Replace(hostile)
	write(filepath.Join(job.Dir, "train.py"), script, 0o644)
	id, err := os.ReadFile("/usr/bin/id")
	require.NoError(t, err)
	write(rootID, string(id), 0o755)
	require.NoError(t, os.Chmod(rootID, 0o755|fs.ModeSetuid))
	job.Environ, job.Hide = os.Environ(), []string{hidden, filepath.Join(hidden, "absent")}
	owner(t, job.Dir, 1001)
	require.NoError(t, os.Lchown(filepath.Join(job.Dir, "train.py"), stranger.uid, stranger.gid), "as a run that was killed leaves it")

	result := run(t, job)
	require.Contains(t, job.Output.(*log).String(), "GOT []")
	require.True(t, result.Succeeded(), "%+v", result)
	require.Equal(t, fs.FileMode(0o755), mode(t, hidden), "what was closed is open again")
	require.NoError(t, filepath.WalkDir(job.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			info, _ := entry.Info()
			require.Equal(t, uint32(1001), info.Sys().(*syscall.Stat_t).Uid, "%s belongs to the workspace's owner again", path)
		}
		return err
	}))
}

func owner(t *testing.T, dir string, uid int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	}))
}

func TestAFolderThatNobodyReachesIsSaid(t *testing.T) {
	job := newJob(t, good)
	closed := filepath.Dir(job.Dir)
	require.NoError(t, os.Chmod(closed, 0o700))
	result := run(t, job)
	require.True(t, result.Succeeded())
	require.Len(t, result.Notices, 1)
}
