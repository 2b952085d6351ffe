// Package planted holds campaigns of random schedules against mistakes that they must find: each is one line of the production code
// changed, by an overlay of the compiler. No switch of them stands in the code. It is for tests alone.
package planted

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Bug is a line of a file below internal that stands there once, and what to write for it. A line that is not there any more must be
// planted anew.
type Bug struct{ Name, File, Old, New string }

// Find plants each bug and runs a test of the package in the working directory with it: the test has to fail, and to compile.
// Arguments are those of the test.
func Find(t *testing.T, internal, test string, bugs []Bug, arguments ...string) {
	for _, bug := range bugs {
		t.Run(bug.Name, func(t *testing.T) {
			root, err := filepath.Abs(internal)
			require.NoError(t, err)
			file := filepath.Join(root, bug.File)
			code, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(code), bug.Old), "%s holds this line once: %s", bug.File, bug.Old)
			changed, overlay := filepath.Join(t.TempDir(), "changed.go"), filepath.Join(t.TempDir(), "overlay.json")
			require.NoError(t, os.WriteFile(changed, []byte(strings.Replace(string(code), bug.Old, bug.New, 1)), 0o644))
			data, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(overlay, data, 0o644))
			out, err := exec.Command("go", append([]string{"test", "-vet=off", "-count=1", "-overlay", overlay, "-run", "^" + test + "$", "-failfast", "."}, arguments...)...).CombinedOutput()
			require.Error(t, err, "the campaign is green with this bug")
			require.Contains(t, string(out), "--- FAIL: "+test, "the bug does not compile: %s", out)
		})
	}
}
