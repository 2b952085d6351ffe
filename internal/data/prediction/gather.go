package prediction

import (
	"math"
	"slices"
	"strings"
)

// gather brings all columns into the champion's order.
func (j *join) gather() {
	c := j.columns
	j.keys()
	if c.IsNumeric {
		j.numericAnswers()
	} else {
		j.classes()
	}
	j.joined.Champion.Score, j.joined.Challenger.Score = j.bothNumbers(c.Score)
	for _, class := range j.sortedClasses() {
		ours, theirs := j.bothNumbers(class.Column)
		j.joined.Champion.Classes = append(j.joined.Champion.Classes, ours)
		j.joined.Challenger.Classes = append(j.joined.Challenger.Classes, theirs)
	}
	j.joined.Weight, j.joined.Time = j.eitherNumbers(c.Weight), j.eitherNumbers(c.Time)
	for row, w := range j.joined.Weight {
		if w < 0 {
			j.faults.add(NegativeValue, bothSides, c.Weight, j.joined.Keys[row])
		}
	}
	if c.Group != "" {
		group := j.levels(c.Group, false)
		j.joined.Group = &group
	}
	for _, name := range c.Slices {
		j.joined.Slices = append(j.joined.Slices, j.levels(name, true))
	}
}

// keys are the keys as people read them, and where there are repeats the unit of each row.
func (j *join) keys() {
	plain := *j
	plain.columns.Repeat = ""
	identities := plain.identities(j.champion)
	j.joined.identities, j.joined.isLabelHidden = identities, j.isHidden(j.columns.Label)
	j.joined.Keys = make([]string, len(identities))
	for i, identity := range identities {
		j.joined.Keys[i] = shown(identity)
	}
	if j.columns.Repeat == "" {
		return
	}
	j.joined.Repeats = j.champion.columns[role{j.columns.Repeat, texts}].texts
	units := make(map[string]int32)
	j.joined.Units = make([]int32, len(identities))
	for i, identity := range identities {
		unit, ok := units[identity]
		if !ok {
			unit = int32(len(units))
			units[identity] = unit
		}
		j.joined.Units[i] = unit
	}
}

// sides gives a column of both files in the champion's order; nil for a file that has it not.
func (j *join) sides(name string, as form) (ours, theirs *column) {
	if name == "" {
		return nil, nil
	}
	ours, theirs = j.champion.columns[role{name, as}], j.challenger.columns[role{name, as}]
	if theirs != nil {
		theirs = theirs.ordered(j.order)
	}
	return ours, theirs
}

// ordered is the column with its rows in another order.
func (c *column) ordered(order []int32) *column {
	return &column{names: c.names, isText: c.isText, isWide: c.isWide, texts: pick(c.texts, order), codes: pick(c.codes, order),
		numbers: pick(c.numbers, order), isNull: pick(c.isNull, order)}
}

func pick[T any](values []T, order []int32) []T {
	if values == nil {
		return nil
	}
	picked := make([]T, len(order))
	for i, row := range order {
		picked[i] = values[row]
	}
	return picked
}

// bothNumbers are the numbers that each model gives.
func (j *join) bothNumbers(name string) (ours, theirs []float64) {
	a, b := j.sides(name, numbers)
	return j.finite(a, j.champion.side, name), j.finite(b, j.challenger.side, name)
}

// eitherNumbers are numbers about the row, of the file that has them.
func (j *join) eitherNumbers(name string) []float64 {
	a, b := j.sides(name, numbers)
	if a != nil {
		return j.finite(a, j.champion.side, name)
	}
	return j.finite(b, j.challenger.side, name)
}

// finite reports nulls and what is no finite number.
func (j *join) finite(c *column, side, name string) []float64 {
	if c == nil {
		return nil
	}
	if c.isText {
		j.faults.add(NotANumber, side, name, "")
		return nil
	}
	for row, v := range c.numbers {
		switch {
		case c.isNull != nil && c.isNull[row]:
			j.faults.add(NullValue, side, name, j.joined.Keys[row])
		case math.IsNaN(v) || math.IsInf(v, 0):
			j.faults.add(NotFinite, side, name, j.joined.Keys[row])
		}
	}
	return c.numbers
}

