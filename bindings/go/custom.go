//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/cgo"
	"runtime/debug"
	"unsafe"
)

// Compute makes outputs from inputs. It runs inside of a call on the context, and uses ops as usual; what it makes and does not
// return is freed for it. An error that it returns, and a panic, is the error of the call. It runs on the goroutine of the
// caller, which it must not end (runtime.Goexit, testing.T.FailNow): the context would be of no use any more, since the call never returns.
//
// The tapes that record it refer to it until they are consumed or closed: if it captures such a tape, close that tape.
type Compute func(inputs []*Tensor) (outputs []*Tensor, err error)

// Backward makes the gradient of each input, nil for none, from the gradient of each output (nil: none arrived). inputs and
// outputs have the values of the forward pass. It runs as a Compute does, in each gradient call that comes by.
type Backward func(inputs, outputs, outputGradients []*Tensor) (inputGradients []*Tensor, err error)

// Tangents makes the tangent of each output, nil for none, from those of the inputs (nil: none; at least one is there), for
// forward mode. inputs and outputs have the values of the forward pass. It runs as a Compute does.
type Tangents func(inputs, inputTangents, outputs []*Tensor) (outputTangents []*Tensor, err error)

// rule is what C knows by the number of a cgo.Handle.
type rule struct {
	c        *Context
	what     string // compute is called in messages
	compute  Compute
	loss     Compute // of GaussNewtonVectorProduct
	backward Backward
	tangents Tangents
	hear     func(event FitEvent, now *C.tl_fit_state) error
	guarded  func() error
}

// CustomGradient runs forward, which gives `outputs` tensors, and lets backward be its gradient. Open tapes do not see what
// forward does: they get one entry, which keeps inputs and outputs. backward runs with ops that outer tapes record: derivatives
// of second and higher order are those of what it computes. A value of the forward that it needs is one more output.
//
// name stands for the function in messages. captured names the trainable variables that forward reads without getting them as
// inputs; reading one that is not listed is an error. backward gets their values after the inputs, and gives their gradients
// there.
func (c *Context) CustomGradient(name string, inputs, captured []*Tensor, outputs int, forward Compute, backward Backward) ([]*Tensor, error) {
	return c.CustomGradientWithTangents(name, inputs, captured, outputs, forward, backward, nil)
}

// CustomGradientWithTangents is CustomGradient with a rule for forward mode, which runs where an input has a tangent; what it
// computes is differentiated like any op. tangents may be nil: inputs with a tangent are then ErrUnsupported.
func (c *Context) CustomGradientWithTangents(name string, inputs, captured []*Tensor, outputs int, forward Compute, backward Backward, tangents Tangents) ([]*Tensor, error) {
	if forward == nil || backward == nil {
		return nil, newError(ErrInvalidArgument, "[custom_gradient] forward and backward must be functions: got nil")
	}
	handles, broken := handlesOf(captured)
	if broken != nil {
		return nil, broken.c.brokenBy(broken)
	}
	made, err := c.withRule("custom_gradient", name, inputs, outputs, &rule{c: c, what: "forward", compute: forward, backward: backward, tangents: tangents},
		func(text *C.char, number C.uintptr_t, in, out []C.uintptr_t) C.int32_t {
			if tangents != nil {
				return C.tlgo_custom_jvp(c.handle(), text, number, list(in), C.size_t(len(in)), list(handles), C.size_t(len(handles)),
					list(out), C.size_t(len(out)))
			}
			return C.tlgo_custom(c.handle(), text, number, list(in), C.size_t(len(in)), list(handles), C.size_t(len(handles)),
				list(out), C.size_t(len(out)))
		})
	runtime.KeepAlive(captured)
	return made, err
}

// Recompute runs segment, which gives `outputs` tensors, and keeps nothing of what it computes inside: open tapes get one entry,
// which keeps the inputs, and run the segment again when its gradient is taken. Memory for time: of a chain of segments only the
// values between them stay alive. The second run draws the same random numbers and reads the values that variables had in the
// first; variables that it reads need not be listed. The segment must depend on nothing but its inputs, variables and the
// context's random numbers.
func (c *Context) Recompute(name string, inputs []*Tensor, outputs int, segment Compute) ([]*Tensor, error) {
	if segment == nil {
		return nil, newError(ErrInvalidArgument, "[recompute] the segment must be a function: got nil")
	}
	return c.withRule("recompute", name, inputs, outputs, &rule{c: c, what: "recompute", compute: segment},
		func(text *C.char, number C.uintptr_t, in, out []C.uintptr_t) C.int32_t {
			return C.tlgo_segment(c.handle(), text, number, list(in), C.size_t(len(in)), list(out), C.size_t(len(out)))
		})
}

