// A training that can be killed at any moment, in Go: what train.c says.
package main

import (
	"fmt"
	"log"
	"math"
	"os"
	"strconv"
	"strings"

	tl "tapeloop"
)

const rows, batchSize, noise = 256, 32, 4

var c *tl.Context

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

// run is what is trained, by one or two optimizers.
type run struct {
	model, critic       *tl.Layer
	optimizer, ofCritic *tl.Optimizer
	data                *tl.Dataset
	plateau             *tl.Schedule
	mean                *tl.Metric
}

func build(layer *tl.Layer, optimizer *tl.Optimizer, inputs int64) {
	check(layer.Build(batchSize, inputs))
	check(optimizer.Build(layer.TrainableVariables()))
}

func dense(units int64, activation tl.Activation) *tl.Layer {
	return c.Dense(units, &tl.DenseOptions{Activation: activation})
}

// augmented is rows moved by up to one place each way, with noise: other numbers for each element of each epoch.
func augmented(rows *tl.Dataset) *tl.Dataset {
	return rows.Map(2, &tl.MapOptions{Threads: 2, Seed: 5}, func(c *tl.Context, place tl.ElementPlace, in []*tl.Tensor) ([]*tl.Tensor, error) {
		begin := int64(place.Seed % 3)
		row := in[0].Pad([]int64{1}, []int64{1}).Slice([]int64{begin}, []int64{begin + 8})
		return []*tl.Tensor{row.Add(c.NormalWith([]int64{8}, 0, 0.1, tl.F32)), in[1]}, nil
	})
}

func mlp(mapped bool) *run {
	x := c.Normal(rows, 8)
	labels := x.SumAxes([]int64{1}, false).Less(c.Scalar(tl.F32, 0)).Cast(tl.I32)
	r := &run{data: c.Dataset(x, labels).Shuffle(3)}
	if mapped {
		r.data = augmented(r.data).Batched(batchSize, false).Prefetch(2)
	} else {
		r.data = r.data.Batched(batchSize, false)
	}
	r.model = c.Sequential(dense(16, tl.ActivationTanh), c.BatchNormalization(nil), c.DropoutLayer(0.25, nil), dense(2, tl.ActivationLinear))
	r.optimizer = c.AdamW(nil)
	check(r.optimizer.Configure(&tl.StepOptions{GradientAccumulationSteps: 2, UseEma: true, EmaMomentum: 0.9, GlobalClipNorm: 0.5,
		DynamicLossScale: true, LossScaleGrowthInterval: 7}))
	r.plateau = c.Plateau(c.CosineDecay(0.02, 200, 0.1), &tl.PlateauOptions{Factor: 0.5, Patience: 2})
	check(r.optimizer.SetSchedule(r.plateau))
	build(r.model, r.optimizer, 8)
	return r
}

func gan() *run {
	r := &run{data: c.Dataset(c.NormalWith([]int64{rows, 2}, 1, 0.5, tl.F32)).Shuffle(3).Batched(batchSize, false)}
	r.model = c.Sequential(dense(16, tl.ActivationRelu), dense(2, tl.ActivationLinear))
	r.critic = c.Sequential(dense(16, tl.ActivationLeakyRelu), c.DropoutLayer(0.2, nil), dense(1, tl.ActivationLinear))
	r.optimizer, r.ofCritic = c.Adam(nil), c.Adam(nil)
	build(r.model, r.optimizer, noise)
	build(r.critic, r.ofCritic, 2)
	return r
}

func descend(tape *tl.Tape, loss *tl.Tensor, layer *tl.Layer, optimizer *tl.Optimizer) error {
	weights := layer.TrainableVariables()
	gradients, err := tape.Gradient(optimizer.ScaleLoss(loss), weights, nil)
	if err != nil {
		return err
	}
	return optimizer.Apply(gradients, weights)
}

// judged is what the critic says of generated points.
func (r *run) judged() *tl.Tensor {
	return r.critic.Call(r.model.Call(c.Normal(batchSize, noise), true), true)
}

func (r *run) step(batch []*tl.Tensor) ([]*tl.Tensor, error) {
	tape := c.NewTape(nil)
	if r.critic == nil {
		loss := tl.SparseCategoricalCrossEntropy(batch[1], r.model.Call(batch[0], true), nil).Mean()
		return []*tl.Tensor{loss}, descend(tape, loss, r.model, r.optimizer)
	}
	real := r.critic.Call(batch[0], true).Neg().Softplus().Mean()
	ofCritic := real.Add(r.judged().Softplus().Mean())
	if err := descend(tape, ofCritic, r.critic, r.ofCritic); err != nil {
		return nil, err
	}
	tape = c.NewTape(nil)
	ofModel := r.judged().Neg().Softplus().Mean()
	if err := descend(tape, ofModel, r.model, r.optimizer); err != nil {
		return nil, err
	}
	return []*tl.Tensor{ofCritic.Add(ofModel)}, nil
}

const worse = "epochs without a better one"

func (r *run) everything() *tl.Checkpoint {
	all := c.NewCheckpoint()
	check(all.AddLayer("model", r.model))
	check(all.AddOptimizer("optimizer", r.optimizer))
	if r.critic != nil {
		check(all.AddLayer("critic", r.critic))
		check(all.AddOptimizer("of_critic", r.ofCritic))
	}
	check(all.AddDataset("data", r.data))
	check(all.AddMetric("mean", r.mean))
	check(all.AddRandom("random"))
	check(all.SetFloat64("best", math.Inf(1)))
	check(all.SetInt64(worse, 0))
	check(all.SetText("note", "begun"))
	return all
}

func (r *run) endEpoch(all *tl.Checkpoint) {
	mean := must(r.mean.Result())
	best, count, note := must(all.Float64("best")), must(all.Int64(worse))+1, "worse"
	if r.plateau != nil {
		must(r.plateau.Report(mean))
	}
	if mean < best {
		best, count, note = mean, 0, "better"
	}
	check(all.SetFloat64("best", best))
	check(all.SetInt64(worse, count))
	check(all.SetText("note", note))
	check(r.mean.Reset())
}

func main() {
	how := strings.Join(os.Args[5:], "")
	steps, every := must(strconv.ParseInt(os.Args[3], 10, 64)), must(strconv.ParseInt(os.Args[4], 10, 64))
	c = must(tl.NewContext(&tl.ContextOptions{Seed: 7, Threads: 1}))
	defer c.Close()
	r := (*run)(nil)
	if os.Args[1] == "gan" {
		r = gan()
	} else {
		r = mlp(os.Args[1] == "map")
	}
	r.mean = c.MeanMetric("mean")
	compiled := c.NewFunction(r.step, 1, nil)
	all := r.everything()
	manager := must(c.NewCheckpointManager(all, os.Args[2], &tl.CheckpointManagerOptions{Asynchronous: strings.Contains(how, "a")}))
	for step := must(manager.RestoreLatest()) + 1; step < steps; step++ {
		check(c.Scope(func() error {
			for !r.data.Next() {
				check(r.data.Err())
				r.endEpoch(all)
			}
			out, err := []*tl.Tensor(nil), error(nil)
			if strings.Contains(how, "c") {
				out, err = compiled.Call(r.data.Batch()...)
			} else {
				out, err = r.step(r.data.Batch())
			}
			check(err)
			check(r.mean.Update(out[0], nil))
			value := must(out[0].Item())
			fmt.Printf("%d %016x\n", step, math.Float64bits(value))
			if (step+1)%every == 0 || step+1 == steps {
				return manager.Save(step, value)
			}
			return nil
		}))
	}
	check(manager.Wait())
	fmt.Println("done")
}
