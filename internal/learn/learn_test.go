package learn_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/learn"
)

const width = 3

// sample draws rows of three features, two of them correlated, and a noisy linear truth.
func sample(rows int) (x, y []float64, positive []bool) {
	random := rand.New(rand.NewPCG(1, 2))
	for range rows {
		a, b := random.NormFloat64(), random.NormFloat64()
		truth := 1 + 2*a - b + random.NormFloat64()
		x, y, positive = append(x, a, b, a+0.1*b), append(y, truth), append(positive, truth > 0)
	}
	return x, y, positive
}

// At the minimum of a convex objective its gradient is 0: that alone says that the fit is right, whoever computed it.
func TestRidgeStandsAtTheMinimum(t *testing.T) {
	x, y, _ := sample(200)
	for _, penalty := range []float64{1e-6, 1, 100} {
		l, err := learn.Ridge(x, width, y, penalty)
		require.NoError(t, err)
		residual := l.Score(x)
		for i := range residual {
			residual[i] -= y[i]
		}
		requireStationary(t, x, residual, l, penalty)
	}
}

func TestLogisticStandsAtTheMinimum(t *testing.T) {
	x, _, positive := sample(200)
	for _, penalty := range []float64{1e-3, 1, 100} {
		l, err := learn.Logistic(x, width, positive, penalty)
		require.NoError(t, err)
		residual := learn.Probability(l.Score(x))
		for i := range residual {
			if positive[i] {
				residual[i]--
			}
		}
		requireStationary(t, x, residual, l, penalty)
	}
}

// requireStationary: Xᵀ·residual + penalty·w = 0, and the residuals sum to 0 since the intercept bears no penalty.
func requireStationary(t *testing.T, x, residual []float64, l learn.Linear, penalty float64) {
	t.Helper()
	gradient, intercept := make([]float64, width), 0.0
	for i, r := range residual {
		intercept += r
		for j := range width {
			gradient[j] += r * x[i*width+j]
		}
	}
	require.InDelta(t, 0, intercept, 1e-8)
	for j := range width {
		require.InDelta(t, 0, gradient[j]+penalty*l.Weights[j], 1e-7)
	}
}

// Two equal columns share one weight: the penalty makes the answer unique.
func TestRidgeSplitsAWeightBetweenEqualColumns(t *testing.T) {
	// min (1−2w)²·2 + 2w², with b = 0 by symmetry: w = 4/(8+2·penalty), here penalty = 1
	l, err := learn.Ridge([]float64{1, 1, -1, -1}, 2, []float64{1, -1}, 1)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{0.4, 0.4}, l.Weights, 1e-12)
	require.InDelta(t, 0, l.Intercept, 1e-12)
}

func TestLogisticOfSeparableClassesIsFinite(t *testing.T) {
	l, err := learn.Logistic([]float64{-2, -1, 1, 2}, 1, []bool{false, false, true, true}, 1e-3)
	require.NoError(t, err)
	require.Greater(t, l.Weights[0], 1.0)
	require.Less(t, l.Weights[0], 100.0)
}

func TestLogisticIsDeterministic(t *testing.T) {
	x, _, positive := sample(500)
	first, err := learn.Logistic(x, width, positive, 1)
	require.NoError(t, err)
	second, err := learn.Logistic(x, width, positive, 1)
	require.NoError(t, err)
	require.Equal(t, first, second)
}

// One class alone pulls the intercept, which bears no penalty, to infinity: there is no minimum to find.
func TestLogisticOfOneClassDoesNotConverge(t *testing.T) {
	_, err := learn.Logistic([]float64{1, 2, 3}, 1, []bool{true, true, true}, 1)
	require.ErrorIs(t, err, learn.ErrNotConverged)
}

func TestProbability(t *testing.T) {
	p := learn.Probability([]float64{0, math.Log(3), -math.Log(3), 1000, -1000})
	require.InDeltaSlice(t, []float64{0.5, 0.75, 0.25, 1, 0}, p, 1e-15)
}
