/* Every wrong handle is an error, never a crash. */
#include "tests/capi/harness.h"

static void released_tensors_are_recognised(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *a = vector(c, 2, (float[]){1, 2});
  tl_tensor_release(a);
  tl_tensor_release(a); /* twice does nothing */
  tl_tensor_release(NULL);
  assert_null(tl_exp(c, a));
  expect_error(c, TL_INVALID_ARGUMENT, "not a live handle");
  assert_int_equal(tl_tensor_dtype(a), 0);
  expect_error(c, TL_INVALID_ARGUMENT, "[tensor_dtype]");
  assert_null(tl_tensor_retain(a));
  assert_false(tl_failed(c)); /* which any thread may call at any time */
  assert_null(tl_keep(a));
  expect_error(c, TL_INVALID_ARGUMENT, "[keep]");
  /* The slot is used again: the old handle stays stale. */
  tl_tensor *b = vector(c, 2, (float[]){3, 4});
  assert_ptr_not_equal(a, b);
  assert_null(tl_exp(c, a));
  expect_error(c, TL_INVALID_ARGUMENT, "not a live handle");
  free_context(c);
}

static void retained_tensors_outlive_their_scope(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_scope_begin(c);
  tl_tensor *a = vector(c, 2, (float[]){1, 2});
  assert_ptr_equal(tl_tensor_retain(a), a);
  tl_scope_end(c);
  assert_int_equal(tl_tensor_elements(a), 2);
  tl_tensor_release(a);
  assert_int_equal(tl_tensor_elements(a), -1);
  expect_error(c, TL_INVALID_ARGUMENT, "[tensor_elements]");
  /* Released by its owner first, then by the scope. */
  tl_scope_begin(c);
  a = tl_tensor_retain(vector(c, 2, (float[]){1, 2}));
  tl_tensor_release(a);
  tl_scope_end(c);
  assert_int_equal(tl_tensor_elements(a), -1);
  expect_error(c, TL_INVALID_ARGUMENT, "not a live handle");
  /* Retained and never released: the context ends it. */
  tl_scope_begin(c);
  tl_tensor_retain(vector(c, 2, (float[]){1, 2}));
  tl_scope_end(c);
  free_context(c);
}

static void handles_of_an_ended_context_are_stale(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *a = vector(c, 2, (float[]){1, 2});
  tl_tape *tape = tl_tape_begin(c, NULL);
  free_context(c);
  assert_int_equal(tl_context_free(c), TL_OK); /* again */
  assert_true(tl_failed(c));
  assert_int_equal(tl_error_code(c), TL_INVALID_ARGUMENT);
  assert_non_null(strstr(tl_error_message(c), "ended"));
  assert_null(tl_exp(c, a));
  assert_int_equal(tl_tensor_elements(a), -1);
  assert_int_equal(tl_tape_end(tape), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_scope_begin(c), TL_INVALID_ARGUMENT);
  tl_tensor_release(a);
  tl_tape_release(tape);
  tl_clear_error(c);
  /* A new context may get the same memory: the old handles stay stale. */
  tl_context *d = new_context();
  assert_ptr_not_equal(c, d);
  assert_true(tl_failed(c));
  assert_null(tl_exp(d, a));
  expect_error(d, TL_INVALID_ARGUMENT, "not a live handle");
  free_context(d);
}

