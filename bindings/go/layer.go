//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"runtime"
	"sync/atomic"
)

// Layer is a function of one tensor with variables of its own. Make models outside of the scope of a step.
type Layer struct {
	object
	variables, trainable atomic.Pointer[[]*Tensor]
}

func (c *Context) newLayer(op, name string, make func(name *C.char) C.uintptr_t) *Layer {
	text, free, ok := c.cstring(op, name)
	l := &Layer{}
	if !ok {
		l.object.c, l.failed = c, c.seen()
		return l
	}
	defer free()
	made := c.objectOf(make(text))
	l.h, l.c, l.failed = made.h, made.c, made.failed
	return newObject(l, &l.object, releaseLayer)
}

func releaseLayer(h uintptr) { C.tlgo_layer_release(C.uintptr_t(h)) }

func (l *Layer) self() *object {
	if l == nil {
		return nil
	}
	return &l.object
}

// Dense is a layer activation(x kernel + bias), from (..., input size) to (..., units), rank 2 or more. Its variables are
// made at once when the input size is given, else at the first call. options may be nil.
func (c *Context) Dense(units int64, options *DenseOptions) *Layer {
	return c.newLayer("dense", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_dense(c.handle(), C.int64_t(units), options.raw(name))
	})
}

// DropoutLayer is a layer that, while training, sets each element to zero with probability rate, in [0, 1), and divides the
// others by 1 - rate; otherwise it is the identity. Any shape, F32 or F64. options may be nil.
func (c *Context) DropoutLayer(rate float64, options *LayerOptions) *Layer {
	return c.newLayer("dropout", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_dropout_layer(c.handle(), C.double(rate), options.raw(name))
	})
}

// FlattenLayer is a layer that merges all axes but the first into one: (n, 28, 28) to (n, 784). Any dtype. options may be nil.
func (c *Context) FlattenLayer(options *LayerOptions) *Layer {
	return c.newLayer("flatten", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_flatten_layer(c.handle(), options.raw(name))
	})
}

// ActivationLayer is a layer that applies an activation. Any shape, F32 or F64. options may be nil.
func (c *Context) ActivationLayer(activation Activation, options *LayerOptions) *Layer {
	return c.newLayer("activation", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_activation_layer(c.handle(), C.int32_t(activation), options.raw(name))
	})
}

// BatchNormalization is a layer gamma (x - mean) / sqrt(variance + epsilon) + beta over all axes but the last; rank 2 or more.
// While training, mean and (biased) variance are those of the batch, and the moving averages are updated; otherwise they are
// the moving averages. options may be nil.
func (c *Context) BatchNormalization(options *BatchNormalizationOptions) *Layer {
	return c.newLayer("batch_normalization", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_batch_normalization(c.handle(), options.raw(name))
	})
}

// LayerNormalization is a layer gamma (x - mean) / sqrt(variance + epsilon) + beta with the mean and (biased) variance of each
// row over the last axis, which must not be empty. options may be nil.
func (c *Context) LayerNormalization(options *LayerNormalizationOptions) *Layer {
	return c.newLayer("layer_normalization", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_layer_normalization(c.handle(), options.raw(name))
	})
}

// Sequential is a layer of layers one after the other, at least one; it shares them, so they may be closed. A layer may stand
// there twice and has its variables once. A layer is named by the first Sequential that it is put into, "dense", "dense_1", ...,
// or as its options say, and keeps that name in all others; no two of one Sequential may have the same name.
func (c *Context) Sequential(layers ...*Layer) *Layer {
	return c.SequentialNamed("", layers...)
}

// SequentialNamed is Sequential with a name, which comes first in the names of its variables.
func (c *Context) SequentialNamed(name string, layers ...*Layer) *Layer {
	handles := make([]C.uintptr_t, len(layers))
	for i, l := range layers {
		if l != nil && l.h == 0 {
			failed := l.failed
			if failed == nil {
				failed = isZero("the layer")
			}
			return &Layer{object: object{c: c, failed: failed}}
		}
		if l != nil {
			handles[i] = C.uintptr_t(l.h)
		}
	}
	made := c.newLayer("sequential", name, func(name *C.char) C.uintptr_t {
		if name == nil {
			return C.tlgo_sequential(c.handle(), list(handles), C.size_t(len(handles)))
		}
		return C.tlgo_sequential_named(c.handle(), list(handles), C.size_t(len(handles)), name)
	})
	runtime.KeepAlive(layers)
	return made
}

// Call is the layer's output for x. training matters to dropout and batch normalisation. The first call makes the variables
// that are not there yet. A call that fails in whatever layer makes none, moves no average and uses no random numbers up.
func (l *Layer) Call(x *Tensor, training bool) *Tensor {
	if l == nil || l.h == 0 {
		return l.self().failedTensor()
	}
	if x.err() != nil {
		return x
	}
	h := C.tlgo_layer_call(C.uintptr_t(l.h), x.handle(), C.bool(training))
	runtime.KeepAlive(x)
	made := l.c.result(h)
	runtime.KeepAlive(l)
	return made
}

// Build makes the variables for inputs of this shape, the batch axis included (its size does not matter); when they
// are there, it only looks whether the shape fits them.
func (l *Layer) Build(shape ...int64) error {
	if err := l.self().usable(); err != nil {
		return err
	}
	err := l.c.effect(C.tlgo_layer_build(C.uintptr_t(l.h), dims(shape), C.size_t(len(shape))))
	runtime.KeepAlive(l)
	return err
}

// Variables is all variables of the layer, which lends them; none before it is built, and on failure (the context holds the
// error).
func (l *Layer) Variables() []*Tensor {
	if l == nil {
		return nil
	}
	return l.lentTensors(l, &l.variables, func() C.tlgo_list { return C.tlgo_list_layer(C.uintptr_t(l.h)) })
}

// TrainableVariables is Variables without those that are not trainable now: what gradients are taken for.
func (l *Layer) TrainableVariables() []*Tensor {
	if l == nil {
		return nil
	}
	return l.lentTensors(l, &l.trainable, func() C.tlgo_list { return C.tlgo_list_trainable(C.uintptr_t(l.h)) })
}

// Name is the layer's name; "" on failure (the context holds the error).
func (l *Layer) Name() string {
	return l.self().name(func() *C.char { return C.tlgo_layer_name(C.uintptr_t(l.h)) })
}

// Summary is a table of the layers with output shapes ("?" is the batch) and numbers of parameters.
func (l *Layer) Summary() (string, error) {
	if err := l.self().usable(); err != nil {
		return "", err
	}
	table, status := text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_layer_summary(C.uintptr_t(l.h), buffer, capacity, length)
	})
	runtime.KeepAlive(l)
	return table, l.c.effect(status)
}

// Keep moves the layer one scope out, as Tensor.Keep does, and returns it.
func (l *Layer) Keep() *Layer {
	if l == nil {
		return nil
	}
	return keep(l, &l.object, func() C.uintptr_t { return C.tlgo_layer_keep(C.uintptr_t(l.h)) }, releaseLayer)
}

// Err is the error that kept the layer from being made, nil for any other. The context forgets that error, so that it works again.
func (l *Layer) Err() error { return l.self().usable() }

// Close gives the layer up; sequential layers that share it go on. Closing it again does nothing; the error is always nil.
func (l *Layer) Close() error { return l.self().close(releaseLayer) }
