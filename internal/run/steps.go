package run

import (
	"context"
	"slices"

	"github.com/assay-ml/assay/internal/check/audit"
	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/check/evolve"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/check/shape"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/train/aa"
	"github.com/assay-ml/assay/internal/train/artifact"
	"github.com/assay-ml/assay/internal/train/attach"
	"github.com/assay-ml/assay/internal/train/baseline"
	"github.com/assay-ml/assay/internal/train/confusion"
	"github.com/assay-ml/assay/internal/train/custom"
	"github.com/assay-ml/assay/internal/train/smoke"
)

// step is one unit of a run.
type step struct {
	name   string
	wanted func(*config.Config) bool
	parts  func(*config.Config) []part
}

// part is what a step does with some tables. A table that cannot be read spoils the parts that need it, and no others.
type part struct {
	tables []string // those that it reads, once for each reading
	run    func(context.Context, *session) ([]finding.Answer, error)
}

// tables are those that the parts of a step read, once for each reading.
func (s step) tables(c *config.Config) []string {
	var names []string
	for _, part := range s.parts(c) {
		names = append(names, part.tables...)
	}
	return names
}

// steps is the whole of a run, in its order. A new step is a package, its spec and one line here.
var steps = []step{
	{"validate", func(c *config.Config) bool { return len(c.Validate) > 0 }, validateParts},                      // data first: nothing downstream is worth its time on bad data
	{"train", func(c *config.Config) bool { return c.Train != nil }, trainParts},                                 // writes the metrics that the gates judge
	{"gate", func(c *config.Config) bool { return len(c.Gates) > 0 }, gateParts},                                 // limits, absolute and against the base
	{"custom", func(c *config.Config) bool { return len(c.Steps) > 0 }, customParts},                             // the user's own checks, of the trained model too
	{"compare", func(c *config.Config) bool { return c.Compare != nil || c.CompareOfBase != nil }, compareParts}, // is the trained model better than the one that serves?
	{"drift", func(c *config.Config) bool { return c.Drift != nil || c.DriftOfBase != nil }, driftParts},         // it says whether the past still speaks for the present
	{"report", func(c *config.Config) bool { return c.Report != nil }, reportParts},                              // last: what training left for people to read; it judges nothing
}

// Decoders read the typed results of every step from a result file.
var Decoders = withBase(map[string]finding.Decoder{
	schema.Result{}.Kind():    finding.DecodeAs[schema.Result],
	leak.Result{}.Kind():      finding.DecodeAs[leak.Result],
	shape.Result{}.Kind():     finding.DecodeAs[shape.Result],
	smoke.Result{}.Kind():     finding.DecodeAs[smoke.Result],
	baseline.Result{}.Kind():  finding.DecodeAs[baseline.Result],
	custom.Result{}.Kind():    finding.DecodeAs[custom.Result],
	gate.Result{}.Kind():      finding.DecodeAs[gate.Result],
	audit.Result{}.Kind():     finding.DecodeAs[audit.Result],
	aa.Result{}.Kind():        finding.DecodeAs[aa.Result],
	compare.Result{}.Kind():   finding.DecodeAs[compare.Result],
	compare.Suites{}.Kind():   finding.DecodeAs[compare.Suites],
	drift.Result{}.Kind():     finding.DecodeAs[drift.Result],
	evidently.Result{}.Kind(): finding.DecodeAs[evidently.Result],
	evolve.Result{}.Kind():    finding.DecodeAs[evolve.Result],
	artifact.Result{}.Kind():  finding.DecodeAs[artifact.Result],
	attach.Result{}.Kind():    finding.DecodeAs[attach.Result],
	confusion.Result{}.Kind(): finding.DecodeAs[confusion.Result],
	union.Result{}.Kind():     finding.DecodeAs[union.Result],
	Skipped{}.Kind():          finding.DecodeAs[Skipped],
	Unreadable{}.Kind():       finding.DecodeAs[Unreadable],
	Unmeasured{}.Kind():       finding.DecodeAs[Unmeasured],
})

// StepNames lists the steps in their order.
func StepNames() []string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	return names
}

// Wanted lists the steps that the config asks for.
func Wanted(c *config.Config) []string {
	var names []string
	for _, s := range steps {
		if s.wanted(c) {
			names = append(names, s.name)
		}
	}
	return names
}

// choose is the steps to run, in their order.
func choose(names []string) []step {
	return slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return !slices.Contains(names, s.name) })
}
