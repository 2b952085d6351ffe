//go:build peers

package stat_test

import (
	"encoding/json"
	"math"
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
	committed, err := os.ReadFile("../../testdata/peers/compare_cases.json")
	require.NoError(t, err)
	var fresh, known map[string]any
	require.NoError(t, json.Unmarshal(data, &fresh))
	require.NoError(t, json.Unmarshal(committed, &known))
	requireAlike(t, "", known, fresh) // the metrics, which package compare holds against the committed file
}

// The committed chances are what the real peers answer, today.
func TestPowerAfresh(t *testing.T) {
	data, err := exec.Command(os.Getenv("ASSAY_PEERS_PYTHON"), "../../testdata/peers/power_cases.py").Output()
	require.NoError(t, err)
	powerAsPeersHaveIt(t, data)
}

// requireAlike compares two documents, numbers to nine digits.
func requireAlike(t *testing.T, path string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		for key, value := range want {
			requireAlike(t, path+"."+key, value, got.(map[string]any)[key])
		}
	case []any:
		require.Len(t, got, len(want), path)
		for i, value := range want {
			requireAlike(t, path, value, got.([]any)[i])
		}
	case float64:
		require.InDelta(t, want, got, 1e-9*math.Max(1, math.Abs(want)), path)
	default:
		require.Equal(t, want, got, path)
	}
}
