/* W8: a transformer block, with norms in front (Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture"), trained by AdamW. */
#include <math.h>

#include "tests/bench/numbers.h"
#include "tests/bench/workloads.h"

enum {
  EXAMPLES = 8,
  HEADS = 4,
  QUERY = 0,
  KEY,
  VALUE,
  OUT,
  FFN_IN,
  FFN_OUT = FFN_IN + 2,
  NORMS = FFN_OUT + 2
};
static const double EPSILON = 1e-5;

static tl_tensor *weight(const workload_state *s, int layer, int in, int out) {
  const float bound = (float)(1 / sqrt(in));
  tl_tensor *w = filled(s->c, (uint64_t)layer, (int64_t[]){in, out}, 2, -bound, bound);
  return tl_variable_new(s->c, w, "weight", true);
}
static tl_tensor *bias(const workload_state *s, int size) {
  return tl_variable_new(s->c, tl_full(s->c, (int64_t[]){size}, 1, 0, TL_F32), "bias", true);
}

void prepare_w8(workload_state *s) {
  tl_context *c = s->c;
  const int width = part(s, 128), wide = part(s, 512), length = part(s, 128);
  const int64_t shape[] = {EXAMPLES, length, width};
  for (int b = 0; b < BATCHES; b++) {
    s->x[b] = filled(c, (uint64_t)(100 + b), shape, 3, -1, 1);
    s->y[b] = filled(c, (uint64_t)(300 + b), shape, 3, -1, 1);
  }
  tl_tensor **of = s->net.variables;
  for (int l = QUERY; l <= OUT; l++) of[l] = weight(s, l, width, width);
  of[FFN_IN] = weight(s, 4, width, wide);
  of[FFN_IN + 1] = bias(s, wide);
  of[FFN_OUT] = weight(s, 5, wide, width);
  of[FFN_OUT + 1] = bias(s, width);
  tl_layer_normalization_options norm;
  tl_layer_normalization_options_init(&norm, sizeof norm);
  norm.epsilon = EPSILON;
  for (int k = 0; k < 2; k++) {
    size_t n = 0;
    s->norms[k] = tl_layer_normalization(c, &norm);
    tl_layer_call(s->norms[k], s->x[0], true); /* makes its variables */
    tl_tensor *const *variables = tl_layer_trainable_variables(s->norms[k], &n);
    for (size_t i = 0; i < 2 && i < n; i++) of[NORMS + 2 * k + (int)i] = variables[i];
  }
  s->net.layers = (NORMS + 4) / 2;
  tl_adamw_options o;
  tl_adamw_options_init(&o, sizeof o);
  o.learning_rate = 1e-3;
  o.weight_decay = 0.01;
  o.epsilon = 1e-7;
  s->optimizer = tl_adamw(c, &o);
}

/* (examples, length, width) as (examples, heads, length, width / heads). */
static tl_tensor *heads(const workload_state *s, tl_tensor *x) {
  const int64_t shape[] = {EXAMPLES, part(s, 128), HEADS, part(s, 128) / HEADS};
  return tl_transpose_axes(s->c, tl_reshape(s->c, x, shape, 4), (int64_t[]){0, 2, 1, 3}, 4);
}

static tl_tensor *attention(const workload_state *s, tl_tensor *x) {
  tl_context *c = s->c;
  tl_tensor *const *w = s->net.variables;
  tl_tensor *query = heads(s, tl_matmul(c, x, w[QUERY])), *key = heads(s, tl_matmul(c, x, w[KEY])),
            *value = heads(s, tl_matmul(c, x, w[VALUE]));
  tl_tensor *scores = tl_mul_scalar(c, tl_matmul_transposed(c, query, key, false, true),
                                    1 / sqrt(part(s, 128) / (double)HEADS));
  tl_tensor *mixed =
      tl_transpose_axes(c, tl_matmul(c, tl_softmax(c, scores), value), (int64_t[]){0, 2, 1, 3}, 4);
  return tl_matmul(c, tl_reshape(c, mixed, (int64_t[]){EXAMPLES, part(s, 128), part(s, 128)}, 3), w[OUT]);
}

static tl_tensor *feed_forward(const workload_state *s, tl_tensor *x) {
  tl_context *c = s->c;
  tl_tensor *const *w = s->net.variables;
  tl_tensor *hidden = tl_gelu_form(c, tl_add(c, tl_matmul(c, x, w[FFN_IN]), w[FFN_IN + 1]), true);
  return tl_add(c, tl_matmul(c, hidden, w[FFN_OUT]), w[FFN_OUT + 1]);
}

tl_status w8(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
             size_t num_outputs) {
  workload_state *s = state;
  (void)num_inputs;
  (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *x = inputs[0];
  x = tl_add(c, x, attention(s, tl_layer_call(s->norms[0], x, true)));
  x = tl_add(c, x, feed_forward(s, tl_layer_call(s->norms[1], x, true)));
  outputs[0] = tl_mean(c, tl_square(c, tl_sub(c, x, inputs[1])));
  train(tape, outputs[0], &s->net, s->optimizer);
  return tl_error_code(c);
}
