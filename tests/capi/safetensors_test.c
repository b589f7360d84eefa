/* safetensors files through the C API; the format itself is tested in tests/io. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <unistd.h>

#include "tests/capi/harness.h"

static void named_path(char path[PATH_ROOM]) {
  temporary_file(path, "", 0);
  unlink(path);
}

static void writes_and_reads(void **state) {
  (void)state;
  tl_context *c = new_context();
  char path[PATH_ROOM];
  named_path(path);
  tl_tensor *w = tl_variable_new(c, vector(c, 3, (const float[]){1, 2.5f, -65504}), "w", true);
  tl_tensor *n = tl_full(c, (int64_t[]){2, 2}, 2, 7, TL_I64);
  tl_safetensors_writer *out = tl_safetensors_writer_new(c);
  assert_int_equal(tl_safetensors_writer_add(out, "w", w), TL_OK);
  assert_int_equal(tl_safetensors_writer_add(out, "n", n), TL_OK);
  assert_int_equal(tl_safetensors_writer_set_metadata(out, "by", "a test"), TL_OK);
  assert_int_equal(tl_safetensors_writer_save(out, path, NULL), TL_OK);
  /* Once more, in the place of the first. */
  tl_safetensors_save_options options;
  tl_safetensors_save_options_init(&options, sizeof options);
  options.floats = TL_SAFETENSORS_FLOATS_F16;
  assert_int_equal(tl_safetensors_writer_save(out, path, &options), TL_OK);
  tl_safetensors_writer_release(out);

  tl_safetensors *file = tl_safetensors_open(c, path);
  assert_int_equal(tl_safetensors_count(file), 2);
  assert_string_equal(tl_safetensors_name(file, 0), "n");
  assert_string_equal(tl_safetensors_name(file, 1), "w");
  assert_string_equal(tl_safetensors_stored_dtype(file, 1), "F16");
  int64_t dims[8];
  size_t rank;
  assert_int_equal(tl_safetensors_shape(file, 0, dims, 8, &rank), TL_OK);
  assert_int_equal(rank, 2);
  assert_int_equal(dims[1], 2);
  assert_int_equal(tl_safetensors_shape(file, 0, NULL, 0, &rank), TL_OK);
  tl_tensor *back = tl_safetensors_read(file, "w");
  assert_int_equal(tl_tensor_dtype(back), TL_F32);
  const float *data = tl_tensor_data(back);
  assert_true(data[0] == 1 && data[1] == 2.5f && data[2] == -65504);
  assert_true(((const int64_t *)tl_tensor_data(tl_safetensors_read(file, "n")))[3] == 7);
  assert_int_equal(tl_safetensors_metadata_count(file), 1);
  assert_string_equal(tl_safetensors_metadata_name(file, 0), "by");
  assert_string_equal(tl_safetensors_metadata_text(file, 0), "a test");
  tl_safetensors_release(file);
  unlink(path);
  free_context(c);
}

static void refuses(void **state) {
  (void)state;
  tl_context *c = new_context();
  char path[PATH_ROOM];
  temporary_file(path, "no such format", 14);
  assert_null(tl_safetensors_open(c, path));
  expect_error(c, TL_CORRUPT_DATA, "[safetensors_open] ");
  assert_null(tl_safetensors_open(c, "/proc/nowhere/file"));
  expect_error(c, TL_NOT_FOUND, "cannot be opened");
  assert_null(tl_safetensors_open(c, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'path'");
  tl_safetensors_writer *out = tl_safetensors_writer_new(c);
  tl_tensor *one = tl_scalar(c, TL_F32, 1);
  assert_int_equal(tl_safetensors_writer_add(out, "a", one), TL_OK);
  assert_int_equal(tl_safetensors_writer_add(out, "a", one), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'a' twice");
  assert_int_equal(tl_safetensors_writer_add(out, "\xff", one), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "UTF-8");
  assert_int_equal(tl_safetensors_writer_add(out, "__metadata__", one), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[safetensors_writer_add] a tensor needs a name other than '__metadata__'");
  assert_int_equal(tl_safetensors_writer_add(out, "b", NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'tensor'");
  assert_int_equal(tl_safetensors_writer_set_metadata(out, "a", NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'text'");
  tl_safetensors_save_options options;
  tl_safetensors_save_options_init(&options, sizeof options);
  options.floats = 9;
  assert_int_equal(tl_safetensors_writer_save(out, path, &options), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'floats'");
  assert_int_equal(tl_safetensors_writer_save(out, "/proc/nowhere/file", NULL), TL_NOT_FOUND);
  expect_error(c, TL_NOT_FOUND, "cannot be made");
  assert_int_equal(tl_safetensors_writer_save(out, path, NULL), TL_OK);
  tl_safetensors *file = tl_safetensors_open(c, path);
  assert_null(tl_safetensors_read(file, "none"));
  expect_error(c, TL_NOT_FOUND, "'none'");
  assert_string_equal(tl_safetensors_name(file, 1), "");
  expect_error(c, TL_INVALID_ARGUMENT, "'index'");
  assert_string_equal(tl_safetensors_metadata_text(file, 0), "");
  expect_error(c, TL_INVALID_ARGUMENT, "'index'");
  tl_safetensors_release(file);
  assert_int_equal(tl_safetensors_count(file), 0);
  expect_error(c, TL_INVALID_ARGUMENT, "safetensors");
  unlink(path);
  free_context(c);
}

int safetensors_tests(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(writes_and_reads), cmocka_unit_test(refuses)};
  return RUN_GROUP("safetensors", tests);
}
