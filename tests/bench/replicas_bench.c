/* Data-parallel training by two processes of this machine over Gloo, each on a CPU of its own: one JSON line, in the form of
 * ../shared/bench/README.md.
 *
 *   replicas_bench --workload W11 [--mode compiled] [--threads 2] [--quick] [--bucket BYTES] [--overlap] | --list
 *   replicas_bench --workload W11d --mode compare   the least time of a step in buckets of each size, with overlap and without, as f32 and
 *                                                   as bf16
 *
 * W11 is that of the peers: 784-512-10, 64 rows each, gradients averaged. W11d has four layers of 1024, 256 rows each, so that there is
 * something left to compute when the first gradients are there. `vote_us` is one vote before a step, `loss_off` how far the losses are
 * from those of one process with all rows. Rank 1 goes on until rank 0 ends it. Where a launcher
 * has set RANK, WORLD_SIZE and MASTER_ADDR the program is one of the two, on a machine of its own. */
#define _GNU_SOURCE /* sched_setaffinity */
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/numbers.h"
#include "tests/bench/workloads.h"

enum { RANKS = 2, VOTES = 400 };

static const struct {
  const char *name;
  int sizes[6], rows; /* of all ranks */
  int checked;        /* steps whose losses are looked at */
} kinds[] = {{"W11", {784, 512, 10}, 128, 201}, {"W11d", {1024, 1024, 1024, 1024, 10}, 512, 10}};

typedef struct {
  tl_context *c;
  tl_group *group; /* NULL: one process with all rows */
  network net;
  tl_optimizer *optimizer;
  tl_tensor *hits, *x[BATCHES], *y[BATCHES];
  tl_function *function; /* NULL: eager */
} state;

static void prepare(state *s, int kind, int rank, int ranks) {
  tl_context *c = s->c;
  const int all = kinds[kind].rows, rows = all / ranks, features = kinds[kind].sizes[0];
  s->net = make_network(c, kinds[kind].sizes, 0);
  s->optimizer = adam(c, 1e-3, 0.9, 0.999);
  s->hits = tl_variable_new(c, tl_scalar(c, TL_I64, 0), "hits", false);
  for (int b = 0; b < BATCHES; b++) {
    const int64_t begin = (int64_t)rank * rows, end = begin + rows;
    tl_tensor *x = filled(c, (uint64_t)(100 + b), (int64_t[]){all, features}, 2, 0, 1);
    tl_tensor *y = labels(c, (uint64_t)(200 + b), all, kinds[kind].sizes[s->net.layers]);
    s->x[b] = tl_slice(c, x, (int64_t[]){begin, 0}, 2, (int64_t[]){end, features}, 2);
    s->y[b] = tl_slice(c, y, &begin, 1, &end, 1);
  }
}

static tl_status body(tl_context *c, void *user, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  state *s = user;
  (void)num_inputs;
  (void)num_outputs;
  const size_t n = (size_t)(2 * s->net.layers);
  tl_tensor *gradients[2 * MOST_LAYERS], *means[2 * MOST_LAYERS];
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = forward(c, &s->net, inputs[0], tl_relu);
  outputs[0] = tl_mean(c, tl_sparse_softmax_cross_entropy(c, inputs[1], logits));
  if (tl_tape_gradient(tape, outputs[0], s->net.variables, n, NULL, gradients) == TL_OK &&
      (!s->group || tl_group_all_reduce_list(s->group, gradients, n, TL_REDUCE_MEAN, means) == TL_OK))
    (void)!tl_optimizer_apply(s->optimizer, s->group ? means : gradients, s->net.variables, n);
  tl_tensor *hit =
      tl_equal(c, tl_argmax_axes(c, logits, (int64_t[]){1}, 1, false), tl_cast(c, inputs[1], TL_I64));
  return tl_variable_assign(s->hits, tl_add(c, s->hits, tl_sum(c, tl_cast(c, hit, TL_I64))));
}

/* The loss of this rank's rows; `all`: of all rows, by a call of its own. */
static double take(state *s, long i, bool all) {
  tl_tensor *in[] = {s->x[i % BATCHES], s->y[i % BATCHES]}, *loss = NULL;
  tl_scope_begin(s->c);
  const tl_status done =
      s->function ? tl_function_call(s->function, in, 2, &loss, 1) : body(s->c, s, in, 2, &loss, 1);
  if (done == TL_OK && all && s->group) loss = tl_group_all_reduce(s->group, loss, TL_REDUCE_MEAN);
  const double value = done == TL_OK && loss ? tl_tensor_item(loss) : NAN;
  tl_scope_end(s->c);
  return value;
}
static double take_step(void *user, long i) { return take(user, i, false); }

