package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/go-github/v62/github"
)

// Check is a check run.
type Check struct {
	ID          int64  `json:"id"`
	URL         string `json:"url"`
	Annotations int    `json:"annotations"`   // how many it has
	App         int64  `json:"app,omitempty"` // whose it is
	// Twins are check runs of the same attempt: one request may be delivered twice. They end as the first does.
	Twins []int64 `json:"twins,omitempty"`
}

// CheckSpec says which check run it is.
type CheckSpec struct {
	Name       string
	HeadSHA    string
	Mark       Mark // a new attempt's check run takes the place of the old one's
	DetailsURL string
	Started    time.Time
}

// externalID is by what a check run is found again: where the answer to its creation was lost, after its process was
// killed, and by the run's next attempt.
func (s CheckSpec) externalID(attempt int64) string {
	return fmt.Sprintf("assay:%s:%d.%d", s.Mark.Key, s.Mark.Order.Run, attempt)
}

// StartCheck opens a check run that is in progress. Where a request for it may have been lost, at the latest at a time that is not zero, it
// looks first, until that can take effect no more. What an earlier attempt of the same run left open ends as cancelled: GitHub starts
// none before the last has ended. An error beside a check run says that one stands, and that more may.
func (c *Client) StartCheck(ctx context.Context, spec CheckSpec, lost time.Time) (Check, error) {
	var made Check
	if lost.IsZero() {
		var err error
		if made, err = c.createCheck(ctx, spec); err != nil {
			return Check{}, err
		}
	}
	isSettled := time.Since(lost) >= settled
	runs, err := c.checkRuns(ctx, spec)
	if err != nil {
		return made, err
	}
	for attempt := int64(1); attempt < spec.Mark.Order.Attempt; attempt++ {
		for _, run := range withID(runs, spec.externalID(attempt)) {
			if run.GetStatus() != completed {
				c.endLost(ctx, run, attempt)
			}
		}
	}
	switch own := withID(runs, spec.externalID(spec.Mark.Order.Attempt)); {
	case len(own) > 0:
		return checkOf(own...), nil
	case lost.IsZero():
		return made, nil // a list may lag behind
	case isSettled:
		return c.StartCheck(ctx, spec, time.Time{})
	case !hold(ctx, settled):
		return Check{}, errors.New("whether GitHub opened the check run cannot be told so soon")
	}
	return c.StartCheck(ctx, spec, lost)
}

// FindCheck finds the check run of this attempt, without opening one. Where a request for it may have been lost, it looks until
// that can take effect no more.
func (c *Client) FindCheck(ctx context.Context, spec CheckSpec, lost time.Time) (Check, bool, error) {
	for {
		isSettled := time.Since(lost) >= settled
		runs, err := c.checkRuns(ctx, spec)
		own := withID(runs, spec.externalID(spec.Mark.Order.Attempt))
		switch {
		case len(own) > 0:
			return checkOf(own...), true, nil
		case err != nil || isSettled || !hold(ctx, settled):
			return Check{}, false, err
		}
	}
}

const completed = "completed"

// endLost does what it can: the new check run hides the old one in any case.
func (c *Client) endLost(ctx context.Context, run *github.CheckRun, attempt int64) {
	_, _ = c.CompleteCheck(ctx, checkOf(run), Completion{Name: run.GetName(), Conclusion: "cancelled", Title: "Ended without a word", Completed: time.Now(),
		Summary: fmt.Sprintf("Attempt %d of this run ended without completing its check run: it was killed, or its machine went away. A newer attempt takes its place.", attempt)})
}

// checkOf is the first of some check runs, with the others as its twins.
func checkOf(runs ...*github.CheckRun) Check {
	run := runs[0]
	check := Check{ID: run.GetID(), URL: run.GetHTMLURL(), Annotations: run.GetOutput().GetAnnotationsCount(), App: run.GetApp().GetID()}
	for _, twin := range runs[1:] {
		check.Twins = append(check.Twins, twin.GetID())
	}
	return check
}

// asOf is the check run as GitHub tells it now, with its twins.
func (check Check) asOf(run *github.CheckRun) Check {
	now := checkOf(run)
	now.Twins = check.Twins
	return now
}

// withID are the check runs with an external id, the oldest first.
func withID(runs []*github.CheckRun, externalID string) []*github.CheckRun {
	own := slices.DeleteFunc(slices.Clone(runs), func(run *github.CheckRun) bool { return run.GetExternalID() != externalID })
	slices.SortFunc(own, func(a, b *github.CheckRun) int { return cmp.Compare(a.GetID(), b.GetID()) })
	return own
}

// checkRuns lists all check runs of the spec's name at its commit.
func (c *Client) checkRuns(ctx context.Context, spec CheckSpec) ([]*github.CheckRun, error) {
	options := github.ListCheckRunsOptions{CheckName: &spec.Name, Filter: github.String("all"), ListOptions: github.ListOptions{PerPage: 100, Page: 1}}
	var all []*github.CheckRun
	for {
		var response *github.Response
		err := c.do(ctx, action{doing: "list the check runs", permission: "checks: read", send: func(ctx context.Context) error {
			runs, answered, err := c.rest().Checks.ListCheckRunsForRef(ctx, c.options.Owner, c.options.Repository, spec.HeadSHA, &options)
			if err == nil {
				all, response = append(all, runs.CheckRuns...), answered
			}
			return err
		}})
		if err != nil || response.NextPage == 0 || options.Page == maxPages {
			return all, err
		}
		options.Page = response.NextPage
	}
}

