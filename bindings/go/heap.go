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

// heap decides when tensors that no scope owns, and that nobody closed, are worth a garbage collection. Go's collector sees
// only a few bytes of each, so it would come far too late for the memory that they hold in C.
type heap struct {
	made  atomic.Uint32 // loose tensors since the context was made
	next  atomic.Uint32 // the count at which to look again
	at    atomic.Uint32 // the count at the last look
	seen  atomic.Uint64 // what was live then
	each  atomic.Uint64 // about how much a loose tensor is
	floor atomic.Uint64 // the least that was live at a look since the last collection
	limit atomic.Uint64 // of the context's memory; 0 for none
}

const (
	handleBytes  = 512     // what a live handle stands for besides its elements
	smallestHeap = 8 << 20 // below this nothing is collected
	mostBetween  = 64      // loose tensors between two looks, if they are small
)

// net is what the garbage collector watches in the place of an object that other things refer to, and that refers to them: an
// object of a cycle would have no finalizer run. (It holds a pointer, since those of the smallest objects without one need not
// run, either.)
type net struct {
	h uintptr
	c *Context
}

// closeAfter calls release with a handle some time after the last reference to the object that holds it is gone. A handle that
// was released before is no harm. The object must be an allocation of its own, and in no cycle. (runtime.AddCleanup, from Go
// 1.24 on, would know no such rules; but the race detector keeps a record of each cleanup for good, and a program that is tested
// with it would grow. Both take the same time.)
func closeAfter[T any](object *T, handle uintptr, release func(uintptr)) {
	runtime.SetFinalizer(object, func(*T) { release(handle) })
}

func newNet(h uintptr, c *Context, release func(uintptr)) *net {
	n := &net{h, c}
	closeAfter(n, h, release)
	return n
}

// One collection at a time in the process: it is the whole heap's.
var collecting sync.Mutex

const longestWait = 100 * time.Millisecond // for finalizers, which the program's own may hold up

// collect runs the garbage collector, and waits until the goroutine of the runtime's that runs finalizers has run one of those
// that were due. It runs all of a collection before any of the next, so that nothing is left of the collection before. Without
// that a program on a busy machine could make tensors faster than that goroutine gets to release them.
func collect() {
	ran := due()
	runtime.GC()
	timeout := time.NewTimer(longestWait)
	defer timeout.Stop()
	select {
	case <-ran:
	case <-timeout.C:
	}
}

// due is closed by the finalizer of an object that nothing refers to.
//
//go:noinline
func due() chan struct{} {
	ran := make(chan struct{})
	runtime.SetFinalizer(&net{}, func(*net) { close(ran) })
	return ran
}

// contexts counts those of the process: each takes memory of its own, even if nobody makes a tensor in it.
var contexts struct {
	live atomic.Int64
	most atomic.Int64 // the number at which to collect those that nobody refers to
}

const contextBytes = 100 << 10 // about what a context takes

// countContext counts a new one. The result says that it has ended, as often as one likes.
func countContext() (ended func()) {
	contexts.most.CompareAndSwap(0, smallestHeap/contextBytes)
	if contexts.live.Add(1) > contexts.most.Load() && collecting.TryLock() {
		collect()
		// They end on a goroutine of the runtime's, which is waited for while it is at it.
		for live, same := contexts.live.Load(), 0; same < 3; same++ {
			time.Sleep(time.Millisecond)
			if now := contexts.live.Load(); now < live {
				live, same = now, -1
			}
		}
		most := 2 * contexts.live.Load()
		if most < smallestHeap/contextBytes {
			most = smallestHeap / contextBytes
		}
		contexts.most.Store(most)
		collecting.Unlock()
	}
	over := new(atomic.Bool)
	return func() {
		if over.CompareAndSwap(false, true) {
			contexts.live.Add(-1)
		}
	}
}

// grown counts a new loose tensor, and looks now and then.
func (h *heap) grown(c *Context) {
	made, next := h.made.Add(1), h.next.Load()
	if int32(made-next) < 0 || !h.next.CompareAndSwap(next, made+mostBetween) {
		return
	}
	live := h.live(c)
	if floor := h.floor.Load(); floor == 0 || live < floor {
		h.floor.Store(live)
	}
	before, since, threshold := h.seen.Swap(live), made-h.at.Swap(made), h.threshold()
	each := h.each.Load()/2 + 1
	if live > before && since > 0 && (live-before)/uint64(since) > each {
		each = (live - before) / uint64(since)
	}
	h.each.Store(each)
	if live > threshold {
		if collecting.TryLock() {
			collect()
			collecting.Unlock()
			h.floor.Store(0)
		}
		h.settle(c)
		h.next.Store(made + 1)
		return
	}
	// The next look comes half way to the threshold.
	if steps := (threshold - live) / 2 / each; steps < mostBetween {
		h.next.Store(made + 1 + uint32(steps))
	}
}

// settle waits a little for what a collection found: it is released on a goroutine of the runtime's, which may be late.
func (h *heap) settle(c *Context) {
	for live, same := h.live(c), 0; same < 3; {
		time.Sleep(20 * time.Microsecond)
		now := h.live(c)
		if now < live {
			same = 0
		} else {
			same++
		}
		live = now
	}
}

func (h *heap) live(c *Context) uint64 {
	s := C.tlgo_measure(C.uintptr_t(c.h))
	if s.struct_size != 0 {
		return 0
	}
	return uint64(s.live_bytes) + handleBytes*uint64(s.tensors)
}

// threshold is twice what was live after the last collection, and less where that would come near the context's limit.
func (h *heap) threshold() uint64 {
	floor := h.floor.Load()
	threshold := 2 * floor
	if threshold < smallestHeap {
		threshold = smallestHeap
	}
	if limit := h.limit.Load(); limit > 0 && threshold > limit/2 {
		threshold = limit / 2
		if most := floor + floor/8; threshold < most {
			threshold = most
		}
	}
	return threshold
}
