// Curriculum sampling: three sources of digits, mixed with weights that follow from how badly each is known so far.
//
// The sources are the same digits with more and more noise. The step keeps a mean loss for each; every so often the weights of the
// mixture become these means, and the pipeline follows from its next element on.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"

	tl "tapeloop"
)

const batchSize, every = 50, 100

var names = [3]string{"clean", "noisy", "very noisy"}

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("curriculum: ", err)
	}
	return value
}

func main() {
	folder, steps := ".", 3000
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if len(os.Args) > 2 {
		steps = check(strconv.Atoi(os.Args[2]))
	}
	c := check(tl.NewContext(nil))
	defer c.Close()
	model := c.Sequential(c.FlattenLayer(nil), c.Dense(64, &tl.DenseOptions{Activation: tl.ActivationRelu}), c.Dense(10, nil))
	adam := c.Adam(nil)
	digits := check(c.IDXFolder(os.Getenv("TAPELOOP_DIGITS"), tl.DataTrain, 0))
	var means [3]*tl.Metric
	var sources [3]*tl.Dataset
	var weights [3]float64
	for i := range names { // digits in an order of their own, each with the number of its source
		means[i], weights[i] = c.MeanMetric(names[i]), 1.0/3
		number := c.DatasetRange(int64(i), int64(i)+1, 1).Repeat(-1)
		sources[i] = c.DatasetZip(digits.Shuffle(uint64(i)).Repeat(-1), number)
	}
	mixture := c.DatasetSampleFrom(weights[:], 1, false, sources[:]...)
	batches := mixture.Batched(batchSize, true).Cast(0, tl.F32, 255).Prefetch(4)
	check(0, model.Build(batchSize, 28, 28))
	variables := model.TrainableVariables()

	// Of images, labels and the number of each example's source.
	step := c.NewFunction(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		spread := in[2].Cast(tl.F32).Reshape(batchSize, 1, 1)
		noise := spread.MulScalar(0.5).Mul(c.Normal(batchSize, 28, 28))
		tape := c.NewTape(nil)
		each := in[1].Cast(tl.I32).SparseSoftmaxCrossEntropy(model.Call(in[0].Add(noise), true))
		gradients, err := tape.Gradient(each.Mean(), variables, nil)
		if err != nil {
			return nil, err
		}
		if err := adam.Apply(gradients, variables); err != nil {
			return nil, err
		}
		for i, mean := range means {
			here := in[2].Equal(c.Scalar(tl.I64, float64(i)))
			if err := mean.Update(each, here.Cast(tl.F32)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}, 0, nil)
	losses := c.NewPlot("Loss of each source", nil)
	shares := c.NewPlot("Share of each source in the mixture", nil)
	check(0, losses.SetLabels("step", "cross-entropy"))
	check(0, shares.SetLabels("step", "weight"))
	for i := 1; i <= steps && batches.Next(); i++ {
		check(step.Call(batches.Batch()...))
		if i%every != 0 {
			continue
		}
		var loss [3]float64
		sum := 0.0
		for k := range names {
			loss[k] = check(means[k].Result())
			sum += loss[k]
		}
		for k := range names {
			if i%(5*every) == 0 {
				fmt.Printf("step %d, %s: loss %.6f, its share was %.4f\n", i, names[k], loss[k], weights[k])
			}
			check(0, losses.Add(names[k], float64(i), loss[k]))
			check(0, shares.Add(names[k], float64(i), weights[k]))
			weights[k] = loss[k] / sum
			check(0, means[k].Reset())
		}
		check(0, mixture.SetWeights(weights[:]...))
	}
	check(0, batches.Err())
	check(0, losses.WriteSVG(filepath.Join(folder, "curriculum-losses.svg")))
	check(0, shares.WriteSVG(filepath.Join(folder, "curriculum-weights.svg")))
}
