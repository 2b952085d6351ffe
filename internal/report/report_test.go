package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/source"
)

var update = flag.Bool("update", false, "write the golden files")

// toy is a step that no renderer knows. That every surface shows it is what keeps steps and renderers apart.
type toy struct {
	findings []finding.Finding
	blocks   []finding.Block
}

func (toy) Kind() string                  { return "toy" }
func (t toy) Findings() []finding.Finding { return t.findings }
func (t toy) Blocks() []finding.Block     { return t.blocks }

// toyOf is a toy that has s in every place where a string from outside can stand.
func toyOf(s string) toy {
	return toy{
		findings: []finding.Finding{
			{Rule: s, Subject: s, Outcome: finding.Fail, Message: s, Hint: s, Pos: source.Pos{File: "assay.yaml", Line: 3, Column: 5}},
			finding.Finding{Rule: s, Subject: s, Message: s}.NotRunIf(finding.TooFewRows, false),
			{Rule: s, Subject: s, Outcome: finding.Pass, Message: s},
		},
		blocks: []finding.Block{
			finding.Line{Outcome: finding.Fail, Text: s},
			finding.Table{Title: s, Header: []string{"name", s, "value", "Δ", "text", "verdict"}, Rows: []finding.Row{
				{Outcome: finding.Fail, Cells: []finding.Cell{finding.Name(s), finding.Rule(s), finding.Number{Value: 0.5, Unit: s}, finding.Delta{Value: -0.1, Unit: s, Trend: finding.TrendWorse}, finding.Text(s), finding.Verdict(finding.Fail)}},
				{Outcome: finding.Pass, Cells: []finding.Cell{finding.Name(s), finding.Place(source.Pos{File: s, Line: 1}), finding.Share(0.25), finding.Absent{}, finding.Text(s), finding.Verdict(finding.Pass)}},
			}},
			finding.Histogram{Title: s, Labels: []string{s, "b"}, Series: []finding.Series{{Name: s, Values: []float64{0.4, 0.6}}, {Name: "current", Values: []float64{0.7, 0.3}}}},
			finding.Note{Text: s},
			finding.Note{Text: s, Command: "/assay accept " + s},
			finding.Timeline{Title: s, Unit: s, Values: []float64{0.7, math.NaN(), 0.8, 0.75}},
			finding.Attachment{Name: s},
			finding.Output{Title: s, Lines: []string{s, "done"}},
			finding.Fold{Title: s, Blocks: []finding.Block{finding.Note{Text: s}}},
		},
	}
}

const runURL = "https://github.com/owner/repo/actions/runs/1"

func resultOf(s string, answers ...finding.Answer) finding.Result {
	return finding.Result{Version: finding.ResultVersion, Tool: "v1.2.3", Model: s, Name: s, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seconds: 12.3,
		Subject: finding.Subject{Repository: "owner/repo", Event: "pull_request", HeadSHA: "0123456789abcdef0123456789abcdef01234567", PullRequest: 7, RunURL: runURL},
		Rules:   finding.Rules{Source: "head", Config: "assay.yaml"}, Base: finding.Base{Source: "commit", Commit: "fedcba9876543210fedcba9876543210fedcba98", Path: s},
		Steps: []finding.Step{{Name: "toy", Enforced: true, Seconds: 1.5, Answers: answers}}, Notices: []string{s}}
}

type render func(io.Writer, finding.Result) error

var renderers = map[string]render{
	"md":    func(w io.Writer, r finding.Result) error { return report.Markdown(w, r, report.Comment) },
	"html":  report.HTML,
	"xml":   report.JUnit,
	"sarif": report.SARIF,
	"txt":   func(w io.Writer, r finding.Result) error { return report.Text(w, r, report.TextOptions{Width: 100}) },
}

func draw(t *testing.T, format string, r finding.Result) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, renderers[format](&b, r))
	return b.String()
}

