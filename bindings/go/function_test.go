//go:build cgo

package tapeloop

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
)

// classifier is a linear one with SGD, whose step counts its runs.
type classifier struct {
	c         *Context
	variables []*Tensor
	optimizer *Optimizer
	train     *Function
	runs      int
	then      func(loss *Tensor) error // what a step does besides
}

func newClassifier(t testing.TB, c *Context, options *FunctionOptions) *classifier {
	t.Helper()
	w := c.Range(12).MulScalar(7).AddScalar(1).Sin()
	m := &classifier{c: c, optimizer: c.SGD(nil)}
	m.variables = []*Tensor{c.Variable(w.Reshape(4, 3), "w"), c.Variable(c.Zeros(3), "b")}
	m.train = c.NewFunction(m.step, 1, options)
	must(t, m.train.Err())
	return m
}

func (m *classifier) step(in []*Tensor) ([]*Tensor, error) {
	m.runs++
	tape := m.c.NewTape(nil)
	loss := in[1].SparseSoftmaxCrossEntropy(in[0].MatMul(m.variables[0]).Add(m.variables[1])).Mean()
	gradients, err := tape.Gradient(loss, m.variables, nil)
	if err != nil {
		return nil, err
	}
	if err := m.optimizer.Apply(gradients, m.variables); err != nil {
		return nil, err
	}
	if m.then != nil {
		err = m.then(loss)
	}
	return []*Tensor{loss}, err
}

// batch is images and classes, the last of which is `last`.
func batch(t testing.TB, c *Context, rows, seed int, last int32) []*Tensor {
	t.Helper()
	pixels, classes := make([]float32, 4*rows), make([]int32, rows)
	for i := range pixels {
		pixels[i] = float32((i*31+seed*17)%11-5) / 5
	}
	for i := range classes {
		classes[i] = int32(i % 3)
	}
	classes[rows-1] = last
	x, err := NewTensor(c, pixels, int64(rows), 4)
	must(t, err)
	y, err := NewTensor(c, classes)
	must(t, err)
	return []*Tensor{x, y}
}

// loss is that of one call of the function on a batch.
func (m *classifier) loss(t testing.TB, rows, seed int) float64 {
	t.Helper()
	out, err := m.train.Call(batch(t, m.c, rows, seed, 1)...)
	must(t, err)
	return item(t, out[0])
}

func (m *classifier) statistics(t testing.TB) FunctionStatistics {
	t.Helper()
	s, err := m.train.Statistics()
	must(t, err)
	return s
}

func TestTwoRecordingsServeAllSizesOfABatch(t *testing.T) {
	c := newContext(t)
	eager, compiled := newClassifier(t, c, nil), newClassifier(t, c, &FunctionOptions{PolymorphicBatch: true, Verify: true})
	for i := 0; i < 16; i++ {
		rows := 4 + i%8
		out, err := eager.step(batch(t, c, rows, i, 1))
		must(t, err)
		if want, got := item(t, out[0]), compiled.loss(t, rows, i); want != got {
			t.Errorf("step %d: %v became %v", i, want, got)
		}
	}
	if s := compiled.statistics(t); compiled.runs != 5 || s.Traces != 5 || s.ResizedPlans != 3 || s.Replays != 11 {
		reasons, _ := compiled.train.RetraceReasons()
		t.Errorf("%d runs, %+v, %q", compiled.runs, s, reasons)
	}
}

func TestSumsAreReassociatedOnlyWhenAllowed(t *testing.T) {
	c := newContext(t)
	inputs := []*Tensor{c.Normal(8, 64), c.Normal(8, 64), c.Uniform(8, 1), c.Normal(64, 16)}
	flops := func(allowed bool) float64 {
		f := c.NewFunction(func(x []*Tensor) ([]*Tensor, error) {
			mixed := x[1].Add(x[2].Mul(x[0].Sub(x[1])))
			return []*Tensor{x[0].MatMul(x[3]), x[1].MatMul(x[3]), mixed.MatMul(x[3])}, nil
		}, 3, &FunctionOptions{AllowReassociation: allowed, Verify: true})
		first, err := f.Call(inputs...)
		must(t, err)
		replayed, err := f.Call(inputs...)
		must(t, err)
		if off := item(t, first[2].Sub(replayed[2]).Abs().Max()); off > 1e-4 || !allowed && off != 0 {
			t.Errorf("off by %v", off)
		}
		s, err := f.Statistics()
		must(t, err)
		return s.Flops
	}
	if with, without := flops(true), flops(false); with > 0.75*without {
		t.Errorf("%v became %v", without, with)
	}
}

