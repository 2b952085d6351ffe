// Package artifact names the model that training left by the digest of its bytes, so that a promotion can tell which model was
// judged. It reads bytes and understands none of them: a model's format may run code.
package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/assay-ml/assay/internal/finding"
)

// Result is the model of a run.
type Result struct {
	Path   string `json:"path"`
	Digest string `json:"digest,omitempty"` // sha256:…, "" where there is none
	Bytes  int64  `json:"bytes,omitempty"`
	Why    string `json:"why,omitempty"` // why there is no digest
}

// Look reads the model at a path below dir, which no link leads out of.
func Look(dir, name string) Result {
	r := Result{Path: name}
	var err error
	if r.Digest, r.Bytes, err = Digest(dir, name); err != nil {
		r.Digest, r.Why = "", reason(err)
	}
	return r
}

// ErrIrregular says that a model holds something that is neither a file nor a folder, such as a link: its digest would not say what
// whoever loads it reads.
var ErrIrregular = errors.New("it holds something that is neither a file nor a folder")

// errEmpty says that a folder holds no file.
var errEmpty = errors.New("the folder is empty")

// Digest is the sha256 of a file's bytes, as sha256:HEX. That of a folder is the sha256 of a line for each file in it, by its path from the folder
// with slashes, in the order of the paths' bytes: HEX, two spaces, the path, a line feed. Modes and times do not count. bytes are
// those of all files.
func Digest(dir, name string) (digest string, bytes int64, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", 0, err
	}
	defer root.Close()
	name = path.Clean(filepath.ToSlash(name))
	info, err := root.Lstat(name)
	if err != nil {
		return "", 0, err
	}
	var sum []byte
	switch {
	case info.IsDir():
		sum, bytes, err = folder(root, name)
	case info.Mode().IsRegular():
		sum, bytes, err = file(root, name)
	default:
		err = ErrIrregular
	}
	return "sha256:" + hex.EncodeToString(sum), bytes, err
}

func file(root *os.Root, name string) (sum []byte, bytes int64, err error) {
	opened, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, 0, err
	}
	defer opened.Close()
	h := sha256.New()
	bytes, err = io.Copy(h, opened)
	return h.Sum(nil), bytes, err
}

// folder walks in the order of names within each folder, which is not that of whole paths: a/b comes before a-b. So the lines are kept by path.
func folder(root *os.Root, name string) (sum []byte, bytes int64, err error) {
	lines := map[string]string{}
	err = fs.WalkDir(root.FS(), name, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !entry.Type().IsRegular() {
			return ErrIrregular
		}
		sum, size, err := file(root, at)
		relative, _ := filepath.Rel(name, at)
		lines[relative], bytes = hex.EncodeToString(sum), bytes+size
		return err
	})
	if err == nil && len(lines) == 0 {
		err = errEmpty
	}
	h := sha256.New()
	for _, at := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(h, "%s  %s\n", lines[at], at)
	}
	return h.Sum(nil), bytes, err
}

// reason says in a few words why there is no digest; what the system says of it may hold paths of the machine.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	case errors.Is(err, fs.ErrPermission):
		return "it may not be read"
	case errors.Is(err, ErrIrregular), errors.Is(err, errEmpty):
		return err.Error()
	}
	return "it lies outside of the config's folder, or cannot be read"
}

// Kind names models in result files.
func (Result) Kind() string { return "artifact" }

// Join holds a model against the one that an earlier part of the job saw: what was judged must be one and the same.
func (r Result) Join(earlier finding.Answer) finding.Answer {
	before, ok := earlier.(Result)
	if ok && before.Digest != "" && before.Digest != r.Digest {
		return Result{Path: r.Path, Why: "it changed between the steps of the job"}
	}
	return r
}

// Findings are one: without a digest nothing of the run can be promoted, which no run has to.
func (r Result) Findings() []finding.Finding {
	f := finding.Finding{Rule: "artifact", Subject: r.Path, Outcome: finding.Pass, Message: fmt.Sprintf("the model %s is %.19s…", r.Path, r.Digest)}
	if r.Digest == "" {
		f.Outcome, f.Message = finding.Warn, fmt.Sprintf("the model %s has no digest: %s; nothing can be promoted on this result", r.Path, r.Why)
		f.Hint = "let training write it, or correct release: artifact"
	}
	return []finding.Finding{f}
}

// Blocks are one line.
func (r Result) Blocks() []finding.Block {
	f := r.Findings()[0]
	return []finding.Block{finding.Line{Outcome: f.Outcome, Text: f.Message}}
}
