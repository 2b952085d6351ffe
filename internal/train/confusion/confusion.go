// Package confusion counts how often each class is predicted as which, from a file of labels and predictions. It shows and
// judges nothing: the file comes from the code that is judged.
package confusion

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/assay-ml/assay/internal/data/table"
)

// Spec is `predictions:`.
type Spec struct {
	Path       string `yaml:"path" config:"required" doc:"The file that training writes, one row a judged example: CSV, Parquet or JSON lines."`
	Label      string `yaml:"label" config:"required" doc:"Column of the true classes."`
	Prediction string `yaml:"prediction" config:"required" doc:"Column of the predicted classes."`
}

// Result is the answer.
type Result struct {
	Path     string    `json:"path"`
	Rows     int64     `json:"rows"`
	Unjudged int64     `json:"unjudged,omitempty"` // rows without a label or without a prediction
	Classes  []string  `json:"classes,omitempty"`  // in the order of the labels' counts
	Counts   [][]int64 `json:"counts,omitempty"`   // of each class, how often it was predicted as which
	Why      string    `json:"why,omitempty"`      // why there is nothing to show
}

// maxClasses bounds the classes: more are values of a number, or no reader's business.
const maxClasses = 50

// Count counts the pairs of label and prediction.
func Count(ctx context.Context, t *table.Table, spec Spec) (Result, error) {
	r := Result{Path: spec.Path}
	for _, name := range []string{spec.Label, spec.Prediction} {
		if _, ok := t.Column(name); !ok {
			r.Why = fmt.Sprintf("it has no column %s", name)
			return r, nil
		}
	}
	if t.IsSensitive(spec.Label, spec.Prediction) {
		r.Why = "the contract calls its classes sensitive"
		return r, nil
	}
	label, prediction := table.Identifier(spec.Label), table.Identifier(spec.Prediction)
	pairs, err := t.Results(ctx, fmt.Sprintf("SELECT %s, %s, count(*) FROM %s GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2", label, prediction, t.Relation()), maxPairs+1)
	if err != nil {
		return r, err
	}
	r.add(pairs)
	return r, nil
}

// maxPairs is how many pairs all classes can make, nulls among them.
const maxPairs = (maxClasses + 1) * (maxClasses + 1)

// add takes up pairs with their counts.
func (r *Result) add(pairs [][]table.Value) {
	labels := map[string]int64{}
	for _, pair := range pairs {
		count := int64(pair[2].Number)
		r.Rows += count
		if !pair[0].Valid || !pair[1].Valid {
			r.Unjudged += count
			continue
		}
		labels[class(pair[0])] += count
		labels[class(pair[1])] += 0
	}
	if len(labels) > maxClasses || len(pairs) > maxPairs {
		*r = Result{Path: r.Path, Why: fmt.Sprintf("it has more than %d classes", maxClasses)}
		return
	}
	if len(labels) == 0 {
		r.Why = "it has no row with a label and a prediction"
		return
	}
	r.Classes = byCount(labels)
	r.Counts = make([][]int64, len(r.Classes))
	for i := range r.Counts {
		r.Counts[i] = make([]int64, len(r.Classes))
	}
	for _, pair := range pairs {
		if pair[0].Valid && pair[1].Valid {
			r.Counts[slices.Index(r.Classes, class(pair[0]))][slices.Index(r.Classes, class(pair[1]))] += int64(pair[2].Number)
		}
	}
}

// class names a class: 1 and 1.0 are one.
func class(v table.Value) string {
	if v.Kind.IsNumeric() {
		return strconv.FormatFloat(v.Number, 'g', -1, 64)
	}
	return v.Text
}

// byCount are the classes, those with the most labels first.
func byCount(labels map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(labels), func(a, b string) int {
		return cmp.Or(cmp.Compare(labels[b], labels[a]), cmp.Compare(a, b))
	})
}
