package drift

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
)

// Column is the numbers behind the checks of one column, as small as a reader can use. A sensitive column has none but counts.
type Column struct {
	Column    string    `json:"column"`
	Axis      string    `json:"axis,omitempty"` // what the values are, where they are not the column's own
	Reference Side      `json:"reference"`
	Current   Side      `json:"current"`
	Labels    []string  `json:"labels,omitempty"` // of the bins or categories
	Places    []float64 `json:"places,omitempty"` // where both sides' AtMost stand; of dates and times as the table engine counts them
	Quantiles []float64 `json:"quantiles,omitempty"`
	Unseen    []string  `json:"unseen,omitempty"` // values that the reference does not have
}

// Side is one of the two tables' part of a Column.
type Side struct {
	Values    int64     `json:"values"`
	Nulls     int64     `json:"nulls"`
	NotFinite int64     `json:"not-finite,omitempty"` // of the nulls
	Distinct  int       `json:"distinct,omitempty"`   // of categories
	Shares    []float64 `json:"shares,omitempty"`     // by Labels
	AtMost    []float64 `json:"at-most,omitempty"`    // share of values up to each of Places
	Quantiles []string  `json:"quantiles,omitempty"`  // by Column.Quantiles
	Range     []string  `json:"range,omitempty"`      // smallest and largest
	Mean      string    `json:"mean,omitempty"`
	Deviation string    `json:"deviation,omitempty"` // standard deviation
}

func (p pair) sides() (reference, current Side) {
	side := func(s *sample) Side {
		return Side{Values: s.values(), Nulls: s.nulls, NotFinite: s.notFinite, Distinct: len(s.counts)}
	}
	return side(p.reference), side(p.current)
}

// numberColumn is the numbers of a measure.
func (p pair) numberColumn(m measure) *Column {
	c := &Column{Column: p.name, Axis: p.aspect}
	c.Reference, c.Current = p.sides()
	if p.isSensitive {
		return c
	}
	c.Reference.describe(p, m.reference)
	c.Current.describe(p, m.current)
	c.Quantiles = probabilities
	c.Reference.Shares, c.Current.Shares = shares(m.bins.X), shares(m.bins.Y)
	for _, edge := range m.bins.Edges[:len(m.bins.X)] {
		c.Labels = append(c.Labels, "≥ "+p.show(edge))
	}
	c.Places = apart(m.curve.at)
	c.Reference.AtMost, c.Current.AtMost = briefly(m.curve.reference), briefly(m.curve.current)
	return c
}

func (s *Side) describe(p pair, of summary) {
	s.Range = []string{p.show(of.minimum), p.show(of.maximum)}
	s.Mean = p.show(of.mean)
	s.Deviation = strconv.FormatFloat(of.deviation, 'g', shownDigits, 64)
	for _, q := range of.quantiles {
		s.Quantiles = append(s.Quantiles, p.show(q))
	}
}

// categoryColumn is the most frequent categories; the others are one.
func (p pair) categoryColumn(all []category) *Column {
	c := &Column{Column: p.name}
	c.Reference, c.Current = p.sides()
	if p.isSensitive {
		return c
	}
	var restN, restM int64
	for i, category := range all {
		if i >= maxBins {
			restN, restM = restN+category.reference, restM+category.current
			continue
		}
		c.add(cut(category.name), category.reference, category.current)
	}
	if restN+restM > 0 {
		c.add(fmt.Sprintf("%d others", len(all)-maxBins), restN, restM)
	}
	c.Unseen, _ = unseenNames(all)
	c.Unseen = c.Unseen[:min(len(c.Unseen), maxNamed)]
	return c
}

func (c *Column) add(label string, reference, current int64) {
	c.Labels = append(c.Labels, label)
	c.Reference.Shares = append(c.Reference.Shares, brief(float64(reference)/float64(c.Reference.Values)))
	c.Current.Shares = append(c.Current.Shares, brief(float64(current)/float64(c.Current.Values)))
}

func shares(counts []int64) []float64 {
	all := float64(sum(counts))
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = brief(float64(c) / all)
	}
	return out
}

// The fewest and the most digits that are shown, and those that are kept for pictures.
const (
	shownDigits = 4
	maxDigits   = 15
	keptDigits  = 6
)

// brief is v to the digits that a picture can show: of a wide table most of the result's size is such numbers.
func brief(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', keptDigits, 64), 64)
	if err != nil {
		return v // the largest numbers round up beyond all
	}
	return short
}

func briefly(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = brief(v)
	}
	return out
}

// apart are ascending values to the digits that tell them apart: those of a year of seconds since 1970 begin alike.
func apart(values []float64) []float64 {
	spread := values[len(values)-1] - values[0]
	if !(0 < spread && spread < math.MaxFloat64) {
		return values
	}
	decimals := max(0, keptDigits-int(math.Ceil(math.Log10(spread))))
	out := make([]float64, len(values))
	for i, v := range values {
		short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', decimals, 64), 64)
		if err != nil {
			return values
		}
		out[i] = short
	}
	return out
}

// digits is how many a reader needs to tell the values of the column apart.
func (m measure) digits() int {
	largest := math.Max(math.Abs(m.reference.minimum), math.Abs(m.reference.maximum))
	largest = math.Max(largest, math.Max(math.Abs(m.current.minimum), math.Abs(m.current.maximum)))
	alike := math.Log10(largest / (m.bins.Edges[len(m.bins.Edges)-1] - m.bins.Edges[0]))
	if !(alike > 0) || math.IsInf(alike, 0) {
		return shownDigits
	}
	return min(shownDigits+int(alike), maxDigits)
}

// show is a value of the column as a reader knows it: a date or a time, as the table engine counts them, or a number.
func (p pair) show(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "beyond all numbers"
	case p.kind == table.Date && math.Abs(v) < maxDays:
		return time.Unix(0, 0).UTC().AddDate(0, 0, int(math.Round(v))).Format(time.DateOnly)
	case p.kind == table.Timestamp && math.Abs(v) < maxDays*secondsOfDay:
		return time.Unix(int64(math.Floor(v)), 0).UTC().Format(time.DateTime)
	case p.kind == table.Time && 0 <= v && v <= secondsOfDay:
		return time.Unix(int64(v), 0).UTC().Format(time.TimeOnly)
	}
	return strconv.FormatFloat(v, 'g', max(p.digits, shownDigits), 64)
}

const (
	secondsOfDay = 24 * 60 * 60
	maxDays      = 3e6 // 8000 years on both sides; beyond, a date reads no better than a number
)
