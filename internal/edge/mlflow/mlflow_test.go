package mlflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/mlflow"
	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/release/registry"
)

const absent = `{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "not found"}`

// wire is a server that gives one answer after another, and remembers what it was asked.
type wire struct {
	*httptest.Server
	mutex sync.Mutex
	asked []string
	auth  string
	body  []byte // of the last call
}

func answering(t *testing.T, answer func(call string, w http.ResponseWriter)) *wire {
	s := &wire{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		call := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/")
		s.asked, s.auth = append(s.asked, call), r.Header.Get("Authorization")
		s.body, _ = io.ReadAll(r.Body)
		answer(call, w)
	}))
	t.Cleanup(s.Close)
	return s
}

// count is how often a call was made.
func (s *wire) count(call string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(slices.DeleteFunc(slices.Clone(s.asked), func(asked string) bool { return asked != call }))
}

func (s *wire) open(t *testing.T, environ map[string]string) *mlflow.Registry {
	r, err := mlflow.Open(registry.Stages{}, mlflow.Options{Guard: outbound.Guard{Loopback: true}, Pause: time.Nanosecond, Getenv: func(name string) string {
		if value, ok := environ[name]; ok {
			return value
		}
		return map[string]string{"MLFLOW_TRACKING_URI": s.URL}[name]
	}})
	require.NoError(t, err)
	return r
}

