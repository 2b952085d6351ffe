package gate

import (
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
)

// Creep is a metric that went the wrong way over many commits of the base branch, by more than a limit allows for one.
type Creep struct {
	From    metric.Value `json:"from"`    // the middle of the oldest values
	Commits int          `json:"commits"` // from them to the head
}

// oldest is how many values stand for where a metric began: their median, so that one lucky run is no beginning.
const oldest = 3

// minTrail is the shortest history in which small steps can be told from one step.
const minTrail = 2 * oldest

// creep holds the head against the beginning of the history: each step kept the limit, all of them together do not. An absolute limit, and one that
// is broken already, have none.
func (l Limit) creep(m Metric) *Creep {
	if !l.IsRelative() || l.Outcome != finding.Pass || m.Head == nil {
		return nil
	}
	var known []metric.Value
	for _, v := range m.History {
		if v != nil && v.IsFinite() {
			known = append(known, *v)
		}
	}
	if len(known) < minTrail {
		return nil
	}
	first := slices.Sorted(slices.Values(known[:oldest]))[oldest/2]
	if outcome, _, _ := l.judge(m.Head, &first, true); outcome == finding.Pass || outcome == finding.NotRun {
		return nil
	}
	return &Creep{From: first, Commits: len(known)}
}

// trail is a metric's history; nil where no commit has it.
func (in Input) trail(name string) []*metric.Value {
	values := make([]*metric.Value, len(in.History))
	known := false
	for i, commit := range in.History {
		if v, ok := commit[name]; ok {
			values[i], known = &v, true
		}
	}
	if !known {
		return nil
	}
	return values
}

// creeping are the findings on metrics that crept.
func (r Result) creeping() []finding.Finding {
	var all []finding.Finding
	for _, m := range r.Metrics {
		for _, l := range m.Limits {
			if l.Creep != nil {
				all = append(all, finding.Finding{Rule: "creep", Subject: m.Name, Outcome: finding.Warn,
					Message: fmt.Sprintf("%s went from %s to %s over %d commits of the base branch: each step kept %s, together they do not",
						m.Name, number(l.Creep.From), number(*m.Head), l.Creep.Commits, l.Text()),
					Hint: "see which commits took the most; an absolute limit stops it"})
			}
		}
	}
	return all
}
