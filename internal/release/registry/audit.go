package registry

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is what is wrong with a version, or with a model where Version is "".
type Fault struct {
	Version string
	Message string
}

// Audit says what is wrong with what happened to a model, whatever keeps it.
func (l Log) Audit(stages Stages) []Fault {
	var faults []Fault
	for i := 1; i < len(l.Events); i++ {
		if before, e := l.Events[i-1], l.Events[i]; e.At.Before(before.At) {
			faults = append(faults, Fault{e.Version, fmt.Sprintf("was %s at %s, before what happened earlier", e.Kind, e.At.Format("2006-01-02 15:04:05"))})
		}
	}
	on := map[string]string{}
	for _, v := range l.Of().Versions {
		for _, message := range v.audit(stages) {
			faults = append(faults, Fault{v.Name, message})
		}
		if v.Commit == "" || v.Registered == nil {
			continue
		}
		if other := on[v.Commit]; other != "" {
			faults = append(faults, Fault{v.Name, fmt.Sprintf("stands on the commit of %s: nobody can tell which of them a stage is given to, and GTO reads no such model", other)})
		}
		on[v.Commit] = v.Name
	}
	return faults
}

// audit says what is wrong with one version.
func (v *Version) audit(stages Stages) []string {
	var messages []string
	given := v.Given()
	if slices.Contains(given, stages.Archived) && len(given) > 1 {
		messages = append(messages, "is archived and was never taken out of "+strings.Join(slices.DeleteFunc(given, func(s string) bool { return s == stages.Archived }), ", ")+
			": it holds it, or would get it back when its holder leaves")
	}
	if v.Registered == nil && len(v.holds) > 0 {
		messages = append(messages, "was never registered, and holds "+strings.Join(v.holds, ", "))
	}
	if !v.Active && len(v.given) > 0 {
		messages = append(messages, "was taken back and never taken out of "+strings.Join(v.Given(), ", "))
	}
	return messages
}
