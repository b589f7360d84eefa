/* One rank of a job of processes whose compiled steps exchange gradients in buckets, as tests/processes/run starts it.
 *
 *   buckets train THREADS   the same training in buckets of three sizes, with overlap and without: a hash of the weights of each
 *   buckets forever         steps in buckets and with overlap until the group fails: what the error says, and whether the step that
 *                           failed has changed anything */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>
#include <time.h>

/* Gradients of 5 KiB to 1.6 MiB: three buckets of 64 KiB at the least, two of 1 MiB, one of 25 MiB. */
enum { LAYERS = 4, WEIGHTS = 2 * LAYERS, ROWS = 8, STEPS = 5 };
static const int64_t sizes[LAYERS + 1] = {784, 512, 512, 128, 10};

typedef struct {
  tl_context *c;
  tl_group *group;
  tl_tensor *w[WEIGHTS];
  tl_optimizer *adam;
} model;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static tl_tensor *wave(tl_context *c, const int64_t *shape, size_t rank, double scale, double phase) {
  size_t n = 1;
  for (size_t k = 0; k < rank; k++) n *= (size_t)shape[k];
  float *values = malloc(n * sizeof *values);
  for (size_t i = 0; values && i < n; i++) values[i] = (float)(scale * sin(phase + 1.7 * (double)i));
  tl_tensor *t = tl_tensor_new(c, TL_F32, shape, rank, values, n * sizeof *values);
  free(values);
  return t;
}

static model make_model(tl_context *c, tl_group *group) {
  model m = {.c = c, .group = group, .adam = tl_adam(c, NULL)};
  for (int l = 0; l < LAYERS; l++) {
    m.w[2 * l] = tl_variable_new(c, wave(c, sizes + l, 2, 0.05, l), "w", true);
    m.w[2 * l + 1] = tl_variable_new(c, tl_zeros(c, sizes + l + 1, 1), "b", true);
  }
  return m;
}

static tl_status body(tl_context *c, void *user, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  model *m = user;
  (void)num_inputs;
  (void)num_outputs;
  tl_tensor *gradients[WEIGHTS], *means[WEIGHTS], *x = inputs[0];
  tl_tape *tape = tl_tape_begin(c, NULL);
  for (int l = 0; l < LAYERS; l++)
    x = tl_add(c, tl_matmul(c, l ? tl_tanh(c, x) : x, m->w[2 * l]), m->w[2 * l + 1]);
  outputs[0] = tl_mean(c, tl_sparse_softmax_cross_entropy(c, inputs[1], x));
  if (tl_tape_gradient(tape, outputs[0], m->w, WEIGHTS, NULL, gradients) == TL_OK &&
      tl_group_all_reduce_list(m->group, gradients, WEIGHTS, TL_REDUCE_MEAN, means) == TL_OK)
    return tl_optimizer_apply(m->adam, means, m->w, WEIGHTS);
  return tl_error_code(c);
}

/* One step of this rank's own batch. */
static tl_status take(model *m, tl_function *f, int64_t step) {
  tl_context *c = m->c;
  const int64_t rank = tl_group_rank(m->group), shape[] = {ROWS, sizes[0]}, rows = ROWS;
  int32_t labels[ROWS];
  for (int i = 0; i < ROWS; i++) labels[i] = (int32_t)((7 * i + step + rank) % sizes[LAYERS]);
  tl_scope_begin(c);
  tl_tensor *in[] = {wave(c, shape, 2, 1, (double)(10 * step + rank)),
                     tl_tensor_new(c, TL_I32, &rows, 1, labels, sizeof labels)};
  tl_tensor *loss;
  const tl_status status = tl_function_call(f, in, 2, &loss, 1);
  tl_scope_end(c);
  return status;
}

/* FNV-1a of all weights. */
static uint64_t hash_of(const model *m) {
  static float values[784 * 512];
  uint64_t h = 14695981039346656037u;
  for (int k = 0; k < WEIGHTS; k++) {
    const size_t bytes = (size_t)tl_tensor_elements(m->w[k]) * sizeof *values;
    if (tl_tensor_read(m->w[k], values, bytes) != TL_OK) return 0;
    for (size_t i = 0; i < bytes; i++) h = (h ^ ((const unsigned char *)values)[i]) * 1099511628211u;
  }
  return h;
}

static tl_status train(tl_context *c, tl_group *group) {
  const uint64_t bytes[] = {64 << 10, 1 << 20, 25 << 20};
  for (int variant = 0; variant < 6; variant++) {
    tl_scope_begin(c);
    if (tl_group_set_bucket_bytes(group, bytes[variant / 2]) != TL_OK ||
        tl_group_set_overlap(group, variant % 2) != TL_OK)
      return tl_error_code(c);
    model m = make_model(c, group);
    tl_function *f = tl_function_new(c, body, &m, NULL, NULL);
    const int64_t before = tl_group_steps(group);
    for (int64_t step = 0; step < STEPS; step++)
      if (take(&m, f, step) != TL_OK) return tl_error_code(c);
    printf("hash %016" PRIx64 " buckets %d\n", hash_of(&m), (int)(tl_group_steps(group) - before) / STEPS);
    tl_scope_end(c);
  }
  return TL_OK;
}

static void train_forever(tl_context *c, tl_group *group) {
  (void)!tl_group_set_bucket_bytes(group, 64 << 10); /* failures stay in the context */
  (void)!tl_group_set_overlap(group, true);
  model m = make_model(c, group);
  tl_function *f = tl_function_new(c, body, &m, NULL, NULL);
  uint64_t hash = 0;
  int64_t step = 0;
  for (; take(&m, f, step) == TL_OK; step++) {
    hash = hash_of(&m);
    if (step == 3) {
      printf("ready\n");
      fflush(stdout);
    }
  }
  printf("failed %s %.6f %lld %s\n", tl_error_code(c) == TL_PEER_LOST ? "peer_lost" : "otherwise", now(),
         (long long)step, tl_error_message(c));
  tl_clear_error(c);
  printf("state %s\n", step == 0 || hash_of(&m) == hash ? "same" : "changed");
}

int main(int argc, char **argv) {
  const bool forever = argc > 1 && !strcmp(argv[1], "forever");
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.threads = argc > 2 ? (int32_t)strtol(argv[2], NULL, 10) : 1;
  tl_context *c = tl_context_new(&o);
  tl_group_options options;
  tl_group_options_init(&options, sizeof options);
  options.timeout_seconds = 30;
  tl_group *group = tl_group_new(c, &options);
  if (!group || (!forever && train(c, group) != TL_OK)) {
    printf("failed otherwise %.6f 0 %s\n", now(), tl_error_message(c));
    tl_clear_error(c);
    return 1 + (tl_context_free(c) != TL_OK);
  }
  if (forever) train_forever(c, group);
  fflush(stdout);
  tl_group_release(group);
  return tl_context_free(c) != TL_OK;
}
