// Package infer writes the contract that a table already keeps: a first draft for a person to read, which passes on the data
// that it was made from and leaves room for the next. It knows the table engine and the contract's terms, and judges nothing.
package infer

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

// What the draft takes for more than chance.
const (
	fewRows    = 50  // columns of fewer values get a type and nothing else
	noNulls    = 300 // so many rows without a null bound their share below 1 % with 95 % confidence (rule of three)
	maxAllowed = 50  // texts of more distinct values are no set
	maxCodes   = 10  // nor are whole numbers of more
	timesSeen  = 5   // every value of a set was seen so often: then one that was not is rare (Good 1953)
	lengthRoom = 2   // times the longest text
	boundsRoom = 0.5 // of the range of the middle 98 %, beyond the extremes
)

// Contract drafts the contract of a table as YAML; the comment at the end of each line says what was seen.
func Contract(ctx context.Context, t *table.Table) ([]byte, error) {
	var text []byte
	err := table.Settled(func() error {
		seen, rows, err := look(ctx, t)
		if err != nil {
			return err
		}
		text, err = draft(fmt.Sprintf("# Drafted from %d rows. Read it, and change what the data does not know.\n", rows), rows, seen)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("infer a contract of table %s: %w", t.Name(), err)
	}
	return text, nil
}

// draft writes the contract: one line for each promise of the table, and one for each column.
func draft(title string, rows int64, columns []column) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(title + "version: 1\n")
	if rows > 1 {
		fmt.Fprintf(&out, "rows: {min: %d}  # half of what was there\n", rows/2)
	}
	if key := primaryKey(columns); key != "" {
		line, err := schema.Line([]string{key})
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "primary-key: %s\n", line)
	}
	out.WriteString("columns:\n")
	for _, c := range columns {
		promises, why := c.promises()
		line, err := schema.Line(promises)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "  - %s  # %s\n", line, strings.Join(why, "; "))
	}
	return out.Bytes(), nil
}

// promise is the subset of a contract's column that a draft makes, in its order.
type promise struct {
	Name         string         `yaml:"name"`
	Type         schema.Type    `yaml:"type,omitempty"`
	Nullable     *bool          `yaml:"nullable,omitempty"`
	MaxNullShare *float64       `yaml:"max-null-share,omitempty"`
	Unique       bool           `yaml:"unique,omitempty"`
	Min          *source.Number `yaml:"min,omitempty"`
	Max          *source.Number `yaml:"max,omitempty"`
	Earliest     string         `yaml:"earliest,omitempty"`
	Format       schema.Format  `yaml:"format,omitempty"`
	Allowed      []yaml.Node    `yaml:"allowed,omitempty"`
	MaxLength    int64          `yaml:"max-length,omitempty"`
	Sensitive    bool           `yaml:"sensitive,omitempty"`
}

// primaryKey is the first column that names rows: unique, never null, and called or placed like a key.
func primaryKey(columns []column) string {
	for i, c := range columns {
		name := strings.ToLower(c.name)
		isCalled := name == "id" || name == "key" || name == "uuid" || strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "-id") || strings.HasSuffix(c.name, "Id")
		if c.isUnique && c.nulls == 0 && (i == 0 || isCalled) {
			return c.name
		}
	}
	return ""
}

// promises are what a column keeps, and what was seen that says so.
func (c column) promises() (promise, []string) {
	p := promise{Name: c.name, Type: c.typ, Sensitive: c.isSensitive}
	var why []string
	add := func(format string, arguments ...any) { why = append(why, fmt.Sprintf(format, arguments...)) }
	if c.values == 0 {
		add("no values")
		return promise{Name: c.name, Sensitive: c.isSensitive}, why
	}
	add("%d values", c.values)
	c.boundNulls(&p, add)
	if c.values < fewRows {
		add("too few to say more")
		return p, why
	}
	if c.hidden != "" {
		add("%s", c.hidden)
		return p, why
	}
	if c.unsure != "" {
		add("%s", c.unsure)
	}
	switch {
	case c.isUnique:
		p.Unique = true
		add("all distinct")
		if c.kind.IsNumeric() && !c.isUnbounded && c.low >= 0 && c.notFinite == 0 {
			p.Min = new(source.Number)
		}
	case len(c.set) > 0:
		p.Allowed = c.set
		add("%d distinct, each seen %d times or more", len(c.set), c.rarest)
		return p, why
	case c.kind.IsNumeric():
		c.boundNumbers(&p, add)
	}
	switch {
	case c.isUnbounded:
	case c.format != "":
		p.Format = c.format
		add("all of them %ss", c.format)
	case c.kind == table.String:
		p.MaxLength = int64(roundUp(float64(lengthRoom * c.longest)))
		add("up to %d characters", c.longest)
	case c.kind == table.Date || c.kind == table.Timestamp:
		if year, _, ok := strings.Cut(c.first, "-"); ok && len(year) == 4 {
			p.Earliest = year + "-01-01"
			add("from %s to %s", c.first, c.last)
		}
	}
	return p, why
}

