package blob

import (
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/source"
)

// Location is where a table lies outside of this machine: an object, a pattern, or a prefix.
type Location struct {
	Scheme string // s3, https, or http to this machine
	At     string // the address of the servers of S3, "" for the usual ones: another address is another place
	Host   string // the bucket, or the host with its port
	Key    string // of S3 without a leading slash; of the others with it, and with the query
}

// IsRemote reports whether a path names a place outside of this machine.
func IsRemote(path string) bool {
	scheme, _, found := strings.Cut(path, "://")
	return found && scheme != "" && !strings.ContainsFunc(scheme, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("+-.", r)
	})
}

// maxPath bounds a remote path in bytes: S3 takes keys of 1024, servers take addresses of some thousand.
const maxPath = 4096

// Parse reads a remote path. Its errors are the user's to mend and hold no query, since that may be a secret.
func Parse(path string) (Location, error) {
	scheme, rest, _ := strings.Cut(path, "://")
	switch {
	case len(path) > maxPath:
		return Location{}, source.Errorf("", "the path has more than %d bytes", maxPath)
	case !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl):
		return Location{}, source.Errorf("", "the path holds a control character, or is not UTF-8")
	}
	switch strings.ToLower(scheme) {
	case "s3":
		return parseS3(rest)
	case "https", "http":
		return parseWeb(path)
	case "file":
		return Location{}, source.Errorf("write the path alone, such as /data/train.csv", "file:// is not read")
	}
	return Location{}, source.Errorf("known: s3://, https://, and paths of this machine", "%.20q is no place that is read", scheme+"://")
}

// bucketName: docs.aws.amazon.com, AmazonS3, "General purpose bucket naming rules"; aliases of access points keep them too.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// maxKey is the longest key of S3, in bytes.
const maxKey = 1024

func parseS3(rest string) (Location, error) {
	bucket, key, _ := strings.Cut(rest, "/")
	switch {
	case !bucketName.MatchString(bucket) || strings.Contains(bucket, ".."):
		return Location{}, source.Errorf("write s3://bucket/key; a bucket has 3 to 63 small letters, digits, dots and hyphens", "%.80q is no bucket", bucket)
	case len(key) > maxKey:
		return Location{}, source.Errorf("", "the key has more than %d bytes", maxKey)
	}
	l := Location{Scheme: "s3", Host: bucket, Key: key}
	return l, l.checkPattern()
}

func parseWeb(text string) (Location, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return Location{}, source.Errorf("write https://host/path", "the address cannot be read")
	}
	switch {
	case u.User != nil:
		return Location{}, source.Errorf("take it out; an address with a time-limited signature may come from the environment, ${DATA_URL}", "the address holds a password")
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return Location{}, source.Errorf("write https://", "http:// is for this machine only: anybody on the way could change the data")
	case u.Path == "" || strings.HasSuffix(u.Path, "/"):
		return Location{}, source.Errorf("name one file; folders and patterns are for S3 and for this machine", "the address names no file")
	}
	u.Fragment, u.RawFragment = "", ""
	return Location{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Key: u.RequestURI()}, nil
}

// IsLoopback reports whether a host is this machine by its very name.
func IsLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.Unmap().IsLoopback()
}

// checkPattern refuses what Match could not read.
func (l Location) checkPattern() error {
	deep := 0
	for segment := range strings.SplitSeq(l.Key, "/") {
		if segment == anyFolders {
			deep++
		}
		if _, err := path.Match(classes(segment), ""); err != nil {
			return source.Errorf("close the bracket, or write [[] for one", "the pattern cannot be read: %v", err)
		}
	}
	if deep > 1 {
		return source.Errorf("keep one of them", "the pattern has ** more than once")
	}
	return nil
}

// String is the location as it may be shown: the query is left out.
func (l Location) String() string { return l.Name(l.Key) }

// Name is the name of another key of the same place, as it may be shown.
func (l Location) Name(key string) string {
	if l.Scheme != "s3" {
		key, _, _ = strings.Cut(key, "?")
		return l.Scheme + "://" + l.Host + key
	}
	return "s3://" + l.Host + "/" + key
}

// IsPattern reports whether the key is a glob.
func (l Location) IsPattern() bool { return l.Scheme == "s3" && strings.ContainsAny(l.Key, "*?[") }

// Prefix is what all keys that a pattern matches begin with.
func (l Location) Prefix() string {
	if at := strings.IndexAny(l.Key, "*?["); at >= 0 && l.Scheme == "s3" {
		return l.Key[:at]
	}
	return l.Key
}

// anyFolders is the segment that matches any number of folders, none included.
const anyFolders = "**"

// Match reports whether a key matches the pattern: * and ? stay within a folder, ** is any number of folders, [a-z] and [!a-z]
// are one character.
func (l Location) Match(key string) bool {
	pattern, parts := strings.Split(l.Key, "/"), strings.Split(key, "/")
	deep := slices.Index(pattern, anyFolders)
	if deep < 0 {
		return matchAll(pattern, parts)
	}
	tail := len(pattern) - deep - 1
	return len(parts) >= deep+tail && matchAll(pattern[:deep], parts[:deep]) && matchAll(pattern[deep+1:], parts[len(parts)-tail:])
}

func matchAll(pattern, parts []string) bool {
	if len(pattern) != len(parts) {
		return false
	}
	for i := range pattern {
		if ok, err := path.Match(classes(pattern[i]), parts[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// classes turns [!a] into the [^a] of package path; a backslash is itself.
func classes(pattern string) string {
	return strings.NewReplacer("[!", "[^", `\`, `\\`).Replace(pattern)
}

// Title is a short name for a path of any kind: its last part, without a query.
func Title(text string) string {
	if l, err := Parse(text); IsRemote(text) && err == nil {
		text = l.String()
	}
	return path.Base(filepath.ToSlash(text))
}
