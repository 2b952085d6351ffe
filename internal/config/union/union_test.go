package union_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/finding"
)

// tree is the files of a commit.
type tree map[string]string

func (tree) Base(context.Context) (string, error) {
	return "0123456789abcdef0123456789abcdef01234567", nil
}

func (t tree) File(_ context.Context, _, name string) ([]byte, error) {
	text, ok := t[filepath.ToSlash(name)]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(text), nil
}

func (t tree) Named(_ context.Context, _, pattern string) ([]string, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if fits, _ := path.Match(pattern, path.Base(name)); fits {
			names = append(names, name)
		}
	}
	return names, nil
}

const (
	rules = `version: 1
model: m
data: {train: train.csv, test: test.csv}
metrics: {path: m.json, declare: {hits: {rows: 500}}}
validate:
  - {table: train, contract: contract.yaml, changes: fail}
  - leakage: {train: train, test: test, label: y}
train: {command: python train.py}
steps: [{name: fair, command: python fair.py}]
gates:
  - {metric: auc, at-least: 0.8, max-drop: 0.01}
  - {metric: loss, at-most: 1}
  - {metric: hits, at-least: 0.4, confidence: 0.95, max-false-alarm: 0.05, min-power: {power: 0.5, drop: 0.02}}
compare: {champion: train, challenger: test, key: [id], margin: 0.01}
drift: {reference: train, current: test}
require-power: true
`
	promises = "version: 1\ncolumns:\n  - {name: a, min: 0, max: 10}\n"
)

var atBase = tree{"assay.yaml": rules, "contract.yaml": promises}

// read joins the base with a change of it: files that the change writes anew.
func read(t *testing.T, head tree, name string) (*config.Config, union.Result) {
	t.Helper()
	c, err := config.Parse(name, []byte(head[name]), func(contract string) ([]byte, error) { return head.File(t.Context(), "", contract) })
	require.NoError(t, err)
	c.Dir = t.TempDir() // nothing of the base is left there
	return union.Read(t.Context(), atBase, c)
}

func with(changed tree) tree {
	all := maps.Clone(atBase)
	maps.Copy(all, changed)
	return all
}

func swap(t *testing.T, pairs ...string) string {
	t.Helper()
	text := rules
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, text, pairs[i])
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

// limits are the gates of a config as texts, those of the base marked.
func limits(c *config.Config) []string {
	var all []string
	for _, spec := range c.Gates {
		for _, l := range spec.Limits() {
			text := spec.Metric + " " + l.Text()
			if spec.OfBase {
				text += " of base"
			}
			all = append(all, text)
		}
	}
	return all
}

