package report_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html/atom"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/evolve"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/attach"
	"github.com/assay-ml/assay/internal/train/confusion"
	"github.com/assay-ml/assay/internal/train/smoke"
)

const (
	headSHA = "0123456789abcdef0123456789abcdef01234567"
	baseSHA = "fedcba9876543210fedcba9876543210fedcba98"
)

func at(line int) source.Pos { return source.Pos{File: "assay.yaml", Line: line, Column: 5} }

func limit(t *testing.T, text string, line int) *source.Number {
	t.Helper()
	n, err := source.ParseNumber(text, at(line))
	require.NoError(t, err)
	return &n
}

// gated holds auc and loss against the limits of a small project; a base of NaN is none.
func gated(t *testing.T, auc, base float64, history ...float64) gate.Result {
	t.Helper()
	in := gate.Input{Head: metric.Set{Values: map[string]metric.Value{"auc": metric.Value(auc), "loss": 0.41, "latency_p95": 12}}, Describe: func(string) metric.Declaration {
		return metric.Declaration{Direction: metric.Higher}
	}}
	if math.IsNaN(base) {
		in.NoBase = "metrics.json is not committed at " + baseSHA[:12]
	} else {
		in.Base = map[string]metric.Value{"auc": metric.Value(base), "loss": 0.41, "latency_p95": 11}
	}
	for _, v := range history {
		in.History = append(in.History, map[string]metric.Value{"auc": metric.Value(v)})
	}
	return gate.Check([]gate.Spec{{Metric: "auc", AtLeast: limit(t, "0.75", 12), MaxDrop: limit(t, "0.01", 13)}, {Metric: "loss", AtMost: limit(t, "0.5", 14)}}, in)
}

// promised is a contract on a table of 1,000 rows, of which some rules are broken.
func promised(broken ...string) schema.Result {
	r := schema.Result{Table: "train", Contract: "contract.yaml", Rows: 1000, Files: 1}
	for i, column := range []string{"age", "amount", "purpose", "duration", "risk"} {
		done := schema.RuleDone{Rule: "nullable", Column: column, Asked: "no nulls", Pos: source.Pos{File: "contract.yaml", Line: 5 + i, Column: 3}, Outcome: finding.Pass, Message: "no nulls", Of: 1000}
		for j, name := range broken {
			if name == column {
				done.Outcome, done.Broken, done.Message = finding.Fail, int64(3+j), fmt.Sprintf("%d of 1000 values are null", 3+j)
				done.Examples = []schema.Example{{File: "train.csv", Row: 17, Null: true}}
			}
		}
		r.Rules = append(r.Rules, done)
	}
	return r
}

func drifted(moved bool) drift.Result {
	p, small, none, effect := 0.62, 1e-9, 0.01, 0.34
	r := drift.Result{Reference: "train", Current: "current", ReferenceRows: 1000, CurrentRows: 800, Significance: 0.05, Correction: drift.BenjaminiHochberg, Minimum: 0.1, Detect: 0.2, NullShare: 0.05, Tests: 2, Pos: at(20)}
	r.Checks = []drift.Check{{Column: "age", Rule: "distribution", Test: "Kolmogorov-Smirnov", P: &p, Adjusted: &p, Effect: &none, Outcome: finding.Pass, Message: "age is alike"},
		{Column: "amount", Rule: "distribution", Test: "Kolmogorov-Smirnov", P: &p, Adjusted: &p, Effect: &none, Outcome: finding.Pass, Message: "amount is alike"}}
	if moved {
		r.Checks[1].P, r.Checks[1].Adjusted, r.Checks[1].Effect = &small, &small, &effect
		r.Checks[1].Outcome, r.Checks[1].Message = finding.Fail, "amount drifted: 34 % of the rows would have to move"
	}
	return r
}

