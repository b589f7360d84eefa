//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"errors"
	"runtime"
	"runtime/cgo"
	"sync/atomic"
	"unsafe"
)

// ErrStopFit is what the function FitOptions.Listen returns to end the fit whole, with a checkpoint where it writes any.
var ErrStopFit = errors.New("tapeloop: the fit is to stop")

// Loss computes the loss of a batch, a single number, from what the model gives for its first tensor. It runs as a Compute does.
type Loss func(predictions *Tensor, batch []*Tensor) (*Tensor, error)

// FitOptions is how a fit goes. Zero stands for the default of each.
type FitOptions struct {
	Epochs        int64        // to train, those before a checkpoint included; 0: 1
	StepsPerEpoch int64        // 0: an epoch is one of the dataset; else so many steps, over the ends of the dataset's
	Validation    *Dataset     // another dataset than that of training, read from its beginning after each epoch
	Metrics       []*Metric    // of one result each, computed in training and in validation; the fit resets them
	Eager         bool         // steps run as they are, without a recording
	Monitor       string       // what is to improve: "train/loss", "validation/loss" or a metric's name instead of loss; "": the loss of validation, of training where there is none
	Maximize      bool         // it is to rise, not to fall
	MinDelta      float64      // an improvement is by more than that, not negative
	Patience      int64        // epochs without an improvement after which the fit ends; 0: it does not
	RestoreBest   bool         // at its end the model gets the values of its best epoch, unless it was stopped
	NonFinite     FitNonFinite // what a loss that is not finite does, and a step that fails with ErrNonFinite, which has changed no weight
	Plateau       *Schedule    // of Context.Plateau, which the optimizer follows: told what is monitored; its Maximize is that of the fit
	Loggers       []*Logger    // get all numbers and the learning rate of each epoch, counted from 1
	Progress      *Progress    // shows each epoch

	// Checkpoints is a folder: the fit goes on from its newest checkpoint, and saves after each epoch. Everything that the fit changes is
	// in each: one that was killed or stopped, and is called again by a program that made everything in the same way, goes on with the
	// same bits; one that had ended ends again.
	Checkpoints     string
	CheckpointSteps int64 // saves also in the midst of an epoch, every so many steps; 0: not
	MaxToKeep       int64 // as in CheckpointManagerOptions; 0: 3
	KeepEvery       int64 // as in CheckpointManagerOptions: of steps; 0: none
	KeepBest        bool  // the best by what is monitored stay instead of the newest
	Asynchronous    bool  // a thread writes checkpoints while the fit goes on

	// Stop ends the fit whole before its next step when it is closed, or gives something: the Done of a context.Context, say.
	// (Context.Do ends a fit at once instead, and without a checkpoint.)
	Stop <-chan struct{}

	// Listen hears how the fit goes: FitEventPrepare once, FitEventEpochBegin and FitEventEpochEnd of each epoch and, with StepEvents,
	// FitEventStep between them, FitEventEnd once. An epoch in which the fit is stopped has no end, a fit that fails has none either. It
	// may use the context, and cannot close it; what it makes ends with the fit, unless it is kept. ErrStopFit ends the fit whole; another
	// error, and a panic, is the error of the fit.
	Listen     func(event FitEvent, now FitState) error
	StepEvents bool
}

// FitState is how far a fit is. Numbers that are not there yet are NaN.
type FitState struct {
	End            FitEnd  // why it ended
	Epochs         int64   // ended, those before a checkpoint included
	Steps          int64   // done, those before a checkpoint included
	EpochSteps     int64   // of them, those of the epoch that is going on or has just ended
	Loss           float64 // mean in training, of this epoch so far or of the last one
	ValidationLoss float64 // mean in the last validation
	Best           float64 // the best of what is monitored
	BestEpoch      int64   // the epoch that had it, counted from 1; 0 before the first
	Waited         int64   // epochs since then

	Metrics           []float64   // in training, of the last epoch; for Listen, nil after the fit
	ValidationMetrics []float64   // in the last validation; for Listen, nil after the fit and without validation
	Checkpoint        *Checkpoint // what is saved; for Listen, nil after the fit. At FitEventPrepare the program may add to it
}

func numbers(first *C.double, count C.size_t) []float64 {
	if first == nil || count == 0 {
		return nil
	}
	return append([]float64(nil), unsafe.Slice((*float64)(unsafe.Pointer(first)), int(count))...)
}

