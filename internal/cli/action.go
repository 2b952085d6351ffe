package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/run/publish"
	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/source"
)

// actionCommand is the entry point of the container: assay run with its flags from the action's inputs.
func (a *app) actionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "action", Short: "Run as a GitHub Action: inputs in the environment", Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			runner := actions.New(a.env.Getenv, a.env.Out)
			in, err := a.readInputs(runner)
			command := runner.Input("command")
			switch {
			case err != nil && command == "publish":
				return err
			case err != nil:
				return a.refuseInActions(c.Context(), in, err)
			case command == "" || command == "run":
				return a.execute(c.Context(), in, nil)
			case command == "publish":
				return a.publish(c.Context(), in)
			case command == "retrain":
				return a.decideInActions(c.Context(), byHand{})
			case command == "registry":
				return a.registryInActions(c.Context(), runner)
			default:
				return source.Errorf("write run, publish, retrain or registry", "input command is %q", command)
			}
		},
	}
}

// registryInActions is assay registry with the input arguments, one a line: what a value holds cannot become another one. An input that is called args would be
// the command line of the container itself.
func (a *app) registryInActions(ctx context.Context, runner *actions.Runner) error {
	args := []string{"registry", "--config", a.global.config, "-C", a.global.dir}
	for line := range strings.Lines(runner.Input("arguments")) {
		if line = strings.TrimSpace(line); line != "" {
			args = append(args, line)
		}
	}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.env.Out)
	root.SetErr(a.env.Err)
	return root.ExecuteContext(ctx)
}

// endCommand is the post step of the action: it ends what the steps of the job left open, because they were killed.
func (a *app) endCommand() *cobra.Command {
	return &cobra.Command{
		Use: "end", Short: "End the check run that a killed step of this job left open", Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			runner, event, token, err := a.enterActions()
			if err != nil {
				return err
			}
			client, _ := connect(event, token) // without one nothing was opened
			return writeback.End(c.Context(), writeback.Options{Runner: runner, GitHub: client, Now: a.env.Now})
		},
	}
}

