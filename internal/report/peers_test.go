//go:build peers

package report_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
)

// reading is what junitparser and sarif-tools make of our files: see testdata/peers/readers.py.
type reading struct {
	JUnit struct {
		Counts struct{ Tests, Failures, Errors, Skipped int }
		Cases  []struct{ Suite, Class, Name, Outcome, Message string }
	}
	SARIF struct {
		Tool    []string
		Counts  struct{ Error, Warning, Note int }
		Results []struct {
			File string
			Line int
			Text string
		}
	}
}

func readAsOthersDo(t *testing.T, r finding.Result) reading {
	t.Helper()
	python := os.Getenv("ASSAY_PEERS_PYTHON")
	require.NotEmpty(t, python, "set ASSAY_PEERS_PYTHON to an interpreter that has testdata/peers/requirements.txt")
	dir := t.TempDir()
	files := []string{"../../testdata/peers/readers.py"}
	for _, format := range []string{"xml", "sarif"} {
		path := filepath.Join(dir, "result."+format)
		require.NoError(t, os.WriteFile(path, []byte(draw(t, format, r)), 0o600))
		files = append(files, path)
	}
	out, err := exec.Command(python, files...).Output()
	require.NoError(t, err)
	var read reading
	require.NoError(t, json.Unmarshal(out, &read))
	return read
}

func TestOtherProgramsReadJUnitAndSARIF(t *testing.T) {
	read := readAsOthersDo(t, fixture())
	require.Equal(t, []int{5, 1, 0, 2}, []int{read.JUnit.Counts.Tests, read.JUnit.Counts.Failures, read.JUnit.Counts.Errors, read.JUnit.Counts.Skipped})
	require.Equal(t, "failure", read.JUnit.Cases[0].Outcome)
	require.Equal(t, "column age", read.JUnit.Cases[0].Message)
	require.Equal(t, []string{"Assay"}, read.SARIF.Tool)
	require.Equal(t, 1, read.SARIF.Counts.Error)
	require.Equal(t, "assay.yaml", read.SARIF.Results[0].File)
	require.Equal(t, 3, read.SARIF.Results[0].Line)
}

func TestOtherProgramsReadWhatHostileTextsLeave(t *testing.T) {
	plain := readAsOthersDo(t, fixture())
	for _, kind := range attacks {
		s := kind[0]
		r := fixture()
		r.Steps[0].Answers = []finding.Answer{toyOf(s)}
		read := readAsOthersDo(t, r)
		require.Equal(t, plain.JUnit.Counts, read.JUnit.Counts, "%q", s)
		require.Equal(t, plain.SARIF.Counts, read.SARIF.Counts, "%q", s)
	}
}
