package propose

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"gopkg.in/yaml.v3"
)

// Training is the command that seems to train the model.
type Training struct {
	Command string
	From    string // the file that says so
	// Doubt says why it may not run on a fresh clone as it is; "" where nothing speaks against it. The draft then only
	// shows it.
	Doubt string
}

// stage is what is looked at of a stage of dvc.yaml. Commands and names of files, nothing else: running a pipeline is its own
// program's.
type stage struct {
	Command yaml.Node   `yaml:"cmd"`
	Folder  string      `yaml:"wdir"`
	Needs   []yaml.Node `yaml:"deps"`
	Metrics []yaml.Node `yaml:"metrics"`
	Outputs []yaml.Node `yaml:"outs"`
}

// training is the stage of a pipeline that writes the metrics, else the script that does.
func (l looker) training(metrics string) (*Training, []string) {
	found, notes := l.pipeline(metrics)
	if found == nil {
		found = l.script(metrics)
	}
	return found, notes
}

const pipelineFile = "dvc.yaml"

// pipeline looks for the stage that writes the metrics, or is called like one that trains.
func (l looker) pipeline(metrics string) (found *Training, notes []string) {
	if !l.has(pipelineFile) {
		return nil, nil
	}
	var document struct {
		Stages map[string]stage `yaml:"stages"`
	}
	if err := yaml.Unmarshal(l.read(pipelineFile), &document); err != nil {
		return nil, []string{"could not read " + pipelineFile + ": " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	var names []string
	for name, s := range document.Stages {
		if metrics != "" && (slices.Contains(paths(s.Metrics), metrics) || slices.Contains(paths(s.Outputs), metrics)) || metrics == "" && name == "train" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, []string{"no stage of " + pipelineFile + " says that it writes the metrics"}
	}
	slices.Sort(names)
	s := document.Stages[names[0]]
	return &Training{Command: s.command(), From: pipelineFile + ", stage " + names[0], Doubt: l.doubt(s)}, nil
}

// command is what the stage runs: one command, or a list of which each must succeed.
func (s stage) command() string {
	if s.Command.Kind != yaml.SequenceNode {
		return strings.TrimSpace(s.Command.Value)
	}
	var all []string
	for _, one := range s.Command.Content {
		all = append(all, one.Value)
	}
	return strings.Join(all, " && ")
}

// doubt is why a stage's command may not run by itself.
func (l looker) doubt(s stage) string {
	switch {
	case s.command() == "" || strings.Contains(s.command(), "\n"):
		return "it is no command of one line"
	case strings.Contains(s.command(), "${"):
		return "it holds variables of the pipeline: write their values"
	case s.Folder != "" && path.Clean(s.Folder) != ".":
		return "it runs in the folder " + s.Folder
	}
	for _, name := range paths(s.Needs) {
		if !l.has(name) && !l.holds(name) {
			return "it needs " + name + ", which is not committed"
		}
	}
	return ""
}

// holds reports a folder with committed files.
func (l looker) holds(folder string) bool {
	return slices.ContainsFunc(l.names, func(name string) bool { return strings.HasPrefix(name, path.Clean(folder)+"/") })
}

// paths are the files of a list whose entries are names, or maps from a name to its options.
func paths(nodes []yaml.Node) []string {
	var names []string
	for _, node := range nodes {
		switch {
		case node.Kind == yaml.ScalarNode:
			names = append(names, path.Clean(node.Value))
		case node.Kind == yaml.MappingNode && len(node.Content) > 0:
			names = append(names, path.Clean(node.Content[0].Value))
		}
	}
	return names
}

// scripts are what training scripts are called.
var scripts = []string{"train.py", "training.py", "train_model.py", "main.py"}

// script is the script that trains, by its name.
func (l looker) script(metrics string) *Training {
	for _, base := range scripts {
		for _, name := range l.byDepth() {
			if path.Base(name) != base || strings.Trim(name, safeInShell) != "" {
				continue
			}
			t := &Training{Command: "python3 " + name, From: name}
			text := l.read(name)
			switch {
			case bytes.Contains(text, []byte("ASSAY_METRICS")):
			case metrics == "" || !bytes.Contains(text, []byte(path.Base(metrics))):
				t.Doubt = "nothing says that it writes its metrics to a file"
			}
			if base == "main.py" && t.Doubt != "" {
				continue // it may be anything
			}
			return t
		}
	}
	return nil
}

// safeInShell are the characters of names that no shell reads as more than a name.
const safeInShell = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"

const projectFile = "pyproject.toml"

// setup installs what the repository says that it needs.
func (l looker) setup() string {
	for _, name := range []string{"requirements.txt", projectFile} {
		if !l.has(name) || name == projectFile && len(l.describe().Project.Dependencies) == 0 {
			continue
		}
		return fmt.Sprintf("uv pip install -r %s", name)
	}
	return ""
}

// describe is what pyproject.toml says of the project; nothing where it cannot be read.
func (l looker) describe() (d struct {
	Project struct {
		Name         string   `toml:"name"`
		Dependencies []string `toml:"dependencies"`
	} `toml:"project"`
}) {
	if l.has(projectFile) {
		_ = toml.Unmarshal(l.read(projectFile), &d) // another tool's file: what cannot be read says nothing
	}
	return d
}

// project is the name that pyproject.toml gives.
func (l looker) project() string {
	if name := l.describe().Project.Name; name != "" {
		return plain(name)
	}
	return ""
}
