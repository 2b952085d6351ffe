package leak

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// rows looks for rows of test that stand in train too, equal in every column that counts, nulls equal to nulls.
func (s search) rows() ([]Check, error) {
	columns := s.compared()
	if len(columns) == 0 {
		return []Check{Check{Rule: "shared-rows"}.unable(finding.Missing, "the tables have no column in common besides the key")}, nil
	}
	return s.overlap("shared-rows", columns, s.in(s.exact(columns), "true"), "rows of %s stand in %s too")
}

// similar looks for rows that are equal only after numbers were rounded and texts trimmed, without regard to case.
func (s search) similar() ([]Check, error) {
	columns := s.compared()
	rounded, exact := s.rounded(columns), s.exact(columns)
	if slices.Equal(rounded, exact) {
		return nil, nil // no text and no broken number: shared-rows has said all
	}
	message := fmt.Sprintf("rows of %%s stand in %%s too, once numbers are rounded to %d digits and texts trimmed", s.spec.digits())
	return s.overlap("similar-rows", columns, s.in(rounded, "true")+" AND NOT "+s.in(exact, "true"), message)
}

// keys looks for rows whose key stands in train. A key that is null in part identifies nothing.
func (s search) keys() ([]Check, error) {
	if len(s.key) == 0 {
		return nil, nil
	}
	return s.identified("shared-keys", s.key, "rows of %s have a key that stands in %s too")
}

// groups looks for rows whose group stands in train.
func (s search) groups() ([]Check, error) {
	if s.spec.Group == "" {
		return nil, nil
	}
	return s.identified("shared-groups", []string{s.spec.Group}, "rows of %s belong to a group that stands in %s too")
}

// identified looks for rows of test whose columns have the values of a row of train, none of them null.
func (s search) identified(rule string, columns []string, message string) ([]Check, error) {
	if missing := s.missing(columns...); len(missing) > 0 {
		return absent(rule, missing), nil
	}
	known := known(columns)
	checks, err := s.overlap(rule, columns, known+" AND "+s.in(s.exact(columns), "true"), message)
	if err != nil {
		return nil, err
	}
	return s.without(checks[0], known, known, list(columns))
}

// without adds to a check how many rows of test it could not judge, since they lack something. Where a table has nothing that
// meets its condition, nothing was judged.
func (s search) without(check Check, inTest, inTrain, what string) ([]Check, error) {
	train, err := s.train.CountRows(s.ctx, inTrain)
	if err != nil {
		return nil, err
	}
	test, err := s.test.CountRows(s.ctx, inTest)
	if err != nil {
		return nil, err
	}
	switch {
	case train == 0 || test == 0:
		check = Check{Rule: check.Rule, Columns: check.Columns}.unable(finding.Missing, "a table has no row with a value of "+what)
	case test < s.testRows:
		check.Message += fmt.Sprintf("; rows without a value of %s: %d", what, s.testRows-test)
	}
	return []Check{check}, nil
}

// conflicts looks for rows that equal a row of train in everything but the label. A row without a label contradicts none.
func (s search) conflicts() ([]Check, error) {
	if s.spec.Label == "" {
		return nil, nil
	}
	if missing := s.missing(s.spec.Label); len(missing) > 0 {
		return absent("label-conflicts", missing), nil
	}
	columns := slices.DeleteFunc(s.compared(), func(name string) bool { return name == s.spec.Label })
	if len(columns) == 0 {
		return []Check{Check{Rule: "label-conflicts"}.unable(finding.Missing, "the tables have no column in common besides the key and the label")}, nil
	}
	all := append(slices.Clone(columns), s.spec.Label)
	labelled := known([]string{s.spec.Label})
	condition := labelled + " AND " + s.in(s.exact(columns), labelled) + " AND NOT " + s.in(s.exact(all), "true")
	checks, err := s.overlap("label-conflicts", all, condition, "rows of %s equal a row of %s but for the label")
	if err != nil {
		return nil, err
	}
	return s.without(checks[0], labelled, labelled, s.spec.Label)
}

// exact is each column as it stands. Columns that the tables type differently compare as text.
func (s search) exact(columns []string) []string {
	values := make([]string, len(columns))
	for i, name := range columns {
		values[i] = table.Identifier(name)
		if left, right := s.both(name); left.SQLType != right.SQLType {
			values[i] = "CAST(" + values[i] + " AS VARCHAR)"
		}
	}
	return values
}

