package sketch_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
	"github.com/assay-ml/assay/internal/stat/sketch"
)

func TestMoments(t *testing.T) {
	for name, c := range map[string]struct {
		values           []float64
		mean, m2, m3, m4 float64
	}{
		// numpy 2.4.6: x = array([2, 3, 5, 7, 11, 13]); d = x - x.mean(); x.mean(), (d**2).sum(), (d**3).sum(), (d**4).sum()
		"primes":                 {[]float64{2, 3, 5, 7, 11, 13}, 6.833333333333333, 96.83333333333333, 131.4444444444445, 2520.4861111111113},
		"primes beyond 1e6":      {[]float64{1000002, 1000003, 1000005, 1000007, 1000011, 1000013}, 1000006.8333333334, 96.83333333333333, 131.44444443317158, 2520.486111090708},
		"one value":              {[]float64{-3}, -3, 0, 0, 0},
		"a constant, not dyadic": {[]float64{0.1, 0.1, 0.1}, 0.1, 0, 0, 0},
		"no values":              {},
	} {
		t.Run(name, func(t *testing.T) {
			for cut := range len(c.values) + 1 {
				var m, rest sketch.Moments
				m.Add(c.values[:cut])
				rest.Add(c.values[cut:])
				m.Merge(rest)
				require.EqualValues(t, len(c.values), m.Count)
				require.InEpsilon(t, 1+c.mean, 1+m.Mean, 1e-12)
				require.InDelta(t, c.m2, m.M2, 1e-8)
				require.InDelta(t, c.m3, m.M3, 1e-7)
				require.InDelta(t, c.m4, m.M4, 1e-6)
			}
		})
	}
}

func TestMomentsOfHugeNumbersOverflowAndStaySo(t *testing.T) {
	var m sketch.Moments
	m.Add([]float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64})
	require.InEpsilon(t, math.MaxFloat64/3, m.Mean, 1e-12, "a mean of finite numbers is finite")
	require.False(t, math.Abs(m.M2) <= math.MaxFloat64)
	var other sketch.Moments
	other.Add([]float64{1, 2})
	m.Merge(other)
	require.False(t, math.Abs(m.M2) <= math.MaxFloat64)
}

func TestQuantilesOfCountedValues(t *testing.T) {
	q := &sketch.Quantiles{}
	q.AddCounted([]sketch.Counted[float64]{{Value: 1, Count: 5}, {Value: 2, Count: 1_000_000}, {Value: 7, Count: 999_995}})
	w := q.Weighted()
	require.Equal(t, sketch.Weighted{Values: []float64{1, 2, 7}, UpTo: []int64{5, 1_000_005, 2_000_000}}, w)
	require.Zero(t, q.Error())
	require.Equal(t, []float64{1, 2, 2, 7, 7}, []float64{w.Quantile(0), w.Quantile(0.00001), w.Quantile(0.5), w.Quantile(0.51), w.Quantile(1)})
	require.Equal(t, []int64{0, 5, 1_000_005, 2_000_000}, []int64{w.Rank(0.5), w.Rank(1), w.Rank(6.9), w.Rank(7)})
}

func TestTheErrorIsNotOnlyForLuckyCoins(t *testing.T) {
	over, runs := 0, 200
	for seed := range uint64(runs) {
		random := rand.New(rand.NewPCG(seed, 9))
		values := make([]float64, 20_000)
		for i := range values {
			values[i] = math.Floor(5000 * random.Float64())
		}
		q := &sketch.Quantiles{}
		for part := range slices.Chunk(values, 500) { // parts that merge
			other, sorted := &sketch.Quantiles{}, slices.Clone(part)
			stat.SortFloats(sorted)
			other.Add(sorted)
			q.Merge(other)
		}
		if worst(q, values) > q.Error() {
			over++
		}
	}
	require.LessOrEqual(t, over, runs/100, "the error holds in 99 of 100 cases, and is rather wide")
}

func TestAMergeLeavesTheOtherSketchAsItIs(t *testing.T) {
	a, b := quantilesOf(stream("normal", 5000)), quantilesOf(stream("ascending", 5000))
	before := b.Weighted()
	a.Merge(b)
	a.Merge(b)
	require.Equal(t, before, b.Weighted())
	require.EqualValues(t, 15_000, a.Count())
}

func TestCoarseSketchesHoldMeansOfManyRows(t *testing.T) {
	const rows = 20
	values := stream("heavy tail", 50_000)
	q := quantilesOf(values).Coarsen(rows)
	require.LessOrEqual(t, worst(q, values), q.Error())
	require.Less(t, q.Error(), 0.1)
	seen := map[float64]bool{}
	for _, v := range values {
		seen[v] = true
	}
	for _, v := range q.Weighted().Values {
		require.False(t, seen[v], "%v is a value of a row", v)
	}
	few := sketch.Coarsened([]sketch.Counted[float64]{{Value: 1, Count: 100}, {Value: 2, Count: 3}, {Value: 4, Count: 3}}, rows)
	require.InDeltaSlice(t, []float64{118.0 / 106}, few.Weighted().Values, 1e-12, "what is left over joins its neighbour")
}

