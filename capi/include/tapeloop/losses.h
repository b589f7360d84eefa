/* Losses: how far predictions are from labels. Functions of tensors made of ops, so they have gradients of any order and are
 * part of a recorded step; a program may write its own and reduce it with tl_loss_reduce().
 *
 *   tl_tensor *loss = tl_loss_sparse_categorical_cross_entropy(c, labels, logits, NULL);
 *
 * Each computes one number per sample and then reduces them. A sample is a row: a loss over a last axis of classes or features
 * has the shape of the predictions without that axis. Labels come first. Constants and defaults are those of Keras. */
#ifndef TAPELOOP_LOSSES_H
#define TAPELOOP_LOSSES_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How the losses of the samples become one. Append-only numbers. */
typedef int32_t tl_reduction;
enum {
  TL_REDUCTION_MEAN = 0, /**< sum / number of samples, also with weights; 0 for no sample */
  TL_REDUCTION_SUM = 1,
  TL_REDUCTION_NONE = 2,         /**< a tensor of one number per sample */
  TL_REDUCTION_WEIGHTED_MEAN = 3 /**< sum / sum of the weights, which must be given; 0 where that is 0 */
};

/** Of all losses. The last axis of the predictions, that of classes or features, is never empty; a batch of no samples is fine.
 * A loss refuses options that it has no use for. Fill it with tl_loss_options_init() first. */
typedef struct tl_loss_options {
  size_t struct_size;     /**< bytes of this struct; set by the init function */
  tl_reduction reduction; /**< default TL_REDUCTION_MEAN */
  bool
      from_probabilities; /**< predictions are probabilities, not logits (default false); cross-entropies only */
  double
      label_smoothing; /**< s in [0, 1]: labels become labels (1 - s) + s / classes, binary ones s / 2 (default 0); of
                           cross-entropies other than the sparse one */
  tl_tensor*
      weights; /**< of samples, along the leading axes of the losses, any dtype; NULL: none (default) */
} tl_loss_options;

/** Sets all fields to their defaults. Pass sizeof(tl_loss_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_loss_options_init(tl_loss_options* options, size_t struct_size);

/**
 * -log p[label]. Labels: integers (...) or (..., 1) in [0, classes); predictions: f32 or f64 (..., classes), logits unless
 * the options say otherwise; probabilities, none negative and not all 0, are divided by their sum and limited to [1e-7,
 * 1 - 1e-7]. A NaN or infinity among the predictions of a sample may make its loss NaN. No label smoothing. options may be
 * NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_sparse_categorical_cross_entropy(tl_context* context, tl_tensor* labels,
                                                           tl_tensor* predictions,
                                                           const tl_loss_options* options);

/**
 * -sum(labels log p) over the last axis, for label probabilities, each in [0, 1], of the shape and dtype of the predictions,
 * which are as in tl_loss_sparse_categorical_cross_entropy(). options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_categorical_cross_entropy(tl_context* context, tl_tensor* labels,
                                                    tl_tensor* predictions, const tl_loss_options* options);

/**
 * The mean over the last axis of -(label log p + (1 - label) log(1 - p)): independent yes-no labels in [0, 1], of any dtype
 * and of the shape of the predictions. With rank 0 or 1 each element is a sample. Probabilities are limited to [1e-7,
 * 1 - 1e-7]. options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_binary_cross_entropy(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                               const tl_loss_options* options);

/** The mean over the last axis of (labels - predictions)^2; shapes and dtypes agree. With rank 0 or 1 each element is a
 * sample. options may be NULL. Returns NULL on failure. Since 0.1. */
TL_API tl_tensor* tl_loss_mean_squared_error(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                             const tl_loss_options* options);

/** The mean over the last axis of |labels - predictions|; otherwise tl_loss_mean_squared_error(). Since 0.1. */
TL_API tl_tensor* tl_loss_mean_absolute_error(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                              const tl_loss_options* options);

/* ---- margins ------------------------------------------------------------------------------------------------------ */

/**
 * The mean over the last axis of max(1 - label prediction, 0) (Cortes and Vapnik 1995): scores that are right by a margin of 1
 * cost nothing. Labels: -1 and 1, of any dtype and of the shape of the predictions, f32 or f64; where all labels of the call are
 * 0 or 1 they are taken as -1 and 1, which ops find out, so that a recorded step decides anew at each replay. Other labels are
 * used as they are, as in Keras. With rank 0 or 1 each element is a sample. options may be NULL. Returns NULL on failure. Since
 * 0.1.
 */
TL_API tl_tensor* tl_loss_hinge(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                const tl_loss_options* options);

/** The mean over the last axis of max(1 - label prediction, 0)^2; otherwise tl_loss_hinge(). options may be NULL. Returns NULL on
 * failure. Since 0.1. */
TL_API tl_tensor* tl_loss_squared_hinge(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                        const tl_loss_options* options);

/**
 * max(neg - pos + 1, 0) with neg = max((1 - label) prediction) and pos = sum(label prediction) over the last axis, that of the
 * classes (after Crammer and Singer 2001). Labels: one-hot, of any dtype and of the shape of the predictions. options may be
 * NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_categorical_hinge(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                            const tl_loss_options* options);

/* ---- numbers, distributions, counts ------------------------------------------------------------------------------- */

/**
 * The mean over the last axis of e^2 / 2 where |e| <= delta and delta |e| - delta^2 / 2 beyond, e = prediction - label (Huber
 * 1964); otherwise tl_loss_mean_squared_error(). delta is finite and above 0; 1 is usual. options may be NULL. Returns NULL on
 * failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_huber(tl_context* context, tl_tensor* labels, tl_tensor* predictions, double delta,
                                const tl_loss_options* options);

/** The mean over the last axis of log(cosh(prediction - label)); otherwise tl_loss_mean_squared_error(). options may be NULL.
 * Returns NULL on failure. Since 0.1. */
