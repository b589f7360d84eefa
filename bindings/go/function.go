//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
	"runtime/cgo"
	"sync"
)

// Function is the compiled step: a training step that is recorded once and replayed in one call.
//
// The first call with inputs of new dtypes or shapes runs the step as any code and records the ops that run, those of gradients
// of any order, of optimizers and metrics among them. The next one makes a plan of the recording; from then on a call runs the
// plan, and the step is not called any more. A plan computes the same bits as the step (but for the option AllowReassociation;
// a NaN stays a NaN, whose sign and payload may be others), draws the same random numbers, and takes the learning rate and the count of steps as they are at each call.
//
// What a recording keeps:
//   - Inputs are whatever each call passes. A variable that is passed as an input is read at each call.
//   - Variables that the step uses are the function's from then on: replays read and change them. When one of them, or an
//     optimizer that is used, is closed, the next call records anew.
//   - Tensors from outside that are not inputs, data that the step itself makes tensors of (NewTensor, Scalar), and numbers that it
//     passes to ops stay as they were in the recording; Statistics counts the tensors. What changes from step to step must be an
//     input or a variable.
//   - Which variables are trainable (SetTrainable), where a tape or forward mode follows reads of them: after a change the next call
//     records anew, and both recordings are kept.
//   - Decisions of the step, such as the branch that it takes, and whatever else it does in Go (counting, printing), stay in the
//     recording or happen there alone. What it decides by, other than dtypes and shapes of inputs, must be in the flags.
//
// What a step must not do: look at elements of a tensor that another step would compute anew (Item of the loss, the result of a
// metric, the learning rate, gradients of rows of indices that are not the same in all steps), set the seed, set the learning rate, or take a batch of a feed or a data set. The call that records it
// then fails after the run, and says which function looked at what; later ones, with whatever inputs and flags, fail at once, until
// Forget. Give the tensor as an output and look at it after the call, or use the option HostReads.
//
// After the fifth recording a warning is logged. After MostRecordings of them, counted since the function was made or Forget, a call that
// no recording fits runs the step as if there were no function, which a warning says once; calls that one fits go on as before.
//
// With the option PolymorphicBatch a few recordings serve all sizes of a batch. When the inputs of a call differ from those of others
// in their leading dimension alone, by one size n in all that differ, the step runs for sizes below 2, for the first three others, and
// for those of which the recorded ones do not tell yet: one outside of their range as long as the largest is not twice the least, one
// that is not as far from them as multiples of the greatest common divisor of their differences are, and one for which a quotient
// could have been rounded in several ways. Numbers that it computes of the size and passes to ops may be k n, n + k, k / n, k (1 / n) or
// 1 / (k n) with a whole number k. Where recordings differ otherwise, each size is recorded, and RetraceReasons says by what. What the
// step decides must not depend on the size, nor may numbers by thresholds. RetraceIsError refuses no recording of another size.
//
// With the option AllowReassociation plans may add up sums in another order where that saves work, and then have other bits than the
// step: a product with a matrix that is a sum of others with scaled rows, X = sum_t s_t X_t, is computed from the products with these
// where the step has them, X W = sum_t s_t (X_t W), and in a sum of products, as the gradient of W is,
// X' G + sum_t X_t' G_t = sum_t X_t' (G_t + s_t G). A WGAN's penalty on the slope is such a case. An element is off the exact one by
// at most (k + 2 c + p + 4) u sum_t |s_t| (|X_t| |W|), or sum_t |X_t|' (|G_t| + |s_t| |G|), where k is the number of products that it
// adds up, c how many operations X takes of its terms, p the number of products in the sum, u is 2^-24 in F32 and 2^-53 in F64, and
// |s_t| the sum of absolute values where s_t is a sum. Where terms cancel, digits are lost that the step keeps. Plans have the same
// bits at every call and on any number of threads.
//
// While a tape or forward mode that was opened outside the step is open, a check of NaN is on, or another function records, a call
// runs the step, so that they see every op.
type Function struct {
	object
	outputs int
	step    *rule
	slot    *slot
}

// slot is what C knows of a function: its step, but only while a call runs. So C keeps nothing of the program alive, and a function
// whose step refers to it (as a method of a model that holds the function does) ends by itself all the same.
type slot struct {
	mutex sync.Mutex
	calls int
	step  *rule
	// Of the call that found no other: what C reads and writes must not lie on the stack, and memory of its own for each call takes
	// longer than the call of C.
	in, out [mostKept]C.uintptr_t
	items   [mostKept]C.double
}

