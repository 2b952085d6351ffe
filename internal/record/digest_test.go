package record_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/check/shape"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/train/artifact"
)

func value(v float64) *metric.Value { m := metric.Value(v); return &m }

func judged() finding.Result {
	return finding.Result{Model: "m", Name: "n", Subject: finding.Subject{HeadSHA: sha}, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seconds: 1.5,
		Steps: []finding.Step{{Name: "all", Enforced: true, Answers: []finding.Answer{
			gate.Result{Metrics: []gate.Metric{{Name: "auc", Head: value(0.75)}, {Name: "loss", Head: value(math.NaN())}, {Name: "gone"}}},
			schema.Result{Table: "train", Contract: "c.yaml", Rows: 9, Rules: []schema.RuleDone{{Outcome: finding.Pass}, {Outcome: finding.Fail}}},
			shape.Result{Tables: []shape.Outline{{Table: "train", Rows: 9, Columns: []shape.Column{{Name: "a", Type: "BIGINT", Nulls: 1}}}}, Parameters: map[string]string{"lr": "0.1"}},
			drift.Result{Reference: "train", Current: "now", Checks: []drift.Check{{Outcome: finding.Pass}, {Outcome: finding.Fail}, {Outcome: finding.NotRun}}},
			evidently.Result{Reference: "train", Current: "now", Columns: []evidently.Column{
				{Score: new(float64), Threshold: new(float64)}, {Score: new(float64), Threshold: new(float64), Drifted: true}, {Score: new(float64)}, {}}},
			artifact.Result{Path: "model.bin", Digest: "sha256:aa"},
			compare.Result{Champion: "old", Challenger: "new", Primary: &compare.Measure{Verdict: compare.Better}},
			compare.Result{Champion: "old", Challenger: "other"},
		}}}}
}

func TestADigestSurvivesItsText(t *testing.T) {
	digest := record.NewDigest(judged())
	text, complete, err := digest.Encode()
	require.NoError(t, err)
	require.True(t, complete)
	back, err := record.DecodeDigest("What people read.\n\n" + text + "\n")
	require.NoError(t, err)
	require.Equal(t, sha, back.Commit)
	require.True(t, back.Red)
	require.Equal(t, time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), back.Finished)
	require.InDelta(t, 0.75, float64(back.Metrics["auc"]), 0)
	require.True(t, math.IsNaN(float64(back.Metrics["loss"])))
	require.Len(t, back.Metrics, 2)
	require.Equal(t, []record.ContractDigest{{Table: "train", Contract: "c.yaml", Rows: 9, Rules: 2, Broken: 1}}, back.Contracts)
	require.Equal(t, "BIGINT", back.Tables[0].Columns[0].Type)
	require.Equal(t, "0.1", back.Parameters["lr"])
	require.Equal(t, "sha256:aa", back.Artifact)
	require.Equal(t, map[string]record.StepDigest{"all": {Outcome: finding.Fail, Blocks: true}}, back.Steps)
	require.Equal(t, []record.CompareDigest{{Champion: "old", Challenger: "new", Verdict: compare.Better}, {Champion: "old", Challenger: "other", Verdict: compare.Undefined}}, back.Comparisons)
	require.Equal(t, []record.DriftDigest{{Reference: "train", Current: "now", Checks: 3, Drifted: 1, Undecided: 1},
		{Reference: "train", Current: "now", Checks: 4, Drifted: 1, Undecided: 2}}, back.Drift)
}

func TestADigestFitsWhateverARunReports(t *testing.T) {
	result := finding.Result{Model: "m"}
	var metrics []gate.Metric
	for i := range 100_000 {
		metrics = append(metrics, gate.Metric{Name: fmt.Sprintf("metric-%x", i*7919), Head: value(math.Sin(float64(i)))})
	}
	result.Steps = []finding.Step{{Answers: []finding.Answer{gate.Result{Metrics: metrics}}}}
	text, complete, err := record.NewDigest(result).Encode()
	require.NoError(t, err)
	require.False(t, complete)
	require.Less(t, len(text), 50_000)
	back, err := record.DecodeDigest(text)
	require.NoError(t, err)
	require.Empty(t, back.Metrics)
}

// pack is a digest's text of any content.
func pack(t *testing.T, json []byte) string {
	t.Helper()
	var b bytes.Buffer
	packer := gzip.NewWriter(&b)
	_, err := packer.Write(json)
	require.NoError(t, err)
	require.NoError(t, packer.Close())
	return "<!-- assay-digest " + base64.StdEncoding.EncodeToString(b.Bytes()) + " -->"
}

func TestAHostileDigestIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"none":                   {"nothing", "holds no digest"},
		"no end":                 {"<!-- assay-digest abc", "holds no digest"},
		"no base64":              {"<!-- assay-digest ??? -->", "illegal base64"},
		"no gzip":                {"<!-- assay-digest abcd -->", "decode digest"},
		"a bomb":                 {pack(t, bytes.Repeat([]byte(" "), 2<<20)), "unpacks to more than"},
		"a long text":            {"<!-- assay-digest " + strings.Repeat("A", 60_000) + " -->", "longer than"},
		"another version":        {pack(t, []byte(`{"version": 2}`)), "version 2"},
		"an unknown field":       {pack(t, []byte(`{"version": 1, "red": false, "verdict": "pass"}`)), "unknown field"},
		"something that follows": {pack(t, []byte(`{"version": 1} {}`)), "something follows"},
		"text for a number":      {pack(t, []byte(`{"version": 1, "metrics": {"auc": "good"}}`)), "decode digest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := record.DecodeDigest(c.text)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func FuzzDecodeDigest(f *testing.F) {
	text, _, err := record.NewDigest(judged()).Encode()
	require.NoError(f, err)
	f.Add(text)
	f.Add("<!-- assay-digest abcd -->")
	f.Fuzz(func(t *testing.T, text string) {
		digest, err := record.DecodeDigest(text)
		if err != nil {
			return
		}
		again, _, err := digest.Encode()
		require.NoError(t, err)
		back, err := record.DecodeDigest(again)
		require.NoError(t, err)
		require.Equal(t, digest.Commit, back.Commit)
	})
}
