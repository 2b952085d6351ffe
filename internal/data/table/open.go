package table

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/source"
)

// Open finds the files of a spec, looks at their form and types, and gives them the name. Relative paths start at dir.
// With materialize the rows are loaded now, once, for use by several steps; without, every use scans the files.
//
// Only an empty field of a CSV file is null, quoted or not: NA stays a text. Files of one table must have the same column
// names; in CSV and Parquet their order may differ.
//
// Errors: source.Problems (*NotFoundError among them) for what the user declared, *MalformedError for what a file holds.
func (e *Engine) Open(ctx context.Context, name, dir string, spec Spec, materialize bool) (*Table, error) {
	if err := spec.Problems().OrNil(); err != nil {
		return nil, err
	}
	if spec.IsProfile() {
		return nil, source.Problems{{Pos: spec.Pos, Message: fmt.Sprintf("%s is a profile, which has no rows", quoted(spec.Path)),
			Hint: "a profile can be the reference of drift; name the table itself"}}
	}
	if !e.claim(name) {
		return nil, fmt.Errorf("open table %s: a table of that name is open already (names ignore case)", name)
	}
	t, err := e.openClaimed(ctx, name, dir, spec, materialize)
	if err != nil {
		e.release(name)
		return nil, fmt.Errorf("open table %s: %w", name, err)
	}
	return t, nil
}

func (e *Engine) openClaimed(ctx context.Context, name, dir string, spec Spec, materialize bool) (*Table, error) {
	files, format, err := e.find(ctx, dir, spec)
	if err != nil {
		return nil, err
	}
	if err := e.prepare(files, format, spec); err != nil {
		return nil, err
	}
	t := &Table{engine: e, name: name, spec: spec, files: files, materialized: materialize}
	if t.layout, err = e.survey(ctx, files, format, spec, false); err != nil {
		return nil, err
	}
	if err := t.hasKey(); err != nil {
		return nil, err
	}
	err = t.create(ctx)
	var retyped *RetypedError
	if err = t.settle(ctx, err); errors.As(err, &retyped) {
		err = nil // only now are there readers of the table
	}
	if err != nil {
		return nil, err
	}
	e.allow(files)
	return t, nil
}

// create defines the view, or loads the rows.
func (t *Table) create(ctx context.Context) error {
	what := "VIEW"
	if t.materialized {
		what = "TABLE"
	}
	if err := t.engine.exec(ctx, "CREATE OR REPLACE "+what+" "+t.Relation()+" AS "+t.layout.sql()); err != nil {
		return err
	}
	columns, err := t.engine.describe(ctx, "SELECT * FROM "+t.Relation())
	if err != nil {
		return err
	}
	t.columns = columns
	return nil
}

// settle explains an error of reading the table. Where a value did not fit its column's type, it looks at every value of
// the files (once: then nothing is sampled any more), gives the columns the types that fit, and answers with a *RetypedError.
func (t *Table) settle(ctx context.Context, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	err = t.layout.explain(err)
	var cause *MalformedError
	if !errors.As(err, &cause) || readMessage(f.message).kind != conversion || !t.layout.isSampled() {
		return err
	}
	wider, surveyErr := t.engine.survey(ctx, t.files, t.layout.format, t.spec, true)
	if surveyErr != nil {
		return surveyErr
	}
	t.layout = wider
	if err := t.create(ctx); err != nil {
		return t.layout.explain(err)
	}
	return &RetypedError{Table: t.name, Cause: cause}
}

func (t *Table) hasKey() error {
	first := t.layout.readers[0]
	var names []string
	for _, c := range slices.Concat(first.columns, first.partitions) {
		names = append(names, c.Name)
	}
	for _, name := range t.spec.Key {
		if !slices.Contains(names, name) {
			return specProblem(t.spec, fmt.Sprintf("key column %s is not in %s", quoted(name), t.files[0].path), "its columns: "+nameList(names))
		}
	}
	return nil
}