const mostKept = 16

// enter begins a call; alone says that no other one runs, so that this one may use in, out and items until it leaves.
func (s *slot) enter(step *rule) (alone bool) {
	s.mutex.Lock()
	s.calls++
	alone = s.calls == 1
	s.step = step
	s.mutex.Unlock()
	return alone
}

// inputs are n handles for C to read.
func (s *slot) inputs(alone bool, n int) []C.uintptr_t {
	if alone && n <= mostKept {
		return s.in[:n]
	}
	return make([]C.uintptr_t, n)
}

// outputs are n handles for C to write.
func (s *slot) outputs(alone bool, n int) []C.uintptr_t {
	if !alone || n > mostKept {
		return make([]C.uintptr_t, n)
	}
	out := s.out[:n]
	for i := range out {
		out[i] = 0
	}
	return out
}

// numbers are n of them for C to write.
func (s *slot) numbers(alone bool, n int) []C.double {
	if alone && n <= mostKept {
		return s.items[:n]
	}
	return make([]C.double, n)
}

func (s *slot) leave() {
	s.mutex.Lock()
	if s.calls--; s.calls == 0 {
		s.step = nil
	}
	s.mutex.Unlock()
}

// NewFunction makes a function of a step, which gives `outputs` (0 or more) tensors. Nothing runs yet. The step runs on the
// goroutine that calls the function, as any Compute does. options may be nil. Make it outside of the scope of a step.
func (c *Context) NewFunction(step Compute, outputs int, options *FunctionOptions) *Function {
	const op = "function_new"
	f := &Function{outputs: outputs, slot: new(slot)}
	f.step = &rule{c: c, what: "step", compute: step}
	f.c = c
	switch {
	case step == nil:
		c.refuse(op, "step must be a function: got nil")
	case outputs < 0 || outputs > mostOutputs:
		c.refuse(op, fmt.Sprintf("there must be 0 to %d outputs: got %d", mostOutputs, outputs))
	case options != nil && options.MostPlans < 0:
		c.refuse(op, fmt.Sprintf("MostPlans must not be negative: got %d", options.MostPlans))
	case options != nil && options.MostRecordings < 0:
		c.refuse(op, fmt.Sprintf("MostRecordings must not be negative: got %d", options.MostRecordings))
	default:
		text, free, ok := c.cstring(op, options.name())
		if ok {
			defer free()
			f.h = uintptr(C.tlgo_function(c.handle(), C.uintptr_t(cgo.NewHandle(f.slot)), options.raw(text)))
		}
	}
	if f.h == 0 {
		f.failed = c.seen()
		return f
	}
	return newObject(f, &f.object, releaseFunction)
}

func releaseFunction(h uintptr) { C.tlgo_function_release(C.uintptr_t(h)) }

func (f *Function) self() *object {
	if f == nil {
		return nil
	}
	return &f.object
}

// Call is one step. inputs are tensors or variables of the function's context, of any dtype and shape. The outputs are new tensors,
// which stay as they are whatever is called later.
//
// A replay that fails (labels that are no class, optimizer state that makes no sense, a cancelled context, ErrOutOfMemory) has
// changed nothing. A call that runs the step fails as the step does, and leaves what that had done. ErrFailedPrecondition: a step
// that cannot be replayed, or one that would be recorded again although that is an error.
func (f *Function) Call(inputs ...*Tensor) ([]*Tensor, error) {
	if err := f.self().usable(); err != nil {
		return nil, err
	}
	alone := f.slot.enter(f.step)
	defer f.slot.leave()
	in, out := f.slot.inputs(alone, len(inputs)), f.slot.outputs(alone, f.outputs)
	if broken := setHandles(in, inputs); broken != nil {
		return nil, broken.c.brokenBy(broken)
	}
	err := f.c.effect(C.tlgo_function_call(C.uintptr_t(f.h), list(in), C.size_t(len(in)), list(out), C.size_t(len(out))))
	runtime.KeepAlive(f)
	runtime.KeepAlive(inputs)
	if err != nil {
		return nil, err
	}
	return f.c.results(out), nil
}

// CallItem is one step of a function of one output, of one element and any dtype: the number that Item would give of it. For a loop
// that wants the loss; see CallItems.
func (f *Function) CallItem(inputs ...*Tensor) (float64, error) {
	var item [1]float64
	err := f.CallItems(item[:], inputs...)
	return item[0], err
}

