package config_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/source"
)

var update = flag.Bool("update", false, "write the golden files and the schemas")

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run go test ./internal/config -update")
	require.Equal(t, string(want), string(got))
}

func fixtures(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files, pattern)
	return files
}

// Every bad file is refused with all its problems, in the words of its golden file, which a person has read.
func TestABadFileIsExplained(t *testing.T) {
	asConfig := func(path string) error { _, err := config.Load(path); return err }
	asContract := func(path string) error { _, err := config.LoadContract(path); return err }
	for folder, load := range map[string]func(string) error{
		"bad": asConfig, "bad-meaning": asConfig, "bad-contract": asContract, "bad-contract-meaning": asContract,
	} {
		for _, path := range fixtures(t, filepath.Join("testdata", folder, "*.yaml")) {
			t.Run(path, func(t *testing.T) {
				err := load(path)
				require.Error(t, err)
				require.True(t, source.IsUserError(err), "%v", err)
				golden(t, strings.TrimSuffix(path, ".yaml")+".txt", []byte(err.Error()+"\n"))
			})
		}
	}
}

func TestAGoodFileIsRead(t *testing.T) {
	for _, path := range append(fixtures(t, "testdata/good/*.yaml"), "../../testdata/demo/assay.yaml") {
		_, err := config.Load(path)
		require.NoError(t, err, path)
	}
	for _, path := range append(fixtures(t, "testdata/good-contract/*.yaml"), "../../testdata/demo/contract.yaml") {
		_, err := config.LoadContract(path)
		require.NoError(t, err, path)
	}
}

func TestValuesArriveWithTheirPlace(t *testing.T) {
	c, err := config.Load("testdata/good/command.yaml")
	require.NoError(t, err)
	require.Equal(t, 90*time.Minute, c.Train.Timeout)
	require.Equal(t, 0, *c.Train.Retries)
	require.Equal(t, []string{"train", "test"}, c.Train.Tables())
	require.Equal(t, "out/metrics.json", c.MetricsPath())
	require.False(t, c.Enforce.Step("drift"))
	require.True(t, c.Enforce.Step("gate"))
	c, err = config.Load("testdata/good/gates-only.yaml")
	require.NoError(t, err)
	require.Equal(t, source.Pos{File: "testdata/good/gates-only.yaml", Line: 4, Column: 29}, c.Gates[0].AtLeast.Pos)
	require.Equal(t, "0.8", c.Gates[0].AtLeast.Text)
}

func TestAContractThatIsALinkOutOfTheFolderIsNotShown(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("password: hunter2\n"), 0o600))
	require.NoError(t, os.Symlink(secret, filepath.Join(dir, "contract.yaml")))
	path := filepath.Join(dir, "assay.yaml")
	require.NoError(t, os.WriteFile(path, []byte("version: 1\nmodel: m\ndata: {a: a.csv}\nvalidate:\n  - {table: a, contract: contract.yaml}\n"), 0o644))
	_, err := config.Load(path)
	require.ErrorContains(t, err, "a contract lies in the folder of")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestMissingDataIsListedAtOnce(t *testing.T) {
	c, err := config.Load("testdata/good/command.yaml")
	require.NoError(t, err)
	missing := c.MissingData().Error()
	require.Contains(t, missing, "command.yaml:4:10: table train: no file at testdata/good/a.csv")
	require.Contains(t, missing, "command.yaml:5:9: table test: no file at testdata/good/b.csv")
}

func TestAMissingConfigSaysWhatToDo(t *testing.T) {
	_, err := config.Load("nowhere.yaml")
	require.True(t, source.IsUserError(err))
	require.ErrorContains(t, err, "assay init")
}

