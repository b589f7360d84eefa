//go:build cgo

package tapeloop

import (
	"context"
	"math"
	"math/rand"
	"os"
	"reflect"
	"testing"
	"time"
)

// pool is what random calls are made on and with: live, closed, nil, failed, zero values, and of two contexts.
type pool struct {
	r       *rand.Rand
	objects map[reflect.Type][]reflect.Value
	ends    []func()
}

func (p *pool) add(v reflect.Value) {
	list := p.objects[v.Type()]
	if len(list) < 60 {
		p.objects[v.Type()] = append(list, v)
	} else {
		list[p.r.Intn(len(list))] = v
	}
}

// value is an argument of a type; ok is false where there is none.
func (p *pool) value(t reflect.Type) (v reflect.Value, ok bool) {
	pick := func(values ...any) reflect.Value { return reflect.ValueOf(values[p.r.Intn(len(values))]) }
	if list := p.objects[t]; len(list) > 0 {
		if p.r.Intn(12) == 0 {
			return reflect.Zero(t), true
		}
		return list[p.r.Intn(len(list))], true
	}
	switch t.Kind() {
	case reflect.Bool:
		return pick(true, false).Convert(t), true
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint64:
		v := pick(0, 1, 2, 3, 4, 5, -1, -2, 7, 1<<40, math.MinInt64, math.MaxInt64)
		if p.r.Intn(3) > 0 {
			v = pick(0, 1, 2, 3)
		}
		return v.Convert(t), true
	case reflect.Float64:
		return pick(0.0, 1.0, -1.0, 0.5, 1e-300, 1e300, math.NaN(), math.Inf(1)), true
	case reflect.String:
		return pick("", "name", "a\x00b", "\xff").Convert(t), true
	case reflect.Func: // nil, or one that gives nothing
		if t.NumIn() == 0 && t.NumOut() == 0 || p.r.Intn(3) == 0 {
			return reflect.Zero(t), true
		}
		return reflect.MakeFunc(t, func([]reflect.Value) (out []reflect.Value) {
			for i := 0; i < t.NumOut(); i++ {
				out = append(out, reflect.Zero(t.Out(i)))
			}
			return out
		}), true
	case reflect.Interface:
		if t != reflect.TypeOf((*context.Context)(nil)).Elem() || p.r.Intn(4) == 0 {
			return reflect.Zero(t), true
		}
		ended, end := context.WithCancel(context.Background())
		if p.r.Intn(2) == 0 {
			end()
		}
		p.ends = append(p.ends, end)
		return reflect.ValueOf(ended), true
	case reflect.Slice:
		out := reflect.MakeSlice(t, 0, 4)
		for n := p.r.Intn(4); n > 0; n-- {
			element, ok := p.value(t.Elem())
			if !ok {
				return out, false
			}
			out = reflect.Append(out, element)
		}
		return out, true
	case reflect.Ptr:
		if t.Elem().Kind() != reflect.Struct || p.r.Intn(2) == 0 {
			return reflect.Zero(t), true
		}
		out := reflect.New(t.Elem())
		for i := 0; i < t.Elem().NumField(); i++ {
			if field, ok := p.value(t.Elem().Field(i).Type); ok && out.Elem().Field(i).CanSet() {
				out.Elem().Field(i).Set(field)
			}
		}
		return out, true
	}
	return reflect.Value{}, false
}

