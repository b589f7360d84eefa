/* A loss, an optimizer, a metric and a schedule of the program's own, compiled into one step.
 *
 *     examples/run own-training-kit
 *
 * A line is laid so that nine tenths of the points are below it: the loss is the pinball loss of the 0.9 quantile, the optimizer goes
 * by the sign of a momentum, the metric is the share of the points below the line. */
#include <math.h>
#include <stdio.h>
#include <tapeloop/tapeloop.h>

enum { POINTS = 1000, STEPS = 400 };

/* max(q e, (q - 1) e) of each point, e = y - prediction; then the reduction that all losses have. */
static tl_tensor* pinball(tl_context* c, tl_tensor* y, tl_tensor* prediction, double q) {
  tl_tensor* e = tl_sub(c, y, prediction);
  return tl_loss_reduce(c, tl_maximum(c, tl_mul_scalar(c, e, q), tl_mul_scalar(c, e, q - 1)), NULL);
}

/* inputs: weights, gradient, rate, number of the step, then the slots; outputs: the new weights and slots. */
static tl_status signed_momentum(tl_context* c, void* user_data, tl_tensor* const* in, size_t num_in,
                                 tl_tensor** out, size_t num_out) {
  (void)user_data, (void)num_in, (void)num_out;
  out[1] = tl_add(c, tl_mul_scalar(c, in[4], 0.9), in[1]);
  out[0] = tl_sub(c, in[0], tl_mul(c, in[2], tl_sign(c, out[1])));
  return TL_OK;
}

/* The state, below and all, then what the update was given: labels, predictions and no weights. */
static tl_status count_below(tl_context* c, void* user_data, tl_tensor* const* in, size_t num_in,
                             tl_tensor** out, size_t num_out) {
  (void)user_data, (void)num_in, (void)num_out;
  tl_tensor* below = tl_cast(c, tl_less(c, in[2], in[3]), TL_F64);
  out[0] = tl_add(c, in[0], tl_sum(c, below));
  out[1] = tl_add_scalar(c, in[1], (double)tl_tensor_elements(in[2]));
  return TL_OK;
}

static tl_status share_below(tl_context* c, void* user_data, tl_tensor* const* in, size_t num_in,
                             tl_tensor** out, size_t num_out) {
  (void)user_data, (void)num_in, (void)num_out;
  out[0] = tl_div(c, in[0], in[1]);
  return TL_OK;
}

static tl_status falling(void* user_data, int64_t step, double* rate) {
  (void)user_data;
  *rate = 0.1 / (1 + 0.1 * (double)step);
  return TL_OK;
}

typedef struct {
  tl_tensor* line[2]; /* slope and height */
  tl_optimizer* optimizer;
  tl_metric* coverage;
} trained;

static tl_status train_step(tl_context* c, void* user_data, tl_tensor* const* in, size_t num_in,
                            tl_tensor** out, size_t num_out) {
  (void)num_in, (void)num_out;
  trained* t = user_data;
  tl_tensor* gradients[2];
  tl_tape* tape = tl_tape_begin(c, NULL);
  tl_tensor* prediction = tl_add(c, tl_mul(c, in[0], t->line[0]), t->line[1]);
  tl_tensor* loss = pinball(c, in[1], prediction, 0.9);
  if (tl_tape_gradient(tape, loss, t->line, 2, NULL, gradients) == TL_OK &&
      tl_optimizer_apply(t->optimizer, gradients, t->line, 2) == TL_OK &&
      tl_metric_update_predictions(t->coverage, in[1], prediction, NULL) == TL_OK)
    out[0] = loss;
  return tl_error_code(c);
}

/* The points: y = 2 x plus something even in [0, 1). */
static void draw(double* x, double* y) {
  for (int i = 0; i < POINTS; i++) {
    x[i] = -1 + 2.0 * i / (POINTS - 1);
    y[i] = 2 * x[i] + (i * 377 % POINTS) / (double)POINTS;
  }
}

static tl_status run(tl_context* c) {
  double x[POINTS], y[POINTS];
  const int64_t shape[] = {POINTS};
  draw(x, y);
  tl_tensor* data[] = {tl_tensor_new(c, TL_F64, shape, 1, x, sizeof x),
                       tl_tensor_new(c, TL_F64, shape, 1, y, sizeof y)};
  trained t = {{tl_variable_new(c, tl_scalar(c, TL_F64, 0), "slope", true),
                tl_variable_new(c, tl_scalar(c, TL_F64, 0), "height", true)},
               tl_optimizer_custom(c, "signed", 0.1, signed_momentum, NULL, NULL),
               tl_metric_custom(c, "coverage", count_below, share_below, NULL, NULL)};
  tl_status status = tl_optimizer_add_slot(t.optimizer, "momentum", TL_SLOT_ELEMENTS, 0);
  if (status == TL_OK) status = tl_metric_add_state(t.coverage, "below", NULL, 0, 0);
  if (status == TL_OK) status = tl_metric_add_state(t.coverage, "all", NULL, 0, 0);
  if (status == TL_OK)
    status = tl_optimizer_set_schedule(t.optimizer, tl_schedule_custom(c, "falling", falling, NULL, NULL));

  tl_function* step = tl_function_new(c, train_step, &t, NULL, NULL);
  for (int i = 1; i <= STEPS && status == TL_OK; i++) {
    double loss;
    status = tl_function_call_items(step, data, 2, &loss, 1);
    if (i % 100 == 0 && status == TL_OK) {
      printf("step %d: loss %.6f, coverage %.4f\n", i, loss, tl_metric_result(t.coverage));
      status = tl_metric_reset(t.coverage);
    }
  }
  if (status == TL_OK)
    printf("the line: %.4f x + %.4f\n", tl_tensor_item(t.line[0]), tl_tensor_item(t.line[1]));
  size_t count;
  tl_tensor* const* state = tl_optimizer_variables(t.optimizer, &count);
  for (size_t i = 0; i < count; i++) printf("state: %s\n", tl_variable_name(state[i]));
  return status;
}

int main(void) {
  tl_context* c = tl_context_new(NULL);
  const tl_status status = run(c);
  if (tl_failed(c)) fprintf(stderr, "own-training-kit: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
