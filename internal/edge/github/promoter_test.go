package github_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/release/registry/registrytest"
)

// TestMain is also the program of a promoter: its environment names the API.
func TestMain(m *testing.M) {
	if os.Getenv(registrytest.Promoter) == "" {
		os.Exit(m.Run())
	}
	client, err := github.New(github.Options{Token: token, APIURL: os.Getenv("API"), GraphQLURL: os.Getenv("API") + "/graphql", Owner: "owner", Repository: "repo"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(registrytest.Broke)
	}
	os.Exit(registrytest.Promote(gittag.New(client)))
}

// promoter makes a promoter that asks a server.
func promoter(t *testing.T, server *githubtest.Server) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(program)
	c.Env = append(os.Environ(), "API="+server.URL)
	return c
}

// bench is a registry behind the API, with commits to stand on.
func bench(t *testing.T) (*githubtest.Server, registrytest.Bench) {
	t.Helper()
	server, client := repository(t)
	n := 0
	return server, registrytest.Bench{Backend: gittag.New(client), Commit: func(*testing.T) string {
		n++
		sha := fmt.Sprintf("%040x", n)
		server.AddCommits(githubtest.Commit{SHA: sha})
		return sha
	}}
}

func TestFiftyPromotersByTheAPI(t *testing.T) {
	server, bench := bench(t)
	registrytest.Race(t, bench, 50, 3, func() *exec.Cmd { return promoter(t, server) })
}

// A promotion makes some requests. Its process is killed at each of them, before it takes effect and after it has: what it leaves is the state
// before or after the promotion and nothing between, and the same command goes on from there.
func TestAPromotionThatIsKilledAtAnyRequest(t *testing.T) {
	taken, point := 0, 1
	for isKilled := true; isKilled; point++ {
		for _, applies := range []bool{false, true} {
			var took bool
			if isKilled, took = killAt(t, point, applies); isKilled && took {
				taken++
			}
		}
		require.Less(t, point, 50)
	}
	require.Greater(t, point, 10, "there are that many requests at least")
	require.GreaterOrEqual(t, taken, 2, "killed once GitHub took it, it has taken effect")
}

// killAt kills a promotion at a request; took says whether it has taken effect.
func killAt(t *testing.T, point int, applies bool) (isKilled, took bool) {
	t.Helper()
	server, bench := bench(t)
	asked, reached := 0, make(chan struct{}, 1)
	var isArmed atomic.Bool
	server.Fail = func(*http.Request) *githubtest.Fault {
		if !isArmed.Load() {
			return nil
		}
		if asked++; asked != point {
			return nil
		}
		reached <- struct{}{}
		return &githubtest.Fault{Lost: githubtest.Hang, Applies: applies}
	}
	for _, version := range []string{"v1.0.0", "v2.0.0"} {
		put(t, bench, func(l registry.Log) ([]registry.Event, error) {
			return l.Register(registry.Entry{Version: version, Commit: bench.Commit(t)}, registry.Deed{By: "ann", Now: time.Now().Add(-time.Hour)})
		})
	}
	put(t, bench, func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(registrytest.Stages, "v1.0.0", "production", true, registry.Deed{By: "ann", Now: time.Now().Add(-time.Hour)})
	})
	before, err := bench.Backend.Read(t.Context(), "clf")
	require.NoError(t, err)

	c := promoter(t, server)
	c.Env = append(c.Env, registrytest.Promoter+"=v2.0.0 v1.0.0")
	isArmed.Store(true)
	require.NoError(t, c.Start())
	ended := make(chan struct{})
	go func() { c.Wait(); close(ended) }()
	select {
	case <-reached:
		isKilled = true
		require.NoError(t, c.Process.Kill())
		<-ended
	case <-ended:
		require.Zero(t, c.ProcessState.ExitCode())
	}
	isArmed.Store(false)

	now, err := bench.Backend.Read(t.Context(), "clf")
	require.NoError(t, err)
	holder := now.Of().Holder("production").Name
	require.Len(t, now.Events, len(before.Events)+map[string]int{"v1.0.0": 0, "v2.0.0": 3}[holder], "all of it or nothing")
	again := promoter(t, server)
	again.Env = append(again.Env, registrytest.Promoter+"=v2.0.0 "+holder)
	out, err := again.CombinedOutput()
	require.NoError(t, err, string(out))
	last, err := bench.Backend.Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Len(t, last.Events, len(before.Events)+3, "it is done, and once")
	return isKilled, holder == "v2.0.0"
}

// put reads, plans and writes.
func put(t *testing.T, b registrytest.Bench, plan func(registry.Log) ([]registry.Event, error)) {
	t.Helper()
	log, err := b.Backend.Read(t.Context(), "clf")
	require.NoError(t, err)
	events, err := plan(log)
	require.NoError(t, err)
	require.NoError(t, b.Backend.Write(t.Context(), "clf", log.Revision, events))
}
