/* Files and datasets through the C API: values, who owns what, loops that end, every kind of wrong handle. */
/* mkstemp() is POSIX. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <unistd.h>

#include "tests/capi/harness.h"

static uint64_t live_values(tl_context* c) {
  tl_context_statistics statistics;
  memset(&statistics, 0, sizeof statistics);
  statistics.struct_size = sizeof statistics;
  assert_true(tl_context_stats(c, &statistics) == TL_OK);
  return statistics.values;
}

/* i32 (size,): 0, 1, 2, ... */
static tl_tensor* counting(tl_context* c, int64_t size) {
  int32_t values[256];
  for (int32_t i = 0; i < size; i++) values[i] = i;
  return tl_tensor_new(c, TL_I32, &size, 1, values, (size_t)size * sizeof *values);
}

/* u8 (size, 2): 0, 1, 2, ... */
static tl_tensor* pairs(tl_context* c, int64_t size) {
  uint8_t values[512];
  int64_t dims[2] = {size, 2};
  for (int i = 0; i < 2 * size; i++) values[i] = (uint8_t)i;
  return tl_tensor_new(c, TL_U8, dims, 2, values, (size_t)(2 * size));
}

static void write_file(const char* path, const void* bytes, size_t count) {
  FILE* file = fopen(path, "wb");
  assert_non_null(file);
  assert_true(fwrite(bytes, 1, count, file) == count);
  assert_true(fclose(file) == 0);
}

