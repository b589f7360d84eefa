//go:build cgo

package tapeloop

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// refused checks that an error names the function that was called, and says what text says.
func refused(t *testing.T, err error, code Code, op, text string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Op != op || !strings.HasPrefix(e.Message, "["+op+"] ") || !strings.Contains(e.Message, text) {
		t.Errorf("got %+v, want %v in %s about %q", err, code, op, text)
	}
}

func TestErrorsOfClosedContextsNameTheCall(t *testing.T) {
	c, err := NewContext(&ContextOptions{Threads: 1})
	must(t, err)
	x, v := c.Ones(2, 2), c.Variable(c.Ones(2), "v")
	layer, adam, metric, tape, data := c.Dense(2, nil), c.Adam(nil), c.MeanMetric(""), c.NewTape(nil), c.Dataset(x)
	must(t, c.Close())
	_, item := x.Item()
	_, values := Values[float32](x)
	_, made := NewTensor(c, []float32{1})
	_, gradient := tape.Gradient(x, []*Tensor{x}, nil)
	_, result := metric.Result()
	_, file := c.ReadIDX("/nowhere", 0)
	_, statistics := c.Statistics()
	_, of := c.Recompute("segment", []*Tensor{x}, 1, func(x []*Tensor) ([]*Tensor, error) { return x, nil })
	data.Next()
	for op, err := range map[string]error{
		"Tensor.Neg": x.Neg().Err(), "Tensor.MatMul": x.MatMul(x).Err(), "Context.Zeros": c.Zeros(1).Err(), "Tensor.Item": item,
		"Values": values, "NewTensor": made, "Tape.Gradient": gradient, "Metric.Result": result, "Context.ReadIDX": file,
		"Context.Scope": c.Scope(func() error { return nil }), "Layer.Call": layer.Call(x, true).Err(), "Context.SetSeed": c.SetSeed(1),
		"Optimizer.Apply": adam.Apply([]*Tensor{x}, []*Tensor{v}), "Tensor.Assign": v.Assign(x), "Tape.End": tape.End(),
		"Context.Statistics": statistics, "Context.Recompute": of, "Dataset.Next": data.Err(), "MeanSquaredError": MeanSquaredError(x, x, nil).Err(),
		"Context.Dense": c.Dense(1, nil).Err(), "Context.NewTape": c.NewTape(nil).Err(), "Dataset.Shuffle": data.Shuffle(1).Err(),
		"Context.SetLog": c.SetLog(func(LogLevel, string) {}), "Context.Err": c.Err(),
	} {
		refused(t, err, ErrInvalidArgument, op, "the context is closed")
	}
}

func TestErrorsOfNilAndZeroValuesNameTheCall(t *testing.T) {
	c := newContext(t)
	x := c.Ones(2, 2)
	var nothing context.Context
	run := func() error { return nil }
	_, file := c.ReadIDXContext(nothing, "/nowhere", 0)
	_, gradient := c.NewTape(nil).GradientContext(nothing, x, []*Tensor{x}, nil)
	_, memory := new(Tape).MemoryByOp()
	_, statistics := new(Tape).Statistics()
	_, summary := new(Layer).Summary()
	_, result := new(Metric).Result()
	_, tangent := new(Forward).Tangent(x, UnconnectedNone)
	var data Dataset
	if data.Next() || data.Batch() != nil {
		t.Error("a dataset of nothing has elements")
	}
	for _, row := range []struct {
		err      error
		op, text string
	}{
		{(*Tensor)(nil).Neg().Err(), "Tensor.Neg", "the tensor is nil"},
		{(*Tensor)(nil).Err(), "Tensor.Err", "the tensor is nil"},
		{(*Context)(nil).Zeros(1).Err(), "Context.Zeros", "the context is nil"},
		{(*Context)(nil).SetSeed(1), "Context.SetSeed", "the context is nil"},
		{(*Context)(nil).Do(context.Background(), run), "Context.Do", "the context is nil"},
		{(*Layer)(nil).Call(x, true).Err(), "Layer.Call", "the layer is nil"},
		{(*Dataset)(nil).Shuffle(1).Err(), "Dataset.Shuffle", "the dataset is nil"},
		{(*Tape)(nil).End(), "Tape.End", "the tape is nil"},
		{(*Dataset)(nil).Err(), "Dataset.Err", "the dataset is nil"},
		{MeanSquaredError(nil, nil, nil).Err(), "MeanSquaredError", "nil"},
		{c.Scope(nil), "Context.Scope", "the function is nil"},
		{c.Do(nothing, run), "Context.Do", "got nil"},
		{c.Do(context.Background(), nil), "Context.Do", "got nil"},
		{file, "Context.ReadIDXContext", "got nil"},
		{gradient, "Tape.GradientContext", "got nil"},
		{c.NewTape(nil).StopRecording(nil), "Tape.StopRecording", "the function is nil"},
		{new(Context).Zeros(1).Err(), "Context.Zeros", "the context is a zero value"},
		{new(Context).SetSeed(1), "Context.SetSeed", "the context is a zero value"},
		{new(Context).Scope(run), "Context.Scope", "the context is a zero value"},
		{new(Context).SetLog(func(LogLevel, string) {}), "Context.SetLog", "the context is a zero value"},
		{new(Tensor).Neg().Err(), "Tensor.Neg", "the tensor is a zero value"},
		{x.Add(new(Tensor)).Err(), "Tensor.Add", "the tensor is a zero value"},
		{c.SGD(nil).Apply([]*Tensor{new(Tensor)}, []*Tensor{x}), "Optimizer.Apply", "the tensor is a zero value"},
		{new(Layer).Call(x, true).Err(), "Layer.Call", "the layer is a zero value"},
		{new(Layer).Err(), "Layer.Err", "the layer is a zero value"},
		{c.Sequential(new(Layer)).Err(), "Context.Sequential", "a zero value"},
		{new(Optimizer).Apply(nil, nil), "Optimizer.Apply", "the optimizer is a zero value"},
		{new(Dataset).Shuffle(1).Err(), "Dataset.Err", "the dataset is a zero value"},
		{data.Err(), "Dataset.Err", "the dataset is a zero value"},
		{memory, "Tape.MemoryByOp", "the tape is a zero value"},
		{statistics, "Tape.Statistics", "the tape is a zero value"},
		{summary, "Layer.Summary", "the layer is a zero value"},
		{result, "Metric.Result", "the metric is a zero value"},
		{tangent, "Forward.Tangent", "the forward is a zero value"},
	} {
		refused(t, row.err, ErrInvalidArgument, row.op, row.text)
	}
	for _, text := range []string{new(Tensor).String(), new(Layer).Call(x, true).String(), new(Tape).Keep().End().Error()} {
		if !strings.Contains(text, "zero value") {
			t.Errorf("got %q", text)
		}
	}
	must(t, new(Tensor).Close())
	must(t, new(Context).Close())
	must(t, new(Dataset).Close())
	must(t, c.Err())
}
