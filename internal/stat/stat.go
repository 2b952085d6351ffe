// Package stat holds pure numeric kernels: two-sample tests, their corrections and their power, divergences, scores of
// predictions, and the sort that they stand on. It does no I/O, knows no table, and never changes a slice that it is given
// unless its doc says so.
//
// Each kernel states its formula, its source and its special cases. Data that have no answer get an error that wraps
// ErrUndefined, never a NaN; a caller's mistake (lengths that differ, a probability outside [0, 1]) panics.
package stat

import (
	"errors"
	"fmt"
	"math"
)

// ErrUndefined says that a quantity has no value for this input, such as the AUC of one class. The error that wraps it says why.
var ErrUndefined = errors.New("undefined")

func undefined(why string) error { return fmt.Errorf("%w: %s", ErrUndefined, why) }

var errEmptySample = undefined("a sample has no values")

// perRow is 1/n + 1/m: how noisy a difference of two means is, in units of the variance of one value.
func perRow(n, m int64) float64 { return 1/float64(n) + 1/float64(m) }

// clip keeps rounding from carrying a probability out of [0, 1].
func clip(p float64) float64 { return math.Min(1, math.Max(0, p)) }

// normalSurvival is P(Z > z) of the standard normal, with its digits kept far into the tail.
func normalSurvival(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// normalUpper is the z with P(Z > z) = p.
func normalUpper(p float64) float64 { return math.Sqrt2 * math.Erfcinv(2*p) }

// mean answers ErrUndefined for no values, and where a value, or their sum, is not finite.
func mean(values int, at func(i int) float64) (float64, error) {
	if values == 0 {
		return 0, undefined("no rows")
	}
	sum := 0.0
	for i := range values {
		sum += at(i)
	}
	if !(math.Abs(sum) <= math.MaxFloat64) {
		return 0, undefined("a value is not finite")
	}
	return sum / float64(values), nil
}