func ruleChanges() union.Result {
	r := union.Result{Commit: baseSHA, Config: "assay.yaml", State: union.Joined, Changes: []union.Change{
		{Rule: "gate auc", Effect: union.Loosened, Before: "≥ 0.75", After: "≥ 0.7", Pos: at(12)}, {Rule: "gate f1", Effect: union.Removed, Before: "≥ 0.5"},
		{Rule: "train", Effect: union.Shown, Before: "python train.py", After: "python train2.py", Pos: at(8)}}}
	r.Word = r.ID(headSHA)
	return r
}

func step(name string, answers ...finding.Answer) finding.Step {
	return finding.Step{Name: name, Enforced: true, Seconds: 1.5, Answers: answers}
}

// judged is a run on a pull request, compared with the result of the base commit.
func judged(steps ...finding.Step) finding.Result {
	r := resultOf("german-credit")
	r.Subject.ServerURL, r.Subject.ReportURL = "https://github.com", runURL+"/artifacts/4"
	r.Rules = finding.Rules{Source: "base", Commit: baseSHA, Config: "assay.yaml"}
	r.Base = finding.Base{Source: "result", Commit: baseSHA}
	r.Steps, r.Notices = steps, nil
	return r
}

// compared is a challenger that is better, but for one region; looks is how often the workflow ran on this test set.
func compared(looks int64, sharper bool) compare.Result {
	measure := func(metric string, champion, challenger, half float64) compare.Measure {
		gain := challenger - champion
		m := compare.Measure{Metric: metric, Rows: 1500, Units: 1500, Champion: champion, Challenger: challenger, Gain: gain, Low: gain - half, High: gain + half, P: 0.2,
			NotWorseP: 0.001, WorseP: 0.999, Method: "McNemar mid-p, Newcombe interval", Needed: 2600, Verdict: compare.Better}
		if m.Low <= 0 {
			m.Verdict, m.NotWorseP = compare.Inconclusive, 0.2
		}
		return m
	}
	half, allowed := 0.034, 0.15
	if sharper {
		half = 0.024
	}
	primary, fell := measure("accuracy", 0.7287, 0.756, half), measure("accuracy", 0.719, 0.6446, 0.054)
	fell.Rows, fell.NotWorseP, fell.WorseP, fell.Verdict = 363, 0.999, 0.001, compare.Worse
	rose := measure("accuracy", 0.72, 0.79, 0.03)
	r := compare.Result{Champion: "production", Challenger: "candidate", Need: compare.NeedBetter, Rows: 1500, Primary: &primary, Pos: at(30), Looks: &compare.Looks{Stored: 3, Better: 1, Runs: looks},
		Critical: []compare.Measure{measure("recall", 0.6929, 0.7685, 0.04)},
		Slices:   []compare.Slice{{Column: "region", Level: "south", Measure: rose}, {Column: "region", Level: "north", Measure: fell}},
		Fairness: []compare.Disparity{{Column: "sex", Groups: 2, Measure: measure("demographic-parity-difference", 0.05, 0.06, 0.03), ChallengerLow: 0.02, ChallengerHigh: 0.1, Limit: &allowed, Pos: at(38)}},
		Flips:    &compare.Flips{Broke: 12, Fixed: 53, BySlice: []compare.FlipCount{{Column: "region", Level: "north", Rows: 363, Broke: 10, Fixed: 2}}}}
	for i := range 12 {
		r.Flips.Examples = append(r.Flips.Examples, compare.Flip{Key: fmt.Sprintf("loan-%03d", 7*i), Kind: "broke", Label: "good", Champion: "good", Challenger: "bad"})
	}
	return r
}

