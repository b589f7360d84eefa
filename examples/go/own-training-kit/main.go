// A loss, an optimizer, a metric and a schedule of the program's own, compiled into one step.
//
// A line is laid so that nine tenths of the points are below it: the loss is the pinball loss of the 0.9 quantile, the optimizer goes
// by the sign of a momentum, the metric is the share of the points below the line.
package main

import (
	"fmt"
	"log"

	tl "tapeloop"
)

const (
	points = 1000
	steps  = 400
)

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("own-training-kit: ", err)
	}
	return value
}

// pinball is max(q e, (q - 1) e) of each point, e = y - prediction; then the reduction that all losses have.
func pinball(y, prediction *tl.Tensor, q float64) *tl.Tensor {
	e := y.Sub(prediction)
	return tl.ReduceLoss(e.MulScalar(q).Maximum(e.MulScalar(q-1)), nil)
}

// draw makes the points: y = 2 x plus something even in [0, 1).
func draw() (x, y []float64) {
	for i := 0; i < points; i++ {
		at := -1 + 2*float64(i)/(points-1)
		x, y = append(x, at), append(y, 2*at+float64(i*377%points)/points)
	}
	return x, y
}

func signedMomentum(u *tl.Update) ([]*tl.Tensor, error) {
	momentum := u.Slots[0].MulScalar(.9).Add(u.Gradient)
	return []*tl.Tensor{u.Weights.Sub(u.Rate.Mul(momentum.Sign())), momentum}, nil
}

// countBelow gets the state, below and all, and what the update was given: labels, predictions and no weights.
func countBelow(state, given []*tl.Tensor) ([]*tl.Tensor, error) {
	below := given[0].Less(given[1]).Cast(tl.F64)
	return []*tl.Tensor{state[0].Add(below.Sum()), state[1].AddScalar(points)}, nil
}

func main() {
	c := check(tl.NewContext(nil))
	defer c.Close()
	xs, ys := draw()
	x, y := check(tl.NewTensor(c, xs)), check(tl.NewTensor(c, ys))
	line := []*tl.Tensor{c.Variable(c.Scalar(tl.F64, 0), "slope"), c.Variable(c.Scalar(tl.F64, 0), "height")}
	optimizer := c.CustomOptimizer("signed", .1, []tl.Slot{{Name: "momentum"}}, signedMomentum)
	coverage := c.CustomMetric("coverage", []tl.State{{Name: "below"}, {Name: "all"}}, countBelow,
		func(state []*tl.Tensor) (*tl.Tensor, error) { return state[0].Div(state[1]), nil })
	check(0, optimizer.SetSchedule(c.CustomSchedule("falling", func(step int64) float64 { return .1 / (1 + .1*float64(step)) })))

	train := c.NewFunction(func(data []*tl.Tensor) ([]*tl.Tensor, error) {
		tape := c.NewTape(nil)
		prediction := data[0].Mul(line[0]).Add(line[1])
		loss := pinball(data[1], prediction, .9)
		gradients, err := tape.Gradient(loss, line, nil)
		if err == nil {
			err = optimizer.Apply(gradients, line)
		}
		if err == nil {
			err = coverage.UpdatePredictions(data[1], prediction, nil)
		}
		return []*tl.Tensor{loss}, err
	}, 1, nil)
	for i := 1; i <= steps; i++ {
		loss := check(train.CallItem(x, y))
		if i%100 == 0 {
			fmt.Printf("step %d: loss %.6f, coverage %.4f\n", i, loss, check(coverage.Result()))
			check(0, coverage.Reset())
		}
	}
	fmt.Printf("the line: %.4f x + %.4f\n", check(line[0].Item()), check(line[1].Item()))
	for _, state := range optimizer.Variables() {
		fmt.Println("state:", state.Name())
	}
}
