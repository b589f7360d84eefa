//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
)

// Vmap runs a function that is written for one example for each example of a batch, all at once. axes says for each input along
// which axis its examples lie: negative ones count from the end, and NoAxis stands for an input that is the same for each
// example; nil is axis 0 of each input. All axes have one size, which may be 0, and at least one input has one. Inputs are
// tensors or variables of any dtype; the function gets them without that axis.
//
// function runs once. The tensors that it gets stand for one example each, and every op that uses them runs for the whole batch;
// what it captures (weights, constants) takes part as it is. It gives `outputs` (1 or more) tensors, which come back with the
// axis of the batch in front; one that does not depend on the batch is repeated. Tapes and forward modes that are opened inside
// see the program of one example, those outside that of the batch: so the gradients of each example are a tape inside, the
// gradient of the mean loss is one outside, and Vmap in Vmap runs over pairs.
//
// Inside, a tensor that depends on the batch has the shape of one example and no values of its own: reading it (Item, Values),
// assigning it to a variable and adding it to a metric are ErrFailedPrecondition, as is using it after the end. It has at most 7
// axes, one less for each Vmap around. Uniform and Normal draw once for all examples; Dropout of such a tensor draws for each.
// CustomGradient and Recompute work inside; they get what depends on the batch as inputs, for when they run again it is over.
func (c *Context) Vmap(function Compute, inputs []*Tensor, axes []int64, outputs int) ([]*Tensor, error) {
	const op = "vmap"
	if err := isFunction(op, "function", function); err != nil {
		return nil, err
	}
	if err := countsOutputs(op, outputs); err != nil {
		return nil, err
	}
	in, broken := handlesOf(inputs)
	if broken != nil {
		return nil, broken.c.brokenBy(broken)
	}
	if axes != nil && len(axes) != len(in) {
		return nil, newError(ErrInvalidArgument, fmt.Sprintf("[vmap] there must be one axis for each of the %d inputs: got %d", len(in), len(axes)))
	}
	made, err := c.calling(&rule{c: c, what: op, compute: function}, outputs, func(number C.uintptr_t, out []C.uintptr_t) C.int32_t {
		return C.tlgo_vmap(c.handle(), number, list(in), dims(axes), C.size_t(len(in)), list(out), C.size_t(len(out)))
	})
	runtime.KeepAlive(inputs)
	return made, err
}
