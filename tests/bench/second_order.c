/* Workloads that differentiate gradients: W5 (MAML) and W6 (Hessian-vector products). W4 is in workloads.c. */
#include <math.h>
#include <stdlib.h>

#include "tests/bench/numbers.h"
#include "tests/bench/workloads.h"

/* ---- W5: MAML on sinusoids: 25 tasks, one inner step each, through which the outer gradient flows ---------------- */

enum { POINTS = 10 };
static int tasks_of(const workload_state *s) { return s->divide > 1 ? 3 : 25; }
static const double INNER_RATE = 0.01;

/* amplitude * sin(x + phase) of each task, of x with shape (tasks, 10, 1). */
static tl_tensor *sinusoids(const workload_state *s, int b, tl_tensor *x) {
  tl_context *c = s->c;
  const int64_t shape[] = {tasks_of(s), 1, 1};
  tl_tensor *amplitude = filled(c, (uint64_t)(600 + b), shape, 3, 0, 1);
  tl_tensor *phase = filled(c, (uint64_t)(700 + b), shape, 3, 0, 1);
  amplitude = tl_add_scalar(c, tl_mul_scalar(c, amplitude, 4.9), 0.1);
  phase = tl_mul_scalar(c, phase, 3.14159274);
  return tl_mul(c, amplitude, tl_sin(c, tl_add(c, x, phase)));
}

void prepare_w5(workload_state *s) {
  s->net = make_network(s->c, (int[]){1, 40, 40, 1, 0}, 0);
  s->optimizer = adam(s->c, 1e-3, 0.9, 0.999);
  const int64_t shape[] = {tasks_of(s), POINTS, 1};
  for (int b = 0; b < BATCHES; b++) {
    s->x[b] = filled(s->c, (uint64_t)(800 + b), shape, 3, -5, 5);
    s->y[b] = sinusoids(s, b, s->x[b]);
    s->query_x[b] = filled(s->c, (uint64_t)(900 + b), shape, 3, -5, 5);
    s->query_y[b] = sinusoids(s, b, s->query_x[b]);
  }
}

static tl_tensor *squared_errors(tl_context *c, const network *net, tl_tensor *x, tl_tensor *y) {
  return tl_square(c, tl_sub(c, forward(c, net, x, tl_relu), y));
}

/* The network after one step of SGD on a loss that `tape` has recorded from it. */
static network adapted(tl_context *c, const network *net, tl_tape *tape, tl_tensor *loss) {
  network out = {.layers = net->layers};
  tl_tensor *g[2 * MOST_LAYERS];
  const size_t n = (size_t)(2 * net->layers);
  if (tl_tape_gradient(tape, loss, net->variables, n, NULL, g) != TL_OK)
    return out; /* a failure stays in the context */
  for (size_t k = 0; k < n; k++)
    out.variables[k] = tl_sub(c, net->variables[k], tl_mul_scalar(c, g[k], INNER_RATE));
  return out;
}

static tl_tensor *task(tl_context *c, tl_tensor *of_all, int t) {
  return tl_reshape(c, tl_slice(c, of_all, (int64_t[]){t, 0, 0}, 3, (int64_t[]){t + 1, POINTS, 1}, 3),
                    (int64_t[]){POINTS, 1}, 2);
}

int inputs_of_w5(workload_state *s, long i, tl_tensor **inputs) {
  const int b = (int)(i % BATCHES);
  inputs[0] = s->x[b];
  inputs[1] = s->y[b];
  inputs[2] = s->query_x[b];
  inputs[3] = s->query_y[b];
  return 4;
}

tl_status w5_looped(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                    tl_tensor **outputs, size_t num_outputs) {
  workload_state *s = state;
  (void)num_inputs;
  (void)num_outputs;
  tl_tape *outer = tl_tape_begin(c, NULL);
  tl_tensor *sum = NULL;
  const int tasks = tasks_of(s);
  for (int t = 0; t < tasks; t++) {
    tl_tape *inner = tl_tape_begin(c, NULL);
    tl_tensor *support = tl_mean(c, squared_errors(c, &s->net, task(c, inputs[0], t), task(c, inputs[1], t)));
    network own = adapted(c, &s->net, inner, support);
    tl_tensor *query = tl_mean(c, squared_errors(c, &own, task(c, inputs[2], t), task(c, inputs[3], t)));
    sum = sum ? tl_add(c, sum, query) : query;
  }
  outputs[0] = tl_mul_scalar(c, sum, 1.0 / tasks);
  train(outer, outputs[0], &s->net, s->optimizer);
  return tl_error_code(c);
}

