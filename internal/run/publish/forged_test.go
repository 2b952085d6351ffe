package publish_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/finding"
)

// The rules that ask for more than gates.
const (
	tables      = "data: {a: {path: a.csv}, b: {path: b.csv}}\n"
	comparing   = tables + "compare: {champion: a, challenger: b, label: y, key: [id], need: not-worse, margin: 0.02, critical: [{metric: recall, margin: 0.05}]}\n"
	drifting    = tables + "drift: {reference: a, current: b}\n"
	asEvidently = tables + "drift: {reference: a, current: b, mode: evidently, evidently: {stattest: psi, threshold: 0.2}}\n"
	contracting = tables + "validate:\n  - {table: a, contract: contract.yaml}\n"
	leaking     = tables + "validate:\n  - leakage: {train: a, test: b}\n"
	contract    = "version: 1\nrows: {min: 10}\ncolumns:\n  - {name: x, type: integer, nullable: false, min: 0, mostly: 0.9}\n  - {name: y, unique: true}\n"
)

func p(v float64) *float64 { return &v }

// comparison is one that is not worse by its interval.
func comparison() compare.Result {
	return compare.Result{Champion: "a", Challenger: "b", Need: "not-worse", Rows: 500,
		Primary:  &compare.Measure{Metric: "accuracy", Rows: 500, Low: -0.01, Gain: 0.01, High: 0.03, Margin: 0.02, Verdict: compare.NotWorse},
		Critical: []compare.Measure{{Metric: "recall", Rows: 500, Low: -0.03, Gain: 0, High: 0.03, Margin: 0.05, NotWorseP: 0.001, WorseP: 0.999, Verdict: compare.NotWorse}}}
}

// drifted is a comparison of one column without drift.
func drifted() drift.Result {
	return drift.Result{Reference: "a", Current: "b", ReferenceRows: 900, CurrentRows: 900, Significance: 0.05, Correction: drift.BenjaminiHochberg, Minimum: 0.1, Detect: 0.2, Tests: 1,
		Checks: []drift.Check{{Column: "x", Rule: "distribution", P: p(0.4), Adjusted: p(0.4), Effect: p(0.03), Noise: p(0.06), Minimum: 0.1,
			Unit: "share of rows that would have to move", Outcome: finding.Pass, Message: "column x"}}}
}

func scored() evidently.Result {
	return evidently.Result{Reference: "a", Current: "b", DriftShare: 0.5, Columns: []evidently.Column{{Name: "x", Type: evidently.Numerical, Method: "psi", Score: p(0.1), Threshold: p(0.2)}}}
}

// kept is a contract that is kept.
func promised() schema.Result {
	done := func(rule, column, asked string, broken, of int64) schema.RuleDone {
		return schema.RuleDone{Rule: rule, Column: column, Asked: asked, Broken: broken, Of: of, Outcome: finding.Pass, Message: "no row breaks it"}
	}
	return schema.Result{Table: "a", Contract: "contract.yaml", Rows: 100, Rules: []schema.RuleDone{done("rows", "", "at least 10 rows", 0, 0), done("type", "x", "type integer", 0, 0),
		done("nullable", "x", "no nulls", 0, 100), done("min", "x", "≥ 0, mostly 0.9", 7, 90), done("unique", "y", "unique", 0, 100)}}
}

func leakage() leak.Result {
	return leak.Result{Train: "a", Test: "b", Rows: 100, Checks: []leak.Check{{Rule: "shared-rows", Share: p(0), Outcome: finding.Pass, Message: "none"}}}
}

// claimed adds a step to the claim of a good model.
func claimed(t *testing.T, step string, answer finding.Answer) []githubtest.RunArtifact {
	return changed(t, 0.9, func(r *finding.Result) {
		r.Steps = append(r.Steps, finding.Step{Name: step, Enforced: true, Answers: []finding.Answer{answer}})
	})
}

// forgery is a claim that says pass where its own numbers, held against the base's rules, do not.
func forgery[A finding.Answer](name, more, step string, honest func() A, forge func(*A)) hostile {
	return hostile{name: name, more: more, red: true, make: func(t *testing.T) []githubtest.RunArtifact {
		answer := honest()
		forge(&answer)
		return claimed(t, step, answer)
	}}
}

