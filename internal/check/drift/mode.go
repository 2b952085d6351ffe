package drift

import (
	"context"
	"slices"

	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/data/table"
)

// Mode is by whose rules tables are compared.
type Mode string

// The modes; "" is ModeAssay.
const (
	ModeAssay     Mode = "assay"     // Compare
	ModeEvidently Mode = "evidently" // CompareAsEvidently
)

// CompareAsEvidently compares the columns that the spec chooses by Evidently's rules. Of the spec only the columns, the severity and
// the part Evidently count.
func CompareAsEvidently(ctx context.Context, reference, current *table.Table, spec Spec) (evidently.Result, error) {
	var rules evidently.Spec
	if spec.Evidently != nil {
		rules = *spec.Evidently
	}
	result, err := evidently.Compare(ctx, reference, current, spec.Columns.of(current, reference), rules)
	result.Severity, result.Pos = spec.Severity, spec.Pos
	return result, err
}

// of are the chosen columns of some tables, each once, in the order of the first table that has it; columns that are chosen by name
// and that no table has come last.
func (c Columns) of(tables ...*table.Table) []string {
	var names []string
	add := func(name string) {
		if c.wants(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, t := range tables {
		for _, column := range t.Columns() {
			add(column.Name)
		}
	}
	for _, name := range c.Include {
		add(name)
	}
	return names
}