// CallGuarded runs a function that the program got from somebody else, as the library runs callbacks: for loops and layers that take
// functions, of which Fit is one. Until it returns, the context cannot be closed, and no scope that is open now can end. What it makes
// belongs where it would without this call. It nests as callbacks do, 200 levels deep. name stands for it in messages. The error is that of
// f, or the first of an op in it that nobody has taken; a panic is a *PanicError.
func (c *Context) CallGuarded(name string, f func() error) error {
	const op = "call_guarded"
	if c == nil {
		return isNil()
	}
	if f == nil {
		return newError(ErrInvalidArgument, "["+op+"] f must be a function: got nil")
	}
	text, free, ok := c.path(op, name)
	if !ok {
		return c.Err()
	}
	defer free()
	return c.effect(C.tlgo_call_guarded(c.handle(), text, C.uintptr_t(cgo.NewHandle(&rule{c: c, what: op, guarded: f}))))
}

//export tapeloopGoGuarded
func tapeloopGoGuarded(number C.uintptr_t) C.int32_t {
	r := cgo.Handle(number).Value().(*rule)
	return r.runIn(0, r.what, nil, func() ([]*Tensor, error) { return nil, r.guarded() })
}

const mostOutputs = 1 << 16

func (c *Context) withRule(op, name string, inputs []*Tensor, outputs int, r *rule,
	call func(text *C.char, number C.uintptr_t, in, out []C.uintptr_t) C.int32_t) ([]*Tensor, error) {
	if err := countsOutputs(op, outputs); err != nil {
		return nil, err
	}
	in, broken := handlesOf(inputs)
	if broken != nil {
		return nil, broken.c.brokenBy(broken)
	}
	text, free, ok := c.path(op, name)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	made, err := c.calling(r, outputs, func(number C.uintptr_t, out []C.uintptr_t) C.int32_t { return call(text, number, in, out) })
	runtime.KeepAlive(inputs)
	return made, err
}

// countsOutputs refuses numbers of outputs that C would, before there is an array of that length.
func countsOutputs(op string, outputs int) error {
	if outputs < 1 || outputs > mostOutputs {
		return newError(ErrInvalidArgument, fmt.Sprintf("[%s] there must be 1 to %d outputs: got %d", op, mostOutputs, outputs))
	}
	return nil
}

// isFunction refuses nil, which C would get as a function of this package.
func isFunction(op, name string, f Compute) error {
	if f == nil {
		return newError(ErrInvalidArgument, fmt.Sprintf("[%s] %s must be a function: got nil", op, name))
	}
	return nil
}

// calling is the tensors that a call of C gives which calls a rule, and owns it: C ends it at once, or with what it has made.
func (c *Context) calling(r *rule, outputs int, call func(number C.uintptr_t, out []C.uintptr_t) C.int32_t) ([]*Tensor, error) {
	out := make([]C.uintptr_t, outputs)
	if err := c.effect(call(C.uintptr_t(cgo.NewHandle(r)), out)); err != nil {
		return nil, err
	}
	return c.results(out), nil
}

// GradPassThrough is the value of x with the gradient of path: what arrives goes to path unchanged, and nothing to x. Both of
// one floating dtype and shape. For functions without a useful derivative (rounding, sampling), and past assignments.
func (x *Tensor) GradPassThrough(path *Tensor) *Tensor {
	c, broken := two(x, path)
	if broken != nil {
		return broken
	}
	h := C.tlgo_grad_pass_through(c.handle(), x.handle(), path.handle())
	runtime.KeepAlive(x)
	runtime.KeepAlive(path)
	return c.result(h)
}

// run calls a function of the program inside of a call of C, whose frames nothing may unwind, and puts out what it makes.
func (r *rule) run(what string, out []C.uintptr_t, f func() ([]*Tensor, error)) C.int32_t {
	return r.runIn(1, what, out, f) // C has opened a scope
}

