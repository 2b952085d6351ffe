package compare

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/stat"
)

const z975 = 1.959963984540054 // scipy 1.17.1: norm.ppf(0.975)

// compared runs a comparison of two CSV files.
func compared(t *testing.T, champion, challenger string, spec Spec, sensitive ...string) Result {
	t.Helper()
	return comparedTo(t, champion, challenger, spec, "", sensitive...)
}

func comparedTo(t *testing.T, champion, challenger string, spec Spec, flips string, sensitive ...string) Result {
	t.Helper()
	return comparedAfter(t, champion, challenger, spec, Past{}, flips, sensitive...)
}

// comparedAfter is a comparison after earlier ones.
func comparedAfter(t *testing.T, champion, challenger string, spec Spec, past Past, flips string, sensitive ...string) Result {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{Threads: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	dir := t.TempDir()
	var tables []*table.Table
	for name, text := range map[string]string{"a": champion, "b": challenger} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(text), 0o600))
	}
	for _, name := range []string{"a", "b"} {
		opened, err := engine.Open(t.Context(), name, dir, table.Spec{Path: name + ".csv", Sensitive: sensitive}, false)
		require.NoError(t, err)
		tables = append(tables, opened)
	}
	spec.Champion, spec.Challenger = "a", "b"
	if spec.Key == nil {
		spec.Key = []string{"id"}
	}
	require.Empty(t, spec.Problems())
	r, err := Compare(t.Context(), tables[0], tables[1], spec, past, flips)
	require.NoError(t, err)
	anew, untold := r.Anew(spec)
	require.Empty(t, untold)
	require.Equal(t, r.Findings(), anew.Findings(), "judged by its intervals it comes to the same")
	data, err := json.Marshal(r)
	require.NoError(t, err, "a result file holds what every comparison found")
	again, err := finding.DecodeAs[Result](data)
	require.NoError(t, err)
	require.Equal(t, r.Findings(), again.Findings(), "findings derive from what is stored")
	require.NotEmpty(t, r.Blocks())
	return r
}

func limit(text string) *source.Number {
	n, err := source.ParseNumber(text, source.Pos{})
	if err != nil {
		panic(err)
	}
	return &n
}

// files are both models' predictions: of n rows the champion is right about all but every wrong-th, the challenger likewise.
func files(n, wrong, wrongThen int) (champion, challenger string) {
	var a, b strings.Builder
	a.WriteString("id,label,prediction,score,sex,user\n")
	b.WriteString("id,prediction,score\n")
	answer := func(i, wrong int) string {
		said := i / 7 % 2
		if i%wrong == 0 {
			said = 1 - said
		}
		return fmt.Sprintf("%d,%.3f", said, 0.2+0.6*float64(said)+float64(i%10)/100)
	}
	for i := range n {
		fmt.Fprintf(&a, "%d,%d,%s,%s,u%d\n", i, i/7%2, answer(i, wrong), []string{"f", "m"}[i/3%2], i/10)
		fmt.Fprintf(&b, "%d,%s\n", n-1-i, answer(n-1-i, wrongThen)) // another order: rows are joined by key
	}
	return a.String(), b.String()
}

func outcomes(r Result) map[string]finding.Outcome {
	all := map[string]finding.Outcome{}
	for _, f := range r.Findings() {
		all[f.Rule+" "+f.Subject] = f.Outcome
	}
	return all
}

