//go:build peers

package stat_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// The committed numbers are what the real SciPy answers, today.
func TestSciPyAfresh(t *testing.T) {
	python := os.Getenv("ASSAY_PEERS_PYTHON")
	require.NotEmpty(t, python, "set ASSAY_PEERS_PYTHON to an interpreter that has testdata/peers/requirements.txt")
	data, err := exec.Command(python, "../../testdata/peers/scipy_cases.py").Output()
	require.NoError(t, err)
	compareWithSciPy(t, parseCases(t, data))
}

// The committed comparisons are what the real peers answer, today.
func TestComparisonsAfresh(t *testing.T) {
	data, err := exec.Command(os.Getenv("ASSAY_PEERS_PYTHON"), "../../testdata/peers/compare_cases.py").Output()
	require.NoError(t, err)
	compareWithPeers(t, parseCompareCases(t, data))
}
