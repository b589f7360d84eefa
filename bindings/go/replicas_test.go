//go:build cgo

package tapeloop

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// trainPart trains on 9 examples in batches of 4, 4 and 1, and gives the losses. group nil: alone.
func trainPart(c *Context, group *Group) (losses []float64, err error) {
	const rows = 9
	x, y := make([]float64, rows*3), make([]float64, rows)
	for i := range x {
		x[i] = math.Sin(float64(i) * 1.7)
	}
	for i := range y {
		y[i] = math.Cos(float64(i) * 0.9)
	}
	xs, err := NewTensor(c, x, rows, 3)
	if err != nil {
		return nil, err
	}
	ys, err := NewTensor(c, y, rows, 1)
	if err != nil {
		return nil, err
	}
	data := c.Dataset(xs, ys).Shuffle(5).Batched(4, false)
	first := 0.0
	if group != nil {
		first = float64(group.Rank())
	}
	weights := []*Tensor{c.Variable(c.Full([]int64{3, 1}, first, F64), "w")}
	if group != nil {
		if err := group.Mirror(weights); err != nil {
			return nil, err
		}
		data = group.Distribute(data)
	}
	sgd := c.SGD(&SGDOptions{LearningRate: 0.1})
	for epoch := 0; epoch < 4; epoch++ {
		for data.Next() {
			tape := c.NewTape(nil)
			each := data.Batch()[0].MatMul(weights[0]).Sub(data.Batch()[1]).Square()
			loss := each.Mean()
			if group != nil {
				loss = group.AverageLoss(each)
			}
			gradients, err := tape.Gradient(loss, weights, nil)
			if err == nil && group != nil {
				gradients, err = group.AllReduceList(gradients, ReduceSum)
			}
			if err == nil {
				err = sgd.Apply(gradients, weights)
			}
			if err != nil {
				return nil, err
			}
			if group != nil {
				loss = group.AllReduce(loss, ReduceSum)
			}
			value, err := loss.Item()
			if err != nil {
				return nil, err
			}
			losses = append(losses, value)
		}
		if err := data.Err(); err != nil {
			return nil, err
		}
	}
	if group != nil {
		err = group.CheckMirrored(weights)
	}
	return losses, err
}

func TestReplicasTrainAsOneContextDoes(t *testing.T) {
	alone, err := trainPart(newContext(t), nil)
	must(t, err)
	if len(alone) != 12 || alone[11] >= alone[0] {
		t.Fatal(alone)
	}
	for _, count := range []int{1, 2, 4} {
		all := make([][]float64, count)
		must(t, RunReplicas(count, &ReplicasOptions{Threads: 1}, func(c *Context, g *Group) (err error) {
			all[g.Rank()], err = trainPart(c, g)
			return err
		}))
		for _, losses := range all {
			for i := range alone {
				if losses[i] != all[0][i] || math.Abs(losses[i]-alone[i]) > 1e-13 {
					t.Fatalf("%d ranks: %v, alone %v", count, losses, alone)
				}
			}
		}
	}
}

func TestCollectivesStandInCompiledSteps(t *testing.T) {
	// The sums of a step that adds up gradients of what all ranks give.
	run := func(compiled func(rank int) bool) [2][4]float64 {
		var sums [2][4]float64
		must(t, RunReplicas(2, &ReplicasOptions{Threads: 1}, func(c *Context, g *Group) error {
			total := c.Variable(c.Zeros(), "total")
			step := func(in []*Tensor) ([]*Tensor, error) {
				tape := c.NewTape(nil)
				if err := tape.Watch(in[0]); err != nil {
					return nil, err
				}
				gradients, err := tape.Gradient(g.AllReduce(in[0], ReduceSum).Square(), in, nil)
				if err == nil {
					err = total.Assign(total.Add(gradients[0]))
				}
				return []*Tensor{total.MulScalar(1)}, err
			}
			function := c.NewFunction(step, 1, nil)
			for k := range sums[0] {
				in := []*Tensor{c.Full(nil, float64((k+1)*(g.Rank()+1)), F32)}
				run := step
				if compiled(g.Rank()) {
					run = func(in []*Tensor) ([]*Tensor, error) { return function.Call(in...) }
				}
				out, err := run(in)
				if err == nil {
					sums[g.Rank()][k], err = out[0].Item()
				}
				if err != nil {
					return err
				}
			}
			return nil
		}))
		return sums
	}
	plain := run(func(int) bool { return false })
	if plain[0][0] != 12 { // 2 (1 + 2), of the sum over both ranks
		t.Fatal(plain)
	}
	for _, compiled := range []func(int) bool{func(int) bool { return true }, func(rank int) bool { return rank == 1 }} {
		if got := run(compiled); got != plain {
			t.Fatalf("%v, plain %v", got, plain)
		}
	}
}

