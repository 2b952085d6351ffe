package decay

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/source"
)

var start = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func number(v float64) *source.Number { return &source.Number{Value: v} }

// daily are rows of some days, a number each, right with a probability that depends on the day.
func daily(random *rand.Rand, days, each int, right func(day int) float64) []Row {
	var rows []Row
	for day := range days {
		for range each {
			good := 0.0
			if random.Float64() < right(day) {
				good = 1
			}
			rows = append(rows, Row{At: start.AddDate(0, 0, day), Labelled: true, Good: good, Counts: true})
		}
	}
	return rows
}

func always(p float64) func(int) float64 { return func(int) float64 { return p } }

// Of 40 models that do not decay, looked at every ten days of half a year, no more than 5 % trigger; with the accuracy of promotion
// as the limit itself (margin 0) none may do more often, and that is the hardest case. All of those that lose ten points after two
// months are found. The counts are those of a fixed seed.
func TestDailyLooksAtAModelThatDoesNotDecay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	spec := Spec{Mature: 24 * time.Hour, Margin: number(0)}.WithDefaults()
	const models, days = 40, 180
	alarms, found, delay := 0, 0, 0
	for range models {
		alarms += len(triggers(spec, daily(random, days, 20, always(0.9)), days))
	}
	for range 10 {
		late := triggers(spec, daily(random, days, 20, func(day int) float64 {
			if day >= 60 {
				return 0.8
			}
			return 0.9
		}), days)
		if len(late) > 0 {
			found++
			delay += late[0] - 60
		}
	}
	t.Logf("false triggers: %d of %d models; decay by 0.1 found in %d of 10, %d days after it began on average", alarms, models, found, delay/max(1, found))
	require.LessOrEqual(t, float64(alarms)/models, 0.05)
	require.Equal(t, 10, found)
}

// triggers is the first day on which a look finds decay, where one does.
func triggers(spec Spec, rows []Row, days int) []int {
	for day := 1; day <= days; day += 10 {
		now := start.AddDate(0, 0, day+1)
		if spec.assess(rows[:20*day], reference{0.9, start}, now).Decayed {
			return []int{day}
		}
	}
	return nil
}

func TestWhichRowsCount(t *testing.T) {
	now := start.AddDate(0, 0, 10)
	labelled := Row{At: start, Labelled: true, Good: 1, Counts: true}
	for name, c := range map[string]struct {
		row  Row
		want Counts
	}{
		"a mature label":               {labelled, Counts{All: 1, Used: 1}},
		"a label that is young":        {Row{At: start.AddDate(0, 0, 4), Labelled: true, Good: 1, Counts: true}, Counts{All: 1, Young: 1}},
		"mature to the second":         {Row{At: start.AddDate(0, 0, 3), Labelled: true, Good: 1, Counts: true}, Counts{All: 1, Used: 1}},
		"no label after its time":      {Row{At: start, Counts: true}, Counts{All: 1, Missing: 1}},
		"a label from the future":      {Row{At: start, Labelled: true, Known: now.Add(time.Second), Counts: true}, Counts{All: 1, Young: 1}},
		"what the metric looks not at": {Row{At: start, Labelled: true}, Counts{All: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			result := Spec{Mature: 7 * 24 * time.Hour}.WithDefaults().assess([]Row{c.row}, reference{0.9, start}, now)
			require.Equal(t, c.want, result.Counts)
			require.Equal(t, c.want.Used == 0, result.Unknown != "")
			require.False(t, result.Decayed)
		})
	}
}

// A label that comes late joins at the end: what was decided before it came stays as it was.
func TestLateLabelsDoNotChangeThePast(t *testing.T) {
	rows := []Row{{At: start, Labelled: true, Known: start.AddDate(0, 0, 9), Counts: true}, {At: start.AddDate(0, 0, 1), Labelled: true, Good: 1, Counts: true}}
	var counts Counts
	all := settled(rows, time.Hour, start.AddDate(0, 0, 20), &counts)
	require.Equal(t, []float64{1, 0}, []float64{all[0].good, all[1].good})
}

func TestErrorsAreSaidInTheirOwnUnit(t *testing.T) {
	spec := Spec{Metric: AbsoluteError, Bound: number(10), Mature: time.Hour, Margin: number(0.5)}.WithDefaults()
	var rows []Row
	for i := range 400 {
		rows = append(rows, Row{At: start.Add(time.Duration(i) * time.Minute), Labelled: true, Counts: true, Good: 1 - float64(4+i%3)/10})
	}
	result := spec.assess(rows, reference{2, start}, start.AddDate(0, 0, 2))
	require.InDelta(t, 2.5, result.Limit, 1e-12)
	require.InDelta(t, 5, result.Spans[0].Mean, 0.01)
	require.True(t, result.Decayed)
	require.Less(t, result.Spans[0].Low, 5.0)
	require.Greater(t, result.Spans[0].Low, 2.5)
	require.Contains(t, result.Sentence(), "so it has decayed")
}

// All counts together keep to the level: their shares sum up to no more than it, however many there are.
func TestCountsThatStartAnewShareTheFalseAlarms(t *testing.T) {
	spec := Spec{Mature: time.Hour}.WithDefaults()
	rows := daily(rand.New(rand.NewPCG(1, 2)), 400, 1, always(0.9))
	spans := spec.assess(rows, reference{0.9, start}, start.AddDate(0, 0, 401)).Spans
	require.Len(t, spans, 14) // of 400 days, one each 30
	sum := 0.0
	for _, s := range spans {
		sum += s.Level
	}
	require.InDelta(t, 0.05*14/15, sum, 1e-12) // Σ 1/((k+1)(k+2)) for k < n is n/(n+1)
}
