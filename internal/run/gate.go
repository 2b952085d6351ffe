package run

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/check/audit"
	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
)

func gateParts(*config.Config) []part { return []part{{nil, gates}} }

// gates holds the limits against what training reported, or against the metrics file where training was another job; and says
// what they would notice.
func gates(ctx context.Context, s *session) ([]finding.Answer, error) {
	if s.skip != "" {
		return []finding.Answer{Skipped{Step: "gate", Why: s.skip}}, nil
	}
	set, err := s.headMetrics()
	if err != nil {
		return []finding.Answer{Unmeasured{Path: s.config.MetricsPath(), Reason: err.Error()}}, nil //nolint:nilerr // metrics that cannot be read are an answer
	}
	spread, err := s.spread(ctx, set)
	if err != nil {
		return nil, err
	}
	judged := gate.Check(s.config.Gates, GateInput(s.config, s.options.Base, set, spread))
	return []finding.Answer{judged, audit.Audit(judged)}, nil
}

// GateInput is what the gates of a config are applied to.
func GateInput(c *config.Config, base record.Base, head metric.Set, spread map[string]gate.Spread) gate.Input {
	return gate.Input{Head: head, Base: base.Values, History: base.History, NoBase: base.From.Why, Describe: c.Metrics.Describe, Spread: spread,
		RequireBase: c.RequireBase, RequirePower: c.RequirePower}
}

func (s *session) headMetrics() (metric.Set, error) {
	if s.metrics != nil {
		return *s.metrics, nil
	}
	return metric.Read(s.metricsPath())
}

// spread is what the predictions of the comparison tell of the gated metrics. Tables that are not there, or have faults, tell
// nothing; the comparison itself says why.
func (s *session) spread(ctx context.Context, head metric.Set) (map[string]gate.Spread, error) {
	spec := s.config.Compare
	if spec == nil {
		return nil, nil
	}
	var names []string
	for _, g := range s.config.Gates {
		if slices.Contains(spec.Metrics(), g.Metric) {
			names = append(names, g.Metric)
		}
	}
	tables := []string{spec.Champion, spec.Challenger}
	if len(names) == 0 {
		return nil, nil
	}
	if missing, err := s.openLate(ctx, step{name: "gate"}, tables); err != nil || len(missing) > 0 {
		return nil, err
	}
	if s.tables[tables[0]] == nil || s.tables[tables[1]] == nil {
		return nil, nil
	}
	found, err := compare.Spreads(ctx, s.tables[tables[0]], s.tables[tables[1]], *spec, names)
	if _, isData := unreadable("gate", nil, err); isData {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("per-item results: %w", err)
	}
	return ofTheHead(found, head), nil
}

// ofTheHead are the spreads of predictions that the metrics file speaks of too: those of another evaluation tell nothing of it.
func ofTheHead(found map[string]compare.Spread, head metric.Set) map[string]gate.Spread {
	all := map[string]gate.Spread{}
	for name, s := range found {
		if value, ok := head.Values[name]; !ok || !(math.Abs(float64(value)-s.Value) <= sameValue*math.Max(1, math.Abs(s.Value))) {
			continue
		}
		all[name] = gate.Spread{Rows: s.Rows, Units: s.Units, IsShare: s.IsShare, Error: s.Error, Paired: s.Paired, Discordance: s.Discordance, Repeats: s.Repeats}
	}
	return all
}

// sameValue is by how much a metric may differ from that of the predictions: metrics files round to three or four digits.
const sameValue = 0.001
