package leak

import (
	"fmt"
	"slices"
	"strings"

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
	var names []string
	for _, t := range []*table.Table{s.train, s.test} {
		found, err := s.numbered(t, candidates)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	across, err := s.across(candidates)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(candidates, func(name string) bool { return !slices.Contains(names, name) && !slices.Contains(across, name) }), nil
}

// minNumbered is how many rows a table must have before consecutive numbers are more than chance.
const minNumbered = 20

// numbered lists the columns that hold each number of a range once in one table.
func (s search) numbered(t *table.Table, columns []string) ([]string, error) {
	ranges, err := s.ranges(t, columns)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, name := range columns {
		if r := ranges[i]; r.rows >= minNumbered && r.rows == r.values && r.high-r.low+1 == float64(r.rows) {
			names = append(names, name)
		}
	}
	return s.distinct(names, func(name string) string { return "SELECT " + table.Identifier(name) + " AS value FROM " + t.Relation() })
}

// across lists the columns that hold each number of a range once in both tables together: a numbered table that was split.
func (s search) across(columns []string) ([]string, error) {
	train, err := s.ranges(s.train, columns)
	if err != nil {
		return nil, err
	}
	test, err := s.ranges(s.test, columns)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, name := range columns {
		rows, values := train[i].rows+test[i].rows, train[i].values+test[i].values
		if width := max(train[i].high, test[i].high) - min(train[i].low, test[i].low) + 1; rows >= minNumbered && rows == values && width == float64(rows) {
			names = append(names, name)
		}
	}
	return s.distinct(names, func(name string) string {
		value := "SELECT " + table.Identifier(name) + " AS value FROM "
		return value + s.train.Relation() + " UNION ALL " + value + s.test.Relation()
	})
}

// span is the range of a column of whole numbers, and how many of its rows hold one.
type span struct {
	rows, values int64
	low, high    float64
}

func (s search) ranges(t *table.Table, columns []string) ([]span, error) {
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

// distinct keeps the names whose values are all different. Few get here: their counts and ranges already fit.
func (s search) distinct(names []string, query func(name string) string) ([]string, error) {
	var kept []string
	for _, name := range names {
		result, err := s.train.Engine().Query(s.ctx, "SELECT count(*) = count(DISTINCT value) FROM ("+query(name)+")")
		if err != nil {
			return nil, err
		}
		if result.Rows[0][0].Number == 1 {
			kept = append(kept, name)
		}
	}
	return kept, nil
}

// numbering warns of index columns.
func (s search) numbering() ([]Check, error) {
	return s.columnsFound("index-columns", s.index, finding.Warn, "only number the rows: a model may learn the order of the file; leave them out of the data, or name them as the key"), nil
}

// summary is what tells columns apart without their rows: how many values, and a sum of hashes that no order changes.
type summary struct {
	constant bool
	digest   string
}

func (s search) summaries(columns []string) ([]summary, error) {
	var expressions []string
	for _, name := range columns {
		id := table.Identifier(name)
		expressions = append(expressions,
			fmt.Sprintf("min(hash(%[1]s)) = max(hash(%[1]s))", id),
			fmt.Sprintf("concat(any_value(typeof(%[1]s)), ' ', count(%[1]s), ' ', sum(CAST(hash(%[1]s) AS HUGEINT)))", id))
	}
	values, err := s.train.Aggregate(s.ctx, expressions...)
	if err != nil {
		return nil, err
	}
	summaries := make([]summary, len(columns))
	for i := range columns {
		summaries[i] = summary{values[2*i].Number == 1, values[2*i+1].Text}
	}
	return summaries, nil
}

// constants warns of columns that hold one value, or none, in all of train.
func (s search) constants() ([]Check, error) {
	columns := s.features()
	summaries, err := s.summaries(columns)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, name := range columns {
		if summaries[i].constant && s.trainRows > 1 {
			names = append(names, name)
		}
	}
	return s.columnsFound("constant-columns", names, finding.Warn, "hold one value in all rows of "+s.train.Name()+": nothing can be learned from them"), nil
}

// duplicates finds columns of train that are equal in every row. One that equals the label is a leak and no suspicion.
func (s search) duplicates() ([]Check, error) {
	columns := s.features()
	if s.spec.Label != "" && len(s.missing(s.spec.Label)) == 0 {
		columns = append([]string{s.spec.Label}, columns...)
	}
	summaries, err := s.summaries(columns)
	if err != nil {
		return nil, err
	}
	first := map[string]string{}
	var pairs, found []string
	outcome := finding.Warn
	for i, name := range columns {
		other, seen := first[summaries[i].digest]
		switch {
		case summaries[i].constant:
		case !seen:
			first[summaries[i].digest] = name
		default:
			same, err := s.equal(other, name)
			if err != nil {
				return nil, err
			}
			if !same {
				continue
			}
			pairs, found = append(pairs, name+" = "+other), append(found, name)
			if other == s.spec.Label {
				outcome = s.spec.Severity.Broken()
			}
		}
	}
	checks := s.columnsFound("duplicate-columns", found, outcome, "are copies of others in "+s.train.Name())
	if len(pairs) > 0 {
		checks[0].Message += ": " + list(pairs)
	}
	return checks, nil
}

// equal compares two columns row by row: equal sums of hashes may stand in another order.
func (s search) equal(a, b string) (bool, error) {
	n, err := s.train.CountRows(s.ctx, table.Identifier(a)+" IS DISTINCT FROM "+table.Identifier(b))
	return n == 0, err
}

// columnsFound is the check of a rule about columns.
func (s search) columnsFound(rule string, names []string, outcome finding.Outcome, what string) []Check {
	if len(names) == 0 {
		return []Check{{Rule: rule, Outcome: finding.Pass, Message: "no columns " + what}}
	}
	return []Check{{Rule: rule, Columns: names, Count: int64(len(names)), Outcome: outcome, Message: fmt.Sprintf("columns %s: %s", what, list(names))}}
}

// maxNamed bounds how many names a message lists.
const maxNamed = 8

func list(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + fmt.Sprintf(" and %d more", len(names)-maxNamed)
	}
	return strings.Join(names, ", ")
}
