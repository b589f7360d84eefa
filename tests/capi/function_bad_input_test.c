/* What a compiled step is given wrongly: steps that change each time, look at values, use what is not theirs; replays from two
 * threads; outputs that are held while other plans run. After each, the step still runs. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>

#include "tests/capi/harness.h"

typedef void (*reader)(tl_context *c, tl_tensor *t);

/* y = w x, w = w + 1: the variable counts the steps. */
typedef struct {
  tl_tensor *w, *foreign;
  int runs;
  reader look;
} counter;

static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  counter *m = user_data;
  (void)num_inputs;
  (void)num_outputs;
  m->runs++;
  tl_tensor *x = inputs[0];
  if (tl_tensor_dtype(x) != TL_F32) x = tl_cast(c, x, TL_F32);
  outputs[0] = tl_mul(c, x, m->foreign ? m->foreign : m->w);
  if (m->look) m->look(c, outputs[0]);
  return tl_variable_assign(m->w, tl_add_scalar(c, m->w, 1));
}

static counter new_counter(tl_context *c) {
  return (counter){.w = tl_variable_new(c, tl_scalar(c, TL_F32, 1), "w", true)};
}

static tl_tensor *rows(tl_context *c, int64_t n, double value, tl_dtype dtype) {
  return tl_full(c, (int64_t[]){n, 2}, 2, value, dtype);
}

static double first(tl_context *c, tl_tensor *t) {
  tl_tensor *one = tl_reshape(c, tl_slice(c, t, (int64_t[]){0, 0}, 2, (int64_t[]){1, 1}, 2), NULL, 0);
  return tl_tensor_item(one);
}

static tl_function_statistics stats_of(tl_function *f) {
  tl_function_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_function_stats(f, &s), TL_OK);
  return s;
}

static void works(tl_context *c, tl_function *f, const counter *m) {
  const double before = tl_tensor_item(m->w);
  tl_tensor *x = rows(c, 4, 3, TL_F32), *y = NULL;
  assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_OK);
  assert_true(first(c, y) == 3 * before);
  assert_true(tl_tensor_item(m->w) == before + 1);
}

typedef struct {
  int warnings;
  char last[400];
} heard;

static void listen(void *user_data, tl_log_level level, const char *message) {
  heard *h = user_data;
  h->warnings += level == TL_LOG_WARNING;
  strncpy(h->last, message, sizeof h->last - 1);
}

static void a_step_of_another_shape_or_dtype_each_time(void **state) {
  (void)state;
  tl_context *c = new_context();
  heard h = {0};
  assert_int_equal(tl_context_set_log(c, listen, &h, NULL), TL_OK);
  counter m = new_counter(c);
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.name = "changeable";
  o.most_plans = 3;
  tl_function *f = tl_function_new(c, step, &m, NULL, &o);
  static const tl_dtype dtypes[] = {TL_F32, TL_F64, TL_I32, TL_I64, TL_U8};
  for (int i = 0; i < 40; i++) {
    tl_scope_begin(c);
    tl_tensor *x = rows(c, 1 + i / 5, 2, dtypes[i % 5]), *y = NULL;
    const double w = tl_tensor_item(m.w);
    assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_OK);
    assert_true(first(c, y) == 2 * w);
    assert_int_equal(tl_scope_end(c), TL_OK);
  }
  assert_int_equal(m.runs, 40);
  assert_int_equal(stats_of(f).traces, 40);
  assert_int_equal(stats_of(f).signatures, 3);
  assert_int_equal(h.warnings, 1);
  assert_non_null(strstr(
      h.last, "[changeable] has been recorded 5 times, last because of dtype of input 0: i64 became u8"));
  assert_int_equal(tl_context_set_log(c, NULL, NULL, NULL), TL_OK);
  works(c, f, &m);
  free_context(c);
}

static void recordings_come_to_an_end(void **state) {
  (void)state;
  tl_context *c = new_context();
  heard h = {0};
  assert_int_equal(tl_context_set_log(c, listen, &h, NULL), TL_OK);
  counter m = new_counter(c);
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.name = "changeable";
  o.most_recordings = 3;
  tl_function *f = tl_function_new(c, step, &m, NULL, &o);
  for (int round = 1; round <= 2; round++) {
    for (int i = 0; i < 20; i++) {
      tl_tensor *x = rows(c, 1 + i % 10, 2, TL_F32), *y = NULL;
      const double w = tl_tensor_item(m.w);
      assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_OK);
      assert_true(first(c, y) == 2 * w);
    }
    /* Three sizes are recorded and replayed, the other seven run as they are. */
    const tl_function_statistics s = stats_of(f);
    assert_int_equal(m.runs, 17 * round);
    assert_int_equal(s.traces, 3 * round);
    assert_int_equal(s.replays, 3 * round);
    assert_int_equal(s.unrecorded_calls, 14 * round);
    assert_int_equal(s.eager_calls, 14 * round);
    assert_int_equal(s.signatures, 3);
    assert_non_null(strstr(h.last, "[changeable] has been recorded 3 times, which is most_recordings"));
    assert_int_equal(tl_function_forget(f), TL_OK);
  }
  assert_int_equal(tl_context_set_log(c, NULL, NULL, NULL), TL_OK);
  works(c, f, &m);
  free_context(c);
}

