/* Functions of the caller's own on the tape: gradient rules by callbacks, and segments that are computed again in the
 * backward pass instead of being kept. And functions of a program's users, which must not end what the program stands on.
 *
 *   static tl_status forward(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
 *                            tl_tensor **outputs, size_t num_outputs) {
 *     outputs[0] = tl_floor(c, inputs[0]);
 *     return TL_OK;
 *   }
 *   static tl_status backward(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
 *                             tl_tensor *const *outputs, tl_tensor *const *output_gradients, size_t num_outputs,
 *                             tl_tensor **input_gradients) {
 *     input_gradients[0] = output_gradients[0];   (as if it were the identity)
 *     return TL_OK;
 *   }
 *   tl_tensor *y;
 *   tl_custom_gradient(c, "round", forward, backward, NULL, NULL, &x, 1, NULL, 0, &y, 1);
 *
 * Callbacks run on the thread that made the call, inside the context: they call ops as usual, and cannot end what the call stands on:
 * tl_context_free() is TL_BUSY in them, and tl_scope_end() TL_FAILED_PRECONDITION for a scope that they have not begun. That holds for
 * all callbacks of this library, destroy functions too. A scope that one leaves open ends behind it.
 * What they make belongs to a scope of their own, so handles that they do not put out are released for them. A failing op
 * needs no handling: its NULL goes on and the call fails with that error, its message unchanged. A callback that fails for a
 * reason of its own calls tl_set_error() and returns the code.
 *
 * A callback may call functions of its kind again, also itself, 200 levels deep in one context: a call that would run a
 * callback inside 200 others is TL_FAILED_PRECONDITION and names its function. That keeps recursion without an end from
 * overflowing the stack of the thread, of which a level takes some kilobytes besides what the callback itself needs.
 *
 * @errors TL_FAILED_PRECONDITION of tl_custom_gradient, tl_custom_gradient_with_jvp, tl_recompute. */
#ifndef TAPELOOP_CUSTOM_H
#define TAPELOOP_CUSTOM_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Computes outputs from inputs. Sets all outputs to tensors of the context, or fails. An array without entries may be NULL: look at
 * the number first.
 * @array inputs[num_inputs], outputs[num_outputs]? */
typedef tl_status (*tl_compute_callback)(tl_context *context, void *user_data, tl_tensor *const *inputs,
                                         size_t num_inputs, tl_tensor **outputs, size_t num_outputs);

/** Computes the gradient of each input from the gradient of each output (NULL: none arrived). inputs and outputs have the
 * values of the forward pass. Sets input_gradients, NULL at first: a tensor of the input's dtype and shape, or NULL for none.
 * @array inputs[num_inputs], outputs[num_outputs], output_gradients[num_outputs]?, input_gradients[num_inputs]? */
typedef tl_status (*tl_backward_callback)(tl_context *context, void *user_data, tl_tensor *const *inputs,
                                          size_t num_inputs, tl_tensor *const *outputs,
                                          tl_tensor *const *output_gradients, size_t num_outputs,
                                          tl_tensor **input_gradients);

/**
 * Runs `forward` and lets `backward` be its gradient. Open tapes do not see what `forward` does: they get one entry, which
 * keeps inputs and outputs. `backward` runs in each gradient call that comes by, with ops that outer tapes record: derivatives
 * of second and higher order are those of what it computes. A value of the forward that it needs is one more output.
 *
 * name (copied) stands for the function in messages. inputs are tensors or variables of any dtype. captured names the
 * trainable or watched variables that `forward` reads without getting them as inputs; reading one that is not listed is
 * TL_INVALID_ARGUMENT, because its gradient would be missing in silence. So it is to use a tensor that an open tape or forward
 * mode follows and that is no input: pass it, or use tl_stop_gradient() of it where it is to have no gradient. `backward` gets their values after the inputs, and gives their gradients there:
 * its num_inputs is num_inputs + num_captured.
 *
 * outputs gets num_outputs (1 or more) new tensors of the innermost scope, NULL on failure. Errors: those of the callbacks,
 * unchanged; TL_INVALID_ARGUMENT for an output that was not set and, from the gradient call, for a gradient of another dtype or
 * shape than its input, with the name. user_data goes to both callbacks; destroy (may be NULL) runs once, when no tape needs
 * the rule any more, or at once when this call fails. user_data may be NULL. inputs may be NULL when num_inputs is 0, captured
 * (may be NULL) when num_captured is 0. Inputs that have tangents in forward mode are TL_UNSUPPORTED: see
 * tl_custom_gradient_with_jvp(). Since 0.1.
 * @array inputs[num_inputs], captured[num_captured], outputs[num_outputs]?
 */
TL_API tl_status tl_custom_gradient(tl_context *context, const char *name, tl_compute_callback forward,
                                    tl_backward_callback backward, void *user_data,
                                    tl_destroy_callback destroy, tl_tensor *const *inputs, size_t num_inputs,
                                    tl_tensor *const *captured, size_t num_captured, tl_tensor **outputs,
                                    size_t num_outputs) TL_WARN_UNUSED;

