/* What comes out of the trainer when something is wrong: errors in the words of its caller, before the first step where they can be known,
 * callbacks that try to end what the fit stands on, and steps that are not finite. */
#include "tests/capi/harness.h"

/* What the callbacks do; a regression that can be learnt, with batch normalisation where `normalised`. */
typedef struct {
  tl_context *c;
  tl_layer *model;
  tl_optimizer *sgd;
  tl_dataset *train, *held_out;
  tl_metric *error;
  tl_fit_options o;
  tl_fit_state how;
  tl_fit_event at; /* when the listener acts */
  int act, events, losses, attacks;
  tl_fit_event heard[64];
  tl_tensor *kept;
} fitting;

enum { NOTHING, ATTACK, KEEP, RELEASE_TRAIN, RELEASE_VALIDATION, OPEN_A_SCOPE, STATUS_ONLY, NO_STATUS };

static void attack(fitting *f) {
  f->attacks++;
  assert_int_equal(tl_context_free(f->c), TL_BUSY);
  for (int i = 0; i < 4; i++) {
    assert_int_equal(tl_scope_end(f->c), TL_FAILED_PRECONDITION);
    expect_error(f->c, TL_FAILED_PRECONDITION, "[scope_end] a callback ends only scopes that it began");
  }
}

static tl_status squares(tl_context *c, void *user_data, tl_tensor *const *in, size_t n, tl_tensor **out,
                         size_t m) {
  fitting *f = user_data;
  assert_true(n == 3 && m == 1);
  f->losses++;
  if (f->act == ATTACK) attack(f);
  if (f->act == OPEN_A_SCOPE) assert_int_equal(tl_scope_begin(c) + tl_scope_begin(c), TL_OK);
  out[0] = tl_mean(c, tl_square(c, tl_sub(c, in[0], in[2])));
  return tl_error_code(c);
}

static tl_status hear(tl_context *c, void *user_data, tl_fit_event event, const tl_fit_state *now) {
  fitting *f = user_data;
  (void)now;
  assert_true(f->events < 64);
  f->heard[f->events++] = event;
  if (f->at && event != f->at) return TL_OK;
  if (f->act == ATTACK) attack(f);
  if (f->act == KEEP) f->kept = tl_keep(tl_ones(c, (int64_t[]){2}, 1));
  if (f->act == RELEASE_TRAIN) tl_dataset_release(f->train);
  if (f->act == RELEASE_VALIDATION) tl_dataset_release(f->held_out);
  if (f->act == OPEN_A_SCOPE) return tl_scope_begin(c);
  if (f->act == STATUS_ONLY) return TL_CORRUPT_DATA;
  if (f->act == NO_STATUS) (void)!tl_set_error(c, TL_IO, "[program] said, and TL_OK");
  return TL_OK;
}

static tl_dataset *line(tl_context *c, int64_t count) {
  tl_tensor *steps = tl_reshape(c, tl_cast(c, tl_range(c, count), TL_F32), (int64_t[]){count, 1}, 2);
  tl_tensor *x = tl_mul_scalar(c, steps, 0.1);
  tl_tensor *both[] = {x, tl_mul_scalar(c, x, 2)};
  return tl_dataset_batch(c, tl_dataset_from_tensors(c, both, 2), 4, false);
}

static fitting new_fitting(bool normalised) {
  fitting f = {.c = new_context()};
  tl_context *c = f.c;
  tl_sgd_options slow;
  tl_sgd_options_init(&slow, sizeof slow);
  slow.learning_rate = 0.05;
  tl_layer *layers[] = {tl_dense(c, 1, NULL), tl_batch_normalization(c, NULL)};
  f.model = tl_sequential(c, layers, normalised ? 2 : 1);
  f.sgd = tl_sgd(c, &slow);
  f.train = line(c, 10);
  f.held_out = line(c, 6);
  f.error = tl_metric_root_mean_squared_error(c, "rmse");
  tl_fit_options_init(&f.o, sizeof f.o);
  assert_false(tl_failed(c));
  return f;
}

