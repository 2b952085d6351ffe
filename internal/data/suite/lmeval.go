package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/metric"
)

// lmEvalFile is the results_*.json of lm-evaluation-harness. The items of its tasks stand in samples_TASK_*.jsonl beside it.
type lmEvalFile struct {
	Results map[string]map[string]value `json:"results"`
	Groups  map[string][]string         `json:"group_subtasks"`
	Higher  map[string]map[string]bool  `json:"higher_is_better"`
	Model   string                      `json:"model_name"`
}

// lmEval reads the results of one run with the samples beside it.
func (r *reader) lmEval(file string, in *os.File) ([]Suite, error) {
	var run lmEvalFile
	s := newStream(in, &r.left)
	if err := s.take(&run); err != nil {
		return nil, s.describe(file, err)
	}
	stem := strings.TrimSuffix(path.Base(file), path.Ext(file))
	date := stem[strings.LastIndexByte(stem, '_')+1:]
	var all []Suite
	for _, task := range sorted(run.Results) {
		if len(run.Groups[task]) > 0 {
			continue
		}
		suite := r.samples(task, path.Join(path.Dir(file), "samples_"+task+"_"+date+".jsonl"))
		suite.Model = run.Model
		run.describe(&suite, task)
		all = append(all, suite)
	}
	for _, group := range sorted(run.Groups) {
		if len(run.Groups[group]) > 0 {
			all = append(all, run.group(group, all))
		}
	}
	return all, nil
}

// samples reads the items of one task.
func (r *reader) samples(task, file string) Suite {
	r.claimed[file] = true
	suite := Suite{Name: task, File: file}
	in, err := r.root.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		suite.Why = fmt.Sprintf("%s is missing: run lm_eval with --log_samples", file)
		return suite
	}
	if err == nil {
		defer in.Close()
		suite, err = r.readSamples(task, file, in)
	}
	if err != nil {
		suite.Why = err.Error()
	}
	return suite
}

// readSamples reads a file of samples: one line for each item and filter.
func (r *reader) readSamples(task, file string, in *os.File) (Suite, error) {
	suite := Suite{Name: task, File: file, ItemKey: "doc_id", Category: r.options.category()}
	err := lines(file, in, &r.left, func(text []byte) error {
		fields, err := decode[map[string]value](text)
		if err != nil {
			return err
		}
		id := fields["doc_id"].text()
		var metrics []string
		if err := json.Unmarshal(fields["metrics"].raw, &metrics); err != nil || id == "" {
			return errors.New("it has no doc_id, or no list of metrics")
		}
		var doc map[string]value
		_ = json.Unmarshal(fields["doc"].raw, &doc) // a document may be anything
		row := Row{Item: id, Category: doc[r.options.category()].text(), Content: fields["doc_hash"].text()}
		for _, name := range metrics {
			suite.add(name+","+fields["filter"].text(), row, fields[name])
		}
		return nil
	})
	return suite, err
}

// lmEvalSamples reads samples whose results are missing: the name of the task is the file's.
func (r *reader) lmEvalSamples(file string, in *os.File) ([]Suite, error) {
	task := strings.TrimPrefix(strings.TrimSuffix(path.Base(file), path.Ext(file)), "samples_")
	if i := strings.LastIndexByte(task, '_'); i > 0 {
		task = task[:i]
	}
	suite, err := r.readSamples(task, file, in)
	return []Suite{suite}, err
}

// describe says of the metrics of a task, or of a group, what the results say.
func (f lmEvalFile) describe(s *Suite, name string) {
	for i := range s.Metrics {
		m := &s.Metrics[i]
		short, _, _ := strings.Cut(m.Name, ",")
		if higher, ok := f.Higher[name][short]; ok {
			m.Direction = map[bool]metric.Direction{true: metric.Higher, false: metric.Lower}[higher]
		}
		if number, ok := f.Results[name][m.Name].number(); ok {
			m.Reported = &number
		}
	}
}

// group puts the tasks of a group together: its items are theirs, and its categories are the tasks.
func (f lmEvalFile) group(name string, all []Suite) Suite {
	group := Suite{Name: name, Model: f.Model, IsGroup: true, ItemKey: "doc_id", Category: "task"}
	tasks := f.tasksOf(name, map[string]bool{})
	for _, s := range all {
		if !slices.Contains(tasks, s.Name) || s.IsGroup {
			continue
		}
		group.File = path.Dir(s.File)
		if s.Why != "" {
			group.Why = s.Name + ": " + s.Why
		}
		for _, m := range s.Metrics {
			into := group.metric(m.Name)
			into.Direction, into.Why = m.Direction, m.Why
			for _, row := range m.Rows {
				row.Item, row.Category = s.Name+"/"+row.Item, s.Name
				group.keep(into, row)
			}
		}
	}
	f.describe(&group, name)
	return group
}

// tasksOf are the tasks of a group and of the groups in it, each once.
func (f lmEvalFile) tasksOf(name string, seen map[string]bool) (tasks []string) {
	if seen[name] {
		return nil
	}
	seen[name] = true
	if len(f.Groups[name]) == 0 {
		return []string{name}
	}
	for _, member := range f.Groups[name] {
		tasks = append(tasks, f.tasksOf(member, seen)...)
	}
	return tasks
}
