// Trains a digit classifier, 784-128-10, in a loop of its own: data, tape, Adam, metrics, progress.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"

	tl "tapeloop"
)

var (
	dir       = flag.String("data", os.Getenv("TAPELOOP_DIGITS"), "folder of IDX files")
	epochs    = flag.Int("epochs", 12, "")
	batch     = flag.Int64("batch", 32, "")
	seed      = flag.Uint64("seed", 1, "")
	threads   = flag.Int("threads", 0, "0: all CPUs")
	rate      = flag.Float64("lr", 0.002, "of the first epoch; it falls to 0")
	precision = flag.Int("precision", 4, "significant digits of the loss")
)

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("digits: ", err)
	}
	return value
}

func show(bar *tl.Progress, losses, accuracy *tl.Metric) {
	check(0, bar.Value("loss", check(losses.Result())))
	check(0, bar.Value("accuracy", check(accuracy.Result())))
}

func main() {
	flag.Parse()
	c := check(tl.NewContext(&tl.ContextOptions{Seed: *seed, Threads: int32(*threads)}))
	defer c.Close()
	train := check(c.IDXFolder(*dir, tl.DataTrain, 0)).Shuffle(*seed).Batched(*batch, false).Cast(0, tl.F32, 255)
	test := check(c.IDXFolder(*dir, tl.DataTest, 0)).Batched(500, false).Cast(0, tl.F32, 255) // bytes to [0, 1]

	model := c.Sequential(c.FlattenLayer(nil), c.Dense(128, nil), c.ActivationLayer(tl.ActivationRelu, nil),
		c.DropoutLayer(0.2, nil), c.Dense(10, nil))
	adam, losses, accuracy := c.Adam(nil), c.MeanMetric(""), c.SparseCategoricalAccuracy("")
	terminal := check(os.Stdout.Stat()).Mode()&os.ModeCharDevice != 0
	// In a file, what two runs have in common.
	bar := c.NewProgress(&tl.ProgressOptions{Descriptor: 1, Digits: int32(*precision), NoTimes: !terminal})
	for epoch := 1; epoch <= *epochs; epoch++ {
		check(0, bar.Start(train.Len(), fmt.Sprint("epoch ", epoch)))
		fall := 1 - float64(epoch-1)/float64(*epochs)
		check(0, adam.SetLearningRate(*rate*fall))
		for train.Next() {
			check(0, c.Scope(func() error {
				images, labels := train.Batch()[0], train.Batch()[1]
				tape := c.NewTape(nil)
				logits := model.Call(images, true)
				loss := tl.SparseCategoricalCrossEntropy(labels, logits, nil)
				weights := model.TrainableVariables()
				check(0, adam.Apply(check(tape.Gradient(loss, weights, nil)), weights))
				check(0, losses.Update(loss, nil))
				return accuracy.UpdatePredictions(labels, logits, nil)
			}))
			if bar.Due() {
				show(bar, losses, accuracy)
			}
			check(0, bar.Update(train.Position()))
		}
		check(0, train.Err())
		show(bar, losses, accuracy)
		check(0, bar.Finish())
		check(0, losses.Reset())
		check(0, accuracy.Reset())
	}
	for test.Next() {
		check(0, accuracy.UpdatePredictions(test.Batch()[1], model.Call(test.Batch()[0], false), nil))
	}
	check(0, test.Err())
	fmt.Printf("test accuracy: %.4f\n", check(accuracy.Result()))
}
