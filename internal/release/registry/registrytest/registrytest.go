// Package registrytest holds every registry to the contract of registry.Backend.
package registrytest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Bench is a registry on trial.
type Bench struct {
	Backend registry.Backend
	// Commit makes a commit that has no version yet, and answers with its sha; nil where versions stand on none.
	Commit func(t *testing.T) string
	// Races: the registry cannot compare and swap. Of two writes at once it may take both, and says so by ErrRaced.
	Races bool
}

// Racers is how many write at once.
const Racers = 8

// Stages are those of the trial.
var Stages = registry.Stages{}.OrDefaults()

// Run runs the contract. Each part has a bench of its own.
func Run(t *testing.T, open func(t *testing.T) Bench) {
	parts := map[string]func(*testing.T, Bench){
		"a model that nobody registered has an empty log": isEmpty,
		"what was written is read, in its order":          keeps,
		"hostile texts come back as they were":            keepsHostile,
		"hostile names are refused":                       refusesNames,
		"a write after another's is refused":              refusesMoved,
		"nothing is no write":                             writesNothing,
		"models are listed in order":                      lists,
		"models do not see each other":                    separates,
		"of writes at once one wins":                      swaps,
		"those who try again lose nothing":                keepsAll,
		"a walk of operations ends where it should":       walks,
		"the end of a context ends a request":             obeysContext,
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) { part(t, open(t)) })
	}
}

func (b Bench) commit(t *testing.T) string {
	if b.Commit == nil {
		return ""
	}
	return b.Commit(t)
}

func (b Bench) read(t *testing.T, model string) registry.Log {
	t.Helper()
	log, err := b.Backend.Read(t.Context(), model)
	require.NoError(t, err)
	require.Equal(t, model, log.Model)
	return log
}

// do reads, plans and writes, and answers with what was written.
func (b Bench) do(t *testing.T, model string, plan func(registry.Log) ([]registry.Event, error)) []registry.Event {
	t.Helper()
	log := b.read(t, model)
	events, err := plan(log)
	require.NoError(t, err)
	require.NoError(t, b.Backend.Write(t.Context(), model, log.Revision, events))
	return events
}

func deed(reason string) registry.Deed {
	return registry.Deed{By: "octocat", Reason: reason, Now: time.Date(2026, 11, 25, 1, 2, 3, 4, time.UTC)}
}

// register plans a version with a full record.
func (b Bench) register(t *testing.T, version string) func(registry.Log) ([]registry.Event, error) {
	sha := b.commit(t)
	return func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Version: version, Commit: sha, Record: registry.Record{
			Location: "models/clf.pkl", Digest: "sha256:" + strings.Repeat("ab", 32), Data: map[string]string{"train": "sha256:1", "test": "sha256:2"},
			Run: "https://github.com/o/r/actions/runs/1", Trained: strings.Repeat("c", 40), Metrics: map[string]float64{"auc": 0.875, "loss": 1e-300},
			Profile: "profiles/train.json"}}, deed("first"))
	}
}

func move(version, to string) func(registry.Log) ([]registry.Event, error) {
	return func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(Stages, version, to, true, deed("because"))
	}
}

func isEmpty(t *testing.T, b Bench) {
	log := b.read(t, "nobody")
	require.Empty(t, log.Events)
	require.Empty(t, log.Revision)
	models, err := b.Backend.Models(t.Context())
	require.NoError(t, err)
	require.Empty(t, models)
}

func keeps(t *testing.T, b Bench) {
	var want []registry.Event
	revisions := map[registry.Revision]bool{"": true}
	for _, plan := range []func(registry.Log) ([]registry.Event, error){
		b.register(t, "v1.0.0"), move("v1.0.0", Stages.Staging), move("v1.0.0", Stages.Production), b.register(t, "v1.1.0-rc.1+build.5"),
		move("v1.1.0-rc.1+build.5", Stages.Production),
		func(l registry.Log) ([]registry.Event, error) {
			return l.Annotate("v1.0.0", map[string]string{"card": "cards/v1.md", "owner": "é"}, deed(""))
		},
		func(l registry.Log) ([]registry.Event, error) { return l.Deprecate("v1.0.0", deed("it forgets")) },
		func(l registry.Log) ([]registry.Event, error) { return l.Deregister("v1.0.0", deed("")) },
		func(l registry.Log) ([]registry.Event, error) { return l.Deprecate("", deed("over")) },
	} {
		want = append(want, b.doAfterLeaving(t, plan)...)
		log := b.read(t, "clf")
		require.Equal(t, want, log.Events)
		require.NotContains(t, revisions, log.Revision, "each write makes a revision that never was")
		revisions[log.Revision] = true
		require.Equal(t, log, b.read(t, "clf"), "what did not change reads the same")
	}
}

