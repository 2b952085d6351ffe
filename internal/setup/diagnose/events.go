package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/setup/change"
	"github.com/assay-ml/assay/internal/setup/workflow"
	"github.com/assay-ml/assay/internal/source"
)

// lookForWorkflow: something must run Assay.
func (e *examination) lookForWorkflow(rule string) {
	for _, p := range e.Unreadable {
		e.say(rule, Error, p.Pos, p.Message, p.Hint)
	}
	for _, w := range e.Workflows {
		if slices.ContainsFunc(w.Jobs, (*workflow.Job).Judges) {
			return
		}
	}
	e.say(rule, Error, source.Pos{File: workflow.Folder}, "no workflow runs Assay", "assay init drafts one")
}

// lookAtPullRequest: somewhere pull requests must be judged.
func (e *examination) lookAtPullRequest(rule string) {
	var idle *workflow.Workflow
	for _, w := range e.Workflows {
		if !slices.ContainsFunc(w.Jobs, (*workflow.Job).Judges) {
			continue
		}
		if w.Trigger("pull_request") != nil || w.Trigger("pull_request_target") != nil {
			return
		}
		if w.Trigger("workflow_call") != nil {
			e.report(rule, Unknown, w, w.On, "other workflows call this one: whether pull requests are judged was not looked at", "look at the events of those that call it")
			return
		}
		idle = w
	}
	if idle != nil {
		e.report(rule, Error, idle, idle.On, "no workflow that runs Assay starts on pull requests", "add pull_request under on", trigger(idle, "pull_request")...)
	}
}

// lookAtTarget: pull_request_target has a token that writes, and secrets; with the pull request's code beside them they are that
// code's.
func (e *examination) lookAtTarget(rule string) {
	for _, w := range e.judgingWorkflows() {
		if t := w.Trigger("pull_request_target"); t != nil {
			var fix []change.Edit
			if w.Trigger("pull_request") == nil {
				fix = replaced(w, t.At, "pull_request")
			}
			e.report(rule, Error, w, t.At, "pull_request_target runs with a token that writes, and with secrets; what Assay judges here is code of the pull request",
				"start it on pull_request, and publish results of forks by assay init --forks", fix...)
		}
	}
}

// lookAtFilters: a workflow that a filter skips reports nothing, and a check that is required waits for it for ever.
func (e *examination) lookAtFilters(rule string) {
	for _, w := range e.judgingWorkflows() {
		t := w.Trigger("pull_request")
		if t == nil {
			continue
		}
		for _, key := range []string{"paths", "paths-ignore", "branches", "branches-ignore"} {
			filter := t.Filter.Key(key)
			if filter == nil || strings.HasPrefix(key, "branches") && e.isFor(t.Filter) {
				continue
			}
			level, what := Warning, "where the check is required, it waits for ever"
			if slices.ContainsFunc(w.Jobs, e.isRequired) {
				level, what = Error, "its check is required, and waits for ever"
			} else if e.Rules != nil {
				continue
			}
			e.report(rule, level, w, filter, fmt.Sprintf("a pull request that %s leaves out does not start this workflow; %s", key, what),
				"remove the filter: a job that if: skips passes, a workflow that a filter skips does not")
		}
	}
}

// isFor reports a filter of branches that lets the default branch through, as far as names without patterns tell.
func (e *examination) isFor(filter *workflow.Value) bool {
	named := func(key string) bool {
		list := filter.Get(key)
		return list.Text() == e.DefaultBranch || slices.ContainsFunc(list.Items(), func(v *workflow.Value) bool {
			return v.Text() == e.DefaultBranch || strings.Trim(v.Text(), "*") == ""
		})
	}
	if filter.Get("branches") != nil {
		return named("branches")
	}
	return !named("branches-ignore")
}

// lookAtQueue: a merge queue waits for checks that only merge_group starts.
func (e *examination) lookAtQueue(rule string) {
	for _, w := range e.judgingWorkflows() {
		if w.Trigger("merge_group") != nil || e.Rules != nil && !e.Rules.MergeQueue {
			continue
		}
		level, message := Warning, "without merge_group a merge queue waits for this check for ever"
		if e.Rules != nil {
			level, message = Error, fmt.Sprintf("branch %s has a merge queue, which waits for this check for ever", e.DefaultBranch)
		}
		e.report(rule, level, w, w.On, message, "add merge_group under on", trigger(w, "merge_group")...)
	}
}

// lookAtPush: what pull requests are compared with is stored by runs on the branch itself.
func (e *examination) lookAtPush(rule string) {
	judging := e.judgingWorkflows()
	if len(judging) == 0 {
		return
	}
	for _, w := range e.Workflows {
		t := w.Trigger("push")
		if t == nil || !slices.ContainsFunc(w.Jobs, (*workflow.Job).Judges) {
			continue
		}
		isForTags := t.Filter.Get("tags") != nil && t.Filter.Get("branches") == nil
		if !isForTags && e.isFor(t.Filter) {
			return
		}
	}
	e.report(rule, Warning, judging[0], judging[0].On, "no run on "+e.DefaultBranch+" stores a result: pull requests are compared with committed metrics alone, and have no history",
		"add push: {branches: ["+e.DefaultBranch+"]} under on")
}

// lookAtSchedule: schedules run from the default branch alone.
func (e *examination) lookAtSchedule(rule string) {
	for _, w := range e.Workflows {
		t := w.Trigger("schedule")
		if t == nil || !slices.ContainsFunc(w.Jobs, (*workflow.Job).Judges) {
			continue
		}
		if e.OfDefault == nil {
			e.report(rule, Unknown, w, t.At, "schedules run from the default branch only, and this clone does not have "+e.DefaultBranch, "git fetch origin "+e.DefaultBranch)
			continue
		}
		if _, there := slices.BinarySearch(e.OfDefault, w.Path); !there {
			e.report(rule, Warning, w, t.At, "schedules run from the default branch only, and "+e.DefaultBranch+" does not have this file yet", "it starts once it is merged")
		}
	}
}
