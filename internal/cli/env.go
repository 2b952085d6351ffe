// Package cli is the command line: one command, one file. It reads flags and the environment, calls run, and shows what
// came out; it judges nothing.
package cli

import (
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// Env is everything that a command sees of the world.
type Env struct {
	Args       []string // without the program's name
	Environ    []string // name=value
	In         io.Reader
	Out, Err   io.Writer
	IsTerminal bool // Err is a person's terminal
	Width      int  // of the terminal, in characters
	Now        func() time.Time
}

// Getenv is the value of an environment variable, "" where it is not set.
func (e Env) Getenv(name string) string {
	for _, entry := range e.Environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// Process is the Env of this process.
func Process() Env {
	env := Env{Args: os.Args[1:], Environ: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now, Width: 100}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		env.IsTerminal, env.Width = env.Getenv("TERM") != "dumb", width
	}
	return env
}
