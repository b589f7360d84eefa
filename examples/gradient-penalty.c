/* Differentiates through a gradient: a Wasserstein critic whose slope is drawn to 1 by the penalty of WGAN-GP. */
#include <stdio.h>
#include <tapeloop/tapeloop.h>

enum { POINTS = 256, HIDDEN = 64, STEPS = 1000, VARIABLES = 6 };

/* 2-64-64-1 with tanh; v holds weights and biases in turn. */
static tl_tensor* critic(tl_context* c, tl_tensor** v, tl_tensor* x) {
  for (int i = 0; i < 4; i += 2) x = tl_tanh(c, tl_add(c, tl_matmul(c, x, v[i]), v[i + 1]));
  return tl_add(c, tl_matmul(c, x, v[4]), v[5]);
}

/* Points on the unit circle, which the critic has to tell from points around its middle. */
static tl_tensor* circle(tl_context* c) {
  tl_tensor* angle = tl_uniform_range(c, (int64_t[]){POINTS, 1}, 2, 0, 6.283185307179586, TL_F32);
  return tl_concat(c, (tl_tensor*[]){tl_cos(c, angle), tl_sin(c, angle)}, 2, 1);
}

int main(void) {
  const int64_t sizes[4] = {2, HIDDEN, HIDDEN, 1};
  tl_context* c = tl_context_new(NULL);
  tl_tensor* v[VARIABLES];
  for (int i = 0; i < 3; i++) {
    v[2 * i] = tl_variable_new(c, tl_normal_with(c, sizes + i, 2, 0, 0.3, TL_F32), "weights", true);
    v[2 * i + 1] = tl_variable_new(c, tl_full(c, sizes + i + 1, 1, 0, TL_F32), "bias", true);
  }
  tl_optimizer* adam = tl_adam(c, NULL);
  tl_status status = tl_optimizer_set_learning_rate(adam, 0.005);

  for (int step = 1; step <= STEPS && status == TL_OK; step++) {
    tl_scope_begin(c);
    tl_tensor *real = circle(c), *fake = tl_normal_with(c, (int64_t[]){POINTS, 2}, 2, 0, 0.1, TL_F32);
    tl_tensor* mix = tl_uniform(c, (int64_t[]){POINTS, 1}, 2);
    tl_tensor* between = tl_add(c, fake, tl_mul(c, mix, tl_sub(c, real, fake)));

    tl_tape* outer = tl_tape_begin(c, NULL); /* records the gradient that the inner tape computes */
    tl_tape* inner = tl_tape_begin(c, NULL);
    tl_tensor *slope, *gradients[VARIABLES];
    if (tl_tape_watch(inner, between) != TL_OK) break;
    if (tl_tape_gradient(inner, critic(c, v, between), &between, 1, NULL, &slope) != TL_OK) break;
    tl_tensor* norm = tl_sqrt(c, tl_sum_axes(c, tl_square(c, slope), (int64_t[]){1}, 1, false));
    tl_tensor* penalty = tl_mean(c, tl_square(c, tl_add_scalar(c, norm, -1)));
    tl_tensor* distance = tl_sub(c, tl_mean(c, critic(c, v, real)), tl_mean(c, critic(c, v, fake)));
    tl_tensor* loss = tl_sub(c, tl_mul_scalar(c, penalty, 10), distance);
    if (tl_tape_gradient(outer, loss, v, VARIABLES, NULL, gradients) != TL_OK) break;
    if (tl_optimizer_apply(adam, gradients, v, VARIABLES) != TL_OK) break;
    if (step == 1 || step % 200 == 0)
      printf("step %4d  distance %.3f  norm of the critic's gradient %.3f\n", step, tl_tensor_item(distance),
             tl_tensor_item(tl_mean(c, norm)));
    tl_scope_end(c);
  }
  bool failed = tl_failed(c);
  if (failed) fprintf(stderr, "gradient-penalty: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || failed;
}
