package schema

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// YAML writes a contract the way people do: one line for each column and each entry of a list of rules.
func YAML(contract Contract) ([]byte, error) {
	contract.Version = 1
	var node yaml.Node
	if err := node.Encode(contract); err != nil {
		return nil, fmt.Errorf("write contract: %w", err)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		value := node.Content[i+1]
		if value.Kind == yaml.SequenceNode && len(value.Content) > 0 && value.Content[0].Kind == yaml.MappingNode {
			for _, entry := range value.Content {
				inline(entry)
			}
		} else {
			inline(value)
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return nil, fmt.Errorf("write contract: %w", err)
	}
	return out.Bytes(), encoder.Close()
}

// Line writes a part of a contract on one line of YAML.
func Line(part any) (string, error) {
	var node yaml.Node
	if err := node.Encode(part); err != nil {
		return "", fmt.Errorf("write a part of a contract: %w", err)
	}
	inline(&node)
	text, err := yaml.Marshal(&node)
	return strings.TrimSpace(string(text)), err
}

func inline(node *yaml.Node) {
	if node.Kind != yaml.ScalarNode {
		node.Style = yaml.FlowStyle
	}
	for _, child := range node.Content {
		inline(child)
	}
}
