//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/cgo"
	"runtime/debug"
	"strings"
	"sync"
	"unsafe"
)

// ElementPlace says which element a function is asked for.
type ElementPlace struct {
	Epoch uint64 // of the source, from 0
	Index int64  // of the source's element in its epoch, from 0
	Seed  uint64 // of random numbers for this element, which is that of the function's context; it follows from the stage's seed, epoch and index
}

// ElementFunc makes the tensors of an element from those of the source's (none for a source). c is a context of its own: ops run there as
// everywhere, with random numbers that follow from the element; what it makes and does not return is freed for it.
//
// It runs on a goroutine of its own, several of them at once where a map has threads. An error that it returns, a panic, and the end of
// its goroutine, end the iteration with that error. It must not use the dataset's context, nor close that or the dataset, which wait for it.
type ElementFunc func(c *Context, place ElementPlace, inputs []*Tensor) (outputs []*Tensor, err error)

// PredicateFunc says whether an element stays. It runs as an ElementFunc does.
type PredicateFunc func(c *Context, place ElementPlace, inputs []*Tensor) (keep bool, err error)

// NextFunc gives the next element of a pass through an epoch, and io.EOF where none is left. It runs as an ElementFunc does.
type NextFunc func(c *Context) (outputs []*Tensor, err error)

// elementRule is what C knows by the number of a cgo.Handle.
type elementRule struct {
	op      string
	element ElementFunc
	keeps   PredicateFunc
	begin   func(epoch uint64) (next NextFunc, stop func(), err error)

	mu     sync.Mutex
	thrown []error // by the functions, until an iteration ends with one of them
}

// pass is what C knows of a pass through an epoch by the number of a cgo.Handle.
type pass struct {
	next NextFunc
	stop func() // may be nil
}

// The errors that a rule remembers: threads may have failed ahead of an element that nobody asks for.
const mostThrown = 16

func (r *elementRule) throw(c *Context, err error) C.int32_t {
	r.mu.Lock()
	if len(r.thrown) == mostThrown {
		r.thrown = r.thrown[1:]
	}
	r.thrown = append(r.thrown, err)
	r.mu.Unlock()
	code := ErrInvalidArgument
	var ours *Error
	if errors.As(err, &ours) {
		code = ours.Code
	}
	text := C.CString(err.Error())
	C.tlgo_set_error(c.handle(), C.int32_t(code), text)
	C.free(unsafe.Pointer(text))
	return C.int32_t(code)
}

// thrownBy is the error of a function that made an iteration end, where C's error tells of one; else C's.
func thrownBy(rules []*elementRule, found error) error {
	if found == nil {
		return nil
	}
	for _, r := range rules {
		r.mu.Lock()
		for i, err := range r.thrown {
			if strings.Contains(found.Error(), lastPart(err.Error())) {
				r.thrown = append(r.thrown[:i:i], r.thrown[i+1:]...)
				r.mu.Unlock()
				return err
			}
		}
		r.mu.Unlock()
	}
	return found
}

// lastPart is a message without the name of what failed, in whose place C puts others.
func lastPart(message string) string {
	if end := strings.Index(message, "] "); strings.HasPrefix(message, "[") && end > 0 {
		return message[end+2:]
	}
	return message
}

// run calls a function of the program on a goroutine of its own, which it may end without ending the thread of C that waits here.
func (r *elementRule) run(context C.uintptr_t, f func(c *Context) error) C.int32_t {
	c := &Context{h: uintptr(context), thrown: new(thrown)}
	c.depth.Store(1) // C has opened a scope
	done := make(chan error, 1)
	go func() {
		returned := false
		defer func() {
			if value := recover(); value != nil || !returned {
				done <- &PanicError{Value: value, Stack: debug.Stack()}
			}
		}()
		err := f(c)
		returned = true
		done <- err
	}()
	if err := <-done; err != nil {
		return r.throw(c, err)
	}
	return 0
}

