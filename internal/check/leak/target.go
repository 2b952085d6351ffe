package leak

import (
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/stat"
)

// What makes a label one of classes, and what is enough to judge by.
const (
	maxClasses = 20 // the most frequent are judged
	maxCodes   = 10 // numbers of so few distinct values are classes
	minClass   = 10 // rows: with ten of each of two classes a column separates them by chance once in 90,000 times
	minNumbers = 20 // rows with a label of numbers
)

// target is the label of the rows of a sample that have one.
type target struct {
	rows     []int // of the sample
	isNumber bool
	ranks    []float64 // of a label of numbers
	group    []int     // of classes: the number of each row's class
	classes  []class   // those that have enough rows
}

// class is one class against all others.
type class struct {
	number             int
	positive           []bool // by row of the target
	members, remainder int64
}

// targetOf takes the label apart. It is false where too few rows have one, or too few of any class.
func targetOf(drawn *sample, label string) (*target, bool) {
	c := drawn.columns[label]
	t := &target{}
	for row, value := range c.values {
		if !math.IsNaN(value) {
			t.rows = append(t.rows, row)
		}
	}
	var count int
	t.group, count = c.group(t.rows)
	if t.isNumber = c.isNumber && count > maxCodes; t.isNumber {
		t.ranks = stat.Ranks(c.of(t.rows))
		return t, len(t.rows) >= minNumbers
	}
	t.divide(count)
	return t, len(t.classes) > 0
}

// divide finds the classes that can be judged. Of two classes one says it all.
func (t *target) divide(count int) {
	sizes := make([]int64, count)
	for _, group := range t.group {
		sizes[group]++
	}
	order := make([]int, count)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareDescending(sizes[a], sizes[b]) })
	if count == 2 {
		order = order[1:]
	}
	for _, number := range order[:min(len(order), maxClasses)] {
		c := class{number: number, members: sizes[number], remainder: int64(len(t.rows)) - sizes[number]}
		if c.members < minClass || c.remainder < minClass {
			continue
		}
		c.positive = make([]bool, len(t.group))
		for i, group := range t.group {
			c.positive[i] = group == number
		}
		t.classes = append(t.classes, c)
	}
}

// of are the values of some rows.
func (c *column) of(rows []int) []float64 {
	values := make([]float64, len(rows))
	for i, row := range rows {
		values[i] = c.values[row]
	}
	return values
}
