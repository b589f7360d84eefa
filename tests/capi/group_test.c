/* Groups of variables through the C API; their numbers, and eager against compiled, are tested in tests/optim. */
#include "tests/capi/harness.h"

static tl_tensor *variable(tl_context *c, const char *name, float value) {
  tl_tensor *v = tl_variable_new(c, vector(c, 1, &value), name, true);
  assert_non_null(v);
  return v;
}

static double value(tl_tensor *t) { return ((const float *)tl_tensor_data(t))[0]; }

static tl_optimizer *new_sgd(tl_context *c, double rate) {
  tl_sgd_options o;
  tl_sgd_options_init(&o, sizeof o);
  o.learning_rate = rate;
  tl_optimizer *sgd = tl_sgd(c, &o);
  assert_non_null(sgd);
  return sgd;
}

static void each_group_has_its_rate(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *main = new_sgd(c, 1), *slow = new_sgd(c, .5), *tenth = new_sgd(c, 9);
  tl_tensor *w[] = {variable(c, "a", 0), variable(c, "b", 0), variable(c, "c", 0)}, *g[3];
  for (int i = 0; i < 3; i++) g[i] = vector(c, 1, (float[]){1});
  assert_int_equal(tl_optimizer_add_group(main, slow, w + 1, 1, 0), TL_OK);
  assert_int_equal(tl_optimizer_add_group(main, tenth, w + 2, 1, .125), TL_OK);
  tl_optimizer_release(tenth); /* the optimizer keeps it */
  assert_int_equal(tl_optimizer_apply(main, g, w, 3), TL_OK);
  assert_true(value(w[0]) == -1 && value(w[1]) == -.5 && value(w[2]) == -.125);
  assert_int_equal(tl_optimizer_set_learning_rate(slow, .25), TL_OK);
  assert_int_equal(tl_optimizer_set_learning_rate(main, 2), TL_OK);
  assert_int_equal(tl_optimizer_apply(main, g, w, 3), TL_OK);
  assert_true(value(w[0]) == -3 && value(w[1]) == -.75 && value(w[2]) == -.375);
  assert_int_equal(tl_optimizer_set_schedule(slow, tl_schedule_exponential(c, 1, 1, .5, false)), TL_OK);
  assert_true(tl_optimizer_learning_rate(slow) == .25);
  assert_int_equal(tl_optimizer_iterations(slow), 2);
  size_t count;
  tl_tensor *const *all = tl_optimizer_variables(main, &count);
  assert_int_equal(count, 3);
  assert_string_equal(tl_variable_name(all[2]), "sgd/sgd/learning_rate");
  free_context(c);
}

static void what_is_no_group_is_refused(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_optimizer *main = new_sgd(c, 1), *group = new_sgd(c, 1);
  tl_tensor *w = variable(c, "w", 0), *g = vector(c, 1, (float[]){1});
  assert_int_equal(tl_optimizer_add_group(main, NULL, &w, 1, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[optimizer_add_group] 'group'");
  assert_int_equal(tl_optimizer_add_group(main, (tl_optimizer *)w, &w, 1, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'group'");
  assert_int_equal(tl_optimizer_add_group(main, group, NULL, 1, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'variables'");
  assert_int_equal(tl_optimizer_add_group(main, main, &w, 1, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got the optimizer itself");
  assert_int_equal(tl_optimizer_add_group(main, group, &w, 1, NAN), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'rate_multiplier'");
  assert_int_equal(tl_optimizer_add_group(main, group, &w, 1, 0), TL_OK);
  assert_int_equal(tl_optimizer_apply(group, &g, &w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[optimizer_apply] a group steps with its optimizer");
  tl_optimizer_release(main);
  assert_int_equal(tl_optimizer_apply(group, &g, &w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "a group steps with its optimizer");
  assert_true(value(w) == 0);
  free_context(c);
}

int group_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_group_has_its_rate),
      cmocka_unit_test(what_is_no_group_is_refused),
  };
  return RUN_GROUP("groups", tests);
}
