package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Labeled is a search under a name.
type Labeled struct {
	Label string
	Search
}

// Export writes all rows that the searches find as one Parquet file: for each the search's label, the file and the row's
// number in it ("assay rule", "assay file", "assay row"), then the columns but for those named in without. A row that several
// searches find stands there for each. The file appears whole or not at all. Columns and Limit of a search do not count.
func (t *Table) Export(ctx context.Context, path string, searches []Labeled, without []string) error {
	if len(searches) == 0 {
		return errors.New("export rows: no search")
	}
	return t.exportQuery(ctx, path, t.exported(searches, without))
}

// ExportResult writes all rows that a SELECT returns as a Parquet file, whole or not at all.
func (t *Table) ExportResult(ctx context.Context, path, query string) error {
	return t.exportQuery(ctx, path, "\n"+query+"\n")
}

func (t *Table) exportQuery(ctx context.Context, path, query string) error {
	scratch := filepath.Join(t.engine.spill, "export.parquet") // a fenced engine writes nowhere else
	defer os.Remove(scratch)
	copied := "COPY (" + query + ") TO " + Literal(scratch) + " (FORMAT parquet, COMPRESSION zstd)"
	if err := t.engine.exec(ctx, copied); err != nil {
		return fmt.Errorf("export rows of table %s: %w", t.name, t.settle(ctx, err))
	}
	if err := place(scratch, path); err != nil {
		return fmt.Errorf("write failing rows: %w", err)
	}
	return nil
}

// exported is the SELECT of all searches over all files.
func (t *Table) exported(searches []Labeled, without []string) string {
	var fields []string
	for _, c := range t.Columns() {
		if !slices.Contains(without, c.Name) {
			fields = append(fields, Identifier(c.Name))
		}
	}
	l := t.reading()
	var selects []string
	for _, search := range searches {
		for _, f := range t.files {
			selected := append([]string{Literal(search.Label) + ` AS "assay rule"`, Literal(f.path) + ` AS "assay file"`, rowNumber + ` AS "assay row"`}, fields...)
			selects = append(selects, "SELECT "+strings.Join(selected, ", ")+" FROM "+t.numbered(l, f.path, search.Window)+" WHERE "+search.Where)
		}
	}
	return strings.Join(selects, " UNION ALL ")
}

// place copies a file to its path: beside it, synced, then renamed.
func place(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(to), ".assay-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Chmod(0o644), out.Sync(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	if err := os.Rename(out.Name(), to); err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	return nil
}
