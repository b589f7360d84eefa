//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Error is an error of the library.
type Error struct {
	Code    Code   // the kind: errors.Is(err, ErrInvalidArgument) asks for it
	Op      string // what failed: an op of the library, such as "matmul", or a function of this package, such as "Context.Scope"
	Message string // the op, the rule that was broken, the values got and a hint
}

// Error is the library's message, unchanged.
func (e *Error) Error() string { return e.Message }

// Is tells whether target is this error's code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Error is the code in words, such as "invalid argument": codes are errors, for errors.Is.
func (c Code) Error() string { return C.GoString(C.tlgo_status_name(C.int32_t(c))) }

// PanicError is a panic in a callback of the program. The call during which it happened returns it.
type PanicError struct {
	Value any    // what was given to panic; nil where the callback ended its goroutine
	Stack []byte // of the callback
}

// Error is the value in words, without the stack.
func (p *PanicError) Error() string {
	if p.Value == nil {
		return "tapeloop: a callback ended its goroutine (runtime.Goexit, testing.T.FailNow) and did not return"
	}
	return fmt.Sprintf("tapeloop: a callback panicked: %v", p.Value)
}

// Unwrap is the value, where it is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// both is an error beside a first one: errors.Is and errors.As find either.
type both struct{ first, second error }

func (b *both) Error() string        { return b.first.Error() + "; " + b.second.Error() }
func (b *both) Unwrap() error        { return b.first }
func (b *both) Is(target error) bool { return errors.Is(b.second, target) }
func (b *both) As(target any) bool   { return errors.As(b.second, target) }

func newError(code Code, message string) *Error {
	e := &Error{Code: code, Message: message}
	if strings.HasPrefix(message, "[") {
		if end := strings.IndexByte(message, ']'); end > 0 {
			e.Op = message[1:end]
		}
	}
	return e
}

// peek is the context's first error without taking it, nil where there is none. The same error is the same pointer. c.lend is
// held, since the message is memory that ends when another goroutine clears the error.
func (c *Context) peek() *Error {
	found := C.tlgo_first_error(c.handle())
	if found.code == 0 {
		return nil
	}
	message := C.GoString(found.message)
	// What C says of a context that it cannot enter; it knows nothing of the call that found out.
	if message == "" || (strings.HasPrefix(message, "[error_message]") && !strings.Contains(message, "out of memory")) {
		code := Code(found.code)
		if strings.Contains(message, "another thread") {
			code = ErrBusy
		}
		return c.unusable(code)
	}
	if c.first == nil || c.first.Code != Code(found.code) || c.first.Message != message {
		c.first = newError(Code(found.code), message)
	}
	return c.first
}

// taken is the context's first error, which it forgets; nil where there is none.
func (c *Context) taken() *Error {
	if c == nil {
		return c.peek()
	}
	c.lend.Lock()
	defer c.lend.Unlock()
	found := c.peek()
	if found != nil {
		C.tlgo_clear_error(C.uintptr_t(c.h))
		c.first = nil
	}
	return found
}

// seen is the context's first error, which it keeps. There is one even if another goroutine has taken it meanwhile.
func (c *Context) seen() *Error {
	var found *Error
	if c == nil {
		found = c.peek()
	} else {
		c.lend.Lock()
		found = c.peek()
		c.lend.Unlock()
	}
	if found == nil {
		found = refusal(ErrBusy, "another goroutine was using the context, and has taken its error")
	}
	return found
}

// forget clears the context's error if it is this one: somebody has read it.
func (c *Context) forget(read *Error) {
	if c == nil || read == nil {
		return
	}
	c.lend.Lock()
	defer c.lend.Unlock()
	if c.first == read && c.peek() == read {
		C.tlgo_clear_error(C.uintptr_t(c.h))
		c.first = nil
	}
}

// refuse keeps an error of this package in the context, in the form that the library gives its own.
func (c *Context) refuse(op, message string) {
	text := C.CString("[" + op + "] " + message)
	C.tlgo_set_error(c.handle(), C.int32_t(ErrInvalidArgument), text)
	C.free(unsafe.Pointer(text))
}

// effect turns the status of a call with an effect into an error, which it takes from the context; and gives the error
// or the panic of a callback meanwhile.
func (c *Context) effect(status C.int32_t) error {
	if c != nil && c.thrown != nil {
		if c.thrown.wrote.Load() {
			c.forgetIntruders()
		}
		if c.thrown.err.Load() != nil && c.thrown.writing.Load() == 0 {
			if err := c.thrown.err.Swap(nil); err != nil {
				if status != 0 {
					c.taken()
				}
				return *err
			}
		}
	}
	if status == 0 {
		return nil
	}
	if found := c.taken(); found != nil {
		return found
	}
	if Code(status) == ErrBusy {
		return refusal(ErrBusy, "another goroutine was using the context")
	}
	// Another goroutine has taken it, or the code is all there is.
	return refusal(Code(status), Code(status).Error())
}

// forgetIntruders is what a call does in which log lines were written. What the program's function called on the context has
// been refused and has said so; C has noted it as the error of two threads, which would be in the way of the calls that follow.
func (c *Context) forgetIntruders() {
	if c.thrown.writing.Load() > 0 || c.rules.Load() > 0 {
		return // the call goes on
	}
	c.thrown.wrote.Store(false)
	c.lend.Lock()
	defer c.lend.Unlock()
	if found := c.peek(); found != nil && found.Code == ErrBusy && found.Op == "context" {
		C.tlgo_clear_error(C.uintptr_t(c.h))
		c.first = nil
	}
}

// ForgetError forgets the first error where it has this code, and nothing else: a request to cancel that no call has met yet stays, which
// Err takes back with the error. For a loop that expects an error of its ops and goes on behind it. It reports whether the context holds
// no error then.
func (c *Context) ForgetError(code Code) bool {
	if c == nil {
		return false
	}
	c.lend.Lock()
	defer c.lend.Unlock()
	if C.tlgo_forget_error(C.uintptr_t(c.h), C.int32_t(code)) != 0 {
		return false
	}
	c.first = nil
	return true
}

// Err returns the first error that nobody has taken yet, and takes it: the context works again afterwards. Nil without one.
func (c *Context) Err() error {
	if found := c.taken(); found != nil {
		return found
	}
	return nil
}
