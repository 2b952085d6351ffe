// Package writeback writes a result to where people decide: the pull request's comment, the check run, the job's summary,
// annotations and outputs. It lets the several Assay steps of one job add to one result. It decides nothing: what could
// not be written is a notice, and the exit code stays the verdict's.
package writeback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/run"
)

// When the comment is written.
const (
	Always   = "always"
	OnChange = "on-change" // only where the verdict or a finding changed
	Never    = "never"
)

// Options say where to write.
type Options struct {
	Runner  *actions.Runner
	Event   actions.Event
	GitHub  *github.Client // nil: nothing is written to GitHub, NoGitHub says why
	Why     string         // why there is no client
	Comment string         // Always, OnChange or Never
	Model   string
	Name    string // tells several Assay jobs apart
	Now     func() time.Time
}

// Session is the write-back of one step of a job.
type Session struct {
	Options
	path    string // of the state that the job's steps share
	state   state
	notices []string
}

// state is what the Assay steps of one job share.
type state struct {
	Result json.RawMessage `json:"result,omitempty"` // of the steps before this one
	Check  github.Check    `json:"check"`
}

// Begin takes up what earlier steps of the job left, and opens the check run unless one of them did.
func Begin(ctx context.Context, options Options) *Session {
	s := &Session{Options: options}
	s.path = options.Runner.StateFile(options.Event, options.Name)
	if data, err := actions.LoadState(s.path); err != nil {
		s.notice("what earlier steps of this job found is lost: %v", err)
	} else if data != nil && json.Unmarshal(data, &s.state) != nil {
		s.state = state{}
		s.notice("what earlier steps of this job found is lost: the state in the runner's temporary folder is damaged")
	}
	if s.GitHub == nil {
		s.notice("no comment and no check run: %s", s.Why)
		return s
	}
	if s.state.Check.ID == 0 {
		check, err := s.GitHub.StartCheck(ctx, s.checkName(), s.Event.HeadSHA, s.Event.RunURL, s.Now())
		s.explain("check run", err)
		s.state.Check = check
	}
	return s
}

// checkName differs from every job's name that a person would choose: two of one name would both be required.
func (s *Session) checkName() string {
	name := "Assay / " + s.Model
	if s.Name != s.Model && s.Name != "" {
		name += " / " + s.Name
	}
	return name
}

func (s *Session) notice(format string, args ...any) {
	s.notices = append(s.notices, fmt.Sprintf(format, args...))
}

// explain turns what went wrong into a notice that names the permission.
func (s *Session) explain(what string, err error) {
	var forbidden *github.PermissionError
	switch {
	case err == nil:
	case errors.As(err, &forbidden):
		s.notice("no %s: the token lacks %s (a fork's token always does)", what, forbidden.Permission)
	default:
		s.notice("no %s: %v", what, err)
	}
}

// EarlierFailed reports whether an earlier step of the job ran this step and something in it blocks.
func (s *Session) EarlierFailed(step string) bool {
	earlier, err := finding.Decode(s.state.Result, run.Decoders)
	if err != nil {
		return false // there is none, or Joined says that it is lost
	}
	for _, done := range earlier.Steps {
		if done.Name == step {
			return done.Blocks()
		}
	}
	return false
}

// Joined is the result together with what earlier steps of the job found.
func (s *Session) Joined(result finding.Result) finding.Result {
	if s.state.Result == nil {
		return result
	}
	earlier, err := finding.Decode(s.state.Result, run.Decoders)
	if err != nil {
		s.notice("what earlier steps of this job found is lost: %v", err)
		return result
	}
	return earlier.Merge(result)
}

// Written is where people find the result, and what could not be written: what no earlier step of the job has said.
type Written struct {
	CommentURL, CheckURL string
	Notices              []string
}

// Finish writes the joined result; own is the part of this step alone, whose annotations are new. The notices of what
// could not be written are in the result that it returns.
func (s *Session) Finish(ctx context.Context, own, joined finding.Result) (finding.Result, Written) {
	var written Written
	if s.GitHub != nil {
		written.CommentURL = s.comment(ctx, joined)
		written.CheckURL = s.check(ctx, own, joined)
	}
	for _, notice := range s.notices {
		if !slices.Contains(joined.Notices, notice) {
			joined.Notices = append(joined.Notices, notice)
			written.Notices = append(written.Notices, notice)
		}
	}
	if stored, err := json.Marshal(joined); err == nil {
		s.state.Result = stored
	}
	if err := s.save(); err != nil {
		written.Notices = append(written.Notices, fmt.Sprintf("later steps of this job will not know of this one: %v", err))
	}
	return joined, written
}

