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
    /// Bytes kept for reuse.
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
