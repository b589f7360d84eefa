/* Forward mode through the C API; its semantics are tested case by case in tests/autodiff. */
#include "tests/capi/harness.h"

static double tangent_of(tl_forward *forward, tl_tensor *tensor) {
  tl_tensor *tangent;
  assert_int_equal(tl_forward_tangent(forward, tensor, TL_UNCONNECTED_ERROR, &tangent), TL_OK);
  assert_non_null(tangent);
  return tl_tensor_item(tangent);
}

static void tangents_of_tensors_and_variables(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 3), *w = tl_variable_new(c, tl_scalar(c, TL_F64, 5), "w", true);
  tl_tensor *primals[] = {x, w}, *tangents[] = {tl_scalar(c, TL_F64, 1), tl_scalar(c, TL_F64, 10)}, *t;
  tl_forward *f = tl_forward_begin(c, primals, tangents, 2);
  assert_non_null(f);
  tl_tensor *y = tl_mul(c, tl_square(c, x), w); /* 2 x w x' + x^2 w' */
  assert_true(tangent_of(f, y) == 30 + 90);
  assert_true(tangent_of(f, x) == 1);
  assert_true(tangent_of(f, w) == 10);
  assert_int_equal(tl_variable_assign(w, tl_scalar(c, TL_F64, 7)), TL_OK);
  assert_true(tangent_of(f, tl_square(c, w)) == 140);
  assert_int_equal(tl_forward_end(f), TL_OK);
  tl_tensor *late = tl_square(c, x);
  assert_int_equal(tl_forward_tangent(f, late, TL_UNCONNECTED_NONE, &t), TL_OK);
  assert_null(t);
  assert_int_equal(tl_forward_tangent(f, late, TL_UNCONNECTED_ZERO, &t), TL_OK);
  assert_true(tl_tensor_item(t) == 0);
  assert_true(tangent_of(f, y) == 120);
  assert_int_equal(tl_forward_resume(f), TL_OK);
  assert_true(tangent_of(f, tl_exp(c, y)) == 120 * tl_tensor_item(tl_exp(c, y)));
  free_context(c);
}

static void a_hessian_vector_product_both_ways(void **state) {
  (void)state;
  tl_context *c = new_context();
  /* f = sum(a^2 b): H v = (2 b a' + 2 a b', 2 a a'). */
  tl_tensor *at[] = {vector(c, 2, (float[]){1, 2}), vector(c, 2, (float[]){3, 4})};
  tl_tensor *along[] = {vector(c, 2, (float[]){1, 10}), vector(c, 2, (float[]){5, 7})};
  const float expected[2][2] = {{16, 108}, {2, 40}};
  for (int reverse = 0; reverse < 2; reverse++) {
    tl_scope_begin(c);
    tl_forward *f = reverse ? NULL : tl_forward_begin(c, at, along, 2);
    tl_tape *outer = reverse ? tl_tape_begin(c, NULL) : NULL, *inner = tl_tape_begin(c, NULL);
    for (int i = 0; i < 2; i++) {
      assert_int_equal(tl_tape_watch(inner, at[i]), TL_OK);
      if (reverse) assert_int_equal(tl_tape_watch(outer, at[i]), TL_OK);
    }
    tl_tensor *y = tl_mul(c, tl_square(c, at[0]), at[1]), *gradients[2], *products[2];
    assert_int_equal(tl_tape_gradient(inner, y, at, 2, NULL, gradients), TL_OK);
    if (reverse) {
      tl_gradient_options options;
      tl_gradient_options_init(&options, sizeof options);
      options.output_gradients = along;
      assert_int_equal(tl_tape_gradient_of(outer, gradients, 2, at, 2, &options, products), TL_OK);
    } else {
      for (int i = 0; i < 2; i++)
        assert_int_equal(tl_forward_tangent(f, gradients[i], TL_UNCONNECTED_ERROR, &products[i]), TL_OK);
    }
    for (int i = 0; i < 2; i++)
      for (int j = 0; j < 2; j++)
        assert_true(((const float *)tl_tensor_data(products[i]))[j] == expected[i][j]);
    tl_scope_end(c);
  }
  free_context(c);
}

