//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// Safetensors is an open safetensors file: named tensors, as other libraries read and write them
// (https://github.com/huggingface/safetensors). Its header is checked to the last byte when it is opened. The format has no checksum: a
// bit that flips among the elements cannot be seen. A Checkpoint has one.
type Safetensors struct {
	object
}

// OpenSafetensors opens a file and reads its header. What the format does not allow is ErrCorruptData, with the file and the offset;
// ErrNotFound, ErrIO, ErrUnsupported (more than 8 axes, an unknown dtype).
func (c *Context) OpenSafetensors(path string) (*Safetensors, error) {
	text, free, ok := c.path("safetensors_open", path)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	f := &Safetensors{c.objectOf(C.tlgo_safetensors_open(c.handle(), text))}
	if err := f.object.usable(); err != nil {
		return nil, err
	}
	return newObject(f, &f.object, releaseSafetensors), nil
}

func releaseSafetensors(h uintptr) { C.tlgo_safetensors_release(C.uintptr_t(h)) }

func (f *Safetensors) self() *object {
	if f == nil {
		return nil
	}
	return &f.object
}

// Len is the number of tensors; 0 on failure (the context holds the error).
func (f *Safetensors) Len() int {
	if f == nil {
		return 0
	}
	n := int(C.tlgo_safetensors_count(C.uintptr_t(f.h)))
	runtime.KeepAlive(f)
	return n
}

// Name is that of tensor i, in the order of their bytes; "" on failure (the context holds the error).
func (f *Safetensors) Name(i int) string {
	return f.self().name(func() *C.char { return C.tlgo_safetensors_name(C.uintptr_t(f.h), C.size_t(i)) })
}

// StoredDType is the dtype of tensor i as the file has it, such as "BF16"; "" on failure (the context holds the error).
func (f *Safetensors) StoredDType(i int) string {
	return f.self().name(func() *C.char { return C.tlgo_safetensors_stored_dtype(C.uintptr_t(f.h), C.size_t(i)) })
}

// Shape is the sizes of the axes of tensor i.
func (f *Safetensors) Shape(i int) ([]int64, error) {
	if err := f.self().usable(); err != nil {
		return nil, err
	}
	var sizes [MaxRank]int64
	var rank C.size_t
	err := f.c.effect(C.tlgo_safetensors_shape(C.uintptr_t(f.h), C.size_t(i), dims(sizes[:]), MaxRank, &rank))
	runtime.KeepAlive(f)
	return sizes[:rank], err
}

// Read is a tensor of the file, by name. BF16 and F16 become F32, I8, I16 and U16 I32, U32 I64. ErrNotFound for a name that is not there.
func (f *Safetensors) Read(name string) (*Tensor, error) {
	if err := f.self().usable(); err != nil {
		return nil, err
	}
	text, free, ok := f.c.path("safetensors_read", name)
	if !ok {
		return nil, f.c.Err()
	}
	defer free()
	t := f.c.result(C.tlgo_safetensors_read(C.uintptr_t(f.h), text))
	runtime.KeepAlive(f)
	if err := t.Err(); err != nil {
		return nil, err
	}
	return t, nil
}

// Metadata is the texts of the file's metadata.
func (f *Safetensors) Metadata() map[string]string {
	texts := map[string]string{}
	if f == nil {
		return texts
	}
	count := int(C.tlgo_safetensors_metadata_count(C.uintptr_t(f.h)))
	for i := 0; i < count; i++ {
		name := f.self().name(func() *C.char { return C.tlgo_safetensors_metadata_name(C.uintptr_t(f.h), C.size_t(i)) })
		texts[name] = f.self().name(func() *C.char { return C.tlgo_safetensors_metadata_text(C.uintptr_t(f.h), C.size_t(i)) })
	}
	runtime.KeepAlive(f)
	return texts
}

// Keep moves the file one scope out, as Tensor.Keep does, and returns it.
func (f *Safetensors) Keep() *Safetensors {
	if f == nil {
		return nil
	}
	return keep(f, &f.object, func() C.uintptr_t { return C.tlgo_safetensors_keep(C.uintptr_t(f.h)) }, releaseSafetensors)
}

// Close closes the file. Closing it again does nothing; the error is always nil.
func (f *Safetensors) Close() error { return f.self().close(releaseSafetensors) }

// SafetensorsWriter is what is to be written into a safetensors file.
type SafetensorsWriter struct {
	object
}

// NewSafetensorsWriter is an empty file to be.
func (c *Context) NewSafetensorsWriter() *SafetensorsWriter {
	w := &SafetensorsWriter{c.objectOf(C.tlgo_safetensors_writer_new(c.handle()))}
	return newObject(w, &w.object, releaseSafetensorsWriter)
}

func releaseSafetensorsWriter(h uintptr) { C.tlgo_safetensors_writer_release(C.uintptr_t(h)) }

func (w *SafetensorsWriter) self() *object {
	if w == nil {
		return nil
	}
	return &w.object
}

// Add adds a tensor, or the present value of a variable, under a name of its own.
func (w *SafetensorsWriter) Add(name string, t *Tensor) error {
	if err := w.self().usable(); err != nil {
		return err
	}
	if t.err() != nil {
		return t.c.brokenBy(t)
	}
	return w.self().named("safetensors_writer_add", name, func(n *C.char) C.int32_t {
		defer runtime.KeepAlive(t)
		return C.tlgo_safetensors_writer_add(C.uintptr_t(w.h), n, t.handle())
	})
}

// SetMetadata adds a text to the metadata, or replaces that of the name.
func (w *SafetensorsWriter) SetMetadata(name, text string) error {
	if err := w.self().usable(); err != nil {
		return err
	}
	value, free, ok := w.c.path("safetensors_writer_set_metadata", text)
	if !ok {
		return w.c.Err()
	}
	defer free()
	return w.self().named("safetensors_writer_set_metadata", name, func(n *C.char) C.int32_t {
		return C.tlgo_safetensors_writer_set_metadata(C.uintptr_t(w.h), n, value)
	})
}

// Save writes the file, in the place of one that is there: a reader sees the old file or the new one, and a failure leaves the old
// one. options may be nil.
func (w *SafetensorsWriter) Save(path string, options *SafetensorsSaveOptions) error {
	return w.self().named("safetensors_writer_save", path, func(p *C.char) C.int32_t {
		return C.tlgo_safetensors_writer_save(C.uintptr_t(w.h), p, options.raw())
	})
}

// Keep moves the writer one scope out, as Tensor.Keep does, and returns it.
func (w *SafetensorsWriter) Keep() *SafetensorsWriter {
	if w == nil {
		return nil
	}
	return keep(w, &w.object, func() C.uintptr_t { return C.tlgo_safetensors_writer_keep(C.uintptr_t(w.h)) }, releaseSafetensorsWriter)
}

// Close gives the writer up. Closing it again does nothing; the error is always nil.
func (w *SafetensorsWriter) Close() error { return w.self().close(releaseSafetensorsWriter) }

// named is an effect on the object with a text, "" included.
func (o *object) named(op, text string, call func(text *C.char) C.int32_t) error {
	if err := o.usable(); err != nil {
		return err
	}
	s, free, ok := o.c.path(op, text)
	if !ok {
		return o.c.Err()
	}
	defer free()
	err := o.c.effect(call(s))
	runtime.KeepAlive(o)
	return err
}
