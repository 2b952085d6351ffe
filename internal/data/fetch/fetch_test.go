package fetch_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/fetch"
	"github.com/assay-ml/assay/internal/edge/https"
	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/source"
)

const bound = 100 << 20

// web is a server of one file that counts what it gives, and breaks as it is told.
type web struct {
	URL string

	mu      sync.Mutex
	content string
	tag     string
	gave    int64
	asked   int
	// breaks looks at each request for more than a byte; true ends it there, after half of what was asked for.
	breaks func(n int, offset string) bool
}

func serve(t *testing.T, content string) *web {
	w := &web{content: content, tag: `"1"`}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.URL = server.URL + "/a.csv"
	return w
}

func (w *web) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.asked++
	n, content, tag, breaks := w.asked, w.content, w.tag, w.breaks
	w.mu.Unlock()
	answer.Header().Set("ETag", tag)
	out := &cutting{ResponseWriter: answer, w: w}
	if r.Header.Get("Range") != "bytes=0-0" && breaks != nil && breaks(n, r.Header.Get("Range")) {
		out.breaks = true
	}
	http.ServeContent(out, r, "a.csv", time.Time{}, strings.NewReader(content))
}

// cutting counts, and cuts the connection after the first bytes.
type cutting struct {
	http.ResponseWriter
	w      *web
	breaks bool
}

func (c *cutting) Write(p []byte) (int, error) {
	if c.breaks {
		p = p[:len(p)/2]
	}
	n, err := c.ResponseWriter.Write(p)
	c.w.mu.Lock()
	c.w.gave += int64(n)
	c.w.mu.Unlock()
	if c.breaks {
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func (w *web) given() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gave
}

// fetcher makes a Fetcher that waits for nothing before it tries again.
func fetcher(t *testing.T, dir string, size int64) *fetch.Fetcher {
	t.Helper()
	cache, err := fetch.OpenCache(dir, size)
	require.NoError(t, err)
	f, err := fetch.New(fetch.Options{Cache: cache, Open: open, Wait: func(context.Context, time.Duration) error { return nil }})
	require.NoError(t, err)
	return f
}

// open leads to web servers of this machine; a bucket is a folder of it.
func open(_ context.Context, at blob.Location) (blob.Store, error) {
	if at.Scheme == "s3" {
		return blob.OpenFolder(at.At)
	}
	return https.New(at, outbound.Guard{Loopback: true}), nil
}

func request(t *testing.T, url string) fetch.Request {
	l, err := blob.Parse(url)
	require.NoError(t, err)
	return fetch.Request{Location: l, Accept: func(name string) bool { return strings.HasSuffix(name, ".csv") }}
}

// run fetches in a run of its own, and gives the content of the files by their names.
func run(t *testing.T, dir string, r fetch.Request) (map[string]string, error) {
	t.Helper()
	f := fetcher(t, dir, bound)
	defer f.Close()
	set, err := f.Fetch(t.Context(), r)
	if err != nil {
		return nil, err
	}
	got := map[string]string{}
	for _, file := range set.Files {
		content, err := os.ReadFile(file.Path)
		require.NoError(t, err)
		got[file.Name] = string(content)
	}
	return got, nil
}

// parted is a content of three parts of 8 MiB, the last one short.
var parted = strings.Repeat("0123456789abcdef", 20<<20/16)

func TestASecondRunFetchesNothing(t *testing.T) {
	w, dir := serve(t, parted), t.TempDir()
	for range 2 {
		got, err := run(t, dir, request(t, w.URL))
		require.NoError(t, err)
		require.True(t, got[w.URL] == parted)
	}
	require.Equal(t, int64(len(parted)+2), w.given(), "the file once, and a byte for each look at it")
	w.tag = `"2"`
	w.content = "new"
	got, err := run(t, dir, request(t, w.URL))
	require.NoError(t, err)
	require.Equal(t, "new", got[w.URL])
}

func TestADeclaredSumNeedsNoQuestion(t *testing.T) {
	w, dir := serve(t, "id\n1\n"), t.TempDir()
	r := request(t, w.URL)
	sum := sha256.Sum256([]byte("id\n1\n"))
	r.SHA256 = hex.EncodeToString(sum[:])
	_, err := run(t, dir, r)
	require.NoError(t, err)
	asked := w.asked
	_, err = run(t, dir, r)
	require.NoError(t, err)
	require.Equal(t, asked, w.asked)

	r.SHA256 = strings.Repeat("0", 64)
	for range 2 { // nothing of it is kept
		_, err = run(t, dir, r)
		require.Equal(t, blob.Corrupt, blob.CauseOf(err), "%v", err)
		require.ErrorContains(t, err, "its sha256 is "+hex.EncodeToString(sum[:]))
	}
}

func TestCutConnectionsHeal(t *testing.T) {
	w := serve(t, parted)
	w.breaks = func(n int, _ string) bool { return n%2 == 0 }
	got, err := run(t, t.TempDir(), request(t, w.URL))
	require.NoError(t, err)
	require.True(t, got[w.URL] == parted)
}

func TestAFetchIsTakenUpWhereItWasCut(t *testing.T) {
	w, dir := serve(t, parted), t.TempDir()
	begun := make(chan struct{})
	w.breaks = func(_ int, offset string) bool {
		if strings.HasPrefix(offset, "bytes=0-") {
			close(begun)
			return false
		}
		<-begun
		return true
	}
	f := fetcher(t, dir, bound)
	_, err := f.Fetch(t.Context(), request(t, w.URL))
	require.Equal(t, blob.Unreachable, blob.CauseOf(err), "%v", err)
	require.NoError(t, f.Close())
	w.breaks = nil
	f = fetcher(t, dir, bound)
	defer f.Close()
	set, err := f.Fetch(t.Context(), request(t, w.URL))
	require.NoError(t, err)
	content, err := os.ReadFile(set.Files[0].Path)
	require.NoError(t, err)
	require.True(t, string(content) == parted)
	p := f.Progress()
	require.Equal(t, int64(8<<20), p.Resumed, "the part that was whole is kept")
	require.Equal(t, int64(len(parted)-8<<20), p.Fetched)
	require.Equal(t, p.Total, p.Resumed+p.Fetched)
}

func TestAnObjectThatChangesIsRefused(t *testing.T) {
	w := serve(t, parted)
	w.breaks = func(int, string) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.tag = `"2"` // after the look at it, before the second answer
		return false
	}
	_, err := run(t, t.TempDir(), request(t, w.URL))
	require.Equal(t, blob.Changed, blob.CauseOf(err), "%v", err)
}

