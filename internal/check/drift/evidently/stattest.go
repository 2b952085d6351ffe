package evidently

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/stat"
)

// stattest is one of Evidently's: what it applies to, its score, and when the score means drift.
type stattest struct {
	name      Stattest
	title     string // as Evidently's reports name it
	types     []Type
	threshold float64 // its default
	isDrift   func(score, threshold float64) bool
	score     func(pair) (float64, error)
}

// How a score is held against its threshold: stattests of one kind differ, and parity at the threshold itself needs each.
func atLeast(score, threshold float64) bool { return score >= threshold }
func above(score, threshold float64) bool   { return score > threshold }
func atMost(score, threshold float64) bool  { return score <= threshold }
func below(score, threshold float64) bool   { return score < threshold }

var (
	onlyNumbers    = []Type{Numerical}
	onlyCategories = []Type{Categorical}
	both           = []Type{Numerical, Categorical}
)

// stattests are those of Evidently 0.7.23 for numbers and categories, with their thresholds.
var stattests = []stattest{
	{"ks", "K-S p_value", onlyNumbers, 0.05, atMost, ks},
	{"wasserstein", "Wasserstein distance (normed)", onlyNumbers, 0.1, atLeast, wasserstein},
	{"jensenshannon", "Jensen-Shannon distance", both, 0.1, atLeast, jensenShannon},
	{"psi", "PSI", both, 0.1, atLeast, psi},
	{"kl_div", "Kullback-Leibler divergence", both, 0.1, atLeast, kullbackLeibler},
	{"hellinger", "Hellinger distance", both, 0.1, atLeast, hellinger},
	{"chisquare", "chi-square p_value", onlyCategories, 0.05, below, chiSquare},
	{"z", "Z-test p_value", onlyCategories, 0.05, below, z},
	{"anderson", "Anderson-Darling", onlyNumbers, 0.1, below, anderson},
	{"cramer_von_mises", "Cramer-von Mises", onlyNumbers, 0.1, atMost, cramerVonMises},
	{"mannw", "Mann-Whitney U-rank test", onlyNumbers, 0.05, below, mannWhitney},
	{"ed", "Energy-distance", onlyNumbers, 0.1, above, energy},
	{"es", "Epps-Singleton", onlyNumbers, 0.05, below, eppsSingleton},
	{"fisher_exact", "Fisher's Exact test", onlyCategories, 0.1, below, fisherExact},
	{"g_test", "g_test", onlyCategories, 0.1, below, gTest},
	{"t_test", "t_test", onlyNumbers, 0.05, below, tTest},
	{"TVD", "Total-Variation-Distance", onlyCategories, 0.1, below, tvd},
}

// Applies reports whether Evidently runs the stattest of this name on columns of a type.
func (s Stattest) Applies(typ Type) bool { return slices.Contains(named(s).types, typ) }

// named finds a stattest. The names in a Spec were checked when it was read.
func named(name Stattest) stattest {
	i := slices.IndexFunc(stattests, func(t stattest) bool { return t.name == name })
	if i < 0 {
		panic(fmt.Sprintf("evidently: no stattest %q", name))
	}
	return stattests[i]
}

// Evidently's rule for choosing: a test for small references, a distance for large ones; counts where there are few values.
const (
	smallReference = 1000 // rows
	fewValues      = 5    // distinct, in both samples together
)

// usual is the stattest that Evidently takes where nobody chose one.
func usual(p pair) stattest {
	distinct := p.distinct()
	counts := p.typ == Categorical || distinct <= fewValues
	switch small := p.reference.size() <= smallReference; {
	case small && !counts:
		return named("ks")
	case small && distinct > 2:
		return named("chisquare")
	case small:
		return named("z")
	case counts:
		return named("jensenshannon")
	}
	return named("wasserstein")
}

func ks(p pair) (float64, error) {
	r, err := stat.KolmogorovSmirnov(p.reference.numbers, p.current.numbers)
	return r.P, err
}

// minDeviation bounds the standard deviation that the Wasserstein distance is divided by.
const minDeviation = 0.001

func wasserstein(p pair) (float64, error) {
	deviation := math.Max(populationDeviation(p.reference.numbers), minDeviation)
	return stat.WassersteinSorted(p.reference.numbers, p.current.numbers) / deviation, nil
}

// populationDeviation is the standard deviation with divisor n.
func populationDeviation(values []float64) float64 {
	n := float64(len(values))
	mean := numpySum(values) / n
	squares := make([]float64, len(values))
	for i, v := range values {
		squares[i] = (v - mean) * (v - mean)
	}
	return math.Sqrt(numpySum(squares) / n)
}

