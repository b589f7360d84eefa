//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// Tensor is an immutable value, or a variable: a cell that can be assigned, and that stands wherever a tensor is expected.
// It belongs to the context that made it. A Tensor whose making failed carries the error, and so does what is made from it.
type Tensor struct {
	h     uintptr // never changes: C recognises a handle that was released
	c     *Context
	extra atomic.Pointer[extra]
}

// extra is what only few tensors have.
type extra struct {
	err    *Error // why it could not be made
	owner  any    // the object that lends it: a layer, a metric, a dataset
	closed bool
	net    *net // of one that was moved out of all scopes
}

var closedTensor = &extra{closed: true}

// block is where the tensors of scopes live, many in one allocation: they need no finalizer, for the scope releases them.
type block struct {
	used    atomic.Uint32
	tensors [blockSize]Tensor
}

const blockSize = 64

// result is the tensor behind a new handle, or, for 0, one that carries the context's error.
func (c *Context) result(handle C.uintptr_t) *Tensor {
	if handle == 0 {
		return c.failure(c.seen())
	}
	if c.depth.Load() == 0 {
		return c.loose(uintptr(handle))
	}
	if b := c.block.Load(); b != nil {
		if at := b.used.Add(1); at <= blockSize {
			t := &b.tensors[at-1]
			t.h, t.c = uintptr(handle), c
			return t
		}
	}
	b := new(block)
	b.used.Store(1)
	t := &b.tensors[0]
	t.h, t.c = uintptr(handle), c
	c.block.Store(b)
	return t
}

// loose is a tensor that no scope will release.
func (c *Context) loose(handle uintptr) *Tensor {
	t := &Tensor{h: handle, c: c}
	closeAfter(t, handle, releaseTensor)
	c.heap.grown(c)
	return t
}

func releaseTensor(h uintptr) { C.tlgo_tensor_release(C.uintptr_t(h)) }

func (c *Context) failure(err *Error) *Tensor {
	t := &Tensor{c: c}
	t.extra.Store(&extra{err: err})
	return t
}

// borrowed is a tensor that an object lends: Close leaves it alone.
func (c *Context) borrowed(handle uintptr, owner any) *Tensor {
	t := &Tensor{h: handle, c: c}
	t.extra.Store(&extra{owner: owner})
	return t
}

func (t *Tensor) handle() C.uintptr_t {
	if t == nil {
		return 0
	}
	return C.uintptr_t(t.h)
}

func (t *Tensor) context() *Context {
	if t == nil {
		return nil
	}
	return t.c
}

// err is why the tensor could not be made, nil for any other and for nil.
func (t *Tensor) err() *Error {
	if t == nil || t.h != 0 {
		return nil
	}
	if t.extra.Load() == nil && t.c == nil {
		t.extra.CompareAndSwap(nil, &extra{err: isZero("the tensor")})
	}
	if e := t.extra.Load(); e != nil {
		return e.err
	}
	return nil
}

// one, two and some find the context of an op among its operands. broken is an operand that could not be made: it stands for
// the result, too. (A nil operand goes to C, which says so.)
func one(x *Tensor) (c *Context, broken *Tensor) {
	if x != nil && x.h != 0 {
		return x.c, nil
	}
	return some(x)
}

func two(a, b *Tensor) (c *Context, broken *Tensor) {
	if a != nil && b != nil && a.h != 0 && b.h != 0 {
		return a.c, nil
	}
	return some(a, b)
}

func some(operands ...*Tensor) (c *Context, broken *Tensor) {
	for _, t := range operands {
		if t.err() != nil {
			return t.c, t
		}
		if c == nil {
			c = t.context()
		}
	}
	return c, nil
}

// handlesOf is an array of handles for C. broken is one that could not be made; nil entries are 0.
func handlesOf(tensors []*Tensor) (handles []C.uintptr_t, broken *Tensor) {
	handles = make([]C.uintptr_t, len(tensors))
	if broken = setHandles(handles, tensors); broken != nil {
		return nil, broken
	}
	return handles, nil
}

// setHandles sets as many handles as there are tensors.
func setHandles(handles []C.uintptr_t, tensors []*Tensor) (broken *Tensor) {
	for i, t := range tensors {
		if t.err() != nil {
			return t
		}
		handles[i] = t.handle()
	}
	return nil
}

func list(handles []C.uintptr_t) *C.uintptr_t {
	if len(handles) == 0 {
		return nil
	}
	return &handles[0]
}

func dims(sizes []int64) *C.int64_t {
	if len(sizes) == 0 {
		return nil
	}
	return (*C.int64_t)(unsafe.Pointer(&sizes[0]))
}

