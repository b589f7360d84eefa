/* Optimizers beyond SGD and Adam (optim.h): each with its formula, its paper and its options. What all of them do alike, from
 * tl_optimizer_apply() to the names of their state, stands in optim.h.
 *
 * g is the gradient, w the variable, t the step, from 1 on. Fields of options that are zero stand for their defaults; where zero
 * itself would make sense, a tiny number such as 1e-300 says it. Keras' convention is the default, PyTorch's an option.
 * Numbers that are called defaults of PyTorch's are not taken by its form alone: set them as well, unless said otherwise.
 *
 * Rows (tl_optimizer_apply_rows()) are taken lazily, as by Adam, unless said otherwise. */
#ifndef TAPELOOP_ADAPTIVE_OPTIMIZERS_H
#define TAPELOOP_ADAPTIVE_OPTIMIZERS_H

#include <tapeloop/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Of tl_adamax(). Fill it with tl_adamax_options_init() first. */
typedef struct tl_adamax_options {
  size_t struct_size;           /**< bytes of this struct; set by the init function */
  double learning_rate;         /**< 0: 0.001, the default (PyTorch's is 0.002) */
  double beta1;                 /**< in [0, 1); 0: 0.9, the default */
  double beta2;                 /**< in [0, 1); 0: 0.999, the default */
  double epsilon;               /**< 0: 1e-7, the default (PyTorch's is 1e-8) */
  tl_epsilon_form epsilon_form; /**< default TL_EPSILON_KERAS */
  const char* name;             /**< copied; NULL: "adamax" */
} tl_adamax_options;

/** Sets all fields to their defaults. Pass sizeof(tl_adamax_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_adamax_options_init(tl_adamax_options* options, size_t struct_size);

/** Adamax, Adam with the largest gradient in the place of the second moment (Kingma and Ba 2015, section 7.1):
 * m = beta1 m + (1 - beta1) g, u = max(beta2 u, |g|), w -= rate / (1 - beta1^t) m / (u + epsilon); in PyTorch's form
 * u = max(beta2 u, |g| + epsilon) and m / u. Slots: m, u. options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_adamax(tl_context* context, const tl_adamax_options* options);

/** Of tl_nadam(). Fill it with tl_nadam_options_init() first. */
typedef struct tl_nadam_options {
  size_t struct_size;    /**< bytes of this struct; set by the init function */
  double learning_rate;  /**< 0: 0.001, the default (PyTorch's is 0.002) */
  double beta1;          /**< in [0, 1); 0: 0.9, the default */
  double beta2;          /**< in [0, 1); 0: 0.999, the default */
  double epsilon;        /**< 0: 1e-7, the default (PyTorch's is 1e-8) */
  double momentum_decay; /**< d, not negative; 0: 1, the default, as in Keras (PyTorch's is 0.004) */
  const char* name;      /**< copied; NULL: "nadam" */
} tl_nadam_options;

/** Sets all fields to their defaults. Pass sizeof(tl_nadam_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_nadam_options_init(tl_nadam_options* options, size_t struct_size);

/** Nadam, Adam with Nesterov's momentum (Dozat 2016): u_t = beta1 (1 - 0.96^(d t) / 2), U_t is the product of u_1 to u_t, and
 * w -= rate (u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t)) / (sqrt(v / (1 - beta2^t)) + epsilon), with Adam's moments
 * m and v. Slots: m, v. options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_nadam(tl_context* context, const tl_nadam_options* options);

/** Of tl_adagrad(). Fill it with tl_adagrad_options_init() first. */
typedef struct tl_adagrad_options {
  size_t struct_size;   /**< bytes of this struct; set by the init function */
  double learning_rate; /**< 0: 0.001, the default (PyTorch's is 0.01) */
  double
      initial_accumulator; /**< not negative; 0: the default of the form, 0.1 of Keras's and 0 of PyTorch's */
  double epsilon;          /**< 0: 1e-7, the default (PyTorch's is 1e-10) */
  tl_epsilon_form epsilon_form; /**< default TL_EPSILON_KERAS */
  const char* name;             /**< copied; NULL: "adagrad" */
} tl_adagrad_options;

