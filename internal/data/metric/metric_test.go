package metric_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/source"
)

func TestParseReadsEveryFormat(t *testing.T) {
	want := map[string]metric.Value{"auc": 0.75, "test.f1": 0.5}
	for name, text := range map[string]string{
		"m.json": `{"auc": 0.75, "test": {"f1": 5e-1, "tags": [1, {"x": 2}], "ok": true}, "model": "ridge"}`,
		"m.yaml": "auc: 0.75\ntest:\n  f1: 5e-1\n  tags: [1, 2]\n  ok: true\nmodel: ridge\n",
		"m.toml": "auc = 0.75\nmodel = 'ridge'\n[test]\nf1 = 5e-1\ntags = [1]\nok = true\n",
	} {
		t.Run(name, func(t *testing.T) {
			set, err := metric.Parse(name, []byte(text))
			require.NoError(t, err)
			require.Equal(t, want, set.Values)
			require.Equal(t, []string{"model", "test.ok", "test.tags"}, set.Ignored)
		})
	}
	for name, text := range map[string]string{
		"long.csv": "metric,value\nauc,0.75\ntest.f1,0.5\n",
		"wide.csv": "auc,test.f1\n0.75,0.5\n",
		"wide.tsv": "\uFEFFauc\ttest.f1\n0.75\t0.5\n",
	} {
		t.Run(name, func(t *testing.T) {
			set, err := metric.Parse(name, []byte(text))
			require.NoError(t, err)
			require.Equal(t, want, set.Values)
		})
	}
}

// Where an entry stands, as editors count: lines and characters from 1.
func TestParseTellsWhereEntriesStand(t *testing.T) {
	at := func(line, column int) source.Pos { return source.Pos{Line: line, Column: column} }
	for name, c := range map[string]struct {
		text string
		want map[string]source.Pos
	}{
		"m.json": {"{\n  \"auc\": 0.75,\n  \"é\": {\"a\": NaN, \"b\": [NaN], \"c\" :\n  -1e2, \"d\": \"NaN\", \"e\": Infinity, \"f\": 1}\n}",
			map[string]source.Pos{"auc": at(2, 10), "é.a": at(3, 14), "é.b": at(3, 24), "é.c": at(4, 3), "é.d": at(4, 14), "é.e": at(4, 26), "é.f": at(4, 41)}},
		"line.json": {`{"é":1,"a":2}`, map[string]source.Pos{"é": at(1, 6), "a": at(1, 12)}},
		"m.yaml":    {"auc: 0.75\ntest:\n  é: {f1: .nan, tags: [1]}\n", map[string]source.Pos{"auc": at(1, 6), "test.é.f1": at(3, 11), "test.é.tags": at(3, 23)}},
		"m.toml": {"auc = 0.75\ninner = {\"é\" = {f1 = 1, tags = [1]}, ok = true}\n[test.'a.b']\nf1 = 5e-1\n[[runs]]\nf1 = 2\n[runs.more]\nf1 = 3\n[last]\nx.y = 4\n",
			map[string]source.Pos{"auc": at(1, 7), "inner.é.f1": at(2, 22), "inner.é.tags": {}, "inner.ok": at(2, 43), "test.a.b.f1": at(4, 6), "runs": {}, "last.x.y": at(10, 7)}},
		"long.csv":   {"metric,value\r\n\r\nauc,0.75\r\n\"te\nst\",\"0.5\"\r\n", map[string]source.Pos{"auc": at(3, 5), "te\nst": at(5, 5)}},
		"wide.csv":   {"é,f1\né,0.5\n", map[string]source.Pos{"é": at(2, 1), "f1": at(2, 3)}},
		"marked.tsv": {"\uFEFFauc\tf1\n0.75\t0.5\n", map[string]source.Pos{"auc": at(2, 1), "f1": at(2, 6)}},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := metric.Parse(name, []byte(c.text))
			require.NoError(t, err)
			for entry, place := range c.want {
				place.File = name
				c.want[entry] = place
			}
			require.Equal(t, c.want, set.Places)
		})
	}
}

// Python's json.dumps writes NaN, Infinity and -Infinity as bare words.
func TestParseKeepsNumbersThatAreNotFinite(t *testing.T) {
	for name, text := range map[string]string{
		"m.json": `{"a": NaN, "b": -Infinity, "c": Infinity, "d": "NaN", "e\"NaN": 1}`,
		"m.yaml": "a: .nan\nb: -.inf\nc: .inf\nd: \"NaN\"\n'e\"NaN': 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			set, err := metric.Parse(name, []byte(text))
			require.NoError(t, err)
			require.True(t, math.IsNaN(float64(set.Values["a"])))
			require.True(t, math.IsInf(float64(set.Values["b"]), -1))
			require.True(t, math.IsInf(float64(set.Values["c"]), 1))
			require.Equal(t, metric.Value(1), set.Values[`e"NaN`])
			require.Equal(t, []string{"a", "b", "c"}, set.NotFinite())
			require.Equal(t, []string{"d"}, set.Ignored)
		})
	}
}

