package blob

import (
	"context"
	"errors"
	"io"
	"time"
)

// The waits before an attempt is repeated, and how long a connection may give no byte.
var backoff = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

const patience = time.Minute

// Steady is a store that tries again where the network or a busy server is to blame: five times for each request, with
// growing waits. A range that breaks off is read on from where it broke.
type Steady struct {
	Store
	At   Location                                         // whose name errors show
	Wait func(ctx context.Context, d time.Duration) error // nil: wait for real
}

// List tries again from the beginning.
func (s Steady) List(ctx context.Context, prefix string) (found []Object, err error) {
	err = s.again(ctx, func() error {
		found, err = s.Store.List(ctx, prefix)
		return err
	})
	return found, err
}

// Stat tries again.
func (s Steady) Stat(ctx context.Context, key string) (object Object, err error) {
	err = s.again(ctx, func() error {
		object, err = s.Store.Stat(ctx, key)
		return err
	})
	return object, err
}

// ReadRange gives a reader that heals: its end is the end of the range, or an error.
func (s Steady) ReadRange(ctx context.Context, object Object, offset, length int64) (io.ReadCloser, error) {
	r := &healing{ctx: ctx, steady: s, object: object, offset: offset, left: length}
	if err := s.again(ctx, r.open); err != nil {
		return nil, err
	}
	return r, nil
}

// again repeats work while its error is worth another try.
func (s Steady) again(ctx context.Context, work func() error) error {
	for try := 0; ; try++ {
		err := work()
		if err == nil || CauseOf(err) != Unreachable || try == len(backoff) {
			return err
		}
		if err := s.pause(ctx, backoff[try]); err != nil {
			return err
		}
	}
}

func (s Steady) pause(ctx context.Context, d time.Duration) error {
	if s.Wait != nil {
		return s.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// healing reads one range over as many connections as it takes.
type healing struct {
	ctx    context.Context
	steady Steady
	object Object
	offset int64
	left   int64
	tries  int

	body  io.ReadCloser
	stall *time.Timer // cuts a connection that gives nothing
	cut   context.CancelFunc
}

func (r *healing) open() error {
	ctx, cancel := context.WithCancel(r.ctx)
	stall := time.AfterFunc(patience, cancel)
	body, err := r.steady.Store.ReadRange(ctx, r.object, r.offset, r.left)
	if err != nil {
		stall.Stop()
		cancel()
		return r.blame(err)
	}
	r.body, r.stall, r.cut = body, stall, cancel
	return nil
}

// blame takes the end of a context that only the stall has ended for the network's fault.
func (r *healing) blame(err error) error {
	if r.ctx.Err() == nil && errors.Is(err, context.Canceled) {
		return &Error{Cause: Unreachable, Where: r.steady.At.Name(r.object.Key), Reason: "the connection gave nothing for " + patience.String(), Err: err}
	}
	return err
}

// Read reads on, over a new connection where the old one broke.
func (r *healing) Read(p []byte) (int, error) {
	for r.left > 0 {
		n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
		r.stall.Reset(patience)
		r.offset, r.left = r.offset+int64(n), r.left-int64(n)
		if n > 0 || err == nil {
			return n, nil
		}
		if err := r.heal(err); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// heal opens a new connection, unless there were too many.
func (r *healing) heal(broke error) error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	if r.object.Whole || r.tries == len(backoff) {
		return &Error{Cause: Unreachable, Where: r.steady.At.Name(r.object.Key), Reason: "the connection breaks off again and again",
			Hint: "run again: what was fetched is kept", Err: broke}
	}
	_ = r.Close() // what broke says so again
	if err := r.steady.pause(r.ctx, backoff[r.tries]); err != nil {
		return err
	}
	r.tries++
	return r.steady.again(r.ctx, r.open)
}

// Close ends the connection.
func (r *healing) Close() error {
	r.stall.Stop()
	err := r.body.Close()
	r.cut()
	return err
}
