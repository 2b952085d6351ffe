// Package evolve compares two versions of a contract, for those who rely on what it promises: a promise that became weaker,
// or went, breaks them; one that became stronger, or came, does not. It reads no data.
package evolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Effect is what a change does to those who rely on the contract.
type Effect string

// The effects.
const (
	Breaking   Effect = "breaking"   // a promise is weaker, other or gone
	Compatible Effect = "compatible" // a promise is stronger or new: data that passed may fail
)

// Result is the answer of one comparison.
type Result struct {
	Old     string   `json:"old"` // the files
	New     string   `json:"new"`
	Changes []Change `json:"changes"`
	// Severity is what a breaking change costs.
	Severity finding.Severity `json:"severity,omitempty"`
	Pos      source.Pos       `json:"position,omitzero"`
}

// Change is one promise that is not what it was.
type Change struct {
	Column string     `json:"column,omitempty"` // "" for the table
	Key    string     `json:"key"`
	Effect Effect     `json:"effect"`
	Before string     `json:"before,omitempty"` // "" for none
	After  string     `json:"after,omitempty"`
	Pos    source.Pos `json:"position,omitzero"` // in the new contract; where the promise stood, if it is gone
}

// Compare lists what changed from old to new, in the order of the new contract; what went stands at the end of its kind.
// Words for readers do not count.
func Compare(old, new schema.Contract, oldFile, newFile string) Result {
	d := &diff{}
	d.table(old, new)
	for _, after := range new.Columns {
		if before, ok := find(old.Columns, after.Name); ok {
			d.column = after.Name
			d.compare(before, after, new.Pos)
			d.column = ""
		} else {
			d.changes = append(d.changes, Change{Column: after.Name, Key: "column", Effect: Compatible, After: after.Name, Pos: after.Pos})
		}
	}
	for _, before := range old.Columns {
		if _, ok := find(new.Columns, before.Name); !ok {
			d.changes = append(d.changes, Change{Column: before.Name, Key: "column", Effect: Breaking, Before: before.Name, Pos: before.Pos})
		}
	}
	return Result{Old: oldFile, New: newFile, Changes: d.changes, Pos: new.Pos}
}

func find(columns []schema.Column, name string) (schema.Column, bool) {
	i := slices.IndexFunc(columns, func(c schema.Column) bool { return c.Name == name })
	if i < 0 {
		return schema.Column{}, false
	}
	return columns[i], true
}

// diff collects changes.
type diff struct {
	column  string
	changes []Change
}

// value is a promise as it stands in one of the contracts.
type value struct {
	text string // "" for none
	pos  source.Pos
}

func (d *diff) add(key string, effect Effect, before, after value) {
	pos := after.pos
	if after.text == "" {
		pos = before.pos
	}
	d.changes = append(d.changes, Change{Column: d.column, Key: key, Effect: effect, Before: before.text, After: after.text, Pos: pos})
}

// judge adds a change unless both are the same. A promise that came is compatible, one that went is breaking, and of two
// that differ stronger decides.
func (d *diff) judge(key string, before, after value, stronger func() bool) {
	switch {
	case before.text == after.text:
	case before.text == "" || after.text != "" && stronger():
		d.add(key, Compatible, before, after)
	default:
		d.add(key, Breaking, before, after)
	}
}

func never() bool { return false }

// number compares bounds: higher says whether the higher number promises more.
func (d *diff) number(key string, before, after *source.Number, higher bool) {
	show := func(n *source.Number) value {
		if n == nil {
			return value{}
		}
		return value{n.Text, n.Pos}
	}
	if before != nil && after != nil && before.Rat().Cmp(after.Rat()) == 0 {
		return
	}
	d.judge(key, show(before), show(after), func() bool { return (after.Rat().Cmp(before.Rat()) > 0) == higher })
}

