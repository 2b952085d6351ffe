package custom_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/custom"
)

func run(t *testing.T, spec custom.Spec) custom.Result {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	spec.Name, spec.Pos = "fairness", source.Pos{File: "assay.yaml", Line: 3}
	result, err := custom.Run(t.Context(), custom.Job{Spec: spec, Dir: dir, Environ: []string{"PATH=" + os.Getenv("PATH"), "API_TOKEN=secret"}, Output: io.Discard})
	require.NoError(t, err)
	left, err := filepath.Glob(filepath.Join(dir, ".assay-step-*"))
	require.NoError(t, err)
	require.Empty(t, left)
	return result
}

func writing(json string) custom.Spec {
	return custom.Spec{Command: "cat > \"$ASSAY_FINDINGS\" <<'EOF'\n" + json + "\nEOF"}
}

func TestAProgramsFindingsAreTheAnswer(t *testing.T) {
	spec := writing(`{"version": 1, "notes": ["of 9 groups"], "findings": [
		{"rule": "parity", "subject": "sex", "outcome": "fail", "message": "0.2 is above 0.1", "hint": "reweigh", "file": "fair.py", "line": 7},
		{"rule": "parity", "subject": "age", "outcome": "pass", "message": "0.05"},
		{"rule": "odds", "subject": "", "outcome": "not-run", "message": "no labels"}]}`)
	findings := run(t, spec).Findings()
	require.Equal(t, finding.Finding{Rule: "parity", Subject: "sex", Outcome: finding.Fail, Message: "0.2 is above 0.1", Hint: "reweigh",
		Pos: source.Pos{File: "fair.py", Line: 7}}, findings[0])
	require.Equal(t, source.Pos{File: "assay.yaml", Line: 3}, findings[1].Pos)
	require.Equal(t, "fairness", findings[2].Subject)
	require.True(t, findings[2].Blocks(), "what a program could not tell is no pass")

	spec.Severity = finding.SeverityWarn
	require.Equal(t, finding.Warn, run(t, spec).Findings()[0].Outcome)
}

func TestAProgramThatFailsOrSaysNothingBlocks(t *testing.T) {
	for says, spec := range map[string]custom.Spec{
		"ended with exit code 3":         {Command: "echo boo; exit 3"},
		"wrote no findings file":         {Command: "true"},
		"wrote no finding":               writing(`{"version": 1, "findings": []}`),
		"did not find it":                {Command: "no-such-program"},
		"unknown field":                  writing(`{"version": 1, "results": []}`),
		"outcome \\\"passed\\\" is none": writing(`{"version": 1, "findings": [{"rule": "a", "outcome": "passed", "message": "b"}]}`),
		"lacks its rule":                 writing(`{"version": 1, "findings": [{"rule": "a", "message": "b"}]}`),
		"have version 2":                 writing(`{"version": 2, "findings": []}`),
		"outside of the repository":      writing(`{"version": 1, "findings": [{"rule": "a", "outcome": "pass", "message": "b", "file": "../x"}]}`),
		"something follows":              writing(`{"version": 1, "findings": []} {}`),
	} {
		result := run(t, spec)
		require.Len(t, result.Findings(), 1)
		require.Contains(t, result.Findings()[0].Message, strings.ReplaceAll(says, `\"`, `"`))
		require.True(t, result.Findings()[0].Blocks())
		require.NotEmpty(t, result.Blocks())
	}
}

func TestAProgramSeesNoSecret(t *testing.T) {
	result := run(t, custom.Spec{Command: `printf '{"version": 1, "findings": [{"rule": "secret", "outcome": "pass", "message": "x%s"}]}' "$API_TOKEN" > "$ASSAY_FINDINGS"`})
	require.Equal(t, "x", result.Findings()[0].Message)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"version": 1, "findings": [{"rule": "a", "outcome": "fail", "message": "b"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := custom.Parse(data)
		if err != nil {
			return
		}
		for _, f := range (custom.Result{Name: "x", Written: file.Findings}).Findings() {
			require.NotEqual(t, finding.Unknown, f.Outcome)
		}
	})
}
