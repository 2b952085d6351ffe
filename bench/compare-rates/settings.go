package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

// setting is a way to draw two models' predictions whose true difference is known.
type setting struct {
	name       string
	spec       compare.Spec
	rows       int
	groups     int     // of equal sizes, whose rows resemble each other; 0: rows are independent
	champion   float64 // by how many standard deviations its scores part the classes, or how many its errors have
	challenger float64
}

const (
	share       = 0.4 // of positive rows
	threshold   = 0.5 // from which on a score says positive
	resemblance = 0.6 // of the noise of both models' scores, and of rows of one group
)

// settings are those without a difference first.
func settings() []setting {
	var all []setting
	for _, challenger := range []float64{1.5, 1.9} {
		for _, rows := range []int{200, 1000} {
			all = append(all, setting{"accuracy, Newcombe", compare.Spec{}, rows, 0, 1.5, challenger},
				setting{"accuracy, Tango", compare.Spec{Interval: "tango"}, rows, 0, 1.5, challenger},
				setting{"AUC, DeLong", compare.Spec{Metric: "auc"}, rows, 0, 1.5, challenger},
				setting{"F1, BCa of rows", compare.Spec{Metric: "f1"}, rows, 0, 1.5, challenger},
				setting{"balanced accuracy, BCa of rows", compare.Spec{Metric: "balanced-accuracy"}, rows, 0, 1.5, challenger},
				setting{"accuracy, BCa of groups of 5", compare.Spec{Group: "user"}, rows, rows / 5, 1.5, challenger},
				setting{"AUC, BCa of groups of 5", compare.Spec{Metric: "auc", Group: "user"}, rows, rows / 5, 1.5, challenger},
				setting{"MAE, Diebold-Mariano", compare.Spec{Metric: "mae", Time: "id", Prediction: "number", Label: "truth"}, rows, 0, 1.5, challenger},
				setting{"MAE, BCa of rows", compare.Spec{Metric: "mae", Prediction: "number", Label: "truth"}, rows, 0, 1.5, challenger})
		}
	}
	return all
}

// isSame reports whether both models are equally good.
func (s setting) isSame() bool { return s.champion == s.challenger }

// gain is the true gain.
func (s setting) gain() float64 {
	metric := map[string]func(float64) float64{"": accuracy, "auc": auc, "f1": f1, "balanced-accuracy": balanced, "mae": minusMAE}[s.spec.Metric]
	return metric(s.challenger) - metric(s.champion)
}

func found(parted float64) float64 { return distuv.UnitNormal.CDF(parted - threshold) }

var kept = distuv.UnitNormal.CDF(threshold)

func accuracy(parted float64) float64 { return share*found(parted) + (1-share)*kept }
func balanced(parted float64) float64 { return (found(parted) + kept) / 2 }
func auc(parted float64) float64      { return distuv.UnitNormal.CDF(parted / math.Sqrt2) }
func minusMAE(sd float64) float64     { return -sd * math.Sqrt(2/math.Pi) }

func f1(parted float64) float64 {
	hits := share * found(parted)
	return 2 * hits / (hits + share + (1-share)*(1-kept))
}

// draw writes both files.
func (s setting) draw(random *rand.Rand) (champion, challenger string) {
	var a, b strings.Builder
	a.WriteString("id,label,prediction,score,truth,number,user\n")
	b.WriteString("id,prediction,score,number\n")
	size := s.rows
	if s.groups > 0 {
		size = s.rows / s.groups
	}
	var ofGroup [3]float64
	noise := func(k int) float64 {
		if s.groups == 0 {
			return random.NormFloat64()
		}
		return math.Sqrt(resemblance)*ofGroup[k] + math.Sqrt(1-resemblance)*random.NormFloat64()
	}
	for i := range s.rows {
		if i%size == 0 {
			for k := range ofGroup {
				ofGroup[k] = random.NormFloat64()
			}
		}
		label := 0
		if random.Float64() < share {
			label = 1
		}
		common, truth := noise(0), random.NormFloat64()
		both := func(k int, parted float64) string {
			own := math.Sqrt(resemblance)*common + math.Sqrt(1-resemblance)*noise(k)
			score := parted*float64(label) + own
			said := 0
			if score > threshold {
				said = 1
			}
			return fmt.Sprintf("%d,%.17g,%.17g", said, score, truth+parted*own)
		}
		said := strings.SplitN(both(1, s.champion), ",", 3)
		fmt.Fprintf(&a, "%d,%d,%s,%s,%.17g,%s,u%d\n", i, label, said[0], said[1], truth, said[2], i/size)
		fmt.Fprintf(&b, "%d,%s\n", i, both(2, s.challenger))
	}
	return a.String(), b.String()
}

// counts are what came of so many comparisons.
type counts struct{ repetitions, covered, better, worse int }

// run draws and compares, again and again.
func (s setting) run(ctx context.Context, repetitions int) (c counts, err error) {
	dir, err := os.MkdirTemp("", "assay-rates-")
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(dir)
	engine, err := table.NewEngine(ctx, table.Options{})
	if err != nil {
		return c, err
	}
	defer engine.Close()
	for i := range repetitions {
		primary, err := s.once(ctx, engine, dir, i)
		if err != nil {
			return c, err
		}
		c.repetitions++
		if gain := s.gain(); primary.Low <= gain && gain <= primary.High {
			c.covered++
		}
		switch primary.Verdict {
		case compare.Better:
			c.better++
		case compare.Worse:
			c.worse++
		}
	}
	return c, nil
}

// once draws and compares with the seed of a repetition, by the code that users run.
func (s setting) once(ctx context.Context, engine *table.Engine, dir string, seed int) (compare.Measure, error) {
	champion, challenger := s.draw(rand.New(rand.NewPCG(uint64(seed), uint64(s.rows))))
	var tables []*table.Table
	for name, text := range map[string]string{"a": champion, "b": challenger} {
		if err := os.WriteFile(filepath.Join(dir, name+".csv"), []byte(text), 0o600); err != nil {
			return compare.Measure{}, err
		}
	}
	for _, name := range []string{"a", "b"} {
		opened, err := engine.Open(ctx, fmt.Sprintf("%s %d", name, seed), dir, table.Spec{Path: name + ".csv"}, false)
		if err != nil {
			return compare.Measure{}, err
		}
		tables = append(tables, opened)
	}
	spec := s.spec
	spec.Key, spec.Champion, spec.Challenger, spec.Seed = []string{"id"}, "a", "b", int64(seed)
	margin := source.Number{Text: "0"}
	spec.Margin = &margin
	r, err := compare.Compare(ctx, tables[0], tables[1], spec, compare.Past{}, "")
	if err != nil {
		return compare.Measure{}, err
	}
	if r.Primary == nil || r.Primary.Verdict == compare.Undefined {
		return compare.Measure{}, fmt.Errorf("%s could not be compared: %v", s.name, r.Findings())
	}
	return *r.Primary, nil
}