static void read_all(tl_context *c, tl_tensor *t) {
  float out[8];
  (void)c;
  assert_int_equal(tl_tensor_read(t, out, sizeof out), TL_OK);
}
static void look_at_data(tl_context *c, tl_tensor *t) {
  (void)c;
  assert_non_null(tl_tensor_data(t));
}
static void format(tl_context *c, tl_tensor *t) {
  char text[100];
  (void)c;
  assert_int_equal(tl_tensor_format(t, text, sizeof text, NULL), TL_OK);
}
static void item_of_a_variable(tl_context *c, tl_tensor *t) {
  (void)c;
  assert_true(tl_tensor_item(t) == tl_tensor_item(t));
}

/* new_context() begins at this seed, and the step draws nothing before: the state of the generator does not change. */
static void set_the_seed_that_is_set(tl_context *c, tl_tensor *t) {
  (void)t;
  assert_int_equal(tl_context_set_seed(c, 1), TL_OK);
}
static void next_of_a_dataset(tl_context *c, tl_tensor *t) {
  (void)t;
  tl_tensor *data = rows(c, 3, 1, TL_F32), *element = NULL;
  assert_true(tl_dataset_next(tl_dataset_from_tensors(c, &data, 1), &element, 1));
}

/* Of each way to look at elements, and of other things that a step must not do, the message says which it was, and of what. */
static void each_look_at_a_value_is_named(void **state) {
  (void)state;
  const struct {
    reader look;
    const char *name;
    int64_t n; /* rows */
  } cases[] = {{read_all, "tensor_read looks at a result of mul", 4},
               {look_at_data, "tensor_data looks at a result of mul", 4},
               {format, "tensor_format looks at a result of mul", 4},
               {item_of_a_variable, "tensor_item looks at a result of mul", 0},
               {set_the_seed_that_is_set, "got one where it sets the seed; set it before the step", 4},
               {next_of_a_dataset, "dataset_next takes an element of a dataset", 4}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tl_context *c = new_context();
    counter m = new_counter(c);
    m.look = cases[i].look;
    tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
    tl_tensor *x = cases[i].n ? rows(c, cases[i].n, 1, TL_F32) : tl_scalar(c, TL_F32, 1), *y = NULL;
    for (int k = 0; k < 2; k++) {
      assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_FAILED_PRECONDITION);
      assert_null(y);
      expect_error(c, TL_FAILED_PRECONDITION, cases[i].name);
    }
    assert_int_equal(m.runs, 1);
    assert_true(tl_tensor_item(m.w) == 2); /* of the run that found it */
    m.look = NULL;
    assert_int_equal(tl_function_forget(f), TL_OK);
    works(c, f, &m);
    works(c, f, &m);
    assert_int_equal(stats_of(f).replays, 1);
    free_context(c);
  }
}

/* A step that cannot be replayed at one size runs at no other, nor with another dtype or flags, nor under a tape. */
static void after_a_refusal_nothing_runs(void **state) {
  (void)state;
  for (int polymorphic = 0; polymorphic < 2; polymorphic++) {
    tl_context *c = new_context();
    counter m = new_counter(c);
    tl_function_options o;
    tl_function_options_init(&o, sizeof o);
    o.polymorphic_batch = polymorphic;
    tl_function *f = tl_function_new(c, step, &m, NULL, &o);
    for (int k = 0; k < 3; k++) works(c, f, &m); /* there is a plan for 4 rows */
    m.look = look_at_data;
    tl_tensor *x = rows(c, 6, 1, TL_F32), *y = NULL;
    assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_FAILED_PRECONDITION);
    expect_error(c, TL_FAILED_PRECONDITION, "this run has taken effect, later ones will not begin");
    assert_int_equal(m.runs, 2);
    const int64_t sizes[] = {6, 4, 9, 1, 0, 20};
    for (int i = 0; i < 12; i++) {
      if (i == 8) assert_int_equal(tl_function_set_flags(f, 3), TL_OK);
      tl_tape *tape = i == 10 ? tl_tape_begin(c, NULL) : NULL;
      x = rows(c, sizes[i % 6], 1, i < 6 ? TL_F32 : TL_F64);
      assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_FAILED_PRECONDITION);
      assert_null(y);
      expect_error(c, TL_FAILED_PRECONDITION, "tensor_data looks at a result of mul");
      tl_tape_release(tape);
    }
    assert_int_equal(m.runs, 2);
    assert_true(tl_tensor_item(m.w) == 5);
    assert_int_equal(stats_of(f).signatures, 0);
    char text[200];
    assert_int_equal(tl_function_text(f, text, sizeof text, NULL), TL_OK);
    assert_non_null(strstr(text, "refused: tensor_data looks at a result of mul"));
    m.look = NULL;
    assert_int_equal(tl_function_forget(f), TL_OK);
    for (int k = 0; k < 2; k++) works(c, f, &m);
    assert_int_equal(m.runs, 3);
    free_context(c);
  }
}

