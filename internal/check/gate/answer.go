package gate

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Kind names gate results in result files.
func (Result) Kind() string { return "gate" }

// Findings are one for each limit, and one for each metric of the base that is gone.
func (r Result) Findings() []finding.Finding {
	var all []finding.Finding
	for _, m := range r.Metrics {
		for _, limit := range m.Limits {
			all = append(all, r.finding(m, limit))
		}
		if m.isLooseNaN() {
			all = append(all, finding.Finding{Rule: "finite", Subject: m.Name, Outcome: finding.Warn, Measured: m.Pos, Hint: "put a gate on it, or stop reporting it",
				Message: fmt.Sprintf("%s is %s, under no gate", m.Name, number(*m.Head))})
		}
	}
	all = append(all, r.creeping()...)
	for _, name := range r.Uncompared {
		all = append(all, finding.Finding{Rule: "gone", Subject: name, Outcome: finding.Warn,
			Message: fmt.Sprintf("metric %s of the base is gone", name)})
	}
	return all
}

// isLooseNaN reports a value that is no finite number and that no limit would stop.
func (m Metric) isLooseNaN() bool { return len(m.Limits) == 0 && m.Head != nil && !m.Head.IsFinite() }

func (r Result) finding(m Metric, limit Limit) finding.Finding {
	f := finding.Finding{Rule: limit.Rule, Subject: m.Name, Outcome: limit.Outcome, Pos: limit.Number.Pos, Measured: m.Pos}
	if limit.Outcome == finding.NotRun {
		f = f.NotRunIf(limit.Cause, r.requires(limit.Cause))
		f.Message, f.Hint = r.undecided(m, limit)
	} else {
		f.Message = fmt.Sprintf("%s is %s, %s", m.Name, number(*m.Head), limit.sentence(m))
		if limit.Outcome != finding.Pass {
			f.Hint = "improve the model, or change the limit where it stands"
		}
	}
	if limit.OfBase {
		f.Message, f.Pos = f.Message+" (the limit is the base's)", source.Pos{}
	}
	return f
}

// requires reports whether the user has an excused cause block.
func (r Result) requires(cause finding.Cause) bool {
	return cause == finding.NoBase && r.RequireBase || cause == finding.TooFewRows && r.RequirePower
}

func (r Result) undecided(m Metric, limit Limit) (message, hint string) {
	switch {
	case limit.Interval != nil:
		return fmt.Sprintf("%s is %s, %s: whether it is %s cannot be told", m.Name, number(*m.Head), limit.certainty(), limit.Text()), limit.moreRows(m)
	case m.Head == nil && m.IsNoNumber:
		return fmt.Sprintf("%s is in the metrics, but is no number", m.Name), "write it as a number: no quotes, no unit, not null"
	case m.Head == nil:
		return fmt.Sprintf("%s is missing from the metrics", m.Name), "write it to the metrics file, or correct the gate's name"
	case !m.Head.IsFinite():
		return fmt.Sprintf("%s is %s", m.Name, number(*m.Head)), "a metric must be a finite number"
	case limit.Confidence != nil && limit.Cause == finding.Missing:
		return fmt.Sprintf("%s is %s, and how sure that is cannot be told: there are no per-item results and no number of rows", m.Name, number(*m.Head)),
			"give the gate rows: where the metric is a share of so many; else compare predictions under compare"
	case limit.Cause == finding.Undefined:
		return fmt.Sprintf("%s: a percentage of a base of 0 has no meaning", m.Name), "use max-drop"
	case limit.Cause == finding.NotFinite:
		return fmt.Sprintf("%s is %s at the base", m.Name, number(*m.Base)), "the next run on the base branch mends it"
	case r.NoBase != "":
		return fmt.Sprintf("%s: no base to compare with: %s", m.Name, r.NoBase), "name one with --base-metrics, or commit the metrics file"
	default:
		return fmt.Sprintf("%s is new: the base does not have it", m.Name), ""
	}
}

