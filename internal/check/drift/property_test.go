package drift_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/finding"
)

// strange is a column of strange values of a random kind.
func strange(random *rand.Rand, name string, n int, likeness uint64) drift.Values {
	specials := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e9}
	switch likeness % 6 {
	case 0:
		return numbers(name, n, func(int) float64 { return specials[random.IntN(len(specials))] })
	case 1:
		return numbers(name, n, func(i int) float64 { return specials[i%len(specials)] * random.NormFloat64() })
	case 2:
		return numbers(name, n, func(int) float64 { return math.NaN() })
	case 3:
		return labels(name, n, func(int) string { return string([]byte{0xff, byte(random.IntN(256))}) })
	case 4:
		return labels(name, n, func(i int) string { return fmt.Sprint("a text \x00 | <b> ", i, random.IntN(9)) })
	}
	return numbers(name, n, func(int) float64 { return 5 })
}

// Whatever the values, every question has an answer that a result file can hold and a renderer can draw.
func TestStrangeValuesHaveAnAnswer(t *testing.T) {
	repetitions := 99
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 13))
		n, m := random.IntN(300), random.IntN(300)
		var reference, current []drift.Values
		for i := range uint64(6) {
			reference = append(reference, strange(random, fmt.Sprint(i), n, i))
			current = append(current, strange(random, fmt.Sprint(i), m, i))
		}
		spec := drift.Spec{Test: methods[seed%uint64(len(methods))], Permutations: &repetitions, Multivariate: true}
		if seed%3 == 0 {
			spec.CategoryTest, spec.CategoryEffect = drift.Permutation, drift.CramersV
		}
		if seed%5 == 0 {
			spec = drift.Spec{History: parts(20)}
		}
		result := compareValues(t, reference, current, spec)
		_, err := json.Marshal(result)
		require.NoError(t, err)
		require.NotPanics(t, func() { result.Blocks() })
		for _, f := range result.Findings() {
			require.NotEqual(t, finding.Unknown, f.Outcome, "%d: %+v", seed, f)
			require.NotEmpty(t, f.Message)
		}
	}
}
