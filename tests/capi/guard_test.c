/* Whatever function of the program's runs inside of a call: it can end neither the context nor a scope that the call stands on. One
 * run for each kind of callback and of destroy function. */
#include "tests/capi/harness.h"

/* What the functions here try, and what came of it. */
typedef struct {
  tl_context *c;
  int calls;           /* of functions that tried */
  uint64_t scopes;     /* that were open when the run began */
  bool closed;         /* the context refuses every call meanwhile */
  bool leaves_a_scope; /* instead of ending one */
} attacker;

static void attack(void *user_data) {
  attacker *a = user_data;
  a->calls++;
  assert_int_equal(tl_context_free(a->c), TL_BUSY);
  if (a->leaves_a_scope) {
    assert_int_equal(tl_scope_begin(a->c), TL_OK);
    return;
  }
  const tl_status refused = a->closed ? TL_BUSY : TL_FAILED_PRECONDITION;
  const bool failed =
      tl_failed(a->c); /* which is true of one that is closed: no error of its own can be looked at */
  for (int i = 0; i < 3; i++) {
    assert_int_equal(tl_scope_end(a->c), refused);
    if (!failed) expect_error(a->c, refused, "[scope_end] a callback ends only scopes that it began");
  }
  if (a->closed) return;
  assert_int_equal(tl_scope_begin(a->c), TL_OK); /* those of its own it may end */
  assert_int_equal(tl_scope_end(a->c), TL_OK);
}

static tl_status attacking(tl_context *c, void *user_data, tl_tensor *const *in, size_t n, tl_tensor **out,
                           size_t m) {
  attack(user_data);
  for (size_t i = 0; i < m; i++) out[i] = n ? tl_mul(c, in[0], in[0]) : tl_scalar(c, TL_F32, 1);
  return tl_error_code(c);
}

static tl_tensor *ones(tl_context *c, int64_t count) { return tl_ones(c, &count, 1); }

/* ---- one for each kind --------------------------------------------------------------------------------------------- */

static tl_status attacking_backward(tl_context *c, void *user_data, tl_tensor *const *in, size_t n,
                                    tl_tensor *const *out, tl_tensor *const *arrived, size_t m,
                                    tl_tensor **gradients) {
  (void)in, (void)n, (void)out, (void)m;
  attack(user_data);
  gradients[0] = tl_mul_scalar(c, arrived[0], 2);
  return tl_error_code(c);
}

static tl_status attacking_jvp(tl_context *c, void *user_data, tl_tensor *const *in, tl_tensor *const *moving,
                               size_t n, tl_tensor *const *out, size_t m, tl_tensor **tangents) {
  (void)in, (void)n, (void)out, (void)m;
  attack(user_data);
  tangents[0] = tl_mul_scalar(c, moving[0], 2);
  return tl_error_code(c);
}

static void in_gradient_rules(attacker *a) {
  tl_tensor *x = tl_variable_new(a->c, ones(a->c, 2), "x", true), *along = ones(a->c, 2), *y, *gradient;
  tl_forward *forward = tl_forward_begin(a->c, &x, &along, 1);
  tl_tape *tape = tl_tape_begin(a->c, NULL);
  assert_int_equal(tl_custom_gradient_with_jvp(a->c, "square", attacking, attacking_backward, attacking_jvp,
                                               a, NULL, &x, 1, NULL, 0, &y, 1),
                   TL_OK);
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &gradient), TL_OK);
  assert_int_equal(tl_forward_end(forward), TL_OK);
  assert_true(tl_tensor_item(tl_sum(a->c, gradient)) == 4);
  assert_true(a->calls >= 3);
}

static void in_a_segment(attacker *a) {
  tl_tensor *x = tl_variable_new(a->c, ones(a->c, 2), "x", true), *y, *gradient;
  tl_tape *tape = tl_tape_begin(a->c, NULL);
  assert_int_equal(tl_recompute(a->c, "segment", attacking, a, NULL, &x, 1, &y, 1), TL_OK);
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &gradient), TL_OK);
  assert_int_equal(a->calls, 2);
}

