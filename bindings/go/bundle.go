//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// Bundle is named tensors in an order of their own, and the texts that codes among them stand for: what a file holds, or what is to
// be written to one.
type Bundle struct {
	object
}

func (c *Context) newBundle(made C.uintptr_t) *Bundle {
	b := &Bundle{c.objectOf(made)}
	return newObject(b, &b.object, releaseBundle)
}

// readBundle is the bundle that a reader has made, or its error.
func (c *Context) readBundle(made C.uintptr_t) (*Bundle, error) {
	b := c.newBundle(made)
	if err := b.object.usable(); err != nil {
		return nil, err
	}
	return b, nil
}

func releaseBundle(h uintptr) { C.tlgo_bundle_release(C.uintptr_t(h)) }

func (b *Bundle) self() *object {
	if b == nil {
		return nil
	}
	return &b.object
}

// NewBundle is a bundle without tensors, to be filled with Add and written.
func (c *Context) NewBundle() *Bundle { return c.newBundle(C.tlgo_bundle_new(c.handle())) }

// Add puts a tensor, or the present value of a variable, behind those that are there; nothing is copied. The name must not be empty
// nor one that the bundle has.
func (b *Bundle) Add(name string, tensor *Tensor) error {
	if err := b.self().usable(); err != nil {
		return err
	}
	if _, broken := one(tensor); broken != nil {
		return b.c.brokenBy(broken)
	}
	text, free, ok := b.c.path("bundle_add", name)
	if !ok {
		return b.c.Err()
	}
	defer free()
	err := b.c.effect(C.tlgo_bundle_add(C.uintptr_t(b.h), text, tensor.handle()))
	runtime.KeepAlive(b)
	runtime.KeepAlive(tensor)
	return err
}

// Len is the number of tensors; -1 on failure (the context holds the error).
func (b *Bundle) Len() int {
	if b == nil {
		return -1
	}
	n := int(C.tlgo_bundle_size(C.uintptr_t(b.h)))
	runtime.KeepAlive(b)
	return n
}

// Names is the names of the tensors, in order; nil on failure (the context holds the error).
func (b *Bundle) Names() []string {
	if b == nil || b.h == 0 {
		return nil
	}
	b.c.lend.Lock()
	defer b.c.lend.Unlock()
	n := int(C.tlgo_bundle_size(C.uintptr_t(b.h)))
	if n < 0 {
		return nil
	}
	names := make([]string, n)
	for i := range names {
		names[i] = C.GoString(C.tlgo_bundle_name(C.uintptr_t(b.h), C.int64_t(i)))
	}
	runtime.KeepAlive(b)
	return names
}

// Has tells whether there is a tensor of this name; false on failure (the context holds the error).
func (b *Bundle) Has(name string) bool {
	if b == nil || b.h == 0 {
		return false
	}
	text, free, ok := b.c.path("bundle_has", name)
	if !ok {
		return false
	}
	defer free()
	has := bool(C.tlgo_bundle_has(C.uintptr_t(b.h), text))
	runtime.KeepAlive(b)
	return has
}

// Get is the tensor of this name, which shares its memory with the bundle and outlives it; ErrNotFound where there is none.
func (b *Bundle) Get(name string) *Tensor {
	if b == nil || b.h == 0 {
		return b.self().failedTensor()
	}
	text, free, ok := b.c.path("bundle_get", name)
	if !ok {
		return b.c.result(0)
	}
	defer free()
	t := b.c.result(C.tlgo_bundle_get(C.uintptr_t(b.h), text))
	runtime.KeepAlive(b)
	return t
}

// Categories is the texts that the codes of the tensor of this name stand for, from code 0 on; empty for a tensor without codes.
func (b *Bundle) Categories(name string) ([]string, error) {
	if err := b.self().usable(); err != nil {
		return nil, err
	}
	text, free, ok := b.c.path("bundle_category", name)
	if !ok {
		return nil, b.c.Err()
	}
	defer free()
	b.c.lend.Lock()
	n := int(C.tlgo_bundle_category_count(C.uintptr_t(b.h), text))
	if n < 0 {
		b.c.lend.Unlock()
		return nil, b.c.Err()
	}
	texts := make([]string, n)
	for i := range texts {
		texts[i] = C.GoString(C.tlgo_bundle_category(C.uintptr_t(b.h), text, C.int64_t(i)))
	}
	b.c.lend.Unlock()
	runtime.KeepAlive(b)
	return texts, nil
}

// Err is why the bundle could not be made, nil for any other.
func (b *Bundle) Err() error { return b.self().usable() }

// Keep moves the bundle one scope out, as Tensor.Keep does, and returns it.
func (b *Bundle) Keep() *Bundle {
	if b == nil {
		return nil
	}
	return keep(b, &b.object, func() C.uintptr_t { return C.tlgo_bundle_keep(C.uintptr_t(b.h)) }, releaseBundle)
}

// Close gives the bundle up; tensors that it gave live on. Closing it again does nothing; the error is always nil.
func (b *Bundle) Close() error { return b.self().close(releaseBundle) }

