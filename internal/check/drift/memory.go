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
	c := newComparison(&result, len(reference), spec)
	parallel(len(reference), func(i int) {
		left, right := reference[i], current[i]
		c.examine(i, pair{name: left.Name, kind: left.Kind, reference: left.sample(), current: right.sample(), settings: spec.column(left.Name, len(reference))})
	})
	if len(reference) > 0 {
		result.ReferenceRows, result.CurrentRows = int64(reference[0].len()), int64(current[0].len())
	}
	if err := c.run(ctx, scanOf(reference), scanOf(current)); err != nil {
		return Result{}, fmt.Errorf("compare values: %w", err)
	}
	return result, nil
}

func (v Values) vector() table.Vector {
	return table.Vector{Kind: v.Kind, Numbers: v.Numbers, Strings: v.Strings}
}

func (v Values) sample() *sample {
	p := newPart(unbounded())
	vector := v.vector()
	p.addAll(&vector, v.len())
	return join([]*part{p})
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
