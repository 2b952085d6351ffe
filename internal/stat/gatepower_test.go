package stat_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
)

// scipy 1.17.1: binom.cdf(k, n, p)
func TestBinomialCDF(t *testing.T) {
	for _, c := range []struct {
		k, n int64
		p    float64
		want float64
	}{
		{3, 10, 0.3, 0.6496107184000002}, {962, 1319, 0.76, 0.005455313292426973}, {0, 5, 0.1, 0.59049},
		{99_999, 1_000_000, 0.1, 0.49951240392435065},
		{-1, 5, 0.5, 0}, {5, 5, 0.5, 1}, {2, 5, 0, 1}, {2, 5, 1, 0}, // the ends
	} {
		require.InDelta(t, c.want, stat.BinomialCDF(c.k, c.n, c.p), 1e-10, "%+v", c)
	}
}

// kernels are those that testdata/peers/power_cases.py has too, by their names there.
var kernels = map[string]func(a []float64) float64{
	"BinomialCDF":     func(a []float64) float64 { return stat.BinomialCDF(int64(a[0]), int64(a[1]), a[2]) },
	"ShareBelow":      func(a []float64) float64 { return stat.ShareBelow(int64(a[0]), a[1], a[2]) },
	"ShareFallsBelow": func(a []float64) float64 { return stat.ShareFallsBelow(int64(a[0]), a[1], a[2], a[3]) },
	"PairFallsBelow":  func(a []float64) float64 { return stat.PairFallsBelow(int64(a[0]), a[1], a[2], a[3]) },
	"McNemarPower":    func(a []float64) float64 { return stat.McNemarPower(int64(a[0]), a[1], a[2], a[3]) },
	"StudentPower":    func(a []float64) float64 { return stat.StudentPower(a[0], a[1], a[2]) },
	"StudentRows": func(a []float64) float64 {
		return float64(stat.Ask{Drop: a[0], Power: a[1], Level: a[2]}.Student(1).Rows)
	},
}

func powerAsPeersHaveIt(t *testing.T, data []byte) {
	t.Helper()
	var file struct {
		Cases map[string][]struct {
			Args []float64
			Want float64
		}
	}
	require.NoError(t, json.Unmarshal(data, &file))
	require.Len(t, file.Cases, len(kernels))
	for name, cases := range file.Cases {
		for _, c := range cases {
			require.InDelta(t, c.Want, kernels[name](c.Args), 1e-8, "%s%v", name, c.Args)
		}
	}
}

func TestPowerAsPeersHaveIt(t *testing.T) {
	data, err := os.ReadFile("../../testdata/peers/power_cases.json")
	require.NoError(t, err)
	powerAsPeersHaveIt(t, data)
}

// Each is what a team reported of its own gate.
func TestReportedGates(t *testing.T) {
	// vllm-project/vllm#34333: measured ≥ expected − 0.08 on 1319 items, one-sided, the expected value a constant. The comment gives
	// 0.54 % for a true drop of 5 points, the median over 53 configs; a base of 0.81 has it by the normal approximation.
	require.InDelta(t, 0.0054, stat.NormalBelow(0.81-0.08, 0.76, math.Sqrt(0.76*0.24/1319)), 5e-5)
	require.InDelta(t, 0.0055, stat.ShareBelow(1319, 0.76, 0.73), 5e-5)
	require.InDelta(t, 0.5, stat.ShareBelow(1319, 0.73, 0.73), 0.02, "a drop of the tolerance itself is noticed every other time")

	// lightseekorg/tokenspeed#278: score ≥ 0.7 on 198 questions at a pass rate of 0.74, "roughly 1 in 9 clean runs".
	// scipy 1.17.1: binom.cdf(138, 198, 0.74)
	require.InDelta(t, 0.09826913879505551, stat.ShareBelow(198, 0.74, 0.7), 1e-12)

	// sgl-project/sglang#20304: 17 of 120 unchanged runs (14 %) had one of about four tests at or below 0.935 on 1319 questions with
	// a mean of 0.9443. Fresh questions would make one test fail as often as this; the questions are fixed, so it is less.
	one := stat.ShareBelow(1319, 0.9443, 0.935+1e-9)
	require.InDelta(t, 0.0768, one, 0.0005)
	require.Greater(t, 1-math.Pow(1-one, 4), 0.14)
	require.InDelta(t, 0.037, 1-math.Pow(1-0.14, 0.25), 0.001, "what one test did")

	// sgl-project/sglang-jax#1333: 61 runs of greedy decoding on the same 200 questions, mean 0.860, deviation 0.009; 12 (20 %)
	// were not above 0.85. Scores come in steps of 0.005. Fresh questions would have failed nearly twice as often.
	require.InDelta(t, 12.0/61, stat.NormalBelow(0.8525, 0.860, 0.009), 0.01)
	require.Greater(t, stat.ShareBelow(200, 0.86, 0.855), 0.36)
}

