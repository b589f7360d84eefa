/* A training that can be killed at any moment, in C; train.rs and train.go are the same.
 *
 *     train mlp|map|gan FOLDER STEPS EVERY [c][a]     c: compiled steps; a: asynchronous saves
 *
 * Goes on from the newest checkpoint in FOLDER, saves each EVERY steps and at the end, and prints of each step its number and the bits
 * of its loss. mlp: batch normalisation, dropout, AdamW with accumulation, averages, a dynamic loss scale and clipping, a plateau on a
 * cosine, early-stopping state. map: the
 * same, fed by a map that shifts rows and makes them noisy on two threads, ahead of the step. gan: two networks with an optimizer each, and noise that is drawn in the step. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

enum { ROWS = 256, BATCH = 32, NOISE = 4 };

static tl_context *c;

static void check(bool fine) {
  if (fine && !tl_failed(c)) return;
  fprintf(stderr, "%s\n", tl_error_message(c));
  exit(1);
}

static tl_layer *dense(int64_t units, tl_activation activation) {
  tl_dense_options o;
  tl_dense_options_init(&o, sizeof o);
  o.activation = activation;
  return tl_dense(c, units, &o);
}

/* What is trained, by one or two optimizers. */
typedef struct {
  bool gan;
  tl_layer *model, *critic;
  tl_optimizer *optimizer, *of_critic;
  tl_dataset *data;
  tl_schedule *plateau;
  tl_metric *mean;
} run;

/* A row moved by up to one place each way, with noise: other numbers for each element of each epoch. */
static tl_status augment(tl_context *of_map, void *user_data, const tl_element_place *place,
                         tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
                         size_t num_outputs) {
  (void)user_data;
  (void)num_inputs;
  (void)num_outputs;
  const int64_t rim[] = {1}, size[] = {8}, begin[] = {(int64_t)(place->seed % 3)}, end[] = {begin[0] + 8};
  tl_tensor *row = tl_slice(of_map, tl_pad(of_map, inputs[0], rim, 1, rim, 1), begin, 1, end, 1);
  outputs[0] = tl_add(of_map, row, tl_normal_with(of_map, size, 1, 0, 0.1, TL_F32));
  outputs[1] = inputs[1];
  return TL_OK;
}

static tl_dataset *batches(tl_tensor **tensors, size_t count, bool mapped) {
  tl_dataset *all = tl_dataset_shuffle(c, tl_dataset_from_tensors(c, tensors, count), 3);
  if (mapped) {
    tl_map_options map;
    tl_map_options_init(&map, sizeof map);
    map.threads = 2;
    map.seed = 5;
    all = tl_dataset_map(c, all, augment, NULL, NULL, 2, &map);
    return tl_dataset_prefetch(c, tl_dataset_batch(c, all, BATCH, false), 2);
  }
  return tl_dataset_batch(c, all, BATCH, false);
}

static void build(tl_layer *layer, tl_optimizer *optimizer, int64_t inputs) {
  size_t count;
  check(tl_layer_build(layer, (int64_t[]){BATCH, inputs}, 2) == TL_OK);
  tl_tensor *const *weights = tl_layer_trainable_variables(layer, &count);
  check(tl_optimizer_build(optimizer, weights, count) == TL_OK);
}

