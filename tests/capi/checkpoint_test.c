/* Checkpoints through the C API: objects of every kind, strict and partial restoring, the manager. Files and policies are tested in
 * tests/io, kills in tests/resume. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <unistd.h>

#include "tests/capi/harness.h"

/* A training with objects of every kind. */
typedef struct {
  tl_context *c;
  tl_layer *model;
  tl_optimizer *adam;
  tl_metric *mean;
  tl_dataset *data;
  tl_tensor *extra;
  tl_checkpoint *all;
} training;

static training new_training(int64_t units) {
  training t = {.c = new_context()};
  tl_context *c = t.c;
  t.data = tl_dataset_batch(
      c,
      tl_dataset_shuffle(
          c, tl_dataset_from_tensors(c, (tl_tensor *[]){tl_normal(c, (int64_t[]){40, 3}, 2)}, 1), 5),
      8, false);
  t.model = tl_sequential(c,
                          (tl_layer *[]){tl_dense(c, units, NULL), tl_batch_normalization(c, NULL),
                                         tl_dropout_layer(c, .5, NULL), tl_dense(c, 1, NULL)},
                          4);
  assert_int_equal(tl_layer_build(t.model, (int64_t[]){8, 3}, 2), TL_OK);
  t.adam = tl_adam(c, NULL);
  size_t n;
  tl_tensor *const *weights = tl_layer_trainable_variables(t.model, &n);
  assert_int_equal(tl_optimizer_build(t.adam, weights, n), TL_OK);
  t.mean = tl_metric_mean(c, "mean");
  t.extra = tl_variable_new(c, tl_zeros(c, (int64_t[]){2}, 1), "extra", true);
  t.all = tl_checkpoint_new(c);
  assert_int_equal(tl_checkpoint_add_layer(t.all, "model", t.model), TL_OK);
  assert_int_equal(tl_checkpoint_add_optimizer(t.all, "adam", t.adam), TL_OK);
  assert_int_equal(tl_checkpoint_add_metric(t.all, "mean", t.mean), TL_OK);
  assert_int_equal(tl_checkpoint_add_dataset(t.all, "data", t.data), TL_OK);
  assert_int_equal(tl_checkpoint_add_variable(t.all, "extra", t.extra), TL_OK);
  assert_int_equal(tl_checkpoint_add_random(t.all, "random"), TL_OK);
  assert_int_equal(tl_checkpoint_set_int64(t.all, "epoch", 0), TL_OK);
  assert_int_equal(tl_checkpoint_set_double(t.all, "best", HUGE_VAL), TL_OK);
  assert_int_equal(tl_checkpoint_set_text(t.all, "note", ""), TL_OK);
  return t;
}

/* The loss of one step. */
static double train(training *t) {
  tl_context *c = t->c;
  assert_int_equal(tl_scope_begin(c), TL_OK);
  tl_tensor *x;
  while (!tl_dataset_next(t->data, &x, 1)) assert_false(tl_failed(c));
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *loss = tl_mean(c, tl_square(c, tl_layer_call(t->model, x, true)));
  size_t n;
  tl_tensor *const *weights = tl_layer_trainable_variables(t->model, &n), *gradients[8];
  assert_int_equal(tl_tape_gradient(tape, loss, weights, n, NULL, gradients), TL_OK);
  assert_int_equal(tl_optimizer_apply(t->adam, gradients, weights, n), TL_OK);
  assert_int_equal(tl_metric_update(t->mean, loss, NULL), TL_OK);
  const double value = tl_tensor_item(loss);
  assert_int_equal(tl_scope_end(c), TL_OK);
  return value;
}

