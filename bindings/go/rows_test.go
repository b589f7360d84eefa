//go:build cgo

package tapeloop

import "testing"

// An embedding that is trained by its rows ends up, to the bit, as one that is trained densely.
func TestRowsTrainAnEmbedding(t *testing.T) {
	c := newContext(t)
	sgd, words := c.SGD(&SGDOptions{LearningRate: 0.1}), vector(t, c, 4, 1, 4).Cast(I32)
	table := func() *Tensor { return c.Variable(c.Range(10).Reshape(5, 2), "table") }
	a, b, bias := table(), table(), c.Variable(c.Scalar(F32, 1), "bias")
	for step := 0; step < 3; step++ {
		must(t, c.Scope(func() error {
			tape := c.NewTape(nil)
			loss := a.Gather(words, 0).Square().Sum().Add(bias)
			gradients, rows, err := tape.GradientRows([]*Tensor{loss}, []*Tensor{a, bias}, nil)
			if err != nil {
				return err
			}
			holds(t, rows[0], []int64{2}, 1, 4)
			if gradients[0].Dim(0) != 2 || rows[1] != nil {
				t.Errorf("got %v and %v", gradients, rows)
			}
			if err := sgd.ApplyRows(gradients[:1], rows[:1], []*Tensor{a}); err != nil {
				return err
			}
			tape = c.NewTape(nil)
			dense, err := tape.Gradient(b.Gather(words, 0).Square().Sum(), []*Tensor{b}, nil)
			if err != nil {
				return err
			}
			holds(t, rows[0].ScatterAdd(gradients[0], 5, 0).Equal(dense[0]).Cast(F32).Mean(), nil, 1)
			return sgd.Apply(dense, []*Tensor{b})
		}))
	}
	holds(t, a.Equal(b).Cast(F32).Mean(), nil, 1)
	holds(t, a.Gather(vector(t, c, 0).Cast(I32), 0), []int64{1, 2}, 0, 1)
	if item(t, a.Sum()) == 45 {
		t.Error("nothing was learnt")
	}
}

func TestMisuseOfRows(t *testing.T) {
	c := newContext(t)
	sgd, w, bad := c.SGD(nil), c.Variable(c.Ones(5, 2), "w"), func() *Tensor { return c.Ones(1, 2).MatMul(c.Ones(3, 4)) }
	rows := func(gradient, at *Tensor) error {
		return sgd.ApplyRows([]*Tensor{gradient}, []*Tensor{at}, []*Tensor{w})
	}
	integers := func(values ...float32) *Tensor { return vector(t, c, values...).Cast(I64) }
	for name, call := range map[string]func() error{
		"range":     func() error { return rows(c.Ones(1, 2), integers(5)) },
		"order":     func() error { return rows(c.Ones(2, 2), integers(1, 1)) },
		"shape":     func() error { return rows(c.Ones(2, 3), integers(0, 1)) },
		"dtype":     func() error { return rows(c.Ones(1, 2), vector(t, c, 1)) },
		"gradient":  func() error { return rows(bad(), nil) },
		"indices":   func() error { return rows(c.Ones(1, 2), bad()) },
		"lengths":   func() error { return sgd.ApplyRows([]*Tensor{w}, nil, []*Tensor{w}) },
		"optimizer": func() error { return (*Optimizer)(nil).ApplyRows(nil, nil, nil) },
		"tape":      func() error { _, _, err := (*Tape)(nil).GradientRows(nil, nil, nil); return err },
		"target":    func() error { _, _, err := c.NewTape(nil).GradientRows([]*Tensor{nil}, []*Tensor{w}, nil); return err },
		"source": func() error {
			_, _, err := c.NewTape(nil).GradientRows([]*Tensor{w}, []*Tensor{bad()}, nil)
			return err
		},
		"no target": func() error { _, _, err := c.NewTape(nil).GradientRows(nil, []*Tensor{w}, nil); return err },
		"reasons": func() error {
			_, _, err := c.NewTape(nil).GradientRows([]*Tensor{w}, []*Tensor{w}, &GradientOptions{Reasons: []GradientReason{}})
			return err
		},
		"clip": func() error { return w.ClipByValue(c.Scalar(I32, 1), nil).Err() },
	} {
		t.Run(name, func(t *testing.T) {
			wants(t, call(), ErrInvalidArgument, "[")
			must(t, c.Err())
			holds(t, w.Sum(), nil, 10)
		})
	}
	reasons := make([]GradientReason, 2)
	tape := c.NewTape(nil)
	gradients, at, err := tape.GradientRows([]*Tensor{w.Sum()}, []*Tensor{w, c.Variable(w, "other")}, &GradientOptions{Reasons: reasons})
	must(t, err)
	if at[0] != nil || gradients[1] != nil || at[1] != nil || reasons[0] != ReasonConnected || reasons[1] == ReasonConnected {
		t.Errorf("got %v, %v, %v", gradients, at, reasons)
	}
	low, high := c.Scalar(F32, 0), vector(t, c, 0.5, 2)
	holds(t, vector(t, c, -1, 1).ClipByValue(low, high), []int64{2}, 0, 1)
	tape = c.NewTape(nil)
	must(t, tape.Watch(low))
	bounds, err := tape.Gradient(vector(t, c, -1, 1).ClipByValue(low, high), []*Tensor{low}, nil)
	must(t, err)
	holds(t, bounds[0], nil, 1)
}
