/* Saves without an end, and looks at what is left when it was killed meanwhile.
 *
 *     saves FOLDER            saves step after step, and prints "begin N" and "saved N"; goes on from what is there
 *     saves FOLDER once       saves one step; prints the name of the status, and the message of an error
 *     saves FOLDER check N    0 when the newest whole checkpoint is that of step N or a later one, bit for bit; prints its step
 *
 * Two megabytes, all of which follow from the step. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

enum { VARIABLES = 4, ELEMENTS = 1 << 17 };

static tl_context *c;
static tl_tensor *variables[VARIABLES];
static tl_checkpoint *all;

static float wanted(int64_t step, int variable) { return (float)(step * VARIABLES + variable); }

static bool hold(int64_t step) {
  bool fine = tl_scope_begin(c) == TL_OK;
  for (int i = 0; i < VARIABLES; i++)
    fine &= tl_variable_assign(variables[i], tl_full(c, (int64_t[]){ELEMENTS}, 1, wanted(step, i), TL_F32)) ==
            TL_OK;
  fine &= tl_checkpoint_set_int64(all, "step", step) == TL_OK;
  return tl_scope_end(c) == TL_OK && fine;
}

static bool holds(int64_t step) {
  int64_t value = -1;
  bool fine = tl_checkpoint_get_int64(all, "step", &value) == TL_OK && value == step;
  for (int i = 0; fine && i < VARIABLES; i++) {
    const float *data = tl_tensor_data(variables[i]);
    for (int k = 0; fine && k < ELEMENTS; k++) fine = data[k] == wanted(step, i);
  }
  return fine;
}

static int fail(void) {
  printf("%s: %s\n", tl_status_name(tl_error_code(c)), tl_error_message(c));
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = 1;
  c = tl_context_new(&options);
  all = tl_checkpoint_new(c);
  bool fine = true;
  for (int i = 0; i < VARIABLES; i++) {
    const char name[] = {(char)('a' + i), '\0'};
    variables[i] = tl_variable_new(c, tl_zeros(c, (int64_t[]){ELEMENTS}, 1), name, true);
    fine &= tl_checkpoint_add_variable(all, name, variables[i]) == TL_OK;
  }
  fine &= tl_checkpoint_set_int64(all, "step", -1) == TL_OK;
  tl_checkpoint_manager *manager = tl_checkpoint_manager_new(c, all, argv[1], NULL);
  int64_t step = -1;
  if (!fine || tl_checkpoint_manager_restore_latest(manager, &step) != TL_OK) return fail();
  if (argc > 3 && strcmp(argv[2], "check") == 0) {
    printf("%" PRId64 "\n", step);
    return step >= atoll(argv[3]) && (step < 0 || holds(step)) ? 0 : 1;
  }
  const bool once = argc > 2;
  do {
    step++;
    printf("begin %" PRId64 "\n", step);
    fflush(stdout);
    if (!hold(step) || tl_checkpoint_manager_save(manager, step, NAN) != TL_OK) return fail();
    printf("saved %" PRId64 "\n", step);
    fflush(stdout);
  } while (!once);
  tl_context_free(c);
  return 0;
}
