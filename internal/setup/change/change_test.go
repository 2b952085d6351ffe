package change_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/setup/change"
)

func open(t *testing.T) (*os.Root, string) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	return root, dir
}

func TestADiffShowsOldAndNew(t *testing.T) {
	require.Equal(t, "diff /dev/null b/a.txt\n--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1,1 @@\n+x\n", string(change.File{Path: "a.txt", New: []byte("x\n")}.Diff()))
	require.Equal(t, "diff a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n-x\n+z\n y\n", string(change.File{Path: "a.txt", Old: []byte("x\ny\n"), New: []byte("z\ny\n")}.Diff()))
	require.Empty(t, change.File{Path: "a.txt", Old: []byte("x"), New: []byte("x")}.Diff())
}

func TestNewFilesNeverOverwrite(t *testing.T) {
	root, dir := open(t)
	f := change.File{Path: "a/b/c.yml", New: []byte("x\n")}
	require.NoError(t, change.Write(root, f))
	require.ErrorContains(t, change.Write(root, f), "write a/b/c.yml: ")
	text, err := os.ReadFile(filepath.Join(dir, "a/b/c.yml"))
	require.NoError(t, err)
	require.Equal(t, "x\n", string(text))
}

func TestAChangedFileKeepsItsModeAndNothingElseChanges(t *testing.T) {
	root, dir := open(t)
	path := filepath.Join(dir, "run.yml")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, change.Write(root, change.File{Path: "run.yml", Old: []byte("old"), New: []byte("new")}))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left beside it")

	err = change.Write(root, change.File{Path: "run.yml", Old: []byte("old"), New: []byte("newer")})
	require.ErrorContains(t, err, "changed in the meantime")
	require.ErrorContains(t, change.Write(root, change.File{Path: "gone.yml", Old: []byte("old"), New: []byte("new")}), "gone.yml")
}

// A repository of a stranger may hold links that lead out of it.
func TestNothingIsWrittenThroughLinks(t *testing.T) {
	root, dir := open(t)
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "f"), []byte("old"), 0o644))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, ".github")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "f"), filepath.Join(dir, "f")))
	require.Error(t, change.Write(root, change.File{Path: ".github/new", New: []byte("x")}))
	require.ErrorContains(t, change.Write(root, change.File{Path: "f", Old: []byte("old"), New: []byte("x")}), "no regular file")
	text, err := os.ReadFile(filepath.Join(outside, "f"))
	require.NoError(t, err)
	require.Equal(t, "old", string(text))
	require.NoFileExists(t, filepath.Join(outside, "new"))
}

func TestEditsChangeTheirPlaceAlone(t *testing.T) {
	for _, c := range []struct {
		name, text string
		edits      []change.Edit
		want       string // "": an error
	}{
		{"a word", "a: é old # c\n", []change.Edit{{Line: 1, Column: 6, Old: "old", New: "newer"}}, "a: é newer # c\n"},
		{"two of one line", "{a: 1, b: 2}", []change.Edit{{Line: 1, Column: 5, Old: "1", New: "10"}, {Line: 1, Column: 11, Old: "2", New: "20"}}, "{a: 10, b: 20}"},
		{"lines", "a\nb\n", []change.Edit{{Line: 2, New: "x\ny"}}, "a\nx\ny\nb\n"},
		{"a line and a word below", "a\nb\n", []change.Edit{{Line: 1, New: "x"}, {Line: 2, Column: 1, Old: "b", New: "c"}}, "x\na\nc\n"},
		{"at the end", "a\n", []change.Edit{{Line: 2, New: "b"}}, "a\nb\n"},
		{"other line ends", "a\r\nb\r\n", []change.Edit{{Line: 2, New: "x\ny"}}, "a\r\nx\r\ny\r\nb\r\n"},
		{"another text", "a\n", []change.Edit{{Line: 1, Column: 1, Old: "b", New: "c"}}, ""},
		{"beyond the line", "a\n", []change.Edit{{Line: 1, Column: 9, New: "c"}}, ""},
		{"beyond the file", "a\n", []change.Edit{{Line: 9, New: "c"}}, ""},
		{"before the file", "a\n", []change.Edit{{New: "c"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := change.Apply([]byte(c.text), c.edits)
			if c.want == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
		})
	}
}
