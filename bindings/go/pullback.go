//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
)

// Pullback is a run of a function that is kept, and can be asked any number of times for gradients: what jax.vjp and
// torch.func.vjp return.
type Pullback struct {
	object
	arguments, values int
}

// NewPullback runs function once at at, one or more floating-point tensors or variables, and keeps the run. function gets the
// values of at as inputs (a variable it may also read by itself), and gives `outputs` (1 or more) floating-point tensors, the
// values. It must compute with these very tensors, not with copies.
//
// What the gradients need stays alive until the pullback is closed, its scope ends, or nobody refers to it any more. A variable
// that is assigned later keeps the value of the run.
func (c *Context) NewPullback(function Compute, at []*Tensor, outputs int) (p *Pullback, values []*Tensor, err error) {
	const op = "pullback_new"
	if err := isFunction(op, "function", function); err != nil {
		return nil, nil, err
	}
	if err := countsOutputs(op, outputs); err != nil {
		return nil, nil, err
	}
	arguments, broken := handlesOf(at)
	if broken != nil {
		return nil, nil, broken.c.brokenBy(broken)
	}
	made := new(C.uintptr_t)
	values, err = c.calling(&rule{c: c, what: op, compute: function}, outputs, func(number C.uintptr_t, out []C.uintptr_t) C.int32_t {
		return C.tlgo_pullback(c.handle(), number, list(arguments), C.size_t(len(arguments)), list(out), C.size_t(len(out)), made)
	})
	runtime.KeepAlive(at)
	if err != nil {
		releasePullback(uintptr(*made)) // a log function has panicked, otherwise there is none
		return nil, nil, err
	}
	p = &Pullback{c.objectOf(*made), len(arguments), outputs}
	return newObject(p, &p.object, releasePullback), values, nil
}

func releasePullback(h uintptr) { C.tlgo_pullback_release(C.uintptr_t(h)) }

func (p *Pullback) self() *object {
	if p == nil {
		return nil
	}
	return &p.object
}

// Gradients is the vector-Jacobian product: the gradients with respect to each argument of the sum of the values times their
// output gradients. There is one of these for each value, of its dtype and shape, where nil entries mean ones; without any, all
// are ones. The gradient is zeros where no value depends on an argument. Any number of calls; tapes and forward modes that are
// open see what it computes.
func (p *Pullback) Gradients(outputGradients ...*Tensor) ([]*Tensor, error) {
	if err := p.self().usable(); err != nil {
		return nil, err
	}
	seeds, broken := handlesOf(outputGradients)
	if broken != nil {
		return nil, broken.c.brokenBy(broken)
	}
	if len(seeds) != 0 && len(seeds) != p.values {
		return nil, newError(ErrInvalidArgument, fmt.Sprintf(
			"[pullback_gradients] there must be one output gradient for each of the %d values: got %d", p.values, len(seeds)))
	}
	found := make([]C.uintptr_t, p.arguments)
	err := p.c.effect(C.tlgo_pullback_gradients(C.uintptr_t(p.h), list(seeds), C.size_t(p.values), list(found), C.size_t(len(found))))
	runtime.KeepAlive(p)
	runtime.KeepAlive(outputGradients)
	if err != nil {
		return nil, err
	}
	return p.c.results(found), nil
}

// Keep moves the pullback one scope out, as Tensor.Keep does, and returns it.
func (p *Pullback) Keep() *Pullback {
	if p == nil {
		return nil
	}
	return keep(p, &p.object, func() C.uintptr_t { return C.tlgo_pullback_keep(C.uintptr_t(p.h)) }, releasePullback)
}

// Close gives it and all that it keeps up. Closing it again does nothing; the error is always nil.
func (p *Pullback) Close() error { return p.self().close(releasePullback) }
