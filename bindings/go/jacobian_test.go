//go:build cgo

package tapeloop

import (
	"errors"
	"testing"
)

func squares(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Square()}, nil }
func sumOfCubes(in []*Tensor) ([]*Tensor, error) {
	return []*Tensor{in[0].Square().Mul(in[0]).Sum()}, nil
}

func TestJacobiansOnTapes(t *testing.T) {
	c := newContext(t)
	v, z := c.Variable(vector(t, c, 1, 2), "v"), vector(t, c, 5)
	for budget := uint64(0); budget < 2; budget++ { // 1 byte: one row at a time
		tape, reasons := c.NewTape(nil), make([]GradientReason, 2)
		must(t, tape.Watch(z))
		y := v.Square()
		j, err := tape.Jacobian(y, []*Tensor{v, z}, &JacobianOptions{MemoryBudget: budget, Reasons: reasons})
		must(t, err)
		holds(t, j[0], []int64{2, 2}, 2, 0, 0, 4)
		if j[1] != nil || reasons[0] != ReasonConnected || reasons[1] != ReasonIndependent {
			t.Errorf("got %v, %v", j[1], reasons)
		}
		_, err = tape.Jacobian(y, []*Tensor{v}, nil)
		wants(t, err, ErrFailedPrecondition, "consumed")
	}
	tape := c.NewTape(nil)
	must(t, tape.Watch(z))
	j, err := tape.Jacobian(v.Square(), []*Tensor{z}, &JacobianOptions{Unconnected: UnconnectedZero})
	must(t, err)
	holds(t, j[0], []int64{2, 1}, 0, 0)

	// Of each example, and outer tapes see it.
	x := c.Variable(matrix(t, c, 2, 1, 2, 3, 4), "x")
	outer, tape := c.NewTape(nil), c.NewTape(nil)
	y := x.Square().SumAxes([]int64{1}, true)
	b, err := tape.BatchJacobian(y, x, &JacobianOptions{CheckIndependence: true})
	must(t, err)
	holds(t, b, []int64{2, 1, 2}, 2, 4, 6, 8)
	second, err := outer.Gradient(b, []*Tensor{x}, nil)
	must(t, err)
	holds(t, second[0], []int64{2, 2}, 2, 2, 2, 2)
	tape = c.NewTape(nil)
	mixed := x.Sub(x.MeanAxes([]int64{0}, true))
	_, err = tape.BatchJacobian(mixed, x, &JacobianOptions{CheckIndependence: true})
	wants(t, err, ErrFailedPrecondition, "[tape_batch_jacobian]")
	tape = c.NewTape(nil)
	none, err := tape.BatchJacobian(c.Ones(2, 3).Square(), x, nil)
	must(t, err)
	if none != nil {
		t.Errorf("got %v", none)
	}
}

func TestJacobiansOfFunctions(t *testing.T) {
	c := newContext(t)
	x := vector(t, c, 1, 2)
	for _, way := range []JacobianWay{JacobianByShape, JacobianForward, JacobianReverse} {
		for budget := uint64(0); budget < 2; budget++ {
			how := &JacobianOptions{Way: way, MemoryBudget: budget}
			j, err := c.Jacobian(squares, x, how)
			must(t, err)
			holds(t, j, []int64{2, 2}, 2, 0, 0, 4)
			h, err := c.Hessian(sumOfCubes, x, how)
			must(t, err)
			holds(t, h, []int64{2, 2}, 6, 0, 0, 12)
		}
	}
	// In Vmap: of each example.
	each, err := c.Vmap(func(in []*Tensor) ([]*Tensor, error) {
		h, err := c.Hessian(sumOfCubes, in[0], nil)
		return []*Tensor{h}, err
	}, []*Tensor{matrix(t, c, 2, 1, 2, 3, 4)}, nil, 1)
	must(t, err)
	holds(t, each[0], []int64{2, 2, 2}, 6, 0, 0, 12, 18, 0, 0, 24)
}

func TestMisuseOfJacobians(t *testing.T) {
	c := newContext(t)
	x, gone, mine := c.Ones(2), closed(t, c), errors.New("mine")
	failed := c.Ones(1, 2).MatMul(c.Ones(3, 4))
	wants(t, c.Err(), ErrInvalidArgument, "[matmul]")
	of := func(f Compute, at *Tensor, options *JacobianOptions) func() error {
		return func() error { _, err := c.Jacobian(f, at, options); return err }
	}
	on := func(target, source *Tensor, options *JacobianOptions) func() error {
		return func() error {
			tape := c.NewTape(nil)
			defer tape.Close()
			_, err := tape.Jacobian(target, []*Tensor{source}, options)
			return err
		}
	}
	for _, row := range []struct {
		name, text string
		call       func() error
	}{
		{"nil function", "[jacobian] function must be a function", of(nil, x, nil)},
		{"nil function of Hessian", "[hessian] function must be a function", func() error { _, err := c.Hessian(nil, x, nil); return err }},
		{"nil argument", "'at' must be a tensor", of(squares, nil, nil)},
		{"failed argument", "[matmul]", of(squares, failed, nil)},
		{"closed argument", "released", of(squares, gone, nil)},
		{"integers", "floating point", of(squares, c.Zeros(2).Cast(I32), nil)},
		{"way", "got 9", of(squares, x, &JacobianOptions{Way: 9})},
		{"gives nil", "got null", of(func([]*Tensor) ([]*Tensor, error) { return []*Tensor{nil}, nil }, x, nil)},
		{"gives two", "[jacobian] the function must give 1 tensors: got 2", of(func(in []*Tensor) ([]*Tensor, error) { return append(in, in...), nil }, x, nil)},
		{"nil context", "the context is nil", func() error { _, err := (*Context)(nil).Jacobian(squares, x, nil); return err }},
		{"nil tape", "the tape is nil", func() error { _, err := (*Tape)(nil).Jacobian(x, nil, nil); return err }},
		{"nil target", "'target' must be a tensor", on(nil, x, nil)},
		{"nil source", "sources[0]", on(x, nil, nil)},
		{"failed target", "[matmul]", on(failed, x, nil)},
		{"failed source", "[matmul]", on(x, failed, nil)},
		{"unconnected", "'unconnected' must be", on(x, x, &JacobianOptions{Unconnected: 9})},
		{"reasons", "one reason for each of the 1 sources: got room for 2", on(x, x, &JacobianOptions{Reasons: make([]GradientReason, 2)})},
		{"rank", "rank at least 2", func() error { _, err := c.NewTape(nil).BatchJacobian(x, x, nil); return err }},
		{"nil of a batch", "'source' must be a tensor", func() error { _, err := c.NewTape(nil).BatchJacobian(x, nil, nil); return err }},
	} {
		t.Run(row.name, func(t *testing.T) { wants(t, row.call(), ErrInvalidArgument, row.text); must(t, c.Err()) })
	}
	if _, err := c.Hessian(func([]*Tensor) ([]*Tensor, error) { return nil, mine }, x, nil); err != mine {
		t.Errorf("got %v", err)
	}
	come(t, c, 500, func(panics Compute) error {
		return c.Scope(func() error { _, err := c.Jacobian(panics, x, nil); return err })
	})
	come(t, c, 500, func(panics Compute) error {
		return c.Scope(func() error { _, err := c.Hessian(panics, x, nil); return err })
	})
	endsInside(t, func(c *Context, ends Compute) { c.Hessian(ends, c.Ones(2), nil) })
}
