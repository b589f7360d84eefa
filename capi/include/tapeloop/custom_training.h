/* Optimizers and metrics of the program's own: callbacks written in ops. They are saved and resumed by the names of their state,
 * and take part in compiled steps, like those of the library. Schedules of the program's own: tl_schedule_custom(). A loss of the
 * program's own is a function of tensors, and tl_loss_reduce() its last call. */
#ifndef TAPELOOP_CUSTOM_TRAINING_H
#define TAPELOOP_CUSTOM_TRAINING_H

#include <tapeloop/base.h>
#include <tapeloop/custom.h>
#include <tapeloop/metrics.h>
#include <tapeloop/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- optimizers -------------------------------------------------------------------------------------------------
 *
 *   static tl_status signed_descent(tl_context *c, void *user_data, tl_tensor *const *in, size_t n, tl_tensor **out, size_t m) {
 *     tl_tensor *w = in[0], *gradient = in[1], *rate = in[2], *momentum = in[4];     (in[3] is the number of the step)
 *     out[1] = tl_add(c, tl_mul_scalar(c, momentum, 0.9), gradient);
 *     out[0] = tl_sub(c, w, tl_mul(c, rate, tl_sign(c, out[1])));
 *     return TL_OK;
 *   }
 *   tl_optimizer *mine = tl_optimizer_custom(c, "signed", 0.01, signed_descent, NULL, NULL);
 *   if (tl_optimizer_add_slot(mine, "momentum", TL_SLOT_ELEMENTS, 0) != TL_OK) ... */

/** What a slot holds. Append-only numbers. */
typedef int32_t tl_slot_kind;
enum {
  TL_SLOT_ELEMENTS = 0, /**< one number for each element, of the shape and dtype of the variable */
  TL_SLOT_NUMBER = 1,   /**< one number of the dtype of the variable, rank 0 */
  TL_SLOT_WEIGHTS = 2   /**< begins as a copy of the variable */
};

/**
 * An optimizer whose update is a function of the program's, written in ops. For each variable with a gradient `update` gets the
 * inputs w, gradient, rate, number of the step (from 1 on; rate and number of rank 0 and of the dtype of w), then the slots of w in
 * the order in which they were added; it sets the outputs to the new w and the new slots, of the same dtypes and shapes; an output
 * left NULL stays as it is. learning_rate is finite and not negative.
 *
 * The callback runs within tl_optimizer_apply(), on its thread, in a scope of its own. A failure of it (an op that failed, a status
 * other than TL_OK with tl_set_error()) is the error of that call, and all variables and slots stay as they were. No tape records
 * what it does. In a compiled step it runs once, when the step is recorded; rate and number are inputs of replays. It must not call
 * this optimizer, whose steps are TL_FAILED_PRECONDITION meanwhile; what else it changes is not taken back.
 *
 * All else is as for any optimizer: schedules, step options, groups, rows excepted: tl_optimizer_apply_rows() takes no rows of
 * such variables. name (copied) is that of its state and stands in messages. user_data (may be NULL) goes to the callback; destroy (may be
 * NULL) runs once, with the optimizer or when this call fails. NULL on failure. Since 0.1.
 */
TL_API tl_optimizer *tl_optimizer_custom(tl_context *context, const char *name, double learning_rate,
                                         tl_compute_callback update, void *user_data,
                                         tl_destroy_callback destroy);

/** State of tl_optimizer_custom() that goes with each variable: "<optimizer>/<variable>/<name>". All its elements are first_value,
 * a finite number, before the first step (of TL_SLOT_WEIGHTS it is not looked at). TL_FAILED_PRECONDITION after the first step or build;
 * TL_INVALID_ARGUMENT for another kind of optimizer, a name that is empty, taken, "gradient_sum", "average" or "slow", and
 * for more than 8 slots. Since 0.1. */
TL_API tl_status tl_optimizer_add_slot(tl_optimizer *optimizer, const char *name, tl_slot_kind kind,
                                       double first_value) TL_WARN_UNUSED;

/* ---- metrics ---------------------------------------------------------------------------------------------------- */

/**
 * A metric whose update and result are functions of the program's, written in ops. `update` gets the state in the order in which it was
 * added and then the inputs of the call: values and weights of tl_metric_update(), labels, predictions and weights of
 * tl_metric_update_predictions() (weights NULL where there are none), or those of tl_metric_update_with(). It sets one output for each
 * state, of its shape; one left NULL stays as it is. `result` gets the state and sets one output of any shape. Outputs of other dtypes
 * become f64. A metric without state is allowed, one that measures nothing of the data, say: `update` then gets NULL for `outputs` with
 * num_outputs 0, and `result` NULL for `inputs` with num_inputs 0. An array without entries may be NULL, in all callbacks.
 *
 * The callbacks run within the call that needs them, on its thread, in a scope of its own. A failure is the error of that call,
 * and the state stays as it was. No tape records what they do; in a compiled step they run once, when it is recorded. name (copied)
 * is that of its state and stands in messages. user_data (may be NULL) goes to both; destroy (may be NULL) runs once, with the metric
 * or when this call fails. NULL on failure. Since 0.1.
 */
TL_API tl_metric *tl_metric_custom(tl_context *context, const char *name, tl_compute_callback update,
                                   tl_compute_callback result, void *user_data, tl_destroy_callback destroy);

/** State of tl_metric_custom(): the variable "<metric>/<name>", f64, of `rank` dimensions (dims may be NULL when rank is 0), all of
 * its elements first_value in the beginning and after tl_metric_reset(). TL_FAILED_PRECONDITION after the first update or
 * result; TL_INVALID_ARGUMENT for another kind of metric, and a name that is empty or taken. Since 0.1.
 * @array dims[rank] */
TL_API tl_status tl_metric_add_state(tl_metric *metric, const char *name, const int64_t *dims, size_t rank,
                                     double first_value) TL_WARN_UNUSED;

/** Gives `count` tensors to a metric of tl_metric_custom(), any of them NULL. TL_INVALID_ARGUMENT for another kind of metric. A failure
 * changes nothing. Since 0.1.
 * @array inputs[count]? */
TL_API tl_status tl_metric_update_with(tl_metric *metric, tl_tensor *const *inputs,
                                       size_t count) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
