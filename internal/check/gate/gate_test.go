package gate_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

func num(t *testing.T, text string) *source.Number {
	t.Helper()
	n, err := source.ParseNumber(text, source.Pos{File: "assay.yaml", Line: 3, Column: 7})
	require.NoError(t, err)
	return &n
}

func check(spec gate.Spec, head, base map[string]metric.Value) gate.Result {
	return gate.Check([]gate.Spec{spec}, gate.Input{Head: metric.Set{Values: head}, Base: base,
		Describe: metric.Spec{}.Describe})
}

func TestLimits(t *testing.T) {
	nan, inf := metric.Value(math.NaN()), metric.Value(math.Inf(1))
	for name, c := range map[string]struct {
		spec  gate.Spec
		head  metric.Value
		base  *metric.Value
		want  finding.Outcome
		cause finding.Cause
	}{
		"at the lower limit":             {spec: gate.Spec{AtLeast: num(t, "0.85")}, head: 0.85, want: finding.Pass},
		"below the lower limit":          {spec: gate.Spec{AtLeast: num(t, "0.85")}, head: 0.8499999999999999, want: finding.Fail},
		"below, but only a warning":      {spec: gate.Spec{AtLeast: num(t, "0.85"), Severity: "warn"}, head: 0.8, want: finding.Warn},
		"at the upper limit":             {spec: gate.Spec{AtMost: num(t, "50")}, head: 50, want: finding.Pass},
		"above the upper limit":          {spec: gate.Spec{AtMost: num(t, "50")}, head: 50.00001, want: finding.Fail},
		"at an end of between":           {spec: gate.Spec{Between: []source.Number{*num(t, "0"), *num(t, "1")}}, head: 1, want: finding.Pass},
		"outside of between":             {spec: gate.Spec{Between: []source.Number{*num(t, "0"), *num(t, "1")}}, head: -0.1, want: finding.Fail},
		"NaN never passes at-least":      {spec: gate.Spec{AtLeast: num(t, "0")}, head: nan, want: finding.NotRun, cause: finding.NotFinite},
		"infinity never passes at-least": {spec: gate.Spec{AtLeast: num(t, "0")}, head: inf, want: finding.NotRun, cause: finding.NotFinite},
		"NaN at the base":                {spec: gate.Spec{MaxDrop: num(t, "1")}, head: 1, base: &nan, want: finding.NotRun, cause: finding.NotFinite},
		"no base":                        {spec: gate.Spec{MaxDrop: num(t, "1")}, head: 1, want: finding.NotRun, cause: finding.NoBase},
		// 0.87 − 0.85 is 0.020000000000000018 in binary floating point, and 0.02 as written.
		"a drop of exactly the limit":     {spec: gate.Spec{MaxDrop: num(t, "0.02")}, head: 0.85, base: ptr(0.87), want: finding.Pass},
		"a drop beyond the limit":         {spec: gate.Spec{MaxDrop: num(t, "0.02")}, head: 0.8499, base: ptr(0.87), want: finding.Fail},
		"a rise is no drop":               {spec: gate.Spec{MaxDrop: num(t, "0")}, head: 0.9, base: ptr(0.87), want: finding.Pass},
		"a rise of exactly the limit":     {spec: gate.Spec{MaxRise: num(t, "0.1")}, head: 0.3, base: ptr(0.2), want: finding.Pass},
		"a rise beyond the limit":         {spec: gate.Spec{MaxRise: num(t, "0.1")}, head: 0.30001, base: ptr(0.2), want: finding.Fail},
		"a percentage of a positive base": {spec: gate.Spec{MaxDropPercent: num(t, "10")}, head: 0.81, base: ptr(0.9), want: finding.Pass},
		"more than a percentage":          {spec: gate.Spec{MaxDropPercent: num(t, "10")}, head: 0.8099, base: ptr(0.9), want: finding.Fail},
		// A negative base must not flip the sign: 10 % of |−2| below −2 is −2.2.
		"a percentage of a negative base": {spec: gate.Spec{MaxDropPercent: num(t, "10")}, head: -2.2, base: ptr(-2), want: finding.Pass},
		"more, below a negative base":     {spec: gate.Spec{MaxDropPercent: num(t, "10")}, head: -2.21, base: ptr(-2), want: finding.Fail},
		"a percentage of zero":            {spec: gate.Spec{MaxDropPercent: num(t, "10")}, head: 1, base: ptr(0), want: finding.NotRun, cause: finding.Undefined},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Metric = "m"
			var base map[string]metric.Value
			if c.base != nil {
				base = map[string]metric.Value{"m": *c.base}
			}
			result := check(c.spec, map[string]metric.Value{"m": c.head}, base)
			require.Equal(t, c.want, result.Metrics[0].Limits[0].Outcome)
			require.Equal(t, c.cause, result.Metrics[0].Limits[0].Cause)
			f := result.Findings()[0]
			require.Equal(t, 3, f.Pos.Line, "a finding points at its limit")
			require.Equal(t, c.cause == finding.NoBase, f.Excused)
		})
	}
}