func forgeries() []hostile {
	return []hostile{
		forgery("a comparison that calls worse better", comparing, "compare", comparison, func(r *compare.Result) {
			r.Primary.Low, r.Primary.Gain, r.Primary.High, r.Primary.Verdict = -0.2, -0.1, -0.05, compare.Better
		}),
		forgery("a comparison by its own margin", comparing, "compare", comparison, func(r *compare.Result) { r.Primary.Low, r.Primary.Margin = -0.03, 0.5 }),
		forgery("a comparison that needs less", tables+"compare: {champion: a, challenger: b, label: y, key: [id]}\n", "compare", comparison, func(*compare.Result) {}),
		forgery("a comparison of another metric", comparing, "compare", comparison, func(r *compare.Result) { r.Primary.Metric = "precision" }),
		forgery("a comparison whose gain lies outside of its interval", comparing, "compare", comparison, func(r *compare.Result) { r.Primary.Gain = -0.5 }),
		forgery("a comparison without its critical metric", comparing, "compare", comparison, func(r *compare.Result) { r.Critical = nil }),
		forgery("a critical metric whose p-value denies its interval", comparing, "compare", comparison, func(r *compare.Result) { r.Critical[0].Low = -0.2 }),
		forgery("a critical metric by its own margin", comparing, "compare", comparison, func(r *compare.Result) { r.Critical[0].Margin = 0.5 }),
		forgery("drift that calls itself none", drifting, "drift", drifted, func(r *drift.Result) { r.Checks[0].P, r.Checks[0].Effect = p(1e-9), p(0.5) }),
		forgery("drift with its own corrected p-value", drifting, "drift", drifted, func(r *drift.Result) {
			r.Checks[0].P, r.Checks[0].Adjusted, r.Checks[0].Effect, r.Correction = p(1e-9), p(1), p(0.5), "holm"
		}),
		forgery("drift by its own limits", drifting, "drift", drifted, func(r *drift.Result) {
			r.Checks[0].P, r.Checks[0].Effect, r.Checks[0].Minimum, r.Minimum, r.Significance = p(1e-9), p(0.5), 1, 1, 1e-300
		}),
		forgery("drift that only warns", drifting, "drift", drifted, func(r *drift.Result) {
			r.Checks[0].P, r.Checks[0].Effect, r.Checks[0].Outcome, r.Severity = p(1e-9), p(0.5), finding.Warn, finding.SeverityWarn
		}),
		forgery("drift of which all columns may", drifting, "drift", drifted, func(r *drift.Result) {
			one := 1
			r.Checks[0].P, r.Checks[0].Effect, r.Checks[0].Outcome, r.Allowed = p(1e-9), p(0.5), finding.Warn, &drift.Allowed{Columns: &one}
		}),
		forgery("drift by the other mode", asEvidently, "drift", drifted, func(*drift.Result) {}),
		forgery("a score beyond its threshold", asEvidently, "drift", scored, func(r *evidently.Result) { r.Columns[0].Score = p(0.3) }),
		forgery("a threshold of its own", asEvidently, "drift", scored, func(r *evidently.Result) { r.Columns[0].Score, r.Columns[0].Threshold = p(0.3), p(9) }),
		forgery("a share of its own", asEvidently, "drift", scored, func(r *evidently.Result) { r.Columns[0].Score, r.DriftShare = p(0.3), 1 }),
		forgery("a stattest of its own", asEvidently, "drift", scored, func(r *evidently.Result) { r.Columns[0].Method = "ks" }),
		forgery("a broken contract that passes", contracting, "validate", promised, func(r *schema.Result) { r.Rules[2].Broken = 3 }),
		forgery("a contract that allows more", contracting, "validate", promised, func(r *schema.Result) { r.Rules[3].Broken, r.Rules[3].Asked = 20, "≥ 0, mostly 0.5" }),
		forgery("a contract that looked at more values than rows", contracting, "validate", promised, func(r *schema.Result) { r.Rules[3].Of = 1 << 40 }),
		forgery("a contract that only warns", contracting, "validate", promised, func(r *schema.Result) { r.Rules[1].Outcome = finding.Warn }),
		forgery("a contract with too few rows", contracting, "validate", promised, func(r *schema.Result) { r.Rows = 5 }),
		forgery("a contract without one of its rules", contracting, "validate", promised, func(r *schema.Result) { r.Rules = r.Rules[:4] }),
		forgery("a contract without a column", contracting, "validate", promised, func(r *schema.Result) {
			r.Rules = append(r.Rules[:4:4], schema.RuleDone{Rule: "required", Column: "y", Asked: "required", Outcome: finding.Warn})
		}),
		forgery("leaked rows that pass", leaking, "validate", leakage, func(r *leak.Result) { r.Checks[0].Share = p(0.5) }),
		forgery("leaked rows that are counted and not shared", leaking, "validate", leakage, func(r *leak.Result) { r.Checks[0].Count = 50 }),
	}
}

// The same claims, as honest runs make them, pass: none of the above is red for another reason.
func TestHonestClaimsPass(t *testing.T) {
	for name, c := range map[string]struct {
		more, step string
		answer     finding.Answer
	}{
		"a comparison": {comparing, "compare", comparison()}, "drift": {drifting, "drift", drifted()}, "drift as Evidently has it": {asEvidently, "drift", scored()},
		"a contract": {contracting, "validate", promised()}, "leakage": {leaking, "validate", leakage()},
	} {
		s := newStage(t, claimed(t, c.step, c.answer)...)
		s.add(c.more)
		done := s.publish(t)
		require.NoError(t, done[0].Refused, name)
		require.False(t, done[0].Result.Red(), "%s: %s", name, s.State().Comments[0].Body)
	}
}

// add gives each commit more rules.
func (s *stage) add(more string) {
	for _, files := range s.history.Files {
		files["assay.yaml"] += more
		files["contract.yaml"] = contract
	}
}
