package drift_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift"
)

// requireSameAnew makes sure that a result, judged by its numbers, comes to the same.
func requireSameAnew(t testing.TB, result drift.Result, spec drift.Spec) {
	t.Helper()
	outcomes := func(r drift.Result) (all []string) {
		for _, check := range r.Checks {
			all = append(all, check.Rule+" "+check.Column+" "+check.Outcome.String())
		}
		return all
	}
	require.Equal(t, outcomes(result), outcomes(result.Anew(spec, false)))
}
