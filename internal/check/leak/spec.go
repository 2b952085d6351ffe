package leak

import (
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Spec is one `leakage:` entry of `validate:`.
type Spec struct {
	Train      string           `yaml:"train" config:"required" doc:"Name of the table that the model learns from."`
	Test       string           `yaml:"test" config:"required" doc:"Name of the table that the model is judged on."`
	Key        []string         `yaml:"key,omitempty" doc:"Columns that identify a row. Default: the key of the train table."`
	Label      string           `yaml:"label,omitempty" doc:"The target column: rows equal but for it are contradictions, and no feature may carry it."`
	Group      string           `yaml:"group,omitempty" doc:"The column of what rows belong to, such as patient_id: a group stands in one table only."`
	Time       string           `yaml:"time,omitempty" doc:"The column of dates or times: every row of test comes after all rows of train."`
	Until      string           `yaml:"until,omitempty" doc:"Where a row covers a window of time: the column of its end, with time as its start."`
	Exclude    []string         `yaml:"exclude,omitempty" doc:"Columns that are no features: left out when rows are compared and features judged."`
	Digits     *int             `yaml:"digits,omitempty" doc:"Significant digits to which similar-rows rounds numbers. Default 6."`
	Text       []string         `yaml:"text,omitempty" doc:"Columns of text to search for near-duplicates. Default: those of 40 characters or more on average."`
	Similarity *source.Number   `yaml:"similarity,omitempty" doc:"Lowest share of common pieces (Jaccard, five characters each) that makes two texts near-duplicates. Default 0.8."`
	MaxShare   *source.Number   `yaml:"max-share,omitempty" doc:"Share of test rows that each rule on rows lets pass, from 0 to 1. Default 0."`
	MaxAUC     *source.Number   `yaml:"max-auc,omitempty" doc:"Highest AUC with which one feature may predict the label. Default 0.99, which warns; a limit of your own costs what severity says where the whole interval lies above it."`
	MaxR2      *source.Number   `yaml:"max-r2,omitempty" doc:"The same for a label of numbers: highest R² between ranks. Default 0.99."`
	Skip       []string         `yaml:"skip,omitempty" enum:"shared-rows,similar-rows,shared-keys,shared-groups,label-conflicts,near-duplicates,time-order,strong-features,id-order,index-columns,constant-columns,duplicate-columns" doc:"Rules not to look for."`
	Severity   finding.Severity `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a leak costs. Default fail."`
	Pos        source.Pos       `yaml:"-"`
}

// The defaults of Spec.
const (
	defaultDigits     = 6
	defaultSimilarity = 0.8
	defaultStrength   = 0.99
)

func (s Spec) digits() int {
	if s.Digits == nil {
		return defaultDigits
	}
	return *s.Digits
}

func (s Spec) similarity() float64 { return valueOr(s.Similarity, defaultSimilarity) }

func valueOr(n *source.Number, fallback float64) float64 {
	if n == nil {
		return fallback
	}
	return n.Value
}
