package evidently

import "slices"

// Anew is the result with the verdicts of its columns taken from their scores under a spec, which may have other thresholds and another share
// than the one that it was made by. Which stattest is usual for a column depends on its values, so where the spec chooses none, the
// result's own counts. A column whose stattest is not the one that the spec chooses is named.
func (r Result) Anew(spec Spec) (again Result, untold []string) {
	again = r
	again.DriftShare, again.Columns = spec.driftShare(), nil
	for _, c := range r.Columns {
		if c.Score != nil {
			choice := spec.choice(c.Name, c.Type)
			i := slices.IndexFunc(stattests, func(t stattest) bool { return t.name == c.Method })
			if i < 0 || choice.Stattest != "" && choice.Stattest != c.Method {
				untold = append(untold, c.Name)
				continue
			}
			threshold := stattests[i].threshold
			if choice.Threshold != nil {
				threshold = choice.Threshold.Value
			}
			c.Threshold, c.Drifted = &threshold, stattests[i].isDrift(*c.Score, threshold)
		}
		again.Columns = append(again.Columns, c)
	}
	return again, untold
}
