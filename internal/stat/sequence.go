package stat

import "math"

// Sequence is a confidence sequence of the mean of observations in [0, 1] that arrive one by one: its interval holds at all
// times together, so that whoever looks after each row errs no more often than who looks once. It is the empirical-Bernstein sequence
// of Waudby-Smith & Ramdas 2024 (Estimating means of bounded random variables by betting, theorem 2):
//
//	Σλᵢxᵢ/Σλᵢ ± (log(1/α) + Σvᵢψ(λᵢ))/Σλᵢ,  vᵢ = 4(xᵢ − μᵢ₋₁)²,  ψ(λ) = (−log(1−λ) − λ)/4
//	λᵢ = min(½, √(2 log(1/α) / (σ²ᵢ₋₁ i log(1+i)))),  μᵢ = (½ + Σx)/(i+1),  σ²ᵢ = (¼ + Σ(x − μ)²)/(i+1)
//
// with one-sided α, so that each end alone is exceeded, ever, with a probability of at most α. No model of the observations is
// assumed, and they need not be alike: it covers the mean, weighted by λ, of what each was to be expected given those before it.
type Sequence struct {
	logLevel      float64 // log(1/α)
	n             int64
	sum, squares  float64 // Σx and Σ(x − μ)²
	weight        float64 // Σλ
	weighted, gap float64 // Σλx and Σvψ(λ)
}

// maxBet bounds λ: at 1 a single observation could decide.
const maxBet = 0.5

// NewSequence makes a sequence whose ends each err with a probability of at most alpha, 0 < alpha < 1.
func NewSequence(alpha float64) *Sequence { return &Sequence{logLevel: -math.Log(alpha)} }

// Add takes the next observation, 0 ≤ x ≤ 1. It panics where x is anything else: the guarantee would be gone.
func (s *Sequence) Add(x float64) {
	if !(0 <= x && x <= 1) {
		panic("stat: an observation of a Sequence lies between 0 and 1")
	}
	before := float64(s.n)
	mean, variance := (0.5+s.sum)/(before+1), (0.25+s.squares)/(before+1)
	s.n++
	now := float64(s.n)
	bet := math.Min(maxBet, math.Sqrt(2*s.logLevel/(variance*now*math.Log1p(now))))
	s.weight += bet
	s.weighted += bet * x
	s.gap += square(x-mean) * (-math.Log1p(-bet) - bet) // 4 and ¼ cancel
	s.sum += x
	s.squares += square(x - (0.5+s.sum)/(now+1))
}

// Count is the number of observations.
func (s *Sequence) Count() int64 { return s.n }

// Mean is the mean of the observations, NaN of none.
func (s *Sequence) Mean() float64 { return s.sum / float64(s.n) }

// Interval is where the mean lies; [0, 1] before the first observation.
func (s *Sequence) Interval() (low, high float64) {
	if s.n == 0 {
		return 0, 1
	}
	center, half := s.weighted/s.weight, (s.logLevel+s.gap)/s.weight
	return clip(center - half), clip(center + half)
}