static void variables_of_another_context(void **state) {
  (void)state;
  tl_context *c = new_context(), *other = new_context();
  counter m = new_counter(c);
  m.foreign = tl_variable_new(other, tl_scalar(other, TL_F32, 5), "theirs", true);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  for (int k = 0; k < 2; k++) {
    tl_tensor *x = rows(c, 4, 1, TL_F32), *y = NULL;
    assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_INVALID_ARGUMENT);
    assert_null(y);
    expect_error(c, TL_INVALID_ARGUMENT, "of another context");
    assert_int_equal(stats_of(f).signatures, 0);
    assert_true(tl_tensor_item(m.w) == 1);
  }
  tl_tensor *y = NULL;
  assert_int_equal(tl_function_call(f, &m.foreign, 1, &y, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "of another context");
  m.foreign = NULL;
  for (int k = 0; k < 3; k++) works(c, f, &m);
  assert_int_equal(stats_of(f).replays, 2);
  free_context(c);
  free_context(other);
}

static tl_status step_of_two(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                             tl_tensor **outputs, size_t num_outputs) {
  tl_tensor *w = user_data;
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_add(c, tl_mul(c, inputs[0], inputs[1]), w);
  return tl_variable_assign(w, tl_add(c, inputs[0], w));
}

/* The same variable as two inputs and captured: each use is its value when the step begins. */
static void a_variable_captured_twice(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *w = tl_variable_new(c, tl_scalar(c, TL_F32, 1), "w", true);
  tl_function *f = tl_function_new(c, step_of_two, w, NULL, NULL);
  double want = 1;
  for (int i = 0; i < 5; i++) {
    tl_tensor *in[] = {w, w}, *y = NULL;
    assert_int_equal(tl_function_call(f, in, 2, &y, 1), TL_OK);
    assert_true(tl_tensor_item(y) == want * want + want);
    want *= 2;
    assert_true(tl_tensor_item(w) == want);
  }
  assert_int_equal(stats_of(f).traces, 1);
  free_context(c);
}

/* Outputs have memory of their own: a larger plan, which moves the memory of all plans, leaves them alone. */
static void outputs_held_while_other_plans_run(void **state) {
  (void)state;
  tl_context *c = new_context();
  counter m = new_counter(c);
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.polymorphic_batch = true;
  tl_function *f = tl_function_new(c, step, &m, NULL, &o);
  tl_tensor *held[24];
  double values[24];
  for (int i = 0; i < 24; i++) {
    tl_tensor *x = rows(c, (int64_t)2 << (i % 8), 1 + i, TL_F32);
    values[i] = (1 + i) * tl_tensor_item(m.w);
    assert_int_equal(tl_function_call(f, &x, 1, &held[i], 1), TL_OK);
  }
  for (int i = 0; i < 24; i++) assert_true(first(c, held[i]) == values[i]);
  assert_int_equal(m.runs, 3);
  free_context(c);
}