static void in_functions_of_tensors(attacker *a) {
  tl_context *c = a->c;
  tl_tensor *x = ones(c, 3), *out;
  assert_int_equal(tl_vmap(c, attacking, a, NULL, &x, NULL, 1, &out, 1), TL_OK);
  assert_int_equal(tl_jacobian(c, attacking, a, NULL, x, NULL, &out), TL_OK);
  assert_non_null(tl_pullback_new(c, attacking, a, NULL, &x, 1, &out, 1));
  assert_true(a->calls >= 3);
}

static void in_a_step(attacker *a) {
  tl_function *step = tl_function_new(a->c, attacking, a, NULL, NULL);
  tl_tensor *x = ones(a->c, 2), *out;
  for (int i = 0; i < 3; i++) assert_int_equal(tl_function_call(step, &x, 1, &out, 1), TL_OK);
  assert_true(a->calls >= 1);
}

static void in_an_optimizer(attacker *a) {
  tl_tensor *w = tl_variable_new(a->c, ones(a->c, 2), "w", true), *g = ones(a->c, 2), *loss;
  assert_int_equal(tl_optimizer_apply(tl_optimizer_custom(a->c, "own", 1, attacking, a, NULL), &g, &w, 1),
                   TL_OK);
  assert_int_equal(a->calls, 1);
  /* An evaluation that puts out no gradient: what matters is that it runs. */
  (void)!tl_optimizer_apply_sam(tl_sgd(a->c, NULL), NULL, attacking, a, NULL, &w, 1, &loss);
  tl_clear_error(a->c);
  (void)!tl_optimizer_minimize(tl_lbfgs(a->c, NULL), attacking, a, NULL, &w, 1, NULL);
  tl_clear_error(a->c);
  assert_true(a->calls >= 3);
}

static void in_a_metric(attacker *a) {
  tl_metric *m = tl_metric_custom(a->c, "own", attacking, attacking, a, NULL);
  assert_int_equal(tl_metric_add_state(m, "sum", NULL, 0, 2), TL_OK);
  assert_int_equal(tl_metric_update_with(m, NULL, 0), TL_OK);
  assert_true(tl_metric_result(m) == 16);
  assert_int_equal(a->calls, 2);
}

static tl_status attacking_progress(void *user_data, const char *text, const tl_progress_statistics *now) {
  (void)text, (void)now;
  attack(user_data);
  return TL_OK;
}

static void in_progress(attacker *a) {
  tl_progress *bar = tl_progress_new(a->c, NULL);
  assert_int_equal(tl_progress_set_callback(bar, attacking_progress, a, NULL), TL_OK);
  assert_int_equal(tl_progress_start(bar, 3, "round"), TL_OK);
  assert_int_equal(tl_progress_finish(bar), TL_OK);
  assert_true(a->calls >= 1);
}

static tl_status attacking_rate(void *user_data, int64_t step, double *rate) {
  attack(user_data);
  *rate = (double)step;
  return TL_OK;
}

static void in_a_schedule(attacker *a) {
  a->closed = true;
  assert_true(isnan(tl_schedule_rate(tl_schedule_custom(a->c, "own", attacking_rate, a, NULL), 1)));
  expect_error(a->c, TL_FAILED_PRECONDITION, "must not use its context");
  assert_int_equal(a->calls, 1);
}

static void attacking_log(void *user_data, tl_log_level level, const char *message) {
  (void)level, (void)message;
  attack(user_data);
}

static void in_a_log(attacker *a) {
  tl_context *c = a->c;
  tl_tensor *both[] = {tl_variable_new(c, ones(c, 2), "v", true), tl_variable_new(c, ones(c, 2), "w", true)};
  tl_tensor *gradients[] = {ones(c, 2), NULL}; /* which is worth a warning */
  a->closed = true;
  assert_int_equal(tl_context_set_log(c, attacking_log, a, NULL), TL_OK);
  assert_int_equal(tl_optimizer_apply(tl_sgd(c, NULL), gradients, both, 2), TL_OK);
  expect_error(c, TL_BUSY, "or a log callback its own");
  assert_int_equal(a->calls, 1);
  assert_int_equal(tl_context_set_log(c, NULL, NULL, NULL), TL_OK);
}

