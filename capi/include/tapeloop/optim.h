/* Optimizers, and clipping of gradients. SGD and Adam stand here, all others in adaptive_optimizers.h.
 *
 *   tl_optimizer *adam = tl_adam(c, NULL);
 *   (each step)  if (tl_tape_gradient(tape, loss, vars, n, NULL, grads) == TL_OK) status = tl_optimizer_apply(adam, grads, vars, n);
 *
 * Fields of options that are zero stand for their defaults; where zero itself would make sense, a tiny number such as 1e-300
 * says it (a learning rate of exactly 0 can be set later). Where frameworks mean different things by one name, Keras'
 * convention is the default and PyTorch's an option.
 *
 * @errors TL_NON_FINITE of tl_clip_by_global_norm. */
#ifndef TAPELOOP_OPTIM_H
#define TAPELOOP_OPTIM_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An optimizer with its slots (momenta), step count and learning rate. It belongs to the innermost scope like a tensor, so
 * make it outside of the scope of a step. */
typedef struct tl_optimizer tl_optimizer;

/* ---- optimizers ------------------------------------------------------------------------------------------------- */

/** Where the learning rate stands beside a momentum; without a change of the rate both give the same weights. Append-only numbers. */
typedef int32_t tl_momentum_form;
enum {
  TL_MOMENTUM_KERAS = 0,  /**< in the velocity: m = mu m - rate g, w += m */
  TL_MOMENTUM_PYTORCH = 1 /**< outside: m = mu m + g, w -= rate m */
};

/** Of tl_sgd(). Fill it with tl_sgd_options_init() first. */
typedef struct tl_sgd_options {
  size_t struct_size;   /**< bytes of this struct; set by the init function */
  double learning_rate; /**< 0: 0.01, the default */
  double momentum;      /**< mu in [0, 1]; default 0, without velocity */
  bool nesterov;        /**< w += mu m - rate g, or w -= rate (g + mu m); needs momentum (default false) */
  tl_momentum_form momentum_form; /**< default TL_MOMENTUM_KERAS */
  const char* name;               /**< copied; NULL: "sgd" */
} tl_sgd_options;

/** Sets all fields to their defaults. Pass sizeof(tl_sgd_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_sgd_options_init(tl_sgd_options* options, size_t struct_size);

/** Stochastic gradient descent: w -= rate g, or with momentum. Slot: momentum. options may be NULL. NULL on failure.
 * Since 0.1. */
TL_API tl_optimizer* tl_sgd(tl_context* context, const tl_sgd_options* options);

/** Where epsilon stands. Of Adam, with a = rate sqrt(1 - beta2^t) / (1 - beta1^t), as written here; each other optimizer that
 * has the option says it. Append-only numbers. */
typedef int32_t tl_epsilon_form;
enum {
  TL_EPSILON_KERAS = 0,  /**< w -= a m / (sqrt(v) + epsilon) */
  TL_EPSILON_PYTORCH = 1 /**< w -= a m / (sqrt(v) + epsilon sqrt(1 - beta2^t)) */
};

/** Of tl_adam(). Fill it with tl_adam_options_init() first. */
typedef struct tl_adam_options {
  size_t struct_size;           /**< bytes of this struct; set by the init function */
  double learning_rate;         /**< 0: 0.001, the default */
  double beta1;                 /**< in [0, 1); 0: 0.9, the default */
  double beta2;                 /**< in [0, 1); 0: 0.999, the default */
  double epsilon;               /**< 0: 1e-7, the default (PyTorch's is 1e-8) */
  tl_epsilon_form epsilon_form; /**< default TL_EPSILON_KERAS */
  const char* name;             /**< copied; NULL: "adam" */
  bool amsgrad; /**< the largest v so far in the place of v (Reddi et al. 2018; default false) */
} tl_adam_options;

/** Sets all fields to their defaults. Pass sizeof(tl_adam_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_adam_options_init(tl_adam_options* options, size_t struct_size);

/** Adam (Kingma and Ba 2015). Slots: m, v, with amsgrad v_max too. options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_adam(tl_context* context, const tl_adam_options* options);

/** Of tl_adamw(). Fill it with tl_adamw_options_init() first. */
typedef struct tl_adamw_options {
  size_t struct_size;           /**< bytes of this struct; set by the init function */
  double learning_rate;         /**< 0: 0.001, the default */
  double beta1;                 /**< in [0, 1); 0: 0.9, the default */
  double beta2;                 /**< in [0, 1); 0: 0.999, the default */
  double epsilon;               /**< 0: 1e-7, the default */
  tl_epsilon_form epsilon_form; /**< default TL_EPSILON_KERAS */
  double weight_decay;          /**< 0: 0.004, the default (PyTorch's is 0.01) */
  const char* name;             /**< copied; NULL: "adamw" */
  bool amsgrad; /**< the largest v so far in the place of v (Reddi et al. 2018; default false) */
} tl_adamw_options;

