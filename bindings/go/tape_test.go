//go:build cgo

package tapeloop

import (
	"runtime"
	"testing"
)

func TestGradientsOfAnyOrder(t *testing.T) {
	c := newContext(t)
	x := c.Variable(c.Scalar(F64, 3), "x")
	outer := c.NewTape(nil)
	inner := c.NewTape(nil)
	y := x.Mul(x).Mul(x)
	first, err := inner.Gradient(y, []*Tensor{x}, nil)
	must(t, err)
	second, err := outer.Gradient(first[0], []*Tensor{x}, nil)
	must(t, err)
	holds(t, first[0], nil, 27)
	holds(t, second[0], nil, 18)
}

func TestTapeIsConsumedUnlessPersistent(t *testing.T) {
	c := newContext(t)
	x := c.Variable(c.Scalar(F64, 2), "x")
	once := c.NewTape(nil)
	y := x.Square()
	_, err := once.Gradient(y, []*Tensor{x}, nil)
	must(t, err)
	_, err = once.Gradient(y, []*Tensor{x}, nil)
	wants(t, err, ErrFailedPrecondition, "consumed")
	stats, err := once.Statistics()
	must(t, err)
	if !stats.Consumed || stats.Recording {
		t.Errorf("got %+v", stats)
	}

	often := c.NewTape(&TapeOptions{Persistent: true})
	y = x.Square()
	for i := 0; i < 3; i++ {
		grads, err := often.Gradient(y, []*Tensor{x}, nil)
		must(t, err)
		holds(t, grads[0], nil, 4)
	}
	must(t, often.Close())
	must(t, often.Close())
	_, err = often.Gradient(y, []*Tensor{x}, nil)
	wants(t, err, ErrInvalidArgument, "released")
}

func TestWatchPauseAndOptions(t *testing.T) {
	c := newContext(t)
	x, v := vector(t, c, 1, 2), c.Variable(c.Scalar(F32, 5), "v")
	tape := c.NewTape(&TapeOptions{IgnoreVariables: true})
	must(t, tape.Watch(x))
	y := x.Mul(v)
	must(t, tape.StopRecording(func() error { y = y.Add(x.MulScalar(100)); return nil }))
	must(t, tape.Pause())
	wants(t, tape.Pause(), ErrFailedPrecondition, "")
	must(t, tape.Resume())
	seed := vector(t, c, 1, 10)
	grads, err := tape.Gradient(y.Square(), []*Tensor{x, v}, &GradientOptions{OutputGradients: []*Tensor{seed}})
	must(t, err)
	// y is cut off from the tape by the addition that was not recorded.
	if grads[0] != nil || grads[1] != nil {
		t.Errorf("got %v", grads)
	}

	tape = c.NewTape(nil)
	must(t, tape.Watch(x))
	y = x.Mul(v)
	watched, err := tape.WatchedVariables()
	must(t, err)
	if len(watched) != 1 || watched[0].Name() != "v" {
		t.Errorf("got %v", watched)
	}
	other := c.Variable(c.Scalar(F32, 5), "other")
	grads, err = tape.Gradient(y, []*Tensor{x, v, other}, &GradientOptions{Unconnected: UnconnectedZero, OutputGradients: []*Tensor{seed}})
	must(t, err)
	holds(t, grads[0], []int64{2}, 5, 50)
	holds(t, grads[1], nil, 21)
	holds(t, grads[2], nil, 0)

	tape = c.NewTape(nil)
	y = x.Mul(v)
	_, err = tape.Gradient(y, []*Tensor{other}, &GradientOptions{Unconnected: UnconnectedError})
	wants(t, err, ErrInvalidArgument, "other")
	tape = c.NewTape(nil)
	y, z := v.Square(), v.MulScalar(3)
	grads, err = tape.GradientOf([]*Tensor{y, z}, []*Tensor{v}, nil)
	must(t, err)
	holds(t, grads[0], nil, 13)
	must(t, tape.End())
	wants(t, tape.Resume(), ErrFailedPrecondition, "")

	tape = c.NewTape(nil)
	y = v.Square()
	must(t, tape.Reset())
	grads, err = tape.Gradient(y, []*Tensor{v}, nil)
	must(t, err)
	if grads[0] != nil {
		t.Errorf("a tape that was reset still knows %v", grads[0])
	}
}

func TestManyWatchedVariables(t *testing.T) {
	c := newContext(t)
	tape, sum := c.NewTape(nil), c.Scalar(F32, 0)
	for i := 0; i < 40; i++ {
		sum = sum.Add(c.Variable(c.Scalar(F32, float64(i)), ""))
	}
	watched, err := tape.WatchedVariables()
	must(t, err)
	if len(watched) != 40 || item(t, watched[39]) != 39 {
		t.Errorf("got %d variables", len(watched))
	}
}

func TestScopesFreeAndKeep(t *testing.T) {
	c := newContext(t)
	x := vector(t, c, 1, 2, 3)
	before, err := c.Statistics()
	must(t, err)
	var kept, lost *Tensor
	var tape *Tape
	must(t, c.Scope(func() error {
		for i := 0; i < 300; i++ {
			lost = x.MulScalar(float64(i))
		}
		tape = c.NewTape(nil).Keep()
		return c.Scope(func() error {
			kept = x.MulScalar(2).Keep().Keep()
			return nil
		})
	}))
	holds(t, kept, []int64{3}, 2, 4, 6)
	wants(t, lost.Neg().Err(), ErrInvalidArgument, "released")
	must(t, tape.End())
	must(t, tape.Close())
	must(t, kept.Close())
	must(t, kept.Close())
	var after Statistics
	as := func() bool { // the tensors of this test outside of scopes end by themselves
		after, err = c.Statistics()
		return err == nil && after.Tensors == before.Tensors && after.Scopes == 0 && after.Tapes == 0
	}
	if !eventually(as) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	// A panic in a scope goes on, and the scope is ended.
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		c.Scope(func() error { x.Neg(); panic("mine") })
	}()
	if !as() {
		t.Errorf("after the panic %+v, %v", after, err)
	}
	runtime.KeepAlive(x)
}
