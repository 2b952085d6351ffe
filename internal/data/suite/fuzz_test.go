package suite_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/suite"
)

// archive packs the files of an Inspect log as Inspect does.
func archive(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(93, zstd.ZipCompressor(zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(zstd.MinWindowSize)))
	for name, text := range files {
		in, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: 93})
		require.NoError(t, err)
		_, err = io.WriteString(in, text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

const (
	aHeader  = `{"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}, "results": {"scores": [{"name": "s", "reducer": "mean", "metrics": {"mean": {"value": 1}}}]}}`
	aSample  = `[{"id": "a", "epoch": 1, "input": "q", "target": "x", "metadata": {"category": "c"}, "scores": {"s": {"value": "C"}, "d": {"value": {"e": "I"}}}}]`
	aResults = `{"results": {"t": {"acc,none": 1}, "g": {"acc,none": 1}}, "configs": {}, "group_subtasks": {"g": ["t", "g"]}, "higher_is_better": {"t": {"acc": true}}}`
	aBundle  = `{"run_id": "r", "sdk_version": "0.3.0", "benchmark": {"name": "b", "scores": {"summary": {"mean": 1.0}}}, "n_results": 1}`
	anItem   = `{"problem_idx": 0, "repeat": 0, "reward": NaN, "scorer_rewards": {"scorer:a": 1}, "metadata": {"category": "c"}, "scoring_details": {}}`
	aDoc     = `{"doc_id": 0, "doc": {"category": "c"}, "filter": "none", "metrics": ["acc"], "doc_hash": "h", "acc": 1.0}`
	aTest    = `{"evalId": "e", "results": {"prompts": [{"provider": "echo", "metrics": {"score": 1, "testPassCount": 1, "namedScores": {"n": 1}, "namedScoresCount": {"n": 1}}}], "results": [{"promptIdx": 0, "success": true, "score": 1, "namedScores": {"n": 1}, "vars": {"b": 1, "a": 2}, "testCase": {"description": "d"}}]}, "config": {"description": "p"}}`
	aLine    = `{"id": 1, "score": true, "suite": "s", "metric": "m", "better": "lower", "repeat": 2, "category": "c"}`
)

// sound holds a run to what its readers may count on.
func sound(t *testing.T, run suite.Run, err error) {
	if err != nil {
		return
	}
	require.NotEmpty(t, run.Suites)
	for _, s := range run.Suites {
		require.NotEmpty(t, s.Name)
		require.NotEmpty(t, s.Format)
		for _, m := range s.Metrics {
			require.True(t, m.Why != "" || len(m.Rows) > 0, "%s of %s", m.Name, s.Name)
			_ = m.Doubt()
		}
		_, _ = s.Metric("")
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{aHeader, aHeader[:len(aHeader)-1] + `, "samples": ` + aSample + "}", aResults, aBundle, anItem, aDoc, aTest, aLine, aLine + "\n" + aLine,
		string(archive(f, map[string]string{"header.json": aHeader, "summaries.json": aSample})), "PK\x03\x04", `{"id": Infinity, "score": -Infinity}`, `{"evalId": "", "results": {}, "config": {`, "[" + aLine + "]"} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "results.jsonl"), data, 0o600))
		run, err := suite.Read(dir, "results.jsonl", suite.Options{})
		sound(t, run, err)
	})
}

// FuzzReadBeside changes a file and the items beside it.
func FuzzReadBeside(f *testing.F) {
	f.Add([]byte(aResults), []byte(aDoc))
	f.Add([]byte(aBundle), []byte(anItem))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, first, items []byte) {
		for name, data := range map[string][]byte{"eval_1.json": first, "samples_t_1.jsonl": items, "results.jsonl": items} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
		}
		run, err := suite.Read(dir, ".", suite.Options{})
		sound(t, run, err)
	})
}

// FuzzArchive changes what is packed, which a change of the archive's own bytes would hardly reach.
func FuzzArchive(f *testing.F) {
	f.Add(aHeader, aSample)
	f.Add(aHeader, "[")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, header, samples string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "log.eval"), archive(t, map[string]string{"header.json": header, "summaries.json": samples}), 0o600))
		run, err := suite.Read(dir, "log.eval", suite.Options{})
		sound(t, run, err)
	})
}
