package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// The rules that a promotion is held against, in the order in which they are told.
const (
	ruleStage     = "stage"
	ruleEvaluated = "evaluated"
	ruleNeeds     = "needs"
	ruleCompare   = "compare"
	ruleOrder     = "stage-before"
	ruleTime      = "minimum-time"
	ruleBranch    = "branches"
	ruleWorkflow  = "workflows"
	ruleActor     = "actors"
	ruleFreeze    = "freeze"
	ruleApprovals = "approvals"
	ruleRollback  = "rollback"
)

// Decide holds a promotion against the policy: every rule is answered, and what could not be told is missing.
func Decide(spec Spec, facts Facts) Decision {
	d := Decision{Model: facts.Model, Version: facts.Version, Stage: facts.Stage, Digest: facts.Digest, Commit: facts.Commit, Policy: spec.Digest(), By: facts.Actor}
	stage, ok := spec.Stages[facts.Stage]
	if !ok {
		d.lack(ruleStage, spec.Pos, fmt.Sprintf("release names no stage %q", facts.Stage), "its stages: "+strings.Join(spec.Order(), ", "))
		return d
	}
	j := judge{spec: spec, stage: stage, facts: facts, Decision: &d}
	j.evaluated()
	j.order()
	j.branch()
	j.who()
	j.freeze()
	j.approvals()
	j.override()
	return d
}

// Rollback holds a way back against the policy: which workflow takes it and for whom. Nothing else is asked, since the version was let in
// before, and a way back must be open when it is needed.
func Rollback(spec Spec, facts Facts) Decision {
	d := Decision{Model: facts.Model, Version: facts.Version, Stage: facts.Stage, Digest: facts.Digest, Commit: facts.Commit, Policy: spec.Digest(), By: facts.Actor}
	stage := spec.Stages[facts.Stage]
	j := judge{spec: spec, stage: stage, facts: facts, Decision: &d}
	j.meet(ruleRollback, stage.Pos, "the version was in "+facts.Stage+" before")
	j.who()
	j.override()
	return d
}

// judge is a decision under way.
type judge struct {
	spec  Spec
	stage Stage
	facts Facts
	*Decision
}

// evaluated asks for the stored result of this very model, and what it must say.
func (j judge) evaluated() {
	told := j.facts.Evaluation
	const hint = "run Assay on that commit with release.artifact naming the model, and register the bytes that it judged"
	switch {
	case j.facts.Digest == "":
		j.lack(ruleEvaluated, j.stage.Pos, "the version's record has no digest of its model: nobody can tell whether it was judged", "register it with the model's file")
		return
	case told.Why != "":
		j.doubt(ruleEvaluated, j.stage.Pos, "whether this model was judged could not be told: "+told.Why, "")
		return
	case told.Value == nil:
		j.lack(ruleEvaluated, j.stage.Pos, fmt.Sprintf("%s judged the model %s", j.nothing(), short(j.facts.Digest)), hint)
		return
	}
	j.meet(ruleEvaluated, j.stage.Pos, fmt.Sprintf("the model %s was judged%s", short(j.facts.Digest), atCommit(told.Value.Commit)))
	for _, name := range j.stage.needs() {
		j.needs(name)
	}
	if need := j.stage.Compare; need != "" {
		j.compared(need)
	}
}

// nothing says whose word would count.
func (j judge) nothing() string {
	if j.spec.Evidence == OfFile {
		return "no named result file"
	}
	return "no check run" + atCommit(j.facts.Commit)
}

func (j judge) needs(name string) {
	step, ok := j.facts.Evaluation.Value.Steps[name]
	switch {
	case !ok:
		j.lack(ruleNeeds, j.stage.Pos, fmt.Sprintf("the result says nothing of the step %s", name), "let the run on that commit do it too")
	case step.Blocks || step.Outcome == finding.Unknown:
		j.lack(ruleNeeds, j.stage.Pos, fmt.Sprintf("the step %s ended in %s", name, step.Outcome), "the report of that run says why")
	default:
		j.meet(ruleNeeds, j.stage.Pos, fmt.Sprintf("the step %s ended in %s", name, step.Outcome))
	}
}

