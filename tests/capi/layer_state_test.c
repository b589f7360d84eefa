/* What a call of a layer that fails leaves behind, compiled and eager; and that models which share layers keep their names, and so
 * their files. The core's tests cancel at each op: tests/nn/layer_call_test.cpp. */
#include "tests/capi/harness.h"

static double sum_of(tl_context *c, tl_layer *layer) {
  size_t count;
  tl_tensor *const *variables = tl_layer_variables(layer, &count);
  double total = 0;
  for (size_t i = 0; i < count; i++) total += (double)(i + 1) * tl_tensor_item(tl_sum(c, variables[i]));
  return total;
}

static tl_tensor *batch(tl_context *c, double last) {
  float x[12];
  for (int i = 0; i < 12; i++) x[i] = (float)((i * 7) % 5);
  x[11] = (float)last;
  return tl_tensor_new(c, TL_F32, (int64_t[]){4, 3}, 2, x, sizeof x);
}

static tl_layer *normalising(tl_context *c) {
  tl_layer *parts[] = {tl_batch_normalization(c, NULL), tl_dropout_layer(c, 0.5, NULL), tl_dense(c, 3, NULL),
                       tl_batch_normalization(c, NULL)};
  tl_layer *model = tl_sequential(c, parts, 4);
  assert_non_null(model);
  return model;
}

static void a_failed_training_call_does_not_count(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_layer *model = normalising(c);
  assert_int_equal(tl_layer_build(model, (int64_t[]){4, 3}, 2), TL_OK);
  const double before = sum_of(c, model);
  /* The second normalisation is given what the first has not seen: weights that are not finite. */
  size_t count;
  tl_tensor *kernel = tl_layer_variables(model, &count)[4], *was = tl_identity(c, kernel);
  assert_string_equal(tl_variable_name(kernel), "dense/kernel");
  assert_int_equal(tl_variable_assign(kernel, tl_full(c, (int64_t[]){3, 3}, 2, NAN, TL_F32)), TL_OK);
  assert_null(tl_layer_call(model, batch(c, 1), true));
  expect_error(c, TL_NON_FINITE, "'batch_normalization_1'");
  assert_int_equal(tl_variable_assign(kernel, was), TL_OK);
  assert_true(sum_of(c, model) == before);
  /* The same numbers are drawn as if there had been no such call. */
  tl_context *other = new_context();
  tl_layer *same = normalising(other);
  assert_non_null(tl_layer_call(model, batch(c, 1), true));
  assert_non_null(tl_layer_call(same, batch(other, 1), true));
  assert_true(sum_of(c, model) == sum_of(other, same));
  assert_true(sum_of(c, model) != before);
  free_context(other);
  free_context(c);
}

typedef struct {
  tl_layer *model, *broken;
} two_models;

static tl_status forward(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                         tl_tensor **outputs, size_t num_outputs) {
  const two_models *m = user_data;
  assert_int_equal(num_inputs + num_outputs, 2);
  /* A call that fails after it has drawn numbers, and is passed over, is no part of the step. */
  assert_null(tl_layer_call(m->broken, inputs[0], true));
  expect_error(c, TL_INVALID_ARGUMENT, "it computes in f64");
  outputs[0] = tl_layer_call(m->model, inputs[0], true);
  return tl_error_code(c);
}

static void a_failed_recorded_call_does_not_count(void **state) {
  (void)state;
  tl_context *c = new_context(), *eager = new_context();
  two_models m = {normalising(c), NULL};
  tl_layer *same = normalising(eager);
  assert_int_equal(tl_layer_build(m.model, (int64_t[]){4, 3}, 2), TL_OK);
  assert_int_equal(tl_layer_build(same, (int64_t[]){4, 3}, 2), TL_OK);
  tl_dense_options o;
  tl_dense_options_init(&o, sizeof o);
  o.input_size = 3;
  o.dtype = TL_F64;
  o.kernel_initializer = TL_INITIALIZER_ONES; /* draws nothing */
  m.broken = tl_sequential(
      c, (tl_layer *[]){tl_batch_normalization(c, NULL), tl_dropout_layer(c, 0.5, NULL), tl_dense(c, 3, &o)},
      3);
  assert_int_equal(tl_layer_build(m.broken, (int64_t[]){4, 3}, 2), TL_OK);
  const double broken = sum_of(c, m.broken);
  tl_function *f = tl_function_new(c, forward, &m, NULL, NULL);
  for (int i = 0; i < 6; i++) {
    const bool fails = i % 3 == 2;
    const double last = fails ? INFINITY : i, before = sum_of(c, m.model);
    tl_tensor *x = batch(c, last), *y = NULL;
    const tl_status status = tl_function_call(f, &x, 1, &y, 1);
    const bool same_fails = !tl_layer_call(same, batch(eager, last), true);
    assert_int_equal(same_fails, fails);
    assert_int_equal(status, fails ? TL_NON_FINITE : TL_OK);
    tl_clear_error(c);
    tl_clear_error(eager);
    assert_true(sum_of(c, m.model) == sum_of(eager, same));
    assert_int_equal(sum_of(c, m.model) == before, fails);
  }
  assert_true(sum_of(c, m.broken) == broken);
  free_context(eager);
  free_context(c);
}

