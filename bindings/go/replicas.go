//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// Group is one replica's place among those that train together: RunReplicas and Context.JoinGroup give one.
//
// All ranks of a group call the same methods of it, on tensors of the same dtypes and shapes, in the same order. Where they do not,
// all get ErrMismatch with the first rank and field that differs. Where a rank does not come in time, all get ErrTimedOut; where it
// fails, closes its group or its context, the others get ErrPeerLost, with its number, the step and the reason. The first failure
// ends the group. Sums have the same bits whatever the threads.
//
// Gradients go through what gives tensors, to any order; all ranks must take the same ones. Collectives may stand in the step of a
// Function, which makes the same calls at each replay, before it changes anything: one rank may record while others
// replay, and a replay that fails has changed nothing. They cannot stand inside Vmap.
type Group struct{ object }

// Rendezvous is where the ranks of a group meet that are goroutines of one process.
type Rendezvous struct{ object }

func releaseGroup(h uintptr)      { C.tlgo_group_release(C.uintptr_t(h)) }
func releaseRendezvous(h uintptr) { C.tlgo_rendezvous_release(C.uintptr_t(h)) }

func (g *Group) self() *object {
	if g == nil {
		return nil
	}
	return &g.object
}

func (r *Rendezvous) self() *object {
	if r == nil {
		return nil
	}
	return &r.object
}

// GroupOptions says how a group is made. All fields but TimeoutSeconds are of NewGroup only, and each that is zero is what the launcher's
// environment says.
type GroupOptions struct {
	// how long each call waits for the other ranks; 0: 600
	TimeoutSeconds float64
	// what moves tensors between processes: "gloo", "mpi" (that of the launcher; "mpi-openmpi" and "mpi-mpich" name one), or "self" for a
	// group of one. "": TAPELOOP_BACKEND; else mpi where mpirun has started the process and no MASTER_ADDR is set, and gloo
	Backend string
	// absolute path where the engines are; "": TAPELOOP_PLUGIN_DIR, or beside the library
	PluginFolder string
	// the number of this process, and how many there are; both 0: RANK and WORLD_SIZE, or other launchers' variables
	Rank, Size int32
	// of rank 0, by which all reach it: MASTER_ADDR and MASTER_PORT. With mpi they may be absent
	Address string
	Port    int32
	// groups of another job are strangers: TAPELOOP_JOB, TORCHELASTIC_RUN_ID
	Job string
	// a secret of the job's, at most 256 bytes: TAPELOOP_TOKEN
	Token string
	// of the group at the least, which grows when it is made anew: TAPELOOP_GENERATION, TORCHELASTIC_RESTART_COUNT
	Generation uint64
	// after so long without a word a rank is lost; 0: 15
	LeaseSeconds float64
}

// with calls f with what C takes, whose texts live until f returns.
func (o *GroupOptions) with(f func(raw C.tlgo_group_options) C.uintptr_t) C.uintptr_t {
	if o == nil {
		return f(C.tlgo_group_options{})
	}
	raw := C.tlgo_group_options{timeout_seconds: C.double(o.TimeoutSeconds), rank: C.int32_t(o.Rank), size: C.int32_t(o.Size),
		port: C.int32_t(o.Port), generation: C.uint64_t(o.Generation), lease_seconds: C.double(o.LeaseSeconds)}
	for _, text := range []struct {
		value string
		to    **C.char
	}{{o.Backend, &raw.backend}, {o.PluginFolder, &raw.plugin_folder}, {o.Address, &raw.address}, {o.Job, &raw.job}, {o.Token, &raw.token}} {
		if text.value != "" {
			*text.to = C.CString(text.value)
			defer C.free(unsafe.Pointer(*text.to))
		}
	}
	return f(raw)
}

func (c *Context) group(handle C.uintptr_t) (*Group, error) {
	g := &Group{}
	made := c.objectOf(handle)
	g.h, g.object.c, g.failed = made.h, made.c, made.failed
	if err := g.object.usable(); err != nil {
		return nil, err
	}
	return newObject(g, &g.object, releaseGroup), nil
}

