/* Steps that all ranks take, or none: votes, one state for all, one checkpoint for all; and steps of each rank's own with a mean now and
 * then. Replicas are threads. Assertions belong to the thread of the test, so replicas write down what they find. */
#include "tests/capi/harness.h"

enum { MOST = 4, TEXT = 400, STEPS = 8 };

typedef struct {
  int size;
  int which; /* of a test's cases */
  const char *folder;
  tl_status code[MOST];
  char text[MOST][TEXT];
  tl_group_decision decision[MOST][STEPS];
  double number[MOST][STEPS];
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
  o.threads = 1, o.timeout_seconds = 20, o.seed = 7;
  f->size = size;
  if (tl_replicas_run(c, size, &o, body, f) != TL_OK) fail_msg("%s", tl_error_message(c));
  free_context(c);
}

static void expect_all(const found *f, tl_status code, const char *text) {
  for (int r = 0; r < f->size; r++)
    if (f->code[r] != code || !strstr(f->text[r], text))
      fail_msg("rank %d: %s: '%s' lacks '%s'", r, tl_status_name(f->code[r]), f->text[r], text);
}

/* ---- votes ---- */

/* Rank r has examples for 2 + r steps, r + 1 of them in each; rank 1 wants to save at step 2, the last rank to stop at step 4. */
static tl_status vote(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  const int32_t rank = tl_group_rank(group);
  for (int step = 0; step < STEPS; step++) {
    tl_group_decision *d = &f->decision[rank][step];
    d->struct_size = sizeof *d;
    if (tl_group_vote(group, step, step < 2 + rank ? rank + 1 : 0,
                      f->which == 1 && step == 4 && rank == f->size - 1, step == 2 && rank == 1, d) != TL_OK)
      break;
  }
  return note(f, c, rank);
}

static void all_ranks_get_the_same_decision(void **state) {
  (void)state;
  for (int size = 1; size <= MOST; size++)
    for (int which = 0; which < 2; which++) {
      found f = {.which = which};
      run(&f, size, vote);
      expect_all(&f, TL_OK, "");
      for (int r = 0; r < size; r++)
        for (int step = 0; step < STEPS; step++) {
          double weight = 0;
          for (int other = 0; other < size; other++) weight += step < 2 + other ? other + 1 : 0;
          const tl_group_decision d = f.decision[r][step];
          assert_true(d.weight == weight);
          assert_int_equal(d.finished, step >= 2 + size - 1);
          assert_int_equal(d.save, step == 2 && size > 1);
          assert_int_equal(d.stop, which == 1 && step == 4);
        }
    }
}

static tl_status bad_vote(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  const int32_t rank = tl_group_rank(group);
  tl_group_decision d = {.struct_size = sizeof d};
  const bool odd = rank == f->size - 1;
  tl_status last = TL_OK; /* which the context knows too */
  if (f->which == 0) last = tl_group_vote(group, odd ? 8 : 7, 1, false, false, &d);
  if (f->which == 1) last = tl_group_vote(group, 7, odd ? -1 : 1, false, false, &d);
  if (f->which == 2) last = tl_group_vote(group, 7, odd ? INFINITY : 1, false, false, &d);
  if (f->which == 3) last = tl_group_vote(group, 7, odd ? NAN : 1, false, false, &d);
  if (f->which == 4) last = tl_group_vote(group, 7, 1, false, false, odd ? NULL : &d);
  if (f->which == 5 && !odd) last = tl_group_vote(group, 7, 1, false, false, &d);
  if (f->which == 5 && odd) last = tl_group_barrier(group);
  (void)last;
  return note(f, c, rank);
}

static void votes_that_cannot_be_are_errors_on_all_ranks(void **state) {
  (void)state;
  for (int size = 2; size <= MOST; size++) {
    char text[TEXT];
    found f = {.which = 0};
    run(&f, size, bad_vote);
    snprintf(text, TEXT,
             "[group_vote] all ranks must vote for the same step: rank %d differs from rank 0 in the step: 8 "
             "and 7",
             size - 1);
    expect_all(&f, TL_MISMATCH, text);
    for (int which = 1; which <= 4; which++) {
      found bad = {.which = which};
      run(&bad, size, bad_vote);
      for (int r = 0; r < size; r++)
        assert_int_equal(bad.code[r], r == size - 1 ? TL_INVALID_ARGUMENT : TL_PEER_LOST);
      assert_non_null(strstr(bad.text[size - 1], which == 4
                                                     ? "tl_group_decision"
                                                     : "'weight' must be 0 or more, and finite: got "));
    }
    found order = {.which = 5};
    run(&order, size, bad_vote);
    expect_all(&order, TL_MISMATCH, "differs from rank 0 in the operation");
  }
}

