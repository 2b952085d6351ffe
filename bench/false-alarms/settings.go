package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/stat"
)

// setting is one line: how many rows, of which columns, compared how. The first column is the one that may drift.
type setting struct {
	name               string
	reference, current int
	columns            []column
	spec               drift.Spec
	drifting           column // stands for the first column in current; nil where nothing drifts
	effect             string // of that, in words
	asked              string // the rule that should find it; "" is the distribution
}

// column draws n values.
type column func(random *rand.Rand, n int) drift.Values

// first is the name of the first column.
const first = "c0"

func (s setting) rule() string {
	if s.asked == "" {
		return "distribution"
	}
	return s.asked
}

func (s setting) draw(seed uint64, n int, isCurrent bool) []drift.Values {
	random := rand.New(rand.NewPCG(seed, 7))
	all := make([]drift.Values, len(s.columns))
	for i, c := range s.columns {
		if i == 0 && isCurrent && s.drifting != nil {
			c = s.drifting
		}
		all[i] = c(random, n)
		all[i].Name = "c" + strconv.Itoa(i)
	}
	return all
}

// numbers draws each value by itself.
func numbers(one func(random *rand.Rand) float64) column {
	return func(random *rand.Rand, n int) drift.Values {
		v := drift.Values{Kind: table.Float, Numbers: make([]float64, n)}
		for i := range v.Numbers {
			v.Numbers[i] = one(random)
		}
		return v
	}
}

// The shapes of numbers.
var (
	normal      = numbers((*rand.Rand).NormFloat64)
	uniform     = numbers((*rand.Rand).Float64)
	exponential = numbers((*rand.Rand).ExpFloat64)
	logNormal   = numbers(func(r *rand.Rand) float64 { return math.Exp(2 * r.NormFloat64()) })
	cauchy      = numbers(func(r *rand.Rand) float64 { return math.Tan(math.Pi * (r.Float64() - 0.5)) })
	rounded     = numbers(func(r *rand.Rand) float64 { return math.Round(4 * r.NormFloat64()) })
	mostlyZero  = numbers(func(r *rand.Rand) float64 { return math.Max(0, r.NormFloat64()-1) })
)

func shifted(by float64) column {
	return numbers(func(r *rand.Rand) float64 { return r.NormFloat64() + by })
}

// levels draws categories by their weights.
func levels(weights []float64) column {
	draw := distuv.NewCategorical(weights, nil)
	names := make([]string, len(weights))
	upTo, sum := make([]float64, len(weights)), 0.0
	for i := range names {
		names[i] = "level " + strconv.Itoa(i)
		sum += math.Exp(draw.LogProb(float64(i)))
		upTo[i] = sum
	}
	return func(random *rand.Rand, n int) drift.Values {
		v := drift.Values{Kind: table.String, Strings: make([]string, n)}
		for i := range v.Strings {
			v.Strings[i] = names[at(upTo, random.Float64())]
		}
		return v
	}
}

// at is the first place whose value is above u, the last one for rounding.
func at(upTo []float64, u float64) int {
	for i, v := range upTo {
		if u < v {
			return i
		}
	}
	return len(upTo) - 1
}

// even are k equal weights, zipf those of ranks.
func even(k int) []float64 {
	w := make([]float64, k)
	for i := range w {
		w[i] = 1 / float64(k)
	}
	return w
}

func zipf(k int) []float64 {
	w := make([]float64, k)
	for i := range w {
		w[i] = 1 / float64(i+1)
	}
	return w
}

// tilted moves a share of the rows from the second half of even weights to the first.
func tilted(k int, share float64) []float64 {
	w := even(k)
	for i := range w {
		if step := share / float64(k/2); i < k/2 {
			w[i] += step
		} else {
			w[i] -= step
		}
	}
	return w
}

// holes are normal numbers of which a share is missing, told as NaN.
func holes(share float64) column {
	return numbers(func(r *rand.Rand) float64 {
		if r.Float64() < share {
			return math.NaN()
		}
		return r.NormFloat64()
	})
}

// prose are texts of words by rank.
func prose(random *rand.Rand, n int) drift.Values {
	v := drift.Values{Kind: table.String, Strings: make([]string, n)}
	for i := range v.Strings {
		words := make([]string, 5+random.IntN(20))
		for j := range words {
			words[j] = "word" + strconv.Itoa(int(math.Exp(7*random.Float64())))
		}
		v.Strings[i] = strings.Join(words, " ")
	}
	return v
}

