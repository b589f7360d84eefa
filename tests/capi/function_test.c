/* Compiled steps through the C API: what a call gives, what it keeps, and every way to go wrong. Numbers of compiled steps are
 * compared with eager ones in tests/compile. */
#include <pthread.h>

#include "tests/capi/harness.h"

/* A linear classifier with SGD, and what its step is told to do wrong. */
typedef struct {
  tl_tensor *variables[2];
  tl_optimizer *optimizer;
  int runs, destroyed;
  int fail;       /* a status to return */
  bool look;      /* at the loss, on the host */
  bool host_data; /* a constant is made of data of the host */
  bool no_output; /* the output is left unset */
  bool freeze;    /* the size of the batch goes into a number, squared */
  tl_function *recursive, *victim;
} model;

static void count_destroy(void *user_data) { ((model *)user_data)->destroyed++; }

static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  model *m = user_data;
  m->runs++;
  assert_int_equal(num_inputs, 2);
  assert_int_equal(num_outputs, 1);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = tl_add(c, tl_matmul(c, inputs[0], m->variables[0]), m->variables[1]), *grads[2];
  if (m->host_data) logits = tl_mul(c, logits, tl_scalar(c, TL_F32, 0.5));
  if (m->freeze) {
    const double rows = (double)tl_tensor_dim(inputs[0], 0);
    logits = tl_mul_scalar(c, logits, rows * rows);
  }
  tl_tensor *loss = tl_mean(c, tl_sparse_softmax_cross_entropy(c, inputs[1], logits));
  if (tl_tape_gradient(tape, loss, m->variables, 2, NULL, grads) == TL_OK &&
      tl_optimizer_apply(m->optimizer, grads, m->variables, 2) == TL_OK && !m->no_output)
    outputs[0] = loss;
  if (m->look) assert_true(tl_tensor_item(loss) > 0);
  if (m->recursive) {
    tl_tensor *inner = NULL;
    if (m->runs < 3 && tl_function_call(m->recursive, inputs, 2, &inner, 1) == TL_OK) outputs[0] = inner;
  }
  tl_function_release(m->victim);
  if (m->fail) assert_int_equal(tl_set_error(c, m->fail, "[step] words of the program's own"), TL_OK);
  return tl_error_code(c);
}

static model new_model(tl_context *c) {
  model m = {0};
  float w[12];
  for (int i = 0; i < 12; i++) w[i] = (float)((i * 7) % 5 - 2) / 4;
  m.variables[0] = tl_variable_new(c, tl_tensor_new(c, TL_F32, (int64_t[]){4, 3}, 2, w, sizeof w), "w", true);
  m.variables[1] = tl_variable_new(c, tl_full(c, (int64_t[]){3}, 1, 0, TL_F32), "b", true);
  m.optimizer = tl_sgd(c, NULL);
  assert_non_null(m.optimizer);
  return m;
}

static tl_tensor *images(tl_context *c, int64_t rows, int seed) {
  float x[64];
  for (int i = 0; i < 4 * rows; i++) x[i] = (float)((i * 31 + seed * 17) % 11 - 5) / 5;
  return tl_tensor_new(c, TL_F32, (int64_t[]){rows, 4}, 2, x, (size_t)(4 * rows) * sizeof *x);
}

static tl_tensor *classes(tl_context *c, int64_t rows, int32_t last) {
  int32_t y[16];
  for (int i = 0; i < rows; i++) y[i] = i % 3;
  y[rows - 1] = last;
  return tl_tensor_new(c, TL_I32, (int64_t[]){rows}, 1, y, (size_t)rows * sizeof *y);
}

static double call(tl_context *c, tl_function *f, int64_t rows, int seed) {
  tl_tensor *loss = NULL;
  tl_scope_begin(c);
  tl_tensor *in[] = {images(c, rows, seed), classes(c, rows, 1)};
  double value = NAN;
  if (tl_function_call(f, in, 2, &loss, 1) == TL_OK) value = tl_tensor_item(loss);
  assert_int_equal(tl_scope_end(c), TL_OK);
  return value;
}

static void weights_of(model *m, float *w) {
  assert_int_equal(tl_tensor_read(m->variables[0], w, 12 * sizeof *w), TL_OK);
}

