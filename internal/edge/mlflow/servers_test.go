//go:build servers

package mlflow_test

import (
	"net/http"
	"testing"

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

func loads(t *testing.T, server *mlflowtest.Server) {
	server.Empty(t)
	r := open(t, server)
	run, err := r.Run(t.Context(), server.Train(t))
	require.NoError(t, err)
	require.Equal(t, map[string]float64{"auc": 0.875}, run.Record.Metrics)
	require.Equal(t, []string{"far", "lost"}, run.Unmeasured)
	require.Len(t, run.Record.Trained, 40)
	registrytest.Do(t, r, "clf", registrytest.Register("v1.0.0", run.Record))
	registrytest.Do(t, r, "clf", registrytest.Move("v1.0.0", "production"))
	require.Equal(t, "[0, 1]", server.Predict(t, "models:/clf@production"))
}

func recordOf(version string) registry.Record {
	return registry.Record{Location: "s3://bucket/" + version, Digest: "sha256:" + version}
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
	registrytest.Do(t, r, "clf", registrytest.Register("v1.0.0", recordOf("v1.0.0")))
	registrytest.Do(t, r, "clf", registrytest.Register("v1.1.0", recordOf("v1.1.0")))
	registrytest.Do(t, r, "clf", registrytest.Move("v1.0.0", "production"))
	registrytest.Do(t, r, "clf", registrytest.Move("v1.1.0", "production"))
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
	registrytest.Do(t, record, "clf", registrytest.Register("v1.0.0", recordOf("v1.0.0")))
	registrytest.Do(t, record, "clf", registrytest.Move("v1.0.0", "staging"))
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
