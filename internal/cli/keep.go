package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/artifact"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/run/publish"
)

// keeper keeps the reports of a run where one click opens them.
type keeper struct {
	service *artifact.Service
	why     error // why there is none
	runner  *actions.Runner
	event   actions.Event
	runURL  string // of this run, which is not always the one that is judged
}

func (a *app) keeper(runner *actions.Runner, event actions.Event) *keeper {
	k := &keeper{runner: runner, event: event, runURL: event.RunURL}
	k.service, k.why = artifact.New(artifact.Options{ResultsURL: a.env.Getenv("ACTIONS_RESULTS_URL"), Token: a.env.Getenv("ACTIONS_RUNTIME_TOKEN"), ServerURL: event.ServerURL})
	runner.Mask(a.env.Getenv("ACTIONS_RUNTIME_TOKEN"))
	return k
}

// keepLimit bounds how long the service may hold up the end of a run.
const keepLimit = time.Minute

// keepReport keeps the HTML report and answers with its address, "" where it stays a file.
func (k *keeper) keepReport(ctx context.Context, r finding.Result, name, matrix string) string {
	if k.service == nil {
		return ""
	}
	var page bytes.Buffer
	if err := report.HTML(&page, r); err != nil {
		k.tell("report", err)
		return ""
	}
	kept, err := k.keep(ctx, artifact.File{Name: publish.ReportName(name, matrix), MIME: "text/html", Data: page.Bytes()})
	if err != nil || k.runURL == "" {
		k.tell("report", err)
		return ""
	}
	return fmt.Sprintf("%s/artifacts/%d", k.runURL, kept.ID)
}

// keepResult keeps the result as JSON, for whoever publishes it.
func (k *keeper) keepResult(ctx context.Context, r finding.Result, name, matrix string) {
	if k.service == nil {
		return
	}
	var data bytes.Buffer
	err := writeJSON(&data, r)
	if err == nil {
		_, err = k.keep(ctx, artifact.File{Name: publish.ResultName(name, matrix), MIME: "application/json", Data: data.Bytes()})
	}
	k.tell("result", err)
}

// maxFlips bounds the file of flips that is kept, in bytes.
const maxFlips = 64 << 20

// keepFlips keeps the file of flips, where one was written.
func (k *keeper) keepFlips(ctx context.Context, path, name, matrix string) {
	info, err := os.Stat(path)
	if k.service == nil || errors.Is(err, fs.ErrNotExist) {
		return
	}
	var data []byte
	switch {
	case err != nil:
	case info.Size() > maxFlips:
		err = fmt.Errorf("it has more than %d bytes", maxFlips)
	default:
		data, err = os.ReadFile(path)
	}
	if err == nil {
		_, err = k.keep(ctx, artifact.File{Name: publish.FlipsName(name, matrix), MIME: "text/csv", Data: data})
	}
	k.tell("file of flips", err)
}

func (k *keeper) keep(ctx context.Context, f artifact.File) (artifact.Kept, error) {
	ctx, cancel := context.WithTimeout(ctx, keepLimit)
	defer cancel()
	return k.service.Upload(ctx, f)
}

// tell says what could not be kept; it changes no verdict.
func (k *keeper) tell(what string, err error) {
	if err != nil {
		k.runner.Notice(fmt.Sprintf("the %s is kept with no run, and stays a file: %v", what, err))
	}
}

// excuse is why reports stay files, "" where they do not.
func (k *keeper) excuse() string {
	if k.service != nil {
		return ""
	}
	return "the report stays a file: " + k.why.Error()
}
