/* Newton's method with the exact Hessian, and the Jacobian of a model's outputs by its parameters. */
#include <math.h>
#include <stdio.h>
#include <tapeloop/tapeloop.h>

/* Rosenbrock's valley (1 - x)^2 + 100 (y - x^2)^2, whose bottom is at (1, 1). */
static tl_status valley(tl_context* c, void* user_data, tl_tensor* const* inputs, size_t num_inputs,
                        tl_tensor** outputs, size_t num_outputs) {
  (void)user_data, (void)num_inputs, (void)num_outputs;
  tl_tensor* x = tl_slice(c, inputs[0], (int64_t[]){0}, 1, (int64_t[]){1}, 1);
  tl_tensor* y = tl_slice(c, inputs[0], (int64_t[]){1}, 1, (int64_t[]){2}, 1);
  tl_tensor* off = tl_mul_scalar(c, tl_square(c, tl_sub(c, y, tl_square(c, x))), 100);
  outputs[0] = tl_sum(c, tl_add(c, tl_square(c, tl_add_scalar(c, x, -1)), off));
  return TL_OK;
}

/* One step from p: the gradient is the Jacobian of a number, and two equations are solved by hand. */
static tl_status step(tl_context* c, double p[2]) {
  double g[2], h[4];
  tl_scope_begin(c);
  tl_tensor *at = tl_tensor_new(c, TL_F64, (int64_t[]){2}, 1, p, sizeof g), *gradient, *hessian;
  tl_status status = tl_jacobian(c, valley, NULL, NULL, at, NULL, &gradient);
  if (status == TL_OK) status = tl_hessian(c, valley, NULL, NULL, at, NULL, &hessian);
  if (status == TL_OK) status = tl_tensor_read(gradient, g, sizeof g);
  if (status == TL_OK) status = tl_tensor_read(hessian, h, sizeof h);
  tl_scope_end(c);
  if (status != TL_OK) return status;
  const double determinant = h[0] * h[3] - h[1] * h[2];
  p[0] -= (h[3] * g[0] - h[1] * g[1]) / determinant;
  p[1] -= (h[0] * g[1] - h[2] * g[0]) / determinant;
  return TL_OK;
}

/* How a decay a exp(-b t), at four times, moves with a and b: one row for each time, all in one call on a tape. */
static tl_status sensitivities(tl_context* c) {
  const double start[] = {2, 0.5}, times[] = {0, 1, 2, 4};
  double rows[8];
  tl_tensor* p = tl_tensor_new(c, TL_F64, (int64_t[]){2}, 1, start, sizeof start);
  tl_tensor *t = tl_tensor_new(c, TL_F64, (int64_t[]){4}, 1, times, sizeof times), *jacobian;
  tl_tape* tape = tl_tape_begin(c, NULL);
  tl_status status = tl_tape_watch(tape, p);
  tl_tensor* a = tl_slice(c, p, (int64_t[]){0}, 1, (int64_t[]){1}, 1);
  tl_tensor* b = tl_slice(c, p, (int64_t[]){1}, 1, (int64_t[]){2}, 1);
  tl_tensor* y = tl_mul(c, a, tl_exp(c, tl_neg(c, tl_mul(c, b, t))));
  if (status == TL_OK) status = tl_tape_jacobian(tape, y, &p, 1, NULL, &jacobian);
  if (status == TL_OK) status = tl_tensor_read(jacobian, rows, sizeof rows);
  for (int i = 0; i < 4 && status == TL_OK; i++)
    printf("at %g: by a %.4f, by b %.4f\n", times[i], rows[2 * i], rows[2 * i + 1]);
  return status;
}

int main(void) {
  tl_context* c = tl_context_new(NULL);
  tl_status status = sensitivities(c);
  double p[] = {-1.2, 1};
  for (int i = 1; i <= 6 && status == TL_OK; i++) {
    status = step(c, p);
    printf("step %d: %.6f %.6f\n", i, p[0], p[1]);
  }
  bool failed = tl_failed(c);
  if (failed) fprintf(stderr, "newton: %s\n", tl_error_message(c));
  if (!failed) printf("distance from the bottom: %.1e\n", hypot(p[0] - 1, p[1] - 1));
  return tl_context_free(c) != TL_OK || failed;
}
