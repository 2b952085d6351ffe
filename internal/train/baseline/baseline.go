// Package baseline is the built-in trainer: ridge-regularized logistic or linear regression on standardized numbers and
// one-hot categories. It is the default where there is no training command, and the bar that any model must beat.
package baseline

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/learn"
	"github.com/assay-ml/assay/internal/source"
)

// Result is what the trainer reports. Without metrics, Reason says why.
type Result struct {
	Task      string                  `json:"task,omitempty"` // classification or regression
	Target    string                  `json:"target"`
	Positive  string                  `json:"positive,omitempty"`
	TrainRows int                     `json:"train-rows"`
	TestRows  int                     `json:"test-rows"`
	Features  int                     `json:"features"` // columns of the design matrix
	Metrics   map[string]metric.Value `json:"metrics,omitempty"`
	Trivial   map[string]metric.Value `json:"trivial,omitempty"` // of a predictor that looks at no feature
	Reason    string                  `json:"reason,omitempty"`
	Pos       source.Pos              `json:"position,omitzero"`

	encoder encoder       // with model: what was learned; no result file holds it
	model   *learn.Linear // nil: nothing
}

// The tasks.
const (
	classification = "classification"
	regression     = "regression"
)

// Train learns from train and is judged on test. Data that cannot be learned from is a Result with a Reason; an error is
// trouble with reading.
func Train(ctx context.Context, train, test *table.Table, spec Spec) (Result, error) {
	result := Result{Target: spec.Target, Pos: spec.Pos}
	features, reason := choose(train, test, spec)
	if reason != "" {
		result.Reason = reason
		return result, nil
	}
	columns := append(slices.Clone(features), spec.Target)
	trained, err := load(ctx, train, columns)
	if err != nil {
		return Result{}, fmt.Errorf("read %s: %w", train.Name(), err)
	}
	tested, err := load(ctx, test, columns)
	if err != nil {
		return Result{}, fmt.Errorf("read %s: %w", test.Name(), err)
	}
	if err := result.learn(trained, tested, features, spec); err != nil {
		result.Metrics, result.Trivial, result.Reason = nil, nil, err.Error()
	}
	return result, nil
}

// choose is the features that both tables have, or a reason why there are none.
func choose(train, test *table.Table, spec Spec) ([]string, string) {
	for _, t := range []*table.Table{train, test} {
		for _, name := range append([]string{spec.Target}, spec.Features...) {
			if _, ok := t.Column(name); !ok {
				return nil, fmt.Sprintf("table %s has no column %s", t.Name(), name)
			}
		}
	}
	features := spec.Features
	if len(features) == 0 {
		for _, column := range train.Columns() {
			if column.Name != spec.Target && !slices.Contains(train.Spec().Key, column.Name) && learnable(column.Kind) {
				features = append(features, column.Name)
			}
		}
	}
	for _, name := range features {
		left, _ := train.Column(name)
		right, ok := test.Column(name)
		if !ok || isNumeric(left.Kind) != isNumeric(right.Kind) {
			return nil, fmt.Sprintf("column %s is %s in %s and %s in %s", name, left.Kind, train.Name(), right.Kind, test.Name())
		}
	}
	if len(features) == 0 {
		return nil, "there is no feature to learn from"
	}
	return features, ""
}

// learnable reports whether a column makes a feature where the user named none: times and nested values do not.
func learnable(kind table.Kind) bool {
	return kind.IsNumeric() || kind == table.Boolean || kind == table.String
}

// learn encodes both tables, fits and scores.
func (r *Result) learn(train, test frame, features []string, spec Spec) error {
	r.TrainRows, r.TestRows = train.rows, test.rows
	if train.rows == 0 || test.rows == 0 {
		return fmt.Errorf("one of the tables is empty")
	}
	encoder := fit(train, features)
	r.Features, r.encoder = encoder.width, encoder
	if encoder.width == 0 {
		return fmt.Errorf("every feature is constant or empty")
	}
	x, z := encoder.encode(train), encoder.encode(test)
	strength := spec.Strength
	if strength == 0 {
		strength = 1
	}
	classes, err := classesOf(train.columns[spec.Target], test.columns[spec.Target])
	switch {
	case err != nil:
		return err
	case len(classes) == 2:
		return r.classify(x, z, train, test, classes, spec, strength)
	case len(classes) < 2:
		return fmt.Errorf("target %s has one value only", spec.Target)
	case train.columns[spec.Target].numeric:
		return r.regress(x, z, train, test, strength)
	default:
		return fmt.Errorf("target %s has %d classes; the built-in trainer knows two classes or numbers", spec.Target, len(classes))
	}
}

// label is a target's value as text.
func (v *values) label(i int) string {
	if v.numeric {
		return strconv.FormatFloat(v.numbers[i], 'g', -1, 64)
	}
	return v.texts[i]
}

// classesOf counts the target's values in the training table. A missing target is an error: a row without a label can
// neither be learned from nor judged.
func classesOf(train, test *values) (map[string]int, error) {
	counts := map[string]int{}
	for _, v := range []*values{train, test} {
		for i := range v.valid {
			if !v.valid[i] || v.numeric && !v.isFinite(i) {
				return nil, fmt.Errorf("the target is missing or not finite in row %d of its table", i+1)
			}
			if v == train {
				counts[v.label(i)]++
			}
		}
	}
	return counts, nil
}

// positive is the class that counts as positive: the one that is named, else the rarer one, else the one that sorts last.
func positive(classes map[string]int, named string) (string, error) {
	if named != "" {
		if _, ok := classes[named]; !ok {
			return "", fmt.Errorf("the target never has the positive value %q", named)
		}
		return named, nil
	}
	best := ""
	for class, n := range classes {
		if best == "" || n < classes[best] || n == classes[best] && class > best {
			best = class
		}
	}
	return best, nil
}

func finite(values map[string]float64) map[string]metric.Value {
	kept := map[string]metric.Value{}
	for name, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			kept[name] = metric.Value(v)
		}
	}
	return kept
}
