//go:build cgo

package tapeloop

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

type fitting struct {
	c              *Context
	model          *Layer
	adam           *Optimizer
	accuracy       *Metric
	train, heldOut *Dataset
}

func points(t *testing.T, c *Context, count int, batch int64, shuffled bool) *Dataset {
	t.Helper()
	x, labels := make([]float32, 0, 2*count), make([]int32, count)
	for i := range labels {
		labels[i] = int32(i % 3)
		x = append(x, float32(i%3)-1+0.06*float32((i*7)%11-5), 0.1*float32(i%5))
	}
	images, err := NewTensor(c, x, int64(count), 2)
	must(t, err)
	classes, err := NewTensor(c, labels)
	must(t, err)
	all := c.Dataset(images, classes)
	if shuffled {
		all = all.Shuffle(3)
	}
	return all.Batched(batch, false)
}

func newFitting(t *testing.T) *fitting {
	t.Helper()
	c := newContext(t)
	f := &fitting{c: c, model: c.Sequential(c.Dense(6, &DenseOptions{Activation: ActivationTanh}), c.DropoutLayer(0.25, nil), c.Dense(3, nil)),
		adam: c.Adam(&AdamOptions{LearningRate: 0.02}), accuracy: c.SparseCategoricalAccuracy("accuracy"),
		train: points(t, c, 46, 8, true), heldOut: points(t, c, 21, 8, false)}
	return f
}

func classLoss(predictions *Tensor, batch []*Tensor) (*Tensor, error) {
	return SparseCategoricalCrossEntropy(batch[1], predictions, nil), nil
}

func (f *fitting) fit(options *FitOptions) (FitState, error) {
	return f.c.Fit(f.model, f.adam, f.train, classLoss, options)
}

func (f *fitting) weights(t *testing.T) (all []float32) {
	t.Helper()
	for _, v := range f.model.Variables() {
		values, err := Values[float32](v)
		must(t, err)
		all = append(all, values...)
	}
	return all
}

func TestAFitHasTheBitsOfALoopByHand(t *testing.T) {
	hand := newFitting(t)
	must(t, hand.model.Build(8, 2))
	variables := hand.model.TrainableVariables()
	for epoch := 0; epoch < 3; epoch++ {
		for hand.train.Next() {
			tape := hand.c.NewTape(nil)
			loss := SparseCategoricalCrossEntropy(hand.train.Batch()[1], hand.model.Call(hand.train.Batch()[0], true), nil)
			gradients, err := tape.Gradient(loss, variables, nil)
			must(t, err)
			must(t, hand.adam.Apply(gradients, variables))
		}
	}
	for _, eager := range []bool{false, true} {
		f, losses, heard := newFitting(t), 0, []FitEvent{}
		loss := func(predictions *Tensor, batch []*Tensor) (*Tensor, error) {
			losses++
			return classLoss(predictions, batch)
		}
		state, err := f.c.Fit(f.model, f.adam, f.train, loss, &FitOptions{Epochs: 3, Eager: eager, Metrics: []*Metric{f.accuracy},
			Listen: func(event FitEvent, now FitState) error {
				if heard = append(heard, event); len(now.Metrics) != 1 || now.ValidationMetrics != nil || now.Checkpoint == nil {
					t.Errorf("%v: %+v", event, now)
				}
				return nil
			}})
		must(t, err)
		if state.End != FitEndEpochs || state.Epochs != 3 || state.Steps != 18 || state.EpochSteps != 6 || !math.IsNaN(state.ValidationLoss) {
			t.Errorf("%+v", state)
		}
		if !reflect.DeepEqual(f.weights(t), hand.weights(t)) {
			t.Error("other weights than those of the loop")
		}
		if want := map[bool]int{false: 2, true: 18}[eager]; losses != want {
			t.Errorf("the loss ran %d times, not %d", losses, want)
		}
		b, e := FitEventEpochBegin, FitEventEpochEnd
		if !reflect.DeepEqual(heard, []FitEvent{FitEventPrepare, b, e, b, e, b, e, FitEventEnd}) {
			t.Errorf("heard %v", heard)
		}
	}
}

