// Digits by the optional trainer: validation, early stopping, the best weights, checkpoints. Ctrl-C stops it whole; run again, it goes
// on with the same bits, as it does after kill -9.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	tl "tapeloop"
)

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("trainer: ", err)
	}
	return value
}

func crossEntropy(predictions *tl.Tensor, batch []*tl.Tensor) (*tl.Tensor, error) {
	return tl.SparseCategoricalCrossEntropy(batch[1], predictions, nil), nil
}

func show(event tl.FitEvent, now tl.FitState) error {
	if event == tl.FitEventEpochEnd {
		fmt.Printf("epoch %d: loss %.6f, accuracy %.4f; held out: loss %.6f, accuracy %.4f\n", now.Epochs, now.Loss, now.Metrics[0],
			now.ValidationLoss, now.ValidationMetrics[0])
	}
	return nil
}

func main() {
	folder := "checkpoints"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	c := check(tl.NewContext(&tl.ContextOptions{Seed: 1}))
	defer c.Close()
	all := check(c.IDXFolder(os.Getenv("TAPELOOP_DIGITS"), tl.DataTrain, 0))
	train := all.Take(3000).Shuffle(1).Batched(64, false).Cast(0, tl.F32, 255)
	heldOut := all.Skip(3000).Take(1000).Batched(500, false).Cast(0, tl.F32, 255)
	test := check(c.IDXFolder(os.Getenv("TAPELOOP_DIGITS"), tl.DataTest, 0)).Batched(500, false).Cast(0, tl.F32, 255)
	model := c.Sequential(c.FlattenLayer(nil), c.Dense(64, &tl.DenseOptions{Activation: tl.ActivationRelu}), c.DropoutLayer(0.2, nil), c.Dense(10, nil))
	adam, accuracy := c.Adam(&tl.AdamOptions{LearningRate: 0.004}), c.SparseCategoricalAccuracy("accuracy")

	how := check(c.Fit(model, adam, train, crossEntropy, &tl.FitOptions{Epochs: 40, Validation: heldOut, Metrics: []*tl.Metric{accuracy},
		Monitor: "validation/loss", Patience: 3, MinDelta: 0.002, RestoreBest: true, Checkpoints: folder, Asynchronous: true,
		Stop: ctx.Done(), Listen: show}))
	if how.End == tl.FitEndStopped {
		fmt.Printf("stopped in epoch %d\n", how.Epochs+1)
		return
	}
	loss, results, err := c.Evaluate(model, test, crossEntropy, accuracy)
	check(0, err)
	fmt.Printf("the best of %d epochs is %d; test: loss %.6f, accuracy %.4f\n", how.Epochs, how.BestEpoch, loss, results[0])
}
