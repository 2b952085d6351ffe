package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// nemoBundle is the eval-*.json of NeMo Evaluator 0.3. Its items stand in results.jsonl beside it.
type nemoBundle struct {
	Config struct {
		Model string `json:"model"`
	} `json:"config"`
	Benchmark struct {
		Name   string `json:"name"`
		Scores struct {
			Summary struct {
				Mean value `json:"mean"`
			} `json:"summary"`
		} `json:"scores"`
	} `json:"benchmark"`
	Results int `json:"n_results"`
}

// nemoResult is a line of results.jsonl.
type nemoResult struct {
	Problem  value            `json:"problem_idx"`
	Repeat   value            `json:"repeat"`
	Reward   value            `json:"reward"`
	Scorers  map[string]value `json:"scorer_rewards"`
	Prompt   value            `json:"prompt"`
	Expected value            `json:"expected_answer"`
	Metadata map[string]value `json:"metadata"`
	Scoring  struct {
		ErrorCategory string `json:"error_category"`
	} `json:"scoring_details"`
}

// infraError is what NeMo Evaluator calls an error that is none of the model's. It scores such an answer 0 all the same.
const infraError = "infra_error"

// nemoItems is the file of a bundle's items.
const nemoItems = "results.jsonl"

// bundle reads a bundle with the items beside it.
func (r *reader) bundle(file string, in *os.File) ([]Suite, error) {
	var b nemoBundle
	s := newStream(in, &r.left)
	if err := s.take(&b); err != nil {
		return nil, s.describe(file, err)
	}
	name := path.Join(path.Dir(file), nemoItems)
	r.claimed[name] = true
	items, err := r.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return []Suite{{Name: b.Benchmark.Name, Why: nemoItems + " is missing beside " + file}}, nil
	}
	if err != nil {
		return nil, err
	}
	defer items.Close()
	all, err := r.nemoResults(name, items)
	if err != nil || len(all) == 0 {
		return []Suite{{Name: b.Benchmark.Name, File: name, Why: orEmpty(err, name)}}, nil
	}
	suite := &all[0]
	suite.Name, suite.File, suite.Model = b.Benchmark.Name, name, b.Config.Model
	suite.report("reward", b.Benchmark.Scores.Summary.Mean)
	if rows := len(suite.Metrics[0].Rows); b.Results != rows {
		suite.Why = fmt.Sprintf("%s holds %d answers, and %s speaks of %d", name, rows, file, b.Results)
	}
	return all, nil
}

func orEmpty(err error, file string) string {
	if err != nil {
		return err.Error()
	}
	return file + " holds no item"
}

// nemoResults reads the items of one benchmark.
func (r *reader) nemoResults(file string, in *os.File) ([]Suite, error) {
	if path.Base(file) != nemoItems {
		r.ignored = append(r.ignored, file) // the logs of a run speak of the same answers
		return nil, nil
	}
	suite := Suite{Name: path.Base(path.Dir(file)), ItemKey: "problem_idx", Category: r.options.category()}
	err := lines(file, in, &r.left, func(text []byte) error {
		l, err := decode[nemoResult](text)
		if err != nil {
			return err
		}
		if l.Problem.text() == "" {
			return errors.New("problem_idx is no number")
		}
		row := Row{Item: l.Problem.text(), Repeat: l.Repeat.text(), Category: l.Metadata[r.options.category()].text(),
			Content: digest(l.Prompt.text() + "\n" + l.Expected.text())}
		if l.Scoring.ErrorCategory == infraError {
			l.Reward = value{json.RawMessage("null")}
		}
		suite.add("reward", row, l.Reward)
		for _, name := range sorted(l.Scorers) {
			suite.add(name, row, l.Scorers[name])
		}
		return nil
	})
	if len(suite.Metrics) == 0 {
		return nil, err
	}
	suite.higherIsBetter()
	return []Suite{suite}, err
}
