// Trains the digit classifier as a compiled step, and writes what people look at: logs, curves, digits, a trace, a graph.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	tl "tapeloop"
)

var (
	folder = flag.String("out", "watch-digits-out", "folder of what is written")
	epochs = flag.Int64("epochs", 6, "")
)

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("watch-digits: ", err)
	}
	return value
}

func in(name string) string { return filepath.Join(*folder, name) }

// testAccuracy is the accuracy on a dataset.
func testAccuracy(c *tl.Context, model *tl.Layer, test *tl.Dataset, accuracy *tl.Metric) float64 {
	check(0, accuracy.Reset())
	for test.Next() {
		check(0, c.Scope(func() error {
			return accuracy.UpdatePredictions(test.Batch()[1], model.Call(test.Batch()[0], false), nil)
		}))
	}
	check(0, test.Err())
	return check(accuracy.Result())
}

// showDigits writes the first test digits with what the model takes them for, as PNG, as SVG, and into TensorBoard.
func showDigits(model *tl.Layer, test *tl.Dataset, board *tl.Logger) {
	large := &tl.ImageGridOptions{Columns: 10, Scale: 2}
	some := test.Take(60).Batched(60, false)
	for some.Next() {
		images := some.Batch()[0]
		found := model.Call(images.Cast(tl.F32).MulScalar(1.0/255), false).ArgMaxAxes([]int64{1}, false)
		grid := images.ImageGrid(large)
		check(0, grid.WritePNG(in("digits.png")))
		check(0, images.WriteImageSVG(found, "test digits, and what they are taken for", large, in("digits.svg")))
		check(0, board.Image(0, "test digits", grid))
	}
	check(0, some.Err())
}

func main() {
	flag.Parse()
	check(0, os.MkdirAll(*folder, 0o777))
	c := check(tl.NewContext(&tl.ContextOptions{Seed: 1}))
	defer c.Close()
	digits := os.Getenv("TAPELOOP_DIGITS")
	train := check(c.IDXFolder(digits, tl.DataTrain, 0)).Shuffle(1).Batched(32, true).Cast(0, tl.F32, 255)
	drawnTest := check(c.IDXFolder(digits, tl.DataTest, 0))
	test := drawnTest.Batched(500, false).Cast(0, tl.F32, 255)
	model := c.Sequential(c.FlattenLayer(nil), c.Dense(128, nil), c.ActivationLayer(tl.ActivationRelu, nil),
		c.DropoutLayer(0.2, nil), c.Dense(10, nil))
	adam := c.Adam(nil)
	step := c.NewFunction(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		tape := c.NewTape(nil)
		loss := tl.SparseCategoricalCrossEntropy(in[1], model.Call(in[0], true), nil)
		weights := model.TrainableVariables()
		gradients, err := tape.Gradient(loss, weights, nil)
		if err != nil {
			return nil, err
		}
		return []*tl.Tensor{loss}, adam.Apply(gradients, weights)
	}, 1, nil)
	losses, accuracy := c.MeanMetric(""), c.SparseCategoricalAccuracy("")

	bar := c.NewProgress(&tl.ProgressOptions{Descriptor: 2}) // standard error
	table, board := c.CSVLogger(in("run.csv"), false), c.TensorBoardLogger(*folder)
	curves := c.NewPlot("digits: loss of each step", &tl.PlotOptions{LogY: true, Smoothing: 0.95})
	check(0, curves.SetLabels("step", "cross-entropy"))
	trace := c.StartTrace(nil)
	steps := 0
	for epoch := int64(1); epoch <= *epochs; epoch++ {
		check(0, bar.Start(train.Len(), fmt.Sprintf("epoch %d/%d", epoch, *epochs)))
		for train.Next() {
			check(0, c.Scope(func() error {
				loss := check(step.Call(train.Batch()...))[0]
				steps++
				check(0, curves.Add("training", float64(steps), check(loss.Item())))
				return losses.Update(loss, nil)
			}))
			if steps == 20 {
				check(0, trace.Stop()) // enough to look at
			}
			if bar.Due() {
				check(0, bar.Value("loss", check(losses.Result())))
			}
			check(0, bar.Update(train.Position()))
		}
		check(0, train.Err())
		mean, share := check(losses.Result()), testAccuracy(c, model, test, accuracy)
		for _, log := range []*tl.Logger{table, board} {
			check(0, log.Scalar(epoch, "train/loss", mean))
			check(0, log.Scalar(epoch, "test/accuracy", share))
		}
		check(0, board.Histogram(epoch, "weights/first", model.TrainableVariables()[0]))
		check(0, bar.Value("loss", mean))
		check(0, bar.Value("test accuracy", share))
		check(0, bar.Finish())
		check(0, losses.Reset())
	}
	check(0, table.Flush())
	check(0, curves.WriteSVG(in("loss.svg")))
	check(0, curves.Image().WritePNG(in("loss.png")))
	check(0, trace.Write(in("trace.json")))
	check(0, os.WriteFile(in("model.dot"), []byte(check(model.DOT())), 0o666))
	showDigits(model, drawnTest, board)
	fmt.Printf("test accuracy: %.4f\n", check(accuracy.Result()))
	fmt.Printf("in %s: run.csv, events for TensorBoard, loss and digits as .svg and .png, model.dot, trace.json\n", *folder)
}
