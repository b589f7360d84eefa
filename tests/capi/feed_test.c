/* Feeds: what another thread writes is what a step reads, in order and without a copy, and every way to use one wrongly. */
#define _POSIX_C_SOURCE 199309L /* nanosleep */
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "tests/capi/harness.h"

enum { ROWS = 8, COLUMNS = 5, BATCHES = 40 };

static void rest(void) { nanosleep(&(struct timespec){0, 2000000}, NULL); }

static uint8_t pixel(int batch, int i) { return (uint8_t)(batch * 37 + i * 11); }

static tl_feed *new_feed(tl_context *c) {
  tl_tensor *like[] = {tl_full(c, (int64_t[]){ROWS, COLUMNS}, 2, 0, TL_U8),
                       tl_full(c, (int64_t[]){ROWS}, 1, 0, TL_I32)};
  tl_feed *feed = tl_feed_new(c, like, 2);
  assert_non_null(feed);
  return feed;
}

static void write_batch(tl_feed *feed, int batch) {
  size_t bytes = 0;
  uint8_t *pixels = tl_feed_memory(feed, 0, &bytes);
  int32_t *numbers = tl_feed_memory(feed, 1, NULL);
  assert_int_equal(bytes, ROWS * COLUMNS);
  assert_int_equal((uintptr_t)pixels % 64, 0);
  for (int i = 0; i < ROWS * COLUMNS; i++) pixels[i] = pixel(batch, i);
  for (int i = 0; i < ROWS; i++) numbers[i] = batch;
}

typedef struct {
  tl_feed *feed;
  int batches;
  tl_status last;
} producer;

/* The last batch is smaller. */
static void *produce(void *argument) {
  producer *p = argument;
  for (int b = 0; b < p->batches; b++) {
    if ((p->last = tl_feed_begin(p->feed)) != TL_OK) return NULL;
    write_batch(p->feed, b);
    if ((p->last = tl_feed_commit(p->feed, b + 1 < p->batches ? ROWS : 3)) != TL_OK) return NULL;
  }
  p->last = tl_feed_finish(p->feed);
  return NULL;
}

static pthread_t start(producer *p) {
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, produce, p), 0);
  return thread;
}

/* x / 255 summed, of bytes: what a step makes of images. */
static tl_status mean_pixel(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  (*(int *)user_data)++;
  tl_tensor *x = tl_mul_scalar(c, tl_cast(c, inputs[0], TL_F32), 1.0 / 255);
  outputs[0] = tl_sum(c, x);
  return tl_error_code(c);
}

static void steps_read_what_another_thread_writes(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_feed *feed = new_feed(c);
  int runs = 0, batches = 0;
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.polymorphic_batch = true;
  tl_function *f = tl_function_new(c, mean_pixel, &runs, NULL, &o);
  producer p = {feed, BATCHES, TL_OK};
  const pthread_t thread = start(&p);
  tl_tensor *batch[2];
  for (; tl_feed_next(feed, batch, 2); batches++) {
    const int rows = batches + 1 < BATCHES ? ROWS : 3;
    tl_tensor *sum = NULL;
    int32_t numbers[ROWS];
    double want = 0;
    assert_int_equal(tl_tensor_dim(batch[0], 0), rows);
    assert_int_equal(tl_tensor_dim(batch[1], 0), rows);
    assert_int_equal(tl_tensor_read(batch[1], numbers, (size_t)rows * sizeof *numbers), TL_OK);
    for (int i = 0; i < rows; i++) assert_int_equal(numbers[i], batches);
    for (int i = 0; i < rows * COLUMNS; i++) want += pixel(batches, i) / 255.0;
    assert_int_equal(tl_function_call(f, batch, 2, &sum, 1), TL_OK);
    assert_float_equal(tl_tensor_item(sum), want, 1e-5 * want);
    tl_tensor_release(sum);
  }
  assert_false(tl_failed(c));
  assert_int_equal(batches, BATCHES);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(p.last, TL_OK);
  assert_int_equal(runs, 2);
  assert_false(tl_feed_next(feed, batch, 2)); /* and so on for ever */
  assert_null(batch[0]);
  assert_true(tl_feed_waited(feed) >= 0);
  free_context(c);
}

