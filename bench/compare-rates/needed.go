package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/data/table"
)

// promise is what "it would take about n rows" says, and how it came out: of equal models on so many rows, the share that is found to
// be not worse should be 80 %.
type promise struct {
	name          string
	margin        string
	rows          int64 // the median of what inconclusive comparisons of 200 rows asked for
	tries, proven int
}

// promised are the metrics that are tried: one of each way to the number of rows.
var promised = []struct {
	name, metric, margin string
}{{"accuracy, by the discordance", "", "0.05"}, {"AUC, by DeLong's error", "auc", "0.04"}, {"F1, by the bootstrap's error", "f1", "0.05"}}

// keep asks comparisons of few rows how many it would take, and tries that many.
func keep(ctx context.Context, name, metric, margin string, repetitions int) (promise, error) {
	p := promise{name: name, margin: margin, tries: repetitions}
	const few = 200
	spec := compare.Spec{Metric: metric, Margin: number(margin), Need: compare.NeedNotWorse}
	asked, err := setting{spec: spec}.of(models{rows: few, champion: 1.5, challenger: 1.5}).measures(ctx, repetitions)
	if err != nil {
		return p, err
	}
	var needed []int64
	for _, m := range asked {
		if m.Verdict == compare.Inconclusive {
			needed = append(needed, m.Needed)
		}
	}
	if len(needed) == 0 {
		return p, fmt.Errorf("%s: no comparison of %d rows is inconclusive", name, few)
	}
	slices.Sort(needed)
	p.rows = needed[len(needed)/2]
	tried, err := setting{spec: spec}.of(models{rows: int(p.rows), champion: 1.5, challenger: 1.5}).measures(ctx, repetitions)
	for _, m := range tried {
		if m.Verdict == compare.NotWorse || m.Verdict == compare.Better {
			p.proven++
		}
	}
	return p, err
}

// measures draws and compares, again and again.
func (s setting) measures(ctx context.Context, repetitions int) ([]compare.Measure, error) {
	dir, err := os.MkdirTemp("", "assay-rates-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	engine, err := table.NewEngine(ctx, table.Options{})
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	all := make([]compare.Measure, repetitions)
	for i := range all {
		if all[i], err = s.once(ctx, engine, dir, i); err != nil {
			return nil, err
		}
	}
	return all, nil
}
