// Package retraining gathers what a decision to retrain looks at (tables, the repository, the record of what is in production), lets trigger
// decide, and keeps the decision. It judges nothing itself.
package retraining

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/retrain/trigger"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/source"
)

// Repository is where the training's code is committed.
type Repository interface {
	// Head is the commit that would be trained.
	Head(ctx context.Context) (string, error)
	// Blobs are the files of a commit, from the root, with the names of what they hold.
	Blobs(ctx context.Context, commit string) (map[string]string, error)
	// File is the content of a file of a commit; its path starts at the folder of the config.
	File(ctx context.Context, commit, name string) ([]byte, error)
}

// Production tells what is in production, as a registry records it. The answer is nil where nothing is.
type Production interface {
	Production(ctx context.Context, model string) (*trigger.Version, error)
}

// Options are what a decision needs.
type Options struct {
	Config     *config.Config
	Repository Repository // nil: there is none
	Store      trigger.Store
	Production Production // nil: the file that the config names
	Remote     run.Remote
	Memory     int64 // bytes; 0: most of the machine's
	Now        time.Time
	Manual     *trigger.Manual
	Command    trigger.Command // what a person gave by hand
	DryRun     bool            // nothing is kept
}

// maxTries is how often a decision is made anew because somebody else decided in the meantime.
const maxTries = 5

// Decide makes a decision and keeps it. Of several that decide at once, one keeps its decision first, and the others decide again with
// that one before their eyes. The state is the one after the decision.
func Decide(ctx context.Context, o Options) (trigger.Decision, trigger.State, error) {
	in, err := gather(ctx, o)
	if err != nil {
		return trigger.Decision{}, trigger.State{}, err
	}
	for range maxTries {
		state, revision, err := load(ctx, o.Store, o.Config.Model)
		if err != nil {
			return trigger.Decision{}, trigger.State{}, err
		}
		made := trigger.Decide(*o.Config.Retrain, state, in, o.Now)
		state = state.With(made)
		if o.DryRun {
			return made, state, nil
		}
		err = save(ctx, o.Store, state, made.Verdict()+": "+made.Reason, revision)
		if !errors.Is(err, trigger.ErrMoved) {
			return made, state, err
		}
	}
	return trigger.Decision{}, trigger.State{}, fmt.Errorf("keep the decision: %w, %d times in a row", trigger.ErrMoved, maxTries)
}

// Load reads the state of a model's retraining.
func Load(ctx context.Context, store trigger.Store, model string) (trigger.State, error) {
	state, _, err := load(ctx, store, model)
	return state, err
}

func load(ctx context.Context, store trigger.Store, model string) (trigger.State, string, error) {
	content, revision, err := store.Load(ctx)
	if err != nil {
		return trigger.State{}, "", err
	}
	state, err := trigger.ParseState(content, model)
	return state, revision, err
}

func save(ctx context.Context, store trigger.Store, state trigger.State, message, revision string) error {
	content, err := state.Bytes()
	if err != nil {
		return err
	}
	return store.Save(ctx, content, message, revision)
}

// Change reads the state, changes it and keeps it, again where somebody else was faster. The change answers with what it did in a line.
func Change(ctx context.Context, store trigger.Store, model string, change func(trigger.State) (trigger.State, string, error)) (trigger.State, error) {
	for range maxTries {
		state, revision, err := load(ctx, store, model)
		if err != nil {
			return trigger.State{}, err
		}
		state, message, err := change(state)
		if err != nil {
			return trigger.State{}, err
		}
		if err := save(ctx, store, state, message, revision); !errors.Is(err, trigger.ErrMoved) {
			return state, err
		}
	}
	return trigger.State{}, fmt.Errorf("keep the change: %w, %d times in a row", trigger.ErrMoved, maxTries)
}

// params checks what a person gave by hand, before anything that takes long.
func (g *gathering) params(context.Context) (err error) {
	o := g.options
	if g.in.Recipe.Params, err = trigger.Values(o.Config.Retrain.Params, o.Command.Params); err != nil {
		return err
	}
	if pinned := o.Command.SHA; pinned != "" && pinned != g.in.Recipe.Commit {
		return source.Errorf("check out the commit that is meant, or write its sha", "sha names %.12s, and %.12s is checked out", pinned, g.in.Recipe.Commit)
	}
	return nil
}
