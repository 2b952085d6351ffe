//go:build servers

package cli_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/cli"
	"github.com/assay-ml/assay/internal/edge/mlflow/mlflowtest"
)

const mirrored = `version: 1
model: clf
gates:
  - {metric: auc, at-least: 0.8}
registry:
  mirrors: {mlflow: true}
`

// TestReconcile promotes in the tags of a clone, and lets a real MLflow follow.
func TestReconcile(t *testing.T) {
	server, dir := mlflowtest.Newest(t), t.TempDir()
	t.Setenv("MLFLOW_TRACKING_URI", server.URL)
	t.Setenv("GITHUB_ACTIONS", "")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "assay.yaml"), []byte(mirrored), 0o644))
	git := func(args ...string) {
		t.Helper()
		command := exec.Command("git", append([]string{"-C", dir}, args...)...)
		said, err := command.CombinedOutput()
		require.NoError(t, err, "%s", said)
	}
	assay := func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		code := cli.Main(cli.Env{Args: append([]string{"-C", dir}, args...), Environ: os.Environ(), In: strings.NewReader(""), Out: &stdout, Err: &stderr, Width: 150, Now: time.Now})
		require.Equal(t, want, code, "%s%s", stdout.String(), stderr.String())
		return stdout.String()
	}
	git("init", "-q")
	git("config", "user.name", "ann")
	git("config", "user.email", "ann@example.com")
	run := server.Train(t)
	for _, version := range []string{"v1.0.0", "v1.1.0"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "model.txt"), []byte(version), 0o644))
		git("add", "-A")
		git("commit", "-qm", version)
		assay(0, "registry", "register", "clf", "--version", version, "--mlflow-run", run)
		assay(0, "registry", "promote", "clf@"+version, "--to", "staging")
		assay(0, "registry", "promote", "clf@"+version, "--to", "production")
	}

	// A dry run says what a run then does; the next one has nothing to do.
	dry := assay(1, "registry", "reconcile", "--dry-run")
	require.Contains(t, dry, "MLflow: has not heard that clf@v1.1.0 came to production\n")
	require.Contains(t, dry, "MLflow: clf: alias production is nothing, and should be v1.1.0\n")
	did := assay(0, "registry", "reconcile")
	require.Equal(t, strings.TrimSuffix(dry, "a dry run: nothing was mended\n")+"MLflow: clf was mended\n", did)
	require.Equal(t, "MLflow: clf follows\n", assay(0, "registry", "reconcile"))
	require.Equal(t, "v1.1.0", aliased(t, server))

	require.Equal(t, "[0, 1]", server.Predict(t, "models:/clf@production"))
	shown := assay(0, "registry", "show", "clf#production")
	require.Contains(t, shown, run)
	require.Contains(t, shown, "0.875")

	// An alias that a hand moved goes back.
	server.Do(t, http.MethodPost, "registered-models/alias", map[string]string{"name": "clf", "alias": "production", "version": "1"}, nil)
	require.Equal(t, "MLflow: clf: alias production is v1.0.0, and should be v1.1.0\nMLflow: clf was mended\n", assay(0, "registry", "reconcile", "clf"))
	require.Equal(t, "v1.1.0", aliased(t, server))

	// Tags that were lost take nothing from MLflow.
	tags, err := exec.Command("git", "-C", dir, "tag", "--list", "clf*").Output()
	require.NoError(t, err)
	git(append([]string{"tag", "--delete"}, strings.Fields(string(tags))...)...)
	said := assay(1, "registry", "reconcile")
	require.Contains(t, said, "MLflow: remembers that clf@v1.1.0 came to production at ")
	require.Contains(t, said, "MLflow: clf was left as it is\n")
	require.Equal(t, "v1.1.0", aliased(t, server))
	require.Contains(t, assay(1, "--format", "json", "registry", "reconcile"), `"kind": "alias"`)

	// Without tags at all: MLflow is the registry.
	alone := strings.Replace(mirrored, "mirrors: {mlflow: true}", "backend: mlflow", 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "assay.yaml"), []byte(alone), 0o644))
	assay(0, "registry", "register", "own", "--version", "v1.0.0", "--mlflow-run", run)
	assay(0, "registry", "promote", "own@v1.0.0", "--to", "staging")
	assay(0, "registry", "promote", "own@v1.0.0", "--to", "production", "--expect", "")
	assay(1, "registry", "promote", "own@v1.0.0", "--to", "staging", "--expect", "v9.9.9")
	require.Contains(t, assay(0, "registry", "show", "own#production"), run)
	require.Contains(t, assay(0, "registry", "history", "own"), "own@v1.0.0 came to production by ann")
	require.Equal(t, "[0, 1]", server.Predict(t, "models:/own@production"))
}

// aliased is Assay's version that the alias production leads to.
func aliased(t *testing.T, server *mlflowtest.Server) string {
	var answer struct {
		Version struct {
			Tags []struct{ Key, Value string } `json:"tags"`
		} `json:"model_version"`
	}
	server.Do(t, http.MethodGet, "registered-models/alias?name=clf&alias=production", nil, &answer)
	for _, tag := range answer.Version.Tags {
		if tag.Key == "assay.version" {
			return tag.Value
		}
	}
	return ""
}
