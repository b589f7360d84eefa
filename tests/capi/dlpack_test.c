/* DLPack through the C API: memory that is shared, copies where it cannot be, deleters that run once, in either order of ends and on
 * other threads. The structs are written down here as dlpack.h has them. */
#include <pthread.h>
#include <stdlib.h>

#include "tests/capi/harness.h"

typedef struct {
  void* data;
  struct {
    int32_t type, id;
  } device;
  int32_t ndim;
  struct {
    uint8_t code, bits;
    uint16_t lanes;
  } dtype;
  int64_t *shape, *strides;
  uint64_t byte_offset;
} DLTensor;
typedef struct DLManagedTensor {
  DLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(struct DLManagedTensor*);
} DLManagedTensor;
typedef struct DLManagedTensorVersioned {
  struct {
    uint32_t major, minor;
  } version;
  void* manager_ctx;
  void (*deleter)(struct DLManagedTensorVersioned*);
  uint64_t flags;
  DLTensor dl_tensor;
} DLManagedTensorVersioned;

static int deleted;
static void count_versioned(DLManagedTensorVersioned* self) {
  (void)self;
  deleted++;
}
static void count_old(DLManagedTensor* self) {
  (void)self;
  deleted++;
}

static DLTensor view(void* data, uint8_t code, uint8_t bits, int32_t ndim, int64_t* shape, int64_t* strides) {
  DLTensor t;
  memset(&t, 0, sizeof t);
  t.data = data;
  t.device.type = 1;
  t.ndim = ndim;
  t.dtype.code = code;
  t.dtype.bits = bits;
  t.dtype.lanes = 1;
  t.shape = shape;
  t.strides = strides;
  return t;
}

static DLManagedTensorVersioned lent;
static tl_tensor* borrow(tl_context* c, DLTensor t) {
  memset(&lent, 0, sizeof lent);
  lent.version.major = 1;
  lent.version.minor = 1;
  lent.deleter = count_versioned;
  lent.dl_tensor = t;
  deleted = 0;
  return tl_tensor_from_dlpack(c, &lent, true);
}

static void tensors_are_lent(void** state) {
  (void)state;
  tl_context* c = new_context();
  const float values[] = {1, 2, 3, 4, 5, 6};
  const int64_t dims[] = {2, 3};
  tl_tensor* t = tl_tensor_new(c, TL_F32, dims, 2, values, sizeof values);
  DLManagedTensorVersioned* out = tl_tensor_to_dlpack(t, true);
  assert_true(out->version.major == 1 && out->flags == 1);
  const DLTensor* v = &out->dl_tensor;
  assert_true(v->data == tl_tensor_data(t) && v->byte_offset == 0 && v->device.type == 1 &&
              v->device.id == 0);
  assert_true(v->ndim == 2 && v->shape[0] == 2 && v->shape[1] == 3 && v->strides[0] == 3 &&
              v->strides[1] == 1);
  assert_true(v->dtype.code == 2 && v->dtype.bits == 32 && v->dtype.lanes == 1);
  /* It outlives the tensor, and its memory goes with it. */
  tl_tensor_release(t);
  assert_true(((float*)v->data)[5] == 6);
  tl_context_statistics before, after;
  before.struct_size = after.struct_size = sizeof before;
  assert_int_equal(tl_context_stats(c, &before), TL_OK);
  out->deleter(out);
  assert_int_equal(tl_context_stats(c, &after), TL_OK);
  assert_true(before.live_bytes == 64 && after.live_bytes == 0 && after.values == 0);

  DLManagedTensor* old = tl_tensor_to_dlpack(tl_scalar(c, TL_I64, 7), false);
  assert_true(old->dl_tensor.ndim == 0 && *(int64_t*)old->dl_tensor.data == 7);
  assert_true(old->dl_tensor.dtype.code == 0 && old->dl_tensor.dtype.bits == 64);
  old->deleter(old);

  /* The value of a variable at that time. */
  tl_tensor* w = tl_variable_new(c, tl_scalar(c, TL_F32, 1), "w", true);
  out = tl_tensor_to_dlpack(w, true);
  assert_int_equal(tl_variable_assign(w, tl_scalar(c, TL_F32, 2)), TL_OK);
  assert_true(*(float*)out->dl_tensor.data == 1 && tl_tensor_item(w) == 2);
  out->deleter(out);
  /* There and back: the same memory. */
  t = tl_tensor_new(c, TL_F32, dims, 2, values, sizeof values);
  tl_tensor* again = tl_tensor_from_dlpack(c, tl_tensor_to_dlpack(t, true), true);
  assert_true(tl_tensor_data(again) == tl_tensor_data(t) && tl_tensor_dim(again, 1) == 3);
  assert_null(tl_tensor_to_dlpack(NULL, true));
  tl_tensor_release(t);
  assert_null(tl_tensor_to_dlpack(t, true));
  expect_error(c, TL_INVALID_ARGUMENT, "not a live handle");
  free_context(c);
}