func TestVerdictsByMargin(t *testing.T) {
	better, worse := func() (string, string) { return files(2000, 5, 9) }, func() (string, string) { return files(2000, 9, 5) }
	same := func() (string, string) { return files(2000, 7, 7) }
	few := func() (string, string) { return files(60, 7, 9) }
	for name, k := range map[string]struct {
		files   func() (string, string)
		margin  string
		need    Need
		verdict Verdict
		outcome finding.Outcome
	}{
		"better":                     {better, "0", NeedBetter, Better, finding.Pass},
		"worse":                      {worse, "0", NeedBetter, Worse, finding.Fail},
		"worse, within the margin":   {worse, "0.2", NeedNotWorse, NotWorse, finding.Pass},
		"not worse, better needed":   {same, "0.05", NeedBetter, NotWorse, finding.Fail},
		"not worse is enough":        {same, "0.05", NeedNotWorse, NotWorse, finding.Pass},
		"the same, without a margin": {same, "0", NeedNotWorse, Inconclusive, finding.NotRun},
		"few rows":                   {few, "0.01", NeedNotWorse, Inconclusive, finding.NotRun},
	} {
		champion, challenger := k.files()
		r := compared(t, champion, challenger, Spec{Margin: limit(k.margin), Need: k.need})
		require.Equal(t, k.verdict, r.Primary.Verdict, name)
		f := r.Findings()[0]
		require.Equal(t, k.outcome, f.Outcome, name)
		require.Equal(t, k.outcome != finding.Pass, f.Blocks(), "%s: what is inconclusive blocks", name)
		if k.verdict == Inconclusive {
			require.NotEmpty(t, f.Hint, name)
		}
	}
}

// Connor 1987 for a difference of 0.02 at discordance 0.06 with power 0.8: (1.959964·√0.06 + 0.841621·√0.0596)²/0.02² = 1174.97.
func TestRowsThatItWouldTake(t *testing.T) {
	m := Measure{Rows: 500, Margin: 0.02, pairs: stat.Pairs{Both: 400, First: 20, Second: 10, Neither: 70}, Low: -0.03, High: 0.01}
	require.Equal(t, int64(1175), m.needed(z975))
	m = Measure{Rows: 400, Margin: 0.1, Low: -0.196, High: 0.196} // an error of 0.1 on 400 rows, 2 a row: (2.801585·2/0.1)²
	require.InDelta(t, 3140, m.needed(z975), 2)
	m = Measure{Rows: 400, Low: -0.1, High: 0.1}
	require.Zero(t, m.needed(z975), "no gain and no margin")
}

// Models that agree on every row are alike as far as n rows can tell: 1 − 0.025^(1/n), 0.0060 of 610 rows.
func TestModelsThatAgreeOnEveryRow(t *testing.T) {
	champion, challenger := files(610, 7, 7)
	for _, metric := range []string{"f1", "auc", "balanced-accuracy"} {
		r := compared(t, champion, challenger, Spec{Metric: metric, Margin: limit("0.0061")})
		require.Equal(t, NotWorse, r.Primary.Verdict, metric)
		r = compared(t, champion, challenger, Spec{Metric: metric, Margin: limit("0.0059"), Critical: []Guard{{Metric: metric, Margin: limit("0.0059")}}})
		require.Equal(t, Inconclusive, r.Primary.Verdict, metric)
		require.Equal(t, Inconclusive, r.Critical[0].Verdict, metric)
	}
}

func TestMethodsFollowTheData(t *testing.T) {
	champion, challenger := files(600, 6, 9)
	for name, k := range map[string]struct {
		spec   Spec
		method string
		units  int64
	}{
		"pairs":              {Spec{}, "McNemar mid-p, Newcombe interval", 600},
		"tango":              {Spec{Interval: tango}, "McNemar mid-p, Tango interval", 600},
		"auc":                {Spec{Metric: "auc"}, "DeLong", 600},
		"f1":                 {Spec{Metric: "f1"}, "bootstrap of rows, BCa, 2000 replicates", 600},
		"grouped":            {Spec{Group: "user"}, "bootstrap of groups, percentiles widened as Student's t demands, 2000 replicates", 60},
		"group auc":          {Spec{Metric: "auc", Group: "user"}, "DeLong, with Obuchowski's error of groups and Student's t", 60},
		"weighted":           {Spec{Weight: "score"}, "bootstrap of rows, BCa, 2000 replicates", 600},
		"numbers":            {Spec{Metric: "mae", Time: "id", Prediction: "score"}, "Diebold-Mariano, horizon 1", 600},
		"ranking":            {Spec{Metric: "ndcg@5", Group: "user"}, "bootstrap of groups, percentiles widened as Student's t demands, 2000 replicates", 60},
		"groups and weights": {Spec{Metric: "auc", Group: "user", Weight: "score"}, "bootstrap of groups, percentiles widened as Student's t demands, 2000 replicates", 60},
	} {
		r := compared(t, champion, challenger, k.spec)
		require.Empty(t, r.Faults, name)
		require.Equal(t, k.method, r.Primary.Method, name)
		require.Equal(t, k.units, r.Primary.Units, name)
		require.LessOrEqual(t, r.Primary.Low, r.Primary.Gain, name)
		require.GreaterOrEqual(t, r.Primary.High, r.Primary.Gain, name)
	}
}

