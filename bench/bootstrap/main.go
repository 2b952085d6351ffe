// Command bootstrap times 2000 bootstrap replicates of the difference of two models' F1 and AUC, as the kernels of the
// comparison do them: F1 from resampled cells, AUC from Poisson weights. It prints the metric, seconds and seconds of processor time.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"github.com/assay-ml/assay/internal/stat"
)

func main() {
	rows := flag.Int("rows", 1_000_000, "rows")
	replicates := flag.Int("replicates", 2000, "replicates")
	flag.Parse()
	random := rand.New(rand.NewPCG(1, 1))
	positive := make([]bool, *rows)
	var scores [2][]float64
	for i := range positive {
		positive[i] = random.Float64() < 0.4
		common, parted := random.NormFloat64(), 0.0
		if positive[i] {
			parted = 1.5
		}
		for k := range scores {
			scores[k] = append(scores[k], parted+0.8*common+0.6*random.NormFloat64())
		}
	}
	byChampion(positive, scores)
	how := stat.Resampling{Replicates: *replicates, Seed: 1}
	clock("F1", how, func() (stat.Bootstrapped, error) { return ofF1(positive, scores, how) })
	clock("AUC", how, func() (stat.Bootstrapped, error) { return ofAUC(positive, scores, how) })
}

// byChampion puts rows into the order of the champion's scores, as the comparison does.
func byChampion(positive []bool, scores [2][]float64) {
	order := stat.Descending(scores[0])
	was, were := slices.Clone(positive), [2][]float64{slices.Clone(scores[0]), slices.Clone(scores[1])}
	for at, row := range order {
		positive[at], scores[0][at], scores[1][at] = was[row], were[0][row], were[1][row]
	}
}

// clock prints how long an interval of 2000 replicates takes, and what it is.
func clock(name string, how stat.Resampling, work func() (stat.Bootstrapped, error)) {
	start, before := time.Now(), processor()
	b, err := work()
	if err != nil {
		panic(err)
	}
	scale := 2000 / float64(how.Replicates)
	fmt.Printf("%s %.3f %.3f [%.5f, %.5f]\n", name, scale*time.Since(start).Seconds(), scale*(processor()-before).Seconds(), b.Low, b.High)
}

// processor is the time that this process has computed for.
func processor() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// ofF1 resamples the eight cells of truth and both predictions.
func ofF1(positive []bool, scores [2][]float64, how stat.Resampling) (stat.Bootstrapped, error) {
	counts := make([]int64, 8)
	for i, p := range positive {
		cell := 0
		for bit, is := range []bool{p, scores[0][i] > 0.5, scores[1][i] > 0.5} {
			if is {
				cell |= 1 << bit
			}
		}
		counts[cell]++
	}
	truth, said := make([]int32, 8), [2][]int32{make([]int32, 8), make([]int32, 8)}
	for cell := range int32(8) {
		truth[cell], said[0][cell], said[1][cell] = cell&1, cell>>1&1, cell>>2
	}
	f1 := func(k int, w []float64) float64 { return stat.NewConfusion(2, truth, said[k], w).Class(stat.F1, 1) }
	return stat.BootstrapCells(counts, func(w []float64) float64 { return f1(1, w) - f1(0, w) }, how)
}

func ofAUC(positive []bool, scores [2][]float64, how stat.Resampling) (stat.Bootstrapped, error) {
	rankings := [2]stat.Ranking{stat.NewRanking(scores[0], positive), stat.NewRanking(scores[1], positive)}
	return stat.Bootstrap(len(positive), func(w []float64) float64 { return rankings[1].AUC(w) - rankings[0].AUC(w) }, how)
}