/** Sets all fields to their defaults. Pass sizeof(tl_adagrad_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_adagrad_options_init(tl_adagrad_options* options, size_t struct_size);

/** Adagrad (Duchi et al. 2011): a += g^2, w -= rate g / sqrt(a + epsilon); in PyTorch's form g / (sqrt(a) + epsilon). Slot:
 * accumulator. Rows give the dense update to the bit, unless epsilon and a are 0. options may be NULL. NULL on failure. Since
 * 0.1. */
TL_API tl_optimizer* tl_adagrad(tl_context* context, const tl_adagrad_options* options);

/** Of tl_adadelta(). Fill it with tl_adadelta_options_init() first. */
typedef struct tl_adadelta_options {
  size_t struct_size;   /**< bytes of this struct; set by the init function */
  double learning_rate; /**< 0: 0.001, the default (PyTorch's and the paper's is 1) */
  double rho;           /**< in [0, 1); 0: 0.95, the default (PyTorch's is 0.9) */
  double epsilon;       /**< 0: 1e-7, the default (PyTorch's is 1e-6) */
  const char* name;     /**< copied; NULL: "adadelta" */
} tl_adadelta_options;

/** Sets all fields to their defaults. Pass sizeof(tl_adadelta_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_adadelta_options_init(tl_adadelta_options* options, size_t struct_size);

/** Adadelta (Zeiler 2012): G = rho G + (1 - rho) g^2, d = sqrt(D + epsilon) / sqrt(G + epsilon) g,
 * D = rho D + (1 - rho) d^2, w -= rate d. Slots: gradient (G), step (D). options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_adadelta(tl_context* context, const tl_adadelta_options* options);

/** Of tl_rmsprop(). Fill it with tl_rmsprop_options_init() first. */
typedef struct tl_rmsprop_options {
  size_t struct_size;             /**< bytes of this struct; set by the init function */
  double learning_rate;           /**< 0: 0.001, the default (PyTorch's is 0.01) */
  double rho;                     /**< in [0, 1); 0: 0.9, the default (PyTorch's is 0.99) */
  double momentum;                /**< mu in [0, 1]; default 0, without */
  double epsilon;                 /**< 0: 1e-7, the default (PyTorch's is 1e-8) */
  bool centered;                  /**< whether the square of the mean gradient is taken off (default false) */
  tl_epsilon_form epsilon_form;   /**< default TL_EPSILON_KERAS */
  tl_momentum_form momentum_form; /**< default TL_MOMENTUM_KERAS */
  const char* name;               /**< copied; NULL: "rmsprop" */
} tl_rmsprop_options;

/** Sets all fields to their defaults. Pass sizeof(tl_rmsprop_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_rmsprop_options_init(tl_rmsprop_options* options, size_t struct_size);

/** RMSprop (Tieleman and Hinton 2012; centred: Graves 2013): v = rho v + (1 - rho) g^2; s = v, or centred
 * a = rho a + (1 - rho) g and s = max(v - a^2, 0); d = g / sqrt(s + epsilon), in PyTorch's form g / (sqrt(s) + epsilon).
 * w -= rate d; with momentum b = mu b + rate d and w -= b, in PyTorch's form b = mu b + d and w -= rate b. Slots: v, then mean
 * (a) when centred, then momentum (b) when there is one. options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_rmsprop(tl_context* context, const tl_rmsprop_options* options);

/** Of tl_ftrl(). Fill it with tl_ftrl_options_init() first. */
typedef struct tl_ftrl_options {
  size_t struct_size;         /**< bytes of this struct; set by the init function */
  double learning_rate;       /**< 0: 0.001, the default; a step at a rate that was set to 0 is an error */
  double learning_rate_power; /**< -p, not above 0; 0: -0.5, the default */
  double initial_accumulator; /**< not negative; 0: 0.1, the default */
  double l1;                  /**< not negative; default 0. It makes weights exactly 0 */
  double l2;                  /**< not negative; default 0. A penalty of the weights */
  double l2_shrinkage;        /**< shrink, not negative; default 0. A penalty that acts on the gradient */
  double beta;                /**< not negative; default 0 */
  const char* name;           /**< copied; NULL: "ftrl" */
} tl_ftrl_options;