// mixed are 30 columns: 18 of numbers, in six shapes, 2 of two levels, and 10 of 2 to 20 levels.
func mixed() []column {
	var all []column
	for _, shape := range []column{normal, uniform, exponential, logNormal, cauchy, rounded} {
		all = append(all, shape, shape, shape)
	}
	all = append(all, levels(even(2)), levels([]float64{0.9, 0.1}))
	for k := 2; k <= 20; k += 2 {
		all = append(all, levels(zipf(k)))
	}
	return all
}

func repeated(c column, times int) []column {
	all := make([]column, times)
	for i := range all {
		all[i] = c
	}
	return all
}

// clean are the settings without drift.
func clean() []setting {
	var all []setting
	line := func(name string, reference, current int, columns ...column) {
		all = append(all, setting{name: name, reference: reference, current: current, columns: columns})
	}
	for _, k := range []int{2, 3, 5, 10, 20} {
		line(fmt.Sprintf("%d levels", k), 1000, 1000, levels(even(k)))
	}
	line("100 levels", 1001, 1001, levels(even(100)))
	line("500 levels", 1000, 1000, levels(even(500)))
	line("500 levels", 20_000, 5000, levels(even(500)))
	line("5000 levels by rank", 5000, 5000, levels(zipf(5000)))
	line("10 levels by rank, few rows", 1000, 12, levels(zipf(10)))
	for _, size := range [][2]int{{1001, 100}, {5000, 200}, {1001, 1001}, {200, 200}, {500, 500}, {30, 30}, {12_000, 12_000}} {
		line("normal", size[0], size[1], normal)
	}
	line("Cauchy", 1000, 1000, cauchy)
	line("log-normal, σ = 2", 5000, 200, logNormal)
	line("ties: rounded normal", 1000, 1000, rounded)
	line("ties: 84 % zeros", 1000, 1000, mostlyZero)
	line("10 % nulls", 1000, 1000, holes(0.1))
	for _, size := range [][2]int{{1000, 1000}, {500, 5000}, {5000, 200}, {5000, 500}, {10_000, 10_000}} {
		line("30 columns, mixed", size[0], size[1], mixed()...)
	}
	for _, size := range [][2]int{{1000, 1000}, {500, 5000}, {5000, 500}} {
		line("30 columns of 20 levels", size[0], size[1], repeated(levels(even(20)), 30)...)
	}
	all = append(all, setting{name: "30 columns, mixed, with the classifier", reference: 1000, current: 1000, columns: mixed(), spec: drift.Spec{Multivariate: true}})
	line("free text", 500, 500, prose)
	return all
}

// moved are the settings with drift, at half of the smallest effect that counts, at it, and at the one that must be found; with so
// many rows as are just enough, and with more.
func moved() []setting {
	const minimum, detect, level = 0.1, 0.2, 0.05
	var all []setting
	for _, share := range []float64{minimum / 2, minimum, detect} {
		shift := shifted(2 * distuv.UnitNormal.Quantile((1+share)/2))
		enough := rows(stat.KolmogorovPlan(1000, 1000, level/2, minimum, detect)) // a column of numbers asks two questions
		for _, n := range []int{enough, 4 * enough} {
			all = append(all, setting{name: "normal, moved", reference: n, current: n, columns: []column{normal}, drifting: shift, effect: fmt.Sprintf("D %.3g", share)})
		}
		for _, k := range []int{2, 10, 100} {
			enough := rows(stat.ChiSquarePlan(1000, 1000, k, level, minimum, detect))
			for _, n := range []int{enough, 4 * enough} {
				all = append(all, setting{name: fmt.Sprintf("%d levels, tilted", k), reference: n, current: n, columns: []column{levels(even(k))},
					drifting: levels(tilted(k, share)), effect: fmt.Sprintf("total variation %.3g", share)})
			}
		}
		all = append(all, setting{name: "one of 30 columns, mixed", reference: 2000, current: 2000, columns: mixed(), drifting: shift, effect: fmt.Sprintf("D %.3g", share)})
	}
	for _, share := range []float64{0.025, 0.05, 0.1} {
		all = append(all, setting{name: "nulls, from 10 %", reference: 1000, current: 1000, columns: []column{holes(0.1)}, drifting: holes(0.1 + share),
			effect: fmt.Sprintf("%.3g more", share), asked: "null-share"})
	}
	return all
}

func rows(plan stat.Plan) int { return int(math.Ceil(1000 * plan.Growth)) }
