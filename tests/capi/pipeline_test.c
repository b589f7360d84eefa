/* Pipelines through the C API: functions and iterators of the caller's, what becomes of their errors, who ends what and when, and
 * places that are saved. What each stage gives is the business of tests/data. */
#define _POSIX_C_SOURCE 199309L /* nanosleep */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/capi/harness.h"

enum { MOST = 64 };

static void destroyed(void *user_data) { ++*(int *)user_data; }

static int64_t integer(tl_tensor *t) {
  int64_t value = -1;
  assert_int_equal(tl_tensor_read(t, &value, sizeof value), TL_OK);
  return value;
}

/* ---- functions of the tests ---- */

static tl_status square(tl_context *c, void *user_data, const tl_element_place *place,
                        tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
                        size_t num_outputs) {
  (void)user_data;
  (void)inputs;
  assert_true(place->struct_size == sizeof *place && num_inputs == 0 && num_outputs == 2);
  const int64_t value = place->index * place->index;
  outputs[0] = tl_tensor_new(c, TL_I64, NULL, 0, &value, sizeof value);
  outputs[1] = tl_scalar(c, TL_F32, (double)place->epoch);
  return TL_OK;
}

/* Noise by an op, and the element as it came. */
static tl_status noise(tl_context *c, void *user_data, const tl_element_place *place,
                       tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs, size_t num_outputs) {
  (void)user_data;
  (void)place;
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_add(c, tl_cast(c, inputs[0], TL_F32), tl_normal(c, NULL, 0));
  outputs[1] = inputs[0];
  tl_scope_begin(c); /* left open: it ends with the call */
  (void)tl_zeros(c, NULL, 0);
  return TL_OK;
}

static tl_status even(tl_context *c, void *user_data, const tl_element_place *place, tl_tensor *const *inputs,
                      size_t num_inputs, bool *keep) {
  (void)c;
  (void)user_data;
  (void)place;
  assert_true(num_inputs == 1 && !*keep);
  *keep = integer(inputs[0]) % 2 == 0;
  return TL_OK;
}

typedef struct {
  int begun, ended, length;
} passes;

static tl_status begin_count(tl_context *c, void *user_data, uint64_t epoch, uint64_t *iteration) {
  (void)c;
  assert_true(*iteration == 0);
  ((passes *)user_data)->begun++;
  *iteration = 100 * (epoch + 1); /* its state is a number; next() finds the count in user_data */
  return TL_OK;
}

typedef struct {
  passes p;
  int64_t at[MOST];
} counter;

static tl_status next_count(tl_context *c, void *user_data, uint64_t iteration, tl_tensor **outputs,
                            size_t num_outputs, bool *more) {
  counter *all = user_data;
  int64_t *at = &all->at[iteration / 100];
  assert_true(num_outputs == 1 && *more);
  if (*at == all->p.length) {
    *more = false;
    return TL_OK;
  }
  const int64_t value = (int64_t)iteration + (*at)++;
  outputs[0] = tl_tensor_new(c, TL_I64, NULL, 0, &value, sizeof value);
  return TL_OK;
}

static void end_count(void *user_data, uint64_t iteration) {
  assert_true(iteration >= 100);
  ((passes *)user_data)->ended++;
}

static tl_dataset *numbers(tl_context *c, int64_t size) { return tl_dataset_range(c, 0, size, 1); }

static tl_dataset *mapped(tl_context *c, tl_dataset *source, tl_element_callback f, void *user_data,
                          size_t width, int threads) {
  tl_map_options options;
  tl_map_options_init(&options, sizeof options);
  options.threads = threads;
  options.seed = 5;
  return tl_dataset_map(c, source, f, user_data, NULL, width, &options);
}

/* ---- tests ---- */

