/* The trainer: the bits of a loop by hand, stopping and going on, early stopping, and what it refuses. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/capi/harness.h"

/* What the callbacks of a fit do and count. */
typedef struct {
  int losses, destroyed, epochs_begun, steps, epochs_ended, ends;
  int64_t stop_at, fail_at, die_at; /* steps; 0: never */
  tl_status loss_fails;
  bool reads, silent, wide, leaves_scopes;
  int32_t stop;
  double last_metric;
  double after_first[4]; /* the first weights behind epoch 1 */
  tl_layer *model;
} script;

/* A classification that can be learnt: three classes of points, and a model with dropout and batch normalisation. */
typedef struct {
  tl_context *c;
  tl_layer *model;
  tl_optimizer *adam;
  tl_metric *accuracy;
  tl_dataset *train, *held_out;
  tl_fit_options o;
  script s;
} training;

enum { POINTS = 46, HELD_OUT = 21 };

static tl_dataset *points(tl_context *c, int64_t count, uint64_t seed, int64_t batch, bool shuffled) {
  float xs[64][2];
  int32_t labels[64];
  for (int i = 0; i < count; i++) {
    labels[i] = (int32_t)((i + (int)seed) % 3);
    xs[i][0] = (float)labels[i] - 1 + 0.3F * (float)((i * 7 + (int)seed) % 11 - 5) / 5;
    xs[i][1] = 0.5F * (float)((i * 5 + (int)seed) % 13 - 6) / 6;
  }
  tl_tensor *both[] = {
      tl_tensor_new(c, TL_F32, (int64_t[]){count, 2}, 2, xs, (size_t)count * sizeof *xs),
      tl_tensor_new(c, TL_I32, (int64_t[]){count}, 1, labels, (size_t)count * sizeof *labels)};
  tl_dataset *all = tl_dataset_from_tensors(c, both, 2);
  return tl_dataset_batch(c, shuffled ? tl_dataset_shuffle(c, all, 3) : all, batch, false);
}

static training new_training(void) {
  training t = {.c = new_context()};
  tl_context *c = t.c;
  tl_dense_options hidden;
  tl_dense_options_init(&hidden, sizeof hidden);
  hidden.activation = TL_ACTIVATION_TANH;
  t.model = tl_sequential(c,
                          (tl_layer *[]){tl_dense(c, 6, &hidden), tl_batch_normalization(c, NULL),
                                         tl_dropout_layer(c, 0.25, NULL), tl_dense(c, 3, NULL)},
                          4);
  tl_adam_options rate;
  tl_adam_options_init(&rate, sizeof rate);
  rate.learning_rate = 0.02;
  t.adam = tl_adam(c, &rate);
  t.accuracy = tl_metric_sparse_categorical_accuracy(c, "accuracy");
  t.train = points(c, POINTS, 0, 8, true);
  t.held_out = points(c, HELD_OUT, 1, 8, false);
  tl_fit_options_init(&t.o, sizeof t.o);
  t.s.model = t.model;
  assert_false(tl_failed(c));
  return t;
}

static tl_status cross_entropy(tl_context *c, void *user_data, tl_tensor *const *in, size_t n,
                               tl_tensor **out, size_t m) {
  script *s = user_data;
  s->losses++;
  assert_true(n >= 3 && m == 1);
  if (s->loss_fails && s->silent) return s->loss_fails;
  if (s->loss_fails) {
    if (s->leaves_scopes) (void)!tl_scope_begin(c);
    (void)!tl_set_error(c, s->loss_fails, "[program] no loss today");
    return s->loss_fails;
  }
  if (s->silent) return TL_OK;
  tl_loss_options o;
  tl_loss_options_init(&o, sizeof o);
  if (s->wide) o.reduction = TL_REDUCTION_NONE;
  out[0] = tl_loss_sparse_categorical_cross_entropy(c, in[2], in[0], &o);
  if (s->reads) assert_true(isfinite(tl_tensor_item(out[0])));
  return TL_OK;
}

static tl_status hear(tl_context *c, void *user_data, tl_fit_event event, const tl_fit_state *now) {
  script *s = user_data;
  if (event == TL_FIT_EVENT_EPOCH_BEGIN) s->epochs_begun++;
  if (event == TL_FIT_EVENT_STEP) s->steps++;
  if (event == TL_FIT_EVENT_END) s->ends++;
  if (event == TL_FIT_EVENT_EPOCH_END) {
    s->epochs_ended++;
    if (now->num_metrics) s->last_metric = now->metrics[0];
    if (now->epochs == 1) {
      float kernel[12];
      assert_int_equal(tl_tensor_read(tl_layer_variables(s->model, NULL)[0], kernel, sizeof kernel), TL_OK);
      for (int i = 0; i < 4; i++) s->after_first[i] = kernel[i];
    }
  }
  if (s->stop_at && now->steps == s->stop_at && event != TL_FIT_EVENT_END) s->stop = 1;
  if (s->die_at && now->steps == s->die_at && event == TL_FIT_EVENT_STEP) (void)raise(SIGKILL);
  if (s->fail_at && now->steps == s->fail_at && event == TL_FIT_EVENT_STEP) {
    if (s->silent) return TL_IO;
    if (s->leaves_scopes) (void)!tl_scope_begin(c);
    (void)!tl_set_error(c, TL_IO, "[program] the lights went out");
    return TL_IO;
  }
  return TL_OK;
}

