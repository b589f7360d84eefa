#include "tests/bench/workloads.h"

#include <math.h>
#include <stdlib.h>

#include "tests/bench/numbers.h"

/* ---- what the workloads share ----------------------------------------------------------------------------------- */

tl_tensor *filled(tl_context *c, uint64_t id, const int64_t *dims, size_t rank, float lo, float hi) {
  size_t n = 1;
  for (size_t i = 0; i < rank; i++) n *= (size_t)dims[i];
  float *values = malloc(n * sizeof *values);
  if (!values) return NULL;
  fill(values, id, n, lo, hi);
  tl_tensor *t = tl_tensor_new(c, TL_F32, dims, rank, values, n * sizeof *values);
  free(values);
  return t;
}

tl_tensor *labels(tl_context *c, uint64_t id, int n, int classes) {
  int32_t values[1024];
  fill_labels(values, id, (size_t)n, classes);
  return tl_tensor_new(c, TL_I32, (int64_t[]){n}, 1, values, (size_t)n * sizeof *values);
}

int part(const workload_state *s, int n) { return n < 64 ? n : n / s->divide; }

network make_network(tl_context *c, const int *sizes, int first) {
  network net = {0};
  for (; sizes[net.layers + 1]; net.layers++) {
    int l = net.layers;
    float bound = (float)(1 / sqrt(sizes[l]));
    tl_tensor *w = filled(c, (uint64_t)(first + l), (int64_t[]){sizes[l], sizes[l + 1]}, 2, -bound, bound);
    tl_tensor *b = tl_full(c, (int64_t[]){sizes[l + 1]}, 1, 0, TL_F32);
    net.variables[2 * l] = tl_variable_new(c, w, "weight", true);
    net.variables[2 * l + 1] = tl_variable_new(c, b, "bias", true);
    tl_tensor_release(w);
    tl_tensor_release(b);
  }
  return net;
}

/* A network with sizes of the workload. */
static network network_of(const workload_state *s, const int *sizes, int first) {
  int parts[MOST_LAYERS + 2] = {0};
  for (int k = 0; sizes[k]; k++) parts[k] = part(s, sizes[k]);
  return make_network(s->c, parts, first);
}

tl_tensor *forward(tl_context *c, const network *net, tl_tensor *x,
                   tl_tensor *(*activation)(tl_context *, tl_tensor *)) {
  for (int l = 0; l < net->layers; l++) {
    x = tl_add(c, tl_matmul(c, x, net->variables[2 * l]), net->variables[2 * l + 1]);
    if (l + 1 < net->layers) x = activation(c, x);
  }
  return x;
}

static tl_tensor *leaky(tl_context *c, tl_tensor *x) { return tl_leaky_relu_slope(c, x, 0.2); }

tl_optimizer *adam(tl_context *c, double rate, double beta1, double beta2) {
  tl_adam_options o;
  tl_adam_options_init(&o, sizeof o);
  o.learning_rate = rate;
  o.beta1 = beta1;
  o.beta2 = beta2;
  o.epsilon = 1e-7;
  return tl_adam(c, &o);
}

void train(tl_tape *tape, tl_tensor *loss, network *net, tl_optimizer *optimizer) {
  tl_tensor *grads[2 * MOST_LAYERS];
  size_t n = (size_t)(2 * net->layers);
  if (tl_tape_gradient(tape, loss, net->variables, n, NULL, grads) == TL_OK)
    (void)!tl_optimizer_apply(optimizer, grads, net->variables, n); /* a failure stays in the context */
}

/* ---- W0, W0op --------------------------------------------------------------------------------------------------- */

static void prepare_w0_sized(workload_state *s, int64_t n) {
  tl_sgd_options o;
  tl_sgd_options_init(&o, sizeof o);
  o.learning_rate = 0.01;
  s->optimizer = tl_sgd(s->c, &o);
  s->net.layers = 1;
  s->net.variables[0] = tl_variable_new(s->c, tl_scalar(s->c, TL_F32, 0.5), "a", true);
  s->net.variables[1] = tl_variable_new(s->c, tl_scalar(s->c, TL_F32, 0.1), "b", true);
  for (int b = 0; b < BATCHES; b++) s->x[b] = filled(s->c, (uint64_t)(100 + b), &n, 1, 0, 1);
}
static void prepare_w0(workload_state *s) { prepare_w0_sized(s, 1); }
static void prepare_w0k(workload_state *s) { prepare_w0_sized(s, 1024); }

