/* Gradients of each example in one pass: a classifier learns from gradients that are clipped one by one (DP-SGD). */
#include <stdio.h>
#include <tapeloop/tapeloop.h>

enum { BATCH = 128, HIDDEN = 64, STEPS = 600, VARIABLES = 4 };

/* 2-64-1 with tanh; v holds weights and biases in turn. */
static tl_tensor* logits(tl_context* c, tl_tensor** v, tl_tensor* x) {
  tl_tensor* hidden = tl_tanh(c, tl_add(c, tl_matmul(c, x, v[0]), v[1]));
  return tl_add(c, tl_matmul(c, hidden, v[2]), v[3]);
}

/* Points of the plane, and whether they lie in a ring. */
static void draw(tl_context* c, int64_t n, tl_tensor** x, tl_tensor** y) {
  *x = tl_uniform_range(c, (int64_t[]){n, 2}, 2, -1.5, 1.5, TL_F32);
  tl_tensor* squares = tl_sum_axes(c, tl_square(c, *x), (int64_t[]){1}, 1, true);
  *y = tl_cast(c, tl_less(c, tl_abs(c, tl_add_scalar(c, squares, -1)), tl_scalar(c, TL_F32, 0.5)), TL_F32);
}

static double accuracy(tl_context* c, tl_tensor** v, tl_tensor* x, tl_tensor* y) {
  tl_tensor* guess = tl_greater(c, logits(c, v, x), tl_scalar(c, TL_F32, 0));
  tl_tensor* right = tl_equal(c, guess, tl_greater(c, y, tl_scalar(c, TL_F32, 0.5)));
  return tl_tensor_item(tl_mean(c, tl_cast(c, right, TL_F32)));
}

/* Of one example: inputs are its point (2,) and its label (1,), outputs its clipped gradients and their norm. What a single
 * example can do to the weights is limited here, so that noise can hide it (Abadi et al. 2016). */
static tl_status clipped_gradients(tl_context* c, void* user_data, tl_tensor* const* inputs,
                                   size_t num_inputs, tl_tensor** outputs, size_t num_outputs) {
  tl_tensor** v = user_data;
  tl_tape* tape = tl_tape_begin(c, NULL); /* inside, so it sees one example */
  tl_tensor* x = tl_reshape(c, inputs[0], (int64_t[]){1, 2}, 2);
  tl_tensor* y = tl_reshape(c, inputs[num_inputs - 1], (int64_t[]){1, 1}, 2);
  tl_tensor* loss = tl_sum(c, tl_sigmoid_cross_entropy(c, y, logits(c, v, x)));
  tl_status status = tl_tape_gradient(tape, loss, v, VARIABLES, NULL, outputs);
  if (status != TL_OK) return status;
  tl_clip_options options;
  tl_clip_options_init(&options, sizeof options);
  options.non_finite = TL_NON_FINITE_PROPAGATE; /* a norm inside vmap cannot be looked at */
  return tl_clip_by_global_norm(c, outputs, VARIABLES, 1, &options, outputs, &outputs[num_outputs - 1]);
}

int main(void) {
  tl_context* c = tl_context_new(NULL);
  const int64_t sizes[] = {2, HIDDEN, 1};
  tl_tensor* v[VARIABLES];
  for (int i = 0; i < 2; i++) {
    v[2 * i] = tl_variable_new(c, tl_normal_with(c, sizes + i, 2, 0, 2, TL_F32), "weights", true);
    v[2 * i + 1] = tl_variable_new(c, tl_full(c, sizes + i + 1, 1, 0, TL_F32), "bias", true);
  }
  tl_optimizer* adam = tl_adam(c, NULL);
  tl_status status = tl_optimizer_set_learning_rate(adam, 0.03);

  for (int step = 1; step <= STEPS && status == TL_OK; step++) {
    tl_scope_begin(c);
    tl_tensor *batch[2], *each[VARIABLES + 1], *gradients[VARIABLES];
    draw(c, BATCH, &batch[0], &batch[1]);
    if (tl_vmap(c, clipped_gradients, v, NULL, batch, NULL, 2, each, VARIABLES + 1) != TL_OK) break;
    for (int i = 0; i < VARIABLES; i++) { /* each[i] is (BATCH, shape of v[i]) */
      tl_tensor* mean = tl_mean_axes(c, each[i], (int64_t[]){0}, 1, false);
      int64_t shape[TL_MAX_RANK];
      if ((status = tl_tensor_shape(mean, shape, TL_MAX_RANK)) != TL_OK) break;
      gradients[i] = tl_add(c, mean, tl_normal_with(c, shape, tl_tensor_rank(mean), 0, 1.0 / BATCH, TL_F32));
    }
    if (status != TL_OK || tl_optimizer_apply(adam, gradients, v, VARIABLES) != TL_OK) break;
    if (step == 1 || step % 200 == 0)
      printf("step %3d  accuracy %.2f  gradient norms of the examples: %.3f to %.3f\n", step,
             accuracy(c, v, batch[0], batch[1]), tl_tensor_item(tl_min(c, each[VARIABLES])),
             tl_tensor_item(tl_max(c, each[VARIABLES])));
    tl_scope_end(c);
  }
  tl_tensor *x, *y;
  draw(c, 2000, &x, &y);
  printf("test accuracy: %.3f\n", accuracy(c, v, x, y));
  bool failed = tl_failed(c);
  if (failed) fprintf(stderr, "per-example-gradients: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || failed;
}
