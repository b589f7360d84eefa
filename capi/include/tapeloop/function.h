/* The compiled step: a training step that is recorded once and replayed in one call.
 *
 *   static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
 *                         size_t num_outputs) {
 *     model *m = user_data;
 *     tl_tape *tape = tl_tape_begin(c, NULL);
 *     tl_tensor *logits = tl_add(c, tl_matmul(c, inputs[0], m->w), m->b), *grads[2];
 *     tl_tensor *loss = tl_mean(c, tl_sparse_softmax_cross_entropy(c, inputs[1], logits));
 *     if (tl_tape_gradient(tape, loss, m->variables, 2, NULL, grads) == TL_OK &&
 *         tl_optimizer_apply(m->adam, grads, m->variables, 2) == TL_OK)
 *       outputs[0] = loss;
 *     return tl_error_code(c);
 *   }
 *   tl_function *train = tl_function_new(c, step, &m, NULL, NULL);
 *   for each batch: tl_function_call_items(train, (tl_tensor *[]){x, y}, 2, &loss, 1), where loss is a double
 *
 * The first call with inputs of new dtypes or shapes runs the callback as any code and records the ops that run, those of
 * gradients of any order, of optimizers and metrics among them. The next one makes a plan of the recording; from then on a
 * call runs the plan, and the callback is not called any more. A plan computes the same bits as the callback (but for the option
 * allow_reassociation; a NaN stays a NaN, whose sign and payload may be others), draws the same random numbers, and takes the
 * learning rate and the count of steps as they are at each call.
 *
 * What a recording keeps:
 * - Inputs are whatever each call passes. A variable that is passed as an input is read at each call. Inside the callback inputs are
 *   tensors of their own, in calls that run it as well: none of them is a variable, tapes do not watch them by themselves, they do
 *   not connect to what the callback takes otherwise, and one that is passed twice is two tensors.
 * - Variables that the callback uses are the function's from then on: replays read and change them. When one of them is
 *   released, or an optimizer or a group that is used, the next call records anew. Those that the callback makes and that outlive
 *   the call, such as the weights of a layer that is built at its first call, are made once: replays find them there, and draw the
 *   random numbers that the callback would, without those that made them.
 * - Tensors from outside that are not inputs, data that the callback itself makes tensors of (tl_tensor_new(), tl_scalar()), and
 *   numbers that it passes to ops stay as they were in the recording; tl_function_stats() counts the tensors. What changes from
 *   step to step must be an input or a variable. Memory that the callback borrows (tl_tensor_borrow()) is not copied: plans go on reading
 *   it, or, once, the call that makes the plan. It must stay as it is until the function has let go of it, which `release` tells.
 * - Which variables are trainable (tl_variable_set_trainable()), where a tape or forward mode follows reads of them: after a change the next
 *   call records anew, and both recordings are kept.
 * - Decisions of the callback, such as the branch that it takes, stay too. What it decides by, other than dtypes and shapes of
 *   inputs, must be in the flags (tl_function_set_flags()).
 * - Collectives of a group (replicas.h) are made again at each call, before anything is changed.
 *
 * What a step must not do: look at elements of a tensor that another step would compute anew (tl_tensor_item() of the loss, the
 * result of a metric, tl_optimizer_learning_rate(), tl_tape_gradient_rows() and tl_optimizer_apply_rows() of indices that are not
 * the same in all steps), set the seed (to whatever number), set the learning rate of an optimizer that it uses, use an optimizer's count
 * of steps or its other own numbers after its apply (before it they are as any variable), or take a batch of a feed or an element of a
 * dataset (tl_feed_next(), tl_dataset_next()). The call that records it then fails after the run, and says
 * which function looked at what; later ones of this function, with whatever inputs and flags, fail at once and do not run the
 * callback, until tl_function_forget(). Return the tensor as an output and look at it after the call, and take batches before it.
 * Alternatively the option host_reads lets such a step stay eager.
 *
 * A step that records again and again, because shapes keep changing, would cost more than no function at all. So after the fifth
 * recording a warning is logged, and after most_recordings of them, counted since the function was made or tl_function_forget(), a
 * call that no recording fits runs the callback as if there were no function, which a warning says once; calls that one fits go on as
 * before. tl_function_retrace_reason() tells what made the step record. The option retrace_is_error makes the second recording an error.
 *
 * With the option polymorphic_batch a few recordings serve all sizes of a batch. Where the inputs of a call differ from those of
 * others in their leading dimension alone, by one size n in all that differ, the callback runs for sizes below 2, for the first three
 * others, and for those of which the recorded sizes do not tell yet:
 * - one that is less than the least or more than the largest of them, as long as the largest is not twice the least;
 * - one that is not as far from them as multiples of the greatest common divisor of their differences are;
 * - one for which a quotient that has been the same so far would have other bits as k / n, as k (1 / n) and in f32.
 * So of the sizes 32, 16, 20, 24, 21, 40, 7 the first three are recorded, and 21.
 * Numbers that the callback computes of the size and passes to ops may be k n, n + k, k / n, k (1 / n) or 1 / (k n) with a whole number
 * k. Those that are the same at some sizes by chance, as n / 2 at 2 and 3, n / 4 * 4 and n % 4 at 8 and 12, n n at 0 and 1 or a rounded
 * quotient, show in these recordings. Where two recordings differ otherwise, each size is recorded, and the reason of the retrace
 * says by what. What the callback decides must not depend on the size, nor may numbers by thresholds (the lesser of n and 100) or by
 * quotients n / g with a g above the largest size that was recorded: that is not seen. (TensorFlow calls this reduce_retracing.)
 * retrace_is_error refuses no recording of another size of the batch, in whatever order they come.
 *
 * With the option allow_reassociation plans need not compute the same bits. A product with a matrix that is a sum of others with
 * scaled rows, X = sum_t s_t X_t with numbers s_t for the whole or for each row, then makes way for the products with these:
 * - X W is computed as sum_t s_t (X_t W) where the step has all products X_t W;
 * - X' G + sum_t X_t' G_t is computed as sum_t X_t' (G_t + s_t G) where the step has such a sum, as the gradient of W is; and
 *   likewise where X is the right operand.
 * A WGAN's penalty on the slope between real and made-up data is such a case: two of nine products go. An element of such a result
 * is off the exact one by at most (k + 2 c + p + 4) u sum_t |s_t| (|X_t| |W|), in the second case sum_t |X_t|' (|G_t| + |s_t| |G|),
 * where k is the number of products that an element adds up, c how many operations X takes of its terms, p the number of products
 * in the sum, u = 2^-24 in f32 and 2^-53 in f64, and |s_t| the sum of absolute values where s_t is a sum (1 + |e| for 1 - e).
 * The callback is off by that, too, but with k u |X| |W| for k u sum_t |s_t| (|X_t| |W|): where terms cancel, digits are lost that it
 * keeps. Where values overflow or are not finite, others may be. Plans have the same bits at every call and on any number of
 * threads; calls that run the callback, the first among them, have the callback's.
 *
 * While a tape or forward mode that was begun outside the step is open, a check of NaN is on, or another function records, and
 * inside vmap, a call runs the callback, so that they see every op. */
