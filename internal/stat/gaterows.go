package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Ask is what a comparison has to find: a drop, with a power, at a level that is the chance of an alarm where there is none.
type Ask struct {
	Drop  float64 // above 0
	Power float64
	Level float64 // of one side
}

func (a Ask) quantiles() (alpha, beta float64) {
	return NormalQuantile(1 - a.Level), NormalQuantile(a.Power)
}

// rows is (z_α·null + z_β·alternative)²/drop², rounded up, where null and alternative are the standard deviations of one row's
// part of the difference without and with the drop; mostRows where it is more.
func (a Ask) rows(null, alternative float64) int64 {
	alpha, beta := a.quantiles()
	return int64(math.Min(mostRows, math.Ceil(square((alpha*null+beta*alternative)/a.Drop)-roundingOfCounts)))
}

// mostRows bounds an answer: nobody has more.
const mostRows = 1e15

// limit is the tolerance of a gate that is as far from no drop as the level asks, where rows are as many as the power asks: the
// drop·z_α·null/(z_α·null + z_β·alternative).
func (a Ask) limit(null, alternative float64) float64 {
	alpha, beta := a.quantiles()
	return a.Drop * alpha * null / (alpha*null + beta*alternative)
}

// Size is an answer: how many rows, and the largest drop that a gate on so many should allow.
type Size struct {
	Rows    int64   `json:"rows"`
	Allowed float64 `json:"allowed"`
}

func (a Ask) size(null, alternative float64) Size {
	return Size{a.rows(null, alternative), a.limit(null, alternative)}
}

// OneShare is the size of one sample whose share, truly base, is held against a fixed limit:
// n = (z_α√(p₀q₀) + z_β√(p₁q₁))²/drop² (Fleiss, Levin & Paik 2003, Statistical Methods for Rates and Proportions, 2.32).
func (a Ask) OneShare(base float64) Size {
	return a.size(deviationOfShare(base), deviationOfShare(base-a.Drop))
}

// TwoShares is the size of each of two independent samples whose shares are compared:
// n = (z_α + z_β)²(p₀q₀ + p₁q₁)/drop² (ibid. 4.14, without pooling).
func (a Ask) TwoShares(base float64) Size {
	both := math.Hypot(deviationOfShare(base), deviationOfShare(base-a.Drop))
	return a.size(both, both)
}

// Pairs is the number of rows on which two models are compared that answer the share discordance of them differently:
// n = (z_α√ψ + z_β√(ψ − drop²))²/drop² (Miettinen 1968; Connor 1987). A discordance below the drop counts as the drop.
func (a Ask) Pairs(discordance float64) Size {
	discordance = math.Max(discordance, a.Drop)
	return a.size(math.Sqrt(discordance), math.Sqrt(discordance-a.Drop*a.Drop))
}

// NotWorse is the number of rows on which two equally good models are shown not to differ by Drop, the margin: Pairs with the
// two hypotheses exchanged.
func (a Ask) NotWorse(discordance float64) Size {
	discordance = math.Max(discordance, a.Drop)
	return a.size(math.Sqrt(discordance-a.Drop*a.Drop), math.Sqrt(discordance))
}

// Normal is the number of values, each with a standard deviation, whose mean is held against a fixed limit; that of a
// difference has a deviation √2 times as large where its two values are independent. The deviation is known: n = ((z_α + z_β)·σ/drop)².
func (a Ask) Normal(deviation float64) Size { return a.size(deviation, deviation) }

// Student is Normal where the deviation is estimated from the values themselves: the smallest number with which Student's
// one-sided test has the power, as statsmodels' TTestPower.solve_power. Of more than ten thousand the two do not differ.
func (a Ask) Student(deviation float64) Size {
	size := a.Normal(deviation)
	if size.Rows > 10_000 {
		return size
	}
	for size.Rows = max(size.Rows, 2); a.studentPower(deviation, size.Rows) < a.Power; size.Rows++ { // a few more than Normal at most
	}
	return size
}

func (a Ask) studentPower(deviation float64, n int64) float64 {
	return StudentPower(a.Drop/deviation*math.Sqrt(float64(n)), float64(n-1), a.Level)
}

func deviationOfShare(p float64) float64 { return math.Sqrt(clip(p) * (1 - clip(p))) }

// StudentPower is the chance that Student's one-sided test rejects at a level, where the mean is noncentrality standard errors
// from the hypothesis: P(T_ν(λ) > t₁₋α,ν), the integral of Φ(λ − t·s) over the estimated deviation s = √(χ²_ν/ν), whose density is
// 2(ν/2)^(ν/2)/Γ(ν/2)·s^(ν−1)·exp(−νs²/2).
func StudentPower(noncentrality, freedom, level float64) float64 {
	critical := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(1 - level)
	gamma, _ := math.Lgamma(freedom / 2)
	scale := math.Ln2 + freedom/2*math.Log(freedom/2) - gamma
	chi := distuv.ChiSquared{K: freedom}
	const beyond = 1e-13 // what is left out at each end
	low := math.Max(beyond, math.Sqrt(chi.Quantile(beyond)/freedom))
	return clip(simpson(low, math.Sqrt(chi.Quantile(1-beyond)/freedom), func(s float64) float64 {
		return math.Exp(scale+(freedom-1)*math.Log(s)-freedom*s*s/2) * normalCDF(noncentrality-critical*s)
	}))
}

// simpson integrates a smooth function by Simpson's rule.
func simpson(low, high float64, f func(float64) float64) float64 {
	const steps = 2000 // even
	h := (high - low) / steps
	sum := f(low) + f(high)
	for i := 1; i < steps; i++ {
		weight := 4.0
		if i%2 == 0 {
			weight = 2
		}
		sum += weight * f(low+float64(i)*h)
	}
	return sum * h / 3
}
