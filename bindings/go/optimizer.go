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

// ApplyRows is Apply in which gradients may be of rows, as Tape.GradientRows gives them: rowIndices[i] is nil, or the indices (I32
// or I64, strictly ascending, in range) of the rows of variables[i] that gradients[i] holds. The time is that of the rows,
// whatever the size of the variable, where nobody else holds its value (a tensor that was read from it, an open tape).
//
// What is lazy: only these rows change, and only their slots. Plain SGD is the dense update to the bit. With momentum, and with
// Adam, the velocity and the moments of the other rows do not decay and these rows do not move (as in TensorFlow's LazyAdam and
// PyTorch's SparseAdam; for Keras's Adam, which decays all rows, give Apply the dense gradient). AdamW decays the weights of
// these rows only. An optimizer whose step of a row depends on the other rows (Lamb, Adafactor, ScheduleFreeAdamW,
// Muon of a matrix) refuses rows.
func (o *Optimizer) ApplyRows(gradients, rowIndices, variables []*Tensor) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	grads, broken := handlesOf(gradients)
	rows, broken2 := handlesOf(rowIndices)
	vars, broken3 := handlesOf(variables)
	for _, b := range []*Tensor{broken, broken2, broken3} {
		if b != nil {
			return b.c.brokenBy(b)
		}
	}
	if len(grads) != len(vars) || len(rows) != len(vars) {
		return newError(ErrInvalidArgument, "[optimizer_apply_rows] there must be one gradient and one entry of indices for each variable")
	}
	err := o.c.effect(C.tlgo_optimizer_apply_rows(C.uintptr_t(o.h), list(grads), list(rows), list(vars), C.size_t(len(vars))))
	runtime.KeepAlive(o)
	runtime.KeepAlive(gradients)
	runtime.KeepAlive(rowIndices)
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