func TestCollectives(t *testing.T) {
	must(t, RunReplicas(2, &ReplicasOptions{Threads: 1, TimeoutSeconds: 20}, func(c *Context, g *Group) error {
		r := g.Rank()
		x, err := NewTensor(c, []float64{float64(r) + 1, 10 * float64(r)}, 2)
		if err != nil {
			return err
		}
		same := func(what string, got *Tensor, want ...float64) {
			values, e := Values[float64](got)
			if e == nil && fmt.Sprint(values) != fmt.Sprint(want) {
				e = fmt.Errorf("%s: got %v, want %v", what, values, want)
			}
			if err == nil {
				err = e
			}
		}
		of := [][]float64{{3, 3, 10, 1, 2}, {10, 0, 0, 0, 10}}[r]
		if g.Size() != 2 || g.LocalRank() != r || g.Steps() != 0 {
			return errors.New("the group does not know itself")
		}
		same("sum", g.AllReduce(x, ReduceSum), 3, 10)
		same("max", g.AllReduce(x, ReduceMax), 2, 10)
		same("sum by pairs", g.AllReduce(x, ReduceSumByPairs), 3, 10)
		same("gather", g.AllGather(x), 1, 0, 2, 10)
		same("broadcast", g.Broadcast(x, 1), 2, 10)
		same("scatter", g.ReduceScatter(x, ReduceSum), of[0])
		same("reduce", g.Reduce(x, ReduceSum, 0), of[1], of[2])
		same("all to all", g.AllToAll(x), of[3], of[4])
		other, e := g.Split(0, int64(-r))
		if e != nil || other.Rank() != 1-r {
			return fmt.Errorf("split: %v %v", other, e)
		}
		if none, e := g.Split(-1, 0); none != nil || e != nil {
			return fmt.Errorf("no group: %v %v", none, e)
		}
		tape := c.NewTape(nil)
		if e := tape.Watch(x); e != nil {
			return e
		}
		gradients, e := tape.Gradient(g.AllReduce(x, ReduceSum).Square().Sum(), []*Tensor{x}, nil)
		if e != nil {
			return e
		}
		same("gradient", gradients[0], 12, 40)
		v := []*Tensor{c.Variable(x, "v")}
		if e := g.AverageVariables(v); e != nil {
			return e
		}
		same("average", v[0], 1.5, 5)
		mean := c.MeanMetric("")
		if e := mean.Update(x, nil); e != nil {
			return e
		}
		merged, e := g.MetricResult(mean)
		if e != nil {
			return e
		}
		same("metric", merged, 13.0/4)
		for _, e := range []error{g.SetTimeout(30 * time.Second), g.SetOverlap(true), g.SetBucketBytes(1)} {
			if e != nil {
				return e
			}
		}
		before := g.Steps()
		if _, e := g.AllReduceList([]*Tensor{x, x, x}, ReduceSum); e != nil {
			return e
		}
		if steps := g.Steps() - before; steps != 3 { // each a bucket
			return fmt.Errorf("three buckets took %d calls", steps)
		}
		if e := g.SetWireDType(WireBf16); e != nil {
			return e
		}
		between := c.Full(nil, 1+1.0/256, F32) // two bf16
		sums, e := g.AllReduceList([]*Tensor{between}, ReduceSum)
		if e != nil {
			return e
		}
		if sum, e := sums[0].Item(); sum != 2 || e != nil {
			return fmt.Errorf("the sum of what is rounded is %v: %v", sum, e)
		}
		if e := g.Keep().Barrier(); e != nil {
			return e
		}
		return err
	}))
	group, err := newContext(t).NewGroup(nil)
	must(t, err)
	if group.Size() != 1 {
		t.Error(group.Size())
	}
	must(t, group.Close())
}