static tl_status w0(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                    tl_tensor **outputs, size_t num_outputs) {
  workload_state *s = state;
  (void)num_inputs;
  (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *y = tl_tanh(c, tl_add(c, tl_mul(c, s->net.variables[0], inputs[0]), s->net.variables[1]));
  outputs[0] = tl_mean(c, y);
  train(tape, outputs[0], &s->net, s->optimizer);
  return tl_error_code(c);
}

static int inputs_x(workload_state *s, long i, tl_tensor **inputs) {
  inputs[0] = s->x[i % BATCHES];
  return 1;
}

int inputs_xy(workload_state *s, long i, tl_tensor **inputs) {
  inputs[0] = s->x[i % BATCHES];
  inputs[1] = s->y[i % BATCHES];
  return 2;
}

enum { ADDS = 1000 };

static void prepare_w0op(workload_state *s) {
  s->x[0] = filled(s->c, 100, (int64_t[]){1}, 1, 0, 1);
  s->x[1] = filled(s->c, 101, (int64_t[]){1}, 1, 0, 1);
}

/* The result is dropped at once, as a program in C does. */
static double step_w0op(void *state, long i) {
  workload_state *s = state;
  (void)i;
  for (int k = 0; k < ADDS; k++) tl_tensor_release(tl_add(s->c, s->x[0], s->x[1]));
  return 0;
}

/* ---- classifiers: W1, W1b, W2, W12 ------------------------------------------------------------------------------ */

static void prepare_classifier(workload_state *s, const int *sizes, int batch, int growth) {
  s->net = network_of(s, sizes, 0);
  s->optimizer = adam(s->c, 1e-3, 0.9, 0.999);
  int classes = sizes[s->net.layers];
  for (int b = 0; b < BATCHES; b++) {
    int rows = part(s, batch + growth * b);
    s->x[b] = filled(s->c, (uint64_t)(100 + b), (int64_t[]){rows, part(s, sizes[0])}, 2, 0, 1);
    s->y[b] = labels(s->c, (uint64_t)(200 + b), rows, classes);
  }
  s->hits = tl_variable_new(s->c, tl_scalar(s->c, TL_I64, 0), "hits", false);
}
static void prepare_w1(workload_state *s) { prepare_classifier(s, (int[]){784, 128, 10, 0}, 32, 0); }
static void prepare_w1b(workload_state *s) { prepare_classifier(s, (int[]){784, 512, 10, 0}, 128, 0); }
static void prepare_w2(workload_state *s) { prepare_classifier(s, (int[]){20, 64, 32, 5, 0}, 32, 0); }
static void prepare_w12(workload_state *s) { prepare_classifier(s, (int[]){20, 64, 32, 5, 0}, 25, 1); }

static tl_status train_classifier(workload_state *s, tl_tensor *const *inputs, tl_tensor **outputs,
                                  double dropout) {
  tl_context *c = s->c;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *hidden = inputs[0], *y = inputs[1];
  for (int l = 0; l < s->net.layers; l++) {
    hidden = tl_add(c, tl_matmul(c, hidden, s->net.variables[2 * l]), s->net.variables[2 * l + 1]);
    if (l + 1 == s->net.layers) break;
    hidden = tl_relu(c, hidden);
    if (dropout > 0) hidden = tl_dropout(c, hidden, dropout);
  }
  outputs[0] = tl_mean(c, tl_sparse_softmax_cross_entropy(c, y, hidden));
  train(tape, outputs[0], &s->net, s->optimizer);
  tl_tensor *hit = tl_equal(c, tl_argmax_axes(c, hidden, (int64_t[]){1}, 1, false), tl_cast(c, y, TL_I64));
  return tl_variable_assign(s->hits, tl_add(c, s->hits, tl_sum(c, tl_cast(c, hit, TL_I64))));
}
static tl_status classifier(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  (void)c;
  (void)num_inputs;
  (void)num_outputs;
  return train_classifier(state, inputs, outputs, 0);
}
static tl_status w1b(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                     tl_tensor **outputs, size_t num_outputs) {
  (void)c;
  (void)num_inputs;
  (void)num_outputs;
  return train_classifier(state, inputs, outputs, 0.2);
}

/* ---- W3: a GAN; W4: WGAN with gradient penalty ------------------------------------------------------------------ */

static void prepare_gan_data(workload_state *s) {
  s->generator = network_of(s, (int[]){100, 256, 784, 0}, 0);
  const int rows = part(s, 64);
  for (int b = 0; b < BATCHES; b++) {
    s->x[b] = filled(s->c, (uint64_t)(100 + b), (int64_t[]){rows, part(s, 784)}, 2, 0, 1);
    s->noise[b] = filled(s->c, (uint64_t)(400 + b), (int64_t[]){rows, part(s, 100)}, 2, -1, 1);
    s->mixing[b] = filled(s->c, (uint64_t)(500 + b), (int64_t[]){rows, 1}, 2, 0, 1);
  }
}

static void prepare_w3(workload_state *s) {
  prepare_gan_data(s);
  s->net = network_of(s, (int[]){784, 256, 1, 0}, 50);
  s->optimizer = adam(s->c, 2e-4, 0.5, 0.999);
  s->second_optimizer = adam(s->c, 2e-4, 0.5, 0.999);
}

static int inputs_of_gan(workload_state *s, long i, tl_tensor **inputs) {
  inputs[0] = s->x[i % BATCHES];
  inputs[1] = s->noise[i % BATCHES];
  inputs[2] = s->mixing[i % BATCHES];
  return 3;
}

static tl_tensor *generate(workload_state *s, tl_tensor *noise) {
  return tl_tanh(s->c, forward(s->c, &s->generator, noise, leaky));
}

static tl_tensor *binary_loss(workload_state *s, tl_tensor *logits, double label) {
  tl_context *c = s->c;
  tl_tensor *labels = tl_full(c, (int64_t[]){part(s, 64), 1}, 2, label, TL_F32);
  return tl_mean(c, tl_sigmoid_cross_entropy(c, labels, logits));
}

static tl_status w3(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                    tl_tensor **outputs, size_t num_outputs) {
  workload_state *s = state;
  (void)num_inputs;
  (void)num_outputs;
  tl_tape *for_generator = tl_tape_begin(c, NULL);
  tl_tensor *fake = generate(s, inputs[1]);
  if (tl_tape_pause(for_generator) != TL_OK) return tl_error_code(c);
  tl_tape *for_critic = tl_tape_begin(c, NULL);
  tl_tensor *d_loss = tl_add(c, binary_loss(s, forward(c, &s->net, inputs[0], leaky), 1),
                             binary_loss(s, forward(c, &s->net, tl_stop_gradient(c, fake), leaky), 0));
  train(for_critic, d_loss, &s->net, s->optimizer);
  if (tl_tape_resume(for_generator) != TL_OK) return tl_error_code(c);
  tl_tensor *g_loss = binary_loss(s, forward(c, &s->net, fake, leaky), 1);
  train(for_generator, g_loss, &s->generator, s->second_optimizer);
  outputs[0] = tl_add(c, d_loss, g_loss);
  return tl_error_code(c);
}

static void prepare_w4(workload_state *s) {
  prepare_gan_data(s);
  s->net = network_of(s, (int[]){784, 256, 256, 1, 0}, 50);
  s->optimizer = adam(s->c, 1e-4, 0.5, 0.9);
}

static tl_status w4(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                    tl_tensor **outputs, size_t num_outputs) {
  workload_state *s = state;
  (void)num_inputs;
  (void)num_outputs;
  tl_tensor *real = inputs[0], *e = inputs[2], *slopes;
  tl_tensor *fake = generate(s, inputs[1]);
  tl_tape *outer = tl_tape_begin(c, NULL);
  tl_tensor *mixed = tl_add(c, fake, tl_mul(c, e, tl_sub(c, real, fake)));
  tl_tape *inner =
      tl_tape_begin(c, &(tl_tape_options){.struct_size = sizeof(tl_tape_options), .ignore_variables = true});
  if (tl_tape_watch(inner, mixed) != TL_OK) return tl_error_code(c);
  tl_tensor *score = forward(c, &s->net, mixed, tl_tanh);
  if (tl_tape_gradient(inner, score, &mixed, 1, NULL, &slopes) != TL_OK) return tl_error_code(c);
  tl_tensor *norms = tl_sqrt(c, tl_sum_axes(c, tl_square(c, slopes), (int64_t[]){1}, 1, false));
  tl_tensor *penalty = tl_mean(c, tl_square(c, tl_add_scalar(c, norms, -1)));
  tl_tensor *loss = tl_sub(c, tl_mean(c, forward(c, &s->net, fake, tl_tanh)),
                           tl_mean(c, forward(c, &s->net, real, tl_tanh)));
  outputs[0] = tl_add(c, loss, tl_mul_scalar(c, penalty, 10));
  train(outer, outputs[0], &s->net, s->optimizer);
  return tl_error_code(c);
}

/* ---- W9: large layers -------------------------------------------------------------------------------------------- */

static void prepare_w9(workload_state *s) {
  s->net = network_of(s, (int[]){2048, 2048, 2048, 2048, 2048, 0}, 0);
  s->optimizer = adam(s->c, 1e-3, 0.9, 0.999);
  const int64_t shape[] = {part(s, 1024), part(s, 2048)};
  for (int b = 0; b < BATCHES; b++) {
    s->x[b] = filled(s->c, (uint64_t)(100 + b), shape, 2, 0, 1);
    s->y[b] = filled(s->c, (uint64_t)(300 + b), shape, 2, -1, 1);
  }
}

static tl_status w9(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                    tl_tensor **outputs, size_t num_outputs) {
  workload_state *s = state;
  (void)num_inputs;
  (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *y = forward(c, &s->net, inputs[0], tl_relu);
  outputs[0] = tl_mean(c, tl_square(c, tl_sub(c, y, inputs[1])));
  train(tape, outputs[0], &s->net, s->optimizer);
  return tl_error_code(c);
}

const workload workloads[] = {
    {"W0", "eager", prepare_w0, step, 1, true, NULL, w0, inputs_x, 1},
    {"W0", "compiled", prepare_w0, step, 1, true, NULL, w0, inputs_x, 1},
    {"W0", "loop32", prepare_w0, step_loop, LOOP, true, check_loop, w0, inputs_x, 1},
    {"W0k", "eager", prepare_w0k, step, 1, true, NULL, w0, inputs_x, 1},
    {"W0k", "compiled", prepare_w0k, step, 1, true, NULL, w0, inputs_x, 1},
    {"W0k", "loop32", prepare_w0k, step_loop, LOOP, true, check_loop, w0, inputs_x, 1},
    {"W0op", "eager", prepare_w0op, step_w0op, ADDS, false, NULL, NULL, NULL, 0},
    {"W1", "eager", prepare_w1, step, 1, true, NULL, classifier, inputs_xy, 1},
    {"W1", "compiled", prepare_w1, step, 1, true, NULL, classifier, inputs_xy, 1},
    {"W1", "loop32", prepare_w1, step_loop, LOOP, true, check_loop, classifier, inputs_xy, 1},
    {"W1b", "eager", prepare_w1b, step, 1, false, NULL, w1b, inputs_xy, 1},
    {"W1b", "compiled", prepare_w1b, step, 1, false, NULL, w1b, inputs_xy, 1},
    {"W1b", "loop32", prepare_w1b, step_loop, LOOP, false, NULL, w1b, inputs_xy, 1},
    {"W2", "eager", prepare_w2, step, 1, true, NULL, classifier, inputs_xy, 1},
    {"W2", "compiled", prepare_w2, step, 1, true, NULL, classifier, inputs_xy, 1},
    {"W2", "loop32", prepare_w2, step_loop, LOOP, true, check_loop, classifier, inputs_xy, 1},
    {"W3", "eager", prepare_w3, step, 1, true, NULL, w3, inputs_of_gan, 1},
    {"W3", "compiled", prepare_w3, step, 1, true, NULL, w3, inputs_of_gan, 1},
    {"W3", "loop32", prepare_w3, step_loop, LOOP, true, check_loop, w3, inputs_of_gan, 1},
    {"W4", "eager", prepare_w4, step, 1, true, NULL, w4, inputs_of_gan, 1},
    {"W4", "compiled", prepare_w4, step, 1, true, NULL, w4, inputs_of_gan, 1},
    {"W4", "loop32", prepare_w4, step_loop, LOOP, true, check_loop, w4, inputs_of_gan, 1},
    {"W4", "compiled-reassociated", prepare_w4, step, 1, true, NULL, w4, inputs_of_gan, 1},
    {"W4", "loop32-reassociated", prepare_w4, step_loop, LOOP, true, check_loop, w4, inputs_of_gan, 1},
    {"W5", "looped", prepare_w5, step, 1, true, NULL, w5_looped, inputs_of_w5, 1},
    {"W5", "looped-compiled", prepare_w5, step, 1, true, NULL, w5_looped, inputs_of_w5, 1},
    {"W5", "looped-loop32", prepare_w5, step_loop, LOOP, true, check_loop, w5_looped, inputs_of_w5, 1},
    {"W5", "batched", prepare_w5, step, 1, true, NULL, w5_batched, inputs_of_w5, 1},
    {"W5", "batched-compiled", prepare_w5, step, 1, true, NULL, w5_batched, inputs_of_w5, 1},
    {"W5", "batched-loop32", prepare_w5, step_loop, LOOP, true, check_loop, w5_batched, inputs_of_w5, 1},
    {"W6", "fwd-over-rev", prepare_w6, step_unseen, 1, true, check_w6, w6_forward, inputs_xy, 4},
    {"W6", "fwd-over-rev-compiled", prepare_w6, step_unseen, 1, true, check_w6, w6_forward, inputs_xy, 4},
    {"W6", "fwd-over-rev-loop32", prepare_w6, step_loop_unseen, LOOP, true, check_w6, w6_forward, inputs_xy,
     4},
    {"W6", "rev-over-rev", prepare_w6, step_unseen, 1, true, check_w6, w6_reverse, inputs_xy, 4},
    {"W6", "rev-over-rev-compiled", prepare_w6, step_unseen, 1, true, check_w6, w6_reverse, inputs_xy, 4},
    {"W6", "rev-over-rev-loop32", prepare_w6, step_loop_unseen, LOOP, true, check_w6, w6_reverse, inputs_xy,
     4},
    {"W6g", "gradient", prepare_w6, step_unseen, 1, false, NULL, w6_gradient, inputs_xy, 4},
    {"W6g", "gradient-compiled", prepare_w6, step_unseen, 1, false, NULL, w6_gradient, inputs_xy, 4},
    {"W8", "eager", prepare_w8, step, 1, true, NULL, w8, inputs_xy, 1},
    {"W8", "compiled", prepare_w8, step, 1, true, NULL, w8, inputs_xy, 1},
    {"W8", "loop32", prepare_w8, step_loop, LOOP, true, check_loop, w8, inputs_xy, 1},
    {"W9", "eager", prepare_w9, step, 1, true, NULL, w9, inputs_xy, 1},
    {"W9", "compiled", prepare_w9, step, 1, true, NULL, w9, inputs_xy, 1},
    {"W12", "eager", prepare_w12, step, 1, true, NULL, classifier, inputs_xy, 1},
    {"W12", "compiled", prepare_w12, step, 1, true, NULL, classifier, inputs_xy, 1},
    {"W12", "loop32", prepare_w12, step_loop, LOOP, true, check_loop, classifier, inputs_xy, 1},
};
const int workload_count = sizeof workloads / sizeof *workloads;
