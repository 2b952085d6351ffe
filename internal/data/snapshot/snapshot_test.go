package snapshot_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/snapshot"
)

const prefix = "runs/a"

func keeper(t *testing.T) (*blob.Folder, string) {
	dir := t.TempDir()
	folder, err := blob.OpenFolder(dir)
	require.NoError(t, err)
	t.Cleanup(func() { folder.Close() })
	return folder, dir
}

func folder(t *testing.T, files map[string]string) string {
	dir := filepath.Join(t.TempDir(), "model")
	require.NoError(t, os.Mkdir(dir, 0o755))
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o640))
	}
	return dir
}

func save(t *testing.T, k blob.Keeper, dir string) snapshot.Saved {
	saved, err := snapshot.Save(t.Context(), k, prefix, dir, &snapshot.Known{})
	require.NoError(t, err)
	return saved
}

func load(t *testing.T, k blob.Store, digest string) (string, error) {
	into := filepath.Join(t.TempDir(), "into")
	_, err := snapshot.Load(t.Context(), k, prefix, digest, into)
	return into, err
}

func TestWhatIsKeptComesBack(t *testing.T) {
	k, _ := keeper(t)
	files := map[string]string{"weights.bin": strings.Repeat("0123456789abcdef", 5<<20), "deep/er/optim.json": "{}", "empty": "", "a b é.txt": "x"}
	dir := folder(t, files)
	require.NoError(t, os.Chmod(filepath.Join(dir, "a b é.txt"), 0o444))
	saved := save(t, k, dir)
	require.Equal(t, int64(80<<20+2+1), saved.Size)
	into, err := load(t, k, saved.Digest)
	require.NoError(t, err)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(into, name))
		require.NoError(t, err)
		require.True(t, string(got) == want, name)
	}
	require.Equal(t, saved.Digest, save(t, k, into).Digest, "one content has one name")
}

func TestOnlyWhatIsNewIsSent(t *testing.T) {
	k, _ := keeper(t)
	dir := folder(t, map[string]string{"frozen": strings.Repeat("f", 1000), "head": strings.Repeat("1", 100)})
	var known snapshot.Known
	first, err := snapshot.Save(t.Context(), k, prefix, dir, &known)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "head"), []byte(strings.Repeat("2", 100)), 0o640))
	second, err := snapshot.Save(t.Context(), k, prefix, dir, &known)
	require.NoError(t, err)
	require.NotEqual(t, first.Digest, second.Digest)
	require.Greater(t, first.Sent, int64(1100))
	require.Less(t, second.Sent, int64(1000), "the frozen part lies there")
	require.Zero(t, save(t, k, dir).Sent, "one who does not know asks, and sends nothing")
}

func TestAnEmptyFolderIsASnapshot(t *testing.T) {
	k, _ := keeper(t)
	into, err := load(t, k, save(t, k, folder(t, nil)).Digest)
	require.NoError(t, err)
	entries, err := os.ReadDir(into)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// object is the file of the store that holds some text.
func object(t *testing.T, store, text string) string {
	sum := sha256.Sum256([]byte(text))
	digest := hex.EncodeToString(sum[:])
	return filepath.Join(store, prefix, "sha256", digest[:2], digest[2:])
}

func TestASnapshotThatIsNotWholeIsNone(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, store string){
		"a piece has another byte": func(t *testing.T, store string) {
			require.NoError(t, os.WriteFile(object(t, store, "weights"), []byte("weightz"), 0o640))
		},
		"a piece is cut short": func(t *testing.T, store string) {
			require.NoError(t, os.WriteFile(object(t, store, "weights"), []byte("wei"), 0o640))
		},
		"a piece is empty": func(t *testing.T, store string) {
			require.NoError(t, os.WriteFile(object(t, store, "weights"), nil, 0o640))
		},
		"a piece is gone": func(t *testing.T, store string) { require.NoError(t, os.Remove(object(t, store, "weights"))) },
	} {
		t.Run(name, func(t *testing.T) {
			k, store := keeper(t)
			saved := save(t, k, folder(t, map[string]string{"a": "first", "w": "weights"}))
			harm(t, store)
			into, err := load(t, k, saved.Digest)
			require.Contains(t, []blob.Cause{blob.Corrupt, blob.NotFound}, blob.CauseOf(err), "%v", err)
			require.NoDirExists(t, into)
			left, err := os.ReadDir(filepath.Dir(into))
			require.NoError(t, err)
			require.Empty(t, left, "nothing is left half written")
		})
	}
}

// keepText puts a text where a snapshot's manifest lies, under its true digest.
func keepText(t *testing.T, k blob.Keeper, text string) (digest string) {
	sum := sha256.Sum256([]byte(text))
	digest = hex.EncodeToString(sum[:])
	require.NoError(t, k.Put(t.Context(), prefix+"/sha256/"+digest[:2]+"/"+digest[2:], strings.NewReader(text), int64(len(text))))
	return digest
}

