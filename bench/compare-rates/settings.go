package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

// setting is a way to draw two models' predictions whose true difference is known.
type setting struct {
	name   string
	spec   compare.Spec
	rows   int
	gain   float64 // the true one
	isSame bool    // both models are equally good
	isFew  bool    // its groups are few: the rates are those of an approximation
	draw   func(*rand.Rand) (champion, challenger string)
}

// settings are those without a difference first.
func settings() []setting {
	var all []setting
	for _, challenger := range []float64{1.5, 1.9} {
		for _, rows := range []int{200, 1000} {
			all = append(all, ofRows(rows, challenger)...)
			all = append(all, ofGroups(rows, challenger)...)
			all = append(all, ofTrainings(rows, challenger)...)
		}
	}
	for _, rows := range []int{200, 1000} {
		all = append(all, ofSplits(rows))
	}
	return all
}

// ofRows are comparisons of rows that are independent.
func ofRows(rows int, challenger float64) []setting {
	var all []setting
	for _, s := range []setting{
		{name: "accuracy, Newcombe"},
		{name: "accuracy, Tango", spec: compare.Spec{Interval: "tango"}},
		{name: "AUC, DeLong", spec: compare.Spec{Metric: "auc"}},
		{name: "F1, BCa of rows", spec: compare.Spec{Metric: "f1"}},
		{name: "balanced accuracy, BCa of rows", spec: compare.Spec{Metric: "balanced-accuracy"}},
		{name: "accuracy, BCa of weighted rows", spec: compare.Spec{Weight: "weight"}},
		{name: "MAE, Diebold-Mariano", spec: compare.Spec{Metric: "mae", Time: "id", Prediction: "number", Label: "truth"}},
		{name: "MAE, BCa of rows", spec: compare.Spec{Metric: "mae", Prediction: "number", Label: "truth"}},
	} {
		all = append(all, s.of(models{rows: rows, champion: 1.5, challenger: challenger}))
	}
	return all
}

// ofGroups are comparisons of rows five of which resemble each other.
func ofGroups(rows int, challenger float64) []setting {
	var all []setting
	for _, s := range []setting{
		{name: "accuracy, groups of 5", spec: compare.Spec{Group: "user"}},
		{name: "F1, groups of 5", spec: compare.Spec{Metric: "f1", Group: "user"}},
		{name: "AUC, groups of 5", spec: compare.Spec{Metric: "auc", Group: "user"}},
		{name: "AUC, weighted groups of 5", spec: compare.Spec{Metric: "auc", Group: "user", Weight: "weight"}},
		{name: "MAE, groups of 5", spec: compare.Spec{Metric: "mae", Prediction: "number", Label: "truth", Group: "user"}},
		{name: "accuracy, 5 repeats of a key", spec: compare.Spec{Key: []string{"user"}, Repeat: "place"}},
	} {
		all = append(all, s.of(models{rows: rows, groups: rows / 5, champion: 1.5, challenger: challenger}))
	}
	return all
}

// ofTrainings are comparisons whose models vary with their seed.
func ofTrainings(rows int, challenger float64) []setting {
	five := 5
	var all []setting
	for _, champions := range []int{1, five} {
		for _, metric := range []string{"", "auc"} {
			m := models{rows: rows, champion: 1.5, challenger: challenger, champions: champions, challengers: five}
			s := setting{name: fmt.Sprintf("%s, 5 trainings against %d", nameOf(metric), champions), spec: compare.Spec{Metric: metric, Repeat: "seed", Repeats: &five}}
			all = append(all, s.of(m))
		}
	}
	return all
}

func nameOf(metric string) string {
	if metric == "" {
		return "accuracy"
	}
	return metric
}

// of completes a setting.
func (s setting) of(m models) setting {
	s.rows, s.gain, s.isSame, s.isFew = m.rows, m.gain(s.spec.Metric), m.gain(s.spec.Metric) == 0, m.groups > 0 && m.groups < 100
	s.draw = m.draw
	return s
}

// counts are what came of so many comparisons.
type counts struct{ repetitions, covered, better, worse int }

// run counts what comes of comparisons.
func (s setting) run(ctx context.Context, repetitions int) (counts, error) {
	measures, err := s.measures(ctx, repetitions)
	c := counts{repetitions: len(measures)}
	for _, m := range measures {
		if m.Low <= s.gain && s.gain <= m.High {
			c.covered++
		}
		switch m.Verdict {
		case compare.Better:
			c.better++
		case compare.Worse:
			c.worse++
		}
	}
	return c, err
}

// once draws and compares with the seed of a repetition, by the code that users run.
func (s setting) once(ctx context.Context, engine *table.Engine, dir string, seed int) (compare.Measure, error) {
	champion, challenger := s.draw(rand.New(rand.NewPCG(uint64(seed), uint64(s.rows))))
	var tables []*table.Table
	for _, file := range [][2]string{{"a", champion}, {"b", challenger}} {
		if err := os.WriteFile(filepath.Join(dir, file[0]+".csv"), []byte(file[1]), 0o600); err != nil {
			return compare.Measure{}, err
		}
		opened, err := engine.Open(ctx, fmt.Sprintf("%s %d", file[0], seed), dir, table.Spec{Path: file[0] + ".csv"}, false)
		if err != nil {
			return compare.Measure{}, err
		}
		tables = append(tables, opened)
	}
	spec := s.spec
	spec.Champion, spec.Challenger, spec.Seed = "a", "b", int64(seed)
	if spec.Key == nil {
		spec.Key = []string{"id"}
	}
	if spec.Margin == nil {
		spec.Margin = &source.Number{Text: "0"}
	}
	r, err := compare.Compare(ctx, tables[0], tables[1], spec, compare.Past{}, "")
	if err != nil {
		return compare.Measure{}, err
	}
	if r.Primary == nil || r.Primary.Verdict == compare.Undefined {
		return compare.Measure{}, fmt.Errorf("%s could not be compared: %v", s.name, r.Findings())
	}
	return *r.Primary, nil
}
