/* Validation: a compiled step that trains, one that only measures, without a tape; what dropout is for shows in the curves.
 *
 *     examples/run validation [FOLDER [EPOCHS]]     writes validation.svg there; default: . 30 */
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>

#include "digits_drawing.h"

enum { TRAINING = 1000, HELD_OUT = 2000, BATCH = 50 };

typedef struct {
  tl_layer *model;
  tl_optimizer *adam;
  tl_metric *loss, *accuracy;
} trainer;

static tl_status measure(const trainer *t, tl_tensor *labels, tl_tensor *logits, tl_tensor *loss) {
  const tl_status status = tl_metric_update(t->loss, loss, NULL);
  return status == TL_OK ? tl_metric_update_predictions(t->accuracy, labels, logits, NULL) : status;
}

static tl_status train_step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  const trainer *t = user_data;
  (void)num_inputs, (void)outputs, (void)num_outputs;
  size_t n;
  tl_tensor *const *weights = tl_layer_trainable_variables(t->model, &n), *gradients[4];
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = tl_layer_call(t->model, inputs[0], true); /* with dropout */
  tl_tensor *loss = tl_loss_sparse_categorical_cross_entropy(c, inputs[1], logits, NULL);
  tl_status status = tl_tape_gradient(tape, loss, weights, n, NULL, gradients);
  if (status == TL_OK) status = tl_optimizer_apply(t->adam, gradients, weights, n);
  return status == TL_OK ? measure(t, inputs[1], logits, loss) : status;
}

static tl_status validation_step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                                 tl_tensor **outputs, size_t num_outputs) {
  const trainer *t = user_data;
  (void)num_inputs, (void)outputs, (void)num_outputs;
  tl_tensor *logits = tl_layer_call(t->model, inputs[0], false); /* without */
  return measure(t, inputs[1], logits, tl_loss_sparse_categorical_cross_entropy(c, inputs[1], logits, NULL));
}

/* All batches of an epoch through a step; a point of the curve. */
static tl_status pass(tl_function *step, tl_dataset *data, const trainer *t, tl_plot *plot, const char *curve,
                      int epoch, bool print) {
  tl_tensor *batch[2];
  tl_status status = tl_metric_reset(t->loss);
  if (status == TL_OK) status = tl_metric_reset(t->accuracy);
  while (status == TL_OK && tl_dataset_next(data, batch, 2))
    status = tl_function_call(step, batch, 2, NULL, 0);
  const double loss = tl_metric_result(t->loss), accuracy = tl_metric_result(t->accuracy);
  if (print) printf("epoch %2d, %s: loss %.6f, accuracy %.4f\n", epoch, curve, loss, accuracy);
  return status == TL_OK ? tl_plot_add(plot, curve, epoch, loss) : status;
}

static tl_status train(tl_context *c, double dropout, const char *const *curves, int epochs, tl_plot *plot) {
  tl_dataset *all = drawn(c, TL_DATA_TRAIN);
  tl_dataset *train = tl_dataset_shuffle(c, tl_dataset_take(c, all, TRAINING), 1);
  train = tl_dataset_cast(c, tl_dataset_batch(c, train, BATCH, true), 0, TL_F32, 255);
  tl_dataset *held_out = tl_dataset_take(c, tl_dataset_skip(c, all, TRAINING), HELD_OUT);
  held_out = tl_dataset_cast(c, tl_dataset_batch(c, held_out, 500, true), 0, TL_F32, 255);
  tl_dense_options hidden;
  tl_dense_options_init(&hidden, sizeof hidden);
  hidden.activation = TL_ACTIVATION_RELU;
  tl_layer *layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 128, &hidden),
                        tl_dropout_layer(c, dropout, NULL), tl_dense(c, 10, NULL)};
  trainer t = {tl_sequential(c, layers, 4), tl_adam(c, NULL), tl_metric_mean(c, NULL),
               tl_metric_sparse_categorical_accuracy(c, NULL)};
  tl_status status = tl_layer_build(t.model, (int64_t[]){BATCH, DIGIT_SIDE, DIGIT_SIDE}, 3);
  tl_function *training = tl_function_new(c, train_step, &t, NULL, NULL);
  tl_function *validation = tl_function_new(c, validation_step, &t, NULL, NULL);
  for (int epoch = 1; epoch <= epochs && status == TL_OK; epoch++) {
    const bool print = epoch % 10 == 0 || epoch == epochs;
    status = pass(training, train, &t, plot, curves[0], epoch, print);
    if (status == TL_OK) status = pass(validation, held_out, &t, plot, curves[1], epoch, print);
  }
  return status;
}

int main(int argc, char **argv) {
  const int epochs = argc > 2 ? atoi(argv[2]) : 30;
  tl_context *c = tl_context_new(NULL);
  tl_plot *plot = tl_plot_new(c, "1,000 digits, and 2,000 held out", NULL);
  tl_status status = tl_plot_set_labels(plot, "epoch", "cross-entropy");
  const char *const plain[] = {"training", "validation"};
  const char *const with_dropout[] = {"training, dropout", "validation, dropout"};
  if (status == TL_OK) status = train(c, 0, plain, epochs, plot);
  if (status == TL_OK) status = train(c, 0.5, with_dropout, epochs, plot);
  char path[4096];
  snprintf(path, sizeof path, "%s/validation.svg", argc > 1 ? argv[1] : ".");
  if (status == TL_OK) status = tl_plot_write_svg(plot, path);
  if (tl_failed(c)) fprintf(stderr, "validation: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
