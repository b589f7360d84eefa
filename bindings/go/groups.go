//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// AddGroup lets variables step from now on as those of group would, an optimizer of the same kind or another: by its formula, slots,
// rate and schedule, within the steps of this optimizer, which are given all variables at once and are all or nothing. Variables in no
// group step by this optimizer. Parameter groups of PyTorch and Keras's MultiOptimizer in one. Right after making both; steps of the
// group by itself are refused from then on.
//
// The group's rate and schedule can be set as before; compiled steps take the rates as inputs. A rateMultiplier above 0 makes the
// group's rate that of this optimizer times it, whatever gives that one. Of StepOptions a group may have ClipValue, ClipNorm, AdaptiveClipFactor and
// weight decay of its own, configured before; one that has not been configured takes those of the optimizer, and all the rest is the
// optimizer's. Variables lists the state of all groups.
func (o *Optimizer) AddGroup(group *Optimizer, variables []*Tensor, rateMultiplier float64) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	if err := group.self().usable(); err != nil {
		return err
	}
	handles, broken := handlesOf(variables)
	if broken != nil {
		return broken.c.brokenBy(broken)
	}
	err := o.c.effect(C.tlgo_optimizer_add_group(C.uintptr_t(o.h), C.uintptr_t(group.h), list(handles), C.size_t(len(handles)), C.double(rateMultiplier)))
	runtime.KeepAlive(o)
	runtime.KeepAlive(group)
	runtime.KeepAlive(variables)
	return err
}
