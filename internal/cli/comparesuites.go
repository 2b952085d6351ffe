package cli

import (
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/suite"
	"github.com/assay-ml/assay/internal/source"
)

// tasks are those of the evaluations that the flags name; none where they name tables. A key is one of tables.
func (a *app) tasks(f comparison) []string {
	if len(f.spec.Key) > 0 {
		return nil
	}
	var names []string
	for i, path := range []string{f.champion, f.challenger} {
		run, err := suite.Read(a.global.dir, path, suite.Options{Model: f.models[i]})
		if err != nil {
			continue // the comparison says why, if the other side is an evaluation
		}
		names = append(names, run.Names()...)
	}
	if len(names) > 0 && len(f.tasks) > 0 {
		return f.tasks
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// maxTasksNamed bounds the tasks that a message names.
const maxTasksNamed = 8

// ofSuites makes the config one of evaluations: one task decides, several guard.
func (f comparison) ofSuites(c *config.Config, spec compare.Spec, tasks []string) error {
	entry := compare.SuiteSpec{Champion: f.champion, Challenger: f.challenger, Tasks: tasks, Metric: spec.Metric, Margin: spec.Margin, RelativeMargin: spec.RelativeMargin,
		Better: metric.Direction(f.better), Role: compare.RolePrimary,
		ChampionModel: f.models[0], ChallengerModel: f.models[1]}
	if f.better != "" && entry.Better != metric.Higher && entry.Better != metric.Lower {
		return source.Errorf("allowed: higher, lower", "--better cannot be %q", f.better)
	}
	if len(tasks) > 1 {
		if entry.Role = compare.RoleCritical; entry.Margin == nil && entry.RelativeMargin == nil {
			return source.Errorf("say how much worse each may be with --margin or --relative-margin, or choose one with --task", "there are %d tasks: %s", len(tasks), someOf(tasks))
		}
	}
	spec.Metric, spec.Margin, spec.RelativeMargin, spec.Suites = "", nil, nil, []compare.SuiteSpec{entry}
	c.Compare = &spec
	return spec.FlagProblems().OrNil()
}

// someOf names some of many tasks.
func someOf(tasks []string) string {
	if len(tasks) > maxTasksNamed {
		tasks = append(slices.Clone(tasks[:maxTasksNamed]), "…")
	}
	return strings.Join(tasks, ", ")
}
