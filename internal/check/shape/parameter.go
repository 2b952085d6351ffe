package shape

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// parameterFiles are where parameters are kept, by custom; the first that is there counts.
var parameterFiles = []string{"params.yaml", "params.yml", "params.json"}

// The limits of what is kept of parameters.
const (
	maxParameterFile = 1 << 20
	maxParameters    = 200
	maxParameter     = 100 // characters of a value
)

// Parameters reads the parameters that lie in a folder by custom, nested names joined with dots; nil where there are none.
// JSON is YAML. Values whose name sounds secret are left out.
func Parameters(dir string) (map[string]string, error) {
	for _, name := range parameterFiles {
		in, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer in.Close()
		data, err := io.ReadAll(io.LimitReader(in, maxParameterFile))
		if err != nil {
			return nil, err
		}
		return ParseParameters(name, data)
	}
	return nil, nil
}

// ParseParameters reads the content of a file of parameters, as Parameters does.
func ParseParameters(name string, data []byte) (map[string]string, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	values := map[string]string{}
	for _, child := range root.Content {
		collect(values, "", child)
	}
	return values, nil
}

// collect adds the scalars below a node. Aliases are not followed: a small file could grow into a large one.
func collect(values map[string]string, name string, n *yaml.Node) {
	switch {
	case len(values) >= maxParameters || soundsSecret(name):
	case n.Kind == yaml.ScalarNode:
		values[name] = cut(n.Value)
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			collect(values, strings.TrimPrefix(name+"."+n.Content[i].Value, "."), n.Content[i+1])
		}
	case n.Kind == yaml.SequenceNode:
		for i, child := range n.Content {
			collect(values, fmt.Sprintf("%s[%d]", name, i), child)
		}
	}
}

func soundsSecret(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"token", "secret", "password", "passwd", "credential", "api_key", "apikey", "private"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxParameter {
		return string(runes[:maxParameter]) + "…"
	}
	return text
}
