package config

import (
	"fmt"
	"reflect"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/drift/evidently"
)

// evidently judges the settings of the mode that reproduces Evidently. A key of the other mode would be without effect, and so
// promise what nobody does.
func (k checker) evidently(spec drift.Spec) {
	rules := spec.Evidently
	if spec.Mode != drift.ModeEvidently {
		if rules != nil {
			k.Report("evidently stands without mode: evidently", "add mode: evidently", "drift", "evidently")
		}
		return
	}
	if !reflect.DeepEqual(spec, drift.Spec{Reference: spec.Reference, Current: spec.Current, Columns: spec.Columns, Mode: spec.Mode,
		Evidently: rules, Severity: spec.Severity, Pos: spec.Pos}) {
		k.Report("a key has no meaning with mode: evidently", "keep reference, current, columns, severity and evidently only", "drift")
	}
	if rules == nil {
		return
	}
	if share := rules.DriftShare; share != nil && !(0 < share.Value && share.Value <= 1) {
		k.Report(fmt.Sprintf("drift-share cannot be %s", share.Text), "allowed: above 0, up to 1", "drift", "evidently", "drift-share")
	}
	for key, of := range map[string]struct {
		typ    evidently.Type
		choice evidently.Choice
	}{"numerical": {evidently.Numerical, rules.Numerical}, "categorical": {evidently.Categorical, rules.Categorical}} {
		if name := of.choice.Stattest; name != "" && !name.Applies(of.typ) {
			k.Report(fmt.Sprintf("the stattest %s is not for %s columns", name, key), "", "drift", "evidently", key, "stattest")
		}
	}
}
