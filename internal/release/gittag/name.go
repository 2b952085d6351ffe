package gittag

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/release/registry"
)

// tagPrefix is what full names of tags begin with.
const tagPrefix = "refs/tags/"

// headPrefix is what the full names of the refs begin with that each write to a model moves.
const headPrefix = "refs/assay/registry/"

// tagName knows the names of GTO 1.10.1 (constants.py, tag_re), and Assay's own two, which GTO passes over: notes on a version,
// and that a version is deprecated.
var tagName = regexp.MustCompile(`^([a-zA-Z0-9\-_./=]+)(?:` +
	`@(v[0-9][0-9A-Za-z.+\-]*)(!?)|` + // 2, 3
	`#([a-zA-Z0-9][a-zA-Z0-9\-/_]*)(!?)|` + // 4, 5
	`@(deprecated)|` + // 6
	`@(v[0-9][0-9A-Za-z.+\-]*)@(annotated|deprecated)` + // 7, 8
	`)(?:#([0-9]+))?$`) // 9

// parseName reads the name of a tag, without refs/tags/, into what it says of an event: its kind, model, version, stage and number. An
// assignment's name says nothing of the version.
func parseName(name string) (model string, event registry.Event, ok bool) {
	m := tagName.FindStringSubmatch(name)
	if m == nil {
		return "", event, false
	}
	model = strings.ReplaceAll(m[1], "=", ":")
	if m[9] != "" {
		number, err := strconv.Atoi(m[9])
		if err != nil || number > maxNumber {
			return "", event, false
		}
		event.Number = number
	}
	event.Version, event.Stage = m[2]+m[7], m[4]
	switch {
	case m[2] != "":
		event.Kind = either(m[3], registry.Registered, registry.Deregistered)
	case m[4] != "":
		event.Kind = either(m[5], registry.Assigned, registry.Unassigned)
	case m[6] != "" || m[8] == "deprecated":
		event.Kind = registry.Deprecated
	default:
		event.Kind = registry.Annotated
	}
	isVersion := event.Version == "" || registry.CheckVersion(event.Version) == nil
	isStage := event.Stage == "" || registry.CheckStage(event.Stage) == nil
	return model, event, registry.CheckModel(model) == nil && isVersion && isStage
}

// maxNumber is the highest number that a tag may have: one above it could not be counted on from.
const maxNumber = 1 << 40

func either(cancel string, plain, cancelled registry.Kind) registry.Kind {
	if cancel != "" {
		return cancelled
	}
	return plain
}

// formatName is the name of an event's tag, without refs/tags/.
func formatName(model string, e registry.Event) string {
	name, number := strings.ReplaceAll(model, ":", "="), "#"+strconv.Itoa(e.Number)
	switch e.Kind {
	case registry.Registered:
		return name + "@" + e.Version
	case registry.Deregistered:
		return name + "@" + e.Version + "!"
	case registry.Assigned:
		return name + "#" + e.Stage + number
	case registry.Unassigned:
		return name + "#" + e.Stage + "!" + number
	case registry.Annotated:
		return name + "@" + e.Version + "@annotated" + number
	}
	if e.Version != "" {
		name += "@" + e.Version
	}
	return name + "@deprecated" + number
}

// headName is the full name of the ref that each write to a model moves. A ref cannot be a folder of another one, so models a and
// a/b would exclude each other: the slash is written as a plus, which no model has in its name.
func headName(model string) string {
	return headPrefix + strings.NewReplacer(":", "=", "/", "+").Replace(model)
}
