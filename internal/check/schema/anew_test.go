package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// checkTwice is Check, and makes sure that the result, judged by its numbers, comes to the same.
func checkTwice(t *testing.T, opened *table.Table, contract schema.Contract, input schema.Input) (schema.Result, error) {
	t.Helper()
	result, err := schema.Check(t.Context(), opened, contract, input)
	if err != nil {
		return result, err
	}
	again, untold := result.Anew(contract, input.Tags)
	require.Empty(t, untold)
	outcomes := func(r schema.Result) (all []string) {
		for _, done := range r.Rules {
			all = append(all, done.Rule+" "+done.Column+" "+done.Outcome.String())
		}
		return all
	}
	require.Equal(t, outcomes(result), outcomes(again))
	return result, nil
}

// What the counts come to under another contract, and what of it is not told.
func TestCountsAreJudgedAnew(t *testing.T) {
	column := schema.Column{Name: "x", Min: num("0"), Mostly: num("0.9")}
	result := schema.Result{Table: "a", Rows: 100, Rules: []schema.RuleDone{
		{Rule: "rows", Asked: "at least 1 rows", Outcome: finding.Pass}, {Rule: "min", Column: "x", Broken: 5, Of: 100, Outcome: finding.Pass, Pos: source.Pos{Line: 9}}}}
	for name, c := range map[string]struct {
		change func(*schema.Contract)
		want   finding.Outcome
		untold []string
	}{
		"the same":                  {func(*schema.Contract) {}, finding.Pass, nil},
		"less may break":            {func(c *schema.Contract) { c.Columns[0].Mostly = num("0.96") }, finding.Fail, nil},
		"none may, at a lower cost": {func(c *schema.Contract) { c.Columns[0].Mostly, c.Severity = nil, finding.SeverityWarn }, finding.Warn, nil},
		"more rules": {func(c *schema.Contract) {
			c.Columns[0].Max, c.Unique = num("9"), []schema.Unique{{Columns: []string{"x", "y"}}}
		}, finding.Pass, []string{"unique x, y", "max x"}},
		"another column":           {func(c *schema.Contract) { c.Columns = append(c.Columns, schema.Column{Name: "z"}) }, finding.Pass, []string{"required z"}},
		"one that may be left out": {func(c *schema.Contract) { c.Columns = append(c.Columns, schema.Column{Name: "z", Required: at(false)}) }, finding.Pass, nil},
	} {
		contract := schema.Contract{Columns: []schema.Column{column}}
		c.change(&contract)
		again, untold := result.Anew(contract, nil)
		require.Equal(t, c.untold, untold, name)
		require.Len(t, again.Rules, 1, "rows have no bound any more")
		require.Equal(t, c.want, again.Rules[0].Outcome, name)
	}
	again, _ := result.Anew(schema.Contract{Rows: schema.Rows{Min: num("101")}}, nil)
	require.Equal(t, finding.Fail, again.Rules[0].Outcome, "the rows are held against the contract's bounds")
}
