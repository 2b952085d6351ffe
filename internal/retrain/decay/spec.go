// Package decay asks whether a model in production has become worse than it was when it was promoted: by labels that have
// arrived since, and where they are missing by the model's own confidence. It decides by an interval that may be looked at
// as often as one likes, and says which rows it could not use. It knows tables, and neither registries nor schedules.
package decay

import (
	"time"

	"github.com/assay-ml/assay/internal/source"
)

// Spec is `decay:` among the triggers of `retrain:`.
type Spec struct {
	Predictions string         `yaml:"predictions" config:"required" doc:"Name of the table of production's predictions."`
	Labels      string         `yaml:"labels,omitempty" doc:"Name of the table of the labels that arrive later. Default: predictions has them itself."`
	Key         []string       `yaml:"key,omitempty" doc:"Columns by which predictions and labels are joined. Needed where labels are a table of their own."`
	Time        string         `yaml:"time" config:"required" doc:"Column of the time of the prediction."`
	LabelTime   string         `yaml:"label-time,omitempty" doc:"Column of the time at which the label arrived. Without it labels are taken to arrive before they are mature."`
	Label       string         `yaml:"label,omitempty" doc:"Column of the label. Default label."`
	Prediction  string         `yaml:"prediction,omitempty" doc:"Column of the predicted class or number. Default prediction."`
	Score       string         `yaml:"score,omitempty" doc:"Column of the positive class's probability: for brier and for estimate. Default score."`
	Positive    string         `yaml:"positive,omitempty" config:"any-scalar" doc:"The positive class: for recall, precision, brier and estimate."`
	Mature      time.Duration  `yaml:"mature" config:"required" doc:"How long after a prediction its label is final, such as 168h. Younger rows do not count."`
	Metric      Metric         `yaml:"metric,omitempty" enum:"accuracy,recall,precision,brier,absolute-error" doc:"What is measured. Default accuracy."`
	Bound       *source.Number `yaml:"bound,omitempty" doc:"For absolute-error: a larger error counts as this one."`
	Promoted    *Promoted      `yaml:"promoted,omitempty" doc:"The metric's value at promotion. Default: the one of this name in the record of the version in production."`
	Margin      *source.Number `yaml:"margin,omitempty" doc:"How much worse is no decay. It should be no less than the error of the value at promotion. Default 0.02."`
	FalseAlarms *source.Number `yaml:"false-alarms,omitempty" doc:"Highest probability of a trigger without decay, from promotion until the next one, however often it is looked at. Default 0.05."`
	Anew        time.Duration  `yaml:"anew,omitempty" doc:"How often the count starts anew beside the one since promotion, so that good times do not hide a late decay. Default 720h."`
	Estimate    *Estimate      `yaml:"estimate,omitempty" doc:"Estimates the metric from the model's confidence where labels are missing (CBPE). It may trigger, and passes nothing."`
	Pos         source.Pos     `yaml:"-"`
}

// Promoted says what the metric was at promotion.
type Promoted struct {
	Value  *source.Number `yaml:"value,omitempty" config:"one-of" doc:"The value itself."`
	Metric string         `yaml:"metric,omitempty" config:"one-of" doc:"Name of the metric in the record of the version in production."`
}

// Estimate is how performance is estimated where labels are missing.
type Estimate struct {
	Calibrate string `yaml:"calibrate" config:"required" doc:"Name of a labelled table with prediction and score that the model was not trained on, and that is no part of predictions."`
}

// Metric is what is measured of each row; each lies between two bounds, which is all that the interval assumes.
type Metric string

// The metrics; "" is Accuracy.
const (
	Accuracy      Metric = "accuracy"
	Recall        Metric = "recall"    // accuracy among rows whose label is positive
	Precision     Metric = "precision" // accuracy among rows whose prediction is positive
	Brier         Metric = "brier"     // mean squared error of the probability: lower is better
	AbsoluteError Metric = "absolute-error"
)

// NeedsPositive reports whether the metric asks for the positive class.
func (m Metric) NeedsPositive() bool { return m == Recall || m == Precision || m == Brier }

// CanEstimate reports whether the metric of a row without a label can be expected from its probability alone.
func (m Metric) CanEstimate() bool { return m == Accuracy || m == Precision || m == Brier }

// needsScore reports whether the probabilities of rows are read.
func (s Spec) needsScore() bool { return s.Metric == Brier || s.Estimate != nil }

// The defaults.
const (
	defaultMargin      = 0.02
	defaultFalseAlarms = 0.05
	defaultAnew        = 30 * 24 * time.Hour
)

// WithDefaults is the spec with everything said.
func (s Spec) WithDefaults() Spec {
	for _, slot := range []struct {
		value *string
		usual string
	}{{&s.Label, "label"}, {&s.Prediction, "prediction"}, {&s.Score, "score"}, {(*string)(&s.Metric), string(Accuracy)}} {
		if *slot.value == "" {
			*slot.value = slot.usual
		}
	}
	if s.Anew == 0 {
		s.Anew = defaultAnew
	}
	return s
}

// PromotedMetric is the name of the metric in the record of the version in production.
func (s Spec) PromotedMetric() string {
	if s.Promoted != nil && s.Promoted.Metric != "" {
		return s.Promoted.Metric
	}
	return string(s.WithDefaults().Metric)
}

func (s Spec) margin() float64      { return orElse(s.Margin, defaultMargin) }
func (s Spec) falseAlarms() float64 { return orElse(s.FalseAlarms, defaultFalseAlarms) }

func orElse(n *source.Number, fallback float64) float64 {
	if n == nil {
		return fallback
	}
	return n.Value
}

// scale turns the metric's values into goodness, 1 the best and 0 the worst, and back: it is its own inverse but for the unit.
type scale struct {
	isError bool    // lower is better
	unit    float64 // the largest value
}

func (s Spec) scale() scale {
	switch s.Metric {
	case Brier:
		return scale{true, 1}
	case AbsoluteError:
		return scale{true, orElse(s.Bound, 1)}
	}
	return scale{false, 1}
}

func (s scale) good(value float64) float64 {
	if s.isError {
		return 1 - value/s.unit
	}
	return value
}

func (s scale) value(good float64) float64 {
	if s.isError {
		return (1 - good) * s.unit
	}
	return good
}

// interval is an interval of goodness in the metric's own unit.
func (s scale) interval(low, high float64) (float64, float64) {
	if s.isError {
		return s.value(high), s.value(low)
	}
	return low, high
}