func (c *Client) createCheck(ctx context.Context, spec CheckSpec) (Check, error) {
	key := spec.externalID(spec.Mark.Order.Attempt)
	options := github.CreateCheckRunOptions{Name: spec.Name, HeadSHA: spec.HeadSHA, Status: github.String("in_progress"), ExternalID: &key,
		StartedAt: &github.Timestamp{Time: spec.Started}}
	if spec.DetailsURL != "" {
		options.DetailsURL = &spec.DetailsURL
	}
	var check Check
	err := c.do(ctx, action{doing: "create the check run", permission: "checks: write",
		send: func(ctx context.Context) error {
			run, _, err := c.rest().Checks.CreateCheckRun(ctx, c.options.Owner, c.options.Repository, options)
			if err == nil {
				check = checkOf(run)
			}
			return err
		},
		done: func(ctx context.Context) (found bool, err error) {
			check, found, err = c.FindCheck(ctx, spec, time.Time{})
			return found, err
		}})
	return check, err
}

// Annotation is a message at a line of the commit.
type Annotation struct {
	Path    string
	Line    int
	Column  int    // 0: the whole line
	Level   string // failure, warning or notice
	Title   string
	Message string
}

// Completion is what a check run ends with.
type Completion struct {
	Name        string
	Conclusion  string // success, failure or cancelled
	Title       string
	Summary     string // Markdown; its last line may be a mark, as a post's
	Text        string // Markdown below it; "" for none
	Annotations []Annotation
	Completed   time.Time
}

// What GitHub takes (its OpenAPI description).
const (
	maxAnnotations = 50     // a request; later requests append
	maxTitle       = 255    // characters
	maxMessage     = 60_000 // bytes; 64 KB are documented
)

// CompleteCheck ends a check run. Annotations go in batches; the last request carries the conclusion, so that a check run is
// never complete without all of them.
func (c *Client) CompleteCheck(ctx context.Context, check Check, completion Completion) (Check, error) {
	annotations := make([]*github.CheckRunAnnotation, len(completion.Annotations))
	for i, a := range completion.Annotations {
		annotations[i] = a.forGitHub()
	}
	for len(annotations) > maxAnnotations {
		options := completion.options(annotations[:maxAnnotations])
		options.Status = github.String("in_progress")
		next, err := c.updateCheck(ctx, check, options)
		if err != nil {
			return check, err
		}
		check, annotations = next, annotations[maxAnnotations:]
	}
	options := completion.options(annotations)
	options.Status, options.Conclusion = github.String(completed), &completion.Conclusion
	options.CompletedAt = &github.Timestamp{Time: completion.Completed}
	next, err := c.updateCheck(ctx, check, options)
	if err != nil {
		return check, err
	}
	options.Output.Annotations = nil // they stand beside the first one
	for _, twin := range check.Twins {
		if _, err := c.updateCheck(ctx, Check{ID: twin}, options); err != nil {
			return next, err
		}
	}
	return next, nil
}

func (completion Completion) options(annotations []*github.CheckRunAnnotation) github.UpdateCheckRunOptions {
	title := cut(completion.Title, maxTitle)
	output := github.CheckRunOutput{Title: &title, Summary: &completion.Summary, Annotations: annotations}
	if completion.Text != "" {
		output.Text = &completion.Text
	}
	return github.UpdateCheckRunOptions{Name: completion.Name, Output: &output}
}

// updateCheck changes a check run. GitHub appends annotations, so their number tells whether a lost request took effect.
func (c *Client) updateCheck(ctx context.Context, check Check, options github.UpdateCheckRunOptions) (Check, error) {
	want := check.Annotations + len(options.Output.Annotations)
	err := c.do(ctx, action{doing: "update the check run", permission: "checks: write",
		send: func(ctx context.Context) error {
			run, _, err := c.rest().Checks.UpdateCheckRun(ctx, c.options.Owner, c.options.Repository, check.ID, options)
			if err == nil {
				check = check.asOf(run)
			}
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			run, _, err := c.rest().Checks.GetCheckRun(ctx, c.options.Owner, c.options.Repository, check.ID)
			took := err == nil && run.GetStatus() == *options.Status && run.GetConclusion() == options.GetConclusion() &&
				run.GetOutput().GetTitle() == *options.Output.Title && sameText(run.GetOutput().GetSummary(), *options.Output.Summary) &&
				run.GetOutput().GetAnnotationsCount() >= want
			if took {
				check = check.asOf(run)
			}
			return took, err
		}})
	return check, err
}

func (a Annotation) forGitHub() *github.CheckRunAnnotation {
	line := max(a.Line, 1)
	title, message := cut(a.Title, maxTitle), cutBytes(a.Message, maxMessage)
	out := &github.CheckRunAnnotation{Path: &a.Path, StartLine: &line, EndLine: &line, AnnotationLevel: &a.Level, Title: &title, Message: &message}
	if a.Column > 0 { // allowed because start and end are one line
		out.StartColumn, out.EndColumn = &a.Column, &a.Column
	}
	return out
}

// cut shortens a text to a number of characters.
func cut(s string, characters int) string {
	if utf8.RuneCountInString(s) <= characters {
		return s
	}
	return string([]rune(s)[:characters-1]) + "…"
}

// cutBytes shortens a text to a number of bytes, between characters.
func cutBytes(s string, bytes int) string {
	if len(s) <= bytes {
		return s
	}
	return strings.ToValidUTF8(s[:bytes], "") + "…"
}
