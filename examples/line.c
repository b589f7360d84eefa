/* The smallest loop: a line through three points by gradient descent.
 *
 *     examples/run line [FOLDER [STEPS]]     writes line-loss.svg there; default: . 1000 */
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>

int main(int argc, char **argv) {
  const int steps = argc > 2 ? atoi(argv[2]) : 1000;
  tl_context *c = tl_context_new(NULL);
  const int64_t shape[] = {3, 1};
  tl_tensor *x = tl_tensor_new(c, TL_F32, shape, 2, (float[]){1, 2, 3}, 3 * sizeof(float));
  tl_tensor *y = tl_tensor_new(c, TL_F32, shape, 2, (float[]){2, 4, 6}, 3 * sizeof(float));
  tl_layer *model = tl_dense(c, 1, NULL);
  tl_optimizer *sgd = tl_sgd(c, NULL); /* rate 0.01 */
  tl_plot_options logarithmic;
  tl_plot_options_init(&logarithmic, sizeof logarithmic);
  logarithmic.log_y = true;
  tl_plot *plot = tl_plot_new(c, "A line through three points", &logarithmic);
  tl_status status = tl_plot_set_labels(plot, "step", "mean squared error");

  for (int step = 0; step < steps && status == TL_OK; step++) {
    tl_scope_begin(c);
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *loss = tl_loss_mean_squared_error(c, y, tl_layer_call(model, x, true), NULL);
    size_t n;
    tl_tensor *const *weights = tl_layer_trainable_variables(model, &n), *gradients[2];
    status = tl_tape_gradient(tape, loss, weights, n, NULL, gradients);
    if (status == TL_OK) status = tl_optimizer_apply(sgd, gradients, weights, n);
    if (status == TL_OK && step % 10 == 0) status = tl_plot_add(plot, "loss", step, tl_tensor_item(loss));
    if (status == TL_OK && step % 100 == 0) printf("step %d: loss %.6f\n", step, tl_tensor_item(loss));
    tl_scope_end(c);
  }
  tl_tensor *const *line = tl_layer_trainable_variables(model, NULL);
  if (status == TL_OK) printf("y = %.4f x + %.4f\n", tl_tensor_item(line[0]), tl_tensor_item(line[1]));
  char path[4096];
  snprintf(path, sizeof path, "%s/line-loss.svg", argc > 1 ? argv[1] : ".");
  if (status == TL_OK) status = tl_plot_write_svg(plot, path);
  if (tl_failed(c)) fprintf(stderr, "line: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
