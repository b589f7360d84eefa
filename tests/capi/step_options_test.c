/* Step options through the C API; their numbers, and eager against compiled, are tested in tests/optim. */
#include "tests/capi/harness.h"

static tl_tensor *variable(tl_context *c, const char *name, float value) {
  tl_tensor *v = tl_variable_new(c, vector(c, 1, &value), name, true);
  assert_non_null(v);
  return v;
}

static double value(tl_tensor *t) { return ((const float *)tl_tensor_data(t))[0]; }

static tl_optimizer *new_sgd(tl_context *c) {
  tl_sgd_options o;
  tl_sgd_options_init(&o, sizeof o);
  o.learning_rate = 1;
  tl_optimizer *sgd = tl_sgd(c, &o);
  assert_non_null(sgd);
  return sgd;
}

static tl_step_options defaults(void) {
  tl_step_options o;
  tl_step_options_init(&o, sizeof o);
  assert_int_equal(o.struct_size, sizeof o);
  return o;
}

static tl_status apply(tl_context *c, tl_optimizer *optimizer, tl_tensor *w, float gradient) {
  tl_tensor *g = vector(c, 1, &gradient);
  return tl_optimizer_apply(optimizer, &g, &w, 1);
}

static bool lists(tl_optimizer *optimizer, const char *name) {
  size_t count;
  tl_tensor *const *all = tl_optimizer_variables(optimizer, &count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(tl_variable_name(all[i]), name) == 0) return true;
  return false;
}