// sentence says what the limit asked and how it came out.
func (l Limit) sentence(m Metric) string {
	holds, sure := l.Outcome == finding.Pass, ""
	if l.Interval != nil {
		sure = ": " + l.certainty()
	}
	switch l.Rule {
	case "at-least":
		return choose(holds, "at least ", "below ") + l.Number.Text + sure
	case "at-most":
		return choose(holds, "at most ", "above ") + l.Number.Text + sure
	case "between":
		return choose(holds, "between ", "not between ") + l.Number.Text + " and " + l.Upper.Text + sure
	}
	way := choose(l.Rule == "max-rise", "above", "below")
	change := new(big.Rat).Sub(source.Decimal(float64(*m.Head)), source.Decimal(float64(*m.Base)))
	percent := choose(l.Rule == "max-drop-percent", " %", "")
	return fmt.Sprintf("%s from %s; at most %s%s %s the base is allowed", signed(change), number(*m.Base), l.Number.Text, percent, way)
}

// certainty is the interval with its confidence, such as "95 % interval 0.84 to 0.88 (1319 rows, the declared number)".
func (l Limit) certainty() string {
	return fmt.Sprintf("%s interval %.4g to %.4g (%s)", l.percent(), l.Interval.Low, l.Interval.High, l.Interval.From)
}

func (l Limit) percent() string { return fmt.Sprintf("%.6g %%", 100*l.Confidence.Value) }

// moreRows is what would tell.
func (l Limit) moreRows(m Metric) string {
	if rows := l.rowsToTell(m); rows > 0 {
		return fmt.Sprintf("about %d rows would tell a value this far from the limit", rows)
	}
	return "no number of rows tells a value at the limit itself from the limit"
}

// Text is the limit as a reader writes it, such as "≥ 0.75", "≥ 0.75 with 95 %" or "drop ≤ 0.02".
func (l Limit) Text() string {
	if l.Confidence != nil {
		return l.bare() + " with " + l.percent()
	}
	return l.bare()
}

func (l Limit) bare() string {
	switch l.Rule {
	case "at-least":
		return "≥ " + l.Number.Text
	case "at-most":
		return "≤ " + l.Number.Text
	case "between":
		return l.Number.Text + " … " + l.Upper.Text
	case "max-rise":
		return "rise ≤ " + l.Number.Text
	case "max-drop-percent":
		return "drop ≤ " + l.Number.Text + " %"
	default:
		return "drop ≤ " + l.Number.Text
	}
}

// said is the limit in a table.
func (l Limit) said() string { return l.Text() + choose(l.OfBase, " (base)", "") }

