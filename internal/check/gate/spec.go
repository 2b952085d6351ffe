package gate

import (
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Spec is one entry of `gates:`: the limits on one metric, absolute and against the base.
type Spec struct {
	Metric         string           `yaml:"metric" config:"required" doc:"Name of the metric; nested metrics are joined with dots."`
	AtLeast        *source.Number   `yaml:"at-least,omitempty" doc:"The metric must not be below this."`
	AtMost         *source.Number   `yaml:"at-most,omitempty" doc:"The metric must not be above this."`
	Between        []source.Number  `yaml:"between,omitempty" doc:"Lowest and highest value allowed: [low, high]."`
	MaxDrop        *source.Number   `yaml:"max-drop,omitempty" doc:"By how much the metric may be below the base."`
	MaxRise        *source.Number   `yaml:"max-rise,omitempty" doc:"By how much the metric may be above the base."`
	MaxDropPercent *source.Number   `yaml:"max-drop-percent,omitempty" doc:"By how many percent of |base| the metric may be below it."`
	Severity       finding.Severity `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken limit costs. Default fail."`
	Terms          `yaml:",inline"`
	Pos            source.Pos `yaml:"-"`

	// OfBase marks a gate that the change loosened or removed and that still applies as the base has it. Its places are those
	// of the base's file.
	OfBase bool `yaml:"-"`
}