// EndMPI ends MPI where NewGroup has started it, and waits for all ranks to do so; no group can be made by it after that. Closing the last
// context does it: a program that makes groups by MPI closes its contexts, or calls this, before it ends, for mpirun takes one that does not
// for one that has failed. While a group is open, and where the last one has failed, it does nothing.
func EndMPI() { C.tlgo_mpi_end() }

// NewGroup is the group of the processes that a launcher has started, as options or its environment say: tapeloop-run, torchrun, mpirun,
// Slurm. It waits until all have joined. Without a launcher it is a group of one, in which every call gives back what it gets; never
// where there are several: without an engine that joins them it is ErrUnsupported, which names the package. ErrTimedOut lists the ranks
// that are missing. Where a process is killed the others get ErrPeerLost at once, and may make a group anew with the next generation: one
// more than Generation of the old one, which they close first, or, where NewGroup itself has failed, than they asked for before. A process has
// one group of its job at a time. options may be nil.
func (c *Context) NewGroup(options *GroupOptions) (*Group, error) {
	return c.group(options.with(func(raw C.tlgo_group_options) C.uintptr_t { return C.tlgo_group_new(c.handle(), raw) }))
}

// NewRendezvous is where size ranks, 1 to 1,024, meet, once. Closing it ends the wait of those that others have not joined. This context must outlive their joining; it may be one of theirs.
func (c *Context) NewRendezvous(size int32) (*Rendezvous, error) {
	r := &Rendezvous{}
	made := c.objectOf(C.tlgo_rendezvous_new(c.handle(), C.int32_t(size)))
	r.h, r.object.c, r.failed = made.h, made.c, made.failed
	if err := r.object.usable(); err != nil {
		return nil, err
	}
	return newObject(r, &r.object, releaseRendezvous), nil
}

// Keep moves it one scope out, as Tensor.Keep does, and returns it.
func (r *Rendezvous) Keep() *Rendezvous {
	if r == nil {
		return nil
	}
	return keep(r, &r.object, func() C.uintptr_t { return C.tlgo_rendezvous_keep(C.uintptr_t(r.h)) }, releaseRendezvous)
}

// Close gives it up: no rank can join any more. Closing it again does nothing; the error is always nil.
func (r *Rendezvous) Close() error { return r.self().close(releaseRendezvous) }

// JoinGroup joins a group as one of its ranks, and waits until all have joined: each on a goroutine of its own, with a context of its
// own. ErrTimedOut lists the ranks that are missing; two that join as one are ErrMismatch for all.
func (c *Context) JoinGroup(meeting *Rendezvous, rank int32, options *GroupOptions) (*Group, error) {
	if err := meeting.self().usable(); err != nil {
		return nil, err
	}
	g, err := c.group(options.with(func(raw C.tlgo_group_options) C.uintptr_t {
		return C.tlgo_group_join(c.handle(), C.uintptr_t(meeting.h), C.int32_t(rank), raw)
	}))
	runtime.KeepAlive(meeting)
	return g, err
}

// number is what the group says of itself, -1 of one that is not there.
func (g *Group) number(of func(h C.uintptr_t) int64) int64 {
	if g == nil || g.h == 0 {
		return -1
	}
	n := of(C.uintptr_t(g.h))
	runtime.KeepAlive(g)
	return n
}

// Rank is the number of this rank, from 0; -1 of a group that is closed.
func (g *Group) Rank() int {
	return int(g.number(func(h C.uintptr_t) int64 { return int64(C.tlgo_group_rank(h)) }))
}

// Size is how many ranks there are; -1 of a group that is closed.
func (g *Group) Size() int {
	return int(g.number(func(h C.uintptr_t) int64 { return int64(C.tlgo_group_size(h)) }))
}

// LocalRank is the number of this rank among those of its machine; -1 of a group that is closed.
func (g *Group) LocalRank() int {
	return int(g.number(func(h C.uintptr_t) int64 { return int64(C.tlgo_group_local_rank(h)) }))
}

// Steps is how many collectives have ended well, barriers and splits too; -1 of a group that is closed.
func (g *Group) Steps() int64 {
	return g.number(func(h C.uintptr_t) int64 { return int64(C.tlgo_group_steps(h)) })
}

