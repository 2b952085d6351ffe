package suite_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/suite"
)

const harnesses = "../../../testdata/suites"

func read(t *testing.T, path string, options suite.Options) suite.Run {
	t.Helper()
	run, err := suite.Read(harnesses, path, options)
	require.NoError(t, err)
	return run
}

func find(t *testing.T, run suite.Run, name string) suite.Suite {
	t.Helper()
	found, ok := run.Suite(name)
	require.True(t, ok, name)
	return found
}

// The expected numbers are those that the harness itself printed, see testdata/suites/README.md; each stands in the file, too, from where it is
// read as Reported.
func TestTheMeanOfTheItemsIsWhatTheHarnessReports(t *testing.T) {
	for name, c := range map[string]struct {
		path, suite, metric string
		format              string
		rows                int
		want                float64
		direction           metric.Direction
	}{
		"lm-eval":                   {"lm-eval/champion", "assay_addition", "acc", suite.LMEval, 20, 0.35, metric.Higher},
		"lm-eval, normalized":       {"lm-eval/challenger", "assay_multiplication", "acc_norm", suite.LMEval, 20, 0.3, metric.Higher},
		"lm-eval, one filter":       {"lm-eval/champion", "assay_words", "exact_match,as-said", suite.LMEval, 20, 0.45, metric.Higher},
		"lm-eval, another filter":   {"lm-eval/champion", "assay_words", "exact_match,number", suite.LMEval, 20, 0, metric.Higher},
		"lm-eval, group":            {"lm-eval/challenger", "assay_arithmetic", "acc", suite.LMEval, 40, 0.35, metric.Higher},
		"Inspect, archive":          {"inspect/champion.eval", "arithmetic", "match", suite.Inspect, 80, 0.75, metric.Higher},
		"Inspect, two epochs":       {"inspect/challenger.eval", "arithmetic", "match", suite.Inspect, 80, 0.65, metric.Higher},
		"Inspect, JSON":             {"inspect/champion.json", "arithmetic", "match", suite.Inspect, 12, 0.75, metric.Higher},
		"Inspect, number":           {"inspect/champion.eval", "arithmetic", "closeness", suite.Inspect, 80, 0.875, ""},
		"promptfoo":                 {"promptfoo/champion.json", "arithmetic", "pass", suite.Promptfoo, 80, 0.75, metric.Higher},
		"promptfoo, score":          {"promptfoo/champion.json", "arithmetic", "score", suite.Promptfoo, 80, 0.8125, metric.Higher},
		"promptfoo, named score":    {"promptfoo/challenger.json", "arithmetic", "exact", suite.Promptfoo, 80, 0.65, metric.Higher},
		"promptfoo, another":        {"promptfoo/champion.json", "arithmetic", "closeness", suite.Promptfoo, 80, 0.875, metric.Higher},
		"NeMo Evaluator":            {"nemo/champion", "arithmetic", "reward", suite.NeMo, 80, 0.75, metric.Higher},
		"NeMo Evaluator, two times": {"nemo/challenger", "arithmetic", "reward", suite.NeMo, 80, 0.65, metric.Higher},
	} {
		t.Run(name, func(t *testing.T) {
			s := find(t, read(t, c.path, suite.Options{}), c.suite)
			require.Empty(t, s.Why)
			require.Equal(t, c.format, s.Format)
			m, err := s.Metric(c.metric)
			require.NoError(t, err)
			require.Len(t, m.Rows, c.rows)
			require.InDelta(t, c.want, m.Mean(), 1e-12)
			require.NotNil(t, m.Reported)
			require.InDelta(t, *m.Reported, m.Mean(), 1e-12)
			require.Empty(t, m.Doubt())
			require.Equal(t, c.direction, m.Direction)
		})
	}
}

func TestItemsAreTheHarnesssOwn(t *testing.T) {
	for path, want := range map[string]suite.Row{
		"inspect/champion.eval":   {Item: "mul-03", Repeat: "2", Category: "multiplication"},
		"promptfoo/champion.json": {Item: "mul-03", Repeat: "2", Category: "multiplication"},
		"nemo/champion":           {Item: "3", Repeat: "1", Category: "multiplication"},
	} {
		s := find(t, read(t, path, suite.Options{}), "arithmetic")
		m, err := s.Metric("")
		require.NoError(t, err)
		require.NotEmpty(t, m.Rows[0].Content)
		for i := range m.Rows {
			m.Rows[i].Content = ""
		}
		require.Contains(t, m.Rows, want, path)
	}
	s := find(t, read(t, "lm-eval/champion", suite.Options{Category: "answer"}), "assay_addition")
	require.Equal(t, "5", s.Metrics[0].Rows[0].Category, "the answer to the first question, 3 plus 2")
	group := find(t, read(t, "lm-eval/champion", suite.Options{}), "assay_arithmetic")
	require.True(t, group.IsGroup)
	require.Equal(t, "assay_addition/0", group.Metrics[0].Rows[0].Item)
	require.Equal(t, "assay_addition", group.Metrics[0].Rows[0].Category)
}