func TestFunctionsTrainLikeTheirSteps(t *testing.T) {
	c := newContext(t)
	eager, compiled := newClassifier(t, c, nil), newClassifier(t, c, nil)
	for i := 0; i < 6; i++ {
		must(t, c.Scope(func() error {
			rate := 0.5 / float64(i+1)
			must(t, eager.optimizer.SetLearningRate(rate))
			must(t, compiled.optimizer.SetLearningRate(rate))
			out, err := eager.step(batch(t, c, 4, i, 1))
			must(t, err)
			if got, want := compiled.loss(t, 4, i), item(t, out[0]); got != want {
				t.Errorf("step %d: %v, eager %v", i, got, want)
			}
			holds(t, eager.variables[0].Equal(compiled.variables[0]).Cast(F32).Mean(), nil, 1)
			return nil
		}))
	}
	s := compiled.statistics(t)
	if compiled.runs != 1 || s.Traces != 1 || s.Replays != 5 || s.Signatures != 1 || s.HostConstants != 0 || s.Flops < 96 || s.MovedBytes < 100 {
		t.Errorf("%d runs, %+v", compiled.runs, s)
	}
	// A product, the loss and its gradient, the product for the weights, their step: what else there is joins one of these.
	if s.Kernels < 3 || s.Kernels > 5 {
		t.Errorf("%d runs, %+v", compiled.runs, s)
	}
	if n := compiled.optimizer.Iterations(); n != 6 {
		t.Errorf("%d steps of the optimizer", n)
	}
	text, err := compiled.train.Text()
	must(t, err)
	if !strings.Contains(text, "matmul") || !strings.Contains(text, "'w'") {
		t.Errorf("got %s", text)
	}
	must(t, compiled.train.Close())
	must(t, compiled.train.Close())
	_, err = compiled.train.Call()
	wants(t, err, ErrInvalidArgument, "released")
}

