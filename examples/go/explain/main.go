// Shows three ways to lose a gradient, what the library says of each, and the cure.
package main

import (
	"fmt"
	"log"

	tl "tapeloop"
)

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("explain: ", err)
	}
	return value
}

// gradient takes the gradient of what f computes for x, and says why there is none.
func gradient(c *tl.Context, what string, x *tl.Tensor, f func(*tl.Tape) *tl.Tensor) {
	tape := c.NewTape(&tl.TapeOptions{Explain: true}) // remembers what every value was made of, so that the answer is exact
	y := f(tape)
	if g := check(tape.Gradient(y, []*tl.Tensor{x}, nil))[0]; g != nil {
		fmt.Printf("%s: %g\n", what, check(g.Item()))
		return
	}
	fmt.Printf("%s: nil\n   %s\n", what, check(tape.Explain(y, x)))
}

func main() {
	c := check(tl.NewContext(nil))
	defer c.Close()
	weight, total := c.Variable(c.Scalar(tl.F32, 2.5), "weight"), c.UntrainedVariable(c.Scalar(tl.F32, 0), "total")
	input := c.Scalar(tl.F32, 3)

	// 1. Through an integer. The cure: let the gradient pass as if there had been no rounding.
	rounded := func() *tl.Tensor { return weight.Cast(tl.I32).Cast(tl.F32) }
	gradient(c, "1. rounded through an integer", weight, func(*tl.Tape) *tl.Tensor { return rounded().Square() })
	gradient(c, "   with GradPassThrough", weight, func(*tl.Tape) *tl.Tensor { return rounded().GradPassThrough(weight).Square() })

	// 2. Through a variable. The cure: use the value, and assign it besides.
	gradient(c, "2. assigned to a variable", weight, func(*tl.Tape) *tl.Tensor {
		check(0, total.Assign(total.Add(weight)))
		return total.Square()
	})
	gradient(c, "   with the value itself", weight, func(*tl.Tape) *tl.Tensor { return total.Add(weight).Square() })

	// 3. Of a tensor that nobody watches: only trainable variables are watched by themselves.
	product := func() *tl.Tensor { return input.Square().Mul(weight) }
	gradient(c, "3. a tensor", input, func(*tl.Tape) *tl.Tensor { return product() })
	gradient(c, "   watched", input, func(tape *tl.Tape) *tl.Tensor {
		check(0, tape.Watch(input))
		return product()
	})
}
