package run

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// OfBase is the answer of a rule that the change has weaker or not at all, as the base has it. Its places are those of the base's
// files, which the change may have otherwise: none is shown.
type OfBase struct{ Answer finding.Answer }

// Kind names answers of the base's rules in result files.
func (OfBase) Kind() string { return "of-base" }

// Findings are the answer's, marked.
func (o OfBase) Findings() []finding.Finding {
	all := o.Answer.Findings()
	for i := range all {
		all[i].Message, all[i].Pos = all[i].Message+" (the rule is the base's)", source.Pos{}
	}
	return all
}

// Blocks are the answer's, under a note.
func (o OfBase) Blocks() []finding.Block {
	blocks := []finding.Block{finding.Note{Text: "As the base has it:"}}
	for _, block := range o.Answer.Blocks() {
		if table, ok := block.(finding.Table); ok {
			block = placeless(table)
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// placeless is a table whose rows name no place.
func placeless(t finding.Table) finding.Table {
	t.Rows = slices.Clone(t.Rows)
	for i := range t.Rows {
		t.Rows[i].Pos = source.Pos{}
	}
	return t
}

// ofBaseFile is an OfBase as it is stored.
type ofBaseFile struct {
	Kind  string          `json:"kind"`
	Value json.RawMessage `json:"value"`
}

// MarshalJSON writes the answer with its kind.
func (o OfBase) MarshalJSON() ([]byte, error) {
	value, err := json.Marshal(o.Answer)
	if err != nil {
		return nil, err
	}
	return json.Marshal(ofBaseFile{o.Answer.Kind(), value})
}

// withBase adds the decoder of answers of the base's rules to those of the answers themselves.
func withBase(decoders map[string]finding.Decoder) map[string]finding.Decoder {
	decoders[OfBase{}.Kind()] = func(data json.RawMessage) (finding.Answer, error) {
		var file ofBaseFile
		if err := json.Unmarshal(data, &file); err != nil {
			return nil, err
		}
		decode, ok := decoders[file.Kind]
		if !ok || file.Kind == (OfBase{}).Kind() {
			return nil, fmt.Errorf("unknown kind %q", file.Kind)
		}
		answer, err := decode(file.Value)
		return OfBase{answer}, err
	}
	return decoders
}

// asBase marks the answers of a rule of the base's.
func asBase(isOfBase bool, answers ...finding.Answer) []finding.Answer {
	if isOfBase {
		for i, answer := range answers {
			answers[i] = OfBase{answer}
		}
	}
	return answers
}