func TestACountThatIsWholeButForRounding(t *testing.T) {
	for _, c := range []struct {
		share float64
		n     int64
		want  int64
	}{{0.73, 1319, 963}, {0.85, 100, 85}, {0.29, 100, 29}, {0.07, 100, 7}, {0.001, 1_000_000, 1000}, {-0.02, 100, -2}, {0, 5, 0}, {1e300, 5, 10}, {-1e300, 5, -10}} {
		require.Equal(t, c.want, stat.LeastCount(c.share, c.n), "%+v", c)
	}
}

func TestALimitBeyondAllCounts(t *testing.T) {
	require.Zero(t, stat.ShareBelow(5, 0.5, -1e300))
	require.InDelta(t, 1, stat.ShareBelow(5, 0.5, 1e300), 0)
	require.Zero(t, stat.ShareFallsBelow(5, 0.5, 0.5, 1e300))
	require.Zero(t, stat.PairFallsBelow(5, 0.5, 0.1, 1e300))
}

// The sums, written out with scipy.stats.binom 1.17.1.
func TestSharesAndPairs(t *testing.T) {
	require.InDelta(t, 0.030186463363768543, stat.ShareFallsBelow(1319, 0.81, 0.76, 0.08), 1e-10)
	require.InDelta(t, 0.22606752129128996, stat.ShareFallsBelow(200, 0.9, 0.9, 0.02), 1e-10)
	require.InDelta(t, 0.4611022734175752, stat.ShareFallsBelow(50, 0.5, 0.4, 0.1), 1e-10)
	require.InDelta(t, 0.9278378937150495, stat.PairFallsBelow(1319, 0.06, 0.02, 0.01), 1e-10)
	require.InDelta(t, 0.1559353490094771, stat.PairFallsBelow(200, 0.1, 0, 0.02), 1e-10)
	require.InDelta(t, 0.6920694954725388, stat.PairFallsBelow(20, 0.5, 0.2, 0.1), 1e-10)
	require.Zero(t, stat.PairFallsBelow(200, 0, 0, 0), "two models that agree on every row")
}

func TestTheNormalApproximationTakesOverSmoothly(t *testing.T) {
	for _, c := range [][3]float64{{0.8, 0.79, 0.005}, {0.95, 0.95, 0.002}, {0.5, 0.48, 0.02}} {
		require.InDelta(t, stat.ShareFallsBelow(20_000, c[0], c[1], c[2]), stat.ShareFallsBelow(20_001, c[0], c[1], c[2]), 0.001)
		require.InDelta(t, stat.PairFallsBelow(20_000, 0.06, c[0]-c[1], c[2]), stat.PairFallsBelow(20_001, 0.06, c[0]-c[1], c[2]), 0.001)
	}
}

// The exact sum over scipy.stats.binom 1.17.1 with the mid-p-value written out.
func TestMcNemarPower(t *testing.T) {
	require.InDelta(t, 0.43446570342063223, stat.McNemarPower(100, 0.3, 0.1, 0.05), 1e-9)
	require.InDelta(t, 0.8051511402115344, stat.McNemarPower(921, 0.06, 0.02, 0.1), 1e-9)
	require.InDelta(t, 0.020653811738761418, stat.McNemarPower(50, 0.2, 0, 0.05), 1e-9)
	require.Zero(t, stat.McNemarPower(50, 0, 0, 0.05))
}

