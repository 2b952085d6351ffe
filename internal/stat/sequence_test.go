package stat_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
)

func sequenceOf(alpha float64, n int, x func(i int) float64) *stat.Sequence {
	s := stat.NewSequence(alpha)
	for i := range n {
		s.Add(x(i))
	}
	return s
}

// The intervals are the formula's in 50 decimal digits. confseq 0.0.11, the authors' own program, gives the same: predmix_lower_cs(x, v,
// lambda_predmix_eb(truncation=0.5, alpha), ψ, alpha)[-1] with v from the mean of theorem 2.
func TestSequenceAgreesWithItsAuthors(t *testing.T) {
	cycle := []float64{0, 1, 1, 0.25}
	low, high := sequenceOf(0.05, 200, func(i int) float64 { return cycle[i%4] }).Interval()
	require.InDelta(t, 0.46037850193907928638685583713056, low, 1e-12)
	require.InDelta(t, 0.66283789749489169248001691891091, high, 1e-12)
	s := sequenceOf(0.025, 1000, func(i int) float64 { return math.Min(1, float64(i%10)) })
	low, high = s.Interval()
	require.InDelta(t, 0.86320902210672840683269733827172, low, 1e-12)
	require.InDelta(t, 0.93388224666502808021949881090285, high, 1e-12)
	require.InDelta(t, 0.9, s.Mean(), 1e-12)
	require.EqualValues(t, 1000, s.Count())
}

func TestSequenceOfNothing(t *testing.T) {
	s := stat.NewSequence(0.05)
	low, high := s.Interval()
	require.Equal(t, [2]float64{0, 1}, [2]float64{low, high})
	require.True(t, math.IsNaN(s.Mean()))
	for _, x := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
		require.Panics(t, func() { s.Add(x) })
	}
	require.Zero(t, s.Count())
}

// Who looks after each of a thousand rows errs in no more than the share alpha of all histories; an interval for one look, looked at as
// often, errs far more. Seeded: the counts are the same in each run.
func TestSequenceMayBeLookedAtAfterEachRow(t *testing.T) {
	const histories, rows, alpha, mean = 2000, 1000, 0.05, 0.9
	random := rand.New(rand.NewPCG(1, 2))
	wrong, naive := 0, 0
	for range histories {
		s, isWrong, isNaive := stat.NewSequence(alpha), false, false
		hits := int64(0)
		for range rows {
			x := 0.0
			if random.Float64() < mean {
				x = 1
				hits++
			}
			s.Add(x)
			_, high := s.Interval()
			isWrong = isWrong || high < mean
			_, once := stat.Wilson(hits, s.Count(), 1.6448536269514722) // scipy.stats.norm.ppf(0.95)
			isNaive = isNaive || once < mean
		}
		if isWrong {
			wrong++
		}
		if isNaive {
			naive++
		}
	}
	t.Logf("of %d histories without decay the sequence errs in %d, an interval for one look in %d", histories, wrong, naive)
	require.LessOrEqual(t, float64(wrong)/histories, alpha)
	require.Greater(t, float64(naive)/histories, 4*alpha)
}
