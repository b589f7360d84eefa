/* Custom gradients, recomputed segments and pass-through through the C API; their numbers are tested in tests/autodiff. */
#include "tests/capi/harness.h"

/* What the callbacks below are told, and what they saw. */
typedef struct {
  int forwards, backwards, destroyed;
  int fail_forward, fail_backward; /* a status to return */
  tl_tensor *variable;             /* read by the forward */
  tl_tape *victim;                 /* released by the backward */
} notes;

static void count_destroy(void *user_data) { ((notes *)user_data)->destroyed++; }

/* half(x) = x^2 with the rule g x, or variable * x^2. */
static tl_status forward(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                         tl_tensor **outputs, size_t num_outputs) {
  notes *n = user_data;
  n->forwards++;
  assert_true(num_inputs >= 1);
  for (size_t i = 0; i < num_outputs; i++) {
    outputs[i] = tl_square(c, inputs[0]);
    if (n->variable) outputs[i] = tl_mul(c, outputs[i], n->variable);
  }
  if (n->fail_forward) {
    assert_int_equal(tl_set_error(c, n->fail_forward, "[forward] the text of the caller; as it is"), TL_OK);
    return n->fail_forward;
  }
  return TL_OK;
}

static tl_status backward(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                          tl_tensor *const *outputs, tl_tensor *const *output_gradients, size_t num_outputs,
                          tl_tensor **input_gradients) {
  notes *n = user_data;
  n->backwards++;
  assert_true(num_outputs >= 1 && outputs[0]);
  if (n->fail_backward == -1) return TL_IO; /* without a text */
  if (n->fail_backward) {
    assert_int_equal(tl_set_error(c, n->fail_backward, "[backward] its own words"), TL_OK);
    return n->fail_backward;
  }
  tl_tape_release(n->victim);
  tl_scope_begin(c); /* left open on purpose: the library ends it */
  input_gradients[0] = tl_mul(c, output_gradients[0], inputs[0]);
  if (num_inputs > 1) input_gradients[1] = tl_mul(c, output_gradients[0], tl_square(c, inputs[0]));
  return TL_OK;
}

static tl_tensor *half(tl_context *c, notes *n, tl_tensor *x) {
  tl_tensor *y;
  if (tl_custom_gradient(c, "half", forward, backward, n, count_destroy, &x, 1, &n->variable,
                         n->variable != NULL, &y, 1) != TL_OK)
    assert_null(y);
  return y;
}

static void a_rule_and_its_derivative(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 3), *first, *second;
  notes n = {0};
  tl_scope_begin(c);
  tl_tape *outer = tl_tape_begin(c, NULL), *inner = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(outer, x), TL_OK);
  assert_int_equal(tl_tape_watch(inner, x), TL_OK);
  tl_tensor *y = half(c, &n, x);
  tl_context_statistics before = {.struct_size = sizeof before}, after = {.struct_size = sizeof after};
  assert_int_equal(tl_context_stats(c, &before), TL_OK);
  assert_true(tl_tensor_item(y) == 9);
  assert_int_equal(tl_tape_gradient(inner, y, &x, 1, NULL, &first), TL_OK);
  assert_int_equal(tl_tape_gradient(outer, first, &x, 1, NULL, &second), TL_OK);
  assert_true(tl_tensor_item(first) == 3);
  assert_true(tl_tensor_item(second) == 1);
  assert_int_equal(tl_context_stats(c, &after), TL_OK);
  assert_int_equal(after.tensors, before.tensors + 2); /* what the callbacks made is gone */
  assert_int_equal(after.scopes, 1);
  assert_int_equal(n.forwards, 1);
  assert_int_equal(n.backwards, 1);
  assert_int_equal(n.destroyed, 1); /* both tapes are consumed */
  tl_scope_end(c);
  free_context(c);
}

