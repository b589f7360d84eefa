/* What surrounds the update of any optimizer: gradient accumulation, clipping, weight decay, Lookahead, averages of weights, loss scale,
 * and what becomes of gradients that are not finite.
 *
 *   tl_step_options o;
 *   tl_step_options_init(&o, sizeof o);
 *   o.gradient_accumulation_steps = 4;
 *   o.global_clip_norm = 1;
 *   o.use_ema = true;
 *   if (tl_optimizer_configure(adam, &o) != TL_OK) ...        right after making it
 *   (each micro-batch)  status = tl_optimizer_apply(adam, grads, vars, n);
 *
 * The order is that of Keras, and can be seen in the numbers: null gradients are dropped; variables that become their gradients do
 * (tl_optimizer_overwrite_with_gradient()); the other gradients are divided by the loss scale; they are looked at (non_finite); they are added up, and only each Nth call goes on, with their mean; clipping; weight decay;
 * the update; a look ahead; averages; projections of weights with a constraint; the count of steps. All counts and scales, accumulators and averages are variables that
 * tl_optimizer_variables() lists, so that a checkpoint has them.
 *
 * Compiled steps do the same, to the bit. A step that only accumulates and one that updates are different kinds of step, as are those that
 * look ahead or overwrite weights with averages: each kind is recorded once, which tl_function_statistics counts in traces, and retrace_is_error allows.
 * Where a step may be skipped, a replay computes it and selects: with a dynamic loss scale or TL_NON_FINITE_GRADIENTS_SKIP one
 * compiled step may hold one step of that optimizer. Gradients of rows (tl_optimizer_apply_rows(), whose
 * indices must be the same in all steps of a compiled one) are added up densely, and only the rows that are touched decay.
 *
 * @errors TL_NON_FINITE of tl_optimizer_apply, tl_optimizer_apply_rows. */
#ifndef TAPELOOP_STEP_OPTIONS_H
#define TAPELOOP_STEP_OPTIONS_H

#include <tapeloop/base.h>
#include <tapeloop/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What becomes of a step with a gradient that holds NaN or an infinity. Append-only numbers. */
typedef int32_t tl_non_finite_gradients;
enum {
  TL_NON_FINITE_GRADIENTS_PASS = 0,  /**< it is taken as it is */
  TL_NON_FINITE_GRADIENTS_ERROR = 1, /**< the step fails with TL_NON_FINITE, and nothing changes */
  TL_NON_FINITE_GRADIENTS_SKIP = 2   /**< nothing changes but the count of such steps */
};

/** What weight decay acts on. Append-only numbers. */
typedef int32_t tl_weight_decay_form;
enum {
  TL_WEIGHT_DECAY_DECOUPLED = 0, /**< the weights: w -= rate weight_decay w before the update, as in Keras */
  TL_WEIGHT_DECAY_L2 = 1         /**< the gradient, behind clipping: g += weight_decay w, as in PyTorch */
};

/** Options of all steps of an optimizer. Fill it with tl_step_options_init() first. What is set without the option that it belongs
 * to, as ema_momentum without use_ema, is refused. */
typedef struct tl_step_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int64_t
      gradient_accumulation_steps; /**< N calls, 2 or more, are one step on the mean of their gradients; a null gradient counts as zero; 0:
                                      each call is a step (default) */
  double clip_value; /**< each element to [-clip_value, clip_value]; 0: none (default) */
  double clip_norm;  /**< the norm of each gradient; 0: none (default) */
  double
      global_clip_norm; /**< the norm of all gradients together; 0: none (default). One of the four ways to clip at most */
  double weight_decay; /**< for any optimizer, in the way of weight_decay_form; 0: none (default) */
  bool use_ema;        /**< keep moving averages of weights, which begin with the weights behind the first
                           update, as in Keras (default false) */
  double ema_momentum; /**< average = momentum average + (1 - momentum) w, in [0, 1); 0: 0.99, the default */
  int64_t
      ema_overwrite_frequency; /**< every so many steps weights become their averages; 0: never (default) */
  double loss_scale_factor;    /**< gradients are divided by it; 0: 1, the default */
  bool dynamic_loss_scale;     /**< a further factor that follows the gradients; steps that are not finite are
                              skipped (default false) */
  double initial_loss_scale;   /**< of the dynamic one; 0: 32768, the default */
  int64_t
      loss_scale_growth_interval; /**< calls with finite gradients after which it doubles; 0: 2000, the default */
  double min_loss_scale;          /**< it halves no further; 0: 1, the default */
  double max_loss_scale;          /**< it doubles no further; 0: 16777216, the default */
  tl_non_finite_gradients non_finite;     /**< default TL_NON_FINITE_GRADIENTS_PASS */
  tl_weight_decay_form weight_decay_form; /**< default TL_WEIGHT_DECAY_DECOUPLED */
  int64_t
      lookahead_steps; /**< every so many steps slow weights, which begin as the weights before the first step, go lookahead_alpha of
                          the way to the weights, and these go there (Zhang et al. 2019); 0: never (default) */
  double lookahead_alpha; /**< in (0, 1]; 0: 0.5, the default */
  double
      adaptive_clip_factor; /**< what reaches each output, to that share of the norm of its weights, as tl_clip_adaptive() does; 0.01 is
                               usual, and a group without it for the last layer (Brock et al. 2021); 0: none (default) */
  double adaptive_clip_epsilon; /**< the least norm that weights count with; 0: 1e-3, the default */
} tl_step_options;

