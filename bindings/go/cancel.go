//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
)

// cancelled is the error of a context.Context beside the library's: errors.Is finds context.Canceled, and ErrCancelled.
type cancelled struct{ cause, met error }

func (e *cancelled) Error() string        { return "tapeloop: " + e.cause.Error() + ": " + e.met.Error() }
func (e *cancelled) Unwrap() error        { return e.cause }
func (e *cancelled) Is(target error) bool { return errors.Is(e.met, target) }
func (e *cancelled) As(target any) bool   { return errors.As(e.met, target) }

// Do runs f, and ends the call of this context that is running in it when ctx ends: that call returns ErrCancelled, between two
// ops or two blocks of a file, and leaves no partial effect; Do returns an error that is ctx.Err() and ErrCancelled at once. If
// f has returned by then, Do returns what f did, and the context works on.
func (c *Context) Do(ctx context.Context, f func() error) error {
	if c == nil {
		return isNil()
	}
	if ctx == nil || f == nil {
		return refusal(ErrInvalidArgument, "there must be a context.Context and a function: got nil")
	}
	if err := ctx.Err(); err != nil {
		return &cancelled{err, ErrCancelled}
	}
	if ctx.Done() == nil {
		return f()
	}
	stop, stopped, asked := make(chan struct{}), make(chan struct{}), false
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
			asked = true
			C.tlgo_context_cancel(c.handle())
		case <-stop:
		}
	}()
	var err error
	func() {
		defer func() { close(stop); <-stopped }()
		err = f()
	}()
	if !asked {
		return err
	}
	if errors.Is(err, ErrCancelled) {
		err = &cancelled{ctx.Err(), err}
	}
	c.withdraw()
	return err
}

// withdraw takes back a request to stop that no call has met, or whose error nobody took.
func (c *Context) withdraw() {
	if c == nil {
		return
	}
	c.lend.Lock()
	defer c.lend.Unlock()
	if found := c.peek(); found == nil || found.Code == ErrCancelled {
		C.tlgo_clear_error(C.uintptr_t(c.h))
		c.first = nil
	}
}

// ReadIDXContext is ReadIDX that ends when ctx does.
func (c *Context) ReadIDXContext(ctx context.Context, path string, maxBytes uint64) (t *Tensor, err error) {
	err = c.Do(ctx, func() error { t, err = c.ReadIDX(path, maxBytes); return err })
	return t, err
}

// GradientContext is Gradient that ends when ctx does. The tape is consumed then.
func (t *Tape) GradientContext(ctx context.Context, target *Tensor, sources []*Tensor, options *GradientOptions) (grads []*Tensor, err error) {
	if err := t.self().usable(); err != nil {
		return nil, err
	}
	err = t.c.Do(ctx, func() error { grads, err = t.Gradient(target, sources, options); return err })
	return grads, err
}

// ApplyContext is Apply that ends when ctx does; it changes all variables or none.
func (o *Optimizer) ApplyContext(ctx context.Context, gradients, variables []*Tensor) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	return o.c.Do(ctx, func() error { return o.Apply(gradients, variables) })
}