// boundNulls allows the nulls that were seen and three standard errors more; none where enough rows had none.
func (c column) boundNulls(p *promise, add func(string, ...any)) {
	rows := float64(c.values + c.nulls)
	if c.nulls == 0 {
		if c.values >= noNulls {
			p.Nullable = new(bool)
		}
		return
	}
	share := float64(c.nulls) / rows
	bound := math.Ceil(100*(share+3*math.Sqrt(share*(1-share)/rows)+3/rows)) / 100
	if bound < 1 {
		p.MaxNullShare = &bound
	}
	add("%.2g %% nulls", 100*share)
}

// boundNumbers leaves room on both sides and keeps the sign; shares stay shares.
func (c column) boundNumbers(p *promise, add func(string, ...any)) {
	if c.notFinite > 0 {
		add("%d of them NaN or infinite, which keep no bounds", c.notFinite)
		return
	}
	if c.isUnbounded {
		add("its extremes are not known")
		return
	}
	add("from %s to %s", short(c.low), short(c.high))
	if c.kind == table.Float && c.low >= 0 && c.high <= 1 {
		p.Min, p.Max = &source.Number{}, &source.Number{Value: 1}
		return
	}
	span := c.upper - c.lower
	if !(span > 0) {
		span = c.high - c.low
	}
	if !(span > 0) {
		span = math.Max(1, math.Abs(c.low))
	}
	step := math.Pow(10, math.Floor(math.Log10(span))-1)
	if c.kind == table.Integer {
		step = math.Max(1, step)
	}
	low, high := step*math.Floor((c.low-boundsRoom*span)/step), step*math.Ceil((c.high+boundsRoom*span)/step)
	if c.low >= 0 {
		low = math.Max(0, low)
	}
	if c.high <= 0 {
		high = math.Min(0, high)
	}
	if math.IsInf(low, 0) || math.IsInf(high, 0) || math.IsNaN(low+high) {
		return
	}
	p.Min, p.Max = &source.Number{Value: tidy(low)}, &source.Number{Value: tidy(high)}
}

// tidy drops the digits that arithmetic on steps of ten left behind.
func tidy(v float64) float64 {
	var back float64
	if _, err := fmt.Sscan(short(v), &back); err != nil {
		return v
	}
	return back
}

func short(v float64) string { return fmt.Sprintf("%.12g", v) }

// roundUp goes up to two significant digits.
func roundUp(v float64) float64 {
	step := math.Pow(10, math.Max(0, math.Floor(math.Log10(math.Max(v, 1)))-1))
	return step * math.Ceil(v/step)
}

// sorted orders the values of a set: numbers by size, texts by letters.
func sorted(counts map[string]int64, kind table.Kind) []yaml.Node {
	values := make([]string, 0, len(counts))
	for value := range counts {
		values = append(values, value)
	}
	slices.SortFunc(values, func(a, b string) int {
		if kind == table.Integer && len(a) != len(b) && a[0] != '-' && b[0] != '-' {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	nodes := make([]yaml.Node, len(values))
	for i, value := range values {
		if kind == table.Integer {
			nodes[i] = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: value}
		} else if err := nodes[i].Encode(value); err != nil { // which quotes what another reader of YAML takes for a boolean
			nodes[i].SetString(value)
		}
	}
	return nodes
}