static void goes_on_with_the_same_bits(void **state) {
  (void)state;
  training t = new_training(4);
  for (int i = 0; i < 7; i++) train(&t);
  assert_int_equal(tl_checkpoint_set_int64(t.all, "epoch", 3), TL_OK);
  assert_int_equal(tl_checkpoint_set_double(t.all, "best", 0.1), TL_OK);
  assert_int_equal(tl_checkpoint_set_text(t.all, "note", "seven"), TL_OK);
  assert_int_equal(tl_checkpoint_save(t.all, in_folder("seven")), TL_OK);
  double after[5];
  for (int i = 0; i < 5; i++) after[i] = train(&t);
  const double mean = tl_metric_result(t.mean);

  /* In a context of its own, and once more in the old one. */
  training other = new_training(4);
  training *both[] = {&other, &t};
  for (int k = 0; k < 2; k++) {
    assert_int_equal(tl_checkpoint_restore(both[k]->all, in_folder("seven")), TL_OK);
    int64_t epoch = 0;
    double best = 0;
    char note[4];
    size_t length = 0;
    assert_int_equal(tl_checkpoint_get_int64(both[k]->all, "epoch", &epoch), TL_OK);
    assert_int_equal(tl_checkpoint_get_double(both[k]->all, "best", &best), TL_OK);
    assert_int_equal(tl_checkpoint_get_text(both[k]->all, "note", note, sizeof note, &length), TL_OK);
    assert_true(epoch == 3 && best == 0.1 && length == 5 && strcmp(note, "sev") == 0);
    assert_int_equal(tl_optimizer_iterations(both[k]->adam), 7);
    for (int i = 0; i < 5; i++) assert_true(train(both[k]) == after[i]);
    assert_true(tl_metric_result(both[k]->mean) == mean);
    free_context(both[k]->c);
  }
}

static void strict_and_partial(void **state) {
  (void)state;
  training t = new_training(4), wide = new_training(5);
  train(&t);
  assert_int_equal(tl_checkpoint_save(t.all, in_folder("k")), TL_OK);
  assert_int_equal(tl_checkpoint_save(t.all, in_folder("k")), TL_FAILED_PRECONDITION);
  expect_error(t.c, TL_FAILED_PRECONDITION, "never written over");
  assert_int_equal(tl_checkpoint_set_int64(wide.all, "more", 1), TL_OK);
  const double before = train(&wide);
  assert_true(before >= 0);
  assert_int_equal(tl_checkpoint_restore(wide.all, in_folder("k")), TL_INVALID_ARGUMENT);
  assert_non_null(strstr(tl_error_message(wide.c), "missing: 'more'"));
  expect_error(wide.c, TL_INVALID_ARGUMENT, "model/dense/kernel: f32 (3, 4) instead of f32 (3, 5)");
  assert_int_equal(tl_optimizer_iterations(wide.adam), 1);
  char report[16];
  size_t length = 0;
  assert_int_equal(tl_checkpoint_restore_partly(wide.all, in_folder("k"), report, sizeof report, &length),
                   TL_OK);
  assert_true(length > sizeof report && strncmp(report, "missing: 'more'", 15) == 0);
  assert_int_equal(tl_checkpoint_restore_partly(t.all, in_folder("k"), report, sizeof report, &length),
                   TL_OK);
  assert_int_equal(length, 0);
  free_context(t.c);
  free_context(wide.c);
}

/* A place that the dataset has not: reported, and the rest is restored. */
static void restores_what_objects_take(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *w = tl_variable_new(c, tl_scalar(c, TL_F32, 1), "w", true), *element;
  tl_dataset *ten = tl_dataset_range(c, 0, 10, 1), *three = tl_dataset_range(c, 0, 3, 1);
  for (int i = 0; i < 7; i++) assert_true(tl_dataset_next(ten, &element, 1));
  assert_true(tl_dataset_next(three, &element, 1));
  tl_checkpoint *saved = tl_checkpoint_new(c), *other = tl_checkpoint_new(c);
  assert_int_equal(tl_checkpoint_add_variable(saved, "w", w), TL_OK);
  assert_int_equal(tl_checkpoint_add_dataset(saved, "train", ten), TL_OK);
  assert_int_equal(tl_checkpoint_save(saved, in_folder("places")), TL_OK);
  assert_int_equal(tl_variable_assign(w, tl_scalar(c, TL_F32, 9)), TL_OK);
  assert_int_equal(tl_checkpoint_add_dataset(other, "train", three), TL_OK);
  assert_int_equal(tl_checkpoint_add_variable(other, "w", w), TL_OK);
  assert_int_equal(tl_checkpoint_restore(other, in_folder("places")), TL_INVALID_ARGUMENT);
  tl_clear_error(c);
  assert_true(tl_tensor_item(w) == 9);
  char report[300];
  assert_int_equal(tl_checkpoint_restore_partly(other, in_folder("places"), report, sizeof report, NULL),
                   TL_OK);
  assert_true(strncmp(report, "refused: 'train: ", 17) == 0);
  assert_true(tl_tensor_item(w) == 1);
  assert_true(tl_dataset_next(three, &element, 1) &&
              tl_tensor_item(element) == 1); /* it stays at its place */
  free_context(c);
}

