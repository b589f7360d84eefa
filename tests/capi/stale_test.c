/* A call whose own object was released fails in the context to which the object belonged, and in no other. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "tests/capi/harness.h"

static void every_kind_says_that_it_was_released(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_scope_begin(c);
  tl_tensor *x = vector(c, 2, (float[]){1, 2}), *y = tl_variable_new(c, x, "y", true), *out = NULL;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_layer *layer = tl_dense(c, 2, NULL);
  tl_optimizer *sgd = tl_sgd(c, NULL);
  tl_metric *metric = tl_metric_mean(c, NULL);
  tl_dataset *data = tl_dataset_from_tensors(c, &x, 1);
  size_t count = 7;
  tl_scope_end(c);

  double item;
  assert_int_equal(tl_tensor_read(x, &item, sizeof item), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[tensor_read] the tensor is not a live handle");
  assert_true(isnan(tl_tensor_item(x)));
  expect_error(c, TL_INVALID_ARGUMENT, "[tensor_item] the tensor is not a live handle");
  assert_int_equal(tl_variable_assign(y, y), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[variable_assign] the variable is not a live handle");
  assert_int_equal(tl_tape_gradient(tape, x, &y, 1, NULL, &out), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "tape_keep moves it one scope out");
  assert_null(tl_layer_call(layer, x, true));
  expect_error(c, TL_INVALID_ARGUMENT, "[layer_call] the layer is not a live handle");
  assert_null(tl_layer_trainable_variables(layer, &count));
  assert_int_equal(count, 0);
  expect_error(c, TL_INVALID_ARGUMENT, "the layer is not a live handle");
  assert_string_equal(tl_layer_name(layer), "");
  expect_error(c, TL_INVALID_ARGUMENT, "[layer_name]");
  assert_int_equal(tl_optimizer_apply(sgd, &x, &y, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[optimizer_apply] the optimizer is not a live handle");
  assert_true(isnan(tl_metric_result(metric)));
  expect_error(c, TL_INVALID_ARGUMENT, "[metric_result] the metric is not a live handle");
  assert_int_equal(tl_dataset_size(data), -1);
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_size] the dataset is not a live handle");
  assert_null(tl_exp((tl_context *)x, x));
  expect_error(c, TL_INVALID_ARGUMENT, "[exp] the context is not a live handle");

  /* Giving up twice is allowed. */
  tl_tensor_release(x);
  tl_tensors_release((tl_tensor *[]){x, NULL, y}, 3);
  tl_tape_release(tape);
  tl_layer_release(layer);
  tl_optimizer_release(sgd);
  tl_metric_release(metric);
  tl_dataset_release(data);
  assert_int_equal(tl_context_free((tl_context *)x), TL_OK);
  assert_false(tl_is_variable(y));
  free_context(c);
}

static void a_loop_over_a_released_dataset_ends_with_an_error(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 3, (float[]){1, 2, 3}), *element[1];
  tl_dataset *data = tl_dataset_from_tensors(c, &x, 1);
  int seen = 0;
  while (tl_dataset_next(data, element, 1)) {
    if (++seen == 2) tl_dataset_release(data);
    assert_true(seen < 3);
  }
  assert_int_equal(seen, 2);
  assert_true(tl_failed(c));
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_next] the dataset is not a live handle");
  while (tl_dataset_next(data, element, 1)) assert_true(++seen < 3);
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_next]");
  /* A dataset that never was says nothing to a context, and ends all the same. */
  while (tl_dataset_next(NULL, element, 1)) assert_true(++seen < 3);
  assert_non_null(strstr(tl_error_message(NULL), "NULL object"));
  free_context(c);
}

static void the_first_error_stays(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_metric *metric = tl_metric_mean(c, NULL);
  tl_metric_release(metric);
  assert_int_equal(tl_set_error(c, TL_IO, "the disk is full"), TL_OK);
  assert_int_equal(tl_metric_reset(metric), TL_IO); /* as every call with an effect */
  assert_string_equal(tl_metric_name(metric), "");
  expect_error(c, TL_IO, "the disk is full");
  free_context(c);
}