/** Sets all fields to their defaults. Pass sizeof(tl_ftrl_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_ftrl_options_init(tl_ftrl_options* options, size_t struct_size);

/** FTRL-proximal (McMahan et al. 2013): n = a + g^2, z += g + 2 shrink w - (n^p - a^p) / rate w,
 * w = (clip(z, -l1, l1) - z) / (n^p / rate + 2 l2 + beta / rate), a = n. The weights follow from the slots, accumulator (a) and
 * linear (z), alone. The dense update also moves rows whose gradient is 0 when the rate has changed, there is shrinkage, or it
 * is their first; that of rows does not. options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_ftrl(tl_context* context, const tl_ftrl_options* options);

/** Of tl_lion(). Fill it with tl_lion_options_init() first. */
typedef struct tl_lion_options {
  size_t struct_size;   /**< bytes of this struct; set by the init function */
  double learning_rate; /**< 0: 0.001, the default; a third to a tenth of Adam's is usual */
  double beta1;         /**< in [0, 1]; 0: 0.9, the default */
  double beta2;         /**< in [0, 1); 0: 0.99, the default */
  const char* name;     /**< copied; NULL: "lion" */
} tl_lion_options;

/** Sets all fields to their defaults. Pass sizeof(tl_lion_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_lion_options_init(tl_lion_options* options, size_t struct_size);

/** Lion (Chen et al. 2023): w -= rate sign(beta1 m + (1 - beta1) g), m = beta2 m + (1 - beta2) g. Slot: m. options may be
 * NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_lion(tl_context* context, const tl_lion_options* options);

/** Of tl_lamb(). Fill it with tl_lamb_options_init() first. */
typedef struct tl_lamb_options {
  size_t struct_size;   /**< bytes of this struct; set by the init function */
  double learning_rate; /**< 0: 0.001, the default */
  double beta1;         /**< in [0, 1); 0: 0.9, the default */
  double beta2;         /**< in [0, 1); 0: 0.999, the default */
  double epsilon;       /**< 0: 1e-7, the default (the paper's is 1e-6) */
  double weight_decay;  /**< not negative; default 0. Part of the step that is scaled, as in the paper */
  const char* name;     /**< copied; NULL: "lamb" */
} tl_lamb_options;

/** Sets all fields to their defaults. Pass sizeof(tl_lamb_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_lamb_options_init(tl_lamb_options* options, size_t struct_size);

/** LAMB (You et al. 2020, algorithm 2): u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay w, with
 * Adam's moments, then w -= rate |w| / |u| u; the ratio of norms, of the whole variable, is 1 where one of them is 0. Slots: m,
 * v. Rows are refused. options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_lamb(tl_context* context, const tl_lamb_options* options);

/** Of tl_adafactor(). Fill it with tl_adafactor_options_init() first. */
typedef struct tl_adafactor_options {
  size_t struct_size;   /**< bytes of this struct; set by the init function */
  double learning_rate; /**< 0: 0.001, the default (PyTorch's and the paper's is 0.01) */
  double beta2_decay;   /**< not above 0; 0: -0.8, the default */
  double
      epsilon1; /**< not negative; 0: the default of the form, 1e-30 of Keras's and 2^-23, the epsilon of f32, of PyTorch's */
  double epsilon2;              /**< the least scale of the weights, not negative; 0: 0.001, the default */
  double clip_threshold;        /**< above 0; 0: 1, the default */
  tl_epsilon_form epsilon_form; /**< default TL_EPSILON_KERAS */
  const char* name;             /**< copied; NULL: "adafactor" */
} tl_adafactor_options;

/** Sets all fields to their defaults. Pass sizeof(tl_adafactor_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_adafactor_options_init(tl_adafactor_options* options, size_t struct_size);

/** Adafactor (Shazeer and Stern 2018), whose second moment takes the memory of a row and a column for each matrix. With
 * b = 1 - t^beta2_decay and s = g^2 + epsilon1: r = b r + (1 - b) mean(s) over the last axis, c likewise over the last but one,
 * v = r c / mean(r); of a variable of rank 0 or 1 v = b v + (1 - b) s. In PyTorch's form s = g^2 and
 * v = max(r c / max(mean(r), epsilon1), epsilon1^2). Then u = g / sqrt(v) and
 * w -= max(epsilon2, rms(w)) min(rate, 1 / sqrt(t)) u / max(1, rms(u) / clip_threshold), with rms the root of the mean square.
 * Slots: r and c, or v. Rows are refused. options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_adafactor(tl_context* context, const tl_adafactor_options* options);

/** What the step of a matrix of n rows and m columns is multiplied with in tl_muon(). Append-only numbers. */
typedef int32_t tl_muon_scale;
enum {
  TL_MUON_SCALE_ORIGINAL = 0, /**< sqrt(max(1, n / m)): Jordan et al., Keras, PyTorch */
  TL_MUON_SCALE_MATCH_RMS = 1 /**< 0.2 sqrt(max(n, m)): the size of Adam's steps (Liu et al. 2025) */
};