func TestStepsThatGiveNumbers(t *testing.T) {
	c := newContext(t)
	tensors, numbers := newClassifier(t, c, nil), newClassifier(t, c, nil)
	for i := 0; i < 6; i++ {
		inputs := batch(t, c, 4, i, 1)
		got, err := numbers.train.CallItem(inputs...)
		must(t, err)
		if want := tensors.loss(t, 4, i); got != want {
			t.Errorf("step %d: %v, want %v", i, got, want)
		}
	}
	if s := numbers.statistics(t); numbers.runs != 1 || s.Traces != 1 || s.Replays != 5 || numbers.optimizer.Iterations() != 6 {
		t.Errorf("%d runs, %+v", numbers.runs, s)
	}
	// Nothing is left of a call, whether it records, replays or runs the step, and a replay takes no memory of Go.
	inputs := batch(t, c, 4, 1, 1)
	tape := c.NewTape(nil)
	before, err := c.Statistics()
	must(t, err)
	for i := 0; i < 3; i++ {
		_, err := numbers.train.CallItem(inputs...)
		must(t, err)
	}
	after, err := c.Statistics()
	must(t, err)
	if after.Tensors != before.Tensors || numbers.runs != 4 {
		t.Errorf("%d tensors became %d, %d runs", before.Tensors, after.Tensors, numbers.runs)
	}
	must(t, tape.Close())
	if n := testing.AllocsPerRun(100, func() { numbers.train.CallItem(inputs[0], inputs[1]) }); n != 0 {
		t.Errorf("%v allocations a call", n)
	}
	// Several outputs, of any dtype; more than are kept room for.
	x := vector(t, c, 1, 2, 4)
	for _, outputs := range []int{0, 3, mostKept + 4} {
		f := c.NewFunction(func(in []*Tensor) (out []*Tensor, err error) {
			for i := 0; i < outputs; i++ {
				out = append(out, in[0].Sum().MulScalar(float64(i)).Cast([]DType{F64, I32, I64}[i%3]))
			}
			return out, nil
		}, outputs, nil)
		items := make([]float64, outputs)
		for i := 0; i < 3; i++ {
			must(t, f.CallItems(items, x))
			for k := range items {
				if items[k] != 7*float64(k) {
					t.Errorf("got %v", items)
				}
				items[k] = -1
			}
		}
		wants(t, f.CallItems(make([]float64, outputs+1), x), ErrInvalidArgument, "[function_call_items] there must be room for each output")
		if outputs == 3 {
			_, err := f.CallItem(x)
			wants(t, err, ErrInvalidArgument, "got 1 numbers for 3 outputs")
			if n := testing.AllocsPerRun(100, func() { f.CallItems(items, x) }); n != 0 {
				t.Errorf("%v allocations a call", n)
			}
		}
	}
	// Outputs of several elements: of a step that runs, and of a replay, which changes nothing.
	count := c.UntrainedVariable(c.Scalar(F32, 0), "count")
	wide := c.NewFunction(func(in []*Tensor) ([]*Tensor, error) { return in, count.Assign(count.AddScalar(1)) }, 1, nil)
	for i := 0; i < 4; i++ {
		_, err := wide.CallItem(x)
		wants(t, err, ErrInvalidArgument, "[function_call_items] 'outputs[0]' must have one element to be taken as a number: got f32 (3,)")
		if i == 2 {
			_, err := wide.Call(x)
			must(t, err)
		}
	}
	if got := item(t, count); got != 2 {
		t.Errorf("%v steps", got)
	}
}

func TestStepsThatGiveNumbersAndFail(t *testing.T) {
	c := newContext(t)
	m, mine := newClassifier(t, c, nil), errors.New("mine")
	inputs := batch(t, c, 4, 1, 1)
	items := []float64{-1}
	fails := func() error { return m.train.CallItems(items, inputs...) }
	m.then = func(*Tensor) error { return mine }
	if err := fails(); err != mine {
		t.Errorf("got %v", err)
	}
	m.then = func(loss *Tensor) error { return loss.MatMul(loss).Err() }
	wants(t, fails(), ErrInvalidArgument, "[matmul]")
	m.then = func(*Tensor) error { panic(os.ErrClosed) }
	var p *PanicError
	if err := fails(); !errors.As(err, &p) || !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
	must(t, c.Err())
	m.then = func(loss *Tensor) error { _, err := m.train.CallItem(inputs...); return err }
	wants(t, fails(), ErrFailedPrecondition, "")
	c.Err()
	m.then = nil
	must(t, m.train.Forget())
	for i := 0; i < 3; i++ {
		must(t, fails())
	}
	loss := items[0]
	bad := batch(t, c, 4, 1, 3)
	wants(t, m.train.CallItems(items, bad...), ErrInvalidArgument, "a label must be in [0, 3): got 3 at position 3")
	wants(t, m.train.CallItems(items, nil, inputs[1]), ErrInvalidArgument, "'inputs[0]' must be a tensor")
	wants(t, m.train.CallItems(items, c.Ones(1, 2).MatMul(c.Ones(3, 4)), inputs[1]), ErrInvalidArgument, "[matmul]")
	steps, ended := m.optimizer.Iterations(), func() context.Context { ctx, end := context.WithCancel(context.Background()); end(); return ctx }()
	if err := c.Do(ended, fails); !errors.Is(err, context.Canceled) || m.optimizer.Iterations() != steps || items[0] != loss {
		t.Errorf("got %v, %d steps", err, m.optimizer.Iterations())
	}
	must(t, c.Err())
	must(t, m.train.Close())
	wants(t, fails(), ErrInvalidArgument, "released")
	_, err := (*Function)(nil).CallItem()
	wants(t, err, ErrInvalidArgument, "the function is nil")
}

