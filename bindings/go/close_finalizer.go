//go:build cgo && !go1.24

package tapeloop

import "runtime"

// closeAfter calls release with a handle some time after the last reference to the object that holds it is gone. A handle that
// was released before is no harm. The object must be an allocation of its own.
func closeAfter[T any](object *T, handle uintptr, release func(uintptr)) {
	runtime.SetFinalizer(object, func(*T) { release(handle) })
}
