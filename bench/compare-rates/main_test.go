package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"
)

// atMost is the smallest k that a binomial of n and p exceeds with a probability below 1e-4: so many settings stand below
// that the bound must hold for all of them.
func atMost(n int, p float64) int {
	k := 0
	for k < n && mathext.RegIncBeta(float64(k+1), float64(n-k), p) >= 1e-4 { // P(X > k)
		k++
	}
	return k
}

// What a comparison promises of more rows comes true: 80 % of equal models are found not worse, give or take what 40 tries vary by.
func TestTheRowsThatItWouldTakeAreEnough(t *testing.T) {
	for _, k := range promised {
		p, err := keep(t.Context(), k.name, k.metric, k.margin, 40)
		require.NoError(t, err)
		require.LessOrEqual(t, p.tries-p.proven, atMost(p.tries, 0.2), "%s: %d rows", k.name, p.rows)
		require.LessOrEqual(t, p.proven, atMost(p.tries, 0.8), "%s: %d rows", k.name, p.rows)
	}
}

// The short form of the table: of 40 comparisons no more miss the true gain than 5 % allow, and no more call equal models better or
// worse. Of 40 groups the rates are those of an approximation: 6 % for them.
func TestIntervalsCoverAndEqualModelsAreNotCalledDifferent(t *testing.T) {
	const repetitions = 40
	for _, s := range settings() {
		if s.rows > 200 {
			continue
		}
		rate := 0.05
		if s.isFew {
			rate = 0.06
		}
		c, err := s.run(t.Context(), repetitions)
		require.NoError(t, err)
		require.LessOrEqual(t, repetitions-c.covered, atMost(repetitions, rate), "%s, gain %v", s.name, s.gain)
		if s.isSame {
			require.LessOrEqual(t, c.better, atMost(repetitions, rate/2), s.name)
			require.LessOrEqual(t, c.worse, atMost(repetitions, rate/2), s.name)
		}
	}
}
