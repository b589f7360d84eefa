//! Replicas: the same program several times at once, each with its own part of every batch, in step.

use crate::error::done;
use crate::list::TensorList;
use crate::text::{optional_text, pointer_of};
use crate::{
    ffi, text, Checkpoint, CheckpointManager, Code, Context, Dataset, Error, Metric, Optimizer, ReduceOp,
    Result, Tensor, WireDtype,
};
use std::any::Any;
use std::cell::Cell;
use std::ffi::CString;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::os::raw::c_void;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// One replica's place among those that train together: [`Replicas::run`] and [`Context::join_group`] give one.
///
/// All ranks of a group call the same methods of it, on tensors of the same dtypes and shapes, in the same order. Where they do not,
/// all get [`Code::Mismatch`] with the first rank and field that differs. Where a rank does not come in time, all get
/// [`Code::TimedOut`]; where it fails, drops its group or ends its context, the others get [`Code::PeerLost`], with its number, the step
/// and the reason. The first failure ends the group. Sums have the same bits whatever the threads.
///
/// Gradients go through what gives tensors, to any order; all ranks must take the same ones. Collectives may stand in the step of a
/// [`Function`](crate::Function), which makes the same calls at each replay, before it changes anything: one rank may record while others
/// replay, and a replay that fails has changed nothing. They cannot stand inside vmap.
pub struct Group<'a> {
    handle: *mut ffi::tl_group,
    context: &'a Context,
    one_thread: PhantomData<Cell<()>>,
}

/// What all ranks together have said in a vote: [`Group::vote`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GroupDecision {
    /// The sum of all weights, in the order of the ranks.
    pub weight: f64,
    /// Whether any rank wants to stop.
    pub stop: bool,
    /// Whether any rank wants to save.
    pub save: bool,
    /// Whether no rank has anything for the step: the weights of all are 0.
    pub finished: bool,
}

/// Where the ranks of a group meet that are threads of one process: [`Context::rendezvous`] makes one, for any thread to use.
pub struct Rendezvous {
    handle: *mut ffi::tl_rendezvous,
}

// SAFETY: a handle, which is never followed here; joining looks it up from any thread, also while others are in its context.
unsafe impl Send for Rendezvous {}
// SAFETY: as above; no method changes it.
unsafe impl Sync for Rendezvous {}

impl Rendezvous {
    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_rendezvous_keep(self.handle));
    }
}

impl Drop for Rendezvous {
    fn drop(&mut self) {
        call!(tl_rendezvous_release(self.handle));
    }
}

impl fmt::Debug for Rendezvous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rendezvous")
    }
}

/// Ends MPI where [`Context::group_with`] has started it, and waits for all ranks to do so; no group can be made by it after that. The end
/// of `main` and `std::process::exit` do it: this is for programs that end otherwise, which mpirun takes for failed. While a group is
/// open, and where the last one has failed, it does nothing.
pub fn end_mpi() {
    // SAFETY: from any thread, at any time.
    unsafe { ffi::tl_mpi_end() }
}

/// How a group of processes is made: [`Context::group_with`]. What is not set is what the launcher's environment says.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct GroupOptions {
    timeout: Option<Duration>,
    lease: Option<Duration>,
    backend: Option<String>,
    plugin_folder: Option<String>,
    rank: i32,
    size: i32,
    address: Option<String>,
    port: u16,
    job: Option<String>,
    token: Option<String>,
    generation: u64,
}

impl GroupOptions {
    /// All options at their defaults.
    pub fn new() -> GroupOptions {
        GroupOptions::default()
    }

    /// How long each call waits for the other ranks; 600 s without it.
    pub fn timeout(mut self, timeout: Duration) -> GroupOptions {
        self.timeout = Some(timeout);
        self
    }

    /// After so long without a word a rank is lost; 15 s without it.
    pub fn lease(mut self, lease: Duration) -> GroupOptions {
        self.lease = Some(lease);
        self
    }

    /// What moves tensors between processes: "gloo", "mpi" (that of the launcher), or "self" for a group of one. Without it it is
    /// TAPELOOP_BACKEND; else mpi where mpirun has started the process and no MASTER_ADDR is set, and gloo.
    pub fn backend(mut self, name: impl Into<String>) -> GroupOptions {
        self.backend = Some(name.into());
        self
    }