// doAfterLeaving does what is planned; a version that holds a stage leaves it first where it has to.
func (b Bench) doAfterLeaving(t *testing.T, plan func(registry.Log) ([]registry.Event, error)) []registry.Event {
	t.Helper()
	var refused *registry.Refusal
	if _, err := plan(b.read(t, "clf")); errors.As(err, &refused) {
		return append(b.do(t, "clf", move("v1.0.0", Stages.None)), b.do(t, "clf", plan)...)
	}
	return b.do(t, "clf", plan)
}

// hostile are texts that break what is put together by hand.
var hostile = []string{"two\nlines\n\nand {\"assay\":1}", "<script>alert(1)</script> & 'q' \"d\" `b` $(x) %0A", "\x01\x7f\t", "\u202e right to left 🙂", strings.Repeat("long ", 2000),
	"-----BEGIN PGP SIGNATURE-----", "tag clf@v9.9.9\ntagger x <y> 1 +0000"}

func keepsHostile(t *testing.T, b Bench) {
	b.do(t, "clf", b.register(t, "v1.0.0"))
	for _, text := range hostile {
		written := b.do(t, "clf", func(l registry.Log) ([]registry.Event, error) {
			return l.Annotate("v1.0.0", map[string]string{"text": text}, registry.Deed{By: text, Reason: text, Now: time.Now()})
		})
		events := b.read(t, "clf").Events
		require.Equal(t, written[0], events[len(events)-1])
	}
}

func refusesNames(t *testing.T, b Bench) {
	for _, name := range []string{"", " ", "a b", "../x", "a/../b", "a//b", "-x", "a@v1.0.0", "a#b", "a\nb", "a\x00b", "ünïcode", "a.lock", "x/", "a~1", "a^", "a:", "a?", "*", "[a]", "@{",
		strings.Repeat("n", 300)} {
		err := b.Backend.Write(t.Context(), name, "", []registry.Event{{Kind: registry.Registered, Version: "v1.0.0", Commit: b.commit(t), At: time.Unix(1, 0).UTC()}})
		require.Error(t, err, "%q", name)
	}
	models, err := b.Backend.Models(t.Context())
	require.NoError(t, err)
	require.Empty(t, models)
}

func refusesMoved(t *testing.T, b Bench) {
	plan := b.register(t, "v1.0.0")
	before := b.read(t, "clf")
	late, err := plan(before)
	require.NoError(t, err)
	b.do(t, "clf", b.register(t, "v0.9.0"))
	require.ErrorIs(t, b.Backend.Write(t.Context(), "clf", before.Revision, late), registry.ErrMoved)
	require.Len(t, b.read(t, "clf").Events, 1)
	require.ErrorIs(t, b.Backend.Write(t.Context(), "clf", "no revision", late), registry.ErrMoved)
	require.Len(t, b.read(t, "clf").Events, 1)
}

func writesNothing(t *testing.T, b Bench) {
	b.do(t, "clf", b.register(t, "v1.0.0"))
	log := b.read(t, "clf")
	require.NoError(t, b.Backend.Write(t.Context(), "clf", log.Revision, nil))
	require.Equal(t, log, b.read(t, "clf"))
}

func lists(t *testing.T, b Bench) {
	for _, model := range []string{"zeta", "alpha", "alpha-2"} {
		b.do(t, model, b.register(t, "v1.0.0"))
	}
	models, err := b.Backend.Models(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"alpha", "alpha-2", "zeta"}, models)
}

func separates(t *testing.T, b Bench) {
	b.do(t, "clf", b.register(t, "v1.0.0"))
	b.do(t, "clf-2", b.register(t, "v2.0.0"))
	log := b.read(t, "clf")
	b.do(t, "clf-2", move("v2.0.0", Stages.Production))
	require.Equal(t, log, b.read(t, "clf"))
	require.Len(t, log.Events, 1)
}

