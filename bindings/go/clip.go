//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

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

// ClipAdaptive is adaptive gradient clipping (Brock et al. 2021): of what reaches each output of weights, the gradient g is scaled to the
// norm factor max(norm of the weights, epsilon) where its own is above that; 0.01 and 0.001 are the paper's. The norms are over all axes but
// the last, over all of them where one at most is longer than 1. As a part of each step: AdaptiveClipFactor of StepOptions.
func (g *Tensor) ClipAdaptive(weights *Tensor, factor, epsilon float64) *Tensor {
	c, broken := some(g, weights)
	if broken != nil {
		return broken
	}
	h := C.tlgo_clip_adaptive(c.handle(), g.handle(), weights.handle(), C.double(factor), C.double(epsilon))
	runtime.KeepAlive(g)
	runtime.KeepAlive(weights)
	return c.result(h)
}

// ClipByValue is x with its elements below low replaced by that, and those above high by that; NaN stays. x is of any number
// dtype; the bounds are tensors of its dtype that broadcast to its shape and do not enlarge it. Where they cross, low wins. The
// gradient goes to the element, or to the bound that has replaced it. With numbers as bounds Clip is faster.
func (x *Tensor) ClipByValue(low, high *Tensor) *Tensor {
	c, broken := some(x, low, high)
	if broken != nil {
		return broken
	}
	h := C.tlgo_clip_by_value(c.handle(), x.handle(), low.handle(), high.handle())
	runtime.KeepAlive(x)
	runtime.KeepAlive(low)
	runtime.KeepAlive(high)
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
