package union_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/config/union"
)

const released = `version: 1
model: m
gates: [{metric: auc, at-least: 0.8}]
release:
  artifact: model.bin
  stages:
    staging: {branches: [main]}
    production: {approvals: {count: 2}, minimum-time: 24h}
`

// What a change does to the policy of promotions is shown rule by rule, and the base's counts until it is merged.
func TestChangesOfThePolicy(t *testing.T) {
	parse := func(text string) *config.Config {
		c, err := config.Parse("assay.yaml", []byte(text), nil)
		require.NoError(t, err)
		return c
	}
	const bare = "version: 1\nmodel: m\ngates: [{metric: auc, at-least: 0.8}]\n"
	for name, c := range map[string]struct {
		head string
		want map[string]union.Effect
	}{
		"nothing": {released, map[string]union.Effect{}},
		"moved lines, and the same rules": {bare + "\n\nrelease:\n  artifact: model.bin\n  stages:\n    staging: {branches: [main]}\n    production:\n      approvals: {count: 2}\n      minimum-time: 24h\n",
			map[string]union.Effect{}},
		"one approval, no time, and a way to set rules aside": {bare + "release:\n  artifact: other.bin\n  stages:\n    staging: {branches: [main]}\n    production: {approvals: {count: 1}, override: [me]}\n",
			map[string]union.Effect{"release artifact": union.Shown, "release production approvals": union.Changed, "release production minimum-time": union.Removed, "release production override": union.Added}},
		"production first": {bare + "release:\n  artifact: model.bin\n  stages:\n    production: {approvals: {count: 2}, minimum-time: 24h}\n    staging: {branches: [main]}\n",
			nil}, // a time before the first stage is refused by the config's own checks
		"no policy": {bare, map[string]union.Effect{"release artifact": union.Removed, "release order": union.Removed, "release staging branches": union.Removed,
			"release production approvals": union.Removed, "release production minimum-time": union.Removed}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want == nil {
				_, err := config.Parse("assay.yaml", []byte(c.head), nil)
				require.ErrorContains(t, err, "minimum-time has no stage before it")
				return
			}
			_, changes := union.Join(parse(released), parse(c.head))
			got := map[string]union.Effect{}
			for _, change := range changes {
				got[change.Rule] = change.Effect
			}
			require.Equal(t, c.want, got)
		})
	}
	_, changes := union.Join(parse(bare), parse(released))
	require.Len(t, changes, 5)
	for _, change := range changes {
		require.Equal(t, union.Added, change.Effect)
	}
	turned := bare + "release:\n  artifact: model.bin\n  stages:\n    production: {branches: [main]}\n    staging: {branches: [main]}\n"
	_, changes = union.Join(parse(turned), parse(bare+"release:\n  artifact: model.bin\n  stages:\n    staging: {branches: [main]}\n    production: {branches: [main]}\n"))
	require.Equal(t, union.Change{Rule: "release order", Effect: union.Changed, Before: "production, staging", After: "staging, production", Pos: changes[0].Pos}, changes[0])
}
