package compare

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// Measure is one metric of both models, and how sure the difference is.
type Measure struct {
	Metric     string  `json:"metric"`
	Rows       int64   `json:"rows"`
	Units      int64   `json:"units"` // what was resampled: rows, groups or keys
	Champion   float64 `json:"champion"`
	Challenger float64 `json:"challenger"`
	// Gain is the difference in the direction that is better: positive where the challenger is.
	Gain   float64 `json:"gain"`
	Low    float64 `json:"low"` // interval of Gain, of 95 % or of the result's level
	High   float64 `json:"high"`
	P      float64 `json:"p"` // two-sided, of no difference
	Margin float64 `json:"margin"`
	// Relative is the share of the champion's value that may be lost; Margin is the smaller of both margins, and IsRelative says that it is this one.
	Relative   float64 `json:"relative-margin,omitempty"`
	IsRelative bool    `json:"is-relative,omitempty"`
	Verdict    Verdict `json:"verdict"`
	Needed     int64   `json:"rows-needed,omitempty"` // see needed
	Method     string  `json:"method,omitempty"`
	Note       string  `json:"note,omitempty"`   // what the method could not do as usual
	Remedy     string  `json:"remedy,omitempty"` // what would make the interval shorter, where it is not rows alone

	Cause finding.Cause `json:"cause,omitempty"` // of Undefined
	Why   string        `json:"why,omitempty"`

	// One-sided p-values that the gain is at most, and at least, −Margin.
	NotWorseP float64 `json:"p-not-worse"`
	WorseP    float64 `json:"p-worse"`

	pairs stat.Pairs // which model is right about how many rows; none where that is not the question
}

// uncertainty is how sure a gain is, whatever the method.
type uncertainty interface {
	AtMost(limit float64) float64
	AtLeast(limit float64) float64
}

// comparison is a Spec with the level at which its verdicts are taken.
type comparison struct {
	Spec
	level float64 // of each end of an interval: 0.025 of one of 95 %
	z     float64 // how many normal deviates away the ends lie
}

func (s Spec) at(level float64) comparison { return comparison{s, level, deviates(level)} }

// measure compares one metric on the rows of a view.
func (c comparison) measure(v view, m metric, margin float64) Measure {
	r := Measure{Metric: m.name, Rows: int64(v.rows()), Units: int64(v.unitCount()), Margin: margin}
	err := c.compare(v, m, &r)
	var why undefined
	switch {
	case errors.As(err, &why):
		r.undecide(why.cause, why.why)
	case errors.Is(err, stat.ErrUndefined):
		r.undecide(finding.Undefined, err.Error())
	default:
		if r.Remedy == "" {
			r.Needed = r.needed(c.z)
		}
		r.decide()
	}
	return r
}

// undecide forgets what was measured: a result file holds no NaN.
func (r *Measure) undecide(cause finding.Cause, why string) {
	*r = Measure{Metric: r.Metric, Rows: r.Rows, Units: r.Units, Margin: r.Margin, Verdict: Undefined, Cause: cause, Why: why}
}

// compare fills in both values and the interval by the method that fits.
func (c comparison) compare(v view, m metric, r *Measure) error {
	switch {
	case v.rows() == 0:
		return undefined{finding.Missing, "there are no rows"}
	case v.split != nil:
		return c.bySplits(v, m, r)
	case v.challengers != nil:
		return c.byTrainings(v, m, r)
	}
	champion, err := m.build(v, v.champion, m.parameter)
	if err != nil {
		return err
	}
	challenger, err := m.build(v, v.challenger, m.parameter)
	if err != nil {
		return err
	}
	r.Champion, r.Challenger = champion(v.weights()), challenger(v.weights())
	r.Gain = m.gain(r.Champion, r.Challenger)
	if math.IsNaN(r.Gain) || math.IsInf(r.Gain, 0) {
		return undefined{finding.Undefined, fmt.Sprintf("%s has no value on these rows", m.name)}
	}
	r.narrow(c.marginsOf(m.name), m.isLoss)
	return c.byMethod(v, m, r, champion, challenger)
}

// byMethod finds the interval.
func (c comparison) byMethod(v view, m metric, r *Measure, champion, challenger scorer) error {
	switch hasOneScore := v.champion.classes == nil; {
	case m.isOfPairs() && v.isSimple():
		c.byPairs(v, r, func(int32) bool { return true })
	case m.name == "recall" && v.isSimple():
		c.byPairs(v, r, func(label int32) bool { return label == v.positive })
		r.Note = "the share of positive rows that are found, so of those rows alone"
	case m.name == "auc" && v.isSimple() && hasOneScore:
		return c.byDeLong(v, r)
	case m.name == "auc" && v.weight == nil && hasOneScore && v.units >= minUnits:
		return c.byDeLongOfGroups(v, r)
	case (m.name == "mae" || m.name == "mse") && v.isSimple() && v.time != nil:
		return c.byTime(v, m, r)
	default:
		return c.byBootstrap(v, m, r, champion, challenger)
	}
	return nil
}

