/* Replicas: the same program several times at once, each with its own part of every batch, in step: threads of one process, each with a
 * context of its own, or processes, on one machine or several.
 *
 *   tl_status train(tl_context *c, tl_group *group, void *user) {       runs on each replica
 *     ... make the model and the optimizer, call the model once ...
 *     tl_group_mirror(group, weights, n);                              the same first values on all
 *     tl_dataset *mine = tl_group_distribute(group, batches);          its rows of each batch
 *     while (tl_dataset_next(mine, batch, 2)) {
 *       tl_tensor *loss = tl_group_average_loss(group, losses_of_the_examples);
 *       tl_tape_gradient(tape, loss, weights, n, NULL, gradients);
 *       tl_group_all_reduce_list(group, gradients, n, TL_REDUCE_SUM, sums);
 *       tl_optimizer_apply(adam, sums, weights, n);                    the same step on all
 *     }
 *   }
 *   tl_replicas_run(c, 2, NULL, train, user);                          threads; or, in each process:
 *   tl_group *group = tl_group_new(c, NULL);                           started by tapeloop-run -n 2 PROGRAM, torchrun or mpirun
 *   if (group) train(c, group, user);
 *
 * Who knows TensorFlow's strategies: a group is a strategy, tl_group_size() its num_replicas_in_sync, tl_group_mirror() its scope,
 * tl_group_distribute() distributes a dataset, tl_replicas_run() is run(), and tl_group_all_reduce() is reduce(). The loss needs no
 * scaling by hand: tl_group_average_loss() divides by the number of examples of all replicas, also where they have not as many.
 *
 * Order. All ranks of a group call the same functions of it, on tensors of the same dtypes and shapes, in the same order. Where they
 * do not, all get TL_MISMATCH with the first rank and field that differs, before data moves. Where a rank does not come in time, all
 * get TL_TIMED_OUT with its number; where it fails, is cancelled, releases the group or ends its context, the others get TL_PEER_LOST
 * with its number, the step and the reason, at once. A rank fails for the others when any call of its group fails that is not said to work
 * while the context holds an error: also for an argument that is wrong, or because its context was cancelled or held an error before. The
 * first failure ends the group: every later call gives it again.
 *
 * Bits. Sums are made for each element in the order of the ranks, those of f32 in f64 and rounded once: the same bits for any number
 * of threads, alone or in a list. (tl_group_set_wire_dtype() has them rounded on their way, too.) All ranks get the same bits. Those of another number of ranks differ in the last places, but for
 * TL_REDUCE_SUM_BY_PAIRS: cut each batch into K parts, K a power of two, the same on all ranks (of a last batch they may differ by a row,
 * or be empty); let each rank take K / ranks of them one by one, in order, divide each part's loss by the rows of the whole batch, and add
 * their gradients by pairs, (a + b) + (c + d), before it reduces them: then 1, 2, 4, ... K ranks train to the same bits. There is no third
 * mode: none lets an engine add in an order of its own.
 *
 * Gradients go through the collectives that return tensors, to any order, and so do tangents: the gradient of a tensor on one rank is
 * that of the sum over ranks of what each differentiates. All ranks must take the same gradients. A collective cannot stand in
 * tl_vmap(), nor in tl_hessian() and what else makes Jacobians by it; in tl_hessian_vector_product() it can.
 *
 * Compiled steps. A collective may stand in the step of a tl_function: the plan makes the same call at each replay, in its place among
 * the others and before anything that the step changes. So one rank may record while others replay or run eagerly; a replay that fails,
 * on whichever rank and whatever for, leaves variables, optimizers, metrics and random numbers as they were; and where a call of the
 * function fails for a reason of its own, the other ranks learn of it at once. (Of a recording that fails before its first collective they do
 * not: no group has been named. As after any other error, they learn of it by the rank's next call of the group, or when it releases that.) A
 * replay gathers from each rank as many rows as it was recorded with: where one gives another number later, tl_group_all_gather() is
 * TL_MISMATCH on all ranks, before anything changes, with that rank and both numbers; and polymorphic_batch records
 * each size of a step with it or tl_group_reduce_scatter(). When the group is released, as one that has failed should be, the next call
 * records anew. What cannot stand in such a step: tl_group_split(), tl_group_check_mirrored(), tl_group_vote(),
 * tl_group_synchronize(), tl_group_save() and tl_group_save_sharded(). A group of one has nobody to call: replays leave its calls out.
 *
 * @errors TL_PEER_LOST, TL_MISMATCH, TL_TIMED_OUT of tl_group_split, tl_group_barrier, tl_group_all_reduce,
 * tl_group_all_reduce_list, tl_group_reduce, tl_group_all_gather, tl_group_reduce_scatter, tl_group_broadcast,
 * tl_group_all_to_all, tl_group_mirror, tl_group_check_mirrored, tl_group_average_variables, tl_group_average_loss,
 * tl_group_metric_result, tl_group_apply_sharded, tl_group_gather_optimizer, tl_group_vote, tl_group_synchronize,
 * tl_group_save, tl_group_save_sharded. */
