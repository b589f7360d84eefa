//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// Logger is the numbers of a run in a file, step by step: CSV, JSON lines, or events of TensorBoard.
//
//	log := c.CSVLogger("run.csv", false)
//	for epoch := int64(1); epoch <= 5; epoch++ {
//		...
//		log.Scalar(epoch, "train/loss", loss)
//	}
//	err := log.Flush()
//
// CSV and JSON lines write a step when the next one begins, and at Flush; TensorBoard's events are written at once. What is written is
// a whole record or nothing: a full disk is ErrIO and leaves the file as it was. What waits is written when the log is closed, too, but
// then nobody hears of a failure.
type Logger struct {
	object
}

func (c *Context) newLogger(op, path string, make func(path *C.char) C.uintptr_t) *Logger {
	l := &Logger{}
	text, free, ok := c.path(op, path)
	if !ok {
		l.object.c, l.object.failed = c, c.seen()
		return l
	}
	defer free()
	made := c.objectOf(make(text))
	l.object.h, l.object.c, l.object.failed = made.h, made.c, made.failed
	return newObject(l, &l.object, releaseLogger)
}

func releaseLogger(h uintptr) { C.tlgo_logger_release(C.uintptr_t(h)) }

func (l *Logger) self() *object {
	if l == nil {
		return nil
	}
	return &l.object
}

// CSVLogger is a log as CSV: a line of names, then a row for each step: step, wall_time (seconds since 1970), and a column for each tag,
// empty where the step has no such number. A tag that comes later gets a new column. With append it goes on behind the rows of an
// earlier log, and cuts a row off that was not written whole; else it replaces the file.
func (c *Context) CSVLogger(path string, append bool) *Logger {
	return c.newLogger("logger_csv", path, func(path *C.char) C.uintptr_t {
		return C.tlgo_logger_csv(c.handle(), path, C.bool(append))
	})
}

// JSONLinesLogger is a log as JSON lines: an object for each step; NaN and infinities are the strings "NaN", "Infinity" and "-Infinity".
func (c *Context) JSONLinesLogger(path string, append bool) *Logger {
	return c.newLogger("logger_json_lines", path, func(path *C.char) C.uintptr_t {
		return C.tlgo_logger_json_lines(c.handle(), path, C.bool(append))
	})
}

// TensorBoardLogger is a log as events of TensorBoard: a new file in a folder, which is made where it is not there.
func (c *Context) TensorBoardLogger(folder string) *Logger {
	return c.newLogger("logger_tensorboard", folder, func(folder *C.char) C.uintptr_t {
		return C.tlgo_logger_tensorboard(c.handle(), folder)
	})
}

// log is a call with a tag, and a tensor or nil.
func (l *Logger) log(op, tag string, tensor *Tensor, call func(tag *C.char) C.int32_t) error {
	if err := l.self().usable(); err != nil {
		return err
	}
	if tensor.err() != nil {
		return tensor.c.brokenBy(tensor)
	}
	text, free, ok := l.c.path(op, tag)
	if !ok {
		return l.c.Err()
	}
	defer free()
	err := l.c.effect(call(text))
	runtime.KeepAlive(l)
	runtime.KeepAlive(tensor)
	return err
}

// Scalar is a number of a step, 0 or more, under a name. The last one counts where a step has several of a name. In CSV and JSON lines the
// names step and wall_time are taken.
func (l *Logger) Scalar(step int64, tag string, value float64) error {
	return l.log("logger_scalar", tag, nil, func(tag *C.char) C.int32_t {
		return C.tlgo_logger_scalar(C.uintptr_t(l.h), C.int64_t(step), tag, C.double(value))
	})
}

// Text is a text of a step, which TensorBoard reads as Markdown. ErrUnsupported in CSV.
func (l *Logger) Text(step int64, tag, words string) error {
	const op = "logger_text"
	if err := l.self().usable(); err != nil {
		return err
	}
	text, free, ok := l.c.path(op, words)
	if !ok {
		return l.c.Err()
	}
	defer free()
	return l.log(op, tag, nil, func(tag *C.char) C.int32_t {
		return C.tlgo_logger_text(C.uintptr_t(l.h), C.int64_t(step), tag, text)
	})
}

// Histogram is how the elements of a tensor are spread: 30 buckets of equal width; elements that are not finite are left out.
// ErrUnsupported in CSV.
func (l *Logger) Histogram(step int64, tag string, tensor *Tensor) error {
	return l.log("logger_histogram", tag, tensor, func(tag *C.char) C.int32_t {
		return C.tlgo_logger_histogram(C.uintptr_t(l.h), C.int64_t(step), tag, tensor.handle())
	})
}

// Image is an image: of shape (height, width) or (height, width, 1, 3 or 4), u8, bool, or floats in [0, 1]. ErrUnsupported in CSV and JSON
// lines.
func (l *Logger) Image(step int64, tag string, image *Tensor) error {
	return l.log("logger_image", tag, image, func(tag *C.char) C.int32_t {
		return C.tlgo_logger_image(C.uintptr_t(l.h), C.int64_t(step), tag, image.handle())
	})
}

// Flush writes what waits for the end of its step.
func (l *Logger) Flush() error {
	if err := l.self().usable(); err != nil {
		return err
	}
	err := l.c.effect(C.tlgo_logger_flush(C.uintptr_t(l.h)))
	runtime.KeepAlive(l)
	return err
}

// Path is the path of the file.
func (l *Logger) Path() string {
	return l.self().name(func() *C.char { return C.tlgo_logger_path(C.uintptr_t(l.h)) })
}

// Keep moves the log one scope out, as Tensor.Keep does, and returns it.
func (l *Logger) Keep() *Logger {
	if l == nil {
		return nil
	}
	return keep(l, &l.object, func() C.uintptr_t { return C.tlgo_logger_keep(C.uintptr_t(l.h)) }, releaseLogger)
}

// Err is the error that kept the log from being made, nil for any other. The context forgets that error, so that it works again.
func (l *Logger) Err() error { return l.self().usable() }

// Close gives the log up. Closing it again does nothing; the error is always nil.
func (l *Logger) Close() error { return l.self().close(releaseLogger) }
