/* tl_context_cancel: a running call ends, nothing is half done, and the context works again after tl_clear_error. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/capi/harness.h"

static void the_next_call_ends(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2}), *v = tl_variable_new(c, x, "v", true), *element[1];
  tl_layer *dense = tl_dense(c, 2, NULL);
  tl_optimizer *sgd = tl_sgd(c, NULL);
  tl_dataset *data = tl_dataset_from_tensors(c, &x, 1);
  for (int i = 0; i < 6; i++) {
    assert_int_equal(tl_context_cancel(c), TL_OK);
    assert_int_equal(tl_context_cancel(c), TL_OK); /* again changes nothing */
    assert_false(tl_failed(c));                    /* not before a call meets it */
    switch (i) {
      case 0: assert_null(tl_exp(c, x)); break;
      case 1: assert_null(tl_dense(c, 2, NULL)); break;
      case 2: assert_int_equal(tl_variable_assign(v, x), TL_CANCELLED); break;
      case 3: assert_null(tl_layer_call(dense, x, true)); break;
      case 4: assert_int_equal(tl_optimizer_apply(sgd, &x, &v, 1), TL_CANCELLED); break;
      default: assert_false(tl_dataset_next(data, element, 1));
    }
    assert_null(tl_exp(c, x)); /* as after any error */
    assert_int_equal(tl_dataset_position(data), 0);
    assert_int_equal(tl_scope_begin(c), TL_OK);
    assert_int_equal(tl_scope_end(c), TL_OK);
    expect_error(c, TL_CANCELLED, "cancelled");
    assert_non_null(tl_exp(c, x));
  }
  assert_string_equal(tl_status_name(TL_CANCELLED), "cancelled");
  assert_int_equal(tl_optimizer_iterations(sgd), 0);
  assert_true(tl_dataset_next(data, element, 1));
  free_context(c);
}

static void clearing_takes_a_request_back(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_int_equal(tl_context_cancel(c), TL_OK);
  tl_clear_error(c);
  assert_non_null(tl_scalar(c, TL_F32, 1));
  /* A request beside another error is over with it. */
  assert_int_equal(tl_set_error(c, TL_IO, "the disk is full"), TL_OK);
  assert_int_equal(tl_context_cancel(c), TL_OK);
  expect_error(c, TL_IO, "the disk is full");
  assert_non_null(tl_scalar(c, TL_F32, 1));
  /* Reads that work while the context holds an error are not cancelled. */
  tl_tensor *x = tl_scalar(c, TL_F32, 1);
  tl_context_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_context_cancel(c), TL_OK);
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  assert_int_equal(tl_tensor_elements(x), 1);
  tl_clear_error(c);
  assert_int_equal(tl_set_error(c, TL_CANCELLED, NULL), TL_OK); /* for callbacks */
  expect_error(c, TL_CANCELLED, "cancelled");
  free_context(c);
}

static void only_live_contexts_are_cancelled(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2});
  assert_int_equal(tl_context_cancel(NULL), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_context_cancel((tl_context *)x), TL_INVALID_ARGUMENT);
  assert_non_null(tl_exp(c, x));
  assert_int_equal(tl_context_cancel(c), TL_OK); /* the next context in this slot knows nothing of it */
  free_context(c);
  assert_int_equal(tl_context_cancel(c), TL_INVALID_ARGUMENT);
  for (int i = 0; i < 4; i++) {
    tl_context *d = new_context();
    assert_int_equal(tl_context_cancel(c), TL_INVALID_ARGUMENT);
    assert_non_null(tl_scalar(d, TL_F32, 1));
    free_context(d);
  }
}

/* A loop with a tape that ends only when it is cancelled. The optimizer adds exactly 1 to both variables a step. */
struct loop {
  tl_context *context;
  int steps; /* changed by one thread, read by both */
};
static void *cancel_after_some_steps(void *of) {
  struct loop *loop = of;
  const int begun = __atomic_load_n(&loop->steps, __ATOMIC_RELAXED);
  while (__atomic_load_n(&loop->steps, __ATOMIC_RELAXED) < begun + 3)
    nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
  assert_int_equal(tl_context_cancel(loop->context), TL_OK);
  return NULL;
}

