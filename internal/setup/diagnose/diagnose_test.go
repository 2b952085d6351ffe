package diagnose_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/setup/diagnose"
	"github.com/assay-ml/assay/internal/setup/workflow"
	"github.com/assay-ml/assay/internal/source"
)

const (
	judging    = ".github/workflows/assay.yml"
	companion  = ".github/workflows/assay-publish.yml"
	owners     = ".github/CODEOWNERS"
	configFile = "assay.yaml"
)

// healthy is a repository of which nothing is said but what is always so.
func healthy() map[string]string {
	return map[string]string{
		judging: `name: Assay
on:
  pull_request:
  merge_group: # a comment that stays
jobs:
  model:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      pull-requests: write
      checks: write
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 2
      - uses: assay-ml/assay@v0
`,
		companion: `name: Publish
on:
  workflow_run: {workflows: [Assay], types: [completed]}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {actions: read, contents: read, pull-requests: write, checks: write, statuses: write}
    steps:
      - uses: assay-ml/assay@v0
        with: {command: publish}
`,
		owners:         "* @all\n/.github/ @owners\n",
		configFile:     "version: 1\nmodel: m\ndata: {train: train.csv}\nvalidate: [{table: train, contract: c.yaml}]\n",
		"c.yaml":       "version: 1\ncolumns: [{name: a}]\n",
		"train.csv":    "a\n1\n",
		"parts/a.csv":  "a\n1\n",
		"unrelated.md": "",
	}
}

// rules are those of a branch that asks for what it should.
func rules() *diagnose.Rules {
	return &diagnose.Rules{Required: []diagnose.Required{{Context: "model", App: 15368}}, MergeQueue: true, CodeOwners: true}
}

func checkout(files map[string]string, rules *diagnose.Rules) diagnose.Checkout {
	c := diagnose.Checkout{Files: slices.Sorted(maps.Keys(files)), DefaultBranch: "main", Rules: rules, Why: "there is no token",
		Read: func(name string) ([]byte, error) {
			text, ok := files[name]
			if !ok {
				return nil, fs.ErrNotExist
			}
			return []byte(text), nil
		}}
	c.OfDefault = c.Files
	for _, name := range c.Files {
		if !workflow.IsWorkflow(name) {
			continue
		}
		w, err := workflow.Parse(name, []byte(files[name]))
		if err != nil {
			var problems source.Problems
			if !errors.As(err, &problems) {
				panic(err)
			}
			c.Unreadable = append(c.Unreadable, problems...)
			continue
		}
		c.Workflows = append(c.Workflows, w)
	}
	return c
}

// said are the diagnoses in short: level, place and rule; what is always so here is left out.
func said(found []diagnose.Diagnosis) []string {
	var short []string
	for _, d := range found {
		if !slices.Contains([]string{"shared-bot", "branch-rules", "stored-result"}, d.Rule) {
			short = append(short, fmt.Sprintf("%s %s %s", d.Level, d.Pos, d.Rule))
		}
	}
	return short
}

func TestAHealthyRepositoryIsToldOnlyWhatIsAlwaysSo(t *testing.T) {
	var told []string
	for _, d := range diagnose.Diagnose(checkout(healthy(), rules())) {
		told = append(told, d.Level.String()+" "+d.Rule)
	}
	require.Equal(t, []string{"warning stored-result", "not known branch-rules", "note shared-bot"}, told)
	require.Empty(t, said(diagnose.Diagnose(checkout(healthy(), nil))), "without the rules")
}

// sickness is a change of the healthy repository, what is said of it, and how it ends.
type sickness struct {
	name     string
	file     string // the workflow where it is empty
	old, new string // replaced in it; without old the whole text
	rules    func(*diagnose.Rules)
	offline  bool
	said     []string // after a level, a place in file:line:column and a rule
	mended   string   // a text that the fix leaves; "" where it takes a person
}

const at = judging + ":"