static tl_status fit(fitting *f) {
  f->how = (tl_fit_state){.struct_size = sizeof f->how};
  f->events = f->losses = f->attacks = 0;
  return tl_fit(f->c, f->model, f->sgd, f->train, &f->o, squares, hear, f, NULL, &f->how);
}

/* The fit fails with that text, and leaves nothing open. */
static void refused(fitting *f, tl_status code, const char *text) {
  tl_context_statistics before = {.struct_size = sizeof before}, after = before;
  assert_int_equal(tl_context_stats(f->c, &before), TL_OK);
  assert_int_equal(fit(f), code);
  expect_error(f->c, code, text);
  assert_int_equal(tl_context_stats(f->c, &after), TL_OK);
  assert_true(after.scopes == before.scopes && after.tapes == before.tapes);
}

/* ---- callbacks ----------------------------------------------------------------------------------------------------- */

static void callbacks_cannot_end_what_the_fit_stands_on(void **state) {
  (void)state;
  for (int eager = 0; eager < 2; eager++) {
    fitting f = new_fitting(false);
    assert_int_equal(tl_scope_begin(f.c), TL_OK);
    f.act = ATTACK;
    f.o.eager = eager;
    f.o.step_events = true;
    f.o.epochs = 2;
    f.o.validation = f.held_out;
    assert_int_equal(fit(&f), TL_OK);
    assert_true(f.how.end == TL_FIT_END_EPOCHS && f.how.steps == 6);
    const tl_fit_event all[] = {1, 2, 3, 3, 3, 4, 2, 3, 3, 3, 4, 5};
    assert_int_equal(f.events, 12);
    assert_memory_equal(f.heard, all, sizeof all);
    assert_int_equal(f.attacks, f.events + f.losses);
    double result;
    f.losses = f.attacks = 0;
    assert_int_equal(tl_evaluate(f.c, f.model, f.held_out, NULL, 0, squares, &f, NULL, &result, 1), TL_OK);
    assert_true(f.attacks == f.losses && f.losses >= 1);
    assert_int_equal(tl_scope_end(f.c), TL_OK); /* that of the program is there */
    free_context(f.c);
  }
}

static void what_a_callback_makes_ends_with_the_fit(void **state) {
  (void)state;
  fitting f = new_fitting(false);
  f.act = KEEP;
  f.at = TL_FIT_EVENT_PREPARE;
  assert_int_equal(fit(&f), TL_OK);
  assert_true(tl_tensor_item(tl_sum(f.c, f.kept)) == 2); /* one scope out it is the program's */
  f.act = OPEN_A_SCOPE;
  f.at = 0;
  for (int eager = 0; eager < 2; eager++) {
    tl_context_statistics now = {.struct_size = sizeof now};
    f.o.eager = eager;
    assert_int_equal(fit(&f), TL_OK);
    assert_int_equal(tl_context_stats(f.c, &now), TL_OK);
    assert_int_equal(now.scopes, 0);
  }
  free_context(f.c);
}

static void callbacks_that_fail_are_named_with_their_status(void **state) {
  (void)state;
  fitting f = new_fitting(false);
  f.at = TL_FIT_EVENT_EPOCH_END;
  f.act = STATUS_ONLY;
  refused(
      &f, TL_CORRUPT_DATA,
      "[fit] the callback must set the error that it returns: got status 6 (corrupt data) and no error at "
      "TL_FIT_EVENT_EPOCH_END; call tl_set_error()");
  f.act = NO_STATUS;
  refused(&f, TL_IO, "[program] said, and TL_OK");
  free_context(f.c);
  /* What a callback releases is an error where it is needed, in the words of the fit. */
  f = new_fitting(false);
  f.o.validation = f.held_out;
  f.at = TL_FIT_EVENT_EPOCH_BEGIN;
  f.act = RELEASE_VALIDATION;
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'validation' is not a live handle: got one that was released");
  assert_int_equal(f.how.steps, 3);
  free_context(f.c);
  f = new_fitting(false);
  f.at = TL_FIT_EVENT_EPOCH_BEGIN;
  f.act = RELEASE_TRAIN;
  assert_int_equal(fit(&f), TL_OK); /* the checkpoint of the fit keeps it: see the header */
  free_context(f.c);
}

