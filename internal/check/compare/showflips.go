package compare

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// maxNamed bounds the keys that a line names.
const maxNamed = 5

// sentence counts the flips and names the first that broke.
func (f Flips) sentence() string {
	text := fmt.Sprintf("What flipped: %d rows that were right are now wrong, %d that were wrong are now right.", f.Broke, f.Fixed)
	var names []string
	for _, e := range f.Examples {
		if e.Kind == broke && len(names) < maxNamed {
			names = append(names, e.name())
		}
	}
	if len(names) > 0 {
		text += " Now wrong: " + strings.Join(names, "; ")
		if f.Broke > int64(len(names)) {
			text += " …"
		} else {
			text += "."
		}
	}
	if f.OfFirst {
		text += " These are the rows of the first training of each model."
	}
	return text
}

// name is the key of a row, with its repeat.
func (f Flip) name() string {
	if f.Repeat == "" {
		return f.Key
	}
	return f.Key + " (" + f.Repeat + ")"
}

// blocks are the flips by slice, and their rows.
func (f Flips) blocks() []finding.Block {
	var blocks []finding.Block
	if len(f.BySlice) > 0 {
		table := finding.Table{Title: "Flips by slice", Told: true, Header: []string{"column", "value", "rows", "now wrong", "now right"}}
		for _, c := range f.worst() {
			table.Rows = append(table.Rows, finding.Row{Outcome: finding.Pass, Changed: c.Broke > c.Fixed,
				Cells: []finding.Cell{finding.Name(c.Column), finding.Name(c.Level), finding.Count(c.Rows), finding.Count(c.Broke), finding.Count(c.Fixed)}})
		}
		blocks = append(blocks, table)
	}
	if len(f.Examples) == 0 {
		return blocks
	}
	if blocks = append(blocks, f.some()); max(f.Broke, f.Fixed) > maxShown {
		blocks = append(blocks, f.all())
	}
	return blocks
}

var flipHeader = []string{"now", "key", "repeat", "label", "champion said", "challenger said"}

// some are the first rows of each kind, for a small surface.
func (f Flips) some() finding.Table {
	table := finding.Table{Title: "The first rows that flipped", Told: true, Header: flipHeader}
	shown := map[string]int{}
	for _, e := range f.Examples {
		if shown[e.Kind]++; shown[e.Kind] <= maxShown {
			table.Rows = append(table.Rows, e.row())
		}
	}
	return table
}

// all is how many rows flipped, with those that are kept for whoever asks for them.
func (f Flips) all() finding.Table {
	table := finding.Table{Title: "All rows that flipped", Told: true, Header: []string{"now", "rows", ""}}
	for _, kind := range []struct {
		name, now string
		count     int64
	}{{broke, "wrong", f.Broke}, {mended, "right", f.Fixed}} {
		of := finding.Table{Title: "Now " + kind.now, Header: flipHeader}
		for _, e := range f.Examples {
			if e.Kind == kind.name {
				of.Rows = append(of.Rows, e.row())
			}
		}
		row := finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Name(kind.now), finding.Count(kind.count), finding.Absent{}}}
		if len(of.Rows) > 0 {
			row.Detail = []finding.Block{of}
		}
		if more := kind.count - int64(len(of.Rows)); more > 0 {
			row.Cells[2] = finding.Text(fmt.Sprintf("%d more are in the file of flips", more))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func (f Flip) row() finding.Row {
	now := finding.Text("right")
	if f.Kind == broke {
		now = "wrong"
	}
	cells := []finding.Cell{now}
	for _, text := range []string{f.Key, f.Repeat, f.Label, f.Champion, f.Challenger} {
		cells = append(cells, nameOrAbsent(text))
	}
	return finding.Row{Outcome: finding.Pass, Changed: f.Kind == broke, Cells: cells}
}

func nameOrAbsent(text string) finding.Cell {
	if text == "" {
		return finding.Absent{}
	}
	return finding.Name(text)
}