func TestFilesOfOneRunBelongTogether(t *testing.T) {
	require.Equal(t, []string{"assay_addition", "assay_multiplication", "assay_rolling", "assay_words"}, read(t, "lm-eval/champion", suite.Options{}).Names())
	require.Equal(t, []string{"no items of a known form in nemo/champion/arithmetic/runtime_stats.json"}, read(t, "nemo/champion", suite.Options{}).Notes)
	both := read(t, "inspect", suite.Options{})
	require.Contains(t, find(t, both, "arithmetic").Why, "name one of the files")
	_, err := suite.Read(harnesses, "nemo/champion", suite.Options{Format: suite.LMEval})
	require.ErrorContains(t, err, "no evaluation suite is known in it")
	_, err = suite.Read(harnesses, "nowhere", suite.Options{})
	require.ErrorIs(t, err, suite.ErrNotFound)
	_, err = suite.Read(filepath.Join(harnesses, "nowhere"), "x", suite.Options{})
	require.ErrorIs(t, err, suite.ErrNotFound)
	absolute, err := filepath.Abs(harnesses)
	require.NoError(t, err)
	outside, err := suite.Read(t.TempDir(), filepath.Join(absolute, "lm-eval/champion"), suite.Options{})
	require.NoError(t, err)
	require.Len(t, outside.Suites, 5)
}

func TestWhoseAnswersAreMeant(t *testing.T) {
	answer := func(column int, pass bool) string {
		return fmt.Sprintf(`{"promptIdx": %d, "success": %t, "score": 1, "vars": {"q": 1}, "testCase": {"description": "d"}}`, column, pass)
	}
	dir := write(t, map[string]string{
		"p.json":   `{"evalId": "e", "results": {"prompts": [{"provider": "a", "label": "x"}, {"provider": "b", "label": "x"}], "results": [` + answer(0, true) + "," + answer(1, false) + `]}}`,
		"one.json": `{"version": 2, "status": "success", "eval": {"task": "t", "model": "a"}, "samples": [{"id": 1, "epoch": 1, "scores": {"s": {"value": 1}}}]}`,
		"two.json": `{"version": 2, "status": "success", "eval": {"task": "t", "model": "b"}, "samples": [{"id": 1, "epoch": 1, "scores": {"s": {"value": 0}}}]}`,
	})
	for model, want := range map[string]float64{"a": 1, "b": 0} {
		run, err := suite.Read(dir, ".", suite.Options{Model: model})
		require.NoError(t, err)
		for _, name := range []string{"p", "t"} {
			s := find(t, run, name)
			require.Empty(t, s.Why)
			require.Equal(t, model, s.Model)
			require.Len(t, s.Metrics[0].Rows, 1)
			require.InDelta(t, want, s.Metrics[0].Mean(), 0)
		}
	}
	several, err := suite.Read(dir, "p.json", suite.Options{Model: "x"})
	require.NoError(t, err)
	require.Equal(t, "it holds the answers of 2 prompts or providers: name one of a, b, x", several.Suites[0].Why)
	none, err := suite.Read(dir, "p.json", suite.Options{Model: "c"})
	require.NoError(t, err)
	require.Equal(t, "nothing in it is of c; there are: a, b, x", none.Suites[0].Why)
	_, err = suite.Read(dir, "one.json", suite.Options{Model: "c"})
	require.EqualError(t, err, "nothing in it is of c; there are: a")
}

// Tests of promptfoo may have no description, or share one, and their order may differ: the variables tell them apart, and the same again is a repeat.
func TestTestsOfPromptfooAreToldApartByTheirVariables(t *testing.T) {
	answer := func(description string, q int) string {
		return fmt.Sprintf(`{"promptIdx": 0, "success": true, "score": 1, "vars": {"q": %d, "a": 1}, "testCase": {"description": %q}}`, q, description)
	}
	file := func(answers ...string) suite.Run {
		run, err := suite.Read(write(t, map[string]string{"p.json": `{"evalId": "e", "results": {"results": [` + strings.Join(answers, ",") + `]}}`}), "p.json", suite.Options{})
		require.NoError(t, err)
		return run
	}
	names := func(run suite.Run) (all []string) {
		for _, row := range run.Suites[0].Metrics[0].Rows {
			all = append(all, strings.TrimSuffix(row.Item, " "+row.Content)+" "+row.Repeat+" of "+row.Content[:2])
		}
		slices.Sort(all)
		return all
	}
	first := file(answer("", 1), answer("", 2), answer("d", 1), answer("d", 2), answer("own", 3), answer("own", 3))
	require.Len(t, slices.Compact(names(first)), 6)
	require.Equal(t, names(first), names(file(answer("d", 2), answer("own", 3), answer("d", 1), answer("", 2), answer("own", 3), answer("", 1))))
	require.Equal(t, "own", first.Suites[0].Metrics[0].Rows[5].Item)
	require.Equal(t, "2", first.Suites[0].Metrics[0].Rows[5].Repeat)
	require.Regexp(t, "^test [0-9a-f]{16}$", first.Suites[0].Metrics[0].Rows[0].Item)
}