// CallItems is one step, as Call runs it, whose outputs have one element each, of any dtype: items, which has room for all of them,
// gets the numbers that Item would give of them. Nothing is left to close, and no Scope is needed around it: each call is a scope of its
// own, with which ends, too, what the step keeps: a variable that it makes once and keeps needs one Keep more than with Call, else
// every call records. A replay makes no tensors of the outputs, and takes one crossing to C and no memory
// of Go.
//
// Errors are those of Call, and ErrInvalidArgument for an output of more or fewer elements: a replay has changed nothing then, a call
// that runs the step has. On an error items is as it was. Inside another function it is a look at elements, as Item is;
// inside Vmap it refuses inputs of the batch, and after a run outputs that depend on the batch otherwise.
func (f *Function) CallItems(items []float64, inputs ...*Tensor) error {
	if err := f.self().usable(); err != nil {
		return err
	}
	if len(items) != f.outputs {
		return newError(ErrInvalidArgument, fmt.Sprintf(
			"[function_call_items] there must be room for each output of the step: got %d numbers for %d outputs", len(items), f.outputs))
	}
	alone := f.slot.enter(f.step)
	defer f.slot.leave()
	in, out := f.slot.inputs(alone, len(inputs)), f.slot.numbers(alone, len(items))
	if broken := setHandles(in, inputs); broken != nil {
		return broken.c.brokenBy(broken)
	}
	var to *C.double
	if len(out) > 0 {
		to = &out[0]
	}
	err := f.c.effect(C.tlgo_function_call_items(C.uintptr_t(f.h), list(in), C.size_t(len(in)), to, C.size_t(len(out))))
	runtime.KeepAlive(f)
	runtime.KeepAlive(inputs)
	if err != nil {
		return err
	}
	for i, item := range out {
		items[i] = float64(item)
	}
	return nil
}

const mostHandles = 1 << 24

// RunN is `steps` (1 or more) steps in one call: inputs holds those of the first step, then those of the second, and so on; outputs
// is filled in the same way. When a step fails, the call ends with its error; the steps before it have taken effect, done says how
// many, and outputs are theirs.
func (f *Function) RunN(steps int, inputs ...*Tensor) (outputs []*Tensor, done int, err error) {
	if err := f.self().usable(); err != nil {
		return nil, 0, err
	}
	if steps < 1 || len(inputs)%steps != 0 || (f.outputs > 0 && steps > mostHandles/f.outputs) {
		return nil, 0, newError(ErrInvalidArgument, fmt.Sprintf(
			"[function_run_n] the number of inputs must be a multiple of steps, which is 1 or more, and there can be %d outputs: got %d inputs and %d steps of %d outputs",
			mostHandles, len(inputs), steps, f.outputs))
	}
	in, broken := handlesOf(inputs)
	if broken != nil {
		return nil, 0, broken.c.brokenBy(broken)
	}
	out, ran := make([]C.uintptr_t, steps*f.outputs), new(C.size_t)
	f.slot.enter(f.step)
	defer f.slot.leave()
	err = f.c.effect(C.tlgo_function_run_n(C.uintptr_t(f.h), C.size_t(steps), list(in), C.size_t(len(in)), list(out), C.size_t(len(out)), ran))
	runtime.KeepAlive(f)
	runtime.KeepAlive(inputs)
	done = int(*ran)
	return f.c.results(out[:done*f.outputs]), done, err
}

// SetFlags sets a number that the step decides by, 0 at first: whether it trains, how often it repeats something. Calls with other
// flags have recordings of their own.
func (f *Function) SetFlags(flags int64) error {
	return f.do(func(h C.uintptr_t) C.int32_t { return C.tlgo_function_set_flags(h, C.int64_t(flags)) })
}

// Forget forgets all recordings and plans: the next call records. For a program that has changed what the step does.
func (f *Function) Forget() error {
	return f.do(func(h C.uintptr_t) C.int32_t { return C.tlgo_function_forget(h) })
}

func (f *Function) do(call func(C.uintptr_t) C.int32_t) error {
	if err := f.self().usable(); err != nil {
		return err
	}
	err := f.c.effect(call(C.uintptr_t(f.h)))
	runtime.KeepAlive(f)
	return err
}

