//go:build !linux

package process

import (
	"os/exec"
	"syscall"
	"time"
)

// Tree is the command's process group; what leaves the group is not found here.
type Tree struct{ group int }

// Start starts a command in a group of its own.
func Start(command *exec.Cmd) (*Tree, error) {
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &Tree{command.Process.Pid}, nil
}

// End ends the group: TERM, patience, KILL.
func (t *Tree) End(patience time.Duration) {
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

// Signal sends a signal to the group.
func (t *Tree) Signal(s syscall.Signal) { syscall.Kill(-t.group, s) }

// OOMKills is not known here.
func OOMKills() int64 { return 0 }
