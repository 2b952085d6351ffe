package retraining

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/retrain/decay"
	"github.com/assay-ml/assay/internal/retrain/trigger"
)

// reference is what windows are compared with: a profile, or a table.
type reference struct {
	name    string
	profile *profile.Profile
	table   *table.Table
}

// drift compares the last windows with what the version in production was trained on.
func (g *gathering) drift(ctx context.Context) error {
	spec := g.options.Config.Retrain.Triggers.Drift
	if spec == nil || g.in.Production == nil && spec.Reference == "" {
		return nil
	}
	against, why, err := g.reference(ctx, *spec)
	if err != nil {
		return err
	}
	current, unread, err := g.table(ctx, spec.Table)
	if err != nil {
		return err
	}
	if why == "" {
		why = unread
	}
	if why == "" {
		why = isTimed(current, spec.Time)
	}
	if why != "" {
		g.in.Drift = &trigger.DriftSeen{Unknown: why}
		return nil
	}
	g.in.Drift = &trigger.DriftSeen{Reference: against.name}
	for _, w := range spec.Spans(g.options.Now) {
		seen, err := g.window(ctx, *spec, against, current, w)
		if err != nil {
			return err
		}
		g.in.Drift.Windows = append(g.in.Drift.Windows, seen)
	}
	return nil
}

// isTimed says why windows cannot be cut by a column.
func isTimed(t *table.Table, column string) string {
	switch c, ok := t.Column(column); {
	case !ok:
		return fmt.Sprintf("table %s has no column %s", t.Name(), column)
	case c.Kind != table.Date && c.Kind != table.Timestamp:
		return fmt.Sprintf("column %s of table %s holds no dates or times", column, t.Name())
	}
	return ""
}

// reference is the profile of the version in production, else the table or profile that the config names.
func (g *gathering) reference(ctx context.Context, spec trigger.Drift) (reference, string, error) {
	c, name := g.options.Config, spec.Reference
	if v := g.in.Production; v != nil && v.Profile != "" {
		loaded, why, err := g.profileOf(*v)
		return reference{name: or(v.Name, "the version in production"), profile: loaded}, why, err
	}
	if name == "" {
		return reference{}, "the record of the version in production names no profile of its data", nil
	}
	if !c.Data[name].IsProfile() {
		opened, why, err := g.table(ctx, name)
		return reference{name: name, table: opened}, why, err
	}
	found, err := g.places.Find(ctx, c.Data[name])
	if err != nil {
		return reference{}, "", err
	}
	path := filepath.Join(c.Dir, found.Path)
	if found.Fetched != nil {
		for _, path = range found.Fetched.Local { // a profile's place names one file
		}
	}
	loaded, err := profile.Load(path, found.Path)
	return reference{name: name, profile: loaded}, "", err
}

// profileOf is the profile of the data that a version was trained on, or why there is none. A record may come from outside: it names
// nothing beyond the folder of the config.
func (g *gathering) profileOf(v trigger.Version) (*profile.Profile, string, error) {
	if !filepath.IsLocal(v.Profile) {
		return nil, fmt.Sprintf("profile %s of the version in production does not lie in the folder of the config", v.Profile), nil
	}
	path := filepath.Join(g.options.Config.Dir, v.Profile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Sprintf("there is no profile at %s", v.Profile), nil
	}
	loaded, err := profile.Load(path, v.Profile)
	return loaded, "", err
}

// countTrained takes the rows that the version in production was trained on from the profile of its data, where its record does not say.
func (g *gathering) countTrained(context.Context) error {
	v := g.in.Production
	if v == nil || v.Rows != nil || v.Profile == "" || g.options.Config.Retrain.Triggers.Rows == nil {
		return nil
	}
	known, _, err := g.profileOf(*v)
	if known != nil {
		with := *v
		with.Rows = &known.Rows
		g.in.Production = &with
	}
	return err
}

