/* Optimizers and clipping through the C API; their numbers are tested in tests/optim. */
#include "tests/capi/harness.h"

static double at(tl_tensor* t, size_t i) { return ((const float*)tl_tensor_data(t))[i]; }
static bool near(double a, double b) { return fabs(a - b) <= 1e-5 * (1 + fabs(b)); }

static tl_tensor* variable(tl_context* c, const char* name, size_t count, const float* values) {
  tl_tensor* v = tl_variable_new(c, vector(c, count, values), name, true);
  assert_non_null(v);
  return v;
}

static void one_step_of_each(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor* g = vector(c, 4, (float[]){1, 6, 7, 2});
  tl_sgd_options sgd;
  tl_sgd_options_init(&sgd, sizeof sgd);
  sgd.learning_rate = .5;
  tl_adamw_options adamw;
  tl_adamw_options_init(&adamw, sizeof adamw);
  adamw.learning_rate = .5;
  tl_optimizer* optimizers[] = {tl_sgd(c, &sgd), tl_adamw(c, &adamw), tl_adam(c, NULL), tl_sgd(c, NULL)};
  const double want[][2] = {{.5, 3}, {.4980, 3.492}, {.999, 3.999}, {.99, 3.98}};
  for (int i = 0; i < 4; i++) {
    tl_tensor* w = variable(c, "w", 4, (float[]){1, 2, 3, 4});
    assert_int_equal(tl_optimizer_apply(optimizers[i], &g, &w, 1), TL_OK);
    assert_true(near(at(w, 0), want[i][0]) && near(at(w, 3), want[i][1]));
    assert_int_equal(tl_optimizer_iterations(optimizers[i]), 1);
  }
  free_context(c);
}

static void conventions_are_options(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor *g = vector(c, 1, (float[]){1}), *small = vector(c, 1, (float[]){1e-8f});
  for (tl_momentum_form form = TL_MOMENTUM_KERAS; form <= TL_MOMENTUM_PYTORCH; form++) {
    tl_sgd_options o;
    tl_sgd_options_init(&o, sizeof o);
    o.learning_rate = .1;
    o.momentum = .9;
    o.momentum_form = form;
    tl_optimizer* sgd = tl_sgd(c, &o);
    tl_tensor* w = variable(c, "w", 1, (float[]){0});
    assert_int_equal(tl_optimizer_apply(sgd, &g, &w, 1), TL_OK);
    assert_int_equal(tl_optimizer_set_learning_rate(sgd, .01), TL_OK);
    assert_int_equal(tl_optimizer_apply(sgd, &g, &w, 1), TL_OK);
    assert_true(near(at(w, 0), form == TL_MOMENTUM_KERAS ? -.2 : -.119));
  }
  for (tl_epsilon_form form = TL_EPSILON_KERAS; form <= TL_EPSILON_PYTORCH; form++) {
    tl_adam_options o;
    tl_adam_options_init(&o, sizeof o);
    o.epsilon_form = form;
    tl_optimizer* adam = tl_adam(c, &o);
    tl_tensor* w = variable(c, "w", 1, (float[]){0});
    assert_int_equal(tl_optimizer_apply(adam, &small, &w, 1), TL_OK);
    double want = form == TL_EPSILON_KERAS ? 3.15e-6 : 9.09e-5;
    assert_true(fabs(at(w, 0) + want) < 2e-3 * want);
  }
  free_context(c);
}

static void count_lines(void* lines, tl_log_level level, const char* message) {
  assert_int_equal(level, TL_LOG_WARNING);
  assert_non_null(strstr(message, "'first'"));
  (*(int*)lines)++;
}