var sicknesses = []sickness{
	{name: "no workflow runs Assay", old: "assay-ml/assay@v0", new: "x/y@v1",
		said: []string{"error .github/workflows workflow", "error " + companion + ":3:3 fork-companion"}},
	{name: "a workflow is no YAML", file: ".github/workflows/odd.yml", new: "a: [\n", said: []string{"error .github/workflows/odd.yml:1 workflow"}},
	{name: "a workflow is no map", file: ".github/workflows/odd.yml", new: "- a\n", said: []string{"error .github/workflows/odd.yml:1 workflow"}},
	{name: "a workflow is empty", file: ".github/workflows/odd.yml", new: "", said: []string{"error .github/workflows/odd.yml:1 workflow"}},
	{name: "Assay in a script", old: "uses: assay-ml/assay@v0", new: "run: |\n          make data\n          assay run"},

	{name: "no config", file: configFile, new: "\x00gone", said: []string{"error " + at + "16:15 config"}},
	{name: "a config elsewhere", old: "assay-ml/assay@v0", new: "assay-ml/assay@v0\n        with: {working-directory: models}", said: []string{"error " + at + "16:15 config"}},
	{name: "a config that is computed", old: "assay-ml/assay@v0", new: "assay-ml/assay@v0\n        with: {config: '${{ matrix.config }}'}"},
	{name: "a config that is wrong", file: configFile, old: "model: m", new: "madel: m", said: []string{"error assay.yaml:2:1 config"}},
	{name: "a contract that is not committed", file: "c.yaml", new: "\x00gone", said: []string{"error assay.yaml:4:37 config"}},
	{name: "data that is not committed", file: configFile, old: "train.csv", new: "big.csv", said: []string{"error assay.yaml:3:15 config"}},
	{name: "a folder of data", file: configFile, old: "train.csv", new: "parts"},
	{name: "data elsewhere", file: configFile, old: "train.csv", new: "'data/*.csv'"},
	{name: "data that a step fetches", old: "      - uses: assay-ml", new: "      - run: mv x train.csv\n      - uses: assay-ml"},

	{name: "no pull request", old: "  pull_request:\n  merge_group:", new: "  push:", said: []string{"error " + at + "3:3 pull-request", "error " + companion + ":3:3 fork-companion"}, mended: "on:\n  pull_request:\n  push: #"},
	{name: "called by others", old: "  pull_request:\n  merge_group:", new: "  workflow_call:", said: []string{"error " + companion + ":3:3 fork-companion", "not known " + at + "3:3 pull-request"}},
	{name: "pull_request_target", old: "pull_request:", new: "pull_request_target:", said: []string{"error " + at + "3:3 pull-request-target"}, mended: "  pull_request:\n"},
	{name: "both", old: "pull_request:", new: "pull_request:\n  pull_request_target:", said: []string{"error " + at + "4:3 pull-request-target"}},

	{name: "no checkout", old: "actions/checkout@v5", new: "x/y@v1", said: []string{"error " + at + "16:9 checkout"}},
	{name: "depth 1", old: "fetch-depth: 2", new: "fetch-depth: 1", said: []string{"warning " + at + "15:24 checkout"}, mended: "fetch-depth: 2"},
	{name: "no depth", old: "fetch-depth: 2", new: "lfs: true", said: []string{"warning " + at + "13:15 checkout"}, mended: "          fetch-depth: 2\n          lfs: true\n"},
	{name: "no inputs", old: "\n        with:\n          fetch-depth: 2", new: "", said: []string{"warning " + at + "13:15 checkout"}, mended: "checkout@v5\n        with: {fetch-depth: 2}\n"},
	{name: "inputs in braces", old: "\n          fetch-depth: 2", new: " {lfs: true}", said: []string{"warning " + at + "13:15 checkout"}, mended: "with: {fetch-depth: 2, lfs: true}"},
	{name: "a step in braces", old: "uses: actions/checkout@v5\n        with:\n          fetch-depth: 2", new: "{uses: actions/checkout@v5}", said: []string{"warning " + at + "13:16 checkout"}, mended: "- {with: {fetch-depth: 2}, uses: actions"},
	{name: "a named step", old: "uses: actions/checkout@v5\n        with:\n          fetch-depth: 2", new: "name: Code\n        uses: actions/checkout@v5", said: []string{"warning " + at + "14:15 checkout"}, mended: "checkout@v5\n        with: {fetch-depth: 2}\n"},
	{name: "all of the history", old: "fetch-depth: 2", new: "fetch-depth: 0"},

	{name: "no permissions", old: "    permissions:\n      contents: read\n      pull-requests: write\n      checks: write\n", new: "", said: []string{"warning " + at + "6:3 read-only-token"},
		mended: "  model:\n    permissions: {contents: read, pull-requests: write, checks: write}\n    runs-on"},
	{name: "read-all, published", old: "    permissions:\n      contents: read\n      pull-requests: write\n      checks: write\n", new: "    permissions: read-all\n"},
	{name: "one lacks", old: "      checks: write\n", new: "", said: []string{"error " + at + "9:7 permissions"}, mended: "    permissions:\n      checks: write\n      contents: read\n"},
	{name: "one only reads", old: "checks: write\n", new: "checks: read # why\n", said: []string{"error " + at + "9:7 permissions"}, mended: "checks: write # why\n"},
	{name: "those of the workflow", old: "jobs:\n  model:\n    runs-on: ubuntu-latest\n    permissions:\n      contents: read\n      pull-requests: write\n      checks: write\n",
		new: "permissions: {contents: read, checks: write}\njobs:\n  model:\n    runs-on: x\n", said: []string{"error " + at + "5:14 permissions"}, mended: "permissions: {pull-requests: write, contents: read, checks: write}"},
	{name: "no comment, by the step", old: "      pull-requests: write\n      checks: write\n    steps:\n      - uses: actions/checkout@v5\n        with:\n          fetch-depth: 2\n      - uses: assay-ml/assay@v0\n",
		new: "      checks: write\n    steps:\n      - {uses: actions/checkout@v5, with: {fetch-depth: 2}}\n      - {uses: assay-ml/assay@v0, with: {comment: never}}\n"},
	{name: "an issue on failure", file: ".github/workflows/night.yml",
		new:  "on: push\njobs: {night: {runs-on: x, permissions: {contents: read, checks: write}, steps: [{uses: actions/checkout@v5}, {uses: a/assay@v0, with: {on-failure: issue}}]}}\n",
		said: []string{"error .github/workflows/night.yml:2:41 permissions"}, mended: "permissions: {issues: write, contents"},
	{name: "an issue on failure, of pull requests", old: "assay-ml/assay@v0", new: "assay-ml/assay@v0\n        with: {on-failure: issue}"},
	{name: "write-all", old: "    permissions:\n      contents: read\n      pull-requests: write\n      checks: write\n", new: "    permissions: write-all\n", said: []string{"warning " + at + "8:18 permissions"},
		mended: "permissions: {contents: read, pull-requests: write, checks: write}"},
	{name: "a token of one's own", old: "    permissions:\n      contents: read\n      pull-requests: write\n      checks: write\n    steps:\n", new: "    steps:\n"},
	{name: "the companion cannot read the result", file: companion, old: "actions: read, ", new: "", said: []string{"error " + companion + ":7:18 permissions"}, mended: "{actions: read, contents"},

	{name: "paths", old: "pull_request:", new: "pull_request: {paths: [src/**]}", offline: true, said: []string{"warning " + at + "3:18 path-filter"}},
	{name: "paths of a required check", old: "pull_request:", new: "pull_request:\n    paths-ignore: [docs/**]", said: []string{"error " + at + "4:5 path-filter"}},
	{name: "paths of a check that is not required", old: "pull_request:", new: "pull_request: {paths: [src/**]}", rules: func(r *diagnose.Rules) { r.Required[0].Context = "assay/m" }},
	{name: "other branches", old: "pull_request:", new: "pull_request: {branches: [release]}", said: []string{"error " + at + "3:18 path-filter"}},
	{name: "this branch", old: "pull_request:", new: "pull_request: {branches: [main]}"},

	{name: "no merge group", old: "  merge_group: # a comment that stays\n", new: "", said: []string{"error " + at + "3:3 merge-group"}, mended: "on:\n  merge_group:\n  pull_request:\n"},
	{name: "no merge group, nobody looked", old: "  merge_group: # a comment that stays\n", new: "", offline: true, said: []string{"warning " + at + "3:3 merge-group"}, mended: "  merge_group:\n"},
	{name: "no merge queue", old: "  merge_group: # a comment that stays\n", new: "", rules: func(r *diagnose.Rules) { r.MergeQueue = false }},
	{name: "one event", old: "on:\n  pull_request:\n  merge_group: #", new: "on: pull_request #", said: []string{"error " + at + "2:5 merge-group"}, mended: "on: [pull_request, merge_group] # a comment that stays\n"},
	{name: "a list of events", old: "on:\n  pull_request:\n  merge_group: #", new: "on: [push, pull_request] #", said: []string{"error " + at + "2:5 merge-group"}, mended: "on: [merge_group, push, pull_request] #"},
	{name: "a list in lines", old: "on:\n  pull_request:\n  merge_group: #", new: "on:\n  - pull_request #", said: []string{"error " + at + "3:3 merge-group"}, mended: "on:\n  - merge_group\n  - pull_request #"},
	{name: "events in braces", old: "on:\n  pull_request:\n  merge_group: #", new: "on: {pull_request: {}} #", said: []string{"error " + at + "2:5 merge-group"}, mended: "on: {merge_group: {}, pull_request: {}} #"},

	{name: "needs", old: "  model:\n", new: "  data: {runs-on: x}\n  model:\n    needs: data\n", said: []string{"error " + at + "7:3 always"}, mended: "  model:\n    if: always()\n    needs: data\n"},
	{name: "needs, under a condition", old: "  model:\n", new: "  data: {runs-on: x}\n  model:\n    needs: [data]\n    if: github.actor != 'x'\n", said: []string{"error " + at + "7:3 always"}},
	{name: "needs, always", old: "  model:\n", new: "  data: {runs-on: x}\n  model:\n    needs: [data]\n    if: ${{ !cancelled() }}\n"},
	{name: "a gate that is required", old: "  model:\n", new: "  gate:\n    needs: model\n    runs-on: x\n  model:\n", rules: func(r *diagnose.Rules) { r.Required[0].Context = "gate" },
		said: []string{"error " + at + "6:3 always", "warning " + at + "9:3 required-name"}, mended: "  gate:\n    if: always()\n    needs: model\n"},
	{name: "the report of a red run", old: "assay-ml/assay@v0\n", new: "assay-ml/assay@v0\n      - uses: actions/upload-artifact@v4\n", said: []string{"warning " + at + "17:15 always"},
		mended: "upload-artifact@v4\n        if: always()\n"},

	{name: "two jobs of one name", file: ".github/workflows/ci.yml", new: "on: pull_request\njobs:\n  other: {name: model, runs-on: x}\n", said: []string{"error " + at + "6:3 two-names"}},
	{name: "the check run's name", old: "  model:\n", new: "  model:\n    name: Assay / m\n", said: []string{"error " + at + "7:11 two-names", "error " + at + "7:11 required-name", "warning " + at + "7:11 required-name"}},

	{name: "the check run is required", rules: func(r *diagnose.Rules) { r.Required[0].Context = "Assay / m" }, said: []string{"error " + at + "6:3 required-name"}},
	{name: "the status is required", rules: func(r *diagnose.Rules) { r.Required[0].Context = "assay/m" }},
	{name: "nothing is required", rules: func(r *diagnose.Rules) { r.Required = nil }, said: []string{"warning " + at + "6:3 required-name"}},
	{name: "a job that is no more", rules: func(r *diagnose.Rules) {
		r.Required = append(r.Required, diagnose.Required{Context: "old", App: 15368})
	}, said: []string{"error " + at + "6:3 required-name"}},
	{name: "another App's", rules: func(r *diagnose.Rules) { r.Required = append(r.Required, diagnose.Required{Context: "cover", App: 7}) }},
	{name: "anybody's", rules: func(r *diagnose.Rules) { r.Required = append(r.Required, diagnose.Required{Context: "cover"}) }, said: []string{"warning " + at + "6:3 required-name"}},
	{name: "one of a matrix", old: "    runs-on", new: "    strategy: {matrix: {python: [3]}}\n    runs-on", rules: func(r *diagnose.Rules) { r.Required[0].Context = "model (3)" }},

	{name: "a schedule elsewhere", file: ".github/workflows/new.yml", new: "on: {schedule: [{cron: 1 1 * * 1}]}\njobs: {m: {runs-on: x, steps: [{uses: actions/checkout@v5}, {uses: assay-ml/assay@v0}]}}\n",
		said: []string{"warning .github/workflows/new.yml:1:6 schedule"}},

	{name: "no companion", file: companion, new: "\x00gone", said: []string{"warning " + at + "3:3 fork-companion"}},
	{name: "a companion of another name", file: companion, old: "[Assay]", new: "[Assai]", said: []string{"error " + companion + ":3:3 fork-companion", "warning " + at + "3:3 fork-companion"}},
	{name: "a companion that checks out", file: companion, old: "    steps:\n", new: "    steps:\n      - uses: actions/checkout@v5\n", said: []string{"error " + companion + ":9:15 fork-companion"}},

	{name: "no owners", file: owners, new: "\x00gone", said: []string{"warning .github/CODEOWNERS code-owners"}},
	{name: "owners of other files", file: owners, new: "*.py @a\n/docs/ @b\n", said: []string{"warning .github/CODEOWNERS:2 code-owners"}},
	{name: "owners taken back", file: owners, new: "* @a\n.github/workflows/\n", said: []string{"warning .github/CODEOWNERS:2 code-owners"}},
	{name: "owners whom nobody asks", rules: func(r *diagnose.Rules) { r.CodeOwners = false }, said: []string{"warning .github/CODEOWNERS:2:1 code-owners"}},
	{name: "a workflow of the organization", file: owners, new: "\x00gone", rules: func(r *diagnose.Rules) { r.RequiredWorkflow = true }},
}

