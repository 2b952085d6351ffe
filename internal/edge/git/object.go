package git

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/release/gittag"
)

// maxObject bounds what is kept of a tag or blob that a ref points at: hostile ones may be as large as they like.
const maxObject = 5 << 20 // bytes

// read fills in what refs point at, all by one call of git, and lists the objects that are not here.
func (r *Registry) read(ctx context.Context, refs []gittag.Ref) (missing []string, err error) {
	if len(refs) == 0 {
		return nil, nil
	}
	var oids strings.Builder
	for _, ref := range refs {
		oids.WriteString(ref.OID + "\n")
	}
	printed, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := r.stream(ctx, oids.String(), out, "cat-file", "--batch")
		out.CloseWithError(err)
		done <- err
	}()
	missing, err = readObjects(bufio.NewReader(printed), refs)
	printed.CloseWithError(err)
	if gitErr := <-done; gitErr != nil {
		return nil, gitErr
	}
	return missing, err
}

// readObjects reads what cat-file --batch prints of the objects of refs, in their order.
func readObjects(in *bufio.Reader, refs []gittag.Ref) (missing []string, err error) {
	for i := range refs {
		header, err := in.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("read what git prints: %w", err)
		}
		fields := strings.Fields(header) // object, type, size; or object, "missing"
		if len(fields) != 3 {
			missing = append(missing, refs[i].OID)
			continue
		}
		size, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("git says %q of an object", header)
		}
		content, err := io.ReadAll(io.LimitReader(in, min(size, maxObject)))
		if err != nil {
			return nil, err
		}
		if _, err := io.CopyN(io.Discard, in, size-int64(len(content))+1); err != nil { // and a line end
			return nil, err
		}
		switch fields[1] {
		case "tag":
			refs[i].Tag = parseTag(string(content))
		case "blob":
			refs[i].Text = string(content)
		}
	}
	return missing, nil
}

// parseTag reads a tag object as git stores it.
func parseTag(object string) *gittag.Tag {
	header, message, _ := strings.Cut(object, "\n\n")
	tag := &gittag.Tag{Message: message[:min(len(message), maxMessage)]}
	var target, kind string
	for line := range strings.Lines(header) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "object":
			target = rest
		case "type":
			kind = rest
		case "tagger":
			tag.Name, tag.Email, tag.At = parsePerson(rest)
		}
	}
	if kind == "commit" {
		tag.Commit = target
	}
	return tag
}

// maxMessage bounds what is kept of a tag's message; no tag of the registry's own is longer.
const maxMessage = 64 << 10 // bytes

// parsePerson reads "Name <address> seconds zone"; the time is zero where it is none.
func parsePerson(text string) (name, email string, at time.Time) {
	name, rest, _ := strings.Cut(text, "<")
	email, when, _ := strings.Cut(rest, ">")
	if fields := strings.Fields(when); len(fields) > 0 {
		if seconds, err := strconv.ParseInt(fields[0], 10, 64); err == nil && 0 < seconds && seconds < maxTime {
			at = time.Unix(seconds, 0).UTC()
		}
	}
	return strings.TrimSpace(name), email, at
}

// maxTime is the end of the year 9999, after which a time has no usual text.
const maxTime = 253402300799 // seconds since 1970

// formatTag is a tag object as git stores it.
func formatTag(ref string, t *gittag.Tag) string {
	return fmt.Sprintf("object %s\ntype commit\ntag %s\ntagger %s <%s> %d +0000\n\n%s", t.Commit, strings.TrimPrefix(ref, "refs/tags/"), t.Name, t.Email, t.At.Unix(), t.Message)
}

// make stores the object of a move, and answers with its name.
func (r *Registry) make(ctx context.Context, m gittag.Move) (oid string, err error) {
	if m.Tag != nil {
		oid, err = r.feed(ctx, formatTag(m.Ref, m.Tag), "mktag")
	} else {
		oid, err = r.feed(ctx, m.Blob, "hash-object", "-w", "--stdin")
	}
	return strings.TrimSpace(oid), err
}
