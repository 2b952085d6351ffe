package finding

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// ResultVersion is the version of the result file's format. A reader refuses any other.
const ResultVersion = 1

// Result is one run: everything that a renderer needs.
type Result struct {
	Version int       `json:"version"`
	Tool    string    `json:"tool"`    // the program's version
	Model   string    `json:"model"`   // from the config
	Name    string    `json:"name"`    // tells several Assay jobs of one repository apart
	Subject Subject   `json:"subject"` // what was judged
	Rules   Rules     `json:"rules"`   // where the limits were read
	Base    Base      `json:"base"`    // what the head was compared with
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	Steps   []Step    `json:"steps"`
	Notices []string  `json:"notices,omitempty"` // what could not be done besides judging, such as a comment not written
}

// Subject is what was judged. All fields are empty outside of Actions and git.
type Subject struct {
	Repository  string `json:"repository,omitempty"` // owner/name
	Event       string `json:"event,omitempty"`
	HeadSHA     string `json:"head-sha,omitempty"`
	PullRequest int    `json:"pull-request,omitempty"`
	RunURL      string `json:"run-url,omitempty"`
	RunNumber   int64  `json:"run-number,omitempty"` // how often its workflow has run, this time included
	ServerURL   string `json:"server-url,omitempty"` // where the repository's files can be seen
	ReportURL   string `json:"report-url,omitempty"` // of the HTML report; whoever keeps it fills this in
}

// Rules says where config and contract were read.
type Rules struct {
	Source string `json:"source"`           // "head", or "base" where the base's count beside the head's
	Commit string `json:"commit,omitempty"` // the base, full sha, where Source is base
	Config string `json:"config,omitempty"`
}

// Base is what the head's metrics were compared with.
type Base struct {
	Source string `json:"source"`           // "file", "result" (stored with a commit), "commit" (a file of it), "champion" or "none"
	Path   string `json:"path,omitempty"`   // the metrics file, or the champion's version
	Commit string `json:"commit,omitempty"` // full sha, where Source is result or commit
	Behind int    `json:"behind,omitempty"` // commits from the base back to the one whose result it is
	Why    string `json:"why,omitempty"`    // where Source is none: what stood in the way
}

// Step is one step's part of a run.
type Step struct {
	Name     string    `json:"name"`
	Enforced bool      `json:"enforced"`
	Started  time.Time `json:"started"`
	Seconds  float64   `json:"seconds"`
	Answers  []Answer  `json:"-"`
}

// Findings are those of all the step's answers in order.
func (s Step) Findings() []Finding {
	var all []Finding
	for _, answer := range s.Answers {
		all = append(all, answer.Findings()...)
	}
	return all
}

// Verdict is the worst finding; a step without findings is Unknown.
func (s Step) Verdict() Outcome {
	var outcomes []Outcome
	for _, f := range s.Findings() {
		outcomes = append(outcomes, f.Outcome)
	}
	return Worst(outcomes...)
}

// Red reports whether the step makes the run red: it is enforced, and a finding blocks or there is none.
func (s Step) Red() bool { return s.Enforced && s.Blocks() }

// Blocks reports whether a finding of the step blocks, or there is none, enforced or not.
func (s Step) Blocks() bool {
	findings := s.Findings()
	for _, f := range findings {
		if f.Blocks() {
			return true
		}
	}
	return len(findings) == 0
}

// Verdict is the worst of the steps; of no step it is Unknown.
func (r Result) Verdict() Outcome {
	var outcomes []Outcome
	for _, step := range r.Steps {
		outcomes = append(outcomes, step.Verdict())
	}
	return Worst(outcomes...)
}

// Red reports whether the run blocks: some enforced step is red, or nothing was decided at all.
func (r Result) Red() bool {
	for _, step := range r.Steps {
		if step.Red() {
			return true
		}
	}
	return len(r.Steps) == 0
}

// Merge adds the steps of newer to r: a step of the same name is replaced where it stands, others are appended.
// The newer run's other fields win, and the clock runs from the first start.
func (r Result) Merge(newer Result) Result {
	merged := newer
	merged.Steps = append([]Step(nil), r.Steps...)
	for _, step := range newer.Steps {
		merged.Steps = replaceStep(merged.Steps, step)
	}
	if !r.Started.IsZero() && r.Started.Before(newer.Started) {
		merged.Started = r.Started
	}
	merged.Seconds = r.Seconds + newer.Seconds
	if newer.Base.Source == "" || newer.Base.Source == "none" && r.Base.Source != "" {
		merged.Base = r.Base
	}
	merged.Notices = append(append([]string(nil), r.Notices...), newer.Notices...)
	return merged
}

