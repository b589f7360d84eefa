//go:build cgo && go1.23

package tapeloop

import "testing"

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
