package decay

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/assay-ml/assay/internal/learn"
	"github.com/assay-ml/assay/internal/stat"
)

// Labelled is a row of the held-out table.
type Labelled struct {
	Score      float64
	IsPositive bool // the label
	Predicted  bool // the prediction is the positive class
}

// Guess is performance that was estimated from confidence (CBPE). It holds only as far as its assumptions do.
type Guess struct {
	Rows       int64   `json:"rows"`       // predictions without a label
	Calibrated int64   `json:"calibrated"` // held-out rows by which scores became probabilities
	Checked    int64   `json:"checked"`    // other held-out rows, by which the estimate was checked
	Value      float64 `json:"value"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Correction float64 `json:"correction"` // what the check added to the estimate's goodness
	Decayed    bool    `json:"decayed,omitempty"`
	Unknown    string  `json:"unknown,omitempty"`
}

// Assumptions are what an estimate from confidence cannot check.
const Assumptions = "The estimate without labels assumes that a score means the same probability as in the held-out rows (inputs may have shifted, what the label depends on may not), " +
	"and neither the model nor its scores were fitted to those rows"

// minChecked is how few held-out rows of each half tell nothing: the normal interval of the check needs some.
const minChecked = 100

// calibration turns scores into probabilities, and knows by how much estimates made of them were off.
type calibration struct {
	spec         Spec
	probability  learn.Isotonic
	fitted       int64
	checked      int64
	offset, slip float64 // mean of goodness less its estimate on the rows of the check, and its standard error
}

// calibrate fits one half of the held-out rows and checks with the other. The halves are drawn by lot, from a fixed seed.
func (s Spec) calibrate(rows []Labelled) (*calibration, string) {
	random := rand.New(rand.NewPCG(1, 1))
	var scores, truth []float64
	var check []Labelled
	for _, r := range rows {
		if random.IntN(2) == 0 {
			scores, truth = append(scores, r.Score), append(truth, indicator(r.IsPositive))
		} else if s.countsPrediction(r.Predicted) {
			check = append(check, r)
		}
	}
	if len(scores) < minChecked || len(check) < minChecked {
		return nil, fmt.Sprintf("the held-out table has %d rows to calibrate with and %d to check with; it takes %d of each", len(scores), len(check), minChecked)
	}
	c := &calibration{spec: s, probability: learn.FitIsotonic(scores, truth), fitted: int64(len(scores)), checked: int64(len(check))}
	var sum, squares float64
	for _, r := range check {
		off := s.goodness(r) - c.expected(r.Score, r.Predicted)
		sum += off
		squares += off * off
	}
	n := float64(len(check))
	c.offset = sum / n
	c.slip = math.Sqrt(math.Max(0, squares/n-c.offset*c.offset) / (n - 1))
	return c, ""
}

// countsPrediction reports whether the metric looks at rows of this prediction.
func (s Spec) countsPrediction(positive bool) bool { return s.Metric != Precision || positive }

// goodness is what the metric says of a labelled row.
func (s Spec) goodness(r Labelled) float64 {
	if s.Metric == Brier {
		off := r.Score - indicator(r.IsPositive)
		return 1 - off*off
	}
	return indicator(r.IsPositive == r.Predicted)
}

// expected is the goodness of a row to be expected by its calibrated probability.
func (c *calibration) expected(score float64, predicted bool) float64 {
	p := c.probability.At(score)
	switch {
	case c.spec.Metric == Brier:
		return 1 - (p*(1-score)*(1-score) + (1-p)*score*score)
	case predicted:
		return p
	}
	return 1 - p
}

// estimate decides by the rows without a label. Half of the false alarms are the sequence's, half the check's.
func (c *calibration) estimate(rows []Row, limit float64) Guess {
	level, scale := c.spec.falseAlarms()/2, c.spec.scale()
	sequence := stat.NewSequence(level)
	for _, r := range rows {
		if !r.Labelled && r.Counts {
			sequence.Add(r.Expected)
		}
	}
	guess := Guess{Rows: sequence.Count(), Calibrated: c.fitted, Checked: c.checked, Correction: c.offset}
	if guess.Rows == 0 {
		guess.Unknown = "no prediction is without a label"
		return guess
	}
	low, high := sequence.Interval()
	give := normalQuantile(level) * c.slip
	low, high = within(low+c.offset-give), within(high+c.offset+give)
	guess.Decayed = high < scale.good(limit)
	guess.Value = scale.value(within(sequence.Mean() + c.offset))
	guess.Low, guess.High = scale.interval(low, high)
	return guess
}

// normalQuantile is how many standard errors a normal value exceeds with this probability.
func normalQuantile(tail float64) float64 { return math.Sqrt2 * math.Erfcinv(2*tail) }

func within(good float64) float64 { return math.Min(1, math.Max(0, good)) }

func indicator(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}

// Sentence says what was estimated, for a reader who was not there.
func (g Guess) Sentence(metric Metric, limit float64) string {
	if g.Unknown != "" {
		return "performance without labels is not estimated: " + g.Unknown
	}
	verdict := "which is no proof of decay"
	if g.Decayed {
		verdict = "which speaks for decay"
	}
	return fmt.Sprintf("%s of %d rows without a label is estimated from confidence at %.4g, between %.4g and %.4g; decay begins at %.4g, %s", metric, g.Rows,
		g.Value, g.Low, g.High, limit, verdict)
}
