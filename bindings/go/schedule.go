//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"math"
	"runtime"
	"runtime/cgo"
)

// Schedule is the learning rate of each step of an optimizer, eager or replayed: a compiled step follows it without being recorded
// again. Steps are those that the optimizer has done, counted from 0: the first update has the rate of step 0. Behind its end a
// schedule keeps its last rate. The formulas are those of Keras where nothing else is said. A schedule may serve several
// optimizers and schedules, which keep what they need of it. Make it outside of the scope of a step.
type Schedule struct {
	object
}

func (c *Context) newSchedule(made C.uintptr_t) *Schedule {
	s := &Schedule{c.objectOf(made)}
	return newObject(s, &s.object, releaseSchedule)
}

func releaseSchedule(h uintptr) { C.tlgo_schedule_release(C.uintptr_t(h)) }

func (s *Schedule) self() *object {
	if s == nil {
		return nil
	}
	return &s.object
}

func (s *Schedule) handle() C.uintptr_t {
	if s == nil {
		return 0
	}
	return C.uintptr_t(s.h)
}

func floats(values []float64) *C.double {
	if len(values) == 0 {
		return nil
	}
	return (*C.double)(&values[0])
}

// ConstantRate is the same rate for all steps: finite and not negative, as every rate below.
func (c *Context) ConstantRate(rate float64) *Schedule {
	return c.newSchedule(C.tlgo_schedule_constant(c.handle(), C.double(rate)))
}

// PiecewiseConstant is rates[0] up to and with step boundaries[0], rates[1] up to and with boundaries[1], and so on; the last rate
// from there on. The boundaries ascend strictly from 0 on; there is one rate more than boundaries.
func (c *Context) PiecewiseConstant(boundaries []int64, rates []float64) *Schedule {
	return c.newSchedule(C.tlgo_schedule_piecewise_constant(c.handle(), dims(boundaries), C.size_t(len(boundaries)), floats(rates), C.size_t(len(rates))))
}

// ExponentialDecay is rate decayRate^(step / decaySteps); with staircase the quotient is rounded down.
func (c *Context) ExponentialDecay(rate float64, decaySteps int64, decayRate float64, staircase bool) *Schedule {
	return c.newSchedule(C.tlgo_schedule_exponential(c.handle(), C.double(rate), C.int64_t(decaySteps), C.double(decayRate), C.bool(staircase)))
}

// InverseTimeDecay is rate / (1 + decayRate step / decaySteps); with staircase the quotient is rounded down.
func (c *Context) InverseTimeDecay(rate float64, decaySteps int64, decayRate float64, staircase bool) *Schedule {
	return c.newSchedule(C.tlgo_schedule_inverse_time(c.handle(), C.double(rate), C.int64_t(decaySteps), C.double(decayRate), C.bool(staircase)))
}

// PolynomialDecay is (rate - endRate) (1 - step / decaySteps)^power + endRate. With cycle it begins again behind decaySteps, over
// twice, three times, ... as many steps in all.
func (c *Context) PolynomialDecay(rate, endRate float64, decaySteps int64, power float64, cycle bool) *Schedule {
	return c.newSchedule(C.tlgo_schedule_polynomial(c.handle(), C.double(rate), C.double(endRate), C.int64_t(decaySteps), C.double(power), C.bool(cycle)))
}

// CosineDecay goes from rate to alpha rate in decaySteps steps along half a cosine; alpha is in [0, 1].
func (c *Context) CosineDecay(rate float64, decaySteps int64, alpha float64) *Schedule {
	return c.newSchedule(C.tlgo_schedule_cosine(c.handle(), C.double(rate), C.int64_t(decaySteps), C.double(alpha)))
}

// CosineRestarts is CosineDecay with warm restarts (Loshchilov and Hutter 2017): each next period is tMul (1 or more) times as long,
// and begins at mMul times the rate.
func (c *Context) CosineRestarts(rate float64, decaySteps int64, tMul, mMul, alpha float64) *Schedule {
	return c.newSchedule(C.tlgo_schedule_cosine_restarts(c.handle(), C.double(rate), C.int64_t(decaySteps), C.double(tMul), C.double(mMul), C.double(alpha)))
}

// OneCycle goes up to maxRate, then down, within totalSteps steps (Smith and Topin 2018, in the form of PyTorch's OneCycleLR).
// options may be nil.
func (c *Context) OneCycle(maxRate float64, totalSteps int64, options *OneCycleOptions) *Schedule {
	return c.newSchedule(C.tlgo_schedule_one_cycle(c.handle(), C.double(maxRate), C.int64_t(totalSteps), options.raw()))
}

// Warmup goes from startRate along a straight line to the first rate of then in steps steps; from there on it is then, whose steps
// count from there.
func (c *Context) Warmup(startRate float64, steps int64, then *Schedule) *Schedule {
	s := c.newSchedule(C.tlgo_schedule_warmup(c.handle(), C.double(startRate), C.int64_t(steps), then.handle()))
	runtime.KeepAlive(then)
	return s
}

// ScheduleSequence is one schedule after another: the first for the steps before boundaries[0], the next from there up to
// boundaries[1], and so on; the steps of each count from its beginning. There is one schedule more than boundaries.
func (c *Context) ScheduleSequence(schedules []*Schedule, boundaries []int64) *Schedule {
	handles := make([]C.uintptr_t, len(schedules))
	for i, s := range schedules {
		handles[i] = s.handle()
	}
	s := c.newSchedule(C.tlgo_schedule_sequence(c.handle(), list(handles), C.size_t(len(handles)), dims(boundaries), C.size_t(len(boundaries))))
	runtime.KeepAlive(schedules)
	return s
}

