//go:build cgo

package tapeloop_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	tl "tapeloop"
)

// The program of README.md.
func Example() {
	c, err := tl.NewContext(nil)
	defer c.Close()
	x := c.Normal(100, 3)
	y := x.SumAxes([]int64{1}, true) // what w has to learn: to add
	w := c.Variable(c.Zeros(3, 1), "w")
	adam, variables := c.Adam(&tl.AdamOptions{LearningRate: 0.1}), []*tl.Tensor{w}
	for step := 0; step < 300 && err == nil; step++ {
		err = c.Scope(func() error { // frees every tensor that is made in it
			tape := c.NewTape(nil)
			loss := x.MatMul(w).Sub(y).Square().Mean()
			gradients, err := tape.Gradient(loss, variables, nil)
			if err != nil {
				return err // the first op that failed, the rule, the values got
			}
			return adam.Apply(gradients, variables)
		})
	}
	values, _ := tl.Values[float32](w)
	fmt.Printf("%.2f %v\n", values, err)
	// Output: [1.00 1.00 1.00] <nil>
}

func ExampleError() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	loss := c.Zeros(2, 3).MatMul(c.Zeros(4, 5)).Relu().Mean()
	_, err := loss.Item()
	var e *tl.Error
	fmt.Println(errors.Is(err, tl.ErrInvalidArgument), errors.As(err, &e), e.Op)
	fmt.Println(c.Ones(2, 2).Sum()) // the context works again
	// Output:
	// true true matmul
	// f32 () 4
}

func ExampleTape_Gradient() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	x := c.Variable(c.Scalar(tl.F64, 2), "x")
	outer, inner := c.NewTape(nil), c.NewTape(nil)
	first, err := inner.Gradient(x.Mul(x).Mul(x), []*tl.Tensor{x}, nil)
	if err != nil {
		log.Fatal(err)
	}
	second, err := outer.Gradient(first[0], []*tl.Tensor{x}, nil)
	fmt.Println(first[0], second[0], err)
	// Output: f64 () 12 f64 () 12 <nil>
}

func ExampleContext_Scope() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	var kept *tl.Tensor
	err := c.Scope(func() error {
		kept = c.Range(3).Square().AddScalar(1).Keep() // the tensors between end with the scope
		return nil
	})
	stats, _ := c.Statistics()
	fmt.Println(kept, stats.Tensors, err)
	// Output: f32 (3,) [1, 2, 5] 1 <nil>
}

func ExampleDataset() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	data := c.Dataset(c.Range(5), c.Range(5).Square()).Batched(2, false)
	for data.Next() {
		x, y := data.Batch()[0], data.Batch()[1]
		fmt.Println(x, y)
	}
	fmt.Println(data.Err())
	// Output:
	// f32 (2,) [0, 1] f32 (2,) [0, 1]
	// f32 (2,) [2, 3] f32 (2,) [4, 9]
	// f32 (1,) [4] f32 (1,) [16]
	// <nil>
}

func ExampleContext_Do() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go cancel()
	err := c.Do(ctx, func() error {
		for {
			if err := c.Scope(func() error { return c.Normal(100, 100).Exp().Mean().Err() }); err != nil {
				return err
			}
		}
	})
	fmt.Println(errors.Is(err, context.Canceled), c.Ones(2).Sum())
	// Output: true f32 () 2
}

func ExampleNewTensor() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	x, err := tl.NewTensor(c, []float32{1, 2, 3, 4, 5, 6}, 2, 3)
	if err != nil {
		log.Fatal(err)
	}
	sums, err := tl.Values[float32](x.SumAxes([]int64{0}, false))
	fmt.Println(x, sums, err)
	// Output: f32 (2, 3) [[1, 2, 3], [4, 5, 6]] [5 7 9] <nil>
}

// A training step that is recorded once; from the second call on it runs as a plan, with the same bits.
func ExampleContext_NewFunction() {
	c, _ := tl.NewContext(nil)
	defer c.Close()
	w, runs := c.Variable(c.Zeros(2, 1), "w"), 0
	sgd, variables := c.SGD(&tl.SGDOptions{LearningRate: 0.125}), []*tl.Tensor{w}
	train := c.NewFunction(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		runs++
		tape := c.NewTape(nil)
		loss := in[0].MatMul(w).Sub(in[1]).Square().Mean()
		gradients, err := tape.Gradient(loss, variables, nil)
		if err != nil {
			return nil, err
		}
		return []*tl.Tensor{loss}, sgd.Apply(gradients, variables)
	}, 1, nil)
	x := c.Range(4).Reshape(2, 2)
	y := x.SumAxes([]int64{1}, true)
	for step := 0; step < 200; step++ {
		err := c.Scope(func() error { _, err := train.Call(x, y); return err })
		if err != nil {
			log.Fatal(err)
		}
	}
	stats, err := train.Statistics()
	weights, _ := tl.Values[float32](w)
	fmt.Printf("%.2f %d %d %v\n", weights, runs, stats.Replays, err)
	// Output: [1.00 1.00] 1 199 <nil>
}
