/* One rank of a job of processes, as tests/processes/run starts it. It prints what it finds, a line each, and ends with 0 unless a
 * promise was broken.
 *
 *   rank train [THREADS]   a training; with THREADS as that many replicas of one process. Losses as exact numbers.
 *   rank forever           sums of many sizes until the group fails: what the error says, when, and what is left
 *   rank differ FIELD RANK one call that this rank makes otherwise
 *   rank votes [THREADS]   how long a vote takes, in microseconds
 *   rank saves FOLDER      saves step after step, each rank its share, until the group fails
 *   rank restores FOLDER   a process alone: the step of the newest of them, and one save more
 *   rank join              joins and ends; TEST_CANCEL: seconds until its context is cancelled
 *   rank parts             joins, and splits the group into pairs
 *   rank remade            four groups one after another; the second fails by calls that differ, the third by a rank that is late
 *   rank again             as forever, and then joins the next generation with those that are left */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>
#include <time.h>
#include <unistd.h>

enum {
  EXAMPLES = 97,
  FEATURES = 20,
  HIDDEN = 96,
  CLASSES = 10,
  BATCH = 16,
  EPOCHS = 2,
  WEIGHTS = 4,
  VARIABLES = 9
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int open_descriptors(void) {
  int n = 0;
  DIR *d = opendir("/proc/self/fd");
  while (d && readdir(d)) n++;
  if (d) closedir(d);
  return n;
}

/* The last batch has one row: all ranks but one have none. */
static tl_dataset *batches(tl_context *c) {
  static float x[EXAMPLES * FEATURES];
  static int32_t y[EXAMPLES];
  for (int i = 0; i < EXAMPLES * FEATURES; i++) x[i] = (float)sin(i * 1.7);
  for (int i = 0; i < EXAMPLES; i++) y[i] = i * 7 % CLASSES;
  tl_tensor *all[] = {tl_tensor_new(c, TL_F32, (int64_t[]){EXAMPLES, FEATURES}, 2, x, sizeof x),
                      tl_tensor_new(c, TL_I32, (int64_t[]){EXAMPLES}, 1, y, sizeof y)};
  return tl_dataset_batch(c, tl_dataset_shuffle(c, tl_dataset_from_tensors(c, all, 2), 3), BATCH, false);
}

/* Values that differ between ranks, until they are mirrored. */
static tl_tensor *weight(tl_context *c, int64_t rows, int64_t columns, int32_t rank) {
  float values[FEATURES * HIDDEN];
  for (int64_t i = 0; i < rows * columns; i++) values[i] = 0.2f * (float)sin((double)(i + rank));
  const int64_t shape[] = {rows, columns};
  return tl_variable_new(
      c, tl_tensor_new(c, TL_F32, shape, 2, values, (size_t)(rows * columns) * sizeof *values), "w", true);
}

static tl_status train(tl_context *c, tl_group *group, void *user_data) {
  (void)user_data;
  const int32_t rank = tl_group_rank(group);
  tl_tensor *w[WEIGHTS] = {weight(c, FEATURES, HIDDEN, rank), weight(c, 1, HIDDEN, rank),
                           weight(c, HIDDEN, CLASSES, rank), weight(c, 1, CLASSES, rank)};
  tl_optimizer *adam = tl_adam(c, NULL);
  tl_dataset *data = tl_group_distribute(group, batches(c));
  if (tl_group_mirror(group, w, WEIGHTS) != TL_OK) return tl_error_code(c);
  for (int epoch = 0; epoch < EPOCHS; epoch++) {
    tl_tensor *batch[2], *gradients[WEIGHTS], *sums[WEIGHTS];
    while (tl_dataset_next(data, batch, 2)) {
      tl_scope_begin(c);
      tl_tape *tape = tl_tape_begin(c, NULL);
      tl_tensor *hidden = tl_tanh(c, tl_add(c, tl_matmul(c, batch[0], w[0]), w[1]));
      tl_tensor *logits = tl_add(c, tl_matmul(c, hidden, w[2]), w[3]);
      tl_tensor *loss = tl_group_average_loss(group, tl_sparse_softmax_cross_entropy(c, batch[1], logits));
      if (tl_tape_gradient(tape, loss, w, WEIGHTS, NULL, gradients) == TL_OK &&
          tl_group_all_reduce_list(group, gradients, WEIGHTS, TL_REDUCE_SUM, sums) == TL_OK &&
          tl_optimizer_apply(adam, sums, w, WEIGHTS) == TL_OK) {
        const double all = tl_tensor_item(tl_group_all_reduce(group, loss, TL_REDUCE_SUM));
        if (rank == 0) printf("loss %a\n", all);
      }
      tl_scope_end(c);
    }
  }
  return tl_failed(c) ? tl_error_code(c) : tl_group_check_mirrored(group, w, WEIGHTS);
}

/* Sums of small and large tensors, each of which must be what all ranks give; returns when the group has failed. */
static int64_t sum_forever(tl_context *c, tl_group *group) {
  const int64_t sizes[] = {1, 5000, 300000, 64, 70000};
  const double n = tl_group_size(group), total = n * (n + 1) / 2;
  for (int64_t step = 0;; step++) {
    tl_scope_begin(c);
    tl_tensor *mine = tl_full(c, &sizes[step % 5], 1, tl_group_rank(group) + 1, TL_F32);
    tl_tensor *sum = tl_group_all_reduce(group, mine, TL_REDUCE_SUM);
    const double least = tl_tensor_item(tl_min(c, sum)), most = tl_tensor_item(tl_max(c, sum));
    tl_scope_end(c);
    if (tl_failed(c)) return step;
    if (least != total || most != total) {
      printf("broken: a sum of %g to %g instead of %g\n", least, most, total);
      exit(1);
    }
    if (step == 2) {
      printf("ready\n");
      fflush(stdout);
    }
  }
}

static int tell(tl_context *c, int64_t steps) {
  char name[64];
  snprintf(name, sizeof name, "%s", tl_status_name(tl_error_code(c)));
  for (char *at = name; *at; at++)
    if (*at == ' ') *at = '_';
  printf("failed %s %.6f %lld %s\n", name, now(), (long long)steps, tl_error_message(c));
  fflush(stdout);
  tl_clear_error(c);
  return 0;
}

static int check_alive(tl_context *c, int before) {
  /* Tensors go on. */
  const int64_t four = 4;
  const double sum = tl_tensor_item(tl_sum(c, tl_ones(c, &four, 1)));
  struct sigaction action;
  sigaction(SIGPIPE, NULL, &action);
  printf("left descriptors %d sum %g sigpipe %s\n", open_descriptors() - before, sum,
         action.sa_handler == SIG_DFL ? "default" : "changed");
  fflush(stdout);
  return 0;
}

/* One call that rank `odd` makes otherwise. */
static void differ(tl_context *c, tl_group *group, const char *field, int32_t odd_rank) {
  const bool odd = tl_group_rank(group) == odd_rank;
  const int64_t shapes[][2] = {{3, 4}, {4, 3}, {300, 400}, {400, 300}};
  const int large = strstr(field, "large") ? 2 : 0;
  tl_tensor *x = tl_ones(c, shapes[large + (odd && strstr(field, "shape"))], 2);
  if (odd && strstr(field, "dtype")) x = tl_cast(c, x, TL_F64);
  tl_checkpoint *state = tl_checkpoint_new(c);
  tl_status status = tl_checkpoint_add_variable(state, odd ? "b" : "a", tl_variable_new(c, x, "v", true));
  tl_group_decision decision = {.struct_size = sizeof decision};
  int64_t step;
  tl_tensor *list[] = {x, x}, *sums[2];
  printf("calls %.6f\n", now());
  if (odd && strstr(field, "order"))
    status = tl_group_barrier(group);
  else if (strstr(field, "root"))
    (void)tl_group_broadcast(group, x, odd);
  else if (strstr(field, "count"))
    status = tl_group_all_reduce_list(group, list, odd ? 2 : 1, TL_REDUCE_SUM, sums);
  else if (strstr(field, "vote"))
    status = tl_group_vote(group, odd ? 8 : 7, 1, false, false, &decision);
  else if (strstr(field, "object"))
    status = tl_group_synchronize(group, state, 7, &step);
  else
    (void)tl_group_all_reduce(group, x, odd && strstr(field, "reduction") ? TL_REDUCE_MAX : TL_REDUCE_SUM);
  (void)status; /* which the context knows too */
}

/* Microseconds of a vote: the least of some means. */
static tl_status time_votes(tl_context *c, tl_group *group, void *user_data) {
  enum { ROUNDS = 20, VOTES = 200 };
  (void)user_data;
  tl_group_decision all = {.struct_size = sizeof all};
  double least = 1e9;
  for (int64_t round = 0; round < ROUNDS; round++) {
    const double begin = now();
    for (int64_t i = 0; i < VOTES; i++)
      if (tl_group_vote(group, round * VOTES + i, 1, false, false, &all) != TL_OK) return tl_error_code(c);
    const double each = (now() - begin) / VOTES * 1e6;
    if (each < least) least = each;
  }
  if (tl_group_rank(group) == 0) printf("vote %.1f\n", least);
  return TL_OK;
}

/* Tensors of many sizes. */
static tl_checkpoint *shared_state(tl_context *c, tl_tensor **variables) {
  tl_checkpoint *all = tl_checkpoint_new(c);
  for (int v = 0; v < VARIABLES; v++) {
    char name[16];
    snprintf(name, sizeof name, "w%d", v);
    const int64_t n = 1 + 7919 * (int64_t)v * v;
    variables[v] = tl_variable_new(c, tl_zeros(c, &n, 1), name, true);
    if (tl_checkpoint_add_variable(all, name, variables[v]) != TL_OK) break;
  }
  return all;
}

static void save_forever(tl_context *c, tl_group *group, const char *folder) {
  tl_tensor *w[VARIABLES];
  tl_checkpoint_manager *manager = tl_checkpoint_manager_new(c, shared_state(c, w), folder, NULL);
  for (int64_t step = 0; !tl_failed(c); step++) {
    tl_scope_begin(c);
    for (int v = 0; v < VARIABLES; v++) {
      const int64_t n = tl_tensor_elements(w[v]);
      if (tl_variable_assign(w[v], tl_full(c, &n, 1, (double)step, TL_F32)) != TL_OK) break;
    }
    if (tl_group_save_sharded(group, manager, step, NAN) == TL_OK)
      printf(step == 1 ? "ready\nsaved %lld\n" : "saved %lld\n", (long long)step);
    tl_scope_end(c);
    fflush(stdout);
  }
  tl_checkpoint_manager_release(manager);
}

/* Whether all values are those of the step. */
static int restore_alone(tl_context *c, const char *folder) {
  tl_tensor *w[VARIABLES];
  tl_checkpoint_manager *manager = tl_checkpoint_manager_new(c, shared_state(c, w), folder, NULL);
  int64_t step = -1;
  if (tl_checkpoint_manager_restore_latest(manager, &step) != TL_OK) return tell(c, 0);
  double least = (double)step, most = (double)step;
  for (int v = 0; v < VARIABLES; v++) {
    least = fmin(least, tl_tensor_item(tl_min(c, w[v])));
    most = fmax(most, tl_tensor_item(tl_max(c, w[v])));
  }
  printf("restored %lld %g %g\n", (long long)step, least, most);
  if (tl_checkpoint_manager_save(manager, step + 1, NAN) != TL_OK) return tell(c, 0);
  tl_checkpoint_manager_release(manager);
  return 0;
}

static int remake(tl_context *c, tl_group_options *options) {
  for (int round = 0; round < 4; round++) {
    options->generation = (uint64_t)round;
    tl_group *group = tl_group_new(c, options);
    if (!group) return tell(c, round);
    const int64_t rank = tl_group_rank(group), differs = 1 + rank;
    tl_tensor *sum = tl_group_all_reduce(group, tl_scalar(c, TL_F32, (double)rank + 1), TL_REDUCE_SUM);
    printf("sum %g generation %lld\n", tl_tensor_item(sum), (long long)tl_group_generation(group));
    if (round == 1) {
      (void)tl_group_all_reduce(group, tl_ones(c, &differs, 1), TL_REDUCE_SUM);
      (void)tell(c, round);
    }
    if (round == 2 && tl_group_set_timeout(group, 0.3) == TL_OK) {
      if (rank == 1) nanosleep(&(struct timespec){.tv_nsec = 800000000}, NULL);
      if (tl_group_barrier(group) != TL_OK) (void)tell(c, round);
    }
    tl_group_release(group);
  }
  return 0;
}

static void *cancel_later(void *context) {
  const double seconds = atof(getenv("TEST_CANCEL"));
  const struct timespec some = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&some, NULL);
  (void)tl_context_cancel(context);
  return NULL;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.threads = 1;
  tl_context *c = tl_context_new(&o);
  const int before = open_descriptors();
  const bool votes = strcmp(what, "votes") == 0;
  if ((votes || strcmp(what, "train") == 0) && argc > 2) {
    tl_replicas_options r;
    tl_replicas_options_init(&r, sizeof r);
    r.threads = 1;
    if (tl_replicas_run(c, atoi(argv[2]), &r, votes ? time_votes : train, NULL) != TL_OK) tell(c, 0);
    return tl_context_free(c) != TL_OK;
  }
  if (strcmp(what, "restores") == 0 && argc > 2) {
    (void)restore_alone(c, argv[2]);
    return tl_context_free(c) != TL_OK;
  }
  tl_group_options options;
  tl_group_options_init(&options, sizeof options);
  options.timeout_seconds = 30;
  const char *lease = getenv("TEST_LEASE"), *seconds = getenv("TEST_TIMEOUT");
  if (lease) options.lease_seconds = atof(lease);
  if (seconds) options.timeout_seconds = atof(seconds);
  if (strcmp(what, "remade") == 0) {
    (void)remake(c, &options);
    return tl_context_free(c) != TL_OK;
  }
  pthread_t canceller;
  const bool cancels = getenv("TEST_CANCEL") && pthread_create(&canceller, NULL, cancel_later, c) == 0;
  tl_group *group = tl_group_new(c, &options);
  if (cancels) pthread_join(canceller, NULL);
  if (!group) return tell(c, -1);
  printf("joined %d %d local %d\n", (int)tl_group_rank(group), (int)tl_group_size(group),
         (int)tl_group_local_rank(group));
  fflush(stdout);
  if (strcmp(what, "parts") == 0) {
    tl_group *part = tl_group_split(group, tl_group_rank(group) / 2, 0);
    printf("part %d local %d\n", (int)tl_group_rank(part), (int)tl_group_local_rank(part));
  }
  if (strcmp(what, "train") == 0 && train(c, group, NULL) != TL_OK) tell(c, 0);
  if (votes && time_votes(c, group, NULL) != TL_OK) tell(c, 0);
  if (strcmp(what, "forever") == 0 || strcmp(what, "again") == 0) tell(c, sum_forever(c, group));
  if (strcmp(what, "saves") == 0 && argc > 2) {
    save_forever(c, group, argv[2]);
    tell(c, 0);
  }
  if (strcmp(what, "differ") == 0) {
    differ(c, group, argv[2], argc > 3 ? atoi(argv[3]) : 1);
    tell(c, 0);
  }
  tl_group_release(group);
  check_alive(c, before);
  if (strcmp(what, "again") == 0) {
    const char *place = getenv("TEST_NEXT"); /* "RANK SIZE" of the next generation */
    char *end = NULL;
    options.rank = place ? (int32_t)strtol(place, &end, 10) : 0;
    options.size = place ? (int32_t)strtol(end, NULL, 10) : 1;
    options.generation = 1;
    group = tl_group_new(c, &options);
    if (!group) return tell(c, -1);
    tl_tensor *sum = tl_group_all_reduce(group, tl_scalar(c, TL_F32, 1), TL_REDUCE_SUM);
    printf("again %g\n", tl_tensor_item(sum));
    printf("local %d\n", (int)tl_group_local_rank(group));
    tl_group_release(group);
  }
  return tl_context_free(c) != TL_OK;
}