static tl_status wrong_loss(tl_context *c, void *user_data, tl_tensor *const *in, size_t n, tl_tensor **out,
                            size_t m) {
  (void)n, (void)m;
  switch (*(int *)user_data) {
    case 0: return TL_NOT_FOUND;
    case 1: return 4444;
    case 2: return TL_OK;
    case 3: out[0] = in[0]; return TL_OK;
    case 4: tl_tensor_release(out[0] = tl_mean(c, in[0])); return TL_OK;
    default: out[0] = tl_reshape(c, in[0], (int64_t[]){7}, 1); return tl_error_code(c);
  }
}

static void losses_that_are_wrong_are_named_with_what_they_gave(void **state) {
  (void)state;
  const struct {
    tl_status code;
    const char *text;
  } said[] = {
      {TL_NOT_FOUND,
       "the loss must set the error that it returns: got status 4 (not found) and no error; call"},
      {TL_INVALID_ARGUMENT, "the loss must set the error that it returns: got status 4444 (unknown code)"},
      {TL_INVALID_ARGUMENT, "the loss must set its output: got NULL; set outputs[0]"},
      {TL_INVALID_ARGUMENT, "the loss must be a single number: got a tensor of shape (4, 1); take its mean"},
      {TL_INVALID_ARGUMENT, "the output of the loss is not a live handle: got one that was released"},
      {TL_INVALID_ARGUMENT, "[reshape] "}, /* what the program has called stays as it is */
  };
  for (int kind = 0; kind < 6; kind++)
    for (int eager = 0; eager < 2; eager++) {
      fitting f = new_fitting(false);
      double result;
      char text[200];
      const bool own = kind == 5;
      f.o.eager = eager;
      assert_int_equal(tl_fit(f.c, f.model, f.sgd, f.train, &f.o, wrong_loss, NULL, &kind, NULL, NULL),
                       said[kind].code);
      (void)snprintf(text, sizeof text, "%s%s", own ? "" : "[fit] step 1, epoch 1: ", said[kind].text);
      expect_error(f.c, said[kind].code, text);
      assert_int_equal(tl_evaluate(f.c, f.model, f.held_out, NULL, 0, wrong_loss, &kind, NULL, &result, 1),
                       said[kind].code);
      (void)snprintf(text, sizeof text, "%s%s",
                     own ? "" : "[evaluate] element 1 of 'data': ", said[kind].text);
      expect_error(f.c, said[kind].code, text);
      free_context(f.c);
    }
}

/* ---- before the first step ----------------------------------------------------------------------------------------- */

