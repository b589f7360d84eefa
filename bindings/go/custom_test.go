//go:build cgo

package tapeloop

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// cube is x^3 with a gradient rule of its own, 3 x^2 in ops.
func cube(c *Context, x *Tensor) (*Tensor, error) {
	out, err := c.CustomGradient("cube", []*Tensor{x}, nil, 1,
		func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Mul(in[0]).Mul(in[0])}, nil },
		func(in, out, grads []*Tensor) ([]*Tensor, error) {
			return []*Tensor{in[0].Square().MulScalar(3).Mul(grads[0])}, nil
		})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func TestCustomGradientsOfAnyOrder(t *testing.T) {
	c := newContext(t)
	x := c.Variable(c.Scalar(F64, 2), "x")
	outer, inner := c.NewTape(nil), c.NewTape(nil)
	y, err := cube(c, x)
	must(t, err)
	first, err := inner.Gradient(y, []*Tensor{x}, nil)
	must(t, err)
	second, err := outer.Gradient(first[0], []*Tensor{x}, nil)
	must(t, err)
	holds(t, y, nil, 8)
	holds(t, first[0], nil, 12)
	holds(t, second[0], nil, 12)

	// A captured variable gets its gradient, a missing one is an error.
	scale := func(captured ...*Tensor) ([]*Tensor, error) {
		return c.CustomGradient("scale", []*Tensor{c.Scalar(F64, 5)}, captured, 1,
			func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Mul(x)}, nil },
			func(in, out, grads []*Tensor) ([]*Tensor, error) {
				return []*Tensor{nil, in[0].Mul(grads[0])}, nil
			})
	}
	tape := c.NewTape(nil)
	z, err := scale(x)
	must(t, err)
	grads, err := tape.Gradient(z[0], []*Tensor{x}, nil)
	must(t, err)
	holds(t, grads[0], nil, 5)
	tape = c.NewTape(nil)
	_, err = scale()
	wants(t, err, ErrInvalidArgument, "x")
	must(t, tape.Close())
}

func TestRecompute(t *testing.T) {
	c := newContext(t)
	w := c.Variable(c.Ones(8, 8), "w")
	x, calls := c.Normal(4, 8), 0
	grads := func(segment bool) (*Tensor, TapeStatistics) {
		tape := c.NewTape(&TapeOptions{Persistent: true})
		f := func(in []*Tensor) ([]*Tensor, error) {
			calls++
			return []*Tensor{in[0].MatMul(w).Tanh().MatMul(w).Tanh()}, nil
		}
		var y []*Tensor
		var err error
		if segment {
			y, err = c.Recompute("two layers", []*Tensor{x}, 1, f)
		} else {
			y, err = f([]*Tensor{x})
		}
		must(t, err)
		g, err := tape.Gradient(y[0], []*Tensor{w}, nil)
		must(t, err)
		stats, err := tape.Statistics()
		must(t, err)
		must(t, tape.Close())
		return g[0], stats
	}
	plain, _ := grads(false)
	again, stats := grads(true)
	holds(t, plain.Equal(again).Cast(F32).Mean(), nil, 1)
	if calls != 3 || stats.RecomputedOps == 0 {
		t.Errorf("the segment ran %d times, %+v", calls, stats)
	}
}