func TestManyStepsInOneCall(t *testing.T) {
	c := newContext(t)
	one, many := newClassifier(t, c, nil), newClassifier(t, c, nil)
	var inputs []*Tensor
	var want []float64
	for i := 0; i < 5; i++ {
		inputs = append(inputs, batch(t, c, 4, i, 1)...)
		want = append(want, one.loss(t, 4, i))
	}
	out, done, err := many.train.RunN(5, inputs...)
	must(t, err)
	if done != 5 || len(out) != 5 {
		t.Fatalf("%d steps, %d outputs", done, len(out))
	}
	for i, loss := range out {
		if got := item(t, loss); got != want[i] {
			t.Errorf("step %d: %v, want %v", i, got, want[i])
		}
	}
	inputs[7] = batch(t, c, 4, 3, 3)[1] // of the fourth step
	out, done, err = many.train.RunN(5, inputs...)
	wants(t, err, ErrInvalidArgument, "a label must be in [0, 3): got 3 at position 3")
	if done != 3 || len(out) != 3 || many.optimizer.Iterations() != 8 {
		t.Errorf("%d steps, %d outputs, %d iterations", done, len(out), many.optimizer.Iterations())
	}
	item(t, out[2])
	inputs[7] = nil
	_, _, err = many.train.RunN(5, inputs...)
	wants(t, err, ErrInvalidArgument, "[function_run_n] 'inputs[7]' must be a tensor")
	for _, steps := range []int{3, 0, -1, 1 << 40} {
		_, _, err = many.train.RunN(steps, inputs...)
		wants(t, err, ErrInvalidArgument, "[function_run_n] the number of inputs must be a multiple of steps, which is 1 or more")
	}
	_, _, err = many.train.RunN(1<<40, nil...)
	wants(t, err, ErrInvalidArgument, "[function_run_n]")
	count := c.UntrainedVariable(c.Scalar(F32, 0), "count")
	counter := c.NewFunction(func([]*Tensor) ([]*Tensor, error) { return nil, count.Assign(count.AddScalar(1)) }, 0, nil)
	out, done, err = counter.RunN(100)
	must(t, err)
	if len(out) != 0 || done != 100 || item(t, count) != 100 {
		t.Errorf("%d outputs, %d steps, %v", len(out), done, count)
	}
}

func TestFunctionsRecordEachShapeOnce(t *testing.T) {
	c := newContext(t)
	m := newClassifier(t, c, nil)
	for i := 0; i < 3; i++ {
		for rows := 3; rows < 6; rows++ {
			m.loss(t, rows, i)
		}
	}
	reasons, err := m.train.RetraceReasons()
	must(t, err)
	if m.runs != 3 || m.statistics(t).Signatures != 3 || len(reasons) != 2 || reasons[1] != "shape of input 0: (4, 4) became (5, 4)" {
		t.Errorf("%d runs, %q", m.runs, reasons)
	}
	must(t, m.train.SetFlags(5))
	m.loss(t, 3, 1)
	must(t, m.train.Forget())
	m.loss(t, 3, 1)
	if m.runs != 5 {
		t.Errorf("%d runs", m.runs)
	}
	strict := newClassifier(t, c, &FunctionOptions{Name: "train", RetraceIsError: true, Verify: true, MostPlans: 4})
	strict.loss(t, 3, 1)
	strict.loss(t, 3, 1)
	_, err = strict.train.Call(batch(t, c, 4, 1, 1)...)
	wants(t, err, ErrFailedPrecondition, "train: the step must not be recorded again")
	must(t, c.Err())
}

