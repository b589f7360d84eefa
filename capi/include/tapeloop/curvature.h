/* Products of curvature matrices and vectors, without the matrices: of the Hessian, and of the Gauss-Newton matrix. */
#ifndef TAPELOOP_CURVATURE_H
#define TAPELOOP_CURVATURE_H

#include <tapeloop/custom.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a Hessian-vector product is computed. Append-only numbers. */
typedef int32_t tl_hessian_way;
enum {
  TL_HESSIAN_FORWARD_OVER_REVERSE = 0, /**< the tangent of a gradient: the faster one */
  TL_HESSIAN_REVERSE_OVER_REVERSE = 1 /**< the gradient of a gradient: for functions whose rules lack a jvp */
};

/**
 * The Hessian of a function times a vector: products[i] is the sum over k of (second derivative by at[i] and at[k]) times
 * along[k], of the dtype and shape of at[i], zeros where nothing depends on it. `at` holds `count` (1 or more) floating-point
 * tensors or variables, each named once (tl_identity() makes another one of a tensor that is to be two arguments); `along` one tensor for each, of its dtype and shape.
 *
 * `function` runs once, on this thread, inside the context, as the callbacks of custom.h do. It gets the values of `at` as
 * inputs (a variable it may also read by itself) and sets its only output, which may have any shape: the function is its sum.
 * It must compute with these very tensors, not with copies. Takes about two to two and a half times a gradient. Tapes and
 * forward modes that are open see all of it, so the product has derivatives itself. (Pearlmutter 1994.)
 *
 * user_data may be NULL; destroy (may be NULL) runs once, before this returns. The products belong to the innermost scope;
 * on failure they are NULL. Errors: those of the callback, unchanged; TL_INVALID_ARGUMENT for arguments that do not fit. Since 0.1.
 * @array at[count], along[count], products[count]?
 */
TL_API tl_status tl_hessian_vector_product(tl_context *context, tl_compute_callback function, void *user_data,
                                           tl_destroy_callback destroy, tl_tensor *const *at,
                                           tl_tensor *const *along, size_t count, tl_hessian_way way,
                                           tl_tensor **products) TL_WARN_UNUSED;

/**
 * The Gauss-Newton matrix times a vector, J' H J v: J is the Jacobian of `function` at `at`, H the Hessian of `loss` by the
 * num_outputs (1 or more) values of `function`. For a convex loss the matrix has no negative eigenvalue, unlike the Hessian of
 * the whole, so that its products suit conjugate gradients (Schraudolph 2002; Martens 2010). For a cross-entropy of logits it
 * is the Fisher matrix.
 *
 * `function` runs once, with tangents and on a tape, and sets num_outputs floating-point outputs; then `loss` runs once: it
 * gets those as inputs and sets its only output, whose sum counts. Both get user_data. at, along, count, products, destroy and
 * errors as in tl_hessian_vector_product(): user_data may be NULL, destroy (may be NULL) runs once. Since 0.1.
 * @array at[count], along[count], products[count]?
 */
TL_API tl_status tl_gauss_newton_vector_product(tl_context *context, tl_compute_callback function,
                                                size_t num_outputs, tl_compute_callback loss, void *user_data,
                                                tl_destroy_callback destroy, tl_tensor *const *at,
                                                tl_tensor *const *along, size_t count,
                                                tl_tensor **products) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
