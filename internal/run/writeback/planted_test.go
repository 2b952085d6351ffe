//go:build faults

package writeback_test

import (
	"testing"

	"github.com/assay-ml/assay/internal/planted"
)

// bugs are mistakes that the fault campaign must find.
var bugs = []planted.Bug{
	{Name: "an older run overwrites a newer one's comment", File: "edge/github/post.go", Old: "case old.Order.Compare(n.Order) > 0:", New: "case false && old == n.Mark:"},
	{Name: "no look at what came between look and write", File: "edge/github/post.go", Old: `if newest == "" {`, New: `if newest == "" || true {`},
	{Name: "a run says its word in no check run", File: "run/writeback/check.go", Old: `if s.isTraced() && e.word.Key != "" {`, New: `if s.isTraced() && e.word.Key == "" {`},
	{Name: "no look for a newer run's word", File: "edge/github/trace.go", Old: "if n.Trace.App == 0 {", New: "if n.Trace.App >= 0 {"},
	{Name: "no look for the word of a run that came between look and write", File: "edge/github/post.go", Old: "later, isThere, err := c.newerThan(ctx, n)", New: "later, isThere, err := n, false, error(nil)"},
	{Name: "comments that stand twice stay", File: "edge/github/post.go", Old: "for _, extra := range posts[1:] {", New: "for _, extra := range posts[:0] {"},
	{Name: "a create is not looked up before it is repeated", File: "edge/github/comment.go", Old: "made, took, err = found(ctx)", New: "made, took, err = post{}, false, nil"},
	{Name: "a create is repeated after 502, like a read", File: "edge/github/transport.go", Old: "case isLost(response, data, err) && isRead(ctx),", New: "case isLost(response, data, err),"},
	{Name: "what may still take effect is repeated", File: "edge/github/client.go", Old: "isSettled = time.Since(lost) >= settled", New: "isSettled = true"},
	{Name: "only the first page is read", File: "edge/github/comment.go", Old: "!found.PageInfo.HasNextPage {", New: "true {"},
	{Name: "another's comment with our mark is taken for ours", File: "edge/github/comment.go", Old: "if p.ViewerDidAuthor {", New: "if p.ViewerDidAuthor || true {"},
	{Name: "a cancelled run ends neutral", File: "run/writeback/check.go", Old: `cancelled = "cancelled"`, New: `cancelled = "neutral"`},
	{Name: "a run that panics leaves its check run open", File: "run/writeback/abandon.go", Old: "if !hasReturned {", New: "if !hasReturned && false {"},
	{Name: "what a step judged is not kept for the post step", File: "run/writeback/check.go", Old: "s.state.Ending = &e", New: "_ = e"},
	{Name: "a killed attempt's check run stays open", File: "edge/github/check.go", Old: "if run.GetStatus() != completed {", New: "if run.GetStatus() != completed && false {"},
	{Name: "a check run that was made twice ends once", File: "edge/github/check.go", Old: "for _, twin := range check.Twins {", New: "for _, twin := range check.Twins[:0] {"},
	{Name: "retry-after is ignored", File: "edge/github/transport.go", Old: "limit.Wait = time.Duration(seconds) * time.Second", New: "limit.Wait = min(time.Second, time.Duration(seconds))"},
	{Name: "a limit is forgotten by the next request", File: "edge/github/transport.go", Old: "t.limit, t.until = limit, time.Now().Add(wait)", New: "_ = wait"},
	{Name: "GitHub's clock is taken for ours", File: "edge/github/transport.go", Old: "Sub(clockOf(response))", New: "Sub(time.Now())"},
	{Name: "a text that is too long is given up", File: "run/writeback/comment.go", Old: "!errors.Is(err, github.ErrTooLong)", New: "true || !errors.Is(err, github.ErrTooLong)"},
}

func TestEachPlantedBugIsFound(t *testing.T) {
	planted.Find(t, "../..", "TestFaults", bugs, "-schedules", "1000")
}
