package gate

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// Spread is what per-item results tell of how sure a metric is.
type Spread struct {
	Rows    int64   `json:"rows"`
	Units   int64   `json:"units"`              // what answers independently of each other: rows, groups or keys
	IsShare bool    `json:"is-share,omitempty"` // of single rows that are right or wrong
	Error   float64 `json:"error"`              // standard error of the head's value, over other rows of the same kind
	Paired  float64 `json:"paired"`             // standard error of its difference from the base on the same rows
	// Discordance is the share of rows that one of the two models alone is right about; of a share.
	Discordance float64 `json:"discordance,omitempty"`
	// Repeats are the metric of each repeat of the answers, where the results tell repeats apart.
	Repeats []float64 `json:"repeats,omitempty"`
}

// largest bounds what a number of per-item results may be: sums and squares of such are still numbers.
const largest = 1e100

// MostRows bounds the rows that a metric is told by: nobody has more, and their counts are exact.
const MostRows = 1_000_000_000_000_000

// isSound refuses what no per-item results can tell: they may be a stranger's claim.
func (s Spread) isSound() bool {
	isNumber := func(v float64) bool { return 0 <= v && v <= largest }
	return 1 <= s.Units && s.Units <= s.Rows && s.Rows <= MostRows && isNumber(s.Error) && isNumber(s.Paired) && s.Discordance <= 1 && isNumber(s.Discordance) &&
		!slices.ContainsFunc(s.Repeats, func(v float64) bool { return !isNumber(math.Abs(v)) })
}

// Interval is where a metric lies, with the confidence that a limit asks for.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	From string  `json:"from"` // by what it is told
}

// Scale is what a metric of 1 is in the unit of m: a share in percent is 100 times as large.
func (m Metric) Scale() float64 {
	if m.Unit == "%" {
		return 100
	}
	return 1
}

// Share is a value as a share of rows; NaN where it is none.
func (m Metric) Share(v float64) float64 {
	if share := v / m.Scale(); 0 <= share && share <= 1 {
		return share
	}
	return math.NaN()
}

// interval is where the head's value lies: of a share Wilson's interval, else as many standard errors to each side as the confidence
// asks. It is nil where neither per-item results nor a number of rows tell it, and where no row differs from another: an
// interval of nothing is not believed.
func (l Limit) interval(m Metric) *Interval {
	z := stat.NormalQuantile((1 + l.Confidence.Value) / 2)
	value := float64(*m.Head)
	if s := m.Spread; s != nil && !s.IsShare && s.Error > 0 {
		return &Interval{value - z*s.Error, value + z*s.Error, fmt.Sprintf("%d rows, per-item results", s.Rows)}
	}
	return m.wilson(l.ShareRows(m), z, choose(m.Spread != nil, "per-item results", "the declared number"))
}

// ShareRows is of how many rows a metric under l is a share: of as many as the per-item results are, or the rules say, whichever
// is fewer; 0 where nothing tells it.
func (l Limit) ShareRows(m Metric) int64 {
	switch {
	case m.Spread == nil:
		return l.Rows
	case !m.Spread.IsShare:
		return 0
	case l.Rows > 0:
		return min(l.Rows, m.Spread.Rows)
	default:
		return m.Spread.Rows
	}
}

func (m Metric) wilson(rows int64, z float64, from string) *Interval {
	share := m.Share(float64(*m.Head))
	if math.IsNaN(share) || rows < 1 {
		return nil
	}
	low, high := stat.Wilson(int64(math.Round(share*float64(rows))), rows, z)
	return &Interval{low * m.Scale(), high * m.Scale(), fmt.Sprintf("%d rows, %s", rows, from)}
}

// holdsInterval is the outcome of a limit on an interval: passed where both ends keep the limit, broken where both break it on the
// same side, else not to be told from so few rows.
func (l Limit) holdsInterval(i Interval) (finding.Outcome, finding.Cause) {
	low, high := l.Ends()
	switch {
	case i.Low >= low && i.High <= high:
		return finding.Pass, ""
	case i.High < low || i.Low > high:
		return l.Severity.Broken(), ""
	default:
		return finding.NotRun, finding.TooFewRows
	}
}

// Ends are between which values an absolute limit allows the metric; infinite where there is none.
func (l Limit) Ends() (low, high float64) {
	switch l.Rule {
	case "at-least":
		return l.Number.Value, math.Inf(1)
	case "at-most":
		return math.Inf(-1), l.Number.Value
	default:
		return l.Number.Value, l.Upper.Value
	}
}

// rowsToTell is about how many rows would tell a value that is as far from the limit as this one; 0 where no number would.
func (l Limit) rowsToTell(m Metric) int64 {
	rows := l.Rows
	if m.Spread != nil {
		rows = m.Spread.Units
	}
	low, high := l.Ends()
	value := float64(*m.Head)
	ratio := (l.Interval.High - l.Interval.Low) / 2 / math.Min(math.Abs(value-low), math.Abs(high-value))
	needed := float64(rows) * ratio * ratio
	if !(needed < maxTold) {
		return 0
	}
	return int64(math.Ceil(needed))
}

// maxTold bounds the rows that are worth saying.
const maxTold = 1e9