func TestStepsThatLookAtValues(t *testing.T) {
	c := newContext(t)
	look := func(loss *Tensor) error { _, err := loss.Item(); return err }
	m := newClassifier(t, c, nil)
	m.then = look
	for i := 0; i < 2; i++ {
		_, err := m.train.Call(batch(t, c, 4, 1, 1)...)
		wants(t, err, ErrFailedPrecondition, "tensor_item looks at")
	}
	if m.runs != 1 {
		t.Errorf("%d runs", m.runs)
	}
	eager := newClassifier(t, c, &FunctionOptions{HostReads: HostReadsEager})
	eager.then = look
	for i := 0; i < 3; i++ {
		eager.loss(t, 4, 1)
	}
	if s := eager.statistics(t); eager.runs != 3 || s.EagerCalls != 2 || s.Replays != 0 {
		t.Errorf("%d runs, %+v", eager.runs, s)
	}
	// Data of Go is counted; the functions of the recorded step see tapes outside.
	scale := c.NewFunction(func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Mul(c.Scalar(F32, 2))}, nil }, 1, nil)
	for i := 0; i < 3; i++ {
		x, tape := vector(t, c, 1, 2), c.NewTape(nil)
		if i == 2 {
			must(t, tape.Watch(x))
		} else {
			must(t, tape.Close())
		}
		out, err := scale.Call(x)
		must(t, err)
		holds(t, out[0], []int64{2}, 2, 4)
		if i == 2 {
			gradients, err := tape.Gradient(out[0], []*Tensor{x}, nil)
			must(t, err)
			holds(t, gradients[0], []int64{2}, 2, 2)
		}
	}
	if s, err := scale.Statistics(); err != nil || s.HostConstants != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestStepsThatFail(t *testing.T) {
	c := newContext(t)
	m, mine := newClassifier(t, c, nil), errors.New("mine")
	fails := func() error { _, err := m.train.Call(batch(t, c, 4, 1, 1)...); return err }
	m.then = func(*Tensor) error { return mine }
	if err := fails(); err != mine {
		t.Errorf("got %v", err)
	}
	m.then = func(loss *Tensor) error { return loss.MatMul(loss).Err() }
	wants(t, fails(), ErrInvalidArgument, "[matmul]")
	m.then = func(*Tensor) error { panic(os.ErrClosed) }
	back := 0
	for i := 0; i < 1000; i++ {
		var p *PanicError
		if err := c.Scope(fails); errors.As(err, &p) && errors.Is(err, os.ErrClosed) && strings.Contains(string(p.Stack), "function_test.go") {
			back++
		}
		must(t, c.Err())
	}
	t.Logf("%d of 1000 panics came back", back)
	if back != 1000 {
		t.Errorf("%d of 1000 panics came back", back)
	}
	m.then = nil
	for i := 0; i < 3; i++ {
		m.loss(t, 4, i)
	}
	if s := m.statistics(t); s.Replays != 2 {
		t.Errorf("got %+v", s)
	}
	// A step that calls its own function, one that closes it, and one whose goroutine ends.
	depth := 0
	var inner *Function
	inner = c.NewFunction(func(in []*Tensor) ([]*Tensor, error) {
		if depth++; depth < 3 {
			return inner.Call(in...)
		}
		return []*Tensor{in[0].Neg()}, inner.Close()
	}, 1, nil)
	out, err := inner.Call(c.Ones(2))
	must(t, err)
	holds(t, out[0], []int64{2}, -1, -1)
	_, err = inner.Call(c.Ones(2))
	wants(t, err, ErrInvalidArgument, "released")
	endsInside(t, func(c *Context, ends Compute) { c.NewFunction(ends, 1, nil).Call(c.Ones(2)) })
	// A second goroutine is refused.
	waits := c.NewFunction(func(in []*Tensor) ([]*Tensor, error) {
		done := make(chan error)
		go func() { _, err := inner.Call(in...); done <- err }()
		return in, <-done
	}, 1, nil)
	_, err = waits.Call(c.Ones(2))
	wants(t, err, ErrBusy, "")
	c.Err()
	// A context.Context that has ended: nothing has changed.
	steps, ended := m.optimizer.Iterations(), func() context.Context { ctx, end := context.WithCancel(context.Background()); end(); return ctx }()
	if err := c.Do(ended, fails); !errors.Is(err, context.Canceled) || m.optimizer.Iterations() != steps {
		t.Errorf("got %v, %d steps", err, m.optimizer.Iterations())
	}
}

