//go:build cgo

package tapeloop

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// trained is a single weight with SGD at a rate of 1.
type trained struct {
	c   *Context
	sgd *Optimizer
	w   *Tensor
}

func newTrained(t *testing.T, c *Context, options *StepOptions) trained {
	t.Helper()
	m := trained{c, c.SGD(&SGDOptions{LearningRate: 1}), c.Variable(c.Zeros(1), "w")}
	must(t, m.sgd.Configure(options))
	return m
}

func (m trained) apply(gradient float32) (float64, error) {
	g, err := NewTensor(m.c, []float32{gradient})
	if err != nil {
		return 0, err
	}
	if err := m.sgd.Apply([]*Tensor{g}, []*Tensor{m.w}); err != nil {
		return 0, err
	}
	return m.w.Item()
}

func TestStepOptionsSurroundTheUpdate(t *testing.T) {
	c := newContext(t)
	m := newTrained(t, c, &StepOptions{GradientAccumulationSteps: 2, ClipValue: 3, UseEma: true, EmaMomentum: .5})
	for i, g := range []float32{1, 9, 2, 2} {
		w, err := m.apply(g)
		must(t, err)
		if want := []float64{0, -3, -3, -5}[i]; w != want {
			t.Errorf("call %d: got %v, want %v", i, w, want)
		}
	}
	must(t, m.sgd.SwapAverages([]*Tensor{m.w}))
	if w, err := m.w.Item(); err != nil || w != -4 {
		t.Errorf("%v, %v", w, err)
	}
	if _, err := m.apply(1); !errors.Is(err, ErrFailedPrecondition) {
		t.Errorf("got %v", err)
	}
	must(t, m.sgd.SwapAverages([]*Tensor{m.w}))
	if err := m.sgd.Configure(nil); !errors.Is(err, ErrFailedPrecondition) {
		t.Errorf("got %v", err)
	}
	if err := c.SGD(nil).Configure(&StepOptions{ClipNorm: 1, ClipValue: 1}); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
	adamw, bias := c.AdamW(nil), c.Variable(c.Ones(1), "bias")
	must(t, adamw.ExcludeFromWeightDecay([]*Tensor{bias}))
	must(t, adamw.Apply([]*Tensor{c.Zeros(1)}, []*Tensor{bias}))
	if w, err := bias.Item(); err != nil || w != 1 {
		t.Errorf("%v, %v", w, err)
	}
}

func TestVariablesBecomeTheirGradients(t *testing.T) {
	c := newContext(t)
	m := newTrained(t, c, &StepOptions{GradientAccumulationSteps: 2, LossScaleFactor: 2})
	amax := c.Variable(c.Ones(1), "amax")
	must(t, m.sgd.OverwriteWithGradient([]*Tensor{amax}))
	for i, gradient := range []float32{448, 6} {
		g, err := NewTensor(c, []float32{gradient})
		must(t, err)
		must(t, m.sgd.Apply([]*Tensor{g, g}, []*Tensor{m.w, amax}))
		if got, err := amax.Item(); err != nil || got != []float64{1, 448}[i] {
			t.Errorf("%v, %v", got, err)
		}
	}
	if w, err := m.w.Item(); err != nil || w != -113.5 {
		t.Errorf("%v, %v", w, err)
	}
	if err := m.sgd.OverwriteWithGradient([]*Tensor{m.w}); !errors.Is(err, ErrFailedPrecondition) {
		t.Errorf("got %v", err)
	}
}

