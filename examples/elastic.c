/* Trains on as ranks are killed and started again: each step begins with a vote, survivors make the group anew, whoever is furthest sends
 * its state to the others, and SIGTERM to one stops all at the same step, with a checkpoint.
 *
 *   tapeloop-run -n 4 --replace 100 build/examples/elastic -s 2000 -f checkpoints
 */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

enum { ROWS = 1000, FEATURES = 16, UNITS = 32, CLASSES = 4, BATCH = 64, SAVE_EVERY = 500 };

static volatile sig_atomic_t asked_to_stop;
static void on_signal(int number) {
  (void)number;
  asked_to_stop = 1;
}

struct job {
  tl_context *c;
  tl_layer *model;
  tl_optimizer *adam;
  tl_dataset *mine; /* this rank's rows of each batch */
  tl_checkpoint *all;
  tl_checkpoint_manager *manager; /* NULL: nothing is saved */
  int64_t step, steps;            /* taken so far: -1 of a rank that knows nothing yet; and to be taken */
  bool ended;
};

/* The same points on all ranks. */
static tl_dataset *points(tl_context *c) {
  float *x = malloc(sizeof(float[ROWS][FEATURES]));
  int32_t y[ROWS];
  for (int i = 0; i < ROWS; i++) {
    y[i] = i % CLASSES;
    for (int k = 0; k < FEATURES; k++)
      x[i * FEATURES + k] = (float)(sin(i * 1.7 + k) + cos(y[i] * 2.3 + k * 0.9));
  }
  tl_tensor *tensors[] = {
      tl_tensor_new(c, TL_F32, (int64_t[]){ROWS, FEATURES}, 2, x, sizeof(float[ROWS][FEATURES])),
      tl_tensor_new(c, TL_I32, (int64_t[]){ROWS}, 1, y, sizeof y)};
  free(x);
  return tl_dataset_batch(c, tl_dataset_shuffle(c, tl_dataset_from_tensors(c, tensors, 2), 1), BATCH, false);
}

/* All that a step changes is in the checkpoint. */
static tl_status prepare(struct job *job, const char *folder, tl_group *group) {
  tl_context *c = job->c;
  job->mine = tl_group_distribute(group, points(c));
  tl_layer *layers[] = {tl_dense(c, UNITS, NULL), tl_activation_layer(c, TL_ACTIVATION_RELU, NULL),
                        tl_dense(c, CLASSES, NULL)};
  job->model = tl_sequential(c, layers, 3);
  job->adam = tl_adam(c, NULL);
  job->all = tl_checkpoint_new(c);
  if (tl_layer_build(job->model, (int64_t[]){BATCH, FEATURES}, 2) != TL_OK) return tl_error_code(c);
  size_t n = 0;
  tl_tensor *const *weights = tl_layer_trainable_variables(job->model, &n);
  if (tl_optimizer_build(job->adam, weights, n) != TL_OK ||
      tl_checkpoint_add_layer(job->all, "model", job->model) != TL_OK ||
      tl_checkpoint_add_optimizer(job->all, "adam", job->adam) != TL_OK ||
      tl_checkpoint_add_dataset(job->all, "train", job->mine) != TL_OK || !folder)
    return tl_error_code(c);
  job->manager = tl_checkpoint_manager_new(c, job->all, folder, NULL);
  return tl_checkpoint_manager_restore_latest(job->manager, &job->step);
}

/* One step of all ranks. A failure leaves the weights as they were, on this rank. */
static tl_status step(struct job *job, tl_group *group) {
  tl_context *c = job->c;
  tl_tensor *batch[2] = {NULL, NULL}, *gradients[4], *sums[4];
  if (!tl_dataset_next(job->mine, batch, 2) && !tl_dataset_next(job->mine, batch, 2)) return tl_error_code(c);
  const int64_t rows = tl_tensor_dim(batch[0], 0);
  tl_group_decision all = {.struct_size = sizeof all};
  if (tl_group_vote(group, job->step, (double)rows, asked_to_stop, job->step % SAVE_EVERY == 0, &all) !=
      TL_OK)
    return tl_error_code(c);
  size_t n = 0;
  tl_tensor *const *weights = tl_layer_trainable_variables(job->model, &n);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *each = tl_sparse_softmax_cross_entropy(c, batch[1], tl_layer_call(job->model, batch[0], true));
  tl_tensor *loss =
      tl_mul_scalar(c, tl_sum(c, each), 1 / all.weight); /* this rank's share of the mean over all rows */
  if (tl_tape_gradient(tape, loss, weights, n, NULL, gradients) != TL_OK ||
      tl_group_all_reduce_list(group, gradients, n, TL_REDUCE_SUM, sums) != TL_OK ||
      tl_optimizer_apply(job->adam, sums, weights, n) != TL_OK)
    return tl_error_code(c);
  job->step++;
  job->ended = all.stop || job->step == job->steps;
  return TL_OK;
}

