//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "unsafe"

type thresholdCall func(c C.uintptr_t, thresholds *C.double, count C.size_t, o C.tlgo_threshold_options) C.uintptr_t

func (c *Context) byThresholds(op string, thresholds []float64, options *ThresholdOptions, call thresholdCall) *Metric {
	return c.newMetric(op, options.name(), func(name *C.char) C.uintptr_t {
		var first *C.double
		if len(thresholds) > 0 {
			first = (*C.double)(unsafe.Pointer(&thresholds[0]))
		}
		return call(c.handle(), first, C.size_t(len(thresholds)), options.raw(name))
	})
}

// TruePositives is the weight of the predictions that are above a threshold, strictly, and whose label is 1: one result for each
// threshold, each in [0, 1]; without any (nil) there is one, 0.5. Labels: 0 and 1 of any dtype; predictions: F32 or F64,
// probabilities, or logits by an option, of the labels' shape but for a last axis of size 1; a NaN is above no threshold. options
// may be nil.
func (c *Context) TruePositives(thresholds []float64, options *ThresholdOptions) *Metric {
	return c.byThresholds("metric_true_positives", thresholds, options, func(c C.uintptr_t, t *C.double, n C.size_t, o C.tlgo_threshold_options) C.uintptr_t {
		return C.tlgo_metric_true_positives(c, t, n, o)
	})
}

// FalsePositives is the weight of the predictions that are above a threshold and whose label is 0; otherwise TruePositives.
func (c *Context) FalsePositives(thresholds []float64, options *ThresholdOptions) *Metric {
	return c.byThresholds("metric_false_positives", thresholds, options, func(c C.uintptr_t, t *C.double, n C.size_t, o C.tlgo_threshold_options) C.uintptr_t {
		return C.tlgo_metric_false_positives(c, t, n, o)
	})
}

// TrueNegatives is the weight of the predictions that are not above a threshold and whose label is 0; otherwise TruePositives.
func (c *Context) TrueNegatives(thresholds []float64, options *ThresholdOptions) *Metric {
	return c.byThresholds("metric_true_negatives", thresholds, options, func(c C.uintptr_t, t *C.double, n C.size_t, o C.tlgo_threshold_options) C.uintptr_t {
		return C.tlgo_metric_true_negatives(c, t, n, o)
	})
}

// FalseNegatives is the weight of the predictions that are not above a threshold and whose label is 1; otherwise TruePositives.
func (c *Context) FalseNegatives(thresholds []float64, options *ThresholdOptions) *Metric {
	return c.byThresholds("metric_false_negatives", thresholds, options, func(c C.uintptr_t, t *C.double, n C.size_t, o C.tlgo_threshold_options) C.uintptr_t {
		return C.tlgo_metric_false_negatives(c, t, n, o)
	})
}

// Precision is true positives by all predictions above a threshold, tp / (tp + fp); otherwise TruePositives. With TopK, without
// thresholds, the k largest predictions of a row say yes; of equals the first.
func (c *Context) Precision(thresholds []float64, options *ThresholdOptions) *Metric {
	return c.byThresholds("metric_precision", thresholds, options, func(c C.uintptr_t, t *C.double, n C.size_t, o C.tlgo_threshold_options) C.uintptr_t {
		return C.tlgo_metric_precision(c, t, n, o)
	})
}

// Recall is true positives by all labels 1, tp / (tp + fn); otherwise Precision.
func (c *Context) Recall(thresholds []float64, options *ThresholdOptions) *Metric {
	return c.byThresholds("metric_recall", thresholds, options, func(c C.uintptr_t, t *C.double, n C.size_t, o C.tlgo_threshold_options) C.uintptr_t {
		return C.tlgo_metric_recall(c, t, n, o)
	})
}

// AUC is the area under a curve through the points of all thresholds: those given, or ThresholdCount of the options, evenly spread;
// one just below 0 and one just above 1 are always among them. Otherwise TruePositives.
func (c *Context) AUC(thresholds []float64, options *ThresholdOptions) *Metric {
	return c.byThresholds("metric_auc", thresholds, options, func(c C.uintptr_t, t *C.double, n C.size_t, o C.tlgo_threshold_options) C.uintptr_t {
		return C.tlgo_metric_auc(c, t, n, o)
	})
}

// SensitivityAtSpecificity is the largest sensitivity, tp / (tp + fn), over the thresholds at which the specificity, tn / (tn + fp),
// is at least this, in [0, 1]; 0 where there is none. Labels and predictions as in TruePositives. options may be nil.
func (c *Context) SensitivityAtSpecificity(specificity float64, options *ThresholdOptions) *Metric {
	return c.newMetric("metric_sensitivity_at_specificity", options.name(), func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_sensitivity_at_specificity(c.handle(), C.double(specificity), options.raw(n))
	})
}

// SpecificityAtSensitivity is the largest specificity where the sensitivity is at least this; otherwise SensitivityAtSpecificity.
func (c *Context) SpecificityAtSensitivity(sensitivity float64, options *ThresholdOptions) *Metric {
	return c.newMetric("metric_specificity_at_sensitivity", options.name(), func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_specificity_at_sensitivity(c.handle(), C.double(sensitivity), options.raw(n))
	})
}

// PrecisionAtRecall is the largest precision where the recall is at least this; otherwise SensitivityAtSpecificity.
func (c *Context) PrecisionAtRecall(recall float64, options *ThresholdOptions) *Metric {
	return c.newMetric("metric_precision_at_recall", options.name(), func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_precision_at_recall(c.handle(), C.double(recall), options.raw(n))
	})
}

// RecallAtPrecision is the largest recall where the precision is at least this; otherwise SensitivityAtSpecificity.
func (c *Context) RecallAtPrecision(precision float64, options *ThresholdOptions) *Metric {
	return c.newMetric("metric_recall_at_precision", options.name(), func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_recall_at_precision(c.handle(), C.double(precision), options.raw(n))
	})
}