// compared asks for the verdict of every comparison. One that could not be made has none, and blocks its step.
func (j judge) compared(need compare.Need) {
	if !slices.Contains(j.stage.needs(), "compare") {
		j.needs("compare")
	}
	all := j.facts.Evaluation.Value.Compared
	if len(all) == 0 {
		j.lack(ruleCompare, j.stage.Pos, "the result holds no comparison with a champion", "add compare to assay.yaml")
	}
	for _, c := range all {
		message := fmt.Sprintf("%s against %s: %s", c.Challenger, c.Champion, c.Verdict)
		switch c.Verdict.Meets(need) {
		case finding.Pass:
			j.meet(ruleCompare, j.stage.Pos, message)
		case finding.Fail:
			j.lack(ruleCompare, j.stage.Pos, message+"; needed: "+string(need), "")
		default:
			j.doubt(ruleCompare, j.stage.Pos, message+"; needed: "+string(need), "the report says how many rows it would take")
		}
	}
}

// order asks that a version passes through the stage before, and stays there for a while.
func (j judge) order() {
	before := j.spec.Before(j.facts.Stage)
	if before == "" {
		return
	}
	stay, was := j.facts.Stays[before]
	switch {
	case !was && j.stage.AllowSkip:
		j.meet(ruleOrder, j.stage.Pos, fmt.Sprintf("the version was never in %s, and may skip it", before))
	case !was:
		j.lack(ruleOrder, j.stage.Pos, fmt.Sprintf("the version was never in %s", before), fmt.Sprintf("promote it to %s first, or set allow-skip", before))
	default:
		j.meet(ruleOrder, j.stage.Pos, fmt.Sprintf("the version came to %s on %s", before, stay.From.UTC().Format(time.RFC3339)))
	}
	if least := j.stage.MinimumTime; least > 0 && was {
		j.stayed(before, stay, least)
	}
}

func (j judge) stayed(before string, stay Stay, least time.Duration) {
	lasted := stay.lasted(j.facts.Now)
	if lasted >= least {
		j.meet(ruleTime, j.stage.Pos, fmt.Sprintf("it was there for %s, at least %s", lasted.Truncate(time.Second), least))
		return
	}
	hint := "promote it there anew"
	if stay.To.IsZero() {
		hint = "that is so from " + stay.From.Add(least).UTC().Format(time.RFC3339)
	}
	j.lack(ruleTime, j.stage.Pos, fmt.Sprintf("it was in %s for %s, and must be for %s", before, lasted.Truncate(time.Second), least), hint)
}

// branch asks where the commit stands.
func (j judge) branch() {
	allowed, told := j.stage.Branches, j.facts.Branches
	switch {
	case len(allowed) == 0:
	case told.Why != "":
		j.doubt(ruleBranch, j.stage.Pos, "which branches hold the commit could not be told: "+told.Why, "check out with fetch-depth: 0")
	default:
		for _, name := range told.Value {
			if slices.ContainsFunc(allowed, func(pattern string) bool { fits, _ := path.Match(pattern, name); return fits }) {
				j.meet(ruleBranch, j.stage.Pos, fmt.Sprintf("the branch %s holds the commit %.12s", name, j.facts.Commit))
				return
			}
		}
		j.lack(ruleBranch, j.stage.Pos, fmt.Sprintf("no allowed branch holds the commit %.12s", j.facts.Commit), "allowed: "+strings.Join(allowed, ", "))
	}
}

