package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"
)

// atMost is the smallest k for which a binomial of n and p exceeds k with a probability below 1e-4: so many settings stand below
// that the bound must hold for all of them.
func atMost(n int, p float64) int {
	k := 0
	for mathext.RegIncBeta(float64(k+1), float64(n-k), p) >= 1e-4 { // P(X > k)
		k++
	}
	return k
}

// The short form of the table: no setting alarms more often than its correction allows.
func TestAlarmsKeepTheirRate(t *testing.T) {
	const repetitions = 60
	for _, s := range clean() {
		if s.reference+s.current > 6000 {
			continue
		}
		counted, err := s.run(repetitions)
		require.NoError(t, err)
		require.LessOrEqual(t, counted.significant, atMost(repetitions, nominal/100), "%s, %d v %d", s.name, s.reference, s.current)
		require.LessOrEqual(t, counted.alarms, counted.significant)
	}
}

// What a pass claims: with just enough rows, the effect that must be found is found in 80 % of comparisons.
func TestPowerIsWhatAPassClaims(t *testing.T) {
	const repetitions = 60
	for _, s := range moved() {
		counted, err := s.run(repetitions)
		require.NoError(t, err)
		switch s.effect {
		case "D 0.2", "total variation 0.2", "0.1 more":
			require.LessOrEqual(t, repetitions-counted.found-counted.open, atMost(repetitions, 0.2), "%s of %s, %d rows", s.name, s.effect, s.current)
		case "D 0.05", "total variation 0.05", "0.025 more":
			require.LessOrEqual(t, counted.found, atMost(repetitions, 0.15), "%s of %s, %d rows", s.name, s.effect, s.current)
		}
	}
}