/* All tasks at once: each has its own copy of the weights, so one batched product does what 25 did. */
tl_status w5_batched(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                     tl_tensor **outputs, size_t num_outputs) {
  workload_state *s = state;
  (void)num_inputs;
  (void)num_outputs;
  static const int64_t sizes[] = {1, 40, 40, 1};
  const int tasks = tasks_of(s);
  tl_tape *outer = tl_tape_begin(c, NULL);
  network copies = {.layers = s->net.layers};
  for (int l = 0; l < copies.layers; l++) {
    copies.variables[2 * l] =
        tl_broadcast_to(c, s->net.variables[2 * l], (int64_t[]){tasks, sizes[l], sizes[l + 1]}, 3);
    copies.variables[2 * l + 1] =
        tl_broadcast_to(c, s->net.variables[2 * l + 1], (int64_t[]){tasks, 1, sizes[l + 1]}, 3);
  }
  tl_tape *inner =
      tl_tape_begin(c, &(tl_tape_options){.struct_size = sizeof(tl_tape_options), .ignore_variables = true});
  for (int k = 0; k < 2 * copies.layers; k++)
    if (tl_tape_watch(inner, copies.variables[k]) != TL_OK) return tl_error_code(c);
  tl_tensor *support = squared_errors(c, &copies, inputs[0], inputs[1]);
  /* The mean over a task's points, summed over tasks, which share no weight here. */
  network own = adapted(c, &copies, inner, tl_mul_scalar(c, tl_sum(c, support), 1.0 / POINTS));
  outputs[0] = tl_mean(c, squared_errors(c, &own, inputs[2], inputs[3]));
  train(outer, outputs[0], &s->net, s->optimizer);
  return tl_error_code(c);
}

/* ---- W6: a Hessian-vector product of a classifier with respect to all of its weights ----------------------------- */

void prepare_w6(workload_state *s) {
  const int64_t sizes[] = {part(s, 784), part(s, 256), 10};
  const int rows = part(s, 128);
  s->net = make_network(s->c, (int[]){(int)sizes[0], (int)sizes[1], 10, 0}, 0);
  for (int l = 0; l < s->net.layers; l++) {
    s->along[2 * l] = filled(s->c, (uint64_t)(1000 + 2 * l), sizes + l, 2, -1, 1);
    s->along[2 * l + 1] = filled(s->c, (uint64_t)(1001 + 2 * l), sizes + l + 1, 1, -1, 1);
  }
  for (int b = 0; b < BATCHES; b++) {
    s->x[b] = filled(s->c, (uint64_t)(100 + b), (int64_t[]){rows, sizes[0]}, 2, 0, 1);
    s->y[b] = labels(s->c, (uint64_t)(200 + b), rows, 10);
  }
}

typedef struct {
  tl_tensor *x, *y;
} one_batch;

static tl_status loss_of_weights(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                                 tl_tensor **outputs, size_t num_outputs) {
  const one_batch *of = user_data;
  (void)num_outputs;
  network net = {.layers = (int)num_inputs / 2};
  for (size_t k = 0; k < num_inputs; k++) net.variables[k] = inputs[k];
  tl_tensor *logits = forward(c, &net, of->x, tl_tanh);
  outputs[0] = tl_mean(c, tl_sparse_softmax_cross_entropy(c, of->y, logits));
  return TL_OK;
}

static tl_status product(workload_state *s, tl_tensor *const *inputs, tl_hessian_way way,
                         tl_tensor **outputs) {
  one_batch of = {inputs[0], inputs[1]};
  return tl_hessian_vector_product(s->c, loss_of_weights, &of, NULL, s->net.variables, s->along,
                                   (size_t)(2 * s->net.layers), way, outputs);
}

tl_status w6_reverse(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                     tl_tensor **outputs, size_t num_outputs) {
  (void)c;
  (void)num_inputs;
  (void)num_outputs;
  return product(state, inputs, TL_HESSIAN_REVERSE_OVER_REVERSE, outputs);
}

tl_status w6_forward(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                     tl_tensor **outputs, size_t num_outputs) {
  (void)c;
  (void)num_inputs;
  (void)num_outputs;
  return product(state, inputs, TL_HESSIAN_FORWARD_OVER_REVERSE, outputs);
}

/* The gradient alone: what the product is compared with. */
tl_status w6_gradient(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  workload_state *s = state;
  (void)num_inputs;
  (void)num_outputs;
  one_batch of = {inputs[0], inputs[1]};
  tl_tensor *loss = NULL;
  const size_t n = (size_t)(2 * s->net.layers);
  tl_tape *tape = tl_tape_begin(c, NULL);
  if (loss_of_weights(c, &of, s->net.variables, n, &loss, 1) != TL_OK) return tl_error_code(c);
  return tl_tape_gradient(tape, loss, s->net.variables, n, NULL, outputs);
}

double check_w6(void *state, long i) {
  workload_state *s = state;
  tl_context *c = s->c;
  tl_tensor *out[MOST_OUTPUTS];
  double value = 0;
  tl_scope_begin(c);
  if (run_body(s, i, out) != TL_OK) value = NAN;
  for (int k = 0; k < s->of->outputs && !isnan(value); k++)
    value += tl_tensor_item(tl_sum(c, tl_cast(c, tl_mul(c, out[k], s->along[k]), TL_F64)));
  tl_scope_end(c);
  return value;
}