func (s sickness) files(t *testing.T) map[string]string {
	t.Helper()
	files := healthy()
	file := s.file
	if file == "" {
		file = judging
	}
	switch {
	case s.new == "\x00gone":
		delete(files, file)
	case s.old != "":
		require.Contains(t, files[file], s.old)
		files[file] = strings.Replace(files[file], s.old, s.new, 1)
	case s.file != "":
		files[file] = s.new
	}
	if s.name == "a token of one's own" {
		files[file] += "        with: {token: '${{ steps.app.outputs.token }}'}\n"
	}
	return files
}

func (s sickness) checkout(files map[string]string) diagnose.Checkout {
	branch := rules()
	if s.rules != nil {
		s.rules(branch)
	}
	if s.offline {
		branch = nil
	}
	c := checkout(files, branch)
	c.OfDefault = slices.Sorted(maps.Keys(healthy()))
	return c
}

func TestEachSicknessIsFoundAtItsLine(t *testing.T) {
	for _, s := range sicknesses {
		t.Run(s.name, func(t *testing.T) {
			found := diagnose.Diagnose(s.checkout(s.files(t)))
			require.Equal(t, s.said, said(found), "%+v", found)
		})
	}
}

// What is mended is said no more, and the comments of the file are as they were.
func TestWhatNeedsNoPersonIsMended(t *testing.T) {
	for _, s := range sicknesses {
		t.Run(s.name, func(t *testing.T) {
			files := s.files(t)
			c := s.checkout(files)
			found := diagnose.Diagnose(c)
			mended, err := diagnose.Mend(c, found)
			require.NoError(t, err)
			if s.mended == "" {
				require.Empty(t, mended)
				return
			}
			require.Len(t, mended, 1)
			require.Contains(t, string(mended[0].New), s.mended)
			require.Equal(t, strings.Contains(files[mended[0].Path], "# a comment that stays"), strings.Contains(string(mended[0].New), "# a comment that stays"))
			files[mended[0].Path] = string(mended[0].New)
			for _, d := range diagnose.Diagnose(s.checkout(files)) {
				require.False(t, slices.ContainsFunc(found, func(o diagnose.Diagnosis) bool { return o.Fix != nil && o.Message == d.Message }), d.Message)
			}
		})
	}
}

