package compare

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// Kind names comparisons of suites in result files.
func (Suites) Kind() string { return "suites" }

// Findings are one for each side that is missing and each fault of a suite; else one for its metric and each of its categories.
func (r Suites) Findings() []finding.Finding {
	var all []finding.Finding
	for _, s := range r.Suites {
		all = append(all, s.findings(r.Need)...)
	}
	return all
}

func (s Suite) findings(need Need) []finding.Finding {
	var all []finding.Finding
	for _, a := range s.Absent {
		all = append(all, s.missing(a))
	}
	if s.Compared == nil {
		return s.orUnknown(all)
	}
	for _, fault := range s.Compared.Faults {
		f := s.Compared.fault(fault)
		f.Message = s.Name + ": " + f.Message
		all = append(all, s.excuse(f))
	}
	if s.Compared.Primary == nil {
		return s.orUnknown(all)
	}
	all = append(all, s.verdict(need))
	for _, slice := range s.Compared.Slices {
		f := slice.finding()
		f.Message = s.Name + " " + f.Message
		all = append(all, f)
	}
	if s.Compared.Looks != nil {
		f := s.Compared.looked()
		f.Message = s.Name + ": " + f.Message
		all = append(all, f)
	}
	return all
}

// orUnknown keeps a suite of which a file says nothing from passing.
func (s Suite) orUnknown(all []finding.Finding) []finding.Finding {
	if len(all) > 0 {
		return all
	}
	return []finding.Finding{{Rule: "suite", Subject: s.Name, Message: "nobody compared suite " + s.Name, Pos: s.Pos}}
}

// missing is a suite that was not compared: what is required and not there fails.
func (s Suite) missing(a Absence) finding.Finding {
	side := "challenger (" + s.Challenger + ")"
	if a.IsChampion {
		side = "champion (" + s.Champion + ")"
	}
	return s.excuse(finding.Finding{Rule: "suite", Subject: s.Name, Outcome: finding.Fail, Pos: s.Pos,
		Message: fmt.Sprintf("suite %s of the %s cannot be compared: %s", s.Name, side, a.Why), Hint: "evaluate it again; required: false lets a suite be missing"})
}

// excuse makes what is wrong with a suite a warning where the suite is not required.
func (s Suite) excuse(f finding.Finding) finding.Finding {
	if !s.Required {
		f.Outcome, f.Cause, f.Excused = finding.Warn, "", false
	}
	return f
}

// verdict is the finding of the suite's metric, by its role.
func (s Suite) verdict(need Need) finding.Finding {
	m := *s.Compared.Primary
	var f finding.Finding
	switch s.Role {
	case RolePrimary:
		f = s.Compared.finding(m, "compare", need, s.Pos)
	case RoleAdvisory:
		f = warning(m, "advisory", s.Name)
	default:
		f = s.Compared.finding(m, "critical", NeedNotWorse, s.Pos)
	}
	f.Subject, f.Message = s.Name, s.Name+", "+f.Message
	return f
}

// outcome is the worst of the suite's own findings.
func (s Suite) outcome(need Need) finding.Outcome {
	var all []finding.Outcome
	for _, f := range s.findings(need) {
		if f.Rule != sliceRule {
			all = append(all, f.Outcome)
		}
	}
	return finding.Worst(all...)
}

// why a suite has no numbers.
func (s Suite) why(need Need) string {
	var all []string
	for _, f := range s.findings(need) {
		all = append(all, f.Message)
	}
	return strings.Join(all, "; ")
}
