package gate

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

// Terms are what a gate says beside its limits: how sure its verdict must be, and by what that is told.
type Terms struct {
	Rows          int64          `yaml:"rows,omitempty" json:"rows,omitempty" doc:"Of how many rows the metric is a share, such as an accuracy or a pass rate. Default: what metrics.declare says, else unknown."`
	Confidence    *source.Number `yaml:"confidence,omitempty" json:"confidence,omitempty" doc:"Such as 0.95: the metric's two-sided interval is held against the limit, and not its value. Passes where all of it keeps the limit, is broken where all of it breaks it, else is inconclusive."`
	MaxFalseAlarm *source.Number `yaml:"max-false-alarm,omitempty" json:"max-false-alarm,omitempty" doc:"How often an unchanged model may fail the gate by chance: 0.05 is one run in 20."`
	MinPower      *MinPower      `yaml:"min-power,omitempty" json:"min-power,omitempty" doc:"How often the gate must notice a drop, and which."`
}

// MinPower is `min-power:`.
type MinPower struct {
	Power *source.Number `yaml:"power" json:"power" config:"required" doc:"The chance, such as 0.8."`
	Drop  *source.Number `yaml:"drop" json:"drop" config:"required" doc:"How much worse the metric truly is, in its own unit: 0.02 of an accuracy is two points."`
}

// IsAsked reports whether the gate's chances are themselves under a rule.
func (t Terms) IsAsked() bool { return t.MaxFalseAlarm != nil || t.MinPower != nil }

// covers reports whether these terms are at least as strict as others. Neither of two confidences is: the higher one passes less, and fails less.
// The number of rows makes an interval and the chances what they are.
func (t Terms) covers(other Terms) bool {
	isSure := other.Confidence != nil || other.IsAsked()
	switch {
	case !isSame(t.Confidence, other.Confidence), isSure && t.Rows != other.Rows:
		return false
	case other.MaxFalseAlarm != nil && (t.MaxFalseAlarm == nil || t.MaxFalseAlarm.Rat().Cmp(other.MaxFalseAlarm.Rat()) > 0):
		return false
	case other.MinPower == nil:
		return true
	}
	return t.MinPower != nil && t.MinPower.Power.Rat().Cmp(other.MinPower.Power.Rat()) >= 0 && t.MinPower.Drop.Rat().Cmp(other.MinPower.Drop.Rat()) <= 0
}

func isSame(a, b *source.Number) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Rat().Cmp(b.Rat()) == 0
}

// Words are the terms that stand in no limit's text, as the config has them; "" where there are none.
func (t Terms) Words() string {
	var words []string
	if t.MaxFalseAlarm != nil {
		words = append(words, "max-false-alarm "+t.MaxFalseAlarm.Text)
	}
	if p := t.MinPower; p != nil {
		words = append(words, fmt.Sprintf("min-power %s of a drop of %s", p.Power.Text, p.Drop.Text))
	}
	if t.Rows > 0 && (t.Confidence != nil || t.IsAsked()) {
		words = append(words, fmt.Sprintf("rows %d", t.Rows))
	}
	return strings.Join(words, ", ")
}
