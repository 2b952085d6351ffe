package drift

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/finding"
)

// Usual is what the parts of the reference say about how far apart parts of it usually lie.
type Usual struct {
	Parts       int     `json:"parts"`
	By          string  `json:"by,omitempty"`
	Rows        int64   `json:"rows"`         // of the middle part by size
	FalseAlarms float64 `json:"false-alarms"` // share of comparisons without drift in which any column alarms
}

func (u Usual) explanations() []string {
	by := "equal parts"
	if u.By != "" {
		by = "parts by " + u.By
	}
	return []string{
		fmt.Sprintf("The reference has %d %s of about %d rows. The distribution of a column drifts where it lies farther from theirs than they usually do from each other.", u.Parts, by, u.Rows),
		fmt.Sprintf("Of comparisons without drift %.3g %% have any column beyond its limit.", 100*u.FalseAlarms)}
}

// limit is a column's answer where the history of the reference decides: p-values of the rank of current among the parts, and
// the distance from which it is unusual.
type limit struct{ p, adjusted, distance, usual float64 }

// calibrate gives the distributions limits of their own from the differences between parts of the reference.
func (c *comparison) calibrate(ctx context.Context, reference scan) error {
	if c.spec.History == nil || len(c.pairs) == 0 {
		return nil
	}
	if c.unparted.Message != "" {
		c.forbid(c.unparted.Cause, c.unparted.Message)
		return nil
	}
	all, err := c.readParts(ctx, reference)
	if errors.Is(err, errTooManyParts) {
		c.forbid(finding.Undefined, fmt.Sprintf("the reference has more than %d parts: choose longer ones", maxParts))
		return nil
	}
	if err != nil {
		return err
	}
	c.calibrateBy(all)
	return nil
}

// calibrateBy decides by parts that are read.
func (c *comparison) calibrateBy(all parts) {
	rate := or(c.spec.History.FalseAlarms, defaultFalseAlarms)
	m := len(all.samples)
	allowed := int(rate*float64(m+1) + 1e-9) // how many of the m+1 may be as far out as current
	usual := &Usual{Parts: m, By: c.spec.History.By, Rows: middle(all.rows), FalseAlarms: float64(allowed) / float64(m+1)}
	c.result.History = usual
	switch current := c.result.CurrentRows; {
	case allowed == 0:
		c.forbid(finding.TooFewRows, fmt.Sprintf("%d parts of the reference, and it takes %d for a rate of false alarms of %g", m, int(math.Ceil(1/rate-1e-9))-1, rate))
	case 2*current < usual.Rows:
		c.forbid(finding.TooFewRows, fmt.Sprintf("%d rows, and parts of the reference have about %d: smaller parts have larger differences", current, usual.Rows))
	default:
		c.compareWithParts(all, allowed)
	}
}

// forbid takes the decision from all distributions.
func (c *comparison) forbid(cause finding.Cause, why string) {
	for i := range c.examined {
		c.examined[i].forbid(cause, why)
	}
}

// open is the column's question about its distribution, nil where it is decided.
func (e *examined) open() *test {
	for i := range e.tests {
		if t := &e.tests[i]; t.check.Rule == distribution && !t.decided {
			return t
		}
	}
	return nil
}

// forbid takes the decision from the column's distribution.
func (e *examined) forbid(cause finding.Cause, why string) {
	if t := e.open(); t != nil {
		t.decided = true
		t.check.Outcome, t.check.Cause, t.check.Needed = finding.NotRun, cause, why
		t.check.Message += "; history cannot tell: " + why
	}
}

// limit sets the decision of the column's distribution.
func (e *examined) limit(l limit) {
	if t := e.open(); t != nil {
		t.usual, t.p, t.effect = &l, l.p, l.distance
		t.check.Effect, t.check.Usual, t.check.Test = finite(l.distance), finite(l.usual), t.check.Test+", against history"
	}
}

// compareWithParts ranks current among the parts. Each part's distance is that from all others, current among them, so that
// without drift current is one like any other; distances are standardized column by column, and of a part the farthest column
// counts. So the limit holds for all columns together: current exceeds the k-th largest of m with a probability of at most k/(m+1),
// however the columns hang together.
func (c *comparison) compareWithParts(all parts, allowed int) {
	m := len(all.samples)
	columns := make([]standardized, len(c.pairs))
	farthest := slices.Repeat([]float64{math.Inf(-1)}, m)
	parallel(len(c.pairs), func(i int) {
		columns[i] = standardize(c.pairs[i].distances(c.examined[i].nature, all.column(i)))
	})
	for _, s := range columns {
		for j := range s.scores[:min(m, len(s.scores))] {
			farthest[j] = math.Max(farthest[j], s.scores[j])
		}
	}
	descending := slices.SortedFunc(slices.Values(farthest), func(a, b float64) int { return cmp.Compare(b, a) })
	bound := descending[allowed-1]
	for i, s := range columns {
		if s.scores == nil {
			c.examined[i].forbid(finding.TooFewRows, "a part of the reference has no values of the column")
			continue
		}
		current := s.scores[m]
		c.examined[i].limit(limit{p: rank(s.scores[:m], current), adjusted: rank(farthest, current),
			distance: s.center + current*s.spread, usual: s.center + bound*s.spread})
	}
}

// standardized is distances of parts, current the last: (distance − center)/spread.
type standardized struct {
	center, spread float64
	scores         []float64 // nil where there are no distances
}

// standardize measures distances from their median in median deviations, which a part that lies far out does not change. The parts
// and current count alike. Where most distances are one, they are told as they are.
func standardize(distances []float64) standardized {
	if distances == nil {
		return standardized{}
	}
	s := standardized{center: middle(distances), scores: make([]float64, len(distances))}
	for i, d := range distances {
		s.scores[i] = math.Abs(d - s.center)
	}
	s.spread = middle(s.scores)
	if s.spread == 0 {
		s.spread = 1
	}
	for i, d := range distances {
		s.scores[i] = (d - s.center) / s.spread
	}
	return s
}

// rank is the share of values, current counted among them, that are at least as large.
func rank(values []float64, current float64) float64 {
	atLeast := 1
	for _, v := range values {
		if v >= current {
			atLeast++
		}
	}
	return float64(atLeast) / float64(len(values)+1)
}

// middle is the upper median, or zero of nothing.
func middle[T cmp.Ordered](values []T) (zero T) {
	if len(values) == 0 {
		return zero
	}
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
