//go:build cgo && go1.23

package tapeloop

import "iter"

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
