package drift

import (
	"context"
	"fmt"

	"github.com/assay-ml/assay/internal/data/table"
)

// Values is one column in memory: Numbers where its kind has numbers, else Strings.
type Values struct {
	Name    string
	Kind    table.Kind
	Numbers []float64
	Strings []string
}

func (v Values) len() int { return max(len(v.Numbers), len(v.Strings)) }

// CompareValues compares columns in memory as Compare does those of tables. Both sides have the same columns in one order, and each
// side's columns are of one length.
func CompareValues(ctx context.Context, reference, current []Values, spec Spec) (Result, error) {
	result := spec.result("reference", "current")
	pairs := make([]pair, len(reference))
	for i, left := range reference {
		right := current[i]
		pairs[i] = pair{name: left.Name, kind: left.Kind, reference: left.sample(), current: right.sample(), settings: spec.column(left.Name, len(reference))}
		result.ReferenceRows, result.CurrentRows = int64(left.len()), int64(right.len())
	}
	if err := newComparison(&result, pairs, spec).run(ctx, scanOf(reference), scanOf(current)); err != nil {
		return Result{}, fmt.Errorf("compare values: %w", err)
	}
	return result, nil
}

func (v Values) vector() table.Vector {
	return table.Vector{Kind: v.Kind, Numbers: v.Numbers, Strings: v.Strings}
}

func (v Values) sample() *sample {
	s := newSample()
	vector := v.vector()
	s.add(&vector, v.len())
	return s
}

// scanOf hands columns out in one chunk.
func scanOf(all []Values) scan {
	return func(_ context.Context, names []string, consume func(*table.Chunk) error) error {
		var chunk table.Chunk
		for _, name := range names {
			for _, v := range all {
				if v.Name == name {
					chunk.Columns, chunk.Len = append(chunk.Columns, v.vector()), v.len()
				}
			}
		}
		return consume(&chunk)
	}
}
