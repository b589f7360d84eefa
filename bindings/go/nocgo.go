//go:build !cgo

package tapeloop

// The compiler's message is the one thing that can be said here, so it is the name that says it.
var _ = tapeloop_needs_cgo__set_CGO_ENABLED_1__install_a_C_compiler_and_libtapeloop_dev