func refuse(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestCredentials(t *testing.T) {
	server := answering(t, func(_ string, w http.ResponseWriter) { refuse(w, http.StatusNotFound, absent) })
	host := strings.TrimPrefix(server.URL, "http://")
	for name, c := range map[string]struct {
		environ map[string]string
		want    string
	}{
		"none":                            {nil, ""},
		"a token":                         {map[string]string{"MLFLOW_TRACKING_TOKEN": "t0ken"}, "Bearer t0ken"},
		"a name stands before a token":    {map[string]string{"MLFLOW_TRACKING_TOKEN": "t0ken", "MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "pw"}, "Basic YW5uOnB3"},
		"in the address":                  {map[string]string{"MLFLOW_TRACKING_URI": "http://ann:pw@" + host + "/"}, "Basic YW5uOnB3"},
		"the environment's before its":    {map[string]string{"MLFLOW_TRACKING_URI": "http://bob:x@" + host, "MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "pw"}, "Basic YW5uOnB3"},
		"a token is not sent with a name": {map[string]string{"MLFLOW_TRACKING_URI": "http://ann:pw@" + host, "MLFLOW_TRACKING_TOKEN": "t0ken"}, "Basic YW5uOnB3"},
	} {
		_, err := server.open(t, c.environ).Read(t.Context(), "clf")
		require.NoError(t, err, name)
		require.Equal(t, c.want, server.auth, name)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, uri := range []string{"", "databricks", "sqlite:///mlflow.db", "./mlruns", "http://", "http://[::1", "file:///x"} {
		_, err := mlflow.Open(registry.Stages{}, mlflow.Options{Getenv: func(string) string { return uri }})
		require.ErrorContains(t, err, "set MLFLOW_TRACKING_URI", uri)
	}
}

func TestNoErrorShowsASecret(t *testing.T) {
	environ := map[string]string{"MLFLOW_TRACKING_URI": "http://ann:hush@127.0.0.1:1/"}
	_, err := (&wire{Server: &httptest.Server{}}).open(t, environ).Read(t.Context(), "clf")
	require.ErrorContains(t, err, "no answer came")
	require.NotContains(t, err.Error(), "hush")
}

// A redirect leads nowhere: who answers in the server's place is not shown the credentials.
func TestRedirectsAreNotFollowed(t *testing.T) {
	other := answering(t, func(_ string, w http.ResponseWriter) { refuse(w, http.StatusNotFound, absent) })
	server := answering(t, func(_ string, w http.ResponseWriter) {
		w.Header().Set("Location", other.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	_, err := server.open(t, map[string]string{"MLFLOW_TRACKING_TOKEN": "t0ken"}).Read(t.Context(), "clf")
	require.ErrorContains(t, err, "redirects are not followed")
	require.Empty(t, other.asked)
}

func TestWhatAServerSays(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
		asked      int
	}{
		{http.StatusUnauthorized, "no", "401 Unauthorized (set MLFLOW_TRACKING_USERNAME", 1},
		{http.StatusForbidden, "Permission denied", "--allowed-hosts", 1}, // the plain text of mlflow[auth]
		{http.StatusNotFound, "<html>", "of its root?", 1},
		{http.StatusBadRequest, `{"error_code": "INVALID_PARAMETER_VALUE", "message": "` + strings.Repeat("é", 400) + `"}`, "INVALID_PARAMETER_VALUE: ééé", 1},
		{http.StatusServiceUnavailable, "", "run again later", 4},
		{http.StatusTooManyRequests, "", "run again later", 4},
		{http.StatusOK, "<html>", "the answer cannot be read", 1},
	} {
		server := answering(t, func(_ string, w http.ResponseWriter) { refuse(w, c.status, c.body) })
		_, err := server.open(t, nil).Read(t.Context(), "clf")
		require.ErrorContains(t, err, c.want)
		require.Len(t, server.asked, c.asked, "%d", c.status)
		require.Less(t, len(err.Error()), 700)
	}
}

func TestModelsOfOneNameAreToldApart(t *testing.T) {
	server := answering(t, func(_ string, w http.ResponseWriter) {
		refuse(w, http.StatusOK, `{"registered_model": {"name": "a.b", "tags": [{"key": "assay.model", "value": "a:b"}]}}`)
	})
	_, err := server.open(t, nil).Read(t.Context(), "a/b")
	require.ErrorContains(t, err, "MLflow's model a.b is that of a:b, and cannot be that of a/b too")
}

func TestALogThatAHandChangedIsAnError(t *testing.T) {
	server := answering(t, func(_ string, w http.ResponseWriter) {
		refuse(w, http.StatusOK, `{"registered_model": {"name": "clf", "tags": [{"key": "assay.log.000001.x.1-1", "value": "mine"}]}}`)
	})
	_, err := server.open(t, nil).Read(t.Context(), "clf")
	require.ErrorContains(t, err, "the log of clf in MLflow was changed by hand: tag assay.log.000001.x.*")
}

// store plays a server that keeps the tags of one model, and knows nothing of versions. Before each call it asks what to do.
func store(t *testing.T, before func(call string, tags map[string]string)) *wire {
	tags := map[string]string{}
	var s *wire
	s = answering(t, func(call string, w http.ResponseWriter) {
		before(call, tags)
		switch call {
		case "GET registered-models/get":
			if len(tags) == 0 {
				refuse(w, http.StatusNotFound, absent)
				return
			}
			all := []map[string]string{}
			for key, value := range tags {
				all = append(all, map[string]string{"key": key, "value": value})
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"registered_model": map[string]any{"name": "clf", "tags": all}})
		case "POST registered-models/create":
			tags["assay.model"] = "clf"
			fmt.Fprint(w, "{}")
		case "POST registered-models/set-tag":
			var set struct{ Key, Value string }
			_ = json.Unmarshal(s.body, &set)
			tags[set.Key] = set.Value
			fmt.Fprint(w, "{}")
		default:
			fmt.Fprint(w, "{}")
		}
	})
	return s
}

// write writes a registration whose record needs several tags.
func write(t *testing.T, r registry.Backend) error {
	record := registry.Record{Data: map[string]string{"train": strings.Repeat("x", 12000)}}
	events, err := registry.Log{Model: "clf"}.Register(registry.Entry{Version: "v1.0.0", Record: record}, registry.Deed{By: "ann", Now: time.Unix(1764000000, 0)})
	require.NoError(t, err)
	return r.Write(t.Context(), "clf", "", events)
}

const (
	createModel   = "POST registered-models/create"
	createVersion = "POST model-versions/create"
	setTag        = "POST registered-models/set-tag"
)

// What makes something new is sent once, what sets something is sent again.
func TestOnlyWhatIsSafeIsRepeated(t *testing.T) {
	for breaks, want := range map[string]int{createModel: 1, createVersion: 1, setTag: 4} {
		server := store(t, func(call string, _ map[string]string) {
			if call == breaks {
				panic(http.ErrAbortHandler)
			}
		})
		err := write(t, server.open(t, nil))
		require.Error(t, err)
		require.Equal(t, breaks == setTag, errors.Is(err, registry.ErrUnsure), breaks)
		require.Equal(t, want, server.count(breaks), breaks)
	}
}

// Who is stopped between two tags of one write has written nothing, and the next one is not kept from it.
func TestAWriteThatStopsHalfWayIsNone(t *testing.T) {
	var isWell atomic.Bool
	server := store(t, func(call string, tags map[string]string) {
		if call == setTag && len(tags) > 1 && !isWell.Load() {
			panic(http.ErrAbortHandler)
		}
	})
	r := server.open(t, nil)
	require.ErrorIs(t, write(t, r), registry.ErrUnsure)
	log, err := r.Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Empty(t, log.Events)
	isWell.Store(true)
	require.NoError(t, write(t, r))
	log, err = r.Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Len(t, log.Events, 1)
}

// Another's write that comes between the look before and the look after is seen, and stands.
func TestARaceIsNoticed(t *testing.T) {
	server := store(t, func(call string, tags map[string]string) {
		if call == setTag {
			tags["assay.log.000001.other.1-1"] = `[{"kind":"registered","version":"v2.0.0","at":"2026-11-25T01:02:03Z"}]`
		}
	})
	r := server.open(t, nil)
	require.ErrorIs(t, write(t, r), registry.ErrRaced)
	log, err := r.Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Len(t, log.Events, 2)
}
