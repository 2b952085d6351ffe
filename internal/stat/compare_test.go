package stat_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
)

const z975 = 1.959963984540054 // scipy 1.17.1: norm.ppf(0.975)

// compareCases are what statsmodels, SciPy and plain definitions say: testdata/peers/compare_cases.py.
type compareCases struct {
	Pairs []struct {
		Cells           [4]int64
		MidP            float64
		Newcombe, Tango []float64
	}
	Credit struct {
		Label                []int
		Champion, Challenger []float64
		DeLong               struct{ First, Second, Error float64 }
		DeLongOfGroups       struct{ Groups, Error, Low, High float64 } `json:"delong-of-groups"`
		ResampledT           struct {
			Differences                   []float64
			Train, Test, Error, Low, High float64
		} `json:"resampled-t"`
		BCa map[string][2]float64
	}
	Amount struct {
		Label, Champion, Challenger []float64
		DieboldMariano              []struct {
			Horizon            int
			Mean, Low, High, P float64
		} `json:"diebold-mariano"`
	}
}

func parseCompareCases(t *testing.T, data []byte) compareCases {
	t.Helper()
	var c compareCases
	require.NoError(t, json.Unmarshal(data, &c))
	return c
}

func (c compareCases) positive() []bool {
	positive := make([]bool, len(c.Credit.Label))
	for i, label := range c.Credit.Label {
		positive[i] = label == 1
	}
	return positive
}

func TestComparisonsAsPeersHaveThem(t *testing.T) {
	data, err := os.ReadFile("../../testdata/peers/compare_cases.json")
	require.NoError(t, err)
	compareWithPeers(t, parseCompareCases(t, data))
}

func compareWithPeers(t *testing.T, c compareCases) {
	t.Helper()
	for _, k := range c.Pairs {
		p := stat.Pairs{Both: k.Cells[0], First: k.Cells[1], Second: k.Cells[2], Neither: k.Cells[3]}
		require.InDelta(t, k.MidP, stat.McNemarMidP(p.First, p.Second), 1e-9, k.Cells)
		low, high := p.Newcombe(z975)
		require.InDeltaSlice(t, k.Newcombe, []float64{low, high}, 1e-9, k.Cells)
		if low, high = p.Tango(z975); k.Tango != nil {
			require.InDeltaSlice(t, k.Tango, []float64{low, high}, 1e-6, k.Cells) // as near as a search comes
		}
	}
	d, err := stat.DeLong(c.positive(), c.Credit.Champion, c.Credit.Challenger)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{c.Credit.DeLong.First, c.Credit.DeLong.Second, c.Credit.DeLong.Error}, []float64{d.First, d.Second, d.Error}, 1e-9)
	compareGroupsWithPeers(t, c)
	for _, k := range c.Amount.DieboldMariano {
		r, err := stat.DieboldMariano(absolute(c.Amount.Label, c.Amount.Champion), absolute(c.Amount.Label, c.Amount.Challenger), k.Horizon)
		require.NoError(t, err)
		low, high := r.Ends(z975)
		require.InEpsilonSlice(t, []float64{k.Mean, k.Low, k.High, k.P}, []float64{r.Mean, low, high, r.P}, 1e-9)
	}
}

func compareGroupsWithPeers(t *testing.T, c compareCases) {
	t.Helper()
	group := make([]int32, len(c.Credit.Label))
	for i := range group {
		group[i] = int32(i / 8)
	}
	want := c.Credit.DeLongOfGroups
	d, err := stat.DeLongOfGroups(c.positive(), group, int(want.Groups), c.Credit.Champion, c.Credit.Challenger)
	require.NoError(t, err)
	low, high := d.Ends(z975)
	require.InDeltaSlice(t, []float64{want.Error, want.Low, want.High}, []float64{d.Error, low, high}, 1e-9)
	splits := c.Credit.ResampledT
	r, err := stat.CorrectedResampledT(splits.Differences, splits.Train, splits.Test)
	require.NoError(t, err)
	low, high = r.Ends(z975)
	require.InDeltaSlice(t, []float64{splits.Error, splits.Low, splits.High}, []float64{r.Deviation, low, high}, 1e-9)
}

func absolute(truth, guess []float64) []float64 {
	losses := make([]float64, len(truth))
	for i := range truth {
		losses[i] = math.Abs(truth[i] - guess[i])
	}
	return losses
}

