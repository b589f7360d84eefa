/* What errors say: "[function] rule: got values; hint", the function being the one that was called, in one spelling. */
#include "tests/capi/harness.h"

/* The context holds an error of that form with the text, of the function. The error is cleared. */
static void expect_message(tl_context *c, const char *function, const char *text) {
  const char *message = tl_error_message(c), *got = strstr(message, "got "), *end = strstr(message, "] ");
  assert_true(tl_failed(c));
  if (message[0] != '[' || !end || strncmp(message + 1, function, strlen(function)) != 0 ||
      end != message + 1 + strlen(function))
    fail_msg("'%s' does not begin with [%s]", message, function);
  if (!got || !strstr(got, "; ")) fail_msg("'%s' lacks the values got or a hint", message);
  if (!strstr(message, text)) fail_msg("'%s' lacks '%s'", message, text);
  tl_clear_error(c);
}

static void operands_are_named(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2}), *released = vector(c, 1, (float[]){1});
  tl_tensor_release(released);
  assert_null(tl_add(c, NULL, x));
  expect_message(
      c, "add",
      "'a' must be a tensor: got NULL; it was never made, the call that should have made it failed, "
      "or it is a gradient that is not there (tape_explain says why)");
  assert_null(tl_add(c, x, NULL));
  expect_message(c, "add", "'b' must be a tensor: got NULL");
  tl_layer *layers[] = {tl_flatten_layer(c, NULL), NULL};
  assert_null(tl_sequential(c, layers, 2));
  if (strstr(tl_error_message(c), "gradient")) fail_msg("%s", tl_error_message(c));
  expect_message(c, "sequential",
                 "'layers[1]' must be a layer: got NULL; it was never made, or the call that should have "
                 "made it failed");
  assert_null(tl_matmul(c, x, released));
  expect_message(c, "matmul", "'b' is not a live handle: got one that was released");
  assert_null(tl_sum_axes(c, NULL, NULL, 0, false));
  expect_message(c, "sum_axes", "'x' must be a tensor");
  tl_tensor *list[] = {x, x, NULL};
  assert_null(tl_concat(c, list, 3, 0));
  expect_message(c, "concat", "'values[2]' must be a tensor: got NULL");
  assert_null(tl_concat(c, NULL, 3, 0));
  expect_message(c, "concat", "'values' must not be NULL: got NULL with a count of 3");
  list[2] = tl_cast(c, x, TL_I32);
  assert_null(tl_concat(c, list, 3, 0));
  expect_message(c, "concat", "'values[2]' of i32 (2,)");
  assert_null(tl_stack(c, list, 3, 0));
  expect_message(c, "stack", "'values[2]' of i32");
  assert_null(tl_dataset_from_tensors(c, list + 2, 0));
  expect_message(c, "dataset_from_tensors", "at least 1 tensor");
  free_context(c);
}

