//go:build cgo

package tapeloop

import (
	"context"
	"errors"
	"testing"
)

func wantsCancelled(t *testing.T, err, cause error) {
	t.Helper()
	var e *Error
	if !errors.Is(err, cause) || !errors.Is(err, ErrCancelled) {
		t.Fatalf("got %v, want %v", err, cause)
	}
	if errors.As(err, &e) && e.Code != ErrCancelled {
		t.Errorf("got %v", e)
	}
}

func TestDoEndsWithItsContext(t *testing.T) {
	c := newContext(t)
	x := c.Variable(c.Normal(32, 32), "x")
	must(t, c.Err())
	for round := 0; round < 20; round++ {
		ctx, cancel := context.WithCancel(context.Background())
		steps, started := 0, make(chan struct{})
		go func() { <-started; cancel() }()
		err := c.Do(ctx, func() error {
			for {
				err := c.Scope(func() error {
					tape := c.NewTape(nil)
					_, err := tape.Gradient(x.MatMul(x).Mean(), []*Tensor{x}, nil)
					return err
				})
				if err != nil {
					return err
				}
				if steps++; steps == 3 {
					close(started)
				}
			}
		})
		wantsCancelled(t, err, context.Canceled)
		if steps < 3 {
			t.Errorf("only %d steps", steps)
		}
		must(t, x.Neg().Err()) // the context works on
	}
}

func TestContextsThatAreOverOrNeverEnd(t *testing.T) {
	c := newContext(t)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	called := false
	wantsCancelled(t, c.Do(over, func() error { called = true; return nil }), context.Canceled)
	if called {
		t.Error("f was called although its context was over")
	}
	must(t, c.Do(context.Background(), func() error { return nil }))

	// A request that comes when f has done its work changes nothing.
	for i := 0; i < 100; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		must(t, c.Do(ctx, func() error { cancel(); return nil }))
		must(t, c.Zeros(1).Err())
	}
	// f's own error, and an error that nobody has taken, stay what they are.
	ctx, cancel := context.WithCancel(context.Background())
	own := errors.New("mine")
	if err := c.Do(ctx, func() error { c.Zeros(-1); cancel(); return own }); err != own {
		t.Errorf("got %v", err)
	}
	wants(t, c.Err(), ErrInvalidArgument, "zeros")
}

func TestCallsWithAContext(t *testing.T) {
	c := newContext(t)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	deadline, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	live, cancel := context.WithCancel(context.Background())
	defer cancel()
	v := c.Variable(c.Ones(2), "v")
	tape := c.NewTape(nil)
	y := v.Square()
	_, err := tape.GradientContext(over, y, []*Tensor{v}, nil)
	wantsCancelled(t, err, context.Canceled)
	_, err = tape.GradientContext(deadline, y, []*Tensor{v}, nil)
	wantsCancelled(t, err, context.DeadlineExceeded)
	grads, err := tape.GradientContext(live, y, []*Tensor{v}, nil)
	must(t, err)
	sgd := c.SGD(&SGDOptions{LearningRate: 0.25})
	wantsCancelled(t, sgd.ApplyContext(over, grads, []*Tensor{v}), context.Canceled)
	holds(t, v, []int64{2}, 1, 1)
	must(t, sgd.ApplyContext(live, grads, []*Tensor{v}))
	holds(t, v, []int64{2}, 0.5, 0.5)
	path := write(t, t.TempDir(), "x", idx([]byte{1}, 1))
	_, err = c.ReadIDXContext(over, path, 0)
	wantsCancelled(t, err, context.Canceled)
	_, err = c.ReadIDXContext(live, path, 0)
	must(t, err)
	d := c.Dataset(c.Zeros(2))
	if d.NextContext(over) {
		t.Error("it went on")
	}
	wantsCancelled(t, d.Err(), context.Canceled)
	n := 0
	for d.NextContext(live) {
		n++
	}
	must(t, d.Err())
	if n != 2 {
		t.Errorf("got %d elements", n)
	}
}
