// Package publish writes what a run without rights found: of a pull request from a fork, or Dependabot's. It runs in a workflow of its own with
// nothing checked out. The run's file is hostile: it is read in memory, within limits and under a strict schema, and nothing in it is taken
// for true that GitHub can tell; the rules are read at the base, and the verdict is made anew of the numbers.
package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/edge/artifact"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/source"
)

// Options say what to publish. Of the write-back's, GitHub, Event, Runner, Now and how the comment is written are set.
type Options struct {
	Back    writeback.Options
	Config  string // path of the config in the repository
	Name    string // tells several Assay jobs apart; "": the config's
	Enforce bool
	Tool    string
	Store   func(writeback.Options) record.Store // of results of the base branch; nil: none
	People  func(pull int) union.People          // who may accept the change's own rules; nil: nobody
	// Keep keeps the HTML report of a result and answers with its address, "" for none.
	Keep func(context.Context, finding.Result, string) string
}

// Done is one result that was published, or refused.
type Done struct {
	Artifact string // its name, "" where there was none
	Result   finding.Result
	Written  writeback.Written
	Refused  error // why nothing was judged
}

// ErrNothing says that there is nothing to publish on, and why. No pull request is waiting.
var ErrNothing = errors.New("nothing to publish")

// Publish judges and writes each result that the run kept. An error means that nothing could be written at all.
func Publish(ctx context.Context, options Options) ([]Done, error) {
	event := &options.Back.Event
	if err := isWaiting(options); err != nil {
		return nil, err
	}
	pull, err := findPull(ctx, options)
	if err != nil {
		return nil, err
	}
	event.PullRequest, event.BaseRef, event.HeadSHA = pull.Number, pull.BaseRef, event.Judged.HeadSHA
	event.Run, event.RunURL = event.Judged.Run(), event.Judged.URL
	p := &publication{Options: options}
	if p.proposal, err = options.Back.GitHub.Propose(ctx, pull.BaseRef, event.HeadSHA, path.Dir(options.Config)); err != nil {
		return nil, err
	}
	if err := p.readRules(ctx); err != nil {
		return nil, err
	}
	kept, err := p.kept(ctx)
	if err != nil {
		return nil, err
	}
	var all []Done
	for _, k := range kept {
		all = append(all, p.publish(ctx, k))
	}
	return all, nil
}

// isWaiting reports whether the event is one whose result is to be published.
func isWaiting(options Options) error {
	event := options.Back.Event
	switch {
	case event.Name != "workflow_run":
		return source.Errorf("start it on workflow_run, as workflows-examples/publish.yml does", "publish was started by the event %s", event.Name)
	case options.Back.GitHub == nil:
		return source.Errorf("give the job the token and its permissions, as workflows-examples/publish.yml does", "publish cannot write: %s", options.Back.Why)
	case event.Judged.Event != "pull_request":
		return fmt.Errorf("%w: the run was started by %s, and not by a pull request", ErrNothing, event.Judged.Event)
	}
	switch event.Judged.Conclusion {
	case "success", "failure", "timed_out":
		return nil
	}
	return fmt.Errorf("%w: the run ended as %s", ErrNothing, event.Judged.Conclusion)
}

// findPull asks GitHub for the pull request whose head the run judged.
func findPull(ctx context.Context, options Options) (github.Pull, error) {
	judged := options.Back.Event.Judged
	pulls, err := options.Back.GitHub.PullsOf(ctx, judged.HeadOwner, judged.HeadBranch, judged.HeadSHA)
	if err != nil {
		return github.Pull{}, err
	}
	var open []github.Pull
	for _, pull := range pulls {
		if pull.IsOpen {
			open = append(open, pull)
		}
	}
	switch len(open) {
	case 0:
		return github.Pull{}, fmt.Errorf("%w: no open pull request stands at %.12s; it has moved on, and a newer run is published, or it is closed", ErrNothing, judged.HeadSHA)
	case 1:
		return open[0], nil
	}
	return github.Pull{}, source.Errorf("close all but one of them", "%d open pull requests have the head %.12s, and the run does not say which it judged", len(open), judged.HeadSHA)
}

// publication is a Publish under way.
type publication struct {
	Options
	proposal *github.Proposal
	config   *config.Config // the base's rules together with the change's
	rules    union.Result
	broken   error // why there is none
}

// readRules reads the config at the base and as a merge would leave it. A config of the change that cannot be read is the change's fault: it is
// told on the pull request.
func (p *publication) readRules(ctx context.Context) error {
	base, err := p.parse(ctx, p.atBase)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the rules at the base: %w", err)
	}
	head, err := p.parse(ctx, p.proposal.Merged)
	if errors.Is(err, fs.ErrNotExist) {
		head, err = base, nil
	}
	switch {
	case base == nil && head == nil && err == nil:
		return source.Errorf("name the config's path in the repository with --config, or the action's input config", "neither the base nor the change has %s", p.Config)
	case base == nil && err != nil:
		return fmt.Errorf("read the change's rules: %w", err)
	case err != nil:
		p.config, p.broken = base, fmt.Errorf("the change's %s: %w", p.Config, err)
	default:
		p.config, p.rules = union.Read(ctx, p.proposal, head)
		p.accept(ctx, head)
	}
	p.address(base)
	return nil
}

