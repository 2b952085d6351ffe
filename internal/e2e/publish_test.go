//go:build e2e

package e2e

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/artifact"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/run/publish"
)

// keptByAct are the artifacts in the folder of act's own artifact server, by name. It takes no types, so they are zips.
func keptByAct(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	kept := map[string][]byte{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, name := range []string{publish.ResultName("german-credit", ""), publish.ReportName("german-credit", "")} {
			if strings.Contains(path, name) {
				kept[name] = data
			}
		}
		return nil
	}))
	return kept
}

// A pull request from a fork, under act: the run may write nothing and keeps its result with act's artifact server. The companion's container,
// in an empty workspace, publishes what was kept there.
func TestAForksResultGoesThroughActsArtifactServer(t *testing.T) {
	server, err := githubtest.New(map[string]githubtest.App{token: {ID: 15368, Login: "github-actions", Checks: true, Comments: true, Statuses: true}})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	r := newRepository(t, example(t), func(dir string) { put(t, filepath.Join(dir, "notes.txt"), "a change") })
	store := t.TempDir()
	log, green := actOn(t, "pull_request", r.event(t), r, server, []string{"--artifact-server-path", store, "--artifact-server-addr", "127.0.0.1"})
	require.True(t, green, log)
	kept := keptByAct(t, store)
	require.Len(t, kept, 2, log)
	page, err := artifact.Unpack(kept[publish.ReportName("german-credit", "")], publish.MaxFile)
	require.NoError(t, err)
	require.Contains(t, string(page), "<!doctype html>")

	tip := git(t, r.dir, "rev-parse", "main")
	history := githubtest.History{Pulls: []githubtest.Pull{{Number: 7, State: "open", HeadOwner: "stranger", HeadRef: "change", HeadSHA: r.head, BaseRef: "main"}},
		Branches: map[string]string{"main": tip}, MergeBase: map[string]string{r.head: tip}, Files: map[string]map[string]string{tip: {}, r.head: {}},
		Artifacts: map[int64][]githubtest.RunArtifact{41: {{ID: 1, Name: publish.ResultName("german-credit", ""), Data: kept[publish.ResultName("german-credit", "")]}}}}
	for commit, files := range history.Files {
		for _, name := range []string{"assay.yaml", "contract.yaml", "metrics.json"} {
			files[name] = git(t, r.dir, "show", commit+":"+name) + "\n"
		}
	}
	companion, err := githubtest.New(map[string]githubtest.App{token: {ID: 15368, Login: "github-actions", Checks: true, Comments: true, Statuses: true}})
	require.NoError(t, err)
	t.Cleanup(companion.Close)
	companion.SetHistory(history)
	companion.SetHead(r.head)
	empty := repository{dir: t.TempDir(), head: r.head, merge: tip}
	work := t.TempDir()
	event, err := json.Marshal(map[string]any{"workflow_run": map[string]any{"id": 41, "run_attempt": 1, "event": "pull_request", "conclusion": "success",
		"html_url": "https://github.com/owner/repo/actions/runs/41", "head_sha": r.head, "head_branch": "change",
		"head_repository": map[string]any{"full_name": "stranger/repo", "owner": map[string]any{"login": "stranger"}}}})
	require.NoError(t, err)
	put(t, filepath.Join(work, "workflow/event.json"), string(event))
	for _, name := range []string{"output", "summary", "env", "path", "state"} {
		put(t, filepath.Join(work, "commands", name), "")
	}
	log, code := runnerIn(t, work, empty, companion, map[string]string{"command": "publish"}, "-e", "GITHUB_EVENT_NAME=workflow_run")
	require.Zero(t, code, log)
	state := companion.State()
	require.Len(t, state.Comments, 1, log)
	require.Contains(t, state.Comments[0].Body, "**Assay: passed** · `german-credit`")
	require.Contains(t, state.Comments[0].Body, "The numbers come from an unprivileged run")
	require.Equal(t, "completed success", state.CheckRuns[0].Status+" "+state.CheckRuns[0].Conclusion)
	require.Equal(t, "success", state.Statuses[len(state.Statuses)-1].State)
	require.Empty(t, state.Violations)
}
