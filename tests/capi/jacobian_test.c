/* Jacobians and Hessians through the C API: values, options, misuse, ownership. Their numbers are tested in tests/autodiff. */
#include "tests/capi/harness.h"

static int destroyed;
static void count_destroy(void *data) {
  (void)data;
  destroyed++;
}

static tl_status squares(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                         size_t num_out) {
  if (data) ++*(int *)data;
  assert_int_equal(num_in, 1);
  assert_int_equal(num_out, 1);
  out[0] = tl_square(c, in[0]);
  return TL_OK;
}
/* sum x^3 */
static tl_status cubes(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                       size_t num_out) {
  (void)data, (void)num_in, (void)num_out;
  out[0] = tl_sum(c, tl_mul(c, tl_square(c, in[0]), in[0]));
  return TL_OK;
}
static tl_status fails(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                       size_t num_out) {
  (void)data, (void)in, (void)num_in, (void)out, (void)num_out;
  return tl_set_error(c, TL_UNSUPPORTED, "[f] no luck: got 0; try again");
}
static tl_status sets_nothing(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                              size_t num_out) {
  (void)c, (void)data, (void)in, (void)num_in, (void)out, (void)num_out;
  return TL_OK;
}

static void expect_values(tl_tensor *t, size_t count, const float *want) {
  float got[16];
  assert_non_null(t);
  assert_int_equal(tl_tensor_read(t, got, count * sizeof *got), TL_OK);
  for (size_t i = 0; i < count; i++) assert_true(fabsf(got[i] - want[i]) < 1e-5f);
}

static tl_jacobian_options defaults(void) {
  tl_jacobian_options o;
  tl_jacobian_options_init(&o, sizeof o);
  assert_int_equal(o.struct_size, sizeof o);
  return o;
}

