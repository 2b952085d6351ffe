package diagnose

import (
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/setup/workflow"
	"github.com/assay-ml/assay/internal/source"
)

// companion is the workflow that publishes the results of another, nil for none.
func (e *examination) companion(of *workflow.Workflow) *workflow.Workflow {
	for _, w := range e.Workflows {
		if slices.ContainsFunc(w.Jobs, (*workflow.Job).Publishes) && slices.Contains(follows(w), of.Name) {
			return w
		}
	}
	return nil
}

// follows are the names of the workflows whose end starts this one.
func follows(w *workflow.Workflow) []string {
	t := w.Trigger("workflow_run")
	if t == nil {
		return nil
	}
	list := t.Filter.Get("workflows")
	names := []string{list.Text()}
	for _, item := range list.Items() {
		names = append(names, item.Text())
	}
	return names
}

// lookAtCompanion: the token of a pull request from a fork reads only; another workflow must publish.
func (e *examination) lookAtCompanion(rule string) {
	for _, w := range e.judgingWorkflows() {
		if t := w.Trigger("pull_request"); t != nil && e.companion(w) == nil {
			e.report(rule, Warning, w, t.At, "pull requests from forks, and Dependabot's, have a read-only token: their verdict stands in the log alone",
				"assay init --forks drafts the workflow that publishes it; it starts after workflow "+fmt.Sprintf("%q", w.Name))
		}
	}
	for _, w := range e.Workflows {
		e.lookAtPublishing(rule, w)
	}
}

// lookAtPublishing holds a companion to its name and to its safety.
func (e *examination) lookAtPublishing(rule string, w *workflow.Workflow) {
	for _, j := range w.Jobs {
		if !j.Publishes() {
			continue
		}
		names := follows(w)
		if !slices.ContainsFunc(e.judgingWorkflows(), func(of *workflow.Workflow) bool { return slices.Contains(names, of.Name) }) {
			e.report(rule, Error, w, w.On, "no workflow that runs Assay on pull requests has a name that starts this one", "under workflow_run, workflows must name it as its own name: says")
		}
		for _, s := range j.Steps {
			if s.IsCheckout() {
				e.report(rule, Error, w, s.Uses, "this job's token writes, and a checkout may bring it the pull request's code", "remove the checkout: assay publish needs none")
			}
		}
	}
}

// lookAtOwners: who may edit the workflow may make it say anything.
func (e *examination) lookAtOwners(rule string) {
	jobs := e.judging()
	if len(jobs) == 0 || e.Rules != nil && e.Rules.RequiredWorkflow {
		return
	}
	owners := e.owners()
	for _, w := range e.judgingWorkflows() {
		entry := owners.of(w.Path)
		switch {
		case entry == nil:
			e.say(rule, Warning, source.Pos{File: owners.place(), Line: owners.lines}, fmt.Sprintf("nobody owns %s: a pull request may edit the workflow that judges it", w.Path),
				"add a line /"+workflow.Folder+"/ @OWNERS, and require the review of code owners in the branch's rules")
		case e.Rules != nil && !e.Rules.CodeOwners:
			e.say(rule, Warning, source.Pos{File: owners.file, Line: entry.line, Column: 1}, fmt.Sprintf("%s has owners, and no rule of branch %s requires their review, unless classic protection does", w.Path, e.DefaultBranch),
				"require the review of code owners in a ruleset of the branch")
		}
	}
}

// lookAtBot: all workflows of a repository write as one bot.
func (e *examination) lookAtBot(rule string) {
	for _, j := range e.judging() {
		allowed := j.Allowed()
		if hasOwnToken(j) || allowed == nil || !allowed.WritesAnything() {
			continue
		}
		e.report(rule, Note, j.Workflow, allowed.At, "comment and check run are github-actions[bot]'s, which every workflow of this repository shares: a branch of it can forge them, and the base's stored result",
			"the job's exit status is what to require; input token: takes an App of your own")
		return
	}
}

// lookAtProtection says what nobody looked at.
func (e *examination) lookAtProtection(rule string) {
	if e.Rules == nil {
		e.say(rule, Unknown, source.Pos{}, "the rules of branch "+e.DefaultBranch+" were not read: "+e.Why, "set GITHUB_TOKEN and GITHUB_REPOSITORY=OWNER/NAME; a token that may read is enough")
		return
	}
	e.say(rule, Unknown, source.Pos{}, "rulesets were read, classic branch protection was not: that takes administration rights",
		"look under Settings, Branches: what it requires counts too")
}
