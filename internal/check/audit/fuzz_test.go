package audit_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/audit"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/source"
)

// limitOf is a gate of one of the rules on a number, with the terms on.
func limitOf(rule uint8, at, drop float64, rows int64) gate.Spec {
	number := func(v float64) *source.Number { return &source.Number{Text: "", Value: v} }
	spec := gate.Spec{Terms: gate.Terms{Rows: rows, MaxFalseAlarm: number(0.05), MinPower: &gate.MinPower{Power: number(0.8), Drop: number(drop)}}}
	switch rule % 7 {
	case 0:
		spec.AtLeast = number(at)
	case 1:
		spec.AtMost = number(at)
	case 2:
		spec.Between = []source.Number{*number(at), *number(at + math.Abs(at))}
	case 3:
		spec.MaxDrop = number(math.Abs(at))
	case 4:
		spec.MaxRise = number(math.Abs(at))
	case 5:
		spec.MaxDropPercent = number(math.Abs(at))
	default:
		spec.AtLeast, spec.Confidence = number(at), number(0.95)
	}
	return spec
}

// Whatever a config and a stranger's result say: no panic, chances are chances, and the answer is a file.
func FuzzAudit(f *testing.F) {
	f.Add(uint8(0), 0.73, 0.02, int64(1319), 0.81, 0.81, 0.01, 0.1, int64(100), true)
	f.Add(uint8(4), 1e99, 1e-300, int64(gate.MostRows), -1e99, 1e300, 1e99, 1.0, int64(1)<<62, false)
	f.Add(uint8(5), 1e308, 1e308, int64(20_000), 5e-324, 0.0, 0.0, 0.0, int64(0), false)
	f.Add(uint8(6), 1.0, 0.5, int64(2), 1.0, 1.0, 0.0, 0.0, int64(1), true)
	f.Fuzz(func(t *testing.T, rule uint8, at, drop float64, rows int64, head, base, deviation, discordance float64, items int64, isShare bool) {
		isNumber := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
		if !isNumber(at) || !isNumber(at+math.Abs(at)) || !isNumber(drop) || drop <= 0 || rows < 0 || rows > gate.MostRows {
			return // the config refuses it
		}
		spec := limitOf(rule, at, drop, rows)
		e := evidence{head: head, base: base, spread: &gate.Spread{Rows: items, Units: items, IsShare: isShare, Error: deviation, Paired: deviation,
			Discordance: discordance, Repeats: []float64{head, base, at}}}
		for i := range 9 {
			e.history = append(e.history, base+deviation*float64(i%3))
		}
		judged := judge(spec, e)
		result := audit.Audit(judged)
		for _, g := range result.Gates {
			for _, s := range g.Sources {
				requireChance(t, s.FalseAlarm.Value, s.FalseAlarm.Low, s.FalseAlarm.High)
				for _, c := range s.Catches {
					requireChance(t, c.Chance, c.Open)
				}
			}
		}
		result.All = true
		require.NotEmpty(t, result.Findings())
		require.NotEmpty(t, result.Blocks())
		for _, part := range []any{result, judged} {
			_, err := json.Marshal(part)
			require.NoError(t, err)
		}
	})
}

func requireChance(t *testing.T, chances ...float64) {
	t.Helper()
	for _, chance := range chances {
		require.True(t, 0 <= chance && chance <= 1, "%v", chance)
	}
}
