package trigger

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// The names of the triggers, in the order in which they are asked and shown.
const (
	ByHand     = "manual"
	BySchedule = "schedule"
	ByDrift    = "drift"
	ByDecay    = "decay"
	ByEstimate = "estimate"
	ByRows     = "rows"
	ByCode     = "code"
	BySettings = "settings"
)

// Answer is what one trigger says.
type Answer struct {
	Trigger string `json:"trigger"`
	Says    Says   `json:"says"`
	Why     string `json:"why"`
}

// Says is the answer in a word.
type Says string

// The answers. Who cannot tell does not trigger, and it is said.
const (
	Train      Says = "train"
	Quiet      Says = "quiet"
	CannotTell Says = "cannot-tell"
)

// saying is Train or Quiet.
func saying(train bool) Says {
	if train {
		return Train
	}
	return Quiet
}

// triggers asks all that the config names, and a person's word.
func (d decider) triggers() []Answer {
	var all []Answer
	if d.in.Manual != nil {
		all = append(all, Answer{ByHand, Train, d.in.Manual.sentence()})
	}
	t := d.spec.Triggers
	for _, asked := range []struct {
		is  bool
		ask func() Answer
	}{{t.Schedule != nil, d.schedule}, {t.Drift != nil, d.drift}, {t.Decay != nil, d.decay}, {t.Decay != nil && t.Decay.Estimate != nil, d.estimate},
		{t.Rows != nil, d.rows}, {t.Code != nil, d.code}, {t.Settings != nil, d.settings}} {
		if asked.is {
			all = append(all, asked.ask())
		}
	}
	return all
}

// sentence says who asked, and how.
func (m Manual) sentence() string {
	who := m.By
	if who == "" {
		who = "somebody"
	}
	text := fmt.Sprintf("%s asked for it (%s)", who, m.How)
	if m.Reason != "" {
		text += ": " + m.Reason
	}
	return text
}

// lastTraining is when the model was trained last, as far as is known: a decision of this state, or the version in production.
func (d decider) lastTraining() time.Time {
	var last time.Time
	if n := len(d.state.Trainings); n > 0 {
		last = d.state.Trainings[n-1].At
	}
	if v := d.in.Production; v != nil && v.Trained.After(last) {
		last = v.Trained
	}
	return last
}

// maxMissed bounds how many missed times are counted.
const maxMissed = 1000

// schedule asks whether a time of the calendar has passed since the last training, whenever it is that this runs.
func (d decider) schedule() Answer {
	s := *d.spec.Triggers.Schedule
	calendar, err := ParseCalendar(s.Cron, s.Zone)
	if err != nil {
		return Answer{BySchedule, CannotTell, fmt.Sprintf("the schedule %q cannot be read: %v", s.Cron, err)}
	}
	last := d.lastTraining()
	if last.IsZero() {
		return Answer{BySchedule, Train, "no training of the model is known, so the schedule is due"}
	}
	missed, first, newest := calendar.Since(last, d.now, maxMissed)
	switch missed {
	case 0:
		why := "the schedule names no later time"
		if next := calendar.After(last); !next.IsZero() {
			why = fmt.Sprintf("the model was trained at %s, and the schedule is next due at %s", stamp(last), local(next))
		}
		return Answer{BySchedule, Quiet, why}
	case 1:
		return Answer{BySchedule, Train, fmt.Sprintf("the schedule was due at %s, and the model was last trained at %s", local(first), stamp(last))}
	case maxMissed:
		return Answer{BySchedule, Train, fmt.Sprintf("the schedule was due at least %d times since %s, and the model was last trained at %s; one training makes up for all", missed, local(first), stamp(last))}
	}
	return Answer{BySchedule, Train, fmt.Sprintf("the schedule was due %d times from %s to %s, and the model was last trained at %s; one training makes up for all",
		missed, local(first), local(newest), stamp(last))}
}

// local is a time on the clocks of its zone.
func local(t time.Time) string { return t.Format("2006-01-02 15:04 MST") }

// production says why a trigger that compares with production cannot.
func (d decider) production() string {
	switch {
	case d.in.Unknown != "":
		return "what is in production is not known: " + d.in.Unknown
	case d.in.Production == nil:
		return "nothing is in production"
	}
	return ""
}

