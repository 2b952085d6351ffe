package publish

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/check/audit"
	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/shape"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/train/attach"
)

// Case is what GitHub says about a result, and what is taken from there in place of the file.
type Case struct {
	Config  *config.Config // the base's rules together with the change's
	Rules   union.Result
	Base    record.Base
	Subject finding.Subject
	Enforce bool
	Tool    string
	Started time.Time
}

// Judge makes a result of the numbers of a claimed one: gates, contracts, leakage, comparisons and drift are judged by them anew, and what the rules
// ask for and the claim leaves out blocks. The claim's own words on its model, its subject, its base and its rules are dropped.
func Judge(claimed finding.Result, c Case) (finding.Result, error) {
	result := finding.Result{Version: finding.ResultVersion, Tool: c.Tool, Model: c.Config.Model, Name: c.Config.Name, Subject: c.Subject, Base: c.Base.From,
		Rules: finding.Rules{Source: "head", Config: c.Config.File}, Started: c.Started}
	if c.Rules.State == union.Joined && c.Rules.Accepted == nil {
		result.Rules.Source, result.Rules.Commit = "base", c.Rules.Commit
	}
	if !c.Rules.IsQuiet() {
		result.Steps = append(result.Steps, finding.Step{Name: run.RulesStep, Enforced: c.Enforce, Started: c.Started, Answers: []finding.Answer{c.Rules}})
	}
	if data, ok := stepOf(claimed, run.DataStep); ok {
		result.Steps = append(result.Steps, finding.Step{Name: run.DataStep, Enforced: c.Enforce, Started: c.Started, Answers: outlines(data.Answers)})
	}
	for _, name := range run.Wanted(c.Config) {
		claim, _ := stepOf(claimed, name)
		answers, err := c.answers(name, claim.Answers)
		if err != nil {
			return finding.Result{}, err
		}
		if len(answers) == 0 {
			continue // nothing is asked of it
		}
		result.Steps = append(result.Steps, finding.Step{Name: name, Enforced: c.Enforce && c.Config.Enforce.Step(name), Started: c.Started, Answers: answers})
	}
	result.Notices = append(result.Notices, origin)
	return result, nil
}

// origin tells whose numbers these are.
const origin = "The numbers come from an unprivileged run of this pull request. Assay held them against the rules of the base, and cannot know how they came about."

func stepOf(r finding.Result, name string) (finding.Step, bool) {
	i := slices.IndexFunc(r.Steps, func(s finding.Step) bool { return s.Name == name })
	if i < 0 {
		return finding.Step{}, false
	}
	return r.Steps[i], true
}

// outlines are what the data looked like. What it is compared with would be the claim's own word.
func outlines(claimed []finding.Answer) []finding.Answer {
	var all []finding.Answer
	for _, answer := range claimed {
		if outline, ok := answer.(shape.Result); ok {
			outline.Base = nil
			all = append(all, outline)
		}
	}
	return all
}

// answers are those of one step: of the gates new ones, of other steps the claim's with the verdicts that their numbers bear out, and one that blocks
// for what is missing.
func (c Case) answers(step string, claimed []finding.Answer) ([]finding.Answer, error) {
	if step == "gate" {
		judged := c.gates(claimed)
		return []finding.Answer{judged, audit.Audit(judged)}, nil
	}
	claimed = slices.DeleteFunc(slices.Clone(claimed), isProse)
	for _, answer := range claimed {
		if !slices.Contains(kinds[step], bare(answer).Kind()) {
			return nil, fmt.Errorf("the step %s holds an answer of the kind %q, which it never gives", step, bare(answer).Kind())
		}
	}
	if step == "compare" {
		claimed = c.recount(claimed)
	}
	var untold []string
	if isJudgedAnew(step) {
		claimed, untold = anew(c.Config, step, claimed)
	}
	if missing := append(missing(c.Config, step, claimed), untold...); len(missing) > 0 {
		claimed = append(claimed, run.Skipped{Step: step, Why: "the result does not say what came of " + strings.Join(missing, ", ")})
	}
	return claimed, nil
}

// recount counts the looks at the test sets of comparisons anew. One whose level is laxer than the rules then ask for does not count.
func (c Case) recount(claimed []finding.Answer) []finding.Answer {
	past := compare.Past{Seen: c.Base.Seen, Run: c.Subject.RunNumber}
	for i, answer := range claimed {
		spec, marked := c.Config.Compare, false
		if _, marked = answer.(run.OfBase); marked {
			spec = c.Config.CompareOfBase
		}
		if spec == nil {
			continue
		}
		var r finding.Answer
		var err error
		switch claim := bare(answer).(type) {
		case compare.Result:
			r, err = claim.Recounted(past, spec.Looks)
		case compare.Suites:
			r, err = claim.Recounted(past, spec.Looks)
		default:
			continue
		}
		switch {
		case err != nil:
			claimed[i] = run.Skipped{Step: "compare", Why: err.Error()}
		case marked:
			claimed[i] = run.OfBase{Answer: r}
		default:
			claimed[i] = r
		}
	}
	return claimed
}

// isProse reports a text that training wrote for people: a stranger's does not stand in a comment of the repository's own.
func isProse(answer finding.Answer) bool { return answer.Kind() == (attach.Result{}).Kind() }

// declaresRows reports whether the rules say of how many rows a metric is a share.
func (c Case) declaresRows(name string) bool {
	return slices.ContainsFunc(c.Config.Gates, func(g gate.Spec) bool { return g.Metric == name && g.Rows > 0 })
}

// gates holds the claimed metrics against the limits. How sure they are is as much a claim as they themselves, but where the rules say of how
// many rows they are.
func (c Case) gates(claimed []finding.Answer) gate.Result {
	head, spread := metric.Set{Values: map[string]metric.Value{}}, map[string]gate.Spread{}
	for _, answer := range claimed {
		old, ok := bare(answer).(gate.Result)
		if !ok {
			continue
		}
		for _, m := range old.Metrics {
			if m.Head != nil {
				head.Values[m.Name] = *m.Head
			}
			if m.Spread != nil && !c.declaresRows(m.Name) {
				spread[m.Name] = *m.Spread
			}
		}
		head.Ignored = append(head.Ignored, old.Ignored...)
	}
	return gate.Check(c.Config.Gates, run.GateInput(c.Config, c.Base, head, spread))
}
