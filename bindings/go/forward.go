//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// Forward is forward mode along one direction: the derivative of a program along it, computed while the program runs.
type Forward struct{ object }

// NewForward opens forward mode by primals, tensors or variables, each of which moves along its tangent, of its dtype and shape.
// While it is open, each op also computes the tangents of its results. One run with a tangent costs about two to three without
// one, and keeps nothing of the run: the mode for few inputs and many outputs, and for long runs. (A tape is the one for many
// inputs and few outputs.)
//
// Forward modes and tapes nest in any order. What one computes is seen by those that were opened before it: the tangent of a
// gradient, taken by a tape that was opened later, is a Hessian-vector product.
func (c *Context) NewForward(primals, tangents []*Tensor) *Forward {
	along, broken := handlesOf(primals)
	by, broken2 := handlesOf(tangents)
	if broken == nil {
		broken = broken2
	}
	if broken != nil {
		return &Forward{object{c: c, failed: broken.err()}}
	}
	if len(along) != len(by) {
		c.refuse("forward_begin", "there must be one tangent for each primal")
		return &Forward{object{c: c, failed: c.seen()}}
	}
	f := &Forward{c.objectOf(C.tlgo_forward_begin(c.handle(), list(along), list(by), C.size_t(len(along))))}
	runtime.KeepAlive(primals)
	runtime.KeepAlive(tangents)
	return newObject(f, &f.object, releaseForward)
}

func releaseForward(h uintptr) { C.tlgo_forward_release(C.uintptr_t(h)) }

func (f *Forward) self() *object {
	if f == nil {
		return nil
	}
	return &f.object
}

// Tangent is that of a floating-point tensor, which has been computed already. Where the tensor does not depend on a primal, or
// was computed while the forward mode was not open, it is what unconnected says: nil, zeros, or an error. It works while the
// forward mode is open and after its end.
func (f *Forward) Tangent(x *Tensor, unconnected Unconnected) (*Tensor, error) {
	if err := f.self().usable(); err != nil {
		return nil, err
	}
	if x.err() != nil {
		return nil, x.c.brokenBy(x)
	}
	tangent := make([]C.uintptr_t, 1)
	err := f.c.effect(C.tlgo_forward_tangent(C.uintptr_t(f.h), x.handle(), C.int32_t(unconnected), list(tangent)))
	runtime.KeepAlive(f)
	runtime.KeepAlive(x)
	if err != nil {
		return nil, err
	}
	return f.c.results(tangent)[0], nil
}

// End ends it: what runs from now on gets no tangents, those that exist stay. ErrFailedPrecondition when it is not open.
func (f *Forward) End() error {
	if err := f.self().usable(); err != nil {
		return err
	}
	err := f.c.effect(C.tlgo_forward_end(C.uintptr_t(f.h)))
	runtime.KeepAlive(f)
	return err
}

// Resume opens it again after End, as the newest of all forward modes and tapes. ErrFailedPrecondition when it is open.
func (f *Forward) Resume() error {
	if err := f.self().usable(); err != nil {
		return err
	}
	err := f.c.effect(C.tlgo_forward_resume(C.uintptr_t(f.h)))
	runtime.KeepAlive(f)
	return err
}

// Keep moves it one scope out, as Tensor.Keep does, and returns it.
func (f *Forward) Keep() *Forward {
	if f == nil {
		return nil
	}
	return keep(f, &f.object, func() C.uintptr_t { return C.tlgo_forward_keep(C.uintptr_t(f.h)) }, releaseForward)
}

// Err is the error that kept it from being opened, nil for any other. The context forgets that error, so that it works again.
func (f *Forward) Err() error { return f.self().usable() }

// Close gives it and all tangents up. Closing it again does nothing; the error is always nil.
func (f *Forward) Close() error { return f.self().close(releaseForward) }
