/* The gradient tape: records ops while it is open, and differentiates what it recorded. */
#ifndef TAPELOOP_TAPE_H
#define TAPELOOP_TAPE_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A tape. It belongs to the innermost scope like a tensor. */
typedef struct tl_tape tl_tape;

/** How a tape records. Fill it with tl_tape_options_init() first. */
typedef struct tl_tape_options {
  size_t struct_size;    /**< bytes of this struct; set by the init function */
  bool persistent;       /**< tl_tape_gradient() may be called more than once (default false) */
  bool ignore_variables; /**< watch only what tl_tape_watch() names (default false: variables too) */
  bool explain; /**< remember what every value of the context was made of, without keeping the values, so that
                              tl_tape_explain() can name the exact place; takes time and memory (default false) */
} tl_tape_options;

/** Sets all fields to their defaults. Pass sizeof(tl_tape_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_tape_options_init(tl_tape_options *options, size_t struct_size);

/**
 * Opens a tape, which records from now on. options may be NULL for the defaults. Tapes nest to any depth: each open tape
 * records, also the gradients that are taken from other tapes, which gives gradients of gradients. NULL on failure.
 * Since 0.1.
 */
TL_API tl_tape *tl_tape_begin(tl_context *context, const tl_tape_options *options);

/**
 * Watches a floating-point tensor: ops that use it from now on are recorded. A variable is watched at its next read,
 * trainable or not. Watching is per tape. Since 0.1.
 */
TL_API tl_status tl_tape_watch(tl_tape *tape, tl_tensor *tensor);

/** Ends recording; what was recorded stays. A tape that a gradient call has consumed may be ended, too. Since 0.1. */
TL_API tl_status tl_tape_end(tl_tape *tape);

/** Stops recording until tl_tape_resume(). TL_FAILED_PRECONDITION when the tape does not record. Since 0.1. */
TL_API tl_status tl_tape_pause(tl_tape *tape);

/** Records again after tl_tape_pause() or tl_tape_end(), on the same records. TL_FAILED_PRECONDITION when the tape is
 * recording or was consumed. Since 0.1. */
TL_API tl_status tl_tape_resume(tl_tape *tape);

/** Forgets all records and watches, and goes on recording. TL_FAILED_PRECONDITION when it does not record. Since 0.1. */
TL_API tl_status tl_tape_reset(tl_tape *tape);

/** What to give for a source that no target depends on. Append-only numbers. */
typedef int32_t tl_unconnected;
enum {
  TL_UNCONNECTED_NONE = 0, /**< NULL */
  TL_UNCONNECTED_ZERO = 1, /**< zeros of the source's shape */
  TL_UNCONNECTED_ERROR = 2 /**< the call fails and names the source */
};

/** Why a source has no gradient. Append-only numbers. */
typedef int32_t tl_gradient_reason;
enum {
  TL_REASON_CONNECTED = 0,     /**< there is a gradient */
  TL_REASON_NOT_WATCHED = 1,   /**< the source was never watched */
  TL_REASON_WATCHED_LATE = 2,  /**< what the target is made of was computed before the source was watched */
  TL_REASON_PAUSED = 3,        /**< it was computed while the tape was paused */
  TL_REASON_RESET = 4,         /**< it was computed, or the source was watched, before the tape was reset */
  TL_REASON_INTEGER = 5,       /**< an integer or bool stands on the path */
  TL_REASON_STOP_GRADIENT = 6, /**< tl_stop_gradient() cuts the path */
  TL_REASON_ASSIGNED = 7,      /**< the value passed through an assignment to a variable */
  TL_REASON_NOT_DIFFERENTIABLE = 8, /**< an op without gradient stands on the path */
  TL_REASON_RULE_GAVE_NONE = 9,     /**< a gradient rule gave none, such as that of a tl_custom_gradient() */
  TL_REASON_NOT_READ = 10,          /**< the variable was not read while the tape recorded */
  TL_REASON_OUTSIDE = 11,           /**< it was computed before the tape began or after it ended */
  TL_REASON_INDEPENDENT = 12, /**< no chain of ops that the tape knows leads from the source to the target */
  TL_REASON_UNKNOWN = 13      /**< the tape did not see enough to tell: begin it with the option explain */
};

