package cli

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/setup/diagnose"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) doctorCommand() *cobra.Command {
	var fix bool
	c := &cobra.Command{
		Use: "doctor", Short: "Say what is missing for Assay to judge, to be heard and to block", Args: cobra.NoArgs,
		Long: `Look at this repository's workflows and configs, and say what keeps Assay from judging each change, from writing its result or from
blocking a merge; each with the line to change.

  error      it does not judge, is not heard, or blocks nothing or for ever: exit code 1
  warning    it works, but for some events, some people or at some cost
  not known  nobody could look; it says what it would take
  note       so it is, and good to know

In Actions errors and warnings stand at their lines too, as annotations. It needs no network. With a token in GITHUB_TOKEN it also reads the rules of the default branch, and holds the checks that they require
against those that runs produce.

--fix makes the changes that need no judgement (events, permissions, depth of checkout, conditions). It shows them as a diff, edits line by line and
leaves comments alone; commit before, and read what it did.`,
		Example: "  assay doctor\n  GITHUB_TOKEN=$(gh auth token) assay doctor\n  assay doctor --fix",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.doctor(c.Context(), fix)
		},
	}
	c.Flags().BoolVar(&fix, "fix", false, "make the changes that need no judgement")
	return c
}

func (a *app) doctor(ctx context.Context, fix bool) error {
	s, err := a.openSite(ctx)
	if err != nil {
		return err
	}
	defer s.root.Close()
	checkout := s.checkout(ctx)
	checkout.Rules, checkout.Why = a.branchRules(ctx, s, checkout.DefaultBranch)
	found := diagnose.Diagnose(checkout)
	if fix {
		if found, err = a.mend(s, checkout, found); err != nil {
			return err
		}
	}
	return a.tellDiagnoses(s, found)
}

// mend writes what needs no judgement, and looks again.
func (a *app) mend(s *site, checkout diagnose.Checkout, found []diagnose.Diagnosis) ([]diagnose.Diagnosis, error) {
	files, err := diagnose.Mend(checkout, found)
	if err != nil || len(files) == 0 {
		return found, err
	}
	if _, err := a.agree(s.root, files, true); err != nil {
		return nil, err
	}
	checkout.Workflows, checkout.Unreadable = s.workflows()
	return diagnose.Diagnose(checkout), nil
}

// checkout is what the work tree says.
func (s *site) checkout(ctx context.Context) diagnose.Checkout {
	c := diagnose.Checkout{Files: s.files, Read: s.root.ReadFile, DefaultBranch: s.repository.DefaultBranch(ctx)}
	c.Workflows, c.Unreadable = s.workflows()
	c.OfDefault = s.repository.FilesOf(ctx, c.DefaultBranch)
	return c
}

// branchRules asks GitHub for the rules of a branch, where there is a token; else it says why it did not.
func (a *app) branchRules(ctx context.Context, s *site, branch string) (*diagnose.Rules, string) {
	runner := actions.New(a.env.Getenv, a.env.Out)
	token := runner.Token()
	if token == "" {
		return nil, "there is no token"
	}
	event, err := runner.Event()
	if err != nil {
		return nil, err.Error()
	}
	name := event.Repository
	if server, err := url.Parse(event.ServerURL); name == "" && err == nil {
		name = s.repository.Origin(ctx, server.Host)
	}
	owner, repository, ok := strings.Cut(name, "/")
	if !ok {
		return nil, "nothing says which repository this is"
	}
	client, err := github.New(github.Options{Token: token, APIURL: event.APIURL, GraphQLURL: event.GraphQLURL, Owner: owner, Repository: repository})
	if err != nil {
		return nil, err.Error()
	}
	rules, err := client.BranchRules(ctx, branch)
	if err != nil {
		return nil, err.Error()
	}
	known := &diagnose.Rules{MergeQueue: rules.MergeQueue, CodeOwners: rules.CodeOwners, RequiredWorkflow: rules.RequiredWorkflow}
	for _, check := range rules.Required {
		known.Required = append(known.Required, diagnose.Required(check))
	}
	return known, ""
}

// annotateDiagnoses puts errors and warnings at their lines, where the log of Actions is read.
func (a *app) annotateDiagnoses(found []diagnose.Diagnosis) {
	var annotations []actions.Annotation
	for _, d := range found {
		for _, complaint := range report.Complaints(source.Problems{d.Problem}) {
			if d.Level == diagnose.Error || d.Level == diagnose.Warning {
				annotation := logged(complaint)
				annotation.IsError, annotation.Title = d.Level == diagnose.Error, "Assay doctor: "+d.Rule
				annotations = append(annotations, annotation)
			}
		}
	}
	if left := actions.New(a.env.Getenv, a.env.Out).Annotate(annotations); left > 0 {
		fmt.Fprintf(a.env.Out, "%d more are below\n", left)
	}
}

// tellDiagnoses prints them as compilers do, and answers with the color of the worst.
func (a *app) tellDiagnoses(s *site, found []diagnose.Diagnosis) error {
	if a.isGitHub() {
		a.annotateDiagnoses(found)
		defer actions.New(a.env.Getenv, a.env.Out).StopCommands()() // names of jobs and files follow
	}
	counts, mechanical := map[diagnose.Level]int{}, 0
	for _, d := range found {
		counts[d.Level]++
		if d.Fix != nil {
			mechanical++
		}
		d.Message = fmt.Sprintf("%s: %s [%s]", d.Level, d.Message, d.Rule)
		for line := range strings.Lines(source.Problems{d.Problem}.WithLines(s.root.ReadFile).Error() + "\n") {
			fmt.Fprintln(a.env.Out, strings.Map(visible, strings.TrimSuffix(line, "\n")))
		}
	}
	fmt.Fprintf(a.env.Out, "%s, %s", count(counts[diagnose.Error], "error"), count(counts[diagnose.Warning], "warning"))
	if n := counts[diagnose.Unknown]; n > 0 {
		fmt.Fprintf(a.env.Out, ", %d not known", n)
	}
	fmt.Fprintln(a.env.Out)
	if mechanical > 0 {
		fmt.Fprintf(a.env.Out, "assay doctor --fix mends %d of them\n", mechanical)
	}
	if counts[diagnose.Error] > 0 {
		return errRed
	}
	return nil
}
