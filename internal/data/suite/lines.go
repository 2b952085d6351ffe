package suite

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/assay-ml/assay/internal/data/metric"
)

// line is one score of JSON lines of anybody's.
type line struct {
	Suite    string           `json:"suite"`
	ID       value            `json:"id"`
	Repeat   value            `json:"repeat"`
	Category value            `json:"category"`
	Metric   string           `json:"metric"`
	Score    value            `json:"score"`
	Input    value            `json:"input"`
	Better   metric.Direction `json:"better"` // higher or lower
}

// jsonLines reads JSON lines with an id and a score each.
func (r *reader) jsonLines(file string, in *os.File) ([]Suite, error) {
	all := newSuites(strings.TrimSuffix(path.Base(file), path.Ext(file)))
	err := lines(file, in, &r.left, func(text []byte) error {
		l, err := decode[line](text)
		switch {
		case err != nil:
			return err
		case l.ID.text() == "":
			return errors.New("id is no text and no number")
		case l.Better != "" && l.Better != metric.Higher && l.Better != metric.Lower:
			return errors.New("better is neither higher nor lower")
		}
		category, err := r.categoryOf(text, l.Category)
		if err != nil {
			return err
		}
		if l.Metric == "" {
			l.Metric = "score"
		}
		s, err := all.of(l.Suite)
		if err != nil {
			return err
		}
		s.ItemKey, s.Category = "id", r.options.category()
		s.add(l.Metric, Row{Item: l.ID.text(), Repeat: l.Repeat.text(), Category: category, Content: digest(l.Input.text())}, l.Score)
		if l.Better != "" {
			s.metric(l.Metric).Direction = l.Better
		}
		return nil
	})
	return all.list, err
}

// categoryOf is the category of a line, which the options may seek in another field.
func (r *reader) categoryOf(text []byte, usual value) (string, error) {
	if r.options.Category == "" {
		return usual.text(), nil
	}
	fields, err := decode[map[string]value](text)
	return fields[r.options.Category].text(), err
}

// maxSuites bounds the suites of a run.
const maxSuites = 1000

// suites collects suites by name.
type suites struct {
	usual string // the name of those that have none
	index map[string]int
	list  []Suite
}

func newSuites(usual string) *suites { return &suites{usual: usual, index: map[string]int{}} }

// of is the suite of a name.
func (s *suites) of(name string) (*Suite, error) {
	if name == "" {
		name = s.usual
	}
	i, ok := s.index[name]
	switch {
	case !ok && len(s.list) == maxSuites:
		return nil, fmt.Errorf("there are more than %d suites", maxSuites)
	case !ok:
		i, s.list = len(s.list), append(s.list, Suite{Name: name})
		s.index[name] = i
	}
	return &s.list[i], nil
}