static tl_status attacking_element(tl_context *c, void *user_data, const tl_element_place *place,
                                   tl_tensor *const *in, size_t n, tl_tensor **out, size_t m) {
  (void)place, (void)n, (void)m;
  attack(user_data);
  assert_int_equal(tl_context_free(c), TL_BUSY); /* its own, too */
  assert_int_equal(tl_scope_end(c), TL_FAILED_PRECONDITION);
  tl_clear_error(c);
  out[0] = in[0];
  return TL_OK;
}

static void attacking_end(void *user_data, uint64_t iteration) {
  (void)iteration;
  attack(user_data);
}

static tl_status begin(tl_context *c, void *user_data, uint64_t epoch, uint64_t *iteration) {
  (void)c, (void)user_data, (void)epoch, (void)iteration;
  return TL_OK;
}

static tl_status next(tl_context *c, void *user_data, uint64_t iteration, tl_tensor **out, size_t m,
                      bool *more) {
  (void)user_data, (void)iteration, (void)m, (void)more;
  out[0] = tl_scalar(c, TL_F32, 1);
  return tl_error_code(c);
}

static void in_a_pipeline(attacker *a) {
  tl_tensor *out;
  a->closed = true;
  tl_dataset *data =
      tl_dataset_map(a->c, tl_dataset_range(a->c, 0, 3, 1), attacking_element, a, NULL, 1, NULL);
  assert_false(tl_dataset_next(data, &out, 1));
  expect_error(a->c, TL_FAILED_PRECONDITION, "a function of a pipeline must use the context that it gets");
  assert_int_equal(a->calls, 1);
  tl_dataset_release(data);
}

/* The end of a pass comes with the end of its dataset, on the thread that ends it or on one of the pipeline. */
static void at_the_end_of_a_pass(attacker *a) {
  tl_tensor *out;
  tl_dataset *data = tl_dataset_from_iterator(a->c, 1, begin, next, attacking_end, a, NULL);
  assert_true(tl_dataset_next(data, &out, 1));
  a->calls = -1;
  a->leaves_a_scope =
      true; /* that anything is refused depends on the thread: the scopes behind it are looked at */
  tl_dataset_release(data);
  assert_int_equal(a->calls, 0);
}

static tl_status attacking_guarded(tl_context *c, void *user_data) {
  attack(user_data);
  return tl_error_code(c);
}

static void in_a_guarded_call(attacker *a) {
  assert_int_equal(tl_call_guarded(a->c, "own", attacking_guarded, a, attack), TL_OK);
  assert_int_equal(a->calls, 2);
}

static tl_status attacking_replica(tl_context *c, tl_group *group, void *user_data) {
  (void)group;
  ((attacker *)user_data)->calls++;
  assert_int_equal(tl_context_free(c), TL_BUSY);
  assert_int_equal(tl_scope_end(c), TL_FAILED_PRECONDITION);
  tl_clear_error(c);
  return TL_OK;
}

static void in_a_replica(attacker *a) {
  assert_int_equal(tl_replicas_run(a->c, 1, NULL, attacking_replica, a), TL_OK);
  assert_int_equal(a->calls, 1);
}

/* ---- destroy functions --------------------------------------------------------------------------------------------- */

static const float lent[] = {1, 2};

static void when_an_object_is_released(attacker *a) {
  tl_schedule_release(tl_schedule_custom(a->c, "own", attacking_rate, a, attack));
  assert_int_equal(a->calls, 1);
  tl_tensor_release(tl_tensor_borrow(a->c, TL_F32, (int64_t[]){2}, 1, lent, sizeof lent, attack, a));
  assert_int_equal(a->calls, 2);
}

static void when_a_scope_ends(attacker *a) {
  for (int i = 0; i < 2; i++) {
    assert_int_equal(tl_scope_begin(a->c), TL_OK);
    tl_tensor *x = tl_tensor_borrow(a->c, TL_F32, (int64_t[]){2}, 1, lent, sizeof lent, attack, a);
    assert_non_null(tl_tensor_borrow(a->c, TL_F32, (int64_t[]){2}, 1, lent, sizeof lent, attack, a));
    assert_non_null(tl_relu(a->c, x));
    assert_int_equal(tl_scope_end(a->c), TL_OK);
    assert_int_equal(a->calls, 2 * (i + 1));
  }
}

