/* Logs, plots, pictures, traces and graphs from C: used wrongly, and what scopes and errors do to them. What stands in their files is
 * looked at by tests/io/files_test.py. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <unistd.h>

#include "tests/capi/harness.h"

static tl_trace_statistics trace_stats(tl_trace *trace) {
  tl_trace_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_trace_stats(trace, &s), TL_OK);
  return s;
}

static void logs_used_wrongly(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_null(tl_logger_csv(c, NULL, false));
  expect_error(c, TL_INVALID_ARGUMENT, "[logger_csv] 'path' must not be NULL");
  assert_null(tl_logger_csv(c, "", false));
  expect_error(c, TL_INVALID_ARGUMENT, "[logger_csv] 'path' must not be empty");
  assert_null(tl_logger_json_lines(c, "/tmp/tapeloop-none/run.jsonl", false));
  expect_error(c, TL_NOT_FOUND,
               "[logger_json_lines] opening must succeed: got 'No such file or directory' for "
               "'/tmp/tapeloop-none/run.jsonl'");
  assert_null(tl_logger_json_lines(c, "/tmp", false));
  expect_error(c, TL_IO, "got 'Is a directory' for '/tmp'");
  assert_null(tl_logger_tensorboard(c, "/dev/null/runs"));
  expect_error(
      c, TL_IO,
      "[logger_tensorboard] making a folder must succeed: got 'Not a directory' for '/dev/null/runs'");

  char path[PATH_ROOM];
  temporary_file(path, "", 0);
  tl_logger *log = tl_logger_csv(c, path, false);
  assert_string_equal(tl_logger_path(log), path);
  assert_null(tl_logger_csv(c, path, true));
  expect_error(c, TL_BUSY, "a file must have one writer");
  assert_int_equal(tl_logger_scalar(log, 0, NULL, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[logger_scalar] 'tag' must not be NULL");
  assert_int_equal(tl_logger_scalar(log, 0, "", 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[logger_scalar] 'tag' must not be empty");
  assert_int_equal(tl_logger_scalar(log, -1, "a", 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'step' must not be negative: got -1 for 'a'");
  assert_int_equal(tl_logger_text(log, 0, "a", "b"), TL_UNSUPPORTED);
  expect_error(c, TL_UNSUPPORTED, "[logger_text] CSV logs hold no texts: got 'a'");
  assert_int_equal(tl_logger_histogram(log, 0, "a", NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[logger_histogram] 'tensor' must be a tensor");
  assert_int_equal(tl_logger_image(log, 0, "a", tl_ones(c, (int64_t[]){2}, 1)), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[logger_image] images must be of shape (height, width)");
  assert_int_equal(tl_set_error(c, TL_IO, "mine"), TL_OK);
  assert_int_equal(tl_logger_scalar(log, 0, "a", 1), TL_IO); /* nothing happens */
  assert_string_equal(tl_logger_path(log), path);
  tl_clear_error(c);
  assert_int_equal(tl_logger_flush(log), TL_OK);
  tl_logger_release(log);
  assert_string_equal(tl_logger_path(log), "");
  expect_error(c, TL_INVALID_ARGUMENT, "[logger_path]");
  char first = 0;
  FILE *file = fopen(path, "r");
  assert_int_equal(fread(&first, 1, 1, file), 0);
  fclose(file);
  unlink(path);

  log = tl_logger_json_lines(c, "/dev/full", false);
  assert_int_equal(tl_logger_scalar(log, 0, "a", 1), TL_OK);
  assert_int_equal(tl_logger_scalar(log, 1, "a", 1), TL_IO);
  expect_error(c, TL_IO,
               "[logger_scalar] logger_json_lines: writing must succeed: got 'No space left on device'");
  free_context(c);
}

