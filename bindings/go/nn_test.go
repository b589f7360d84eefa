//go:build cgo

package tapeloop

import (
	"math"
	"strings"
	"testing"
)

func TestVariables(t *testing.T) {
	c := newContext(t)
	v := c.Variable(vector(t, c, 1, 2), "weights")
	if !v.IsVariable() || v.Name() != "weights" || !v.Trainable() {
		t.Errorf("got %v %q %v", v.IsVariable(), v.Name(), v.Trainable())
	}
	before := v.ReadVariable()
	must(t, v.Assign(v.MulScalar(10)))
	holds(t, before, []int64{2}, 1, 2)
	holds(t, v, []int64{2}, 10, 20)
	must(t, v.SetTrainable(false))
	if v.Trainable() || c.UntrainedVariable(before, "").Trainable() {
		t.Error("still trainable")
	}
	wants(t, v.Assign(c.Scalar(F32, 1)), ErrInvalidArgument, "weights")
	wants(t, before.Assign(before), ErrInvalidArgument, "variable")
	wants(t, c.Variable(before, "a\x00b").Err(), ErrInvalidArgument, `a\x00b`)
	if got, err := before.Name(), c.Err(); got != "" || err == nil {
		t.Errorf("the name of a tensor is %q, %v", got, err)
	}
}

func TestLayersTrain(t *testing.T) {
	c := newContext(t)
	x, labels := c.UniformRange([]int64{200, 2}, -1, 1, F32), (*Tensor)(nil)
	labels = x.Square().SumAxes([]int64{1}, false).Less(c.Scalar(F32, 0.6)).Cast(I32)
	first := c.Dense(16, &DenseOptions{Activation: ActivationTanh, Name: "first"})
	model := c.Sequential(first, c.DropoutLayer(0.1, nil), c.Dense(2, nil))
	must(t, first.Close()) // the model shares it
	if got := model.Variables(); got != nil {
		t.Errorf("a layer that is not built has the variables %v", got)
	}
	must(t, model.Build(1, 2))
	adam := c.Adam(&AdamOptions{LearningRate: 0.02})
	accuracy, losses := c.SparseCategoricalAccuracy("accuracy"), c.MeanMetric("loss")
	weights := model.TrainableVariables()
	if len(weights) != 4 || weights[0].Name() != "first/kernel" || weights[0] != model.TrainableVariables()[0] {
		t.Fatalf("got %v", weights)
	}
	for step := 0; step < 200; step++ {
		must(t, c.Scope(func() error {
			tape := c.NewTape(nil)
			logits := model.Call(x, true)
			loss := SparseCategoricalCrossEntropy(labels, logits, nil)
			grads, err := tape.Gradient(loss, weights, nil)
			if err != nil {
				return err
			}
			clipped, norm, err := c.ClipByGlobalNorm(grads, 5, NonFiniteError)
			if err != nil {
				return err
			}
			if norm.Err() != nil || item(t, c.GlobalNorm(clipped)) > 5.001 {
				t.Error("not clipped")
			}
			if err := losses.Update(loss, nil); err != nil {
				return err
			}
			return adam.Apply(clipped, weights)
		}))
	}
	must(t, accuracy.UpdatePredictions(labels, model.Call(x, false), nil))
	if got, err := accuracy.Result(); err != nil || got < 0.9 {
		t.Errorf("accuracy %v, %v", got, err)
	}
	if got, err := losses.Result(); err != nil || got <= 0 || got > 0.7 {
		t.Errorf("mean loss %v, %v", got, err)
	}
	must(t, losses.Reset())
	if got, err := losses.Result(); err != nil || got != 0 {
		t.Errorf("after the reset %v, %v", got, err)
	}
	if adam.Iterations() != 200 || adam.LearningRate() != 0.02 {
		t.Errorf("got %v %v", adam.Iterations(), adam.LearningRate())
	}
	must(t, adam.SetLearningRate(0))
	if n := len(adam.Variables()); n == 0 {
		t.Error("the optimizer has no state")
	}
	if len(losses.Variables()) != 2 || losses.Name() != "loss" || !strings.Contains(losses.Variables()[0].Name(), "loss/total") {
		t.Errorf("got %v", losses.Variables())
	}
	summary, err := model.Summary()
	must(t, err)
	if !strings.Contains(summary, "first") || !strings.Contains(summary, "48") {
		t.Errorf("got %s", summary)
	}
	if !strings.HasPrefix(model.Name(), "sequential") {
		t.Errorf("got %q", model.Name())
	}
	must(t, weights[0].Close()) // lent: nothing happens
	must(t, model.Call(x, false).Err())
	for _, o := range []interface{ Close() error }{model, adam, accuracy, losses} {
		must(t, o.Close())
		must(t, o.Close())
	}
	wants(t, model.Call(x, false).Err(), ErrInvalidArgument, "released")
	wants(t, adam.SetLearningRate(1), ErrInvalidArgument, "released")
	wants(t, accuracy.Reset(), ErrInvalidArgument, "released")
	wants(t, weights[0].Neg().Err(), ErrInvalidArgument, "released")
}

