package drift

import (
	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Spec is the `drift:` part of assay.yaml.
type Spec struct {
	Reference      string              `yaml:"reference" config:"required" doc:"Name of the table that current is compared with."`
	Current        string              `yaml:"current" config:"required" doc:"Name of the table that may have drifted."`
	Columns        Columns             `yaml:"columns,omitempty" doc:"Which columns are compared. Default: all that both tables have."`
	Significance   *source.Number      `yaml:"significance,omitempty" doc:"Highest corrected p-value that counts as drift. Default 0.05."`
	Correction     Correction          `yaml:"correction,omitempty" enum:"benjamini-hochberg,holm,none" doc:"Correction for many columns. Default benjamini-hochberg."`
	Minimum        *source.Number      `yaml:"minimum,omitempty" doc:"Smallest effect that counts: the share of rows that would have to move. Default 0.1."`
	Detect         *source.Number      `yaml:"detect,omitempty" doc:"Effect that must have been found with power 0.8 before no drift counts as a pass. Default 2 × minimum."`
	NullShare      *source.Number      `yaml:"null-share,omitempty" doc:"Smallest absolute change of the share of nulls that counts. Default 0.05."`
	RangeShare     *source.Number      `yaml:"range-share,omitempty" doc:"Smallest share of current's values beyond the range of the reference that counts. Default 0.01."`
	Test           Method              `yaml:"test,omitempty" enum:"ks,mann-whitney,anderson-darling,cramer-von-mises,energy,t,wasserstein,jensen-shannon" doc:"Test of number columns. Default ks."`
	CategoryTest   CategoryTest        `yaml:"category-test,omitempty" enum:"chi-square,permutation" doc:"Test of categories. Default chi-square, and permutation where counts are too small for it."`
	CategoryEffect CategoryEffect      `yaml:"category-effect,omitempty" enum:"total-variation,cramers-v" doc:"Effect of categories. Default total-variation."`
	Permutations   *int                `yaml:"permutations,omitempty" doc:"Repetitions of a permutation test. Default: as many as the correction for many columns needs, at least 999."`
	Seed           int64               `yaml:"seed,omitempty" doc:"The same seed draws the same permutations and rows. Default 0."`
	Multivariate   bool                `yaml:"multivariate,omitempty" doc:"true: also asks whether a classifier can tell rows of the two tables apart. It reads both tables once more."`
	History        *History            `yaml:"history,omitempty" doc:"Takes the usual differences between parts of the reference for the measure of drift."`
	Important      []string            `yaml:"important,omitempty" doc:"Columns whose drift alone is drift of the data set; that of others is a warning. Default: all."`
	Allowed        *Allowed            `yaml:"allowed,omitempty" doc:"How many columns may drift before the data set has drifted; a column alone is a warning, unless it is important."`
	Target         string              `yaml:"target,omitempty" doc:"Column that the model predicts, called out in the answer."`
	Prediction     string              `yaml:"prediction,omitempty" doc:"Column of the model's predictions, called out in the answer."`
	ByColumn       map[string]Override `yaml:"by-column,omitempty" doc:"What is different for single columns."`
	Severity       finding.Severity    `yaml:"severity,omitempty" enum:"fail,warn" doc:"What drift costs. Default fail."`
	Mode           Mode                `yaml:"mode,omitempty" enum:"assay,evidently" doc:"By whose rules the tables are compared: assay, or evidently, which reproduces Evidently's DataDriftPreset. Default assay."`
	Evidently      *evidently.Spec     `yaml:"evidently,omitempty" doc:"Settings of mode: evidently."`
	Pos            source.Pos          `yaml:"-"`
}

// Columns chooses columns by name.
type Columns struct {
	Include []string `yaml:"include,omitempty" doc:"Only these."`
	Exclude []string `yaml:"exclude,omitempty" doc:"All but these."`
}

// Override is what one column wants otherwise. Its minimum and detect are in the unit of its own effect.
type Override struct {
	Test           Method           `yaml:"test,omitempty" enum:"ks,mann-whitney,anderson-darling,cramer-von-mises,energy,t,wasserstein,jensen-shannon" doc:"Its test, where it is a number column."`
	CategoryTest   CategoryTest     `yaml:"category-test,omitempty" enum:"chi-square,permutation" doc:"Its test, where it has categories."`
	CategoryEffect CategoryEffect   `yaml:"category-effect,omitempty" enum:"total-variation,cramers-v" doc:"Its effect, where it has categories."`
	Minimum        *source.Number   `yaml:"minimum,omitempty" doc:"Smallest effect that counts, in the unit of its test's effect."`
	Detect         *source.Number   `yaml:"detect,omitempty" doc:"Effect that must have been found with power 0.8, in the same unit. Default 2 × minimum."`
	NullShare      *source.Number   `yaml:"null-share,omitempty" doc:"Smallest absolute change of its share of nulls that counts."`
	RangeShare     *source.Number   `yaml:"range-share,omitempty" doc:"Smallest share of its values beyond the range of the reference that counts."`
	Severity       finding.Severity `yaml:"severity,omitempty" enum:"fail,warn" doc:"What its drift costs, whatever important and allowed say."`
}

// Allowed is how many of the compared columns may drift.
type Allowed struct {
	Columns *int           `json:"columns,omitempty" yaml:"columns,omitempty" config:"one-of" doc:"So many columns may drift; one more is drift of the data set."`
	Share   *source.Number `json:"share,omitempty" yaml:"share,omitempty" config:"one-of" doc:"This share of the columns may drift; more is drift of the data set."`
}

// History cuts the reference into parts, whose differences are the usual ones.
type History struct {
	By          string         `yaml:"by,omitempty" config:"one-of" doc:"Column of the reference whose values are the parts; of dates and times, its days (or see every)."`
	Parts       *int           `yaml:"parts,omitempty" config:"one-of" doc:"Number of equal parts, in the order of the rows."`
	Every       Period         `yaml:"every,omitempty" enum:"hour,day,week,month" doc:"How long a part is, where by is a column of dates or times. Default day."`
	FalseAlarms *source.Number `yaml:"false-alarms,omitempty" doc:"Share of comparisons without drift in which any column may alarm. Default 0.05, which takes 19 parts."`
}

// Correction is the rule that keeps many tests from raising false alarms.
type Correction string

// The corrections; "" is BenjaminiHochberg.
const (
	BenjaminiHochberg Correction = "benjamini-hochberg"
	Holm              Correction = "holm"
	Uncorrected       Correction = "none"
)

// Method is a test of two samples of numbers.
type Method string

// The tests of numbers; "" is KolmogorovSmirnov.
const (
	KolmogorovSmirnov Method = "ks"
	MannWhitney       Method = "mann-whitney"
	AndersonDarling   Method = "anderson-darling"
	CramerVonMises    Method = "cramer-von-mises"
	Energy            Method = "energy"
	T                 Method = "t"
	Wasserstein       Method = "wasserstein"
	JensenShannon     Method = "jensen-shannon"
)

// CategoryTest is a test of two samples of categories.
type CategoryTest string

// The tests of categories; "" is ChiSquare.
const (
	ChiSquare   CategoryTest = "chi-square"
	Permutation CategoryTest = "permutation"
)

// CategoryEffect says how far apart two samples of categories are.
type CategoryEffect string

// The effects of categories; "" is TotalVariation.
const (
	TotalVariation CategoryEffect = "total-variation"
	CramersV       CategoryEffect = "cramers-v"
)

// Period is a length of time on the calendar, in UTC. Weeks begin on Monday.
type Period string

// The periods; "" is Day.
const (
	Hour  Period = "hour"
	Day   Period = "day"
	Week  Period = "week"
	Month Period = "month"
)
