package cli_test

import (
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

// releaser is whom release-token speaks for: the workflow token with the permissions of promote.yml.
var releaser = githubtest.App{ID: 1, Login: "bot", Checks: true, Contents: true, Actions: true}

// releaseCommands tell the scripts' GitHub of releases: `made COMMIT LOGIN` says who made a commit, in pull request 7; `reviewed RUN LOGIN ENVIRONMENT` is a
// reviewer who lets a run go on; `say LOGIN TEXT` is a comment on the pull request; `takes WORKFLOW INPUT…` is a workflow that can be
// dispatched, whose first input makes the title of its runs; `started N` says how many runs dispatches started, and `started N WORKFLOW INPUT=VALUE` what the
// last one was.
func releaseCommands() map[string]func(*testscript.TestScript, bool, []string) {
	change := func(ts *testscript.TestScript, f func(*githubtest.Release)) { server(ts).ChangeRelease(f) }
	return map[string]func(*testscript.TestScript, bool, []string){
		"made": func(ts *testscript.TestScript, _ bool, args []string) {
			change(ts, func(r *githubtest.Release) {
				r.Origins[args[0]] = githubtest.Origin{Authors: args[1:2], Pulls: []githubtest.OriginPull{{Number: 7, Head: args[0], Author: args[1]}}}
			})
		},
		"reviewed": func(ts *testscript.TestScript, _ bool, args []string) {
			change(ts, func(r *githubtest.Release) {
				r.Approvals[args[0]] = append(r.Approvals[args[0]], githubtest.RunApproval{By: args[1], State: "approved", Environments: args[2:]})
			})
		},
		"takes": func(ts *testscript.TestScript, _ bool, args []string) {
			change(ts, func(r *githubtest.Release) { r.Workflows[args[0]] = args[1:] })
		},
		"say": func(ts *testscript.TestScript, _ bool, args []string) { server(ts).AddComments(7, args[0], args[1]) },
		"started": func(ts *testscript.TestScript, _ bool, args []string) {
			runs := server(ts).Started()
			if n, err := strconv.Atoi(args[0]); err != nil || len(runs) != n {
				ts.Fatalf("started: %+v", runs)
			}
			for _, input := range args[min(2, len(args)):] {
				last := runs[len(runs)-1]
				name, value, _ := strings.Cut(input, "=")
				if last.By != args[1] || last.Inputs[name] != value {
					ts.Fatalf("started: %+v", last)
				}
			}
		},
		"sha": func(ts *testscript.TestScript, _ bool, args []string) { // the variable is the sha of a name
			command := exec.Command("git", "rev-parse", args[1])
			command.Dir = ts.MkAbs(".")
			out, err := command.Output()
			ts.Check(err)
			ts.Setenv(args[0], strings.TrimSpace(string(out)))
		},
	}
}
