/* Optimizers and metrics of the program's own through the C API: what their callbacks get and give, compiled steps, state by name,
 * and every way to go wrong. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <unistd.h>

#include "tests/capi/harness.h"

/* What a callback counts, and what it is told to do wrong. */
typedef struct {
  int runs, destroyed;
  tl_status status; /* to return, with an error unless `silent` */
  bool silent, half, broadcast, look, foreign;
  tl_optimizer *again, *victim;
  tl_metric *victim_metric;
  tl_tensor *w, *forget;
} own;

static void count_destroy(void *user_data) { ((own *)user_data)->destroyed++; }

static tl_tensor *variable(tl_context *c, const char *name, double value) {
  tl_tensor *v = tl_variable_new(c, tl_full(c, (int64_t[]){2}, 1, value, TL_F64), name, true);
  assert_non_null(v);
  return v;
}

static double value(tl_tensor *t) { return ((const double *)tl_tensor_data(t))[0]; }

/* Momentum, and a number that adds up the rates. */
static tl_status momentum(tl_context *c, void *user_data, tl_tensor *const *in, size_t num_in,
                          tl_tensor **out, size_t num_out) {
  own *o = user_data;
  o->runs++;
  assert_int_equal(num_in, 6);
  assert_int_equal(num_out, 3);
  out[1] = tl_add(c, tl_mul_scalar(c, in[4], 0.5), in[1]);
  if (o->half) return TL_OK;
  out[0] = tl_sub(c, in[0], tl_mul(c, in[2], out[1]));
  out[2] = tl_add(c, in[5], tl_mul(c, in[2], in[3]));
  if (o->broadcast) out[2] = tl_add(c, in[5], in[0]);
  if (o->look) assert_true(tl_tensor_item(in[3]) >= 1);
  if (o->again) {
    tl_tensor *w = o->w, *g = in[1];
    return tl_optimizer_apply(o->again, &g, &w, 1);
  }
  tl_optimizer_release(o->victim);
  tl_tensor_release(o->forget);
  if (o->status && !o->silent)
    assert_int_equal(tl_set_error(c, o->status, "[momentum] words of the program's own"), TL_OK);
  return o->status;
}

static tl_optimizer *new_momentum(tl_context *c, own *o, const char *name) {
  tl_optimizer *mine = tl_optimizer_custom(c, name, 0.5, momentum, o, count_destroy);
  assert_non_null(mine);
  assert_int_equal(tl_optimizer_add_slot(mine, "m", TL_SLOT_ELEMENTS, 1), TL_OK);
  assert_int_equal(tl_optimizer_add_slot(mine, "total", TL_SLOT_NUMBER, 0), TL_OK);
  return mine;
}

static void an_update_of_the_programs_own(void **state) {
  (void)state;
  tl_context *c = new_context();
  own o = {0};
  tl_optimizer *mine = new_momentum(c, &o, "mine");
  tl_tensor *w = variable(c, "w", 4), *g = tl_full(c, (int64_t[]){2}, 1, 2, TL_F64);
  double m = 1, want = 4, total = 0;
  for (int step = 1; step <= 3; step++) {
    assert_int_equal(tl_optimizer_apply(mine, &g, &w, 1), TL_OK);
    m = .5 * m + 2, want -= .5 * m, total += .5 * step;
    assert_true(value(w) == want);
  }
  size_t count;
  tl_tensor *const *all = tl_optimizer_variables(mine, &count);
  assert_int_equal(count, 4);
  assert_string_equal(tl_variable_name(all[2]), "mine/w/m");
  assert_string_equal(tl_variable_name(all[3]), "mine/w/total");
  assert_true(value(all[2]) == m && value(all[3]) == total);
  /* What is left unset stays. */
  o.half = true;
  assert_int_equal(tl_optimizer_apply(mine, &g, &w, 1), TL_OK);
  assert_true(value(w) == want && value(all[2]) == .5 * m + 2 && value(all[3]) == total);
  tl_optimizer_release(mine);
  assert_int_equal(o.destroyed, 1);
  free_context(c);
}