static void arguments_are_named_as_the_program_knows_them(void **state) {
  (void)state;
  fitting f = new_fitting(false), other = new_fitting(false);
  tl_context *c = f.c;
  tl_layer *const model = f.model;
  const tl_fit_options good = f.o;
  const struct {
    tl_fit_options o;
    const char *text;
  } options[] = {
#define WITH(...) ((tl_fit_options){.struct_size = sizeof(tl_fit_options), __VA_ARGS__})
      {WITH(.epochs = -3), "[fit] 'epochs' must not be negative: got -3; 0 stands"},
      {WITH(.checkpoint_steps = -1), "[fit] 'checkpoint_steps' must not be negative: got -1"},
      {WITH(.keep_every = -2), "[fit] 'keep_every' must not be negative: got -2"},
      {WITH(.min_delta = -0.5), "[fit] 'min_delta' must be finite and not negative: got -0.5"},
      {WITH(.non_finite = 9), "[fit] 'non_finite' must be error (0), stop (1) or ignore (2): got 9"},
      {WITH(.checkpoints = ""), "[fit] 'checkpoints' must name a folder: got an empty text"},
      {WITH(.checkpoints = "never-made", .max_to_keep = -7), "[fit] 'max_to_keep' must be at least 1, or -1"},
      {WITH(.monitor = "validation/loss"),
       "there are train/loss, and none of a validation, which the option"},
      {WITH(.num_metrics = 2), "[fit] 'metrics' must hold 'num_metrics' metrics: got NULL and 2"},
      {WITH(.metrics = (tl_metric *[]){NULL}, .num_metrics = 1),
       "[fit] 'metrics[0]' must be a metric: got NULL"},
      {WITH(.metrics = (tl_metric *[]){f.error, other.error}, .num_metrics = 2),
       "[fit] 'metrics[1]' must be a metric of this context: got a metric of another context"},
      {WITH(.metrics = (tl_metric *[]){(tl_metric *)model}, .num_metrics = 1),
       "[fit] 'metrics[0]' must be a metric of this context: got a layer"},
      {WITH(.num_loggers = 1), "[fit] 'loggers' must hold 'num_loggers' loggers: got NULL and 1"},
      {WITH(.loggers = (tl_logger *[]){NULL}, .num_loggers = 1), "got NULL as 'loggers[0]'; was it made?"},
      {WITH(.loggers = (tl_logger *[]){(tl_logger *)model}, .num_loggers = 1),
       "[fit] 'loggers[0]' must be a logger"},
      {WITH(.progress = (tl_progress *)model), "[fit] 'progress' must be a progress"},
      {WITH(.validation = (tl_dataset *)model), "[fit] 'validation' must be a dataset"},
      {WITH(.validation = f.train), "[fit] 'validation' must be another dataset than 'train'"},
      {WITH(.validation = tl_dataset_take(c, f.held_out, 0)),
       "[fit] 'validation' must have an element: got none"},
      {WITH(.validation = tl_dataset_repeat(c, f.held_out, -1)), "[fit] 'validation' must have an end: got"},
  };
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    f.o = options[i].o;
    refused(&f, TL_INVALID_ARGUMENT, options[i].text);
    assert_true(f.events == 0 && f.how.steps == 0); /* before the program hears of anything */
  }
  tl_metric *many[33]; /* what the bar has no room for is no surprise at the end of the first epoch */
  for (int i = 0; i < 33; i++) {
    char name[16];
    (void)snprintf(name, sizeof name, "m%d", i);
    many[i] = tl_metric_root_mean_squared_error(c, name);
  }
  f.o = WITH(.metrics = many, .num_metrics = 33, .progress = tl_progress_new(c, NULL),
             .validation = f.held_out);
  refused(&f, TL_INVALID_ARGUMENT,
          "[fit] 'progress' shows at most 64 numbers: got 68, the loss and the metrics of");
  f.o.validation = NULL;
  assert_int_equal(fit(&f), TL_OK);
  f.o = good;
  f.model = NULL;
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'model' must be a layer: got NULL; it was never made");
  f.model = other.model;
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'model' must be a layer of this context: got a layer of another");
  f.model = (tl_layer *)f.sgd;
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'model' must be a layer of this context: got an optimizer");
  f.model = model;
  tl_dataset *const train = f.train;
  f.train = (tl_dataset *)model;
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'train' must be a dataset of this context: got a layer");
  f.train = other.train;
  refused(&f, TL_INVALID_ARGUMENT,
          "[fit] 'train' must be a dataset of this context: got a dataset of another");
  f.train = tl_dataset_take(c, train, 1);
  tl_dataset_release(f.train);
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'train' is not a live handle: got one that was released");
  f.train = train;
  tl_optimizer *const sgd = f.sgd;
  f.sgd = NULL;
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'optimizer' must be an optimizer: got NULL");
  f.sgd = other.sgd;
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'optimizer' must be an optimizer of this context");
  f.sgd = sgd;
  assert_int_equal(fit(&f), TL_OK);
  free_context(c);
  tl_clear_error(other.c); /* a call on a handle of it has left its error there */
  free_context(other.c);
}

