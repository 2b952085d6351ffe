package github

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Order says which of two runs is the newer: by the run's id, which GitHub counts upwards, then by its attempt, then by the
// step of the job.
type Order struct{ Run, Attempt, Step int64 }

// Compare is negative where o is older than p, and positive where it is newer.
func (o Order) Compare(p Order) int {
	return cmp.Or(cmp.Compare(o.Run, p.Run), cmp.Compare(o.Attempt, p.Attempt), cmp.Compare(o.Step, p.Step))
}

// Mark is by what a post is found again: whose it is, which run wrote it, and a digest of what it says. It stands in the
// last line, where no text from outside ends up.
type Mark struct {
	Key    string // of one Assay job
	Order  Order
	Digest string // changes when the verdict or a finding does; Silent
}

func (m Mark) String() string {
	return fmt.Sprintf("<!-- assay:%s run=%d.%d.%d findings=%s -->", m.Key, m.Order.Run, m.Order.Attempt, m.Order.Step, m.Digest)
}

var markLine = regexp.MustCompile(`^<!-- assay:([0-9a-f]+) run=([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,18}) findings=([0-9a-f]*) -->$`)

// MarkOf reads the mark of a post's text.
func MarkOf(body string) (Mark, bool) {
	body = strings.TrimSpace(body)
	parts := markLine.FindStringSubmatch(body[strings.LastIndexByte(body, '\n')+1:])
	if parts == nil {
		return Mark{}, false
	}
	number := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n } // the expression has made sure
	return Mark{parts[1], Order{number(parts[2]), number(parts[3]), number(parts[4])}, parts[5]}, true
}

// withoutMark is a text that has a mark, without its last line.
func withoutMark(body string) string {
	body = strings.TrimSpace(body)
	return strings.TrimRight(body[:strings.LastIndexByte(body, '\n')+1], "\r\n")
}

// sameText compares bodies as GitHub stores them: it trims the end and may write line ends its own way.
func sameText(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(a) == plain(b)
}
