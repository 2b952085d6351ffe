package record_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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
	return finding.Result{Model: "m", Name: "n", Subject: finding.Subject{HeadSHA: sha, RunNumber: 12}, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seconds: 1.5,
		Steps: []finding.Step{{Name: "all", Enforced: true, Answers: []finding.Answer{
			gate.Result{Metrics: []gate.Metric{{Name: "auc", Head: value(0.75)}, {Name: "loss", Head: value(math.NaN())}, {Name: "gone"}}},
			schema.Result{Table: "train", Contract: "c.yaml", Rows: 9, Rules: []schema.RuleDone{{Outcome: finding.Pass}, {Outcome: finding.Fail}}},
			shape.Result{Tables: []shape.Outline{{Table: "train", Rows: 9, Columns: []shape.Column{{Name: "a", Type: "BIGINT", Nulls: 1}}}}, Parameters: map[string]string{"lr": "0.1"}},
			compare.Result{Champion: "old", Challenger: "new", TestSet: "ab12", Primary: &compare.Measure{Metric: "f1", Rows: 9, Gain: 0.1, Low: 0.05, High: 0.2, Verdict: compare.Better}},
			compare.Result{Champion: "old", Challenger: "gone"},
			drift.Result{Reference: "train", Current: "now", Checks: []drift.Check{{Outcome: finding.Pass}, {Outcome: finding.Fail}, {Outcome: finding.NotRun}}},
			evidently.Result{Reference: "train", Current: "now", Columns: []evidently.Column{
				{Score: new(float64), Threshold: new(float64)}, {Score: new(float64), Threshold: new(float64), Drifted: true}, {Score: new(float64)}, {}}},
			artifact.Result{Path: "model.bin", Digest: "sha256:aa"},
		}}}}
}

func TestADigestSurvivesItsText(t *testing.T) {
	digest := record.NewDigest(judged())
	text, leftOut, err := digest.Encode()
	require.NoError(t, err)
	require.Empty(t, leftOut)
	back, err := record.DecodeDigest("What people read.\n\n" + text + "\n")
	require.NoError(t, err)
	require.Equal(t, sha, back.Commit)
	require.True(t, back.Red)
	require.Equal(t, time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), back.Finished)
	require.InDelta(t, 0.75, float64(back.Metrics["auc"]), 0)
	require.True(t, math.IsNaN(float64(back.Metrics["loss"])))
	require.Len(t, back.Metrics, 2)
	require.Equal(t, []record.ContractDigest{{Table: "train", Contract: "c.yaml", Rows: 9, Rules: 2, Broken: 1}}, back.Contracts)
	require.Equal(t, int64(12), back.Run)
	require.Equal(t, []record.ComparisonDigest{{Champion: "old", Challenger: "new", TestSet: "ab12", Rows: 9, Metric: "f1", Gain: 0.1, Low: 0.05, High: 0.2, Verdict: compare.Better}}, back.Compared)
	require.Equal(t, "BIGINT", back.Tables[0].Columns[0].Type)
	require.Equal(t, "0.1", back.Parameters["lr"])
	require.Equal(t, "sha256:aa", back.Artifact)
	require.Equal(t, map[string]record.StepDigest{"all": {Outcome: finding.Fail, Blocks: true}}, back.Steps)
	require.Equal(t, []record.DriftDigest{{Reference: "train", Current: "now", Checks: 3, Drifted: 1, Undecided: 1},
		{Reference: "train", Current: "now", Checks: 4, Drifted: 1, Undecided: 2}}, back.Drift)
}

// maxText is what GitHub takes as the text of a check run (its OpenAPI description): characters, of which there are at most as many as bytes.
const maxText = 65_535

