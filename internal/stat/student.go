package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Student is a quantity whose error follows Student's t: the interval of few independent things.
type Student struct {
	Mean      float64
	Deviation float64 // standard error of Mean
	Freedom   float64 // degrees of freedom; +Inf: the normal distribution
}

// Ends is the interval of Mean.
func (s Student) Ends(z float64) (low, high float64) {
	half := asStudent(z, s.Freedom) * s.Deviation
	return s.Mean - half, s.Mean + half
}

// asStudent is the quantile of Student's t at the level of the standard normal quantile z.
func asStudent(z, freedom float64) float64 {
	if math.IsInf(freedom, 1) || z == 0 {
		return z
	}
	return -distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(distuv.UnitNormal.CDF(-z))
}

// asNormal is the inverse of asStudent.
func asNormal(t, freedom float64) float64 {
	if math.IsInf(freedom, 1) || t == 0 {
		return t
	}
	return -distuv.UnitNormal.Quantile(distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.CDF(-t))
}

// CorrectedResampledT is the mean difference of two models over repeated random splits of one data set into training and test
// rows, with the error that Nadeau & Bengio 2003 (Inference for the generalization error) give it: √((1/J + test/train)·s²) against
// Student's t with J − 1 degrees, since the training rows of two splits overlap. It is for splits alone: of several seeds on one
// split the intervals are far too short.
//
// Special cases are: fewer than two splits, and differences that are one constant, are ErrUndefined. Precondition: train
// and test, in rows or in shares, are above 0.
func CorrectedResampledT(differences []float64, train, test float64) (Student, error) {
	splits := float64(len(differences))
	if splits < 2 {
		return Student{}, undefined("fewer than two splits")
	}
	mean, squares := moments(differences)
	if !(squares > 0) {
		return Student{}, undefined("the models differ by the same on every split")
	}
	return Student{Mean: mean, Deviation: math.Sqrt((1/splits + test/train) * squares / (splits - 1)), Freedom: splits - 1}, nil
}