/* The same steps on all ranks, which the machine's speed does not change. */
static losses checked_losses(state *s, int steps) {
  losses out = {.loss_end = NAN};
  const double begun = now();
  for (int i = 0; i < steps; i++) {
    const double loss = take(s, i, true);
    if (i == 0) out.first_call_ms = (now() - begun) * 1e3;
    if (i < 10) out.loss[i] = loss;
    if (i == 200) out.loss_end = loss;
  }
  return out;
}

static double vote_microseconds(state *s) {
  double least = INFINITY;
  for (int i = 0; i < VOTES; i++) {
    tl_group_decision all = {.struct_size = sizeof all};
    const double begun = now();
    if (tl_group_vote(s->group, i, 64, false, false, &all) != TL_OK) return NAN;
    least = fmin(least, now() - begun);
  }
  return least * 1e6;
}

/* The largest relative difference from the losses of one process. */
static double loss_off(const losses *got, int kind) {
  state s = {.c = tl_context_new(NULL)};
  prepare(&s, kind, 0, 1);
  s.function = tl_function_new(s.c, body, &s, NULL, NULL);
  double off = 0;
  for (int i = 0; i < 10; i++) {
    const double want = take(&s, i, false);
    off = fmax(off, fabs(got->loss[i] - want) / fabs(want));
  }
  tl_context_free(s.c);
  return off;
}

/* Steps in buckets of several sizes, with overlap and without, with gradients as they are and as bf16, in turns in the same processes: the
 * machine is shared, so the least of many counts. Rank 0 prints. */
static void compare(state *s, int kind, bool quick, int rank) {
  const uint64_t sizes[] = {0, 64 << 10, 1 << 20, 25 << 20};
  enum { VARIANTS = 16 };
  tl_function *functions[VARIANTS];
  double least[VARIANTS];
  const int rounds = quick ? 5 : 60, steps = kinds[kind].checked > 10 ? 8 : 2;
  for (int v = 0; v < VARIANTS; v++) {
    (void)!tl_group_set_bucket_bytes(s->group, sizes[v / 4]); /* a failure stays in the context */
    (void)!tl_group_set_overlap(s->group, v / 2 % 2);
    (void)!tl_group_set_wire_dtype(s->group, v % 2 ? TL_WIRE_BF16 : TL_WIRE_F32);
    functions[v] = s->function = tl_function_new(s->c, body, s, NULL, NULL);
    least[v] = INFINITY;
    for (long i = 0; i < 3; i++) (void)take(s, i, false); /* recorded, planned, run */
  }
  for (int round = 0; round < rounds; round++)
    for (int v = 0; v < VARIANTS && tl_group_barrier(s->group) == TL_OK; v++) {
      s->function = functions[v];
      for (long i = 0; i < steps; i++) { /* each alone: one that nobody has disturbed is the least */
        const double begun = now();
        (void)take(s, i, false);
        least[v] = fmin(least[v], now() - begun);
      }
    }
  for (int v = 0; v < VARIANTS && rank == 0; v++)
    printf(
        "{\"bench\":\"buckets\",\"workload\":\"%s\",\"bucket_bytes\":%llu,\"overlap\":%s,\"bf16\":%s,"
        "\"least_us\":%.4g}\n",
        kinds[kind].name, (unsigned long long)sizes[v / 4], v / 2 % 2 ? "true" : "false",
        v % 2 ? "true" : "false", least[v] * 1e6);
}