/* Its state in another one, with step options around it. */
static void its_state_is_resumed_by_name(void **state) {
  (void)state;
  tl_context *c = new_context();
  own o = {0};
  tl_optimizer *first = new_momentum(c, &o, "mine"), *second = new_momentum(c, &o, "mine");
  tl_step_options options;
  tl_step_options_init(&options, sizeof options);
  options.weight_decay = .1;
  options.use_ema = true;
  tl_tensor *w = variable(c, "w", 4), *v = variable(c, "w", 0), *g = tl_full(c, (int64_t[]){2}, 1, 2, TL_F64);
  assert_int_equal(tl_optimizer_configure(first, &options), TL_OK);
  assert_int_equal(tl_optimizer_configure(second, &options), TL_OK);
  for (int i = 0; i < 3; i++) assert_int_equal(tl_optimizer_apply(first, &g, &w, 1), TL_OK);
  assert_int_equal(tl_optimizer_build(second, &v, 1), TL_OK);
  size_t count, same;
  tl_tensor *const *from = tl_optimizer_variables(first, &count), *const *to =
                                                                      tl_optimizer_variables(second, &same);
  assert_int_equal(count, same);
  for (size_t i = 0; i < count; i++) {
    assert_string_equal(tl_variable_name(from[i]), tl_variable_name(to[i]));
    assert_int_equal(tl_variable_assign(to[i], from[i]), TL_OK);
  }
  assert_int_equal(tl_variable_assign(v, w), TL_OK);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(tl_optimizer_apply(first, &g, &w, 1), TL_OK);
    assert_int_equal(tl_optimizer_apply(second, &g, &v, 1), TL_OK);
  }
  assert_memory_equal(tl_tensor_data(w), tl_tensor_data(v), 16);
  free_context(c);
}

typedef struct {
  tl_optimizer *optimizer;
  tl_metric *metric;
  tl_tensor *w;
} trained;

static tl_metric *new_largest(tl_context *c, own *o);
static tl_status train(tl_context *c, void *user_data, tl_tensor *const *in, size_t n, tl_tensor **out,
                       size_t m);

/* Everything of the program's own, a group, and Lookahead. */
typedef struct {
  tl_context *c;
  trained t;
  tl_tensor *grouped;
  tl_checkpoint *all;
} run;

static run new_run(own *o) {
  run r = {.c = new_context()};
  tl_context *c = r.c;
  r.t = (trained){new_momentum(c, o, "mine"), new_largest(c, o), variable(c, "w", 1)};
  r.grouped = variable(c, "grouped", 2);
  tl_step_options options;
  tl_step_options_init(&options, sizeof options);
  options.lookahead_steps = 3;
  assert_int_equal(tl_optimizer_configure(r.t.optimizer, &options), TL_OK);
  assert_int_equal(tl_optimizer_add_group(r.t.optimizer, tl_adam(c, NULL), &r.grouped, 1, 0), TL_OK);
  tl_tensor *both[] = {r.t.w, r.grouped};
  assert_int_equal(tl_optimizer_build(r.t.optimizer, both, 2), TL_OK);
  r.all = tl_checkpoint_new(c);
  assert_int_equal(tl_checkpoint_add_optimizer(r.all, "optimizer", r.t.optimizer), TL_OK);
  assert_int_equal(tl_checkpoint_add_metric(r.all, "metric", r.t.metric), TL_OK);
  assert_int_equal(tl_checkpoint_add_variable(r.all, "w", r.t.w), TL_OK);
  assert_int_equal(tl_checkpoint_add_variable(r.all, "grouped", r.grouped), TL_OK);
  return r;
}

static void go_on(run *r, int from, int to) {
  for (int i = from; i < to; i++) {
    tl_context *c = r->c;
    tl_tensor *x = tl_full(c, (int64_t[]){2}, 1, i, TL_F64), *loss;
    assert_int_equal(train(c, &r->t, &x, 1, &loss, 1), TL_OK);
    tl_tensor *g = tl_sub(c, r->grouped, x);
    assert_int_equal(tl_optimizer_apply(r->t.optimizer, &g, &r->grouped, 1), TL_OK);
  }
}

