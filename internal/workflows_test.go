package internal_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// script is the text of a named step of the example for several models.
func script(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../workflows-examples/several-models.yml")
	require.NoError(t, err)
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Name, Run string }
		}
	}
	require.NoError(t, yaml.Unmarshal(data, &workflow))
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			if step.Name == name {
				return step.Run
			}
		}
	}
	require.Fail(t, "no such step", name)
	return ""
}

// bash runs a step as the runner does.
func bash(t *testing.T, dir, text string, env ...string) (string, error) {
	t.Helper()
	command := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text)
	command.Dir = dir
	command.Env = append(os.Environ(), env...)
	out, err := command.CombinedOutput()
	return string(out), err
}

// A repository of two models, and one more commit that changes a file.
func changedRepository(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	commit := func() {
		out, err := bash(t, dir, "git init -q . && git add -A && git -c user.name=a -c user.email=a@b.example commit -qm x")
		require.NoError(t, err, out)
	}
	for _, model := range []string{"credit", "churn"} {
		put("models/"+model+"/assay.yaml", "version: 1\n")
	}
	commit()
	put(file, "changed\n")
	commit()
	return dir
}

func TestTheModelsOfAChangeArePicked(t *testing.T) {
	for file, want := range map[string]string{
		"models/credit/train.py": `models=["credit"]`,
		"shared/features.py":     `models=["churn","credit"]`,
		"README.md":              `models=[]`,
		"models/new/assay.yaml":  `models=["new"]`,
	} {
		output := filepath.Join(t.TempDir(), "output")
		out, err := bash(t, changedRepository(t, file), script(t, "Pick the models that the change touches"), "GITHUB_OUTPUT="+output)
		require.NoError(t, err, out)
		data, err := os.ReadFile(output)
		require.NoError(t, err)
		require.Equal(t, want, strings.TrimSpace(string(data)), file)
	}
	_, err := bash(t, changedRepository(t, `models/"],x/assay.yaml`), script(t, "Pick the models that the change touches"), "GITHUB_OUTPUT="+os.DevNull)
	require.Error(t, err, "a name that is no name")
}

// The required job passes only where every model passed or none was touched.
func TestTheRequiredJobAnswersForAllModels(t *testing.T) {
	for state, passes := range map[[3]string]bool{
		{"success", `["a"]`, "success"}:   true,
		{"success", `[]`, "skipped"}:      true,
		{"success", `["a"]`, "failure"}:   false,
		{"success", `["a"]`, "cancelled"}: false,
		{"success", `["a"]`, "skipped"}:   false,
		{"failure", "", "skipped"}:        false,
		{"failure", "[]", "skipped"}:      false,
		{"cancelled", "", "skipped"}:      false,
		{"success", "", "skipped"}:        false,
	} {
		out, err := bash(t, t.TempDir(), script(t, "Answer for all models"), "CHANGED="+state[0], "PICKED="+state[1], "JUDGED="+state[2])
		require.Equal(t, passes, err == nil, "%v: %s", state, out)
	}
}
