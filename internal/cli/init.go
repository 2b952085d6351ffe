package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/setup/change"
	"github.com/assay-ml/assay/internal/setup/propose"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) initCommand() *cobra.Command {
	var wish propose.Wish
	var yes bool
	c := &cobra.Command{
		Use: "init", Short: "Look at this repository, and draft assay.yaml, contracts and a workflow", Args: cobra.NoArgs,
		Long: `Look at the repository: data files, the metrics file, the training script or the stage of dvc.yaml that writes it, requirements,
workflows. Draft from that
  assay.yaml                          tables, training, gates against the base
  contracts/TABLE.yaml                what each table keeps already
  .github/workflows/assay.yml         judges pull requests, merge groups and the default branch
and show it as a diff. It is written where you say yes, or with --yes; without an answer nothing is. No file is ever overwritten.

The draft is green as it is. What it cannot be sure of (a training command whose data is not committed) stands in it as a comment. Read it: limits
that hold whatever the base is, and the label for leakage, only you know. The workflow runs with the least permissions that it needs.

Then commit it, open a pull request, require the job in the branch's rules, and ask assay doctor what is missing.`,
		Example: "  assay init\n  assay init --forks --schedule\n  assay init -C models/credit --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.initialize(c.Context(), wish, yes)
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "write without asking")
	c.Flags().BoolVar(&wish.Forks, "forks", false, "also the workflow that publishes the results of pull requests from forks")
	c.Flags().BoolVar(&wish.Schedule, "schedule", false, "also a workflow that judges the default branch each week")
	return c
}

func (a *app) initialize(ctx context.Context, wish propose.Wish, yes bool) error {
	s, err := a.openSite(ctx)
	if err != nil {
		return err
	}
	defer s.root.Close()
	look, err := a.look(s)
	if err != nil {
		return err
	}
	a.list("found", look.Found())
	contracts, err := a.draftContracts(ctx, s, &look)
	if err != nil {
		return err
	}
	if look.IsEmpty() && !s.exists(path.Join(s.folder, propose.ConfigFile)) {
		return source.Errorf("commit data (CSV, Parquet, JSON lines) or a metrics file (metrics.json) first; assay demo shows a whole example",
			"found nothing to judge: no table, no metrics file, no training script whose metrics can be read")
	}
	at := propose.Place{Folder: s.folder, DefaultBranch: s.repository.DefaultBranch(ctx)}
	files, notes := look.Files(at, wish, contracts, s.exists)
	if err := checkDraft(s, files); err != nil {
		return err
	}
	a.list("left alone", notes)
	return a.offer(s, files, yes, look.JobName())
}

// look looks at the folder of -C, and at the workflows of the whole repository.
func (a *app) look(s *site) (propose.Look, error) {
	tree := s.root.FS()
	if s.folder != "" {
		var err error
		if tree, err = fs.Sub(tree, s.folder); err != nil {
			return propose.Look{}, err
		}
	}
	look := propose.At(tree, s.within(), filepath.Base(filepath.Join(s.root.Name(), s.folder)))
	look.Workflows, _ = s.workflows() // one that cannot be read is doctor's to tell
	return look, nil
}

// draftContracts infers a contract of each table. A table that cannot be read is left out of the draft, and said.
func (a *app) draftContracts(ctx context.Context, s *site, look *propose.Look) (propose.Contracts, error) {
	contracts := propose.Contracts{}
	if s.exists(path.Join(s.folder, propose.ConfigFile)) {
		return contracts, nil
	}
	var readable []propose.Table
	for _, t := range look.Tables {
		text, err := a.infer(ctx, t.Path)
		switch {
		case ctx.Err() != nil:
			return nil, err
		case err != nil:
			fmt.Fprintf(a.env.Err, "left out %s: %s\n", strings.Map(printable, t.Path), strings.Map(printable, err.Error()))
		default:
			contracts[t.Name] = text
			readable = append(readable, t)
		}
	}
	look.Tables = readable
	return contracts, nil
}

// checkDraft reads the config as every command would: a draft that is not right is a fault of ours.
func checkDraft(s *site, files []change.File) error {
	drafted := map[string][]byte{}
	for _, f := range files {
		drafted[f.Path] = f.New
	}
	name := path.Join(s.folder, propose.ConfigFile)
	if drafted[name] == nil {
		return nil
	}
	_, err := config.Parse(name, drafted[name], func(contract string) ([]byte, error) {
		full := path.Join(s.folder, contract)
		if text := drafted[full]; text != nil {
			return text, nil
		}
		return s.root.ReadFile(full)
	})
	if err != nil {
		return fmt.Errorf("read the draft back: %v", err) //nolint:errorlint // not the user's to mend
	}
	return nil
}

// offer shows the files, and writes them where the person agrees.
func (a *app) offer(s *site, files []change.File, yes bool, job string) error {
	if len(files) == 0 {
		fmt.Fprintln(a.env.Out, "nothing to write; assay doctor says whether what is there works")
		return nil
	}
	isAgreed, err := a.agree(s.root, files, yes)
	if err != nil || !isAgreed {
		return err
	}
	fmt.Fprintf(a.env.Out, "\nnext\n  assay run       the verdict here\n  commit, push, open a pull request\n  require the check %q in the branch's rules\n  assay doctor    what is missing\n", job)
	return nil
}

// agree shows what would change and writes it with consent.
func (a *app) agree(root *os.Root, files []change.File, yes bool) (bool, error) {
	for _, f := range files {
		for line := range strings.Lines(string(f.Diff())) {
			fmt.Fprintln(a.env.Out, strings.Map(visible, strings.TrimSuffix(line, "\n")))
		}
	}
	if !yes && !a.ask(fmt.Sprintf("Write %s? [y/N] ", count(len(files), "file"))) {
		fmt.Fprintln(a.env.Err, "nothing was written; --yes writes without asking")
		return false, nil
	}
	if err := change.Write(root, files...); err != nil {
		return false, err
	}
	for _, f := range files {
		fmt.Fprintf(a.env.Out, "wrote %s\n", f.Path)
	}
	return true, nil
}

// ask takes only a plain yes for one; without anybody there it is no.
func (a *app) ask(question string) bool {
	fmt.Fprint(a.env.Err, question)
	answer, _ := bufio.NewReader(a.env.In).ReadString('\n')
	fmt.Fprintln(a.env.Err)
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}

// visible is printable that leaves tabs alone.
func visible(r rune) rune {
	if r == '\t' {
		return r
	}
	return printable(r)
}

// list prints lines under a head, and nothing where there are none.
func (a *app) list(head string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(a.env.Out, head)
	for _, line := range lines {
		fmt.Fprintf(a.env.Out, "  %s\n", strings.Map(printable, line))
	}
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// asProblems are the problems that an error is, at a file where it names none.
func asProblems(file string, err error) source.Problems {
	var problems source.Problems
	if errors.As(err, &problems) {
		return problems
	}
	return source.Problems{{Pos: source.Pos{File: file, Line: 1}, Message: err.Error()}}
}
