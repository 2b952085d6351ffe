package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/assay-ml/assay/internal/data/fetch"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/run"
)

// cacheFlags say where fetched tables are kept, and how much of them.
type cacheFlags struct{ dir, size string }

// defaultCacheSize leaves room on the smallest disk of GitHub's runners, which have 14 GB free (About GitHub-hosted runners).
const defaultCacheSize = "10GB"

func (f *cacheFlags) flags(flags *pflag.FlagSet) {
	flags.StringVar(&f.dir, "cache-dir", "", "keep tables that are fetched in `dir` (default $ASSAY_CACHE_DIR, else the job's temporary folder, else the user's cache folder)")
	flags.StringVar(&f.size, "cache-size", "", "bytes that they may take, such as `20GB` (default $ASSAY_CACHE_SIZE, else "+defaultCacheSize+")")
}

// remote says how tables that lie elsewhere are fetched.
func (a *app) remote() (run.Remote, error) {
	size, err := fetch.ParseBytes(firstOf(a.global.cache.size, a.env.Getenv("ASSAY_CACHE_SIZE"), defaultCacheSize))
	if err != nil {
		return run.Remote{}, fmt.Errorf("size of the cache: %w", err)
	}
	remote := run.Remote{CacheDir: a.cacheDir(), CacheSize: size, Environ: a.env.Environ, Loopback: !actions.Detect(a.env.Getenv)}
	if !a.global.quiet && a.global.format != "json" {
		shown := &fetching{out: a.env.Err, alive: a.env.IsTerminal && !a.isGitHub(), now: a.env.Now, last: a.env.Now()}
		remote.Watch, remote.Tell = shown.watch, shown.tell
	}
	return remote, nil
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// cacheDir is the job's own folder in Actions: what a job left there no later one need trust. It is "" where this user has no
// folder for caches; most runs need none.
func (a *app) cacheDir() string {
	if dir := a.global.cache.dir; dir != "" {
		return a.path(dir)
	}
	if dir := a.env.Getenv("ASSAY_CACHE_DIR"); dir != "" {
		return dir
	}
	if dir := a.env.Getenv("RUNNER_TEMP"); dir != "" && actions.Detect(a.env.Getenv) {
		return filepath.Join(dir, "assay-cache")
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "assay")
}

// fetching shows a person how far a fetch is: a line that is drawn over on a terminal, a line now and then in a log.
type fetching struct {
	out   io.Writer
	alive bool // out is a terminal
	now   func() time.Time
	last  time.Time // when a line was written
	drawn bool
}

// How often a line is written.
const (
	everyDrawn  = 200 * time.Millisecond
	everyLogged = 10 * time.Second
)

func (f *fetching) watch(p fetch.Progress) {
	every := everyLogged
	if f.alive {
		every = everyDrawn
	}
	now := f.now()
	if now.Sub(f.last) < every {
		return
	}
	f.last = now
	text := fmt.Sprintf("fetch: %s of %s", fetch.Bytes(p.Fetched+p.Cached+p.Resumed), fetch.Bytes(p.Total))
	if f.alive {
		fmt.Fprintf(f.out, "\r\x1b[K%s", text)
		f.drawn = true
		return
	}
	fmt.Fprintln(f.out, text)
}

func (f *fetching) tell(line string) {
	if f.drawn {
		fmt.Fprint(f.out, "\r\x1b[K")
		f.drawn = false
	}
	fmt.Fprintln(f.out, line)
}