TL_API tl_tensor* tl_loss_log_cosh(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                   const tl_loss_options* options);

/** 100 times the mean over the last axis of |label - prediction| / max(|label|, 1e-7); otherwise tl_loss_mean_squared_error().
 * options may be NULL. Returns NULL on failure. Since 0.1. */
TL_API tl_tensor* tl_loss_mean_absolute_percentage_error(tl_context* context, tl_tensor* labels,
                                                         tl_tensor* predictions,
                                                         const tl_loss_options* options);

/** The mean over the last axis of (log(1 + prediction) - log(1 + label))^2, both limited to 1e-7 and above; otherwise
 * tl_loss_mean_squared_error(). options may be NULL. Returns NULL on failure. Since 0.1. */
TL_API tl_tensor* tl_loss_mean_squared_logarithmic_error(tl_context* context, tl_tensor* labels,
                                                         tl_tensor* predictions,
                                                         const tl_loss_options* options);

/**
 * Minus the cosine of the angle between label and prediction, vectors along the last axis: -1 for one direction, 1 for opposite
 * ones. Rank 1 or more; shapes and dtypes agree. A vector shorter than 1e-7 counts as one of that length, so that a zero vector
 * gives 0. options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_cosine_similarity(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                            const tl_loss_options* options);

/**
 * sum(label log(label / prediction)) over the last axis, both limited to [1e-7, 1] (Kullback and Leibler 1951). Labels and
 * predictions are probabilities, of one shape and dtype, rank 1 or more; each label is in [0, 1]. options may be NULL. Returns
 * NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_kl_divergence(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                        const tl_loss_options* options);

/** The mean over the last axis of prediction - label log(prediction + 1e-7). Predictions: rates above 0; labels: counts of any
 * dtype and of the shape of the predictions. With rank 0 or 1 each element is a sample. options may be NULL. Returns NULL on
 * failure. Since 0.1. */
TL_API tl_tensor* tl_loss_poisson(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                  const tl_loss_options* options);

/* ---- unbalanced classes ------------------------------------------------------------------------------------------- */

/**
 * tl_loss_binary_cross_entropy() times (1 - p)^gamma, p the probability that the prediction gives to the label (Lin et al. 2017);
 * for labels between 0 and 1 times (label (1 - p) + (1 - label) p)^gamma. gamma is finite and not negative, 2 is usual. alpha,
 * in [0, 1], weighs the classes by label alpha + (1 - label) (1 - alpha): 0.25 is usual; 0 leaves it out, Keras' default. options
 * may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_binary_focal_cross_entropy(tl_context* context, tl_tensor* labels,
                                                     tl_tensor* predictions, double gamma, double alpha,
                                                     const tl_loss_options* options);

/**
 * -alpha sum(label (1 - p)^gamma log p) over the last axis (Lin et al. 2017); otherwise tl_loss_categorical_cross_entropy(). gamma
 * is finite and not negative, 2 is usual; alpha is in [0, 1], 0.25 is Keras' default, and 0 stands for no factor. options may be
 * NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_categorical_focal_cross_entropy(tl_context* context, tl_tensor* labels,
                                                          tl_tensor* predictions, double gamma, double alpha,
                                                          const tl_loss_options* options);

/* ---- masks -------------------------------------------------------------------------------------------------------- */

/**
 * 1 - 2 sum(label prediction) / (sum(label) + sum(prediction) + 1e-7) (Milletari et al. 2016). Predictions: probabilities, f32 or
 * f64; labels: 0 and 1 or shares between, of any dtype and the same shape. The sums run over the whole batch, which is one sample
 * then, or, per_example, over all axes but the first, of rank 2 or more. options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_dice(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                               bool per_example, const tl_loss_options* options);

/**
 * 1 - tp / (tp + alpha fp + beta fn + 1e-7) with tp = sum(label prediction), fp = sum((1 - label) prediction) and fn = sum(label (1 -
 * prediction)) (Salehi et al. 2017); otherwise tl_loss_dice(), which it is for 0.5 and 0.5 but for the constant. alpha and beta are
 * finite and not negative. options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_tversky(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                  double alpha, double beta, bool per_example,
                                  const tl_loss_options* options);

/* ---- sequences ---------------------------------------------------------------------------------------------------- */

/**
 * Connectionist temporal classification (Graves et al. 2006): -log of the probability of a sequence of labels, summed over all
 * ways to write it into the frames. Each label takes one frame or more, in order; frames before, between and after them may be
 * blank, and between two equal labels at least one is.
 *
 * Labels: integers (batch, most labels) in [0, classes); predictions: logits, f32 or f64 (batch, frames, classes); lengths:
 * integers (batch). label_lengths may be NULL: then as many labels of a row count as are not the blank, as in Keras. Labels beyond
 * are not looked at. prediction_lengths may be NULL: then all frames count. blank is one of the classes; 0 is usual. A label that
 * is the blank is one that a blank frame writes.
 *
 * Labels that do not fit into the frames have the loss infinity and the gradient 0. One number per sequence: the mean is over
 * sequences, not over labels. options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_loss_ctc(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                              tl_tensor* label_lengths, tl_tensor* prediction_lengths, int64_t blank,
                              const tl_loss_options* options);

/* ---- losses of the program's own ----------------------------------------------------------------------------------- */

/** Weighs and reduces the losses of samples, f32 or f64, that the program computed itself. options may be NULL. Returns NULL
 * on failure. Since 0.1. */
TL_API tl_tensor* tl_loss_reduce(tl_context* context, tl_tensor* losses, const tl_loss_options* options);

#ifdef __cplusplus
}
#endif

#endif
