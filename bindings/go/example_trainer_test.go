//go:build cgo

package tapeloop_test

import (
	"fmt"

	tl "tapeloop"
)

// The loop that most programs write alike, with validation and early stopping.
func ExampleContext_Fit() {
	c, err := tl.NewContext(&tl.ContextOptions{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	x := c.Normal(64, 2)
	labels := x.SumAxes([]int64{1}, false).Greater(c.Zeros()).Cast(tl.I32)
	train, heldOut := c.Dataset(x, labels).Shuffle(1).Batched(16, false), c.Dataset(x, labels).Batched(64, false)
	model, adam, accuracy := c.Dense(2, nil), c.Adam(&tl.AdamOptions{LearningRate: 0.1}), c.SparseCategoricalAccuracy("accuracy")
	loss := func(predictions *tl.Tensor, batch []*tl.Tensor) (*tl.Tensor, error) {
		return tl.SparseCategoricalCrossEntropy(batch[1], predictions, nil), nil
	}
	how, err := c.Fit(model, adam, train, loss, &tl.FitOptions{Epochs: 60, Validation: heldOut, Metrics: []*tl.Metric{accuracy},
		Monitor: "validation/accuracy", Maximize: true, Patience: 10, RestoreBest: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, results, err := c.Evaluate(model, heldOut, loss, accuracy)
	fmt.Println(results[0] == how.Best, how.Best > 0.9, err)
	// Output: true true <nil>
}
