/* MAML: weights from which one step of gradient descent on ten points of an unknown sine is enough (Finn and others 2017).
 *
 *     examples/run maml [FOLDER [STEPS]]     writes maml-losses.svg and maml-sine.svg there; default: . 30000
 *
 * A task is the sine of an amplitude and a phase. The tape inside takes the step of each task; the one outside differentiates through
 * all of these steps: a gradient of gradients, 25 tasks at once by tl_vmap, and the whole compiled. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>

enum { TASKS = 25, POINTS = 10, HIDDEN = 40, VARIABLES = 6, SHOWN = 101 };
static const double rate = 0.01; /* of the step inside */

typedef struct {
  tl_tensor *weights[VARIABLES];
  tl_optimizer *adam;
} learner;

/* 1-40-40-1; w holds kernels and biases in turn. */
static tl_tensor *network(tl_context *c, tl_tensor *const *w, tl_tensor *x) {
  for (int i = 0; i < 4; i += 2) x = tl_relu(c, tl_add(c, tl_matmul(c, x, w[i]), w[i + 1]));
  return tl_add(c, tl_matmul(c, x, w[4]), w[5]);
}

static tl_tensor *loss_of(tl_context *c, tl_tensor *const *w, tl_tensor *x, tl_tensor *y) {
  return tl_mean(c, tl_square(c, tl_sub(c, network(c, w, x), y)));
}

/* w less a step on these points. The weights stay as they are. */
static tl_status adapt(tl_context *c, tl_tensor *const *w, tl_tensor *x, tl_tensor *y, tl_tensor **adapted) {
  tl_tensor *gradients[VARIABLES];
  tl_tape *tape = tl_tape_begin(c, NULL);
  for (int i = 0; i < VARIABLES; i++)
    if (!tl_is_variable(w[i]) && tl_tape_watch(tape, w[i]) != TL_OK) return tl_error_code(c);
  if (tl_tape_gradient(tape, loss_of(c, w, x, y), w, VARIABLES, NULL, gradients) != TL_OK)
    return tl_error_code(c);
  for (int i = 0; i < VARIABLES; i++) adapted[i] = tl_sub(c, w[i], tl_mul_scalar(c, gradients[i], rate));
  return tl_error_code(c);
}

/* Of one task: its points, then others of the same sine, by which the step is judged -> losses of these before and after it */
static tl_status task(tl_context *c, void *user_data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                      size_t num_out) {
  tl_tensor *const *weights = user_data, *adapted[VARIABLES];
  (void)num_in, (void)num_out;
  if (adapt(c, weights, in[0], in[1], adapted) != TL_OK) return tl_error_code(c);
  out[0] = loss_of(c, weights, in[2], in[3]);
  out[1] = loss_of(c, adapted, in[2], in[3]);
  return tl_error_code(c);
}

/* -> mean losses before and after the step of each of 25 new tasks */
static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  learner *l = user_data;
  (void)inputs, (void)num_inputs, (void)num_outputs;
  const int64_t one[] = {TASKS, 1, 1}, many[] = {TASKS, POINTS, 1};
  tl_tensor *amplitude = tl_uniform_range(c, one, 3, 0.1, 5, TL_F32);
  tl_tensor *phase = tl_uniform_range(c, one, 3, 0, 3.141592653589793, TL_F32);
  tl_tensor *data[4], *losses[2], *gradients[VARIABLES];
  for (int i = 0; i < 4; i += 2) {
    data[i] = tl_uniform_range(c, many, 3, -5, 5, TL_F32);
    data[i + 1] = tl_mul(c, amplitude, tl_sin(c, tl_add(c, data[i], phase)));
  }
  tl_tape *tape = tl_tape_begin(c, NULL);
  if (tl_vmap(c, task, l->weights, NULL, data, NULL, 4, losses, 2) != TL_OK) return tl_error_code(c);
  for (int i = 0; i < 2; i++) outputs[i] = tl_mean(c, losses[i]);
  if (tl_tape_gradient(tape, outputs[1], l->weights, VARIABLES, NULL, gradients) != TL_OK)
    return tl_error_code(c);
  return tl_optimizer_apply(l->adam, gradients, l->weights, VARIABLES);
}