func TestFrequentValuesAreWithinTheStatedError(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	truth, f := map[string]int64{}, sketch.NewFrequent[string](nil, 0)
	total := int64(0)
	for range 300 {
		batch := map[string]int64{}
		for range 1000 {
			value := strconv.Itoa(int(math.Exp(12 * math.Pow(random.Float64(), 2)))) // a few often, most once
			batch[value]++
			truth[value]++
			total++
		}
		var counted []sketch.Counted[string]
		for _, value := range slices.Sorted(keys(batch)) {
			counted = append(counted, sketch.Counted[string]{Value: value, Count: batch[value]})
		}
		f.Add(counted, strings.Clone)
		f.Shrink()
	}
	bound := total/(sketch.Batch+1) + total/(sketch.Counters+1)
	require.LessOrEqual(t, f.Error(), bound)
	holds(t, f, truth)
	f.Trim(total)
	require.LessOrEqual(t, f.Error(), total/100+bound)
	require.NotEmpty(t, f.Values())
	holds(t, f, truth)
	f.Drop(2000, total)
	holds(t, f, truth)
}

func keys(m map[string]int64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func holds(t *testing.T, f *sketch.Frequent[string], truth map[string]int64) {
	t.Helper()
	held := map[string]int64{}
	for _, c := range f.Values() {
		held[c.Value] = c.Count
	}
	for value, n := range truth {
		require.LessOrEqual(t, held[value], n)
		require.LessOrEqual(t, n, held[value]+f.Error())
	}
}

func TestDroppedCountsCannotBeToldBySubtraction(t *testing.T) {
	for name, c := range map[string]struct {
		counts []int64
		want   []int64
		err    int64
	}{
		"nothing to hide":              {[]int64{30, 20, 10}, []int64{30, 20, 10}, 0},
		"what is hidden is many":       {[]int64{30, 20, 9, 9}, []int64{30, 20}, 9},
		"what is hidden takes another": {[]int64{30, 20, 9}, []int64{30}, 20},
		"all are few":                  {[]int64{3, 2, 1}, nil, 3},
	} {
		t.Run(name, func(t *testing.T) {
			var values []sketch.Counted[float64]
			total := int64(0)
			for i, n := range c.counts {
				values = append(values, sketch.Counted[float64]{Value: float64(i), Count: n})
				total += n
			}
			f := sketch.NewFrequent(values, 0)
			f.Drop(10, total)
			var kept []int64
			for _, v := range f.Values() {
				kept = append(kept, v.Count)
			}
			require.Equal(t, c.want, kept)
			require.Equal(t, c.err, f.Error())
		})
	}
}

func TestDistinctValues(t *testing.T) {
	for _, n := range []int{0, 1, 100, 5000, 200_000} {
		a, b, both := sketch.NewDistinct(), sketch.NewDistinct(), sketch.NewDistinct()
		for i := range n {
			part := a
			if i%3 == 0 {
				part = b
			}
			part.AddNumber(float64(i))
			both.AddNumber(float64(i))
			both.AddNumber(float64(i))
		}
		a.Merge(b)
		require.InDelta(t, n, a.Estimate(), 4*sketch.DistinctError*float64(n))
		one, err := a.MarshalBinary()
		require.NoError(t, err)
		other, err := both.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, one, other, "the set alone decides")
		again := sketch.NewDistinct()
		require.NoError(t, again.UnmarshalBinary(one))
		require.Equal(t, a.Estimate(), again.Estimate())
	}
	zero := sketch.NewDistinct()
	zero.AddNumber(0)
	zero.AddNumber(math.Copysign(0, -1))
	require.EqualValues(t, 1, zero.Estimate())
	texts := sketch.NewDistinct()
	for i := range 10_000 {
		texts.AddText(fmt.Sprint("text ", i))
	}
	require.InDelta(t, 10_000, texts.Estimate(), 4*sketch.DistinctError*10_000)
}

func TestRegistersOfAnotherFormAreRefused(t *testing.T) {
	good, err := sketch.NewDistinct().MarshalBinary()
	require.NoError(t, err)
	for name, bad := range map[string][]byte{
		"none": nil, "short": good[:100], "long": append(slices.Clone(good), 0),
		"another precision": append([]byte{good[0], 14}, good[2:]...), "a register too large": append(slices.Clone(good[:len(good)-1]), 200),
	} {
		require.Error(t, sketch.NewDistinct().UnmarshalBinary(bad), name)
	}
}

func TestStatesThatAreNoSketchAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		levels   [][]float64
		variance float64
		moved    int64
	}{
		"not in order":        {[][]float64{{2, 1}}, 0, 0},
		"NaN":                 {[][]float64{{math.NaN()}}, 0, 0},
		"infinite":            {[][]float64{{1, math.Inf(1)}}, 0, 0},
		"too many levels":     {make([][]float64, sketch.MaxLevels+1), 0, 0},
		"a negative variance": {nil, -1, 0},
		"NaN for a variance":  {nil, math.NaN(), 0},
		"moved back":          {nil, 0, -1},
	} {
		_, ok := sketch.NewQuantiles(c.levels, c.variance, c.moved)
		require.False(t, ok, name)
	}
}