// mostly compares shares that are 1 where nothing is said.
func (d *diff) mostly(key string, before, after *source.Number) {
	whole := source.Number{Text: "1", Value: 1}
	d.number(key, cmp.Or(before, &whole), cmp.Or(after, &whole), true)
}

// flag compares a yes or no whose absence means fallback; promises is the one that promises something.
func (d *diff) flag(key string, before, after *source.At[bool], fallback, promises bool) {
	was, is := before.Get(fallback), after.Get(fallback)
	if was == is {
		return
	}
	effect := Breaking
	if is == promises {
		effect = Compatible
	}
	d.add(key, effect, value{fmt.Sprint(was), posOf(before)}, value{fmt.Sprint(is), posOf(after)})
}

func posOf[T any](at *source.At[T]) source.Pos {
	if at == nil {
		return source.Pos{}
	}
	return at.Pos
}

func text[T any](at *source.At[T]) value {
	if at == nil {
		return value{}
	}
	if names, ok := any(at.Value).([]string); ok {
		return value{strings.Join(names, ", "), at.Pos}
	}
	return value{fmt.Sprint(at.Value), at.Pos}
}

// severity compares what a broken promise costs.
func (d *diff) severity(before, after finding.Severity, pos source.Pos) {
	was, is := cmp.Or(before, finding.SeverityFail), cmp.Or(after, finding.SeverityFail)
	d.judge("severity", value{string(was), pos}, value{string(is), pos}, func() bool { return is == finding.SeverityFail })
}

// entries compares lists whose entries are promises of their own, by all that they say but for words.
func entries[T any](d *diff, key string, before, after []T, plain func(T) (T, source.Pos)) {
	show := func(list []T) []value {
		values := make([]value, len(list))
		for i, entry := range list {
			said, pos := plain(entry)
			values[i] = value{canonical(said), pos}
		}
		return values
	}
	was, is := show(before), show(after)
	has := func(list []value, text string) bool {
		return slices.ContainsFunc(list, func(v value) bool { return v.text == text })
	}
	for _, v := range is {
		if !has(was, v.text) {
			d.add(key, Compatible, value{}, v)
		}
	}
	for _, v := range was {
		if !has(is, v.text) {
			d.add(key, Breaking, v, value{})
		}
	}
}

// canonical is an entry of a contract on one line.
func canonical(entry any) string {
	line, err := schema.Line(entry)
	if err != nil {
		return fmt.Sprintf("%+v", entry)
	}
	return line
}

// table compares the promises of the table.
func (d *diff) table(old, new schema.Contract) {
	d.number("rows.min", old.Rows.Min, new.Rows.Min, true)
	d.number("rows.max", old.Rows.Max, new.Rows.Max, false)
	d.judge("primary-key", text(old.PrimaryKey), text(new.PrimaryKey), never)
	d.flag("other-columns", old.OtherColumns, new.OtherColumns, true, false)
	d.flag("column-order", old.ColumnOrder, new.ColumnOrder, false, true)
	d.severity(old.Severity, new.Severity, new.Pos)
	entries(d, "unique", old.Unique, new.Unique, func(u schema.Unique) (schema.Unique, source.Pos) {
		pos := u.Pos
		u.Description, u.Tags, u.Pos = "", nil, source.Pos{}
		return u, pos
	})
	entries(d, "foreign-keys", old.ForeignKeys, new.ForeignKeys, func(k schema.ForeignKey) (schema.ForeignKey, source.Pos) {
		pos := k.Pos
		k.Description, k.Tags, k.Pos = "", nil, source.Pos{}
		return k, pos
	})
	entries(d, "agrees", old.Agrees, new.Agrees, func(a schema.Agreement) (schema.Agreement, source.Pos) {
		pos := a.Pos
		a.Description, a.Tags, a.Pos = "", nil, source.Pos{}
		return a, pos
	})
	entries(d, "rules", old.Rules, new.Rules, func(r schema.SQLRule) (schema.SQLRule, source.Pos) {
		pos := r.Pos
		r.Name, r.Description, r.Tags, r.Pos = "", "", nil, source.Pos{}
		return r, pos
	})
}

