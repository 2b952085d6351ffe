package compare

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/prediction"
)

// peers are real predictions, and what scikit-learn 1.9.1 and fairlearn 0.15.0 say of them: testdata/peers/compare_cases.py.
type peers struct {
	Credit struct {
		Label                []int32
		Champion, Challenger []float64
		Weight               []float64
		Sex                  []string
		Champions            map[string]float64 `json:"champion-scores"`
		Challengers          map[string]float64 `json:"challenger-scores"`
		ChampionsWeighted    map[string]float64 `json:"champion-weighted"`
		ChallengersWeighted  map[string]float64 `json:"challenger-weighted"`
		ChampionsFair        map[string]float64 `json:"champion-fairness"`
		ChallengersFair      map[string]float64 `json:"challenger-fairness"`
		ChampionsRanking     map[string]float64 `json:"champion-ranking"`
		ChallengersRanking   map[string]float64 `json:"challenger-ranking"`
	}
	Wine struct {
		Label                []int32
		Champion, Challenger [][]float64
		Champions            map[string]float64 `json:"champion-scores"`
		Challengers          map[string]float64 `json:"challenger-scores"`
		ChampionsWeighted    map[string]float64 `json:"champion-weighted"`
		ChallengersWeighted  map[string]float64 `json:"challenger-weighted"`
	}
	Amount struct {
		Label, Champion, Challenger []float64
		Champions                   map[string]float64 `json:"champion-scores"`
		Challengers                 map[string]float64 `json:"challenger-scores"`
		ChampionsWeighted           map[string]float64 `json:"champion-weighted"`
		ChallengersWeighted         map[string]float64 `json:"challenger-weighted"`
	}
}

func readPeers(t *testing.T) peers {
	t.Helper()
	data, err := os.ReadFile("../../../testdata/peers/compare_cases.json")
	require.NoError(t, err)
	var p peers
	require.NoError(t, json.Unmarshal(data, &p))
	return p
}

// each holds the metrics of one model against what the peers say.
func each(t *testing.T, want map[string]float64, v view, a answers, weights []float64) {
	t.Helper()
	require.NotEmpty(t, want)
	for name, value := range want {
		m, err := parseMetric(name)
		require.NoError(t, err)
		score, err := m.build(v, a, m.parameter)
		require.NoError(t, err, name)
		require.InEpsilon(t, value, score(weights), 1e-9, name)
	}
}

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// uneven are the weights of the script.
func uneven(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1 + float64(i%4)/2
	}
	return w
}

func labelled(score []float64) answers {
	a := answers{score: score, predicted: make([]int32, len(score))}
	for i, p := range score {
		if p >= 0.5 {
			a.predicted[i] = 1
		}
	}
	return a
}

func TestTwoClassesAsScikitLearn(t *testing.T) {
	c := readPeers(t).Credit
	v := view{classes: 2, positive: 1, label: c.Label}
	for _, side := range []struct {
		score            []float64
		scores, weighted map[string]float64
	}{{c.Champion, c.Champions, c.ChampionsWeighted}, {c.Challenger, c.Challengers, c.ChallengersWeighted}} {
		each(t, side.scores, v, labelled(side.score), ones(len(c.Label)))
		each(t, side.weighted, v, labelled(side.score), c.Weight)
	}
}

func TestSeveralClassesAsScikitLearn(t *testing.T) {
	c := readPeers(t).Wine
	v := view{classes: 3, positive: -1, label: c.Label}
	for _, side := range []struct {
		rows             [][]float64
		scores, weighted map[string]float64
	}{{c.Champion, c.Champions, c.ChampionsWeighted}, {c.Challenger, c.Challengers, c.ChallengersWeighted}} {
		a := answers{classes: make([][]float64, 3)}
		for _, row := range side.rows {
			a.predicted = append(a.predicted, int32(slices.Index(row, slices.Max(row))))
			for class, p := range row {
				a.classes[class] = append(a.classes[class], p)
			}
		}
		each(t, side.scores, v, a, ones(len(c.Label)))
		each(t, side.weighted, v, a, uneven(len(c.Label)))
	}
}

func TestNumbersAsScikitLearn(t *testing.T) {
	c := readPeers(t).Amount
	v := view{truth: c.Label}
	each(t, c.Champions, v, answers{number: c.Champion}, ones(len(c.Label)))
	each(t, c.Challengers, v, answers{number: c.Challenger}, ones(len(c.Label)))
	each(t, c.ChampionsWeighted, v, answers{number: c.Champion}, uneven(len(c.Label)))
	each(t, c.ChallengersWeighted, v, answers{number: c.Challenger}, uneven(len(c.Label)))
}

func TestRankingsAsScikitLearn(t *testing.T) {
	c := readPeers(t).Credit
	v := view{}
	for i, label := range c.Label {
		v.truth, v.unit = append(v.truth, float64(label)), append(v.unit, int32(i/12))
	}
	v.units = len(c.Label) / 12
	each(t, c.ChampionsRanking, v, answers{score: c.Champion}, ones(len(c.Label)))
	each(t, c.ChallengersRanking, v, answers{score: c.Challenger}, ones(len(c.Label)))
}

func TestFairnessAsFairlearn(t *testing.T) {
	c := readPeers(t).Credit
	levels := prediction.Levels{Names: slices.Compact(slices.Sorted(slices.Values(c.Sex)))}
	for _, sex := range c.Sex {
		levels.Codes = append(levels.Codes, int32(slices.Index(levels.Names, sex)))
	}
	v := view{classes: 2, positive: 1, label: c.Label}
	for _, side := range []struct {
		score []float64
		want  map[string]float64
	}{{c.Champion, c.ChampionsFair}, {c.Challenger, c.ChallengersFair}} {
		for _, d := range disparities {
			score, err := disparity(levels, d.of)(v, labelled(side.score), 0)
			require.NoError(t, err)
			require.InEpsilon(t, side.want[strings.TrimSuffix(d.name, "-difference")], score(ones(len(c.Label))), 1e-9, d.name)
		}
	}
}

// Every metric is held against a peer, or is a mean of what the user brings; the error rate is what accuracy leaves.
func TestEveryMetricHasAPeer(t *testing.T) {
	p := readPeers(t)
	for _, m := range metrics {
		found := m.kind == ofScores || m.name == "error-rate"
		for _, scores := range []map[string]float64{p.Credit.Champions, p.Wine.Champions, p.Amount.Champions, p.Credit.ChampionsRanking} {
			for name := range scores {
				found = found || name == m.name || strings.HasPrefix(name, m.name+"@")
			}
		}
		require.True(t, found, m.name)
	}
}

func TestNamesOfMetrics(t *testing.T) {
	for text, parameter := range map[string]float64{"f1": 0, "ndcg@10": 10, "pinball@0.9": 0.9, "pinball": 0.5} {
		m, err := parseMetric(text)
		require.NoError(t, err)
		require.InDelta(t, parameter, m.parameter, 0, text)
	}
	for _, text := range []string{"", "F1", "f1@2", "ndcg@0", "ndcg@1.5", "pinball@1", "pinball@x", "ndcg@" + strconv.Itoa(-3)} {
		_, err := parseMetric(text)
		require.Error(t, err, text)
	}
}
