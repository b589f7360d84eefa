/* Making, reading, printing tensors; variables. */
#include "tests/capi/harness.h"

static void data_is_copied_in_and_out(void **state) {
  (void)state;
  tl_context *c = new_context();
  double in[6] = {1, 2, 3, 4, 5, 6}, out[6] = {0};
  tl_tensor *t = tl_tensor_new(c, TL_F64, (int64_t[]){2, 3}, 2, in, sizeof in);
  in[0] = 99;
  assert_int_equal(tl_tensor_read(t, out, sizeof out), TL_OK);
  assert_true(out[0] == 1 && out[5] == 6);
  assert_int_equal(tl_tensor_dtype(t), TL_F64);
  assert_int_equal(tl_tensor_rank(t), 2);
  assert_int_equal(tl_tensor_dim(t, -1), 3);
  int64_t dims[TL_MAX_RANK];
  assert_int_equal(tl_tensor_shape(t, dims, TL_MAX_RANK), TL_OK);
  assert_true(dims[0] == 2 && dims[1] == 3);
  assert_true(((const double *)tl_tensor_data(t))[4] == 5);
  assert_int_equal(tl_tensor_shape(t, dims, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "room for 2");
  assert_int_equal(tl_tensor_read(t, out, 5), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "48 bytes");
  assert_int_equal(tl_tensor_read(t, NULL, sizeof out), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_int_equal(tl_tensor_dim(t, 2), -1);
  expect_error(c, TL_INVALID_ARGUMENT, "axis out of range");
  free_context(c);
}

static void shapes_from_outside_are_checked(void **state) {
  (void)state;
  tl_context *c = new_context();
  float x = 1;
  assert_null(tl_tensor_new(c, TL_F32, (int64_t[]){-1}, 1, &x, 4));
  expect_error(c, TL_INVALID_ARGUMENT, "negative");
  assert_null(tl_tensor_new(c, TL_F32, (int64_t[]){INT64_MAX, INT64_MAX}, 2, &x, 4));
  expect_error(c, TL_INVALID_ARGUMENT, "overflows");
  assert_null(tl_tensor_new(c, TL_F32, (int64_t[]){0, INT64_MAX, INT64_MAX}, 3, NULL, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "overflows");
  assert_null(tl_tensor_new(c, TL_F32, (int64_t[]){1, 1, 1, 1, 1, 1, 1, 1, 1}, 9, &x, 4));
  expect_error(c, TL_INVALID_ARGUMENT, "at most 8");
  assert_null(tl_tensor_new(c, TL_F32, NULL, 1, &x, 4));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_null(tl_tensor_new(c, TL_F32, (int64_t[]){1}, 1, NULL, 4));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_null(tl_tensor_new(c, TL_F32, (int64_t[]){1}, 1, &x, 8));
  expect_error(c, TL_INVALID_ARGUMENT, "4 bytes");
  assert_null(tl_tensor_new(c, 99, (int64_t[]){1}, 1, &x, 4));
  expect_error(c, TL_INVALID_ARGUMENT, "got 99");
  unsigned char flag = 2;
  assert_null(tl_tensor_new(c, TL_BOOL, NULL, 0, &flag, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "0 or 1");
  tl_tensor *empty = tl_tensor_new(c, TL_F32, (int64_t[]){0, 3}, 2, NULL, 0);
  assert_non_null(empty);
  assert_int_equal(tl_tensor_elements(empty), 0);
  assert_null(tl_tensor_data(empty));
  assert_non_null(tl_exp(c, empty));
  free_context(c);
}

static int released;
static void on_release(void *user_data) {
  assert_ptr_equal(user_data, &released);
  released++;
}

static void memory_can_be_lent(void **state) {
  (void)state;
  static float memory[4] = {1, 2, 3, 4};
  released = 0;
  tl_context *c = new_context();
  tl_tensor *t = tl_tensor_borrow(c, TL_F32, (int64_t[]){4}, 1, memory, sizeof memory, on_release, &released);
  assert_ptr_equal(tl_tensor_data(t), memory);
  tl_tensor *view = tl_reshape(c, t, (int64_t[]){2, 2}, 2);
  tl_tensor_release(t);
  assert_int_equal(released, 0); /* the view uses it still */
  assert_true(((const float *)tl_tensor_data(view))[3] == 4);
  tl_tensor_release(view);
  assert_int_equal(released, 1);
  /* Failures run the callback, too. */
  assert_null(tl_tensor_borrow(c, TL_F32, (int64_t[]){5}, 1, memory, sizeof memory, on_release, &released));
  expect_error(c, TL_INVALID_ARGUMENT, "20 bytes");
  assert_int_equal(released, 2);
  assert_null(tl_tensor_borrow(c, TL_F64, (int64_t[]){1}, 1, (char *)memory + 4, 8, on_release, &released));
  expect_error(c, TL_INVALID_ARGUMENT, "aligned");
  assert_int_equal(released, 3);
  assert_null(
      tl_tensor_borrow(NULL, TL_F32, (int64_t[]){4}, 1, memory, sizeof memory, on_release, &released));
  assert_int_equal(released, 4);
  /* An optimizer or an op in place must never write into lent memory. */
  t = tl_tensor_borrow(c, TL_F32, (int64_t[]){4}, 1, memory, sizeof memory, on_release, &released);
  tl_tensor *v = tl_variable_new(c, t, "lent", true);
  tl_tensor_release(t);
  assert_int_equal(tl_variable_assign(v, tl_exp(c, v)), TL_OK);
  assert_true(memory[0] == 1 && memory[3] == 4);
  assert_int_equal(released, 5); /* the variable had the last reference */
  free_context(c);
}

static void expect_text(tl_tensor *t, const char *want) {
  char text[512];
  size_t length;
  assert_int_equal(tl_tensor_format(t, text, sizeof text, &length), TL_OK);
  assert_string_equal(text, want);
  assert_int_equal(length, strlen(want));
}

static void tensors_print(void **state) {
  (void)state;
  tl_context *c = new_context();
  expect_text(tl_scalar(c, TL_F32, 0.1), "f32 () 0.1");
  expect_text(vector(c, 3, (float[]){1, -2.5f, NAN}), "f32 (3,) [1, -2.5, nan]");
  expect_text(tl_range_from(c, 6, 0, 1, TL_I32), "i32 (6,) [0, 1, 2, 3, 4, 5]");
  expect_text(tl_reshape(c, tl_range_from(c, 6, 0, 1, TL_I64), (int64_t[]){2, 3}, 2),
              "i64 (2, 3) [[0, 1, 2], [3, 4, 5]]");
  expect_text(tl_range_from(c, 1000, 0, 1, TL_F64), "f64 (1000,) [0, 1, 2, ..., 997, 998, 999]");
  expect_text(tl_greater(c, vector(c, 2, (float[]){1, 2}), tl_scalar(c, TL_F32, 1.5)),
              "bool (2,) [false, true]");
  expect_text(tl_full(c, (int64_t[]){0, 2}, 2, 0, TL_U8), "u8 (0, 2) []");
  char small[8];
  size_t length;
  assert_int_equal(tl_tensor_format(tl_scalar(c, TL_F64, 12345), small, sizeof small, &length), TL_OK);
  assert_string_equal(small, "f64 () ");
  assert_int_equal(length, strlen("f64 () 12345"));
  assert_int_equal(tl_tensor_format(tl_scalar(c, TL_F64, 12345), NULL, 0, &length), TL_OK);
  free_context(c);
}

static void items_are_read_as_doubles(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_true(tl_tensor_item(tl_scalar(c, TL_I64, -7)) == -7);
  assert_true(tl_tensor_item(tl_scalar(c, TL_BOOL, 1)) == 1);
  assert_true(tl_tensor_item(vector(c, 1, (float[]){2.5f})) == 2.5);
  assert_true(isnan(tl_tensor_item(vector(c, 2, (float[]){1, 2}))));
  expect_error(c, TL_INVALID_ARGUMENT, "one element");
  assert_true(isnan(tl_tensor_item(NULL)));
  free_context(c);
}

static void variables_stand_for_tensors(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *initial = vector(c, 2, (float[]){1, 2});
  tl_tensor *v = tl_variable_new(c, initial, "weights", true);
  assert_true(tl_is_variable(v) && !tl_is_variable(initial) && !tl_is_variable(NULL));
  assert_string_equal(tl_variable_name(v), "weights");
  assert_true(tl_variable_trainable(v));
  tl_tensor *before = tl_variable_read(v);
  tl_tensor *twice = tl_add(c, v, v);
  assert_int_equal(tl_variable_assign(v, twice), TL_OK);
  assert_true(((const float *)tl_tensor_data(v))[1] == 4);
  assert_true(((const float *)tl_tensor_data(before))[1] == 2);
  assert_true(((const float *)tl_tensor_data(initial))[1] == 2);
  assert_int_equal(tl_variable_assign(v, vector(c, 3, (float[]){1, 2, 3})), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'weights'");
  assert_int_equal(tl_variable_assign(v, tl_cast(c, v, TL_F64)), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "f64");
  assert_int_equal(tl_variable_assign(v, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_int_equal(tl_variable_set_trainable(v, false), TL_OK);
  assert_false(tl_variable_trainable(v));
  assert_string_equal(tl_variable_name(initial), "");
  expect_error(c, TL_INVALID_ARGUMENT, "must be a variable");
  free_context(c);
}

/* Whatever the shape, the text is short: without elements it still has a bracket for each place of the axes in front. */
static void tensors_without_elements_print_shortly(void **state) {
  (void)state;
  tl_context *c = new_context();
  char text[200];
  size_t length = 0;
  tl_tensor *long_axis = tl_zeros(c, (int64_t[]){(int64_t)1 << 20, 0}, 2);
  assert_int_equal(tl_tensor_format(long_axis, text, sizeof text, &length), TL_OK);
  assert_string_equal(text, "f32 (1048576, 0) [[], [], [], ..., [], [], []]");
  assert_int_equal(length, strlen(text));
  tl_tensor *empty_first = tl_zeros(c, (int64_t[]){0, (int64_t)1 << 40}, 2);
  assert_int_equal(tl_tensor_format(empty_first, text, sizeof text, &length), TL_OK);
  assert_string_equal(text, "f32 (0, 1099511627776) []");
  tl_tensor *few = tl_zeros(c, (int64_t[]){10, 0}, 2);
  assert_int_equal(tl_tensor_format(few, text, sizeof text, &length), TL_OK);
  assert_string_equal(text, "f32 (10, 0) [[], [], [], [], [], [], [], [], [], []]");
  free_context(c);
}

int tensor_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(data_is_copied_in_and_out),
      cmocka_unit_test(shapes_from_outside_are_checked),
      cmocka_unit_test(memory_can_be_lent),
      cmocka_unit_test(tensors_print),
      cmocka_unit_test(tensors_without_elements_print_shortly),
      cmocka_unit_test(items_are_read_as_doubles),
      cmocka_unit_test(variables_stand_for_tensors),
  };
  return RUN_GROUP("tensors", tests);
}
