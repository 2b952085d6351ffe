package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/run/publish"
	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/setup/workflow"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) publishCommand() *cobra.Command {
	var in invocation
	c := &cobra.Command{
		Use: "publish", Short: "Write what a pull request's run without rights found", Args: cobra.NoArgs,
		Long: `Write comment, check run and commit status for a pull request whose own run may write nothing: one from a fork, or Dependabot's.

It belongs into a workflow that workflow_run starts, and needs nothing checked out: workflows-examples/publish.yml. The run's result is read from
its artifacts and taken for hostile: the pull request is found from the head commit, the rules are read at the base, and the verdict is made anew
of the numbers. --config is the path in the repository.`,
		Example: "  assay publish\n  assay publish --config models/credit/assay.yaml",
		RunE:    func(c *cobra.Command, _ []string) error { return a.publish(c.Context(), in) },
	}
	c.Flags().BoolVar(&in.enforce, "enforce", true, "false: report everything, block nothing")
	c.Flags().StringVar(&in.name, "name", "", "of the judging job, where it has one")
	in.back.flags(c)
	return c
}

// publish writes the results that another run left. Its exit code says whether that worked; the verdict stands on the pull request.
func (a *app) publish(ctx context.Context, in invocation) error {
	if err := in.back.check(); err != nil {
		return err
	}
	file := filepath.ToSlash(filepath.Clean(a.configPath()))
	if !filepath.IsLocal(file) {
		return source.Errorf("name its path in the repository", "%s lies outside of the repository", file)
	}
	runner, event, token, err := a.enterActions()
	if err != nil {
		return err
	}
	k := a.keeper(runner, event)
	options := publish.Options{Config: file, Name: in.name, Enforce: in.enforce, Tool: version(), Back: writeback.Options{Runner: runner, Event: event,
		Comment: in.back.comment, OnPass: in.back.onPass, Patience: in.back.patience, Now: a.env.Now}}
	options.Back.GitHub, options.Back.Why = connect(event, token)
	client := options.Back.GitHub
	options.Store = func(back writeback.Options) record.Store { return store{client, back.CheckName()} }
	options.People = func(pull int) union.People { return people{client, pull} }
	options.Keep = func(ctx context.Context, r finding.Result, matrix string) string {
		return k.keepReport(ctx, r, or(r.Name, r.Model), matrix)
	}
	all, err := publish.Publish(ctx, options)
	if errors.Is(err, publish.ErrNothing) {
		runner.Notice(report.Plain(err.Error()))
		err = nil
	}
	for _, done := range all {
		switch {
		case done.Refused == nil:
			err = errors.Join(err, a.tellPublished(runner, done))
		case source.IsUserError(done.Refused): // the pull request is told
			runner.Error(report.Plain(done.Refused.Error()))
		default:
			err = errors.Join(err, done.Refused)
		}
	}
	return err
}

// tellPublished shows one result in the log and in the summary.
func (a *app) tellPublished(runner *actions.Runner, done publish.Done) error {
	resume := runner.StopCommands() // the text holds names from the pull request
	err := report.Text(a.env.Out, done.Result, report.TextOptions{Width: a.env.Width})
	resume()
	for _, notice := range done.Written.Notices {
		runner.Notice(report.Plain(notice))
	}
	var summary strings.Builder
	err = errors.Join(err, report.Markdown(&summary, done.Result, report.StepSummary), runner.Summary(summary.String()))
	for _, output := range [][2]string{{"verdict", done.Result.Verdict().String()}, {"comment-url", done.Written.CommentURL}, {"check-run-url", done.Written.CheckURL}} {
		err = errors.Join(err, runner.Output(output[0], output[1]))
	}
	if done.Written.CheckURL == "" {
		err = errors.Join(err, fmt.Errorf("the verdict could not be written: %s", strings.Join(done.Written.Notices, "; ")))
	}
	return err
}

// companionAdvice is for whoever reads the log of a run that may write nothing.
const companionAdvice = "This run may not write to the pull request: it comes from a fork, or from Dependabot. To have its verdict there too, add " +
	"workflows-examples/publish.yml of Assay's repository as .github/workflows/assay-publish.yml to the default branch (assay init --forks drafts it)."

// hasCompanion reports whether a workflow of the repository publishes the results of runs without rights.
func hasCompanion(root string) bool {
	files, _ := filepath.Glob(filepath.Join(root, workflow.Folder, "*.y*ml"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		parsed, err := workflow.Parse(file, data)
		if err == nil && parsed.Trigger("workflow_run") != nil && slices.ContainsFunc(parsed.Jobs, (*workflow.Job).Publishes) {
			return true
		}
	}
	return false
}
