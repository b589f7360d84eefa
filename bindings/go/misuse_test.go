//go:build cgo

package tapeloop

import (
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestContextOptions(t *testing.T) {
	_, err := NewContext(&ContextOptions{Threads: -1})
	wants(t, err, ErrInvalidArgument, "threads")
	c := newContext(t)
	wants(t, c.SetThreads(-1), ErrInvalidArgument, "threads")
	must(t, c.SetThreads(1))
	must(t, c.Trim())
	must(t, RequireVersion(0, 1))
	wants(t, RequireVersion(0, 99), ErrUnsupported, Version())
	if F64.Size() != 8 || F64.String() != "f64" || ErrBusy.Error() == "" {
		t.Errorf("got %v %v %v", F64.Size(), F64, ErrBusy)
	}
}

func TestMemoryLimit(t *testing.T) {
	c := newContext(t)
	must(t, c.SetMemoryLimit(1<<20))
	wants(t, c.Zeros(1<<20).Err(), ErrOutOfMemory, "limit")
	must(t, c.Zeros(16).Err())
	must(t, c.SetMemoryLimit(0))
	must(t, c.Zeros(1<<20).Err())
}

func TestErrorsSayWhat(t *testing.T) {
	c := newContext(t)
	x, y := c.Zeros(2, 3), c.Zeros(4, 5)
	z := x.MatMul(y).Add(x).Relu()
	var e *Error
	err := z.Err()
	if !errors.As(err, &e) || e.Op != "matmul" || !strings.Contains(e.Message, "(2, 3)") || !strings.Contains(e.Message, "(4, 5)") {
		t.Errorf("got %+v", err)
	}
	if got := z.String(); !strings.Contains(got, "matmul") {
		t.Errorf("it prints as %q", got)
	}
	must(t, x.Neg().Err())
	must(t, c.Err())
	// Each effect returns the first error, takes it, and has done nothing.
	v := c.Variable(c.Ones(2, 3), "v")
	for name, call := range map[string]func(bad *Tensor) error{
		"assign":   func(bad *Tensor) error { return v.Assign(bad) },
		"item":     func(bad *Tensor) error { _, err := bad.Item(); return err },
		"values":   func(bad *Tensor) error { _, err := Values[float32](bad); return err },
		"read":     func(bad *Tensor) error { return Read(bad, make([]float32, 6)) },
		"gradient": func(bad *Tensor) error { _, err := c.NewTape(nil).Gradient(bad, []*Tensor{v}, nil); return err },
		"source":   func(bad *Tensor) error { _, err := c.NewTape(nil).Gradient(v, []*Tensor{bad}, nil); return err },
		"seed":     func(bad *Tensor) error { return c.SetSeed(1) },
		"apply":    func(bad *Tensor) error { return c.SGD(nil).Apply([]*Tensor{bad}, []*Tensor{v}) },
		"update":   func(bad *Tensor) error { return c.MeanMetric("").Update(bad, nil) },
		"layer":    func(bad *Tensor) error { return c.Dense(2, nil).Call(bad, true).Err() },
		"loss":     func(bad *Tensor) error { return MeanSquaredError(bad, v, nil).Err() },
		"variable": func(bad *Tensor) error { return c.Variable(bad, "").Err() },
		"list":     func(bad *Tensor) error { return c.Concat([]*Tensor{v, bad}, 0).Err() },
		"clip":     func(bad *Tensor) error { _, _, err := c.ClipByGlobalNorm([]*Tensor{bad}, 1, 0); return err },
		"watch":    func(bad *Tensor) error { return c.NewTape(nil).Watch(bad) },
		"scope":    func(bad *Tensor) error { return c.Scope(func() error { return nil }) },
	} {
		t.Run(name, func(t *testing.T) {
			wants(t, call(x.MatMul(y)), ErrInvalidArgument, "[matmul]")
			must(t, c.Err())
			holds(t, v, []int64{2, 3}, 1, 1, 1, 1, 1, 1)
		})
	}
	// A tensor that failed keeps its error after the context was asked.
	bad := x.MatMul(y)
	wants(t, c.Err(), ErrInvalidArgument, "matmul")
	wants(t, bad.Neg().Err(), ErrInvalidArgument, "matmul")
	wants(t, v.Assign(bad), ErrInvalidArgument, "matmul")
	must(t, c.Err())
}

func TestScopeErrors(t *testing.T) {
	c := newContext(t)
	mine := errors.New("mine")
	if err := c.Scope(func() error { return mine }); err != mine {
		t.Errorf("got %v", err)
	}
	wants(t, c.Scope(func() error { c.Zeros(-1); return nil }), ErrInvalidArgument, "zeros")
	err := c.Scope(func() error { c.Zeros(-1); return mine })
	if !errors.Is(err, mine) || !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
	wants(t, err, ErrInvalidArgument, "zeros")
	must(t, c.Err())
}

// Whatever an ordinary program can hold, nil and closed things included, gives errors.
func TestNilAndClosedThings(t *testing.T) {
	live := newContext(t)
	x := live.Ones(2, 2)
	gone, err := NewContext(nil)
	must(t, err)
	of := gone.Ones(2, 2)
	layer, adam, metric, tape, data := gone.Dense(2, nil), gone.Adam(nil), gone.MeanMetric(""), gone.NewTape(nil), gone.Dataset(of)
	must(t, gone.Close())
	must(t, gone.Close())
	for name, call := range map[string]func() error{
		"op on nil":        func() error { return (*Tensor)(nil).Neg().Err() },
		"nil operand":      func() error { return x.Add(nil).Err() },
		"nil first":        func() error { return (*Tensor)(nil).Add(x).Err() },
		"nil chain":        func() error { return (*Tensor)(nil).Add(nil).MatMul(x).Mean().Err() },
		"nil Err":          func() error { return (*Tensor)(nil).Err() },
		"nil in list":      func() error { return live.Stack([]*Tensor{x, nil}, 0).Err() },
		"empty list":       func() error { return live.Concat(nil, 0).Err() },
		"nil item":         func() error { _, err := (*Tensor)(nil).Item(); return err },
		"nil values":       func() error { _, err := Values[float32](nil); return err },
		"nil assign":       func() error { return (*Tensor)(nil).Assign(x) },
		"assign nil":       func() error { return live.Variable(x, "").Assign(nil) },
		"variable of nil":  func() error { return live.Variable(nil, "").Err() },
		"nil context":      func() error { return (*Context)(nil).Zeros(1).Err() },
		"nil context call": func() error { return (*Context)(nil).SetSeed(1) },
		"nil scope":        func() error { return (*Context)(nil).Scope(func() error { return nil }) },
		"nil new tensor":   func() error { _, err := NewTensor[float32](nil, nil); return err },
		"nil layer":        func() error { return (*Layer)(nil).Call(x, true).Err() },
		"nil build":        func() error { return (*Layer)(nil).Build(1) },
		"nil summary":      func() error { _, err := (*Layer)(nil).Summary(); return err },
		"nil optimizer":    func() error { return (*Optimizer)(nil).Apply(nil, nil) },
		"nil tape":         func() error { _, err := (*Tape)(nil).Gradient(x, nil, nil); return err },
		"nil metric":       func() error { _, err := (*Metric)(nil).Result(); return err },
		"nil dataset":      func() error { return (*Dataset)(nil).Shuffle(1).Batched(1, false).Err() },
		"nil targets":      func() error { _, err := live.NewTape(nil).GradientOf(nil, []*Tensor{x}, nil); return err },
		"nil target":       func() error { _, err := live.NewTape(nil).Gradient(nil, []*Tensor{x}, nil); return err },
		"nil source":       func() error { _, err := live.NewTape(nil).Gradient(x, []*Tensor{nil}, nil); return err },
		"nil watch":        func() error { return live.NewTape(nil).Watch(nil) },
		"closed op":        func() error { return of.Neg().Err() },
		"closed shape":     func() error { of.Shape(); of.Rank(); of.DType(); _ = of.String(); return of.Neg().Err() },
		"closed zeros":     func() error { return gone.Zeros(1).Err() },
		"closed item":      func() error { _, err := of.Item(); return err },
		"closed values":    func() error { _, err := Values[float32](of); return err },
		"closed scope":     func() error { return gone.Scope(func() error { return nil }) },
		"closed layer":     func() error { return layer.Call(of, true).Err() },
		"closed optimizer": func() error { return adam.Apply([]*Tensor{of}, []*Tensor{of}) },
		"closed metric":    func() error { return metric.Update(of, nil) },
		"closed tape":      func() error { return tape.End() },
		"closed dataset":   func() error { data.Next(); return data.Err() },
		"closed stats":     func() error { _, err := gone.Statistics(); return err },
		"other's tensor":   func() error { return x.Add(of).Err() },
	} {
		t.Run(name, func(t *testing.T) {
			if err := call(); !errors.Is(err, ErrInvalidArgument) {
				t.Errorf("got %v", err)
			}
			must(t, live.Err())
		})
	}
	(*Tensor)(nil).Close()
	(*Context)(nil).Close()
	for _, o := range []interface{ Close() error }{(*Layer)(nil), (*Optimizer)(nil), (*Metric)(nil), (*Tape)(nil), (*Dataset)(nil), layer, adam, metric, tape, data} {
		must(t, o.Close())
	}
	if (*Tensor)(nil).Keep() != nil || (*Layer)(nil).Variables() != nil || !math.IsNaN((*Optimizer)(nil).LearningRate()) || (*Dataset)(nil).Next() {
		t.Error("nil things are something")
	}
	_ = (*Tensor)(nil).String() + (*Layer)(nil).Name() + (*Metric)(nil).Name() + (*Tensor)(nil).Name()
	(*Tensor)(nil).Shape()
	(*Tensor)(nil).SetTrainable(true)
	must(t, x.Neg().Err())
}

func TestTensorsOfAnotherContext(t *testing.T) {
	a, b := newContext(t), newContext(t)
	x, y := a.Ones(2), b.Ones(2)
	wants(t, x.Add(y).Err(), ErrInvalidArgument, "context")
	_, err := a.NewTape(nil).Gradient(y, []*Tensor{y}, nil)
	wants(t, err, ErrInvalidArgument, "context")
	wants(t, a.SGD(nil).Apply([]*Tensor{y}, []*Tensor{b.Variable(y, "")}), ErrInvalidArgument, "context")
	wants(t, a.Dense(1, nil).Call(b.Ones(2, 2), false).Err(), ErrInvalidArgument, "context")
	must(t, a.Err())
	must(t, b.Err())
	must(t, y.Neg().Err())
}

// Printing leaves no error behind, and takes none that was there.
func TestPrintingChangesNothing(t *testing.T) {
	c := newContext(t)
	x := c.Ones(2)
	x.Close()
	if got := x.String(); !strings.Contains(got, "failed") || !strings.Contains(got, "released") {
		t.Errorf("got %q", got)
	}
	must(t, c.Err())
	c.Zeros(-1)
	_ = x.String()
	wants(t, c.Err(), ErrInvalidArgument, "zeros")
	model := c.Dense(2, nil)
	model.Close()
	if text, err := model.Summary(); text != "" || !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %q, %v", text, err)
	}
}

// A goroutine that stays in the context makes the end of a scope wait, and give up with an error rather than forever.
func TestScopeThatEndsWhileAnotherGoroutineIsInside(t *testing.T) {
	c := newContext(t)
	v, w, g := c.Variable(c.Zeros(2), "v"), c.Variable(c.Zeros(2), "w"), c.Ones(2)
	inside, leave, left := make(chan struct{}), make(chan struct{}), make(chan error)
	must(t, c.SetLog(func(LogLevel, string) { close(inside); <-leave }))
	err := c.Scope(func() error {
		go func() { left <- warned(c, v, w, g) }()
		<-inside
		go func() { time.Sleep(5 * time.Millisecond); close(leave) }()
		return nil
	})
	if err != nil && !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	<-left
	c.Err()
	stats, err := c.Statistics()
	must(t, err)
	if stats.Scopes != 0 {
		t.Errorf("got %+v", stats)
	}
	runtime.KeepAlive(g)
}