// Every rule tells something, so that none is dead, and stands in the docs.
func TestEveryRuleTells(t *testing.T) {
	told := map[string]bool{}
	for _, s := range sicknesses {
		for _, d := range diagnose.Diagnose(s.checkout(s.files(t))) {
			told[d.Rule] = true
			require.NotEmpty(t, d.Hint+d.Pos.File, d.Message)
		}
	}
	docs, err := os.ReadFile("../../../docs/setup.md")
	require.NoError(t, err)
	for _, rule := range diagnose.RuleNames() {
		require.True(t, told[rule], rule)
		require.Contains(t, string(docs), "`"+rule+"`")
	}
}

func TestAReadOnlyTokenWithoutACompanionIsNotHeard(t *testing.T) {
	for _, c := range []struct{ permissions, mended string }{
		{"    permissions: read-all\n", "    permissions: {contents: read, pull-requests: write, checks: write}\n"},
		{"    permissions: {contents: read}\n", "    permissions: {checks: write, pull-requests: write, contents: read}\n"},
		{"    permissions:\n      contents: read\n      checks: read\n", "    permissions:\n      pull-requests: write\n      contents: read\n      checks: write\n"},
	} {
		s := sickness{old: "    permissions:\n      contents: read\n      pull-requests: write\n      checks: write\n", new: c.permissions}
		files := s.files(t)
		delete(files, companion)
		examined := s.checkout(files)
		found := diagnose.Diagnose(examined)
		require.Equal(t, "read-only-token", found[0].Rule)
		require.Equal(t, diagnose.Error, found[0].Level)
		mended, err := diagnose.Mend(examined, found)
		require.NoError(t, err)
		require.Contains(t, string(mended[0].New), c.mended)
	}
}

