package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/source"
)

func (k checker) drift(spec drift.Spec) {
	k.table(spec.Reference, "drift", "reference")
	k.table(spec.Current, "drift", "current")
	if spec.Reference == spec.Current {
		k.Report(fmt.Sprintf("reference and current are both table %q", spec.Current), "name two tables", "drift", "current")
	}
	k.driftColumns(spec)
	for key, number := range map[string]*source.Number{"significance": spec.Significance, "minimum": spec.Minimum, "detect": spec.Detect,
		"null-share": spec.NullShare, "range-share": spec.RangeShare} {
		k.share(number, "drift", key)
	}
	k.detect(spec.Minimum, spec.Detect, "drift", "detect")
	if p := spec.Permutations; p != nil && !(minPermutations <= *p && *p <= maxPermutations) {
		k.Report(fmt.Sprintf("permutations cannot be %d", *p), fmt.Sprintf("allowed: %d to %d", minPermutations, maxPermutations), "drift", "permutations")
	}
	if a := spec.Allowed; a != nil {
		k.share(a.Share, "drift", "allowed", "share")
		if a.Columns != nil && *a.Columns < 0 {
			k.Report(fmt.Sprintf("columns cannot be %d", *a.Columns), "say how many columns may drift: 0 or more", "drift", "allowed", "columns")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(spec.ByColumn)) {
		k.override(spec.ByColumn[name], "drift", "by-column", name)
	}
	if spec.History != nil {
		k.history(spec)
	}
	k.profiled(spec)
	k.evidently(spec)
}

// profiled reports what cannot be asked of a reference that has no rows.
func (k checker) profiled(spec drift.Spec) {
	if k.c.Data[spec.Current].IsProfile() {
		k.Report("current is a profile, which has no rows", "name a table; a profile can be the reference", "drift", "current")
	}
	if !k.c.Data[spec.Reference].IsProfile() {
		return
	}
	for key, asked := range map[string]bool{"multivariate": spec.Multivariate, "history": spec.History != nil,
		"mode": spec.Mode == drift.ModeEvidently} {
		if asked {
			k.Report(key+" needs the rows of the reference, and a profile has none", "name a table as reference, or remove this", "drift", key)
		}
	}
}

// minPermutations and maxPermutations bound what a user may ask for: with fewer no p-value is small, and more take hours.
const (
	minPermutations = 99
	maxPermutations = 1_000_000
)

// share reports a number that does not lie between 0 and 1.
func (k checker) share(number *source.Number, path ...any) {
	if number != nil && !(0 < number.Value && number.Value < 1) {
		k.Report(fmt.Sprintf("%v cannot be %s", path[len(path)-1], number.Text), "allowed: between 0 and 1", path...)
	}
}

func (k checker) detect(minimum, detect *source.Number, path ...any) {
	if minimum != nil && detect != nil && !(minimum.Value < detect.Value) {
		k.Report("detect is not above minimum", "an effect as small as minimum is no drift: choose a larger one to detect", path...)
	}
}

// driftColumns judges which columns are compared, and those that the spec names besides.
func (k checker) driftColumns(spec drift.Spec) {
	k.columns(spec.Columns.Include, "drift", "columns", "include")
	k.columns(spec.Columns.Exclude, "drift", "columns", "exclude")
	k.columns(spec.Important, "drift", "important")
	if len(spec.Columns.Include) > 0 && len(spec.Columns.Exclude) > 0 {
		k.Report("include and exclude stand side by side", "keep one of the two", "drift", "columns")
	}
	for i, name := range spec.Important {
		k.compared(spec.Columns, name, "drift", "important", i)
	}
	for name := range spec.ByColumn {
		k.compared(spec.Columns, name, "drift", "by-column", name)
	}
	k.compared(spec.Columns, spec.Target, "drift", "target")
	k.compared(spec.Columns, spec.Prediction, "drift", "prediction")
	if spec.Target != "" && spec.Target == spec.Prediction {
		k.Report(fmt.Sprintf("target and prediction are both column %q", spec.Target), "name two columns", "drift", "prediction")
	}
}

// compared reports a column that is named and left out.
func (k checker) compared(columns drift.Columns, name string, path ...any) {
	switch {
	case name == "":
	case slices.Contains(columns.Exclude, name):
		k.Report(fmt.Sprintf("column %q is named here and excluded", name), "remove it from columns: exclude, or here", path...)
	case len(columns.Include) > 0 && !slices.Contains(columns.Include, name):
		k.Report(fmt.Sprintf("column %q is named here and not included", name), "add it to columns: include, or remove it here", path...)
	}
}

// override judges what one column wants otherwise. Its limits are in a unit of their own, so they have no upper end.
func (k checker) override(o drift.Override, path ...any) {
	if !k.IsSound(path...) {
		return
	}
	if o == (drift.Override{}) {
		k.Report("nothing is said of the column", "name what is different for it, or remove it", path...)
	}
	for key, number := range map[string]*source.Number{"minimum": o.Minimum, "detect": o.Detect} {
		if number != nil && !(number.Value > 0) {
			k.Report(fmt.Sprintf("%s cannot be %s", key, number.Text), "an effect that counts is above 0", append(path, key)...)
		}
	}
	k.share(o.NullShare, append(path, "null-share")...)
	k.share(o.RangeShare, append(path, "range-share")...)
	k.detect(o.Minimum, o.Detect, append(path, "detect")...)
}

func (k checker) history(spec drift.Spec) {
	h := *spec.History
	k.share(h.FalseAlarms, "drift", "history", "false-alarms")
	if h.Parts != nil && *h.Parts < 2 {
		k.Report(fmt.Sprintf("parts cannot be %d", *h.Parts), "differences take at least 2 parts, a rate of false alarms of 0.05 takes 19", "drift", "history", "parts")
	}
	if h.Every != "" && h.By == "" {
		k.Report("every has no column of dates or times", "name it under by", "drift", "history", "every")
	}
	beside := spec.Test != "" || spec.CategoryTest != "" || spec.CategoryEffect != ""
	for _, o := range spec.ByColumn {
		beside = beside || o.Test != "" || o.CategoryTest != "" || o.CategoryEffect != ""
	}
	if beside {
		k.Report("a test is named beside history", "history compares distances: D of numbers, total variation of categories; keep one of the two", "drift", "history")
	}
}