/* Memory that is lent outlives its context: of tapeloop, and of the program. */
static int returned;
static void count_return(void* user_data) {
  (void)user_data;
  returned++;
}

static void lent_memory_outlives_its_context(void** state) {
  (void)state;
  tl_context* c = new_context();
  const int64_t dims[] = {1000};
  float* mine = malloc(1000 * sizeof *mine);
  for (int i = 0; i < 1000; i++) mine[i] = (float)i;
  DLManagedTensorVersioned* a = tl_tensor_to_dlpack(tl_tensor_new(c, TL_F32, dims, 1, mine, 4000), true);
  DLManagedTensorVersioned* b =
      tl_tensor_to_dlpack(tl_tensor_borrow(c, TL_F32, dims, 1, mine, 4000, count_return, NULL), true);
  free_context(c);
  assert_true(returned == 0 && ((float*)a->dl_tensor.data)[999] == 999 &&
              ((float*)b->dl_tensor.data)[999] == 999);
  a->deleter(a);
  b->deleter(b);
  assert_true(returned == 1);
  free(mine);
}

static void* give_back(void* managed) {
  DLManagedTensorVersioned* m = managed;
  m->deleter(m);
  return NULL;
}

static void other_threads_give_back(void** state) {
  (void)state;
  for (int round = 0; round < 50; round++) {
    tl_context* c = new_context();
    const int64_t dims[] = {100};
    const float values[100] = {0};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
      assert_int_equal(
          pthread_create(&threads[i], NULL, give_back,
                         tl_tensor_to_dlpack(tl_tensor_new(c, TL_F32, dims, 1, values, sizeof values), true)),
          0);
    /* The context ends before, while or after they do. A thread that is inside makes it busy. */
    while (tl_context_free(c) != TL_OK) {
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  }
}

static void tensors_are_borrowed(void** state) {
  (void)state;
  tl_context* c = new_context();
  float values[] = {1, 2, 3, 4, 5, 6};
  int64_t shape[] = {2, 3}, rows[] = {3, 1}, columns[] = {1, 2}, backwards[] = {-3, -1};
  tl_tensor* t = borrow(c, view(values, 2, 32, 2, shape, NULL));
  assert_true(tl_tensor_data(t) == values && tl_tensor_dim(t, 0) == 2 && deleted == 0);
  tl_tensor* sum = tl_sum(c, t);
  assert_true(tl_tensor_item(sum) == 21);
  tl_tensor_release(t);
  assert_true(deleted == 1);
  t = borrow(c, view(values, 2, 32, 2, shape, rows));
  assert_true(tl_tensor_data(t) == values);
  tl_tensor_release(t);
  assert_true(deleted == 1);
  /* Copies: other strides, and what is not aligned. */
  float got[6];
  t = borrow(c, view(values, 2, 32, 2, shape, columns));
  assert_true(deleted == 1 && tl_tensor_data(t) != values);
  assert_int_equal(tl_tensor_read(t, got, sizeof got), TL_OK);
  assert_true(got[0] == 1 && got[1] == 3 && got[2] == 5 && got[3] == 2);
  DLTensor reversed = view(values, 2, 32, 2, shape, backwards);
  reversed.byte_offset = 20;
  t = borrow(c, reversed);
  assert_int_equal(tl_tensor_read(t, got, sizeof got), TL_OK);
  assert_true(got[0] == 6 && got[5] == 1);
  float room[3];
  char* bytes = (char*)room;
  memcpy(bytes + 1, values, 8);
  int64_t two = 2;
  t = borrow(c, view(bytes + 1, 2, 32, 1, &two, NULL));
  assert_int_equal(tl_tensor_read(t, got, 8), TL_OK);
  assert_true(deleted == 1 && got[1] == 2);
  /* Types that are widened. */
  uint16_t half[] = {0x3c00, 0xc000};
  t = borrow(c, view(half, 2, 16, 1, &two, NULL));
  assert_int_equal(tl_tensor_read(t, got, 8), TL_OK);
  assert_true(got[0] == 1 && got[1] == -2);
  uint16_t brain[] = {0x3f80, 0xc000};
  t = borrow(c, view(brain, 4, 16, 1, &two, NULL));
  assert_int_equal(tl_tensor_read(t, got, 8), TL_OK);
  assert_true(got[0] == 1 && got[1] == -2);
  int8_t small[] = {-1, 5};
  t = borrow(c, view(small, 0, 8, 1, &two, NULL));
  assert_true(tl_tensor_dtype(t) == TL_I32);
  /* The older struct, without elements, and of rank 0. */
  DLManagedTensor old;
  memset(&old, 0, sizeof old);
  int64_t none = 0;
  old.dl_tensor = view(NULL, 2, 32, 1, &none, NULL);
  old.deleter = count_old;
  deleted = 0;
  assert_true(tl_tensor_elements(tl_tensor_from_dlpack(c, &old, false)) == 0 && deleted == 1);
  old.dl_tensor = view(values, 2, 32, 0, NULL, NULL);
  t = tl_tensor_from_dlpack(c, &old, false);
  assert_true(tl_tensor_item(t) == 1 && deleted == 1);
  tl_tensor_release(t);
  assert_true(deleted == 2);
  /* With the context. */
  old.dl_tensor = view(values, 2, 32, 0, NULL, NULL);
  assert_non_null(tl_tensor_from_dlpack(c, &old, false));
  free_context(c);
  assert_true(deleted == 3);
}

static void what_cannot_be_borrowed_is_given_back(void** state) {
  (void)state;
  tl_context* c = new_context();
  float values[] = {1, 2};
  uint8_t truths[] = {0, 2};
  uint64_t large[] = {UINT64_MAX, 0};
  int64_t two = 2, negative = -1, huge[] = {INT64_MAX, INT64_MAX};
  DLTensor gpu = view(values, 2, 32, 1, &two, NULL), vector_lanes = gpu, missing = gpu;
  gpu.device.type = 2;
  vector_lanes.dtype.lanes = 4;
  missing.shape = NULL;
  const struct {
    DLTensor tensor;
    tl_status code;
    const char* text;
  } wrong[] = {{gpu, TL_UNSUPPORTED, "device 2"},
               {vector_lanes, TL_UNSUPPORTED, "4 lanes"},
               {missing, TL_INVALID_ARGUMENT, "its sizes"},
               {view(values, 5, 64, 1, &two, NULL), TL_UNSUPPORTED, "code 5"},
               {view(values, 2, 32, 9, &two, NULL), TL_UNSUPPORTED, "at most 8 axes"},
               {view(values, 2, 32, -1, &two, NULL), TL_UNSUPPORTED, "got -1"},
               {view(values, 2, 32, 1, &negative, NULL), TL_INVALID_ARGUMENT, "-1"},
               {view(values, 2, 32, 2, huge, NULL), TL_INVALID_ARGUMENT, "[tensor_from_dlpack]"},
               {view(NULL, 2, 32, 1, &two, NULL), TL_INVALID_ARGUMENT, "must have data"},
               {view(truths, 6, 8, 1, &two, NULL), TL_CORRUPT_DATA, "element 1 is a bool"},
               {view(large, 1, 64, 1, &two, NULL), TL_UNSUPPORTED, "i64 does not hold"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_null(borrow(c, wrong[i].tensor));
    expect_error(c, wrong[i].code, wrong[i].text);
    assert_int_equal(deleted, 1);
  }
  memset(&lent, 0, sizeof lent);
  lent.version.major = 2; /* nothing but the deleter is known of it */
  lent.deleter = count_versioned;
  deleted = 0;
  assert_null(tl_tensor_from_dlpack(c, &lent, true));
  expect_error(c, TL_UNSUPPORTED, "got 2.0");
  assert_int_equal(deleted, 1);
  assert_null(tl_tensor_from_dlpack(c, NULL, true));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  /* Also where the context is none, or holds an error. */
  assert_null(tl_tensor_from_dlpack(NULL, &lent, true));
  assert_int_equal(deleted, 2);
  assert_int_equal(tl_set_error(c, TL_IO, "of this test"), TL_OK);
  assert_null(tl_tensor_from_dlpack(c, &lent, true));
  assert_int_equal(deleted, 3);
  assert_null(tl_tensor_to_dlpack(tl_scalar(c, TL_F32, 1), true));
  expect_error(c, TL_IO, "of this test");
  lent.deleter = NULL;
  assert_null(tl_tensor_from_dlpack(c, &lent, true));
  expect_error(c, TL_UNSUPPORTED, "got 2.0");
  free_context(c);
}

int dlpack_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tensors_are_lent),
      cmocka_unit_test(lent_memory_outlives_its_context),
      cmocka_unit_test(other_threads_give_back),
      cmocka_unit_test(tensors_are_borrowed),
      cmocka_unit_test(what_cannot_be_borrowed_is_given_back),
  };
  return RUN_GROUP("dlpack", tests);
}
