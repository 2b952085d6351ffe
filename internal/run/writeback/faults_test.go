package writeback_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run/writeback"
)

// The fault campaign: random schedules of faults befall one to three jobs that write to one pull request at once. `make
// faults` runs a thousand, the ordinary tests a few. Nothing of the write-back is replaced but the network and the clock.
var schedules = flag.Int("schedules", 60, "how many fault schedules to run")

// fate is what becomes of a job.
type fate string

const (
	judges    fate = "judges"
	isStopped fate = "is cancelled"
	breaks    fate = "fails"
	panics    fate = "panics"
	isKilled  fate = "is killed"
)

// actor is a job of the campaign.
type actor struct {
	number  int64 // of its run; a higher one is newer
	fate    fate
	isRed   bool
	steps   int
	begins  time.Duration // after the start of the schedule
	works   time.Duration // each step
	stops   time.Duration // after its beginning, where it is cancelled or killed
	hasPost bool          // its runner lives to run the post step

	begun   int      // how many steps began
	judged  int      // and how many judged
	wrote   bool     // the last step came to its end
	red     bool     // what it exits with
	notices []string // what could not be written
}

// scenario is a schedule with its actors.
type scenario struct {
	seed   uint64
	mild   bool // the faults end well before any deadline
	mode   mode
	actors []*actor
	rate   float64
	ends   time.Duration
}

// mode is how the comment is written.
type mode struct{ comment, onPass string }

// marked is where each run leaves its mark on the comment.
var marked = mode{writeback.Always, writeback.Keep}

// modes: half of the schedules are marked; in the others a run may leave no mark since it changes nothing, or since it wants no comment.
var modes = []mode{marked, {writeback.OnChange, writeback.Keep}, marked, {writeback.Always, writeback.Delete}, marked, {writeback.OnChange, writeback.Delete}}

// newScenario is the same for the same seed. In two of three the jobs come close upon each other, in one at almost the same time.
func newScenario(seed uint64) scenario {
	random := rand.New(rand.NewPCG(seed, 2))
	pace := []time.Duration{time.Millisecond, 100 * time.Microsecond, 10 * time.Microsecond}[random.IntN(3)]
	seconds := func(n int) time.Duration { return time.Duration(random.IntN(n*1000)) * pace }
	s := scenario{seed: seed, mild: random.IntN(3) > 0, rate: 0.1 + 0.5*random.Float64(), mode: modes[seed%uint64(len(modes))]}
	for i := range 1 + random.IntN(3) {
		a := &actor{number: int64(i + 1), fate: judges, isRed: random.IntN(2) == 0, steps: 1 + random.IntN(2), begins: seconds(30), works: seconds(40),
			stops: seconds(60), hasPost: random.IntN(4) > 0}
		if random.IntN(3) == 0 {
			a.fate = []fate{isStopped, breaks, panics, isKilled}[random.IntN(4)]
		}
		s.actors = append(s.actors, a)
	}
	s.ends = 20*time.Second + time.Duration(random.IntN(50_000))*time.Millisecond
	if !s.mild {
		s.ends = 20 * time.Minute
	}
	return s
}

func TestFaults(t *testing.T) {
	red, green := result(t, "gate", 0.7), result(t, "gate", 0.9)
	counts, calls, mild := map[string]int{}, 0, 0
	var mutex sync.Mutex
	t.Run("schedules", func(t *testing.T) {
		for seed := range uint64(*schedules) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, newScenario(seed), dir, red, green)
					w.play(t)
					mutex.Lock()
					defer mutex.Unlock()
					for name, n := range w.schedule.Counts() {
						counts[name] += n
					}
					calls += len(w.server.State().Requests)
					if w.scenario.mild {
						mild++
					}
				})
			})
		}
	})
	if *schedules < 1000 {
		return
	}
	faults := 0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Printf("  %-28s %5d\n", name, counts[name])
		faults += counts[name]
	}
	fmt.Printf("%d schedules (%d end before the deadline), %d requests, %d faults\n", *schedules, mild, calls, faults)
}

// world is one schedule under way.
type world struct {
	scenario scenario
	server   *githubtest.Server
	schedule *githubtest.Schedule
	dir      string
	results  map[bool]finding.Result // by whether they are red
}

