package record

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// DigestVersion is the version of the digest's format. A reader takes any other for no digest.
const DigestVersion = 1

// Digest is what is kept of a run beside its commit: enough to compare a later one with, and small enough for the text of a
// check run.
type Digest struct {
	Version   int                     `json:"version"`
	Model     string                  `json:"model"`
	Name      string                  `json:"name,omitempty"`
	Commit    string                  `json:"commit"` // full sha that was judged
	Finished  time.Time               `json:"finished"`
	Red       bool                    `json:"red"`
	Metrics   map[string]metric.Value `json:"metrics,omitempty"`
	Contracts []ContractDigest        `json:"contracts,omitempty"`
	Drift     []DriftDigest           `json:"drift,omitempty"`
	// Tables and Parameters are what the data looked like.
	Tables     []shape.Outline   `json:"tables,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
	// Artifact is the model that was judged, Steps how each step ended and Comparisons what came of those with a champion: what a
	// promotion asks for.
	Artifact    string                `json:"artifact,omitempty"` // sha256:… of the model's bytes
	Steps       map[string]StepDigest `json:"steps,omitempty"`
	Comparisons []CompareDigest       `json:"comparisons,omitempty"`
}

// StepDigest is how a step ended, whether it was enforced or not.
type StepDigest struct {
	Outcome finding.Outcome `json:"outcome"`
	Blocks  bool            `json:"blocks"`
}

// CompareDigest is one comparison of two models.
type CompareDigest struct {
	Champion   string          `json:"champion"`
	Challenger string          `json:"challenger"`
	Verdict    compare.Verdict `json:"verdict"` // of the metric that decides; "undefined" where nothing was compared
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

// NewDigest sums a result up.
func NewDigest(r finding.Result) Digest {
	d := Digest{Version: DigestVersion, Model: r.Model, Name: r.Name, Commit: r.Subject.HeadSHA, Red: r.Red(),
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
	case shape.Result:
		d.Tables, d.Parameters = a.Tables, a.Parameters
	case artifact.Result:
		d.Artifact = a.Digest
	case compare.Result:
		d.Comparisons = append(d.Comparisons, CompareDigest{a.Champion, a.Challenger, a.Verdict()})
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

// Encode is the digest as a comment for the end of a check run's text, and whether something had to be left out to fit: first what
// the data looked like, then the metrics; a run may report any number of both.
func (d Digest) Encode() (text string, complete bool, err error) {
	smaller := d
	smaller.Tables, smaller.Parameters = nil, nil
	smallest := smaller
	smallest.Metrics, smallest.Contracts, smallest.Drift = nil, nil, nil
	for i, digest := range []Digest{d, smaller, smallest} {
		packed, err := digest.pack()
		if err != nil {
			return "", false, err
		}
		if len(packed) <= maxDigestText {
			return digestStart + packed + digestEnd, i == 0, nil
		}
	}
	return "", false, errors.New("encode digest: its names alone are too long")
}

func (d Digest) pack() (string, error) {
	var b bytes.Buffer
	packer, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if err := errors.Join(json.NewEncoder(packer).Encode(d), packer.Close()); err != nil {
		return "", fmt.Errorf("encode digest: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
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
	case d.Version != DigestVersion:
		return Digest{}, fmt.Errorf("decode digest: version %d, this program reads version %d", d.Version, DigestVersion)
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