static void jacobians_on_a_tape(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *v = tl_variable_new(c, vector(c, 2, (float[]){1, 2}), "v", true),
            *z = vector(c, 1, (float[]){5}), *j[2];
  tl_tensor *sources[] = {v, z};
  for (uint64_t budget = 0; budget < 2; budget++) {
    tl_tape *tape = tl_tape_begin(c, NULL);
    assert_int_equal(tl_tape_watch(tape, z), TL_OK);
    tl_tensor *y = tl_square(c, v);
    tl_jacobian_options o = defaults();
    tl_gradient_reason reasons[2];
    o.memory_budget = budget; /* 1 byte: one row at a time */
    o.reasons = reasons;
    assert_int_equal(tl_tape_jacobian(tape, y, sources, 2, &o, j), TL_OK);
    expect_values(j[0], 4, (float[]){2, 0, 0, 4});
    assert_null(j[1]);
    assert_int_equal(reasons[0], TL_REASON_CONNECTED);
    assert_int_equal(reasons[1], TL_REASON_INDEPENDENT);
    /* It is consumed, however many rows there were. */
    assert_int_equal(tl_tape_jacobian(tape, y, sources, 2, NULL, j), TL_FAILED_PRECONDITION);
    assert_null(j[0]);
    expect_error(c, TL_FAILED_PRECONDITION, "consumed");
  }
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_jacobian_options o = defaults();
  o.unconnected = TL_UNCONNECTED_ERROR;
  tl_tensor *y = tl_square(c, v);
  assert_int_equal(tl_tape_jacobian(tape, y, sources, 2, &o, j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must be connected to a target");
  o.unconnected = TL_UNCONNECTED_ZERO;
  assert_int_equal(tl_tape_jacobian(tape, y, sources, 2, &o, j), TL_OK);
  expect_values(j[1], 2, (float[]){0, 0});
  free_context(c);
}

static tl_tensor *rows(tl_context *c) {
  const float values[] = {1, 2, 3, 4};
  return tl_tensor_new(c, TL_F32, (int64_t[]){2, 2}, 2, values, sizeof values);
}

static void jacobians_of_each_example(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = rows(c), *j;
  tl_tape_options persistent;
  tl_tape_options_init(&persistent, sizeof persistent);
  persistent.persistent = true;
  tl_tape *tape = tl_tape_begin(c, &persistent);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  tl_tensor *y = tl_square(c, x), *mixed = tl_sub(c, y, tl_mean_axes(c, y, (int64_t[]){0}, 1, false));
  tl_jacobian_options o = defaults();
  for (int check = 0; check < 2; check++) {
    o.check_independence = check;
    assert_int_equal(tl_tape_batch_jacobian(tape, y, x, &o, &j), TL_OK);
    assert_int_equal(tl_tensor_rank(j), 3);
    expect_values(j, 8, (float[]){2, 0, 0, 4, 6, 0, 0, 8});
  }
  assert_int_equal(tl_tape_batch_jacobian(tape, mixed, x, &o, &j), TL_FAILED_PRECONDITION);
  assert_null(j);
  expect_error(c, TL_FAILED_PRECONDITION,
               "[tape_batch_jacobian] each row of the target must depend on the same row");
  assert_int_equal(tl_tape_batch_jacobian(tape, tl_concat(c, (tl_tensor *[]){x, x}, 2, 0), x, NULL, &j),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "Need first dimension of target shape (4, 2) and source shape (2, 2) to match");
  assert_int_equal(tl_tape_batch_jacobian(tape, tl_sum_axes(c, y, (int64_t[]){1}, 1, false), x, NULL, &j),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must have rank at least 2");
  assert_int_equal(tl_tape_batch_jacobian(tape, y, rows(c), NULL, &j), TL_OK); /* not connected */
  assert_null(j);
  assert_int_equal(tl_tape_batch_jacobian(tape, NULL, x, NULL, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'target' must be a tensor: got NULL");
  assert_int_equal(tl_tape_batch_jacobian(tape, y, NULL, NULL, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'source' must be a tensor: got NULL");
  assert_int_equal(tl_tape_batch_jacobian(tape, y, x, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'jacobian' must not be NULL");
  free_context(c);
}

static void jacobians_and_hessians_of_functions(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *values = vector(c, 2, (float[]){1, 2}), *v = tl_variable_new(c, values, "v", true);
  tl_tensor *at[] = {values, v}, *j;
  for (int i = 0; i < 6; i++) {
    tl_jacobian_options o = defaults();
    o.way = i % 3;
    int runs = 0;
    destroyed = 0;
    assert_int_equal(tl_jacobian(c, squares, &runs, count_destroy, at[i / 3], &o, &j), TL_OK);
    assert_int_equal(destroyed, 1);
    assert_int_equal(runs, o.way == TL_JACOBIAN_FORWARD ? 2 : 1);
    expect_values(j, 4, (float[]){2, 0, 0, 4});
    assert_int_equal(tl_hessian(c, cubes, NULL, count_destroy, at[i / 3], &o, &j), TL_OK);
    assert_int_equal(destroyed, 2);
    expect_values(j, 4, (float[]){6, 0, 0, 12});
  }
  /* The Hessian of each element: the shape of the result, then that of the argument twice. */
  assert_int_equal(tl_hessian(c, squares, NULL, NULL, values, NULL, &j), TL_OK);
  expect_values(j, 8, (float[]){2, 0, 0, 0, 0, 0, 0, 2});
  /* A tape sees what they compute. */
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *third;
  assert_int_equal(tl_hessian(c, cubes, NULL, NULL, v, NULL, &j), TL_OK);
  assert_int_equal(tl_tape_gradient(tape, j, &v, 1, NULL, &third), TL_OK);
  expect_values(third, 2, (float[]){6, 6});
  free_context(c);
}

/* The batch Jacobian inside vmap, with a test of independence that cannot be made there. */
static tl_status tests_inside(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                              size_t num_out) {
  (void)data, (void)num_in, (void)num_out;
  tl_jacobian_options o = defaults();
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, in[0]), TL_OK);
  o.check_independence = data != NULL;
  return tl_tape_batch_jacobian(tape, tl_square(c, in[0]), in[0], &o, out);
}
/* Through an intermediate result of 8 axes. */
static tl_status deep(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                      size_t num_out) {
  (void)data, (void)num_in, (void)num_out;
  out[0] = tl_reshape(c, tl_sin(c, tl_reshape(c, in[0], (int64_t[]){1, 1, 1, 1, 1, 1, 1, 2}, 8)),
                      (int64_t[]){2}, 1);
  return TL_OK;
}

static void what_a_batch_forbids(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_ones(c, (int64_t[]){2, 2, 2}, 3), *j;
  int test = 1;
  assert_int_equal(tl_vmap(c, tests_inside, NULL, NULL, &x, NULL, 1, &j, 1), TL_OK);
  assert_int_equal(tl_vmap(c, tests_inside, &test, NULL, &x, NULL, 1, &j, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[tape_batch_jacobian] 'check_independence' looks at numbers");
  tl_tensor *v = vector(c, 2, (float[]){1, 2});
  tl_jacobian_options o = defaults();
  for (o.way = TL_JACOBIAN_FORWARD; o.way <= TL_JACOBIAN_REVERSE; o.way++) {
    assert_int_equal(tl_jacobian(c, deep, NULL, NULL, v, &o, &j), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "the rows of a Jacobian) is one axis more");
  }
  free_context(c);
}

static void misuse_is_told(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2}), *j = x;
  destroyed = 0;
  assert_int_equal(tl_jacobian(c, NULL, NULL, count_destroy, x, NULL, &j), TL_INVALID_ARGUMENT);
  assert_null(j);
  expect_error(c, TL_INVALID_ARGUMENT, "[jacobian] 'function' must be a function: got NULL");
  assert_int_equal(tl_hessian(c, NULL, NULL, count_destroy, x, NULL, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[hessian] 'function' must be a function: got NULL");
  assert_int_equal(tl_jacobian(c, squares, NULL, count_destroy, NULL, NULL, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'at' must be a tensor: got NULL");
  assert_int_equal(tl_jacobian(c, squares, NULL, count_destroy, x, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'jacobian' must not be NULL");
  assert_int_equal(tl_hessian(c, squares, NULL, count_destroy, x, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'hessian' must not be NULL");
  assert_int_equal(tl_jacobian(c, squares, NULL, NULL, tl_cast(c, x, TL_I32), NULL, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[jacobian] 'at' must be floating point, which alone has derivatives: got i32");
  assert_int_equal(tl_jacobian(c, fails, NULL, NULL, x, NULL, &j), TL_UNSUPPORTED);
  assert_string_equal(tl_error_message(c), "[f] no luck: got 0; try again");
  tl_clear_error(c);
  assert_int_equal(tl_jacobian(c, sets_nothing, NULL, NULL, x, NULL, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "the function must give a tensor: got null");
  tl_jacobian_options o = defaults();
  o.way = 9;
  assert_int_equal(tl_jacobian(c, squares, NULL, NULL, x, &o, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'way' must be by shape (0), forward (1) or reverse (2): got 9");
  o = defaults();
  o.struct_size = 3;
  assert_int_equal(tl_jacobian(c, squares, NULL, NULL, x, &o, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "struct_size");
  tl_jacobian_options_init(NULL, sizeof o);
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  tl_tensor *y = tl_square(c, x);
  o = defaults();
  o.unconnected = 9;
  assert_int_equal(tl_tape_jacobian(tape, y, &x, 1, &o, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'unconnected' must be");
  assert_int_equal(tl_tape_jacobian(tape, y, NULL, 1, NULL, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'sources' must not be NULL");
  assert_int_equal(tl_tape_jacobian(tape, y, &x, 1, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'jacobians' must not be NULL");
  assert_int_equal(tl_tape_jacobian(tape, NULL, &x, 1, NULL, &j), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'target' must be a tensor: got NULL");
  assert_int_equal(tl_tape_jacobian(NULL, y, &x, 1, NULL, &j), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_tape_jacobian(tape, y, &x, 1, NULL, &j), TL_OK); /* none of this has consumed it */
  assert_int_equal(destroyed, 5);
  free_context(c);
}

int jacobian_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(jacobians_on_a_tape),
      cmocka_unit_test(jacobians_of_each_example),
      cmocka_unit_test(jacobians_and_hessians_of_functions),
      cmocka_unit_test(what_a_batch_forbids),
      cmocka_unit_test(misuse_is_told),
  };
  return RUN_GROUP("jacobian", tests);
}
