package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/cli"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

// TestMain lets the scripts call the program by its name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"assay": func() { os.Exit(cli.Main(cli.Process())) }})
}

// The scripts are whole commands with what a person would see. They have a GitHub of their own: `checkrun STATUS`, `named NAME`,
// `summary TEXT` (of the check run), `comment TEXT` and `annotated FILE:LINE…` say what it must hold, `nocomment`, `calls N` bounds what it was asked, `code N COMMAND` wants an exit code, `head`, `approve` and `allow`
// tell it of commits and people,
// `await FILE` waits for what a command in the background does, `rules BRANCH CHECK:APP…` requires checks.
func TestScripts(t *testing.T) {
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"checkrun": func(ts *testscript.TestScript, _ bool, args []string) {
			runs := server(ts).State().CheckRuns
			if len(runs) == 0 || strings.TrimSpace(runs[len(runs)-1].Status+" "+runs[len(runs)-1].Conclusion) != strings.Join(args, " ") {
				ts.Fatalf("check runs: %+v", runs)
			}
		},
		"summary": func(ts *testscript.TestScript, _ bool, args []string) {
			runs := server(ts).State().CheckRuns
			if len(runs) == 0 || !strings.Contains(runs[len(runs)-1].Summary, args[0]) {
				ts.Fatalf("check runs: %+v", runs)
			}
		},
		"named": func(ts *testscript.TestScript, _ bool, args []string) {
			runs := server(ts).State().CheckRuns
			if len(runs) == 0 || runs[len(runs)-1].Name != args[0] {
				ts.Fatalf("check runs: %+v", runs)
			}
		},
		"code": func(ts *testscript.TestScript, _ bool, args []string) {
			code, want := 0, args[0]
			var exit *exec.ExitError
			if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
				code = exit.ExitCode()
			}
			if fmt.Sprint(code) != want {
				ts.Fatalf("exit code %d", code)
			}
		},
		"nocomment": func(ts *testscript.TestScript, _ bool, _ []string) {
			if comments := server(ts).State().Comments; len(comments) > 0 {
				ts.Fatalf("comments: %+v", comments)
			}
		},
		"comment": func(ts *testscript.TestScript, _ bool, args []string) {
			comments := server(ts).State().Comments
			if len(comments) != 1 || !strings.Contains(comments[0].Body, args[0]) {
				ts.Fatalf("comments: %+v", comments)
			}
		},
		"annotated": func(ts *testscript.TestScript, _ bool, args []string) { // since the last time it was asked
			var places []string
			for _, run := range server(ts).State().CheckRuns {
				for _, a := range run.Annotations {
					places = append(places, fmt.Sprintf("%v:%v", a["path"], a["start_line"]))
				}
			}
			before := 0
			_, _ = fmt.Sscan(ts.Getenv("ANNOTATED"), &before)
			ts.Setenv("ANNOTATED", fmt.Sprint(len(places)))
			if !slices.Equal(args, places[before:]) {
				ts.Fatalf("annotations: %v", places[before:])
			}
		},
		"rules": func(ts *testscript.TestScript, _ bool, args []string) {
			var required []map[string]any
			for _, check := range args[1:] {
				name, app, _ := strings.Cut(check, ":")
				id, err := strconv.Atoi(app)
				ts.Check(err)
				required = append(required, githubtest.RequiredCheck(name, id))
			}
			server(ts).SetRules(args[0], required...)
		},
		"head": func(ts *testscript.TestScript, _ bool, args []string) { // the variable is the sha of HEAD, and GitHub knows the history
			log := exec.Command("git", "log", "--format=%H %P")
			log.Dir = ts.MkAbs(".")
			out, err := log.Output()
			ts.Check(err)
			for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
				shas := strings.Fields(line)
				if i == 0 {
					ts.Setenv(args[0], shas[0])
				}
				server(ts).AddCommits(githubtest.Commit{SHA: shas[0], Parents: shas[1:]})
			}
		},
		"approve": func(ts *testscript.TestScript, _ bool, args []string) {
			server(ts).Approve(githubtest.Review{Pull: 7, Author: args[0], Commit: args[1]})
		},
		"calls": func(ts *testscript.TestScript, _ bool, args []string) { // at most so many since the last time it was asked
			asked, before := server(ts).State().Requests, 0
			_, _ = fmt.Sscan(ts.Getenv("CALLS"), &before)
			ts.Setenv("CALLS", fmt.Sprint(len(asked)))
			if most, err := strconv.Atoi(args[0]); err != nil || len(asked)-before > most {
				ts.Fatalf("%d calls: %v", len(asked)-before, asked[before:])
			}
		},
		"allow": func(ts *testscript.TestScript, _ bool, args []string) { server(ts).Allow(args[0], args[1]) },
		"await": func(ts *testscript.TestScript, _ bool, args []string) {
			for range 2000 {
				if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			ts.Fatalf("%s did not come", args[0])
		},
	}
	maps.Copy(commands, releaseCommands())
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: prepare, Cmds: commands})
}

