// Newton's method with the exact Hessian, and the Jacobian of a model's outputs by its parameters.
package main

import (
	"fmt"
	"log"
	"math"

	tl "tapeloop"
)

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("newton: ", err)
	}
	return value
}

// entry is one element of a vector.
func entry(v *tl.Tensor, i int64) *tl.Tensor { return v.Slice([]int64{i}, []int64{i + 1}) }

// valley is Rosenbrock's, (1 - x)^2 + 100 (y - x^2)^2, whose bottom is at (1, 1).
func valley(in []*tl.Tensor) ([]*tl.Tensor, error) {
	x, y := entry(in[0], 0), entry(in[0], 1)
	off := y.Sub(x.Square()).Square().MulScalar(100)
	return []*tl.Tensor{x.AddScalar(-1).Square().Add(off).Sum()}, nil
}

// step goes on from p: the gradient is the Jacobian of a number, and two equations are solved by hand.
func step(c *tl.Context, p []float64) error {
	return c.Scope(func() error {
		at := check(tl.NewTensor(c, p))
		g := check(tl.Values[float64](check(c.Jacobian(valley, at, nil))))
		h := check(tl.Values[float64](check(c.Hessian(valley, at, nil))))
		determinant := h[0]*h[3] - h[1]*h[2]
		p[0] -= (h[3]*g[0] - h[1]*g[1]) / determinant
		p[1] -= (h[0]*g[1] - h[2]*g[0]) / determinant
		return nil
	})
}

// sensitivities says how a decay a exp(-b t), at four times, moves with a and b: one row for each time, all in one call on a tape.
func sensitivities(c *tl.Context) {
	times := []float64{0, 1, 2, 4}
	p, t := check(tl.NewTensor(c, []float64{2, 0.5})), check(tl.NewTensor(c, times))
	tape := c.NewTape(nil)
	check(0, tape.Watch(p))
	y := entry(p, 0).Mul(entry(p, 1).Mul(t).Neg().Exp())
	rows := check(tl.Values[float64](check(tape.Jacobian(y, []*tl.Tensor{p}, nil))[0]))
	for i, at := range times {
		fmt.Printf("at %g: by a %.4f, by b %.4f\n", at, rows[2*i], rows[2*i+1])
	}
}

func main() {
	c := check(tl.NewContext(nil))
	defer c.Close()
	sensitivities(c)
	p := []float64{-1.2, 1}
	for i := 1; i <= 6; i++ {
		check(0, step(c, p))
		fmt.Printf("step %d: %.6f %.6f\n", i, p[0], p[1])
	}
	fmt.Printf("distance from the bottom: %.1e\n", math.Hypot(p[0]-1, p[1]-1))
}
