package writeback

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/report"
)

// ending is what a check run, or the commit status in its place, ends with.
type ending struct {
	Conclusion string `json:"conclusion"` // success, failure or cancelled: neutral and skipped would satisfy a required check
	Title      string `json:"title"`
	Summary    string `json:"summary"`
	Text       string `json:"text,omitempty"` // the digest, by which later runs find this one
	// word is what the run goes on to say in a comment. It ends with the process: what its post step writes says nothing more.
	word   github.Mark
	result *finding.Result
}

// The conclusions that a check run may end with.
const (
	success   = "success"
	failure   = "failure"
	cancelled = "cancelled"
)

func (s *Session) verdictOf(r finding.Result) ending {
	e := ending{Conclusion: success, Title: report.Sentence(r), Summary: summary(r, report.CheckSummary), Text: s.stored(r), word: s.word(r), result: &r}
	if r.Red() {
		e.Conclusion = failure
	}
	return e
}

// stored is what is kept with the commit for later runs; "" where the numbers are a stranger's, the result has no commit, or nothing could be stored.
func (s *Session) stored(r finding.Result) string {
	if r.Subject.HeadSHA == "" || s.Foreign {
		return ""
	}
	text, leftOut, err := record.NewDigest(r).Encode()
	switch {
	case err != nil:
		s.notice("nothing is stored with the commit for later runs: %v", err)
	case len(leftOut) > 0:
		said := "What is stored with the commit for later runs had no room for all of it. Left out: " + strings.Join(leftOut, ", ") + "."
		s.notice("%s", said)
		text = said + "\n\n" + text
	}
	return text
}

func summary(r finding.Result, budget report.Budget) string {
	var page strings.Builder
	if err := report.Markdown(&page, r, budget); err != nil {
		return report.Sentence(r)
	}
	return page.String()
}

// CheckName differs from every job's name that a person would choose: two of one name would both be required.
func (o Options) CheckName() string { return "Assay / " + strings.Join(o.names(), " / ") }

// statusName is the context of the commit status.
func (o Options) statusName() string { return "assay/" + strings.Join(o.names(), "/") }

// maxMatrix bounds what a name says of a matrix.
const maxMatrix = 80 // characters

func (o Options) names() []string {
	names := []string{o.Model}
	if o.Name != o.Model && o.Name != "" {
		names = append(names, o.Name)
	}
	if values := []rune(o.Event.Matrix); len(values) > 0 {
		names = append(names, "("+string(values[:min(len(values), maxMatrix)])+")")
	}
	return names
}

// open opens the check run, or the commit status where the token may write no check run. What GitHub does not take now for
// another reason is tried again at the end.
func (s *Session) open(ctx context.Context, lost time.Time) {
	check, err := s.GitHub.StartCheck(ctx, s.state.Spec, lost)
	s.state.Check, s.state.Lost = check, time.Time{}
	var forbidden *github.PermissionError
	if !errors.As(err, &forbidden) {
		if err != nil {
			s.state.Lost = time.Now()
		}
		return
	}
	status := github.Status{Context: s.statusName(), State: "pending", Description: "Assay is at work", TargetURL: s.Event.RunURL}
	if s.GitHub.SetStatus(ctx, s.Event.HeadSHA, status) != nil {
		s.explain("check run", err)
		s.state.Open = false
		return
	}
	s.state.Status = status.Context
	s.notice("no check run: the token lacks %s; the commit status %s stands in for it", forbidden.Permission, status.Context)
}

// end completes the check run, or the status, and answers with the address of the check run. The ending is kept first: what
// cannot be written now, the end of the job writes.
func (s *Session) end(ctx context.Context, e ending, annotations []github.Annotation) string {
	s.state.Ending = &e
	s.keep()
	s.outlast(ctx, e.state(), e.Title)
	if s.state.Open && s.state.Status == "" && !s.state.Lost.IsZero() {
		s.open(ctx, s.state.Lost)
	}
	if !s.state.Open {
		return ""
	}
	var err error
	switch {
	case s.state.Status != "":
		err = s.GitHub.SetStatus(ctx, s.state.Spec.HeadSHA, github.Status{Context: s.state.Status, State: e.state(), Description: e.Title, TargetURL: s.state.Spec.DetailsURL})
		s.explain("commit status", err)
	case s.state.Check.ID != 0:
		err = s.complete(ctx, e, annotations)
		s.explain("end of the check run", err)
	default:
		err = errors.New("GitHub did not take it")
		s.explain("check run", err)
	}
	s.state.Open = err != nil
	s.keep()
	return s.state.Check.URL
}

// state is the ending as commit statuses name it.
func (e ending) state() string {
	if e.Conclusion == cancelled {
		return "error"
	}
	return e.Conclusion
}

// budgets are the sizes of a text that GitHub is offered, should it count otherwise than it says.
func budgets(largest report.Budget) []report.Budget {
	return []report.Budget{largest, largest / 2, largest / 8}
}

// complete ends the check run.
func (s *Session) complete(ctx context.Context, e ending, annotations []github.Annotation) error {
	completion := github.Completion{Name: s.state.Spec.Name, Conclusion: e.Conclusion, Title: e.Title, Summary: e.Summary, Text: e.Text, Completed: s.Now()}
	had := s.state.Check.Annotations
	var err error
	for _, budget := range budgets(report.CheckSummary) {
		if e.result != nil {
			completion.Summary = summary(*e.result, budget)
		}
		if s.isTraced() && e.word.Key != "" {
			completion.Summary += "\n" + e.word.String()
		}
		completion.Annotations = annotations[min(max(0, s.state.Check.Annotations-had), len(annotations)):] // batches that were taken stay
		if s.state.Check, err = s.GitHub.CompleteCheck(ctx, s.state.Check, completion); !errors.Is(err, github.ErrTooLong) {
			break
		}
	}
	return err
}

// maxAnnotations bounds what a check run is given: nobody reads more, failures come first, the report has them all, and GitHub
// takes eighty writes a minute.
const maxAnnotations = 200

// Annotations are those of a result at lines that the commit has, with their paths in the repository.
func (s *Session) Annotations(r finding.Result) []report.Annotation {
	return s.committed(report.Annotations(r))
}

// committed are the annotations at files of the commit: anywhere else they would point at nothing. Where nobody knows what it
// has, the file of a value may be one that the run itself made.
func (s *Session) committed(annotations []report.Annotation) []report.Annotation {
	var all []report.Annotation
	for _, a := range annotations {
		file, isThere := s.Files[a.Path]
		if s.Files == nil {
			file, isThere = a.Path, !a.OfValue
		}
		if isThere {
			a.Path = file
			all = append(all, a)
		}
	}
	return all
}

// forCheck are annotations as a check run takes them.
func forCheck(annotations []report.Annotation) []github.Annotation {
	var all []github.Annotation
	for _, a := range annotations[:min(len(annotations), maxAnnotations)] {
		all = append(all, github.Annotation{Path: a.Path, Line: a.Line, Column: a.Column, Level: string(a.Level), Title: a.Title, Message: a.Message})
	}
	return all
}
