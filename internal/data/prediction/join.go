package prediction

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/assay-ml/assay/internal/data/table"
)

// The sides of a comparison.
const (
	championSide   = "champion"
	challengerSide = "challenger"
	bothSides      = "both"
)

// maxRows keeps row numbers, and two marks beside them, in 32 bits.
const maxRows = 1 << 30

// Join reads both files and joins them by key, and by repeat where there is one. Rows that have no counterpart, keys that stand
// twice and values that cannot be compared are faults with their count: where there are faults, the rows are not to be
// compared.
func Join(ctx context.Context, champion, challenger *table.Table, columns Columns) (*Joined, error) {
	var files [2]*file
	group, groupCtx := errgroup.WithContext(ctx)
	for i, t := range []*table.Table{champion, challenger} {
		group.Go(func() (err error) {
			files[i], err = read(groupCtx, t, []string{championSide, challengerSide}[i], columns.roles())
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if rows := max(files[0].rows, files[1].rows); rows > maxRows {
		return nil, fmt.Errorf("join predictions: %d rows are more than %d", rows, maxRows)
	}
	isHidden := func(names ...string) bool { return champion.IsSensitive(names...) || challenger.IsSensitive(names...) }
	j := &join{columns: columns, champion: files[0], challenger: files[1], isHidden: isHidden}
	j.faults.hidden = isHidden(columns.Key...)
	if columns.Training != "" {
		return j.trainings(), nil
	}
	return j.run(), nil
}

// roles are all columns that are asked for, each once: one may be both group and slice.
func (c Columns) roles() []role {
	var all []role
	add := func(as form, names ...string) {
		for _, name := range names {
			if r := (role{name, as}); name != "" && !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	add(texts, c.Key...)
	add(texts, c.Repeat, c.Training)
	answer := codes
	if c.IsNumeric {
		answer = numbers
	}
	add(answer, c.Label, c.Prediction)
	add(numbers, c.Score, c.Weight, c.Time)
	for _, class := range c.Classes {
		add(numbers, class.Column)
	}
	add(codes, c.Group)
	add(codes, c.Slices...)
	return all
}

// join is a Join under way.
type join struct {
	columns              Columns
	champion, challenger *file
	order                []int32 // the challenger's row of each of the champion's
	isHidden             func(...string) bool
	words                []string // classes that other trainings know
	faults               faults
	joined               Joined
}

// run joins as far as the faults allow.
func (j *join) run() *Joined {
	j.joined.IsSensitive = j.faults.hidden
	for _, step := range []func(){j.findColumns, j.match, j.gather} {
		if step(); len(j.faults.all) > 0 {
			break
		}
	}
	j.joined.Faults = j.faults.all
	return &j.joined
}

// findColumns reports columns that are not where they must be.
func (j *join) findColumns() {
	c := j.columns
	answers := append(append([]string{}, c.Key...), c.Repeat, c.Prediction, c.Score)
	for _, class := range c.Classes {
		answers = append(answers, class.Column)
	}
	for _, name := range answers {
		for _, f := range []*file{j.champion, j.challenger} {
			if name != "" && !f.has(name) {
				j.faults.add(MissingColumn, f.side, name, "")
			}
		}
	}
	for _, name := range append([]string{c.Label, c.Weight, c.Group, c.Time}, c.Slices...) {
		if name != "" && !j.champion.has(name) && !j.challenger.has(name) {
			j.faults.add(MissingColumn, bothSides, name, "")
		}
	}
}

func (f *file) has(name string) bool {
	for r := range f.columns {
		if r.column == name {
			return true
		}
	}
	return false
}

// match finds the challenger's row of each of the champion's.
func (j *join) match() {
	ours, theirs := j.identities(j.champion), j.identities(j.challenger)
	if len(j.faults.all) > 0 {
		return
	}
	index := j.index(j.champion, ours)
	j.order = make([]int32, len(ours))
	for i := range j.order {
		j.order[i] = -1
	}
	for row, identity := range theirs {
		at, ok := index[identity]
		switch {
		case !ok:
			j.faults.add(ExtraRow, j.challenger.side, "", identity)
		case j.order[at] >= 0:
			j.faults.add(DuplicateKey, j.challenger.side, "", identity)
		default:
			j.order[at] = int32(row)
		}
	}
	for at, row := range j.order {
		if row < 0 && index[ours[at]] == int32(at) {
			j.faults.add(MissingRow, j.challenger.side, "", ours[at])
		}
	}
}

// index is where each identity of a file stands; one that stands twice is a fault.
func (j *join) index(f *file, identities []string) map[string]int32 {
	index := make(map[string]int32, len(identities))
	for row, identity := range identities {
		if _, again := index[identity]; again {
			j.faults.add(DuplicateKey, f.side, "", identity)
			continue
		}
		index[identity] = int32(row)
	}
	return index
}

// identities are the keys of a file, with their repeats.
func (j *join) identities(f *file) []string {
	names := j.columns.Key
	if j.columns.Repeat != "" {
		names = append(names[:len(names):len(names)], j.columns.Repeat)
	}
	parts := make([]*column, len(names))
	for i, name := range names {
		parts[i] = f.columns[role{name, texts}]
		if parts[i].isWide {
			j.faults.add(WideKey, f.side, name, "")
		}
		for row, isNull := range parts[i].isNull {
			if isNull {
				j.faults.add(NullKey, f.side, name, fmt.Sprintf("row %d", row+1))
			}
		}
	}
	if len(parts) == 1 {
		return parts[0].texts
	}
	all, words := make([]string, f.rows), make([]string, len(parts))
	for row := range all {
		for i, part := range parts {
			words[i] = part.texts[row]
		}
		all[row] = strings.Join(words, separator)
	}
	return all
}