static void another_thread_ends_a_gradient_loop(void **state) {
  (void)state;
  tl_context *c = new_context();
  struct loop loop = {.context = c};
  tl_tensor *zeros = tl_zeros(c, (int64_t[]){512}, 1);
  tl_tensor *vars[] = {tl_variable_new(c, zeros, "a", true), tl_variable_new(c, zeros, "b", true)};
  tl_sgd_options options;
  tl_sgd_options_init(&options, sizeof options);
  options.learning_rate = 1;
  tl_optimizer *sgd = tl_sgd(c, &options);
  int64_t applied = 0;
  for (int round = 0; round < 20; round++) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_after_some_steps, &loop), 0);
    while (!tl_failed(c)) {
      tl_scope_begin(c);
      tl_tape *tape = tl_tape_begin(c, NULL);
      tl_tensor *loss = tl_neg(c, tl_add(c, tl_sum(c, vars[0]), tl_sum(c, vars[1]))), *g[2];
      if (tl_tape_gradient(tape, loss, vars, 2, NULL, g) == TL_OK)
        applied += tl_optimizer_apply(sgd, g, vars, 2) == TL_OK;
      tl_scope_end(c);
      __atomic_fetch_add(&loop.steps, 1, __ATOMIC_RELAXED);
    }
    pthread_join(thread, NULL);
    expect_error(c, TL_CANCELLED, "context_cancel");
    /* A step was taken whole or not at all. */
    assert_int_equal(tl_optimizer_iterations(sgd), applied);
    for (int v = 0; v < 2; v++) {
      float values[512];
      assert_int_equal(tl_tensor_read(vars[v], values, sizeof values), TL_OK);
      for (int i = 0; i < 512; i++) assert_true(values[i] == (float)applied);
    }
  }
  free_context(c);
}

static void *cancel_until_told(void *of) {
  struct loop *loop = of;
  while (__atomic_load_n(&loop->steps, __ATOMIC_RELAXED) == 0)
    (void)tl_context_cancel(loop->context); /* the context may have ended */
  return NULL;
}

static void cancelling_may_race_with_the_end_of_a_context(void **state) {
  (void)state;
  for (int round = 0; round < 20; round++) {
    struct loop loop = {.context = new_context()};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_until_told, &loop), 0);
    for (int i = 0; i < 10; i++) {
      tl_scalar(loop.context, TL_F32, 1);
      tl_clear_error(loop.context);
    }
    assert_int_equal(tl_context_free(loop.context), TL_OK);
    tl_context *next = new_context();
    for (int i = 0; i < 10; i++) assert_non_null(tl_scalar(next, TL_F32, 1));
    __atomic_store_n(&loop.steps, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    free_context(next);
  }
}

static tl_context *interrupted;
static void on_signal(int number) {
  (void)number;
  (void)tl_context_cancel(interrupted);
}

static void a_signal_handler_cancels(void **state) {
  (void)state;
  interrupted = new_context();
  struct sigaction action = {.sa_handler = on_signal}, before;
  assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
  tl_tensor *x = tl_scalar(interrupted, TL_F32, 1);
  assert_int_equal(raise(SIGUSR1), 0);
  assert_null(tl_exp(interrupted, x));
  expect_error(interrupted, TL_CANCELLED, "[exp] cancelled");
  sigaction(SIGUSR1, &before, NULL);
  free_context(interrupted);
}

static void a_cancelled_read_of_a_file_leaves_nothing(void **state) {
  (void)state;
  tl_context *c = new_context();
  char path[PATH_ROOM];
  temporary_file(path,
                 "\0\0\x08\x01\0\0\0\x02"
                 "ab",
                 10);
  assert_int_equal(tl_context_cancel(c), TL_OK);
  assert_null(tl_read_idx(c, path, 0));
  expect_error(c, TL_CANCELLED, "[read_idx] cancelled");
  tl_context_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  assert_int_equal(s.values, 0);
  assert_non_null(tl_read_idx(c, path, 0));
  unlink(path);
  free_context(c);
}

int cancel_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_next_call_ends),
      cmocka_unit_test(clearing_takes_a_request_back),
      cmocka_unit_test(only_live_contexts_are_cancelled),
      cmocka_unit_test(another_thread_ends_a_gradient_loop),
      cmocka_unit_test(cancelling_may_race_with_the_end_of_a_context),
      cmocka_unit_test(a_signal_handler_cancels),
      cmocka_unit_test(a_cancelled_read_of_a_file_leaves_nothing),
  };
  return RUN_GROUP("cancelling", tests);
}
