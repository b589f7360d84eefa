/* Replicas as threads: trainings that must go as that of one process with the whole batch, and every way in which ranks can disagree,
 * fail or stay away: an error on all of them, and nobody waits. Assertions belong to the thread of the test, so replicas write down what
 * they find. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "tests/capi/harness.h"

enum { MOST = 4, TEXT = 400, STEPS = 9 };

/* What each rank found. */
typedef struct {
  int size;
  int which; /* of a test's cases */
  tl_status code[MOST];
  char text[MOST][TEXT];
  double loss[MOST][STEPS];
  double number[MOST];
  tl_context *starter;
} found;

static tl_status note(found *f, tl_context *c, int32_t rank) {
  f->code[rank] = tl_error_code(c);
  snprintf(f->text[rank], TEXT, "%s", tl_error_message(c));
  tl_clear_error(c); /* the replica ends well: the test looks at what is noted */
  return TL_OK;
}

static void run(found *f, int size, tl_replica_callback body) {
  tl_context *c = new_context();
  tl_replicas_options o;
  tl_replicas_options_init(&o, sizeof o);
  o.threads = 1, o.timeout_seconds = 20;
  f->size = size;
  f->starter = c;
  const tl_status status = tl_replicas_run(c, size, &o, body, f);
  if (status != TL_OK) fail_msg("%s", tl_error_message(c));
  free_context(c);
}

static void expect_all(const found *f, tl_status code, const char *text) {
  for (int r = 0; r < f->size; r++) {
    if (f->code[r] != code || !strstr(f->text[r], text))
      fail_msg("rank %d: %s: '%s' lacks '%s'", r, tl_status_name(f->code[r]), f->text[r], text);
  }
}

/* ---- training ---- */

enum { EXAMPLES = 17, FEATURES = 5, CLASSES = 3, BATCH = 8 };

/* 17 examples in batches of 8, 8 and 1: of the last one three of four ranks have nothing. */
static tl_dataset *batches(tl_context *c) {
  double x[EXAMPLES * FEATURES];
  int32_t y[EXAMPLES];
  for (int i = 0; i < EXAMPLES * FEATURES; i++) x[i] = sin(i * 1.7);
  for (int i = 0; i < EXAMPLES; i++) y[i] = i * 7 % CLASSES;
  tl_tensor *all[] = {tl_tensor_new(c, TL_F64, (int64_t[]){EXAMPLES, FEATURES}, 2, x, sizeof x),
                      tl_tensor_new(c, TL_I32, (int64_t[]){EXAMPLES}, 1, y, sizeof y)};
  return tl_dataset_batch(c, tl_dataset_shuffle(c, tl_dataset_from_tensors(c, all, 2), 3), BATCH, false);
}

typedef struct {
  tl_group *group; /* NULL: one process without replicas */
  tl_tensor *weights[2];
  tl_optimizer *adam;
} model;

/* inputs: a batch; outputs: the loss of the whole one. */
static tl_status model_step(tl_context *c, void *user, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  model *m = user;
  (void)num_inputs;
  (void)num_outputs;
  tl_tensor *gradients[2], *sums[2];
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = tl_add(c, tl_matmul(c, inputs[0], m->weights[0]), m->weights[1]);
  tl_tensor *losses = tl_sparse_softmax_cross_entropy(c, inputs[1], logits);
  tl_tensor *loss = m->group ? tl_group_average_loss(m->group, losses) : tl_mean(c, losses);
  if (tl_tape_gradient(tape, loss, m->weights, 2, NULL, gradients) == TL_OK &&
      (!m->group || tl_group_all_reduce_list(m->group, gradients, 2, TL_REDUCE_SUM, sums) == TL_OK) &&
      tl_optimizer_apply(m->adam, m->group ? sums : gradients, m->weights, 2) == TL_OK)
    outputs[0] = m->group ? tl_group_all_reduce(m->group, loss, TL_REDUCE_SUM) : loss;
  return tl_error_code(c);
}