static void functions_and_iterators_are_sources(void **state) {
  (void)state;
  tl_context *c = new_context();
  int ends = 0;
  tl_dataset *squares = tl_dataset_from_function(c, 6, 2, square, &ends, destroyed);
  tl_dataset *batches = tl_dataset_prefetch(c, tl_dataset_batch(c, squares, 4, false), 2);
  tl_tensor *batch[2];
  for (int epoch = 0; epoch < 2; epoch++) {
    int64_t values[4];
    float epochs[4];
    assert_true(tl_dataset_next(batches, batch, 2));
    assert_int_equal((uintptr_t)tl_tensor_data(batch[0]) % 64, 0);
    assert_int_equal(tl_tensor_read(batch[0], values, sizeof values), TL_OK);
    assert_int_equal(tl_tensor_read(batch[1], epochs, sizeof epochs), TL_OK);
    for (int i = 0; i < 4; i++) assert_true(values[i] == i * i && epochs[i] == (float)epoch);
    assert_true(tl_dataset_next(batches, batch, 2) && tl_tensor_dim(batch[0], 0) == 2);
    assert_false(tl_dataset_next(batches, batch, 2));
  }
  assert_true(tl_dataset_size(batches) == 2);
  tl_dataset_release(squares);
  assert_int_equal(ends, 0);
  tl_dataset_release(batches);
  tl_scope_begin(c);
  tl_scope_end(c);

  counter count = {{0, 0, 5}, {0}};
  int counted = 0;
  tl_dataset *lines = tl_dataset_from_iterator(c, 1, begin_count, next_count, end_count, &count, NULL);
  assert_true(tl_dataset_size(lines) == TL_DATASET_UNKNOWN_SIZE);
  assert_true(tl_dataset_size(tl_dataset_repeat(c, lines, -1)) == TL_DATASET_INFINITE_SIZE);
  while (tl_dataset_next(lines, batch, 1)) assert_true(integer(batch[0]) == 100 + counted++);
  assert_int_equal(counted, 5);
  assert_true(tl_dataset_next(lines, batch, 1) && integer(batch[0]) == 200); /* the next epoch */
  assert_true(count.p.begun == 2 && count.p.ended == 1);
  tl_dataset_release(lines);
  assert_true(count.p.begun == 2);
  free_context(c);
  assert_int_equal(count.p.ended, 2);
  assert_int_equal(ends, 1);
}

static void noise_is_the_same_for_any_number_of_threads(void **state) {
  (void)state;
  float want[40] = {0};
  for (int threads = 0; threads <= 4; threads += threads ? threads : 1) {
    tl_context *c = new_context();
    tl_dataset *d = mapped(c, tl_dataset_shuffle(c, numbers(c, 20), 3), noise, NULL, 2, threads);
    d = tl_dataset_prefetch(c, d, 3);
    tl_tensor *element[2];
    for (int i = 0; i < 40;) {
      if (!tl_dataset_next(d, element, 2)) continue;
      const float x = (float)tl_tensor_item(element[0]);
      assert_true(fabs(x - (double)integer(element[1])) < 6);
      if (threads == 0) want[i] = x;
      assert_memory_equal(&x, &want[i], sizeof x);
      i++;
    }
    assert_true(tl_dataset_waited(d) >= 0 && tl_dataset_input_wait(d) >= 0 &&
                tl_dataset_input_wait(d) <= 100);
    free_context(c);
  }
}

typedef struct {
  tl_context *main;
  tl_dataset *self;
  int at, kind;
} trouble;

enum { FAIL, STATUS, OP, UNSET, FOREIGN, END_OWN, USE_MAIN, RELEASE_SELF, END_MAIN, SCOPE_MAIN, KINDS };

static tl_status troubled(tl_context *c, void *user_data, const tl_element_place *place,
                          tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
                          size_t num_outputs) {
  trouble *t = user_data;
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = inputs[0];
  if (place->index != __atomic_load_n(&t->at, __ATOMIC_RELAXED)) return TL_OK; /* the test changes it */
  switch (t->kind) {
    case FAIL: return tl_set_error(c, TL_IO, "the disk is full"), TL_IO;
    case STATUS: return TL_CORRUPT_DATA;
    case OP: outputs[0] = tl_matmul(c, inputs[0], inputs[0]); return TL_OK;
    case UNSET: outputs[0] = NULL; return TL_OK;
    case FOREIGN: outputs[0] = (tl_tensor *)t->self; return TL_OK;
    case END_OWN: assert_int_equal(tl_context_free(c), TL_BUSY); return TL_OK;
    case USE_MAIN: outputs[0] = tl_zeros(t->main, NULL, 0); return TL_OK;
    case RELEASE_SELF: tl_dataset_release(t->self); return TL_OK;
    case END_MAIN: assert_int_equal(tl_context_free(t->main), TL_BUSY); return TL_OK;
    default: (void)tl_scope_end(t->main); return TL_OK;
  }
}

