//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"errors"
	"runtime"
	"runtime/cgo"
)

// Progress is how far a loop is, how fast, how long it takes yet, and what it has reached.
//
//	bar := c.NewProgress(&tapeloop.ProgressOptions{Descriptor: 2}) // standard error
//	for epoch := 1; epoch <= 5; epoch++ {
//		bar.Start(steps, fmt.Sprint("epoch ", epoch))
//		for step := int64(1); train.Next(); step++ {
//			...
//			if bar.Due() {
//				bar.Value("loss", loss) // what takes time to compute
//			}
//			bar.Update(step)
//		}
//		bar.Finish()
//	}
//
// On a terminal it is one line that is drawn anew, at most ten times a second; elsewhere a plain line every ten seconds and at the end
// of each round. NO_COLOR (not empty) leaves colours out, TERM=dumb gives plain lines, and the bar has Unicode's blocks where LC_ALL,
// LC_CTYPE or LANG say UTF-8. Where writing fails, the bar writes no more, and the loop goes on: Statistics says so.
type Progress struct {
	object
}

// ProgressStatistics is how far a round is, in numbers.
type ProgressStatistics struct {
	Step        int64   // steps done in this round
	Total       int64   // steps of the round; 0 where that is not known
	Elapsed     float64 // seconds since the round began
	Rate        float64 // steps a second: a mean of the last seconds, in a finished round over all of it; 0 at first
	Left        float64 // seconds that the round takes yet at this rate; NaN where that is not known
	Waited      float64 // share of the time that was lost to input, 0 to 1; NaN where nobody has told
	Finished    bool    // whether the round is
	WriteFailed bool    // whether writing has failed, so that nothing is written any more
}

func progressStatistics(s *C.tl_progress_statistics) ProgressStatistics {
	return ProgressStatistics{int64(s.step), int64(s.total), float64(s.elapsed), float64(s.rate), float64(s.left), float64(s.waited),
		bool(s.finished), bool(s.write_failed)}
}

// NewProgress makes a progress bar, which shows nothing yet. options may be nil: it is then for Text and OnDraw.
func (c *Context) NewProgress(options *ProgressOptions) *Progress {
	p := &Progress{c.objectOf(C.tlgo_progress_new(c.handle(), options.raw()))}
	return newObject(p, &p.object, releaseProgress)
}

func releaseProgress(h uintptr) { C.tlgo_progress_release(C.uintptr_t(h)) }

func (p *Progress) self() *object {
	if p == nil {
		return nil
	}
	return &p.object
}

// effect is a call on a bar that can be used.
func (p *Progress) effect(call func() C.int32_t) error {
	if err := p.self().usable(); err != nil {
		return err
	}
	err := p.c.effect(call())
	runtime.KeepAlive(p)
	return err
}

// named is such a call with a text.
func (p *Progress) named(op, name string, call func(name *C.char) C.int32_t) error {
	if err := p.self().usable(); err != nil {
		return err
	}
	text, free, ok := p.c.path(op, name)
	if !ok {
		return p.c.Err()
	}
	defer free()
	return p.effect(func() C.int32_t { return call(text) })
}

// Start begins a round (an epoch, say) of total steps, 0 where that is not known: there is no bar then, but a count. Values of the
// round before are forgotten; a round that is not finished is finished first.
func (p *Progress) Start(total int64, label string) error {
	return p.named("progress_start", label, func(label *C.char) C.int32_t {
		return C.tlgo_progress_start(C.uintptr_t(p.h), C.int64_t(total), label)
	})
}

// Value sets a value that is shown beside the bar until the round ends: NaN and infinities too. At most 64 names a round.
func (p *Progress) Value(name string, value float64) error {
	return p.named("progress_value", name, func(name *C.char) C.int32_t {
		return C.tlgo_progress_value(C.uintptr_t(p.h), name, C.double(value))
	})
}

// SetWaited tells how many seconds the program has waited for its input so far, Feed.Waited say, counted from whenever: the share of
// the time since the round's first such call is shown.
func (p *Progress) SetWaited(seconds float64) error {
	return p.effect(func() C.int32_t { return C.tlgo_progress_set_waited(C.uintptr_t(p.h), C.double(seconds)) })
}