/* `which` of the test 1: a compiled step; 2: a compiled one on odd ranks, a plain one on the others; 3: as 2, in buckets and with overlap. */
static tl_status train(tl_context *c, tl_group *group, found *f) {
  const int32_t rank = group ? tl_group_rank(group) : 0;
  /* Values that differ between ranks, until they are mirrored. */
  tl_tensor *weights[] = {
      tl_variable_new(c, tl_full(c, (int64_t[]){FEATURES, CLASSES}, 2, 0.1 + rank, TL_F64), "w", true),
      tl_variable_new(c, tl_full(c, (int64_t[]){CLASSES}, 1, 0.0 - rank, TL_F64), "b", true)};
  model m = {group, {weights[0], weights[1]}, tl_adam(c, NULL)};
  tl_function *compiled = tl_function_new(c, model_step, &m, NULL, NULL);
  tl_dataset *data = batches(c);
  if (group) {
    if (f->which == 3 &&
        (tl_group_set_bucket_bytes(group, 1) != TL_OK || tl_group_set_overlap(group, true) != TL_OK))
      return tl_error_code(c);
    if (tl_group_mirror(group, weights, 2) != TL_OK) return tl_error_code(c);
    data = tl_group_distribute(group, data);
  }
  int step = 0;
  for (int epoch = 0; epoch < 3; epoch++) {
    tl_tensor *batch[2], *loss;
    while (tl_dataset_next(data, batch, 2)) {
      tl_scope_begin(c);
      if ((f->which == 1 || (f->which >= 2 && rank % 2) ? tl_function_call(compiled, batch, 2, &loss, 1)
                                                        : model_step(c, &m, batch, 2, &loss, 1)) == TL_OK)
        f->loss[rank][step++] = tl_tensor_item(loss);
      tl_scope_end(c);
    }
  }
  if (group && tl_group_check_mirrored(group, weights, 2) != TL_OK) return tl_error_code(c);
  if (step != STEPS && !tl_failed(c)) return tl_set_error(c, TL_INTERNAL, "steps are missing");
  return tl_error_code(c);
}

static tl_status train_replica(tl_context *c, tl_group *group, void *user) { return train(c, group, user); }

static void replicas_train_as_one_process_does(void **state) {
  (void)state;
  tl_context *c = new_context();
  found alone = {0};
  assert_int_equal(train(c, NULL, &alone), TL_OK);
  assert_true(alone.loss[0][STEPS - 1] < alone.loss[0][0]);
  free_context(c);
  for (int size = 1; size <= MOST; size *= 2) {
    found f = {0};
    run(&f, size, train_replica);
    for (int r = 0; r < size; r++)
      for (int k = 0; k < STEPS; k++) {
        if (fabs(f.loss[r][k] - alone.loss[0][k]) > 1e-13)
          fail_msg("%d ranks, step %d: %.17g and %.17g", size, k, f.loss[r][k], alone.loss[0][k]);
        assert_true(f.loss[r][k] == f.loss[0][k]);
      }
    /* The same again: the same bits. */
    found again = {0};
    run(&again, size, train_replica);
    assert_memory_equal(f.loss, again.loss, sizeof f.loss);
  }
}

/* The same in f32 with each batch in 4 parts, whose gradients are added by pairs, whoever takes them. */
static tl_status train_by_parts(tl_context *c, tl_group *group, void *user) {
  enum { PARTS = 4, ROWS = 3 };
  found *f = user;
  const int32_t rank = tl_group_rank(group), mine = PARTS / tl_group_size(group);
  float x[PARTS * ROWS * FEATURES], y[PARTS * ROWS];
  for (int i = 0; i < PARTS * ROWS * FEATURES; i++) x[i] = (float)sin(i * 1.7);
  for (int i = 0; i < PARTS * ROWS; i++) y[i] = (float)cos(i * 0.9);
  tl_tensor *w = tl_variable_new(c, tl_zeros(c, (int64_t[]){FEATURES, 1}, 2), "w", true);
  tl_optimizer *adam = tl_adam(c, NULL);
  for (int step = 0; step < STEPS; step++) {
    tl_tensor *sums[PARTS];
    for (int k = 0; k < mine; k++) {
      const int first = (rank * mine + k) * ROWS;
      tl_tensor *part = tl_tensor_new(c, TL_F32, (int64_t[]){ROWS, FEATURES}, 2, x + first * FEATURES,
                                      ROWS * FEATURES * sizeof *x);
      tl_tensor *target = tl_tensor_new(c, TL_F32, (int64_t[]){ROWS, 1}, 2, y + first, ROWS * sizeof *y);
      tl_tape *tape = tl_tape_begin(c, NULL);
      tl_tensor *error = tl_square(c, tl_sub(c, tl_matmul(c, part, w), target));
      tl_tensor *loss = tl_mul_scalar(c, tl_sum(c, error), 1.0 / (PARTS * ROWS));
      if (tl_tape_gradient(tape, loss, &w, 1, NULL, &sums[k]) != TL_OK) return tl_error_code(c);
    }
    for (int many = mine; many > 1; many /= 2)
      for (int k = 0; k < many / 2; k++) sums[k] = tl_add(c, sums[2 * k], sums[2 * k + 1]);
    tl_tensor *sum = tl_group_all_reduce(group, sums[0], TL_REDUCE_SUM_BY_PAIRS);
    if (tl_optimizer_apply(adam, &sum, &w, 1) != TL_OK) return tl_error_code(c);
    float weights[FEATURES];
    if (tl_tensor_read(w, weights, sizeof weights) != TL_OK) return tl_error_code(c);
    for (int i = 0; i < FEATURES; i++) f->loss[rank][step] += weights[i] * (i + 1); /* of f32: exact in f64 */
  }
  return tl_error_code(c);
}

