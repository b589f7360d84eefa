/* L-BFGS and SAM through the C API: what the callback gives, whose it is, and every way to go wrong. Their numbers are tested in
 * tests/optim. */
#include "tests/capi/harness.h"

/* (w - 3)^2 of one variable, and what the callback is told to do wrong. */
typedef struct {
  tl_tensor *w;
  int runs, destroyed;
  tl_status status;
  bool no_loss;
  tl_optimizer *victim;
  tl_tensor *forget;
} parabola;

static void count_destroy(void *user_data) { ((parabola *)user_data)->destroyed++; }

static tl_status evaluate(tl_context *c, void *user_data, tl_tensor *const *in, size_t num_in,
                          tl_tensor **out, size_t num_out) {
  parabola *p = user_data;
  (void)in;
  p->runs++;
  assert_int_equal(num_in, 0);
  assert_int_equal(num_out, 2);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *loss = tl_sum(c, tl_square(c, tl_add_scalar(c, p->w, -3)));
  if (!p->no_loss) out[0] = loss;
  tl_optimizer_release(p->victim);
  tl_tensor_release(p->forget);
  if (p->status) assert_int_equal(tl_set_error(c, p->status, "[parabola] words of the program's own"), TL_OK);
  return tl_tape_gradient(tape, loss, &p->w, 1, NULL, out + 1);
}

static parabola new_parabola(tl_context *c) {
  return (parabola){.w = tl_variable_new(c, tl_full(c, (int64_t[]){1}, 1, 1, TL_F64), "w", true)};
}

static double value(tl_tensor *t) { return ((const double *)tl_tensor_data(t))[0]; }

static void lbfgs_minimizes(void **state) {
  (void)state;
  tl_context *c = new_context();
  parabola p = new_parabola(c);
  tl_lbfgs_options o;
  tl_lbfgs_options_init(&o, sizeof o);
  o.history_size = 4;
  o.name = "l";
  tl_optimizer *lbfgs = tl_lbfgs(c, &o);
  tl_minimize_statistics done = {.struct_size = sizeof done};
  assert_int_equal(tl_optimizer_minimize(lbfgs, evaluate, &p, count_destroy, &p.w, 1, &done), TL_OK);
  assert_true(fabs(value(p.w) - 3) < 1e-7 && done.loss < 1e-13 && done.converged);
  assert_int_equal(done.evaluations, p.runs);
  assert_int_equal(tl_optimizer_iterations(lbfgs), (int64_t)done.iterations);
  assert_int_equal(p.destroyed, 1);
  size_t count;
  tl_tensor *const *all = tl_optimizer_variables(lbfgs, &count);
  assert_int_equal(count, 5);
  assert_string_equal(tl_variable_name(all[2]), "l/w/steps");
  assert_int_equal(tl_tensor_dim(all[2], 0), 4);
  assert_int_equal(tl_optimizer_minimize(lbfgs, evaluate, &p, NULL, &p.w, 1, NULL), TL_OK);
  free_context(c);
}

static void sam_goes_by_the_gradient_nearby(void **state) {
  (void)state;
  tl_context *c = new_context();
  parabola p = new_parabola(c);
  tl_sgd_options sgd_options;
  tl_sgd_options_init(&sgd_options, sizeof sgd_options);
  sgd_options.learning_rate = .25;
  tl_optimizer *sgd = tl_sgd(c, &sgd_options);
  tl_sam_options o;
  tl_sam_options_init(&o, sizeof o);
  o.rho = 2;
  tl_tensor *loss;
  /* At 1 the gradient is -4, at 1 - 2 it is -8. */
  assert_int_equal(tl_optimizer_apply_sam(sgd, &o, evaluate, &p, count_destroy, &p.w, 1, &loss), TL_OK);
  assert_true(value(loss) == 4 && fabs(value(p.w) - 3) < 1e-9);
  assert_int_equal(p.runs, 2);
  assert_int_equal(p.destroyed, 1);
  o.eta = 1;
  assert_int_equal(tl_optimizer_apply_sam(sgd, &o, evaluate, &p, NULL, &p.w, 1, &loss), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'eta' needs 'adaptive': got 1 without it");
  assert_null(loss);
  o.adaptive = true;
  assert_int_equal(tl_optimizer_apply_sam(sgd, &o, evaluate, &p, NULL, &p.w, 1, NULL), TL_OK);
  assert_int_equal(tl_optimizer_apply_sam(sgd, NULL, evaluate, &p, NULL, &p.w, 1, NULL), TL_OK);
  assert_int_equal(tl_optimizer_iterations(sgd), 3);
  free_context(c);
}

static void what_fails_changes_nothing(void **state) {
  (void)state;
  tl_context *c = new_context();
  parabola p = new_parabola(c);
  tl_optimizer *lbfgs = tl_lbfgs(c, NULL), *sgd = tl_sgd(c, NULL);
  tl_tensor *g = tl_full(c, (int64_t[]){1}, 1, 1, TL_F64);
  assert_int_equal(tl_optimizer_apply(lbfgs, &g, &p.w, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION,
               "[optimizer_apply] lbfgs: a step needs a loss that can be evaluated again");
  assert_int_equal(tl_optimizer_minimize(sgd, evaluate, &p, count_destroy, &p.w, 1, NULL),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "only L-BFGS minimizes: got 'sgd'");
  assert_int_equal(tl_optimizer_minimize(lbfgs, NULL, &p, count_destroy, &p.w, 1, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'evaluate' must be a function");
  tl_minimize_statistics small = {.struct_size = 3};
  assert_int_equal(tl_optimizer_minimize(lbfgs, evaluate, &p, count_destroy, &p.w, 1, &small),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'struct_size'");
  assert_int_equal(p.destroyed, 3);
  assert_int_equal(tl_optimizer_minimize(NULL, evaluate, &p, count_destroy, &p.w, 1, NULL),
                   TL_INVALID_ARGUMENT);
  assert_int_equal(p.destroyed, 4);
  p.status = TL_UNSUPPORTED;
  assert_int_equal(tl_optimizer_minimize(lbfgs, evaluate, &p, NULL, &p.w, 1, NULL), TL_UNSUPPORTED);
  expect_error(c, TL_UNSUPPORTED, "[parabola] words of the program's own");
  assert_int_equal(tl_optimizer_apply_sam(sgd, NULL, evaluate, &p, NULL, &p.w, 1, NULL), TL_UNSUPPORTED);
  expect_error(c, TL_UNSUPPORTED, "[parabola] words of the program's own");
  p.status = TL_OK, p.no_loss = true;
  assert_int_equal(tl_optimizer_minimize(lbfgs, evaluate, &p, NULL, &p.w, 1, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must give the loss");
  assert_true(value(p.w) == 1);
  assert_int_equal(tl_optimizer_iterations(lbfgs), 0);
  /* Releasing the optimizer ends nothing before the call is done. */
  p.no_loss = false, p.victim = lbfgs;
  assert_int_equal(tl_optimizer_minimize(lbfgs, evaluate, &p, NULL, &p.w, 1, NULL), TL_OK);
  assert_true(fabs(value(p.w) - 3) < 1e-7);
  free_context(c);
}

int minimize_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lbfgs_minimizes),
      cmocka_unit_test(sam_goes_by_the_gradient_nearby),
      cmocka_unit_test(what_fails_changes_nothing),
  };
  return RUN_GROUP("minimize", tests);
}