/* Rows that do not belong together are no size of a batch: the step says so, as it would without a function. */
static void sizes_that_do_not_fit(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *w = tl_variable_new(c, tl_scalar(c, TL_F32, 1), "w", true);
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.polymorphic_batch = true;
  tl_function *f = tl_function_new(c, step_of_two, w, NULL, &o);
  tl_tensor *y = NULL;
  for (int64_t n = 3; n < 9; n += n < 6 ? 1 : 2) {
    tl_tensor *in[] = {tl_scalar(c, TL_F32, 0), rows(c, n, 1, TL_F32)};
    assert_int_equal(tl_function_call(f, in, 2, &y, 1), TL_OK);
  }
  assert_int_equal(stats_of(f).traces, 4);
  assert_int_equal(stats_of(f).resized_plans, 1);
  tl_tensor *bad[] = {rows(c, 3, 1, TL_F32), rows(c, 4, 1, TL_F32)};
  assert_int_equal(tl_function_call(f, bad, 2, &y, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "mul");
  tl_tensor *in[] = {tl_scalar(c, TL_F32, 0), rows(c, 9, 1, TL_F32)};
  assert_int_equal(tl_function_call(f, in, 2, &y, 1), TL_OK);
  assert_int_equal(stats_of(f).resized_plans, 2);
  free_context(c);
}

typedef struct {
  tl_function *f;
  tl_tensor *x;
  int done, refused;
} caller;

static void *call_often(void *argument) {
  caller *k = argument;
  for (int i = 0; i < 300; i++) {
    tl_tensor *y = NULL;
    const tl_status status = tl_function_call(k->f, &k->x, 1, &y, 1);
    k->done += status == TL_OK;
    k->refused += status != TL_OK;
    tl_tensor_release(y);
    sched_yield();
  }
  return NULL;
}

/* Whoever comes second is refused, and what the first does is whole: each call that is done is one step. */
static void replays_from_two_threads(void **state) {
  (void)state;
  tl_context *c = new_context();
  counter m = new_counter(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  for (int k = 0; k < 2; k++) works(c, f, &m);
  caller one = {.f = f, .x = rows(c, 4, 1, TL_F32)}, two = one;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, call_often, &two), 0);
  call_often(&one);
  pthread_join(thread, NULL);
  tl_clear_error(c); /* that of the intrusion, where there was one: calls fail from then on */
  assert_int_equal(one.done + one.refused, 300);
  assert_int_equal(two.done + two.refused, 300);
  assert_true(tl_tensor_item(m.w) == 3 + one.done + two.done);
  works(c, f, &m);
  free_context(c);
}

static tl_status entropy(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                         tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_loss_binary_cross_entropy(c, inputs[0], inputs[1], user_data);
  return tl_error_code(c);
}

static void a_replay_says_what_the_loss_says(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.name = "train";
  tl_loss_options shares;
  tl_loss_options_init(&shares, sizeof shares);
  shares.from_probabilities = true;
  tl_function *f = tl_function_new(c, entropy, &shares, NULL, &o);
  const float right[] = {0, 1, 1}, wrong[] = {0, 1, 3}, half[] = {.5F, .5F, .5F};
  const int64_t three[] = {3};
  tl_tensor *y = tl_tensor_new(c, TL_F32, three, 1, right, sizeof right);
  tl_tensor *bad = tl_tensor_new(c, TL_F32, three, 1, wrong, sizeof wrong);
  tl_tensor *x = tl_tensor_new(c, TL_F32, three, 1, half, sizeof half), *loss = NULL;
  for (int i = 0; i < 2; i++)
    assert_int_equal(tl_function_call(f, (tl_tensor *[]){y, x}, 2, &loss, 1), TL_OK);
  assert_null(tl_loss_binary_cross_entropy(c, bad, x, &shares));
  assert_string_equal(tl_error_message(c),
                      "[loss_binary_cross_entropy] a label must be in [0, 1]: got 3 at position 2; labels "
                      "come first, predictions second");
  tl_clear_error(c);
  assert_int_equal(tl_function_call(f, (tl_tensor *[]){bad, x}, 2, &loss, 1), TL_INVALID_ARGUMENT);
  assert_string_equal(tl_error_message(c),
                      "[function_call] train: binary_cross_entropy: a label must be in [0, 1]: got 3 at "
                      "position 2; labels come first, predictions second");
  tl_clear_error(c);
  assert_int_equal(tl_function_call(f, (tl_tensor *[]){y, x}, 2, &loss, 1), TL_OK);
  assert_int_equal(stats_of(f).replays, 2);
  free_context(c);
}

int function_bad_input_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_step_of_another_shape_or_dtype_each_time),
      cmocka_unit_test(recordings_come_to_an_end),
      cmocka_unit_test(each_look_at_a_value_is_named),
      cmocka_unit_test(after_a_refusal_nothing_runs),
      cmocka_unit_test(variables_of_another_context),
      cmocka_unit_test(a_variable_captured_twice),
      cmocka_unit_test(outputs_held_while_other_plans_run),
      cmocka_unit_test(sizes_that_do_not_fit),
      cmocka_unit_test(a_replay_says_what_the_loss_says),
      cmocka_unit_test(replays_from_two_threads),
  };
  return RUN_GROUP("functions that are used wrongly", tests);
}