/* Until the end, or a failure. After one the job stands before the step that has failed. */
static tl_status train(struct job *job, tl_group *group) {
  tl_context *c = job->c;
  int64_t of_all = 0;
  if (tl_group_synchronize(group, job->all, job->step, &of_all) != TL_OK) return tl_error_code(c);
  job->step = of_all < 0 ? 0 : of_all;
  while (!job->ended) {
    const uint64_t epoch = tl_dataset_epoch(job->mine);
    const int64_t position = tl_dataset_position(job->mine);
    if (tl_scope_begin(c) != TL_OK) return tl_error_code(c);
    const tl_status status = step(job, group);
    (void)tl_scope_end(c);
    if (status != TL_OK) {
      char text[512];
      snprintf(text, sizeof text, "%s", tl_error_message(c));
      tl_clear_error(c);
      if (tl_dataset_seek(job->mine, epoch, position) != TL_OK) return tl_error_code(c);
      return tl_set_error(c, status, text);
    }
    if (job->manager && (job->ended || job->step % SAVE_EVERY == 0) &&
        tl_group_save(group, job->manager, job->step, NAN) != TL_OK)
      return tl_error_code(c);
  }
  return TL_OK;
}

/* A number that tells weights apart, FNV-1a over their bytes. */
static uint64_t fingerprint(tl_layer *model) {
  uint64_t h = 14695981039346656037u;
  size_t n = 0;
  tl_tensor *const *weights = tl_layer_trainable_variables(model, &n);
  for (size_t i = 0; i < n; i++) {
    unsigned char bytes[sizeof(float) * UNITS * UNITS];
    const size_t size = (size_t)tl_tensor_elements(weights[i]) * sizeof(float);
    if (size > sizeof bytes || tl_tensor_read(weights[i], bytes, size) != TL_OK) return 0;
    for (size_t k = 0; k < size; k++) h = (h ^ bytes[k]) * 1099511628211u;
  }
  return h;
}

int main(int argc, char **argv) {
  struct job job = {.step = -1, .steps = 1000};
  const char *folder = NULL;
  for (int code; (code = getopt(argc, argv, "s:f:")) != -1;) switch (code) {
      case 's': job.steps = atoll(optarg); break;
      case 'f': folder = optarg; break;
      default: fputs("-s STEPS -f FOLDER (of checkpoints; without it none)\n", stderr); return 2;
    }
  signal(SIGTERM, on_signal);
  tl_context_options seeded;
  tl_context_options_init(&seeded, sizeof seeded);
  seeded.seed = 1, seeded.threads = 1;
  tl_context *c = job.c = tl_context_new(&seeded);
  tl_group_options options;
  tl_group_options_init(&options, sizeof options);
  options.timeout_seconds = 30;
  bool prepared = false;
  int rank = -1;
  /* Two waits in vain for a group: nobody is there to go on with. */
  for (int tries = 0, in_vain = 0; !job.ended && tries < 200 && in_vain < (asked_to_stop ? 1 : 2); tries++) {
    tl_group *group = tl_group_new(c, &options);
    in_vain = group ? 0 : in_vain + 1;
    if (group && !prepared) prepared = prepare(&job, folder, group) == TL_OK;
    if (group && prepared && train(&job, group) == TL_OK) rank = tl_group_rank(group);
    const tl_status status = tl_error_code(c);
    if (status != TL_OK && status != TL_PEER_LOST) break;
    /* Survivors ask for the next generation, and get the highest that one of them asks for. */
    options.generation = group ? (uint64_t)tl_group_generation(group) + 1 : options.generation + 1;
    if (status != TL_OK) printf("at step %" PRId64 ": %s\n", job.step, tl_error_message(c));
    fflush(stdout);
    tl_clear_error(c);
    tl_group_release(group);
  }
  const bool fine = job.ended && !tl_failed(c);
  if (fine)
    printf("rank %d ended at step %" PRId64 ": weights %016" PRIx64 "\n", rank, job.step,
           fingerprint(job.model));
  if (!fine)
    fprintf(stderr, "elastic: %s\n", tl_failed(c) ? tl_error_message(c) : "nobody is left to go on with");
  tl_context_free(c);
  return !fine;
}