func (d decider) drift() Answer {
	spec, seen := *d.spec.Triggers.Drift, d.in.Drift
	if seen == nil || seen.Unknown != "" {
		why := d.production()
		if seen != nil {
			why = seen.Unknown
		}
		return Answer{ByDrift, CannotTell, "drift cannot be told: " + why}
	}
	drifted, unknown := 0, 0
	var words, reasons []string
	for _, w := range seen.Windows {
		columns := spec.counted(w.Drifted)
		switch {
		case len(columns) >= spec.columns():
			drifted++
			words = append(words, fmt.Sprintf("in the window from %s %s", w.From.Format("2006-01-02 15:04"), listed(columns)))
		case w.Unknown != "":
			unknown++
			reasons = append(reasons, w.Unknown)
		}
	}
	text := fmt.Sprintf("%d of the last %d windows of %s drifted from %s; it takes %d", drifted, len(seen.Windows), span(spec.Length()), seen.Reference, spec.Needed())
	if seen.Rate > 0 {
		text += fmt.Sprintf(", which without any drift happens at most %.2g times a year", spec.ExpectedFalse(seen.Rate))
	}
	if unknown > 0 {
		text += fmt.Sprintf("; %d could not be compared (%s)", unknown, listed(slices.Compact(reasons)))
	}
	if len(words) > 0 {
		text += ". What drifted " + strings.Join(words, "; ")
	}
	if drifted < spec.Needed() && drifted+unknown >= spec.Needed() {
		return Answer{ByDrift, CannotTell, text}
	}
	return Answer{ByDrift, saying(drifted >= spec.Needed()), text}
}

// counted are the drifted columns that count.
func (d Drift) counted(columns []string) []string {
	if len(d.Only) == 0 {
		return columns
	}
	return slices.DeleteFunc(slices.Clone(columns), func(name string) bool { return !slices.Contains(d.Only, name) })
}

// year is how long one is on average, in the Gregorian calendar.
const year = time.Duration(365.2425 * 24 * float64(time.Hour))

// ExpectedFalse is how many times a year this triggers at most where nothing drifts and each window alarms with the given probability: one look
// a window, each with the binomial probability that enough of the last ones alarm. Windows are taken for independent; a cool-down
// lowers the number.
func (d Drift) ExpectedFalse(rate float64) float64 {
	looks := float64(year) / float64(d.Length())
	return looks * atLeast(d.Needed(), d.Looked(), rate)
}

// atLeast is the binomial probability of k or more among n.
func atLeast(k, n int, p float64) float64 {
	sum := 0.0
	for i := max(0, k); i <= n; i++ {
		sum += choose(n, i) * math.Pow(p, float64(i)) * math.Pow(1-p, float64(n-i))
	}
	return sum
}

func choose(n, k int) float64 {
	ways := 1.0
	for i := range k {
		ways *= float64(n-i) / float64(i+1)
	}
	return ways
}

func (d decider) decay() Answer {
	seen := d.in.Decay
	if seen == nil {
		return Answer{ByDecay, CannotTell, "decay cannot be told: " + d.production()}
	}
	if seen.Unknown != "" {
		return Answer{ByDecay, CannotTell, seen.Sentence()}
	}
	return Answer{ByDecay, saying(seen.Decayed), seen.Sentence()}
}

func (d decider) estimate() Answer {
	seen := d.in.Decay
	switch {
	case seen == nil:
		return Answer{ByEstimate, CannotTell, "performance without labels is not estimated: " + d.production()}
	case seen.Estimated == nil:
		return Answer{ByEstimate, CannotTell, "performance without labels is not estimated: " + seen.Unknown}
	case seen.Estimated.Unknown != "":
		return Answer{ByEstimate, CannotTell, seen.Estimated.Sentence(seen.Metric, seen.Limit)}
	}
	return Answer{ByEstimate, saying(seen.Estimated.Decayed), seen.Estimated.Sentence(seen.Metric, seen.Limit)}
}

func (d decider) rows() Answer {
	wanted := d.spec.Triggers.Rows.New
	switch v := d.in.Production; {
	case d.production() != "":
		return Answer{ByRows, CannotTell, "new rows cannot be counted: " + d.production()}
	case d.in.Rows == nil || v.Rows == nil:
		return Answer{ByRows, CannotTell, "new rows cannot be counted: the record of the version in production does not say how many rows it was trained on"}
	default:
		more := *d.in.Rows - *v.Rows
		return Answer{ByRows, saying(more >= wanted), fmt.Sprintf("there are %d rows, %d more than the version in production was trained on; it takes %d more", *d.in.Rows, more, wanted)}
	}
}

func (d decider) code() Answer {
	return d.changed(ByCode, "code", d.in.Code, "of the training's code changed")
}

func (d decider) settings() Answer {
	return d.changed(BySettings, "parameters", d.in.Settings, "of the file of parameters changed")
}

// changed answers for names that changed since the version in production was trained.
func (d decider) changed(trigger, what string, seen *Changes, words string) Answer {
	switch {
	case seen == nil:
		return Answer{trigger, CannotTell, "whether " + what + " changed cannot be told: " + d.production()}
	case seen.Unknown != "":
		return Answer{trigger, CannotTell, "whether " + what + " changed cannot be told: " + seen.Unknown}
	case len(seen.Names) == 0:
		return Answer{trigger, Quiet, fmt.Sprintf("nothing %s since %.12s", words, seen.Since)}
	}
	return Answer{trigger, Train, fmt.Sprintf("%d %s since %.12s: %s", len(seen.Names), words, seen.Since, listed(seen.Names))}
}

// maxListed bounds the names in a sentence.
const maxListed = 8

func listed(names []string) string {
	if len(names) > maxListed {
		return strings.Join(names[:maxListed], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
