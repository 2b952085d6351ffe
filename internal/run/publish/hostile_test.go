package publish_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/shape"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/run/publish"
	"github.com/assay-ml/assay/internal/train/attach"
)

// hostile is an artifact that somebody made by hand. Each ends in a refusal that the pull request shows, or in the comment that is right.
type hostile struct {
	name string
	make func(t *testing.T) []githubtest.RunArtifact
	want string // a part of the refusal, "" where the comment is right
	red  bool   // of a comment that is right
	more string // rules beside the gates
}

// one is a single artifact of the right name.
func one(data []byte) []githubtest.RunArtifact { return []githubtest.RunArtifact{kept(data)} }

// text is a claim of auc 0.9 in which a text was replaced.
func text(t *testing.T, old, new string) []byte {
	t.Helper()
	data := encode(t, claim(0.9))
	require.Contains(t, string(data), old)
	return bytes.Replace(data, []byte(old), []byte(new), 1)
}

func zipped(t *testing.T, header *zip.FileHeader, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	header.Method = zip.Deflate
	out, err := w.CreateHeader(header)
	require.NoError(t, err)
	_, err = out.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// changed is a claim that was changed as a value.
func changed(t *testing.T, auc float64, change func(*finding.Result)) []githubtest.RunArtifact {
	t.Helper()
	r := claim(auc)
	change(&r)
	return one(encode(t, r))
}

func corpus() []hostile {
	return append(artifacts(), forgeries()...)
}

func artifacts() []hostile {
	symlink := &zip.FileHeader{Name: "result.json"}
	symlink.SetMode(fs.ModeSymlink | 0o777)
	return []hostile{
		{"zip bomb", func(t *testing.T) []githubtest.RunArtifact {
			return one(zipped(t, &zip.FileHeader{Name: "r"}, make([]byte, publish.MaxFile+1)))
		}, "the file is larger than 16777216 bytes", false, ""},
		{"states another size", func(t *testing.T) []githubtest.RunArtifact {
			return []githubtest.RunArtifact{{ID: 1001, Name: resultA, Data: encode(t, claim(0.9)), Size: 1 << 40}}
		}, "the result has more than 16777216 bytes", false, ""},
		{"traversal", func(t *testing.T) []githubtest.RunArtifact {
			return one(zipped(t, &zip.FileHeader{Name: "../../../etc/cron.d/x"}, encode(t, claim(0.9))))
		}, "", false, ""},
		{"symlink", func(t *testing.T) []githubtest.RunArtifact {
			return one(zipped(t, symlink, []byte("/proc/self/environ")))
		}, "a link or a folder", false, ""},
		{"two files in a zip", func(t *testing.T) []githubtest.RunArtifact {
			var b bytes.Buffer
			w := zip.NewWriter(&b)
			for _, name := range []string{"a", "b"} {
				_, err := w.Create(name)
				require.NoError(t, err)
			}
			require.NoError(t, w.Close())
			return one(b.Bytes())
		}, "the zip holds 2 files", false, ""},
		{"truncated zip", func(t *testing.T) []githubtest.RunArtifact {
			whole := zipped(t, &zip.FileHeader{Name: "r"}, encode(t, claim(0.9)))
			return one(whole[:len(whole)/2])
		}, "the zip is damaged", false, ""},
		{"not a zip and no JSON", func(*testing.T) []githubtest.RunArtifact { return one([]byte("\x7fELF")) }, "invalid character", false, ""},
		{"empty", func(*testing.T) []githubtest.RunArtifact { return one(nil) }, "unexpected EOF", false, ""},
		{"truncated", func(t *testing.T) []githubtest.RunArtifact { d := encode(t, claim(0.9)); return one(d[:len(d)/2]) }, "unexpected EOF", false, ""},
		{"something follows", func(t *testing.T) []githubtest.RunArtifact { return one(append(encode(t, claim(0.9)), "{}"...)) }, "something follows it", false, ""},
		{"wrong name", func(t *testing.T) []githubtest.RunArtifact {
			return []githubtest.RunArtifact{{ID: 1, Name: "assay-result.other.json", Data: encode(t, claim(0.9))}}
		}, "the run left no result named assay-result.m.json", false, ""},
		{"a name with a path", func(t *testing.T) []githubtest.RunArtifact {
			return []githubtest.RunArtifact{{ID: 1, Name: "assay-result.m.../../x.json", Data: encode(t, claim(0.9))}}
		}, "the run left no result", false, ""},
		{"two of one name", func(t *testing.T) []githubtest.RunArtifact {
			return []githubtest.RunArtifact{{ID: 1002, Name: resultA, Data: encode(t, claim(0.1))}, {ID: 1001, Name: resultA, Data: encode(t, claim(0.9))}}
		}, "", true, ""},
		{"a hundred jobs", func(t *testing.T) []githubtest.RunArtifact {
			var all []githubtest.RunArtifact
			for i := range 100 {
				all = append(all, githubtest.RunArtifact{ID: int64(i + 1), Name: publish.ResultName("m", fmt.Sprint(i)), Data: encode(t, claim(0.9))})
			}
			return all
		}, "the run left 100 results, and at most 16 are read", false, ""},
		{"expired", func(t *testing.T) []githubtest.RunArtifact {
			return []githubtest.RunArtifact{{ID: 1, Name: resultA, Data: encode(t, claim(0.9)), Expired: true}}
		}, "the result has expired", false, ""},
		{"forged verdict", func(t *testing.T) []githubtest.RunArtifact {
			data := encode(t, claim(0.1))
			for _, forged := range []string{`"verdict":"fail"`, `"verdict":"not-run"`, `"verdict":"unknown"`} {
				data = bytes.ReplaceAll(data, []byte(forged), []byte(`"verdict":"pass"`))
			}
			return one(bytes.ReplaceAll(data, []byte(`"red":true`), []byte(`"red":false`)))
		}, "", true, ""},
		{"own limits", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.1, func(r *finding.Result) {
				answer := r.Steps[0].Answers[0].(gate.Result)
				answer.Metrics[0].Limits = []gate.Limit{{Rule: "at-least", Outcome: finding.Pass}}
				r.Steps[0].Answers[0] = answer
			})
		}, "", true, ""},
		{"own base", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.84, func(r *finding.Result) {
				low := metric.Value(0.1)
				answer := r.Steps[0].Answers[0].(gate.Result)
				answer.Metrics[0].Base = &low
				r.Steps[0].Answers[0], r.Base = answer, finding.Base{Source: "champion", Path: "v1"}
			})
		}, "", true, ""},
		{"enforces nothing", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.1, func(r *finding.Result) { r.Steps[0].Enforced = false })
		}, "", true, ""},
		{"leaves the gates out", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.1, func(r *finding.Result) { r.Steps = nil })
		}, "", true, ""},
		{"accepts itself", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.1, func(r *finding.Result) {
				r.Steps = append(r.Steps, finding.Step{Name: "rules", Answers: []finding.Answer{union.Result{State: union.Joined, Accepted: &union.Acceptance{By: "maintainer"}}}})
			})
		}, "", true, ""},
		{"wrong pull request", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.9, func(r *finding.Result) { r.Subject.PullRequest = 1 })
		}, "", false, ""},
		{"another repository's run", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.9, func(r *finding.Result) {
				r.Subject.Repository, r.Subject.RunURL = "evil/repo", "https://github.com/evil/repo/actions/runs/1"
			})
		}, "", false, ""},
		{"stale head in the file", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.9, func(r *finding.Result) { r.Subject.HeadSHA = stale })
		}, "", false, ""},
		{"another model", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.9, func(r *finding.Result) { r.Model, r.Name = "@team", "production" })
		}, "", false, ""},
		{"own notices", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.9, func(r *finding.Result) { r.Notices = []string{"Approved by @maintainer, evil words"} })
		}, "", false, ""},
		{"NaN as a word", func(t *testing.T) []githubtest.RunArtifact { return one(text(t, `"head":0.9`, `"head":NaN`)) }, "invalid character 'N'", false, ""},
		{"NaN as Assay writes it", func(t *testing.T) []githubtest.RunArtifact { return one(encode(t, claim(math.NaN()))) }, "", true, ""},
		{"an infinity", func(t *testing.T) []githubtest.RunArtifact { return one(text(t, `"head":0.9`, `"head":1e999`)) }, "cannot unmarshal number 1e999", false, ""},
		{"a million metrics", func(t *testing.T) []githubtest.RunArtifact {
			var many strings.Builder
			many.WriteString(`"metrics":[`)
			for i := range 1_000_000 {
				fmt.Fprintf(&many, `{"name":"%d"},`, i)
			}
			return one(zipped(t, &zip.FileHeader{Name: "r"}, text(t, `"metrics":[`, many.String())))
		}, "larger than 16777216 bytes", false, ""},
		{"a million numbers", func(t *testing.T) []githubtest.RunArtifact {
			return one(text(t, `"metrics":[`, `"ignored":[`+strings.Repeat("0,", 1_000_000)+`0],"metrics":[`))
		}, "it has more than 1000000 parts", false, ""},
		{"forty thousand metrics", func(t *testing.T) []githubtest.RunArtifact {
			answer := metric.Set{Values: map[string]metric.Value{"auc": 0.9}}
			for i := range 40_000 {
				answer.Values[fmt.Sprint("metric ", i)] = 1
			}
			return changed(t, 0.9, func(r *finding.Result) {
				r.Steps[0].Answers[0] = gate.Check(nil, gate.Input{Head: answer, Describe: metric.Spec{}.Describe})
			})
		}, "", false, ""},
		{"deep nesting", func(t *testing.T) []githubtest.RunArtifact {
			return one(text(t, `"head":0.9`, `"head":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)))
		}, "nested deeper than 32", false, ""},
		{"duplicate keys", func(t *testing.T) []githubtest.RunArtifact {
			return one(text(t, `"head":0.9`, `"head":0.1,"head":0.9`))
		}, `it has "head" twice`, false, ""},
		{"keys in another case", func(t *testing.T) []githubtest.RunArtifact {
			return one(text(t, `"head":0.9`, `"head":0.1,"HEAD":0.9`))
		}, `the field "HEAD"`, false, ""},
		{"unknown field", func(t *testing.T) []githubtest.RunArtifact { return one(text(t, `"head":0.9`, `"head":0.9,"evil":1`)) }, `the field "evil"`, false, ""},
		{"unknown kind", func(t *testing.T) []githubtest.RunArtifact { return one(text(t, `"kind":"gate"`, `"kind":"evil"`)) }, `unknown kind "evil"`, false, ""},
		{"another version", func(t *testing.T) []githubtest.RunArtifact { return one(text(t, `"version":1`, `"version":2`)) }, "version 2", false, ""},
		{"a huge text", func(t *testing.T) []githubtest.RunArtifact {
			return one(text(t, `"name":"auc"`, `"name":"`+strings.Repeat("x", 1<<20)+`"`))
		}, "a text in it has more than 65536 bytes", false, ""},
		{"a long hostile name", func(t *testing.T) []githubtest.RunArtifact {
			return changed(t, 0.9, func(r *finding.Result) {
				answer := metric.Set{Values: map[string]metric.Value{"auc": 0.9, strings.Repeat("@team [x](http://evil) ", 2000): 1}}
				r.Steps[0].Answers[0] = gate.Check(nil, gate.Input{Head: answer, Describe: metric.Spec{}.Describe})
			})
		}, "", false, ""},
		{"invalid UTF-8", func(t *testing.T) []githubtest.RunArtifact { return one(text(t, `"name":"auc"`, "\"name\":\"\xff\"")) }, "the result is not UTF-8", false, ""},
	}
}

// What becomes of each is printed: go test -v -run Hostile.
func TestHostileArtifactsEndInARefusalOrInARightComment(t *testing.T) {
	for _, c := range corpus() {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, c.make(t)...)
			s.add(c.more)
			done := s.publish(t)
			require.Len(t, done, 1)
			state := s.State()
			require.Len(t, state.Comments, 1, "whatever it is, the pull request is told once")
			require.Equal(t, 7, state.Comments[0].Pull)
			require.Len(t, state.CheckRuns, 1)
			require.Equal(t, head, state.CheckRuns[0].HeadSHA)
			require.Equal(t, "Assay / m completed", state.CheckRuns[0].Name+" "+state.CheckRuns[0].Status)
			body := state.Comments[0].Body
			require.NotContains(t, body, "evil/repo")
			require.NotContains(t, body, "evil words")
			require.NotContains(t, rendered(t, body), "href=\"http://evil")
			conclusion := map[bool]string{true: "failure", false: "success"}[c.red || c.want != ""]
			require.Equal(t, conclusion, state.CheckRuns[0].Conclusion, body)
			require.Equal(t, conclusion, state.Statuses[len(state.Statuses)-1].State)
			if c.want == "" {
				require.NoError(t, done[0].Refused)
				require.Contains(t, body, "The numbers come from an unprivileged run")
				t.Logf("%s: %s", c.name, state.CheckRuns[0].Title)
				return
			}
			require.ErrorContains(t, done[0].Refused, c.want)
			require.Contains(t, body, "could not judge")
			t.Logf("%s: refused: %v", c.name, done[0].Refused)
		})
	}
}

// rendered is a comment as GitHub shows it.
func rendered(t *testing.T, body string) string {
	t.Helper()
	var page bytes.Buffer
	require.NoError(t, goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(body), &page))
	return page.String()
}

// A step takes answers of its own kinds only, and each step is known.
func TestAnswersStandInTheirSteps(t *testing.T) {
	s := newStage(t, changed(t, 0.9, func(r *finding.Result) {
		r.Steps = append(r.Steps, finding.Step{Name: "train", Answers: []finding.Answer{union.Result{State: union.Joined}}})
	})...)
	for _, files := range s.history.Files {
		files["assay.yaml"] = rules + "train: {command: python train.py}\n"
	}
	require.ErrorContains(t, s.publish(t)[0].Refused, `the step train holds an answer of the kind "rules", which it never gives`)

	skip := finding.Step{Answers: []finding.Answer{run.Skipped{Why: "x"}}}
	for _, name := range run.StepNames() {
		skip.Name = name
		claimed := claim(0.9)
		claimed.Steps = append(claimed.Steps, skip)
		_, err := publish.Judge(claimed, publish.Case{Config: everything(t), Rules: union.Result{State: union.Joined}})
		require.NoError(t, err, name)
	}
}

// everything is a config that asks for each step.
func everything(t *testing.T) *config.Config {
	t.Helper()
	c, err := config.Parse("assay.yaml", []byte(rules+"data: {a: {path: a.csv}, b: {path: b.csv}}\nvalidate:\n  - leakage: {train: a, test: b}\n"+
		"train: {command: x}\nsteps:\n  - {name: own, command: x}\ndrift: {reference: a, current: b}\ncompare: {champion: a, challenger: b, label: y, key: [id], suites: [{champion: c, challenger: d, tasks: [t], margin: 0.1}, {champion: e, challenger: f, margin: 0.1}]}\nreport: {attach: [notes.md]}\n"), nil)
	require.NoError(t, err)
	require.Equal(t, run.StepNames(), run.Wanted(c))
	return c
}

// What the data looked like is shown; what it is said to have looked like at the base is not.
func TestTheBaseOfTheDataIsNotTheClaims(t *testing.T) {
	claimed := claim(0.9)
	claimed.Steps = append(claimed.Steps, finding.Step{Name: run.DataStep, Answers: []finding.Answer{
		shape.Result{Parameters: map[string]string{"lr": "1"}, Base: &shape.Past{Commit: stale, Parameters: map[string]string{"lr": "2"}}}, union.Result{State: union.New}}})
	result, err := publish.Judge(claimed, publish.Case{Config: everything(t), Rules: union.Result{State: union.Joined}})
	require.NoError(t, err)
	require.Equal(t, []finding.Answer{shape.Result{Parameters: map[string]string{"lr": "1"}}}, result.Steps[0].Answers)
}

// Nobody's prose stands in a comment of the repository's own.
func TestAStrangersProseIsDropped(t *testing.T) {
	claimed := claim(0.9)
	claimed.Steps = append(claimed.Steps, finding.Step{Name: "report", Answers: []finding.Answer{attach.Result{Path: "notes.md"}}})
	result, err := publish.Judge(claimed, publish.Case{Config: everything(t), Rules: union.Result{State: union.Joined}})
	require.NoError(t, err)
	for _, step := range result.Steps {
		require.NotEqual(t, "report", step.Name)
	}
}

// What is left out of a step blocks, one answer of it at a time.
func TestWhatIsLeftOutBlocks(t *testing.T) {
	result, err := publish.Judge(claim(0.9), publish.Case{Config: everything(t), Rules: union.Result{State: union.Joined}, Enforce: true})
	require.NoError(t, err)
	var said []string
	for _, step := range result.Steps {
		if step.Red() {
			said = append(said, step.Findings()[0].Message)
		}
	}
	require.Equal(t, []string{"validate did not run: the result does not say what came of leakage a to b", "train did not run: the result does not say what came of train",
		"custom did not run: the result does not say what came of step own", "compare did not run: the result does not say what came of compare a with b, better, suite t, critical, better, required true, suite e and f, critical, better, required true",
		"drift did not run: the result does not say what came of drift a to b"}, said)
}

// A suite that the rules require cannot be left out, nor be made optional or advisory.
func TestARequiredSuiteIsNotLeftOut(t *testing.T) {
	c, err := config.Parse("assay.yaml", []byte(rules+"compare: {suites: [{champion: c, challenger: d, tasks: [t], margin: 0.1}]}\n"), nil)
	require.NoError(t, err)
	good := compare.Suite{Name: "t", Champion: "c", Challenger: "d", Role: compare.RoleCritical, Required: true, Absent: []compare.Absence{{Why: "gone"}}}
	advisory, optional := good, good
	advisory.Role, optional.Required = compare.RoleAdvisory, false
	for _, k := range []struct {
		suites []compare.Suite
		isTold bool
	}{{[]compare.Suite{good}, true}, {[]compare.Suite{advisory}, false}, {[]compare.Suite{optional}, false}, {nil, false}} {
		claimed := claim(0.9)
		claimed.Steps = append(claimed.Steps, finding.Step{Name: "compare", Answers: []finding.Answer{compare.Suites{Need: compare.NeedBetter, Suites: k.suites}}})
		result, err := publish.Judge(claimed, publish.Case{Config: c, Rules: union.Result{State: union.Joined}, Enforce: true})
		require.NoError(t, err)
		last := result.Steps[len(result.Steps)-1]
		require.Equal(t, "compare", last.Name)
		require.True(t, last.Red())
		require.Equal(t, k.isTold, len(last.Answers) == 1, k.suites)
	}
}

// How often a test set was looked at is counted anew: a claim cannot hide looks, nor come with intervals that they forbid.
func TestLooksAreNotTheClaims(t *testing.T) {
	c := everything(t)
	m := compare.Measure{Metric: "accuracy", Rows: 900, Gain: 0.02, Low: 0.01, High: 0.03}
	of := func(policy string, level float64) finding.Answer {
		c.Compare.Looks = policy
		claimed := claim(0.9)
		claimed.Steps = append(claimed.Steps, finding.Step{Name: "compare", Answers: []finding.Answer{
			compare.Result{Champion: "a", Challenger: "b", Rows: 900, TestSet: "t", Primary: &m, Level: level, Looks: &compare.Looks{}}}})
		result, err := publish.Judge(claimed, publish.Case{Config: c, Rules: union.Result{State: union.Joined}, Subject: finding.Subject{RunNumber: 100},
			Base: record.Base{Seen: []compare.Seen{{TestSet: "t", Run: 90}, {TestSet: "u", Run: 80}}}})
		require.NoError(t, err)
		for _, step := range result.Steps {
			if step.Name == "compare" {
				return step.Answers[0]
			}
		}
		return nil
	}
	require.Equal(t, &compare.Looks{Stored: 1, Runs: 20}, of("", 0).(compare.Result).Looks)
	require.Equal(t, finding.Pass, of("tighten", 0.025/20).Findings()[0].Outcome)
	require.Contains(t, of("tighten", 0).Findings()[0].Message, "looks at the test set tighten the level to 0.0013, and the intervals were made at 0.025")
	require.True(t, of("tighten", 0).Findings()[0].Blocks())
}

func FuzzRead(f *testing.F) {
	data, err := json.Marshal(claim(0.9))
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(`{"version":1,"steps":[{"name":"a","details":[{"kind":"of-base","value":{"kind":"gate","value":{}}}]}]}`))
	f.Add([]byte(`{"version":1,"steps":[{"name":"compare","details":[{"kind":"compare","value":{"champion":"a","challenger":"b","level":1e-320,"looks":{"stored":-9,"better":4611686018427387904,"runs":4611686018427387904},` +
		`"primary":{"metric":"f1","rows":9},"slices":[{"column":"c","level":"x","metric":"f1"}],"fairness":[{"column":"c","limit":0.1}],"flips":{"broke":-1,"examples":[{"key":"k","kind":"broke"}]}}}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		result, err := publish.Read(data)
		if err != nil {
			return
		}
		for _, step := range result.Steps {
			for _, answer := range step.Answers {
				answer.Blocks() // whatever it says, it can be shown
			}
		}
		again, err := json.Marshal(result)
		require.NoError(t, err)
		_, err = publish.Read(again)
		require.NoError(t, err, "what Assay writes it reads")
	})
}
