/* Metrics: what many batches add up to, counted in f64. No tape sees them; they work in a recorded step. A share or mean of nothing
 * is 0.
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

/** A metric. It belongs to the innermost scope like a tensor, so make it outside of the scope of a step. Its name stands before
 * those of its state, "<name>/total", and holds no "/"; NULL and "" stand for that of the function. */
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

/** tl_metric_sparse_categorical_accuracy() where it is enough that the label is among the k largest predictions, of equals the
 * first. k is 1 or more, 5 is usual. name (may be NULL) is copied. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_sparse_top_k_categorical_accuracy(tl_context* context, int64_t k,
                                                              const char* name);

/** tl_metric_categorical_accuracy() where it is enough that the label is among the k largest predictions, of equals the first. k is
 * 1 or more, 5 is usual. name (may be NULL) is copied. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_top_k_categorical_accuracy(tl_context* context, int64_t k, const char* name);

/* ---- yes-no predictions by thresholds ----------------------------------------------------------------------------- */

/** A curve over all thresholds. Append-only numbers. */
typedef int32_t tl_auc_curve;
enum {
  TL_AUC_CURVE_ROC = 0,                  /**< recall over the false positive rate */
  TL_AUC_CURVE_PRECISION_RECALL = 1,     /**< precision over recall */
  TL_AUC_CURVE_PRECISION_RECALL_GAIN = 2 /**< both as gains over always saying yes (Flach and Kull 2015) */
};

/** How high the area between two thresholds is. Append-only numbers. */
typedef int32_t tl_auc_summation;
enum {
  TL_AUC_SUMMATION_INTERPOLATION = 0, /**< as high as the mean of both; precision over recall by counts that
                                         grow evenly (Davis and Goadrich 2006) */
  TL_AUC_SUMMATION_MAJORING = 1,      /**< as high as the higher one */
  TL_AUC_SUMMATION_MINORING = 2       /**< as high as the lower one */
};

/** Of all metrics by thresholds; each refuses options that it has no use for. Fill it with tl_threshold_options_init() first. */
typedef struct tl_threshold_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int64_t
      top_k; /**< precision and recall: only the k largest predictions of a row may say yes; 0: all (default) */
  bool one_class;          /**< only one class counts (default false) */
  int64_t class_id;        /**< that class: an index into the last axis of predictions of rank 2 or more */
  bool from_logits;        /**< predictions go through a sigmoid first (default false) */
  int64_t threshold_count; /**< AUC and one at another: how many, evenly spread in [0, 1]; 0: 200 (default) */
  tl_auc_curve curve;      /**< AUC: default TL_AUC_CURVE_ROC */
  tl_auc_summation summation; /**< AUC: default TL_AUC_SUMMATION_INTERPOLATION */
  const char* name;           /**< copied; NULL: that of the function */
} tl_threshold_options;

/** Sets all fields to their defaults. Pass sizeof(tl_threshold_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_threshold_options_init(tl_threshold_options* options, size_t struct_size);

/**
 * The weight of the predictions that are above a threshold, strictly, and whose label is 1: one result for each threshold, in the
 * given order.
 *
 * Labels: 0 and 1 of any dtype; predictions: f32 or f64, probabilities in [0, 1], or logits by an option, of the labels' shape but
 * for a last axis of size 1; a NaN is above no threshold. Each of `count` thresholds is in [0, 1]; thresholds may be NULL: then
 * there is one, 0.5. State: "<name>/positives" and "<name>/negatives", the weights of labels 1 and 0 by the interval between
 * thresholds into which their predictions fall. options may be NULL. NULL on failure. Since 0.1.
 */
TL_API tl_metric* tl_metric_true_positives(tl_context* context, const double* thresholds, size_t count,
                                           const tl_threshold_options* options);

/** The weight of the predictions that are above a threshold and whose label is 0; otherwise tl_metric_true_positives(). thresholds
 * may be NULL. options may be NULL. Since 0.1. */
TL_API tl_metric* tl_metric_false_positives(tl_context* context, const double* thresholds, size_t count,
                                            const tl_threshold_options* options);

/** The weight of the predictions that are not above a threshold and whose label is 0; otherwise tl_metric_true_positives().
 * thresholds may be NULL. options may be NULL. Since 0.1. */
TL_API tl_metric* tl_metric_true_negatives(tl_context* context, const double* thresholds, size_t count,
                                           const tl_threshold_options* options);

/** The weight of the predictions that are not above a threshold and whose label is 1; otherwise tl_metric_true_positives().
 * thresholds may be NULL. options may be NULL. Since 0.1. */
TL_API tl_metric* tl_metric_false_negatives(tl_context* context, const double* thresholds, size_t count,
                                            const tl_threshold_options* options);