// Generation is which making of the group this is. After a failure ranks close the group and ask for one more than this; all join the
// highest that one of them asks for. 0 of goroutines and of one process.
func (g *Group) Generation() uint64 {
	n := g.number(func(h C.uintptr_t) int64 { return int64(C.tlgo_group_generation(h)) })
	if n < 0 {
		return 0
	}
	return uint64(n)
}

// GroupDecision is what all ranks together have said in a vote.
type GroupDecision struct {
	// the sum of all weights, in the order of the ranks
	Weight float64
	// whether any rank wants to stop, or to save
	Stop, Save bool
	// whether no rank has anything for the step: the weights of all are 0
	Finished bool
}

// Vote is that of a step, before it: its number, the same on all ranks; the weight of what this rank brings to it, such as its number of
// examples, 0 when its data have ended; and whether it wants to stop, or to save. All get the same decision. ErrMismatch on all ranks
// where they are at different steps.
func (g *Group) Vote(step int64, weight float64, stop, save bool) (GroupDecision, error) {
	all := new(C.tl_group_decision)
	all.struct_size = C.size_t(unsafe.Sizeof(*all))
	err := g.effect(func(h C.uintptr_t) C.int32_t {
		return C.tlgo_group_vote(h, C.int64_t(step), C.double(weight), C.bool(stop), C.bool(save), all)
	})
	return GroupDecision{float64(all.weight), bool(all.stop), bool(all.save), bool(all.finished)}, err
}

// Synchronize brings all ranks to one state, that of the rank with the highest step, and gives that step: all that the checkpoint holds
// goes through the group. What a step that has failed has changed beside the optimizer, such as the place of a data set, the program takes
// back before. A rank that is new says -1. ErrMismatch where objects differ.
func (g *Group) Synchronize(checkpoint *Checkpoint, step int64) (int64, error) {
	if err := g.self().usable(); err != nil {
		return -1, err
	}
	if err := checkpoint.self().usable(); err != nil {
		_ = g.Leave(err.Error())
		return -1, err
	}
	ofAll := C.int64_t(-1)
	err := g.effect(func(h C.uintptr_t) C.int32_t {
		return C.tlgo_group_synchronize(h, C.uintptr_t(checkpoint.h), C.int64_t(step), &ofAll)
	})
	runtime.KeepAlive(checkpoint)
	return int64(ofAll), err
}

// Save saves on rank 0, for all, which wait until it has been written; manager may be nil on the others. The metric is NaN for none. A full
// disk there is an error on all ranks, and the group goes on.
func (g *Group) Save(manager *CheckpointManager, step int64, metric float64) error {
	return g.saved(manager, func(h, manager C.uintptr_t) C.int32_t {
		return C.tlgo_group_save(h, manager, C.int64_t(step), C.double(metric))
	})
}

// ShardOptimizer shares the slots of an optimizer out over the ranks (ZeRO stage 1): each variable has one owner, which alone keeps its
// slots, the largest first, each to who has the fewest bytes so far. All ranks pass the same list, with all variables of the optimizer. From
// now on each step is ApplySharded. ErrUnsupported for one with step options or groups of variables.
func (g *Group) ShardOptimizer(optimizer *Optimizer, variables []*Tensor) error {
	return g.onOptimizer(optimizer, variables, func(h, o C.uintptr_t, v []C.uintptr_t) C.int32_t {
		return C.tlgo_group_shard_optimizer(h, o, list(v), C.size_t(len(v)))
	})
}

// ApplySharded is a step of an optimizer that is sharded, with gradients that are the same on all ranks: each computes the new values of
// its own variables, and gets those of the others. The bits are those of Optimizer.Apply on every rank, and a failure leaves all as it was.
func (g *Group) ApplySharded(optimizer *Optimizer, gradients, variables []*Tensor) error {
	if err := g.self().usable(); err != nil {
		return err
	}
	grads, broken := handlesOf(gradients)
	if broken == nil && len(gradients) != len(variables) {
		err := newError(ErrInvalidArgument, "[group_apply_sharded] there must be one gradient for each variable")
		_ = g.Leave(err.Error())
		return err
	}
	if broken != nil {
		_ = g.Leave(broken.err().Message)
		return broken.c.brokenBy(broken)
	}
	err := g.onOptimizer(optimizer, variables, func(h, o C.uintptr_t, v []C.uintptr_t) C.int32_t {
		return C.tlgo_group_apply_sharded(h, o, list(grads), list(v), C.size_t(len(v)))
	})
	runtime.KeepAlive(gradients)
	return err
}

