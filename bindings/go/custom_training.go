//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// Slot is state of a CustomOptimizer that goes with each variable.
type Slot struct {
	Name  string
	Kind  SlotKind
	First float64 // all its elements before the first step
}

// Update is what the function of a CustomOptimizer gets for one variable: its value, its gradient, the rate and the number of the step
// (from 1 on), both of rank 0 and of the dtype of the variable, and its slots.
type Update struct {
	Context                       *Context
	Weights, Gradient, Rate, Step *Tensor
	Slots                         []*Tensor
}

// CustomOptimizer is an optimizer whose update is a function of the program's, written in ops. For each variable with a gradient it
// gives the new value and the new slots, in the order of slots, of the same dtypes and shapes; nil: as it is. learningRate is finite
// and not negative; there are at most 8 slots. name is that of its state and stands in messages.
//
// The function runs within Apply, on the goroutine of the caller, as a Compute does: an error that it returns, and a panic, is that of
// the call, and all variables and slots stay as they were. No tape records what it does. In a compiled step it runs once, when the
// step is recorded; rate and number of the step are inputs of replays. It must not step the optimizer itself. All else is as for any
// optimizer: schedules, step options, groups, state by name; gradients of rows are not taken.
//
// The library refers to the function until the optimizer is closed: one that captures the context, or an object of it, keeps the context
// from ending by itself: such a context needs Close.
func (c *Context) CustomOptimizer(name string, learningRate float64, slots []Slot, update func(u *Update) ([]*Tensor, error)) *Optimizer {
	const op = "optimizer_custom"
	if update == nil || c == nil {
		c.refuse(op, "update must be a function: got nil")
		return c.newOptimizer(op, "", func(*C.char) C.uintptr_t { return 0 })
	}
	r := &rule{c: c, what: name, compute: func(in []*Tensor) ([]*Tensor, error) {
		return update(&Update{c, in[0], in[1], in[2], in[3], in[4:]})
	}}
	return c.newOptimizer(op, name, func(*C.char) C.uintptr_t {
		text, free, ok := c.path(op, name)
		if !ok {
			return 0
		}
		defer free()
		h := C.tlgo_custom_optimizer(c.handle(), text, C.double(learningRate), C.uintptr_t(cgo.NewHandle(r)))
		for _, s := range slots {
			name := C.CString(s.Name)
			failed := h != 0 && C.tlgo_optimizer_add_slot(h, name, C.int32_t(s.Kind), C.double(s.First)) != 0
			C.free(unsafe.Pointer(name))
			if failed {
				C.tlgo_optimizer_release(h)
				return 0
			}
		}
		return h
	})
}

// State is state of a CustomMetric: a number (without Shape), or a tensor of them, F64.
type State struct {
	Name  string
	Shape []int64
	First float64 // all its elements in the beginning and after each Reset
}

// CustomMetric is a metric whose update and result are functions of the program's, written in ops. update gets the state, in the order of
// states, and the inputs of the call: values and weights of Update, labels, predictions and weights of UpdatePredictions (nil: no
// weights), or those of UpdateWith; it gives the new state, nil: as it is. result gets the state and gives one tensor of any shape.
// What they give of other dtypes becomes F64.
//
// They run within the call that needs them, as a Compute does: an error, and a panic, is that of the call, and the state stays as it
// was. No tape records what they do; in a compiled step they run once, when it is recorded. The library refers to them until the metric is
// closed, as to the function of a CustomOptimizer.
func (c *Context) CustomMetric(name string, states []State, update func(state, inputs []*Tensor) ([]*Tensor, error), result func(state []*Tensor) (*Tensor, error)) *Metric {
	const op = "metric_custom"
	if update == nil || result == nil || c == nil {
		c.refuse(op, "update and result must be functions: got nil")
		return c.newMetric(op, "", func(*C.char) C.uintptr_t { return 0 })
	}
	r := &rule{c: c, what: name, compute: func(in []*Tensor) ([]*Tensor, error) {
		if len(in) < len(states) {
			return nil, newError(ErrInvalidArgument, fmt.Sprintf("[%s] there must be a tensor for each state", name))
		}
		return update(in[:len(states)], in[len(states):])
	}, loss: func(in []*Tensor) ([]*Tensor, error) {
		made, err := result(in)
		return []*Tensor{made}, err
	}}
	return c.newMetric(op, name, func(*C.char) C.uintptr_t {
		text, free, ok := c.path(op, name)
		if !ok {
			return 0
		}
		defer free()
		h := C.tlgo_custom_metric(c.handle(), text, C.uintptr_t(cgo.NewHandle(r)))
		for _, s := range states {
			name := C.CString(s.Name)
			failed := h != 0 && C.tlgo_metric_add_state(h, name, dims(s.Shape), C.size_t(len(s.Shape)), C.double(s.First)) != 0
			C.free(unsafe.Pointer(name))
			if failed {
				C.tlgo_metric_release(h)
				return 0
			}
		}
		return h
	})
}

// UpdateWith gives any number of tensors, some of them nil, to a metric of CustomMetric. A failure changes nothing.
func (m *Metric) UpdateWith(inputs ...*Tensor) error {
	if err := m.self().usable(); err != nil {
		return err
	}
	handles, broken := handlesOf(inputs)
	if broken != nil {
		return broken.c.brokenBy(broken)
	}
	err := m.c.effect(C.tlgo_metric_update_with(C.uintptr_t(m.h), list(handles), C.size_t(len(handles))))
	runtime.KeepAlive(m)
	runtime.KeepAlive(inputs)
	return err
}