/* ---- one state for all ---- */

typedef struct {
  tl_layer *model;
  tl_optimizer *adam;
  tl_dataset *data;
  tl_checkpoint *all;
} training;

static training new_training(tl_context *c, int64_t units) {
  training t;
  t.data = tl_dataset_batch(
      c,
      tl_dataset_shuffle(c, tl_dataset_from_tensors(c, (tl_tensor *[]){tl_ones(c, (int64_t[]){40, 3}, 2)}, 1),
                         5),
      4, false);
  t.model = tl_sequential(c, (tl_layer *[]){tl_dense(c, units, NULL), tl_dense(c, 1, NULL)}, 2);
  size_t n = 0;
  t.adam = tl_adam(c, NULL);
  t.all = tl_checkpoint_new(c);
  if (tl_layer_build(t.model, (int64_t[]){4, 3}, 2) != TL_OK) return t;
  tl_tensor *const *weights = tl_layer_trainable_variables(t.model, &n);
  if (tl_optimizer_build(t.adam, weights, n) != TL_OK ||
      tl_checkpoint_add_layer(t.all, "model", t.model) != TL_OK ||
      tl_checkpoint_add_optimizer(t.all, "adam", t.adam) != TL_OK ||
      tl_checkpoint_add_dataset(t.all, "data", t.data) != TL_OK ||
      tl_checkpoint_add_random(t.all, "random") != TL_OK ||
      tl_checkpoint_set_double(t.all, "best", 0.5 + (double)units) != TL_OK)
    return t;
  return t;
}

/* Steps alone: weights, slots, the place of the data and the program's values differ from those of others. */
static void step_alone(tl_context *c, training *t, int times, int32_t rank) {
  size_t n = 0;
  tl_tensor *const *weights = tl_layer_trainable_variables(t->model, &n);
  for (int i = 0; i < times; i++) {
    tl_tensor *batch = NULL, *gradients[4];
    (void)tl_dataset_next(t->data, &batch, 1);
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *loss = tl_sum(c, tl_square(c, tl_layer_call(t->model, batch, true)));
    if (tl_tape_gradient(tape, loss, weights, n, NULL, gradients) != TL_OK ||
        tl_optimizer_apply(t->adam, gradients, weights, n) != TL_OK)
      return;
  }
  char text[64];
  snprintf(text, sizeof text, "%.*s of %d", rank, "........", rank);
  if (tl_checkpoint_set_text(t->all, "note", text) != TL_OK) return;
}

/* Rank r has taken (r + which) % size steps alone. */
static tl_status synchronize(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  const int32_t rank = tl_group_rank(group);
  training t = new_training(c, 5);
  const int steps = (rank + f->which) % f->size;
  step_alone(c, &t, steps, rank);
  int64_t of_all = -7;
  if (tl_group_synchronize(group, t.all, steps, &of_all) != TL_OK) return note(f, c, rank);
  size_t n = 0;
  tl_tensor *const *weights = tl_layer_variables(t.model, &n);
  if (tl_group_check_mirrored(group, weights, n) != TL_OK) return note(f, c, rank);
  tl_tensor *const *slots = tl_optimizer_variables(t.adam, &n);
  if (tl_group_check_mirrored(group, slots, n) != TL_OK) return note(f, c, rank);
  f->number[rank][0] = (double)of_all;
  f->number[rank][1] = (double)tl_dataset_position(t.data);
  f->number[rank][2] = tl_tensor_item(tl_mean(c, tl_layer_variables(t.model, &n)[0]));
  f->number[rank][3] = tl_tensor_item(tl_sum(c, tl_normal(c, (int64_t[]){3}, 1)));
  double best = 0;
  char text[64] = "";
  if (tl_checkpoint_get_double(t.all, "best", &best) != TL_OK ||
      tl_checkpoint_get_text(t.all, "note", text, sizeof text, NULL) != TL_OK)
    return note(f, c, rank);
  f->number[rank][4] = best;
  f->number[rank][5] = (double)strlen(text);
  return note(f, c, rank);
}

