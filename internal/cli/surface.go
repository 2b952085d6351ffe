package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/assay-ml/assay/internal/finding"
)

// terminal shows a run to a person: what a training command prints, and a line that counts the seconds of anything that
// takes more than one.
type terminal struct {
	out   io.Writer
	alive bool // out is a terminal: the line may be drawn over
	stop  func()
}

// Begin starts the line.
func (t *terminal) Begin(step string) {
	if !t.alive {
		return
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick(t.out, step, done)
	}()
	t.stop = sync.OnceFunc(func() { close(done); <-ended })
}

// tick redraws the line each second until done, and wipes it.
func tick(out io.Writer, step string, done <-chan struct{}) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for seconds := 1; ; seconds++ {
		select {
		case <-done:
			fmt.Fprint(out, "\r\x1b[K")
			return
		case <-ticker.C:
			fmt.Fprintf(out, "\r\x1b[K%s … %d s", step, seconds)
		}
	}
}

// Output ends the line: from here on the child's own words are the progress.
func (t *terminal) Output() io.Writer {
	t.rest()
	return t.out
}

// End wipes the line.
func (t *terminal) End(finding.Step) { t.rest() }

func (t *terminal) rest() {
	if t.stop != nil {
		t.stop()
	}
}

// silent shows nothing; what a training command prints is kept by its step.
type silent struct{}

// Begin does nothing.
func (silent) Begin(string) {}

// Output throws away.
func (silent) Output() io.Writer { return io.Discard }

// End does nothing.
func (silent) End(finding.Step) {}