func newWorld(t *testing.T, s scenario, dir string, red, green finding.Result) *world {
	server, err := githubtest.NewOffline(map[string]githubtest.App{"t0ken": {ID: 1, Login: "bot", Checks: true, Comments: true, Statuses: true, Issues: true}})
	require.NoError(t, err)
	w := &world{scenario: s, server: server, dir: dir, results: map[bool]finding.Result{true: red, false: green},
		schedule: &githubtest.Schedule{Seed: s.seed, Rate: s.rate, Ends: time.Now().Add(s.ends)}}
	server.SetHead(headSHA)
	server.Skew = time.Duration(int64(s.seed%7)-3) * 10 * time.Minute
	server.AddComments(7, "mallory", "forged\n"+w.forged(t))
	if s.seed/6%2 == 0 { // an earlier run has been there
		server.AddComments(7, "bot", w.earlier(t, "0/1", s.seed/12%2 == 0))
	}
	for range s.seed % 130 {
		server.AddComments(7, "someone", "talk")
	}
	w.schedule.Attach(server)
	return w
}

// forged is the mark of a run that is newer than all, by somebody else.
func (w *world) forged(t *testing.T) string {
	body := strings.TrimSpace(w.earlier(t, "99/1", false))
	return body[strings.LastIndexByte(body, '\n')+1:]
}

// earlier is the comment of another run of the job.
func (w *world) earlier(t *testing.T, run string, isRed bool) string {
	j := newJob(t)
	j.options.Event.Run = run
	j.step(t, w.results[isRed])
	return j.State().Comments[0].Body
}

// play runs all actors at once, looks, then lets each run again without faults, and looks again.
func (w *world) play(t *testing.T) {
	var all sync.WaitGroup
	for _, a := range w.scenario.actors {
		all.Go(func() {
			time.Sleep(a.begins)
			w.attempt(t, a, 1)
		})
	}
	all.Wait()
	time.Sleep(time.Minute) // what comes late
	about := fmt.Sprintf("seed %d, mild %v, %v: %s", w.scenario.seed, w.scenario.mild, w.scenario.mode, w.describe())
	w.neverWrong(t, about)
	if w.scenario.mild {
		w.allWell(t, about)
	}
	w.schedule.Stop()
	for _, a := range w.scenario.actors {
		a.fate, a.steps = judges, 1
		w.undisturbed(t, a, about)
	}
	w.repaired(t, about)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(w.server.State().Made))), len(w.server.State().Made), "no comment was made twice, %s", about)
	require.Empty(t, w.server.State().Violations, about)
}

// undisturbed is an attempt that nothing befalls: it leaves a newer run's comment as it is, and makes none where one stands.
func (w *world) undisturbed(t *testing.T, a *actor, about string) {
	before, made := w.ours(), len(w.server.State().Made)
	w.attempt(t, a, 2)
	if len(before) == 0 {
		return
	}
	require.Len(t, w.server.State().Made, made, about)
	if mark, _ := github.MarkOf(before[0].Body); mark.Order.Run > a.number {
		require.Equal(t, before[0], w.ours()[0], about)
	}
}

func (w *world) describe() string {
	var lines []string
	for _, a := range w.scenario.actors {
		lines = append(lines, fmt.Sprintf("run %d %s (red %v, post %v, stops %s)", a.number, a.fate, a.isRed, a.hasPost, a.stops))
	}
	return strings.Join(lines, "; ")
}

// options are those of an attempt's process.
func (w *world) options(t *testing.T, a *actor, attempt int, wire *githubtest.Wire) writeback.Options {
	client, err := github.New(github.Options{Token: "t0ken", APIURL: w.server.URL, GraphQLURL: w.server.URL + "/graphql", Owner: "owner", Repository: "repo", Transport: wire})
	require.NoError(t, err)
	temp := w.temp(a, attempt)
	require.NoError(t, os.MkdirAll(temp, 0o755))
	state := filepath.Join(temp, "github-state")
	runner := actions.New(func(name string) string {
		if name == "STATE_assay" {
			data, _ := os.ReadFile(state)
			line, _, _ := strings.Cut(string(data), "\n")
			return strings.TrimPrefix(line, "assay=")
		}
		return map[string]string{"RUNNER_TEMP": temp, "GITHUB_STATE": state}[name]
	}, &bytes.Buffer{})
	return writeback.Options{Runner: runner, GitHub: client, Comment: w.scenario.mode.comment, OnPass: w.scenario.mode.onPass, Model: "m", Name: "m", Now: time.Now,
		Event: actions.Event{Name: "pull_request", PullRequest: 7, HeadSHA: headSHA, Workflow: "w", Job: "j", Run: fmt.Sprintf("%d/%d", a.number, attempt)}}
}

