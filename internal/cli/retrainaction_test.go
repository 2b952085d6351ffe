package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/cli"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

// deciding runs the action with command: retrain on an event, and answers with exit code, log, outputs and summary.
func (c *cycle) deciding(t *testing.T, server *githubtest.Server, event string, payload any) (code int, log, outputs, summary string) {
	t.Helper()
	data, err := json.Marshal(payload)
	require.NoError(t, err)
	temp := t.TempDir()
	file := func(name string) string { return filepath.Join(temp, name) }
	require.NoError(t, os.WriteFile(file("event.json"), data, 0o644))
	environ := append(os.Environ(), "GITHUB_ACTIONS=true", "INPUT_COMMAND=retrain", "INPUT_TOKEN=secret", "INPUT_WORKING-DIRECTORY="+c.dir, "GITHUB_EVENT_NAME="+event,
		"GITHUB_EVENT_PATH="+file("event.json"), "GITHUB_REPOSITORY=owner/repo", "GITHUB_SHA="+c.git(t, "rev-parse", "HEAD"), "GITHUB_API_URL="+server.URL,
		"GITHUB_SERVER_URL=https://github.com", "GITHUB_OUTPUT="+file("outputs"), "GITHUB_STEP_SUMMARY="+file("summary"), "RUNNER_TEMP="+temp, "GITHUB_ACTOR=lead")
	var out strings.Builder
	code = cli.Main(cli.Env{Args: []string{"action"}, Environ: environ, In: strings.NewReader(""), Out: &out, Err: &out, Width: 160, Now: c.clock()})
	read := func(name string) string {
		text, _ := os.ReadFile(file(name))
		return string(text)
	}
	return code, out.String(), read("outputs"), read("summary")
}

func comment(action, by, kind, body string) map[string]any {
	return map[string]any{"action": action, "issue": map[string]any{"number": 3}, "comment": map[string]any{"body": body, "html_url": "https://github.com/owner/repo/issues/3#c1",
		"user": map[string]any{"login": by, "type": kind}}}
}

// Who may have a model trained by a comment, and what they may say.
func TestWordsThatHaveAModelTrained(t *testing.T) {
	server, err := githubtest.New(map[string]githubtest.App{"secret": {ID: 1, Login: "bot", Comments: true}})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	server.Allow("lead", "write")
	server.Allow("reader", "read")
	for name, k := range map[string]struct {
		event   string
		payload any
		code    int
		want    string // in the log
		output  string
	}{
		"a comment by somebody with write permission": {"issue_comment", comment("created", "lead", "User", "/assay retrain trees=7 reason=a fix"), 0, "lead asked for it (comment): a fix", `{"trees":"7"}`},
		"a comment by a reader":                       {"issue_comment", comment("created", "reader", "User", "/assay retrain"), 2, "reader may not write to this repository", ""},
		"a comment that is edited":                    {"issue_comment", comment("edited", "lead", "User", "/assay retrain"), 0, "the comment holds no command", "false"},
		"a bot's comment":                             {"issue_comment", comment("created", "lead", "Bot", "/assay retrain"), 0, "the comment holds no command", "false"},
		"another comment":                             {"issue_comment", comment("created", "reader", "User", "nice"), 0, "the comment holds no command", "false"},
		"a hostile parameter":                         {"issue_comment", comment("created", "lead", "User", "/assay retrain trees=$(id)"), 2, "parameter trees is no whole number", ""},
		"a commit that is not checked out":            {"issue_comment", comment("created", "lead", "User", "/assay retrain sha="+strings.Repeat("0", 40)), 2, "sha names 000000000000", ""},
		"a dispatch with inputs":                      {"workflow_dispatch", map[string]any{"inputs": map[string]any{"trees": "9", "reason": "try", "release": ""}}, 0, "lead asked for it (workflow_dispatch): try", `{"trees":"9"}`},
		"a dispatch with a hostile input":             {"workflow_dispatch", map[string]any{"inputs": map[string]any{"trees": "9; rm -rf /"}}, 2, "parameter trees is no whole number", ""},
		"the schedule":                                {"schedule", map[string]any{}, 0, "the schedule was due 2 times", "true"},
		"a pull request":                              {"pull_request", map[string]any{"number": 3, "pull_request": map[string]any{"number": 3}}, 2, "a pull request's own rules decide nothing", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCycle(t, false)
			code, log, outputs, summary := c.deciding(t, server, k.event, k.payload)
			require.Equal(t, k.code, code, log)
			require.Contains(t, log, k.want)
			require.Contains(t, outputs, k.output)
			require.NotContains(t, strings.ReplaceAll(log, "::add-mask::secret", ""), "secret")
			if strings.HasPrefix(k.output, "{") {
				require.Contains(t, summary, "### Retraining of german-credit")
				require.Contains(t, outputs, "retrain<<")
				golden(t, "summary-"+k.event+".md", summary)
			}
		})
	}
	require.Empty(t, server.State().Violations)
}
