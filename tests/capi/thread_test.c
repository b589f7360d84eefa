/* Contexts on several threads: each its own, one handed over, one used by two at once, releases from anywhere. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>

#include "tests/capi/harness.h"

static double train(tl_context *c) {
  tl_tensor *w = tl_variable_new(c, tl_normal(c, (int64_t[]){8, 8}, 2), "w", true), *loss = NULL;
  tl_tensor *x = tl_normal(c, (int64_t[]){8, 8}, 2);
  for (int i = 0; i < 50; i++) {
    tl_scope_begin(c);
    tl_tape *tape = tl_tape_begin(c, NULL);
    loss = tl_mean(c, tl_square(c, tl_tanh(c, tl_matmul(c, x, w)))), (void)tl_keep(loss);
    tl_tensor *g;
    if (tl_tape_gradient(tape, loss, &w, 1, NULL, &g) == TL_OK &&
        tl_variable_assign(w, tl_sub(c, w, tl_mul_scalar(c, g, 0.1))) != TL_OK)
      break;
    tl_scope_end(c);
  }
  return tl_tensor_item(loss);
}

static void *train_alone(void *out) {
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.seed = 5;
  o.threads = 1;
  tl_context *c = tl_context_new(&o);
  *(double *)out = train(c);
  tl_context_free(c);
  return NULL;
}

static void contexts_run_in_parallel(void **state) {
  (void)state;
  enum { THREADS = 16 };
  pthread_t threads[THREADS];
  double losses[THREADS], want;
  train_alone(&want);
  assert_true(isfinite(want));
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, train_alone, &losses[i]), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < THREADS; i++) assert_true(losses[i] == want);
}

static void *one_step(void *context) {
  tl_context *c = context;
  tl_scope_begin(c);
  tl_exp(c, tl_scalar(c, TL_F32, 1));
  tl_scope_end(c);
  return NULL;
}

static void a_context_moves_between_threads(void **state) {
  (void)state;
  tl_context *c = new_context();
  for (int i = 0; i < 100; i++) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, one_step, c), 0);
    pthread_join(thread, NULL);
    assert_false(tl_failed(c));
  }
  free_context(c);
}

static tl_context *contested;
static int refused;
static void *intrude(void *unused) {
  (void)unused;
  refused += tl_scalar(contested, TL_F32, 1) == NULL;
  refused += tl_scope_begin(contested) == TL_BUSY;
  refused += tl_error_code(contested) == TL_BUSY;
  return NULL;
}
/* Runs in the middle of a call: the context is in use for certain while the other thread tries. */
static void let_another_in(void *user_data, tl_log_level level, const char *message) {
  (void)user_data, (void)level, (void)message;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, intrude, NULL), 0);
  pthread_join(thread, NULL);
}

static void two_threads_in_one_context_get_an_error(void **state) {
  (void)state;
  contested = new_context();
  refused = 0;
  tl_tensor *g = vector(contested, 1, (float[]){1}), *grads[] = {g, NULL};
  tl_tensor *vars[] = {tl_variable_new(contested, g, "a", true), tl_variable_new(contested, g, "b", true)};
  tl_optimizer *sgd = tl_sgd(contested, NULL);
  assert_int_equal(tl_context_set_log(contested, let_another_in, NULL, NULL), TL_OK);
  assert_int_equal(tl_optimizer_apply(sgd, grads, vars, 2), TL_OK); /* logs that b has no gradient */
  assert_int_equal(refused, 3);
  /* Both sides know: the other thread by TL_BUSY, the context by its first error. */
  expect_error(contested, TL_BUSY, "two threads");
  /* The context works afterwards. */
  assert_true(tl_tensor_item(tl_scalar(contested, TL_F32, 2)) == 2);
  free_context(contested);
}

enum { SHARED = 20000 };
static tl_tensor *shared_tensors[SHARED];
static void *release_all(void *unused) {
  (void)unused;
  for (int i = 0; i < SHARED; i++) {
    tl_tensor_retain(shared_tensors[i]);
    tl_tensor_release(shared_tensors[i]);
    tl_tensor_release(shared_tensors[i]);
  }
  return NULL;
}

static void tensors_are_released_from_any_thread(void **state) {
  (void)state;
  tl_context *c = new_context();
  for (int i = 0; i < SHARED; i++) shared_tensors[i] = tl_scalar(c, TL_F32, i);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, release_all, NULL), 0);
  for (int i = 0; i < 50000; i++) {
    tl_tensor *t = tl_scalar(c, TL_F32, 1);
    if (!t) fail_msg("%s", tl_error_message(c));
    tl_tensor_release(t);
  }
  pthread_join(thread, NULL);
  tl_context_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  assert_int_equal(s.tensors, 0);
  assert_int_equal(s.values, 0);
  free_context(c);
}

static void *release_while_it_ends(void *unused) {
  (void)unused;
  for (int i = 0; i < SHARED; i++) tl_tensor_release(shared_tensors[i]);
  return NULL;
}

static void releases_may_race_with_the_end_of_a_context(void **state) {
  (void)state;
  for (int round = 0; round < 20; round++) {
    tl_context *c = new_context();
    for (int i = 0; i < SHARED / 10; i++) shared_tensors[i] = tl_scalar(c, TL_F32, i);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, release_while_it_ends, NULL), 0);
    while (tl_context_free(c) == TL_BUSY) sched_yield();
    pthread_join(thread, NULL);
    assert_true(tl_failed(c));
  }
}

int thread_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(contexts_run_in_parallel),
      cmocka_unit_test(a_context_moves_between_threads),
      cmocka_unit_test(two_threads_in_one_context_get_an_error),
      cmocka_unit_test(tensors_are_released_from_any_thread),
      cmocka_unit_test(releases_may_race_with_the_end_of_a_context),
  };
  return RUN_GROUP("threads", tests);
}