static void compiled_steps_with_collectives_give_the_same_bits(void **state) {
  (void)state;
  for (int size = 1; size <= MOST; size *= 2) {
    found plain = {0}, compiled = {.which = 1}, mixed = {.which = 2}, buckets = {.which = 3};
    run(&plain, size, train_replica);
    run(&compiled, size, train_replica);
    run(&mixed, size, train_replica);
    assert_memory_equal(plain.loss, compiled.loss, sizeof plain.loss);
    assert_memory_equal(plain.loss, mixed.loss, sizeof plain.loss);
    run(&buckets, size, train_replica);
    assert_memory_equal(plain.loss, buckets.loss, sizeof plain.loss);
  }
}

static void parts_by_pairs_give_the_same_bits_on_any_number_of_ranks(void **state) {
  (void)state;
  found alone = {0};
  run(&alone, 1, train_by_parts);
  assert_true(alone.loss[0][0] != 0 && alone.loss[0][0] != alone.loss[0][STEPS - 1]);
  for (int size = 2; size <= MOST; size *= 2) {
    found f = {0};
    run(&f, size, train_by_parts);
    for (int r = 0; r < size; r++) assert_memory_equal(f.loss[r], alone.loss[0], sizeof f.loss[r]);
  }
}

/* ---- collectives ---- */

static tl_tensor *numbers(tl_context *c, double a, double b) {
  return tl_tensor_new(c, TL_F64, (int64_t[]){2}, 1, (double[]){a, b}, 2 * sizeof(double));
}

static bool holds(tl_tensor *t, size_t count, const double *want) {
  double got[8];
  if (tl_tensor_elements(t) != (int64_t)count || tl_tensor_read(t, got, count * sizeof *got) != TL_OK)
    return false;
  for (size_t i = 0; i < count; i++)
    if (got[i] != want[i]) return false;
  return true;
}
#define HOLDS(t, ...) holds(t, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

static tl_status all_collectives(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  bool ok = tl_group_size(g) == 2 && tl_group_local_rank(g) == r && tl_group_steps(g) == 0;
  tl_tensor *x = numbers(c, r + 1, 10 * r);
  ok &= HOLDS(tl_group_all_reduce(g, x, TL_REDUCE_SUM), 3, 10) &&
        HOLDS(tl_group_all_reduce(g, x, TL_REDUCE_MEAN), 1.5, 5);
  ok &= HOLDS(tl_group_all_reduce(g, x, TL_REDUCE_MIN), 1, 0) &&
        HOLDS(tl_group_all_reduce(g, x, TL_REDUCE_MAX), 2, 10);
  ok &= HOLDS(tl_group_all_gather(g, x), 1, 0, 2, 10) && HOLDS(tl_group_broadcast(g, x, 1), 2, 10);
  ok &= HOLDS(tl_group_all_reduce(g, x, TL_REDUCE_SUM_BY_PAIRS), 3, 10);
  tl_tensor *part = tl_group_reduce_scatter(g, x, TL_REDUCE_SUM),
            *there = tl_group_reduce(g, x, TL_REDUCE_SUM, 1);
  ok &= r == 0 ? HOLDS(part, 3) && HOLDS(there, 0, 0) : HOLDS(part, 10) && HOLDS(there, 3, 10);
  tl_tensor *sent = tl_group_all_to_all(g, x);
  ok &= r == 0 ? HOLDS(sent, 1, 2) : HOLDS(sent, 0, 10);
  ok &= tl_group_barrier(g) == TL_OK && tl_group_steps(g) == 11;
  /* A group of each rank alone, and one in the reverse order. */
  tl_group *own = tl_group_split(g, r, 0), *other = tl_group_split(g, 0, -r);
  ok &= tl_group_size(own) == 1 && tl_group_rank(other) == 1 - r &&
        HOLDS(tl_group_all_gather(other, x), 2, 10, 1, 0);
  tl_group *none = tl_group_split(g, -1, 0);
  ok &= !none && !tl_failed(c);
  tl_group_release(own);
  ok &= HOLDS(tl_group_all_reduce(other, x, TL_REDUCE_SUM), 3, 10);
  /* d/dx of sum over ranks of (sum of x over ranks)^3 is 2 * 3 s^2, and the derivative of that along x 2 * 6 s * s. */
  tl_tape *outer = tl_tape_begin(c, NULL), *tape = tl_tape_begin(c, NULL);
  tl_tensor *s, *d, *dd;
  if (tl_tape_watch(outer, x) == TL_OK && tl_tape_watch(tape, x) == TL_OK) {
    s = tl_group_all_reduce(g, x, TL_REDUCE_SUM);
    tl_tensor *cube = tl_sum(c, tl_mul(c, s, tl_square(c, s)));
    if (tl_tape_gradient(tape, cube, &x, 1, NULL, &d) == TL_OK &&
        tl_tape_gradient(outer, tl_sum(c, tl_mul(c, d, x)), &x, 1, NULL, &dd) == TL_OK) {
      ok &= HOLDS(d, 54, 600);
      /* sum over ranks of d . x: its gradient on this rank is d + 12 s * s. */
      ok &= HOLDS(dd, 54 + 108, 600 + 1200);
    }
  }
  if (!ok && !tl_failed(c)) return tl_set_error(c, TL_INTERNAL, "a collective gave something else");
  f->number[r] = ok;
  return tl_error_code(c);
}