static void captured_variables(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *g[2], *y;
  notes n = {0};
  n.variable = tl_variable_new(c, tl_scalar(c, TL_F64, 5), "w", true);
  tl_tensor *sources[] = {x, n.variable};
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  y = half(c, &n, x);
  assert_true(tl_tensor_item(y) == 20);
  assert_int_equal(tl_tape_gradient(tape, y, sources, 2, NULL, g), TL_OK);
  assert_true(tl_tensor_item(g[0]) == 2);
  assert_true(tl_tensor_item(g[1]) == 4);
  /* Without naming it: an error that does. */
  assert_int_equal(tl_custom_gradient(c, "half", forward, backward, &n, count_destroy, &x, 1, NULL, 0, &y, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(
      c, TL_INVALID_ARGUMENT,
      "[custom_gradient] half: the rule must know each trainable variable that the function reads: got 'w'");
  assert_int_equal(n.destroyed, 2);
  free_context(c);
}

/* x times the tensor `variable`, which is no input; with `fail_forward` as a switch: behind stop_gradient. */
static tl_status uses_a_captured_tensor(tl_context *c, void *user_data, tl_tensor *const *inputs,
                                        size_t num_inputs, tl_tensor **outputs, size_t num_outputs) {
  notes *n = user_data;
  (void)num_inputs, (void)num_outputs;
  outputs[0] = tl_mul(c, inputs[0], n->fail_forward ? tl_stop_gradient(c, n->variable) : n->variable);
  return TL_OK;
}
static tl_status jvp_of_it(tl_context *c, void *user_data, tl_tensor *const *inputs,
                           tl_tensor *const *input_tangents, size_t num_inputs, tl_tensor *const *outputs,
                           size_t num_outputs, tl_tensor **output_tangents) {
  notes *n = user_data;
  (void)inputs, (void)num_inputs, (void)outputs, (void)num_outputs;
  output_tangents[0] = tl_mul(c, input_tangents[0], n->variable);
  return TL_OK;
}
/* One call of each kind of function that is one entry on tapes. */
static tl_status call_with_capture(tl_context *c, int kind, notes *n, tl_tensor *x, tl_tensor **y) {
  if (kind) return tl_recompute(c, "f", uses_a_captured_tensor, n, NULL, &x, 1, y, 1);
  return tl_custom_gradient_with_jvp(c, "f", uses_a_captured_tensor, backward, jvp_of_it, n, NULL, &x, 1,
                                     NULL, 0, y, 1);
}
static tl_status of_one_example(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                                tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs, (void)num_outputs;
  for (int kind = 0; kind < 2; kind++)
    if (call_with_capture(c, kind, user_data, inputs[0], outputs) != TL_OK) return tl_error_code(c);
  return TL_OK;
}

static void captured_tensors(void **state) {
  (void)state;
  tl_context *c = new_context();
  const char *text =
      "f: the rule must know each tensor that the function uses and that a tape or forward mode "
      "follows: got f64 () in mul, which it does not; pass it as an input";
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *y, *g, *one = tl_scalar(c, TL_F64, 1),
            *free_of_tapes = tl_scalar(c, TL_F64, 7),
            *row = tl_tensor_new(c, TL_F64, (int64_t[]){2}, 1, (double[]){1, 2}, 16);
  notes n = {0};
  for (int kind = 0; kind < 2; kind++) {
    n.variable = free_of_tapes;
    n.fail_forward = 0;
    tl_tape *tape = tl_tape_begin(c, NULL);
    assert_int_equal(tl_tape_watch(tape, x), TL_OK);
    assert_int_equal(tl_tape_watch(tape, row), TL_OK);
    assert_int_equal(call_with_capture(c, kind, &n, x, &y), TL_OK);
    assert_true(tl_tensor_item(y) == 14);
    /* A batch of what the tape follows is an input like any other. */
    assert_int_equal(tl_vmap(c, of_one_example, &n, NULL, &row, NULL, 1, &y, 1), TL_OK);
    n.variable = tl_square(c, x);
    assert_int_equal(call_with_capture(c, kind, &n, x, &y), TL_INVALID_ARGUMENT);
    assert_null(y);
    expect_error(c, TL_INVALID_ARGUMENT, text);
    assert_int_equal(tl_vmap(c, of_one_example, &n, NULL, &row, NULL, 1, &y, 1), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, "the rule must know each tensor that the function uses");
    n.fail_forward = 1; /* on purpose: x stop_gradient(x^2) */
    assert_int_equal(call_with_capture(c, kind, &n, x, &y), TL_OK);
    assert_true(tl_tensor_item(y) == 8);
    if (kind) {
      assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_OK);
      assert_true(tl_tensor_item(g) == 4);
    }
    tl_tape_release(tape);
    n.fail_forward = 0; /* no tape follows it any more */
    assert_int_equal(call_with_capture(c, kind, &n, x, &y), TL_OK);
    tl_forward *f = tl_forward_begin(c, &x, &one, 1);
    n.variable = tl_square(c, x);
    assert_int_equal(call_with_capture(c, kind, &n, x, &y), TL_INVALID_ARGUMENT);
    expect_error(c, TL_INVALID_ARGUMENT, text);
    tl_forward_release(f);
  }
  /* A variable that is not trainable, and watched. */
  n.variable = tl_variable_new(c, tl_scalar(c, TL_F64, 5), "w", false);
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(call_with_capture(c, 0, &n, x, &y), TL_OK);
  assert_int_equal(tl_tape_watch(tape, n.variable), TL_OK);
  assert_int_equal(call_with_capture(c, 0, &n, x, &y), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "f: the rule must know each watched variable that the function reads: got 'w'");
  assert_int_equal(call_with_capture(c, 1, &n, x, &y), TL_OK);
  assert_int_equal(tl_tape_gradient(tape, y, &n.variable, 1, NULL, &g), TL_OK);
  assert_true(tl_tensor_item(g) == 2);
  free_context(c);
}

static void failures_go_on_as_they_are(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 3), *g;
  notes n = {0};
  n.fail_forward = TL_NOT_FOUND;
  assert_null(half(c, &n, x));
  assert_string_equal(tl_error_message(c), "[forward] the text of the caller; as it is");
  expect_error(c, TL_NOT_FOUND, "as it is");
  assert_int_equal(n.destroyed, 1);
  n.fail_forward = 0;
  const int failures[] = {TL_IO, -1};
  for (int i = 0; i < 2; i++) {
    n.fail_backward = failures[i];
    tl_tape *tape = tl_tape_begin(c, NULL);
    assert_int_equal(tl_tape_watch(tape, x), TL_OK);
    tl_tensor *y = half(c, &n, x);
    assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_IO);
    assert_null(g);
    if (i == 0) assert_string_equal(tl_error_message(c), "[backward] its own words");
    expect_error(c, TL_IO,
                 i == 0 ? "its own words" : "half: the backward callback must return TL_OK or set the error");
  }
  assert_int_equal(n.destroyed, 3);
  free_context(c);
}

