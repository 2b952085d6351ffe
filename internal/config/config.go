// Package config reads assay.yaml and the contracts that it names into the specs of the steps, each with its place. It
// reports everything that is wrong at once, and runs nothing.
package config

import (
	"cmp"
	"slices"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/release/policy"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/retrain/handoff"
	"github.com/assay-ml/assay/internal/retrain/trigger"
	"github.com/assay-ml/assay/internal/train/baseline"
	"github.com/assay-ml/assay/internal/train/confusion"
	"github.com/assay-ml/assay/internal/train/custom"
	"github.com/assay-ml/assay/internal/train/smoke"
)

// Config is assay.yaml.
type Config struct {
	Version      int                   `yaml:"version" config:"required" enum:"1" doc:"Version of the format: 1."`
	Model        string                `yaml:"model" config:"required" doc:"Name of the model, as the check run and the comment show it."`
	Name         string                `yaml:"name,omitempty" doc:"Tells several Assay jobs of one repository apart. Default: the model."`
	Data         map[string]table.Spec `yaml:"data,omitempty" doc:"The tables, by name: a path, or a map with more to say."`
	S3           S3                    `yaml:"s3,omitempty" doc:"Where the servers of s3:// paths are. Default: what AWS_REGION, AWS_ENDPOINT_URL_S3 and the files of AWS's tools say."`
	Metrics      metric.Spec           `yaml:"metrics,omitempty" doc:"The metrics file that training writes, and what its metrics mean."`
	Validate     []Check               `yaml:"validate,omitempty" doc:"Checks of the data: contracts and leakage."`
	Train        *Train                `yaml:"train,omitempty" doc:"How to train a small model: a command, or the built-in baseline."`
	Steps        []custom.Spec         `yaml:"steps,omitempty" doc:"Checks of your own: programs that write findings."`
	Gates        []gate.Spec           `yaml:"gates,omitempty" doc:"Limits on metrics, absolute and against the base."`
	Compare      *compare.Spec         `yaml:"compare,omitempty" doc:"Two models' predictions on the same rows: is the challenger better than the champion?"`
	Drift        *drift.Spec           `yaml:"drift,omitempty" doc:"The tables to compare for drift."`
	Registry     *Registry             `yaml:"registry,omitempty" doc:"Where the model's versions and their stages are kept."`
	Retrain      *trigger.Spec         `yaml:"retrain,omitempty" doc:"When the model is trained again, and what holds it back; see assay retrain decide."`
	Release      *policy.Spec          `yaml:"release,omitempty" doc:"What a version needs to come to a stage. It is read at the default branch, never in a change."`
	Handoff      *handoff.Spec         `yaml:"handoff,omitempty" doc:"How training is handed off to runners of your own, such as those with a GPU."`
	Report       *Report               `yaml:"report,omitempty" doc:"Your own part of the report: it shows, and judges nothing."`
	Enforce      Enforce               `yaml:"enforce,omitempty" doc:"false: report everything, block nothing; or false for single steps."`
	RequireBase  bool                  `yaml:"require-base,omitempty" doc:"Whether a missing base blocks. Default false."`
	RequirePower bool                  `yaml:"require-power,omitempty" doc:"Whether too few rows to tell block. Default false."`

	Comment       string `yaml:"comment,omitempty" enum:"always,on-change,new,never" doc:"When the pull request comment is written: always; on-change, only where the verdict or a finding changed; new, one for each run; never. Default always."`
	CommentOnPass string `yaml:"comment-on-pass,omitempty" enum:"keep,collapse,delete" doc:"What becomes of the comment of a run without complaint. Default keep."`
	OnFailure     string `yaml:"on-failure,omitempty" enum:"nothing,issue" doc:"issue: a red run without a pull request opens an issue or updates it, and the next green one closes it. Default nothing."`

	// DriftOfBase is the base's comparison, where the change has another or none; see package union.
	DriftOfBase *drift.Spec `yaml:"-"`
	// CompareOfBase is the base's comparison of two models, likewise.
	CompareOfBase *compare.Spec `yaml:"-"`
	// File is where the config was read, "" where flags made it; paths within start at Dir.
	File string `yaml:"-"`
	Dir  string `yaml:"-"`
}

