// Made from api.json by bindings/gen/generate. Do not edit.
//! What contexts, tapes and functions hold.

use crate::ffi;

/// What a context holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Live tensor handles, without variables.
    pub tensors: u64,
    /// Live variable handles.
    pub variables: u64,
    /// Live values inside the library: handles, variables, what tapes saved.
    pub values: u64,
    /// Bytes in buffers that are in use.
    pub live_bytes: u64,
    /// The highest live_bytes so far.
    pub peak_live_bytes: u64,
    /// Bytes kept for reuse; a request that would bring live and cached bytes above twice peak_live_bytes and
    /// 16 MiB gives those unused longest back first.
    pub cached_bytes: u64,
    /// The caller's memory that live tensors use.
    pub borrowed_bytes: u64,
    /// Blocks asked from the system so far: constant in a steady loop.
    pub system_allocations: u64,
    /// Live tapes.
    pub tapes: u64,
    /// Open scopes.
    pub scopes: u64,
}

impl Statistics {
    pub(crate) fn raw() -> ffi::tl_context_statistics {
        ffi::tl_context_statistics {
            struct_size: std::mem::size_of::<ffi::tl_context_statistics>(),
            tensors: Default::default(),
            variables: Default::default(),
            values: Default::default(),
            live_bytes: Default::default(),
            peak_live_bytes: Default::default(),
            cached_bytes: Default::default(),
            borrowed_bytes: Default::default(),
            system_allocations: Default::default(),
            tapes: Default::default(),
            scopes: Default::default(),
        }
    }
}

impl From<&ffi::tl_context_statistics> for Statistics {
    fn from(raw: &ffi::tl_context_statistics) -> Statistics {
        Statistics {
            tensors: raw.tensors,
            variables: raw.variables,
            values: raw.values,
            live_bytes: raw.live_bytes,
            peak_live_bytes: raw.peak_live_bytes,
            cached_bytes: raw.cached_bytes,
            borrowed_bytes: raw.borrowed_bytes,
            system_allocations: raw.system_allocations,
            tapes: raw.tapes,
            scopes: raw.scopes,
        }
    }
}

/// How far a round is, in numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ProgressStatistics {
    /// Steps done in this round.
    pub step: i64,
    /// Steps of the round; 0 where that is not known.
    pub total: i64,
    /// Seconds since the round began.
    pub elapsed: f64,
    /// Steps a second: a mean of the last seconds, in a finished round over all of it; 0 at first.
    pub rate: f64,
    /// Seconds that the round takes yet at this rate; NaN where that is not known.
    pub left: f64,
    /// Share of the time that was lost to input, 0 to 1; NaN where nobody has told.
    pub waited: f64,
    /// Whether the round is.
    pub finished: bool,
    /// Whether writing has failed, so that nothing is written any more.
    pub write_failed: bool,
}

impl ProgressStatistics {
    pub(crate) fn raw() -> ffi::tl_progress_statistics {
        ffi::tl_progress_statistics {
            struct_size: std::mem::size_of::<ffi::tl_progress_statistics>(),
            step: Default::default(),
            total: Default::default(),
            elapsed: Default::default(),
            rate: Default::default(),
            left: Default::default(),
            waited: Default::default(),
            finished: Default::default(),
            write_failed: Default::default(),
        }
    }
}

impl From<&ffi::tl_progress_statistics> for ProgressStatistics {
    fn from(raw: &ffi::tl_progress_statistics) -> ProgressStatistics {
        ProgressStatistics {
            step: raw.step,
            total: raw.total,
            elapsed: raw.elapsed,
            rate: raw.rate,
            left: raw.left,
            waited: raw.waited,
            finished: raw.finished,
            write_failed: raw.write_failed,
        }
    }
}

/// What a tape holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TapeStatistics {
    /// Ops on the tape.
    pub recorded_ops: u64,
    /// Bytes of the buffers that it keeps alive for the backward pass, each counted once.
    pub saved_bytes: u64,
    /// Whether it is recording.
    pub recording: bool,
    /// Whether it is consumed.
    pub consumed: bool,
    /// Ops that segments of `recompute` have run again in gradient calls of this tape.
    pub recomputed_ops: u64,
}

impl TapeStatistics {
    pub(crate) fn raw() -> ffi::tl_tape_statistics {
        ffi::tl_tape_statistics {
            struct_size: std::mem::size_of::<ffi::tl_tape_statistics>(),
            recorded_ops: Default::default(),
            saved_bytes: Default::default(),
            recording: Default::default(),
            consumed: Default::default(),
            recomputed_ops: Default::default(),
        }
    }
}

impl From<&ffi::tl_tape_statistics> for TapeStatistics {
    fn from(raw: &ffi::tl_tape_statistics) -> TapeStatistics {
        TapeStatistics {
            recorded_ops: raw.recorded_ops,
            saved_bytes: raw.saved_bytes,
            recording: raw.recording,
            consumed: raw.consumed,
            recomputed_ops: raw.recomputed_ops,
        }
    }
}

/// What a trace holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceStatistics {
    /// That are kept: kernels, spans that have ended, numbers.
    pub events: u64,
    /// Events for which there was no room.
    pub lost: u64,
    /// Whether it has not been stopped.
    pub running: bool,
}

impl TraceStatistics {
    pub(crate) fn raw() -> ffi::tl_trace_statistics {
        ffi::tl_trace_statistics {
            struct_size: std::mem::size_of::<ffi::tl_trace_statistics>(),
            events: Default::default(),
            lost: Default::default(),
            running: Default::default(),
        }
    }
}

