package diagnose

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/setup/change"
	"github.com/assay-ml/assay/internal/setup/workflow"
)

// lookAtCheckout: without the base's commit there is nothing to compare with.
func (e *examination) lookAtCheckout(rule string) {
	for _, j := range e.judging() {
		first := slices.IndexFunc(j.Steps, func(s *workflow.Step) bool { return s.Runs() != "" })
		checkout := slices.IndexFunc(j.Steps[:first], (*workflow.Step).IsCheckout)
		if checkout < 0 {
			e.report(rule, Error, j.Workflow, j.Steps[first].Body, fmt.Sprintf("job %q checks nothing out before Assay", j.Name),
				"begin its steps with - {uses: actions/checkout@v5, with: {fetch-depth: 2}}")
			continue
		}
		s := j.Steps[checkout]
		depth := s.Input("fetch-depth")
		if depth != nil && depth.Text() != "1" {
			continue
		}
		at := s.Uses
		if depth != nil {
			at = depth
		}
		e.report(rule, Warning, j.Workflow, at, "the checkout is shallow: the base's commit is not in it, and must be fetched with a token while Assay runs",
			"with: {fetch-depth: 2} has the test merge and its parents", deepen(s, depth)...)
	}
}

// deepen asks the checkout for the parents too.
func deepen(s *workflow.Step, depth *workflow.Value) []change.Edit {
	switch {
	case depth != nil:
		return replaced(s.Job.Workflow, depth, "2")
	case s.With != nil:
		return entry(s.Job.Workflow, s.With, "fetch-depth: 2")
	}
	return stepEntry(s, "with: {fetch-depth: 2}")
}

// lookAtNeeds: a required job that is skipped because another failed passes for a success; so it must run always. And what
// keeps the report must do so when the verdict is red.
func (e *examination) lookAtNeeds(rule string) {
	for _, w := range e.judgingWorkflows() {
		for _, j := range w.Jobs {
			if len(j.Needs) == 0 || runsAlways(j.If) || !j.Judges() && !e.isRequired(j) {
				continue
			}
			var fix []change.Edit
			if j.If == nil {
				fix = entry(w, j.Body, "if: always()")
			}
			e.report(rule, Error, w, j.Key, fmt.Sprintf("job %q is skipped where %s fails, and a required check that is skipped passes", j.Name, strings.Join(j.Needs, " or ")),
				"add if: always() to the job", fix...)
		}
	}
	for _, j := range e.judging() {
		e.lookAtKeeping(rule, j)
	}
}

func (e *examination) lookAtKeeping(rule string, j *workflow.Job) {
	isAfter := false
	for _, s := range j.Steps {
		repository, _, _ := strings.Cut(s.Uses.Text(), "@")
		if isAfter && path.Base(repository) == "upload-artifact" && !runsAlways(s.If) {
			var fix []change.Edit
			if s.If == nil {
				fix = stepEntry(s, "if: always()")
			}
			e.report(rule, Warning, j.Workflow, s.Uses, "this step is skipped where Assay is red, when the report is needed most", "add if: always() to the step", fix...)
		}
		isAfter = isAfter || s.Runs() != ""
	}
}

// runsAlways reports a condition that does not wait for success.
func runsAlways(condition *workflow.Value) bool {
	text := condition.Text()
	return strings.Contains(text, "always()") || strings.Contains(text, "!cancelled()") || strings.Contains(text, "failure()")
}