func TestAFitIsLoggedShownAndEvaluated(t *testing.T) {
	f := newFitting(t)
	path := filepath.Join(t.TempDir(), "log.csv")
	bar := f.c.NewProgress(&ProgressOptions{NoTimes: true})
	plateau := f.c.Plateau(f.c.ConstantRate(0.02), &PlateauOptions{Factor: 0.95, Patience: 2, MinDelta: 1e6, Maximize: true})
	must(t, f.adam.SetSchedule(plateau))
	state, err := f.fit(&FitOptions{Epochs: 25, Validation: f.heldOut, Metrics: []*Metric{f.accuracy}, Monitor: "validation/accuracy",
		Maximize: true, Loggers: []*Logger{f.c.CSVLogger(path, false), f.c.JSONLinesLogger(path+"l", false)}, Progress: bar, Plateau: plateau})
	must(t, err)
	if rate := f.adam.LearningRate(); rate >= 0.02 {
		t.Errorf("the rate is still %v", rate)
	}
	if line, err := bar.Text(); err != nil || !strings.Contains(line, "epoch 25/25") {
		t.Errorf("%q, %v", line, err)
	}
	rows, err := os.ReadFile(path)
	must(t, err)
	if !strings.HasPrefix(string(rows), "step,wall_time,train/loss,train/accuracy,validation/loss") || strings.Count(string(rows), "\n") != 26 {
		t.Errorf("%s", rows)
	}
	loss, results, err := f.c.Evaluate(f.model, f.heldOut, classLoss, f.accuracy)
	must(t, err)
	if loss != state.ValidationLoss || len(results) != 1 || results[0] < 2.0/3 {
		t.Errorf("%v, %v", loss, results)
	}
	predicted, err := f.c.Predict(f.model, f.heldOut)
	must(t, err)
	whole := points(t, f.c, 21, 21, false)
	whole.Next()
	share := item(t, predicted.ArgMaxAxes([]int64{1}, false).Cast(I32).Equal(whole.Batch()[1]).Cast(F64).Mean())
	if math.Abs(share-results[0]) > 1e-12 {
		t.Errorf("%v and %v", share, results[0])
	}
}

func TestAFitGoesOnWithTheSameBits(t *testing.T) {
	straight := newFitting(t)
	_, err := straight.fit(&FitOptions{Epochs: 4})
	must(t, err)
	folder := filepath.Join(t.TempDir(), "run")
	for _, until := range []int64{1, 6, 10, 15, 24} {
		f := newFitting(t)
		state, err := f.fit(&FitOptions{Epochs: 4, Checkpoints: folder, Asynchronous: true, StepEvents: true,
			Listen: func(event FitEvent, now FitState) error {
				switch event {
				case FitEventPrepare:
					return now.Checkpoint.SetInt64("starts", 0)
				case FitEventEpochBegin:
					starts, err := now.Checkpoint.Int64("starts")
					must(t, err)
					return now.Checkpoint.SetInt64("starts", starts+1)
				case FitEventStep:
					if now.Steps == until && until < 24 {
						return ErrStopFit
					}
				}
				return nil
			}})
		must(t, err)
		if want := map[bool]FitEnd{false: FitEndStopped, true: FitEndEpochs}[until == 24]; state.End != want || state.Steps != until {
			t.Errorf("%d: %+v", until, state)
		}
		if until == 24 && !reflect.DeepEqual(f.weights(t), straight.weights(t)) {
			t.Error("other weights than those of a straight fit")
		}
	}
}

