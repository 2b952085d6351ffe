package report

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/assay-ml/assay/internal/finding"
)

// The form that CI servers read: JUnit's, as Jenkins and GitLab understand it.
type (
	junitFile struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		File    string     `xml:"file,attr,omitempty"`
		Line    int        `xml:"line,attr,omitempty"`
		Failure *junitSaid `xml:"failure"`
		Error   *junitSaid `xml:"error"`
		Skipped *junitSaid `xml:"skipped"`
		Output  string     `xml:"system-out,omitempty"`
	}
	junitSaid struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a result as test cases: a suite for each step, a case for each finding. What blocks is a failure, or an error
// where nobody could tell; what could not be told and blocks nothing, or is not enforced, is skipped with its reason.
func JUnit(w io.Writer, r finding.Result) error {
	file := junitFile{Name: "Assay " + visible(r.Model), Time: fmt.Sprintf("%.3f", r.Seconds)}
	for _, step := range r.Steps {
		suite := junitSuite{Name: visible(step.Name), Time: fmt.Sprintf("%.3f", step.Seconds), Timestamp: step.Started.UTC().Format("2006-01-02T15:04:05")}
		for _, f := range step.Findings() {
			suite.add(junitCaseOf(step, f))
		}
		if len(suite.Cases) == 0 {
			suite.add(junitCase{Class: "assay." + suite.Name, Name: "verdict", Error: &junitSaid{Message: "nothing was decided", Type: "unknown"}})
		}
		file.Suites = append(file.Suites, suite)
		file.Tests, file.Failures = file.Tests+suite.Tests, file.Failures+suite.Failures
		file.Errors, file.Skipped = file.Errors+suite.Errors, file.Skipped+suite.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(file); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func junitCaseOf(step finding.Step, f finding.Finding) junitCase {
	c := junitCase{Class: "assay." + visible(step.Name), Name: visible(f.Subject) + ": " + visible(f.Rule)}
	if f.Pos.IsKnown() {
		c.File, c.Line = visible(f.Pos.File), f.Pos.Line
	}
	said := &junitSaid{Message: visible(f.Message), Type: f.Outcome.String(), Text: visible(f.Hint)}
	switch {
	case f.Outcome == finding.Pass:
	case f.Outcome == finding.Warn:
		c.Output = "warning: " + said.Message
	case !step.Enforced:
		c.Skipped = &junitSaid{Message: "not enforced: " + said.Message}
	case !f.Blocks():
		c.Skipped = &junitSaid{Message: said.Message}
	case f.Outcome == finding.Fail:
		c.Failure = said
	default:
		c.Error = said
	}
	return c
}
