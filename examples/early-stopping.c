/* Validation, early stopping with patience, and checkpoints: killed at any moment and run again, it goes on with the same bits.
 *
 *     examples/run early-stopping [FOLDER [PICTURE]]     default: checkpoints, with the curves in early-stopping.svg */
#include <math.h>
#include <stdio.h>
#include <tapeloop/tapeloop.h>

#include "digits_drawing.h"

enum { EPOCHS = 50, PATIENCE = 3 };

static tl_tensor *loss_of(tl_context *c, tl_layer *model, tl_tensor **batch, bool training) {
  return tl_loss_sparse_categorical_cross_entropy(c, batch[1], tl_layer_call(model, batch[0], training),
                                                  NULL);
}

/* One pass over the training data; their mean loss. */
static double train_epoch(tl_context *c, tl_layer *model, tl_optimizer *adam, tl_metric *mean,
                          tl_dataset *train) {
  tl_tensor *batch[2], *gradients[4];
  tl_tensor *const *weights = tl_layer_trainable_variables(model, NULL);
  while (tl_dataset_next(train, batch, 2)) {
    tl_scope_begin(c);
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *loss = loss_of(c, model, batch, true);
    if (tl_tape_gradient(tape, loss, weights, 4, NULL, gradients) != TL_OK ||
        tl_optimizer_apply(adam, gradients, weights, 4) != TL_OK ||
        tl_metric_update(mean, loss, NULL) != TL_OK)
      break; /* the context holds the error, so the loops end */
    tl_scope_end(c);
  }
  const double loss = tl_metric_result(mean);
  return tl_metric_reset(mean) == TL_OK ? loss : NAN;
}

static double validate(tl_context *c, tl_layer *model, tl_metric *mean, tl_dataset *data) {
  tl_tensor *batch[2];
  while (tl_dataset_next(data, batch, 2)) {
    tl_scope_begin(c);
    if (tl_metric_update(mean, loss_of(c, model, batch, false), NULL) != TL_OK) break;
    tl_scope_end(c);
  }
  const double loss = tl_metric_result(mean);
  return tl_metric_reset(mean) == TL_OK ? loss : NAN;
}

/* The curves so far: training and validation loss of each epoch, NaN for those that are to come. */
static tl_tensor *curves_of(tl_context *c, const double *losses) {
  return tl_tensor_new(c, TL_F64, (int64_t[]){2, EPOCHS}, 2, losses, 2 * EPOCHS * sizeof *losses);
}

static void write_curves(tl_context *c, const double *losses, const char *path) {
  tl_plot *plot = tl_plot_new(c, "Early stopping with a patience of 3", NULL);
  if (tl_plot_set_labels(plot, "epoch", "mean loss") == TL_OK &&
      tl_plot_add_many(plot, "training", NULL, losses, EPOCHS) == TL_OK &&
      tl_plot_add_many(plot, "validation", NULL, losses + EPOCHS, EPOCHS) == TL_OK)
    (void)!tl_plot_write_svg(plot, path); /* what fails is in the context */
}

