package finding_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
)

// toy is a step's answer that no program knows.
type toy struct {
	Outcome finding.Outcome `json:"outcome"`
	Cause   finding.Cause   `json:"cause,omitempty"`
}

func (toy) Kind() string { return "toy" }
func (a toy) Findings() []finding.Finding {
	f := finding.Finding{Rule: "toy", Subject: "x", Outcome: a.Outcome}
	if a.Cause != "" {
		f = f.NotRunIf(a.Cause, false)
	}
	return []finding.Finding{f}
}
func (a toy) Blocks() []finding.Block { return []finding.Block{finding.Line{Outcome: a.Outcome}} }

var decoders = map[string]finding.Decoder{"toy": finding.DecodeAs[toy]}

func step(name string, enforced bool, answers ...finding.Answer) finding.Step {
	return finding.Step{Name: name, Enforced: enforced, Answers: answers}
}

func TestSeverityIsATable(t *testing.T) {
	order := []finding.Outcome{finding.Pass, finding.Warn, finding.NotRun, finding.Fail, finding.Unknown}
	for i := range order[1:] {
		require.Negative(t, order[i].Compare(order[i+1]))
		require.Equal(t, order[i+1], finding.Worst(order[i+1], order[i]))
	}
	require.Equal(t, finding.Unknown, finding.Worst(), "nobody decided")
	require.Positive(t, finding.Outcome(200).Compare(finding.Fail), "an outcome that does not exist")
}

func TestOutcomesSurviveText(t *testing.T) {
	for o := finding.Unknown; o <= finding.NotRun; o++ {
		text, err := o.MarshalText()
		require.NoError(t, err)
		var back finding.Outcome
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, o, back)
	}
	require.Error(t, new(finding.Outcome).UnmarshalText([]byte("passed")))
}

func TestWhatMakesARunRed(t *testing.T) {
	for name, c := range map[string]struct {
		steps []finding.Step
		red   bool
	}{
		"no step":                        {nil, true},
		"a step without findings":        {[]finding.Step{step("a", true)}, true},
		"pass":                           {[]finding.Step{step("a", true, toy{Outcome: finding.Pass})}, false},
		"warn":                           {[]finding.Step{step("a", true, toy{Outcome: finding.Warn})}, false},
		"fail":                           {[]finding.Step{step("a", true, toy{Outcome: finding.Pass}, toy{Outcome: finding.Fail})}, true},
		"unknown":                        {[]finding.Step{step("a", true, toy{})}, true},
		"no base yet":                    {[]finding.Step{step("a", true, toy{Cause: finding.NoBase})}, false},
		"too few rows":                   {[]finding.Step{step("a", true, toy{Cause: finding.TooFewRows})}, false},
		"NaN":                            {[]finding.Step{step("a", true, toy{Cause: finding.NotFinite})}, true},
		"a missing metric":               {[]finding.Step{step("a", true, toy{Cause: finding.Missing})}, true},
		"a failure that is not enforced": {[]finding.Step{step("a", false, toy{Outcome: finding.Fail})}, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.red, finding.Result{Steps: c.steps}.Red())
		})
	}
}

func TestAFileCannotClaimAVerdict(t *testing.T) {
	result := finding.Result{Version: finding.ResultVersion, Model: "m", Steps: []finding.Step{step("a", true, toy{Outcome: finding.Fail})}}
	data, err := json.Marshal(result)
	require.NoError(t, err)
	var forged map[string]any
	require.NoError(t, json.Unmarshal(data, &forged))
	require.Equal(t, "fail", forged["verdict"])
	forged["verdict"], forged["red"] = "pass", false
	forged["steps"].([]any)[0].(map[string]any)["verdict"] = "pass"
	forged["steps"].([]any)[0].(map[string]any)["findings"] = []any{}
	data, err = json.Marshal(forged)
	require.NoError(t, err)
	back, err := finding.Decode(data, decoders)
	require.NoError(t, err)
	require.Equal(t, finding.Fail, back.Verdict())
	require.True(t, back.Red())
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":         `{`,
		"another version": `{"version": 2}`,
		"an unknown kind": `{"version": 1, "steps": [{"name": "a", "details": [{"kind": "new", "value": {}}]}]}`,
		"a wrong value":   `{"version": 1, "steps": [{"name": "a", "details": [{"kind": "toy", "value": []}]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := finding.Decode([]byte(text), decoders)
			require.Error(t, err)
		})
	}
}

func TestMergeReplacesAStepWhereItStands(t *testing.T) {
	early := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	first := finding.Result{Started: early, Seconds: 1, Base: finding.Base{Source: "commit", Commit: "abc"},
		Steps: []finding.Step{step("validate", true, toy{Outcome: finding.Fail}), step("train", true, toy{Outcome: finding.Pass})}}
	second := finding.Result{Started: early.Add(time.Minute), Seconds: 2, Base: finding.Base{Source: "none"},
		Steps: []finding.Step{step("validate", true, toy{Outcome: finding.Pass}), step("gate", true, toy{Outcome: finding.Pass})}}
	merged := first.Merge(second)
	require.Equal(t, []string{"validate", "train", "gate"}, []string{merged.Steps[0].Name, merged.Steps[1].Name, merged.Steps[2].Name})
	require.Equal(t, finding.Pass, merged.Verdict())
	require.Equal(t, early, merged.Started)
	require.InDelta(t, 3, merged.Seconds, 0)
	require.Equal(t, "abc", merged.Base.Commit)
	require.Equal(t, finding.Fail, first.Verdict(), "the first result is left as it was")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"version": 1, "steps": [{"name": "a", "enforced": true, "details": [{"kind": "toy", "value": {"outcome": "fail"}}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		result, err := finding.Decode(data, decoders)
		if err != nil {
			return
		}
		again, err := json.Marshal(result)
		require.NoError(t, err)
		back, err := finding.Decode(again, decoders)
		require.NoError(t, err)
		require.Equal(t, result.Red(), back.Red())
	})
}
