//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"runtime"
	"strings"
	"unsafe"
)

// cstring is s for C, to be freed by free; nil for "". Text with a NUL inside, which C would cut off, is refused.
func (c *Context) cstring(op, s string) (text *C.char, free func(), ok bool) {
	if s == "" {
		return nil, func() {}, true
	}
	if strings.IndexByte(s, 0) >= 0 {
		c.refuse(op, "text must not hold a NUL byte: got "+strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\\x00"), "?"))
		return nil, nil, false
	}
	text = C.CString(s)
	return text, func() { C.free(unsafe.Pointer(text)) }, true
}

// Variable is a variable with the initial value of a tensor, which tapes watch when an op reads it. It keeps its shape and
// dtype. The name is used in messages.
func (c *Context) Variable(initial *Tensor, name string) *Tensor {
	return c.variable(initial, name, true)
}

// UntrainedVariable is a variable that tapes do not watch by themselves.
func (c *Context) UntrainedVariable(initial *Tensor, name string) *Tensor {
	return c.variable(initial, name, false)
}

func (c *Context) variable(initial *Tensor, name string, trainable bool) *Tensor {
	if initial.err() != nil {
		return initial
	}
	text, free, ok := c.cstring("variable_new", name)
	if !ok {
		return c.result(0)
	}
	defer free()
	h := C.tlgo_variable_new(c.handle(), initial.handle(), text, C.bool(trainable))
	runtime.KeepAlive(initial)
	return c.result(h)
}

// IsVariable is true for a live variable.
func (t *Tensor) IsVariable() bool {
	is := bool(C.tlgo_is_variable(t.handle()))
	runtime.KeepAlive(t)
	return is
}

// ReadVariable is the variable's current value as a tensor that later assignments do not change. Open tapes see the read.
func (t *Tensor) ReadVariable() *Tensor {
	c, broken := one(t)
	if broken != nil {
		return broken
	}
	h := C.tlgo_variable_read(t.handle())
	runtime.KeepAlive(t)
	return c.result(h)
}

// Assign gives the variable a new value of the same shape and dtype. Tensors read before keep theirs.
func (t *Tensor) Assign(value *Tensor) error {
	c, broken := two(t, value)
	if broken != nil {
		return c.brokenBy(broken)
	}
	err := c.effect(C.tlgo_variable_assign(t.handle(), value.handle()))
	runtime.KeepAlive(t)
	runtime.KeepAlive(value)
	return err
}

// Name is the variable's name; "" on failure (the context holds the error).
func (t *Tensor) Name() string {
	if t == nil || t.h == 0 {
		return ""
	}
	t.c.lend.Lock()
	defer t.c.lend.Unlock()
	return C.GoString(C.tlgo_variable_name(C.uintptr_t(t.h)))
}

// Trainable is whether tapes watch the variable by themselves; false on failure (the context holds the error).
func (t *Tensor) Trainable() bool {
	is := bool(C.tlgo_variable_trainable(t.handle()))
	runtime.KeepAlive(t)
	return is
}

// SetTrainable sets whether tapes that are opened or read the variable from now on watch it by themselves.
func (t *Tensor) SetTrainable(trainable bool) error {
	c, broken := one(t)
	if broken != nil {
		return c.brokenBy(broken)
	}
	err := c.effect(C.tlgo_variable_set_trainable(t.handle(), C.bool(trainable)))
	runtime.KeepAlive(t)
	return err
}
