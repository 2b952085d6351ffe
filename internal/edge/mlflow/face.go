package mlflow

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/release/mirror"
	"github.com/assay-ml/assay/internal/release/registry"
)

// The tags of a version. The first tells which it is.
const (
	versionTag    = "assay.version"
	locationTag   = "assay.location"
	digestTag     = "assay.digest"
	commitTag     = "assay.commit"
	deprecatedTag = "assay.deprecated"
)

// stageNames are the stages of MLflow, in the order of registry.Stages.Names.
var stageNames = []string{"None", "Staging", "Production", "Archived"}

// version is a model version as MLflow tells it.
type version struct {
	Number string `json:"version"`
	Stage  string `json:"current_stage"` // "" where the server has no stages
	Tags   []tag  `json:"tags"`
}

// shown is what MLflow shows of a model.
type shown struct {
	versions map[string]*version // those of Assay, by their own names
	aliases  map[string]string   // to names of versions, or to words for one that is not Assay's
}

// look asks for what MLflow shows of a model.
func (r *Registry) look(ctx context.Context, model string) (shown, error) {
	found, err := r.model(ctx, model)
	if err != nil || found.Name == "" {
		return shown{}, err
	}
	versions, err := r.versions(ctx, found.Name)
	if err != nil {
		return shown{}, err
	}
	s := shown{versions: map[string]*version{}, aliases: map[string]string{}}
	names := map[string]string{}
	for _, v := range versions {
		name := textsOf(v.Tags)[versionTag]
		if name == "" {
			continue
		}
		names[v.Number] = name
		if s.versions[name] == nil { // of two that two writers made at once the first counts
			s.versions[name] = v
		}
	}
	for _, alias := range found.Aliases {
		s.aliases[alias.Alias] = names[alias.Version]
		if names[alias.Version] == "" {
			s.aliases[alias.Alias] = "MLflow's version " + alias.Version + ", which Assay did not register"
		}
	}
	return s, nil
}

// versions asks for all versions of a registered model, the oldest first.
func (r *Registry) versions(ctx context.Context, name string) ([]*version, error) {
	var all []*version
	for token := ""; ; {
		var page struct {
			Versions []*version `json:"model_versions"`
			Next     string     `json:"next_page_token"`
		}
		query := url.Values{"filter": {"name='" + name + "'"}, "max_results": {strconv.Itoa(pageSize)}}
		if token != "" {
			query.Set("page_token", token)
		}
		if err := r.client.get(ctx, "model-versions/search", query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Versions...)
		if token = page.Next; token == "" {
			break
		}
	}
	slices.SortFunc(all, func(a, b *version) int { return number(a) - number(b) })
	return all, nil
}

// number is a version's number; the server gives it as a text.
func number(v *version) int {
	n, err := strconv.Atoi(v.Number)
	if err != nil {
		return 0
	}
	return n
}

// Drift implements mirror.Mirror.
func (r *Registry) Drift(ctx context.Context, log registry.Log) ([]mirror.Drift, error) {
	s, err := r.look(ctx, log.Model)
	if err != nil {
		return nil, err
	}
	return mirror.Diff(s.facts(), r.want(log.Of(), s)), nil
}

const present = "there"

// facts are what is shown, as far as it could be Assay's.
func (s shown) facts() mirror.Facts {
	facts := mirror.Facts{}
	for name, v := range s.versions {
		facts[mirror.Fact{Kind: mirror.Version, Version: name}] = present
		facts[mirror.Fact{Kind: mirror.Stage, Version: name}] = v.Stage
		for key, value := range textsOf(v.Tags) {
			facts[mirror.Fact{Kind: mirror.Tag, Version: name, Name: key}] = value
		}
	}
	for alias, name := range s.aliases {
		facts[mirror.Fact{Kind: mirror.Alias, Name: alias}] = name
	}
	return facts
}

// want is what should be shown. Of a version that is not there nothing more is wanted than that it be there: what it needs else is
// seen once it is.
func (r *Registry) want(state registry.State, s shown) mirror.Facts {
	facts := mirror.Facts{}
	for _, v := range state.Versions {
		if v.Registered == nil {
			continue // nobody says what it is made of
		}
		facts[mirror.Fact{Kind: mirror.Version, Version: v.Name}] = present
		there := s.versions[v.Name]
		if there == nil {
			continue
		}
		if there.Stage != "" {
			facts[mirror.Fact{Kind: mirror.Stage, Version: v.Name}] = r.stageOf(v)
		}
		for key, value := range tagsOf(*v.Registered) {
			facts[mirror.Fact{Kind: mirror.Tag, Version: v.Name, Name: key}] = value
		}
		facts[mirror.Fact{Kind: mirror.Tag, Version: v.Name, Name: deprecatedTag}] = reasonOf(v.Deprecated)
	}
	for stage, holder := range mirror.Holders(state, r.stages) {
		if v := state.Version(holder); v != nil && v.Registered == nil {
			holder = ""
		}
		facts[mirror.Fact{Kind: mirror.Alias, Name: aliasOf(stage)}] = holder
	}
	return facts
}

// stageOf is MLflow's stage of a version; one that was taken back serves nobody.
func (r *Registry) stageOf(v *registry.Version) string {
	stage := slices.Index(r.stages.Names(), v.Stage(r.stages))
	if !v.Active {
		stage = len(stageNames) - 1
	}
	return stageNames[stage]
}

