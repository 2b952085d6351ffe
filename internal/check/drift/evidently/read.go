package evidently

import (
	"context"
	"math"

	"golang.org/x/sync/errgroup"

	"github.com/assay-ml/assay/internal/data/table"
)

// columns are the columns of one table, by name.
type columns struct {
	rows    int64
	samples map[string]*sample
}

// readBoth reads columns of both tables at once. Neither needs to have all of them.
func readBoth(ctx context.Context, reference, current *table.Table, names []string, spec Spec) (left, right columns, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { left, err = read(ctx, reference, names, spec); return err })
	group.Go(func() (err error) { right, err = read(ctx, current, names, spec); return err })
	return left, right, group.Wait()
}

// read collects those of the columns that the table has, in two scans: pandas' type of a column shows with its last value.
func read(ctx context.Context, t *table.Table, names []string, spec Spec) (read columns, err error) {
	err = table.Settled(func() error {
		r := reader{table: t, inOrder: spec.names("TVD"), isNull: func(text string) bool { return text == "" }}
		if spec.nulls() == NullsPandas {
			r.isNull = func(text string) bool { return pandasNulls[text] }
		}
		for _, name := range names {
			if column, ok := t.Column(name); ok {
				r.columns = append(r.columns, column)
			}
		}
		if read.rows, err = t.Rows(ctx); err != nil || len(r.columns) == 0 {
			return err
		}
		read.samples, err = r.read(ctx)
		return err
	})
	return read, err
}

// reader reads some columns of one table.
type reader struct {
	table   *table.Table
	columns []table.Column
	inOrder bool                   // keep the order of the rows too
	isNull  func(text string) bool // of a field of CSV
}

func (r reader) isCSV() bool { return r.table.Format() == "csv" }

func (r reader) read(ctx context.Context) (map[string]*sample, error) {
	typings := make([]typing, len(r.columns))
	if err := r.scan(ctx, func(column int, v *table.Vector, n int) { r.look(&typings[column], v, n) }); err != nil {
		return nil, err
	}
	collected, samples := make([]*sample, len(r.columns)), map[string]*sample{}
	for i, column := range r.columns {
		collected[i] = &sample{dtype: stored(column, typings[i].nulls), counts: map[string]int64{}}
		if r.isCSV() {
			collected[i].dtype = typings[i].dtype()
		}
		samples[column.Name] = collected[i]
	}
	if err := r.scan(ctx, func(column int, v *table.Vector, n int) { r.collect(collected[column], v, n) }); err != nil {
		return nil, err
	}
	for _, s := range collected {
		s.finish(r.inOrder)
	}
	return samples, nil
}

// scan hands out each column of each chunk.
func (r reader) scan(ctx context.Context, consume func(column int, v *table.Vector, n int)) error {
	names := make([]string, len(r.columns))
	for i, column := range r.columns {
		names[i] = column.Name
	}
	return r.table.ScanTexts(ctx, names, func(chunk *table.Chunk) error {
		for i := range chunk.Columns {
			consume(i, &chunk.Columns[i], chunk.Len)
		}
		return nil
	})
}

// isMissing reports whether pandas takes value i for null.
func (r reader) isMissing(v *table.Vector, i int) bool {
	return !v.Valid(i) || r.isCSV() && r.isNull(v.Strings[i]) || v.Kind == table.Float && math.IsNaN(v.Numbers[i])
}

func (r reader) look(t *typing, v *table.Vector, n int) {
	for i := range n {
		switch {
		case r.isMissing(v, i):
			t.nulls++
		case r.isCSV():
			t.add(v.Strings[i])
		}
	}
}

func (r reader) collect(s *sample, v *table.Vector, n int) {
	for i := range n {
		if r.isMissing(v, i) {
			continue
		}
		s.values++
		switch {
		case !s.dtype.hasNumbers() && v.Strings != nil:
			s.count(v.Strings[i], r.inOrder)
		case !s.dtype.hasNumbers(): // dates and the like, which are not compared
		case v.Strings == nil:
			s.numbers = append(s.numbers, v.Numbers[i])
		default:
			s.numbers = append(s.numbers, fieldNumber(s.dtype, v.Strings[i]))
		}
	}
}

// fieldNumber is the value of a field that its column's typing took for a number or a truth value.
func fieldNumber(d dtype, text string) float64 {
	if d == bools || d == nullBools {
		if isBool(text) && len(text) == len("true") {
			return 1
		}
		return 0
	}
	v, _ := parseNumber(text)
	return v
}