func ptr(v metric.Value) *metric.Value { return &v }

func TestAMissingMetricBlocks(t *testing.T) {
	result := check(gate.Spec{Metric: "auc", AtLeast: num(t, "0.5")}, nil, nil)
	f := result.Findings()[0]
	require.Equal(t, finding.NotRun, f.Outcome)
	require.True(t, f.Blocks())
	require.Contains(t, f.Message, "missing")
}

func TestRequireBaseBlocks(t *testing.T) {
	result := gate.Check([]gate.Spec{{Metric: "auc", MaxDrop: num(t, "0.1")}}, gate.Input{
		Head: metric.Set{Values: map[string]metric.Value{"auc": 1}}, NoBase: "first run",
		Describe: metric.Spec{}.Describe, RequireBase: true})
	require.True(t, result.Findings()[0].Blocks())
}

func TestMetricsWithoutLimitAreListed(t *testing.T) {
	result := check(gate.Spec{Metric: "auc", AtLeast: num(t, "0.5")},
		map[string]metric.Value{"auc": 0.9, "log_loss": 0.4}, map[string]metric.Value{"log_loss": 0.5, "old": 1})
	require.Equal(t, "log_loss", result.Metrics[1].Name)
	require.Equal(t, []string{"old"}, result.Uncompared)
	table := result.Blocks()[0].(finding.Table)
	require.Len(t, table.Rows, 3)
	require.Equal(t, finding.Delta{Value: -0.1, Trend: finding.TrendBetter}, table.Rows[1].Cells[3])
	require.False(t, table.Rows[1].Quiet(), "a changed metric is shown")
}

func TestResultSurvivesItsFile(t *testing.T) {
	result := check(gate.Spec{Metric: "m", AtLeast: num(t, "0.5")}, map[string]metric.Value{"m": metric.Value(math.NaN())}, nil)
	data, err := json.Marshal(result)
	require.NoError(t, err)
	back, err := finding.DecodeAs[gate.Result](data)
	require.NoError(t, err)
	require.Equal(t, result.Findings(), back.Findings())
}

// Findings about a value say where it stands, whatever was wrong with it.
func TestFindingsKnowTheLineOfTheValue(t *testing.T) {
	set, err := metric.Parse("m.json", []byte("{\"auc\": 0.5,\n \"f1\": NaN,\n \"r2\": \"high\"}"))
	require.NoError(t, err)
	result := gate.Check([]gate.Spec{{Metric: "auc", AtLeast: num(t, "0.8")}, {Metric: "r2", AtLeast: num(t, "0.8"), OfBase: true}, {Metric: "none", AtLeast: num(t, "1")}},
		gate.Input{Head: set, Describe: metric.Spec{}.Describe})
	lines := map[string]int{}
	for _, f := range result.Findings() {
		lines[f.Subject] = f.Measured.Line
	}
	require.Equal(t, map[string]int{"auc": 1, "f1": 2, "r2": 3, "none": 0}, lines)
}

func TestSentences(t *testing.T) {
	result := check(gate.Spec{Metric: "auc", AtLeast: num(t, "0.75"), MaxDrop: num(t, "0.02")},
		map[string]metric.Value{"auc": 0.71}, map[string]metric.Value{"auc": 0.78})
	require.Equal(t, "auc is 0.71, below 0.75", result.Findings()[0].Message)
	require.Equal(t, "auc is 0.71, −0.07 from 0.78; at most 0.02 below the base is allowed", result.Findings()[1].Message)
}

