// Package writeback writes a result to where people decide: the pull request's comment, the check run or the commit status
// that stands in for it, an issue where there is no pull request. It lets the several Assay steps of one job add to one
// result. It decides nothing: what could not be written is a notice, and the exit code stays the verdict's.
package writeback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run"
)

// Options say where to write.
type Options struct {
	Runner    *actions.Runner
	Event     actions.Event
	GitHub    *github.Client // nil: nothing is written to GitHub, Why says why
	Why       string         // why there is no client
	Comment   string         // one of Comments
	OnPass    string         // one of OnPasses: what becomes of the comment of a run without complaint
	OnFailure string         // one of OnFailures: what a red run does where there is no pull request
	Model     string
	Name      string // tells several Assay jobs apart
	// Foreign says that another run judged, and one without rights: a commit status stands beside the check run, and no digest is left for
	// later runs to compare with.
	Foreign bool
	// Unasked says that nobody knows whether the team wants a comment, since the config cannot be read: one that stands is changed, and none
	// is made.
	Unasked  bool
	Patience time.Duration     // how long GitHub may hold up the end of a run; 0: DefaultPatience
	Files    map[string]string // the files that the commit holds: path here → path in the repository; nil: nobody knows
	Now      func() time.Time
}

// DefaultPatience is how long GitHub may hold up the end of a run.
const DefaultPatience = 5 * time.Minute

// opening is how long GitHub may hold up the beginning of a run: what is not opened then is opened at its end.
const opening = time.Minute

// Session is the write-back of one step of a job.
type Session struct {
	Options
	path    string // of the state that the job's steps share
	state   state
	notices []string
}

// state is what the Assay steps of one job share, and what the end of the job finds.
type state struct {
	Result json.RawMessage  `json:"result,omitempty"` // of the steps before this one
	Step   int64            `json:"step"`             // counts the steps
	Spec   github.CheckSpec `json:"spec"`
	Check  github.Check     `json:"check"`
	// Lost is when a request to open the check run may have been under way last without an answer that settled it; zero where none
	// was.
	Lost time.Time `json:"lost,omitzero"`
	// Status is the context of the commit status that stands in for the check run, "" for none.
	Status string `json:"status,omitempty"`
	// Beside is the context of the commit status that stands beside the check run, "" for none.
	Beside string `json:"beside,omitempty"`
	// Open says that the check run or the status waits for its end, and Ending what that shall be, nil while nothing is known.
	Open   bool    `json:"open"`
	Ending *ending `json:"ending,omitempty"`
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
	s.state.Step++
	if s.GitHub == nil {
		s.notice("no comment and no check run: %s", s.Why)
		return s
	}
	s.state.Spec = github.CheckSpec{Name: s.CheckName(), HeadSHA: s.Event.HeadSHA, Mark: s.mark(""), DetailsURL: s.Event.RunURL, Started: s.Now()}
	isFirst, lost := s.state.Check.ID == 0, s.state.Lost
	s.state.Open, s.state.Ending = true, nil
	if s.Foreign {
		s.state.Beside = s.statusName()
	}
	if isFirst {
		s.state.Lost = time.Now()
	}
	s.keep() // before anything is opened: the end of the job finds it even if this process is killed
	if isFirst {
		limited, cancel := context.WithTimeout(ctx, opening)
		defer cancel()
		s.outlast(limited, "pending", "Assay is at work") // first: it may be what a branch's rules wait for
		s.open(limited, lost)
		s.keep()
	}
	return s
}

// keep saves the state, and says where the end of the job finds it.
func (s *Session) keep() {
	data, err := json.Marshal(s.state)
	if err = errors.Join(err, actions.SaveState(s.path, data), s.Runner.Remember(s.path)); err != nil {
		s.notice("later steps of this job will not know of this one: %v", err)
	}
}

// key tells Assay jobs of one repository apart. Each has one comment, and one issue for each branch.
func (s *Session) key() string {
	branch := ""
	if s.Event.PullRequest == 0 {
		branch = s.Event.Ref
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", s.Event.Workflow, s.Event.Job, s.Event.Matrix, s.Name, branch))
	return hex.EncodeToString(sum[:8])
}

// mark is this step's.
func (s *Session) mark(digest string) github.Mark {
	order := github.Order{Step: s.state.Step}
	_, _ = fmt.Sscanf(s.Event.Run, "%d/%d", &order.Run, &order.Attempt) // outside of Actions there is neither
	return github.Mark{Key: s.key(), Order: order, Digest: digest}
}

func (s *Session) notice(format string, args ...any) {
	notice := fmt.Sprintf(format, args...)
	if !slices.Contains(s.notices, notice) {
		s.notices = append(s.notices, notice)
	}
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
	CommentURL, CheckURL, IssueURL string
	Notices                        []string
}

// Finish writes the joined result; own is the part of this step alone, whose annotations are new. The notices of what
// could not be written are in the result that it returns. A cancellation that comes now comes too late: what was judged
// is written, in the seconds that are left.
func (s *Session) Finish(ctx context.Context, own, joined finding.Result) (finding.Result, Written) {
	var written Written
	if s.GitHub != nil {
		ctx, cancel := outlive(ctx, s.patience())
		defer cancel()
		written.CheckURL = s.end(ctx, s.verdictOf(joined), forCheck(s.Annotations(own))) // first: it is what may block a merge
		written.CommentURL = s.comment(ctx, joined)
		written.IssueURL = s.issue(ctx, joined)
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
	s.keep()
	return joined, written
}

func (s *Session) patience() time.Duration {
	if s.Patience > 0 {
		return s.Patience
	}
	return DefaultPatience
}

// lastWord is how long a run that was cancelled may still talk to GitHub: the runner sends SIGINT, after 7.5 s SIGTERM, and
// 2.5 s later it kills.
const lastWord = 4 * time.Second

// outlive is a context that lasts at most so long, and after a cancellation of its parent as long as a last word takes.
func outlive(parent context.Context, patience time.Duration) (context.Context, context.CancelFunc) {
	if parent.Err() != nil {
		patience = min(patience, lastWord)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(parent), patience)
	stop := context.AfterFunc(parent, func() {
		select {
		case <-time.After(lastWord):
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() { stop(); cancel() }
}
