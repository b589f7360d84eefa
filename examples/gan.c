/* A GAN that draws digits: two networks with an optimizer each, and clipped gradients, in one compiled step.
 *
 *     examples/run gan [FOLDER [STEPS]]     writes gan-digits.png and gan-losses.svg there; default: . 12000
 *
 * Both networks are told which digit is meant (Mirza and Osindero 2014), so that each row of the picture shows another one. */
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>

#include "digits_drawing.h"

enum { BATCH = 64, NOISE = 64, HIDDEN = 256, COLUMNS = 12, SHOWN = 10 * COLUMNS };

typedef struct {
  tl_layer *generator, *discriminator;
  tl_optimizer *generator_adam, *discriminator_adam;
  tl_metric *generator_loss, *discriminator_loss;
} gan;

static tl_tensor *generate(tl_context *c, gan *g, tl_tensor *classes, bool training) {
  tl_tensor *noise = tl_normal(c, (int64_t[]){tl_tensor_dim(classes, 0), NOISE}, 2);
  return tl_layer_call(g->generator, tl_concat(c, (tl_tensor *[]){noise, classes}, 2, 1), training);
}

/* How far the discriminator is from the right answer: 1 for digits that are real, 0 for generated ones. */
static tl_tensor *judge(tl_context *c, gan *g, tl_tensor *images, tl_tensor *classes, double answer) {
  tl_tensor *seen = tl_concat(c, (tl_tensor *[]){images, classes}, 2, 1);
  tl_tensor *answers = tl_full(c, (int64_t[]){BATCH, 1}, 2, answer, TL_F32);
  return tl_loss_binary_cross_entropy(c, answers, tl_layer_call(g->discriminator, seen, true), NULL);
}

/* A step of one of the two, on its own variables alone. */
static tl_status improve(tl_context *c, tl_tape *tape, tl_tensor *loss, tl_layer *model, tl_optimizer *adam,
                         tl_metric *mean) {
  size_t n;
  tl_tensor *const *weights = tl_layer_trainable_variables(model, &n), *gradients[6];
  tl_status status = tl_tape_gradient(tape, loss, weights, n, NULL, gradients);
  for (size_t i = 0; i < n && status == TL_OK; i++) gradients[i] = tl_clip_by_norm(c, gradients[i], 1);
  if (status == TL_OK) status = tl_optimizer_apply(adam, gradients, weights, n);
  return status == TL_OK ? tl_metric_update(mean, loss, NULL) : status;
}

/* inputs: real images and their labels */
static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  gan *g = user_data;
  (void)num_inputs, (void)outputs, (void)num_outputs;
  tl_tensor *real = tl_reshape(c, inputs[0], (int64_t[]){BATCH, DIGIT_PIXELS}, 2);
  tl_tensor *classes = tl_one_hot(c, tl_cast(c, inputs[1], TL_I32), 10);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *fake = generate(c, g, classes, true);
  tl_tensor *real_loss = judge(c, g, real, classes, 1), *fake_loss = judge(c, g, fake, classes, 0);
  tl_tensor *loss = tl_add(c, real_loss, fake_loss);
  if (improve(c, tape, loss, g->discriminator, g->discriminator_adam, g->discriminator_loss) != TL_OK)
    return tl_error_code(c);
  tape = tl_tape_begin(c, NULL);
  loss = judge(c, g, generate(c, g, classes, true), classes, 1);
  return improve(c, tape, loss, g->generator, g->generator_adam, g->generator_loss);
}

static tl_layer *network(tl_context *c, int64_t inputs, double dropout, int64_t outputs, tl_activation last) {
  tl_dense_options relu, end;
  tl_dense_options_init(&relu, sizeof relu), tl_dense_options_init(&end, sizeof end);
  relu.activation = TL_ACTIVATION_RELU, end.activation = last;
  tl_layer *layers[] = {tl_dense(c, HIDDEN, &relu), tl_dropout_layer(c, dropout, NULL),
                        tl_dense(c, HIDDEN, &relu), tl_dropout_layer(c, dropout, NULL),
                        tl_dense(c, outputs, &end)};
  tl_layer *model = tl_sequential(c, layers, sizeof layers / sizeof *layers);
  return tl_layer_build(model, (int64_t[]){BATCH, inputs + 10}, 2) == TL_OK ? model : NULL;
}

