package shape

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/finding"
)

// Result is what the data and the parameters look like, and what they looked like at the base.
type Result struct {
	Tables     []Outline         `json:"tables,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
	Base       *Past             `json:"base,omitempty"` // nil: nothing was stored with it
}

// Past is what was stored with a commit.
type Past struct {
	Commit     string            `json:"commit"`
	Tables     []Outline         `json:"tables,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
}

// Change is one thing that is not what it was.
type Change struct {
	Subject string // a table, a table's column, a parameter
	What    string
	Before  string // "" for none
	After   string
}

// Kind names outlines in result files.
func (Result) Kind() string { return "data" }

// Join adds the tables that an earlier part of the job saw.
func (r Result) Join(earlier finding.Answer) finding.Answer {
	before, ok := earlier.(Result)
	if !ok {
		return r
	}
	r.Tables = slices.Clone(r.Tables)
	for _, t := range before.Tables {
		if !slices.ContainsFunc(r.Tables, func(own Outline) bool { return own.Table == t.Table }) {
			r.Tables = append(r.Tables, t)
		}
	}
	slices.SortFunc(r.Tables, func(a, b Outline) int { return strings.Compare(a.Table, b.Table) })
	if r.Base == nil {
		r.Base = before.Base
	}
	return r
}

// Findings are one: a change of the data is no fault.
func (r Result) Findings() []finding.Finding {
	message := fmt.Sprintf("%d tables and %d parameters were looked at", len(r.Tables), len(r.Parameters))
	if r.Base != nil {
		message = fmt.Sprintf("%d things changed in the data and parameters since %.12s", len(r.Changes()), r.Base.Commit)
	}
	return []finding.Finding{{Rule: "data", Subject: "data", Outcome: finding.Pass, Message: message}}
}

// Blocks are a table of what changed, and one of the tables as they are.
func (r Result) Blocks() []finding.Block {
	now := finding.Table{Title: "Tables", Header: []string{"table", "rows", "columns"}}
	for _, t := range r.Tables {
		now.Rows = append(now.Rows, finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Name(t.Table), finding.Count(t.Rows), finding.Count(len(t.Columns))}})
	}
	if r.Base == nil {
		return []finding.Block{now}
	}
	changes := r.Changes()
	if len(changes) == 0 {
		return []finding.Block{finding.Line{Outcome: finding.Pass, Text: fmt.Sprintf("Data and parameters look as they did at %.12s.", r.Base.Commit)}, now}
	}
	changed := finding.Table{Title: fmt.Sprintf("Data and parameters since %.12s", r.Base.Commit), Header: []string{"of", "what", "base", "head"}}
	for _, c := range changes {
		cells := []finding.Cell{finding.Name(c.Subject), finding.Text(c.What), finding.Absent{}, finding.Absent{}}
		for i, text := range []string{c.Before, c.After} {
			if text != "" {
				cells[2+i] = finding.Rule(text)
			}
		}
		changed.Rows = append(changed.Rows, finding.Row{Outcome: finding.Pass, Changed: true, Cells: cells})
	}
	return []finding.Block{changed, now}
}

// Changes lists what is not as it was at the base, table by table.
func (r Result) Changes() []Change {
	if r.Base == nil {
		return nil
	}
	var all []Change
	for _, after := range r.Tables {
		if i := slices.IndexFunc(r.Base.Tables, func(t Outline) bool { return t.Table == after.Table }); i >= 0 {
			all = append(all, after.since(r.Base.Tables[i])...)
		} else {
			all = append(all, Change{Subject: after.Table, What: "table", After: fmt.Sprintf("%d rows", after.Rows)})
		}
	}
	names := slices.Sorted(maps.Keys(r.Parameters))
	for name := range r.Base.Parameters {
		if _, ok := r.Parameters[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if before, after := r.Base.Parameters[name], r.Parameters[name]; before != after {
			all = append(all, Change{Subject: name, What: "parameter", Before: before, After: after})
		}
	}
	return all
}

// since lists what changed in one table.
func (o Outline) since(before Outline) []Change {
	var all []Change
	add := func(subject, what, old, now string) {
		if old != now {
			all = append(all, Change{subject, what, old, now})
		}
	}
	add(o.Table, "rows", fmt.Sprint(before.Rows), fmt.Sprint(o.Rows))
	for _, c := range o.Columns {
		subject := o.Table + "." + c.Name
		old, ok := before.column(c.Name)
		if !ok {
			add(subject, "column", "", c.Type)
			continue
		}
		add(subject, "type", old.Type, c.Type)
		add(subject, "nulls", before.share(old), o.share(c))
		add(subject, "range", old.span(), c.span())
	}
	for _, c := range before.Columns {
		if _, ok := o.column(c.Name); !ok {
			add(o.Table+"."+c.Name, "column", c.Type, "")
		}
	}
	return all
}

func (o Outline) column(name string) (Column, bool) {
	i := slices.IndexFunc(o.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return o.Columns[i], true
}

// share is the nulls as a percentage of one digit: less is no change to speak of.
func (o Outline) share(c Column) string {
	if o.Rows == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(c.Nulls)/float64(o.Rows))
}

// span is the range of a column in words.
func (c Column) span() string {
	if c.Min == nil || c.Max == nil {
		return ""
	}
	show := func(v float64) string { return fmt.Sprintf("%.6g", v) }
	switch {
	case c.Type == "DATE":
		show = func(v float64) string { return time.Unix(int64(v)*24*60*60, 0).UTC().Format(time.DateOnly) }
	case strings.HasPrefix(c.Type, "TIMESTAMP"):
		show = func(v float64) string { return time.Unix(int64(v), 0).UTC().Format(time.DateTime) }
	}
	return show(*c.Min) + " … " + show(*c.Max)
}
