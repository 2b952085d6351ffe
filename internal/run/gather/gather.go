// Package gather finds out what a promotion policy asks about: how the model was judged, who made it, who agrees, and where its commit
// stands. It asks GitHub and git, judges nothing, and says of each thing that it cannot tell why.
package gather

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/release/policy"
)

// Gatherer asks the outside. Whatever is nil cannot be asked.
type Gatherer struct {
	GitHub     *github.Client
	Why        string          // why GitHub cannot be asked
	Repository *git.Repository // the clone
	Store      record.Store    // results of runs
	File       *record.Digest  // of the result file that somebody named
	Model      string          // as results name it
	Name       string          // likewise
	Run        string          // id of the workflow run that promotes, "" where none does
	Workflow   string          // its file, such as .github/workflows/promote.yml
	IsDefault  bool            // whether the workflow is the default branch's
	Actor      string          // login of who promotes
}

// Gather completes the facts that the registry knows. What the stage does not ask about is not asked for.
func (g Gatherer) Gather(ctx context.Context, facts policy.Facts, spec policy.Spec) policy.Facts {
	facts.Actor, facts.Workflow, facts.IsDefault = g.Actor, g.Workflow, g.IsDefault
	stage, ok := spec.Stages[facts.Stage]
	if !ok {
		return facts
	}
	facts.Evaluation = policy.Tell(g.evaluation(ctx, facts, spec.Evidence))
	if len(stage.Branches) > 0 {
		facts.Branches = policy.Tell(g.branches(ctx, facts.Commit))
	}
	if stage.Approvals != nil {
		facts.Authors, facts.Approvals = g.approvals(ctx, facts, stage)
	}
	return facts
}

// evaluation is the result that judged the model.
func (g Gatherer) evaluation(ctx context.Context, facts policy.Facts, evidence string) (*record.Digest, error) {
	if evidence == policy.OfFile {
		return g.ofFile(facts)
	}
	if g.Store == nil {
		return nil, errors.New(g.Why)
	}
	return record.Evaluation(ctx, g.Store, record.Subject{Model: g.Model, Name: g.Name, Commit: facts.Commit, Artifact: facts.Digest})
}

// ofFile is the named result, where it judged this very model.
func (g Gatherer) ofFile(facts policy.Facts) (*record.Digest, error) {
	d := g.File
	switch {
	case d == nil:
		return nil, errors.New("no result file is named: --result report.json")
	case facts.Digest == "" || d.Artifact != facts.Digest || d.Model != g.Model || d.Commit != "" && d.Commit != facts.Commit:
		return nil, nil
	}
	return d, nil
}

func (g Gatherer) branches(ctx context.Context, commit string) ([]string, error) {
	switch {
	case g.Repository == nil:
		return nil, errors.New("there is no clone")
	case commit == "":
		return nil, errors.New("the version names no commit")
	}
	return g.Repository.BranchesWith(ctx, commit)
}

// approvals are what people said who approve, and who made the version.
func (g Gatherer) approvals(ctx context.Context, facts policy.Facts, stage policy.Stage) (authors []string, all policy.Told[[]policy.Approval]) {
	if g.GitHub == nil {
		return nil, policy.Told[[]policy.Approval]{Why: g.Why}
	}
	var problems []error
	origin, err := g.GitHub.Origin(ctx, facts.Commit)
	if err != nil {
		// Without the authors nobody can tell whose word counts.
		return nil, policy.Told[[]policy.Approval]{Why: err.Error()}
	}
	var given []policy.Approval
	if stage.Approvals.Allows(policy.ByEnvironment) && g.Run != "" {
		reviewed, err := g.ofEnvironments(ctx)
		given, problems = append(given, reviewed...), append(problems, err)
	}
	if stage.Approvals.Allows(policy.ByComment) || stage.Approvals.Allows(policy.ByReview) {
		for _, pull := range origin.Pulls {
			said, err := g.ofPull(ctx, pull, facts)
			given, problems = append(given, said...), append(problems, err)
		}
	}
	given = slices.DeleteFunc(given, func(a policy.Approval) bool { return !stage.Approvals.Allows(a.Way) })
	for i := range given {
		g.rights(ctx, &given[i], stage)
	}
	return origin.Authors, policy.Told[[]policy.Approval]{Value: given, Why: firstOf(problems)}
}

func firstOf(problems []error) string {
	for _, err := range problems {
		if err != nil {
			return err.Error()
		}
	}
	return ""
}

// ofEnvironments are the reviewers who let this run go on.
func (g Gatherer) ofEnvironments(ctx context.Context) ([]policy.Approval, error) {
	reviews, err := g.GitHub.RunApprovals(ctx, g.Run)
	var given []policy.Approval
	for _, review := range reviews {
		for _, environment := range review.Environments {
			given = append(given, policy.Approval{By: review.By, IsBot: review.IsBot, Way: policy.ByEnvironment, Environment: environment})
		}
	}
	return given, err
}

// ofPull are those who say so on a pull request of the version: in a comment that names it, or by approving what was merged.
func (g Gatherer) ofPull(ctx context.Context, pull github.OriginPull, facts policy.Facts) ([]policy.Approval, error) {
	words, _, err := g.GitHub.Words(ctx, pull.Number)
	var given []policy.Approval
	for _, word := range words {
		approval := policy.Approval{By: word.By, IsBot: word.IsBot, URL: word.URL}
		switch {
		case word.Commit != "" && word.Commit == pull.Head:
			approval.Way = policy.ByReview
		case word.Commit == "" && policy.Approves(word.Body, facts):
			approval.Way = policy.ByComment
		default:
			continue
		}
		given = append(given, approval)
	}
	return given, err
}

// rights asks what somebody may do, as far as the policy wants to know it.
func (g Gatherer) rights(ctx context.Context, a *policy.Approval, stage policy.Stage) {
	if a.By == "" || a.IsBot {
		return
	}
	if len(stage.Approvals.From) == 0 {
		a.MayWrite = policy.Tell(g.GitHub.MayWrite(ctx, a.By))
		return
	}
	isNamed := func(login string) bool { return strings.EqualFold(login, a.By) }
	if slices.ContainsFunc(stage.Approvals.From, isNamed) {
		return
	}
	a.Teams = map[string]policy.Told[bool]{}
	for _, team := range stage.Teams() {
		a.Teams[team] = policy.Tell(g.GitHub.IsMember(ctx, team, a.By))
	}
}

// ParseWorkflow takes a workflow's reference apart, as the runner writes it into GITHUB_WORKFLOW_REF: OWNER/NAME/PATH@refs/heads/BRANCH. Only a
// workflow of this repository has a file here.
func ParseWorkflow(reference, repository, defaultBranch string) (file string, isDefault bool, err error) {
	path, ref, hasRef := strings.Cut(reference, "@")
	file, isOurs := strings.CutPrefix(path, repository+"/")
	if reference == "" || !hasRef || !isOurs {
		return "", false, fmt.Errorf("%q is no workflow of %s", reference, repository)
	}
	return file, defaultBranch != "" && ref == "refs/heads/"+defaultBranch, nil
}
