package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/assay-ml/assay/internal/check/compare"
)

func (k checker) compare(spec compare.Spec) {
	k.table(spec.Champion, "compare", "champion")
	k.table(spec.Challenger, "compare", "challenger")
	if spec.Champion == spec.Challenger {
		k.Report(fmt.Sprintf("champion and challenger are both table %q", spec.Challenger), "name two tables", "compare", "challenger")
	}
	lists := map[string][]string{"key": spec.Key, "slices": spec.Slices, "fairness": spec.FairnessColumns()}
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		k.columns(lists[key], "compare", key)
	}
	for _, problem := range spec.Problems() {
		k.Report(problem.Message, problem.Hint, append([]any{"compare"}, problem.Path...)...)
	}
}