// narrower are the types that satisfy another one.
var narrower = map[schema.Type][]schema.Type{
	schema.Number: {schema.Integer, schema.Decimal}, schema.Decimal: {schema.Integer},
	schema.Timestamp: {schema.TimestampWithZone}, schema.Nested: {schema.List},
}

// compare compares the promises of one column.
func (d *diff) compare(old, new schema.Column, pos source.Pos) {
	d.judge("type", text(old.Type), text(new.Type), func() bool { return slices.Contains(narrower[old.Type.Value], new.Type.Value) })
	d.flag("required", old.Required, new.Required, true, true)
	d.flag("nullable", old.Nullable, new.Nullable, true, false)
	d.flag("unique", old.Unique, new.Unique, false, true)
	d.flag("sensitive", &source.At[bool]{Value: old.Sensitive, Pos: old.Pos}, &source.At[bool]{Value: new.Sensitive, Pos: new.Pos}, false, true)
	if !(new.MaxNullShare == nil && !new.Nullable.Get(true)) { // no nulls at all promise more
		d.number("max-null-share", old.MaxNullShare, new.MaxNullShare, false)
	}
	d.number("min", old.Min, new.Min, true)
	d.number("max", old.Max, new.Max, false)
	d.number("min-length", old.MinLength, new.MinLength, true)
	d.number("max-length", old.MaxLength, new.MaxLength, false)
	d.mostly("mostly", old.Mostly, new.Mostly)
	d.judge("earliest", text(old.Earliest), text(new.Earliest), func() bool { return new.Earliest.Value > old.Earliest.Value }) // ISO dates sort as texts
	d.judge("latest", text(old.Latest), text(new.Latest), func() bool { return new.Latest.Value < old.Latest.Value })
	d.judge("max-age", age(old.MaxAge), age(new.MaxAge), func() bool { return new.MaxAge.Value < old.MaxAge.Value })
	d.judge("pattern", text(old.Pattern), text(new.Pattern), never)
	d.judge("format", text(old.Format), text(new.Format), never)
	d.judge("date-format", text(old.DateFormat), text(new.DateFormat), never)
	d.judge("monotone", text(old.Monotone), text(new.Monotone), never)
	d.allowed(old.Allowed, new.Allowed)
	d.outliers(old.Outliers, new.Outliers)
	d.severity(old.Severity, new.Severity, cmp.Or(new.Pos, pos))
	entries(d, "aggregates", old.Aggregates, new.Aggregates, func(a schema.Aggregate) (schema.Aggregate, source.Pos) {
		at := a.Pos
		a.Description, a.Tags, a.Pos = "", nil, source.Pos{}
		return a, at
	})
}

func age(at *source.At[time.Duration]) value { return text(at) }

// allowed compares sets: one that lost values promises more, one that gained some promises less.
func (d *diff) allowed(old, new *source.At[[]string]) {
	if old == nil || new == nil {
		d.judge("allowed", text(old), text(new), never)
		return
	}
	without := func(values, known []string) []string {
		return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return slices.Contains(known, v) })
	}
	if gained := without(new.Value, old.Value); len(gained) > 0 {
		d.add("allowed", Breaking, value{}, value{strings.Join(gained, ", "), new.Pos})
	}
	if lost := without(old.Value, new.Value); len(lost) > 0 {
		d.add("allowed", Compatible, value{strings.Join(lost, ", "), new.Pos}, value{})
	}
}

func (d *diff) outliers(old, new *schema.Outliers) {
	show := func(o *schema.Outliers) value {
		if o == nil {
			return value{}
		}
		said := *o
		said.Pos = source.Pos{}
		return value{canonical(said), o.Pos}
	}
	d.judge("outliers", show(old), show(new), never)
}