func TestSomethingStoresWhatPullRequestsAreComparedWith(t *testing.T) {
	for event, stores := range map[string]bool{"push:": true, "push: {branches: [main]}": true, "push: {branches: ['**']}": true, "push: {branches: [dev]}": false,
		"push: {branches-ignore: [main]}": false, "push: {tags: [v1]}": false, "push: {tags: [v1], branches: main}": true, "schedule:": false} {
		files := healthy()
		files[judging] = strings.Replace(files[judging], "  merge_group:", "  "+event+"\n  merge_group:", 1)
		found := diagnose.Diagnose(checkout(files, rules()))
		require.Equal(t, !stores, slices.ContainsFunc(found, func(d diagnose.Diagnosis) bool { return d.Rule == "stored-result" }), event)
	}
}

func TestAScheduleIsNotKnownWithoutTheBranch(t *testing.T) {
	files := healthy()
	files[judging] = strings.Replace(files[judging], "merge_group:", "merge_group:\n  schedule: [{cron: 1 1 * * 1}]", 1)
	c := checkout(files, rules())
	require.Empty(t, said(diagnose.Diagnose(c)))
	c.OfDefault = nil
	require.Equal(t, []string{"not known " + judging + ":5:3 schedule"}, said(diagnose.Diagnose(c)))
}

