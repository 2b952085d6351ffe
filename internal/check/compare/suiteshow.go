package compare

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// Blocks are the suites, the categories in which the challenger is weak, what flipped, and what was read.
func (r Suites) Blocks() []finding.Block {
	blocks := []finding.Block{r.line(), r.table()}
	for _, s := range r.Suites {
		if s.Compared == nil {
			continue
		}
		if text := s.Compared.fallen(); text != "" {
			blocks = append(blocks, finding.Note{Meta: finding.Meta{Changed: true}, Text: s.Name + ": " + text})
		}
	}
	if weak := r.categories(); len(weak.Rows) > 0 {
		blocks = append(blocks, weak)
	}
	blocks = append(blocks, r.flips()...)
	for _, s := range r.Suites {
		for _, note := range s.Notes {
			blocks = append(blocks, finding.Note{Text: s.Name + ": " + note + "."})
		}
	}
	return append(blocks, r.sources(), finding.Note{Text: "A gain is positive where the challenger is better. Suites that are critical must not be worse than their margin, and are one family (Holm 1979)."})
}

// line is the worst suite, the primary one before others.
func (r Suites) line() finding.Line {
	findings := slices.DeleteFunc(r.Findings(), func(f finding.Finding) bool { return f.Rule == sliceRule })
	if len(findings) == 0 {
		return finding.Line{Text: "no suite was compared"}
	}
	worst := slices.MaxFunc(findings, func(a, b finding.Finding) int {
		return cmp.Or(a.Outcome.Compare(b.Outcome), cmp.Compare(rank(a), rank(b)))
	})
	return finding.Line{Outcome: worst.Outcome, Text: worst.Message}
}

// rank puts what decides before what guards.
func rank(f finding.Finding) int {
	return slices.Index([]string{"advisory", "critical", "compare"}, f.Rule)
}

// interval is the head of a column of intervals, whose levels differ where looks tightened some.
func (r Suites) interval() string {
	if slices.ContainsFunc(r.Suites, func(s Suite) bool { return s.Compared != nil && s.Compared.Level != 0 }) {
		return "interval, as wide as the looks demand"
	}
	return "95 % interval"
}

// table is a row for each suite.
func (r Suites) table() finding.Table {
	table := finding.Table{Title: fmt.Sprintf("Evaluation suites: %d", len(r.Suites)),
		Header: []string{"suite", "metric", "role", "answers", "champion", "challenger", "gain", r.interval(), "margin", "p", "verdict", ""}}
	for _, s := range r.Suites {
		outcome := s.outcome(r.Need)
		row := finding.Row{Outcome: outcome, Changed: true, Pos: s.Pos}
		if s.Compared == nil || s.Compared.Primary == nil {
			row.Cells = []finding.Cell{finding.Name(s.Name), finding.Absent{}, finding.Text(s.Role)}
			row.Cells = append(row.Cells, slices.Repeat([]finding.Cell{finding.Absent{}}, 7)...)
			row.Cells = append(row.Cells, finding.Text("not compared"), finding.Verdict(outcome))
			row.Detail = []finding.Block{finding.Note{Text: s.why(r.Need)}}
		} else {
			m := *s.Compared.Primary
			row.Cells = slices.Concat([]finding.Cell{finding.Name(s.Name), finding.Name(m.Metric), finding.Text(s.Role), finding.Count(m.Rows)}, m.cells(), m.limit(),
				[]finding.Cell{finding.Text(m.Verdict.String()), finding.Verdict(outcome)})
			row.Detail = m.detail()
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// categories is a row for each category of each suite.
func (r Suites) categories() finding.Table {
	table := finding.Table{Title: "Categories", Told: true, Header: []string{"suite", "category", "answers", "champion", "challenger", "gain", r.interval(), "verdict", ""}}
	for _, s := range r.Suites {
		if s.Compared == nil {
			continue
		}
		for _, slice := range s.Compared.byGain() {
			outcome := slice.finding().Outcome
			table.Rows = append(table.Rows, finding.Row{Outcome: outcome, Changed: slice.Verdict == Worse || slice.Verdict == Better, Detail: slice.detail(),
				Cells: slices.Concat([]finding.Cell{finding.Name(s.Name), finding.Name(slice.Level), finding.Count(slice.Rows)}, slice.cells(),
					[]finding.Cell{finding.Text(slice.Verdict.String()), finding.Verdict(outcome)})})
		}
	}
	return table
}

// flips say how many answers flipped in each suite, and name the first of them.
func (r Suites) flips() []finding.Block {
	var blocks, folded []finding.Block
	for _, s := range r.Suites {
		if s.Compared == nil || s.Compared.Flips == nil || s.Compared.Flips.Broke+s.Compared.Flips.Fixed == 0 {
			continue
		}
		f := s.Compared.Flips
		blocks = append(blocks, finding.Note{Meta: finding.Meta{Changed: f.Broke > f.Fixed}, Text: s.Name + ": " + f.sentence()})
		some := f.some()
		some.Title = "The first answers of " + s.Name + " that flipped"
		if folded = append(folded, some); max(f.Broke, f.Fixed) > maxShown {
			folded = append(folded, f.all())
		}
	}
	if len(folded) > 0 {
		blocks = append(blocks, finding.Fold{Title: "Answers that flipped", Blocks: folded})
	}
	return blocks
}

// sources say what was read.
func (r Suites) sources() finding.Note {
	var all []string
	for _, s := range r.Runs {
		text := fmt.Sprintf("%s (%s)", s.Path, s.Format)
		if s.Model != "" {
			text = fmt.Sprintf("%s (%s, model %s)", s.Path, s.Format, s.Model)
		}
		all = append(all, strings.Join(append([]string{text}, s.Notes...), "; "))
	}
	if len(all) == 0 {
		return finding.Note{Text: "Nothing could be read."}
	}
	return finding.Note{Text: "Read: " + strings.Join(all, "; ") + "."}
}

// suiteFlips are the flips of one suite.
type suiteFlips struct {
	suite string
	*allFlips
}

// write puts the flips of all suites into one file, as CSV. Beside two tables, whose flips the file is for, or where the name is
// that of a Parquet file, its own name has -suites in it.
func (b *battery) write(path string) error {
	if extension := filepath.Ext(path); b.spec.HasTables() || strings.EqualFold(extension, ".parquet") {
		path = strings.TrimSuffix(path, extension) + "-suites.csv"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(b.writeRecords(csv.NewWriter(file)), file.Close())
}

func (b *battery) writeRecords(w *csv.Writer) error {
	records := [][]string{{"suite", "flip", "key", "repeat"}}
	for _, f := range b.flips {
		for _, row := range f.rows {
			flip := f.flip(row)
			records = append(records, []string{f.suite, flip.Kind, flip.Key, flip.Repeat})
		}
	}
	return w.WriteAll(records)
}
