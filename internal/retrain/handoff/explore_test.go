package handoff_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/retrain/handoff"
)

// scenario is a small world whose every interleaving is looked at.
type scenario struct {
	name    string
	submits int  // of one request, at once
	sweeps  int  // at any time, also at once
	dies    int  // processes that die between two calls
	cuts    int  // calls whose answer never comes, before or after their effect
	ticks   int  // of the clock
	deaths  int  // runners that die under the training
	loses   int  // dispatches that are lost
	silent  bool // the service tells no run's id
	missing bool // there is no such workflow

	attempts int
}

var plan = handoff.Plan{Workflow: "gpu.yml", Branch: "main", Labels: []string{"gpu"},
	Queue: 6 * time.Hour, Silence: 2 * time.Hour, Report: time.Hour, Limit: 12 * time.Hour}

var request = handoff.Request{Model: "churn", Commit: strings.Repeat("a", 40), Stage: "train"}

// tick is longer than a desk is left alone with what it set out to do.
const tick = 3 * time.Minute

// call is one call of a process to the world, waiting for its turn.
type call struct {
	do    func() (answer any, err error)
	reply chan outcome
}

type outcome struct {
	err  error
	dies bool
}

// process is production code that runs one call at a time.
type process struct {
	name   string
	calls  chan *call // the next call; closed at its end
	next   *call
	seen   [32]byte // a digest of all that it was answered: what it will do follows from it
	trains bool     // and does nothing else: time may pass between its calls
}

// play is one course of events, and its choices can be taken one by one.
type play struct {
	scenario
	w         *world
	processes []*process
	started   [3]int // submits, sweeps, ticks
	dead      []int  // runs whose runner died
	kill      chan struct{}
	trace     []string
}

func newPlay(s scenario) *play {
	p := &play{scenario: s, w: newWorld(), kill: make(chan struct{})}
	p.w.silent, p.w.loses = s.silent, s.loses
	return p
}

// start runs production code whose every call to the world waits for its turn.
func (p *play) start(name string, trains bool, run func(handoff.Desk)) {
	proc := &process{name: name, calls: make(chan *call), trains: trains}
	p.processes = append(p.processes, proc)
	turn := &turns{p, proc}
	desk := handoff.Desk{Book: turn, Runs: turn, Board: turn, Now: func() time.Time { return p.w.now }}
	go func() {
		defer close(proc.calls)
		run(desk)
	}()
	proc.next = <-proc.calls
}

// choice is something that may happen next.
type choice struct {
	name string
	take func()
}

// choices are all that may happen next.
func (p *play) choices() []choice {
	var all []choice
	add := func(name string, take func()) { all = append(all, choice{name, take}) }
	for _, proc := range p.processes {
		if proc.next == nil {
			continue
		}
		add(proc.name, func() { p.step(proc, true, false) })
		if p.cuts > 0 {
			add(proc.name+" cut before", func() { p.cuts--; p.step(proc, false, true) })
			add(proc.name+" cut after", func() { p.cuts--; p.step(proc, true, true) })
		}
		if p.dies > 0 {
			add(proc.name+" dies", func() { p.dies--; p.end(proc) })
		}
	}
	if p.started[0] < p.submits {
		add("submit", func() { p.started[0]++; p.submit() })
	}
	if p.started[1] < p.sweeps {
		add("sweep", func() {
			p.started[1]++
			p.start(fmt.Sprint("sweep ", p.started[1]), false, func(d handoff.Desk) { _, _ = d.Sweep(context.Background()) })
		})
	}
	if p.started[2] < p.ticks && p.idle() { // what a desk set out to do has an end before the others take their turn
		add("tick", func() { p.started[2]++; p.w.now = p.w.now.Add(tick) })
	}
	return append(all, p.runners()...)
}

// idle tells whether no desk is at work. Trainings may be: theirs are no acts that follow from a state.
func (p *play) idle() bool {
	return !slices.ContainsFunc(p.processes, func(proc *process) bool { return proc.next != nil && !proc.trains })
}

func (p *play) submit() {
	planned := plan
	planned.Attempts = p.attempts
	if p.missing {
		planned.Workflow = ""
	}
	p.start(fmt.Sprint("submit ", p.started[0]), false, func(d handoff.Desk) {
		_, _, _ = d.Submit(context.Background(), request, planned)
	})
}

// runners are what runners may do with the runs that there are.
func (p *play) runners() []choice {
	var all []choice
	add := func(name string, id int, take func()) {
		all = append(all, choice{fmt.Sprint(name, " ", id), take})
	}
	for i := range p.w.runs {
		r, id := &p.w.runs[i], i+1
		worker, report := p.process("work", id), p.process("report", id)
		switch {
		case r.status == handoff.Queued:
			add("runner takes", id, func() { r.status = handoff.Working; p.work(id) })
		case r.status == handoff.Completed && worker != nil && worker.next != nil:
			add("cancelled", id, func() { p.end(worker) })
		case r.status == handoff.Working && worker.next != nil && p.deaths > 0:
			add("runner dies", id, func() { p.deaths--; p.end(worker); p.dead = append(p.dead, id) })
		case r.status == handoff.Working && worker.next == nil && report == nil:
			add("report begins", id, func() { p.report(id) })
		case r.status == handoff.Working && report != nil && report.next == nil:
			add("run over", id, func() { r.status, r.end = handoff.Completed, p.job(id) })
		}
	}
	return all
}

