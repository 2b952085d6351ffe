package infer

import (
	"fmt"
	"strconv"
	"time"

	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
)

// FromProfile drafts the contract of a table of which only the profile is there. It promises nothing that a sketch could be wrong
// about: sets and uniqueness only where the profile counted every value, bounds from the extremes, which are exact.
func FromProfile(p *profile.Profile) ([]byte, error) {
	columns := make([]column, len(p.Columns))
	for i, c := range p.Columns {
		columns[i] = known(c)
	}
	title := fmt.Sprintf("# Drafted from a profile of %d rows. Read it, and change what the data does not know.\n"+
		"# A profile does not tell formats, nor whether many values, or several columns together, are unique.\n", p.Rows)
	text, err := draft(title, p.Rows, columns)
	if err != nil {
		return nil, fmt.Errorf("infer a contract of a profile: %w", err)
	}
	return text, nil
}

// known is what a profile knows of a column, as if it had been seen.
func known(c *profile.Column) column {
	typ := table.Column{Name: c.Name, Kind: c.Kind}
	if len(c.SQLTypes) == 1 {
		typ.SQLType = c.SQLTypes[0]
	}
	s := column{name: c.Name, kind: c.Kind, typ: typeOf(typ), values: c.Values(), nulls: c.Nulls, notFinite: c.NotFinite(), isSensitive: c.Sensitive}
	switch {
	case c.Numbers != nil:
		s.knowNumbers(c.Numbers)
	case c.Texts != nil:
		s.knowTexts(c.Texts)
	case c.Sensitive:
		s.hidden = "sensitive: the profile has no values"
	default:
		s.hidden = "the profile leaves out its values"
	}
	return s
}

func (c *column) knowNumbers(n *profile.Numbers) {
	c.isUnbounded = n.Unbounded || n.Count == 0
	c.low, c.high = n.Min, n.Max
	if w := n.Weighted(); w.Total() > 0 {
		c.lower, c.upper = w.Quantile(0.01), w.Quantile(0.99)
	}
	c.first, c.last = written(c.kind, n.Min), written(c.kind, n.Max)
	tell(c, &n.Tally, func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) })
}

func (c *column) knowTexts(t *profile.Texts) {
	c.isUnbounded = t.Lengths.Unbounded
	c.longest = int64(t.Lengths.Max)
	tell(c, &t.Tally, func(v string) string { return v })
}

// written is a date or a time as the engine prints it, as far as a year is wanted.
func written(kind table.Kind, v float64) string {
	const day = 86_400
	switch kind {
	case table.Date:
		return time.Unix(int64(v)*day, 0).UTC().Format(time.DateOnly)
	case table.Timestamp:
		return time.Unix(int64(v), 0).UTC().Format(time.DateTime)
	}
	return ""
}

// tell takes over what a tally says of uniqueness and of sets, which the draft makes of texts and whole numbers only.
func tell[K interface{ float64 | string }](c *column, t *profile.Tally[K], text func(K) string) {
	if c.kind != table.Integer && c.kind != table.String {
		return
	}
	about, relative, isKnown := t.Distinct()
	c.distinct = about
	if !t.IsExact() {
		const errors = 4 // standard errors
		if isKnown && float64(about) >= (1-errors*relative)*float64(c.values) {
			c.unsure = "about as many distinct: perhaps unique"
		}
		return
	}
	c.isUnique = about == c.values && c.values >= fewRows
	counts := map[string]int64{}
	for _, f := range t.Frequent() {
		value := text(f.Value)
		if profile.IsCut(value) {
			return
		}
		counts[value] = f.Count
	}
	c.takeSet(counts)
}
