package run

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/evolve"
	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/finding"
)

// validateParts are the checks, one by one.
func validateParts(c *config.Config) []part {
	var parts []part
	for i, check := range c.Validate {
		parts = append(parts, part{tablesOf(c, check), func(ctx context.Context, s *session) ([]finding.Answer, error) {
			answer, err := s.validateOne(ctx, i, check)
			if err != nil {
				return nil, err
			}
			return append(s.changedContract(i, check), asBase(check.OfBase, answer)...), nil
		}})
	}
	return parts
}

// changedContract is what changed in the contract of the i-th check since the base; nothing where nothing did.
func (s *session) changedContract(i int, check config.Check) []finding.Answer {
	if i >= len(s.options.Promised) || s.options.Promised[i] == nil {
		return nil
	}
	changed := evolve.Compare(*s.options.Promised[i], *check.Promises, check.Contract+" at the base", check.Contract)
	if len(changed.Changes) == 0 {
		return nil
	}
	for j := range changed.Changes {
		if change := &changed.Changes[j]; change.After == "" {
			change.Pos = changed.Pos // its line is one of the base's file
		}
	}
	changed.Severity = check.ChangeCosts()
	return []finding.Answer{changed}
}

// tablesOf are the tables of one check. A contract from flags may name tables that only assay.yaml knows.
func tablesOf(c *config.Config, check config.Check) []string {
	if check.Leakage != nil {
		return []string{check.Leakage.Train, check.Leakage.Test}
	}
	names := []string{check.Table}
	for _, other := range check.Promises.Others() {
		if _, ok := c.Data[other.Value]; ok {
			names = append(names, other.Value)
		}
	}
	return names
}

func (s *session) validateOne(ctx context.Context, i int, check config.Check) (finding.Answer, error) {
	if l := check.Leakage; l != nil {
		return leak.Run(ctx, s.tables[l.Train], s.tables[l.Test], *l)
	}
	contract, tables := *check.Promises, s.tables
	if contract.HasSQL() {
		var err error
		if tables, err = s.fencedTables(ctx); err != nil {
			return nil, err
		}
	}
	return schema.Check(ctx, tables[check.Table], contract,
		schema.Input{File: check.Contract, Tables: tables, Now: s.options.Now(), Export: s.failingRows(i, check.Table), Tags: check.Tags})
}

// failingRows is the file for the rows that break the i-th check. A table's name may hold anything: what no file should be
// called is left out of it.
func (s *session) failingRows(i int, table string) string {
	if s.options.Failing == "" {
		return ""
	}
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, table)
	return filepath.Join(s.options.Failing, fmt.Sprintf("%d-%s.parquet", i+1, name))
}

// driftParts are the comparison, and the base's where the change has another.
func driftParts(c *config.Config) []part {
	var parts []part
	for _, spec := range []*drift.Spec{c.Drift, c.DriftOfBase} {
		if spec == nil {
			continue
		}
		tables := []string{spec.Reference, spec.Current}
		if c.Data[spec.Reference].IsProfile() {
			tables = tables[1:]
		}
		parts = append(parts, part{tables, func(ctx context.Context, s *session) ([]finding.Answer, error) {
			answer, err := s.compare(ctx, *spec)
			if err != nil {
				return nil, err
			}
			return asBase(spec == c.DriftOfBase, answer), nil
		}})
	}
	return parts
}

// compare runs a comparison in its mode, with the reference that there is.
func (s *session) compare(ctx context.Context, spec drift.Spec) (finding.Answer, error) {
	switch current := s.tables[spec.Current]; {
	case s.profiles[spec.Reference] != nil:
		return drift.CompareProfile(ctx, drift.NewProfile(spec.Reference, s.profiles[spec.Reference]), current, spec, s.config.RequirePower)
	case spec.Mode == drift.ModeEvidently:
		return drift.CompareAsEvidently(ctx, s.tables[spec.Reference], current, spec)
	default:
		return drift.Compare(ctx, s.tables[spec.Reference], current, spec, s.config.RequirePower)
	}
}

// compareParts are the comparison of two models, and the base's where the change has another; of each the tables and the suites.
func compareParts(c *config.Config) []part {
	var parts []part
	for _, spec := range []*compare.Spec{c.Compare, c.CompareOfBase} {
		if spec == nil {
			continue
		}
		isOfBase := spec == c.CompareOfBase
		if spec.HasTables() {
			parts = append(parts, part{[]string{spec.Champion, spec.Challenger}, func(ctx context.Context, s *session) ([]finding.Answer, error) {
				answer, err := compare.Compare(ctx, s.tables[spec.Champion], s.tables[spec.Challenger], *spec, s.looks(), s.flips(isOfBase))
				if err != nil {
					return nil, err
				}
				return asBase(isOfBase, answer), nil
			}})
		}
		if len(spec.Suites) > 0 {
			parts = append(parts, part{nil, func(ctx context.Context, s *session) ([]finding.Answer, error) {
				answer, err := compare.CompareSuites(ctx, s.config.Dir, *spec, s.looks(), s.config.Sensitive(), s.flips(isOfBase))
				if err != nil {
					return nil, err
				}
				return asBase(isOfBase, answer), nil
			}})
		}
	}
	return parts
}

// looks are what is known of earlier comparisons.
func (s *session) looks() compare.Past {
	return compare.Past{Seen: s.options.Base.Seen, Run: s.options.Subject.RunNumber}
}

// flips is the file of what flipped, which is that of the change's own comparison.
func (s *session) flips(isOfBase bool) string {
	if isOfBase {
		return ""
	}
	return s.options.Flips
}
