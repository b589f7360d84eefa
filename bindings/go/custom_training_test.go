//go:build cgo

package tapeloop

import (
	"errors"
	"testing"
)

// newMomentum is momentum, and a number that adds up rate times step.
func newMomentum(c *Context) *Optimizer {
	slots := []Slot{{Name: "m", First: 1}, {Name: "total", Kind: SlotNumber}}
	return c.CustomOptimizer("mine", .5, slots, func(u *Update) ([]*Tensor, error) {
		m := u.Slots[0].MulScalar(.5).Add(u.Gradient)
		return []*Tensor{u.Weights.Sub(u.Rate.Mul(m)), m, u.Slots[1].Add(u.Rate.Mul(u.Step))}, nil
	})
}

func stepTowards(c *Context, o *Optimizer, w, x *Tensor) ([]*Tensor, error) {
	tape := c.NewTape(nil)
	loss := w.Sub(x).Square().Sum()
	gradients, err := tape.Gradient(loss, []*Tensor{w}, nil)
	if err != nil {
		return nil, err
	}
	return []*Tensor{loss}, o.Apply(gradients, []*Tensor{w})
}

func TestACustomOptimizerEagerAndCompiled(t *testing.T) {
	c := newContext(t)
	eager, compiled := newMomentum(c), newMomentum(c)
	a, b := c.Variable(c.Full([]int64{2}, 4, F64), "w"), c.Variable(c.Full([]int64{2}, 4, F64), "w")
	runs := 0
	train := c.NewFunction(func(in []*Tensor) ([]*Tensor, error) {
		runs++
		return stepTowards(c, compiled, b, in[0])
	}, 1, nil)
	defer train.Close()
	w, m, total := 4., 1., 0.
	for i := 1; i < 6; i++ {
		x := c.Full([]int64{2}, float64(i), F64)
		_, err := stepTowards(c, eager, a, x)
		must(t, err)
		_, err = train.Call(x)
		must(t, err)
		m = .5*m + 2*(w-float64(i))
		w -= .5 * m
		total += .5 * float64(i)
		for _, v := range []*Tensor{a, b} {
			if got, err := Values[float64](v); err != nil || got[0] != w || got[1] != w {
				t.Fatalf("step %d: %v, %v, want %v", i, got, err, w)
			}
		}
	}
	state := compiled.Variables()
	if got, err := state[3].Item(); runs != 1 || len(state) != 4 || state[3].Name() != "mine/w/total" || err != nil || got != total {
		t.Errorf("%d runs, %d variables, %v, %v, want %v", runs, len(state), got, err, total)
	}
}

func TestACustomOptimizerThatFailsChangesNothing(t *testing.T) {
	c := newContext(t)
	w, g := c.Variable(c.Ones(1), "w"), c.Ones(1)
	ours := errors.New("not on a Sunday")
	make := func(f func(u *Update) ([]*Tensor, error)) *Optimizer { return c.CustomOptimizer("mine", .5, nil, f) }
	for _, one := range []struct {
		f     func(u *Update) ([]*Tensor, error)
		fails func(error) bool
	}{
		{func(*Update) ([]*Tensor, error) { return nil, ours }, func(err error) bool { return errors.Is(err, ours) }},
		{func(*Update) ([]*Tensor, error) { return nil, nil }, func(err error) bool { return errors.Is(err, ErrInvalidArgument) }},
		{func(u *Update) ([]*Tensor, error) { return []*Tensor{u.Weights.Cast(F64)}, nil }, func(err error) bool { return errors.Is(err, ErrInvalidArgument) }},
		{func(*Update) ([]*Tensor, error) { panic("no step") }, func(err error) bool {
			var p *PanicError
			return errors.As(err, &p) && p.Value == "no step"
		}},
	} {
		o := make(one.f)
		if err := o.Apply([]*Tensor{g}, []*Tensor{w}); !one.fails(err) {
			t.Errorf("got %v", err)
		}
		must(t, c.Err())
		if value, err := w.Item(); err != nil || value != 1 || o.Iterations() != 0 {
			t.Errorf("%v, %v after %d steps", value, err, o.Iterations())
		}
		must(t, o.Close())
	}
	for _, o := range []*Optimizer{
		c.CustomOptimizer("mine", .5, nil, nil),
		c.CustomOptimizer("mine", .5, []Slot{{Name: ""}}, func(*Update) ([]*Tensor, error) { return nil, nil }),
		c.CustomOptimizer("mine", -1, nil, func(*Update) ([]*Tensor, error) { return nil, nil }),
	} {
		if err := o.Err(); !errors.Is(err, ErrInvalidArgument) {
			t.Errorf("got %v", err)
		}
	}
}