func TestWeightsAreConstrained(t *testing.T) {
	c := newContext(t)
	sgd := c.SGD(&SGDOptions{LearningRate: 1})
	ranged, normed := c.Variable(c.Zeros(2), "ranged"), c.Variable(c.Ones(2, 1), "normed")
	must(t, sgd.ConstrainRange(0, math.Inf(1), []*Tensor{ranged}))
	must(t, sgd.ConstrainNorm(0, 5, 1, nil, []*Tensor{normed}))
	if err := sgd.ConstrainRange(0, 1, []*Tensor{normed}); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
	if err := sgd.ConstrainNorm(0, 1, 1, []int64{2}, []*Tensor{c.Variable(c.Ones(2), "v")}); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
	g, err := NewTensor(c, []float32{1, -2})
	must(t, err)
	h, err := NewTensor(c, []float32{-5, -7}, 2, 1)
	must(t, err)
	must(t, sgd.Apply([]*Tensor{g, h}, []*Tensor{ranged, normed}))
	for i, v := range []*Tensor{ranged, normed} {
		got, err := Values[float32](v)
		must(t, err)
		if want := [][]float32{{0, 2}, {3, 4}}[i]; got[0] != want[0] || got[1] != want[1] {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if err := sgd.ConstrainRange(0, 1, []*Tensor{ranged}); !errors.Is(err, ErrFailedPrecondition) {
		t.Errorf("got %v", err)
	}
}

func TestGradientsThatAreNotFinite(t *testing.T) {
	c := newContext(t)
	m := newTrained(t, c, &StepOptions{DynamicLossScale: true, InitialLossScale: 8})
	if scaled, err := m.sgd.ScaleLoss(c.Ones()).Item(); err != nil || scaled != 8 {
		t.Errorf("%v, %v", scaled, err)
	}
	for _, g := range []float32{8, float32(math.Inf(1)), float32(math.NaN())} {
		if w, err := m.apply(g); err != nil || w != -1 {
			t.Errorf("%v, %v", w, err)
		}
	}
	if m.sgd.LossScale() != 2 || m.sgd.SkippedSteps() != 2 || m.sgd.Iterations() != 1 {
		t.Errorf("%v %v %v", m.sgd.LossScale(), m.sgd.SkippedSteps(), m.sgd.Iterations())
	}
	m = newTrained(t, c, &StepOptions{NonFinite: NonFiniteGradientsError})
	if _, err := m.apply(float32(math.NaN())); !errors.Is(err, ErrNonFinite) || !strings.Contains(err.Error(), "'w'") {
		t.Errorf("got %v", err)
	}
}

func TestReplaysHaveTheBitsOfStepsWithOptions(t *testing.T) {
	c := newContext(t)
	options := &StepOptions{GradientAccumulationSteps: 2, GlobalClipNorm: .5, WeightDecay: .1, UseEma: true, EmaOverwriteFrequency: 3,
		DynamicLossScale: true, LossScaleGrowthInterval: 3}
	eager, compiled := newTrained(t, c, options), newTrained(t, c, options)
	step := func(m trained) Compute {
		return func(in []*Tensor) ([]*Tensor, error) {
			loss := m.sgd.ScaleLoss(in[0].Sum())
			return []*Tensor{loss}, m.sgd.Apply([]*Tensor{in[0].Mul(loss)}, []*Tensor{m.w})
		}
	}
	train := c.NewFunction(step(compiled), 1, &FunctionOptions{RetraceIsError: true})
	for i := 0; i < 14; i++ {
		value := float32(math.Sin(float64(i)))
		if i%5 == 3 {
			value = float32(math.Inf(1))
		}
		x, err := NewTensor(c, []float32{value})
		must(t, err)
		_, err = step(eager)([]*Tensor{x})
		must(t, err)
		_, err = train.Call(x)
		must(t, err)
		a, err := eager.w.Item()
		must(t, err)
		b, err := compiled.w.Item()
		must(t, err)
		if a != b {
			t.Fatalf("call %d: %v and %v", i, a, b)
		}
	}
	if s, err := train.Statistics(); err != nil || s.Traces != 3 || compiled.sgd.SkippedSteps() != 3 {
		t.Errorf("%+v, %v, %d skipped", s, err, compiled.sgd.SkippedSteps())
	}
}