func TestRowsAreJoinedOrCounted(t *testing.T) {
	good := "id,label,prediction,w\n1,a,a,1\n2,b,b,1\n3,a,b,1\n"
	for name, k := range map[string]struct {
		champion, challenger string
		spec                 Spec
		want                 map[string]int64
	}{
		"duplicate":    {good, "id,prediction\n1,a\n2,b\n2,b\n3,a\n", Spec{}, map[string]int64{"duplicate-key": 1}},
		"missing":      {good, "id,prediction\n1,a\n", Spec{}, map[string]int64{"missing-row": 2}},
		"extra":        {good, "id,prediction\n1,a\n2,b\n3,b\n9,a\n10,a\n", Spec{}, map[string]int64{"extra-row": 2}},
		"both":         {good, "id,prediction\n1,a\n2,b\n4,b\n", Spec{}, map[string]int64{"missing-row": 1, "extra-row": 1}},
		"null key":     {good, "id,prediction\n1,a\n,b\n3,b\n", Spec{}, map[string]int64{"null-key": 1}},
		"wide key":     {"id,label,prediction\n9007199254740993,a,a\n", "id,prediction\n9007199254740993,a\n", Spec{}, map[string]int64{"wide-key": 2}},
		"labels":       {good, "id,prediction,label\n1,a,b\n2,b,b\n3,b,a\n", Spec{}, map[string]int64{"label-differs": 1}},
		"no value":     {good, "id,prediction\n1,a\n2,\n3,b\n", Spec{}, map[string]int64{"null-value": 1}},
		"no column":    {good, "id,said\n1,a\n2,b\n3,b\n", Spec{}, map[string]int64{"missing-column": 1}},
		"strange":      {good, "id,prediction\n1,1\n2,0\n3,0\n", Spec{}, map[string]int64{"strange-class": 1}},
		"negative":     {"id,label,prediction,w\n1,a,a,-1\n2,b,b,1\n", "id,prediction\n1,a\n2,b\n", Spec{Weight: "w"}, map[string]int64{"negative-weight": 1}},
		"not finite":   {"id,score\n1,0.5\n2,nan\n3,inf\n", "id,score\n1,1\n2,1\n3,1\n", Spec{Metric: "mean"}, map[string]int64{"not-finite": 2}},
		"not a number": {"id,score\n1,high\n", "id,score\n1,1\n", Spec{Metric: "mean"}, map[string]int64{"not-a-number": 1}},
	} {
		r := compared(t, k.champion, k.challenger, k.spec)
		got := map[string]int64{}
		for i, fault := range r.Faults {
			got[fault.Rule] += fault.Count
			require.True(t, r.Findings()[i].Blocks(), name)
		}
		require.Equal(t, k.want, got, name)
		require.Nil(t, r.Primary, "%s: nothing is compared", name)
	}
}

func TestCriticalMetricsGuardAndAdvisoryOnesAreShown(t *testing.T) {
	champion, challenger := files(2000, 9, 5)
	r := compared(t, champion, challenger, Spec{Margin: limit("0.2"), Need: NeedNotWorse, Advisory: []string{"brier", "log-loss"},
		Critical: []Guard{{Metric: "recall", Margin: limit("0.01")}, {Metric: "auc", Margin: limit("0.3")}}})
	got := outcomes(r)
	require.Equal(t, finding.Pass, got["compare accuracy"])
	require.Equal(t, finding.Fail, got["critical recall"])
	require.Equal(t, finding.Pass, got["critical auc"])
	require.Equal(t, finding.Warn, got["advisory brier"], "worse, and decides nothing")
}

