//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
)

// Tape records ops while it is open, and differentiates what it recorded.
type Tape struct{ object }

// GradientOptions is how a gradient is taken.
type GradientOptions struct {
	Unconnected Unconnected // what to give for a source that no target depends on
	// One per target, of its shape and dtype, where nil entries mean ones; nil: all ones.
	OutputGradients []*Tensor
	// Gets one entry for each source: ReasonConnected, or why it has no gradient. As long as the sources, or nil: not asked for.
	Reasons []GradientReason
}

// NewTape opens a tape, which records from now on. Tapes nest to any depth: each open tape records, also the gradients that
// are taken from other tapes, which gives gradients of gradients.
func (c *Context) NewTape(options *TapeOptions) *Tape {
	t := &Tape{object: c.objectOf(C.tlgo_tape_begin(c.handle(), options.raw()))}
	return newObject(t, &t.object, releaseTape)
}

func releaseTape(h uintptr) { C.tlgo_tape_release(C.uintptr_t(h)) }

// Err is the error that kept the tape from being made, nil for any other. The context forgets that error, so that it works again.
func (t *Tape) Err() error { return t.self().usable() }

// Close gives the tape and all that it saved up. Closing it again does nothing; the error is always nil.
func (t *Tape) Close() error { return t.self().close(releaseTape) }

// Keep moves the tape one scope out, as Tensor.Keep does, and returns it.
func (t *Tape) Keep() *Tape {
	if t == nil {
		return nil
	}
	return keep(t, &t.object, func() C.uintptr_t { return C.tlgo_tape_keep(C.uintptr_t(t.h)) }, releaseTape)
}

func (t *Tape) self() *object {
	if t == nil {
		return nil
	}
	return &t.object
}

func (t *Tape) do(call func(C.uintptr_t) C.int32_t) error {
	if err := t.self().usable(); err != nil {
		return err
	}
	err := t.c.effect(call(C.uintptr_t(t.h)))
	runtime.KeepAlive(t)
	return err
}

// Watch watches floating-point tensors: ops that use them from now on are recorded. A variable is watched at its next read,
// trainable or not. Watching is per tape.
func (t *Tape) Watch(tensors ...*Tensor) error {
	for _, x := range tensors {
		if x.err() != nil {
			return x.c.brokenBy(x)
		}
		if err := t.do(func(h C.uintptr_t) C.int32_t { return C.tlgo_tape_watch(h, x.handle()) }); err != nil {
			return err
		}
		runtime.KeepAlive(x)
	}
	return t.self().usable()
}

// End ends recording; what was recorded stays. A tape that a gradient call has consumed may be ended, too.
func (t *Tape) End() error {
	return t.do(func(h C.uintptr_t) C.int32_t { return C.tlgo_tape_end(h) })
}

// Pause stops recording until Resume. ErrFailedPrecondition when the tape does not record.
func (t *Tape) Pause() error {
	return t.do(func(h C.uintptr_t) C.int32_t { return C.tlgo_tape_pause(h) })
}

// Resume records again after Pause or End, on the same records. ErrFailedPrecondition when the tape is recording or was
// consumed.
func (t *Tape) Resume() error {
	return t.do(func(h C.uintptr_t) C.int32_t { return C.tlgo_tape_resume(h) })
}

// Reset forgets all records and watches, and goes on recording. ErrFailedPrecondition when it does not record.
func (t *Tape) Reset() error {
	return t.do(func(h C.uintptr_t) C.int32_t { return C.tlgo_tape_reset(h) })
}

// StopRecording runs f while the tape is paused.
func (t *Tape) StopRecording(f func() error) (err error) {
	if f == nil {
		return refusal(ErrInvalidArgument, "the function is nil")
	}
	if err := t.Pause(); err != nil {
		return err
	}
	defer func() {
		if resumed := t.Resume(); err == nil {
			err = resumed
		}
	}()
	return f()
}

// Gradient is the gradients of a target with respect to sources, in one call. The target may have any shape: the gradient is
// that of its sum. Sources are variables or tensors (watched, or computed on the tape), floating point. Each gradient has its
// source's shape and dtype; nil stands for a source that is not connected (see Unconnected). options may be nil.
//
// A tape that is not persistent is consumed by its first successful or failed computation: a second call is
// ErrFailedPrecondition; arguments are checked before. While the tape records, recording ends here, except for a persistent
// tape, which records its own gradient. Outer tapes that record also record the computation.
func (t *Tape) Gradient(target *Tensor, sources []*Tensor, options *GradientOptions) ([]*Tensor, error) {
	return t.GradientOf([]*Tensor{target}, sources, options)
}

// GradientOf is Gradient for several targets: the gradient is that of the sum of all of them.
func (t *Tape) GradientOf(targets, sources []*Tensor, options *GradientOptions) ([]*Tensor, error) {
	return t.gradient(targets, sources, options, func(wanted, with []C.uintptr_t, how C.tlgo_gradient_options, found []C.uintptr_t) C.int32_t {
		if len(wanted) == 1 {
			return C.tlgo_tape_gradient(C.uintptr_t(t.h), wanted[0], list(with), C.size_t(len(with)), how, list(found))
		}
		return C.tlgo_tape_gradient_of(C.uintptr_t(t.h), list(wanted), C.size_t(len(wanted)), list(with), C.size_t(len(with)), how, list(found))
	})
}