/** A reason in words, such as "paused". Static text, also for unknown numbers. Since 0.1. */
TL_API const char *tl_gradient_reason_name(tl_gradient_reason reason);

/** How a gradient is taken. Fill it with tl_gradient_options_init() first. */
typedef struct tl_gradient_options {
  size_t struct_size;         /**< bytes of this struct; set by the init function */
  tl_unconnected unconnected; /**< default TL_UNCONNECTED_NONE */
  /** One per target, of its shape and dtype, where NULL entries mean ones; NULL (default): all ones. */
  tl_tensor *const *output_gradients;
  /** Gets one entry for each source: TL_REASON_CONNECTED, or why it has no gradient. NULL (default): not asked for. */
  tl_gradient_reason *reasons;
} tl_gradient_options;

/** Sets all fields to their defaults. Pass sizeof(tl_gradient_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_gradient_options_init(tl_gradient_options *options, size_t struct_size);

/**
 * The gradients of a target with respect to `count` sources, in one call. The target may have any shape: the gradient is
 * that of its sum. Sources are variables or tensors (watched, or computed on the tape), floating point. gradients gets
 * one handle per source with the source's shape and dtype, or NULL for a source that is not connected (see
 * tl_unconnected); the handles belong to the innermost scope. On failure all entries are NULL.
 *
 * A count of 0 is no error: there is no gradient, and the tape is consumed like by any other call.
 *
 * A tape that is not persistent is consumed by its first successful or failed computation: a second call is
 * TL_FAILED_PRECONDITION; arguments are checked before. While the tape records, recording ends here, except for a
 * persistent tape, which records its own gradient. Outer tapes that record also record the computation.
 * options may be NULL. Since 0.1.
 * @array gradients[count]?
 */
TL_API tl_status tl_tape_gradient(tl_tape *tape, tl_tensor *target, tl_tensor *const *sources, size_t count,
                                  const tl_gradient_options *options, tl_tensor **gradients) TL_WARN_UNUSED;

/** tl_tape_gradient() for several targets: the gradient is that of the sum of all of them. options may be NULL. Since 0.1.
 * @array gradients[count]? */
TL_API tl_status tl_tape_gradient_of(tl_tape *tape, tl_tensor *const *targets, size_t num_targets,
                                     tl_tensor *const *sources, size_t count,
                                     const tl_gradient_options *options,
                                     tl_tensor **gradients) TL_WARN_UNUSED;

/**
 * tl_tape_gradient_of() in which the gradient of a table may consist of rows, so that no tensor of the table's size is made.
 * row_indices gets for each source NULL, and then gradients has the dense gradient, or the indices, i64 of shape (n,), strictly
 * ascending, of the rows that gradients then holds: shape (n,) and that of a row. That is so where the targets depend on the
 * source through tl_gather() along its first axis alone. Each row is the sum of its gradients in the order of the gathers and
 * their indices, so the norm of the rows is that of the dense gradient, and tl_clip_by_global_norm() needs nothing else. With
 * any other use of the source, and where it is computed from another source, its gradient is dense, the rows added last.
 * tl_optimizer_apply_rows() takes both lists; tl_scatter_add(c, indices, rows, size, 0) makes the dense gradient. The number
 * of rows is not known before the call. On failure all entries are NULL. options may be NULL. Since 0.1.
 *
 * Which rows there are is found out on the host. So a compiled step (function.h) can be replayed with such rows only where the
 * indices are the same in all steps; where they are an input, or computed from one, the call counts as a look at elements, which
 * the step must not do. Gradients that come out dense are replayed with whatever indices.
 * @array gradients[count]?, row_indices[count]?
 */
TL_API tl_status tl_tape_gradient_rows(tl_tape *tape, tl_tensor *const *targets, size_t num_targets,
                                       tl_tensor *const *sources, size_t count,
                                       const tl_gradient_options *options, tl_tensor **gradients,
                                       tl_tensor **row_indices) TL_WARN_UNUSED;