static void all_ranks_get_the_state_of_the_furthest(void **state) {
  (void)state;
  for (int size = 1; size <= MOST; size++)
    for (int which = 0; which < size; which++) {
      found f = {.which = which};
      run(&f, size, synchronize);
      expect_all(&f, TL_OK, "");
      const int root = (2 * size - 1 - which) % size;
      for (int r = 0; r < size; r++) {
        assert_true(f.number[r][0] == size - 1 && f.number[r][1] == size - 1);
        assert_true(f.number[r][4] == 5.5);
        assert_true(f.number[r][5] == (double)(strlen(" of 0") + (size_t)root));
        for (int k = 0; k < 6; k++) assert_true(f.number[r][k] == f.number[0][k]);
      }
    }
}

static tl_status synchronize_others(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  const int32_t rank = tl_group_rank(group);
  const bool odd = rank == f->size - 1;
  training t = new_training(c, odd && f->which == 0 ? 6 : 5);
  if (odd && f->which == 1 && tl_checkpoint_set_int64(t.all, "more", 1) != TL_OK) return note(f, c, rank);
  if (odd && f->which == 2) t.all = NULL;
  int64_t of_all = -7;
  const tl_status status = tl_group_synchronize(group, t.all, 3, &of_all);
  (void)status;
  f->number[rank][0] = (double)of_all;
  return note(f, c, rank);
}

static void states_of_other_objects_are_errors_on_all_ranks(void **state) {
  (void)state;
  const char *want[] = {
      "differs from rank 0 in 'adam/adam/dense/bias/m: f32 (6,)' and 'adam/adam/dense/bias/m: f32 (5,)'",
      "differs from rank 0 in 'more: an integer' and "};
  for (int which = 0; which < 3; which++) {
    found f = {.which = which};
    run(&f, 3, synchronize_others);
    if (which < 2) expect_all(&f, TL_MISMATCH, "rank 2 differs from rank 0 in '");
    if (which < 2) expect_all(&f, TL_MISMATCH, want[which]);
    for (int r = 0; r < 3; r++) {
      if (which == 2) assert_int_equal(f.code[r], r == 2 ? TL_INVALID_ARGUMENT : TL_PEER_LOST);
      assert_true(f.number[r][0] == -7);
    }
  }
}

/* ---- one checkpoint for all ---- */

static tl_status save(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  const int32_t rank = tl_group_rank(group);
  training t = new_training(c, 5);
  char nowhere[] = "/proc/nowhere";
  tl_checkpoint_manager_options o;
  tl_checkpoint_manager_options_init(&o, sizeof o);
  o.asynchronous = f->which == 1;
  tl_checkpoint_manager *manager =
      rank == 0 ? tl_checkpoint_manager_new(c, t.all, f->which == 2 ? nowhere : f->folder, &o) : NULL;
  if (f->which == 3) manager = NULL;
  const tl_status status = tl_group_save(group, manager, 12, NAN);
  (void)status;
  (void)note(f, c, rank);
  /* The checkpoint is there on return, on every rank, and the group goes on. */
  tl_checkpoint_manager *reader = tl_checkpoint_manager_new(c, t.all, f->folder, NULL);
  f->number[rank][0] = (double)tl_checkpoint_manager_latest(reader);
  if (tl_group_barrier(group) != TL_OK) return tl_error_code(c);
  return TL_OK;
}

static void a_save_is_that_of_all_ranks(void **state) {
  (void)state;
  for (int which = 0; which < 4; which++) {
    char name[] = "saved-0", folder[TEXT];
    name[6] = (char)('0' + which);
    snprintf(folder, sizeof folder, "%s", in_folder(name));
    found f = {.which = which, .folder = folder};
    run(&f, 3, save);
    if (which < 2) expect_all(&f, TL_OK, "");
    if (which == 2) expect_all(&f, TL_NOT_FOUND, "/proc/nowhere");
    if (which == 3) expect_all(&f, TL_INVALID_ARGUMENT, "'manager'");
    for (int r = 0; r < 3; r++) assert_true(f.number[r][0] == (which < 2 ? 12 : -1));
  }
}

