//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"math"
	"runtime"
	"sync/atomic"
)

// Optimizer is an optimizer with its slots (momenta), step count and learning rate. Make it outside of the scope of a step.
type Optimizer struct {
	object
	slots atomic.Pointer[[]*Tensor]
}

func (c *Context) newOptimizer(op, name string, make func(name *C.char) C.uintptr_t) *Optimizer {
	text, free, ok := c.cstring(op, name)
	o := &Optimizer{}
	if !ok {
		o.object.c, o.failed = c, c.seen()
		return o
	}
	defer free()
	made := c.objectOf(make(text))
	o.h, o.c, o.failed = made.h, made.c, made.failed
	return newObject(o, &o.object, releaseOptimizer)
}

func releaseOptimizer(h uintptr) { C.tlgo_optimizer_release(C.uintptr_t(h)) }

func (o *Optimizer) self() *object {
	if o == nil {
		return nil
	}
	return &o.object
}

// SGD is stochastic gradient descent: w -= rate g, or with momentum. options may be nil.
func (c *Context) SGD(options *SGDOptions) *Optimizer {
	return c.newOptimizer("sgd", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_sgd(c.handle(), options.raw(name))
	})
}

// Adam is Adam (Kingma and Ba 2015). options may be nil.
func (c *Context) Adam(options *AdamOptions) *Optimizer {
	return c.newOptimizer("adam", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_adam(c.handle(), options.raw(name))
	})
}

// AdamW is w -= rate weight_decay w, then Adam (Loshchilov and Hutter 2019). options may be nil.
func (c *Context) AdamW(options *AdamWOptions) *Optimizer {
	return c.newOptimizer("adamw", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_adamw(c.handle(), options.raw(name))
	})
}

// Apply is one step: each variable takes its gradient, a tensor of its shape and dtype, or nil. A variable whose gradient is
// nil stays as it is, and a log line names it once. A failure of any kind leaves all variables and the optimizer as they were.
// (After a PanicError, of a log callback, the step has been made.)
func (o *Optimizer) Apply(gradients, variables []*Tensor) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	grads, broken := handlesOf(gradients)
	vars, broken2 := handlesOf(variables)
	if broken == nil {
		broken = broken2
	}
	if broken != nil {
		return broken.c.brokenBy(broken)
	}
	if len(grads) != len(vars) {
		return newError(ErrInvalidArgument, "[optimizer_apply] there must be one gradient for each variable")
	}
	err := o.c.effect(C.tlgo_optimizer_apply(C.uintptr_t(o.h), list(grads), list(vars), C.size_t(len(vars))))
	runtime.KeepAlive(o)
	runtime.KeepAlive(gradients)
	runtime.KeepAlive(variables)
	return err
}

// Build makes the slots for variables now, which Apply does otherwise.
func (o *Optimizer) Build(variables []*Tensor) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	vars, broken := handlesOf(variables)
	if broken != nil {
		return broken.c.brokenBy(broken)
	}
	err := o.c.effect(C.tlgo_optimizer_build(C.uintptr_t(o.h), list(vars), C.size_t(len(vars))))
	runtime.KeepAlive(o)
	runtime.KeepAlive(variables)
	return err
}

// LearningRate is the rate of the next step; NaN on failure (the context holds the error).
func (o *Optimizer) LearningRate() float64 {
	if o == nil {
		return math.NaN()
	}
	rate := float64(C.tlgo_optimizer_learning_rate(C.uintptr_t(o.h)))
	runtime.KeepAlive(o)
	return rate
}

// SetLearningRate sets the rate of the next step, finite and not negative.
func (o *Optimizer) SetLearningRate(rate float64) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	err := o.c.effect(C.tlgo_optimizer_set_learning_rate(C.uintptr_t(o.h), C.double(rate)))
	runtime.KeepAlive(o)
	return err
}

// Iterations is the number of steps so far; -1 on failure (the context holds the error).
func (o *Optimizer) Iterations() int64 {
	if o == nil {
		return -1
	}
	n := int64(C.tlgo_optimizer_iterations(C.uintptr_t(o.h)))
	runtime.KeepAlive(o)
	return n
}

// Variables is the optimizer's own state, which it lends: slots, step count, learning rate.
func (o *Optimizer) Variables() []*Tensor {
	if o == nil {
		return nil
	}
	return o.lentTensors(o, &o.slots, func() C.tlgo_list { return C.tlgo_list_optimizer(C.uintptr_t(o.h)) })
}

// Keep moves the optimizer one scope out, as Tensor.Keep does, and returns it.
func (o *Optimizer) Keep() *Optimizer {
	if o == nil {
		return nil
	}
	return keep(o, &o.object, func() C.uintptr_t { return C.tlgo_optimizer_keep(C.uintptr_t(o.h)) }, releaseOptimizer)
}

// Err is the error that kept the optimizer from being made, nil for any other. The context forgets that error, so that it works again.
func (o *Optimizer) Err() error { return o.self().usable() }

// Close gives the optimizer up. Closing it again does nothing; the error is always nil.
func (o *Optimizer) Close() error { return o.self().close(releaseOptimizer) }

// ClipByNorm is x scaled so that its Euclidean norm is at most maxNorm, over all axes or, for each index of the others, over
// some. A smaller x comes out as it is; for a norm of 0 the gradient is 1. F32 or F64.
func (x *Tensor) ClipByNorm(maxNorm float64, axes ...int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	var h C.uintptr_t
	if len(axes) == 0 {
		h = C.tlgo_clip_by_norm(c.handle(), x.handle(), C.double(maxNorm))
	} else {
		h = C.tlgo_clip_by_norm_axes(c.handle(), x.handle(), C.double(maxNorm), dims(axes), C.size_t(len(axes)))
	}
	runtime.KeepAlive(x)
	return c.result(h)
}

// ClipByGlobalNorm scales gradients, F32 or F64, by one factor, so that the norm of all their elements together is at most
// maxNorm. nil entries pass through. norm is that before clipping, F64 of rank 0. A norm that is not finite is an error
// (NonFiniteError) or makes every clipped gradient NaN (NonFinitePropagate).
func (c *Context) ClipByGlobalNorm(gradients []*Tensor, maxNorm float64, nonFinite NonFinite) (clipped []*Tensor, norm *Tensor, err error) {
	handles, broken := handlesOf(gradients)
	if broken != nil {
		return nil, nil, broken.c.brokenBy(broken)
	}
	scaled, total := make([]C.uintptr_t, len(handles)), new(C.uintptr_t)
	status := C.tlgo_clip_by_global_norm(c.handle(), list(handles), C.size_t(len(handles)), C.double(maxNorm),
		C.tlgo_clip_options{non_finite: C.int32_t(nonFinite)}, list(scaled), total)
	runtime.KeepAlive(gradients)
	if err := c.effect(status); err != nil {
		return nil, nil, err
	}
	return c.results(scaled), c.result(*total), nil
}

// GlobalNorm is the norm of all elements of gradients together, F64 of rank 0; nil entries count as nothing.
func (c *Context) GlobalNorm(gradients []*Tensor) *Tensor {
	handles, broken := handlesOf(gradients)
	if broken != nil {
		return broken
	}
	h := C.tlgo_global_norm(c.handle(), list(handles), C.size_t(len(handles)))
	runtime.KeepAlive(gradients)
	return c.result(h)
}