// A panic or an error of a callback comes back from the call during which it happened, and the context works afterwards.
func TestPanicsInGradientRules(t *testing.T) {
	c := newContext(t)
	x := c.Variable(c.Scalar(F64, 2), "x")
	forwards, backwards := 0, 0
	for i := 0; i < 500; i++ {
		must(t, c.Scope(func() error {
			tape := c.NewTape(nil)
			_, err := c.CustomGradient("bad", []*Tensor{x}, nil, 1,
				func(in []*Tensor) ([]*Tensor, error) { in[0].Neg(); panic(os.ErrClosed) },
				func(in, out, grads []*Tensor) ([]*Tensor, error) { return grads, nil })
			var p *PanicError
			if errors.As(err, &p) && errors.Is(err, os.ErrClosed) && strings.Contains(string(p.Stack), "custom_test.go") {
				forwards++
			}
			y, err := c.CustomGradient("worse", []*Tensor{x}, nil, 1,
				func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Neg()}, nil },
				func(in, out, grads []*Tensor) ([]*Tensor, error) {
					var none []int
					return nil, errors.New(string(rune(none[3])))
				})
			if err != nil {
				return err
			}
			_, err = tape.Gradient(y[0], []*Tensor{x}, nil)
			if errors.As(err, &p) && strings.Contains(p.Error(), "index out of range") {
				backwards++
			}
			return nil
		}))
		must(t, c.Err())
	}
	t.Logf("%d of 1000 panics came back", forwards+backwards)
	if forwards+backwards != 1000 {
		t.Errorf("%d of 500 and %d of 500 panics came back", forwards, backwards)
	}
	y, err := cube(c, x)
	must(t, err)
	holds(t, y, nil, 8)
}

func TestErrorsOfGradientRules(t *testing.T) {
	c := newContext(t)
	x, mine := c.Ones(2, 3), errors.New("mine")
	pass := func(in, out, grads []*Tensor) ([]*Tensor, error) { return grads, nil }
	with := func(f Compute) error {
		_, err := c.CustomGradient("f", []*Tensor{x}, nil, 1, f, pass)
		must(t, c.Err())
		return err
	}
	if err := with(func([]*Tensor) ([]*Tensor, error) { return nil, mine }); err != mine {
		t.Errorf("got %v", err)
	}
	wants(t, with(func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].MatMul(in[0])}, nil }), ErrInvalidArgument, "[matmul]")
	wants(t, with(func(in []*Tensor) ([]*Tensor, error) { in[0].MatMul(in[0]); return in, nil }), ErrInvalidArgument, "[matmul]")
	wants(t, with(func(in []*Tensor) ([]*Tensor, error) { return nil, nil }), ErrInvalidArgument, "must give 1 tensors: got 0")
	wants(t, with(func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{nil}, nil }), ErrInvalidArgument, "f")
	wants(t, with(nil), ErrInvalidArgument, "nil")
	wants(t, with(func(in []*Tensor) ([]*Tensor, error) { return in, c.Close() }), ErrBusy, "in use")
	_, err := c.Recompute("r", []*Tensor{x}, -1, func(in []*Tensor) ([]*Tensor, error) { return in, nil })
	wants(t, err, ErrInvalidArgument, "outputs")
	_, err = c.Recompute("r\x00", []*Tensor{x}, 1, func(in []*Tensor) ([]*Tensor, error) { return in, nil })
	wants(t, err, ErrInvalidArgument, "NUL")
	_, err = c.Recompute("r", []*Tensor{x}, 1, nil)
	wants(t, err, ErrInvalidArgument, "nil")
	// What a callback keeps for itself has ended with it.
	var stolen *Tensor
	_, err = c.Recompute("r", []*Tensor{x}, 1, func(in []*Tensor) ([]*Tensor, error) { stolen = in[0].Neg(); return in, nil })
	must(t, err)
	wants(t, stolen.Neg().Err(), ErrInvalidArgument, "released")
	// A goroutine of the callback's own is another thread in the context.
	err = with(func(in []*Tensor) ([]*Tensor, error) {
		done := make(chan error)
		go func() { done <- in[0].Neg().Err() }()
		return in, <-done
	})
	wants(t, err, ErrBusy, "")
}

