//go:build cgo

package main

import (
	"math"

	tl "tapeloop"
)

// workload is a step that is written once; its modes say how it is called. A workload of eager ops alone has a step of its own.
type workload struct {
	name    string
	modes   []string
	inner   int // steps in one call of an eager one
	hasLoss bool
	train   func(c *tl.Context) (*training, error)
	ops     func(c *tl.Context) (stepFunction, error)
}

// training is a step as a function of the tensors of a batch; its only output is the loss.
type training struct {
	compute tl.Compute
	inputs  [batches][]*tl.Tensor
}

const (
	batches = 8
	loop    = 32 // steps in one call of the mode loop32
)

var allModes, eagerOnly = []string{"eager", "compiled", "loop32"}, []string{"eager"}

var workloads = []workload{
	{"W0", allModes, 1, true, trainW0, nil},
	{"W0op", eagerOnly, 1000, false, nil, prepareW0op},
	{"W0close", eagerOnly, 1000, false, nil, prepareW0close},
	{"W1", allModes, 1, true, func(c *tl.Context) (*training, error) { return trainClassifier(c, 784, 128, 10) }, nil},
	{"W2", allModes, 1, true, func(c *tl.Context) (*training, error) { return trainClassifier(c, 20, 64, 32, 5) }, nil},
}

// random24 is the numbers that all frameworks start from.
func random24(id, i uint64) uint64 {
	z := id<<32 + i + 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return (z ^ z>>31) >> 40
}

func filled(c *tl.Context, id uint64, lo, hi float32, shape ...int64) (*tl.Tensor, error) {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = lo + (hi-lo)*(float32(random24(id, uint64(i)))*0x1p-24)
	}
	return tl.NewTensor(c, values, shape...)
}

func labels(c *tl.Context, id uint64, n, classes int) (*tl.Tensor, error) {
	values := make([]int32, n)
	for i := range values {
		values[i] = int32(random24(id, uint64(i)) % uint64(classes))
	}
	return tl.NewTensor(c, values)
}

func trainW0(c *tl.Context) (*training, error) {
	sgd := c.SGD(&tl.SGDOptions{LearningRate: 0.01})
	a, b := c.Variable(c.Scalar(tl.F32, 0.5), "a"), c.Variable(c.Scalar(tl.F32, 0.1), "b")
	variables := []*tl.Tensor{a, b}
	t := &training{}
	for i := range t.inputs {
		x, err := filled(c, uint64(100+i), 0, 1, 1)
		if err != nil {
			return nil, err
		}
		t.inputs[i] = []*tl.Tensor{x}
	}
	t.compute = func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		tape := c.NewTape(nil)
		mean := a.Mul(in[0]).Add(b).Tanh().Mean()
		grads, err := tape.Gradient(mean, variables, nil)
		if err != nil {
			return nil, err
		}
		return []*tl.Tensor{mean}, sgd.Apply(grads, variables)
	}
	return t, c.Err()
}

func twoNumbers(c *tl.Context) (x, y *tl.Tensor, err error) {
	if x, err = filled(c, 100, 0, 1, 1); err == nil {
		y, err = filled(c, 101, 0, 1, 1)
	}
	return x, y, err
}

// The result is dropped: a scope of ten ops, about as many as a small step has, frees them.
func prepareW0op(c *tl.Context) (stepFunction, error) {
	x, y, err := twoNumbers(c)
	ten := func() error {
		for k := 0; k < 10; k++ {
			x.Add(y)
		}
		return nil
	}
	return func(int) (float64, error) {
		for k := 0; k < 100; k++ {
			if err := c.Scope(ten); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}, err
}

// The result is closed at once, outside of any scope: two crossings, and the garbage collector's net for each.
func prepareW0close(c *tl.Context) (stepFunction, error) {
	x, y, err := twoNumbers(c)
	return func(int) (float64, error) {
		for k := 0; k < 1000; k++ {
			x.Add(y).Close()
		}
		return 0, c.Err()
	}, err
}

func trainClassifier(c *tl.Context, sizes ...int64) (*training, error) {
	var variables []*tl.Tensor
	for l := 0; l+1 < len(sizes); l++ {
		bound := float32(1 / math.Sqrt(float64(sizes[l])))
		w, err := filled(c, uint64(l), -bound, bound, sizes[l], sizes[l+1])
		if err != nil {
			return nil, err
		}
		variables = append(variables, c.Variable(w, "weight"), c.Variable(c.Zeros(sizes[l+1]), "bias"))
	}
	t := &training{}
	for b := range t.inputs {
		x, err := filled(c, uint64(100+b), 0, 1, 32, sizes[0])
		if err != nil {
			return nil, err
		}
		y, err := labels(c, uint64(200+b), 32, int(sizes[len(sizes)-1]))
		if err != nil {
			return nil, err
		}
		t.inputs[b] = []*tl.Tensor{x, y}
	}
	adam := c.Adam(nil)
	hits := c.UntrainedVariable(c.Scalar(tl.I64, 0), "hits")
	t.compute = func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		tape := c.NewTape(nil)
		hidden, y := in[0], in[1]
		for l := 0; l < len(variables); l += 2 {
			hidden = hidden.MatMul(variables[l]).Add(variables[l+1])
			if l+2 < len(variables) {
				hidden = hidden.Relu()
			}
		}
		loss := y.SparseSoftmaxCrossEntropy(hidden).Mean()
		grads, err := tape.Gradient(loss, variables, nil)
		if err != nil {
			return nil, err
		}
		if err := adam.Apply(grads, variables); err != nil {
			return nil, err
		}
		hit := hidden.ArgMaxAxes([]int64{1}, false).Equal(y.Cast(tl.I64))
		return []*tl.Tensor{loss}, hits.Assign(hits.Add(hit.Cast(tl.I64).Sum()))
	}
	return t, c.Err()
}