int main(int argc, char **argv) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = 1;
  tl_context *c = tl_context_new(&options);
  tl_dataset *all = drawn(c, TL_DATA_TRAIN);
  tl_dataset *train = tl_dataset_shuffle(c, tl_dataset_take(c, all, 2000), 1);
  train = tl_dataset_cast(c, tl_dataset_batch(c, train, 50, false), 0, TL_F32, 255);
  tl_dataset *held_out = tl_dataset_take(c, tl_dataset_skip(c, all, 2000), 1000);
  held_out = tl_dataset_cast(c, tl_dataset_batch(c, held_out, 500, false), 0, TL_F32, 255);
  tl_dense_options hidden;
  tl_dense_options_init(&hidden, sizeof hidden);
  hidden.activation = TL_ACTIVATION_RELU;
  tl_layer *layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 64, &hidden), tl_dropout_layer(c, 0.2, NULL),
                        tl_dense(c, 10, NULL)};
  tl_layer *model = tl_sequential(c, layers, 4);
  tl_adam_options faster;
  tl_adam_options_init(&faster, sizeof faster);
  faster.learning_rate = 0.003;
  tl_optimizer *adam = tl_adam(c, &faster);
  tl_metric *mean = tl_metric_mean(c, NULL);
  double losses[2 * EPOCHS];
  for (int i = 0; i < 2 * EPOCHS; i++) losses[i] = NAN;
  tl_tensor *curves = tl_variable_new(c, curves_of(c, losses), "curves", false);
  size_t count;

  /* The variables and slots, so that there is something to restore into; then everything that the loop changes. */
  tl_checkpoint *state = tl_checkpoint_new(c);
  bool fine = tl_layer_build(model, (int64_t[]){50, 28, 28}, 3) == TL_OK;
  tl_tensor *const *weights = tl_layer_trainable_variables(model, &count);
  fine = fine && tl_optimizer_build(adam, weights, count) == TL_OK &&
         tl_checkpoint_add_layer(state, "model", model) == TL_OK &&
         tl_checkpoint_add_optimizer(state, "adam", adam) == TL_OK &&
         tl_checkpoint_add_dataset(state, "train", train) == TL_OK &&
         tl_checkpoint_add_random(state, "random") == TL_OK &&
         tl_checkpoint_add_variable(state, "curves", curves) == TL_OK &&
         tl_checkpoint_set_double(state, "best loss", HUGE_VAL) == TL_OK &&
         tl_checkpoint_set_int64(state, "epochs without a better one", 0) == TL_OK;
  tl_checkpoint_manager_options keep;
  tl_checkpoint_manager_options_init(&keep, sizeof keep);
  keep.max_to_keep = 3;
  keep.best = TL_CHECKPOINT_BEST_MIN;
  keep.asynchronous = true;
  tl_checkpoint_manager *manager =
      tl_checkpoint_manager_new(c, state, argc > 1 ? argv[1] : "checkpoints", &keep);

  int64_t epoch, waited = 0;
  double best = HUGE_VAL;
  fine = fine && tl_checkpoint_manager_restore_latest(manager, &epoch) == TL_OK &&
         tl_tensor_read(curves, losses, sizeof losses) == TL_OK &&
         tl_checkpoint_get_double(state, "best loss", &best) == TL_OK &&
         tl_checkpoint_get_int64(state, "epochs without a better one", &waited) == TL_OK;
  if (fine && epoch >= 0) printf("goes on behind epoch %d\n", (int)epoch);
  for (epoch++; fine && epoch < EPOCHS && waited < PATIENCE; epoch++) {
    losses[epoch] = train_epoch(c, model, adam, mean, train);
    const double loss = losses[EPOCHS + epoch] = validate(c, model, mean, held_out);
    waited = loss < best ? 0 : waited + 1;
    best = fmin(loss, best);
    fine = tl_variable_assign(curves, curves_of(c, losses)) == TL_OK &&
           tl_checkpoint_set_double(state, "best loss", best) == TL_OK &&
           tl_checkpoint_set_int64(state, "epochs without a better one", waited) == TL_OK &&
           tl_checkpoint_manager_save(manager, epoch, loss) == TL_OK;
    if (fine)
      printf("epoch %d: validation loss %.6f%s\n", (int)epoch, loss, waited ? "" : ", the best so far");
    fflush(stdout);
  }
  const int64_t chosen = fine ? tl_checkpoint_manager_best(manager) : -1;
  if (fine && tl_checkpoint_manager_restore(manager, chosen) == TL_OK)
    printf("the best is epoch %d: loss %.6f\n", (int)chosen, validate(c, model, mean, held_out));
  if (fine) write_curves(c, losses, argc > 2 ? argv[2] : "early-stopping.svg");
  const bool failed = tl_failed(c);
  if (failed) fprintf(stderr, "early-stopping: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || failed;
}
