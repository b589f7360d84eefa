//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"runtime"
	"runtime/cgo"
)

// LBFGS is L-BFGS with a line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, algorithms 3.5, 3.6,
// 7.4 and 7.5), for losses without noise, as of a whole data set. It steps by Minimize only; step options and groups are not for it.
// options may be nil.
func (c *Context) LBFGS(options *LbfgsOptions) *Optimizer {
	return c.newOptimizer("lbfgs", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_lbfgs(c.handle(), options.raw(name))
	})
}

// Evaluate computes the loss, one number, at the values that the variables have when it is called, and its gradients with respect to
// them, in their order, nil for zeros. It runs as a Compute does.
type Evaluate func() (loss *Tensor, gradients []*Tensor, err error)

// MinimizeStatistics is what a minimization has come to.
type MinimizeStatistics struct {
	Loss            float64 // where the variables are now
	LargestGradient float64 // the largest magnitude in its gradient there
	Iterations      uint64  // of this call
	Evaluations     uint64  // of the loss
	Converged       bool    // whether a tolerance was reached, instead of MaxIterations or a line search without a result
}

func (e Evaluate) rule(c *Context, what string) *rule {
	return &rule{c: c, what: what, compute: func([]*Tensor) ([]*Tensor, error) {
		loss, gradients, err := e()
		return append([]*Tensor{loss}, gradients...), err
	}}
}

// Minimize makes at most MaxIterations iterations of an optimizer of LBFGS from the values of the variables on. History stays for the
// next call with the same variables. An error of the function, a panic, and a loss that is not finite where it begins leave
// variables and optimizer as they were. Outside of compiled steps only.
func (o *Optimizer) Minimize(variables []*Tensor, evaluate Evaluate) (MinimizeStatistics, error) {
	const op = "optimizer_minimize"
	none := MinimizeStatistics{}
	if err := o.self().usable(); err != nil {
		return none, err
	}
	if evaluate == nil {
		return none, newError(ErrInvalidArgument, "["+op+"] evaluate must be a function: got nil")
	}
	handles, broken := handlesOf(variables)
	if broken != nil {
		return none, broken.c.brokenBy(broken)
	}
	out := new(C.tl_minimize_statistics)
	number := cgo.NewHandle(evaluate.rule(o.c, op))
	err := o.c.effect(C.tlgo_minimize(C.uintptr_t(o.h), C.uintptr_t(number), list(handles), C.size_t(len(handles)), out))
	runtime.KeepAlive(o)
	runtime.KeepAlive(variables)
	if err != nil {
		return none, err
	}
	return MinimizeStatistics{float64(out.loss), float64(out.largest_gradient), uint64(out.iterations), uint64(out.evaluations), bool(out.converged)}, nil
}

// ApplySAM is one step of sharpness-aware minimization (Foret et al. 2021) around this optimizer: the gradient at w + rho g / |g|, the
// worst point nearby, is applied at w. evaluate runs twice; the loss is that at w. Works in a compiled step, where evaluate runs when it
// is recorded only. A failure leaves variables and optimizer as they were. options may be nil.
func (o *Optimizer) ApplySAM(options *SamOptions, variables []*Tensor, evaluate Evaluate) (loss *Tensor, err error) {
	const op = "optimizer_apply_sam"
	if err := o.self().usable(); err != nil {
		return nil, err
	}
	if evaluate == nil {
		return nil, newError(ErrInvalidArgument, "["+op+"] evaluate must be a function: got nil")
	}
	handles, broken := handlesOf(variables)
	if broken != nil {
		return nil, broken.c.brokenBy(broken)
	}
	made, err := o.c.calling(evaluate.rule(o.c, op), 1, func(number C.uintptr_t, out []C.uintptr_t) C.int32_t {
		return C.tlgo_sam(C.uintptr_t(o.h), options.raw(), number, list(handles), C.size_t(len(handles)), list(out))
	})
	runtime.KeepAlive(o)
	runtime.KeepAlive(variables)
	if err != nil {
		return nil, err
	}
	return made[0], nil
}
