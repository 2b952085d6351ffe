package table

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// SampleSpec says which rows a sample takes.
type SampleSpec struct {
	Rows       int64  // how many; all where the table has fewer
	Seed       uint64 // the same seed takes the same rows, whatever the number of threads
	StratifyBy string // a column whose shares the sample keeps; "" for none
}

// Extension is that of a sample's file: .csv, .tsv, .jsonl or .parquet.
func (t *Table) Extension() string {
	switch l := t.reading(); {
	case l.format == "csv" && l.readers[0].dialect.delimiter == '\t':
		return ".tsv"
	case l.format == "csv":
		return ".csv"
	case l.format == "jsonl":
		return ".jsonl"
	}
	return ".parquet"
}

// Sample writes some rows, drawn without replacement and in the order of the table, as one file of the table's format:
// CSV in UTF-8 with the delimiter, quote and header of the original and its values as they stand there, JSON lines, or
// Parquet. The file appears whole or not at all.
func (t *Table) Sample(ctx context.Context, spec SampleSpec, destination string) error {
	if spec.Rows < 1 {
		return fmt.Errorf("sample table %s: %d rows asked for; ask for at least 1", t.name, spec.Rows)
	}
	rows, err := t.draw(ctx, spec)
	if err == nil {
		err = t.write(ctx, rows, destination)
	}
	if err != nil {
		return fmt.Errorf("sample table %s: %w", t.name, err)
	}
	return nil
}

// draw picks row numbers, from 1 over the whole table, in ascending order.
func (t *Table) draw(ctx context.Context, spec SampleSpec) ([]int64, error) {
	strata, err := t.strata(ctx, spec.StratifyBy)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(spec.Seed, 0))
	var drawn []int64
	for i, share := range allocate(strata, spec.Rows) {
		for _, at := range choose(random, int64(len(strata[i])), share) {
			drawn = append(drawn, strata[i][at])
		}
	}
	slices.Sort(drawn)
	return drawn, nil
}

// strata groups the row numbers by the column's value, in order of first appearance; null is a value of its own.
func (t *Table) strata(ctx context.Context, column string) ([][]int64, error) {
	if column == "" {
		n, err := t.Rows(ctx)
		if err != nil || n == 0 {
			return nil, err
		}
		all := make([]int64, n)
		for i := range all {
			all[i] = int64(i) + 1
		}
		return [][]int64{all}, nil
	}
	var strata [][]int64
	index, row := map[string]int{}, int64(0)
	err := t.Scan(ctx, []string{column}, func(c *Chunk) error {
		v := &c.Columns[0]
		for i := range c.Len {
			row++
			key := v.key(i)
			at, seen := index[key]
			if !seen {
				at = len(strata)
				index[key] = at
				strata = append(strata, nil)
			}
			strata[at] = append(strata[at], row)
		}
		return nil
	})
	return strata, err
}

// key tells values apart; null is no value's text.
func (v *Vector) key(i int) string {
	switch {
	case !v.Valid(i):
		return ""
	case v.Strings != nil:
		return "=" + v.Strings[i]
	}
	return strconv.FormatFloat(v.Numbers[i], 'g', -1, 64)
}

// allocate shares n rows out in proportion to the strata's sizes, by largest remainder; of equal remainders the stratum
// that appears first wins.
func allocate(strata [][]int64, n int64) []int64 {
	var total int64
	for _, s := range strata {
		total += int64(len(s))
	}
	n = min(n, total)
	shares, order, left := make([]int64, len(strata)), make([]int, len(strata)), n
	for i, s := range strata {
		shares[i] = int64(len(s)) * n / total
		left -= shares[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return int(int64(len(strata[b]))*n%total - int64(len(strata[a]))*n%total)
	})
	for _, i := range order[:left] {
		shares[i]++
	}
	return shares
}

// choose draws k of the numbers 0 to n-1 (Floyd's algorithm), in any order that depends on random alone.
func choose(random *rand.Rand, n, k int64) []int64 {
	chosen, drawn := make([]int64, 0, k), make(map[int64]bool, k)
	for top := n - k; top < n; top++ {
		pick := random.Int64N(top + 1)
		if drawn[pick] {
			pick = top
		}
		drawn[pick] = true
		chosen = append(chosen, pick)
	}
	return chosen
}

// write copies the rows beside the destination, makes them durable, and renames.
func (t *Table) write(ctx context.Context, rows []int64, destination string) (err error) {
	beside, err := os.CreateTemp(filepath.Dir(destination), ".sample-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(beside.Name()))
		}
	}()
	if err := beside.Close(); err != nil {
		return err
	}
	if err := t.engine.exec(ctx, t.copySQL(rows, beside.Name())); err != nil {
		return t.settle(ctx, err)
	}
	if err := syncFile(beside.Name()); err != nil {
		return err
	}
	return os.Rename(beside.Name(), destination)
}

func (t *Table) copySQL(rows []int64, path string) string {
	l := t.reading()
	numbers := make([]string, len(rows))
	for i, row := range rows {
		numbers[i] = strconv.FormatInt(row, 10)
	}
	options := []string{"FORMAT parquet", "USE_TMP_FILE false"}
	source := l.sql()
	switch d := l.readers[0].dialect; l.format {
	case "csv":
		source = l.raw()
		options[0] = fmt.Sprintf("FORMAT csv, HEADER %t, DELIMITER %s, QUOTE %s, ESCAPE %[3]s, COMPRESSION none", d.header,
			Literal(string(d.delimiter)), Literal(string(d.quote)))
	case "jsonl":
		options[0] = "FORMAT json, COMPRESSION none"
	}
	return fmt.Sprintf("COPY (SELECT * EXCLUDE (%[1]s) FROM (SELECT row_number() OVER () AS %[1]s, * FROM (%[2]s))"+
		" WHERE %[1]s IN (SELECT unnest(CAST([%[3]s] AS BIGINT[]))) ORDER BY %[1]s) TO %[4]s (%[5]s)",
		rowNumber, source, strings.Join(numbers, ", "), Literal(path), strings.Join(options, ", "))
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Chmod(0o644), f.Close())
}
