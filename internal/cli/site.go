package cli

import (
	"context"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/setup/workflow"
	"github.com/assay-ml/assay/internal/source"
)

// site is the repository that init and doctor look at.
type site struct {
	repository *git.Repository
	root       *os.Root
	folder     string   // the one of -C, from the root; "" for the root itself
	files      []string // committed, or to be; from the root
}

// openSite opens the repository around the folder of -C. Close its root.
func (a *app) openSite(ctx context.Context) (*site, error) {
	repository, err := git.Open(ctx, a.global.dir, git.Options{})
	if err != nil {
		return nil, source.Errorf("git init makes a repository; workflows lie at its root", "%v", err)
	}
	files, err := repository.Files(ctx)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(repository.Root())
	if err != nil {
		return nil, err
	}
	return &site{repository, root, repository.Prefix(), slices.Compact(slices.Sorted(slices.Values(files)))}, nil
}

// exists reports a file of the work tree, committed or not.
func (s *site) exists(name string) bool {
	_, err := s.root.Lstat(name)
	return err == nil
}

// within are the files of the folder of -C, from there.
func (s *site) within() []string {
	if s.folder == "" {
		return slices.Clone(s.files)
	}
	var names []string
	for _, name := range s.files {
		if below, ok := strings.CutPrefix(name, s.folder+"/"); ok {
			names = append(names, below)
		}
	}
	return names
}

// workflows reads the workflow files; what cannot be read as one is a problem.
func (s *site) workflows() (all []*workflow.Workflow, problems source.Problems) {
	for _, name := range s.files {
		if !workflow.IsWorkflow(name) {
			continue
		}
		w, err := s.workflow(name)
		if err != nil {
			problems = append(problems, asProblems(name, err)...)
			continue
		}
		all = append(all, w)
	}
	return all, problems
}

// maxWorkflow is how large a workflow file may be; GitHub takes less.
const maxWorkflow = 1 << 20

func (s *site) workflow(name string) (*workflow.Workflow, error) {
	info, err := s.root.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > maxWorkflow:
		return nil, source.Errorf("GitHub reads regular files of less than 1 MiB", "%s is no workflow file", name)
	}
	text, err := fs.ReadFile(s.root.FS(), name)
	if err != nil {
		return nil, err
	}
	return workflow.Parse(name, text)
}