static void collectives_give_what_they_say(void **state) {
  (void)state;
  found f = {0};
  run(&f, 2, all_collectives);
  assert_true(f.number[0] == 1 && f.number[1] == 1);
}

/* What travels as bf16, on two ranks: 1 + 2^-8 and 1 + 5 2^-8, each halfway between two bf16, become 1 and 1 + 2^-6. */
static tl_status bf16_list(tl_context *c, void *user, tl_tensor *const *inputs, size_t num_inputs,
                           tl_tensor **outputs, size_t num_outputs) {
  (void)c;
  (void)num_outputs;
  return tl_group_all_reduce_list(user, inputs, num_inputs, TL_REDUCE_SUM, outputs);
}

static tl_status lists_as_bf16(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  if (tl_group_set_wire_dtype(g, f->which == 1 && r == 1 ? TL_WIRE_F32 : TL_WIRE_BF16) != TL_OK)
    return tl_error_code(c);
  const double value = 1 + (r == 0 ? 1 : 5) / 256.0;
  tl_tensor *in[] = {tl_full(c, (int64_t[]){3}, 1, value, TL_F32), tl_scalar(c, TL_F64, value)}, *out[2];
  tl_tensor *alone = tl_group_all_reduce(g, in[0], TL_REDUCE_SUM);
  bool ok = tl_tensor_item(tl_max(c, alone)) == 2 + 6 / 256.0;
  if (f->which == 2) (void)!tl_group_all_reduce_list(g, in, 2, TL_REDUCE_SUM_BY_PAIRS, out);
  tl_function *compiled = tl_function_new(c, bf16_list, g, NULL, NULL);
  for (int k = 0; k < 4; k++) {
    if ((k == 0 ? bf16_list(c, g, in, 2, out, 2) : tl_function_call(compiled, in, 2, out, 2)) != TL_OK)
      return note(f, c, r);
    ok &= tl_tensor_item(tl_min(c, out[0])) == 2 + 4 / 256.0 &&
          tl_tensor_item(tl_max(c, out[0])) == 2 + 4 / 256.0 && tl_tensor_item(out[1]) == 2 + 6 / 256.0;
    /* The sum is rounded, too: 2 + 2^-7 is halfway between 2 and 2 + 2^-6. */
    tl_tensor *odd = tl_full(c, NULL, 0, r == 0 ? 1 : 1 + 1 / 128.0, TL_F32), *sum;
    ok &= bf16_list(c, g, &odd, 1, &sum, 1) == TL_OK && tl_tensor_item(sum) == 2;
  }
  f->number[r] = ok;
  return tl_error_code(c);
}

static void lists_travel_as_bf16_where_all_say_so(void **state) {
  (void)state;
  found f = {0}, differ = {.which = 1}, by_pairs = {.which = 2};
  run(&f, 2, lists_as_bf16);
  assert_true(f.number[0] == 1 && f.number[1] == 1);
  run(&differ, 2, lists_as_bf16);
  expect_all(&differ, TL_MISMATCH, "rank 1 differs from rank 0 in the wire dtype of tensor 0: f32 and bf16");
  run(&by_pairs, 2, lists_as_bf16);
  for (int r = 0; r < 2; r++) assert_true(by_pairs.code[r] == TL_INVALID_ARGUMENT);
}

static tl_status metrics(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  tl_metric *mean = tl_metric_mean(c, NULL);
  /* 1, 10 and 20 on three ranks, the last twice: 51 / 4 */
  for (int k = 0; k < (r == 2 ? 2 : 1); k++)
    if (tl_metric_update(mean, tl_scalar(c, TL_F64, r == 0 ? 1 : 10.0 * r), NULL) != TL_OK)
      return tl_error_code(c);
  f->number[r] = tl_tensor_item(tl_group_metric_result(g, mean));
  f->loss[r][0] = tl_metric_result(mean);
  (void)tl_group_metric_result(g, tl_metric_r2(c, 1, NULL));
  return note(f, c, r);
}

static void metrics_of_all_ranks_are_merged(void **state) {
  (void)state;
  found f = {0};
  run(&f, 3, metrics);
  for (int r = 0; r < 3; r++) {
    assert_true(f.number[r] == 51 / 4.0);
    assert_true(f.loss[r][0] == (r == 0 ? 1 : 10.0 * r));
  }
  /* The rank that says so first is lost to the others, if they have come to it at all. */
  for (int r = 0; r < 3; r++) assert_true(f.code[r] == TL_UNSUPPORTED);
}

