package sketch

import "math"

// Moments are the count, the mean and the sums of the second, third and fourth powers of the deviations from the mean.
// Their zero value is that of no values. Where values are so large that a sum overflows, it is infinite or NaN, and stays so.
type Moments struct {
	Count      int64
	Mean       float64
	M2, M3, M4 float64
	Min, Max   float64 // 0 where there are no values
}

// Add takes in finite values: first their mean, then their deviations from it, so that nothing cancels.
func (m *Moments) Add(values []float64) {
	if len(values) > 0 {
		m.Merge(momentsOf(values))
	}
}

func momentsOf(values []float64) Moments {
	n := float64(len(values))
	part := Moments{Count: int64(len(values)), Min: values[0], Max: values[0]}
	sum := 0.0
	for _, v := range values {
		sum += v
		part.Min, part.Max = min(part.Min, v), max(part.Max, v)
	}
	part.Mean = sum / n
	if math.IsInf(sum, 0) || math.IsNaN(sum) {
		part.Mean = 0
		for _, v := range values {
			part.Mean += v / n
		}
	}
	// Powers of deviations of at most the range: those of a constant are 0, whatever rounding did to the mean.
	if part.Min == part.Max {
		part.Mean = part.Min
		return part
	}
	for _, v := range values {
		d := v - part.Mean
		square := d * d
		part.M2 += square
		part.M3 += square * d
		part.M4 += square * square
	}
	return part
}

// MomentsOf are the moments of counted values, in their order: the same however the values came and were merged.
func MomentsOf(values []Counted[float64]) Moments {
	var m Moments
	for _, c := range values {
		m.Merge(Moments{Count: c.Count, Mean: c.Value, Min: c.Value, Max: c.Value})
	}
	return m
}

// Merge takes in the moments of other values, by the pairwise formulas of Chan, Golub & LeVeque 1979 and Pébay 2008.
func (m *Moments) Merge(other Moments) {
	switch {
	case other.Count == 0:
		return
	case m.Count == 0:
		*m = other
		return
	}
	a, b := float64(m.Count), float64(other.Count)
	n := a + b
	d := other.Mean - m.Mean
	step := d / n
	cross := d * step * a * b
	m.M4 += other.M4 + cross*step*step*(a*a-a*b+b*b) + 6*step*step*(a*a*other.M2+b*b*m.M2) + 4*step*(a*other.M3-b*m.M3)
	m.M3 += other.M3 + cross*step*(a-b) + 3*step*(a*other.M2-b*m.M2)
	m.M2 += other.M2 + cross
	m.Mean += step * b
	m.Count += other.Count
	m.Min, m.Max = min(m.Min, other.Min), max(m.Max, other.Max)
}

// Deviation is the standard deviation of the values themselves (divided by their count).
func (m Moments) Deviation() float64 { return math.Sqrt(m.M2 / float64(m.Count)) }
