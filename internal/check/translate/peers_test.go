//go:build peers

package translate_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/translate"
)

// ask runs the real frictionless.
func ask(t *testing.T, arguments ...string) []byte {
	t.Helper()
	return run(t, append([]string{"table_schema_cases.py"}, arguments...)...)
}

// run runs one of the scripts beside the peers' data.
func run(t *testing.T, arguments ...string) []byte {
	t.Helper()
	python := os.Getenv("ASSAY_PEERS_PYTHON")
	require.NotEmpty(t, python, "set ASSAY_PEERS_PYTHON to an interpreter that has testdata/peers/requirements.txt")
	out, err := exec.Command(python, append([]string{"../../../testdata/peers/" + arguments[0]}, arguments[1:]...)...).Output()
	require.NoError(t, err)
	return out
}

// The committed schema and rows are what the real package writes and finds, today.
func TestFrictionlessAfresh(t *testing.T) {
	require.JSONEq(t, string(read(t, "schema.json")), string(ask(t, "schema")))
	require.JSONEq(t, string(read(t, "errors.json")), string(ask(t, "errors", frictionless+"schema.json")))
}

// What we write, the real package reads, and it finds with it what it found with its own.
func TestFrictionlessReadsWhatWeWrite(t *testing.T) {
	contract, _ := imported(t, read(t, "schema.json"))
	data, _, err := translate.Export("frictionless", "table", contract)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "ours.json")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	require.JSONEq(t, string(read(t, "errors.json")), string(ask(t, "errors", path)))
}

func TestODCSAfresh(t *testing.T) {
	require.YAMLEq(t, string(readODCS(t)), string(run(t, "odcs_cases.py", "write")))
}

// The standard's own package reads what we write, and its schema finds nothing wrong with it.
func TestTheStandardReadsWhatWeWrite(t *testing.T) {
	contract, _ := importedFrom(t, "odcs", readODCS(t))
	data, _, err := translate.Export("odcs", "people", contract)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "ours.yaml")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	require.JSONEq(t, `{"id": ["integer", true, true, false], "age": ["integer", true, false, false], "mail": ["string", false, false, false],
		"site": ["string", false, false, false], "joined": ["date", false, false, false], "class": ["string", false, false, false],
		"score": ["number", false, false, false], "code": ["string", false, false, false]}`, string(run(t, "odcs_cases.py", "check", path)))
}

// The committed files are what the real packages write and find, today; only the suite of version 0 is from a package that no
// longer installs beside the others.
func TestGreatExpectationsAndPanderaAfresh(t *testing.T) {
	require.JSONEq(t, string(readSuite(t, "suite.json")), string(run(t, "suites_cases.py", "suite")))
	require.JSONEq(t, string(readSuite(t, "suite-rows.json")), string(run(t, "suites_cases.py", "suite-rows")))
	require.YAMLEq(t, string(readSuite(t, "pandera.yaml")), string(run(t, "suites_cases.py", "pandera")))
	require.JSONEq(t, string(readSuite(t, "pandera-rows.json")), string(run(t, "suites_cases.py", "pandera-rows")))
}