static tl_status no_output(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                           tl_tensor **outputs, size_t num_outputs) {
  (void)c, (void)user_data, (void)inputs, (void)num_inputs, (void)outputs, (void)num_outputs;
  return TL_OK;
}
static tl_status a_failing_op(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                              tl_tensor **outputs, size_t num_outputs) {
  (void)user_data, (void)num_inputs, (void)num_outputs;
  outputs[0] = tl_add(c, inputs[0], vector(c, 7, (float[7]){0}));
  return TL_OK;
}
static tl_status end_of_a_scope(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                                tl_tensor **outputs, size_t num_outputs) {
  (void)user_data, (void)num_inputs, (void)num_outputs;
  outputs[0] = inputs[0];
  assert_int_equal(tl_context_free(c), TL_BUSY);
  return tl_scope_end(c);
}
static tl_status ends_the_context(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                                  tl_tensor **outputs, size_t num_outputs) {
  (void)user_data, (void)inputs, (void)num_inputs, (void)outputs, (void)num_outputs;
  return tl_context_free(c);
}
static tl_status wrong_shape(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                             tl_tensor *const *outputs, tl_tensor *const *output_gradients,
                             size_t num_outputs, tl_tensor **input_gradients) {
  (void)user_data, (void)inputs, (void)num_inputs, (void)outputs, (void)num_outputs;
  input_gradients[0] = tl_sum(c, output_gradients[0]);
  return TL_OK;
}

