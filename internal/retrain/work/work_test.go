package work_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/snapshot"
	"github.com/assay-ml/assay/internal/retrain/handoff"
	"github.com/assay-ml/assay/internal/retrain/work"
)

var plan = handoff.Plan{Workflow: "gpu.yml", Attempts: 3, Queue: time.Hour, Silence: time.Hour, Report: time.Hour, Limit: 10 * time.Hour}

// ledger keeps one state in memory.
type ledger struct {
	mutex sync.Mutex
	s     handoff.State
	fails int // answers that are yet to be lost, after their effect
}

func submitted(t *testing.T) *ledger {
	s, _, err := handoff.State{}.Submit(handoff.Request{Model: "m", Commit: strings.Repeat("a", 40)}, plan, time.Now())
	require.NoError(t, err)
	return &ledger{s: s}
}

func (l *ledger) move(move func(handoff.State) (handoff.State, error)) (handoff.State, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	s, err := move(l.s)
	if err != nil {
		return l.s, err
	}
	l.s = s
	if l.fails > 0 {
		l.fails--
		return handoff.State{}, errors.New("the answer was lost")
	}
	return s, nil
}

func (l *ledger) Claim(_ context.Context, _ string, w handoff.Who) (handoff.State, error) {
	return l.move(func(s handoff.State) (handoff.State, error) { return s.Claim(w, time.Now()) })
}

func (l *ledger) Beat(_ context.Context, _ string, w handoff.Who, c *handoff.Checkpoint) (handoff.State, error) {
	return l.move(func(s handoff.State) (handoff.State, error) { return s.Beat(w, c, time.Now()) })
}

func (l *ledger) Finish(_ context.Context, _ string, w handoff.Who, cause handoff.Cause, detail string, model *handoff.Artifact) (handoff.State, error) {
	return l.move(func(s handoff.State) (handoff.State, error) { return s.Finish(w, cause, detail, model, time.Now()) })
}

func (l *ledger) state() handoff.State {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.s
}

// counting is a training that counts to twelve: each step it writes its count beside, and moves it to its place. What it ends in
// depends on every step.
const counting = `
n=0; sum=0
if [ -n "$ASSAY_RESUME" ]; then read n sum < "$ASSAY_CHECKPOINTS/count"; echo "resumed at $n"; fi
while [ $n -lt 12 ]; do
  n=$((n+1)); sum=$((sum*3 % 1000 + n))
  echo "$n $sum" > "$ASSAY_CHECKPOINTS/.count" && mv "$ASSAY_CHECKPOINTS/.count" "$ASSAY_CHECKPOINTS/count"
  echo "step $n"
  [ -n "$PACE" ] && sleep $PACE
done
mkdir -p "$ASSAY_MODEL" && echo $sum > "$ASSAY_MODEL/weights"
echo "{\"sum\": $sum}" > "$ASSAY_METRICS"
`

func job(t *testing.T, store blob.Keeper, attempt int, script string, environ ...string) work.Job {
	dir := t.TempDir()
	return work.Job{Key: "key", Who: handoff.Who{Run: int64(100 + attempt), Try: 1, Round: 1, Attempt: attempt}, Command: []string{"/bin/sh", "-c", script},
		Dir: dir, Environ: append([]string{"PATH=" + os.Getenv("PATH"), "GITHUB_TOKEN=secret"}, environ...), Output: io.Discard,
		Checkpoints: filepath.Join(dir, "checkpoints"), Model: filepath.Join(dir, "model"), Metrics: filepath.Join(dir, "metrics.json"),
		Every: 50 * time.Millisecond, Quiet: 10 * time.Millisecond, Beat: 20 * time.Millisecond, Limit: time.Hour, Grace: 5 * time.Second, Store: store, Prefix: "handoff"}
}

func store(t *testing.T) (*blob.Folder, string) {
	dir := t.TempDir()
	folder, err := blob.OpenFolder(dir)
	require.NoError(t, err)
	t.Cleanup(func() { folder.Close() })
	return folder, dir
}

func TestATrainingThatGoesWell(t *testing.T) {
	l := submitted(t)
	s, _ := store(t)
	result, err := work.Run(t.Context(), l, job(t, s, 1, counting), nil)
	require.NoError(t, err)
	require.Equal(t, handoff.Succeeded, result.Cause, result.Detail)
	state := l.state()
	require.Equal(t, handoff.Trained, state.Phase)
	require.Equal(t, map[string]float64{"sum": 574}, state.Model.Metrics) // sum = 3·sum mod 1000 + n for n = 1 … 12, reckoned in Python
	into := filepath.Join(t.TempDir(), "model")
	_, err = snapshot.Load(t.Context(), s, "handoff", state.Model.Digest, into)
	require.NoError(t, err)
	weights, err := os.ReadFile(filepath.Join(into, "weights"))
	require.NoError(t, err)
	require.Equal(t, "574\n", string(weights))
}

