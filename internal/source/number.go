package source

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// Number is a finite number of a config file as it was written, with its place: a limit remembers its line.
type Number struct {
	Text  string  `json:"text"`
	Value float64 `json:"value"`
	Pos   Pos     `json:"position,omitzero"`
}

// maxDigits bounds the text of a number, and with it the size of its exact form.
const maxDigits = 64

// ParseNumber reads a finite decimal number of at most 64 characters.
func ParseNumber(text string, pos Pos) (Number, error) {
	if len(text) > maxDigits {
		return Number{}, fmt.Errorf("a number of %d characters is longer than %d", len(text), maxDigits)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return Number{}, fmt.Errorf("%q is not a finite number", text)
	}
	return Number{Text: text, Value: value, Pos: pos}, nil
}

// MarshalYAML writes the value alone, a whole one without a point or an exponent.
func (n Number) MarshalYAML() (any, error) {
	if n.Value == math.Trunc(n.Value) && math.Abs(n.Value) < 1<<53 {
		return int64(n.Value), nil
	}
	return n.Value, nil
}

// Rat is the number exactly as written: 0.1 is one tenth, not the binary fraction nearest to it.
func (n Number) Rat() *big.Rat {
	if n.Value == 0 || len(n.Text) > maxDigits { // 1e-999999999 is 0; its exact form would fill the memory
		return Decimal(n.Value)
	}
	if r, ok := new(big.Rat).SetString(n.Text); ok {
		return r
	}
	return Decimal(n.Value)
}

// Decimal is the shortest decimal that reads back as v, exactly: what a person saw when v came from decimal text.
// v is finite.
func Decimal(v float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
	if !ok {
		panic(fmt.Sprintf("decimal of %v: not finite", v))
	}
	return r
}
