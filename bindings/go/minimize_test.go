//go:build cgo

package tapeloop

import (
	"errors"
	"math"
	"testing"
)

// parabola is (w - 3)^2 and its gradient, for an optimizer that asks again.
func parabola(c *Context, w *Tensor, runs *int) Evaluate {
	return func() (*Tensor, []*Tensor, error) {
		*runs++
		tape := c.NewTape(nil)
		loss := w.AddScalar(-3).Square().Sum()
		gradients, err := tape.Gradient(loss, []*Tensor{w}, nil)
		return loss, gradients, err
	}
}

func TestLBFGSMinimizes(t *testing.T) {
	c := newContext(t)
	w, runs := c.Variable(c.Full([]int64{1}, 1, F64), "w"), 0
	lbfgs := c.LBFGS(&LbfgsOptions{HistorySize: 3})
	report, err := lbfgs.Minimize([]*Tensor{w}, parabola(c, w, &runs))
	must(t, err)
	if value, err := w.Item(); err != nil || math.Abs(value-3) > 1e-7 || !report.Converged || report.Evaluations != uint64(runs) {
		t.Errorf("%v, %v after %d runs: %+v", value, err, runs, report)
	}
	if lbfgs.Iterations() != int64(report.Iterations) {
		t.Errorf("%d iterations", lbfgs.Iterations())
	}
	if err := lbfgs.Apply([]*Tensor{c.Full([]int64{1}, 1, F64)}, []*Tensor{w}); !errors.Is(err, ErrFailedPrecondition) {
		t.Errorf("got %v", err)
	}
}

func TestSAMEagerAndCompiled(t *testing.T) {
	c := newContext(t)
	a, b, runs, recorded := c.Variable(c.Full([]int64{1}, 1, F64), "a"), c.Variable(c.Full([]int64{1}, 1, F64), "b"), 0, 0
	eager, compiled := c.SGD(nil), c.SGD(nil)
	options := &SamOptions{Rho: .5}
	step := c.NewFunction(func([]*Tensor) ([]*Tensor, error) {
		loss, err := compiled.ApplySAM(options, []*Tensor{b}, parabola(c, b, &recorded))
		return []*Tensor{loss}, err
	}, 1, nil)
	defer step.Close()
	for i := 0; i < 4; i++ {
		loss, err := eager.ApplySAM(options, []*Tensor{a}, parabola(c, a, &runs))
		must(t, err)
		other, err := step.Call()
		must(t, err)
		for _, pair := range [][2]*Tensor{{loss, other[0]}, {a, b}} {
			x, err := pair[0].Item()
			must(t, err)
			y, err := pair[1].Item()
			must(t, err)
			if x != y {
				t.Errorf("step %d: %v and %v", i, x, y)
			}
		}
	}
	if runs != 8 || recorded != 2 {
		t.Errorf("%d and %d evaluations", runs, recorded)
	}
}

func TestEvaluationsThatGoWrongChangeNothing(t *testing.T) {
	c := newContext(t)
	w, ours := c.Variable(c.Full([]int64{1}, 1, F64), "w"), errors.New("not on a Sunday")
	lbfgs, sgd := c.LBFGS(nil), c.SGD(nil)
	fails := func() (*Tensor, []*Tensor, error) { return nil, []*Tensor{nil}, ours }
	if _, err := lbfgs.Minimize([]*Tensor{w}, fails); !errors.Is(err, ours) {
		t.Errorf("got %v", err)
	}
	if _, err := sgd.ApplySAM(nil, []*Tensor{w}, fails); !errors.Is(err, ours) {
		t.Errorf("got %v", err)
	}
	runs := 0
	if _, err := sgd.Minimize([]*Tensor{w}, parabola(c, w, &runs)); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
	_, err := lbfgs.Minimize([]*Tensor{w}, func() (*Tensor, []*Tensor, error) {
		if runs++; runs == 3 {
			panic("no more")
		}
		return parabola(c, w, new(int))()
	})
	var p *PanicError
	if !errors.As(err, &p) || p.Value != "no more" {
		t.Errorf("got %v", err)
	}
	for _, f := range []Evaluate{nil, func() (*Tensor, []*Tensor, error) { return c.Ones(1), nil, nil }} {
		if _, err := lbfgs.Minimize([]*Tensor{w}, f); !errors.Is(err, ErrInvalidArgument) {
			t.Errorf("got %v", err)
		}
	}
	if value, err := w.Item(); err != nil || value != 1 || lbfgs.Iterations() != 0 {
		t.Errorf("%v, %v", value, err)
	}
}