static void accumulation_clipping_and_averages(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *sgd = new_sgd(c);
  tl_step_options o = defaults();
  o.gradient_accumulation_steps = 2;
  o.clip_value = 3;
  o.use_ema = true;
  o.ema_momentum = .5;
  assert_int_equal(tl_optimizer_configure(sgd, &o), TL_OK);
  tl_tensor *w = variable(c, "w", 0);
  const float gradients[] = {1, 9, 2, 2};
  const double want[] = {0, -3, -3, -5};
  for (int i = 0; i < 4; i++) {
    assert_int_equal(apply(c, sgd, w, gradients[i]), TL_OK);
    assert_true(value(w) == want[i]);
  }
  assert_int_equal(tl_optimizer_iterations(sgd), 2);
  assert_true(lists(sgd, "sgd/accumulated_steps") && lists(sgd, "sgd/w/gradient_sum") &&
              lists(sgd, "sgd/w/average") && lists(sgd, "sgd/averages_in_use"));
  assert_int_equal(tl_optimizer_swap_averages(sgd, &w, 1), TL_OK);
  assert_true(value(w) == -4);
  assert_int_equal(apply(c, sgd, w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "swap them back");
  assert_int_equal(tl_optimizer_swap_averages(sgd, &w, 1), TL_OK);
  assert_true(value(w) == -5);
  free_context(c);
}

static void decay_with_exclusions(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *sgd = new_sgd(c);
  tl_step_options o = defaults();
  o.weight_decay = .25;
  assert_int_equal(tl_optimizer_configure(sgd, &o), TL_OK);
  tl_tensor *w[] = {variable(c, "kernel", 4), variable(c, "bias", 4)},
            *g[] = {vector(c, 1, (float[]){1}), NULL};
  g[1] = g[0];
  assert_int_equal(tl_optimizer_exclude_from_weight_decay(sgd, w + 1, 1), TL_OK);
  assert_int_equal(tl_optimizer_apply(sgd, g, w, 2), TL_OK);
  assert_true(value(w[0]) == 2 && value(w[1]) == 3);
  assert_int_equal(tl_optimizer_exclude_from_weight_decay(sgd, w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "before the first step or build");
  tl_optimizer *adamw = tl_adamw(c, NULL);
  assert_int_equal(tl_optimizer_configure(adamw, &o), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[optimizer_configure] adamw: this optimizer has a weight decay of its own");
  free_context(c);
}

static void variables_that_become_their_gradients(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *sgd = new_sgd(c);
  tl_step_options o = defaults();
  o.clip_value = 1;
  o.loss_scale_factor = 2;
  o.gradient_accumulation_steps = 2;
  assert_int_equal(tl_optimizer_configure(sgd, &o), TL_OK);
  tl_tensor *w[] = {variable(c, "w", 0), variable(c, "amax", 1)};
  assert_int_equal(tl_optimizer_overwrite_with_gradient(sgd, w + 1, 1), TL_OK);
  const float gradients[] = {6, 448};
  for (int i = 0; i < 2; i++) {
    tl_tensor *g[] = {vector(c, 1, &gradients[1]), vector(c, 1, &gradients[1 - i])};
    assert_int_equal(tl_optimizer_apply(sgd, g, w, 2), TL_OK);
    assert_true(value(w[0]) == -i &&
                value(w[1]) == (i ? 448 : 1)); /* the largest, neither scaled nor clipped */
  }
  assert_true(lists(sgd, "sgd/amax/gradient_maximum") && !lists(sgd, "sgd/amax/gradient_sum"));
  assert_int_equal(tl_optimizer_overwrite_with_gradient(sgd, w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "before the first step or build");
  assert_int_equal(tl_optimizer_overwrite_with_gradient(new_sgd(c), NULL, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'variables'");
  assert_int_equal(tl_optimizer_overwrite_with_gradient(NULL, w, 1), TL_INVALID_ARGUMENT);
  free_context(c);
}

static void constraints(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *sgd = new_sgd(c);
  tl_tensor *w[] = {variable(c, "ranged", 1), variable(c, "normed", 1)};
  assert_int_equal(tl_optimizer_constrain_range(sgd, 0, INFINITY, w, 1), TL_OK);
  assert_int_equal(tl_optimizer_constrain_norm(sgd, 0, 2, 1, NULL, 0, w + 1, 1), TL_OK);
  tl_tensor *g[] = {vector(c, 1, (float[]){3}), vector(c, 1, (float[]){9})};
  assert_int_equal(tl_optimizer_apply(sgd, g, w, 2), TL_OK);
  assert_true(value(w[0]) == 0 && value(w[1]) == -2);
  assert_int_equal(tl_optimizer_constrain_range(sgd, 0, 1, w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "before the first step or build");
  tl_optimizer *adam = tl_adam(c, NULL);
  const int64_t axes[] = {0, -1, 1};
  assert_int_equal(tl_optimizer_constrain_norm(adam, 0, 2, 1, axes + 2, 1, w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "axis out of range: got 1");
  assert_int_equal(tl_optimizer_constrain_norm(adam, 0, 2, 1, axes, 2, w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "each axis of a norm may stand once: got [0, -1]");
  assert_int_equal(tl_optimizer_constrain_norm(adam, 0, 2, 1, NULL, 1, w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'axes'");
  assert_int_equal(tl_optimizer_constrain_range(adam, 1, -1, w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must not be above 'max'");
  assert_int_equal(tl_optimizer_constrain_range(adam, 0, 1, NULL, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'variables'");
  assert_int_equal(tl_optimizer_constrain_range(NULL, 0, 1, w, 1), TL_INVALID_ARGUMENT);
  free_context(c);
}

static void loss_scales(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *sgd = new_sgd(c), *plain = new_sgd(c);
  tl_step_options o = defaults();
  o.dynamic_loss_scale = true;
  o.initial_loss_scale = 8;
  o.loss_scale_growth_interval = 1;
  o.max_loss_scale = 16;
  assert_int_equal(tl_optimizer_configure(sgd, &o), TL_OK);
  tl_tensor *w = variable(c, "w", 3);
  /* The gradient of the scaled loss w^2 is 8 times 6; the step takes 6. */
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *loss = tl_optimizer_scale_loss(sgd, tl_sum(c, tl_square(c, w))), *gradient;
  assert_true(tl_tensor_item(loss) == 72);
  assert_int_equal(tl_tape_gradient(tape, loss, &w, 1, NULL, &gradient), TL_OK);
  assert_true(value(gradient) == 48);
  assert_int_equal(tl_optimizer_apply(sgd, &gradient, &w, 1), TL_OK);
  assert_true(value(w) == -3);
  assert_true(tl_optimizer_loss_scale(sgd) == 16);
  assert_int_equal(apply(c, sgd, w, INFINITY), TL_OK);
  assert_true(value(w) == -3 && tl_optimizer_loss_scale(sgd) == 8);
  assert_int_equal(tl_optimizer_skipped_steps(sgd), 1);
  assert_int_equal(tl_optimizer_iterations(sgd), 1);
  assert_true(tl_optimizer_loss_scale(plain) == 1 && tl_optimizer_skipped_steps(plain) == 0);
  assert_true(tl_tensor_item(tl_optimizer_scale_loss(plain, tl_scalar(c, TL_F32, 5))) == 5);
  free_context(c);
}

static void non_finite_gradients(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_step_options o = defaults();
  for (tl_non_finite_gradients what = TL_NON_FINITE_GRADIENTS_PASS; what <= TL_NON_FINITE_GRADIENTS_SKIP;
       what++) {
    tl_optimizer *sgd = new_sgd(c);
    o.non_finite = what;
    assert_int_equal(tl_optimizer_configure(sgd, &o), TL_OK);
    tl_tensor *own = variable(c, "weights", 1);
    const tl_status status = apply(c, sgd, own, NAN);
    assert_int_equal(status, what == TL_NON_FINITE_GRADIENTS_ERROR ? TL_NON_FINITE : TL_OK);
    if (status) expect_error(c, TL_NON_FINITE, "the gradient of 'weights' must be finite");
    assert_true(what == TL_NON_FINITE_GRADIENTS_PASS ? isnan(value(own)) : value(own) == 1);
  }
  free_context(c);
}

static void an_option_without_its_switch_is_refused(void **state) {
  (void)state;
  tl_context *c = new_context();
  for (int i = 0; i < 5; i++)
    for (int on = 0; on < 2; on++) {
      tl_step_options o = defaults();
      const char *names[] = {"'ema_momentum' needs 'use_ema': got 0.99 without it",
                             "'initial_loss_scale' needs 'dynamic_loss_scale': got 32768 without it",
                             "'loss_scale_growth_interval' needs 'dynamic_loss_scale': got 2000 without it",
                             "'min_loss_scale' needs 'dynamic_loss_scale': got 1 without it",
                             "'max_loss_scale' needs 'dynamic_loss_scale': got 65536 without it"};
      if (i == 0) o.ema_momentum = .99;
      if (i == 1) o.initial_loss_scale = 32768;
      if (i == 2) o.loss_scale_growth_interval = 2000;
      if (i == 3) o.min_loss_scale = 1;
      if (i == 4) o.max_loss_scale = 65536;
      o.use_ema = on && i == 0;
      o.dynamic_loss_scale = on && i > 0;
      assert_int_equal(tl_optimizer_configure(new_sgd(c), &o), on ? TL_OK : TL_INVALID_ARGUMENT);
      if (!on) expect_error(c, TL_INVALID_ARGUMENT, names[i]);
    }
  free_context(c);
}

/* As in Keras: not with the weights before the first step. */
static void averages_begin_behind_the_first_update(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *sgd = new_sgd(c);
  tl_step_options o = defaults();
  o.use_ema = true;
  assert_int_equal(tl_optimizer_configure(sgd, &o), TL_OK);
  tl_tensor *w = variable(c, "w", 8);
  assert_int_equal(apply(c, sgd, w, 3), TL_OK);
  assert_int_equal(tl_optimizer_swap_averages(sgd, &w, 1), TL_OK);
  assert_true(value(w) == 5);
  free_context(c);
}

static tl_status configuring_step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                                  tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  tl_step_options o = defaults();
  o.clip_value = 1;
  outputs[0] = tl_square(c, inputs[0]);
  return tl_optimizer_configure(user_data, &o);
}

static void a_recorded_step_must_not_configure(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_function *f = tl_function_new(c, configuring_step, new_sgd(c), NULL, NULL);
  tl_tensor *x = vector(c, 1, (float[]){1}), *y = NULL;
  assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "optimizer_configure");
  free_context(c);
}

static void misuse_is_told(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *sgd = new_sgd(c);
  tl_step_options o = defaults();
  o.clip_value = o.clip_norm = 1;
  assert_int_equal(tl_optimizer_configure(sgd, &o), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "only one of 'clip_value', 'clip_norm', 'global_clip_norm' and");
  o = defaults();
  o.struct_size = 5000;
  assert_int_equal(tl_optimizer_configure(sgd, &o), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "struct_size");
  assert_int_equal(tl_optimizer_configure(sgd, NULL), TL_OK);
  assert_int_equal(tl_optimizer_configure(NULL, NULL), TL_INVALID_ARGUMENT);
  assert_null(tl_optimizer_scale_loss(sgd, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'loss'");
  assert_null(tl_optimizer_scale_loss(sgd, tl_scalar(c, TL_I32, 1)));
  expect_error(c, TL_INVALID_ARGUMENT, "must be f32 or f64");
  assert_int_equal(tl_optimizer_swap_averages(sgd, NULL, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'variables'");
  tl_tensor *w = variable(c, "w", 1);
  assert_int_equal(tl_optimizer_swap_averages(sgd, &w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "use_ema");
  assert_int_equal(apply(c, sgd, w, 1), TL_OK);
  assert_int_equal(tl_optimizer_configure(sgd, NULL), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "before the first step or build: got an optimizer after 1 steps");
  assert_true(isnan(tl_optimizer_loss_scale(NULL)));
  assert_int_equal(tl_optimizer_skipped_steps(NULL), -1);
  free_context(c);
}

int step_options_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accumulation_clipping_and_averages),
      cmocka_unit_test(decay_with_exclusions),
      cmocka_unit_test(variables_that_become_their_gradients),
      cmocka_unit_test(constraints),
      cmocka_unit_test(loss_scales),
      cmocka_unit_test(non_finite_gradients),
      cmocka_unit_test(an_option_without_its_switch_is_refused),
      cmocka_unit_test(averages_begin_behind_the_first_update),
      cmocka_unit_test(a_recorded_step_must_not_configure),
      cmocka_unit_test(misuse_is_told),
  };
  return RUN_GROUP("step options", tests);
}
