package config

import (
	"fmt"
	"regexp"

	"github.com/assay-ml/assay/internal/release/registry"
)

// remoteName is what a remote may be called here: a name, and never an address, which a change could let lead anywhere.
var remoteName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// registry judges where versions are kept.
func (k checker) registry() {
	r := k.c.Registry
	if r == nil || !k.IsSound("registry") {
		return
	}
	if r.Model != "" {
		if err := registry.CheckModel(r.Model); err != nil {
			k.Report(err.Error(), "it is part of the names of tags", "registry", "model")
		}
	}
	if r.Remote != "" && !remoteName.MatchString(r.Remote) {
		k.Report(fmt.Sprintf("%q is no name of a remote", r.Remote), "git remote lists those that are; an address is none", "registry", "remote")
	}
	k.stages(r.Stages)
}

// stages judges the names of stages: each is one that git takes, and no two are alike.
func (k checker) stages(s registry.Stages) {
	given := map[string]string{}
	own := []string{s.None, s.Staging, s.Production, s.Archived}
	for i, key := range []string{"none", "staging", "production", "archived"} {
		name := s.OrDefaults().Names()[i]
		if err := registry.CheckStage(name); err != nil {
			k.Report(err.Error(), "it is part of the names of tags", "registry", "stages", key)
		} else if other, _ := s.OrDefaults().Find(name); given[other] != "" && own[i] != "" {
			k.Report(fmt.Sprintf("%s and %s are both called %q", given[other], key, name), "give each stage its own name; case does not count", "registry", "stages", key)
		} else {
			given[other] = key
		}
	}
}