// situations are what a reader of comments meets.
func situations(t *testing.T) map[string]finding.Result {
	t.Helper()
	came := smoke.Result{Command: "python train.py", Allowed: 1, Attempts: []smoke.Attempt{{Seconds: 41}}, Pos: at(8)}
	failed := smoke.Result{Command: "python train.py", Allowed: 1, Attempts: []smoke.Attempt{{Cause: smoke.ExitedNonZero, Reason: "it ended with exit code 1", Seconds: 2}}, Pos: at(8),
		Output: []string{"Traceback (most recent call last):", `  File "train.py", line 3, in <module>`, "ModuleNotFoundError: No module named 'sklearn'"}}
	first := judged(step("rules", union.Result{Commit: baseSHA, Config: "assay.yaml", State: union.New}), step("validate", promised()), step("train", came), step("gate", gated(t, 0.78, math.NaN())))
	first.Rules, first.Base = finding.Rules{Source: "head", Config: "assay.yaml"}, finding.Base{Source: "none", Why: "metrics.json is not committed at " + baseSHA[:12]}
	accepted := ruleChanges()
	accepted.Accepted = &union.Acceptance{By: "lead", How: "comment", Reason: "the old limit was a guess"}
	observed := judged(step("validate", promised("age")), step("gate", gated(t, 0.7, 0.78)))
	for i := range observed.Steps {
		observed.Steps[i].Enforced = false
	}
	warned := gated(t, 0.76, 0.78)
	for i := range warned.Metrics[0].Limits {
		if l := &warned.Metrics[0].Limits[i]; l.Outcome == finding.Fail {
			l.Severity, l.Outcome = finding.SeverityWarn, finding.Warn
		}
	}
	notRun := gated(t, math.NaN(), 0.78)
	evolved := evolve.Result{Old: "contract.yaml at the base", New: "contract.yaml", Severity: finding.SeverityWarn, Changes: []evolve.Change{
		{Column: "age", Key: "max", Effect: evolve.Breaking, Before: "100", After: "120", Pos: source.Pos{File: "contract.yaml", Line: 5, Column: 9}}}}
	fork := judged(step("gate", gated(t, 0.78, 0.78)))
	fork.Notices = []string{"no comment: the token lacks pull-requests: write (a fork's token always does)"}
	return map[string]finding.Result{
		"first-pull-request": first,
		"pass":               judged(step("validate", promised()), step("train", came), step("gate", gated(t, 0.79, 0.78, 0.75, 0.76, 0.78)), step("drift", drifted(false))),
		"fail":               judged(step("validate", promised()), step("train", came), step("gate", gated(t, 0.74, 0.78, 0.79, 0.785, 0.78)), step("drift", drifted(false))),
		"warn":               judged(step("gate", warned)),
		"not-run":            judged(step("gate", notRun)),
		"not-enforced":       observed,
		"contract-broken":    judged(step("validate", promised("age", "purpose", "duration")), step("gate", gated(t, 0.78, 0.78))),
		"contract-changed":   judged(step("validate", evolved, promised()), step("gate", gated(t, 0.78, 0.78))),
		"drift":              judged(step("gate", gated(t, 0.78, 0.78)), step("drift", drifted(true))),
		"training-failed":    judged(step("train", failed), step("gate", run.Skipped{Step: "gate", Why: "training failed"})),
		"rules-loosened":     judged(step("rules", ruleChanges()), step("gate", gated(t, 0.78, 0.78))),
		"rules-accepted":     judged(step("rules", accepted), step("gate", gated(t, 0.78, 0.78))),
		"read-only-token":    fork,
		"challenger-better":  judged(step("train", came), step("gate", gated(t, 0.78, 0.78)), step("compare", compared(9, true))),
		"challenger-unclear": judged(step("train", came), step("gate", gated(t, 0.78, 0.78)), step("compare", compared(60, false))),
		"own-part": judged(step("gate", gated(t, 0.78, 0.78)), step("report", confusion.Result{Path: "out/predictions.csv", Rows: 200, Classes: []string{"good", "bad"}, Counts: [][]int64{{120, 20}, {25, 35}}},
			attach.Result{Path: "out/card.md", Text: card}, attach.Result{Path: "out/roc.png"}, attach.Result{Path: "out/absent.md", Why: "it is not there"})),
		"suites": judged(step("compare", suites(t))),
		"huge":   judged(step("gate", gated(t, 0.74, 0.78)), step("validate", hugeContract())),
	}
}

