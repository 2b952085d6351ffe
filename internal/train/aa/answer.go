package aa

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// Kind names A/A tests in result files.
func (Result) Kind() string { return "aa" }

// Findings are one for each gate: a verdict that flips on the same model is a warning.
func (r Result) Findings() []finding.Finding {
	all := make([]finding.Finding, len(r.Gates))
	for i, g := range r.Gates {
		all[i] = finding.Finding{Rule: "aa", Subject: g.Metric, Outcome: finding.Pass, Pos: g.Pos, Message: g.sentence()}
		switch usual, flips := g.usual(); {
		case len(g.Outcomes) == 0:
			all[i].Outcome = finding.Unknown
		case flips > 0:
			all[i].Outcome, all[i].Hint = finding.Warn, "assay gate audit says what would mend it; or evaluate several times and gate on the mean"
		case usual == finding.NotRun:
			all[i] = all[i].NotRunIf(finding.Missing, false)
		}
	}
	return all
}

// counts are how often each outcome came, the most frequent first.
func (g Gate) counts() []counted {
	var all []counted
	for _, o := range g.Outcomes {
		i := slices.IndexFunc(all, func(c counted) bool { return c.outcome == o })
		if i < 0 {
			i, all = len(all), append(all, counted{outcome: o})
		}
		all[i].times++
	}
	slices.SortStableFunc(all, func(a, b counted) int { return b.times - a.times })
	return all
}

type counted struct {
	outcome finding.Outcome
	times   int
}

// usual is the outcome of most runs, and how many came out otherwise.
func (g Gate) usual() (outcome finding.Outcome, flips int) {
	counts := g.counts()
	if len(counts) == 0 {
		return finding.Unknown, 0
	}
	return counts[0].outcome, len(g.Outcomes) - counts[0].times
}

const z975 = 1.959963984540054 // scipy 1.17.1: norm.ppf(0.975)

// flipped is the share of runs that came out otherwise than most, with Wilson's 95 % interval.
func (g Gate) flipped() (share, low, high float64) {
	_, flips := g.usual()
	n := int64(len(g.Outcomes))
	low, high = stat.Wilson(int64(flips), n, z975)
	return float64(flips) / float64(n), low, high
}

func (g Gate) sentence() string {
	if len(g.Outcomes) == 0 {
		return fmt.Sprintf("%s %s was not judged", g.Metric, g.Limit)
	}
	usual, flips := g.usual()
	share, low, high := g.flipped()
	if flips == 0 {
		return fmt.Sprintf("%s %s came out alike in all %d runs: %s; up to %.0f %% of runs may still differ", g.Metric, g.Limit, len(g.Outcomes), usual, 100*high)
	}
	words := make([]string, 0, 2)
	for _, c := range g.counts() {
		words = append(words, fmt.Sprintf("%d %s", c.times, c.outcome))
	}
	return fmt.Sprintf("%s %s flips in %d of %d runs of the same model (%.0f %%, 95 %% interval %.0f %% to %.0f %%): %s", g.Metric, g.Limit,
		flips, len(g.Outcomes), 100*share, 100*low, 100*high, strings.Join(words, ", "))
}

// Blocks are a table of the gates, and one of the metrics.
func (r Result) Blocks() []finding.Block {
	gates := finding.Table{Title: fmt.Sprintf("%d runs of the same model", r.Runs), Header: []string{"gate", "came out", "flips", "95 % interval", "verdict"}}
	for i, f := range r.Findings() {
		gates.Rows = append(gates.Rows, r.Gates[i].row(f.Outcome))
	}
	metrics := finding.Table{Title: "Metrics over the runs", Header: []string{"metric", "least", "mean", "most", "deviation", "95 % interval"}}
	for _, m := range r.Metrics {
		metrics.Rows = append(metrics.Rows, m.row())
	}
	blocks := []finding.Block{gates, metrics}
	for _, notice := range r.Notices {
		blocks = append(blocks, finding.Note{Text: notice})
	}
	return blocks
}

func (g Gate) row(outcome finding.Outcome) finding.Row {
	usual, _ := g.usual()
	share, low, high := g.flipped()
	return finding.Row{Outcome: outcome, Pos: g.Pos, Cells: []finding.Cell{finding.Rule(g.Metric + " " + g.Limit), finding.Verdict(usual), finding.Share(share),
		finding.Text(fmt.Sprintf("%.0f %% to %.0f %%", 100*low, 100*high)), finding.Verdict(outcome)}}
}

func (m Metric) row() finding.Row {
	var values []float64
	for _, v := range m.Values {
		if v != nil && v.IsFinite() {
			values = append(values, float64(*v))
		}
	}
	row := finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Name(m.Name), finding.Absent{}, finding.Absent{}, finding.Absent{}, finding.Absent{}, finding.Absent{}}}
	if len(values) < 2 {
		return row
	}
	number := func(v float64) finding.Cell { return finding.Number{Value: v, Unit: m.Unit} }
	deviation, mean := stat.SampleDeviation(values), 0.0
	for i, v := range values {
		mean += (v - mean) / float64(i+1)
	}
	row.Cells[1], row.Cells[2], row.Cells[3] = number(slices.Min(values)), number(mean), number(slices.Max(values))
	if !math.IsInf(deviation.Value, 0) {
		row.Cells[4], row.Cells[5] = number(deviation.Value), finding.Interval{Low: deviation.Low, High: deviation.High}
	}
	return row
}
