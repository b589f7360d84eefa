/* Products of curvature matrices and pullbacks through the C API: values, derivatives of them, misuse, ownership. */
#include "tests/capi/harness.h"

static int destroyed;
static void count_destroy(void *data) {
  (void)data;
  destroyed++;
}

/* a^2 b, element by element. */
static tl_status cubic(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                       size_t num_out) {
  if (data) ++*(int *)data;
  assert_int_equal(num_in, 2);
  assert_int_equal(num_out, 1);
  out[0] = tl_mul(c, tl_square(c, in[0]), in[1]);
  return TL_OK;
}

static tl_status fails(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                       size_t num_out) {
  (void)data, (void)in, (void)num_in, (void)out, (void)num_out;
  return tl_set_error(c, TL_UNSUPPORTED, "[cubic] no luck: got 0; try again");
}
static tl_status sets_nothing(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                              size_t num_out) {
  (void)c, (void)data, (void)in, (void)num_in, (void)out, (void)num_out;
  return TL_OK;
}
static tl_status gives_integers(tl_context *c, void *data, tl_tensor *const *in, size_t num_in,
                                tl_tensor **out, size_t num_out) {
  (void)data, (void)num_in, (void)num_out;
  out[0] = tl_cast(c, in[0], TL_I32);
  return TL_OK;
}

static tl_tensor *doubles(tl_context *c, double a, double b) {
  const double values[] = {a, b};
  return tl_tensor_new(c, TL_F64, (int64_t[]){2}, 1, values, sizeof values);
}
static void expect_doubles(tl_tensor *t, double a, double b) {
  double got[2];
  assert_non_null(t);
  assert_int_equal(tl_tensor_read(t, got, sizeof got), TL_OK);
  assert_true(got[0] == a && got[1] == b);
}

static void hessian_products_of_tensors_and_variables(void **state) {
  (void)state;
  tl_context *c = new_context();
  const tl_hessian_way ways[] = {TL_HESSIAN_FORWARD_OVER_REVERSE, TL_HESSIAN_REVERSE_OVER_REVERSE};
  tl_tensor *a = doubles(c, 1, 2), *b = tl_variable_new(c, doubles(c, 3, 4), "b", true);
  tl_tensor *at[] = {a, b}, *along[] = {doubles(c, 1, 10), doubles(c, 5, 7)}, *h[2];
  for (int w = 0; w < 2; w++) {
    int runs = 0;
    destroyed = 0;
    assert_int_equal(tl_hessian_vector_product(c, cubic, &runs, count_destroy, at, along, 2, ways[w], h),
                     TL_OK);
    assert_int_equal(runs, 1);
    assert_int_equal(destroyed, 1);
    expect_doubles(h[0], 6 * 1 + 2 * 5, 8 * 10 + 4 * 7); /* H = [[2 b, 2 a], [2 a, 0]] for each element */
    expect_doubles(h[1], 2, 40);
    /* An open tape sees how the product is made: by b, the first entry of the first product is 2 v_a. */
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *third;
    assert_int_equal(tl_hessian_vector_product(c, cubic, NULL, NULL, at, along, 2, ways[w], h), TL_OK);
    assert_int_equal(tl_tape_gradient(tape, h[0], &b, 1, NULL, &third), TL_OK);
    expect_doubles(third, 2, 20);
  }
  free_context(c);
}

static tl_status two_outputs(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                             size_t num_out) {
  (void)data, (void)num_in;
  assert_int_equal(num_out, 2);
  out[0] = tl_square(c, in[0]);
  out[1] = tl_mul_scalar(c, in[0], 3);
  return TL_OK;
}
/* sum of z0^2 / 2 + z0 z1 */
static tl_status quadratic(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                           size_t num_out) {
  (void)data, (void)num_out;
  assert_int_equal(num_in, 2);
  out[0] = tl_add(c, tl_mul_scalar(c, tl_square(c, in[0]), 0.5), tl_mul(c, in[0], in[1]));
  return TL_OK;
}