static void count_destroy(void *user_data) { ((script *)user_data)->destroyed++; }

static tl_status fit(training *t, tl_fit_state *how) {
  how->struct_size = sizeof *how;
  t->o.metrics = &t->accuracy;
  t->o.num_metrics = 1;
  t->o.stop = &t->s.stop;
  t->s.destroyed = 0;
  const tl_status status =
      tl_fit(t->c, t->model, t->adam, t->train, &t->o, cross_entropy, hear, &t->s, count_destroy, how);
  assert_int_equal(t->s.destroyed, 1);
  return status;
}

/* All bits that a training has come to. */
static uint64_t hash_of(tl_layer *model) {
  size_t count;
  tl_tensor *const *variables = tl_layer_variables(model, &count);
  uint64_t hash = 14695981039346656037U;
  assert_int_equal(count, 8);
  for (size_t i = 0; i < count; i++) {
    unsigned char bytes[256];
    const size_t size = (size_t)tl_tensor_elements(variables[i]) * 4;
    assert_true(size <= sizeof bytes);
    assert_int_equal(tl_tensor_read(variables[i], bytes, size), TL_OK);
    for (size_t k = 0; k < size; k++) hash = (hash ^ bytes[k]) * 1099511628211U;
  }
  return hash;
}

/* ---- what it computes ---------------------------------------------------------------------------------------------- */

/* The loop that the trainer stands for, written by hand. */
static void train_by_hand(training *t, int epochs, double *loss, double *accuracy) {
  tl_context *c = t->c;
  tl_tensor *batch[2], *gradients[6];
  assert_int_equal(tl_layer_build(t->model, (int64_t[]){8, 2}, 2), TL_OK);
  tl_tensor *const *weights = tl_layer_trainable_variables(t->model, NULL);
  for (int epoch = 0; epoch < epochs; epoch++) {
    double sum = 0;
    assert_int_equal(tl_metric_reset(t->accuracy), TL_OK);
    while (tl_dataset_next(t->train, batch, 2)) {
      assert_int_equal(tl_scope_begin(c), TL_OK);
      tl_tape *tape = tl_tape_begin(c, NULL);
      tl_tensor *logits = tl_layer_call(t->model, batch[0], true);
      tl_tensor *mean = tl_loss_sparse_categorical_cross_entropy(c, batch[1], logits, NULL);
      assert_int_equal(tl_tape_gradient(tape, mean, weights, 6, NULL, gradients), TL_OK);
      assert_int_equal(tl_optimizer_apply(t->adam, gradients, weights, 6), TL_OK);
      assert_int_equal(tl_metric_update_predictions(t->accuracy, batch[1], logits, NULL), TL_OK);
      sum += tl_tensor_item(mean) * (double)tl_tensor_dim(batch[0], 0);
      assert_int_equal(tl_scope_end(c), TL_OK);
    }
    *loss = sum / POINTS;
    *accuracy = tl_metric_result(t->accuracy);
  }
}

static void has_the_bits_of_a_loop_by_hand(void **state) {
  (void)state;
  training hand = new_training();
  double loss, accuracy;
  train_by_hand(&hand, 4, &loss, &accuracy);
  for (int eager = 0; eager < 2; eager++) {
    training t = new_training();
    tl_fit_state how;
    t.o.epochs = 4;
    t.o.eager = eager;
    t.o.step_events = true;
    t.s.reads = eager;
    assert_int_equal(fit(&t, &how), TL_OK);
    assert_true(how.end == TL_FIT_END_EPOCHS && how.epochs == 4 && how.steps == 24 && how.epoch_steps == 6);
    assert_true(hash_of(t.model) == hash_of(hand.model));
    assert_true(how.loss == loss && t.s.last_metric == accuracy && isnan(how.validation_loss));
    assert_true(how.best <= how.loss && how.best_epoch >= 1 && !how.metrics && !how.checkpoint);
    assert_true(t.s.epochs_begun == 4 && t.s.steps == 24 && t.s.epochs_ended == 4 && t.s.ends == 1);
    assert_int_equal(t.s.losses, eager ? 24 : 2); /* once for each size of a batch */
    free_context(t.c);
  }
  free_context(hand.c);
}

