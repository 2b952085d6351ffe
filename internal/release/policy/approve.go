package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// approve begins a comment that approves.
const approve = "/assay approve "

// Request is the comment by which somebody approves a version of a digest for a stage.
func Request(model, version, stage, digest string) string {
	return fmt.Sprintf("%s%s@%s --to %s --digest %s", approve, model, version, stage, short(digest))
}

// words split a comment's line; more than one space between words is nobody's mistake.
var words = regexp.MustCompile(`\s+`)

// Approves reports whether a comment approves this version, of this digest, for this stage. The comment names all of them: a word for
// one model is none for another that takes its version. A digest may be longer than what Request writes, not shorter.
func Approves(comment string, facts Facts) bool {
	for line := range strings.Lines(comment) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), approve)
		if !ok {
			continue
		}
		said := words.Split(strings.TrimSpace(rest), -1)
		if len(said) != 5 || said[0] != facts.Model+"@"+facts.Version || said[1] != "--to" || said[2] != facts.Stage || said[3] != "--digest" {
			continue
		}
		given := strings.TrimPrefix(said[4], "sha256:")
		if len(given) >= shortDigest && strings.HasPrefix(strings.TrimPrefix(facts.Digest, "sha256:"), given) {
			return true
		}
	}
	return false
}

// approvals asks who has agreed: people of the policy's choice, each once, who neither made the version nor promote it. Those that were read
// count, also where others could not be.
func (j judge) approvals() {
	asked, told := j.stage.Approvals, j.facts.Approvals
	if asked == nil {
		return
	}
	var not []string
	for _, a := range told.Value {
		switch why := j.refuses(*asked, a); {
		case why != "":
			not = append(not, why)
		case !slices.ContainsFunc(j.Approvals, func(b Approval) bool { return strings.EqualFold(a.By, b.By) }):
			j.Approvals = append(j.Approvals, a)
		}
	}
	message := fmt.Sprintf("%d of %d approvals", len(j.Approvals), asked.count())
	if names := j.Approvers(); names != "" {
		message += ": " + names
	}
	if len(j.Approvals) >= asked.count() {
		j.meet(ruleApprovals, asked.Pos, message)
		return
	}
	if told.Why != "" {
		not = append(not, "not all could be read: "+told.Why)
	}
	j.lack(ruleApprovals, asked.Pos, strings.Join(append([]string{message}, not...), "; "), asked.wanted(j.facts.Stage))
	if asked.Allows(ByComment) && j.facts.Digest != "" {
		j.Checks[len(j.Checks)-1].Command = Request(j.facts.Model, j.facts.Version, j.facts.Stage, j.facts.Digest)
	}
}

// wanted says whose word would count, and in which way.
func (a Approvals) wanted(stage string) string {
	who := "anybody with write permission who is neither the author nor promotes"
	if len(a.From) > 0 {
		who = "who counts: " + strings.Join(a.From, ", ") + ", but neither the author nor who promotes"
	}
	var ways []string
	for _, way := range Ways() {
		if !a.Allows(way) {
			continue
		}
		if way == ByEnvironment {
			way += " " + a.Reviewed(stage)
		}
		ways = append(ways, way)
	}
	return who + "; by " + strings.Join(ways, " or ")
}

// refuses says why an approval does not count, "" where it does.
func (j judge) refuses(asked Approvals, a Approval) string {
	switch {
	case a.By == "" || a.IsBot:
		return "a bot approves nothing"
	case !asked.Allows(a.Way):
		return fmt.Sprintf("%s's %s is no way to approve here", a.By, a.Way)
	case a.Way == ByEnvironment && !strings.EqualFold(a.Environment, asked.Reviewed(j.facts.Stage)):
		return fmt.Sprintf("%s approved the environment %s", a.By, a.Environment)
	case holds(j.facts.Authors, a.By):
		return a.By + " is an author of the version"
	case strings.EqualFold(j.facts.Actor, a.By):
		return a.By + " promotes it"
	case len(asked.From) > 0:
		return asked.isFrom(a)
	case a.MayWrite.Why != "":
		return fmt.Sprintf("what %s may do could not be told: %s", a.By, a.MayWrite.Why)
	case !a.MayWrite.Value:
		return a.By + " may not write to the repository"
	}
	return ""
}

// isFrom says why somebody is none of those whom the policy names, "" where the person is one.
func (a Approvals) isFrom(by Approval) string {
	why := by.By + " is none of those who count"
	for _, name := range a.From {
		if !strings.Contains(name, "/") {
			if strings.EqualFold(name, by.By) {
				return ""
			}
			continue
		}
		switch in := by.Teams[name]; {
		case in.Why != "":
			why = fmt.Sprintf("whether %s is in %s could not be told: %s", by.By, name, in.Why)
		case in.Value:
			return ""
		}
	}
	return why
}

// Teams are those that the policy names for a stage.
func (s Stage) Teams() []string {
	if s.Approvals == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Approvals.From), func(name string) bool { return !strings.Contains(name, "/") })
}
