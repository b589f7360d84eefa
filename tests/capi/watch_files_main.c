/* Writes a file of each kind that a program makes to be looked at, for tests/io/files_test.py, which knows what must stand in them:
 *
 *   capi_watch_files FOLDER
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

static const char *folder;

/* One text at a time. */
static const char *in_folder(const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void check(tl_status status, const char *what) {
  if (status == TL_OK) return;
  fprintf(stderr, "%s: %s\n", what, tl_status_name(status));
  exit(1);
}

static void scalars(tl_logger *log) {
  for (int64_t step = 0; step < 5; step++) {
    check(tl_logger_scalar(log, step, "train/loss",
                           step == 2   ? NAN
                           : step == 3 ? -INFINITY
                                       : 1.0 / (double)(step + 1)),
          "loss");
    if (step >= 3) check(tl_logger_scalar(log, step, "late, \"quoted\"", 0.1 * (double)step), "late");
  }
}

static tl_tensor *ramp(tl_context *c, const int64_t *dims, size_t rank) {
  int64_t count = 1;
  for (size_t i = 0; i < rank; i++) count *= dims[i];
  unsigned char *bytes = malloc((size_t)count);
  for (int64_t i = 0; i < count; i++) bytes[i] = (unsigned char)(i * 7);
  tl_tensor *t = tl_tensor_new(c, TL_U8, dims, rank, bytes, (size_t)count);
  free(bytes);
  return t;
}

static void logs(tl_context *c) {
  tl_logger *csv = tl_logger_csv(c, in_folder("run.csv"), false);
  scalars(csv);
  check(tl_logger_flush(csv), "csv");
  tl_logger_release(csv);
  csv = tl_logger_csv(c, in_folder("run.csv"), true); /* goes on, with a new column */
  check(tl_logger_scalar(csv, 5, "more", 1e-300), "more");
  check(tl_logger_scalar(csv, 5, "train/loss", 7), "loss");
  tl_logger_release(csv); /* writes what waits */

  tl_logger *both[] = {tl_logger_json_lines(c, in_folder("run.jsonl"), false),
                       tl_logger_tensorboard(c, in_folder("tb/run"))};
  const float spread[] = {-1, 0, 0.5f, 1, 1, NAN, INFINITY};
  tl_tensor *numbers = tl_tensor_new(c, TL_F32, (int64_t[]){7}, 1, spread, sizeof spread);
  for (int i = 0; i < 2; i++) {
    scalars(both[i]);
    check(tl_logger_text(both[i], 5, "words", "a \"b\"\n\x01 caf\xc3\xa9"), "text");
    check(tl_logger_histogram(both[i], 6, "spread", numbers), "histogram");
    check(tl_logger_histogram(both[i], 7, "same", tl_full(c, (int64_t[]){4}, 1, 3, TL_I32)), "histogram");
    check(tl_logger_histogram(both[i], 8, "none", tl_full(c, (int64_t[]){2}, 1, NAN, TL_F32)), "histogram");
  }
  check(tl_logger_image(both[1], 9, "ramp", ramp(c, (int64_t[]){5, 4, 3}, 3)), "image");
  check(tl_logger_flush(both[0]), "flush");
  check(tl_logger_flush(both[1]), "flush");
}

static void plots(tl_context *c) {
  tl_plot *plot = tl_plot_new(c, "loss < 1 & \"more\"", NULL);
  check(tl_plot_set_labels(plot, "epoch", "loss"), "labels");
  const double gaps[] = {1, 2, NAN, 4, INFINITY, 3};
  check(tl_plot_add_many(plot, "gaps", NULL, gaps, 6), "gaps");
  check(tl_plot_add_many(plot, "nothing", NULL, NULL, 0), "nothing");
  for (int i = 0; i < 100000; i++) check(tl_plot_add(plot, "many", 5.0 * i / 99999, 2 + sin(i)), "many");
  check(tl_plot_write_svg(plot, in_folder("loss.svg")), "svg");

  tl_plot_options o;
  tl_plot_options_init(&o, sizeof o);
  o.log_y = true;
  o.smoothing = 0.5;
  plot = tl_plot_new(c, NULL, &o);
  const double x[] = {0, 1, 2, 3, 4}, y[] = {1, 0, 100, -5, 10000};
  check(tl_plot_add_many(plot, "decades", x, y, 5), "decades");
  check(tl_plot_write_svg(plot, in_folder("log.svg")), "svg");

  check(tl_write_png(ramp(c, (int64_t[]){3, 5}, 2), in_folder("grey.png")), "png");
  check(tl_write_png(ramp(c, (int64_t[]){3, 5, 3}, 3), in_folder("rgb.png")), "png");
  check(tl_write_png(ramp(c, (int64_t[]){3, 5, 4}, 3), in_folder("rgba.png")), "png");
  const float shades[] = {-1, 0, 0.5f, 1, 2, NAN};
  check(tl_write_png(tl_tensor_new(c, TL_F32, (int64_t[]){2, 3}, 2, shades, sizeof shades),
                     in_folder("shades.png")),
        "png");
  tl_image_grid_options g;
  tl_image_grid_options_init(&g, sizeof g);
  g.columns = 3;
  g.padding = 1;
  g.scale = 2;
  g.background = 1;
  tl_tensor *images = ramp(c, (int64_t[]){5, 2, 3}, 3);
  check(tl_write_png(tl_image_grid(c, images, &g), in_folder("grid.png")), "grid");
  const int32_t labels[] = {3, 1, 4, 1, 5};
  tl_tensor *captions = tl_tensor_new(c, TL_I32, (int64_t[]){5}, 1, labels, sizeof labels);
  check(tl_write_image_svg(images, captions, "digits", NULL, in_folder("digits.svg")), "images");
}

/* mean((relu(x w + b) - y)^2), its gradient, a step of SGD. */
typedef struct {
  tl_layer *model;
  tl_optimizer *sgd;
} trainer;

static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  const trainer *t = user_data;
  tl_tensor *gradients[4];
  (void)num_inputs;
  (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  outputs[0] = tl_mean(c, tl_square(c, tl_sub(c, tl_layer_call(t->model, inputs[0], true), inputs[1])));
  size_t count;
  tl_tensor *const *weights = tl_layer_trainable_variables(t->model, &count);
  if (tl_tape_gradient(tape, outputs[0], weights, count, NULL, gradients) == TL_OK)
    (void)!tl_optimizer_apply(t->sgd, gradients, weights, count);
  return tl_error_code(c);
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(in_folder(name), "w");
  if (!file || fputs(text, file) < 0 || fclose(file) != 0) exit(1);
}

static void traces(tl_context *c) {
  static char graph[1 << 16];
  tl_layer *hidden[] = {tl_dense(c, 8, NULL), tl_activation_layer(c, TL_ACTIVATION_RELU, NULL)};
  tl_layer *layers[] = {tl_flatten_layer(c, NULL), tl_sequential_named(c, hidden, 2, "hidden \"part\""),
                        tl_dense(c, 1, NULL)};
  trainer t = {tl_sequential(c, layers, 3), tl_sgd(c, NULL)};
  tl_tensor *inputs[] = {tl_uniform(c, (int64_t[]){4, 2, 3}, 3), tl_ones(c, (int64_t[]){4, 1}, 2)},
            *loss = NULL;
  tl_function *f = tl_function_new(c, step, &t, NULL, NULL);
  tl_trace *trace = tl_trace_start(c, NULL);
  for (int i = 0; i < 3; i++) {
    check(tl_trace_begin_span(trace, "step"), "span");
    check(tl_function_call(f, inputs, 2, &loss, 1), "call");
    check(tl_trace_counter(trace, "loss", tl_tensor_item(loss)), "counter");
    check(tl_trace_end_span(trace), "span");
  }
  check(tl_trace_counter(trace, "nothing", NAN), "counter");
  check(tl_trace_stop(trace), "stop");
  tl_relu(c, loss); /* not traced any more */
  check(tl_trace_write(trace, in_folder("trace.json")), "write");

  check(tl_function_dot(f, graph, sizeof graph, NULL), "plan");
  write_text("plan.dot", graph);
  check(tl_layer_dot(t.model, graph, sizeof graph, NULL), "model");
  write_text("model.dot", graph);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *w = tl_variable_new(c, tl_ones(c, (int64_t[]){2}, 1), "w \"quoted\"", true),
            *x = tl_ones(c, (int64_t[]){2}, 1);
  check(tl_tape_watch(tape, x), "watch");
  tl_sum(c, tl_add(c, tl_mul(c, w, x), tl_mul(c, w, tl_full(c, (int64_t[]){2}, 1, 3, TL_F32))));
  check(tl_tape_dot(tape, graph, sizeof graph, NULL), "tape");
  write_text("tape.dot", graph);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  folder = argv[1];
  tl_context *c = tl_context_new(NULL);
  logs(c);
  plots(c);
  traces(c);
  if (tl_failed(c)) return fprintf(stderr, "%s\n", tl_error_message(c)), 1;
  return tl_context_free(c) != TL_OK;
}
