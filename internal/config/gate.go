package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/source"
)

// GateSyntax is how a gate is written in a flag.
const GateSyntax = `A limit is written
  METRIC>=NUMBER            at least
  METRIC<=NUMBER            at most
  METRIC between LOW HIGH   between, both included
  METRIC max-drop NUMBER    may be below the base by so much
  METRIC max-rise NUMBER    may be above the base by so much
  METRIC max-drop NUMBER%   may be below the base by so many percent of it`

var (
	comparison = regexp.MustCompile(`^\s*(.+?)\s*(>=|<=|≥|≤)\s*(\S+)\s*$`)
	worded     = regexp.MustCompile(`^\s*(.+?)\s+(between|max-drop|max-rise)\s+(\S+)(?:\s+(\S+))?\s*$`)
)

// ParseGate reads a gate from a flag; see GateSyntax.
func ParseGate(text string) (gate.Spec, error) {
	var spec gate.Spec
	var err error
	if parts := comparison.FindStringSubmatch(text); parts != nil {
		spec.Metric = parts[1]
		switch parts[2] {
		case ">=", "≥":
			spec.AtLeast, err = flagNumber(parts[3])
		default:
			spec.AtMost, err = flagNumber(parts[3])
		}
	} else if parts := worded.FindStringSubmatch(text); parts != nil {
		spec.Metric = parts[1]
		err = wordedLimit(&spec, parts[2], parts[3], parts[4])
	} else {
		err = fmt.Errorf("write it like 'accuracy>=0.85' or 'auc max-drop 0.02'")
	}
	if err != nil {
		return gate.Spec{}, fmt.Errorf("gate %q: %w", text, err)
	}
	for _, problem := range gateProblems(spec) {
		return gate.Spec{}, fmt.Errorf("gate %q: %s; %s", text, problem.message, problem.hint)
	}
	return spec, nil
}

func wordedLimit(spec *gate.Spec, word, first, second string) (err error) {
	percent, isPercent := strings.CutSuffix(first, "%")
	switch {
	case word == "between":
		low, lowErr := flagNumber(first)
		high, highErr := flagNumber(second)
		if lowErr != nil || highErr != nil {
			return fmt.Errorf("between takes two numbers")
		}
		spec.Between = []source.Number{*low, *high}
	case second != "":
		return fmt.Errorf("%q is left over", second)
	case word == "max-drop" && isPercent:
		spec.MaxDropPercent, err = flagNumber(percent)
	case word == "max-drop":
		spec.MaxDrop, err = flagNumber(first)
	default:
		spec.MaxRise, err = flagNumber(first)
	}
	return err
}

func flagNumber(text string) (*source.Number, error) {
	n, err := source.ParseNumber(text, source.Pos{})
	return &n, err
}
