package fetch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/assay-ml/assay/internal/data/blob"
)

// How many objects are under way at once, and how many ranges of all of them.
const (
	maxObjects  = 32
	maxRequests = 16
)

// Options say where from and where to.
type Options struct {
	Cache *Cache
	// Open gives the store of a place. It may be called several times.
	Open func(context.Context, blob.Location) (blob.Store, error)
	// Watch is told what was done so far, often, and by one goroutine at a time; nil for nobody.
	Watch func(Progress)
	Wait  func(ctx context.Context, d time.Duration) error // before another try; nil: wait for real
}

// Progress is what a Fetcher has done, in bytes.
type Progress struct {
	Files   int   // asked for so far
	Total   int64 // of these files
	Fetched int64 // over the network
	Cached  int64 // were there
	Resumed int64 // were left by a fetch that was cut off
}

// Fetcher fetches for one run. What it has fetched is there until Close. Its methods are called from one goroutine.
type Fetcher struct {
	options Options
	cache   *Cache
	lease   *lease
	sets    int

	mu       sync.Mutex
	progress Progress
}

// New makes a Fetcher. It sends nothing.
func New(options Options) (*Fetcher, error) {
	l, err := options.Cache.lease()
	if err != nil {
		return nil, err
	}
	return &Fetcher{options: options, cache: options.Cache, lease: l}, nil
}

// Close gives up the files.
func (f *Fetcher) Close() error { return f.lease.close() }

// Progress is what was done so far.
func (f *Fetcher) Progress() Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.progress
}

// add changes the progress and tells who watches.
func (f *Fetcher) add(change func(*Progress)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.progress)
	if f.options.Watch != nil {
		f.options.Watch(f.progress)
	}
}

// Request is one table that lies elsewhere.
type Request struct {
	Location blob.Location
	SHA256   string                     // of a single object, in hexadecimal; "" where it is not known
	Accept   func(relative string) bool // which objects below a folder belong to the table
}

// Set is what a request found.
type Set struct {
	Base  string // the name of the folder below which key=value folders count
	Files []File // in the order of their names
}

// File is one object on this machine.
type File struct {
	Name string // as people know it
	Path string // where it lies; key=value folders stand in it as they do in Name
}

// Fetch brings the objects of a request here. Errors are source.Problems and mendable ones of *blob.Error for what the user
// can mend.
func (f *Fetcher) Fetch(ctx context.Context, request Request) (Set, error) {
	f.sets++
	if set, found, err := f.known(request); found || err != nil {
		return set, err
	}
	store, err := f.options.Open(ctx, request.Location)
	if err != nil {
		return Set{}, err
	}
	store = blob.Steady{Store: store, At: request.Location, Wait: f.options.Wait}
	base, found, err := find(ctx, store, request)
	if err != nil {
		return Set{}, err
	}
	if request.SHA256 != "" && len(found) != 1 {
		return Set{}, &blob.Error{Cause: blob.Refused, Where: request.Location.String(), Reason: fmt.Sprintf("%d objects cannot have one sha256", len(found)), Hint: "name one object, or take sha256 away"}
	}
	return f.bring(ctx, store, request, base, found)
}

// known takes an object whose sum is declared from the cache, without asking anybody.
func (f *Fetcher) known(request Request) (Set, bool, error) {
	if request.SHA256 == "" || request.Location.IsPattern() {
		return Set{}, false, nil
	}
	link, err := f.place(0, "")
	if err != nil {
		return Set{}, false, err
	}
	size, found, err := f.cache.take(id(declared, request.SHA256), link, anySize)
	if !found || err != nil {
		return Set{}, false, err
	}
	f.add(func(p *Progress) { p.Files, p.Total, p.Cached = p.Files+1, p.Total+size, p.Cached+size })
	name := request.Location.String()
	return Set{Base: name, Files: []File{{name, link}}}, true, nil
}

// declared begins the identity of what is known by its sum.
const declared = "sha256"

