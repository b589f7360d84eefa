/* vmap through the C API: values, gradients of each example, nesting, what is told of misuse, ownership. What the ops do under
 * vmap is tested in tests/ops and tests/autodiff. */
#include "tests/capi/harness.h"

static int destroyed;
static void count_destroy(void *data) {
  (void)data;
  destroyed++;
}

/* What the callback is told, and what it saw. */
typedef struct {
  int runs;
  tl_tensor *weight;  /* captured */
  tl_tensor *escaped; /* kept from inside */
  tl_tape *outer;     /* of outside */
} notes;

/* sum(x * weight), and x itself. */
static tl_status weighted(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                          size_t num_out) {
  notes *n = data;
  n->runs++;
  assert_true(num_in >= 1);
  out[0] = tl_sum(c, tl_mul(c, in[0], n->weight));
  if (num_out > 1) out[1] = in[0];
  return TL_OK;
}

/* The gradient of sum(x^2 weight) by the variable `weight`: x^2. */
static tl_status gradient_of_one(tl_context *c, void *data, tl_tensor *const *in, size_t num_in,
                                 tl_tensor **out, size_t num_out) {
  notes *n = data;
  (void)num_in;
  assert_int_equal(num_out, 1);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *loss = tl_sum(c, tl_mul(c, tl_square(c, in[0]), n->weight));
  return tl_tape_gradient(tape, loss, &n->weight, 1, NULL, out);
}

static void expect_values(tl_tensor *t, size_t count, const float *want) {
  float got[16];
  assert_non_null(t);
  assert_int_equal(tl_tensor_read(t, got, count * sizeof *got), TL_OK);
  for (size_t i = 0; i < count; i++) assert_true(fabsf(got[i] - want[i]) < 1e-6f);
}

static tl_tensor *matrix(tl_context *c) {
  const float values[] = {1, 2, 3, 4, 5, 6};
  return tl_tensor_new(c, TL_F32, (int64_t[]){3, 2}, 2, values, sizeof values);
}

static void a_function_runs_once_for_all_examples(void **state) {
  (void)state;
  tl_context *c = new_context();
  destroyed = 0;
  notes n = {.weight = vector(c, 2, (float[]){10, 100})};
  tl_tensor *x = matrix(c), *out[2];
  assert_int_equal(tl_vmap(c, weighted, &n, count_destroy, &x, NULL, 1, out, 2), TL_OK);
  assert_int_equal(n.runs, 1);
  assert_int_equal(destroyed, 1);
  expect_values(out[0], 3, (float[]){210, 430, 650});
  expect_values(out[1], 6, (float[]){1, 2, 3, 4, 5, 6});
  /* Along the other axis, with an input that all share. */
  n.weight = vector(c, 3, (float[]){1, 10, 100});
  tl_tensor *in[] = {x, n.weight};
  for (int64_t axis = 1; axis >= -1; axis -= 2) {
    assert_int_equal(tl_vmap(c, weighted, &n, NULL, in, (int64_t[]){axis, TL_NO_AXIS}, 2, out, 1), TL_OK);
    expect_values(out[0], 2, (float[]){531, 642});
  }
  free_context(c);
}

static void the_gradient_of_each_example(void **state) {
  (void)state;
  tl_context *c = new_context();
  notes n = {.weight = tl_variable_new(c, vector(c, 2, (float[]){1, 1}), "w", true)};
  tl_tensor *x = matrix(c), *each, *outside;
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_vmap(c, gradient_of_one, &n, NULL, &x, NULL, 1, &each, 1), TL_OK);
  expect_values(each, 6, (float[]){1, 4, 9, 16, 25, 36});
  /* A tape outside sees the whole batch: its gradient by what is shared is the sum. */
  tl_tensor *sums;
  assert_int_equal(tl_vmap(c, weighted, &n, NULL, &x, NULL, 1, &sums, 1), TL_OK);
  assert_int_equal(tl_tape_gradient(tape, sums, &n.weight, 1, NULL, &outside), TL_OK);
  expect_values(outside, 2, (float[]){9, 12});
  free_context(c);
}

/* vmap inside vmap: the numbers x of one row, each times the row's second input. */
static tl_status row(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                     size_t num_out) {
  (void)num_in, (void)num_out;
  notes inner = {.weight = in[1]};
  ((notes *)data)->runs++;
  return tl_vmap(c, weighted, &inner, NULL, in, NULL, 1, out, 1);
}

static void vmaps_nest(void **state) {
  (void)state;
  tl_context *c = new_context();
  notes n = {0};
  tl_tensor *in[] = {matrix(c), vector(c, 3, (float[]){1, 10, 100})}, *out;
  assert_int_equal(tl_vmap(c, row, &n, NULL, in, NULL, 2, &out, 1), TL_OK);
  assert_int_equal(tl_tensor_rank(out), 2);
  expect_values(out, 6, (float[]){1, 2, 30, 40, 500, 600});
  free_context(c);
}

