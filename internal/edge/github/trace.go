package github

import "context"

// Silent is the digest of a run that wants no comment.
const Silent = "0"

// Trace is where each run of a job says its word, whether or not it leaves a mark on a post: at the end of the summary of its check
// run, before it looks at the posts. App is whose check runs are believed, 0 for none.
type Trace struct {
	Spec CheckSpec
	App  int64
}

// newerThan is what the newest run of the note's job at its commit has said, where that run is newer than the note's. The answer speaks in that
// run's name, and writes only where something else is said.
func (c *Client) newerThan(ctx context.Context, n Note) (newer Note, isThere bool, err error) {
	if n.Trace.App == 0 {
		return n, false, nil
	}
	runs, err := c.checkRuns(ctx, n.Trace.Spec)
	newer = n
	for _, run := range runs {
		summary := run.GetOutput().GetSummary()
		mark, ok := MarkOf(summary)
		if n.Fresh && mark.Digest != Silent {
			continue // each has a post of its own
		}
		if ok && run.GetStatus() == completed && run.GetApp().GetID() == n.Trace.App && mark.Key == n.Key && mark.Order.Compare(newer.Order) > 0 {
			newer = Note{Mark: mark, Text: withoutMark(summary), OnlyChanges: true, Head: n.Head, Trace: n.Trace}
			isThere = true
		}
	}
	return newer, isThere, err
}
