//go:build faults

package offload_test

import (
	"testing"

	"github.com/assay-ml/assay/internal/planted"
)

// bugs are mistakes that the random schedules must find.
var bugs = []planted.Bug{

	{Name: "an end is announced without a look", File: "retrain/handoff/desk.go", Old: "if err == nil && !stands {", New: "if err == nil && (stands || !stands) {"},
	{Name: "an end is announced while others set out to", File: "retrain/handoff/next.go", Old: "!s.Announced && now.Sub(s.Announcing) >= grace &&", New: "!s.Announced &&"},
	{Name: "a lost dispatch is given up", File: "retrain/handoff/next.go", Old: "a.Dispatches >= maxDispatches {", New: "true {"},
	{Name: "two runs of one attempt both work", File: "retrain/handoff/move.go", Old: "case s.Phase == Asked && (a.Run == 0 || mine):", New: "case s.Phase == Asked || s.Phase == Running:"},
	{Name: "what a person cancelled begins again", File: "retrain/handoff/next.go", Old: "if run.Conclusion == \"cancelled\" {", New: "if false {"},
	{Name: "a silent run goes on for ever", File: "retrain/handoff/next.go", Old: "now.Sub(a.Beat) >= s.Plan.Silence:", New: "now.Sub(a.Beat) >= 100*s.Plan.Silence:"},
	{Name: "a silent run is not cancelled", File: "retrain/handoff/next.go", Old: "		s.stop()\n		return s.again(Silent", New: "		return s.again(Silent"},
	{Name: "checkpoints of an earlier attempt are forgotten", File: "retrain/handoff/next.go", Old: "	s.Phase = Asked\n", New: "	s.Phase, s.Checkpoints = Asked, nil\n"},
	{Name: "no runner is waited for without end", File: "retrain/handoff/next.go", Old: "if now.Sub(a.Began) >= s.Plan.Queue {", New: "if false {"},
	{Name: "a lost report is waited for without end", File: "retrain/handoff/next.go", Old: "if run.Status == Completed || now.Sub(a.Over) >= s.Plan.Report {", New: "if false {"},
	{Name: "the hand-off has no deadline", File: "retrain/handoff/next.go", Old: "case now.Sub(s.Submitted) >= s.Plan.Limit:", New: "case false:"},
	{Name: "nobody says that an end stands", File: "retrain/handoff/move.go", Old: "		s.Announced = true", New: "		s.Shown = true"},
}

func TestEachPlantedBugIsFound(t *testing.T) {
	planted.Find(t, "../..", "TestHandoffsEnd", bugs, "-schedules", "200")
}