// bucket is a request to a folder that stands for a bucket.
func bucket(t *testing.T, dir, path string) fetch.Request {
	r := request(t, "s3://bucket/"+path)
	r.Location.At = dir
	return r
}

func fill(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestFoldersPatternsAndObjectsAreFound(t *testing.T) {
	dir := fill(t, map[string]string{"p/a.csv": "a", "p/y=1/b.csv": "b", "p/y=1/c.txt": "c", "pq.csv": "q"})
	for path, want := range map[string][]string{
		"p":        {"s3://bucket/p/a.csv", "s3://bucket/p/y=1/b.csv"},
		"p/":       {"s3://bucket/p/a.csv", "s3://bucket/p/y=1/b.csv"},
		"p/a.csv":  {"s3://bucket/p/a.csv"},
		"p/*":      {"s3://bucket/p/a.csv"},
		"**/?.txt": {"s3://bucket/p/y=1/c.txt"},
		"":         {"s3://bucket/p/a.csv", "s3://bucket/p/y=1/b.csv", "s3://bucket/pq.csv"},
	} {
		f := fetcher(t, t.TempDir(), bound)
		set, err := f.Fetch(t.Context(), bucket(t, dir, path))
		require.NoError(t, err, path)
		var names []string
		for _, file := range set.Files {
			names = append(names, file.Name)
			require.Equal(t, strings.Contains(file.Name, "y=1") && path != "**/?.txt" || strings.Contains(file.Path, "y=1"), strings.Contains(file.Path, "/y=1/"), "partitions stand in the path")
		}
		require.Equal(t, want, names, path)
		require.NoError(t, f.Close())
	}
	for path, reason := range map[string]string{"none": "no such object", "p/*.parquet": "among the 3 objects that begin with it"} {
		_, err := run(t, t.TempDir(), bucket(t, dir, path))
		require.Equal(t, blob.NotFound, blob.CauseOf(err))
		require.ErrorContains(t, err, reason)
	}
	r := bucket(t, dir, "p")
	r.SHA256 = strings.Repeat("0", 64)
	_, err := run(t, t.TempDir(), r)
	require.ErrorContains(t, err, "2 objects cannot have one sha256")
}

func TestWhatIsLeastRecentlyUsedGoes(t *testing.T) {
	text := strings.Repeat("x", 40)
	dir, cache := fill(t, map[string]string{"a.csv": text, "b.csv": text, "c.csv": text}), t.TempDir()
	fetched := func(key string) int64 {
		f := fetcher(t, cache, 100)
		defer f.Close()
		_, err := f.Fetch(t.Context(), bucket(t, dir, key))
		require.NoError(t, err)
		return f.Progress().Fetched
	}
	require.Equal(t, int64(40), fetched("a.csv"))
	require.Equal(t, int64(40), fetched("b.csv"))
	require.Zero(t, fetched("a.csv"), "used again: b is the older one now")
	require.Equal(t, int64(40), fetched("c.csv"))
	require.Zero(t, fetched("a.csv"))
	require.Equal(t, int64(40), fetched("b.csv"), "it had to go")
}

func TestWhatARunReadsStays(t *testing.T) {
	text := strings.Repeat("x", 40)
	dir, cache := fill(t, map[string]string{"a.csv": text, "b.csv": text, "c.csv": text}), t.TempDir()
	reading := fetcher(t, cache, 100)
	defer reading.Close()
	set, err := reading.Fetch(t.Context(), bucket(t, dir, "[ab].csv"))
	require.NoError(t, err)
	other := fetcher(t, cache, 100)
	defer other.Close()
	_, err = other.Fetch(t.Context(), bucket(t, dir, "c.csv"))
	require.ErrorContains(t, err, "may hold 100 bytes: 80 bytes are in use, and 40 bytes more are needed")
	require.ErrorContains(t, err, "--cache-size")
	require.True(t, source.IsUserError(err))
	_, err = os.Stat(set.Files[0].Path)
	require.NoError(t, err)
	require.NoError(t, reading.Close())
	_, err = other.Fetch(t.Context(), bucket(t, dir, "c.csv"))
	require.NoError(t, err)
}

func TestASetLargerThanTheCacheIsRefusedAtOnce(t *testing.T) {
	w := serve(t, parted)
	f := fetcher(t, t.TempDir(), 1<<20)
	defer f.Close()
	_, err := f.Fetch(t.Context(), request(t, w.URL))
	require.ErrorContains(t, err, "may hold 1.0 MB")
	require.True(t, source.IsUserError(err))
	require.Equal(t, int64(1), w.given())
}

func TestRunsThatDiedHoldNothing(t *testing.T) {
	dir := t.TempDir()
	cut := fetcher(t, dir, bound)
	defer cut.Close()
	dead := filepath.Join(dir, "v1", "runs", "run-dead")
	require.NoError(t, os.Mkdir(dead, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dead, "lock"), nil, 0o600))
	next := fetcher(t, dir, bound)
	defer next.Close()
	require.NoDirExists(t, dead)
	runs, err := os.ReadDir(filepath.Join(dir, "v1", "runs"))
	require.NoError(t, err)
	require.Len(t, runs, 2, "those that live stay")
}