#ifndef TAPELOOP_REPLICAS_H
#define TAPELOOP_REPLICAS_H

#include <tapeloop/base.h>
#include <tapeloop/checkpoint.h>
#include <tapeloop/data.h>
#include <tapeloop/metrics.h>
#include <tapeloop/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One replica's place among those that train together. It belongs to the innermost scope of its context like a tensor. */
typedef struct tl_group tl_group;

/** Where the ranks of a group meet that are threads of one process. */
typedef struct tl_rendezvous tl_rendezvous;

/** How the tensors of all ranks become one. Append-only numbers. */
typedef int32_t tl_reduce_op;
enum {
  TL_REDUCE_SUM = 0,         /**< their sum; integers wrap around */
  TL_REDUCE_MEAN = 1,        /**< their sum divided by the number of ranks; floating types */
  TL_REDUCE_MIN = 2,         /**< the least of each element; a NaN makes it NaN */
  TL_REDUCE_MAX = 3,         /**< the greatest of each element; a NaN makes it NaN */
  TL_REDUCE_SUM_BY_PAIRS = 4 /**< their sum pair by pair, each rounded; of a power of two of ranks */
};

/** As what the TL_F32 tensors of tl_group_all_reduce_list() go from rank to rank. Append-only numbers. */
typedef int32_t tl_wire_dtype;
enum {
  TL_WIRE_F32 = 0, /**< as they are */
  TL_WIRE_BF16 = 1 /**< rounded to bf16, the upper half of an f32: half the bytes */
};

/* ---- groups ------------------------------------------------------------------------------------------------------- */

/** How a group is made. Fill it with tl_group_options_init() first. All fields but timeout_seconds are of tl_group_new() only, and each
 * that is NULL or 0 is what the launcher's environment says. */
typedef struct tl_group_options {
  size_t struct_size;     /**< bytes of this struct; set by the init function */
  double timeout_seconds; /**< how long each call waits for the other ranks; 0 (default): 600 */
  /** What moves tensors between processes: "gloo", "mpi" (that of the launcher; "mpi-openmpi" and "mpi-mpich" name one), or "self" for
   * a group of one. NULL: TAPELOOP_BACKEND; else mpi where mpirun has started the process and no MASTER_ADDR is set, and gloo. */
  const char *backend;
  const char *
      plugin_folder; /**< absolute path where the engines are; NULL: TAPELOOP_PLUGIN_DIR, or beside the library */
  int32_t rank;      /**< the number of this process, with size */
  int32_t size; /**< how many there are; 0 with rank 0: RANK and WORLD_SIZE, or other launchers' variables */
  const char *address; /**< of rank 0, by which all reach it: MASTER_ADDR. With mpi it may be absent */
  int32_t port;        /**< there: MASTER_PORT */
  const char *job;     /**< groups of another job are strangers: TAPELOOP_JOB, TORCHELASTIC_RUN_ID */
  const char *token;   /**< a secret of the job's, at most 256 bytes: TAPELOOP_TOKEN */
  uint64_t
      generation; /**< of the group at the least, below 2^63, which grows when it is made anew: TAPELOOP_GENERATION, TORCHELASTIC_RESTART_COUNT */
  double lease_seconds; /**< after so long without a word a rank is lost; 0 (default): 15 */
} tl_group_options;

