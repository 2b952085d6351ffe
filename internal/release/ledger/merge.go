package ledger

import (
	"encoding/json"
	"slices"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Merge puts parts of a log together in the order of their times; of one time, in the order in which they are given. What was
// written twice counts once.
func Merge(parts ...[]registry.Event) []registry.Event {
	var merged []registry.Event
	known := map[string]bool{}
	for _, e := range slices.Concat(parts...) {
		if id := Identity(e); !known[id] {
			known[id] = true
			merged = append(merged, e)
		}
	}
	slices.SortStableFunc(merged, func(a, b registry.Event) int { return a.At.Compare(b.At) })
	return merged
}

// Identity is a text that equal events share, and others do not.
func Identity(e registry.Event) string {
	e.At = e.At.UTC()
	data, err := json.Marshal(e)
	if err != nil {
		panic(err) // JSON holds all but a number that is none, and a year of five digits: registry refuses the one, no clock has the other
	}
	return string(data)
}
