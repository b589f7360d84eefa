/* The optimizers beyond SGD and Adam through the C API: that each option reaches its optimizer, and a step of each. Their numbers
 * are tested in tests/optim. */
#include "tests/capi/harness.h"

static double at(tl_tensor* t, size_t i) { return ((const float*)tl_tensor_data(t))[i]; }

static void check_step(tl_context* c, tl_optimizer* optimizer, double first, double last) {
  tl_tensor *w = tl_variable_new(c, vector(c, 4, (float[]){1, 2, 3, 4}), "w", true),
            *g = vector(c, 4, (float[]){1, 6, 7, 2});
  assert_non_null(optimizer);
  assert_int_equal(tl_optimizer_apply(optimizer, &g, &w, 1), TL_OK);
  if (fabs(at(w, 0) - first) > 2e-4 || fabs(at(w, 3) - last) > 2e-4)
    fail_msg("got %f and %f, want %f and %f", at(w, 0), at(w, 3), first, last);
}

/* Options with a rate of 1/2. */
#define HALF(kind)                               \
  tl_##kind##_options kind;                      \
  tl_##kind##_options_init(&kind, sizeof(kind)); \
  kind.learning_rate = .5;

static void a_step_of_each(void** state) {
  (void)state;
  tl_context* c = new_context();
  HALF(adamax)
  check_step(c, tl_adamax(c, &adamax), .5, 3.5);
  HALF(nadam)
  check_step(c, tl_nadam(c, &nadam), .4686, 3.4686);
  HALF(adagrad)
  check_step(c, tl_adagrad(c, &adagrad), .523269, 3.506135);
  adagrad.epsilon_form = TL_EPSILON_PYTORCH; /* whose accumulator begins at 0 */
  check_step(c, tl_adagrad(c, &adagrad), .5, 3.5);
  HALF(adadelta)
  check_step(c, tl_adadelta(c, &adadelta), .9993, 3.9993);
  HALF(rmsprop)
  check_step(c, tl_rmsprop(c, &rmsprop), -.581139, 2.418861);
  rmsprop.centered = true; /* g / sqrt(.1 g^2 - .01 g^2) */
  check_step(c, tl_rmsprop(c, &rmsprop), -.666667, 2.333333);
  HALF(ftrl)
  check_step(c, tl_ftrl(c, &ftrl), .2218, 2.8814);
  HALF(lion)
  check_step(c, tl_lion(c, &lion), .5, 3.5);
  HALF(lamb)
  check_step(c, tl_lamb(c, &lamb), -.3693, 2.6306);
  HALF(adafactor)
  check_step(c, tl_adafactor(c, &adafactor), -.369306, 2.630694);
  HALF(muon)
  muon.learning_rate = 5; /* of Adam's ten times that */
  check_step(c, tl_muon(c, &muon), .5, 3.5);
  HALF(adam)
  adam.amsgrad = true;
  tl_optimizer* amsgrad = tl_adam(c, &adam);
  check_step(c, amsgrad, .5, 3.5);
  size_t count;
  assert_string_equal(tl_variable_name(tl_optimizer_variables(amsgrad, &count)[4]), "adam/w/v_max");
  assert_int_equal(count, 5);
  free_context(c);
}

static void defaults_and_names(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_optimizer* optimizers[] = {
      tl_adamax(c, NULL), tl_nadam(c, NULL), tl_adagrad(c, NULL), tl_adadelta(c, NULL),  tl_rmsprop(c, NULL),
      tl_ftrl(c, NULL),   tl_lion(c, NULL),  tl_lamb(c, NULL),    tl_adafactor(c, NULL), tl_muon(c, NULL)};
  const char* names[] = {"adamax/", "nadam/", "adagrad/", "adadelta/",  "rmsprop/",
                         "ftrl/",   "lion/",  "lamb/",    "adafactor/", "muon/"};
  for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) {
    assert_non_null(optimizers[i]);
    assert_true(tl_optimizer_learning_rate(optimizers[i]) == .001);
    const char* name = tl_variable_name(tl_optimizer_variables(optimizers[i], NULL)[0]);
    assert_int_equal(strncmp(name, names[i], strlen(names[i])), 0);
  }
  tl_lion_options o;
  tl_lion_options_init(&o, sizeof o);
  o.name = "tiger";
  assert_string_equal(tl_variable_name(tl_optimizer_variables(tl_lion(c, &o), NULL)[0]), "tiger/iterations");
  free_context(c);
}

