package handoff

import (
	"cmp"
	"time"

	"github.com/assay-ml/assay/internal/source"
)

// Spec is `handoff:` of assay.yaml.
type Spec struct {
	Workflow string        `yaml:"workflow" config:"required" doc:"File name of the workflow that trains, such as gpu-train.yml. It runs on workflow_dispatch with the inputs handoff, attempt, commit and params."`
	Branch   string        `yaml:"branch,omitempty" doc:"Branch whose workflow is taken: a dispatch names a branch, and the commit is an input. Default main."`
	Stage    string        `yaml:"stage,omitempty" doc:"Which training of the model it is; the commit status is called assay/MODEL/STAGE. Default train."`
	Store    string        `yaml:"store" config:"required" doc:"Where checkpoints and models are kept: s3://bucket/folder, or a folder that every runner sees."`
	Labels   []string      `yaml:"labels,omitempty" doc:"Labels of the runners, for what people read where none takes the work."`
	Attempts *int          `yaml:"attempts,omitempty" doc:"How often the training may begin: each attempt goes on from the last checkpoint. Default 3."`
	Queue    time.Duration `yaml:"queue,omitempty" doc:"Longest wait for a runner. Default 6h; GitHub itself gives up after 24h."`
	Silence  time.Duration `yaml:"silence,omitempty" doc:"Longest time without a sign of life while the run goes on. Default 30m."`
	Report   time.Duration `yaml:"report,omitempty" doc:"Longest time from the end of the training to its report. Default 1h."`
	Limit    time.Duration `yaml:"limit,omitempty" doc:"Longest time from the submission to the end of the training. Default 24h."`
	Every    time.Duration `yaml:"checkpoint-every,omitempty" doc:"Time between two checkpoints. Default 10m."`
	Attempt  time.Duration `yaml:"attempt-limit,omitempty" doc:"After which an attempt stops and the next goes on: a workflow's token lives for at most 24h. Default 20h."`
	Pos      source.Pos    `yaml:"-"`
}

// The limits that hold where the config names no others, and those that none may exceed.
const (
	defaultAttempts = 3
	defaultQueue    = 6 * time.Hour
	defaultSilence  = 30 * time.Minute
	defaultReport   = time.Hour
	defaultLimit    = 24 * time.Hour
	defaultEvery    = 10 * time.Minute
	defaultAttempt  = 20 * time.Hour
	// MaxQueue is when GitHub drops a job that waits for a runner (documentation of GitHub Actions, "Usage limits").
	MaxQueue = 24 * time.Hour
	// MaxAttempt is how long a workflow's token lives (the same).
	MaxAttempt = 24 * time.Hour
	// MaxAttempts bounds what a mistake costs.
	MaxAttempts = 20
)

// OrDefaults is the spec with what it leaves out.
func (s Spec) OrDefaults() Spec {
	if s.Attempts == nil {
		attempts := defaultAttempts
		s.Attempts = &attempts
	}
	s.Branch, s.Stage = cmp.Or(s.Branch, "main"), cmp.Or(s.Stage, "train")
	s.Queue, s.Silence, s.Report = cmp.Or(s.Queue, defaultQueue), cmp.Or(s.Silence, defaultSilence), cmp.Or(s.Report, defaultReport)
	s.Limit, s.Every, s.Attempt = cmp.Or(s.Limit, defaultLimit), cmp.Or(s.Every, defaultEvery), cmp.Or(s.Attempt, defaultAttempt)
	return s
}

// Plan is how the spec wants a request handed off. The spec has its defaults.
func (s Spec) Plan() Plan {
	return Plan{Workflow: s.Workflow, Branch: s.Branch, Labels: s.Labels, Attempts: *s.Attempts, Queue: s.Queue, Silence: s.Silence, Report: s.Report, Limit: s.Limit}
}
