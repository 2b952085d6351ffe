package run_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/audit"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/source"
)

// watcher writes down what a run shows while it lasts.
type watcher struct{ seen []string }

func (w *watcher) Begin(step string)     { w.seen = append(w.seen, "begin "+step) }
func (w *watcher) Output() io.Writer     { return io.Discard }
func (w *watcher) End(step finding.Step) { w.seen = append(w.seen, "end "+step.Name) }

// job runs an assay.yaml beside some files.
func job(t *testing.T, files map[string]string, steps ...string) (finding.Result, *watcher, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	c, err := config.Load(filepath.Join(dir, "assay.yaml"))
	require.NoError(t, err)
	w := &watcher{}
	result, err := run.Run(t.Context(), run.Options{Config: c, Steps: steps, Base: record.Base{From: finding.Base{Source: "none", Why: "no git"}},
		Observer: w, Environ: os.Environ(), Enforce: true, Now: time.Now})
	return result, w, err
}

func verdicts(r finding.Result) map[string]string {
	all := map[string]string{}
	for _, step := range r.Steps {
		all[step.Name] = step.Verdict().String()
	}
	return all
}

const table = "id,x\n1,a\n2,b\n"

func TestStepsRunInTheirOrder(t *testing.T) {
	files := map[string]string{"a.csv": table, "metrics.json": `{"auc": 0.9}`, "c.yaml": "version: 1\nprimary-key: [id]\n",
		"assay.yaml": "version: 1\nmodel: m\ndata: {a: a.csv}\ngates: [{metric: auc, at-least: 0.8}]\nvalidate: [{table: a, contract: c.yaml}]\n"}
	result, w, err := job(t, files)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"validate": "pass", "gate": "pass"}, verdicts(result))
	require.Equal(t, []string{"begin validate", "end validate", "begin gate", "end gate"}, w.seen)
	result, _, err = job(t, files, "gate")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"gate": "pass"}, verdicts(result))
}

func TestAStepThatIsNotThereIsTheUsersMistake(t *testing.T) {
	files := map[string]string{"assay.yaml": "version: 1\nmodel: m\ngates: [{metric: auc, at-least: 0.8}]\n"}
	for step, says := range map[string]string{"deploy": "there is no step", "drift": "says nothing of the step drift"} {
		_, _, err := job(t, files, step)
		require.True(t, source.IsUserError(err))
		require.ErrorContains(t, err, says)
	}
}

// Two tables are missing: both are named at once, before any step begins.
func TestMissingTablesAreNamedAtOnceAndFirst(t *testing.T) {
	_, w, err := job(t, map[string]string{"assay.yaml": "version: 1\nmodel: m\ndata: {a: a.csv, b: b.csv}\ndrift: {reference: a, current: b}\n"})
	require.True(t, source.IsUserError(err))
	require.ErrorContains(t, err, "a.csv")
	require.ErrorContains(t, err, "b.csv")
	require.Empty(t, w.seen)
}

// A table that cannot be read spoils the steps that need it and no other.
func TestASpoiledTableIsAFinding(t *testing.T) {
	result, _, err := job(t, map[string]string{"a.csv": table, "b.csv": "id,x\n1,\"open\n", "metrics.json": `{"auc": 0.9}`, "c.yaml": "version: 1\nprimary-key: [id]\n",
		"assay.yaml": "version: 1\nmodel: m\ndata: {a: a.csv, b: b.csv}\nvalidate: [{table: a, contract: c.yaml}]\ngates: [{metric: auc, at-least: 0.8}]\ndrift: {reference: a, current: b}\n"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"validate": "pass", "gate": "pass", "drift": "fail"}, verdicts(result))
	require.True(t, result.Red())
	require.Contains(t, result.Headline().Reason, "table b cannot be read")
}

// The metrics of an earlier training must not pass for those of one that failed.
func TestGatesDoNotJudgeAfterAFailedTraining(t *testing.T) {
	result, _, err := job(t, map[string]string{"metrics.json": `{"auc": 0.9}`,
		"assay.yaml": "version: 1\nmodel: m\ntrain: {command: exit 1, retries: 0}\ngates: [{metric: auc, at-least: 0.8}]\n"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"train": "fail", "gate": "not-run"}, verdicts(result))
	require.True(t, result.Steps[1].Red())
}

func TestMetricsThatAreNotThereBlock(t *testing.T) {
	result, _, err := job(t, map[string]string{"assay.yaml": "version: 1\nmodel: m\ngates: [{metric: auc, at-least: 0.8}]\n"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"gate": "not-run"}, verdicts(result))
	require.True(t, result.Red())
}

