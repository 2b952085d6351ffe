//go:build peers

package git_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
)

// peer is the real GTO 1.10.1 on a repository; see testdata/peers/gto/driver.py.
type peer struct {
	in  *json.Encoder
	out *bufio.Scanner
	now time.Time
}

func startGTO(t *testing.T, dir string) *peer {
	t.Helper()
	python := os.Getenv("ASSAY_GTO_PYTHON")
	require.NotEmpty(t, python, "ASSAY_GTO_PYTHON names the Python that has GTO: $(.ci/venv testdata/peers/gto/requirements.txt)/bin/python")
	command := exec.Command(python, "../../../testdata/peers/gto/driver.py", dir)
	command.Env = append(os.Environ(), "GIT_AUTHOR_NAME=ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=ann", "GIT_COMMITTER_EMAIL=ann@example.com")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { in.Close(); io.Copy(io.Discard, out); require.NoError(t, command.Wait()) })
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 16<<20)
	return &peer{json.NewEncoder(in), scanner, time.Unix(1_900_000_000, 0).UTC()}
}

// ask does something, and answers with what GTO says; its refusal is an error.
func (p *peer) ask(t *testing.T, into any, do string, with map[string]any) error {
	t.Helper()
	require.NoError(t, p.in.Encode(map[string]any{"do": do, "with": with, "now": p.now.Unix()}))
	require.True(t, p.out.Scan(), "GTO ended")
	var answer struct {
		Answer json.RawMessage
		Error  string
	}
	require.NoError(t, json.Unmarshal(p.out.Bytes(), &answer), p.out.Text())
	if answer.Error != "" {
		return fmt.Errorf("%s", answer.Error)
	}
	if into != nil {
		require.NoError(t, json.Unmarshal(answer.Answer, into))
	}
	return nil
}

// shown is a model as `gto show` shows it.
type shown struct {
	Active   bool
	Latest   *string
	Versions []shownVersion
}

type shownVersion struct {
	Version, Commit string
	Stages          []string
}

// shownByAssay is the same as Assay sees it.
func shownByAssay(l registry.Log) shown {
	state := l.Of()
	s := shown{Active: len(l.Events) > 0 && state.Deprecated == nil}
	if !s.Active {
		return s
	}
	if latest := state.Latest(); latest != nil {
		s.Latest = &latest.Name
	}
	for _, v := range state.Versions {
		if !v.Active {
			continue
		}
		one := shownVersion{v.Name, v.Commit, []string{}}
		for _, stage := range v.Given() {
			if v.Holds(stage) {
				one.Stages = append(one.Stages, stage)
			}
		}
		s.Versions = append(s.Versions, one)
	}
	return s
}

// past is an event as `gto history` tells it.
type past struct {
	At                    int64
	Event, Version, Stage string
	Commit                string
}

// pastByAssay is the same as Assay sees it, without what GTO passes over.
func pastByAssay(l registry.Log) []past {
	words := map[registry.Kind]string{registry.Registered: "registration", registry.Deregistered: "deregistration", registry.Assigned: "assignment",
		registry.Unassigned: "unassignment", registry.Deprecated: "deprecation"}
	all := []past{}
	for _, e := range l.Events {
		if e.Kind != registry.Annotated && !(e.Kind == registry.Deprecated && e.Version != "") {
			all = append(all, past{e.At.Unix(), words[e.Kind], e.Version, e.Stage, e.Commit})
		}
	}
	return all
}

// agree holds Assay's reading of the repository against GTO's.
func (p *peer) agree(t *testing.T, assay *gittag.Registry) registry.Log {
	t.Helper()
	log, err := assay.Read(t.Context(), "clf")
	require.NoError(t, err)
	if len(log.Events) == 0 {
		return log
	}
	var theirs shown
	require.NoError(t, p.ask(t, &theirs, "show", map[string]any{"name": "clf"}))
	for i := range theirs.Versions {
		slices.Sort(theirs.Versions[i].Stages)
	}
	ours := shownByAssay(log)
	require.Equal(t, theirs.Active, ours.Active)
	require.Equal(t, theirs.Latest, ours.Latest)
	require.ElementsMatch(t, theirs.Versions, ours.Versions)
	var history []past
	require.NoError(t, p.ask(t, &history, "history", map[string]any{"name": "clf"}))
	require.Equal(t, history, pastByAssay(log))
	return log
}

// Both write by turns, at random, and read the same after each step.
func TestGTOAndAssayReadEachOther(t *testing.T) {
	done := map[string]int{}
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			dir, commit := clone(t, false)
			commit(t)
			gto, assay := startGTO(t, dir), gittag.New(opened(t, dir, ""))
			random := rand.New(rand.NewPCG(seed, seed))
			for range 120 {
				log := gto.agree(t, assay)
				gto.now = gto.now.Add(20 * time.Second)
				what, err := gto.step(t, assay, log, random, commit)
				if err == nil {
					done[what]++
				}
			}
		})
	}
	t.Log(done)
	for _, what := range []string{"gto register", "gto assign", "gto unassign", "gto deregister", "gto deprecate", "register", "promote", "rollback", "annotate", "deprecate"} {
		require.Positive(t, done[what], "%s never happened: a walk that does too little shows too little", what)
	}
}

