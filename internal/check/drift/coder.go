package drift

import (
	"cmp"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
)

// coder turns one column's cells into features. It has learned its numbers from training rows alone.
type coder interface {
	width() int
	// write adds a cell's features to out, which is zero and of the coder's width.
	write(out []float64, value cell)
	// name says what a feature stands for, "" for the column itself.
	name(feature int) string
}

// numberCoder has a number in standard deviations from the mean, the square of that likewise, and whether there is none. A
// missing number is the mean.
type numberCoder struct{ mean, deviation, squareMean, squareDeviation float64 }

// maxDeviations bounds a standardized number: squares of the farthest would outweigh all others.
const maxDeviations = 5

func newNumberCoder(cells []cell) *numberCoder {
	c := &numberCoder{deviation: 1, squareDeviation: 1}
	var values, squares []float64
	for _, value := range cells {
		if value.valid {
			values = append(values, value.number)
		}
	}
	c.mean, c.deviation = meanAndDeviation(values)
	for _, v := range values {
		z := c.standardized(v)
		squares = append(squares, z*z)
	}
	c.squareMean, c.squareDeviation = meanAndDeviation(squares)
	return c
}

// meanAndDeviation are those of values, or 0 and 1 where they tell nothing: none, a constant, or sums that overflow.
func meanAndDeviation(values []float64) (mean, deviation float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		deviation += (v - mean) / n * (v - mean)
	}
	deviation = math.Sqrt(deviation)
	if !(deviation > 0) || math.IsInf(deviation, 0) || math.IsInf(mean, 0) {
		return 0, 1
	}
	return mean, deviation
}

func (c *numberCoder) standardized(v float64) float64 {
	return math.Max(-maxDeviations, math.Min(maxDeviations, (v-c.mean)/c.deviation))
}

func (c *numberCoder) width() int { return 3 }

func (c *numberCoder) write(out []float64, value cell) {
	if !value.valid {
		out[2] = 1
		return
	}
	z := c.standardized(value.number)
	out[0], out[1] = z, (z*z-c.squareMean)/c.squareDeviation
}

func (c *numberCoder) name(int) string { return "" }

// levelCoder has one feature for each of the most frequent levels; no value is one of them.
type levelCoder struct{ levels map[string]int }

const maxLevels = 20

func newLevelCoder(cells []cell) *levelCoder {
	counts := map[string]int{}
	for _, value := range cells {
		counts[value.level()]++
	}
	byCount := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	c := &levelCoder{map[string]int{}}
	for i, level := range byCount[:min(len(byCount), maxLevels)] {
		c.levels[level] = i
	}
	return c
}

// level tells the values of a cell apart; null is no value's text.
func (c cell) level() string {
	switch {
	case !c.valid:
		return ""
	case c.number != 0:
		return "=true"
	}
	return "=" + c.text
}

func (c *levelCoder) width() int { return len(c.levels) }

func (c *levelCoder) write(out []float64, value cell) {
	if i, known := c.levels[value.level()]; known {
		out[i] = 1
	}
}

func (c *levelCoder) name(int) string { return "" }

// wordCoder has the shares of the words of a text by their hash, in lower case. The mean of a share does not depend on how long texts
// are, which is a question of its own.
type wordCoder struct{ words [wordFeatures]string } // one of the words of each feature

const (
	wordFeatures = 256
	wordScale    = 16 // √wordFeatures: features of the size that the penalty of the weights is made for
)

func newWordCoder(cells []cell) *wordCoder {
	c := &wordCoder{}
	seen := map[string]int{}
	for _, value := range cells {
		for _, word := range words(value.text) {
			seen[word]++
			if i := hashed(word); c.words[i] == "" || seen[word] > seen[c.words[i]] {
				c.words[i] = word
			}
		}
	}
	return c
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func hashed(word string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(word)) // a hash takes all
	return int(h.Sum32() % wordFeatures)
}

func (c *wordCoder) width() int { return wordFeatures }

func (c *wordCoder) write(out []float64, value cell) {
	all := words(value.text)
	for _, word := range all {
		out[hashed(word)] += wordScale / float64(len(all))
	}
}

func (c *wordCoder) name(feature int) string { return c.words[feature] }
