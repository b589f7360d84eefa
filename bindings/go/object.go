//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"sync/atomic"
	"unsafe"
)

// object is what tapes, layers, optimizers, metrics and datasets share: a handle, or why there is none.
type object struct {
	h      uintptr // never changes: C recognises a handle that was released
	c      *Context
	failed *Error
	closed atomic.Bool
	netted atomic.Bool // the garbage collector closes it
	net    *net
}

// objectOf is the object behind a new handle, or, for 0, one that carries the context's error.
func (c *Context) objectOf(handle C.uintptr_t) object {
	if handle == 0 {
		return object{c: c, failed: c.seen()}
	}
	return object{h: uintptr(handle), c: c}
}

// newObject has a new object closed when the last reference to it is gone, unless a scope will.
func newObject[T any](made *T, o *object, release func(uintptr)) *T {
	if o.h != 0 && o.c.depth.Load() == 0 {
		o.spread(release)
	}
	return made
}

func (o *object) spread(release func(uintptr)) {
	if o.netted.CompareAndSwap(false, true) {
		o.net = newNet(o.h, o.c, release)
	}
}

// usable is the error that kept the object from being made, nil for any other, which the context forgets: so it works again.
func (o *object) usable() error {
	if o == nil {
		return isNil()
	}
	if o.failed != nil {
		o.c.forget(o.failed)
		return o.failed
	}
	if o.h == 0 {
		return isZero(subject(called()))
	}
	return nil
}

// close gives the handle up, once; under lend, because memory that the object lends ends with it.
func (o *object) close(release func(uintptr)) error {
	if o == nil || o.h == 0 || !o.closed.CompareAndSwap(false, true) {
		return nil
	}
	o.c.lend.Lock()
	defer o.c.lend.Unlock()
	release(o.h)
	return nil
}

// keep moves the object out of the innermost scope with C's function, and has it closed when nobody refers to it any more.
func keep[T any](kept *T, o *object, keep func() C.uintptr_t, release func(uintptr)) *T {
	if o.h != 0 && keep() != 0 {
		o.spread(release)
	}
	return kept
}

// failedTensor stands for the result of a call on an object that has no handle.
func (o *object) failedTensor() *Tensor {
	if o == nil {
		return (*Context)(nil).failure(isNil())
	}
	if o.failed == nil {
		return o.c.failure(isZero(subject(called())))
	}
	return o.c.failure(o.failed)
}

// lentTensors is the list of variables that an object lends, as tensors of Go: those of before as long as the list is the same.
func (o *object) lentTensors(owner any, cache *atomic.Pointer[[]*Tensor], of func() C.tlgo_list) []*Tensor {
	if o == nil || o.h == 0 {
		return nil
	}
	o.c.lend.Lock()
	defer o.c.lend.Unlock()
	found := of()
	if found.count == 0 || found.handles == nil {
		return nil
	}
	handles := unsafe.Slice(found.handles, int(found.count))
	known := cache.Load()
	same := known != nil && len(*known) == len(handles)
	for i := 0; same && i < len(handles); i++ {
		same = (*known)[i].h == uintptr(handles[i])
	}
	if !same {
		fresh := make([]*Tensor, len(handles))
		for i, h := range handles {
			fresh[i] = o.c.borrowed(uintptr(h), owner)
		}
		cache.Store(&fresh)
		known = &fresh
	}
	return append([]*Tensor(nil), *known...)
}

// name is text that an object lends.
func (o *object) name(of func() *C.char) string {
	if o == nil || o.h == 0 {
		return ""
	}
	o.c.lend.Lock()
	defer o.c.lend.Unlock()
	return C.GoString(of())
}
