package suite

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// promptfooPrompt is one column of an evaluation: a prompt with a provider, and promptfoo's own sums.
type promptfooPrompt struct {
	Label    string `json:"label"`
	Provider string `json:"provider"`
	Metrics  struct {
		Score  value                  `json:"score"`
		Pass   int                    `json:"testPassCount"`
		Fail   int                    `json:"testFailCount"`
		Error  int                    `json:"testErrorCount"`
		Scores map[string]value       `json:"namedScores"`
		Counts map[string]json.Number `json:"namedScoresCount"`
	} `json:"metrics"`
}

// promptfooResult is the answer to one test.
type promptfooResult struct {
	Prompt   int              `json:"promptIdx"`
	Success  value            `json:"success"`
	Score    value            `json:"score"`
	Scores   map[string]value `json:"namedScores"`
	Failure  int              `json:"failureReason"`
	Vars     json.RawMessage  `json:"vars"`
	Metadata map[string]value `json:"metadata"`
	Test     struct {
		Description string `json:"description"`
	} `json:"testCase"`
}

// failedByError is promptfoo's reason of a test that has no answer.
const failedByError = 2

// promptfooFile is what is kept of an evaluation while it is read.
type promptfooFile struct {
	suite   Suite
	model   string // whose answers are kept: a provider, or the label of a prompt; "" for all
	prompts []promptfooPrompt
	columns []int
	named   map[string]int // how many tests have a description
	times   map[string]int // how often a test was answered, by description and variables
}

// promptfoo reads the JSON output of `promptfoo eval`.
func (r *reader) promptfoo(file string, in *os.File) ([]Suite, error) {
	f := &promptfooFile{model: r.options.Model, named: map[string]int{}, times: map[string]int{}}
	f.suite = Suite{Name: strings.TrimSuffix(path.Base(file), path.Ext(file)), ItemKey: "description", Category: r.options.category()}
	s := newStream(in, &r.left)
	err := s.members(func(key string) error {
		switch key {
		case "results":
			return s.members(func(key string) error {
				switch key {
				case "prompts":
					return s.take(&f.prompts)
				case "results":
					return s.elements(func() error { return f.add(s, r.options.category()) })
				}
				return s.skip()
			})
		case "config":
			var config map[string]value
			err := s.take(&config)
			f.suite.Name = cmp.Or(config["description"].text(), f.suite.Name)
			return err
		}
		return s.skip()
	})
	f.suite.higherIsBetter()
	f.name()
	f.finish()
	return []Suite{f.suite}, s.describe(file, err)
}

// add takes one answer. Tests with the same description and variables are one item, answered again.
func (f *promptfooFile) add(s *stream, category string) error {
	var l promptfooResult
	if err := s.take(&l); err != nil {
		return err
	}
	if !f.isAsked(l.Prompt) {
		return nil
	}
	if !slices.Contains(f.columns, l.Prompt) {
		f.columns = append(f.columns, l.Prompt)
	}
	content := digest(canonical(l.Vars))
	key := l.Test.Description + "\n" + content
	if f.times[key]++; f.times[key] == 1 {
		f.named[l.Test.Description]++
	}
	row := Row{Item: l.Test.Description, Repeat: strconv.Itoa(f.times[key]), Category: l.Metadata[category].text(), Content: content}
	if l.Failure == failedByError {
		l.Success, l.Score = value{}, value{}
	}
	f.suite.add("pass", row, l.Success)
	f.suite.add("score", row, l.Score)
	for _, name := range sorted(l.Scores) {
		f.suite.add(name, row, l.Scores[name])
	}
	return nil
}

// name tells tests with one description, or with none, apart by their variables: their order may differ from run to run.
func (f *promptfooFile) name() {
	for _, m := range f.suite.Metrics {
		for i := range m.Rows {
			if row := &m.Rows[i]; row.Item == "" || f.named[row.Item] > 1 {
				row.Item = strings.TrimSpace(cmp.Or(row.Item, "test") + " " + row.Content)
			}
		}
	}
}

// isAsked reports whether the answers of a column are kept.
func (f *promptfooFile) isAsked(column int) bool {
	if f.model == "" {
		return true
	}
	return 0 <= column && column < len(f.prompts) && (f.prompts[column].Provider == f.model || f.prompts[column].Label == f.model)
}

// models are the providers of a file, and the labels of its prompts.
func (f *promptfooFile) models() string {
	var all []string
	for _, p := range f.prompts {
		all = append(all, p.Provider, p.Label)
	}
	slices.Sort(all)
	return strings.Join(slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" }), ", ")
}

// finish says what promptfoo reports, and refuses several models in one file.
func (f *promptfooFile) finish() {
	switch {
	case len(f.columns) > 1:
		f.suite.Why = fmt.Sprintf("it holds the answers of %d prompts or providers: name one of %s", len(f.columns), f.models())
		return
	case len(f.columns) == 0 && f.model != "":
		f.suite.Why = fmt.Sprintf("nothing in it is of %s; there are: %s", f.model, f.models())
		return
	case len(f.columns) == 0 || !(0 <= f.columns[0] && f.columns[0] < len(f.prompts)):
		return
	}
	prompt := f.prompts[f.columns[0]]
	f.suite.Model = cmp.Or(f.model, prompt.Provider)
	tests := prompt.Metrics.Pass + prompt.Metrics.Fail + prompt.Metrics.Error
	f.mean("pass", float64(prompt.Metrics.Pass), float64(tests))
	if sum, ok := prompt.Metrics.Score.number(); ok {
		f.mean("score", sum, float64(tests))
	}
	for name, v := range prompt.Metrics.Scores {
		sum, isNumber := v.number()
		if count, err := prompt.Metrics.Counts[name].Float64(); err == nil && isNumber {
			f.mean(name, sum, count)
		}
	}
}

// mean notes the mean that a sum of promptfoo's makes.
func (f *promptfooFile) mean(name string, sum, count float64) {
	i := slices.IndexFunc(f.suite.Metrics, func(m Metric) bool { return m.Name == name })
	if i >= 0 && count > 0 {
		mean := sum / count
		f.suite.Metrics[i].Reported = &mean
	}
}