// Whatever is called on whatever, with whatever arguments: errors, and no panic, no crash.
func TestRandomCalls(t *testing.T) {
	calls := 600000
	if testing.Short() {
		calls /= 10
	}
	here, err := os.Getwd() // some calls write files
	must(t, err)
	must(t, os.Chdir(t.TempDir()))
	defer os.Chdir(here)
	// Threads by the thousand, no limit any more, and waits for ranks that nobody starts.
	left := map[string]bool{"SetThreads": true, "SetMemoryLimit": true, "NewGroup": true}
	p := &pool{rand.New(rand.NewSource(5)), map[reflect.Type][]reflect.Value{}, nil}
	fresh := func() {
		for i := 0; i < 2; i++ {
			c, err := NewContext(&ContextOptions{Threads: 1, MemoryLimit: 16 << 20})
			must(t, err)
			p.add(reflect.ValueOf(c))
			for _, x := range []*Tensor{c.Ones(2, 3), c.Range(4), c.Scalar(F64, 2), c.Zeros(3).Cast(I32), c.Variable(c.Ones(2, 2), "v"), c.Zeros(-1)} {
				p.add(reflect.ValueOf(x))
			}
			c.Err()
			p.add(reflect.ValueOf(c.Dense(2, nil)))
			p.add(reflect.ValueOf(c.Adam(nil)))
			p.add(reflect.ValueOf(c.MeanMetric("")))
			p.add(reflect.ValueOf(c.NewTape(&TapeOptions{Persistent: true})))
			p.add(reflect.ValueOf(c.Dataset(c.Range(6))))
			p.add(reflect.ValueOf(c.NewForward([]*Tensor{c.Ones(2)}, []*Tensor{c.Ones(2)})))
			pullback, _, err := c.NewPullback(func(in []*Tensor) ([]*Tensor, error) { return []*Tensor{in[0].Square()}, nil }, []*Tensor{c.Ones(2)}, 1)
			must(t, err)
			p.add(reflect.ValueOf(pullback))
			p.add(reflect.ValueOf(c.NewFunction(func(in []*Tensor) ([]*Tensor, error) { return in, nil }, 1, nil)))
		}
		for _, zero := range []any{new(Context), new(Tensor), new(Layer), new(Optimizer), new(Metric), new(Tape), new(Dataset), new(Forward), new(Pullback), new(Function)} {
			p.add(reflect.ValueOf(zero))
		}
	}
	fresh()
	kinds := []reflect.Type{}
	for _, v := range []any{(*Context)(nil), (*Tensor)(nil), (*Tensor)(nil), (*Layer)(nil), (*Optimizer)(nil), (*Metric)(nil), (*Tape)(nil), (*Dataset)(nil), (*Forward)(nil), (*Pullback)(nil), (*Function)(nil)} {
		kinds = append(kinds, reflect.TypeOf(v))
	}
	made, good, failed := 0, 0, 0
	for made < calls {
		kind := kinds[p.r.Intn(len(kinds))]
		method := kind.Method(p.r.Intn(kind.NumMethod()))
		if left[method.Name] || (method.Name == "Close" && p.r.Intn(20) > 0) {
			continue
		}
		arguments, usable := []reflect.Value{}, true
		for i := 0; i < method.Type.NumIn() && usable; i++ {
			argument, ok := p.value(method.Type.In(i))
			arguments, usable = append(arguments, argument), ok
		}
		if !usable {
			continue
		}
		var results []reflect.Value
		call := func() error {
			if method.Type.IsVariadic() {
				results = method.Func.CallSlice(arguments)
			} else {
				results = method.Func.Call(arguments)
			}
			return nil
		}
		c, _ := arguments[0].Interface().(*Context)
		if d, ok := arguments[0].Interface().(*Dataset); ok && d != nil {
			c = d.c
		}
		if c != nil {
			// What repeats for ever, filtered by what lets nothing pass, has a next element at the end of time only; an
			// evaluation of it ends no sooner.
			soon, end := context.WithTimeout(context.Background(), 100*time.Millisecond)
			c.Do(soon, call)
			end()
		} else {
			call()
		}
		made++
		for _, result := range results {
			if err, ok := result.Interface().(error); ok && err != nil {
				failed++
			} else if x, ok := result.Interface().(*Tensor); ok && x != nil {
				small := x.Err() == nil
				for _, size := range x.Shape() {
					small = small && size <= 1000
				}
				if small {
					good++
					p.add(result)
				}
			} else if list := p.objects[result.Type()]; list != nil && !result.IsNil() {
				p.add(result)
			}
		}
		if c, ok := arguments[0].Interface().(*Context); made%50 == 0 && ok && c != nil {
			c.Err()
		}
		if made%2000 == 0 {
			for _, c := range p.objects[reflect.TypeOf((*Context)(nil))] {
				must(t, c.Interface().(*Context).Close())
			}
			p.objects = map[reflect.Type][]reflect.Value{}
			for _, end := range p.ends {
				end()
			}
			p.ends = nil
			fresh()
		}
	}
	t.Logf("%d calls: %d tensors, %d errors", made, good, failed)
	if good < made/20 || failed < made/20 {
		t.Errorf("the calls were hardly random: %d tensors, %d errors of %d", good, failed, made)
	}
}
