package table

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ExamplesOfEach gives for each search what Examples gives for it, in two passes over each file for all of them together: the
// first finds the rows' numbers, the second their values. Conditions have no window and no subquery.
func (t *Table) ExamplesOfEach(ctx context.Context, searches []Search) ([][]Example, error) {
	var columns []string // that any search wants, each once
	wanted := make([][]string, len(searches))
	for i, search := range searches {
		picked, err := t.pick(search.Columns)
		if err != nil {
			return nil, err
		}
		for _, c := range picked {
			wanted[i] = append(wanted[i], c.Name)
			if !slices.Contains(columns, c.Name) {
				columns = append(columns, c.Name)
			}
		}
	}
	l := t.reading()
	found := make([][]Example, len(searches))
	for _, f := range t.files {
		relation := t.numbered(l, f.path, "")
		numbers, err := t.firstRows(ctx, relation, searches, found)
		if err != nil {
			return nil, err
		}
		rows, err := t.rowsByNumber(ctx, relation, columns, numbers)
		if err != nil {
			return nil, err
		}
		for i := range searches {
			for _, number := range numbers[i] {
				found[i] = append(found[i], Example{File: f.path, Row: number, Values: valuesOf(rows[number], columns, wanted[i])})
			}
		}
	}
	return found, nil
}

// valuesOf picks some columns of a row.
func valuesOf(row []Value, columns, wanted []string) []Value {
	values := make([]Value, len(wanted))
	for i, name := range wanted {
		values[i] = row[slices.Index(columns, name)]
	}
	return values
}

// firstRows gives for each search the numbers of the first rows of one file that it still lacks, ascending.
func (t *Table) firstRows(ctx context.Context, relation string, searches []Search, found [][]Example) ([][]int64, error) {
	var fields []string
	var of []int
	for i, search := range searches {
		if missing := search.Limit - len(found[i]); missing > 0 {
			fields = append(fields, fmt.Sprintf("min(%s, %d) FILTER (WHERE %s)", rowNumber, missing, search.Where))
			of = append(of, i)
		}
	}
	numbers := make([][]int64, len(searches))
	if len(fields) == 0 {
		return numbers, nil
	}
	result, err := t.engine.Query(ctx, "SELECT "+strings.Join(fields, ", ")+" FROM "+relation)
	if err != nil {
		return nil, fmt.Errorf("find examples in table %s: %w", t.name, t.settle(ctx, err))
	}
	for at, list := range result.Rows[0] {
		numbers[of[at]] = numbersIn(list.Text)
	}
	return numbers, nil
}

// numbersIn reads a list as the engine prints it, such as [1, 2]; null has none.
func numbersIn(list string) []int64 {
	var numbers []int64
	for text := range strings.SplitSeq(strings.Trim(list, "[]"), ", ") {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// rowsByNumber gives the values of rows of one file.
func (t *Table) rowsByNumber(ctx context.Context, relation string, columns []string, numbers [][]int64) (map[int64][]Value, error) {
	wanted := slices.Concat(numbers...)
	if len(wanted) == 0 {
		return nil, nil
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	texts := make([]string, len(wanted))
	for i, n := range wanted {
		texts[i] = strconv.FormatInt(n, 10)
	}
	fields := []string{rowNumber}
	for _, name := range columns {
		fields = append(fields, Identifier(name))
	}
	result, err := t.engine.Query(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (%s) LIMIT %d",
		strings.Join(fields, ", "), relation, rowNumber, strings.Join(texts, ", "), len(wanted)))
	if err != nil {
		return nil, fmt.Errorf("read examples of table %s: %w", t.name, t.settle(ctx, err))
	}
	rows := map[int64][]Value{}
	for _, row := range result.Rows {
		rows[int64(row[0].Number)] = row[1:]
	}
	return rows, nil
}
