package smoke

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// house is where a command lives while it runs: its home, its user, and what is closed to it.
type house struct {
	home    string
	user    *user // nil: our own
	environ map[string]string
	notices []string
	undo    []func() error // in order; run backwards
}

// prepare makes the house.
func prepare(job Job) (*house, error) {
	h := &house{environ: job.environ()}
	home, err := os.MkdirTemp("", "assay-home-")
	if err != nil {
		return nil, err
	}
	h.home = home
	h.undo = append(h.undo, func() error { return os.RemoveAll(home) })
	if err := h.separate(job); err != nil {
		return nil, errors.Join(err, h.restore())
	}
	return h, nil
}

// restore takes everything back; the tree is dead by now.
func (h *house) restore() error {
	var problems []error
	for _, undo := range slices.Backward(h.undo) {
		problems = append(problems, undo())
	}
	return errors.Join(problems...)
}

// command is a command line of the user in this house.
func (h *house) command(job Job, line string) *exec.Cmd {
	shell := cmp.Or(h.environ["SHELL"], "/bin/sh")
	if _, err := os.Stat(shell); err != nil {
		shell = "/bin/sh"
	}
	command := exec.Command(shell, "-c", line)
	command.Dir = job.Dir
	for _, name := range slices.Sorted(maps.Keys(h.environ)) {
		command.Env = append(command.Env, name+"="+h.environ[name])
	}
	command.SysProcAttr = h.attributes()
	return command
}

// setup runs the user's setup once, in a virtual environment of its own. It answers with the outcome where that failed.
func (h *house) setup(ctx context.Context, job Job) (*outcome, error) {
	if job.Spec.Setup == "" {
		return nil, nil
	}
	if err := h.makeEnvironment(ctx, job); err != nil {
		return nil, err
	}
	done, err := h.try(ctx, job, job.Spec.Setup, setupLimit)
	if err != nil {
		return nil, err
	}
	if done.Cause == "" {
		return nil, nil
	}
	done.Cause, done.Reason = SetupFailed, "setup: "+done.Reason
	return &done, nil
}

// makeEnvironment puts a virtual environment first on the PATH, unless the user has one or there is no Python. UV_PYTHON
// makes `uv pip install --system` take it too: the system's own is not the command's to change.
func (h *house) makeEnvironment(ctx context.Context, job Job) error {
	if h.environ["VIRTUAL_ENV"] != "" {
		return nil
	}
	folder := filepath.Join(h.home, "venv")
	for _, line := range []string{`uv venv --quiet "` + folder + `"`, `python3 -m venv "` + folder + `"`} {
		made, err := h.try(ctx, job, line+" >/dev/null 2>&1", setupLimit)
		if err != nil {
			return err
		}
		if made.Cause != "" {
			continue
		}
		bin := filepath.Join(folder, "bin")
		h.environ["VIRTUAL_ENV"], h.environ["PATH"] = folder, bin+":"+h.environ["PATH"]
		h.environ["UV_PYTHON"] = filepath.Join(bin, "python")
		delete(h.environ, "UV_SYSTEM_PYTHON")
		return nil
	}
	return nil
}
