package writeback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
)

// When the comment is written.
const (
	Always   = "always"
	OnChange = "on-change" // only where the verdict or a finding changed
	New      = "new"       // a comment of its own for each run, which notifies people
	Never    = "never"
)

// What becomes of the comment of a run without complaint.
const (
	Keep     = "keep"
	Collapse = "collapse" // folded as resolved
	Delete   = "delete"
)

// What a red run does where there is no pull request.
const (
	Nothing = "nothing"
	Issue   = "issue" // opens an issue, or updates it; the next green run closes it
)

// The values of the options, the default first.
var (
	Comments   = []string{Always, OnChange, New, Never}
	OnPasses   = []string{Keep, Collapse, Delete}
	OnFailures = []string{Nothing, Issue}
)

// comment writes the pull request's comment and answers with its address, "" for none.
func (s *Session) comment(ctx context.Context, r finding.Result) string {
	if s.Comment == Never || s.Event.PullRequest == 0 {
		return ""
	}
	posted, err := s.postComment(ctx, s.word(r), isQuiet(r), func(budget report.Budget) string { return summary(r, budget) })
	s.explain("comment", err)
	return posted.URL
}

// isQuiet reports a run without complaint.
func isQuiet(r finding.Result) bool { return !r.Red() && r.Verdict() == finding.Pass }

// word is the mark of what the run has to say in a comment.
func (s *Session) word(r finding.Result) github.Mark {
	if isQuiet(r) && s.OnPass == Delete {
		return s.mark(github.Silent)
	}
	return s.mark(digest(r))
}

// isTraced reports whether runs may leave no mark on a comment: then each says its word in its check run too.
func (s *Session) isTraced() bool {
	return s.Event.PullRequest != 0 && s.Comment != Never && (s.Comment == OnChange || s.OnPass == Delete)
}

// postComment writes a page, shorter where GitHub takes it no longer.
func (s *Session) postComment(ctx context.Context, mark github.Mark, isQuiet bool, page func(report.Budget) string) (github.Posted, error) {
	note := github.Note{Mark: mark, OnlyChanges: s.Comment == OnChange, Fresh: s.Comment == New && mark.Digest != github.Silent, OnlyStanding: s.Unasked}
	switch {
	case s.OnPass == Collapse && isQuiet:
		note.Fold = github.Closed
	case s.OnPass == Collapse:
		note.Fold = github.Open
	}
	if s.isTraced() {
		note.Head, note.Trace = s.Event.HeadSHA, github.Trace{Spec: s.state.Spec, App: s.state.Check.App}
	}
	posted, err := shortened(page, func(text string) (github.Posted, error) {
		note.Text = text
		return s.GitHub.PutComment(ctx, s.Event.PullRequest, note)
	})
	if posted.Outdated {
		s.notice("the comment is left to a newer run")
	}
	return posted, err
}

// shortened posts a page, and a shorter one where GitHub finds it too long.
func shortened(page func(report.Budget) string, post func(text string) (github.Posted, error)) (posted github.Posted, err error) {
	for _, budget := range budgets(report.Comment) {
		if posted, err = post(page(budget)); !errors.Is(err, github.ErrTooLong) {
			break
		}
	}
	return posted, err
}

// digest changes when the verdict or a finding does, and not with the clock or the commit.
func digest(r finding.Result) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%v %v\n", r.Red(), r.Verdict())
	for _, step := range r.Steps {
		for _, f := range step.Findings() {
			fmt.Fprintf(hash, "%q %q %q %v %q\n", step.Name, f.Rule, f.Subject, f.Outcome, f.Message)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

// issue opens, updates or closes the issue of a branch, and answers with its address. Only runs without a pull request have
// one: theirs is a failure that nobody looks at otherwise.
func (s *Session) issue(ctx context.Context, r finding.Result) string {
	if !s.hasIssue() {
		return ""
	}
	if !r.Red() {
		note := github.Note{Mark: s.mark(digest(r)), Text: summary(r, report.Comment)}
		s.explain("closing of the issue", s.GitHub.CloseIssue(ctx, note))
		return ""
	}
	return s.postIssue(ctx, digest(r), func(budget report.Budget) string { return summary(r, budget) })
}

func (s *Session) hasIssue() bool {
	return s.OnFailure == Issue && s.Event.PullRequest == 0 && s.Event.Name != "merge_group"
}

func (s *Session) postIssue(ctx context.Context, digest string, page func(report.Budget) string) string {
	title := fmt.Sprintf("Assay: %s is red on %s", s.Model, s.Event.Branch())
	posted, err := shortened(page, func(text string) (github.Posted, error) {
		return s.GitHub.PutIssue(ctx, title, github.Note{Mark: s.mark(digest), Text: text})
	})
	s.explain("issue", err)
	return posted.URL
}