// numericAnswers are label and predictions of a regression, or relevances.
func (j *join) numericAnswers() {
	a, b := j.sides(j.columns.Label, numbers)
	ours, theirs := j.finite(a, j.champion.side, j.columns.Label), j.finite(b, j.challenger.side, j.columns.Label)
	j.joined.Label.Numbers = ours
	if ours == nil {
		j.joined.Label.Numbers = theirs
	}
	for row := range min(len(ours), len(theirs)) {
		if ours[row] != theirs[row] {
			j.faults.add(LabelDiffers, bothSides, j.columns.Label, j.joined.Keys[row])
		}
	}
	j.joined.Champion.Prediction.Numbers, j.joined.Challenger.Prediction.Numbers = j.bothNumbers(j.columns.Prediction)
}

// classes are label and predictions of a classification, with one dictionary for all.
func (j *join) classes() {
	label, second := j.sides(j.columns.Label, codes)
	if label == nil {
		label, second = second, nil
	}
	ours, theirs := j.sides(j.columns.Prediction, codes)
	names := slices.Clone(j.words)
	for _, c := range []*column{label, second, ours, theirs} {
		if c != nil {
			names = append(names, c.names...)
		}
	}
	for _, class := range j.columns.Classes {
		names = append(names, class.Name)
	}
	slices.Sort(names)
	j.joined.Classes = slices.Compact(names)
	j.joined.Label.Codes = j.coded(label, bothSides, j.columns.Label)
	for row, code := range j.coded(second, bothSides, j.columns.Label) {
		if code != j.joined.Label.Codes[row] {
			j.faults.add(LabelDiffers, bothSides, j.columns.Label, j.joined.Keys[row])
		}
	}
	j.joined.Champion.Prediction.Codes = j.predicted(ours, label, j.champion.side)
	j.joined.Challenger.Prediction.Codes = j.predicted(theirs, label, j.challenger.side)
}

// predicted also reports predictions that speak another language than the labels, such as true and false of 1 and 0.
func (j *join) predicted(c, label *column, side string) []int32 {
	if c != nil && label != nil && len(c.names) > 0 && !slices.ContainsFunc(c.names, func(name string) bool { return slices.Contains(label.names, name) }) {
		j.faults.add(StrangeClass, side, j.columns.Prediction, "")
	}
	return j.coded(c, side, j.columns.Prediction)
}

// coded is a column in the codes of the common classes; nulls are faults.
func (j *join) coded(c *column, side, name string) []int32 {
	if c == nil {
		return nil
	}
	to := make([]int32, len(c.names))
	for i, class := range c.names {
		at, _ := slices.BinarySearch(j.joined.Classes, class)
		to[i] = int32(at)
	}
	all := make([]int32, len(c.codes))
	for row, code := range c.codes {
		if code < 0 {
			j.faults.add(NullValue, side, name, j.joined.Keys[row])
			continue
		}
		all[row] = to[code]
	}
	return all
}

// sortedClasses are the columns of probabilities in the order of the classes.
func (j *join) sortedClasses() []Class {
	sorted := slices.Clone(j.columns.Classes)
	slices.SortFunc(sorted, func(a, b Class) int { return strings.Compare(a.Name, b.Name) })
	return sorted
}

// levels is a column of either file; its nulls are a level of their own, or faults.
func (j *join) levels(name string, nullIsLevel bool) Levels {
	c, other := j.sides(name, codes)
	if c == nil {
		c = other
	}
	l := Levels{Column: name, Names: slices.Clone(c.names), Codes: slices.Clone(c.codes), IsSensitive: j.isHidden(name)}
	null := int32(-1)
	for row, code := range l.Codes {
		switch {
		case code >= 0:
		case !nullIsLevel:
			j.faults.add(NullValue, bothSides, name, j.joined.Keys[row])
		default:
			if null < 0 {
				null, l.Names = int32(len(l.Names)), append(l.Names, "(null)")
			}
			l.Codes[row] = null
		}
	}
	return l
}