impl From<&ffi::tl_trace_statistics> for TraceStatistics {
    fn from(raw: &ffi::tl_trace_statistics) -> TraceStatistics {
        TraceStatistics { events: raw.events, lost: raw.lost, running: raw.running }
    }
}

/// What a function has done, and of what size the plan is that was used last.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FunctionStatistics {
    /// Recordings so far.
    pub traces: u64,
    /// Runs of plans so far.
    pub replays: u64,
    /// Calls so far that ran the callback without recording.
    pub eager_calls: u64,
    /// Recordings and plans that are kept.
    pub signatures: u64,
    /// That one run of the plan calls.
    pub kernels: u64,
    /// Operations of one run: of products of matrices 2 m n k, else one for each element.
    pub flops: f64,
    /// That the kernels of one run read and write.
    pub moved_bytes: f64,
    /// Memory for values inside the step.
    pub arena_bytes: u64,
    /// Tensors from outside that are not inputs.
    pub constants: u64,
    /// Of them, those that the callback made of data of the host.
    pub host_constants: u64,
    /// Of memory that one run reads or writes, each counted once: arena, inputs (all that a call passes, read
    /// or not), variables, outputs.
    pub touched_bytes: f64,
    /// Plans so far that were made for another size of the batch without running the callback.
    pub resized_plans: u64,
    /// Of the kernels, those that hold several ops: a chain of element-wise ops, of ops on rows and
    /// reductions; a product of matrices with the addition behind it; a step of an optimizer with the products
    /// that make its gradient, or on several variables. Ops count as passes left them, views and what is
    /// computed beforehand not at all.
    pub clusters: u64,
    /// Of eager_calls, those that would have recorded but for most_recordings.
    pub unrecorded_calls: u64,
}

impl FunctionStatistics {
    pub(crate) fn raw() -> ffi::tl_function_statistics {
        ffi::tl_function_statistics {
            struct_size: std::mem::size_of::<ffi::tl_function_statistics>(),
            traces: Default::default(),
            replays: Default::default(),
            eager_calls: Default::default(),
            signatures: Default::default(),
            kernels: Default::default(),
            flops: Default::default(),
            moved_bytes: Default::default(),
            arena_bytes: Default::default(),
            constants: Default::default(),
            host_constants: Default::default(),
            touched_bytes: Default::default(),
            resized_plans: Default::default(),
            clusters: Default::default(),
            unrecorded_calls: Default::default(),
        }
    }
}

impl From<&ffi::tl_function_statistics> for FunctionStatistics {
    fn from(raw: &ffi::tl_function_statistics) -> FunctionStatistics {
        FunctionStatistics {
            traces: raw.traces,
            replays: raw.replays,
            eager_calls: raw.eager_calls,
            signatures: raw.signatures,
            kernels: raw.kernels,
            flops: raw.flops,
            moved_bytes: raw.moved_bytes,
            arena_bytes: raw.arena_bytes,
            constants: raw.constants,
            host_constants: raw.host_constants,
            touched_bytes: raw.touched_bytes,
            resized_plans: raw.resized_plans,
            clusters: raw.clusters,
            unrecorded_calls: raw.unrecorded_calls,
        }
    }
}

/// What a minimization has come to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MinimizeStatistics {
    /// The loss where the variables are now.
    pub loss: f64,
    /// The largest magnitude in its gradient there.
    pub largest_gradient: f64,
    /// The iterations of this call.
    pub iterations: u64,
    /// The evaluations of the loss in this call.
    pub evaluations: u64,
    /// Whether a tolerance was reached, instead of max_iterations or a line search without a result.
    pub converged: bool,
}

impl MinimizeStatistics {
    pub(crate) fn raw() -> ffi::tl_minimize_statistics {
        ffi::tl_minimize_statistics {
            struct_size: std::mem::size_of::<ffi::tl_minimize_statistics>(),
            loss: Default::default(),
            largest_gradient: Default::default(),
            iterations: Default::default(),
            evaluations: Default::default(),
            converged: Default::default(),
        }
    }
}

impl From<&ffi::tl_minimize_statistics> for MinimizeStatistics {
    fn from(raw: &ffi::tl_minimize_statistics) -> MinimizeStatistics {
        MinimizeStatistics {
            loss: raw.loss,
            largest_gradient: raw.largest_gradient,
            iterations: raw.iterations,
            evaluations: raw.evaluations,
            converged: raw.converged,
        }
    }
}

/// The bound of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BoundStatistics {
    /// a step: the larger one of the next two.
    pub seconds: f64,
    /// Flops of `function_stats` over those of the machine.
    pub arithmetic_seconds: f64,
    /// Moved_bytes over the bandwidth of the level.
    pub memory_seconds: f64,
    /// Of the memory that counts, the fastest that holds touched_bytes: 1 to 3 for caches, 4 for what lies
    /// behind them.
    pub level: i64,
}

impl BoundStatistics {
    pub(crate) fn raw() -> ffi::tl_bound_statistics {
        ffi::tl_bound_statistics {
            struct_size: std::mem::size_of::<ffi::tl_bound_statistics>(),
            seconds: Default::default(),
            arithmetic_seconds: Default::default(),
            memory_seconds: Default::default(),
            level: Default::default(),
        }
    }
}

impl From<&ffi::tl_bound_statistics> for BoundStatistics {
    fn from(raw: &ffi::tl_bound_statistics) -> BoundStatistics {
        BoundStatistics {
            seconds: raw.seconds,
            arithmetic_seconds: raw.arithmetic_seconds,
            memory_seconds: raw.memory_seconds,
            level: raw.level,
        }
    }
}