/* ---- disagreement, failure, absence ---- */

static tl_status disagree(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  const bool odd = r == 1;
  tl_tensor *x =
      tl_zeros_dtype(c, (int64_t[]){odd && f->which == 0 ? 3 : 2}, 1, odd && f->which == 1 ? TL_F64 : TL_F32);
  tl_tensor *list[] = {x, x}, *out[2];
  switch (f->which) {
    case 0:
    case 1: (void)tl_group_all_reduce(g, x, TL_REDUCE_SUM); break;
    case 2: (void)tl_group_all_reduce(g, x, odd ? TL_REDUCE_MEAN : TL_REDUCE_SUM); break;
    case 3: (void)tl_group_broadcast(g, x, odd); break;
    case 4: f->number[r] = tl_group_all_reduce_list(g, list, odd ? 1 : 2, TL_REDUCE_SUM, out); break;
    default: /* another order */
      (void)(odd ? tl_group_all_gather(g, x) : tl_group_all_reduce(g, x, TL_REDUCE_SUM));
      (void)(odd ? tl_group_all_reduce(g, x, TL_REDUCE_SUM) : tl_group_all_gather(g, x));
  }
  if (!tl_failed(c)) return tl_set_error(c, TL_INTERNAL, "nobody noticed");
  (void)note(f, c, r);
  /* The group has ended: the next call gives the same. */
  f->number[r] = tl_group_barrier(g);
  tl_clear_error(c);
  return TL_OK;
}

static void calls_that_differ_are_errors_on_all_ranks(void **state) {
  (void)state;
  const char *fields[] = {"shape of tensor 0: (3,) and (2,)", "dtype of tensor 0: f64 and f32",
                          "reduction: mean and sum",          "root: 1 and 0",
                          "number of tensors: 1 and 2",       "operation: all_gather and all_reduce"};
  for (int which = 0; which < 6; which++) {
    found f = {.which = which};
    run(&f, 3, disagree);
    expect_all(&f, TL_MISMATCH, "step 1 rank 1 differs from rank 0 in the");
    expect_all(&f, TL_MISMATCH, fields[which]);
    for (int r = 0; r < 3; r++) assert_true(f.number[r] == TL_MISMATCH);
  }
}

static tl_status one_fails(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  if (tl_group_barrier(g) != TL_OK) return tl_error_code(c);
  if (r == 1) switch (f->which) {
      case 0: return tl_set_error(c, TL_NOT_FOUND, "the cupboard is bare"); /* returns */
      case 1: /* an error of its own, and on to the next collective */
        (void)tl_matmul(c, tl_zeros(c, (int64_t[]){2, 3}, 2), tl_zeros(c, (int64_t[]){2, 3}, 2));
        break;
      case 2: (void)tl_group_all_reduce(g, NULL, TL_REDUCE_SUM); return tl_error_code(c);
      case 3: tl_group_release(g); return note(f, c, r);
      case 4: return TL_OK;
      case 5: return tl_group_leave(g, "the milk is sour");
      default: (void)tl_group_reduce(g, tl_scalar(c, TL_F32, 1), TL_REDUCE_MAX, 0); return tl_error_code(c);
    }
  (void)tl_group_all_reduce(g, tl_scalar(c, TL_F32, 1), TL_REDUCE_SUM);
  if (r == 1) return tl_error_code(c);
  return note(f, c, r);
}

static void a_rank_that_fails_is_named_to_the_others(void **state) {
  (void)state;
  const char *why[] = {"the cupboard is bare",
                       "[matmul]",
                       "[group_all_reduce] 'x'",
                       "it has released the group",
                       "it has released the group, or ended its context",
                       "the milk is sour",
                       "the reduction must be a sum or mean"};
  const tl_status codes[] = {TL_NOT_FOUND, TL_INVALID_ARGUMENT, TL_INVALID_ARGUMENT, TL_OK, TL_OK,
                             TL_OK,        TL_UNSUPPORTED};
  for (int which = 0; which < 7; which++) {
    tl_context *c = new_context();
    found f = {.which = which, .size = 3};
    assert_int_equal(tl_replicas_run(c, 3, NULL, one_fails, &f), codes[which]);
    if (codes[which] != TL_OK) {
      if (!strstr(tl_error_message(c), "[replicas_run] every replica must end well: rank 1 failed"))
        fail_msg("%s", tl_error_message(c));
      expect_error(c, codes[which], which == 2 ? "'x'" : why[which]);
    }
    for (int r = 0; r < 3; r += 2) {
      if (f.code[r] != TL_PEER_LOST || !strstr(f.text[r], "rank 1 was lost before step 2") ||
          !strstr(f.text[r], why[which]))
        fail_msg("case %d, rank %d: %s", which, r, f.text[r]);
    }
    free_context(c);
  }
}

/* Ranks on threads of the test's own: where each joins, and what becomes of it. */
typedef struct {
  tl_rendezvous *meeting;
  int32_t rank;
  double timeout;
  bool late;
  tl_status code;
  char text[TEXT];
} joiner;

