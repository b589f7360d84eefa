//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"context"
	"runtime"
	"sync"
	"unsafe"
)

// Dataset is a collection of elements, each of which is a list of tensors (an image and its label, say). It keeps what
// it was made from alive, leaves it as it is, and has a position of its own.
//
//	for train.Next() {
//		images, labels := train.Batch()[0], train.Batch()[1]
//		...
//	}
//	if err := train.Err(); err != nil { ... }
type Dataset struct {
	object
	functions []*elementRule // that its elements go through
	mu        sync.Mutex
	element   []*Tensor
	stopped   error // why the last Next was the end
}

// ReadIDX is the tensor in an IDX file (the format of MNIST), plain or compressed by gzip, which is told by the content.
// ErrNotFound, ErrIO (a directory, no permission), ErrCorruptData (cut off, too long, damaged, another format; the message
// names file, offset and rule), ErrOutOfMemory. The tensor may take maxBytes, where it is 0 the size of the file as it is, times 2 or 4
// where elements are widened so, and 64 MiB: a small compressed file may hold any amount of zeros, so give more only for files you trust.
func (c *Context) ReadIDX(path string, maxBytes uint64) (*Tensor, error) {
	text, free, ok := c.path("read_idx", path)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	t := c.result(C.tlgo_read_idx(c.handle(), text, C.uint64_t(maxBytes)))
	if err := t.Err(); err != nil {
		return nil, err
	}
	return t, nil
}

// path is cstring for which "" is a path, too, of no file.
func (c *Context) path(op, path string) (*C.char, func(), bool) {
	text, free, ok := c.cstring(op, path)
	if ok && text == nil {
		text = C.CString("")
		free = func() { C.free(unsafe.Pointer(text)) }
	}
	return text, free, ok
}

// IDXFolder is images and labels from a folder of IDX files in the layout of MNIST: elements of two tensors as ReadIDX gives
// them, with maxBytes for each of the two files. In a folder with one split only, its first nine tenths are for training, the rest for testing.
func (c *Context) IDXFolder(folder string, part DataPart, maxBytes uint64) (*Dataset, error) {
	text, free, ok := c.path("dataset_from_idx_folder", folder)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	d := c.dataset(C.tlgo_dataset_from_idx_folder(c.handle(), text, C.int32_t(part), C.uint64_t(maxBytes)))
	if err := d.object.usable(); err != nil {
		return nil, err
	}
	return d, nil
}

// Dataset is tensors, at least one, cut along their first axes, which must agree in size: element i holds row i of each of
// them. Variables are taken at their present value. Nothing is copied.
func (c *Context) Dataset(tensors ...*Tensor) *Dataset {
	handles, broken := handlesOf(tensors)
	if broken != nil {
		return &Dataset{object: object{c: c, failed: broken.err()}}
	}
	d := c.dataset(C.tlgo_dataset_from_tensors(c.handle(), list(handles), C.size_t(len(handles))))
	runtime.KeepAlive(tensors)
	return d
}

func (c *Context) dataset(handle C.uintptr_t) *Dataset {
	d := &Dataset{}
	made := c.objectOf(handle)
	d.h, d.object.c, d.failed = made.h, made.c, made.failed
	return newObject(d, &d.object, releaseDataset)
}

func releaseDataset(h uintptr) { C.tlgo_dataset_release(C.uintptr_t(h)) }

func (d *Dataset) self() *object {
	if d == nil {
		return nil
	}
	return &d.object
}

func (d *Dataset) made(call func(c, source C.uintptr_t) C.uintptr_t) *Dataset {
	if d == nil {
		return &Dataset{object: object{failed: isNil()}}
	}
	if d.h == 0 {
		return d
	}
	made := d.c.dataset(call(d.c.handle(), C.uintptr_t(d.h)))
	made.functions = d.functions
	runtime.KeepAlive(d)
	return made
}

// Take is the first count elements, or all where there are fewer.
func (d *Dataset) Take(count int64) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t { return C.tlgo_dataset_take(c, source, C.int64_t(count)) })
}

// Skip is all but the first count elements. To split data, take and skip before you shuffle.
func (d *Dataset) Skip(count int64) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t { return C.tlgo_dataset_skip(c, source, C.int64_t(count)) })
}

// Shuffle is all elements in a random order, anew in each epoch; every order is equally likely. The order follows from the
// seed, the epoch and the number of elements alone. Shuffle before batching, or whole batches change places.
func (d *Dataset) Shuffle(seed uint64) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t { return C.tlgo_dataset_shuffle(c, source, C.uint64_t(seed)) })
}

// Batched is groups of count elements, at least 1, stacked along a new first axis. The last group is smaller where count does
// not divide the size; with dropRemainder it is left out, which must leave at least one.
func (d *Dataset) Batched(count int64, dropRemainder bool) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_batch(c, source, C.int64_t(count), C.bool(dropRemainder))
	})
}