static void axes_and_sizes_are_told_truly(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *s = tl_scalar(c, TL_F32, 1), *x = vector(c, 2, (float[]){1, 2});
  const int64_t zero = 0, eight[] = {1, 1, 1, 1, 1, 1, 1, 1};
  tl_tensor *deep = tl_ones(c, eight, 8), *several[] = {deep, deep}, *flat[] = {x, x};
  assert_null(tl_softmax(c, s));
  expect_message(c, "softmax", "got -1 for a tensor of rank 0, which has no axes");
  assert_null(tl_log_softmax(c, s));
  expect_message(c, "log_softmax", "has no axes");
  assert_null(tl_logsumexp_axes(c, s, &zero, 1, false));
  expect_message(c, "logsumexp_axes", "has no axes");
  assert_null(tl_cumsum(c, s));
  expect_message(c, "cumsum", "has no axes");
  assert_null(tl_expand_dims(c, deep, 0));
  expect_message(c, "expand_dims", "at most 8 axes: got (1, 1, 1, 1, 1, 1, 1, 1) and a new axis");
  assert_null(tl_expand_dims(c, x, 2));
  expect_message(c, "expand_dims", "got 2 for a new axis of (2,); valid is -2 to 1");
  assert_null(tl_stack(c, several, 2, 9));
  expect_message(c, "stack", "at most 8 axes");
  assert_null(tl_stack(c, flat, 2, -3));
  expect_message(c, "stack", "got -3 for a new axis of (2,); valid is -2 to 1");
  assert_null(tl_zeros(c, (int64_t[]){0, INT64_MAX}, 2));
  expect_message(
      c, "zeros",
      "the product of the sizes above 0 overflows 64 bits: got shape (0, 9223372036854775807) of 4");
  assert_null(tl_zeros(c, (int64_t[]){2, -1}, 2));
  expect_message(c, "zeros", "must not be negative: got shape (2, -1)");
  int64_t dims[] = {2, 3};
  assert_null(tl_tensor_new(c, TL_F32, dims, 2, eight, 20));
  expect_message(c, "tensor_new", "got 20 bytes of data for f32 (2, 3), which takes 24 bytes");
  free_context(c);
}

static char logged[256];
static void keep_line(void *user_data, tl_log_level level, const char *message) {
  (void)user_data, (void)level;
  snprintf(logged, sizeof logged, "%s", message);
}

static void a_call_has_one_name(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2});
  tl_tensor *w = tl_variable_new(c, x, NULL, true), *v = tl_variable_new(c, x, "", true);
  assert_null(tl_scalar(c, TL_I32, 0.5));
  expect_message(c, "scalar", "'value' must be a whole number for i32: got 0.5");
  assert_int_equal(tl_context_set_threads(c, -1), TL_INVALID_ARGUMENT);
  expect_message(c, "context_set_threads", "'threads' must be 0 to 1024: got -1");
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = -1;
  tl_context *wrong = tl_context_new(&options);
  expect_message(wrong, "context_new", "'threads' must be 0 to 1024: got -1");
  free_context(wrong);
  assert_int_equal(tl_variable_assign(w, tl_scalar(c, TL_F32, 1)), TL_INVALID_ARGUMENT);
  expect_message(c, "variable_assign", "keeps its dtype and shape");
  /* A failure inside is told under the name of the call. */
  assert_int_equal(tl_context_set_memory_limit(c, 1), TL_OK);
  assert_null(tl_exp(c, x));
  expect_message(c, "exp", "memory limit is reached");
  assert_int_equal(tl_context_set_memory_limit(c, 0), TL_OK);
  tl_dense_options with;
  tl_dense_options_init(&with, sizeof with);
  with.name = "hidden";
  tl_layer *dense = tl_dense(c, 3, &with);
  assert_null(tl_layer_call(dense, x, false));
  expect_message(c, "layer_call", "layer 'hidden': the input must have rank 2 or more: got (2,)");
  assert_null(tl_layer_call(dense, NULL, false));
  expect_message(c, "layer_call", "'x' must be a tensor");
  assert_int_equal(tl_layer_build(dense, (int64_t[]){2}, 1), TL_INVALID_ARGUMENT);
  expect_message(c, "layer_build", "layer 'hidden': the input must have rank 2 or more: got (2,)");
  assert_null(tl_dropout_layer(c, 2, NULL));
  expect_message(c, "dropout_layer", "'rate' must be in [0, 1): got 2");
  assert_null(tl_loss_mean_squared_error(c, x, tl_scalar(c, TL_F32, 1), NULL));
  expect_message(c, "loss_mean_squared_error", "same shape");
  tl_optimizer *adam = tl_adam(c, NULL);
  tl_tensor *short_one = vector(c, 1, (float[]){1}), *none = NULL;
  assert_int_equal(tl_optimizer_apply(adam, &short_one, &w, 1), TL_INVALID_ARGUMENT);
  expect_message(c, "optimizer_apply", "f32 (1,) for variables[0] of f32 (2,)");
  assert_int_equal(tl_optimizer_apply(adam, &none, &w, 1), TL_INVALID_ARGUMENT);
  expect_message(c, "optimizer_apply", "got null for variables[0]");
  assert_int_equal(tl_optimizer_set_learning_rate(adam, -1), TL_INVALID_ARGUMENT);
  expect_message(c, "optimizer_set_learning_rate", "'learning_rate' must be a finite number");
  /* The log line names a variable without a name by its position. */
  assert_int_equal(tl_context_set_log(c, keep_line, NULL, NULL), TL_OK);
  tl_tensor *gradients[] = {x, NULL}, *variables[] = {w, v};
  assert_int_equal(tl_optimizer_apply(adam, gradients, variables, 2), TL_OK);
  assert_non_null(strstr(logged, "variables variables[1], which"));
  assert_int_equal(strncmp(logged, "[optimizer_apply] adam: ", 24), 0);
  /* The same of the two gradient calls. */
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *whole = tl_cast(c, x, TL_I32), *gradient;
  assert_int_equal(tl_tape_gradient(tape, whole, &w, 1, NULL, &gradient), TL_INVALID_ARGUMENT);
  expect_message(c, "tape_gradient", "'targets[0]' of i32 (2,)");
  assert_int_equal(tl_tape_gradient_of(tape, &x, 1, &whole, 1, NULL, &gradient), TL_INVALID_ARGUMENT);
  expect_message(c, "tape_gradient_of", "'sources[0]' (i32 (2,)) of i32");
  assert_int_equal(tl_tape_gradient_of(tape, NULL, 0, &w, 1, NULL, &gradient), TL_INVALID_ARGUMENT);
  expect_message(c, "tape_gradient_of", "at least 1 target: got 0");
  free_context(c);
}