func TestAGateFromAFlag(t *testing.T) {
	for text, want := range map[string]string{
		"accuracy>=0.85": "at-least", "latency_p95_ms <= 50": "at-most", "auc max-drop 0.02": "max-drop", "loss max-rise .1": "max-rise",
		"f1 max-drop 5%": "max-drop-percent", "f1 between 0.5 1": "between",
	} {
		spec, err := config.ParseGate(text)
		require.NoError(t, err, text)
		set := map[string]bool{"at-least": spec.AtLeast != nil, "at-most": spec.AtMost != nil, "max-drop": spec.MaxDrop != nil,
			"max-rise": spec.MaxRise != nil, "max-drop-percent": spec.MaxDropPercent != nil, "between": len(spec.Between) == 2}
		for rule, present := range set {
			require.Equal(t, rule == want, present, "%s: %s", text, rule)
		}
	}
	for _, text := range []string{"", "auc", "auc>0.8", "auc>=", "auc>=high", "auc>=NaN", "auc max-drop -1", "auc between 2 1", "auc between 1", "auc max-drop 1 2", ">=3"} {
		_, err := config.ParseGate(text)
		require.Error(t, err, text)
	}
}

// The schemas are made from the types that the files are decoded into; the committed ones are for editors.
func TestTheCommittedSchemasAreThoseOfTheTypes(t *testing.T) {
	for path, schema := range map[string]func() ([]byte, error){"assay": config.Schema, "contract": config.ContractSchema} {
		data, err := schema()
		require.NoError(t, err)
		golden(t, "../../schema/"+path+".schema.json", data)
	}
}

// A real validator agrees with us on every file whose fault lies in its shape. What a schema cannot say (a table that is not
// declared, a reversed range) stands in the folders that end in -meaning.
func TestTheSchemasAgreeWithTheReader(t *testing.T) {
	for _, kind := range []struct{ file, good, bad, demo string }{
		{"assay", "testdata/good/*.yaml", "testdata/bad/*.yaml", "../../testdata/demo/assay.yaml"},
		{"contract", "testdata/good-contract/*.yaml", "testdata/bad-contract/*.yaml", "../../testdata/demo/contract.yaml"},
	} {
		schema, err := jsonschema.NewCompiler().Compile("../../schema/" + kind.file + ".schema.json")
		require.NoError(t, err)
		for _, path := range append(fixtures(t, kind.good), kind.demo) {
			require.NoError(t, schema.Validate(decode(t, path)), path)
		}
		for _, path := range fixtures(t, kind.bad) {
			require.Error(t, schema.Validate(decode(t, path)), path)
		}
	}
}

func decode(t *testing.T, path string) any {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var value any
	require.NoError(t, yaml.Unmarshal(data, &value))
	return value
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.yaml", "../../testdata/demo/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, path := range files {
			data, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(data)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, load := range map[string]func(string) error{
			"assay.yaml":    func(path string) error { _, err := config.Load(path); return err },
			"contract.yaml": func(path string) error { _, err := config.LoadContract(path); return err },
		} {
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, data, 0o644))
			if err := load(path); err != nil {
				require.True(t, source.IsUserError(err), "%v", err)
				require.False(t, bytes.ContainsAny([]byte(err.Error()), "\x1b\x00"), "%q", err)
			}
		}
	})
}

func FuzzParseGate(f *testing.F) {
	for _, text := range []string{"accuracy>=0.85", "auc max-drop 2%", "f1 between 0.5 1", "a b <= -1e3", "≥", "x max-rise NaN"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := config.ParseGate(text)
		if err != nil {
			return
		}
		require.NotEmpty(t, spec.Metric)
		limits := len(spec.Between)
		for _, n := range []*source.Number{spec.AtLeast, spec.AtMost, spec.MaxDrop, spec.MaxRise, spec.MaxDropPercent} {
			if n != nil {
				limits++
				require.False(t, math.IsNaN(n.Value) || math.IsInf(n.Value, 0))
			}
		}
		require.Contains(t, []int{1, 2}, limits)
	})
}

func TestTheDocsNameEveryKeyOfAContract(t *testing.T) {
	schema, err := config.ContractSchema()
	require.NoError(t, err)
	docs, err := os.ReadFile("../../docs/contracts.md")
	require.NoError(t, err)
	keys := regexp.MustCompile(`"([a-z-]+)": \{\n`).FindAllStringSubmatch(string(schema), -1)
	require.Greater(t, len(keys), 40)
	for _, key := range keys {
		if key[1] != "properties" && key[1] != "items" && key[1] != "not" {
			require.Regexp(t, `\b`+key[1]+`\b`, string(docs))
		}
	}
}
