// Package actions is the edge to the GitHub Actions runner: the event, inputs, outputs, log groups, annotations, the job's
// summary, and what several steps of one job share. It knows nothing of steps and results.
package actions

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sethvargo/go-githubactions"
)

// Detect reports whether the runner started this process.
func Detect(getenv func(string) string) bool { return getenv("GITHUB_ACTIONS") == "true" }

// Runner is the runner as one step sees it.
type Runner struct {
	action *githubactions.Action
	getenv func(string) string
	out    io.Writer // the log
}

// New is the runner that the environment speaks of; out is where it reads workflow commands.
func New(getenv func(string) string, out io.Writer) *Runner {
	return &Runner{getenv: getenv, out: out,
		action: githubactions.New(githubactions.WithGetenv(getenv), githubactions.WithWriter(out))}
}

// Input is an input of the action, without the space around it.
func (r *Runner) Input(name string) string { return r.action.GetInput(name) }

// Mask keeps a secret out of the log.
func (r *Runner) Mask(secret string) {
	if secret != "" {
		r.action.AddMask(secret)
	}
}

// Group folds what is written to the log until EndGroup.
func (r *Runner) Group(title string) { r.action.Group(title) }

// EndGroup ends a Group.
func (r *Runner) EndGroup() { r.action.EndGroup() }

// Notice says something to the reader of the run.
func (r *Runner) Notice(message string) { r.action.Noticef("%s", message) }

// Error is an error without a place.
func (r *Runner) Error(message string) { r.action.Errorf("%s", message) }

// Output sets an output of the step; nothing happens outside of a step. The delimiter is random, so that no value can
// end itself and begin another output.
func (r *Runner) Output(name, value string) error {
	path := r.getenv("GITHUB_OUTPUT")
	if path == "" {
		return nil
	}
	delimiter := "assay-" + rand.Text()
	text := fmt.Sprintf("%s<<%s\n%s\n%s\n", name, delimiter, value, delimiter)
	if !hasRoom(path, text, maxOutputs) {
		return fmt.Errorf("write output %s: the step's outputs would have more than %d bytes", name, maxOutputs)
	}
	return appendFile(path, text)
}

// The sizes above which the runner drops a step's whole summary, or a job's outputs (GitHub's documentation: 1 MB a job, of
// which other steps need some).
const (
	maxSummary = 1 << 20
	maxOutputs = 500_000
)

// hasRoom reports whether a file with the text added stays below a size.
func hasRoom(path, text string, limit int64) bool {
	size := int64(len(text))
	if info, err := os.Stat(path); err == nil {
		size += info.Size()
	}
	return size < limit
}

// Summary adds Markdown to the job's summary; nothing happens outside of a step.
func (r *Runner) Summary(markdown string) error {
	path := r.getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	if !hasRoom(path, markdown, maxSummary) {
		return fmt.Errorf("write the job's summary: it would have more than %d bytes", maxSummary)
	}
	return appendFile(path, markdown)
}

func appendFile(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if _, err := file.WriteString(text); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// StopCommands keeps the runner from obeying what is written to the log until the function that it returns is called: a
// program of the pull request writes there.
func (r *Runner) StopCommands() (resume func()) {
	token := rand.Text()
	fmt.Fprintf(r.out, "::stop-commands::%s\n", token)
	return func() { fmt.Fprintf(r.out, "\n::%s::\n", token) }
}

// Annotation is a message at a line of a file of the repository.
type Annotation struct {
	Path    string
	Line    int
	Column  int  // 0: the whole line
	IsError bool // else a warning
	Title   string
	Message string
}

// maxAnnotations is how many annotations of a kind the runner takes from a step; it drops the rest in silence.
const maxAnnotations = 10

// Annotate writes annotations to the log, as many of each kind as the runner takes, and answers how many it left out.
func (r *Runner) Annotate(annotations []Annotation) (left int) {
	count := map[bool]int{}
	for _, a := range annotations {
		if count[a.IsError]++; count[a.IsError] > maxAnnotations {
			left++
			continue
		}
		fields := map[string]string{"file": a.Path, "line": fmt.Sprint(a.Line), "title": a.Title}
		if a.Column > 0 {
			fields["col"] = fmt.Sprint(a.Column)
		}
		action := r.action.WithFieldsMap(fields)
		if a.IsError {
			action.Errorf("%s", a.Message)
		} else {
			action.Warningf("%s", a.Message)
		}
	}
	return left
}

// Secrets are the paths that hold what belongs to the runner: its temporary folder (checkout leaves a credential there),
// the files through which steps give it commands, and the engine's socket.
func (r *Runner) Secrets() []string {
	paths := []string{"/var/run/docker.sock", "/run/docker.sock", "/github/file_commands", "/github/runner_temp", "/github/workflow", "/github/home"}
	for _, name := range []string{"RUNNER_TEMP", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"} {
		if path := r.getenv(name); path != "" && path != "/tmp" {
			paths = append(paths, path)
		}
	}
	return paths
}

// Token is the job's token: the action's input, else the environment's.
func (r *Runner) Token() string {
	for _, token := range []string{r.Input("token"), r.getenv("GITHUB_TOKEN"), r.getenv("GH_TOKEN")} {
		if token = strings.TrimSpace(token); token != "" {
			return token
		}
	}
	return ""
}