// address says under which name the result is written, and how. Where there is a base, the change has no say in it: it could take another's
// place, or keep silent.
func (p *publication) address(base *config.Config) {
	own := *p.config
	if base != nil {
		own.Model, own.Name, own.Comment, own.CommentOnPass = base.Model, base.Name, base.Comment, base.CommentOnPass
	}
	own.Name = cmp.Or(p.Name, own.Name)
	p.config = &own
	p.Back.Model, p.Back.Name = own.Model, Named(&own)
	p.Back.Comment, p.Back.OnPass = cmp.Or(p.Back.Comment, own.Comment), cmp.Or(p.Back.OnPass, own.CommentOnPass)
	p.Back.Foreign, p.Back.Files = true, p.files()
}

// accept lets the change's own rules count where a person says so. What cannot be told leaves the base's in force.
func (p *publication) accept(ctx context.Context, head *config.Config) {
	event := p.Back.Event
	if p.People == nil || !p.rules.NeedsWord() {
		return
	}
	accepted, err := p.rules.Accept(ctx, event.HeadSHA, p.People(event.PullRequest))
	switch {
	case err != nil:
		p.rules.Doubt = err.Error()
	case accepted != nil:
		p.config, p.rules.Accepted = head, accepted
	}
}

func (p *publication) atBase(ctx context.Context, name string) ([]byte, error) {
	base, err := p.proposal.Base(ctx)
	if err != nil {
		return nil, err
	}
	return p.proposal.File(ctx, base, name)
}

// parse reads a config with its contracts.
func (p *publication) parse(ctx context.Context, file func(context.Context, string) ([]byte, error)) (*config.Config, error) {
	data, err := file(ctx, path.Base(p.Config))
	if err != nil {
		return nil, err
	}
	return config.Parse(p.Config, data, func(name string) ([]byte, error) { return file(ctx, name) })
}

// files are those that annotations may point at: the result's own paths are not believed.
func (p *publication) files() map[string]string {
	names := map[string]string{p.Config: p.Config}
	for _, check := range p.config.Validate {
		if check.Leakage == nil {
			name := path.Join(path.Dir(p.Config), check.Contract)
			names[name] = name
		}
	}
	return names
}

// publish judges one result and writes it; what is refused is written too.
func (p *publication) publish(ctx context.Context, k keptResult) Done {
	options := p.Back
	options.Event.Matrix = k.matrix
	session := writeback.Begin(ctx, options)
	done := Done{Artifact: k.name}
	result, err := session.Judge(ctx, func() (finding.Result, error) { return p.judge(ctx, k) })
	if err != nil {
		done.Refused = err
		return done
	}
	if p.Keep != nil {
		result.Subject.ReportURL = p.Keep(ctx, result, k.matrix)
	}
	done.Result, done.Written = session.Finish(ctx, result, result)
	return done
}

// judge fetches a result and makes a verdict of its numbers.
func (p *publication) judge(ctx context.Context, k keptResult) (finding.Result, error) {
	if k.refusal != nil {
		return finding.Result{}, k.refusal
	}
	if p.broken != nil {
		return finding.Result{}, p.broken
	}
	claimed, err := p.fetch(ctx, k)
	if err != nil {
		return finding.Result{}, err
	}
	search := record.Search{Repository: p.proposal, Path: p.config.MetricsPath(), Model: p.config.Model, Name: p.config.Name}
	if p.Store != nil {
		search.Store = p.Store(p.Back)
	}
	base, err := record.Lookup(ctx, search)
	if err != nil {
		return finding.Result{}, err
	}
	event := p.Back.Event
	result, err := Judge(claimed, Case{Config: p.config, Rules: p.rules, Base: base, Enforce: p.Enforce, Tool: p.Tool, Started: p.Back.Now().UTC().Truncate(time.Second),
		Subject: finding.Subject{Repository: event.Repository, Event: event.Judged.Event, HeadSHA: event.HeadSHA, PullRequest: event.PullRequest,
			RunURL: event.RunURL, RunNumber: event.Judged.Number, ServerURL: event.ServerURL}})
	if err != nil {
		return finding.Result{}, refused(err)
	}
	return result, nil
}

// fetch downloads and reads a result.
func (p *publication) fetch(ctx context.Context, k keptResult) (finding.Result, error) {
	if k.size > MaxFile {
		return finding.Result{}, refused(fmt.Errorf("the result has more than %d bytes", MaxFile))
	}
	data, err := p.Back.GitHub.DownloadArtifact(ctx, k.id, MaxFile)
	if err != nil {
		return finding.Result{}, err
	}
	if data, err = artifact.Unpack(data, MaxFile); err != nil {
		return finding.Result{}, refused(err)
	}
	result, err := Read(data)
	if err != nil {
		return finding.Result{}, refused(err)
	}
	return result, nil
}

// refused says of a file that it is none of ours, and what an honest author does.
func refused(err error) error {
	return source.Errorf("run the pull request's workflow again; both workflows must use one version of Assay", "the result that the pull request's run left is refused: %v",
		strings.TrimSpace(err.Error()))
}
