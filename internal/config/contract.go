package config

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config/strict"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

// contractChecker judges what the values of a decoded contract mean.
type contractChecker struct {
	*strict.Document
	contract *schema.Contract
}

func (k contractChecker) check() {
	k.count(k.contract.Rows.Min, "rows", "min")
	k.count(k.contract.Rows.Max, "rows", "max")
	k.order(k.contract.Rows.Min, k.contract.Rows.Max, "min", "max", "rows")
	first := map[string]int{}
	for i, column := range k.contract.Columns {
		if !k.IsSound("columns", i) {
			continue
		}
		if earlier, ok := first[column.Name]; ok {
			k.Report(fmt.Sprintf("column %q stands twice, first at %s", column.Name, k.Place("columns", earlier, "name")), "join the two", "columns", i, "name")
		}
		first[column.Name] = i
		k.column(column, "columns", i)
	}
	k.primaryKey()
	k.relations()
	k.sql()
	c := k.contract
	if len(c.Columns)+len(c.Unique)+len(c.ForeignKeys)+len(c.Agrees)+len(c.Rules) == 0 && c.PrimaryKey == nil && c.Rows == (schema.Rows{}) && len(k.Problems()) == 0 {
		k.Report("the contract promises nothing", "add columns, rows or primary-key")
	}
}

func (k contractChecker) primaryKey() {
	if k.contract.PrimaryKey == nil || !k.IsSound("primary-key") || !k.IsSound("columns") {
		return
	}
	names := k.contract.PrimaryKey.Value
	checker{Document: k.Document}.columns(names, "primary-key")
	if len(names) == 0 {
		k.Report("primary-key names no column", "name the columns that together identify a row", "primary-key")
	}
	var known []string
	for _, column := range k.contract.Columns {
		known = append(known, column.Name)
	}
	for i, name := range names {
		if k.contract.OtherColumns.Get(true) || slices.Contains(known, name) || name == "" {
			continue
		}
		k.Report(fmt.Sprintf("primary-key names column %q, which columns does not", name), strict.Suggest(name, known, "add it to columns"), "primary-key", i)
	}
}

func (k contractChecker) column(c schema.Column, path ...any) {
	at := func(key string) []any { return append(slices.Clone(path), key) }
	k.order(c.Min, c.Max, "min", "max", path...)
	k.order(c.MinLength, c.MaxLength, "min-length", "max-length", path...)
	k.count(c.MinLength, at("min-length")...)
	k.count(c.MaxLength, at("max-length")...)
	k.share(c.MaxNullShare, at("max-null-share")...)
	k.share(c.Mostly, at("mostly")...)
	if !c.Nullable.Get(true) && c.MaxNullShare != nil && c.MaxNullShare.Value > 0 {
		k.Report("nullable: false allows no null, max-null-share does", "keep one of the two", at("max-null-share")...)
	}
	if c.Pattern != nil {
		if _, err := regexp.Compile(c.Pattern.Value); err != nil {
			k.Report(fmt.Sprintf("pattern is no regular expression: %v", err), "RE2 syntax: no look-around and no back references", at("pattern")...)
		}
	}
	if c.Allowed != nil && len(c.Allowed.Value) == 0 {
		k.Report("allowed is empty: no value can pass", "list the values", at("allowed")...)
	}
	if c.MaxAge != nil && c.MaxAge.Value <= 0 {
		k.Report("max-age cannot be "+c.MaxAge.Value.String(), "write a time above 0, such as 36h", at("max-age")...)
	}
	k.dates(c, at)
	k.summaries(c, path...)
	k.fitsType(c, at)
}

// share judges a number that is a fraction of one.
func (k contractChecker) share(n *source.Number, path ...any) {
	if n != nil && !(0 <= n.Value && n.Value <= 1) {
		k.Report(fmt.Sprintf("%v cannot be %s", path[len(path)-1], n.Text), "allowed: 0 to 1; 5% is 0.05", path...)
	}
}

// moments are the forms of a date or time in a contract, in UTC.
var moments = []string{time.DateOnly, time.DateTime, "2006-01-02T15:04:05"}

func (k contractChecker) dates(c schema.Column, at func(string) []any) {
	var bounds [2]time.Time
	for i, bound := range []struct {
		key   string
		value *source.At[string]
	}{{"earliest", c.Earliest}, {"latest", c.Latest}} {
		if bound.value == nil {
			continue
		}
		var err error
		for _, form := range moments {
			if bounds[i], err = time.Parse(form, bound.value.Value); err == nil {
				break
			}
		}
		if err != nil {
			k.Report(fmt.Sprintf("%s is no date: %q", bound.key, bound.value.Value), "write it as 2024-01-31 or 2024-01-31 12:00:00 (UTC)", at(bound.key)...)
		}
	}
	if !bounds[0].IsZero() && !bounds[1].IsZero() && bounds[1].Before(bounds[0]) {
		k.Report("earliest is after latest: no value can pass", "move the one or the other", at("latest")...)
	}
	if c.DateFormat != nil && !strings.Contains(c.DateFormat.Value, "%") {
		k.Report("date-format has no %: no date can have this form", "write it in the signs of strptime, such as %Y-%m-%d", at("date-format")...)
	}
}