// Complete response before and after consolidation therapy (Cavo et al. 2012), as the R package contingencytables of Fagerland, Lydersen & Laake's
// 2017 book prints it and its tests of chapter 8 expect: mid-P 0.034690, Newcombe −0.1186 to −0.0046, Tango −0.1240 to −0.0054 of the share before less
// the share after, cells 59, 6, 16, 80.
func TestConsolidationExample(t *testing.T) {
	require.InDelta(t, 0.034690, stat.McNemarMidP(6, 16), 5e-7)
	p := stat.Pairs{Both: 59, First: 16, Second: 6, Neither: 80} // before less after: the second is the time before
	low, high := p.Newcombe(z975)
	require.InDeltaSlice(t, []float64{-0.1186, -0.0046}, []float64{low, high}, 5e-5)
	low, high = p.Tango(z975)
	require.InDeltaSlice(t, []float64{-0.1240, -0.0054}, []float64{low, high}, 5e-5)
	require.InDelta(t, 10.0/256, stat.McNemarMidP(1, 7), 1e-15, "2·(1 + 8)/2⁸ − 8/2⁸ by hand")
}

// Two programs with different random numbers agree to the noise of 9999 replicates, some hundredths of the interval's width.
func TestBootstrapAsSciPy(t *testing.T) {
	data, err := os.ReadFile("../../testdata/peers/compare_cases.json")
	require.NoError(t, err)
	c := parseCompareCases(t, data)
	positive := c.positive()
	for name, score := range map[string]func(p, weights []float64) float64{
		"log-loss": func(p, weights []float64) float64 {
			losses := make([]float64, len(p))
			for i := range p {
				losses[i] = -math.Log(p[i])
				if !positive[i] {
					losses[i] = -math.Log(1 - p[i])
				}
			}
			return stat.WeightedMean(losses, weights)
		},
		"f1": func(p, weights []float64) float64 {
			truth, guess := make([]int32, len(p)), make([]int32, len(p))
			for i := range p {
				truth[i], guess[i] = int32(c.Credit.Label[i]), int32(math.Round(p[i]+1e-9))
			}
			return stat.NewConfusion(2, truth, guess, weights).Class(stat.F1, 1)
		},
	} {
		b, err := stat.Bootstrap(len(positive), func(w []float64) float64 { return score(c.Credit.Challenger, w) - score(c.Credit.Champion, w) },
			stat.Resampling{Replicates: 9999, Seed: 1})
		require.NoError(t, err)
		want := c.Credit.BCa[name]
		require.InDeltaSlice(t, want[:], []float64{b.Low, b.High}, 0.06*(want[1]-want[0]), name)
		require.False(t, b.IsPercentile)
	}
}

// normal draws n standard normal values.
func normal(seed uint64, n int) []float64 {
	random := rand.New(rand.NewPCG(seed, 9))
	values := make([]float64, n)
	for i := range values {
		values[i] = random.NormFloat64()
	}
	return values
}

func TestBootstrapIsTheSameForOneSeedAndInvertsItsInterval(t *testing.T) {
	values := normal(3, 200)
	mean := func(w []float64) float64 { return stat.WeightedMean(values, w) }
	how := stat.Resampling{Replicates: 2000, Seed: 5}
	a, err := stat.Bootstrap(len(values), mean, how)
	require.NoError(t, err)
	b, err := stat.Bootstrap(len(values), mean, how)
	require.NoError(t, err)
	require.Equal(t, a, b)
	require.InDelta(t, 0.025, a.AtMost(a.Low), 0.001)
	require.InDelta(t, 0.025, a.AtLeast(a.High), 0.001)
	require.InDelta(t, 1, a.AtMost(a.Value)+a.AtLeast(a.Value), 1e-9)
}

// Of groups of one row each, the clustered error is the plain one but for its small-sample factor.
func TestDeLongOfGroupsOfOneRow(t *testing.T) {
	first, second, group, positive := normal(5, 300), normal(6, 300), make([]int32, 300), make([]bool, 300)
	for i := range group {
		group[i], positive[i] = int32(i), i%3 == 0
	}
	plain, err := stat.DeLong(positive, first, second)
	require.NoError(t, err)
	grouped, err := stat.DeLongOfGroups(positive, group, len(group), first, second)
	require.NoError(t, err)
	require.InEpsilon(t, plain.Error, grouped.Error, 1e-12)
	require.InDelta(t, 299, grouped.Freedom, 0)
}