// Each is a pull request that would loosen the gate that judges it.
func TestAChangeCannotLoosenItsOwnGate(t *testing.T) {
	for name, c := range map[string]struct {
		head  tree
		rows  []string // rule, effect
		holds func(*testing.T, *config.Config)
	}{
		"a raised tolerance": {
			with(tree{"assay.yaml": swap(t, "max-drop: 0.01", "max-drop: 0.5")}), []string{"gate auc loosened"},
			func(t *testing.T, c *config.Config) {
				require.Equal(t, []string{"auc ≥ 0.8", "auc drop ≤ 0.5", "loss ≤ 1", "hits ≥ 0.4 with 95 %", "auc drop ≤ 0.01 of base"}, limits(c))
			}},
		"a registry whose champion is weaker": {
			with(tree{"assay.yaml": rules + "registry: {model: weak}\n"}), []string{"registry changed"},
			func(t *testing.T, c *config.Config) {
				require.Nil(t, c.Registry, "the base has none")
			}},
		"severity warn": {
			with(tree{"assay.yaml": swap(t, "at-most: 1}", "at-most: 1, severity: warn}")}), []string{"gate loss loosened"},
			func(t *testing.T, c *config.Config) { require.Contains(t, limits(c), "loss ≤ 1 of base") }},
		"a gate that may be red by chance more often": {
			with(tree{"assay.yaml": swap(t, "max-false-alarm: 0.05", "max-false-alarm: 0.5")}), []string{"gate hits loosened"},
			func(t *testing.T, c *config.Config) {
				require.Equal(t, "0.05", c.Gates[3].MaxFalseAlarm.Text)
				require.True(t, c.Gates[3].OfBase)
			}},
		"a gate that need notice less": {
			with(tree{"assay.yaml": swap(t, "drop: 0.02", "drop: 0.2")}), []string{"gate hits loosened"},
			func(t *testing.T, c *config.Config) { require.Equal(t, "0.02", c.Gates[3].MinPower.Drop.Text) }},
		"a gate of which no power is asked": {
			with(tree{"assay.yaml": swap(t, ", max-false-alarm: 0.05, min-power: {power: 0.5, drop: 0.02}", "")}), []string{"gate hits loosened"},
			func(t *testing.T, c *config.Config) { require.NotNil(t, c.Gates[3].MinPower) }},
		"another confidence": {
			with(tree{"assay.yaml": swap(t, "confidence: 0.95", "confidence: 0.6")}), []string{"gate hits changed"},
			func(t *testing.T, c *config.Config) { require.Equal(t, "0.95", c.Gates[3].Confidence.Text) }},
		"more rows than there are": {
			with(tree{"assay.yaml": swap(t, "hits: {rows: 500}", "hits: {rows: 50000}")}), []string{"gate hits changed", "metrics declared shown"},
			func(t *testing.T, c *config.Config) { require.Equal(t, int64(500), c.Gates[3].Rows) }},
		"a gate under another name": {
			with(tree{"assay.yaml": swap(t, "metric: auc", "metric: auc2")}), []string{"gate auc removed", "gate auc removed", "gate auc2 added", "gate auc2 added"},
			func(t *testing.T, c *config.Config) { require.Contains(t, limits(c), "auc ≥ 0.8 of base") }},
		"another metrics file": {
			with(tree{"assay.yaml": swap(t, "m.json", "forged.json")}), []string{"metrics file changed"},
			func(t *testing.T, c *config.Config) { require.Equal(t, "m.json", c.MetricsPath()) }},
		"a contract that promises less": {
			with(tree{"contract.yaml": "version: 1\ncolumns:\n  - {name: a, max: 99}\n"}), []string{"contract contract.yaml on train loosened"},
			func(t *testing.T, c *config.Config) {
				require.Len(t, c.Validate, 3)
				require.True(t, c.Validate[2].OfBase)
				require.InDelta(t, 10, c.Validate[2].Promises.Columns[0].Max.Value, 0)
			}},
		"an empty contract under another name": {
			with(tree{"assay.yaml": swap(t, "contract.yaml, changes: fail", "other.yaml"), "other.yaml": "version: 1\nrows: {min: 1}\n"}), []string{"contract contract.yaml on train loosened"},
			func(t *testing.T, c *config.Config) {
				require.Equal(t, finding.SeverityFail, c.Validate[0].Changes)
				require.Equal(t, "contract.yaml", c.Validate[2].Contract)
			}},
		"no contract": {
			with(tree{"assay.yaml": swap(t, "  - {table: train, contract: contract.yaml, changes: fail}\n", "")}), []string{"contract contract.yaml on train removed"},
			func(t *testing.T, c *config.Config) { require.Equal(t, "contract.yaml", c.Validate[1].Contract) }},
		"tags that pick little": {
			with(tree{"assay.yaml": swap(t, "contract.yaml,", "contract.yaml, tags: [quick],"), "contract.yaml": "version: 1\ncolumns:\n  - {name: a, min: 0, max: 10}\n  - {name: b, tags: [quick]}\n"}),
			[]string{"contract contract.yaml on train loosened"},
			func(t *testing.T, c *config.Config) { require.Empty(t, c.Validate[2].Tags) }},
		"another leakage check": {
			with(tree{"assay.yaml": swap(t, "label: y", "label: y, severity: warn")}), []string{"leakage train to test changed"},
			func(t *testing.T, c *config.Config) { require.Empty(t, c.Validate[2].Leakage.Severity) }},
		"a step less": {
			with(tree{"assay.yaml": swap(t, "drift: {reference: train, current: test}\n", "", "train: {command: python train.py}\n", "")}), []string{"train removed", "drift removed"},
			func(t *testing.T, c *config.Config) {
				require.Equal(t, "python train.py", c.Train.Command)
				require.NotNil(t, c.DriftOfBase)
			}},
		"a wider margin between two models": {
			with(tree{"assay.yaml": swap(t, "margin: 0.01", "margin: 0.5, need: not-worse")}), []string{"compare changed"},
			func(t *testing.T, c *config.Config) {
				require.Equal(t, "0.01", c.CompareOfBase.Margin.Text)
				require.Equal(t, "0.5", c.Compare.Margin.Text)
			}},
		"no comparison of two models": {
			with(tree{"assay.yaml": swap(t, "compare: {champion: train, challenger: test, key: [id], margin: 0.01}\n", "")}), []string{"compare removed"},
			func(t *testing.T, c *config.Config) { require.Equal(t, "train", c.CompareOfBase.Champion) }},
		"enforce: false": {
			with(tree{"assay.yaml": rules + "enforce: {gate: false}\n"}), []string{"enforce gate loosened"},
			func(t *testing.T, c *config.Config) { require.True(t, c.Enforce.Step("gate")) }},
		"enforce: false for all": {
			with(tree{"assay.yaml": rules + "enforce: false\n"}), []string{"enforce validate loosened", "enforce train loosened", "enforce gate loosened", "enforce custom loosened", "enforce compare loosened", "enforce drift loosened"},
			func(t *testing.T, c *config.Config) { require.True(t, c.Enforce.Step("validate")) }},
		"another program for a check": {
			with(tree{"assay.yaml": swap(t, "fair.py", "nothing.py")}), []string{"step fair changed"},
			func(t *testing.T, c *config.Config) {
				require.Len(t, c.Steps, 2)
				require.Equal(t, "python fair.py", c.Steps[1].Command)
			}},
		"too few rows are enough": {
			with(tree{"assay.yaml": swap(t, "require-power: true\n", "")}), []string{"require-power loosened"},
			func(t *testing.T, c *config.Config) { require.True(t, c.RequirePower) }},
		"data from elsewhere": {
			with(tree{"assay.yaml": swap(t, "data: {train: train.csv,", "s3: {region: eu-west-1}\ndata: {train: 'https://h.example/a.csv?sig=hush',")}),
			[]string{"table train shown", "s3 shown"},
			func(t *testing.T, c *config.Config) {
				require.Equal(t, "https://h.example/a.csv?sig=hush", c.Data["train"].Path)
				require.Equal(t, "eu-west-1", c.S3.Region)
			}},
		"a table less": {
			with(tree{"assay.yaml": "version: 1\nmodel: m\nmetrics: m.json\ngates: [{metric: x, at-least: 0}]\n"}),
			[]string{"table test removed", "table train removed", "contract contract.yaml on train removed", "leakage train to test removed", "gate auc removed", "gate auc removed",
				"gate loss removed", "gate hits removed", "gate x added", "metrics declared shown", "train removed", "step fair removed", "compare removed", "drift removed", "require-power loosened"},
			func(t *testing.T, c *config.Config) { require.Equal(t, "train.csv", c.Data["train"].Path) }},
	} {
		t.Run(name, func(t *testing.T) {
			joined, result := read(t, c.head, "assay.yaml")
			require.Equal(t, union.Joined, result.State)
			require.Equal(t, c.rows, rows(result))
			c.holds(t, joined)
			for i, f := range result.Findings() {
				require.NotContains(t, f.Message+result.Changes[i].After, "hush", "an address may be signed")
				if result.Changes[i].Effect.KeepsBase() {
					require.Equal(t, finding.Warn, f.Outcome, f.Message)
				}
			}
		})
	}
}

