package run

import (
	"context"

	"github.com/assay-ml/assay/internal/check/shape"
	"github.com/assay-ml/assay/internal/finding"
)

// outline says what the tables that the steps read look like, and the parameters beside the config. A table that cannot be
// read is another step's to tell of, and so are parameters: nothing of ours needs them.
func (s *session) outline(ctx context.Context) (finding.Step, error) {
	step := finding.Step{Name: DataStep, Enforced: true, Started: s.options.Now()}
	var result shape.Result
	for _, name := range sortedKeys(s.tables) {
		outline, err := shape.Look(ctx, s.tables[name])
		if _, isData := unreadable(name, nil, err); isData {
			continue
		}
		if err != nil {
			return step, err
		}
		result.Tables = append(result.Tables, outline)
	}
	if parameters, err := shape.Parameters(s.config.Dir); err == nil {
		result.Parameters = parameters
	}
	if digest := s.options.Base.Digest; digest != nil && !digest.Lacks("tables") && !digest.Lacks("parameters") { // all would look new
		result.Base = &shape.Past{Commit: digest.Commit, Tables: digest.Tables, Parameters: digest.Parameters}
	}
	step.Answers = []finding.Answer{result}
	step.Seconds = s.options.Now().Sub(step.Started).Seconds()
	return step, nil
}
