package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/setup/change"
	"github.com/assay-ml/assay/internal/setup/workflow"
)

// permission is one that Assay uses, and what for.
type permission struct{ scope, level, use string }

var (
	reads     = permission{"contents", "read", "checkout, and the base's rules and metrics"}
	comments  = permission{"pull-requests", "write", "the comment"}
	checks    = permission{"checks", "write", "the check run"}
	issues    = permission{"issues", "write", "the issue that on-failure opens"}
	judges    = []permission{reads, comments, checks}
	publishes = []permission{{"actions", "read", "the result of the run"}, reads, comments, checks, {"statuses", "write", "the status that outlives the job"}}
)

// wanted are the permissions that a job's steps use, by what starts it and by what its inputs and configs ask for.
func (e *examination) wanted(j *workflow.Job) []permission {
	if j.Publishes() {
		return publishes
	}
	wanted := []permission{reads}
	for _, s := range j.Assay() {
		comment, onFailure := e.asked(s)
		if j.Workflow.Trigger("pull_request") != nil && comment != "never" {
			wanted = append(wanted, comments)
		}
		if onFailure == "issue" && slices.ContainsFunc(j.Workflow.Triggers, func(t workflow.Trigger) bool { return !slices.Contains(proposals, t.Name) }) {
			wanted = append(wanted, issues)
		}
	}
	slices.SortFunc(wanted, func(a, b permission) int { return strings.Compare(a.scope, b.scope) })
	return append(slices.Compact(wanted), checks)
}

// asked is what a step's inputs, or else its config, say of comment and issue.
func (e *examination) asked(s *workflow.Step) (comment, onFailure string) {
	comment, onFailure = s.Input("comment").Text(), s.Input("on-failure").Text()
	name, ok := configOf(s)
	if !ok || !e.has(name) {
		return comment, onFailure
	}
	c, err := e.config(name)
	if err != nil {
		return comment, onFailure // lookAtConfigs says why
	}
	return cmp.Or(comment, c.Comment), cmp.Or(onFailure, c.OnFailure)
}

// block is the permissions as a workflow writes them.
func block(wanted []permission) string {
	var scopes []string
	for _, p := range wanted {
		scopes = append(scopes, p.scope+": "+p.level)
	}
	return "{" + strings.Join(scopes, ", ") + "}"
}

// lookAtToken: a token that writes nothing leaves a verdict that only the log shows. Where a companion publishes the results, that is
// as it should be.
func (e *examination) lookAtToken(rule string) {
	for _, j := range e.judging() {
		allowed := j.Allowed()
		switch {
		case hasOwnToken(j):
		case allowed == nil:
			e.report(rule, Warning, j.Workflow, j.Key, fmt.Sprintf("nothing says what the token of job %q may do; in new repositories it is read-only", j.Name),
				"give the job permissions: "+block(judges), entry(j.Workflow, j.Body, "permissions: "+block(judges))...)
		case !allowed.WritesAnything() && e.companion(j.Workflow) == nil:
			e.report(rule, Error, j.Workflow, allowed.At, fmt.Sprintf("the token of job %q is read-only: neither comment nor check run can be written", j.Name),
				"give the job permissions: "+block(judges)+"; or publish its results by assay init --forks", readOnlyFix(j)...)
		}
	}
}

// readOnlyFix gives the job permissions of its own, or mends those that it has.
func readOnlyFix(j *workflow.Job) []change.Edit {
	if j.Permissions == nil {
		return entry(j.Workflow, j.Body, "permissions: "+block(judges))
	}
	if j.Permissions.At.Text() != "" {
		return replaced(j.Workflow, j.Permissions.At, block(judges))
	}
	var fix []change.Edit
	for _, p := range judges {
		fix = append(fix, grant(j.Workflow, j.Permissions, p)...)
	}
	return fix
}

// lookAtPermissions: each permission that lacks, and all that are too many.
func (e *examination) lookAtPermissions(rule string) {
	for _, w := range e.Workflows {
		for _, j := range w.Jobs {
			if len(j.Assay()) > 0 && !hasOwnToken(j) {
				e.lookAtGrants(rule, j, e.wanted(j))
			}
		}
	}
}

func (e *examination) lookAtGrants(rule string, j *workflow.Job, wanted []permission) {
	allowed := j.Allowed()
	if allowed == nil || !allowed.WritesAnything() && !j.Publishes() {
		return // lookAtToken has said so
	}
	if allowed.At.Text() == "write-all" {
		e.report(rule, Warning, j.Workflow, allowed.At, "write-all lets whoever gets hold of the token do anything", "write only "+block(wanted), replaced(j.Workflow, allowed.At, block(wanted))...)
		return
	}
	for _, p := range wanted {
		if !allowed.Allows(p.scope, p.level) {
			e.report(rule, Error, j.Workflow, allowed.At, fmt.Sprintf("job %q lacks the permission %s: %s (%s)", j.Name, p.scope, p.level, p.use),
				fmt.Sprintf("add %s: %s", p.scope, p.level), grant(j.Workflow, allowed, p)...)
		}
	}
}

// grant raises a scope, or adds it.
func grant(w *workflow.Workflow, to *workflow.Permissions, p permission) []change.Edit {
	if to.Allows(p.scope, p.level) {
		return nil
	}
	if has := to.Scopes[p.scope]; has != nil {
		return replaced(w, has, p.level)
	}
	return entry(w, to.At, p.scope+": "+p.level)
}

// hasOwnToken reports a job whose Assay steps write with a token of their own; what that one may do no file says.
func hasOwnToken(j *workflow.Job) bool {
	for _, s := range j.Assay() {
		if token := s.Input("token").Text(); token == "" || strings.Contains(token, "github.token") || strings.Contains(token, "secrets.GITHUB_TOKEN") {
			return false
		}
	}
	return true
}
