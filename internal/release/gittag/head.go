package gittag

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// head is what a model's ref points at: what the last write left. Each differs from all before it, since the names of tags do.
type head struct {
	Assay   int       `json:"assay"` // version of the format: 1
	Model   string    `json:"model"`
	Highest int       `json:"highest"` // number that was given out
	Events  int       `json:"events"`  // how many there were
	Digest  string    `json:"digest"`  // of them
	Write   []headTag `json:"write"`   // the tags that the write wrote, whole: from here one that was lost is made again
}

// headTag is a tag as the head keeps it.
type headTag struct {
	Name    string `json:"tag"`
	Commit  string `json:"commit"`
	Tagger  string `json:"tagger"`
	Email   string `json:"email"`
	At      int64  `json:"at"` // seconds since 1970
	Message string `json:"message"`
}

func (t headTag) tag() *Tag {
	return &Tag{Commit: t.Commit, Name: t.Tagger, Email: t.Email, At: time.Unix(t.At, 0).UTC(), Message: t.Message}
}

// maxHead bounds what is read of a head: some tags of the longest message.
const maxHead = 64 * maxMessage

// parseHead reads what a model's ref says; ok is false where it is none of ours.
func parseHead(model, text string) (said head, ok bool) {
	err := json.Unmarshal([]byte(text), &said)
	if err != nil || len(text) > maxHead || said.Assay != lineVersion || said.Model != model || said.Highest < 0 || said.Highest > maxNumber {
		return head{}, false
	}
	for _, tag := range said.Write {
		of, event, isEvent := parseName(tag.Name)
		if !isEvent || of != model || event.Number > said.Highest || !isSHA(tag.Commit) {
			return head{}, false
		}
	}
	return said, true
}

// isSHA reports the full name of an object that is not all zeros: of SHA-1, or of SHA-256.
func isSHA(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == "" && strings.Trim(s, "0") != ""
}

// digestOf is a digest of what some tags say, in their order.
func digestOf(all []told) string {
	hash := sha256.New()
	for _, t := range all {
		message := sha256.Sum256([]byte(strings.TrimSpace(t.tag.Message)))
		fmt.Fprintf(hash, "%s %s %d %x\n", t.name, t.tag.Commit, t.tag.At.Unix(), message)
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil))
}