func (c *Context) fitState(now *C.tl_fit_state) FitState {
	state := FitState{FitEnd(now.end), int64(now.epochs), int64(now.steps), int64(now.epoch_steps), float64(now.loss),
		float64(now.validation_loss), float64(now.best), int64(now.best_epoch), int64(now.waited),
		numbers(now.metrics, now.num_metrics), numbers(now.validation_metrics, now.num_metrics), nil}
	if now.checkpoint != nil {
		state.Checkpoint = &Checkpoint{object{h: uintptr(unsafe.Pointer(now.checkpoint)), c: c}}
	}
	return state
}

// compute is the loss as C calls it: predictions, then the batch.
func (l Loss) compute(in []*Tensor) ([]*Tensor, error) {
	loss, err := l(in[0], in[1:])
	return []*Tensor{loss}, err
}

// judged is a loss whose error is left to the fit where it says that something is not finite, because the fit may go on behind it.
func (c *Context) judged(loss Compute) Compute {
	return func(in []*Tensor) ([]*Tensor, error) {
		made, err := loss(in)
		if err == nil {
			if broken := made[0].err(); broken != nil {
				err = broken
			}
		}
		var ours *Error
		if errors.As(err, &ours) && ours.Code == ErrNonFinite {
			c.keepError(err)
			return nil, errKept
		}
		return made, err
	}
}

// usableAll is the first error of the objects that a call needs.
func usableAll(op string, objects ...*object) error {
	for _, o := range objects {
		if o == nil {
			return newError(ErrInvalidArgument, "["+op+"] model, optimizer, data, metrics and loggers must be there: got nil")
		}
		if err := o.usable(); err != nil {
			return err
		}
	}
	return nil
}

// handlesOfAll is the handles of metrics or loggers, none of which may be nil.
func handlesOfAll[T interface{ self() *object }](op string, objects []T) ([]C.uintptr_t, error) {
	handles := make([]C.uintptr_t, len(objects))
	for i, o := range objects {
		if err := usableAll(op, o.self()); err != nil {
			return nil, err
		}
		handles[i] = C.uintptr_t(o.self().h)
	}
	return handles, nil
}

// Fit is an optional trainer: the loop over epochs that most programs write alike. For each batch of train, from where it stands, it
// takes the loss, its gradient for the trainable variables of the model, and a step of the optimizer; options, which may be nil, say
// what else. It is written with public calls of the C API alone (capi/trainer): a program that wants another loop writes its own.
//
// A batch is an element of a dataset: the first tensor goes through the model; the second is what metrics take for labels, the third,
// where there is one, for weights. Steps are compiled: the loss runs when a step is recorded, and not again for batches of the same kind
// (Function says what holds for it); one that reads elements runs as it is. Means are weighted by the rows of batches. Schedules,
// accumulation, clipping and what a gradient that is not finite does are the optimizer's.
//
// The error is that of a step, a log or a checkpoint. Of a step that fails no weight has changed; steps before have taken effect. The state
// tells how far the fit has come, also then. Make everything outside of the scope of a step.
func (c *Context) Fit(model *Layer, optimizer *Optimizer, train *Dataset, loss Loss, options *FitOptions) (FitState, error) {
	const op = "fit"
	o, none := FitOptions{}, FitState{}
	if options != nil {
		o = *options
	}
	if c == nil {
		return none, isNil()
	}
	if loss == nil {
		return none, newError(ErrInvalidArgument, "["+op+"] loss must be a function: got nil")
	}
	if err := usableAll(op, model.self(), optimizer.self(), train.self()); err != nil {
		return none, err
	}
	metrics, err := handlesOfAll(op, o.Metrics)
	if err != nil {
		return none, err
	}
	loggers, err := handlesOfAll(op, o.Loggers)
	if err != nil {
		return none, err
	}
	raw := C.tlgo_fit_options{epochs: C.int64_t(o.Epochs), steps_per_epoch: C.int64_t(o.StepsPerEpoch),
		num_metrics: C.size_t(len(metrics)), num_loggers: C.size_t(len(loggers)), eager: C.bool(o.Eager), maximize: C.bool(o.Maximize), min_delta: C.double(o.MinDelta),
		patience: C.int64_t(o.Patience), restore_best: C.bool(o.RestoreBest), non_finite: C.int32_t(o.NonFinite),
		checkpoint_steps: C.int64_t(o.CheckpointSteps), max_to_keep: C.int64_t(o.MaxToKeep), keep_every: C.int64_t(o.KeepEvery),
		keep_best: C.bool(o.KeepBest), asynchronous: C.bool(o.Asynchronous), step_events: C.bool(o.StepEvents)}
	for _, optional := range []struct {
		given  bool
		object func() *object
		field  *C.uintptr_t
	}{
		{o.Validation != nil, o.Validation.self, &raw.validation}, {o.Plateau != nil, o.Plateau.self, &raw.plateau},
		{o.Progress != nil, o.Progress.self, &raw.progress},
	} {
		if optional.given {
			if err := optional.object().usable(); err != nil {
				return none, err
			}
			*optional.field = C.uintptr_t(optional.object().h)
		}
	}
	for _, text := range []struct {
		value string
		field **C.char
	}{{o.Monitor, &raw.monitor}, {o.Checkpoints, &raw.checkpoints}} {
		made, free, ok := c.cstring(op, text.value)
		if !ok {
			return none, c.Err()
		}
		defer free()
		*text.field = made
	}
	flag := (*int32)(C.calloc(1, C.size_t(unsafe.Sizeof(int32(0))))) // C reads it while Go writes it
	defer C.free(unsafe.Pointer(flag))
	raw.stop = (*C.int32_t)(flag)
	defer watch(o.Stop, flag)()

	r := &rule{c: c, what: op, compute: loss.compute}
	if o.NonFinite != FitNonFiniteError {
		r.compute = c.judged(loss.compute)
	}
	r.hear = func(event FitEvent, now *C.tl_fit_state) error {
		err := o.Listen(event, c.fitState(now))
		if errors.Is(err, ErrStopFit) {
			atomic.StoreInt32(flag, 1)
			return nil
		}
		return err
	}
	state := new(C.tl_fit_state)
	status := C.tlgo_fit(c.handle(), C.uintptr_t(model.h), C.uintptr_t(optimizer.h), C.uintptr_t(train.h), raw, list(metrics), list(loggers),
		C.uintptr_t(cgo.NewHandle(r)), C.bool(o.Listen != nil), state)
	err = thrownBy(train.functions, c.effect(status))
	if o.Validation != nil {
		err = thrownBy(o.Validation.functions, err)
	}
	runtime.KeepAlive([]any{model, optimizer, train, o})
	return c.fitState(state), err
}

