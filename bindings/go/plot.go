//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
)

// Plot is curves over one pair of axes, drawn as SVG or as an image.
//
//	plot := c.NewPlot("digits", nil)
//	plot.SetLabels("epoch", "loss")
//	for each epoch: plot.Add("train", epoch, loss)
//	err := plot.WriteSVG("loss.svg") // or plot.Image().WritePNG("loss.png")
type Plot struct {
	object
}

// NewPlot makes a plot without curves, with a title above it. options may be nil.
func (c *Context) NewPlot(title string, options *PlotOptions) *Plot {
	p := &Plot{}
	text, free, ok := c.path("plot_new", title)
	if !ok {
		p.object.c, p.object.failed = c, c.seen()
		return p
	}
	defer free()
	made := c.objectOf(C.tlgo_plot_new(c.handle(), text, options.raw()))
	p.object.h, p.object.c, p.object.failed = made.h, made.c, made.failed
	return newObject(p, &p.object, releasePlot)
}

func releasePlot(h uintptr) { C.tlgo_plot_release(C.uintptr_t(h)) }

func (p *Plot) self() *object {
	if p == nil {
		return nil
	}
	return &p.object
}

// named is a call on a plot that can be used, with a text.
func (p *Plot) named(op, name string, call func(name *C.char) C.int32_t) error {
	if err := p.self().usable(); err != nil {
		return err
	}
	text, free, ok := p.c.path(op, name)
	if !ok {
		return p.c.Err()
	}
	defer free()
	err := p.c.effect(call(text))
	runtime.KeepAlive(p)
	return err
}

// SetLabels sets what stands at the axes.
func (p *Plot) SetLabels(x, y string) error {
	return p.named("plot_set_labels", x, func(x *C.char) C.int32_t {
		text, free, ok := p.c.path("plot_set_labels", y)
		if !ok {
			return C.tlgo_error_code(p.c.handle())
		}
		defer free()
		return C.tlgo_plot_set_labels(C.uintptr_t(p.h), x, text)
	})
}

// Add adds a point to the curve of this name, which begins with its first one; curves stand in the legend in the order of their first
// points. What is not finite, and what is not positive along a logarithmic axis, has no place: the curve has a gap there.
func (p *Plot) Add(name string, x, y float64) error {
	return p.named("plot_add", name, func(name *C.char) C.int32_t {
		return C.tlgo_plot_add(C.uintptr_t(p.h), name, C.double(x), C.double(y))
	})
}

// AddMany adds many points at once; x may be nil: they then stand at 0, 1, 2 and so on, after the number of points that are there.
func (p *Plot) AddMany(name string, x, y []float64) error {
	if err := p.self().usable(); err != nil {
		return err
	}
	if x != nil && len(x) != len(y) {
		return refusal(ErrInvalidArgument, fmt.Sprintf("a point has an x and a y: got %d of x and %d of y", len(x), len(y)))
	}
	return p.named("plot_add_many", name, func(name *C.char) C.int32_t {
		return C.tlgo_plot_add_many(C.uintptr_t(p.h), name, floats(x), floats(y), C.size_t(len(y)))
	})
}

// SVG is the plot as SVG. ErrFailedPrecondition where no point has a place.
func (p *Plot) SVG() (string, error) {
	if err := p.self().usable(); err != nil {
		return "", err
	}
	words, status := text(func(buffer *C.char, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.tlgo_plot_svg(C.uintptr_t(p.h), buffer, capacity, length)
	})
	runtime.KeepAlive(p)
	return words, p.c.effect(status)
}

// WriteSVG writes the plot as an SVG file, whole or not at all.
func (p *Plot) WriteSVG(path string) error {
	return p.named("plot_write_svg", path, func(path *C.char) C.int32_t {
		return C.tlgo_plot_write_svg(C.uintptr_t(p.h), path)
	})
}

// Image is the plot as an image of bytes, (height, width, 3): for WritePNG, and for Logger.Image. Letters outside of ASCII are boxes, where
// an SVG has them all. It fails as SVG does.
func (p *Plot) Image() *Tensor {
	if p == nil || p.h == 0 {
		return p.self().failedTensor()
	}
	made := p.c.result(C.tlgo_plot_image(C.uintptr_t(p.h)))
	runtime.KeepAlive(p)
	return made
}

// Keep moves the plot one scope out, as Tensor.Keep does, and returns it.
func (p *Plot) Keep() *Plot {
	if p == nil {
		return nil
	}
	return keep(p, &p.object, func() C.uintptr_t { return C.tlgo_plot_keep(C.uintptr_t(p.h)) }, releasePlot)
}

// Err is the error that kept the plot from being made, nil for any other. The context forgets that error, so that it works again.
func (p *Plot) Err() error { return p.self().usable() }

// Close gives the plot up. Closing it again does nothing; the error is always nil.
func (p *Plot) Close() error { return p.self().close(releasePlot) }

// ImageGrid is images side by side, as one image of bytes. The images are of shape (count, height, width) or (count, height, width, 1, 3
// or 4 channels), u8, bool, or floats in [0, 1], where what lies outside becomes the nearest value in it and NaN black. options may be
// nil.
func (t *Tensor) ImageGrid(options *ImageGridOptions) *Tensor {
	c, broken := one(t)
	if broken != nil {
		return broken
	}
	made := c.result(C.tlgo_image_grid(c.handle(), t.handle(), options.raw()))
	runtime.KeepAlive(t)
	return made
}

// WritePNG writes an image as a PNG file: (height, width) or (height, width, 1, 3 or 4 channels), of values as ImageGrid takes them. The
// file is written whole or not at all.
func (t *Tensor) WritePNG(path string) error {
	c, broken := one(t)
	if broken != nil {
		return c.brokenBy(broken)
	}
	if t == nil {
		return t.Err()
	}
	text, free, ok := c.path("write_png", path)
	if !ok {
		return c.Err()
	}
	defer free()
	err := c.effect(C.tlgo_write_png(t.handle(), text))
	runtime.KeepAlive(t)
	return err
}

// WriteImageSVG writes images side by side as an SVG file, each with a caption under it: the elements of captions (may be nil), labels
// say. options may be nil.
func (t *Tensor) WriteImageSVG(captions *Tensor, title string, options *ImageGridOptions, path string) error {
	c, broken := one(t)
	if broken == nil && captions.err() != nil {
		broken = captions
	}
	if broken != nil {
		return c.brokenBy(broken)
	}
	if t == nil {
		return t.Err()
	}
	heading, free, ok := c.path("write_image_svg", title)
	if !ok {
		return c.Err()
	}
	defer free()
	name, freeName, ok := c.path("write_image_svg", path)
	if !ok {
		return c.Err()
	}
	defer freeName()
	err := c.effect(C.tlgo_write_image_svg(t.handle(), captions.handle(), heading, options.raw(), name))
	runtime.KeepAlive(t)
	runtime.KeepAlive(captions)
	return err
}