// FunctionStatistics is what a function has done, and of what size the plan is that was used last.
type FunctionStatistics struct {
	Traces        uint64  // recordings so far
	Replays       uint64  // runs of plans so far
	EagerCalls    uint64  // calls so far that ran the step without recording
	Signatures    uint64  // recordings and plans that are kept
	Kernels       uint64  // that one run of the plan calls
	Flops         float64 // operations of one run: of products of matrices 2 m n k, else one for each element
	MovedBytes    float64 // that the kernels of one run read and write
	ArenaBytes    uint64  // memory for values inside the step
	Constants     uint64  // tensors from outside that are not inputs
	HostConstants uint64  // of them, those that the step made of data of Go
	ResizedPlans  uint64  // plans so far that were made for another size of the batch without running the step
	TouchedBytes  float64 // of memory that one run reads or writes, each counted once: arena, inputs, variables, outputs
	Clusters      uint64  // of the kernels, those that hold several ops
	// UnrecordedCalls are those of EagerCalls that would have recorded but for the option MostRecordings.
	UnrecordedCalls uint64
}

// Statistics reads what the function has done; works while the context holds an error.
func (f *Function) Statistics() (FunctionStatistics, error) {
	if err := f.self().usable(); err != nil {
		return FunctionStatistics{}, err
	}
	s := C.tlgo_function_measure(C.uintptr_t(f.h))
	runtime.KeepAlive(f)
	if s.struct_size != 0 {
		return FunctionStatistics{}, f.c.effect(C.int32_t(s.struct_size))
	}
	return FunctionStatistics{
		Traces: uint64(s.traces), Replays: uint64(s.replays), EagerCalls: uint64(s.eager_calls), Signatures: uint64(s.signatures),
		Kernels: uint64(s.kernels), Flops: float64(s.flops), MovedBytes: float64(s.moved_bytes), ArenaBytes: uint64(s.arena_bytes),
		Constants: uint64(s.constants), HostConstants: uint64(s.host_constants), TouchedBytes: float64(s.touched_bytes),
		ResizedPlans: uint64(s.resized_plans), Clusters: uint64(s.clusters), UnrecordedCalls: uint64(s.unrecorded_calls),
	}, nil
}

// RetraceReasons is why the function recorded again, 64 reasons at most: the first is that of the second recording.
func (f *Function) RetraceReasons() ([]string, error) {
	if err := f.self().usable(); err != nil {
		return nil, err
	}
	count := new(C.size_t)
	status := C.tlgo_function_retrace_reason(C.uintptr_t(f.h), 0, nil, 0, nil, count)
	var reasons []string
	for i := C.size_t(0); i < *count && status == 0; i++ {
		var reason string
		reason, status = text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
			return C.tlgo_function_retrace_reason(C.uintptr_t(f.h), i, buffer, capacity, length, nil)
		})
		reasons = append(reasons, reason)
	}
	runtime.KeepAlive(f)
	if err := f.c.effect(status); err != nil {
		return nil, err
	}
	return reasons, nil
}

// Text is the plan that was used last: counts, then inputs, variables, constants, one line for each op, and where values lie. For
// people; its form may change. Empty before the first call.
func (f *Function) Text() (string, error) {
	if err := f.self().usable(); err != nil {
		return "", err
	}
	words, status := text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_function_text(C.uintptr_t(f.h), buffer, capacity, length)
	})
	runtime.KeepAlive(f)
	return words, f.c.effect(status)
}

// Keep moves the function one scope out, as Tensor.Keep does, and returns it.
func (f *Function) Keep() *Function {
	if f == nil {
		return nil
	}
	return keep(f, &f.object, func() C.uintptr_t { return C.tlgo_function_keep(C.uintptr_t(f.h)) }, releaseFunction)
}

// Err is the error that kept the function from being made, nil for any other. The context forgets that error, so that it works
// again.
func (f *Function) Err() error { return f.self().usable() }

// Close gives it and its plans up. Closing it again does nothing; the error is always nil.
func (f *Function) Close() error { return f.self().close(releaseFunction) }

//export tapeloopGoStep
func tapeloopGoStep(number C.uintptr_t, inputs *C.uintptr_t, numInputs C.size_t, outputs *C.uintptr_t, numOutputs C.size_t) C.int32_t {
	s := cgo.Handle(number).Value().(*slot)
	s.mutex.Lock()
	r := s.step
	s.mutex.Unlock()
	return r.run(r.what, room(outputs, numOutputs), func() ([]*Tensor, error) { return r.compute(r.c.lent(inputs, numInputs)) })
}