func choose(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func number(v metric.Value) string { return strconv.FormatFloat(float64(v), 'g', 6, 64) }

func signed(r *big.Rat) string {
	f, _ := r.Float64()
	text := strconv.FormatFloat(f, 'g', 6, 64)
	if f >= 0 {
		return "+" + text
	}
	return strings.Replace(text, "-", "−", 1)
}

// Blocks are one table: a row for each limit, and one for each metric without a limit.
func (r Result) Blocks() []finding.Block {
	table := finding.Table{Title: "Metrics", Header: []string{"metric", "base", "head", "Δ", "rule", "verdict"}}
	hasHistory := slices.ContainsFunc(r.Metrics, func(m Metric) bool { return len(m.History) > 0 })
	if hasHistory {
		table.Header = slices.Insert(table.Header, 1, "history")
	}
	for _, m := range r.Metrics {
		for _, limit := range m.Limits {
			row := m.row(finding.Rule(limit.said()), limit.Outcome)
			if !limit.OfBase {
				row.Pos = limit.Number.Pos
			}
			table.Rows = append(table.Rows, row)
		}
		switch {
		case m.isLooseNaN():
			table.Rows = append(table.Rows, m.row(finding.Text("a finite number"), finding.Warn))
		case len(m.Limits) == 0:
			table.Rows = append(table.Rows, m.row(finding.Absent{}, finding.Pass))
		}
	}
	for _, name := range r.Uncompared {
		table.Rows = append(table.Rows, finding.Row{Outcome: finding.Warn, Changed: true, Cells: []finding.Cell{
			finding.Name(name), finding.Absent{}, finding.Absent{}, finding.Absent{}, finding.Text("gone from the head"), finding.Verdict(finding.Warn)}})
	}
	if hasHistory {
		r.addTrails(table.Rows)
	}
	blocks := append([]finding.Block{table}, r.mainCourse()...)
	for _, f := range r.creeping() {
		blocks = append(blocks, finding.Line{Outcome: f.Outcome, Text: f.Message})
	}
	if len(r.Ignored) > 0 {
		blocks = append(blocks, finding.Note{Text: "Entries of the metrics file that are no numbers, and were ignored: " + list(r.Ignored) + "."})
	}
	if r.NoBase != "" {
		blocks = append(blocks, finding.Note{Text: "No base to compare with: " + r.NoBase + "."})
	}
	return blocks
}

// mainCourse is how the main metric went, the first that has a limit; nothing where nobody stored a history.
func (r Result) mainCourse() []finding.Block {
	i := slices.IndexFunc(r.Metrics, func(m Metric) bool { return len(m.Limits) > 0 })
	if i < 0 || len(r.Metrics[i].History) == 0 {
		return nil
	}
	m := r.Metrics[i]
	return []finding.Block{finding.Timeline{Title: m.Name, Unit: m.Unit, Values: m.trail()}}
}

// addTrails puts each metric's history after its name.
func (r Result) addTrails(rows []finding.Row) {
	for i, row := range rows {
		cell := finding.Cell(finding.Absent{})
		for _, m := range r.Metrics {
			if finding.Cell(finding.Name(m.Name)) == row.Cells[0] && len(m.History) > 0 {
				cell = m.trail()
			}
		}
		rows[i].Cells = slices.Insert(row.Cells, 1, cell)
	}
}

// trail is the history and the head.
func (m Metric) trail() finding.Trail {
	var values finding.Trail
	for _, v := range append(slices.Clone(m.History), m.Head) {
		if v == nil {
			values = append(values, math.NaN())
		} else {
			values = append(values, float64(*v))
		}
	}
	return values
}

// maxListed bounds the names in a sentence.
const maxListed = 10

func list(names []string) string {
	if len(names) <= maxListed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), len(names)-maxListed)
}

func (m Metric) row(rule finding.Cell, outcome finding.Outcome) finding.Row {
	delta := m.delta()
	change, isDelta := delta.(finding.Delta)
	cells := []finding.Cell{finding.Name(m.Name), m.cell(m.Base), m.cell(m.Head), delta, rule, finding.Cell(finding.Verdict(outcome))}
	if _, ungated := rule.(finding.Absent); ungated {
		cells[5] = finding.Absent{}
	}
	return finding.Row{Outcome: outcome, Changed: isDelta && change.Value != 0, Cells: cells}
}

func (m Metric) cell(v *metric.Value) finding.Cell {
	if v == nil {
		return finding.Absent{}
	}
	return finding.Number{Value: float64(*v), Unit: m.Unit}
}

func (m Metric) delta() finding.Cell {
	if m.Head == nil || m.Base == nil || !m.Head.IsFinite() || !m.Base.IsFinite() {
		return finding.Absent{}
	}
	difference, _ := new(big.Rat).Sub(source.Decimal(float64(*m.Head)), source.Decimal(float64(*m.Base))).Float64()
	return finding.Delta{Value: difference, Unit: m.Unit, Trend: m.trend(difference)}
}

func (m Metric) trend(difference float64) finding.Trend {
	switch {
	case difference == 0:
		return finding.TrendSame
	case m.Direction == "":
		return finding.TrendUnknown
	case (difference > 0) == (m.Direction == metric.Higher):
		return finding.TrendBetter
	default:
		return finding.TrendWorse
	}
}