static void what_functions_do_wrong_ends_the_iteration(void **state) {
  (void)state;
  static const struct {
    tl_status code;
    const char *text;
  } want[] = {{TL_IO, "the disk is full"},
              {TL_CORRUPT_DATA, "must return TL_OK or set the error"},
              {TL_INVALID_ARGUMENT, "matmul"},
              {TL_INVALID_ARGUMENT, "'outputs[0]'"},
              {TL_INVALID_ARGUMENT, "outputs[0]"}};
  for (int threads = 0; threads < 3; threads++)
    for (int kind = FAIL; kind <= FOREIGN; kind++) {
      tl_context *c = new_context();
      trouble t = {c, NULL, 3, kind};
      tl_dataset *d = mapped(c, numbers(c, 6), troubled, &t, 1, threads);
      t.self = d;
      tl_tensor *element;
      for (int i = 0; i < 3; i++) assert_true(tl_dataset_next(d, &element, 1) && integer(element) == i);
      for (int again = 0; again < 2; again++) {
        assert_false(tl_dataset_next(d, &element, 1));
        assert_null(element);
        assert_false(tl_dataset_next(d, &element, 1)); /* while the context holds the error */
        assert_true(tl_dataset_position(d) == 3);
        expect_error(c, want[kind].code, want[kind].text);
      }
      uint8_t place[256];
      size_t length;
      assert_int_equal(tl_dataset_save_position(d, place, sizeof place, &length), TL_OK);
      __atomic_store_n(&t.at, -1, __ATOMIC_RELAXED);
      for (int i = 3; i < 6; i++) assert_true(tl_dataset_next(d, &element, 1) && integer(element) == i);
      assert_false(tl_dataset_next(d, &element, 1));
      assert_int_equal(tl_dataset_restore_position(d, place, length), TL_OK);
      assert_true(tl_dataset_next(d, &element, 1) && integer(element) == 3);
      free_context(c);
    }
}

/* Waits until threads of the pipeline have run past element 3, while this thread is outside of the context. */
static void rest(void) { nanosleep(&(struct timespec){0, 20000000}, NULL); }

static void functions_cannot_end_what_waits_for_them(void **state) {
  (void)state;
  for (int threads = 0; threads < 3; threads++)
    for (int kind = END_OWN; kind < KINDS; kind++) {
      tl_context *c = new_context();
      trouble t = {c, NULL, 2, kind};
      tl_dataset *d = mapped(c, numbers(c, 40), troubled, &t, 1, threads);
      if (threads == 2) d = tl_dataset_prefetch(c, d, 30);
      t.self = d;
      tl_tensor *element = NULL;
      bool more = tl_dataset_next(d, &element, 1);
      if (threads) rest();
      for (int i = 0; i < 4 && more; i++) more = tl_dataset_next(d, &element, 1);
      /* Either it went well, or an error says why not. */
      if (kind == END_OWN) assert_true(more && !tl_failed(c));
      if (kind == USE_MAIN) assert_true(!more && tl_failed(c));
      tl_clear_error(c);
      assert_int_equal(tl_context_free(c), TL_OK);
    }
}

/* Uses the context of its dataset at an element, and sets its output all the same. */
static tl_status intruding(tl_context *c, void *user_data, const tl_element_place *place,
                           tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
                           size_t num_outputs) {
  trouble *t = user_data;
  tl_tensor *element;
  outputs[0] = inputs[0];
  (void)c;
  (void)num_inputs;
  (void)num_outputs;
  if (place->index != __atomic_load_n(&t->at, __ATOMIC_RELAXED)) return TL_OK;
  if (t->kind == 0) assert_false(tl_dataset_next(t->self, &element, 1));
  if (t->kind == 1) assert_true(tl_dataset_seek(t->self, 0, 0) != TL_OK);
  if (t->kind == 2) (void)tl_scope_end(t->main);
  return TL_OK;
}

static tl_status intruding_predicate(tl_context *c, void *user_data, const tl_element_place *place,
                                     tl_tensor *const *inputs, size_t num_inputs, bool *keep) {
  tl_tensor *same;
  *keep = true;
  return intruding(c, user_data, place, inputs, num_inputs, &same, 1);
}

/* Computes with the context of its dataset, which refuses it: there is nothing to put out. */
static tl_status misled(tl_context *c, void *user_data, const tl_element_place *place,
                        tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
                        size_t num_outputs) {
  trouble *t = user_data;
  (void)c;
  (void)num_inputs;
  (void)num_outputs;
  if (place->index < t->at) {
    outputs[0] = inputs[0];
    return TL_OK;
  }
  outputs[0] = tl_add(t->main, inputs[0], inputs[0]);
  return t->kind ? tl_error_code(t->main) : TL_OK;
}