func (r *elementRule) give(made []*Tensor, out []C.uintptr_t) error {
	if len(made) != len(out) {
		return newError(ErrInvalidArgument, fmt.Sprintf("[%s] the function must give %d tensors: got %d", r.op, len(out), len(made)))
	}
	for i, t := range made {
		if broken := t.err(); broken != nil {
			return broken
		}
		out[i] = t.handle()
	}
	return nil
}

//export tapeloopGoElement
func tapeloopGoElement(number, context C.uintptr_t, epoch C.uint64_t, index C.int64_t, seed C.uint64_t, inputs *C.uintptr_t, numInputs C.size_t, outputs *C.uintptr_t, numOutputs C.size_t) C.int32_t {
	r := cgo.Handle(number).Value().(*elementRule)
	return r.run(context, func(c *Context) error {
		made, err := r.element(c, ElementPlace{uint64(epoch), int64(index), uint64(seed)}, c.lent(inputs, numInputs))
		if err != nil {
			return err
		}
		return r.give(made, room(outputs, numOutputs))
	})
}

//export tapeloopGoKeeps
func tapeloopGoKeeps(number, context C.uintptr_t, epoch C.uint64_t, index C.int64_t, seed C.uint64_t, inputs *C.uintptr_t, numInputs C.size_t, keep *C.bool) C.int32_t {
	r := cgo.Handle(number).Value().(*elementRule)
	return r.run(context, func(c *Context) error {
		stays, err := r.keeps(c, ElementPlace{uint64(epoch), int64(index), uint64(seed)}, c.lent(inputs, numInputs))
		*keep = C.bool(stays)
		return err
	})
}

//export tapeloopGoBegin
func tapeloopGoBegin(number, context C.uintptr_t, epoch C.uint64_t, iteration *C.uint64_t) C.int32_t {
	r := cgo.Handle(number).Value().(*elementRule)
	return r.run(context, func(c *Context) error {
		next, stop, err := r.begin(uint64(epoch))
		if err == nil && next == nil {
			err = newError(ErrInvalidArgument, fmt.Sprintf("[%s] begin must give a function: got nil", r.op))
		}
		if err == nil {
			*iteration = C.uint64_t(cgo.NewHandle(&pass{next, stop}))
		}
		return err
	})
}

//export tapeloopGoNext
func tapeloopGoNext(number, context, iteration C.uintptr_t, outputs *C.uintptr_t, numOutputs C.size_t, more *C.bool) C.int32_t {
	r := cgo.Handle(number).Value().(*elementRule)
	p := cgo.Handle(iteration).Value().(*pass)
	return r.run(context, func(c *Context) error {
		made, err := p.next(c)
		if errors.Is(err, io.EOF) {
			*more = false
			return nil
		}
		if err != nil {
			return err
		}
		return r.give(made, room(outputs, numOutputs))
	})
}

//export tapeloopGoEndPass
func tapeloopGoEndPass(iteration C.uintptr_t) {
	p := cgo.Handle(iteration).Value().(*pass)
	cgo.Handle(iteration).Delete()
	if p.stop == nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { recover() }() // of a pass that was given up: nobody waits for it
		p.stop()
	}()
	<-done
}

// ---- sources ----

// DatasetRange is start, start + step, and so on before stop, as I64 scalars.
func (c *Context) DatasetRange(start, stop, step int64) *Dataset {
	return c.dataset(C.tlgo_dataset_range(c.handle(), C.int64_t(start), C.int64_t(stop), C.int64_t(step)))
}

// DatasetFromFunc is size elements of width tensors each that f gives by epoch and index, in any order: records of a file whose places
// are known, for one. It can be shuffled without a buffer. f must give the same for the same place.
func (c *Context) DatasetFromFunc(size int64, width int, f ElementFunc) *Dataset {
	const op = "dataset_from_function"
	return c.ruled(op, width, f == nil, &elementRule{op: op, element: f}, func(number C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_from_function(c.handle(), C.int64_t(size), C.size_t(width), number)
	})
}

