package schema

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// aggregates bound the numbers that sum the column up.
func (b *builder) aggregates() {
	for _, a := range b.column.Aggregates {
		r := rule{name: string(a.Of), asked: a.asked(), description: a.Description, severity: a.Severity, tags: a.Tags, pos: a.Pos}
		sql, ok := b.statistic(a)
		if !ok {
			r.decided = &decision{outcome: finding.Fail, message: fmt.Sprintf("a column of type %s has no %s", b.sqlType, a.Of)}
			b.add(r)
			continue
		}
		hidden := b.column.Sensitive && a.Of != Distinct && a.Of != Share
		r.measure, r.assess = sql, a.assess(hidden)
		b.add(r)
	}
}

// name is the number in words, such as "0.95 quantile".
func (a Aggregate) name() string {
	switch {
	case a.Of == Quantile && a.At != nil:
		return a.At.Text + " quantile"
	case a.Of == Share && a.Value != nil:
		return fmt.Sprintf("share of %q", a.Value.Value)
	case a.Of == Distinct:
		return "number of distinct values"
	}
	return string(a.Of)
}

func (a Aggregate) asked() string {
	asked := a.name()
	if a.Min != nil {
		asked += " ≥ " + a.Min.Text
	}
	if a.Min != nil && a.Max != nil {
		asked += " and"
	}
	if a.Max != nil {
		asked += " ≤ " + a.Max.Text
	}
	return asked
}

// statistic is the SQL of the number. Quantiles interpolate between neighbours (Hyndman & Fan 1996, type 7).
func (b *builder) statistic(a Aggregate) (sql string, ok bool) {
	switch a.Of {
	case Distinct:
		return "count(DISTINCT " + b.sql + ")", true
	case Share:
		return fmt.Sprintf("CAST(count(*) FILTER (WHERE %s) AS DOUBLE) / nullif(count(%s), 0)",
			b.present("NOT ("+b.notIn(fmt.Sprintf("CAST(%s AS VARCHAR)", b.sql), []string{a.Value.Value})+")"), b.sql), true
	}
	number, ok := b.number()
	if !ok {
		return "", false
	}
	switch a.Of {
	case Mean:
		return "avg(" + number + ")", true
	case Median:
		return "quantile_cont(CAST(" + number + " AS DOUBLE), 0.5)", true
	case Quantile:
		return fmt.Sprintf("quantile_cont(CAST(%s AS DOUBLE), %s)", number, sqlNumber(*a.At)), true
	case Stdev: // NaN where the engine would end the query instead
		finite := tame("CAST(" + number + " AS DOUBLE)")
		return fmt.Sprintf("CASE WHEN bool_or(NOT %s) THEN CAST('nan' AS DOUBLE) ELSE stddev_samp(%s) FILTER (WHERE %s) END", finite, number, finite), true
	case Sum:
		return "sum(" + number + ")", true
	}
	return "", false
}

// assess holds the number against its bounds; NaN keeps none.
func (a Aggregate) assess(hidden bool) func(context.Context, table.Value) (decision, error) {
	return func(_ context.Context, v table.Value) (decision, error) {
		if !v.Valid {
			return decision{finding.NotRun, finding.Missing, fmt.Sprintf("too few values for the %s", a.name())}, nil
		}
		done := decision{outcome: finding.Fail, message: fmt.Sprintf("the %s is %s", a.name(), shortNumber(v))}
		if hidden {
			done.message = fmt.Sprintf("the %s is not shown: the column is sensitive", a.name())
		}
		if (a.Min == nil || v.Number >= a.Min.Value) && (a.Max == nil || v.Number <= a.Max.Value) {
			done.outcome = finding.Pass
		}
		return done, nil
	}
}

// shortNumber keeps whole numbers exact and fractions readable.
func shortNumber(v table.Value) string {
	if v.Kind == table.Integer {
		return v.Text
	}
	return strconv.FormatFloat(v.Number, 'g', 6, 64)
}

// freshness bounds the age of the newest value. Times without a zone are taken as UTC.
func (b *builder) freshness() {
	if b.column.MaxAge == nil {
		return
	}
	limit, pos := b.column.MaxAge.Value, b.column.MaxAge.Pos
	asked := "newest value at most " + long(limit) + " old"
	moment, ok := b.moment()
	if !ok {
		b.decide(maxAge, asked, pos, finding.Fail, "a column of type "+b.sqlType+" has no dates")
		return
	}
	b.add(rule{name: maxAge, asked: asked, pos: pos,
		measure: fmt.Sprintf("epoch(max(CASE WHEN isfinite(%s) THEN %s END))", moment, moment), assess: age(limit, b.now, b.column.Sensitive)})
}

const maxAge = "max-age"

// long is a time in the unit that its reader thinks in.
func long(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return strconv.FormatFloat(d.Round(day/10).Hours()/24, 'f', -1, 64) + " days"
	case d >= time.Hour:
		return strconv.FormatFloat(d.Round(time.Hour/10).Hours(), 'f', -1, 64) + " hours"
	}
	return strconv.FormatFloat(d.Minutes(), 'f', 1, 64) + " minutes"
}

func age(limit time.Duration, now time.Time, hidden bool) func(context.Context, table.Value) (decision, error) {
	return func(_ context.Context, newest table.Value) (decision, error) {
		if !newest.Valid {
			return decision{finding.NotRun, finding.Missing, "the column has no dates"}, nil
		}
		at := time.UnixMicro(int64(newest.Number * 1e6)).UTC()
		old := now.Sub(at)
		message := fmt.Sprintf("the newest value, %s, is %s old", at.Format(time.RFC3339), long(old))
		switch {
		case hidden:
			message = fmt.Sprintf("the newest value is %s old", long(old))
		case old < 0:
			message = fmt.Sprintf("the newest value, %s, lies in the future", at.Format(time.RFC3339))
		}
		if old < 0 {
			return decision{outcome: finding.Warn, message: message}, nil
		}
		if old <= limit {
			return decision{outcome: finding.Pass, message: message}, nil
		}
		return decision{outcome: finding.Fail, message: message}, nil
	}
}
