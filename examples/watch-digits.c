/* Trains the digit classifier as a compiled step, and writes what people look at: logs, curves, digits, a trace, a graph. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tapeloop/tapeloop.h>
#include <unistd.h>

#include "digits_drawing.h"

typedef struct {
  tl_layer* model;
  tl_optimizer* adam;
} trainer;

static const char* folder = "watch-digits-out";

/* A path in the folder; one at a time. */
static const char* in_folder(const char* name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* images, labels -> loss */
static tl_status step(tl_context* c, void* user_data, tl_tensor* const* inputs, size_t num_inputs,
                      tl_tensor** outputs, size_t num_outputs) {
  const trainer* t = user_data;
  tl_tensor* gradients[4];
  (void)num_inputs, (void)num_outputs;
  tl_tape* tape = tl_tape_begin(c, NULL);
  tl_tensor* logits = tl_layer_call(t->model, inputs[0], true);
  tl_tensor* loss = tl_loss_sparse_categorical_cross_entropy(c, inputs[1], logits, NULL);
  tl_tensor* const* weights = tl_layer_trainable_variables(t->model, NULL);
  if (tl_tape_gradient(tape, loss, weights, 4, NULL, gradients) == TL_OK &&
      tl_optimizer_apply(t->adam, gradients, weights, 4) == TL_OK)
    outputs[0] = loss;
  return tl_error_code(c);
}

/* The accuracy on a dataset; a number of any kind with an error in the context. */
static double test_accuracy(tl_context* c, tl_layer* model, tl_dataset* test, tl_metric* accuracy) {
  tl_tensor* batch[2];
  tl_status status = tl_metric_reset(accuracy);
  while (status == TL_OK && tl_dataset_next(test, batch, 2)) {
    tl_scope_begin(c);
    tl_tensor* logits = tl_layer_call(model, batch[0], false);
    status = tl_metric_update_predictions(accuracy, batch[1], logits, NULL);
    tl_scope_end(c);
  }
  return tl_metric_result(accuracy);
}

/* The first test digits with what the model takes them for, as PNG, as SVG, and into TensorBoard. */
static tl_status show_digits(tl_context* c, tl_layer* model, tl_dataset* test, tl_logger* board) {
  tl_image_grid_options large;
  tl_image_grid_options_init(&large, sizeof large);
  large.columns = 10, large.scale = 2;
  tl_dataset* some = tl_dataset_batch(c, tl_dataset_take(c, test, 60), 60, false);
  tl_tensor* batch[2];
  if (!tl_dataset_next(some, batch, 2)) return tl_error_code(c);
  tl_tensor* unit = tl_mul_scalar(c, tl_cast(c, batch[0], TL_F32), 1.0 / 255);
  tl_tensor* found = tl_argmax_axes(c, tl_layer_call(model, unit, false), (int64_t[]){1}, 1, false);
  tl_tensor* grid = tl_image_grid(c, batch[0], &large);
  tl_status status = tl_write_png(grid, in_folder("digits.png"));
  if (status == TL_OK)
    status = tl_write_image_svg(batch[0], found, "test digits, and what they are taken for", &large,
                                in_folder("digits.svg"));
  return status == TL_OK ? tl_logger_image(board, 0, "test digits", grid) : status;
}

static tl_status write_graph(tl_layer* model) {
  static char graph[1 << 14];
  tl_status status = tl_layer_dot(model, graph, sizeof graph, NULL);
  FILE* file = status == TL_OK ? fopen(in_folder("model.dot"), "w") : NULL;
  if (file && (fputs(graph, file) < 0) + fclose(file) == 0) return TL_OK;
  return status == TL_OK ? TL_IO : status;
}

int main(int argc, char** argv) {
  int epochs = 6;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--out")) folder = argv[i + 1];
    if (!strcmp(argv[i], "--epochs")) epochs = atoi(argv[i + 1]);
  }
  (void)mkdir(folder, 0777);
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = 1;
  tl_context* c = tl_context_new(&options);
  tl_dataset* train = tl_dataset_batch(c, tl_dataset_shuffle(c, drawn(c, TL_DATA_TRAIN), 1), 32, true);
  tl_dataset *drawn_test = drawn(c, TL_DATA_TEST), *test = tl_dataset_batch(c, drawn_test, 500, false);
  train = tl_dataset_cast(c, train, 0, TL_F32, 255);
  test = tl_dataset_cast(c, test, 0, TL_F32, 255);
  tl_layer* layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 128, NULL),
                        tl_activation_layer(c, TL_ACTIVATION_RELU, NULL), tl_dropout_layer(c, 0.2, NULL),
                        tl_dense(c, 10, NULL)};
  trainer t = {tl_sequential(c, layers, sizeof layers / sizeof *layers), tl_adam(c, NULL)};
  tl_function* compiled = tl_function_new(c, step, &t, NULL, NULL);
  tl_metric *losses = tl_metric_mean(c, NULL), *accuracy = tl_metric_sparse_categorical_accuracy(c, NULL);

  tl_progress_options look;
  tl_progress_options_init(&look, sizeof look);
  look.descriptor = 2; /* standard error */
  tl_progress* bar = tl_progress_new(c, &look);
  tl_logger *table = tl_logger_csv(c, in_folder("run.csv"), false), *board = tl_logger_tensorboard(c, folder);
  tl_plot_options smooth;
  tl_plot_options_init(&smooth, sizeof smooth);
  smooth.log_y = true, smooth.smoothing = 0.95;
  tl_plot* curves = tl_plot_new(c, "digits: loss of each step", &smooth);
  tl_trace* trace = tl_trace_start(c, NULL);
  tl_status status = tl_plot_set_labels(curves, "step", "cross-entropy");
  tl_tensor *batch[2], *loss;
  int64_t steps = 0;

  for (int epoch = 1; epoch <= epochs && status == TL_OK; epoch++) {
    char label[32];
    snprintf(label, sizeof label, "epoch %d/%d", epoch, epochs);
    status = tl_progress_start(bar, tl_dataset_size(train), label);
    while (status == TL_OK && tl_dataset_next(train, batch, 2)) {
      tl_scope_begin(c);
      status = tl_function_call(compiled, batch, 2, &loss, 1);
      if (status == TL_OK) status = tl_metric_update(losses, loss, NULL);
      if (status == TL_OK) status = tl_plot_add(curves, "training", (double)++steps, tl_tensor_item(loss));
      if (status == TL_OK && steps == 20) status = tl_trace_stop(trace); /* enough to look at */
      if (status == TL_OK && tl_progress_due(bar))
        status = tl_progress_value(bar, "loss", tl_metric_result(losses));
      if (status == TL_OK) status = tl_progress_update(bar, tl_dataset_position(train));
      tl_scope_end(c);
    }
    const double mean = tl_metric_result(losses), share = test_accuracy(c, t.model, test, accuracy);
    tl_logger* logs[] = {table, board};
    for (int i = 0; i < 2 && status == TL_OK; i++) {
      status = tl_logger_scalar(logs[i], epoch, "train/loss", mean);
      if (status == TL_OK) status = tl_logger_scalar(logs[i], epoch, "test/accuracy", share);
    }
    tl_tensor* const* weights = tl_layer_trainable_variables(t.model, NULL);
    if (status == TL_OK) status = tl_logger_histogram(board, epoch, "weights/first", weights[0]);
    if (status == TL_OK) status = tl_progress_value(bar, "loss", mean);
    if (status == TL_OK) status = tl_progress_value(bar, "test accuracy", share);
    if (status == TL_OK) status = tl_progress_finish(bar);
    if (status == TL_OK) status = tl_metric_reset(losses);
  }
  if (status == TL_OK) status = tl_logger_flush(table);
  if (status == TL_OK) status = tl_plot_write_svg(curves, in_folder("loss.svg"));
  if (status == TL_OK) status = tl_write_png(tl_plot_image(curves), in_folder("loss.png"));
  if (status == TL_OK) status = tl_trace_write(trace, in_folder("trace.json"));
  if (status == TL_OK) status = write_graph(t.model);
  if (status == TL_OK) status = show_digits(c, t.model, drawn_test, board);
  if (status != TL_OK || tl_failed(c)) {
    fprintf(stderr, "watch-digits: %s\n", tl_failed(c) ? tl_error_message(c) : "cannot write model.dot");
    return (void)!tl_context_free(c), 1;
  }
  printf("test accuracy: %.4f\n", tl_metric_result(accuracy));
  printf("in %s: run.csv, events for TensorBoard, loss and digits as .svg and .png, model.dot, trace.json\n",
         folder);
  return tl_context_free(c) != TL_OK;
}
