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

// atDecay is the path of keys below decay.
func atDecay(keys ...any) []any { return append([]any{"retrain", "triggers", "decay"}, keys...) }

// decay judges which tables and numbers are named, and which keys ask for which others.
func (k checker) decay(d decay.Spec) {
	k.decayTables(d)
	k.decayMetric(d)
	if d.Margin != nil && !(d.Margin.Value >= 0) {
		k.Report(fmt.Sprintf("margin cannot be %s", d.Margin.Text), "0 or more", atDecay("margin")...)
	}
	k.share(d.FalseAlarms, atDecay("false-alarms")...)
	if d.Mature < 0 || d.Anew != 0 && d.Anew < time.Hour {
		k.Report("a time is too short", "mature is 0 or more, anew at least an hour", atDecay()...)
	}
}

func (k checker) decayTables(d decay.Spec) {
	tables := map[string]string{"predictions": d.Predictions, "labels": d.Labels}
	if d.Estimate != nil {
		k.table(d.Estimate.Calibrate, atDecay("estimate", "calibrate")...)
		if d.Estimate.Calibrate == d.Predictions {
			k.Report("the predictions cannot calibrate themselves", "name a labelled table that is held out", atDecay("estimate", "calibrate")...)
		}
	}
	for key, name := range tables {
		if name != "" {
			k.table(name, atDecay(key)...)
		}
	}
	k.columns(d.Key, atDecay("key")...)
	if d.Labels != "" && len(d.Key) == 0 {
		k.Report("labels are a table of their own and have no key", "name the columns that join them to predictions", atDecay("labels")...)
	}
	if full := d.WithDefaults(); full.Label == full.Prediction && (d.Labels == "" || d.Estimate != nil) {
		k.Report(fmt.Sprintf("label and prediction are both column %q", full.Label), "name two columns", atDecay()...)
	}
}

// decayMetric judges what is measured.
func (k checker) decayMetric(d decay.Spec) {
	metric := d.WithDefaults().Metric
	if d.Positive == "" && (metric.NeedsPositive() || d.Estimate != nil) {
		k.Report("nobody says which class is the positive one", "add positive", atDecay()...)
	}
	if d.Estimate != nil && !metric.CanEstimate() {
		k.Report(fmt.Sprintf("%s cannot be estimated from confidence", metric), "accuracy, precision and brier can", atDecay("estimate")...)
	}
	if (d.Bound != nil) != (metric == decay.AbsoluteError) {
		k.Report("bound and absolute-error go together", "an error without a bound could be any number, and no interval holds", atDecay()...)
	}
	if d.Bound != nil && !(d.Bound.Value > 0) {
		k.Report(fmt.Sprintf("bound cannot be %s", d.Bound.Text), "name an error above 0", atDecay("bound")...)
	}
}