static void a_batch_is_not_copied(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_feed *feed = new_feed(c);
  tl_tensor *batch[2];
  void *seen[4];
  for (int b = 0; b < 4; b++) {
    assert_int_equal(tl_feed_begin(feed), TL_OK);
    write_batch(feed, b);
    seen[b] = tl_feed_memory(feed, 0, NULL);
    assert_int_equal(tl_feed_commit(feed, ROWS), TL_OK);
    assert_true(tl_feed_next(feed, batch, 2));
    assert_ptr_equal(tl_tensor_data(batch[0]), seen[b]);
  }
  assert_ptr_equal(seen[2], seen[0]); /* two slots in turn */
  assert_ptr_not_equal(seen[1], seen[0]);
  free_context(c);
}

static void what_is_held_stays_as_it_is(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_feed *feed = new_feed(c);
  tl_tensor *kept[6], *batch[2];
  for (int b = 0; b < 6; b++) {
    assert_int_equal(tl_feed_begin(feed), TL_OK);
    write_batch(feed, b);
    assert_int_equal(tl_feed_commit(feed, ROWS), TL_OK);
    assert_true(tl_feed_next(feed, batch, 2));
    kept[b] = batch[1];
    assert_ptr_equal(tl_tensor_retain(kept[b]), kept[b]);
  }
  tl_feed_release(feed);
  for (int b = 0; b < 6; b++) {
    int32_t numbers[ROWS];
    assert_int_equal(tl_tensor_read(kept[b], numbers, sizeof numbers), TL_OK);
    for (int i = 0; i < ROWS; i++) assert_int_equal(numbers[i], b);
    tl_tensor_release(kept[b]);
  }
  free_context(c);
}