// GatherOptimizer gives all slots to all ranks, for a checkpoint that any number of ranks restores; ShardOptimizer may follow again. The
// variables are all of the optimizer's.
func (g *Group) GatherOptimizer(optimizer *Optimizer, variables []*Tensor) error {
	return g.onOptimizer(optimizer, variables, func(h, o C.uintptr_t, v []C.uintptr_t) C.int32_t {
		return C.tlgo_group_gather_optimizer(h, o, list(v), C.size_t(len(v)))
	})
}

func (g *Group) onOptimizer(optimizer *Optimizer, variables []*Tensor, call func(h, o C.uintptr_t, v []C.uintptr_t) C.int32_t) error {
	if err := g.self().usable(); err != nil {
		return err
	}
	if err := optimizer.self().usable(); err != nil {
		_ = g.Leave(err.Error())
		return err
	}
	err := g.onList(variables, func(h C.uintptr_t, v []C.uintptr_t) C.int32_t { return call(h, C.uintptr_t(optimizer.h), v) })
	runtime.KeepAlive(optimizer)
	return err
}

// SaveSharded saves on all ranks together, each its share of the tensors at the same time, into one folder that all of them see: each passes a
// manager of its own. The checkpoint is there when all shares are, from one moment on, and any number of ranks restores it. What fails on
// one rank is an error on all, and the group goes on. The metric is NaN for none.
func (g *Group) SaveSharded(manager *CheckpointManager, step int64, metric float64) error {
	return g.saved(manager, func(h, manager C.uintptr_t) C.int32_t {
		return C.tlgo_group_save_sharded(h, manager, C.int64_t(step), C.double(metric))
	})
}

// saved calls f with the group and the manager, or 0 where that is nil, which both stay alive meanwhile.
func (g *Group) saved(manager *CheckpointManager, f func(group, manager C.uintptr_t) C.int32_t) error {
	var handle C.uintptr_t
	if manager != nil {
		handle = C.uintptr_t(manager.h)
	}
	err := g.effect(func(h C.uintptr_t) C.int32_t { return f(h, handle) })
	runtime.KeepAlive(manager)
	return err
}

// SetTimeout sets how long each call waits for the other ranks.
func (g *Group) SetTimeout(timeout time.Duration) error {
	return g.effect(func(h C.uintptr_t) C.int32_t { return C.tlgo_group_set_timeout(h, C.double(timeout.Seconds())) })
}

// SetBucketBytes cuts the lists of AllReduceList into buckets, each an exchange of its own: from the end of the list to its beginning,
// neighbours until they have so many bytes together; 0, as at first: each list is one. Gradients in the order of the forward pass so go in
// the order in which they are made. The bits are the same whatever the buckets. All ranks set the same number; a compiled step keeps the
// buckets that it was recorded with.
func (g *Group) SetBucketBytes(bytes uint64) error {
	return g.effect(func(h C.uintptr_t) C.int32_t { return C.tlgo_group_set_bucket_bytes(h, C.uint64_t(bytes)) })
}

// SetWireDType says as what the F32 tensors travel of which AllReduceList makes sums or means: as they are (WireF32), as at first, or
// rounded to bf16 (WireBf16), half the bytes. They are added in f32 in the order of the ranks, and the result is rounded once more: all
// ranks get the same bits, which differ from the exact sum by at most (2^-7 + 2^-16 + n 2^-23) times the sum of the absolute values.
// Everything else goes as it is. All ranks set the same; a compiled step keeps what it was recorded with. A sum by pairs is
// ErrInvalidArgument with bf16.
func (g *Group) SetWireDType(dtype WireDType) error {
	return g.effect(func(h C.uintptr_t) C.int32_t { return C.tlgo_group_set_wire_dtype(h, C.int32_t(dtype)) })
}

