package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// What GitHub's REST API takes of workflow_dispatch and of repository_dispatch (its description, maxProperties).
const (
	maxInputs  = 25
	maxPayload = 10
)

// MostInputs is how many inputs a dispatch may have.
func MostInputs(d Dispatch) int {
	if d.Event != "" {
		return maxPayload
	}
	return maxInputs
}

// place is what stands in an input for something of the version.
var place = regexp.MustCompile(`\{([a-z]+)\}`)

// Places are what inputs of a dispatch may be filled in with.
func Places() []string {
	return []string{"model", "version", "stage", "commit", "digest", "location"}
}

// UnknownPlace is the first place of an input that nothing stands for, "" where there is none.
func UnknownPlace(input string) string {
	for _, found := range place.FindAllStringSubmatch(input, -1) {
		if !slices.Contains(Places(), found[1]) {
			return found[1]
		}
	}
	return ""
}

// Filled are the inputs with what is known of the version in their places, by the names of Places. What is filled in is not
// searched for places again.
func (d Dispatch) Filled(known map[string]string) map[string]string {
	filled := maps.Clone(d.Inputs)
	for name, value := range filled {
		filled[name] = place.ReplaceAllStringFunc(value, func(p string) string {
			if text, ok := known[strings.Trim(p, "{}")]; ok {
				return text
			}
			return p
		})
	}
	return filled
}

// Name is what is started, in a few words.
func (d Dispatch) Name() string {
	if d.Event != "" {
		return "event " + d.Event
	}
	return "workflow " + d.Workflow
}
