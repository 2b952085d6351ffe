// Package prediction reads the prediction files of two models, champion and challenger, and joins them by key: each row of one
// has its counterpart in the other, or the join says how many have not. It holds columns, knows no metric and decides nothing.
package prediction

import (
	"fmt"
	"slices"
	"strings"
)

// Columns names the columns of prediction files. Those of the models' answers stand in both; the others in either, and where
// both have them the champion's count.
type Columns struct {
	Key        []string
	Repeat     string // which of several answers about a key; "" where there is one
	Training   string // which of several trainings of a model answers; a file may be without it
	Label      string // "" where no metric needs it
	Prediction string
	Score      string
	Classes    []Class // columns of probabilities
	Weight     string
	Group      string
	Time       string
	Slices     []string
	IsNumeric  bool // label and prediction are numbers, not classes
}

// Class is a class and the column of its probability.
type Class struct{ Name, Column string }

// Joined is the rows of both files, in the champion's order. Columns that were not asked for are nil.
type Joined struct {
	Keys        []string // as people read them; of several columns with a comma between
	Repeats     []string
	Units       []int32  // which key each row belongs to, where there are repeats
	Classes     []string // names of the classes, ascending: codes count in them
	Label       Values
	Champion    Answers
	Challenger  Answers
	Champions   []Answers // of each training, the first one again; nil where no column tells them apart
	Challengers []Answers
	Weight      []float64
	Group       *Levels
	Time        []float64
	Slices      []Levels
	Faults      []Fault
	IsSensitive bool // a column of the key holds values that may not be shown

	identities    []string // whole keys
	isLabelHidden bool
}

// Rows is the number of rows.
func (j *Joined) Rows() int { return len(j.Keys) }

// Values is a column of classes or of numbers.
type Values struct {
	Codes   []int32
	Numbers []float64
}

// Answers is what one model says of each row.
type Answers struct {
	Prediction Values
	Score      []float64
	Classes    [][]float64 // for each class of Joined.Classes, where probabilities are given
}

// Levels is a column of few values.
type Levels struct {
	Column      string
	Names       []string
	Codes       []int32
	IsSensitive bool
}

// Fault is a kind of row that keeps two files from being compared, and how many rows are of it.
type Fault struct {
	Rule   string   `json:"rule"`
	Side   string   `json:"side,omitempty"`   // champion, challenger or both
	Column string   `json:"column,omitempty"` // where it is one
	Count  int64    `json:"count"`
	Keys   []string `json:"keys,omitempty"` // the first of them, unless they are sensitive
}

// The rules of faults.
const (
	MissingColumn = "missing-column"
	NullKey       = "null-key"
	WideKey       = "wide-key" // a whole number beyond 2⁵³, which is not read exactly
	DuplicateKey  = "duplicate-key"
	MissingRow    = "missing-row" // of the champion's file, not in the challenger's
	ExtraRow      = "extra-row"   // of the challenger's file, not in the champion's
	LabelDiffers  = "label-differs"
	NullValue     = "null-value"
	NotFinite     = "not-finite"
	NotANumber    = "not-a-number" // a column of texts where numbers are needed
	NegativeValue = "negative-weight"
	StrangeClass  = "strange-class" // no prediction is a class of the labels
)

// maxFaultKeys bounds the keys that a fault names.
const maxFaultKeys = 5

// faults collects faults by rule, side and column.
type faults struct {
	all    []Fault
	hidden bool // keys are not named
}

func (f *faults) add(rule, side, column, key string) {
	fault := f.of(rule, side, column)
	if fault.Count++; key != "" && !f.hidden && len(fault.Keys) < maxFaultKeys {
		fault.Keys = append(fault.Keys, shown(key))
	}
}

// join adds the faults of another training.
func (f *faults) join(others []Fault) {
	for _, other := range others {
		fault := f.of(other.Rule, other.Side, other.Column)
		fault.Count += other.Count
		fault.Keys = append(fault.Keys, other.Keys[:min(len(other.Keys), maxFaultKeys-len(fault.Keys))]...)
	}
}

// of is the fault of a kind, which may be a new one.
func (f *faults) of(rule, side, column string) *Fault {
	i := slices.IndexFunc(f.all, func(o Fault) bool { return o.Rule == rule && o.Side == side && o.Column == column })
	if i < 0 {
		i, f.all = len(f.all), append(f.all, Fault{Rule: rule, Side: side, Column: column})
	}
	return &f.all[i]
}

// separator stands between the parts of a key of several columns.
const separator = "\x1f"

// maxKey bounds the characters of a key in a message.
const maxKey = 60

// shown is a key as people read it.
func shown(key string) string {
	runes := []rune(strings.ToValidUTF8(strings.ReplaceAll(key, separator, ", "), "\uFFFD"))
	if len(runes) > maxKey {
		return string(runes[:maxKey]) + "…"
	}
	return string(runes)
}

// Shown is the name of a level as people may read it: one of a sensitive column has a number only.
func (l Levels) Shown(code int) string {
	if l.IsSensitive {
		return fmt.Sprintf("(value %d)", code+1)
	}
	return shown(l.Names[code])
}
