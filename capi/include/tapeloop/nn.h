/* Layers and initialisers: conveniences made of ops, which a training loop may also do without.
 *
 *   tl_dense_options hidden;
 *   tl_dense_options_init(&hidden, sizeof hidden);
 *   hidden.activation = TL_ACTIVATION_RELU;
 *   tl_layer *layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 128, &hidden), tl_dense(c, 10, NULL)};
 *   tl_layer *model = tl_sequential(c, layers, 3);
 *   tl_tensor *logits = tl_layer_call(model, images, true);
 *   tl_tensor *loss = tl_loss_sparse_categorical_cross_entropy(c, labels, logits, NULL);
 *
 * Fields of options that are zero stand for their defaults; where zero itself would make sense, a tiny number such as 1e-300
 * says it. Defaults are those of Keras where frameworks differ. */
#ifndef TAPELOOP_NN_H
#define TAPELOOP_NN_H

#include <tapeloop/losses.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A layer: a function of one tensor with variables of its own. It belongs to the innermost scope like a tensor, so make
 * models outside of the scope of a step. Its variables live as long as the layer, or a handle or layer that shares them. */
typedef struct tl_layer tl_layer;

/* ---- initialisers ----------------------------------------------------------------------------------------------- */

/** How a variable is filled at first. Append-only numbers. fan_in and fan_out are the rows and columns of a matrix; of more
 * axes the last two times the product of the others; of a vector both its size. */
typedef int32_t tl_initializer;
enum {
  TL_INITIALIZER_DEFAULT = 0, /**< what the layer says */
  TL_INITIALIZER_ZEROS = 1,
  TL_INITIALIZER_ONES = 2,
  TL_INITIALIZER_CONSTANT = 3,         /**< the parameter */
  TL_INITIALIZER_UNIFORM = 4,          /**< in [-parameter, parameter), by default 0.05 */
  TL_INITIALIZER_NORMAL = 5,           /**< mean 0, standard deviation: the parameter, by default 0.05 */
  TL_INITIALIZER_TRUNCATED_NORMAL = 6, /**< the same, drawn anew beyond 2 standard deviations */
  TL_INITIALIZER_GLOROT_UNIFORM = 7,   /**< uniform of variance 2 / (fan_in + fan_out) */
  TL_INITIALIZER_GLOROT_NORMAL = 8,    /**< truncated normal of that variance */
  TL_INITIALIZER_HE_UNIFORM = 9,       /**< 2 / fan_in */
  TL_INITIALIZER_HE_NORMAL = 10,
  TL_INITIALIZER_LECUN_UNIFORM = 11, /**< 1 / fan_in */
  TL_INITIALIZER_LECUN_NORMAL = 12
};

/**
 * A new tensor of TL_F32 or TL_F64, filled by an initialiser (TL_INITIALIZER_DEFAULT: Glorot uniform); its parameter counts
 * for the kinds that say so, 0 is their default, and is small enough for all elements to be finite. Random numbers come
 * from the context's stream: the same seed gives the same bits. Truncated normals are drawn anew, all of them, until none is out
 * of range, which is a look at elements that a compiled step (function.h) must not make. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_initialize(tl_context* context, tl_dtype dtype, const int64_t* dims, size_t rank,
                                tl_initializer initializer, double parameter);

/* ---- layers ----------------------------------------------------------------------------------------------------- */

/** Activation functions. Append-only numbers. */
typedef int32_t tl_activation;
enum {
  TL_ACTIVATION_LINEAR = 0, /**< the identity */
  TL_ACTIVATION_RELU = 1,
  TL_ACTIVATION_LEAKY_RELU = 2, /**< slope 0.01 below zero */
  TL_ACTIVATION_ELU = 3,        /**< alpha 1 */
  TL_ACTIVATION_SILU = 4,
  TL_ACTIVATION_GELU = 5, /**< exact */
  TL_ACTIVATION_TANH = 6,
  TL_ACTIVATION_SIGMOID = 7,
  TL_ACTIVATION_SOFTPLUS = 8,
  TL_ACTIVATION_SOFTMAX = 9,     /**< over the last axis */
  TL_ACTIVATION_LOG_SOFTMAX = 10 /**< over the last axis */
};

/** Of layers that have no other options. Fill it with tl_layer_options_init() first. */
typedef struct tl_layer_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  const char* name;   /**< copied; NULL: the name of the type, made unique inside a sequential layer */
} tl_layer_options;

