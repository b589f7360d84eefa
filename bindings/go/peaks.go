//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

import "runtime"

// MeasurePeaks measures this machine with the threads of the context: multiply-adds in the widest registers, and additions of arrays
// in each cache and in memory. It works for about half a second, 2 ms or more for each turn, and holds 64 to 128 MiB of memory
// meanwhile. Other load on the machine makes the numbers smaller. options may be nil.
func (c *Context) MeasurePeaks(options *PeakOptions) (*MachinePeaks, error) {
	p := C.tlgo_peaks(c.handle(), options.raw())
	if p.struct_size != 0 {
		return nil, c.effect(C.int32_t(p.struct_size))
	}
	return &MachinePeaks{
		Threads: int32(p.threads), Flops: float64(p.flops),
		L1Bytes: uint64(p.l1_bytes), L2Bytes: uint64(p.l2_bytes), L3Bytes: uint64(p.l3_bytes),
		L1Bandwidth: float64(p.l1_bandwidth), L2Bandwidth: float64(p.l2_bandwidth), L3Bandwidth: float64(p.l3_bandwidth),
		DramBandwidth: float64(p.dram_bandwidth),
	}, nil
}

// FunctionBound is the least time that a step can take on a machine, in seconds.
type FunctionBound struct {
	Seconds           float64 // the larger one of the next two
	ArithmeticSeconds float64 // Flops of FunctionStatistics over those of the machine
	MemorySeconds     float64 // MovedBytes over the bandwidth of the level
	Level             int     // of the memory that counts, the fastest that holds TouchedBytes: 1 to 3 for caches, 4 for what lies behind them
}

// Bound is that of the plan that was used last, by the roofline model: of what Statistics tells and the peaks that are given, which
// MeasurePeaks gives, a data sheet, or who plans for another machine. Nothing is timed; works while the context holds an error.
//
// It is a bound of this plan, not of the task; kernels whose operands lie in a faster level than the whole step can be below it, and a
// step in F64 takes twice its arithmetic or more. ErrFailedPrecondition when there is no plan yet: the second call with inputs of a
// kind makes it.
func (f *Function) Bound(peaks *MachinePeaks) (FunctionBound, error) {
	if err := f.self().usable(); err != nil {
		return FunctionBound{}, err
	}
	b := C.tlgo_bound(C.uintptr_t(f.h), peaks.raw())
	runtime.KeepAlive(f)
	if b.struct_size != 0 {
		return FunctionBound{}, f.c.effect(C.int32_t(b.struct_size))
	}
	return FunctionBound{float64(b.seconds), float64(b.arithmetic_seconds), float64(b.memory_seconds), int(b.level)}, nil
}