// random is a run that reports any number of anything, under any names.
func random(seed uint64) finding.Result {
	r := rand.New(rand.NewPCG(seed, 1))
	many := func() int { return int(math.Exp(r.Float64() * 8.5)) } // up to 5,000
	if seed < 2 {
		many = func() int { return 8_080 }
	}
	name := func() string {
		if seed%2 == 0 {
			return strings.Repeat("x", r.IntN(400)) // packs to nearly nothing, and unpacks to all of it
		}
		letters := make([]byte, r.IntN(60))
		for i := range letters {
			letters[i] = byte(r.IntN(256)) // most are no UTF-8
		}
		return string(letters)
	}
	metrics, outlines, rules := gate.Result{}, shape.Result{Parameters: map[string]string{}}, []finding.Answer{}
	for i := range many() {
		metrics.Metrics = append(metrics.Metrics, gate.Metric{Name: fmt.Sprint(i, name()), Head: value(math.Float64frombits(r.Uint64()))})
	}
	for i := range many() % 100 {
		outline := shape.Outline{Table: fmt.Sprint(i, name())}
		for range r.IntN(200) {
			outline.Columns = append(outline.Columns, shape.Column{Name: name(), Type: "VARCHAR"})
		}
		outlines.Tables = append(outlines.Tables, outline)
	}
	for i := range many() {
		outlines.Parameters[fmt.Sprint(i, name())] = name()
	}
	for range many() % 1000 {
		rules = append(rules, schema.Result{Table: name(), Contract: name()}, drift.Result{Reference: name(), Current: name()})
	}
	return finding.Result{Model: name(), Name: name(), Subject: finding.Subject{HeadSHA: sha}, Steps: []finding.Step{{Answers: append(rules, metrics, outlines)}}}
}

// What does not fit is left out part by part, the metrics last, and said; what is left can be read.
func TestADigestFitsWhateverARunReports(t *testing.T) {
	order, seen := []string{"tables", "parameters", "drift", "contracts", "metrics"}, map[string]bool{}
	for seed := range uint64(12) {
		whole := record.NewDigest(random(seed))
		text, leftOut, err := whole.Encode()
		require.NoError(t, err)
		require.LessOrEqual(t, len(text), maxText-1_000, "there is room for a sentence before it")
		require.True(t, utf8.ValidString(text))
		back, err := record.DecodeDigest("words\n\n" + text + "\n")
		require.NoError(t, err, "seed %d", seed)
		require.Equal(t, leftOut, back.LeftOut)
		require.True(t, slices.IsSortedFunc(leftOut, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) }))
		had := map[string][2]int{"tables": {len(whole.Tables), len(back.Tables)}, "parameters": {len(whole.Parameters), len(back.Parameters)},
			"drift": {len(whole.Drift), len(back.Drift)}, "contracts": {len(whole.Contracts), len(back.Contracts)}, "metrics": {len(whole.Metrics), len(back.Metrics)}}
		for i, part := range order {
			counts := had[part]
			require.Equal(t, counts[0] > 0 && counts[1] == 0, back.Lacks(part), "what is absent and was there is named: %s, seed %d", part, seed)
			if len(leftOut) > 0 && i < slices.Index(order, leftOut[len(leftOut)-1]) {
				require.Zero(t, counts[1], "a later part is left out only after this one")
			}
			seen[part] = seen[part] || back.Lacks(part)
		}
		seen["nothing"] = seen["nothing"] || len(leftOut) == 0
	}
	require.Len(t, seen, 6)
	require.NotContains(t, slices.Collect(maps.Values(seen)), false, "the seeds reach every case: %v", seen)
}

func TestADigestHoldsTheComparisonsOfSuites(t *testing.T) {
	compared := func(testSet string) *compare.Result {
		return &compare.Result{Champion: "old", Challenger: "new", TestSet: testSet, Primary: &compare.Measure{Metric: "acc", Rows: 9}}
	}
	few := compare.Suites{Suites: []compare.Suite{{Name: "t", Compared: compared("ab12")}, {Name: "gone"}}}
	digest := record.NewDigest(finding.Result{Steps: []finding.Step{{Answers: []finding.Answer{few}}}})
	require.Equal(t, []record.ComparisonDigest{{Champion: "old", Challenger: "new", TestSet: "ab12", Rows: 9, Metric: "acc"}}, digest.Compared)
	var many compare.Suites
	for i := range 3000 { // of several runs: each has 1000 at most
		many.Suites = append(many.Suites, compare.Suite{Compared: compared(fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)})))})
	}
	_, leftOut, err := record.NewDigest(finding.Result{Steps: []finding.Step{{Answers: []finding.Answer{many}}}}).Encode()
	require.NoError(t, err, "what does not fit is left out")
	require.Contains(t, leftOut, "comparisons")
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
		"another version":        {pack(t, []byte(`{"version": 3}`)), "version 3"},
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