// ReadNPY is the array in a npy file, of its shape, rank 0 to 8, in whichever order it was saved. Types of NumPy for which there is no
// DType are widened: int8, int16 and uint16 to I32, uint32 and uint64 to I64, float16 to F32. Arrays of objects, which are
// pickles and could run programs, records, complex numbers, texts and dates are ErrUnsupported; a file that is damaged or says of
// itself what is not so is ErrCorruptData.
func (c *Context) ReadNPY(path string) (*Tensor, error) {
	text, free, ok := c.path("read_npy", path)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	t := c.result(C.tlgo_read_npy(c.handle(), text))
	if err := t.Err(); err != nil {
		return nil, err
	}
	return t, nil
}

// WriteNPY writes the tensor, or the present value of a variable, as numpy.save does, in place of a file that is there: whole or
// not at all.
func (t *Tensor) WriteNPY(path string) error {
	c, broken := one(t)
	if broken != nil {
		return c.brokenBy(broken)
	}
	if t == nil {
		return t.Err()
	}
	text, free, ok := c.path("write_npy", path)
	if !ok {
		return c.Err()
	}
	defer free()
	err := c.effect(C.tlgo_write_npy(c.handle(), text, t.handle()))
	runtime.KeepAlive(t)
	return err
}

// ReadNPZ is the arrays in a npz file (a zip archive of npy files) by their names. Together they may take maxBytes, where it is 0 the
// size of the file and 64 MiB: a small archive may promise any amount of memory, so that one which compresses well needs the
// number. More is ErrOutOfMemory.
func (c *Context) ReadNPZ(path string, maxBytes uint64) (*Bundle, error) {
	text, free, ok := c.path("read_npz", path)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	return c.readBundle(C.tlgo_read_npz(c.handle(), text, C.uint64_t(maxBytes)))
}

// WriteNPZ writes the tensors as numpy.savez does, with compress as numpy.savez_compressed does, in place of a file that is there:
// whole or not at all. The texts of codes are not part of it.
func (b *Bundle) WriteNPZ(path string, compress bool) error {
	if err := b.self().usable(); err != nil {
		return err
	}
	text, free, ok := b.c.path("write_npz", path)
	if !ok {
		return b.c.Err()
	}
	defer free()
	err := b.c.effect(C.tlgo_write_npz(C.uintptr_t(b.h), text, C.bool(compress)))
	runtime.KeepAlive(b)
	return err
}

// CSVOptions is how a CSV file is read.
type CSVOptions struct {
	Delimiter byte // between fields; 0 (default): a comma
	NoHeader  bool // the first row holds values, and columns are named "0", "1", ... (default false: it holds names)
	// Types is one letter for each column: f, d, i, l, u and b for F32, F64, I32, I64, U8 and Bool, c for texts as codes, ? to guess,
	// - to leave it out; "" (default): all are guessed.
	Types    string
	Missing  string // the field that stands for a missing value; "" (default): NA, NaN and null do, in any case
	Floats   DType  // of guessed columns of numbers, F32 or F64; 0 (default): F32
	MaxBytes uint64 // most bytes for all tensors together; 0 (default): eight times the size of the file and 64 MiB
}

// ReadCSV is the columns of a CSV file (RFC 4180), each a tensor of one axis, by their names. options may be nil. A column that is
// guessed becomes: of whole numbers I64; of others, and of whole numbers where some are missing, Floats; of true and false Bool; of
// anything else I32 codes, whose texts Bundle.Categories gives. Missing values are NaN in columns of F32 and F64, -1 among codes, and
// ErrCorruptData in all others; so is a number beyond the largest of its column (1e400), for an infinity is spelled inf.
func (c *Context) ReadCSV(path string, options *CSVOptions) (*Bundle, error) {
	if options == nil {
		options = &CSVOptions{}
	}
	text, free, ok := c.path("read_csv", path)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	types, freeTypes, ok := c.cstring("read_csv", options.Types)
	if !ok {
		return nil, c.Err()
	}
	defer freeTypes()
	missing, freeMissing, ok := c.cstring("read_csv", options.Missing)
	if !ok {
		return nil, c.Err()
	}
	defer freeMissing()
	raw := C.tlgo_csv_options{delimiter: C.int32_t(options.Delimiter), no_header: C.bool(options.NoHeader), types: types,
		missing: missing, floats: C.int32_t(options.Floats), max_bytes: C.uint64_t(options.MaxBytes)}
	return c.readBundle(C.tlgo_read_csv(c.handle(), text, raw))
}

// ReadJSONLines is the keys of a file with one JSON object in each line (a log of metrics, say), each a tensor whose first axis is the
// lines. options may be nil. Types follow from the values as in ReadCSV; values may be arrays, of one shape in every line. In a column
// without other texts the strings "NaN", "Infinity" and "-Infinity" are the numbers, as logs write them.
func (c *Context) ReadJSONLines(path string, options *JSONLinesOptions) (*Bundle, error) {
	text, free, ok := c.path("read_json_lines", path)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	return c.readBundle(C.tlgo_read_json_lines(c.handle(), text, options.raw()))
}
