package compare

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// trained are predictions of trainings of one recipe, each of which is right about another share of the rows.
func trained(rows int, seed uint64, right ...float64) string {
	var b strings.Builder
	b.WriteString("id,seed,label,prediction,g\n")
	random := rand.New(rand.NewPCG(seed, 1))
	for i, share := range right {
		for row := range rows {
			said := row % 2
			if random.Float64() > share {
				said = 1 - said
			}
			fmt.Fprintf(&b, "%d,%d,%d,%d,g%d\n", row, i, row%2, said, row/5)
		}
	}
	return b.String()
}

// The spread of five trainings is in the interval, which one training alone cannot show.
func TestTrainingsWidenTheInterval(t *testing.T) {
	repeats := 5
	spec := Spec{Repeat: "seed", Repeats: &repeats}
	old, several := trained(1000, 1, 0.8), trained(1000, 2, 0.8, 0.9, 0.75, 0.85, 0.95)
	r := compared(t, old, several, spec)
	require.Empty(t, r.Faults)
	require.Contains(t, r.Primary.Method, "hierarchical bootstrap of rows and of 5 trainings against 1")
	require.Contains(t, r.Primary.Note, "that very model")
	require.InDelta(t, 0.85, r.Primary.Challenger, 0.02)
	require.Greater(t, r.Primary.High-r.Primary.Low, 0.15, "the standard deviation of the shares is 0.079, and t of some 4 degrees 2.8: 2·2.8·0.079/√5 = 0.2")
	require.Equal(t, Inconclusive, r.Primary.Verdict)
	require.Zero(t, r.Primary.Needed)
	require.Contains(t, r.Findings()[0].Hint, "more rows alone cannot")
	alone := compared(t, old, trained(1000, 2, 0.85), Spec{})
	require.Less(t, alone.Primary.High-alone.Primary.Low, 0.07)
	both := compared(t, several, trained(1000, 3, 0.9, 0.9, 0.9, 0.9, 0.9), Spec{Repeat: "seed", Repeats: &repeats, Group: "g", Metric: "f1", Slices: []string{"label"}, Fairness: []Groups{{Column: "label"}}})
	require.Contains(t, both.Primary.Method, "of groups and of 5 trainings against 5")
	require.Equal(t, int64(200), both.Primary.Units)
	require.Len(t, both.Slices, 2)
	require.Contains(t, both.Flips.sentence(), "first training of each model")
}

func TestTrainingsMustBeAsManyAsIsSaid(t *testing.T) {
	repeats := 5
	r := compared(t, trained(100, 1, 0.8, 0.8), trained(100, 2, 0.8, 0.9, 0.9), Spec{Repeat: "seed", Repeats: &repeats})
	require.Len(t, r.Findings(), 2)
	require.Contains(t, r.Findings()[0].Message, "challenger b: 3 trainings")
	require.Contains(t, r.Findings()[1].Message, "champion a: 2 trainings")
	require.True(t, r.Findings()[0].Blocks())
}

// Trainings that agree on every row leave what was not seen.
func TestTrainingsThatAgree(t *testing.T) {
	repeats := 2
	one := trained(100, 1, 0.8)
	r := compared(t, one, again(one), Spec{Repeat: "seed", Repeats: &repeats, Margin: limit("0.05")})
	require.Empty(t, r.Faults)
	require.Equal(t, NotWorse, r.Primary.Verdict)
	require.Contains(t, r.Primary.Note, "not seen")
}

// again is a file of one training with the same once more as another.
func again(text string) string {
	head, rows, _ := strings.Cut(text, "\n")
	var b strings.Builder
	b.WriteString(head + "\n" + rows)
	for line := range strings.Lines(rows) {
		id, rest, _ := strings.Cut(line, ",0,")
		b.WriteString(id + ",1," + rest)
	}
	return b.String()
}

// The same numbers as the kernel's: the difference of each split, with the training rows four times the test rows.
func TestSplitsAreComparedBySplit(t *testing.T) {
	old, anew := trained(100, 1, 0.7, 0.8, 0.75, 0.72), trained(100, 2, 0.9, 0.85, 0.95, 0.88)
	r := compared(t, old, anew, Spec{Repeat: "seed", Splits: &Splits{Train: limit("0.8"), Test: limit("0.2")}})
	require.Empty(t, r.Faults)
	require.Equal(t, int64(4), r.Primary.Units)
	require.Contains(t, r.Primary.Method, "Nadeau and Bengio over 4 splits")
	var gains []float64
	for split := range 4 {
		var right [2]float64
		for side, text := range []string{old, anew} {
			for line := range strings.Lines(text) {
				if f := strings.Split(line, ","); f[1] == fmt.Sprint(split) && f[2] == f[3] {
					right[side] += 0.01
				}
			}
		}
		gains = append(gains, right[1]-right[0])
	}
	want, err := stat.CorrectedResampledT(gains, 4, 1)
	require.NoError(t, err)
	low, high := want.Ends(z975)
	require.InDeltaSlice(t, []float64{want.Mean, low, high}, []float64{r.Primary.Gain, r.Primary.Low, r.Primary.High}, 1e-9)
	same := compared(t, old, old, Spec{Repeat: "seed", Splits: &Splits{Train: limit("0.8"), Test: limit("0.2")}})
	require.Equal(t, Undefined, same.Primary.Verdict, "models that differ by nothing on any split have no error")
	one := compared(t, trained(50, 1, 0.8), trained(50, 2, 0.9), Spec{Repeat: "seed", Splits: &Splits{Train: limit("0.8"), Test: limit("0.2")}})
	require.Contains(t, one.Findings()[0].Message, "fewer than two splits")
}

// The interval decides: 300 rows of each group, and a difference of predicted shares of 0.2.
func TestFairnessHasALimit(t *testing.T) {
	var a, b strings.Builder
	a.WriteString("id,label,prediction,sex\n")
	b.WriteString("id,prediction\n")
	for i := range 600 {
		sex, said := i%2, 0
		if i/2%10 < 3+2*sex {
			said = 1
		}
		fmt.Fprintf(&a, "%d,%d,%d,s%d\n", i, i/2%3%2, said, sex)
		fmt.Fprintf(&b, "%d,%d\n", i, said)
	}
	for text, want := range map[string]finding.Outcome{"0.05": finding.Fail, "0.2": finding.NotRun, "0.4": finding.Pass} {
		r := compared(t, a.String(), b.String(), Spec{Fairness: []Groups{{Column: "sex", Limit: limit(text)}}})
		require.InDelta(t, 0.2, r.Fairness[0].Challenger, 1e-9)
		f := r.Findings()[1]
		require.Equal(t, "fairness", f.Rule)
		require.Equal(t, want, f.Outcome, "%s: %s", text, f.Message)
		require.Equal(t, want != finding.Pass, f.Blocks())
	}
	alone := compared(t, rowsOfOneClass(40), rowsOfChallenger(40), Spec{Fairness: []Groups{{Column: "sex", Limit: limit("0.3")}}})
	f := alone.Findings()[2]
	require.Equal(t, finding.NotRun, f.Outcome, "no group has negative rows")
	require.True(t, f.Blocks())
}

func rowsOfOneClass(n int) string {
	var b strings.Builder
	b.WriteString("id,label,prediction,sex\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,1,%d,s%d\n", i, i%3%2, i%2)
	}
	return b.String()
}

func rowsOfChallenger(n int) string {
	var b strings.Builder
	b.WriteString("id,prediction\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%d\n", i, i%5%2)
	}
	return b.String()
}
