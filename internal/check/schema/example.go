package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// findExamples adds the first rows that break each broken rule. A look for one rule ends with the last example, so many looks may
// cost less than one pass over the file; where they would cost more, rules share their passes.
func (c checking) findExamples(done []RuleDone) error {
	var shared []int
	passes := 0.0
	for i, r := range c.rules {
		if done[i].isBroken() && r.isPlain() {
			shared = append(shared, i)
			passes += min(1, maxExamples/float64(done[i].Broken))
		}
	}
	if passes <= sharedPasses {
		shared = nil
	}
	if err := c.shareLook(done, shared); err != nil {
		return err
	}
	for i, r := range c.rules {
		if !done[i].isBroken() || slices.Contains(shared, i) {
			continue
		}
		var err error
		if done[i].Examples, err = c.examplesOf(r); err != nil {
			return err
		}
	}
	return nil
}

// sharedPasses is what a look for several rules at once costs, in passes over the file.
const sharedPasses = 2

func (d RuleDone) isBroken() bool { return d.Broken > 0 && d.Outcome != finding.Pass }

// isPlain reports whether the rule is a condition that looks at one row alone, and that no user wrote.
func (r rule) isPlain() bool { return !r.isUsers && !r.alone && r.window == "" && r.query == "" }

// shareLook finds the examples of some rules together.
func (c checking) shareLook(done []RuleDone, which []int) error {
	searches := make([]table.Search, len(which))
	for at, i := range which {
		searches[at] = c.search(c.rules[i])
	}
	if len(searches) == 0 {
		return nil
	}
	found, err := c.table.ExamplesOfEach(c.ctx, searches)
	for at, rows := range found {
		done[which[at]].Examples = c.shown(c.rules[which[at]], rows)
	}
	return err
}

func (c checking) search(r rule) table.Search {
	return table.Search{Where: c.condition(r), Window: r.window, Columns: slices.Concat(r.columns, c.keys()), Limit: maxExamples}
}

// examplesOf are the first rows that break a rule; none where a user's SQL counts rows but cannot show them.
func (c checking) examplesOf(r rule) (shown []Example, err error) {
	if !r.isUsers {
		return c.examples(c.ctx, r)
	}
	err = c.limited(func(ctx context.Context) (err error) {
		shown, err = c.examples(ctx, r)
		return err
	})
	var retyped *table.RetypedError
	if err != nil && c.ctx.Err() == nil && !errors.As(err, &retyped) {
		return nil, nil
	}
	return shown, err
}

func (c checking) examples(ctx context.Context, r rule) ([]Example, error) {
	if r.query != "" {
		return c.results(ctx, r)
	}
	rows, err := c.table.Examples(ctx, c.search(r))
	if err != nil {
		return nil, err
	}
	return c.shown(r, rows), nil
}

// shown is what a reader may see of the rows that break a rule.
func (c checking) shown(r rule, rows []table.Example) []Example {
	hidden := c.isSensitive(r.columns)
	shown := make([]Example, len(rows))
	for i, row := range rows {
		shown[i] = Example{File: row.File, Row: row.Row, Hidden: hidden}
		values, key := row.Values[:len(r.columns)], row.Values[len(r.columns):]
		if shown[i].Key, _ = show(key); !hidden {
			shown[i].Value, shown[i].Null = show(values)
		}
	}
	return shown
}

// results are the first rows that a user's query returned. They are no rows of a file, and they may hold anything that the
// query could read under any name: where something is sensitive, none is shown.
func (c checking) results(ctx context.Context, r rule) ([]Example, error) {
	if c.isDiscreet() {
		return nil, nil
	}
	rows, err := c.table.Results(ctx, r.query, maxExamples)
	if err != nil {
		return nil, err
	}
	shown := make([]Example, len(rows))
	for i, row := range rows {
		shown[i].Value, shown[i].Null = show(row)
	}
	return shown, nil
}

// export writes all rows that break a rule, for those who mend the data. What a query returned are no rows of the table, and have
// a file each.
func (c checking) export(done []RuleDone) (path string, err error) {
	if c.input.Export == "" {
		return "", nil
	}
	var searches []table.Labeled
	users := false
	for i, r := range c.rules {
		if done[i].Broken == 0 || done[i].Outcome == finding.Pass {
			continue
		}
		if r.query != "" {
			if c.isDiscreet() { // a query may give a sensitive value any name
				continue
			}
			if err := c.exportResult(i, r.query); err != nil {
				return "", err
			}
			path = c.input.Export
			continue
		}
		searches = append(searches, table.Labeled{Label: done[i].label(), Search: table.Search{Where: c.condition(r), Window: r.window}})
		users = users || r.isUsers
	}
	if len(searches) == 0 {
		return path, nil
	}
	write := func(ctx context.Context) error {
		return c.table.Export(ctx, c.input.Export, searches, slices.Concat(c.contract.Sensitive(), c.table.Spec().Sensitive))
	}
	if users {
		err = c.limited(write)
	} else {
		err = write(c.ctx)
	}
	return c.input.Export, err
}

// label names a rule in a file of rows.
func (d RuleDone) label() string {
	label := d.Rule + ": " + d.Asked
	if d.Column != "" {
		label = d.Column + " " + label
	}
	return label
}

// exportResult writes what the query of the i-th rule returned beside the other rows.
func (c checking) exportResult(i int, query string) error {
	file := fmt.Sprintf("%s-query-%d.parquet", strings.TrimSuffix(c.input.Export, ".parquet"), i+1)
	return c.limited(func(ctx context.Context) error { return c.table.ExportResult(ctx, file, query) })
}

// keys are the columns that name a row to its reader: the primary key, unless the table has not all of it or some of it is
// sensitive.
func (c checking) keys() []string {
	if c.contract.PrimaryKey == nil || c.isSensitive(c.contract.PrimaryKey.Value) {
		return nil
	}
	names := c.contract.PrimaryKey.Value
	for _, name := range names {
		if _, ok := c.table.Column(name); !ok {
			return nil
		}
	}
	return names
}

// isSensitive reports whether this contract or another one hides one of the columns.
func (c checking) isSensitive(names []string) bool {
	return c.contract.isSensitive(names) || c.table.IsSensitive(names...)
}

// show joins the values of a row's columns; null only where all are.
func show(values []table.Value) (text string, null bool) {
	texts := make([]string, len(values))
	null = true
	for i, value := range values {
		texts[i] = value.Text
		null = null && !value.Valid
	}
	runes := []rune(strings.Join(texts, ", "))
	if len(runes) > maxValue {
		return string(runes[:maxValue]) + "…", null
	}
	return string(runes), null
}
