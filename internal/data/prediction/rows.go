package prediction

// Rows are the answers of one model that are in memory already, such as those of an evaluation suite.
type Rows struct {
	Keys    []string
	Repeats []string  // nil where each key is answered once
	Right   []bool    // whether the answer is right, or
	Score   []float64 // how good it is
	IsNull  []bool    // of Right or Score
	Slice   []string
}

// The names that the columns of Rows have in faults.
const (
	keyColumn        = "id"
	repeatColumn     = "repeat"
	labelColumn      = "label"
	predictionColumn = "prediction"
	scoreColumn      = "score"
)

// JoinRows joins the answers of two models like two files, both of Right or both of Score. Of Right the classes are false and true, and the truth
// is true. The column of slices has the name slice, "" where there is none; keys and slices may be hidden.
func JoinRows(champion, challenger Rows, slice string, hidesKeys, hidesSlice bool) *Joined {
	columns := Columns{Key: []string{keyColumn}}
	if champion.Repeats != nil && challenger.Repeats != nil {
		columns.Repeat = repeatColumn
	}
	if champion.Score != nil {
		columns.Score = scoreColumn
	} else {
		columns.Label, columns.Prediction = labelColumn, predictionColumn
	}
	if slice != "" {
		columns.Slices = []string{slice}
	}
	j := &join{columns: columns, champion: champion.file(championSide, slice), challenger: challenger.file(challengerSide, slice),
		isHidden: func(names ...string) bool { return hidesSlice && names[0] == slice }}
	j.faults.hidden = hidesKeys
	return j.run()
}

// file is the rows as they would have been read.
func (r Rows) file(side, slice string) *file {
	f := &file{side: side, rows: len(r.Keys), columns: map[role]*column{{keyColumn, texts}: {texts: r.Keys}}}
	if r.Repeats != nil {
		f.columns[role{repeatColumn, texts}] = &column{texts: r.Repeats}
	}
	if r.Score != nil {
		f.columns[role{scoreColumn, numbers}] = &column{numbers: r.Score, isNull: r.IsNull}
	} else {
		f.columns[role{labelColumn, codes}] = &column{names: []string{"true"}, codes: make([]int32, len(r.Keys))}
		f.columns[role{predictionColumn, codes}] = r.right()
	}
	if slice != "" {
		f.columns[role{slice, codes}] = coded(r.Slice)
	}
	return f
}

// right is the column of what is right.
func (r Rows) right() *column {
	c := &column{names: []string{"false", "true"}, codes: make([]int32, len(r.Right)), isNull: r.IsNull}
	for row, is := range r.Right {
		switch {
		case r.IsNull[row]:
			c.codes[row] = -1
		case is:
			c.codes[row] = 1
		}
	}
	return c
}

// coded is a column of texts with a dictionary, in which "" is a null.
func coded(values []string) *column {
	c := &column{}
	index := map[string]int32{"": -1}
	for _, value := range values {
		code, ok := index[value]
		if !ok {
			code = int32(len(c.names))
			index[value], c.names = code, append(c.names, value)
		}
		c.codes = append(c.codes, code)
	}
	return c
}
