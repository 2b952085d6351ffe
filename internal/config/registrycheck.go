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
	if r.Backend != "" && r.Backend != GitBackend {
		k.elsewhere(*r)
	}
	k.stages(r.Stages)
}

// elsewhere judges a registry that is no git repository: what belongs to one does not belong to it.
func (k checker) elsewhere(r Registry) {
	if r.Remote != "" || r.Via != "" {
		k.Report("remote and via are those of a git repository, and the registry is "+r.Backend, "leave them out", "registry", "backend")
	}
	if r.Mirrors.MLflow || r.Mirrors.SageMaker != nil {
		k.Report("mirrors follow the tags of a git repository, and the registry is "+r.Backend, "leave them out, or take backend: git", "registry", "mirrors")
	}
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