// DatasetFromIterator is elements of width tensors that can only be had in order: lines, messages, what comes from a channel.
//
//	lines := c.DatasetFromIterator(1, func(epoch uint64) (tapeloop.NextFunc, error) {
//		records := open() // a channel
//		return func(c *tapeloop.Context) ([]*tapeloop.Tensor, error) {
//			record, ok := <-records
//			if !ok {
//				return nil, io.EOF
//			}
//			x, err := tapeloop.NewTensor(c, record, int64(len(record)))
//			return []*tapeloop.Tensor{x}, err
//		}, nil
//	})
//
// begin starts a pass through an epoch; each dataset made of this one has passes of its own. To go on in the midst of an epoch, elements
// are taken and dropped. A pass that is given up is not called any more. Close waits up to a second for a call that is running, the end of the
// context until it comes back: one which waits for a channel needs somebody who closes that.
func (c *Context) DatasetFromIterator(width int, begin func(epoch uint64) (NextFunc, error)) *Dataset {
	if begin == nil {
		return c.datasetFromPasses(width, nil)
	}
	return c.datasetFromPasses(width, func(epoch uint64) (NextFunc, func(), error) {
		next, err := begin(epoch)
		return next, nil, err
	})
}

func (c *Context) datasetFromPasses(width int, begin func(epoch uint64) (NextFunc, func(), error)) *Dataset {
	const op = "dataset_from_iterator"
	return c.ruled(op, width, begin == nil, &elementRule{op: op, begin: begin}, func(number C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_from_iterator(c.handle(), C.size_t(width), number)
	})
}

// ruled is a dataset of a function of the program's, which C ends at once or with the last dataset made of it.
func (c *Context) ruled(op string, width int, missing bool, r *elementRule, make func(number C.uintptr_t) C.uintptr_t) *Dataset {
	switch {
	case missing:
		c.refuse(op, "the function must be there: got nil")
		return c.dataset(0)
	case width < 0:
		c.refuse(op, fmt.Sprintf("an element must have at least 1 tensor: got %d", width))
		return c.dataset(0)
	}
	d := c.dataset(make(C.uintptr_t(cgo.NewHandle(r))))
	d.functions = []*elementRule{r}
	return d
}

// ---- functions ----

// Map is what f makes of each element: width tensors. options may be nil: f then runs when an element is asked for. With threads several
// elements are computed at a time; they come in the order of the source all the same. Random numbers follow from the element, so that
// augmentation gives the same bits for any number of threads, and after a restart.
//
// Order matters: shuffle before, batch behind; cache before a random map; prefetch last.
func (d *Dataset) Map(width int, options *MapOptions, f ElementFunc) *Dataset {
	const op = "dataset_map"
	return d.ruled(op, width, f == nil, &elementRule{op: op, element: f}, func(c, source, number C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_map(c, source, C.size_t(width), number, options.raw())
	})
}

// Filter is the elements that keep keeps. seed is that of its random numbers.
func (d *Dataset) Filter(seed uint64, keep PredicateFunc) *Dataset {
	const op = "dataset_filter"
	return d.ruled(op, 1, keep == nil, &elementRule{op: op, keeps: keep}, func(c, source, number C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_filter(c, source, number, C.uint64_t(seed))
	})
}

func (d *Dataset) ruled(op string, width int, missing bool, r *elementRule, call func(c, source, number C.uintptr_t) C.uintptr_t) *Dataset {
	if d == nil || d.h == 0 {
		return d.made(nil)
	}
	made := d.c.ruled(op, width, missing, r, func(number C.uintptr_t) C.uintptr_t {
		return call(d.c.handle(), C.uintptr_t(d.h), number)
	})
	made.functions = append(made.functions, d.functions...)
	runtime.KeepAlive(d)
	return made
}

// ---- order ----

// ShuffleBuffer is elements drawn at random from a buffer that the next `buffer` elements fill: for datasets too large or too slow to be
// shuffled as a whole.
func (d *Dataset) ShuffleBuffer(seed uint64, buffer int64) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_shuffle_buffer(c, source, C.uint64_t(seed), C.int64_t(buffer))
	})
}

