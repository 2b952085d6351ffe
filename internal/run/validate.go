package run

import (
	"context"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
)

func noTables(*config.Config) []string { return nil }

func tablesOfValidate(c *config.Config) []string {
	var names []string
	for _, check := range c.Validate {
		if check.Leakage != nil {
			names = append(names, check.Leakage.Train, check.Leakage.Test)
			continue
		}
		names = append(names, check.Table)
		for _, other := range c.Contracts[check.Contract].Others() {
			if _, ok := c.Data[other.Value]; ok { // a contract from flags may name tables that only assay.yaml knows
				names = append(names, other.Value)
			}
		}
	}
	return names
}

func validate(ctx context.Context, s *session) ([]finding.Answer, error) {
	var answers []finding.Answer
	for _, check := range s.config.Validate {
		answer, err := s.validateOne(ctx, check)
		if err != nil {
			return answers, err
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func (s *session) validateOne(ctx context.Context, check config.Check) (finding.Answer, error) {
	if l := check.Leakage; l != nil {
		return leak.Run(ctx, s.tables[l.Train], s.tables[l.Test], *l)
	}
	contract, tables := *s.config.Contracts[check.Contract], s.tables
	if contract.HasSQL() {
		var err error
		if tables, err = s.fencedTables(ctx); err != nil {
			return nil, err
		}
	}
	return schema.Check(ctx, tables[check.Table], contract,
		schema.Input{File: check.Contract, Tables: tables, Now: s.options.Now(), Discreet: s.hasSensitive()})
}

// hasSensitive reports whether any contract hides values.
func (s *session) hasSensitive() bool {
	for _, contract := range s.config.Contracts {
		if len(contract.Sensitive()) > 0 {
			return true
		}
	}
	return false
}

func tablesOfDrift(c *config.Config) []string {
	if c.Drift == nil {
		return nil
	}
	return []string{c.Drift.Reference, c.Drift.Current}
}

func drifts(ctx context.Context, s *session) ([]finding.Answer, error) {
	spec := *s.config.Drift
	result, err := drift.Compare(ctx, s.tables[spec.Reference], s.tables[spec.Current], spec, s.config.RequirePower)
	if err != nil {
		return nil, err
	}
	return []finding.Answer{result}, nil
}

// gates holds the limits against what training reported, or against the metrics file where training was another job.
func gates(_ context.Context, s *session) ([]finding.Answer, error) {
	if s.skip != "" {
		return []finding.Answer{Skipped{Step: "gate", Why: s.skip}}, nil
	}
	set, err := s.headMetrics()
	if err != nil {
		return []finding.Answer{Unmeasured{Path: s.config.MetricsPath(), Reason: err.Error()}}, nil //nolint:nilerr // metrics that cannot be read are an answer
	}
	return []finding.Answer{gate.Check(s.config.Gates, gate.Input{Head: set, Base: s.options.Base.Values,
		NoBase: s.options.Base.From.Why, Describe: s.config.Metrics.Describe, RequireBase: s.config.RequireBase})}, nil
}

func (s *session) headMetrics() (metric.Set, error) {
	if s.metrics != nil {
		return *s.metrics, nil
	}
	return metric.Read(s.metricsPath())
}