// temp is the runner's temporary folder.
func (w *world) temp(a *actor, attempt int) string {
	return filepath.Join(w.dir, fmt.Sprintf("%d-%d", a.number, attempt))
}

// files are those that the steps of a job left, by path.
func (w *world) files(a *actor, attempt int) map[string][]byte {
	files := map[string][]byte{}
	paths, _ := filepath.Glob(filepath.Join(w.temp(a, attempt), "*"))
	for _, path := range paths {
		files[path], _ = os.ReadFile(path)
	}
	return files
}

// attempt is a job from its first step to its post step.
func (w *world) attempt(t *testing.T, a *actor, attempt int) {
	random := rand.New(rand.NewPCG(w.scenario.seed, uint64(a.number*10)+uint64(attempt)))
	wire := &githubtest.Wire{Server: w.server, Latency: func() time.Duration { return time.Duration(1+random.IntN(300_000)) * time.Microsecond }}
	options := w.options(t, a, attempt, wire)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var left map[string][]byte
	ends := time.AfterFunc(a.stops, func() {
		if a.fate == isKilled {
			wire.Kill()
			left = w.files(a, attempt)
		}
		cancel()
	})
	if a.fate != isStopped && a.fate != isKilled {
		ends.Stop()
	}
	for step := range a.steps {
		w.step(ctx, a, options, step)
	}
	if ctx.Err() == nil {
		ends.Stop()
	}
	for path, data := range left { // a process that is gone writes no more
		require.NoError(t, os.WriteFile(path, data, 0o600))
	}
	if a.hasPost {
		wire = &githubtest.Wire{Server: w.server, Latency: wire.Latency}
		err := writeback.End(t.Context(), w.options(t, a, attempt, wire))
		require.True(t, err == nil || !w.scenario.mild, "seed %d: %v", w.scenario.seed, err)
	}
}

var errBroken = errors.New("the disk is full")

// step is one step of a job, as the command line runs it.
func (w *world) step(ctx context.Context, a *actor, options writeback.Options, number int) {
	if ctx.Err() != nil {
		return // the runner starts no step of a job that is over
	}
	a.begun++
	session := writeback.Begin(ctx, options)
	defer func() { _ = recover() }() // the process ends with exit code 2; the runner goes on
	own, err := session.Judge(ctx, func() (finding.Result, error) {
		select {
		case <-time.After(a.works):
		case <-ctx.Done():
			return finding.Result{}, ctx.Err()
		}
		switch a.fate {
		case breaks:
			return finding.Result{}, errBroken
		case panics:
			panic("a bug")
		}
		a.judged++
		own := w.results[a.isRed]
		own.Steps = slices.Clone(own.Steps)
		own.Steps[0].Name = []string{"gate", "drift"}[number]
		return own, nil
	})
	if err != nil {
		return
	}
	joined, written := session.Finish(ctx, own, session.Joined(own))
	a.wrote, a.red, a.notices = true, joined.Red(), append(a.notices, written.Notices...)
}

// conclusions are those that an attempt's check run may have had, the right one first.
func (a *actor) conclusions(isSure bool) []string {
	verdict := map[bool]string{true: "failure", false: "success"}[a.isRed]
	switch a.fate {
	case judges:
		if isSure {
			return []string{verdict}
		}
		return []string{verdict, "cancelled"} // by the next attempt
	case isStopped:
		return []string{"cancelled", verdict} // where it came too late
	case isKilled:
		return []string{"failure", verdict, "cancelled"}
	}
	return []string{"failure", "cancelled"}
}

func (w *world) checkRuns(a *actor, attempt int) []githubtest.CheckRun {
	return slices.DeleteFunc(w.server.State().CheckRuns, func(run githubtest.CheckRun) bool {
		return !strings.HasSuffix(run.ExternalID, fmt.Sprintf(":%d.%d", a.number, attempt))
	})
}

