package propose

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/setup/workflow"
)

// The workflows' files.
const (
	WorkflowFile = workflow.Folder + "/assay.yml"
	PublishFile  = workflow.Folder + "/assay-publish.yml"
	ScheduleFile = workflow.Folder + "/assay-schedule.yml"
)

// The actions that workflows use. A tag can be moved to other code, a commit cannot.
const (
	checkout = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0"
	assay    = "assay-ml/assay@v0 # pin it: git ls-remote https://github.com/assay-ml/assay v0"
)

// workflowName is how the companion finds the runs that it publishes.
const workflowName = "Assay"

// Place is where the folder that was looked at stands.
type Place struct {
	Folder        string // from the repository's root; "" for the root itself
	DefaultBranch string
}

// inputs are what the action must be told of the place, and more, as lines below with.
func (p Place) inputs(more ...string) string {
	if p.Folder != "" {
		more = append(more, "working-directory: "+scalar(p.Folder))
	}
	if len(more) == 0 {
		return ""
	}
	return "        with:\n          " + strings.Join(more, "\n          ") + "\n"
}

// JobName is the name of the job, which is also the check to require: model, or another where some job has that name. Two checks
// of one name would both be required.
func (l Look) JobName() string {
	for _, name := range []string{"model", "assay-model"} {
		if !slices.ContainsFunc(l.Workflows, func(w *workflow.Workflow) bool {
			return slices.ContainsFunc(w.Jobs, func(j *workflow.Job) bool {
				return j.ID == name || j.Produces(name) && !strings.Contains(j.Name, "${{")
			})
		}) {
			return name
		}
	}
	return "assay-model-" + plain(path.Base(l.Model))
}

// Judging is the workflow that already runs Assay on changes, nil for none.
func (l Look) Judging() *workflow.Workflow {
	for _, w := range l.Workflows {
		if slices.ContainsFunc(w.Jobs, (*workflow.Job).Judges) && (w.Trigger("pull_request") != nil || w.Trigger("merge_group") != nil) {
			return w
		}
	}
	return nil
}

// Workflow judges each pull request and each group of the merge queue; on the default branch it stores what later ones are
// compared with.
func (l Look) Workflow(at Place) []byte {
	job := l.JobName()
	return fmt.Appendf(nil, `# Judges every change of the model. Require the job, "%[1]s", in the branch's rules: its exit status is the verdict, and unlike
# the check run "Assay / MODEL" it exists on pull requests from forks too.
name: %[2]s
on:
  pull_request:
  merge_group:
  push:
    branches: [%[3]s] # stores the result that pull requests are compared with

permissions: {} # each job says what it needs

concurrency:
  group: assay-${{ github.ref }}
  cancel-in-progress: ${{ github.event_name == 'pull_request' }}

jobs:
  %[1]s:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    permissions:
      contents: read # checkout, and the base's rules and metrics
      pull-requests: write # the comment
      checks: write # the check run
    steps:
      - uses: %[4]s
        with:
          fetch-depth: 2 # the test merge and its parents: the base
          persist-credentials: false
      - uses: %[5]s
%[6]s`, job, workflowName, scalar(at.DefaultBranch), checkout, assay, at.inputs())
}

// Publish is the companion for pull requests whose token is read-only: those from forks, and Dependabot's. It checks nothing out
// and runs nothing of the pull request's.
func Publish(judging string) []byte {
	return fmt.Appendf(nil, `# Writes the results of pull requests whose token is read-only (from forks, and Dependabot's). It runs from the default branch, checks
# nothing out and takes the result for hostile: never add a checkout of the pull request here.
name: Assay publish
on:
  workflow_run:
    workflows: [%[1]s]
    types: [completed]

permissions: {} # each job says what it needs

jobs:
  publish:
    if: >-
      github.event.workflow_run.event == 'pull_request' &&
      (github.event.workflow_run.head_repository.full_name != github.repository ||
      github.event.workflow_run.actor.login == 'dependabot[bot]')
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions:
      actions: read # the result of the run
      contents: read # the base's rules
      pull-requests: write # the comment
      checks: write # the check run
      statuses: write # the status that outlives the job
    steps:
      - uses: %[2]s
        with:
          command: publish
`, scalar(judging), assay)
}

// Schedule judges the default branch each week, and whenever somebody starts it: data goes stale without a commit.
func (l Look) Schedule(at Place) []byte {
	return fmt.Appendf(nil, `# Judges the default branch each Monday: data goes stale without a commit. Schedules run from the default branch only, may be late, and
# end after 60 days without a commit in a public repository.
name: Assay schedule
on:
  schedule:
    - cron: "17 5 * * 1" # UTC; away from the full hour, when many start
  workflow_dispatch:

permissions: {} # each job says what it needs

jobs:
  scheduled-%[1]s:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    permissions:
      contents: read # checkout
      checks: write # the check run
      issues: write # the issue of a red run, closed by the next green one
    steps:
      - uses: %[2]s
        with:
          persist-credentials: false
      - uses: %[3]s
%[4]s`, l.JobName(), checkout, assay, at.inputs("on-failure: issue"))
}
