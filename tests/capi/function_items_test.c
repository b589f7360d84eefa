/* A compiled step that gives numbers: the same ones, and the same state, as its tensors would; nothing left over; and every way to
 * get none. */
#include "tests/capi/harness.h"

enum { KINDS = 8 };

/* y = w x, w = w + 1, and whatever else a test wants. */
typedef struct {
  tl_tensor *w, *count, *outside, *kept;
  int runs;
  int64_t elements; /* of the output, where not 1 */
  bool keep, unset;
  tl_status fail;
  tl_function *inner;
} model;

static model new_model(tl_context *c) {
  return (model){.w = tl_variable_new(c, tl_scalar(c, TL_F64, 1.5), "w", true),
                 .count = tl_variable_new(c, tl_scalar(c, TL_I64, 3), "count", false),
                 .outside = tl_scalar(c, TL_F32, 0.25),
                 .elements = 1};
}

static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  model *m = user_data;
  (void)num_inputs;
  m->runs++;
  tl_tensor *y = tl_mul(c, inputs[0], m->w);
  if (m->inner) {
    double loss = 0;
    if (tl_function_call_items(m->inner, inputs, 1, &loss, 1) != TL_OK) return tl_error_code(c);
    y = tl_mul_scalar(c, y, loss);
  }
  for (size_t i = 0; i < num_outputs && !m->unset; i++)
    outputs[i] = m->elements == 1 ? y : tl_broadcast_to(c, y, &m->elements, 1);
  if (m->keep) m->kept = tl_keep(tl_add_scalar(c, y, 1));
  if (tl_variable_assign(m->w, tl_add_scalar(c, m->w, 1)) == TL_OK && m->fail)
    assert_int_equal(tl_set_error(c, m->fail, "[step] words of the program's own"), TL_OK);
  return tl_error_code(c);
}

/* Outputs of every dtype and from everywhere: made here, of an input, a variable before and after its change, a constant, a part. */
static tl_status kinds(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                       tl_tensor **outputs, size_t num_outputs) {
  model *m = user_data;
  (void)num_inputs;
  assert_int_equal(num_outputs, KINDS);
  tl_tensor *x = inputs[0], *before = tl_reshape(c, m->w, (int64_t[]){1, 1}, 2);
  tl_tensor *mean = tl_mean(c, x), *sum = tl_add(c, m->w, tl_cast(c, mean, TL_F64));
  outputs[0] = mean;
  outputs[1] = before;
  outputs[2] = tl_less(c, mean, m->outside);
  outputs[3] = inputs[1];
  outputs[4] = m->outside;
  outputs[5] = tl_slice(c, tl_exp(c, x), (int64_t[]){1}, 1, (int64_t[]){2}, 1);
  if (tl_variable_assign(m->w, sum) == TL_OK &&
      tl_variable_assign(m->count, tl_add_scalar(c, m->count, 2)) == TL_OK) {
    outputs[6] = sum;
    outputs[7] = tl_cast(c, m->count, TL_I32);
  }
  return tl_error_code(c);
}

static double variable_of(const model *m) { return tl_tensor_item(m->w); }

static tl_function_statistics stats_of(tl_function *f) {
  tl_function_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_function_stats(f, &s), TL_OK);
  return s;
}

static uint64_t live_tensors(tl_context *c) {
  tl_context_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  return s.tensors;
}

