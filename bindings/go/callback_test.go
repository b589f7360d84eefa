//go:build cgo

package tapeloop

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// warned applies gradients one of which does not exist, which writes a log line; a new optimizer each time, since it does so once.
func warned(c *Context, v, w, g *Tensor) error {
	sgd := c.SGD(nil)
	defer sgd.Close()
	return sgd.Apply([]*Tensor{g, nil}, []*Tensor{v, w})
}

func TestLogLines(t *testing.T) {
	c := newContext(t)
	v, w, g := c.Variable(c.Zeros(2), "v"), c.Variable(c.Zeros(2), "forgotten"), c.Ones(2)
	var lines []string
	must(t, c.SetLog(func(level LogLevel, message string) {
		if level != LogWarning {
			t.Errorf("got the level %d", level)
		}
		lines = append(lines, message)
	}))
	must(t, warned(c, v, w, g))
	if len(lines) != 1 || !strings.Contains(lines[0], "forgotten") {
		t.Errorf("got %q", lines)
	}
	if got := fmt.Sprint(LogInfo, LogWarning, LogLevel(9)); got != "info warning log level 9" {
		t.Errorf("got %q", got)
	}
	must(t, c.SetLog(nil))
	must(t, warned(c, v, w, g))
	if len(lines) != 1 {
		t.Errorf("a log that was ended got %q", lines)
	}
}

func TestPanicsInCallbacksComeBack(t *testing.T) {
	c := newContext(t)
	v, w, g := c.Variable(c.Zeros(2), "v"), c.Variable(c.Zeros(2), "w"), c.Ones(2)
	must(t, c.SetLog(func(LogLevel, string) { panic(os.ErrDeadlineExceeded) }))
	back := 0
	for i := 0; i < 1000; i++ {
		err := warned(c, v, w, g)
		var p *PanicError
		if errors.As(err, &p) && p.Value == error(os.ErrDeadlineExceeded) && errors.Is(err, os.ErrDeadlineExceeded) &&
			strings.Contains(string(p.Stack), "callback_test.go") {
			back++
		}
		must(t, c.Err())
		must(t, v.Assign(v.AddScalar(0)))
	}
	t.Logf("%d of 1000 panics came back", back)
	if back != 1000 {
		t.Errorf("%d of 1000 panics came back", back)
	}
	must(t, c.SetLog(func(LogLevel, string) { runtime.Goexit() }))
	var p *PanicError
	if err := warned(c, v, w, g); !errors.As(err, &p) || p.Value != nil || !strings.Contains(err.Error(), "ended its goroutine") {
		t.Errorf("got %v", err)
	}
	must(t, c.SetLog(func(LogLevel, string) { panic("text") }))
	if err := warned(c, v, w, g); err == nil || !strings.Contains(err.Error(), "text") {
		t.Errorf("got %v", err)
	}
}

// A callback that uses its own context against the rules gets an error.
func TestCallbackThatUsesItsContext(t *testing.T) {
	c := newContext(t)
	v, w, g := c.Variable(c.Zeros(2), "v"), c.Variable(c.Zeros(2), "w"), c.Ones(2)
	called := false
	must(t, c.SetLog(func(LogLevel, string) {
		called = true
		refused(t, v.Neg().Err(), ErrBusy, "Tensor.Neg", "a function given to SetLog must not use its context")
		refused(t, c.SetSeed(1), ErrBusy, "Context.SetSeed", "SetLog")
		v.Rank()
		wants(t, c.Close(), ErrBusy, "in use")
		if err := c.Scope(func() error { return nil }); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
		if err := c.SetLog(func(LogLevel, string) {}); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
	}))
	// The call itself was not disturbed, nor is any later one.
	if err := warned(c, v, w, g); err != nil {
		t.Errorf("got %v", err)
	}
	if !called {
		t.Error("no log line was written")
	}
	must(t, c.Err())
	must(t, v.Neg().Err())
	called = false
	must(t, c.Scope(func() error {
		if err := warned(c, v, w, g); err != nil {
			return err
		}
		return v.Assign(g)
	}))
	// Nor is a call that runs around the one that writes the log line.
	_, err := c.Recompute("segment", []*Tensor{g}, 1, func(x []*Tensor) ([]*Tensor, error) {
		if err := warned(c, v, w, g); err != nil {
			return nil, err
		}
		return x, c.SetSeed(1)
	})
	must(t, err)
	if !called {
		t.Error("no log line was written")
	}
	must(t, c.SetLog(nil))
	must(t, warned(c, v, w, g))
}

func TestLogEndsWithItsContext(t *testing.T) {
	for i := 0; i < 100; i++ {
		c, err := NewContext(&ContextOptions{Threads: 1})
		must(t, err)
		must(t, c.SetLog(func(LogLevel, string) {}))
		must(t, c.SetLog(func(LogLevel, string) {}))
		must(t, c.Close())
		wants(t, c.SetLog(func(LogLevel, string) {}), ErrInvalidArgument, "the context is closed")
	}
}

// endsInside checks what follows when a goroutine ends inside of a callback: the context is of no use, and the next call says why.
func endsInside(t *testing.T, call func(c *Context, ends Compute)) {
	t.Helper()
	// Not newContext: whether its last look finds the context usable depends on the thread that looks, since the call that never
	// returned still holds the context for its own thread.
	c, err := NewContext(&ContextOptions{Threads: 1, Seed: 1})
	must(t, err)
	t.Cleanup(func() { c.Close() })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		call(c, func([]*Tensor) ([]*Tensor, error) { runtime.Goexit(); return nil, nil })
		t.Error("the goroutine goes on")
	}()
	<-ended
	var p *PanicError
	if err := c.SetSeed(1); !errors.As(err, &p) || !strings.Contains(err.Error(), "ended its goroutine") {
		t.Errorf("got %v", err)
	}
}

func TestGoroutineThatEndsInsideOfASegment(t *testing.T) {
	endsInside(t, func(c *Context, ends Compute) { c.Recompute("segment", []*Tensor{c.Ones(2)}, 1, ends) })
}