// Repeat is count epochs as one; without an end where count is negative.
func (d *Dataset) Repeat(count int64) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t { return C.tlgo_dataset_repeat(c, source, C.int64_t(count)) })
}

// DatasetConcatenate is one dataset after the other; at least one, all of one width.
func (c *Context) DatasetConcatenate(sources ...*Dataset) *Dataset {
	return c.joined(sources, func(all []C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_concatenate(c.handle(), list(all), C.size_t(len(all)))
	})
}

// DatasetZip is elements that hold the tensors of one element of each dataset; as long as the shortest.
func (c *Context) DatasetZip(sources ...*Dataset) *Dataset {
	return c.joined(sources, func(all []C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_zip(c.handle(), list(all), C.size_t(len(all)))
	})
}

// DatasetInterleave is cycle of the datasets in turn, block elements of each at a time; one that has ended makes room for the next.
func (c *Context) DatasetInterleave(cycle, block int64, sources ...*Dataset) *Dataset {
	return c.joined(sources, func(all []C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_interleave(c.handle(), list(all), C.size_t(len(all)), C.int64_t(cycle), C.int64_t(block))
	})
}

// DatasetSampleFrom is each element from a dataset that is drawn at random, with the probability of its weight among those that have
// elements left. It ends with the last of them, or with the first that has ended where stopOnEmpty.
func (c *Context) DatasetSampleFrom(weights []float64, seed uint64, stopOnEmpty bool, sources ...*Dataset) *Dataset {
	if len(weights) != len(sources) {
		c.refuse("dataset_sample_from", fmt.Sprintf("there must be a weight for each source: got %d for %d", len(weights), len(sources)))
		return c.dataset(0)
	}
	return c.joined(sources, func(all []C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_sample_from(c.handle(), list(all), doublesOf(weights), C.size_t(len(all)), C.uint64_t(seed), C.bool(stopOnEmpty))
	})
}

// SetWeights sets new weights for a dataset that DatasetSampleFrom made. Datasets made of it follow from their next element on, whatever
// was made ahead. A saved position holds the weights. ErrFailedPrecondition while there is a Cache of elements of the mixture: cache
// the sources.
func (d *Dataset) SetWeights(weights ...float64) error {
	if err := d.self().usable(); err != nil {
		return err
	}
	err := d.c.effect(C.tlgo_dataset_set_weights(C.uintptr_t(d.h), doublesOf(weights), C.size_t(len(weights))))
	runtime.KeepAlive(d)
	return err
}

func (c *Context) joined(sources []*Dataset, call func(all []C.uintptr_t) C.uintptr_t) *Dataset {
	handles := make([]C.uintptr_t, len(sources))
	var functions []*elementRule
	for i, s := range sources {
		switch {
		case s == nil:
			return &Dataset{object: object{c: c, failed: isNil()}}
		case s.h == 0:
			return s
		}
		handles[i] = C.uintptr_t(s.h)
		functions = append(functions, s.functions...)
	}
	d := c.dataset(call(handles))
	d.functions = functions
	runtime.KeepAlive(sources)
	return d
}

func doublesOf(values []float64) *C.double {
	if len(values) == 0 {
		return nil
	}
	return (*C.double)(unsafe.Pointer(&values[0]))
}

func integersOf(values []int64) *C.int64_t {
	if len(values) == 0 {
		return nil
	}
	return (*C.int64_t)(unsafe.Pointer(&values[0]))
}

// ---- groups ----

// PaddedBatch is Batched of tensors that differ in size, not in rank: each is filled up to the longest of its batch with the number at
// its place in padding.
func (d *Dataset) PaddedBatch(count int64, dropRemainder bool, padding ...float64) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_padded_batch(c, source, C.int64_t(count), C.bool(dropRemainder), doublesOf(padding), C.size_t(len(padding)))
	})
}

