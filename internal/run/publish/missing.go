package publish

import (
	"cmp"
	"slices"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/check/evolve"
	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/train/baseline"
	"github.com/assay-ml/assay/internal/train/confusion"
	"github.com/assay-ml/assay/internal/train/custom"
	"github.com/assay-ml/assay/internal/train/smoke"
)

// kinds are the answers that each step gives, besides the gates, which are held against the numbers anew.
var kinds = map[string][]string{
	"validate": {schema.Result{}.Kind(), leak.Result{}.Kind(), evolve.Result{}.Kind(), run.Unreadable{}.Kind(), run.Skipped{}.Kind()},
	"train":    {smoke.Result{}.Kind(), baseline.Result{}.Kind(), run.Unreadable{}.Kind(), run.Skipped{}.Kind()},
	"custom":   {custom.Result{}.Kind(), run.Skipped{}.Kind()},
	"compare":  {compare.Result{}.Kind(), compare.Suites{}.Kind(), run.Unreadable{}.Kind(), run.Skipped{}.Kind()},
	"report":   {confusion.Result{}.Kind(), run.Skipped{}.Kind()},
	"drift":    {drift.Result{}.Kind(), evidently.Result{}.Kind(), run.Unreadable{}.Kind(), run.Skipped{}.Kind()},
}

// bare is an answer without the mark of the base's rules.
func bare(answer finding.Answer) finding.Answer {
	if marked, ok := answer.(run.OfBase); ok {
		return marked.Answer
	}
	return answer
}

// missing names what the rules ask of a step and no answer tells. An answer that the step did not run, or that a table cannot be read, blocks by
// itself and stands for all of them.
func missing(c *config.Config, step string, answers []finding.Answer) []string {
	told := map[string]int{}
	for _, answer := range answers {
		switch answer := bare(answer).(type) {
		case run.Skipped, run.Unreadable:
			return nil
		case compare.Suites:
			for _, name := range answer.Subjects() {
				told[name]++
			}
		default:
			if len(answer.Findings()) > 0 {
				told[subject(answer)]++
			}
		}
	}
	var left []string
	for _, wanted := range wanted(c, step) {
		if told[wanted] == 0 && !slices.Contains(left, wanted) {
			left = append(left, wanted)
		}
		told[wanted]--
	}
	return left
}

// subject is what an answer tells of.
func subject(answer finding.Answer) string {
	switch answer := answer.(type) {
	case schema.Result:
		return "contract " + answer.Contract + " on " + answer.Table
	case leak.Result:
		return "leakage " + answer.Train + " to " + answer.Test
	case custom.Result:
		return "step " + answer.Name
	case compare.Result:
		return "compare " + answer.Champion + " with " + answer.Challenger + ", " + string(cmp.Or(answer.Need, compare.NeedBetter))
	case drift.Result:
		return "drift " + answer.Reference + " to " + answer.Current
	case evidently.Result:
		return "drift " + answer.Reference + " to " + answer.Current
	case smoke.Result, baseline.Result:
		return "train"
	}
	return "" // a remark beside the answers
}

// wanted are the subjects that the rules ask a step for.
func wanted(c *config.Config, step string) []string {
	var all []string
	for _, w := range wants(c, step) {
		all = append(all, w.subject)
	}
	switch step {
	case "train":
		all = append(all, "train")
	case "custom":
		for _, spec := range c.Steps {
			all = append(all, subject(custom.Result{Name: spec.Name}))
		}
	case "compare":
		for _, spec := range []*compare.Spec{c.Compare, c.CompareOfBase} {
			if spec != nil {
				all = append(all, spec.SuiteSubjects()...)
			}
		}
	}
	return all
}
