// Package custom runs a check of the user's own, any program that writes findings as JSON, and holds what it wrote to a strict
// form. The program is as hostile as a training command and runs in the same house.
package custom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/smoke"
)

// Spec is one entry of `steps:`.
type Spec struct {
	Name     string           `yaml:"name" config:"required" doc:"What the check is called in the report."`
	Command  string           `yaml:"command" config:"required" doc:"The program, run by $SHELL -c. It writes its findings to the file that ASSAY_FINDINGS names; docs/custom-steps.md says how."`
	Timeout  time.Duration    `yaml:"timeout,omitempty" doc:"How long it may run, such as 5m. Default 10m."`
	Severity finding.Severity `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a failed finding costs. Default fail."`
	Pos      source.Pos       `yaml:"-"`

	// OfBase marks a check that the change altered or dropped and that still runs as the base has it.
	OfBase bool `yaml:"-"`
}

// File is what the program writes.
type File struct {
	Version  int       `json:"version"`
	Findings []Finding `json:"findings"`
	Notes    []string  `json:"notes,omitempty"` // sentences for the report
}

// Finding is one answer about one subject.
type Finding struct {
	Rule    string          `json:"rule"`
	Subject string          `json:"subject"`
	Outcome finding.Outcome `json:"outcome"` // pass, warn, fail or not-run
	Message string          `json:"message"`
	Hint    string          `json:"hint,omitempty"`
	File    string          `json:"file,omitempty"` // of the repository, with Line
	Line    int             `json:"line,omitempty"`
}

// The limits of a file: more is no help to a reader.
const (
	fileVersion = 1
	maxFile     = 4 << 20
	maxFindings = 1000
	maxNotes    = 20
)

// Job is one custom check.
type Job struct {
	Spec    Spec
	Dir     string   // working folder
	Environ []string // name=value; what the program must not see is taken out
	Output  io.Writer
	Hide    []string
}

// Run runs the check. An error means that nothing could be tried, or that ctx ended.
func Run(ctx context.Context, job Job) (Result, error) {
	folder, err := os.MkdirTemp(job.Dir, ".assay-step-")
	if err != nil {
		return Result{}, fmt.Errorf("prepare step %s: %w", job.Spec.Name, err)
	}
	defer os.RemoveAll(folder)
	if err := os.Chmod(folder, 0o777); err != nil { // the program may be another user
		return Result{}, fmt.Errorf("prepare step %s: %w", job.Spec.Name, err)
	}
	var written File
	once := 0
	ran, err := smoke.Run(ctx, smoke.Job{
		Spec: smoke.Spec{Command: job.Spec.Command, Timeout: job.Spec.Timeout, Retries: &once, Pos: job.Spec.Pos},
		Dir:  job.Dir, Environ: job.Environ, Output: job.Output, Hide: job.Hide,
		Metrics: filepath.Join(folder, "findings.json"), Variable: "ASSAY_FINDINGS",
		Check: func(path string) error {
			written, err = read(path)
			if errors.Is(err, os.ErrNotExist) {
				return &smoke.MetricsError{Cause: smoke.MetricsMissing}
			}
			return err
		},
	})
	if err != nil {
		return Result{}, fmt.Errorf("step %s: %w", job.Spec.Name, err)
	}
	result := Result{Name: job.Spec.Name, Severity: job.Spec.Severity, Pos: job.Spec.Pos, Seconds: ran.Attempts[0].Seconds}
	if !ran.Succeeded() {
		result.Failure, result.Output = ran.Attempts[0].Reason, ran.Output
		return result, nil
	}
	result.Written, result.Notes = written.Findings, written.Notes
	return result, nil
}

// read reads a program's findings under a strict form.
func read(path string) (File, error) {
	in, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return File{}, err
	}
	return Parse(data)
}

// Parse reads findings. What the form does not know is an error, so that a word misspelt does not pass for a pass.
func Parse(data []byte) (File, error) {
	if len(data) > maxFile {
		return File{}, fmt.Errorf("the findings are larger than %d MiB", maxFile>>20)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var file File
	if err := decoder.Decode(&file); err != nil {
		return File{}, fmt.Errorf("the findings are not as docs/custom-steps.md has them: %w", err)
	}
	switch {
	case decoder.More():
		return File{}, errors.New("something follows the findings")
	case file.Version != fileVersion:
		return File{}, fmt.Errorf("the findings have version %d, this program reads version %d", file.Version, fileVersion)
	case len(file.Findings) > maxFindings:
		return File{}, fmt.Errorf("%d findings are more than %d", len(file.Findings), maxFindings)
	case len(file.Notes) > maxNotes:
		return File{}, fmt.Errorf("%d notes are more than %d", len(file.Notes), maxNotes)
	}
	for i, f := range file.Findings {
		if f.Rule == "" || f.Message == "" || f.Outcome == finding.Unknown {
			return File{}, fmt.Errorf("finding %d lacks its rule, outcome or message", i+1)
		}
		if f.File != "" && !filepath.IsLocal(f.File) {
			return File{}, fmt.Errorf("finding %d names a file outside of the repository", i+1)
		}
	}
	return file, nil
}
