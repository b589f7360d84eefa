//go:build cgo

package tapeloop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"sync/atomic"
	"testing"
)

// drained is all numbers of the rest of an epoch.
func drained(t testing.TB, d *Dataset) []int64 {
	t.Helper()
	all := []int64{}
	for d.Next() {
		for _, x := range d.Batch() {
			values, err := Values[int64](x)
			must(t, err)
			all = append(all, values...)
		}
	}
	must(t, d.Err())
	return all
}

func gives(t testing.TB, d *Dataset, want ...int64) {
	t.Helper()
	if got := drained(t, d); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFunctionsAndIteratorsAreSources(t *testing.T) {
	c := newContext(t)
	cubes := c.DatasetFromFunc(4, 1, func(c *Context, at ElementPlace, _ []*Tensor) ([]*Tensor, error) {
		x := c.Scalar(I64, float64(at.Index*at.Index*at.Index+int64(at.Epoch)))
		return []*Tensor{x}, nil
	}).Prefetch(2)
	gives(t, cubes, 0, 1, 8, 27)
	gives(t, cubes, 1, 2, 9, 28)

	records := func(epoch uint64) (NextFunc, error) {
		channel := make(chan int64, 3)
		for i := int64(0); i < 3; i++ {
			channel <- 10*i + int64(epoch)
		}
		close(channel)
		return func(c *Context) ([]*Tensor, error) {
			n, ok := <-channel
			if !ok {
				return nil, io.EOF
			}
			return []*Tensor{c.Scalar(I64, float64(n))}, nil
		}, nil
	}
	read := c.DatasetFromIterator(1, records)
	if read.Len() != DatasetUnknownSize || read.Repeat(-1).Len() != DatasetInfiniteSize {
		t.Errorf("got %d and %d", read.Len(), read.Repeat(-1).Len())
	}
	gives(t, read, 0, 10, 20)
	twice := read.Repeat(2)
	gives(t, twice, 0, 10, 20, 1, 11, 21)
	must(t, twice.Seek(0, 4))
	gives(t, twice, 11, 21)
}

func augmented(c *Context, threads int32) *Dataset {
	return c.DatasetRange(0, 30, 1).Shuffle(3).Map(2, &MapOptions{Threads: threads, Seed: 9},
		func(c *Context, _ ElementPlace, in []*Tensor) ([]*Tensor, error) {
			return []*Tensor{in[0].Cast(F32).Add(c.Normal()), in[0]}, nil
		}).Batched(4, false).Prefetch(2)
}

func batchText(t testing.TB, d *Dataset) string {
	t.Helper()
	noisy, err := Values[float32](d.Batch()[0])
	must(t, err)
	plain, err := Values[int64](d.Batch()[1])
	must(t, err)
	return fmt.Sprint(noisy, plain)
}

func TestAugmentationHasTheSameBits(t *testing.T) {
	c := newContext(t)
	var want []string
	for _, threads := range []int32{0, 1, 2, 4} {
		train, got := augmented(c, threads), []string{}
		for train.Next() {
			got = append(got, batchText(t, train))
		}
		must(t, train.Err())
		if want == nil {
			want = got
		}
		if len(got) != 8 || !reflect.DeepEqual(got, want) {
			t.Errorf("%d threads give %v, not %v", threads, got, want)
		}
		if share := train.InputWait(); !(share >= 0 && share <= 100) || !(train.Waited() >= 0) {
			t.Errorf("waited %v s, %v %%", train.Waited(), share)
		}
	}
	train := augmented(c, 2)
	for place := range want {
		position, err := train.SavePosition()
		must(t, err)
		again := augmented(c, 1)
		must(t, again.RestorePosition(position))
		if again.Position() != int64(place) || !again.Next() || batchText(t, again) != want[place] {
			t.Errorf("at %d: %v", place, again.Err())
		}
		wants(t, again.RestorePosition(position[1:]), ErrInvalidArgument, "position")
		wants(t, again.RestorePosition(nil), ErrInvalidArgument, "position")
		if other, err := train.SavePosition(); err != nil || !bytes.Equal(other, position) {
			t.Errorf("the position moved: %v", err)
		}
		if !train.Next() {
			t.Fatal(train.Err())
		}
	}
}

func TestErrorsOfFunctionsEndTheIteration(t *testing.T) {
	c := newContext(t)
	full := errors.New("the disk of this test is full")
	for _, threads := range []int32{0, 2} {
		d := c.DatasetRange(0, 9, 1).Map(1, &MapOptions{Threads: threads},
			func(c *Context, at ElementPlace, in []*Tensor) ([]*Tensor, error) {
				switch at.Index {
				case 3:
					return nil, full
				case 4:
					panic("at four")
				case 5:
					runtime.Goexit()
				case 6:
					return []*Tensor{in[0], in[0]}, nil
				case 7:
					return []*Tensor{in[0].MatMul(in[0])}, nil
				}
				return in, nil
			}).Prefetch(1)
		for i := int64(0); i < 3; i++ {
			if !d.Next() || item(t, d.Batch()[0]) != float64(i) {
				t.Fatalf("at %d: %v", i, d.Err())
			}
		}
		for again := 0; again < 2; again++ {
			if d.Next() || d.Err() != full || d.Position() != 3 {
				t.Errorf("got %v at %d", d.Err(), d.Position())
			}
			must(t, c.Err())
		}
		fails := func(at int64) error {
			must(t, d.Seek(0, at))
			if d.Next() {
				t.Errorf("element %d came", at)
			}
			return d.Err()
		}
		var p *PanicError
		if err := fails(4); !errors.As(err, &p) || p.Value != "at four" || len(p.Stack) == 0 {
			t.Errorf("got %v", err)
		}
		if err := fails(5); !errors.As(err, &p) || p.Value != nil {
			t.Errorf("got %v", err)
		}
		wants(t, fails(6), ErrInvalidArgument, "must give 1 tensors: got 2")
		wants(t, fails(7), ErrInvalidArgument, "matmul")
		must(t, d.Seek(0, 8))
		gives(t, d, 8)
	}
	odd := c.DatasetRange(0, 9, 1).Filter(0, func(c *Context, _ ElementPlace, in []*Tensor) (bool, error) {
		n, err := in[0].Item()
		return int64(n)%2 == 1, err
	})
	gives(t, odd, 1, 3, 5, 7)
	wants(t, c.DatasetRange(0, 1, 1).Map(1, nil, nil).Err(), ErrInvalidArgument, "got nil")
	wants(t, c.DatasetRange(0, 1, 1).Map(0, nil, func(*Context, ElementPlace, []*Tensor) ([]*Tensor, error) { return nil, nil }).Err(), ErrInvalidArgument, "1 to ")
	wants(t, c.DatasetFromIterator(-1, func(uint64) (NextFunc, error) { return nil, nil }).Err(), ErrInvalidArgument, "at least 1")
	none := c.DatasetFromIterator(1, func(uint64) (NextFunc, error) { return nil, full })
	if none.Next() || none.Err() != full {
		t.Errorf("got %v", none.Err())
	}
	empty := c.DatasetFromIterator(1, func(uint64) (NextFunc, error) { return nil, nil })
	if empty.Next() {
		t.Error("there is an element")
	}
	wants(t, empty.Err(), ErrInvalidArgument, "got nil")
}

func TestStagesOfPipelines(t *testing.T) {
	c := newContext(t)
	low, high := c.DatasetRange(0, 3, 1), c.DatasetRange(10, 12, 1)
	gives(t, c.DatasetConcatenate(low, high), 0, 1, 2, 10, 11)
	gives(t, c.DatasetZip(low, high), 0, 10, 1, 11)
	gives(t, c.DatasetInterleave(2, 1, low, high), 0, 10, 1, 11, 2)
	gives(t, low.Batched(2, false).Unbatch(), 0, 1, 2)
	gives(t, low.Window(2, 1, true), 0, 1, 1, 2)
	gives(t, low.Cache().Repeat(2), 0, 1, 2, 0, 1, 2)
	if n := len(drained(t, low.ShuffleBuffer(1, 2))); n != 3 {
		t.Errorf("got %d", n)
	}
	pairs := low.Repeat(2).Batched(2, true)
	gives(t, pairs.PaddedBatch(3, false, 0), 0, 1, 2, 0, 1, 2)
	gives(t, pairs.BucketByLength(Buckets{Boundaries: []int64{2}, Sizes: []int64{1, 3}, Padding: []float64{0}}), 0, 1, 2, 0, 1, 2)
	mixed := c.DatasetSampleFrom([]float64{1, 0}, 4, false, low.Repeat(-1), high.Repeat(-1))
	ahead := mixed.Prefetch(5)
	for i := 0; i < 10; i++ {
		if i == 5 {
			must(t, mixed.SetWeights(0, 1))
		}
		if !ahead.Next() || (item(t, ahead.Batch()[0]) >= 10) != (i >= 5) {
			t.Errorf("draw %d: %v", i, ahead.Err())
		}
	}
	wants(t, mixed.SetWeights(1), ErrInvalidArgument, "a weight for each source")
	cached := mixed.Take(4).Cache()
	wants(t, mixed.SetWeights(1, 0), ErrFailedPrecondition, "cache the sources")
	must(t, cached.Close())
	wants(t, c.DatasetSampleFrom(nil, 0, false, low).Err(), ErrInvalidArgument, "got 0 for 1")
	wants(t, c.DatasetZip().Err(), ErrInvalidArgument, "at least 1 source")
	wants(t, low.Take(0).Repeat(-1).Err(), ErrFailedPrecondition, "must have an element")
	wants(t, c.DatasetZip(low, nil).Err(), ErrInvalidArgument, "nil")
}

// A closed dataset gives up its functions.
func TestFunctionsOfPipelinesEnd(t *testing.T) {
	c := newContext(t)
	ended := new(atomic.Bool)
	func() {
		kept := new([64]int)
		runtime.SetFinalizer(kept, func(*[64]int) { ended.Store(true) })
		d := c.DatasetRange(0, 9, 1).Map(1, &MapOptions{Threads: 2}, func(c *Context, at ElementPlace, in []*Tensor) ([]*Tensor, error) {
			kept[at.Index]++
			return in, nil
		})
		if !d.Next() {
			t.Error(d.Err())
		}
		must(t, d.Close())
	}()
	for i := 0; i < 100 && !ended.Load(); i++ {
		runtime.GC()
		runtime.Gosched()
	}
	if !ended.Load() {
		t.Error("the function is still there")
	}
}