static void a_checkpoint_has_all_of_it(void **state) {
  (void)state;
  char folder[] = "/tmp/tapeloop-custom-XXXXXX", path[64], command[64];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/saved", folder);
  own o = {0};
  run straight = new_run(&o), resumed = new_run(&o);
  go_on(&straight, 0, 4);
  assert_int_equal(tl_checkpoint_save(straight.all, path), TL_OK);
  go_on(&resumed, 7, 9);
  assert_int_equal(tl_checkpoint_restore(resumed.all, path), TL_OK);
  go_on(&straight, 4, 8);
  go_on(&resumed, 4, 8);
  assert_memory_equal(tl_tensor_data(straight.t.w), tl_tensor_data(resumed.t.w), 16);
  assert_memory_equal(tl_tensor_data(straight.grouped), tl_tensor_data(resumed.grouped), 16);
  assert_true(tl_metric_result(straight.t.metric) == tl_metric_result(resumed.t.metric));
  assert_int_equal(tl_optimizer_iterations(resumed.t.optimizer), 16);
  free_context(straight.c);
  free_context(resumed.c);
  snprintf(command, sizeof command, "rm -rf %s", folder);
  assert_int_equal(system(command), 0);
}

static tl_status train(tl_context *c, void *user_data, tl_tensor *const *in, size_t n, tl_tensor **out,
                       size_t m) {
  trained *t = user_data;
  (void)n, (void)m;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *loss = tl_sum(c, tl_square(c, tl_sub(c, t->w, in[0]))), *g;
  if (tl_tape_gradient(tape, loss, &t->w, 1, NULL, &g) == TL_OK &&
      tl_optimizer_apply(t->optimizer, &g, &t->w, 1) == TL_OK &&
      tl_metric_update(t->metric, loss, NULL) == TL_OK)
    out[0] = loss;
  return tl_error_code(c);
}

/* The largest value so far, and how many there were. */
static tl_status largest(tl_context *c, void *user_data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                         size_t num_out) {
  own *o = user_data;
  o->runs++;
  assert_true(num_in >= 3 && num_out == 2);
  out[0] = tl_maximum(c, in[0], tl_max(c, tl_cast(c, in[2], TL_F64)));
  out[1] = tl_add(c, in[1], tl_full(c, (int64_t[]){2}, 1, 1, TL_F64));
  if (o->broadcast) out[0] = tl_add(c, out[0], out[1]);
  if (o->half) out[0] = NULL;
  tl_metric_release(o->victim_metric);
  if (o->status) assert_int_equal(tl_set_error(c, o->status, "[largest] words of the program's own"), TL_OK);
  return o->status;
}

static tl_status both(tl_context *c, void *user_data, tl_tensor *const *in, size_t num_in, tl_tensor **out,
                      size_t num_out) {
  (void)user_data;
  assert_true(num_in == 2 && num_out == 1);
  out[0] = tl_cast(c, tl_mul(c, in[0], tl_sum(c, in[1])), TL_F32);
  return TL_OK;
}

static tl_metric *new_largest(tl_context *c, own *o) {
  tl_metric *metric = tl_metric_custom(c, "largest", largest, both, o, count_destroy);
  assert_non_null(metric);
  assert_int_equal(tl_metric_add_state(metric, "value", NULL, 0, -1e300), TL_OK);
  assert_int_equal(tl_metric_add_state(metric, "counts", (int64_t[]){2}, 1, 0), TL_OK);
  return metric;
}

static void compiled_steps_have_the_numbers_of_eager_ones(void **state) {
  (void)state;
  tl_context *c = new_context();
  own update = {0}, adds = {0};
  trained eager = {new_momentum(c, &update, "mine"), new_largest(c, &adds), variable(c, "w", 1)};
  trained compiled = {new_momentum(c, &update, "mine"), new_largest(c, &adds), variable(c, "w", 1)};
  tl_function *f = tl_function_new(c, train, &compiled, NULL, NULL);
  for (int i = 0; i < 6; i++) {
    tl_tensor *x = tl_full(c, (int64_t[]){2}, 1, i, TL_F64), *a, *b;
    if (i == 3) {
      assert_int_equal(tl_optimizer_set_learning_rate(eager.optimizer, .125), TL_OK);
      assert_int_equal(tl_optimizer_set_learning_rate(compiled.optimizer, .125), TL_OK);
    }
    assert_int_equal(train(c, &eager, &x, 1, &a, 1), TL_OK);
    const int runs = update.runs;
    assert_int_equal(tl_function_call(f, &x, 1, &b, 1), TL_OK);
    assert_int_equal(update.runs, i == 0 ? runs + 1 : runs);
    assert_true(value(a) == value(b));
    assert_memory_equal(tl_tensor_data(eager.w), tl_tensor_data(compiled.w), 16);
    assert_true(tl_metric_result(eager.metric) == tl_metric_result(compiled.metric));
  }
  free_context(c);
}