/** Sets all fields to their defaults. Pass sizeof(tl_adamw_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_adamw_options_init(tl_adamw_options* options, size_t struct_size);

/** AdamW: w -= rate weight_decay w, then Adam (Loshchilov and Hutter 2019). Slots: m, v, with amsgrad v_max too.
 * options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_adamw(tl_context* context, const tl_adamw_options* options);

/**
 * One step: each of `count` variables takes its gradient, a tensor of its shape and dtype, or NULL. A variable whose gradient
 * is NULL stays as it is, and a log line names it once. TL_INVALID_ARGUMENT when all gradients are NULL, count is 0, a variable
 * stands twice or is not floating point, a gradient does not fit, the learning rate is out of range for a variable (an f32 one
 * takes none beyond 3.4e38), or the step count or the rate was assigned a number that makes no sense. A failure of any kind
 * leaves all variables and the optimizer as they were. Tensors that were read from the variables before keep their values. Since 0.1.
 * @array gradients[count]?
 */
TL_API tl_status tl_optimizer_apply(tl_optimizer* optimizer, tl_tensor* const* gradients,
                                    tl_tensor* const* variables, size_t count) TL_WARN_UNUSED;

/**
 * tl_optimizer_apply() in which gradients may be of rows, as tl_tape_gradient_rows() gives them: row_indices[i] is NULL, or the
 * indices (i32 or i64, strictly ascending, in range) of the rows of variables[i] that gradients[i] holds. The time is that of
 * the rows, whatever the size of the variable, where nobody else holds its value (a tensor that was read from it, an open tape).
 *
 * What is lazy: only these rows change, and only their slots. Plain SGD is the dense update to the bit. With momentum, and with
 * Adam, the velocity and the moments of the other rows do not decay and these rows do not move (Keras's momentum, TensorFlow's
 * LazyAdam and PyTorch's SparseAdam do the same; Keras's Adam decays all rows: for that, give it the dense gradient). AdamW
 * decays the weights of these rows only. The step count, and with it the bias correction, is that of the optimizer. Optimizers
 * whose step of a row depends on the other rows refuse rows; adaptive_optimizers.h says which.
 * TL_INVALID_ARGUMENT besides for indices and rows that do not fit, before anything changes. Since 0.1.
 *
 * The order of the indices is checked on the host, so that a compiled step (function.h) must not pass any that another step would
 * compute anew: it takes the dense gradient, or leaves this call to the program (the option host_reads keeps it eager).
 * @array gradients[count]?, row_indices[count]?
 */
TL_API tl_status tl_optimizer_apply_rows(tl_optimizer* optimizer, tl_tensor* const* gradients,
                                         tl_tensor* const* row_indices, tl_tensor* const* variables,
                                         size_t count) TL_WARN_UNUSED;

/** Makes the slots of variables before the first step, as loading a checkpoint needs it. Since 0.1. */
TL_API tl_status tl_optimizer_build(tl_optimizer* optimizer, tl_tensor* const* variables,
                                    size_t count) TL_WARN_UNUSED;

/** The rate of the next step; NaN on failure (the context holds the error). Since 0.1. */
TL_API double tl_optimizer_learning_rate(tl_optimizer* optimizer);

/** Sets the rate of the steps from now on: finite and not negative. Whether the dtypes of the variables can hold it shows in
 * tl_optimizer_apply(). Since 0.1. */
TL_API tl_status tl_optimizer_set_learning_rate(tl_optimizer* optimizer, double rate) TL_WARN_UNUSED;

/** The number of steps done; -1 on failure (the context holds the error). Since 0.1. */
TL_API int64_t tl_optimizer_iterations(tl_optimizer* optimizer);

/**
 * All state as variables: "<name>/iterations" (i64), "<name>/learning_rate" (f64), then "<name>/<variable>/<slot>" of each
 * variable in the order of first sight; of several variables of one name the second is called "<variable>_1" there, the next
 * "<variable>_2" and so on. The slots of a variable go with it. Their number goes to *count (may be NULL). Array and handles belong to the optimizer:
 * do not release them. A later call gives the same array while the list is the same, and ends it otherwise. NULL on failure
 * (the context holds the error). Since 0.1.
 */
TL_API tl_tensor* const* tl_optimizer_variables(tl_optimizer* optimizer, size_t* count);

/** Moves the optimizer one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_optimizer* tl_optimizer_keep(tl_optimizer* optimizer);

/** Gives the optimizer up before its scope ends. NULL and a released optimizer do nothing. From any thread at any
 * time. Since 0.1.
 * @thread any */