func rows(r union.Result) []string {
	var all []string
	for _, c := range r.Changes {
		all = append(all, c.Rule+" "+string(c.Effect))
	}
	return all
}

func TestWhatIsNoLoosening(t *testing.T) {
	for name, c := range map[string]struct {
		text, contract string
		rows           []string
	}{
		"nothing":                      {rules, promises, nil},
		"a comment":                    {"# why\n" + rules, promises + "# why\n", nil},
		"a lower limit beside it":      {swap(t, "max-drop: 0.01}", "max-drop: 0.01}\n  - {metric: auc, at-least: 0.7}"), promises, nil},
		"a higher limit":               {swap(t, "at-least: 0.8", "at-least: 0.9"), promises, []string{"gate auc tightened"}},
		"less chance of a false alarm": {swap(t, "max-false-alarm: 0.05", "max-false-alarm: 0.04"), promises, []string{"gate hits tightened"}},
		"more power":                   {swap(t, "power: 0.5", "power: 0.6"), promises, []string{"gate hits tightened"}},
		"one gate more":                {swap(t, "gates:\n", "gates:\n  - {metric: f1, at-least: 0}\n"), promises, []string{"gate f1 added"}},
		"another training command":     {swap(t, "train.py", "train2.py"), promises, []string{"train shown"}},
		"another path of a table":      {swap(t, "test.csv", "test2.csv"), promises, []string{"table test shown"}},
		"a contract of more promises":  {rules, promises + "  - {name: b}\n", []string{"contract contract.yaml on train tightened"}},
		"when it is trained again":     {rules + "retrain: {triggers: {schedule: {cron: 0 3 * * 1}}}\n", promises, []string{"retrain shown"}},
	} {
		t.Run(name, func(t *testing.T) {
			joined, result := read(t, tree{"assay.yaml": c.text, "contract.yaml": c.contract}, "assay.yaml")
			require.Equal(t, c.rows, rows(result))
			require.Nil(t, joined.DriftOfBase)
			for _, spec := range joined.Gates {
				require.False(t, spec.OfBase)
			}
			require.Len(t, joined.Validate, 2)
		})
	}
}

