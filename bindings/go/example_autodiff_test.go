//go:build cgo

package tapeloop_test

import (
	"fmt"
	"log"
	"strings"

	tl "tapeloop"
)

// A gradient rule in Go, and the second derivative through it: tapes outside differentiate what the rule computes.
func ExampleContext_CustomGradient() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	x := c.Variable(c.Scalar(tl.F64, 1), "x")
	outer, inner := c.NewTape(nil), c.NewTape(nil)
	// log(1 + e^x), whose derivative by the plain rules is inf / inf for a large x.
	y, err := c.CustomGradient("log1pexp", []*tl.Tensor{x}, nil, 1,
		func(in []*tl.Tensor) ([]*tl.Tensor, error) {
			return []*tl.Tensor{in[0].Exp().AddScalar(1).Log()}, nil
		},
		func(in, out, grads []*tl.Tensor) ([]*tl.Tensor, error) {
			return []*tl.Tensor{grads[0].Mul(in[0].Sigmoid())}, nil
		})
	if err != nil {
		log.Fatal(err)
	}
	first, err := inner.Gradient(y[0], []*tl.Tensor{x}, nil)
	if err != nil {
		log.Fatal(err)
	}
	second, err := outer.Gradient(first[0], []*tl.Tensor{x}, nil)
	if err != nil {
		log.Fatal(err)
	}
	slope, _ := first[0].Item()
	curvature, _ := second[0].Item()
	fmt.Printf("%.4f %.4f\n", slope, curvature) // s and s (1 - s), where s is the sigmoid
	// Output: 0.7311 0.1966
}

// The tape says where the way from a source to a target breaks.
func ExampleTape_Explain() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	x := c.Variable(c.Ones(3), "x")
	tape := c.NewTape(&tl.TapeOptions{Explain: true})
	loss := x.Cast(tl.I32).Cast(tl.F32).Sum()
	gradients, _ := tape.Gradient(loss, []*tl.Tensor{x}, nil)
	reason, _ := tape.Reason(loss, x)
	words, _ := tape.Explain(loss, x)
	fmt.Println(gradients[0], reason)
	fmt.Println(strings.Contains(words, "op 1, 'cast' (result i32 (3,)) gives integers or bools"))
	// Output:
	// <nil> integer on the path
	// true
}

// Forward mode: the derivative of a program along a direction (jvp), computed while it runs.
func ExampleContext_NewForward() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	x, direction := c.Range(3), c.Ones(3)
	f := c.NewForward([]*tl.Tensor{x}, []*tl.Tensor{direction})
	y := x.Square().Sum()
	tangent, err := f.Tangent(y, tl.UnconnectedError)
	fmt.Println(y, tangent, err)
	// Output: f32 () 5 f32 () 6 <nil>
}

// A segment of a program keeps nothing of what it computes inside, and runs again when the gradient is taken.
func ExampleContext_Recompute() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	x, runs := c.Variable(c.Range(3), "x"), 0
	tape := c.NewTape(&tl.TapeOptions{Persistent: true})
	y, err := c.Recompute("segment", []*tl.Tensor{x}, 1, func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		runs++
		return []*tl.Tensor{in[0].Square().Square()}, nil
	})
	if err != nil {
		log.Fatal(err)
	}
	gradients, err := tape.Gradient(y[0], []*tl.Tensor{x}, nil)
	stats, _ := tape.Statistics()
	fmt.Println(gradients[0], runs, stats.RecomputedOps, err)
	// Output: f32 (3,) [0, 4, 32] 2 2 <nil>
}

// The curvature of a function along a direction, without the matrix.
func ExampleContext_HessianVectorProduct() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	x, direction := c.Range(3), c.Ones(3)
	h, err := c.HessianVectorProduct(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		return []*tl.Tensor{in[0].Square().Mul(in[0])}, nil // the sum of x^3, whose Hessian has 6 x on its diagonal
	}, []*tl.Tensor{x}, []*tl.Tensor{direction}, tl.HessianForwardOverReverse)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h[0])
	// Output: f32 (3,) [0, 6, 12]
}