func server(ts *testscript.TestScript) *githubtest.Server {
	return ts.Value("github").(*githubtest.Server)
}

// elsewhere is another machine: a web server with the script's files under /data, and an S3 that has the bucket "far" in another
// region and lets nobody into the others.
func elsewhere(dir string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/data/", http.StripPrefix("/data/", http.FileServer(http.Dir(dir))))
	mux.HandleFunc("/far/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
		w.WriteHeader(http.StatusMovedPermanently)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	return mux
}

func prepare(env *testscript.Env) error {
	github, err := githubtest.New(map[string]githubtest.App{"script-token": {ID: 1, Login: "bot", Checks: true, Comments: true}, "fork-token": {ID: 1, Login: "bot"}, "release-token": releaser})
	if err != nil {
		return err
	}
	env.Defer(github.Close)
	elsewhere := httptest.NewServer(elsewhere(env.WorkDir))
	env.Defer(elsewhere.Close)
	env.Values["github"] = github
	for name, value := range map[string]string{"GIT_CONFIG_GLOBAL": filepath.Join(env.WorkDir, ".gitconfig"), "GITHUB_API_URL": github.URL,
		"GITHUB_GRAPHQL_URL": github.URL + "/graphql", "GITHUB_REPOSITORY": "owner/repo", "GITHUB_SHA": strings.Repeat("1", 40),
		"DATA_URL": elsewhere.URL + "/data", "AWS_ENDPOINT_URL_S3": elsewhere.URL, "AWS_EC2_METADATA_DISABLED": "true", "ASSAY_CACHE_DIR": filepath.Join(env.WorkDir, "cache"),
		"RUNNER_TEMP": filepath.Join(env.WorkDir, "runner")} {
		env.Setenv(name, value)
	}
	if err := os.Mkdir(filepath.Join(env.WorkDir, "runner"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(env.WorkDir, ".gitconfig"), []byte("[user]\n\tname = n\n\temail = n@example.com\n[init]\n\tdefaultBranch = main\n"), 0o644)
}

// On a terminal there is color; a step of more than a second has a line that counts.
func TestATerminalSeesColor(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m.json"), []byte(`{"auc": 0.8}`), 0o644))
	run := func(isTerminal bool, environ ...string) string {
		var out, err bytes.Buffer
		code := cli.Main(cli.Env{Args: []string{"gate", "-C", dir, "--metrics", "m.json", "--gate", "auc>=0.7"}, Environ: environ,
			In: strings.NewReader(""), Out: &out, Err: &err, IsTerminal: isTerminal, Width: 80, Now: time.Now})
		require.Zero(t, code, err.String())
		return out.String()
	}
	require.Contains(t, run(true), "\x1b[")
	require.NotContains(t, run(true, "NO_COLOR=1"), "\x1b[")
	require.NotContains(t, run(false), "\x1b[")
}
