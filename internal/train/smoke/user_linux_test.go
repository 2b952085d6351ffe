package smoke

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFolderWhoseFilesCannotBeGivenIsNoticed(t *testing.T) {
	dir := t.TempDir()
	require.Equal(t, os.Geteuid() == 0, canGive(dir))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries, "the probe is gone")
	require.False(t, canGive("/proc"), "a file system of its own kind")
}
