// Package metric reads metrics files (JSON, YAML, TOML, CSV) into named values with unit and direction. It knows no
// limits and no base.
package metric

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

// Value is a metric's value. Unlike a float64 it survives JSON when it is NaN or infinite.
type Value float64

// IsFinite reports whether v is a number that can be compared.
func (v Value) IsFinite() bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// MarshalJSON writes NaN and the infinities as strings.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.IsFinite() {
		return json.Marshal(strconv.FormatFloat(float64(v), 'g', -1, 64))
	}
	return json.Marshal(float64(v))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		parsed, err := strconv.ParseFloat(text, 64)
		if err != nil || Value(parsed).IsFinite() {
			return fmt.Errorf("metric value %q is not NaN, +Inf or -Inf", text)
		}
		*v = Value(parsed)
		return nil
	}
	return json.Unmarshal(data, (*float64)(v))
}

// Set is what one metrics file holds.
type Set struct {
	Values  map[string]Value `json:"values"`
	Ignored []string         `json:"ignored,omitempty"` // names of entries that are no numbers, sorted
	// Places are where the entries stand in their file, those that are no numbers too. What was read from no file has none.
	Places map[string]source.Pos `json:"-"`
}

// Names lists the metrics in order of their names.
func (s Set) Names() []string {
	names := make([]string, 0, len(s.Values))
	for name := range s.Values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// NotFinite lists the metrics that are NaN or infinite, in order of their names.
func (s Set) NotFinite() []string {
	return slices.DeleteFunc(s.Names(), func(name string) bool { return s.Values[name].IsFinite() })
}

// Direction says which way a metric is better.
type Direction string

// The directions; "" means that nobody declared one and the name is not a common one.
const (
	Higher Direction = "higher"
	Lower  Direction = "lower"
)

// Spec is the `metrics:` part of assay.yaml.
type Spec struct {
	Path    string                 `yaml:"path,omitempty" config:"scalar" doc:"The metrics file that training writes: JSON, YAML, TOML or CSV. Default metrics.json."`
	Declare map[string]Declaration `yaml:"declare,omitempty" doc:"Unit and direction of metrics whose names are not common ones."`
}

// Declaration is what the user says of a metric.
type Declaration struct {
	Unit      string    `yaml:"unit,omitempty" json:"unit,omitempty" doc:"The unit, as it is shown: ms, %, MB."`
	Direction Direction `yaml:"direction,omitempty" json:"direction,omitempty" enum:"higher,lower" doc:"Which way is better."`
	Rows      int64     `yaml:"rows,omitempty" json:"rows,omitempty" doc:"Of how many rows the metric is a share, such as an accuracy or a pass rate: by this its gates know their noise."`
}

// common lists the names whose direction every reader of the field knows. A name matches whole, or as the last or first
// part of a dotted or underscored name ("test.auc", "latency_p95_ms").
var common = map[string]Direction{
	"accuracy": Higher, "balanced_accuracy": Higher, "auc": Higher, "roc_auc": Higher, "pr_auc": Higher,
	"average_precision": Higher, "precision": Higher, "recall": Higher, "f1": Higher, "r2": Higher, "ndcg": Higher,
	"mrr": Higher, "map": Higher, "mcc": Higher, "iou": Higher, "bleu": Higher, "rouge": Higher, "throughput": Higher,
	"loss": Lower, "log_loss": Lower, "logloss": Lower, "brier": Lower, "mae": Lower, "mse": Lower, "rmse": Lower,
	"mape": Lower, "wer": Lower, "cer": Lower, "perplexity": Lower, "latency": Lower, "ece": Lower,
}

// Describe is the unit and direction of a metric: what the user declared, else what its name says.
func (s Spec) Describe(name string) Declaration {
	declared := s.Declare[name]
	if declared.Unit == "" {
		declared.Unit = unitOf(name)
	}
	if declared.Direction == "" {
		declared.Direction = directionOf(name)
	}
	return declared
}

func directionOf(name string) Direction { return common[known(name)] }

// known is the common name that a metric's name is or begins or ends with, "" for none.
func known(name string) string {
	last := strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	for _, part := range []string{last, last[strings.LastIndexByte(last, '_')+1:], strings.SplitN(last, "_", 2)[0]} {
		if _, ok := common[part]; ok {
			return part
		}
	}
	return ""
}

// shares are the common names of shares of rows.
var shares = []string{"accuracy", "recall", "precision"}

// MayBeShare reports whether a metric of this name can be a share of rows that are right or wrong. An AUC, a loss or an F1 is none.
func MayBeShare(name string) bool { return known(name) == "" || slices.Contains(shares, known(name)) }

// unitOf reads the unit suffixes that metrics names carry by convention.
func unitOf(name string) string {
	switch name[strings.LastIndexByte(name, '_')+1:] {
	case "ms":
		return "ms"
	case "seconds":
		return "s"
	case "mb":
		return "MB"
	case "percent":
		return "%"
	}
	return ""
}
