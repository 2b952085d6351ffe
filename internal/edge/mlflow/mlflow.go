// Package mlflow is the edge to MLflow's model registry, by its REST protocol. The log of a model is kept in tags of its registered
// model, and what follows from it is shown as model versions, tags, aliases and, where the server has them, stages. MLflow has no
// compare and swap: who writes looks again afterwards.
package mlflow

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/release/ledger"
	"github.com/assay-ml/assay/internal/release/mirror"
	"github.com/assay-ml/assay/internal/release/registry"
)

// MLflow's limits (mlflow/utils/validation.py and store/model_registry/dbmodels/models.py, 2.22.5 and 3.17.2).
const (
	maxTag    = 5000 // characters of a registered model's tag, the smaller of check and column
	maxSource = 500  // characters of a version's source, and of the link to its run
	pageSize  = 200  // entries of an answer; servers take up to 1000 models
)

// The names of tags.
const (
	modelTag = "assay.model"
	logTag   = "assay.log."
)

var form = ledger.Form{Limit: maxTag}

// Registry is the model registry of a server. It implements registry.Backend and mirror.Mirror.
type Registry struct {
	client *client
	stages registry.Stages
}

// Open finds the server. It sends nothing.
func Open(stages registry.Stages, options Options) (*Registry, error) {
	client, err := newClient(options)
	if err != nil {
		return nil, err
	}
	return &Registry{client, stages.OrDefaults()}, nil
}

// nameOf is the name of a model in MLflow, which has no '/' and no ':' in names. Two models of one name are told apart by the tag.
func nameOf(model string) string { return strings.NewReplacer("/", ".", ":", "..").Replace(model) }

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// registered is a registered model as MLflow tells it.
type registered struct {
	Name    string `json:"name"`
	Tags    []tag  `json:"tags"`
	Aliases []struct {
		Alias   string `json:"alias"`
		Version string `json:"version"`
	} `json:"aliases"`
}

func (m registered) tags() map[string]string { return textsOf(m.Tags) }

func textsOf(tags []tag) map[string]string {
	texts := make(map[string]string, len(tags))
	for _, t := range tags {
		texts[t.Key] = t.Value
	}
	return texts
}

// Models implements registry.Backend. Models that Assay never wrote to are not its own.
func (r *Registry) Models(ctx context.Context) ([]string, error) {
	var models []string
	for token := ""; ; {
		var page struct {
			Models []registered `json:"registered_models"`
			Next   string       `json:"next_page_token"`
		}
		query := url.Values{"max_results": {strconv.Itoa(pageSize)}}
		if token != "" {
			query.Set("page_token", token)
		}
		if err := r.client.get(ctx, "registered-models/search", query, &page); err != nil {
			return nil, err
		}
		for _, m := range page.Models {
			name := m.tags()[modelTag]
			log, err := logOf(name, m.tags())
			if err != nil {
				return nil, err
			}
			if len(log.Of().Versions) > 0 {
				models = append(models, name)
			}
		}
		if token = page.Next; token == "" {
			slices.Sort(models)
			return models, nil
		}
	}
}

// Read implements registry.Backend.
func (r *Registry) Read(ctx context.Context, model string) (registry.Log, error) {
	found, err := r.model(ctx, model)
	if err != nil {
		return registry.Log{}, err
	}
	return logOf(model, found.tags())
}

// model asks for a registered model; one that is not there has no name.
func (r *Registry) model(ctx context.Context, model string) (registered, error) {
	var answer struct {
		Model registered `json:"registered_model"`
	}
	err := r.client.get(ctx, "registered-models/get", url.Values{"name": {nameOf(model)}}, &answer)
	if isAbsent(err) {
		return registered{}, nil
	}
	if other := answer.Model.tags()[modelTag]; err == nil && other != "" && other != model {
		return registered{}, fmt.Errorf("MLflow's model %s is that of %s, and cannot be that of %s too: rename one", nameOf(model), other, model)
	}
	return answer.Model, err
}

// logPrefix is what the keys of a write begin with: which write it is, and a text that no other write has.
var logPrefix = regexp.MustCompile(`^assay\.log\.([0-9]{6})\.[a-z0-9]+\.`)

