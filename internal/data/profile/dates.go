package profile

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/assay-ml/assay/internal/stat/sketch"
)

// maxBuckets bounds the buckets of a histogram of dates: days of more than a year, months of three decades.
const maxBuckets = 400

// Dates is a histogram over the calendar (Gregorian, UTC) in the finest unit of which at most 400 have a date.
type Dates struct {
	unit   int             // place in units
	counts map[int64]int64 // by the number of the unit, counted from 1970
	hidden int64           // dates in buckets that were left out
	day    float64         // in the unit of the numbers
}

// units are days, months, years and powers of ten of years; the years that the engine knows are fewer than 600,000.
var units = []string{"day", "month", "year", "10 years", "100 years", "1000 years", "10000 years"}

// Bucket is a time from its first day on, and how many dates lie in it.
type Bucket struct {
	From  string `json:"from"` // as YYYY-MM-DD; years beyond four digits have a sign
	Count int64  `json:"count"`
}

// newDates makes a histogram of numbers of which day are one day.
func newDates(day float64) *Dates { return &Dates{counts: map[int64]int64{}, day: day} }

// Unit is the name of the unit.
func (d *Dates) Unit() string { return units[d.unit] }

// Hidden is how many dates lie in buckets that were left out.
func (d *Dates) Hidden() int64 { return d.hidden }

// Buckets are those that have dates, in their order.
func (d *Dates) Buckets() []Bucket {
	buckets := make([]Bucket, 0, len(d.counts))
	for _, number := range slices.Sorted(maps.Keys(d.counts)) {
		buckets = append(buckets, Bucket{first(d.unit, number), d.counts[number]})
	}
	return buckets
}

// add takes in counted numbers.
func (d *Dates) add(counted []sketch.Counted[float64]) {
	for _, c := range counted {
		d.counts[numberOf(d.unit, int64(math.Floor(c.Value/d.day)))] += c.Count
	}
	d.widen()
}

// merge takes in another histogram.
func (d *Dates) merge(other *Dates) {
	for d.unit < other.unit {
		d.coarsen()
	}
	for other.unit < d.unit {
		other.coarsen()
	}
	for number, n := range other.counts {
		d.counts[number] += n
	}
	d.hidden += other.hidden
	d.widen()
}

// widen goes to coarser units while there are too many buckets.
func (d *Dates) widen() {
	for len(d.counts) > maxBuckets && d.unit < len(units)-1 {
		d.coarsen()
	}
}

// coarsen goes to the next unit.
func (d *Dates) coarsen() {
	counts := make(map[int64]int64, len(d.counts))
	for number, n := range d.counts {
		counts[numberOf(d.unit+1, firstDay(d.unit, number))] += n
	}
	d.unit, d.counts = d.unit+1, counts
}

// hide leaves out buckets of fewer dates than least, and of the others the smallest, until nothing or at least least are left out:
// else the few could be told by subtraction.
func (d *Dates) hide(least int64) {
	smallest := slices.SortedFunc(maps.Keys(d.counts), func(a, b int64) int {
		return cmp.Or(cmp.Compare(d.counts[a], d.counts[b]), cmp.Compare(a, b))
	})
	for _, number := range smallest {
		if n := d.counts[number]; n < least || 0 < d.hidden && d.hidden < least {
			d.hidden += n
			delete(d.counts, number)
		}
	}
}

const secondsOfDay = 86_400

// dayTime is the beginning of a day, counted from 1970-01-01.
func dayTime(day int64) time.Time { return time.Unix(day*secondsOfDay, 0).UTC() }

// yearsOf is how many years a unit has.
func yearsOf(unit int) int64 { return int64(math.Round(math.Pow(10, float64(unit-2)))) }

// numberOf is the number of the unit that a day lies in.
func numberOf(unit int, day int64) int64 {
	if unit == 0 {
		return day
	}
	t := dayTime(day)
	if unit == 1 {
		return int64(t.Year()-1970)*12 + int64(t.Month()) - 1
	}
	return floorDivide(int64(t.Year()), yearsOf(unit))
}

// firstDay is the first day of a unit.
func firstDay(unit int, number int64) int64 {
	switch unit {
	case 0:
		return number
	case 1:
		return floorDivide(time.Date(1970, time.Month(number+1), 1, 0, 0, 0, 0, time.UTC).Unix(), secondsOfDay)
	}
	return floorDivide(time.Date(int(number*yearsOf(unit)), 1, 1, 0, 0, 0, 0, time.UTC).Unix(), secondsOfDay)
}

// first is the first day of a unit as it is written.
func first(unit int, number int64) string {
	t := dayTime(firstDay(unit, number))
	if year := t.Year(); year < 0 || year > 9999 {
		return fmt.Sprintf("%+05d-%02d-%02d", year, t.Month(), t.Day())
	}
	return t.Format(time.DateOnly)
}

func floorDivide(a, b int64) int64 {
	if a%b < 0 {
		return a/b - 1
	}
	return a / b
}
