//go:build faults

package writeback_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// planted are mistakes that the fault campaign must find. Each is one line of the production code changed, by an overlay
// of the compiler: no switch of them stands in the code. A line that is not there any more must be planted anew.
var planted = []struct{ bug, file, old, new string }{
	{"an older run overwrites a newer one's comment", "edge/github/post.go", "case old.Order.Compare(n.Order) > 0:", "case false && old == n.Mark:"},
	{"no look at what came between look and write", "edge/github/post.go", `if newest == "" {`, `if newest == "" || true {`},
	{"a run says its word in no check run", "run/writeback/check.go", `if s.isTraced() && e.word.Key != "" {`, `if s.isTraced() && e.word.Key == "" {`},
	{"no look for a newer run's word", "edge/github/trace.go", "if n.Trace.App == 0 {", "if n.Trace.App >= 0 {"},
	{"no look for the word of a run that came between look and write", "edge/github/post.go", "later, isThere, err := c.newerThan(ctx, n)", "later, isThere, err := n, false, error(nil)"},
	{"comments that stand twice stay", "edge/github/post.go", "for _, extra := range posts[1:] {", "for _, extra := range posts[:0] {"},
	{"the highest of two comments stays", "edge/github/post.go", "return cmp.Compare(a.id(), b.id())", "return cmp.Compare(b.id(), a.id())"},
	{"a create is not looked up before it is repeated", "edge/github/comment.go", "made, took, err = found(ctx)", "made, took, err = post{}, false, nil"},
	{"a create is repeated after 502, like a read", "edge/github/transport.go", "case isLost(response, data, err) && isRead(ctx),", "case isLost(response, data, err),"},
	{"what may still take effect is repeated", "edge/github/client.go", "isSettled = time.Since(lost) >= settled", "isSettled = true"},
	{"only the first page is read", "edge/github/comment.go", "!found.PageInfo.HasNextPage {", "true {"},
	{"another's comment with our mark is taken for ours", "edge/github/comment.go", "if p.ViewerDidAuthor {", "if p.ViewerDidAuthor || true {"},
	{"a cancelled run ends neutral", "run/writeback/check.go", `cancelled = "cancelled"`, `cancelled = "neutral"`},
	{"a run that panics leaves its check run open", "run/writeback/abandon.go", "if !hasReturned {", "if !hasReturned && false {"},
	{"what a step judged is not kept for the post step", "run/writeback/check.go", "s.state.Ending = &e", "_ = e"},
	{"a killed attempt's check run stays open", "edge/github/check.go", "if run.GetStatus() != completed {", "if run.GetStatus() != completed && false {"},
	{"a check run that was made twice ends once", "edge/github/check.go", "for _, twin := range check.Twins {", "for _, twin := range check.Twins[:0] {"},
	{"retry-after is ignored", "edge/github/transport.go", "limit.Wait = time.Duration(seconds) * time.Second", "limit.Wait = min(time.Second, time.Duration(seconds))"},
	{"a limit is forgotten by the next request", "edge/github/transport.go", "t.limit, t.until = limit, time.Now().Add(wait)", "_ = wait"},
	{"GitHub's clock is taken for ours", "edge/github/transport.go", "Sub(clockOf(response))", "Sub(time.Now())"},
	{"a text that is too long is given up", "run/writeback/comment.go", "!errors.Is(err, github.ErrTooLong)", "true || !errors.Is(err, github.ErrTooLong)"},
}

func TestEachPlantedBugIsFound(t *testing.T) {
	for _, bug := range planted {
		t.Run(bug.bug, func(t *testing.T) {
			root, err := filepath.Abs("../..")
			require.NoError(t, err)
			file := filepath.Join(root, bug.file)
			code, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(code), bug.old), "%s holds this line once: %s", bug.file, bug.old)
			changed, overlay := filepath.Join(t.TempDir(), "changed.go"), filepath.Join(t.TempDir(), "overlay.json")
			require.NoError(t, os.WriteFile(changed, []byte(strings.Replace(string(code), bug.old, bug.new, 1)), 0o644))
			data, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(overlay, data, 0o644))
			out, err := exec.Command("go", "test", "-vet=off", "-count=1", "-overlay", overlay, "-run", "^TestFaults$", "-failfast", ".", "-schedules", "1000").CombinedOutput()
			require.Error(t, err, "the campaign is green with this bug")
			require.Contains(t, string(out), "--- FAIL: TestFaults", "the bug does not compile: %s", out)
		})
	}
}
