/* Runs all C tests. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <unistd.h>

#include "tests/capi/harness.h"

tl_context *new_context(void) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = 1;
  options.threads = 1;
  tl_context *c = tl_context_new(&options);
  assert_non_null(c);
  assert_false(tl_failed(c));
  return c;
}

void free_context(tl_context *c) {
  assert_string_equal(tl_error_message(c), "");
  assert_int_equal(tl_context_free(c), TL_OK);
}

void expect_error(tl_context *c, tl_status code, const char *text) {
  assert_int_equal(tl_error_code(c), code);
  if (!strstr(tl_error_message(c), text)) fail_msg("'%s' lacks '%s'", tl_error_message(c), text);
  tl_clear_error(c);
}

void temporary_file(char path[PATH_ROOM], const void *bytes, size_t count) {
  int length = snprintf(path, PATH_ROOM, "/tmp/tapeloop-test-");
  memset(path + length, 'X', 6); /* what mkstemp() fills in */
  path[length + 6] = 0;
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, count), (ssize_t)count);
  close(fd);
}

static char folder[32];

int make_folder(void **state) {
  (void)state;
  int length = snprintf(folder, sizeof folder, "/tmp/tapeloop-test-");
  memset(folder + length, 'X', 6); /* what mkdtemp() fills in */
  folder[length + 6] = 0;
  return mkdtemp(folder) ? 0 : -1;
}

int remove_folder(void **state) {
  (void)state;
  char command[64];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

const char *in_folder(const char *name) {
  static char paths[4][128];
  static int last;
  char *path = paths[last = (last + 1) % 4];
  snprintf(path, sizeof *paths, "%s/%s", folder, name);
  return path;
}

tl_tensor *vector(tl_context *c, size_t count, const float *values) {
  int64_t dims[] = {(int64_t)count};
  tl_tensor *t = tl_tensor_new(c, TL_F32, dims, 1, values, count * sizeof *values);
  assert_non_null(t);
  return t;
}

int tests_run;

int main(void) {
  int failed = context_tests() + handle_tests() + stale_tests() + cancel_tests() + tensor_tests() +
               tape_tests() + forward_tests() + function_tests() + function_bad_input_tests() +
               function_examples_tests() + function_items_tests() + peaks_tests() + feed_tests() +
               progress_tests() + watch_tests() + custom_tests() + thread_tests() + data_tests() +
               pipeline_tests() + nn_tests() + layer_state_tests() + loss_tests() + metric_tests() +
               optim_tests() + adaptive_optimizers_tests() + schedule_tests() + step_options_tests() +
               group_tests() + custom_training_tests() + minimize_tests() + message_tests() +
               determinism_tests() + curvature_tests() + rows_tests() + vmap_tests() + jacobian_tests() +
               safetensors_tests() + checkpoint_tests() + checkpoint_optimizers_tests() + files_tests() +
               media_tests() + dlpack_tests() + trainer_tests() + trainer_errors_tests() + guard_tests() +
               replicas_tests() + replicas_steps_tests() + replicas_agree_tests();
  printf("%d passed, %d failed\n", tests_run - failed, failed);
  return failed != 0;
}
