package attach_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/train/attach"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "plots"), 0o755))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func TestMarkdownIsReadAndPicturesAreNamed(t *testing.T) {
	dir := folder(t, map[string]string{"notes.md": "# Model\n", "plots/roc.PNG": "\x89PNG"})
	notes := attach.Read(dir, "notes.md")
	require.Equal(t, attach.Result{Path: "notes.md", Text: "# Model\n"}, notes)
	require.Equal(t, []finding.Block{finding.Document{Title: "notes.md", Text: "# Model\n"}}, notes.Blocks())
	require.Equal(t, finding.Pass, notes.Findings()[0].Outcome)
	require.Equal(t, []finding.Block{finding.Attachment{Name: "plots/roc.PNG"}}, attach.Read(dir, "plots/roc.PNG").Blocks())
}

// What a training command could leave there to lead the reader astray.
func TestWhatCannotBeShownIsAWarning(t *testing.T) {
	dir := folder(t, map[string]string{"../secret.md": "secret"})
	require.NoError(t, os.Symlink("../secret.md", filepath.Join(dir, "link.md")))
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "absolute.md")))
	require.NoError(t, os.Symlink("loop.md", filepath.Join(dir, "loop.md")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.md"), 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.md"), 0o755))
	for name, why := range map[string]string{"link.md": "outside", "absolute.md": "outside", "../secret.md": "outside", "loop.md": "cannot be read", "pipe.md": "no regular file",
		"folder.md": "no regular file", "absent.md": "not there", "plots/absent.png": "not there"} {
		r := attach.Read(dir, name)
		require.Empty(t, r.Text, name)
		require.Contains(t, r.Why, why, name)
		require.Equal(t, finding.Warn, r.Findings()[0].Outcome)
		require.False(t, r.Findings()[0].Blocks())
		require.IsType(t, finding.Line{}, r.Blocks()[0])
	}
}

func TestALongTextIsCutBehindALine(t *testing.T) {
	for name, text := range map[string]string{"lines": strings.Repeat("0123456789\n", 10_000), "one line": strings.Repeat("日", 100_000), "bytes": strings.Repeat("\xff\n", 100_000)} {
		r := attach.Read(folder(t, map[string]string{"a.md": text}), "a.md")
		require.True(t, r.IsCut, name)
		require.LessOrEqual(t, len(r.Text), 64<<10, "a byte that is no text takes three")
		require.Greater(t, len(r.Text), 31<<10)
		require.True(t, utf8.ValidString(r.Text))
		require.Contains(t, r.Blocks()[1].(finding.Note).Text, "longer than 32 KiB")
	}
	require.True(t, strings.HasSuffix(attach.Read(folder(t, map[string]string{"a.md": strings.Repeat("0123456789\n", 10_000)}), "a.md").Text, "9\n"))
}
