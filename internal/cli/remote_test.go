package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/fetch"
	"github.com/assay-ml/assay/internal/source"
)

// A terminal sees a line that is drawn over, a log a line now and then.
func TestAFetchShowsHowFarItIs(t *testing.T) {
	for _, c := range []struct {
		alive bool
		want  string
	}{
		{true, "\r\x1b[Kfetch: 1.0 MB of 4.0 MB\r\x1b[Kfetch: 3.5 MB of 4.0 MB\r\x1b[Kdone\n"},
		{false, "fetch: 3.5 MB of 4.0 MB\ndone\n"},
	} {
		now := time.Unix(0, 0)
		var out bytes.Buffer
		f := &fetching{out: &out, alive: c.alive, now: func() time.Time { return now }, last: now}
		f.watch(fetch.Progress{Total: 4e6})
		now = now.Add(time.Second)
		f.watch(fetch.Progress{Total: 4e6, Fetched: 1e6})
		f.watch(fetch.Progress{Total: 4e6, Fetched: 2e6}) // too soon
		now = now.Add(9 * time.Second)
		f.watch(fetch.Progress{Total: 4e6, Fetched: 2e6, Cached: 1e6, Resumed: 5e5})
		f.tell("done")
		require.Equal(t, c.want, out.String())
	}
}

func TestWhereTheCacheLies(t *testing.T) {
	t.Setenv("HOME", "/home/u")
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	for _, c := range []struct {
		flag    string
		environ []string
		want    string
	}{
		{"x", []string{"ASSAY_CACHE_DIR=/y"}, "/work/x"},
		{"/x", nil, "/x"},
		{"", []string{"ASSAY_CACHE_DIR=/y", "GITHUB_ACTIONS=true", "RUNNER_TEMP=/t"}, "/y"},
		{"", []string{"GITHUB_ACTIONS=true", "RUNNER_TEMP=/t"}, "/t/assay-cache"},
		{"", []string{"RUNNER_TEMP=/t"}, filepath.Join(cache, "assay")},
	} {
		a := &app{env: Env{Environ: c.environ, Now: time.Now}, global: globals{dir: "/work", cache: cacheFlags{dir: c.flag}}}
		remote, err := a.remote()
		require.NoError(t, err)
		require.Equal(t, c.want, remote.CacheDir)
		require.Equal(t, int64(10e9), remote.CacheSize)
	}
	_, err = (&app{env: Env{Environ: []string{"ASSAY_CACHE_SIZE=much", "ASSAY_CACHE_DIR=/y"}, Now: time.Now}}).remote()
	require.True(t, source.IsUserError(err))
}
