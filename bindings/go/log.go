//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime/cgo"
	"sync/atomic"
)

// String is the level in words, such as "warning".
func (l LogLevel) String() string {
	switch l {
	case LogInfo:
		return "info"
	case LogWarning:
		return "warning"
	}
	return fmt.Sprintf("log level %d", int32(l))
}

// logSink is where C's log lines go. C knows it by the number of a cgo.Handle, which its destroy function deletes.
type logSink struct {
	write  func(level LogLevel, message string)
	thrown *thrown
}

// thrown is the first error of a callback of the program since a call last returned one: the call that runs returns it. It is
// apart from Context, which C must not keep alive by the callbacks that it knows.
type thrown struct {
	err     atomic.Pointer[error]
	writing atomic.Int32 // calls of the program's log function that run
	wrote   atomic.Bool  // one has run, since forgetIntruders looked
}

// SetLog sets where log lines go; without a function they are dropped. It is called while a call on the context is running, and
// must not use the context: what it calls there returns ErrBusy, and nothing else comes of it. If it panics, the call returns a *PanicError.
//
// The library refers to the function until it is replaced or the context is closed. A function that captures the context, or a
// tensor or object of it, so keeps the context from ending by itself: such a context needs Close, or SetLog(nil).
func (c *Context) SetLog(write func(level LogLevel, message string)) error {
	if write == nil {
		return c.effect(C.tlgo_log_to(c.handle(), 0))
	}
	if c == nil {
		return c.Err()
	}
	sink := &logSink{write, c.thrown}
	return c.effect(C.tlgo_log_to(c.handle(), C.uintptr_t(cgo.NewHandle(sink))))
}

// tapeloopGoLog is the callback of all contexts.
//
//export tapeloopGoLog
func tapeloopGoLog(number C.uintptr_t, level C.int32_t, message *C.char) {
	sink := cgo.Handle(number).Value().(*logSink)
	text := C.GoString(message)
	sink.thrown.writing.Add(1)
	defer func() {
		sink.thrown.wrote.Store(true)
		sink.thrown.writing.Add(-1)
	}()
	if p := apart(func() { sink.write(LogLevel(level), text) }); p != nil {
		var err error = p
		sink.thrown.err.CompareAndSwap(nil, &err)
	}
}

//export tapeloopGoEnd
func tapeloopGoEnd(number C.uintptr_t) { cgo.Handle(number).Delete() }