// job is how the training job of a run ended.
func (p *play) job(id int) string {
	if slices.Contains(p.dead, id) {
		return "failure"
	}
	return "success"
}

func (p *play) process(kind string, id int) *process {
	for _, proc := range p.processes {
		if proc.name == fmt.Sprint(kind, " ", id) {
			return proc
		}
	}
	return nil
}

// who is the run of an id, and the key that it works for.
func (p *play) who(id int) (key string, who handoff.Who) {
	who = handoff.Who{Run: int64(id), Try: 1}
	if _, err := fmt.Sscanf(p.w.runs[id-1].name, "%s %d/%d", &key, &who.Round, &who.Attempt); err != nil {
		panic(err)
	}
	return key, who
}

// work is the training job of a run, with one checkpoint.
func (p *play) work(id int) {
	key, who := p.who(id)
	p.start(fmt.Sprint("work ", id), true, func(d handoff.Desk) {
		ctx := context.Background()
		s, err := d.Claim(ctx, key, who)
		if err != nil {
			return
		}
		step := s.Step() + 1
		_, err = d.Beat(ctx, key, who, &handoff.Checkpoint{Digest: fmt.Sprint("step ", step), Step: step, Attempt: who.Attempt})
		if err == nil || errors.Is(err, errCut) {
			_, _ = d.Finish(ctx, key, who, handoff.Succeeded, "", &handoff.Artifact{Digest: "model"})
		}
	})
}

// report is the job after it.
func (p *play) report(id int) {
	key, who := p.who(id)
	p.start(fmt.Sprint("report ", id), false, func(d handoff.Desk) {
		_, _ = d.Report(context.Background(), key, who, p.job(id), func(context.Context, handoff.State) (bool, string, error) { return true, "", nil })
	})
}

// step lets a process make its call and runs it up to the next one.
func (p *play) step(proc *process, effect, cut bool) {
	var answer any
	var err error
	if effect {
		answer, err = proc.next.do()
	}
	if cut {
		answer, err = nil, errCut
	}
	text, _ := json.Marshal(answer)
	proc.seen = sha256.Sum256(fmt.Appendf(nil, "%x %s %v %v", proc.seen, text, err, p.w.now.Sub(dawn)))
	proc.next.reply <- outcome{err: err}
	proc.next = <-proc.calls
}

func (p *play) end(proc *process) {
	proc.next.reply <- outcome{dies: true}
	<-proc.calls
	proc.next = nil
	proc.seen = [32]byte{}
}

func (w *world) String() string {
	states, err := json.Marshal(w.book)
	if err != nil {
		panic(err)
	}
	return fmt.Sprint(string(states), w.turn, w.runs, w.loses, w.statuses, w.now.Sub(dawn))
}

// digest tells plays apart that may go on differently.
func (p *play) digest() [32]byte {
	text := fmt.Sprint(p.w.String(), p.started, p.cuts, p.dies, p.deaths, p.dead)
	for _, proc := range p.processes {
		text += fmt.Sprintf("|%s %v %x", proc.name, proc.next != nil, proc.seen)
	}
	return sha256.Sum256([]byte(text))
}

func (p *play) stop() { close(p.kill) }

// turns are the world as one process sees it.
type turns struct {
	p    *play
	proc *process
}

// ask waits for the turn of a call, and makes it.
func ask[A any](t *turns, do func() (A, error)) (A, error) {
	var got, none A
	c := &call{func() (any, error) {
		var err error
		got, err = do()
		return got, err
	}, make(chan outcome)}
	select {
	case t.proc.calls <- c:
	case <-t.p.kill:
		runtime.Goexit()
	}
	select {
	case o := <-c.reply:
		if o.dies {
			runtime.Goexit()
		}
		if o.err != nil {
			return none, o.err
		}
	case <-t.p.kill:
		runtime.Goexit()
	}
	return got, nil
}

