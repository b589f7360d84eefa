/* An optional trainer: the loop over epochs that most programs write alike, with validation, early stopping, checkpoints to go on from,
 * logs and a progress bar. It is written with calls of these headers and nothing else (capi/trainer), so a program that wants another
 * loop begins with a copy of that source.
 *
 *   static tl_status cross_entropy(tl_context *c, void *user_data, tl_tensor *const *in, size_t n, tl_tensor **out, size_t m) {
 *     out[0] = tl_loss_sparse_categorical_cross_entropy(c, in[2], in[0], NULL);   in[0]: predictions, in[1], in[2]: the batch
 *     return TL_OK;
 *   }
 *   tl_fit_options o;
 *   tl_fit_options_init(&o, sizeof o);
 *   o.epochs = 30, o.validation = held_out, o.metrics = &accuracy, o.num_metrics = 1;
 *   o.patience = 3, o.restore_best = true;                                        early stopping
 *   o.checkpoints = "checkpoints";                                                killed and run again, it goes on
 *   tl_fit_state how = {.struct_size = sizeof how};
 *   status = tl_fit(c, model, adam, train, &o, cross_entropy, NULL, NULL, NULL, &how);
 *   if (status == TL_OK) status = tl_evaluate(c, model, test, &accuracy, 1, cross_entropy, NULL, NULL, results, 2);
 *
 * A batch is an element of a dataset: the first tensor goes through the model; the second is what metrics take for labels, the third,
 * where there is one, for weights. The loss gets the predictions, then the whole batch.
 *
 * Steps are compiled (function.h): the callback of the loss runs when a step is recorded, and not again for batches of the same kind.
 * What function.h says of steps holds for it: what changes from step to step must be in the batch or in a variable. A loss that reads
 * elements on the host runs as it is, without a recording.
 *
 * An error says "[fit] rule: got values; hint" with the names of the options, and "[fit] step 7, epoch 2: ..." or "[fit] element 3 of
 * 'validation': ..." for what happens on the way; errors that the program's own functions set, or ops in them, stay as they are.
 *
 * Means are weighted by the rows of batches. A schedule of the rate, accumulation, clipping and what a gradient that is not finite does
 * are the optimizer's (schedule.h, step_options.h) and work as in any loop. */
#ifndef TAPELOOP_TRAINER_H
#define TAPELOOP_TRAINER_H

#include <tapeloop/base.h>
#include <tapeloop/checkpoint.h>
#include <tapeloop/custom.h>
#include <tapeloop/data.h>
#include <tapeloop/logs.h>
#include <tapeloop/metrics.h>
#include <tapeloop/nn.h>
#include <tapeloop/optim.h>
#include <tapeloop/progress.h>
#include <tapeloop/schedule.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Why a fit ended. Append-only numbers. */
typedef int32_t tl_fit_end;
enum {
  TL_FIT_END_NONE = 0,      /**< it has not, or it failed */
  TL_FIT_END_EPOCHS = 1,    /**< all epochs are done */
  TL_FIT_END_PATIENCE = 2,  /**< what is monitored has not improved for long enough */
  TL_FIT_END_STOPPED = 3,   /**< the stop flag was set */
  TL_FIT_END_NON_FINITE = 4 /**< a loss was not finite, which the options make an end; nothing is saved */
};

/** What becomes of a fit in which the loss of a step is NaN or infinite, or in which a step fails with TL_NON_FINITE: batch normalisation
 * refuses a batch whose mean or variance is not finite, an optimizer a gradient where its option says so, and everything whatever
 * tl_context_set_non_finite_check() is to find. Such a step has changed no weight; it counts as one whose loss is NaN. Append-only
 * numbers. */
typedef int32_t tl_fit_non_finite;
enum {
  TL_FIT_NON_FINITE_ERROR = 0, /**< it fails with TL_NON_FINITE, which says in which step (default) */
  TL_FIT_NON_FINITE_STOP = 1,  /**< it ends with TL_FIT_END_NON_FINITE, behind that step */
  TL_FIT_NON_FINITE_IGNORE = 2 /**< it goes on with the next batch */
};

