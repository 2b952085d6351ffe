package leak

import (
	"slices"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// indexColumns finds the whole-number columns that only number the rows: in train alone, in test alone, or over both, they
// hold each number of a range once. Such a column is what a data frame writes beside its values; it hides equal rows.
func (s search) indexColumns() ([]string, error) {
	candidates := slices.DeleteFunc(s.features(), func(name string) bool {
		inTest, inTrain := s.both(name)
		return inTest.Kind != table.Integer || inTrain.Kind != table.Integer
	})
	train, err := s.spans(s.train, candidates)
	if err != nil {
		return nil, err
	}
	test, err := s.spans(s.test, candidates)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, name := range candidates {
		values := "SELECT " + table.Identifier(name) + " AS value FROM "
		inTrain, inTest := values+s.train.Relation(), values+s.test.Relation()
		isIndex, err := s.anyNumbers([]numbered{{train[i], inTrain}, {test[i], inTest}, {train[i].and(test[i]), inTrain + " UNION ALL " + inTest}})
		if err != nil {
			return nil, err
		}
		if isIndex {
			names = append(names, name)
		}
	}
	return names, nil
}

// minNumbered is how many rows a table must have before consecutive numbers are more than chance.
const minNumbered = 20

// span is the range of a column of whole numbers, and how many of its rows hold one.
type span struct {
	rows, values int64
	low, high    float64
}

func (a span) and(b span) span {
	return span{a.rows + b.rows, a.values + b.values, min(a.low, b.low), max(a.high, b.high)}
}

// fits reports whether the column may hold each number of its range once.
func (a span) fits() bool {
	return a.rows >= minNumbered && a.rows == a.values && a.high-a.low+1 == float64(a.rows)
}

func (s search) spans(t *table.Table, columns []string) ([]span, error) {
	expressions := []string{"count(*)"}
	for _, name := range columns {
		id := table.Identifier(name)
		expressions = append(expressions, "count("+id+")", "min("+id+")", "max("+id+")")
	}
	values, err := t.Aggregate(s.ctx, expressions...)
	if err != nil {
		return nil, err
	}
	spans := make([]span, len(columns))
	for i := range columns {
		spans[i] = span{int64(values[0].Number), int64(values[3*i+1].Number), values[3*i+2].Number, values[3*i+3].Number}
	}
	return spans, nil
}

// numbered is a column with the query that gives its values.
type numbered struct {
	span
	query string
}

// anyNumbers reports whether one of the columns has values that are all different, among those whose range fits; few do.
func (s search) anyNumbers(columns []numbered) (bool, error) {
	for _, column := range columns {
		if !column.fits() {
			continue
		}
		result, err := s.train.Engine().Query(s.ctx, "SELECT count(*) = count(DISTINCT value) FROM ("+column.query+")")
		if err != nil {
			return false, err
		}
		if result.Rows[0][0].Number == 1 {
			return true, nil
		}
	}
	return false, nil
}

// numbering warns of index columns.
func (s search) numbering() ([]Check, error) {
	check := Check{Rule: "index-columns", Columns: s.index, Outcome: finding.Warn}
	return []Check{check.about(s.index, "only number the rows", "a model may learn the order of the file: leave them out of the data, or name them as the key")}, nil
}
