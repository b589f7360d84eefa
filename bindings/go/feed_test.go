//go:build cgo

package tapeloop

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

func newFeed(t testing.TB, c *Context) *Feed {
	t.Helper()
	f := c.NewFeed(c.Zeros(8, 5).Cast(U8), c.Zeros(8).Cast(I32))
	must(t, f.Err())
	return f
}

// fillWith writes a number into all elements of a batch.
func fillWith(f *Feed, value, rows int) error {
	return f.Fill(func(b *FeedBatch) (int, error) {
		pixels, err := FeedData[uint8](b, 0)
		if err != nil {
			return 0, err
		}
		numbers, err := FeedData[int32](b, 1)
		if err != nil {
			return 0, err
		}
		for i := range pixels {
			pixels[i] = uint8(value)
		}
		for i := range numbers {
			numbers[i] = int32(value)
		}
		return rows, nil
	})
}

func TestStepsReadWhatAnotherGoroutineWrites(t *testing.T) {
	c := newContext(t)
	f := newFeed(t, c)
	runs := 0
	sum := c.NewFunction(func(in []*Tensor) ([]*Tensor, error) {
		runs++
		return []*Tensor{in[0].Cast(F32).MulScalar(1.0 / 255).Sum()}, nil
	}, 1, &FunctionOptions{PolymorphicBatch: true})
	produced := make(chan error, 1)
	go func() {
		defer f.Finish()
		for b := 0; b < 30; b++ {
			rows := 8
			if b == 29 {
				rows = 3
			}
			if err := fillWith(f, b, rows); err != nil {
				produced <- err
				return
			}
		}
		produced <- nil
	}()
	batches := 0
	for f.Next() {
		rows := f.Batch()[0].Shape()[0]
		out, err := sum.Call(f.Batch()...)
		must(t, err)
		want := float64(rows) * 5 * float64(batches) / 255
		if got := item(t, out[0]); got < want-1e-5*want || got > want+1e-5*want {
			t.Errorf("batch %d: %v became %v", batches, want, got)
		}
		batches++
	}
	must(t, f.Err())
	must(t, <-produced)
	if waited, err := f.Waited(); err != nil || waited < 0 {
		t.Error(waited, err)
	}
	if batches != 30 || runs != 2 {
		t.Errorf("%d batches, %d runs", batches, runs)
	}
}

func TestWhatIsKeptOfAFeedStays(t *testing.T) {
	c := newContext(t)
	f := newFeed(t, c)
	var kept []*Tensor
	for b := 0; b < 5; b++ {
		must(t, fillWith(f, b, 8))
		if !f.Next() {
			t.Fatal(f.Err())
		}
		kept = append(kept, f.Batch()[1].MulScalar(1), f.Batch()[1].Keep())
	}
	must(t, f.Close())
	runtime.GC()
	for i, k := range kept {
		values, err := Values[int32](k)
		must(t, err)
		for _, v := range values {
			if v != int32(i/2) {
				t.Fatalf("tensor %d became %v", i, values)
			}
		}
	}
}

func TestWrongUseOfFeeds(t *testing.T) {
	c := newContext(t)
	f := newFeed(t, c)
	refused := func(err error, code Code, text string) {
		t.Helper()
		if !errors.Is(err, code) || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v", err)
		}
	}
	refused(f.Fill(nil), ErrInvalidArgument, "nil")
	refused((*Feed)(nil).Fill(func(*FeedBatch) (int, error) { return 1, nil }), ErrInvalidArgument, "nil")
	refused(fillWith(f, 1, 9), ErrInvalidArgument, "1 row or more")
	own := errors.New("no more disk")
	if err := f.Fill(func(*FeedBatch) (int, error) { return 0, own }); err != own {
		t.Error(err)
	}
	var escaped *FeedBatch
	must(t, f.Fill(func(b *FeedBatch) (int, error) {
		escaped = b
		_, err := FeedData[float32](b, 0)
		refused(err, ErrInvalidArgument, "dtype")
		_, err = FeedData[uint8](b, 2)
		refused(err, ErrInvalidArgument, "number 2 of 2")
		return 2, nil
	}))
	_, err := FeedData[uint8](escaped, 0)
	refused(err, ErrFailedPrecondition, "handed over")
	if !f.Next() || f.Batch()[0].Shape()[0] != 2 {
		t.Error(f.Err())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	if f.NextContext(ctx) || !errors.Is(f.Err(), context.DeadlineExceeded) {
		t.Error(f.Err())
	}
	must(t, f.Finish())
	refused(fillWith(f, 1, 1), ErrFailedPrecondition, "finished")
	if f.Next() || f.Err() != nil {
		t.Error(f.Err())
	}
	must(t, f.Keep().Close())
	refused(fillWith(f, 1, 1), ErrInvalidArgument, "open")
	refused(c.NewFeed(c.Scalar(F32, 1)).Err(), ErrInvalidArgument, "first dimension")

	// A producer that waits for a slot learns that the feed has gone.
	waiting := newFeed(t, c)
	ended := make(chan error, 1)
	go func() {
		for {
			if err := fillWith(waiting, 1, 1); err != nil {
				ended <- err
				return
			}
		}
	}()
	if !waiting.Next() {
		t.Error(waiting.Err())
	}
	must(t, waiting.Close())
	if err := <-ended; !errors.Is(err, ErrCancelled) && !errors.Is(err, ErrInvalidArgument) {
		t.Error(err)
	}
}
