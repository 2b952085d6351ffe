// Package servertest starts real servers for tests, as programs of their own.
package servertest

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// FreePort is a port of this machine that nobody listens at.
func FreePort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

// Start starts a program with more environment, and waits until it says ready. It is ended with the test, and all that it started.
func Start(t *testing.T, ready string, environ []string, name string, args ...string) {
	command := exec.Command(name, args...)
	command.Env = append(os.Environ(), environ...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, in, err := os.Pipe()
	require.NoError(t, err)
	command.Stdout, command.Stderr = in, in
	require.NoError(t, command.Start())
	in.Close()
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // it may have ended
		_ = command.Wait()                                      // it was killed
		out.Close()
	})
	lines := bufio.NewScanner(out)
	said := ""
	for !strings.Contains(said, ready) {
		require.True(t, lines.Scan(), "%s ended: %s", name, said)
		said += lines.Text() + "\n"
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // a full pipe would stop it
}
