/* Every optimizer goes on from a checkpoint with the same bits, in the midst of accumulated gradients, with averages and a schedule. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <unistd.h>

#include "tests/capi/harness.h"

enum { ROWS = 3, COLUMNS = 4 };

static tl_optimizer *new_sgd(tl_context *c) {
  tl_sgd_options o;
  tl_sgd_options_init(&o, sizeof o);
  o.momentum = 0.9;
  return tl_sgd(c, &o);
}
static tl_optimizer *new_rmsprop(tl_context *c) {
  tl_rmsprop_options o;
  tl_rmsprop_options_init(&o, sizeof o);
  o.centered = true;
  o.momentum = 0.5;
  return tl_rmsprop(c, &o);
}
static tl_optimizer *new_amsgrad(tl_context *c) {
  tl_adam_options o;
  tl_adam_options_init(&o, sizeof o);
  o.amsgrad = true;
  return tl_adam(c, &o);
}
#define WITH_DEFAULTS(kind) \
  static tl_optimizer *new_##kind(tl_context *c) { return tl_##kind(c, NULL); }
WITH_DEFAULTS(adamw)
WITH_DEFAULTS(adamax)
WITH_DEFAULTS(nadam)
WITH_DEFAULTS(adagrad)
WITH_DEFAULTS(adadelta)
WITH_DEFAULTS(ftrl)
WITH_DEFAULTS(lion)
WITH_DEFAULTS(lamb)
WITH_DEFAULTS(adafactor)
WITH_DEFAULTS(muon)
WITH_DEFAULTS(schedule_free_adamw)

typedef tl_optimizer *(*maker)(tl_context *c);

/* A matrix and a vector with an optimizer. */
typedef struct {
  tl_context *c;
  tl_tensor *variables[2];
  tl_optimizer *optimizer;
  tl_schedule *plateau;
  tl_checkpoint *all;
} training;

static training new_training(maker make, bool keeps_averages) {
  training t = {.c = new_context()};
  tl_context *c = t.c;
  t.variables[0] = tl_variable_new(c, tl_normal(c, (int64_t[]){ROWS, COLUMNS}, 2), "kernel", true);
  t.variables[1] = tl_variable_new(c, tl_normal(c, (int64_t[]){COLUMNS}, 1), "bias", true);
  t.optimizer = make(c);
  assert_non_null(t.optimizer);
  tl_step_options o;
  tl_step_options_init(&o, sizeof o);
  o.gradient_accumulation_steps = 2;
  o.use_ema = !keeps_averages;
  o.dynamic_loss_scale = true;
  o.loss_scale_growth_interval = 2;
  if (!keeps_averages) assert_int_equal(tl_optimizer_configure(t.optimizer, &o), TL_OK);
  tl_plateau_options plateau;
  tl_plateau_options_init(&plateau, sizeof plateau);
  plateau.patience = 1;
  t.plateau = tl_schedule_plateau(c, tl_schedule_cosine(c, 0.05, 50, 0), &plateau);
  assert_int_equal(tl_optimizer_set_schedule(t.optimizer, t.plateau), TL_OK);
  assert_int_equal(tl_optimizer_build(t.optimizer, t.variables, 2), TL_OK);
  t.all = tl_checkpoint_new(c);
  assert_int_equal(tl_checkpoint_add_variable(t.all, "kernel", t.variables[0]), TL_OK);
  assert_int_equal(tl_checkpoint_add_variable(t.all, "bias", t.variables[1]), TL_OK);
  assert_int_equal(tl_checkpoint_add_optimizer(t.all, "optimizer", t.optimizer), TL_OK);
  assert_int_equal(tl_checkpoint_add_random(t.all, "random"), TL_OK);
  return t;
}

static void steps(training *t, int count) {
  for (int i = 0; i < count; i++) {
    assert_int_equal(tl_scope_begin(t->c), TL_OK);
    tl_tensor *gradients[] = {tl_normal(t->c, (int64_t[]){ROWS, COLUMNS}, 2),
                              tl_normal(t->c, (int64_t[]){COLUMNS}, 1)};
    assert_int_equal(tl_optimizer_apply(t->optimizer, gradients, t->variables, 2), TL_OK);
    bool reduced;
    assert_int_equal(tl_schedule_report(t->plateau, 1.0, &reduced), TL_OK);
    assert_int_equal(tl_scope_end(t->c), TL_OK);
  }
}

static void every_optimizer_goes_on(void **state) {
  (void)state;
  static const struct {
    const char *name;
    maker make;
  } kinds[] = {{"sgd", new_sgd},         {"rmsprop", new_rmsprop},
               {"amsgrad", new_amsgrad}, {"adamw", new_adamw},
               {"adamax", new_adamax},   {"nadam", new_nadam},
               {"adagrad", new_adagrad}, {"adadelta", new_adadelta},
               {"ftrl", new_ftrl},       {"lion", new_lion},
               {"lamb", new_lamb},       {"adafactor", new_adafactor},
               {"muon", new_muon},       {"schedule_free_adamw", new_schedule_free_adamw}};
  char folder[] = "/tmp/tapeloop-optimizers-XXXXXX", path[128], command[128];
  assert_non_null(mkdtemp(folder));
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    const bool keeps_averages = strcmp(kinds[k].name, "schedule_free_adamw") == 0;
    training straight = new_training(kinds[k].make, keeps_averages),
             resumed = new_training(kinds[k].make, keeps_averages);
    snprintf(path, sizeof path, "%s/%s", folder, kinds[k].name);
    steps(&straight, 5); /* an odd number: half of a step is accumulated */
    assert_int_equal(tl_checkpoint_save(straight.all, path), TL_OK);
    steps(&straight, 7);
    assert_int_equal(tl_checkpoint_restore(resumed.all, path), TL_OK);
    steps(&resumed, 7);
    for (int v = 0; v < 2; v++) {
      const size_t bytes = (size_t)tl_tensor_elements(straight.variables[v]) * sizeof(float);
      if (memcmp(tl_tensor_data(straight.variables[v]), tl_tensor_data(resumed.variables[v]), bytes) != 0)
        fail_msg("%s does not go on with the same bits", kinds[k].name);
    }
    assert_true(tl_optimizer_learning_rate(straight.optimizer) ==
                tl_optimizer_learning_rate(resumed.optimizer));
    assert_true(tl_optimizer_loss_scale(straight.optimizer) == tl_optimizer_loss_scale(resumed.optimizer));
    free_context(straight.c);
    free_context(resumed.c);
  }
  snprintf(command, sizeof command, "rm -rf %s", folder);
  assert_int_equal(system(command), 0);
}

int checkpoint_optimizers_tests(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_optimizer_goes_on)};
  return RUN_GROUP("checkpoints of optimizers", tests);
}
