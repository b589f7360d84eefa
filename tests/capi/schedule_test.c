/* Schedules through the C API: whose they are, how an optimizer takes them, callbacks, and every way to go wrong. Their numbers are
 * tested in tests/optim. */
#include "tests/capi/harness.h"

static bool near(double a, double b) { return fabs(a - b) <= 1e-10 * (1 + fabs(b)); }

static tl_optimizer *new_sgd(tl_context *c) {
  tl_optimizer *sgd = tl_sgd(c, NULL);
  assert_non_null(sgd);
  return sgd;
}

static tl_tensor *variable(tl_context *c, float value) {
  tl_tensor *v = tl_variable_new(c, vector(c, 1, &value), "w", true);
  assert_non_null(v);
  return v;
}

static double value(tl_tensor *t) { return ((const float *)tl_tensor_data(t))[0]; }

static void each_kind(void **state) {
  (void)state;
  tl_context *c = new_context();
  const int64_t ends[] = {2, 4};
  const double rates[] = {1, .5, .25};
  tl_one_cycle_options cycle;
  tl_one_cycle_options_init(&cycle, sizeof cycle);
  cycle.linear = true;
  cycle.warmup_fraction = .5;
  cycle.div_factor = 10;
  cycle.final_div_factor = 1;
  tl_schedule *parts[] = {tl_schedule_constant(c, 1), tl_schedule_exponential(c, 1, 1, .5, false),
                          tl_schedule_constant(c, 7)};
  struct {
    tl_schedule *schedule;
    int64_t step;
    double rate;
  } cases[] = {
      {parts[0], 1000, 1},
      {tl_schedule_piecewise_constant(c, ends, 2, rates, 3), 2, 1},
      {tl_schedule_piecewise_constant(c, ends, 2, rates, 3), 3, .5},
      {tl_schedule_piecewise_constant(c, NULL, 0, rates, 1), 9, 1},
      {tl_schedule_exponential(c, .1, 3, .96, true), 100, .1 * pow(.96, 33)},
      {tl_schedule_inverse_time(c, .1, 10, .96, false), 5, .1 / 1.48},
      {tl_schedule_polynomial(c, .1, .01, 10, 2, false), 5, .09 * .25 + .01},
      {tl_schedule_polynomial(c, .1, .01, 10, 1, true), 15, .09 * .25 + .01},
      {tl_schedule_cosine(c, 1, 1000, .1), 250, .8681980515},
      {tl_schedule_cosine_restarts(c, 1, 1000, 2, 1, 0), 1250, .9619397663},
      {tl_schedule_one_cycle(c, 1, 10, NULL), 2, 1},
      {tl_schedule_one_cycle(c, 1, 11, &cycle), 2, .1 + .9 * 2 / 4.5},
      {tl_schedule_warmup(c, 0, 1500, tl_schedule_cosine(c, 10, 1000, 0)), 300, 2},
      {tl_schedule_sequence(c, parts, 3, ends, 2), 3, .5},
      {tl_schedule_sequence(c, parts, 1, NULL, 0), 3, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_non_null(cases[i].schedule);
    const double got = tl_schedule_rate(cases[i].schedule, cases[i].step);
    if (!near(got, cases[i].rate)) fail_msg("case %zu: got %.12g, want %.12g", i, got, cases[i].rate);
  }
  free_context(c);
}

static void an_optimizer_keeps_its_schedule(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *sgd = new_sgd(c);
  tl_tensor *w = variable(c, 0), *g = vector(c, 1, (float[]){1});
  assert_int_equal(tl_scope_begin(c), TL_OK);
  tl_schedule *halves = tl_schedule_exponential(c, 1, 1, .5, false), *base = tl_schedule_constant(c, 4);
  tl_schedule *warm = tl_schedule_warmup(c, 0, 2, base);
  tl_schedule_release(base);
  assert_true(tl_schedule_rate(warm, 1) == 2 && tl_schedule_rate(warm, 2) == 4);
  assert_int_equal(tl_optimizer_set_schedule(sgd, halves), TL_OK);
  assert_int_equal(tl_scope_end(c), TL_OK);
  double want = 0;
  for (int step = 0; step < 3; step++) {
    assert_true(tl_optimizer_learning_rate(sgd) == pow(.5, step));
    assert_int_equal(tl_optimizer_apply(sgd, &g, &w, 1), TL_OK);
    assert_true(value(w) == (want -= pow(.5, step)));
  }
  assert_int_equal(tl_optimizer_set_learning_rate(sgd, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "while a schedule gives it");
  assert_int_equal(tl_optimizer_set_schedule(sgd, NULL), TL_OK);
  assert_true(tl_optimizer_learning_rate(sgd) == .01);
  assert_int_equal(tl_optimizer_set_learning_rate(sgd, 1), TL_OK);
  assert_true(isnan(tl_schedule_rate(halves, 0)));
  expect_error(c, TL_INVALID_ARGUMENT, "schedule");
  free_context(c);
}

static void a_plateau_is_told_its_metric(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_plateau_options o;
  tl_plateau_options_init(&o, sizeof o);
  o.factor = .5;
  o.patience = 2;
  o.name = "p";
  tl_schedule *constant = tl_schedule_constant(c, 1), *plateau = tl_schedule_plateau(c, constant, &o);
  tl_optimizer *sgd = new_sgd(c);
  assert_int_equal(tl_optimizer_set_schedule(sgd, plateau), TL_OK);
  const double metrics[] = {3, 2, 2, 2, 1, NAN, 1};
  const bool reduces[] = {false, false, false, true, false, false, true};
  for (int i = 0; i < 7; i++) {
    bool reduced;
    assert_int_equal(tl_schedule_report(plateau, metrics[i], &reduced), TL_OK);
    assert_int_equal(reduced, reduces[i]);
  }
  assert_true(tl_optimizer_learning_rate(sgd) == .25);
  size_t count;
  tl_tensor *const *vars = tl_optimizer_variables(sgd, &count);
  assert_int_equal(count, 6);
  assert_string_equal(tl_variable_name(vars[2]), "p/scale");
  assert_true(tl_tensor_item(vars[2]) == .25);
  assert_int_equal(tl_schedule_report(constant, 1, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[schedule_report] only a plateau takes a metric");
  free_context(c);
}

/* A callback, and what it is told to do wrong. */
typedef struct {
  int calls, destroyed;
  tl_status status;
  double rate;
  tl_context *context;
  tl_tensor *victim;
  tl_optimizer *optimizer;
} own;

static tl_status own_rate(void *user_data, int64_t step, double *rate) {
  own *o = user_data;
  o->calls++;
  if (o->context) assert_null(tl_scalar(o->context, TL_F32, 1));
  tl_tensor_release(o->victim);
  tl_optimizer_release(o->optimizer);
  *rate = o->rate + (double)step;
  return o->status;
}

static void own_destroy(void *user_data) { ((own *)user_data)->destroyed++; }

static void callbacks_give_rates(void **state) {
  (void)state;
  tl_context *c = new_context();
  own o = {.rate = 1};
  tl_optimizer *sgd = new_sgd(c);
  tl_tensor *w = variable(c, 0), *g = vector(c, 1, (float[]){1});
  tl_schedule *mine = tl_schedule_custom(c, "mine", own_rate, &o, own_destroy);
  assert_int_equal(tl_optimizer_set_schedule(sgd, tl_schedule_warmup(c, 0, 1, mine)), TL_OK);
  for (int step = 0; step < 3; step++) assert_int_equal(tl_optimizer_apply(sgd, &g, &w, 1), TL_OK);
  assert_true(value(w) == -3); /* 0, 1, 2 */
  const int calls = o.calls;
  o.status = TL_IO;
  assert_int_equal(tl_optimizer_apply(sgd, &g, &w, 1), TL_IO);
  expect_error(c, TL_IO, "mine: the rate callback must return TL_OK: got ");
  assert_true(isnan(tl_optimizer_learning_rate(sgd)));
  expect_error(c, TL_IO, "for step 2");
  o.status = 12345;
  assert_int_equal(tl_optimizer_apply(sgd, &g, &w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got 12345");
  o.status = TL_OK;
  o.rate = -9;
  assert_int_equal(tl_optimizer_apply(sgd, &g, &w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[optimizer_apply] mine: the rate callback must set a rate that is a finite number and not "
               "negative: got -7 for step 2; ");
  const double bad[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    o.rate = bad[i];
    assert_true(isnan(tl_schedule_rate(mine, 7)));
    assert_non_null(strstr(tl_error_message(c), bad[i] != bad[i] ? "got nan for step 7" : "inf for step 7"));
    expect_error(c, TL_INVALID_ARGUMENT, "[schedule_rate] mine: the rate callback must set a rate that");
  }
  o.rate = 1;
  o.context = c;
  assert_int_equal(tl_optimizer_apply(sgd, &g, &w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "must not use its context");
  o.context = NULL;
  assert_true(o.calls > calls);
  assert_true(value(w) == -3 && tl_optimizer_iterations(sgd) == 3 && o.destroyed == 0);
  assert_int_equal(tl_optimizer_apply(sgd, &g, &w, 1), TL_OK);
  assert_true(value(w) == -6);
  tl_schedule_release(mine);
  assert_int_equal(tl_optimizer_set_schedule(sgd, NULL), TL_OK);
  assert_int_equal(o.destroyed, 0); /* the warm-up's handle is still there */
  free_context(c);
  assert_int_equal(o.destroyed, 1);
}

static void user_data_ends_once(void **state) {
  (void)state;
  tl_context *c = new_context();
  own o = {0};
  assert_null(tl_schedule_custom(c, "mine", NULL, &o, own_destroy));
  expect_error(c, TL_INVALID_ARGUMENT, "'callback' must be a function");
  assert_int_equal(o.destroyed, 1);
  assert_null(tl_schedule_custom(c, NULL, own_rate, &o, own_destroy));
  expect_error(c, TL_INVALID_ARGUMENT, "'name'");
  assert_int_equal(o.destroyed, 2);
  assert_int_equal(tl_set_error(c, TL_IO, "before"), TL_OK);
  assert_null(tl_schedule_custom(c, "mine", own_rate, &o, own_destroy));
  expect_error(c, TL_IO, "before");
  assert_int_equal(o.destroyed, 3);
  tl_schedule_release(tl_schedule_custom(c, "mine", own_rate, &o, own_destroy));
  assert_int_equal(o.destroyed, 4);
  free_context(c);
}

typedef struct {
  tl_optimizer *optimizer;
  tl_tensor *w;
} model;

static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  model *m = user_data;
  tl_tensor *gradient = tl_mul(c, inputs[0], m->w);
  outputs[0] = gradient;
  return tl_optimizer_apply(m->optimizer, &gradient, &m->w, 1);
}

static void compiled_steps_ask_a_callback_each_time(void **state) {
  (void)state;
  tl_context *c = new_context();
  own o = {.rate = .1};
  model compiled = {new_sgd(c), variable(c, 1)}, eager = {new_sgd(c), variable(c, 1)};
  tl_schedule *mine = tl_schedule_custom(c, "mine", own_rate, &o, own_destroy);
  assert_int_equal(tl_optimizer_set_schedule(compiled.optimizer, mine), TL_OK);
  assert_int_equal(tl_optimizer_set_schedule(eager.optimizer, mine), TL_OK);
  tl_function *train = tl_function_new(c, step, &compiled, NULL, NULL);
  tl_tensor *x = vector(c, 1, (float[]){.5f}), *out = NULL;
  for (int i = 0; i < 5; i++) {
    assert_int_equal(tl_function_call(train, &x, 1, &out, 1), TL_OK);
    assert_int_equal(step(c, &eager, &x, 1, &out, 1), TL_OK);
    assert_true(value(compiled.w) == value(eager.w));
  }
  tl_function_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_function_stats(train, &s), TL_OK);
  assert_true(s.traces == 1 && s.replays == 4);
  o.status = TL_IO;
  const double before = value(compiled.w);
  assert_int_equal(tl_function_call(train, &x, 1, &out, 1), TL_IO);
  expect_error(c, TL_IO, "mine: the rate callback");
  assert_true(value(compiled.w) == before);
  o.status = TL_OK;
  /* What it releases in the midst of a replay lives until that has ended. */
  o.victim = compiled.w;
  o.optimizer = compiled.optimizer;
  assert_int_equal(tl_function_call(train, &x, 1, &out, 1), TL_OK);
  o.victim = NULL;
  o.optimizer = NULL;
  assert_int_equal(tl_function_call(train, &x, 1, &out, 1),
                   TL_INVALID_ARGUMENT); /* records anew: nothing is there */
  tl_clear_error(c);
  free_context(c);
  assert_int_equal(o.destroyed, 1);
}

static void nesting_ends_before_the_stack(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_schedule *s = tl_schedule_constant(c, .1), *deepest = s;
  int levels = 1;
  for (; s && levels < 200000; levels += s != NULL) {
    deepest = s;
    s = tl_schedule_warmup(c, 0, 1, deepest);
  }
  assert_int_equal(levels, 100);
  expect_error(c, TL_INVALID_ARGUMENT, "[schedule_warmup] schedules must not stand within one another");
  assert_true(tl_schedule_rate(deepest, 1000) == .1);
  free_context(c);
}

static void misuse_is_told(void **state) {
  (void)state;
  tl_context *c = new_context(), *other = new_context();
  tl_schedule *one = tl_schedule_constant(c, 1), *foreign = tl_schedule_constant(other, 1);
  tl_optimizer *sgd = new_sgd(c);
  const int64_t end = 1;
  assert_null(tl_schedule_constant(c, -1));
  expect_error(c, TL_INVALID_ARGUMENT, "[schedule_constant] 'rate'");
  assert_null(tl_schedule_exponential(c, 1, 0, 1, false));
  expect_error(c, TL_INVALID_ARGUMENT, "'decay_steps' must be at least 1: got 0");
  assert_null(tl_schedule_piecewise_constant(c, NULL, 1, (double[]){1, 2}, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "'boundaries'");
  assert_null(tl_schedule_warmup(c, 0, 1, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'then' must be a schedule");
  assert_null(tl_schedule_sequence(c, (tl_schedule *[]){one, NULL}, 2, &end, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "'schedules[1]'");
  assert_null(tl_schedule_plateau(c, foreign, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'base'");
  assert_true(isnan(tl_schedule_rate(one, -1)));
  expect_error(c, TL_INVALID_ARGUMENT, "must not be negative: got -1");
  assert_int_equal(tl_optimizer_set_schedule(sgd, foreign), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'schedule'");
  assert_int_equal(tl_optimizer_set_schedule(sgd, (tl_schedule *)sgd), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'schedule'");
  tl_one_cycle_options o;
  tl_one_cycle_options_init(&o, sizeof o);
  o.struct_size = 5000;
  assert_null(tl_schedule_one_cycle(c, 1, 10, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "struct_size");
  assert_int_equal(tl_schedule_report(NULL, 1, NULL), TL_INVALID_ARGUMENT);
  assert_true(isnan(tl_schedule_rate(NULL, 0)));
  assert_true(tl_schedule_keep(one) == one);
  tl_schedule_release(one);
  tl_schedule_release(one);
  tl_schedule_release(NULL);
  free_context(other);
  free_context(c);
}

int schedule_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_kind),
      cmocka_unit_test(an_optimizer_keeps_its_schedule),
      cmocka_unit_test(a_plateau_is_told_its_metric),
      cmocka_unit_test(callbacks_give_rates),
      cmocka_unit_test(user_data_ends_once),
      cmocka_unit_test(compiled_steps_ask_a_callback_each_time),
      cmocka_unit_test(nesting_ends_before_the_stack),
      cmocka_unit_test(misuse_is_told),
  };
  return RUN_GROUP("schedules", tests);
}
