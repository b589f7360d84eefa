/* A run of a function that is kept, and can be asked any number of times for gradients: what jax.vjp and torch.func.vjp return. */
#ifndef TAPELOOP_PULLBACK_H
#define TAPELOOP_PULLBACK_H

#include <tapeloop/custom.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A function that has run, with all that its gradients need. It belongs to the innermost scope like a tensor. */
typedef struct tl_pullback tl_pullback;

/**
 * Runs `function` once at `at`, `count` (1 or more) floating-point tensors or variables, each named once (tl_identity() makes
 * another one of a tensor that is to be two arguments), and keeps the run. It runs on this
 * thread, inside the context, as the callbacks of custom.h do: it gets the values of `at` as inputs (a variable it may also
 * read by itself), and sets num_values (1 or more) floating-point outputs, which go to `values` as handles of the innermost
 * scope. It must compute with these very tensors, not with copies.
 *
 * What the gradients need stays alive until the pullback goes. A variable that is assigned later keeps the value of the run.
 * user_data may be NULL; destroy (may be NULL) runs once, before this returns. NULL on failure, and so are the values. Errors:
 * those of the callback, unchanged; TL_INVALID_ARGUMENT for arguments and outputs that do not fit. Since 0.1.
 * @array at[count], values[num_values]?
 */
TL_API tl_pullback *tl_pullback_new(tl_context *context, tl_compute_callback function, void *user_data,
                                    tl_destroy_callback destroy, tl_tensor *const *at, size_t count,
                                    tl_tensor **values, size_t num_values);

/**
 * The vector-Jacobian product: the gradients with respect to each of `at` of the sum of the values times their output
 * gradients. output_gradients has num_values tensors, each of the dtype and shape of its value, where NULL entries mean ones;
 * output_gradients may be NULL: all ones. gradients gets `count` handles of the innermost scope, zeros where no value depends
 * on an argument; on failure NULL. Both numbers must be those of tl_pullback_new(). Any number of calls; tapes and forward
 * modes that are open see what it computes. Since 0.1.
 * @array output_gradients[num_values]?, gradients[count]?
 */
TL_API tl_status tl_pullback_gradients(tl_pullback *pullback, tl_tensor *const *output_gradients,
                                       size_t num_values, tl_tensor **gradients, size_t count) TL_WARN_UNUSED;

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_pullback *tl_pullback_keep(tl_pullback *pullback);

/** Gives it and all that it keeps up before its scope ends. NULL and a released one do nothing. From any thread at any time.
 * Since 0.1.
 * @thread any */
TL_API void tl_pullback_release(tl_pullback *pullback);

#ifdef __cplusplus
}
#endif

#endif