func (r *rule) runIn(scopes int32, what string, out []C.uintptr_t, f func() ([]*Tensor, error)) (code C.int32_t) {
	c, returned := r.c, false
	c.depth.Add(scopes)
	c.rules.Add(1)
	defer func() {
		c.depth.Add(-scopes)
		c.rules.Add(-1)
		if value := recover(); value != nil || !returned {
			code = c.fail(&PanicError{Value: value, Stack: debug.Stack()})
		}
	}()
	made, err := f()
	returned = true
	if err == errKept {
		return C.int32_t(C.tlgo_error_code(c.handle()))
	}
	if err != nil {
		return c.fail(err)
	}
	if len(made) != len(out) {
		return c.fail(newError(ErrInvalidArgument, fmt.Sprintf("[%s] the function must give %d tensors: got %d", what, len(out), len(made))))
	}
	for i, t := range made {
		if broken := t.err(); broken != nil {
			return c.fail(broken)
		}
		out[i] = t.handle()
	}
	return 0
}

// fail makes the call of C that is running fail with an error of the program, which the call of Go around it returns.
func (c *Context) fail(err error) C.int32_t {
	c.thrown.err.CompareAndSwap(nil, &err)
	return c.keepError(err)
}

// errKept is what a function returns whose error the context holds: that of the call of C, which may go on behind it.
var errKept = errors.New("tapeloop: the context holds the error")

// keepError makes it the error of the context, and returns its code.
func (c *Context) keepError(err error) C.int32_t {
	code := ErrInvalidArgument
	var ours *Error
	if errors.As(err, &ours) {
		code = ours.Code
	}
	text := C.CString(err.Error())
	C.tlgo_set_error(c.handle(), C.int32_t(code), text)
	C.free(unsafe.Pointer(text))
	return C.int32_t(code)
}

// lent is the tensors behind handles that belong to the scope of a callback.
func (c *Context) lent(handles *C.uintptr_t, count C.size_t) []*Tensor {
	if count == 0 {
		return nil
	}
	return c.results(unsafe.Slice(handles, int(count)))
}

func room(handles *C.uintptr_t, count C.size_t) []C.uintptr_t {
	if count == 0 {
		return nil
	}
	return unsafe.Slice(handles, int(count))
}

//export tapeloopGoCompute
func tapeloopGoCompute(number C.uintptr_t, inputs *C.uintptr_t, numInputs C.size_t, outputs *C.uintptr_t, numOutputs C.size_t) C.int32_t {
	r := cgo.Handle(number).Value().(*rule)
	return r.run(r.what, room(outputs, numOutputs), func() ([]*Tensor, error) { return r.compute(r.c.lent(inputs, numInputs)) })
}

//export tapeloopGoLoss
func tapeloopGoLoss(number C.uintptr_t, inputs *C.uintptr_t, numInputs C.size_t, outputs *C.uintptr_t, numOutputs C.size_t) C.int32_t {
	r := cgo.Handle(number).Value().(*rule)
	return r.run("loss", room(outputs, numOutputs), func() ([]*Tensor, error) { return r.loss(r.c.lent(inputs, numInputs)) })
}

//export tapeloopGoBackward
func tapeloopGoBackward(number C.uintptr_t, inputs *C.uintptr_t, numInputs C.size_t, outputs, outputGradients *C.uintptr_t, numOutputs C.size_t, inputGradients *C.uintptr_t) C.int32_t {
	r := cgo.Handle(number).Value().(*rule)
	return r.run("backward", room(inputGradients, numInputs), func() ([]*Tensor, error) {
		return r.backward(r.c.lent(inputs, numInputs), r.c.lent(outputs, numOutputs), r.c.lent(outputGradients, numOutputs))
	})
}

//export tapeloopGoTangents
func tapeloopGoTangents(number C.uintptr_t, inputs, inputTangents *C.uintptr_t, numInputs C.size_t, outputs *C.uintptr_t, numOutputs C.size_t, outputTangents *C.uintptr_t) C.int32_t {
	r := cgo.Handle(number).Value().(*rule)
	return r.run("tangents", room(outputTangents, numOutputs), func() ([]*Tensor, error) {
		return r.tangents(r.c.lent(inputs, numInputs), r.c.lent(inputTangents, numInputs), r.c.lent(outputs, numOutputs))
	})
}
