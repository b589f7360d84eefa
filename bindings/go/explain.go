//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// String is the reason in words, such as "paused".
func (r GradientReason) String() string { return C.GoString(C.tlgo_gradient_reason_name(C.int32_t(r))) }

// ends checks the tape and the two tensors of a question about it.
func (t *Tape) ends(target, source *Tensor) error {
	if err := t.self().usable(); err != nil {
		return err
	}
	if _, broken := two(target, source); broken != nil {
		return broken.c.brokenBy(broken)
	}
	return nil
}

// Reason is whether a gradient passes from a source to a target, ReasonConnected, and if not, why. Of a consumed tape only for
// what its gradient call found missing, ErrFailedPrecondition otherwise; a tape with the option Explain can always tell.
func (t *Tape) Reason(target, source *Tensor) (GradientReason, error) {
	if err := t.ends(target, source); err != nil {
		return ReasonUnknown, err
	}
	reason := new(C.int32_t)
	err := t.c.effect(C.tlgo_tape_reason(C.uintptr_t(t.h), target.handle(), source.handle(), reason))
	runtime.KeepAlive(t)
	runtime.KeepAlive(target)
	runtime.KeepAlive(source)
	if err != nil {
		return ReasonUnknown, err
	}
	return GradientReason(*reason), nil
}

// Explain is the same in words: the place where the path from the source to the target breaks, by op and name, and what to do.
// Where several paths break, it is the place that the longest connected path runs into. It fails as Reason does.
func (t *Tape) Explain(target, source *Tensor) (string, error) {
	if err := t.ends(target, source); err != nil {
		return "", err
	}
	words, status := text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_tape_explain(C.uintptr_t(t.h), target.handle(), source.handle(), buffer, capacity, length)
	})
	runtime.KeepAlive(t)
	runtime.KeepAlive(target)
	runtime.KeepAlive(source)
	return words, t.c.effect(status)
}

// TapeMemory is what a tape holds for one kind of op.
type TapeMemory struct {
	Op         string // name of the op or rule
	Calls      uint64 // how often it stands on the tape
	SavedBytes uint64 // that it keeps alive; a buffer that several ops keep counts for the first of them
}

// MemoryByOp is the memory of the tape by op, most bytes first. The sum over all entries is that of Statistics.
func (t *Tape) MemoryByOp() ([]TapeMemory, error) {
	if err := t.self().usable(); err != nil {
		return nil, err
	}
	var all []TapeMemory
	for {
		t.c.lend.Lock()
		found := C.tlgo_memory_at(C.uintptr_t(t.h), C.size_t(len(all)))
		more := found.code == 0 && len(all) < int(found.count)
		if more {
			all = append(all, TapeMemory{C.GoString(found.entry.op), uint64(found.entry.calls), uint64(found.entry.saved_bytes)})
		}
		t.c.lend.Unlock()
		runtime.KeepAlive(t)
		if !more {
			return all, t.c.effect(found.code)
		}
	}
}
