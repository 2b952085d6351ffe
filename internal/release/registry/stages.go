package registry

import (
	"cmp"
	"strings"
)

// Stages are the names of the stages. They may differ from registry to registry, what they mean does not: Staging and Production
// each have one holder, any number of versions are archived, and None is where a version stands that holds nothing.
type Stages struct {
	None       string `yaml:"none,omitempty" doc:"Where a version begins. Default none."`
	Staging    string `yaml:"staging,omitempty" doc:"Where a version proves itself. Default staging."`
	Production string `yaml:"production,omitempty" doc:"Where a version serves. Default production."`
	Archived   string `yaml:"archived,omitempty" doc:"Where a version has served its time. Default archived."`
}

// OrDefaults fills in the names that are not given.
func (s Stages) OrDefaults() Stages {
	return Stages{cmp.Or(s.None, "none"), cmp.Or(s.Staging, "staging"), cmp.Or(s.Production, "production"), cmp.Or(s.Archived, "archived")}
}

// Names are those of all stages, in the order in which a version goes through them.
func (s Stages) Names() []string { return []string{s.None, s.Staging, s.Production, s.Archived} }

// Find is a stage's own name, however it is written: case does not count.
func (s Stages) Find(written string) (name string, ok bool) {
	for _, name := range s.Names() {
		if strings.EqualFold(name, written) {
			return name, true
		}
	}
	return "", false
}
