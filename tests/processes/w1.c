/* W1 (784-128-10, Adam, batches of 32) as one rank of a job, or as replicas that are threads, for tests/processes/curves:
 *
 *   w1 BATCHES [THREADS]   two epochs of BATCHES whole batches and an uneven one each: of 13 rows, then of 1
 *
 * Six trainings from the same weights, in one group. ordered: each rank takes its rows of a batch, gradients are summed in the order of
 * the ranks; ordered64: the same in f64; elastic: each batch in 4 parts, whose gradients are added by pairs, whoever takes them. Each
 * step by step and as a compiled step that is replayed. Rank 0 prints of each, behind its name:
 *
 *   curve LOSS...                 of each step, as exact numbers
 *   end HASH HITS                 of the weights' bits on all ranks; how many examples were classified well on the way
 *   ulps GRADIENT LOSS            how far any element of a summed gradient, and the loss of any batch, was from the float64 sum of what
 *                                 all ranks gave, in units of the last place of f32 (not of ordered64)
 *
 * It ends with 0 unless a call failed. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

enum { FEATURES = 784, HIDDEN = 128, CLASSES = 10, BATCH = 32, WEIGHTS = 4, PARTS = 4 };
enum { LOSS, LOSSES, MINE, SUMS = MINE + WEIGHTS, OUTPUTS = SUMS + WEIGHTS };
static const int64_t shapes[WEIGHTS][2] = {{FEATURES, HIDDEN}, {1, HIDDEN}, {HIDDEN, CLASSES}, {1, CLASSES}};
static int batches = 3;

typedef struct {
  const char *name;
  tl_dtype dtype;
  bool elastic, compiled;
} kind;

typedef struct {
  kind kind;
  tl_group *group;
  tl_tensor *weights[WEIGHTS];
  tl_optimizer *adam;
  tl_metric *hits;
} model;

static uint64_t splitmix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/* Noise, and a pattern of each class in it. All ranks have the same. */
static tl_dataset *examples(tl_context *c, int count, tl_dtype dtype) {
  float *x = malloc(sizeof(float[FEATURES]) * (size_t)count);
  int32_t *y = malloc(sizeof(int32_t) * (size_t)count);
  for (int i = 0; x && y && i < count; i++) {
    y[i] = (int32_t)(splitmix64((uint64_t)i) % CLASSES);
    for (int k = 0; k < FEATURES; k++)
      x[i * FEATURES + k] = (float)((splitmix64((uint64_t)(i * FEATURES + k)) >> 56) / 255.0 * 0.5 +
                                    (k % CLASSES == y[i] ? 0.5 : 0));
  }
  tl_tensor *all[] = {tl_cast(c,
                              tl_tensor_new(c, TL_F32, (int64_t[]){count, FEATURES}, 2, x,
                                            sizeof(float[FEATURES]) * (size_t)count),
                              dtype),
                      tl_tensor_new(c, TL_I32, (int64_t[]){count}, 1, y, sizeof(int32_t) * (size_t)count)};
  free(x);
  free(y);
  return tl_dataset_batch(c, tl_dataset_shuffle(c, tl_dataset_from_tensors(c, all, 2), 3), BATCH, false);
}

/* Other values on other ranks, until they are mirrored. */
static tl_tensor *weight(tl_context *c, int w, int32_t rank, tl_dtype dtype) {
  static const double scales[WEIGHTS] = {0.08, 0, 0.2, 0};
  float values[FEATURES * HIDDEN];
  const int64_t n = shapes[w][0] * shapes[w][1];
  for (int64_t i = 0; i < n; i++)
    values[i] =
        (float)(scales[w] *
                    ((double)(splitmix64((uint64_t)(w * 1000000 + i)) >> 11) / 4503599627370496.0 - 1) +
                rank);
  return tl_variable_new(
      c, tl_cast(c, tl_tensor_new(c, TL_F32, shapes[w], 2, values, (size_t)n * sizeof *values), dtype), "w",
      true);
}

static tl_tensor *logits_of(model *m, tl_context *c, tl_tensor *x) {
  tl_tensor *hidden = tl_relu(c, tl_add(c, tl_matmul(c, x, m->weights[0]), m->weights[1]));
  return tl_add(c, tl_matmul(c, hidden, m->weights[2]), m->weights[3]);
}

/* Of this rank's rows. */
static tl_status ordered_step(model *m, tl_context *c, tl_tensor *x, tl_tensor *y, tl_tensor **out) {
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = logits_of(m, c, x);
  out[LOSSES] = tl_sparse_softmax_cross_entropy(c, y, logits);
  tl_tensor *loss = tl_group_average_loss(m->group, out[LOSSES]);
  if (tl_tape_gradient(tape, loss, m->weights, WEIGHTS, NULL, out + MINE) == TL_OK &&
      tl_group_all_reduce_list(m->group, out + MINE, WEIGHTS, TL_REDUCE_SUM, out + SUMS) == TL_OK &&
      tl_metric_update_predictions(m->hits, y, logits, NULL) == TL_OK)
    out[LOSS] = tl_group_all_reduce(m->group, loss, TL_REDUCE_SUM);
  return tl_error_code(c);
}

