package trigger

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// The names of the brakes, in the order in which they are looked at and shown.
const (
	BrakePause    = "pause"
	BrakeFreeze   = "freeze"
	BrakeRunning  = "running"
	BrakeCoolDown = "cool-down"
	BrakeWeek     = "max-per-week"
	BrakeGPUHours = "gpu-hours"
	BrakeSameData = "same-data"
)

// BrakeNames are all of them.
func BrakeNames() []string {
	return []string{BrakePause, BrakeFreeze, BrakeRunning, BrakeCoolDown, BrakeWeek, BrakeGPUHours, BrakeSameData}
}

// Brake is what one brake says.
type Brake struct {
	Name     string    `json:"name"`
	Holds    bool      `json:"holds"`
	Released bool      `json:"released,omitempty"` // it holds, and a person lifted it
	Until    time.Time `json:"until,omitzero"`     // when it lets go by itself, where that is known
	Why      string    `json:"why"`
}

// Stops reports whether the brake keeps the model from being trained.
func (b Brake) Stops() bool { return b.Holds && !b.Released }

// brakes asks all of them: a reader wants to know of each.
func (d decider) brakes() []Brake {
	all := []Brake{d.pause(), d.freeze(), d.running(), d.coolDown(), d.weekly(), d.gpuHours(), d.sameData()}
	for i := range all {
		b := &all[i]
		b.Released = b.Holds && d.in.Manual != nil && slices.Contains(d.in.Manual.Release, b.Name)
	}
	return all
}

func (d decider) pause() Brake {
	b := Brake{Name: BrakePause, Why: "retraining is not paused"}
	if p := d.state.Pause; p.holds(d.now) {
		b.Holds, b.Until, b.Why = true, p.Until, p.Sentence()
	}
	return b
}

func (d decider) freeze() Brake {
	b := Brake{Name: BrakeFreeze, Why: "no freeze is on"}
	for _, f := range d.spec.Brakes.Freeze {
		on, until, err := f.covers(d.now)
		switch {
		case err != nil: // the config was checked; what slipped through holds
			return Brake{Name: BrakeFreeze, Holds: true, Why: "a freeze cannot be read: " + err.Error()}
		case on && until.After(b.Until):
			b.Holds, b.Until, b.Why = true, until, fmt.Sprintf("a freeze is on until %s: %s", stamp(until), f.Reason)
		}
	}
	return b
}

// isWithin reports whether a training was decided on within a time before now. One that lies in the future is: then the clock was
// wrong, and it is not told when.
func (d decider) isWithin(at time.Time, span time.Duration) bool { return at.Add(span).After(d.now) }

// behind says of a clock that was put back.
func (d decider) behind(at time.Time) string {
	if !at.After(d.now) {
		return ""
	}
	return fmt.Sprintf(" (the clock is %s behind that)", at.Sub(d.now).Round(time.Second))
}

// open reports whether a training goes on, as far as anybody knows.
func (d decider) open(t Training) bool {
	return t.Ended.IsZero() && d.isWithin(t.At, d.spec.Brakes.giveUp())
}

func (d decider) running() Brake {
	b := Brake{Name: BrakeRunning, Why: "no training is going on"}
	for _, t := range d.state.Trainings {
		if d.open(t) {
			b.Holds, b.Until = true, t.At.Add(d.spec.Brakes.giveUp())
			b.Why = fmt.Sprintf("training %s goes on since %s%s; it counts as lost at %s", t.ID, stamp(t.At), d.behind(t.At), stamp(b.Until))
		}
	}
	return b
}

func (d decider) coolDown() Brake {
	rule := d.spec.Brakes.coolDown()
	b := Brake{Name: BrakeCoolDown, Why: fmt.Sprintf("the last training began more than %s ago", span(rule.For))}
	what := "began"
	if rule.Since == SinceSuccess {
		what = "ended well"
		b.Why = fmt.Sprintf("no training ended well within %s", span(rule.For))
	}
	if len(d.state.Trainings) == 0 {
		b.Why = "nothing was trained yet"
	}
	for _, t := range d.state.Trainings {
		at := t.At
		if rule.Since == SinceSuccess {
			at = t.Ended
			if !t.Outcome.wentWell() {
				continue
			}
		}
		if d.isWithin(at, rule.For) && !at.Add(rule.For).Before(b.Until) {
			b.Holds, b.Until = true, at.Add(rule.For)
			b.Why = fmt.Sprintf("training %s %s at %s%s, and nothing is trained within %s of it", t.ID, what, stamp(at), d.behind(at), span(rule.For))
		}
	}
	return b
}

func (d decider) weekly() Brake {
	limit := d.spec.Brakes.maxPerWeek()
	var within []time.Time
	for _, t := range d.state.Trainings {
		if d.isWithin(t.At, week) {
			within = append(within, t.At)
		}
	}
	b := Brake{Name: BrakeWeek, Why: fmt.Sprintf("%d of %d trainings of the last seven days are used", len(within), limit)}
	if len(within) >= limit {
		b.Holds = true
		if limit > 0 {
			slices.SortFunc(within, time.Time.Compare)
			b.Until = within[len(within)-limit].Add(week)
		}
	}
	return b
}

func (d decider) gpuHours() Brake {
	budget := d.spec.Brakes.GPUHours
	if budget == nil {
		return Brake{Name: BrakeGPUHours, Why: "no budget of GPU hours is set"}
	}
	var spent, dearest float64
	running := 0
	for _, t := range d.state.Trainings {
		if !d.isWithin(t.At, budget.within()) {
			continue
		}
		spent += t.GPUHours
		dearest = max(dearest, t.GPUHours)
		if d.open(t) {
			running++
		}
	}
	if budget.Expect != nil {
		dearest = budget.Expect.Value
	}
	needed := spent + float64(running+1)*dearest
	return Brake{Name: BrakeGPUHours, Holds: needed > budget.Hours.Value || spent >= budget.Hours.Value,
		Why: fmt.Sprintf("%.4g of %.4g GPU hours within %s are spent, and a training is expected to take %.4g", spent, budget.Hours.Value, span(budget.within()), dearest)}
}

// sameData looks for a challenger of the same recipe that lost.
func (d decider) sameData() Brake {
	b := Brake{Name: BrakeSameData, Why: "no challenger of these data, parameters and code has lost"}
	for _, t := range d.state.Trainings {
		if t.Outcome == NotBetter && t.Recipe.isLike(d.in.Recipe) {
			b.Holds = true
			b.Why = fmt.Sprintf("training %s had the same data, parameters and code, and its challenger was not better than the version in production", t.ID)
		}
	}
	return b
}

// isLike reports whether two recipes are the same challenger. Of unknown data nothing is told. Where the config does not say which files are
// code, each commit is code of its own.
func (r Recipe) isLike(other Recipe) bool {
	code := r.Code == other.Code
	if r.Code == "" || other.Code == "" {
		code = r.Commit == other.Commit
	}
	return len(r.Data) > 0 && maps.Equal(r.Data, other.Data) && maps.Equal(r.Params, other.Params) && code
}

// span is a duration as people say it.
func span(d time.Duration) string {
	if day := 24 * time.Hour; d >= day && d%day == 0 {
		return count(int64(d/day), "day")
	}
	if d%time.Hour == 0 {
		return count(int64(d/time.Hour), "hour")
	}
	return d.String()
}

// count is a number of things.
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
