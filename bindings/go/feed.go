//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"unsafe"
)

// Feed is two slots of memory for batches that another goroutine writes while a step runs, without a copy in between.
//
//	feed := c.NewFeed(images, labels) // of the shape of a whole batch
//	go func() {
//		defer feed.Finish()
//		for more {
//			err := feed.Fill(func(b *tapeloop.FeedBatch) (rows int, err error) {
//				pixels, err := tapeloop.FeedData[uint8](b, 0)
//				...
//				return rows, err
//			})
//			...
//		}
//	}()
//	for feed.Next() {
//		out, err := train.Call(feed.Batch()...)
//		...
//	}
//	if err := feed.Err(); err != nil { ... }
//
// Fill and Finish are the producer's: any goroutine may call them at any time, also while another uses the context, and their errors
// are theirs alone. Everything else is of the context, as usual. Images may stay bytes: a compiled step that casts and scales them
// does both in one pass over the batch.
type Feed struct {
	object
	tensors []feedTensor
	filling sync.Mutex // held by Fill
	begun   bool

	mu      sync.Mutex
	batch   []*Tensor
	stopped error // why the last Next was the end
}

type feedTensor struct {
	dtype DType
	shape []int64
}

// NewFeed makes a feed of batches of one tensor or more, each of the dtype and shape of that at its place in like, whose elements do
// not matter. All have the same first dimension, the batch, which is 1 or more. The memory counts as borrowed, not against the limit
// of the context.
func (c *Context) NewFeed(like ...*Tensor) *Feed {
	f := &Feed{}
	f.object.c = c
	handles, broken := handlesOf(like)
	if broken != nil {
		f.failed = broken.err()
		return f
	}
	for _, t := range like {
		f.tensors = append(f.tensors, feedTensor{t.DType(), t.Shape()})
	}
	made := c.objectOf(C.tlgo_feed_new(c.handle(), list(handles), C.size_t(len(handles))))
	f.h, f.failed = made.h, made.failed
	runtime.KeepAlive(like)
	return newObject(f, &f.object, releaseFeed)
}

func releaseFeed(h uintptr) { C.tlgo_feed_release(C.uintptr_t(h)) }

func (f *Feed) self() *object {
	if f == nil {
		return nil
	}
	return &f.object
}

// FeedBatch is the batch that a Fill writes. Its memory is of no use after that.
type FeedBatch struct{ feed *Feed }

// Fill waits for a slot and lets write fill it; write returns how many rows it has written: all, or fewer for the last of an epoch,
// but at least 1. An error of write, or a panic, comes back, and the next Fill writes the same slot. ErrCancelled, ErrInvalidArgument:
// the feed or its context is closed; ErrFailedPrecondition: it is finished. Calls from several goroutines wait for each other.
func (f *Feed) Fill(write func(b *FeedBatch) (rows int, err error)) error {
	const op = "feed_fill"
	switch {
	case f == nil:
		return isNil()
	case write == nil:
		return refusal(ErrInvalidArgument, "the function is nil")
	}
	f.filling.Lock()
	defer f.filling.Unlock()
	if !f.begun {
		if err := f.producer(op, C.tlgo_feed_begin(C.uintptr_t(f.h))); err != nil {
			return err
		}
		f.begun = true
	}
	b := &FeedBatch{feed: f}
	rows, err := write(b)
	b.feed = nil
	if err != nil {
		return err
	}
	err = f.producer(op, C.tlgo_feed_commit(C.uintptr_t(f.h), C.int64_t(rows)))
	runtime.KeepAlive(f)
	if e, ok := err.(*Error); !ok || e.Code != ErrInvalidArgument {
		f.begun = false
	}
	return err
}

// producer is the error of a call that leaves none in the context.
func (f *Feed) producer(op string, status C.int32_t) error {
	runtime.KeepAlive(f)
	switch Code(status) {
	case 0:
		return nil
	case ErrCancelled:
		return newError(ErrCancelled, fmt.Sprintf("[%s] the feed must be open: got one that was closed; end the producer", op))
	case ErrFailedPrecondition:
		return newError(ErrFailedPrecondition, fmt.Sprintf("[%s] the feed must be open: got one that is finished; make another", op))
	}
	return newError(Code(status), fmt.Sprintf(
		"[%s] the feed must be open, and a batch have 1 row or more, but not more than the feed: got none such; look at the rows", op))
}