#ifndef TAPELOOP_FUNCTION_H
#define TAPELOOP_FUNCTION_H

#include <tapeloop/base.h>
#include <tapeloop/custom.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A step with its recordings and plans. It belongs to the innermost scope like a tensor. */
typedef struct tl_function tl_function;

/** What becomes of a step that looks at elements on the host, or cannot be replayed otherwise. Append-only numbers. */
typedef int32_t tl_host_reads;
enum {
  TL_HOST_READS_ERROR = 0, /**< from then on calls are TL_FAILED_PRECONDITION, the first after its run */
  TL_HOST_READS_EAGER = 1  /**< calls run the callback, as if there were no function */
};

/** How a function records. Fill it with tl_function_options_init() first: a number that is 0, and a NULL, stand for the default. */
typedef struct tl_function_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  const char *name;   /**< in messages; copied (default "function") */
  size_t most_plans;  /**< kept at the same time; the one that was not used for longest goes (default 16) */
  tl_host_reads host_reads; /**< what a step that looks at elements does (default TL_HOST_READS_ERROR) */
  bool
      retrace_is_error; /**< a call that would record a second time, since the function was made or forgot its
                                 recordings, is TL_FAILED_PRECONDITION, with the reason (default false) */
  bool verify; /**< checks each recording and plan for broken invariants of tapeloop (default false) */
  bool
      polymorphic_batch; /**< the leading dimension of inputs may be of any size (default false), see above */
  bool
      allow_reassociation; /**< plans may add up sums in another order where that saves work (default false), see above */
  size_t most_recordings; /**< since the function was made, or forgot them (default 256), see above */
} tl_function_options;