/**
 * True positives by all predictions above a threshold, tp / (tp + fp); otherwise tl_metric_true_positives(). With top_k, without
 * thresholds, the k largest predictions of a row say yes, whatever their values; of equals the first. thresholds may be NULL.
 * options may be NULL. NULL on failure. Since 0.1.
 */
TL_API tl_metric* tl_metric_precision(tl_context* context, const double* thresholds, size_t count,
                                      const tl_threshold_options* options);

/** True positives by all labels 1, tp / (tp + fn); otherwise tl_metric_precision(). thresholds may be NULL. options may be NULL.
 * NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_recall(tl_context* context, const double* thresholds, size_t count,
                                   const tl_threshold_options* options);

/**
 * The largest sensitivity, tp / (tp + fn), over the thresholds at which the specificity, tn / (tn + fp), is at least `specificity`,
 * in [0, 1]; 0 where there is none. Labels and predictions as in tl_metric_true_positives(). options may be NULL. NULL on failure.
 * Since 0.1.
 */
TL_API tl_metric* tl_metric_sensitivity_at_specificity(tl_context* context, double specificity,
                                                       const tl_threshold_options* options);

/** The largest specificity where the sensitivity is at least `sensitivity`; otherwise tl_metric_sensitivity_at_specificity().
 * options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_specificity_at_sensitivity(tl_context* context, double sensitivity,
                                                       const tl_threshold_options* options);

/** The largest precision where the recall is at least `recall`; otherwise tl_metric_sensitivity_at_specificity(). options may be
 * NULL. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_precision_at_recall(tl_context* context, double recall,
                                                const tl_threshold_options* options);

/** The largest recall where the precision is at least `precision`; otherwise tl_metric_sensitivity_at_specificity(). options may be
 * NULL. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_recall_at_precision(tl_context* context, double precision,
                                                const tl_threshold_options* options);

/**
 * The area under a curve through the points of all thresholds: `count` of them, each in [0, 1], or, where thresholds are none (may
 * be NULL), threshold_count of the options, evenly spread; one just below 0 and one just above 1 are always among them (of a
 * threshold_count they are two). Labels and predictions as in tl_metric_true_positives(). thresholds may be NULL. options may be
 * NULL. NULL on failure. Since 0.1.
 */
TL_API tl_metric* tl_metric_auc(tl_context* context, const double* thresholds, size_t count,
                                const tl_threshold_options* options);

/* ---- classes ------------------------------------------------------------------------------------------------------ */

/** How the results of classes become one. Append-only numbers. */
typedef int32_t tl_class_average;
enum {
  TL_CLASS_AVERAGE_NONE = 0,    /**< one result for each class */
  TL_CLASS_AVERAGE_MICRO = 1,   /**< that of the counts of all classes together */
  TL_CLASS_AVERAGE_MACRO = 2,   /**< the mean over the classes */
  TL_CLASS_AVERAGE_WEIGHTED = 3 /**< the mean over the classes, each as often as it is the label */
};

/** Of tl_metric_f_beta(). Fill it with tl_f_beta_options_init() first. */
typedef struct tl_f_beta_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  double
      beta; /**< above 0: recall counts so many times as much as precision; 0: 1, the default: the F1 score */
  double
      threshold; /**< in (0, 1]: predictions above it say yes; 0 (default): the largest of each row, of equals the first */
  tl_class_average average; /**< default TL_CLASS_AVERAGE_NONE */
  const char* name;         /**< copied; NULL: "f_beta" */
} tl_f_beta_options;

/** Sets all fields to their defaults. Pass sizeof(tl_f_beta_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_f_beta_options_init(tl_f_beta_options* options, size_t struct_size);

/**
 * (1 + beta^2) precision recall / (beta^2 precision + recall) of each class (van Rijsbergen 1979), 0 where that is 0 / 0. Labels: 0
 * and 1 of any dtype; predictions: f32 or f64, with a threshold probabilities in [0, 1]; both (..., classes), of one class also
 * without that axis. A NaN says no. Weights are those of the rows. State: "<name>/true_positives", "<name>/predicted" and
 * "<name>/actual", one weight for each class. options may be NULL. NULL on failure. Since 0.1.
 */
TL_API tl_metric* tl_metric_f_beta(tl_context* context, int64_t classes, const tl_f_beta_options* options);

/**
 * The mean over the classes of tp / (tp + fp + fn), over those that are somewhere a label or a prediction. Labels: integers in [0,
 * classes); predictions: integers of their shape, or scores, f32 or f64 (..., classes), the largest of which counts. Weights are
 * those of the labels. State: "<name>/confusion", the weights by label and prediction. name (may be NULL) is copied. NULL on
 * failure. Since 0.1.
 */