static void numbers_are_those_of_the_tensors(void **state) {
  (void)state;
  tl_context *c = new_context();
  model a = new_model(c), b = new_model(c);
  tl_function *tensors = tl_function_new(c, kinds, &a, NULL, NULL),
              *numbers = tl_function_new(c, kinds, &b, NULL, NULL);
  for (int i = 0; i < 6; i++) {
    tl_tensor *in[] = {vector(c, 3, (float[]){0.1f * (float)i, 0.2f, -0.1f}), tl_scalar(c, TL_U8, i)};
    tl_tensor *out[KINDS];
    double items[KINDS];
    assert_int_equal(tl_function_call(tensors, in, 2, out, KINDS), TL_OK);
    /* Every third as tensors: both kinds of calls share a plan. */
    if (i % 3 == 2) {
      tl_tensor *also[KINDS];
      assert_int_equal(tl_function_call(numbers, in, 2, also, KINDS), TL_OK);
      for (int k = 0; k < KINDS; k++) items[k] = tl_tensor_item(also[k]);
    } else {
      if (tl_function_call_items(numbers, in, 2, items, KINDS) != TL_OK) fail_msg("%s", tl_error_message(c));
    }
    for (int k = 0; k < KINDS; k++)
      if (items[k] != tl_tensor_item(out[k])) fail_msg("step %d, output %d: %g", i, k, items[k]);
    assert_true(items[3] == i && items[4] == 0.25);
    assert_true(items[7] == 5 + 2 * i);
    assert_true(variable_of(&a) == variable_of(&b) && items[6] == variable_of(&b));
    assert_true(tl_tensor_item(b.count) == 5 + 2 * i);
  }
  tl_function_statistics s = stats_of(numbers);
  assert_int_equal(s.traces, 1);
  assert_int_equal(s.replays, 5);
  assert_int_equal(s.signatures, 1);
  free_context(c);
}

static void outputs_of_other_sizes_are_refused(void **state) {
  (void)state;
  const int64_t sizes[] = {3, 0};
  const char *words[] = {
      "[function_call_items] pair: 'outputs[0]' must have one element to be taken as a number: got f64 "
      "(3,); ",
      "[function_call_items] pair: 'outputs[0]' must have one element to be taken as a number: got f64 "
      "(0,); "};
  for (int k = 0; k < 2; k++) {
    tl_context *c = new_context();
    model m = new_model(c);
    m.elements = sizes[k];
    tl_function_options o;
    tl_function_options_init(&o, sizeof o);
    o.name = "pair";
    tl_function *f = tl_function_new(c, step, &m, NULL, &o);
    tl_tensor *x = tl_scalar(c, TL_F64, 2), *y[2];
    double items[2] = {-1, -2};
    /* The step has run, and its recording is there. */
    assert_int_equal(tl_function_call_items(f, &x, 1, items, 2), TL_INVALID_ARGUMENT);
    assert_non_null(strstr(tl_error_message(c), "this run has taken effect"));
    expect_error(c, TL_INVALID_ARGUMENT, words[k]);
    assert_true(variable_of(&m) == 2.5);
    /* In front of a plan, of a replay, and of one after it: nothing has changed. */
    for (int i = 0; i < 3; i++) {
      const double before = variable_of(&m);
      assert_int_equal(tl_function_call_items(f, &x, 1, items, 2), TL_INVALID_ARGUMENT);
      assert_null(strstr(tl_error_message(c), "taken effect"));
      assert_non_null(strstr(tl_error_message(c), "take it as a tensor with function_call"));
      expect_error(c, TL_INVALID_ARGUMENT, words[k]);
      assert_true(variable_of(&m) == before);
      assert_int_equal(stats_of(f).replays, i);
      assert_int_equal(tl_function_call(f, &x, 1, y, 2), TL_OK);
      assert_true(variable_of(&m) == before + 1);
    }
    assert_true(items[0] == -1 && items[1] == -2);
    assert_int_equal(m.runs, 1);
    free_context(c);
  }
}