/* Makes the optimizer with one field out of its range; the error names the field. */
#define REFUSED(kind, field, value)                       \
  do {                                                    \
    tl_##kind##_options bad;                              \
    tl_##kind##_options_init(&bad, sizeof bad);           \
    bad.field = value;                                    \
    assert_null(tl_##kind(c, &bad));                      \
    expect_error(c, TL_INVALID_ARGUMENT, "'" #field "'"); \
  } while (0)

static void each_option_is_checked(void** state) {
  (void)state;
  tl_context* c = new_context();
  REFUSED(adamax, learning_rate, NAN);
  REFUSED(adamax, beta1, 1);
  REFUSED(adamax, beta2, -1);
  REFUSED(adamax, epsilon, -1);
  REFUSED(adamax, epsilon_form, 2);
  REFUSED(nadam, learning_rate, -1);
  REFUSED(nadam, beta1, 1);
  REFUSED(nadam, beta2, 2);
  REFUSED(nadam, epsilon, INFINITY);
  REFUSED(nadam, momentum_decay, -1);
  REFUSED(adagrad, learning_rate, -1);
  REFUSED(adagrad, initial_accumulator, -1);
  REFUSED(adagrad, epsilon, NAN);
  REFUSED(adagrad, epsilon_form, -1);
  REFUSED(adadelta, learning_rate, -1);
  REFUSED(adadelta, rho, 1);
  REFUSED(adadelta, epsilon, -1);
  REFUSED(rmsprop, learning_rate, -1);
  REFUSED(rmsprop, rho, -1);
  REFUSED(rmsprop, momentum, 2);
  REFUSED(rmsprop, epsilon, -1);
  REFUSED(rmsprop, epsilon_form, 2);
  REFUSED(rmsprop, momentum_form, 2);
  REFUSED(ftrl, learning_rate, -1);
  REFUSED(ftrl, learning_rate_power, 1);
  REFUSED(ftrl, initial_accumulator, -1);
  REFUSED(ftrl, l1, -1);
  REFUSED(ftrl, l2, NAN);
  REFUSED(ftrl, l2_shrinkage, -1);
  REFUSED(ftrl, beta, -1);
  REFUSED(lion, learning_rate, -1);
  REFUSED(lion, beta1, 2);
  REFUSED(lion, beta2, 1);
  REFUSED(lamb, learning_rate, -1);
  REFUSED(lamb, beta1, 1);
  REFUSED(lamb, beta2, 1);
  REFUSED(lamb, epsilon, -1);
  REFUSED(lamb, weight_decay, -1);
  REFUSED(adafactor, learning_rate, -1);
  REFUSED(adafactor, beta2_decay, 1);
  REFUSED(adafactor, epsilon1, -1);
  REFUSED(adafactor, epsilon2, NAN);
  REFUSED(adafactor, clip_threshold, -1);
  REFUSED(adafactor, epsilon_form, 2);
  REFUSED(muon, learning_rate, -1);
  REFUSED(muon, momentum, 1);
  REFUSED(muon, ns_steps, 101);
  REFUSED(muon, scale, 2);
  REFUSED(muon, adam_rate_ratio, -1);
  REFUSED(muon, beta1, 1);
  REFUSED(muon, beta2, 1);
  REFUSED(muon, epsilon, -1);
  tl_lamb_options unset;
  tl_lamb_options_init(&unset, sizeof unset);
  unset.struct_size = 5000;
  assert_null(tl_lamb(c, &unset));
  expect_error(c, TL_INVALID_ARGUMENT, "struct_size");
  tl_lion_options_init(NULL, 3);
  assert_null(tl_ftrl(NULL, NULL));
  free_context(c);
}

/* The step of a matrix along an axis: the orthogonal factor of the identity is near itself. */
static void muon_of_a_matrix(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_muon_options o;
  tl_muon_options_init(&o, sizeof o);
  o.learning_rate = 1;
  tl_tensor *eye = tl_reshape(c, vector(c, 4, (float[]){3, 0, 0, 3}), (int64_t[]){2, 2}, 2),
            *rows = tl_zeros(c, (int64_t[]){1, 2}, 2), *row = tl_full(c, (int64_t[]){1}, 1, 1, TL_I64);
  double steps[3];
  for (int k = 0; k < 3; k++) {
    o.no_nesterov = k == 1;
    o.scale = k == 2 ? TL_MUON_SCALE_MATCH_RMS : TL_MUON_SCALE_ORIGINAL;
    tl_optimizer* muon = tl_muon(c, &o);
    tl_tensor* w = tl_variable_new(c, tl_zeros(c, (int64_t[]){2, 2}, 2), "w", true);
    assert_int_equal(tl_optimizer_apply(muon, &eye, &w, 1), TL_OK);
    assert_true(at(w, 1) == 0 && at(w, 0) == at(w, 3));
    steps[k] = -at(w, 0);
    assert_int_equal(tl_optimizer_apply_rows(muon, &rows, &row, &w, 1), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "because the step depends on the whole matrix");
  }
  assert_true(steps[0] > .65 && steps[0] < 1.25 && fabs(steps[1] - steps[0]) < 1e-5);
  assert_true(fabs(steps[2] - .2 * sqrt(2) * steps[0]) < 1e-5);
  free_context(c);
}

/* The sign that Lion steps by is that of g + .3 w = .2, not of g = -.1. */
static void decay_of_the_gradient(void** state) {
  (void)state;
  tl_context* c = new_context();
  for (tl_weight_decay_form form = TL_WEIGHT_DECAY_DECOUPLED; form <= TL_WEIGHT_DECAY_L2; form++) {
    HALF(lion)
    tl_optimizer* optimizer = tl_lion(c, &lion);
    tl_step_options o;
    tl_step_options_init(&o, sizeof o);
    o.weight_decay = .3;
    o.weight_decay_form = form;
    assert_int_equal(tl_optimizer_configure(optimizer, &o), TL_OK);
    tl_tensor *w = tl_variable_new(c, vector(c, 1, (float[]){1}), "w", true),
              *g = vector(c, 1, (float[]){-.1f});
    assert_int_equal(tl_optimizer_apply(optimizer, &g, &w, 1), TL_OK);
    assert_true(fabs(at(w, 0) - (form == TL_WEIGHT_DECAY_L2 ? .5 : 1.35)) < 1e-6);
    o.weight_decay_form = 2;
    assert_int_equal(tl_optimizer_configure(tl_lion(c, NULL), &o), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "'weight_decay_form' must be decoupled (0) or L2 (1): got 2");
  }
  free_context(c);
}

static void schedule_free(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_schedule_free_adamw_options o;
  tl_schedule_free_adamw_options_init(&o, sizeof o);
  o.learning_rate = .5;
  tl_optimizer* optimizer = tl_schedule_free_adamw(c, &o);
  tl_tensor *w = tl_variable_new(c, vector(c, 1, (float[]){1}), "w", true), *g = vector(c, 1, (float[]){2});
  for (int step = 0; step < 2; step++) assert_int_equal(tl_optimizer_apply(optimizer, &g, &w, 1), TL_OK);
  /* z: .5, 0; x: .5, .25; y: .5, .225 */
  assert_true(fabs(at(w, 0) - .225) < 1e-5);
  assert_int_equal(tl_optimizer_swap_averages(optimizer, &w, 1), TL_OK);
  assert_true(fabs(at(w, 0) - .25) < 1e-5);
  assert_int_equal(tl_optimizer_apply(optimizer, &g, &w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "swap them back");
  assert_int_equal(tl_optimizer_swap_averages(optimizer, &w, 1), TL_OK);
  assert_true(fabs(at(w, 0) - .225) < 1e-5);
  size_t count;
  assert_string_equal(tl_variable_name(tl_optimizer_variables(optimizer, &count)[4]),
                      "schedule_free_adamw/w/average");
  assert_int_equal(count, 3 + 5);
  assert_true(tl_optimizer_learning_rate(tl_schedule_free_adamw(c, NULL)) == .0025);
  REFUSED(schedule_free_adamw, learning_rate, -1);
  REFUSED(schedule_free_adamw, beta1, 1);
  REFUSED(schedule_free_adamw, beta2, 1);
  REFUSED(schedule_free_adamw, epsilon, -1);
  REFUSED(schedule_free_adamw, weight_decay, -1);
  REFUSED(schedule_free_adamw, warmup_steps, -1);
  free_context(c);
}

static void refusals_of_a_step(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor *w = tl_variable_new(c, tl_zeros(c, (int64_t[]){3, 2}, 2), "w", true),
            *rows = tl_zeros(c, (int64_t[]){1, 2}, 2), *g = tl_zeros(c, (int64_t[]){3, 2}, 2),
            *at_row = tl_full(c, (int64_t[]){1}, 1, 1, TL_I64);
  tl_optimizer *lamb = tl_lamb(c, NULL), *ftrl = tl_ftrl(c, NULL);
  assert_int_equal(tl_optimizer_apply_rows(lamb, &rows, &at_row, &w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[optimizer_apply_rows] lamb: gradients of rows are not taken, because");
  assert_int_equal(tl_optimizer_apply_rows(ftrl, &rows, &at_row, &w, 1), TL_OK);
  assert_int_equal(tl_optimizer_set_learning_rate(ftrl, 0), TL_OK);
  assert_int_equal(tl_optimizer_apply(ftrl, &g, &w, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "its formula divides by the rate, so leave the step out");
  assert_int_equal(tl_optimizer_iterations(ftrl), 1);
  free_context(c);
}

int adaptive_optimizers_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_step_of_each),         cmocka_unit_test(defaults_and_names),
      cmocka_unit_test(each_option_is_checked), cmocka_unit_test(muon_of_a_matrix),
      cmocka_unit_test(decay_of_the_gradient),  cmocka_unit_test(schedule_free),
      cmocka_unit_test(refusals_of_a_step),
  };
  return RUN_GROUP("adaptive_optimizers", tests);
}
