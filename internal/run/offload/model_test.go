package offload_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/retrain/handoff"
	"github.com/assay-ml/assay/internal/run/offload"
)

var schedules = flag.Int("schedules", 60, "random schedules of TestHandoffsEnd")

// What befalls the attempts of a hand-off, drawn from its seed.
type fate string

const (
	succeeds  fate = "succeeds"
	fails     fate = "fails"      // the command does, and the runner says so
	preempted fate = "preempted"  // the runner is told before, and says so
	dies      fate = "dies"       // the runner is gone, and GitHub notices
	hangs     fate = "hangs"      // nothing is heard any more, and the run goes on
	never     fate = "never runs" // no runner takes it
	breaks    fate = "breaks"     // the run is over before the training begins
	cancelled fate = "cancelled"  // by a person
)

var fates = []fate{succeeds, succeeds, succeeds, fails, preempted, dies, dies, hangs, never, breaks, cancelled}

var request = handoff.Request{Model: "churn", Commit: strings.Repeat("a", 40), Stage: "train"}

var plan = handoff.Plan{Workflow: "gpu-train.yml", Branch: "main", Labels: []string{"gpu"}, Attempts: 6,
	Queue: 3 * time.Hour, Silence: 40 * time.Minute, Report: time.Hour, Limit: 5 * time.Hour}

const (
	every  = 10 * time.Minute // between two checkpoints
	beats  = 5 * time.Minute
	trains = 90 * time.Minute
	sweeps = 15 * time.Minute
)

// world is one schedule.
type world struct {
	t        *testing.T
	server   *githubtest.Server
	schedule *githubtest.Schedule
	mild     bool // the faults end before the deadline
	seed     uint64

	mutex  sync.Mutex
	random *rand.Rand
	seen   map[int64]bool   // runs that a runner looked at
	holder int64            // the run whose sign of life was taken last
	acked  int64            // newest step that was acknowledged
	works  map[string]int64 // attempt → the run that trains for it
	people map[int64]bool   // runs that a person cancelled
	broken []string
}

func newWorld(t *testing.T, seed uint64) *world {
	server, err := githubtest.NewOffline(map[string]githubtest.App{"t0ken": {ID: 1, Login: "bot", Statuses: true, Contents: true, Actions: true}})
	require.NoError(t, err)
	w := &world{t: t, server: server, seed: seed, random: rand.New(rand.NewPCG(seed, 2)), seen: map[int64]bool{}, works: map[string]int64{}, people: map[int64]bool{}}
	server.ChangeRelease(func(r *githubtest.Release) {
		*r = githubtest.Release{Workflows: map[string][]string{plan.Workflow: {"handoff", "commit", "params"}}, Older: seed%3 == 0, Strict: seed%5 == 0}
	})
	server.Skew = time.Duration(int64(seed%7)-3) * 10 * time.Minute
	w.mild = seed%4 != 0
	ends := 3 * time.Hour
	if !w.mild {
		ends = 40 * time.Hour
	}
	w.schedule = &githubtest.Schedule{Seed: seed, Rate: 0.25 * w.random.Float64(), Ends: time.Now().Add(ends)}
	w.schedule.Attach(server)
	return w
}

func (w *world) between(least, most time.Duration) time.Duration {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return least + time.Duration(w.random.Int64N(int64(most-least)))
}

func (w *world) draw(n int) int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.random.IntN(n)
}

// desk is that of one process, and what kills it.
func (w *world) desk() (handoff.Desk, *githubtest.Wire) {
	wire := &githubtest.Wire{Server: w.server, Latency: func() time.Duration { return w.between(time.Millisecond, 300*time.Millisecond) }}
	client, err := github.New(github.Options{Token: "t0ken", APIURL: w.server.URL, GraphQLURL: w.server.URL + "/graphql", Owner: "owner", Repository: "repo", Transport: wire})
	if err != nil {
		panic(err)
	}
	return handoff.Desk{Book: offload.Book{Repository: gittag.Repository(client)}, Runs: offload.Runs{Client: client},
		Board: offload.Board{Client: client, Server: "https://github.test/owner/repo"}, Now: time.Now}, wire
}

