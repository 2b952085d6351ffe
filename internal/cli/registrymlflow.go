package cli

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/assay-ml/assay/internal/edge/mlflow"
	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/release/registry"
)

// openMLflow finds the server that the environment names. Whoever runs this sets it, so this machine itself is allowed.
func (a *app) openMLflow(stages registry.Stages) (*mlflow.Registry, error) {
	return mlflow.Open(stages, mlflow.Options{Getenv: a.env.Getenv, Guard: outbound.Guard{Loopback: true}})
}

// fullSHA is how git names a commit in full.
var fullSHA = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// ofRun adds to a record what an MLflow run knows, where no flag says it. Who trains notes the commit by itself, so only a full sha counts.
func (a *app) ofRun(ctx context.Context, d *desk, in entry, record registry.Record) (registry.Record, error) {
	m, err := a.openMLflow(d.stages)
	if err != nil {
		return record, err
	}
	run, err := m.Run(ctx, in.mlflowRun)
	if err != nil {
		return record, err
	}
	record.Run, record.Location = run.Record.Run, or(record.Location, run.Record.Location)
	if in.metrics == "" {
		record.Metrics = run.Record.Metrics
		if len(run.Unmeasured) > 0 {
			fmt.Fprintln(a.env.Err, visibleLine("assay: these metrics of the run are no finite numbers, and are left out: "+strings.Join(run.Unmeasured, ", ")))
		}
	}
	if in.trained == "" && fullSHA.MatchString(run.Record.Trained) {
		record.Trained = run.Record.Trained
	}
	return record, nil
}