static void a_loss_that_reads_runs_as_it_is(void **state) {
  (void)state;
  training t = new_training(), other = new_training();
  tl_fit_state how;
  t.s.reads = true;
  assert_int_equal(fit(&t, &how), TL_OK);
  assert_int_equal(t.s.losses, 6);
  assert_int_equal(fit(&other, &how), TL_OK);
  assert_true(hash_of(t.model) == hash_of(other.model));
  free_context(t.c);
  free_context(other.c);
}

static void learns_and_evaluates(void **state) {
  (void)state;
  training t = new_training();
  tl_fit_state how;
  t.o.epochs = 25;
  t.o.validation = t.held_out;
  t.o.monitor = "validation/accuracy";
  t.o.maximize = true;
  assert_int_equal(fit(&t, &how), TL_OK);
  assert_true(how.best > 0.9 && how.validation_loss < 0.6);
  /* By hand, from what the model gives for all points at once. */
  double results[2];
  tl_dataset *whole = points(t.c, HELD_OUT, 1, HELD_OUT, false);
  tl_tensor *batch[2];
  assert_true(tl_dataset_next(whole, batch, 2));
  tl_tensor *logits = tl_layer_call(t.model, batch[0], false);
  const double loss = tl_tensor_item(tl_loss_sparse_categorical_cross_entropy(t.c, batch[1], logits, NULL));
  for (int again = 0; again < 2; again++) { /* from the beginning each time, wherever the data stand */
    t.s.destroyed = 0;
    assert_int_equal(
        tl_evaluate(t.c, t.model, t.held_out, &t.accuracy, 1, cross_entropy, &t.s, count_destroy, results, 2),
        TL_OK);
    assert_int_equal(t.s.destroyed, 1);
    assert_true(fabs(results[0] - loss) < 1e-6 && fabs(results[0] - how.validation_loss) < 1e-12);
    assert_true(tl_dataset_next(t.held_out, batch, 2));
  }
  tl_tensor *predicted = tl_predict(t.c, t.model, t.held_out);
  float one[HELD_OUT * 3], other[HELD_OUT * 3];
  assert_true(tl_tensor_rank(predicted) == 2 && tl_tensor_dim(predicted, 0) == HELD_OUT);
  assert_int_equal(tl_tensor_read(predicted, one, sizeof one), TL_OK);
  assert_int_equal(tl_tensor_read(logits, other, sizeof other), TL_OK);
  int right = 0;
  for (int i = 0; i < HELD_OUT; i++) {
    for (int k = 0; k < 3; k++) assert_true(fabsf(one[3 * i + k] - other[3 * i + k]) < 1e-5F);
    const float *row = one + 3 * i;
    const int best = row[1] > row[0] ? (row[2] > row[1] ? 2 : 1) : (row[2] > row[0] ? 2 : 0);
    right += best == (i + 1) % 3;
  }
  assert_true(fabs(results[1] - right / (double)HELD_OUT) < 1e-12);
  free_context(t.c);
}

/* ---- stopping and going on ----------------------------------------------------------------------------------------- */

static void with_checkpoints(training *t, const char *path, int64_t steps_per_epoch) {
  t->o.epochs = 5;
  t->o.steps_per_epoch = steps_per_epoch;
  t->o.validation = t->held_out;
  t->o.restore_best = steps_per_epoch == 0; /* else the last values are compared */
  t->o.step_events = true;
  t->o.checkpoints = path;
}

static double last_accuracy; /* in training, of the last epoch that this process has ended */

/* One run of a training that goes on from a folder: to `until` steps, where the flag stops it, or kill -9 in a process of its own. */
static tl_fit_end run_until(const char *path, int64_t limit, int64_t until, bool killed, tl_fit_state *how) {
  training t = new_training();
  with_checkpoints(&t, path, limit);
  t.o.asynchronous =
      !killed && until % 2; /* no threads in a forked child, which ThreadSanitizer does not know */
  t.o.checkpoint_steps = killed ? 3 : 0;
  t.s.stop_at = killed ? 0 : until;
  t.s.die_at = killed ? until : 0;
  assert_int_equal(fit(&t, how), TL_OK);
  if (how->end == TL_FIT_END_STOPPED) assert_int_equal(how->steps, until);
  last_accuracy = t.s.last_metric;
  free_context(t.c);
  return how->end;
}

static bool dies(const char *path, int64_t limit, int64_t until) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) { /* another program, or valgrind counts what a test of the parent has not freed yet */
    tl_fit_state how;
    if (run_until(path, limit, until, true, &how) == TL_FIT_END_EPOCHS)
      execl("/bin/true", "true", (char *)NULL);
    _exit(1);
  }
  int status = -1;
  assert_true(waitpid(child, &status, 0) == child);
  assert_true(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
  return WIFSIGNALED(status);
}