/* The last user of the memory is a value that an op in the midst of an optimizer's step replaces. */
static void in_the_midst_of_a_call(attacker *a) {
  tl_tensor *g = ones(a->c, 2);
  tl_tensor *first = tl_tensor_borrow(a->c, TL_F32, (int64_t[]){2}, 1, lent, sizeof lent, attack, a);
  tl_tensor *w = tl_variable_new(a->c, first, "w", true);
  tl_tensor_release(first);
  assert_int_equal(a->calls, 0);
  assert_int_equal(tl_variable_assign(w, g), TL_OK);
  assert_int_equal(a->calls, 1);
}

static void when_a_call_fails(attacker *a) {
  tl_context *c = a->c;
  tl_tensor *out;
  assert_int_equal(tl_set_error(c, TL_IO, "before"), TL_OK);
  a->leaves_a_scope = true;
  assert_int_equal(tl_call_guarded(c, "own", attacking_guarded, a, NULL), TL_IO);
  assert_int_equal(a->calls, 0); /* it does nothing */
  tl_clear_error(c);
  a->leaves_a_scope = false;
  assert_int_equal(tl_recompute(c, NULL, attacking, a, attack, NULL, 0, &out, 1), TL_INVALID_ARGUMENT);
  assert_int_equal(a->calls, 1);
}

/* ---- all of them --------------------------------------------------------------------------------------------------- */

static void callbacks_end_nothing_of_their_callers(void **state) {
  (void)state;
  void (*const runs[])(attacker *) = {in_gradient_rules,
                                      in_a_segment,
                                      in_functions_of_tensors,
                                      in_a_step,
                                      in_an_optimizer,
                                      in_a_metric,
                                      in_progress,
                                      in_a_schedule,
                                      in_a_log,
                                      in_a_pipeline,
                                      at_the_end_of_a_pass,
                                      in_a_guarded_call,
                                      in_a_replica,
                                      when_an_object_is_released,
                                      when_a_scope_ends,
                                      in_the_midst_of_a_call,
                                      when_a_call_fails};
  for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
    tl_context_statistics now = {.struct_size = sizeof now};
    attacker a = {.c = new_context()};
    assert_int_equal(tl_scope_begin(a.c), TL_OK);
    assert_int_equal(tl_scope_begin(a.c), TL_OK);
    runs[i](&a);
    tl_clear_error(a.c);
    assert_int_equal(tl_context_stats(a.c, &now), TL_OK);
    if (!a.leaves_a_scope) assert_int_equal(now.scopes, 2);
    while (tl_scope_end(a.c) == TL_OK) {
    }
    expect_error(a.c, TL_FAILED_PRECONDITION, "a scope must be open");
    assert_true(tl_tensor_item(tl_sum(a.c, ones(a.c, 5))) == 5);
    free_context(a.c);
  }
}

/* Scopes that callbacks leave open end behind them. */
static void a_scope_that_is_left_open_ends(void **state) {
  (void)state;
  attacker a = {.c = new_context(), .leaves_a_scope = true};
  tl_context_statistics now = {.struct_size = sizeof now};
  assert_int_equal(tl_scope_begin(a.c), TL_OK);
  assert_int_equal(tl_call_guarded(a.c, "own", attacking_guarded, &a, NULL), TL_OK);
  tl_tensor *x = ones(a.c, 2), *out;
  tl_function *step = tl_function_new(a.c, attacking, &a, NULL, NULL);
  assert_int_equal(tl_function_call(step, &x, 1, &out, 1), TL_OK);
  assert_int_equal(tl_scope_begin(a.c), TL_OK); /* also where the end of a scope runs what leaves one open */
  assert_non_null(tl_tensor_borrow(a.c, TL_F32, (int64_t[]){2}, 1, lent, sizeof lent, attack, &a));
  assert_int_equal(tl_scope_end(a.c), TL_OK);
  assert_int_equal(a.calls, 3);
  assert_int_equal(tl_context_stats(a.c, &now), TL_OK);
  assert_int_equal(now.scopes, 1);
  assert_true(tl_tensor_item(tl_sum(a.c, x)) == 2); /* that of the caller is as it was */
  assert_int_equal(tl_scope_end(a.c), TL_OK);
  free_context(a.c);
}

