//go:build cgo

package tapeloop

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func doubles(t testing.TB, c *Context, values ...float64) *Tensor {
	t.Helper()
	x, err := NewTensor(c, values)
	must(t, err)
	return x
}

// cubic is a^2 b, element by element.
func cubic(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Square().Mul(in[1])}, nil }

func TestHessianVectorProducts(t *testing.T) {
	c := newContext(t)
	a, b := doubles(t, c, 1, 2), c.Variable(doubles(t, c, 3, 4), "b")
	at, along := []*Tensor{a, b}, []*Tensor{doubles(t, c, 1, 10), doubles(t, c, 5, 7)}
	for _, way := range []HessianWay{HessianForwardOverReverse, HessianReverseOverReverse} {
		runs := 0
		tape := c.NewTape(nil)
		h, err := c.HessianVectorProduct(func(in []*Tensor) ([]*Tensor, error) { runs++; return cubic(in) }, at, along, way)
		must(t, err)
		holds(t, h[0], []int64{2}, 6*1+2*5, 8*10+4*7) // H = [[2 b, 2 a], [2 a, 0]] for each element
		holds(t, h[1], []int64{2}, 2, 40)
		if runs != 1 {
			t.Errorf("the function ran %d times", runs)
		}
		// A tape around sees how the product is made: by b, the first entry of the first product is 2 v_a.
		third, err := tape.Gradient(h[0], []*Tensor{b}, nil)
		must(t, err)
		holds(t, third[0], []int64{2}, 2, 20)
	}
	h, err := c.HessianVectorProduct(func([]*Tensor) ([]*Tensor, error) { return []*Tensor{b.Square()}, nil }, at, along, 0)
	must(t, err)
	holds(t, h[0], []int64{2}, 0, 0)
	holds(t, h[1], []int64{2}, 10, 14)
}

func TestGaussNewtonVectorProducts(t *testing.T) {
	c := newContext(t)
	x, v := doubles(t, c, 1, 2), doubles(t, c, 1, 1)
	// J = (2x, 3), H = [[1, 1], [1, 0]]: J' H J = 4 x^2 + 12 x.
	g, err := c.GaussNewtonVectorProduct(
		func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Square(), in[0].MulScalar(3)}, nil }, 2,
		func(z []*Tensor) ([]*Tensor, error) {
			return []*Tensor{z[0].Square().MulScalar(0.5).Add(z[0].Mul(z[1]))}, nil
		}, []*Tensor{x}, []*Tensor{v})
	must(t, err)
	holds(t, g[0], []int64{2}, 16, 40)
}

func TestPullbacks(t *testing.T) {
	c := newContext(t)
	a, b, runs := doubles(t, c, 1, 2), c.Variable(doubles(t, c, 3, 4), "b"), 0
	p, values, err := c.NewPullback(func(in []*Tensor) ([]*Tensor, error) { runs++; return cubic(in) }, []*Tensor{a, b}, 1)
	must(t, err)
	holds(t, values[0], []int64{2}, 3, 16)
	must(t, b.Assign(doubles(t, c, 100, 100))) // the run keeps the value that it had
	for i := 0; i < 3; i++ {
		g, err := p.Gradients()
		must(t, err)
		holds(t, g[0], []int64{2}, 6, 16)
		holds(t, g[1], []int64{2}, 1, 4)
		g, err = p.Gradients(doubles(t, c, 0, 10))
		must(t, err)
		holds(t, g[0], []int64{2}, 0, 160)
		g, err = p.Gradients(nil)
		must(t, err)
		holds(t, g[1], []int64{2}, 1, 4)
	}
	if runs != 1 {
		t.Errorf("the function ran %d times", runs)
	}
	// A tape sees what it computes.
	seed, tape := doubles(t, c, 1, 1), c.NewTape(nil)
	must(t, tape.Watch(seed))
	g, err := p.Gradients(seed)
	must(t, err)
	by, err := tape.Gradient(g[0], []*Tensor{seed}, nil)
	must(t, err)
	holds(t, by[0], []int64{2}, 6, 16)
	// A second one, moved out of its scope, lives on; Close and what comes after it.
	var kept *Pullback
	must(t, c.Scope(func() error {
		kept, _, err = c.NewPullback(cubic, []*Tensor{a, b}, 1)
		if kept.Keep() != kept {
			t.Error("Keep gave another one")
		}
		return err
	}))
	_, err = kept.Gradients()
	must(t, err)
	must(t, kept.Close())
	must(t, kept.Close())
	_, err = kept.Gradients()
	wants(t, err, ErrInvalidArgument, "[pullback_gradients]")
	_, err = p.Gradients(seed, seed)
	wants(t, err, ErrInvalidArgument, "each of the 1 values: got 2")
	_, err = p.Gradients(c.Scalar(F64, 1))
	wants(t, err, ErrInvalidArgument, "an output gradient has the dtype and shape of its target")
	_, err = (*Pullback)(nil).Gradients()
	wants(t, err, ErrInvalidArgument, "[Pullback.Gradients] the pullback is nil")
	_, err = new(Pullback).Gradients()
	wants(t, err, ErrInvalidArgument, "zero value")
	must(t, (*Pullback)(nil).Close())
	if (*Pullback)(nil).Keep() != nil {
		t.Error("nil is something")
	}
	must(t, c.Err())
}

