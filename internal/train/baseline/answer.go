package baseline

import (
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
)

// Kind names the trainer's results in result files.
func (Result) Kind() string { return "baseline" }

// Findings are one: it trained, or it did not.
func (r Result) Findings() []finding.Finding {
	f := finding.Finding{Rule: "baseline", Subject: r.Target, Outcome: finding.Pass, Pos: r.Pos,
		Message: fmt.Sprintf("the built-in trainer learned %s from %d rows", r.Target, r.TrainRows)}
	if len(r.Metrics) == 0 {
		f.Outcome, f.Message = finding.Fail, "the built-in trainer could not learn "+r.Target+": "+r.Reason
	}
	return []finding.Finding{f}
}

// Blocks are a line, and the metrics beside those of a predictor that looks at nothing.
func (r Result) Blocks() []finding.Block {
	f := r.Findings()[0]
	blocks := []finding.Block{finding.Line{Outcome: f.Outcome, Text: f.Message}}
	if len(r.Metrics) == 0 {
		return blocks
	}
	what := "linear regression"
	if r.Task == classification {
		what = "logistic regression, positive class " + r.Positive
	}
	table := finding.Table{Title: fmt.Sprintf("Built-in trainer: %s, %d features, judged on %d rows", what, r.Features, r.TestRows),
		Header: []string{"metric", "model", "without features", "Δ"}}
	for _, name := range (metric.Set{Values: r.Metrics}).Names() {
		table.Rows = append(table.Rows, r.row(name))
	}
	return append(blocks, table)
}

// lowerIsBetter lists the trainer's own metrics that fall as a model improves.
var lowerIsBetter = []string{"log_loss", "brier", "mae", "rmse"}

func (r Result) row(name string) finding.Row {
	row := finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Name(name), finding.Number{Value: float64(r.Metrics[name])}, finding.Absent{}, finding.Absent{}}}
	trivial, ok := r.Trivial[name]
	if !ok {
		return row
	}
	delta := finding.Delta{Value: float64(r.Metrics[name] - trivial), Trend: finding.TrendBetter}
	if (delta.Value < 0) != slices.Contains(lowerIsBetter, name) {
		delta.Trend = finding.TrendWorse
	}
	if delta.Value == 0 {
		delta.Trend = finding.TrendSame
	}
	row.Cells[2], row.Cells[3] = finding.Number{Value: float64(trivial)}, delta
	return row
}
