//go:build cgo

package tapeloop

import "testing"

func TestAdaptiveOptimizers(t *testing.T) {
	c := newContext(t)
	for name, step := range map[string]struct {
		optimizer   *Optimizer
		first, last float64
	}{
		"adamax":    {c.Adamax(&AdamaxOptions{LearningRate: 0.5}), 0.5, 3.5},
		"nadam":     {c.Nadam(&NadamOptions{LearningRate: 0.5}), 0.4686, 3.4686},
		"adagrad":   {c.Adagrad(&AdagradOptions{LearningRate: 0.5}), 0.523269, 3.506135},
		"pytorch":   {c.Adagrad(&AdagradOptions{LearningRate: 0.5, EpsilonForm: EpsilonPyTorch}), 0.5, 3.5},
		"adadelta":  {c.Adadelta(&AdadeltaOptions{LearningRate: 0.5}), 0.9993, 3.9993},
		"rmsprop":   {c.RMSprop(&RMSpropOptions{LearningRate: 0.5}), -0.581139, 2.418861},
		"centred":   {c.RMSprop(&RMSpropOptions{LearningRate: 0.5, Centered: true, Momentum: 0.9, MomentumForm: MomentumPyTorch}), -0.666667, 2.333333},
		"ftrl":      {c.Ftrl(&FtrlOptions{LearningRate: 0.5}), 0.2218, 2.8814},
		"lion":      {c.Lion(&LionOptions{LearningRate: 0.5}), 0.5, 3.5},
		"lamb":      {c.Lamb(&LambOptions{LearningRate: 0.5}), -0.3693, 2.6306},
		"adafactor": {c.Adafactor(&AdafactorOptions{LearningRate: 0.5}), -0.369306, 2.630694},
		"muon":      {c.Muon(&MuonOptions{LearningRate: 5}), 0.5, 3.5},
		"amsgrad":   {c.Adam(&AdamOptions{LearningRate: 0.5, Amsgrad: true}), 0.5, 3.5},
	} {
		w := c.Variable(vector(t, c, 1, 2, 3, 4), "w")
		must(t, step.optimizer.Apply([]*Tensor{vector(t, c, 1, 6, 7, 2)}, []*Tensor{w}))
		got, err := Values[float32](w)
		must(t, err)
		if first, last := float64(got[0])-step.first, float64(got[3])-step.last; first*first > 4e-8 || last*last > 4e-8 {
			t.Errorf("%s: got %v, want %v and %v", name, got, step.first, step.last)
		}
	}
}

func TestAdaptiveOptimizersRefuse(t *testing.T) {
	c := newContext(t)
	for option, made := range map[string]func() *Optimizer{
		"'beta1'":               func() *Optimizer { return c.Adamax(&AdamaxOptions{Beta1: 1}) },
		"'momentum_decay'":      func() *Optimizer { return c.Nadam(&NadamOptions{MomentumDecay: -1}) },
		"'initial_accumulator'": func() *Optimizer { return c.Adagrad(&AdagradOptions{InitialAccumulator: -1}) },
		"'rho'":                 func() *Optimizer { return c.Adadelta(&AdadeltaOptions{Rho: 1}) },
		"'momentum'":            func() *Optimizer { return c.RMSprop(&RMSpropOptions{Momentum: 2}) },
		"'l1'":                  func() *Optimizer { return c.Ftrl(&FtrlOptions{L1: -1}) },
		"'beta2'":               func() *Optimizer { return c.Lion(&LionOptions{Beta2: 1}) },
		"'weight_decay'":        func() *Optimizer { return c.Lamb(&LambOptions{WeightDecay: -1}) },
		"'ns_steps'":            func() *Optimizer { return c.Muon(&MuonOptions{NsSteps: -1}) },
		"'clip_threshold'":      func() *Optimizer { return c.Adafactor(&AdafactorOptions{ClipThreshold: -1}) },
	} {
		wants(t, made().Err(), ErrInvalidArgument, option)
	}
	w, rows, at := c.Variable(c.Zeros(3, 2), "w"), c.Zeros(1, 2), vector(t, c, 1).Cast(I64)
	lamb, ftrl := c.Lamb(&LambOptions{Name: "big"}), c.Ftrl(nil)
	wants(t, lamb.ApplyRows([]*Tensor{rows}, []*Tensor{at}, []*Tensor{w}), ErrInvalidArgument, "big: gradients of rows are not taken")
	must(t, ftrl.ApplyRows([]*Tensor{rows}, []*Tensor{at}, []*Tensor{w}))
	must(t, ftrl.SetLearningRate(0))
	wants(t, ftrl.Apply([]*Tensor{c.Zeros(3, 2)}, []*Tensor{w}), ErrInvalidArgument, "divides by the rate")
	if ftrl.Iterations() != 1 || lamb.Iterations() != 0 {
		t.Errorf("got %d and %d", ftrl.Iterations(), lamb.Iterations())
	}
	adafactor := c.Adafactor(nil)
	must(t, adafactor.Build([]*Tensor{w}))
	state := adafactor.Variables()
	if len(state) != 4 || state[2].Dim(0) != 3 || state[3].Dim(0) != 2 {
		t.Errorf("got %v", state)
	}
}

func TestScheduleFree(t *testing.T) {
	c := newContext(t)
	optimizer := c.ScheduleFreeAdamW(&ScheduleFreeAdamWOptions{LearningRate: 0.5})
	w := c.Variable(vector(t, c, 1), "w")
	for step := 0; step < 2; step++ {
		must(t, optimizer.Apply([]*Tensor{vector(t, c, 2)}, []*Tensor{w}))
	}
	holds(t, w, []int64{1}, 0.225)
	must(t, optimizer.SwapAverages([]*Tensor{w}))
	holds(t, w, []int64{1}, 0.25)
	wants(t, optimizer.Apply([]*Tensor{vector(t, c, 2)}, []*Tensor{w}), ErrFailedPrecondition, "swap them back")
	must(t, optimizer.SwapAverages([]*Tensor{w}))
	wants(t, c.ScheduleFreeAdamW(&ScheduleFreeAdamWOptions{WarmupSteps: -1}).Err(), ErrInvalidArgument, "'warmup_steps'")
}

// The sign that Lion steps by is that of g + 0.3 w, not of g.
func TestWeightDecayOfTheGradient(t *testing.T) {
	c := newContext(t)
	for form, want := range map[WeightDecayForm]float64{WeightDecayDecoupled: 1.35, WeightDecayL2: 0.5} {
		lion, w := c.Lion(&LionOptions{LearningRate: 0.5}), c.Variable(vector(t, c, 1), "w")
		must(t, lion.Configure(&StepOptions{WeightDecay: 0.3, WeightDecayForm: form}))
		must(t, lion.Apply([]*Tensor{vector(t, c, -0.1)}, []*Tensor{w}))
		holds(t, w, []int64{1}, want)
	}
}
