//go:build cgo && go1.23

package tapeloop

import (
	"iter"
	"strings"
	"testing"
)

func TestRangeOverADataset(t *testing.T) {
	c := newContext(t)
	d := c.Dataset(vector(t, c, 1, 2, 3))
	sum := 0.0
	for batch := range d.All() {
		sum += item(t, batch[0])
	}
	must(t, d.Err())
	for batch := range d.All() {
		sum += 100 * item(t, batch[0])
		break
	}
	for batch := range d.All() { // the rest of the epoch
		sum += 1000 * item(t, batch[0])
	}
	if sum != 6+100+5000 {
		t.Errorf("got %v", sum)
	}
}

func TestDatasetsOfGoIterators(t *testing.T) {
	c := newContext(t)
	begun, stopped := 0, 0
	words := func(epoch uint64) iter.Seq[string] {
		return func(yield func(string) bool) {
			begun++
			defer func() { stopped++ }()
			for _, word := range strings.Fields("a bb ccc dddd") {
				if !yield(word) {
					return
				}
			}
		}
	}
	lengths := DatasetFromSeq(c, 1, words, func(c *Context, word string) ([]*Tensor, error) {
		return []*Tensor{c.Scalar(I64, float64(len(word)))}, nil
	})
	gives(t, lengths, 1, 2, 3, 4)
	ahead := lengths.Prefetch(1)
	if !ahead.Next() || item(t, ahead.Batch()[0]) != 1 {
		t.Error(ahead.Err())
	}
	must(t, ahead.Seek(1, 2))
	gives(t, ahead, 3, 4)
	must(t, ahead.Close())
	must(t, lengths.Close())
	if begun != 3 || stopped != 3 {
		t.Errorf("%d passes were begun and %d stopped", begun, stopped)
	}
	wants(t, DatasetFromSeq[string](c, 1, nil, nil).Err(), ErrInvalidArgument, "got nil")
}