static void misuse_of_custom_gradients(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2}), *y = x, *g;
  notes n = {0};
  tl_scope_begin(c);
  assert_int_equal(tl_custom_gradient(c, "f", no_output, backward, &n, count_destroy, &x, 1, NULL, 0, &y, 1),
                   TL_INVALID_ARGUMENT);
  assert_null(y);
  expect_error(c, TL_INVALID_ARGUMENT, "[custom_gradient] f: 'outputs[0]' must be a tensor: got null");
  assert_int_equal(
      tl_custom_gradient(c, "f", a_failing_op, backward, &n, count_destroy, &x, 1, NULL, 0, &y, 1),
      TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[add] ");
  assert_int_equal(
      tl_custom_gradient(c, "f", end_of_a_scope, backward, &n, count_destroy, &x, 1, NULL, 0, &y, 1),
      TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[scope_end] a callback ends only scopes that it began");
  assert_int_equal(tl_custom_gradient(c, "f", NULL, backward, &n, count_destroy, &x, 1, NULL, 0, &y, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'forward' must be a function");
  assert_int_equal(tl_custom_gradient(c, NULL, forward, backward, &n, count_destroy, &x, 1, NULL, 0, &y, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'name'");
  assert_int_equal(tl_custom_gradient(c, "f", forward, backward, &n, count_destroy, NULL, 1, NULL, 0, &y, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'inputs'");
  assert_int_equal(tl_custom_gradient(c, "f", forward, backward, &n, count_destroy, &x, 1, &x, 1, &y, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'captured[0]'");
  assert_int_equal(tl_custom_gradient(c, "f", forward, backward, &n, count_destroy, &x, 1, NULL, 0, NULL, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'outputs'");
  assert_int_equal(tl_custom_gradient(c, "f", forward, backward, &n, count_destroy, &x, 1, NULL, 0, &y, 0),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "f: the function must have at least 1 output");
  assert_int_equal(n.forwards, 0); /* it might have written into the first */
  assert_int_equal(tl_custom_gradient(c, "f", ends_the_context, backward, &n, NULL, &x, 1, NULL, 0, &y, 1),
                   TL_BUSY);
  expect_error(c, TL_BUSY, "got status 8 (busy) without an error; a callback must not end the context");
  assert_int_equal(tl_custom_gradient(NULL, "f", forward, backward, &n, count_destroy, &x, 1, NULL, 0, &y, 1),
                   TL_INVALID_ARGUMENT);
  assert_int_equal(n.destroyed, 10); /* once for each, whatever failed */

  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  assert_int_equal(tl_custom_gradient(c, "f", forward, wrong_shape, &n, NULL, &x, 1, NULL, 0, &y, 1), TL_OK);
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[tape_gradient] f: gradient 0 that the rule returns must have the dtype and shape");

  /* A rule that releases the tape whose gradient is being taken: the call ends well, the handle is gone. */
  n.victim = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(n.victim, x), TL_OK);
  y = half(c, &n, x);
  assert_int_equal(tl_tape_gradient(n.victim, y, &x, 1, NULL, &g), TL_OK);
  assert_non_null(g);
  tl_tape_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_tape_stats(n.victim, &s), TL_INVALID_ARGUMENT);
  tl_clear_error(c);
  tl_scope_end(c);
  free_context(c);
}

/* tanh(x w) with the variable that the notes name, or the square. */
static tl_status segment(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                         tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs, (void)num_outputs;
  notes *n = user_data;
  n->forwards++;
  outputs[0] = tl_tanh(c, tl_mul(c, inputs[0], n->variable));
  return TL_OK;
}

static void a_segment_is_computed_again(void **state) {
  (void)state;
  tl_context *c = new_context();
  notes n = {0};
  n.variable = tl_variable_new(c, tl_scalar(c, TL_F64, .5), "w", true);
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *y, *sources[] = {x, n.variable}, *g[2];
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  assert_int_equal(tl_recompute(c, "segment", segment, &n, count_destroy, &x, 1, &y, 1), TL_OK);
  tl_tape_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_tape_stats(tape, &s), TL_OK);
  assert_int_equal(s.recorded_ops, 1);
  assert_int_equal(tl_tape_gradient(tape, y, sources, 2, NULL, g), TL_OK);
  const double slope = 1 - tanh(1.) * tanh(1.);
  assert_true(fabs(tl_tensor_item(g[0]) - .5 * slope) < 1e-14);
  assert_true(fabs(tl_tensor_item(g[1]) - 2 * slope) < 1e-14);
  assert_int_equal(n.forwards, 2);
  assert_int_equal(tl_tape_stats(tape, &s), TL_OK);
  assert_int_equal(s.recomputed_ops, 2);
  assert_int_equal(n.destroyed, 1);
  assert_int_equal(tl_recompute(c, "segment", NULL, &n, count_destroy, &x, 1, &y, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'segment' must be a function");
  assert_int_equal(n.destroyed, 2);
  assert_int_equal(tl_recompute(c, "segment", segment, &n, NULL, &x, 1, &y, 0), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "segment: the segment must have at least 1 output: got 0");
  assert_int_equal(n.forwards, 2);
  free_context(c);
}

#define LAYERS 50
#define LAYERS_OF_SEGMENT 5
#define WIDTH 32

static tl_status five_layers(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                             tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs, (void)num_outputs;
  tl_tensor **weights = user_data, *y = inputs[0];
  tl_scope_begin(c);
  for (int i = 0; i < LAYERS_OF_SEGMENT; i++) {
    tl_tensor *next = tl_tanh(c, tl_matmul(c, y, weights[i]));
    if (i) tl_tensor_release(y);
    y = next;
  }
  outputs[0] = tl_keep(y);
  return tl_scope_end(c);
}

/* The highest number of live bytes of a gradient, beyond what was there before. */
static uint64_t peak_of_a_gradient(bool in_segments, double *sum) {
  tl_context *c = new_context();
  int64_t dims[] = {WIDTH, WIDTH};
  tl_tensor *weights[LAYERS], *x = tl_normal(c, dims, 2), *g;
  for (int i = 0; i < LAYERS; i++)
    weights[i] = tl_variable_new(c, tl_mul_scalar(c, tl_normal(c, dims, 2), .125), "w", true);
  tl_context_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  const uint64_t before = s.peak_live_bytes;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *y = x;
  for (int i = 0; i < LAYERS; i += LAYERS_OF_SEGMENT) {
    tl_tensor *next = NULL;
    if (in_segments)
      assert_int_equal(tl_recompute(c, "layers", five_layers, &weights[i], NULL, &y, 1, &next, 1), TL_OK);
    else
      assert_int_equal(five_layers(c, &weights[i], &y, 1, &next, 1), TL_OK);
    y = next;
  }
  tl_tensor *loss = tl_mean(c, tl_square(c, y));
  assert_int_equal(tl_tape_gradient(tape, loss, weights, 1, NULL, &g), TL_OK);
  *sum = tl_tensor_item(tl_sum(c, g));
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  free_context(c);
  return s.peak_live_bytes - before;
}

static void segments_take_less_than_half_of_the_memory(void **state) {
  (void)state;
  double sums[2];
  uint64_t plain = peak_of_a_gradient(false, &sums[0]), segments = peak_of_a_gradient(true, &sums[1]);
  printf("%d layers: peak %llu bytes plain, %llu in segments of %d\n", LAYERS, (unsigned long long)plain,
         (unsigned long long)segments, LAYERS_OF_SEGMENT);
  assert_true(sums[0] == sums[1]);
  assert_true(2 * segments < plain);
}

static tl_status jvp(tl_context *c, void *user_data, tl_tensor *const *inputs,
                     tl_tensor *const *input_tangents, size_t num_inputs, tl_tensor *const *outputs,
                     size_t num_outputs, tl_tensor **output_tangents) {
  notes *n = user_data;
  n->backwards++;
  assert_true(num_inputs == 1 && num_outputs == 1 && outputs[0]);
  if (n->fail_backward)
    return tl_set_error(c, TL_IO, "[jvp] in its own words") == TL_OK ? TL_IO : TL_INTERNAL;
  output_tangents[0] = tl_mul(c, inputs[0], input_tangents[0]);
  return TL_OK;
}

static void rules_of_forward_mode(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 3), *dx = tl_scalar(c, TL_F64, 2), *y, *t, *g;
  notes n = {0};
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  tl_forward *f = tl_forward_begin(c, &x, &dx, 1);
  assert_int_equal(tl_custom_gradient_with_jvp(c, "half", forward, backward, jvp, &n, count_destroy, &x, 1,
                                               NULL, 0, &y, 1),
                   TL_OK);
  assert_int_equal(tl_forward_tangent(f, y, TL_UNCONNECTED_NONE, &t), TL_OK);
  assert_true(tl_tensor_item(t) == 6);
  assert_int_equal(tl_tape_gradient(tape, t, &x, 1, NULL, &g), TL_OK);
  assert_true(tl_tensor_item(g) == 2);
  n.fail_backward = 1;
  assert_int_equal(tl_custom_gradient_with_jvp(c, "half", forward, backward, jvp, &n, count_destroy, &x, 1,
                                               NULL, 0, &y, 1),
                   TL_IO);
  expect_error(c, TL_IO, "[jvp] in its own words");
  assert_null(half(c, &n, x));
  expect_error(c, TL_UNSUPPORTED, "[custom_gradient] half: the function must have a forward-mode rule");
  assert_int_equal(tl_custom_gradient_with_jvp(c, "half", forward, backward, NULL, &n, count_destroy, &x, 1,
                                               NULL, 0, &y, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'jvp' must be a function");
  assert_int_equal(n.destroyed, 4);
  free_context(c);
}

static void gradients_pass_through(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 2.5), *g;
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  tl_tensor *y = tl_square(c, tl_grad_pass_through(c, tl_floor(c, x), x));
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_OK);
  assert_true(tl_tensor_item(y) == 4);
  assert_true(tl_tensor_item(g) == 4);
  assert_null(tl_grad_pass_through(c, x, vector(c, 2, (float[]){1, 2})));
  expect_error(c, TL_INVALID_ARGUMENT, "'value' and 'path' must have one dtype and shape");
  assert_null(tl_grad_pass_through(c, NULL, x));
  expect_error(c, TL_INVALID_ARGUMENT, "'value'");
  free_context(c);
}

/* A function that calls itself inside its callback: so many levels, and the most callbacks that ran inside each other. */
typedef struct {
  int levels, running, deepest;
  bool segment;
} recursion;

static tl_tensor *recursive(tl_context *c, recursion *r, tl_tensor *x);

static tl_status one_level(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                           tl_tensor **outputs, size_t num_outputs) {
  recursion *r = user_data;
  assert_true(num_inputs == 1 && num_outputs == 1);
  if (++r->running > r->deepest) r->deepest = r->running;
  outputs[0] = r->running < r->levels ? recursive(c, r, inputs[0]) : tl_mul_scalar(c, inputs[0], 3);
  r->running--;
  return TL_OK;
}

static tl_status thrice(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                        tl_tensor *const *outputs, tl_tensor *const *output_gradients, size_t num_outputs,
                        tl_tensor **input_gradients) {
  (void)user_data;
  assert_true(num_inputs == 1 && num_outputs == 1 && inputs[0] && outputs[0]);
  input_gradients[0] = tl_mul_scalar(c, output_gradients[0], 3);
  return TL_OK;
}

static tl_tensor *recursive(tl_context *c, recursion *r, tl_tensor *x) {
  tl_tensor *y;
  const tl_status status =
      r->segment ? tl_recompute(c, "deep", one_level, r, NULL, &x, 1, &y, 1)
                 : tl_custom_gradient(c, "deep", one_level, thrice, r, NULL, &x, 1, NULL, 0, &y, 1);
  return status == TL_OK ? y : NULL;
}

static void callbacks_nest_to_a_limit(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *y;
  for (int segment = 0; segment <= 1; segment++)
    for (int again = 0; again < 2; again++) { /* the count goes back after a failure, too */
      recursion r = {.levels = 200, .segment = segment};
      y = recursive(c, &r, x);
      assert_true(tl_tensor_item(y) == 6);
      assert_int_equal(r.deepest, 200);
      r = (recursion){.levels = 100000, .segment = segment};
      assert_null(recursive(c, &r, x));
      assert_int_equal(r.deepest, 200);
      expect_error(
          c, TL_FAILED_PRECONDITION,
          segment ? "[recompute] deep: callbacks must not nest deeper than 200 levels: got a call"
                  : "[custom_gradient] deep: callbacks must not nest deeper than 200 levels: got a call");
    }
  free_context(c);
}

/* x, times 3 inside `levels` segments that are nested. */
typedef struct {
  int levels;
} onion;

static tl_tensor *peel(tl_context *c, onion *o, tl_tensor *x);

static tl_status one_skin(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                          tl_tensor **outputs, size_t num_outputs) {
  assert_true(num_inputs == 1 && num_outputs == 1);
  onion *o = user_data; /* each level has its own note of how many are left, the same in each run */
  outputs[0] = o->levels > 1 ? peel(c, o + 1, inputs[0]) : tl_mul_scalar(c, inputs[0], 3);
  return TL_OK;
}

static tl_tensor *peel(tl_context *c, onion *o, tl_tensor *x) {
  tl_tensor *y;
  return tl_recompute(c, "onion", one_skin, o, NULL, &x, 1, &y, 1) == TL_OK ? y : NULL;
}

static void gradients_of_nested_segments_have_the_same_limit(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = tl_scalar(c, TL_F64, 2), *y, *g;
  onion skins[200];
  for (int i = 0; i < 200; i++) skins[i].levels = 200 - i;
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  y = peel(c, skins, x);
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_OK);
  assert_true(tl_tensor_item(g) == 3);
  /* A segment that is another one in each run: its gradients have no end, but for the limit. */
  recursion r = {.levels = 8, .segment = true};
  tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  y = recursive(c, &r, x);
  assert_int_equal(tl_tape_gradient(tape, y, &x, 1, NULL, &g), TL_FAILED_PRECONDITION);
  assert_null(g);
  expect_error(c, TL_FAILED_PRECONDITION,
               " deep: callbacks must not nest deeper than 200 levels: got a call inside 200 others");
  free_context(c);
}

int custom_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_rule_and_its_derivative),
      cmocka_unit_test(captured_variables),
      cmocka_unit_test(captured_tensors),
      cmocka_unit_test(failures_go_on_as_they_are),
      cmocka_unit_test(misuse_of_custom_gradients),
      cmocka_unit_test(a_segment_is_computed_again),
      cmocka_unit_test(segments_take_less_than_half_of_the_memory),
      cmocka_unit_test(gradients_pass_through),
      cmocka_unit_test(callbacks_nest_to_a_limit),
      cmocka_unit_test(gradients_of_nested_segments_have_the_same_limit),
      cmocka_unit_test(rules_of_forward_mode),
  };
  return RUN_GROUP("custom", tests);
}
