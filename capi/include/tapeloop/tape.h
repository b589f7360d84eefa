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

/** How a gradient is taken. Fill it with tl_gradient_options_init() first. */
typedef struct tl_gradient_options {
  size_t struct_size;         /**< bytes of this struct; set by the init function */
  tl_unconnected unconnected; /**< default TL_UNCONNECTED_NONE */
  /** One per target, of its shape and dtype, where NULL entries mean ones; NULL (default): all ones. */
  tl_tensor *const *output_gradients;
} tl_gradient_options;

/** Sets all fields to their defaults. Pass sizeof(tl_gradient_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_gradient_options_init(tl_gradient_options *options, size_t struct_size);

/**
 * The gradients of a target with respect to `count` sources, in one call. The target may have any shape: the gradient is
 * that of its sum. Sources are variables or tensors (watched, or computed on the tape), floating point. gradients gets
 * one handle per source with the source's shape and dtype, or NULL for a source that is not connected (see
 * tl_unconnected); the handles belong to the innermost scope. On failure all entries are NULL.
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
 * The variables that the tape has watched, in the order of their first read; kept after the tape is consumed. Writes at
 * most capacity handles, which belong to the innermost scope, and the number of all to *count. variables may be NULL
 * when capacity is 0. Since 0.1.
 */
TL_API tl_status tl_tape_watched_variables(tl_tape *tape, tl_tensor **variables, size_t capacity,
                                           size_t *count) TL_WARN_UNUSED;

/** What a tape holds. Fill struct_size with sizeof(tl_tape_statistics) before the call. */
typedef struct tl_tape_statistics {
  size_t struct_size;
  uint64_t recorded_ops; /**< ops on the tape */
  uint64_t saved_bytes;  /**< bytes of the tensors that it saved for the backward pass */
  bool recording;
  bool consumed;
} tl_tape_statistics;

/** Reads the statistics; works while the context holds an error. Since 0.1. */
TL_API tl_status tl_tape_stats(tl_tape *tape, tl_tape_statistics *statistics) TL_WARN_UNUSED;

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
