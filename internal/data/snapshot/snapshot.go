// Package snapshot keeps folders in an object store under names that are digests of their content: what two snapshots share
// lies there once, what arrives is checked byte by byte, and a snapshot that is not whole is none. It knows no training.
package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Manifest lists what a folder holds. Its own digest names the snapshot.
type Manifest struct {
	Version int    `json:"version"`
	Files   []File `json:"files"` // ordered by path
}

// File is one file of a folder.
type File struct {
	Path   string  `json:"path"` // with slashes, from the folder
	Mode   uint32  `json:"mode"` // permission bits
	Chunks []Chunk `json:"chunks"`
}

// Chunk is a piece of a file, and an object of the store.
type Chunk struct {
	Digest string `json:"digest"` // sha256, in hexadecimal
	Size   int64  `json:"size"`   // bytes
}

// Limits of a snapshot, for one that comes from elsewhere too.
const (
	version     = 1
	chunkSize   = 64 << 20 // bytes: few requests for a large file, and little to send again where a connection broke
	maxFiles    = 100_000
	maxManifest = 64 << 20 // bytes
)

// Size is how many bytes the files hold.
func (m Manifest) Size() int64 {
	var total int64
	for _, f := range m.Files {
		for _, c := range f.Chunks {
			total += c.Size
		}
	}
	return total
}

// encode is the one text of a manifest, and its digest.
func (m Manifest) encode() (text []byte, digest string, err error) {
	text, err = json.Marshal(m)
	return text, digestOf(text), err
}

// decode reads a manifest that is to have a digest.
func decode(text []byte, digest string) (Manifest, error) {
	if digestOf(text) != digest {
		return Manifest{}, errors.New("its list of files is not what was kept")
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("its list of files cannot be read: %w", err)
	}
	if own, _, err := m.encode(); err != nil || !bytes.Equal(own, text) {
		return Manifest{}, errors.New("its list of files is not written as Assay writes it")
	}
	return m, m.check()
}

// check refuses a manifest that would write outside of its folder, or twice to one file.
func (m Manifest) check() error {
	if m.Version != version {
		return fmt.Errorf("its version is %d, and this Assay reads %d", m.Version, version)
	}
	if len(m.Files) > maxFiles {
		return fmt.Errorf("it has %d files, more than %d", len(m.Files), maxFiles)
	}
	for i, f := range m.Files {
		if !fs.ValidPath(f.Path) || f.Path == "." || strings.ContainsAny(f.Path, "\x00\\") || path.Clean(f.Path) != f.Path {
			return fmt.Errorf("a file of it cannot be named %q", f.Path)
		}
		if i > 0 && f.Path <= m.Files[i-1].Path {
			return fmt.Errorf("its files are out of order at %q", f.Path)
		}
		for _, c := range f.Chunks {
			if raw, err := hex.DecodeString(c.Digest); err != nil || len(raw) != sha256.Size || c.Size < 1 || c.Size > chunkSize {
				return fmt.Errorf("a piece of %q is described wrongly", f.Path)
			}
		}
	}
	return nil
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// keyOf is where an object lies below a prefix. The first two digits spread the objects over folders.
func keyOf(prefix, digest string) string { return path.Join(prefix, "sha256", digest[:2], digest[2:]) }

// isDigest tells a digest from other text.
func isDigest(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == sha256.Size && strings.ToLower(text) == text
}
