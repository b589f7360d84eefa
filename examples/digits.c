/* Trains a digit classifier, 784-128-10, in a loop of its own: data, tape, Adam, metrics, progress. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>
#include <unistd.h>

#include "digits_drawing.h"

static tl_status show(tl_progress* bar, tl_metric* losses, tl_metric* accuracy) {
  tl_status status = tl_progress_value(bar, "loss", tl_metric_result(losses));
  return status == TL_OK ? tl_progress_value(bar, "accuracy", tl_metric_result(accuracy)) : status;
}

int main(int argc, char** argv) {
  enum { DATA, EPOCHS, BATCH, SEED, THREADS, RATE, PRECISION };
  struct option known[] = {{"data", 1, 0, 0},      {"epochs", 1, 0, 0},  {"batch", 1, 0, 0},
                           {"seed", 1, 0, 0},      {"threads", 1, 0, 0}, {"lr", 1, 0, 0},
                           {"precision", 1, 0, 0}, {0, 0, 0, 0}};
  double number[] = {0, 12, 32, 1, 0, 0.002, 4};
  char *dir = NULL, *rest = "";
  for (int which, code; (code = getopt_long(argc, argv, "", known, &which)) != -1;) {
    if (code == 0 && which == DATA) dir = optarg;
    if (code == 0 && which != DATA) number[which] = strtod(optarg, &rest);
    if (code != 0 || *rest)
      return fputs("--data DIR --epochs N --batch N --seed N --threads N --lr X --precision N\n", stderr), 2;
  }
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = (uint64_t)number[SEED], options.threads = (int32_t)number[THREADS];
  tl_context* c = tl_context_new(&options);
  tl_dataset* train = dir ? tl_dataset_from_idx_folder(c, dir, TL_DATA_TRAIN, 0) : drawn(c, TL_DATA_TRAIN);
  tl_dataset* test = dir ? tl_dataset_from_idx_folder(c, dir, TL_DATA_TEST, 0) : drawn(c, TL_DATA_TEST);
  train = tl_dataset_batch(c, tl_dataset_shuffle(c, train, options.seed), (int64_t)number[BATCH], false);
  train = tl_dataset_cast(c, train, 0, TL_F32, 255); /* bytes to numbers in [0, 1] */
  test = tl_dataset_cast(c, tl_dataset_batch(c, test, 500, false), 0, TL_F32, 255);

  tl_layer* layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 128, NULL),
                        tl_activation_layer(c, TL_ACTIVATION_RELU, NULL), tl_dropout_layer(c, 0.2, NULL),
                        tl_dense(c, 10, NULL)};
  tl_layer* model = tl_sequential(c, layers, sizeof layers / sizeof *layers);
  tl_optimizer* adam = tl_adam(c, NULL);
  tl_metric *losses = tl_metric_mean(c, NULL), *accuracy = tl_metric_sparse_categorical_accuracy(c, NULL);
  tl_status status = tl_optimizer_set_learning_rate(adam, number[RATE]);
  tl_tensor *batch[2], *gradients[4];
  tl_progress_options look;
  tl_progress_options_init(&look, sizeof look);
  look.descriptor = 1, look.digits = (int32_t)number[PRECISION];
  look.no_times = !isatty(1); /* in a file, what two runs have in common */
  tl_progress* bar = tl_progress_new(c, &look);
  char label[32];

  for (int epoch = 1; epoch <= number[EPOCHS] && status == TL_OK; epoch++) {
    snprintf(label, sizeof label, "epoch %d", epoch);
    if (tl_progress_start(bar, tl_dataset_size(train), label) != TL_OK) break;
    while (tl_dataset_next(train, batch, 2)) {
      tl_scope_begin(c);
      tl_tape* tape = tl_tape_begin(c, NULL);
      tl_tensor* logits = tl_layer_call(model, batch[0], true);
      tl_tensor* loss = tl_loss_sparse_categorical_cross_entropy(c, batch[1], logits, NULL);
      tl_tensor* const* weights = tl_layer_trainable_variables(model, NULL);
      if (tl_tape_gradient(tape, loss, weights, 4, NULL, gradients) == TL_OK &&
          tl_optimizer_apply(adam, gradients, weights, 4) == TL_OK &&
          tl_metric_update(losses, loss, NULL) == TL_OK &&
          tl_metric_update_predictions(accuracy, batch[1], logits, NULL) == TL_OK &&
          (!tl_progress_due(bar) || show(bar, losses, accuracy) == TL_OK))
        status = tl_progress_update(bar, tl_dataset_position(train));
      tl_scope_end(c);
    }
    if (show(bar, losses, accuracy) != TL_OK || tl_progress_finish(bar) != TL_OK) break;
    double rate = number[RATE] * (1 - epoch / number[EPOCHS]); /* of the next epoch */
    if (tl_metric_reset(losses) != TL_OK || tl_metric_reset(accuracy) != TL_OK) break;
    status = tl_optimizer_set_learning_rate(adam, rate);
  }
  while (tl_dataset_next(test, batch, 2)) {
    tl_scope_begin(c);
    status = tl_metric_update_predictions(accuracy, batch[1], tl_layer_call(model, batch[0], false), NULL);
    tl_scope_end(c);
  }
  bool failed = tl_failed(c);
  if (failed) fprintf(stderr, "digits: %s\n", tl_error_message(c));
  if (!failed) printf("test accuracy: %.4f\n", tl_metric_result(accuracy));
  return tl_context_free(c) != TL_OK || failed;
}