/** Sets all fields to their defaults. Pass sizeof(tl_function_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_function_options_init(tl_function_options *options, size_t struct_size);

/**
 * A function of a step. Nothing runs yet. The callback sets all outputs that a call asks for; it runs on the thread of the call,
 * in a scope of its own. user_data (may be NULL) goes to it; destroy (may be NULL) runs once, when the function ends or when this
 * call fails. options may be NULL for the defaults. NULL on failure. Since 0.1.
 */
TL_API tl_function *tl_function_new(tl_context *context, tl_compute_callback step, void *user_data,
                                    tl_destroy_callback destroy, const tl_function_options *options);

/**
 * One step. inputs: tensors or variables of the function's context, of any dtype and shape; outputs gets num_outputs new tensors of
 * the innermost scope, NULL on failure, which stay as they are whatever is called later. num_inputs and num_outputs may be 0, and
 * inputs and outputs NULL then.
 *
 * A replay that fails (labels that are no class: TL_INVALID_ARGUMENT, optimizer state that makes no sense, a cancelled context,
 * TL_OUT_OF_MEMORY) has changed nothing. Unless it is about the context, its message has the name of the function, and then what the
 * callback's call would say: "[function_call] train: binary_cross_entropy: a label must be in [0, 1]: got 3 at position 2; ...". A call
 * that runs the callback fails as the callback does, and leaves what that had done.
 * TL_FAILED_PRECONDITION: a step that cannot be replayed, or one that would be recorded again although that is an error. Since 0.1.
 * @array inputs[num_inputs], outputs[num_outputs]?
 */
TL_API tl_status tl_function_call(tl_function *function, tl_tensor *const *inputs, size_t num_inputs,
                                  tl_tensor **outputs, size_t num_outputs) TL_WARN_UNUSED;

/**
 * One step, as tl_function_call() runs it, whose outputs have one element each, of any dtype: items gets them as numbers, as
 * tl_tensor_item() would give them: for a loop that wants the loss, and faster. Nothing of the call is left to release, and it needs no
 * scope around it, as batches do that the loop makes. Each call is a scope of its own, with which ends, too, what the callback keeps
 * (tl_keep()): a variable that it makes once and keeps needs one tl_keep() more than with tl_function_call(), else every call records.
 * Layers that are built by their first call need none. A replay makes no tensors of the outputs. Plans are those of tl_function_call() with as many outputs. num_items may be 0, and items NULL then.
 *
 * Errors as in tl_function_call(), and TL_INVALID_ARGUMENT for an output of more or fewer elements: a replay has changed nothing
 * then; a call that runs the callback finds it afterwards, and leaves what that had done, and its recording. Inside another function
 * the call is a look at elements; inside vmap it refuses inputs of the batch, and after a run outputs that depend on the batch otherwise. On an error items is as it was. Since 0.1.
 * @array inputs[num_inputs], items[num_items]
 */
TL_API tl_status tl_function_call_items(tl_function *function, tl_tensor *const *inputs, size_t num_inputs,
                                        double *items, size_t num_items) TL_WARN_UNUSED;

/**
 * `steps` steps in one call: inputs holds those of the first step, then those of the second, and so on, num_inputs in all;
 * outputs is filled in the same way. Both counts are multiples of steps, which is 1 to 2^24. When a step fails, the call ends with
 * its error; the steps before it have taken effect, *done (may be NULL) says how many, and their outputs are set. Since 0.1.
 * @array inputs[num_inputs], outputs[num_outputs]?
 */
