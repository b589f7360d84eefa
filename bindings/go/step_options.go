//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"math"
	"runtime"
)

// Configure sets the options of all steps, right after making the optimizer: gradient accumulation, clipping, weight decay, averages
// of weights, loss scale, and what becomes of gradients that are not finite. Compiled steps follow them, to the bit. options may be nil.
//
// The order is that of Keras: nil gradients are dropped; variables that become their gradients do (OverwriteWithGradient); the other
// gradients are divided by the loss scale; they are looked at (NonFinite);
// they are added up, and only each Nth call goes on, with their mean; clipping; weight decay; the update; averages; the count of
// steps. All counts and scales, accumulators and averages are among Variables.
//
// ErrFailedPrecondition after the first step or build; ErrInvalidArgument for options that make no sense, and for a weight decay where the
// optimizer has one of its own, as AdamW does.
func (o *Optimizer) Configure(options *StepOptions) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	err := o.c.effect(C.tlgo_optimizer_configure(C.uintptr_t(o.h), options.raw()))
	runtime.KeepAlive(o)
	return err
}

func (o *Optimizer) withVariables(variables []*Tensor, call func(h C.uintptr_t, list *C.uintptr_t, count C.size_t) C.int32_t) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	handles, broken := handlesOf(variables)
	if broken != nil {
		return broken.c.brokenBy(broken)
	}
	err := o.c.effect(call(C.uintptr_t(o.h), list(handles), C.size_t(len(handles))))
	runtime.KeepAlive(o)
	runtime.KeepAlive(variables)
	return err
}

// ExcludeFromWeightDecay names variables whose weights do not decay, biases and scales of normalisations as a rule: neither by the
// option nor by the optimizer's own weight decay. More of them with each call, before the first step or build.
func (o *Optimizer) ExcludeFromWeightDecay(variables []*Tensor) error {
	return o.withVariables(variables, func(h C.uintptr_t, list *C.uintptr_t, count C.size_t) C.int32_t {
		return C.tlgo_optimizer_exclude_from_weight_decay(h, list, count)
	})
}

// OverwriteWithGradient names variables that a step sets to their gradients, as they are: not scaled, not clipped, without weight decay,
// update, averages, Lookahead and constraint. So state comes through that an op's gradient rule hands on in the place of a gradient, such
// as scales and histories of largest values in training with float8. With accumulation they become the largest, element by element, of
// the gradients of a step's calls and of 0, as in Keras. Before the first step or build.
func (o *Optimizer) OverwriteWithGradient(variables []*Tensor) error {
	return o.withVariables(variables, func(h C.uintptr_t, list *C.uintptr_t, count C.size_t) C.int32_t {
		return C.tlgo_optimizer_overwrite_with_gradient(h, list, count)
	})
}

// ConstrainRange makes each step of these variables end with a projection of their elements to [min, max], one of which may be
// infinite: 0 and math.Inf(1) keep weights from being negative, -c and c clip them. It is the last thing that a step does, behind
// averages and their overwriting, as in Keras. Calls that only accumulate, or are skipped, and variables without a gradient are left alone. A
// variable may have one constraint, which must be set before the first step or build.
func (o *Optimizer) ConstrainRange(min, max float64, variables []*Tensor) error {
	return o.withVariables(variables, func(h C.uintptr_t, list *C.uintptr_t, count C.size_t) C.int32_t {
		return C.tlgo_optimizer_constrain_range(h, C.double(min), C.double(max), list, count)
	})
}

// ConstrainNorm is ConstrainRange for Euclidean norms over axes, nil being the first one, as in Keras: of a kernel (inputs, outputs) the norms
// of what reaches each output. Each step brings them to [min, max], rate of the way (above 0, at most 1): 0 and c are a largest norm, 1 and 1 the
// norm 1. What is within the bounds keeps its bits.
func (o *Optimizer) ConstrainNorm(min, max, rate float64, axes []int64, variables []*Tensor) error {
	return o.withVariables(variables, func(h C.uintptr_t, list *C.uintptr_t, count C.size_t) C.int32_t {
		return C.tlgo_optimizer_constrain_norm(h, C.double(min), C.double(max), C.double(rate), dims(axes), C.size_t(len(axes)),
			list, count)
	})
}

// ScaleLoss is the loss times the scale of now, which Apply divides its gradients by: take the gradient of this. The loss itself where
// there is no scale.
func (o *Optimizer) ScaleLoss(loss *Tensor) *Tensor {
	if o == nil || o.h == 0 {
		return o.self().failedTensor()
	}
	if loss.err() != nil {
		return loss
	}
	h := C.tlgo_optimizer_scale_loss(C.uintptr_t(o.h), loss.handle())
	runtime.KeepAlive(o)
	runtime.KeepAlive(loss)
	return o.c.result(h)
}

// LossScale is the factor of ScaleLoss, 1 where there is none; NaN on failure (the context holds the error). Outside of compiled steps.
func (o *Optimizer) LossScale() float64 {
	if o == nil {
		return math.NaN()
	}
	scale := float64(C.tlgo_optimizer_loss_scale(C.uintptr_t(o.h)))
	runtime.KeepAlive(o)
	return scale
}

// SkippedSteps is the number of calls that changed nothing because a gradient was not finite; -1 on failure (the context holds the
// error). Outside of compiled steps.
func (o *Optimizer) SkippedSteps() int64 {
	if o == nil {
		return -1
	}
	n := int64(C.tlgo_optimizer_skipped_steps(C.uintptr_t(o.h)))
	runtime.KeepAlive(o)
	return n
}

// SwapAverages exchanges weights and averages of all variables of the optimizer, for an evaluation; the next call exchanges them back.
// Meanwhile Apply is ErrFailedPrecondition. The variables are all that the optimizer has had gradients for. Outside of compiled steps.
func (o *Optimizer) SwapAverages(variables []*Tensor) error {
	return o.withVariables(variables, func(h C.uintptr_t, list *C.uintptr_t, count C.size_t) C.int32_t {
		return C.tlgo_optimizer_swap_averages(h, list, count)
	})
}