static tl_status misled_begin(tl_context *c, void *user_data, uint64_t epoch, uint64_t *iteration) {
  trouble *t = user_data;
  (void)c;
  (void)epoch;
  (void)iteration;
  return tl_scope_end(t->main);
}

static tl_status misled_next(tl_context *c, void *user_data, uint64_t iteration, tl_tensor **outputs,
                             size_t num_outputs, bool *more) {
  (void)c;
  (void)user_data;
  (void)iteration;
  (void)outputs;
  (void)num_outputs;
  *more = false;
  return TL_OK;
}

static void a_function_that_uses_its_datasets_context_hears_of_that(void **state) {
  (void)state;
  for (int kind = 0; kind < 2; kind++)
    for (int threads = 0; threads < 2; threads++) {
      tl_context *c = new_context();
      trouble t = {c, NULL, 2, kind};
      tl_dataset *d = mapped(c, numbers(c, 6), misled, &t, 1, threads);
      tl_tensor *element = NULL;
      int given = 0;
      while (tl_dataset_next(d, &element, 1)) given++;
      /* One ahead may find the context open, while nobody is in it: what it puts out is then another's. Or it is refused before the
       * element in front of it is taken. */
      assert_true(given <= 2 && tl_failed(c));
      if (!threads) {
        assert_int_equal(given, 2);
        expect_error(
            c, TL_FAILED_PRECONDITION,
            "[dataset_next] a function of a pipeline must use the context that it gets: got a call on "
            "that of its dataset");
        assert_int_equal(tl_dataset_position(d), 2);
      }
      tl_clear_error(c);
      free_context(c);
    }
  tl_context *c = new_context();
  trouble t = {c, NULL, 0, 0};
  tl_tensor *element = NULL;
  assert_false(tl_dataset_next(tl_dataset_from_iterator(c, 1, misled_begin, misled_next, NULL, &t, NULL),
                               &element, 1));
  expect_error(c, TL_FAILED_PRECONDITION, "must use the context that it gets");
  free_context(c);
}

/* On the thread that asks. One ahead may come into the context while the program is in it or not, and is refused or refuses:
 * functions_cannot_end_what_waits_for_them. */
static void a_function_that_uses_its_datasets_context_loses_no_element(void **state) {
  (void)state;
  for (int kind = 0; kind < 3; kind++) {
    tl_context *c = new_context();
    trouble t = {c, NULL, 3, kind};
    tl_dataset *d = mapped(c, numbers(c, 6), intruding, &t, 1, 0);
    t.self = d;
    tl_tensor *element = NULL;
    uint8_t place[256];
    size_t length = 0;
    for (int i = 0; i < 3; i++) assert_true(tl_dataset_next(d, &element, 1) && integer(element) == i);
    for (int again = 0; again < 3; again++) {
      assert_false(tl_dataset_next(d, &element, 1));
      assert_false(tl_dataset_next(d, &element, 1)); /* while the context holds the error */
      expect_error(c, TL_FAILED_PRECONDITION, "must use the context that it gets");
      assert_true(tl_dataset_position(d) == 3);
      assert_int_equal(tl_dataset_save_position(d, place, sizeof place, &length), TL_OK);
    }
    t.at = -1;
    for (int i = 3; i < 6; i++) assert_true(tl_dataset_next(d, &element, 1) && integer(element) == i);
    assert_false(tl_dataset_next(d, &element, 1));
    assert_int_equal(tl_dataset_restore_position(d, place, length), TL_OK);
    assert_true(tl_dataset_next(d, &element, 1) && integer(element) == 3);
    free_context(c);
  }
}

