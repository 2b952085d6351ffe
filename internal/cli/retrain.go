package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/retrain/trigger"
	"github.com/assay-ml/assay/internal/run/publish"
	"github.com/assay-ml/assay/internal/run/retraining"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) retrainCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "retrain", Short: "Decide whether the model is trained again, pause that, and explain it",
		Long: `Decide whether the model is trained again: triggers speak for it, brakes hold it back, and one decision with its reason comes of it. What was
decided is kept in the git ref refs/assay/retrain/NAME, which every clone and every job shares.`,
	}
	c.AddCommand(a.decideCommand(), a.statusCommand(), a.historyCommand(), a.explainCommand(), a.pauseCommand(), a.resumeCommand(), a.endedCommand())
	return c
}

// byHand is what the flags of decide give by hand.
type byHand struct {
	params  map[string]string
	release []string
	reason  string
	isAsked bool
	dryRun  bool
}

func (a *app) decideCommand() *cobra.Command {
	var by byHand
	c := &cobra.Command{
		Use: "decide", Short: "Decide whether the model is trained again now", Args: cobra.NoArgs,
		Long: `Decide whether the model is trained again now, and keep the decision. The exit code is 0 whether it is or not; the outputs retrain, reason,
params, sha and decision tell the next job.

In Actions a workflow_dispatch is a person's word, with its inputs as parameters, and so is a new comment "/assay retrain key=value" by
somebody with write permission. Elsewhere --now is.`,
		Example: "  assay retrain decide\n  assay retrain decide --dry-run\n  assay retrain decide --now --param trees=200\n" +
			"  assay retrain decide --now --release cool-down --reason 'the labels were wrong'",
		RunE: func(c *cobra.Command, _ []string) error { return a.decide(c.Context(), by) },
	}
	flags := c.Flags()
	flags.BoolVar(&by.isAsked, "now", false, "ask for it by hand: brakes still hold")
	flags.StringToStringVar(&by.params, "param", nil, "a parameter given by hand, as `key=value`; declared under retrain: params")
	flags.StringSliceVar(&by.release, "release", nil, "`brakes` to release by hand: "+strings.Join(trigger.BrakeNames(), ", "))
	flags.StringVar(&by.reason, "reason", "", "why it is asked for by hand")
	flags.BoolVar(&by.dryRun, "dry-run", false, "keep nothing: say what would be decided")
	return c
}

// ledger is a model's retraining: its config and what is kept of it.
type ledger struct {
	config     *config.Config
	repository *git.Repository
	store      trigger.Store
}

// openLedger opens what is kept; token is for the remote.
func (a *app) openLedger(ctx context.Context, options git.Options) (*ledger, error) {
	c, err := config.Load(a.configPath())
	if err != nil {
		return nil, err
	}
	if c.Retrain == nil {
		return nil, source.Errorf("docs/retraining.md tells what it may say", "%s has no retrain:", c.File)
	}
	repository, err := git.Open(ctx, c.Dir, options)
	if err != nil {
		return nil, source.Errorf("decisions are kept in a git ref: work in a clone", "%v", err)
	}
	return &ledger{c, repository, keptState(repository, c)}, nil
}

// keptState is where a model's state is kept.
func keptState(repository *git.Repository, c *config.Config) trigger.Store {
	return kept{repository.Keep(trigger.Ref(publish.Named(c)), stateFile)}
}

// stateFile is the file in the commits of the ref.
const stateFile = "state.json"

// kept is a state in a git ref.
type kept struct{ *git.Kept }

// Save implements trigger.Store.
func (k kept) Save(ctx context.Context, content []byte, message, revision string) error {
	err := k.Kept.Save(ctx, content, message, revision)
	if errors.Is(err, git.ErrMoved) {
		return trigger.ErrMoved
	}
	return err
}

// decide makes a decision with what the event or the flags give by hand.
func (a *app) decide(ctx context.Context, by byHand) error {
	if a.isGitHub() {
		return a.decideInActions(ctx, by)
	}
	word, command, err := by.word()
	if err != nil {
		return err
	}
	l, err := a.openLedger(ctx, git.Options{})
	if err != nil {
		return err
	}
	made, state, err := a.makeDecision(ctx, l, word, command, by.dryRun)
	if err != nil {
		return err
	}
	return a.showRetrain(made, append(state.Notes(a.env.Now()), made.Blocks()...))
}

func (a *app) makeDecision(ctx context.Context, l *ledger, word *trigger.Manual, command trigger.Command, dryRun bool) (trigger.Decision, trigger.State, error) {
	remote, err := a.remote()
	if err != nil {
		return trigger.Decision{}, trigger.State{}, err
	}
	return retraining.Decide(ctx, retraining.Options{Config: l.config, Repository: l.repository, Store: l.store, Remote: remote, Now: a.env.Now(),
		Manual: word, Command: command, DryRun: dryRun})
}

