package config

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/config/strict"
	"github.com/assay-ml/assay/internal/release/policy"
)

// release judges the policy of promotions.
func (k checker) release(spec policy.Spec) {
	k.isInside(spec.Artifact, "release", "artifact")
	if len(spec.Stages) == 0 {
		k.Report("release has no stage", "name the stages in their order, such as staging and production", "release", "stages")
	}
	stages := k.c.RegistryOrDefaults().Stages
	takes := []string{stages.Staging, stages.Production}
	for name, stage := range spec.Stages {
		if !slices.Contains(takes, name) {
			k.Report(fmt.Sprintf("the registry has no stage %q to promote to", name), strict.Suggest(name, takes, "its stages: "+strings.Join(takes, ", ")), "release", "stages", name)
		}
		if k.IsSound("release", "stages", name) {
			k.stage(spec.Before(name), stage, "release", "stages", name)
		}
	}
}

func (k checker) stage(before string, stage policy.Stage, at ...any) {
	k.known(stage.Needs, policy.Steps(), "step", append(at, "needs")...)
	for i, pattern := range stage.Branches {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			k.Report(fmt.Sprintf("%q is no pattern of branches", pattern), "write main or release/*", append(at, "branches", i)...)
		}
	}
	if stage.MinimumTime > 0 && before == "" {
		k.Report("minimum-time has no stage before it", "it says how long a version was in the stage before", append(at, "minimum-time")...)
	}
	if stage.Approvals != nil {
		k.approvals(*stage.Approvals, append(at, "approvals")...)
	}
	for i, freeze := range stage.Freeze {
		key, message, hint := freeze.Problem()
		place := append(slices.Clone(at), "freeze", i)
		if key != "" {
			place = append(place, key)
		}
		if message != "" {
			k.Report(message, hint, place...)
		}
	}
	if stage.Dispatch != nil {
		k.dispatch(*stage.Dispatch, append(at, "dispatch")...)
	}
}

// known reports names that are none of a few.
func (k checker) known(names, allowed []string, what string, at ...any) {
	for i, name := range names {
		if !slices.Contains(allowed, name) {
			k.Report(fmt.Sprintf("there is no %s %q", what, name), strict.Suggest(name, allowed, "known: "+strings.Join(allowed, ", ")), append(at, i)...)
		}
	}
}

// account is how GitHub writes a login, or a team with its organization.
var account = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:/[A-Za-z0-9_.-]+)?$`)

func (k checker) approvals(asked policy.Approvals, at ...any) {
	k.known(asked.By, policy.Ways(), "way to approve", append(at, "by")...)
	hasTeam := false
	for i, name := range asked.From {
		hasTeam = hasTeam || strings.Contains(name, "/")
		if !account.MatchString(name) {
			k.Report(fmt.Sprintf("%q is neither a login nor a team", name), "write alice, or organization/team", append(at, "from", i)...)
		}
	}
	switch {
	case asked.Count < 0:
		k.Report("count is negative", "it is 1 or more", append(at, "count")...)
	case !hasTeam && len(asked.From) > 0 && asked.Count > len(asked.From):
		k.Report(fmt.Sprintf("%d approvals from %d people can never be", asked.Count, len(asked.From)), "lower count, or add people to from", append(at, "count")...)
	case asked.Count > 1 && !asked.Allows(policy.ByComment) && !asked.Allows(policy.ByReview):
		k.Report("an environment is approved by one of its reviewers: more cannot be counted", "add comment to by, or take count away", append(at, "count")...)
	}
}

func (k checker) dispatch(d policy.Dispatch, at ...any) {
	if d.Workflow != "" && (strings.Contains(d.Workflow, "/") || !slices.Contains([]string{".yml", ".yaml"}, path.Ext(d.Workflow))) {
		k.Report(fmt.Sprintf("%q is no file of a workflow", d.Workflow), "write its name in .github/workflows, such as deploy.yml", append(at, "workflow")...)
	}
	if d.Event != "" && d.Ref != "" {
		k.Report("an event has no ref: it runs the default branch", "leave it out", append(at, "ref")...)
	}
	if most := policy.MostInputs(d); len(d.Inputs) > most {
		k.Report(fmt.Sprintf("GitHub takes at most %d inputs here", most), "join some of them", append(at, "inputs")...)
	}
	for name, value := range d.Inputs {
		if unknown := policy.UnknownPlace(value); unknown != "" {
			k.Report(fmt.Sprintf("there is nothing to fill in for {%s}", unknown), "known: "+strings.Join(policy.Places(), ", "), append(at, "inputs", name)...)
		}
	}
}