// Due is whether the next Update will draw: for values that take time to compute.
func (p *Progress) Due() bool {
	if p == nil || p.h == 0 {
		return false
	}
	due := bool(C.tlgo_progress_due(C.uintptr_t(p.h)))
	runtime.KeepAlive(p)
	return due
}

// Update tells how many steps of the round are done, not fewer than before; it draws when it is time.
func (p *Progress) Update(step int64) error {
	return p.effect(func() C.int32_t { return C.tlgo_progress_update(C.uintptr_t(p.h), C.int64_t(step)) })
}

// Finish ends the round and draws it for the last time. It does nothing when no round is going on.
func (p *Progress) Finish() error {
	return p.effect(func() C.int32_t { return C.tlgo_progress_finish(C.uintptr_t(p.h)) })
}

// Statistics is how far the round is, in numbers; works while the context holds an error.
func (p *Progress) Statistics() (ProgressStatistics, error) {
	if err := p.self().usable(); err != nil {
		return ProgressStatistics{}, err
	}
	s := C.tlgo_progress_measure(C.uintptr_t(p.h))
	runtime.KeepAlive(p)
	if s.struct_size != 0 {
		return ProgressStatistics{}, p.c.effect(C.int32_t(s.struct_size))
	}
	return progressStatistics(&s), nil
}

// Text is the line as it would be drawn now, without colours: a bar of the options' width, or 80 columns, whatever the style.
func (p *Progress) Text() (string, error) {
	if err := p.self().usable(); err != nil {
		return "", err
	}
	line, status := text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_progress_text(C.uintptr_t(p.h), buffer, capacity, length)
	})
	runtime.KeepAlive(p)
	return line, p.c.effect(status)
}

// drawing is what C knows of a function of the program's by the number of a cgo.Handle.
type drawing struct {
	draw   func(line string, numbers ProgressStatistics) error
	thrown *thrown
}

// OnDraw shows progress in the program's own way: draw gets the line that would be drawn, without colours, and its numbers; nil writes
// to the descriptor again. It runs within Start, Update and Finish, on a goroutine of its own, and must not use the context. They
// return its error, and a *PanicError if it panics.
//
// The library refers to the function until it is replaced or the bar is closed. A function that captures the context, or an object of
// it, so keeps the context from ending by itself: such a context needs Close.
func (p *Progress) OnDraw(draw func(line string, numbers ProgressStatistics) error) error {
	return p.effect(func() C.int32_t {
		if draw == nil {
			return C.tlgo_progress_draw(C.uintptr_t(p.h), 0)
		}
		return C.tlgo_progress_draw(C.uintptr_t(p.h), C.uintptr_t(cgo.NewHandle(&drawing{draw, p.c.thrown})))
	})
}

//export tapeloopGoProgress
func tapeloopGoProgress(number C.uintptr_t, line *C.char, numbers *C.tl_progress_statistics) C.int32_t {
	d := cgo.Handle(number).Value().(*drawing)
	words, statistics := C.GoString(line), progressStatistics(numbers)
	var err error
	if p := apart(func() { err = d.draw(words, statistics) }); p != nil {
		err = p
	}
	if err == nil {
		return 0
	}
	d.thrown.err.CompareAndSwap(nil, &err)
	var ours *Error
	if errors.As(err, &ours) {
		return C.int32_t(ours.Code)
	}
	return C.int32_t(ErrInvalidArgument)
}

// Keep moves the bar one scope out, as Tensor.Keep does, and returns it.
func (p *Progress) Keep() *Progress {
	if p == nil {
		return nil
	}
	return keep(p, &p.object, func() C.uintptr_t { return C.tlgo_progress_keep(C.uintptr_t(p.h)) }, releaseProgress)
}

// Err is the error that kept the bar from being made, nil for any other. The context forgets that error, so that it works again.
func (p *Progress) Err() error { return p.self().usable() }

// Close gives the bar up. Closing it again does nothing; the error is always nil.
func (p *Progress) Close() error { return p.self().close(releaseProgress) }