func TestOtherLayersAndOptimizers(t *testing.T) {
	c := newContext(t)
	x := c.Normal(8, 2, 3)
	model := c.SequentialNamed("net", c.FlattenLayer(nil), c.BatchNormalization(nil), c.LayerNormalization(nil),
		c.ActivationLayer(ActivationRelu, &LayerOptions{Name: "act"}), c.Dense(1, &DenseOptions{InputSize: 6, NoBias: true}))
	y := model.Call(x, true)
	must(t, y.Err())
	if got := y.Shape(); got[0] != 8 || got[1] != 1 {
		t.Errorf("got %v", got)
	}
	if all, trained := len(model.Variables()), len(model.TrainableVariables()); all != 7 || trained != 5 {
		t.Errorf("got %d variables, %d trainable", all, trained)
	}
	v := c.Variable(vector(t, c, 1, 1), "v")
	g := vector(t, c, 1, 2)
	must(t, c.SGD(&SGDOptions{LearningRate: 0.5}).Apply([]*Tensor{g}, []*Tensor{v}))
	holds(t, v, []int64{2}, 0.5, 0)
	sgd := c.SGD(&SGDOptions{LearningRate: 0.5, Momentum: 0.5, MomentumForm: MomentumPyTorch, Name: "moving"})
	must(t, sgd.Build([]*Tensor{v}))
	must(t, sgd.Apply([]*Tensor{g}, []*Tensor{v}))
	must(t, sgd.Apply([]*Tensor{g}, []*Tensor{v}))
	holds(t, v, []int64{2}, -0.75, -2.5)
	w := c.AdamW(&AdamWOptions{LearningRate: 0.1, WeightDecay: 0.5})
	must(t, w.Apply([]*Tensor{c.Zeros(2)}, []*Tensor{v}))
	holds(t, v, []int64{2}, -0.75*0.95, -2.5*0.95)
	for name, err := range map[string]error{
		"rate":    c.Adam(&AdamOptions{LearningRate: math.NaN()}).Err(),
		"beta":    c.Adam(&AdamOptions{Beta1: 1}).Err(),
		"units":   c.Dense(0, nil).Err(),
		"dropout": c.DropoutLayer(1, nil).Err(),
		"empty":   c.Sequential().Err(),
		"nil":     c.Sequential(nil).Err(),
		"inside":  c.Sequential(c.Dense(-1, nil)).Err(),
		"name":    c.Adam(&AdamOptions{Name: "a\x00"}).Err(),
		"call":    c.Dense(3, nil).Call(c.Scalar(F32, 1), false).Err(),
		"lengths": sgd.Apply([]*Tensor{g}, nil),
		"nothing": sgd.Apply([]*Tensor{nil}, []*Tensor{v}),
		"shape":   sgd.Apply([]*Tensor{c.Zeros(3)}, []*Tensor{v}),
		"failed":  sgd.Apply([]*Tensor{g.MatMul(g)}, []*Tensor{v}),
		"metric":  c.MeanMetric("").UpdatePredictions(g, g, nil),
		"weights": c.MeanMetric("").Update(g, c.Zeros(7)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wants(t, err, ErrInvalidArgument, "[")
		}
	}
	holds(t, v, []int64{2}, -0.75*0.95, -2.5*0.95)
}

func TestLosses(t *testing.T) {
	c := newContext(t)
	p, y := matrix(t, c, 2, 1, 3, 0, 2), matrix(t, c, 2, 0, 0, 0, 0)
	holds(t, MeanSquaredError(y, p, nil), nil, 3.5)
	holds(t, MeanSquaredError(y, p, &LossOptions{Reduction: ReductionNone}), []int64{2}, 5, 2)
	holds(t, MeanAbsoluteError(y, p, &LossOptions{Reduction: ReductionSum}), nil, 3)
	holds(t, MeanSquaredError(y, p, &LossOptions{Reduction: ReductionSum, Weights: vector(t, c, 1, 0)}), nil, 5)
	half := matrix(t, c, 2, 0.5, 0.5)
	holds(t, CategoricalCrossEntropy(matrix(t, c, 2, 0, 1), half, &LossOptions{FromProbabilities: true}), nil, math.Ln2)
	holds(t, BinaryCrossEntropy(matrix(t, c, 2, 0, 1), half.MulScalar(0), nil), nil, math.Ln2)
	holds(t, ReduceLoss(vector(t, c, 1, 3), nil), nil, 2)
	label, err := NewTensor(c, []int64{1})
	must(t, err)
	holds(t, SparseCategoricalCrossEntropy(label, half, nil), nil, math.Ln2)
	wants(t, SparseCategoricalCrossEntropy(label.MulScalar(2), half, nil).Err(), ErrInvalidArgument, "")
	wants(t, MeanSquaredError(nil, nil, nil).Err(), ErrInvalidArgument, "")
	wants(t, MeanSquaredError(y, p, &LossOptions{Weights: y.MatMul(c.Zeros(5, 5))}).Err(), ErrInvalidArgument, "matmul")
}