// rounded is each column with what differs by accident taken out: digits beyond the spec's, white space, case and the
// several forms in which Unicode writes one letter.
func (s search) rounded(columns []string) []string {
	values := s.exact(columns)
	for i, name := range columns {
		left, right := s.both(name)
		switch {
		case left.Kind.IsNumeric() && right.Kind.IsNumeric() && (left.Kind != table.Integer || right.Kind != table.Integer):
			x := "CAST(" + table.Identifier(name) + " AS DOUBLE)"
			values[i] = fmt.Sprintf("CASE WHEN %[1]s = 0 OR NOT isfinite(%[1]s) THEN %[1]s + 0 ELSE round(%[1]s, CAST(%[2]d - floor(log10(abs(%[1]s))) AS INTEGER)) END",
				x, s.spec.digits()-1)
		case left.Kind == table.String || right.Kind == table.String:
			values[i] = `lower(trim(regexp_replace(nfc_normalize(CAST(` + table.Identifier(name) + ` AS VARCHAR)), '\s+', ' ', 'g')))`
		}
	}
	return values
}

func (s search) both(name string) (inTest, inTrain table.Column) {
	inTest, _ = s.test.Column(name)
	inTrain, _ = s.train.Column(name)
	return inTest, inTrain
}

// in is the condition that a row of test stands among the rows of train that meet a condition, looking at these values. A
// struct holds them, so that nulls are equal to nulls. The engine keeps the hashes of test's rows, and of train's rows only
// those that have such a hash.
func (s search) in(values []string, where string) string {
	tuple := table.Tuple(values...)
	return fmt.Sprintf("(%[1]s IN (SELECT %[1]s FROM %[2]s WHERE %[4]s AND hash(%[1]s) IN (SELECT hash(%[1]s) FROM %[3]s)))", tuple, s.train.Relation(), s.test.Relation(), where)
}

// known is the condition that columns hold values.
func known(columns []string) string {
	conditions := make([]string, len(columns))
	for i, name := range columns {
		conditions[i] = table.Identifier(name) + " IS NOT NULL"
	}
	return strings.Join(conditions, " AND ")
}

// overlap counts the rows of test for which the condition holds, and shows some.
func (s search) overlap(rule string, columns []string, condition, message string) ([]Check, error) {
	count, err := s.test.CountRows(s.ctx, condition)
	if err != nil {
		return nil, err
	}
	share := float64(count) / float64(s.testRows)
	check := Check{Rule: rule, Columns: columns, Count: count, Share: &share, Outcome: s.judge(share)}
	check.Message = counted(count) + " " + fmt.Sprintf(message, s.test.Name(), s.train.Name())
	if count == 0 {
		return []Check{check}, nil
	}
	shown := s.shown(columns)
	rows, err := s.test.Examples(s.ctx, table.Search{Where: condition, Columns: shown, Limit: maxExamples})
	check.Examples = s.render(rows, shown)
	return []Check{check}, err
}

func counted(n int64) string {
	if n == 0 {
		return "no"
	}
	return strconv.FormatInt(n, 10)
}

// judge holds a share of test's rows against what the spec lets pass.
func (s search) judge(share float64) finding.Outcome {
	if share > valueOr(s.spec.MaxShare, 0) {
		return s.spec.Severity.Broken()
	}
	return finding.Pass
}

// shown are the columns by which a row is shown: its key where it has one, else those that were looked at.
func (s search) shown(columns []string) []string {
	if len(s.key) > 0 && len(s.missing(s.key...)) == 0 {
		return s.key
	}
	return columns
}

// render makes examples of rows of test.
func (s search) render(rows []table.Example, columns []string) []Example {
	examples := make([]Example, len(rows))
	for i, row := range rows {
		texts := make([]string, len(row.Values))
		for j, value := range row.Values {
			texts[j] = value.Text
			if s.isSensitive(columns[j]) {
				texts[j] = "(sensitive)"
			}
		}
		examples[i] = Example{File: row.File, Row: row.Row, Values: cut(strings.Join(texts, ", "))}
	}
	return examples
}
