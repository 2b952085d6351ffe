package run

import (
	"context"
	"errors"
	"slices"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// afterTraining are the steps whose tables training may write.
var afterTraining = []string{"compare"}

// isLate reports whether a step's tables are opened only when it runs: training, which is among the steps, may write them.
func (s *session) isLate(step step) bool {
	return slices.Contains(afterTraining, step.name) && slices.Contains(s.steps, "train")
}

// openLate opens tables after training. One that is not there is an answer by now, and no error: other steps were judged.
func (s *session) openLate(ctx context.Context, step step, names []string) ([]finding.Answer, error) {
	if s.skip != "" {
		return []finding.Answer{Skipped{Step: step.name, Why: s.skip}}, nil
	}
	names = slices.DeleteFunc(unique(names), func(name string) bool { return s.tables[name] != nil || s.spoiled[name] != nil })
	missing, err := s.find(ctx, names)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	if err := s.startEngine(ctx); err != nil {
		return nil, err
	}
	var answers []finding.Answer
	for _, name := range names {
		if _, found := s.specs[name]; !found {
			continue
		}
		opened, err := s.engine.Open(ctx, name, s.config.Dir, s.spec(name), false)
		problems := s.keep([]string{name}, []*table.Table{opened}, []error{err}, nil)
		var wrong source.Problems
		switch {
		case errors.As(problems, &wrong):
			missing = append(missing, wrong...)
		case problems != nil:
			return nil, problems
		}
	}
	for _, problem := range missing {
		answers = append(answers, Unreadable{Table: step.name, Reason: problem.Message, Hint: problem.Hint})
	}
	return answers, nil
}

// startEngine makes the table engine where there is none yet.
func (s *session) startEngine(ctx context.Context) (err error) {
	if s.engine == nil {
		s.engine, err = table.NewEngine(ctx, table.Options{MemoryLimit: table.ShareOf(s.options.Memory)})
	}
	return err
}
