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
	epochs, patience = 30, 3
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

// trainEpoch is one pass over the training data.
func trainEpoch(c *tl.Context, model *tl.Layer, adam *tl.Optimizer, train *tl.Dataset) error {
	weights := model.TrainableVariables()
	for train.Next() {
		check(0, c.Scope(func() error {
			tape := c.NewTape(nil)
			gradients, err := tape.Gradient(lossOf(model, train.Batch(), true), weights, nil)
			if err != nil {
				return err
			}
			return adam.Apply(gradients, weights)
		}))
	}
	return train.Err()
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
	folder := "checkpoints"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	c := check(tl.NewContext(&tl.ContextOptions{Seed: 1}))
	defer c.Close()
	all := check(c.IDXFolder(os.Getenv("TAPELOOP_DIGITS"), tl.DataTrain))
	train := all.Take(2000).Shuffle(1).Batched(50, false).Cast(0, tl.F32, 255)
	heldOut := all.Skip(2000).Take(1000).Batched(500, false).Cast(0, tl.F32, 255)
	model := c.Sequential(c.FlattenLayer(nil), c.Dense(64, &tl.DenseOptions{Activation: tl.ActivationRelu}), c.DropoutLayer(0.2, nil), c.Dense(10, nil))
	adam, mean := c.Adam(nil), c.MeanMetric("")

	// The variables and slots, so that there is something to restore into; then everything that the loop changes.
	check(0, model.Build(50, 28, 28))
	check(0, adam.Build(model.TrainableVariables()))
	state := c.NewCheckpoint()
	check(0, state.AddLayer("model", model))
	check(0, state.AddOptimizer("adam", adam))
	check(0, state.AddDataset("train", train))
	check(0, state.AddRandom("random"))
	check(0, state.SetFloat64("best loss", math.Inf(1)))
	check(0, state.SetInt64(waiting, 0))
	manager := check(c.NewCheckpointManager(state, folder, &tl.CheckpointManagerOptions{MaxToKeep: 3, Best: tl.CheckpointBestMin, Asynchronous: true}))

	last := check(manager.RestoreLatest())
	if last >= 0 {
		fmt.Printf("goes on behind epoch %d\n", last)
	}
	best, waited := check(state.Float64("best loss")), check(state.Int64(waiting))
	for epoch := last + 1; epoch < epochs && waited < patience; epoch++ {
		check(0, trainEpoch(c, model, adam, train))
		loss, note := validate(c, model, mean, heldOut), ""
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
}