// find lists what a request names.
func find(ctx context.Context, store blob.Store, request Request) (base string, found []blob.Object, err error) {
	l := request.Location
	switch {
	case l.IsPattern():
		base = l.Name("")
		found, err = list(ctx, store, l, l.Prefix(), l.Match)
	case l.Scheme == "s3" && (l.Key == "" || strings.HasSuffix(l.Key, "/")):
		base = l.String()
		found, err = below(ctx, store, request, l.Key)
	default:
		base = l.String()
		object, stat := store.Stat(ctx, l.Key)
		if stat == nil {
			object.Sums = append([]blob.Sum{}, object.Sums...) // not nil: they were asked for
			return base, []blob.Object{object}, nil
		}
		if l.Scheme != "s3" || blob.CauseOf(stat) != blob.NotFound {
			return "", nil, stat
		}
		found, err = below(ctx, store, request, l.Key+"/")
	}
	return base, found, err
}

func below(ctx context.Context, store blob.Store, request Request, prefix string) ([]blob.Object, error) {
	return list(ctx, store, request.Location, prefix, func(key string) bool { return request.Accept(strings.TrimPrefix(key, prefix)) })
}

// list lists the objects that belong to a table; none is an error.
func list(ctx context.Context, store blob.Store, l blob.Location, prefix string, belongs func(key string) bool) ([]blob.Object, error) {
	all, err := store.List(ctx, prefix)
	if err != nil {
		return nil, err
	}
	var found []blob.Object
	for _, object := range all {
		if belongs(object.Key) && !strings.HasSuffix(object.Key, "/") { // a key that ends so is a folder's marker
			object.Sums = nil // not asked for
			found = append(found, object)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	e := &blob.Error{Cause: blob.NotFound, Where: l.String(), Reason: "there is no such object, and none below it", Hint: "check the bucket and the key"}
	if len(all) > 0 {
		e.Reason, e.Hint = fmt.Sprintf("no data file is among the %d objects that begin with it", len(all)), "check the pattern, or declare format where the names have no known ending"
	}
	return nil, e
}

// bring fetches objects, several at once.
func (f *Fetcher) bring(ctx context.Context, store blob.Store, request Request, base string, found []blob.Object) (Set, error) {
	var total int64
	for _, object := range found {
		total += object.Size
	}
	if total > f.cache.bound {
		return Set{}, f.cache.full(total, 0)
	}
	f.add(func(p *Progress) { p.Files, p.Total = p.Files+len(found), p.Total+total })
	set := Set{Base: base, Files: make([]File, len(found))}
	slots := make(chan struct{}, maxRequests)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxObjects)
	for i, object := range found {
		name := request.Location.Name(object.Key)
		link, err := f.place(i, strings.TrimPrefix(name, base))
		if err != nil {
			return Set{}, errors.Join(err, group.Wait())
		}
		set.Files[i] = File{name, link}
		t := &transfer{Fetcher: f, store: store, name: name, object: object, link: link, slots: slots, id: identity(request, object)}
		if request.SHA256 != "" {
			t.declared = blob.Sum{Algorithm: declared, Hex: request.SHA256}
		}
		group.Go(func() error { return t.fetch(ctx) })
	}
	return set, group.Wait()
}

// identity is what the bytes of an object are known by. What has neither a version nor a sum is fetched each time.
func identity(request Request, object blob.Object) string {
	if request.SHA256 != "" {
		return id(declared, request.SHA256)
	}
	version := object.Version
	if version == "" {
		version = rand.Text()
	}
	return id(request.Location.Scheme, request.Location.At, request.Location.Host, object.Key, version, strconv.FormatInt(object.Size, 10))
}

// place makes the folder for the i-th file of a set. Of the object's own folders only those that are partitions stand in it:
// the others may be called anything.
func (f *Fetcher) place(i int, relative string) (string, error) {
	dir := filepath.Join(f.lease.dir, strconv.Itoa(f.sets), strconv.Itoa(i))
	folders := strings.Split(relative, "/")
	for _, folder := range folders[:len(folders)-1] {
		if key, _, found := strings.Cut(folder, "="); found && key != "" {
			dir = filepath.Join(dir, folder)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("use the cache: %w", err)
	}
	return filepath.Join(dir, "data"), nil
}