// suites are two runs of lm-eval and of Inspect: one suite has no numbers of its items, and one is missing.
func suites(t *testing.T) compare.Suites {
	t.Helper()
	margin, err := source.ParseNumber("0.3", source.Pos{})
	require.NoError(t, err)
	tenth, err := source.ParseNumber("0.1", source.Pos{})
	require.NoError(t, err)
	no := false
	r, err := compare.CompareSuites(t.Context(), "../../testdata/suites", compare.Spec{Need: compare.NeedNotWorse, Suites: []compare.SuiteSpec{
		{Champion: "inspect/champion.eval", Challenger: "inspect/challenger.eval", Role: compare.RolePrimary, Margin: &margin, Pos: at(20)},
		{Champion: "lm-eval/champion", Challenger: "lm-eval/challenger", Tasks: []string{"assay_arithmetic", "assay_rolling"}, Margin: &margin, RelativeMargin: &tenth, Pos: at(21)},
		{Champion: "lm-eval/champion", Challenger: "lm-eval/challenger", Tasks: []string{"gsm8k"}, Role: compare.RoleAdvisory, Required: &no, Pos: at(22)},
		{Name: "nearness", Champion: "promptfoo/champion.json", Challenger: "promptfoo/challenger.json", Tasks: []string{"arithmetic"}, Metric: "closeness", Role: compare.RoleAdvisory, Pos: at(23)},
	}}, compare.Past{}, nil, "")
	require.NoError(t, err)
	return r
}

// card is what a model's author may attach, with what does not come through.
const card = "# Model card\n\nLogistic regression by @octocat, see #12 and [the paper](https://evil.example/paper).\n\n![curve](https://evil.example/x.png)\n\n" +
	"- trained on 1,000 rows\n  - of two classes\n- <b>fast</b>\n\n| column | use |\n| --- | --- |\n| age | **yes** |\n\n```python\nmodel.fit(x, y)\n```\n\n> <script>alert(1)</script>\n"

// hugeContract has more broken rules than a comment has room for.
func hugeContract() schema.Result {
	r := promised()
	for i := range 400 {
		r.Rules = append(r.Rules, schema.RuleDone{Rule: "nullable", Column: fmt.Sprintf("column_%04d", i), Asked: "no nulls", Outcome: finding.Fail, Broken: 7, Of: 1000, Message: "7 of 1000 values are null"})
	}
	return r
}

// The golden files are the comments as people read them; each has been looked at as GitHub would show it (docs/preview).
func TestTheCommentInEverySituation(t *testing.T) {
	all := situations(t)
	require.GreaterOrEqual(t, len(all), 12)
	for name, r := range all {
		t.Run(name, func(t *testing.T) {
			budget := report.Comment
			if name == "huge" {
				budget = 6000 // in proportion: 65,000 characters are no reading
			}
			page := markdownOf(t, r, budget)
			path := filepath.Join("testdata", "comment", name+".md")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path, []byte(page), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run go test ./internal/report -update")
			require.Equal(t, string(want), page)
			requireReadable(t, r, page)
		})
	}
}

// requireReadable holds what every comment has: the verdict first, everything else folded, links that lead somewhere.
func requireReadable(t *testing.T, r finding.Result, page string) {
	t.Helper()
	requireWhole(t, r, strings.ReplaceAll(page, runURL+"/artifacts/4", "https://github.com/owner/repo/artifacts/1"), true)
	root := rendered(t, page)
	folds := 0
	for _, fold := range elements(root, atom.Details) {
		if len(elements(fold, atom.B)) > 0 {
			folds++
		}
	}
	require.Equal(t, len(r.Steps), folds, "a fold for each step")
	for _, link := range elements(root, atom.A) {
		require.Regexp(t, `^https://github.com/owner/repo/(actions/runs/1|blob/`+headSHA+`/(assay|contract)\.yaml#L[0-9]+$)`, attribute(link, "href"))
		require.NotEmpty(t, words(link))
	}
	require.Empty(t, elements(root, atom.Img))
}