// do waits for the turn of a call that answers nothing, and makes it.
func do(t *turns, call func() error) error {
	_, err := ask(t, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// loaded is what Load answers.
type loaded struct {
	State    handoff.State
	Revision handoff.Revision
}

func (t *turns) Keys(ctx context.Context) ([]string, error) {
	return ask(t, func() ([]string, error) { return t.p.w.Keys(ctx) })
}

func (t *turns) Load(ctx context.Context, key string) (handoff.State, handoff.Revision, error) {
	l, err := ask(t, func() (loaded, error) {
		s, revision, err := t.p.w.Load(ctx, key)
		return loaded{s, revision}, err
	})
	return l.State, l.Revision, err
}

func (t *turns) Save(ctx context.Context, key string, s handoff.State, after handoff.Revision) error {
	return do(t, func() error { return t.p.w.Save(ctx, key, s, after) })
}

func (t *turns) Dispatch(ctx context.Context, s handoff.State) (int64, error) {
	return ask(t, func() (int64, error) { return t.p.w.Dispatch(ctx, s) })
}

func (t *turns) See(ctx context.Context, s handoff.State) (handoff.Run, error) {
	return ask(t, func() (handoff.Run, error) { return t.p.w.See(ctx, s) })
}

func (t *turns) Cancel(ctx context.Context, run int64) (bool, error) {
	return ask(t, func() (bool, error) { return t.p.w.Cancel(ctx, run) })
}

func (t *turns) Stands(ctx context.Context, s handoff.State) (bool, error) {
	return ask(t, func() (bool, error) { return t.p.w.Stands(ctx, s) })
}

func (t *turns) Put(ctx context.Context, s handoff.State) error {
	return do(t, func() error { return t.p.w.Put(ctx, s) })
}

// explore takes every course of a scenario and returns how many states it met.
func explore(t *testing.T, s scenario) int {
	visited := map[[32]byte]bool{}
	open := [][]int{nil}
	for len(open) > 0 {
		prefix := open[len(open)-1]
		open = open[:len(open)-1]
		p := newPlay(s)
		for _, i := range prefix {
			p.take(i)
		}
		for {
			digest := p.digest()
			if visited[digest] {
				break
			}
			visited[digest] = true
			if broken := p.broken(); broken != "" {
				p.stop()
				require.FailNow(t, broken, "after:\n%s\n%s", strings.Join(p.trace, "\n"), p.w)
			}
			all := p.choices()
			if len(all) == 0 {
				break
			}
			for i := 1; i < len(all); i++ {
				open = append(open, append(slices.Clone(prefix), i))
			}
			prefix = append(slices.Clone(prefix), 0)
			p.take(0)
		}
		p.stop()
	}
	return len(visited)
}

func (p *play) take(i int) {
	chosen := p.choices()[i]
	p.trace = append(p.trace, chosen.name)
	chosen.take()
}

// broken says which promise does not hold in the state of a play, "" for none.
func (p *play) broken() string {
	key := request.Key()
	s := p.w.state(key)
	seen := map[string]bool{}
	for i, shown := range p.w.statuses {
		if strings.HasSuffix(shown, "pending") {
			continue
		}
		var round int
		var cause string
		if _, err := fmt.Sscanf(shown, "round %d %s", &round, &cause); err != nil {
			return err.Error()
		}
		switch {
		case round == s.Round && (s.End == nil || cause != string(s.End.Cause)):
			return "a final status that is not how it ended: " + shown
		case seen[fmt.Sprint(round)]:
			return "two final statuses of one round"
		case i+1 < len(p.w.statuses) && p.w.statuses[i+1] != fmt.Sprintf("round %d pending", round+1):
			return "the final status of a round is not its last"
		}
		seen[fmt.Sprint(round)] = true
	}
	return p.endless(key)
}

// endless says what is wrong where everybody dies now, the time passes, and one sweep comes.
func (p *play) endless(key string) string {
	w := p.w.copy()
	kept := w.state(key).Step()
	w.now = w.now.Add(plan.Limit + plan.Report + tick)
	if _, err := w.desk().Sweep(context.Background()); err != nil {
		return err.Error()
	}
	s := w.state(key)
	switch {
	case s.Phase == "":
		return ""
	case s.Phase != handoff.Ended || !s.Announced:
		return fmt.Sprintf("one sweep after its deadline it is %s, announced: %v", s.Phase, s.Announced)
	case w.statuses[len(w.statuses)-1] != status(s):
		return "the last status is " + w.statuses[len(w.statuses)-1]
	case s.Step() < kept:
		return "an acknowledged checkpoint is lost"
	}
	return ""
}

// small are the scenarios that every run of the tests takes.
var small = []scenario{
	{name: "two submit what does not exist", submits: 2, missing: true, attempts: 1},
	{name: "a submitter dies, a sweep comes", submits: 1, sweeps: 1, dies: 1, ticks: 1, missing: true, attempts: 1},
	{name: "an answer is cut", submits: 1, cuts: 1, attempts: 1},
	{name: "the runner dies", submits: 1, deaths: 1, attempts: 1},
	{name: "a dispatch is lost, another tells no id", submits: 1, sweeps: 2, loses: 1, silent: true, ticks: 1, attempts: 1},
	{name: "there is no such workflow", submits: 1, sweeps: 1, missing: true, attempts: 1},
}

func TestEveryInterleaving(t *testing.T) {
	exploreAll(t, small)
}

func exploreAll(t *testing.T, all []scenario) {
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			t.Logf("%d states", explore(t, s))
		})
	}
}