/** How a fit goes. Fill it with tl_fit_options_init() first. */
typedef struct tl_fit_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int64_t epochs;     /**< to train, those before a checkpoint included; 0: 1, the default */
  int64_t
      steps_per_epoch; /**< 0 (default): an epoch is one of the dataset; else so many steps, over the ends of the dataset's */
  tl_dataset *validation; /**< read from its beginning after each epoch; NULL: none (default) */
  tl_metric *const *
      metrics; /**< of one result each and of different names other than "loss", computed in training and in validation; NULL: none (default). The fit resets them */
  size_t num_metrics; /**< how many there are */
  bool eager;         /**< steps run as they are, without a recording (default false) */
  const char *
      monitor; /**< what is to improve: "train/loss", "validation/loss" or a metric's name instead of loss; NULL: the loss
                                     of validation, of training where there is none */
  bool maximize;    /**< it is to rise (default false: to fall) */
  double min_delta; /**< an improvement is by more than that, not negative (default 0) */
  int64_t patience; /**< epochs without an improvement after which the fit ends; 0: it does not (default) */
  bool
      restore_best; /**< at its end the model gets the values of its best epoch, unless it was stopped (default false) */
  tl_fit_non_finite non_finite; /**< what a loss that is not finite does (default TL_FIT_NON_FINITE_ERROR) */
  tl_schedule *
      plateau; /**< of tl_schedule_plateau(), which the optimizer follows: told what is monitored behind each epoch; its
                                     `maximize` is that of the fit; NULL: none (default) */
  tl_logger *const *
      loggers; /**< get all numbers and the learning rate of each epoch, counted from 1, and are flushed behind it; NULL: none (default) */
  size_t num_loggers;    /**< how many there are */
  tl_progress *progress; /**< shows each epoch; NULL: nothing is shown (default) */
  const char *
      checkpoints; /**< a folder: the fit goes on from its newest checkpoint, and saves after each epoch; NULL: none (default), and
                                     the options about checkpoints below mean nothing */
  int64_t checkpoint_steps; /**< saves also in the midst of an epoch, every so many steps; 0: not (default) */
  int64_t max_to_keep;      /**< as in tl_checkpoint_manager_options (default 3) */
  int64_t keep_every;       /**< as in tl_checkpoint_manager_options: of steps (default 0) */
  bool keep_best;           /**< the best by what is monitored stay instead of the newest (default false) */
  bool asynchronous;        /**< a thread writes checkpoints while the fit goes on (default false) */
  bool step_events;         /**< the callback hears of each step, too (default false) */
  const volatile int32_t *
      stop; /**< ends the fit whole before its next step when it is not 0, which any thread and any signal handler
                                     may make it, atomically; NULL: none (default) */
} tl_fit_options;

/** Sets all fields to their defaults. Pass sizeof(tl_fit_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_fit_options_init(tl_fit_options *options, size_t struct_size);

/** How far a fit is. Set struct_size first. Append-only. Numbers that are not there yet are NaN. */
typedef struct tl_fit_state {
  size_t struct_size;     /**< sizeof(tl_fit_state), set by the caller */
  tl_fit_end end;         /**< why it ended */
  int64_t epochs;         /**< epochs ended, those before a checkpoint included */
  int64_t steps;          /**< steps done, those before a checkpoint included */
  int64_t epoch_steps;    /**< of them, those of the epoch that is going on or has just ended */
  double loss;            /**< mean loss in training, of this epoch so far or of the last one */
  double validation_loss; /**< mean loss in the last validation */
  double best;            /**< the best of what is monitored */
  int64_t best_epoch;     /**< the epoch that had it, counted from 1; 0 before the first */
  int64_t waited;         /**< epochs since then */
  size_t num_metrics;     /**< entries of the following two */
  const double *metrics;  /**< in training, of the last epoch; for the callback, NULL after the fit */
  const double *
      validation_metrics; /**< in the last validation; for the callback, NULL after the fit and without validation */
  tl_checkpoint *checkpoint; /**< what is saved; for the callback, NULL after the fit */
} tl_fit_state;

/** When the callback of a fit runs, in this order: PREPARE once; EPOCH_BEGIN, STEP for each step, EPOCH_END for each epoch; END once. The bar
 * has been drawn before STEP, and the checkpoint of checkpoint_steps comes behind it. The plateau, the bar and the loggers have been told
 * before EPOCH_END, and the checkpoint of the epoch comes behind it. Before END all is saved, and the best restored; now->end says why. A fit
 * that is stopped, or ended by a loss that is not finite, in the midst of an epoch has no EPOCH_END of it; one that fails has no END, and
 * nothing comes behind the event whose callback has failed. Append-only numbers. */
typedef int32_t tl_fit_event;
enum {
  TL_FIT_EVENT_PREPARE = 1, /**< all is checked, nothing restored: the program may add to the checkpoint */
  TL_FIT_EVENT_EPOCH_BEGIN = 2, /**< an epoch begins, or goes on after a checkpoint in its midst */
  TL_FIT_EVENT_STEP = 3,        /**< a step is done; only with the option step_events */
  TL_FIT_EVENT_EPOCH_END = 4,   /**< an epoch has ended, with its validation, and will be saved now */
  TL_FIT_EVENT_END = 5          /**< the fit has ended without a failure */
};

