/* What the C tests share: cmocka with the headers that it wants, and the groups that main.c runs. Each test file has one
 * function that runs its group and returns the number of failures. */
#ifndef TESTS_CAPI_HARNESS_H
#define TESTS_CAPI_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the headers above first. */
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

int context_tests(void);
int handle_tests(void);
int stale_tests(void);
int cancel_tests(void);
int tensor_tests(void);
int tape_tests(void);
int custom_tests(void);
int forward_tests(void);
int function_tests(void);
int feed_tests(void);
int function_bad_input_tests(void);
int function_items_tests(void);
int function_examples_tests(void);
int peaks_tests(void);
int thread_tests(void);
int determinism_tests(void);
int data_tests(void);
int pipeline_tests(void);
int files_tests(void);
int media_tests(void);
int dlpack_tests(void);
int nn_tests(void);
int layer_state_tests(void);
int loss_tests(void);
int metric_tests(void);
int progress_tests(void);
int watch_tests(void);
int optim_tests(void);
int schedule_tests(void);
int step_options_tests(void);
int group_tests(void);
int custom_training_tests(void);
int minimize_tests(void);
int adaptive_optimizers_tests(void);
int message_tests(void);
int curvature_tests(void);
int rows_tests(void);
int vmap_tests(void);
int safetensors_tests(void);
int checkpoint_tests(void);
int checkpoint_optimizers_tests(void);
int jacobian_tests(void);
int trainer_tests(void);
int trainer_errors_tests(void);
int guard_tests(void);
int replicas_tests(void);
int replicas_steps_tests(void);
int replicas_agree_tests(void);

/* Setup and teardown of a test that writes files: an empty folder, gone afterwards. in_folder() is a path in it, valid until its
 * fourth next call. */
int make_folder(void **state);
int remove_folder(void **state);
const char *in_folder(const char *name);

/* Runs a group and counts its tests; the number of failures. */
extern int tests_run;
#define RUN_GROUP(name, tests) \
  (tests_run += (int)(sizeof(tests) / sizeof *(tests)), cmocka_run_group_tests_name(name, tests, NULL, NULL))

/* A context with a fixed seed and one thread; fails the test when there is none. */
tl_context *new_context(void);
/* Ends it; fails the test when it holds an error, or when `values` are left that no scope frees. */
void free_context(tl_context *c);
/* The context holds an error of this code whose message contains the text; the error is cleared. */
void expect_error(tl_context *c, tl_status code, const char *text);
/* Writes bytes into a new temporary file; path gets its name. The test removes it. */
enum { PATH_ROOM = 64 };
void temporary_file(char path[PATH_ROOM], const void *bytes, size_t count);
/* A f32 vector. */
tl_tensor *vector(tl_context *c, size_t count, const float *values);

#endif