// tagsOf are the tags that a registration brings.
func tagsOf(e registry.Event) map[string]string {
	tags := map[string]string{versionTag: e.Version, commitTag: e.Commit, locationTag: "", digestTag: ""}
	if e.Record != nil {
		tags[locationTag], tags[digestTag] = cut(e.Record.Location), cut(e.Record.Digest)
	}
	return tags
}

func reasonOf(e *registry.Event) string {
	switch {
	case e == nil:
		return ""
	case e.Reason == "":
		return "yes"
	}
	return cut(e.Reason)
}

// cut keeps a text within a tag; the whole of it is in the log.
func cut(text string) string {
	if len(text) <= maxTag {
		return text
	}
	return strings.ToValidUTF8(text[:maxTag], "")
}

// reserved are the aliases that MLflow keeps for itself (mlflow/utils/validation.py).
var reserved = regexp.MustCompile(`^(latest|v[0-9]+)$`)

// aliasOf is the alias of a stage, in small letters: models:/NAME@production.
func aliasOf(stage string) string {
	alias := strings.ToLower(strings.ReplaceAll(stage, "/", "-"))
	if reserved.MatchString(alias) {
		return "stage-" + alias
	}
	return alias
}

// Mend implements mirror.Mirror.
func (r *Registry) Mend(ctx context.Context, log registry.Log, drifts []mirror.Drift) error {
	state, created := log.Of(), false
	for _, d := range drifts {
		if d.Kind == mirror.Version {
			if err := r.createVersion(ctx, log.Model, *state.Version(d.Version).Registered); err != nil {
				return err
			}
			created = true
		}
	}
	if created {
		var err error
		if drifts, err = r.Drift(ctx, log); err != nil {
			return err
		}
	}
	s, err := r.look(ctx, log.Model)
	if err != nil {
		return err
	}
	for _, d := range drifts {
		if err := r.mend(ctx, nameOf(log.Model), s, d); err != nil {
			return fmt.Errorf("%s: %w", d.Fact, err)
		}
	}
	return nil
}

// mend sets one fact other than that a version is there.
func (r *Registry) mend(ctx context.Context, name string, s shown, d mirror.Drift) error {
	of := d.Version
	if d.Kind == mirror.Alias {
		of = d.Want
	}
	body := map[string]any{"name": name}
	if v := s.versions[of]; v != nil {
		body["version"] = v.Number
	}
	method, at := http.MethodPost, ""
	switch d.Kind {
	case mirror.Stage:
		at, body["stage"], body["archive_existing_versions"] = "model-versions/transition-stage", d.Want, false
	case mirror.Tag:
		at, body["key"], body["value"] = "model-versions/set-tag", d.Name, d.Want
		if d.Want == "" {
			at, method = "model-versions/delete-tag", http.MethodDelete
			delete(body, "value")
		}
	case mirror.Alias:
		at, body["alias"] = "registered-models/alias", d.Name
		if d.Want == "" {
			method = http.MethodDelete
		}
	}
	return r.client.set(ctx, method, at, body)
}

// createVersion makes a model version. Who looked before and found none may still make a second one: the first counts.
func (r *Registry) createVersion(ctx context.Context, model string, e registry.Event) error {
	var record registry.Record
	if e.Record != nil {
		record = *e.Record
	}
	body, err := sourceOf(model, e.Version, record)
	if err != nil {
		return err
	}
	body["name"] = nameOf(model)
	var tags []tag
	for key, value := range tagsOf(e) {
		if value != "" {
			tags = append(tags, tag{key, value})
		}
	}
	body["tags"] = tags
	return r.client.create(ctx, "model-versions/create", body, nil)
}

var (
	runID = regexp.MustCompile(`^[0-9a-f]{32}$`) // mlflow/utils: uuid4().hex
	ofRun = regexp.MustCompile(`^runs:/([0-9a-f]{32})/`)
	ofID  = regexp.MustCompile(`^models:/(m-[0-9a-f]{32})$`)
)

// sourceOf says to MLflow what a version is made of. A server of 3.x wants the run or model that a source names said beside it, and
// the run that owns what lies in its own store. What it could not load (a path in the commit, a web address, which 3.x
// refuses) gets a source of another scheme, and cannot be loaded by MLflow.
func sourceOf(model, version string, record registry.Record) (map[string]any, error) {
	body := map[string]any{}
	if runID.MatchString(record.Run) {
		body["run_id"] = record.Run
	} else if strings.HasPrefix(record.Run, "https://") && len(record.Run) <= maxSource {
		body["run_link"] = record.Run
	}
	source := record.Location
	scheme, _, hasScheme := strings.Cut(source, ":/")
	switch {
	case source == "" || scheme == "http" || scheme == "https":
		source = "assay:/" + model + "/" + version
	case !hasScheme:
		source = "git:" + path.Clean("/"+source)
	}
	if found := ofRun.FindStringSubmatch(source); found != nil {
		body["run_id"] = found[1]
	}
	if found := ofID.FindStringSubmatch(source); found != nil {
		body["model_id"] = found[1]
	}
	if len(source) > maxSource {
		return nil, fmt.Errorf("MLflow keeps no location of more than %d characters", maxSource)
	}
	body["source"] = source
	return body, nil
}