static void wrong_arguments_are_refused(void **state) {
  (void)state;
  tl_context *c = new_context(), *other = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *none = NULL, *foreign = tl_scalar(other, TL_F64, 2);
  double items[2] = {-1, -2};
  for (int i = 0; i < 3; i++) { /* of a step that is to be recorded, planned, replayed */
    const int runs = m.runs;
    const double before = variable_of(&m);
    assert_int_equal(tl_function_call_items(NULL, &x, 1, items, 1), TL_INVALID_ARGUMENT);
    assert_int_equal(tl_function_call_items((tl_function *)x, &x, 1, items, 1), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "[function_call_items] ");
    assert_int_equal(tl_function_call_items(f, NULL, 1, items, 1), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "[function_call_items] 'inputs' must not be NULL");
    assert_int_equal(tl_function_call_items(f, &none, 1, items, 1), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "[function_call_items] 'inputs[0]'");
    assert_int_equal(tl_function_call_items(f, &foreign, 1, items, 1), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "[function_call_items] 'inputs[0]'");
    assert_int_equal(tl_function_call_items(f, &x, 1, NULL, 1), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "[function_call_items] 'items' must not be NULL");
    assert_int_equal(tl_function_call_items(f, &x, 1, items, (size_t)-1), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "[function_call_items] ");
    assert_true(items[0] == -1 && variable_of(&m) == before && m.runs == runs);
    double one = 0;
    assert_int_equal(tl_function_call_items(f, &x, 1, &one, 1), TL_OK);
    assert_true(one == 2 * before);
  }
  /* Another number of outputs is another signature; a step that does not set them all fails. */
  m.unset = true;
  assert_int_equal(tl_function_call_items(f, &x, 1, items, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'outputs[0]' must be a tensor");
  assert_true(items[0] == -1 && items[1] == -2);
  m.unset = false;
  assert_int_equal(tl_function_call_items(f, &x, 1, items, 2), TL_OK);
  assert_true(items[0] == items[1] && items[0] == 2 * (variable_of(&m) - 1));
  assert_int_equal(tl_function_call_items(f, &x, 1, NULL, 0), TL_OK);
  free_context(c);
  free_context(other);
}

static void nothing_is_left(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.most_recordings = 1;
  tl_function *f = tl_function_new(c, step, &m, NULL, &o);
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *wide = tl_full(c, (int64_t[]){1}, 1, 3, TL_F64);
  const uint64_t before = live_tensors(c);
  m.keep = true;
  double item = 0;
  for (int i = 0; i < 4; i++) {
    assert_int_equal(tl_function_call_items(f, &x, 1, &item, 1), TL_OK); /* recorded, planned, replayed */
    assert_int_equal(live_tensors(c), before);
  }
  assert_int_equal(tl_function_call_items(f, &wide, 1, &item, 1), TL_OK); /* eager */
  assert_int_equal(stats_of(f).unrecorded_calls, 1);
  assert_int_equal(live_tensors(c), before);
  m.fail = TL_CANCELLED;
  assert_int_equal(tl_function_call_items(f, &wide, 1, &item, 1), TL_CANCELLED);
  tl_clear_error(c);
  assert_int_equal(live_tensors(c), before);
  assert_int_equal(tl_scope_end(c), TL_FAILED_PRECONDITION); /* no scope is left open either */
  tl_clear_error(c);
  free_context(c);
}

static void a_step_that_fails_leaves_items(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  tl_tensor *x = tl_scalar(c, TL_F64, 2);
  double item = -1;
  m.fail = TL_IO;
  assert_int_equal(tl_function_call_items(f, &x, 1, &item, 1), TL_IO);
  expect_error(c, TL_IO, "[step] words of the program's own");
  assert_true(item == -1);
  assert_int_equal(stats_of(f).signatures, 0);
  m.fail = TL_OK;
  for (int i = 0; i < 3; i++) {
    const double before = variable_of(&m);
    assert_int_equal(tl_set_error(c, TL_IO, "of before"), TL_OK);
    assert_int_equal(tl_function_call_items(f, &x, 1, &item, 1), TL_IO);
    expect_error(c, TL_IO, "of before");
    assert_int_equal(tl_context_cancel(c), TL_OK);
    assert_int_equal(tl_function_call_items(f, &x, 1, &item, 1), TL_CANCELLED);
    expect_error(c, TL_CANCELLED, "cancelled");
    assert_true(item == (i ? 2 * (before - 1) : -1) && variable_of(&m) == before);
    assert_int_equal(tl_function_call_items(f, &x, 1, &item, 1), TL_OK);
    assert_true(item == 2 * before);
  }
  free_context(c);
}

/* A replay that fails for its data. */
static tl_status row_of(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                        tl_tensor **outputs, size_t num_outputs) {
  model *m = user_data;
  (void)num_inputs, (void)num_outputs;
  outputs[0] = tl_sum(c, tl_gather(c, inputs[0], inputs[1], 0));
  return tl_variable_assign(m->w, tl_add_scalar(c, m->w, 1));
}

static void a_replay_that_fails_changes_nothing(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, row_of, &m, NULL, NULL);
  tl_tensor *table = vector(c, 3, (float[]){1, 2, 4});
  double item = 0;
  for (int i = 0; i < 6; i++) {
    const double before = variable_of(&m);
    const bool good = i % 2 == 0;
    tl_tensor *in[] = {table, tl_full(c, (int64_t[]){1}, 1, good ? i / 2 : 5, TL_I32)};
    if (good) {
      assert_int_equal(tl_function_call_items(f, in, 2, &item, 1), TL_OK);
    } else {
      assert_int_equal(tl_function_call_items(f, in, 2, &item, 1), TL_INVALID_ARGUMENT);
      expect_error(c, TL_INVALID_ARGUMENT, "[function_call_items] gather: ");
    }
    assert_true(item == 1 << i / 2 && variable_of(&m) == before + good);
  }
  free_context(c);
}

static void a_tape_outside_sees_the_step(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *slope = NULL;
  double item = 0;
  for (int i = 0; i < 3; i++) assert_int_equal(tl_function_call_items(f, &x, 1, &item, 1), TL_OK);
  tl_scope_begin(c);
  tl_tape *tape = tl_tape_begin(c, NULL);
  const double before = variable_of(&m);
  assert_int_equal(tl_function_call_items(f, &x, 1, &item, 1), TL_OK);
  assert_true(item == 2 * before);
  assert_int_equal(stats_of(f).eager_calls, 1);
  tl_tensor *watched[2];
  size_t count = 0;
  assert_int_equal(tl_tape_watched_variables(tape, watched, 2, &count), TL_OK);
  assert_int_equal(count, 1);
  tl_tensor *y = tl_square(c, tl_mul(c, m.w, x));
  assert_int_equal(tl_tape_gradient(tape, y, &m.w, 1, NULL, &slope), TL_OK);
  assert_true(tl_tensor_item(slope) == 8 * (before + 1));
  assert_int_equal(tl_scope_end(c), TL_OK);
  assert_int_equal(tl_function_call_items(f, &x, 1, &item, 1), TL_OK);
  assert_int_equal(stats_of(f).replays, 3);
  free_context(c);
}

static void inside_another_function_it_is_a_look(void **state) {
  (void)state;
  tl_context *c = new_context();
  model in = new_model(c), out = new_model(c);
  out.inner = tl_function_new(c, step, &in, NULL, NULL);
  tl_function *f = tl_function_new(c, step, &out, NULL, NULL);
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *each = tl_full(c, (int64_t[]){3}, 1, 2, TL_F64), *y = NULL;
  double item = -1;
  assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "function_call_items");
  assert_int_equal(tl_function_call_items(f, &x, 1, &item, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "function_call_items");
  assert_true(item == -1);
  const int runs = in.runs;
  assert_int_equal(tl_vmap(c, step, &out, NULL, &each, NULL, 1, &y, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[function_call_items] ");
  assert_int_equal(in.runs, runs);
  free_context(c);
}

typedef struct {
  tl_tensor *w, *seen;
  tl_optimizer *optimizer;
} counted;

/* Its outputs are the optimizer's own numbers as they are before the step; a variable keeps the first one, too. */
static tl_status count_before(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                              tl_tensor **outputs, size_t num_outputs) {
  counted *m = user_data;
  (void)num_inputs;
  (void)num_outputs;
  tl_tensor *const *own = tl_optimizer_variables(m->optimizer, NULL), *gradient = NULL;
  outputs[0] = tl_variable_read(own[0]);
  outputs[1] = tl_reshape(c, own[0], (int64_t[]){1, 1}, 2);
  if (tl_variable_assign(m->seen, outputs[0]) != TL_OK) return tl_error_code(c);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *loss = tl_mean(c, tl_square(c, tl_mul(c, inputs[0], m->w)));
  if (tl_tape_gradient(tape, loss, &m->w, 1, NULL, &gradient) == TL_OK)
    (void)!tl_optimizer_apply(m->optimizer, &gradient, &m->w, 1); /* a failure stays in the context */
  return tl_error_code(c);
}

/* An optimizer writes its count in place where nobody else holds it. */
static void an_output_keeps_the_count_of_before(void **state) {
  (void)state;
  tl_context *c = tl_context_new(NULL);
  counted m = {.w = tl_variable_new(c, tl_scalar(c, TL_F32, 1), "w", true),
               .seen = tl_variable_new(c, tl_scalar(c, TL_I64, -1), "seen", false),
               .optimizer = tl_sgd(c, NULL)};
  tl_function *f = tl_function_new(c, count_before, &m, NULL, NULL);
  tl_tensor *x = tl_scalar(c, TL_F32, 0.5), *held[2 * KINDS] = {NULL};
  for (int i = 0; i < KINDS; i++) {
    if (i % 4 == 3) {
      double items[2] = {0, 0};
      assert_int_equal(tl_function_call_items(f, &x, 1, items, 2), TL_OK);
      assert_true(items[0] == i && items[1] == i);
    } else {
      assert_int_equal(tl_function_call(f, &x, 1, held + 2 * i, 2), TL_OK);
      if (i % 4 == 1) { /* nobody holds these afterwards */
        assert_true(tl_tensor_item(held[2 * i]) == i);
        tl_tensor_release(held[2 * i]);
        tl_tensor_release(held[2 * i + 1]);
        held[2 * i] = held[2 * i + 1] = NULL;
      }
    }
    assert_true(tl_tensor_item(m.seen) == i);
    assert_int_equal(tl_optimizer_iterations(m.optimizer), i + 1);
  }
  for (int i = 0; i < 2 * KINDS; i++)
    if (held[i]) assert_true(tl_tensor_item(held[i]) == i / 2);
  assert_int_equal(stats_of(f).replays, KINDS - 1);
  assert_int_equal(tl_context_free(c), TL_OK);
}

static void inputs_may_be_variables_and_batches(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  tl_tensor *like = tl_full(c, (int64_t[]){1}, 1, 0, TL_F64);
  tl_tensor *v = tl_variable_new(c, like, "v", false);
  tl_feed *feed = tl_feed_new(c, &like, 1);
  for (int i = 0; i < 5; i++) {
    tl_scope_begin(c);
    tl_tensor *batch = NULL;
    double item = 0, want = (i + 1) * variable_of(&m);
    assert_int_equal(tl_feed_begin(feed), TL_OK);
    *(double *)tl_feed_memory(feed, 0, NULL) = i + 1;
    assert_int_equal(tl_feed_commit(feed, 1), TL_OK);
    assert_true(tl_feed_next(feed, &batch, 1));
    assert_int_equal(tl_function_call_items(f, &batch, 1, &item, 1), TL_OK);
    assert_true(item == want);
    assert_int_equal(tl_variable_assign(v, batch), TL_OK);
    want = (i + 1) * variable_of(&m);
    assert_int_equal(tl_function_call_items(f, &v, 1, &item, 1), TL_OK);
    assert_true(item == want);
    assert_int_equal(tl_scope_end(c), TL_OK);
  }
  assert_int_equal(stats_of(f).traces, 1);
  free_context(c);
}

int function_items_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_those_of_the_tensors),
      cmocka_unit_test(outputs_of_other_sizes_are_refused),
      cmocka_unit_test(wrong_arguments_are_refused),
      cmocka_unit_test(nothing_is_left),
      cmocka_unit_test(a_step_that_fails_leaves_items),
      cmocka_unit_test(a_replay_that_fails_changes_nothing),
      cmocka_unit_test(a_tape_outside_sees_the_step),
      cmocka_unit_test(inside_another_function_it_is_a_look),
      cmocka_unit_test(inputs_may_be_variables_and_batches),
      cmocka_unit_test(an_output_keeps_the_count_of_before),
  };
  return RUN_GROUP("function items", tests);
}
