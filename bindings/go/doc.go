//go:build cgo

// Package tapeloop is the gradient tape for Go: tensors, a tape that differentiates what it recorded, to any order,
// layers, optimizers, metrics and data, on top of the C library of the same name.
//
// # One loop
//
// Everything belongs to a Context. Ops are methods that chain; a Scope frees all tensors that were made in it at once:
//
//	err := c.Scope(func() error {
//		tape := c.NewTape(nil)
//		loss := labels.SparseSoftmaxCrossEntropy(x.MatMul(w).Add(b)).Mean()
//		grads, err := tape.Gradient(loss, weights, nil)
//		if err != nil {
//			return err
//		}
//		return adam.Apply(grads, weights)
//	})
//
// # Errors
//
// Ops, layers, tapes, datasets made from others, optimizers and metrics are expressions: each gives one value, so that they
// can be chained. One that fails gives a value that carries the error (see [Tensor.Err]), and the context keeps the first
// error: nothing has an effect any more until somebody takes it. Calls with an effect (Gradient, Apply, Assign, Item, Next)
// return an error: it is the first one since the last that was taken, and returning it takes it, so the context works again.
// What comes from outside (contexts, slices, files) returns a value and an error at once. An error that nobody asked for is
// returned by the Scope in which it happened, or by [Context.Err].
//
// Every error of the library is an [*Error] with code, op and message; errors.Is knows its code (errors.Is(err,
// tapeloop.ErrInvalidArgument)). No input makes this package panic.
//
// # Functions of the program
//
// Some calls take a function of the program, a [Compute], and run it inside: gradient rules ([Context.CustomGradient]), segments
// that run again instead of being kept ([Context.Recompute]), a function of one example for a batch ([Context.Vmap]), Jacobians
// and Hessians ([Context.Jacobian], [Context.Hessian]), products with curvature matrices ([Context.HessianVectorProduct],
// [Context.GaussNewtonVectorProduct]), runs that can be asked for gradients again ([Context.NewPullback]), and steps that are
// recorded once ([Context.NewFunction]). An error that it returns, and a panic ([PanicError]), is the error of the call.
//
// # Memory
//
// Tensors made in a Scope end with it, and cost the garbage collector nothing; [Tensor.Keep] moves one out. Everything else
// has a Close, and ends by itself some time after the last reference to it is gone: the package runs the garbage collector
// when the memory of tensors that C holds has doubled. The exception is a context whose log function (see [Context.SetLog])
// uses the context or what belongs to it: that one must be closed.
//
// # Goroutines
//
// A Context may move from goroutine to goroutine, whatever thread they run on; one at a time may use it and what belongs to
// it. A second one that comes in the way gets [ErrBusy], and so does the context. Contexts share nothing and run in
// parallel. Close may be called from any goroutine at any time.
package tapeloop

// #cgo pkg-config: tapeloop
// #include "bridge.h"
import "C"

import "fmt"

// Version is that of the library that is loaded, such as "0.1.0".
func Version() string { return C.GoString(C.tlgo_version()) }

// RequireVersion asks for the lowest version that the program was written for: nil, or ErrUnsupported when the library that
// is loaded is of another major version or of an older minor one.
func RequireVersion(major, minor int32) error {
	if code := Code(C.tlgo_require_version(C.int32_t(major), C.int32_t(minor))); code != 0 {
		return &Error{Code: code, Op: "require_version", Message: fmt.Sprintf(
			"[require_version] version %d.%d is asked for: the library that is loaded is %s; install a newer one", major, minor, Version())}
	}
	return nil
}

// String is the dtype's name, such as "f32".
func (d DType) String() string { return C.GoString(C.tlgo_dtype_name(C.int32_t(d))) }

// Size is the number of bytes of one element; 0 for an unknown dtype.
func (d DType) Size() int { return int(C.tlgo_dtype_size(C.int32_t(d))) }
