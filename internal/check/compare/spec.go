// Package compare says whether a challenger is better than the champion, not worse, or worse, from the predictions of both on
// the same rows: each metric with the interval of its difference, held against a margin. It knows no registry and no policy
// but the verdict that its Spec asks for.
package compare

import (
	"slices"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/source"
)

// Spec is `compare:` of assay.yaml.
type Spec struct {
	Champion       string            `yaml:"champion,omitempty" doc:"Name of the table of the champion's predictions."`
	Challenger     string            `yaml:"challenger,omitempty" doc:"Name of the table of the challenger's predictions."`
	Key            []string          `yaml:"key,omitempty" doc:"Columns by which rows of both are joined."`
	Repeat         string            `yaml:"repeat,omitempty" doc:"Column that tells several answers about one key apart. Keys are then resampled, and not rows."`
	Repeats        *int              `yaml:"repeats,omitempty" doc:"The column repeat tells so many trainings of the challenger apart, which differ by their seed; the champion's are as many or one. Rows and trainings are resampled."`
	Splits         *Splits           `yaml:"splits,omitempty" doc:"The column repeat tells repeated random splits apart, on each of which both models were trained anew."`
	Label          string            `yaml:"label,omitempty" doc:"Column of the truth. It may stand in either table."`
	Prediction     string            `yaml:"prediction,omitempty" doc:"Column of the predicted class or number. Default prediction."`
	Score          string            `yaml:"score,omitempty" doc:"Column of the probability of the positive class, of the score by which rows are ranked, or of each row's own score for mean. Default score."`
	Classes        map[string]string `yaml:"classes,omitempty" doc:"For several classes: the column of each class's probability."`
	Positive       string            `yaml:"positive,omitempty" config:"any-scalar" doc:"The positive class. Default 1 or true, where the labels are 0 and 1 or false and true."`
	Weight         string            `yaml:"weight,omitempty" doc:"Column of the weight of each row."`
	Group          string            `yaml:"group,omitempty" doc:"Column of what rows belong to, such as a user or a query: groups are resampled, and not rows."`
	Time           string            `yaml:"time,omitempty" doc:"Column of the order of forecasts: mae and mse are then compared by Diebold and Mariano's test."`
	Horizon        int               `yaml:"horizon,omitempty" doc:"How many steps ahead the forecasts are. Default 1."`
	Slices         []string          `yaml:"slices,omitempty" doc:"Columns whose values are compared one by one."`
	MinSlice       *int              `yaml:"min-slice,omitempty" doc:"Fewest rows of a slice that is compared. Default 30."`
	Fairness       []Groups          `yaml:"fairness,omitempty" doc:"Columns of groups of people: differences of demographic parity and equalized odds between them are shown, or limited."`
	Metric         string            `yaml:"metric,omitempty" doc:"The metric that decides. Default accuracy."`
	Margin         *source.Number    `yaml:"margin,omitempty" doc:"By how much of the metric the challenger may be worse without counting as worse. Default 0."`
	RelativeMargin *source.Number    `yaml:"relative-margin,omitempty" doc:"The same as a share of the champion's value: 0.1 lets a tenth of it go. Of both margins the smaller one holds."`
	Need           Need              `yaml:"need,omitempty" enum:"better,not-worse" doc:"Which verdict passes. Default better."`
	Critical       []Guard           `yaml:"critical,omitempty" doc:"Metrics that must not be worse either."`
	Advisory       []string          `yaml:"advisory,omitempty" doc:"Metrics that are shown and decide nothing."`
	Suites         []SuiteSpec       `yaml:"suites,omitempty" doc:"Evaluation suites of language models, as their harnesses wrote them."`
	Interval       string            `yaml:"interval,omitempty" enum:"newcombe,tango" doc:"Interval of a difference of accuracies. Default newcombe."`
	Replicates     *int              `yaml:"replicates,omitempty" doc:"Bootstrap replicates. Default 2000."`
	Looks          string            `yaml:"looks,omitempty" enum:"warn,tighten,ignore" doc:"What becomes of many comparisons on one test set: a warning where they wear it out (the default), or also an interval that is as much wider as they demand."`
	Seed           int64             `yaml:"seed,omitempty" doc:"The same seed draws the same replicates. Default 0."`
	Pos            source.Pos        `yaml:"-"`
}

