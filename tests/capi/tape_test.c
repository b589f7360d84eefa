/* The tape through the C API; its semantics are tested case by case in tests/autodiff. */
#include "tests/capi/harness.h"

static void a_loop_of_plain_c_trains(void **state) {
  (void)state;
  tl_context *c = new_context();
  /* y = 3 x - 1, by gradient descent on the mean squared error. */
  tl_tensor *x = vector(c, 4, (float[]){0, 1, 2, 3}), *y = vector(c, 4, (float[]){-1, 2, 5, 8});
  tl_tensor *vars[] = {tl_variable_new(c, tl_scalar(c, TL_F32, 0), "slope", true),
                       tl_variable_new(c, tl_scalar(c, TL_F32, 0), "offset", true)};
  tl_context_statistics before = {.struct_size = sizeof before}, after = {.struct_size = sizeof after};
  for (int step = 0; step < 500; step++) {
    tl_scope_begin(c);
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *error = tl_sub(c, tl_add(c, tl_mul(c, x, vars[0]), vars[1]), y);
    tl_tensor *loss = tl_mean(c, tl_square(c, error)), *grads[2];
    if (tl_tape_gradient(tape, loss, vars, 2, NULL, grads) == TL_OK)
      for (int i = 0; i < 2; i++)
        assert_int_equal(tl_variable_assign(vars[i], tl_sub(c, vars[i], tl_mul_scalar(c, grads[i], 0.1))),
                         TL_OK);
    tl_scope_end(c);
    assert_int_equal(tl_context_stats(c, step == 100 ? &before : &after), TL_OK);
  }
  assert_false(tl_failed(c));
  assert_true(fabs(tl_tensor_item(vars[0]) - 3) < 1e-4);
  assert_true(fabs(tl_tensor_item(vars[1]) + 1) < 1e-4);
  assert_int_equal(before.tensors, after.tensors);
  assert_int_equal(before.values, after.values);
  assert_int_equal(before.live_bytes, after.live_bytes);
  assert_int_equal(before.system_allocations, after.system_allocations);
  assert_int_equal(after.tapes, 0);
  free_context(c);
}

static void gradients_of_gradients(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *first, *second;
  tl_tape *outer = tl_tape_begin(c, NULL), *inner = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(outer, x), TL_OK);
  assert_int_equal(tl_tape_watch(inner, x), TL_OK);
  tl_tensor *y = tl_mul(c, tl_square(c, x), x);
  assert_int_equal(tl_tape_gradient(inner, y, &x, 1, NULL, &first), TL_OK);
  assert_int_equal(tl_tape_gradient(outer, first, &x, 1, NULL, &second), TL_OK);
  assert_true(tl_tensor_item(first) == 12);
  assert_true(tl_tensor_item(second) == 12);
  free_context(c);
}

static void options_and_unconnected_sources(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2}), *other = vector(c, 3, (float[]){1, 2, 3}),
            *sources[] = {x, other};
  tl_tape_options options;
  tl_tape_options_init(&options, sizeof options);
  options.persistent = true;
  tl_tape *tape = tl_tape_begin(c, &options);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  tl_tensor *y = tl_square(c, x), *grads[2], *seed = vector(c, 2, (float[]){10, 100});
  assert_int_equal(tl_tape_gradient(tape, y, sources, 2, NULL, grads), TL_OK);
  assert_non_null(grads[0]);
  assert_null(grads[1]);
  tl_gradient_options g;
  tl_gradient_options_init(&g, sizeof g);
  g.unconnected = TL_UNCONNECTED_ZERO;
  g.output_gradients = &seed;
  assert_int_equal(tl_tape_gradient(tape, y, sources, 2, &g, grads), TL_OK);
  assert_true(((const float *)tl_tensor_data(grads[0]))[1] == 400);
  assert_int_equal(tl_tensor_elements(grads[1]), 3);
  g.unconnected = TL_UNCONNECTED_ERROR;
  assert_int_equal(tl_tape_gradient(tape, y, sources, 2, &g, grads), TL_INVALID_ARGUMENT);
  assert_null(grads[0]);
  expect_error(c, TL_INVALID_ARGUMENT, "'sources[1]'");
  g.unconnected = 17;
  assert_int_equal(tl_tape_gradient(tape, y, sources, 2, &g, grads), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "17");
  tl_tape_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_tape_stats(tape, &s), TL_OK);
  assert_true(s.recording && !s.consumed && s.recorded_ops > 0);
  tl_tape_release(tape);
  assert_int_equal(tl_tape_stats(tape, &s), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[tape_stats] the tape is not a live handle");
  free_context(c);
}

static void misuse_is_told(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_variable_new(c, tl_scalar(c, TL_F32, 3), "x", true), *g;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *y = tl_square(c, x);
  assert_int_equal(tl_tape_gradient(tape, NULL, &x, 1, NULL, &g), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'targets[0]' must be a tensor: got NULL");
  assert_int_equal(tl_tape_gradient(tape, y, NULL, 1, NULL, &g), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "sources");
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_int_equal(tl_tape_gradient(NULL, y, &x, 1, NULL, &g), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_OK);
  assert_true(tl_tensor_item(g) == 6);
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_FAILED_PRECONDITION);
  assert_null(g);
  expect_error(c, TL_FAILED_PRECONDITION, "consumed");
  assert_int_equal(tl_tape_resume(tape), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "consumed");
  assert_int_equal(tl_tape_end(tape), TL_OK);
  tl_tape *second = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_resume(second), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "got one that records");
  tl_tensor *watched[2];
  size_t count;
  tl_square(c, x);
  assert_int_equal(tl_tape_watched_variables(second, watched, 2, &count), TL_OK);
  assert_int_equal(count, 1);
  assert_string_equal(tl_variable_name(watched[0]), "x");
  free_context(c);
}

static void no_memory_in_the_backward_pass(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_variable_new(c, tl_full(c, (int64_t[]){1 << 16}, 1, 0.5, TL_F32), "x", true), *g;
  for (uint64_t limit = 300000; limit < 3000000; limit += 50000) {
    tl_scope_begin(c);
    tl_context_trim(c);
    tl_context_set_memory_limit(c, limit);
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *y = tl_tanh(c, tl_sigmoid(c, tl_tanh(c, x)));
    tl_status status = tl_tape_gradient(tape, y, &x, 1, NULL, &g);
    assert_true(status == TL_OK || status == TL_OUT_OF_MEMORY || status == TL_INVALID_ARGUMENT);
    assert_true((status == TL_OK) == (g != NULL));
    tl_clear_error(c);
    tl_scope_end(c);
    tl_context_statistics s = {.struct_size = sizeof s};
    assert_int_equal(tl_context_stats(c, &s), TL_OK);
    assert_int_equal(s.values, 2); /* the variable's value and the handle of its initial value */
  }
  free_context(c);
}

int tape_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_loop_of_plain_c_trains),        cmocka_unit_test(gradients_of_gradients),
      cmocka_unit_test(options_and_unconnected_sources), cmocka_unit_test(misuse_is_told),
      cmocka_unit_test(no_memory_in_the_backward_pass),
  };
  return RUN_GROUP("tape", tests);
}
