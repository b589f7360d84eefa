/* Row-sparse gradients through the C API: an embedding trained by its rows beside one trained densely. */
#include "tests/capi/harness.h"

enum { WORDS = 5, WIDTH = 2 };

static tl_tensor *table(tl_context *c) {
  float values[WORDS * WIDTH];
  for (int i = 0; i < WORDS * WIDTH; i++) values[i] = (float)i;
  tl_tensor *t = tl_tensor_new(c, TL_F32, (int64_t[]){WORDS, WIDTH}, 2, values, sizeof values);
  return tl_variable_new(c, t, "table", true);
}
static tl_tensor *words(tl_context *c) {
  return tl_tensor_new(c, TL_I32, (int64_t[]){3}, 1, (int32_t[]){4, 1, 4}, 12);
}

static void rows_train_an_embedding(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_sgd_options o;
  tl_sgd_options_init(&o, sizeof o);
  o.learning_rate = 0.1;
  tl_optimizer *by_rows = tl_sgd(c, &o), *dense = tl_sgd(c, &o);
  tl_tensor *a = table(c), *b = table(c), *at = words(c);
  for (int step = 0; step < 3; step++) {
    tl_scope_begin(c);
    tl_tensor *rows, *indices, *gradient;
    tl_tape *tape = tl_tape_begin(c, NULL);
    tl_tensor *loss = tl_sum(c, tl_square(c, tl_gather(c, a, at, 0)));
    assert_int_equal(tl_tape_gradient_rows(tape, &loss, 1, &a, 1, NULL, &rows, &indices), TL_OK);
    assert_non_null(indices);
    assert_int_equal(tl_tensor_dim(indices, 0), 2);
    assert_int_equal(tl_tensor_dim(rows, 0), 2);
    int64_t named[2];
    assert_int_equal(tl_tensor_read(indices, named, sizeof named), TL_OK);
    assert_true(named[0] == 1 && named[1] == 4);
    assert_int_equal(tl_optimizer_apply_rows(by_rows, &rows, &indices, &a, 1), TL_OK);

    tape = tl_tape_begin(c, NULL);
    loss = tl_sum(c, tl_square(c, tl_gather(c, b, at, 0)));
    assert_int_equal(tl_tape_gradient(tape, loss, &b, 1, NULL, &gradient), TL_OK);
    assert_int_equal(tl_optimizer_apply(dense, &gradient, &b, 1), TL_OK);
    tl_scope_end(c);
  }
  float x[WORDS * WIDTH], y[WORDS * WIDTH];
  assert_int_equal(tl_tensor_read(a, x, sizeof x), TL_OK);
  assert_int_equal(tl_tensor_read(b, y, sizeof y), TL_OK);
  assert_memory_equal(x, y, sizeof x);
  assert_true(x[0] == 0 && x[2] != 2);
  free_context(c);
}

static void mixed_uses_are_dense_and_norms_are_of_all(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *a = table(c), *bias = tl_variable_new(c, tl_scalar(c, TL_F32, 1), "bias", true), *at = words(c);
  tl_tensor *sources[] = {a, bias}, *g[2], *where[2], *norm;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *loss = tl_add(c, tl_sum(c, tl_gather(c, a, at, 0)), bias);
  assert_int_equal(tl_tape_gradient_rows(tape, &loss, 1, sources, 2, NULL, g, where), TL_OK);
  assert_non_null(where[0]);
  assert_null(where[1]);
  assert_non_null(g[1]);
  /* Rows (1, 1) and (2, 2), and 1: the norm of the dense gradient, sqrt(11). */
  assert_int_equal(tl_clip_by_global_norm(c, g, 2, 1, NULL, g, &norm), TL_OK);
  assert_true(fabs(tl_tensor_item(norm) - sqrt(11)) < 1e-6);
  tl_sgd_options o;
  tl_sgd_options_init(&o, sizeof o);
  assert_int_equal(tl_optimizer_apply_rows(tl_sgd(c, &o), g, where, sources, 2), TL_OK);

  tape = tl_tape_begin(c, NULL);
  loss = tl_add(c, tl_sum(c, tl_gather(c, a, at, 0)), tl_sum(c, a));
  assert_int_equal(tl_tape_gradient_rows(tape, &loss, 1, &a, 1, NULL, g, where), TL_OK);
  assert_null(where[0]);
  assert_int_equal(tl_tensor_dim(g[0], 0), WORDS);
  free_context(c);
}