static void handles_of_another_kind_or_context_are_refused(void **state) {
  (void)state;
  tl_context *c = new_context(), *d = new_context();
  tl_tensor *a = vector(c, 2, (float[]){1, 2}), *b = vector(d, 2, (float[]){1, 2});
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_null(tl_add(c, a, b));
  expect_error(c, TL_INVALID_ARGUMENT, "another context");
  assert_null(tl_exp(c, (tl_tensor *)tape));
  expect_error(c, TL_INVALID_ARGUMENT, "got a tape");
  assert_int_equal(tl_tape_end((tl_tape *)a), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must be a tape");
  assert_int_equal(tl_variable_assign(a, a), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "a tensor that is no variable");
  assert_null(tl_exp((tl_context *)a, a));
  expect_error(c, TL_INVALID_ARGUMENT, "[exp] the first argument must be a context: got a tensor");
  assert_null(tl_dense((tl_context *)tape, 1, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "[dense] the first argument must be a context: got a tape");
  assert_null(tl_layer_keep((tl_layer *)tape));
  expect_error(c, TL_INVALID_ARGUMENT, "[layer_keep] the first argument must be a layer: got a tape");
  assert_int_equal(tl_context_free((tl_context *)a), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[context_free] the first argument must be a context: got a tensor");
  assert_int_equal(tl_context_free((tl_context *)tape), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got a tape");
  assert_int_equal(tl_context_free(NULL), TL_OK);
  assert_int_equal(tl_tensor_elements(a), 2);
  tl_tensor *g;
  assert_int_equal(tl_tape_gradient(tape, b, &a, 1, NULL, &g), TL_INVALID_ARGUMENT);
  assert_null(g);
  expect_error(c, TL_INVALID_ARGUMENT, "another context");
  assert_false(tl_failed(d));
  free_context(c);
  free_context(d);
}

static void release_functions_give_up_their_own_kind_only(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2});
  tl_metric *metric = tl_metric_mean(c, NULL);
  tl_layer_release((tl_layer *)x);
  tl_optimizer_release((tl_optimizer *)metric);
  tl_tensor_release((tl_tensor *)metric);
  tl_tape_release((tl_tape *)c);
  assert_int_equal(tl_tensor_elements(x), 2);
  assert_int_equal(tl_metric_update(metric, x, NULL), TL_OK);
  assert_true(tl_metric_result(metric) == 1.5);
  tl_metric_release(metric);
  assert_int_equal(tl_metric_reset(metric), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[metric_reset]");
  free_context(c);
}

static void counts_that_no_list_has_are_refused(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_variable_new(c, vector(c, 2, (float[]){1, 2}), "x", true), *g[1] = {NULL};
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_optimizer *adam = tl_adam(c, NULL);
  const size_t huge = (size_t)-1;
  assert_int_equal(tl_tape_gradient(tape, x, &x, huge, NULL, g), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "at most");
  assert_int_equal(tl_tape_gradient_of(tape, &x, huge, &x, 1, NULL, g), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "targets");
  assert_int_equal(tl_clip_by_global_norm(c, &x, huge, 1, NULL, g, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "at most");
  assert_null(tl_global_norm(c, &x, huge));
  expect_error(c, TL_INVALID_ARGUMENT, "at most");
  assert_int_equal(tl_optimizer_apply(adam, &x, &x, huge), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "at most");
  assert_null(tl_concat(c, &x, huge, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "at most");
  assert_null(tl_sequential(c, (tl_layer **)&x, huge));
  expect_error(c, TL_INVALID_ARGUMENT, "at most");
  assert_null(tl_dataset_from_tensors(c, &x, huge));
  expect_error(c, TL_INVALID_ARGUMENT, "at most");
  free_context(c);
}

static void random_numbers_are_no_handles(void **state) {
  (void)state;
  tl_context *c = new_context();
  vector(c, 2, (float[]){1, 2});
  uint64_t z = 42;
  for (int i = 0; i < 50000; i++) {
    z = z * 6364136223846793005u + 1442695040888963407u;
    uint64_t bits = i % 3 == 0 ? z : i % 3 == 1 ? z >> 40 : (z & 0xFFFFF) | UINT64_C(1) << 63;
    tl_tensor *t = (tl_tensor *)(uintptr_t)bits;
    assert_int_equal(tl_tensor_elements(t), -1);
    tl_tensor_release(t);
    assert_true(tl_failed((tl_context *)t));
  }
  free_context(c);
}

static void many_handles_can_be_made(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_scope_begin(c);
  tl_tensor *x = vector(c, 1, (float[]){1}), *y = NULL;
  for (int i = 0; i < 100000; i++) y = tl_neg(c, x);
  assert_non_null(y);
  tl_scope_end(c);
  tl_context_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  assert_int_equal(s.tensors, 0);
  assert_int_equal(s.values, 0);
  free_context(c);
}

int handle_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(released_tensors_are_recognised),
      cmocka_unit_test(retained_tensors_outlive_their_scope),
      cmocka_unit_test(handles_of_an_ended_context_are_stale),
      cmocka_unit_test(handles_of_another_kind_or_context_are_refused),
      cmocka_unit_test(release_functions_give_up_their_own_kind_only),
      cmocka_unit_test(counts_that_no_list_has_are_refused),
      cmocka_unit_test(random_numbers_are_no_handles),
      cmocka_unit_test(many_handles_can_be_made),
  };
  return RUN_GROUP("handles", tests);
}
