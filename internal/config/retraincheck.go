package config

import (
	"fmt"
	"time"

	"github.com/assay-ml/assay/internal/retrain/decay"
	"github.com/assay-ml/assay/internal/retrain/trigger"
)

func (k checker) retrain(spec trigger.Spec) {
	for _, problem := range spec.Problems() {
		k.Report(problem.Message, problem.Hint, append([]any{"retrain"}, problem.Path...)...)
	}
	if spec.Data != "" {
		k.table(spec.Data, "retrain", "data")
	}
	if spec.Production != "" {
		k.isInside(spec.Production, "retrain", "production")
	}
	if d := spec.Triggers.Drift; d != nil {
		k.retrainDrift(*d)
	}
	if d := spec.Triggers.Decay; d != nil {
		k.decay(*d)
	}
	if s := spec.Triggers.Settings; s != nil {
		k.isInside(s.File, "retrain", "triggers", "settings", "file")
	}
}

func (k checker) retrainDrift(d trigger.Drift) {
	path := []any{"retrain", "triggers", "drift"}
	k.table(d.Table, append(path, "table")...)
	if d.Reference != "" {
		k.table(d.Reference, append(path, "reference")...)
	}
	k.columns(d.Only, append(path, "only")...)
	if k.c.Data[d.Table].IsProfile() {
		k.Report("new rows are no profile", "name a table", append(path, "table")...)
	}
}

// decay judges the spec as one whole: which keys ask for which others.
func (k checker) decay(d decay.Spec) {
	path := []any{"retrain", "triggers", "decay"}
	at := func(keys ...any) []any { return append(path[:len(path):len(path)], keys...) }
	tables := map[string]string{"predictions": d.Predictions, "labels": d.Labels}
	if d.Estimate != nil {
		k.table(d.Estimate.Calibrate, at("estimate", "calibrate")...)
		if d.Estimate.Calibrate == d.Predictions {
			k.Report("the predictions cannot calibrate themselves", "name a labelled table that is held out", at("estimate", "calibrate")...)
		}
	}
	for key, name := range tables {
		if name != "" {
			k.table(name, at(key)...)
		}
	}
	k.columns(d.Key, at("key")...)
	if d.Labels != "" && len(d.Key) == 0 {
		k.Report("labels are a table of their own and have no key", "name the columns that join them to predictions", at("labels")...)
	}
	if full := d.WithDefaults(); full.Label == full.Prediction && (d.Labels == "" || d.Estimate != nil) {
		k.Report(fmt.Sprintf("label and prediction are both column %q", full.Label), "name two columns", path...)
	}
	metric := d.WithDefaults().Metric
	if d.Positive == "" && (metric.NeedsPositive() || d.Estimate != nil) {
		k.Report("nobody says which class is the positive one", "add positive", path...)
	}
	if d.Estimate != nil && !metric.CanEstimate() {
		k.Report(fmt.Sprintf("%s cannot be estimated from confidence", metric), "accuracy, precision and brier can", at("estimate")...)
	}
	if (d.Bound != nil) != (metric == decay.AbsoluteError) {
		k.Report("bound and absolute-error go together", "an error without a bound could be any number, and no interval holds", path...)
	}
	if d.Bound != nil && !(d.Bound.Value > 0) {
		k.Report(fmt.Sprintf("bound cannot be %s", d.Bound.Text), "name an error above 0", at("bound")...)
	}
	if d.Margin != nil && !(d.Margin.Value >= 0) {
		k.Report(fmt.Sprintf("margin cannot be %s", d.Margin.Text), "0 or more", at("margin")...)
	}
	k.share(d.FalseAlarms, at("false-alarms")...)
	if d.Mature < 0 || d.Anew != 0 && d.Anew < time.Hour {
		k.Report("a time is too short", "mature is 0 or more, anew at least an hour", path...)
	}
}