// process runs production code, and kills it at some time in one of three.
func (w *world) process(limit time.Duration, run func(context.Context, handoff.Desk)) {
	desk, wire := w.desk()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if w.draw(3) == 0 {
		kill := time.AfterFunc(w.between(time.Millisecond, 3*time.Second), func() { wire.Kill(); cancel() })
		defer kill.Stop()
	}
	run(ctx, desk)
}

// play lets everybody act until the hand-off is over, or ought to be.
func (w *world) play() {
	until := time.Now().Add(plan.Limit + plan.Report + 20*time.Minute)
	var all sync.WaitGroup
	all.Go(func() { w.submit(&all) })
	all.Go(func() { w.runners(until, &all) })
	all.Go(func() {
		for time.Now().Before(until) {
			time.Sleep(sweeps)
			for range 1 + w.draw(2) {
				all.Go(func() {
					w.process(10*time.Minute, func(ctx context.Context, d handoff.Desk) { _, _ = d.Sweep(ctx) })
				})
			}
		}
	})
	all.Wait()
}

// submit hands off, from one to three places at once; one that was killed is run again by a person.
func (w *world) submit(all *sync.WaitGroup) {
	for range 1 + w.draw(3) {
		all.Go(func() {
			time.Sleep(w.between(time.Millisecond, time.Minute))
			w.process(10*time.Minute, func(ctx context.Context, d handoff.Desk) { _, _, _ = d.Submit(ctx, request, plan) })
		})
	}
	time.Sleep(15 * time.Minute)
	desk, _ := w.desk()
	for range 20 {
		if _, _, err := desk.Submit(context.Background(), request, plan); err == nil {
			return
		}
		time.Sleep(5 * time.Minute)
	}
}

// runners take what is queued.
func (w *world) runners(until time.Time, all *sync.WaitGroup) {
	for time.Now().Before(until) {
		time.Sleep(w.between(time.Second, time.Minute))
		for _, run := range w.server.Started() {
			if run.Status == "" && !w.seen[run.ID] {
				w.seen[run.ID] = true
				if f := fates[w.draw(len(fates))]; f != never {
					all.Go(func() { w.take(run, f) })
				}
			}
		}
	}
}

// status is how GitHub has a run.
func (w *world) status(id int64) string {
	for _, run := range w.server.Started() {
		if run.ID == id {
			return run.Status
		}
	}
	return ""
}

// over says that a run is, unless it was cancelled before.
func (w *world) over(id int64, conclusion string) {
	if w.status(id) != "completed" {
		w.server.SetRun(id, "completed", conclusion)
	}
}

// take is a run: the training, then the report.
func (w *world) take(run githubtest.Started, f fate) {
	time.Sleep(w.between(time.Second, 10*time.Minute))
	if w.status(run.ID) == "completed" {
		return
	}
	w.server.SetRun(run.ID, "in_progress", "")
	if f == breaks {
		w.over(run.ID, "failure")
		return
	}
	key, who, err := handoff.ParseMarker(run.Inputs["handoff"])
	if err != nil {
		panic(err)
	}
	who.Run, who.Try = run.ID, 1
	job := w.train(key, who, f)
	w.leave(run)
	if f == hangs && job == "" { // until somebody cancels it
		for w.status(run.ID) != "completed" {
			time.Sleep(time.Minute)
			if time.Since(run.At) > 60*time.Hour {
				return
			}
		}
		return
	}
	if w.draw(4) == 0 { // the report is lost
		w.over(run.ID, job)
		return
	}
	time.Sleep(w.between(time.Second, 5*time.Minute))
	w.process(20*time.Minute, func(ctx context.Context, d handoff.Desk) {
		_, _ = d.Report(ctx, key, who, job, func(context.Context, handoff.State) (bool, string, error) { return run.ID%3 != 0, "", nil })
	})
	w.over(run.ID, job)
}