static tl_function_statistics stats_of(tl_function *f) {
  tl_function_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_function_stats(f, &s), TL_OK);
  return s;
}

static void a_function_trains_like_its_step(void **state) {
  (void)state;
  tl_context *c = new_context();
  model eager = new_model(c), compiled = new_model(c);
  tl_function *f = tl_function_new(c, step, &compiled, count_destroy, NULL);
  assert_non_null(f);
  for (int i = 0; i < 6; i++) {
    tl_scope_begin(c);
    tl_tensor *in[] = {images(c, 4, i), classes(c, 4, 1)}, *loss = NULL;
    double rate = 0.5 / (i + 1);
    assert_int_equal(tl_optimizer_set_learning_rate(eager.optimizer, rate), TL_OK);
    assert_int_equal(tl_optimizer_set_learning_rate(compiled.optimizer, rate), TL_OK);
    assert_int_equal(step(c, &eager, in, 2, &loss, 1), TL_OK);
    assert_true(tl_tensor_item(loss) == call(c, f, 4, i));
    assert_int_equal(tl_scope_end(c), TL_OK);
    float a[12], b[12];
    weights_of(&eager, a);
    weights_of(&compiled, b);
    assert_memory_equal(a, b, sizeof a);
  }
  assert_int_equal(compiled.runs, 1);
  assert_int_equal(tl_optimizer_iterations(compiled.optimizer), 6);
  tl_function_statistics s = stats_of(f);
  assert_int_equal(s.traces, 1);
  assert_int_equal(s.replays, 5);
  assert_int_equal(s.signatures, 1);
  assert_int_equal(s.host_constants, 0);
  // A product, the loss and its gradient, the product for the weights, their step: what else there is joins one of these.
  assert_true(s.kernels >= 3 && s.kernels <= 5);
  assert_true(s.flops > 4 * 4 * 3 * 2 && s.moved_bytes > 100);
  char text[4096];
  size_t length = 0;
  assert_int_equal(tl_function_text(f, text, sizeof text, &length), TL_OK);
  assert_true(length > 100);
  assert_non_null(strstr(text, "= matmul %0"));
  assert_non_null(strstr(text, "variable 'w'"));
  tl_function_release(f);
  assert_int_equal(compiled.destroyed, 1);
  free_context(c);
}

static void outputs_stay_as_they_are(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  tl_tensor *in[] = {images(c, 4, 1), classes(c, 4, 1)}, *losses[5];
  double values[5];
  for (int i = 0; i < 5; i++) {
    assert_int_equal(tl_function_call(f, in, 2, &losses[i], 1), TL_OK);
    values[i] = tl_tensor_item(losses[i]);
  }
  for (int i = 0; i < 5; i++) assert_true(tl_tensor_item(losses[i]) == values[i]);
  for (int i = 1; i < 5; i++) assert_true(values[i] < values[i - 1]);
  free_context(c);
}