// What nobody closes ends by the garbage collector.
func TestPullbacksEndByThemselves(t *testing.T) {
	c := newContext(t)
	x := c.Ones(1 << 16)
	before, err := c.Statistics()
	must(t, err)
	for i := 0; i < 10; i++ {
		_, _, err := c.NewPullback(func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Exp()}, nil }, []*Tensor{x}, 1)
		must(t, err)
	}
	if !eventually(func() bool {
		now, err := c.Statistics()
		must(t, err)
		return now.LiveBytes <= before.LiveBytes
	}) {
		t.Error("the pullbacks keep their memory")
	}
}

func TestMisuseOfCurvatureProducts(t *testing.T) {
	c := newContext(t)
	a, b, v := doubles(t, c, 1, 2), doubles(t, c, 3, 4), doubles(t, c, 1, 1)
	at, along, mine := []*Tensor{a, b}, []*Tensor{v, v}, errors.New("mine")
	bad, gone := func() *Tensor { return c.Ones(1, 2).MatMul(c.Ones(3, 4)) }, closed(t, c)
	failed := bad()
	wants(t, c.Err(), ErrInvalidArgument, "[matmul]")
	for _, row := range []struct {
		name      string
		f         Compute
		at, along []*Tensor
		way       HessianWay
		text      string
	}{
		{"nil", nil, at, along, 0, "function must be a function: got nil"},
		{"nothing", cubic, nil, nil, 0, "at least 1 argument"},
		{"nil argument", cubic, []*Tensor{a, nil}, along, 0, "at[1]"},
		{"nil direction", cubic, at, []*Tensor{v, nil}, 0, "along[1]"},
		{"lengths", cubic, at, along[:1], 0, "one direction for each argument"},
		{"shape", cubic, at, []*Tensor{v, c.Scalar(F64, 1)}, 0, "a direction has the dtype and shape of its argument"},
		{"twice", cubic, []*Tensor{a, a}, along, 0, "named once"},
		{"way", cubic, at, along, 7, "got 7"},
		{"gives none", func([]*Tensor) ([]*Tensor, error) { return nil, nil }, at, along, 0, "[hessian_vector_product] the function must give 1 tensors: got 0"},
		{"gives nil", func([]*Tensor) ([]*Tensor, error) { return []*Tensor{nil}, nil }, at, along, 0, "value 0"},
		{"gives integers", func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Cast(I32)}, nil }, at, along, 0, "floating-point"},
		{"fails", func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{bad()}, nil }, at, along, 0, "[matmul]"},
		{"failed argument", cubic, []*Tensor{failed, b}, along, 0, "[matmul]"},
		{"closed", cubic, []*Tensor{gone, b}, along, 0, "released"},
	} {
		_, err := c.HessianVectorProduct(row.f, row.at, row.along, row.way)
		t.Run(row.name, func(t *testing.T) { wants(t, err, ErrInvalidArgument, row.text); must(t, c.Err()) })
	}
	if _, err := c.HessianVectorProduct(func([]*Tensor) ([]*Tensor, error) { return nil, mine }, at, along, 0); err != mine {
		t.Errorf("got %v", err)
	}
	_, err := (*Context)(nil).HessianVectorProduct(cubic, at, along, 0)
	wants(t, err, ErrInvalidArgument, "the context is nil")
	_, err = closedContext(t).HessianVectorProduct(cubic, at, along, 0)
	wants(t, err, ErrInvalidArgument, "the context is closed")
	for text, call := range map[string]func() error{
		"loss must be a function":     func() error { _, err := c.GaussNewtonVectorProduct(cubic, 1, nil, at, along); return err },
		"function must be a function": func() error { _, err := c.GaussNewtonVectorProduct(nil, 1, cubic, at, along); return err },
		"1 to 65536 outputs: got 0":   func() error { _, err := c.GaussNewtonVectorProduct(cubic, 0, cubic, at, along); return err },
		"[loss] the function must give 1": func() error {
			_, err := c.GaussNewtonVectorProduct(cubic, 1, func([]*Tensor) ([]*Tensor, error) { return nil, nil }, at, along)
			return err
		},
		"[pullback_new] function": func() error { _, _, err := c.NewPullback(nil, at, 1); return err },
		"outputs: got -1":         func() error { _, _, err := c.NewPullback(cubic, at, -1); return err },
		"at least 1 argument":     func() error { _, _, err := c.NewPullback(cubic, nil, 1); return err },
		"must give 2 tensors":     func() error { _, _, err := c.NewPullback(cubic, at, 2); return err },
	} {
		wants(t, call(), ErrInvalidArgument, text)
		must(t, c.Err())
	}
}

