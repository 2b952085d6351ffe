package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Forecasts is the comparison of two forecasts of one series by their losses.
type Forecasts struct {
	Student         // of the first's loss less the second's: positive where the second is better
	P       float64 // two-sided
}

// DieboldMariano tests equal accuracy of two forecasts of a horizon (Diebold & Mariano 1995): the mean difference of losses, in
// the order of time, over its error with autocovariances up to horizon − 1, times the small-sample factor
// √((n + 1 − 2h + h(h − 1)/n)/n), against Student's t with n − 1 degrees (Harvey, Leybourne & Newbold 1997). A negative estimate of the variance,
// which the rectangular kernel can give, is replaced by that without autocovariances.
//
// Special cases are: fewer rows than two or than the horizon, and losses that differ by a constant, are ErrUndefined.
func DieboldMariano(first, second []float64, horizon int) (Forecasts, error) {
	n := len(first)
	if n < 2 || horizon >= n {
		return Forecasts{}, undefined("too few forecasts for their horizon")
	}
	d := make([]float64, n)
	for i := range d {
		d[i] = first[i] - second[i]
	}
	mean := meanOf(d)
	own := autocovariance(d, mean, 0)
	variance := own
	for lag := 1; lag < horizon; lag++ {
		variance += 2 * autocovariance(d, mean, lag)
	}
	if variance <= 0 {
		variance = own
	}
	if variance <= 0 {
		return Forecasts{}, undefined("the losses differ by a constant")
	}
	size, h := float64(n), float64(horizon)
	factor := math.Sqrt((size + 1 - 2*h + h*(h-1)/size) / size)
	deviation := math.Sqrt(variance/size) / factor
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: size - 1}
	return Forecasts{Student{mean, deviation, size - 1}, clip(2 * student.Survival(math.Abs(mean)/deviation))}, nil
}

func autocovariance(d []float64, mean float64, lag int) float64 {
	sum := 0.0
	for i := lag; i < len(d); i++ {
		sum += (d[i] - mean) * (d[i-lag] - mean)
	}
	return sum / float64(len(d))
}
