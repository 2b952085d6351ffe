package actions

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// StateFile is where the steps of one job that belong together keep what they share: those of one run, job and name.
func (r *Runner) StateFile(e Event, name string) string {
	folder := r.getenv("RUNNER_TEMP")
	if folder == "" {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", e.Run, e.Workflow, e.Job, e.Matrix, name))
	return filepath.Join(folder, "assay-"+hex.EncodeToString(sum[:8])+".json")
}

// stateName is by what the end of a job finds the state of its steps.
const stateName = "assay"

// Remember tells the end of the job (the action's post step) where the state is.
func (r *Runner) Remember(path string) error {
	file := r.getenv("GITHUB_STATE")
	if file == "" || path == "" {
		return nil
	}
	return appendFile(file, stateName+"="+path+"\n")
}

// Remembered is the path that Remember kept, "" where there is none. It lies in the runner's temporary folder.
func (r *Runner) Remembered() string { return r.getenv("STATE_" + stateName) }

// LoadState is what an earlier step of the job saved, nil where there is none.
func LoadState(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// SaveState keeps something for the later steps of the job, as a whole or not at all; without a runner nothing is kept.
func SaveState(path string, data []byte) error {
	if path == "" {
		return nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".assay-state-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// HandBack gives files and folders of the workspace to its owner: the container runs as root, the next step does not.
func HandBack(workspace string, paths ...string) error {
	info, err := os.Stat(workspace)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	var problems []error
	for _, path := range paths {
		if err := os.Lchown(path, int(owner.Uid), int(owner.Gid)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}
