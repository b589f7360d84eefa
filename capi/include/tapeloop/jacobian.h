/* Jacobians and Hessians: all derivatives of a tensor, not only those along one direction.
 *
 *   tl_tape *tape = tl_tape_begin(c, NULL);
 *   if (tl_tape_watch(tape, x) != TL_OK) ...
 *   tl_tensor *y = tl_sin(c, x), *j;
 *   if (tl_tape_jacobian(tape, y, &x, 1, NULL, &j) == TL_OK) ...   (j has the shape of y, then that of x)
 *
 * The rows of a Jacobian are computed as one batch, not one by one, and cut into chunks where they would take more memory
 * than the budget allows. Tapes and forward modes that are open outside see what these functions compute, so Jacobians have
 * derivatives; all of it works inside tl_vmap(), but for the option check_independence, which looks at numbers.
 *
 * What goes as a batch is as inside tl_vmap(): the intermediate results that derivatives pass through have one axis less room,
 * at most 7 axes, or it is TL_INVALID_ARGUMENT; and the rules of custom gradients get output gradients (in forward mode
 * tangents) that have no values of their own, so that reading one (tl_tensor_item() and the like) is TL_FAILED_PRECONDITION.
 *
 * @errors TL_FAILED_PRECONDITION of tl_tape_jacobian, tl_tape_batch_jacobian, tl_jacobian, tl_hessian. */
#ifndef TAPELOOP_JACOBIAN_H
#define TAPELOOP_JACOBIAN_H

#include <tapeloop/custom.h>
#include <tapeloop/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How the Jacobian of a function is computed. Append-only numbers. */
typedef int32_t tl_jacobian_way;
enum {
  TL_JACOBIAN_BY_SHAPE = 0, /**< forward where the argument is smaller than the result, else reverse */
  TL_JACOBIAN_FORWARD = 1,  /**< runs the function with a batch of tangents; keeps nothing of a run */
  TL_JACOBIAN_REVERSE = 2   /**< one run on a tape, which walks back with a batch of gradients */
};

/** How a Jacobian is taken. Fill it with tl_jacobian_options_init() first. */
typedef struct tl_jacobian_options {
  size_t struct_size;         /**< bytes of this struct; set by the init function */
  tl_jacobian_way way;        /**< of the Jacobian or Hessian of a function (default TL_JACOBIAN_BY_SHAPE) */
  tl_unconnected unconnected; /**< on tapes (default TL_UNCONNECTED_NONE) */
  /** Most bytes that the derivatives of intermediate results take at one time, by estimate; one row always goes. 0, the default,
   * is 256 MiB. */
  uint64_t memory_budget;
  bool check_independence; /**< of batch Jacobians: test that the rows are independent (default false) */
  /** On tapes, gets one entry for each source: TL_REASON_CONNECTED, or why it has no Jacobian. NULL (default): not asked for. */
  tl_gradient_reason *reasons;
} tl_jacobian_options;

/** Sets all fields to their defaults. Pass sizeof(tl_jacobian_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_jacobian_options_init(tl_jacobian_options *options, size_t struct_size);

/**
 * The Jacobians of a target by each of `count` sources, in one call: jacobians[i] has the shape of the target followed by that
 * of source i, at most 8 axes together, and the source's dtype; or it is NULL for a source that is not connected (see
 * tl_unconnected). Target and sources are as in tl_tape_gradient(): floating-point tensors or variables. The target may have any
 * shape, with at most 7 axes; one without elements gives a Jacobian without elements.
 *
 * A tape that is not persistent is consumed, by one call however many rows there are. The handles belong to the innermost
 * scope; on failure all are NULL. options may be NULL. Errors as in tl_tape_gradient(). Since 0.1.
 * @array sources[count], jacobians[count]?
 */
TL_API tl_status tl_tape_jacobian(tl_tape *tape, tl_tensor *target, tl_tensor *const *sources, size_t count,
                                  const tl_jacobian_options *options, tl_tensor **jacobians) TL_WARN_UNUSED;

/**
 * The Jacobian of each example of a batch: of a target (b, y...) by a source (b, x...), both of rank 2 or more, *jacobian is
 * (b, y..., x...), the derivatives of row i of the target by row i of the source, of the source's dtype. It costs what the
 * Jacobian of one example's elements does, b times less than tl_tape_jacobian(). NULL or zeros where unconnected, as the options
 * say; the sizes may be 0.
 *
 * That row i of the target depends on row i of the source alone is the caller's promise: layers that mix the examples of a
 * batch (batch normalisation in training) break it, and the result is then wrong. The option check_independence puts it to the
 * test by one more row and a look at the numbers: where it does not hold the call is TL_FAILED_PRECONDITION and names a row; so it
 * is, without a row, inside tl_vmap(), where there are no numbers to look at.
 *
 * The tape is consumed as by tl_tape_gradient(). A handle of the innermost scope; on failure *jacobian is NULL. options may be
 * NULL. TL_INVALID_ARGUMENT for shapes that do not fit, and nothing is consumed then. Since 0.1.
 */
TL_API tl_status tl_tape_batch_jacobian(tl_tape *tape, tl_tensor *target, tl_tensor *source,
                                        const tl_jacobian_options *options,
                                        tl_tensor **jacobian) TL_WARN_UNUSED;

/**
 * The Jacobian of a function at `at`, a floating-point tensor or variable: *jacobian has the shape of the result followed by
 * that of `at`, at most 8 axes together; zeros where the result does not depend on it. In reverse mode it has the dtype of `at`,
 * in forward mode that of the result.
 *
 * `function` runs on this thread, inside the context, as the callbacks of custom.h do: once in reverse mode, and in forward mode
 * once more for each chunk, so it must compute the same each time. It gets the value of `at` as its input (a variable it may
 * also read by itself) and sets its only output, floating point; it must compute with this very tensor, not with a copy.
 *
 * user_data may be NULL; destroy (may be NULL) runs once, before this returns. A handle of the innermost scope; on failure
 * *jacobian is NULL. options may be NULL; of them, way and memory_budget count. Errors: those of the callback, unchanged;
 * TL_INVALID_ARGUMENT for arguments that do not fit. Since 0.1.
 */
TL_API tl_status tl_jacobian(tl_context *context, tl_compute_callback function, void *user_data,
                             tl_destroy_callback destroy, tl_tensor *at, const tl_jacobian_options *options,
                             tl_tensor **jacobian) TL_WARN_UNUSED;

/**
 * The Jacobian of the Jacobian: *hessian has the shape of the result followed by that of `at`, twice; of a function that gives
 * a number it is the Hessian matrix. Forward mode over reverse mode, unless the option way is TL_JACOBIAN_REVERSE: then both
 * are reverse, for functions whose rules lack a jvp. For products of a large Hessian with vectors, which need no matrix, see
 * tl_hessian_vector_product().
 *
 * All else as in tl_jacobian(): user_data may be NULL, destroy (may be NULL) runs once, options may be NULL, and on failure
 * *hessian is NULL. Since 0.1.
 */
TL_API tl_status tl_hessian(tl_context *context, tl_compute_callback function, void *user_data,
                            tl_destroy_callback destroy, tl_tensor *at, const tl_jacobian_options *options,
                            tl_tensor **hessian) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
