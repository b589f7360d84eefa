/* The same seed gives the same bits: run after run, with any number of threads. The layers are wide enough that products,
 * sums, random numbers and updates are really cut into parts. */
#include <stdlib.h>

#include "tests/capi/harness.h"

enum { ROWS = 384, WIDTH = 256, CLASSES = 10, STEPS = 3 };

typedef struct {
  double losses[STEPS];
  float weights[WIDTH * WIDTH];
} run;

static void train(int threads, uint64_t seed, run *out) {
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.threads = threads;
  o.seed = seed;
  tl_context *c = tl_context_new(&o);
  tl_dense_options dense;
  tl_dense_options_init(&dense, sizeof dense);
  tl_layer *parts[] = {tl_dense(c, WIDTH, &dense), tl_activation_layer(c, TL_ACTIVATION_TANH, NULL),
                       tl_dropout_layer(c, 0.3, NULL), tl_layer_normalization(c, NULL),
                       tl_dense(c, CLASSES, &dense)};
  tl_layer *model = tl_sequential(c, parts, 5);
  tl_optimizer *adam = tl_adam(c, NULL);
  for (int i = 0; i < STEPS; i++) {
    tl_scope_begin(c);
    tl_tensor *x = tl_normal(c, (int64_t[]){ROWS, WIDTH}, 2);
    tl_tensor *labels = tl_argmax_axes(c, tl_slice(c, x, (int64_t[]){0, 0}, 2, (int64_t[]){ROWS, CLASSES}, 2),
                                       (int64_t[]){1}, 1, false);
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *logits = tl_layer_call(model, x, true), *grads[6];
    tl_tensor *loss = tl_mean(c, tl_sparse_softmax_cross_entropy(c, labels, logits));
    size_t n;
    tl_tensor *const *variables = tl_layer_trainable_variables(model, &n);
    assert_int_equal(n, 6);
    assert_int_equal(tl_tape_gradient(tape, loss, variables, n, NULL, grads), TL_OK);
    assert_int_equal(tl_optimizer_apply(adam, grads, variables, n), TL_OK);
    out->losses[i] = tl_tensor_item(loss);
    tl_scope_end(c);
  }
  size_t n;
  tl_tensor *const *variables = tl_layer_trainable_variables(model, &n);
  assert_int_equal(tl_tensor_read(variables[0], out->weights, sizeof out->weights), TL_OK);
  free_context(c);
}

static run first, again;

static void bits_do_not_depend_on_threads_or_runs(void **state) {
  (void)state;
  train(1, 7, &first);
  assert_true(first.losses[STEPS - 1] < first.losses[0]);
  for (int threads = 1; threads <= 3; threads++) {
    if (getenv("TAPELOOP_MEMCHECK") && threads != 2)
      continue; /* memory is used alike, and threads spin long */
    train(threads, 7, &again);
    assert_memory_equal(first.losses, again.losses, sizeof first.losses);
    assert_memory_equal(first.weights, again.weights, sizeof first.weights);
  }
}

static void another_seed_gives_other_bits(void **state) {
  (void)state;
  train(1, 8, &again);
  assert_memory_not_equal(first.losses, again.losses, sizeof first.losses);
}

int determinism_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bits_do_not_depend_on_threads_or_runs),
      cmocka_unit_test(another_seed_gives_other_bits),
  };
  return RUN_GROUP("determinism", tests);
}