// waitFor is a writer that calls once a line was printed.
type waitFor struct {
	mutex sync.Mutex
	all   bytes.Buffer
	line  string
	call  func()
	once  sync.Once
}

func (w *waitFor) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.all.Write(p)
	if strings.Contains(w.all.String(), w.line) {
		w.once.Do(w.call)
	}
	return len(p), nil
}

func (w *waitFor) String() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.all.String()
}

// A runner that is taken away loses nothing that was done: the next one goes on, and ends where an uninterrupted one does.
func TestAPreemptedTrainingGoesOn(t *testing.T) {
	l := submitted(t)
	s, _ := store(t)
	preempted := make(chan struct{})
	first := job(t, s, 1, counting, "PACE=0.05")
	first.Output = &waitFor{line: "step 5\n", call: func() { close(preempted) }}
	result, err := work.Run(t.Context(), l, first, preempted)
	require.NoError(t, err)
	require.Equal(t, handoff.Preempted, result.Cause)
	require.Positive(t, result.Kept)

	next, acts := l.state().Next(handoff.Run{}, time.Now())
	require.Equal(t, []handoff.Act{{Verb: handoff.Dispatch}}, acts)
	l.s = next
	second := job(t, s, 2, counting)
	log := &waitFor{line: "resumed at ", call: func() {}}
	second.Output = log
	result, err = work.Run(t.Context(), l, second, nil)
	require.NoError(t, err)
	require.Equal(t, handoff.Succeeded, result.Cause)
	require.Positive(t, result.Resumed)
	require.NotContains(t, log.String(), "step 1\n", "what was done is not done again")
	require.Equal(t, map[string]float64{"sum": 574}, l.state().Model.Metrics)
}

// A bad checkpoint is left for the one before it.
func TestABadCheckpointHasOthersBehindIt(t *testing.T) {
	l := submitted(t)
	s, dir := store(t)
	save := func(count string) string {
		from := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(from, "count"), []byte(count), 0o644))
		saved, err := snapshot.Save(t.Context(), s, "handoff", from, &snapshot.Known{})
		require.NoError(t, err)
		return saved.Digest
	}
	good, bad := save("2 5\n"), save("9 999\n")
	l.s.Checkpoints = []handoff.Checkpoint{{Digest: bad, Step: 9}, {Digest: good, Step: 2}}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "handoff", "sha256", bad[:2], bad[2:]), []byte("{}"), 0o644))
	result, err := work.Run(t.Context(), l, job(t, s, 1, counting), nil)
	require.NoError(t, err)
	require.Equal(t, int64(2), result.Resumed)
	require.Equal(t, map[string]float64{"sum": 574}, l.state().Model.Metrics)
}

// unreachable is a store that gives no answer.
type unreachable struct{ blob.Keeper }

func (unreachable) Stat(context.Context, string) (blob.Object, error) {
	return blob.Object{}, &blob.Error{Cause: blob.Unreachable, Reason: "no answer came"}
}

func TestAStoreThatIsAwayBeginsNothingAnew(t *testing.T) {
	l := submitted(t)
	s, _ := store(t)
	l.s.Checkpoints = []handoff.Checkpoint{{Digest: strings.Repeat("a", 64), Step: 3}}
	_, err := work.Run(t.Context(), l, job(t, unreachable{s}, 1, counting), nil)
	require.ErrorContains(t, err, "go on from a checkpoint")
	require.Equal(t, handoff.Running, l.state().Phase)
}