/** Computes the tangent of each output from the tangents of the inputs (NULL: none; at least one is there). inputs and outputs
 * have the values of the forward pass. Sets output_tangents, NULL at first: a tensor of the output's dtype and shape, or NULL
 * for none.
 * @array inputs[num_inputs], input_tangents[num_inputs]?, outputs[num_outputs], output_tangents[num_outputs]? */
typedef tl_status (*tl_jvp_callback)(tl_context *context, void *user_data, tl_tensor *const *inputs,
                                     tl_tensor *const *input_tangents, size_t num_inputs,
                                     tl_tensor *const *outputs, size_t num_outputs,
                                     tl_tensor **output_tangents);

/**
 * tl_custom_gradient() with a rule for forward mode, `jvp`, which runs where an input has a tangent (tl_forward_begin()); what
 * it computes is differentiated like any op. user_data may be NULL, destroy (may be NULL) runs once, inputs may be NULL when
 * num_inputs is 0, captured (may be NULL) when num_captured is 0. TL_INVALID_ARGUMENT for a tangent of another dtype or shape
 * than its output. Since 0.1.
 * @array inputs[num_inputs], captured[num_captured], outputs[num_outputs]?
 */
TL_API tl_status tl_custom_gradient_with_jvp(tl_context *context, const char *name,
                                             tl_compute_callback forward, tl_backward_callback backward,
                                             tl_jvp_callback jvp, void *user_data,
                                             tl_destroy_callback destroy, tl_tensor *const *inputs,
                                             size_t num_inputs, tl_tensor *const *captured,
                                             size_t num_captured, tl_tensor **outputs,
                                             size_t num_outputs) TL_WARN_UNUSED;

/** A function that tl_call_guarded() runs. */
typedef tl_status (*tl_guarded_callback)(tl_context *context, void *user_data);

/**
 * Runs a function that the program got from somebody else, as this library runs callbacks: for loops and layers that take functions,
 * of which tl_fit() is one. Until it returns, on this thread, the context cannot be ended (TL_BUSY), nor a scope that is open now
 * (TL_FAILED_PRECONDITION), nor can another thread use the context; scopes that the function leaves open end behind it. What it
 * makes belongs to the innermost scope, as if the program had called it. It nests as callbacks do, 200 levels deep.
 *
 * Does nothing while the context holds an error. Errors: that which the function leaves in the context, unchanged, whatever it returns; a
 * status other than TL_OK without an error becomes one that names the function by `name` (copied). user_data (may be NULL) goes to
 * it; destroy (may be NULL) runs once, before this returns. Since 0.1.
 */
TL_API tl_status tl_call_guarded(tl_context *context, const char *name, tl_guarded_callback function,
                                 void *user_data, tl_destroy_callback destroy) TL_WARN_UNUSED;

/**
 * The value of `value` with the gradient of `path`: what arrives goes to `path` unchanged, and nothing to `value`. Both of one
 * floating dtype and shape. For functions without a useful derivative (rounding, sampling), and past assignments:
 * tl_grad_pass_through(c, v, x) after v was assigned x. NULL on failure. Since 0.1.
 */
TL_API tl_tensor *tl_grad_pass_through(tl_context *context, tl_tensor *value, tl_tensor *path);

/**
 * Runs `segment` and keeps nothing of what it computes inside: open tapes get one entry, which keeps the inputs, and run the
 * segment again when its gradient is taken. Memory for time: of a chain of segments only the values between them stay alive.
 *
 * Each op of the segment runs once now, and once more for each gradient taken through it and for each forward mode in which an
 * input has a tangent; in segments that are nested d deep d times more (recomputed_ops of tl_tape_stats() counts). The second
 * run draws the same random numbers and reads the values that variables had in the first; what it assigns is undone, so that
 * each assignment has its effect once. Variables that it reads need not be listed: they get their gradients. Derivatives of any
 * order. A layer may be built by its first call within it: what that draws is passed over in the second run. A variable of the
 * program's own that begins with random numbers must be made before.
 *
 * The segment must depend on nothing but its inputs, variables and the context's random numbers; a tensor that an open tape or
 * forward mode follows must be an input, as in tl_custom_gradient(). One that gives outputs of
 * other dtypes or shapes the second time makes the gradient call fail with TL_INVALID_ARGUMENT. name, user_data, destroy,
 * inputs, outputs and errors as in tl_custom_gradient(): user_data may be NULL, destroy (may be NULL) runs once, inputs may be
 * NULL when num_inputs is 0. Since 0.1.
 * @array inputs[num_inputs], outputs[num_outputs]?
 */
TL_API tl_status tl_recompute(tl_context *context, const char *name, tl_compute_callback segment,
                              void *user_data, tl_destroy_callback destroy, tl_tensor *const *inputs,
                              size_t num_inputs, tl_tensor **outputs, size_t num_outputs) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
