package diagnose

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/setup/workflow"
	"github.com/assay-ml/assay/internal/source"
)

// defaultConfig is what a step reads that names nothing.
const defaultConfig = "assay.yaml"

// lookAtConfigs reads the config of each step that runs Assay, as the step would.
func (e *examination) lookAtConfigs(rule string) {
	seen := map[string]bool{}
	for _, w := range e.Workflows {
		for _, j := range w.Jobs {
			for _, s := range j.Assay() {
				name, ok := configOf(s)
				if !ok || seen[name] {
					continue
				}
				seen[name] = true
				e.lookAtConfig(rule, s, name)
			}
		}
	}
	if len(seen) == 0 && !e.has(defaultConfig) {
		e.say(rule, Error, source.Pos{File: defaultConfig}, "there is no config", "assay init drafts one")
	}
}

// configOf is the config that a step reads, where its text alone says which.
func configOf(s *workflow.Step) (name string, ok bool) {
	if s.Runs() == "publish" || s.Run != nil && strings.ContainsAny(s.Run.Text(), "$") || strings.Contains(s.Run.Text(), " -C") || strings.Contains(s.Run.Text(), "--") {
		return "", false
	}
	folder, file := s.Input("working-directory").Text(), s.Input("config").Text()
	if s.Run != nil {
		folder = s.Body.Get("working-directory").Text()
	}
	if file == "" {
		file = defaultConfig
	}
	name = path.Join(folder, file)
	return name, !strings.Contains(name, "${{") && !path.IsAbs(name)
}

func (e *examination) has(name string) bool {
	_, there := slices.BinarySearch(e.Files, name)
	return there
}

func (e *examination) lookAtConfig(rule string, s *workflow.Step, name string) {
	at := s.Body
	if s.Uses != nil {
		at = s.Uses
	}
	if !e.has(name) {
		e.report(rule, Error, s.Job.Workflow, at, fmt.Sprintf("this step reads %s, which is not committed", name), "assay init drafts one; the inputs config and working-directory name another")
		return
	}
	c, err := e.config(name)
	var problems source.Problems
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			e.found = append(e.found, Diagnosis{rule, Error, p, nil})
		}
	case err != nil:
		e.say(rule, Error, source.Pos{File: name}, err.Error(), "")
	default:
		e.lookAtData(rule, c, s)
	}
}

// config reads a committed config with its contracts.
func (e *examination) config(name string) (*config.Config, error) {
	text, err := e.Read(name)
	if err != nil {
		return nil, err
	}
	return config.Parse(name, text, func(contract string) ([]byte, error) {
		full := path.Join(path.Dir(name), contract)
		if !e.has(full) {
			return nil, fs.ErrNotExist
		}
		return e.Read(full)
	})
}

// lookAtData: a fresh clone has only what is committed, and what a step before Assay fetches.
func (e *examination) lookAtData(rule string, c *config.Config, s *workflow.Step) {
	before := s.Job.Steps[:slices.Index(s.Job.Steps, s)]
	if slices.ContainsFunc(before, func(s *workflow.Step) bool { return !s.IsCheckout() }) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.Data)) {
		spec := c.Data[name]
		full := path.Join(path.Dir(c.File), spec.Path)
		if path.IsAbs(spec.Path) || strings.Contains(spec.Path, "://") || strings.ContainsAny(spec.Path, "*?[$") || e.has(full) || e.holds(full) {
			continue
		}
		e.say(rule, Error, spec.Pos, fmt.Sprintf("table %s: %s is not committed, and no step before Assay fetches it", name, spec.Path), "commit it, or fetch it in a step of the workflow")
	}
}

// holds reports a folder with committed files.
func (e *examination) holds(folder string) bool {
	i, _ := slices.BinarySearch(e.Files, folder+"/")
	return i < len(e.Files) && strings.HasPrefix(e.Files[i], folder+"/")
}
