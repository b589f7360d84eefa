//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"fmt"
	"math"
	"runtime"
	"unsafe"
)

// Element is a type of Go that elements of a tensor have: F32, F64, I32, I64, U8, Bool.
type Element interface {
	float32 | float64 | int32 | int64 | uint8 | bool
}

func dtypeOf[T Element]() DType {
	var zero T
	switch any(zero).(type) {
	case float32:
		return F32
	case float64:
		return F64
	case int32:
		return I32
	case int64:
		return I64
	case uint8:
		return U8
	}
	return Bool
}

func start[T Element](data []T) *C.uint8_t {
	if len(data) == 0 {
		return nil
	}
	return (*C.uint8_t)(unsafe.Pointer(&data[0]))
}

// NewTensor is a tensor with a copy of data, row-major; without a shape, a vector.
func NewTensor[T Element](c *Context, data []T, shape ...int64) (*Tensor, error) {
	if len(shape) == 0 {
		shape = []int64{int64(len(data))}
	}
	var element T
	return c.copyIn(dtypeOf[T](), start(data), len(data)*int(unsafe.Sizeof(element)), shape)
}

func (c *Context) copyIn(dtype DType, data *C.uint8_t, bytes int, shape []int64) (*Tensor, error) {
	t := c.result(C.tlgo_tensor_new(c.handle(), C.int32_t(dtype), dims(shape), C.size_t(len(shape)), data, C.size_t(bytes)))
	if err := t.Err(); err != nil {
		return nil, err
	}
	return t, nil
}

// Scalar is a tensor of rank 0. The value is converted to the dtype; for integers it must be a whole number in range.
func (c *Context) Scalar(dtype DType, value float64) *Tensor {
	return c.result(C.tlgo_scalar(c.handle(), C.int32_t(dtype), C.double(value)))
}

// Initialize is a new tensor of F32 or F64, filled by an initialiser (InitializerDefault: Glorot uniform); its parameter
// counts for the kinds that say so, 0 is their default.
func (c *Context) Initialize(dtype DType, initializer Initializer, parameter float64, shape ...int64) *Tensor {
	return c.result(C.tlgo_initialize(c.handle(), C.int32_t(dtype), dims(shape), C.size_t(len(shape)),
		C.int32_t(initializer), C.double(parameter)))
}

// Values is a copy of all elements, row-major. T must be the type of the tensor's elements.
func Values[T Element](t *Tensor) ([]T, error) {
	n, err := t.extent("tensor_read", dtypeOf[T]())
	if err != nil {
		return nil, err
	}
	data := make([]T, n)
	return data, t.copyOut(start(data), len(data)*dtypeOf[T]().Size())
}

// Read copies all elements to data, row-major, whose length must be their number. T must be the type of the elements.
func Read[T Element](t *Tensor, data []T) error {
	n, err := t.extent("tensor_read", dtypeOf[T]())
	if err != nil {
		return err
	}
	if n != int64(len(data)) {
		return newError(ErrInvalidArgument, fmt.Sprintf("[tensor_read] the slice must have the tensor's %d elements: got %d", n, len(data)))
	}
	return t.copyOut(start(data), len(data)*dtypeOf[T]().Size())
}

// extent is the number of elements of a tensor that must have this dtype.
func (t *Tensor) extent(op string, want DType) (int64, error) {
	c, broken := one(t)
	if broken != nil {
		return 0, c.brokenBy(broken)
	}
	if t == nil {
		return 0, t.Err()
	}
	found := C.tlgo_extent_of(c.handle(), t.handle())
	runtime.KeepAlive(t)
	if found.code != 0 { // one of before, too: nothing has an effect then
		return 0, c.effect(found.code)
	}
	if got := DType(found.dtype); got != want {
		return 0, newError(ErrInvalidArgument, fmt.Sprintf("[%s] the slice must have elements of the tensor's type: got %v for %v; convert the tensor with Cast", op, want, got))
	}
	if uint64(found.elements) > math.MaxInt/8 {
		return 0, newError(ErrOutOfMemory, fmt.Sprintf("[%s] %d elements are too many for a slice", op, found.elements))
	}
	return int64(found.elements), nil
}

func (t *Tensor) copyOut(data *C.uint8_t, bytes int) error {
	err := t.c.effect(C.tlgo_tensor_read(t.handle(), data, C.size_t(bytes)))
	runtime.KeepAlive(t)
	return err
}

// Item is the only element of a tensor of one element, of any dtype.
func (t *Tensor) Item() (float64, error) {
	c, broken := one(t)
	if broken != nil {
		return math.NaN(), c.brokenBy(broken)
	}
	if t == nil {
		return math.NaN(), t.Err()
	}
	found := C.tlgo_item(c.handle(), t.handle())
	runtime.KeepAlive(t)
	return float64(found.value), c.effect(found.code)
}
