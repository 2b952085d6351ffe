package compare

import (
	"fmt"
	"slices"
	"strings"

	measured "github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/suite"
	"github.com/assay-ml/assay/internal/source"
)

// SuiteSpec is one entry of `suites:`: the runs of two models, and which of their tasks are compared how.
type SuiteSpec struct {
	Name            string             `yaml:"name,omitempty" doc:"What the report calls it, where the name of the task does not tell entries apart."`
	Champion        string             `yaml:"champion" config:"required" doc:"File or folder that the harness wrote for the champion, from the folder of the config."`
	Challenger      string             `yaml:"challenger" config:"required" doc:"File or folder that it wrote for the challenger."`
	Tasks           []string           `yaml:"tasks,omitempty" doc:"Tasks, benchmarks or groups of lm-eval that are compared. Default all tasks that either run has."`
	ChampionModel   string             `yaml:"champion-model,omitempty" doc:"Whose answers are the champion's, where several models' stand at a path: a model, or a provider or the label of a prompt of promptfoo."`
	ChallengerModel string             `yaml:"challenger-model,omitempty" doc:"Whose answers are the challenger's, likewise."`
	Format          string             `yaml:"format,omitempty" enum:"lm-eval,inspect,promptfoo,nemo,jsonl" doc:"What wrote the files. Default what their content says."`
	Metric          string             `yaml:"metric,omitempty" doc:"The score that is compared, such as acc or exact_match,strict-match of lm-eval. Default the first of the harness."`
	Better          measured.Direction `yaml:"better,omitempty" enum:"higher,lower" doc:"Which way the metric is better, where neither the file nor its name tells. Default higher."`
	Margin          *source.Number     `yaml:"margin,omitempty" doc:"By how much of the metric the challenger may be worse without counting as worse."`
	RelativeMargin  *source.Number     `yaml:"relative-margin,omitempty" doc:"The same as a share of the champion's value. Of both margins the smaller one holds."`
	Role            Role               `yaml:"role,omitempty" enum:"primary,critical,advisory" doc:"primary: it decides, by need; critical: it must not be worse; advisory: it is shown. Default critical."`
	Required        *bool              `yaml:"required,omitempty" doc:"Whether a task that cannot be read on either side blocks. Default true."`
	Category        string             `yaml:"category,omitempty" doc:"Field of the items' documents or metadata by which weak parts are looked for. Default category."`
	Pos             source.Pos         `yaml:"-"`
}

// Role is what hangs on a suite.
type Role string

// The roles.
const (
	RolePrimary  Role = "primary"
	RoleCritical Role = "critical"
	RoleAdvisory Role = "advisory"
)

func (s SuiteSpec) role() Role { return orElse(s.Role, RoleCritical) }

func (s SuiteSpec) isRequired() bool { return s.Required == nil || *s.Required }

// title is what the report calls a task of the entry.
func (s SuiteSpec) title(task string) string {
	switch {
	case s.Name == "":
		return task
	case len(s.Tasks) == 1:
		return s.Name
	}
	return s.Name + ": " + task
}

// spec is what the tables of a suite are compared by.
func (s SuiteSpec) spec(whole Spec, metric string) Spec {
	return Spec{Metric: metric, Margin: s.Margin, RelativeMargin: s.RelativeMargin, MinSlice: whole.MinSlice, Interval: whole.Interval,
		Replicates: whole.Replicates, Seed: whole.Seed, Champion: s.Champion, Challenger: s.Challenger, Need: s.need(whole)}
}

// need is the verdict that passes.
func (s SuiteSpec) need(whole Spec) Need {
	if s.role() == RolePrimary {
		return whole.need()
	}
	return NeedNotWorse
}

// checkSuites reports what is wrong with the entries.
func (s Spec) checkSuites(p *problems) {
	primaries, isTold := 0, map[string]bool{}
	if s.HasTables() {
		primaries = 1
	} else {
		s.checkLeftovers(p)
	}
	for i, entry := range s.Suites {
		if entry.role() == RolePrimary {
			primaries++
			s.checkPrimary(p, primaries, i)
		}
		if entry.Format != "" && !slices.Contains(suite.Formats(), entry.Format) {
			p.add(fmt.Sprintf("format cannot be %q", entry.Format), "allowed: "+strings.Join(suite.Formats(), ", "), "suites", i, "format")
		}
		margins{entry.Margin, entry.RelativeMargin}.check(p, entry.role() == RoleCritical, "suites", i)
		for _, title := range entry.titles() {
			if isTold[title] {
				p.add(fmt.Sprintf("two suites are called %q", title), "give one of them a name", "suites", i)
			}
			isTold[title] = true
		}
	}
}

// titles are those that are known without the files.
func (s SuiteSpec) titles() []string {
	var all []string
	for _, task := range s.Tasks {
		all = append(all, s.title(task))
	}
	return all
}

// checkPrimary reports an entry that cannot decide: another one does, or it may be several tasks.
func (s Spec) checkPrimary(p *problems, primaries, i int) {
	if primaries > 1 {
		hint := "one metric decides: make the others critical or advisory"
		if s.HasTables() {
			hint = "the metric of the tables decides: make the suite critical or advisory"
		}
		p.add("several are primary", hint, "suites", i, "role")
	}
	if len(s.Suites[i].Tasks) > 1 {
		p.add("several tasks cannot be primary", "one of them decides: give the others an entry of their own", "suites", i, "tasks")
	}
}

// checkLeftovers reports keys that speak of tables where there are none.
func (s Spec) checkLeftovers(p *problems) {
	for _, key := range []struct {
		name  string
		isSet bool
	}{{"key", len(s.Key) > 0}, {"repeat", s.Repeat != ""}, {"label", s.Label != ""}, {"prediction", s.Prediction != ""}, {"score", s.Score != ""}, {"classes", len(s.Classes) > 0},
		{"positive", s.Positive != ""}, {"weight", s.Weight != ""}, {"group", s.Group != ""}, {"time", s.Time != ""}, {"slices", len(s.Slices) > 0}, {"fairness", len(s.Fairness) > 0},
		{"metric", s.Metric != ""}, {"margin", s.Margin != nil}, {"relative-margin", s.RelativeMargin != nil}, {"critical", len(s.Critical) > 0}, {"advisory", len(s.Advisory) > 0}} {
		if key.isSet {
			p.add(key.name+" is about two tables, and there are none", "write it into the entries of suites, or name champion and challenger", key.name)
		}
	}
}
