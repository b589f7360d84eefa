//go:build cgo

package tapeloop

import "testing"

func TestForwardMode(t *testing.T) {
	c := newContext(t)
	x, direction := c.Variable(vector(t, c, 1, 2), "x"), vector(t, c, 1, 10)
	f := c.NewForward([]*Tensor{x}, []*Tensor{direction})
	tape := c.NewTape(nil)
	y := x.Square().Mul(x)
	tangent, err := f.Tangent(y, UnconnectedError)
	must(t, err)
	holds(t, tangent, []int64{2}, 3, 120)
	grads, err := tape.Gradient(y, []*Tensor{x}, nil)
	must(t, err)
	// The tangent of a gradient: the Hessian, 6 x, times the direction.
	product, err := f.Tangent(grads[0], UnconnectedZero)
	must(t, err)
	holds(t, product, []int64{2}, 6, 120)
	must(t, f.End())
	wants(t, f.End(), ErrFailedPrecondition, "")
	if late, err := f.Tangent(x.Neg(), UnconnectedNone); err != nil || late != nil {
		t.Errorf("got %v, %v", late, err)
	}
	must(t, f.Resume())
	_, err = f.Tangent(direction, UnconnectedError)
	wants(t, err, ErrInvalidArgument, "")
	must(t, f.Err())
	must(t, f.Close())
	must(t, f.Close())
	_, err = f.Tangent(y, UnconnectedNone)
	wants(t, err, ErrInvalidArgument, "released")
	for name, begin := range map[string]func() *Forward{
		"shape":   func() *Forward { return c.NewForward([]*Tensor{x}, []*Tensor{c.Zeros(3)}) },
		"lengths": func() *Forward { return c.NewForward([]*Tensor{x}, nil) },
		"nothing": func() *Forward { return c.NewForward(nil, nil) },
		"nil":     func() *Forward { return c.NewForward([]*Tensor{nil}, []*Tensor{direction}) },
		"failed": func() *Forward {
			return c.NewForward([]*Tensor{c.Ones(1, 2).MatMul(c.Ones(3, 4))}, []*Tensor{direction})
		},
	} {
		t.Run(name, func(t *testing.T) {
			wants(t, begin().Err(), ErrInvalidArgument, "[")
			must(t, c.Err())
		})
	}
	must(t, (*Forward)(nil).Close())
	wants(t, (*Forward)(nil).End(), ErrInvalidArgument, "nil")
}

func TestTangentsOfCustomGradients(t *testing.T) {
	c := newContext(t)
	x, direction := c.Variable(vector(t, c, 1, 2), "x"), vector(t, c, 1, 10)
	square := func(tangents Tangents) (*Tensor, error) {
		y, err := c.CustomGradientWithTangents("square", []*Tensor{x}, nil, 1,
			func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Square()}, nil },
			func(in, out, grads []*Tensor) ([]*Tensor, error) {
				return []*Tensor{in[0].MulScalar(2).Mul(grads[0])}, nil
			}, tangents)
		if err != nil {
			return nil, err
		}
		return y[0], nil
	}
	f := c.NewForward([]*Tensor{x}, []*Tensor{direction})
	y, err := square(func(in, tangents, out []*Tensor) ([]*Tensor, error) {
		return []*Tensor{in[0].MulScalar(2).Mul(tangents[0])}, nil
	})
	must(t, err)
	tangent, err := f.Tangent(y, UnconnectedError)
	must(t, err)
	holds(t, tangent, []int64{2}, 2, 40)
	_, err = square(nil)
	wants(t, err, ErrUnsupported, "square")
	_, err = square(func(in, tangents, out []*Tensor) ([]*Tensor, error) { panic("mine") })
	if p, ok := err.(*PanicError); !ok || p.Value != "mine" {
		t.Errorf("got %v", err)
	}
	_, err = square(func(in, tangents, out []*Tensor) ([]*Tensor, error) { return nil, nil })
	wants(t, err, ErrInvalidArgument, "must give 1 tensors")
	must(t, c.Err())
}
