// An augmenting pipeline: digits that are shifted and get noise on threads of their own, with the same bits for any number of threads.
//
// A network learns 3,000 digits twice, as they are and augmented, and is asked for digits that are shifted.
package main

import (
	"fmt"
	"log"
	"os"

	tl "tapeloop"
)

const most, side = 3, 28

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal("augmentation: ", err)
	}
	return value
}

func digits(c *tl.Context, part tl.DataPart) *tl.Dataset {
	return check(c.IDXFolder(os.Getenv("TAPELOOP_DIGITS"), part, 0)) // examples/run says where they are
}

// augmented is images in [0, 1], moved by up to most pixels each way, with noise: other numbers for each element of each epoch.
func augmented(digits *tl.Dataset, threads int32, seed uint64) *tl.Dataset {
	return digits.Map(2, &tl.MapOptions{Threads: threads, Seed: seed}, func(c *tl.Context, place tl.ElementPlace, in []*tl.Tensor) ([]*tl.Tensor, error) {
		const ways = 2*most + 1
		dy, dx := int64(place.Seed%ways), int64(place.Seed/64%ways)
		image := in[0].Cast(tl.F32).Div(c.Scalar(tl.F32, 255))
		image = image.Pad([]int64{most, most}, []int64{most, most}).Slice([]int64{dy, dx}, []int64{dy + side, dx + side})
		return []*tl.Tensor{image.Add(c.Normal(side, side).MulScalar(.1)), in[1]}, nil
	})
}

// trained is the share of shifted digits that a network knows, and its last loss; threads < 0: it learned the digits as they are.
func trained(threads int32) (known, last float64) {
	c := check(tl.NewContext(&tl.ContextOptions{Seed: 1, Threads: 1}))
	defer c.Close()
	train := digits(c, tl.DataTrain).Take(3000).Shuffle(1)
	if threads >= 0 {
		train = augmented(train, threads, 2).Batched(32, true)
	} else {
		train = train.Batched(32, true).Cast(0, tl.F32, 255)
	}
	train = train.Prefetch(4)
	test := augmented(digits(c, tl.DataTest), 1, 3).Batched(500, false)
	net := c.Sequential(c.Dense(128, &tl.DenseOptions{Activation: tl.ActivationRelu}), c.Dense(10, nil))
	adam := c.Adam(nil)
	check(0, net.Call(c.Zeros(1, side*side), false).Err()) // makes the weights
	weights := net.TrainableVariables()
	step := c.NewFunction(func(in []*tl.Tensor) ([]*tl.Tensor, error) {
		tape := c.NewTape(nil)
		loss := tl.SparseCategoricalCrossEntropy(in[1], net.Call(in[0].FlattenFrom(1), true), nil)
		gradients, err := tape.Gradient(loss, weights, nil)
		if err != nil {
			return nil, err
		}
		return []*tl.Tensor{loss}, adam.Apply(gradients, weights)
	}, 1, nil)
	for epoch := 0; epoch < 10; epoch++ {
		for train.Next() {
			last = check(step.CallItem(train.Batch()...))
		}
		check(0, train.Err())
	}
	accuracy := c.SparseCategoricalAccuracy("")
	for test.Next() {
		check(0, c.Scope(func() error {
			return accuracy.UpdatePredictions(test.Batch()[1], net.Call(test.Batch()[0].FlattenFrom(1), false), nil)
		}))
	}
	check(0, test.Err())
	fmt.Fprintf(os.Stderr, "input wait %.1f %% of the last epoch\n", train.InputWait())
	return check(accuracy.Result()), last
}

func main() {
	plain, _ := trained(-1)
	one, loss := trained(0)
	two, sameLoss := trained(2)
	fmt.Printf("shifted digits, learned as they are: %.4f\n", plain)
	fmt.Printf("shifted digits, learned augmented: %.4f\n", one)
	if one != two || loss != sameLoss || one <= plain {
		os.Exit(1)
	}
	fmt.Println("the same to the last bit with two threads")
}
