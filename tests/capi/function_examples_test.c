/* The steps of the examples as functions: with the bits of the steps as they are, random draws, layers, metrics, Jacobians and
 * batches of gradients among them. The compiled-step example compares itself. */
#include "tests/capi/harness.h"

enum { MOST = 16, STEPS = 6 };

/* A step, what it works on, and the tensors that are compared after each call, besides its outputs. */
typedef struct {
  tl_tensor *state[MOST];
  size_t num_state;
  tl_layer *model;
  tl_optimizer *adam;
  tl_metric *losses, *accuracy;
} example;

typedef struct {
  const char *name;
  void (*prepare)(tl_context *c, example *e);
  tl_compute_callback step;
  size_t (*inputs)(tl_context *c, int i, tl_tensor **inputs);
  size_t outputs;
} definition;

static void add_state(example *e, tl_tensor *const *tensors, size_t n) {
  for (size_t k = 0; k < n && e->num_state < MOST; k++) e->state[e->num_state++] = tensors[k];
}

static void networks(tl_context *c, example *e, const int64_t *sizes, int layers, double spread) {
  for (int i = 0; i < layers; i++) {
    tl_tensor *made[] = {
        tl_variable_new(c, tl_normal_with(c, sizes + i, 2, 0, spread, TL_F32), "weights", true),
        tl_variable_new(c, tl_full(c, sizes + i + 1, 1, 0, TL_F32), "bias", true)};
    add_state(e, made, 2);
  }
  e->adam = tl_adam(c, NULL);
}

/* ---- digits ------------------------------------------------------------------------------------------------------- */

static size_t images(tl_context *c, int i, tl_tensor **inputs) {
  uint8_t pixels[12 * 36];
  int32_t classes[12];
  for (int k = 0; k < 12 * 36; k++) pixels[k] = (uint8_t)(k * 31 + i * 57);
  for (int k = 0; k < 12; k++) classes[k] = (k * 7 + i) % 10;
  inputs[0] = tl_tensor_new(c, TL_U8, (int64_t[]){12, 6, 6}, 3, pixels, sizeof pixels);
  inputs[1] = tl_tensor_new(c, TL_I32, (int64_t[]){12}, 1, classes, sizeof classes);
  return 2;
}

static void prepare_unbuilt(tl_context *c, example *e) {
  tl_layer *layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 16, NULL),
                        tl_activation_layer(c, TL_ACTIVATION_RELU, NULL), tl_dropout_layer(c, 0.2, NULL),
                        tl_dense(c, 10, NULL)};
  e->model = tl_sequential(c, layers, sizeof layers / sizeof *layers);
  e->adam = tl_adam(c, NULL);
  e->losses = tl_metric_mean(c, NULL);
  e->accuracy = tl_metric_sparse_categorical_accuracy(c, NULL);
}

static void prepare_digits(tl_context *c, example *e) {
  prepare_unbuilt(c, e);
  tl_tensor_release(tl_layer_call(e->model, tl_full(c, (int64_t[]){1, 6, 6}, 3, 0, TL_F32), false));
  size_t n = 0;
  tl_tensor *const *weights = tl_layer_trainable_variables(e->model, &n);
  add_state(e, weights, n);
}

static tl_status digits(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                        tl_tensor **outputs, size_t num_outputs) {
  example *e = user_data;
  (void)num_inputs;
  (void)num_outputs;
  tl_tensor *x = tl_mul_scalar(c, tl_cast(c, inputs[0], TL_F32), 1.0 / 255), *gradients[4];
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = tl_layer_call(e->model, x, true);
  outputs[0] = tl_loss_sparse_categorical_cross_entropy(c, inputs[1], logits, NULL);
  tl_tensor *const *weights = tl_layer_trainable_variables(e->model, NULL);
  if (tl_tape_gradient(tape, outputs[0], weights, 4, NULL, gradients) == TL_OK &&
      tl_optimizer_apply(e->adam, gradients, weights, 4) == TL_OK &&
      tl_metric_update(e->losses, outputs[0], NULL) == TL_OK &&
      tl_metric_update_predictions(e->accuracy, inputs[1], logits, NULL) == TL_OK)
    return TL_OK;
  return tl_error_code(c);
}

/* ---- gradient-penalty --------------------------------------------------------------------------------------------- */

