//go:build cgo

package tapeloop

import (
	"bytes"
	"testing"
	"unsafe"
)

// opCase is a row of the generated table: see ops_generated_test.go.
type opCase struct {
	name    string
	call    func(t *testing.T, c *Context) *Tensor
	full    func(t *testing.T, c *Context) *Tensor // of a short form: the full one with the defaults written out
	wrong   func(t *testing.T, c *Context) *Tensor
	message string
}

// sample is a tensor with numbers between low and high.
func sample(t *testing.T, c *Context, dtype DType, low, high float64, shape ...int64) *Tensor {
	t.Helper()
	n := 1
	for _, d := range shape {
		n *= int(d)
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = low + (high-low)*(float64(i)+0.5)/float64(n)
	}
	x, err := NewTensor(c, values, shape...)
	must(t, err)
	if len(shape) == 0 {
		x = x.Reshape()
	}
	return x.Cast(dtype)
}

func closed(t *testing.T, c *Context) *Tensor {
	x := vector(t, c, 1)
	x.Close()
	return x
}

func closedContext(t *testing.T) *Context {
	c := newContext(t)
	must(t, c.Close())
	return c
}

func bytesOf(t *testing.T, x *Tensor) []byte {
	t.Helper()
	must(t, x.Err())
	values, err := Values[float64](x.Cast(F64))
	must(t, err)
	var all bytes.Buffer
	all.WriteString(x.DType().String())
	for _, d := range x.Shape() {
		all.WriteByte(byte(d))
	}
	if len(values) > 0 {
		all.Write(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 8*len(values)))
	}
	return all.Bytes()
}

func TestEveryOpIsCalledAndFails(t *testing.T) {
	cases := generatedOps()
	for _, op := range cases {
		op := op
		t.Run(op.name, func(t *testing.T) {
			c := newContext(t)
			must(t, c.SetSeed(7))
			made := op.call(t, c)
			got := bytesOf(t, made)
			if op.full != nil {
				must(t, c.SetSeed(7))
				if want := bytesOf(t, op.full(t, c)); !bytes.Equal(got, want) {
					t.Errorf("the short form differs from the full one with its defaults")
				}
			}
			failed := op.wrong(t, c)
			wants(t, failed.Err(), ErrInvalidArgument, op.message)
			if again := failed.Neg().Err(); again != failed.Err() {
				t.Errorf("what is made from it fails with %v", again)
			}
			must(t, c.Err())
			if !bytes.Equal(got, bytesOf(t, made)) {
				t.Errorf("a failure changed an earlier result")
			}
		})
	}
	t.Logf("%d methods", len(cases))
}