// SetOverlap says whether compiled steps make long exchanges, from 32 KiB on, beside their kernels, on a thread of the group's: as soon as
// a bucket of gradients is there, while the others are computed. Off at first. The calls, their order and the bits are the same, so each
// rank may choose; a step that fails has changed nothing. It holds for steps that are planned later.
func (g *Group) SetOverlap(on bool) error {
	return g.effect(func(h C.uintptr_t) C.int32_t { return C.tlgo_group_set_overlap(h, C.bool(on)) })
}

func (g *Group) effect(call func(h C.uintptr_t) C.int32_t) error {
	if err := g.self().usable(); err != nil {
		return err
	}
	err := g.c.effect(call(C.uintptr_t(g.h)))
	runtime.KeepAlive(g)
	return err
}

// Leave ends the group for all of its ranks, which get ErrPeerLost with the number of this one and the reason.
func (g *Group) Leave(reason string) error {
	text := C.CString(strings.ReplaceAll(reason, "\x00", " "))
	defer C.free(unsafe.Pointer(text))
	return g.effect(func(h C.uintptr_t) C.int32_t { return C.tlgo_group_leave(h, text) })
}

// Split is a group within the group, of the ranks that give the same color, in the order of key, then of their ranks; nil for a color
// below 0. What goes wrong in it in the midst of a call ends all groups of these ranks; errors name ranks by their numbers in the outermost
// one.
func (g *Group) Split(color, key int64) (*Group, error) {
	if err := g.self().usable(); err != nil {
		return nil, err
	}
	h := C.tlgo_group_split(C.uintptr_t(g.h), C.int64_t(color), C.int64_t(key))
	runtime.KeepAlive(g)
	if h == 0 && color < 0 {
		return nil, g.c.Err()
	}
	return g.c.group(h)
}

// Barrier waits until all ranks have come.
func (g *Group) Barrier() error {
	return g.effect(func(h C.uintptr_t) C.int32_t { return C.tlgo_group_barrier(h) })
}

// collective is a call that makes a tensor of one. A tensor that is an error ends the group for the others, who would wait.
func (g *Group) collective(x *Tensor, call func(h, x C.uintptr_t) C.uintptr_t) *Tensor {
	if g == nil || g.h == 0 {
		return g.self().failedTensor()
	}
	if err := x.err(); err != nil {
		_ = g.Leave(err.Message)
		return x
	}
	made := g.c.result(call(C.uintptr_t(g.h), x.handle()))
	runtime.KeepAlive(g)
	runtime.KeepAlive(x)
	return made
}

// AllReduce is the reduction over ranks of x, on all of them.
func (g *Group) AllReduce(x *Tensor, reduction ReduceOp) *Tensor {
	return g.collective(x, func(h, x C.uintptr_t) C.uintptr_t { return C.tlgo_group_all_reduce(h, x, C.int32_t(reduction)) })
}

// AllReduceList is the same of a list in one step, or one for each bucket: gradients, say, in the order of the forward pass.
func (g *Group) AllReduceList(tensors []*Tensor, reduction ReduceOp) ([]*Tensor, error) {
	var out []C.uintptr_t
	err := g.onList(tensors, func(h C.uintptr_t, x []C.uintptr_t) C.int32_t {
		out = make([]C.uintptr_t, len(x))
		return C.tlgo_group_all_reduce_list(h, list(x), C.size_t(len(x)), C.int32_t(reduction), list(out))
	})
	if err != nil {
		return nil, err
	}
	return g.c.results(out), nil
}

func (g *Group) onList(tensors []*Tensor, call func(h C.uintptr_t, x []C.uintptr_t) C.int32_t) error {
	if err := g.self().usable(); err != nil {
		return err
	}
	handles, broken := handlesOf(tensors)
	if broken != nil {
		_ = g.Leave(broken.err().Message)
		return broken.c.brokenBy(broken)
	}
	err := g.effect(func(h C.uintptr_t) C.int32_t { return call(h, handles) })
	runtime.KeepAlive(tensors)
	return err
}

