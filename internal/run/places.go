package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/fetch"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/edge/https"
	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/edge/s3"
	"github.com/assay-ml/assay/internal/source"
)

// Remote says how tables that lie elsewhere are fetched.
type Remote struct {
	CacheDir  string // nothing is made where nothing is fetched
	CacheSize int64  // bytes
	Environ   []string
	// Loopback is whether the config may name this machine as a server. It may not where a pull request writes it.
	Loopback bool
	Watch    func(fetch.Progress) // nil for nobody; see fetch.Options
	Tell     func(string)         // a line for the reader of the run; nil for nobody
}

// Places finds tables: their paths have environment variables filled in, and those that lie elsewhere are brought here.
type Places struct {
	remote  Remote
	servers config.S3
	fetcher *fetch.Fetcher // nil until needed
}

// NewPlaces makes a Places. Close it: the files that it fetched are there until then.
func NewPlaces(remote Remote, servers config.S3) *Places {
	return &Places{remote: remote, servers: servers}
}

// Close gives up what was fetched.
func (p *Places) Close() error {
	if p.fetcher == nil {
		return nil
	}
	return p.fetcher.Close()
}

// Find is a spec that the table engine can open. What the user can mend is source.Problems.
func (p *Places) Find(ctx context.Context, spec table.Spec) (table.Spec, error) {
	spec, location, err := config.RemoteSpec(spec, p.lookup)
	if err != nil || location == nil {
		return spec, err
	}
	if location.Scheme != "s3" && spec.SHA256 == "" {
		p.tell(location.String() + " is taken as it comes: with sha256 in assay.yaml it could be no other than the one that you know")
	}
	if location.Scheme == "s3" {
		location.At = s3.Endpoint(p.s3Options(), p.getenv)
	}
	set, err := p.fetch(ctx, fetch.Request{Location: *location, SHA256: spec.SHA256, Accept: func(relative string) bool { return table.IsDataFile(relative, spec.Format) }})
	if err != nil {
		return spec, placed(spec.Pos, err)
	}
	spec.Fetched = &table.Fetched{Base: set.Base, Local: map[string]string{}}
	for _, file := range set.Files {
		spec.Fetched.Local[file.Name] = file.Path
	}
	return spec, nil
}

// fetch starts the fetcher where it is the first time.
func (p *Places) fetch(ctx context.Context, request fetch.Request) (fetch.Set, error) {
	if p.fetcher == nil {
		cache, err := fetch.OpenCache(p.remote.CacheDir, p.remote.CacheSize)
		if err != nil {
			return fetch.Set{}, err
		}
		if p.fetcher, err = fetch.New(fetch.Options{Cache: cache, Open: p.open, Watch: p.remote.Watch}); err != nil {
			return fetch.Set{}, err
		}
	}
	before := p.fetcher.Progress()
	set, err := p.fetcher.Fetch(ctx, request)
	if err == nil {
		p.tell(summary(request.Location.String(), before, p.fetcher.Progress()))
	}
	return set, err
}

// summary says what a fetch took.
func summary(name string, before, after fetch.Progress) string {
	files := "1 file"
	if n := after.Files - before.Files; n != 1 {
		files = fmt.Sprintf("%d files", n)
	}
	text := name + ": " + files + ", " + fetch.Bytes(after.Total-before.Total)
	if fetched := after.Fetched - before.Fetched; fetched > 0 {
		return text + ", of which " + fetch.Bytes(fetched) + " were fetched"
	}
	return text + ", all in the cache"
}

func (p *Places) tell(text string) {
	if p.remote.Tell != nil {
		p.remote.Tell(text)
	}
}

// open is the store of a location.
func (p *Places) open(ctx context.Context, at blob.Location) (blob.Store, error) {
	if at.Scheme == "s3" {
		return s3.Open(ctx, at, p.s3Options())
	}
	return https.New(at, outbound.Guard{Loopback: p.remote.Loopback}), nil
}

// s3Options are the servers of S3. Those that the environment names may be on this machine: the workflow sets it.
func (p *Places) s3Options() s3.Options {
	return s3.Options{Region: p.servers.Region, Endpoint: p.servers.Endpoint, PathStyle: p.servers.PathStyle,
		Guard: outbound.Guard{Loopback: p.remote.Loopback || p.servers.Endpoint == ""}}
}

func (p *Places) lookup(name string) (string, bool) {
	for _, entry := range p.remote.Environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

func (p *Places) getenv(name string) string {
	value, _ := p.lookup(name)
	return value
}

// placed turns what the user can mend into a problem at the table's place.
func placed(pos source.Pos, err error) error {
	var problems source.Problems
	if errors.As(err, &problems) {
		for i := range problems {
			problems[i].Pos = pos
		}
		return problems
	}
	var e *blob.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.IsMendable():
		return source.Problems{{Pos: pos, Message: e.Error(), Hint: e.Hint}}
	case e.Hint != "":
		return fmt.Errorf("%w; %s", err, e.Hint)
	}
	return err
}

// copyFetched writes the files of a table into a folder that the training command may read, and answers with the path of the
// one file or of the folder. They are copies: the cache is not the command's to change.
func copyFetched(dir string, fetched table.Fetched) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	only := ""
	for name, local := range fetched.Local {
		relative := strings.TrimPrefix(strings.TrimPrefix(name, fetched.Base), "/")
		if relative == "" {
			relative = blob.Title(name)
		}
		if err := copyInto(root, relative, local); err != nil {
			return "", fmt.Errorf("copy %s for the training command: %w", name, err)
		}
		only = relative
	}
	if len(fetched.Local) == 1 {
		return filepath.Join(dir, filepath.FromSlash(only)), nil
	}
	return dir, nil
}

// copyInto copies a file below a root, which nothing leads out of.
func copyInto(root *os.Root, relative, local string) error {
	if err := root.MkdirAll(filepath.Dir(filepath.FromSlash(relative)), 0o755); err != nil {
		return err
	}
	in, err := os.Open(local)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := root.Create(filepath.FromSlash(relative))
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(0o644), out.Close())
}

// copies makes copies of a fetched table for the training command, in a folder of their own.
func (s *session) copies(fetched table.Fetched) (string, error) {
	dir, err := s.folder()
	if err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp(dir, "fetched-"); err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the command may be another user's
		return "", err
	}
	return copyFetched(dir, fetched)
}