// drawPairs is one test set of n rows: how many more of them the first model is right about than the second.
func drawPairs(random *rand.Rand, n int, discordance, drop float64) (lost, gained int64) {
	for range n {
		switch u := random.Float64(); {
		case u < (discordance+drop)/2:
			lost++
		case u < discordance:
			gained++
		}
	}
	return lost, gained
}

// 20,000 simulated runs know a chance to within 0.0035 a standard error.
func TestChancesAgreeWithSimulation(t *testing.T) {
	const runs = 20_000
	random := rand.New(rand.NewPCG(6, 1))
	share := func(n int, p float64) (hits float64) {
		for range n {
			if random.Float64() < p {
				hits++
			}
		}
		return hits / float64(n)
	}
	var one, two, paired, tested float64
	for range runs {
		if share(200, 0.86) < 0.85 {
			one++
		}
		if share(200, 0.84) < share(200, 0.86)-0.03 {
			two++
		}
		lost, gained := drawPairs(random, 300, 0.08, 0.03)
		if float64(lost-gained)/300 > 0.015 {
			paired++
		}
		if lost > gained && stat.McNemarMidP(lost, gained) <= 0.05 {
			tested++
		}
	}
	require.InDelta(t, one/runs, stat.ShareBelow(200, 0.86, 0.85), 0.014)
	require.InDelta(t, two/runs, stat.ShareFallsBelow(200, 0.86, 0.84, 0.03), 0.014)
	require.InDelta(t, paired/runs, stat.PairFallsBelow(300, 0.08, 0.03, 0.015), 0.014)
	require.InDelta(t, tested/runs, stat.McNemarPower(300, 0.08, 0.03, 0.05), 0.014)
}

func TestRowsForADrop(t *testing.T) {
	ask := stat.Ask{Drop: 0.02, Power: 0.8, Level: 0.05}
	// The formulas with scipy 1.17.1's norm.ppf: 3493.14, 1707.94, 925.29, 923.29. statsmodels 0.15.0 pools the null:
	// samplesize_proportions_2indep_onetail(0.02, 0.86, 0.8, alpha=0.05, alternative="larger") is 3495.19.
	require.Equal(t, int64(3494), ask.TwoShares(0.88).Rows)
	require.Equal(t, int64(1708), ask.OneShare(0.88).Rows)
	require.Equal(t, int64(926), ask.Pairs(0.06).Rows)
	require.Equal(t, int64(924), ask.NotWorse(0.06).Rows)
	// Two-sided, as Connor 1987 has it: 1174.97.
	require.Equal(t, int64(1175), stat.Ask{Drop: 0.02, Power: 0.8, Level: 0.025}.Pairs(0.06).Rows)
	require.Equal(t, ask.Pairs(0.02), ask.Pairs(0.001), "the discordance is at least the drop")
	// ((z₀.₉₅ + z₀.₈)/0.5)² is 24.73, and with an estimated deviation
	// statsmodels 0.15.0: TTestPower().solve_power(effect_size, alpha=, power=, alternative="larger"), rounded up.
	require.Equal(t, int64(25), stat.Ask{Drop: 0.5, Power: 0.8, Level: 0.05}.Normal(1).Rows)
	require.Equal(t, int64(27), stat.Ask{Drop: 0.5, Power: 0.8, Level: 0.05}.Student(1).Rows)
	require.Equal(t, int64(11), stat.Ask{Drop: 1, Power: 0.9, Level: 0.05}.Student(1).Rows)
	require.Equal(t, int64(787), stat.Ask{Drop: 0.1, Power: 0.8, Level: 0.025}.Student(1).Rows)
}

