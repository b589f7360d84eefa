// Gradients of each example in one pass: a classifier learns from gradients that are clipped one by one (DP-SGD).
package main

import (
	"fmt"
	"log"

	tl "tapeloop"
)

const batch, hidden, steps = 128, 64, 600

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("per-example-gradients: ", err)
	}
	return value
}

// logits is 2-64-1 with tanh; v holds weights and biases in turn.
func logits(v []*tl.Tensor, x *tl.Tensor) *tl.Tensor {
	return x.MatMul(v[0]).Add(v[1]).Tanh().MatMul(v[2]).Add(v[3])
}

// draw is points of the plane, and whether they lie in a ring.
func draw(c *tl.Context, n int64) (x, y *tl.Tensor) {
	x = c.UniformRange([]int64{n, 2}, -1.5, 1.5, tl.F32)
	squares := x.Square().SumAxes([]int64{1}, true)
	return x, squares.AddScalar(-1).Abs().Less(c.Scalar(tl.F32, 0.5)).Cast(tl.F32)
}

func accuracy(c *tl.Context, v []*tl.Tensor, x, y *tl.Tensor) float64 {
	guess := logits(v, x).Greater(c.Scalar(tl.F32, 0))
	return check(guess.Equal(y.Greater(c.Scalar(tl.F32, 0.5))).Cast(tl.F32).Mean().Item())
}

// clipped is a function of one example, its point (2,) and its label (1,): its clipped gradients and their norm. What a single
// example can do to the weights is limited here, so that noise can hide it (Abadi et al. 2016).
func clipped(c *tl.Context, v []*tl.Tensor) tl.Compute {
	return func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		tape := c.NewTape(nil) // inside, so it sees one example
		loss := in[1].Reshape(1, 1).SigmoidCrossEntropy(logits(v, in[0].Reshape(1, 2))).Sum()
		gradients, err := tape.Gradient(loss, v, nil)
		if err != nil {
			return nil, err
		}
		gradients, norm, err := c.ClipByGlobalNorm(gradients, 1, tl.NonFinitePropagate) // a norm inside cannot be looked at
		return append(gradients, norm), err
	}
}

// train is one step.
func train(c *tl.Context, step int, v []*tl.Tensor, adam *tl.Optimizer) error {
	x, y := draw(c, batch)
	each, err := c.Vmap(clipped(c, v), []*tl.Tensor{x, y}, nil, len(v)+1)
	if err != nil {
		return err
	}
	gradients := make([]*tl.Tensor, len(v))
	for i := range v { // each[i] is (batch, shape of v[i])
		mean := each[i].MeanAxes([]int64{0}, false)
		gradients[i] = mean.Add(c.NormalWith(mean.Shape(), 0, 1.0/batch, tl.F32))
	}
	if err := adam.Apply(gradients, v); err != nil {
		return err
	}
	if norms := each[len(v)]; step == 1 || step%200 == 0 {
		fmt.Printf("step %3d  accuracy %.2f  gradient norms of the examples: %.3f to %.3f\n", step, accuracy(c, v, x, y),
			check(norms.Min().Item()), check(norms.Max().Item()))
	}
	return nil
}

func main() {
	c := check(tl.NewContext(nil))
	defer c.Close()
	var v []*tl.Tensor
	for _, sizes := range [][]int64{{2, hidden}, {hidden, 1}} {
		v = append(v, c.Variable(c.NormalWith(sizes, 0, 2, tl.F32), "weights"), c.Variable(c.Zeros(sizes[1]), "bias"))
	}
	adam := c.Adam(&tl.AdamOptions{LearningRate: 0.03})
	for step := 1; step <= steps; step++ {
		check(0, c.Scope(func() error { return train(c, step, v, adam) }))
	}
	x, y := draw(c, 2000)
	fmt.Printf("test accuracy: %.3f\n", accuracy(c, v, x, y))
}