// watch sets the flag when the channel is closed or gives something, until the function that it returns is called.
func watch(stop <-chan struct{}, flag *int32) func() {
	if stop == nil {
		return func() {}
	}
	select { // of before, or the first step could come first
	case <-stop:
		atomic.StoreInt32(flag, 1)
		return func() {}
	default:
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-stop:
			atomic.StoreInt32(flag, 1)
		case <-done:
		}
	}()
	return func() { close(done); <-ended }
}

// Evaluate is the mean loss over a dataset, which is read from its beginning to its end, and what the metrics then say; these are reset
// before. The loss as in Fit.
func (c *Context) Evaluate(model *Layer, data *Dataset, loss Loss, metrics ...*Metric) (mean float64, results []float64, err error) {
	if c == nil {
		return 0, nil, isNil()
	}
	if loss == nil {
		return 0, nil, newError(ErrInvalidArgument, "[evaluate] loss must be a function: got nil")
	}
	if err := usableAll("evaluate", model.self(), data.self()); err != nil {
		return 0, nil, err
	}
	handles, err := handlesOfAll("evaluate", metrics)
	if err != nil {
		return 0, nil, err
	}
	all := make([]float64, 1+len(metrics))
	number := cgo.NewHandle(&rule{c: c, what: "evaluate", compute: loss.compute})
	status := C.tlgo_evaluate(c.handle(), C.uintptr_t(model.h), C.uintptr_t(data.h), list(handles), C.size_t(len(handles)),
		C.uintptr_t(number), (*C.double)(&all[0]))
	err = thrownBy(data.functions, c.effect(status))
	runtime.KeepAlive([]any{model, data, metrics})
	return all[0], all[1:], err
}

// Predict is what the model gives for the first tensors of all elements of a dataset, read from its beginning, one behind the other
// along the first axis.
func (c *Context) Predict(model *Layer, data *Dataset) (*Tensor, error) {
	if c == nil {
		return nil, isNil()
	}
	if err := usableAll("predict", model.self(), data.self()); err != nil {
		return nil, err
	}
	t := c.result(C.tlgo_predict(c.handle(), C.uintptr_t(model.h), C.uintptr_t(data.h)))
	runtime.KeepAlive([]any{model, data})
	if err := t.Err(); err != nil {
		return nil, thrownBy(data.functions, err)
	}
	return t, nil
}

//export tapeloopGoFit
func tapeloopGoFit(number C.uintptr_t, event C.int32_t, now *C.tl_fit_state) C.int32_t {
	r := cgo.Handle(number).Value().(*rule)
	return r.run(r.what, nil, func() ([]*Tensor, error) { return nil, r.hear(FitEvent(event), now) })
}
