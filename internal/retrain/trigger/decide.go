package trigger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/retrain/decay"
)

// Decision is one decision with all that it was made of.
type Decision struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Model      string    `json:"model"`
	Retrain    bool      `json:"retrain"`
	Reason     string    `json:"reason"` // one sentence
	Triggers   []Answer  `json:"triggers"`
	Brakes     []Brake   `json:"brakes"`
	Recipe     Recipe    `json:"recipe"` // what is trained, or would have been
	Inputs     string    `json:"inputs"` // digest of all that was looked at
	Production *Version  `json:"production,omitempty"`
	Manual     *Manual   `json:"manual,omitempty"`
	Evidence   Evidence  `json:"evidence,omitzero"`
}

// Evidence is what triggers looked at, in numbers.
type Evidence struct {
	Rows          *int64        `json:"rows,omitempty"`
	Drift         *DriftSeen    `json:"drift,omitempty"`
	ExpectedFalse *float64      `json:"expected-false-drift-triggers-a-year,omitempty"`
	Decay         *decay.Result `json:"decay,omitempty"`
}

// Decide says whether the model is trained again now. It depends on nothing but its arguments: a model is trained where a trigger speaks
// for it and no brake stops it that nobody released. Two decisions to train never fall within a cool-down since attempts, a pause
// or a freeze is never passed over, and what a person released is named.
func Decide(spec Spec, state State, in Inputs, now time.Time) Decision {
	d := decider{spec: spec, state: state, in: in, now: now.UTC()}
	made := Decision{At: d.now, Model: in.Model, Triggers: d.triggers(), Brakes: d.brakes(), Recipe: in.Recipe, Inputs: digest(in),
		Production: in.Production, Manual: in.Manual, Evidence: d.evidence()}
	made.Retrain = made.isWanted() && !slices.ContainsFunc(made.Brakes, Brake.Stops)
	made.Reason = made.reason()
	made.ID = digest([]any{made, state.lastID()})[:idLength]
	return made
}

// decider is a Decide under way.
type decider struct {
	spec  Spec
	state State
	in    Inputs
	now   time.Time
}

func (d decider) evidence() Evidence {
	e := Evidence{Rows: d.in.Rows, Drift: d.in.Drift, Decay: d.in.Decay}
	if d.in.Drift != nil && d.in.Drift.Rate > 0 {
		expected := d.spec.Triggers.Drift.ExpectedFalse(d.in.Drift.Rate)
		e.ExpectedFalse = &expected
	}
	return e
}

// isWanted reports whether a trigger speaks for training.
func (d Decision) isWanted() bool {
	return slices.ContainsFunc(d.Triggers, func(a Answer) bool { return a.Says == Train })
}

// idLength is how many hexadecimal digits name a decision: 2⁻⁴⁰ is small enough for the decisions of one model.
const idLength = 10

// DigestOf is the SHA-256 of names and what they hold, in hexadecimal.
func DigestOf(held map[string]string) string { return digest(held) }

// digest is the SHA-256 of a value's JSON, in hexadecimal.
func digest(value any) string {
	content, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts, times and finite numbers
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// reason is the decision in one sentence for somebody who was not there.
func (d Decision) reason() string {
	wanted, stopped, released, open := d.of(Train), d.stopping(), d.released(), d.of(CannotTell)
	switch {
	case d.Retrain:
		text := wanted[0] + more(len(wanted)-1, "trigger")
		if len(released) > 0 {
			text += "; " + strings.Join(released, ", ") + " held it back and was released by " + or(d.Manual.By, "hand")
		}
		return text
	case len(wanted) > 0:
		return "held back by " + stopped[0].Name + more(len(stopped)-1, "brake") + ": " + stopped[0].Why + ". For training speaks: " + wanted[0] + more(len(wanted)-1, "trigger")
	case len(d.Triggers) == 0:
		return "no trigger is set"
	case len(open) > 0:
		return "nothing speaks for training, but not everything could be told: " + open[0] + more(len(open)-1, "trigger")
	}
	return "nothing speaks for training: " + d.Triggers[0].Why + more(len(d.Triggers)-1, "trigger")
}

// of are the reasons of the triggers that say so.
func (d Decision) of(says Says) []string {
	var all []string
	for _, answer := range d.Triggers {
		if answer.Says == says {
			all = append(all, answer.Why)
		}
	}
	return all
}

func (d Decision) stopping() []Brake {
	return slices.DeleteFunc(slices.Clone(d.Brakes), func(b Brake) bool { return !b.Stops() })
}

// released are the names of the brakes that a person lifted.
func (d Decision) released() []string {
	var names []string
	for _, b := range d.Brakes {
		if b.Released {
			names = append(names, b.Name)
		}
	}
	return names
}

// more says that others are of the same mind.
func more(n int, thing string) string {
	if n < 1 {
		return ""
	}
	return " (and " + count(int64(n), "more "+thing) + ")"
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