// come counts how many of n calls give back a panic of their callback, after which the context works.
func come(t *testing.T, c *Context, n int, call func(panics Compute) error) {
	t.Helper()
	back := 0
	for i := 0; i < n; i++ {
		err := call(func(in []*Tensor) ([]*Tensor, error) { in[0].Neg(); panic(os.ErrClosed) })
		var p *PanicError
		if errors.As(err, &p) && errors.Is(err, os.ErrClosed) && strings.Contains(string(p.Stack), "_test.go") {
			back++
		}
		must(t, c.Err())
	}
	t.Logf("%d of %d panics came back", back, n)
	if back != n {
		t.Errorf("%d of %d panics came back", back, n)
	}
	holds(t, c.Ones(2).AddScalar(1), []int64{2}, 2, 2)
}

func TestPanicsInCurvatureProducts(t *testing.T) {
	c := newContext(t)
	at, along := []*Tensor{doubles(t, c, 1, 2), doubles(t, c, 3, 4)}, []*Tensor{doubles(t, c, 1, 1), doubles(t, c, 1, 1)}
	come(t, c, 1000, func(panics Compute) error {
		return c.Scope(func() error { _, err := c.HessianVectorProduct(panics, at, along, 0); return err })
	})
	come(t, c, 1000, func(panics Compute) error {
		return c.Scope(func() error { _, err := c.GaussNewtonVectorProduct(cubic, 1, panics, at, along); return err })
	})
	come(t, c, 1000, func(panics Compute) error { _, _, err := c.NewPullback(panics, at, 1); return err })
	endsInside(t, func(c *Context, ends Compute) { c.NewPullback(ends, []*Tensor{c.Ones(2)}, 1) })
	endsInside(t, func(c *Context, ends Compute) {
		c.HessianVectorProduct(ends, []*Tensor{c.Ones(2)}, []*Tensor{c.Ones(2)}, 0)
	})
}
