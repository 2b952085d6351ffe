package compare

import (
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/finding"
)

// view is some of the joined rows, as metrics see them.
type view struct {
	classes    int       // how many there are
	positive   int32     // the code of the positive class, −1 for none
	unknown    string    // why there is none
	label      []int32   // or truth
	truth      []float64 // or label
	weight     []float64 // nil: all 1
	unit       []int32   // what each row is resampled with; nil: itself
	units      int       // how many units the numbers of unit go up to
	time       []float64
	split      []int32 // which split each row is of, where there are several
	splits     int
	champion   answers
	challenger answers
	// The trainings of each model, the first of which is champion, or challenger; nil where a model answers once.
	champions, challengers []answers
}

// answers are what one model says of the rows of a view.
type answers struct {
	predicted []int32
	number    []float64
	score     []float64
	classes   [][]float64
}

// undefined says why a metric has no value on the rows at hand.
type undefined struct {
	cause finding.Cause
	why   string
}

func (u undefined) Error() string { return u.why }

// positives are the usual names of a positive class, and of the class beside it.
var positives = [][2]string{{"1", "0"}, {"true", "false"}}

// newView is all rows.
func newView(j *prediction.Joined, positive string) view {
	v := view{classes: len(j.Classes), positive: positiveOf(j.Classes, positive), label: j.Label.Codes, truth: j.Label.Numbers,
		unknown: "which class is positive is not known: name it with positive", weight: j.Weight, time: j.Time, champion: newAnswers(j.Champion), challenger: newAnswers(j.Challenger)}
	if positive != "" {
		v.unknown = fmt.Sprintf("no row is of %q, the positive class", positive)
	}
	for _, a := range j.Champions {
		v.champions = append(v.champions, newAnswers(a))
	}
	for _, a := range j.Challengers {
		v.challengers = append(v.challengers, newAnswers(a))
	}
	switch {
	case j.Group != nil:
		v.unit, v.units = j.Group.Codes, len(j.Group.Names)
	case len(j.Units) > 0:
		v.unit, v.units = j.Units, int(slices.Max(j.Units))+1
	}
	return v
}

func newAnswers(a prediction.Answers) answers {
	return answers{predicted: a.Prediction.Codes, number: a.Prediction.Numbers, score: a.Score, classes: a.Classes}
}

// positiveOf is the code of the positive class. Without a name it is told from the usual pairs.
func positiveOf(classes []string, name string) int32 {
	if name != "" {
		return int32(slices.Index(classes, name))
	}
	for _, pair := range positives {
		isPair := !slices.ContainsFunc(classes, func(c string) bool { return c != pair[0] && c != pair[1] })
		if i := slices.Index(classes, pair[0]); i >= 0 && isPair {
			return int32(i)
		}
	}
	return -1
}

// rows is the number of rows.
func (v view) rows() int {
	return max(len(v.label), len(v.truth), len(v.champion.score))
}

// bySplit is the view whose repeats are splits: a key that is in the test rows of two of them is two rows.
func (v view) bySplit(names []string) view {
	seen := map[string]int32{}
	v.split = make([]int32, len(names))
	for row, name := range names {
		if _, ok := seen[name]; !ok {
			seen[name] = int32(len(seen))
		}
		v.split[row] = seen[name]
	}
	v.splits = len(seen)
	return v
}

// weights are those of the rows.
func (v view) weights() []float64 {
	if v.weight != nil {
		return v.weight
	}
	return slices.Repeat([]float64{1}, v.rows())
}

// isSimple reports whether each row stands for itself and counts once.
func (v view) isSimple() bool { return v.weight == nil && v.unit == nil }

// only is the view of some rows. Units keep their numbers.
func (v view) only(rows []int32) view {
	v.label, v.truth, v.weight, v.unit, v.time = pick(v.label, rows), pick(v.truth, rows), pick(v.weight, rows), pick(v.unit, rows), pick(v.time, rows)
	v.split = pick(v.split, rows)
	v.champion, v.challenger = v.champion.only(rows), v.challenger.only(rows)
	v.champions, v.challengers = onlyOfEach(v.champions, rows), onlyOfEach(v.challengers, rows)
	if v.unit != nil {
		v.unit, v.units = renumbered(v.unit)
	}
	return v
}

func (a answers) only(rows []int32) answers {
	picked := answers{predicted: pick(a.predicted, rows), number: pick(a.number, rows), score: pick(a.score, rows)}
	for _, class := range a.classes {
		picked.classes = append(picked.classes, pick(class, rows))
	}
	return picked
}

func onlyOfEach(all []answers, rows []int32) []answers {
	var picked []answers
	for _, a := range all {
		picked = append(picked, a.only(rows))
	}
	return picked
}

func pick[T any](values []T, rows []int32) []T {
	if values == nil {
		return nil
	}
	picked := make([]T, len(rows))
	for i, row := range rows {
		picked[i] = values[row]
	}
	return picked
}

// renumbered are units counted from 0 without gaps.
func renumbered(units []int32) (numbers []int32, count int) {
	seen := map[int32]int32{}
	numbers = make([]int32, len(units))
	for i, unit := range units {
		number, ok := seen[unit]
		if !ok {
			number = int32(len(seen))
			seen[unit] = number
		}
		numbers[i] = number
	}
	return numbers, len(seen)
}

// cells are the rows of simple labels put together: one row for each triple of truth and both predictions, and how many rows
// are of it.
func (v view) cells() (condensed view, counts []int64) {
	k := v.classes
	all := make(map[int64]int64)
	for i, label := range v.label {
		all[(int64(label)*int64(k)+int64(v.champion.predicted[i]))*int64(k)+int64(v.challenger.predicted[i])]++
	}
	condensed = view{classes: k, positive: v.positive}
	keys := make([]int64, 0, len(all))
	for key := range all {
		keys = append(keys, key)
	}
	slices.Sort(keys) // so that a seed draws the same cells
	for _, key := range keys {
		counts = append(counts, all[key])
		condensed.challenger.predicted = append(condensed.challenger.predicted, int32(key%int64(k)))
		condensed.champion.predicted = append(condensed.champion.predicted, int32(key/int64(k)%int64(k)))
		condensed.label = append(condensed.label, int32(key/int64(k)/int64(k)))
	}
	return condensed, counts
}
