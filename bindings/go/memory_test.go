//go:build cgo

package tapeloop

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

// flat runs steps, and checks that memory does not grow after the first tenth of them: what is resident once the garbage is
// gone, by less than a kilobyte a step, and at any time, by what garbage there may be. What grows once, such as the race
// detector's notes of memory that Go had not used before, is no leak: a leak grows in each of three rounds.
func flat(t *testing.T, c *Context, steps int, garbage int64, step func(i int)) {
	t.Helper()
	if testing.Short() {
		steps /= 10
	}
	for i := 0; i < steps/10; i++ {
		step(i)
	}
	for round := 1; ; round++ {
		early, most := settled(t), int64(0)
		for i := steps / 10; i < steps; i++ {
			step(i)
			if i%(steps/10) == 0 {
				if now := resident(t); now > most {
					most = now
				}
			}
		}
		late := settled(t)
		stats, err := c.Statistics()
		must(t, err)
		t.Logf("%d steps: resident %.1f MiB after %d, %.1f MiB at the end, at most %.1f MiB; %d live tensors, %.1f MiB live, at most %.1f",
			steps, float64(early)/(1<<20), steps/10, float64(late)/(1<<20), float64(most)/(1<<20), stats.Tensors, float64(stats.LiveBytes)/(1<<20), float64(stats.PeakLiveBytes)/(1<<20))
		if late-early < int64(steps)*900 && most-early < garbage {
			return
		}
		if round == 3 {
			t.Fatalf("memory grew from %d to %d bytes, and to %d with the garbage", early, late, most)
		}
	}
}

// settled is the resident memory without garbage: the least of a few, because finalizers run when the machine lets them.
func settled(t *testing.T) int64 {
	least := int64(math.MaxInt64)
	for i := 0; i < 5; i++ {
		collect()
		debug.FreeOSMemory()
		if now := resident(t); now < least {
			least = now
		}
	}
	return least
}

// Nothing is closed, and no scope is open: the garbage collector ends everything.
func TestFinalizersAlone(t *testing.T) {
	c := newContext(t)
	x := c.UniformRange([]int64{32, 64}, -1, 1, F32)
	w, b := c.Variable(c.Normal(64, 64), "w"), c.Variable(c.Zeros(64), "b")
	adam, variables := c.Adam(nil), []*Tensor{w, b}
	flat(t, c, 10000, 64<<20, func(i int) {
		tape := c.NewTape(nil)
		loss := x.MatMul(w).Add(b).Tanh().Square().Mean()
		grads, err := tape.Gradient(loss, variables, nil)
		must(t, err)
		must(t, adam.Apply(grads, variables))
		if i%1000 == 0 {
			item(t, loss)
		}
	})
}

func TestScopesAlone(t *testing.T) {
	c := newContext(t)
	r := newTrainer(c)
	flat(t, c, 10000, 64<<20, func(int) {
		_, err := r.step()
		must(t, err)
	})
	before, err := c.Statistics()
	must(t, err)
	_, err = r.step()
	must(t, err)
	after, err := c.Statistics()
	must(t, err)
	if after.Tensors != before.Tensors || after.SystemAllocations != before.SystemAllocations {
		t.Errorf("one more step: %+v, then %+v", before, after)
	}
}

// Large tensors that nobody closes stay below a limit of the context.
func TestFinalizersBelowTheLimit(t *testing.T) {
	c, err := NewContext(&ContextOptions{Threads: 1, MemoryLimit: 256 << 20})
	must(t, err)
	defer c.Close()
	x := c.Zeros(1 << 20)
	for i := 0; i < 400; i++ {
		must(t, x.AddScalar(float64(i)).Err())
		if i%16 == 0 {
			runtime.Gosched()
		}
	}
	_, err = NewTensor(c, make([]float32, 80<<20))
	wants(t, err, ErrOutOfMemory, "")
	must(t, x.Neg().Err())
}

// Whatever kind of object is forgotten ends by itself.
func TestForgottenObjectsEnd(t *testing.T) {
	c := newContext(t)
	before, err := c.Statistics()
	must(t, err)
	func() {
		model := c.Sequential(c.Dense(3, nil), c.DropoutLayer(0.5, nil))
		model.Call(c.Ones(2, 2), true)
		model.Variables()
		c.Adam(nil)
		c.MeanMetric("")
		d := c.Dataset(c.Zeros(4)).Batched(2, false)
		d.Next()
		c.NewTape(nil)
		must(t, c.Scope(func() error { c.Ones(2).Keep(); c.Dense(2, nil).Keep().Keep(); model.Keep(); return nil }))
	}()
	var after Statistics
	if !eventually(func() bool {
		after, err = c.Statistics()
		return err == nil && after.Tensors == before.Tensors && after.Variables == before.Variables && after.Tapes == 0 && after.Values == before.Values
	}) {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestForgottenContextsEnd(t *testing.T) {
	const megabytes = 32
	early := resident(t)
	for i := 0; i < 60; i++ {
		c, err := NewContext(&ContextOptions{Threads: 1})
		must(t, err)
		must(t, c.Full([]int64{megabytes << 18}, 1, F32).Err())
		must(t, c.Scope(func() error { c.Ones(1); return nil }))
		runtime.GC()
	}
	if !eventually(func() bool { return resident(t) < early+8*megabytes<<20 }) {
		t.Errorf("60 contexts of %d MiB took %d MiB", megabytes, (resident(t)-early)>>20)
	}
}

// Contexts that hold next to nothing take memory, too, which Go's collector does not see: nothing else here calls it.
func TestForgottenEmptyContextsEnd(t *testing.T) {
	const count = 3000
	early, most := resident(t), int64(0)
	for i := 0; i < count; i++ {
		_, err := NewContext(&ContextOptions{Threads: 1})
		must(t, err)
		if i%100 == 99 {
			if now := resident(t); now > most {
				most = now
			}
		}
	}
	t.Logf("%d contexts: resident %.1f MiB before, at most %.1f MiB", count, float64(early)/(1<<20), float64(most)/(1<<20))
	if most > early+64<<20 {
		t.Errorf("%d contexts took %d MiB", count, (most-early)>>20)
	}
}

// A tensor that is kept pins nothing but itself and the few bytes of its neighbours in Go.
func TestKeptTensorsAreFew(t *testing.T) {
	c := newContext(t)
	var kept []*Tensor
	must(t, c.Scope(func() error {
		for i := 0; i < 1000; i++ {
			x := c.Full([]int64{1 << 10}, float64(i), F32)
			if i%100 == 0 {
				kept = append(kept, x.Keep())
			}
		}
		return nil
	}))
	stats, err := c.Statistics()
	must(t, err)
	if stats.Tensors != 10 || stats.LiveBytes > 10*(4<<10+256) {
		t.Errorf("got %+v", stats)
	}
	holds(t, kept[9].Mean(), nil, 900)
}
