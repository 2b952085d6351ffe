package leak

import (
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// order looks for rows of test that do not come after every row of train. A row's window goes from time to until, or is
// the moment of time alone; infinite times count for nothing.
func (s search) order() ([]Check, error) {
	if s.spec.Time == "" {
		return nil, nil
	}
	start, end := s.spec.Time, s.spec.Time
	if s.spec.Until != "" {
		end = s.spec.Until
	}
	if missing := s.missing(start, end); len(missing) > 0 {
		return absent("time-order", missing), nil
	}
	inTest, _ := s.both(start)
	_, inTrain := s.both(end)
	if !isOrdered(inTest.Kind) || isClock(inTest.Kind) != isClock(inTrain.Kind) {
		return []Check{Check{Rule: "time-order", Columns: []string{start}}.unable(finding.Missing, fmt.Sprintf("%s is %s in %s and %s is %s in %s: write dates, times or numbers",
			start, inTest.Kind, s.test.Name(), end, inTrain.Kind, s.train.Name()))}, nil
	}
	last := fmt.Sprintf("(SELECT max(%s) FROM %s WHERE %s)", table.Identifier(end), s.train.Relation(), finite(inTrain))
	condition := fmt.Sprintf("%s <= %s AND %s", table.Identifier(start), last, finite(inTest))
	checks, err := s.overlap("time-order", []string{start}, condition, "rows of %s do not come after all of %s")
	if err != nil {
		return nil, err
	}
	if checks[0].Count > 0 && !s.isSensitive(start) && !s.isSensitive(end) {
		if checks[0].Message, err = s.windows(checks[0].Message, inTest, inTrain); err != nil {
			return nil, err
		}
	}
	return s.without(checks[0], finite(inTest), finite(inTrain), list(slices.Compact([]string{start, end})))
}

func isClock(kind table.Kind) bool { return kind == table.Date || kind == table.Timestamp }

func isOrdered(kind table.Kind) bool { return isClock(kind) || kind.IsNumeric() }

// finite is the condition that a column holds a moment.
func finite(c table.Column) string {
	if c.Kind == table.Integer || c.Kind == table.Decimal {
		return table.Identifier(c.Name) + " IS NOT NULL"
	}
	return "isfinite(" + table.Identifier(c.Name) + ")"
}

// windows adds where train ends and test begins.
func (s search) windows(message string, inTest, inTrain table.Column) (string, error) {
	last, err := s.train.Aggregate(s.ctx, fmt.Sprintf("max(%s) FILTER (WHERE %s)", table.Identifier(inTrain.Name), finite(inTrain)))
	if err != nil {
		return "", err
	}
	first, err := s.test.Aggregate(s.ctx, fmt.Sprintf("min(%s) FILTER (WHERE %s)", table.Identifier(inTest.Name), finite(inTest)))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %s begins at %s, and %s ends at %s", message, s.test.Name(), first[0].Text, s.train.Name(), last[0].Text), nil
}