/* One more sine, of which the network sees ten points: what it draws before, behind one step and behind ten. */
static tl_status draw_sine(tl_context *c, const learner *l, const char *path) {
  tl_plot *plot = tl_plot_new(c, "A sine that was never seen, from ten points", NULL);
  float x[SHOWN], y[SHOWN], few_x[POINTS], few_y[POINTS];
  for (int i = 0; i < SHOWN; i++) x[i] = -5 + 0.1f * (float)i;
  tl_status status = tl_plot_set_labels(plot, "x", "y");
  for (int i = 0; i < SHOWN && status == TL_OK; i++)
    status = tl_plot_add(plot, "sine", x[i], 4 * sin(x[i] + 2.5));
  for (int i = 0; i < POINTS && status == TL_OK; i++) {
    few_x[i] = -4.5f + (float)i, few_y[i] = 4 * sinf(few_x[i] + 2.5f);
    status = tl_plot_add(plot, "its points", few_x[i], few_y[i]);
    if (status == TL_OK) status = tl_plot_add(plot, "its points", NAN, NAN); /* no line between them */
  }
  tl_tensor *all = tl_tensor_new(c, TL_F32, (int64_t[]){SHOWN, 1}, 2, x, sizeof x), *w[VARIABLES];
  tl_tensor *some_x = tl_tensor_new(c, TL_F32, (int64_t[]){POINTS, 1}, 2, few_x, sizeof few_x);
  tl_tensor *some_y = tl_tensor_new(c, TL_F32, (int64_t[]){POINTS, 1}, 2, few_y, sizeof few_y);
  for (int i = 0; i < VARIABLES; i++) w[i] = l->weights[i];
  for (int steps = 0; steps <= 10 && status == TL_OK; steps++) {
    const char *name = steps == 0 ? "before" : steps == 1 ? "one step" : steps == 10 ? "ten steps" : NULL;
    if (name) status = tl_tensor_read(network(c, w, all), y, sizeof y);
    for (int i = 0; name && i < SHOWN && status == TL_OK; i++) status = tl_plot_add(plot, name, x[i], y[i]);
    if (name) printf("%s: loss %.6f\n", name, tl_tensor_item(loss_of(c, w, some_x, some_y)));
    if (status == TL_OK) status = adapt(c, w, some_x, some_y, w);
  }
  return status == TL_OK ? tl_plot_write_svg(plot, path) : status;
}

static tl_status train(tl_context *c, const char *folder, int steps) {
  const int64_t sizes[] = {1, HIDDEN, HIDDEN, 1};
  learner l = {.adam = tl_adam(c, NULL)};
  for (int i = 0; i < VARIABLES; i += 2) {
    tl_tensor *kernel = tl_initialize(c, TL_F32, sizes + i / 2, 2, TL_INITIALIZER_HE_NORMAL, 0);
    l.weights[i] = tl_variable_new(c, kernel, "kernel", true);
    l.weights[i + 1] = tl_variable_new(c, tl_full(c, sizes + i / 2 + 1, 1, 0, TL_F32), "bias", true);
  }
  tl_function *compiled = tl_function_new(c, step, &l, NULL, NULL);
  tl_plot_options options;
  tl_plot_options_init(&options, sizeof options);
  options.log_y = true;
  tl_plot *plot = tl_plot_new(c, "New sines before and after one step", &options);
  tl_metric *before = tl_metric_mean(c, NULL), *after = tl_metric_mean(c, NULL);
  tl_status status = tl_plot_set_labels(plot, "meta-step", "mean squared error");
  for (int i = 1; i <= steps && status == TL_OK; i++) {
    tl_tensor *losses[2];
    tl_scope_begin(c);
    status = tl_function_call(compiled, NULL, 0, losses, 2);
    if (status == TL_OK) status = tl_metric_update(before, losses[0], NULL);
    if (status == TL_OK) status = tl_metric_update(after, losses[1], NULL);
    tl_scope_end(c);
    if (i % 100 || status != TL_OK) continue;
    status = tl_plot_add(plot, "before", i, tl_metric_result(before));
    if (status == TL_OK) status = tl_plot_add(plot, "after", i, tl_metric_result(after));
    if (i % 5000 == 0)
      printf("step %d: before %.6f, after %.6f\n", i, tl_metric_result(before), tl_metric_result(after));
    if (status == TL_OK) status = tl_metric_reset(before);
    if (status == TL_OK) status = tl_metric_reset(after);
  }
  char path[4096];
  snprintf(path, sizeof path, "%s/maml-losses.svg", folder);
  if (status == TL_OK) status = tl_plot_write_svg(plot, path);
  snprintf(path, sizeof path, "%s/maml-sine.svg", folder);
  return status == TL_OK ? draw_sine(c, &l, path) : status;
}

int main(int argc, char **argv) {
  tl_context *c = tl_context_new(NULL);
  const tl_status status = train(c, argc > 1 ? argv[1] : ".", argc > 2 ? atoi(argv[2]) : 30000);
  if (tl_failed(c)) fprintf(stderr, "maml: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
