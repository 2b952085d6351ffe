package publish

import (
	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run"
)

// want is one thing that the rules ask for, and how a claimed answer is judged by it. What the answer leaves out is named.
type want struct {
	subject string
	ofBase  bool
	judge   func(finding.Answer) (again finding.Answer, untold []string)
}

// isJudgedAnew reports whether a step's answers hold numbers that say what came of it.
func isJudgedAnew(step string) bool {
	return step == "validate" || step == "compare" || step == "drift"
}

// anew are the answers of a step with their verdicts taken from their numbers, each by the rule that asks for it, and what they leave out. An
// answer that no rule asks for is dropped.
func anew(c *config.Config, step string, claimed []finding.Answer) (answers []finding.Answer, untold []string) {
	open := wants(c, step)
	for _, answer := range claimed {
		_, ofBase := answer.(run.OfBase)
		about := subject(bare(answer))
		if about == "" {
			answers = append(answers, answer)
			continue
		}
		for i, w := range open {
			if w.subject != about || w.ofBase != ofBase {
				continue
			}
			again, left := w.judge(bare(answer))
			if ofBase {
				again = run.OfBase{Answer: again}
			}
			for _, part := range left {
				untold = append(untold, about+": "+part)
			}
			answers, open = append(answers, again), append(open[:i:i], open[i+1:]...)
			break
		}
	}
	return answers, untold
}

// wants are what the rules ask of a step.
func wants(c *config.Config, step string) []want {
	var all []want
	switch step {
	case "validate":
		for _, check := range c.Validate {
			all = append(all, wantOf(check))
		}
	case "compare":
		for _, spec := range []*compare.Spec{c.Compare, c.CompareOfBase} {
			if spec != nil && spec.HasTables() {
				all = append(all, want{comparison(*spec), spec == c.CompareOfBase, func(a finding.Answer) (finding.Answer, []string) {
					again, untold := a.(compare.Result).Anew(*spec)
					return again, untold
				}})
			}
		}
	case "drift":
		for _, spec := range []*drift.Spec{c.Drift, c.DriftOfBase} {
			if spec != nil {
				all = append(all, want{subject(drift.Result{Reference: spec.Reference, Current: spec.Current}), spec == c.DriftOfBase,
					func(a finding.Answer) (finding.Answer, []string) { return driftAnew(a, *spec, c.RequirePower) }})
			}
		}
	}
	return all
}

func comparison(spec compare.Spec) string {
	return subject(compare.Result{Champion: spec.Champion, Challenger: spec.Challenger, Need: spec.Need})
}

// wantOf is what one check of validate asks for.
func wantOf(check config.Check) want {
	if spec := check.Leakage; spec != nil {
		return want{subject(leak.Result{Train: spec.Train, Test: spec.Test}), check.OfBase, func(a finding.Answer) (finding.Answer, []string) {
			return a.(leak.Result).Anew(*spec), nil
		}}
	}
	return want{subject(schema.Result{Table: check.Table, Contract: check.Contract}), check.OfBase, func(a finding.Answer) (finding.Answer, []string) {
		again, untold := a.(schema.Result).Anew(*check.Promises, check.Tags)
		return again, untold
	}}
}

// driftAnew judges by the rules of the mode that the spec asks for; an answer by those of the other tells nothing.
func driftAnew(answer finding.Answer, spec drift.Spec, requirePower bool) (again finding.Answer, untold []string) {
	var rules evidently.Spec
	if spec.Evidently != nil {
		rules = *spec.Evidently
	}
	switch a := answer.(type) {
	case drift.Result:
		if spec.Mode != drift.ModeEvidently {
			return a.Anew(spec, requirePower), nil
		}
	case evidently.Result:
		if spec.Mode == drift.ModeEvidently {
			judged, untold := a.Anew(rules)
			judged.Severity, judged.Pos = spec.Severity, spec.Pos
			return judged, untold
		}
	}
	return answer, []string{"by the mode " + string(spec.Mode)}
}
