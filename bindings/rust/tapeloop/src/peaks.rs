//! The bound that a machine sets to a compiled step.

use crate::error::done;
use crate::{ffi, BoundStatistics, Context, Function, Result};

/// What a machine can do at most, from [`Context::measure_peaks`], or numbers of the program's own: of a data sheet, or of a machine
/// that it plans for. [`Function::bound`] tells what a step can take at the least there.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// let c = tapeloop::Context::builder().threads(1).build()?;
/// let step = c.function(|_, x| Ok(x[0].tanh().sum()))?;
/// for _ in 0..2 {
///     step.call(&c.ones(&[1000]))?;
/// }
/// let mut peaks = tapeloop::MachinePeaks::default();
/// peaks.flops = 1e11;
/// peaks.l1_bandwidth = 3e11;
/// peaks.l2_bandwidth = 1e11;
/// peaks.l3_bandwidth = 5e10;
/// peaks.dram_bandwidth = 2e10;
/// peaks.l1_bytes = 32 << 10;
/// let bound = step.bound(&peaks)?; // 4000 bytes are read and 4 are written, in the first level
/// assert!(bound.level == 1 && bound.seconds < 1e-6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct MachinePeaks {
    /// That the other numbers are of; 0 counts as 1.
    pub threads: i32,
    /// Operations a second of all threads, in f32, a multiply-add being two.
    pub flops: f64,
    /// Data cache of the first level of one thread; 0: none.
    pub l1_bytes: u64,
    /// Cache of the second level of one thread; 0: none.
    pub l2_bytes: u64,
    /// Cache of the third level, which all threads share; 0: none.
    pub l3_bytes: u64,
    /// Bytes a second that all threads read and write in the first level.
    pub l1_bandwidth: f64,
    /// The same of the second level.
    pub l2_bandwidth: f64,
    /// The same of the third level.
    pub l3_bandwidth: f64,
    /// The same of the memory behind the caches.
    pub dram_bandwidth: f64,
}

/// How peaks are measured.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct PeakOptions {
    turns: usize,
}

impl PeakOptions {
    /// All options at their defaults.
    pub fn new() -> PeakOptions {
        PeakOptions::default()
    }

    /// Turns of each of five measurements, of which the best counts: 1 to 10,000 (default 30).
    pub fn turns(mut self, turns: usize) -> PeakOptions {
        self.turns = turns;
        self
    }

    /// Measures this machine with the threads of the context: multiply-adds in the widest registers, and additions of arrays in each
    /// cache and in memory. It works for about half a second, 2 ms or more for each turn, and holds 64 to 128 MiB of memory meanwhile.
    /// Other load on the machine makes the numbers smaller.
    pub fn measure(&self, context: &Context) -> Result<MachinePeaks> {
        let mut options = options!(tl_peak_options, tl_peak_options_init);
        options.turns = self.turns;
        let mut raw = options!(tl_machine_peaks, tl_machine_peaks_init);
        let status = call!(tl_measure_peaks(context.handle(), &options, &mut raw));
        done(context.handle(), "measure_peaks", status)?;
        Ok(MachinePeaks {
            threads: raw.threads,
            flops: raw.flops,
            l1_bytes: raw.l1_bytes,
            l2_bytes: raw.l2_bytes,
            l3_bytes: raw.l3_bytes,
            l1_bandwidth: raw.l1_bandwidth,
            l2_bandwidth: raw.l2_bandwidth,
            l3_bandwidth: raw.l3_bandwidth,
            dram_bandwidth: raw.dram_bandwidth,
        })
    }
}

impl Context {
    /// What this machine can do at most, measured with the defaults of [`PeakOptions`], which takes about half a second.
    pub fn measure_peaks(&self) -> Result<MachinePeaks> {
        PeakOptions::new().measure(self)
    }
}

impl<O> Function<'_, O> {
    /// The bound of the plan that was used last, by the roofline model: of what [`statistics`](Function::statistics) tell and the
    /// peaks that are given. Nothing is timed. It is a bound of this plan, not of the task; kernels whose operands lie in a faster
    /// level than the whole step can be below it, and a step in f64 takes twice its arithmetic or more.
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) when there is no plan yet.
    pub fn bound(&self, peaks: &MachinePeaks) -> Result<BoundStatistics> {
        let mut given = options!(tl_machine_peaks, tl_machine_peaks_init);
        given.threads = peaks.threads;
        given.flops = peaks.flops;
        given.l1_bytes = peaks.l1_bytes;
        given.l2_bytes = peaks.l2_bytes;
        given.l3_bytes = peaks.l3_bytes;
        given.l1_bandwidth = peaks.l1_bandwidth;
        given.l2_bandwidth = peaks.l2_bandwidth;
        given.l3_bandwidth = peaks.l3_bandwidth;
        given.dram_bandwidth = peaks.dram_bandwidth;
        let mut raw = BoundStatistics::raw();
        let status = call!(tl_function_bound(self.handle(), &given, &mut raw));
        done(self.context().handle(), "function_bound", status)?;
        Ok(BoundStatistics::from(&raw))
    }
}
