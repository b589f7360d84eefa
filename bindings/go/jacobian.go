//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// JacobianOptions is how a Jacobian is taken. Its rows are computed as one batch, not one by one.
type JacobianOptions struct {
	Way         JacobianWay // of the Jacobian or Hessian of a function
	Unconnected Unconnected // on tapes: what to give for a source that the target does not depend on
	// Most bytes that the derivatives of intermediate results take at one time, by estimate: where the rows would take more, they
	// are computed in chunks; one row always goes. 0 is 256 MiB.
	MemoryBudget      uint64
	CheckIndependence bool // of Tape.BatchJacobian: test that the rows are independent
	// On tapes, gets one entry for each source: ReasonConnected, or why it has no Jacobian. As long as the sources, or nil: not
	// asked for.
	Reasons []GradientReason
}

// Jacobian is the Jacobians of a target by each source, in one call: each has the shape of the target followed by that of the
// source, at most 8 axes together, and the source's dtype; nil stands for a source that is not connected (see Unconnected). Target
// and sources are as in Gradient: the target may have any shape, with at most 7 axes. options may be nil.
//
// A tape that is not persistent is consumed, by one call however many rows there are. Outer tapes and forward modes that are open
// see the computation, so Jacobians have derivatives. It works inside Vmap. Errors are those of Gradient.
func (t *Tape) Jacobian(target *Tensor, sources []*Tensor, options *JacobianOptions) ([]*Tensor, error) {
	return t.jacobian("tape_jacobian", target, sources, options,
		func(with []C.uintptr_t, how C.tlgo_jacobian_options, found []C.uintptr_t) C.int32_t {
			return C.tlgo_tape_jacobian(C.uintptr_t(t.h), target.handle(), list(with), C.size_t(len(with)), how, list(found))
		})
}

// BatchJacobian is the Jacobian of each example of a batch: of a target (b, y...) by a source (b, x...), both of rank 2 or more,
// it is (b, y..., x...), the derivatives of row i of the target by row i of the source. It costs b times less than Jacobian. nil
// or zeros where unconnected, as the options say.
//
// That row i of the target depends on row i of the source alone is the caller's promise: layers that mix the examples of a batch
// (batch normalisation in training) break it, and the result is then wrong. The option CheckIndependence puts it to the test:
// where it does not hold the call is ErrFailedPrecondition and names a row. The tape is consumed as by Gradient.
func (t *Tape) BatchJacobian(target, source *Tensor, options *JacobianOptions) (*Tensor, error) {
	found, err := t.jacobian("tape_batch_jacobian", target, []*Tensor{source}, options,
		func(with []C.uintptr_t, how C.tlgo_jacobian_options, found []C.uintptr_t) C.int32_t {
			return C.tlgo_tape_batch_jacobian(C.uintptr_t(t.h), target.handle(), with[0], how, list(found))
		})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func (t *Tape) jacobian(op string, target *Tensor, sources []*Tensor, options *JacobianOptions,
	call func(with []C.uintptr_t, how C.tlgo_jacobian_options, found []C.uintptr_t) C.int32_t) ([]*Tensor, error) {
	if err := t.self().usable(); err != nil {
		return nil, err
	}
	if options == nil {
		options = &JacobianOptions{}
	}
	with, broken := handlesOf(sources)
	if target.err() != nil {
		broken = target
	}
	if broken != nil {
		return nil, broken.c.brokenBy(broken)
	}
	reasons, err := reasonsFor(op, options.Reasons, sources)
	if err != nil {
		return nil, err
	}
	how := C.tlgo_jacobian_options{way: C.int32_t(options.Way), unconnected: C.int32_t(options.Unconnected),
		memory_budget: C.uint64_t(options.MemoryBudget), check_independence: C.bool(options.CheckIndependence)}
	if reasons != nil {
		how.reasons = &reasons[0]
	}
	found := make([]C.uintptr_t, len(sources))
	status := call(with, how, found)
	runtime.KeepAlive(t)
	runtime.KeepAlive(target)
	runtime.KeepAlive(sources)
	if err := t.c.effect(status); err != nil {
		return nil, err
	}
	for i := range options.Reasons {
		options.Reasons[i] = GradientReason(reasons[i])
	}
	return t.c.results(found), nil
}

// Jacobian is the Jacobian of a function at at, a floating-point tensor or variable: it has the shape of the result followed by
// that of at, at most 8 axes together; zeros where the result does not depend on it. With JacobianReverse it has the dtype of at,
// with JacobianForward that of the result; JacobianByShape, the default, chooses the cheaper one. options may be nil; of them, Way
// and MemoryBudget count.
//
// function runs once in reverse mode, and in forward mode once more for each chunk, so it must compute the same each time. It
// gets the value of at as its only input (a variable it may also read by itself) and gives one floating-point tensor; it must
// compute with this very tensor, not with a copy. Tapes and forward modes that are open see what is computed. It works inside
// Vmap.
func (c *Context) Jacobian(function Compute, at *Tensor, options *JacobianOptions) (*Tensor, error) {
	return c.jacobian("jacobian", function, at, options, false)
}

// Hessian is the Jacobian of the Jacobian: it has the shape of the result followed by that of at, twice; of a function that gives
// a number it is the Hessian matrix. Forward mode over reverse mode, unless the option Way is JacobianReverse: then both are
// reverse, for functions with custom gradients that lack tangents. For products of a large Hessian with vectors, which need no
// matrix, see HessianVectorProduct. All else as in Jacobian.
func (c *Context) Hessian(function Compute, at *Tensor, options *JacobianOptions) (*Tensor, error) {
	return c.jacobian("hessian", function, at, options, true)
}

func (c *Context) jacobian(op string, function Compute, at *Tensor, options *JacobianOptions, hessian bool) (*Tensor, error) {
	if err := isFunction(op, "function", function); err != nil {
		return nil, err
	}
	if at.err() != nil {
		return nil, at.c.brokenBy(at)
	}
	if options == nil {
		options = &JacobianOptions{}
	}
	found, err := c.calling(&rule{c: c, what: op, compute: function}, 1, func(number C.uintptr_t, out []C.uintptr_t) C.int32_t {
		return C.tlgo_function_jacobian(c.handle(), number, at.handle(), C.int32_t(options.Way), C.uint64_t(options.MemoryBudget),
			C.bool(hessian), list(out))
	})
	runtime.KeepAlive(at)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}