// fixture is a run in which everything happens that a reader can meet.
func fixture() finding.Result {
	r := resultOf("german-credit", toyOf("column age"))
	r.Steps = append(r.Steps,
		finding.Step{Name: "quiet", Enforced: true, Answers: []finding.Answer{toy{findings: []finding.Finding{{Rule: "r", Subject: "s", Outcome: finding.Pass, Message: "all is well"}},
			blocks: []finding.Block{finding.Line{Outcome: finding.Pass, Text: "all is well"}}}}},
		finding.Step{Name: "observed", Answers: []finding.Answer{toy{findings: []finding.Finding{{Rule: "r", Subject: "s", Outcome: finding.Fail, Message: "it blocks nothing"}},
			blocks: []finding.Block{finding.Line{Outcome: finding.Fail, Text: "it blocks nothing"}}}}})
	return r
}

// ownParts are what is the same on each page: golden files hold the rest.
var ownParts = regexp.MustCompile(`(?s)(<style>|<script>|sha256-).*?(</style>|</script>|&#39;)`)

func TestGoldenFiles(t *testing.T) {
	green := resultOf("german-credit", fixture().Steps[1].Answers...)
	green.Base = finding.Base{Source: "none", Why: "metrics.json is not committed at fedcba987654"}
	green.Notices = nil
	for name, r := range map[string]finding.Result{"red": fixture(), "green": green} {
		for format := range renderers {
			path := filepath.Join("testdata", name+"."+format)
			got := ownParts.ReplaceAllString(draw(t, format, r), "$1…$2")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run go test ./internal/report -update")
			require.Equal(t, string(want), got, path)
		}
	}
}

// A surface that no step knows draws the same blocks: counting them stands for drawing.
func TestANewSurfaceNeedsNoStep(t *testing.T) {
	kinds := map[string]int{}
	var count func([]finding.Block)
	count = func(blocks []finding.Block) {
		for _, block := range blocks {
			switch b := block.(type) {
			case finding.Fold:
				kinds["fold"]++
				count(b.Blocks)
			case finding.Table:
				kinds["table"] += len(b.Rows)
			default:
				kinds["other"]++
			}
		}
	}
	for _, step := range fixture().Steps {
		for _, answer := range step.Answers {
			count(answer.Blocks())
		}
	}
	require.Equal(t, map[string]int{"fold": 1, "table": 2, "other": 10}, kinds)
}

func TestJUnitFailsWhatBlocksAndSkipsWhatDoesNot(t *testing.T) {
	page := draw(t, "xml", fixture())
	require.Contains(t, page, `<testsuites name="Assay german-credit" tests="5" failures="1" errors="0" skipped="2"`)
	require.Contains(t, page, `<skipped message="not enforced: it blocks nothing">`)
	require.Contains(t, draw(t, "xml", resultOf("m")), `<error message="nothing was decided"`)
}

func TestAPageWithoutAWebAddressHasNoLink(t *testing.T) {
	r := fixture()
	r.Subject.RunURL = "javascript:alert(1)"
	require.NotContains(t, draw(t, "html", r), "javascript")
	require.NotContains(t, draw(t, "md", r), "javascript")
}

func TestAnnotationsStandAtTheLineOfTheirRule(t *testing.T) {
	at := func(file string, outcome finding.Outcome) finding.Finding {
		return finding.Finding{Rule: "r", Message: "m", Hint: "h", Outcome: outcome, Pos: source.Pos{File: file, Line: 3, Column: 5}}
	}
	r := finding.Result{Steps: []finding.Step{
		{Name: "a", Enforced: true, Answers: []finding.Answer{toy{findings: []finding.Finding{at("w.yaml", finding.Warn), at("f.yaml", finding.Fail), at("p.yaml", finding.Pass),
			at("/etc/passwd", finding.Fail), at("../outside", finding.Fail), {Outcome: finding.Fail, Message: "nowhere"}}}}},
		{Name: "b", Answers: []finding.Answer{toy{findings: []finding.Finding{at("lenient.yaml", finding.Fail)}}}},
	}}
	require.Equal(t, []report.Annotation{
		{Path: "f.yaml", Line: 3, Column: 5, Level: report.Failure, Title: "Assay a: r", Message: "m; h"},
		{Path: "w.yaml", Line: 3, Column: 5, Level: report.Warning, Title: "Assay a: r", Message: "m; h"},
		{Path: "lenient.yaml", Line: 3, Column: 5, Level: report.Warning, Title: "Assay b: r", Message: "m; h"},
	}, report.Annotations(r))
}