TL_API tl_metric* tl_metric_mean_iou(tl_context* context, int64_t classes, const char* name);

/* ---- numbers ------------------------------------------------------------------------------------------------------ */

/** sqrt(sum(weights (label - prediction)^2) / sum(weights)) over all elements. Labels of any dtype and of the shape of the
 * predictions, f32 or f64. name (may be NULL) is copied. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_root_mean_squared_error(tl_context* context, const char* name);

/** The mean over samples of the cosine of the angle between label and prediction, vectors along the last axis; 0 where one is zero.
 * Labels as in tl_metric_root_mean_squared_error(). name (may be NULL) is copied. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_cosine_similarity(tl_context* context, const char* name);

/** The mean over samples of Pearson's correlation of label and prediction along the last axis; 0 where one does not vary. Labels as
 * in tl_metric_root_mean_squared_error(). name (may be NULL) is copied. NULL on failure. Since 0.1. */
TL_API tl_metric* tl_metric_pearson_correlation(tl_context* context, const char* name);

/** How the results of outputs become one. Append-only numbers. */
typedef int32_t tl_r2_average;
enum {
  TL_R2_AVERAGE_UNIFORM = 0,  /**< the mean over the outputs */
  TL_R2_AVERAGE_VARIANCE = 1, /**< each output as much as its labels vary */
  TL_R2_AVERAGE_NONE = 2      /**< one result for each output */
};

/** Of tl_metric_r2(). Fill it with tl_r2_options_init() first. */
typedef struct tl_r2_options {
  size_t struct_size;    /**< bytes of this struct; set by the init function */
  tl_r2_average average; /**< default TL_R2_AVERAGE_UNIFORM */
  int64_t
      regressors; /**< the adjusted score of a model of so many independent variables; 0 (default): not adjusted */
  const char* name; /**< copied; NULL: "r2" */
} tl_r2_options;

/** Sets all fields to their defaults. Pass sizeof(tl_r2_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_r2_options_init(tl_r2_options* options, size_t struct_size);

/**
 * The coefficient of determination of each output, 1 - sum(weights (label - prediction)^2) / sum(weights (label - mean label)^2); 0
 * where the labels do not vary. Adjusted: 1 - (1 - R2) (n - 1) / (n - regressors - 1) with n samples, while that divisor is above
 * 0. Labels and predictions as in tl_metric_root_mean_squared_error(), (samples, outputs), of one output also (samples). State:
 * "<name>/weight" and "<name>/samples", and for each output "<name>/mean", "<name>/spread" and "<name>/residual", of which the spread
 * is one around the mean: states of replicas are not to be added. options may be NULL. NULL on failure. Since 0.1.
 */
TL_API tl_metric* tl_metric_r2(tl_context* context, int64_t outputs, const tl_r2_options* options);

/* ---- use ---------------------------------------------------------------------------------------------------------- */

/**
 * Adds values, of any shape and dtype, to a mean or sum. weights (may be NULL) stand for the leading axes of the values: each
 * of their sizes is that of the values or 1. They may be negative, as in Keras: such a sample takes away. A failure changes nothing. Since 0.1.
 */
TL_API tl_status tl_metric_update(tl_metric* metric, tl_tensor* values, tl_tensor* weights) TL_WARN_UNUSED;

/** Adds predictions to a metric that compares them with labels; each says of which shapes and dtypes. weights (may be NULL) stand for
 * the leading axes of the samples, or of the elements. A label that is none of the classes is TL_INVALID_ARGUMENT, with its position
 * in the message. A failure changes nothing. Since 0.1. */
TL_API tl_status tl_metric_update_predictions(tl_metric* metric, tl_tensor* labels, tl_tensor* predictions,
                                              tl_tensor* weights) TL_WARN_UNUSED;

/** What was added up so far, as a number; 0 for a share or mean of nothing. NaN on failure, also where there are several results, and
 * while the context holds an error. Since 0.1. */
TL_API double tl_metric_result(tl_metric* metric);

/** What was added up so far, as a new f64 tensor: of rank 0, or of rank 1 where there are several results. It is computed from the
 * state by ops, so that a recorded step may give it out. NULL on failure. Since 0.1. */
TL_API tl_tensor* tl_metric_result_tensor(tl_metric* metric);

/** Forgets what was added up. Since 0.1. */
TL_API tl_status tl_metric_reset(tl_metric* metric) TL_WARN_UNUSED;

/** The state, f64 variables: "<name>/total" and "<name>/count", or what the metric says; their number in *count (may be NULL). Array
 * and handles belong to the metric. NULL on failure (the context holds the error). Since 0.1. */
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
