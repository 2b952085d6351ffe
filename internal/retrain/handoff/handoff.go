// Package handoff hands a training to a runner of the user's own and sees to it that it ends, whatever becomes of that runner:
// nobody waits for it, its state lies in a book that all take turns to write, and whoever looks next carries it on. What
// follows from a state is a pure function (State.Next); a Desk asks the world and does what follows. The package knows no git,
// no GitHub and no clock but those that it is given.
package handoff

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Request is what is to be trained. Two requests of one content are one hand-off.
type Request struct {
	Model  string            `json:"model"`
	Commit string            `json:"commit"` // full sha
	Stage  string            `json:"stage"`  // which training of the model it is, such as train
	Params map[string]string `json:"params,omitempty"`
	Data   map[string]string `json:"data,omitempty"` // name of a table → digest of its bytes
}

// keyLength is how many hexadecimal digits of the digest make a key: 80 bits, so that no two hand-offs of a repository meet.
const keyLength = 20

// Key names the hand-off. It depends on nothing but the request's content.
func (r Request) Key() string {
	content, err := json.Marshal(r) // maps are written in the order of their keys
	if err != nil {
		panic(err) // texts and maps of texts always are JSON
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])[:keyLength]
}

// Plan is how it is handed off, and how long what may take.
type Plan struct {
	Workflow string        `json:"workflow"` // its file's name
	Branch   string        `json:"branch"`   // that the dispatch names: a dispatch takes no sha
	Labels   []string      `json:"labels,omitempty"`
	Attempts int           `json:"attempts"` // how often the training may begin
	Queue    time.Duration `json:"queue"`    // longest wait for a runner; GitHub drops a job after 24 hours
	Silence  time.Duration `json:"silence"`  // longest time without a heartbeat of a run that goes on
	Report   time.Duration `json:"report"`   // longest time from the end of the training to its report
	Limit    time.Duration `json:"limit"`    // from the submission to the end of the training
}

// Phase is how far a hand-off has come.
type Phase string

// The phases.
const (
	Asked   Phase = "asked"   // the workflow is dispatched, or about to be; nobody trains yet
	Running Phase = "running" // a runner trains, or did so when it was last heard of
	Trained Phase = "trained" // the training went well; its report is to come
	Ended   Phase = "ended"
)

// State is all that is known of a hand-off. The zero value is one that nobody submitted.
type State struct {
	Request     Request      `json:"request"`
	Plan        Plan         `json:"plan"`
	Round       int          `json:"round"` // 1, and one more for each submission after an end that was no success
	Phase       Phase        `json:"phase"`
	Submitted   time.Time    `json:"submitted"`
	Attempts    []Attempt    `json:"attempts"`              // the last is the one that counts
	Checkpoints []Checkpoint `json:"checkpoints,omitempty"` // those acknowledged, the newest first; a bad one has others behind it
	Model       *Artifact    `json:"trained,omitempty"`     // what the training made
	Stop        []int64      `json:"stop,omitempty"`        // runs that are to be cancelled and are not known to be over
	End         *End         `json:"end,omitempty"`
	Shown       bool         `json:"shown,omitempty"`     // the pending commit status of this round is known to stand
	Announcing  time.Time    `json:"announcing,omitzero"` // when somebody last set out to announce the end
	Announced   bool         `json:"announced,omitempty"` // the end's commit status is known to stand
}

// Attempt is one dispatch of the workflow, or several where the first were lost.
type Attempt struct {
	Began      time.Time `json:"began"`            // when it was decided on
	Dispatched time.Time `json:"dispatched"`       // when somebody last set out to dispatch it
	Dispatches int       `json:"dispatches"`       // how often somebody did
	Run        int64     `json:"run,omitempty"`    // of the workflow; 0 while unknown
	Try        int       `json:"try,omitempty"`    // of that run, from 1: a person may run it again
	Claimed    time.Time `json:"claimed,omitzero"` // when the training began
	Beat       time.Time `json:"beat,omitzero"`    // when it was last heard of
	Over       time.Time `json:"over,omitzero"`    // when it was over
	Cause      Cause     `json:"cause,omitempty"`  // why it was over
	Detail     string    `json:"detail,omitempty"` // in words, from the runner
	Kept       time.Time `json:"kept,omitzero"`    // when its last checkpoint was acknowledged
}

// Checkpoint is a state of the training from which it can go on.
type Checkpoint struct {
	Digest  string    `json:"digest"` // sha256 of its manifest: where it lies in the store
	Step    int64     `json:"step"`   // counts up over all attempts
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`
}

// Artifact is what the training left in the store.
type Artifact struct {
	Digest  string             `json:"digest"`
	Metrics map[string]float64 `json:"metrics,omitempty"`
}

// End is how a hand-off ended. It never changes.
type End struct {
	Cause  Cause     `json:"cause"`
	Detail string    `json:"detail,omitempty"`
	At     time.Time `json:"at"`
}

// Attempt is the number of the attempt that counts, from 1; 0 for none.
func (s State) Attempt() int { return len(s.Attempts) }

// Deadline is when the hand-off ends, whatever happens.
func (s State) Deadline() time.Time { return s.Submitted.Add(s.Plan.Limit + s.Plan.Report) }

// Cost is how long runners trained, and how much of that is lost: what came after an attempt's last checkpoint where it did not
// succeed. An attempt that goes on counts up to when it was last heard of.
func (s State) Cost() (used, wasted time.Duration) {
	for _, a := range s.Attempts {
		if a.Claimed.IsZero() {
			continue
		}
		kept := a.Claimed
		if a.Kept.After(kept) {
			kept = a.Kept
		}
		used += a.Beat.Sub(a.Claimed)
		if a.Cause != "" && a.Cause != Succeeded && a.Cause != Refused && a.Cause != ReportLost {
			wasted += a.Beat.Sub(kept)
		}
	}
	return used, wasted
}

// maxCheckpoints is how many checkpoints a state remembers.
const maxCheckpoints = 3

// Step is that of the newest checkpoint; 0 for none.
func (s State) Step() int64 {
	if len(s.Checkpoints) == 0 {
		return 0
	}
	return s.Checkpoints[0].Step
}

// last is a copy of the attempt that counts.
func (s State) last() Attempt { return s.Attempts[len(s.Attempts)-1] }