static void *join_on_thread(void *argument) {
  joiner *j = argument;
  tl_context *c = tl_context_new(NULL);
  tl_group_options o;
  tl_group_options_init(&o, sizeof o);
  o.timeout_seconds = j->timeout;
  tl_group *g = tl_group_join(c, j->meeting, j->rank, &o);
  if (g && tl_group_barrier(g) != TL_OK) g = NULL;
  j->code = tl_error_code(c);
  snprintf(j->text, TEXT, "%s", tl_error_message(c));
  (void)tl_context_free(c);
  return NULL;
}

static void join_all(joiner *joiners, int count, int size) {
  tl_context *c = new_context();
  pthread_t threads[MOST];
  tl_rendezvous *meeting = tl_rendezvous_new(c, size);
  for (int late = 0; late < 2; late++) { /* when the others have ended */
    for (int i = 0; i < count; i++) {
      joiners[i].meeting = meeting;
      if (joiners[i].late == late)
        assert_int_equal(pthread_create(&threads[i], NULL, join_on_thread, &joiners[i]), 0);
    }
    for (int i = 0; i < count; i++)
      if (joiners[i].late == late) pthread_join(threads[i], NULL);
  }
  free_context(c);
}

static void ranks_meet_or_learn_who_did_not_come(void **state) {
  (void)state;
  joiner all[] = {{.rank = 1, .timeout = 20}, {.rank = 0, .timeout = 20}};
  join_all(all, 2, 2);
  for (int i = 0; i < 2; i++) assert_string_equal(all[i].text, "");
  joiner missing[] = {{.rank = 0, .timeout = 0.05}, {.rank = 3, .timeout = 0.05}};
  join_all(missing, 2, 4);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(missing[i].code, TL_TIMED_OUT);
    /* Where the machine was slow, only one had come. */
    if (!strstr(missing[i].text, "1, 2")) fail_msg("%s", missing[i].text);
  }
  joiner twice[] = {{.rank = 1, .timeout = 20}, {.rank = 1, .timeout = 20}, {.rank = 0, .timeout = 20}};
  join_all(twice, 3, 3);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(twice[i].code, TL_MISMATCH);
    if (!strstr(twice[i].text, "rank 1 came twice")) fail_msg("%s", twice[i].text);
  }
  joiner late[] = {{.rank = 0, .timeout = 0.05}, {.rank = 1, .timeout = 20, .late = true}};
  join_all(late, 2, 2);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(late[i].code, TL_TIMED_OUT);
    if (!strstr(late[i].text, "rank 1 did not come")) fail_msg("%s", late[i].text);
  }
}

static void a_released_rendezvous_ends_the_wait(void **state) {
  (void)state;
  tl_context *c = new_context();
  joiner one = {.meeting = tl_rendezvous_new(c, 2), .timeout = 20};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, join_on_thread, &one), 0);
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  tl_rendezvous_release(one.meeting);
  pthread_join(thread, NULL);
  /* Where the machine was slow, it came behind that. */
  if (one.code == TL_PEER_LOST ? !strstr(one.text, "released before rank") : one.code != TL_INVALID_ARGUMENT)
    fail_msg("%d %s", (int)one.code, one.text);
  free_context(c);
}

static tl_status stop_the_starter(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  if (r == 0) (void)tl_context_cancel(f->starter);
  while (tl_group_barrier(g) == TL_OK)
    ;
  f->code[r] = tl_error_code(c);
  return tl_error_code(c);
}

static void cancelling_the_starter_cancels_the_replicas(void **state) {
  (void)state;
  tl_context *c = new_context();
  found f = {.starter = c};
  assert_int_equal(tl_replicas_run(c, 3, NULL, stop_the_starter, &f), TL_CANCELLED);
  for (int r = 0; r < 3; r++) assert_true(f.code[r] == TL_CANCELLED || f.code[r] == TL_PEER_LOST);
  expect_error(c, TL_CANCELLED, "cancel");
  free_context(c);
}

/* ---- where collectives cannot stand ---- */

static tl_status reduced(tl_context *c, void *user, tl_tensor *const *inputs, size_t num_inputs,
                         tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_group_all_reduce(user, inputs[0], TL_REDUCE_SUM);
  return tl_error_code(c);
}

static tl_status batched(tl_context *c, tl_group *g, void *user) {
  tl_tensor *x = tl_ones(c, (int64_t[]){2}, 1), *y;
  if (tl_vmap(c, reduced, g, NULL, &x, NULL, 1, &y, 1) == TL_OK) return TL_OK;
  return note(user, c, tl_group_rank(g));
}

static void collectives_cannot_be_batched(void **state) {
  (void)state;
  found f = {0};
  run(&f, 1, batched);
  expect_all(&f, TL_UNSUPPORTED, "cannot run inside vmap");
}

