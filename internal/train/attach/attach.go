// Package attach reads the files that training leaves for people: Markdown, and pictures, which are only named. They are
// products of training and as hostile as it is: nothing outside of the config's folder is read, and no more than a page.
package attach

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/assay-ml/assay/internal/finding"
)

// The bounds of what is shown: more is no help to a reader.
const (
	MaxFiles = 20
	maxText  = 32 << 10 // bytes of one file
)

var (
	texts    = []string{".md", ".markdown", ".txt"}
	pictures = []string{".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".pdf", ".html"}
)

// Result is one file.
type Result struct {
	Path  string `json:"path"`
	Text  string `json:"text,omitempty"` // of Markdown
	IsCut bool   `json:"is-cut,omitempty"`
	Why   string `json:"why,omitempty"` // why there is nothing to show
}

// Extensions are the endings of files that can be attached.
func Extensions() []string { return slices.Concat(texts, pictures) }

// Read reads a file below dir, which a link cannot lead out of.
func Read(dir, name string) Result {
	r := Result{Path: name}
	var err error
	if r.Text, r.IsCut, err = read(dir, name); err != nil {
		r.Why = reason(err)
	}
	return r
}

var errNoFile = errors.New("it is no regular file")

func read(dir, name string) (text string, isCut bool, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", false, err
	}
	defer root.Close()
	// A named pipe without a writer would hold up the run.
	file, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", false, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", false, errors.Join(err, errNoFile)
	}
	if isPicture(name) {
		return "", false, nil
	}
	data, err := io.ReadAll(io.LimitReader(file, maxText+1))
	if err != nil {
		return "", false, err
	}
	text, isCut = wholeLines(string(data))
	return text, isCut, nil
}

// wholeLines is as much of a text as is shown, cut behind a line.
func wholeLines(text string) (shown string, isCut bool) {
	if isCut = len(text) > maxText; isCut {
		text = text[:maxText]
		if end := strings.LastIndexByte(text, '\n'); end > 0 {
			text = text[:end+1]
		}
	}
	return strings.ToValidUTF8(text, "\uFFFD"), isCut
}

// reason says in a few words why a file cannot be shown; what the system says of it may hold paths of the machine.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	case errors.Is(err, fs.ErrPermission):
		return "it may not be read"
	case errors.Is(err, errNoFile):
		return errNoFile.Error()
	}
	return "it lies outside of the config's folder, or cannot be read"
}

func isPicture(name string) bool {
	return slices.Contains(pictures, strings.ToLower(filepath.Ext(name)))
}

// Kind names attached files in result files.
func (Result) Kind() string { return "attachment" }

// Findings are one: that the file is there judges nothing, that it is missing deserves a word.
func (r Result) Findings() []finding.Finding {
	f := finding.Finding{Rule: "attach", Subject: r.Path, Outcome: finding.Pass, Message: r.Path + " is attached"}
	if r.Why != "" {
		f.Outcome, f.Message = finding.Warn, fmt.Sprintf("%s cannot be shown: %s", r.Path, r.Why)
		f.Hint = "let training write it, or take it out of report: attach"
	}
	return []finding.Finding{f}
}

// Blocks are the document, or where the picture is.
func (r Result) Blocks() []finding.Block {
	switch {
	case r.Why != "":
		return []finding.Block{finding.Line{Outcome: finding.Warn, Text: r.Findings()[0].Message}}
	case isPicture(r.Path):
		return []finding.Block{finding.Attachment{Name: r.Path}}
	}
	blocks := []finding.Block{finding.Document{Title: r.Path, Text: r.Text}}
	if r.IsCut {
		blocks = append(blocks, finding.Note{Text: fmt.Sprintf("%s is longer than %d KiB; this is its beginning.", r.Path, maxText>>10)})
	}
	return blocks
}