/** Of tl_muon(). Fill it with tl_muon_options_init() first. */
typedef struct tl_muon_options {
  size_t struct_size;     /**< bytes of this struct; set by the init function */
  double learning_rate;   /**< 0: 0.001, the default (the authors' is 0.02) */
  double momentum;        /**< mu in [0, 1); 0: 0.95, the default */
  bool no_nesterov;       /**< the momentum itself instead of g + mu b (default false) */
  int64_t ns_steps;       /**< steps of Newton and Schulz, in [1, 100]; 0: 5, the default */
  tl_muon_scale scale;    /**< default TL_MUON_SCALE_ORIGINAL */
  double adam_rate_ratio; /**< the rate of what is no matrix is so many times the rate; 0: 0.1, the default */
  double beta1;           /**< of what is no matrix, in [0, 1); 0: 0.9, the default */
  double beta2;           /**< of what is no matrix, in [0, 1); 0: 0.999, the default */
  double epsilon;         /**< above 0; 0: 1e-7, the default */
  const char* name;       /**< copied; NULL: "muon" */
} tl_muon_options;

/** Sets all fields to their defaults. Pass sizeof(tl_muon_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_muon_options_init(tl_muon_options* options, size_t struct_size);

/** Muon (Jordan et al. 2024). A variable of rank 2 moves along the orthogonal factor of its momentum: b = mu b + g,
 * u = g + mu b, w -= rate scale O(u), where O(u) is near U V^T of the singular value decomposition of u: X = u / (|u| + epsilon),
 * transposed where n > m, then ns_steps times A = X X^T, X = 3.4445 X + (-4.7750 A + 2.0315 A^2) X. All other variables take
 * Adam's step in Keras's form. Tables of embeddings and the last layer are matrices, too, but are better trained by tl_adamw():
 * give them to an optimizer of their own. Slots: momentum of a matrix, else m and v. Rows of a matrix are refused. options may
 * be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_muon(tl_context* context, const tl_muon_options* options);

/** Of tl_schedule_free_adamw(). Fill it with tl_schedule_free_adamw_options_init() first. */
typedef struct tl_schedule_free_adamw_options {
  size_t struct_size;   /**< bytes of this struct; set by the init function */
  double learning_rate; /**< 0: 0.0025, the default; one to ten times that of AdamW with a schedule */
  double beta1;         /**< in [0, 1); 0: 0.9, the default */
  double beta2;         /**< in [0, 1); 0: 0.999, the default */
  double epsilon;       /**< not negative; 0: 1e-8, the default */
  double weight_decay;  /**< not negative; default 0 */
  int64_t warmup_steps; /**< not negative; default 0, none */
  const char* name;     /**< copied; NULL: "schedule_free_adamw" */
} tl_schedule_free_adamw_options;

/** Sets all fields to their defaults. Pass sizeof(tl_schedule_free_adamw_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_schedule_free_adamw_options_init(tl_schedule_free_adamw_options* options, size_t struct_size);

/** Schedule-free AdamW (Defazio et al. 2024), as its authors implement it: the average of the iterates does what a falling rate
 * would do. The variable holds y, at which gradients are taken. With r = rate min(1, t / warmup_steps), q the square of the
 * largest r so far and v = beta2 v + (1 - beta2) g^2: z -= r (g / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay y),
 * c = q / (the sum of all q so far), x = (1 - c) x + c z, y = (1 - beta1) z + beta1 x. tl_optimizer_swap_averages() exchanges y and
 * x, which is the result: for an evaluation, and for good when training ends. Slots: z, average (x), v, and the numbers
 * weight_sum and largest_rate. Rows are refused. options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_optimizer* tl_schedule_free_adamw(tl_context* context,
                                            const tl_schedule_free_adamw_options* options);

#ifdef __cplusplus
}
#endif

#endif