static void make_mlp(run *r, bool mapped) {
  tl_tensor *x = tl_normal(c, (int64_t[]){ROWS, 8}, 2);
  tl_tensor *below = tl_less(c, tl_sum_axes(c, x, (int64_t[]){1}, 1, false), tl_scalar(c, TL_F32, 0));
  r->data = batches((tl_tensor *[]){x, tl_cast(c, below, TL_I32)}, 2, mapped);
  tl_layer *layers[] = {dense(16, TL_ACTIVATION_TANH), tl_batch_normalization(c, NULL),
                        tl_dropout_layer(c, 0.25, NULL), dense(2, TL_ACTIVATION_LINEAR)};
  r->model = tl_sequential(c, layers, 4);
  r->optimizer = tl_adamw(c, NULL);
  tl_step_options step;
  tl_step_options_init(&step, sizeof step);
  step.gradient_accumulation_steps = 2;
  step.use_ema = true;
  step.ema_momentum = 0.9;
  step.global_clip_norm = 0.5;
  step.dynamic_loss_scale = true;
  step.loss_scale_growth_interval = 7;
  check(tl_optimizer_configure(r->optimizer, &step) == TL_OK);
  tl_plateau_options plateau;
  tl_plateau_options_init(&plateau, sizeof plateau);
  plateau.factor = 0.5;
  plateau.patience = 2;
  r->plateau = tl_schedule_plateau(c, tl_schedule_cosine(c, 0.02, 200, 0.1), &plateau);
  check(tl_optimizer_set_schedule(r->optimizer, r->plateau) == TL_OK);
  build(r->model, r->optimizer, 8);
}

static void make_gan(run *r) {
  r->gan = true;
  tl_tensor *x = tl_normal_with(c, (int64_t[]){ROWS, 2}, 2, 1, 0.5, TL_F32);
  r->data = batches(&x, 1, false);
  r->model =
      tl_sequential(c, (tl_layer *[]){dense(16, TL_ACTIVATION_RELU), dense(2, TL_ACTIVATION_LINEAR)}, 2);
  r->critic = tl_sequential(c,
                            (tl_layer *[]){dense(16, TL_ACTIVATION_LEAKY_RELU),
                                           tl_dropout_layer(c, 0.2, NULL), dense(1, TL_ACTIVATION_LINEAR)},
                            3);
  r->optimizer = tl_adam(c, NULL);
  r->of_critic = tl_adam(c, NULL);
  build(r->model, r->optimizer, NOISE);
  build(r->critic, r->of_critic, 2);
}

static void descend(tl_tape *tape, tl_tensor *loss, tl_layer *layer, tl_optimizer *optimizer) {
  size_t count;
  tl_tensor *const *weights = tl_layer_trainable_variables(layer, &count), *gradients[16];
  check(tl_tape_gradient(tape, tl_optimizer_scale_loss(optimizer, loss), weights, count, NULL, gradients) ==
        TL_OK);
  check(tl_optimizer_apply(optimizer, gradients, weights, count) == TL_OK);
}

/* What the critic says of generated points. */
static tl_tensor *judged(run *r) {
  tl_tensor *noise = tl_normal(c, (int64_t[]){BATCH, NOISE}, 2);
  return tl_layer_call(r->critic, tl_layer_call(r->model, noise, true), true);
}

static tl_status train_step(tl_context *context, void *user_data, tl_tensor *const *batch, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  run *r = user_data;
  if (!r->gan) {
    tl_tape *tape = tl_tape_begin(c, NULL);
    outputs[0] = tl_mean(c, tl_loss_sparse_categorical_cross_entropy(
                                c, batch[1], tl_layer_call(r->model, batch[0], true), NULL));
    descend(tape, outputs[0], r->model, r->optimizer);
    return tl_error_code(context);
  }
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *real = tl_mean(c, tl_softplus(c, tl_neg(c, tl_layer_call(r->critic, batch[0], true))));
  tl_tensor *of_critic = tl_add(c, real, tl_mean(c, tl_softplus(c, judged(r))));
  descend(tape, of_critic, r->critic, r->of_critic);
  tape = tl_tape_begin(c, NULL);
  tl_tensor *of_model = tl_mean(c, tl_softplus(c, tl_neg(c, judged(r))));
  descend(tape, of_model, r->model, r->optimizer);
  outputs[0] = tl_add(c, of_critic, of_model);
  return tl_error_code(context);
}

