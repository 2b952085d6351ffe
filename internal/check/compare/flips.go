package compare

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/data/table"
)

// Flips are the rows about which one model alone is right.
type Flips struct {
	Broke    int64       `json:"broke"` // were right and are now wrong
	Fixed    int64       `json:"fixed"` // were wrong and are now right
	BySlice  []FlipCount `json:"by-slice,omitempty"`
	Examples []Flip      `json:"examples,omitempty"` // the first of each kind
	OfFirst  bool        `json:"of-first,omitempty"` // of several trainings they are those of the first of each model
}

// FlipCount is the flips of one value of a column.
type FlipCount struct {
	Column string `json:"column"`
	Level  string `json:"level"`
	Rows   int64  `json:"rows"`
	Broke  int64  `json:"broke"`
	Fixed  int64  `json:"fixed"`
}

// Flip is one row that flipped. What may not be shown is "".
type Flip struct {
	Key        string `json:"key"` // or the number of the row in the champion's file
	Repeat     string `json:"repeat,omitempty"`
	Kind       string `json:"kind"` // broke or fixed; see broke and mended
	Label      string `json:"label,omitempty"`
	Champion   string `json:"champion,omitempty"`
	Challenger string `json:"challenger,omitempty"`
}

// The kinds of flips.
const (
	broke  = "broke"
	mended = "fixed"
)

// Of each kind so many rows are kept in the result, and so many shown in a small place; a file holds all of them.
const (
	maxFlips = 1000
	maxShown = 10
)

// allFlips are the flips with all their rows.
type allFlips struct {
	Flips
	j            *prediction.Joined
	v            view
	rows         []int32
	hidesClasses bool
	shownSlices  []prediction.Levels // those that a file may hold
}

func newFlips(j *prediction.Joined, v view, hidesClasses bool) *allFlips {
	f := &allFlips{j: j, v: v, hidesClasses: hidesClasses}
	counts := make([][]FlipCount, len(j.Slices))
	for i, levels := range j.Slices {
		counts[i] = make([]FlipCount, len(levels.Names))
		if !levels.IsSensitive {
			f.shownSlices = append(f.shownSlices, levels)
		}
	}
	for row := range v.label {
		kind := f.flipped(int32(row))
		count(&f.Broke, &f.Fixed, kind)
		for i, levels := range j.Slices {
			c := &counts[i][levels.Codes[row]]
			c.Rows++
			count(&c.Broke, &c.Fixed, kind)
		}
		if kind != "" {
			f.rows = append(f.rows, int32(row))
			f.example(int32(row), kind)
		}
	}
	f.OfFirst = len(v.challengers) > 1 || len(v.champions) > 1
	f.bySlice(counts)
	return f
}

// flipped is the kind of a row's flip, "" for none.
func (f *allFlips) flipped(row int32) string {
	was, is := f.v.champion.predicted[row] == f.v.label[row], f.v.challenger.predicted[row] == f.v.label[row]
	switch {
	case was && !is:
		return broke
	case !was && is:
		return mended
	}
	return ""
}

func count(broken, fixed *int64, kind string) {
	switch kind {
	case broke:
		*broken++
	case mended:
		*fixed++
	}
}

// bySlice lists the values of columns in which rows flipped; columns of many values are left to the file.
func (f *allFlips) bySlice(counts [][]FlipCount) {
	for i, levels := range f.j.Slices {
		if len(levels.Names) > maxSlices {
			continue
		}
		for code, c := range counts[i] {
			if c.Column, c.Level = levels.Column, levels.Shown(code); c.Broke+c.Fixed > 0 {
				f.BySlice = append(f.BySlice, c)
			}
		}
	}
}

func (f *allFlips) example(row int32, kind string) {
	if kind == broke && f.Broke > maxFlips || kind == mended && f.Fixed > maxFlips {
		return
	}
	f.Examples = append(f.Examples, f.flip(row))
}

// flip is a row as it may be shown.
func (f *allFlips) flip(row int32) Flip {
	flip := Flip{Key: f.j.Keys[row], Kind: f.flipped(row)}
	if f.j.IsSensitive {
		flip.Key = "row " + strconv.Itoa(int(row)+1)
	}
	if f.j.Repeats != nil {
		flip.Repeat = f.j.Repeats[row]
	}
	if !f.hidesClasses {
		name := func(code int32) string { return f.j.Classes[code] }
		flip.Label, flip.Champion, flip.Challenger = name(f.v.label[row]), name(f.v.champion.predicted[row]), name(f.v.challenger.predicted[row])
	}
	return flip
}

// write puts all flips into a file: Parquet where its name ends so, else CSV. Sensitive columns are left out.
func (f *allFlips) write(ctx context.Context, engine *table.Engine, path string) error {
	if !strings.EqualFold(filepath.Ext(path), ".parquet") {
		return f.writeCSV(path)
	}
	dir, err := os.MkdirTemp("", "assay-flips-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := f.writeCSV(filepath.Join(dir, "flips.csv")); err != nil {
		return err
	}
	hasHeader := true
	t, err := engine.Open(ctx, "assay flips", dir, table.Spec{Path: "flips.csv", Header: &hasHeader}, false)
	if err != nil {
		return err
	}
	return t.ExportResult(ctx, path, "SELECT * FROM "+t.Relation())
}

func (f *allFlips) writeCSV(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(f.writeRecords(csv.NewWriter(file)), file.Close())
}

func (f *allFlips) writeRecords(w *csv.Writer) error {
	header := []string{"flip", "key", "repeat", "label", "champion", "challenger"}
	for _, levels := range f.shownSlices {
		header = append(header, "slice "+levels.Column)
	}
	if err := w.Write(header); err != nil {
		return err
	}
	for _, row := range f.rows {
		flip := f.flip(row)
		record := []string{flip.Kind, flip.Key, flip.Repeat, flip.Label, flip.Champion, flip.Challenger}
		for _, levels := range f.shownSlices {
			record = append(record, levels.Names[levels.Codes[row]])
		}
		if err := w.Write(record); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// worst orders slices: those that lost most rows first.
func (f Flips) worst() []FlipCount {
	sorted := slices.Clone(f.BySlice)
	slices.SortStableFunc(sorted, func(a, b FlipCount) int { return int((b.Broke - b.Fixed) - (a.Broke - a.Fixed)) })
	return sorted
}
