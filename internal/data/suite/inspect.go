package suite

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/assay-ml/assay/internal/data/metric"
)

// inspectEval is the part of an Inspect log that says what was asked of whom.
type inspectEval struct {
	Task  string `json:"task"`
	Model string `json:"model"`
}

// inspectResults is what Inspect says of all samples.
type inspectResults struct {
	Scores []struct {
		Name    string `json:"name"`
		Reducer string `json:"reducer"`
		Metrics map[string]struct {
			Value value `json:"value"`
		} `json:"metrics"`
	} `json:"scores"`
}

// inspectSample is one sample, or its summary.
type inspectSample struct {
	ID       value            `json:"id"`
	Epoch    value            `json:"epoch"`
	Input    value            `json:"input"`
	Target   value            `json:"target"`
	Metadata map[string]value `json:"metadata"`
	Scores   map[string]struct {
		Value value `json:"value"`
	} `json:"scores"`
}

// inspectLog reads a log in JSON.
func (r *reader) inspectLog(file string, in *os.File) ([]Suite, error) {
	suite := r.newInspect()
	s := newStream(in, &r.left)
	err := s.members(func(key string) error {
		switch key {
		case "samples":
			return s.elements(func() error { return suite.sample(s, r.options.category()) })
		}
		return suite.head(s, key)
	})
	return []Suite{*suite.Suite}, s.describe(file, err)
}

// inspectSuite is a suite while a log is read.
type inspectSuite struct{ *Suite }

func (r *reader) newInspect() inspectSuite {
	return inspectSuite{&Suite{ItemKey: "id", Category: r.options.category(), Why: "the log does not say that the run ended"}}
}

// head reads a member of the log other than its samples.
func (i inspectSuite) head(s *stream, key string) error {
	switch key {
	case "status":
		var status string
		err := s.take(&status)
		if i.Why = ""; status != "success" {
			i.Why = fmt.Sprintf("the run did not end well: its status is %q", status)
		}
		return err
	case "invalidated":
		var is bool
		err := s.take(&is)
		if is {
			i.Why = "the log is marked as invalidated"
		}
		return err
	case "eval":
		var e inspectEval
		err := s.take(&e)
		i.Name, i.Model = e.Task, e.Model
		return err
	case "results":
		var results inspectResults
		err := s.take(&results)
		i.results(results)
		return err
	}
	return s.skip()
}

// results begins the metrics in Inspect's order. Of several ways to put epochs together the mean is the one that items have.
func (i inspectSuite) results(results inspectResults) {
	for _, score := range results.Scores {
		m := i.metric(score.Name)
		if _, isAccuracy := score.Metrics["accuracy"]; isAccuracy {
			m.Direction = metric.Higher
		}
		for _, name := range []string{"mean", "accuracy"} {
			if found, ok := score.Metrics[name]; ok && (m.Reported == nil || score.Reducer == "mean") {
				i.report(score.Name, found.Value)
			}
		}
	}
}

// sample takes one sample. One without a score that the others have is one that failed.
func (i inspectSuite) sample(s *stream, category string) error {
	var l inspectSample
	if err := s.take(&l); err != nil {
		return err
	}
	if l.ID.text() == "" {
		return errors.New("a sample has no id")
	}
	row := Row{Item: l.ID.text(), Repeat: l.Epoch.text(), Category: l.Metadata[category].text(), Content: digest(beginning(l.Input.text()) + "\n" + beginning(l.Target.text()))}
	var scored []string
	for _, name := range sorted(l.Scores) {
		for _, part := range parts(name, l.Scores[name].Value) {
			scored = append(scored, part.name)
			i.add(part.name, row, part.value)
		}
	}
	for _, m := range i.Metrics {
		if !slices.Contains(scored, m.Name) {
			i.add(m.Name, row, value{})
		}
	}
	return nil
}

// part is a score of a sample.
type part struct {
	name  string
	value value
}

// parts are the scores of one scorer: one, or several by name.
func parts(name string, v value) []part {
	var members map[string]value
	if v.isNull() || v.raw[0] != '{' || json.Unmarshal(v.raw, &members) != nil {
		return []part{{name, graded(v)}}
	}
	var all []part
	for _, member := range sorted(members) {
		all = append(all, part{member, graded(members[member])})
	}
	return all
}

// graded is a score with Inspect's words as the numbers that Inspect takes them for: correct, partly, incorrect, no answer.
func graded(v value) value {
	if _, isNumber := v.number(); isNumber || v.isNull() || v.raw[0] != '"' {
		return v
	}
	switch text := v.text(); text {
	case "C":
		return value{json.RawMessage("1")}
	case "P":
		return value{json.RawMessage("0.5")}
	case "I", "N":
		return value{json.RawMessage("0")}
	default:
		switch strings.ToLower(text) {
		case "yes", "true":
			return value{json.RawMessage("1")}
		case "no", "false":
			return value{json.RawMessage("0")}
		}
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			return value{json.RawMessage(text)}
		}
		return v
	}
}

// maxBeginning is how much of a text tells questions apart. Summaries of samples are cut, at more than that.
const maxBeginning = 200

func beginning(text string) string { return text[:min(len(text), maxBeginning)] }

// The members of an archive that are read. The samples stand in files of their own, too; their summaries have all that is compared.
const (
	archiveHeader  = "header.json"
	archiveSamples = "summaries.json"
)

// zipZstd is the method of Zstandard in ZIP archives (APPNOTE.TXT 4.4.5), which Inspect writes.
const zipZstd = 93

// maxWindow bounds what unpacking keeps in memory.
const maxWindow = 128 << 20

// inspectArchive reads a log in Inspect's .eval format, which is a ZIP archive.
func (r *reader) inspectArchive(file string, in *os.File) ([]Suite, error) {
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRun {
		return nil, fmt.Errorf("%s: %w", file, errTooLarge)
	}
	archive, err := zip.NewReader(in, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	archive.RegisterDecompressor(zipZstd, zstd.ZipDecompressor(zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow)))
	suite := r.newInspect()
	err = r.member(archive, file, archiveHeader, func(s *stream) error {
		return s.members(func(key string) error { return suite.head(s, key) })
	})
	if errors.Is(err, errNoMember) {
		return []Suite{*suite.Suite}, errors.New("the run did not end: the log has no " + archiveHeader)
	}
	if err == nil {
		err = r.member(archive, file, archiveSamples, func(s *stream) error {
			return s.elements(func() error { return suite.sample(s, r.options.category()) })
		})
	}
	return []Suite{*suite.Suite}, err
}

var errNoMember = errors.New("no such file in the archive")

// member reads a file of an archive. Where one was written several times the last one counts, as for all readers of archives.
func (r *reader) member(archive *zip.Reader, file, name string, read func(*stream) error) error {
	for _, entry := range slices.Backward(archive.File) {
		if entry.Name != name {
			continue
		}
		in, err := entry.Open()
		if err != nil {
			return fmt.Errorf("%s: %s: %w", file, name, err)
		}
		s := newStream(in, &r.left)
		return errors.Join(s.describe(file+": "+name, read(s)), ignoreEOF(in.Close()))
	}
	return fmt.Errorf("%s: %s: %w", file, name, errNoMember)
}

// ignoreEOF: a member that is longer than its JSON text is closed early.
func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