// The command reads a sample that is a real file, the same one each time.
func TestTheCommandTrainsOnASample(t *testing.T) {
	rows := "id,y\n"
	for i := range 1000 {
		rows += string(rune('a'+i%2)) + ",x\n"
	}
	files := map[string]string{"train.csv": rows, "assay.yaml": `version: 1
model: m
data: {train: train.csv}
train:
  command: |
    lines=$(wc -l < "$ASSAY_TRAIN"); as=$(grep -c '^"\?a' "$ASSAY_TRAIN")
    echo "{\"lines\": $lines, \"as\": $as, \"asked\": $ASSAY_SAMPLE_ROWS}" > "$ASSAY_METRICS"
  sample: {rows: 100, seed: 5, stratify-by: id}
gates: [{metric: lines, between: [101, 101]}, {metric: as, between: [50, 50]}, {metric: asked, between: [100, 100]}]
`}
	first, _, err := job(t, files)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"train": "pass", "gate": "pass"}, verdicts(first), "a header and a hundred rows, half of them a's")
}

func TestEveryKindOfAnswerHasADecoder(t *testing.T) {
	for kind, decode := range run.Decoders {
		empty := "{}"
		if kind == (run.OfBase{}).Kind() {
			empty = `{"kind": "gate", "value": {}}`
		}
		answer, err := decode([]byte(empty))
		require.NoError(t, err, kind)
		require.Equal(t, kind, answer.Kind())
	}
}

// The predictions of a comparison tell how sure the gated metrics are; predictions of another evaluation than the metrics file's do not.
func TestPredictionsTellWhatGatesWouldNotice(t *testing.T) {
	var champion, challenger strings.Builder
	champion.WriteString("id,label,prediction,score\n")
	challenger.WriteString("id,prediction,score\n")
	for i := range 200 {
		said := i % 2
		if i%10 == 0 {
			said = 1 - said
		}
		fmt.Fprintf(&champion, "%d,%d,%d,%.2f\n", i, i%2, i%2, 0.3+0.4*float64(i%2))
		fmt.Fprintf(&challenger, "%d,%d,%.2f\n", i, said, 0.3+0.4*float64(said))
	}
	files := map[string]string{"a.csv": champion.String(), "b.csv": challenger.String(), "metrics.json": `{"accuracy": 0.9, "auc": 0.5}`,
		"assay.yaml": `version: 1
model: m
data: {a: a.csv, b: b.csv}
gates: [{metric: accuracy, at-least: 0.85, confidence: 0.95}, {metric: auc, at-least: 0.4}]
compare: {champion: a, challenger: b, key: [id], need: not-worse, margin: 0.5, advisory: [auc]}
`}
	for _, steps := range [][]string{nil, {"gate"}} {
		result, _, err := job(t, files, steps...)
		require.NoError(t, err)
		judged, audited := result.Steps[0].Answers[0].(gate.Result), result.Steps[0].Answers[1].(audit.Result)
		require.Equal(t, int64(200), judged.Metrics[0].Spread.Rows)
		require.Contains(t, judged.Findings()[0].Message, "200 rows, per-item results")
		require.Equal(t, audit.FreshRows, audited.Gates[0].Sources[0].Noise)
		require.Nil(t, judged.Metrics[1].Spread, "the file's AUC is not that of the predictions")
		require.Contains(t, audited.Gates[1].Sentence(), "cannot be told")
	}
	files["b.csv"] = "id,prediction,score\n1,0\n"
	result, _, err := job(t, files, "gate")
	require.NoError(t, err)
	require.Equal(t, "not-run", verdicts(result)["gate"], "and no error: the comparison tells of its files")
}

// What had no room in the base's digest would all look new.
func TestDataIsNotComparedWithWhatTheDigestLeftOut(t *testing.T) {
	c, err := config.Parse("assay.yaml", []byte("version: 1\nmodel: m\ngates: [{metric: auc, at-least: 0.8}]\n"), nil)
	require.NoError(t, err)
	c.Dir = t.TempDir()
	for want, leftOut := range map[string][]string{"0 things changed in the data and parameters since 0123456789ab": nil, "0 tables and 0 parameters were looked at": {"tables"}} {
		result, err := run.Run(t.Context(), run.Options{Config: c, Outline: true, Observer: &watcher{}, Now: time.Now,
			Base: record.Base{Digest: &record.Digest{Commit: "0123456789abcdef", LeftOut: leftOut}}})
		require.NoError(t, err)
		require.Equal(t, want, result.Steps[0].Findings()[0].Message)
	}
}