func TestHowATrainingEnds(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		cause  handoff.Cause
		detail string
	}{
		"it fails":                       {"exit 3", handoff.Failed, "exit status 3"},
		"it leaves no model":             {"true", handoff.Failed, "no model"},
		"it leaves no metrics":           {"mkdir -p $ASSAY_MODEL; echo 1 > $ASSAY_MODEL/w", handoff.Failed, "metrics"},
		"its loss is not a number":       {"mkdir -p $ASSAY_MODEL; echo 1 > $ASSAY_MODEL/w; echo '{\"loss\": NaN}' > $ASSAY_METRICS", handoff.NaNLoss, "loss is not finite"},
		"the GPU's memory is full":       {"echo 'torch.OutOfMemoryError: CUDA out of memory.' >&2; exit 1", handoff.OutOfMemory, "its output"},
		"the disk is full":               {"echo 'OSError: [Errno 28] No space left on device' >&2; exit 1", handoff.OutOfDisk, "its output"},
		"somebody kills it":              {"kill -9 $$", handoff.Preempted, "killed"},
		"a secret is not there":          {"[ -z \"$GITHUB_TOKEN\" ] && exit 7", handoff.Failed, "exit status 7"},
		"what it leaves behind is ended": {"sleep 1000 & exit 5", handoff.Failed, "exit status 5"},
	} {
		t.Run(name, func(t *testing.T) {
			l := submitted(t)
			s, _ := store(t)
			result, err := work.Run(t.Context(), l, job(t, s, 1, c.script), nil)
			require.NoError(t, err)
			require.Equal(t, c.cause, result.Cause, result.Detail)
			require.Contains(t, result.Detail, c.detail)
			state := l.state()
			require.Equal(t, c.cause, state.Attempts[0].Cause)
			require.Equal(t, handoff.Running, state.Phase, "what follows is for the report")
		})
	}
}

func TestACommandThatIsNotThere(t *testing.T) {
	l := submitted(t)
	s, _ := store(t)
	missing := job(t, s, 1, "")
	missing.Command = []string{"no-such-trainer"}
	result, err := work.Run(t.Context(), l, missing, nil)
	require.NoError(t, err)
	require.Equal(t, handoff.Failed, result.Cause)
	require.Contains(t, result.Detail, "start no-such-trainer")
}

func TestAnAttemptStopsBeforeItsTokenDoes(t *testing.T) {
	l := submitted(t)
	s, _ := store(t)
	short := job(t, s, 1, counting, "PACE=100")
	short.Limit = 300 * time.Millisecond
	result, err := work.Run(t.Context(), l, short, nil)
	require.NoError(t, err)
	require.Equal(t, handoff.TokenExpired, result.Cause)
	require.Positive(t, result.Kept, "what was done is kept")
}

// One who lost the work stops, and says nothing more.
func TestASupersededTrainingStops(t *testing.T) {
	l := submitted(t)
	s, _ := store(t)
	superseded := job(t, s, 1, counting, "PACE=100")
	superseded.Output = &waitFor{line: "step 1\n", call: func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.s.Attempts[0].Cause = handoff.Silent
		l.s, _ = l.s.Next(handoff.Run{}, time.Now())
	}}
	_, err := work.Run(t.Context(), l, superseded, nil)
	require.ErrorIs(t, err, handoff.ErrSuperseded)
	require.Equal(t, handoff.Asked, l.state().Phase)
	require.Equal(t, 2, l.state().Attempt())
}

// A run that is cancelled leaves its end to those who can tell why: its last checkpoint is kept all the same.
func TestACancelledRunKeepsItsWork(t *testing.T) {
	l := submitted(t)
	s, _ := store(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := job(t, s, 1, counting, "PACE=100")
	cancelled.Output = &waitFor{line: "step 1\n", call: cancel}
	result, err := work.Run(ctx, l, cancelled, nil)
	require.ErrorIs(t, err, work.ErrTaken)
	require.Empty(t, result.Cause)
	require.Equal(t, int64(1), l.state().Step())
	require.Empty(t, l.state().Attempts[0].Cause)
}

// A checkpoint whose acknowledgement was lost is not counted twice, and none is lost after it.
func TestALostAnswerLosesNoCheckpoint(t *testing.T) {
	l := submitted(t)
	s, _ := store(t)
	j := job(t, s, 1, counting, "PACE=0.3")
	j.Output = &waitFor{line: "step 2\n", call: func() { l.mutex.Lock(); defer l.mutex.Unlock(); l.fails = 3 }}
	result, err := work.Run(t.Context(), l, j, nil)
	require.NoError(t, err)
	require.Equal(t, handoff.Succeeded, result.Cause)
	for i, c := range l.state().Checkpoints[1:] {
		require.Less(t, c.Step, l.state().Checkpoints[i].Step, strconv.Itoa(i))
	}
}

func TestOnlyOneOfTwoWorks(t *testing.T) {
	l := submitted(t)
	s, _ := store(t)
	_, err := l.Claim(t.Context(), "key", handoff.Who{Run: 7, Try: 1, Round: 1, Attempt: 1})
	require.NoError(t, err)
	_, err = work.Run(t.Context(), l, job(t, s, 1, counting), nil)
	require.ErrorIs(t, err, handoff.ErrSuperseded)
}
