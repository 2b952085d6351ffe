package table

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// At finds rows by their numbers over the whole table, from 1 in the order in which Scan hands them out: where each stands,
// and its values of some columns. The answer is in the order of the numbers; a number that no row has is left out.
func (t *Table) At(ctx context.Context, numbers []int64, columns []string) ([]Example, error) {
	found := map[int64]Example{}
	l, before := t.reading(), int64(0)
	for _, f := range t.files {
		rows, err := t.count(ctx, "("+l.one(f.path)+")", "true")
		if err != nil {
			return nil, err
		}
		var wanted []string
		for _, number := range numbers {
			if before < number && number <= before+rows {
				wanted = append(wanted, strconv.FormatInt(number-before, 10))
			}
		}
		if len(wanted) > 0 {
			where := fmt.Sprintf("%s IN (%s)", rowNumber, strings.Join(wanted, ", "))
			examples, err := t.examplesOf(ctx, f, Search{Where: where, Columns: columns, Limit: len(wanted)})
			if err != nil {
				return nil, err
			}
			for _, example := range examples {
				found[before+example.Row] = example
			}
		}
		before += rows
	}
	var examples []Example
	for _, number := range numbers {
		if example, ok := found[number]; ok {
			examples = append(examples, example)
		}
	}
	return examples, nil
}