/* Runs that are stopped by the flag, or killed, again and again, end with the bits of a straight one. */
static void goes_on_with_the_same_bits(void **state) {
  (void)state;
  const int64_t limits[] = {0, 4}; /* an epoch of 6 steps, or of 4 */
  for (int k = 0; k < 2; k++) {
    training straight = new_training();
    tl_fit_state how, again;
    with_checkpoints(&straight, NULL, limits[k]);
    assert_int_equal(fit(&straight, &how), TL_OK);
    for (int killed = 0; killed < 2; killed++) {
      const char *path = in_folder((const char *[]){"stop-0", "stop-4", "kill-0", "kill-4"}[2 * killed + k]);
      int64_t until = 1; /* 1, 8, 15, ...: in the midst and at the end of epochs */
      if (killed)
        while (dies(path, limits[k], until + 3)) until += 7;
      else
        while (run_until(path, limits[k], until, false, &again) == TL_FIT_END_STOPPED) until += 7;
      assert_true(until > 14);
      if (!killed) assert_true(last_accuracy == straight.s.last_metric);
      training t = new_training(); /* what has ended ends again, with the same values */
      with_checkpoints(&t, path, limits[k]);
      assert_int_equal(fit(&t, &again), TL_OK);
      assert_true(t.s.steps == 0 && again.end == TL_FIT_END_EPOCHS && again.steps == how.steps);
      assert_true(again.loss == how.loss && again.validation_loss == how.validation_loss);
      assert_true(again.best == how.best && again.best_epoch == how.best_epoch && again.waited == how.waited);
      assert_true(hash_of(t.model) == hash_of(straight.model));
      free_context(t.c);
    }
    free_context(straight.c);
  }
}

static void a_flag_set_before_stops_before_the_first_step(void **state) {
  (void)state;
  training t = new_training();
  tl_fit_state how;
  with_checkpoints(&t, in_folder("flag"), 0);
  t.s.stop = 1;
  assert_int_equal(fit(&t, &how), TL_OK);
  assert_true(how.end == TL_FIT_END_STOPPED && how.steps == 0 && isnan(how.loss) && t.s.losses == 0);
  assert_int_equal(access(in_folder("flag/step-0/manifest.json"), R_OK), 0);
  t.s.stop = 0;
  assert_int_equal(fit(&t, &how), TL_OK);
  assert_true(how.end == TL_FIT_END_EPOCHS && how.steps == 30);
  free_context(t.c);
}

/* What a program adds to the checkpoint is saved and restored with the rest. */
static tl_status remember(tl_context *c, void *user_data, tl_fit_event event, const tl_fit_state *now) {
  script *s = user_data;
  int64_t seen = 0;
  (void)c;
  if (event == TL_FIT_EVENT_PREPARE) return tl_checkpoint_set_int64(now->checkpoint, "seen", 100);
  if (event != TL_FIT_EVENT_EPOCH_END) return TL_OK;
  if (tl_checkpoint_get_int64(now->checkpoint, "seen", &seen) != TL_OK) return TL_INTERNAL;
  s->epochs_ended = (int)seen + 1;
  return tl_checkpoint_set_int64(now->checkpoint, "seen", seen + 1);
}

static void a_program_adds_to_the_checkpoint(void **state) {
  (void)state;
  for (int run = 1; run <= 2; run++) {
    training t = new_training();
    t.o.epochs = 2 * run;
    t.o.checkpoints = in_folder("added");
    assert_int_equal(tl_fit(t.c, t.model, t.adam, t.train, &t.o, cross_entropy, remember, &t.s, NULL, NULL),
                     TL_OK);
    assert_int_equal(t.s.epochs_ended, 100 + 2 * run);
    free_context(t.c);
  }
}

/* ---- early stopping ------------------------------------------------------------------------------------------------ */

static void patience_ends_it_and_the_best_comes_back(void **state) {
  (void)state;
  training t = new_training();
  tl_fit_state how;
  assert_int_equal(tl_optimizer_set_learning_rate(t.adam, 50), TL_OK); /* it only gets worse */
  t.o.epochs = 40;
  t.o.validation = t.held_out;
  t.o.patience = 3;
  t.o.min_delta = 1e6; /* nothing is an improvement but the first */
  t.o.restore_best = true;
  t.o.checkpoints = in_folder("patience");
  assert_int_equal(fit(&t, &how), TL_OK);
  assert_true(how.end == TL_FIT_END_PATIENCE && how.epochs == 4 && how.best_epoch == 1 && how.waited == 3);
  float kernel[12];
  assert_int_equal(tl_tensor_read(tl_layer_variables(t.model, NULL)[0], kernel, sizeof kernel), TL_OK);
  for (int i = 0; i < 4; i++) assert_true(kernel[i] == (float)t.s.after_first[i]);
  assert_int_equal(fit(&t, &how), TL_OK); /* from the last checkpoint, to the same end */
  assert_true(how.end == TL_FIT_END_PATIENCE && how.epochs == 4 && t.s.epochs_ended == 4);
  assert_int_equal(tl_tensor_read(tl_layer_variables(t.model, NULL)[0], kernel, sizeof kernel), TL_OK);
  for (int i = 0; i < 4; i++) assert_true(kernel[i] == (float)t.s.after_first[i]);
  free_context(t.c);
}