/* Digits of the averaged generator, a row for each class. */
static tl_status write_digits(tl_context *c, gan *g, const char *path) {
  size_t n;
  tl_tensor *const *weights = tl_layer_trainable_variables(g->generator, &n);
  if (tl_optimizer_swap_averages(g->generator_adam, weights, n) != TL_OK) return tl_error_code(c);
  int32_t labels[SHOWN];
  for (int i = 0; i < SHOWN; i++) labels[i] = i / COLUMNS;
  tl_tensor *wanted = tl_tensor_new(c, TL_I32, (int64_t[]){SHOWN}, 1, labels, sizeof labels);
  tl_tensor *digits = generate(c, g, tl_one_hot(c, wanted, 10), false);
  digits = tl_reshape(c, digits, (int64_t[]){SHOWN, DIGIT_SIDE, DIGIT_SIDE}, 3);
  tl_image_grid_options grid;
  tl_image_grid_options_init(&grid, sizeof grid);
  grid.columns = COLUMNS;
  return tl_write_png(tl_image_grid(c, digits, &grid), path);
}

static tl_status train(tl_context *c, const char *folder, int steps) {
  tl_adam_options options;
  tl_adam_options_init(&options, sizeof options);
  options.learning_rate = 0.0005, options.beta1 = 0.5;
  gan g;
  g.generator = network(c, NOISE, 0, DIGIT_PIXELS, TL_ACTIVATION_SIGMOID);
  g.discriminator = network(c, DIGIT_PIXELS, 0.3, 1, TL_ACTIVATION_LINEAR);
  g.generator_adam = tl_adam(c, &options), g.discriminator_adam = tl_adam(c, &options);
  g.generator_loss = tl_metric_mean(c, NULL), g.discriminator_loss = tl_metric_mean(c, NULL);
  tl_step_options average; /* of the weights: calmer digits than those of the last step */
  tl_step_options_init(&average, sizeof average);
  average.use_ema = true, average.ema_momentum = 0.999;
  tl_status status = tl_optimizer_configure(g.generator_adam, &average);

  tl_dataset *data = tl_dataset_repeat(c, tl_dataset_shuffle(c, drawn(c, TL_DATA_TRAIN), 1), -1);
  data = tl_dataset_cast(c, tl_dataset_batch(c, data, BATCH, true), 0, TL_F32, 255);
  tl_function *compiled = tl_function_new(c, step, &g, NULL, NULL);
  tl_plot *plot = tl_plot_new(c, "A GAN on digits: mean losses", NULL);
  if (status == TL_OK) status = tl_plot_set_labels(plot, "step", "binary cross-entropy");
  tl_tensor *batch[2];
  const int every = steps < 1000 ? 10 : 100;
  for (int i = 1; i <= steps && status == TL_OK && tl_dataset_next(data, batch, 2); i++) {
    status = tl_function_call(compiled, batch, 2, NULL, 0);
    if (i % every || status != TL_OK) continue;
    const double one = tl_metric_result(g.discriminator_loss), other = tl_metric_result(g.generator_loss);
    if (i % (10 * every) == 0) printf("step %d: discriminator %.6f, generator %.6f\n", i, one, other);
    status = tl_plot_add(plot, "discriminator", i, one);
    if (status == TL_OK) status = tl_plot_add(plot, "generator", i, other);
    if (status == TL_OK) status = tl_metric_reset(g.discriminator_loss);
    if (status == TL_OK) status = tl_metric_reset(g.generator_loss);
  }
  char path[4096];
  snprintf(path, sizeof path, "%s/gan-digits.png", folder);
  if (status == TL_OK) status = write_digits(c, &g, path);
  snprintf(path, sizeof path, "%s/gan-losses.svg", folder);
  return status == TL_OK ? tl_plot_write_svg(plot, path) : status;
}

int main(int argc, char **argv) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = 1;
  tl_context *c = tl_context_new(&options);
  const tl_status status = train(c, argc > 1 ? argv[1] : ".", argc > 2 ? atoi(argv[2]) : 12000);
  if (tl_failed(c)) fprintf(stderr, "gan: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