static void empty_texts_are_no_paths(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_null(tl_read_idx(c, "", 0));
  assert_int_equal(tl_error_code(c), TL_INVALID_ARGUMENT);
  expect_message(c, "read_idx", "'path' must name a file: got an empty text");
  assert_null(tl_read_idx(c, "no such file", 0));
  assert_int_equal(tl_error_code(c), TL_NOT_FOUND);
  expect_message(c, "read_idx", "got 'no such file'");
  assert_null(tl_dataset_from_idx_folder(c, "", TL_DATA_TRAIN, 0));
  assert_int_equal(tl_error_code(c), TL_INVALID_ARGUMENT);
  expect_message(c, "dataset_from_idx_folder", "'folder' must name a folder: got an empty text");
  assert_null(tl_dataset_from_idx_folder(c, NULL, TL_DATA_TRAIN, 0));
  expect_message(c, "dataset_from_idx_folder", "'folder' must not be NULL");
  free_context(c);
}

static void the_function_that_was_called_is_named(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *whole = tl_cast(c, tl_zeros(c, (int64_t[]){2, 3}, 2), TL_I32),
            *x = tl_zeros(c, (int64_t[]){2, 3}, 2);
  assert_null(tl_clip_by_norm(c, whole, 1));
  expect_message(c, "clip_by_norm", "'x' must be f32 or f64: got i32 (2, 3)");
  assert_null(tl_clip_by_norm_axes(c, whole, 1, NULL, 0));
  expect_message(c, "clip_by_norm_axes", "'x' must be f32 or f64: got i32 (2, 3)");
  assert_null(tl_clip_by_norm_axes(c, x, 1, (int64_t[]){2}, 1));
  expect_message(c, "clip_by_norm_axes", "axis out of range: got 2 for a tensor of rank 2; valid is -2 to 1");
  assert_null(tl_clip_by_norm_axes(c, x, 1, (int64_t[]){0, -2}, 2));
  expect_message(c, "clip_by_norm_axes", "an axis must not come twice: got axes [0, -2]");
  size_t count;
  tl_layer *released = tl_dense(c, 3, NULL);
  tl_layer_release(released);
  assert_null(tl_layer_trainable_variables(released, &count));
  expect_message(c, "layer_trainable_variables", "not a live handle");
  assert_null(tl_layer_variables(released, &count));
  expect_message(c, "layer_variables", "not a live handle");
  free_context(c);
}

