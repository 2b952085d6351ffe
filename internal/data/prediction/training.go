package prediction

import "slices"

// trainings joins the first training of the champion with each other one of both models, key by key: all of them answer about the same
// rows. A file without the column holds one training.
func (j *join) trainings() *Joined {
	if !j.champion.has(j.columns.Training) && !j.challenger.has(j.columns.Training) {
		j.faults.add(MissingColumn, bothSides, j.columns.Training, "")
		return &Joined{Faults: j.faults.all}
	}
	champions, challengers := j.split(j.champion), j.split(j.challenger)
	if len(j.faults.all) > 0 {
		return &Joined{Faults: j.faults.all}
	}
	words := append(j.champion.words(j.columns.Prediction), j.challenger.words(j.columns.Prediction)...)
	with := func(other *file) *Joined {
		pair := &join{columns: j.columns, champion: champions[0], challenger: other, isHidden: j.isHidden, words: words}
		pair.columns.Training, pair.faults.hidden = "", j.faults.hidden
		joined := pair.run()
		j.faults.join(joined.Faults)
		return joined
	}
	first := with(challengers[0])
	if len(first.Faults) > 0 {
		return first // those of the champion's rows would be counted again with each training
	}
	first.Champions, first.Challengers = []Answers{first.Champion}, []Answers{first.Challenger}
	for _, other := range challengers[1:] {
		first.Challengers = append(first.Challengers, with(other).Challenger)
	}
	for _, other := range champions[1:] {
		first.Champions = append(first.Champions, with(other).Challenger)
	}
	first.Faults = j.faults.all
	return first
}

// split is a file of each training, in the order in which they come; a row without one is a fault.
func (j *join) split(f *file) []*file {
	told := f.columns[role{j.columns.Training, texts}]
	if told == nil {
		return []*file{f}
	}
	rows := map[string][]int32{}
	var names []string
	for row, name := range told.texts {
		if told.isNull != nil && told.isNull[row] {
			j.faults.add(NullKey, f.side, j.columns.Training, "")
		}
		if rows[name] == nil {
			names = append(names, name)
		}
		rows[name] = append(rows[name], int32(row))
	}
	if len(names) == 0 {
		return []*file{f}
	}
	parts := make([]*file, len(names))
	for i, name := range names {
		parts[i] = f.only(rows[name])
	}
	return parts
}

// only is some rows of a file.
func (f *file) only(rows []int32) *file {
	part := &file{side: f.side, rows: len(rows), columns: map[role]*column{}}
	for r, c := range f.columns {
		part.columns[r] = c.ordered(rows)
	}
	return part
}

// words are the classes that a column holds anywhere in the file.
func (f *file) words(name string) []string {
	if c := f.columns[role{name, codes}]; c != nil {
		return slices.Clone(c.names)
	}
	return nil
}