static void plots_used_wrongly(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_plot_options o;
  tl_plot_options_init(&o, sizeof o);
  o.width = 10;
  assert_null(tl_plot_new(c, "x", &o));
  expect_error(c, TL_INVALID_ARGUMENT, "[plot_new] 'width' must be 200 to 10000 pixels: got 10");
  tl_plot_options_init(&o, sizeof o);
  o.smoothing = 1;
  assert_null(tl_plot_new(c, "x", &o));
  expect_error(c, TL_INVALID_ARGUMENT, "'smoothing' must be in [0, 1): got 1");
  tl_plot_options_init(&o, sizeof o);
  o.scale = 17;
  assert_null(tl_plot_new(c, "x", &o));
  expect_error(c, TL_INVALID_ARGUMENT, "[plot_new] 'scale' must be 1 to 16: got 17");
  tl_plot *plot = tl_plot_new(c, NULL, NULL);
  assert_int_equal(tl_plot_set_labels(plot, NULL, NULL), TL_OK);
  assert_int_equal(tl_plot_write_svg(plot, "/tmp/never.svg"), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "a plot must have a point with a place: got 0 curves");
  assert_null(tl_plot_image(plot));
  expect_error(c, TL_FAILED_PRECONDITION, "[plot_image] a plot must have a point with a place: got 0 curves");
  assert_int_equal(tl_plot_add(plot, NULL, 1, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[plot_add] 'name' must not be NULL");
  assert_int_equal(tl_plot_add_many(plot, "a", NULL, NULL, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[plot_add_many] 'y' must not be NULL");
  assert_int_equal(tl_plot_add(plot, "a", 1, 1), TL_OK);
  tl_tensor *image = tl_plot_image(plot);
  int64_t shape[3];
  assert_int_equal(tl_tensor_shape(image, shape, 3), TL_OK);
  assert_true(shape[0] == 432 && shape[1] == 720 && shape[2] == 3 && tl_tensor_dtype(image) == TL_U8);
  assert_int_equal(tl_plot_write_svg(plot, "/tmp/tapeloop-none/x.svg"), TL_NOT_FOUND);
  expect_error(c, TL_NOT_FOUND, "[plot_write_svg] making a file must succeed");
  char part[5];
  size_t length = 0;
  assert_int_equal(tl_plot_svg(plot, part, sizeof part, &length), TL_OK);
  assert_string_equal(part, "<svg");
  assert_true(length > 500);

  tl_tensor *images = tl_ones(c, (int64_t[]){2, 3, 3}, 3);
  tl_image_grid_options g;
  tl_image_grid_options_init(&g, sizeof g);
  g.background = 2;
  assert_null(tl_image_grid(c, images, &g));
  expect_error(c, TL_INVALID_ARGUMENT, "[image_grid] 'background' must be in [0, 1]: got 2");
  tl_image_grid_options_init(&g, sizeof g);
  g.columns = -1;
  assert_null(tl_image_grid(c, images, &g));
  expect_error(c, TL_INVALID_ARGUMENT, "'columns' and 'scale' must not be negative");
  g.columns = 0;
  g.padding = -1; /* none */
  tl_tensor *grid = tl_image_grid(c, images, &g);
  assert_int_equal(tl_tensor_dtype(grid), TL_U8);
  assert_int_equal(tl_tensor_dim(grid, 0), 3);
  assert_int_equal(tl_tensor_dim(grid, 1), 6);
  assert_null(tl_image_grid(c, NULL, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "[image_grid] 'images' must be a tensor");
  assert_int_equal(tl_write_png(tl_ones(c, (int64_t[]){2}, 1), "/tmp/never.png"), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[write_png] images must be of shape");
  assert_int_equal(tl_write_png(grid, "/tmp/tapeloop-none/x.png"), TL_NOT_FOUND);
  tl_clear_error(c);
  assert_int_equal(tl_write_image_svg(images, tl_ones(c, (int64_t[]){3}, 1), NULL, NULL, "/tmp/never.svg"),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[write_image_svg] 'captions' must have an element for each image");
  assert_int_equal(access("/tmp/never.svg", F_OK) + access("/tmp/never.png", F_OK), -2);
  free_context(c);
}

static tl_status writes_a_picture(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                                  tl_tensor **outputs, size_t num_outputs) {
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_image_grid(c, tl_square(c, inputs[0]), NULL);
  (void)user_data;
  return tl_error_code(c);
}

static void a_compiled_step_cannot_hide_a_picture(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_function *f = tl_function_new(c, writes_a_picture, NULL, NULL, NULL);
  tl_tensor *images = tl_ones(c, (int64_t[]){2, 3, 3}, 3), *out;
  assert_int_equal(tl_function_call(f, &images, 1, &out, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "image_grid");
  free_context(c);
}

static void a_trace_has_a_beginning_and_an_end(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_trace_options o;
  tl_trace_options_init(&o, sizeof o);
  o.most_events = -1;
  assert_null(tl_trace_start(c, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "[trace_start] 'most_events' must not be negative");
  o.most_events = 3;
  o.no_details = true;
  tl_trace *trace = tl_trace_start(c, &o);
  assert_null(tl_trace_start(c, NULL));
  expect_error(c, TL_FAILED_PRECONDITION, "[trace_start] a context has one trace at a time");
  assert_int_equal(tl_trace_end_span(trace), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[trace_end_span] a span must be open");
  assert_int_equal(tl_trace_begin_span(trace, NULL), TL_INVALID_ARGUMENT);
  tl_clear_error(c);
  tl_tensor *x = tl_ones(c, (int64_t[]){2}, 1);
  for (int i = 0; i < 4; i++) x = tl_square(c, x);
  assert_true(trace_stats(trace).events == 3 && trace_stats(trace).lost == 2 && trace_stats(trace).running);
  assert_int_equal(tl_trace_write(trace, "/tmp/tapeloop-none/t.json"), TL_NOT_FOUND);
  tl_clear_error(c);
  assert_int_equal(tl_trace_stop(trace), TL_OK);
  tl_square(c, x);
  assert_true(trace_stats(trace).lost == 2 && !trace_stats(trace).running);
  assert_int_equal(tl_trace_stop(trace), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[trace_stop] the trace must run");
  assert_int_equal(tl_trace_counter(trace, "a", 1), TL_FAILED_PRECONDITION);
  tl_clear_error(c);
  assert_int_equal(tl_trace_begin_span(trace, "a"), TL_FAILED_PRECONDITION);
  tl_clear_error(c);

  /* The end of its scope stops a trace. */
  tl_scope_begin(c);
  trace = tl_trace_start(c, NULL);
  assert_non_null(trace);
  tl_scope_end(c);
  tl_square(c, x);
  trace = tl_trace_start(c, NULL);
  tl_trace_release(trace);
  assert_non_null(tl_trace_start(c, NULL)); /* ends with the context */
  tl_square(c, x);
  free_context(c);
}

static void graphs_of_what_is_not_there(void **state) {
  (void)state;
  tl_context *c = new_context();
  char text[4000];
  size_t length = 0;
  tl_function *f = tl_function_new(c, writes_a_picture, NULL, NULL, NULL);
  assert_int_equal(tl_function_dot(f, text, sizeof text, &length), TL_OK);
  assert_memory_equal(text, "digraph \"function\" {\n", 21);
  assert_int_equal(length, strlen(text));
  tl_layer *dense = tl_dense(c, 3, NULL);
  assert_int_equal(tl_layer_dot(dense, text, sizeof text, NULL), TL_OK); /* not built yet */
  assert_non_null(strstr(text, "l0 [label=\"dense\\nDense\"];\n"));
  assert_non_null(strstr(text, "  input -> l0;\n  l0 -> output;\n"));
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_dot(tape, text, sizeof text, NULL), TL_OK);
  assert_null(strstr(text, "->"));
  assert_int_equal(tl_tape_dot(tape, NULL, 5, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[tape_dot] 'buffer' must not be NULL");
  free_context(c);
}

int watch_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(logs_used_wrongly),
      cmocka_unit_test(plots_used_wrongly),
      cmocka_unit_test(a_compiled_step_cannot_hide_a_picture),
      cmocka_unit_test(a_trace_has_a_beginning_and_an_end),
      cmocka_unit_test(graphs_of_what_is_not_there),
  };
  return RUN_GROUP("watch", tests);
}
