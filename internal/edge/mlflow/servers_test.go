//go:build servers

package mlflow_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/mlflow"
	"github.com/assay-ml/assay/internal/edge/mlflow/mlflowtest"
	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/release/mirror"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/release/registry/registrytest"
)

func open(t *testing.T, server *mlflowtest.Server) *mlflow.Registry {
	r, err := mlflow.Open(registrytest.Stages, mlflow.Options{Getenv: server.Getenv, Guard: outbound.Guard{Loopback: true}})
	require.NoError(t, err)
	return r
}

// TestServers starts each server once.
func TestServers(t *testing.T) {
	mlflowtest.Each(t, func(t *testing.T, server *mlflowtest.Server) {
		t.Run("contract", func(t *testing.T) {
			registrytest.Run(t, func(t *testing.T) registrytest.Bench {
				server.Empty(t)
				return registrytest.Bench{Backend: open(t, server), Races: true}
			})
		})
		t.Run("a version of a run loads by its stage", func(t *testing.T) { loads(t, server) })
		t.Run("what a hand changed is mended", func(t *testing.T) { mends(t, server) })
		t.Run("a record is mirrored", func(t *testing.T) { mirrors(t, server) })
	})
}

const train = `
import mlflow
from sklearn.linear_model import LogisticRegression
mlflow.set_experiment("clf")
with mlflow.start_run() as run:
    mlflow.set_tag("mlflow.source.git.commit", "c" * 40)
    mlflow.log_metric("auc", 0.875)
    mlflow.log_metric("lost", float("nan"))
    mlflow.log_metric("far", float("inf"))
    mlflow.sklearn.log_model(LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]), "model", pip_requirements=[])
print(run.info.run_id)`

const load = `
import mlflow
print(mlflow.pyfunc.load_model("models:/clf@production").predict([[0.0], [3.0]]).tolist())`

func loads(t *testing.T, server *mlflowtest.Server) {
	server.Empty(t)
	r := open(t, server)
	run, err := r.Run(t.Context(), server.Python(t, train))
	require.NoError(t, err)
	require.Equal(t, map[string]float64{"auc": 0.875}, run.Record.Metrics)
	require.Equal(t, []string{"far", "lost"}, run.Unmeasured)
	require.Len(t, run.Record.Trained, 40)
	do(t, r, func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Version: "v1.0.0", Record: run.Record}, deed)
	})
	do(t, r, move("v1.0.0", "production"))
	require.Equal(t, "[0, 1]", server.Python(t, load))
}

var deed = registry.Deed{By: "octocat", Reason: "why", Now: time.Date(2026, 11, 25, 1, 2, 3, 0, time.UTC)}

// do plans on the log of clf, and writes what is planned.
func do(t *testing.T, b registry.Backend, plan func(registry.Log) ([]registry.Event, error)) {
	t.Helper()
	log, err := b.Read(t.Context(), "clf")
	require.NoError(t, err)
	events, err := plan(log)
	require.NoError(t, err)
	require.NoError(t, b.Write(t.Context(), "clf", log.Revision, events))
}

func move(version, stage string) func(registry.Log) ([]registry.Event, error) {
	return func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(registrytest.Stages, version, stage, true, deed)
	}
}

func register(version string) func(registry.Log) ([]registry.Event, error) {
	return func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Version: version, Record: registry.Record{Location: "s3://bucket/" + version, Digest: "sha256:" + version}}, deed)
	}
}

// inWords reads drifts as a person does.
func inWords(drifts []mirror.Drift) []string {
	var words []string
	for _, d := range drifts {
		words = append(words, d.String())
	}
	return words
}

func mends(t *testing.T, server *mlflowtest.Server) {
	server.Empty(t)
	r := open(t, server)
	do(t, r, register("v1.0.0"))
	do(t, r, register("v1.1.0"))
	do(t, r, move("v1.0.0", "production"))
	do(t, r, move("v1.1.0", "production"))
	found, err := mirror.Look(t.Context(), r, r, "clf")
	require.NoError(t, err)
	require.True(t, found.IsClean(), "%v", found)

	server.Do(t, http.MethodPost, "registered-models/alias", map[string]string{"name": "clf", "alias": "production", "version": "1"}, nil)
	server.Do(t, http.MethodPost, "registered-models/alias", map[string]string{"name": "clf", "alias": "staging", "version": "1"}, nil)
	server.Do(t, http.MethodPost, "registered-models/alias", map[string]string{"name": "clf", "alias": "ours", "version": "1"}, nil)
	server.Do(t, http.MethodPost, "model-versions/transition-stage", map[string]any{"name": "clf", "version": "2", "stage": "None", "archive_existing_versions": false}, nil)
	server.Do(t, http.MethodDelete, "model-versions/delete-tag", map[string]string{"name": "clf", "version": "2", "key": "assay.digest"}, nil)
	server.Do(t, http.MethodPost, "model-versions/set-tag", map[string]string{"name": "clf", "version": "2", "key": "assay.deprecated", "value": "x"}, nil)
	want := []string{"tag assay.deprecated of v1.1.0 is x, and should be nothing", "tag assay.digest of v1.1.0 is nothing, and should be sha256:v1.1.0",
		"stage of v1.1.0 is None, and should be Production", "alias production is v1.0.0, and should be v1.1.0", "alias staging is v1.0.0, and should be nothing"}
	found, err = mirror.Look(t.Context(), r, r, "clf")
	require.NoError(t, err)
	require.Equal(t, want, inWords(found.Drifts))
	found, err = mirror.Reconcile(t.Context(), r, r, "clf", false)
	require.NoError(t, err)
	require.Equal(t, want, inWords(found.Drifts))
	found, err = mirror.Look(t.Context(), r, r, "clf")
	require.NoError(t, err)
	require.True(t, found.IsClean(), "%v", found)

	server.Do(t, http.MethodDelete, "model-versions/delete", map[string]string{"name": "clf", "version": "2"}, nil)
	found, err = mirror.Reconcile(t.Context(), r, r, "clf", false)
	require.NoError(t, err)
	words := inWords(found.Drifts) // 2.22 leaves the alias of a version that it deleted
	require.Equal(t, "version v1.1.0 is nothing, and should be there", words[0])
	require.Regexp(t, "^alias production is (nothing|MLflow's version 2, which Assay did not register), and should be v1.1.0$", words[1])
	found, err = mirror.Look(t.Context(), r, r, "clf")
	require.NoError(t, err)
	require.True(t, found.IsClean(), "%v", found)
}

// mirrors lets two at once bring a mirror up to a record that went on without it.
func mirrors(t *testing.T, server *mlflowtest.Server) {
	server.Empty(t)
	record := &registrytest.Memory{}
	do(t, record, register("v1.0.0"))
	do(t, record, move("v1.0.0", "staging"))
	r := open(t, server)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := mirror.Reconcile(t.Context(), record, r, "clf", false)
			errs <- err
		}()
	}
	require.NoError(t, <-errs)
	require.NoError(t, <-errs)
	found, err := mirror.Look(t.Context(), record, r, "clf")
	require.NoError(t, err)
	require.True(t, found.IsClean(), "%v", found)
	log, err := r.Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Len(t, log.Events, 2)
}