func (s *Session) save() error {
	data, err := json.Marshal(s.state)
	if err != nil {
		return err
	}
	return actions.SaveState(s.path, data)
}

// comment writes the pull request's comment and answers with its address, "" for none.
func (s *Session) comment(ctx context.Context, r finding.Result) string {
	if s.Comment == Never {
		return ""
	}
	if s.Event.PullRequest == 0 {
		s.notice("no comment: the event %s belongs to no pull request", s.Event.Name)
		return ""
	}
	var page strings.Builder
	if err := report.Markdown(&page, r, report.Comment); err != nil {
		s.explain("comment", err)
		return ""
	}
	body := page.String() + "\n" + digestLine(r) + "\n" + s.marker() + "\n"
	if s.Comment == OnChange {
		old, found, err := s.GitHub.FindComment(ctx, s.Event.PullRequest, s.marker())
		if err == nil && found && strings.Contains(old, digestLine(r)) {
			return ""
		}
	}
	comment, err := s.GitHub.UpsertComment(ctx, s.Event.PullRequest, s.marker(), body)
	s.explain("comment", err)
	return comment.URL
}

// marker is the line by which the comment is found again; several Assay jobs of one repository have one each.
func (s *Session) marker() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", s.Event.Workflow, s.Event.Job, s.Name))
	return "<!-- assay:" + hex.EncodeToString(sum[:8]) + " -->"
}

// digestLine changes when the verdict or a finding does, and not with the clock or the commit.
func digestLine(r finding.Result) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%v %v\n", r.Red(), r.Verdict())
	for _, step := range r.Steps {
		for _, f := range step.Findings() {
			fmt.Fprintf(hash, "%q %q %q %v %q\n", step.Name, f.Rule, f.Subject, f.Outcome, f.Message)
		}
	}
	return "<!-- assay-findings:" + hex.EncodeToString(hash.Sum(nil)[:8]) + " -->"
}

// maxAnnotations bounds what a check run is given: nobody reads more, failures come first, the report has them all, and GitHub
// takes eighty writes a minute.
const maxAnnotations = 200

// check completes the check run and answers with its address.
func (s *Session) check(ctx context.Context, own, joined finding.Result) string {
	if s.state.Check.ID == 0 {
		return ""
	}
	var page strings.Builder
	if err := report.Markdown(&page, joined, report.CheckSummary); err != nil {
		s.explain("check run", err)
	}
	completion := github.Completion{Name: s.checkName(), Conclusion: "success", Title: report.Sentence(joined), Summary: page.String(), Completed: s.Now()}
	if joined.Red() {
		completion.Conclusion = "failure"
	}
	annotations := report.Annotations(own)
	for _, a := range annotations[:min(len(annotations), maxAnnotations)] {
		completion.Annotations = append(completion.Annotations, github.Annotation{Path: a.Path, Line: a.Line, Column: a.Column,
			Level: string(a.Level), Title: a.Title, Message: a.Message})
	}
	check, err := s.GitHub.CompleteCheck(ctx, s.state.Check.ID, completion)
	s.explain("check run", err)
	return check.URL
}

// Abandon completes the check run of a run that judged nothing: cancelled, or ended by an error.
func (s *Session) Abandon(ctx context.Context, isCancelled bool) {
	if s.GitHub == nil || s.state.Check.ID == 0 {
		return
	}
	completion := github.Completion{Name: s.checkName(), Conclusion: "failure", Title: "Assay could not judge", Completed: s.Now(),
		Summary: "The run ended before it judged anything. The log of the job says more."}
	if isCancelled {
		completion.Conclusion, completion.Title, completion.Summary = "cancelled", "Cancelled", "The run was cancelled."
	}
	if _, err := s.GitHub.CompleteCheck(ctx, s.state.Check.ID, completion); err != nil {
		s.explain("check run", err)
	}
	for _, notice := range s.notices {
		s.Runner.Notice(notice)
	}
	if err := s.save(); err != nil {
		s.Runner.Notice(err.Error())
	}
}
