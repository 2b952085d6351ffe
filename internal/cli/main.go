package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/assay-ml/assay/internal/source"
)

// The exit codes; they are stable.
const (
	exitGreen     = 0
	exitRed       = 1
	exitUser      = 2 // flags, config or a data path: nothing was judged
	exitInternal  = 3 // an outside system or Assay itself
	exitInterrupt = 130
	exitTerminate = 143
)

// errRed says that the run was judged and blocks.
var errRed = errors.New("the run is red")

// signalError is the cause of a context that a signal ended.
type signalError struct{ signal os.Signal }

func (e signalError) Error() string { return "stopped by " + e.signal.String() }

// collectAt is by how many percent garbage may make the memory in use grow. What fills it are numbers of tables, which hold no pointers: to
// collect early costs next to nothing, and the default would let as much garbage lie beside them.
const collectAt = 10

// Main runs the command line and answers with the exit code. SIGINT and SIGTERM cancel what runs; it ends within the
// seconds that GitHub leaves a cancelled step.
func Main(env Env) int {
	debug.SetGCPercent(collectAt)
	ctx, stop := withSignals(context.Background())
	defer stop()
	return execute(ctx, env)
}

func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			cancel(signalError{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

func execute(ctx context.Context, env Env) int {
	app := &app{env: env}
	root := app.root()
	root.SetArgs(env.Args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	err := root.ExecuteContext(ctx)
	code := app.exitCode(ctx, err)
	if err != nil && !errors.Is(err, errRed) {
		app.complain(err, code)
	}
	return code
}

// exitCode is the one place where an error becomes a number. What fails before a command starts is the user's flags.
func (a *app) exitCode(ctx context.Context, err error) int {
	var stopped signalError
	switch {
	case errors.As(context.Cause(ctx), &stopped) && stopped.signal == os.Interrupt:
		return exitInterrupt
	case errors.As(context.Cause(ctx), &stopped):
		return exitTerminate
	case err == nil:
		return exitGreen
	case errors.Is(err, errRed):
		return exitRed
	case source.IsUserError(err) || !a.started:
		return exitUser
	default:
		return exitInternal
	}
}

// complain tells the person what went wrong and what to do.
func (a *app) complain(err error, code int) {
	var problems source.Problems
	if errors.As(err, &problems) { // as compilers write them: editors and terminals know the form
		fmt.Fprintln(a.env.Err, problems.WithLines(os.ReadFile).Error())
		if a.started && a.isGitHub() {
			a.complainInActions(problems)
		}
		return
	}
	fmt.Fprintf(a.env.Err, "assay: %v\n", err)
	switch {
	case !a.started:
		fmt.Fprintln(a.env.Err, "see: assay --help")
	case code == exitInternal:
		fmt.Fprintln(a.env.Err, "this lies outside of your files: an outside system, the machine or Assay itself")
	}
}
