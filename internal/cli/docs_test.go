package cli_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/cli"
)

var update = flag.Bool("update", false, "write the answers into the docs, and the golden files")

// The commands of docs/registry.md are run in their order, in a repository with a model, and answer what stands there. Their clock goes on a minute each time.
func TestTheDocsOfTheRegistry(t *testing.T) {
	const page = "../../docs/registry.md"
	docs, err := os.ReadFile(page)
	require.NoError(t, err)
	dir := t.TempDir()
	for name, text := range map[string]string{"models/clf.pkl": "weights", "data/train.csv": "x,y\n1,0\n", "metrics.json": `{"auc": 0.91}`} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"config", "user.name", "ann"}, {"config", "user.email", "ann@example.com"}, {"add", "-A"}, {"commit", "-qm", "trained"}} {
		git(t, dir, args...)
	}
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	var made strings.Builder
	isConsole := false
	for line := range strings.Lines(string(docs)) {
		isConsole = isConsole && !strings.HasPrefix(line, "```") || line == "```console\n"
		command, isCommand := strings.CutPrefix(line, "$ ")
		if isCommand || !isConsole || strings.HasPrefix(line, "```") {
			made.WriteString(line)
		}
		if isCommand && isConsole {
			now = now.Add(time.Minute)
			made.WriteString(answer(t, dir, words(strings.TrimSpace(command)), now))
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(made.String()), 0o644))
	}
	require.Equal(t, string(docs), made.String(), "go test ./internal/cli -run Docs -update writes what the commands answer")
}

// answer runs a command of the docs.
func answer(t *testing.T, dir string, args []string, now time.Time) string {
	t.Helper()
	if args[0] == "git" {
		return git(t, dir, args[1:]...)
	}
	var out, complaint bytes.Buffer
	code := cli.Main(cli.Env{Args: append([]string{"-C", dir}, args[1:]...), In: strings.NewReader(""), Out: &out, Err: &complaint, Width: 100, Now: func() time.Time { return now }})
	require.Zero(t, code, "%v: %s", args, complaint.String())
	return out.String()
}

// git runs git with a clock that stands still, so that commits have the same names each time.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-C", dir}, args...)...)
	command.Env = append(os.Environ(), "GIT_COMMITTER_DATE=1790000000 +0000", "GIT_AUTHOR_DATE=1790000000 +0000")
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// words splits a command as a shell does, as far as the docs need it.
func words(command string) []string {
	var all []string
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}
