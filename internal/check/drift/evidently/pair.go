package evidently

import (
	"maps"
	"slices"
)

// pair is one column, cleaned, in both tables.
type pair struct {
	typ                Type
	reference, current *sample
}

// categories are the distinct values of both samples and how often each stands in them: numbers ascending, then texts.
type categories struct {
	x, y           []int64
	numbers, texts int
}

// categories counts both samples by value. Numbers and truth values of one size are one value, as they are in Python.
func (p pair) categories() categories {
	var c categories
	c.numbers = eachNumber(p.reference.numbers, p.current.numbers, func(_ float64, x, y int64) {
		c.x, c.y = append(c.x, x), append(c.y, y)
	})
	for _, text := range p.texts() {
		c.texts++
		c.x, c.y = append(c.x, p.reference.counts[text]), append(c.y, p.current.counts[text])
	}
	return c
}

// distinct is the number of distinct values in both samples together.
func (p pair) distinct() int {
	return eachNumber(p.reference.numbers, p.current.numbers, ignore) + len(p.texts())
}

// texts are the distinct texts of both samples, ascending.
func (p pair) texts() []string {
	all := map[string]bool{}
	for _, s := range []*sample{p.reference, p.current} {
		for text := range s.counts {
			all[text] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// eachNumber walks two sorted samples by distinct value and returns how many there are.
func eachNumber(x, y []float64, visit func(v float64, inX, inY int64)) (distinct int) {
	for len(x) > 0 || len(y) > 0 {
		v := firstOf(x, y)
		inX, inY := leading(x, v), leading(y, v)
		visit(v, int64(inX), int64(inY))
		x, y = x[inX:], y[inY:]
		distinct++
	}
	return distinct
}

// ignore is for those who only count the distinct values.
func ignore(float64, int64, int64) {}

// firstOf is the smallest value of two sorted samples, one of which is not empty.
func firstOf(x, y []float64) float64 {
	switch {
	case len(y) == 0:
		return x[0]
	case len(x) == 0:
		return y[0]
	}
	return min(x[0], y[0])
}

// leading is how many values at the start of a sorted sample are v.
func leading(sorted []float64, v float64) int {
	n := 0
	for n < len(sorted) && sorted[n] == v {
		n++
	}
	return n
}

// shares are counts divided by the size of their sample.
func shares(counts []int64, size int64) []float64 {
	s := make([]float64, len(counts))
	for i, c := range counts {
		s[i] = float64(c) / float64(size)
	}
	return s
}

// inOrder is the category of each row, the reference's rows first, and the number of categories; numbered as categories are.
func (p pair) inOrder() (rows []int32, count int) {
	numbers, words := map[float64]int32{}, map[string]int32{}
	eachNumber(p.reference.numbers, p.current.numbers, func(v float64, _, _ int64) { numbers[v] = int32(len(numbers)) })
	for _, text := range p.texts() {
		words[text] = int32(len(numbers) + len(words))
	}
	for _, s := range []*sample{p.reference, p.current} {
		for _, v := range s.numbersInOrder {
			rows = append(rows, numbers[v])
		}
		for _, text := range s.textsInOrder {
			rows = append(rows, words[text])
		}
	}
	return rows, len(numbers) + len(words)
}
