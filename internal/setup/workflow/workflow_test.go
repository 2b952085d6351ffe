package workflow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/setup/workflow"
	"github.com/assay-ml/assay/internal/source"
)

const path = ".github/workflows/a.yml"

func parse(t *testing.T, text string) *workflow.Workflow {
	t.Helper()
	w, err := workflow.Parse(path, []byte(text))
	require.NoError(t, err)
	return w
}

func TestOnlyFilesOfTheFolderAreWorkflows(t *testing.T) {
	for name, is := range map[string]bool{path: true, ".github/workflows/a.yaml": true, ".github/workflows/a/b.yml": false, ".github/a.yml": false, ".github/workflows/a.json": false} {
		require.Equal(t, is, workflow.IsWorkflow(name), name)
	}
}

func TestEventsStandInThreeForms(t *testing.T) {
	for _, text := range []string{"on: push", "on: [push]", "on: {push: }", "on:\n  push:\n    branches: [main]", "x: &p [push]\non: *p"} {
		w := parse(t, text)
		require.NotNil(t, w.Trigger("push"), text)
		require.Nil(t, w.Trigger("schedule"), text)
	}
	require.Nil(t, parse(t, "name: x").Trigger("push"))
}

// GitHub's documentation of permissions: those of a job replace the workflow's, and what a map leaves out is none.
func TestPermissionsOfAJobReplaceTheWorkflows(t *testing.T) {
	w := parse(t, "permissions: {checks: write, contents: read}\njobs:\n  a: {runs-on: x}\n  b: {permissions: {contents: write}}\n  c: {permissions: write-all}\n  d: {permissions: read-all}\n  e: {permissions: {}}\n")
	for i, c := range []struct{ checks, contents, writes bool }{{true, true, true}, {false, true, true}, {true, true, true}, {false, true, false}, {false, false, false}} {
		p := w.Jobs[i].Allowed()
		require.Equal(t, c.checks, p.Allows("checks", "write"), w.Jobs[i].ID)
		require.Equal(t, c.contents, p.Allows("contents", "read"), w.Jobs[i].ID)
		require.Equal(t, c.writes, p.WritesAnything(), w.Jobs[i].ID)
	}
	require.Nil(t, parse(t, "jobs: {a: {}}").Jobs[0].Allowed())
}

func TestStepsOfAssayAreFound(t *testing.T) {
	for step, command := range map[string]string{
		"uses: assay-ml/assay@v0": "run",
		"uses: me/assay@0123":     "run",
		"uses: assay-ml/assay@v0\n        with: {command: publish}": "publish",
		"uses: me/assay-other@v1":                                   "",
		"uses: ./":                                                  "",
		"run: assay gate --metrics m.json":                          "gate",
		"run: make && ./bin/assay run":                              "run",
		"run: echo an assay":                                        "",
		"run: assay version":                                        "",
	} {
		w := parse(t, "jobs:\n  a:\n    steps:\n      - "+step+"\n")
		require.Equal(t, command, w.Jobs[0].Steps[0].Runs(), step)
	}
}

func TestNamesOfChecks(t *testing.T) {
	w := parse(t, "jobs:\n  a: {}\n  b: {name: Long name}\n  c: {strategy: {matrix: {x: [1]}}}\n  d: {uses: ./x.yml}\n  e: {name: 'is ${{ matrix.x }}'}\n")
	for check, jobs := range map[string]string{"a": `"a"`, "Long name": `"Long name"`, "b": "", "c (1)": `"c"`, "c": `"c"`, "d / x": `"d"`, "a (1)": ""} {
		var found []*workflow.Job
		for _, j := range w.Jobs[:4] {
			if j.Produces(check) {
				found = append(found, j)
			}
		}
		require.Equal(t, jobs, workflow.Names(found), check)
	}
	require.True(t, w.Jobs[4].Produces("anything"), "a name that is computed can be anything")
}

func TestWhatIsNoWorkflowIsAProblemWithItsLine(t *testing.T) {
	for text, line := range map[string]int{"": 1, "a: b\nc: [": 2, "- a": 1, "a:\n\tb: c": 2} {
		_, err := workflow.Parse(path, []byte(text))
		var problems source.Problems
		require.ErrorAs(t, err, &problems, text)
		require.Equal(t, source.Pos{File: path, Line: line}, problems[0].Pos, text)
	}
}