/* ---- tl_call_guarded() and tl_forget_error() ------------------------------------------------------------------------ */

typedef struct {
  tl_status returns, sets;
  tl_tensor *made;
  int destroyed;
} plugin;

static tl_status run_plugin(tl_context *c, void *user_data) {
  plugin *p = user_data;
  p->made = ones(c, 3);
  if (p->sets != TL_OK) (void)!tl_set_error(c, p->sets, "[plugin] no");
  return p->returns;
}

static void end_plugin(void *user_data) { ((plugin *)user_data)->destroyed++; }

static tl_status nested(tl_context *c, void *user_data) {
  ++*(int *)user_data;
  return tl_call_guarded(c, "nested", nested, user_data, NULL);
}

static void a_guarded_call_says_what_its_function_did(void **state) {
  (void)state;
  tl_context *c = new_context();
  plugin p = {0};
  assert_int_equal(tl_call_guarded(c, "plugin", run_plugin, &p, end_plugin), TL_OK);
  assert_true(tl_tensor_item(tl_sum(c, p.made)) == 3 && p.destroyed == 1); /* of the scope around it */
  p.returns = TL_IO;
  assert_int_equal(tl_call_guarded(c, "plugin", run_plugin, &p, end_plugin), TL_IO);
  expect_error(c, TL_IO, "[call_guarded] plugin: the function callback must return TL_OK or set the error");
  p.sets = TL_NOT_FOUND;
  assert_int_equal(tl_call_guarded(c, "plugin", run_plugin, &p, end_plugin), TL_NOT_FOUND);
  assert_string_equal(tl_error_message(c), "[plugin] no");
  assert_int_equal(tl_call_guarded(c, "plugin", run_plugin, &p, end_plugin),
                   TL_NOT_FOUND); /* it does nothing */
  tl_clear_error(c);
  p.returns = TL_OK;
  assert_int_equal(tl_call_guarded(c, "plugin", run_plugin, &p, NULL), TL_NOT_FOUND);
  tl_clear_error(c);
  assert_int_equal(tl_call_guarded(c, "plugin", NULL, &p, end_plugin), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[call_guarded] 'function' must be a function: got NULL");
  assert_int_equal(tl_call_guarded(c, NULL, run_plugin, &p, end_plugin), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'name'");
  assert_int_equal(tl_call_guarded(NULL, "plugin", run_plugin, &p, end_plugin), TL_INVALID_ARGUMENT);
  assert_int_equal(p.destroyed, 7);
  int deep = 0;
  assert_int_equal(tl_call_guarded(c, "nested", nested, &deep, NULL), TL_FAILED_PRECONDITION);
  assert_true(deep >= 100);
  expect_error(c, TL_FAILED_PRECONDITION, "callbacks must not nest deeper than");
  free_context(c);
}

static void one_error_is_forgotten_and_no_request(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_int_equal(tl_forget_error(c, TL_IO), TL_OK); /* there is none */
  assert_int_equal(tl_set_error(c, TL_IO, "one"), TL_OK);
  assert_int_equal(tl_forget_error(c, TL_NON_FINITE), TL_IO);
  assert_string_equal(tl_error_message(c), "one");
  assert_int_equal(tl_context_cancel(c), TL_OK);
  assert_int_equal(tl_forget_error(c, TL_IO), TL_OK);
  assert_false(tl_failed(c));
  assert_null(ones(c, 2)); /* the request has not been taken back */
  assert_int_equal(tl_error_code(c), TL_CANCELLED);
  tl_clear_error(c);
  assert_int_equal(tl_forget_error(c, TL_OK), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[forget_error] 'code' must be that of an error: got 0");
  assert_int_equal(tl_forget_error(NULL, TL_IO), TL_INVALID_ARGUMENT);
  free_context(c);
}

int guard_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(callbacks_end_nothing_of_their_callers),
      cmocka_unit_test(a_scope_that_is_left_open_ends),
      cmocka_unit_test(a_guarded_call_says_what_its_function_did),
      cmocka_unit_test(one_error_is_forgotten_and_no_request),
  };
  return RUN_GROUP("guard", tests);
}
