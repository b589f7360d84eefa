//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// DOT is what is on the tape as a graph in Graphviz's DOT language: a box for each op that it has recorded, blue boxes for the variables
// that these read, ellipses for other tensors; what no gradient passes is dashed. A consumed tape holds no ops: ask before the gradient.
func (t *Tape) DOT() (string, error) {
	if err := t.self().usable(); err != nil {
		return "", err
	}
	graph, status := text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_tape_dot(C.uintptr_t(t.h), buffer, capacity, length)
	})
	runtime.KeepAlive(t)
	return graph, t.c.effect(status)
}

// DOT is the layers as a graph in Graphviz's DOT language: a box for each layer with its number of parameters, a frame for each
// sequential one, edges with shapes where these are known.
func (l *Layer) DOT() (string, error) {
	if err := l.self().usable(); err != nil {
		return "", err
	}
	graph, status := text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_layer_dot(C.uintptr_t(l.h), buffer, capacity, length)
	})
	runtime.KeepAlive(l)
	return graph, l.c.effect(status)
}

// DOT is the program that was used last as a graph in Graphviz's DOT language: boxes are kernels, of several ops where these were fused;
// blue boxes are variables before and after the step; edges are values. Without nodes before the first call.
func (f *Function) DOT() (string, error) {
	if err := f.self().usable(); err != nil {
		return "", err
	}
	graph, status := text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_function_dot(C.uintptr_t(f.h), buffer, capacity, length)
	})
	runtime.KeepAlive(f)
	return graph, f.c.effect(status)
}
