// Package diagnose says what keeps Assay from judging, from being heard or from being trusted in a repository: each with the
// line to change. It looks at the checkout, and at the branch's rules where somebody could read them; it writes nothing.
package diagnose

import (
	"cmp"
	"slices"

	"github.com/assay-ml/assay/internal/setup/change"
	"github.com/assay-ml/assay/internal/setup/workflow"
	"github.com/assay-ml/assay/internal/source"
)

// Level says what a diagnosis costs.
type Level int

// The levels, the worst first.
const (
	Error   Level = iota + 1 // Assay does not judge, is not heard, or blocks nothing or for ever
	Warning                  // it works, but for some events, some people or at some cost
	Unknown                  // nobody could look
	Note                     // so it is, and good to know
)

func (l Level) String() string {
	return map[Level]string{Error: "error", Warning: "warning", Unknown: "not known", Note: "note"}[l]
}

// Diagnosis is one thing, at its place.
type Diagnosis struct {
	Rule  string
	Level Level
	source.Problem
	Fix []change.Edit // of the file at Pos; nil: it takes a person
}

// Checkout is what is known of a repository. Paths start at its root.
type Checkout struct {
	Workflows  []*workflow.Workflow
	Unreadable source.Problems                   // workflow files that are none
	Files      []string                          // committed or to be, sorted
	Read       func(name string) ([]byte, error) // one of Files

	DefaultBranch string
	OfDefault     []string // the files of the default branch, sorted; nil where this clone does not have it

	Rules *Rules // of the default branch; nil where they could not be read
	Why   string // they could not
}

// Rules are what the branch asks of a change.
type Rules struct {
	Required         []Required
	MergeQueue       bool
	CodeOwners       bool // must approve what they own
	RequiredWorkflow bool // runs whatever the change edits
}

// Required is a check that must pass.
type Required struct {
	Context string
	App     int64 // whose check counts; 0: any App's
}

// examination is one look at a checkout.
type examination struct {
	Checkout
	found []Diagnosis
}

// rules are all that is looked at, in the order in which a person mends.
var rules = []struct {
	name string
	look func(*examination, string)
}{
	{"workflow", (*examination).lookForWorkflow},
	{"config", (*examination).lookAtConfigs},
	{"pull-request", (*examination).lookAtPullRequest},
	{"pull-request-target", (*examination).lookAtTarget},
	{"checkout", (*examination).lookAtCheckout},
	{"read-only-token", (*examination).lookAtToken},
	{"permissions", (*examination).lookAtPermissions},
	{"path-filter", (*examination).lookAtFilters},
	{"merge-group", (*examination).lookAtQueue},
	{"always", (*examination).lookAtNeeds},
	{"two-names", (*examination).lookAtNames},
	{"required-name", (*examination).lookAtRequired},
	{"stored-result", (*examination).lookAtPush},
	{"schedule", (*examination).lookAtSchedule},
	{"fork-companion", (*examination).lookAtCompanion},
	{"code-owners", (*examination).lookAtOwners},
	{"shared-bot", (*examination).lookAtBot},
	{"branch-rules", (*examination).lookAtProtection},
}

// Diagnose looks at everything; the worst comes first.
func Diagnose(c Checkout) []Diagnosis {
	e := &examination{Checkout: c}
	for _, rule := range rules {
		rule.look(e, rule.name)
	}
	slices.SortStableFunc(e.found, func(a, b Diagnosis) int { return cmp.Compare(a.Level, b.Level) })
	return e.found
}

// report adds a diagnosis at a value of a workflow.
func (e *examination) report(rule string, level Level, w *workflow.Workflow, at *workflow.Value, message, hint string, fix ...change.Edit) {
	e.found = append(e.found, Diagnosis{rule, level, source.Problem{Pos: w.Pos(at), Message: message, Hint: hint}, fix})
}

// say adds a diagnosis that has no line in a workflow.
func (e *examination) say(rule string, level Level, pos source.Pos, message, hint string) {
	e.found = append(e.found, Diagnosis{rule, level, source.Problem{Pos: pos, Message: message, Hint: hint}, nil})
}

// proposals are the events that bring a change which is not on its branch yet.
var proposals = []string{"pull_request", "pull_request_target", "merge_group"}

// judging are the jobs that judge changes.
func (e *examination) judging() []*workflow.Job {
	var jobs []*workflow.Job
	for _, w := range e.Workflows {
		if slices.ContainsFunc(w.Triggers, func(t workflow.Trigger) bool { return slices.Contains(proposals, t.Name) }) {
			jobs = append(jobs, slices.DeleteFunc(slices.Clone(w.Jobs), func(j *workflow.Job) bool { return !j.Judges() })...)
		}
	}
	return jobs
}

// judgingWorkflows are their files, each once.
func (e *examination) judgingWorkflows() []*workflow.Workflow {
	var all []*workflow.Workflow
	for _, j := range e.judging() {
		if !slices.Contains(all, j.Workflow) {
			all = append(all, j.Workflow)
		}
	}
	return all
}

// isRequired reports whether the rules name a check that the job produces, as far as somebody could read them.
func (e *examination) isRequired(j *workflow.Job) bool {
	return e.Rules != nil && slices.ContainsFunc(e.Rules.Required, func(r Required) bool { return j.Produces(r.Context) })
}
