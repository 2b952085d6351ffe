package sketch

import (
	"bytes"
	"fmt"
	"math"

	"github.com/axiomhq/hyperloglog"
	"github.com/zeebo/xxh3"
)

// precision of Distinct: 2^12 registers of one byte.
const precision = 12

// DistinctError is the standard error of a Distinct's estimate, relative: 1.04/√4096 (Flajolet et al. 2007).
const DistinctError = 1.04 / 64

// Distinct estimates how many different values there are, by HyperLogLog (Flajolet, Fusy, Gandouet & Meunier 2007). It depends on
// the set of values alone: neither their order nor their parts change a bit of it.
type Distinct struct{ sketch *hyperloglog.Sketch }

// NewDistinct is that of no values. It is dense from the start: the library's sparse form has no canonical bytes.
func NewDistinct() *Distinct {
	s, err := hyperloglog.NewSketch(precision, false)
	if err != nil {
		panic(err) // the precision is ours
	}
	return &Distinct{s}
}

// AddNumber takes in a number; −0 is 0.
func (d *Distinct) AddNumber(v float64) {
	d.sketch.InsertHash(mix(math.Float64bits(v+0) + 0x9e3779b97f4a7c15))
}

// AddText takes in a text.
func (d *Distinct) AddText(v string) { d.sketch.InsertHash(xxh3.HashString(v)) }

// Merge takes in the values of another.
func (d *Distinct) Merge(other *Distinct) {
	if err := d.sketch.Merge(other.sketch); err != nil {
		panic(err) // all have one precision
	}
}

// Estimate is about how many different values there are.
func (d *Distinct) Estimate() int64 { return int64(d.sketch.Estimate()) }

// MarshalBinary gives the registers, as the library writes them.
func (d *Distinct) MarshalBinary() ([]byte, error) { return d.sketch.MarshalBinary() }

// UnmarshalBinary reads what MarshalBinary gave, and nothing else.
func (d *Distinct) UnmarshalBinary(data []byte) error {
	fresh := NewDistinct()
	head, err := fresh.MarshalBinary()
	if err != nil {
		return err
	}
	const header = 8 // version, precision, form and number of registers
	if len(data) != len(head) || !bytes.Equal(data[:header], head[:header]) {
		return fmt.Errorf("not %d registers of HyperLogLog", len(head)-header)
	}
	if err := fresh.sketch.UnmarshalBinary(data); err != nil {
		return err
	}
	*d = *fresh
	return nil
}
