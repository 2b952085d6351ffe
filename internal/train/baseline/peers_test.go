//go:build peers

package baseline_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// The committed numbers are what the real scikit-learn answers, today.
func TestScikitLearnAfresh(t *testing.T) {
	python := os.Getenv("ASSAY_PEERS_PYTHON")
	require.NotEmpty(t, python, "set ASSAY_PEERS_PYTHON to an interpreter that has testdata/peers/requirements.txt")
	data, err := exec.Command(python, "../../../testdata/peers/sklearn_cases.py").Output()
	require.NoError(t, err)
	compareWithScikitLearn(t, parsePeers(t, data))
}
