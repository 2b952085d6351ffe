package run

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

func TestAnswersOfTheBaseSurviveTheirFileAndShowNoPlace(t *testing.T) {
	answer := schema.Result{Table: "train", Contract: "c.yaml", Rules: []schema.RuleDone{{Rule: "max", Asked: "≤ 1", Outcome: finding.Fail, Message: "2 of 9 values break it",
		Pos: source.Pos{File: "c.yaml", Line: 3}}}}
	data, err := json.Marshal(OfBase{answer})
	require.NoError(t, err)
	back, err := Decoders[OfBase{}.Kind()](data)
	require.NoError(t, err)
	require.Equal(t, OfBase{answer}, back)
	f := back.Findings()[0]
	require.True(t, f.Blocks())
	require.Equal(t, source.Pos{}, f.Pos)
	require.Contains(t, f.Message, "the rule is the base's")
	require.Equal(t, finding.Note{Text: "As the base has it:"}, back.Blocks()[0])
	for _, text := range []string{`{"kind": "other"}`, `{"kind": "of-base", "value": {}}`, `[]`} {
		_, err := Decoders[OfBase{}.Kind()]([]byte(text))
		require.Error(t, err)
	}
}
