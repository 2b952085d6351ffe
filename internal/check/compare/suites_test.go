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

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

const harnesses = "../../../testdata/suites"

// suites compares suites below a folder.
func suites(t *testing.T, dir string, spec Spec, sensitive ...string) Suites {
	t.Helper()
	require.Empty(t, spec.Problems())
	r, err := CompareSuites(t.Context(), dir, spec, Past{}, sensitive, "")
	require.NoError(t, err)
	data, err := json.Marshal(r)
	require.NoError(t, err, "a result file holds what every comparison found")
	again, err := finding.DecodeAs[Suites](data)
	require.NoError(t, err)
	require.Equal(t, r.Findings(), again.Findings(), "findings derive from what is stored")
	require.NotEmpty(t, r.Blocks())
	return r
}

func one(entry SuiteSpec) Spec { return Spec{Need: NeedNotWorse, Suites: []SuiteSpec{entry}} }

// The values are those that each harness printed: testdata/suites/README.md.
func TestSuitesOfEveryHarness(t *testing.T) {
	for path, c := range map[string]struct {
		entry                SuiteSpec
		champion, challenger float64
		method               string
		verdict              Verdict
	}{
		"lm-eval/":          {SuiteSpec{Tasks: []string{"assay_arithmetic"}}, 0.25, 0.35, "McNemar mid-p, Newcombe interval", Inconclusive},
		"inspect/*.eval":    {SuiteSpec{}, 0.75, 0.65, "bootstrap of groups, percentiles widened as Student's t demands, 2000 replicates", Inconclusive},
		"promptfoo/*.json":  {SuiteSpec{Metric: "exact"}, 0.75, 0.65, "bootstrap of groups, percentiles widened as Student's t demands, 2000 replicates", Inconclusive},
		"promptfoo/*.json ": {SuiteSpec{Metric: "closeness"}, 0.875, 0.825, "bootstrap of groups, percentiles widened as Student's t demands, 2000 replicates", Inconclusive},
		"nemo/":             {SuiteSpec{}, 0.75, 0.65, "bootstrap of groups, percentiles widened as Student's t demands, 2000 replicates", Inconclusive},
	} {
		t.Run(path, func(t *testing.T) {
			before, after, _ := strings.Cut(strings.TrimSpace(path), "*")
			c.entry.Champion, c.entry.Challenger, c.entry.Role = before+"champion"+after, before+"challenger"+after, RolePrimary
			r := suites(t, harnesses, one(c.entry))
			require.Len(t, r.Suites, 1)
			m := r.Suites[0].Compared.Primary
			require.NotNil(t, m)
			require.InDelta(t, c.champion, m.Champion, 1e-12)
			require.InDelta(t, c.challenger, m.Challenger, 1e-12)
			require.InDelta(t, c.challenger-c.champion, m.Gain, 1e-12)
			require.Equal(t, c.method, m.Method)
			require.Equal(t, int64(40), m.Units, "items are resampled, and not their repeats")
			require.Equal(t, c.verdict, m.Verdict)
			require.True(t, r.Findings()[0].Blocks(), "what is inconclusive blocks")
		})
	}
}

// lines are the answers of n items in JSON lines, of which a share is wrong; more ends each line.
func lines(n int, isRight func(i int) bool, more string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id": "q%d", "score": %t, "category": "c%d"%s}`+"\n", i, isRight(i), i%2, more)
	}
	return b.String()
}

