/* A compiled step: a training step that is written once, run as it is and as a function, with the same numbers and less time.
 *
 *     examples/run compiled-step
 *
 * The network learns the sine on [-3, 3] with Adam and a falling learning rate. */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdio.h>
#include <tapeloop/tapeloop.h>
#include <time.h>

enum { POINTS = 64, HIDDEN = 32, STEPS = 2000 };

typedef struct {
  tl_layer *net;
  tl_optimizer *adam;
} model;

/* inputs: x and the wanted y; outputs: the loss. */
static tl_status train_step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  model *m = user_data;
  (void)num_inputs;
  (void)num_outputs;
  size_t n;
  tl_tensor *const *weights = tl_layer_trainable_variables(m->net, &n), *gradients[4];
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *error = tl_sub(c, tl_layer_call(m->net, inputs[0], true), inputs[1]);
  tl_tensor *loss = tl_mean(c, tl_square(c, error));
  if (tl_tape_gradient(tape, loss, weights, n, NULL, gradients) == TL_OK &&
      tl_optimizer_apply(m->adam, gradients, weights, n) == TL_OK)
    outputs[0] = loss;
  return tl_error_code(c);
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Trains a new network; the last loss. */
static double train(bool compiled, double *time) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = 1;
  options.threads = 1;
  tl_context *c = tl_context_new(&options);
  tl_dense_options hidden;
  tl_dense_options_init(&hidden, sizeof hidden);
  hidden.activation = TL_ACTIVATION_TANH;
  tl_layer *layers[] = {tl_dense(c, HIDDEN, &hidden), tl_dense(c, 1, NULL)};
  model m = {tl_sequential(c, layers, 2), tl_adam(c, NULL)};

  float x[POINTS], y[POINTS];
  for (int i = 0; i < POINTS; i++) {
    x[i] = -3 + 6 * (float)i / (POINTS - 1);
    y[i] = sinf(x[i]);
  }
  const int64_t shape[] = {POINTS, 1};
  tl_tensor *batch[] = {tl_tensor_new(c, TL_F32, shape, 2, x, sizeof x),
                        tl_tensor_new(c, TL_F32, shape, 2, y, sizeof y)};
  tl_tensor_release(tl_layer_call(m.net, batch[0], false)); /* makes the weights */

  tl_function *step = tl_function_new(c, train_step, &m, NULL, NULL);
  double last = NAN, begin = seconds();
  for (int i = 0; i < STEPS && !tl_failed(c); i++) {
    const double rate = 0.01 * (1 + cos(3.14159265358979 * i / STEPS)) / 2;
    if (tl_optimizer_set_learning_rate(m.adam, rate) != TL_OK) break;
    if (compiled) {
      if (tl_function_call_items(step, batch, 2, &last, 1) != TL_OK) break;
      continue;
    }
    tl_tensor *loss = NULL;
    tl_scope_begin(c);
    if (train_step(c, &m, batch, 2, &loss, 1) == TL_OK) last = tl_tensor_item(loss);
    tl_scope_end(c);
  }
  *time = seconds() - begin;

  tl_function_statistics stats = {.struct_size = sizeof stats};
  if (tl_failed(c))
    fprintf(stderr, "%s\n", tl_error_message(c));
  else if (compiled && tl_function_stats(step, &stats) == TL_OK)
    printf("recorded %d time(s), replayed %d times; a step calls %d kernels in %d bytes\n", (int)stats.traces,
           (int)stats.replays, (int)stats.kernels, (int)stats.arena_bytes);
  tl_context_free(c);
  return last;
}

int main(void) {
  double eager_time, compiled_time;
  const double eager = train(false, &eager_time), compiled = train(true, &compiled_time);
  printf("eager:    loss %.9g, %.1f us a step\n", eager, eager_time / STEPS * 1e6);
  printf("compiled: loss %.9g, %.1f us a step\n", compiled, compiled_time / STEPS * 1e6);
  if (!(eager == compiled && compiled < 1e-3)) return 1;
  printf("the same to the last bit\n");
  return 0;
}
