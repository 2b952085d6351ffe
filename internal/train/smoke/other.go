//go:build !linux

package smoke

import (
	"os/exec"
	"syscall"
	"time"
)

// user is who the command runs as: here always our own.
type user struct{}

func (h *house) separate(Job) error {
	h.notices = append(h.notices, "the command ran as the user who runs Assay and could read their files: only Linux gives it another")
	return nil
}

func (h *house) attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// tree is the command's process group; what leaves the group is not found here.
type tree struct{ group int }

func start(command *exec.Cmd) (*tree, error) {
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &tree{command.Process.Pid}, nil
}

// end ends the group: TERM, patience, KILL.
func (t *tree) end(patience time.Duration) {
	if syscall.Kill(-t.group, syscall.SIGTERM) != nil {
		return
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if syscall.Kill(-t.group, 0) != nil {
			return
		}
	}
	syscall.Kill(-t.group, syscall.SIGKILL)
}

// oomKills is not known here.
var oomKills = func() int64 { return 0 }