func TestAHostileManifestWritesNothing(t *testing.T) {
	piece := `{"digest":"` + strings.Repeat("0", 64) + `","size":1}`
	for name, text := range map[string]string{
		"leaves the folder":       `{"version":1,"files":[{"path":"../x","mode":420,"chunks":[]}]}`,
		"is absolute":             `{"version":1,"files":[{"path":"/x","mode":420,"chunks":[]}]}`,
		"is the folder itself":    `{"version":1,"files":[{"path":".","mode":420,"chunks":[]}]}`,
		"has a backslash":         `{"version":1,"files":[{"path":"a\\b","mode":420,"chunks":[]}]}`,
		"has a zero byte":         `{"version":1,"files":[{"path":"a\u0000b","mode":420,"chunks":[]}]}`,
		"names a file twice":      `{"version":1,"files":[{"path":"a","mode":420,"chunks":[]},{"path":"a","mode":420,"chunks":[]}]}`,
		"is out of order":         `{"version":1,"files":[{"path":"b","mode":420,"chunks":[]},{"path":"a","mode":420,"chunks":[]}]}`,
		"has a piece too large":   `{"version":1,"files":[{"path":"a","mode":420,"chunks":[` + strings.Replace(piece, `:1}`, `:99999999999}`, 1) + `]}]}`,
		"has a digest of nothing": `{"version":1,"files":[{"path":"a","mode":420,"chunks":[` + strings.Replace(piece, `00`, `..`, 1) + `]}]}`,
		"knows another field":     `{"version":1,"files":[],"run":"rm"}`,
		"is of another version":   `{"version":2,"files":[]}`,
		"is no JSON":              `files`,
	} {
		t.Run(name, func(t *testing.T) {
			k, _ := keeper(t)
			into, err := load(t, k, keepText(t, k, text))
			require.Equal(t, blob.Corrupt, blob.CauseOf(err), "%v", err)
			require.NoDirExists(t, into)
		})
	}
}

func TestOneFileBelowAnotherIsRefused(t *testing.T) {
	k, _ := keeper(t)
	into, err := load(t, k, keepText(t, k, `{"version":1,"files":[{"path":"a","mode":420,"chunks":[]},{"path":"a/b","mode":420,"chunks":[]}]}`))
	require.Error(t, err)
	require.NoDirExists(t, into)
}

func TestWhatNamesNoSnapshot(t *testing.T) {
	k, _ := keeper(t)
	for _, digest := range []string{"", "abc", "../../etc", strings.Repeat("G", 64), strings.Repeat("A", 64)} {
		_, err := load(t, k, digest)
		require.ErrorContains(t, err, "names no snapshot")
	}
	_, err := load(t, k, strings.Repeat("a", 64))
	require.Equal(t, blob.NotFound, blob.CauseOf(err))
}

func TestLinksAreNotKeptInSilence(t *testing.T) {
	k, _ := keeper(t)
	dir := folder(t, map[string]string{"a": "1"})
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "link")))
	_, err := snapshot.Save(t.Context(), k, prefix, dir, &snapshot.Known{})
	require.ErrorContains(t, err, "link is no plain file")
}

// busy writes to a file of the folder while it is kept.
type busy struct {
	blob.Keeper
	file string
}

func (b busy) Put(ctx context.Context, key string, content io.ReadSeeker, size int64) error {
	if err := os.WriteFile(b.file, []byte("longer than before"), 0o640); err != nil {
		return err
	}
	return b.Keeper.Put(ctx, key, content, size)
}

func TestAFileThatChangesIsNotKept(t *testing.T) {
	k, _ := keeper(t)
	dir := folder(t, map[string]string{"w": "weights"})
	_, err := snapshot.Save(t.Context(), busy{k, filepath.Join(dir, "w")}, prefix, dir, &snapshot.Known{})
	require.ErrorIs(t, err, snapshot.ErrChanges)
}

// cut gives up after some writes.
type cut struct {
	blob.Keeper
	left int
}

func (c *cut) Put(ctx context.Context, key string, content io.ReadSeeker, size int64) error {
	if c.left == 0 {
		return &blob.Error{Cause: blob.Unreachable, Where: key}
	}
	c.left--
	return c.Keeper.Put(ctx, key, content, size)
}

// Wherever a save is cut off, the one before it is whole, and the next goes on.
func TestACutSaveHarmsNothing(t *testing.T) {
	for left := range 4 {
		k, _ := keeper(t)
		dir := folder(t, map[string]string{"a": "1", "b": "1"})
		first := save(t, k, dir)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), []byte("2"), 0o640))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "b"), []byte("3"), 0o640))
		_, err := snapshot.Save(t.Context(), &cut{k, left}, prefix, dir, &snapshot.Known{})
		require.Equal(t, left < 3, err != nil, "%v", err)
		_, err = load(t, k, first.Digest)
		require.NoError(t, err)
		_, err = load(t, k, save(t, k, dir).Digest)
		require.NoError(t, err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"version":1,"files":[{"path":"a","mode":420,"chunks":[]}]}`))
	f.Add([]byte(`{"version":1,"files":[{"path":"a/../../b","mode":4095,"chunks":[{"digest":"","size":-1}]}]}`))
	f.Add([]byte(`{"version":1,"files":[]}00`))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, _ := keeper(t)
		into, err := load(t, k, keepText(t, k, string(text)))
		if err != nil {
			require.NoDirExists(t, into)
			return
		}
		var m snapshot.Manifest
		require.NoError(t, json.Unmarshal(text, &m))
		for _, file := range m.Files {
			require.FileExists(t, filepath.Join(into, file.Path))
		}
	})
}