func TestAConfigOfAnotherPathIsHeldAgainstTheOneThatItReplaces(t *testing.T) {
	head := with(tree{"lax.yaml": "version: 1\nmodel: m\ngates: [{metric: auc, at-least: 0}]\n"})
	joined, result := read(t, head, "lax.yaml")
	require.Equal(t, union.Joined, result.State)
	require.Equal(t, "config shown", rows(result)[0])
	require.Contains(t, limits(joined), "auc ≥ 0.8 of base")
}

func TestTheFirstConfigBringsItsOwnRules(t *testing.T) {
	c, err := config.Parse("assay.yaml", []byte(rules), func(string) ([]byte, error) { return []byte(promises), nil })
	require.NoError(t, err)
	joined, result := union.Read(t.Context(), tree{"README.md": ""}, c)
	require.Same(t, c, joined)
	require.Equal(t, union.New, result.State)
	require.Equal(t, finding.Pass, result.Findings()[0].Outcome)
	require.Contains(t, result.Findings()[0].Message, "the rules are this change's own")
}

// unreachable is a repository whose base cannot be had.
type unreachable struct{ tree }

func (unreachable) Base(context.Context) (string, error) {
	return "", errors.New("the clone is shallow")
}

func TestRulesThatCannotBeReadBlock(t *testing.T) {
	c, err := config.Parse("assay.yaml", []byte(rules), func(string) ([]byte, error) { return []byte(promises), nil })
	require.NoError(t, err)
	for why, repository := range map[string]union.Repository{
		"the clone is shallow": unreachable{},
		"unknown key":          tree{"assay.yaml": "version: 1\nmodel: m\nnonsense: 1\n"},
		"no contract at":       tree{"assay.yaml": rules},
	} {
		_, result := union.Read(t.Context(), repository, c)
		require.Equal(t, union.Unread, result.State)
		require.Contains(t, result.Findings()[0].Message, why)
		require.True(t, result.Findings()[0].Blocks())
	}
}
