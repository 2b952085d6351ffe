package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/source"
)

// The splits of one data set, on each of which two classifiers are trained anew.
const (
	splits   = 10
	features = 4   // of each model
	shift    = 0.6 // of a feature between the classes
)

// ofSplits are two classifiers by the nearest mean, each of which sees other features of the same worth.
func ofSplits(rows int) setting {
	s := setting{name: "accuracy, 10 random splits", rows: rows, isSame: true,
		spec: compare.Spec{Repeat: "split", Splits: &compare.Splits{Train: number("0.8"), Test: number("0.2")}}}
	s.draw = func(random *rand.Rand) (champion, challenger string) {
		x, label := make([][2 * features]float64, rows), make([]int, rows)
		for i := range x {
			label[i] = random.IntN(2)
			for k := range x[i] {
				x[i][k] = random.NormFloat64() + shift*float64(label[i])
			}
		}
		var files [2]strings.Builder
		for side := range files {
			files[side].WriteString("id,split,label,prediction\n")
		}
		for split := range splits {
			order := random.Perm(rows)
			train, test := order[rows/5:], order[:rows/5]
			for side := range files {
				said := nearestMean(x, label, train, side*features)
				for _, row := range test {
					fmt.Fprintf(&files[side], "%d,%d,%d,%d\n", row, split, label[row], said(row))
				}
			}
		}
		return files[0].String(), files[1].String()
	}
	return s
}

func number(text string) *source.Number {
	n, err := source.ParseNumber(text, source.Pos{})
	if err != nil {
		panic(err)
	}
	return &n
}

// nearestMean classifies a row by the nearer of the means of both classes, over the features from first on.
func nearestMean(x [][2 * features]float64, label, train []int, first int) func(row int) int {
	var means [2][features]float64
	var counts [2]float64
	for _, row := range train {
		counts[label[row]]++
	}
	for _, row := range train {
		for k := range features {
			means[label[row]][k] += x[row][first+k] / counts[label[row]]
		}
	}
	return func(row int) int {
		nearer := 0.0
		for k := range features {
			a, b := x[row][first+k]-means[0][k], x[row][first+k]-means[1][k]
			nearer += a*a - b*b
		}
		if nearer > 0 {
			return 1
		}
		return 0
	}
}
