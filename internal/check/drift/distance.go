package drift

import (
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"

	kernel "github.com/assay-ml/assay/internal/stat"
)

// distances are how far each part of the reference, and current as the last, lies from all others together: D of numbers, total
// variation of categories. It is nil where a part has no values, or the column is not compared by its distribution.
//
// With F of everything and Fᵢ of a part with nᵢ of N values, the others have (N·F − nᵢ·Fᵢ)/(N − nᵢ), so the distance from them is
// N/(N − nᵢ) times that from everything.
func (p pair) distances(of nature, history []*sample) []float64 {
	samples := append(slices.Clone(history), p.current)
	for _, s := range samples {
		if s.values() == 0 {
			return nil
		}
	}
	switch of {
	case natureNumber:
		return numberDistances(samples)
	case natureCategory:
		return categoryDistances(samples)
	}
	return nil
}

func numberDistances(samples []*sample) []float64 {
	var all []float64
	for _, s := range samples {
		all = append(all, s.sorted()...)
	}
	kernel.SortFloats(all)
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = fromOthers(stat.KolmogorovSmirnov(s.sorted(), nil, all, nil), s.values(), int64(len(all)))
	}
	return out
}

func fromOthers(distance float64, part, all int64) float64 {
	return distance * float64(all) / float64(all-part)
}

func categoryDistances(samples []*sample) []float64 {
	index := map[string]int{}
	for _, s := range samples {
		for name := range s.levels() {
			if _, known := index[name]; !known {
				index[name] = len(index)
			}
		}
	}
	all := make([]int64, len(index))
	counts := make([][]int64, len(samples))
	for i, s := range samples {
		counts[i] = make([]int64, len(index))
		for name, n := range s.levels() {
			counts[i][index[name]] = n
			all[index[name]] += n
		}
	}
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = fromOthers(kernel.TotalVariation(counts[i], all), s.values(), sum(all))
	}
	return out
}

// levels is the counts of the sample's values, also of numbers that are codes.
func (s *sample) levels() map[string]int64 {
	if len(s.counts) > 0 {
		return s.counts
	}
	counts := map[string]int64{}
	for _, x := range s.sorted() {
		counts[strconv.FormatFloat(x, 'g', -1, 64)]++
	}
	return counts
}
