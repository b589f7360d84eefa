//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// made is a tensor that a reader has made, or its error.
func (c *Context) made(handle C.uintptr_t) (*Tensor, error) {
	t := c.result(handle)
	if err := t.Err(); err != nil {
		return nil, err
	}
	return t, nil
}

// readDataset is a dataset that a reader has made, or its error.
func (c *Context) readDataset(handle C.uintptr_t) (*Dataset, error) {
	d := c.dataset(handle)
	if err := d.object.usable(); err != nil {
		return nil, err
	}
	return d, nil
}

// ReadImage is the image in a PNG or JPEG file, told by its first bytes, as U8 (height, width, channels). options may be nil. Samples
// of 16 bits give their upper 8, palettes are resolved; colour becomes grey by the weights of ITU-R BT.601. ErrCorruptData (another
// format, damaged, cut off), ErrUnsupported (JPEG in CMYK), ErrOutOfMemory (an image that its header makes larger than MaxBytes).
func (c *Context) ReadImage(path string, options *ImageOptions) (*Tensor, error) {
	text, free, ok := c.path("read_image", path)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	return c.made(C.tlgo_read_image(c.handle(), text, options.raw()))
}

// DecodeImage is ReadImage for a file that is in memory.
func (c *Context) DecodeImage(data []byte, options *ImageOptions) (*Tensor, error) {
	return c.made(C.tlgo_decode_image(c.handle(), start(data), C.size_t(len(data)), options.raw()))
}

// ImageFolder is the images of a folder with one subfolder for each class: elements of the image as ReadImage gives it, decoded when
// it is asked for, and its class, I32. Classes count from 0 in the order of their names. options may be nil. Images of different
// sizes cannot be batched. ErrIO for a symbolic link inside, which may lead elsewhere.
func (c *Context) ImageFolder(folder string, options *ImageOptions) (*Dataset, error) {
	text, free, ok := c.path("dataset_from_image_folder", folder)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	return c.readDataset(C.tlgo_dataset_from_image_folder(c.handle(), text, options.raw()))
}

// ImageFolderLabels is the classes of the images of such a folder: a bundle of one tensor, "label", I32 of the number of images, in
// the order of the dataset; its categories are the names of the classes.
func (c *Context) ImageFolderLabels(folder string) (*Bundle, error) {
	text, free, ok := c.path("image_folder_labels", folder)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	return c.readBundle(C.tlgo_image_folder_labels(c.handle(), text))
}

// ReadWAV is the sound in a WAV file as F32 (frames, channels), and its number of frames a second. Whole numbers of 8 to 32 bits are
// divided so that they lie in [-1, 1), floats stay as they are.
func (c *Context) ReadWAV(path string) (samples *Tensor, rate int, err error) {
	text, free, ok := c.path("read_wav", path)
	if !ok {
		return nil, 0, c.Err()
	}
	defer free()
	frames := new(C.int32_t)
	samples, err = c.made(C.tlgo_read_wav(c.handle(), text, frames))
	return samples, int(*frames), err
}

// TFRecords is the records of a TFRecord file in their order: elements of one tensor, U8 of the record's bytes, read when they are
// asked for. Checksums of lengths are compared here, those of records in Next.
func (c *Context) TFRecords(path string) (*Dataset, error) {
	text, free, ok := c.path("dataset_from_tfrecord", path)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	return c.readDataset(C.tlgo_dataset_from_tfrecord(c.handle(), text))
}

// WriteTFRecord writes a TFRecord file, each record the elements of a tensor as they lie in memory, in place of a file that is there.
func (c *Context) WriteTFRecord(path string, records ...*Tensor) error {
	handles, broken := handlesOf(records)
	if broken != nil {
		return c.brokenBy(broken)
	}
	text, free, ok := c.path("write_tfrecord", path)
	if !ok {
		return c.Err()
	}
	defer free()
	err := c.effect(C.tlgo_write_tfrecord(c.handle(), text, list(handles), C.size_t(len(handles))))
	runtime.KeepAlive(records)
	return err
}

// ParseExample is the features of a tf.train.Example, the usual content of a record: floats are F32 (k), integers I64 (k), one byte
// string U8 (n), several of one length U8 (k, n).
func (c *Context) ParseExample(record *Tensor) (*Bundle, error) {
	if _, broken := one(record); broken != nil {
		return nil, c.brokenBy(broken)
	}
	b, err := c.readBundle(C.tlgo_parse_example(c.handle(), record.handle()))
	runtime.KeepAlive(record)
	return b, err
}

// CIFAR10Folder is CIFAR-10 from a folder of its binary version: elements of an image, U8 (32, 32, 3), and its label, U8.
func (c *Context) CIFAR10Folder(folder string, part DataPart) (*Dataset, error) {
	text, free, ok := c.path("dataset_from_cifar10_folder", folder)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	return c.readDataset(C.tlgo_dataset_from_cifar10_folder(c.handle(), text, C.int32_t(part)))
}

// CIFAR100Folder is CIFAR-100 from a folder of its binary version: elements of an image, its fine label and its coarse label.
func (c *Context) CIFAR100Folder(folder string, part DataPart) (*Dataset, error) {
	text, free, ok := c.path("dataset_from_cifar100_folder", folder)
	if !ok {
		return nil, c.Err()
	}
	defer free()
	return c.readDataset(C.tlgo_dataset_from_cifar100_folder(c.handle(), text, C.int32_t(part)))
}

// ToDLPack is the tensor, or the present value of a variable, for another C library of the same process: a pointer to a
// DLManagedTensorVersioned (1.0) or, without versioned, to the older DLManagedTensor, over the tensor's memory, which nobody may write
// to. Its deleter must be called once, from any thread, also after the tensor or its context has ended; it frees all.
func (t *Tensor) ToDLPack(versioned bool) (unsafe.Pointer, error) {
	c, broken := one(t)
	if broken != nil {
		return nil, c.brokenBy(broken)
	}
	if t == nil {
		return nil, t.Err()
	}
	managed := C.tlgo_tensor_to_dlpack(t.handle(), C.bool(versioned))
	runtime.KeepAlive(t)
	if managed == nil {
		return nil, c.effect(C.int32_t(c.seen().Code))
	}
	return managed, nil
}

// FromDLPack is a tensor of what another C library lends: managed points to a DLManagedTensorVersioned or DLManagedTensor, which is
// taken over, in memory of C. Where it is row-major, aligned and of a DType, the tensor is its memory, which must not change
// until the deleter is called: when the last tensor that uses it is gone, or at once where the tensor is a copy or the call fails.
func (c *Context) FromDLPack(managed unsafe.Pointer, versioned bool) (*Tensor, error) {
	return c.made(C.tlgo_tensor_from_dlpack(c.handle(), managed, C.bool(versioned)))
}
