//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// HessianVectorProduct is the Hessian of a function times a vector, without the matrix: products[i] is the sum over k of (second
// derivative by at[i] and at[k]) times along[k], of the dtype and shape of at[i], zeros where nothing depends on it. at holds one
// or more floating-point tensors or variables, named once; along one tensor for each, of its dtype and shape.
//
// function runs once, and gets the values of at as inputs (a variable it may also read by itself). It gives one tensor, of any
// shape: the function is its sum. It must compute with these very tensors, not with copies. Takes about two to two and a half
// times a gradient. Tapes and forward modes that are open see all of it, so the product has derivatives itself. (Pearlmutter
// 1994.) way may be HessianForwardOverReverse, the faster one, or HessianReverseOverReverse, for functions with custom gradients
// that lack tangents.
func (c *Context) HessianVectorProduct(function Compute, at, along []*Tensor, way HessianWay) ([]*Tensor, error) {
	const op = "hessian_vector_product"
	if err := isFunction(op, "function", function); err != nil {
		return nil, err
	}
	return c.alongDirections(&rule{c: c, what: op, compute: function}, at, along,
		func(number C.uintptr_t, at, along, out []C.uintptr_t) C.int32_t {
			return C.tlgo_hessian_vector(c.handle(), number, list(at), list(along), C.size_t(len(at)), C.int32_t(way), list(out))
		})
}

// GaussNewtonVectorProduct is the Gauss-Newton matrix times a vector, J' H J v: J is the Jacobian of function at at, H the
// Hessian of loss by the `outputs` (1 or more) values of function. For a convex loss the matrix has no negative eigenvalue,
// unlike the Hessian of the whole, so that its products suit conjugate gradients (Schraudolph 2002; Martens 2010). For a
// cross-entropy of logits it is the Fisher matrix.
//
// function runs once and gives `outputs` floating-point tensors; then loss runs once: it gets those and gives one, whose sum
// counts. at and along are as in HessianVectorProduct.
func (c *Context) GaussNewtonVectorProduct(function Compute, outputs int, loss Compute, at, along []*Tensor) ([]*Tensor, error) {
	const op = "gauss_newton_vector_product"
	if err := isFunction(op, "function", function); err != nil {
		return nil, err
	}
	if err := isFunction(op, "loss", loss); err != nil {
		return nil, err
	}
	if err := countsOutputs(op, outputs); err != nil {
		return nil, err
	}
	return c.alongDirections(&rule{c: c, what: op, compute: function, loss: loss}, at, along,
		func(number C.uintptr_t, at, along, out []C.uintptr_t) C.int32_t {
			return C.tlgo_gauss_newton_vector(c.handle(), number, C.size_t(outputs), list(at), list(along), C.size_t(len(at)), list(out))
		})
}

func (c *Context) alongDirections(r *rule, at, along []*Tensor,
	call func(number C.uintptr_t, at, along, out []C.uintptr_t) C.int32_t) ([]*Tensor, error) {
	arguments, broken := handlesOf(at)
	directions, broken2 := handlesOf(along)
	if broken == nil {
		broken = broken2
	}
	if broken != nil {
		return nil, broken.c.brokenBy(broken)
	}
	if len(arguments) != len(directions) {
		return nil, newError(ErrInvalidArgument, "["+r.what+"] there must be one direction for each argument")
	}
	products, err := c.calling(r, len(arguments), func(number C.uintptr_t, out []C.uintptr_t) C.int32_t {
		return call(number, arguments, directions, out)
	})
	runtime.KeepAlive(at)
	runtime.KeepAlive(along)
	return products, err
}