typedef struct {
  tl_group *group;
  tl_tensor *total;
  bool vote; /* instead of a check */
} sums;

static tl_status added(tl_context *c, void *user, tl_tensor *const *inputs, size_t num_inputs,
                       tl_tensor **outputs, size_t num_outputs) {
  sums *s = user;
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_group_all_reduce(s->group, inputs[0], TL_REDUCE_SUM);
  return tl_variable_assign(s->total, tl_add(c, s->total, outputs[0]));
}

/* Three steps, of which the last is one of replays; then rank 1 fails: its context holds an error (0), an input is null (1), or the
 * group is left (2). Both keep what they had. */
static tl_status adding(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  sums s = {g, tl_variable_new(c, tl_zeros(c, NULL, 0), "total", false), false};
  tl_function *step = tl_function_new(c, added, &s, NULL, NULL);
  tl_tensor *x = tl_full(c, NULL, 0, r + 1, TL_F32), *y;
  for (int k = 0; k < 3; k++)
    if (tl_function_call(step, &x, 1, &y, 1) != TL_OK) return tl_error_code(c);
  if (r == 1 && f->which == 0) (void)tl_set_error(c, TL_IO, "no more data");
  if (r == 1 && f->which == 1) x = NULL;
  if (r == 1 && f->which == 2) (void)tl_group_leave(g, "no more time");
  if (tl_function_call(step, &x, 1, &y, 1) == TL_OK) return TL_OK;
  (void)note(f, c, r);
  f->number[r] = tl_tensor_item(s.total);
  return tl_error_code(c);
}

static void a_replay_that_fails_changes_nothing_and_the_others_learn_why(void **state) {
  (void)state;
  const char *texts[] = {"no more data", "got NULL", "no more time"};
  const tl_status codes[] = {TL_IO, TL_INVALID_ARGUMENT, TL_PEER_LOST};
  for (int which = 0; which < 3; which++) {
    found f = {.which = which};
    run(&f, 2, adding);
    assert_int_equal(f.code[0], TL_PEER_LOST);
    assert_int_equal(f.code[1], codes[which]);
    for (int r = 0; r < 2; r++) {
      if (!strstr(f.text[r], texts[which])) fail_msg("%d: '%s'", which, f.text[r]);
      assert_true(f.number[r] == 9);
    }
  }
}

static tl_status checked(tl_context *c, void *user, tl_tensor *const *inputs, size_t num_inputs,
                         tl_tensor **outputs, size_t num_outputs) {
  sums *s = user;
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_square(c, inputs[0]);
  tl_group_decision decision = {.struct_size = sizeof decision};
  return s->vote ? tl_group_vote(s->group, 0, 1, false, false, &decision)
                 : tl_group_check_mirrored(s->group, &s->total, 1);
}

static tl_status checking(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  sums s = {g, tl_variable_new(c, tl_zeros(c, NULL, 0), "total", false), f->which == 1};
  tl_function *step = tl_function_new(c, checked, &s, NULL, NULL);
  tl_tensor *x = tl_zeros(c, NULL, 0), *y;
  if (tl_function_call(step, &x, 1, &y, 1) == TL_OK) return TL_OK;
  return note(f, c, tl_group_rank(g));
}

static void checks_and_votes_cannot_be_recorded(void **state) {
  (void)state;
  for (int which = 0; which < 2; which++) {
    found f = {.which = which};
    run(&f, 2, checking);
    expect_all(&f, TL_FAILED_PRECONDITION, "call it between compiled steps");
  }
}

