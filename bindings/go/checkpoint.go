//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"math"
	"runtime"
	"unsafe"
)

// Checkpoint is everything that a run needs to go on exactly where it was, by name: layers or variables, optimizers, metrics, datasets,
// the random numbers, and the loop's own numbers. It is saved in one folder that is whole or not there, and restored all or nothing. It
// keeps what is in it alive. Make it outside of the scope of a step.
type Checkpoint struct {
	object
}

// NewCheckpoint is one without objects.
func (c *Context) NewCheckpoint() *Checkpoint {
	made := &Checkpoint{c.objectOf(C.tlgo_checkpoint_new(c.handle()))}
	return newObject(made, &made.object, releaseCheckpoint)
}

func releaseCheckpoint(h uintptr) { C.tlgo_checkpoint_release(C.uintptr_t(h)) }

func (k *Checkpoint) self() *object {
	if k == nil {
		return nil
	}
	return &k.object
}

// added is a call that adds another object.
func (k *Checkpoint) added(op, name string, o *object, call func(name *C.char) C.int32_t) error {
	if err := k.self().usable(); err != nil {
		return err
	}
	if err := o.usable(); err != nil {
		return err
	}
	err := k.self().named(op, name, call)
	runtime.KeepAlive(o)
	return err
}

// AddVariable adds a variable. No name may stand twice.
func (k *Checkpoint) AddVariable(name string, variable *Tensor) error {
	if err := k.self().usable(); err != nil {
		return err
	}
	if variable.err() != nil {
		return variable.c.brokenBy(variable)
	}
	return k.self().named("checkpoint_add_variable", name, func(n *C.char) C.int32_t {
		defer runtime.KeepAlive(variable)
		return C.tlgo_checkpoint_add_variable(C.uintptr_t(k.h), n, variable.handle())
	})
}

// AddLayer adds all variables of a layer: weights, and the averages of batch normalisation. It must be built before saving and restoring.
func (k *Checkpoint) AddLayer(name string, layer *Layer) error {
	return k.added("checkpoint_add_layer", name, layer.self(), func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_add_layer(C.uintptr_t(k.h), n, C.uintptr_t(layer.h))
	})
}

// AddOptimizer adds the state of an optimizer: steps, rate, slots, what its schedule remembers, and what step options count. A program
// that restores makes the slots first, by Optimizer.Build with the same variables in the same order.
func (k *Checkpoint) AddOptimizer(name string, optimizer *Optimizer) error {
	return k.added("checkpoint_add_optimizer", name, optimizer.self(), func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_add_optimizer(C.uintptr_t(k.h), n, C.uintptr_t(optimizer.h))
	})
}

// AddMetric adds the sums of a metric.
func (k *Checkpoint) AddMetric(name string, metric *Metric) error {
	return k.added("checkpoint_add_metric", name, metric.self(), func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_add_metric(C.uintptr_t(k.h), n, C.uintptr_t(metric.h))
	})
}

// AddDataset adds the place of a dataset. The program that restores makes the dataset in the same way; the next element is then the one
// that would have come.
func (k *Checkpoint) AddDataset(name string, dataset *Dataset) error {
	return k.added("checkpoint_add_dataset", name, dataset.self(), func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_add_dataset(C.uintptr_t(k.h), n, C.uintptr_t(dataset.h))
	})
}

// AddRandom adds the random numbers of the context: initialisers, dropout and random ops then go on as they would have.
func (k *Checkpoint) AddRandom(name string) error {
	return k.self().named("checkpoint_add_random", name, func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_add_random(C.uintptr_t(k.h), n)
	})
}

// SetInt64 sets an integer of the program's own (an epoch, the patience that is left), which Int64 reads after restoring. It is added
// with the first call for a name, which must come before restoring; a name keeps its kind.
func (k *Checkpoint) SetInt64(name string, value int64) error {
	return k.self().named("checkpoint_set_int64", name, func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_set_int64(C.uintptr_t(k.h), n, C.int64_t(value))
	})
}

// SetFloat64 sets a number likewise (the best loss so far). Infinities and NaN are kept.
func (k *Checkpoint) SetFloat64(name string, value float64) error {
	return k.self().named("checkpoint_set_double", name, func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_set_double(C.uintptr_t(k.h), n, C.double(value))
	})
}

// SetText sets a text likewise, of any bytes but NUL.
func (k *Checkpoint) SetText(name, text string) error {
	if err := k.self().usable(); err != nil {
		return err
	}
	value, free, ok := k.c.path("checkpoint_set_text", text)
	if !ok {
		return k.c.Err()
	}
	defer free()
	return k.self().named("checkpoint_set_text", name, func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_set_text(C.uintptr_t(k.h), n, value)
	})
}

