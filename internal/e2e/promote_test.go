//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/edge/mlflow/mlflowtest"
)

// releaseRules let a judged model into staging, and into production with a person's word.
const releaseRules = `
registry: {model: credit, via: git, remote: released, mirrors: {mlflow: true}}
release:
  artifact: models/credit.json
  stages:
    staging:
      needs: [validate, gate]
      branches: [main]
      dispatch: {workflow: integration.yml, inputs: {title: "test {model} {version}"}}
    production:
      branches: [main]
      approvals: {count: 1}
      dispatch: {event: deploy, inputs: {version: "{version}", digest: "{digest}"}}
`

// releaseExample is a workflow that users copy, for a version number that act cannot count, and a server that no variable names.
func releaseExample(t *testing.T, name, version string, server *mlflowtest.Server) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(), "workflows-examples", name))
	require.NoError(t, err)
	return strings.NewReplacer("v1.0.${{ github.run_number }}", version, "${{ vars.MLFLOW_TRACKING_URI }}", server.URL).Replace(string(data))
}

// newReleaseRepository has the demo's data and a policy on main, and a real remote beside it.
func newReleaseRepository(t *testing.T) repository {
	t.Helper()
	r := newRepository(t, "", func(string) {})
	git(t, r.dir, "checkout", "-q", "main")
	replace(t, filepath.Join(r.dir, "assay.yaml"), "positive: bad}", "positive: bad, save: models/credit.json}")
	config, err := os.ReadFile(filepath.Join(r.dir, "assay.yaml"))
	require.NoError(t, err)
	put(t, filepath.Join(r.dir, "assay.yaml"), string(config)+releaseRules)
	remote := filepath.Join(filepath.Dir(r.dir), "origin.git")
	git(t, r.dir, "init", "-q", "--bare", remote)
	git(t, r.dir, "remote", "add", "released", remote) // origin is what act takes the repository's name from
	return r
}

// merge commits to main, as a merge of ann's pull request would, and pushes it.
func (r *repository) mergeToMain(t *testing.T, server *githubtest.Server, workflow string) {
	t.Helper()
	put(t, filepath.Join(r.dir, ".github/workflows/assay.yml"), workflow)
	git(t, r.dir, "add", "-A")
	git(t, r.dir, "commit", "-q", "--allow-empty", "-m", "merged")
	git(t, r.dir, "push", "-q", "released", "main")
	r.head = git(t, r.dir, "rev-parse", "HEAD")
	git(t, r.dir, "update-ref", "refs/remotes/origin/main", r.head) // as a checkout fetches it
	server.AddCommits(githubtest.Commit{SHA: r.head, Parents: []string{git(t, r.dir, "rev-parse", "HEAD^")}})
	server.ChangeRelease(func(release *githubtest.Release) {
		release.Origins[r.head] = githubtest.Origin{Authors: []string{"ann"}, Pulls: []githubtest.OriginPull{{Number: 7, Head: r.head, Author: "ann"}}}
	})
}

// onMain is an event of the default branch, with more in it.
func (r repository) onMain(t *testing.T, more map[string]any) string {
	t.Helper()
	payload := map[string]any{"ref": "refs/heads/main", "repository": map[string]any{"full_name": "owner/repo", "default_branch": "main"}}
	for key, value := range more {
		payload[key] = value
	}
	data, err := json.Marshal(payload)
	require.NoError(t, err)
	path := filepath.Join(filepath.Dir(r.dir), "event.json")
	put(t, path, string(data))
	return path
}

// inProduction is the version to which a program of MLflow's own is led.
func inProduction(t *testing.T, server *mlflowtest.Server) string {
	t.Helper()
	var answer struct {
		Version struct {
			Tags []struct{ Key, Value string } `json:"tags"`
		} `json:"model_version"`
	}
	server.Do(t, http.MethodGet, "registered-models/alias?name=credit&alias=production", nil, &answer)
	for _, tag := range answer.Version.Tags {
		if tag.Key == "assay.version" {
			return tag.Value
		}
	}
	return ""
}

// The workflows that users copy, under act, with a real git remote and a real MLflow that follows it: after a merge the model is judged, registered and promoted to staging; a reviewer's
// word takes it to production, and rollback.yml takes that back.
func TestAModelGoesToProductionAndBack(t *testing.T) {
	server, err := githubtest.New(map[string]githubtest.App{token: {ID: 15368, Login: "github-actions", Checks: true, Contents: true, Actions: true}})
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, server.State().Violations)
	})
	server.ChangeRelease(func(r *githubtest.Release) { r.Workflows["integration.yml"] = []string{"title"} })
	server.Allow("lead", "write")
	server.Allow("ann", "write")
	r, mlflow := newReleaseRepository(t), mlflowtest.Newest(t)
	shared := filepath.Dir(r.dir) + ":" + filepath.Dir(r.dir)

	// Nobody has agreed: staging, and no further.
	r.mergeToMain(t, server, releaseExample(t, "promote.yml", "v1.0.1", mlflow))
	log, green := actOn(t, "push", r.onMain(t, nil), r, server, nil, shared)
	require.False(t, green, log)
	require.Contains(t, log, "credit@v1.0.1 came to staging")
	require.Contains(t, log, "0 of 1 approvals")
	require.Contains(t, log, "/assay approve credit@v1.0.1 --to production --digest ")
	require.Equal(t, "test credit v1.0.1", server.Started()[0].Inputs["title"])

	// The author's word is none; a reviewer's is. The run that is repeated registers nothing twice.
	server.ChangeRelease(func(release *githubtest.Release) {
		release.Approvals["1"] = []githubtest.RunApproval{{By: "ann", State: "approved", Environments: []string{"production"}}, {By: "lead", State: "approved", Environments: []string{"production"}}}
	})
	log, green = actOn(t, "push", r.onMain(t, nil), r, server, nil, shared)
	require.True(t, green, log)
	require.Contains(t, log, "credit@v1.0.1 came to production")
	require.Contains(t, log, "1 of 1 approvals: lead (environment)")
	require.Len(t, server.Started(), 2)
	require.Equal(t, "v1.0.1", inProduction(t, mlflow))

	replace(t, filepath.Join(r.dir, "assay.yaml"), "positive: bad,", "positive: bad, strength: 2,")
	r.mergeToMain(t, server, releaseExample(t, "promote.yml", "v1.0.2", mlflow))
	log, green = actOn(t, "push", r.onMain(t, nil), r, server, nil, shared)
	require.True(t, green, log)
	require.Contains(t, log, "credit@v1.0.1 came to archived")
	require.Equal(t, "v1.0.2", inProduction(t, mlflow))

	r.mergeToMain(t, server, releaseExample(t, "rollback.yml", "", mlflow))
	log, green = actOn(t, "workflow_dispatch", r.onMain(t, map[string]any{"inputs": map[string]any{"reason": "turns good customers away"}}), r, server, nil, shared)
	require.True(t, green, log)
	require.Contains(t, log, "credit@v1.0.1 came to production")
	require.Equal(t, "v1.0.1", server.Started()[4].Inputs["version"], "what serves again is deployed")
	require.Len(t, server.Started(), 5)
	require.Equal(t, "v1.0.1", inProduction(t, mlflow))
	tags := git(t, r.dir, "ls-remote", "--tags", "released")
	for _, tag := range []string{"refs/tags/credit@v1.0.1", "refs/tags/credit@v1.0.2", "refs/tags/credit#production#"} {
		require.Contains(t, tags, tag, "in the real remote, as GTO names them")
	}
}
