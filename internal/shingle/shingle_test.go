package shingle_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/shingle"
)

func TestShinglesOfATextCountOnce(t *testing.T) {
	for text, want := range map[string]int{
		"":                        0,
		" \t\n":                   0,
		"abc":                     1,
		"abcde":                   1,
		"abcdef":                  2,
		"aaaaaaaaaa":              1,
		"äöüßé語":                  2, // six characters of thirteen bytes
		"\xff\xfe\xfd\xfc\xfb":    1,
		strings.Repeat("ab", 500): 2,
	} {
		require.Len(t, shingle.Of(text), want, "%q", text)
	}
}

func TestCaseAndWhiteSpaceDoNotCount(t *testing.T) {
	require.Equal(t, shingle.Of("the quick fox"), shingle.Of("  The\tQUICK\n\u00a0fox "))
	require.NotEqual(t, shingle.Of("the quick fox"), shingle.Of("the quick, fox"))
}

// By hand: abcde bcdef cdefg, and bcdef cdefg defgh, have two of four in common.
func TestJaccard(t *testing.T) {
	require.InDelta(t, 0.5, shingle.Jaccard(shingle.Of("abcdefg"), shingle.Of("bcdefgh")), 0)
	require.InDelta(t, 1, shingle.Jaccard(shingle.Of("same text"), shingle.Of("same text")), 0)
	require.InDelta(t, 0, shingle.Jaccard(nil, shingle.Of("a text")), 0)
	require.InDelta(t, 0, shingle.Jaccard(nil, nil), 0)
}

// sets are two of about 200 shingles with so much in common.
func sets(random *rand.Rand, common float64) (a, b shingle.Set) {
	var left, right strings.Builder
	for range 200 {
		word := fmt.Sprintf("%05x", random.IntN(1<<20))
		other := word
		if random.Float64() > common {
			other = fmt.Sprintf("%05x", random.IntN(1<<20))
		}
		left.WriteString(word)
		right.WriteString(other)
	}
	return shingle.Of(left.String()), shingle.Of(right.String())
}

// An estimate lies within four of its standard errors in all but one of 16,000 pairs; of 500 none may lie without, and
// their mean error must be that of an unbiased estimate.
func TestTheEstimateIsBinomial(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	sum, variance := 0.0, 0.0
	for i := range 500 {
		a, b := sets(random, 0.3+0.7*float64(i%10)/9)
		exact, estimate := shingle.Jaccard(a, b), shingle.Estimate(a.Sign().Sketch(), b.Sign().Sketch())
		agreeing := exact + (1-exact)/256
		deviation := math.Sqrt(agreeing*(1-agreeing)/shingle.Hashes) * 256 / 255
		require.InDelta(t, exact, estimate, 4*deviation+1e-12)
		sum, variance = sum+estimate-exact, variance+deviation*deviation
	}
	require.Less(t, math.Abs(sum), 4*math.Sqrt(variance))
}

func TestAScreenStatesWhatItMisses(t *testing.T) {
	for _, threshold := range []float64{0.5, 0.6, 0.7, 0.8, 0.9, 0.99} {
		screen := shingle.ScreenFor(threshold)
		require.LessOrEqual(t, screen.Bands*screen.Rows, shingle.Hashes)
		require.LessOrEqual(t, screen.Miss(threshold), 0.0011)
		require.Less(t, screen.Miss(threshold), screen.Miss(threshold-0.1))
	}
	// (1 − 0.8⁵)²⁵ = 4.8e-5; scipy 1.17.1: binom.cdf(k − 1, 128, 0.8 + 0.2/256) is below 1e-4 for k to 85.
	require.Equal(t, shingle.Screen{Bands: 25, Rows: 5, Agreement: 85}, shingle.ScreenFor(0.8))
	require.InDelta(t, 4.8e-5, shingle.Screen{Bands: 25, Rows: 5}.Miss(0.8), 1e-6)
	require.InDelta(t, 0.0001419086097100673, shingle.ScreenFor(0.8).Miss(0.8), 1e-9)
	require.Equal(t, shingle.Screen{Bands: 1, Rows: 128, Agreement: 128}, shingle.ScreenFor(1))
	require.InDelta(t, 0, shingle.ScreenFor(1).Miss(1), 0)
}

// Of pairs with a Jaccard similarity of about J the share that has no band in common is that which Miss says.
func TestPairsAreMissedAsOftenAsStated(t *testing.T) {
	random, screen := rand.New(rand.NewPCG(3, 4)), shingle.Screen{Bands: 25, Rows: 5}
	missed, expected, variance := 0.0, 0.0, 0.0
	for range 600 {
		a, b := sets(random, 0.75)
		miss := screen.Miss(shingle.Jaccard(a, b))
		expected, variance = expected+miss, variance+miss*(1-miss)
		if !share(screen.Keys(a.Sign()), screen.Keys(b.Sign())) {
			missed++
		}
	}
	require.InDelta(t, expected, missed, 4*math.Sqrt(variance))
}

func share(a, b []uint32) bool {
	for i := range a {
		if a[i] == b[i] {
			return true
		}
	}
	return false
}

func BenchmarkSign(b *testing.B) {
	set := shingle.Of(strings.Repeat("The quick brown fox jumps over the lazy dog. ", 1) + fmt.Sprint(rand.New(rand.NewPCG(1, 1)).Perm(200)))
	b.ReportAllocs()
	for b.Loop() {
		set.Sign()
	}
}
