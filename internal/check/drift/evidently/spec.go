package evidently

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

// Spec is `evidently:` under `drift:`. Each default is Evidently's.
type Spec struct {
	Choice      `yaml:",inline"`
	Numerical   Choice            `yaml:"numerical,omitempty" doc:"For numerical columns, before the general choice."`
	Categorical Choice            `yaml:"categorical,omitempty" doc:"For categorical columns, before the general choice."`
	Columns     map[string]Choice `yaml:"columns,omitempty" doc:"For single columns, by name, before all other choices."`
	DriftShare  *source.Number    `yaml:"drift-share,omitempty" doc:"Share of drifted columns from which the data set has drifted. Default 0.5."`
	Nulls       Nulls             `yaml:"nulls,omitempty" enum:"pandas,empty" doc:"Which fields of CSV are null: pandas: those that read_csv takes for null, such as NA and None; empty: only an empty field. Default pandas."`
}

// Choice is a stattest and its threshold. What is not given is left to the next choice, and in the end to Evidently's rules.
type Choice struct {
	Stattest  Stattest       `yaml:"stattest,omitempty" enum:"ks,wasserstein,jensenshannon,psi,kl_div,hellinger,chisquare,z,anderson,cramer_von_mises,mannw,ed,es,fisher_exact,g_test,t_test,TVD" doc:"Name of the stattest. Default: by type, rows and distinct values."`
	Threshold *source.Number `yaml:"threshold,omitempty" doc:"Score from which a column has drifted; for p-values, up to which. Default: the stattest's."`
}

// Stattest is the name of one of Evidently's stattests.
type Stattest string

// Nulls says which fields of a CSV file are null.
type Nulls string

// The readings of nulls; "" is NullsPandas.
const (
	NullsPandas Nulls = "pandas" // what read_csv takes for null by default
	NullsEmpty  Nulls = "empty"  // read_csv(keep_default_na=False, na_values=[""])
)

// defaultDriftShare is that of DataDriftPreset.
const defaultDriftShare = 0.5

func (s Spec) driftShare() float64 {
	if s.DriftShare != nil {
		return s.DriftShare.Value
	}
	return defaultDriftShare
}

func (s Spec) nulls() Nulls {
	if s.Nulls == "" {
		return NullsPandas
	}
	return s.Nulls
}

// choice is what the spec says of one column: for itself, else for its type, else for all.
func (s Spec) choice(column string, typ Type) Choice {
	var chosen Choice
	for _, c := range []Choice{s.Columns[column], s.ofType(typ), s.Choice} {
		if chosen.Stattest == "" {
			chosen.Stattest = c.Stattest
		}
		if chosen.Threshold == nil {
			chosen.Threshold = c.Threshold
		}
	}
	return chosen
}

// names reports whether the spec chooses a stattest for any column.
func (s Spec) names(name Stattest) bool {
	for _, c := range s.Columns {
		if c.Stattest == name {
			return true
		}
	}
	return s.Stattest == name || s.Numerical.Stattest == name || s.Categorical.Stattest == name
}

func (s Spec) ofType(typ Type) Choice {
	if typ == Numerical {
		return s.Numerical
	}
	return s.Categorical
}

// Problems lists what is wrong with a spec that was made from flags: of those in a file its reader has made sure.
func (s Spec) Problems() source.Problems {
	var problems source.Problems
	if s.Stattest != "" && !slices.ContainsFunc(stattests, func(t stattest) bool { return t.name == s.Stattest }) {
		known := make([]string, len(stattests))
		for i, t := range stattests {
			known[i] = string(t.name)
		}
		problems = append(problems, source.Problem{Message: fmt.Sprintf("there is no stattest %q", s.Stattest), Hint: "known: " + strings.Join(known, ", ")})
	}
	if n := s.nulls(); n != NullsPandas && n != NullsEmpty {
		problems = append(problems, source.Problem{Message: fmt.Sprintf("nulls cannot be %q", n), Hint: "known: pandas, empty"})
	}
	return problems
}
