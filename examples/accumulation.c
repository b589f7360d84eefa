/* Gradient accumulation: eight batches of 8 are one step of 64, by hand and as an option of the optimizer.
 *
 *     examples/run accumulation [FOLDER [STEPS]]     writes accumulation.svg there; default: . 400 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>

enum { POINTS = 512, LARGE = 64, SMALL = 8, PARTS = LARGE / SMALL, VARIABLES = 4 };
typedef enum { LARGE_BATCHES, BY_HAND, BY_OPTIMIZER, SMALL_BATCHES, WAYS } way;
static const char *const names[WAYS] = {"batches of 64", "8 x 8, by hand", "8 x 8, optimizer",
                                        "batches of 8"};

static tl_tensor *loss_of(tl_context *c, tl_layer *model, tl_tensor *const *data) {
  return tl_loss_mean_squared_error(c, data[1], tl_layer_call(model, data[0], true), NULL);
}

/* A step on rows [begin, end) of the data, or the addition of its gradients to *sums and no step. */
static tl_status learn(tl_context *c, tl_layer *model, tl_optimizer *adam, tl_tensor *const *data,
                       int64_t begin, int64_t end, tl_tensor **sums) {
  tl_tensor *gradients[VARIABLES], *const *weights = tl_layer_trainable_variables(model, NULL);
  tl_tensor *batch[] = {tl_slice(c, data[0], (int64_t[]){begin, 0}, 2, (int64_t[]){end, 1}, 2),
                        tl_slice(c, data[1], (int64_t[]){begin, 0}, 2, (int64_t[]){end, 1}, 2)};
  tl_tape *tape = tl_tape_begin(c, NULL);
  if (tl_tape_gradient(tape, loss_of(c, model, batch), weights, VARIABLES, NULL, gradients) != TL_OK)
    return tl_error_code(c);
  if (!sums) return tl_optimizer_apply(adam, gradients, weights, VARIABLES);
  for (int i = 0; i < VARIABLES; i++) sums[i] = sums[i] ? tl_add(c, sums[i], gradients[i]) : gradients[i];
  return tl_error_code(c);
}

/* Trains a new network; the loss on all data at the end. */
static double train(tl_context *c, way how, int steps, tl_tensor *const *data, tl_plot *plot) {
  tl_dense_options hidden, last;
  tl_dense_options_init(&hidden, sizeof hidden), tl_dense_options_init(&last, sizeof last);
  hidden.activation = TL_ACTIVATION_TANH, hidden.dtype = last.dtype = TL_F64;
  tl_layer *model = tl_sequential(c, (tl_layer *[]){tl_dense(c, 32, &hidden), tl_dense(c, 1, &last)}, 2);
  tl_optimizer *adam = tl_adam(c, NULL);
  tl_status status = tl_context_set_seed(c, 1); /* the same first weights */
  if (status == TL_OK) status = tl_layer_build(model, (int64_t[]){SMALL, 1}, 2);
  if (status == TL_OK) status = tl_optimizer_set_learning_rate(adam, 0.005);
  tl_step_options options;
  tl_step_options_init(&options, sizeof options);
  if (how == BY_OPTIMIZER) options.gradient_accumulation_steps = PARTS;
  if (status == TL_OK) status = tl_optimizer_configure(adam, &options);
  tl_tensor *const *weights = tl_layer_trainable_variables(model, NULL);
  double loss = NAN;

  for (int step = 0; step < steps && status == TL_OK; step++) {
    const int64_t first = step * LARGE % POINTS;
    tl_scope_begin(c);
    tl_tensor *sums[VARIABLES] = {NULL};
    if (how == LARGE_BATCHES) status = learn(c, model, adam, data, first, first + LARGE, NULL);
    for (int64_t at = first; how != LARGE_BATCHES && at < first + LARGE && status == TL_OK; at += SMALL)
      status = learn(c, model, adam, data, at, at + SMALL, how == BY_HAND ? sums : NULL);
    for (int i = 0; how == BY_HAND && i < VARIABLES; i++) sums[i] = tl_mul_scalar(c, sums[i], 1.0 / PARTS);
    if (how == BY_HAND && status == TL_OK) status = tl_optimizer_apply(adam, sums, weights, VARIABLES);
    loss = tl_tensor_item(loss_of(c, model, data));
    if (status == TL_OK && step % 3 == 0) status = tl_plot_add(plot, names[how], step * LARGE, loss);
    tl_scope_end(c);
  }
  return status == TL_OK ? loss : NAN;
}

int main(int argc, char **argv) {
  const int steps = argc > 2 ? atoi(argv[2]) : 400;
  tl_context *c = tl_context_new(NULL);
  tl_tensor *x = tl_uniform_range(c, (int64_t[]){POINTS, 1}, 2, -3, 3, TL_F64);
  tl_tensor *noise = tl_normal_with(c, (int64_t[]){POINTS, 1}, 2, 0, 0.3, TL_F64);
  tl_tensor *data[] = {x, tl_add(c, tl_sin(c, x), noise)};
  tl_plot_options options;
  tl_plot_options_init(&options, sizeof options);
  options.log_y = true;
  tl_plot *plot = tl_plot_new(c, "A noisy sine: the first three curves are one", &options);
  tl_status status = tl_plot_set_labels(plot, "examples seen", "mean squared error on all data");
  double loss[WAYS] = {0};
  for (way how = 0; how < WAYS && status == TL_OK; how++) {
    loss[how] = train(c, how, steps, data, plot);
    status = tl_error_code(c);
    printf("%s: loss %.9f\n", names[how], loss[how]);
  }
  char path[4096];
  snprintf(path, sizeof path, "%s/accumulation.svg", argc > 1 ? argv[1] : ".");
  if (status == TL_OK) status = tl_plot_write_svg(plot, path);
  if (tl_failed(c)) fprintf(stderr, "accumulation: %s\n", tl_error_message(c));
  const double apart =
      fmax(fabs(loss[BY_HAND] - loss[LARGE_BATCHES]), fabs(loss[BY_OPTIMIZER] - loss[LARGE_BATCHES]));
  if (status == TL_OK && apart < 1e-9) printf("the first three agree to 9 digits\n");
  return tl_context_free(c) != TL_OK || status != TL_OK || !(apart < 1e-9);
}