// train is the training job; it answers with how the job ended, "" where it hangs.
func (w *world) train(key string, who handoff.Who, f fate) (job string) {
	desk, _ := w.desk()
	ctx := context.Background()
	var s handoff.State
	var err error
	for range 10 { // as a step that is tried again
		if s, err = desk.Claim(ctx, key, who); err == nil || errors.Is(err, handoff.ErrSuperseded) || errors.Is(err, handoff.ErrOver) {
			break
		}
		time.Sleep(time.Minute)
	}
	if err != nil {
		return "failure"
	}
	w.heard(who.Run)
	w.enter(who)
	ends := time.Now().Add(trains)
	if f != succeeds {
		ends = time.Now().Add(w.between(time.Minute, trains))
	}
	step, kept := s.Step(), time.Now()
	for time.Now().Before(ends) {
		time.Sleep(beats)
		if w.status(who.Run) == "completed" {
			return "cancelled"
		}
		var checkpoint *handoff.Checkpoint
		if time.Since(kept) >= every {
			kept = time.Now()
			checkpoint = &handoff.Checkpoint{Digest: fmt.Sprintf("%064d", step+1), Step: step + 1, Attempt: who.Attempt, At: kept}
		}
		state, err := desk.Beat(ctx, key, who, checkpoint)
		if errors.Is(err, handoff.ErrSuperseded) || errors.Is(err, handoff.ErrOver) {
			return "failure"
		}
		if err == nil {
			w.heard(who.Run)
			step = max(step, state.Step())
			if checkpoint != nil {
				w.keep(checkpoint.Step)
			}
		}
	}
	return w.end(desk, key, who, f)
}

func (w *world) end(desk handoff.Desk, key string, who handoff.Who, f fate) (job string) {
	finish := func(cause handoff.Cause, model *handoff.Artifact) {
		for range 5 {
			_, err := desk.Finish(context.Background(), key, who, cause, "", model)
			if err == nil || errors.Is(err, handoff.ErrSuperseded) || errors.Is(err, handoff.ErrOver) {
				return
			}
			time.Sleep(time.Minute)
		}
	}
	switch f {
	case succeeds:
		finish(handoff.Succeeded, &handoff.Artifact{Digest: "model"})
		return "success"
	case fails:
		finish(handoff.Failed, nil)
	case preempted:
		finish(handoff.Preempted, nil)
	case cancelled:
		w.mutex.Lock()
		w.people[who.Run] = true
		w.mutex.Unlock()
		return "cancelled"
	case hangs:
		return ""
	}
	return "failure"
}

// heard notes whose sign of life was taken: once another's was, the first may never be heard again.
func (w *world) heard(run int64) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if run < w.holder {
		w.broken = append(w.broken, fmt.Sprintf("run %d works after run %d", run, w.holder))
	}
	w.holder = max(w.holder, run)
}

// enter notes that a run trains, and that no other of its attempt does.
func (w *world) enter(who handoff.Who) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	attempt := fmt.Sprintf("%d.%d", who.Round, who.Attempt)
	if other := w.works[attempt]; other != 0 && other != who.Run {
		w.broken = append(w.broken, fmt.Sprintf("runs %d and %d both train for attempt %s", other, who.Run, attempt))
	}
	w.works[attempt] = who.Run
}

// leave notes that a run trains no more.
func (w *world) leave(run githubtest.Started) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for attempt, id := range w.works {
		if id == run.ID {
			delete(w.works, attempt)
		}
	}
}

func (w *world) keep(step int64) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.acked = max(w.acked, step)
}

