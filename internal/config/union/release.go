package union

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/release/policy"
	"github.com/assay-ml/assay/internal/source"
)

// release shows what a change does to the policy of promotions, stage by stage and key by key. A promotion reads the policy at the
// default branch, so nothing is joined here: what the change says counts after the merge, and the base's until then.
func (j *join) release() {
	before, after := policyOf(j.base.Release), policyOf(j.head.Release)
	var pos source.Pos
	if j.head.Release != nil {
		pos = j.head.Release.Pos
	}
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, rule := range slices.Sorted(maps.Keys(all)) {
		old, was := before[rule]
		now, is := after[rule]
		switch {
		case !was:
			j.add(rule, Added, "", now, pos)
		case !is:
			j.add(rule, Removed, old, "", pos)
		case old != now && rule == ofArtifact:
			j.add(rule, Shown, old, now, pos) // it is what is judged, and no rule
		case old != now:
			j.add(rule, Changed, old, now, pos)
		}
	}
}

const ofArtifact = "release artifact"

// policyOf are the rules of a policy by their names, such as "release production approvals".
func policyOf(spec *policy.Spec) map[string]string {
	rules := map[string]string{}
	if spec == nil {
		return rules
	}
	rules[ofArtifact] = spec.Artifact
	rules["release order"] = strings.Join(spec.Order(), ", ")
	if spec.Evidence != "" {
		rules["release evidence"] = spec.Evidence
	}
	for name, stage := range spec.Stages {
		var keys yaml.Node
		if err := keys.Encode(stage); err != nil {
			panic(fmt.Sprintf("union: write a stage: %v", err)) // a config holds nothing that YAML cannot say
		}
		for i := 0; i < len(keys.Content); i += 2 {
			rules["release "+name+" "+keys.Content[i].Value] = said(keys.Content[i+1])
		}
	}
	return rules
}
