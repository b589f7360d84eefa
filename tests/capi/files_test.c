/* Bundles, and files of arrays and tables through the C API: values, who owns what, every kind of wrong argument. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/capi/harness.h"

static void bundles_hold_named_tensors(void** state) {
  (void)state;
  tl_context* c = new_context();
  const float values[] = {1, 2, 3};
  tl_bundle* b = tl_bundle_new(c);
  assert_true(tl_bundle_size(b) == 0);
  tl_tensor* x = vector(c, 3, values);
  tl_tensor* v = tl_variable_new(c, x, "v", true);
  assert_int_equal(tl_bundle_add(b, "x", x), TL_OK);
  assert_int_equal(tl_bundle_add(b, "v", v), TL_OK);
  assert_true(tl_bundle_size(b) == 2 && tl_bundle_has(b, "x") && !tl_bundle_has(b, "y"));
  assert_string_equal(tl_bundle_name(b, 1), "v");

  /* The value of then, and a handle that outlives the bundle. */
  assert_int_equal(tl_variable_assign(v, tl_sub(c, x, x)), TL_OK);
  tl_tensor* got = tl_bundle_get(b, "v");
  assert_true(!tl_is_variable(got) && tl_tensor_data(got) == tl_tensor_data(x));
  assert_true(tl_bundle_category_count(b, "x") == 0);
  tl_bundle_release(b);
  float out[3];
  assert_int_equal(tl_tensor_read(got, out, sizeof out), TL_OK);
  assert_true(out[2] == 3);
  assert_true(tl_bundle_size(b) == -1);
  expect_error(c, TL_INVALID_ARGUMENT, "[bundle_size] the bundle is not a live handle");

  /* Scopes. */
  assert_int_equal(tl_scope_begin(c), TL_OK);
  tl_bundle *kept = tl_bundle_keep(tl_bundle_new(c)), *lost = tl_bundle_new(c);
  assert_int_equal(tl_scope_end(c), TL_OK);
  assert_true(tl_bundle_size(kept) == 0 && tl_bundle_size(lost) == -1);
  tl_clear_error(c);

  assert_int_equal(tl_bundle_add(kept, "", x), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'name' must not be empty");
  assert_int_equal(tl_bundle_add(kept, NULL, x), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_int_equal(tl_bundle_add(kept, "x", NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'tensor' must be a tensor: got NULL");
  assert_int_equal(tl_bundle_add(kept, "x", x), TL_OK);
  assert_int_equal(tl_bundle_add(kept, "x", x), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got 'x' again");
  assert_null(tl_bundle_get(kept, "nobody"));
  expect_error(c, TL_NOT_FOUND, "[bundle_get] there is no tensor of this name in the bundle: got 'nobody'");
  assert_string_equal(tl_bundle_name(kept, 1), "");
  expect_error(c, TL_INVALID_ARGUMENT, "one of 1, from 0: got 1");
  assert_string_equal(tl_bundle_name(kept, -1), "");
  expect_error(c, TL_INVALID_ARGUMENT, "got -1");
  assert_string_equal(tl_bundle_category(kept, "x", 0), "");
  expect_error(c, TL_INVALID_ARGUMENT, "'code' must be one of 0");
  assert_true(tl_bundle_category_count(kept, "y") == -1);
  expect_error(c, TL_NOT_FOUND, "'y'");
  assert_null(tl_bundle_get((tl_bundle*)x, "x"));
  expect_error(c, TL_INVALID_ARGUMENT, "must be a bundle");
  assert_true(tl_bundle_size(NULL) == -1 && !tl_bundle_has(NULL, "x") && tl_bundle_get(NULL, "x") == NULL);
  tl_bundle_release(NULL);
  free_context(c);
}

static void arrays_are_written_and_read(void** state) {
  (void)state;
  tl_context* c = new_context();
  char path[PATH_ROOM];
  temporary_file(path, "", 0);
  const int64_t dims[] = {2, 3};
  const int32_t numbers[] = {1, -2, 3, -4, 5, -6};
  tl_tensor* t = tl_tensor_new(c, TL_I32, dims, 2, numbers, sizeof numbers);
  assert_int_equal(tl_write_npy(c, path, t), TL_OK);
  tl_tensor* read = tl_read_npy(c, path);
  int32_t got[6];
  assert_true(tl_tensor_dtype(read) == TL_I32 && tl_tensor_dim(read, 1) == 3);
  assert_int_equal(tl_tensor_read(read, got, sizeof got), TL_OK);
  assert_true(memcmp(got, numbers, sizeof got) == 0);

  tl_bundle* b = tl_bundle_new(c);
  assert_int_equal(tl_bundle_add(b, "numbers", t), TL_OK);
  assert_int_equal(tl_bundle_add(b, "truth", tl_less(c, t, tl_sub(c, t, t))), TL_OK);
  for (int compress = 0; compress < 2; compress++) {
    assert_int_equal(tl_write_npz(b, path, compress), TL_OK);
    tl_bundle* again = tl_read_npz(c, path, 0);
    assert_true(tl_bundle_size(again) == 2);
    assert_string_equal(tl_bundle_name(again, 0), "numbers");
    assert_int_equal(tl_tensor_read(tl_bundle_get(again, "numbers"), got, sizeof got), TL_OK);
    assert_true(memcmp(got, numbers, sizeof got) == 0);
    assert_true(tl_tensor_dtype(tl_bundle_get(again, "truth")) == TL_BOOL);
  }
  assert_null(tl_read_npz(c, path, 8));
  expect_error(c, TL_OUT_OF_MEMORY, path);
  assert_null(tl_read_npy(c, path));
  expect_error(c, TL_CORRUPT_DATA, path);
  remove(path);
  assert_null(tl_read_npz(c, path, 0));
  expect_error(c, TL_NOT_FOUND, path);
  assert_null(tl_read_npy(c, "/tmp"));
  expect_error(c, TL_IO, "[read_npy]");
  assert_null(tl_read_npy(c, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_int_equal(tl_write_npy(c, "/tmp", t), TL_IO);
  expect_error(c, TL_IO, "[write_npy]");
  assert_int_equal(tl_write_npy(c, path, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_int_equal(tl_write_npz(b, "/tmp/tapeloop-none/file", false), TL_NOT_FOUND);
  expect_error(c, TL_NOT_FOUND, "[write_npz]");
  free_context(c);
}

static void tables_become_columns(void** state) {
  (void)state;
  tl_context* c = new_context();
  static const char table[] = "petal,species\n1.4,setosa\n,virginica\n4.5,setosa\n";
  char path[PATH_ROOM];
  temporary_file(path, table, sizeof table - 1);
  tl_bundle* iris = tl_read_csv(c, path, NULL);
  assert_true(tl_bundle_size(iris) == 2);
  float petal[3];
  int32_t species[3];
  assert_int_equal(tl_tensor_read(tl_bundle_get(iris, "petal"), petal, sizeof petal), TL_OK);
  assert_int_equal(tl_tensor_read(tl_bundle_get(iris, "species"), species, sizeof species), TL_OK);
  assert_true(petal[0] == 1.4f && isnan(petal[1]) && petal[2] == 4.5f);
  assert_true(species[0] == 0 && species[1] == 1 && species[2] == 0);
  assert_true(tl_bundle_category_count(iris, "species") == 2);
  assert_string_equal(tl_bundle_category(iris, "species", 1), "virginica");

  tl_csv_options options;
  tl_csv_options_init(&options, sizeof options);
  options.no_header = true;
  options.types = "-c";
  tl_bundle* bare = tl_read_csv(c, path, &options);
  assert_true(tl_bundle_size(bare) == 1 && tl_tensor_dim(tl_bundle_get(bare, "1"), 0) == 4);
  options.types = "d?";
  assert_null(tl_read_csv(c, path, &options));
  expect_error(c, TL_CORRUPT_DATA, "column '0' must hold numbers (f64): got 'petal' in row 0");
  options.types = "x?";
  assert_null(tl_read_csv(c, path, &options));
  expect_error(c, TL_INVALID_ARGUMENT, "?-fdilubc");
  options.types = NULL;
  options.delimiter = 300;
  assert_null(tl_read_csv(c, path, &options));
  expect_error(c, TL_INVALID_ARGUMENT, "got 300");
  options.delimiter = '"';
  assert_null(tl_read_csv(c, path, &options));
  expect_error(c, TL_INVALID_ARGUMENT, "'delimiter'");
  options.delimiter = ',';
  options.floats = TL_I32;
  assert_null(tl_read_csv(c, path, &options));
  expect_error(c, TL_INVALID_ARGUMENT, "'floats' must be f32 or f64: got i32");
  options.floats = TL_F64;
  options.max_bytes = 8;
  assert_null(tl_read_csv(c, path, &options));
  expect_error(c, TL_OUT_OF_MEMORY, "'max_bytes'");
  remove(path);

  static const char log[] = "{\"step\": 0, \"loss\": 1.5}\n{\"step\": 1, \"loss\": 0.5}\n";
  temporary_file(path, log, sizeof log - 1);
  tl_bundle* metrics = tl_read_json_lines(c, path, NULL);
  assert_true(tl_tensor_dtype(tl_bundle_get(metrics, "step")) == TL_I64);
  float loss[2];
  assert_int_equal(tl_tensor_read(tl_bundle_get(metrics, "loss"), loss, sizeof loss), TL_OK);
  assert_true(loss[0] == 1.5f && loss[1] == 0.5f);
  tl_json_lines_options lines;
  tl_json_lines_options_init(&lines, sizeof lines);
  lines.floats = TL_F64;
  assert_true(tl_tensor_dtype(tl_bundle_get(tl_read_json_lines(c, path, &lines), "loss")) == TL_F64);
  lines.floats = TL_BOOL;
  assert_null(tl_read_json_lines(c, path, &lines));
  expect_error(c, TL_INVALID_ARGUMENT, "got bool");
  assert_null(tl_read_csv(c, "", NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "empty text");
  remove(path);
  assert_null(tl_read_json_lines(c, path, NULL));
  expect_error(c, TL_NOT_FOUND, path);
  free_context(c);
}

int files_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bundles_hold_named_tensors),
      cmocka_unit_test(arrays_are_written_and_read),
      cmocka_unit_test(tables_become_columns),
  };
  return RUN_GROUP("files", tests);
}