// Buckets are what BucketByLength puts elements in.
type Buckets struct {
	Position      int       // the tensor whose first dimension is the length
	Boundaries    []int64   // bucket i holds lengths below Boundaries[i], which grow; the last one the rest
	Sizes         []int64   // of a batch of each bucket: one more than Boundaries
	DropRemainder bool      // what is left at the end is left out
	Padding       []float64 // for each tensor of an element
}

// BucketByLength is padded batches of elements of like length.
func (d *Dataset) BucketByLength(b Buckets) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_bucket_by_length(c, source, C.size_t(b.Position), integersOf(b.Boundaries), C.size_t(len(b.Boundaries)),
			integersOf(b.Sizes), C.size_t(len(b.Sizes)), C.bool(b.DropRemainder), doublesOf(b.Padding), C.size_t(len(b.Padding)))
	})
}

// Unbatch is the rows of each element as elements. Nothing is copied.
func (d *Dataset) Unbatch() *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t { return C.tlgo_dataset_unbatch(c, source) })
}

// Window is groups of size consecutive elements, stacked as in a batch, whose beginnings are shift apart.
func (d *Dataset) Window(size, shift int64, dropRemainder bool) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t {
		return C.tlgo_dataset_window(c, source, C.int64_t(size), C.int64_t(shift), C.bool(dropRemainder))
	})
}

// ---- time and memory ----

// Cache is the elements of epoch 0, in every epoch: made once, and held in memory.
func (d *Dataset) Cache() *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t { return C.tlgo_dataset_cache(c, source) })
}

// Prefetch is elements made ahead, up to count, on a thread of the library's, which makes several at a time: 2 are enough for long steps, 8
// or 16 keep steps below a millisecond from waiting.
func (d *Dataset) Prefetch(count int64) *Dataset {
	return d.made(func(c, source C.uintptr_t) C.uintptr_t { return C.tlgo_dataset_prefetch(c, source, C.int64_t(count)) })
}

// SavePosition is where the dataset stands, as bytes: for RestorePosition of a dataset that was made in the same way, in another process
// or language too.
func (d *Dataset) SavePosition() ([]byte, error) {
	if err := d.self().usable(); err != nil {
		return nil, err
	}
	length := new(C.size_t)
	status := C.tlgo_dataset_save_position(C.uintptr_t(d.h), nil, 0, length)
	var bytes []byte
	if status == 0 {
		bytes = make([]byte, int(*length))
		status = C.tlgo_dataset_save_position(C.uintptr_t(d.h), (*C.uint8_t)(unsafe.Pointer(&bytes[0])), C.size_t(len(bytes)), length)
	}
	runtime.KeepAlive(d)
	if err := d.c.effect(status); err != nil {
		return nil, err
	}
	return bytes, nil
}

// RestorePosition goes to a place that SavePosition gave.
func (d *Dataset) RestorePosition(bytes []byte) error {
	if err := d.self().usable(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var first *C.uint8_t
	if len(bytes) > 0 {
		first = (*C.uint8_t)(unsafe.Pointer(&bytes[0]))
	}
	err := d.c.effect(C.tlgo_dataset_restore_position(C.uintptr_t(d.h), first, C.size_t(len(bytes))))
	if err == nil {
		d.element = nil
	}
	runtime.KeepAlive(d)
	return err
}

// InputWait is the share of input in the time of the loop, in per cent: the time that Next took in this epoch (the last one, until the
// next has begun) over the time since its first call. NaN on failure (the context holds the error).
func (d *Dataset) InputWait() float64 {
	if d == nil {
		return 0
	}
	share := float64(C.tlgo_dataset_input_wait(C.uintptr_t(d.h)))
	runtime.KeepAlive(d)
	return share
}

// Waited is the seconds that Next took in this epoch. NaN on failure (the context holds the error).
func (d *Dataset) Waited() float64 {
	if d == nil {
		return 0
	}
	seconds := float64(C.tlgo_dataset_waited(C.uintptr_t(d.h)))
	runtime.KeepAlive(d)
	return seconds
}
