package smoke

import (
	"fmt"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is how a training went.
type Result struct {
	Command  string     `json:"command"`
	Attempts []Attempt  `json:"attempts"`
	Allowed  int        `json:"allowed"`          // attempts in all
	Timeout  float64    `json:"timeout"`          // seconds of one attempt
	Output   []string   `json:"output,omitempty"` // the last lines of the last attempt, where the training failed
	Notices  []string   `json:"notices,omitempty"`
	Pos      source.Pos `json:"position,omitzero"`
}

// Attempt is one try.
type Attempt struct {
	Cause   Cause   `json:"cause,omitempty"` // "": it came through
	Reason  string  `json:"reason,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Succeeded reports whether the last attempt came through.
func (r Result) Succeeded() bool {
	return len(r.Attempts) > 0 && r.Attempts[len(r.Attempts)-1].Cause == ""
}

// Kind names trainings in result files.
func (Result) Kind() string { return "training" }

// hints are the remedies.
var hints = map[Cause]string{
	ExitedNonZero:     "the end of its output stands in the report",
	TimedOut:          "train on fewer rows (sample), or raise train.timeout",
	OutOfMemory:       "train on fewer rows (sample), or on a larger machine",
	KilledUnknown:     "something killed it; on a small machine this is most often a lack of memory",
	NotExecutable:     "make the file executable, or name its interpreter in train.command",
	NotFound:          "install the program in train.setup, or mend its name in train.command",
	MetricsMissing:    "write the metrics to the file that the variable ASSAY_METRICS names",
	MetricsUnparsable: "write numbers as JSON, YAML, TOML or CSV",
	MetricsNotFinite:  "a model that computes NaN did not learn: look at the loss, the learning rate and the data",
	SetupFailed:       "mend train.setup; the end of its output stands in the report",
}

// Findings are one.
func (r Result) Findings() []finding.Finding {
	f := finding.Finding{Rule: "training", Subject: "train", Pos: r.Pos}
	switch n := len(r.Attempts); {
	case n == 0:
		f.Message = "the training was not tried"
	case !r.Succeeded():
		last := r.Attempts[n-1]
		f.Outcome, f.Message, f.Hint = finding.Fail, "training failed: "+last.Reason+r.tries(), hints[last.Cause]
	case n > 1:
		f.Outcome, f.Hint = finding.Warn, "a command that fails now and then hides its faults: look at the failed attempts"
		f.Message = fmt.Sprintf("training came through at attempt %d; before that %s", n, r.Attempts[n-2].Reason)
	default:
		f.Outcome, f.Message = finding.Pass, "training came through"
	}
	return []finding.Finding{f}
}

func (r Result) tries() string {
	if len(r.Attempts) < 2 {
		return ""
	}
	return fmt.Sprintf(" (attempt %d of %d)", len(r.Attempts), r.Allowed)
}

// Blocks are the verdict, the attempts where there were several, and the end of the output where it failed.
func (r Result) Blocks() []finding.Block {
	f := r.Findings()[0]
	blocks := []finding.Block{finding.Line{Outcome: f.Outcome, Text: f.Message}}
	if len(r.Attempts) > 1 {
		blocks = append(blocks, r.table())
	}
	if len(r.Output) > 0 {
		blocks = append(blocks, finding.Output{Title: fmt.Sprintf("The last %d lines of its output", len(r.Output)), Lines: r.Output})
	}
	for _, notice := range r.Notices {
		blocks = append(blocks, finding.Note{Text: notice})
	}
	return blocks
}

func (r Result) table() finding.Table {
	table := finding.Table{Title: "Attempts", Header: []string{"attempt", "time", "what happened", "verdict"}}
	for i, attempt := range r.Attempts {
		row := finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Count(i + 1), finding.Number{Value: attempt.Seconds, Unit: "s"},
			finding.Text("it came through"), finding.Verdict(finding.Pass)}}
		if attempt.Cause != "" {
			row.Outcome, row.Cells[2], row.Cells[3] = finding.Fail, finding.Text(attempt.Reason), finding.Verdict(finding.Fail)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}