// Of many guards on rows without a difference, one would come out as worse by chance: together they do at most as often as one.
func TestGuardsAreCorrectedTogether(t *testing.T) {
	alone := Measure{Rows: 9, Margin: 0.01, Low: -0.2, High: -0.02, NotWorseP: 0.98, WorseP: 0.02}
	all := []Measure{alone, {Rows: 9, Margin: 0.01, NotWorseP: 0.001, WorseP: 0.9, Low: -0.005, High: 0.02}}
	decideTogether(all[:1], oneSided)
	require.Equal(t, Worse, all[0].Verdict)
	decideTogether(all, oneSided)
	require.Equal(t, Inconclusive, all[0].Verdict)
	require.Equal(t, NotWorse, all[1].Verdict)
}

// A result file cannot claim a verdict that its numbers do not bear out.
func TestVerdictsAreTakenFromTheNumbersOfAFile(t *testing.T) {
	champion, challenger := files(2000, 9, 5)
	r := compared(t, champion, challenger, Spec{Critical: []Guard{{Metric: "recall", Margin: limit("0.01")}}, Advisory: []string{"f1"}, Slices: []string{"sex"}})
	data, err := json.Marshal(r)
	require.NoError(t, err)
	forged := strings.ReplaceAll(string(data), `"verdict":"worse"`, `"verdict":"better"`)
	require.NotEqual(t, string(data), forged)
	again, err := finding.DecodeAs[Result]([]byte(forged))
	require.NoError(t, err)
	require.Equal(t, r.Findings(), again.Findings())
}

func TestSlicesFallAndFlipsAreCounted(t *testing.T) {
	champion, challenger := files(2000, 9, 5)
	path := filepath.Join(t.TempDir(), "out", "flips.csv")
	r := comparedTo(t, champion, challenger, Spec{Slices: []string{"sex"}, MinSlice: nil}, path)
	require.Len(t, r.Slices, 2)
	for _, s := range r.Slices {
		require.Equal(t, Worse, s.Verdict, s.Level)
		require.Equal(t, finding.Warn, s.finding().Outcome)
	}
	// every 5th row but every 45th is newly wrong, every 9th but every 45th newly right
	require.Equal(t, int64(400-45), r.Flips.Broke)
	require.Equal(t, int64(223-45), r.Flips.Fixed)
	require.Len(t, r.Flips.Examples, int(r.Flips.Broke+r.Flips.Fixed))
	require.Equal(t, r.Flips.Broke, r.Flips.BySlice[0].Broke+r.Flips.BySlice[1].Broke)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, int(1+r.Flips.Broke+r.Flips.Fixed), strings.Count(string(data), "\n"))
	require.Contains(t, string(data), "flip,key,repeat,label,champion,challenger,slice sex\n")
	comparedTo(t, champion, challenger, Spec{}, strings.TrimSuffix(path, ".csv")+".parquet")
	data, err = os.ReadFile(strings.TrimSuffix(path, ".csv") + ".parquet")
	require.NoError(t, err)
	require.Equal(t, "PAR1", string(data[:4]))
	r = compared(t, champion, challenger, Spec{Slices: []string{"user"}})
	require.Equal(t, Undefined, r.Slices[0].Verdict, "two hundred users are no slices")
	few := 5000
	r = compared(t, champion, challenger, Spec{Slices: []string{"sex"}, MinSlice: &few})
	require.Equal(t, finding.NotRun, r.Slices[0].finding().Outcome)
	require.False(t, r.Slices[0].finding().Blocks())
}

func TestSensitiveValuesAreNowhere(t *testing.T) {
	champion, challenger := files(400, 9, 5)
	champion = strings.ReplaceAll(champion, ",f,", ",secret-f,")
	path := filepath.Join(t.TempDir(), "flips.csv")
	spec := Spec{Slices: []string{"sex"}, Fairness: []Groups{{Column: "sex"}}}
	r := comparedTo(t, champion, challenger, spec, path, "sex", "id", "label")
	shown, err := json.Marshal([]any{r, r.Findings(), r.Blocks()})
	require.NoError(t, err)
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(shown)+string(file), "secret-f")
	require.Equal(t, "row 6", r.Flips.Examples[0].Key, "a row number, and no key")
	require.Empty(t, r.Flips.Examples[0].Label)
	missing := compared(t, "id,label,prediction\nsecret-key,a,a\n", "id,prediction\nother,a\n", Spec{}, "id")
	flipped := strings.ReplaceAll(champion, ",1,1,", ",0,1,")
	require.NotEqual(t, champion, flipped)
	require.Equal(t, r.TestSet, compared(t, flipped, challenger, Spec{}, "label").TestSet, "a sensitive label cannot be guessed through the name of the test set")
	require.NotEqual(t, r.TestSet, compared(t, flipped, challenger, Spec{}).TestSet)
	require.NotContains(t, missing.Findings()[0].Message+missing.Findings()[1].Message, "secret-key")
}