/* ---- one checkpoint, of which each rank writes a share ---- */

/* What says whether a state is the one that was saved: weights, slots, the place of the data, the program's values, random numbers. */
static void describe(tl_context *c, training *t, double *out) {
  size_t n = 0, slots = 0;
  tl_tensor *const *weights = tl_layer_variables(t->model, &n);
  tl_tensor *const *moments = tl_optimizer_variables(t->adam, &slots);
  double best = 0;
  out[0] = out[1] = 0;
  for (size_t i = 0; i < n; i++) out[0] = 3 * out[0] + tl_tensor_item(tl_sum(c, weights[i]));
  for (size_t i = 0; i < slots; i++)
    out[1] = 3 * out[1] + tl_tensor_item(tl_sum(c, tl_cast(c, moments[i], TL_F64)));
  out[2] = (double)tl_dataset_position(t->data);
  if (tl_checkpoint_get_double(t->all, "best", &best) != TL_OK) return;
  out[3] = best;
  out[4] = tl_tensor_item(tl_sum(c, tl_normal(c, (int64_t[]){3}, 1)));
}

/* All ranks are at step 2. Which goes wrong how: 2: rank 1 has another folder; 3: the last rank no manager; 4: another step; 5: other
 * objects; 6: the checkpoint is there. */
static tl_status save_sharded(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  const int32_t rank = tl_group_rank(group), last = tl_group_size(group) - 1;
  training t = new_training(c, f->which == 5 && rank == last ? 6 : 5);
  int64_t step = 2;
  if (tl_checkpoint_set_text(t.all, "note", "") != TL_OK) return note(f, c, rank);
  if (f->which != 5) {
    if (rank == 0) step_alone(c, &t, 2, 3);
    if (tl_group_synchronize(group, t.all, rank == 0 ? 2 : 0, &step) != TL_OK) return note(f, c, rank);
  }
  tl_checkpoint_manager_options o;
  tl_checkpoint_manager_options_init(&o, sizeof o);
  o.asynchronous = f->which == 1;
  tl_checkpoint_manager *manager =
      tl_checkpoint_manager_new(c, t.all, f->which == 2 && rank == 1 ? "/proc/nowhere" : f->folder, &o);
  if (f->which == 3 && rank == last) manager = NULL;
  tl_status status = tl_group_save_sharded(group, manager, step + (f->which == 4 && rank == last), 0.5);
  if (f->which == 6 && status == TL_OK) status = tl_group_save_sharded(group, manager, step, NAN);
  (void)status;
  (void)note(f, c, rank);
  if (f->which < 2) describe(c, &t, f->number[rank]);
  /* The group goes on, but after a mismatch, and nothing is in the folder but the lock and the checkpoints. */
  if (f->which != 4 && f->which != 5 && tl_group_barrier(group) != TL_OK) return tl_error_code(c);
  return tl_error_code(c);
}

static tl_status restore(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  const int32_t rank = tl_group_rank(group);
  training t = new_training(c, 5);
  int64_t step = -1;
  if (tl_checkpoint_set_text(t.all, "note", "") == TL_OK &&
      tl_checkpoint_manager_restore_latest(tl_checkpoint_manager_new(c, t.all, f->folder, NULL), &step) ==
          TL_OK)
    describe(c, &t, f->number[rank]);
  f->number[rank][5] = (double)step;
  return note(f, c, rank);
}

static void ranks_save_together_and_any_number_restores(void **state) {
  (void)state;
  for (int size = 1; size <= MOST; size++)
    for (int which = 0; which < 2; which++) {
      char name[] = "shared-0-0", folder[TEXT];
      name[7] = (char)('0' + size), name[9] = (char)('0' + which);
      snprintf(folder, sizeof folder, "%s", in_folder(name));
      found f = {.which = which, .folder = folder};
      run(&f, size, save_sharded);
      expect_all(&f, TL_OK, "");
      assert_true(f.number[0][1] != 0 && f.number[0][2] == 2);
      for (int other = 1; other <= MOST; other++) {
        found g = {.folder = folder};
        run(&g, other, restore);
        expect_all(&g, TL_OK, "");
        for (int r = 0; r < other; r++) {
          assert_memory_equal(g.number[r], f.number[0], 5 * sizeof(double));
          assert_true(g.number[r][5] == 2);
        }
      }
    }
}

