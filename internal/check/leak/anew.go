package leak

import "github.com/assay-ml/assay/internal/finding"

// Anew is the result with the outcomes of its rules on rows taken from the shares that they found, under a spec that may let others pass.
func (r Result) Anew(spec Spec) Result {
	again := r
	again.Pos, again.Checks = spec.Pos, nil
	for _, check := range r.Checks {
		if check.Share != nil {
			share := *check.Share
			if r.Rows > 0 {
				share = max(share, float64(check.Count)/float64(r.Rows))
			}
			if outcome := (search{spec: spec}).judge(share); outcome != finding.Pass {
				check.Outcome = outcome
			}
		}
		again.Checks = append(again.Checks, check)
	}
	return again
}