// summaries judges outliers and aggregates.
func (k contractChecker) summaries(c schema.Column, path ...any) {
	if o := c.Outliers; o != nil {
		k.share(o.Mostly, append(slices.Clone(path), "outliers", "mostly")...)
		if o.Limit != nil && o.Limit.Value <= 0 {
			k.Report("limit cannot be "+o.Limit.Text, "write a number above 0", append(slices.Clone(path), "outliers", "limit")...)
		}
	}
	for i, a := range c.Aggregates {
		here := append(slices.Clone(path), "aggregates", i)
		at := func(key string) []any { return append(slices.Clone(here), key) }
		k.order(a.Min, a.Max, "min", "max", here...)
		switch {
		case !k.IsSound(here...):
		case a.Min == nil && a.Max == nil:
			k.Report("the aggregate has no bound", "add min, max or both", here...)
		case a.Of == schema.Quantile && a.At == nil:
			k.Report("which quantile?", "add at, such as at: 0.95", here...)
		case a.Of == schema.Share && a.Value == nil:
			k.Report("the share of what?", "add value", here...)
		case a.Of != schema.Quantile && a.At != nil:
			k.Report("at is for a quantile", "remove it", at("at")...)
		case a.Of != schema.Share && a.Value != nil:
			k.Report("value is for a share", "remove it", at("value")...)
		}
		k.share(a.At, at("at")...)
	}
}

// sql parses the users' SQL; it runs later, and fenced.
func (k contractChecker) sql() {
	if !k.IsSound("rules") || len(k.contract.Rules) == 0 {
		return
	}
	ctx := context.Background()
	engine, err := table.NewEngine(ctx, table.Options{Threads: 1})
	if err != nil {
		k.Report(fmt.Sprintf("the rules could not be parsed: %v", err), "", "rules")
		return
	}
	defer engine.Close()
	for i, r := range k.contract.Rules {
		k.share(r.Mostly, "rules", i, "mostly")
		for key, text := range map[string]*source.At[string]{"rule": r.Rule, "where": r.Where, "query": r.Query} {
			if text == nil {
				continue
			}
			_, err := engine.ParseCondition(ctx, text.Value)
			hint := "write one condition on a row in DuckDB's SQL, such as amount <= credit_limit"
			if key == "query" {
				err = engine.ParseSelect(ctx, text.Value)
				hint = "write one SELECT in DuckDB's SQL"
			}
			if err != nil {
				k.Report(fmt.Sprintf("%s: %v", key, err), hint, "rules", i, key)
			}
		}
	}
}

// relations judges the rules on several columns or tables.
func (k contractChecker) relations() {
	names := checker{Document: k.Document}
	for i, u := range k.contract.Unique {
		names.columns(u.Columns, "unique", i, "columns")
	}
	for i, key := range k.contract.ForeignKeys {
		names.columns(key.Columns, "foreign-keys", i, "columns")
		names.columns(key.References, "foreign-keys", i, "references")
		k.share(key.Mostly, "foreign-keys", i, "mostly")
		if len(key.References) > 0 && len(key.References) != len(key.Columns) && k.IsSound("foreign-keys", i) {
			k.Report(fmt.Sprintf("%d columns cannot stand in %d", len(key.Columns), len(key.References)),
				"name as many references as columns", "foreign-keys", i, "references")
		}
	}
	for i, agreement := range k.contract.Agrees {
		names.columns(agreement.Sums, "agrees", i, "sums")
		if k.IsSound("agrees", i) && !agreement.Rows && len(agreement.Sums) == 0 {
			k.Report("nothing is compared with table "+agreement.Table, "add rows: true, or sums", "agrees", i)
		}
		if t := agreement.Tolerance; t != nil && t.Value < 0 {
			k.Report("tolerance cannot be "+t.Text, "write 0 or more", "agrees", i, "tolerance")
		}
	}
}

// fitsType reports rules that have no meaning for the declared type.
func (k contractChecker) fitsType(c schema.Column, at func(string) []any) {
	if c.Type == nil {
		return
	}
	isNumber := slices.Contains([]schema.Type{schema.Integer, schema.Number, schema.Decimal}, c.Type.Value)
	isMoment := slices.Contains([]schema.Type{schema.Date, schema.Timestamp, schema.TimestampWithZone, schema.String}, c.Type.Value)
	isString := c.Type.Value == schema.String
	for _, rule := range []struct {
		key        string
		present    bool
		fits       bool
		applicable string
	}{
		{"min", c.Min != nil, isNumber, "numbers"}, {"max", c.Max != nil, isNumber, "numbers"},
		{"min-length", c.MinLength != nil, isString, "strings"}, {"max-length", c.MaxLength != nil, isString, "strings"},
		{"pattern", c.Pattern != nil, isString, "strings"}, {"date-format", c.DateFormat != nil, isString, "strings"},
		{"earliest", c.Earliest != nil, isMoment, "dates"}, {"latest", c.Latest != nil, isMoment, "dates"}, {"max-age", c.MaxAge != nil, isMoment, "dates"},
		{"outliers", c.Outliers != nil, isNumber, "numbers"},
	} {
		if rule.present && !rule.fits {
			k.Report(fmt.Sprintf("%s is for %s, and the column is declared %s", rule.key, rule.applicable, c.Type.Value),
				"remove it, or change the type", at(rule.key)...)
		}
	}
}

// count judges a number of things.
func (k contractChecker) count(n *source.Number, path ...any) {
	if n != nil && !(n.Value >= 0 && n.Value == math.Trunc(n.Value)) {
		k.Report(fmt.Sprintf("%v cannot be %s", path[len(path)-1], n.Text), "write a whole number, 0 or more", path...)
	}
}

func (k contractChecker) order(low, high *source.Number, lowKey, highKey string, path ...any) {
	if low != nil && high != nil && !(low.Value <= high.Value) {
		k.Report(fmt.Sprintf("%s is above %s: no value can pass", lowKey, highKey), "raise the one or lower the other", append(slices.Clone(path), highKey)...)
	}
}