/* Of the whole batch, in parts that differ by one row at most, of which this rank takes as many as the others. */
static tl_status elastic_step(model *m, tl_context *c, tl_tensor *x, tl_tensor *y, tl_tensor **out) {
  const int mine = PARTS / tl_group_size(m->group), first = mine * tl_group_rank(m->group);
  const int64_t rows = tl_tensor_dim(x, 0);
  tl_tensor *sums[PARTS][WEIGHTS + 1], *all[WEIGHTS + 1];
  for (int k = 0; k < mine; k++) {
    const int64_t part = first + k, at = part * (rows / PARTS) + (part < rows % PARTS ? part : rows % PARTS);
    const int64_t end = at + rows / PARTS + (part < rows % PARTS);
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *labels = tl_slice(c, y, &at, 1, &end, 1);
    tl_tensor *examples_of_part = tl_slice(c, x, (int64_t[]){at, 0}, 2, (int64_t[]){end, FEATURES}, 2);
    tl_tensor *logits = logits_of(m, c, examples_of_part);
    sums[k][WEIGHTS] =
        tl_mul_scalar(c, tl_sum(c, tl_sparse_softmax_cross_entropy(c, labels, logits)), 1.0 / (double)rows);
    if (tl_tape_gradient(tape, sums[k][WEIGHTS], m->weights, WEIGHTS, NULL, sums[k]) != TL_OK ||
        tl_metric_update_predictions(m->hits, labels, logits, NULL) != TL_OK)
      return tl_error_code(c);
  }
  for (int many = mine; many > 1; many /= 2)
    for (int k = 0; k < many / 2; k++)
      for (int w = 0; w <= WEIGHTS; w++) sums[k][w] = tl_add(c, sums[2 * k][w], sums[2 * k + 1][w]);
  if (tl_group_all_reduce_list(m->group, sums[0], WEIGHTS + 1, TL_REDUCE_SUM_BY_PAIRS, all) != TL_OK)
    return tl_error_code(c);
  out[LOSS] = all[WEIGHTS];
  out[LOSSES] = sums[0][WEIGHTS];
  for (int w = 0; w < WEIGHTS; w++) {
    out[MINE + w] = sums[0][w];
    out[SUMS + w] = all[w];
  }
  return tl_error_code(c);
}

static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  model *m = user_data;
  const tl_status status =
      (m->kind.elastic ? elastic_step : ordered_step)(m, c, inputs[0], inputs[1], outputs);
  return status != TL_OK ? status : tl_optimizer_apply(m->adam, outputs + SUMS, m->weights, WEIGHTS);
}

/* How far the f32 value is from the exact one, in units of its last place. */
static double ulps(float got, double exact) {
  const float near = fabsf((float)exact);
  return fabs((double)got - exact) / ((double)nextafterf(near, INFINITY) - (double)near);
}

/* What all ranks gave, row by row, and what came of it: the farthest element. */
static double farthest(tl_context *c, tl_tensor *gathered, int32_t ranks, tl_tensor *sum) {
  const int64_t n = tl_tensor_elements(sum);
  float *all = malloc((size_t)(n * ranks) * sizeof *all), *got = malloc((size_t)n * sizeof *got);
  double most = NAN;
  if (all && got && tl_tensor_elements(gathered) == n * ranks &&
      tl_tensor_read(gathered, all, (size_t)(n * ranks) * sizeof *all) == TL_OK &&
      tl_tensor_read(sum, got, (size_t)n * sizeof *got) == TL_OK) {
    most = 0;
    for (int64_t i = 0; i < n; i++) {
      double exact = 0;
      for (int32_t r = 0; r < ranks; r++) exact += (double)all[r * n + i];
      most = fmax(most, ulps(got[i], exact));
    }
  }
  free(all);
  free(got);
  if (isnan(most) && !tl_failed(c))
    tl_set_error(c, TL_INTERNAL, "the gradients of all ranks cannot be compared");
  return most;
}

/* The loss of a batch against the float64 mean of its examples' losses. */
static double off_of_mean(tl_tensor *losses, double loss) {
  float all[BATCH];
  const int64_t n = tl_tensor_elements(losses);
  double exact = 0;
  if (n < 1 || n > BATCH || tl_tensor_read(losses, all, (size_t)n * sizeof *all) != TL_OK) return NAN;
  for (int64_t i = 0; i < n; i++) exact += (double)all[i];
  return ulps((float)loss, exact / (double)n);
}

