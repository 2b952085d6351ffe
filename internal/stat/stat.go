// Package stat holds pure numeric kernels: two-sample tests, their corrections and their power, divergences, scores of
// predictions, and the sort that they stand on. It does no I/O, knows no table, and never changes a slice that it is given
// unless its doc says so.
//
// Each kernel states its formula, its source and its special cases.
package stat

import (
	"errors"
	"fmt"
	"math"
)

// ErrUndefined says that a quantity has no value for this input, such as the AUC of one class. The error that wraps it says why.
var ErrUndefined = errors.New("undefined")

func undefined(why string) error { return fmt.Errorf("%w: %s", ErrUndefined, why) }

// z80 is the standard normal quantile for a power of 0.8.
const z80 = 0.8416212335729143 // scipy 1.17.1: norm.ppf(0.8)

// f is 1/n + 1/m: how noisy a difference of two means is, in units of the variance of one value.
func f(n, m int64) float64 { return 1/float64(n) + 1/float64(m) }

// clip keeps rounding from carrying a probability out of [0, 1].
func clip(p float64) float64 { return math.Min(1, math.Max(0, p)) }