// swaps lets several promote another version each, all believing that nobody holds the stage.
func swaps(t *testing.T, b Bench) {
	for i := range Racers {
		b.do(t, "clf", b.register(t, fmt.Sprintf("v1.%d.0", i)))
	}
	log := b.read(t, "clf")
	var won, raced atomic.Int64
	var all sync.WaitGroup
	for i := range Racers {
		events, err := log.Transition(Stages, fmt.Sprintf("v1.%d.0", i), Stages.Production, true, deed("race"))
		require.NoError(t, err)
		all.Go(func() {
			switch err := b.Backend.Write(t.Context(), "clf", log.Revision, events); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, registry.ErrRaced):
				raced.Add(1)
			default:
				require.ErrorIs(t, err, registry.ErrMoved)
			}
		})
	}
	all.Wait()
	assigned := len(b.read(t, "clf").Events) - len(log.Events)
	if b.Races {
		require.LessOrEqual(t, won.Load(), int64(1), "of two who both wrote one is told")
		require.GreaterOrEqual(t, assigned, 1)
		return
	}
	require.EqualValues(t, 1, won.Load())
	require.Zero(t, raced.Load())
	require.Equal(t, 1, assigned, "the others wrote nothing")
}

// keepsAll lets several write notes, each again until it is taken.
func keepsAll(t *testing.T, b Bench) {
	if b.Races {
		return // nothing tells a writer whether to write again
	}
	b.do(t, "clf", b.register(t, "v1.0.0"))
	var all sync.WaitGroup
	for i := range Racers {
		all.Go(func() {
			for err := registry.ErrMoved; errors.Is(err, registry.ErrMoved); {
				var log registry.Log
				if log, err = b.Backend.Read(t.Context(), "clf"); err == nil {
					var events []registry.Event
					events, err = log.Annotate("v1.0.0", map[string]string{fmt.Sprint("note-", i): "x"}, deed(""))
					err = errors.Join(err, b.Backend.Write(t.Context(), "clf", log.Revision, events))
				}
				if err != nil && !errors.Is(err, registry.ErrMoved) {
					t.Errorf("writer %d: %v", i, err)
				}
			}
		})
	}
	all.Wait()
	log := b.read(t, "clf")
	require.Len(t, log.Of().Versions[0].Notes, Racers)
	require.Len(t, log.Events, Racers+1)
}

// walks does operations at random on the registry and on one in memory, and compares what they end in.
func walks(t *testing.T, b Bench) {
	random := rand.New(rand.NewPCG(1, 2))
	twin := Bench{Backend: &Memory{}}
	for range 25 {
		log := b.read(t, "clf")
		events, err := step(log, random, b.commit(t))
		var refused *registry.Refusal
		if errors.As(err, &refused) {
			continue
		}
		require.NoError(t, err)
		require.NoError(t, b.Backend.Write(t.Context(), "clf", log.Revision, events))
		require.NoError(t, twin.Backend.Write(t.Context(), "clf", twin.read(t, "clf").Revision, events))
		require.Equal(t, twin.read(t, "clf").Events, b.read(t, "clf").Events)
	}
}

// step plans an operation at random.
func step(l registry.Log, random *rand.Rand, sha string) ([]registry.Event, error) {
	version := fmt.Sprintf("v0.0.%d", 1+random.IntN(4))
	deed := registry.Deed{By: "a", Reason: "r", Now: time.Now()}
	switch random.IntN(6) {
	case 0:
		return l.Register(registry.Entry{Commit: sha}, deed)
	case 1:
		return l.Rollback(Stages, Stages.Production, deed)
	case 2:
		return l.Annotate(version, map[string]string{"n": fmt.Sprint(random.IntN(3))}, deed)
	default:
		return l.Transition(Stages, version, Stages.Names()[random.IntN(4)], random.IntN(2) == 0, deed)
	}
}

func obeysContext(t *testing.T, b Bench) {
	plan := b.register(t, "v1.0.0")
	log := b.read(t, "clf")
	events, err := plan(log)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.Backend.Read(ctx, "clf")
	require.Error(t, err)
	_, err = b.Backend.Models(ctx)
	require.Error(t, err)
	require.Error(t, b.Backend.Write(ctx, "clf", log.Revision, events))
	require.Empty(t, b.read(t, "clf").Events)
}
