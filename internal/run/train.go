package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/train/baseline"
	"github.com/assay-ml/assay/internal/train/custom"
	"github.com/assay-ml/assay/internal/train/smoke"
)

// trainParts is one: the built-in trainer reads both tables through the engine, a command only those that are sampled.
func trainParts(c *config.Config) []part {
	if c.Train == nil {
		return nil
	}
	return []part{{c.Train.Tables(), train}}
}

func train(ctx context.Context, s *session) ([]finding.Answer, error) {
	s.skip = ""
	if s.config.Train.Baseline != nil {
		return s.trainBaseline(ctx)
	}
	return s.trainCommand(ctx)
}

// customParts are the user's own checks, one by one.
func customParts(c *config.Config) []part {
	var parts []part
	for _, spec := range c.Steps {
		parts = append(parts, part{nil, func(ctx context.Context, s *session) ([]finding.Answer, error) {
			result, err := custom.Run(ctx, custom.Job{Spec: spec, Dir: s.config.Dir, Environ: s.options.Environ,
				Output: s.options.Observer.Output(), Hide: s.options.Hide})
			if err != nil {
				return nil, err
			}
			return asBase(spec.OfBase, result), nil
		}})
	}
	return parts
}

func (s *session) trainBaseline(ctx context.Context) ([]finding.Answer, error) {
	spec := s.config.Train
	train, test := s.tables[spec.TrainTable], s.tables[spec.TestTable]
	result, err := baseline.Train(ctx, train, test, *spec.Baseline)
	if err != nil {
		return nil, err
	}
	if len(result.Metrics) == 0 {
		s.skip = "training failed"
		return []finding.Answer{result}, nil
	}
	s.metrics = &metric.Set{Values: result.Metrics}
	return []finding.Answer{result}, errors.Join(writeMetrics(s.metricsPath(), result.Metrics), s.saveModel(result, spec.Baseline.Save))
}

// saveModel keeps the built-in trainer's model, where somebody wants it. A link in the tree leads nowhere else.
func (s *session) saveModel(result baseline.Result, name string) error {
	if name == "" {
		return nil
	}
	data, err := result.Model()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(s.config.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	name = filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("save the model: %w", err)
	}
	if err := root.WriteFile(name, data, 0o644); err != nil {
		return fmt.Errorf("save the model: %w", err)
	}
	return nil
}

// writeMetrics leaves the built-in trainer's metrics where a command would leave its own.
func writeMetrics(path string, values map[string]metric.Value) error {
	data, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(path, append(data, '\n'))
}

func (s *session) trainCommand(ctx context.Context) ([]finding.Answer, error) {
	job := smoke.Job{Spec: s.config.Train.Spec, Dir: s.config.Dir, Metrics: s.metricsPath(), Environ: s.options.Environ,
		Output: s.options.Observer.Output(), Hide: s.options.Hide}
	if sample := s.config.Train.Sample; sample != nil {
		job.SampleRows, job.Seed = sample.Rows, sample.Seed
	}
	var err error
	if job.Train, err = s.trainingFile(ctx, s.config.Train.TrainTable); err != nil {
		return nil, err
	}
	if job.Test, err = s.trainingFile(ctx, s.config.Train.TestTable); err != nil {
		return nil, err
	}
	var reported metric.Set
	job.Check = func(path string) error {
		reported, err = metric.Read(path)
		return classify(reported, err)
	}
	result, err := smoke.Run(ctx, job)
	if err != nil {
		return nil, err
	}
	if result.Succeeded() {
		s.metrics = &reported
	} else {
		s.skip = "training failed"
	}
	return []finding.Answer{result}, nil
}

// trainingFile is the path that the command reads a table from: a sample of it, or the table as it lies.
func (s *session) trainingFile(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	sample := s.config.Train.Sample
	if spec := s.spec(name); sample == nil && spec.Fetched != nil {
		return s.copies(*spec.Fetched)
	}
	if sample == nil {
		return filepath.Abs(s.path(s.spec(name).Path))
	}
	dir, err := s.folder()
	if err != nil {
		return "", err
	}
	opened := s.tables[name]
	path := filepath.Join(dir, name+opened.Extension())
	err = opened.Sample(ctx, table.SampleSpec{Rows: sample.Rows, Seed: uint64(sample.Seed), StratifyBy: sample.StratifyBy}, path)
	return path, err
}

// classify turns what is wrong with a metrics file into one of the named failures of training.
func classify(set metric.Set, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &smoke.MetricsError{Cause: smoke.MetricsMissing}
	}
	if err != nil {
		return &smoke.MetricsError{Cause: smoke.MetricsUnparsable, Reason: err.Error()}
	}
	if names := set.NotFinite(); len(names) > 0 {
		return &smoke.MetricsError{Cause: smoke.MetricsNotFinite, Reason: strings.Join(names, ", ")}
	}
	if len(set.Values) == 0 {
		return &smoke.MetricsError{Cause: smoke.MetricsUnparsable, Reason: "the file holds no number"}
	}
	return nil
}

// WriteFile writes a file as a whole or not at all: beside, fsync, rename.
func WriteFile(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
