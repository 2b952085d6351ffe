package report

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
)

func TestATrailGoesFromItsLowestToItsHighest(t *testing.T) {
	for want, values := range map[string][]float64{
		"":     nil,
		"▁▅█":  {1, 2, 3},
		"▅▅":   {7, 7},
		"▁·█·": {-1, math.NaN(), 1, math.Inf(1)},
		"▁█":   {-math.MaxFloat64, math.MaxFloat64},
		"··":   {math.NaN(), math.NaN()},
	} {
		require.Equal(t, want, text(finding.Trail(values)))
	}
}