func TestWhatIsNoNumberIsListedAndNeverQuiet(t *testing.T) {
	set, err := metric.Parse("m.json", []byte(`{"auc": "high", "f1": NaN, "recall": 0.5, "tags": ["a"]}`))
	require.NoError(t, err)
	limit, err := source.ParseNumber("0.8", source.Pos{})
	require.NoError(t, err)
	result := gate.Check([]gate.Spec{{Metric: "auc", AtLeast: &limit}}, gate.Input{Head: set, Describe: metric.Spec{}.Describe})
	require.Equal(t, []string{"auc", "tags"}, result.Ignored)
	findings := result.Findings()
	require.Len(t, findings, 2)
	require.Equal(t, "auc is in the metrics, but is no number", findings[0].Message)
	require.True(t, findings[0].Blocks())
	require.Equal(t, finding.Warn, findings[1].Outcome, "%s", findings[1].Message)
	require.False(t, result.Blocks()[0].(finding.Table).Rows[1].Quiet(), "NaN under no gate is shown")
}

func TestSmallStepsThatAddUpArePointedOut(t *testing.T) {
	auc := func(values ...float64) []map[string]metric.Value {
		var history []map[string]metric.Value
		for _, v := range values {
			commit := map[string]metric.Value{}
			if v != 0 { // 0: the commit does not have it
				commit["auc"] = metric.Value(v)
			}
			history = append(history, commit)
		}
		return history
	}
	drop := gate.Spec{Metric: "auc", MaxDrop: num(t, "0.02")}
	for name, c := range map[string]struct {
		spec    gate.Spec
		history []map[string]metric.Value
		creeps  bool
	}{
		"steps of 0.01":           {drop, auc(0.86, 0.85, 0.84, 0.83, 0.82, 0.81), true},
		"with gaps":               {drop, auc(0.86, 0, 0.85, 0.84, 0.83, 0, 0.82, 0.81), true},
		"up and down":             {drop, auc(0.80, 0.81, 0.80, 0.81, 0.80, 0.81), false},
		"one lucky beginning":     {drop, auc(0.95, 0.81, 0.80, 0.81, 0.80, 0.81), false},
		"too short to tell":       {drop, auc(0.86, 0.84, 0.82, 0.81), false},
		"an absolute limit":       {gate.Spec{Metric: "auc", AtLeast: num(t, "0.5")}, auc(0.86, 0.85, 0.84, 0.83, 0.82, 0.81), false},
		"upwards, where no limit": {drop, auc(0.70, 0.72, 0.74, 0.76, 0.78, 0.80), false},
		"in percent":              {gate.Spec{Metric: "auc", MaxDropPercent: num(t, "3")}, auc(0.86, 0.85, 0.84, 0.83, 0.82, 0.81), true},
	} {
		t.Run(name, func(t *testing.T) {
			result := gate.Check([]gate.Spec{c.spec}, gate.Input{Head: metric.Set{Values: map[string]metric.Value{"auc": 0.80}},
				Base: c.history[len(c.history)-1], History: c.history, Describe: metric.Spec{}.Describe})
			var said []string
			for _, f := range result.Findings() {
				if f.Rule == "creep" {
					said = append(said, f.Message)
					require.Equal(t, finding.Warn, f.Outcome)
				}
			}
			require.Equal(t, c.creeps, len(said) == 1, said)
			require.Equal(t, "history", result.Blocks()[0].(finding.Table).Header[1])
			require.Len(t, result.Blocks()[0].(finding.Table).Rows[0].Cells[1], len(c.history)+1)
		})
	}
}

// The first metric with a limit is the main one: how it went is a chart, the head last; rules know their line.
func TestTheMainMetricHasAChart(t *testing.T) {
	in := gate.Input{Head: metric.Set{Values: map[string]metric.Value{"auc": 0.9, "f1": 0.5}}, Describe: metric.Spec{}.Describe,
		History: []map[string]metric.Value{{"auc": 0.7}, {"f1": 0.4}, {"auc": 0.8}}}
	blocks := gate.Check([]gate.Spec{{Metric: "auc", AtLeast: num(t, "0.8")}}, in).Blocks()
	chart := blocks[1].(finding.Timeline)
	require.Equal(t, "auc", chart.Title)
	places, values := chart.Measured()
	require.Equal(t, []float64{-3, -1, 0}, places, "at one commit it was not measured")
	require.Equal(t, []float64{0.7, 0.8, 0.9}, values)
	require.Equal(t, source.Pos{File: "assay.yaml", Line: 3, Column: 7}, blocks[0].(finding.Table).Rows[0].Pos)
	require.False(t, blocks[0].(finding.Table).Rows[1].Pos.IsKnown(), "no rule, no line")
	in.History = nil
	require.Len(t, gate.Check([]gate.Spec{{Metric: "auc", AtLeast: num(t, "0.8")}}, in).Blocks(), 1)
	require.Len(t, gate.Check(nil, in).Blocks(), 1, "none is the main one")
}
