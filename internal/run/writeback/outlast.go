package writeback

import (
	"context"

	"github.com/assay-ml/assay/internal/edge/github"
)

// outlast writes the commit status that stands beside the check run: a check run that was made with a workflow's token may land in
// another workflow's suite, and a status at the commit stays what a branch's rules can require. Where a status stands in for the check run, it is
// this one.
func (s *Session) outlast(ctx context.Context, state, description string) {
	if s.state.Beside == "" || s.state.Status != "" {
		return
	}
	status := github.Status{Context: s.state.Beside, State: state, Description: description, TargetURL: s.state.Spec.DetailsURL}
	s.explain("commit status", s.GitHub.SetStatus(ctx, s.state.Spec.HeadSHA, status))
}