/** Sets all fields to their defaults. Pass sizeof(tl_group_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_group_options_init(tl_group_options *options, size_t struct_size);

/**
 * The group of the processes that a launcher has started, as options or its environment say: tapeloop-run, torchrun, Open MPI, Hydra and
 * Slurm. Waits until all have joined. Without a launcher, or with one that has started one process, it is a group of one, in which every
 * call gives back what it gets; never where there are several.
 *
 * MPI starts once in a process, lives until it ends (tl_mpi_end()), and gives each group a communicator of its own, which stays: MPICH has
 * some 2,000 of them, Open MPI keeps 50 kB for each. A group that has been released, or has failed while all ranks live, is made anew as
 * over Gloo. All ranks of the job take part; MPI knows no others. Where
 * MASTER_ADDR and MASTER_PORT (or the options) say where ranks meet, as tapeloop-run --backend mpi does, they meet there first, so that
 * a missing rank is named. By mpirun alone they meet in MPI_Init, which knows no deadline and lists nobody: it runs on a thread of its own,
 * which is given up when the time is over or the context is cancelled, with MPI; the process can make no group by it then (TL_FAILED_PRECONDITION).
 *
 * TL_UNSUPPORTED: the engine is not installed; the message names its package. TL_INVALID_ARGUMENT: half an environment, two launchers
 * that contradict one another, a backend of another name. On all ranks alike: TL_TIMED_OUT, which lists the ranks that are missing;
 * TL_MISMATCH, where the library's version, the engine or the number of ranks (at most 1024) differ, or two come as one. TL_PEER_LOST where
 * nobody answers at the address of rank 0; where its server refuses the job or token, after 6 s; where its name stays unknown, after
 * 30 s. NULL on failure.
 *
 * A process has one group of its job at a time: release it, and the groups that were split off, before you make the next. A second one
 * is TL_MISMATCH, since a rank comes twice.
 *
 * A process that is killed is found at once, one that has stopped or is cut off after the lease: the others get TL_PEER_LOST, go on with
 * their tensors and variables, and may make a group anew. For that each releases the old one and asks for a higher generation than it
 * had, tl_group_generation(), at once; where tl_group_new() itself has failed and there is no group to ask, than it asked for before. (At
 * the same one it may meet the server of the group that has failed, which says so again.) All join that which is the highest, so a process that has been started in the place of a lost one
 * (tapeloop-run --replace) need not know how often the others have done so. With another rank and size the survivors go on as
 * fewer. Then tl_group_synchronize() brings all to one state. The group is of the process that made it, not of one that is forked off.
 * Its threads take no signals, and SIGPIPE stays as the program has it. The network must be one whose machines trust one another: nothing is encrypted.
 * options may be NULL. Since 0.1.
 */
TL_API tl_group *tl_group_new(tl_context *context, const tl_group_options *options);

/**
 * Ends MPI where tl_group_new() has started it, waits for all ranks to do so, and lets the process make no group by it any more. Does
 * nothing without MPI, while a group is open, and where the last one has failed. exit() calls it: it is for programs that end without exit(),
 * which mpirun takes for failed. Since 0.1.
 * @thread any
 */
TL_API void tl_mpi_end(void);

/** Where `size` (1 to 1024) ranks meet. Its context may be any that outlives their joining, also one of theirs. NULL on failure.
 * Since 0.1. */
TL_API tl_rendezvous *tl_rendezvous_new(tl_context *context, int32_t size);

/**
 * Joins a group as one of its ranks, and waits until all have joined: each on a thread of its own, with a context of its own. A rendezvous
 * is for one group: TL_FAILED_PRECONDITION where all have joined.
 * `rendezvous` is of any context, and may be in use by others. options may be NULL. On all ranks alike: TL_TIMED_OUT, which lists the
 * ranks that are missing, and TL_MISMATCH where two join as one. NULL on failure. Since 0.1.
 */
TL_API tl_group *tl_group_join(tl_context *context, tl_rendezvous *rendezvous, int32_t rank,
                               const tl_group_options *options);

/**
 * A group within the group, of the ranks that give the same color, in the order of `key`, then of their ranks. A color below 0 is
 * that of no group: NULL without an error. All ranks call it. It has the timeout of the group. NULL on failure.
 *
 * What goes wrong in it in the midst of a call, because a rank is cancelled, late, lost or out of memory there, ends all: this group, the one
 * around it and all others within that, whether ranks are threads or processes. Messages name ranks by their numbers in the outermost group, with
 * those in the group where it happened beside them: "rank 3 (rank 0 of a group within the group) did not come to step 5 (barrier)". So does a
 * rank that fails between two calls of the outermost group. One that does so between two calls of this group, or releases it, and calls of it
 * that differ, end this group alone, whose ranks may go on in the others. What a group of processes has used is given back when all of its
 * ranks have released it and a group around it is split again. Since 0.1.
 */