// The line of the value says the same again, after all lines of rules of its level.
func TestAnnotationsStandAtTheLineOfTheValueToo(t *testing.T) {
	at := func(rule, value source.Pos) finding.Finding {
		return finding.Finding{Rule: "r", Message: "m", Outcome: finding.Fail, Pos: rule, Measured: value}
	}
	rule, value := source.Pos{File: "assay.yaml", Line: 3}, source.Pos{File: "out/metrics.json", Line: 7, Column: 2}
	r := finding.Result{Steps: []finding.Step{{Name: "a", Enforced: true, Answers: []finding.Answer{toy{findings: []finding.Finding{
		at(rule, value), at(rule, source.Pos{}), at(source.Pos{}, value), at(rule, source.Pos{File: "/tmp/metrics.json", Line: 1}), at(rule, source.Pos{File: "metrics.json"})}}}}}}
	var places []string
	for _, a := range report.Annotations(r) {
		places = append(places, fmt.Sprintf("%s:%d:%d %v", a.Path, a.Line, a.Column, a.OfValue))
	}
	require.Equal(t, []string{"assay.yaml:3:0 false", "assay.yaml:3:0 false", "assay.yaml:3:0 false", "assay.yaml:3:0 false",
		"out/metrics.json:7:2 true", "out/metrics.json:7:2 true"}, places)
}

// What was not measured prints as a dash, and no rounding turns something into nothing or into all.
func TestCellsAreNeverPrettierThanTheyAre(t *testing.T) {
	for want, cell := range map[string]finding.Cell{
		"—": finding.Absent{}, "NaN": finding.Number{Value: math.NaN()}, "−Inf": finding.Number{Value: math.Inf(-1)}, "0": finding.Number{Value: 0},
		"0.12346": finding.Number{Value: 0.123456}, "12,345,678": finding.Count(12_345_678), "−0.02 worse": finding.Delta{Value: -0.02, Trend: finding.TrendWorse},
		"+3 ms": finding.Delta{Value: 3, Unit: "ms"}, "< 0.1 %": finding.Share(1e-9), "> 99.9 %": finding.Share(0.99999), "100.0 %": finding.Share(1), "0.0 %": finding.Share(0),
		"−0.02 … +0.0123": finding.Interval{Low: -0.02, High: 0.012345}, "< 0.0001": finding.PValue(1e-20), "0.0500": finding.PValue(0.05), "could not tell": finding.Verdict(finding.NotRun), "unknown": finding.Verdict(finding.Unknown),
	} {
		r := finding.Result{Steps: []finding.Step{{Name: "s", Enforced: true, Answers: []finding.Answer{toy{blocks: []finding.Block{
			finding.Table{Title: "t", Header: []string{"cell"}, Rows: []finding.Row{{Outcome: finding.Fail, Cells: []finding.Cell{cell}}}}}}}}}}
		require.Contains(t, strings.Split(draw(t, "txt", r), "\n"), "    "+want)
	}
}

// Every result that we write fits the schema that ships beside the config's, and nothing else does.
func TestResultsFitTheirSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../schema/report.schema.json")
	require.NoError(t, err)
	measured := resultOf("m", toy{findings: []finding.Finding{{Outcome: finding.Fail, Pos: source.Pos{File: "a", Line: 1}, Measured: source.Pos{File: "m.json", Line: 2, Column: 3}}}})
	for _, r := range []finding.Result{fixture(), {Version: finding.ResultVersion}, resultOf("m"), measured} {
		require.NoError(t, schema.Validate(asJSON(t, r, func(map[string]any) {})))
	}
	for name, spoil := range map[string]func(map[string]any){
		"another version":   func(m map[string]any) { m["version"] = 2 },
		"no verdict":        func(m map[string]any) { delete(m, "verdict") },
		"unknown verdict":   func(m map[string]any) { m["verdict"] = "fine" },
		"unknown field":     func(m map[string]any) { m["passed"] = true },
		"steps of no shape": func(m map[string]any) { m["steps"] = []any{map[string]any{"name": "s"}} },
	} {
		require.Error(t, schema.Validate(asJSON(t, fixture(), spoil)), name)
	}
}

func asJSON(t *testing.T, r finding.Result, change func(map[string]any)) any {
	t.Helper()
	data, err := json.Marshal(r)
	require.NoError(t, err)
	var value map[string]any
	require.NoError(t, json.Unmarshal(data, &value))
	change(value)
	return any(value)
}