func TestACustomMetric(t *testing.T) {
	c := newContext(t)
	states := []State{{Name: "sum", Shape: []int64{2}}, {Name: "count"}}
	metric := c.CustomMetric("weighted", states, func(state, in []*Tensor) ([]*Tensor, error) {
		if in[0] == nil {
			return []*Tensor{nil, nil}, nil
		}
		if w := in[len(in)-1]; len(in) > 1 && w != nil {
			return []*Tensor{state[0].Add(in[0].Mul(w)), state[1].Add(w.Sum())}, nil
		}
		return []*Tensor{state[0].Add(in[0]), state[1].AddScalar(2)}, nil
	}, func(state []*Tensor) (*Tensor, error) { return state[0].Div(state[1]), nil })
	x, err := NewTensor(c, []float64{1, 3})
	must(t, err)
	w, err := NewTensor(c, []float64{2, 4})
	must(t, err)
	must(t, metric.Update(x, nil))
	must(t, metric.Update(x, w))
	must(t, metric.UpdateWith(nil))
	if got, err := Values[float64](metric.ResultTensor()); err != nil || got[0] != 3./8 || got[1] != 15./8 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := metric.Result(); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
	must(t, metric.Reset())
	must(t, metric.UpdateWith(x))
	if got, err := Values[float64](metric.ResultTensor()); err != nil || got[0] != .5 || got[1] != 1.5 {
		t.Errorf("%v, %v", got, err)
	}
	if state := metric.Variables(); len(state) != 2 || state[0].Name() != "weighted/sum" {
		t.Errorf("%d variables", len(state))
	}
	if err := c.MeanMetric("").UpdateWith(x); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
	must(t, metric.Close())
}

func TestGroupsHaveTheirRates(t *testing.T) {
	c := newContext(t)
	main, slow, eighth := c.SGD(&SGDOptions{LearningRate: 1}), c.SGD(&SGDOptions{LearningRate: .5}), c.SGD(nil)
	variables := []*Tensor{c.Variable(c.Zeros(1), "a"), c.Variable(c.Zeros(1), "b"), c.Variable(c.Zeros(1), "c")}
	gradients := []*Tensor{c.Ones(1), c.Ones(1), c.Ones(1)}
	must(t, main.AddGroup(slow, variables[1:2], 0))
	must(t, main.AddGroup(eighth, variables[2:], .125))
	train := c.NewFunction(func([]*Tensor) ([]*Tensor, error) {
		return []*Tensor{c.Ones(1)}, main.Apply(gradients, variables)
	}, 1, nil)
	defer train.Close()
	_, err := train.Call()
	must(t, err)
	must(t, slow.SetLearningRate(.25))
	must(t, main.SetLearningRate(2))
	_, err = train.Call()
	must(t, err)
	for i, want := range []float64{-3, -.75, -.375} {
		if got, err := variables[i].Item(); err != nil || got != want {
			t.Errorf("variable %d: %v, %v, want %v", i, got, err, want)
		}
	}
	if err := eighth.SetLearningRate(1); !errors.Is(err, ErrFailedPrecondition) {
		t.Errorf("got %v", err)
	}
	if err := slow.Apply(gradients[:1], variables[:1]); !errors.Is(err, ErrFailedPrecondition) {
		t.Errorf("got %v", err)
	}
	if err := main.AddGroup(nil, variables, 0); err == nil {
		t.Error("nil is a group")
	}
}