/** Hears how a fit goes. It runs on the thread of tl_fit(), may use the context, sets the stop flag where it wants an end, and adds to the
 * checkpoint what the program changes besides (the names "model", "optimizer", "train", "random" and those that begin with "metrics/",
 * "best/" and "fit/" are taken). now and what it points to are valid during the call. What it makes belongs to the scope of the fit, and
 * ends with that unless tl_keep() and its like move it out. It cannot end what the fit stands on: tl_context_free() is TL_BUSY, and
 * tl_scope_end() TL_FAILED_PRECONDITION for a scope that it has not begun; one that it leaves open ends behind it. Objects of the fit
 * that it releases are errors where the fit needs them next. A status other than TL_OK fails the fit, with the error that is in the
 * context, or with one that says that there was none; so does an error that it leaves there with TL_OK. */
typedef tl_status (*tl_fit_callback)(tl_context *context, void *user_data, tl_fit_event event,
                                     const tl_fit_state *now);

/**
 * Trains: for each batch of train, from where it stands, the loss, its gradient for the trainable variables of the model, and a step of
 * the optimizer. A model
 * that is not built is built for the first element of a second iteration of train. loss gets the predictions and then the tensors of the
 * batch, and sets one output, a single number; it runs inside the step, whose scope ends what it makes, and can end neither the context
 * nor a scope that it has not begun. callback may be NULL. user_data (may be
 * NULL) goes to both; destroy (may be NULL) runs once, before this returns. options may be NULL for the defaults; what they name must
 * live until this returns. *state is filled, also on failure; state may be NULL. No object passes into the ownership of the fit.
 *
 * With `checkpoints` everything that the fit changes is in each checkpoint: model, optimizer, place of the dataset, random numbers, metrics,
 * what is monitored, the best values. A fit that is killed at any moment, or stopped, and called again by a program that made everything
 * in the same way, goes on with the same bits; one that had ended ends again. Its directory is that of a manager (checkpoint.h), taken
 * before the first step: TL_BUSY where another fit or manager has it, TL_IO or TL_NOT_FOUND where it cannot be written.
 *
 * Fails as a step, the callback, a log or a checkpoint does, with that error; steps and checkpoints before that have taken effect, and
 * of a step that fails no weight has changed (moving averages of batch normalisation may have, where it was not replayed). `train` then
 * stands behind the batch of that step: to try it again, go back by tl_dataset_seek(), or to a checkpoint.
 * TL_INVALID_ARGUMENT, before the first step, for options and data that make no sense: no element, no end without steps_per_epoch, a metric
 * without labels or of several results, a monitor that is none of what there is, a plateau that the optimizer does not follow
 * (tl_optimizer_check_plateau()), an object of another kind or context.
 * TL_NON_FINITE by the option non_finite: behind a step whose loss is not finite, for which tl_optimizer_configure() has a choice that
 * keeps the weights of before, or for a step that has failed so. tl_context_cancel() ends it at once, without a checkpoint. Since 0.1.
 */
TL_API tl_status tl_fit(tl_context *context, tl_layer *model, tl_optimizer *optimizer, tl_dataset *train,
                        const tl_fit_options *options, tl_compute_callback loss, tl_fit_callback callback,
                        void *user_data, tl_destroy_callback destroy, tl_fit_state *state) TL_WARN_UNUSED;

/**
 * Evaluates a model without training it: the mean loss over a dataset, which is read from its beginning to its end, to results[0], and what
 * the metrics then say behind it; num_results is num_metrics + 1. The metrics are reset before. metrics may be NULL when num_metrics is
 * 0. loss, user_data (may be NULL) and destroy (may be NULL) as in tl_fit(). A loss that is not finite is a result as any other. On
 * failure, which a dataset without elements or without an end is, all results are NaN. Since 0.1.
 * @array metrics[num_metrics], results[num_results]
 */
TL_API tl_status tl_evaluate(tl_context *context, tl_layer *model, tl_dataset *data,
                             tl_metric *const *metrics, size_t num_metrics, tl_compute_callback loss,
                             void *user_data, tl_destroy_callback destroy, double *results,
                             size_t num_results) TL_WARN_UNUSED;

/** What a model gives for the first tensors of all elements of a dataset, read from its beginning, one behind the other along the first
 * axis: a new tensor of the innermost scope. NULL on failure, which a dataset without elements or without an end is. Since 0.1. */
TL_API tl_tensor *tl_predict(tl_context *context, tl_layer *model, tl_dataset *data);

#ifdef __cplusplus
}
#endif

#endif