static size_t nothing(tl_context *c, int i, tl_tensor **inputs) {
  (void)c;
  (void)i;
  (void)inputs;
  return 0;
}

static void prepare_penalty(tl_context *c, example *e) { networks(c, e, (int64_t[]){2, 16, 16, 1}, 3, 0.3); }

static tl_tensor *critic(tl_context *c, tl_tensor **v, tl_tensor *x) {
  for (int i = 0; i < 4; i += 2) x = tl_tanh(c, tl_add(c, tl_matmul(c, x, v[i]), v[i + 1]));
  return tl_add(c, tl_matmul(c, x, v[4]), v[5]);
}

static tl_status penalty(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                         tl_tensor **outputs, size_t num_outputs) {
  example *e = user_data;
  tl_tensor **v = e->state, *slope, *gradients[6];
  (void)inputs;
  (void)num_inputs;
  (void)num_outputs;
  const int64_t column[] = {32, 1};
  tl_tensor *angle = tl_uniform_range(c, column, 2, 0, 6.283185307179586, TL_F32);
  tl_tensor *real = tl_concat(c, (tl_tensor *[]){tl_cos(c, angle), tl_sin(c, angle)}, 2, 1);
  tl_tensor *fake = tl_normal_with(c, (int64_t[]){32, 2}, 2, 0, 0.1, TL_F32);
  tl_tensor *between = tl_add(c, fake, tl_mul(c, tl_uniform(c, column, 2), tl_sub(c, real, fake)));
  tl_tape *outer = tl_tape_begin(c, NULL), *inner = tl_tape_begin(c, NULL);
  if (tl_tape_watch(inner, between) != TL_OK) return tl_error_code(c);
  if (tl_tape_gradient(inner, critic(c, v, between), &between, 1, NULL, &slope) != TL_OK)
    return tl_error_code(c);
  tl_tensor *norm = tl_sqrt(c, tl_sum_axes(c, tl_square(c, slope), (int64_t[]){1}, 1, false));
  tl_tensor *far = tl_mean(c, tl_square(c, tl_add_scalar(c, norm, -1)));
  outputs[0] = tl_sub(c, tl_mean(c, critic(c, v, real)), tl_mean(c, critic(c, v, fake)));
  outputs[1] = tl_mean(c, norm);
  tl_tensor *loss = tl_sub(c, tl_mul_scalar(c, far, 10), outputs[0]);
  if (tl_tape_gradient(outer, loss, v, 6, NULL, gradients) != TL_OK) return tl_error_code(c);
  return tl_optimizer_apply(e->adam, gradients, v, 6);
}

/* ---- per-example-gradients ----------------------------------------------------------------------------------------- */

static void prepare_each(tl_context *c, example *e) { networks(c, e, (int64_t[]){2, 16, 1}, 2, 2); }

static tl_tensor *logits_of(tl_context *c, tl_tensor **v, tl_tensor *x) {
  return tl_add(c, tl_matmul(c, tl_tanh(c, tl_add(c, tl_matmul(c, x, v[0]), v[1])), v[2]), v[3]);
}