// S3 is `s3:`. Credentials stand in no file: they come from the environment.
type S3 struct {
	Region    string `yaml:"region,omitempty" doc:"Region of the buckets, such as eu-central-1."`
	Endpoint  string `yaml:"endpoint,omitempty" doc:"Address of a server other than Amazon's, such as https://minio.example.com; the bucket then stands in the path. http:// is for this machine only."`
	PathStyle bool   `yaml:"path-style,omitempty" doc:"Whether the bucket stands in the path of the address and not in its host. Default false."`
}

// Registry is `registry:`.
type Registry struct {
	Backend string          `yaml:"backend,omitempty" enum:"git,mlflow,sagemaker" doc:"What keeps them: git, annotated tags of this repository in GTO's format; mlflow, the server at MLFLOW_TRACKING_URI; sagemaker, SageMaker's model registry. Default git."`
	Model   string          `yaml:"model,omitempty" doc:"Name of the model there. Default the model's own name."`
	Remote  string          `yaml:"remote,omitempty" doc:"Name of the git remote whose tags count; none: those of this clone. Default origin, where the clone has one."`
	Via     string          `yaml:"via,omitempty" enum:"git,api" doc:"How they are reached: git, by fetch and push; api, by GitHub's API, which needs no clone. Default api in GitHub Actions with a token, else git."`
	Stages  registry.Stages `yaml:"stages,omitempty" doc:"Names of the stages, where they are others than none, staging, production and archived."`
	Mirrors Mirrors         `yaml:"mirrors,omitempty" doc:"Registries of other systems that follow this one: assay registry reconcile."`
}

// Mirrors is `mirrors:`. Addresses of servers and credentials stand in no file: they come from the environment.
type Mirrors struct {
	MLflow    bool       `yaml:"mlflow,omitempty" doc:"Whether the MLflow server at MLFLOW_TRACKING_URI follows. Default false."`
	SageMaker *SageMaker `yaml:"sagemaker,omitempty" doc:"Whether SageMaker's model registry follows, and how."`
}

// SageMaker is `sagemaker:`.
type SageMaker struct {
	Region string `yaml:"region,omitempty" doc:"Region of the registry, such as eu-central-1. Default that of the environment."`
	Image  string `yaml:"image,omitempty" doc:"Image of the container that serves the models, so that SageMaker can deploy those that lie on S3."`
}

// RegistryOrDefaults is `registry:` with what it leaves out.
func (c *Config) RegistryOrDefaults() Registry {
	var r Registry
	if c.Registry != nil {
		r = *c.Registry
	}
	r.Backend, r.Model, r.Stages = cmp.Or(r.Backend, GitBackend), cmp.Or(r.Model, c.Model), r.Stages.OrDefaults()
	return r
}

// GitBackend keeps a registry in the tags of a git repository.
const GitBackend = "git"

// NoRemote is the remote of a registry that lies in the clone itself.
const NoRemote = "none"

// Check is one entry of `validate:`.
type Check struct {
	schema.Use `yaml:",inline" config:"one-of"`
	Leakage    *leak.Spec `yaml:"leakage,omitempty" config:"one-of" doc:"Looks for rows of the train table in the test table."`
}

// Train is `train:`.
type Train struct {
	smoke.Spec `yaml:",inline" config:"one-of"`
	Baseline   *baseline.Spec `yaml:"baseline,omitempty" config:"one-of" doc:"The built-in trainer: ridge-regularized regression."`
	TrainTable string         `yaml:"train-table,omitempty" doc:"Name of the table to learn from. Default train, where it is declared."`
	TestTable  string         `yaml:"test-table,omitempty" doc:"Name of the table to judge on. Default test, where it is declared."`
	Sample     *Sample        `yaml:"sample,omitempty" doc:"Gives the command a sample of the tables. Default: the tables as they are."`
}

