package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Store keeps the state of one model's retraining. Its methods may be called from several processes at once.
type Store interface {
	// Load gives what was saved last and names its revision; where nothing was, both are empty and that is no error.
	Load(ctx context.Context) (content []byte, revision string, err error)
	// Save takes the place of the revision that was loaded, "" for none. Where somebody else has saved since, it answers ErrMoved and
	// changes nothing. The message says in one line what changed.
	Save(ctx context.Context, content []byte, message, revision string) error
}

// ErrMoved says that somebody else saved in the meantime.
var ErrMoved = errors.New("somebody else decided in the meantime")

// State is what is kept of one model's retraining.
type State struct {
	Version   int        `json:"version"`
	Model     string     `json:"model"`
	Pause     *Pause     `json:"pause,omitempty"`
	Trainings []Training `json:"trainings,omitempty"` // the oldest first
	Decisions []Decision `json:"decisions,omitempty"` // the oldest first
}

// stateVersion is the format of State.
const stateVersion = 1

// Pause keeps a model from being trained until somebody resumes it, or until a time.
type Pause struct {
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until,omitzero"` // zero: until somebody resumes it
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason"`
}

// holds reports whether a pause is in force.
func (p *Pause) holds(now time.Time) bool {
	return p != nil && (p.Until.IsZero() || now.Before(p.Until))
}

// Sentence says of a pause what everybody should know.
func (p Pause) Sentence() string {
	until := "until somebody resumes it"
	if !p.Until.IsZero() {
		until = "until " + stamp(p.Until)
	}
	by := ""
	if p.By != "" {
		by = " by " + p.By
	}
	return fmt.Sprintf("retraining is paused%s since %s, %s: %s", by, stamp(p.Since), until, p.Reason)
}

// Training is a training that was decided on.
type Training struct {
	ID       string    `json:"id"` // of the decision
	At       time.Time `json:"at"` // of the decision
	Recipe   Recipe    `json:"recipe"`
	Ended    time.Time `json:"ended,omitzero"` // zero: no end was heard of
	Outcome  Outcome   `json:"outcome,omitempty"`
	GPUHours float64   `json:"gpu-hours,omitempty"`
}

// Recipe is what is trained of what: two trainings of one recipe are the same challenger.
type Recipe struct {
	Commit string            `json:"commit,omitempty"` // full sha
	Code   string            `json:"code,omitempty"`   // digest of the files that the config calls code; "" where it names none
	Data   map[string]string `json:"data,omitempty"`   // name of a table → digest of its bytes
	Params map[string]string `json:"params,omitempty"`
}

// Outcome is how a training ended.
type Outcome string

// The outcomes.
const (
	Better    Outcome = "better"     // it went well, and the challenger beat the version in production
	NotBetter Outcome = "not-better" // it went well, and the challenger did not
	Failed    Outcome = "failed"
	Cancelled Outcome = "cancelled"
)

// Outcomes are all of them.
func Outcomes() []string {
	return []string{string(Better), string(NotBetter), string(Failed), string(Cancelled)}
}

// wentWell reports whether a model came of it.
func (o Outcome) wentWell() bool { return o == Better || o == NotBetter }

// maxState bounds what is read of a state: it comes from a ref that others may write.
const maxState = 16 << 20

// ParseState reads what Bytes wrote; of nothing, it is an empty state.
func ParseState(content []byte, model string) (State, error) {
	state := State{Version: stateVersion, Model: model}
	if len(content) == 0 {
		return state, nil
	}
	if len(content) > maxState {
		return State{}, fmt.Errorf("the state of retraining has more than %d bytes", maxState)
	}
	if err := json.Unmarshal(content, &state); err != nil {
		return State{}, fmt.Errorf("read the state of retraining: %w", err)
	}
	if state.Version != stateVersion {
		return State{}, fmt.Errorf("the state of retraining has version %d, this program reads version %d", state.Version, stateVersion)
	}
	return state, nil
}

// What a state keeps. What it drops is still in the commits that kept it before.
const (
	keptDecisions = 200
	keptTrainings = 500
)

// Bytes is the state as it is saved: the newest trainings and decisions.
func (s State) Bytes() ([]byte, error) {
	s.Trainings, s.Decisions = newest(s.Trainings, keptTrainings), newest(s.Decisions, keptDecisions)
	data, err := json.MarshalIndent(s, "", " ")
	return append(data, '\n'), err
}

func newest[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }

// With is the state after a decision.
func (s State) With(d Decision) State {
	s.Decisions = append(slices.Clip(s.Decisions), d)
	if d.Retrain {
		s.Trainings = append(slices.Clip(s.Trainings), Training{ID: d.ID, At: d.At, Recipe: d.Recipe})
	}
	return s
}

// End is the state after the end of a training was told. An end that was told already is told again without effect.
func (s State) End(id string, outcome Outcome, gpuHours float64, now time.Time) (State, error) {
	i := slices.IndexFunc(s.Trainings, func(t Training) bool { return t.ID == id })
	switch {
	case i < 0:
		return s, fmt.Errorf("no training %q was decided on", id)
	case !slices.Contains(Outcomes(), string(outcome)):
		return s, fmt.Errorf("a training ends in %s, not in %q", strings.Join(Outcomes(), ", "), outcome)
	case !(gpuHours >= 0 && gpuHours < 1e9):
		return s, fmt.Errorf("%v is no number of GPU hours", gpuHours)
	case !s.Trainings[i].Ended.IsZero() && s.Trainings[i].Outcome != outcome:
		return s, fmt.Errorf("training %s ended in %s already", id, s.Trainings[i].Outcome)
	case !s.Trainings[i].Ended.IsZero():
		return s, nil
	}
	s.Trainings = slices.Clone(s.Trainings)
	t := &s.Trainings[i]
	t.Ended, t.Outcome, t.GPUHours = now.UTC(), outcome, gpuHours
	return s, nil
}

// Decision finds a decision by its ID or by the beginning of it, which must be of one alone.
func (s State) Decision(id string) (Decision, error) {
	var found []Decision
	for _, d := range s.Decisions {
		if id != "" && strings.HasPrefix(d.ID, id) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return Decision{}, fmt.Errorf("no decision %q is among the last %d", id, len(s.Decisions))
	case 1:
		return found[0], nil
	}
	return Decision{}, fmt.Errorf("%d decisions begin with %q", len(found), id)
}

// lastID is that of the last decision, which tells one from an equal one that follows it; "" where there is none.
func (s State) lastID() string {
	if len(s.Decisions) == 0 {
		return ""
	}
	return s.Decisions[len(s.Decisions)-1].ID
}

// refPrefix is where states are kept.
const refPrefix = "refs/assay/retrain/"

// Ref is the git ref that keeps the state of a model. What a ref may not hold, and upper case, which some file systems do not tell
// apart, is written as its bytes.
func Ref(name string) string {
	var b strings.Builder
	b.WriteString(refPrefix)
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "=%02x", c)
	}
	return b.String()
}

// stamp is a time as reports show it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