static void a_refused_call_builds_nothing(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_layer *model = tl_sequential(c, (tl_layer *[]){tl_dense(c, 4, NULL), tl_dense(c, 2, NULL)}, 2);
  tl_tensor *images = tl_full(c, (int64_t[]){5, 2, 3}, 3, 1, TL_U8);
  assert_null(tl_layer_call(model, images, true));
  expect_error(c, TL_INVALID_ARGUMENT, "it computes in f32: got an input of u8 (5, 2, 3); use cast");
  size_t count = 1;
  assert_null(tl_layer_variables(model, &count));
  assert_int_equal(count, 0);
  assert_non_null(
      tl_layer_call(model, tl_cast(c, tl_reshape(c, images, (int64_t[]){5, 6}, 2), TL_F32), true));
  assert_int_equal(tl_layer_build(model, (int64_t[]){5, 6}, 2), TL_OK);
  assert_int_equal(tl_layer_build(model, (int64_t[]){5, 3}, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "the last axis of the input must be 6: got (5, 3)");
  free_context(c);
}

static void save(tl_context *c, tl_layer *model, const char *path) {
  tl_checkpoint *k = tl_checkpoint_new(c);
  assert_int_equal(tl_checkpoint_add_layer(k, "model", model), TL_OK);
  assert_int_equal(tl_checkpoint_save(k, path), TL_OK);
}

static void a_checkpoint_outlives_a_second_model(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_dense_options o;
  tl_dense_options_init(&o, sizeof o);
  o.input_size = 3;
  tl_layer *a = tl_dense(c, 3, &o), *b = tl_dense(c, 3, &o);
  tl_layer *model = tl_sequential(c, (tl_layer *[]){a, b}, 2);
  const char *path = in_folder("before");
  save(c, model, path);
  const double before = sum_of(c, model);
  tl_layer *second = tl_sequential(c, (tl_layer *[]){tl_dense(c, 3, &o), a}, 2);
  size_t count;
  tl_tensor *const *variables = tl_layer_variables(second, &count);
  assert_string_equal(tl_variable_name(variables[0]), "dense_1/kernel");
  assert_string_equal(tl_variable_name(variables[2]), "dense/kernel");
  for (size_t i = 0; i < count; i += 2)
    assert_int_equal(tl_variable_assign(variables[i], tl_zeros(c, (int64_t[]){3, 3}, 2)), TL_OK);
  tl_checkpoint *k = tl_checkpoint_new(c);
  assert_int_equal(tl_checkpoint_add_layer(k, "model", model), TL_OK);
  assert_int_equal(tl_checkpoint_restore(k, path), TL_OK);
  assert_true(sum_of(c, model) == before);
  save(c, second, in_folder("second"));
  tl_layer *other = tl_dense(c, 3, &o);
  assert_non_null(tl_sequential(c, &other, 1));
  assert_null(tl_sequential(c, (tl_layer *[]){a, other}, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "got 'dense' twice, 'layers[0]' and 'layers[1]'; ");
  free_context(c);
}

int layer_state_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_failed_training_call_does_not_count),
      cmocka_unit_test(a_failed_recorded_call_does_not_count),
      cmocka_unit_test(a_refused_call_builds_nothing),
      cmocka_unit_test_setup_teardown(a_checkpoint_outlives_a_second_model, make_folder, remove_folder),
  };
  return RUN_GROUP("layer_state", tests);
}
