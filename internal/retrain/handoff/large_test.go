//go:build faults

package handoff_test

import "testing"

func TestEveryInterleavingOfMore(t *testing.T) {
	exploreAll(t, []scenario{
		{name: "a plain hand-off beside a sweep", submits: 1, sweeps: 1, attempts: 1},
		{name: "two submit", submits: 2, attempts: 1},
		{name: "the runner dies, and another goes on", submits: 1, deaths: 1, attempts: 2},
		{name: "two submit, one dies", submits: 2, dies: 1, attempts: 1},
		{name: "a submitter dies, two sweep", submits: 1, sweeps: 2, dies: 1, ticks: 1, missing: true, attempts: 1},
		{name: "the runner dies beside a sweep", submits: 1, sweeps: 1, deaths: 1, attempts: 1},
		{name: "two submit what does not exist, a sweep comes", submits: 2, sweeps: 1, missing: true, dies: 1, attempts: 1},
	})
}
