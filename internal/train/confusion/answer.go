package confusion

import (
	"fmt"

	"github.com/assay-ml/assay/internal/finding"
)

// Kind names confusion matrices in result files.
func (Result) Kind() string { return "confusion" }

// Findings are one: that the classes are shown judges nothing, that they cannot be deserves a word.
func (r Result) Findings() []finding.Finding {
	f := finding.Finding{Rule: "predictions", Subject: r.Path, Outcome: finding.Pass, Message: fmt.Sprintf("%d predictions of %d classes are shown", r.Rows, len(r.Classes))}
	if r.Why != "" {
		f.Outcome, f.Message = finding.Warn, fmt.Sprintf("the classes of %s cannot be shown: %s", r.Path, r.Why)
		f.Hint = "correct report: predictions"
	}
	return []finding.Finding{f}
}

// maxAcross bounds the classes of a matrix: a wider one cannot be read in a comment.
const maxAcross = 12

// Blocks are a table with a row for each class, and the matrix where a page is wide enough.
func (r Result) Blocks() []finding.Block {
	if r.Why != "" {
		return []finding.Block{finding.Line{Outcome: finding.Warn, Text: r.Findings()[0].Message}}
	}
	blocks := []finding.Block{r.perClass()}
	if len(r.Classes) <= maxAcross {
		blocks = append(blocks, r.matrix())
	}
	if r.Unjudged > 0 {
		blocks = append(blocks, finding.Note{Text: fmt.Sprintf("%d rows have no label or no prediction.", r.Unjudged)})
	}
	return append(blocks, finding.Note{Text: "These numbers are the training code's own; nothing here blocks."})
}

// perClass tells of each class how many of its rows were found (recall), and how many of the rows predicted as it are of it
// (precision); F1 is the harmonic mean of the two.
func (r Result) perClass() finding.Table {
	t := finding.Table{Title: "Classes in " + r.Path, Header: []string{"class", "rows", "predicted", "precision", "recall", "F1"}}
	for i, name := range r.Classes {
		rows, predicted, hits := int64(0), int64(0), r.Counts[i][i]
		for j := range r.Classes {
			rows += r.Counts[i][j]
			predicted += r.Counts[j][i]
		}
		t.Rows = append(t.Rows, finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Name(name), finding.Count(rows), finding.Count(predicted),
			ratio(hits, predicted), ratio(hits, rows), ratio(2*hits, rows+predicted)}})
	}
	return t
}

// ratio is absent where there is nothing to divide by.
func ratio(part, whole int64) finding.Cell {
	if whole == 0 {
		return finding.Absent{}
	}
	return finding.Number{Value: float64(part) / float64(whole)}
}

func (r Result) matrix() finding.Table {
	t := finding.Table{Title: "Label by prediction", Header: append([]string{"label"}, r.Classes...)}
	for i, name := range r.Classes {
		row := finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Name(name)}}
		for _, count := range r.Counts[i] {
			row.Cells = append(row.Cells, finding.Count(count))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