func TestALinkDoesNotLeadOut(t *testing.T) {
	dir := t.TempDir()
	absolute, err := filepath.Abs(filepath.Join(harnesses, "promptfoo/champion.json"))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(absolute, filepath.Join(dir, "out.json")))
	_, err = suite.Read(dir, "out.json", suite.Options{})
	require.ErrorContains(t, err, "escapes")
}

func TestWhichMetric(t *testing.T) {
	run := read(t, "lm-eval/champion", suite.Options{})
	_, err := find(t, run, "assay_words").Metric("exact_match")
	require.EqualError(t, err, "several metrics are called exact_match: exact_match,as-said; exact_match,number")
	_, err = find(t, run, "assay_words").Metric("f1")
	require.EqualError(t, err, `there is no metric "f1"; there are: exact_match,as-said; exact_match,number`)
	_, err = find(t, run, "assay_rolling").Metric("")
	require.EqualError(t, err, "no metric has a score for each item: word_perplexity,none (its items have lists, not one number each)")
	first, err := find(t, run, "assay_words").Metric("")
	require.NoError(t, err)
	require.Equal(t, "exact_match,as-said", first.Name)
}

// write puts files into a folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func TestJSONLines(t *testing.T) {
	dir := write(t, map[string]string{"mine.jsonl": `{"id": 1, "score": true, "category": "a"}
{"id": 2, "score": NaN, "repeat": 3, "input": "what?"}

{"id": "x", "score": -Infinity, "suite": "other", "metric": "loss", "better": "lower", "new": [1, NaN]}
{"id": "y", "score": null, "suite": "other", "metric": "loss"}
{"id": "z", "score": 1e999, "suite": "third"}
{"id": "z", "score": [1], "suite": "fourth"}
`})
	run, err := suite.Read(dir, "mine.jsonl", suite.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"mine", "other", "third", "fourth"}, run.Names())
	rows := find(t, run, "mine").Metrics[0].Rows
	require.Equal(t, suite.Row{Item: "1", Category: "a", Score: 1}, rows[0])
	require.True(t, math.IsNaN(rows[1].Score))
	require.Equal(t, "3", rows[1].Repeat)
	require.NotEmpty(t, rows[1].Content)
	other := find(t, run, "other").Metrics[0]
	require.Equal(t, "loss", other.Name)
	require.Equal(t, metric.Lower, other.Direction)
	require.Equal(t, []suite.Row{{Item: "x", Score: math.Inf(-1)}, {Item: "y", IsNull: true}}, other.Rows)
	require.True(t, math.IsInf(find(t, run, "third").Metrics[0].Rows[0].Score, 1))
	require.Equal(t, "its items have lists, not one number each", find(t, run, "fourth").Metrics[0].Why)
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	results := `{"results": {"t": {"acc,none": 1}}, "configs": {}, "group_subtasks": {"t": []}, "higher_is_better": {"t": {"acc": true}}}`
	sample := `{"doc_id": 0, "doc": {}, "filter": "none", "metrics": ["acc"], "doc_hash": "h", "acc": 1.0}`
	result := `{"problem_idx": 0, "repeat": 0, "reward": 1.0, "metadata": {}, "scoring_details": {}}`
	bundle := `{"run_id": "r", "sdk_version": "0.3.0", "benchmark": {"name": "b", "scores": {"summary": {"mean": 1.0}}}, "n_results": 2}`
	inspect := `{"version": 2, "status": "success", "eval": {"task": "t"}, "results": {"scores": [{"name": "s", "metrics": {"mean": {"value": 1}}}]}, "samples": `
	for name, c := range map[string]struct {
		files map[string]string
		why   string
	}{
		"lines that are none": {map[string]string{"a.jsonl": `{"id": 1, "score": 1}` + "\nnonsense\n{\"id\": 2}}\n"},
			"2 lines cannot be read, the first is a.jsonl:2: invalid character"},
		"a line without a name": {map[string]string{"a.jsonl": `{"id": 1, "score": 1}` + "\n" + `{"id": {}, "score": 1}`}, "a.jsonl:2: id is no text and no number"},
		"no samples":            {map[string]string{"results_1.json": results}, "samples_t_1.jsonl is missing: run lm_eval with --log_samples"},
		"broken samples":        {map[string]string{"results_1.json": results, "samples_t_1.jsonl": sample + "\n{"}, "samples_t_1.jsonl:2: unexpected end of JSON input"},
		"samples of no item":    {map[string]string{"results_1.json": results, "samples_t_1.jsonl": sample + "\n{}"}, "samples_t_1.jsonl:2: it has no doc_id, or no list of metrics"},
		"a bundle alone":        {map[string]string{"eval-1.json": bundle}, "results.jsonl is missing beside eval-1.json"},
		"a bundle of more":      {map[string]string{"eval-1.json": bundle, "results.jsonl": result}, "results.jsonl holds 1 answers, and eval-1.json speaks of 2"},
		"a bundle of nothing":   {map[string]string{"eval-1.json": bundle, "results.jsonl": "\n"}, "results.jsonl holds no item"},
		"a run that failed":     {map[string]string{"log.json": `{"version": 2, "status": "error", "eval": {"task": "t"}, "samples": []}`}, `the run did not end well: its status is "error"`},
		"a log that was taken back": {map[string]string{"log.json": inspect + `[], "invalidated": true}`},
			"the log is marked as invalidated"},
		"a log that ends":     {map[string]string{"log.json": inspect + `[{"id": 1`}, "log.json ends early, at byte"},
		"samples of no id":    {map[string]string{"log.json": inspect + `[{}]}`}, "a sample has no id"},
		"an archive of text":  {map[string]string{"log.eval": "PK\x03\x04nonsense"}, "log.eval: zip: not a valid zip file"},
		"several models":      {map[string]string{"p.json": `{"evalId": "e", "results": {"results": [{"promptIdx": 0}, {"promptIdx": 1}]}}`}, "it holds the answers of 2 prompts or providers"},
		"one task, two files": {map[string]string{"a.jsonl": `{"id": 1, "score": 1, "suite": "t"}`, "b.jsonl": `{"id": 1, "score": 1, "suite": "t"}`}, "t stands in a.jsonl and in b.jsonl: name one of the files"},
	} {
		t.Run(name, func(t *testing.T) {
			run, err := suite.Read(write(t, c.files), ".", suite.Options{})
			require.NoError(t, err)
			var whys []string
			for _, s := range run.Suites {
				whys = append(whys, s.Why)
			}
			require.Contains(t, strings.Join(whys, "\n"), c.why)
		})
	}
}