static void an_update_that_fails_changes_nothing(void **state) {
  (void)state;
  tl_context *c = new_context();
  own o = {0};
  tl_optimizer *mine = new_momentum(c, &o, "mine"), *sgd = tl_sgd(c, NULL);
  tl_tensor *w[] = {variable(c, "a", 4), variable(c, "b", 4)}, *g[2];
  g[0] = g[1] = tl_full(c, (int64_t[]){2}, 1, 2, TL_F64);
  assert_int_equal(tl_optimizer_add_group(sgd, mine, w + 1, 1, 0), TL_OK);
  struct {
    own set;
    tl_status status;
    const char *text;
  } cases[] = {
      {{.status = TL_UNSUPPORTED}, TL_UNSUPPORTED, "[momentum] words of the program's own"},
      {{.status = TL_INTERNAL, .silent = true},
       TL_INTERNAL,
       "the update callback must return TL_OK or set the error"},
      {{.broadcast = true},
       TL_INVALID_ARGUMENT,
       "must keep dtype and shape of the slot 'total': got f64 (2,) for f64 ()"},
      {{.again = sgd, .w = w[0]},
       TL_FAILED_PRECONDITION,
       "an optimizer takes one step at a time: got a call for 'sgd'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    o = cases[i].set;
    assert_int_equal(tl_optimizer_apply(sgd, g, w, 2), cases[i].status);
    expect_error(c, cases[i].status, cases[i].text);
    assert_true(value(w[0]) == 4 && value(w[1]) == 4);
    assert_int_equal(tl_optimizer_iterations(sgd), 0);
  }
  /* Releasing what it works on ends nothing before the step is done. */
  o = (own){.victim = sgd, .forget = w[0]};
  assert_int_equal(tl_optimizer_apply(sgd, g, w, 2), TL_OK);
  assert_true(value(w[1]) == 4 - .5 * 2.5);
  assert_int_equal(tl_optimizer_apply(sgd, g, w, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "optimizer");
  free_context(c);
}

static void a_step_that_is_recorded_must_not_be_looked_at(void **state) {
  (void)state;
  tl_context *c = new_context();
  own update = {.look = true}, adds = {0};
  trained t = {new_momentum(c, &update, "mine"), new_largest(c, &adds), variable(c, "w", 1)};
  tl_function *f = tl_function_new(c, train, &t, NULL, NULL);
  tl_tensor *x = tl_full(c, (int64_t[]){2}, 1, 1, TL_F64), *loss;
  assert_int_equal(tl_function_call(f, &x, 1, &loss, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "looks at");
  free_context(c);
}

static void slots_that_cannot_be_are_refused(void **state) {
  (void)state;
  tl_context *c = new_context();
  own o = {0};
  tl_optimizer *mine = new_momentum(c, &o, "mine");
  struct {
    const char *name;
    tl_slot_kind kind;
    double first;
    const char *text;
  } cases[] = {{NULL, 0, 0, "'name'"},   {"", 0, 0, "must have a name"},
               {"m", 0, 0, "'m' twice"}, {"average", 0, 0, "step options"},
               {"x", 3, 0, "got 3"},     {"x", 0, NAN, "got nan"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(tl_optimizer_add_slot(mine, cases[i].name, cases[i].kind, cases[i].first),
                     TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, cases[i].text);
  }
  for (int i = 0; i < 6; i++) {
    const char name[] = {(char)('a' + i), 0};
    assert_int_equal(tl_optimizer_add_slot(mine, name, TL_SLOT_WEIGHTS, 0), TL_OK);
  }
  assert_int_equal(tl_optimizer_add_slot(mine, "more", TL_SLOT_NUMBER, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "at most 8 slots");
  assert_int_equal(tl_optimizer_add_slot(tl_sgd(c, NULL), "m", 0, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got 'sgd' of the library");
  tl_tensor *w = variable(c, "w", 4);
  assert_int_equal(tl_optimizer_build(mine, &w, 1), TL_OK);
  assert_int_equal(tl_optimizer_add_slot(mine, "late", 0, 0), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "slots must be added before the first step");
  assert_null(tl_optimizer_custom(c, "x", .1, NULL, &o, count_destroy));
  expect_error(c, TL_INVALID_ARGUMENT, "'update' must be a function");
  assert_null(tl_optimizer_custom(c, NULL, .1, momentum, &o, count_destroy));
  expect_error(c, TL_INVALID_ARGUMENT, "'name'");
  assert_null(tl_optimizer_custom(c, "x", -1, momentum, &o, count_destroy));
  expect_error(c, TL_INVALID_ARGUMENT, "'learning_rate'");
  assert_null(tl_optimizer_custom(NULL, "x", .1, momentum, &o, count_destroy));
  assert_int_equal(o.destroyed, 4);
  free_context(c);
}

static void a_metric_of_the_programs_own(void **state) {
  (void)state;
  tl_context *c = new_context();
  own o = {0};
  tl_metric *metric = new_largest(c, &o);
  tl_tensor *x = vector(c, 3, (float[]){1, 5, 2}), *y = vector(c, 2, (float[]){3, -7}), *three[3];
  three[0] = x, three[1] = three[2] = NULL;
  assert_int_equal(tl_metric_update(metric, x, NULL), TL_OK);
  assert_int_equal(tl_metric_update_predictions(metric, y, x, NULL), TL_OK);
  assert_int_equal(tl_metric_update_with(metric, three, 3), TL_OK);
  assert_true(tl_metric_result(metric) == 5 * 6);
  size_t count;
  tl_tensor *const *all = tl_metric_variables(metric, &count);
  assert_int_equal(count, 2);
  assert_string_equal(tl_variable_name(all[1]), "largest/counts");
  assert_true(value(all[1]) == 3);
  o.half = true;
  assert_int_equal(tl_metric_update(metric, vector(c, 1, (float[]){9}), NULL), TL_OK);
  assert_true(tl_metric_result(metric) == 5 * 8);
  assert_int_equal(tl_metric_reset(metric), TL_OK);
  assert_true(value(all[0]) == -1e300 && value(all[1]) == 0);
  o = (own){.status = TL_UNSUPPORTED};
  assert_int_equal(tl_metric_update(metric, x, NULL), TL_UNSUPPORTED);
  expect_error(c, TL_UNSUPPORTED, "[largest] words of the program's own");
  o = (own){.broadcast = true};
  assert_int_equal(tl_metric_update(metric, x, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must keep the shape of the state: got (2,) for 'value' of ()");
  assert_true(value(all[0]) == -1e300 && value(all[1]) == 0);
  assert_int_equal(tl_metric_add_state(metric, "late", NULL, 0, 0), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "before the first update");
  assert_int_equal(tl_metric_update_with(tl_metric_mean(c, NULL), &x, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got 'mean' of the library");
  assert_int_equal(tl_metric_add_state(tl_metric_mean(c, NULL), "x", NULL, 0, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got 'mean' of the library");
  assert_null(tl_metric_custom(c, "x", largest, NULL, &o, count_destroy));
  expect_error(c, TL_INVALID_ARGUMENT, "'result' must be a function");
  assert_int_equal(o.destroyed, 1);
  tl_metric *twice = new_largest(c, &o);
  assert_int_equal(tl_metric_add_state(twice, "value", NULL, 0, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'value' twice");
  o = (own){.victim_metric = twice};
  assert_int_equal(tl_metric_update(twice, x, NULL), TL_OK);
  assert_int_equal(o.destroyed, 1);
  free_context(c);
}

int custom_training_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_update_of_the_programs_own),
      cmocka_unit_test(its_state_is_resumed_by_name),
      cmocka_unit_test(a_checkpoint_has_all_of_it),
      cmocka_unit_test(compiled_steps_have_the_numbers_of_eager_ones),
      cmocka_unit_test(an_update_that_fails_changes_nothing),
      cmocka_unit_test(a_step_that_is_recorded_must_not_be_looked_at),
      cmocka_unit_test(slots_that_cannot_be_are_refused),
      cmocka_unit_test(a_metric_of_the_programs_own),
  };
  return RUN_GROUP("custom training", tests);
}
