package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/cli"
)

// TestMain lets the scripts call the program by its name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"assay": func() { os.Exit(cli.Main(cli.Process())) }})
}

// The scripts are whole commands with what a person would see.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(env *testscript.Env) error {
		env.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(env.WorkDir, ".gitconfig"))
		return os.WriteFile(filepath.Join(env.WorkDir, ".gitconfig"),
			[]byte("[user]\n\tname = n\n\temail = n@example.com\n[init]\n\tdefaultBranch = main\n"), 0o644)
	}})
}

// On a terminal there is color; a step of more than a second has a line that counts.
func TestATerminalSeesColor(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m.json"), []byte(`{"auc": 0.8}`), 0o644))
	run := func(isTerminal bool, environ ...string) string {
		var out, err bytes.Buffer
		code := cli.Main(cli.Env{Args: []string{"gate", "-C", dir, "--metrics", "m.json", "--gate", "auc>=0.7"}, Environ: environ,
			In: strings.NewReader(""), Out: &out, Err: &err, IsTerminal: isTerminal, Width: 80, Now: time.Now})
		require.Zero(t, code, err.String())
		return out.String()
	}
	require.Contains(t, run(true), "\x1b[")
	require.NotContains(t, run(true, "NO_COLOR=1"), "\x1b[")
	require.NotContains(t, run(false), "\x1b[")
}