static tl_status clipped(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                         tl_tensor **outputs, size_t num_outputs) {
  tl_tensor **v = user_data;
  (void)num_inputs;
  (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *x = tl_reshape(c, inputs[0], (int64_t[]){1, 2}, 2);
  tl_tensor *y = tl_reshape(c, inputs[1], (int64_t[]){1, 1}, 2);
  tl_tensor *loss = tl_sum(c, tl_sigmoid_cross_entropy(c, y, logits_of(c, v, x)));
  if (tl_tape_gradient(tape, loss, v, 4, NULL, outputs) != TL_OK) return tl_error_code(c);
  tl_clip_options options;
  tl_clip_options_init(&options, sizeof options);
  options.non_finite = TL_NON_FINITE_PROPAGATE;
  return tl_clip_by_global_norm(c, outputs, 4, 1, &options, outputs, &outputs[4]);
}

static tl_status each(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  example *e = user_data;
  tl_tensor **v = e->state, *batch[2], *every[5], *gradients[4];
  (void)inputs;
  (void)num_inputs;
  (void)num_outputs;
  batch[0] = tl_uniform_range(c, (int64_t[]){20, 2}, 2, -1.5, 1.5, TL_F32);
  tl_tensor *squares = tl_sum_axes(c, tl_square(c, batch[0]), (int64_t[]){1}, 1, true);
  batch[1] = tl_cast(c, tl_less(c, squares, tl_full(c, NULL, 0, 1, TL_F32)), TL_F32);
  if (tl_vmap(c, clipped, v, NULL, batch, NULL, 2, every, 5) != TL_OK) return tl_error_code(c);
  for (int i = 0; i < 4; i++) {
    tl_tensor *mean = tl_mean_axes(c, every[i], (int64_t[]){0}, 1, false);
    int64_t shape[TL_MAX_RANK];
    if (tl_tensor_shape(mean, shape, TL_MAX_RANK) != TL_OK) return tl_error_code(c);
    gradients[i] = tl_add(c, mean, tl_normal_with(c, shape, tl_tensor_rank(mean), 0, 0.05, TL_F32));
  }
  outputs[0] = every[4];
  return tl_optimizer_apply(e->adam, gradients, v, 4);
}

/* ---- newton -------------------------------------------------------------------------------------------------------- */

static size_t a_point(tl_context *c, int i, tl_tensor **inputs) {
  const double p[] = {-1.2 + 0.3 * i, 1 - 0.1 * i};
  inputs[0] = tl_tensor_new(c, TL_F64, (int64_t[]){2}, 1, p, sizeof p);
  return 1;
}

static void prepare_nothing(tl_context *c, example *e) {
  (void)c;
  (void)e;
}

static tl_status valley(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                        tl_tensor **outputs, size_t num_outputs) {
  (void)user_data;
  (void)num_inputs;
  (void)num_outputs;
  tl_tensor *x = tl_slice(c, inputs[0], (int64_t[]){0}, 1, (int64_t[]){1}, 1);
  tl_tensor *y = tl_slice(c, inputs[0], (int64_t[]){1}, 1, (int64_t[]){2}, 1);
  tl_tensor *off = tl_mul_scalar(c, tl_square(c, tl_sub(c, y, tl_square(c, x))), 100);
  outputs[0] = tl_sum(c, tl_add(c, tl_square(c, tl_add_scalar(c, x, -1)), off));
  return TL_OK;
}

/* The gradient, the Hessian, and the Jacobian of a decay on a tape. */
static tl_status newton(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                        tl_tensor **outputs, size_t num_outputs) {
  tl_tensor *p = inputs[0];
  (void)user_data;
  (void)num_inputs;
  (void)num_outputs;
  if (tl_jacobian(c, valley, NULL, NULL, p, NULL, &outputs[0]) != TL_OK ||
      tl_hessian(c, valley, NULL, NULL, p, NULL, &outputs[1]) != TL_OK)
    return tl_error_code(c);
  tl_tape *tape = tl_tape_begin(c, NULL);
  if (tl_tape_watch(tape, p) != TL_OK) return tl_error_code(c);
  tl_tensor *a = tl_slice(c, p, (int64_t[]){0}, 1, (int64_t[]){1}, 1);
  tl_tensor *b = tl_slice(c, p, (int64_t[]){1}, 1, (int64_t[]){2}, 1);
  tl_tensor *t = tl_cast(c, tl_range(c, 4), TL_F64);
  tl_tensor *y = tl_mul(c, a, tl_exp(c, tl_neg(c, tl_mul(c, b, t))));
  return tl_tape_jacobian(tape, y, &p, 1, NULL, &outputs[2]);
}

/* ---- explain ------------------------------------------------------------------------------------------------------- */

static void prepare_cures(tl_context *c, example *e) {
  tl_tensor *made[] = {tl_variable_new(c, tl_scalar(c, TL_F32, 2.5), "weight", true),
                       tl_variable_new(c, tl_scalar(c, TL_F32, 0), "total", false)};
  add_state(e, made, 2);
}

static size_t a_number(tl_context *c, int i, tl_tensor **inputs) {
  inputs[0] = tl_scalar(c, TL_F32, 3 + i);
  return 1;
}

static tl_status cures(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                       tl_tensor **outputs, size_t num_outputs) {
  example *e = user_data;
  tl_tensor *weight = e->state[0], *total = e->state[1], *x = inputs[0];
  (void)num_inputs;
  (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *rounded = tl_grad_pass_through(c, tl_cast(c, tl_cast(c, weight, TL_I32), TL_F32), weight);
  if (tl_tape_gradient(tape, tl_square(c, rounded), &weight, 1, NULL, &outputs[0]) != TL_OK)
    return tl_error_code(c);
  tape = tl_tape_begin(c, NULL);
  tl_tensor *sum = tl_add(c, total, weight);
  if (tl_variable_assign(total, sum) != TL_OK) return tl_error_code(c);
  if (tl_tape_gradient(tape, tl_square(c, sum), &weight, 1, NULL, &outputs[1]) != TL_OK)
    return tl_error_code(c);
  tape = tl_tape_begin(c, NULL);
  if (tl_tape_watch(tape, x) != TL_OK) return tl_error_code(c);
  return tl_tape_gradient(tape, tl_mul(c, tl_square(c, x), weight), &x, 1, NULL, &outputs[2]);
}

static const definition examples[] = {
    {"digits", prepare_digits, digits, images, 1},
    {"digits, with a model that the step builds", prepare_unbuilt, digits, images, 1},
    {"gradient-penalty", prepare_penalty, penalty, nothing, 2},
    {"per-example-gradients", prepare_each, each, nothing, 1},
    {"newton", prepare_nothing, newton, a_point, 3},
    {"explain", prepare_cures, cures, a_number, 3},
};

typedef struct {
  tl_context *c;
  example e;
  tl_function *f;
} run;

static void begin(run *r, const definition *d, bool compiled, int threads) {
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.seed = 7;
  o.threads = threads;
  memset(r, 0, sizeof *r);
  r->c = tl_context_new(&o);
  assert_non_null(r->c);
  d->prepare(r->c, &r->e);
  tl_function_options how;
  tl_function_options_init(&how, sizeof how);
  how.verify = true;
  if (compiled) r->f = tl_function_new(r->c, d->step, &r->e, NULL, &how);
}

/* The bytes of all outputs, then of the state. */
static size_t call(run *r, const definition *d, int i, char *bytes, size_t room) {
  tl_tensor *in[4], *out[4] = {NULL};
  size_t used = 0;
  tl_scope_begin(r->c);
  const size_t n = d->inputs(r->c, i, in);
  const tl_status status =
      r->f ? tl_function_call(r->f, in, n, out, d->outputs) : d->step(r->c, &r->e, in, n, out, d->outputs);
  if (status != TL_OK) fail_msg("%s: %s", d->name, tl_error_message(r->c));
  for (size_t k = 0; k < d->outputs + r->e.num_state; k++) {
    tl_tensor *t = k < d->outputs ? out[k] : r->e.state[k - d->outputs];
    const size_t size = (size_t)tl_tensor_elements(t) * tl_dtype_size(tl_tensor_dtype(t));
    assert_true(used + size <= room);
    assert_int_equal(tl_tensor_read(t, bytes + used, size), TL_OK);
    used += size;
  }
  assert_int_equal(tl_scope_end(r->c), TL_OK);
  return used;
}

static void steps_of_examples_have_the_same_bits(void **state) {
  (void)state;
  static char want[1 << 16], got[1 << 16];
  for (size_t k = 0; k < sizeof examples / sizeof *examples; k++)
    for (int threads = 1; threads <= 2; threads++) {
      const definition *d = &examples[k];
      run eager, compiled;
      begin(&eager, d, false, 1);
      begin(&compiled, d, true, threads);
      for (int i = 0; i < STEPS; i++) {
        const size_t bytes = call(&eager, d, i, want, sizeof want);
        assert_int_equal(call(&compiled, d, i, got, sizeof got), bytes);
        if (memcmp(want, got, bytes) != 0) fail_msg("%s differs in step %d", d->name, i);
      }
      if (eager.e.losses) {
        assert_true(tl_metric_result(eager.e.losses) == tl_metric_result(compiled.e.losses));
        assert_true(tl_metric_result(eager.e.accuracy) == tl_metric_result(compiled.e.accuracy));
      }
      tl_function_statistics s = {.struct_size = sizeof s};
      assert_int_equal(tl_function_stats(compiled.f, &s), TL_OK);
      assert_int_equal(s.traces, 1);
      assert_int_equal(s.replays, STEPS - 1);
      free_context(eager.c);
      free_context(compiled.c);
    }
}

int function_examples_tests(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(steps_of_examples_have_the_same_bits)};
  return RUN_GROUP("functions of the examples", tests);
}
