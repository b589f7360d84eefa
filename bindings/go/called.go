//go:build cgo

package tapeloop

import (
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"
)

var ownPath = reflect.TypeOf((*Context)(nil)).Elem().PkgPath() + "."

// called is the function of this package that the program called, such as "Tensor.Add": the outermost exported one of those that
// stand on the stack above the program's. For errors that come from no op, so that they may take their time.
func called() string {
	var at [48]uintptr
	frames := runtime.CallersFrames(at[:runtime.Callers(2, at[:])])
	name := "tapeloop"
	for {
		frame, more := frames.Next()
		inside := strings.HasPrefix(frame.Function, ownPath) && !strings.HasSuffix(filepath.Base(frame.File), "_test.go")
		if !inside && frame.Function != "" && !strings.HasPrefix(frame.Function, "runtime.") {
			return name
		}
		if found := exported(strings.TrimPrefix(frame.Function, ownPath)); inside && found != "" {
			name = found
		}
		if !more {
			return name
		}
	}
}

// exported is "Tensor.Add" for "(*Tensor).Add", and "" for what the program cannot call.
func exported(function string) string {
	if generic := strings.IndexByte(function, '['); generic > 0 {
		function = function[:generic]
	}
	parts := strings.Split(strings.NewReplacer("(*", "", ")", "").Replace(function), ".")
	if len(parts) > 2 {
		parts = parts[:2] // a function inside of it
	}
	for _, part := range parts {
		if first, _ := utf8.DecodeRuneInString(part); !unicode.IsUpper(first) {
			return ""
		}
	}
	return strings.Join(parts, ".")
}

// refusal is an error of this package, which names the function that the program called.
func refusal(code Code, message string) *Error {
	name := called()
	return &Error{Code: code, Op: name, Message: "[" + name + "] " + message}
}

// subject is what a function is called on, or takes first.
func subject(function string) string {
	if on, _, method := strings.Cut(function, "."); method {
		return "the " + strings.ToLower(on)
	} else if on == "NewTensor" {
		return "the context"
	}
	return "the tensor"
}

// isNil is the error of a call on nil, or with nothing but nil.
func isNil() *Error {
	name := called()
	return &Error{ErrInvalidArgument, name, "[" + name + "] " + subject(name) + " is nil"}
}

// isZero is the error of a call on a value that was not made by this package.
func isZero(what string) *Error {
	maker := "a method of Context"
	if what == "the context" {
		maker = "NewContext"
	}
	return refusal(ErrInvalidArgument, what+" is a zero value: it must be made by "+maker)
}

// unusable is why C takes no call on the context: it is nil, a zero value, closed or in use.
func (c *Context) unusable(code Code) *Error {
	switch {
	case c == nil:
		return isNil()
	case c.h == 0:
		return isZero("the context")
	case code == ErrBusy && c.thrown.writing.Load() > 0:
		return refusal(ErrBusy, "the context is in a call that writes a log line: a function given to SetLog must not use its context")
	case code == ErrBusy:
		return refusal(ErrBusy, "another goroutine is using the context")
	}
	return refusal(ErrInvalidArgument, "the context is closed")
}