func TestReasons(t *testing.T) {
	c := newContext(t)
	x, y := c.Variable(c.Scalar(F32, 2), "x"), c.Variable(c.Scalar(F32, 3), "y")
	tape := c.NewTape(&TapeOptions{Explain: true, Persistent: true})
	z := x.StopGradient().Mul(y)
	reasons := make([]GradientReason, 2)
	grads, err := tape.Gradient(z, []*Tensor{x, y}, &GradientOptions{Reasons: reasons})
	must(t, err)
	if grads[0] != nil || reasons[0] != ReasonStopGradient || reasons[1] != ReasonConnected {
		t.Errorf("got %v %v", grads, reasons)
	}
	why, err := tape.Reason(z, x)
	must(t, err)
	words, err := tape.Explain(z, x)
	must(t, err)
	if why != ReasonStopGradient || !strings.Contains(words, "stop_gradient") || why.String() == "" {
		t.Errorf("got %v, %q", why, words)
	}
	memory, err := tape.MemoryByOp()
	must(t, err)
	stats, err := tape.Statistics()
	must(t, err)
	sum := uint64(0)
	for _, m := range memory {
		sum += m.SavedBytes
	}
	if len(memory) == 0 || sum != stats.SavedBytes || memory[0].Op == "" {
		t.Errorf("got %v, %+v", memory, stats)
	}
	_, err = tape.Gradient(z, []*Tensor{x, y}, &GradientOptions{Reasons: make([]GradientReason, 1)})
	wants(t, err, ErrInvalidArgument, "one reason")
	_, err = tape.Reason(z, nil)
	wants(t, err, ErrInvalidArgument, "")
	_, err = (*Tape)(nil).MemoryByOp()
	wants(t, err, ErrInvalidArgument, "")

	rounded := x.MulScalar(1.3).Floor().GradPassThrough(x)
	holds(t, rounded, nil, 2)
	grads, err = tape.Gradient(rounded, []*Tensor{x}, nil)
	must(t, err)
	holds(t, grads[0], nil, 1)
	must(t, c.SetNonFiniteCheck(NonFiniteCheckNan))
	wants(t, c.Scalar(F32, -1).Log().Err(), ErrNonFinite, "log")
	must(t, c.SetNonFiniteCheck(NonFiniteCheckOff))
}

func TestAGuardedCall(t *testing.T) {
	c, ours := newContext(t), errors.New("not here")
	var made *Tensor
	must(t, c.CallGuarded("plugin", func() error {
		if err := c.Close(); !errors.Is(err, ErrBusy) {
			t.Errorf("closing gives %v", err)
		}
		made = c.Ones(3)
		return nil
	}))
	if item(t, made.Sum()) != 3 { // it belongs to the caller
		t.Error("what it made is gone")
	}
	if err := c.CallGuarded("plugin", func() error { return ours }); !errors.Is(err, ours) {
		t.Errorf("got %v", err)
	}
	var p *PanicError
	if err := c.CallGuarded("plugin", func() error { panic("inside") }); !errors.As(err, &p) || p.Value != "inside" {
		t.Errorf("got %v", err)
	}
	wants(t, c.CallGuarded("plugin", nil), ErrInvalidArgument, "must be a function")
	wants(t, c.CallGuarded("a\x00b", func() error { return nil }), ErrInvalidArgument, "NUL")
	deep := 0
	var nested func() error
	nested = func() error { deep++; return c.CallGuarded("nested", nested) }
	wants(t, nested(), ErrFailedPrecondition, "nest deeper")
	if deep < 100 {
		t.Errorf("%d levels", deep)
	}
	must(t, c.CallGuarded("plugin", func() error { return nil }))
}

func TestOneErrorIsForgotten(t *testing.T) {
	c := newContext(t)
	must(t, c.SetNonFiniteCheck(NonFiniteCheckAll))
	c.Zeros().Log()
	if c.ForgetError(ErrIO) || !c.ForgetError(ErrNonFinite) || !c.ForgetError(ErrNonFinite) {
		t.Error("another answer than expected")
	}
	must(t, c.Err())
	if (*Context)(nil).ForgetError(ErrIO) {
		t.Error("there is no context")
	}
}
