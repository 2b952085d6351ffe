// Package run is ONE ordered list of steps and what they share: the tables, the metrics and the base. It turns a config
// into a result. It knows no renderer; how a run shows itself while it lasts is its Observer's business.
package run

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/artifact"
)

// Options say what to run, on what, and who watches.
type Options struct {
	Config    *config.Config
	Steps     []string // names; none: all that the config asks for
	Base      record.Base
	Outline   bool               // say what the data looks like, and what changed in it since the base: costs a scan of each table
	Rules     *union.Result      // what the change does to the rules; nil where only its own count
	Promised  []*schema.Contract // the contracts of validate: as the base has them, nil where it has none
	Subject   finding.Subject
	Tool      string // the program's version
	Observer  Observer
	Environ   []string         // what the training command inherits, less what is ours
	Hide      []string         // files and folders that the training command must not read
	Untrained string           // why the metrics file is no training's result, "" where it is: an earlier step of the job failed
	Remote    Remote           // how tables that lie elsewhere are fetched
	Enforce   bool             // false: report everything, block nothing
	Failing   string           // folder for the rows that break a contract, "" for none
	Flips     string           // file for the rows about which one of two models alone is right, "" for none
	Memory    int64            // what the whole program may take, in bytes; 0: what the machine or the container has
	Now       func() time.Time // the clock
}

// Observer watches a run. Its methods are called in order, from one goroutine.
type Observer interface {
	// Begin opens a step.
	Begin(step string)
	// Output is where the program that the current step runs may write. What it writes is hostile.
	Output() io.Writer
	// End closes the step with its result.
	End(step finding.Step)
}

// Run runs the steps and answers with their result. An error means that nothing was judged: source.Problems where the
// user can mend it, anything else from outside or inside.
func Run(ctx context.Context, options Options) (finding.Result, error) {
	names, err := stepsToRun(options.Config, options.Steps)
	if err != nil {
		return finding.Result{}, err
	}
	s := newSession(options, names)
	defer s.close()
	if err := s.openTables(ctx); err != nil {
		return finding.Result{}, err
	}
	result := finding.Result{Version: finding.ResultVersion, Tool: options.Tool, Model: options.Config.Model,
		Name: options.Config.Name, Subject: options.Subject, Started: options.Now(),
		Rules: rulesOf(options), Base: options.Base.From}
	if rules := options.Rules; rules != nil && !rules.IsQuiet() {
		result.Steps = append(result.Steps, finding.Step{Name: RulesStep, Enforced: options.Enforce, Started: result.Started, Answers: []finding.Answer{*rules}})
	}
	if options.Outline {
		outlined, err := s.outline(ctx)
		if err != nil {
			return finding.Result{}, err
		}
		result.Steps = append(result.Steps, outlined)
	}
	for _, step := range choose(names) {
		done, err := s.do(ctx, step)
		if err != nil {
			return finding.Result{}, fmt.Errorf("%s: %w", step.name, err)
		}
		result.Steps = append(result.Steps, done)
	}
	if release := options.Config.Release; release != nil {
		result.Steps = append(result.Steps, s.model(release.Artifact))
	}
	result.Seconds = options.Now().Sub(result.Started).Seconds()
	return result, nil
}

// RulesStep names the part of a result that says what a change does to the rules. It is no step to be asked for.
const RulesStep = "rules"

// DataStep names the part of a result that says what the data looks like. It is no step to be asked for either.
const DataStep = "data"

// ModelStep names the part of a result that says which model was judged. It is no step to be asked for either.
const ModelStep = "model"

// model names the model that the steps judged, after the last of them.
func (s *session) model(path string) finding.Step {
	step := finding.Step{Name: ModelStep, Enforced: true, Started: s.options.Now()}
	found := artifact.Look(s.config.Dir, path)
	if s.skip != "" {
		found = artifact.Result{Path: path, Why: s.skip}
	}
	step.Answers = []finding.Answer{found}
	step.Seconds = s.options.Now().Sub(step.Started).Seconds()
	return step
}

// rulesOf says whose rules the run applies.
func rulesOf(options Options) finding.Rules {
	rules := finding.Rules{Source: "head", Config: options.Config.File}
	if r := options.Rules; r != nil && r.State == union.Joined && r.Accepted == nil {
		rules.Source, rules.Commit = "base", r.Commit
	}
	return rules
}

// stepsToRun checks the names that were asked for.
func stepsToRun(c *config.Config, asked []string) ([]string, error) {
	wanted := Wanted(c)
	if len(asked) == 0 {
		if len(wanted) == 0 {
			return nil, source.Errorf("add validate, train, gates, steps, compare or drift to it", "%s asks for no step", c.File)
		}
		return wanted, nil
	}
	for _, name := range asked {
		switch {
		case !slices.Contains(StepNames(), name):
			return nil, source.Errorf("steps are "+strings.Join(StepNames(), ", "), "there is no step %q", name)
		case !slices.Contains(wanted, name):
			return nil, source.Errorf("steps in it are "+strings.Join(wanted, ", "), "%s says nothing of the step %s", c.File, name)
		}
	}
	return asked, nil
}

// do runs one step.
func (s *session) do(ctx context.Context, step step) (finding.Step, error) {
	done := finding.Step{Name: step.name, Enforced: s.options.Enforce && s.config.Enforce.Step(step.name), Started: s.options.Now()}
	s.options.Observer.Begin(step.name)
	defer func() { s.options.Observer.End(done) }()
	answers, err := s.answers(ctx, step)
	done.Seconds = s.options.Now().Sub(done.Started).Seconds()
	done.Answers = answers
	return done, err
}

// answers runs the step, or each of its parts, unless a table that it needs cannot be read.
func (s *session) answers(ctx context.Context, step step) ([]finding.Answer, error) {
	var all []finding.Answer
	for _, part := range step.parts(s.config) {
		answers, err := s.answersOf(ctx, step, part)
		all = append(all, answers...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func (s *session) answersOf(ctx context.Context, step step, part part) ([]finding.Answer, error) {
	if s.isLate(step) {
		if missing, err := s.openLate(ctx, step, part.tables); err != nil || len(missing) > 0 {
			return missing, err
		}
	}
	var spoiled []finding.Answer
	for _, name := range unique(part.tables) {
		if answer, ok := s.spoiled[name]; ok {
			spoiled = append(spoiled, answer)
		}
	}
	if len(spoiled) > 0 {
		return spoiled, nil
	}
	answers, err := part.run(ctx, s)
	if err != nil {
		if answer, ok := unreadable(step.name, s.config.Sensitive(), err); ok {
			return append(answers, answer), nil
		}
	}
	return answers, err
}

func unique(names []string) []string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}
