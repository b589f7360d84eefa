/* Metrics: averages over many batches, counted in f64. No tape sees them.
 *
 *   tl_metric *loss = tl_metric_mean(c, "loss"), *accuracy = tl_metric_sparse_categorical_accuracy(c, NULL);
 *   (each step)   tl_metric_update(loss, loss_of_batch, NULL), tl_metric_update_predictions(accuracy, labels, logits, NULL)
 *   (each epoch)  printf("%g %g\n", tl_metric_result(loss), tl_metric_result(accuracy)), tl_metric_reset(loss), ... */
#ifndef TAPELOOP_METRICS_H
#define TAPELOOP_METRICS_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A metric. It belongs to the innermost scope like a tensor, so make it outside of the scope of a step. */
typedef struct tl_metric tl_metric;

/** sum(weights values) / sum(weights); 0 over nothing. name (may be NULL) is copied. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_mean(tl_context* context, const char* name);

/** sum(weights values). name (may be NULL) is copied. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_sum(tl_context* context, const char* name);

/**
 * The share of samples whose largest prediction (the first of equals) is that of the label; a sample with a NaN among its
 * predictions counts as wrong. Labels: integers (...) or (..., 1), each in [0, classes); predictions: (..., classes). name
 * (may be NULL) is copied. NULL on failure. Since 0.1.
 */
TL_API tl_metric* tl_metric_sparse_categorical_accuracy(tl_context* context, const char* name);

/** The same for one-hot labels or label probabilities of the shape of the predictions, any dtype, each in [0, 1]: the label of
 * a sample is its largest one, the first of equals. name (may be NULL) is copied. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_categorical_accuracy(tl_context* context, const char* name);

/**
 * The share of elements for which (prediction > threshold), strictly, is the label, 0 or 1 of any dtype; a NaN counts as
 * wrong. Shapes agree, but for a last axis of size 1. The threshold is finite: 0.5 is usual for probabilities, 0 for logits.
 * name (may be NULL) is copied. NULL on failure. Since 0.1.
 */
TL_API tl_metric* tl_metric_binary_accuracy(tl_context* context, double threshold, const char* name);

/**
 * Adds values, of any shape and dtype, to a mean or sum. weights (may be NULL) stand for the leading axes of the values: each
 * of their sizes is that of the values or 1. They may be negative, as in Keras: such a sample takes away. A failure changes nothing. Since 0.1.
 */
TL_API tl_status tl_metric_update(tl_metric* metric, tl_tensor* values, tl_tensor* weights) TL_WARN_UNUSED;

/** Adds predictions, f32 or f64, to an accuracy. weights (may be NULL) stand for the leading axes of the samples. A label that
 * is none of the classes is TL_INVALID_ARGUMENT, with its position in the message. A failure changes nothing. Since 0.1. */
TL_API tl_status tl_metric_update_predictions(tl_metric* metric, tl_tensor* labels, tl_tensor* predictions,
                                              tl_tensor* weights) TL_WARN_UNUSED;

/** What was added up so far; 0 for a mean or accuracy over nothing. NaN on failure and while the context holds an error.
 * Since 0.1. */
TL_API double tl_metric_result(tl_metric* metric);

/** Forgets what was added up. Since 0.1. */
TL_API tl_status tl_metric_reset(tl_metric* metric) TL_WARN_UNUSED;

/** The state, two f64 variables "<name>/total" and "<name>/count", their number in *count (may be NULL). Array and handles
 * belong to the metric. NULL on failure (the context holds the error). Since 0.1. */
TL_API tl_tensor* const* tl_metric_variables(tl_metric* metric, size_t* count);

/** The name; "" on failure (the context holds the error). Valid while the metric is live. Since 0.1. */
TL_API const char* tl_metric_name(tl_metric* metric);

/** Moves the metric one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_metric* tl_metric_keep(tl_metric* metric);

/** Gives the metric up before its scope ends. NULL and a released metric do nothing. From any thread at any
 * time. Since 0.1.
 * @thread any */
TL_API void tl_metric_release(tl_metric* metric);

#ifdef __cplusplus
}
#endif

#endif