static void misuse_is_told(void **state) {
  (void)state;
  tl_context *c = new_context(), *other = new_context();
  tl_tensor *x = vector(c, 3, (float[]){1, 2, 3}), *v = vector(c, 3, (float[]){1, 1, 1});
  tl_tensor *twice[] = {x, x}, *both[] = {v, v}, *short_one = vector(c, 2, (float[]){1, 2}), *t = x;
  tl_tensor *integers = tl_full(c, (int64_t[]){3}, 1, 1, TL_I32),
            *foreign = vector(other, 3, (float[]){1, 2, 3});
  assert_null(tl_forward_begin(c, twice, both, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "named once");
  assert_null(tl_forward_begin(c, &x, &short_one, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "dtype and shape");
  assert_null(tl_forward_begin(c, &integers, &integers, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "must be floating-point values");
  assert_null(tl_forward_begin(c, &x, &v, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "at least 1 primal");
  assert_null(tl_forward_begin(c, NULL, &v, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "'primals' must not be NULL");
  assert_null(tl_forward_begin(c, &x, NULL, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "'tangents' must not be NULL");
  assert_null(tl_forward_begin(c, &x, &v, (size_t)-1));
  expect_error(c, TL_INVALID_ARGUMENT, "a list has at most");
  tl_tensor *nothing = NULL;
  assert_null(tl_forward_begin(c, &x, &nothing, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "'tangents[0]' must be a tensor: got NULL");
  assert_null(tl_forward_begin(c, &nothing, &v, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "'primals[0]'");
  assert_null(tl_forward_begin(c, &foreign, &v, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "another context");
  assert_null(tl_forward_begin(NULL, &x, &v, 1));

  tl_forward *f = tl_forward_begin(c, &x, &v, 1);
  assert_int_equal(tl_forward_resume(f), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "got one that is open");
  assert_int_equal(tl_forward_end(f), TL_OK);
  assert_int_equal(tl_forward_end(f), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "resume it");
  assert_int_equal(tl_forward_tangent(f, x, TL_UNCONNECTED_NONE, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'tangent' must not be NULL: got NULL");
  assert_int_equal(tl_forward_tangent(f, v, TL_UNCONNECTED_ERROR, &t), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must depend on a primal");
  tl_tensor *connected[] = {x, v};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(tl_forward_tangent(f, connected[i], 7, &t), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "'unconnected' must be none (0), zero (1) or error (2): got 7");
  }
  assert_null(t);
  assert_int_equal(tl_forward_tangent(f, v, 7, &t), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got 7");
  assert_int_equal(tl_forward_tangent(f, integers, TL_UNCONNECTED_NONE, &t), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "only floating-point");
  assert_int_equal(tl_forward_tangent(f, NULL, TL_UNCONNECTED_NONE, &t), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[forward_tangent]");
  assert_int_equal(tl_forward_end((tl_forward *)x), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'forward' must be a forward of this context: got a tensor");
  /* Nothing happens while the context holds an error. */
  assert_null(tl_add(c, x, short_one));
  t = x;
  assert_int_equal(tl_forward_tangent(f, x, TL_UNCONNECTED_NONE, &t), TL_INVALID_ARGUMENT);
  assert_null(t);
  assert_null(tl_forward_begin(c, &x, &v, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "[add]");
  free_context(other);
  free_context(c);
}

static void it_belongs_to_its_scope(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2}), *v = vector(c, 2, (float[]){1, 1}), *t;
  tl_context_statistics before = {.struct_size = sizeof before}, after = {.struct_size = sizeof after};
  assert_int_equal(tl_context_stats(c, &before), TL_OK);
  tl_scope_begin(c);
  tl_scope_begin(c);
  tl_forward *f = tl_forward_begin(c, &x, &v, 1), *dropped = tl_forward_begin(c, &x, &v, 1);
  assert_ptr_equal(tl_forward_keep(f), f);
  tl_square(c, x);
  tl_scope_end(c);
  assert_int_equal(tl_forward_end(dropped), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "forward_keep moves it one scope out");
  assert_int_equal(tl_forward_tangent(f, tl_square(c, x), TL_UNCONNECTED_ERROR, &t), TL_OK);
  tl_scope_end(c);
  assert_int_equal(tl_forward_end(f), TL_INVALID_ARGUMENT);
  tl_clear_error(c);
  tl_forward *released = tl_forward_begin(c, &x, &v, 1);
  tl_forward_release(released);
  tl_forward_release(released);
  tl_forward_release(NULL);
  tl_forward_release((tl_forward *)x); /* of another kind: left alone */
  assert_int_equal(tl_tensor_elements(x), 2);
  assert_int_equal(tl_context_stats(c, &after), TL_OK);
  assert_int_equal(before.values, after.values);
  assert_int_equal(before.live_bytes, after.live_bytes);
  free_context(c);
}

static void a_long_run_leaves_memory_flat(void **state) {
  (void)state;
  tl_context *c = new_context();
  /* w <- w - r w: after n steps (1 - r)^n, with the derivative -n (1 - r)^(n - 1) by the rate. */
  tl_tensor *rate = tl_scalar(c, TL_F64, 0.01), *one = tl_scalar(c, TL_F64, 1), *w = tl_scalar(c, TL_F64, 1);
  tl_forward *f = tl_forward_begin(c, &rate, &one, 1);
  tl_context_statistics early = {.struct_size = sizeof early}, late = {.struct_size = sizeof late};
  for (int step = 1; step <= 1000; step++) {
    tl_scope_begin(c);
    tl_tensor *next = tl_keep(tl_sub(c, w, tl_mul(c, rate, w)));
    tl_tensor_release(w);
    w = next;
    tl_scope_end(c);
    assert_int_equal(tl_context_stats(c, step == 10 ? &early : &late), TL_OK);
  }
  double expected = -1000 * pow(0.99, 999);
  assert_true(fabs(tangent_of(f, w) - expected) < 1e-9 * fabs(expected));
  assert_int_equal(early.values, late.values);
  assert_int_equal(early.live_bytes, late.live_bytes);
  free_context(c);
}

/* What the rule below gives up or ends in the middle of its call. */
typedef struct {
  tl_forward *released, *ended;
  int status; /* to fail with */
} mischief;

static tl_status square_of(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                           tl_tensor **outputs, size_t num_outputs) {
  (void)user_data, (void)num_inputs, (void)num_outputs;
  outputs[0] = tl_square(c, inputs[0]);
  return TL_OK;
}

static tl_status square_gradient(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                                 tl_tensor *const *outputs, tl_tensor *const *output_gradients,
                                 size_t num_outputs, tl_tensor **input_gradients) {
  (void)user_data, (void)num_inputs, (void)outputs, (void)num_outputs;
  input_gradients[0] = tl_mul_scalar(c, tl_mul(c, inputs[0], output_gradients[0]), 2);
  return TL_OK;
}

static tl_status square_tangent(tl_context *c, void *user_data, tl_tensor *const *inputs,
                                tl_tensor *const *input_tangents, size_t num_inputs,
                                tl_tensor *const *outputs, size_t num_outputs, tl_tensor **output_tangents) {
  (void)num_inputs, (void)outputs, (void)num_outputs;
  mischief *m = user_data;
  output_tangents[0] = tl_mul_scalar(c, tl_mul(c, inputs[0], input_tangents[0]), 2);
  tl_forward_release(m->released);
  if (m->ended) assert_int_equal(tl_forward_end(m->ended), TL_OK);
  return m->status ? tl_set_error(c, m->status, "[square] it would not") : TL_OK;
}

static void a_rule_gives_up_the_forward_mode_that_asks_it(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 3), *one = tl_scalar(c, TL_F64, 1), *y, *g;
  for (int kind = 0; kind < 4; kind++) { /* released or ended; with an error or without */
    tl_scope_begin(c);
    tl_forward *f = tl_forward_begin(c, &x, &one, 1);
    tl_tape *tape = tl_tape_begin(c, NULL); /* newer: it must not miss the call */
    assert_int_equal(tl_tape_watch(tape, x), TL_OK);
    mischief m = {kind % 2 ? f : NULL, kind % 2 ? NULL : f, kind < 2 ? 0 : TL_IO};
    tl_status status = tl_custom_gradient_with_jvp(c, "square", square_of, square_gradient, square_tangent,
                                                   &m, NULL, &x, 1, NULL, 0, &y, 1);
    if (kind < 2) {
      assert_int_equal(status, TL_OK);
      assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_OK);
      assert_true(tl_tensor_item(g) == 6);
    } else {
      assert_int_equal(status, TL_IO);
      expect_error(c, TL_IO, "it would not");
    }
    if (kind == 0) assert_true(tangent_of(f, y) == 6);
    if (m.released) {
      assert_int_equal(tl_forward_end(f), TL_INVALID_ARGUMENT);
      tl_clear_error(c);
    } else {
      assert_int_equal(tl_forward_resume(f), TL_OK);
      assert_true(tangent_of(f, tl_square(c, x)) == 6);
    }
    tl_scope_end(c);
  }
  free_context(c);
}

int forward_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tangents_of_tensors_and_variables),
      cmocka_unit_test(a_hessian_vector_product_both_ways),
      cmocka_unit_test(misuse_is_told),
      cmocka_unit_test(it_belongs_to_its_scope),
      cmocka_unit_test(a_long_run_leaves_memory_flat),
      cmocka_unit_test(a_rule_gives_up_the_forward_mode_that_asks_it),
  };
  return RUN_GROUP("forward", tests);
}