// A gate of the size and the tolerance that a plan names keeps what the plan promises: by the exact sums, up to the steps of
// whole rows.
func TestPlansKeepTheirPromise(t *testing.T) {
	for _, c := range []struct{ base, drop, discordance float64 }{{0.88, 0.02, 0.06}, {0.5, 0.05, 0.2}, {0.97, 0.01, 0.03}} {
		ask := stat.Ask{Drop: c.drop, Power: 0.8, Level: 0.05}
		one, two, pairs := ask.OneShare(c.base), ask.TwoShares(c.base), ask.Pairs(c.discordance)
		require.InDelta(t, 0.05, stat.ShareBelow(one.Rows, c.base, c.base-one.Allowed), 0.012)
		require.InDelta(t, 0.8, stat.ShareBelow(one.Rows, c.base-c.drop, c.base-one.Allowed), 0.025)
		require.InDelta(t, 0.05, stat.ShareFallsBelow(two.Rows, c.base, c.base, two.Allowed), 0.012)
		require.InDelta(t, 0.8, stat.ShareFallsBelow(two.Rows, c.base, c.base-c.drop, two.Allowed), 0.025)
		require.InDelta(t, 0.05, stat.PairFallsBelow(pairs.Rows, c.discordance, 0, pairs.Allowed), 0.012)
		require.InDelta(t, 0.8, stat.PairFallsBelow(pairs.Rows, c.discordance, c.drop, pairs.Allowed), 0.025)
		require.InDelta(t, 0.8, stat.McNemarPower(pairs.Rows, c.discordance, c.drop, 0.1), 0.03)
	}
}

// scipy 1.17.1: nct.sf(t.ppf(1 − level, freedom), freedom, noncentrality); statsmodels' TTestPower.power says the same.
func TestStudentPower(t *testing.T) {
	for _, c := range [][4]float64{{2, 9, 0.05, 0.5800786178149262}, {1, 1, 0.05, 0.13479043030587756}, {3, 4, 0.025, 0.6192575370802129},
		{2.5, 1000, 0.05, 0.803296423135083}, {1, 100_000, 0.05, 0.25950883101690053}, {0, 5, 0.05, 0.05}} {
		require.InDelta(t, c[3], stat.StudentPower(c[0], c[1], c[2]), 1e-6, "%v", c)
	}
}

func TestDeviations(t *testing.T) {
	series := []float64{3, 1, 4, 1.5, 9, 2.6, 5.3, 5.8}
	// numpy 2.4.6: median(abs(diff(x)))/(sqrt(2)·norm.ppf(0.75)); std(x, ddof=1); chi2.ppf(…, 7)
	steps, err := stat.SuccessiveDeviation(series)
	require.NoError(t, err)
	require.InDelta(t, 2.830566822770332, steps.Value, 1e-12)
	sample := stat.SampleDeviation(series)
	require.InDelta(t, 2.6222945241579123, sample.Value, 1e-12)
	require.InDelta(t, 1.7337933499951934, sample.Low, 1e-9)
	require.InDelta(t, 5.337082858824259, sample.High, 1e-9)

	_, err = stat.SuccessiveDeviation(series[:7])
	require.ErrorIs(t, err, stat.ErrUndefined)
	constant, err := stat.SuccessiveDeviation(make([]float64, 9))
	require.NoError(t, err)
	require.Equal(t, stat.Deviation{}, constant)
}

// A step in the level (a real change of the model) must not count as noise; the interval covers the truth.
func TestSuccessiveDeviationBearsSteps(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 2))
	for _, n := range []int{8, 12, 20} {
		const series = 4000
		covered, stepped := 0.0, 0.0
		for range series {
			values := make([]float64, n)
			for i := range values {
				values[i] = random.NormFloat64()
			}
			if d, err := stat.SuccessiveDeviation(values); err == nil && d.Low <= 1 && 1 <= d.High {
				covered++
			}
			for i := n / 2; i < n; i++ {
				values[i] += 100
			}
			if d, err := stat.SuccessiveDeviation(values); err == nil && d.High < 50 {
				stepped++
			}
		}
		require.InDelta(t, 0.95, covered/series, 0.02, "%d values", n)
		require.Greater(t, stepped/series, 0.99)
	}
}
