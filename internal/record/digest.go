package record

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/check/shape"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/train/artifact"
)

// DigestVersion is the version of the digest's format. A reader takes a later one for no digest; version 1 has no comparisons.
const DigestVersion = 2

// Digest is what is kept of a run beside its commit: enough to compare a later one with, and small enough for the text of a
// check run.
type Digest struct {
	Version   int                     `json:"version"`
	Model     string                  `json:"model"`
	Name      string                  `json:"name,omitempty"`
	Commit    string                  `json:"commit"` // full sha that was judged
	Finished  time.Time               `json:"finished"`
	Run       int64                   `json:"run,omitempty"` // which run of its workflow it was
	Red       bool                    `json:"red"`
	Metrics   map[string]metric.Value `json:"metrics,omitempty"`
	Contracts []ContractDigest        `json:"contracts,omitempty"`
	Drift     []DriftDigest           `json:"drift,omitempty"`
	Compared  []ComparisonDigest      `json:"compared,omitempty"`
	// Tables and Parameters are what the data looked like.
	Tables     []shape.Outline   `json:"tables,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
	// LeftOut names the parts that had no room: what is absent without standing here was not there.
	LeftOut []string `json:"left-out,omitempty"`
	// Artifact is the model that was judged, and Steps how each step ended: what a promotion asks for.
	Artifact string                `json:"artifact,omitempty"` // sha256:… of the model's bytes
	Steps    map[string]StepDigest `json:"steps,omitempty"`
}

// StepDigest is how a step ended, whether it was enforced or not.
type StepDigest struct {
	Outcome finding.Outcome `json:"outcome"`
	Blocks  bool            `json:"blocks"`
}

// ContractDigest is one contract on one table.
type ContractDigest struct {
	Table    string `json:"table"`
	Contract string `json:"contract"`
	Rows     int64  `json:"rows"`
	Rules    int    `json:"rules"`
	Broken   int    `json:"broken"` // rules, of any severity
}

// DriftDigest is one comparison of two tables.
type DriftDigest struct {
	Reference string `json:"reference"`
	Current   string `json:"current"`
	Checks    int    `json:"checks"`
	Drifted   int    `json:"drifted"`
	Undecided int    `json:"undecided"`
}

// ComparisonDigest is one comparison of two models by its primary metric: a look at its test set.
type ComparisonDigest struct {
	Champion   string          `json:"champion"`
	Challenger string          `json:"challenger"`
	TestSet    string          `json:"test-set"` // digest of keys and labels
	Rows       int64           `json:"rows"`
	Metric     string          `json:"metric"`
	Gain       float64         `json:"gain"`
	Low        float64         `json:"low"`
	High       float64         `json:"high"`
	Margin     float64         `json:"margin,omitempty"`
	Verdict    compare.Verdict `json:"verdict"`
}

// NewDigest sums a result up.
func NewDigest(r finding.Result) Digest {
	d := Digest{Version: DigestVersion, Model: r.Model, Name: r.Name, Commit: r.Subject.HeadSHA, Red: r.Red(), Run: r.Subject.RunNumber,
		Finished: r.Started.Add(time.Duration(r.Seconds * float64(time.Second))).UTC().Truncate(time.Second)}
	for _, step := range r.Steps {
		if d.Steps == nil {
			d.Steps = map[string]StepDigest{}
		}
		d.Steps[step.Name] = StepDigest{step.Verdict(), step.Blocks()}
		for _, answer := range step.Answers {
			d.add(answer)
		}
	}
	return d
}

func (d *Digest) add(answer finding.Answer) {
	switch a := answer.(type) {
	case gate.Result:
		d.Metrics = a.Values()
	case compare.Result:
		d.addComparison(a)
	case compare.Suites:
		for _, s := range a.Suites {
			if s.Compared != nil {
				d.addComparison(*s.Compared)
			}
		}
	case shape.Result:
		d.Tables, d.Parameters = a.Tables, a.Parameters
	case artifact.Result:
		d.Artifact = a.Digest
	case schema.Result:
		broken := 0
		for _, rule := range a.Rules {
			if rule.Outcome != finding.Pass {
				broken++
			}
		}
		d.Contracts = append(d.Contracts, ContractDigest{Table: a.Table, Contract: a.Contract, Rows: a.Rows, Rules: len(a.Rules), Broken: broken})
	case drift.Result:
		summed := DriftDigest{Reference: a.Reference, Current: a.Current, Checks: len(a.Checks)}
		for _, check := range a.Checks {
			switch check.Outcome {
			case finding.Fail, finding.Warn:
				summed.Drifted++
			case finding.NotRun, finding.Unknown:
				summed.Undecided++
			}
		}
		d.Drift = append(d.Drift, summed)
	case evidently.Result:
		summed := DriftDigest{Reference: a.Reference, Current: a.Current, Checks: len(a.Columns)}
		for _, column := range a.Columns {
			switch {
			case !column.IsJudged():
				summed.Undecided++
			case column.Drifted:
				summed.Drifted++
			}
		}
		d.Drift = append(d.Drift, summed)
	}
}

// addComparison adds what decided a comparison, if it was made.
func (d *Digest) addComparison(r compare.Result) {
	if m := r.Primary; m != nil {
		d.Compared = append(d.Compared, ComparisonDigest{Champion: r.Champion, Challenger: r.Challenger, TestSet: r.TestSet, Rows: m.Rows,
			Metric: m.Metric, Gain: m.Gain, Low: m.Low, High: m.High, Margin: m.Margin, Verdict: m.Verdict})
	}
}

// The limits of a digest: of its text, which shares a check run's 65,535 characters with what people read, and of what the
// text may unpack to.
const (
	maxDigestText = 48_000
	maxDigestJSON = 1 << 20
)

// The digest stands in a comment of Markdown, between these.
const (
	digestStart = "<!-- assay-digest "
	digestEnd   = " -->"
)

// parts are what a digest can do without, in the order in which it does where it does not fit: a run may report any number of each, and
// later ones need the metrics most. A part says whether there was any of it.
var parts = []struct {
	name string
	drop func(*Digest) bool
}{
	{"tables", func(d *Digest) bool { had := len(d.Tables) > 0; d.Tables = nil; return had }},
	{"parameters", func(d *Digest) bool { had := len(d.Parameters) > 0; d.Parameters = nil; return had }},
	{"drift", func(d *Digest) bool { had := len(d.Drift) > 0; d.Drift = nil; return had }},
	{"contracts", func(d *Digest) bool { had := len(d.Contracts) > 0; d.Contracts = nil; return had }},
	{"metrics", func(d *Digest) bool { had := len(d.Metrics) > 0; d.Metrics = nil; return had }},
	{"comparisons", func(d *Digest) bool { had := len(d.Compared) > 0; d.Compared = nil; return had }},
}

// Lacks reports whether a part was there and had no room.
func (d Digest) Lacks(part string) bool { return slices.Contains(d.LeftOut, part) }

// Encode is the digest as a comment for the end of a check run's text, and the names of the parts that had to be left out to fit.
func (d Digest) Encode() (text string, leftOut []string, err error) {
	for _, part := range parts {
		packed, fits, err := d.pack()
		if err != nil {
			return "", nil, err
		}
		if fits {
			return digestStart + packed + digestEnd, d.LeftOut, nil
		}
		if part.drop(&d) {
			d.LeftOut = append(slices.Clip(d.LeftOut), part.name)
		}
	}
	packed, fits, err := d.pack()
	if err == nil && !fits {
		err = errors.New("encode digest: its names alone are too long")
	}
	if err != nil {
		return "", nil, err
	}
	return digestStart + packed + digestEnd, d.LeftOut, nil
}

// pack is the digest compressed, and whether that is one which unpack takes.
func (d Digest) pack() (packed string, fits bool, err error) {
	data, err := json.Marshal(d)
	if err != nil {
		return "", false, fmt.Errorf("encode digest: %w", err)
	}
	if len(data) > maxDigestJSON {
		return "", false, nil
	}
	var b bytes.Buffer
	packer, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", false, err
	}
	_, err = packer.Write(data)
	if err := errors.Join(err, packer.Close()); err != nil {
		return "", false, fmt.Errorf("encode digest: %w", err)
	}
	packed = base64.StdEncoding.EncodeToString(b.Bytes())
	return packed, len(packed) <= maxDigestText, nil
}

// ErrNoDigest says that a text holds none.
var ErrNoDigest = errors.New("the check run holds no digest")

// DecodeDigest reads the digest of a check run's text, under a strict schema: an unknown field, another version, a size beyond
// all use or a commit that is none are errors.
func DecodeDigest(text string) (Digest, error) {
	start := strings.LastIndex(text, digestStart)
	if start < 0 {
		return Digest{}, ErrNoDigest
	}
	packed, _, closed := strings.Cut(text[start+len(digestStart):], digestEnd)
	if !closed {
		return Digest{}, ErrNoDigest
	}
	data, err := unpack(packed)
	if err != nil {
		return Digest{}, fmt.Errorf("decode digest: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var d Digest
	switch err := decoder.Decode(&d); {
	case err != nil:
		return Digest{}, fmt.Errorf("decode digest: %w", err)
	case d.Version < 1 || d.Version > DigestVersion:
		return Digest{}, fmt.Errorf("decode digest: version %d, this program reads 1 to %d", d.Version, DigestVersion)
	case decoder.More():
		return Digest{}, errors.New("decode digest: something follows it")
	}
	return d, nil
}

func unpack(packed string) ([]byte, error) {
	if len(packed) > maxDigestText {
		return nil, fmt.Errorf("it is longer than %d characters", maxDigestText)
	}
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return nil, err
	}
	unpacker, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(unpacker, maxDigestJSON+1))
	if err == nil && len(data) > maxDigestJSON {
		err = fmt.Errorf("it unpacks to more than %d bytes", maxDigestJSON)
	}
	return data, err
}