    /// Absolute path where the engines are; else TAPELOOP_PLUGIN_DIR, or beside the library.
    pub fn plugin_folder(mut self, path: impl Into<String>) -> GroupOptions {
        self.plugin_folder = Some(path.into());
        self
    }

    /// The number of this process, and how many there are: RANK and WORLD_SIZE.
    pub fn place(mut self, rank: i32, size: i32) -> GroupOptions {
        (self.rank, self.size) = (rank, size);
        self
    }

    /// Where all reach rank 0: MASTER_ADDR and MASTER_PORT.
    pub fn address(mut self, host: impl Into<String>, port: u16) -> GroupOptions {
        (self.address, self.port) = (Some(host.into()), port);
        self
    }

    /// Groups of another job are strangers: TAPELOOP_JOB.
    pub fn job(mut self, name: impl Into<String>) -> GroupOptions {
        self.job = Some(name.into());
        self
    }

    /// A secret of the job's, at most 256 bytes: TAPELOOP_TOKEN.
    pub fn token(mut self, secret: impl Into<String>) -> GroupOptions {
        self.token = Some(secret.into());
        self
    }

    /// Of the group at the least, which grows when it is made anew: TAPELOOP_GENERATION. [`Group::generation`].
    pub fn generation(mut self, number: u64) -> GroupOptions {
        self.generation = number;
        self
    }

    fn with_raw<R>(&self, f: impl FnOnce(&ffi::tl_group_options) -> Result<R>) -> Result<R> {
        let mut options = group_options(self.timeout);
        let of = |value: &Option<String>| optional_text("group_new", value.as_deref());
        let (backend, folder, address) = (of(&self.backend)?, of(&self.plugin_folder)?, of(&self.address)?);
        let (job, token) = (of(&self.job)?, of(&self.token)?);
        options.backend = pointer_of(&backend);
        options.plugin_folder = pointer_of(&folder);
        options.address = pointer_of(&address);
        options.job = pointer_of(&job);
        options.token = pointer_of(&token);
        options.rank = self.rank;
        options.size = self.size;
        options.port = i32::from(self.port);
        options.generation = self.generation;
        options.lease_seconds = self.lease.map_or(0.0, |lease| lease.as_secs_f64().max(f64::MIN_POSITIVE));
        f(&options)
    }
}

fn group_options(timeout: Option<Duration>) -> ffi::tl_group_options {
    let mut options = options!(tl_group_options, tl_group_options_init);
    options.timeout_seconds = timeout.map_or(0.0, |timeout| timeout.as_secs_f64().max(f64::MIN_POSITIVE));
    options
}