static void keeps_objects_and_refuses(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_checkpoint *all = tl_checkpoint_new(c);
  /* An object that the program gives up lives on in the checkpoint. */
  assert_int_equal(tl_scope_begin(c), TL_OK);
  tl_metric *mean = tl_metric_mean(c, NULL);
  assert_int_equal(tl_metric_update(mean, tl_scalar(c, TL_F32, 3), NULL), TL_OK);
  assert_int_equal(tl_checkpoint_add_metric(all, "mean", mean), TL_OK);
  tl_tensor *w = tl_variable_new(c, tl_zeros(c, (int64_t[]){2}, 1), "w", true);
  assert_int_equal(tl_checkpoint_add_variable(all, "w", w), TL_OK);
  assert_int_equal(tl_scope_end(c), TL_OK);
  assert_int_equal(tl_checkpoint_save(all, in_folder("kept")), TL_OK);
  assert_int_equal(tl_checkpoint_restore(all, in_folder("kept")), TL_OK);

  assert_int_equal(tl_checkpoint_add_variable(all, "w", tl_zeros(c, (int64_t[]){2}, 1)), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "no variable");
  assert_int_equal(tl_checkpoint_add_random(all, "w"), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'w' twice");
  assert_int_equal(tl_checkpoint_add_random(all, ""), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "needs a name");
  assert_int_equal(tl_checkpoint_add_variable(all, "__metadata__", w), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT,
               "[checkpoint_add_variable] a tensor needs a name other than '__metadata__'");
  assert_int_equal(tl_checkpoint_set_text(all, "__metadata__", "t"), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'__metadata__'");
  assert_int_equal(tl_checkpoint_add_random(all, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'name'");
  assert_int_equal(tl_checkpoint_add_layer(all, "l", NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'layer'");
  assert_int_equal(tl_checkpoint_add_dataset(all, "d", (tl_dataset *)all), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'dataset'");
  assert_int_equal(tl_checkpoint_set_int64(all, "n", 1), TL_OK);
  assert_int_equal(tl_checkpoint_set_double(all, "n", 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "keeps its kind");
  assert_int_equal(tl_checkpoint_set_int64(all, "w", 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'w' twice");
  double number;
  assert_int_equal(tl_checkpoint_get_double(all, "n", &number), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "an integer");
  assert_int_equal(tl_checkpoint_get_double(all, "none", &number), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "not there");
  assert_int_equal(tl_checkpoint_restore(all, in_folder("none")), TL_NOT_FOUND);
  expect_error(c, TL_NOT_FOUND, "[checkpoint_restore] ");
  assert_int_equal(tl_checkpoint_save(all, in_folder("slash//")), TL_OK);
  assert_int_equal(tl_checkpoint_restore(all, in_folder("slash")), TL_OK);
  assert_int_equal(tl_checkpoint_save(all, ""), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'path'");

  assert_int_equal(tl_checkpoint_add_layer(all, "unbuilt", tl_dense(c, 2, NULL)), TL_OK);
  assert_int_equal(tl_checkpoint_save(all, in_folder("unbuilt")), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "not built");
  tl_checkpoint_release(all);
  assert_int_equal(tl_checkpoint_save(all, in_folder("gone")), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "released");
  free_context(c);
}

static void a_manager(void **state) {
  (void)state;
  training t = new_training(4);
  tl_checkpoint_manager_options o;
  tl_checkpoint_manager_options_init(&o, sizeof o);
  o.max_to_keep = 2;
  o.best = TL_CHECKPOINT_BEST_MIN;
  o.asynchronous = true;
  tl_checkpoint_manager *manager = tl_checkpoint_manager_new(t.c, t.all, in_folder("run"), &o);
  int64_t step = 5;
  assert_int_equal(tl_checkpoint_manager_restore_latest(manager, &step), TL_OK);
  assert_true(step == -1 && tl_checkpoint_manager_latest(manager) == -1 &&
              tl_checkpoint_manager_best(manager) == -1);
  const double losses[] = {3, 1, 2, 5, 4};
  double after[5];
  for (int i = 0; i < 5; i++) {
    assert_int_equal(tl_checkpoint_manager_save(manager, i, losses[i]), TL_OK);
    after[i] = train(&t); /* while it is being written */
  }
  assert_int_equal(tl_checkpoint_manager_wait(manager), TL_OK);
  int64_t steps[4];
  size_t count = 0;
  assert_int_equal(tl_checkpoint_manager_steps(manager, steps, 4, &count), TL_OK);
  assert_true(count == 3 && steps[0] == 1 && steps[1] == 2 && steps[2] == 4);
  assert_true(tl_checkpoint_manager_best(manager) == 1 && tl_checkpoint_manager_latest(manager) == 4);
  assert_int_equal(tl_checkpoint_manager_restore(manager, 1), TL_OK);
  assert_true(train(&t) == after[1]);
  assert_int_equal(tl_checkpoint_manager_restore_latest(manager, &step), TL_OK);
  assert_true(step == 4 && train(&t) == after[4]);
  assert_int_equal(tl_checkpoint_manager_restore(manager, 0), TL_NOT_FOUND);
  expect_error(t.c, TL_NOT_FOUND, "step-0");

  char plain[PATH_ROOM];
  training other = new_training(4);
  tl_checkpoint_manager *second = tl_checkpoint_manager_new(other.c, other.all, in_folder("run"), NULL);
  assert_int_equal(tl_checkpoint_manager_save(second, 9, NAN), TL_BUSY);
  expect_error(other.c, TL_BUSY, "has one writer");
  assert_int_equal(tl_checkpoint_manager_take(second), TL_BUSY);
  expect_error(other.c, TL_BUSY, "[checkpoint_manager_take] a folder of checkpoints has one writer");
  assert_int_equal(tl_checkpoint_manager_take(manager), TL_OK); /* it has it */
  /* Before anything is saved: the folder is made, and belongs to one. */
  tl_checkpoint_manager *early = tl_checkpoint_manager_new(t.c, t.all, in_folder("early/run"), NULL);
  assert_int_equal(tl_checkpoint_manager_take(early), TL_OK);
  assert_int_equal(tl_checkpoint_manager_take(early), TL_OK);
  tl_checkpoint_manager *late = tl_checkpoint_manager_new(other.c, other.all, in_folder("early/run"), NULL);
  assert_int_equal(tl_checkpoint_manager_take(late), TL_BUSY);
  tl_clear_error(other.c);
  tl_checkpoint_manager_release(early);
  assert_int_equal(tl_checkpoint_manager_take(late), TL_OK);
  tl_checkpoint_manager_release(late);
  temporary_file(plain, "", 0);
  late = tl_checkpoint_manager_new(other.c, other.all, plain, NULL);
  assert_int_not_equal(tl_checkpoint_manager_take(late), TL_OK); /* it is a file */
  expect_error(other.c, tl_error_code(other.c), "[checkpoint_manager_take] ");
  assert_int_equal(remove(plain), 0);
  assert_int_equal(tl_checkpoint_manager_restore_latest(second, &step), TL_OK); /* reading is free */
  assert_true(step == 4 && train(&other) == after[4]);
  assert_true(tl_checkpoint_manager_best(second) == -1);
  expect_error(other.c, TL_FAILED_PRECONDITION, "set 'best'");

  /* The error of an asynchronous save comes with the next call. */
  assert_int_equal(tl_checkpoint_manager_save(manager, 4, 0), TL_OK);
  assert_int_equal(tl_checkpoint_manager_save(manager, 6, 0), TL_FAILED_PRECONDITION);
  expect_error(t.c, TL_FAILED_PRECONDITION, "never written over");
  assert_int_equal(tl_checkpoint_manager_save(manager, -1, 0), TL_INVALID_ARGUMENT);
  expect_error(t.c, TL_INVALID_ARGUMENT, "'step'");
  assert_int_equal(tl_checkpoint_manager_restore_latest(manager, NULL), TL_INVALID_ARGUMENT);
  expect_error(t.c, TL_INVALID_ARGUMENT, "'step'");
  o.keep_every = -1;
  assert_null(tl_checkpoint_manager_new(t.c, t.all, in_folder("run"), &o));
  expect_error(t.c, TL_INVALID_ARGUMENT, "'keep_every'");
  assert_null(tl_checkpoint_manager_new(t.c, NULL, in_folder("run"), NULL));
  expect_error(t.c, TL_INVALID_ARGUMENT, "'checkpoint'");
  /* The manager holds the checkpoint, and a context that ends while a save is going on waits for it. */
  tl_checkpoint_release(t.all);
  assert_int_equal(tl_checkpoint_manager_save(manager, 7, 0), TL_OK);
  free_context(t.c);
  assert_true(tl_checkpoint_manager_latest(second) == 7);
  free_context(other.c);
}

/* Those without a metric are worse than all others, the oldest first. Under valgrind (tests/run) this also shows that a metric that is
 * not there is not looked at. */
static void saves_without_a_metric(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_checkpoint *all = tl_checkpoint_new(c);
  assert_int_equal(tl_checkpoint_set_int64(all, "n", 1), TL_OK);
  tl_checkpoint_manager_options o;
  tl_checkpoint_manager_options_init(&o, sizeof o);
  const double metrics[] = {1, NAN, 3, NAN, NAN, 2, 3, NAN};
  const int64_t kept[][3] = {{2, 6, 7}, {0, 5, 7}};
  for (int way = 0; way < 2; way++) {
    o.best = way ? TL_CHECKPOINT_BEST_MIN : TL_CHECKPOINT_BEST_MAX;
    o.max_to_keep = 2;
    tl_checkpoint_manager *manager = tl_checkpoint_manager_new(c, all, in_folder(way ? "min" : "max"), &o);
    for (int i = 0; i < 8; i++) assert_int_equal(tl_checkpoint_manager_save(manager, i, metrics[i]), TL_OK);
    int64_t steps[4];
    size_t count = 0;
    assert_int_equal(tl_checkpoint_manager_steps(manager, steps, 4, &count), TL_OK);
    assert_true(count == 3 && memcmp(steps, kept[way], sizeof kept[way]) == 0);
    assert_int_equal(tl_checkpoint_manager_best(manager), way ? 0 : 6);
    o.max_to_keep = 1;
    manager = tl_checkpoint_manager_new(c, all, in_folder(way ? "no min" : "no max"), &o);
    for (int i = 0; i < 4; i++) assert_int_equal(tl_checkpoint_manager_save(manager, i, NAN), TL_OK);
    assert_int_equal(tl_checkpoint_manager_steps(manager, steps, 4, &count), TL_OK);
    assert_true(count == 1 && steps[0] == 3 && tl_checkpoint_manager_best(manager) == 3);
  }
  free_context(c);
}

static tl_status saving_step(tl_context *c, void *checkpoint, tl_tensor *const *inputs, size_t num_inputs,
                             tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_square(c, inputs[0]);
  return tl_checkpoint_save(checkpoint, in_folder("inside"));
}

static void not_inside_a_recorded_step(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_checkpoint *all = tl_checkpoint_new(c);
  assert_int_equal(tl_checkpoint_set_int64(all, "n", 1), TL_OK);
  tl_function *step = tl_function_new(c, saving_step, all, NULL, NULL);
  tl_tensor *x = tl_scalar(c, TL_F32, 2), *y;
  assert_int_equal(tl_function_call(step, &x, 1, &y, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "save outside of the step");
  free_context(c);
}

int checkpoint_tests(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
  const struct CMUnitTest tests[] = {
      TEST(goes_on_with_the_same_bits), TEST(strict_and_partial), TEST(restores_what_objects_take),
      TEST(keeps_objects_and_refuses),  TEST(a_manager),          TEST(saves_without_a_metric),
      TEST(not_inside_a_recorded_step)};
  return RUN_GROUP("checkpoint", tests);
}