// window compares one window.
func (g *gathering) window(ctx context.Context, spec trigger.Drift, against reference, current *table.Table, w trigger.Window) (trigger.Window, error) {
	rows, err := g.cut(ctx, current, spec.Time, w)
	if err != nil || rows == nil {
		w.Unknown = "it has no rows"
		return w, err
	}
	settings := g.comparison(spec, against, rows)
	var result drift.Result
	if against.profile != nil {
		result, err = drift.CompareProfile(ctx, drift.NewProfile(against.name, against.profile), rows, settings, false)
	} else {
		result, err = drift.Compare(ctx, against.table, rows, settings, false)
	}
	if err != nil {
		return w, err
	}
	g.in.Drift.Rate = max(g.in.Drift.Rate, trigger.FalseAlarms(result))
	return w.Take(result), nil
}

// comparison is the settings of `drift:`, for this reference and this window. What takes rows of the reference is left out of a profile's, and
// the column of the windows' times is no evidence.
func (g *gathering) comparison(spec trigger.Drift, against reference, rows *table.Table) drift.Spec {
	settings := drift.Spec{}
	if d := g.options.Config.Drift; d != nil && d.Mode != drift.ModeEvidently {
		settings = *d
	}
	settings.Reference, settings.Current = against.name, rows.Name()
	if against.profile != nil {
		settings.History, settings.Multivariate = nil, false
	}
	if len(settings.Columns.Include) == 0 {
		settings.Columns.Exclude = append(settings.Columns.Exclude[:len(settings.Columns.Exclude):len(settings.Columns.Exclude)], spec.Time)
	}
	return settings
}

// cut is the rows of a window as a table of its own, nil where there are none.
func (g *gathering) cut(ctx context.Context, t *table.Table, column string, w trigger.Window) (*table.Table, error) {
	path := filepath.Join(g.scratch, fmt.Sprintf("window-%d.parquet", w.From.Unix()))
	at := "epoch(" + table.Identifier(column) + ")"
	where := fmt.Sprintf("FROM %s WHERE %s >= %d AND %[2]s < %[4]d", t.Relation(), at, w.From.Unix(), w.Until.Unix())
	var opened *table.Table
	err := table.Settled(func() error {
		counted, err := t.Engine().Query(ctx, "SELECT count(*) "+where)
		if err != nil || counted.Rows[0][0].Number == 0 {
			return err
		}
		if err := t.ExportResult(ctx, path, "SELECT * "+where); err != nil {
			return err
		}
		opened, err = t.Engine().Open(ctx, filepath.Base(path), g.scratch, table.Spec{Path: path, Sensitive: t.Spec().Sensitive}, false)
		return err
	})
	return opened, err
}

// decay asks whether the version in production became worse.
func (g *gathering) decay(ctx context.Context) error {
	spec, v := g.options.Config.Retrain.Triggers.Decay, g.in.Production
	if spec == nil || v == nil {
		return nil
	}
	in := decay.Input{Since: v.Since, Now: g.options.Now, Promoted: promoted(*spec, v)}
	if in.Since.IsZero() {
		g.in.Decay = &decay.Result{Metric: spec.WithDefaults().Metric, Unknown: "the record does not say since when the version is in production"}
		return nil
	}
	var tables decay.Tables
	for _, slot := range []struct {
		table **table.Table
		name  string
	}{{&tables.Predictions, spec.Predictions}, {&tables.Labels, or(spec.Labels, spec.Predictions)}, {&tables.Calibrate, calibrates(*spec)}} {
		if slot.name == "" {
			continue
		}
		opened, why, err := g.table(ctx, slot.name)
		if err != nil {
			return err
		}
		if why != "" {
			g.in.Decay = &decay.Result{Metric: spec.WithDefaults().Metric, Unknown: why}
			return nil
		}
		*slot.table = opened
	}
	result, err := decay.Measure(ctx, tables, *spec, in, g.scratch)
	g.in.Decay = &result
	return err
}

// promoted is the metric at promotion, nil where nobody knows it.
func promoted(spec decay.Spec, v *trigger.Version) *float64 {
	if p := spec.Promoted; p != nil && p.Value != nil {
		return &p.Value.Value
	}
	if value, ok := v.Metrics[spec.PromotedMetric()]; ok {
		return &value
	}
	return nil
}

func calibrates(spec decay.Spec) string {
	if spec.Estimate == nil {
		return ""
	}
	return spec.Estimate.Calibrate
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