// Ops whose arguments could be confused, with results worked out by hand.
func TestArgumentsArriveInTheirOrder(t *testing.T) {
	c := newContext(t)
	x, y := vector(t, c, 1, 2, 8), vector(t, c, 2, 2, 4)
	a, b := matrix(t, c, 3, 1, 2, 3, 4, 5, 6), matrix(t, c, 2, 1, 0, 0, 1, 1, 1)
	i32 := func(values ...int32) *Tensor {
		x, err := NewTensor(c, values)
		must(t, err)
		return x
	}
	yes, err := NewTensor(c, []bool{true, false, true})
	must(t, err)
	three, six := []int64{3}, []int64{2, 3}
	for _, row := range []struct {
		name  string
		got   *Tensor
		shape []int64
		want  []float64
	}{
		{"Sub", x.Sub(y), three, []float64{-1, 0, 4}},
		{"Div", x.Div(y), three, []float64{0.5, 1, 2}},
		{"Pow", x.Pow(y), three, []float64{1, 4, 4096}},
		{"Less", x.Less(y), three, []float64{1, 0, 0}},
		{"GreaterEqual", x.GreaterEqual(y), three, []float64{0, 1, 1}},
		{"Maximum", x.Maximum(y), three, []float64{2, 2, 8}},
		{"Minimum", x.Minimum(y), three, []float64{1, 2, 4}},
		{"Clip", x.Clip(1.5, 4), three, []float64{1.5, 2, 4}},
		{"Select", yes.Select(x, y), three, []float64{1, 2, 8}},
		{"LeakyReluSlope", x.Neg().LeakyReluSlope(0.5), three, []float64{-0.5, -1, -4}},
		{"AddScalar", x.AddScalar(10), three, []float64{11, 12, 18}},
		{"MatMul", a.MatMul(b), []int64{2, 2}, []float64{4, 5, 10, 11}},
		{"MatMulTransposed a", a.MatMulTransposed(a, true, false), []int64{3, 3}, []float64{17, 22, 27, 22, 29, 36, 27, 36, 45}},
		{"MatMulTransposed b", a.MatMulTransposed(a, false, true), []int64{2, 2}, []float64{14, 32, 32, 77}},
		{"SumAxes", a.SumAxes([]int64{1}, true), []int64{2, 1}, []float64{6, 15}},
		{"MaxAxes", a.MaxAxes([]int64{0}, false), three, []float64{4, 5, 6}},
		{"ArgMaxAxes", a.ArgMaxAxes([]int64{1}, false), []int64{2}, []float64{2, 2}},
		{"CumSumAxis exclusive", x.CumSumAxis(0, true, false), three, []float64{0, 1, 3}},
		{"CumSumAxis reverse", x.CumSumAxis(0, false, true), three, []float64{11, 10, 8}},
		{"Reshape", a.Reshape(3, -1), []int64{3, 2}, []float64{1, 2, 3, 4, 5, 6}},
		{"TransposeAxes", a.TransposeAxes(1, 0), []int64{3, 2}, []float64{1, 4, 2, 5, 3, 6}},
		{"BroadcastTo", x.BroadcastTo(2, 3), six, []float64{1, 2, 8, 1, 2, 8}},
		{"Slice", a.Slice([]int64{0, 1}, []int64{2, 3}), []int64{2, 2}, []float64{2, 3, 5, 6}},
		{"SliceStrided", x.SliceStrided([]int64{0}, []int64{3}, []int64{2}), []int64{2}, []float64{1, 8}},
		{"Pad", x.Pad([]int64{1}, []int64{2}), []int64{6}, []float64{0, 1, 2, 8, 0, 0}},
		{"PadInterior", x.PadInterior([]int64{1}, []int64{0}, []int64{1}, 9), []int64{6}, []float64{9, 1, 9, 2, 9, 8}},
		{"Concat", c.Concat([]*Tensor{x, y}, 0), []int64{6}, []float64{1, 2, 8, 2, 2, 4}},
		{"Stack", c.Stack([]*Tensor{x, y}, 1), []int64{3, 2}, []float64{1, 2, 2, 2, 8, 4}},
		{"Gather", a.Gather(i32(2, 0), 1), []int64{2, 2}, []float64{3, 1, 6, 4}},
		{"ScatterAdd", i32(1, 1, 0).ScatterAdd(x, 4, 0), []int64{4}, []float64{8, 3, 0, 0}},
		{"OneHot", i32(1, 0).OneHot(3), six, []float64{0, 1, 0, 1, 0, 0}},
		{"SparseSoftmaxCrossEntropy", i32(0).SparseSoftmaxCrossEntropy(matrix(t, c, 2, 0, 0)), []int64{1}, []float64{0.6931471805599453}},
		{"SigmoidCrossEntropy", vector(t, c, 1).SigmoidCrossEntropy(vector(t, c, 1)), []int64{1}, []float64{0.31326168751822286}},
		{"SoftmaxCrossEntropy", matrix(t, c, 2, 0, 1).SoftmaxCrossEntropy(matrix(t, c, 2, 0, 1)), []int64{1}, []float64{0.31326168751822286}},
		{"UniformRange", c.UniformRange(three, 5, 5.000001, F64).Floor(), three, []float64{5, 5, 5}},
		{"NormalWith", c.NormalWith(three, 3, 1e-9, F64), three, []float64{3, 3, 3}},
		{"Full", c.Full(three, 4, I32), three, []float64{4, 4, 4}},
		{"RangeFrom", c.RangeFrom(3, 2, 5, F32), three, []float64{2, 7, 12}},
		{"Ones", c.Ones(2, 3), six, []float64{1, 1, 1, 1, 1, 1}},
		{"ExpandDims", x.ExpandDims(0), []int64{1, 3}, []float64{1, 2, 8}},
		{"ClipByNorm", vector(t, c, 3, 4).ClipByNorm(1), []int64{2}, []float64{0.6, 0.8}},
		{"ClipAdaptive", vector(t, c, 6, 8).ClipAdaptive(vector(t, c, 0, 10), 0.5, 1e-3), []int64{2}, []float64{3, 4}},
		{"ClipByNorm axes", matrix(t, c, 2, 3, 4, 0, 1).ClipByNorm(1, 1), []int64{2, 2}, []float64{0.6, 0.8, 0, 1}},
	} {
		t.Run(row.name, func(t *testing.T) { holds(t, row.got, row.shape, row.want...) })
	}
}

func TestHostData(t *testing.T) {
	c := newContext(t)
	x, err := NewTensor(c, []int32{1, 2, 3, 4}, 2, 2)
	must(t, err)
	if got, want := x.String(), "i32 (2, 2) [[1, 2], [3, 4]]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if x.DType() != I32 || x.Rank() != 2 || x.Dim(-1) != 2 || x.Elements() != 4 || x.Context() != c {
		t.Errorf("got %v %v %v %v", x.DType(), x.Rank(), x.Dim(-1), x.Elements())
	}
	source := []uint8{1, 2}
	y, err := NewTensor(c, source)
	must(t, err)
	source[0] = 9 // the data was copied
	holds(t, y, []int64{2}, 1, 2)
	empty, err := NewTensor(c, []float64{}, 0, 3)
	must(t, err)
	if got, err := Values[float64](empty); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	bools, err := NewTensor(c, []bool{true, false})
	must(t, err)
	got, err := Values[bool](bools)
	if err != nil || !got[0] || got[1] {
		t.Errorf("got %v, %v", got, err)
	}
	into := make([]int32, 4)
	must(t, Read(x, into))
	if into[3] != 4 {
		t.Errorf("got %v", into)
	}
	wants(t, Read(x, make([]int32, 5)), ErrInvalidArgument, "must have the tensor's 4 elements")
	_, err = Values[float32](x)
	wants(t, err, ErrInvalidArgument, "got f32 for i32")
	_, err = NewTensor(c, []float32{1, 2, 3}, 2, 2)
	wants(t, err, ErrInvalidArgument, "bytes")
	_, err = NewTensor(c, []float32{1}, -1)
	wants(t, err, ErrInvalidArgument, "negative")
	_, err = NewTensor(c, []float32{1}, 1<<62, 1<<62)
	wants(t, err, ErrInvalidArgument, "")
	_, err = NewTensor(c, []float32{1}, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	wants(t, err, ErrInvalidArgument, "8")
	// A slice inside of a struct that also holds pointers is ordinary memory, too.
	var mixed struct {
		name string
		data [3]float32
		next *int
	}
	mixed.next = new(int)
	z, err := NewTensor(c, mixed.data[:])
	must(t, err)
	must(t, Read(z, mixed.data[:]))
	large := c.Range(5000)
	if got := large.String(); len(got) > 200 {
		t.Errorf("a large tensor prints as %q", got)
	}
}