// FeedData is the memory of one tensor of the batch, row-major. It holds zeros at first, later what an earlier batch has left. It is
// valid until write returns.
func FeedData[T Element](b *FeedBatch, position int) ([]T, error) {
	const op = "feed_data"
	if b == nil || b.feed == nil {
		return nil, refusal(ErrFailedPrecondition, "the batch has been handed over")
	}
	f := b.feed
	if position < 0 || position >= len(f.tensors) {
		return nil, newError(ErrInvalidArgument, fmt.Sprintf("[%s] there must be such a tensor: got number %d of %d", op, position, len(f.tensors)))
	}
	t := f.tensors[position]
	if dtype := dtypeOf[T](); t.dtype != dtype {
		return nil, newError(ErrInvalidArgument, fmt.Sprintf("[%s] elements must be of the tensor's dtype: got %v for %v; use its type", op, dtype, t.dtype))
	}
	bytes := new(C.size_t)
	memory := C.tlgo_feed_memory(C.uintptr_t(f.h), C.size_t(position), bytes)
	runtime.KeepAlive(f)
	if memory == nil {
		return nil, f.producer(op, C.int32_t(ErrCancelled))
	}
	var element T
	return unsafe.Slice((*T)(memory), uintptr(*bytes)/unsafe.Sizeof(element)), nil
}

// Finish says that no batch comes any more: Next gives what has been handed over, then false.
func (f *Feed) Finish() error {
	if f == nil {
		return isNil()
	}
	f.filling.Lock()
	defer f.filling.Unlock()
	f.begun = false
	return f.producer("feed_finish", C.tlgo_feed_finish(C.uintptr_t(f.h)))
}

// Next waits for the next batch, which Batch gives; false where none will come, on any failure, and while the context holds an error,
// so that a loop always ends: look at Err after it. It gives the slot of the batch before back to the producer.
func (f *Feed) Next() bool { return f.next(nil) }

// NextContext is Next that ends when ctx does; Err is then the context's error.
func (f *Feed) NextContext(ctx context.Context) bool { return f.next(ctx) }

func (f *Feed) next(ctx context.Context) bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batch, f.stopped = nil, nil
	if f.h == 0 {
		f.stopped = f.object.usable()
		return false
	}
	handles := make([]C.uintptr_t, len(f.tensors))
	more := false
	get := func() error {
		more = bool(C.tlgo_feed_next(C.uintptr_t(f.h), list(handles), C.size_t(len(handles))))
		runtime.KeepAlive(f)
		if more {
			return nil
		}
		return f.c.Err()
	}
	if ctx == nil {
		f.stopped = get()
	} else {
		f.stopped = f.c.Do(ctx, get)
	}
	if !more || f.stopped != nil {
		return false
	}
	for _, h := range handles {
		f.batch = append(f.batch, f.c.borrowed(uintptr(h), f))
	}
	return true
}

// Batch is what Next went to, one tensor for each that the feed was made with; nil before the first and after the last. The tensors
// belong to the feed, whatever scope is open: the next call of Next ends them. Tensor.Keep gives one that lives on; its memory is
// never written again.
func (f *Feed) Batch() []*Tensor {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*Tensor(nil), f.batch...)
}

// Err is why the last Next returned false, nil where no batch comes any more; or why the feed could not be made.
func (f *Feed) Err() error {
	if err := f.self().usable(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stopped
}

// Waited is the seconds that Next has waited for the producer so far: over the time of the loop, the share that is lost to input.
func (f *Feed) Waited() (float64, error) {
	if err := f.self().usable(); err != nil {
		return 0, err
	}
	seconds := float64(C.tlgo_feed_waited(C.uintptr_t(f.h)))
	runtime.KeepAlive(f)
	if seconds != seconds {
		return 0, f.c.Err()
	}
	return seconds, nil
}

// Keep moves the feed one scope out, as Tensor.Keep does, and returns it.
func (f *Feed) Keep() *Feed {
	if f == nil {
		return nil
	}
	return keep(f, &f.object, func() C.uintptr_t { return C.tlgo_feed_keep(C.uintptr_t(f.h)) }, releaseFeed)
}

// Close gives the feed up: a producer that waits learns of it. Closing it again does nothing; the error is always nil.
func (f *Feed) Close() error { return f.self().close(releaseFeed) }
