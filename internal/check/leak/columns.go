package leak

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

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
	if check, ok := s.comparable("constant-columns", columns); !ok {
		return []Check{check}, nil
	}
	summaries, err := s.summaries(columns)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, name := range columns {
		if summaries[i].constant {
			names = append(names, name)
		}
	}
	check := Check{Rule: "constant-columns", Columns: names, Outcome: finding.Warn}
	return []Check{check.about(names, "hold one value in all rows of "+s.train.Name(), "nothing can be learned from them")}, nil
}

// duplicates finds columns of train that are equal in every row. One that equals the label is a leak and no suspicion.
func (s search) duplicates() ([]Check, error) {
	columns := s.features()
	if check, ok := s.comparable("duplicate-columns", columns); !ok {
		return []Check{check}, nil
	}
	if s.spec.Label != "" && len(s.missing(s.spec.Label)) == 0 {
		columns = append([]string{s.spec.Label}, columns...)
	}
	copies, err := s.copies(columns)
	if err != nil {
		return nil, err
	}
	var names, pairs []string
	outcome := finding.Warn
	for _, found := range copies {
		names, pairs = append(names, found.name), append(pairs, found.name+" = "+found.of)
		if found.of == s.spec.Label {
			outcome = s.spec.Severity.Broken()
		}
	}
	check := Check{Rule: "duplicate-columns", Columns: names, Outcome: outcome}
	return []Check{check.about(pairs, "are copies of others in "+s.train.Name(), "leave them out")}, nil
}

// comparable is false, with the check that says why, where columns cannot be judged by their values.
func (s search) comparable(rule string, columns []string) (Check, bool) {
	switch {
	case len(columns) == 0:
		return Check{Rule: rule}.unable(finding.Missing, "the tables have no feature in common"), false
	case s.trainRows < 2:
		return Check{Rule: rule}.unable(finding.TooFewRows, s.train.Name()+" has one row"), false
	}
	return Check{}, true
}

// copied is a column that equals an earlier one.
type copied struct{ name, of string }

// copies finds the columns that equal an earlier one and are not constant.
func (s search) copies(columns []string) ([]copied, error) {
	summaries, err := s.summaries(columns)
	if err != nil {
		return nil, err
	}
	var found []copied
	originals := map[string][]string{} // by digest
	for i, name := range columns {
		if summaries[i].constant {
			continue
		}
		of, err := s.original(name, originals[summaries[i].digest])
		if err != nil {
			return nil, err
		}
		if of != "" {
			found = append(found, copied{name, of})
		} else {
			originals[summaries[i].digest] = append(originals[summaries[i].digest], name)
		}
	}
	return found, nil
}

// original is the first of some columns that equals name, or "". Columns with the same summary may hold their values in
// another order.
func (s search) original(name string, columns []string) (string, error) {
	for _, column := range columns {
		same, err := s.equal(column, name)
		if err != nil || same {
			return column, err
		}
	}
	return "", nil
}

// equal compares two columns row by row.
func (s search) equal(a, b string) (bool, error) {
	n, err := s.train.CountRows(s.ctx, table.Identifier(a)+" IS DISTINCT FROM "+table.Identifier(b))
	return n == 0, err
}

// about completes a check of columns that was made for what was found: without a find it passes.
func (c Check) about(found []string, what, advice string) Check {
	if c.Count = int64(len(found)); c.Count == 0 {
		c.Outcome, c.Message = finding.Pass, "no columns "+what
		return c
	}
	c.Message = fmt.Sprintf("columns that %s: %s; %s", what, list(found), advice)
	return c
}

// maxNamed bounds how many names a message lists.
const maxNamed = 8

func list(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + fmt.Sprintf(" and %d more", len(names)-maxNamed)
	}
	return strings.Join(names, ", ")
}
