package artifact_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/train/artifact"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func TestTheDigestOfAFileIsThatOfItsBytes(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "model.bin", "abc")
	r := artifact.Look(dir, "model.bin")
	// FIPS 180-2, appendix B.1: SHA-256 of "abc"
	require.Equal(t, artifact.Result{Path: "model.bin", Digest: "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Bytes: 3}, r)
	require.Equal(t, finding.Pass, r.Findings()[0].Outcome)
}

// coreutils 9.1: (cd model && sha256sum a-b a/b | sha256sum), whose lines have the same form.
func TestTheDigestOfAFolderIsThatOfItsList(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "model/a/b", "abc")
	write(t, dir, "model/a-b", "")
	r := artifact.Look(dir, "model")
	require.Equal(t, "sha256:27cfb940eed93088fa4b2dc517ad6618a98f7bdb754027a7aeedd43f3b2db1f5", r.Digest)
	require.EqualValues(t, 3, r.Bytes)
	require.NoError(t, os.Chmod(filepath.Join(dir, "model", "a-b"), 0o755))
	require.Equal(t, r, artifact.Look(dir, "model"), "modes do not count")
	write(t, dir, "model/a-b", "x")
	require.NotEqual(t, r.Digest, artifact.Look(dir, "model").Digest)
}

func TestWhatIsNoModelHasNoDigest(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, "secret", "s")
	write(t, dir, "linked/m", "m")
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "linked", "s")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "link")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "empty"), 0o755))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	for name, why := range map[string]string{"absent": "it is not there", "linked": artifact.ErrIrregular.Error(), "link": artifact.ErrIrregular.Error(),
		"empty": "the folder is empty", "pipe": artifact.ErrIrregular.Error(), "../x": "it lies outside of the config's folder, or cannot be read"} {
		r := artifact.Look(dir, name)
		require.Empty(t, r.Digest, name)
		require.Equal(t, why, r.Why, name)
		require.Equal(t, finding.Warn, r.Findings()[0].Outcome)
	}
}

// Steps of one job judge one model, or none.
func TestAModelThatChangesWithinAJobIsNone(t *testing.T) {
	first, second := artifact.Result{Path: "m", Digest: "sha256:1"}, artifact.Result{Path: "m", Digest: "sha256:2"}
	require.Equal(t, first, first.Join(first))
	require.Equal(t, second, second.Join(artifact.Result{Path: "m", Why: "it is not there"}))
	joined := second.Join(first).(artifact.Result)
	require.Empty(t, joined.Digest)
	require.Contains(t, joined.Why, "changed")
	require.Empty(t, artifact.Result{Path: "m", Why: "it is not there"}.Join(first).(artifact.Result).Digest, "it went away")
}
