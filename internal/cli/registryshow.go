package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) registryShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show REF", Short: "Show a model's versions, or all that is known of one version", Args: cobra.ExactArgs(1),
		Long: `Show a model's versions with their stages; or of one version who registered it, the commit that it was trained from, the digests of its data,
its run, its metrics, when it came to its stage and by whom, and what happened to it since.`,
		Example: "  assay registry show clf\n  assay registry show 'clf#production' --json -",
		RunE: func(c *cobra.Command, args []string) error {
			d, ref, err := a.openRef(c.Context(), args[0])
			if err != nil {
				return err
			}
			return a.showRef(c.Context(), d, ref)
		},
	}
}

// shownModel is a model as it is shown.
type shownModel struct {
	Model      string         `json:"model"`
	Deprecated string         `json:"deprecated,omitempty"`
	Versions   []shownVersion `json:"versions"`
}

// shownVersion is a version as it is shown.
type shownVersion struct {
	Model      string            `json:"model"`
	Version    string            `json:"version"`
	Stage      string            `json:"stage"`
	Since      *registry.Event   `json:"since,omitempty"` // the event by which it holds the stage
	Commit     string            `json:"commit,omitempty"`
	Registered *registry.Event   `json:"registered,omitempty"`
	Deprecated *registry.Event   `json:"deprecated,omitempty"`
	TakenBack  bool              `json:"taken_back,omitempty"`
	Notes      map[string]string `json:"notes,omitempty"`
	Events     []registry.Event  `json:"events,omitempty"` // its own, where one version is shown
}

func (d *desk) shown(model string, v *registry.Version) shownVersion {
	stage := v.Stage(d.stages)
	return shownVersion{Model: model, Version: v.Name, Stage: stage, Since: v.Since(stage), Commit: v.Commit, Registered: v.Registered,
		Deprecated: v.Deprecated, TakenBack: !v.Active, Notes: v.Notes}
}

func (d *desk) shownModel(log registry.Log) shownModel {
	state := log.Of()
	shown := shownModel{Model: log.Model, Versions: []shownVersion{}}
	if state.Deprecated != nil {
		shown.Deprecated = or(state.Deprecated.Reason, "no reason is given")
	}
	for _, version := range state.Versions {
		shown.Versions = append(shown.Versions, d.shown(log.Model, version))
	}
	return shown
}

func (a *app) showRef(ctx context.Context, d *desk, ref registry.Ref) error {
	log, err := a.readModel(ctx, d, ref.Model)
	if err != nil {
		return err
	}
	if ref.Version == "" && ref.Stage == "" {
		shown := d.shownModel(log)
		return a.answer(shown, func(w io.Writer) { writeModel(w, shown) })
	}
	version, err := log.Of().Resolve(ref)
	if err != nil {
		return a.refused(err)
	}
	shown := d.shown(log.Model, version)
	for _, e := range log.Events {
		if e.Version == version.Name {
			shown.Events = append(shown.Events, e)
		}
	}
	return a.answer(shown, func(w io.Writer) { writeVersion(w, shown) })
}

// readModel reads a model that must be there.
func (a *app) readModel(ctx context.Context, d *desk, model string) (registry.Log, error) {
	log, err := d.Read(ctx, model)
	if err != nil {
		return log, fmt.Errorf("read the registry: %w", err)
	}
	if len(log.Events) == 0 {
		return log, source.Errorf("assay registry list shows those that are", "there is no model %s", model)
	}
	return log, nil
}