// step does something at random, as the one or the other. What is refused has changed nothing: the next comparison shows it.
func (p *peer) step(t *testing.T, assay *gittag.Registry, log registry.Log, random *rand.Rand, commit func(*testing.T) string) (string, error) {
	version, stage := fmt.Sprintf("v0.0.%d", 1+random.IntN(5)), []string{"staging", "production", "archived", "canary"}[random.IntN(4)]
	named := map[string]any{"name": "clf", "version": version}
	staged := map[string]any{"name": "clf", "version": version, "stage": stage}
	deed := registry.Deed{By: "ann <ann@example.com>", Reason: "because", Now: p.now}
	write := func(what string, events []registry.Event, err error) (string, error) {
		if err == nil {
			err = assay.Write(t.Context(), "clf", log.Revision, events)
			require.NoError(t, err)
		}
		return what, err
	}
	stages := registry.Stages{}.OrDefaults()
	switch random.IntN(20) {
	case 0:
		return "gto register", p.ask(t, nil, "register", map[string]any{"name": "clf", "ref": commit(t)})
	case 1, 2, 3, 4:
		return "gto assign", p.ask(t, nil, "assign", staged)
	case 5, 6:
		return "gto unassign", p.ask(t, nil, "unassign", staged)
	case 7:
		return "gto deregister", p.ask(t, nil, "deregister", named)
	case 8:
		return "gto deprecate", p.ask(t, nil, "deprecate", map[string]any{"name": "clf", "force": true})
	case 9, 10:
		events, err := log.Register(registry.Entry{Commit: commit(t), Record: registry.Record{Digest: "sha256:1"}}, deed)
		return write("register", events, err)
	case 11, 12, 13, 14, 15:
		events, err := log.Transition(stages, version, stages.Names()[random.IntN(4)], random.IntN(2) == 0, deed)
		return write("promote", events, err)
	case 16, 17:
		events, err := log.Rollback(stages, "production", deed)
		return write("rollback", events, err)
	case 18:
		events, err := log.Annotate(version, map[string]string{"n": fmt.Sprint(random.IntN(9))}, deed)
		return write("annotate", events, err)
	default:
		events, err := log.Deprecate("", deed)
		return write("deprecate", events, err)
	}
}

// GTO gives a stage back to the version that held it before; what Assay archived gets nothing back.
func TestAStageFallsBackAsInGTO(t *testing.T) {
	dir, commit := clone(t, false)
	first, second := commit(t), commit(t)
	gto, assay := startGTO(t, dir), gittag.New(opened(t, dir, ""))
	tell := func(do string, with map[string]any) {
		gto.now = gto.now.Add(time.Minute)
		with["name"] = "clf"
		require.NoError(t, gto.ask(t, nil, do, with))
	}
	tell("register", map[string]any{"ref": first})
	tell("register", map[string]any{"ref": second})
	tell("assign", map[string]any{"version": "v0.0.1", "stage": "production"})
	tell("assign", map[string]any{"version": "v0.0.2", "stage": "production"})
	tell("unassign", map[string]any{"version": "v0.0.2", "stage": "production"})
	require.Equal(t, "v0.0.1", gto.agree(t, assay).Of().Holder("production").Name)
	tell("assign", map[string]any{"version": "v0.0.2", "stage": "production"})
	put(t, assay, func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(registry.Stages{}.OrDefaults(), "v0.0.1", "archived", true, registry.Deed{By: "ann", Now: gto.now})
	})
	tell("unassign", map[string]any{"version": "v0.0.2", "stage": "production"})
	require.Nil(t, gto.agree(t, assay).Of().Holder("production"))
}

// GTO's own words for what Assay wrote.
func TestGTOSaysWhatAssayWrote(t *testing.T) {
	dir, commit := clone(t, false)
	gto, assay := startGTO(t, dir), gittag.New(opened(t, dir, ""))
	sha := commit(t)
	deed := registry.Deed{By: "octocat", Reason: "the first", Now: gto.now}
	put(t, assay, func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Version: "v1.0.0", Commit: sha, Record: registry.Record{Location: "m.pkl"}}, deed)
	})
	put(t, assay, func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(registry.Stages{}.OrDefaults(), "v1.0.0", "production", true, deed)
	})
	var history []struct{ Event, Tag, Author, Message string }
	require.NoError(t, gto.ask(t, &history, "history", map[string]any{"name": "clf"}))
	require.Equal(t, []string{"clf@v1.0.0", "clf#production#1"}, []string{history[0].Tag, history[1].Tag})
	require.Regexp(t, "^Registering artifact clf version v1.0.0\n\n{\"assay\":1,\"by\":\"octocat\",\"reason\":\"the first\",\"record\":{\"location\":\"m.pkl\"}", history[0].Message)
	require.Regexp(t, "^Assigning stage production to artifact clf version v1.0.0\n", history[1].Message)
	require.Equal(t, "octocat", history[1].Author)
	gto.now = gto.now.Add(time.Minute)
	require.ErrorContains(t, gto.ask(t, nil, "register", map[string]any{"name": "clf", "ref": sha}), "VersionExistsForCommit")
	require.NoError(t, gto.ask(t, nil, "assign", map[string]any{"name": "clf", "version": "v1.0.0", "stage": "canary"}))
	require.Equal(t, "clf#canary#2", do(t, dir, "tag", "--list", "clf#canary*"), "GTO counts on from Assay's number")
}