// Guard is one entry of `critical:`.
type Guard struct {
	Metric         string         `yaml:"metric" config:"required" doc:"Name of the metric."`
	Margin         *source.Number `yaml:"margin,omitempty" doc:"By how much of the metric the challenger may be worse."`
	RelativeMargin *source.Number `yaml:"relative-margin,omitempty" doc:"The same as a share of the champion's value. One of both margins is needed."`
	Pos            source.Pos     `yaml:"-"`
}

// Groups is one entry of `fairness:`.
type Groups struct {
	Column string         `yaml:"column" config:"required,scalar" doc:"The column of the group."`
	Limit  *source.Number `yaml:"limit,omitempty" doc:"The largest difference of demographic parity, and of equalized odds, that the challenger may have."`
	Pos    source.Pos     `yaml:"-"`
}

// Splits says how large the parts of repeated random splits are, in rows or in shares: only their ratio matters.
type Splits struct {
	Train *source.Number `yaml:"train" config:"required" doc:"Rows, or share, of the training data of a split."`
	Test  *source.Number `yaml:"test" config:"required" doc:"Rows, or share, of the test data of a split."`
}

// Need is the verdict that passes.
type Need string

// The intervals of a difference of accuracies.
const (
	newcombe = "newcombe"
	tango    = "tango"
)

// What becomes of looks.
const (
	looksTighten = "tighten"
	looksIgnore  = "ignore"
)

// The needs.
const (
	NeedBetter   Need = "better"
	NeedNotWorse Need = "not-worse"
)

// The defaults of Spec.
const (
	defaultMetric     = "accuracy"
	defaultReplicates = 2000
	defaultMinSlice   = 30
)

func (s Spec) need() Need { return orElse(s.Need, NeedBetter) }

// Primary is the metric that decides.
func (s Spec) Primary() string { return orElse(s.Metric, defaultMetric) }

// FairnessColumns are the columns of groups of people.
func (s Spec) FairnessColumns() []string {
	names := make([]string, len(s.Fairness))
	for i, groups := range s.Fairness {
		names[i] = groups.Column
	}
	return names
}

func orElse[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

func valueOr(n *source.Number) float64 {
	if n == nil {
		return 0
	}
	return n.Value
}

func intOr(n *int, fallback int) int {
	if n == nil {
		return fallback
	}
	return *n
}

// Metrics are all metrics that the spec names, the primary one first.
func (s Spec) Metrics() []string {
	names := []string{s.Primary()}
	for _, guard := range s.Critical {
		names = append(names, guard.Metric)
	}
	return append(names, s.Advisory...)
}

// HasTables reports whether two tables are compared, beside suites or alone.
func (s Spec) HasTables() bool { return s.Champion != "" || s.Challenger != "" || len(s.Suites) == 0 }

// columns are those that the metrics need. The names of metrics are right: config.Check saw them.
func (s Spec) columns() prediction.Columns {
	c := prediction.Columns{Key: s.Key, Repeat: s.Repeat, Weight: s.Weight, Group: s.Group, Time: s.Time}
	if s.Repeats != nil {
		c.Repeat, c.Training = "", s.Repeat
	}
	for _, name := range slices.Concat(s.Slices, s.FairnessColumns()) {
		if !slices.Contains(c.Slices, name) {
			c.Slices = append(c.Slices, name)
		}
	}
	for _, name := range s.Metrics() {
		s.addColumns(&c, mustParse(name))
	}
	if len(s.Fairness) > 0 {
		s.addColumns(&c, mustParse(defaultMetric))
	}
	return c
}

func (s Spec) addColumns(c *prediction.Columns, m metric) {
	c.IsNumeric = c.IsNumeric || m.isNumeric()
	if m.kind != ofScores {
		c.Label = orElse(s.Label, "label")
	}
	if m.kind == ofClasses || m.kind == ofNumbers {
		c.Prediction = orElse(s.Prediction, "prediction")
	}
	switch {
	case m.kind == ofProbabilities && len(s.Classes) > 0:
		c.Classes = c.Classes[:0]
		for name, column := range s.Classes {
			c.Classes = append(c.Classes, prediction.Class{Name: name, Column: column})
		}
	case m.kind == ofProbabilities, m.kind == ofRanks, m.kind == ofScores:
		c.Score = orElse(s.Score, "score")
	}
}
