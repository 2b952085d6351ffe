package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"700MB": 700e6, "1.5gb": 1500e6, "2 GiB": 2 << 30, "128MiB": 128 << 20, "1TB": 1e12} {
		var s size
		require.NoError(t, s.Set(text), text)
		require.Equal(t, want, int64(s), text)
	}
	for _, text := range []string{"", "700", "MB", "-1GB", "NaNGB", "InfGB", "1MB", "1e30GB", "1GB2"} {
		var s size
		require.ErrorContains(t, s.Set(text), "such as 700MB", text)
		require.Empty(t, s.String())
	}
}