TL_API tl_group *tl_group_split(tl_group *group, int64_t color, int64_t key);

/** The number of this rank, from 0; -1 on failure. Works while the context holds an error. Since 0.1. */
TL_API int32_t tl_group_rank(tl_group *group);

/** How many ranks there are; -1 on failure. Works while the context holds an error. Since 0.1. */
TL_API int32_t tl_group_size(tl_group *group);

/** The number of this rank among those of the group on its machine: as LOCAL_RANK says, or what another launcher has set; where none has,
 * where the options give rank and size, and after tl_group_split(), as the ranks find out when they join. -1 on failure. Works while the context holds an error. Since 0.1. */
TL_API int32_t tl_group_local_rank(tl_group *group);

/** How many collectives of the group have ended well, barriers and splits too, also those of replays but where the group is of one;
 * -1 on failure. Works while the context holds an error. Since 0.1. */
TL_API int64_t tl_group_steps(tl_group *group);

/** Which making of the group this is: what its ranks have asked for, or the highest of it; 0 of threads and of one process. -1 on failure.
 * Works while the context holds an error. Since 0.1. */
TL_API int64_t tl_group_generation(tl_group *group);

/** Sets how long each call waits for the other ranks, in seconds above 0. Since 0.1. */
TL_API tl_status tl_group_set_timeout(tl_group *group, double seconds);

/**
 * Cuts the lists that tl_group_all_reduce_list() gets into buckets, each an exchange of its own: from the end of the list to its
 * beginning, neighbours until they have `bytes` together. Gradients in the order of the forward pass so go in the order in which the
 * backward pass makes them. 0 (default): each list is one exchange. The bits are the same whatever the buckets. All ranks set the same
 * number before the same call, else the next reduction to all is TL_MISMATCH on all, however short the list; groups that are split off later
 * have it, too. A compiled step that was recorded before keeps its buckets. Since 0.1.
 */
TL_API tl_status tl_group_set_bucket_bytes(tl_group *group, uint64_t bytes);

/**
 * As what the TL_F32 tensors travel of which tl_group_all_reduce_list() makes sums or means. TL_WIRE_F32 (default): as they are.
 * TL_WIRE_BF16: each rank rounds its own to bf16, to the nearest, of two to the even one; they are added in f32, in the order of the
 * ranks; and the sum or mean is rounded to bf16, and is f32 again where it has come. That is half the bytes, both ways, for two passes over
 * memory. All ranks get the same bits, whatever the buckets, overlap, threads and engine; those of another number of ranks differ. It takes
 * no memory. PyTorch's bf16_compress_hook sends the same, but adds in bf16.
 *
 * How far an element of n ranks is from the exact sum of theirs: at most (2^-7+2^-16+n*2^-23)*A and (n+1)*2^-134, together, where A is the sum of
 * the absolute values; a mean by that divided by n, and 2^-134. With one sign that is 0.8 % of an element, of gradients that all but
 * cancel out any share of it. From 2^128-2^119 on (3.4e38) a value becomes an infinity; a NaN is one for all ranks.
 *
 * Everything else goes as it is: other dtypes, extremes, what tl_group_all_reduce() and all other functions send. A group of one rounds
 * nothing. TL_REDUCE_SUM_BY_PAIRS, whose bits are those of any number of ranks, is TL_INVALID_ARGUMENT with it. Gradients and tangents
 * of such a list travel as it does, and take the rounding for the identity. All ranks set the same before the same call, else the next
 * list is TL_MISMATCH on all, before data move; groups that are split off later have it, too. A compiled step that was recorded before
 * keeps its own. Since 0.1.
 */
TL_API tl_status tl_group_set_wire_dtype(tl_group *group, tl_wire_dtype dtype);