/* Contexts take over the slots of ended ones; they are not to blame for the handles of those. */
static void no_context_is_blamed_for_handles_of_an_ended_one(void **state) {
  (void)state;
  enum { MANY = 5000 };
  static tl_tensor *old[MANY];
  for (int round = 0; round < 3; round++) {
    tl_context *c = new_context();
    for (int i = 0; i < MANY; i++) old[i] = tl_scalar(c, TL_F32, i);
    tl_metric *metric = tl_metric_mean(c, NULL);
    free_context(c);
    tl_context *d = new_context(), *e = new_context();
    for (int i = 0; i < round * MANY / 2; i++)
      tl_tensor_release(tl_scalar(d, TL_F32, i)), tl_scalar(e, TL_F32, i);
    for (int i = 0; i < MANY; i++) assert_int_equal(tl_tensor_elements(old[i]), -1);
    assert_int_equal(tl_metric_reset(metric), TL_INVALID_ARGUMENT);
    assert_int_equal(tl_scope_begin(c), TL_INVALID_ARGUMENT);
    free_context(d);
    free_context(e); /* both check that they hold no error */
  }
}

enum { SHARED = 2000 };
static tl_tensor *shared[SHARED];
static void *release_shared(void *unused) {
  (void)unused;
  for (int i = 0; i < SHARED; i += 100) tl_tensors_release(&shared[i], 100);
  return NULL;
}

static void reads_may_race_with_releases(void **state) {
  (void)state;
  for (int round = 0; round < 10; round++) {
    tl_context *c = new_context();
    for (int i = 0; i < SHARED; i++) shared[i] = tl_scalar(c, TL_F32, i);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, release_shared, NULL), 0);
    for (int i = SHARED; i-- > 0;) {
      const int64_t elements = tl_tensor_elements(shared[i]);
      if (elements == 1) continue; /* it was there still */
      assert_int_equal(elements, -1);
      expect_error(c, TL_INVALID_ARGUMENT, "is not a live handle"); /* before or after it entered */
    }
    pthread_join(thread, NULL);
    assert_int_equal(tl_tensor_elements(shared[0]), -1);
    expect_error(c, TL_INVALID_ARGUMENT, "[tensor_elements]");
    free_context(c);
  }
}

enum { OBJECTS = 200 };
static tl_tape *tapes[OBJECTS];
static tl_layer *layers[OBJECTS];
static tl_optimizer *optimizers[OBJECTS];
static tl_metric *metrics[OBJECTS];
static tl_dataset *datasets[OBJECTS];
static void *release_objects(void *unused) {
  (void)unused;
  for (int i = 0; i < OBJECTS; i++) {
    tl_tape_release(tapes[i]);
    tl_layer_release(layers[i]);
    tl_optimizer_release(optimizers[i]);
    tl_metric_release(metrics[i]);
    tl_dataset_release(datasets[i]);
  }
  return NULL;
}

static void objects_are_released_from_any_thread(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_reshape(c, vector(c, 2, (float[]){1, 2}), (int64_t[]){1, 2}, 2), *element;
  for (int i = 0; i < OBJECTS; i++) {
    tl_scope_begin(c);
    tapes[i] = tl_tape_keep(tl_tape_begin(c, NULL));
    layers[i] = tl_layer_keep(tl_dense(c, 2, NULL));
    assert_non_null(tl_layer_call(layers[i], x, true));
    optimizers[i] = tl_optimizer_keep(tl_adam(c, NULL));
    metrics[i] = tl_metric_keep(tl_metric_mean(c, NULL));
    datasets[i] = tl_dataset_keep(tl_dataset_from_tensors(c, &x, 1));
    assert_true(tl_dataset_next(datasets[i], &element, 1));
    tl_scope_end(c);
  }
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, release_objects, NULL), 0);
  for (int i = 0; i < 5000; i++) {
    tl_scope_begin(c);
    if (!tl_exp(c, x)) fail_msg("%s", tl_error_message(c));
    tl_scope_end(c);
  }
  pthread_join(thread, NULL);
  tl_context_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  assert_int_equal(s.tapes, 0);
  assert_int_equal(s.variables, 0);
  assert_int_equal(s.values, 2); /* the vector and its other shape */
  free_context(c);
}

