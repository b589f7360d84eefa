/* vmap: a function that is written for one example runs once for a whole batch.
 *
 *   static tl_status of_one(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
 *                           tl_tensor **outputs, size_t num_outputs) {
 *     tl_tensor **weights = user_data;
 *     tl_tape *tape = tl_tape_begin(c, NULL);
 *     tl_tensor *loss = ... inputs[0] and inputs[1], one example and its label ...;
 *     return tl_tape_gradient(tape, loss, weights, num_outputs, NULL, outputs);
 *   }
 *   tl_tensor *in[] = {images, labels}, *each[2];
 *   if (tl_vmap(c, of_one, weights, NULL, in, NULL, 2, each, 2) == TL_OK) ...   (each[0] is (batch, weights[0]...))
 *
 * The callback is called once. The tensors that it gets stand for one example each, and every op that uses them runs for the
 * whole batch at once. What it captures (weights, constants) takes part as it is.
 *
 * Tapes and forward modes that are begun inside see the program of one example, those outside that of the batch: so the
 * gradients of each example are a tape inside, the gradient of the mean loss is one outside, and vmap in vmap runs over pairs.
 * (JAX's vmap and torch.func.vmap do the same by rewriting Python.) */
#ifndef TAPELOOP_VMAP_H
#define TAPELOOP_VMAP_H

#include <tapeloop/custom.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In place of an axis: none. */
#define TL_NO_AXIS (-128)

/**
 * Runs `function` for each example of a batch, all at once. axes says for each input along which axis its examples lie:
 * negative ones count from the end, and TL_NO_AXIS stands for an input that is the same for each example. axes may be NULL: axis
 * 0 of each input. All axes have one size, which may be 0, and at least one input has one. Inputs are tensors or variables of any
 * dtype; the callback gets them without that axis. A variable that is an input is a plain value inside, which no tape there
 * watches by itself: hand it over by user_data to have it watched.
 *
 * `function` runs once, on this thread, inside the context, as the callbacks of custom.h do, and sets num_outputs (1 or more)
 * outputs. outputs gets one handle of the innermost scope for each, with the axis of the batch in front; an output that does
 * not depend on the batch is repeated. user_data may be NULL; destroy (may be NULL) runs once, before this returns.
 *
 * Inside, a tensor that depends on the batch has the shape of one example and no values of its own: reading it
 * (tl_tensor_item() and the like), assigning it to a variable and adding it to a metric are TL_FAILED_PRECONDITION. It has at
 * most 7 axes, one less for each tl_vmap() around. tl_uniform() and tl_normal() draw once for all examples; tl_dropout() of
 * such a tensor draws for each. Gradient rules of tl_custom_gradient() and segments of tl_recompute() work inside; they get
 * what depends on the batch as inputs, for when they run again it is over. Using such a tensor after the end is
 * TL_FAILED_PRECONDITION.
 *
 * On failure the outputs are NULL. Errors: those of the callback, unchanged, in which shapes are those of one example;
 * TL_INVALID_ARGUMENT for axes that do not fit. Since 0.1.
 * @array inputs[num_inputs], axes[num_inputs], outputs[num_outputs]?
 */
TL_API tl_status tl_vmap(tl_context *context, tl_compute_callback function, void *user_data,
                         tl_destroy_callback destroy, tl_tensor *const *inputs, const int64_t *axes,
                         size_t num_inputs, tl_tensor **outputs, size_t num_outputs) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