func TestRepeatsResampleKeys(t *testing.T) {
	var a, b strings.Builder
	a.WriteString("id,seed,label,prediction\n")
	b.WriteString("id,seed,prediction\n")
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		said := random.IntN(2)
		for seed := range 5 {
			fmt.Fprintf(&a, "%d,%d,1,%d\n", i, seed, random.IntN(2))
			fmt.Fprintf(&b, "%d,%d,%d\n", i, seed, said) // five times the same: rows are not independent
		}
	}
	r := compared(t, a.String(), b.String(), Spec{Repeat: "seed"})
	require.Empty(t, r.Faults)
	require.Equal(t, int64(100), r.Primary.Units)
	require.Greater(t, r.Primary.High-r.Primary.Low, 0.15, "of 500 independent rows it would be half as wide")
}

func TestFairnessIsShownWithIntervals(t *testing.T) {
	champion, challenger := files(900, 9, 5)
	r := compared(t, champion, challenger, Spec{Fairness: []Groups{{Column: "sex"}}})
	require.Len(t, r.Fairness, 2)
	for _, d := range r.Fairness {
		require.Less(t, d.ChallengerLow, d.ChallengerHigh)
		require.NotEqual(t, Undefined, d.Verdict)
	}
}

func TestWhatCannotBeComparedSaysWhy(t *testing.T) {
	for name, k := range map[string]struct {
		champion, challenger string
		spec                 Spec
		why                  string
	}{
		"no positive class": {"id,label,prediction\n1,a,a\n2,b,b\n", "id,prediction\n1,a\n2,b\n", Spec{Metric: "f1"}, "which class is positive"},
		"absent class":      {"id,label,prediction\n1,a,a\n2,b,b\n", "id,prediction\n1,a\n2,b\n", Spec{Metric: "f1", Positive: "c"}, `no row is of "c"`},
		"no repeats":        {"id,seed,label,prediction\n", "id,seed,prediction\n", Spec{Repeat: "seed"}, "no rows"},
		"one class":         {"id,label,score\n1,1,0.5\n2,1,0.6\n", "id,score\n1,0.4\n2,0.3\n", Spec{Metric: "auc"}, "no value"},
		"no probability":    {"id,label,score\n1,1,2\n2,0,0.6\n", "id,score\n1,0.4\n2,0.3\n", Spec{Metric: "brier"}, "1 values are no probability"},
		"few rows":          {"id,label,prediction\n1,1,1\n2,0,0\n", "id,prediction\n1,1\n2,1\n", Spec{Metric: "f1"}, "too few for a bootstrap"},
		"mape of 0":         {"id,label,prediction\n1,0,2\n2,1,1\n", "id,prediction\n1,1\n2,1\n", Spec{Metric: "mape"}, "a truth of 0"},
		"one group":         {"id,label,prediction,g\n1,1,1,x\n2,0,0,x\n", "id,prediction\n1,1\n2,1\n", Spec{Group: "g"}, "1 rows or groups are too few"},
		"no rows":           {"id,label,prediction\n", "id,prediction\n", Spec{}, "no rows"},
		"class missing":     {"id,label,pa\n1,a,1\n2,b,0\n", "id,pa\n1,1\n2,1\n", Spec{Metric: "log-loss", Classes: map[string]string{"a": "pa"}}, "there are 2 classes and probabilities of 1"},
	} {
		r := compared(t, k.champion, k.challenger, k.spec)
		require.Empty(t, r.Faults, name)
		require.Equal(t, Undefined, r.Primary.Verdict, name)
		f := r.Findings()[0]
		require.Contains(t, f.Message, k.why, name)
		require.Equal(t, finding.NotRun, f.Outcome)
		require.True(t, f.Blocks(), name)
	}
}
