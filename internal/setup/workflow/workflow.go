// Package workflow reads GitHub's workflow files as far as setting up Assay needs them: what starts them, what their jobs may
// do, which steps run Assay; each with its place. It holds nobody to the format: actionlint does that.
package workflow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/source"
)

// Folder is where GitHub looks for workflows.
const Folder = ".github/workflows"

// IsWorkflow reports a path, from the repository's root, that GitHub takes for a workflow.
func IsWorkflow(name string) bool {
	return path.Dir(name) == Folder && (path.Ext(name) == ".yml" || path.Ext(name) == ".yaml")
}

// Workflow is one file.
type Workflow struct {
	Path        string // from the repository's root
	Text        []byte
	Name        string // the file's path where it has none
	On          *Value // nil: none
	Triggers    []Trigger
	Permissions *Permissions // nil: not said
	Jobs        []*Job
}

// Trigger is an event that starts the workflow.
type Trigger struct {
	Name   string
	At     *Value // the name
	Filter *Value // what stands under it; nil for nothing
}

// Job is a job.
type Job struct {
	Workflow    *Workflow
	ID          string
	Name        string // as checks show it; the id where it has none
	Key, Body   *Value
	If          *Value // nil: none
	Needs       []string
	Permissions *Permissions // nil: the workflow's
	Steps       []*Step
	HasMatrix   bool
}

// Step is a step of a job.
type Step struct {
	Job  *Job
	Body *Value
	Uses *Value // nil: it runs a script
	Run  *Value // nil: it uses an action
	If   *Value // nil: none
	With *Value // nil: none
}

// Parse reads a file. What is no workflow at all is an error of type source.Problems; odd parts of one are left out.
func Parse(name string, text []byte) (*Workflow, error) {
	var document yaml.Node
	err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&document)
	switch {
	case errors.Is(err, io.EOF):
		return nil, problem(name, 1, "the file is empty")
	case err != nil:
		return nil, problem(name, lineOf(err), strings.TrimPrefix(err.Error(), "yaml: "))
	}
	w := &Workflow{Path: name, Text: text, Name: name}
	root := valueOf(document.Content[0])
	if root.Kind != yaml.MappingNode {
		return nil, problem(name, 1, "the file is no map of on, jobs and the like")
	}
	if title := root.Get("name"); title.Text() != "" {
		w.Name = title.Text()
	}
	w.On = root.Get("on")
	w.Triggers = triggers(w.On)
	w.Permissions = permissions(root.Get("permissions"))
	for key, body := range root.Get("jobs").Pairs() {
		w.Jobs = append(w.Jobs, w.job(key, body))
	}
	return w, nil
}

func problem(name string, line int, message string) error {
	return source.Problems{{Pos: source.Pos{File: name, Line: line}, Message: message, Hint: "actionlint says more of what GitHub takes"}}
}

var yamlLine = regexp.MustCompile(`line (\d+):`)

// lineOf is the line that an error of yaml.v3 names, or the first.
func lineOf(err error) int {
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		if line, err := strconv.Atoi(found[1]); err == nil {
			return line
		}
	}
	return 1
}

// triggers reads the three forms of on: a name, a list of names, a map of names and filters.
func triggers(on *Value) []Trigger {
	var all []Trigger
	if on.Text() != "" {
		return []Trigger{{Name: on.Text(), At: on}}
	}
	for _, item := range on.Items() {
		all = append(all, Trigger{Name: item.Text(), At: item})
	}
	for key, filter := range on.Pairs() {
		all = append(all, Trigger{Name: key.Text(), At: key, Filter: filter})
	}
	return all
}

func (w *Workflow) job(key, body *Value) *Job {
	j := &Job{Workflow: w, ID: key.Text(), Name: key.Text(), Key: key, Body: body, If: body.Get("if"), Permissions: permissions(body.Get("permissions"))}
	if name := body.Get("name").Text(); name != "" {
		j.Name = name
	}
	j.HasMatrix = body.Get("strategy").Get("matrix") != nil
	needs := body.Get("needs")
	if needs.Text() != "" {
		j.Needs = []string{needs.Text()}
	}
	for _, item := range needs.Items() {
		j.Needs = append(j.Needs, item.Text())
	}
	for _, item := range body.Get("steps").Items() {
		j.Steps = append(j.Steps, &Step{Job: j, Body: item, Uses: item.Get("uses"), Run: item.Get("run"), If: item.Get("if"), With: item.Get("with")})
	}
	return j
}

// Trigger is the one of a name, nil for none.
func (w *Workflow) Trigger(name string) *Trigger {
	i := slices.IndexFunc(w.Triggers, func(t Trigger) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &w.Triggers[i]
}

// Allowed are the permissions that count for a job: its own, else the workflow's; nil where neither says any.
func (j *Job) Allowed() *Permissions {
	if j.Permissions != nil {
		return j.Permissions
	}
	return j.Workflow.Permissions
}

// Produces reports whether a check of this name can come from the job. Names of a matrix end with its values in parentheses; a name that
// is computed can be anything.
func (j *Job) Produces(check string) bool {
	if strings.Contains(j.Name, "${{") {
		return true
	}
	return j.Name == check || j.HasMatrix && strings.HasPrefix(check, j.Name+" (") || j.Body.Get("uses") != nil && strings.HasPrefix(check, j.Name+" / ")
}

// commands are Assay's words in a script that judge or publish.
var commands = regexp.MustCompile(`(?m)(?:^|[\s/;&|(])assay\s+(run|validate|train|gate|drift|publish)\b`)

// Runs is the command of Assay that a step runs: "run" where it uses the action, "" where it is no step of Assay's.
func (s *Step) Runs() string {
	if s.isAction("assay") {
		if command := s.Input("command").Text(); command != "" {
			return command
		}
		return "run"
	}
	if found := commands.FindStringSubmatch(s.Run.Text()); found != nil {
		return found[1]
	}
	return ""
}

// IsCheckout reports a step that checks out.
func (s *Step) IsCheckout() bool { return s.isAction("checkout") }

// isAction reports the use of an action by the last part of its repository, whoever owns it: actions are forked.
func (s *Step) isAction(name string) bool {
	repository, _, _ := strings.Cut(s.Uses.Text(), "@")
	return path.Base(repository) == name
}

// Input is an input that the step gives its action, nil for none.
func (s *Step) Input(name string) *Value { return s.With.Get(name) }

// Assay are the job's steps that run Assay.
func (j *Job) Assay() []*Step {
	return slices.DeleteFunc(slices.Clone(j.Steps), func(s *Step) bool { return s.Runs() == "" })
}

// Judges reports whether the job runs Assay on a change, and does more than publish.
func (j *Job) Judges() bool {
	return slices.ContainsFunc(j.Assay(), func(s *Step) bool { return s.Runs() != "publish" })
}

// Publishes reports whether the job runs assay publish.
func (j *Job) Publishes() bool {
	return slices.ContainsFunc(j.Assay(), func(s *Step) bool { return s.Runs() == "publish" })
}

// Pos is the place of a value in the workflow's file.
func (w *Workflow) Pos(v *Value) source.Pos {
	if v == nil {
		return source.Pos{File: w.Path, Line: 1, Column: 1}
	}
	return source.Pos{File: w.Path, Line: v.Line, Column: v.Column}
}

// Names says for a person what a list of jobs is called.
func Names(jobs []*Job) string {
	var names []string
	for _, j := range jobs {
		names = append(names, fmt.Sprintf("%q", j.Name))
	}
	return strings.Join(names, ", ")
}