/**
 * Whether compiled steps make long exchanges (from 32 KiB on) beside their kernels, on a thread of the group's that takes no signals: as
 * soon as a bucket of gradients is there, while the others are computed. false (default): each exchange in its place. The calls, their
 * order and the bits are the same, so each rank may choose; failures are those of the call of the function, as without, and a step that
 * fails has changed nothing. It holds for steps that are planned later, and for groups that are split off later. Worth it, with buckets of
 * 1 MiB, where ranks wait for the network: layers of 4 MiB over 1 Gb/s took two thirds of the time. Since 0.1.
 */
TL_API tl_status tl_group_set_overlap(tl_group *group, bool on);

/** Ends the group for all of its ranks, which get TL_PEER_LOST with the number of this one and `reason`, text that is copied: where a
 * program finds that it cannot go on. Nothing where the group has ended before. Works while the context holds an error. Since
 * 0.1. */
TL_API tl_status tl_group_leave(tl_group *group, const char *reason);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error). Since 0.1.
 * @returns same */
TL_API tl_group *tl_group_keep(tl_group *group);

/** Leaves the group: ranks that wait for this one get TL_PEER_LOST. One of processes stays up to 5 s for those that are in their last
 * call, unless it has failed. NULL and a released one do nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_group_release(tl_group *group);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error). Since 0.1.
 * @returns same */
TL_API tl_rendezvous *tl_rendezvous_keep(tl_rendezvous *rendezvous);

/** Gives it up, as the end of its context does: no rank can join any more, those that wait for others to join get TL_PEER_LOST, and groups that
 * have joined go on. NULL and a released one do nothing. From any thread at
 * any time. Since 0.1.
 * @thread any */
TL_API void tl_rendezvous_release(tl_rendezvous *rendezvous);

/* ---- collectives --------------------------------------------------------------------------------------------------- */

/** Waits until all ranks have come. Since 0.1. */
TL_API tl_status tl_group_barrier(tl_group *group) TL_WARN_UNUSED;

/** The reduction over ranks of x, of any shape and a number type (floating for means), on all of them. Gradient: the same of the
 * output gradients; an extreme that several ranks hold shares it evenly. NULL on failure. Since 0.1. */
TL_API tl_tensor *tl_group_all_reduce(tl_group *group, tl_tensor *x, tl_reduce_op reduction);

/**
 * The same of `count` tensors in one step, or one for each bucket (tl_group_set_bucket_bytes()), without a copy into a buffer: gradients,
 * say. outputs gets as many, of the same dtypes and shapes; NULLs on failure. It lies apart from `tensors`: TL_INVALID_ARGUMENT where the two
 * share an element, and both stay as they are. Since 0.1.
 * @array tensors[count], outputs[count]
 */
TL_API tl_status tl_group_all_reduce_list(tl_group *group, tl_tensor *const *tensors, size_t count,
                                          tl_reduce_op reduction, tl_tensor **outputs) TL_WARN_UNUSED;

/** The sum or mean over ranks of x at rank `root`; zeros of its shape on the others. NULL on failure. Since 0.1. */
TL_API tl_tensor *tl_group_reduce(tl_group *group, tl_tensor *x, tl_reduce_op reduction, int32_t root);

/** The x of all ranks, one behind another along the first axis, whose size may differ; scalars become a vector. Any dtype.
 * Gradient: a sum over ranks, of which each gets its rows. NULL on failure. Since 0.1. */
TL_API tl_tensor *tl_group_all_gather(tl_group *group, tl_tensor *x);

/** This rank's rows of the sum or mean over ranks of x, which has at least one axis: parts that differ by one row at most, the
 * larger ones first. Gradient: a gather. NULL on failure. Since 0.1. */
TL_API tl_tensor *tl_group_reduce_scatter(tl_group *group, tl_tensor *x, tl_reduce_op reduction);

/** The x of rank `root`, on all ranks; theirs must have its dtype and shape. Gradient: the sum over ranks at the root. NULL on failure.
 * Since 0.1. */
TL_API tl_tensor *tl_group_broadcast(tl_group *group, tl_tensor *x, int32_t root);

/** Cuts the first axis of x, a multiple of the number of ranks, into a block for each: block j goes to rank j, where the blocks lie in
 * the order of the ranks they came from. Gradient: the same. NULL on failure. Since 0.1. */
TL_API tl_tensor *tl_group_all_to_all(tl_group *group, tl_tensor *x);

