// A GAN that draws digits: two networks with an optimizer each, and clipped gradients, in one compiled step.
//
// Both networks are told which digit is meant (Mirza and Osindero 2014), so that each row of the picture shows another one.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"

	tl "tapeloop"
)

const batchSize, noiseSize, columns = 64, 64, 12

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("gan: ", err)
	}
	return value
}

// player is one of the two networks, with what trains it.
type player struct {
	model *tl.Layer
	adam  *tl.Optimizer
	loss  *tl.Metric
}

func newPlayer(c *tl.Context, inputs int64, dropout float64, outputs int64, last tl.Activation) player {
	relu := &tl.DenseOptions{Activation: tl.ActivationRelu}
	model := c.Sequential(c.Dense(256, relu), c.DropoutLayer(dropout, nil), c.Dense(256, relu), c.DropoutLayer(dropout, nil),
		c.Dense(outputs, &tl.DenseOptions{Activation: last}))
	check(0, model.Build(batchSize, inputs+10))
	return player{model, c.Adam(&tl.AdamOptions{LearningRate: 0.0005, Beta1: 0.5}), c.MeanMetric("")}
}

// improve is a step on the player's own variables alone.
func (p player) improve(tape *tl.Tape, loss *tl.Tensor) error {
	weights := p.model.TrainableVariables()
	gradients, err := tape.Gradient(loss, weights, nil)
	if err != nil {
		return err
	}
	for i, gradient := range gradients {
		gradients[i] = gradient.ClipByNorm(1)
	}
	if err := p.adam.Apply(gradients, weights); err != nil {
		return err
	}
	return p.loss.Update(loss, nil)
}

func generate(c *tl.Context, generator player, classes *tl.Tensor, training bool) *tl.Tensor {
	noise := c.Normal(classes.Dim(0), noiseSize)
	return generator.model.Call(c.Concat([]*tl.Tensor{noise, classes}, 1), training)
}

// judge is how far the discriminator is from the right answer: 1 for digits that are real, 0 for generated ones.
func judge(c *tl.Context, discriminator player, images, classes *tl.Tensor, answer float64) *tl.Tensor {
	answers := c.Full([]int64{batchSize, 1}, answer, tl.F32)
	logits := discriminator.model.Call(c.Concat([]*tl.Tensor{images, classes}, 1), true)
	return tl.BinaryCrossEntropy(answers, logits, nil)
}

func main() {
	folder, steps := ".", 12000
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if len(os.Args) > 2 {
		steps = check(strconv.Atoi(os.Args[2]))
	}
	c := check(tl.NewContext(&tl.ContextOptions{Seed: 1}))
	defer c.Close()
	generator := newPlayer(c, noiseSize, 0, 784, tl.ActivationSigmoid)
	discriminator := newPlayer(c, 784, 0.3, 1, tl.ActivationLinear)
	// An average of the weights gives calmer digits than those of the last step.
	check(0, generator.adam.Configure(&tl.StepOptions{UseEma: true, EmaMomentum: 0.999}))
	data := check(c.IDXFolder(os.Getenv("TAPELOOP_DIGITS"), tl.DataTrain, 0)).Shuffle(1).Repeat(-1).Batched(batchSize, true).Cast(0, tl.F32, 255)

	step := c.NewFunction(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		real, classes := in[0].Reshape(batchSize, 784), in[1].Cast(tl.I32).OneHot(10)
		tape := c.NewTape(nil)
		fake := generate(c, generator, classes, true)
		realLoss, fakeLoss := judge(c, discriminator, real, classes, 1), judge(c, discriminator, fake, classes, 0)
		if err := discriminator.improve(tape, realLoss.Add(fakeLoss)); err != nil {
			return nil, err
		}
		tape = c.NewTape(nil)
		return nil, generator.improve(tape, judge(c, discriminator, generate(c, generator, classes, true), classes, 1))
	}, 0, nil)
	plot := c.NewPlot("A GAN on digits: mean losses", nil)
	check(0, plot.SetLabels("step", "binary cross-entropy"))
	every := 100
	if steps < 1000 {
		every = 10
	}
	for i := 1; i <= steps && data.Next(); i++ {
		check(step.Call(data.Batch()...))
		if i%every != 0 {
			continue
		}
		one, other := check(discriminator.loss.Result()), check(generator.loss.Result())
		if i%(10*every) == 0 {
			fmt.Printf("step %d: discriminator %.6f, generator %.6f\n", i, one, other)
		}
		check(0, plot.Add("discriminator", float64(i), one))
		check(0, plot.Add("generator", float64(i), other))
		check(0, discriminator.loss.Reset())
		check(0, generator.loss.Reset())
	}
	check(0, data.Err())
	// Digits of the averaged generator, a row for each class.
	check(0, generator.adam.SwapAverages(generator.model.TrainableVariables()))
	labels := make([]int32, 10*columns)
	for i := range labels {
		labels[i] = int32(i / columns)
	}
	wanted := check(tl.NewTensor(c, labels, int64(len(labels)))).OneHot(10)
	digits := generate(c, generator, wanted, false).Reshape(int64(len(labels)), 28, 28)
	check(0, digits.ImageGrid(&tl.ImageGridOptions{Columns: columns}).WritePNG(filepath.Join(folder, "gan-digits.png")))
	check(0, plot.WriteSVG(filepath.Join(folder, "gan-losses.svg")))
}