static void without_patience_it_goes_to_the_last_epoch(void **state) {
  (void)state;
  training t = new_training();
  tl_fit_state how;
  t.o.epochs = 6;
  t.o.min_delta = 1e6;
  assert_int_equal(fit(&t, &how), TL_OK);
  assert_true(how.end == TL_FIT_END_EPOCHS && how.epochs == 6 && how.best_epoch == 1 && how.waited == 5);
  tl_tensor *batch[2]; /* data that stand at their end begin anew */
  assert_int_equal(tl_dataset_seek(t.train, 9, 6), TL_OK);
  t.o.epochs = 0; /* one */
  assert_int_equal(fit(&t, &how), TL_OK);
  assert_true(how.epochs == 1 && how.steps == 6 && tl_dataset_epoch(t.train) == 11);
  assert_true(tl_dataset_next(t.train, batch, 2)); /* those that stand in the midst go on there */
  assert_int_equal(fit(&t, &how), TL_OK);
  assert_true(how.epochs == 1 && how.steps == 5);
  free_context(t.c);
}

static void a_plateau_is_told(void **state) {
  (void)state;
  training t = new_training();
  tl_plateau_options p;
  tl_fit_state how;
  tl_plateau_options_init(&p, sizeof p);
  p.factor = 0.5, p.patience = 2, p.min_delta = 1e6;
  t.o.plateau = tl_schedule_plateau(t.c, tl_schedule_constant(t.c, 0.02), &p);
  assert_int_equal(tl_optimizer_set_schedule(t.adam, t.o.plateau), TL_OK);
  t.o.epochs = 5; /* the first is the best, epochs 3 and 5 halve the rate */
  assert_int_equal(fit(&t, &how), TL_OK);
  assert_true(fabs(tl_optimizer_learning_rate(t.adam) - 0.005) < 1e-12);
  free_context(t.c);
}

/* ---- logs and progress --------------------------------------------------------------------------------------------- */

static void logs_and_shows_each_epoch(void **state) {
  (void)state;
  training t = new_training();
  tl_fit_state how;
  tl_progress_options look;
  tl_progress_options_init(&look, sizeof look);
  look.no_times = look.ascii = true;
  look.width = 200;
  t.o.epochs = 2;
  t.o.validation = t.held_out;
  tl_logger *loggers[] = {tl_logger_csv(t.c, in_folder("log.csv"), false),
                          tl_logger_json_lines(t.c, in_folder("log.jsonl"), false)};
  t.o.loggers = loggers;
  t.o.num_loggers = 2;
  t.o.progress = tl_progress_new(t.c, &look);
  assert_int_equal(fit(&t, &how), TL_OK);
  char text[512];
  assert_int_equal(tl_progress_text(t.o.progress, text, sizeof text, NULL), TL_OK);
  assert_non_null(strstr(text, "epoch 2/2"));
  assert_non_null(strstr(text, "6/6  loss "));
  assert_non_null(strstr(text, "accuracy "));
  assert_non_null(strstr(text, "validation/loss "));
  FILE *log = fopen(in_folder("log.csv"), "r");
  assert_non_null(log);
  assert_non_null(fgets(text, sizeof text, log));
  assert_string_equal(
      text, "step,wall_time,train/loss,train/accuracy,validation/loss,validation/accuracy,learning_rate\n");
  double loss = 0;
  for (int epoch = 1; epoch <= 2; epoch++) {
    int step = 0;
    assert_non_null(fgets(text, sizeof text, log));
    assert_int_equal(sscanf(text, "%d,%*[^,],%lf", &step, &loss), 2);
    assert_int_equal(step, epoch);
  }
  assert_true(loss == how.loss);
  assert_null(fgets(text, sizeof text, log));
  fclose(log);
  log = fopen(in_folder("log.jsonl"), "r");
  assert_non_null(log);
  for (int epoch = 1; epoch <= 2; epoch++) assert_non_null(fgets(text, sizeof text, log));
  assert_non_null(strstr(text, "{\"step\": 2, "));
  assert_non_null(strstr(text, "\"learning_rate\": 0.02}"));
  assert_null(fgets(text, sizeof text, log));
  fclose(log);
  free_context(t.c);
}

/* ---- what it refuses ----------------------------------------------------------------------------------------------- */