// neverWrong: whatever befell, no check run says what was not judged, and the exit code is the verdict's.
func (w *world) neverWrong(t *testing.T, about string) {
	for _, a := range w.scenario.actors {
		for _, run := range w.checkRuns(a, 1) {
			for _, conclusion := range run.Conclusions {
				require.Contains(t, a.conclusions(false), conclusion, "run %d, %s", a.number, about)
			}
		}
		if a.wrote {
			require.Equal(t, a.isRed, a.red, about)
		}
	}
}

// ours are our comments.
func (w *world) ours() []githubtest.Comment {
	return slices.DeleteFunc(w.server.State().Comments, func(c githubtest.Comment) bool { return c.Author != "bot" })
}

// allWell: the faults are over. Each attempt that could say so has one completed check run, and the comment is that of the
// newest run.
func (w *world) allWell(t *testing.T, about string) {
	newest := int64(0)
	for _, a := range w.scenario.actors {
		isSure := a.fate == judges || a.fate == breaks || a.fate == panics
		if isSure {
			newest = max(newest, a.number)
			require.Subset(t, []string{"the comment is left to a newer run"}, a.notices, about)
			require.NotEmpty(t, w.checkRuns(a, 1), about)
		}
		for _, run := range w.checkRuns(a, 1) {
			if isSure || a.hasPost {
				require.Equal(t, "completed", run.Status, "run %d, %s", a.number, about)
			}
			if a.hasPost && a.fate == isKilled && 0 < a.judged && a.judged < a.begun {
				require.Equal(t, "failure", run.Conclusion, "a step was killed after another had passed, %s", about)
			}
			if isSure {
				require.Equal(t, a.conclusions(true)[0], run.Conclusion, "run %d, %s", a.number, about)
			}
		}
	}
	if newest > 0 {
		require.LessOrEqual(t, len(w.ours()), 1, about)
		require.Contains(t, w.mayStand(newest), w.said(), about)
		for _, c := range w.ours() {
			mark, ok := github.MarkOf(c.Body)
			require.True(t, ok, about)
			require.True(t, w.scenario.mode.comment == writeback.OnChange || mark.Order.Run >= newest, about)
		}
	}
}

// What the comment may say; silence is that there is none.
const (
	failed  = "**Assay: failed**"
	passed  = "**Assay: passed**"
	trouble = "**Assay: could not judge**"
	silence = ""
)

// said is what our comment says.
func (w *world) said() string {
	for _, c := range w.ours() {
		for _, said := range []string{failed, passed, trouble} {
			if strings.Contains(c.Body, said) {
				return said
			}
		}
	}
	return silence
}

// verdict is what the comment of an actor that judged says.
func (w *world) verdict(a *actor) string {
	switch {
	case a.isRed:
		return failed
	case w.scenario.mode.onPass == writeback.Delete:
		return silence
	}
	return passed
}

// mayStand is what the comment may say where the newest run that surely had its say is given: what that run said, or a newer one that was ended
// and may have come to it.
func (w *world) mayStand(newest int64) []string {
	var all []string
	for _, a := range w.scenario.actors {
		switch {
		case a.number < newest:
		case a.fate == breaks || a.fate == panics:
			all = append(all, trouble)
		case a.fate == judges || a.judged > 0:
			all = append(all, w.verdict(a))
		}
	}
	return all
}

// repaired: after an attempt without faults everything is as if there had been none.
func (w *world) repaired(t *testing.T, about string) {
	for _, a := range w.scenario.actors {
		for _, run := range w.checkRuns(a, 1) {
			require.Equal(t, "completed", run.Status, "run %d, attempt 1, %s", a.number, about)
		}
		runs := w.checkRuns(a, 2)
		require.Len(t, runs, 1, about)
		require.Equal(t, map[bool]string{true: "failure", false: "success"}[a.isRed], runs[0].Conclusion, about)
	}
	newest := w.scenario.actors[len(w.scenario.actors)-1]
	comments := w.ours()
	require.LessOrEqual(t, len(comments), 1, about)
	require.Equal(t, w.verdict(newest), w.said(), about)
	if w.scenario.mode.comment == writeback.Always && len(comments) > 0 {
		mark, _ := github.MarkOf(comments[0].Body)
		require.Equal(t, github.Order{Run: newest.number, Attempt: 2, Step: 1}, mark.Order, about)
	}
}