// Reduce is the sum or mean over ranks of x at rank root; zeros on the others.
func (g *Group) Reduce(x *Tensor, reduction ReduceOp, root int32) *Tensor {
	return g.collective(x, func(h, x C.uintptr_t) C.uintptr_t {
		return C.tlgo_group_reduce(h, x, C.int32_t(reduction), C.int32_t(root))
	})
}

// AllGather is the x of all ranks, one behind another along the first axis, whose size may differ; scalars become a vector.
func (g *Group) AllGather(x *Tensor) *Tensor {
	return g.collective(x, func(h, x C.uintptr_t) C.uintptr_t { return C.tlgo_group_all_gather(h, x) })
}

// ReduceScatter is this rank's rows of the sum or mean over ranks of x: parts that differ by one row at most.
func (g *Group) ReduceScatter(x *Tensor, reduction ReduceOp) *Tensor {
	return g.collective(x, func(h, x C.uintptr_t) C.uintptr_t { return C.tlgo_group_reduce_scatter(h, x, C.int32_t(reduction)) })
}

// Broadcast is the x of rank root, on all ranks.
func (g *Group) Broadcast(x *Tensor, root int32) *Tensor {
	return g.collective(x, func(h, x C.uintptr_t) C.uintptr_t { return C.tlgo_group_broadcast(h, x, C.int32_t(root)) })
}

// AllToAll cuts the first axis of x, a multiple of the number of ranks, into a block for each: block j goes to rank j.
func (g *Group) AllToAll(x *Tensor) *Tensor {
	return g.collective(x, func(h, x C.uintptr_t) C.uintptr_t { return C.tlgo_group_all_to_all(h, x) })
}

// Mirror gives variables the values of rank 0's, all of them or none. Those of a layer exist once it has been called.
func (g *Group) Mirror(variables []*Tensor) error {
	return g.onList(variables, func(h C.uintptr_t, v []C.uintptr_t) C.int32_t {
		return C.tlgo_group_mirror(h, list(v), C.size_t(len(v)))
	})
}

// CheckMirrored makes sure that variables have the same bits on all ranks; else ErrMismatch names rank and variable.
func (g *Group) CheckMirrored(variables []*Tensor) error {
	return g.onList(variables, func(h C.uintptr_t, v []C.uintptr_t) C.int32_t {
		return C.tlgo_group_check_mirrored(h, list(v), C.size_t(len(v)))
	})
}

// AverageVariables gives variables their mean over ranks: moving statistics, or weights that have trained apart for some steps.
func (g *Group) AverageVariables(variables []*Tensor) error {
	return g.onList(variables, func(h C.uintptr_t, v []C.uintptr_t) C.int32_t {
		return C.tlgo_group_average_variables(h, list(v), C.size_t(len(v)))
	})
}

// AverageLoss is this rank's part of the mean loss of all examples of all ranks, from one loss for each of its own, which may be none:
// the sum over ranks is the mean, and the sum of the gradients its gradient. 0 where no rank has one. ErrMismatch on all ranks where the
// dtypes of the losses differ.
func (g *Group) AverageLoss(losses *Tensor) *Tensor {
	return g.collective(losses, func(h, x C.uintptr_t) C.uintptr_t { return C.tlgo_group_average_loss(h, x) })
}

// MetricResult is what a metric gives of the updates on all ranks; its own state stays as it is. ErrMismatch on all ranks where it is of
// another kind, with other options or of another name on one of them; ErrUnsupported for R2.
func (g *Group) MetricResult(metric *Metric) (*Tensor, error) {
	if err := g.self().usable(); err != nil {
		return nil, err
	}
	if err := metric.self().usable(); err != nil {
		_ = g.Leave(err.Error())
		return nil, err
	}
	made, err := g.c.made(C.tlgo_group_metric_result(C.uintptr_t(g.h), C.uintptr_t(metric.h)))
	runtime.KeepAlive(g)
	runtime.KeepAlive(metric)
	return made, err
}

// Distribute is this rank's rows of each element of a data set of batches for all ranks, which is the same on each: shuffle with the
// same seed.
func (g *Group) Distribute(source *Dataset) *Dataset {
	if err := g.self().usable(); err != nil {
		failed, _ := err.(*Error)
		return &Dataset{object: object{failed: failed}}
	}
	made := source.made(func(_, source C.uintptr_t) C.uintptr_t { return C.tlgo_group_distribute(C.uintptr_t(g.h), source) })
	runtime.KeepAlive(g)
	return made
}