// Int64 is an integer that was set or restored.
func (k *Checkpoint) Int64(name string) (int64, error) {
	var value C.int64_t
	err := k.self().named("checkpoint_get_int64", name, func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_get_int64(C.uintptr_t(k.h), n, &value)
	})
	return int64(value), err
}

// Float64 is a number that was set or restored.
func (k *Checkpoint) Float64(name string) (float64, error) {
	var value C.double
	err := k.self().named("checkpoint_get_double", name, func(n *C.char) C.int32_t {
		return C.tlgo_checkpoint_get_double(C.uintptr_t(k.h), n, &value)
	})
	return float64(value), err
}

// Text is a text that was set or restored.
func (k *Checkpoint) Text(name string) (string, error) {
	return k.written("checkpoint_get_text", name, 1<<8, func(n, buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_checkpoint_get_text(C.uintptr_t(k.h), n, buffer, capacity, length)
	})
}

// written is a text that a call writes, first into room for capacity bytes, and again where it is longer.
func (k *Checkpoint) written(op, name string, capacity int, call func(name, buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t) (string, error) {
	for {
		buffer := make([]byte, capacity)
		var length C.size_t
		err := k.self().named(op, name, func(n *C.char) C.int32_t {
			return call(n, (*C.char)(unsafe.Pointer(&buffer[0])), C.size_t(len(buffer)), &length)
		})
		if err != nil {
			return "", err
		}
		if int(length) < capacity {
			return string(buffer[:length]), nil
		}
		capacity = int(length) + 1
	}
}

// Save writes everything into a new folder, whose parent must be there. For more than one of them see CheckpointManager.
func (k *Checkpoint) Save(path string) error {
	return k.self().named("checkpoint_save", path, func(p *C.char) C.int32_t {
		return C.tlgo_checkpoint_save(C.uintptr_t(k.h), p)
	})
}

// Restore restores everything from a folder that was saved. What it holds must be exactly what the objects have a place for: the error
// lists what is missing, extra or of another kind. A failure leaves all objects as they were.
func (k *Checkpoint) Restore(path string) error {
	return k.self().named("checkpoint_restore", path, func(p *C.char) C.int32_t {
		return C.tlgo_checkpoint_restore(C.uintptr_t(k.h), p)
	})
}

// RestorePartly restores what is there and fits; everything else stays as it is. The text says what did not take part, and is "" where
// everything did.
func (k *Checkpoint) RestorePartly(path string) (string, error) {
	return k.written("checkpoint_restore_partly", path, 1<<14, func(p, buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_checkpoint_restore_partly(C.uintptr_t(k.h), p, buffer, capacity, length)
	})
}

// Keep moves the checkpoint one scope out, as Tensor.Keep does, and returns it.
func (k *Checkpoint) Keep() *Checkpoint {
	if k == nil {
		return nil
	}
	return keep(k, &k.object, func() C.uintptr_t { return C.tlgo_checkpoint_keep(C.uintptr_t(k.h)) }, releaseCheckpoint)
}

// Err is the error that kept the checkpoint from being made, nil for any other. The context forgets that error, so that it works again.
func (k *Checkpoint) Err() error { return k.self().usable() }

// Close gives the checkpoint up; files stay, and managers of it go on. Closing it again does nothing; the error is always nil.
func (k *Checkpoint) Close() error { return k.self().close(releaseCheckpoint) }

// CheckpointManager is the checkpoints of one run in one folder, "step-N" for step N. Make it outside of the scope of a step.
type CheckpointManager struct {
	object
}

// NewCheckpointManager is a manager of the checkpoints in a folder, which need not be there yet; nothing is touched before the first
// save. options may be nil: the three that were written last stay.
func (c *Context) NewCheckpointManager(checkpoint *Checkpoint, folder string, options *CheckpointManagerOptions) (*CheckpointManager, error) {
	if err := checkpoint.self().usable(); err != nil {
		return nil, err
	}
	text, free, ok := c.path("checkpoint_manager_new", folder)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	m := &CheckpointManager{c.objectOf(C.tlgo_checkpoint_manager_new(c.handle(), C.uintptr_t(checkpoint.h), text, options.raw()))}
	runtime.KeepAlive(checkpoint)
	if err := m.object.usable(); err != nil {
		return nil, err
	}
	return newObject(m, &m.object, releaseCheckpointManager), nil
}

func releaseCheckpointManager(h uintptr) { C.tlgo_checkpoint_manager_release(C.uintptr_t(h)) }

func (m *CheckpointManager) self() *object {
	if m == nil {
		return nil
	}
	return &m.object
}

// NoMetric is what Save takes where there is no metric.
var NoMetric = math.NaN()

// Save writes what the objects hold now, then removes checkpoints that no longer stay. metric is what the option Best compares; NoMetric
// where there is none. The first save takes the folder until the manager ends: ErrBusy where another one has it. A failure leaves the
// earlier checkpoints.
func (m *CheckpointManager) Save(step int64, metric float64) error {
	return m.effect(func() C.int32_t {
		return C.tlgo_checkpoint_manager_save(C.uintptr_t(m.h), C.int64_t(step), C.double(metric))
	})
}

func (m *CheckpointManager) effect(call func() C.int32_t) error {
	if err := m.self().usable(); err != nil {
		return err
	}
	err := m.c.effect(call())
	runtime.KeepAlive(m)
	return err
}

// Take takes the folder now instead of with the first save, until the manager is closed: makes it where it is not there, and removes what
// a writer that was killed has left. For a run that is to hear before its first step that the folder cannot be written, or that another
// one has it (ErrBusy). Taking it again does nothing. Not inside a compiled step.
func (m *CheckpointManager) Take() error {
	return m.effect(func() C.int32_t { return C.tlgo_checkpoint_manager_take(C.uintptr_t(m.h)) })
}

// Wait waits for an asynchronous save, and returns how it went.
func (m *CheckpointManager) Wait() error {
	return m.effect(func() C.int32_t { return C.tlgo_checkpoint_manager_wait(C.uintptr_t(m.h)) })
}

// step is one that a call gives; -1 for none.
func (m *CheckpointManager) step(call func() C.int64_t) (int64, error) {
	if err := m.self().usable(); err != nil {
		return -1, err
	}
	step := int64(call())
	runtime.KeepAlive(m)
	if step < 0 {
		return -1, m.c.Err()
	}
	return step, nil
}

// Latest is the step of the checkpoint written last among those that are whole, for which each byte is read; -1 where there is none.
func (m *CheckpointManager) Latest() (int64, error) {
	return m.step(func() C.int64_t { return C.tlgo_checkpoint_manager_latest(C.uintptr_t(m.h)) })
}

// Best is the step of the best checkpoint by its metric; -1 where there is none.
func (m *CheckpointManager) Best() (int64, error) {
	return m.step(func() C.int64_t { return C.tlgo_checkpoint_manager_best(C.uintptr_t(m.h)) })
}

// Steps is the steps of the checkpoints in the folder, ascending.
func (m *CheckpointManager) Steps() ([]int64, error) {
	steps := []int64{}
	for {
		var count C.size_t
		err := m.effect(func() C.int32_t {
			return C.tlgo_checkpoint_manager_steps(C.uintptr_t(m.h), dims(steps), C.size_t(len(steps)), &count)
		})
		if err != nil {
			return nil, err
		}
		if int(count) <= len(steps) {
			return steps[:count], nil
		}
		steps = make([]int64, int(count))
	}
}

// Restore is Checkpoint.Restore of the checkpoint of a step.
func (m *CheckpointManager) Restore(step int64) error {
	return m.effect(func() C.int32_t { return C.tlgo_checkpoint_manager_restore(C.uintptr_t(m.h), C.int64_t(step)) })
}

// RestoreLatest is Checkpoint.Restore of the checkpoint that was written last and is whole, and its step; -1 where there is none: the run begins.
func (m *CheckpointManager) RestoreLatest() (int64, error) {
	var step C.int64_t
	err := m.effect(func() C.int32_t { return C.tlgo_checkpoint_manager_restore_latest(C.uintptr_t(m.h), &step) })
	return int64(step), err
}

// Keep moves the manager one scope out, as Tensor.Keep does, and returns it.
func (m *CheckpointManager) Keep() *CheckpointManager {
	if m == nil {
		return nil
	}
	return keep(m, &m.object, func() C.uintptr_t { return C.tlgo_checkpoint_manager_keep(C.uintptr_t(m.h)) }, releaseCheckpointManager)
}

// Close gives the manager up, and with it the folder, after a save that is going on. Closing it again does nothing; the error is always
// nil.
func (m *CheckpointManager) Close() error { return m.self().close(releaseCheckpointManager) }