func replaceStep(steps []Step, step Step) []Step {
	for i := range steps {
		if steps[i].Name == step.Name {
			steps[i] = step.after(steps[i])
			return steps
		}
	}
	return append(steps, step)
}

// Joiner is an answer that several parts of a job give, each of what it saw.
type Joiner interface {
	// Join is the answer of both; what both saw is as the newer has it.
	Join(earlier Answer) Answer
}

// after is the step with its answers joined to those of the same step earlier in the job, where they say how.
func (s Step) after(earlier Step) Step {
	s.Answers = slices.Clone(s.Answers)
	for i, answer := range s.Answers {
		joiner, ok := answer.(Joiner)
		if !ok {
			continue
		}
		for _, before := range earlier.Answers {
			if before.Kind() == answer.Kind() {
				s.Answers[i] = joiner.Join(before)
			}
		}
	}
	return s
}

// Decoder reads the typed result of one kind of answer.
type Decoder func(json.RawMessage) (Answer, error)

// stepFile is a step as it is stored: verdict and findings stand in it for other programs to read, and are derived
// again from the details when Assay reads the file.
type stepFile struct {
	Name     string       `json:"name"`
	Enforced bool         `json:"enforced"`
	Verdict  Outcome      `json:"verdict"`
	Started  time.Time    `json:"started"`
	Seconds  float64      `json:"seconds"`
	Findings []Finding    `json:"findings"`
	Details  []detailFile `json:"details"`
}

type detailFile struct {
	Kind  string          `json:"kind"`
	Value json.RawMessage `json:"value"`
}

type resultFile struct {
	resultFields
	Verdict Outcome    `json:"verdict"`
	Red     bool       `json:"red"`
	Steps   []stepFile `json:"steps"`
}

// resultFields has Result's fields without its methods; the outer Steps hides the inner one.
type resultFields Result

// MarshalJSON writes the result file's format; its JSON Schema is schema/report.schema.json.
func (r Result) MarshalJSON() ([]byte, error) {
	file := resultFile{resultFields: resultFields(r), Verdict: r.Verdict(), Red: r.Red(), Steps: []stepFile{}}
	for _, step := range r.Steps {
		stored, err := storeStep(step)
		if err != nil {
			return nil, err
		}
		file.Steps = append(file.Steps, stored)
	}
	return json.Marshal(file)
}

func storeStep(s Step) (stepFile, error) {
	stored := stepFile{Name: s.Name, Enforced: s.Enforced, Verdict: s.Verdict(), Started: s.Started, Seconds: s.Seconds,
		Findings: s.Findings(), Details: []detailFile{}}
	if stored.Findings == nil {
		stored.Findings = []Finding{}
	}
	for _, answer := range s.Answers {
		value, err := json.Marshal(answer)
		if err != nil {
			return stepFile{}, fmt.Errorf("encode %s of step %s: %w", answer.Kind(), s.Name, err)
		}
		stored.Details = append(stored.Details, detailFile{Kind: answer.Kind(), Value: value})
	}
	return stored, nil
}

// Decode reads a result file. Verdicts and findings are derived again from the details, so a file cannot claim a
// verdict that its numbers do not bear out.
func Decode(data []byte, decoders map[string]Decoder) (Result, error) {
	var file resultFile
	if err := json.Unmarshal(data, &file); err != nil {
		return Result{}, fmt.Errorf("decode result: %w", err)
	}
	if file.Version != ResultVersion {
		return Result{}, fmt.Errorf("decode result: version %d, this program reads version %d", file.Version, ResultVersion)
	}
	result := Result(file.resultFields)
	result.Steps = nil
	for _, stored := range file.Steps {
		step, err := restoreStep(stored, decoders)
		if err != nil {
			return Result{}, err
		}
		result.Steps = append(result.Steps, step)
	}
	return result, nil
}

func restoreStep(stored stepFile, decoders map[string]Decoder) (Step, error) {
	step := Step{Name: stored.Name, Enforced: stored.Enforced, Started: stored.Started, Seconds: stored.Seconds}
	for _, detail := range stored.Details {
		decode, ok := decoders[detail.Kind]
		if !ok {
			return Step{}, fmt.Errorf("decode step %s: unknown kind %q: the file was written by a newer version", stored.Name, detail.Kind)
		}
		answer, err := decode(detail.Value)
		if err != nil {
			return Step{}, fmt.Errorf("decode %s of step %s: %w", detail.Kind, stored.Name, err)
		}
		step.Answers = append(step.Answers, answer)
	}
	return step, nil
}

// DecodeAs is the Decoder of answers of type T.
func DecodeAs[T Answer](data json.RawMessage) (Answer, error) {
	var answer T
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, err
	}
	return answer, nil
}