// judge holds the end against what was promised.
func (w *world) judge() {
	desk, _ := w.desk()
	if !w.mild { // the faults end, and the next sweep repairs
		w.schedule.Stop()
		time.Sleep(5 * time.Minute)
		_, err := desk.Sweep(context.Background())
		require.NoError(w.t, err, "seed %d", w.seed)
	}
	s, _, err := desk.Book.Load(context.Background(), request.Key())
	require.NoError(w.t, err)
	about := fmt.Sprintf("seed %d: %+v", w.seed, s)
	require.Equal(w.t, handoff.Ended, s.Phase, about)
	require.True(w.t, s.Announced, about)
	require.LessOrEqual(w.t, s.End.At.Sub(s.Submitted), plan.Limit+plan.Report+w.late(), about)
	require.Empty(w.t, w.broken, about)
	require.GreaterOrEqual(w.t, s.Step(), w.acked, about)
	require.Empty(w.t, w.server.State().Violations, about)
	w.statuses(s, about)
	w.attempts(s, about)
	_, wasted := s.Cost()
	require.LessOrEqual(w.t, wasted, time.Duration(s.Attempt())*(every+2*beats+w.silent()), about)
}

// late is how much after its deadline an end may be: one sweep, or, where faults went on, until they ended.
func (w *world) late() time.Duration {
	if w.mild {
		return sweeps + 10*time.Minute
	}
	return 40 * time.Hour
}

// silent is how long GitHub may have taken no checkpoint.
func (w *world) silent() time.Duration {
	if w.schedule.Rate > 0.05 {
		return every + beats
	}
	return 0
}

// statuses: one end of each round, the last of them last, and the right one. GitHub takes some requests twice.
func (w *world) statuses(s handoff.State, about string) {
	all := w.server.State().Statuses
	finals := 0
	for _, status := range all {
		if status.State != "pending" {
			finals++
		}
	}
	require.GreaterOrEqual(w.t, finals, s.Round, about)
	require.LessOrEqual(w.t, finals, s.Round+w.schedule.Counts()["delivered twice"], about)
	want := "failure"
	if s.End.Cause == handoff.Succeeded {
		want = "success"
	}
	last := all[len(all)-1]
	require.Equal(w.t, want, last.State, about)
	require.Equal(w.t, "assay/churn/train", last.Context)
}

// attempts: each is over when it ought to be (of several sweeps in a row some die), none comes after a person's word, and no run that was given up goes on.
func (w *world) attempts(s handoff.State, about string) {
	for i, a := range s.Attempts {
		require.True(w.t, i+1 == len(s.Attempts) || !w.people[a.Run] || a.Cause != handoff.Lost, "what a person cancelled began again, %s", about)
		if a.Cause == handoff.DispatchLost {
			require.True(w.t, a.Run != 0 || a.Dispatches > 3, "a dispatch was given up, %s", about)
		}
		if !w.mild {
			continue
		}
		if a.Claimed.IsZero() {
			require.LessOrEqual(w.t, a.Over.Sub(a.Began), plan.Queue+6*sweeps, about)
		}
		if a.Cause == handoff.Silent || a.Cause == handoff.TimedOut && !a.Claimed.IsZero() {
			require.LessOrEqual(w.t, a.Over.Sub(a.Beat), plan.Silence+6*sweeps+w.silent(), about)
		}
	}
	for _, run := range w.server.Started() {
		require.False(w.t, w.mild && run.Status == "in_progress" && run.ID != s.Attempts[len(s.Attempts)-1].Run, "run %d goes on, %s", run.ID, about)
	}
}

func TestHandoffsEnd(t *testing.T) {
	var mutex sync.Mutex
	causes, requests, faults := map[handoff.Cause]int{}, 0, 0
	t.Run("schedules", func(t *testing.T) {
		for seed := range uint64(*schedules) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, seed)
					w.play()
					w.judge()
					desk, _ := w.desk()
					s, _, err := desk.Book.Load(context.Background(), request.Key())
					require.NoError(t, err)
					mutex.Lock()
					defer mutex.Unlock()
					causes[s.End.Cause]++
					requests += len(w.server.State().Requests)
					for _, n := range w.schedule.Counts() {
						faults += n
					}
				})
			})
		}
	})
	t.Logf("%d schedules, %d requests, %d faults; ended: %v", *schedules, requests, faults, causes)
}
