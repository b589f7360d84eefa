//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

// SparseTopKCategoricalAccuracy is SparseCategoricalAccuracy where it is enough that the label is among the k largest predictions,
// of equals the first. k is 1 or more, 5 is usual. name may be "".
func (c *Context) SparseTopKCategoricalAccuracy(k int64, name string) *Metric {
	return c.newMetric("metric_sparse_top_k_categorical_accuracy", name, func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_sparse_top_k_categorical_accuracy(c.handle(), C.int64_t(k), n)
	})
}

// TopKCategoricalAccuracy is CategoricalAccuracy where it is enough that the label is among the k largest predictions, of equals the
// first. k is 1 or more, 5 is usual. name may be "".
func (c *Context) TopKCategoricalAccuracy(k int64, name string) *Metric {
	return c.newMetric("metric_top_k_categorical_accuracy", name, func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_top_k_categorical_accuracy(c.handle(), C.int64_t(k), n)
	})
}

// FBeta is (1 + beta^2) precision recall / (beta^2 precision + recall) of each class, 0 where that is 0 / 0 (van Rijsbergen 1979).
// Labels: 0 and 1 of any dtype; predictions: F32 or F64; both (..., classes), of one class also without that axis. A NaN says no.
// Weights are those of the rows. options may be nil.
func (c *Context) FBeta(classes int64, options *FBetaOptions) *Metric {
	return c.newMetric("metric_f_beta", options.name(), func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_f_beta(c.handle(), C.int64_t(classes), options.raw(n))
	})
}

// MeanIoU is the mean over the classes of tp / (tp + fp + fn), over those that are somewhere a label or a prediction. Labels: integers
// in [0, classes); predictions: integers of their shape, or scores (..., classes), the largest of which counts. name may be "".
func (c *Context) MeanIoU(classes int64, name string) *Metric {
	return c.newMetric("metric_mean_iou", name, func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_mean_iou(c.handle(), C.int64_t(classes), n)
	})
}

// RootMeanSquaredError is sqrt(sum(weights (label - prediction)^2) / sum(weights)) over all elements. Labels of any dtype and of the
// shape of the predictions, F32 or F64. name may be "".
func (c *Context) RootMeanSquaredError(name string) *Metric {
	return c.newMetric("metric_root_mean_squared_error", name, func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_root_mean_squared_error(c.handle(), n)
	})
}

// CosineSimilarityMetric is the mean over samples of the cosine of the angle between label and prediction, vectors along the last axis;
// 0 where one is zero. name may be "".
func (c *Context) CosineSimilarityMetric(name string) *Metric {
	return c.newMetric("metric_cosine_similarity", name, func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_cosine_similarity(c.handle(), n)
	})
}

// PearsonCorrelation is the mean over samples of Pearson's correlation of label and prediction along the last axis; 0 where one does not
// vary. name may be "".
func (c *Context) PearsonCorrelation(name string) *Metric {
	return c.newMetric("metric_pearson_correlation", name, func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_pearson_correlation(c.handle(), n)
	})
}

// R2 is the coefficient of determination of each output, 1 - sum(weights (label - prediction)^2) / sum(weights (label - mean label)^2);
// 0 where the labels do not vary. Labels and predictions: (samples, outputs), of one output also (samples). options may be nil.
func (c *Context) R2(outputs int64, options *R2Options) *Metric {
	return c.newMetric("metric_r2", options.name(), func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_r2(c.handle(), C.int64_t(outputs), options.raw(n))
	})
}