static void missing_gradients(void** state) {
  (void)state;
  tl_context* c = new_context();
  int lines = 0;
  assert_int_equal(tl_context_set_log(c, count_lines, &lines, NULL), TL_OK);
  tl_tensor* vars[] = {variable(c, "first", 1, (float[]){3}), variable(c, "second", 1, (float[]){4})};
  tl_tensor *none[] = {NULL, NULL}, *some[] = {NULL, vector(c, 1, (float[]){1})};
  tl_sgd_options o;
  tl_sgd_options_init(&o, sizeof o);
  o.learning_rate = 1;
  tl_optimizer* sgd = tl_sgd(c, &o);
  assert_int_equal(tl_optimizer_apply(sgd, none, vars, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "no gradients provided for any variable");
  for (int step = 0; step < 3; step++) assert_int_equal(tl_optimizer_apply(sgd, some, vars, 2), TL_OK);
  assert_int_equal(lines, 1);
  assert_true(at(vars[0], 0) == 3 && at(vars[1], 0) == 1);
  free_context(c);
}

static void misuse_changes_nothing(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor *w = variable(c, "w", 2, (float[]){1, 2}), *g = vector(c, 2, (float[]){1, 1});
  tl_tensor *twice[] = {w, w}, *grads[] = {g, g}, *narrow = vector(c, 1, (float[]){1});
  tl_optimizer* adam = tl_adam(c, NULL);
  struct {
    tl_tensor *const *grads, *const *vars;
    size_t count;
    const char* text;
  } cases[] = {{grads, twice, 2, "again at position 1"},
               {&narrow, &w, 1, "same order"},
               {grads, NULL, 1, "'variables' must not be NULL"},
               {NULL, &w, 1, "'gradients' must not be NULL"},
               {&g, &w, 0, "at least 1 variable"},
               {&g, &g, 1, "must be a variable"},
               {&g, &(tl_tensor*){NULL}, 1, "'variables[0]' must be a variable: got NULL"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(tl_optimizer_apply(adam, cases[i].grads, cases[i].vars, cases[i].count),
                     TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, cases[i].text);
  }
  assert_int_equal(tl_optimizer_set_learning_rate(adam, NAN), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "learning_rate");
  assert_true(tl_optimizer_learning_rate(adam) == .001);
  assert_true(at(w, 0) == 1 && at(w, 1) == 2);
  assert_int_equal(tl_optimizer_iterations(adam), 0);
  tl_set_error(c, TL_IO, "before");
  assert_int_equal(tl_optimizer_apply(adam, &g, &w, 1), TL_IO);
  assert_int_equal(tl_optimizer_iterations(adam), 0);
  expect_error(c, TL_IO, "before");
  tl_adam_options o;
  tl_adam_options_init(&o, sizeof o);
  o.beta1 = 1;
  assert_null(tl_adam(c, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "beta1");
  o.struct_size = 5000;
  assert_null(tl_adam(c, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "struct_size");
  assert_true(isnan(tl_optimizer_learning_rate(NULL)));
  assert_int_equal(tl_optimizer_iterations(NULL), -1);
  free_context(c);
}

static void the_state_is_variables(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor *w = variable(c, "w", 1, (float[]){1}), *g = vector(c, 1, (float[]){1});
  tl_optimizer* adam = tl_adam(c, NULL);
  assert_int_equal(tl_optimizer_build(adam, &w, 1), TL_OK);
  size_t count;
  tl_tensor* const* vars = tl_optimizer_variables(adam, &count);
  assert_int_equal(count, 4);
  const char* names[] = {"adam/iterations", "adam/learning_rate", "adam/w/m", "adam/w/v"};
  for (int i = 0; i < 4; i++) assert_string_equal(tl_variable_name(vars[i]), names[i]);
  assert_int_equal(tl_tensor_dtype(vars[0]), TL_I64);
  assert_int_equal(tl_optimizer_apply(adam, &g, &w, 1), TL_OK);
  assert_true(tl_tensor_item(vars[0]) == 1);
  assert_true(near(tl_tensor_item(vars[2]), .1));
  /* What a checkpoint would write into it counts from the next step on. */
  assert_int_equal(tl_variable_assign(vars[1], tl_scalar(c, TL_F64, 0)), TL_OK);
  assert_true(tl_optimizer_learning_rate(adam) == 0);
  double before = at(w, 0);
  assert_int_equal(tl_optimizer_apply(adam, &g, &w, 1), TL_OK);
  assert_true(at(w, 0) == before);
  tl_optimizer_release(adam);
  assert_int_equal(tl_optimizer_apply(adam, &g, &w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[optimizer_apply] the optimizer is not a live handle");
  free_context(c);
}

static void clipping(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor *x0 = vector(c, 2, (float[]){-2, 4}), *x1 = vector(c, 2, (float[]){1, -2}),
            *grads[] = {x0, NULL, x1};
  tl_tensor *norm, *bad = vector(c, 2, (float[]){1, INFINITY});
  assert_true(near(tl_tensor_item(tl_global_norm(c, grads, 3)), 5));
  assert_int_equal(tl_clip_by_global_norm(c, grads, 3, 4, NULL, grads, &norm), TL_OK);
  assert_true(near(tl_tensor_item(norm), 5));
  assert_true(near(at(grads[0], 0), -1.6) && near(at(grads[2], 1), -1.6));
  assert_null(grads[1]);
  assert_true(at(x0, 0) == -2);
  grads[1] = bad;
  assert_int_equal(tl_clip_by_global_norm(c, grads, 3, 4, NULL, grads, &norm), TL_NON_FINITE);
  for (int i = 0; i < 3; i++) assert_null(grads[i]);
  assert_null(norm);
  expect_error(c, TL_NON_FINITE, "inf");
  tl_clip_options o;
  tl_clip_options_init(&o, sizeof o);
  o.non_finite = TL_NON_FINITE_PROPAGATE;
  tl_tensor *two[] = {x0, bad}, *out[2];
  assert_int_equal(tl_clip_by_global_norm(c, two, 2, 4, &o, out, NULL), TL_OK);
  assert_true(isnan(at(out[0], 0)) && isnan(at(out[1], 0)));
  assert_true(near(at(tl_clip_by_norm(c, vector(c, 2, (float[]){3, 4}), 4), 1), 3.2));
  tl_tensor* rows = tl_reshape(c, vector(c, 4, (float[]){3, 4, 0, 1}), (int64_t[]){2, 2}, 2);
  tl_tensor* clipped = tl_clip_by_norm_axes(c, rows, 1, (int64_t[]){-1}, 1);
  assert_true(near(at(clipped, 1), .8) && at(clipped, 3) == 1);
  tl_tensor* weights = tl_reshape(c, vector(c, 4, (float[]){3, 0, 4, .5f}), (int64_t[]){2, 2}, 2);
  clipped = tl_clip_adaptive(c, rows, weights, .1, 1);
  assert_true(near(at(clipped, 0), .5) && near(at(clipped, 2), 0) && near(at(clipped, 3), .1 / sqrt(17)));
  assert_null(tl_clip_adaptive(c, rows, weights, 0, 1));
  expect_error(c, TL_INVALID_ARGUMENT, "[clip_adaptive] 'factor'");
  assert_null(tl_clip_by_norm(c, x0, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "above 0");
  assert_int_equal(tl_clip_by_global_norm(NULL, grads, 3, 4, NULL, grads, NULL), TL_INVALID_ARGUMENT);
  free_context(c);
}

static void slots_go_with_their_variable(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_optimizer* adam = tl_adam(c, NULL);
  tl_tensor *kept = variable(c, "kept", 1, (float[]){1}), *one = vector(c, 1, (float[]){1});
  size_t bytes[10], count;
  for (int round = 0; round < 10; round++) {
    tl_scope_begin(c);
    tl_tensor *big = tl_zeros(c, (int64_t[]){1000}, 1), *w = tl_variable_new(c, big, "kept", true);
    assert_int_equal(tl_optimizer_apply(adam, (tl_tensor*[]){one, big}, (tl_tensor*[]){kept, w}, 2), TL_OK);
    tl_tensor* const* vars = tl_optimizer_variables(adam, &count);
    assert_int_equal(count, 6);
    assert_string_equal(tl_variable_name(vars[3]), "adam/kept/v");
    assert_string_equal(tl_variable_name(vars[5]), "adam/kept_1/v");
    tl_scope_end(c);
    /* Handles that the optimizer had lent do not keep the slots alive either. */
    assert_int_equal(tl_optimizer_apply(adam, &one, &kept, 1), TL_OK);
    assert_non_null(tl_optimizer_variables(adam, &count));
    assert_int_equal(count, 4);
    tl_context_statistics now;
    now.struct_size = sizeof now;
    assert_int_equal(tl_context_stats(c, &now), TL_OK);
    bytes[round] = now.live_bytes;
  }
  assert_int_equal(bytes[9], bytes[1]);
  assert_true(bytes[9] < 4000);
  free_context(c);
}

static void state_that_makes_no_sense(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_optimizer* adam = tl_adam(c, NULL);
  tl_tensor *w = variable(c, "w", 1, (float[]){1}), *g = vector(c, 1, (float[]){1});
  tl_tensor* const* vars = tl_optimizer_variables(adam, NULL);
  assert_int_equal(tl_variable_assign(vars[0], tl_scalar(c, TL_I64, -5)), TL_OK);
  assert_int_equal(tl_optimizer_apply(adam, &g, &w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'adam/iterations' counts steps, from 0 on: got -5");
  assert_int_equal(tl_variable_assign(vars[0], tl_scalar(c, TL_I64, 0)), TL_OK);
  assert_int_equal(tl_optimizer_set_learning_rate(adam, 1e300), TL_OK);
  assert_int_equal(tl_optimizer_apply(adam, &g, &w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[optimizer_apply] adam: 'learning_rate' is out of range for 'w', which is f32");
  assert_true(at(w, 0) == 1 && tl_optimizer_iterations(adam) == 0);
  free_context(c);
}

int optim_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_step_of_each),
      cmocka_unit_test(conventions_are_options),
      cmocka_unit_test(missing_gradients),
      cmocka_unit_test(misuse_changes_nothing),
      cmocka_unit_test(the_state_is_variables),
      cmocka_unit_test(clipping),
      cmocka_unit_test(slots_go_with_their_variable),
      cmocka_unit_test(state_that_makes_no_sense),
  };
  return RUN_GROUP("optim", tests);
}
