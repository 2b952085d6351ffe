package registrytest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/registry"
)

// How a promoter ends.
const (
	Won   = 0
	Lost  = 10 // somebody else was faster
	Broke = 11
)

// Promoter is the environment variable by which a test's program becomes a promoter: the version, and the one that it expects in
// production, "" for none.
const Promoter = "ASSAY_TEST_PROMOTER"

// Promote is what a promoter does: once its input ends, it promotes a version to production as a command does, and answers with how it
// ended.
func Promote(backend registry.Backend) int {
	version, expect, _ := strings.Cut(os.Getenv(Promoter), " ")
	_, err := io.Copy(io.Discard, os.Stdin)
	if err == nil {
		err = promote(backend, version, &expect)
	}
	switch {
	case err == nil:
		return Won
	case errors.Is(err, registry.ErrMoved):
		return Lost
	}
	fmt.Fprintln(os.Stderr, err)
	return Broke
}

func promote(backend registry.Backend, version string, expect *string) error {
	ctx := context.Background()
	log, err := backend.Read(ctx, "clf")
	if err != nil {
		return err
	}
	events, err := log.Transition(Stages, version, Stages.Production, true, registry.Deed{By: version, Reason: "race", Now: time.Now(), Expect: expect})
	if err != nil {
		return err
	}
	return backend.Write(ctx, "clf", log.Revision, events)
}

// Race lets processes of their own promote a version each at the same moment, several times over: each time all expect the version that
// won before. One of them wins, and nothing that ever happened is lost. Command makes a promoter, with Promoter in its environment to be set.
func Race(t *testing.T, b Bench, processes, rounds int, command func() *exec.Cmd) {
	b.registerAll(t, processes)
	holder := ""
	for range rounds {
		before := b.read(t, "clf")
		codes := runAll(t, processes, holder, command)
		winner := ""
		for i, code := range codes {
			switch {
			case versionOf(i) == holder: // it asks for what is so, until another wins
			case code == Won:
				require.Empty(t, winner, "two won")
				winner = versionOf(i)
			default:
				require.Equal(t, Lost, code)
			}
		}
		require.NotEmpty(t, winner, "somebody wins")
		now := b.read(t, "clf")
		require.Equal(t, before.Events, now.Events[:len(before.Events)], "every event is kept")
		require.Equal(t, winner, now.Of().Holder(Stages.Production).Name)
		for _, e := range now.Events[len(before.Events):] {
			require.Equal(t, winner, e.By, "who lost wrote nothing")
		}
		holder = winner
	}
}

func versionOf(i int) string { return fmt.Sprintf("v1.0.%d", i) }

// registerAll registers a version for each promoter, all by one write.
func (b Bench) registerAll(t *testing.T, n int) {
	t.Helper()
	log := b.read(t, "clf")
	var all []registry.Event
	for i := range n {
		events, err := log.Register(registry.Entry{Version: versionOf(i), Commit: b.commit(t)}, registry.Deed{By: "ann", Now: time.Now().Add(-time.Hour)})
		require.NoError(t, err)
		log.Events, all = append(log.Events, events...), append(all, events...)
	}
	require.NoError(t, b.Backend.Write(t.Context(), "clf", log.Revision, all))
}

// runAll starts promoters, lets them go at once, and answers with how each ended.
func runAll(t *testing.T, n int, expect string, command func() *exec.Cmd) []int {
	t.Helper()
	gate, open, err := os.Pipe()
	require.NoError(t, err)
	codes, says := make([]int, n), make([]strings.Builder, n)
	var all sync.WaitGroup
	for i := range n {
		c := command()
		c.Env = append(c.Environ(), Promoter+"="+versionOf(i)+" "+expect)
		c.Stdin, c.Stderr = gate, &says[i]
		require.NoError(t, c.Start())
		all.Go(func() { _ = c.Wait(); codes[i] = c.ProcessState.ExitCode() })
	}
	require.NoError(t, gate.Close())
	require.NoError(t, open.Close()) // they go
	all.Wait()
	for i, code := range codes {
		if code != Won && code != Lost {
			t.Errorf("promoter %d ended in %d: %s", i, code, says[i].String())
		}
	}
	return codes
}