static void many_steps_in_one_call(void **state) {
  (void)state;
  tl_context *c = new_context();
  model one = new_model(c), many = new_model(c);
  tl_function *f = tl_function_new(c, step, &one, NULL, NULL),
              *g = tl_function_new(c, step, &many, NULL, NULL);
  tl_tensor *in[10], *out[5];
  double want[5];
  for (int i = 0; i < 5; i++) {
    in[2 * i] = images(c, 4, i);
    in[2 * i + 1] = classes(c, 4, 1);
    want[i] = call(c, f, 4, i);
  }
  size_t done = 9;
  assert_int_equal(tl_function_run_n(g, 5, in, 10, out, 5, &done), TL_OK);
  assert_int_equal(done, 5);
  for (int i = 0; i < 5; i++) assert_true(tl_tensor_item(out[i]) == want[i]);

  in[7] = classes(c, 4, 3); /* of the fourth step */
  assert_int_equal(tl_function_run_n(g, 5, in, 10, out, 5, &done), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "a label must be in [0, 3): got 3 at position 3");
  assert_int_equal(done, 3);
  assert_non_null(out[2]);
  assert_null(out[3]);
  assert_null(out[4]);
  assert_int_equal(tl_optimizer_iterations(many.optimizer), 8);

  in[7] = NULL;
  assert_int_equal(tl_function_run_n(g, 5, in, 10, out, 5, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[function_run_n] 'inputs[7]' must be a tensor: got NULL");
  assert_int_equal(tl_function_run_n(g, 3, in, 10, out, 5, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "multiples of 'steps'");
  assert_int_equal(tl_function_run_n(g, SIZE_MAX, NULL, 0, NULL, 0, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'steps' must be at most 16777216");
  assert_int_equal(tl_function_run_n(g, 0, in, 10, out, 5, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "which is 1 or more");
  free_context(c);
}

static void each_shape_is_recorded_once(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  for (int i = 0; i < 3; i++)
    for (int64_t rows = 3; rows < 6; rows++) assert_true(call(c, f, rows, i) > 0);
  assert_int_equal(m.runs, 3);
  assert_int_equal(stats_of(f).signatures, 3);
  size_t count = 0, length = 0;
  char reason[200];
  assert_int_equal(tl_function_retrace_reason(f, 1, reason, sizeof reason, &length, &count), TL_OK);
  assert_int_equal(count, 2);
  assert_string_equal(reason, "shape of input 0: (4, 4) became (5, 4)");
  assert_int_equal(length, strlen(reason));
  assert_int_equal(tl_function_retrace_reason(f, 7, NULL, 0, NULL, &count), TL_OK);
  assert_int_equal(tl_function_retrace_reason(f, 2, reason, sizeof reason, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'index' must be less than the number of reasons: got 2 of 2");

  assert_int_equal(tl_function_set_flags(f, 5), TL_OK);
  call(c, f, 3, 1);
  assert_int_equal(m.runs, 4);
  assert_int_equal(tl_function_forget(f), TL_OK);
  call(c, f, 3, 1);
  assert_int_equal(m.runs, 5);

  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.retrace_is_error = true;
  o.verify = true;
  o.name = "train";
  tl_function *strict = tl_function_new(c, step, &m, NULL, &o);
  call(c, strict, 3, 1);
  call(c, strict, 3, 1);
  float before[12], after[12];
  weights_of(&m, before);
  assert_true(isnan(call(c, strict, 4, 1)));
  expect_error(c, TL_FAILED_PRECONDITION,
               "train: the step must not be recorded again: got a call that needs it (shape of input 0: (3, "
               "4) became (4, 4)); keep");
  weights_of(&m, after);
  assert_memory_equal(before, after, sizeof before);

  /* Forgotten, the next call is a first one again. */
  assert_int_equal(tl_function_forget(strict), TL_OK);
  assert_true(call(c, strict, 4, 1) > 0);
  assert_true(call(c, strict, 4, 1) > 0);
  assert_int_equal(stats_of(strict).traces, 2);
  assert_int_equal(tl_function_retrace_reason(strict, 0, reason, sizeof reason, NULL, NULL), TL_OK);
  assert_string_equal(reason, "the recordings were forgotten");
  assert_true(isnan(call(c, strict, 3, 1)));
  expect_error(c, TL_FAILED_PRECONDITION, "that needs it (shape of input 0: (4, 4) became (3, 4))");
  free_context(c);
}

static void all_sizes_of_a_batch_in_a_few_recordings(void **state) {
  (void)state;
  tl_context *c = new_context();
  model eager = new_model(c), m = new_model(c);
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.polymorphic_batch = o.verify = true;
  tl_function *f = tl_function_new(c, step, &m, NULL, &o);
  for (int i = 0; i < 16; i++) {
    const int64_t rows = 4 + i % 8;
    tl_scope_begin(c);
    tl_tensor *in[] = {images(c, rows, i), classes(c, rows, 1)}, *loss = NULL;
    assert_int_equal(step(c, &eager, in, 2, &loss, 1), TL_OK);
    assert_true(tl_tensor_item(loss) == call(c, f, rows, i));
    assert_int_equal(tl_scope_end(c), TL_OK);
    float a[12], b[12];
    weights_of(&eager, a);
    weights_of(&m, b);
    assert_memory_equal(a, b, sizeof a);
  }
  assert_int_equal(m.runs, 5); /* until one size is twice another */
  assert_int_equal(stats_of(f).traces, 5);
  assert_int_equal(stats_of(f).resized_plans, 3);
  assert_int_equal(stats_of(f).replays, 11);

  /* A callback that freezes the size has a recording for each, which says by what. */
  model frozen = new_model(c);
  frozen.freeze = true;
  tl_function *g = tl_function_new(c, step, &frozen, NULL, &o);
  for (int64_t rows = 4; rows < 8; rows++) assert_true(call(c, g, rows, 1) > 0);
  assert_int_equal(frozen.runs, 4);
  assert_int_equal(stats_of(g).resized_plans, 0);
  char reason[400];
  assert_int_equal(tl_function_retrace_reason(g, 0, reason, sizeof reason, NULL, NULL), TL_OK);
  assert_non_null(strstr(reason,
                         "(4, 4) became (5, 4); the two have no plan for all sizes: attribute 'value' of "
                         "mul_scalar is 16 for 4 rows and 25 for 5"));
  free_context(c);
}

/* The product of a sum of scaled rows, beside those of its terms. */
static tl_status mixed_products(tl_context *c, void *user_data, tl_tensor *const *in, size_t num_inputs,
                                tl_tensor **out, size_t num_outputs) {
  (void)user_data;
  assert_true(num_inputs == 4 && num_outputs == 3);
  tl_tensor *mixed = tl_add(c, in[1], tl_mul(c, in[2], tl_sub(c, in[0], in[1])));
  out[0] = tl_matmul(c, in[0], in[3]);
  out[1] = tl_matmul(c, in[1], in[3]);
  out[2] = tl_matmul(c, mixed, in[3]);
  return tl_error_code(c);
}

static void sums_are_reassociated_only_when_allowed(void **state) {
  (void)state;
  tl_context *c = new_context();
  const int64_t matrix[] = {8, 64}, column[] = {8, 1}, right[] = {64, 16};
  tl_tensor *in[] = {tl_normal(c, matrix, 2), tl_normal(c, matrix, 2), tl_uniform(c, column, 2),
                     tl_normal(c, right, 2)};
  double flops[2];
  for (int allowed = 0; allowed < 2; allowed++) {
    tl_function_options o;
    tl_function_options_init(&o, sizeof o);
    assert_false(o.allow_reassociation);
    o.allow_reassociation = allowed == 1;
    o.verify = true;
    tl_function *f = tl_function_new(c, mixed_products, NULL, NULL, &o);
    tl_tensor *first[3], *replayed[3];
    assert_int_equal(tl_function_call(f, in, 4, first, 3), TL_OK);
    assert_int_equal(tl_function_call(f, in, 4, replayed, 3), TL_OK);
    float a[128], b[128];
    for (int k = 0; k < 3; k++) {
      assert_int_equal(tl_tensor_read(first[k], a, sizeof a), TL_OK);
      assert_int_equal(tl_tensor_read(replayed[k], b, sizeof b), TL_OK);
      for (int i = 0; i < 128; i++)
        assert_true(k < 2 || !allowed ? a[i] == b[i] : fabsf(a[i] - b[i]) < 1e-4f); /* values near 10 */
    }
    flops[allowed] = stats_of(f).flops;
  }
  assert_true(flops[1] < 0.75 * flops[0]);
  free_context(c);
}

static void looking_at_a_value_is_reported(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  m.look = true;
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  assert_true(isnan(call(c, f, 4, 1)));
  expect_error(c, TL_FAILED_PRECONDITION, "tensor_item looks at a result of mul_scalar");
  assert_int_equal(tl_optimizer_iterations(m.optimizer), 1);
  assert_true(isnan(call(c, f, 4, 1)));
  expect_error(c, TL_FAILED_PRECONDITION, "tensor_item looks at");
  assert_int_equal(m.runs, 1);

  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.host_reads = TL_HOST_READS_EAGER;
  tl_function *eager = tl_function_new(c, step, &m, NULL, &o);
  for (int i = 0; i < 3; i++) assert_true(call(c, eager, 4, 1) > 0);
  assert_int_equal(m.runs, 4);
  assert_int_equal(stats_of(eager).eager_calls, 2);
  assert_int_equal(stats_of(eager).replays, 0);
  free_context(c);
}

static void host_data_are_counted(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  m.host_data = true;
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  for (int i = 0; i < 3; i++) assert_true(call(c, f, 4, i) > 0);
  assert_int_equal(stats_of(f).host_constants, 1);
  free_context(c);
}

static void released_variables_and_optimizers(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  for (int i = 0; i < 3; i++) call(c, f, 4, i);
  tl_tensor *old = m.variables[1];
  m.variables[1] = tl_variable_new(c, tl_full(c, (int64_t[]){3}, 1, 1, TL_F32), "new b", true);
  tl_tensor_release(old);
  assert_true(call(c, f, 4, 1) > 0);
  assert_int_equal(m.runs, 2);
  char reason[200];
  assert_int_equal(tl_function_retrace_reason(f, 0, reason, sizeof reason, NULL, NULL), TL_OK);
  assert_string_equal(reason, "variable 'b' has been released");

  /* Without a new one the callback says what is wrong. */
  call(c, f, 4, 1);
  tl_tensor_release(m.variables[1]);
  assert_true(isnan(call(c, f, 4, 1)));
  expect_error(c, TL_INVALID_ARGUMENT, "is not a live handle");
  m.variables[1] = tl_variable_new(c, tl_full(c, (int64_t[]){3}, 1, 1, TL_F32), "newer b", true);
  assert_true(call(c, f, 4, 1) > 0);
  tl_optimizer_release(m.optimizer);
  assert_true(isnan(call(c, f, 4, 1)));
  expect_error(c, TL_INVALID_ARGUMENT, "is not a live handle");
  free_context(c);
}

static void a_variable_assigned_from_outside_is_seen(void **state) {
  (void)state;
  tl_context *c = new_context();
  model eager = new_model(c), m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  for (int i = 0; i < 3; i++) call(c, f, 4, i);
  tl_tensor *fresh = tl_full(c, (int64_t[]){4, 3}, 2, 0.25, TL_F32),
            *zero = tl_full(c, (int64_t[]){3}, 1, 0, TL_F32);
  model *both[] = {&eager, &m};
  for (int k = 0; k < 2; k++) {
    assert_int_equal(tl_variable_assign(both[k]->variables[0], fresh), TL_OK);
    assert_int_equal(tl_variable_assign(both[k]->variables[1], zero), TL_OK);
  }
  tl_tensor *in[] = {images(c, 4, 5), classes(c, 4, 1)}, *loss = NULL;
  assert_int_equal(step(c, &eager, in, 2, &loss, 1), TL_OK);
  assert_true(call(c, f, 4, 5) == tl_tensor_item(loss));
  assert_int_equal(m.runs, 1);
  float a[12], b[12];
  weights_of(&eager, a);
  weights_of(&m, b);
  assert_memory_equal(a, b, sizeof a);
  assert_int_equal(tl_tensor_read(fresh, a, sizeof a), TL_OK);
  for (int i = 0; i < 12; i++) assert_true(a[i] == 0.25f); /* what was assigned stays what it was */
  free_context(c);
}

/* Frozen and thawed between calls, a variable trains as with the step itself, and each of the two is recorded once. */
static void variables_are_frozen_between_calls(void **state) {
  (void)state;
  tl_context *c = new_context();
  for (int polymorphic = 0; polymorphic < 2; polymorphic++) {
    model m = new_model(c), eager = new_model(c);
    tl_function_options o;
    tl_function_options_init(&o, sizeof o);
    o.verify = true;
    o.polymorphic_batch = polymorphic;
    tl_function *f = tl_function_new(c, step, &m, NULL, &o);
    float got[12], want[12], b_before[3], b[3];
    const int64_t sizes[] = {3, 4, 6, 5}; /* the last one has a plan without a recording */
    for (int i = 0; i < 16; i++) {
      const bool frozen = i / 4 == 1;
      assert_int_equal(tl_variable_set_trainable(m.variables[1], !frozen), TL_OK);
      assert_int_equal(tl_variable_set_trainable(eager.variables[1], !frozen), TL_OK);
      assert_int_equal(tl_tensor_read(m.variables[1], b_before, sizeof b_before), TL_OK);
      const int64_t rows = polymorphic ? sizes[i % 4] : 4;
      assert_true(call(c, f, rows, i) > 0);
      tl_scope_begin(c);
      tl_tensor *in[] = {images(c, rows, i), classes(c, rows, 1)}, *loss = NULL;
      assert_int_equal(step(c, &eager, in, 2, &loss, 1), TL_OK);
      tl_scope_end(c);
      weights_of(&m, got);
      weights_of(&eager, want);
      assert_memory_equal(got, want, sizeof got);
      assert_int_equal(tl_tensor_read(m.variables[1], b, sizeof b), TL_OK);
      assert_true((memcmp(b, b_before, sizeof b) == 0) == frozen);
    }
    assert_int_equal(stats_of(f).traces, polymorphic ? 6 : 2);
    char reason[200];
    assert_int_equal(tl_function_retrace_reason(f, polymorphic ? 1 : 0, reason, sizeof reason, NULL, NULL),
                     TL_OK);
    if (!polymorphic) assert_string_equal(reason, "variable 'b': it is not trainable any more");
  }

  model m = new_model(c);
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.retrace_is_error = true;
  tl_function *strict = tl_function_new(c, step, &m, NULL, &o);
  assert_int_equal(tl_variable_set_trainable(m.variables[1], false), TL_OK);
  for (int i = 0; i < 3; i++) assert_true(call(c, strict, 4, i) > 0);
  assert_int_equal(tl_variable_set_trainable(m.variables[1], true), TL_OK);
  assert_true(isnan(call(c, strict, 4, 1)));
  expect_error(c, TL_FAILED_PRECONDITION, "that needs it (variable 'b': it has become trainable)");
  free_context(c);
}

static void callbacks_that_fail(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  m.fail = TL_IO;
  assert_true(isnan(call(c, f, 4, 1)));
  expect_error(c, TL_IO, "words of the program's own");
  m.fail = 0;
  m.no_output = true;
  assert_true(isnan(call(c, f, 4, 1)));
  expect_error(c, TL_INVALID_ARGUMENT, "'outputs[0]' must be a tensor: got null");
  m.no_output = false;
  assert_int_equal(stats_of(f).signatures, 0);
  for (int i = 0; i < 3; i++) assert_true(call(c, f, 4, i) > 0);
  assert_int_equal(stats_of(f).replays, 2);

  /* One that calls its own function: the inner calls are part of the step. */
  model r = new_model(c);
  tl_function *g = tl_function_new(c, step, &r, NULL, NULL);
  r.recursive = g;
  assert_true(call(c, g, 4, 1) > 0);
  assert_int_equal(r.runs, 3);
  assert_true(call(c, g, 4, 1) > 0);
  assert_int_equal(r.runs, 3);
  assert_int_equal(tl_optimizer_iterations(r.optimizer), 6);

  /* One that releases its function: it ends after the call. */
  model v = new_model(c);
  v.victim = tl_function_new(c, step, &v, count_destroy, NULL);
  tl_function *dying = v.victim;
  assert_true(call(c, dying, 4, 1) > 0);
  assert_int_equal(v.destroyed, 1);
  assert_true(isnan(call(c, dying, 4, 1)));
  expect_error(c, TL_INVALID_ARGUMENT, "the function is not a live handle");
  free_context(c);
}

static void wrong_arguments(void **state) {
  (void)state;
  tl_context *c = new_context(), *other = new_context();
  model m = new_model(c);
  assert_null(tl_function_new(c, NULL, &m, count_destroy, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "[function_new] 'step' must be a function");
  assert_int_equal(m.destroyed, 1);
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.host_reads = 7;
  assert_null(tl_function_new(c, step, &m, count_destroy, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "'host_reads' must be error (0) or eager (1): got 7");
  assert_int_equal(m.destroyed, 2);
  assert_null(tl_function_new(NULL, step, &m, count_destroy, NULL));
  assert_int_equal(m.destroyed, 3);

  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  tl_tensor *in[] = {images(c, 4, 1), images(other, 4, 1)}, *out = in[0];
  assert_int_equal(tl_function_call(f, in, 2, &out, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "'inputs[1]' must be a tensor of this context: got a tensor of another context");
  assert_null(out);
  assert_int_equal(tl_function_call(f, NULL, 2, &out, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'inputs' must not be NULL");
  assert_int_equal(tl_function_call(f, in, 1, NULL, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'outputs' must not be NULL");
  assert_int_equal(tl_function_call(NULL, in, 2, &out, 1), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_function_stats(f, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'statistics' must not be NULL");
  /* A wrong shape is a signature of its own, whose recording fails as the step does; the others go on. */
  for (int i = 0; i < 2; i++) assert_true(call(c, f, 4, 1) > 0);
  in[1] = classes(c, 3, 1);
  assert_int_equal(tl_function_call(f, in, 2, &out, 1), TL_INVALID_ARGUMENT);
  assert_non_null(strstr(tl_error_message(c), "sparse_softmax_cross_entropy"));
  assert_int_equal(tl_function_call(f, in, 2, &out, 1),
                   TL_INVALID_ARGUMENT); /* the context holds the error */
  tl_clear_error(c);
  assert_true(call(c, f, 4, 1) > 0);
  assert_int_equal(stats_of(f).replays, 2);
  free_context(c);
  free_context(other);
}

static void *call_from_a_thread(void *function) {
  tl_tensor *in[2] = {NULL, NULL}, *out = NULL;
  return (void *)(intptr_t)tl_function_call(function, in, 2, &out, 1);
}

static tl_status waiting_step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                              tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  pthread_t thread;
  void *status;
  assert_int_equal(pthread_create(&thread, NULL, call_from_a_thread, *(tl_function **)user_data), 0);
  assert_int_equal(pthread_join(thread, &status), 0);
  assert_int_equal((intptr_t)status, TL_BUSY);
  outputs[0] = tl_neg(c, inputs[0]);
  return TL_OK;
}

static void a_second_thread_is_refused(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_function *f = NULL;
  f = tl_function_new(c, waiting_step, &f, NULL, NULL);
  tl_tensor *in = tl_scalar(c, TL_F32, 1), *out = NULL;
  assert_int_equal(tl_function_call(f, &in, 1, &out, 1), TL_OK);
  expect_error(c, TL_BUSY, "two threads used one context");
  free_context(c);
}

static void cancelled_contexts_replay_nothing(void **state) {
  (void)state;
  tl_context *c = new_context();
  model m = new_model(c);
  tl_function *f = tl_function_new(c, step, &m, NULL, NULL);
  for (int i = 0; i < 3; i++) call(c, f, 4, i);
  tl_tensor *in[] = {images(c, 4, 1), classes(c, 4, 1)}, *out = NULL;
  assert_int_equal(tl_context_cancel(c), TL_OK);
  assert_int_equal(tl_function_call(f, in, 2, &out, 1), TL_CANCELLED);
  expect_error(c, TL_CANCELLED, "function_call");
  assert_int_equal(tl_optimizer_iterations(m.optimizer), 3);
  assert_true(call(c, f, 4, 1) > 0);
  free_context(c);
}

int function_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_function_trains_like_its_step),
      cmocka_unit_test(outputs_stay_as_they_are),
      cmocka_unit_test(many_steps_in_one_call),
      cmocka_unit_test(each_shape_is_recorded_once),
      cmocka_unit_test(all_sizes_of_a_batch_in_a_few_recordings),
      cmocka_unit_test(sums_are_reassociated_only_when_allowed),
      cmocka_unit_test(looking_at_a_value_is_reported),
      cmocka_unit_test(host_data_are_counted),
      cmocka_unit_test(released_variables_and_optimizers),
      cmocka_unit_test(a_variable_assigned_from_outside_is_seen),
      cmocka_unit_test(variables_are_frozen_between_calls),
      cmocka_unit_test(callbacks_that_fail),
      cmocka_unit_test(wrong_arguments),
      cmocka_unit_test(a_second_thread_is_refused),
      cmocka_unit_test(cancelled_contexts_replay_nothing),
  };
  return RUN_GROUP("functions", tests);
}
