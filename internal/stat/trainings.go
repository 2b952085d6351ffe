package stat

import (
	"math"
	"math/rand/v2"
)

// Trainings is the comparison of two recipes, each of which was trained with one or more seeds and judged on the same units. The
// difference of their mean estimates varies with the units and with the seeds.
type Trainings struct {
	Student
	IsPoisson bool // units were drawn a Poisson number of times each
	Undefined int  // replicates in which an estimate had no value; they are left out
}

// BootstrapTrainings resamples units and seeds, each on its own (a hierarchical bootstrap; crossed, since every seed answers about every unit).
// Of S seeds S − 1 are drawn, so that their share of the variance is that of a mean of S and not (S − 1)/S of it (Rao & Wu 1988). The
// interval is Student's t, whose degrees of freedom weigh those of units and seeds by their variances (Satterthwaite 1946): percentiles cannot
// reach beyond the few seeds that there are.
//
// A recipe with one seed has no seeds to be resampled: the comparison is then with that very model. One without any counts as 0.
//
// Special cases are as in Bootstrap.
func BootstrapTrainings(units int, champion, challenger []Estimate, how Resampling) (Trainings, error) {
	draw := drawExactly
	if units >= poissonUnits {
		draw = drawPoisson
	}
	ones := make([]float64, units)
	fill(ones, 0, 1, 1)
	first, second := evaluate(champion, ones), evaluate(challenger, ones)
	r := Trainings{Student: Student{Mean: plainMean(second) - plainMean(first)}, IsPoisson: units >= poissonUnits}
	if math.IsNaN(r.Mean) || math.IsInf(r.Mean, 0) {
		return r, undefined("the rows have no value of it")
	}
	drawn := replicate(units, how, draw, func(w []float64, random *rand.Rand) [2]float64 {
		a, b := evaluate(champion, w), evaluate(challenger, w)
		return [2]float64{plainMean(b) - plainMean(a), drawnMean(b, random) - drawnMean(a, random)}
	})
	var rows, all []float64
	for _, d := range drawn {
		if !math.IsNaN(d[1]) && !math.IsInf(d[1], 0) && !math.IsNaN(d[0]) && !math.IsInf(d[0], 0) {
			rows, all = append(rows, d[0]), append(all, d[1])
		}
	}
	if r.Undefined = how.Replicates - len(all); r.Undefined*10 > how.Replicates || len(all) < 2 {
		return r, undefined("more than a tenth of the resampled rows have no value of it")
	}
	r.Deviation = math.Sqrt(variance(all))
	r.Freedom = satterthwaite(part{variance(rows), float64(units - 1)}, seedPart(first), seedPart(second))
	return r, nil
}

func evaluate(estimates []Estimate, weights []float64) []float64 {
	values := make([]float64, len(estimates))
	for i, estimate := range estimates {
		values[i] = estimate(weights)
	}
	return values
}

// plainMean is 0 of nothing.
func plainMean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return meanOf(values)
}

// drawnMean is the mean of one seed less than there are, drawn with replacement.
func drawnMean(values []float64, random *rand.Rand) float64 {
	if len(values) < 2 {
		return plainMean(values)
	}
	sum := 0.0
	for range len(values) - 1 {
		sum += values[random.IntN(len(values))]
	}
	return sum / float64(len(values)-1)
}

// part is a share of a variance, and its degrees of freedom.
type part struct{ variance, freedom float64 }

// seedPart is what seeds add to the variance of the mean over them.
func seedPart(values []float64) part {
	if len(values) < 2 {
		return part{}
	}
	return part{variance(values) / float64(len(values)), float64(len(values) - 1)}
}

func variance(values []float64) float64 {
	_, squares := moments(values)
	return squares / float64(len(values)-1)
}

// satterthwaite is the degrees of freedom of a sum of variances: (Σ v)²/Σ v²/ν (Satterthwaite 1946).
func satterthwaite(parts ...part) float64 {
	sum, squares := 0.0, 0.0
	for _, p := range parts {
		if p.variance > 0 {
			sum, squares = sum+p.variance, squares+p.variance*p.variance/p.freedom
		}
	}
	if squares == 0 {
		return math.Inf(1)
	}
	return sum * sum / squares
}