// Plateau is the rates of base, reduced whenever a metric that is reported has not improved for a while (ReduceLROnPlateau of Keras).
// What it remembers are variables, which Variables of its optimizer lists behind the learning rate. options may be nil.
func (c *Context) Plateau(base *Schedule, options *PlateauOptions) *Schedule {
	text, free, ok := c.cstring("schedule_plateau", options.name())
	if !ok {
		return c.newSchedule(0)
	}
	defer free()
	s := c.newSchedule(C.tlgo_schedule_plateau(c.handle(), base.handle(), options.raw(text)))
	runtime.KeepAlive(base)
	return s
}

// rate is what C knows of a schedule of the program's own by the number of a cgo.Handle.
type rate struct {
	of     func(step int64) float64
	thrown *thrown
}

// CustomSchedule is a schedule of the program's own: rate gives that of each step, finite and not negative, and the same whenever it
// is asked for the same step. It runs within the call that needs the rate, on a goroutine of its own, and must not use the context:
// what it calls there returns an error, and the step fails. If it panics, the call returns a *PanicError. name stands for it in messages.
//
// The library refers to the function until the schedule is closed and no optimizer has it any more. A function that captures the
// context, or an object of it, so keeps the context from ending by itself: such a context needs Close.
func (c *Context) CustomSchedule(name string, of func(step int64) float64) *Schedule {
	const op = "schedule_custom"
	if of == nil || c == nil {
		c.refuse(op, "rate must be a function: got nil")
		return c.newSchedule(0)
	}
	text, free, ok := c.path(op, name)
	if !ok {
		return c.newSchedule(0)
	}
	defer free()
	number := cgo.NewHandle(&rate{of, c.thrown})
	return c.newSchedule(C.tlgo_rate_schedule(c.handle(), text, C.uintptr_t(number)))
}

//export tapeloopGoRate
func tapeloopGoRate(number C.uintptr_t, step C.int64_t, out *C.double) C.int32_t {
	r := cgo.Handle(number).Value().(*rate)
	value := math.NaN()
	if p := apart(func() { value = r.of(int64(step)) }); p != nil {
		var err error = p
		r.thrown.err.CompareAndSwap(nil, &err)
		return C.int32_t(ErrFailedPrecondition)
	}
	*out = C.double(value)
	return 0
}

// Rate is the rate of a step, 0 or more.
func (s *Schedule) Rate(step int64) (float64, error) {
	if err := s.self().usable(); err != nil {
		return math.NaN(), err
	}
	found := C.tlgo_rate_of(s.c.handle(), C.uintptr_t(s.h), C.int64_t(step))
	runtime.KeepAlive(s)
	return float64(found.value), s.c.effect(found.code)
}

// Report tells a schedule that Plateau made the metric as it is now, once an epoch as a rule; NaN is no improvement. reduced says
// whether the rate has been reduced: not where a base with one rate for all steps has brought it to MinRate; with another base, whether
// the factor has been applied. Outside of compiled steps only.
func (s *Schedule) Report(metric float64) (reduced bool, err error) {
	if err := s.self().usable(); err != nil {
		return false, err
	}
	out := new(C.bool)
	err = s.c.effect(C.tlgo_schedule_report(C.uintptr_t(s.h), C.double(metric), out))
	runtime.KeepAlive(s)
	return bool(*out), err
}

// SetSchedule makes the rate of each step that of the schedule, at the number of steps done before it; nil: the rate that was set counts
// again. While there is a schedule, LearningRate tells its rate of the next step, and SetLearningRate is ErrFailedPrecondition.
// Outside of compiled steps only.
func (o *Optimizer) SetSchedule(schedule *Schedule) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	if schedule != nil {
		if err := schedule.self().usable(); err != nil {
			return err
		}
	}
	err := o.c.effect(C.tlgo_optimizer_set_schedule(C.uintptr_t(o.h), schedule.handle()))
	runtime.KeepAlive(o)
	runtime.KeepAlive(schedule)
	return err
}

// CheckPlateau says whether reports to a plateau will do what a loop expects of them, before its first epoch instead of behind it: that
// Context.Plateau made the schedule, that the optimizer follows it (it is the schedule of the optimizer or of a group of it, or stands
// within that), and that it watches for a metric that is to rise (maximize) or to fall, as the loop does. Fit asks so of its option Plateau.
func (o *Optimizer) CheckPlateau(schedule *Schedule, maximize bool) error {
	if err := o.self().usable(); err != nil {
		return err
	}
	if err := schedule.self().usable(); err != nil {
		return err
	}
	err := o.c.effect(C.tlgo_optimizer_check_plateau(C.uintptr_t(o.h), schedule.handle(), C.bool(maximize)))
	runtime.KeepAlive(o)
	runtime.KeepAlive(schedule)
	return err
}

// Keep moves the schedule one scope out, as Tensor.Keep does, and returns it.
func (s *Schedule) Keep() *Schedule {
	if s == nil {
		return nil
	}
	return keep(s, &s.object, func() C.uintptr_t { return C.tlgo_schedule_keep(C.uintptr_t(s.h)) }, releaseSchedule)
}

// Err is the error that kept the schedule from being made, nil for any other. The context forgets that error, so that it works again.
func (s *Schedule) Err() error { return s.self().usable() }

// Close gives the schedule up. Closing it again does nothing; the error is always nil.
func (s *Schedule) Close() error { return s.self().close(releaseSchedule) }