/**
 * The variables that the tape has watched, in the order of their first read; kept after the tape is consumed. Writes at
 * most capacity handles, which belong to the innermost scope, and the number of all to *count. variables may be NULL
 * when capacity is 0. Since 0.1.
 */
TL_API tl_status tl_tape_watched_variables(tl_tape *tape, tl_tensor **variables, size_t capacity,
                                           size_t *count) TL_WARN_UNUSED;

/**
 * Whether a gradient passes from a source to a target, and if not, why: *reason gets TL_REASON_CONNECTED or what stands in the
 * way. Of a consumed tape only for what its gradient call found missing, TL_FAILED_PRECONDITION otherwise; a tape with the
 * option explain can always tell. Since 0.1.
 */
TL_API tl_status tl_tape_reason(tl_tape *tape, tl_tensor *target, tl_tensor *source,
                                tl_gradient_reason *reason) TL_WARN_UNUSED;

/**
 * The same in words: the place where the path from the source to the target breaks, by op and name, and what to do. Writes at
 * most capacity bytes, the final NUL included; *length (may be NULL) gets the length of the whole text without the NUL.
 * buffer may be NULL when capacity is 0. Where several paths break, it is the place that the longest connected path runs into.
 * TL_FAILED_PRECONDITION as in tl_tape_reason(). Since 0.1.
 */
TL_API tl_status tl_tape_explain(tl_tape *tape, tl_tensor *target, tl_tensor *source, char *buffer,
                                 size_t capacity, size_t *length) TL_WARN_UNUSED;

/** What a tape holds. Fill struct_size with sizeof(tl_tape_statistics) before the call. */
typedef struct tl_tape_statistics {
  size_t struct_size;
  uint64_t recorded_ops; /**< ops on the tape */
  uint64_t
      saved_bytes; /**< bytes of the buffers that it keeps alive for the backward pass, each counted once */
  bool recording;
  bool consumed;
  uint64_t
      recomputed_ops; /**< ops that segments of tl_recompute() have run again in gradient calls of this tape */
} tl_tape_statistics;

/** Reads the statistics; works while the context holds an error. Since 0.1. */
TL_API tl_status tl_tape_stats(tl_tape *tape, tl_tape_statistics *statistics) TL_WARN_UNUSED;

/** What a tape holds for one kind of op. Fill struct_size with sizeof(tl_tape_memory) before the call. */
typedef struct tl_tape_memory {
  size_t struct_size;
  const char *op; /**< name of the op or rule; valid until the tape changes or goes */
  uint64_t calls; /**< how often it stands on the tape */
  uint64_t
      saved_bytes; /**< bytes that it keeps alive; a buffer that several ops keep counts for the first of them */
} tl_tape_memory;

/**
 * The memory of a tape by op, most bytes first: *memory gets the entry of the given index, *count (may be NULL) the number of
 * entries. memory may be NULL, to ask for the count alone; TL_INVALID_ARGUMENT for an index from count on. The sum over all
 * entries is that of tl_tape_stats(). Works while the context holds an error. Since 0.1.
 */
TL_API tl_status tl_tape_memory_by_op(tl_tape *tape, size_t index, tl_tape_memory *memory,
                                      size_t *count) TL_WARN_UNUSED;

/**
 * What is on a tape as a graph in Graphviz's DOT language (`dot -Tsvg`): a box for each op that it has recorded, blue boxes for the
 * variables that these read, ellipses for other tensors that no recorded op has made; what no gradient passes is dashed. A consumed
 * tape holds no ops: ask before the gradient. As tl_tensor_format() writes: cut to capacity, *length (may be NULL) is the whole
 * length, buffer may be NULL with a capacity of 0. Works while the context holds an error. Since 0.1.
 */
TL_API tl_status tl_tape_dot(tl_tape *tape, char *buffer, size_t capacity, size_t *length) TL_WARN_UNUSED;

/** Moves the tape one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_tape *tl_tape_keep(tl_tape *tape);

/** Gives the tape and all it saved up before its scope ends. NULL and a released tape do nothing. From any thread at any
 * time. Since 0.1.
 * @thread any */
TL_API void tl_tape_release(tl_tape *tape);

#ifdef __cplusplus
}
#endif

#endif