static tl_checkpoint *everything(const run *r) {
  tl_checkpoint *all = tl_checkpoint_new(c);
  check(tl_checkpoint_add_layer(all, "model", r->model) == TL_OK &&
        tl_checkpoint_add_optimizer(all, "optimizer", r->optimizer) == TL_OK);
  if (r->gan)
    check(tl_checkpoint_add_layer(all, "critic", r->critic) == TL_OK &&
          tl_checkpoint_add_optimizer(all, "of_critic", r->of_critic) == TL_OK);
  check(tl_checkpoint_add_dataset(all, "data", r->data) == TL_OK &&
        tl_checkpoint_add_metric(all, "mean", r->mean) == TL_OK &&
        tl_checkpoint_add_random(all, "random") == TL_OK &&
        tl_checkpoint_set_double(all, "best", HUGE_VAL) == TL_OK &&
        tl_checkpoint_set_int64(all, "epochs without a better one", 0) == TL_OK &&
        tl_checkpoint_set_text(all, "note", "begun") == TL_OK);
  return all;
}

static void end_epoch(run *r, tl_checkpoint *all) {
  double best;
  int64_t worse;
  bool reduced;
  const double mean = tl_metric_result(r->mean);
  check(tl_checkpoint_get_double(all, "best", &best) == TL_OK &&
        tl_checkpoint_get_int64(all, "epochs without a better one", &worse) == TL_OK);
  if (r->plateau) check(tl_schedule_report(r->plateau, mean, &reduced) == TL_OK);
  check(tl_checkpoint_set_double(all, "best", mean < best ? mean : best) == TL_OK &&
        tl_checkpoint_set_int64(all, "epochs without a better one", mean < best ? 0 : worse + 1) == TL_OK &&
        tl_checkpoint_set_text(all, "note", mean < best ? "better" : "worse") == TL_OK &&
        tl_metric_reset(r->mean) == TL_OK);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const char *how = argc > 5 ? argv[5] : "";
  const int64_t steps = atoll(argv[3]), every = atoll(argv[4]);
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = 7;
  options.threads = 1;
  c = tl_context_new(&options);
  run r = {0};
  if (strcmp(argv[1], "gan") == 0)
    make_gan(&r);
  else
    make_mlp(&r, strcmp(argv[1], "map") == 0);
  r.mean = tl_metric_mean(c, "mean");
  tl_function *compiled = strchr(how, 'c') ? tl_function_new(c, train_step, &r, NULL, NULL) : NULL;
  tl_checkpoint *all = everything(&r);
  tl_checkpoint_manager_options o;
  tl_checkpoint_manager_options_init(&o, sizeof o);
  o.asynchronous = strchr(how, 'a') != NULL;
  tl_checkpoint_manager *manager = tl_checkpoint_manager_new(c, all, argv[2], &o);
  int64_t step;
  check(tl_checkpoint_manager_restore_latest(manager, &step) == TL_OK);
  const size_t width = r.gan ? 1 : 2;
  for (step++; step < steps; step++) {
    check(tl_scope_begin(c) == TL_OK);
    tl_tensor *batch[2], *loss = NULL;
    while (!tl_dataset_next(r.data, batch, width)) {
      check(true);
      end_epoch(&r, all);
    }
    check((compiled ? tl_function_call(compiled, batch, width, &loss, 1)
                    : train_step(c, &r, batch, width, &loss, 1)) == TL_OK);
    check(tl_metric_update(r.mean, loss, NULL) == TL_OK);
    const double value = tl_tensor_item(loss);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    printf("%" PRId64 " %016" PRIx64 "\n", step, bits);
    fflush(stdout);
    if ((step + 1) % every == 0 || step + 1 == steps)
      check(tl_checkpoint_manager_save(manager, step, value) == TL_OK);
    check(tl_scope_end(c) == TL_OK);
  }
  check(tl_checkpoint_manager_wait(manager) == TL_OK);
  puts("done");
  tl_context_free(c);
  return 0;
}