// word is what the flags give by hand.
func (b byHand) word() (*trigger.Manual, trigger.Command, error) {
	if !b.isAsked {
		if len(b.params)+len(b.release) > 0 || b.reason != "" {
			return nil, trigger.Command{}, source.Errorf("add --now", "--param, --release and --reason are for a training that is asked for by hand")
		}
		return nil, trigger.Command{}, nil
	}
	words := map[string]string{"reason": b.reason, "release": strings.Join(b.release, ",")}
	for name, value := range b.params {
		if _, isTaken := words[name]; isTaken {
			return nil, trigger.Command{}, source.Errorf("there is a flag of this name", "%s is no parameter", name)
		}
		words[name] = value
	}
	command, err := trigger.NewCommand(words)
	return command.Manual("", "command line", ""), command, err
}

// showRetrain shows a decision or a state, or writes it as JSON.
func (a *app) showRetrain(value any, blocks []finding.Block) error {
	if a.global.json != "" && a.global.json != "-" {
		if err := a.writeTo(a.global.json, asJSON(value)); err != nil {
			return err
		}
	}
	if a.global.json == "-" || a.global.format == "json" {
		_, err := a.env.Out.Write(asJSON(value))
		return err
	}
	return report.TextBlocks(a.env.Out, blocks, a.textOptions())
}

// asJSON writes what trigger keeps: texts, times and finite numbers.
func asJSON(value any) []byte {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(text, '\n')
}

// decideInActions takes a person's word from the event, and tells the runner what was decided.
func (a *app) decideInActions(ctx context.Context, by byHand) error {
	runner, event, token, err := a.enterActions()
	if err != nil {
		return err
	}
	if event.IsProposal() {
		return source.Errorf("let it run on schedule, workflow_dispatch, issue_comment or push", "a pull request's own rules decide nothing about retraining")
	}
	word, command, isAsked, err := a.asked(ctx, event, token, by)
	if err != nil {
		return err
	}
	if !isAsked {
		fmt.Fprintln(a.env.Out, "the comment holds no command of ours")
		return errors.Join(runner.Output("retrain", "false"), runner.Output("reason", "the comment holds no command"))
	}
	l, err := a.openLedger(ctx, git.Options{Token: token, ServerURL: event.ServerURL})
	if err != nil {
		return err
	}
	made, state, err := a.makeDecision(ctx, l, word, command, by.dryRun)
	if err != nil {
		return err
	}
	return a.tellDecision(runner, made, append(state.Notes(a.env.Now()), made.Blocks()...))
}

// asked is a person's word in the event; isAsked is false for a comment that is none of ours.
func (a *app) asked(ctx context.Context, event actions.Event, token string, by byHand) (word *trigger.Manual, command trigger.Command, isAsked bool, err error) {
	switch {
	case event.Name == "workflow_dispatch":
		command, err = trigger.NewCommand(event.Inputs)
		return command.Manual(event.Actor, event.Name, event.RunURL), command, true, err
	case event.Comment != nil:
		return a.commented(ctx, event, token)
	}
	word, command, err = by.word()
	return word, command, true, err
}

// commented reads a command from a comment, and asks GitHub whether its author may give one. The commit is the one that the event was
// about: what is pushed afterwards is not what was meant.
func (a *app) commented(ctx context.Context, event actions.Event, token string) (*trigger.Manual, trigger.Command, bool, error) {
	comment := *event.Comment
	command, is, err := trigger.ParseComment(comment.Body)
	if !is || comment.Action != "created" || comment.IsBot {
		return nil, command, false, nil
	}
	if err != nil {
		return nil, command, true, err
	}
	client, why := connect(event, token)
	if client == nil {
		return nil, command, true, fmt.Errorf("ask what %s may do: %s", comment.By, why)
	}
	may, err := client.MayWrite(ctx, comment.By)
	switch {
	case err != nil:
		return nil, command, true, err
	case !may:
		return nil, command, true, source.Errorf("somebody with write permission writes the comment", "%s may not write to this repository", comment.By)
	}
	command.SHA = or(command.SHA, event.HeadSHA)
	return command.Manual(comment.By, "comment", comment.URL), command, true, nil
}

// tellDecision writes log, summary and outputs.
func (a *app) tellDecision(runner *actions.Runner, made trigger.Decision, blocks []finding.Block) error {
	resume := runner.StopCommands() // a reason is a person's text
	err := a.showRetrain(made, blocks)
	resume()
	var summary strings.Builder
	err = errors.Join(err, report.MarkdownBlocks(&summary, "Retraining of "+made.Model, blocks, report.StepSummary), runner.Summary(summary.String()))
	params := made.Recipe.Params
	if params == nil {
		params = map[string]string{}
	}
	text, _ := json.Marshal(params) // texts
	for _, output := range [][2]string{{"retrain", fmt.Sprint(made.Retrain)}, {"reason", made.Reason}, {"params", string(text)}, {"sha", made.Recipe.Commit}, {"decision", made.ID}} {
		err = errors.Join(err, runner.Output(output[0], output[1]))
	}
	return err
}