// who asks which workflow promotes, and whom it runs for.
func (j judge) who() {
	if allowed := j.stage.Workflows; len(allowed) > 0 {
		switch {
		case j.facts.Workflow == "":
			j.lack(ruleWorkflow, j.stage.Pos, "no workflow promotes", "allowed: "+strings.Join(allowed, ", "))
		case !slices.Contains(allowed, j.facts.Workflow):
			j.lack(ruleWorkflow, j.stage.Pos, fmt.Sprintf("the workflow %s may not promote", j.facts.Workflow), "allowed: "+strings.Join(allowed, ", "))
		case !j.facts.IsDefault:
			j.lack(ruleWorkflow, j.stage.Pos, fmt.Sprintf("the workflow %s is not the default branch's", j.facts.Workflow), "start it on the default branch")
		default:
			j.meet(ruleWorkflow, j.stage.Pos, fmt.Sprintf("the workflow %s promotes", j.facts.Workflow))
		}
	}
	if allowed := j.stage.Actors; len(allowed) > 0 {
		switch {
		case j.facts.Actor == "":
			j.doubt(ruleActor, j.stage.Pos, "who promotes could not be told", "allowed: "+strings.Join(allowed, ", "))
		case !holds(allowed, j.facts.Actor):
			j.lack(ruleActor, j.stage.Pos, fmt.Sprintf("%s may not promote", j.facts.Actor), "allowed: "+strings.Join(allowed, ", "))
		default:
			j.meet(ruleActor, j.stage.Pos, j.facts.Actor+" promotes")
		}
	}
}

// freeze asks whether the moment is a good one.
func (j judge) freeze() {
	for _, f := range j.stage.Freeze {
		end, isFrozen, err := f.Until(j.facts.Now)
		switch {
		case err != nil: // the config's checks refuse such a window
			j.doubt(ruleFreeze, f.Pos, "whether a freeze is on could not be told: "+err.Error(), "")
		case isFrozen:
			j.lack(ruleFreeze, f.Pos, "frozen"+because(f.Why), "until "+end.Format(time.RFC3339))
		}
	}
	if len(j.stage.Freeze) > 0 && !j.has(ruleFreeze) {
		j.meet(ruleFreeze, j.stage.Pos, "no freeze is on")
	}
}

// override lifts what is missing where somebody whom the policy names asks for it.
func (j judge) override() {
	if j.facts.Override == "" || j.Allowed() || !holds(j.stage.Override, j.facts.Actor) {
		return
	}
	j.Overridden = &Override{By: j.facts.Actor, Reason: j.facts.Override}
}

// holds knows that logins have no case. Nobody is among nobody.
func holds(logins []string, login string) bool {
	return login != "" && slices.ContainsFunc(logins, func(l string) bool { return strings.EqualFold(l, login) })
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func atCommit(commit string) string {
	if commit == "" {
		return ""
	}
	return fmt.Sprintf(" at %.12s", commit)
}

// shortDigest is how many hex digits of a digest people write.
const shortDigest = 12

// short is a digest as people read and write it.
func short(digest string) string {
	hex := strings.TrimPrefix(digest, "sha256:")
	return hex[:min(shortDigest, len(hex))]
}

// lack notes a rule that is not met.
func (d *Decision) lack(rule string, pos source.Pos, message, hint string) {
	d.Checks = append(d.Checks, Check{Rule: rule, Outcome: finding.Fail, Message: message, Hint: hint, Pos: pos})
}

// doubt notes a rule that nobody could answer.
func (d *Decision) doubt(rule string, pos source.Pos, message, hint string) {
	d.Checks = append(d.Checks, Check{Rule: rule, Outcome: finding.NotRun, Message: message, Hint: hint, Pos: pos})
}

// meet notes a rule that is met.
func (d *Decision) meet(rule string, pos source.Pos, message string) {
	d.Checks = append(d.Checks, Check{Rule: rule, Outcome: finding.Pass, Message: message, Pos: pos})
}

func (d *Decision) has(rule string) bool {
	return slices.ContainsFunc(d.Checks, func(c Check) bool { return c.Rule == rule })
}