static void *read_stale(void *unused) {
  (void)unused;
  for (int i = 0; i < SHARED; i++) assert_int_equal(tl_tensor_elements(shared[i]), -1);
  return NULL;
}

/* Threads that hold handles of ended contexts, while others make and end contexts in the same slots. */
static void stale_handles_disturb_no_new_context(void **state) {
  (void)state;
  tl_context *c = new_context();
  for (int i = 0; i < SHARED; i++) shared[i] = tl_scalar(c, TL_F32, i);
  free_context(c);
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_stale, NULL), 0);
  for (int i = 0; i < 100; i++) {
    tl_context *d = new_context();
    assert_true(tl_tensor_item(tl_scalar(d, TL_F32, i)) == i);
    free_context(d);
  }
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
}

static void objects_are_kept_past_their_scope(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2});
  tl_scope_begin(c);
  tl_scope_begin(c);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_layer *layer = tl_dense(c, 2, NULL);
  tl_optimizer *sgd = tl_sgd(c, NULL);
  tl_metric *metric = tl_metric_mean(c, NULL);
  tl_dataset *data = tl_dataset_from_tensors(c, &x, 1);
  for (int out = 0; out < 3; out++) { /* the third time there is no scope left to leave */
    assert_ptr_equal(tl_tape_keep(tape), tape);
    assert_ptr_equal(tl_layer_keep(layer), layer);
    assert_ptr_equal(tl_optimizer_keep(sgd), sgd);
    assert_ptr_equal(tl_metric_keep(metric), metric);
    assert_ptr_equal(tl_dataset_keep(data), data);
    assert_int_equal(out < 2 ? tl_scope_end(c) : TL_OK, TL_OK);
  }
  assert_int_equal(tl_tape_end(tape), TL_OK);
  assert_string_equal(tl_layer_name(layer), "dense");
  assert_int_equal(tl_optimizer_iterations(sgd), 0);
  assert_int_equal(tl_metric_update(metric, x, NULL), TL_OK);
  assert_int_equal(tl_dataset_size(data), 2);
  /* One scope out and no further. */
  tl_scope_begin(c);
  tl_scope_begin(c);
  tl_metric *other = tl_metric_keep(tl_metric_mean(c, NULL));
  tl_scope_end(c);
  assert_int_equal(tl_metric_reset(other), TL_OK);
  tl_scope_end(c);
  assert_int_equal(tl_metric_reset(other), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "metric_keep moves it one scope out");
  assert_null(tl_dataset_keep(NULL));
  free_context(c);
}

static void many_tensors_are_released_at_once(void **state) {
  (void)state;
  tl_context *c = new_context();
  for (int i = 0; i < SHARED; i++) shared[i] = i % 3 ? tl_scalar(c, TL_F32, i) : NULL;
  tl_metric *metric = tl_metric_mean(c, NULL);
  tl_tensors_release(shared, SHARED);
  tl_tensors_release(shared, SHARED); /* twice does nothing */
  tl_tensors_release(NULL, 3);
  tl_tensors_release((tl_tensor **)&metric, 1); /* no tensor: it stays */
  tl_context_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  assert_int_equal(s.tensors, 0);
  assert_int_equal(tl_metric_reset(metric), TL_OK);
  free_context(c);
}

int stale_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_says_that_it_was_released),
      cmocka_unit_test(a_loop_over_a_released_dataset_ends_with_an_error),
      cmocka_unit_test(the_first_error_stays),
      cmocka_unit_test(no_context_is_blamed_for_handles_of_an_ended_one),
      cmocka_unit_test(reads_may_race_with_releases),
      cmocka_unit_test(objects_are_released_from_any_thread),
      cmocka_unit_test(stale_handles_disturb_no_new_context),
      cmocka_unit_test(objects_are_kept_past_their_scope),
      cmocka_unit_test(many_tensors_are_released_at_once),
  };
  return RUN_GROUP("released objects", tests);
}
