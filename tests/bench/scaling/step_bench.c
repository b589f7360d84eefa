/* What a group of processes takes for a sum, as one rank of a job: of many sizes, and within a training step. Rank 0 prints a JSON line each:
 *
 *   {"kind": "sum", "ranks": 4, "bytes": 1024, "calls": 30, "us": 83.1, "cpu_us": 40.2}
 *       the least of many rounds of so many calls in a row; the CPU time of rank 0
 *   {"kind": "step", "ranks": 4, "bytes": 1628200, "calls": 1, "us": 2900.0, "alone_us": 2100.0}
 *       with the sum of all gradients, and without
 *
 * tests/bench/scaling/model starts it on loopback and on links that are shaped, and fits a model to what it prints. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <tapeloop/tapeloop.h>
#include <time.h>

enum { FEATURES = 784, HIDDEN = 512, CLASSES = 10, BATCH = 32, WEIGHTS = 4, MOST_ROUNDS = 60 };
static const double seconds_for_each = 1.5;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static double cpu(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return 1e6 * (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* What all ranks do as often: rank 0 says how often that is. */
static int rounds_of(tl_context *c, tl_group *group, double us) {
  const double mine = fmin(MOST_ROUNDS, fmax(3, seconds_for_each * 1e6 / us));
  return (int)tl_tensor_item(tl_group_broadcast(group, tl_scalar(c, TL_F64, floor(mine)), 0));
}

static void time_sums(tl_context *c, tl_group *group) {
  static const int64_t sizes[] = {4, 1 << 10, 8 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !tl_failed(c); i++) {
    tl_scope_begin(c);
    const int64_t elements = sizes[i] / 4;
    tl_tensor *x = tl_zeros(c, &elements, 1);
    double us = 1e300, used = 1e300;
    int rounds = 1, calls = sizes[i] < 100000 ? 30 : 1;
    for (int round = 0; round <= rounds && !tl_failed(c); round++) {
      if (tl_group_barrier(group) != TL_OK) break;
      const double begin = now(), cpu_begin = cpu();
      for (int k = 0; k < calls; k++) {
        tl_scope_begin(c);
        (void)tl_group_all_reduce(group, x, TL_REDUCE_SUM);
        tl_scope_end(c);
      }
      const double took = (now() - begin) / calls;
      if (round == 0) { /* which found memory and connections cold */
        rounds = rounds_of(c, group, took * calls);
        continue;
      }
      us = fmin(us, took);
      used = fmin(used, (cpu() - cpu_begin) / calls);
    }
    if (tl_group_rank(group) == 0 && !tl_failed(c))
      printf(
          "{\"kind\": \"sum\", \"ranks\": %d, \"bytes\": %lld, \"calls\": %d, \"us\": %.2f, \"cpu_us\": "
          "%.2f}\n",
          (int)tl_group_size(group), (long long)sizes[i], calls, us, used);
    fflush(stdout);
    tl_scope_end(c);
  }
}

typedef struct {
  tl_tensor *x, *y, *w[WEIGHTS];
  tl_optimizer *adam;
} net;

/* With a group the gradients of all ranks, without one this rank's own. */
static void step(tl_context *c, net *n, tl_group *group) {
  tl_scope_begin(c);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *hidden = tl_relu(c, tl_add(c, tl_matmul(c, n->x, n->w[0]), n->w[1]));
  tl_tensor *logits = tl_add(c, tl_matmul(c, hidden, n->w[2]), n->w[3]);
  tl_tensor *loss = tl_mean(c, tl_sparse_softmax_cross_entropy(c, n->y, logits)), *mine[WEIGHTS],
            *sums[WEIGHTS];
  if (tl_tape_gradient(tape, loss, n->w, WEIGHTS, NULL, mine) == TL_OK &&
      (!group || tl_group_all_reduce_list(group, mine, WEIGHTS, TL_REDUCE_SUM, sums) == TL_OK) &&
      tl_optimizer_apply(n->adam, group ? sums : mine, n->w, WEIGHTS) != TL_OK)
    fprintf(stderr, "%s\n", tl_error_message(c));
  tl_scope_end(c);
}

static void time_steps(tl_context *c, tl_group *group) {
  static const int64_t shapes[WEIGHTS][2] = {
      {FEATURES, HIDDEN}, {1, HIDDEN}, {HIDDEN, CLASSES}, {1, CLASSES}};
  net n = {.adam = tl_adam(c, NULL)};
  int64_t bytes = 0;
  for (int i = 0; i < WEIGHTS; i++) {
    n.w[i] = tl_variable_new(c, tl_mul_scalar(c, tl_ones(c, shapes[i], 2), 0.01), "w", true);
    bytes += 4 * shapes[i][0] * shapes[i][1];
  }
  n.x = tl_ones(c, (int64_t[]){BATCH, FEATURES}, 2);
  n.y = tl_cast(c, tl_zeros(c, (int64_t[]){BATCH}, 1), TL_I32);
  double us[2] = {1e300, 1e300};
  for (int which = 0; which < 2; which++) {
    int rounds = 1;
    for (int round = 0; round <= rounds && !tl_failed(c); round++) {
      if (tl_group_barrier(group) != TL_OK) break;
      const double begin = now();
      step(c, &n, which ? group : NULL);
      const double took = now() - begin;
      if (round == 0)
        rounds = rounds_of(c, group, took);
      else
        us[which] = fmin(us[which], took);
    }
  }
  if (tl_group_rank(group) == 0 && !tl_failed(c))
    printf(
        "{\"kind\": \"step\", \"ranks\": %d, \"bytes\": %lld, \"calls\": 1, \"us\": %.2f, \"alone_us\": "
        "%.2f}\n",
        (int)tl_group_size(group), (long long)bytes, us[1], us[0]);
}

int main(void) {
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.threads = 1;
  tl_context *c = tl_context_new(&o);
  tl_group *group = tl_group_new(c, NULL);
  if (group) {
    time_sums(c, group);
    time_steps(c, group);
  }
  const bool failed = tl_failed(c);
  if (failed) fprintf(stderr, "%s\n", tl_error_message(c));
  tl_group_release(group);
  return tl_context_free(c) != TL_OK || failed;
}
