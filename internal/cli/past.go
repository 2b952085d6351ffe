package cli

import (
	"context"
	"time"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/run/retraining"
)

// past is what was committed before the change. All of it is read before any command of the user runs.
type past struct {
	repository *git.Comparison // nil: there is none
	why        string          // what stood in the way
	store      record.Store    // nil: results are stored nowhere
}

func openPast(ctx context.Context, c *config.Config, hint git.BaseHint, options git.Options) past {
	opened, err := git.Open(ctx, c.Dir, options)
	if err != nil {
		return past{why: err.Error()}
	}
	return past{repository: opened.Against(hint)}
}

// pause says that the model's retraining is paused, "" where it is not. What cannot be told keeps no run from its verdict: it is said
// too.
func (p past) pause(ctx context.Context, c *config.Config, now time.Time) []string {
	if c.Retrain == nil || p.repository == nil {
		return nil
	}
	state, err := retraining.Load(ctx, keptState(p.repository.Repository, c), c.Model)
	if err != nil {
		return []string{"whether retraining is paused could not be told: " + err.Error()}
	}
	if notice := state.Notice(now); notice != "" {
		return []string{notice}
	}
	return nil
}

// store gives the results that earlier runs left in their check runs of one name.
type store struct {
	client *github.Client
	check  string
}

// Chain implements record.Store.
func (s store) Chain(ctx context.Context, commit string, n int) ([]record.Stored, error) {
	chain, err := s.client.Chain(ctx, s.check, commit, n)
	stored := make([]record.Stored, len(chain))
	for i, at := range chain {
		stored[i] = record.Stored(at)
	}
	return stored, err
}

// people are those who may speak on a pull request.
type people struct {
	*github.Client
	pull int
}

// Words implements union.People.
func (p people) Words(ctx context.Context) ([]union.Word, string, error) {
	said, author, err := p.Client.Words(ctx, p.pull)
	words := make([]union.Word, len(said))
	for i, word := range said {
		words[i] = union.Word(word)
	}
	return words, author, err
}

// judged is the config to judge by: the change's and the base's together, or the change's alone where a person accepts it. What
// cannot be told leaves the base's rules in force.
func (p past) judged(ctx context.Context, c *config.Config, event actions.Event, client *github.Client) (*config.Config, *union.Result) {
	if !event.IsProposal() {
		return c, nil
	}
	joined, rules := p.rules(ctx, c, event.HeadSHA)
	if rules == nil || !rules.NeedsWord() || event.PullRequest == 0 || client == nil {
		return joined, rules
	}
	accepted, err := rules.Accept(ctx, event.HeadSHA, people{client, event.PullRequest})
	switch {
	case err != nil:
		rules.Doubt = err.Error()
	case accepted != nil:
		rules.Accepted = accepted
		return c, rules
	}
	return joined, rules
}

// rules joins the config with the base's, for a change whose head is given. A config that flags made has no base.
func (p past) rules(ctx context.Context, c *config.Config, head string) (*config.Config, *union.Result) {
	if c.File == "" {
		return c, nil
	}
	if p.repository == nil {
		return c, &union.Result{Config: c.File, State: union.Unread, Why: p.why}
	}
	joined, result := union.Read(ctx, p.repository, c)
	if result.NeedsWord() {
		result.Word = result.ID(head)
	}
	return joined, &result
}

// promises are the contracts that the config's checks name as the base commit has them. One that is not there, or that this
// program cannot read, is nil.
func (p past) promises(ctx context.Context, c *config.Config) []*schema.Contract {
	if p.repository == nil || c.File == "" || len(c.Validate) == 0 {
		return nil
	}
	commit, err := p.repository.Base(ctx)
	if err != nil {
		return nil
	}
	all := make([]*schema.Contract, len(c.Validate))
	for i, check := range c.Validate {
		if check.Promises == nil || check.OfBase {
			continue
		}
		if data, err := p.repository.File(ctx, commit, check.Contract); err == nil {
			all[i] = asBefore(check, data)
		}
	}
	return all
}

// asBefore reads a contract of the base with the check's variables, or with its own where it had others then.
func asBefore(check config.Check, data []byte) *schema.Contract {
	contract, err := config.ParseContractWith(check.Contract, data, check.Variables)
	if err != nil {
		contract, _ = config.ParseContract(check.Contract, data)
	}
	return contract
}
