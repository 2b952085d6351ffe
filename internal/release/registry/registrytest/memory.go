package registrytest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Memory is a registry for tests: it keeps its promises, and nothing else. Its zero value is empty.
type Memory struct {
	// Before is asked before each write, where it is set: what it answers is what the write ends in.
	Before func(model string, events []registry.Event) error

	mutex sync.Mutex
	logs  map[string][]registry.Event
}

// Models implements registry.Backend.
func (m *Memory) Models(ctx context.Context) ([]string, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return slices.Sorted(maps.Keys(m.logs)), ctx.Err()
}

// Read implements registry.Backend.
func (m *Memory) Read(ctx context.Context, model string) (registry.Log, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return registry.Log{Model: model, Events: copied(m.logs[model]), Revision: m.revision(model)}, ctx.Err()
}

// Write implements registry.Backend.
func (m *Memory) Write(ctx context.Context, model string, after registry.Revision, events []registry.Event) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if err := registry.CheckModel(model); err != nil {
		return err
	}
	if m.Before != nil {
		if err := m.Before(model, events); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil || len(events) == 0 {
		return err
	}
	if after != m.revision(model) {
		return registry.ErrMoved
	}
	if m.logs == nil {
		m.logs = map[string][]registry.Event{}
	}
	m.logs[model] = append(m.logs[model], copied(events)...)
	return nil
}

func (m *Memory) revision(model string) registry.Revision {
	if n := len(m.logs[model]); n > 0 {
		return registry.Revision(strconv.Itoa(n))
	}
	return ""
}

// copied are events that share nothing with those given.
func copied(events []registry.Event) []registry.Event {
	data, err := json.Marshal(events)
	if err != nil {
		panic(err)
	}
	var fresh []registry.Event
	if err := json.Unmarshal(data, &fresh); err != nil {
		panic(err)
	}
	return fresh
}