// GitHub's documentation of CODEOWNERS says which pattern fits what.
func TestOwnersArePatternsOfGitHub(t *testing.T) {
	for pattern, owns := range map[string]bool{"*": true, "*.yml": true, "*.js": false, "/.github/": true, ".github/": true, "/.github/workflows/*": true, ".github/*": false,
		"workflows/": true, "/workflows/": false, "**/workflows": true, ".github/**": true, "/.github/workflows/assay.yml": true, "assay.ym?": true, "assay": false,
		".github/workflows": true, "/**/assay.yml": true} {
		files := healthy()
		files[owners] = pattern + " @a # why\n"
		require.Equal(t, owns, len(said(diagnose.Diagnose(checkout(files, rules())))) == 0, pattern)
	}
}

// A workflow file comes with a pull request: whatever it holds, nothing breaks, and what is mended can be read.
func FuzzWorkflow(f *testing.F) {
	f.Add(healthy()[judging])
	for _, s := range sicknesses {
		if s.file == "" && s.old != "" {
			f.Add(strings.Replace(healthy()[judging], s.old, s.new, 1))
		}
	}
	f.Add("on: &a [pull_request]\njobs: &b {x: {steps: [{uses: a/assay@v1}]}, y: *b}\n")
	f.Add("on: {pull_request: }\r\njobs: {x: {steps: [{uses: a/assay@v1}]}}\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		files := healthy()
		files[judging] = text
		c := checkout(files, rules())
		if _, err := diagnose.Mend(c, diagnose.Diagnose(c)); err != nil {
			t.Fatal(err)
		}
	})
}
