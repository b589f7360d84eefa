//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Context holds everything that is not a value: memory, threads, random numbers, open tapes and scopes, the first error. One
// goroutine at a time may use it and what belongs to it.
type Context struct {
	h      uintptr
	depth  atomic.Int32 // open scopes
	block  atomic.Pointer[block]
	heap   heap
	thrown *thrown      // by callbacks
	rules  atomic.Int32 // calls of functions of custom gradients and segments that run
	// lend is held while memory that C lends is read (messages, names, lists of variables), and by what may end it.
	lend  sync.Mutex
	first *Error // the error that the context holds, once somebody saw it
	net   *net
	ended func() // tells countContext
}

// NewContext makes a context; options may be nil. Close it.
func NewContext(options *ContextOptions) (*Context, error) {
	if options == nil {
		options = &ContextOptions{}
	}
	if err := RequireVersion(C.TL_VERSION_MAJOR, C.TL_VERSION_MINOR); err != nil {
		return nil, err // built against a newer library than the one that is here
	}
	h := uintptr(C.tlgo_context_new(options.raw()))
	if h == 0 {
		return nil, newError(ErrOutOfMemory, "[context_new] the system has no memory left")
	}
	c := &Context{h: h, thrown: new(thrown)}
	c.heap.limit.Store(options.MemoryLimit)
	if err := c.Err(); err != nil {
		C.tlgo_context_free(C.uintptr_t(h))
		return nil, err
	}
	ended := countContext()
	c.ended = ended
	c.net = newNet(h, nil, func(h uintptr) {
		C.tlgo_context_free(C.uintptr_t(h))
		ended()
	})
	return c, nil
}

func (c *Context) handle() C.uintptr_t {
	if c == nil {
		return 0
	}
	return C.uintptr_t(c.h)
}

// Close ends the context and everything that belongs to it; what is left of that gives errors from then on. Closing it again
// does nothing. While another goroutine is inside the context, or from inside one of its callbacks, it does nothing and
// returns ErrBusy.
func (c *Context) Close() error {
	if c == nil {
		return nil
	}
	c.lend.Lock()
	defer c.lend.Unlock()
	if status := C.tlgo_context_free(C.uintptr_t(c.h)); status != 0 {
		return refusal(Code(status), "the context is in use by another goroutine, or by the callback that closes it")
	}
	if c.ended != nil {
		c.ended()
	}
	if contexts.live.Load() == 0 {
		EndMPI() // Go's programs end without exit()
	}
	return nil
}

// SetThreads sets the number of threads (see ContextOptions); results do not depend on it.
func (c *Context) SetThreads(threads int) error {
	return c.effect(C.tlgo_context_set_threads(c.handle(), C.int32_t(threads)))
}

// SetSeed restarts the random numbers from a seed.
func (c *Context) SetSeed(seed uint64) error {
	return c.effect(C.tlgo_context_set_seed(c.handle(), C.uint64_t(seed)))
}

// SetMemoryLimit sets the limit of ContextOptions.MemoryLimit. What is in use stays.
func (c *Context) SetMemoryLimit(bytes uint64) error {
	err := c.effect(C.tlgo_context_set_memory_limit(c.handle(), C.uint64_t(bytes)))
	if err == nil {
		c.heap.limit.Store(bytes)
	}
	return err
}

// SetNonFiniteCheck finds the op that makes the first NaN or infinity: while it is on, each op looks at its results, and one
// that holds such a value fails with ErrNonFinite. The message names the op, says in whose gradient it ran where it did, and
// gives the ranges of its operands. It reads all results once more, so it is for the hunt and not for every day.
func (c *Context) SetNonFiniteCheck(check NonFiniteCheck) error {
	return c.effect(C.tlgo_context_set_non_finite_check(c.handle(), C.int32_t(check)))
}

// Trim gives memory that is kept for reuse back to the system.
func (c *Context) Trim() error { return c.effect(C.tlgo_context_trim(c.handle())) }

// Statistics is what a context holds.
type Statistics struct {
	Tensors           uint64 // live tensors, without variables
	Variables         uint64 // live variables
	Values            uint64 // live values inside the library: tensors, variables, what tapes saved
	LiveBytes         uint64 // in buffers that are in use
	PeakLiveBytes     uint64 // the highest LiveBytes so far
	CachedBytes       uint64 // kept for reuse
	SystemAllocations uint64 // blocks asked from the system so far: constant in a steady loop
	Tapes             uint64 // live tapes
	Scopes            uint64 // open scopes
}

// Statistics reads what the context holds; works while it holds an error.
func (c *Context) Statistics() (Statistics, error) {
	s := C.tlgo_measure(c.handle())
	if s.struct_size != 0 {
		return Statistics{}, c.effect(C.int32_t(s.struct_size))
	}
	return Statistics{
		Tensors: uint64(s.tensors), Variables: uint64(s.variables), Values: uint64(s.values),
		LiveBytes: uint64(s.live_bytes), PeakLiveBytes: uint64(s.peak_live_bytes), CachedBytes: uint64(s.cached_bytes),
		SystemAllocations: uint64(s.system_allocations), Tapes: uint64(s.tapes), Scopes: uint64(s.scopes),
	}, nil
}

// Scope runs f in a scope of its own: whatever it makes is freed when it returns, or panics, but for what was moved out with
// Keep. It returns f's error, and any error that nobody has taken: an op whose result was thrown away fails here. Scopes nest.
func (c *Context) Scope(f func() error) (err error) {
	if f == nil {
		return refusal(ErrInvalidArgument, "the function is nil")
	}
	if err := c.effect(C.tlgo_scope_begin(c.handle())); err != nil {
		return err
	}
	c.depth.Add(1)
	returned := false
	defer func() {
		failed, ended := c.endScope()
		if !returned {
			return // a panic goes on, and leaves what nobody has taken to who recovers it
		}
		if failed {
			if unread := c.taken(); unread != nil && err == nil {
				err = unread
			} else if unread != nil && err != error(unread) {
				err = &both{err, unread}
			}
		}
		if err == nil {
			err = ended
		}
	}()
	err = f()
	returned = true
	return err
}

// endScope ends the innermost scope. A goroutine that is in the context against the rules makes it wait: a scope that stayed
// open would hold its tensors for good.
// failed is whether the context holds an error.
func (c *Context) endScope() (failed bool, err error) {
	var left C.tlgo_left
	for wait := time.Duration(0); wait < 50*time.Millisecond; wait += time.Millisecond {
		c.lend.Lock()
		left = C.tlgo_leave(C.uintptr_t(c.h))
		c.lend.Unlock()
		if Code(left.status) != ErrBusy {
			break
		}
		time.Sleep(wait)
	}
	c.depth.Add(-1)
	runtime.KeepAlive(c)
	if left.status != 0 {
		return true, c.effect(left.status)
	}
	return left.code != 0, nil
}
