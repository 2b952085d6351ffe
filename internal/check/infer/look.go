package infer

import (
	"context"
	"encoding/json"
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/data/table"
)

// column is what was seen of one column.
type column struct {
	name          string
	kind          table.Kind
	typ           schema.Type
	values, nulls int64
	distinct      int64 // about
	isUnique      bool

	low, high    float64 // of finite numbers
	lower, upper float64 // 0.01 and 0.99 quantiles, about
	notFinite    int64
	first, last  string // as texts, in their order
	longest      int64
	format       schema.Format
	set          []yaml.Node // all values, where they are a set
	rarest       int64       // how often the rarest of them was seen

	isSensitive bool
	isUnbounded bool   // low, high, first, last and longest are not known
	hidden      string // why nothing is known of the values, "" where something is
	unsure      string // what could not be seen
}

// look sees the table twice: once for all columns, and once for what the first look made likely.
func look(ctx context.Context, t *table.Table) ([]column, int64, error) {
	actual := t.Columns()
	expressions := []string{"count(*)"}
	for _, c := range actual {
		expressions = append(expressions, summary(c)...)
	}
	row, err := t.Aggregate(ctx, expressions...)
	if err != nil {
		return nil, 0, err
	}
	rows := int64(row[0].Number)
	columns := make([]column, len(actual))
	for i, c := range actual {
		columns[i] = seen(c, rows, row[1+i*summaries:][:summaries])
	}
	return columns, rows, lookAgain(ctx, t, columns)
}

// summaries is how many expressions summary has.
const summaries = 9

func summary(c table.Column) []string {
	name := table.Identifier(c.Name)
	text := "CAST(" + name + " AS VARCHAR)"
	all := []string{"count(" + name + ")", "approx_count_distinct(" + name + ")", "min(" + text + ")", "max(" + text + ")", "max(length(" + text + "))"}
	if !c.Kind.IsNumeric() {
		if c.Kind == table.Date || c.Kind == table.Timestamp {
			all[2], all[3] = "CAST(min("+name+") AS VARCHAR)", "CAST(max("+name+") AS VARCHAR)"
		}
		return append(all, "NULL", "NULL", "NULL", "0")
	}
	number := "CAST(" + name + " AS DOUBLE)"
	finite := " FILTER (WHERE isfinite(" + number + "))"
	all[2], all[3] = "min("+number+")"+finite, "max("+number+")"+finite
	return append(all, "approx_quantile("+number+", 0.01)"+finite, "approx_quantile("+number+", 0.99)"+finite, "NULL", "count(*) FILTER (WHERE NOT isfinite("+number+"))")
}

func seen(c table.Column, rows int64, v []table.Value) column {
	values := int64(v[0].Number)
	s := column{name: c.Name, kind: c.Kind, typ: typeOf(c), values: values, nulls: rows - values, distinct: int64(v[1].Number),
		first: v[2].Text, last: v[3].Text, longest: int64(v[4].Number), lower: v[5].Number, upper: v[6].Number, notFinite: int64(v[8].Number)}
	if c.Kind.IsNumeric() {
		s.low, s.high = v[2].Number, v[3].Number
	}
	return s
}

var types = map[table.Kind]schema.Type{table.Boolean: schema.Boolean, table.Integer: schema.Integer, table.Float: schema.Number, table.Decimal: schema.Decimal,
	table.String: schema.String, table.Date: schema.Date, table.Timestamp: schema.Timestamp, table.Time: schema.Time, table.Nested: schema.Nested}

func typeOf(c table.Column) schema.Type {
	if c.SQLType == "TIMESTAMP WITH TIME ZONE" {
		return schema.TimestampWithZone
	}
	return types[c.Kind]
}

// lookAgain checks what may be unique, a set, or of a form.
func lookAgain(ctx context.Context, t *table.Table, columns []column) error {
	var expressions []string
	var use []func(table.Value) error
	ask := func(expression string, then func(table.Value) error) {
		expressions, use = append(expressions, expression), append(use, then)
	}
	for i := range columns {
		c := &columns[i]
		if c.values < fewRows {
			continue
		}
		c.askUnique(ask)
		c.askSet(ask)
		c.askFormats(ask)
	}
	row, err := t.Aggregate(ctx, expressions...)
	if err != nil {
		return err
	}
	for i, then := range use {
		if err := then(row[i]); err != nil {
			return err
		}
	}
	return nil
}

type asking func(expression string, then func(table.Value) error)

// aboutAll: the engine's estimate of distinct values is off by a few in a hundred.
const aboutAll = 0.8

func (c *column) askUnique(ask asking) {
	if c.kind != table.Integer && c.kind != table.String || float64(c.distinct) < aboutAll*float64(c.values) {
		return
	}
	ask("count(DISTINCT "+table.Identifier(c.name)+")", func(v table.Value) error {
		c.isUnique = int64(v.Number) == c.values
		return nil
	})
}

func (c *column) askSet(ask asking) {
	if c.distinct > mostOfSet[c.kind]*6/5 { // about
		return
	}
	ask("CAST(to_json(histogram(CAST("+table.Identifier(c.name)+" AS VARCHAR))) AS VARCHAR)", func(v table.Value) error {
		counts := map[string]int64{}
		if err := json.Unmarshal([]byte(v.Text), &counts); err != nil {
			return fmt.Errorf("read the values of column %q: %w", c.name, err)
		}
		c.takeSet(counts)
		return nil
	})
}

// mostOfSet is how many values a set may have.
var mostOfSet = map[table.Kind]int64{table.String: maxAllowed, table.Integer: maxCodes}

// takeSet takes all values with their counts for a set, where they are one.
func (c *column) takeSet(counts map[string]int64) {
	if int64(len(counts)) > mostOfSet[c.kind] {
		return
	}
	c.rarest = c.values
	for _, n := range counts {
		c.rarest = min(c.rarest, n)
	}
	if c.rarest >= timesSeen && len(counts) > 1 {
		c.set = sorted(counts, c.kind)
	}
}

// askFormats asks only for forms that the first and the last text have.
func (c *column) askFormats(ask asking) {
	if c.kind != table.String {
		return
	}
	for _, form := range schema.TellingFormats() {
		if !form.Matches(c.first) || !form.Matches(c.last) {
			continue
		}
		name := table.Identifier(c.name)
		ask(fmt.Sprintf("count(*) FILTER (WHERE regexp_full_match(%s, %s))", name, table.Literal(form.Pattern())), func(v table.Value) error {
			if int64(v.Number) == c.values && c.format == "" {
				c.format = form
			}
			return nil
		})
	}
}
