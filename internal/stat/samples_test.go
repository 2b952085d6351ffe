package stat_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
)

// answer is SciPy's statistic and p-value; nil where it has none.
type answer *[2]float64

// sampleCases are the cases of the tests of two samples and of two lists of shares.
type sampleCases struct {
	Samples []struct {
		N, M        int
		Shift       float64
		Digits      int
		Energy      float64
		MannWhitney answer
		Less        answer `json:"mannwhitney_less"`
		Greater     answer `json:"mannwhitney_greater"`
		Anderson    answer
		Cramer      answer
		Student     answer
		Welch       answer
		Epps        answer
	}
	AndersonMany []struct {
		Sizes  []int
		Digits int
		Answer answer
	} `json:"anderson_many"`
	Shares []struct {
		P, Q          []float64
		JS, Hellinger float64
		KL            *float64 // nil: infinite
	}
	Goodness []struct {
		Observed   []int64
		Expected   []float64
		Pearson, G answer
	}
	Proportion []struct {
		A, N, B, M int64
		Z          answer
	}
}

func (c sampleCases) requireAll(t *testing.T) {
	t.Helper()
	require.NotEmpty(t, c.Samples)
	require.NotEmpty(t, c.AndersonMany)
	require.NotEmpty(t, c.Shares)
	require.NotEmpty(t, c.Goodness)
	require.NotEmpty(t, c.Proportion)
}

func (c sampleCases) compare(t *testing.T) {
	t.Helper()
	for _, k := range c.Samples {
		x, y := sorted(draw(1, k.N, 0, k.Digits)), sorted(draw(2, k.M, k.Shift, k.Digits))
		near(t, k.Energy, stat.EnergyDistanceSorted(x, y), "energy_distance")
		for name, pair := range map[string]struct {
			want answer
			test func() (stat.TestResult, error)
		}{
			"mannwhitneyu":          {k.MannWhitney, func() (stat.TestResult, error) { return stat.MannWhitney(x, y, stat.TwoSided) }},
			"mannwhitneyu, less":    {k.Less, func() (stat.TestResult, error) { return stat.MannWhitney(x, y, stat.Less) }},
			"mannwhitneyu, greater": {k.Greater, func() (stat.TestResult, error) { return stat.MannWhitney(x, y, stat.Greater) }},
			"anderson_ksamp":        {k.Anderson, func() (stat.TestResult, error) { return stat.AndersonDarling(x, y) }},
			"cramervonmises_2samp":  {k.Cramer, func() (stat.TestResult, error) { return stat.CramerVonMises(x, y) }},
			"ttest_ind":             {k.Student, func() (stat.TestResult, error) { return tested(stat.StudentT(x, y)) }},
			"ttest_ind, Welch":      {k.Welch, func() (stat.TestResult, error) { return tested(stat.WelchT(x, y)) }},
			"epps_singleton_2samp":  {k.Epps, func() (stat.TestResult, error) { return stat.EppsSingleton(x, y) }},
		} {
			got, err := pair.test()
			agree(t, pair.want, got, err, fmt.Sprintf("%s %d %d %v %d", name, k.N, k.M, k.Shift, k.Digits))
		}
	}
	for _, k := range c.AndersonMany {
		var samples [][]float64
		for i, n := range k.Sizes {
			samples = append(samples, sorted(draw(uint64(i+1), n, 0.05*float64(i), k.Digits)))
		}
		got, err := stat.AndersonDarling(samples...)
		agree(t, k.Answer, got, err, k.Sizes)
	}
	c.compareShares(t)
}

func (c sampleCases) compareShares(t *testing.T) {
	t.Helper()
	for _, k := range c.Shares {
		near(t, k.JS, stat.JensenShannon(k.P, k.Q), k)
		near(t, k.Hellinger*k.Hellinger, math.Pow(stat.Hellinger(k.P, k.Q), 2), k)
		if k.KL == nil {
			require.True(t, math.IsInf(stat.KullbackLeibler(k.P, k.Q), 1))
		} else {
			near(t, *k.KL, stat.KullbackLeibler(k.P, k.Q), k)
		}
	}
	for _, k := range c.Goodness {
		got, err := stat.ChiSquareGoodness(k.Observed, k.Expected)
		agree(t, k.Pearson, got, err, k)
		got, err = stat.GTest(k.Observed, k.Expected)
		agree(t, k.G, got, err, k)
	}
	for _, k := range c.Proportion {
		got, err := stat.ProportionZ(k.A, k.N, k.B, k.M)
		agree(t, k.Z, got, err, k)
	}
}

func tested(r stat.TTest, err error) (stat.TestResult, error) {
	return stat.TestResult{Statistic: r.T, P: r.P}, err
}

func agree(t *testing.T, want answer, got stat.TestResult, err error, what ...any) {
	t.Helper()
	if want == nil {
		require.ErrorIs(t, err, stat.ErrUndefined, what...)
		return
	}
	require.NoError(t, err, what...)
	require.InDelta(t, want[0], got.Statistic, 1e-9*math.Max(1, math.Abs(want[0])), what...)
	require.InDelta(t, want[1], got.P, 1e-9, what...)
}

func sorted(values []float64) []float64 {
	stat.SortFloats(values)
	return values
}

func constant(v float64, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = v
	}
	return values
}

