// Package policy says whether a version may be promoted: what `release:` asks of each stage, held against what is known. It asks
// nobody: facts arrive, and a decision that names everything that is missing leaves. It knows no GitHub, no git and no registry.
package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/source"
)

// Spec is `release:`.
type Spec struct {
	Artifact string           `yaml:"artifact" config:"required" doc:"The model that training leaves: a file or a folder within the config's folder. Each run keeps its digest, and only a version of that very digest is promoted on the run's result."`
	Evidence string           `yaml:"evidence,omitempty" enum:"check-run,file" doc:"Whose word counts for how a model was judged: check-run, the result that a run stored with the commit; file, any result file that --result names, where there is no GitHub. Default check-run."`
	Stages   map[string]Stage `yaml:"stages" config:"required" doc:"The stages in their order, each with what it asks of a version. A stage that does not stand here takes no promotion."`
	Pos      source.Pos       `yaml:"-"`
}

// The kinds of evidence.
const (
	OfCheckRun = "check-run"
	OfFile     = "file"
)

// Stage is what a stage asks of a version.
type Stage struct {
	Needs       []string      `yaml:"needs,omitempty" doc:"Steps that must have judged this very model, without a finding that blocks: validate, train, gate, custom, compare, drift. Default [gate]."`
	Compare     compare.Need  `yaml:"compare,omitempty" enum:"better,not-worse" doc:"The verdict that the comparison with the champion must have come to. Default: none is asked for."`
	Approvals   *Approvals    `yaml:"approvals,omitempty" doc:"Who must have agreed. Default nobody."`
	Branches    []string      `yaml:"branches,omitempty" doc:"Branches of which one must hold the commit that the model was trained from; * is any part of a name. Default any."`
	Workflows   []string      `yaml:"workflows,omitempty" doc:"Workflow files that may promote, such as .github/workflows/promote.yml, as the default branch has them. Default any, and people too."`
	Actors      []string      `yaml:"actors,omitempty" doc:"Logins that may promote. Default any."`
	Freeze      []Freeze      `yaml:"freeze,omitempty" doc:"Times in which nothing is promoted to this stage."`
	MinimumTime time.Duration `yaml:"minimum-time,omitempty" doc:"How long a version must have been in the stage before, such as 24h. Default 0s."`
	AllowSkip   bool          `yaml:"allow-skip,omitempty" doc:"Whether a version may come here without having been in the stage before. Default false."`
	Override    []string      `yaml:"override,omitempty" doc:"Logins that may promote against the rest, with a reason. Default nobody."`
	Dispatch    *Dispatch     `yaml:"dispatch,omitempty" doc:"What is started after a promotion: tags made with the workflow token start nothing."`
	Pos         source.Pos    `yaml:"-"`
}

// Approvals are `approvals:`.
type Approvals struct {
	Count       int        `yaml:"count,omitempty" doc:"How many people. Default 1."`
	From        []string   `yaml:"from,omitempty" doc:"Logins, and teams as organization/team, which need an App's token with members: read. Default whoever may write."`
	By          []string   `yaml:"by,omitempty" doc:"How they may say so: environment (a reviewer lets the job run), comment (/assay approve on the pull request), review (an approving review of it). Default [environment, comment]."`
	Environment string     `yaml:"environment,omitempty" doc:"The environment whose reviewers count. Default the stage's name."`
	Pos         source.Pos `yaml:"-"`
}

// Dispatch is `dispatch:`: a workflow, or an event of the repository.
type Dispatch struct {
	Workflow string            `yaml:"workflow,omitempty" config:"one-of" doc:"File name of a workflow with workflow_dispatch, such as deploy.yml."`
	Event    string            `yaml:"event,omitempty" config:"one-of" doc:"Type of a repository_dispatch event."`
	Ref      string            `yaml:"ref,omitempty" doc:"Branch or tag whose workflow runs. Default the default branch."`
	Inputs   map[string]string `yaml:"inputs,omitempty" doc:"Inputs of the workflow, or the event's payload. {model}, {version}, {stage}, {commit}, {digest} and {location} are filled in."`
	Pos      source.Pos        `yaml:"-"`
}

// Defaults of what a stage asks.
var (
	defaultNeeds = []string{"gate"}
	defaultBy    = []string{ByEnvironment, ByComment}
)

// How somebody approves.
const (
	ByEnvironment = "environment"
	ByComment     = "comment"
	ByReview      = "review"
)

// Steps are what `needs:` may name.
func Steps() []string { return []string{"validate", "train", "gate", "custom", "compare", "drift"} }

// Ways are what `by:` may name.
func Ways() []string { return []string{ByEnvironment, ByComment, ByReview} }

// Order lists the stages as they stand in the file.
func (s Spec) Order() []string {
	return slices.SortedFunc(maps.Keys(s.Stages), func(a, b string) int {
		p, q := s.Stages[a].Pos, s.Stages[b].Pos
		return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column), strings.Compare(a, b))
	})
}

// Before is the stage that a version comes from, "" for the first.
func (s Spec) Before(stage string) string {
	order := s.Order()
	if i := slices.Index(order, stage); i > 0 {
		return order[i-1]
	}
	return ""
}

// Digest names the policy: two that ask the same are the same. The order of the stages is part of it, and where they stand is not.
func (s Spec) Digest() string {
	text, err := yaml.Marshal(struct {
		Spec  Spec
		Order []string
	}{s, s.Order()})
	if err != nil {
		panic(fmt.Sprintf("policy: write the policy: %v", err)) // it was read from YAML
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (s Stage) needs() []string {
	if s.Needs == nil {
		return defaultNeeds
	}
	return s.Needs
}

func (a Approvals) count() int { return max(1, a.Count) }

// Allows reports whether people may approve this way.
func (a Approvals) Allows(way string) bool {
	if a.By == nil {
		return slices.Contains(defaultBy, way)
	}
	return slices.Contains(a.By, way)
}

// Reviewed is the environment whose reviewers count for a stage.
func (a Approvals) Reviewed(stage string) string { return cmp.Or(a.Environment, stage) }