func TestAllRanksLearnWhatWentWrong(t *testing.T) {
	options := &ReplicasOptions{Threads: 1}
	errs := make([]error, 3)
	err := RunReplicas(3, options, func(c *Context, g *Group) error {
		shape := int64(2)
		if g.Rank() == 1 {
			shape = 3
		}
		errs[g.Rank()] = g.AllReduce(c.Zeros(shape), ReduceSum).Err()
		return errs[g.Rank()]
	})
	for _, err := range append(errs, err) {
		wants(t, err, ErrMismatch, "rank 1 differs from rank 0 in the shape of tensor 0")
	}

	bare := errors.New("the cupboard is bare")
	var told error
	err = RunReplicas(2, options, func(c *Context, g *Group) error {
		if g.Rank() == 1 {
			return bare
		}
		told = g.Barrier()
		return told
	})
	if !errors.Is(err, bare) {
		t.Error(err)
	}
	wants(t, told, ErrPeerLost, "the cupboard is bare")

	// A tensor that is an error: the others do not wait for it.
	err = RunReplicas(2, options, func(c *Context, g *Group) error {
		x := c.Zeros(2, 3)
		if g.Rank() == 1 {
			x = x.MatMul(x)
		}
		err := g.AllReduce(x, ReduceSum).Err()
		if g.Rank() == 0 {
			told = err
		}
		return err
	})
	wants(t, err, ErrInvalidArgument, "matmul")
	wants(t, told, ErrPeerLost, "matmul")

	func() {
		defer func() {
			if p := recover(); p != "boo" {
				t.Error(p)
			}
		}()
		_ = RunReplicas(2, options, func(c *Context, g *Group) error {
			if g.Rank() == 0 {
				panic("boo")
			}
			return g.Barrier()
		})
		t.Error("the panic did not come back")
	}()
	wants(t, RunReplicas(0, nil, func(*Context, *Group) error { return nil }), ErrInvalidArgument, "got 0")
}

func TestReplicasAreBlamedForWhatTheyDid(t *testing.T) {
	options := &ReplicasOptions{Threads: 1, TimeoutSeconds: 20}
	ownReason := errors.New("no data")
	err := RunReplicas(3, options, func(c *Context, g *Group) error {
		if g.Rank() == 1 {
			return fmt.Errorf("epoch 2: %w", ownReason)
		}
		if err := g.Barrier(); err != nil {
			return fmt.Errorf("epoch 2: %w", err)
		}
		return nil
	})
	if !errors.Is(err, ownReason) || !strings.Contains(err.Error(), "rank 1 failed: epoch 2: no data") {
		t.Errorf("a lost rank is blamed in the place of the one that failed: %v", err)
	}
	// As t.FailNow() does it in a replica.
	err = RunReplicas(2, options, func(c *Context, g *Group) error {
		if g.Rank() == 1 {
			runtime.Goexit()
		}
		return g.Barrier()
	})
	if err == nil || !strings.Contains(err.Error(), "rank 1 failed: the function ended its goroutine") {
		t.Errorf("a replica that never returned: %v", err)
	}
	err = RunReplicas(2, options, func(c *Context, g *Group) error {
		runtime.Goexit()
		return nil
	})
	if err == nil {
		t.Error("replicas that never returned count as well ended")
	}
}

func TestGoroutinesMeet(t *testing.T) {
	starter := newContext(t)
	meeting, err := starter.NewRendezvous(2)
	must(t, err)
	errs := make([]error, 2)
	var all sync.WaitGroup
	for rank := range errs {
		all.Add(1)
		go func(rank int) {
			defer all.Done()
			c, err := NewContext(&ContextOptions{Threads: 1})
			if err == nil {
				var g *Group
				if g, err = c.JoinGroup(meeting, int32(rank), &GroupOptions{TimeoutSeconds: 20}); err == nil {
					err = g.Barrier()
				}
				c.Close()
			}
			errs[rank] = err
		}(rank)
	}
	all.Wait()
	for _, err := range errs {
		must(t, err)
	}
	must(t, meeting.Keep().Close())
	lonely, err := starter.NewRendezvous(3)
	must(t, err)
	_, err = starter.JoinGroup(lonely, 1, &GroupOptions{TimeoutSeconds: 0.02})
	wants(t, err, ErrTimedOut, "ranks 0, 2 did not come")
}

func TestGroupsOfProcessesSayWhatIsMissing(t *testing.T) {
	c := newContext(t)
	options := GroupOptions{Rank: 1, Size: 2, Address: "127.0.0.1", Port: 29500, PluginFolder: t.TempDir(), TimeoutSeconds: 0.1}
	_, err := c.NewGroup(&options)
	wants(t, err, ErrUnsupported, "libtapeloop-dist-gloo.so (not there); install libgloo-dev")
	options.Backend = "self"
	_, err = c.NewGroup(&options)
	wants(t, err, ErrInvalidArgument, "'self' is that of one process: got rank 1 of 2")
	options.Size = 1
	_, err = c.NewGroup(&options)
	wants(t, err, ErrInvalidArgument, "got rank 1 of 1")
	options.Rank = 0
	group, err := c.NewGroup(&options)
	must(t, err)
	if group.Size() != 1 {
		t.Error("a group of one has", group.Size())
	}
}

