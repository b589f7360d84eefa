//go:build cgo

package main

import tl "tapeloop"

// steps is how a workload runs in a mode: the step that is timed, how many steps that is, and the step that gives the losses.
type steps struct {
	timed, checked stepFunction
	inner          int
	function       *tl.Function
}

func (w workload) in(mode string, c *tl.Context) (steps, error) {
	if w.ops != nil {
		step, err := w.ops(c)
		return steps{timed: step, inner: w.inner}, err
	}
	t, err := w.train(c)
	if err != nil {
		return steps{}, err
	}
	if mode == "eager" {
		step := func(i int) (float64, error) { return eager(c, t, i) }
		return steps{step, step, 1, nil}, nil
	}
	f := c.NewFunction(t.compute, 1, nil)
	if mode == "compiled" {
		step := func(i int) (float64, error) { return f.CallItem(t.inputs[i%batches]...) }
		return steps{step, step, 1, f}, f.Err()
	}
	losses := make([]float64, loop)
	many := manySteps(c, f, t, losses)
	single := func(i int) (float64, error) {
		if i%loop == 0 {
			if _, err := many(i / loop); err != nil {
				return 0, err
			}
		}
		return losses[i%loop], nil
	}
	return steps{many, single, loop, f}, f.Err()
}

// eager runs the step as it is.
func eager(c *tl.Context, t *training, i int) (loss float64, err error) {
	err = c.Scope(func() error {
		out, err := t.compute(t.inputs[i%batches])
		if err == nil {
			loss, err = out[0].Item()
		}
		return err
	})
	return loss, err
}

// manySteps is a call that runs many steps; it sets the losses of all and gives the last.
func manySteps(c *tl.Context, f *tl.Function, t *training, losses []float64) stepFunction {
	var inputs []*tl.Tensor
	for k := 0; k < loop; k++ {
		inputs = append(inputs, t.inputs[k%batches]...)
	}
	return func(int) (float64, error) {
		err := c.Scope(func() error {
			out, _, err := f.RunN(loop, inputs...)
			for k := 0; k < loop && err == nil; k++ {
				losses[k], err = out[k].Item()
			}
			return err
		})
		return losses[loop-1], err
	}
}
