package github

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/go-github/v62/github"
)

// Check is a check run.
type Check struct {
	ID  int64  `json:"id"`
	URL string `json:"url"`
}

// StartCheck opens a check run that is in progress.
func (c *Client) StartCheck(ctx context.Context, name, headSHA, detailsURL string, started time.Time) (Check, error) {
	key := rand.Text() // by which it is found again where the answer was lost
	options := github.CreateCheckRunOptions{Name: name, HeadSHA: headSHA, Status: github.String("in_progress"), ExternalID: &key,
		StartedAt: &github.Timestamp{Time: started}}
	if detailsURL != "" {
		options.DetailsURL = &detailsURL
	}
	var check Check
	err := c.do(ctx, action{doing: "create the check run", permission: "checks: write",
		send: func(ctx context.Context) error {
			run, _, err := c.rest().Checks.CreateCheckRun(ctx, c.options.Owner, c.options.Repository, options)
			check = Check{run.GetID(), run.GetHTMLURL()}
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			runs, _, err := c.rest().Checks.ListCheckRunsForRef(ctx, c.options.Owner, c.options.Repository, headSHA,
				&github.ListCheckRunsOptions{CheckName: &name, Filter: github.String("all"), ListOptions: github.ListOptions{PerPage: 100}})
			if err != nil {
				return false, err
			}
			for _, run := range runs.CheckRuns {
				if run.GetExternalID() == key {
					check = Check{run.GetID(), run.GetHTMLURL()}
					return true, nil
				}
			}
			return false, nil
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
	Summary     string // Markdown
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
func (c *Client) CompleteCheck(ctx context.Context, id int64, completion Completion) (Check, error) {
	annotations := make([]*github.CheckRunAnnotation, len(completion.Annotations))
	for i, a := range completion.Annotations {
		annotations[i] = a.forGitHub()
	}
	for len(annotations) > maxAnnotations {
		options := completion.options(annotations[:maxAnnotations])
		options.Status = github.String("in_progress")
		if _, err := c.updateCheck(ctx, id, options); err != nil {
			return Check{}, err
		}
		annotations = annotations[maxAnnotations:]
	}
	options := completion.options(annotations)
	options.Status, options.Conclusion = github.String("completed"), &completion.Conclusion
	options.CompletedAt = &github.Timestamp{Time: completion.Completed}
	return c.updateCheck(ctx, id, options)
}

func (completion Completion) options(annotations []*github.CheckRunAnnotation) github.UpdateCheckRunOptions {
	title := cut(completion.Title, maxTitle)
	return github.UpdateCheckRunOptions{Name: completion.Name,
		Output: &github.CheckRunOutput{Title: &title, Summary: &completion.Summary, Annotations: annotations}}
}

// updateCheck may be sent twice, but for annotations, which GitHub appends: one that stands twice misleads less than one
// that is not there.
func (c *Client) updateCheck(ctx context.Context, id int64, options github.UpdateCheckRunOptions) (Check, error) {
	var check Check
	err := c.do(ctx, action{doing: "update the check run", permission: "checks: write", send: func(ctx context.Context) error {
		run, _, err := c.rest().Checks.UpdateCheckRun(ctx, c.options.Owner, c.options.Repository, id, options)
		check = Check{run.GetID(), run.GetHTMLURL()}
		return err
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