func TestFlagsAndPatience(t *testing.T) {
	f := newFitting(t)
	ctx, cancel := context.WithCancel(context.Background())
	state, err := f.fit(&FitOptions{Epochs: 1000, Stop: ctx.Done(), Listen: func(event FitEvent, now FitState) error {
		if now.Epochs == 2 {
			cancel()
		}
		return nil
	}})
	must(t, err)
	if state.End != FitEndStopped || state.Steps < 12 {
		t.Errorf("%+v", state)
	}
	state, err = f.fit(&FitOptions{Stop: ctx.Done()}) // set before
	must(t, err)
	if state.End != FitEndStopped || state.Steps != 0 {
		t.Errorf("%+v", state)
	}
	var best []float32
	state, err = f.fit(&FitOptions{Epochs: 9, MinDelta: 1e6, Patience: 2, RestoreBest: true, Listen: func(event FitEvent, now FitState) error {
		if event == FitEventEpochEnd && now.Epochs == 1 {
			best = f.weights(t)
		}
		return nil
	}})
	must(t, err)
	if state.End != FitEndPatience || state.Epochs != 3 || state.BestEpoch != 1 || !reflect.DeepEqual(best, f.weights(t)) {
		t.Errorf("%+v", state)
	}
	f.train = f.train.Repeat(-1)
	state, err = f.fit(&FitOptions{Epochs: 2, StepsPerEpoch: 4})
	must(t, err)
	if state.Epochs != 2 || state.Steps != 8 {
		t.Errorf("%+v", state)
	}
}

func TestLossesAndListenersThatGoWrong(t *testing.T) {
	f, ours := newFitting(t), errors.New("not on a Sunday")
	must(t, f.model.Build(8, 2))
	before := f.weights(t)
	for _, eager := range []bool{false, true} {
		run := func(loss Loss) error {
			_, err := f.c.Fit(f.model, f.adam, f.train, loss, &FitOptions{Epochs: 2, Eager: eager})
			return err
		}
		if err := run(func(*Tensor, []*Tensor) (*Tensor, error) { return nil, ours }); !errors.Is(err, ours) {
			t.Errorf("got %v", err)
		}
		wants(t, run(func(p *Tensor, _ []*Tensor) (*Tensor, error) { return p.Reshape(7), nil }), ErrInvalidArgument, "[reshape]")
		wants(t, run(func(p *Tensor, _ []*Tensor) (*Tensor, error) { return p.Square(), nil }), ErrInvalidArgument, "a single number")
		wants(t, run(func(p *Tensor, _ []*Tensor) (*Tensor, error) { return nil, nil }), ErrInvalidArgument, "")
		wants(t, run(nil), ErrInvalidArgument, "loss must be a function")
		var p *PanicError
		if err := run(func(*Tensor, []*Tensor) (*Tensor, error) { panic("at the loss") }); !errors.As(err, &p) || p.Value != "at the loss" {
			t.Errorf("got %v", err)
		}
		if !reflect.DeepEqual(f.weights(t), before) {
			t.Error("weights have changed")
		}
	}
	for _, at := range []FitEvent{FitEventPrepare, FitEventStep, FitEventEpochEnd, FitEventEnd} {
		state, err := f.fit(&FitOptions{StepEvents: true, Listen: func(event FitEvent, now FitState) error {
			if event == at {
				return ours
			}
			return nil
		}})
		if !errors.Is(err, ours) || state.End != FitEndNone || (at == FitEventStep) != (state.Steps == 1) {
			t.Errorf("%v: %+v, %v", at, state, err)
		}
		_, err = f.fit(&FitOptions{StepEvents: true, Listen: func(event FitEvent, now FitState) error {
			if event == at {
				panic("in the listener")
			}
			return nil
		}})
		var p *PanicError
		if !errors.As(err, &p) || p.Value != "in the listener" {
			t.Errorf("%v: %v", at, err)
		}
	}
	good := f.train
	f.train = good.Map(2, nil, func(*Context, ElementPlace, []*Tensor) ([]*Tensor, error) { return nil, ours })
	if _, err := f.fit(nil); !errors.Is(err, ours) {
		t.Errorf("got %v", err)
	}
	if _, err := f.c.Predict(f.model, f.train); !errors.Is(err, ours) {
		t.Errorf("got %v", err)
	}
	f.train = good
	_, err := f.fit(nil)
	must(t, err)
}

