package report_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html/atom"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/source"
)

// dice make results of any size: random, and the same for the same seed.
type dice struct {
	*rand.Rand
	strings []string
}

func (d dice) text() string { return d.strings[d.IntN(len(d.strings))] }

func (d dice) outcome() finding.Outcome { return finding.Outcome(d.IntN(5)) }

func (d dice) position() source.Pos {
	return source.Pos{File: "assay.yaml", Line: d.IntN(100), Column: d.IntN(10)}
}

// cell is a cell of any kind.
func (d dice) cell() finding.Cell {
	cells := []finding.Cell{finding.Name(d.text()), finding.Rule(d.text()), finding.Text(d.text()), finding.Number{Value: d.NormFloat64(), Unit: d.text()}, finding.Count(d.Int64()),
		finding.Share(d.Float64()), finding.Verdict(d.outcome()), finding.Trail{1, math.NaN(), d.Float64()}, finding.Absent{}, finding.Place(d.position())}
	return cells[d.IntN(len(cells))]
}

func (d dice) table(rows int) finding.Table {
	t := finding.Table{Title: d.text(), Brief: d.IntN(3) == 0}
	for range 1 + d.IntN(8) {
		t.Header = append(t.Header, d.text())
	}
	for range rows {
		row := finding.Row{Outcome: d.outcome(), Changed: d.IntN(9) == 0, Pos: d.position()}
		for range t.Header {
			row.Cells = append(row.Cells, d.cell())
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// block is a block of any kind, with up to size parts.
func (d dice) block(size, depth int) finding.Block {
	many := d.IntN(size + 1)
	switch kind := d.IntN(9); {
	case kind == 0:
		return finding.Line{Outcome: d.outcome(), Text: d.text()}
	case kind == 1:
		return finding.Note{Text: d.text(), Command: d.text()}
	case kind == 2:
		return finding.Output{Title: d.text(), Lines: slices.Repeat([]string{d.text(), d.text()}, many)}
	case kind == 3:
		return finding.Document{Title: d.text(), Text: strings.Repeat(d.text()+"\n\n- "+d.text()+"\n", many%1000)}
	case kind == 4:
		return finding.Timeline{Title: d.text(), Values: []float64{d.Float64(), d.Float64(), math.Inf(1), d.Float64()}}
	case kind == 5:
		return finding.Histogram{Title: d.text(), Series: []finding.Series{{Name: d.text(), Values: []float64{d.Float64()}}}}
	case kind == 6 && depth < 3:
		return finding.Fold{Title: d.text(), Blocks: []finding.Block{d.block(size, depth+1), d.block(size, depth+1)}}
	}
	return d.table(many)
}

func (d dice) result(size int) finding.Result {
	r := resultOf(d.text())
	r.Subject.ServerURL, r.Subject.ReportURL = "https://github.com", "https://github.com/owner/repo/artifacts/1"
	r.Notices = slices.Repeat([]string{d.text()}, d.IntN(50))
	r.Steps = nil
	for range d.IntN(5) {
		answer := toy{}
		for range d.IntN(min(size, 5000) + 1) {
			answer.findings = append(answer.findings, finding.Finding{Rule: d.text(), Subject: d.text(), Outcome: d.outcome(), Message: d.text(), Hint: d.text(), Pos: d.position()})
		}
		for range 1 + d.IntN(4) {
			answer.blocks = append(answer.blocks, d.block(size, 0))
		}
		r.Steps = append(r.Steps, finding.Step{Name: d.text(), Enforced: d.IntN(4) > 0, Answers: []finding.Answer{answer}})
	}
	return r
}

// Of results of any size and content, pages keep to their budget in bytes, and so in characters; the verdict is their first
// line, folds are closed, tables whole, and what is missing is told with where it is.
func TestPagesKeepToTheirBudget(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(1, 2)), corpus()}
	require.LessOrEqual(t, report.CheckSummary, report.Comment)
	budgets := map[report.Budget]int{report.Comment: 65_535, report.StepSummary: 1 << 20, 20_000: 20_000}
	pages, cut := 0, 0
	for i := range 60 {
		r := d.result([]int{0, 3, 50, 1000, 20_000}[i%5])
		for budget, limit := range budgets {
			page := markdownOf(t, r, budget)
			require.LessOrEqual(t, len(page), limit)
			requireWhole(t, r, page, limit < 1<<20)
			if pages++; strings.Contains(page, leftOut) {
				cut++
			}
		}
	}
	require.Greater(t, cut, pages/10, "some results are larger than the budget")
	t.Logf("%d pages, of which %d were cut", pages, cut)
}

func markdownOf(t *testing.T, r finding.Result, budget report.Budget) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, report.Markdown(&b, r, budget))
	return b.String()
}