/** Sets all fields to their defaults. Pass sizeof(tl_layer_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_layer_options_init(tl_layer_options* options, size_t struct_size);

/** Of tl_dense(). Fill it with tl_dense_options_init() first. */
typedef struct tl_dense_options {
  size_t struct_size;                /**< bytes of this struct; set by the init function */
  int64_t input_size;                /**< of the last axis; 0: seen at the first call (default) */
  tl_activation activation;          /**< default TL_ACTIVATION_LINEAR */
  bool no_bias;                      /**< default false */
  tl_initializer kernel_initializer; /**< default Glorot uniform */
  double kernel_parameter;           /**< of the kernel's initialiser */
  tl_initializer bias_initializer;   /**< default zeros */
  double bias_parameter;             /**< of the bias's initialiser */
  tl_dtype dtype;                    /**< TL_F32 (default) or TL_F64: of variables and input */
  const char* name;                  /**< copied; NULL: "dense", made unique inside a sequential layer */
} tl_dense_options;

/** Sets all fields to their defaults. Pass sizeof(tl_dense_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_dense_options_init(tl_dense_options* options, size_t struct_size);

/**
 * A layer activation(x kernel + bias), from (..., input size) to (..., units), rank 2 or more. Variables: kernel (input
 * size, units) and bias (units), made at once when the input size is given, else at the first call. units is at least 1.
 * options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_layer* tl_dense(tl_context* context, int64_t units, const tl_dense_options* options);

/**
 * A layer that, while training, sets each element to zero with probability rate, in [0, 1), and divides the others by
 * 1 - rate; otherwise it is the identity. Any shape, f32 or f64. options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_layer* tl_dropout_layer(tl_context* context, double rate, const tl_layer_options* options);

/** A layer that merges all axes but the first into one: (n, 28, 28) to (n, 784). Any dtype. options may be NULL. Returns
 * NULL on failure. Since 0.1. */
TL_API tl_layer* tl_flatten_layer(tl_context* context, const tl_layer_options* options);

/** A layer that applies an activation. Any shape, f32 or f64. options may be NULL. Returns NULL on failure. Since 0.1. */
TL_API tl_layer* tl_activation_layer(tl_context* context, tl_activation activation,
                                     const tl_layer_options* options);

/** Of tl_batch_normalization(). Fill it with tl_batch_normalization_options_init() first. */
typedef struct tl_batch_normalization_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  double momentum;    /**< moving = momentum moving + (1 - momentum) batch; in [0, 1]; 0: 0.99, the default */
  double epsilon;     /**< added to the variance; 0: 1e-3, the default */
  bool no_scale;      /**< without gamma (default false) */
  bool no_center;     /**< without beta (default false) */
  tl_dtype dtype;     /**< TL_F32 (default) or TL_F64: of variables and input */
  const char* name;   /**< copied; NULL: "batch_normalization", made unique inside a sequential layer */
} tl_batch_normalization_options;

/** Sets all fields to their defaults. Pass sizeof(tl_batch_normalization_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_batch_normalization_options_init(tl_batch_normalization_options* options, size_t struct_size);

/**
 * A layer gamma (x - mean) / sqrt(variance + epsilon) + beta over all axes but the last; rank 2 or more. While training,
 * mean and (biased) variance are those of the batch, which has at least one row, gradients flow through them, and the moving
 * averages are updated; otherwise they are the moving averages. The variance must be in the range of the dtype (for f32,
 * elements up to 1e19), and the last axis not empty: a batch whose mean or variance is not finite is TL_NON_FINITE while
 * training, and leaves the averages as they were. Variables: gamma, beta, and, not trainable, moving_mean and
 * moving_variance. options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_layer* tl_batch_normalization(tl_context* context, const tl_batch_normalization_options* options);

/** Of tl_layer_normalization(). Fill it with tl_layer_normalization_options_init() first. */
typedef struct tl_layer_normalization_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  double epsilon;     /**< added to the variance; 0: 1e-3, the default (PyTorch's is 1e-5) */
  bool no_scale;      /**< without gamma (default false) */
  bool no_center;     /**< without beta (default false) */
  tl_dtype dtype;     /**< TL_F32 (default) or TL_F64: of variables and input */
  const char* name;   /**< copied; NULL: "layer_normalization", made unique inside a sequential layer */
} tl_layer_normalization_options;