impl Context {
    /// The group of the processes that a launcher has started, as its environment says: [`Context::group_with`] with default options. The
    /// timeout (600 s without one) is how long each call waits for the others.
    pub fn group(&self, timeout: Option<Duration>) -> Result<Group<'_>> {
        let options = group_options(timeout);
        self.made_group("group_new", call!(tl_group_new(self.handle(), &options)))
    }

    /// The group of the processes that a launcher has started, as options or its environment say: tapeloop-run, torchrun, mpirun, Slurm.
    /// Waits until all have joined. Without a launcher it is a group of one, in which every call gives back what it gets; never where
    /// there are several: without an engine that joins them it is [`Code::Unsupported`], which names the package.
    /// [`Code::TimedOut`] lists the ranks that are missing. Where a process is killed the others get [`Code::PeerLost`] at once, and may
    /// make a group anew with the next generation: one more than [`Group::generation`] of the old one, which they drop first, or, where
    /// this itself has failed, than they asked for before. A process has one group of its job at a time.
    pub fn group_with(&self, options: &GroupOptions) -> Result<Group<'_>> {
        options.with_raw(|raw| self.made_group("group_new", call!(tl_group_new(self.handle(), raw))))
    }

    /// Where `size` ranks meet, once. This context must outlive their joining; it may be one of theirs.
    pub fn rendezvous(&self, size: i32) -> Result<Rendezvous> {
        let handle = call!(tl_rendezvous_new(self.handle(), size));
        if handle.is_null() {
            return Err(Error::take(self.handle(), "rendezvous_new", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Rendezvous { handle })
    }

    /// Joins a group as one of its ranks, and waits until all have joined: each on a thread of its own, with a context of its own.
    /// [`Code::TimedOut`] lists the ranks that are missing; two that join as one are [`Code::Mismatch`] for all.
    pub fn join_group(
        &self,
        meeting: &Rendezvous,
        rank: i32,
        timeout: Option<Duration>,
    ) -> Result<Group<'_>> {
        let options = group_options(timeout);
        self.made_group("group_join", call!(tl_group_join(self.handle(), meeting.handle, rank, &options)))
    }

    fn made_group(&self, call: &str, handle: *mut ffi::tl_group) -> Result<Group<'_>> {
        if handle.is_null() {
            return Err(Error::take(self.handle(), call, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Group { handle, context: self, one_thread: PhantomData })
    }
}

macro_rules! on_variables {
    ($(#[$doc:meta])* $name:ident, $function:ident, $call:literal) => {
        $(#[$doc])*
        pub fn $name<L: TensorList + ?Sized>(&self, variables: &L) -> Result<()> {
            let status = variables.with_handles(|v| call!($function(self.handle, v.as_ptr(), v.len())));
            self.done($call, status)
        }
    };
}

impl<'a> Group<'a> {
    fn done(&self, call: &str, status: i32) -> Result<()> {
        done(self.context.handle(), call, status)
    }

    /// The number of this rank, from 0.
    pub fn rank(&self) -> i32 {
        call!(tl_group_rank(self.handle))
    }

    /// How many ranks there are.
    pub fn size(&self) -> i32 {
        call!(tl_group_size(self.handle))
    }

    /// The number of this rank among those of its machine.
    pub fn local_rank(&self) -> i32 {
        call!(tl_group_local_rank(self.handle))
    }

    /// How many collectives have ended well, barriers and splits too.
    pub fn steps(&self) -> i64 {
        call!(tl_group_steps(self.handle))
    }

    /// Which making of the group this is. After a failure ranks drop the group and ask for one more than this; all join the highest that
    /// one of them asks for. 0 of threads and of one process.
    pub fn generation(&self) -> u64 {
        call!(tl_group_generation(self.handle)).max(0) as u64
    }

    /// The vote of a step, before it: its number, the same on all ranks; what this rank brings to it, such as its number of examples, 0
    /// when its data have ended; and whether it wants to stop, or to save. All get the same decision. [`Code::Mismatch`] on all ranks
    /// where they are at different steps.
    pub fn vote(&self, step: i64, weight: f64, stop: bool, save: bool) -> Result<GroupDecision> {
        let mut all = ffi::tl_group_decision {
            struct_size: std::mem::size_of::<ffi::tl_group_decision>(),
            weight: 0.0,
            stop: false,
            save: false,
            finished: false,
        };
        let status = call!(tl_group_vote(self.handle, step, weight, stop, save, &mut all));
        self.done("group_vote", status)?;
        Ok(GroupDecision { weight: all.weight, stop: all.stop, save: all.save, finished: all.finished })
    }

    /// Brings all ranks to one state, that of the rank with the highest step, and gives that step: all that the checkpoint holds goes
    /// through the group. What a step that has failed has changed beside the optimizer, such as the place of a data set, the program takes
    /// back before. A rank that is new says -1. [`Code::Mismatch`] where objects differ.
    pub fn synchronize(&self, checkpoint: &Checkpoint, step: i64) -> Result<i64> {
        let mut of_all = 0;
        let status = call!(tl_group_synchronize(self.handle, checkpoint.handle, step, &mut of_all));
        self.done("group_synchronize", status)?;
        Ok(of_all)
    }

    /// Saves on rank 0, for all, which wait until it has been written; the others need no manager. A full disk there is an error on all
    /// ranks, and the group goes on.
    pub fn save(&self, manager: Option<&CheckpointManager>, step: i64, metric: Option<f64>) -> Result<()> {
        let manager = manager.map_or(ptr::null_mut(), |m| m.handle);
        let metric = metric.unwrap_or(f64::NAN);
        self.done("group_save", call!(tl_group_save(self.handle, manager, step, metric)))
    }

    /// Saves on all ranks together, each its share of the tensors at the same time, into one folder that all of them see: each passes a
    /// manager of its own. The checkpoint is there when all shares are, from one moment on, and any number of ranks restores it. What
    /// fails on one rank is an error on all, and the group goes on.
    pub fn save_sharded(&self, manager: &CheckpointManager, step: i64, metric: Option<f64>) -> Result<()> {
        let metric = metric.unwrap_or(f64::NAN);
        self.done(
            "group_save_sharded",
            call!(tl_group_save_sharded(self.handle, manager.handle, step, metric)),
        )
    }

    /// Shares the slots of an optimizer out over the ranks (ZeRO stage 1): each variable has one owner, which alone keeps its slots, the
    /// largest first, each to who has the fewest bytes so far. All ranks pass the same list, with all variables of the optimizer. From now on
    /// each step is [`Group::apply_sharded`]. [`Code::Unsupported`] for one with step options or groups of variables.
    pub fn shard_optimizer<V: TensorList + ?Sized>(
        &self,
        optimizer: &Optimizer,
        variables: &V,
    ) -> Result<()> {
        let status = variables.with_handles(|v| {
            call!(tl_group_shard_optimizer(self.handle, optimizer.handle, v.as_ptr(), v.len()))
        });
        self.done("group_shard_optimizer", status)
    }

    /// A step of an optimizer that is sharded, with gradients that are the same on all ranks: each computes the new values of its own
    /// variables, and gets those of the others. The bits are those of [`Optimizer::apply`] on every rank, and a failure leaves all as it was.
    pub fn apply_sharded<G, V>(&self, optimizer: &Optimizer, gradients: &G, variables: &V) -> Result<()>
    where
        G: TensorList + ?Sized,
        V: TensorList + ?Sized,
    {
        gradients.with_handles(|g| {
            variables.with_handles(|v| {
                if g.len() != v.len() && !call!(tl_failed(self.context.handle())) {
                    let message = format!(
                        "[group_apply_sharded] there must be one gradient per variable: got {} for {} variables",
                        g.len(),
                        v.len()
                    );
                    self.leave(&message)?;
                    return Err(Error::new(Code::InvalidArgument, message));
                }
                let (gradients, variables, count) = (g.as_ptr(), v.as_ptr(), g.len().min(v.len()));
                let status =
                    call!(tl_group_apply_sharded(self.handle, optimizer.handle, gradients, variables, count));
                self.done("group_apply_sharded", status)
            })
        })
    }

    /// Gives all slots to all ranks, for a checkpoint that any number of ranks restores; [`Group::shard_optimizer`] may follow again. The
    /// variables are all of the optimizer's.
    pub fn gather_optimizer<V: TensorList + ?Sized>(
        &self,
        optimizer: &Optimizer,
        variables: &V,
    ) -> Result<()> {
        let status = variables.with_handles(|v| {
            call!(tl_group_gather_optimizer(self.handle, optimizer.handle, v.as_ptr(), v.len()))
        });
        self.done("group_gather_optimizer", status)
    }

    /// Sets how long each call waits for the other ranks.
    pub fn set_timeout(&self, timeout: Duration) -> Result<()> {
        self.done("group_set_timeout", call!(tl_group_set_timeout(self.handle, timeout.as_secs_f64())))
    }

    /// Cuts the lists of [`Group::all_reduce_list`] into buckets, each an exchange of its own: from the end of the list to its beginning,
    /// neighbours until they have so many bytes together; 0, as at first: each list is one. Gradients in the order of the forward pass so
    /// go in the order in which they are made. The bits are the same whatever the buckets. All ranks set the same number; a compiled step
    /// keeps the buckets that it was recorded with.
    pub fn set_bucket_bytes(&self, bytes: u64) -> Result<()> {
        self.done("group_set_bucket_bytes", call!(tl_group_set_bucket_bytes(self.handle, bytes)))
    }

    /// As what the f32 tensors travel of which [`Group::all_reduce_list`] makes sums or means: as they are, as at first, or rounded to bf16,
    /// half the bytes. They are added in f32 in the order of the ranks, and the result is rounded once more: all ranks get the same bits,
    /// which differ from the exact sum by at most (2^-7 + 2^-16 + n 2^-23) times the sum of the absolute values. Everything else goes as it is. All
    /// ranks set the same; a compiled step keeps what it was recorded with. A sum by pairs is [`Code::InvalidArgument`] with bf16.
    pub fn set_wire_dtype(&self, dtype: WireDtype) -> Result<()> {
        self.done("group_set_wire_dtype", call!(tl_group_set_wire_dtype(self.handle, dtype as i32)))
    }

    /// Whether compiled steps make long exchanges, from 32 KiB on, beside their kernels, on a thread of the group's: as soon as a bucket of
    /// gradients is there, while the others are computed. Off at first. The calls, their order and the bits are the same, so each rank may
    /// choose; a step that fails has changed nothing. It holds for steps that are planned later.
    pub fn set_overlap(&self, on: bool) -> Result<()> {
        self.done("group_set_overlap", call!(tl_group_set_overlap(self.handle, on)))
    }

    /// Ends the group for all of its ranks, which get [`Code::PeerLost`] with the number of this one and the reason.
    pub fn leave(&self, reason: &str) -> Result<()> {
        let reason = text::text("group_leave", reason)?;
        self.done("group_leave", call!(tl_group_leave(self.handle, reason.as_ptr())))
    }

    /// A group within the group, of the ranks that give the same color, in the order of `key`, then of their ranks; none for a color
    /// below 0. What goes wrong in it in the midst of a call ends all groups of these ranks; errors name ranks by their numbers in the
    /// outermost one.
    pub fn split(&self, color: i64, key: i64) -> Result<Option<Group<'a>>> {
        let handle = call!(tl_group_split(self.handle, color, key));
        if handle.is_null() {
            return Error::take_if_any(self.context.handle(), "group_split").map_or(Ok(None), Err);
        }
        Ok(Some(Group { handle, context: self.context, one_thread: PhantomData }))
    }

    /// Waits until all ranks have come.
    pub fn barrier(&self) -> Result<()> {
        self.done("group_barrier", call!(tl_group_barrier(self.handle)))
    }

    /// The reduction over ranks of a tensor, on all of them.
    pub fn all_reduce(&self, x: &Tensor, reduction: ReduceOp) -> Tensor {
        let (group, context) = (self.handle, self.context.handle());
        expression!(context, tl_group_all_reduce(group, x.handle, reduction as i32))
    }

    /// The same of a list in one step, or one for each bucket: gradients, say, in the order of the forward pass.
    pub fn all_reduce_list<L: TensorList + ?Sized>(
        &self,
        tensors: &L,
        reduction: ReduceOp,
    ) -> Result<Vec<Tensor>> {
        let mut out = Vec::new();
        let status = tensors.with_handles(|x| {
            out.resize(x.len(), ptr::null_mut());
            let outputs = out.as_mut_ptr();
            call!(tl_group_all_reduce_list(self.handle, x.as_ptr(), x.len(), reduction as i32, outputs))
        });
        self.done("group_all_reduce_list", status)?;
        Ok(out.into_iter().map(|handle| Tensor::from_raw(handle, self.context.handle())).collect())
    }

    /// The sum or mean over ranks at rank `root`; zeros on the others.
    pub fn reduce(&self, x: &Tensor, reduction: ReduceOp, root: i32) -> Tensor {
        let (group, context) = (self.handle, self.context.handle());
        expression!(context, tl_group_reduce(group, x.handle, reduction as i32, root))
    }

    /// The tensors of all ranks, one behind another along the first axis, whose size may differ; scalars become a vector.
    pub fn all_gather(&self, x: &Tensor) -> Tensor {
        expression!(self.context.handle(), tl_group_all_gather(self.handle, x.handle))
    }

    /// This rank's rows of the sum or mean over ranks: parts that differ by one row at most.
    pub fn reduce_scatter(&self, x: &Tensor, reduction: ReduceOp) -> Tensor {
        let (group, context) = (self.handle, self.context.handle());
        expression!(context, tl_group_reduce_scatter(group, x.handle, reduction as i32))
    }

    /// The tensor of rank `root`, on all ranks.
    pub fn broadcast(&self, x: &Tensor, root: i32) -> Tensor {
        expression!(self.context.handle(), tl_group_broadcast(self.handle, x.handle, root))
    }

    /// Cuts the first axis, a multiple of the number of ranks, into a block for each: block j goes to rank j.
    pub fn all_to_all(&self, x: &Tensor) -> Tensor {
        expression!(self.context.handle(), tl_group_all_to_all(self.handle, x.handle))
    }

    on_variables! {
        /// Gives variables the values of rank 0's, all of them or none. Those of a layer exist once it has been called.
        mirror, tl_group_mirror, "group_mirror"
    }
    on_variables! {
        /// Makes sure that variables have the same bits on all ranks; else [`Code::Mismatch`] names rank and variable.
        check_mirrored, tl_group_check_mirrored, "group_check_mirrored"
    }
    on_variables! {
        /// Gives variables their mean over ranks: moving statistics, or weights that have trained apart for some steps.
        average_variables, tl_group_average_variables, "group_average_variables"
    }

    /// This rank's part of the mean loss of all examples of all ranks, from one loss for each of its own, which may be none: the sum over
    /// ranks is the mean, and the sum of the gradients its gradient. 0 where no rank has one. [`Code::Mismatch`] on all ranks where the
    /// dtypes of the losses differ.
    pub fn average_loss(&self, losses: &Tensor) -> Tensor {
        expression!(self.context.handle(), tl_group_average_loss(self.handle, losses.handle))
    }

    /// What a metric gives of the updates on all ranks; its own state stays as it is. [`Code::Mismatch`] on all ranks where it is of another
    /// kind, with other options or of another name on one of them; [`Code::Unsupported`] for R2.
    pub fn metric_result(&self, metric: &Metric) -> Result<Tensor> {
        let context = self.context.handle();
        expression!(context, tl_group_metric_result(self.handle, metric.handle)).made("group_metric_result")
    }

    /// This rank's rows of each element of a data set of batches for all ranks, which is the same on each: shuffle with the same seed.
    pub fn distribute(&self, source: &Dataset) -> Result<Dataset> {
        source.decorated("group_distribute", call!(tl_group_distribute(self.handle, source.handle)))
    }

    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_group_keep(self.handle));
    }
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        call!(tl_group_release(self.handle));
    }
}