/* Tries everything that a tensor inside does not allow. */
static tl_status forbidden(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                           size_t num_out) {
  notes *n = data;
  char text[32];
  float value;
  (void)num_in, (void)num_out;
  assert_int_equal(tl_tensor_rank(in[0]), 1);
  assert_int_equal(tl_tensor_dim(in[0], 0), 2);
  assert_int_equal(tl_tensor_elements(in[0]), 2);
  tl_tensor *one = tl_sum(c, in[0]);
  assert_true(isnan(tl_tensor_item(one)));
  expect_error(
      c, TL_FAILED_PRECONDITION,
      "[tensor_item] a tensor inside vmap has no values that could be read: got f32 (), one of a batch of 3 "
      "(of vmap, or the rows of a Jacobian); return it from the function");
  assert_int_equal(tl_tensor_read(one, &value, sizeof value), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[tensor_read] a tensor inside vmap");
  assert_null(tl_tensor_data(in[0]));
  expect_error(c, TL_FAILED_PRECONDITION, "[tensor_data] a tensor inside vmap");
  assert_int_equal(tl_tensor_format(in[0], text, sizeof text, NULL), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[tensor_format] a tensor inside vmap");
  assert_null(tl_variable_new(c, in[0], "v", true));
  expect_error(c, TL_FAILED_PRECONDITION, "[variable_new] a tensor inside vmap");
  assert_int_equal(tl_variable_assign(n->weight, in[0]), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[variable_assign] a variable holds one value");
  assert_int_equal(tl_tape_watch(n->outer, in[0]), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "must not be inside a vmap that was opened later");
  assert_null(tl_dataset_from_tensors(c, in, 1));
  expect_error(c, TL_FAILED_PRECONDITION, "[dataset_from_tensors] a tensor inside vmap");
  tl_metric *mean = tl_metric_mean(c, "m");
  assert_int_equal(tl_metric_update(mean, in[0], NULL), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "a tensor inside vmap");
  assert_true(tl_metric_result(mean) == 0);
  tl_optimizer *sgd = tl_sgd(c, NULL);
  assert_int_equal(tl_optimizer_apply(sgd, in, &n->weight, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must have one value: got one inside vmap");
  tl_tensor *clipped;
  assert_int_equal(tl_clip_by_global_norm(c, in, 1, 1, NULL, &clipped, NULL), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "inside vmap there is a norm for each example");
  tl_clip_options propagate;
  tl_clip_options_init(&propagate, sizeof propagate);
  propagate.non_finite = TL_NON_FINITE_PROPAGATE;
  assert_int_equal(tl_clip_by_global_norm(c, in, 1, 1, &propagate, &clipped, NULL), TL_OK);
  out[0] = clipped;
  n->escaped = tl_keep(tl_keep(tl_sum(c, in[0])));
  return TL_OK;
}

static void values_inside_are_not_there(void **state) {
  (void)state;
  tl_context *c = new_context();
  notes n = {.weight = tl_variable_new(c, vector(c, 2, (float[]){7, 8}), "w", true)};
  n.outer = tl_tape_begin(c, NULL);
  tl_tensor *x = matrix(c), *out;
  assert_int_equal(tl_vmap(c, forbidden, &n, NULL, &x, NULL, 1, &out, 1), TL_OK);
  /* Each example clipped to the norm 1. */
  expect_values(out, 6, (float[]){0.4472136f, 0.8944272f, 0.6f, 0.8f, 0.6401844f, 0.7682213f});
  expect_values(n.weight, 2, (float[]){7, 8});
  /* What was kept from inside is of no use. */
  assert_non_null(n.escaped);
  assert_int_equal(tl_tensor_rank(n.escaped), 0);
  assert_null(tl_add(c, n.escaped, n.escaped));
  expect_error(c, TL_FAILED_PRECONDITION, "[add] a tensor inside vmap must not be used after its end");
  assert_true(isnan(tl_tensor_item(n.escaped)));
  expect_error(c, TL_FAILED_PRECONDITION, "of a vmap that has ended");
  assert_int_equal(tl_tape_watch(n.outer, n.escaped), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[tape_watch] a tensor inside vmap must not be used after its end");
  tl_tensor_release(n.escaped);
  free_context(c);
}

static tl_status fails(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                       size_t num_out) {
  (void)num_in, (void)out, (void)num_out;
  if (data) tl_matmul(c, in[0], in[0]); /* rank 1 */
  return tl_failed(c) ? tl_error_code(c) : tl_set_error(c, TL_IO, "[fails] in its own words; as they are");
}
static tl_status sets_nothing(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                              size_t num_out) {
  (void)c, (void)data, (void)in, (void)num_in, (void)out, (void)num_out;
  return TL_OK;
}
/* Calls itself without an end. */
static tl_status recursion(tl_context *c, void *data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                           size_t num_out) {
  (void)num_in, (void)num_out;
  tl_tensor *again = tl_stack(c, in, 1, 0);
  return tl_vmap(c, recursion, data, NULL, &again, NULL, 1, out, 1);
}

static void misuse_is_told(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = matrix(c), *in[] = {x, vector(c, 2, (float[]){1, 2})}, *out[2] = {x, x};
  notes n = {.weight = in[1]};
  destroyed = 0;
  assert_int_equal(tl_vmap(c, NULL, &n, count_destroy, in, NULL, 1, out, 1), TL_INVALID_ARGUMENT);
  assert_null(out[0]);
  expect_error(c, TL_INVALID_ARGUMENT, "[vmap] 'function' must be a function: got NULL");
  assert_int_equal(destroyed, 1);
  assert_int_equal(tl_vmap(c, weighted, &n, count_destroy, in, NULL, 2, out, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[vmap] the batch axes of all inputs must have one size: got 3 in 'inputs[0]'");
  assert_int_equal(tl_vmap(c, weighted, &n, NULL, in, (int64_t[]){2}, 1, out, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'inputs[0]' is out of range: got 2");
  assert_int_equal(tl_vmap(c, weighted, &n, NULL, in, (int64_t[]){TL_NO_AXIS}, 1, out, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "at least 1 input must have a batch axis");
  assert_int_equal(tl_vmap(c, weighted, &n, NULL, NULL, NULL, 1, out, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'inputs' must not be NULL");
  assert_int_equal(tl_vmap(c, weighted, &n, NULL, (tl_tensor *[]){NULL}, NULL, 1, out, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'inputs[0]' must be a tensor: got NULL");
  assert_int_equal(tl_vmap(c, weighted, &n, NULL, in, NULL, 1, NULL, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'outputs' must not be NULL");
  assert_int_equal(tl_vmap(c, weighted, &n, NULL, in, NULL, 1, NULL, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "at least 1 output");
  assert_int_equal(tl_vmap(c, sets_nothing, &n, NULL, in, NULL, 1, out, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[vmap] 'outputs[0]' must be a tensor: got null");
  assert_int_equal(n.runs, 0);
  assert_int_equal(tl_vmap(NULL, weighted, &n, count_destroy, in, NULL, 1, out, 1), TL_INVALID_ARGUMENT);
  assert_int_equal(destroyed, 3);

  /* The error of the callback is that of the call, its text unchanged, and in the shapes of one example. */
  assert_int_equal(tl_vmap(c, fails, NULL, NULL, in, NULL, 1, out, 1), TL_IO);
  assert_string_equal(tl_error_message(c), "[fails] in its own words; as they are");
  expect_error(c, TL_IO, "as they are");
  assert_int_equal(tl_vmap(c, fails, &n, NULL, in, NULL, 1, out, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[matmul] operands must have rank 2 or more: got (2,) x (2,)");
  tl_tensor *deep = tl_reshape(c, vector(c, 1, (float[]){1}), (int64_t[]){1, 1}, 2);
  assert_int_equal(tl_vmap(c, recursion, NULL, NULL, &deep, NULL, 1, out, 1), TL_INVALID_ARGUMENT);
  expect_error(
      c, TL_INVALID_ARGUMENT,
      "inside vmap a result has at most 7 axes: got (1, 1, 1, 1, 1, 1, 1, 1), and the batch (of vmap, or "
      "the rows of a Jacobian) is one axis more");
  /* Nothing of all this is left: the next call works. */
  assert_int_equal(tl_vmap(c, weighted, &n, NULL, in, NULL, 1, out, 1), TL_OK);
  expect_values(out[0], 3, (float[]){5, 11, 17});
  /* While the context holds an error, nothing runs. */
  assert_int_equal(tl_set_error(c, TL_IO, "[test] an error; clear it"), TL_OK);
  assert_int_equal(tl_vmap(c, weighted, &n, count_destroy, in, NULL, 1, out, 1), TL_IO);
  assert_int_equal(destroyed, 4);
  assert_int_equal(n.runs, 1);
  tl_clear_error(c);
  free_context(c);
}

static void nothing_is_left(void **state) {
  (void)state;
  tl_context *c = new_context();
  notes n = {.weight = tl_variable_new(c, vector(c, 2, (float[]){1, 1}), "w", true)};
  tl_context_statistics before, after;
  before.struct_size = after.struct_size = sizeof before;
  tl_tensor *x = matrix(c);
  for (int i = 0; i < 3; i++) {
    tl_tensor *out;
    if (i == 1) assert_int_equal(tl_context_stats(c, &before), TL_OK);
    tl_scope_begin(c);
    assert_int_equal(tl_vmap(c, gradient_of_one, &n, NULL, &x, NULL, 1, &out, 1), TL_OK);
    assert_int_equal(tl_vmap(c, fails, &n, NULL, &x, NULL, 1, &out, 1), TL_INVALID_ARGUMENT);
    tl_clear_error(c);
    tl_scope_end(c);
  }
  assert_int_equal(tl_context_stats(c, &after), TL_OK);
  assert_int_equal(before.values, after.values);
  assert_int_equal(before.live_bytes, after.live_bytes);
  free_context(c);
}

int vmap_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_function_runs_once_for_all_examples),
      cmocka_unit_test(the_gradient_of_each_example),
      cmocka_unit_test(vmaps_nest),
      cmocka_unit_test(values_inside_are_not_there),
      cmocka_unit_test(misuse_is_told),
      cmocka_unit_test(nothing_is_left),
  };
  return RUN_GROUP("vmap", tests);
}