static void a_save_that_fails_on_one_rank_fails_on_all(void **state) {
  (void)state;
  static const struct {
    tl_status code;
    const char *text;
  } want[] = {{TL_NOT_FOUND, "(on rank 1)"},
              {TL_INVALID_ARGUMENT, "(on rank 2)"},
              {TL_MISMATCH, "rank 2 differs from rank 0 in the step: 3 and 2"},
              {TL_MISMATCH, "rank 2 differs from rank 0 in 'adam/"},
              {TL_FAILED_PRECONDITION, "never written over"}};
  for (int which = 2; which <= 6; which++) {
    char name[] = "failed-0", folder[TEXT];
    name[7] = (char)('0' + which);
    snprintf(folder, sizeof folder, "%s", in_folder(name));
    found f = {.which = which, .folder = folder}, g = {.folder = folder};
    run(&f, 3, save_sharded);
    expect_all(&f, want[which - 2].code, want[which - 2].text);
    run(&g, 1, restore);
    assert_true(g.number[0][5] == (which == 6 ? 2 : -1));
  }
}

/* ---- local SGD ---- */

enum { ROUNDS = 3, LOCAL_STEPS = 4 };
static const double rate = 0.1, decay = 0.5;

/* Rank r is drawn to r + 1, by a loss (r + 1) (w - r - 1)^2 / 2, whose gradient is (r + 1) (w - r - 1). */
static tl_status pulled(tl_context *c, void *user, tl_tensor *const *inputs, size_t num_inputs,
                        tl_tensor **outputs, size_t num_outputs) {
  void **own = user; /* the optimizer and the variable */
  (void)num_inputs;
  (void)num_outputs;
  tl_tensor *w = own[1], *gradient;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *away = tl_sub(c, w, inputs[0]);
  tl_tensor *loss = tl_mul_scalar(c, tl_mul(c, inputs[0], tl_square(c, away)), 0.5);
  if (tl_tape_gradient(tape, loss, &w, 1, NULL, &gradient) != TL_OK ||
      tl_optimizer_apply(own[0], &gradient, &w, 1) != TL_OK)
    return tl_error_code(c);
  outputs[0] = loss;
  return TL_OK;
}

/* Steps of each rank's own, and every LOCAL_STEPS of them the mean of all weights. */
static tl_status local_sgd(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  const int32_t rank = tl_group_rank(group);
  tl_tensor *w = tl_variable_new(c, tl_scalar(c, TL_F64, 5.0 - rank), "w", true);
  tl_sgd_options o;
  tl_sgd_options_init(&o, sizeof o);
  o.learning_rate = rate, o.momentum = decay;
  void *own[] = {tl_sgd(c, &o), w};
  tl_function *step = tl_function_new(c, pulled, own, NULL, NULL);
  tl_tensor *to = tl_scalar(c, TL_F64, rank + 1.0), *loss;
  if (tl_group_mirror(group, &w, 1) != TL_OK) return note(f, c, rank);
  const int64_t before = tl_group_steps(group);
  for (int k = 1; k <= ROUNDS * LOCAL_STEPS; k++) {
    if (tl_function_call(step, &to, 1, &loss, 1) != TL_OK) return note(f, c, rank);
    if (k % LOCAL_STEPS != 0) continue;
    if (tl_group_average_variables(group, &w, 1) != TL_OK) return note(f, c, rank);
    f->number[rank][k / LOCAL_STEPS - 1] = tl_tensor_item(w);
  }
  if (tl_group_steps(group) - before != ROUNDS) return tl_set_error(c, TL_INTERNAL, "a local step was none");
  return tl_group_check_mirrored(group, &w, 1) == TL_OK ? TL_OK : tl_error_code(c);
}

