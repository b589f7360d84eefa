//go:build cgo

package tapeloop

import (
	"errors"
	"testing"
)

func TestGradientsOfEachExample(t *testing.T) {
	c := newContext(t)
	w := c.Variable(matrix(t, c, 2, 1, 2, 3, 4), "w")
	x, y := matrix(t, c, 2, 1, 0, 0, 2, -1, 1), vector(t, c, 1, 2, 3)
	loss := func(x, y *Tensor) *Tensor { return x.Reshape(1, 2).MatMul(w).Sum().Sub(y).Square() }
	runs := 0
	each, err := c.Vmap(func(in []*Tensor) ([]*Tensor, error) {
		runs++
		if in[0].Rank() != 1 || in[1].Rank() != 0 {
			t.Errorf("got %v and %v", in[0].Shape(), in[1].Shape())
		}
		tape := c.NewTape(nil)
		of := loss(in[0], in[1])
		gradients, err := tape.Gradient(of, []*Tensor{w}, nil)
		return append(gradients, of), err
	}, []*Tensor{x, y}, nil, 2)
	must(t, err)
	if runs != 1 || each[0].Dim(0) != 3 || each[0].Rank() != 3 {
		t.Fatalf("%d runs, shape %v", runs, each[0].Shape())
	}
	for i := int64(0); i < 3; i++ { // a loop over the examples
		at, err := NewTensor(c, []int32{int32(i)})
		must(t, err)
		tape := c.NewTape(nil)
		of := loss(x.Gather(at, 0).Reshape(2), y.Gather(at, 0).Reshape())
		gradients, err := tape.Gradient(of, []*Tensor{w}, nil)
		must(t, err)
		holds(t, each[0].Gather(at, 0).Reshape(2, 2).Sub(gradients[0]).Abs().Sum(), nil, 0)
		holds(t, each[1].Gather(at, 0).Reshape().Sub(of), nil, 0)
	}
	// A tape outside sees the program of the batch.
	tape := c.NewTape(nil)
	losses, err := c.Vmap(func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{loss(in[0], in[1])}, nil }, []*Tensor{x, y}, nil, 1)
	must(t, err)
	gradients, err := tape.Gradient(losses[0].Sum(), []*Tensor{w}, nil)
	must(t, err)
	holds(t, each[0].SumAxes([]int64{0}, false).Sub(gradients[0]).Abs().Sum(), nil, 0)
}

func TestAxesOfVmap(t *testing.T) {
	c := newContext(t)
	x, y := matrix(t, c, 3, 1, 2, 3, 4, 5, 6), vector(t, c, 10, 20)
	add := func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Add(in[1])}, nil }
	out, err := c.Vmap(add, []*Tensor{x, y}, []int64{-1, NoAxis}, 1)
	must(t, err)
	holds(t, out[0], []int64{3, 2}, 11, 24, 12, 25, 13, 26)
	// In one another, over all pairs; a custom gradient inside.
	tape := c.NewTape(nil)
	must(t, tape.Watch(y))
	pairs, err := c.Vmap(func(outer []*Tensor) ([]*Tensor, error) {
		return c.Vmap(func(inner []*Tensor) ([]*Tensor, error) {
			return c.CustomGradient("product", []*Tensor{outer[0], inner[0]}, nil, 1,
				func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Mul(in[1])}, nil },
				func(in, out, grads []*Tensor) ([]*Tensor, error) {
					return []*Tensor{grads[0].Mul(in[1]), grads[0].Mul(in[0])}, nil
				})
		}, []*Tensor{vector(t, c, 1, 2, 3)}, nil, 1)
	}, []*Tensor{y}, nil, 1)
	must(t, err)
	holds(t, pairs[0], []int64{2, 3}, 10, 20, 30, 20, 40, 60)
	gradients, err := tape.Gradient(pairs[0], []*Tensor{y}, nil)
	must(t, err)
	holds(t, gradients[0], []int64{2}, 6, 6)
	empty, err := c.Vmap(add, []*Tensor{c.Zeros(0, 3), c.Zeros(0, 3)}, nil, 1)
	must(t, err)
	holds(t, empty[0], []int64{0, 3})
}

