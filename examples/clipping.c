/* Gradients clipped layer by layer, the head's more tightly than the backbone's: what broken batches do with and without.
 *
 *     examples/run clipping [FOLDER [STEPS]]     writes clipping.svg there; default: . 600
 *
 * A network learns which of five directions a point lies in; the points of every hundredth batch are a thousand times too far away. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

enum { BATCH = 64, HIDDEN = 32, BACKBONE = 4, VARIABLES = 6 };

typedef struct {
  tl_layer *backbone, *head;
  tl_tensor *variables[VARIABLES]; /* first those of the backbone */
  tl_optimizer *sgd;
  bool clips;
} network;

static tl_layer *part(tl_context *c, tl_layer *const *layers, size_t count, int64_t inputs,
                      tl_tensor **variables) {
  tl_layer *model = tl_sequential(c, layers, count);
  if (tl_layer_build(model, (int64_t[]){BATCH, inputs}, 2) != TL_OK) return NULL;
  tl_tensor *const *weights = tl_layer_trainable_variables(model, &count);
  memcpy(variables, weights, count * sizeof *weights);
  return model;
}

/* inputs: points and the numbers of their directions; outputs: the loss before the step */
static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  network *n = user_data;
  (void)num_inputs, (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *features = tl_layer_call(n->backbone, inputs[0], true);
  outputs[0] =
      tl_loss_sparse_categorical_cross_entropy(c, inputs[1], tl_layer_call(n->head, features, true), NULL);
  tl_tensor *gradients[VARIABLES];
  if (tl_tape_gradient(tape, outputs[0], n->variables, VARIABLES, NULL, gradients) != TL_OK)
    return tl_error_code(c);
  for (int i = 0; i < VARIABLES && n->clips; i++)
    gradients[i] = tl_clip_by_norm(c, gradients[i], i < BACKBONE ? 5 : 1);
  return tl_optimizer_apply(n->sgd, gradients, n->variables, VARIABLES);
}

/* Trains a new network; its mean loss in the last hundred steps but the broken one. */
static double train(tl_context *c, bool clips, int steps, tl_plot *plot) {
  tl_status status = tl_context_set_seed(c, 1);
  tl_dense_options relu;
  tl_dense_options_init(&relu, sizeof relu);
  relu.activation = TL_ACTIVATION_RELU;
  network n = {.sgd = tl_sgd(c, NULL), .clips = clips};
  n.backbone =
      part(c, (tl_layer *[]){tl_dense(c, HIDDEN, &relu), tl_dense(c, HIDDEN, &relu)}, 2, 2, n.variables);
  n.head = part(c, (tl_layer *[]){tl_dense(c, 5, NULL)}, 1, HIDDEN, n.variables + BACKBONE);
  if (status == TL_OK) status = tl_optimizer_set_learning_rate(n.sgd, 0.1);
  float compass[2][5];
  for (int i = 0; i < 5; i++)
    compass[0][i] = cosf(1.2566f * (float)i), compass[1][i] = sinf(1.2566f * (float)i);
  tl_tensor *directions = tl_tensor_new(c, TL_F32, (int64_t[]){2, 5}, 2, compass, sizeof compass);
  tl_function *compiled = tl_function_new(c, step, &n, NULL, NULL);
  const char *name = clips ? "clipped by layer" : "not clipped";
  double sum = 0;
  for (int i = 1; i <= steps && status == TL_OK; i++) {
    const bool broken = i % 100 == 50;
    tl_scope_begin(c);
    tl_tensor *points = tl_normal_with(c, (int64_t[]){BATCH, 2}, 2, 0, broken ? 1000 : 1, TL_F32);
    tl_tensor *label = tl_argmax_axes(c, tl_matmul(c, points, directions), (int64_t[]){1}, 1, false), *loss;
    status = tl_function_call(compiled, (tl_tensor *[]){points, label}, 2, &loss, 1);
    const double now = status == TL_OK ? tl_tensor_item(loss) : NAN;
    if (i > steps - 100 && !broken) sum += now / 99;
    if (status == TL_OK && !broken) status = tl_plot_add(plot, name, i, now);
    tl_scope_end(c);
  }
  return sum;
}

int main(int argc, char **argv) {
  const int steps = argc > 2 ? atoi(argv[2]) : 600;
  tl_context *c = tl_context_new(NULL);
  tl_plot_options options;
  tl_plot_options_init(&options, sizeof options);
  options.log_y = true;
  tl_plot *plot = tl_plot_new(c, "Every hundredth batch is broken", &options);
  tl_status status = tl_plot_set_labels(plot, "step", "cross-entropy of the other batches");
  for (int clips = 0; clips < 2 && status == TL_OK; clips++) {
    const double loss = train(c, clips, steps, plot);
    printf("%s: loss %.6f\n", clips ? "clipped by layer" : "not clipped", loss);
    status = tl_error_code(c);
  }
  char path[4096];
  snprintf(path, sizeof path, "%s/clipping.svg", argc > 1 ? argv[1] : ".");
  if (status == TL_OK) status = tl_plot_write_svg(plot, path);
  if (tl_failed(c)) fprintf(stderr, "clipping: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
