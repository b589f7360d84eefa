//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

type lossCall func(c, labels, predictions C.uintptr_t, options C.tlgo_loss_options) C.uintptr_t

func loss(labels, predictions *Tensor, options *LossOptions, call lossCall) *Tensor {
	c, broken := two(labels, predictions)
	if broken == nil && options != nil && options.Weights.err() != nil {
		broken = options.Weights
	}
	if broken != nil {
		return broken
	}
	h := call(c.handle(), labels.handle(), predictions.handle(), options.raw())
	runtime.KeepAlive(labels)
	runtime.KeepAlive(predictions)
	runtime.KeepAlive(options)
	return c.result(h)
}

// SparseCategoricalCrossEntropy is -log p[label]. Labels: integers (...) or (..., 1) in [0, classes); predictions: F32 or F64
// (..., classes), logits unless the options say otherwise. No label smoothing. options may be nil.
func SparseCategoricalCrossEntropy(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_sparse_categorical_cross_entropy(c, l, p, o)
	})
}

// CategoricalCrossEntropy is -sum(labels log p) over the last axis, for label probabilities of the shape and dtype of the
// predictions, which are as in SparseCategoricalCrossEntropy. options may be nil.
func CategoricalCrossEntropy(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_categorical_cross_entropy(c, l, p, o)
	})
}

// BinaryCrossEntropy is the mean over the last axis of -(label log p + (1 - label) log(1 - p)): independent yes-no labels of
// any dtype and of the shape of the predictions. With rank 0 or 1 each element is a sample. options may be nil.
func BinaryCrossEntropy(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_binary_cross_entropy(c, l, p, o)
	})
}

// MeanSquaredError is the mean over the last axis of (labels - predictions)^2; shapes and dtypes agree. With rank 0 or 1 each
// element is a sample. options may be nil.
func MeanSquaredError(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_mean_squared_error(c, l, p, o)
	})
}

// MeanAbsoluteError is the mean over the last axis of |labels - predictions|; otherwise MeanSquaredError.
func MeanAbsoluteError(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_mean_absolute_error(c, l, p, o)
	})
}

// ReduceLoss weighs and reduces the losses of samples, F32 or F64, that the program computed itself. options may be nil.
func ReduceLoss(losses *Tensor, options *LossOptions) *Tensor {
	return loss(losses, losses, options, func(c, l, _ C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_reduce(c, l, o)
	})
}