// prefixes are those of all writes, in their order.
func prefixes(tags map[string]string) []string {
	found := map[string]bool{}
	for key := range tags {
		if prefix := logPrefix.FindString(key); prefix != "" {
			found[prefix] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// logOf puts the log together. Of two writes at once both stand; one that was stopped half way is as if it had never been.
func logOf(model string, tags map[string]string) (registry.Log, error) {
	log := registry.Log{Model: model}
	sum := sha256.New()
	for _, prefix := range prefixes(tags) {
		events, err := form.Read(prefix, tags)
		if err != nil {
			return registry.Log{}, fmt.Errorf("the log of %s in MLflow was changed by hand: tag %w", model, err)
		}
		if len(events) > 0 {
			log.Events = ledger.Merge(log.Events, events)
			fmt.Fprintln(sum, prefix)
		}
	}
	if len(log.Events) > 0 {
		for _, e := range log.Events {
			fmt.Fprintln(sum, ledger.Identity(e))
		}
		log.Revision = registry.Revision(hex.EncodeToString(sum.Sum(nil)))
	}
	return log, nil
}

// Write implements registry.Backend. Versions are made before the log speaks of them, since MLflow may refuse what they are made
// of; what the log changes in stages and aliases is shown after it. Where that fails the error is a mirror.UnshownError.
func (r *Registry) Write(ctx context.Context, model string, after registry.Revision, events []registry.Event) error {
	if err := registry.CheckModel(model); err != nil {
		return err
	}
	if len(events) == 0 {
		return ctx.Err()
	}
	found, err := r.model(ctx, model)
	if err != nil {
		return err
	}
	before, err := logOf(model, found.tags())
	if err != nil {
		return err
	}
	if before.Revision != after {
		return registry.ErrMoved
	}
	if err := r.prepare(ctx, model, found, events); err != nil {
		return err
	}
	log, err := r.add(ctx, before, next(found.tags()), events)
	if err != nil {
		return err
	}
	if _, err := mirror.Align(ctx, r, log); err != nil {
		return &mirror.UnshownError{Err: err}
	}
	return nil
}

// next is what the keys of the next write begin with.
func next(tags map[string]string) string {
	number := 1
	if all := prefixes(tags); len(all) > 0 {
		last, err := strconv.Atoi(logPrefix.FindStringSubmatch(all[len(all)-1])[1])
		if err == nil {
			number = last + 1
		}
	}
	return fmt.Sprintf("%s%06d.%s.", logTag, number, strings.ToLower(rand.Text()))
}

// prepare makes the registered model and the versions that events speak of, where they are not there yet.
func (r *Registry) prepare(ctx context.Context, model string, found registered, events []registry.Event) error {
	name := nameOf(model)
	if found.Name == "" {
		err := r.client.create(ctx, "registered-models/create", map[string]any{"name": name, "tags": []tag{{modelTag, model}}}, nil)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Code != "RESOURCE_ALREADY_EXISTS") {
			return err
		}
	} else if found.tags()[modelTag] == "" {
		if err := r.tagModel(ctx, name, modelTag, model); err != nil {
			return err
		}
	}
	shown, err := r.look(ctx, model)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Kind == registry.Registered && shown.versions[e.Version] == nil {
			if err := r.createVersion(ctx, model, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Registry) tagModel(ctx context.Context, name, key, value string) error {
	return r.client.set(ctx, http.MethodPost, "registered-models/set-tag", map[string]string{"name": name, "key": key, "value": value})
}

// add writes events to a log, and looks whether it is what it should be afterwards.
func (r *Registry) add(ctx context.Context, before registry.Log, prefix string, events []registry.Event) (registry.Log, error) {
	texts, err := form.Write(prefix, events)
	if err != nil {
		return registry.Log{}, err
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if err := r.tagModel(ctx, nameOf(before.Model), key, texts[key]); isRefused(err) {
			return registry.Log{}, err
		} else if err != nil {
			return registry.Log{}, fmt.Errorf("%w: %w", registry.ErrUnsure, err)
		}
	}
	log, err := r.Read(ctx, before.Model)
	if err != nil {
		return registry.Log{}, fmt.Errorf("%w: %w", registry.ErrUnsure, err)
	}
	if !isSame(log.Events, ledger.Merge(before.Events, events)) {
		return registry.Log{}, registry.ErrRaced
	}
	return log, nil
}

func isSame(a, b []registry.Event) bool {
	return slices.EqualFunc(a, b, func(a, b registry.Event) bool { return ledger.Identity(a) == ledger.Identity(b) })
}