static void nor_does_it_move_the_place(void **state) {
  (void)state;
  tl_context *c = new_context();
  trouble t = {c, NULL, 3, 0};
  tl_dataset *d = tl_dataset_filter(c, numbers(c, 6), intruding_predicate, &t, NULL, 0);
  t.self = d;
  tl_tensor *element = NULL;
  for (int i = 0; i < 2; i++) assert_true(tl_dataset_next(d, &element, 1) && integer(element) == i);
  assert_int_equal(tl_dataset_seek(d, 0, 5), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[dataset_seek]");
  assert_true(tl_dataset_position(d) == 2);
  assert_true(tl_dataset_next(d, &element, 1) && integer(element) == 2);
  /* The end of an epoch is kept back likewise: the last element is looked at where the end is found. */
  __atomic_store_n(&t.at, 5, __ATOMIC_RELAXED);
  for (int i = 3; i < 5; i++) assert_true(tl_dataset_next(d, &element, 1) && integer(element) == i);
  assert_false(tl_dataset_next(d, &element, 1));
  expect_error(c, TL_FAILED_PRECONDITION, "must use the context that it gets");
  __atomic_store_n(&t.at, -1, __ATOMIC_RELAXED);
  assert_true(tl_dataset_next(d, &element, 1) && integer(element) == 5);
  assert_true(tl_dataset_epoch(d) == 0);
  assert_false(tl_dataset_next(d, &element, 1));
  assert_true(!tl_failed(c) && tl_dataset_epoch(d) == 1);
  free_context(c);
}

static void user_data_ends_once_whatever_happens(void **state) {
  (void)state;
  tl_context *c = new_context();
  int ends = 0;
  assert_null(tl_dataset_map(c, NULL, troubled, &ends, destroyed, 1, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "[dataset_map] 'source'");
  assert_int_equal(ends, 1);
  tl_dataset *five = numbers(c, 5);
  assert_null(tl_dataset_map(c, five, NULL, &ends, destroyed, 1, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'function' must be a function");
  assert_null(tl_dataset_map(c, five, troubled, &ends, destroyed, 0, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "1 to ");
  tl_map_options options;
  tl_map_options_init(&options, sizeof options);
  options.threads = -1;
  assert_null(tl_dataset_map(c, five, troubled, &ends, destroyed, 1, &options));
  expect_error(c, TL_INVALID_ARGUMENT, "threads: got -1");
  assert_null(tl_dataset_filter(c, five, NULL, &ends, destroyed, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "predicate");
  assert_null(tl_dataset_from_function(c, -1, 1, square, &ends, destroyed));
  expect_error(c, TL_INVALID_ARGUMENT, "negative");
  assert_null(tl_dataset_from_iterator(c, 1, NULL, next_count, NULL, &ends, destroyed));
  expect_error(c, TL_INVALID_ARGUMENT, "begin");
  assert_null(tl_dataset_from_iterator(c, 1, begin_count, NULL, NULL, &ends, destroyed));
  expect_error(c, TL_INVALID_ARGUMENT, "next");
  assert_int_equal(ends, 8);
  assert_int_equal(tl_set_error(c, TL_IO, "first"), TL_OK);
  assert_null(tl_dataset_filter(c, five, even, &ends, destroyed, 0));
  assert_int_equal(ends, 9);
  tl_clear_error(c);
  assert_null(tl_dataset_filter(NULL, five, even, &ends, destroyed, 0));
  assert_int_equal(ends, 10);

  tl_dataset *kept = tl_dataset_filter(c, five, even, &ends, destroyed, 0);
  tl_dataset *twice = tl_dataset_repeat(c, kept, 2);
  tl_tensor *element;
  int64_t sum = 0;
  while (tl_dataset_next(twice, &element, 1)) sum += integer(element);
  assert_int_equal(sum, 12);
  tl_dataset_release(kept);
  assert_int_equal(ends, 10);
  tl_dataset_release(twice);
  assert_int_equal(ends, 11);
  kept = tl_dataset_prefetch(c, tl_dataset_filter(c, five, even, &ends, destroyed, 0), 1);
  assert_true(tl_dataset_next(kept, &element, 1));
  free_context(c);
  assert_int_equal(ends, 12);
}

/* A pipeline of everything that holds elements for a while. */
static tl_dataset *long_pipeline(tl_context *c) {
  tl_dataset *d = tl_dataset_filter(c, numbers(c, 50), even, NULL, NULL, 0);
  d = mapped(c, tl_dataset_shuffle_buffer(c, d, 2, 6), noise, NULL, 2, 2);
  d = tl_dataset_window(c, tl_dataset_cast(c, d, 1, TL_F32, 3), 3, 2, true);
  return tl_dataset_prefetch(c, tl_dataset_repeat(c, d, 2), 3);
}

static void places_are_bytes_that_any_context_takes(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_dataset *d = long_pipeline(c);
  tl_tensor *element[2];
  for (int i = 0; i < 17; i++) {
    uint8_t place[2048], tail[1] = {7};
    size_t length = 0, needed = 0;
    assert_int_equal(tl_dataset_save_position(d, place, sizeof place, &length), TL_OK);
    assert_int_equal(tl_dataset_save_position(d, NULL, 0, &needed), TL_OK);
    assert_true(length == needed && length <= sizeof place);
    assert_int_equal(tl_dataset_save_position(d, tail, 1, NULL), TL_OK);
    assert_int_equal(tail[0], 7); /* it did not fit */
    assert_true(tl_dataset_next(d, element, 2));
    float want[3], got[3];
    assert_int_equal(tl_tensor_read(element[0], want, sizeof want), TL_OK);

    tl_context *other = new_context();
    tl_dataset *again = long_pipeline(other);
    assert_int_equal(tl_dataset_restore_position(again, place, length), TL_OK);
    assert_true(tl_dataset_position(again) == i);
    assert_true(tl_dataset_next(again, element, 2));
    assert_int_equal(tl_tensor_read(element[0], got, sizeof got), TL_OK);
    assert_memory_equal(want, got, sizeof want);
    assert_int_equal(tl_dataset_restore_position(again, place, length - 1), TL_INVALID_ARGUMENT);
    expect_error(other, TL_INVALID_ARGUMENT, "cut off");
    assert_true(tl_dataset_position(again) == i + 1);
    assert_int_equal(tl_dataset_restore_position(numbers(other, 3), place, length), TL_INVALID_ARGUMENT);
    expect_error(other, TL_INVALID_ARGUMENT, "that of another");
    assert_int_equal(tl_dataset_restore_position(again, NULL, 3), TL_INVALID_ARGUMENT);
    expect_error(other, TL_INVALID_ARGUMENT, "NULL");
    free_context(other);
  }
  assert_int_equal(tl_dataset_save_position(d, NULL, 3, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  free_context(c);
}

static void stages_are_there(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_dataset *parts[] = {numbers(c, 2), tl_dataset_range(c, 10, 12, 1)};
  const struct {
    tl_dataset *dataset;
    size_t width;
    int64_t size, sum;
  } cases[] = {
      {tl_dataset_concatenate(c, parts, 2), 1, 4, 22},
      {tl_dataset_zip(c, parts, 2), 2, 2, 1},
      {tl_dataset_interleave(c, parts, 2, 2, 1), 1, 4, 22},
      {tl_dataset_sample_from(c, parts, (double[]){1, 1}, 2, 3, false), 1, TL_DATASET_UNKNOWN_SIZE, 22},
      {tl_dataset_unbatch(c, tl_dataset_batch(c, numbers(c, 5), 2, false)), 1, TL_DATASET_UNKNOWN_SIZE, 10},
      {tl_dataset_cache(c, numbers(c, 5)), 1, 5, 10},
      {tl_dataset_shuffle_buffer(c, numbers(c, 5), 1, 2), 1, 5, 10},
      {tl_dataset_repeat(c, numbers(c, 5), 3), 1, 15, 30},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tl_tensor *element[2];
    int64_t sum = 0;
    assert_non_null(cases[i].dataset);
    assert_true(tl_dataset_width(cases[i].dataset) == cases[i].width);
    assert_true(tl_dataset_size(cases[i].dataset) == cases[i].size);
    while (tl_dataset_next(cases[i].dataset, element, cases[i].width)) sum += integer(element[0]);
    assert_int_equal(sum, cases[i].sum);
  }
  const double zero = 0;
  const int64_t sizes[] = {2, 2}, boundary = 3;
  tl_dataset *pairs = tl_dataset_batch(c, numbers(c, 8), 2, true);
  tl_tensor *element;
  assert_true(tl_dataset_next(tl_dataset_padded_batch(c, pairs, 4, false, &zero, 1), &element, 1));
  assert_true(tl_tensor_dim(element, 0) == 4 && tl_tensor_dim(element, 1) == 2);
  assert_true(tl_dataset_next(
      tl_dataset_bucket_by_length(c, pairs, 0, &boundary, 1, sizes, 2, false, &zero, 1), &element, 1));
  assert_true(tl_tensor_dim(element, 0) == 2);

  /* New weights. */
  tl_dataset *endless[] = {tl_dataset_repeat(c, parts[0], -1), tl_dataset_repeat(c, parts[1], -1)};
  tl_dataset *mixed = tl_dataset_sample_from(c, endless, (double[]){1, 0}, 2, 3, false);
  tl_dataset *ahead = tl_dataset_prefetch(c, mixed, 8);
  for (int i = 0; i < 5; i++) assert_true(tl_dataset_next(ahead, &element, 1) && integer(element) < 2);
  assert_int_equal(tl_dataset_set_weights(mixed, (double[]){0, 1}, 2), TL_OK);
  for (int i = 0; i < 5; i++) assert_true(tl_dataset_next(ahead, &element, 1) && integer(element) >= 10);
  assert_int_equal(tl_dataset_set_weights(ahead, (double[]){0, 1}, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "dataset_sample_from made");
  assert_int_equal(tl_dataset_set_weights(mixed, (double[]){0, 1}, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "a weight for each source");
  assert_non_null(tl_dataset_cache(c, tl_dataset_take(c, mixed, 4)));
  assert_int_equal(tl_dataset_set_weights(mixed, (double[]){1, 0}, 2), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "a mixture in a cache must stay");

  /* What is refused. */
  assert_null(tl_dataset_zip(c, NULL, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_null(tl_dataset_zip(c, parts, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "at least 1 source");
  parts[1] = NULL;
  assert_null(tl_dataset_concatenate(c, parts, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "'sources[1]'");
  assert_null(tl_dataset_repeat(c, numbers(c, 0), -1));
  expect_error(c, TL_FAILED_PRECONDITION, "must have an element");
  assert_null(tl_dataset_prefetch(c, pairs, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "ahead: got 0");
  assert_true(isnan(tl_dataset_waited(NULL)) && isnan(tl_dataset_input_wait(NULL)));
  assert_int_equal(tl_dataset_save_position(NULL, NULL, 0, NULL), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_dataset_restore_position(NULL, NULL, 0), TL_INVALID_ARGUMENT);
  free_context(c);
}

static void batches_come_in_the_same_memory_again(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_dataset *d = tl_dataset_prefetch(c, tl_dataset_batch(c, numbers(c, 400), 4, true), 2);
  const void *blocks[MOST];
  int known = 0, batches = 0;
  tl_tensor *batch;
  while (tl_dataset_next(d, &batch, 1)) {
    const void *data = tl_tensor_data(batch);
    int i = 0;
    while (i < known && blocks[i] != data) i++;
    if (i == known) blocks[known++] = data;
    assert_true(known < MOST);
    batches++;
  }
  /* Two ahead, one that is being made, and the one that is out. */
  assert_true(batches == 100 && known <= 5);
  free_context(c);
}

typedef struct {
  pthread_mutex_t held, counting;
  int arrived, destroyed;
} gate;

static int count_at(gate *g, int more) {
  pthread_mutex_lock(&g->counting);
  const int arrived = g->arrived += more;
  pthread_mutex_unlock(&g->counting);
  return arrived;
}

static tl_status wait_at_gate(tl_context *c, void *user_data, const tl_element_place *place,
                              tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
                              size_t num_outputs) {
  gate *g = user_data;
  (void)c;
  (void)num_inputs;
  (void)num_outputs;
  if (place->index > 0) {
    count_at(g, 1);
    pthread_mutex_lock(&g->held);
    pthread_mutex_unlock(&g->held);
  }
  outputs[0] = inputs[0];
  return TL_OK;
}

static void end_of_gate(void *user_data) { ((gate *)user_data)->destroyed++; }

static void a_function_that_does_not_come_back_holds_nobody_up(void **state) {
  (void)state;
  tl_context *c = new_context();
  gate g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, 0, 0};
  pthread_mutex_lock(&g.held);
  tl_dataset *d = tl_dataset_map(c, numbers(c, 9), wait_at_gate, &g, end_of_gate, 1, NULL);
  tl_dataset *ahead = tl_dataset_prefetch(c, d, 2);
  tl_tensor *element;
  assert_true(tl_dataset_next(ahead, &element, 1));
  while (!count_at(&g, 0)) rest();
  tl_dataset_release(d);
  tl_dataset_release(ahead); /* comes back, although the function does not */
  assert_int_equal(g.destroyed, 0);
  assert_true(tl_tensor_item(tl_scalar(c, TL_F32, 3)) == 3);
  tl_dataset *other = numbers(c, 3);
  assert_true(tl_dataset_next(other, &element, 1));
  assert_int_equal(g.destroyed, 0);
  pthread_mutex_unlock(&g.held);
  for (int i = 0; i < 500 && !g.destroyed; i++) {
    rest();
    tl_dataset_release(numbers(c, 1));
  }
  assert_int_equal(g.destroyed, 1);
  free_context(c);
  assert_int_equal(g.destroyed, 1);
}

static void *release_it(void *dataset) {
  tl_dataset_release(dataset);
  return NULL;
}

static void a_pipeline_may_end_from_another_thread(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++) {
    tl_context *c = new_context();
    tl_dataset *d = tl_dataset_prefetch(c, mapped(c, numbers(c, 1000), noise, NULL, 2, 2), 4);
    tl_tensor *element[2];
    for (int k = 0; k <= i; k++) assert_true(tl_dataset_next(d, element, 2));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, release_it, d), 0);
    pthread_join(thread, NULL);
    assert_false(tl_dataset_next(d, element, 2));
    expect_error(c, TL_INVALID_ARGUMENT, "not a live handle");
    free_context(c);
  }
}

static void threads_stay_behind_in_a_fork(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_dataset *d = tl_dataset_prefetch(c, numbers(c, 100), 4);
  tl_tensor *element;
  assert_true(tl_dataset_next(d, &element, 1));
  rest(); /* so that the thread sleeps and holds no lock */
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    const bool more = tl_dataset_next(d, &element, 1);
    const bool told = tl_error_code(c) == TL_FAILED_PRECONDITION && strstr(tl_error_message(c), "fork()");
    tl_clear_error(c);
    /* Another program, because the threads' own memory is lost here for good, which valgrind would say of the child. */
    if (!more && told && tl_context_free(c) == TL_OK) execl("/bin/true", "true", (char *)NULL);
    _exit(1);
  }
  int status = -1;
  assert_true(waitpid(child, &status, 0) == child);
  assert_int_equal(status, 0);
  for (int i = 1; i < 100; i++) assert_true(tl_dataset_next(d, &element, 1) && integer(element) == i);
  assert_false(tl_dataset_next(d, &element, 1));
  free_context(c);
}

static void nothing_at_all_is_an_epoch_that_ends(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *empty = tl_zeros(c, (int64_t[]){0, 3}, 2), *element;
  tl_dataset *none = tl_dataset_from_tensors(c, &empty, 1);
  const double zero = 0;
  tl_dataset *all[] = {none,
                       tl_dataset_batch(c, none, 4, false),
                       tl_dataset_shuffle(c, none, 1),
                       tl_dataset_shuffle_buffer(c, none, 1, 4),
                       tl_dataset_repeat(c, none, 3),
                       tl_dataset_unbatch(c, none),
                       tl_dataset_window(c, none, 2, 1, false),
                       tl_dataset_cache(c, none),
                       tl_dataset_prefetch(c, none, 2),
                       mapped(c, none, noise, NULL, 1, 2),
                       tl_dataset_padded_batch(c, none, 2, false, &zero, 1),
                       tl_dataset_take(c, numbers(c, 5), 0),
                       tl_dataset_zip(c, &none, 1),
                       tl_dataset_concatenate(c, &none, 1),
                       tl_dataset_interleave(c, &none, 1, 1, 1),
                       tl_dataset_sample_from(c, &none, (double[]){1}, 1, 0, false)};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
      assert_non_null(all[i]);
      assert_true(tl_dataset_epoch(all[i]) == epoch);
      assert_false(tl_dataset_next(all[i], &element, 1));
      assert_false(tl_failed(c));
    }
  free_context(c);
}

int pipeline_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_and_iterators_are_sources),
      cmocka_unit_test(noise_is_the_same_for_any_number_of_threads),
      cmocka_unit_test(what_functions_do_wrong_ends_the_iteration),
      cmocka_unit_test(functions_cannot_end_what_waits_for_them),
      cmocka_unit_test(a_function_that_uses_its_datasets_context_hears_of_that),
      cmocka_unit_test(a_function_that_uses_its_datasets_context_loses_no_element),
      cmocka_unit_test(nor_does_it_move_the_place),
      cmocka_unit_test(user_data_ends_once_whatever_happens),
      cmocka_unit_test(places_are_bytes_that_any_context_takes),
      cmocka_unit_test(stages_are_there),
      cmocka_unit_test(batches_come_in_the_same_memory_again),
      cmocka_unit_test(a_function_that_does_not_come_back_holds_nobody_up),
      cmocka_unit_test(a_pipeline_may_end_from_another_thread),
      cmocka_unit_test(threads_stay_behind_in_a_fork),
      cmocka_unit_test(nothing_at_all_is_an_epoch_that_ends),
  };
  return RUN_GROUP("pipeline", tests);
}
