/* Digits by the optional trainer: validation, early stopping, the best weights, checkpoints. Ctrl-C stops it whole; run again, it goes
 * on with the same bits, as it does after kill -9.
 *
 *     examples/run trainer [FOLDER]     where the checkpoints are; default: checkpoints */
#include <signal.h>
#include <stdio.h>
#include <tapeloop/tapeloop.h>

#include "digits_drawing.h"

static volatile int32_t stop;

static void on_signal(int number) {
  (void)number;
  stop = 1; /* the fit ends before its next step, with a checkpoint */
}

/* in: what the model gives, then the batch: images, labels. */
static tl_status cross_entropy(tl_context *c, void *user_data, tl_tensor *const *in, size_t num_in,
                               tl_tensor **out, size_t num_out) {
  (void)user_data, (void)num_in, (void)num_out;
  out[0] = tl_loss_sparse_categorical_cross_entropy(c, in[2], in[0], NULL);
  return TL_OK;
}

static tl_status show(tl_context *c, void *user_data, tl_fit_event event, const tl_fit_state *now) {
  (void)c, (void)user_data;
  if (event == TL_FIT_EVENT_EPOCH_END)
    printf("epoch %d: loss %.6f, accuracy %.4f; held out: loss %.6f, accuracy %.4f\n", (int)now->epochs,
           now->loss, now->metrics[0], now->validation_loss, now->validation_metrics[0]);
  fflush(stdout);
  return TL_OK;
}

int main(int argc, char **argv) {
  signal(SIGINT, on_signal);
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = 1;
  tl_context *c = tl_context_new(&options);
  tl_dataset *all = drawn(c, TL_DATA_TRAIN);
  tl_dataset *train = tl_dataset_shuffle(c, tl_dataset_take(c, all, 3000), 1);
  train = tl_dataset_cast(c, tl_dataset_batch(c, train, 64, false), 0, TL_F32, 255);
  tl_dataset *held_out = tl_dataset_take(c, tl_dataset_skip(c, all, 3000), 1000);
  held_out = tl_dataset_cast(c, tl_dataset_batch(c, held_out, 500, false), 0, TL_F32, 255);
  tl_dataset *test =
      tl_dataset_cast(c, tl_dataset_batch(c, drawn(c, TL_DATA_TEST), 500, false), 0, TL_F32, 255);

  tl_dense_options hidden;
  tl_dense_options_init(&hidden, sizeof hidden);
  hidden.activation = TL_ACTIVATION_RELU;
  tl_layer *layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 64, &hidden), tl_dropout_layer(c, 0.2, NULL),
                        tl_dense(c, 10, NULL)};
  tl_layer *model = tl_sequential(c, layers, 4);
  tl_adam_options rate;
  tl_adam_options_init(&rate, sizeof rate);
  rate.learning_rate = 0.004;
  tl_optimizer *adam = tl_adam(c, &rate);
  tl_metric *accuracy = tl_metric_sparse_categorical_accuracy(c, "accuracy");

  tl_fit_options o;
  tl_fit_options_init(&o, sizeof o);
  o.epochs = 40;
  o.validation = held_out;
  o.metrics = &accuracy;
  o.num_metrics = 1;
  o.monitor = "validation/loss";
  o.patience = 3;
  o.min_delta = 0.002;
  o.restore_best = true;
  o.checkpoints = argc > 1 ? argv[1] : "checkpoints";
  o.asynchronous = true;
  o.stop = &stop;
  tl_fit_state how = {.struct_size = sizeof how};
  double results[2];
  tl_status status = tl_fit(c, model, adam, train, &o, cross_entropy, show, NULL, NULL, &how);
  if (status == TL_OK && how.end == TL_FIT_END_STOPPED)
    printf("stopped in epoch %d\n", (int)how.epochs + 1);
  else if (status == TL_OK) {
    status = tl_evaluate(c, model, test, &accuracy, 1, cross_entropy, NULL, NULL, results, 2);
    printf("the best of %d epochs is %d; test: loss %.6f, accuracy %.4f\n", (int)how.epochs,
           (int)how.best_epoch, results[0], results[1]);
  }
  const bool failed = status != TL_OK || tl_failed(c);
  if (failed) fprintf(stderr, "trainer: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || failed;
}
