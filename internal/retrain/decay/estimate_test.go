package decay

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is a simulated classifier: x is normal about some mean, the label is 1 with probability σ(2x·slope), and the model believes in a
// slope of 1 with scores that are too sure of themselves.
type world struct {
	random      *rand.Rand
	mean, slope float64
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func (w world) draw() (Labelled, float64) {
	x := w.random.NormFloat64() + w.mean
	truth := w.random.Float64() < sigmoid(2*x*w.slope)
	return Labelled{Score: sigmoid(5 * x), IsPositive: truth, Predicted: x > 0}, indicator(truth == (x > 0))
}

func (w world) held(n int) []Labelled {
	rows := make([]Labelled, n)
	for i := range rows {
		rows[i], _ = w.draw()
	}
	return rows
}

// judge estimates the accuracy of n rows without labels, and answers with the true one too.
func (w world) judge(t *testing.T, c *calibration, n int, limit float64) (Guess, float64) {
	t.Helper()
	var rows []Row
	right := 0.0
	for range n {
		drawn, good := w.draw()
		right += good
		rows = append(rows, Row{Counts: true, Expected: c.expected(drawn.Score, drawn.Predicted)})
	}
	return c.estimate(rows, limit), right / float64(n)
}

// Where only inputs shift, the estimate follows the true accuracy without one label; where what the label depends on changes, it cannot
// know, and stays: this is why it may trigger and passes nothing. Figures of a fixed seed.
func TestWhatConfidenceCanTell(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	spec := Spec{Mature: time.Hour}.WithDefaults()
	trained := world{random, 1, 1}
	c, why := spec.calibrate(trained.held(20_000))
	require.Empty(t, why)
	for name, k := range map[string]struct {
		world    world
		maxError float64
		minError float64
	}{
		"nothing shifts":                  {trained, 0.02, 0},
		"inputs move to sure ground":      {world{random, 2, 1}, 0.02, 0},
		"inputs move to the boundary":     {world{random, 0, 1}, 0.02, 0},
		"the label depends less on them":  {world{random, 1, 0.2}, 1, 0.15},
		"the label's dependence is gone":  {world{random, 1, 0}, 1, 0.2},
		"the label's dependence reverses": {world{random, 1, -1}, 1, 0.4},
	} {
		t.Run(name, func(t *testing.T) {
			guess, truth := k.world.judge(t, c, 20_000, 0.7)
			t.Logf("%s: estimated %.3f [%.3f, %.3f], true %.3f", name, guess.Value, guess.Low, guess.High, truth)
			require.LessOrEqual(t, math.Abs(guess.Value-truth), k.maxError)
			require.GreaterOrEqual(t, math.Abs(guess.Value-truth), k.minError)
		})
	}
}

// Of models whose inputs move where they are less sure, those with an accuracy below the limit are found; of those that are not
// below, no more than 5 % are.
func TestAnEstimateMayTrigger(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	spec := Spec{Mature: time.Hour}.WithDefaults()
	trained := world{random, 0, 1}
	wrong, found := 0, 0
	for range 100 {
		c, _ := spec.calibrate(trained.held(4000))
		if guess, truth := trained.judge(t, c, 3000, 0.74); guess.Decayed && truth >= 0.74 {
			wrong++
		}
		if guess, _ := trained.judge(t, c, 3000, 0.85); guess.Decayed {
			found++
		}
	}
	t.Logf("of 100: %d false triggers, %d true ones", wrong, found)
	require.LessOrEqual(t, wrong, 5)
	require.Greater(t, found, 95)
}

func TestTooFewHeldOutRowsTellNothing(t *testing.T) {
	_, why := Spec{}.WithDefaults().calibrate(world{rand.New(rand.NewPCG(1, 1)), 0, 1}.held(150))
	require.Contains(t, why, "it takes 100 of each")
	c, _ := Spec{}.WithDefaults().calibrate(world{rand.New(rand.NewPCG(1, 1)), 0, 1}.held(1000))
	guess := c.estimate(nil, 0.5)
	require.Contains(t, guess.Sentence(Accuracy, 0.5), "no prediction is without a label")
}
