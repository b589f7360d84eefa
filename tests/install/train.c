/* Fits y = 3 x - 1 by gradient descent: the smallest program that uses tensors, variables, a tape and an update. It is
 * compiled as C99, C11 and C++17. With --version it prints the version of the library only. */
#include <stdio.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

static tl_status descend(tl_context *c, tl_tensor *variable, tl_tensor *gradient) {
  return tl_variable_assign(variable, tl_sub(c, variable, tl_mul(c, tl_scalar(c, TL_F32, 0.1), gradient)));
}

int main(int argc, char **argv) {
  const float xs[4] = {-1.0f, 0.0f, 1.0f, 2.0f};
  const float ys[4] = {-4.0f, -1.0f, 2.0f, 5.0f};
  const int64_t dims[1] = {4};
  tl_tensor *variables[2];
  double slope, offset;
  int step;

  if (argc > 1 && strcmp(argv[1], "--version") == 0) {
    puts(tl_version());
    return 0;
  }
  if (tl_require_version(TL_VERSION_MAJOR, TL_VERSION_MINOR) != TL_OK) return 1;
  tl_context *c = tl_context_new(NULL);
  tl_tensor *x = tl_tensor_new(c, TL_F32, dims, 1, xs, sizeof xs);
  tl_tensor *y = tl_tensor_new(c, TL_F32, dims, 1, ys, sizeof ys);
  variables[0] = tl_variable_new(c, tl_scalar(c, TL_F32, 0.0), "slope", true);
  variables[1] = tl_variable_new(c, tl_scalar(c, TL_F32, 0.0), "offset", true);
  for (step = 0; step < 200; ++step) {
    tl_scope_begin(c);
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *error = tl_sub(c, tl_add(c, tl_mul(c, variables[0], x), variables[1]), y);
    tl_tensor *loss = tl_mean(c, tl_mul(c, error, error));
    tl_tensor *gradients[2];
    if (tl_tape_gradient(tape, loss, variables, 2, NULL, gradients) == TL_OK) {
      if (descend(c, variables[0], gradients[0]) != TL_OK || descend(c, variables[1], gradients[1]) != TL_OK)
        break;
    }
    tl_scope_end(c);
    if (tl_failed(c)) break;
  }
  if (tl_failed(c)) {
    fprintf(stderr, "%s\n", tl_error_message(c));
    return 1;
  }
  slope = tl_tensor_item(variables[0]);
  offset = tl_tensor_item(variables[1]);
  printf("y = %.3f x %+.3f\n", slope, offset);
  tl_context_free(c);
  return slope > 2.99 && slope < 3.01 && offset > -1.01 && offset < -0.99 ? 0 : 1;
}
