//go:build cgo

package tapeloop

import "testing"

func TestRecordingsComeToAnEnd(t *testing.T) {
	c := newContext(t)
	runs := 0
	f := c.NewFunction(func(in []*Tensor) ([]*Tensor, error) {
		runs++
		return []*Tensor{in[0].Sum()}, nil
	}, 1, &FunctionOptions{MostRecordings: 2})
	call := func(size int64) {
		out, err := f.Call(c.Ones(size))
		must(t, err)
		if got := item(t, out[0]); got != float64(size) {
			t.Errorf("the sum of %d ones is %v", size, got)
		}
	}
	for i := int64(0); i < 8; i++ {
		call(1 + i%4)
	}
	s, err := f.Statistics()
	must(t, err)
	if runs != 6 || s.Traces != 2 || s.Replays != 2 || s.UnrecordedCalls != 4 {
		t.Errorf("%d runs, %+v", runs, s)
	}
	must(t, f.Forget())
	call(4)
	if s, err = f.Statistics(); err != nil || s.Traces != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	wants(t, c.NewFunction(f.step.compute, 1, &FunctionOptions{MostRecordings: -1}).Err(), ErrInvalidArgument, "must not be negative")
}

func TestAMachineSetsABound(t *testing.T) {
	c := newContext(t)
	f := c.NewFunction(func(in []*Tensor) ([]*Tensor, error) {
		return []*Tensor{in[0].MatMul(in[0]).Square().Sum()}, nil
	}, 1, nil)
	x := c.Ones(32, 32)
	peaks, err := c.MeasurePeaks(&PeakOptions{Turns: 1})
	must(t, err)
	if peaks.Threads != 1 || !(peaks.Flops > 0 && peaks.DramBandwidth > 0) || peaks.L1Bytes == 0 {
		t.Errorf("%+v", peaks)
	}
	_, err = f.Bound(peaks)
	wants(t, err, ErrFailedPrecondition, "must have a plan")
	for i := 0; i < 2; i++ {
		_, err := f.Call(x)
		must(t, err)
	}
	s, err := f.Statistics()
	must(t, err)
	peaks.Flops, peaks.L1Bytes, peaks.L2Bytes, peaks.L2Bandwidth = 1e9, 0, 1<<20, 1e12
	b, err := f.Bound(peaks)
	must(t, err)
	want := FunctionBound{s.Flops / 1e9, s.Flops / 1e9, s.MovedBytes / 1e12, 2}
	if b != want || s.Kernels != 2 || s.Clusters != 1 {
		t.Errorf("got %+v of %+v", b, s)
	}
	_, err = f.Bound(nil)
	wants(t, err, ErrInvalidArgument, "'flops' of the peaks must be above 0")
	_, err = c.MeasurePeaks(&PeakOptions{Turns: -1})
	wants(t, err, ErrInvalidArgument, "'turns' must be at most 10000")
}