/* ---- training ------------------------------------------------------------------------------------------------------ */

/**
 * Gives variables the values of rank 0's, all of them or, on failure, none: before the first step. Those of a layer exist once it
 * has been called. Since 0.1.
 * @array variables[count]
 */
TL_API tl_status tl_group_mirror(tl_group *group, tl_tensor *const *variables, size_t count) TL_WARN_UNUSED;

/**
 * Makes sure that variables have the same bits on all ranks: else TL_MISMATCH on all, with the first rank that differs from rank 0
 * and the variable's name. Since 0.1.
 * @array variables[count]
 */
TL_API tl_status tl_group_check_mirrored(tl_group *group, tl_tensor *const *variables,
                                         size_t count) TL_WARN_UNUSED;

/**
 * Gives variables of floating types their mean over ranks, all of them or, on failure, none: the moving statistics of batch
 * normalisation, or weights that have trained apart for some steps.
 *
 * The latter is local SGD (Stich 2019, "Local SGD converges fast and communicates little"; of unlike data McMahan et al. 2017, FedAvg): each
 * rank applies its own gradients, without tl_group_all_reduce_list(), in as many steps as all others, and
 * `if (step % K == 0) status = tl_group_average_variables(group, weights, n)` gives all their mean: a K-th of the exchanges, for weights that
 * differ in between. What the optimizer remembers stays each rank's own, unless its floating slots (tl_optimizer_variables()) are averaged alike.
 * Its loss is the mean of the rank's own examples, not tl_group_average_loss(). The steps may be compiled; the mean stands between them. Since 0.1.
 * @array variables[count]
 */
TL_API tl_status tl_group_average_variables(tl_group *group, tl_tensor *const *variables,
                                            size_t count) TL_WARN_UNUSED;

/**
 * This rank's part of the mean loss: the sum of `losses`, one for each of its examples, of any floating dtype and shape, divided by
 * the number of losses on all ranks, which it asks them for; a rank may have none. A scalar; 0 where no rank has one. The sum over ranks of the
 * parts is the mean over the whole batch, and the sum of their gradients its gradient: reduce both with TL_REDUCE_SUM. TL_MISMATCH on all ranks
 * where the dtypes of the losses differ, also on a rank that has none. NULL on failure. Since 0.1.
 */
TL_API tl_tensor *tl_group_average_loss(tl_group *group, tl_tensor *losses);

/** What a metric gives of the updates on all ranks, as tl_metric_result_tensor() does of those on one; its own state stays as it is.
 * TL_MISMATCH on all ranks, before anything is added, where it is not the same metric on each: of another kind, with other options or thresholds,
 * or of another name; of tl_metric_custom() the names and shapes of its state are compared, not its functions. TL_UNSUPPORTED where states
 * cannot be added: tl_metric_r2(). NULL on failure. Since 0.1. */
TL_API tl_tensor *tl_group_metric_result(tl_group *group, tl_metric *metric);

/**
 * This rank's rows of each element of `source`, which is a batch for all ranks, the same on each: shuffle with the same seed. The parts
 * differ by one row at most, the larger ones first; of a last batch of fewer rows than ranks some ranks get 0 rows, and come along
 * all the same. Nothing is copied. Not a collective. NULL on failure. Since 0.1.
 */
TL_API tl_dataset *tl_group_distribute(tl_group *group, tl_dataset *source);

/* ---- optimizers in shares -------------------------------------------------------------------------------------------- */

/**
 * Shares the state of an optimizer out over the ranks (ZeRO stage 1: Rajbhandari et al. 2020, "ZeRO: memory optimizations toward training
 * trillion parameter models"): each of `variables` gets an owner, which alone keeps its slots, the largest variable first, of equals the first,
 * and each goes to the rank that has the fewest bytes so far, of equals the lowest. The slots of the others are gone: of n ranks each keeps
 * about one n-th, and no variable is cut. The list holds all that the optimizer has slots for; those that it has not seen get theirs. Nothing is
 * sent: all ranks pass the same list, in the same order. From now on each step is one of tl_group_apply_sharded();
 * tl_optimizer_apply() is TL_FAILED_PRECONDITION.
 *
 * TL_UNSUPPORTED for an optimizer with step options, averages or groups of variables: clip by tl_clip_by_global_norm(), before the step. TL_FAILED_PRECONDITION for one that is
 * sharded. Not inside the step of a tl_function. Since 0.1.
 * @array variables[count]
 */