func TestRanksTakeAStepTogetherAndGoOnFromOneState(t *testing.T) {
	folder := t.TempDir()
	err := RunReplicas(3, nil, func(c *Context, group *Group) error {
		rank := int64(group.Rank())
		if group.Generation() != 0 {
			return fmt.Errorf("generation %d", group.Generation())
		}
		all, err := group.Vote(5, float64(rank), rank == 2, false)
		if err != nil || all != (GroupDecision{Weight: 3, Stop: true}) {
			return fmt.Errorf("vote: %v %v", all, err)
		}
		if all, err = group.Vote(6, 0, false, true); err != nil || all != (GroupDecision{Save: true, Finished: true}) {
			return fmt.Errorf("vote: %v %v", all, err)
		}

		w := c.Variable(c.Full([]int64{2}, float64(rank), F64), "w")
		saved := c.NewCheckpoint()
		if err := saved.AddVariable("w", w); err != nil {
			return err
		}
		if err := saved.SetInt64("epoch", rank+7); err != nil {
			return err
		}
		step := int64(11)
		if rank == 1 { // it is furthest: all get what it has
			step = 12
		}
		if step, err = group.Synchronize(saved, step); err != nil || step != 12 {
			return fmt.Errorf("synchronize: %d %v", step, err)
		}
		epoch, err := saved.Int64("epoch")
		if sum, failed := w.Sum().Item(); err != nil || failed != nil || epoch != 8 || sum != 2 {
			return fmt.Errorf("epoch %d, sum %v, %v", epoch, sum, err)
		}

		var manager *CheckpointManager
		if rank == 0 {
			if manager, err = c.NewCheckpointManager(saved, folder, nil); err != nil {
				return err
			}
		}
		if err := group.Save(manager, 12, math.NaN()); err != nil {
			return err
		}
		if err := group.Save(manager, 12, math.NaN()); !errors.Is(err, ErrFailedPrecondition) { // on all ranks
			return fmt.Errorf("saved twice: %v", err)
		}
		if manager != nil { // which has the folder
			manager.Close()
		}
		together, err := c.NewCheckpointManager(saved, folder, nil)
		if err != nil {
			return err
		}
		if err := group.SaveSharded(together, 13, 0.5); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(folder, "step-13", "tensors-00003-of-00003.safetensors")); err != nil {
			return err
		}
		if latest, err := together.RestoreLatest(); err != nil || latest != 13 {
			return fmt.Errorf("restored %d, %v", latest, err)
		}
		if err := group.SaveSharded(nil, 14, math.NaN()); !errors.Is(err, ErrInvalidArgument) { // on all ranks
			return fmt.Errorf("saved without managers: %v", err)
		}
		if _, err := group.Vote(rank/2, 1, false, false); !errors.Is(err, ErrMismatch) {
			return fmt.Errorf("at different steps: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOptimizerInShares(t *testing.T) {
	train := func(c *Context, g *Group) (sums [3]float64, err error) {
		var w, gradients []*Tensor
		for n := int64(1); n <= 3; n++ {
			w = append(w, c.Variable(c.Full([]int64{n}, 1, F64), fmt.Sprint("w", n)))
			gradients = append(gradients, c.Full([]int64{n}, float64(n), F64))
		}
		adam := c.Adam(nil)
		if g != nil {
			if err = g.ShardOptimizer(adam, w); err != nil {
				return
			}
			if n := len(adam.Variables()); n != 2+[]int{2, 4}[g.Rank()] { // w3; w2 and w1
				return sums, fmt.Errorf("rank %d has %d variables", g.Rank(), n)
			}
			if e := adam.Apply(gradients, w); !errors.Is(e, ErrFailedPrecondition) {
				return sums, fmt.Errorf("a step alone: %v", e)
			}
		}
		for step := 0; step < 3 && err == nil; step++ {
			if g != nil {
				err = g.ApplySharded(adam, gradients, w)
			} else {
				err = adam.Apply(gradients, w)
			}
		}
		if g != nil && err == nil {
			err = g.GatherOptimizer(adam, w)
		}
		if err == nil {
			err = adam.Apply(gradients, w)
		}
		for i := range w {
			if err == nil {
				sums[i], err = w[i].Sum().Item()
			}
		}
		return sums, err
	}
	alone, err := train(newContext(t), nil)
	must(t, err)
	must(t, RunReplicas(2, &ReplicasOptions{Threads: 1}, func(c *Context, g *Group) error {
		sums, err := train(c, g)
		if err == nil && sums != alone {
			err = fmt.Errorf("got %v, want %v", sums, alone)
		}
		return err
	}))
}