// Cast converts tensor number position of each element: to F32 or F64 from any dtype, to I32 from U8 and Bool, to I64 from
// these and I32. Floating-point results are divided by divisor (255 for images of bytes, 1 for nothing); for integers it must
// be 1. Best after batching: memory then holds the small dtype.
func (d *Dataset) Cast(position int, dtype DType, divisor float64) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_cast(c, source, C.size_t(position), C.int32_t(dtype), C.double(divisor))
	})
}

// Next goes to the next element, which Batch gives. At the end of an epoch it returns false once, and the next call begins the
// following epoch. It also returns false, and moves nothing, on any failure and while the context holds an error, so a loop
// always ends: look at Err after it.
func (d *Dataset) Next() bool { return d.next(nil) }

// NextContext is Next that ends when ctx does; Err is then the context's error.
func (d *Dataset) NextContext(ctx context.Context) bool { return d.next(ctx) }

func (d *Dataset) next(ctx context.Context) bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.element, d.stopped = nil, nil
	if d.h == 0 {
		d.stopped = d.object.usable()
		return false
	}
	handles := make([]C.uintptr_t, int(C.tlgo_dataset_width(C.uintptr_t(d.h))))
	more := false
	get := func() error {
		more = bool(C.tlgo_dataset_next(C.uintptr_t(d.h), list(handles), C.size_t(len(handles))))
		runtime.KeepAlive(d)
		if more {
			return nil
		}
		return thrownBy(d.functions, d.c.Err())
	}
	if ctx == nil {
		d.stopped = get()
	} else {
		d.stopped = d.c.Do(ctx, get)
	}
	if !more || d.stopped != nil {
		return false
	}
	d.element = make([]*Tensor, len(handles))
	for i, h := range handles {
		d.element[i] = d.c.borrowed(uintptr(h), d)
	}
	return true
}

// Batch is the element that Next went to, one tensor for each part; nil before the first and after the last. The tensors
// belong to the dataset, whatever scope is open: the next call of Next or Seek ends them. Tensor.Keep gives one that lives on.
func (d *Dataset) Batch() []*Tensor {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]*Tensor(nil), d.element...)
}

// Err is why the last Next returned false, nil at the end of an epoch; or why the dataset could not be made.
func (d *Dataset) Err() error {
	if err := d.self().usable(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopped
}

// Len is the number of elements in an epoch; DatasetUnknownSize where only iterating tells, DatasetInfiniteSize where an epoch has
// no end; -1 on failure (the context holds the error).
func (d *Dataset) Len() int64 {
	if d == nil {
		return -1
	}
	n := int64(C.tlgo_dataset_size(C.uintptr_t(d.h)))
	runtime.KeepAlive(d)
	return n
}

// Width is the number of tensors in an element; 0 on failure (the context holds the error).
func (d *Dataset) Width() int {
	if d == nil {
		return 0
	}
	n := int(C.tlgo_dataset_width(C.uintptr_t(d.h)))
	runtime.KeepAlive(d)
	return n
}

// Epoch is that of the element that comes next, from 0; 0 on failure (the context holds the error).
func (d *Dataset) Epoch() uint64 {
	if d == nil {
		return 0
	}
	n := uint64(C.tlgo_dataset_epoch(C.uintptr_t(d.h)))
	runtime.KeepAlive(d)
	return n
}

// Position is the place in its epoch of the element that comes next, from 0; Len when the epoch's end comes next; -1 on
// failure (the context holds the error).
func (d *Dataset) Position() int64 {
	if d == nil {
		return -1
	}
	n := int64(C.tlgo_dataset_position(C.uintptr_t(d.h)))
	runtime.KeepAlive(d)
	return n
}

// Seek goes to a place that Epoch and Position gave; (0, 0) is the beginning. Another dataset that was made in the same way
// continues there with the same elements.
func (d *Dataset) Seek(epoch uint64, position int64) error {
	if err := d.self().usable(); err != nil {
		return err
	}
	err := d.c.effect(C.tlgo_dataset_seek(C.uintptr_t(d.h), C.uint64_t(epoch), C.int64_t(position)))
	runtime.KeepAlive(d)
	return err
}

// Keep moves the dataset one scope out, as Tensor.Keep does, and returns it.
func (d *Dataset) Keep() *Dataset {
	if d == nil {
		return nil
	}
	return keep(d, &d.object, func() C.uintptr_t { return C.tlgo_dataset_keep(C.uintptr_t(d.h)) }, releaseDataset)
}

// Close gives the dataset up; datasets made from it go on. Closing it again does nothing; the error is always nil.
func (d *Dataset) Close() error { return d.self().close(releaseDataset) }