// Sample is `sample:`.
type Sample struct {
	Rows       int64  `yaml:"rows" config:"required" doc:"Rows of each sampled table."`
	Seed       int64  `yaml:"seed,omitempty" doc:"The same seed gives the same rows. Default 0."`
	StratifyBy string `yaml:"stratify-by,omitempty" doc:"Column whose values keep their shares, usually the target."`
}

// Report is `report:`.
type Report struct {
	Attach      []string        `yaml:"attach,omitempty" doc:"Files that training writes for people: Markdown is shown, pictures are linked. Paths start at the folder of the config."`
	Predictions *confusion.Spec `yaml:"predictions,omitempty" doc:"A file of labels and predictions: shown as a table of the classes and a confusion matrix."`
}

// Enforce is `enforce:`: for the whole run, or step by step.
type Enforce struct {
	All      *bool `yaml:"-" config:"scalar"`
	Validate *bool `yaml:"validate,omitempty" doc:"false: this step blocks nothing."`
	Train    *bool `yaml:"train,omitempty" doc:"false: this step blocks nothing."`
	Gate     *bool `yaml:"gate,omitempty" doc:"false: this step blocks nothing."`
	Custom   *bool `yaml:"custom,omitempty" doc:"false: this step blocks nothing."`
	Compare  *bool `yaml:"compare,omitempty" doc:"false: this step blocks nothing."`
	Drift    *bool `yaml:"drift,omitempty" doc:"false: this step blocks nothing."`
}

// Step reports whether a step blocks: it does unless the config says otherwise.
func (e Enforce) Step(name string) bool {
	own := map[string]*bool{"validate": e.Validate, "train": e.Train, "gate": e.Gate, "custom": e.Custom, "compare": e.Compare, "drift": e.Drift}[name]
	return !isFalse(e.All) && !isFalse(own)
}

// With is e with one step set to block, or not to.
func (e Enforce) With(name string, blocks bool) Enforce {
	all := map[string]**bool{"validate": &e.Validate, "train": &e.Train, "gate": &e.Gate, "custom": &e.Custom, "compare": &e.Compare, "drift": &e.Drift}
	for step, own := range all {
		value := e.Step(step)
		if step == name {
			value = blocks
		}
		*own = &value
	}
	e.All = nil
	return e
}

func isFalse(b *bool) bool { return b != nil && !*b }

// Sensitive are the columns that a contract says to hide, each once.
func (c *Config) Sensitive() []string {
	var names []string
	for _, check := range c.Validate {
		if check.Promises != nil {
			names = append(names, check.Promises.Sensitive()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// defaultMetrics is where training leaves its metrics unless the config says otherwise.
const defaultMetrics = "metrics.json"

// MetricsPath is the metrics file, from the config's folder.
func (c *Config) MetricsPath() string {
	if c.Metrics.Path == "" {
		return defaultMetrics
	}
	return c.Metrics.Path
}

// Tables are the tables that Assay itself reads for training: both for the built-in trainer; for a command those that it
// samples.
func (t *Train) Tables() []string {
	if t.Baseline == nil && t.Sample == nil {
		return nil
	}
	var names []string
	for _, name := range []string{t.TrainTable, t.TestTable} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// fillDefaults names the tables of training where the usual names are declared, and gives gates the rows of their metrics.
func (c *Config) fillDefaults() {
	for i, spec := range c.Gates {
		if declared := c.Metrics.Declare[spec.Metric].Rows; spec.Rows == 0 && metric.MayBeShare(spec.Metric) {
			c.Gates[i].Rows = declared
		}
	}
	if c.Train == nil {
		return
	}
	for _, slot := range []struct {
		table *string
		usual string
	}{{&c.Train.TrainTable, "train"}, {&c.Train.TestTable, "test"}} {
		if _, ok := c.Data[slot.usual]; ok && *slot.table == "" {
			*slot.table = slot.usual
		}
	}
}