static void gauss_newton_products(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = doubles(c, 1, 2), *v = doubles(c, 1, 1), *g;
  /* J = (2x, 3), H = [[1, 1], [1, 0]]: J' H J = 4 x^2 + 12 x. */
  assert_int_equal(tl_gauss_newton_vector_product(c, two_outputs, 2, quadratic, NULL, NULL, &x, &v, 1, &g),
                   TL_OK);
  expect_doubles(g, 16, 40);
  /* The Hessian of the whole has the curvature of the function besides: (z0 + z1) 2. */
  free_context(c);
}

static void pullbacks_are_asked_again_and_again(void **state) {
  (void)state;
  tl_context *c = new_context();
  int runs = 0;
  destroyed = 0;
  tl_tensor *a = doubles(c, 1, 2), *b = tl_variable_new(c, doubles(c, 3, 4), "b", true), *at[] = {a, b},
            *value, *g[2];
  tl_pullback *p = tl_pullback_new(c, cubic, &runs, count_destroy, at, 2, &value, 1);
  assert_non_null(p);
  assert_int_equal(destroyed, 1);
  expect_doubles(value, 3, 16);
  assert_int_equal(tl_variable_assign(b, doubles(c, 100, 100)),
                   TL_OK); /* the run keeps the value that it had */
  for (int i = 0; i < 3; i++) {
    assert_int_equal(tl_pullback_gradients(p, NULL, 1, g, 2), TL_OK);
    expect_doubles(g[0], 6, 16);
    expect_doubles(g[1], 1, 4);
    tl_tensor *seed[] = {doubles(c, 0, 10)}, *none[] = {NULL};
    assert_int_equal(tl_pullback_gradients(p, seed, 1, g, 2), TL_OK);
    expect_doubles(g[0], 0, 160);
    assert_int_equal(tl_pullback_gradients(p, none, 1, g, 2), TL_OK);
    expect_doubles(g[1], 1, 4);
  }
  assert_int_equal(runs, 1);
  /* A tape sees what it computes. */
  tl_tensor *seed = doubles(c, 1, 1), *by_seed;
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, seed), TL_OK);
  assert_int_equal(tl_pullback_gradients(p, &seed, 1, g, 2), TL_OK);
  assert_int_equal(tl_tape_gradient(tape, g[0], &seed, 1, NULL, &by_seed), TL_OK);
  expect_doubles(by_seed, 6, 16);
  free_context(c);
}

/* One value as two arguments, by identity: f(a, b) = a^2 b at (3, 3) has the derivatives 18 and 9, not their sum. */
static void one_value_may_be_two_arguments(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = doubles(c, 3, 1), *at[] = {x, tl_identity(c, x)}, *value, *g[2];
  tl_pullback *p = tl_pullback_new(c, cubic, NULL, NULL, at, 2, &value, 1);
  assert_int_equal(tl_pullback_gradients(p, NULL, 1, g, 2), TL_OK);
  expect_doubles(g[0], 18, 2);
  expect_doubles(g[1], 9, 1);
  tl_tensor *along[] = {doubles(c, 1, 1), doubles(c, 0, 0)};
  for (int way = 0; way < 2; way++) {
    assert_int_equal(tl_hessian_vector_product(c, cubic, NULL, NULL, at, along, 2, way, g), TL_OK);
    expect_doubles(g[0], 6, 2);
    expect_doubles(g[1], 6, 2);
  }
  free_context(c);
}