impl fmt::Debug for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Group(rank {} of {})", self.rank(), self.size())
    }
}

/// Runs replicas as threads.
///
/// ```
/// # use tapeloop::{Dataset, ReduceOp, Replicas, Result, Sgd};
/// # fn main() -> Result<()> {
/// let losses = Replicas::new(2).seed(1).threads(1).run(|c, group| {
///     let x = c.tensor(&[1.0f32, 2.0, 3.0, 4.0, 5.0], &[5, 1])?;
///     let y = c.tensor(&[2.0f32, 4.0, 6.0, 8.0, 10.0], &[5, 1])?;
///     let batches = group.distribute(&Dataset::from_tensors(c, &[&x, &y])?.batch(2, false)?)?;
///     let w = c.variable(&c.zeros(&[1, 1]), "w")?;
///     group.mirror(&w)?;
///     let sgd = Sgd::new().learning_rate(0.02).build(c)?;
///     let mut last = 0.0;
///     for _ in 0..20 {
///         for batch in batches.epoch() {
///             let [x, y] = batch?; // of a last batch of one row a replica has none
///             let tape = c.tape()?;
///             let loss = group.average_loss(&(x.matmul(&w) - y).square());
///             let gradient = tape.gradient(&loss, &w)?;
///             sgd.apply(&group.all_reduce_list(&gradient, ReduceOp::Sum)?, &w)?;
///             last = group.all_reduce(&loss, ReduceOp::Sum).item()?;
///         }
///     }
///     group.check_mirrored(&w)?;
///     Ok(last)
/// })?;
/// assert!(losses[0] < 1e-3 && losses[0] == losses[1]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Replicas {
    count: i32,
    options: ffi::tl_replicas_options,
}

