//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// Trace is what ran in a context and when, as a file that Perfetto (ui.perfetto.dev) and chrome://tracing show.
//
//	trace := c.StartTrace(nil)
//	for a few steps {
//		trace.BeginSpan("step")
//		...
//		trace.EndSpan()
//	}
//	trace.Stop()
//	err := trace.Write("step.json")
//
// It shows the kernel of each op that runs eagerly, gradients, and calls of a Function as recordings and replays, with each kernel of the
// plan. Without a trace nothing is timed.
type Trace struct {
	object
}

// TraceStatistics is what a trace holds.
type TraceStatistics struct {
	Events  uint64 // that are kept: kernels, spans that have ended, numbers
	Lost    uint64 // events for which there was no room
	Running bool   // whether it has not been stopped
}

// StartTrace starts to trace a context, which is done until Stop, or the end of the trace. ErrFailedPrecondition when it is traced already.
// options may be nil.
func (c *Context) StartTrace(options *TraceOptions) *Trace {
	t := &Trace{c.objectOf(C.tlgo_trace_start(c.handle(), options.raw()))}
	return newObject(t, &t.object, releaseTrace)
}

func releaseTrace(h uintptr) { C.tlgo_trace_release(C.uintptr_t(h)) }

func (t *Trace) self() *object {
	if t == nil {
		return nil
	}
	return &t.object
}

func (t *Trace) effect(call func() C.int32_t) error {
	if err := t.self().usable(); err != nil {
		return err
	}
	err := t.c.effect(call())
	runtime.KeepAlive(t)
	return err
}

func (t *Trace) named(op, name string, call func(name *C.char) C.int32_t) error {
	if err := t.self().usable(); err != nil {
		return err
	}
	text, free, ok := t.c.path(op, name)
	if !ok {
		return t.c.Err()
	}
	defer free()
	return t.effect(func() C.int32_t { return call(text) })
}

// Stop ends it: nothing is added any more. Spans that are open end here.
func (t *Trace) Stop() error {
	return t.effect(func() C.int32_t { return C.tlgo_trace_stop(C.uintptr_t(t.h)) })
}

// BeginSpan begins a span of the program's own, an epoch or a step, inside of the one that is open.
func (t *Trace) BeginSpan(name string) error {
	return t.named("trace_begin_span", name, func(name *C.char) C.int32_t {
		return C.tlgo_trace_begin_span(C.uintptr_t(t.h), name)
	})
}

// EndSpan ends the span that was begun last. ErrFailedPrecondition when none is open.
func (t *Trace) EndSpan() error {
	return t.effect(func() C.int32_t { return C.tlgo_trace_end_span(C.uintptr_t(t.h)) })
}

// Counter is a number that is shown as a curve, a loss say; what is not finite leaves a gap.
func (t *Trace) Counter(name string, value float64) error {
	return t.named("trace_counter", name, func(name *C.char) C.int32_t {
		return C.tlgo_trace_counter(C.uintptr_t(t.h), name, C.double(value))
	})
}

// Statistics is what the trace holds; works while the context holds an error.
func (t *Trace) Statistics() (TraceStatistics, error) {
	if err := t.self().usable(); err != nil {
		return TraceStatistics{}, err
	}
	s := C.tlgo_trace_measure(C.uintptr_t(t.h))
	runtime.KeepAlive(t)
	if s.struct_size != 0 {
		return TraceStatistics{}, t.c.effect(C.int32_t(s.struct_size))
	}
	return TraceStatistics{uint64(s.events), uint64(s.lost), bool(s.running)}, nil
}

// Write writes what there is so far as a file in the Trace Event Format (JSON), whole or not at all.
func (t *Trace) Write(path string) error {
	return t.named("trace_write", path, func(path *C.char) C.int32_t {
		return C.tlgo_trace_write(C.uintptr_t(t.h), path)
	})
}

// Keep moves the trace one scope out, as Tensor.Keep does, and returns it.
func (t *Trace) Keep() *Trace {
	if t == nil {
		return nil
	}
	return keep(t, &t.object, func() C.uintptr_t { return C.tlgo_trace_keep(C.uintptr_t(t.h)) }, releaseTrace)
}

// Err is the error that kept the trace from being started, nil for any other. The context forgets that error, so that it works again.
func (t *Trace) Err() error { return t.self().usable() }

// Close gives the trace up. Closing it again does nothing; the error is always nil.
func (t *Trace) Close() error { return t.self().close(releaseTrace) }
