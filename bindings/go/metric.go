//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"math"
	"runtime"
	"sync/atomic"
)

// Metric is what many batches add up to, counted in F64. No tape sees it, and it works in a compiled step. Make it outside of the
// scope of a step.
type Metric struct {
	object
	state atomic.Pointer[[]*Tensor]
}

func (c *Context) newMetric(op, name string, make func(name *C.char) C.uintptr_t) *Metric {
	text, free, ok := c.cstring(op, name)
	m := &Metric{}
	if !ok {
		m.object.c, m.failed = c, c.seen()
		return m
	}
	defer free()
	made := c.objectOf(make(text))
	m.h, m.c, m.failed = made.h, made.c, made.failed
	return newObject(m, &m.object, releaseMetric)
}

func releaseMetric(h uintptr) { C.tlgo_metric_release(C.uintptr_t(h)) }

func (m *Metric) self() *object {
	if m == nil {
		return nil
	}
	return &m.object
}

// MeanMetric is sum(weights values) / sum(weights); 0 over nothing. name may be "".
func (c *Context) MeanMetric(name string) *Metric {
	return c.newMetric("metric_mean", name, func(n *C.char) C.uintptr_t { return C.tlgo_metric_mean(c.handle(), n) })
}

// SumMetric is sum(weights values). name may be "".
func (c *Context) SumMetric(name string) *Metric {
	return c.newMetric("metric_sum", name, func(n *C.char) C.uintptr_t { return C.tlgo_metric_sum(c.handle(), n) })
}

// SparseCategoricalAccuracy is the share of samples whose largest prediction (the first of equals) is that of the label.
// Labels: integers (...) or (..., 1); predictions: (..., classes). name may be "".
func (c *Context) SparseCategoricalAccuracy(name string) *Metric {
	return c.newMetric("metric_sparse_categorical_accuracy", name, func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_sparse_categorical_accuracy(c.handle(), n)
	})
}

// CategoricalAccuracy is the same for label probabilities or one-hot labels of the shape of the predictions, any dtype. name
// may be "".
func (c *Context) CategoricalAccuracy(name string) *Metric {
	return c.newMetric("metric_categorical_accuracy", name, func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_categorical_accuracy(c.handle(), n)
	})
}

// BinaryAccuracy is the share of elements for which (prediction > threshold), strictly, is the label, 0 or 1 of any dtype;
// shapes agree, but for a last axis of size 1. 0.5 is usual for probabilities, 0 for logits. name may be "".
func (c *Context) BinaryAccuracy(threshold float64, name string) *Metric {
	return c.newMetric("metric_binary_accuracy", name, func(n *C.char) C.uintptr_t {
		return C.tlgo_metric_binary_accuracy(c.handle(), C.double(threshold), n)
	})
}

// Update adds values, of any shape and dtype, to a mean or sum. weights (may be nil) stand for the leading axes of the values.
// A failure changes nothing.
func (m *Metric) Update(values, weights *Tensor) error {
	if err := m.self().usable(); err != nil {
		return err
	}
	for _, t := range []*Tensor{values, weights} {
		if t.err() != nil {
			return t.c.brokenBy(t)
		}
	}
	err := m.c.effect(C.tlgo_metric_update(C.uintptr_t(m.h), values.handle(), weights.handle()))
	runtime.KeepAlive(m)
	runtime.KeepAlive(values)
	runtime.KeepAlive(weights)
	return err
}

// UpdatePredictions adds predictions to a metric that compares them with labels. weights (may be nil) stand for the leading axes of
// the samples, or of the elements. A failure changes nothing.
func (m *Metric) UpdatePredictions(labels, predictions, weights *Tensor) error {
	if err := m.self().usable(); err != nil {
		return err
	}
	for _, t := range []*Tensor{labels, predictions, weights} {
		if t.err() != nil {
			return t.c.brokenBy(t)
		}
	}
	err := m.c.effect(C.tlgo_metric_update_predictions(C.uintptr_t(m.h), labels.handle(), predictions.handle(), weights.handle()))
	runtime.KeepAlive(m)
	runtime.KeepAlive(labels)
	runtime.KeepAlive(predictions)
	runtime.KeepAlive(weights)
	return err
}

// Result is what was added up so far; 0 for a share or mean of nothing. An error where there are several results.
func (m *Metric) Result() (float64, error) {
	if err := m.self().usable(); err != nil {
		return math.NaN(), err
	}
	found := C.tlgo_result(m.c.handle(), C.uintptr_t(m.h))
	runtime.KeepAlive(m)
	return float64(found.value), m.c.effect(found.code)
}

// ResultTensor is what was added up so far, as an F64 tensor: of rank 0, or of rank 1 where there are several results. It is computed
// by ops, so that a compiled step may give it out.
func (m *Metric) ResultTensor() *Tensor {
	if m == nil || m.h == 0 {
		return m.self().failedTensor()
	}
	made := m.c.result(C.tlgo_metric_result_tensor(C.uintptr_t(m.h)))
	runtime.KeepAlive(m)
	return made
}

// Reset forgets what was added up.
func (m *Metric) Reset() error {
	if err := m.self().usable(); err != nil {
		return err
	}
	err := m.c.effect(C.tlgo_metric_reset(C.uintptr_t(m.h)))
	runtime.KeepAlive(m)
	return err
}

// Variables is the state, F64 variables, "<name>/total" and "<name>/count" or what the metric says, which the metric lends.
func (m *Metric) Variables() []*Tensor {
	if m == nil {
		return nil
	}
	return m.lentTensors(m, &m.state, func() C.tlgo_list { return C.tlgo_list_metric(C.uintptr_t(m.h)) })
}

// Name is the name; "" on failure (the context holds the error).
func (m *Metric) Name() string {
	return m.self().name(func() *C.char { return C.tlgo_metric_name(C.uintptr_t(m.h)) })
}

// Keep moves the metric one scope out, as Tensor.Keep does, and returns it.
func (m *Metric) Keep() *Metric {
	if m == nil {
		return nil
	}
	return keep(m, &m.object, func() C.uintptr_t { return C.tlgo_metric_keep(C.uintptr_t(m.h)) }, releaseMetric)
}

// Err is the error that kept the metric from being made, nil for any other. The context forgets that error, so that it works again.
func (m *Metric) Err() error { return m.self().usable() }

// Close gives the metric up. Closing it again does nothing; the error is always nil.
func (m *Metric) Close() error { return m.self().close(releaseMetric) }
