package baseline

import "github.com/assay-ml/assay/internal/source"

// Spec is `train: baseline:`: the built-in trainer.
type Spec struct {
	Target   string     `yaml:"target" config:"required" doc:"The column to predict: two values make a classifier, numbers a regression."`
	Positive string     `yaml:"positive,omitempty" doc:"The value of target that counts as positive. Default: the rarer one in the training table."`
	Features []string   `yaml:"features,omitempty" doc:"Columns to learn from. Default: all but the target and the key."`
	Strength float64    `yaml:"strength,omitempty" doc:"Ridge penalty. Default 1."`
	Save     string     `yaml:"save,omitempty" doc:"Where to keep the trained model, as JSON, from the config's folder. Default nowhere."`
	Pos      source.Pos `yaml:"-"`
}