static int run_rank(int kind, const char *mode, bool quick, uint64_t bucket, bool overlap, int rank) {
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.threads = 1;
  state s = {.c = tl_context_new(&o)};
  s.group = tl_group_new(s.c, NULL);
  prepare(&s, kind, rank, RANKS);
  if (!strcmp(mode, "compiled")) s.function = tl_function_new(s.c, body, &s, NULL, NULL);
  if (!strcmp(mode, "compare")) {
    compare(&s, kind, quick, rank);
    if (tl_failed(s.c)) goto failed;
    tl_context_free(s.c);
    return 0;
  }
  if (tl_group_set_bucket_bytes(s.group, bucket) != TL_OK || tl_group_set_overlap(s.group, overlap) != TL_OK)
    goto failed;
  if (rank > 0) {
    (void)checked_losses(&s, kinds[kind].checked);
    (void)vote_microseconds(&s);
    for (long i = 0; !tl_failed(s.c); i++) (void)take_step(&s, i);
    const bool ended = tl_error_code(s.c) == TL_PEER_LOST;
    if (!ended) fprintf(stderr, "rank %d: %s\n", rank, tl_error_message(s.c));
    tl_context_free(s.c);
    return !ended;
  }
  const losses checked = checked_losses(&s, kinds[kind].checked);
  const double vote = vote_microseconds(&s);
  const timing t = measure(take_step, &s, 1, quick);
  if (tl_failed(s.c)) goto failed;
  tl_group_release(s.group);
  const double off = loss_off(&checked, kind);
  printf(
      "{\"peer\":\"tapeloop\",\"version\":\"%s\",\"lang\":\"c\",\"mode\":\"%s\",\"workload\":\"%s\","
      "\"threads\":%d",
      tl_version(), mode, kinds[kind].name, RANKS);
  printf(",\"us\":{\"p10\":%.4g,\"median\":%.4g,\"p90\":%.4g},\"steps\":%ld", t.p10, t.median, t.p90,
         t.steps);
  printf(
      ",\"bucket_bytes\":%llu,\"overlap\":%s,\"vote_us\":%.3g,\"loss_off\":%.3g,\"first_call_ms\":%.3f,"
      "\"loss\":[",
      (unsigned long long)bucket, overlap ? "true" : "false", vote, off, checked.first_call_ms);
  for (int i = 0; i < 10; i++) printf("%s%.9g", i ? "," : "", checked.loss[i]);
  printf("]");
  if (!isnan(checked.loss_end)) printf(",\"loss_end\":%.9g", checked.loss_end);
  printf(",\"rss_mb\":%.1f}\n", peak_memory_mb());
  tl_context_free(s.c);
  if (!(off < 1e-4)) fprintf(stderr, "%s: losses are off by %g\n", kinds[kind].name, off);
  return !(off < 1e-4);
failed:
  fprintf(stderr, "rank %d: %s\n", rank, tl_error_message(s.c));
  tl_context_free(s.c);
  return 1;
}

/* Its CPU, of those that the process may use. */
static void pin(int rank) {
  cpu_set_t may, one;
  CPU_ZERO(&one);
  if (sched_getaffinity(0, sizeof may, &may)) return;
  const int count = CPU_COUNT(&may);
  for (int cpu = 0, k = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &may) && k++ == rank % count) CPU_SET(cpu, &one);
  (void)sched_setaffinity(0, sizeof one, &one);
}

static int start(int kind, const char *mode, bool quick, uint64_t bucket, bool overlap) {
  char text[16];
  const char *own = getenv("RANK");
  if (own) return run_rank(kind, mode, quick, bucket, overlap, (int)strtol(own, NULL, 10));
  setenv("WORLD_SIZE", "2", 1);
  setenv("MASTER_ADDR", "127.0.0.1", 1);
  snprintf(text, sizeof text, "%d", 20000 + (int)(getpid() % 20000));
  setenv("MASTER_PORT", text, 0);
  const pid_t child = fork();
  if (child < 0) return 1;
  const int rank = child == 0;
  setenv("RANK", rank ? "1" : "0", 1);
  pin(rank);
  int failed = run_rank(kind, mode, quick, bucket, overlap, rank), status = 0;
  if (rank) _exit(failed);
  if (failed) kill(child, SIGKILL);
  (void)waitpid(child, &status, 0);
  return failed || status != 0;
}

int main(int argc, char **argv) {
  const char *name = NULL, *mode = "compiled";
  bool quick = false, overlap = false;
  uint64_t bucket = 0;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--quick")) {
      quick = true;
    } else if (!strcmp(argv[i], "--overlap")) {
      overlap = true;
    } else if (!strcmp(argv[i], "--list")) {
      for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        printf("%s eager\n%s compiled\n", kinds[k].name, kinds[k].name);
      return 0;
    } else if (!strcmp(argv[i], "--workload") && i + 1 < argc) {
      name = argv[++i];
    } else if (!strcmp(argv[i], "--mode") && i + 1 < argc) {
      mode = argv[++i];
    } else if (!strcmp(argv[i], "--bucket") && i + 1 < argc) {
      bucket = strtoull(argv[++i], NULL, 10);
    } else if (!strcmp(argv[i], "--threads") && i + 1 < argc && !strcmp(argv[i + 1], "2")) {
      i++; /* one of each rank */
    } else {
      fprintf(stderr,
              "usage: replicas_bench --workload W11 [--mode eager] [--threads 2] [--quick] [--bucket BYTES] "
              "[--overlap] "
              "| --list\n");
      return 2;
    }
  }
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    if (name && !strcmp(kinds[k].name, name)) return start((int)k, mode, quick, bucket, overlap);
  fprintf(stderr, "unknown workload, see --list\n");
  return 2;
}