// folder holds the files of two runs.
func folder(t *testing.T, champion, challenger string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.jsonl": champion, "b.jsonl": challenger} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func everyFifth(i int) bool { return i%5 != 0 }

// inSuite is lines of a suite by name, in one file with others.
func inSuite(name string) string { return fmt.Sprintf(`, "suite": %q`, name) }

func TestRolesOfSuites(t *testing.T) {
	worse := func(i int) bool { return i%5 != 0 && i%3 != 0 }
	dir := folder(t, lines(400, everyFifth, inSuite("t")), lines(400, worse, inSuite("t")))
	entry := SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.02")}
	for role, want := range map[Role]finding.Outcome{RolePrimary: finding.Fail, RoleCritical: finding.Fail, RoleAdvisory: finding.Warn, "": finding.Fail} {
		entry.Role = role
		r := suites(t, dir, one(entry))
		require.Equal(t, want, r.Findings()[0].Outcome, role)
		require.Contains(t, r.Findings()[0].Message, "t, score: the challenger is worse: 0.5325 against 0.8, gain −0.268")
		require.Equal(t, want, r.Blocks()[0].(finding.Line).Outcome)
		require.Equal(t, finding.Warn, r.Findings()[1].Outcome, "a category that fell is pointed at")
		require.Equal(t, "t where category = c0: score: the challenger is worse", r.Findings()[1].Message[:len("t where category = c0: score: the challenger is worse")])
	}
	require.Equal(t, int64(107), suites(t, dir, one(entry)).Suites[0].Compared.Flips.Broke)
}

func TestARequiredSuiteThatIsMissingFails(t *testing.T) {
	dir := folder(t, lines(40, everyFifth, inSuite("t"))+lines(40, everyFifth, inSuite("u")), lines(40, everyFifth, inSuite("t")))
	entry := SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.5")}
	r := suites(t, dir, one(entry))
	require.Equal(t, finding.Pass, r.Findings()[0].Outcome)
	missing := r.Findings()[len(r.Findings())-1]
	require.Equal(t, finding.Fail, missing.Outcome)
	require.Equal(t, "suite u of the challenger (b.jsonl) cannot be compared: there is no task u in it", missing.Message)
	entry.Tasks = []string{"v"}
	require.Len(t, suites(t, dir, one(entry)).Findings(), 2, "it is missing on both sides")
	no := false
	entry.Required = &no
	for _, f := range suites(t, dir, one(entry)).Findings() {
		require.Equal(t, finding.Warn, f.Outcome)
	}
	entry.Required, entry.Tasks, entry.Challenger = nil, nil, "c.jsonl"
	last := suites(t, dir, one(entry)).Findings()
	require.Equal(t, "suite t of the challenger (c.jsonl) cannot be compared: there is no file or folder at c.jsonl", last[0].Message)
	require.True(t, last[0].Blocks())
}

func TestSeveralTasksAreNotPrimary(t *testing.T) {
	text := lines(40, everyFifth, inSuite("t")) + lines(40, everyFifth, inSuite("u"))
	r := suites(t, folder(t, text, text), one(SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Role: RolePrimary}))
	require.Len(t, r.Findings(), 2)
	require.Contains(t, r.Findings()[0].Message, "several tasks cannot be primary, and there are 2: name one under tasks")
	require.True(t, r.Findings()[0].Blocks())
}