// Keep moves the group one scope out, as Tensor.Keep does, and returns it.
func (g *Group) Keep() *Group {
	if g == nil {
		return nil
	}
	return keep(g, &g.object, func() C.uintptr_t { return C.tlgo_group_keep(C.uintptr_t(g.h)) }, releaseGroup)
}

// Close leaves the group: ranks that wait for this one get ErrPeerLost. Closing it again does nothing; the error is always nil.
func (g *Group) Close() error { return g.self().close(releaseGroup) }

// RunReplicas runs count replicas, 1 to 1,024, as goroutines with a context and a group of their own, which end when the function
// returns, and waits for all. Where some fail, the error is that of the one that failed for a reason of its own, with its rank; one
// that ends its goroutine, as T.FailNow does, has failed, and a panic goes on here. options may be nil.
//
//	err := tapeloop.RunReplicas(2, nil, func(c *tapeloop.Context, group *tapeloop.Group) error {
//		... make the model, call it once ...
//		if err := group.Mirror(weights); err != nil {
//			return err
//		}
//		mine := group.Distribute(batches)
//		for mine.Next() {
//			loss := group.AverageLoss(lossesOfTheExamples)
//			gradients, err := tape.Gradient(loss, weights, nil)
//			...
//			sums, err := group.AllReduceList(gradients, tapeloop.ReduceSum)
//			...
//			err = adam.Apply(sums, weights)
//		}
//		return mine.Err()
//	})
func RunReplicas(count int, options *ReplicasOptions, replica func(c *Context, group *Group) error) error {
	const op = "replicas_run"
	switch {
	case replica == nil:
		return refusal(ErrInvalidArgument, "the function is nil")
	case count < 1 || count > 1024:
		return newError(ErrInvalidArgument, fmt.Sprintf("[%s] there must be 1 to 1024 replicas: got %d", op, count))
	}
	if options == nil {
		options = &ReplicasOptions{}
	}
	starter, err := NewContext(&ContextOptions{Threads: 1})
	if err != nil {
		return err
	}
	defer starter.Close()
	meeting, err := starter.NewRendezvous(int32(count))
	if err != nil {
		return err
	}
	threads := options.Threads
	if threads == 0 {
		threads = int32((runtime.NumCPU() + count - 1) / count)
	}
	errs, panics := make([]error, count), make([]any, count)
	var all sync.WaitGroup
	for rank := 0; rank < count; rank++ {
		all.Add(1)
		go func(rank int) {
			defer all.Done()
			// What stays where the function ends its goroutine, as T.FailNow does.
			errs[rank] = errLeft
			errs[rank] = func() error {
				c, err := NewContext(&ContextOptions{Seed: options.Seed + uint64(rank), Threads: threads, MemoryLimit: options.MemoryLimit})
				if err != nil {
					_ = meeting.Close() // who has not joined cannot any more
					return err
				}
				defer c.Close()
				group, err := c.JoinGroup(meeting, int32(rank), &GroupOptions{TimeoutSeconds: options.TimeoutSeconds})
				if err != nil {
					return err
				}
				returned := false
				defer func() {
					if panics[rank] = recover(); panics[rank] != nil {
						_ = group.Leave(fmt.Sprint("it panicked: ", panics[rank]))
					} else if !returned {
						_ = group.Leave(errLeft.Error())
					}
				}()
				err = replica(c, group)
				returned = true
				if err != nil {
					_ = group.Leave(err.Error())
				}
				return err
			}()
		}(rank)
	}
	all.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
	found := -1
	for rank, err := range errs {
		if err != nil && (found < 0 || (isLost(errs[found]) && !isLost(err))) {
			found = rank
		}
	}
	if found < 0 {
		return nil
	}
	return fmt.Errorf("[%s] every replica must end well: rank %d failed: %w", op, found, errs[found])
}

// errLeft is the error of a replica that has neither returned nor panicked.
var errLeft = errors.New("the function ended its goroutine, and did not return")

func isLost(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == ErrPeerLost
}