TL_API tl_status tl_group_shard_optimizer(tl_group *group, tl_optimizer *optimizer,
                                          tl_tensor *const *variables, size_t count) TL_WARN_UNUSED;

/**
 * tl_optimizer_apply() of an optimizer that is sharded: each rank computes the new values of its own variables, all exchange these in one
 * step, and all variables change. gradients: what tl_group_all_reduce_list() gave, the same on all ranks; NULL for a variable that stays as it is, on all ranks
 * alike. The bits are those of tl_optimizer_apply() on every rank. What fails, on whichever rank, leaves variables, slots and the count of
 * steps as they were. May stand in a compiled step. It sends each variable once, beside the sum of the gradients: half as much
 * again as without shares; new values take the memory of the variables a second time, for the moment.
 *
 * After a rank was lost its slots are lost, too: survivors make the group anew, with the same number of ranks or another, restore a checkpoint
 * into an optimizer that has all slots, and shard it. TL_FAILED_PRECONDITION where the rank of this process is not that of
 * tl_group_shard_optimizer(). Since 0.1.
 * @array gradients[count], variables[count]
 */
TL_API tl_status tl_group_apply_sharded(tl_group *group, tl_optimizer *optimizer, tl_tensor *const *gradients,
                                        tl_tensor *const *variables, size_t count) TL_WARN_UNUSED;

/**
 * Gives all slots to all ranks: for a checkpoint, which so can be restored by any number of ranks, or to step as before. `variables` are all of the
 * optimizer's, in the order of tl_group_shard_optimizer(), which may follow again:
 *
 *   status = tl_group_gather_optimizer(group, adam, weights, n);
 *   if (status == TL_OK) status = tl_group_save_sharded(group, manager, step, NAN);         each rank writes a share
 *   if (status == TL_OK) status = tl_group_shard_optimizer(group, adam, weights, n);
 *
 * A failure leaves it sharded. Not inside the step of a tl_function. Since 0.1.
 * @array variables[count]
 */
TL_API tl_status tl_group_gather_optimizer(tl_group *group, tl_optimizer *optimizer,
                                           tl_tensor *const *variables, size_t count) TL_WARN_UNUSED;

/* ---- steps that all take, or none ------------------------------------------------------------------------------------ */

/** What all ranks together have said in a vote. Fill struct_size with sizeof(tl_group_decision) before the call. */
typedef struct tl_group_decision {
  size_t struct_size;
  double weight; /**< the sum of all weights, in the order of the ranks */
  bool stop;     /**< whether any rank wants to stop */
  bool save;     /**< whether any rank wants to save */
  bool finished; /**< whether no rank has anything for the step: the weights of all are 0 */
} tl_group_decision;

/**
 * The vote of a step, before it: one small message of each rank. `step` is its number, the same on all ranks; `weight` what this rank
 * brings to it, such as its number of examples, not negative: a rank whose data have ended goes on with 0, and comes along in every
 * collective, until all have ended. stop and save say what this rank wants: after a signal, or on a clock of its own. All ranks get
 * the same *decision, and so stop and save at the same step.
 *
 * Plans of compiled steps are not part of it, nor compared anywhere: ranks may record, replay and run eagerly as they like. What is compared is
 * each collective, by all that it is (see "Order" above), when ranks come to it.
 *
 * TL_MISMATCH on all ranks where they are at different steps: it names the first that differs from rank 0, and both numbers. Since
 * 0.1.
 */
TL_API tl_status tl_group_vote(tl_group *group, int64_t step, double weight, bool stop, bool save,
                               tl_group_decision *decision) TL_WARN_UNUSED;