// The curvature of a least-squares fit, as Gauss and Newton take it: J' J.
func ExampleContext_GaussNewtonVectorProduct() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	data, w := c.Range(4).Reshape(2, 2), c.Ones(2, 1)
	predict := func(in []*tl.Tensor) ([]*tl.Tensor, error) { return []*tl.Tensor{data.MatMul(in[0])}, nil }
	half := func(z []*tl.Tensor) ([]*tl.Tensor, error) { return []*tl.Tensor{z[0].Square().MulScalar(0.5)}, nil }
	g, err := c.GaussNewtonVectorProduct(predict, 1, half, []*tl.Tensor{w}, []*tl.Tensor{c.Ones(2, 1)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(g[0]) // data' data (1, 1)
	// Output: f32 (2, 1) [[10], [16]]
}

// A function runs once, and is asked twice.
func ExampleContext_NewPullback() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	x := c.Range(3)
	p, values, err := c.NewPullback(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		return []*tl.Tensor{in[0].Square()}, nil
	}, []*tl.Tensor{x}, 1)
	if err != nil {
		log.Fatal(err)
	}
	plain, err := p.Gradients()
	if err != nil {
		log.Fatal(err)
	}
	weighted, err := p.Gradients(c.Range(3))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(values[0], plain[0], weighted[0])
	// Output: f32 (3,) [0, 1, 4] f32 (3,) [0, 2, 4] f32 (3,) [0, 2, 8]
}

// The gradient of a table has only the rows that were looked up, and a step takes time for these alone.
func ExampleTape_GradientRows() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	table := c.Variable(c.Zeros(1000, 2), "table")
	words, _ := tl.NewTensor(c, []int32{7, 3, 7})
	sgd := c.SGD(&tl.SGDOptions{LearningRate: 0.5})
	tape := c.NewTape(nil)
	loss := table.Gather(words, 0).AddScalar(1).Square().Sum()
	gradients, rows, err := tape.GradientRows([]*tl.Tensor{loss}, []*tl.Tensor{table}, nil)
	if err != nil {
		log.Fatal(err)
	}
	err = sgd.ApplyRows(gradients, rows, []*tl.Tensor{table})
	fmt.Println(rows[0], gradients[0], table.Gather(rows[0], 0), err)
	// Output: i64 (2,) [3, 7] f32 (2, 2) [[2, 2], [4, 4]] f32 (2, 2) [[-1, -1], [-2, -2]] <nil>
}

// Gradients of each example: a function of one example, with a tape inside, runs once for the batch.
func ExampleContext_Vmap() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	w := c.Variable(c.Ones(2), "w")
	batch := c.Range(6).Reshape(3, 2)
	each, err := c.Vmap(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		tape := c.NewTape(nil)
		loss := in[0].Mul(w).Sum().Square() // in[0] is one row of the batch
		return tape.Gradient(loss, []*tl.Tensor{w}, nil)
	}, []*tl.Tensor{batch}, nil, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(each[0])
	// Output: f32 (3, 2) [[0, 2], [20, 30], [72, 90]]
}

// All derivatives of the outputs of a function by its argument, and the second derivatives of one that gives a number.
func ExampleContext_Jacobian() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	at := c.Range(2).AddScalar(1)
	jacobian, err := c.Jacobian(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		return []*tl.Tensor{in[0].Square()}, nil
	}, at, nil)
	if err != nil {
		log.Fatal(err)
	}
	hessian, err := c.Hessian(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		return []*tl.Tensor{in[0].Prod()}, nil
	}, at, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(jacobian, hessian)
	// Output: f32 (2, 2) [[2, 0], [0, 4]] f32 (2, 2) [[0, 1], [1, 0]]
}

// A Jacobian of what a tape has recorded, and one of each example.
func ExampleTape_BatchJacobian() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	x := c.Variable(c.Range(4).Reshape(2, 2), "x")
	tape := c.NewTape(&tl.TapeOptions{Persistent: true})
	y := x.Square()
	whole, err := tape.Jacobian(y, []*tl.Tensor{x}, nil)
	if err != nil {
		log.Fatal(err)
	}
	each, err := tape.BatchJacobian(y, x, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(whole[0].Shape(), each)
	// Output: [2 2 2 2] f32 (2, 2, 2) [[[0, 0], [0, 2]], [[4, 0], [0, 6]]]
}