static void local_steps_and_a_mean_now_and_then_are_local_sgd(void **state) {
  (void)state;
  for (int size = 1; size <= MOST; size++) {
    found f = {0};
    run(&f, size, local_sgd);
    double w[MOST], velocity[MOST] = {0};
    for (int r = 0; r < size; r++) w[r] = 5;
    for (int round = 0; round < ROUNDS; round++) {
      double mean = 0;
      for (int r = 0; r < size; r++) {
        for (int k = 0; k < LOCAL_STEPS; k++) {
          velocity[r] = decay * velocity[r] - rate * (r + 1) * (w[r] - r - 1); /* each rank's own */
          w[r] += velocity[r];
        }
        mean += w[r] / size;
      }
      for (int r = 0; r < size; r++) {
        if (f.code[r] != TL_OK || fabs(f.number[r][round] - mean) > 1e-13)
          fail_msg("rank %d of %d: %s %.17g in place of %.17g", r, size, f.text[r], f.number[r][round], mean);
        w[r] = mean;
      }
    }
  }
}

/* ---- optimizers in shares ---- */

enum { LAST = 6, SAVED = 3, VARIABLES = 3 };
static const int64_t sizes[VARIABLES] = {3, 7, 2};

/* Steps with gradients that depend on nothing but the step, up to LAST; group: NULL for plain ones. */
static tl_status stepped(tl_context *c, tl_group *group, found *f, double *sums) {
  tl_tensor *w[VARIABLES], *gradients[VARIABLES];
  tl_optimizer *adam = tl_adam(c, NULL);
  tl_checkpoint *all = tl_checkpoint_new(c);
  const char *const names[] = {"a", "b", "c"};
  for (int i = 0; i < VARIABLES; i++) {
    w[i] = tl_variable_new(c, tl_ones(c, &sizes[i], 1), names[i], true);
    if (tl_checkpoint_add_variable(all, names[i], w[i]) != TL_OK) return tl_error_code(c);
  }
  if (tl_optimizer_build(adam, w, VARIABLES) != TL_OK ||
      tl_checkpoint_add_optimizer(all, "adam", adam) != TL_OK)
    return tl_error_code(c);
  tl_checkpoint_manager *manager = group ? tl_checkpoint_manager_new(c, all, f->folder, NULL) : NULL;
  int64_t step = 0;
  if (f->which == 1 && tl_checkpoint_manager_restore_latest(manager, &step) != TL_OK) return tl_error_code(c);
  if (group && tl_group_shard_optimizer(group, adam, w, VARIABLES) != TL_OK) return tl_error_code(c);
  for (; step < LAST; step++) {
    for (int i = 0; i < VARIABLES; i++) gradients[i] = tl_full(c, &sizes[i], 1, sin(step + 2 * i), TL_F32);
    if (group && step == SAVED && f->which == 0 &&
        (tl_group_gather_optimizer(group, adam, w, VARIABLES) != TL_OK ||
         tl_group_save_sharded(group, manager, step, NAN) != TL_OK ||
         tl_group_shard_optimizer(group, adam, w, VARIABLES) != TL_OK))
      return tl_error_code(c);
    if ((group ? tl_group_apply_sharded(group, adam, gradients, w, VARIABLES)
               : tl_optimizer_apply(adam, gradients, w, VARIABLES)) != TL_OK)
      return tl_error_code(c);
  }
  size_t count = 0;
  (void)tl_optimizer_variables(adam, &count);
  sums[0] = (double)count - 2; /* slots: beside the count of steps and the rate */
  for (int i = 0; i < VARIABLES; i++) sums[i + 1] = tl_tensor_item(tl_sum(c, w[i]));
  return tl_error_code(c);
}

static tl_status in_shares(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  return stepped(c, group, f, f->number[tl_group_rank(group)]);
}