// GradientRows is GradientOf in which the gradient of a table may consist of rows, so that no tensor of the table's size is
// made. For each source, rowIndices has nil, and then gradients has the dense gradient; or the indices, I64 of shape (n),
// strictly ascending, of the rows that the gradient then holds: shape (n) and that of a row. That is so where the targets depend
// on the source through Tensor.Gather along its first axis alone. Each row is the sum of its gradients, so the norm of the rows
// is that of the dense gradient, and ClipByGlobalNorm needs nothing else. With any other use of the source its gradient is
// dense.
//
// Optimizer.ApplyRows takes both lists. Which rows there are is found out on the host: a Function must not do that with indices that are
// not the same in all steps. rowIndices[i].ScatterAdd(gradients[i], size, 0) makes the dense gradient.
func (t *Tape) GradientRows(targets, sources []*Tensor, options *GradientOptions) (gradients, rowIndices []*Tensor, err error) {
	rows := make([]C.uintptr_t, len(sources))
	gradients, err = t.gradient(targets, sources, options, func(wanted, with []C.uintptr_t, how C.tlgo_gradient_options, found []C.uintptr_t) C.int32_t {
		return C.tlgo_tape_gradient_rows(C.uintptr_t(t.h), list(wanted), C.size_t(len(wanted)), list(with), C.size_t(len(with)), how,
			list(found), list(rows))
	})
	if err != nil {
		return nil, nil, err
	}
	return gradients, t.c.results(rows), nil
}

// gradient checks what Go knows of the arguments, and has call take the gradients.
func (t *Tape) gradient(targets, sources []*Tensor, options *GradientOptions,
	call func(wanted, with []C.uintptr_t, how C.tlgo_gradient_options, found []C.uintptr_t) C.int32_t) ([]*Tensor, error) {
	if err := t.self().usable(); err != nil {
		return nil, err
	}
	if options == nil {
		options = &GradientOptions{}
	}
	wanted, broken := handlesOf(targets)
	with, broken2 := handlesOf(sources)
	outputs, broken3 := handlesOf(options.OutputGradients)
	for _, b := range []*Tensor{broken, broken2, broken3} {
		if b != nil {
			return nil, b.c.brokenBy(b)
		}
	}
	if len(outputs) != 0 && len(outputs) != len(targets) {
		return nil, newError(ErrInvalidArgument, "[tape_gradient] there must be one output gradient for each target")
	}
	reasons, err := reasonsFor("tape_gradient", options.Reasons, sources)
	if err != nil {
		return nil, err
	}
	how := C.tlgo_gradient_options{unconnected: C.int32_t(options.Unconnected), output_gradients: list(outputs)}
	if reasons != nil {
		how.reasons = &reasons[0]
	}
	found := make([]C.uintptr_t, len(sources))
	status := call(wanted, with, how, found)
	runtime.KeepAlive(t)
	runtime.KeepAlive(targets)
	runtime.KeepAlive(sources)
	runtime.KeepAlive(options)
	if err := t.c.effect(status); err != nil {
		return nil, err
	}
	for i := range options.Reasons {
		options.Reasons[i] = GradientReason(reasons[i])
	}
	return t.c.results(found), nil
}

// reasonsFor is where C writes the reasons that a program asks for, nil where it does not ask. (One more, so there is a first.)
func reasonsFor(op string, asked []GradientReason, sources []*Tensor) ([]C.int32_t, error) {
	if asked == nil {
		return nil, nil
	}
	if len(asked) != len(sources) {
		return nil, newError(ErrInvalidArgument, fmt.Sprintf("[%s] there must be one reason for each of the %d sources: got room for %d", op, len(sources), len(asked)))
	}
	return make([]C.int32_t, len(sources)+1), nil
}

// results is the tensors behind new handles, nil for 0.
func (c *Context) results(handles []C.uintptr_t) []*Tensor {
	tensors := make([]*Tensor, len(handles))
	for i, h := range handles {
		if h != 0 {
			tensors[i] = c.result(h)
		}
	}
	return tensors
}

// WatchedVariables is the variables that the tape has watched, in the order of their first read; kept after the tape is
// consumed.
func (t *Tape) WatchedVariables() ([]*Tensor, error) {
	if err := t.self().usable(); err != nil {
		return nil, err
	}
	handles, count := make([]C.uintptr_t, 16), new(C.size_t)
	for {
		status := C.tlgo_tape_watched_variables(C.uintptr_t(t.h), list(handles), C.size_t(len(handles)), count)
		runtime.KeepAlive(t)
		if err := t.c.effect(status); err != nil {
			return nil, err
		}
		n := int(*count)
		if n <= len(handles) {
			return t.c.results(handles[:n]), nil
		}
		for _, h := range handles { // they are new ones each time
			C.tlgo_tensor_release(h)
		}
		handles = make([]C.uintptr_t, n)
	}
}

// TapeStatistics is what a tape holds.
type TapeStatistics struct {
	RecordedOps uint64 // ops on the tape
	SavedBytes  uint64 // of the tensors that it saved for the backward pass
	Recording   bool
	Consumed    bool
	// Ops that segments of Recompute have run again in gradient calls of this tape.
	RecomputedOps uint64
}

// Statistics reads what the tape holds; works while the context holds an error.
func (t *Tape) Statistics() (TapeStatistics, error) {
	if err := t.self().usable(); err != nil {
		return TapeStatistics{}, err
	}
	s := C.tlgo_tape_measure(C.uintptr_t(t.h))
	runtime.KeepAlive(t)
	if s.struct_size != 0 {
		return TapeStatistics{}, t.c.effect(C.int32_t(s.struct_size))
	}
	return TapeStatistics{uint64(s.recorded_ops), uint64(s.saved_bytes), bool(s.recording), bool(s.consumed), uint64(s.recomputed_ops)}, nil
}
