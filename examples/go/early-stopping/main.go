// Validation, early stopping with patience, and checkpoints: killed at any moment and run again, it goes on with the same bits.
package main

import (
	"fmt"
	"log"
	"math"
	"os"

	tl "tapeloop"
)

const (
	epochs, patience = 50, 3
	waiting          = "epochs without a better one"
)

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("early-stopping: ", err)
	}
	return value
}

func lossOf(model *tl.Layer, batch []*tl.Tensor, training bool) *tl.Tensor {
	return tl.SparseCategoricalCrossEntropy(batch[1], model.Call(batch[0], training), nil)
}

// trainEpoch is one pass over the training data; their mean loss.
func trainEpoch(c *tl.Context, model *tl.Layer, adam *tl.Optimizer, mean *tl.Metric, train *tl.Dataset) float64 {
	weights := model.TrainableVariables()
	for train.Next() {
		check(0, c.Scope(func() error {
			tape := c.NewTape(nil)
			loss := lossOf(model, train.Batch(), true)
			check(0, adam.Apply(check(tape.Gradient(loss, weights, nil)), weights))
			return mean.Update(loss, nil)
		}))
	}
	check(0, train.Err())
	loss := check(mean.Result())
	check(0, mean.Reset())
	return loss
}

func validate(c *tl.Context, model *tl.Layer, mean *tl.Metric, data *tl.Dataset) float64 {
	for data.Next() {
		check(0, c.Scope(func() error { return mean.Update(lossOf(model, data.Batch(), false), nil) }))
	}
	check(0, data.Err())
	loss := check(mean.Result())
	check(0, mean.Reset())
	return loss
}

func main() {
	folder, picture := "checkpoints", "early-stopping.svg"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if len(os.Args) > 2 {
		picture = os.Args[2]
	}
	c := check(tl.NewContext(&tl.ContextOptions{Seed: 1}))
	defer c.Close()
	all := check(c.IDXFolder(os.Getenv("TAPELOOP_DIGITS"), tl.DataTrain, 0))
	train := all.Take(2000).Shuffle(1).Batched(50, false).Cast(0, tl.F32, 255)
	heldOut := all.Skip(2000).Take(1000).Batched(500, false).Cast(0, tl.F32, 255)
	model := c.Sequential(c.FlattenLayer(nil), c.Dense(64, &tl.DenseOptions{Activation: tl.ActivationRelu}), c.DropoutLayer(0.2, nil), c.Dense(10, nil))
	adam, mean := c.Adam(&tl.AdamOptions{LearningRate: 0.003}), c.MeanMetric("")

	// The curves so far: training and validation loss of each epoch, NaN for those that are to come.
	losses := make([]float64, 2*epochs)
	for i := range losses {
		losses[i] = math.NaN()
	}
	curves := c.UntrainedVariable(check(tl.NewTensor(c, losses, 2, epochs)), "curves")

	// The variables and slots, so that there is something to restore into; then everything that the loop changes.
	check(0, model.Build(50, 28, 28))
	check(0, adam.Build(model.TrainableVariables()))
	state := c.NewCheckpoint()
	check(0, state.AddLayer("model", model))
	check(0, state.AddOptimizer("adam", adam))
	check(0, state.AddDataset("train", train))
	check(0, state.AddRandom("random"))
	check(0, state.AddVariable("curves", curves))
	check(0, state.SetFloat64("best loss", math.Inf(1)))
	check(0, state.SetInt64(waiting, 0))
	manager := check(c.NewCheckpointManager(state, folder, &tl.CheckpointManagerOptions{MaxToKeep: 3, Best: tl.CheckpointBestMin, Asynchronous: true}))

	last := check(manager.RestoreLatest())
	check(0, tl.Read(curves, losses))
	if last >= 0 {
		fmt.Printf("goes on behind epoch %d\n", last)
	}
	best, waited := check(state.Float64("best loss")), check(state.Int64(waiting))
	for epoch := last + 1; epoch < epochs && waited < patience; epoch++ {
		losses[epoch] = trainEpoch(c, model, adam, mean, train)
		loss, note := validate(c, model, mean, heldOut), ""
		losses[epochs+epoch] = loss
		check(0, curves.Assign(check(tl.NewTensor(c, losses, 2, epochs))))
		waited++
		if loss < best {
			best, waited, note = loss, 0, ", the best so far"
		}
		check(0, state.SetFloat64("best loss", best))
		check(0, state.SetInt64(waiting, waited))
		check(0, manager.Save(epoch, loss))
		fmt.Printf("epoch %d: validation loss %.6f%s\n", epoch, loss, note)
	}
	chosen := check(manager.Best())
	check(0, manager.Restore(chosen))
	fmt.Printf("the best is epoch %d: loss %.6f\n", chosen, validate(c, model, mean, heldOut))
	plot := c.NewPlot("Early stopping with a patience of 3", nil)
	check(0, plot.SetLabels("epoch", "mean loss"))
	check(0, plot.AddMany("training", nil, losses[:epochs]))
	check(0, plot.AddMany("validation", nil, losses[epochs:]))
	check(0, plot.WriteSVG(picture))
}