func TestParseTakesANumberTooLargeForInfinite(t *testing.T) {
	set, err := metric.Parse("m.json", []byte(`{"a": 1e999}`))
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, set.NotFinite())
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ file, text, reason string }{
		"empty":                   {"m.json", " \n", "the file is empty"},
		"not UTF-8":               {"m.json", "{\"a\xff\": 1}", "not UTF-8 text"},
		"a list":                  {"m.json", "[1]", "no object"},
		"cut JSON":                {"m.json", "{\"a\": 1,\n\"b\": {", "cut off after line 2"},
		"text after":              {"m.json", `{"a": 1} x`, "after the end"},
		"a name twice":            {"m.json", `{"a": 1, "a": 2}`, `"a" stands twice`},
		"a flattened name twice":  {"m.json", `{"a.b": 1, "a": {"b": 2}}`, `"a.b" stands twice`},
		"a YAML alias":            {"m.yaml", "a: &x 1\nb: *x\n", "aliases"},
		"two YAML documents":      {"m.yaml", "a: 1\n---\na: 2\n", "more than one"},
		"a log with a row a step": {"m.csv", "step,loss\n1,2\n2,1\n", "2 rows below the header"},
		"ragged CSV":              {"m.csv", "a,b\n1\n", "wrong number of fields"},
		"an unknown extension":    {"m.pkl", "x", `unknown extension ".pkl"`},
		"a TOML error":            {"m.toml", "a = ", "toml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := metric.Parse(c.file, []byte(c.text))
			var parseError *metric.ParseError
			require.ErrorAs(t, err, &parseError)
			require.ErrorContains(t, err, c.reason)
			require.ErrorContains(t, err, c.file)
		})
	}
}

func TestReadTellsMissingFromBroken(t *testing.T) {
	_, err := metric.Read(filepath.Join(t.TempDir(), "metrics.json"))
	require.True(t, errors.Is(err, fs.ErrNotExist))
	path := filepath.Join(t.TempDir(), "metrics.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"a": 1}`), 0o600))
	set, err := metric.Read(path)
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, set.Names())
}

func TestValueSurvivesJSON(t *testing.T) {
	for _, v := range []metric.Value{0.1, metric.Value(math.NaN()), metric.Value(math.Inf(1)), metric.Value(math.Inf(-1))} {
		data, err := json.Marshal(v)
		require.NoError(t, err)
		var back metric.Value
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, math.Float64bits(float64(v)), math.Float64bits(float64(back)))
	}
	require.Error(t, json.Unmarshal([]byte(`"0.5"`), new(metric.Value)))
}

func TestDescribeKnowsCommonNamesAndGuessesNoOthers(t *testing.T) {
	spec := metric.Spec{Declare: map[string]metric.Declaration{"score": {Unit: "points", Direction: metric.Lower}}}
	for name, want := range map[string]metric.Declaration{
		"auc":            {Direction: metric.Higher},
		"test.roc_auc":   {Direction: metric.Higher},
		"latency_p95_ms": {Unit: "ms", Direction: metric.Lower},
		"val_loss":       {Direction: metric.Lower},
		"score":          {Unit: "points", Direction: metric.Lower},
		"rows":           {},
	} {
		require.Equal(t, want, spec.Describe(name), name)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("m.json", []byte(`{"a": {"b": NaN, "c": [1, "x"]}}`))
	f.Add("m.yaml", []byte("a: {b: .inf}\n"))
	f.Add("m.toml", []byte("[a]\nb = 1\n"))
	f.Add("m.csv", []byte("metric,value\na,1\n"))
	f.Add("m.toml", []byte("[[a]]\nb = 1\n[a.c]\nd = 1\n[e]\nf.g = {h = 2, i = [{j = 1}]}\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		set, err := metric.Parse(name, data)
		if err != nil {
			require.Empty(t, set.Values)
			return
		}
		_, err = json.Marshal(set)
		require.NoError(t, err)
		for entry := range set.Values {
			require.True(t, set.Places[entry].IsKnown() || name == "", "%q has no place", entry)
		}
	})
}
