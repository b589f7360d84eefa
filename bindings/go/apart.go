//go:build cgo

package tapeloop

import "runtime/debug"

// apart runs a function of the program on a goroutine of its own and waits for it: a panic, or the end of that goroutine
// (testing.T.FailNow does so), must not unwind the frames of C below. It returns the panic, nil where there was none.
func apart(f func()) *PanicError {
	done := make(chan *PanicError, 1)
	go func() {
		returned := false
		defer func() {
			if value := recover(); value != nil || !returned {
				done <- &PanicError{Value: value, Stack: debug.Stack()}
				return
			}
			done <- nil
		}()
		f()
		returned = true
	}()
	return <-done
}
