/* Ten thousand replays of a training step must not ask the heap for anything. The step has what replays may trip over: dropout, clipping, Adam, batch normalisation, a metric, reductions that need
 * memory for themselves, an output that is kept for a while, and outputs that are taken as numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>

#include "tests/bench/allocations.h"

enum { ROWS = 64, IN = 20, CLASSES = 5, WARM = 20, REPLAYS = 10000 };

typedef struct {
  tl_layer *net;
  tl_optimizer *adam;
  tl_metric *accuracy;
} model;

static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  model *m = user_data;
  (void)num_inputs;
  (void)num_outputs;
  size_t n;
  tl_tensor *const *variables = tl_layer_trainable_variables(m->net, &n);
  tl_tensor *grads[16], *clipped[16], *norm;
  if (n > 16) return tl_set_error(c, TL_INTERNAL, "[step] more variables than expected");
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = tl_layer_call(m->net, inputs[0], true);
  tl_tensor *loss = tl_mean(c, tl_sparse_softmax_cross_entropy(c, inputs[1], logits));
  if (tl_tape_gradient(tape, loss, variables, n, NULL, grads) == TL_OK &&
      tl_clip_by_global_norm(c, grads, n, 1.0, NULL, clipped, &norm) == TL_OK &&
      tl_optimizer_apply(m->adam, clipped, variables, n) == TL_OK &&
      tl_metric_update_predictions(m->accuracy, inputs[1], logits, NULL) == TL_OK) {
    outputs[0] = loss;
    outputs[1] = norm;
  }
  return tl_error_code(c);
}

static int run(int threads) {
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.threads = threads;
  tl_context *c = tl_context_new(&o);
  tl_layer *layers[] = {tl_dense(c, 64, NULL), tl_batch_normalization(c, NULL),
                        tl_activation_layer(c, TL_ACTIVATION_RELU, NULL), tl_dropout_layer(c, 0.2, NULL),
                        tl_dense(c, CLASSES, NULL)};
  model m = {tl_sequential(c, layers, 5), tl_adam(c, NULL), tl_metric_sparse_categorical_accuracy(c, NULL)};
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  tl_tensor *x = tl_normal(c, (int64_t[]){ROWS, IN}, 2), *y = tl_full(c, (int64_t[]){ROWS}, 1, 3, TL_I32);
  tl_layer_call(m.net, x, false); /* makes the variables */
  tl_tensor *in[] = {x, y}, *out[2], *held = NULL;
  double first = 0, last = 0;
  unsigned long before = 0;
  for (int i = 0; i < WARM + REPLAYS; i++) {
    if (i == WARM) before = allocation_count();
    tl_scope_begin(c);
    if (i % 2) { /* every other step as numbers */
      double items[2];
      if (tl_function_call_items(f, in, 2, items, 2) != TL_OK) break;
      last = items[0];
      tl_scope_end(c);
      continue;
    }
    if (tl_function_call(f, in, 2, out, 2) != TL_OK) break;
    last = tl_tensor_item(out[0]);
    if (i == 0) first = last;
    if (i % 7 == 0) {
      tl_tensor_release(held);
      held = tl_keep(out[0]);
    }
    tl_scope_end(c);
  }
  const unsigned long made = allocation_count() - before;
  tl_function_statistics s = {.struct_size = sizeof s};
  const bool ok =
      !tl_failed(c) && tl_function_stats(f, &s) == TL_OK && s.replays == WARM + REPLAYS - 1 && last < first;
  if (tl_failed(c)) printf("%s\n", tl_error_message(c));
  printf("%d threads: %d replays of %d kernels, loss %g to %g, %lu allocations%s\n", threads, REPLAYS,
         (int)s.kernels, first, last, made,
         counts_allocations() ? "" : " (not counted: a sanitizer or another C library has these functions)");
  tl_context_free(c);
  return ok && made == 0 ? 0 : 1;
}

int main(void) {
  if (counts_allocations()) {
    void *probe = malloc(1); /* the counter counts */
    if (!probe || allocation_count() == 0) return 1;
    free(probe);
  }
  return run(1) | run(2);
}