TL_API tl_status tl_function_run_n(tl_function *function, size_t steps, tl_tensor *const *inputs,
                                   size_t num_inputs, tl_tensor **outputs, size_t num_outputs,
                                   size_t *done) TL_WARN_UNUSED;

/** A number that the callback decides by, 0 at first: whether it trains, how often it repeats something. Calls with other flags
 * have recordings of their own. Since 0.1. */
TL_API tl_status tl_function_set_flags(tl_function *function, int64_t flags);

/** Forgets all recordings and plans, and that the step could not be replayed: the next call records, also where retrace_is_error is
 * set. For a program that has changed what the callback does. Since 0.1. */
TL_API tl_status tl_function_forget(tl_function *function);

/** What a function has done, and of what size the plan is that was used last. Set struct_size first. Append-only. */
typedef struct tl_function_statistics {
  size_t struct_size;   /**< sizeof(tl_function_statistics), set by the caller */
  uint64_t traces;      /**< recordings so far */
  uint64_t replays;     /**< runs of plans so far */
  uint64_t eager_calls; /**< calls so far that ran the callback without recording */
  uint64_t signatures;  /**< recordings and plans that are kept */
  uint64_t kernels;     /**< that one run of the plan calls */
  double flops; /**< operations of one run: of products of matrices 2 m n k, else one for each element */
  double moved_bytes;      /**< that the kernels of one run read and write */
  uint64_t arena_bytes;    /**< memory for values inside the step */
  uint64_t constants;      /**< tensors from outside that are not inputs */
  uint64_t host_constants; /**< of them, those that the callback made of data of the host */
  double
      touched_bytes; /**< of memory that one run reads or writes, each counted once: arena, inputs (all that a call
                          passes, read or not), variables, outputs */
  uint64_t
      resized_plans; /**< plans so far that were made for another size of the batch without running the callback */
  uint64_t
      clusters; /**< of the kernels, those that hold several ops: a chain of element-wise ops, of ops on rows and reductions; a
                     product of matrices with the addition behind it; a step of an optimizer with the products that make its gradient,
                     or on several variables. Ops count as passes left them, views and what is computed beforehand not at all */
  uint64_t unrecorded_calls; /**< of eager_calls, those that would have recorded but for most_recordings */
} tl_function_statistics;

/** Fills the struct; works while the context holds an error. Since 0.1. */
TL_API tl_status tl_function_stats(tl_function *function, tl_function_statistics *statistics);

/**
 * Why the function recorded again: reason number `index` (0 is that of the second recording) as text that ends with a zero byte,
 * cut to `capacity`; *length (may be NULL) is its whole length, *count (may be NULL) how many reasons there are, 64 at most.
 * With a capacity of 0 buffer may be NULL and nothing is written: TL_INVALID_ARGUMENT only for an index that is not below *count
 * with a capacity above 0. Since 0.1.
 */
TL_API tl_status tl_function_retrace_reason(tl_function *function, size_t index, char *buffer,
                                            size_t capacity, size_t *length, size_t *count);

/**
 * The plan that was used last as text: counts, then inputs, variables, constants, one line for each op, and where values lie.
 * For people; its form may change. As tl_tensor_format() writes: cut to capacity, *length (may be NULL) is the whole length,
 * buffer may be NULL with a capacity of 0. Empty before the first call. Since 0.1.
 */
TL_API tl_status tl_function_text(tl_function *function, char *buffer, size_t capacity, size_t *length);

/** The same program as a graph in Graphviz's DOT language (`dot -Tsvg`): boxes are kernels, of several ops where these were fused; blue
 * boxes are variables before and after the step; edges are values with their dtype and shape. Without nodes before the first call.
 * Cut to capacity as tl_function_text(); *length (may be NULL) is the whole length. Since 0.1. */
TL_API tl_status tl_function_dot(tl_function *function, char *buffer, size_t capacity, size_t *length);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_function *tl_function_keep(tl_function *function);

/** Gives it up with its plans before its scope ends. NULL and a released one do nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_function_release(tl_function *function);

#ifdef __cplusplus
}
#endif

#endif
