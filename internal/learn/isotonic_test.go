package learn_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/learn"
)

// The values are those of scikit-learn 1.9.1: IsotonicRegression(out_of_bounds="clip").fit(x, y).predict(at).
func TestIsotonicAgreesWithScikitLearn(t *testing.T) {
	for name, c := range map[string]struct{ x, y, at, want []float64 }{
		"ties and violators": {[]float64{3, 1, 2, 2, 5, 4, 4, 8}, []float64{1, 0, 1, 0, 1, 0, 1, 1}, []float64{0, 1, 1.5, 2, 3, 3.5, 4, 5, 6, 9},
			[]float64{0, 0, 0.25, 0.5, 2.0 / 3, 2.0 / 3, 2.0 / 3, 1, 1, 1}},
		"scores and classes": {[]float64{0.55, 0.71, 0.29, 0.51, 0.89, 0.9, 0.13, 0.21, 0.05, 0.44, 0.03, 0.46}, []float64{0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1},
			[]float64{0.1, 0.3, 0.5, 0.55, 0.7, 0.9}, []float64{0, 0, 0.333333, 0.333333, 0.958333, 1}},
		"one point":   {[]float64{0.5}, []float64{1}, []float64{0, 0.5, 1}, []float64{1, 1, 1}},
		"all descend": {[]float64{1, 2, 3}, []float64{3, 2, 1}, []float64{0, 2, 4}, []float64{2, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			f := learn.FitIsotonic(c.x, c.y)
			for i, at := range c.at {
				require.InDelta(t, c.want[i], f.At(at), 1e-6, "at %v", at)
			}
		})
	}
}

func TestIsotonicDoesNotDescendAndKeepsTheMean(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		x, y := make([]float64, 40), make([]float64, 40)
		sum := 0.0
		for i := range x {
			x[i], y[i] = float64(random.IntN(20)), random.Float64()
			sum += y[i]
		}
		f := learn.FitIsotonic(x, y)
		fitted := make([]float64, 40)
		for i := range x {
			fitted[i] = f.At(x[i])
			sum -= fitted[i]
		}
		require.InDelta(t, 0, sum, 1e-9)
		var steps []float64
		for at := -1.0; at < 21; at += 0.25 {
			steps = append(steps, f.At(at))
		}
		require.True(t, slices.IsSorted(steps))
	}
}