// The interval of a mean is Student's: t·s/√n to each side (scipy 1.17.1: t.ppf(0.975, 39) is 2.022691), which plain percentiles fall short of by
// a twentieth of 40 units. Of few groups BCa is not tried.
func TestBootstrapOfFewUnitsIsStudents(t *testing.T) {
	values := normal(7, 40)
	mean := func(w []float64) float64 { return stat.WeightedMean(values, w) }
	squares, center := 0.0, mean(slices.Repeat([]float64{1}, 40))
	for _, v := range values {
		squares += (v - center) * (v - center)
	}
	half := 2.022691 * math.Sqrt(squares/39/40)
	for _, isOfGroups := range []bool{false, true} {
		b, err := stat.Bootstrap(len(values), mean, stat.Resampling{Replicates: 50_000, Seed: 5, IsOfGroups: isOfGroups})
		require.NoError(t, err)
		require.Equal(t, isOfGroups, b.IsOfFew)
		require.InEpsilon(t, 2*half, b.High-b.Low, 0.02)
		require.InDelta(t, 0.025, b.AtMost(b.Low), 0.001)
		require.InDelta(t, 0.025, b.AtLeast(b.High), 0.001)
	}
	many, err := stat.Bootstrap(200, func(w []float64) float64 { return stat.WeightedMean(normal(8, 200), w) }, stat.Resampling{Replicates: 2000, IsOfGroups: true})
	require.NoError(t, err)
	require.False(t, many.IsOfFew)
}

// The variance of a difference of means over rows and seeds has a closed form: s²/n of the rows' mean differences, and s²/S of each recipe's seeds.
func TestTrainingsVaryWithRowsAndSeeds(t *testing.T) {
	const rows = 400
	own := normal(9, rows)
	recipe := func(shifts ...float64) []stat.Estimate {
		var all []stat.Estimate
		for i, shift := range shifts {
			of := normal(uint64(20+i), rows)
			for row := range of {
				of[row] = own[row] + 0.1*of[row] + shift
			}
			all = append(all, func(w []float64) float64 { return stat.WeightedMean(of, w) })
		}
		return all
	}
	how := stat.Resampling{Replicates: 20_000, Seed: 3}
	r, err := stat.BootstrapTrainings(rows, nil, recipe(0.1, -0.1, 0.2, 0, -0.2), how)
	require.NoError(t, err)
	require.InEpsilon(t, math.Sqrt(1.0/rows+0.025/5), r.Deviation, 0.05, "s² of the shifts is 0.025")
	require.InDelta(t, 9, r.Freedom, 2, "(1/400 + 0.005)²/((1/400)²/399 + 0.005²/4) = 9.0")
	one, err := stat.BootstrapTrainings(rows, recipe(0), recipe(0.1, -0.1, 0.2, 0, -0.2), how)
	require.NoError(t, err)
	require.InEpsilon(t, math.Sqrt(0.025/5), one.Deviation, 0.1, "the rows are paired, and only the seeds vary")
	require.InDelta(t, 4, one.Freedom, 0.5)
	alike, err := stat.BootstrapTrainings(rows, recipe(0), recipe(0), how)
	require.NoError(t, err)
	require.InDelta(t, 0, alike.Deviation, 1e-12)
	_, err = stat.BootstrapTrainings(rows, nil, []stat.Estimate{func([]float64) float64 { return math.NaN() }}, how)
	require.ErrorIs(t, err, stat.ErrUndefined)
}

// From 50,000 rows on the weights are Poisson; the interval of a mean is then still the one of the normal approximation.
func TestBootstrapOfManyRows(t *testing.T) {
	values := normal(4, 60_000)
	b, err := stat.Bootstrap(len(values), func(w []float64) float64 { return stat.WeightedMean(values, w) }, stat.Resampling{Replicates: 2000, Seed: 1})
	require.NoError(t, err)
	require.True(t, b.IsPoisson)
	require.InDelta(t, 2*1.96/math.Sqrt(60_000), b.High-b.Low, 0.05*2*1.96/math.Sqrt(60_000))
}