func TestAFitRefusesWhatMakesNoSense(t *testing.T) {
	f := newFitting(t)
	for text, o := range map[string]*FitOptions{"'epochs'": {Epochs: -1}, "'patience'": {Patience: -1}, "'min_delta'": {MinDelta: math.NaN()},
		"'monitor'": {Monitor: "validation/loss"}, "NUL": {Monitor: "a\x00b"}, "another dataset": {Validation: f.train},
		"got nil": {Metrics: []*Metric{nil}}, "and loggers must": {Loggers: []*Logger{nil}}} {
		_, err := f.fit(o)
		wants(t, err, ErrInvalidArgument, text)
	}
	_, err := f.c.Fit(nil, f.adam, f.train, classLoss, nil)
	wants(t, err, ErrInvalidArgument, "got nil")
	_, err = f.c.Fit(f.model, nil, f.train, classLoss, nil)
	wants(t, err, ErrInvalidArgument, "got nil")
	_, err = f.c.Fit(f.model, f.adam, nil, classLoss, nil)
	wants(t, err, ErrInvalidArgument, "got nil")
	_, err = f.c.Fit(f.c.FlattenLayer(nil), f.adam, f.train, classLoss, nil)
	wants(t, err, ErrInvalidArgument, "trainable variables")
	unlabelled := f.c.Dataset(f.c.Ones(4, 2)).Batched(2, false)
	_, err = f.c.Fit(f.model, f.adam, unlabelled, classLoss, &FitOptions{Metrics: []*Metric{f.accuracy}})
	wants(t, err, ErrInvalidArgument, "metrics need labels")
	_, err = f.c.Fit(f.model, f.adam, unlabelled.Take(0), classLoss, nil)
	wants(t, err, ErrInvalidArgument, "must have an element")
	_, err = f.c.Fit(f.model, f.adam, f.train.Repeat(-1), classLoss, nil)
	wants(t, err, ErrInvalidArgument, "must have an end")
	_, _, err = f.c.Evaluate(f.model, unlabelled.Take(0), classLoss)
	wants(t, err, ErrInvalidArgument, "[evaluate]")
	_, _, err = f.c.Evaluate(f.model, f.heldOut, nil)
	wants(t, err, ErrInvalidArgument, "[evaluate] loss")
	_, err = f.c.Predict(f.model, unlabelled.Take(0))
	wants(t, err, ErrInvalidArgument, "[predict]")
	infinite := func(predictions *Tensor, batch []*Tensor) (*Tensor, error) {
		loss, err := classLoss(predictions, batch)
		return loss.Div(f.c.Zeros()), err
	}
	_, err = f.c.Fit(f.model, f.adam, f.train, infinite, nil)
	wants(t, err, ErrNonFinite, "the loss must be finite: got inf in step 1, epoch 1")
	state, err := f.c.Fit(f.model, f.adam, f.train, infinite, &FitOptions{NonFinite: FitNonFiniteStop})
	must(t, err)
	if state.End != FitEndNonFinite || state.Steps != 1 {
		t.Errorf("%+v", state)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = f.c.Do(ctx, func() error { _, err := f.fit(nil); return err })
	if !errors.Is(err, ErrCancelled) {
		t.Errorf("got %v", err)
	}
}

func TestAListenerCannotEndWhatTheFitStandsOn(t *testing.T) {
	for _, eager := range []bool{false, true} {
		f, tried := newFitting(t), 0
		try := func() {
			tried++
			if err := f.c.Close(); !errors.Is(err, ErrBusy) {
				t.Errorf("closing gives %v", err)
			}
		}
		var kept, lost *Tensor
		loss := func(predictions *Tensor, batch []*Tensor) (*Tensor, error) {
			try()
			return classLoss(predictions, batch)
		}
		_, err := f.c.Fit(f.model, f.adam, f.train, loss, &FitOptions{Eager: eager, StepEvents: true, Listen: func(event FitEvent, _ FitState) error {
			try()
			if event == FitEventPrepare {
				kept, lost = f.c.Ones(2).Keep(), f.c.Ones(3)
			}
			return nil
		}})
		must(t, err)
		if tried < 10 || item(t, kept.Sum()) != 2 {
			t.Errorf("tried %d times", tried)
		}
		wants(t, lost.Sum().Err(), ErrInvalidArgument, "")
	}
}

func TestAFitSaysWhatItWasGiven(t *testing.T) {
	f := newFitting(t)
	empty := f.heldOut.Take(0)
	for text, o := range map[string]*FitOptions{"[fit] 'epochs' must not be negative: got -3": {Epochs: -3},
		"[fit] 'min_delta' must be finite and not negative: got -1": {MinDelta: -1}, "got 'train/f1'; there are train/loss": {Monitor: "train/f1"},
		"[fit] 'validation' must have an element: got none": {Validation: empty}, "[fit] 'non_finite' must be": {NonFinite: 7}} {
		_, err := f.fit(o)
		wants(t, err, ErrInvalidArgument, text)
	}
	_, err := f.c.Fit(f.model, f.adam, f.train, func(p *Tensor, _ []*Tensor) (*Tensor, error) { return p.Square(), nil }, nil)
	wants(t, err, ErrInvalidArgument, "[fit] step 1, epoch 1: the loss must be a single number: got a tensor of shape (8, 3)")
	_, _, err = f.c.Evaluate(f.model, f.heldOut, func(p *Tensor, _ []*Tensor) (*Tensor, error) { return p.Square(), nil })
	wants(t, err, ErrInvalidArgument, "[evaluate] element 1 of 'data': the loss must be a single number")

	base := f.c.ConstantRate(0.02)
	plateau, rising := f.c.Plateau(base, nil), f.c.Plateau(base, &PlateauOptions{Maximize: true})
	_, err = f.fit(&FitOptions{Plateau: base})
	wants(t, err, ErrInvalidArgument, "[fit] 'plateau' must be a plateau")
	_, err = f.fit(&FitOptions{Plateau: plateau})
	wants(t, err, ErrInvalidArgument, "the steps of 'adam' must follow the plateau")
	must(t, f.adam.SetSchedule(f.c.Warmup(0, 2, plateau)))
	_, err = f.fit(&FitOptions{Plateau: plateau, Maximize: true})
	wants(t, err, ErrInvalidArgument, "must agree on the way")
	wants(t, f.adam.CheckPlateau(rising, true), ErrInvalidArgument, "[optimizer_check_plateau]")
	wants(t, f.adam.CheckPlateau(nil, true), ErrInvalidArgument, "")
	must(t, f.adam.CheckPlateau(plateau, false))
	_, err = f.fit(&FitOptions{Plateau: plateau})
	must(t, err)
}

// Batch normalisation whose averages would overflow fails the step; the policy says what becomes of the fit.
func TestAStepThatIsNotFiniteFollowsThePolicy(t *testing.T) {
	for _, eager := range []bool{false, true} {
		for policy, end := range map[FitNonFinite]FitEnd{FitNonFiniteError: FitEndNone, FitNonFiniteStop: FitEndNonFinite, FitNonFiniteIgnore: FitEndEpochs} {
			f := newFitting(t)
			x, err := NewTensor(f.c, []float32{0.1, 0.2, 0.3, 3e30, 0.5, 0.6}, 6, 1)
			must(t, err)
			labels, err := NewTensor(f.c, make([]int32, 6))
			must(t, err)
			model := f.c.Sequential(f.c.Dense(3, nil), f.c.BatchNormalization(nil))
			state, err := f.c.Fit(model, f.adam, f.c.Dataset(x, labels).Batched(2, false), classLoss, &FitOptions{Epochs: 2, Eager: eager, NonFinite: policy})
			if policy == FitNonFiniteError {
				wants(t, err, ErrNonFinite, "[fit] step 2, epoch 1: ")
			} else {
				must(t, err)
			}
			if want := map[FitEnd]int64{FitEndNone: 1, FitEndNonFinite: 2, FitEndEpochs: 6}[end]; state.End != end || state.Steps != want {
				t.Errorf("%v, eager %v: %+v", policy, eager, state)
			}
		}
		// So does one that the loss itself refuses.
		f, losses := newFitting(t), 0
		state, err := f.c.Fit(f.model, f.adam, f.train, func(p *Tensor, batch []*Tensor) (*Tensor, error) {
			if losses++; losses == 2 {
				return nil, newError(ErrNonFinite, "[program] not finite")
			}
			return classLoss(p, batch)
		}, &FitOptions{Eager: true, NonFinite: FitNonFiniteIgnore})
		must(t, err)
		if state.Steps != 6 || losses != 6 || !math.IsNaN(state.Loss) {
			t.Errorf("%+v", state)
		}
	}
}
