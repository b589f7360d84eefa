/* Optimizers that evaluate the loss several times in one step: L-BFGS with a line search, and sharpness-aware minimization (SAM)
 * around any optimizer. (Lookahead, the third wrapper, is a step option: lookahead_steps of step_options.h.)
 *
 *   static tl_status evaluate(tl_context *c, void *user_data, tl_tensor *const *in, size_t n, tl_tensor **out, size_t m) {
 *     tl_tape *tape = tl_tape_begin(c, NULL);
 *     out[0] = loss_of(c, user_data);                                        at the variables' values of now
 *     return tl_tape_gradient(tape, out[0], variables, m - 1, NULL, out + 1);   the others are the gradients
 *   }
 *   tl_optimizer *lbfgs = tl_lbfgs(c, NULL);
 *   status = tl_optimizer_minimize(lbfgs, evaluate, data, NULL, variables, count, NULL);
 *   (or)  status = tl_optimizer_apply_sam(adam, NULL, evaluate, data, NULL, variables, count, &loss); */
#ifndef TAPELOOP_MINIMIZE_H
#define TAPELOOP_MINIMIZE_H

#include <tapeloop/base.h>
#include <tapeloop/custom.h>
#include <tapeloop/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Of tl_lbfgs(). Fill it with tl_lbfgs_options_init() first. */
typedef struct tl_lbfgs_options {
  size_t struct_size;        /**< bytes of this struct; set by the init function */
  double learning_rate;      /**< the step that each line search tries first; 0: 1, the default */
  int64_t history_size;      /**< steps that the curvature is known from; 0: 10, the default */
  int64_t max_iterations;    /**< of one call; 0: 20, the default */
  double gradient_tolerance; /**< done when no element of the gradient is larger; 0: 1e-7, the default */
  double
      change_tolerance; /**< done when neither a variable nor the loss changes by more; 0: 1e-9, the default */
  double sufficient_decrease; /**< c1 of the Wolfe conditions, in (0, 1); 0: 1e-4, the default */
  double curvature;           /**< c2 of the Wolfe conditions, in (c1, 1); 0: 0.9, the default */
  const char *name;           /**< copied; NULL: "lbfgs" */
} tl_lbfgs_options;

/** Sets all fields to their defaults. Pass sizeof(tl_lbfgs_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_lbfgs_options_init(tl_lbfgs_options *options, size_t struct_size);

/** L-BFGS with a line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, algorithms 3.5, 3.6, 7.4
 * and 7.5), for losses without noise, as of a whole data set. It steps by tl_optimizer_minimize() only: tl_optimizer_apply() is
 * TL_FAILED_PRECONDITION, and step options and groups are not for it. Slots: steps, changes (history_size rows of the elements of the
 * variable each) and pairs (how many rows are in use, i64). options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer *tl_lbfgs(tl_context *context, const tl_lbfgs_options *options);

/** What a minimization has come to. Set struct_size to its size before. */
typedef struct tl_minimize_statistics {
  size_t struct_size;      /**< bytes of this struct */
  double loss;             /**< the loss where the variables are now */
  double largest_gradient; /**< the largest magnitude in its gradient there */
  uint64_t iterations;     /**< the iterations of this call */
  uint64_t evaluations;    /**< the evaluations of the loss in this call */
  bool
      converged; /**< whether a tolerance was reached, instead of max_iterations or a line search without a result */
} tl_minimize_statistics;

/**
 * At most max_iterations iterations of an optimizer of tl_lbfgs() from the values of `count` variables on. `evaluate` gets no inputs and
 * sets count + 1 outputs: the loss, one number of f32 or f64, and its gradients with respect to the variables, in their order, NULL for
 * zeros. It runs many times, each time at other values of the variables, on the thread of the call, in a scope of its own.
 *
 * History stays for the next call: with the same variables and loss, two calls of 10 iterations are one of 20 but for the first
 * evaluation. With another list of variables it begins anew. *statistics (may be NULL) is filled. user_data may be NULL; destroy (may be NULL)
 * runs once, at the end of the call.
 *
 * TL_NON_FINITE when loss or gradient are not finite where it begins; later ones are steps that are too long. TL_INVALID_ARGUMENT for
 * another kind of optimizer, and outputs that do not fit. A failure, of the callback too, leaves variables and optimizer as they
 * were. Outside of compiled steps only. Since 0.1.
 */
TL_API tl_status tl_optimizer_minimize(tl_optimizer *optimizer, tl_compute_callback evaluate, void *user_data,
                                       tl_destroy_callback destroy, tl_tensor *const *variables, size_t count,
                                       tl_minimize_statistics *statistics) TL_WARN_UNUSED;

/** Of tl_optimizer_apply_sam(). Fill it with tl_sam_options_init() first. */
typedef struct tl_sam_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  double rho;    /**< the radius of the neighbourhood, above 0; 0: 0.05, the default, or 0.5 when adaptive */
  bool adaptive; /**< scaled by the weights, T = |w| + eta (Kwon et al. 2021; default false) */
  double eta;    /**< of the adaptive one, not negative; 0: 0.01, the default */
} tl_sam_options;

/** Sets all fields to their defaults. Pass sizeof(tl_sam_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_sam_options_init(tl_sam_options *options, size_t struct_size);

/**
 * One step of sharpness-aware minimization (Foret et al. 2021) with any optimizer that takes gradients: g at the variables w, then g'
 * at w + rho g / |g|, the worst point nearby, then tl_optimizer_apply() of g' at w. When adaptive, w + rho T^2 g / |T g|. The norm is
 * over all variables, and 1e-12 is added to it. *loss (loss may be NULL) is the loss at w, what `evaluate` gave.
 *
 * `evaluate`, which runs twice, user_data and destroy as in tl_optimizer_minimize(). Works in a compiled step, where `evaluate` runs when
 * it is recorded only. A failure leaves variables and optimizer as they were, and *loss NULL. options may be NULL. Since 0.1.
 */
TL_API tl_status tl_optimizer_apply_sam(tl_optimizer *optimizer, const tl_sam_options *options,
                                        tl_compute_callback evaluate, void *user_data,
                                        tl_destroy_callback destroy, tl_tensor *const *variables,
                                        size_t count, tl_tensor **loss) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