/** Sets all fields to their defaults. Pass sizeof(tl_step_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_step_options_init(tl_step_options *options, size_t struct_size);

/** Sets the options of all steps. options may be NULL for the defaults. TL_FAILED_PRECONDITION after the first step or build;
 * TL_INVALID_ARGUMENT for options that make no sense, and for a weight decay where the optimizer has one of its own, as tl_adamw() does.
 * Outside of compiled steps only. Since 0.1. */
TL_API tl_status tl_optimizer_configure(tl_optimizer *optimizer,
                                        const tl_step_options *options) TL_WARN_UNUSED;

/** Variables whose weights do not decay, biases and scales of normalisations as a rule: neither by the option nor by the
 * optimizer's own weight decay. More of them with each call, before the first step or build (TL_FAILED_PRECONDITION). Outside of
 * compiled steps only. Since 0.1. */
TL_API tl_status tl_optimizer_exclude_from_weight_decay(tl_optimizer *optimizer, tl_tensor *const *variables,
                                                        size_t count) TL_WARN_UNUSED;

/** Variables that a step sets to their gradients, as they are: not divided by a loss scale, not clipped, without weight decay, update,
 * averages, Lookahead and constraint, and without slots. So state comes through that an op's gradient rule hands on in the place of a
 * gradient: scales and histories of largest values in training with float8 (Micikevicius et al. 2022; Keras's overwrite_with_gradient).
 * With gradient_accumulation_steps they become the largest, element by element, of the gradients of a step's calls and of 0, as in Keras;
 * a call without a gradient counts for nothing, and a step whose last call has none leaves them. A gradient of theirs that is not finite makes
 * a step fail or be skipped as any other does (non_finite), and they stay. Gradients of rows are refused. More variables with each call,
 * before the first step or build (TL_FAILED_PRECONDITION). Outside of compiled steps only. Since 0.1. */
TL_API tl_status tl_optimizer_overwrite_with_gradient(tl_optimizer *optimizer, tl_tensor *const *variables,
                                                      size_t count) TL_WARN_UNUSED;

/**
 * Each step of these variables ends with a projection of their elements to [min, max], one of which may be infinite: 0 and INFINITY keep
 * weights from being negative (Keras's NonNeg), -c and c clip them (Arjovsky et al. 2017). It is the last thing that a step does, behind
 * averages and their overwriting, as in Keras: averages are those of weights before it. Steps that only add up, or are skipped, and variables
 * without a gradient are left alone; the weights before the first step too. A variable may have one constraint, and gradients of rows
 * constrain all of it. Before the first step or build (TL_FAILED_PRECONDITION). TL_INVALID_ARGUMENT for min above max, NaN, two infinities, a
 * second constraint, and optimizers that take no step options or, as tl_schedule_free_adamw(), compute weights from averages of their own. Outside of compiled steps only. Since 0.1.
 */
TL_API tl_status tl_optimizer_constrain_range(tl_optimizer *optimizer, double min, double max,
                                              tl_tensor *const *variables, size_t count) TL_WARN_UNUSED;

/**
 * As tl_optimizer_constrain_range(), for Euclidean norms over axes: weights w become w d / n with their norm n and
 * d = n + rate (clip(n, min, max) - n). 0 and c are a largest norm (MaxNorm; Srivastava et al. 2014), 1 and 1 the norm 1 (UnitNorm), other
 * numbers and a rate below 1 MinMaxNorm. Without axes (NULL and 0) the first one, as in Keras: of a kernel (inputs, outputs) the norms of
 * what reaches each output; {0, 1, 2} is that of a kernel of a convolution. Axes may count from the end. What is within the bounds keeps its
 * bits (Keras divides by n + 1e-7), and a norm of 0 stays. TL_INVALID_ARGUMENT for numbers other than 0 <= min <= max, max finite
 * and above 0, rate in (0, 1], and for axes that a variable does not have or that stand twice. Since 0.1.
 * @array axes[num_axes], variables[count]
 */
TL_API tl_status tl_optimizer_constrain_norm(tl_optimizer *optimizer, double min, double max, double rate,
                                             const int64_t *axes, size_t num_axes,
                                             tl_tensor *const *variables, size_t count) TL_WARN_UNUSED;

/** The loss, f32 or f64 of any shape, times the scale of now, which tl_optimizer_apply() divides its gradients by: take the
 * gradient of this. The loss itself where there is no scale. Returns NULL on failure. Since 0.1. */
TL_API tl_tensor *tl_optimizer_scale_loss(tl_optimizer *optimizer, tl_tensor *loss);

/** The factor of tl_optimizer_scale_loss(), 1 where there is none; NaN on failure (the context holds the error). Outside of compiled
 * steps. Since 0.1. */
TL_API double tl_optimizer_loss_scale(tl_optimizer *optimizer);

/** The number of calls that changed nothing because a gradient was not finite; -1 on failure (the context holds the error).
 * Outside of compiled steps. Since 0.1. */
TL_API int64_t tl_optimizer_skipped_steps(tl_optimizer *optimizer);

/** Exchanges weights and averages of all variables of the optimizer, for an evaluation; the next call exchanges them back. Meanwhile
 * tl_optimizer_apply() is TL_FAILED_PRECONDITION. `count` variables are all that the optimizer has had gradients for, in any order
 * (TL_INVALID_ARGUMENT). TL_FAILED_PRECONDITION without averages: use_ema, or tl_schedule_free_adamw(). Outside of compiled steps. Since 0.1. */
TL_API tl_status tl_optimizer_swap_averages(tl_optimizer *optimizer, tl_tensor *const *variables,
                                            size_t count) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