func TestWhatIsWrongWithItemsIsCounted(t *testing.T) {
	good := lines(40, everyFifth, "")
	first := `{"id": "q0", "score": false, "category": "c0"}`
	for name, c := range map[string]struct{ from, to, want string }{
		"an item is missing":    {first, "", "challenger b.jsonl: 1 rows of the champion are missing: q0"},
		"an item is new":        {first, first + "\n" + `{"id": "new", "score": true}`, "challenger b.jsonl: 1 rows that the champion does not have: new"},
		"an item stands twice":  {first, first + "\n" + first, "challenger b.jsonl: 1 rows whose key stood before: q0"},
		"an item has no score":  {first, `{"id": "q0", "score": null}`, "challenger b.jsonl: 1 rows without a value prediction: q0"},
		"a score is no number":  {first, `{"id": "q0", "score": NaN}`, "challenger b.jsonl: 1 rows whose value is no finite number score: q0"},
		"a score is infinite":   {first, `{"id": "q0", "score": 1e999}`, "challenger b.jsonl: 1 rows whose value is no finite number score: q0"},
		"scores are lists":      {first, `{"id": "q0", "score": [1]}`, "suite x of the challenger (b.jsonl) cannot be compared: score: its items have lists, not one number each"},
		"a metric of that name": {`"score"`, `"metric": "other", "score"`, `suite x of the challenger (b.jsonl) cannot be compared: there is no metric "score"; there are: other`},
	} {
		t.Run(name, func(t *testing.T) {
			champion := strings.ReplaceAll(good, `"id"`, `"suite": "x", "id"`)
			challenger := strings.ReplaceAll(strings.ReplaceAll(good, c.from, c.to), `"id"`, `"suite": "x", "id"`)
			r := suites(t, folder(t, champion, challenger), one(SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.1")}))
			require.Contains(t, r.Findings()[0].Message, c.want)
			require.True(t, r.Findings()[0].Blocks())
		})
	}
}

func TestAnotherQuestionOfTheSameNameIsFound(t *testing.T) {
	champion, challenger := lines(30, everyFifth, `, "input": "one"`), lines(30, everyFifth, `, "input": "two"`)
	r := suites(t, folder(t, champion, challenger), Spec{Suites: []SuiteSpec{{Champion: "a.jsonl", Challenger: "b.jsonl", Tasks: []string{"x"}, Margin: limit("0.1")}}})
	require.Contains(t, r.Findings()[0].Message, "there is no task x in it", "without a name of its own a suite has that of its file")
	same := func(text string) string { return strings.ReplaceAll(text, `"id"`, `"suite": "x", "id"`) }
	r = suites(t, folder(t, same(champion), same(challenger)), one(SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.1")}))
	require.Equal(t, "x: a.jsonl and b.jsonl: 30 items are other questions in each run: q0; q1; q2; q3; q4 …", r.Findings()[0].Message)
}

func TestTheDirectionOfSuites(t *testing.T) {
	rare := func(i int) bool { return i%20 == 0 }
	dir := folder(t, lines(400, rare, inSuite("harm")+`, "better": "lower"`), lines(400, func(i int) bool { return i%4 == 0 }, inSuite("harm")))
	r := suites(t, dir, one(SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Role: RolePrimary}))
	m := r.Suites[0].Compared.Primary
	require.Equal(t, Worse, m.Verdict)
	require.InDelta(t, 0.05, m.Champion, 1e-12)
	require.InDelta(t, 0.25, m.Challenger, 1e-12)
	require.InDelta(t, -0.2, m.Gain, 1e-12)
	require.Equal(t, "McNemar mid-p, Newcombe interval", m.Method)
	require.Empty(t, r.Suites[0].Notes)
	r = suites(t, dir, one(SuiteSpec{Champion: "b.jsonl", Challenger: "a.jsonl", Role: RolePrimary, Better: "lower"}))
	require.Equal(t, Better, r.Suites[0].Compared.Primary.Verdict)
}

func TestNothingTellsTheDirection(t *testing.T) {
	text := lines(40, everyFifth, inSuite("t")+`, "metric": "zeal"`)
	r := suites(t, folder(t, text, text), one(SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Role: RoleAdvisory}))
	require.Equal(t, []string{"nothing tells which way zeal is better: higher is taken, and better says otherwise"}, r.Suites[0].Notes)
}

func TestScoresThatAreTheSameAreNotBelievedTooMuch(t *testing.T) {
	text := strings.ReplaceAll(strings.ReplaceAll(lines(30, everyFifth, inSuite("t")), "true", "0.75"), "false", "0.5")
	r := suites(t, folder(t, text, text), one(SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.05")}))
	m := r.Suites[0].Compared.Primary
	require.Equal(t, Inconclusive, m.Verdict, "30 items without a difference allow for one of 11 %%")
	require.InDelta(t, -0.1157, m.Low, 1e-4) // 1 − 0.025^(1/30)
}

func TestCriticalSuitesAreOneFamily(t *testing.T) {
	// Newcombe's upper end is just below −0.02 for each alone, and Holm's correction of 20 takes it back.
	var champion, challenger strings.Builder
	for i := range 20 {
		name := fmt.Sprintf("t%02d", i)
		champion.WriteString(lines(200, func(i int) bool { return i != 0 }, inSuite(name)))
		challenger.WriteString(lines(200, func(i int) bool { return i > 12 }, inSuite(name)))
	}
	dir := folder(t, champion.String(), challenger.String())
	entry := SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.02"), Role: RoleCritical}
	for _, s := range suites(t, dir, one(entry)).Suites {
		require.Equal(t, Inconclusive, s.Compared.Primary.Verdict)
	}
	entry.Tasks = []string{"t00"}
	require.Equal(t, Worse, suites(t, dir, one(entry)).Suites[0].Compared.Primary.Verdict)
}

func TestSensitiveItemsAndCategoriesAreNotNamed(t *testing.T) {
	dir := folder(t, lines(80, everyFifth, inSuite("t")), lines(80, func(i int) bool { return i%7 != 0 }, inSuite("t")))
	spec := one(SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.5")})
	shown, err := json.Marshal(suites(t, dir, spec))
	require.NoError(t, err)
	require.Contains(t, string(shown), "q5")
	require.Contains(t, string(shown), "c1")
	hidden, err := json.Marshal(suites(t, dir, spec, "id", "category"))
	require.NoError(t, err)
	require.NotContains(t, string(hidden), `"q5"`)
	require.NotContains(t, string(hidden), "c1")
}

func TestFlipsOfSuitesAreAFile(t *testing.T) {
	dir := folder(t, lines(40, everyFifth, inSuite("t")), lines(40, func(i int) bool { return i != 39 }, inSuite("t")))
	spec := one(SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.5")})
	for name, want := range map[string]string{"new/flips.csv": "new/flips.csv", "flips.parquet": "flips-suites.csv"} {
		_, err := CompareSuites(t.Context(), dir, spec, Past{}, nil, filepath.Join(dir, name))
		require.NoError(t, err)
		data, err := os.ReadFile(filepath.Join(dir, want))
		require.NoError(t, err)
		require.Equal(t, "suite,flip,key,repeat\nt,fixed,q0,\nt,fixed,q5,\n", string(data[:len("suite,flip,key,repeat\nt,fixed,q0,\nt,fixed,q5,\n")]))
		require.Contains(t, string(data), "t,broke,q39,\n")
	}
}

func TestASuiteOfWhichAFileSaysNothingIsUnknown(t *testing.T) {
	for _, text := range []string{`{"suites": [{"name": "t"}]}`, `{"suites": [{"name": "t", "compared": {}}]}`} {
		r, err := finding.DecodeAs[Suites]([]byte(text))
		require.NoError(t, err)
		require.Len(t, r.Findings(), 1)
		require.Equal(t, finding.Unknown, r.Findings()[0].Outcome)
		require.Equal(t, finding.Unknown, r.Blocks()[0].(finding.Line).Outcome)
	}
}

func TestWhatIsWrongWithSuites(t *testing.T) {
	spec := Spec{Metric: "f1", Suites: []SuiteSpec{{Champion: "a", Challenger: "b", Format: "x", Role: RolePrimary, Tasks: []string{"t", "u"}}, {Champion: "c", Challenger: "d", Role: RolePrimary, Tasks: []string{"t"}, RelativeMargin: limit("2")}, {Champion: "e", Challenger: "f"}}}
	var got []string
	for _, p := range spec.Problems() {
		got = append(got, fmt.Sprint(p.Path)+" "+p.Message)
	}
	require.Equal(t, []string{"[metric] metric is about two tables, and there are none", "[suites 0 tasks] several tasks cannot be primary", `[suites 0 format] format cannot be "x"`,
		"[suites 1 role] several are primary", "[suites 1 relative-margin] relative-margin cannot be 2", `[suites 1] two suites are called "t"`,
		"[suites 2 margin] what is critical needs a margin above 0, or a relative-margin"}, got)
	spec = Spec{Champion: "a", Challenger: "b", Key: []string{"id"}, Suites: []SuiteSpec{{Champion: "a", Challenger: "b", Role: RolePrimary}}}
	require.Len(t, spec.Problems(), 1)
	require.Contains(t, spec.Problems()[0].Hint, "the metric of the tables decides")
}

func TestARelativeMarginGuardsALowBase(t *testing.T) {
	// The champion is right about 3 %, the challenger about 1 %: a margin of 0.03 lets it pass.
	few := func(n int) func(int) bool { return func(i int) bool { return i < n } }
	dir := folder(t, lines(3000, few(90), inSuite("t")), lines(3000, few(30), inSuite("t")))
	entry := SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.03")}
	r := suites(t, dir, one(entry))
	require.Equal(t, finding.Pass, r.Findings()[0].Outcome)
	entry.RelativeMargin = limit("0.1")
	r = suites(t, dir, one(entry))
	require.Equal(t, finding.Fail, r.Findings()[0].Outcome)
	require.InDelta(t, 0.003, r.Suites[0].Compared.Primary.Margin, 1e-12)
	require.Contains(t, r.Findings()[0].Message, "margin 0.003 (relative margin 10 %)")
	entry.Margin = nil
	require.Equal(t, finding.Fail, suites(t, dir, one(entry)).Findings()[0].Outcome, "it holds alone, too")
	entry.Margin = limit("0.001")
	require.InDelta(t, 0.001, suites(t, dir, one(entry)).Suites[0].Compared.Primary.Margin, 0, "the smaller one holds")
}

func TestARelativeMarginOfMetrics(t *testing.T) {
	champion, challenger := files(2000, 7, 6)
	spec := Spec{Need: NeedNotWorse, Margin: limit("0.1"), RelativeMargin: limit("0.1"), Critical: []Guard{{Metric: "log-loss", RelativeMargin: limit("0.5")}}}
	r := compared(t, champion, challenger, spec)
	require.InDelta(t, 0.1*r.Primary.Champion, r.Primary.Margin, 1e-12, "0.0857 is less than 0.1")
	require.InDelta(t, 0.5/1.5*r.Critical[0].Challenger, r.Critical[0].Margin, 1e-12, "of a loss the border is told by the challenger's value")
	require.Equal(t, NotWorse, r.Primary.Verdict)
	require.Contains(t, r.Findings()[0].Message, "(relative margin 10 %)")
}

// One of the values counts as known. On the very border, of a challenger that lost just the share, "not worse" and "worse" are said no more often
// than the level allows, also of a loss, whose share is a large one.
func TestARelativeMarginKeepsItsLevel(t *testing.T) {
	const n, draws = 500, 2000
	for _, c := range []struct {
		both, first, second float64 // shares of rows on which each model scores
		isLoss              bool
		relative            string
	}{{0.20, 0.10, 0.07, false, "0.1"}, {0.10, 0.20, 0.05, false, "0.5"}, {0.15, 0.05, 0.15, true, "0.5"}, {0.05, 0.15, 0.17, true, "0.1"}} {
		random := rand.New(rand.NewPCG(1, 2))
		passed, failed := 0, 0
		for range draws {
			var p stat.Pairs
			for range n {
				switch u := random.Float64(); {
				case u < c.both:
					p.Both++
				case u < c.both+c.first:
					p.First++
				case u < c.both+c.first+c.second:
					p.Second++
				default:
					p.Neither++
				}
			}
			m := Measure{Champion: float64(p.Both+p.First) / n, Challenger: float64(p.Both+p.Second) / n, Rows: n}
			if m.Low, m.High = p.Newcombe(z975); c.isLoss {
				m.Low, m.High = -m.High, -m.Low
			}
			m.narrow(margins{relative: limit(c.relative)}, c.isLoss)
			switch m.decide(); m.Verdict {
			case Better, NotWorse:
				passed++
			case Worse:
				failed++
			}
		}
		require.Less(t, float64(passed)/draws, 0.025+0.0105, c) // three standard errors of 2000 draws
		require.Less(t, float64(failed)/draws, 0.025+0.0105, c)
	}
}

func TestLooksAtSuitesAreCounted(t *testing.T) {
	text := func(name string) string { return lines(400, everyFifth, inSuite(name)) }
	dir := folder(t, text("t")+text("u"), text("t")+text("u"))
	spec := one(SuiteSpec{Champion: "a.jsonl", Challenger: "b.jsonl", Margin: limit("0.05")})
	first := suites(t, dir, spec)
	require.NotEqual(t, first.Suites[0].Compared.TestSet, first.Suites[1].Compared.TestSet, "the same ids are other items")
	past := Past{Run: 50, Seen: []Seen{{TestSet: first.Suites[0].Compared.TestSet, Run: 1}}}
	spec.Looks = looksTighten
	r, err := CompareSuites(t.Context(), dir, spec, past, nil, "")
	require.NoError(t, err)
	require.Equal(t, int64(50), r.Suites[0].Compared.Looks.count())
	require.InDelta(t, oneSided/50, r.Suites[0].Compared.Level, 1e-12)
	require.Less(t, r.Suites[0].Compared.Primary.Low, first.Suites[0].Compared.Primary.Low, "the interval is wider")
	again, err := r.Recounted(past, looksTighten)
	require.NoError(t, err)
	require.Equal(t, r.Findings(), again.Findings())
	_, err = first.Recounted(past, looksTighten)
	require.ErrorContains(t, err, "suite t: looks at the test set tighten the level")
}
