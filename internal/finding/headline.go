package finding

import (
	"fmt"
	"strings"
)

// Headline is a run in one line.
type Headline struct {
	Red     bool
	Verdict Outcome
	Counts  map[Outcome]int // findings by outcome
	Reason  string          // the worst finding and how many more block; "" where nothing is worth a word
}

// Headline sums the run up. The reason is the first finding that blocks, or on a green run the first that is no pass.
func (r Result) Headline() Headline {
	h := Headline{Red: r.Red(), Verdict: r.Verdict(), Counts: map[Outcome]int{}}
	var blocking, notable []string
	for _, step := range r.Steps {
		for _, f := range step.Findings() {
			h.Counts[f.Outcome]++
			switch {
			case step.Enforced && f.Blocks():
				blocking = append(blocking, f.Message)
			case f.Outcome != Pass:
				notable = append(notable, f.Message)
			}
		}
	}
	switch {
	case len(blocking) > 0:
		h.Reason = firstOf(blocking)
	case h.Red:
		h.Reason = "nothing was decided"
	case len(notable) > 0:
		h.Reason = firstOf(notable)
	}
	return h
}

func firstOf(messages []string) string {
	if len(messages) == 1 {
		return messages[0]
	}
	return fmt.Sprintf("%s (and %d more)", messages[0], len(messages)-1)
}

// Word is the verdict in one word.
func (h Headline) Word() string {
	if h.Red {
		return "failed"
	}
	return "passed"
}

// Tally is the counts in words, the worst first, such as "2 failed, 31 passed".
func (h Headline) Tally() string {
	var parts []string
	for _, o := range []struct {
		outcome Outcome
		word    string
	}{{Unknown, "undecided"}, {Fail, "failed"}, {NotRun, "could not tell"}, {Warn, "warned"}, {Pass, "passed"}} {
		if n := h.Counts[o.outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o.word))
		}
	}
	if len(parts) == 0 {
		return "no findings"
	}
	return strings.Join(parts, ", ")
}
