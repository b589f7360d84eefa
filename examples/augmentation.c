/* An augmenting pipeline: digits that are shifted and get noise on threads of their own, with the same bits for any number of threads.
 *
 *     examples/run augmentation
 *
 * A network learns 3,000 drawn digits twice, as they are and augmented, and is asked for digits that are shifted. */
#include <stdio.h>
#include <tapeloop/tapeloop.h>

#include "digits_drawing.h"

enum { MOST = 3, TRAINING = 3000, BATCH = 32, EPOCHS = 10 };

/* An image in [0, 1], moved by up to MOST pixels each way, with noise: other numbers for each element of each epoch. */
static tl_status augment(tl_context *c, void *user_data, const tl_element_place *place,
                         tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
                         size_t num_outputs) {
  (void)user_data;
  (void)num_inputs;
  (void)num_outputs;
  const int64_t rim[] = {MOST, MOST}, side[] = {DIGIT_SIDE, DIGIT_SIDE};
  const int64_t dy = (int64_t)(place->seed % (2 * MOST + 1)),
                dx = (int64_t)(place->seed / 64 % (2 * MOST + 1));
  const int64_t begin[] = {dy, dx}, end[] = {dy + DIGIT_SIDE, dx + DIGIT_SIDE};
  tl_tensor *image = tl_div(c, tl_cast(c, inputs[0], TL_F32), tl_scalar(c, TL_F32, 255));
  image = tl_slice(c, tl_pad(c, image, rim, 2, rim, 2), begin, 2, end, 2);
  outputs[0] = tl_add(c, image, tl_normal_with(c, side, 2, 0, 0.1, TL_F32));
  outputs[1] = inputs[1];
  return TL_OK;
}

static tl_dataset *augmented(tl_context *c, tl_dataset *digits, int threads, uint64_t seed) {
  tl_map_options options;
  tl_map_options_init(&options, sizeof options);
  options.threads = threads;
  options.seed = seed;
  return tl_dataset_map(c, digits, augment, NULL, NULL, 2, &options);
}

typedef struct {
  tl_layer *net;
  tl_optimizer *adam;
} model;

static tl_status train_step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  model *m = user_data;
  (void)num_inputs;
  (void)num_outputs;
  size_t n;
  tl_tensor *const *weights = tl_layer_trainable_variables(m->net, &n), *gradients[4];
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = tl_layer_call(m->net, inputs[0], true);
  outputs[0] = tl_loss_sparse_categorical_cross_entropy(c, inputs[1], logits, NULL);
  if (tl_tape_gradient(tape, outputs[0], weights, n, NULL, gradients) != TL_OK) return tl_error_code(c);
  return tl_optimizer_apply(m->adam, gradients, weights, n);
}

/* threads < 0: without augmentation. The share of shifted digits that the network then knows; the last loss. */
static double trained(int threads, double *last) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = 1;
  options.threads = 1;
  tl_context *c = tl_context_new(&options);
  tl_dataset *train = tl_dataset_shuffle(c, tl_dataset_take(c, drawn(c, TL_DATA_TRAIN), TRAINING), 1);
  if (threads >= 0) train = augmented(c, train, threads, 2);
  train = tl_dataset_batch(c, train, BATCH, true);
  if (threads < 0) train = tl_dataset_cast(c, train, 0, TL_F32, 255);
  train = tl_dataset_prefetch(c, train, 4);
  tl_dataset *test = tl_dataset_batch(c, augmented(c, drawn(c, TL_DATA_TEST), 1, 3), 500, false);

  tl_dense_options hidden;
  tl_dense_options_init(&hidden, sizeof hidden);
  hidden.activation = TL_ACTIVATION_RELU;
  tl_layer *layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 128, &hidden), tl_dense(c, 10, NULL)};
  model m = {tl_sequential(c, layers, 3), tl_adam(c, NULL)};
  tl_tensor *batch[2];
  if (tl_dataset_next(test, batch, 2))
    tl_tensor_release(tl_layer_call(m.net, batch[0], false)); /* makes the weights */
  (void)!tl_dataset_seek(test, 0, 0);
  tl_function *step = tl_function_new(c, train_step, &m, NULL, NULL);
  for (int epoch = 0; epoch < EPOCHS && !tl_failed(c); epoch++)
    while (tl_dataset_next(train, batch, 2)) (void)!tl_function_call_items(step, batch, 2, last, 1);
  tl_metric *accuracy = tl_metric_sparse_categorical_accuracy(c, NULL);
  while (tl_dataset_next(test, batch, 2)) {
    tl_scope_begin(c);
    (void)!tl_metric_update_predictions(accuracy, batch[1], tl_layer_call(m.net, batch[0], false), NULL);
    tl_scope_end(c);
  }
  const double known = tl_metric_result(accuracy);
  fprintf(stderr, "input wait %.1f %% of the last epoch\n", tl_dataset_input_wait(train));
  if (tl_failed(c)) fprintf(stderr, "%s\n", tl_error_message(c));
  tl_context_free(c);
  return known;
}

int main(void) {
  double loss = 0, one = 1, two = 2;
  const double plain = trained(-1, &loss), better = trained(0, &one), same = trained(2, &two);
  printf("shifted digits, learned as they are: %.4f\n", plain);
  printf("shifted digits, learned augmented: %.4f\n", better);
  if (!(one == two && better == same && better > plain)) return 1;
  printf("the same to the last bit with two threads\n");
  return 0;
}