// Two programs that want the same file at once fetch it once.
func TestTwoProcessesShareACache(t *testing.T) {
	w, dir := serve(t, parted), t.TempDir()
	var programs []*exec.Cmd
	for range 2 {
		program := exec.Command(os.Args[0], "-test.run=^TestHelperFetches$", "-test.v")
		program.Env = append(os.Environ(), "ASSAY_TEST_FETCH="+w.URL, "ASSAY_TEST_CACHE="+dir)
		programs = append(programs, program)
	}
	var all sync.WaitGroup
	outputs := make([]string, len(programs))
	for i, program := range programs {
		all.Go(func() {
			out, err := program.CombinedOutput()
			outputs[i] = fmt.Sprintf("%s%v", out, err)
		})
	}
	all.Wait()
	for _, out := range outputs {
		require.Contains(t, out, "it is whole")
	}
	require.Equal(t, int64(len(parted)+2), w.given())
}

// TestHelperFetches is the program of TestTwoProcessesShareACache.
func TestHelperFetches(t *testing.T) {
	url := os.Getenv("ASSAY_TEST_FETCH")
	if url == "" {
		return
	}
	got, err := run(t, os.Getenv("ASSAY_TEST_CACHE"), request(t, url))
	require.NoError(t, err)
	require.True(t, got[url] == parted)
	t.Log("it is whole")
}

func TestAnEmptyObject(t *testing.T) {
	got, err := run(t, t.TempDir(), bucket(t, fill(t, map[string]string{"a.csv": ""}), "a.csv"))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"s3://bucket/a.csv": ""}, got)
}

func TestACacheThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	for _, dir := range []string{file, ""} {
		_, err := fetch.OpenCache(dir, bound)
		require.ErrorContains(t, err, "--cache-dir")
		require.True(t, source.IsUserError(err))
	}
}

func TestSizesAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]int64{"10GB": 10e9, "500 mb": 500e6, "1.5TB": 1.5e12, "7": 7, "2kB": 2000} {
		got, err := fetch.ParseBytes(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "-1", "0", "GB", "NaN", "inf", "1e99TB", "10 GiB", "ten"} {
		_, err := fetch.ParseBytes(text)
		require.Error(t, err, text)
	}
	require.Equal(t, []string{"999 bytes", "1.0 kB", "2.5 GB"}, []string{fetch.Bytes(999), fetch.Bytes(1000), fetch.Bytes(2_500_000_000)})
}