static void wrong_arguments_are_refused(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_int_equal(tl_replicas_run(c, 2, NULL, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'replica' must be a function");
  assert_int_equal(tl_replicas_run(c, 0, NULL, batched, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "1 to 1024 replicas: got 0");
  tl_replicas_options o;
  tl_replicas_options_init(&o, sizeof o);
  o.timeout_seconds = -1;
  assert_int_equal(tl_replicas_run(c, 2, &o, batched, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "must not be negative");
  /* Programs may set the statuses of this header, too. */
  assert_int_equal(tl_set_error(c, TL_TIMED_OUT, "late"), TL_OK);
  expect_error(c, TL_TIMED_OUT, "late");
  assert_string_equal(tl_status_name(TL_TIMED_OUT), "timed out");
  assert_int_equal(tl_set_error(c, TL_TIMED_OUT + 1, "later"), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'code' must be that of an error");
  assert_null(tl_rendezvous_new(c, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "got 0");
  assert_null(tl_group_join(c, NULL, 0, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'rendezvous' must be a live rendezvous");
  tl_rendezvous *meeting = tl_rendezvous_new(c, 1);
  assert_null(tl_group_join(c, meeting, 1, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "the rank must be 0 to 0");
  tl_group *g = tl_group_join(c, meeting, 0, NULL);
  assert_int_equal(tl_group_size(g), 1);
  assert_int_equal(tl_group_set_timeout(g, NAN), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "above 0 seconds");
  assert_null(tl_group_all_reduce(g, tl_scalar(c, TL_F32, 1), 9));
  expect_error(c, TL_INVALID_ARGUMENT, "got number 9");
  tl_checkpoint *objects = tl_checkpoint_new(c);
  int64_t step;
  assert_int_equal(tl_group_synchronize(g, objects, -5, &step), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'step' must be -1, of a rank that is new, or more: got -5");
  assert_int_equal(tl_group_synchronize(g, objects, 5, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'step_of_all' must not be NULL: got NULL; pass where");
  assert_int_equal(tl_group_vote(g, 1, 1, false, false, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'decision' must not be NULL: got NULL; pass a tl_group_decision");
  assert_null(tl_group_join(c, meeting, 0, NULL));
  expect_error(c, TL_FAILED_PRECONDITION, "all 1 have joined already");
  /* Any number of bytes is one; a group that is not there has no options. */
  assert_int_equal(tl_group_set_bucket_bytes(g, UINT64_MAX), TL_OK);
  assert_int_equal(tl_group_set_overlap(g, true), TL_OK);
  assert_int_equal(tl_group_set_bucket_bytes(NULL, 1), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_group_set_overlap(NULL, true), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_group_set_wire_dtype(NULL, TL_WIRE_BF16), TL_INVALID_ARGUMENT);
  assert_int_equal(tl_group_set_wire_dtype(g, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "f32 (0) or bf16 (1): got number 2");
  tl_rendezvous_release(meeting);
  assert_null(tl_group_join(c, meeting, 0, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'rendezvous'");
  tl_group_release(g);
  assert_int_equal(tl_group_size(g), -1);
  expect_error(c, TL_INVALID_ARGUMENT, "group");
  free_context(c);
}

static void a_launcher_without_an_engine_is_an_error(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_group *g = tl_group_new(c, NULL);
  assert_int_equal(tl_group_size(g), 1);
  assert_int_equal(tl_group_rank(g), 0);
  tl_tensor *x = tl_scalar(c, TL_F32, 5);
  assert_true(tl_tensor_item(tl_group_all_reduce(g, x, TL_REDUCE_MEAN)) == 5);
  setenv("WORLD_SIZE", "2", 1);
  assert_null(tl_group_new(c, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "RANK and WORLD_SIZE must both be set");
  setenv("RANK", "1", 1);
  assert_null(tl_group_new(c, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "set MASTER_ADDR and MASTER_PORT");
  tl_group_options o;
  tl_group_options_init(&o, sizeof o);
  o.plugin_folder = "/nowhere", o.address = "127.0.0.1", o.port = 29500, o.timeout_seconds = 0.1;
  assert_null(tl_group_new(c, &o));
  expect_error(c, TL_UNSUPPORTED, "libtapeloop-dist-gloo.so (not there); install libgloo-dev");
  o.backend = "self";
  assert_null(tl_group_new(c, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "'self' is that of one process: got rank 1 of 2 from torchrun");
  o.backend = "local";
  assert_null(tl_group_new(c, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "self, gloo or mpi: got 'local'");
  o.backend = NULL, o.rank = 3, o.size = 3;
  assert_null(tl_group_new(c, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "got rank 3 of 3");
  o.rank = o.size = 0, o.port = 65536;
  assert_null(tl_group_new(c, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "'port' must be 0 to 65535: got 65536");
  o.port = 1, o.lease_seconds = -1;
  assert_null(tl_group_new(c, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "'lease_seconds' must not be negative: got -1");
  unsetenv("WORLD_SIZE");
  unsetenv("RANK");
  free_context(c);
}

int replicas_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(replicas_train_as_one_process_does),
      cmocka_unit_test(compiled_steps_with_collectives_give_the_same_bits),
      cmocka_unit_test(parts_by_pairs_give_the_same_bits_on_any_number_of_ranks),
      cmocka_unit_test(collectives_give_what_they_say),
      cmocka_unit_test(lists_travel_as_bf16_where_all_say_so),
      cmocka_unit_test(metrics_of_all_ranks_are_merged),
      cmocka_unit_test(calls_that_differ_are_errors_on_all_ranks),
      cmocka_unit_test(a_rank_that_fails_is_named_to_the_others),
      cmocka_unit_test(ranks_meet_or_learn_who_did_not_come),
      cmocka_unit_test(a_released_rendezvous_ends_the_wait),
      cmocka_unit_test(cancelling_the_starter_cancels_the_replicas),
      cmocka_unit_test(collectives_cannot_be_batched),
      cmocka_unit_test(a_replay_that_fails_changes_nothing_and_the_others_learn_why),
      cmocka_unit_test(checks_and_votes_cannot_be_recorded),
      cmocka_unit_test(wrong_arguments_are_refused),
      cmocka_unit_test(a_launcher_without_an_engine_is_an_error),
  };
  return RUN_GROUP("replicas", tests);
}
