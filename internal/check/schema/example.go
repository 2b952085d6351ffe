package schema

import (
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
)

// examples looks for the first rows that break a rule.
func (c checking) examples(r rule) ([]Example, error) {
	keys := c.keys()
	rows, err := c.table.Examples(c.ctx, table.Search{Where: c.condition(r), Window: r.window,
		Columns: slices.Concat(r.columns, keys), Limit: maxExamples})
	if err != nil {
		return nil, err
	}
	hidden := c.contract.isSensitive(r.columns)
	shown := make([]Example, len(rows))
	for i, row := range rows {
		shown[i] = Example{File: row.File, Row: row.Row, Hidden: hidden}
		values, key := row.Values[:len(r.columns)], row.Values[len(r.columns):]
		if shown[i].Key, _ = show(key); !hidden {
			shown[i].Value, shown[i].Null = show(values)
		}
	}
	return shown, nil
}

// keys are the columns that name a row to its reader: the primary key, unless the table has not all of it or some of it is
// sensitive.
func (c checking) keys() []string {
	if c.contract.PrimaryKey == nil || c.contract.isSensitive(c.contract.PrimaryKey.Value) {
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
