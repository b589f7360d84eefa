// A compiled step: a training step that is written once, run as it is and as a function, with the same numbers and less time.
package main

import (
	"fmt"
	"log"
	"math"
	"time"

	tl "tapeloop"
)

const points, steps = 64, 2000

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("compiled-step: ", err)
	}
	return value
}

// train trains a new network to give the sine on [-3, 3], with Adam and a falling learning rate; the last loss.
func train(compiled bool) (last float64, took time.Duration) {
	c := check(tl.NewContext(&tl.ContextOptions{Seed: 1, Threads: 1}))
	defer c.Close()
	net := c.Sequential(c.Dense(32, &tl.DenseOptions{Activation: tl.ActivationTanh}), c.Dense(1, nil))
	adam := c.Adam(nil)
	x, y := make([]float32, points), make([]float32, points)
	for i := range x {
		x[i] = -3 + 6*float32(i)/(points-1)
		y[i] = float32(math.Sin(float64(x[i])))
	}
	batch := []*tl.Tensor{check(tl.NewTensor(c, x, points, 1)), check(tl.NewTensor(c, y, points, 1))}
	check(0, net.Call(batch[0], false).Err()) // makes the weights
	weights := net.TrainableVariables()

	step := func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		tape := c.NewTape(nil)
		loss := net.Call(in[0], true).Sub(in[1]).Square().Mean()
		gradients, err := tape.Gradient(loss, weights, nil)
		if err != nil {
			return nil, err
		}
		return []*tl.Tensor{loss}, adam.Apply(gradients, weights)
	}
	function := c.NewFunction(step, 1, nil)
	begin := time.Now()
	for i := 0; i < steps; i++ {
		check(0, adam.SetLearningRate(0.01*(1+math.Cos(math.Pi*float64(i)/steps))/2))
		if compiled {
			last = check(function.CallItem(batch...))
			continue
		}
		check(0, c.Scope(func() error {
			out, err := step(batch)
			if err == nil {
				last, err = out[0].Item()
			}
			return err
		}))
	}
	took = time.Since(begin)
	if s := check(function.Statistics()); compiled {
		fmt.Printf("recorded %d time(s), replayed %d times; a step calls %d kernels in %d bytes\n", s.Traces, s.Replays, s.Kernels, s.ArenaBytes)
	}
	return last, took
}

func main() {
	eager, eagerTime := train(false)
	compiled, compiledTime := train(true)
	fmt.Printf("eager:    loss %.9g, %.1f us a step\n", eager, eagerTime.Seconds()/steps*1e6)
	fmt.Printf("compiled: loss %.9g, %.1f us a step\n", compiled, compiledTime.Seconds()/steps*1e6)
	if eager != compiled || compiled >= 1e-3 {
		log.Fatal("compiled-step: the two differ, or have not learnt")
	}
	fmt.Println("the same to the last bit")
}
