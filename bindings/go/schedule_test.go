//go:build cgo

package tapeloop

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func nearly(a, b float64) bool { return math.Abs(a-b) <= 1e-10*(1+math.Abs(b)) }

func TestSchedulesGiveTheRatesOfTheirFormulas(t *testing.T) {
	c := newContext(t)
	parts := []*Schedule{c.ConstantRate(1), c.ExponentialDecay(1, 1, .5, false), c.ConstantRate(7)}
	cases := []struct {
		schedule *Schedule
		step     int64
		rate     float64
	}{
		{parts[0], 9, 1},
		{c.PiecewiseConstant([]int64{2, 4}, []float64{1, .5, .25}), 2, 1},
		{c.PiecewiseConstant([]int64{2, 4}, []float64{1, .5, .25}), 5, .25},
		{c.ExponentialDecay(.1, 3, .96, true), 100, .1 * math.Pow(.96, 33)},
		{c.InverseTimeDecay(.1, 10, .96, false), 5, .1 / 1.48},
		{c.PolynomialDecay(.1, .01, 10, 2, false), 5, .09*.25 + .01},
		{c.CosineDecay(1, 1000, .1), 250, .8681980515},
		{c.CosineRestarts(1, 1000, 2, 1, 0), 1250, .9619397663},
		{c.OneCycle(1, 10, nil), 2, 1},
		{c.OneCycle(1, 11, &OneCycleOptions{Linear: true, WarmupFraction: .5, DivFactor: 10, FinalDivFactor: 1}), 2, .1 + .9*2/4.5},
		{c.Warmup(0, 1500, c.CosineDecay(10, 1000, 0)), 300, 2},
		{c.ScheduleSequence(parts, []int64{2, 5}), 3, .5},
		{c.CustomSchedule("mine", func(step int64) float64 { return float64(step) / 2 }), 3, 1.5},
	}
	for i, one := range cases {
		rate, err := one.schedule.Rate(one.step)
		must(t, err)
		if !nearly(rate, one.rate) {
			t.Errorf("case %d: got %v, want %v", i, rate, one.rate)
		}
	}
	for _, wrong := range []*Schedule{
		c.ConstantRate(-1), c.CosineDecay(1, 0, 0), c.Warmup(0, 1, nil), c.CustomSchedule("mine", nil), c.Plateau(nil, nil),
		c.ScheduleSequence(parts, nil), c.CustomSchedule("a\x00b", func(int64) float64 { return 1 }),
	} {
		if !errors.Is(wrong.Err(), ErrInvalidArgument) {
			t.Errorf("got %v", wrong.Err())
		}
	}
	if _, err := parts[0].Rate(-1); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
	must(t, c.Err())
}

func TestAnOptimizerFollowsItsSchedule(t *testing.T) {
	c := newContext(t)
	eager, compiled := newClassifier(t, c, nil), newClassifier(t, c, nil)
	mine := c.CustomSchedule("mine", func(step int64) float64 { return .1 / float64(step+1) })
	for _, m := range []*classifier{eager, compiled} {
		must(t, m.optimizer.SetSchedule(c.Warmup(0, 2, mine)))
	}
	must(t, mine.Close())
	for i := 0; i < 5; i++ {
		in := batch(t, c, 4, i, 2)
		_, err := eager.step(in)
		must(t, err)
		_, err = compiled.train.Call(in...)
		must(t, err)
		a, err := Values[float32](eager.variables[0])
		must(t, err)
		b, err := Values[float32](compiled.variables[0])
		must(t, err)
		for k := range a {
			if a[k] != b[k] {
				t.Fatalf("step %d: %v and %v", i, a, b)
			}
		}
	}
	if compiled.runs != 1 || compiled.optimizer.LearningRate() != .1/4 {
		t.Errorf("%d runs, the rate is %v", compiled.runs, compiled.optimizer.LearningRate())
	}
	if err := eager.optimizer.SetLearningRate(1); !errors.Is(err, ErrFailedPrecondition) {
		t.Errorf("got %v", err)
	}
	must(t, eager.optimizer.SetSchedule(nil))
	must(t, eager.optimizer.SetLearningRate(1))
}

func TestAPlateauIsToldItsMetric(t *testing.T) {
	c := newContext(t)
	plateau := c.Plateau(c.ConstantRate(1), &PlateauOptions{Factor: .5, Patience: 2, Name: "p"})
	sgd := c.SGD(nil)
	must(t, sgd.SetSchedule(plateau))
	for i, want := range []bool{false, false, true} {
		if reduced, err := plateau.Report(3); err != nil || reduced != want {
			t.Errorf("report %d: %v, %v", i, reduced, err)
		}
	}
	if sgd.LearningRate() != .5 || len(sgd.Variables()) != 6 {
		t.Errorf("the rate is %v, and there are %d variables", sgd.LearningRate(), len(sgd.Variables()))
	}
	if _, err := c.ConstantRate(1).Report(1); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
}

func TestACustomScheduleThatGoesWrong(t *testing.T) {
	c := newContext(t)
	sgd, w, g := c.SGD(nil), c.Variable(c.Zeros(1), "w"), c.Ones(1)
	apply := func() error { return sgd.Apply([]*Tensor{g}, []*Tensor{w}) }
	must(t, sgd.SetSchedule(c.CustomSchedule("mine", func(int64) float64 { panic("no rate") })))
	var p *PanicError
	if err := apply(); !errors.As(err, &p) || p.Value != "no rate" {
		t.Errorf("got %v", err)
	}
	must(t, c.Err())
	must(t, sgd.SetSchedule(c.CustomSchedule("mine", func(int64) float64 { return math.NaN() })))
	if err := apply(); !errors.Is(err, ErrInvalidArgument) || !strings.Contains(err.Error(), "finite") {
		t.Errorf("got %v", err)
	}
	must(t, sgd.SetSchedule(c.CustomSchedule("mine", func(int64) float64 { return 1 })))
	must(t, apply())
	if value, err := w.Item(); err != nil || value != -1 {
		t.Errorf("%v, %v", value, err)
	}
}
