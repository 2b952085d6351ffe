package audit

import (
	"fmt"
	"math"
	"strings"

	"github.com/assay-ml/assay/internal/stat"
)

// usualAlarm is how often a gate may be red by chance, unless it says otherwise.
const usualAlarm = 0.05

// Fix is what would mend a gate that is red by chance too often, or blind. A number of 0 is no remedy here.
type Fix struct {
	Drop  float64 `json:"drop"`  // that is to be noticed
	Power float64 `json:"power"` // with this chance
	Alarm float64 `json:"alarm"` // where it is red by chance no more often than this
	Limit float64 `json:"limit"` // that is red by chance so often on what there is now: a value, or a change
	Then  float64 `json:"then"`  // how often this limit notices the drop

	Rows    int64 `json:"rows,omitempty"`    // rows an arm that reach the power
	Paired  int64 `json:"paired,omitempty"`  // rows that reach it where both models are compared on them
	Repeats int64 `json:"repeats,omitempty"` // runs whose mean reaches it
	// CanPair says that fewer rows would do if both models were compared on the same ones; how many, only their discordance tells.
	CanPair bool `json:"can-pair,omitempty"`
}

// fix looks for remedies where a source does not reach what the gate is meant for.
func (g Gate) fix(q question, n known, s Source) *Fix {
	f := Fix{Drop: g.meant(), Power: power, Alarm: usualAlarm}
	if g.MinPower != nil {
		f.Power = g.MinPower.Power.Value
	}
	if g.MaxFalseAlarm != nil {
		f.Alarm = g.MaxFalseAlarm.Value
	}
	isTwoSided := !q.isRelative && !math.IsInf(q.low, 0) && !math.IsInf(q.high, 0)
	if s.FalseAlarm.Value <= f.Alarm && s.caught(g) >= f.Power || f.Drop <= 0 || isTwoSided || g.Confidence != nil {
		return nil
	}
	distance := stat.NormalQuantile(1-f.Alarm) * n.noise.deviation(q.truth, q.isRelative, q.isTurned)
	moved := q
	if q.isRelative {
		moved.allowed, f.Limit = distance, distance
	} else {
		moved.low = q.truth - distance // its one limit, turned
		f.Limit = moved.low
		if q.isTurned {
			f.Limit = -f.Limit
		}
	}
	f.Then, _ = moved.chances(n.noise, f.Drop)
	f.CanPair = q.isRelative && n.kind == FreshRows
	f.size(q, n)
	return &f
}

// size fills in how much evidence it takes.
func (f *Fix) size(q question, n known) {
	ask := stat.Ask{Drop: f.Drop, Power: f.Power, Level: f.Alarm}
	switch kind := n.noise.(type) {
	case shareOfRows:
		ask.Drop /= kind.scale
		p := kind.share(q.truth, q.isTurned)
		if q.isRelative {
			f.Rows = ask.TwoShares(p).Rows
		} else {
			f.Rows = ask.OneShare(p).Rows
		}
	case pairs:
		ask.Drop /= kind.scale
		f.Paired = ask.Pairs(kind.discordance).Rows
	case normal:
		deviation := kind.deviation(q.truth, q.isRelative, q.isTurned)
		perUnit := deviation * math.Sqrt(float64(n.rows))
		switch {
		case n.rows == 0:
			f.Repeats = ask.Normal(deviation).Rows
		case n.kind == SameRows:
			f.Paired = ask.Normal(perUnit).Rows
		default:
			f.Rows = ask.Normal(perUnit).Rows
		}
	}
}

// words say the remedies.
func (f Fix) words(g Gate) string {
	remedies := []string{fmt.Sprintf("a limit of %.4g is red by chance in %s and notices it in %s", f.Limit, percent(f.Alarm), percent(f.Then))}
	how := percent(f.Power) + " takes "
	if f.Rows > 0 {
		remedies = append(remedies, fmt.Sprintf("%s%d rows", how, f.Rows))
	}
	if f.CanPair {
		remedies = append(remedies, "fewer if both models are compared on the same rows")
	}
	if f.Paired > 0 {
		remedies = append(remedies, fmt.Sprintf("%s%d rows on which both models are compared", how, f.Paired))
	}
	if f.Repeats > 1 {
		remedies = append(remedies, fmt.Sprintf("%sthe mean of %d runs", how, f.Repeats))
	}
	return fmt.Sprintf("for a drop of %s: %s", g.said(f.Drop), strings.Join(remedies, "; "))
}