const leftOut = " rows were left out to keep this short; [the HTML report](https://github.com/owner/repo/artifacts/1) has them all."

var tags = regexp.MustCompile(`(?m)^<(/?)details>`)

// requireWhole holds the form of a page; parsing it as a browser does is left out for the largest.
func requireWhole(t *testing.T, r finding.Result, page string, parse bool) {
	t.Helper()
	word := "passed"
	if r.Red() {
		word = "failed"
	}
	require.True(t, utf8.ValidString(page))
	require.True(t, strings.HasPrefix(page, "**Assay: "+word+"** · "))
	depth := 0
	for _, tag := range tags.FindAllStringSubmatch(page, -1) {
		if depth++; tag[1] == "/" {
			depth -= 2
		}
		require.GreaterOrEqual(t, depth, 0)
	}
	require.Zero(t, depth, "a fold is open at the end")
	require.Contains(t, page, "\n---\n<sub>Base: ")
	if !parse {
		return
	}
	root := rendered(t, page)
	for _, table := range elements(root, atom.Table) {
		width := len(elements(elements(table, atom.Tr)[0], atom.Th))
		require.NotEmpty(t, elements(table, atom.Td), "a table's head alone")
		for _, row := range elements(table, atom.Tr)[1:] {
			require.Len(t, elements(row, atom.Td), width)
		}
	}
	for _, line := range elements(root, atom.Sub) {
		require.Contains(t, []string{"body", "p"}, line.Parent.Data, "the end stands outside of every fold")
		for n := line.Parent; n != nil; n = n.Parent {
			require.NotEqual(t, atom.Details, n.DataAtom)
		}
	}
}

// What is cut is cut from the bottom: a page with a smaller budget begins like the one with a larger.
func TestRowsAreLeftOutFromTheBottom(t *testing.T) {
	answer := toy{}
	table := finding.Table{Title: "t", Header: []string{"name", "value"}}
	for i := range 3000 {
		table.Rows = append(table.Rows, finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Name(fmt.Sprintf("column %d %s", i, strings.Repeat("x", i*7%200))), finding.Number{Value: 0.5}}})
	}
	answer.blocks = []finding.Block{table, finding.Note{Text: "behind"}}
	page := markdownOf(t, resultOf("m", answer), report.Comment)
	rows := strings.Count(page, "| `column ")
	require.Contains(t, page, fmt.Sprintf("| `column %d x", rows-1), "no shorter row slips in behind the first that does not fit")
	require.NotContains(t, page, "behind", "nor anything else")
	require.Contains(t, page, fmt.Sprintf("\n%d rows were left out", 3001-rows))
	require.Greater(t, len(page), int(report.Comment)-400, "no more is left out than must be")
}

// Annotations, log and outputs have limits of their own, whatever stands in a finding.
func TestAnnotationsKeepToTheirLimits(t *testing.T) {
	for _, s := range huge {
		for _, a := range report.Annotations(hostileResult(s)) {
			require.LessOrEqual(t, len(a.Title), 255)    // check runs: characters
			require.LessOrEqual(t, len(a.Message), 4096) // the runner's log; check runs take 64 KB
			require.True(t, utf8.ValidString(a.Title+a.Message))
		}
		require.LessOrEqual(t, len(report.Sentence(hostileResult(s))), 16<<10)
	}
}

// A page of trouble shows the first lines, and says how many there are more.
func TestALongErrorKeepsToTheBudget(t *testing.T) {
	lines := make([]string, 1000)
	for i := range lines {
		lines[i] = strings.Repeat("\x00é`", 1000) + "\u202e"
	}
	page := report.Trouble("m", strings.Join(lines, "\n"), "Mend it.")
	require.LessOrEqual(t, len(page), int(report.CheckSummary))
	require.Contains(t, page, "… and 940 more lines, in the log of the job")
	require.NotContains(t, report.Trouble("m", "one line", "Mend it."), "more line")
}