static void calls_in_a_wrong_order(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_feed *feed = new_feed(c);
  tl_tensor *batch[2];
  size_t bytes = 7;
  assert_null(tl_feed_memory(feed, 0, &bytes));
  assert_int_equal(bytes, 0);
  assert_int_equal(tl_feed_commit(feed, ROWS), TL_FAILED_PRECONDITION);
  assert_int_equal(tl_feed_begin(feed), TL_OK);
  assert_int_equal(tl_feed_begin(feed), TL_FAILED_PRECONDITION);
  assert_null(tl_feed_memory(feed, 2, NULL));
  assert_int_equal(tl_feed_commit(feed, 0), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_feed_commit(feed, ROWS + 1), TL_INVALID_ARGUMENT);
  assert_non_null(tl_feed_memory(feed, 1, NULL)); /* it is still begun */
  write_batch(feed, 4);
  assert_int_equal(tl_feed_commit(feed, 2), TL_OK);
  assert_int_equal(tl_feed_begin(feed), TL_OK);
  assert_int_equal(tl_feed_finish(feed), TL_OK); /* drops the second */
  assert_int_equal(tl_feed_commit(feed, 1), TL_FAILED_PRECONDITION);
  assert_int_equal(tl_feed_begin(feed), TL_FAILED_PRECONDITION);
  assert_false(tl_failed(c)); /* the producer leaves no error in the context */

  assert_false(tl_feed_next(feed, batch, 1));
  expect_error(c, TL_INVALID_ARGUMENT,
               "[feed_next] there must be room for each tensor of a batch: got 1 entries for 2 tensors");
  assert_false(tl_feed_next(feed, NULL, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "'tensors' must not be NULL");
  assert_true(tl_feed_next(feed, batch, 2));
  assert_int_equal(tl_tensor_dim(batch[0], 0), 2);
  assert_false(tl_feed_next(feed, batch, 2));
  assert_false(tl_failed(c));

  assert_null(tl_feed_new(c, NULL, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "a batch must have a tensor");
  tl_tensor *apart[] = {tl_full(c, (int64_t[]){4, 2}, 2, 0, TL_F32), tl_full(c, (int64_t[]){5}, 1, 0, TL_F32),
                        tl_scalar(c, TL_F32, 1)};
  assert_null(tl_feed_new(c, apart, 2));
  expect_error(c, TL_INVALID_ARGUMENT,
               "the same first dimension, the batch, which is 1 or more: got shape (5,) at position 1");
  assert_null(tl_feed_new(c, apart + 2, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "got shape () at position 0");
  assert_null(tl_feed_new(c, (tl_tensor *[]){NULL}, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "'like[0]' must be a tensor");
  free_context(c);
}

static void handles_that_are_no_live_feed(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_feed *feed = new_feed(c);
  tl_feed *wrong[] = {NULL, (tl_feed *)c, (tl_feed *)tl_scalar(c, TL_F32, 1), feed};
  tl_feed_release(feed);
  for (int i = 0; i < 4; i++) {
    assert_int_equal(tl_feed_begin(wrong[i]), TL_INVALID_ARGUMENT);
    assert_null(tl_feed_memory(wrong[i], 0, NULL));
    assert_int_equal(tl_feed_commit(wrong[i], 1), TL_INVALID_ARGUMENT);
    assert_int_equal(tl_feed_finish(wrong[i]), TL_INVALID_ARGUMENT);
  }
  tl_tensor *batch[2];
  assert_false(tl_feed_next(feed, batch, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "the feed is not a live handle");
  free_context(c);
  assert_int_equal(tl_feed_begin(feed), TL_INVALID_ARGUMENT);
}

/* A producer that waits for a slot learns that the feed, or its context, has gone. */
static void feeds_that_end_before_their_producer(void **state) {
  (void)state;
  for (int with_context = 0; with_context < 2; with_context++) {
    tl_context *c = new_context();
    producer p = {new_feed(c), BATCHES, TL_OK};
    const pthread_t thread = start(&p);
    tl_tensor *batch[2];
    for (int b = 0; b < 3; b++) assert_true(tl_feed_next(p.feed, batch, 2));
    rest(); /* it has likely filled both slots; where not, it finds the feed gone at its next call */
    if (!with_context) tl_feed_release(p.feed);
    free_context(c);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(p.last == TL_CANCELLED || p.last == TL_INVALID_ARGUMENT);
  }
}

/* The memory of a batch that is begun outlives the feed and its context, until the producer says that it writes no more. */
static void a_begun_batch_outlives_its_feed(void **state) {
  (void)state;
  for (int k = 0; k < 4; k++) {
    const int with_context = k % 2, by_finish = k / 2;
    tl_context *c = new_context();
    tl_feed *feed = new_feed(c);
    assert_int_equal(tl_feed_begin(feed), TL_OK);
    int32_t *numbers = tl_feed_memory(feed, 1, NULL);
    if (with_context)
      free_context(c);
    else
      tl_feed_release(feed);
    for (int i = 0; i < ROWS; i++) numbers[i] = i; /* a sanitizer would object */
    assert_null(tl_feed_memory(feed, 1, NULL));
    assert_int_equal(by_finish ? tl_feed_finish(feed) : tl_feed_commit(feed, ROWS + 1), TL_CANCELLED);
    /* It has gone with this: nothing is known any more of a feed of this handle. */
    assert_int_equal(tl_feed_commit(feed, ROWS), TL_INVALID_ARGUMENT);
    assert_int_equal(tl_feed_finish(feed), TL_INVALID_ARGUMENT);
    if (!with_context) free_context(c);
  }
}

static tl_status step_that_takes(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                                 tl_tensor **outputs, size_t num_outputs) {
  tl_tensor *batch[2];
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_feed_next(user_data, batch, 2) ? tl_cast(c, batch[1], TL_F32) : inputs[0];
  return tl_error_code(c);
}

/* Replays would not take the batch, or not see that there is none. */
static void a_step_must_not_take_a_batch(void **state) {
  (void)state;
  for (int finished = 0; finished < 2; finished++) {
    tl_context *c = new_context();
    tl_feed *feed = new_feed(c);
    assert_int_equal(tl_feed_begin(feed), TL_OK);
    write_batch(feed, 3);
    assert_int_equal(finished ? tl_feed_finish(feed) : tl_feed_commit(feed, ROWS), TL_OK);
    tl_function *f = tl_function_new(c, step_that_takes, feed, NULL, NULL);
    tl_tensor *x = tl_scalar(c, TL_F32, 1), *y = NULL;
    for (int k = 0; k < 2; k++) {
      assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_FAILED_PRECONDITION);
      assert_null(y);
      expect_error(c, TL_FAILED_PRECONDITION, "got one where feed_next takes a batch of a feed");
    }
    free_context(c);
  }
}

static void *cancel(void *context) {
  rest();
  return (void *)(intptr_t)tl_context_cancel(context);
}

static void a_wait_can_be_cancelled(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_feed *feed = new_feed(c);
  pthread_t thread;
  tl_tensor *batch[2];
  assert_int_equal(pthread_create(&thread, NULL, cancel, c), 0);
  assert_false(tl_feed_next(feed, batch, 2));
  assert_int_equal(pthread_join(thread, NULL), 0);
  expect_error(c, TL_CANCELLED, "feed_next");
  assert_int_equal(tl_feed_begin(feed), TL_OK);
  write_batch(feed, 1);
  assert_int_equal(tl_feed_commit(feed, ROWS), TL_OK);
  assert_true(tl_feed_next(feed, batch, 2)); /* nothing was lost */
  free_context(c);
}

static void *release(void *feed) {
  rest();
  tl_feed_release(feed);
  return NULL;
}

/* Nobody calls into the feed any more: the release alone ends the wait. */
static void a_wait_ends_with_its_feed(void **state) {
  (void)state;
  tl_context *c = new_context();
  for (int begun = 0; begun < 2; begun++) {
    tl_feed *feed = new_feed(c);
    pthread_t thread;
    tl_tensor *batch[2];
    if (begun) assert_int_equal(tl_feed_begin(feed), TL_OK);
    assert_int_equal(pthread_create(&thread, NULL, release, feed), 0);
    assert_false(tl_feed_next(feed, batch, 2));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(batch[1]);
    if (tl_error_code(c) == TL_INVALID_ARGUMENT) /* it was released before the call began */
      expect_error(c, TL_INVALID_ARGUMENT, "the feed is not a live handle");
    else
      expect_error(c, TL_CANCELLED, "[feed_next] the feed must live until its batch comes");
    assert_int_equal(tl_feed_finish(feed), begun ? TL_CANCELLED : TL_INVALID_ARGUMENT);
  }
  free_context(c);
}

static void counts_that_no_list_has(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_feed *feed = new_feed(c);
  tl_tensor *of = tl_scalar(c, TL_F32, 1), *batch[2] = {of, of};
  tl_tensor *rows = tl_full(c, (int64_t[]){4}, 1, 0, TL_F32);
  tl_dataset *dataset = tl_dataset_from_tensors(c, &rows, 1);
  static const size_t counts[] = {SIZE_MAX, ((size_t)1 << 24) + 1};
  for (int i = 0; i < 2; i++) {
    assert_false(tl_feed_next(feed, batch, counts[i]));
    expect_error(c, TL_INVALID_ARGUMENT, "[feed_next] a list has at most 16777216 entries");
    assert_false(tl_dataset_next(dataset, batch, counts[i]));
    expect_error(c, TL_INVALID_ARGUMENT, "[dataset_next] a list has at most 16777216 entries");
  }
  assert_ptr_equal(batch[0], of);
  free_context(c);
}

static void feeds_can_be_kept(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_scope_begin(c);
  tl_feed *feed = new_feed(c);
  assert_ptr_equal(tl_feed_keep(feed), feed);
  assert_int_equal(tl_scope_end(c), TL_OK);
  assert_int_equal(tl_feed_begin(feed), TL_OK);
  assert_int_equal(tl_feed_finish(feed), TL_OK);
  tl_feed_release(feed);
  tl_feed_release(feed);
  free_context(c);
}

int feed_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_read_what_another_thread_writes),
      cmocka_unit_test(a_batch_is_not_copied),
      cmocka_unit_test(what_is_held_stays_as_it_is),
      cmocka_unit_test(calls_in_a_wrong_order),
      cmocka_unit_test(handles_that_are_no_live_feed),
      cmocka_unit_test(feeds_that_end_before_their_producer),
      cmocka_unit_test(a_begun_batch_outlives_its_feed),
      cmocka_unit_test(a_step_must_not_take_a_batch),
      cmocka_unit_test(a_wait_can_be_cancelled),
      cmocka_unit_test(a_wait_ends_with_its_feed),
      cmocka_unit_test(counts_that_no_list_has),
      cmocka_unit_test(feeds_can_be_kept),
  };
  return RUN_GROUP("feeds", tests);
}
