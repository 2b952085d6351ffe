package handoff_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/assay-ml/assay/internal/retrain/handoff"
)

// world is the smallest world with a book, runs and statuses. It is plain data: a copy is another world.
type world struct {
	now      time.Time
	book     map[string][]byte // key → state
	turn     map[string]int    // key → how often it was written
	runs     []run
	loses    int // how many dispatches are yet to be lost
	silent   bool
	statuses []string
}

// run is a workflow run: that of an attempt, by the name that it bears.
type run struct {
	name   string
	status handoff.RunStatus
	end    string
}

var dawn = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func newWorld() *world {
	return &world{now: dawn, book: map[string][]byte{}, turn: map[string]int{}}
}

func (w *world) copy() *world {
	c := *w
	c.book, c.turn = maps.Clone(w.book), maps.Clone(w.turn)
	c.runs, c.statuses = slices.Clone(w.runs), slices.Clone(w.statuses)
	return &c
}

func (w *world) desk() handoff.Desk {
	return handoff.Desk{Book: w, Runs: w, Board: w, Now: func() time.Time { return w.now }}
}

func (w *world) state(key string) handoff.State {
	var s handoff.State
	if content := w.book[key]; content != nil {
		if err := json.Unmarshal(content, &s); err != nil {
			panic(err)
		}
	}
	return s
}

func (w *world) Keys(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(w.book)), nil
}

func (w *world) Load(_ context.Context, key string) (handoff.State, handoff.Revision, error) {
	if w.book[key] == nil {
		return handoff.State{}, "", nil
	}
	return w.state(key), handoff.Revision(strconv.Itoa(w.turn[key])), nil
}

func (w *world) Save(_ context.Context, key string, s handoff.State, after handoff.Revision) error {
	if _, revision, _ := w.Load(context.Background(), key); revision != after {
		return handoff.ErrMoved
	}
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	w.book[key], w.turn[key] = content, w.turn[key]+1
	return nil
}

func nameOf(s handoff.State) string {
	return fmt.Sprintf("%s %d/%d", s.Request.Key(), s.Round, s.Attempt())
}

func (w *world) Dispatch(_ context.Context, s handoff.State) (int64, error) {
	if s.Plan.Workflow == "" {
		return 0, handoff.ErrNoWorkflow
	}
	if w.loses > 0 {
		w.loses--
		return 0, nil
	}
	w.runs = append(w.runs, run{name: nameOf(s), status: handoff.Queued})
	if w.silent {
		return 0, nil
	}
	return int64(len(w.runs)), nil
}

func (w *world) See(_ context.Context, s handoff.State) (handoff.Run, error) {
	id := int(s.Attempts[len(s.Attempts)-1].Run)
	if id == 0 {
		id = 1 + slices.IndexFunc(w.runs, func(r run) bool { return r.name == nameOf(s) })
	}
	if id == 0 {
		return handoff.Run{Status: handoff.Absent}, nil
	}
	r := w.runs[id-1]
	return handoff.Run{ID: int64(id), Status: r.status, Conclusion: r.end}, nil
}

func (w *world) Cancel(_ context.Context, id int64) (bool, error) {
	r := &w.runs[id-1]
	if r.status == handoff.Completed {
		return true, nil
	}
	r.status, r.end = handoff.Completed, "cancelled"
	return false, nil
}

// status is what a board shows of a state.
func status(s handoff.State) string {
	if s.End == nil {
		return fmt.Sprintf("round %d pending", s.Round)
	}
	return fmt.Sprintf("round %d %s", s.Round, s.End.Cause)
}

func (w *world) Stands(_ context.Context, s handoff.State) (bool, error) {
	return slices.Contains(w.statuses, status(s)), nil
}

func (w *world) Put(_ context.Context, s handoff.State) error {
	w.statuses = append(w.statuses, status(s))
	return nil
}

// errCut is what a caller sees of a call whose answer never came.
var errCut = errors.New("the connection was cut")