func jensenShannon(p pair) (float64, error) {
	x, y, err := p.binned()
	if err != nil {
		return 0, err
	}
	return stat.JensenShannon(x, y), nil
}

func psi(p pair) (float64, error) {
	x, y, err := p.binned()
	if err != nil {
		return 0, err
	}
	x, y = filled(x), filled(y)
	sum := 0.0
	for i := range x {
		sum += (x[i] - y[i]) * math.Log(x[i]/y[i])
	}
	return sum, nil
}

func kullbackLeibler(p pair) (float64, error) {
	x, y, err := p.binned()
	if err != nil {
		return 0, err
	}
	return stat.KullbackLeibler(filled(x), filled(y)), nil
}

// hellinger takes the edges of numbers from their distinct values, each once.
func hellinger(p pair) (float64, error) {
	c := p.categories()
	if p.typ == Categorical {
		return stat.Hellinger(shares(c.x, p.reference.size()), shares(c.y, p.current.size())), nil
	}
	low := firstOf(p.reference.numbers, p.current.numbers)
	high := max(last(p.reference.numbers), last(p.current.numbers))
	edges, err := sturges(low, high, len(c.x), p.isWhole())
	if err != nil {
		return 0, err
	}
	x, y := histogram(p.reference.numbers, edges), histogram(p.current.numbers, edges)
	return stat.Hellinger(shares(x, p.reference.size()), shares(y, p.current.size())), nil
}

// chiSquare takes the reference as exact, which makes it alarm far too often: it is Evidently's.
func chiSquare(p pair) (float64, error) {
	c := p.categories()
	scale := float64(p.current.size()) / float64(p.reference.size())
	expected := make([]float64, len(c.x))
	for i, count := range c.x {
		expected[i] = float64(count) * scale
	}
	return oneIsNaN(stat.ChiSquareGoodness(c.y, expected))
}

// gTest expects the reference's own counts, so it has an answer only where both samples have one size.
func gTest(p pair) (float64, error) {
	c := p.categories()
	expected := make([]float64, len(c.x))
	for i, count := range c.x {
		expected[i] = float64(count)
	}
	return oneIsNaN(stat.GTest(c.y, expected))
}

// oneIsNaN is the p-value of a test of frequencies, which is NaN to SciPy where there is one category and so no degree of freedom.
func oneIsNaN(r stat.TestResult, err error) (float64, error) {
	if err == nil && r.Freedom == 0 {
		return math.NaN(), nil
	}
	return r.P, err
}

// z compares the share of the smallest value with that of all others.
func z(p pair) (float64, error) {
	c := p.categories()
	if len(c.x) == 1 {
		return 1, nil
	}
	if c.numbers > 0 && c.texts > 0 {
		return 0, errors.New("one table has numbers and the other texts, which Python does not sort")
	}
	n, m := p.reference.size(), p.current.size()
	r, err := stat.ProportionZ(n-c.x[0], n, m-c.y[0], m)
	return r.P, err
}

func anderson(p pair) (float64, error) {
	r, err := stat.AndersonDarling(p.reference.numbers, p.current.numbers)
	return r.P, err
}

func cramerVonMises(p pair) (float64, error) {
	r, err := stat.CramerVonMises(p.reference.numbers, p.current.numbers)
	return r.P, err
}

// mannWhitney is one-sided: it sees only a reference that lies below.
func mannWhitney(p pair) (float64, error) {
	r, err := stat.MannWhitney(p.reference.numbers, p.current.numbers, stat.Less)
	return r.P, err
}

func energy(p pair) (float64, error) {
	return stat.EnergyDistanceSorted(p.reference.numbers, p.current.numbers), nil
}

// eppsSingleton of fewer than five values is NaN to SciPy.
func eppsSingleton(p pair) (float64, error) {
	if min(p.reference.size(), p.current.size()) < 5 {
		return math.NaN(), nil
	}
	r, err := stat.EppsSingleton(p.reference.numbers, p.current.numbers)
	return r.P, err
}

func fisherExact(p pair) (float64, error) {
	c := p.categories()
	n, m := p.reference.size(), p.current.size()
	switch {
	case n != m:
		return 0, errors.New("it wants as many reference rows as current rows")
	case len(c.x) > 2:
		return 0, errors.New("it wants two values")
	}
	return stat.FisherExact(c.x[0], n, c.y[0], m), nil
}

// tTest of one constant is NaN.
func tTest(p pair) (float64, error) {
	r, err := stat.StudentT(p.reference.numbers, p.current.numbers)
	if errors.Is(err, stat.ErrUndefined) {
		return math.NaN(), nil
	}
	return r.P, err
}

func tvd(p pair) (float64, error) {
	values, categories := p.inOrder()
	return permuteTVD(values, int(p.reference.size()), categories), nil
}