static void a_sharded_optimizer_is_saved_whole_and_goes_on_with_any_number_of_ranks(void **state) {
  (void)state;
  tl_context *c = new_context();
  found none = {0};
  char folder[TEXT];
  snprintf(folder, sizeof folder, "%s", in_folder("shares"));
  double want[1 + VARIABLES];
  assert_int_equal(stepped(c, NULL, &none, want), TL_OK);
  assert_true(want[0] == 2 * VARIABLES);
  free_context(c);
  for (int turn = 0; turn < 4; turn++) { /* 2 ranks save; 1, 3 and 4 restore */
    found f = {.which = turn > 0, .folder = folder};
    run(&f, (const int[]){2, 1, 3, 4}[turn], in_shares);
    double slots = 0;
    for (int r = 0; r < f.size; r++) {
      assert_memory_equal(f.number[r] + 1, want + 1, sizeof(double[VARIABLES]));
      assert_true(f.number[r][0] == (f.size == 1 ? 6 : f.size == 2 && r == 1 ? 4 : r == 3 ? 0 : 2));
      slots += f.number[r][0];
    }
    assert_true(slots == want[0]);
  }
}

/* which: 0: not sharded; 1: with options; 2: sharded twice; 3: none at all; 4: in a compiled step. */
static tl_status sharded_step(tl_context *c, void *user, tl_tensor *const *inputs, size_t num_inputs,
                              tl_tensor **outputs, size_t num_outputs) {
  void **of = user;
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = inputs[0];
  return tl_group_shard_optimizer(of[0], of[1], (tl_tensor **)&of[2], 1) == TL_OK ? TL_OK : tl_error_code(c);
}

static tl_status wrongly_sharded(tl_context *c, tl_group *group, void *user) {
  found *f = user;
  tl_tensor *x = tl_scalar(c, TL_F32, 1), *w = tl_variable_new(c, x, "w", true), *y;
  tl_optimizer *adam = tl_adam(c, NULL);
  tl_step_options o;
  tl_step_options_init(&o, sizeof o);
  o.clip_norm = 1;
  void *of[] = {group, adam, w};
  tl_status status = TL_OK;
  switch (f->which) {
    case 0: status = tl_group_apply_sharded(group, adam, &x, &w, 1); break;
    case 1:
      if (tl_optimizer_configure(adam, &o) == TL_OK) status = tl_group_shard_optimizer(group, adam, &w, 1);
      break;
    case 2:
      for (int k = 0; k < 2; k++) status = tl_group_shard_optimizer(group, adam, &w, 1);
      break;
    case 3: status = tl_group_gather_optimizer(group, NULL, &w, 1); break;
    default: status = tl_function_call(tl_function_new(c, sharded_step, of, NULL, NULL), &x, 1, &y, 1);
  }
  f->number[tl_group_rank(group)][0] = status;
  return note(f, c, tl_group_rank(group));
}

static void what_cannot_be_sharded_is_an_error(void **state) {
  (void)state;
  const struct {
    tl_status code;
    const char *text;
  } cases[] = {{TL_FAILED_PRECONDITION, "call tl_group_shard_optimizer first"},
               {TL_UNSUPPORTED, "clip gradients by tl_clip_by_global_norm"},
               {TL_FAILED_PRECONDITION, "gather it first"},
               {TL_INVALID_ARGUMENT, "'optimizer'"},
               {TL_FAILED_PRECONDITION, "call it between compiled steps"}};
  for (int which = 0; which < 5; which++) {
    found f = {.which = which};
    run(&f, 2, wrongly_sharded);
    expect_all(&f, cases[which].code, cases[which].text);
    for (int r = 0; r < 2; r++) assert_true(f.number[r][0] == cases[which].code);
  }
}

int replicas_steps_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_ranks_get_the_same_decision),
      cmocka_unit_test(votes_that_cannot_be_are_errors_on_all_ranks),
      cmocka_unit_test(all_ranks_get_the_state_of_the_furthest),
      cmocka_unit_test(states_of_other_objects_are_errors_on_all_ranks),
      cmocka_unit_test(local_steps_and_a_mean_now_and_then_are_local_sgd),
      cmocka_unit_test_setup_teardown(a_sharded_optimizer_is_saved_whole_and_goes_on_with_any_number_of_ranks,
                                      make_folder, remove_folder),
      cmocka_unit_test(what_cannot_be_sharded_is_an_error),
      cmocka_unit_test_setup_teardown(a_save_is_that_of_all_ranks, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(ranks_save_together_and_any_number_restores, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(a_save_that_fails_on_one_rank_fails_on_all, make_folder, remove_folder),
  };
  return RUN_GROUP("replicas_steps", tests);
}
