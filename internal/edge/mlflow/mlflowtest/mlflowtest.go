// Package mlflowtest starts real MLflow servers for tests, and speaks to them as MLflow's own Python does.
package mlflowtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/servertest"
)

// Server is a real server.
type Server struct {
	URL    string
	python string
}

// release is a version of MLflow: the variable that names the python of its environment, and what it says when it is ready.
type release struct{ name, python, ready string }

var (
	three = release{"3.17.2", "ASSAY_MLFLOW3_PYTHON", "Uvicorn running on"}
	two   = release{"2.22.5", "ASSAY_MLFLOW2_PYTHON", "Booting worker"}
)

// Each runs a test on a server of each release.
func Each(t *testing.T, test func(t *testing.T, s *Server)) {
	for _, r := range []release{three, two} {
		t.Run(r.name, func(t *testing.T) { test(t, r.start(t)) })
	}
}

// Newest is a server of the newest release.
func Newest(t *testing.T) *Server { return three.start(t) }

func (r release) start(t *testing.T) *Server {
	python := os.Getenv(r.python)
	require.NotEmpty(t, python, "set %s to the python of .ci/venv testdata/peers/mlflow…/requirements.txt", r.python)
	port, dir := servertest.FreePort(t), t.TempDir()
	bin := filepath.Dir(python)
	servertest.Start(t, r.ready, append(quiet, "PATH="+bin+":"+os.Getenv("PATH")), filepath.Join(bin, "mlflow"), "server", "--host", "127.0.0.1", "--port", port, "--workers", "1",
		"--backend-store-uri", "sqlite:///"+dir+"/mlflow.db", "--artifacts-destination", dir+"/artifacts", "--serve-artifacts")
	return &Server{URL: "http://127.0.0.1:" + port, python: python}
}

// quiet keeps MLflow from the network, and 3.x from starting eight programs for jobs that nobody gives it.
var quiet = []string{"MLFLOW_DISABLE_TELEMETRY=true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false"}

// Getenv leads a client to the server, and nowhere else.
func (s *Server) Getenv(name string) string {
	if name == "MLFLOW_TRACKING_URI" {
		return s.URL
	}
	return ""
}

// Train logs a run with a scikit-learn model, and metrics of which two are no numbers. It answers with the run's id.
func (s *Server) Train(t *testing.T) string { return s.python3(t, train) }

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

// Predict loads a model, and answers with what it says of two rows: "[0, 1]" where it is that of Train.
func (s *Server) Predict(t *testing.T, uri string) string { return s.python3(t, predict, uri) }

const predict = `
import mlflow, sys
print(mlflow.pyfunc.load_model(sys.argv[1]).predict([[0.0], [3.0]]).tolist())`

// python3 runs a script with MLflow's own client, and answers with the last line that it prints.
func (s *Server) python3(t *testing.T, script string, args ...string) string {
	command := exec.Command(s.python, append([]string{"-c", script}, args...)...)
	command.Env = append(append(os.Environ(), quiet...), "MLFLOW_TRACKING_URI="+s.URL)
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	require.NoError(t, err, said.String())
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// Do makes a call as somebody who knows nothing of Assay.
func (s *Server) Do(t *testing.T, method, path string, body, out any) {
	data, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/api/2.0/mlflow/"+path, bytes.NewReader(data))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode, path)
	if out != nil {
		require.NoError(t, json.NewDecoder(answer.Body).Decode(out))
	}
}

// Empty deletes all registered models.
func (s *Server) Empty(t *testing.T) {
	var page struct {
		Models []struct {
			Name string `json:"name"`
		} `json:"registered_models"`
	}
	s.Do(t, http.MethodGet, "registered-models/search?max_results=1000", nil, &page)
	for _, m := range page.Models {
		s.Do(t, http.MethodDelete, "registered-models/delete", map[string]string{"name": m.Name}, nil)
	}
}
