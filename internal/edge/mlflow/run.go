package mlflow

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Run is a tracked run, as the record of a version that was made by it.
type Run struct {
	Record registry.Record
	// Unmeasured are the metrics whose last value is no finite number; they are not in the record.
	Unmeasured []string
}

// metricValue is that of a metric. MLflow gives NaN as a text, and an infinity as the largest number that there is.
type metricValue float64

// UnmarshalJSON reads a number, or a word that MLflow says in its place.
func (v *metricValue) UnmarshalJSON(data []byte) error {
	var f float64
	if json.Unmarshal(data, &f) != nil || math.Abs(f) == math.MaxFloat64 {
		f = math.NaN()
	}
	*v = metricValue(f)
	return nil
}

type run struct {
	Info struct {
		ID string `json:"run_id"`
	} `json:"info"`
	Data struct {
		Metrics []struct {
			Key   string      `json:"key"`
			Value metricValue `json:"value"`
		} `json:"metrics"`
		Tags []tag `json:"tags"`
	} `json:"data"`
	Outputs struct {
		Models []struct {
			ID string `json:"model_id"`
		} `json:"model_outputs"`
	} `json:"outputs"`
}

// Run reads a run: the model that it logged last, its metrics and the commit that it was started from.
func (r *Registry) Run(ctx context.Context, id string) (Run, error) {
	var answer struct {
		Run run `json:"run"`
	}
	if err := r.client.get(ctx, "runs/get", url.Values{"run_id": {id}}, &answer); err != nil {
		return Run{}, err
	}
	location, err := answer.Run.location()
	if err != nil {
		return Run{}, err
	}
	found := Run{Record: registry.Record{Run: answer.Run.Info.ID, Location: location, Metrics: map[string]float64{},
		Trained: textsOf(answer.Run.Data.Tags)["mlflow.source.git.commit"]}}
	for _, m := range answer.Run.Data.Metrics {
		if math.IsNaN(float64(m.Value)) {
			found.Unmeasured = append(found.Unmeasured, m.Key)
			continue
		}
		found.Record.Metrics[m.Key] = float64(m.Value)
	}
	slices.Sort(found.Unmeasured)
	return found, nil
}

// location is where the run's model lies. Servers of 3.x tell the models of a run; clients of 2.x note them in a tag.
func (r run) location() (string, error) {
	if models := r.Outputs.Models; len(models) > 0 {
		return "models:/" + models[len(models)-1].ID, nil
	}
	var logged []struct {
		Path string `json:"artifact_path"`
	}
	if text := textsOf(r.Data.Tags)["mlflow.log-model.history"]; text != "" {
		if err := json.Unmarshal([]byte(text), &logged); err != nil {
			return "", fmt.Errorf("what MLflow's run %s says of its models cannot be read: %w", r.Info.ID, err)
		}
	}
	if len(logged) == 0 {
		return "", fmt.Errorf("MLflow's run %s logged no model: log one with log_model, or name its place", r.Info.ID)
	}
	return "runs:/" + r.Info.ID + "/" + logged[len(logged)-1].Path, nil
}
