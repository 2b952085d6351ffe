// Package learn holds small pure learners over dense design matrices: ridge and logistic regression. It knows no tables, no
// metrics and no files.
package learn

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// ErrNotConverged says that an iteration did not settle.
var ErrNotConverged = errors.New("the fit did not converge")

// Linear is a fitted linear form: Intercept + Σ Weights[j]·x[j].
type Linear struct {
	Intercept float64
	Weights   []float64
}

// Score is the linear form of each row of a row-major matrix of len(Weights) columns.
func (l Linear) Score(x []float64) []float64 {
	width := len(l.Weights)
	scores := make([]float64, len(x)/width)
	for i := range scores {
		sum := l.Intercept
		for j, w := range l.Weights {
			sum += w * x[i*width+j]
		}
		scores[i] = sum
	}
	return scores
}

// Probability is the logistic function of each score.
func Probability(scores []float64) []float64 {
	p := make([]float64, len(scores))
	for i, s := range scores {
		p[i] = logistic(s)
	}
	return p
}

func logistic(s float64) float64 {
	if s >= 0 {
		return 1 / (1 + math.Exp(-s))
	}
	e := math.Exp(s)
	return e / (1 + e)
}

// Ridge minimizes ‖y − b − Xw‖² + penalty·‖w‖², the intercept b unpenalized, as scikit-learn's Ridge(alpha=penalty). X is row-major with
// width columns; penalty > 0.
func Ridge(x []float64, width int, y []float64, penalty float64) (Linear, error) {
	ones := make([]float64, len(y))
	for i := range ones {
		ones[i] = 1
	}
	gram, moment := normalEquations(x, width, ones, y)
	return solve(gram, moment, penalty)
}

// normalEquations is ZᵀWZ and ZᵀWt for Z = [X 1] and weights W.
func normalEquations(x []float64, width int, weights, target []float64) (*mat.SymDense, *mat.VecDense) {
	size := width + 1
	gram, moment := make([]float64, size*size), make([]float64, size)
	row := make([]float64, size)
	row[width] = 1
	for i, t := range target {
		copy(row, x[i*width:(i+1)*width])
		for j, a := range row {
			if a == 0 {
				continue
			}
			a *= weights[i]
			moment[j] += a * t
			for k := j; k < size; k++ {
				gram[j*size+k] += a * row[k]
			}
		}
	}
	return mat.NewSymDense(size, gram), mat.NewVecDense(size, moment)
}

// solve adds the penalty to all but the intercept and solves by Cholesky's factors.
func solve(gram *mat.SymDense, moment *mat.VecDense, penalty float64) (Linear, error) {
	size := moment.Len()
	for j := range size - 1 {
		gram.SetSym(j, j, gram.At(j, j)+penalty)
	}
	var factors mat.Cholesky
	if !factors.Factorize(gram) {
		return Linear{}, fmt.Errorf("the features are not independent: %w", ErrNotConverged)
	}
	var solution mat.VecDense
	if err := factors.SolveVecTo(&solution, moment); err != nil {
		return Linear{}, fmt.Errorf("solve: %w", err)
	}
	weights := make([]float64, size-1)
	for j := range weights {
		weights[j] = solution.AtVec(j)
	}
	return Linear{Intercept: solution.AtVec(size - 1), Weights: weights}, nil
}

// The iteration of Logistic ends where no weight moves by more than tolerance.
const (
	maxIterations = 100
	tolerance     = 1e-10
)

// Logistic minimizes ½·penalty·‖w‖² + Σ log-loss, the intercept unpenalized, as scikit-learn's LogisticRegression(C=1/penalty), by
// Newton's method (iteratively reweighted least squares) with halved steps where the objective would rise. penalty > 0.
func Logistic(x []float64, width int, positive []bool, penalty float64) (Linear, error) {
	at := Linear{Weights: make([]float64, width)}
	best := at.objective(x, positive, penalty)
	for range maxIterations {
		next, err := at.newton(x, width, positive, penalty)
		if err != nil {
			return Linear{}, err
		}
		value := next.objective(x, positive, penalty)
		for halvings := 0; value > best+1e-12*math.Abs(best) && halvings < 30; halvings++ {
			next = middle(at, next)
			value = next.objective(x, positive, penalty)
		}
		moved := distance(at, next)
		at, best = next, value
		if moved <= tolerance {
			return at, nil
		}
	}
	return Linear{}, ErrNotConverged
}

// newton is the minimum of the objective's quadratic form at l.
func (l Linear) newton(x []float64, width int, positive []bool, penalty float64) (Linear, error) {
	scores := l.Score(x)
	weights, working := make([]float64, len(scores)), make([]float64, len(scores))
	for i, s := range scores {
		p := logistic(s)
		truth := 0.0
		if positive[i] {
			truth = 1
		}
		weights[i] = math.Max(p*(1-p), 1e-12)
		working[i] = s + (truth-p)/weights[i]
	}
	gram, moment := normalEquations(x, width, weights, working)
	return solve(gram, moment, penalty)
}

// objective is ½·penalty·‖w‖² + Σ log-loss.
func (l Linear) objective(x []float64, positive []bool, penalty float64) float64 {
	sum := 0.0
	for _, w := range l.Weights {
		sum += penalty * w * w / 2
	}
	for i, s := range l.Score(x) {
		if positive[i] {
			s = -s
		}
		sum += math.Max(s, 0) + math.Log1p(math.Exp(-math.Abs(s)))
	}
	return sum
}

func middle(a, b Linear) Linear {
	m := Linear{Intercept: (a.Intercept + b.Intercept) / 2, Weights: make([]float64, len(a.Weights))}
	for j := range m.Weights {
		m.Weights[j] = (a.Weights[j] + b.Weights[j]) / 2
	}
	return m
}

// distance is the largest difference of any weight.
func distance(a, b Linear) float64 {
	d := math.Abs(a.Intercept - b.Intercept)
	for j := range a.Weights {
		d = math.Max(d, math.Abs(a.Weights[j]-b.Weights[j]))
	}
	return d
}