// brokenBy is the error of a call with an effect on a tensor that could not be made.
func (c *Context) brokenBy(broken *Tensor) error {
	found := broken.err()
	c.forget(found)
	return found
}

// Err is the error that kept the tensor from being made, nil for any other. The context forgets that error, so that it works
// again.
func (t *Tensor) Err() error {
	if t == nil {
		return isNil()
	}
	if found := t.err(); found != nil {
		t.c.forget(found)
		return found
	}
	return nil
}

// Context is the context that the tensor belongs to; nil for a nil tensor.
func (t *Tensor) Context() *Context { return t.context() }

// Close gives the tensor up before its scope ends, or before the garbage collector finds it. Closing it again, or one that
// failed or is lent by a layer, a metric or a dataset, does nothing. The error is always nil.
func (t *Tensor) Close() error {
	if t == nil || t.h == 0 {
		return nil
	}
	for {
		e := t.extra.Load()
		if e != nil && (e.closed || e.owner != nil) {
			return nil
		}
		if t.extra.CompareAndSwap(e, closedTensor) {
			break
		}
	}
	C.tlgo_tensor_release(C.uintptr_t(t.h))
	runtime.KeepAlive(t)
	return nil
}

// Keep moves the tensor one scope out, so that it outlives the innermost one, and returns it. A tensor that a dataset or
// feed lends gives one that shares its memory and lives on.
func (t *Tensor) Keep() *Tensor {
	if t == nil || t.h == 0 {
		return t
	}
	if e := t.extra.Load(); e != nil && e.owner != nil {
		switch e.owner.(type) {
		case *Dataset, *Feed:
			return t.Identity().Keep()
		}
		return t
	}
	if C.tlgo_keep(C.uintptr_t(t.h)) == 0 {
		return t.c.failure(t.c.seen())
	}
	if t.c.depth.Load() > 0 && t.extra.Load() == nil {
		t.extra.CompareAndSwap(nil, &extra{net: newNet(t.h, t.c, releaseTensor)}) // it may have left all scopes
		t.c.block.Store(nil)                                                      // the context must not hold on to it
	}
	return t
}

// DType is the type of the elements; 0 on failure (the context holds the error).
func (t *Tensor) DType() DType {
	d := DType(C.tlgo_tensor_dtype(t.handle()))
	runtime.KeepAlive(t)
	return d
}

// Rank is the number of axes, 0 to MaxRank; 0 on failure (the context holds the error).
func (t *Tensor) Rank() int {
	n := int(C.tlgo_tensor_rank(t.handle()))
	runtime.KeepAlive(t)
	return n
}

// Dim is the size of an axis, negative axes counting from the last; -1 on failure (the context holds the error).
func (t *Tensor) Dim(axis int64) int64 {
	n := int64(C.tlgo_tensor_dim(t.handle(), C.int64_t(axis)))
	runtime.KeepAlive(t)
	return n
}

// Elements is the number of elements; -1 on failure (the context holds the error).
func (t *Tensor) Elements() int64 {
	n := int64(C.tlgo_tensor_elements(t.handle()))
	runtime.KeepAlive(t)
	return n
}

// Shape is the sizes of the axes, empty for rank 0; nil on failure (the context holds the error).
func (t *Tensor) Shape() []int64 {
	sizes := make([]int64, MaxRank)
	status := C.tlgo_tensor_shape(t.handle(), dims(sizes), C.size_t(len(sizes)))
	runtime.KeepAlive(t)
	if status != 0 {
		return nil
	}
	return sizes[:t.Rank()]
}

// String is the tensor as text, such as "f32 (2, 3) [[1, 2, 3], [4, 5, 6]]", long axes shortened; or its error in words.
func (t *Tensor) String() string {
	if t == nil {
		return "<nil>"
	}
	if found := t.err(); found != nil {
		return fmt.Sprintf("<failed: %v>", found)
	}
	t.c.lend.Lock()
	before := t.c.peek()
	t.c.lend.Unlock()
	text, status := text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_tensor_format(C.uintptr_t(t.h), buffer, capacity, length)
	})
	runtime.KeepAlive(t)
	if status == 0 {
		return text
	}
	// Printing leaves no error behind, and takes none that was there.
	var err error = Code(status)
	if before == nil {
		err = t.c.effect(status)
	}
	return fmt.Sprintf("<failed: %v>", err)
}

// text is what a call writes to a buffer, and its status.
func text(write func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t) (string, C.int32_t) {
	buffer, length := make([]byte, 256), new(C.size_t)
	for {
		status := write((*C.char)(unsafe.Pointer(&buffer[0])), C.size_t(len(buffer)), length)
		if status != 0 {
			return "", status
		}
		if int(*length) < len(buffer) {
			return string(buffer[:*length]), 0
		}
		buffer = make([]byte, *length+1)
	}
}