static void idx_files_are_read_or_refused(void** state) {
  (void)state;
  tl_context* c = new_context();
  static const unsigned char content[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255};
  char path[PATH_ROOM];
  temporary_file(path, content, sizeof content);
  tl_tensor* t = tl_read_idx(c, path, 0);
  uint8_t values[6] = {0};
  assert_true(tl_tensor_dtype(t) == TL_U8 && tl_tensor_rank(t) == 2);
  assert_true(tl_tensor_dim(t, 0) == 2 && tl_tensor_dim(t, 1) == 3);
  assert_int_equal(tl_tensor_read(t, values, sizeof values), TL_OK);
  assert_true(memcmp(values, content + 12, 6) == 0);
  tl_tensor_release(t);
  assert_null(tl_read_idx(c, path, 5));
  expect_error(c, TL_OUT_OF_MEMORY, "'max_bytes' allows: got 6 bytes of 5");
  assert_non_null(tl_read_idx(c, path, 6));

  for (size_t length = 0; length < sizeof content; length++) {
    write_file(path, content, length);
    assert_null(tl_read_idx(c, path, 0));
    expect_error(c, TL_CORRUPT_DATA, path);
  }
  remove(path);
  assert_null(tl_read_idx(c, path, 0));
  expect_error(c, TL_NOT_FOUND, path);
  assert_null(tl_read_idx(c, "/tmp", 0));
  expect_error(c, TL_IO, "/tmp");
  assert_null(tl_read_idx(c, NULL, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_null(tl_read_idx(NULL, path, 0));
  assert_null(tl_dataset_from_idx_folder(c, path, TL_DATA_TRAIN, 0));
  expect_error(c, TL_NOT_FOUND, path);
  assert_null(tl_dataset_from_idx_folder(c, NULL, TL_DATA_TRAIN, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_null(tl_dataset_from_idx_folder(c, "/tmp", 0, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "the part must be");
  free_context(c);
}

static void epochs_batches_and_positions(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor* tensors[2] = {pairs(c, 10), counting(c, 10)};
  tl_dataset* rows = tl_dataset_from_tensors(c, tensors, 2);
  tl_dataset* batches = tl_dataset_cast(
      c, tl_dataset_batch(c, tl_dataset_shuffle(c, tl_dataset_skip(c, rows, 2), 7), 3, false), 0, TL_F32, 2);
  assert_true(tl_dataset_size(rows) == 10 && tl_dataset_width(rows) == 2);
  assert_true(tl_dataset_size(batches) == 3 && tl_dataset_width(batches) == 2);
  assert_true(tl_dataset_size(tl_dataset_take(c, rows, 4)) == 4);
  assert_true(tl_dataset_size(tl_dataset_batch(c, rows, 3, true)) == 3);

  int32_t orders[2][8];
  for (int epoch = 0; epoch < 2; epoch++) {
    tl_tensor* batch[2];
    int n = 0, seen[10] = {0};
    assert_true(tl_dataset_epoch(batches) == (uint64_t)epoch && tl_dataset_position(batches) == 0);
    while (tl_dataset_next(batches, batch, 2)) {
      int64_t count = n < 6 ? 3 : 2;
      float x[6];
      int32_t y[3];
      assert_true(tl_tensor_dtype(batch[0]) == TL_F32 && tl_tensor_dim(batch[0], 0) == count);
      assert_int_equal(tl_tensor_read(batch[0], x, (size_t)count * 2 * sizeof *x), TL_OK);
      assert_int_equal(tl_tensor_read(batch[1], y, (size_t)count * sizeof *y), TL_OK);
      for (int64_t i = 0; i < count; i++) {
        assert_true(x[2 * i] == (float)y[i] && x[2 * i + 1] == (float)y[i] + 0.5f);
        seen[y[i]]++;
        orders[epoch][n++] = y[i];
      }
    }
    assert_true(batch[0] == NULL && batch[1] == NULL);
    assert_true(n == 8);
    for (int i = 0; i < 10; i++) assert_true(seen[i] == (i >= 2));
  }
  assert_true(memcmp(orders[0], orders[1], sizeof orders[0]) != 0);
  assert_true(!tl_failed(c));

  tl_tensor* batch[2];
  int32_t y[3];
  assert_int_equal(tl_dataset_seek(batches, 1, 1), TL_OK);
  assert_true(tl_dataset_epoch(batches) == 1 && tl_dataset_position(batches) == 1);
  assert_true(tl_dataset_next(batches, batch, 2));
  assert_int_equal(tl_tensor_read(batch[1], y, sizeof y), TL_OK);
  assert_true(memcmp(y, orders[1] + 3, sizeof y) == 0);
  assert_int_equal(tl_dataset_seek(batches, 0, 4), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "position");
  assert_true(tl_dataset_epoch(batches) == 1 && tl_dataset_position(batches) == 2);
  free_context(c);
}

static void elements_belong_to_their_dataset(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor* source = counting(c, 8);
  tl_dataset* rows = tl_dataset_from_tensors(c, &source, 1);
  tl_dataset* batches = tl_dataset_batch(c, rows, 2, false);
  tl_tensor *first, *second, *batch;
  int32_t y[2];

  /* The source and the datasets on the way may go. */
  tl_tensor_release(source);
  tl_dataset_release(rows);
  assert_true(tl_dataset_size(rows) == -1);
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_size] the dataset is not a live handle");
  assert_true(tl_dataset_next(batches, &first, 1));
  assert_true(tl_tensor_read(first, y, sizeof y) == TL_OK && y[0] == 0 && y[1] == 1);

  /* An element outlives scopes that end, and ends with the next one, unless it was retained. */
  assert_int_equal(tl_scope_begin(c), TL_OK);
  assert_true(tl_dataset_next(batches, &second, 1));
  assert_int_equal(tl_scope_end(c), TL_OK);
  assert_true(tl_tensor_read(second, y, sizeof y) == TL_OK && y[0] == 2);
  assert_int_equal(tl_tensor_read(first, y, sizeof y), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[tensor_read] the tensor is not a live handle");
  assert_true(tl_tensor_retain(second) == second);
  assert_true(tl_dataset_next(batches, &batch, 1));
  assert_true(tl_tensor_read(second, y, sizeof y) == TL_OK && y[0] == 2);
  tl_tensor_release(second);
  tl_tensor_release(batch); /* early: nobody minds */
  assert_true(tl_dataset_next(batches, &batch, 1));
  assert_true(tl_tensor_read(batch, y, sizeof y) == TL_OK && y[0] == 6);
  tl_dataset_release(batches);
  assert_int_equal(tl_tensor_read(batch, y, sizeof y), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[tensor_read] the tensor is not a live handle");
  assert_true(!tl_dataset_next(batches, &batch, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_next] the dataset is not a live handle");

  /* A dataset of a scope ends with it. */
  assert_int_equal(tl_scope_begin(c), TL_OK);
  source = counting(c, 8);
  rows = tl_dataset_from_tensors(c, &source, 1);
  assert_true(tl_dataset_next(rows, &batch, 1));
  assert_true(tl_tensor_rank(batch) == 0 && tl_tensor_item(batch) == 0);
  assert_int_equal(tl_scope_end(c), TL_OK);
  assert_true(tl_dataset_width(rows) == 0);
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_width] the dataset is not a live handle");

  /* Thousands of steps leave nothing behind. */
  source = counting(c, 100);
  batches = tl_dataset_batch(c, tl_dataset_shuffle(c, tl_dataset_from_tensors(c, &source, 1), 1), 8, false);
  uint64_t live = 0;
  for (int epoch = 0; epoch < 200; epoch++) {
    while (tl_dataset_next(batches, &batch, 1)) {
    }
    if (epoch == 0) live = live_values(c);
  }
  assert_true(live_values(c) == live);
  free_context(c);
}

static void loops_end_at_an_error(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor *source = counting(c, 100), *element;
  tl_dataset* rows = tl_dataset_from_tensors(c, &source, 1);
  int steps = 0;
  while (tl_dataset_next(rows, &element, 1))
    if (++steps == 3) assert_int_equal(tl_set_error(c, TL_IO, "the disk of this test is full"), TL_OK);
  assert_true(steps == 3);
  assert_null(element);
  assert_true(tl_dataset_size(rows) == 100 && tl_dataset_position(rows) == 3); /* reading works */
  assert_int_equal(tl_dataset_seek(rows, 0, 0), TL_IO);
  assert_true(tl_dataset_take(c, rows, 1) == NULL && tl_read_idx(c, "nowhere", 0) == NULL);
  expect_error(c, TL_IO, "of this test");
  assert_true(tl_dataset_position(rows) == 3);
  assert_true(tl_dataset_next(rows, &element, 1) && tl_tensor_item(element) == 3);

  /* A failure inside next(): the rows of a batch do not match. The position stays. */
  tl_dataset* uneven = tl_dataset_batch(c, tl_dataset_batch(c, rows, 99, false), 2, false);
  assert_true(!tl_dataset_next(uneven, &element, 1));
  assert_true(element == NULL && tl_dataset_position(uneven) == 0);
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_next] dataset_batch: ");
  free_context(c);
}

static void wrong_arguments_are_told(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor *tensors[2] = {counting(c, 10), counting(c, 9)}, *element[2] = {NULL, NULL};
  tl_dataset* rows = tl_dataset_from_tensors(c, tensors, 1);
  tl_context* other = tl_context_new(NULL);

  assert_null(tl_dataset_from_tensors(c, tensors, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "(10,) and");
  assert_null(tl_dataset_from_tensors(c, tensors, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_from_tensors]");
  assert_null(tl_dataset_from_tensors(c, NULL, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  tensors[1] = NULL;
  assert_null(tl_dataset_from_tensors(c, tensors, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "'tensors[1]' must be a tensor: got NULL");
  assert_null(tl_dataset_from_tensors(other, tensors, 1));
  expect_error(other, TL_INVALID_ARGUMENT, "another context");
  const float one = 1;
  tensors[1] = tl_tensor_new(c, TL_F32, NULL, 0, &one, sizeof one);
  assert_null(tl_dataset_from_tensors(c, tensors + 1, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "first axis");

  assert_null(tl_dataset_shuffle(c, NULL, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "'source' must be a dataset: got NULL");
  assert_null(tl_dataset_shuffle(other, rows, 1));
  expect_error(other, TL_INVALID_ARGUMENT, "[dataset_shuffle]");
  assert_null(tl_dataset_shuffle(c, (tl_dataset*)tensors[0], 1));
  expect_error(c, TL_INVALID_ARGUMENT, "must be a dataset");
  assert_null(tl_dataset_shuffle(NULL, rows, 1));
  assert_null(tl_dataset_take(c, rows, -1));
  expect_error(c, TL_INVALID_ARGUMENT, "-1");
  assert_null(tl_dataset_skip(c, rows, -1));
  expect_error(c, TL_INVALID_ARGUMENT, "-1");
  assert_null(tl_dataset_batch(c, rows, 0, false));
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_batch] the batch size");
  assert_null(tl_dataset_batch(c, rows, 11, true));
  expect_error(c, TL_INVALID_ARGUMENT, "drop_remainder");
  assert_null(tl_dataset_cast(c, rows, 1, TL_F32, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "position");
  assert_null(tl_dataset_cast(c, rows, 0, 77, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "got 77");
  assert_null(tl_dataset_cast(c, rows, 0, TL_F32, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "divisor");

  assert_true(!tl_dataset_next(rows, element, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "got 2 entries for 1 tensors");
  assert_true(!tl_dataset_next(rows, NULL, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_true(!tl_dataset_next((tl_dataset*)tensors[0], element, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "must be a dataset");
  assert_true(!tl_dataset_next(NULL, element, 1));
  assert_true(tl_dataset_size(NULL) == -1 && tl_dataset_width(NULL) == 0);
  assert_true(tl_dataset_epoch(NULL) == 0 && tl_dataset_position(NULL) == -1);
  assert_int_equal(tl_dataset_seek(NULL, 0, 0), TL_INVALID_ARGUMENT);
  tl_dataset_release(NULL);
  assert_true(!tl_failed(c) && !tl_failed(other));

  /* Everything of a context ends with it, also an element that is out. */
  tl_tensor* there = counting(other, 4);
  tl_dataset* orphan = tl_dataset_from_tensors(other, &there, 1);
  assert_true(tl_dataset_next(orphan, element, 1));
  assert_int_equal(tl_context_free(other), TL_OK);
  assert_true(!tl_dataset_next(orphan, element, 1) && element[0] == NULL);
  assert_true(tl_dataset_size(orphan) == -1);
  tl_dataset_release(orphan);
  free_context(c);
}

int data_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(idx_files_are_read_or_refused),    cmocka_unit_test(epochs_batches_and_positions),
      cmocka_unit_test(elements_belong_to_their_dataset), cmocka_unit_test(loops_end_at_an_error),
      cmocka_unit_test(wrong_arguments_are_told),
  };
  return RUN_GROUP("data", tests);
}