// readInputs turns the action's inputs into flags.
func (a *app) readInputs(runner *actions.Runner) (invocation, error) {
	in := invocation{name: runner.Input("name"), baseMetrics: runner.Input("base-metrics"), failing: runner.Input("failing-rows"), enforce: true,
		back: writeBackFlags{comment: runner.Input("comment"), onPass: runner.Input("comment-on-pass"), onFailure: runner.Input("on-failure")}}
	in.steps = strings.FieldsFunc(runner.Input("steps"), func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' })
	a.global.config = runner.Input("config")
	if dir := runner.Input("working-directory"); dir != "" {
		a.global.dir = dir
	}
	if patience := runner.Input("patience"); patience != "" {
		var err error
		if in.back.patience, err = time.ParseDuration(patience); err != nil || in.back.patience <= 0 {
			return in, source.Errorf("write a time such as 5m or 90s", "input patience is %q", patience)
		}
	}
	switch enforce := runner.Input("enforce"); enforce {
	case "", "true":
	case "false":
		in.enforce = false
	default:
		return in, source.Errorf("write true or false", "input enforce is %q", enforce)
	}
	return in, nil
}

// defaultReport is the folder of the reports in Actions.
const defaultReport = "assay-report"

// flipsFile is all rows about which one of two models alone is right, beside the reports.
const flipsFile = "flips.csv"

// enterActions reads what the runner says of this run. The token is masked from here on.
func (a *app) enterActions() (runner *actions.Runner, event actions.Event, token string, err error) {
	runner = actions.New(a.env.Getenv, a.env.Out)
	token = runner.Token()
	runner.Mask(token)
	event, err = runner.Event()
	return runner, event, token, err
}

// executeInActions runs the steps and writes the result back.
func (a *app) executeInActions(ctx context.Context, in invocation, c *config.Config) error {
	runner, event, token, err := a.enterActions()
	if err != nil {
		return err
	}
	past := openPast(ctx, c, hintOf(event), git.Options{Token: token, ServerURL: event.ServerURL})
	backOptions := a.writebackOptions(runner, event, token, in, c)
	c, rules := past.judged(ctx, c, event, backOptions.GitHub)
	if backOptions.GitHub != nil {
		past.store = store{backOptions.GitHub, backOptions.CheckName()}
	}
	in.flips = or(in.flips, filepath.Join(or(in.report, defaultReport), flipsFile))
	at := readCommit(ctx, c)
	backOptions.Files = at.files
	back := writeback.Begin(ctx, backOptions)
	result, err := back.Judge(ctx, func() (finding.Result, error) {
		options, err := a.optionsInActions(ctx, in, c, past, back)
		if err != nil {
			return finding.Result{}, err
		}
		options.Rules = rules
		return run.Run(ctx, options)
	})
	if err != nil {
		return err
	}
	result.Notices = append(result.Notices, past.pause(ctx, c, a.env.Now())...)
	at.forgetMetrics()
	if event.IsReadOnly && !hasCompanion(".") {
		result.Notices = append(result.Notices, companionAdvice)
	}
	return a.writeBack(ctx, in, a.keeper(runner, event), back, result, filepath.Join(c.Dir, c.MetricsPath()))
}

// hintOf is what an event says of the base.
func hintOf(event actions.Event) git.BaseHint {
	hint := git.BaseHint{BaseRef: event.BaseRef, BaseSHA: event.BaseSHA}
	if event.PullRequest != 0 {
		hint.HeadSHA = event.HeadSHA
	}
	return hint
}

// optionsInActions are those of a run with what the runner and the base say.
func (a *app) optionsInActions(ctx context.Context, in invocation, c *config.Config, past past, back *writeback.Session) (run.Options, error) {
	base, err := a.findBase(ctx, in, c, past)
	if err != nil {
		return run.Options{}, err
	}
	options, err := a.options(in, c, base, &groups{runner: back.Runner, out: a.env.Out})
	options.Promised, options.Hide, options.Outline = past.promises(ctx, c), back.Runner.Secrets(), true
	if back.EarlierFailed("train") {
		options.Untrained = "training failed in an earlier step of this job"
	}
	event := back.Event
	options.Subject = finding.Subject{Repository: event.Repository, Event: event.Name, HeadSHA: event.HeadSHA, PullRequest: event.PullRequest,
		RunURL: event.RunURL, RunNumber: event.RunNumber, ServerURL: event.ServerURL}
	return options, err
}

func (a *app) writebackOptions(runner *actions.Runner, event actions.Event, token string, in invocation, c *config.Config) writeback.Options {
	options := writeback.Options{Runner: runner, Event: event, Comment: or(in.back.comment, c.Comment), OnPass: or(in.back.onPass, c.CommentOnPass),
		OnFailure: or(in.back.onFailure, c.OnFailure), Patience: in.back.patience, Model: c.Model, Name: publish.Named(c), Now: a.env.Now}
	options.GitHub, options.Why = connect(event, token)
	return options
}

// connect makes a client, or says why there is none.
func connect(event actions.Event, token string) (client *github.Client, why string) {
	owner, repository, _ := strings.Cut(event.Repository, "/")
	switch {
	case token == "":
		return nil, "there is no token; give the action its input token, or set GITHUB_TOKEN"
	case repository == "" || event.HeadSHA == "":
		return nil, "GITHUB_REPOSITORY or GITHUB_SHA is not set"
	}
	client, err := github.New(github.Options{Token: token, APIURL: event.APIURL, GraphQLURL: event.GraphQLURL, Owner: owner, Repository: repository})
	if err != nil {
		return nil, err.Error()
	}
	return client, ""
}

// writeBack shows the result on every surface. What was written into the workspace, the metrics included, goes to its owner.
func (a *app) writeBack(ctx context.Context, in invocation, k *keeper, back *writeback.Session, own finding.Result, metrics string) error {
	joined := back.Joined(own)
	own.Subject.ReportURL = k.keepReport(ctx, joined, back.Name, k.event.Matrix)
	joined.Subject.ReportURL = own.Subject.ReportURL
	result, written := back.Finish(ctx, own, joined)
	k.keepResult(ctx, result, back.Name, k.event.Matrix)
	k.keepFlips(ctx, a.path(in.flips), back.Name, k.event.Matrix)
	if excuse := k.excuse(); excuse != "" {
		fmt.Fprintln(a.env.Out, excuse)
	}
	dir := in.report
	if dir == "" {
		dir = defaultReport
	}
	files, err := a.writeReports(dir, result)
	if err != nil {
		return err
	}
	if err := a.saveFiles(result); err != nil {
		return err
	}
	mine := []string{a.path(dir), files.json, files.html, files.markdown, metrics, a.path(in.flips)}
	for _, file := range a.savedFiles() {
		mine = append(mine, a.path(file.name))
	}
	if in.failing != "" {
		rows, _ := filepath.Glob(filepath.Join(a.path(in.failing), "*.parquet"))
		mine = append(append(mine, a.path(in.failing)), rows...)
	}
	if err := actions.HandBack(".", mine...); err != nil {
		return err
	}
	if err := a.tellRunner(k.runner, own, result, back.Annotations(own), files, written); err != nil {
		return err
	}
	if own.Red() {
		return errRed
	}
	return nil
}

// logged is an annotation as the log takes it.
func logged(note report.Annotation) actions.Annotation {
	return actions.Annotation{Path: note.Path, Line: note.Line, Column: note.Column, IsError: note.Level == report.Failure, Title: note.Title, Message: note.Message}
}

// tellRunner writes log, annotations, summary and outputs.
func (a *app) tellRunner(runner *actions.Runner, own, result finding.Result, notes []report.Annotation, files reports, written writeback.Written) error {
	var annotations []actions.Annotation
	for _, note := range notes {
		annotations = append(annotations, logged(note))
	}
	if left := runner.Annotate(annotations); left > 0 {
		fmt.Fprintf(a.env.Out, "%d more annotations are in the report\n", left)
	}
	a.alert(runner, own)
	resume := runner.StopCommands() // the text holds names from the pull request
	err := report.Text(a.env.Out, result, report.TextOptions{Width: a.env.Width})
	resume()
	for _, notice := range written.Notices {
		runner.Notice(report.Plain(notice))
	}
	var summary strings.Builder
	err = errors.Join(err, report.Markdown(&summary, own, report.StepSummary), runner.Summary(summary.String()))
	outputs := [][2]string{{"verdict", result.Verdict().String()}, {"report-json", filepath.ToSlash(files.json)}, {"report-html", filepath.ToSlash(files.html)},
		{"comment-url", written.CommentURL}, {"check-run-url", written.CheckURL}, {"issue-url", written.IssueURL}}
	for _, step := range result.Steps {
		outputs = append(outputs, [2]string{"verdict-" + step.Name, step.Verdict().String()})
	}
	for _, output := range outputs {
		err = errors.Join(err, runner.Output(output[0], output[1]))
	}
	return err
}

// alert says in one error of the log why the step is red, where no annotation does.
func (a *app) alert(runner *actions.Runner, own finding.Result) {
	if own.Red() {
		runner.Error(report.Sentence(own))
	}
}

// complainInActions puts the problems of the user's files at their lines.
func (a *app) complainInActions(problems source.Problems) {
	var annotations []actions.Annotation
	for _, complaint := range report.Complaints(problems) {
		annotations = append(annotations, logged(complaint))
	}
	actions.New(a.env.Getenv, a.env.Out).Annotate(annotations)
}

// groups shows a run in the log of Actions: a group for each step, and what the training command prints where the runner
// obeys nothing of it.
type groups struct {
	runner *actions.Runner
	out    io.Writer
	resume func()
}

// Begin opens a group.
func (g *groups) Begin(step string) { g.runner.Group("Assay " + step) }

// Output turns workflow commands off until the step ends.
func (g *groups) Output() io.Writer {
	if g.resume == nil {
		g.resume = g.runner.StopCommands()
	}
	return g.out
}

// End closes the group.
func (g *groups) End(step finding.Step) {
	if g.resume != nil {
		g.resume()
		g.resume = nil
	}
	if len(step.Answers) > 0 {
		fmt.Fprintf(g.out, "%s: %s\n", step.Name, step.Verdict())
	}
	g.runner.EndGroup()
}
