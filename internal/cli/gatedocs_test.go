package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/cli"
)

// The examples of docs/gate-power.md are what the program says: every line after the last command of a block, up to the next text.
func TestTheDocsOfGatePowerSayWhatTheProgramSays(t *testing.T) {
	docs, err := os.ReadFile("../../docs/gate-power.md")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m.json"), []byte(`{"accuracy": 0.81}`), 0o644))
	said, checked := "", 0
	for line := range strings.Lines(string(docs)) {
		text, isExample := strings.CutPrefix(line, "    ")
		text = strings.Join(strings.Fields(text), " ")
		switch {
		case strings.TrimSpace(line) == "":
		case !isExample:
			said = ""
		case strings.HasPrefix(text, "assay gate audit --") || strings.HasPrefix(text, "assay gate plan --"):
			said = output(t, dir, strings.Fields(strings.NewReplacer("'", "", "assay ", "").Replace(text)))
		case said != "":
			require.Contains(t, said, text)
			checked++
		}
	}
	require.Equal(t, 14, checked)
}

// output is what a command prints, with single spaces.
func output(t *testing.T, dir string, args []string) string {
	t.Helper()
	var out, problems bytes.Buffer
	code := cli.Main(cli.Env{Args: append(args, "-C", dir), In: strings.NewReader(""), Out: &out, Err: &problems, Width: 1000, Now: time.Now})
	require.Zero(t, code, problems.String())
	return strings.Join(strings.Fields(out.String()), " ")
}
