package registrytest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Plan is one of the plans that a log makes.
type Plan func(registry.Log) ([]registry.Event, error)

// Do reads a model's log, plans, and writes.
func Do(t *testing.T, b registry.Backend, model string, plan Plan) {
	t.Helper()
	log, err := b.Read(t.Context(), model)
	require.NoError(t, err)
	events, err := plan(log)
	require.NoError(t, err)
	require.NoError(t, b.Write(t.Context(), model, log.Revision, events))
}

// Move plans that a version comes to a stage of Stages, and archives who holds it.
func Move(version, to string) Plan {
	return func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(Stages, version, to, true, deed("why"))
	}
}

// Register plans a version.
func Register(version string, record registry.Record) Plan {
	return func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Version: version, Record: record}, deed("why"))
	}
}
