// Differentiates through a gradient: a Wasserstein critic whose slope is drawn to 1 by the penalty of WGAN-GP.
package main

import (
	"fmt"
	"log"
	"math"

	tl "tapeloop"
)

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("gradient-penalty: ", err)
	}
	return value
}

// critic is 2-64-64-1 with tanh; v holds weights and biases in turn.
func critic(v []*tl.Tensor, x *tl.Tensor) *tl.Tensor {
	return x.MatMul(v[0]).Add(v[1]).Tanh().MatMul(v[2]).Add(v[3]).Tanh().MatMul(v[4]).Add(v[5])
}

// train is one step.
func train(c *tl.Context, step int, v []*tl.Tensor, adam *tl.Optimizer) error {
	angle := c.UniformRange([]int64{256, 1}, 0, 2*math.Pi, tl.F32)
	real := c.Concat([]*tl.Tensor{angle.Cos(), angle.Sin()}, 1) // on a circle; the others around its middle
	fake := c.NormalWith([]int64{256, 2}, 0, 0.1, tl.F32)
	between := fake.Add(c.Uniform(256, 1).Mul(real.Sub(fake)))
	outer, inner := c.NewTape(nil), c.NewTape(nil) // outer records the gradient that inner computes
	check(0, inner.Watch(between))
	slope := check(inner.Gradient(critic(v, between), []*tl.Tensor{between}, nil))[0]
	norm := slope.Square().SumAxes([]int64{1}, false).Sqrt()
	penalty := norm.AddScalar(-1).Square().Mean()
	distance := critic(v, real).Mean().Sub(critic(v, fake).Mean())
	gradients := check(outer.Gradient(penalty.MulScalar(10).Sub(distance), v, nil))
	if step == 1 || step%200 == 0 {
		fmt.Printf("step %4d  distance %.3f  norm of the critic's gradient %.3f\n", step, check(distance.Item()), check(norm.Mean().Item()))
	}
	return adam.Apply(gradients, v)
}

func main() {
	c := check(tl.NewContext(nil))
	defer c.Close()
	var v []*tl.Tensor
	for _, sizes := range [][]int64{{2, 64}, {64, 64}, {64, 1}} {
		v = append(v, c.Variable(c.NormalWith(sizes, 0, 0.3, tl.F32), "weights"), c.Variable(c.Zeros(sizes[1]), "bias"))
	}
	adam := c.Adam(&tl.AdamOptions{LearningRate: 0.005})
	for step := 1; step <= 1000; step++ {
		check(0, c.Scope(func() error { return train(c, step, v, adam) }))
	}
}