/**
 * Brings all ranks to one state: that of the rank with the highest `step`, the lowest of several. All that the checkpoint holds goes
 * through the group, and no file is needed: layers, optimizers, metrics, places of datasets, random numbers, the program's values. *step_of_all gets
 * its step. Where all are at the same step it is rank 0's, as before the first step. Each rank has the same objects under the
 * same names, and layers and optimizers that have been built.
 *
 * After a failure some ranks may have taken the step that others were in: those stand at one more. What a step that has failed has changed on a
 * rank beside the optimizer, such as the place of a dataset, the program takes back before it calls this: what is sent must be
 * whole at its step. A rank that is new says step -1, or that of the checkpoint that it has restored. Random numbers become the same on all
 * ranks, too, where they are added. Those that a step has drawn which fails stay drawn, but for a replay's: where each step is begun by
 * tl_context_set_seed() with a number that follows from its own, a run that goes on has the bits of one that nobody has disturbed.
 *
 * TL_MISMATCH on all ranks where objects differ, with the first rank that differs from rank 0, and the path. A rank whose call fails
 * stays as it was. Since 0.1.
 */
TL_API tl_status tl_group_synchronize(tl_group *group, tl_checkpoint *checkpoint, int64_t step,
                                      int64_t *step_of_all) TL_WARN_UNUSED;

/**
 * tl_checkpoint_manager_save() of rank 0, for all: the others wait until it has been written, and for them manager may be NULL. What fails
 * there, such as a full disk, is an error on all ranks, with rank 0's code and text: the checkpoints before stay, and the group goes
 * on. One that is asynchronous is waited for. Since 0.1.
 */
TL_API tl_status tl_group_save(tl_group *group, tl_checkpoint_manager *manager, int64_t step,
                               double metric) TL_WARN_UNUSED;

/**
 * tl_checkpoint_manager_save() of all ranks together: each writes its share of the tensors, at the same time. Every rank passes a manager of
 * its own, with the same objects at the same step, of one folder that all of them see, on other machines too. The checkpoint is there from one moment on,
 * in which rank 0, when all shares have been written and synced, has written the manifest and renames the folder: whatever happens
 * before, a rank that is killed, a full disk, a machine that is lost, leaves the checkpoints before it as they were. It is restored as any other,
 * by any number of ranks: tl_checkpoint_manager_restore_latest() passes over one of which a share is missing or damaged.
 *
 * Shares: of the tensors the largest comes first, of equals in the order of their paths, and each goes to the rank that has the fewest bytes so far, of equals
 * the lowest. All else is rank 0's: values that are no tensors, and places of datasets. The variables must have the same values
 * on all ranks, as after every step of mirrored ones (tl_group_check_mirrored() looks).
 *
 * What fails on a rank while it writes is an error on all ranks, with its code, text and number, and the group goes on. TL_MISMATCH on all ranks where
 * objects or steps differ. rank 0's manager takes the folder (TL_BUSY where another has it), and its options and metric count. An asynchronous save before it
 * is waited for, and so is this one. Not inside the step of a tl_function. Since 0.1.
 */
TL_API tl_status tl_group_save_sharded(tl_group *group, tl_checkpoint_manager *manager, int64_t step,
                                       double metric) TL_WARN_UNUSED;

/* ---- running replicas ---------------------------------------------------------------------------------------------- */

/** What a replica does, on a thread of its own, with a context and a group of its own, which end when it returns, and not before: there
 * tl_context_free() is TL_BUSY. TL_OK, or the status of the error that it leaves in its context. Results go where user_data says. */
typedef tl_status (*tl_replica_callback)(tl_context *context, tl_group *group, void *user_data);

/** How replicas are run. Fill it with tl_replicas_options_init() first. */
typedef struct tl_replicas_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  uint64_t seed; /**< of rank 0's context; that of rank r is r more, so that dropout differs (default 0) */
  int32_t
      threads; /**< of each context; 0 (default): its share of the CPUs that the process may use, at least 1 */
  uint64_t memory_limit;  /**< of each context, in bytes; 0: no limit (default) */
  double timeout_seconds; /**< of the group; 0 (default): 600 */
} tl_replicas_options;

/** Sets all fields to their defaults. Pass sizeof(tl_replicas_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_replicas_options_init(tl_replicas_options *options, size_t struct_size);

/**
 * Runs `count` (1 to 1024) replicas as threads, which take no signals, and waits until all have returned. `context` is in use
 * meanwhile; tl_context_cancel() of it cancels the replicas. Where some fail, the error is that of the one that failed first for a
 * reason of its own, with its rank. options may be NULL. user_data is passed to all of them, which share it. Since 0.1.
 */
TL_API tl_status tl_replicas_run(tl_context *context, int32_t count, const tl_replicas_options *options,
                                 tl_replica_callback replica, void *user_data) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