TL_API void tl_optimizer_release(tl_optimizer* optimizer);

/* ---- clipping --------------------------------------------------------------------------------------------------- */

/**
 * x scaled so that its Euclidean norm is at most max_norm, which is finite and above 0. A smaller x comes out as it is; for a
 * norm of 0 the gradient is 1. An infinite element makes the finite ones 0 and itself NaN, a NaN makes all NaN. f32 or f64, of
 * any size: the squares need not be in range.
 * To clip by value, use tl_clip() or tl_clip_by_value(). Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_clip_by_norm(tl_context* context, tl_tensor* x, double max_norm);

/**
 * x with its elements below `low` replaced by that, and those above `high` by that; NaN stays. x is of any number dtype; the
 * bounds are tensors of its dtype that broadcast to its shape and do not enlarge it. Where they cross, low wins. The gradient
 * goes to the element, or to the bound that has replaced it. With numbers as bounds tl_clip() is faster. Returns NULL on
 * failure. Since 0.1.
 */
TL_API tl_tensor* tl_clip_by_value(tl_context* context, tl_tensor* x, tl_tensor* low, tl_tensor* high);

/**
 * Adaptive gradient clipping (Brock et al. 2021): of what reaches each output, a gradient whose norm is above
 * factor max(norm of the weights, epsilon) is scaled to that; one below comes out bit for bit as it is. The norms are Euclidean, over all axes
 * but the last (of kernels (inputs, outputs) and (height, width, inputs, outputs)), and over all of them where one axis at most is longer
 * than 1 (biases, scales). The gradient has the dtype of the weights, TL_F32 or TL_F64, and their shape, or fewer rows, those
 * of a gradient of rows. factor and epsilon are finite and above 0; 0.01 and 0.001 are the paper's. An infinite element makes the finite
 * ones of its output 0 and itself NaN; a NaN makes all of them NaN. As a part of each step: adaptive_clip_factor of tl_step_options.
 * Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_clip_adaptive(tl_context* context, tl_tensor* gradient, tl_tensor* weights,
                                   double factor, double epsilon);

/** tl_clip_by_norm() with the norms over some axes, for each index of the others. Returns NULL on failure. Since 0.1. */
TL_API tl_tensor* tl_clip_by_norm_axes(tl_context* context, tl_tensor* x, double max_norm,
                                       const int64_t* axes, size_t num_axes);

/** What a global norm that is not finite does. Append-only numbers. */
typedef int32_t tl_non_finite;
enum {
  TL_NON_FINITE_ERROR = 0,    /**< the call fails with TL_NON_FINITE */
  TL_NON_FINITE_PROPAGATE = 1 /**< every clipped gradient is NaN, as in TensorFlow */
};

/** Of tl_clip_by_global_norm(). Fill it with tl_clip_options_init() first. */
typedef struct tl_clip_options {
  size_t struct_size;       /**< bytes of this struct; set by the init function */
  tl_non_finite non_finite; /**< default TL_NON_FINITE_ERROR */
} tl_clip_options;

/** Sets all fields to their defaults. Pass sizeof(tl_clip_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_clip_options_init(tl_clip_options* options, size_t struct_size);

/**
 * Scales `count` gradients, f32 or f64, by one factor, so that the norm of all their elements together is at most max_norm,
 * which is finite and above 0. Elements may be of any size; only a norm that f64 cannot hold is infinite. NULL entries pass
 * through. clipped gets one handle for each gradient and may be the same
 * array; *norm (norm may be NULL) the norm before clipping, as tl_global_norm() gives it: that of f32 gradients is right to the
 * digits of f32, and so is the factor, so that the clipped norm may lie above max_norm by one part in 10^7. On failure all of these are NULL. Inside vmap each
 * example has a norm of its own, which cannot be looked at: there only TL_NON_FINITE_PROPAGATE works, all else is
 * TL_FAILED_PRECONDITION. options may be NULL. Since 0.1.
 * @array gradients[count]?, clipped[count]?
 */
TL_API tl_status tl_clip_by_global_norm(tl_context* context, tl_tensor* const* gradients, size_t count,
                                        double max_norm, const tl_clip_options* options, tl_tensor** clipped,
                                        tl_tensor** norm) TL_WARN_UNUSED;

/** The norm of all elements of `count` gradients together, f64 of rank 0, also where their squares are out of range; NULL
 * entries count as nothing. The norm of each f32 gradient is computed in f32, so that f64 digits need f64 gradients alone. Returns NULL on failure. Since 0.1.
 * @array gradients[count]? */
TL_API tl_tensor* tl_global_norm(tl_context* context, tl_tensor* const* gradients, size_t count);

#ifdef __cplusplus
}
#endif

#endif