/** Sets all fields to their defaults. Pass sizeof(tl_layer_normalization_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_layer_normalization_options_init(tl_layer_normalization_options* options, size_t struct_size);

/**
 * A layer gamma (x - mean) / sqrt(variance + epsilon) + beta with the mean and (biased) variance of each row over the last
 * axis, which must not be empty. The variance may leave the range of the dtype, the sum of a row may not. Variables: gamma,
 * beta. options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_layer* tl_layer_normalization(tl_context* context, const tl_layer_normalization_options* options);

/**
 * A layer of `count` layers one after the other, at least one; it shares them, so their handles may be released. A layer may
 * stand there twice and has its variables once. When the first layer knows the size of its input, all variables are made at
 * once. Layers may stand within one another 200 levels deep; more is TL_INVALID_ARGUMENT. Returns NULL on failure, which leaves
 * all layers and their names as they were. Since 0.1.
 *
 * Names of variables go into files, so a layer is named once: by the first sequential layer that it is put into, and it keeps that
 * name in all others. A name that was given (not empty, without "/") is kept; others are that of the type with a number that makes
 * them differ: "dense", "dense_1", ... A variable is named "dense/kernel", and behind the name of the sequential layer that named
 * its layer, "encoder/dense/kernel", when that one has a given name (tl_sequential_named()) or stands in another one itself, and so
 * on upwards. So a sequential layer without a given name becomes "sequential", and the names of its variables
 * "sequential/dense/kernel", when it is itself first put into another one; give it a name where it is saved on its own before.
 * Where a layer of it is already shared by a third one, this is left out, since it would rename that one's variables. No two
 * layers may have the same name, and no two of their layers, at any depth, may give variables the same name: the error names both.
 */
TL_API tl_layer* tl_sequential(tl_context* context, tl_layer* const* layers, size_t count);

/** tl_sequential() with a name (copied), which comes first in the names of its variables. Since 0.1. */
TL_API tl_layer* tl_sequential_named(tl_context* context, tl_layer* const* layers, size_t count,
                                     const char* name);

/**
 * The layer's output for x. `training` matters to dropout and batch normalisation. The first call makes the variables that
 * are not there yet; in a compiled step (function.h) that must not draw a truncated normal: build such layers before. Returns
 * NULL on failure: a shape or dtype that the layer does not take, a batch with a mean that is not finite
 * (TL_NON_FINITE), no memory, a cancelled context. A call that fails in whatever layer leaves all of them as they were: it makes no
 * variables, moves no average, and uses no random numbers up. Since 0.1.
 */
TL_API tl_tensor* tl_layer_call(tl_layer* layer, tl_tensor* x, bool training);

/**
 * Makes the variables for inputs of this shape, the batch axis included (its size does not matter). When they are there, it only
 * looks whether the shape fits them. A failure makes none and uses no random numbers up. Since 0.1.
 */
TL_API tl_status tl_layer_build(tl_layer* layer, const int64_t* dims, size_t rank) TL_WARN_UNUSED;

/**
 * All variables of the layer, their number in *count (may be NULL). The array and the handles in it belong to the layer: do
 * not release them. A later call gives the same array while the list is the same, and ends it otherwise; the layer's end
 * ends it, too. NULL with *count 0 before the layer is built, and on failure (the context holds the error). Since 0.1.
 */
TL_API tl_tensor* const* tl_layer_variables(tl_layer* layer, size_t* count);

/** tl_layer_variables() without those that are not trainable now: what gradients are taken for. Their number goes to *count
 * (may be NULL). Since 0.1. */
TL_API tl_tensor* const* tl_layer_trainable_variables(tl_layer* layer, size_t* count);

/** The layer's name; "" on failure (the context holds the error). Valid until the layer is first put into a sequential one
 * or released. Since 0.1. */
TL_API const char* tl_layer_name(tl_layer* layer);

/**
 * Writes a table of the layers with output shapes ("?" is the batch) and numbers of parameters. At most capacity bytes are
 * written, the final NUL included; *length (may be NULL) gets the length of the whole text without the NUL. buffer may be
 * NULL when capacity is 0. Since 0.1.
 */
TL_API tl_status tl_layer_summary(tl_layer* layer, char* buffer, size_t capacity,
                                  size_t* length) TL_WARN_UNUSED;

/**
 * The layers as a graph in Graphviz's DOT language (`dot -Tsvg`): a box for each layer with its number of parameters, a frame for each
 * sequential one, edges with shapes where these are known ("?" is the batch). As tl_layer_summary() writes: cut to capacity, *length
 * (may be NULL) is the whole length, buffer may be NULL with a capacity of 0. Since 0.1.
 */
TL_API tl_status tl_layer_dot(tl_layer* layer, char* buffer, size_t capacity, size_t* length) TL_WARN_UNUSED;

/** Moves the layer one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_layer* tl_layer_keep(tl_layer* layer);

/** Gives the handle up before its scope ends; sequential layers that share the layer go on. NULL and a released layer do
 * nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_layer_release(tl_layer* layer);

#ifdef __cplusplus
}
#endif

#endif
