//go:build cgo && go1.23

package tapeloop

import (
	"io"
	"iter"
)

// All ranges over the elements of the dataset's present epoch: for batch := range train.All() { ... }. Look at Err after it. A
// loop that is left early goes on at the next element.
func (d *Dataset) All() iter.Seq[[]*Tensor] {
	return func(yield func([]*Tensor) bool) {
		for d.Next() {
			if !yield(d.Batch()) {
				return
			}
		}
	}
}

// DatasetFromSeq is elements of width tensors that convert makes of the values of an iterator, which begin starts for each epoch. As
// DatasetFromIterator, whose words hold here, too. The iterator is stopped when its
// pass is given up; a panic of its deferred calls is then lost.
func DatasetFromSeq[T any](c *Context, width int, begin func(epoch uint64) iter.Seq[T], convert func(c *Context, value T) ([]*Tensor, error)) *Dataset {
	if begin == nil || convert == nil {
		return c.DatasetFromIterator(width, nil)
	}
	return c.datasetFromPasses(width, func(epoch uint64) (NextFunc, func(), error) {
		next, stop := iter.Pull(begin(epoch))
		return func(c *Context) ([]*Tensor, error) {
			value, ok := next()
			if !ok {
				return nil, io.EOF
			}
			return convert(c, value)
		}, stop, nil
	})
}