func TestSamplesThatCannotBeTested(t *testing.T) {
	some := sorted(draw(1, 30, 0, -1))
	ones := constant(1, 30)
	for name, test := range map[string]func() error{
		"Mann-Whitney, empty":           func() error { _, err := stat.MannWhitney(nil, some, stat.TwoSided); return err },
		"Anderson-Darling, empty":       func() error { _, err := stat.AndersonDarling(some, nil); return err },
		"Anderson-Darling, one sample":  func() error { _, err := stat.AndersonDarling(some); return err },
		"Anderson-Darling, constants":   func() error { _, err := stat.AndersonDarling(ones, ones); return err },
		"Cramér-von Mises, one value":   func() error { _, err := stat.CramerVonMises(some, some[:1]); return err },
		"Student, one against one":      func() error { _, err := stat.StudentT(some[:1], some[:1]); return err },
		"Student, equal constants":      func() error { _, err := stat.StudentT(ones, ones); return err },
		"Welch, one value":              func() error { _, err := stat.WelchT(some, some[:1]); return err },
		"Epps-Singleton, four values":   func() error { _, err := stat.EppsSingleton(some, some[:4]); return err },
		"Epps-Singleton, constants":     func() error { _, err := stat.EppsSingleton(ones, ones); return err },
		"chi-square, no category":       func() error { _, err := stat.ChiSquareGoodness(nil, nil); return err },
		"chi-square, another total":     func() error { _, err := stat.ChiSquareGoodness([]int64{1}, []float64{2}); return err },
		"chi-square, an empty category": func() error { _, err := stat.ChiSquareGoodness([]int64{1, 0}, []float64{1, 0}); return err },
		"z, empty":                      func() error { _, err := stat.ProportionZ(0, 0, 1, 2); return err },
		"z, all":                        func() error { _, err := stat.ProportionZ(3, 3, 2, 2); return err },
	} {
		require.ErrorIs(t, test(), stat.ErrUndefined, name)
	}
}

func TestConstantsThatDiffer(t *testing.T) {
	x, y := constant(1, 40), constant(2, 50)
	student, err := stat.StudentT(x, y)
	require.NoError(t, err)
	require.Zero(t, student.P)
	welch, err := stat.WelchT(x, y)
	require.NoError(t, err)
	require.Zero(t, welch.P)
	mann, err := stat.MannWhitney(x, x[:7], stat.TwoSided)
	require.NoError(t, err)
	require.Equal(t, 1.0, mann.P, "all values are one")
	// √(2 · 1² · (2 − 1)): the distribution functions are 1 apart from 1 to 2
	require.InDelta(t, math.Sqrt2, stat.EnergyDistanceSorted(x, y), 1e-15)
}

// What an expected 0 means: impossible, where something was seen.
func TestAnExpectedZero(t *testing.T) {
	for _, test := range []func([]int64, []float64) (stat.TestResult, error){stat.ChiSquareGoodness, stat.GTest} {
		r, err := test([]int64{5, 5}, []float64{10, 0})
		require.NoError(t, err)
		require.True(t, math.IsInf(r.Statistic, 1))
		require.Zero(t, r.P)
	}
}

func TestDistancesOfShares(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		p, q := make([]float64, 6), make([]float64, 6)
		for i := range p {
			p[i], q[i] = float64(random.IntN(9)), float64(random.IntN(9))
		}
		p[0], q[1] = 1, 1
		for _, distance := range []func(p, q []float64) float64{stat.JensenShannon, stat.Hellinger} {
			require.InDelta(t, distance(p, q), distance(q, p), 1e-12)
			require.InDelta(t, 0, distance(p, p), 2e-8)
			require.LessOrEqual(t, distance(p, q), 1.0)
		}
		require.GreaterOrEqual(t, stat.KullbackLeibler(p, q), -1e-15)
	}
}

func meanDifference(x, y []float64) float64 {
	sum := func(values []float64) (s float64) {
		for _, v := range values {
			s += v
		}
		return s
	}
	return math.Abs(sum(x)/float64(len(x)) - sum(y)/float64(len(y)))
}

func TestPermuteIsSeededAndSorted(t *testing.T) {
	x, y := sorted(draw(1, 40, 0, 1)), sorted(draw(2, 30, 0.1, 1))
	statistic := func(x, y []float64) float64 {
		require.True(t, slices.IsSorted(x) && slices.IsSorted(y) && len(x) == 40 && len(y) == 30)
		return meanDifference(x, y)
	}
	p := stat.Permute(x, y, statistic, 500, 7)
	require.Equal(t, p, stat.Permute(x, y, statistic, 500, 7))
	require.Equal(t, 1.0, stat.Permute(x, x, meanDifference, 500, 7), "nothing is smaller than no difference")
	require.Equal(t, 1.0/501, stat.Permute(x, sorted(draw(2, 30, 5, 1)), meanDifference, 500, 7), "never 0")
}

// The exact p-value of a difference of means over all C(6, 3) = 20 ways to deal 1 … 6 out: 1, 2, 3 against 4, 5, 6 is the largest,
// together with its mirror.
func TestPermuteApproachesTheExactShare(t *testing.T) {
	p := stat.Permute([]float64{1, 2, 3}, []float64{4, 5, 6}, meanDifference, 20_000, 1)
	require.InDelta(t, 0.1, p, 0.01) // 4.7 standard deviations of 20,000 draws
}

// Under one distribution, p ≤ 0.1 must come at most one time in ten.
func TestPermuteHoldsItsLevel(t *testing.T) {
	alarms := 0
	for round := range 300 {
		x, y := sorted(draw(uint64(2*round+1), 15, 0, -1)), sorted(draw(uint64(2*round+2), 20, 0, -1))
		if stat.Permute(x, y, stat.EnergyDistanceSorted, 99, uint64(round)) <= 0.1 {
			alarms++
		}
	}
	require.Less(t, alarms, 51) // 300 · 0.1 plus four standard deviations of 5.2
	require.Greater(t, alarms, 9)
}
