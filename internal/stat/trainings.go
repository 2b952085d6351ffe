package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Trainings is the comparison of two recipes, each of which was trained with one or more seeds and judged on the same units. The
// difference of their mean estimates varies with the units and with the seeds.
type Trainings struct {
	Student
	IsPoisson bool // units were drawn a Poisson number of times each
	Undefined int  // replicates in which an estimate had no value; they are left out
}

// BootstrapTrainings resamples units and seeds, each on its own: a hierarchical bootstrap, crossed, since every seed answers about every unit.
// Of S seeds S − 1 are drawn, so that their share of the variance is that of a mean of S and not (S − 1)/S of it (Rao & Wu 1988). What is
// peculiar to one seed's answer about one unit is counted three times by crossing (Owen 2007, The pigeonhole bootstrap), so it is taken off twice.
// The interval is Student's t, whose degrees of freedom weigh those of units and seeds by their variances (Satterthwaite 1946): percentiles cannot
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
	replicates := replicate(units, how, draw, func(w []float64, random *rand.Rand) crossed {
		c := crossed{first: evaluate(champion, w), second: evaluate(challenger, w)}
		c.fixed, c.drawn = plainMean(c.second)-plainMean(c.first), drawnMean(c.second, random)-drawnMean(c.first, random)
		return c
	})
	replicates = slices.DeleteFunc(replicates, func(c crossed) bool { return math.IsNaN(c.fixed) || math.IsInf(c.fixed, 0) })
	if r.Undefined = how.Replicates - len(replicates); r.Undefined*10 > how.Replicates || len(replicates) < 2 {
		return r, undefined("more than a tenth of the resampled rows have no value of it")
	}
	r.settle(replicates, first, second, float64(units-1))
	return r, nil
}

// crossed is a replicate: what each seed has of its units, the difference of the means over all seeds, and over those that were drawn.
type crossed struct {
	first, second []float64
	fixed, drawn  float64
}

// settle finds the error and its degrees of freedom.
func (r *Trainings) settle(replicates []crossed, first, second []float64, freedom float64) {
	rows, all := make([]float64, len(replicates)), make([]float64, len(replicates))
	for i, c := range replicates {
		rows[i], all[i] = c.fixed, c.drawn
	}
	ofRows, ofFirst, ofSecond := variance(rows), seedPart(first), seedPart(second)
	peculiar := interaction(replicates, len(first), func(c crossed) []float64 { return c.first }) +
		interaction(replicates, len(second), func(c crossed) []float64 { return c.second })
	total := math.Max(ofRows, variance(all)-2*peculiar)
	r.Deviation = math.Sqrt(total)
	r.Freedom = total * total / (square(ofRows)/freedom + square(ofFirst.variance)/ofFirst.freedom + square(ofSecond.variance)/ofSecond.freedom)
	if math.IsNaN(r.Freedom) {
		r.Freedom = math.Inf(1)
	}
}

// interaction is the variance, of a mean over seeds, that comes of what is peculiar to a seed on the units at hand: the spread over replicates of
// how far each seed lies from the mean of all.
func interaction(replicates []crossed, seeds int, of func(crossed) []float64) float64 {
	if seeds < 2 {
		return 0
	}
	sum := 0.0
	for seed := range seeds {
		apart := make([]float64, len(replicates))
		for i, c := range replicates {
			values := of(c)
			apart[i] = values[seed] - meanOf(values)
		}
		sum += variance(apart)
	}
	return sum / float64(seeds-1) / float64(seeds)
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

// seedPart is what seeds add to the variance of the mean over them, their peculiarities included.
func seedPart(values []float64) part {
	if len(values) < 2 {
		return part{0, 1}
	}
	return part{variance(values) / float64(len(values)), float64(len(values) - 1)}
}

func variance(values []float64) float64 {
	_, squares := moments(values)
	return squares / float64(len(values)-1)
}