// writeModel writes a table of the versions.
func writeModel(w io.Writer, m shownModel) {
	if m.Deprecated != "" {
		fmt.Fprintf(w, "%s is deprecated: %s\n", m.Model, visibleLine(m.Deprecated))
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range m.Versions {
		fmt.Fprintf(table, "%s@%s\t%s\t%s\t%s\n", v.Model, v.Version, v.standing(), shortCommit(v.Commit), v.sinceWhen())
	}
	table.Flush()
}

// standing is the stage of a version in a word, or what else is to be known first.
func (v shownVersion) standing() string {
	switch {
	case v.TakenBack:
		return "taken back"
	case v.Deprecated != nil:
		return v.Stage + ", deprecated"
	}
	return v.Stage
}

func (v shownVersion) sinceWhen() string {
	if e := cmp.Or(v.Since, v.Registered); e != nil {
		return byWhom(*e)
	}
	return ""
}

// byWhom says when something happened, by whom and why.
func byWhom(e registry.Event) string {
	text := e.At.Format(time.DateTime) + " by " + e.By
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return visibleLine(text)
}

// shortCommit is enough of a commit's name for people.
func shortCommit(sha string) string { return sha[:min(len(sha), 12)] }

// writeVersion writes all that is known of a version, a line each; what is not known has none.
func writeVersion(w io.Writer, v shownVersion) {
	fmt.Fprintf(w, "%s@%s  %s\n", v.Model, v.Version, v.standing())
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(table, "  %s\t%s\n", name, visibleLine(text))
		}
	}
	if v.Since != nil {
		line("in "+v.Stage+" since", byWhom(*v.Since))
	}
	line("commit", v.Commit)
	if v.Registered != nil {
		line("registered", byWhom(*v.Registered))
		writeRecord(line, v.Registered.Record)
	}
	if v.Deprecated != nil {
		line("deprecated", byWhom(*v.Deprecated))
	}
	for _, key := range slices.Sorted(maps.Keys(v.Notes)) {
		line("note "+visibleLine(key), v.Notes[key])
	}
	table.Flush()
	for _, e := range v.Events {
		fmt.Fprintf(w, "  %s  %s by %s\n", e.At.Format(time.DateTime), visibleLine(sentence(v.Model, e)), visibleLine(e.By))
	}
}

// writeRecord writes what a registration says of its version.
func writeRecord(line func(name, text string), r *registry.Record) {
	if r == nil {
		return
	}
	line("trained from", r.Trained)
	line("run", r.Run)
	line("location", r.Location)
	line("digest", r.Digest)
	for _, name := range slices.Sorted(maps.Keys(r.Data)) {
		line("data "+visibleLine(name), r.Data[name])
	}
	var metrics []string
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		metrics = append(metrics, name+" "+strconv.FormatFloat(r.Metrics[name], 'g', -1, 64))
	}
	line("metrics", strings.Join(metrics, ", "))
	line("profile", r.Profile)
}

func (a *app) registryListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the models with their latest version and who holds which stage", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := a.openDesk(c.Context())
			if err != nil {
				return err
			}
			return a.listModels(c.Context(), d)
		},
	}
}

// listedModel is a line of the list.
type listedModel struct {
	Model      string            `json:"model"`
	Latest     string            `json:"latest,omitempty"`
	Stages     map[string]string `json:"stages"` // stage → version
	Deprecated bool              `json:"deprecated,omitempty"`
}

func (a *app) listModels(ctx context.Context, d *desk) error {
	models, err := d.Models(ctx)
	if err != nil {
		return fmt.Errorf("read the registry: %w", err)
	}
	all := []listedModel{}
	for _, model := range models {
		log, err := d.Read(ctx, model)
		if err != nil {
			return fmt.Errorf("read the registry: %w", err)
		}
		all = append(all, d.listed(log))
	}
	return a.answer(all, func(w io.Writer) {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(table, "model\tlatest\t%s\t%s\n", d.stages.Staging, d.stages.Production)
		for _, m := range all {
			name := m.Model
			if m.Deprecated {
				name += " (deprecated)"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", name, or(m.Latest, "—"), or(m.Stages[d.stages.Staging], "—"), or(m.Stages[d.stages.Production], "—"))
		}
		table.Flush()
	})
}

func (d *desk) listed(log registry.Log) listedModel {
	state := log.Of()
	m := listedModel{Model: log.Model, Stages: map[string]string{}, Deprecated: state.Deprecated != nil}
	if latest := state.Latest(); latest != nil {
		m.Latest = latest.Name
	}
	for _, stage := range []string{d.stages.Staging, d.stages.Production} {
		if holder := state.Holder(stage); holder != nil {
			m.Stages[stage] = holder.Name
		}
	}
	return m
}

func (a *app) registryHistoryCommand() *cobra.Command {
	return &cobra.Command{
		Use: "history NAME", Short: "List what happened to a model, the oldest first", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, ref, err := a.openRef(c.Context(), args[0])
			if err != nil {
				return err
			}
			return a.history(c.Context(), d, ref)
		},
	}
}

func (a *app) history(ctx context.Context, d *desk, ref registry.Ref) error {
	log, err := a.readModel(ctx, d, ref.Model)
	if err != nil {
		return err
	}
	return a.answer(map[string]any{"model": log.Model, "events": log.Events}, func(w io.Writer) {
		for _, e := range log.Events {
			text := fmt.Sprintf("%s  %s by %s", e.At.Format(time.DateTime), sentence(log.Model, e), e.By)
			if e.Reason != "" {
				text += ": " + e.Reason
			}
			fmt.Fprintln(w, visibleLine(text))
		}
	})
}