static void evaluation_and_prediction_name_their_arguments(void **state) {
  (void)state;
  fitting f = new_fitting(false), other = new_fitting(false);
  tl_context *c = f.c;
  double r[2];
  assert_int_equal(fit(&f), TL_OK);
  assert_int_equal(tl_evaluate(c, f.model, f.held_out, &f.error, 1, squares, &f, NULL, r, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got an array for 1 numbers with 1 metrics; 'num_results' is");
  assert_int_equal(
      tl_evaluate(c, f.model, f.held_out, &f.error, 1, squares, &f, NULL, r, ((size_t)1 << 24) + 1),
      TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "got an array for 16777217 numbers with 1 metrics");
  assert_int_equal(tl_evaluate(c, other.model, f.held_out, NULL, 0, squares, &f, NULL, r, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[evaluate] 'model' must be a layer of this context: got a layer of");
  assert_int_equal(tl_evaluate(c, f.model, f.held_out, NULL, 0, NULL, &f, NULL, r, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[evaluate] 'loss' must be a function: got NULL");
  assert_int_equal(tl_evaluate(c, f.model, other.held_out, NULL, 0, squares, &f, NULL, r, 1),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[evaluate] element 1 of 'data': 'inputs[0]' must be a tensor of this");
  tl_metric *mean = tl_metric_mean(c, "mean");
  assert_int_equal(tl_evaluate(c, f.model, f.held_out, &mean, 1, squares, &f, NULL, r, 2),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[evaluate] element 1 of 'data': mean: a mean or sum takes values");
  tl_tensor *wide = tl_ones(c, (int64_t[]){6, 5}, 2);
  tl_dataset *five = tl_dataset_batch(c, tl_dataset_from_tensors(c, &wide, 1), 3, false);
  assert_null(tl_predict(c, f.model, five));
  expect_error(c, TL_INVALID_ARGUMENT, "[predict] element 1 of 'data': Dense layer 'dense': ");
  assert_null(tl_predict(c, (tl_layer *)five, five));
  expect_error(c, TL_INVALID_ARGUMENT, "[predict] 'model' must be a layer of this context: got a dataset");
  assert_null(tl_predict(c, f.model, tl_dataset_repeat(c, five, -1)));
  expect_error(c, TL_INVALID_ARGUMENT, "[predict] 'data' must have an end: got a dataset that repeats");
  free_context(c);
  tl_clear_error(other.c);
  free_context(other.c);
}

static void a_plateau_that_would_do_nothing_is_refused_at_once(void **state) {
  (void)state;
  fitting f = new_fitting(false);
  tl_context *c = f.c;
  tl_plateau_options rising;
  tl_plateau_options_init(&rising, sizeof rising);
  rising.maximize = true;
  tl_schedule *base = tl_schedule_constant(c, 0.05), *plateau = tl_schedule_plateau(c, base, NULL);
  tl_schedule *up = tl_schedule_plateau(c, base, &rising), *warm = tl_schedule_warmup(c, 0, 2, plateau);
  f.o.plateau = base;
  refused(&f, TL_INVALID_ARGUMENT,
          "[fit] 'plateau' must be a plateau, which alone takes a metric: got another");
  f.o.plateau = plateau; /* the optimizer has no schedule */
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'plateau': the steps of 'sgd' must follow the plateau");
  assert_int_equal(tl_optimizer_set_schedule(f.sgd, up), TL_OK);
  refused(&f, TL_INVALID_ARGUMENT,
          "[fit] 'plateau': the steps of 'sgd' must follow the plateau"); /* another */
  f.o.plateau = up;
  refused(&f, TL_INVALID_ARGUMENT, "got one that is to fall, and a plateau for one that is to rise; set");
  assert_int_equal(f.events, 0);
  assert_int_equal(tl_optimizer_check_plateau(f.sgd, up, true), TL_OK);
  assert_int_equal(tl_optimizer_set_schedule(f.sgd, warm), TL_OK);
  f.o.plateau = warm; /* it holds one, and is none */
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'plateau' must be a plateau");
  f.o.plateau = plateau;
  assert_int_equal(fit(&f), TL_OK);
  f.o.maximize = true;
  refused(&f, TL_INVALID_ARGUMENT, "got one that is to rise, and a plateau for one that is to fall");
  f.o.maximize = false;
  f.o.plateau = (tl_schedule *)f.model;
  refused(&f, TL_INVALID_ARGUMENT, "[fit] 'plateau' must be a schedule of this context: got a layer");
  /* The schedule of a group is followed, too. */
  assert_int_equal(tl_optimizer_set_schedule(f.sgd, NULL), TL_OK);
  tl_optimizer *slower = tl_sgd(c, NULL);
  assert_int_equal(tl_optimizer_set_schedule(slower, warm), TL_OK);
  size_t count;
  tl_tensor *const *weights = tl_layer_trainable_variables(f.model, &count);
  tl_optimizer *both = tl_sgd(c, NULL);
  assert_int_equal(tl_optimizer_check_plateau(both, plateau, false), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[optimizer_check_plateau] the steps of 'sgd' must follow");
  assert_int_equal(tl_optimizer_add_group(both, slower, weights, count, 0), TL_OK);
  assert_int_equal(tl_optimizer_check_plateau(both, plateau, false), TL_OK);
  assert_int_equal(tl_optimizer_check_plateau(both, NULL, false), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'schedule' must be a schedule");
  free_context(c);
}

/* A folder that cannot be written, or that another one has: known before the first step. */
static void the_folder_is_taken_before_the_first_step(void **state) {
  (void)state;
  fitting f = new_fitting(false), other = new_fitting(false);
  char plain[PATH_ROOM];
  temporary_file(plain, "", 0);
  f.o.checkpoints = plain;
  f.o.step_events = true;
  assert_int_not_equal(fit(&f), TL_OK);
  assert_true(f.events == 1 && f.how.steps == 0); /* PREPARE */
  expect_error(f.c, tl_error_code(f.c), "[fit] the folder of the checkpoints");
  assert_int_equal(remove(plain), 0);
  tl_checkpoint *empty = tl_checkpoint_new(other.c);
  tl_checkpoint_manager *holder = tl_checkpoint_manager_new(other.c, empty, in_folder("one"), NULL);
  assert_int_equal(tl_checkpoint_manager_take(holder), TL_OK);
  f.o.checkpoints = in_folder("one");
  refused(&f, TL_BUSY, "[fit] a folder of checkpoints has one writer: got '");
  assert_int_equal(f.how.steps, 0);
  tl_checkpoint_manager_release(holder);
  assert_int_equal(fit(&f), TL_OK);
  /* What does not fit is said of the checkpoint, with the names of what is saved. */
  f.o.restore_best = true;
  refused(&f, TL_INVALID_ARGUMENT, "[fit] the newest checkpoint: it must hold exactly what the objects have");
  free_context(f.c);
  free_context(other.c);
}

/* ---- steps that are not finite ------------------------------------------------------------------------------------- */

/* Ten rows in batches of four, of which the second batch has a row that overflows the variance of batch normalisation. */
static tl_dataset *overflowing(tl_context *c) {
  float x[10];
  for (int i = 0; i < 10; i++) x[i] = i == 5 ? 3e30F : 0.1F * (float)i;
  tl_tensor *both[] = {tl_tensor_new(c, TL_F32, (int64_t[]){10, 1}, 2, x, sizeof x),
                       tl_zeros(c, (int64_t[]){10, 1}, 2)};
  return tl_dataset_batch(c, tl_dataset_from_tensors(c, both, 2), 4, false);
}

static void batch_normalisation_follows_the_policy(void **state) {
  (void)state;
  for (int eager = 0; eager < 2; eager++)
    for (int policy = TL_FIT_NON_FINITE_ERROR; policy <= TL_FIT_NON_FINITE_IGNORE; policy++) {
      fitting f = new_fitting(true);
      f.train = overflowing(f.c);
      f.o.eager = eager;
      f.o.non_finite = policy;
      f.o.epochs = 3;
      f.o.step_events = true;
      if (policy == TL_FIT_NON_FINITE_ERROR) {
        refused(&f, TL_NON_FINITE, "[fit] step 2, epoch 1: ");
        assert_true(f.how.steps == 1 && f.how.end == TL_FIT_END_NONE);
      } else {
        assert_int_equal(fit(&f), TL_OK);
        assert_false(tl_failed(f.c));
        assert_true(isnan(f.how.loss));
        if (policy == TL_FIT_NON_FINITE_STOP)
          assert_true(f.how.end == TL_FIT_END_NON_FINITE && f.how.steps == 2 && f.how.epochs == 0);
        else
          assert_true(f.how.end == TL_FIT_END_EPOCHS && f.how.steps == 9 && f.how.epochs == 3);
      }
      size_t count; /* neither weights nor averages have met the overflow */
      tl_tensor *const *all = tl_layer_variables(f.model, &count);
      assert_int_equal(count, 6);
      for (size_t i = 0; i < count; i++) assert_true(isfinite(tl_tensor_item(tl_sum(f.c, all[i]))));
      free_context(f.c);
    }
}

/* A request to end that comes with such a step is met: nothing takes it back. */
static tl_status cancelled_loss(tl_context *c, void *user_data, tl_tensor *const *in, size_t n,
                                tl_tensor **out, size_t m) {
  const tl_status status = squares(c, user_data, in, n, out, m);
  (void)!tl_set_error(c, TL_NON_FINITE, "[program] not finite");
  (void)!tl_context_cancel(c);
  return status == TL_OK ? TL_NON_FINITE : status;
}

static void a_request_to_end_is_not_lost(void **state) {
  (void)state;
  fitting f = new_fitting(false);
  f.o.epochs = 1000;
  f.o.non_finite = TL_FIT_NON_FINITE_IGNORE;
  f.how.struct_size = sizeof f.how;
  assert_int_equal(tl_fit(f.c, f.model, f.sgd, f.train, &f.o, cancelled_loss, NULL, &f, NULL, &f.how),
                   TL_CANCELLED);
  assert_true(f.how.steps == 1 && f.losses == 1);
  expect_error(f.c, TL_CANCELLED, "[fit] ");
  free_context(f.c);
}

int trainer_errors_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(callbacks_cannot_end_what_the_fit_stands_on),
      cmocka_unit_test(what_a_callback_makes_ends_with_the_fit),
      cmocka_unit_test(callbacks_that_fail_are_named_with_their_status),
      cmocka_unit_test(losses_that_are_wrong_are_named_with_what_they_gave),
      cmocka_unit_test(arguments_are_named_as_the_program_knows_them),
      cmocka_unit_test(evaluation_and_prediction_name_their_arguments),
      cmocka_unit_test(a_plateau_that_would_do_nothing_is_refused_at_once),
      cmocka_unit_test_setup_teardown(the_folder_is_taken_before_the_first_step, make_folder, remove_folder),
      cmocka_unit_test(batch_normalisation_follows_the_policy),
      cmocka_unit_test(a_request_to_end_is_not_lost),
  };
  return RUN_GROUP("trainer_errors", tests);
}