func TestMisuseOfFunctions(t *testing.T) {
	c := newContext(t)
	same := func(in []*Tensor) ([]*Tensor, error) { return in, nil }
	f, closedOne := c.NewFunction(same, 1, nil), c.NewFunction(same, 1, nil)
	must(t, closedOne.Close())
	for name, call := range map[string]func() error{
		"[function_new] step must be a function": func() error { return c.NewFunction(nil, 1, nil).Err() },
		"0 to 65536 outputs: got -1":             func() error { return c.NewFunction(same, -1, nil).Err() },
		"MostPlans must not be negative":         func() error { return c.NewFunction(same, 1, &FunctionOptions{MostPlans: -1}).Err() },
		"error (0) or eager (1): got 7":          func() error { return c.NewFunction(same, 1, &FunctionOptions{HostReads: 7}).Err() },
		"NUL":                                    func() error { return c.NewFunction(same, 1, &FunctionOptions{Name: "a\x00"}).Err() },
		"the context is nil":                     func() error { return (*Context)(nil).NewFunction(same, 1, nil).Err() },
		"the context is closed":                  func() error { return closedContext(t).NewFunction(same, 1, nil).Err() },
		"[Function.Call] the function is nil":    func() error { _, err := (*Function)(nil).Call(); return err },
		"zero value":                             func() error { _, _, err := new(Function).RunN(1); return err },
		"released":                               func() error { _, err := closedOne.Text(); return err },
		"[function_stats]":                       func() error { _, err := closedOne.Statistics(); return err },
		"[function_retrace_reason]":              func() error { _, err := closedOne.RetraceReasons(); return err },
		"[function_set_flags]":                   func() error { return closedOne.SetFlags(1) },
		"'inputs[0]' must be a tensor":           func() error { _, err := f.Call(nil); return err },
		"another context":                        func() error { _, err := f.Call(newContext(t).Ones(2)); return err },
		"[matmul]":                               func() error { _, err := f.Call(c.Ones(1, 2).MatMul(c.Ones(3, 4))); return err },
		"must give 1 tensors: got 2":             func() error { _, err := f.Call(c.Ones(2), c.Ones(2)); return err },
	} {
		wants(t, call(), ErrInvalidArgument, name)
		must(t, c.Err())
	}
	must(t, (*Function)(nil).Close())
	if (*Function)(nil).Keep() != nil {
		t.Error("nil is something")
	}
	// In a scope it ends with that, unless it is kept.
	var kept, gone *Function
	must(t, c.Scope(func() error {
		kept, gone = c.NewFunction(same, 1, nil).Keep(), c.NewFunction(same, 1, nil)
		return nil
	}))
	out, err := kept.Call(c.Ones(2))
	must(t, err)
	holds(t, out[0], []int64{2}, 1, 1)
	_, err = gone.Call(c.Ones(2))
	wants(t, err, ErrInvalidArgument, "[function_call]")
}

// A model whose step is a method, and which holds the function, refers to itself; it ends with its context all the same.
func TestFunctionsEndByThemselves(t *testing.T) {
	made, ended := 50, make(chan bool, 50)
	for i := 0; i < made; i++ {
		c, err := NewContext(&ContextOptions{Threads: 1})
		must(t, err)
		m := newClassifier(t, c, nil)
		m.loss(t, 4, 1)
		m.loss(t, 4, 1)
		marker := &classifier{} // in no cycle: a finalizer of an object of one need not run
		runtime.SetFinalizer(marker, func(*classifier) { ended <- true })
		m.then = func(*Tensor) error { marker.runs++; return nil }
	}
	if !eventually(func() bool { return len(ended) >= made-1 }) {
		t.Errorf("%d of %d models ended", len(ended), made)
	}
}
