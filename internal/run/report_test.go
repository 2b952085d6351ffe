package run_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/attach"
	"github.com/assay-ml/assay/internal/train/confusion"
)

const shown = `version: 1
model: m
train: {command: "sh train.sh"}
report:
  attach: [card.md]
  predictions: {path: p.csv, label: y, prediction: p}
`

// What training leaves is read after it, and what it does not leave blocks nothing.
func TestTheReportShowsWhatTrainingLeft(t *testing.T) {
	const metrics = `echo '{"auc": 0.9}' >"$ASSAY_METRICS"; `
	for name, c := range map[string]struct {
		script, verdict, card, classes string
	}{
		"all is there":         {metrics + `printf '# Card' >card.md; printf 'y,p\na,a\n' >p.csv`, "pass", "", ""},
		"nothing is there":     {metrics, "warn", "it is not there", "there is no such file in the config's folder"},
		"links lead out":       {metrics + `ln -s /etc/passwd card.md; ln -s /etc/passwd p.csv`, "warn", "it lies outside of the config's folder, or cannot be read", "there is no such file in the config's folder"},
		"the file is no table": {metrics + `printf '# Card' >card.md; printf 'y,p\n"a,a\n\x00' >p.csv`, "warn", "", "p.csv"},
		"training failed":      {`printf '# Card' >card.md; exit 1`, "warn", "training failed", "training failed"},
	} {
		t.Run(name, func(t *testing.T) {
			result, _, err := job(t, map[string]string{"assay.yaml": shown, "train.sh": c.script})
			require.NoError(t, err)
			step := result.Steps[len(result.Steps)-1]
			require.Equal(t, "report", step.Name)
			require.Equal(t, c.verdict, step.Verdict().String())
			require.False(t, step.Red())
			classes, card := step.Answers[0].(confusion.Result), step.Answers[1].(attach.Result)
			require.Equal(t, c.card, card.Why)
			require.Contains(t, classes.Why, c.classes)
			require.Equal(t, c.classes == "", classes.Why == "")
			require.Contains(t, []finding.Outcome{finding.Pass, finding.Warn}, classes.Findings()[0].Outcome)
		})
	}
}

func TestTheReportWithoutTrainingShowsWhatIsCommitted(t *testing.T) {
	result, _, err := job(t, map[string]string{"assay.yaml": "version: 1\nmodel: m\ngates: [{metric: auc, at-least: 0}]\nreport: {attach: [card.md]}\n", "card.md": "# Card\n", "metrics.json": `{"auc": 1}`})
	require.NoError(t, err)
	require.Equal(t, "# Card\n", result.Steps[1].Answers[0].(attach.Result).Text)
}

// The places of the base's rules are in files that the change may have otherwise: no surface links to them.
func TestRowsOfTheBasesRulesNameNoPlace(t *testing.T) {
	answer := schema.Result{Rules: []schema.RuleDone{{Outcome: finding.Fail, Pos: source.Pos{File: "contract.yaml", Line: 3}}}}
	require.True(t, answer.Blocks()[0].(finding.Table).Rows[0].Pos.IsKnown())
	require.False(t, run.OfBase{Answer: answer}.Blocks()[1].(finding.Table).Rows[0].Pos.IsKnown())
}