// gain is a difference in the direction that is better.
func (m metric) gain(champion, challenger float64) float64 {
	if m.isLoss {
		return champion - challenger
	}
	return challenger - champion
}

// take takes over an interval, with its p-values.
func (r *Measure) take(ends stat.Ends, z float64) {
	r.Low, r.High = ends(z)
	r.P = twoSided(ends.AtMost(0), ends.AtLeast(0))
	r.settle(ends)
}

// settle takes over the one-sided p-values at the margin.
func (r *Measure) settle(u uncertainty) {
	r.NotWorseP, r.WorseP = u.AtMost(-r.Margin), u.AtLeast(-r.Margin)
}

// byPairs compares shares of some rows that are right: which of them one model alone is right about.
func (c comparison) byPairs(v view, r *Measure, counts func(label int32) bool) {
	var p stat.Pairs
	for i, label := range v.label {
		if !counts(label) {
			continue
		}
		switch first, second := v.champion.predicted[i] == label, v.challenger.predicted[i] == label; {
		case first && second:
			p.Both++
		case first:
			p.First++
		case second:
			p.Second++
		default:
			p.Neither++
		}
	}
	ends := stat.Ends(p.Newcombe)
	r.Method = "McNemar mid-p, Newcombe interval"
	if c.Interval == tango {
		ends, r.Method = p.Tango, "McNemar mid-p, Tango interval"
	}
	r.take(ends, c.z)
	r.P, r.pairs = stat.McNemarMidP(p.First, p.Second), p
}

func (c comparison) byDeLong(v view, r *Measure) error {
	aucs, err := stat.DeLong(isClass(v.label, v.positive), v.champion.score, v.challenger.score)
	r.Method = "DeLong"
	return c.byAUCs(aucs, err, r)
}

func (c comparison) byDeLongOfGroups(v view, r *Measure) error {
	aucs, err := stat.DeLongOfGroups(isClass(v.label, v.positive), v.unit, v.units, v.champion.score, v.challenger.score)
	r.Method = "DeLong, with Obuchowski's error of groups and Student's t"
	return c.byAUCs(aucs, err, r)
}

func (c comparison) byAUCs(aucs stat.AUCs, err error, r *Measure) error {
	if err != nil {
		return err
	}
	r.take(aucs.Ends, c.z)
	if aucs.Error == 0 {
		r.allowForUnseen(c.level)
	}
	return nil
}

// byTime compares the losses of forecasts in the order of time.
func (c comparison) byTime(v view, m metric, r *Measure) error {
	order := make([]int32, len(v.time))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch x, y := v.time[a], v.time[b]; {
		case x < y:
			return -1
		case x > y:
			return 1
		default:
			return 0
		}
	})
	loss := absoluteError
	if m.name == "mse" {
		loss = squaredError
	}
	first, second := make([]float64, len(order)), make([]float64, len(order))
	for at, row := range order {
		first[at], second[at] = loss(v.truth[row], v.champion.number[row], 0), loss(v.truth[row], v.challenger.number[row], 0)
	}
	horizon := orElse(c.Horizon, 1)
	forecasts, err := stat.DieboldMariano(first, second, horizon)
	if err != nil {
		return err
	}
	r.Method = fmt.Sprintf("Diebold-Mariano, horizon %d", horizon)
	r.take(forecasts.Ends, c.z)
	r.P = forecasts.P
	return nil
}

// minUnits is from how many units on a bootstrap is worth its name: its intervals are too short on few of them.
const minUnits = 20

// byBootstrap resamples rows, their cells where only those matter, or what rows belong to.
func (c comparison) byBootstrap(v view, m metric, r *Measure, champion, challenger scorer) error {
	if r.Units < minUnits {
		return tooFew(r.Units)
	}
	how, err := c.resamplingTails(v)
	if err != nil {
		return err
	}
	b, err := c.resample(v, m, how, champion, challenger)
	if err != nil {
		return err
	}
	r.Low, r.High = b.Ends(c.z)
	r.P = twoSided(b.AtMost(0), b.AtLeast(0))
	r.Method = fmt.Sprintf("bootstrap of %s, BCa, %d replicates", v.what(), how.Replicates)
	if b.IsOfFew {
		r.Method = fmt.Sprintf("bootstrap of %s, percentiles widened as Student's t demands, %d replicates", v.what(), how.Replicates)
	}
	r.Note = noteOf(b)
	r.settle(b)
	if r.Low == r.High && m.isShare() {
		r.allowForUnseen(c.level)
	}
	return nil
}

func tooFew(units int64) error {
	return undefined{finding.TooFewRows, fmt.Sprintf("%d rows or groups are too few for a bootstrap, which takes %d", units, minUnits)}
}

// what is resampled.
func (v view) what() string {
	if v.unit != nil {
		return "groups"
	}
	return "rows"
}

