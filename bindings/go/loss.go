//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

type lossCall func(c, labels, predictions C.uintptr_t, options C.tlgo_loss_options) C.uintptr_t

// others are operands that may be nil.
func loss(labels, predictions *Tensor, options *LossOptions, call lossCall, others ...*Tensor) *Tensor {
	c, broken := two(labels, predictions)
	if options != nil {
		others = append(others, options.Weights)
	}
	for _, t := range others {
		if broken == nil && t.err() != nil {
			broken = t
		}
	}
	if broken != nil {
		return broken
	}
	h := call(c.handle(), labels.handle(), predictions.handle(), options.raw())
	runtime.KeepAlive(labels)
	runtime.KeepAlive(predictions)
	runtime.KeepAlive(options)
	runtime.KeepAlive(others)
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

// Hinge is the mean over the last axis of max(1 - label prediction, 0) (Cortes and Vapnik 1995). Labels: -1 and 1, of any dtype
// and of the shape of the predictions; where all labels of the call are 0 or 1 they are taken as -1 and 1, which ops find out. Other
// labels are used as they are. With rank 0 or 1 each element is a sample. options may be nil.
func Hinge(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_hinge(c, l, p, o)
	})
}

// SquaredHinge is the mean over the last axis of max(1 - label prediction, 0)^2; otherwise Hinge.
func SquaredHinge(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_squared_hinge(c, l, p, o)
	})
}

// CategoricalHinge is max(neg - pos + 1, 0) with neg = max((1 - label) prediction) and pos = sum(label prediction) over the last
// axis, that of the classes. Labels: one-hot, of any dtype and of the shape of the predictions. options may be nil.
func CategoricalHinge(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_categorical_hinge(c, l, p, o)
	})
}

// Huber is the mean over the last axis of e^2 / 2 where |e| <= delta and delta |e| - delta^2 / 2 beyond, e = prediction - label
// (Huber 1964); otherwise MeanSquaredError. delta is finite and above 0; 1 is usual.
func Huber(labels, predictions *Tensor, delta float64, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_huber(c, l, p, C.double(delta), o)
	})
}

// LogCosh is the mean over the last axis of log(cosh(prediction - label)); otherwise MeanSquaredError.
func LogCosh(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_log_cosh(c, l, p, o)
	})
}

// MeanAbsolutePercentageError is 100 times the mean over the last axis of |label - prediction| / max(|label|, 1e-7); otherwise
// MeanSquaredError.
func MeanAbsolutePercentageError(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_mean_absolute_percentage_error(c, l, p, o)
	})
}

// MeanSquaredLogarithmicError is the mean over the last axis of (log(1 + prediction) - log(1 + label))^2, both limited to 1e-7 and
// above; otherwise MeanSquaredError.
func MeanSquaredLogarithmicError(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_mean_squared_logarithmic_error(c, l, p, o)
	})
}

// CosineSimilarity is minus the cosine of the angle between label and prediction, vectors along the last axis; a vector shorter than
// 1e-7 counts as one of that length. Rank 1 or more; shapes and dtypes agree. options may be nil.
func CosineSimilarity(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_cosine_similarity(c, l, p, o)
	})
}

// KLDivergence is sum(label log(label / prediction)) over the last axis, both limited to [1e-7, 1] (Kullback and Leibler 1951).
// Labels, each in [0, 1], and predictions are probabilities of one shape and dtype, rank 1 or more. options may be nil.
func KLDivergence(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_kl_divergence(c, l, p, o)
	})
}

// Poisson is the mean over the last axis of prediction - label log(prediction + 1e-7). Predictions: rates above 0; labels: counts of any
// dtype and of the shape of the predictions. options may be nil.
func Poisson(labels, predictions *Tensor, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_poisson(c, l, p, o)
	})
}

// BinaryFocalCrossEntropy is BinaryCrossEntropy times (1 - p)^gamma, p the probability that the prediction gives to the label (Lin et
// al. 2017). gamma is not negative, 2 is usual. alpha, in [0, 1], weighs the classes by label alpha + (1 - label) (1 - alpha); 0 leaves
// it out.
func BinaryFocalCrossEntropy(labels, predictions *Tensor, gamma, alpha float64, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_binary_focal_cross_entropy(c, l, p, C.double(gamma), C.double(alpha), o)
	})
}

// CategoricalFocalCrossEntropy is -alpha sum(label (1 - p)^gamma log p) over the last axis (Lin et al. 2017); otherwise
// CategoricalCrossEntropy. gamma is not negative, 2 is usual; alpha is in [0, 1], 0.25 is usual, and 0 stands for no factor.
func CategoricalFocalCrossEntropy(labels, predictions *Tensor, gamma, alpha float64, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_categorical_focal_cross_entropy(c, l, p, C.double(gamma), C.double(alpha), o)
	})
}

// Dice is 1 - 2 sum(label prediction) / (sum(label) + sum(prediction) + 1e-7) (Milletari et al. 2016). Predictions are probabilities,
// labels 0 and 1 or shares between, of any dtype and the same shape. The sums run over the whole batch, or, perExample, over all axes
// but the first. options may be nil.
func Dice(labels, predictions *Tensor, perExample bool, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_dice(c, l, p, C.bool(perExample), o)
	})
}

// Tversky is 1 - tp / (tp + alpha fp + beta fn + 1e-7) with tp = sum(label prediction), fp = sum((1 - label) prediction) and fn =
// sum(label (1 - prediction)) (Salehi et al. 2017); otherwise Dice. alpha and beta are finite and not negative.
func Tversky(labels, predictions *Tensor, alpha, beta float64, perExample bool, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_tversky(c, l, p, C.double(alpha), C.double(beta), C.bool(perExample), o)
	})
}

// CTC is connectionist temporal classification (Graves et al. 2006): -log of the probability of a sequence of labels, summed over all
// ways to write it into the frames. Labels: integers (batch, most labels) in [0, classes); predictions: logits (batch, frames,
// classes); lengths: integers (batch). Without labelLengths (nil) as many labels of a row count as are not the blank; without
// predictionLengths all frames count. blank is one of the classes, usually 0. Labels that do not fit into the frames have the loss
// infinity and the gradient 0. options may be nil.
func CTC(labels, predictions, labelLengths, predictionLengths *Tensor, blank int64, options *LossOptions) *Tensor {
	return loss(labels, predictions, options, func(c, l, p C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_ctc(c, l, p, labelLengths.handle(), predictionLengths.handle(), C.int64_t(blank), o)
	}, labelLengths, predictionLengths)
}

// ReduceLoss weighs and reduces the losses of samples, F32 or F64, that the program computed itself. options may be nil.
func ReduceLoss(losses *Tensor, options *LossOptions) *Tensor {
	return loss(losses, losses, options, func(c, l, _ C.uintptr_t, o C.tlgo_loss_options) C.uintptr_t {
		return C.tlgo_loss_reduce(c, l, o)
	})
}