/* FNV-1a of what all ranks have, which is the same. */
static uint64_t hash_of(tl_context *c, model *m) {
  uint64_t h = 14695981039346656037u;
  double values[FEATURES * HIDDEN];
  for (int w = 0; w < WEIGHTS; w++) {
    const size_t n = (size_t)(shapes[w][0] * shapes[w][1]);
    if (tl_tensor_read(tl_cast(c, m->weights[w], TL_F64), values, n * sizeof *values) != TL_OK) return 0;
    for (size_t i = 0; i < n * sizeof *values; i++) h = (h ^ ((unsigned char *)values)[i]) * 1099511628211u;
  }
  return h;
}

static tl_status train(tl_context *c, tl_group *group, kind kind) {
  const int32_t rank = tl_group_rank(group), ranks = tl_group_size(group);
  const bool tells = rank == 0, compares = kind.dtype == TL_F32 && !kind.elastic;
  model m = {.kind = kind,
             .group = group,
             .adam = tl_adam(c, NULL),
             .hits = tl_metric_sparse_categorical_accuracy(c, NULL)};
  for (int w = 0; w < WEIGHTS; w++) m.weights[w] = weight(c, w, rank, kind.dtype);
  if (tl_group_mirror(group, m.weights, WEIGHTS) != TL_OK) return tl_error_code(c);
  tl_function *replayed = tl_function_new(c, step, &m, NULL, NULL);
  double off_gradient = 0, off_loss = 0;
  if (tells) printf("curve %s %s", kind.name, kind.compiled ? "compiled" : "eager");
  for (int epoch = 0; epoch < 2; epoch++) {
    tl_dataset *data = examples(c, batches * BATCH + (epoch ? 1 : 13), kind.dtype);
    if (!kind.elastic) data = tl_group_distribute(group, data);
    tl_tensor *batch[2], *out[OUTPUTS];
    while (tl_dataset_next(data, batch, 2)) {
      tl_scope_begin(c);
      if ((kind.compiled ? tl_function_call(replayed, batch, 2, out, OUTPUTS)
                         : step(c, &m, batch, 2, out, OUTPUTS)) == TL_OK) {
        const double loss = tl_tensor_item(out[LOSS]);
        if (tells) printf(" %a", loss);
        for (int w = 0; w < WEIGHTS && compares; w++)
          off_gradient = fmax(off_gradient,
                              farthest(c, tl_group_all_gather(group, out[MINE + w]), ranks, out[SUMS + w]));
        if (compares) off_loss = fmax(off_loss, off_of_mean(tl_group_all_gather(group, out[LOSSES]), loss));
      }
      tl_scope_end(c);
    }
    tl_dataset_release(data);
  }
  const double share = tl_tensor_item(tl_group_metric_result(group, m.hits));
  const double rows = 2 * batches * BATCH + 13 + 1;
  if (tl_failed(c) || tl_group_check_mirrored(group, m.weights, WEIGHTS) != TL_OK) return tl_error_code(c);
  if (tells)
    printf("\nend %s %s %016llx %.0f\nulps %s %s %.2f %.2f\n", kind.name,
           kind.compiled ? "compiled" : "eager", (unsigned long long)hash_of(c, &m), share * rows, kind.name,
           kind.compiled ? "compiled" : "eager", off_gradient, off_loss);
  return tl_error_code(c);
}

static tl_status train_all(tl_context *c, tl_group *group, void *user_data) {
  (void)user_data;
  static const kind kinds[] = {{"ordered", TL_F32, false, false},   {"ordered", TL_F32, false, true},
                               {"ordered64", TL_F64, false, false}, {"ordered64", TL_F64, false, true},
                               {"elastic", TL_F32, true, false},    {"elastic", TL_F32, true, true}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !tl_failed(c); i++) {
    tl_scope_begin(c);
    (void)train(c, group, kinds[i]);
    tl_scope_end(c);
  }
  return tl_error_code(c);
}

int main(int argc, char **argv) {
  if (argc > 1) batches = (int)strtol(argv[1], NULL, 10);
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.threads = 1;
  tl_context *c = tl_context_new(&o);
  bool failed;
  if (argc > 2) {
    tl_replicas_options r;
    tl_replicas_options_init(&r, sizeof r);
    r.threads = 1;
    failed = tl_replicas_run(c, (int32_t)strtol(argv[2], NULL, 10), &r, train_all, NULL) != TL_OK;
  } else {
    tl_group *group = tl_group_new(c, NULL);
    failed = !group || train_all(c, group, NULL) != TL_OK;
    tl_group_release(group);
  }
  if (failed) fprintf(stderr, "%s\n", tl_error_message(c));
  tl_clear_error(c);
  return tl_context_free(c) != TL_OK || failed;
}
