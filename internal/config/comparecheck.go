package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/assay-ml/assay/internal/check/compare"
)

func (k checker) compare(spec compare.Spec) {
	if spec.Champion != "" {
		k.table(spec.Champion, "compare", "champion")
	}
	if spec.Challenger != "" {
		k.table(spec.Challenger, "compare", "challenger")
	}
	if spec.Champion == spec.Challenger && spec.Champion != "" {
		k.Report(fmt.Sprintf("champion and challenger are both table %q", spec.Challenger), "name two tables", "compare", "challenger")
	}
	lists := map[string][]string{"key": spec.Key, "slices": spec.Slices, "fairness": spec.FairnessColumns()}
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		k.columns(lists[key], "compare", key)
	}
	for i, entry := range spec.Suites {
		k.isInside(entry.Champion, "compare", "suites", i, "champion")
		if k.isInside(entry.Challenger, "compare", "suites", i, "challenger") && entry.Champion == entry.Challenger && entry.ChampionModel == entry.ChallengerModel {
			k.Report(fmt.Sprintf("champion and challenger are both %q", entry.Challenger), "name two runs, or two models with champion-model and challenger-model", "compare", "suites", i, "challenger")
		}
	}
	for _, problem := range spec.Problems() {
		k.Report(problem.Message, problem.Hint, append([]any{"compare"}, problem.Path...)...)
	}
}