// Cells of like rows give the interval that the rows give.
func TestBootstrapOfCellsIsThatOfTheirRows(t *testing.T) {
	counts := []int64{60, 25, 15}
	scores := []float64{0, 1, 3}
	var values []float64
	for i, c := range counts {
		values = append(values, slices.Repeat(scores[i:i+1], int(c))...)
	}
	how := stat.Resampling{Replicates: 20_000, Seed: 2}
	cells, err := stat.BootstrapCells(counts, func(w []float64) float64 { return stat.WeightedMean(scores, w) }, how)
	require.NoError(t, err)
	rows, err := stat.Bootstrap(len(values), func(w []float64) float64 { return stat.WeightedMean(values, w) }, how)
	require.NoError(t, err)
	require.InDelta(t, rows.Low, cells.Low, 0.02)
	require.InDelta(t, rows.High, cells.High, 0.02)
}

func TestBootstrapWhereItIsNotDefined(t *testing.T) {
	how := stat.Resampling{Replicates: 200, Seed: 1}
	b, err := stat.Bootstrap(30, func([]float64) float64 { return 0.5 }, how)
	require.NoError(t, err)
	require.True(t, b.IsPercentile, "a constant has no bias and no skewness")
	require.Equal(t, [2]float64{0.5, 0.5}, [2]float64{b.Low, b.High})
	_, err = stat.Bootstrap(30, func([]float64) float64 { return math.NaN() }, how)
	require.ErrorIs(t, err, stat.ErrUndefined)
	_, err = stat.Bootstrap(1, func([]float64) float64 { return 1 }, how)
	require.ErrorIs(t, err, stat.ErrUndefined)
	_, err = stat.Bootstrap(2, func(w []float64) float64 { return 1 / (w[0] * w[1]) }, how)
	require.ErrorIs(t, err, stat.ErrUndefined, "half of the replicates leave one out")
}

func TestComparisonsWithoutValue(t *testing.T) {
	require.InDelta(t, 1, stat.McNemarMidP(0, 0), 0)
	low, high := stat.Pairs{}.Tango(z975)
	require.Equal(t, [2]float64{-1, 1}, [2]float64{low, high})
	low, high = stat.Pairs{}.Newcombe(z975)
	require.Equal(t, [2]float64{-1, 1}, [2]float64{low, high})
	low, high = stat.Pairs{Both: 100}.Newcombe(z975)
	require.Less(t, low, 0.0, "rows on which both are right say little about others")
	require.Greater(t, high, 0.0)
	_, err := stat.DeLong([]bool{true, true}, []float64{1, 2}, []float64{1, 2})
	require.ErrorIs(t, err, stat.ErrUndefined)
	_, err = stat.DeLongOfGroups([]bool{true, true, false, false}, []int32{0, 0, 1, 1}, 2, []float64{1, 2, 3, 4}, []float64{1, 2, 3, 4})
	require.ErrorIs(t, err, stat.ErrUndefined, "each class is in one group")
	_, err = stat.CorrectedResampledT([]float64{0.1}, 8, 2)
	require.ErrorIs(t, err, stat.ErrUndefined)
	_, err = stat.CorrectedResampledT([]float64{0.1, 0.1}, 8, 2)
	require.ErrorIs(t, err, stat.ErrUndefined)
	_, err = stat.DieboldMariano([]float64{1, 2, 3}, []float64{0, 1, 2}, 1)
	require.ErrorIs(t, err, stat.ErrUndefined)
	require.InDelta(t, 0, stat.NDCG([]float64{0, 0}, []float64{1, 2}, 1), 0)
	require.InDelta(t, 0, stat.ReciprocalRank([]float64{0, 0}, []float64{1, 2}), 0)
}

// The one-sided p-values are the intervals turned round.
func TestEndsInvertTheirInterval(t *testing.T) {
	p := stat.Pairs{Both: 200, First: 14, Second: 31, Neither: 55}
	for name, ends := range map[string]stat.Ends{"newcombe": p.Newcombe, "tango": p.Tango} {
		low, high := ends(z975)
		require.InDelta(t, 0.025, ends.AtMost(low), 1e-9, name)
		require.InDelta(t, 0.025, ends.AtLeast(high), 1e-9, name)
		require.InDelta(t, 0.5, ends.AtLeast(p.Difference()), 1e-6, name)
		require.Less(t, ends.AtMost(-0.9), 1e-12, name)
	}
}
