//go:build cgo

package tapeloop

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
)

// trainer is a small regression, whose losses depend on the seed alone.
type trainer struct {
	c    *Context
	x, y *Tensor
	vars []*Tensor
	adam *Optimizer
}

func newTrainer(c *Context) *trainer {
	x := c.UniformRange([]int64{16, 3}, -1, 1, F32)
	w, b := c.Variable(c.Normal(3, 1), "w"), c.Variable(c.Zeros(1), "b")
	return &trainer{c, x, x.SumAxes([]int64{1}, true), []*Tensor{w, b}, c.Adam(&AdamOptions{LearningRate: 0.01})}
}

func (r *trainer) step() (loss float64, err error) {
	err = r.c.Scope(func() error {
		tape := r.c.NewTape(nil)
		mean := r.x.MatMul(r.vars[0]).Add(r.vars[1]).Sub(r.y).Square().Mean()
		grads, err := tape.Gradient(mean, r.vars, nil)
		if err != nil {
			return err
		}
		if err := r.adam.Apply(grads, r.vars); err != nil {
			return err
		}
		loss, err = mean.Item()
		return err
	})
	return loss, err
}

func TestContextsInParallel(t *testing.T) {
	const goroutines, steps = 64, 50
	var losses [goroutines]float64
	var wait sync.WaitGroup
	for g := 0; g < goroutines; g++ {
		wait.Add(1)
		go func(g int) {
			defer wait.Done()
			c, err := NewContext(&ContextOptions{Seed: 5, Threads: 1})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			r := newTrainer(c)
			for i := 0; i < steps && err == nil; i++ {
				losses[g], err = r.step()
			}
			if err != nil {
				t.Error(err)
			}
		}(g)
	}
	wait.Wait()
	for g, loss := range losses {
		if math.Float64bits(loss) != math.Float64bits(losses[0]) || loss == 0 {
			t.Errorf("goroutine %d ends with %v, goroutine 0 with %v", g, loss, losses[0])
		}
	}
}

func TestOneContextHandedFromGoroutineToGoroutine(t *testing.T) {
	steps := 10000
	if testing.Short() {
		steps = 1000
	}
	c := newContext(t)
	r, turn, done := newTrainer(c), make(chan int), make(chan error, 8)
	first, err := r.step()
	must(t, err)
	var last float64
	for g := 0; g < 8; g++ {
		go func() {
			for i := range turn {
				loss, err := r.step()
				if err != nil {
					done <- err
					return
				}
				if last = loss; i+1 == steps {
					close(turn)
					break
				}
				go func(next int) { turn <- next }(i + 1)
			}
			done <- nil
		}()
	}
	turn <- 0
	for g := 0; g < 8; g++ {
		must(t, <-done)
	}
	if last >= first/100 || r.adam.Iterations() != int64(steps+1) {
		t.Errorf("from %v to %v in %d steps", first, last, r.adam.Iterations())
	}
	stats, err := c.Statistics()
	must(t, err)
	if stats.Scopes != 0 || stats.Tapes != 0 {
		t.Errorf("left over: %+v", stats)
	}
}

// Two goroutines that use one context against the rules get errors, not wrong results and not a crash.
func TestOneContextOnTwoGoroutinesAtOnce(t *testing.T) {
	c := newContext(t)
	x := c.Variable(c.Normal(64, 64), "x")
	must(t, c.Err())
	var busy, wrong, fine atomic.Int64
	var wait sync.WaitGroup
	for g := 0; g < 4; g++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := 0; i < 300; i++ {
				err := c.Scope(func() error {
					tape := c.NewTape(nil)
					loss := x.MatMul(x).Mean()
					grads, err := tape.Gradient(loss, []*Tensor{x}, nil)
					if err == nil && len(grads) == 1 && grads[0] == nil {
						t.Error("a gradient was lost without an error")
					}
					x.Shape()
					_ = x.Name()
					tape.WatchedVariables()
					tape.Close()
					return err
				})
				var e *Error
				switch {
				case err == nil:
					fine.Add(1)
				case errors.Is(err, ErrBusy):
					busy.Add(1)
				case errors.As(err, &e):
					wrong.Add(1) // a scope that the other one ended, a handle of it
				default:
					t.Errorf("got %T %v", err, err)
				}
			}
		}()
	}
	wait.Wait()
	t.Logf("%d fine, %d busy, %d other errors", fine.Load(), busy.Load(), wrong.Load())
	for c.Err() != nil || c.Err() != nil { // the first call after an intrusion may only bring its error to light
	}
	for { // scopes that were begun and ended crosswise
		stats, err := c.Statistics()
		must(t, err)
		if stats.Scopes == 0 {
			break
		}
		_, err = c.endScope()
		must(t, err)
	}
	c.depth.Store(0)
	_, err := newTrainer(c).step()
	must(t, err)
}

// Closing and reading from several goroutines at once is a mistake that the race detector must not see in this package.
func TestCloseFromSeveralGoroutines(t *testing.T) {
	for round := 0; round < 50; round++ {
		c, err := NewContext(&ContextOptions{Threads: 1})
		must(t, err)
		model := c.Sequential(c.Dense(2, &DenseOptions{InputSize: 2}))
		d, x := c.Dataset(c.Zeros(3)), c.Zeros(2, 2)
		var wait sync.WaitGroup
		for g := 0; g < 6; g++ {
			wait.Add(1)
			go func(g int) {
				defer wait.Done()
				for i := 0; i < 20; i++ {
					switch (g + i) % 6 {
					case 0:
						model.Variables()
					case 1:
						d.Next()
						d.Batch()
					case 2:
						x.Close()
					case 3:
						c.Err()
					case 4:
						model.Call(x, true).Err()
					case 5:
						if i > 15 {
							model.Close()
							c.Close()
						}
					}
				}
			}(g)
		}
		wait.Wait()
		for c.Close() != nil {
		}
		wants(t, x.Neg().Err(), ErrInvalidArgument, "the context is closed")
	}
}