static void refuses_what_makes_no_sense(void **state) {
  (void)state;
  training t = new_training();
  tl_context *c = t.c;
  tl_fit_state how = {.struct_size = sizeof how};
  const tl_fit_options good = t.o;
#define REFUSED(text)                                                                              \
  do {                                                                                             \
    t.s.destroyed = 0;                                                                             \
    assert_int_equal(                                                                              \
        tl_fit(c, t.model, t.adam, t.train, &t.o, cross_entropy, hear, &t.s, count_destroy, &how), \
        TL_INVALID_ARGUMENT);                                                                      \
    assert_int_equal(t.s.destroyed, 1);                                                            \
    assert_true(how.end == TL_FIT_END_NONE && how.steps == 0);                                     \
    expect_error(c, TL_INVALID_ARGUMENT, text);                                                    \
    t.o = good;                                                                                    \
  } while (0)
  t.o.epochs = -1;
  REFUSED("[fit] 'epochs'");
  t.o.patience = -1;
  REFUSED("must not be negative");
  t.o.min_delta = NAN;
  REFUSED("'min_delta'");
  t.o.non_finite = 7;
  REFUSED("'non_finite'");
  t.o.struct_size = 3;
  REFUSED("'struct_size' of the options");
  t.o.monitor = "train/accuracy"; /* which is not computed */
  REFUSED("got 'train/accuracy'; there are train/loss");
  t.o.monitor = "validation/loss";
  REFUSED("'monitor'");
  t.o.num_metrics = 1;
  REFUSED("'metrics' must hold");
  tl_metric *none[] = {NULL};
  t.o.num_metrics = 1, t.o.metrics = none;
  REFUSED("'metrics[0]' must be a metric: got NULL");
  tl_metric *two[] = {tl_metric_mean(c, "r"), tl_metric_sparse_categorical_accuracy(c, "r")};
  t.o.num_metrics = 2, t.o.metrics = two;
  REFUSED("a name of its own, other than 'loss': got 'r' twice");
  tl_metric *loss[] = {tl_metric_sparse_categorical_accuracy(c, "loss")};
  t.o.num_metrics = 1, t.o.metrics = loss;
  REFUSED("got 'loss' twice");
  t.o.num_loggers = 1;
  REFUSED("'loggers' must hold");
  t.o.validation = t.train;
  REFUSED("'validation' must be another dataset");
  t.o.max_to_keep = -7, t.o.checkpoints = in_folder("refused");
  REFUSED("max_to_keep");
  t.o.checkpoints = "";
  REFUSED("");
  how.struct_size = 3;
  assert_int_equal(tl_fit(c, t.model, t.adam, t.train, &t.o, cross_entropy, NULL, &t.s, NULL, &how),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'struct_size' of the state");
  how.struct_size = sizeof how;
  tl_layer *model = t.model;
  t.model = NULL;
  REFUSED("'model' must be a layer: got NULL");
  t.model = tl_flatten_layer(c, NULL);
  REFUSED("trainable variables");
  t.model = model;
  tl_optimizer *adam = t.adam;
  t.adam = NULL;
  REFUSED("'optimizer'");
  t.adam = (tl_optimizer *)t.model;
  REFUSED("optimizer");
  t.adam = adam;
  tl_dataset *train = t.train;
  t.train = NULL;
  REFUSED("'train' must be a dataset: got NULL");
  t.train = tl_dataset_repeat(c, train, -1);
  REFUSED("must have an end");
  t.train = tl_dataset_take(c, train, 0);
  REFUSED("must have an element");
  t.train = tl_dataset_from_tensors(c, (tl_tensor *[]){tl_ones(c, (int64_t[]){6, 2}, 2)}, 1);
  t.o.metrics = &t.accuracy, t.o.num_metrics = 1;
  REFUSED("metrics need labels");
  t.train = train;
  tl_metric *curve = tl_metric_true_positives(c, (double[]){0.2, 0.8}, 2, NULL);
  t.o.metrics = &curve, t.o.num_metrics = 1;
  REFUSED("metric_result");
  assert_int_equal(tl_fit(c, model, adam, train, NULL, NULL, NULL, NULL, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'loss' must be a function");
  assert_int_equal(tl_fit(NULL, model, adam, train, NULL, cross_entropy, NULL, &t.s, count_destroy, &how),
                   TL_INVALID_ARGUMENT);
  training other = new_training();
  assert_int_equal(tl_fit(c, other.model, adam, train, NULL, cross_entropy, NULL, &t.s, NULL, NULL),
                   TL_INVALID_ARGUMENT);
  assert_true(tl_failed(c));
  tl_clear_error(c);
  tl_clear_error(other.c);
  free_context(other.c);
  tl_layer_release(model);
  REFUSED("");
  free_context(c);
}

static void data_that_do_not_fit_change_nothing(void **state) {
  (void)state;
  training t = new_training();
  tl_fit_state how;
  assert_int_equal(tl_layer_build(t.model, (int64_t[]){8, 2}, 2), TL_OK);
  const uint64_t before = hash_of(t.model);
  tl_tensor *wide[] = {tl_ones(t.c, (int64_t[]){6, 5}, 2), tl_zeros(t.c, (int64_t[]){6}, 1)};
  tl_dataset *good = t.train;
  t.train = tl_dataset_batch(t.c, tl_dataset_from_tensors(t.c, wide, 2), 3, false);
  assert_int_equal(fit(&t, &how), TL_INVALID_ARGUMENT); /* five features for a model of two */
  expect_error(t.c, TL_INVALID_ARGUMENT, "5");
  t.train = good;
  t.o.validation = tl_dataset_batch(t.c, tl_dataset_from_tensors(t.c, wide, 2), 3, false);
  assert_int_equal(fit(&t, &how), TL_INVALID_ARGUMENT);
  assert_true(how.steps == 6 && how.epochs == 0); /* behind the first epoch */
  expect_error(t.c, TL_INVALID_ARGUMENT, "5");
  assert_true(hash_of(t.model) != before);
  double results[2] = {1, 1};
  assert_int_equal(
      tl_evaluate(t.c, t.model, t.o.validation, &t.accuracy, 1, cross_entropy, &t.s, NULL, results, 2),
      TL_INVALID_ARGUMENT);
  assert_true(isnan(results[0]) && isnan(results[1]));
  tl_clear_error(t.c);
  assert_int_equal(
      tl_evaluate(t.c, t.model, t.held_out, &t.accuracy, 1, cross_entropy, &t.s, NULL, results, 1),
      TL_INVALID_ARGUMENT);
  expect_error(t.c, TL_INVALID_ARGUMENT, "'results'");
  assert_int_equal(tl_evaluate(t.c, t.model, tl_dataset_take(t.c, t.held_out, 0), NULL, 0, cross_entropy,
                               &t.s, NULL, results, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(t.c, TL_INVALID_ARGUMENT, "[evaluate] 'data' must have an element");
  assert_null(tl_predict(t.c, t.model, tl_dataset_take(t.c, t.held_out, 0)));
  expect_error(t.c, TL_INVALID_ARGUMENT, "[predict] 'data' must have an element");
  assert_null(tl_predict(t.c, NULL, t.held_out));
  expect_error(t.c, TL_INVALID_ARGUMENT, "[predict] 'model'");
  assert_null(tl_predict(t.c, t.model, NULL));
  expect_error(t.c, TL_INVALID_ARGUMENT, "[predict] 'data' must be a dataset");
  assert_null(tl_predict(NULL, t.model, t.held_out));
  free_context(t.c);
}

static void failures_of_callbacks_end_it(void **state) {
  (void)state;
  for (int eager = 0; eager < 2; eager++) {
    training t = new_training();
    tl_fit_state how;
    tl_context_statistics before = {.struct_size = sizeof before}, after = {.struct_size = sizeof after};
    t.o.eager = eager;
    t.o.step_events = true;
    assert_int_equal(tl_layer_build(t.model, (int64_t[]){8, 2}, 2), TL_OK);
    float kernel[12], now[12];
    tl_tensor *weights = tl_layer_variables(t.model, NULL)[0];
    assert_int_equal(tl_tensor_read(weights, kernel, sizeof kernel), TL_OK);
    assert_int_equal(tl_context_stats(t.c, &before), TL_OK);
    t.s.loss_fails = TL_NOT_FOUND;
    t.s.leaves_scopes = true;
    assert_int_equal(fit(&t, &how), TL_NOT_FOUND);
    expect_error(t.c, TL_NOT_FOUND, "[program] no loss today");
    t.s.silent = true;
    assert_int_equal(fit(&t, &how), TL_NOT_FOUND);
    expect_error(t.c, TL_NOT_FOUND, "the loss must set the error");
    t.s.loss_fails = TL_OK;
    assert_int_equal(fit(&t, &how), TL_INVALID_ARGUMENT);
    expect_error(t.c, TL_INVALID_ARGUMENT, "the loss must set its output");
    t.s.silent = false;
    t.s.wide = true;
    assert_int_equal(fit(&t, &how), TL_INVALID_ARGUMENT);
    expect_error(t.c, TL_INVALID_ARGUMENT, "a single number");
    t.s.wide = false;
    assert_int_equal(tl_tensor_read(weights, now, sizeof now), TL_OK);
    assert_memory_equal(kernel, now, sizeof now); /* no loss, no step */
    assert_int_equal(how.steps, 0);
    t.s.fail_at = 4;
    t.o.epochs = 2; /* of the first, four batches have gone */
    assert_int_equal(fit(&t, &how), TL_IO);
    expect_error(t.c, TL_IO, "the lights went out");
    assert_true(how.steps == 4 && how.end == TL_FIT_END_NONE);
    t.s.fail_at = 0;
    assert_int_equal(fit(&t, &how), TL_OK);
    assert_int_equal(tl_context_stats(t.c, &after), TL_OK);
    assert_true(after.scopes == before.scopes && after.tapes == before.tapes &&
                after.tensors <= before.tensors + 2);
    free_context(t.c);
  }
}

static tl_status without_words(tl_context *c, void *user_data, tl_fit_event event, const tl_fit_state *now) {
  (void)c, (void)user_data, (void)now;
  return event == TL_FIT_EVENT_EPOCH_BEGIN ? TL_BUSY : TL_OK;
}

static void a_callback_says_what_is_wrong(void **state) {
  (void)state;
  training t = new_training();
  assert_int_equal(
      tl_fit(t.c, t.model, t.adam, t.train, NULL, cross_entropy, without_words, &t.s, NULL, NULL), TL_BUSY);
  expect_error(t.c, TL_BUSY, "[fit] the callback must set the error");
  assert_int_equal(tl_context_cancel(t.c), TL_OK);
  assert_int_equal(tl_fit(t.c, t.model, t.adam, t.train, NULL, cross_entropy, NULL, &t.s, NULL, NULL),
                   TL_CANCELLED);
  tl_clear_error(t.c);
  free_context(t.c);
}

static tl_status infinite_later(tl_context *c, void *user_data, tl_tensor *const *in, size_t n,
                                tl_tensor **out, size_t m) {
  const tl_status status = cross_entropy(c, user_data, in, n, out, m);
  /* exp(1000 loss) overflows in f32 whatever the weights are */
  out[0] = tl_exp(c, tl_mul_scalar(c, out[0], 1000));
  return status;
}

static void a_loss_that_is_not_finite(void **state) {
  (void)state;
  training t = new_training();
  tl_step_options skip;
  tl_step_options_init(&skip, sizeof skip);
  skip.non_finite = TL_NON_FINITE_GRADIENTS_SKIP;
  assert_int_equal(tl_optimizer_configure(t.adam, &skip), TL_OK);
  assert_int_equal(tl_layer_build(t.model, (int64_t[]){8, 2}, 2), TL_OK);
  float before[12], now[12];
  assert_int_equal(tl_tensor_read(tl_layer_variables(t.model, NULL)[0], before, sizeof before), TL_OK);
  tl_fit_state how = {.struct_size = sizeof how};
  const tl_fit_non_finite policies[] = {TL_FIT_NON_FINITE_ERROR, TL_FIT_NON_FINITE_STOP,
                                        TL_FIT_NON_FINITE_IGNORE};
  for (int i = 0; i < 3; i++) {
    t.o.non_finite = policies[i];
    const tl_status status =
        tl_fit(t.c, t.model, t.adam, t.train, &t.o, infinite_later, NULL, &t.s, NULL, &how);
    assert_int_equal(status, i == 0 ? TL_NON_FINITE : TL_OK);
    if (i == 0) expect_error(t.c, TL_NON_FINITE, "[fit] the loss must be finite: got inf in step 1, epoch 1");
    const tl_fit_end ends[] = {TL_FIT_END_NONE, TL_FIT_END_NON_FINITE, TL_FIT_END_EPOCHS};
    assert_true(how.end == ends[i] && how.steps == (i < 2 ? 1 : 4)); /* data go on where they are */
    assert_true(i < 2 || (isinf(how.loss) && how.best_epoch == 1));
  }
  assert_int_equal(tl_tensor_read(tl_layer_variables(t.model, NULL)[0], now, sizeof now), TL_OK);
  assert_memory_equal(before, now, sizeof now); /* the optimizer has skipped these steps */
  assert_int_equal(tl_optimizer_skipped_steps(t.adam), 6);
  free_context(t.c);
}

int trainer_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_bits_of_a_loop_by_hand),
      cmocka_unit_test(a_loss_that_reads_runs_as_it_is),
      cmocka_unit_test(learns_and_evaluates),
      cmocka_unit_test_setup_teardown(goes_on_with_the_same_bits, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(a_flag_set_before_stops_before_the_first_step, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(a_program_adds_to_the_checkpoint, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(patience_ends_it_and_the_best_comes_back, make_folder, remove_folder),
      cmocka_unit_test(without_patience_it_goes_to_the_last_epoch),
      cmocka_unit_test(a_plateau_is_told),
      cmocka_unit_test_setup_teardown(logs_and_shows_each_epoch, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(refuses_what_makes_no_sense, make_folder, remove_folder),
      cmocka_unit_test(data_that_do_not_fit_change_nothing),
      cmocka_unit_test(failures_of_callbacks_end_it),
      cmocka_unit_test(a_callback_says_what_is_wrong),
      cmocka_unit_test(a_loss_that_is_not_finite),
  };
  return RUN_GROUP("trainer", tests);
}