/* A range of integers is told about in its own dtype, whatever numbers its steps are counted in. */
static void numbers_of_a_range_are_told_in_its_dtype(void **state) {
  (void)state;
  const struct {
    tl_dtype dtype;
    const char *name, *whole, *limits;
    double beyond;
  } table[] = {
      {TL_I32, "i32", "for i32: got", "range for i32: got 3e+09; valid is -2147483648 to 2147483647", 3e9},
      {TL_U8, "u8", "for u8: got", "range for u8: got 256; valid is 0 to 255", 256},
      {TL_I64, "i64", "for i64: got",
       "range for i64: got 1e+19; valid is -9223372036854775808 to 9223372036854775807", 1e19},
  };
  tl_context *c = new_context();
  for (size_t i = 0; i < 3; i++) {
    const double beyond = table[i].beyond;
    assert_null(tl_range_from(c, 2, 0, 0.5, table[i].dtype));
    expect_message(c, "range_from", "'step' must be a whole number for");
    assert_null(tl_range_from(c, 2, 0, 0.5, table[i].dtype));
    expect_message(c, "range_from", table[i].whole);
    assert_null(tl_range_from(c, 2, 0.5, 1, table[i].dtype));
    expect_message(c, "range_from", table[i].whole);
    assert_null(tl_range_from(c, 2, beyond, 1, table[i].dtype));
    expect_message(c, "range_from", table[i].limits);
    assert_null(tl_range_from(c, 2, 0, beyond, table[i].dtype));
    expect_message(c, "range_from", table[i].limits);
    assert_null(tl_range_from(c, 2, 0, 1e30, table[i].dtype));
    expect_message(c, "range_from", table[i].name);
    /* One number is made without a step. */
    assert_non_null(tl_range_from(c, 1, 7, 1e30, table[i].dtype));
  }
  /* Both ends are in range, the step is not. */
  assert_null(tl_range_from(c, 2, -9e18, 1.8e19, TL_I64));
  expect_message(c, "range_from",
                 "'step' is out of range for i64: got 1.8e+19; valid is -9223372036854775808 to");
  assert_null(tl_range_from(c, 2, 0, 1e39, TL_F32));
  expect_message(c, "range_from", "out of range for f32: got 1e+39; use f64");
  free_context(c);
}

static void a_handle_of_another_kind_is_told_with_a_hint(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_zeros(c, (int64_t[]){2}, 1);
  assert_null(tl_add(c, x, (tl_tensor *)tl_metric_mean(c, NULL)));
  expect_message(c, "add", "'b' must be a tensor of this context: got a metric; are the arguments in order?");
  assert_int_equal(tl_context_trim((tl_context *)x), TL_INVALID_ARGUMENT);
  expect_message(c, "context_trim", "'context' must be a context: got a tensor; are the arguments in order?");
  assert_int_equal(tl_variable_assign(x, x), TL_INVALID_ARGUMENT);
  expect_message(c, "variable_assign", "got a tensor that is no variable; make one with variable_new");
  free_context(c);
}

int message_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(operands_are_named),
      cmocka_unit_test(axes_and_sizes_are_told_truly),
      cmocka_unit_test(a_call_has_one_name),
      cmocka_unit_test(empty_texts_are_no_paths),
      cmocka_unit_test(the_function_that_was_called_is_named),
      cmocka_unit_test(numbers_of_a_range_are_told_in_its_dtype),
      cmocka_unit_test(a_handle_of_another_kind_is_told_with_a_hint),
  };
  return RUN_GROUP("messages", tests);
}