func TestAnItemThatFailedHasNoScore(t *testing.T) {
	dir := write(t, map[string]string{
		"log.json": `{"version": 2, "status": "success", "eval": {"task": "i"}, "results": {"scores": [{"name": "s", "metrics": {"accuracy": {"value": 0.75}}}]},
			"samples": [{"id": 1, "epoch": 1, "scores": {"s": {"value": "P"}}}, {"id": 2, "epoch": 1, "scores": null, "error": {"message": "x"}}, {"id": 3, "scores": {"s": {"value": {"a": "yes", "b": "2"}}}}]}`,
		"p.json":          `{"evalId": "e", "config": {"description": "p"}, "results": {"results": [{"success": false, "score": 0, "failureReason": 2, "namedScores": {}}]}}`,
		"n/eval-1.json":   `{"sdk_version": "0.3.0", "benchmark": {"name": "n"}, "n_results": 1}`,
		"n/results.jsonl": `{"problem_idx": 0, "repeat": 0, "reward": 0.0, "metadata": {}, "scoring_details": {"error_category": "infra_error"}}`,
	})
	run, err := suite.Read(dir, ".", suite.Options{})
	require.NoError(t, err)
	s := find(t, run, "i")
	require.Equal(t, []suite.Row{{Item: "1", Repeat: "1", Score: 0.5}, {Item: "2", Repeat: "1", IsNull: true}, {Item: "3", IsNull: true}}, s.Metrics[0].Rows)
	require.Equal(t, []string{"s", "a", "b"}, []string{s.Metrics[0].Name, s.Metrics[1].Name, s.Metrics[2].Name})
	require.InDelta(t, 2, s.Metrics[2].Rows[0].Score, 0)
	require.Empty(t, s.Metrics[0].Doubt(), "of what has no mean")
	require.True(t, find(t, run, "p").Metrics[0].Rows[0].IsNull)
	require.True(t, find(t, run, "n").Metrics[0].Rows[0].IsNull)
}

func TestANumberThatIsNotTheMeanIsDoubted(t *testing.T) {
	reported := 0.9
	m := suite.Metric{Name: "f1", Reported: &reported, Rows: []suite.Row{{Score: 1}, {Score: 0}}}
	require.Equal(t, "the harness reports 0.9 for f1, and the mean of its items is 0.5", m.Doubt())
}
