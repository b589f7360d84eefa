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
  /* Row 3 of the table of semantics: only tensors and variables of this context can be watched. */
  tl_context *other = new_context();
  tl_tape *second = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(second, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[tape_watch] 'tensor' must be a tensor: got NULL");
  assert_int_equal(tl_tape_watch(second, (tl_tensor *)second), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got a tape");
  assert_int_equal(tl_tape_watch(second, tl_scalar(other, TL_F32, 1)), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "of another context");
  free_context(other);
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
  tl_tensor *x = tl_variable_new(c, tl_full(c, (int64_t[]){1 << 13}, 1, 0.5, TL_F32), "x", true), *g;
  int enough = 0, too_little = 0;
  for (uint64_t limit = 40000; limit < 375000; limit += 6200) {
    tl_scope_begin(c);
    tl_context_trim(c);
    tl_context_set_memory_limit(c, limit);
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *y = tl_tanh(c, tl_sigmoid(c, tl_tanh(c, x)));
    tl_status status = tl_tape_gradient(tape, y, &x, 1, NULL, &g);
    assert_true(status == TL_OK || status == TL_OUT_OF_MEMORY || status == TL_INVALID_ARGUMENT);
    assert_true((status == TL_OK) == (g != NULL));
    enough += status == TL_OK;
    too_little += status == TL_OUT_OF_MEMORY;
    tl_clear_error(c);
    tl_scope_end(c);
    tl_context_statistics s = {.struct_size = sizeof s};
    assert_int_equal(tl_context_stats(c, &s), TL_OK);
    assert_int_equal(s.values, 2); /* the variable's value and the handle of its initial value */
  }
  assert_true(enough > 5 && too_little > 5);
  free_context(c);
}

static void a_missing_gradient_has_a_reason(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *w = tl_variable_new(c, vector(c, 2, (float[]){1, 2}), "weights", true),
            *unused = tl_variable_new(c, tl_scalar(c, TL_F32, 1), "unused", true), *sources[] = {w, unused},
            *grads[2];
  for (int explain = 0; explain < 2; explain++) {
    tl_scope_begin(c);
    tl_tape_options options;
    tl_tape_options_init(&options, sizeof options);
    options.explain = explain;
    tl_tape *tape = tl_tape_begin(c, &options);
    tl_tensor *y = tl_sum(c, tl_mul_scalar(c, tl_stop_gradient(c, tl_square(c, w)), 2)),
              *z = tl_add(c, y, tl_mul_scalar(c, tl_sum(c, w), 3));
    tl_gradient_reason reason = -1, reasons[2] = {-1, -1};
    assert_int_equal(tl_tape_reason(tape, z, w, &reason), TL_OK);
    assert_int_equal(reason, TL_REASON_CONNECTED);
    assert_int_equal(tl_tape_reason(tape, y, w, &reason), TL_OK);
    assert_int_equal(reason, TL_REASON_STOP_GRADIENT);
    tl_gradient_options g;
    tl_gradient_options_init(&g, sizeof g);
    g.reasons = reasons;
    assert_int_equal(tl_tape_gradient(tape, y, sources, 2, &g, grads), TL_OK);
    assert_null(grads[0]);
    assert_int_equal(reasons[0], TL_REASON_STOP_GRADIENT);
    assert_int_equal(reasons[1], TL_REASON_NOT_READ);
    char text[400], cut[20];
    size_t length = 0;
    assert_int_equal(tl_tape_explain(tape, y, w, text, sizeof text, &length), TL_OK);
    assert_int_equal(length, strlen(text));
    assert_non_null(strstr(
        text, "no gradient of the target with respect to variable 'weights' (cut by stop_gradient): "));
    assert_non_null(strstr(text, "'stop_gradient' (result f32 (2,)) cuts the path on purpose"));
    assert_true(!strstr(text, "op 2,") == !explain);
    assert_int_equal(tl_tape_explain(tape, y, w, cut, sizeof cut, NULL), TL_OK);
    assert_int_equal(strlen(cut), sizeof cut - 1);
    assert_int_equal(tl_tape_explain(tape, y, w, NULL, 0, &length), TL_OK);
    assert_int_equal(tl_tape_explain(tape, y, w, NULL, 5, &length), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "'buffer'");
    assert_int_equal(tl_tape_reason(tape, y, w, NULL), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "'reason'");
    assert_int_equal(tl_tape_reason(tape, NULL, w, &reason), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "'target'");
    /* The tape is consumed: what its gradient call did not ask about only a tape that explains can tell. */
    assert_int_equal(tl_tape_reason(tape, z, w, &reason), explain ? TL_OK : TL_FAILED_PRECONDITION);
    if (explain)
      assert_int_equal(reason, TL_REASON_CONNECTED);
    else
      expect_error(c, TL_FAILED_PRECONDITION, "begin the tape with the option explain");
    tl_scope_end(c);
  }
  assert_string_equal(tl_gradient_reason_name(TL_REASON_PAUSED), "paused");
  assert_string_equal(tl_gradient_reason_name(99), "unknown reason");
  free_context(c);
}

static void the_memory_of_a_tape_by_op(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_variable_new(c, tl_full(c, (int64_t[]){1000}, 1, 0.5, TL_F32), "x", true);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tanh(c, tl_tanh(c, tl_square(c, x)));
  tl_tape_memory memory = {.struct_size = sizeof memory};
  tl_tape_statistics s = {.struct_size = sizeof s};
  size_t count = 0;
  assert_int_equal(tl_tape_memory_by_op(tape, 0, NULL, &count), TL_OK);
  assert_int_equal(count, 2);
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(tl_tape_memory_by_op(tape, i, &memory, NULL), TL_OK);
    sum += memory.saved_bytes;
    assert_string_equal(memory.op, i == 0 ? "tanh" : "square");
    assert_int_equal(memory.calls, i == 0 ? 2 : 1);
  }
  assert_int_equal(tl_tape_stats(tape, &s), TL_OK);
  assert_int_equal(s.saved_bytes, sum);
  assert_true(sum >= 3 * 4000);
  assert_int_equal(tl_tape_memory_by_op(tape, 2, &memory, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got 2 of 2");
  free_context(c);
}

static void the_first_nan_is_found(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_variable_new(c, vector(c, 2, (float[]){0, 4}), "x", true), *g;
  assert_int_equal(tl_context_set_non_finite_check(c, TL_NON_FINITE_CHECK_ALL), TL_OK);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *y = tl_sqrt(c, x);
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_NON_FINITE);
  assert_non_null(strstr(tl_error_message(c), "in the gradient of 'sqrt'"));
  tl_clear_error(c);
  assert_null(tl_log(c, tl_neg(c, y)));
  expect_error(c, TL_NON_FINITE, "[log] results must be finite: got 1 NaN and 1 infinity in f32 (2,)");
  assert_int_equal(tl_context_set_non_finite_check(c, TL_NON_FINITE_CHECK_NAN), TL_OK);
  assert_non_null(tl_log(c, y));
  assert_int_equal(tl_context_set_non_finite_check(c, TL_NON_FINITE_CHECK_OFF), TL_OK);
  assert_non_null(tl_log(c, tl_neg(c, y)));
  assert_int_equal(tl_context_set_non_finite_check(c, 3), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'check'");
  assert_int_equal(tl_context_set_non_finite_check(c, TL_NON_FINITE_CHECK_ALL), TL_OK); /* on to the end */
  free_context(c);
}

/* The value that a program keeps of a variable, such as the old weights of a policy, is not the variable. */
static void a_value_that_was_read_is_a_constant_later(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *w = tl_variable_new(c, tl_scalar(c, TL_F64, 3), "w", true), *g, *both[2];
  tl_tensor *old = tl_variable_read(w), *one = tl_scalar(c, TL_F64, 1);
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_gradient(tape, tl_mul(c, w, old), &w, 1, NULL, &g), TL_OK);
  assert_float_equal(tl_tensor_item(g), 3, 0); /* 6 if old were w */
  tape = tl_tape_begin(c, NULL);               /* old can be watched beside the variable */
  assert_int_equal(tl_tape_watch(tape, old), TL_OK);
  tl_tensor *product = tl_mul(c, w, tl_square(c, old));
  assert_int_equal(tl_tape_gradient(tape, product, (tl_tensor *[]){w, old}, 2, NULL, both), TL_OK);
  assert_float_equal(tl_tensor_item(both[0]), 9, 0);
  assert_float_equal(tl_tensor_item(both[1]), 18, 0);
  tl_forward *forward = tl_forward_begin(c, &w, &one, 1);
  assert_int_equal(tl_forward_tangent(forward, tl_mul(c, w, old), TL_UNCONNECTED_NONE, &g), TL_OK);
  assert_float_equal(tl_tensor_item(g), 3, 0);
  tl_forward_release(forward);

  tape = tl_tape_begin(c, NULL); /* read while it is paused, and while it records */
  assert_int_equal(tl_tape_pause(tape), TL_OK);
  tl_tensor *paused = tl_variable_read(w);
  assert_int_equal(tl_tape_resume(tape), TL_OK);
  product = tl_mul(c, tl_mul(c, w, paused), tl_variable_read(w));
  assert_int_equal(tl_tape_gradient(tape, product, &w, 1, NULL, &g), TL_OK);
  assert_float_equal(tl_tensor_item(g), 18, 0);
  free_context(c);
}

int tape_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_loop_of_plain_c_trains),
      cmocka_unit_test(gradients_of_gradients),
      cmocka_unit_test(options_and_unconnected_sources),
      cmocka_unit_test(misuse_is_told),
      cmocka_unit_test(no_memory_in_the_backward_pass),
      cmocka_unit_test(a_missing_gradient_has_a_reason),
      cmocka_unit_test(the_memory_of_a_tape_by_op),
      cmocka_unit_test(the_first_nan_is_found),
      cmocka_unit_test(a_value_that_was_read_is_a_constant_later),
  };
  return RUN_GROUP("tape", tests);
}