func (c comparison) resample(v view, m metric, how stat.Resampling, champion, challenger scorer) (b stat.Bootstrapped, err error) {
	if m.kind == ofProbabilities && v.champion.score != nil {
		if v, champion, challenger, err = m.inOrder(v); err != nil {
			return b, err
		}
	}
	switch {
	case v.isSimple() && m.kind == ofClasses:
		return m.resampleCells(v, how)
	case v.isSimple():
		return stat.Bootstrap(v.rows(), func(w []float64) float64 { return m.gain(champion(w), challenger(w)) }, how)
	default:
		return m.resampleUnits(v, how, champion, challenger)
	}
}

// inOrder is the view by the champion's scores: so the rows of a rank metric are next to each other in memory, for the
// challenger nearly so, which makes a million of them five times as fast to resample.
func (m metric) inOrder(v view) (ordered view, champion, challenger scorer, err error) {
	ordered = v.only(stat.Descending(v.champion.score))
	if champion, err = m.build(ordered, ordered.champion, m.parameter); err == nil {
		challenger, err = m.build(ordered, ordered.challenger, m.parameter)
	}
	return ordered, champion, challenger, err
}

// isOfPairs reports whether a metric only asks about which rows each model is right.
func (m metric) isOfPairs() bool { return m.name == "accuracy" || m.name == "error-rate" }

// isShare reports whether a metric moves by at most about the share of rows that differ.
func (m metric) isShare() bool {
	return m.kind == ofClasses || m.kind == ofRanks || m.name == "auc" || m.name == "brier"
}

// allowForUnseen is for models that differ on no row: resampling rows cannot show what no row shows. n rows without a difference say
// that the share of those with one is below 1 − 0.025^(1/n) (Clopper & Pearson 1934), about 3.7/n, and so is the gain.
func (r *Measure) allowForUnseen(level float64) {
	n := float64(r.Units)
	unseen := 1 - math.Pow(level, 1/n)
	r.Low, r.High, r.P = r.Gain-unseen, r.Gain+unseen, 1
	r.NotWorseP, r.WorseP = math.Pow(1-math.Min(1, math.Max(0, r.Margin+r.Gain)), n), 1
	r.Note = joined(r.Note, "no row differs: the interval allows for those that were not seen")
}

func (c comparison) resampling(v view) stat.Resampling {
	return stat.Resampling{Replicates: intOr(c.Replicates, defaultReplicates), Seed: uint64(c.Seed), IsOfGroups: v.unit != nil}
}

// noteOf says what was not as usual.
func noteOf(b stat.Bootstrapped) string {
	note := ""
	if b.IsPercentile {
		note = "BCa is not defined here: the interval is that of percentiles"
	}
	if b.IsPoisson {
		note = joined(note, "each was drawn a Poisson number of times")
	}
	if b.Undefined > 0 {
		note = joined(note, fmt.Sprintf("%d replicates had no value and are left out", b.Undefined))
	}
	return note
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// resampleCells resamples the cells of the confusion of truth and both predictions: rows of one cell are alike.
func (m metric) resampleCells(v view, how stat.Resampling) (stat.Bootstrapped, error) {
	condensed, counts := v.cells()
	champion, err := m.build(condensed, condensed.champion, m.parameter)
	if err != nil {
		return stat.Bootstrapped{}, err
	}
	challenger, err := m.build(condensed, condensed.challenger, m.parameter)
	if err != nil {
		return stat.Bootstrapped{}, err
	}
	return stat.BootstrapCells(counts, func(w []float64) float64 { return m.gain(champion(w), challenger(w)) }, how)
}

// resampleUnits resamples what rows belong to, and lets each row count by its own weight.
func (m metric) resampleUnits(v view, how stat.Resampling, champion, challenger scorer) (stat.Bootstrapped, error) {
	return stat.Bootstrap(v.unitCount(), v.ofUnits(func(rows []float64) float64 { return m.gain(champion(rows), challenger(rows)) }), how)
}

// unitCount is how many things are resampled.
func (v view) unitCount() int {
	if v.unit == nil {
		return v.rows()
	}
	return v.units
}

// ofUnits turns a score of weighted rows into one of weighted units.
func (v view) ofUnits(score scorer) stat.Estimate {
	buffers := sync.Pool{New: func() any { return make([]float64, v.rows()) }}
	return func(w []float64) float64 {
		rows := buffers.Get().([]float64)
		defer buffers.Put(rows) //nolint:staticcheck // a slice header for each replicate costs nothing beside the rows
		v.spread(w, rows)
		return score(rows)
	}
}

// spread turns the weights of units into those of rows.
func (v view) spread(units, rows []float64) {
	for i := range rows {
		unit := i
		if v.unit != nil {
			unit = int(v.unit[i])
		}
		rows[i] = units[unit]
		if v.weight != nil {
			rows[i] *= v.weight[i]
		}
	}
}

// twoSided is twice the smaller of two one-sided p-values.
func twoSided(a, b float64) float64 { return math.Min(1, 2*math.Min(a, b)) }
