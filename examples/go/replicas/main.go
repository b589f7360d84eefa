// Trains a digit classifier on replicas with a model each, which see parts of every batch and step alike: goroutines, or processes.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"os"

	tl "tapeloop"
)

var (
	dir      = flag.String("data", os.Getenv("TAPELOOP_DIGITS"), "folder of IDX files")
	replicas = flag.Int("n", 2, "replicas")
	process  = flag.Bool("p", false, "one process of several, which a launcher has started")
	epochs   = flag.Int64("e", 4, "epochs")
	batch    = flag.Int64("b", 64, "batch of all replicas")
	rate     = flag.Float64("l", 0.002, "learning rate")
	folder   = flag.String("f", "", "folder for a checkpoint behind each epoch, from which the next run goes on")
	bf16     = flag.Bool("w", false, "gradients travel as bf16")
)

// resumed is a manager of checkpoints of which each rank writes its share, and how many epochs the last one has behind it.
func resumed(c *tl.Context, model *tl.Layer, adam *tl.Optimizer, data *tl.Dataset) (*tl.CheckpointManager, int64, error) {
	all := c.NewCheckpoint()
	for _, err := range []error{adam.Build(model.TrainableVariables()), all.AddLayer("model", model), all.AddOptimizer("adam", adam),
		all.AddDataset("train", data)} {
		if err != nil {
			return nil, 0, err
		}
	}
	manager, err := c.NewCheckpointManager(all, *folder, nil)
	if err != nil {
		return nil, 0, err
	}
	epochs, err := manager.RestoreLatest()
	if epochs < 0 { // there is none yet
		epochs = 0
	}
	return manager, epochs, err
}

// train runs on each replica, with a context and a group of its own.
func train(c *tl.Context, group *tl.Group) (accuracy float64, err error) {
	digits := func(part tl.DataPart) *tl.Dataset {
		data, failed := c.IDXFolder(*dir, part, 0)
		if failed != nil {
			err = failed
		}
		return data
	}
	data, test := digits(tl.DataTrain), digits(tl.DataTest)
	if err != nil {
		return 0, err
	}
	// The same order everywhere, and this replica's rows of each batch.
	data = group.Distribute(data.Shuffle(1).Batched(*batch, false).Cast(0, tl.F32, 255))
	test = group.Distribute(test.Batched(500, false).Cast(0, tl.F32, 255))

	model := c.Sequential(c.FlattenLayer(nil), c.Dense(128, nil), c.ActivationLayer(tl.ActivationRelu, nil), c.Dense(10, nil))
	adam, losses, right := c.Adam(&tl.AdamOptions{LearningRate: *rate}), c.MeanMetric(""), c.SparseCategoricalAccuracy("")
	if err := model.Build(1, 28, 28); err != nil { // makes its variables
		return 0, err
	}
	weights := model.TrainableVariables()
	if err := group.Mirror(weights); err != nil {
		return 0, err
	}
	if *bf16 {
		if err := group.SetWireDType(tl.WireBf16); err != nil {
			return 0, err
		}
	}
	var manager *tl.CheckpointManager
	done := int64(0) // epochs
	if *folder != "" {
		if manager, done, err = resumed(c, model, adam, data); err != nil {
			return 0, err
		}
	}
	for epoch := done + 1; epoch <= *epochs; epoch++ {
		for data.Next() {
			if err := c.Scope(func() error {
				tape := c.NewTape(nil)
				each := data.Batch()[1].Cast(tl.I32).SparseSoftmaxCrossEntropy(model.Call(data.Batch()[0], true))
				loss := group.AverageLoss(each) // over the whole batch
				gradients, err := tape.Gradient(loss, weights, nil)
				if err == nil {
					gradients, err = group.AllReduceList(gradients, tl.ReduceSum)
				}
				if err == nil {
					err = adam.Apply(gradients, weights)
				}
				if err == nil {
					err = losses.Update(each, nil)
				}
				return err
			}); err != nil {
				return 0, err
			}
		}
		mean, err := group.MetricResult(losses) // of all replicas
		if err != nil {
			return 0, err
		}
		if value, err := mean.Item(); err != nil {
			return 0, err
		} else if group.Rank() == 0 {
			fmt.Printf("epoch %d: loss %.4f\n", epoch, value)
		}
		if err := losses.Reset(); err != nil {
			return 0, err
		}
		if manager != nil {
			if err := group.SaveSharded(manager, epoch, math.NaN()); err != nil {
				return 0, err
			}
		}
	}
	if err := group.CheckMirrored(weights); err != nil { // the same bits on all
		return 0, err
	}
	for test.Next() {
		if err := right.UpdatePredictions(test.Batch()[1], model.Call(test.Batch()[0], false), nil); err != nil {
			return 0, err
		}
	}
	share, err := group.MetricResult(right)
	if err != nil {
		return 0, err
	}
	return share.Item()
}

// one is this process among those that tapeloop-run, torchrun or mpirun has started.
func one() error {
	c, err := tl.NewContext(&tl.ContextOptions{Seed: 1})
	if err != nil {
		return err
	}
	defer c.Close()
	group, err := c.NewGroup(nil)
	if err != nil {
		return err
	}
	accuracy, err := train(c, group)
	if err == nil && group.Rank() == 0 {
		fmt.Printf("test accuracy: %.4f\n", accuracy)
	}
	return err
}

func main() {
	flag.Parse()
	if *process {
		if err := one(); err != nil {
			log.Fatal("replicas: ", err)
		}
		return
	}
	accuracies := make([]float64, *replicas)
	err := tl.RunReplicas(*replicas, &tl.ReplicasOptions{Seed: 1}, func(c *tl.Context, group *tl.Group) (err error) {
		accuracies[group.Rank()], err = train(c, group)
		return err
	})
	if err != nil {
		log.Fatal("replicas: ", err)
	}
	fmt.Printf("test accuracy: %.4f\n", accuracies[0])
}
