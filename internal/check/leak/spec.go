package leak

import (
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Spec is one `leakage:` entry of `validate:`.
type Spec struct {
	Train    string           `yaml:"train" config:"required" doc:"Name of the table that the model learns from."`
	Test     string           `yaml:"test" config:"required" doc:"Name of the table that the model is judged on."`
	Key      []string         `yaml:"key,omitempty" doc:"Columns that identify a row. Default: the key of the train table."`
	Label    string           `yaml:"label,omitempty" doc:"The target column: rows equal but for it are contradictions."`
	Severity finding.Severity `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a leak costs. Default fail."`
	Pos      source.Pos       `yaml:"-"`
}
