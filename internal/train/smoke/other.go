//go:build !linux

package smoke

import "syscall"

// user is who the command runs as: here always our own.
type user struct{}

func (h *house) separate(Job) error {
	h.notices = append(h.notices, "the command ran as the user who runs Assay and could read their files: only Linux gives it another")
	return nil
}

func (h *house) attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