static void a_pullback_belongs_to_its_scope(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_context_statistics before = {.struct_size = sizeof before}, after = before;
  assert_int_equal(tl_context_stats(c, &before), TL_OK);
  tl_scope_begin(c);
  tl_tensor *at[] = {doubles(c, 1, 2), doubles(c, 3, 4)}, *value, *g[2];
  tl_pullback *p = tl_pullback_new(c, cubic, NULL, NULL, at, 2, &value, 1);
  tl_scope_begin(c);
  tl_pullback *inner = tl_pullback_new(c, cubic, NULL, NULL, at, 2, &value, 1);
  assert_ptr_equal(tl_pullback_keep(inner), inner);
  tl_scope_end(c);
  assert_int_equal(tl_pullback_gradients(inner, NULL, 1, g, 2), TL_OK);
  tl_pullback_release(p);
  tl_pullback_release(p); /* nothing */
  tl_pullback_release(NULL);
  assert_int_equal(tl_pullback_gradients(p, NULL, 1, g, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[pullback_gradients]");
  tl_scope_end(c);
  assert_int_equal(tl_pullback_gradients(inner, NULL, 1, g, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[pullback_gradients]");
  assert_null(g[0]);
  assert_int_equal(tl_context_stats(c, &after), TL_OK);
  assert_int_equal(after.live_bytes, before.live_bytes);
  free_context(c);
}

static void misuse_is_told(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *a = doubles(c, 1, 2), *at[] = {a, a}, *along[] = {doubles(c, 1, 1), doubles(c, 1, 1)}, *h[2],
            *value;
  tl_tensor *b = doubles(c, 3, 4), *pair[] = {a, b}, *short_one[] = {along[0], tl_scalar(c, TL_F64, 1)};
  tl_tensor *integer = tl_scalar(c, TL_I32, 1), *with_null[] = {a, NULL};
  const tl_hessian_way way = TL_HESSIAN_FORWARD_OVER_REVERSE;
  struct {
    tl_compute_callback f;
    tl_tensor *const *at, *const *along;
    size_t count;
    tl_hessian_way way;
    tl_status code;
    const char *text;
  } cases[] = {
      {NULL, pair, along, 2, way, TL_INVALID_ARGUMENT, "'function' must be a function: got NULL"},
      {cubic, pair, along, 0, way, TL_INVALID_ARGUMENT, "at least 1 argument"},
      {cubic, NULL, along, 2, way, TL_INVALID_ARGUMENT, "'at'"},
      {cubic, pair, NULL, 2, way, TL_INVALID_ARGUMENT, "'along'"},
      {cubic, with_null, along, 2, way, TL_INVALID_ARGUMENT, "at[1]"},
      {cubic, pair, with_null, 2, way, TL_INVALID_ARGUMENT, "along[1]"},
      {cubic, pair, short_one, 2, way, TL_INVALID_ARGUMENT,
       "a direction has the dtype and shape of its argument"},
      {cubic, at, along, 2, way, TL_INVALID_ARGUMENT,
       "named once: got argument 1, which is argument 0, too; pass identity of it"},
      {cubic, at, along, 2, TL_HESSIAN_REVERSE_OVER_REVERSE, TL_INVALID_ARGUMENT,
       "named once: got argument 1, which is argument 0, too; pass identity of it"},
      {cubic, &integer, &integer, 1, way, TL_INVALID_ARGUMENT, "floating-point values"},
      {cubic, pair, along, 2, 7, TL_INVALID_ARGUMENT, "reverse over reverse (1): got 7"},
      {fails, pair, along, 2, way, TL_UNSUPPORTED, "no luck"},
      {sets_nothing, pair, along, 2, way, TL_INVALID_ARGUMENT, "got null as value 0"},
      {gives_integers, pair, along, 2, way, TL_INVALID_ARGUMENT, "must give floating-point tensors: got i32"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    destroyed = 0;
    h[0] = a;
    assert_int_equal(tl_hessian_vector_product(c, cases[i].f, NULL, count_destroy, cases[i].at,
                                               cases[i].along, cases[i].count, cases[i].way, h),
                     cases[i].code);
    expect_error(c, cases[i].code, cases[i].text);
    assert_int_equal(destroyed, 1);
    if (cases[i].count) assert_null(h[0]);
  }
  assert_int_equal(tl_hessian_vector_product(c, cubic, NULL, NULL, pair, along, 2, way, NULL),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'products'");

  tl_tensor *v = doubles(c, 1, 1);
  assert_int_equal(tl_gauss_newton_vector_product(c, two_outputs, 2, NULL, NULL, NULL, &a, &v, 1, h),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'loss' must be a function");
  assert_int_equal(tl_gauss_newton_vector_product(c, two_outputs, 0, quadratic, NULL, NULL, &a, &v, 1, h),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "at least 1 output: got 0");
  assert_int_equal(
      tl_gauss_newton_vector_product(c, two_outputs, SIZE_MAX, quadratic, NULL, NULL, &a, &v, 1, h),
      TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must have at most 16777216 outputs: got 18446744073709551615");
  assert_int_equal(tl_gauss_newton_vector_product(c, two_outputs, 2, quadratic, NULL, NULL, at, along, 2, h),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[gauss_newton_vector_product] an argument must be named once");
  assert_int_equal(tl_gauss_newton_vector_product(c, two_outputs, 2, fails, NULL, NULL, &a, &v, 1, h),
                   TL_UNSUPPORTED);
  expect_error(c, TL_UNSUPPORTED, "no luck");

  assert_null(tl_pullback_new(c, NULL, NULL, NULL, pair, 2, &value, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "[pullback_new] 'function'");
  destroyed = 0;
  assert_null(tl_pullback_new(c, fails, NULL, count_destroy, pair, 2, &value, 1));
  expect_error(c, TL_UNSUPPORTED, "no luck");
  assert_null(value);
  assert_int_equal(destroyed, 1);
  assert_null(tl_pullback_new(c, cubic, NULL, NULL, at, 2, &value, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "[pullback_new] an argument must be named once");
  int runs = 0;
  assert_null(tl_pullback_new(c, cubic, &runs, NULL, pair, 2, &value, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "[pullback_new] the function must have at least 1 output: got 0");
  assert_int_equal(runs, 0);
  assert_null(tl_pullback_new(c, cubic, NULL, NULL, pair, 2, NULL, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "'values'");
  assert_null(tl_pullback_new(c, sets_nothing, NULL, NULL, pair, 2, &value, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "got null as value 0");
  tl_pullback *p = tl_pullback_new(c, cubic, NULL, NULL, pair, 2, &value, 1);
  assert_non_null(p);
  assert_int_equal(tl_pullback_gradients(p, NULL, 2, h, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got 2 for 1 values");
  assert_int_equal(tl_pullback_gradients(p, NULL, 1, h, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got 1 for 2 arguments");
  tl_tensor *scalar = tl_scalar(c, TL_F64, 1);
  assert_int_equal(tl_pullback_gradients(p, &scalar, 1, h, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "an output gradient has the dtype and shape of its target");
  assert_int_equal(tl_pullback_gradients(p, NULL, 1, NULL, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'gradients'");
  /* A context that holds an error runs nothing, and the user data ends all the same. */
  destroyed = 0;
  tl_set_error(c, TL_UNSUPPORTED, "earlier");
  assert_int_equal(tl_hessian_vector_product(c, cubic, NULL, count_destroy, pair, along, 2, way, h),
                   TL_UNSUPPORTED);
  assert_null(tl_pullback_new(c, cubic, NULL, count_destroy, pair, 2, &value, 1));
  assert_int_equal(destroyed, 2);
  expect_error(c, TL_UNSUPPORTED, "earlier");
  assert_int_equal(tl_hessian_vector_product(NULL, cubic, NULL, count_destroy, pair, along, 2, way, h),
                   TL_INVALID_ARGUMENT);
  assert_int_equal(destroyed, 3);
  free_context(c);
}

int curvature_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hessian_products_of_tensors_and_variables),
      cmocka_unit_test(gauss_newton_products),
      cmocka_unit_test(pullbacks_are_asked_again_and_again),
      cmocka_unit_test(one_value_may_be_two_arguments),
      cmocka_unit_test(a_pullback_belongs_to_its_scope),
      cmocka_unit_test(misuse_is_told),
  };
  return RUN_GROUP("curvature", tests);
}
