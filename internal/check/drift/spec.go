package drift

import (
	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Spec is the `drift:` part of assay.yaml.
type Spec struct {
	Reference    string           `yaml:"reference" config:"required" doc:"Name of the table that current is compared with."`
	Current      string           `yaml:"current" config:"required" doc:"Name of the table that may have drifted."`
	Columns      Columns          `yaml:"columns,omitempty" doc:"Which columns are compared. Default: all that both tables have."`
	Significance *source.Number   `yaml:"significance,omitempty" doc:"Highest corrected p-value that counts as drift. Default 0.05."`
	Correction   Correction       `yaml:"correction,omitempty" enum:"benjamini-hochberg,holm" doc:"Correction for many columns. Default benjamini-hochberg."`
	Minimum      *source.Number   `yaml:"minimum,omitempty" doc:"Smallest effect that counts: the share of rows that would have to move. Default 0.1."`
	Detect       *source.Number   `yaml:"detect,omitempty" doc:"Effect that must have been found with power 0.8 before no drift counts as a pass. Default 2 × minimum."`
	NullShare    *source.Number   `yaml:"null-share,omitempty" doc:"Smallest absolute change of the share of nulls that counts. Default 0.05."`
	Severity     finding.Severity `yaml:"severity,omitempty" enum:"fail,warn" doc:"What drift costs. Default fail."`
	Mode         Mode             `yaml:"mode,omitempty" enum:"assay,evidently" doc:"By whose rules the tables are compared: assay, or evidently, which reproduces Evidently's DataDriftPreset. Default assay."`
	Evidently    *evidently.Spec  `yaml:"evidently,omitempty" doc:"Settings of mode: evidently."`
	Pos          source.Pos       `yaml:"-"`
}

// Columns chooses columns by name.
type Columns struct {
	Include []string `yaml:"include,omitempty" doc:"Only these."`
	Exclude []string `yaml:"exclude,omitempty" doc:"All but these."`
}

// Correction is the rule that keeps many tests from raising false alarms.
type Correction string

// The corrections; "" is BenjaminiHochberg.
const (
	BenjaminiHochberg Correction = "benjamini-hochberg"
	Holm              Correction = "holm"
)