func TestMisuseOfVmap(t *testing.T) {
	c := newContext(t)
	x, v, mine := c.Ones(2, 3), c.Variable(c.Scalar(F32, 1), "v"), errors.New("mine")
	same := func(in []*Tensor) ([]*Tensor, error) { return in, nil }
	var stolen *Tensor
	for _, row := range []struct {
		name   string
		f      Compute
		inputs []*Tensor
		axes   []int64
		code   Code
		text   string
	}{
		{"nil", nil, []*Tensor{x}, nil, ErrInvalidArgument, "[vmap] function must be a function"},
		{"no input", same, nil, nil, ErrInvalidArgument, "[vmap]"},
		{"nil input", same, []*Tensor{nil}, nil, ErrInvalidArgument, "inputs[0]"},
		{"lengths", same, []*Tensor{x}, []int64{}, ErrInvalidArgument, "one axis for each of the 1 inputs: got 0"},
		{"range", same, []*Tensor{x}, []int64{2}, ErrInvalidArgument, "out of range: got 2"},
		{"no axis", same, []*Tensor{x}, []int64{NoAxis}, ErrInvalidArgument, "at least 1 input must have a batch axis"},
		{"sizes", func(in []*Tensor) ([]*Tensor, error) { return in[:1], nil }, []*Tensor{x, c.Ones(3)}, nil, ErrInvalidArgument, "[vmap]"},
		{"gives nil", func([]*Tensor) ([]*Tensor, error) { return []*Tensor{nil}, nil }, []*Tensor{x}, nil, ErrInvalidArgument, "outputs[0]"},
		{"gives none", func([]*Tensor) ([]*Tensor, error) { return nil, nil }, []*Tensor{x}, nil, ErrInvalidArgument, "[vmap] the function must give 1 tensors: got 0"},
		{"shapes of one example", func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].MatMul(in[0])}, nil }, []*Tensor{x}, nil, ErrInvalidArgument, "(3,) x (3,)"},
		{"item", func(in []*Tensor) ([]*Tensor, error) { _, err := in[0].Sum().Item(); return in, err }, []*Tensor{x}, nil, ErrFailedPrecondition, "inside vmap"},
		{"values", func(in []*Tensor) ([]*Tensor, error) { _, err := Values[float32](in[0]); return in, err }, []*Tensor{x}, nil, ErrFailedPrecondition, "inside vmap"},
		{"assign", func(in []*Tensor) ([]*Tensor, error) { return in, v.Assign(in[0].Sum()) }, []*Tensor{x}, nil, ErrFailedPrecondition, "[variable_assign]"},
		{"variable", func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{c.Variable(in[0], "")}, nil }, []*Tensor{x}, nil, ErrFailedPrecondition, "[variable_new]"},
		{"takes it out", func(in []*Tensor) ([]*Tensor, error) {
			stolen = in[0].Neg().Keep()
			_ = stolen.String()
			return nil, &Error{ErrIO, "", "after that"}
		}, []*Tensor{x}, nil, ErrIO, "after that"},
	} {
		_, err := c.Vmap(row.f, row.inputs, row.axes, 1)
		t.Run(row.name, func(t *testing.T) { wants(t, err, row.code, row.text); must(t, c.Err()) })
	}
	if err := stolen.Neg().Err(); !errors.Is(err, ErrFailedPrecondition) && !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Vmap(func([]*Tensor) ([]*Tensor, error) { return nil, mine }, []*Tensor{x}, nil, 1); err != mine {
		t.Errorf("got %v", err)
	}
	_, err := c.Vmap(same, []*Tensor{x}, nil, 0)
	wants(t, err, ErrInvalidArgument, "outputs: got 0")
	_, err = (*Context)(nil).Vmap(same, []*Tensor{x}, nil, 1)
	wants(t, err, ErrInvalidArgument, "the context is nil")
	come(t, c, 1000, func(panics Compute) error {
		return c.Scope(func() error { _, err := c.Vmap(panics, []*Tensor{x}, nil, 1); return err })
	})
	endsInside(t, func(c *Context, ends Compute) { c.Vmap(ends, []*Tensor{c.Ones(2)}, nil, 1) })
}
