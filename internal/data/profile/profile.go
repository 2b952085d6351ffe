// Package profile summarizes tables column by column: counts, moments, quantiles, frequent and distinct values, in a versioned
// file that holds no rows. The profile of a table is, within the errors that it states, the merge of the profiles of its parts; so
// a reference can be kept, and added to, without its data. It knows the table engine and judges nothing.
package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

// Profile is what is known of a table.
type Profile struct {
	Rows     int64
	MinCount int64 // what fewer rows share was left out; 0: nothing was
	Columns  []*Column
}

// Column is what is known of one column.
type Column struct {
	Name      string
	Kind      table.Kind
	SQLTypes  []string // the engine's names; several where parts differed
	Sensitive bool     // only counts are kept
	Rows      int64
	Nulls     int64
	NaNs      int64
	Above     int64    // +∞
	Below     int64    // −∞
	Numbers   *Numbers // of the kinds that have numbers (see table.Kind.HasNumbers)
	Dates     *Dates   // of dates and timestamps
	Texts     *Texts   // of every other kind
}

// newColumn is the column without rows.
func newColumn(c table.Column, isSensitive bool) *Column {
	column := &Column{Name: c.Name, Kind: c.Kind, SQLTypes: []string{c.SQLType}, Sensitive: isSensitive}
	column.begin()
	return column
}

// begin makes the empty summaries of the column's kind; none where its values may not be kept.
func (c *Column) begin() {
	c.Numbers, c.Dates, c.Texts = nil, nil, nil
	if c.Sensitive {
		return
	}
	if !c.Kind.HasNumbers() {
		c.Texts = newTexts()
		return
	}
	c.Numbers = newNumbers()
	if length := dayLength[c.Kind]; length > 0 {
		c.Dates = newDates(length)
	}
}

// dayLength is how long a day is in the numbers of a kind that has dates.
var dayLength = map[table.Kind]float64{table.Date: 1, table.Timestamp: secondsOfDay}

// lacksValues reports whether the values were left out: they are sensitive, or too few.
func (c *Column) lacksValues() bool { return c.Numbers == nil && c.Texts == nil }

// Values is how many rows have a value, NaN and infinities among them.
func (c *Column) Values() int64 { return c.Rows - c.Nulls }

// NotFinite is how many values are NaN or infinite.
func (c *Column) NotFinite() int64 { return c.NaNs + c.Above + c.Below }

// Column finds a column by its exact name, nil where there is none.
func (p *Profile) Column(name string) *Column {
	i := slices.IndexFunc(p.Columns, func(c *Column) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return p.Columns[i]
}

// maxRows bounds the rows of a profile: whole numbers of JSON are exact up to here everywhere.
const maxRows = 1 << 53

// Merge takes in the profile of other rows of the same table; other must not be used afterwards. Columns are matched by name.
// Where one side left something out, so does the whole.
func (p *Profile) Merge(other *Profile) error {
	if p.Rows > maxRows-other.Rows {
		return source.Errorf("merge fewer", "together the profiles speak of more than 2^53 rows")
	}
	if err := p.sameColumns(other); err != nil {
		return err
	}
	for _, c := range p.Columns {
		if err := c.merge(other.Column(c.Name)); err != nil {
			return err
		}
	}
	p.Rows += other.Rows
	p.trim()
	p.MinCount = min(p.MinCount, other.MinCount)
	return nil
}

func (p *Profile) trim() {
	for _, c := range p.Columns {
		c.trim()
	}
}

func (p *Profile) sameColumns(other *Profile) error {
	var missing []string
	for _, pair := range [2][2]*Profile{{p, other}, {other, p}} {
		for _, c := range pair[0].Columns {
			if pair[1].Column(c.Name) == nil {
				missing = append(missing, fmt.Sprintf("%q", c.Name))
			}
		}
	}
	if len(missing) > 0 {
		const most = 8
		return source.Errorf("profile tables of the same columns", "only one of the profiles has the columns %s",
			strings.Join(missing[:min(most, len(missing))], ", "))
	}
	return nil
}

// merge takes in the same column of other rows.
func (c *Column) merge(other *Column) error {
	if err := c.joinKind(other); err != nil {
		return err
	}
	c.Sensitive = c.Sensitive || other.Sensitive
	lacks := c.lacksValues() || other.lacksValues()
	if lacks || c.Sensitive {
		c.Numbers, c.Dates, c.Texts = nil, nil, nil
	} else if other.Values() > 0 {
		c.mergeValues(other)
	}
	c.Rows += other.Rows
	c.Nulls += other.Nulls
	c.NaNs += other.NaNs
	c.Above += other.Above
	c.Below += other.Below
	return nil
}

// joinKind gives both columns one kind. One without values takes the kind of the other.
func (c *Column) joinKind(other *Column) error {
	switch {
	case c.Kind == other.Kind:
		c.SQLTypes = append(c.SQLTypes, other.SQLTypes...)
		slices.Sort(c.SQLTypes)
		c.SQLTypes = slices.Compact(c.SQLTypes)
	case other.Values() == 0:
	case c.Values() == 0:
		c.Kind, c.SQLTypes = other.Kind, other.SQLTypes
		c.begin()
	case c.Kind.IsNumeric() && other.Kind.IsNumeric():
		c.Kind, c.SQLTypes = table.Float, []string{"DOUBLE"}
	default:
		return source.Errorf("profile the parts with one type for the column",
			"column %q is %s in one profile and %s in another", c.Name, c.Kind, other.Kind)
	}
	return nil
}

func (c *Column) mergeValues(other *Column) {
	if c.Numbers != nil {
		c.Numbers.merge(other.Numbers)
	} else {
		c.Texts.merge(other.Texts)
	}
	if c.Dates != nil {
		c.Dates.merge(other.Dates)
	}
}

// trim leaves out what a file does not need: counts of values that are not frequent.
func (c *Column) trim() {
	if c.Numbers != nil {
		c.Numbers.trim()
	}
	if c.Texts != nil {
		c.Texts.trim()
	}
}

// hide leaves out what fewer rows than least share.
func (c *Column) hide(least int64) {
	switch {
	case c.lacksValues():
	case c.Values() < least:
		c.Numbers, c.Dates, c.Texts = nil, nil, nil
	case c.Numbers != nil:
		c.Numbers.hide(least)
	default:
		c.Texts.hide(least)
	}
	if c.Dates != nil {
		c.Dates.hide(least)
	}
}