impl fmt::Debug for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replicas({})", self.count)
    }
}

/// The closure of a run, and where its results and panics go.
struct Run<F, R> {
    closure: F,
    results: Mutex<Vec<Option<R>>>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(), // a value is put in as a whole
    }
}

impl Replicas {
    /// 1 to 1,024 replicas.
    pub fn new(count: i32) -> Replicas {
        Replicas { count, options: options!(tl_replicas_options, tl_replicas_options_init) }
    }

    /// Of rank 0's context; that of rank r is r more, so that dropout differs.
    pub fn seed(mut self, seed: u64) -> Replicas {
        self.options.seed = seed;
        self
    }

    /// Of each context; 0, the default: its share of the CPUs.
    pub fn threads(mut self, threads: i32) -> Replicas {
        self.options.threads = threads;
        self
    }

    /// Of each context, in bytes; 0, the default: no limit.
    pub fn memory_limit(mut self, bytes: u64) -> Replicas {
        self.options.memory_limit = bytes;
        self
    }

    /// How long each call of the group waits for the other ranks; 600 s without it.
    pub fn timeout(mut self, timeout: Duration) -> Replicas {
        self.options.timeout_seconds = timeout.as_secs_f64().max(f64::MIN_POSITIVE);
        self
    }

    /// Runs the closure on each replica, with a context and a group of its own, which end with it, and gives the results in the order
    /// of the ranks. Where some fail, the error is that of the one that failed for a reason of its own; a panic goes on here.
    pub fn run<R: Send>(&self, replica: impl Fn(&Context, &Group<'_>) -> Result<R> + Sync) -> Result<Vec<R>> {
        fn trampoline<F: Fn(&Context, &Group<'_>) -> Result<R>, R>(
            _: &Run<F, R>,
        ) -> ffi::tl_replica_callback {
            Some(run_replica::<F, R>)
        }
        let starter = Context::builder().threads(1).build()?;
        let results = (0..self.count.clamp(0, 1024)).map(|_| None).collect();
        let run = Run { closure: replica, results: Mutex::new(results), panic: Mutex::new(None) };
        let user_data = &run as *const Run<_, R> as *mut c_void;
        let callback = trampoline(&run);
        let status = call!(tl_replicas_run(starter.handle(), self.count, &self.options, callback, user_data));
        if let Some(payload) = lock(&run.panic).take() {
            resume_unwind(payload);
        }
        done(starter.handle(), "replicas_run", status)?;
        let results = std::mem::take(&mut *lock(&run.results));
        Ok(results.into_iter().flatten().collect())
    }
}

unsafe extern "C" fn run_replica<F: Fn(&Context, &Group<'_>) -> Result<R>, R>(
    context: *mut ffi::tl_context,
    group: *mut ffi::tl_group,
    user_data: *mut c_void,
) -> i32 {
    // SAFETY: what run() has given, which waits for all replicas; what threads share of it is Sync, and results are Send.
    let run = unsafe { &*(user_data as *const Run<F, R>) };
    let inside = ManuallyDrop::new(Context::inside(context));
    let group = ManuallyDrop::new(Group { handle: group, context: &inside, one_thread: PhantomData });
    let rank = group.rank();
    let error = match catch_unwind(AssertUnwindSafe(|| (run.closure)(&inside, &group))) {
        Ok(Ok(result)) => {
            if let Some(place) = lock(&run.results).get_mut(rank as usize) {
                *place = Some(result);
            }
            return ffi::TL_OK;
        }
        Ok(Err(error)) => error,
        Err(payload) => {
            lock(&run.panic).get_or_insert(payload);
            Error::new(Code::FailedPrecondition, "[replicas_run] the closure panicked")
        }
    };
    let message = CString::new(error.message().replace('\0', " ")).unwrap_or_default();
    call!(tl_set_error(context, error.code() as i32, message.as_ptr()));
    error.code() as i32
}