static void rows_are_clipped_by_value(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *rows = vector(c, 3, (float[]){-3, 0.5f, 4}), *low = tl_scalar(c, TL_F32, -1),
            *high = vector(c, 3, (float[]){1, 2, 3});
  float got[3];
  assert_int_equal(tl_tensor_read(tl_clip_by_value(c, rows, low, high), got, sizeof got), TL_OK);
  assert_true(got[0] == -1 && got[1] == 0.5f && got[2] == 3);
  assert_null(tl_clip_by_value(c, low, low, high));
  expect_error(c, TL_INVALID_ARGUMENT, "[clip_by_value] the bounds must not enlarge 'x'");
  assert_null(tl_clip_by_value(c, rows, NULL, high));
  expect_error(c, TL_INVALID_ARGUMENT, "'low'");
  free_context(c);
}

static void misuse_is_told(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *a = table(c), *at = words(c), *rows = (tl_tensor *)a, *indices = (tl_tensor *)a;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *loss = tl_sum(c, tl_gather(c, a, at, 0));
  assert_int_equal(tl_tape_gradient_rows(tape, &loss, 1, &a, 1, NULL, &rows, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[tape_gradient_rows] 'row_indices' must not be NULL");
  assert_null(rows);
  assert_int_equal(tl_tape_gradient_rows(tape, &loss, 1, &at, 1, NULL, &rows, &indices), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "floating-point");
  assert_null(indices);
  assert_int_equal(tl_tape_gradient_rows(tape, &loss, 1, &a, 1, NULL, &rows, &indices), TL_OK);
  assert_int_equal(tl_tape_gradient_rows(tape, &loss, 1, &a, 1, NULL, &rows, &indices),
                   TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "consumed");

  rows = tl_full(c, (int64_t[]){2, WIDTH}, 2, 1, TL_F32);
  tl_adam_options o;
  tl_adam_options_init(&o, sizeof o);
  tl_optimizer *adam = tl_adam(c, &o);
  tl_tensor *descending = tl_tensor_new(c, TL_I64, (int64_t[]){2}, 1, (int64_t[]){3, 1}, 16);
  tl_tensor *outside = tl_tensor_new(c, TL_I64, (int64_t[]){2}, 1, (int64_t[]){1, WORDS}, 16);
  assert_int_equal(tl_optimizer_apply_rows(adam, &rows, &descending, &a, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "strictly ascending: got 1 after 3");
  assert_int_equal(tl_optimizer_apply_rows(adam, &rows, &outside, &a, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "outside [0, 5): got 5");
  tl_tensor *doubles = tl_cast(c, rows, TL_F64), *ascending = tl_range_from(c, 2, 1, 1, TL_I64);
  assert_int_equal(tl_optimizer_apply_rows(adam, &doubles, &ascending, &a, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "rows of a gradient have the dtype of their variable: got f64");
  assert_int_equal(tl_optimizer_apply_rows(adam, &rows, NULL, &a, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'row_indices'");
  assert_int_equal(tl_optimizer_iterations(adam), 0);
  free_context(c);
}

/* An embedding that a compiled step trains by its rows, or, where it is used otherwise too, densely. */
typedef struct {
  tl_tensor *table, *at; /* at: the indices, where they are no input */
  tl_optimizer *sgd;
  bool mixed; /* also used as a whole */
} embedding;

static tl_status train_rows(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  embedding *e = user_data;
  (void)num_inputs, (void)num_outputs;
  tl_tensor *rows, *indices, *at = e->at ? e->at : inputs[0];
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *loss = tl_sum(c, tl_square(c, tl_gather(c, e->table, at, 0)));
  if (e->mixed) {
    tl_tensor *wide = tl_gather(c, e->table, tl_reshape(c, tl_cast(c, at, TL_I64), (int64_t[]){1, 3}, 2), 0);
    loss = tl_add(c, tl_add(c, loss, tl_sum(c, wide)), tl_sum(c, e->table));
  }
  if (tl_tape_gradient_rows(tape, &loss, 1, &e->table, 1, NULL, &rows, &indices) == TL_OK &&
      tl_optimizer_apply_rows(e->sgd, &rows, &indices, &e->table, 1) == TL_OK)
    outputs[0] = loss;
  return tl_error_code(c);
}

static embedding new_embedding(tl_context *c) {
  tl_sgd_options o;
  tl_sgd_options_init(&o, sizeof o);
  o.learning_rate = 0.1;
  return (embedding){.table = table(c), .sgd = tl_sgd(c, &o)};
}

/* Steps with other indices each time, by the function and by the step itself: the tables are the same after each. */
static void train_both(tl_context *c, tl_function *f, embedding *by_function, embedding *eager) {
  for (int i = 0; i < 4; i++) {
    tl_scope_begin(c);
    const int32_t words_of[] = {i, i, (i + 2) % WORDS};
    tl_tensor *at = tl_tensor_new(c, TL_I32, (int64_t[]){3}, 1, words_of, sizeof words_of), *loss = NULL;
    assert_int_equal(tl_function_call(f, &at, 1, &loss, 1), TL_OK);
    assert_int_equal(train_rows(c, eager, &at, 1, &loss, 1), TL_OK);
    float x[WORDS * WIDTH], y[WORDS * WIDTH];
    assert_int_equal(tl_tensor_read(by_function->table, x, sizeof x), TL_OK);
    assert_int_equal(tl_tensor_read(eager->table, y, sizeof y), TL_OK);
    assert_memory_equal(x, y, sizeof x);
    tl_scope_end(c);
  }
}

static void compiled_steps_do_not_keep_the_rows_of_a_recording(void **state) {
  (void)state;
  tl_context *c = new_context();
  embedding a = new_embedding(c), b = new_embedding(c);
  tl_tensor *at = words(c), *loss = NULL;
  tl_function *f = tl_function_new(c, train_rows, &a, NULL, NULL);
  assert_int_equal(tl_function_call(f, &at, 1, &loss, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "tape_gradient_rows looks at input 0");

  a = new_embedding(c);
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.host_reads = TL_HOST_READS_EAGER;
  train_both(c, tl_function_new(c, train_rows, &a, NULL, &o), &a, &b);

  /* Indices that are the same in all steps, and gradients that are dense, are replayed. */
  tl_function_statistics s = {.struct_size = sizeof s};
  a = new_embedding(c), b = new_embedding(c);
  a.at = b.at = at;
  f = tl_function_new(c, train_rows, &a, NULL, NULL);
  train_both(c, f, &a, &b);
  assert_int_equal(tl_function_stats(f, &s), TL_OK);
  assert_int_equal(s.replays, 3);
  a = new_embedding(c), b = new_embedding(c);
  a.mixed = b.mixed = true;
  f = tl_function_new(c, train_rows, &a, NULL, NULL);
  train_both(c, f, &a, &b);
  assert_int_equal(tl_function_stats(f, &s), TL_OK);
  assert_int_equal(s.replays, 3);
  free_context(c);
}

int rows_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_train_an_embedding),
      cmocka_unit_test(mixed_uses_are_dense_and_norms_are_of_all),
      cmocka_unit_test(rows_are_clipped_by_value),
      cmocka_unit_test(misuse_is_told),
      cmocka_unit_test(compiled_steps_do_not_keep_the_rows_of_a_recording),
  };
  return RUN_GROUP("rows", tests);
}
