package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/setup/workflow"
)

// checkPrefix begins the names of Assay's own check runs.
const checkPrefix = "Assay / "

// statusPrefix begins the contexts of Assay's commit statuses.
const statusPrefix = "assay/"

// actionsApp is the id of the App that reports jobs as checks (GitHub Actions, on github.com).
const actionsApp = 15368

// onPullRequests are the jobs whose checks appear on pull requests.
func (e *examination) onPullRequests() []*workflow.Job {
	var jobs []*workflow.Job
	for _, w := range e.Workflows {
		if w.Trigger("pull_request") != nil || w.Trigger("pull_request_target") != nil {
			jobs = append(jobs, w.Jobs...)
		}
	}
	return jobs
}

// lookAtNames: where two checks have one name, a required check of that name waits for both, and a person cannot tell them
// apart.
func (e *examination) lookAtNames(rule string) {
	jobs := e.onPullRequests()
	for _, j := range e.judging() {
		if strings.HasPrefix(j.Name, checkPrefix) {
			e.report(rule, Error, j.Workflow, nameOf(j), fmt.Sprintf("job %q may have the name of Assay's own check run: both would be required", j.Name), "give the job another name")
		}
		i := slices.IndexFunc(jobs, func(other *workflow.Job) bool {
			return other != j && other.Name == j.Name && !strings.Contains(j.Name, "${{")
		})
		if i >= 0 {
			other := jobs[i]
			e.report(rule, Error, j.Workflow, nameOf(j), fmt.Sprintf("job %q has the name of the job at %s: a required check of that name waits for both", j.Name, other.Workflow.Pos(nameOf(other))),
				"give one of them another name")
		}
	}
}

// nameOf is where a job's name stands.
func nameOf(j *workflow.Job) *workflow.Value {
	if name := j.Body.Get("name"); name != nil {
		return name
	}
	return j.Key
}

// lookAtRequired holds the names that the rules require against those that runs produce.
func (e *examination) lookAtRequired(rule string) {
	jobs := e.judging()
	if e.Rules == nil || len(jobs) == 0 {
		return
	}
	if !slices.ContainsFunc(jobs, e.isRequired) && !e.requiresAssay() {
		e.report(rule, Warning, jobs[0].Workflow, nameOf(jobs[0]), fmt.Sprintf("no rule of branch %s requires %s: a red verdict blocks no merge, unless classic protection does", e.DefaultBranch, workflow.Names(jobs)),
			"require that check in a ruleset of the branch")
	}
	for _, check := range e.Rules.Required {
		e.lookAtContext(rule, check, jobs)
	}
}

// requiresAssay reports a rule that names what Assay itself writes, or a workflow that the organization runs.
func (e *examination) requiresAssay() bool {
	return e.Rules.RequiredWorkflow || slices.ContainsFunc(e.Rules.Required, func(r Required) bool {
		return strings.HasPrefix(r.Context, checkPrefix) || strings.HasPrefix(r.Context, statusPrefix)
	})
}

func (e *examination) lookAtContext(rule string, check Required, jobs []*workflow.Job) {
	at := jobs[0]
	switch {
	case strings.HasPrefix(check.Context, statusPrefix):
	case strings.HasPrefix(check.Context, checkPrefix):
		e.report(rule, Error, at.Workflow, nameOf(at), fmt.Sprintf("branch %s requires %q, which is Assay's check run: where the token is read-only it is never there", e.DefaultBranch, check.Context),
			"require the job instead, "+workflow.Names(jobs))
	case slices.ContainsFunc(e.onPullRequests(), func(j *workflow.Job) bool { return j.Produces(check.Context) }):
	case check.App == actionsApp:
		e.report(rule, Error, at.Workflow, nameOf(at), fmt.Sprintf("branch %s requires %q, and no job of that name runs on pull requests: each waits for it for ever", e.DefaultBranch, check.Context),
			"require a name that there is; Assay's: "+workflow.Names(jobs))
	case check.App == 0:
		e.report(rule, Warning, at.Workflow, nameOf(at), fmt.Sprintf("branch %s requires %q, and no job of that name runs on pull requests: unless another App reports it, each waits for it for ever", e.DefaultBranch, check.Context),
			"require a name that there is; Assay's: "+workflow.Names(jobs))
	}
}
