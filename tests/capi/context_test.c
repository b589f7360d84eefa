/* Contexts, errors, scopes, statistics, version. */
#include "tests/capi/harness.h"

static void version_is_stated(void **state) {
  (void)state;
  assert_string_equal(tl_version(), "0.1.0");
  assert_int_equal(tl_require_version(TL_VERSION_MAJOR, TL_VERSION_MINOR), TL_OK);
  assert_int_equal(tl_require_version(TL_VERSION_MAJOR, TL_VERSION_MINOR + 1), TL_UNSUPPORTED);
  assert_int_equal(tl_require_version(TL_VERSION_MAJOR + 1, 0), TL_UNSUPPORTED);
  assert_int_equal(tl_require_version(TL_VERSION_MAJOR, -1), TL_UNSUPPORTED);
  assert_string_equal(tl_status_name(TL_BUSY), "busy");
  assert_string_equal(tl_status_name(-5), "unknown code");
  assert_string_equal(tl_dtype_name(TL_I64), "i64");
  assert_int_equal(tl_dtype_size(TL_F64), 8);
  assert_int_equal(tl_dtype_size(77), 0);
}

static void bad_options_are_told(void **state) {
  (void)state;
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.threads = -3;
  tl_context *c = tl_context_new(&o);
  assert_non_null(c);
  expect_error(c, TL_INVALID_ARGUMENT, "-3");
  tl_context_free(c);

  memset(&o, 0, sizeof o); /* never initialised */
  c = tl_context_new(&o);
  expect_error(c, TL_INVALID_ARGUMENT, "struct_size");
  tl_context_free(c);

  /* A struct of a newer header is accepted while its unknown fields are zero. */
  struct {
    tl_context_options known;
    uint64_t future;
  } newer;
  memset(&newer, 0, sizeof newer);
  newer.known.struct_size = sizeof newer;
  newer.known.threads = 1;
  c = tl_context_new(&newer.known);
  assert_false(tl_failed(c));
  tl_context_free(c);
  newer.future = 1;
  c = tl_context_new(&newer.known);
  expect_error(c, TL_UNSUPPORTED, "newer");
  tl_context_free(c);

  tl_context_options_init(NULL, sizeof o);
  c = tl_context_new(NULL);
  assert_false(tl_failed(c));
  tl_context_free(c);
}

static void the_first_error_is_kept(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *a = vector(c, 2, (float[]){1, 2}), *b = vector(c, 3, (float[]){1, 2, 3});
  /* A text without an error stays what it is when one comes: C may ask for it before it calls what fails. */
  const char *none = tl_error_message(c);
  assert_null(tl_add(c, a, b));
  assert_true(tl_failed(c));
  assert_string_equal(none, "");
  char first[256];
  snprintf(first, sizeof first, "%s", tl_error_message(c));
  assert_non_null(strstr(first, "[add]"));
  assert_non_null(strstr(first, "(2,)"));
  assert_non_null(strstr(first, "(3,)"));
  /* Later ops give NULL and leave the first error; effects refuse with its code. */
  assert_null(tl_mul(c, a, a));
  assert_null(tl_mul(c, NULL, a));
  float out[2];
  assert_int_equal(tl_tensor_read(a, out, sizeof out), TL_INVALID_ARGUMENT);
  assert_string_equal(tl_error_message(c), first);
  assert_true(isnan(tl_tensor_item(a)));
  /* What a tensor is can still be asked. */
  assert_int_equal(tl_tensor_dim(a, 0), 2);
  tl_clear_error(c);
  assert_false(tl_failed(c));
  assert_string_equal(tl_error_message(c), "");
  assert_non_null(tl_mul(c, a, a));
  free_context(c);
}

static void null_operands_are_an_error_of_their_own(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *a = vector(c, 2, (float[]){1, 2});
  assert_null(tl_add(c, a, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_null(tl_add(NULL, a, a));
  assert_null(tl_concat(c, NULL, 3, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  free_context(c);
}

static void callers_may_record_errors(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_int_equal(tl_set_error(c, TL_IO, "disk %s %n is full"), TL_OK);
  assert_string_equal(tl_error_message(c), "disk %s %n is full");
  tl_set_error(c, TL_BUSY, "second");
  expect_error(c, TL_IO, "is full");
  assert_int_equal(tl_set_error(c, TL_IO, NULL), TL_OK);
  expect_error(c, TL_IO, "input/output error");
  assert_int_equal(tl_set_error(c, TL_OK, "no error"), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "code");
  free_context(c);
}

static uint64_t live(tl_context *c) {
  tl_context_statistics s;
  s.struct_size = sizeof s;
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  return s.tensors;
}

static void scopes_free_what_was_made_in_them(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = vector(c, 2, (float[]){1, 2});
  assert_int_equal(live(c), 1);
  tl_scope_begin(c);
  tl_tensor *y = tl_exp(c, x);
  tl_scope_begin(c);
  tl_tensor *z = NULL;
  for (int i = 0; i < 1000; i++) z = tl_add(c, y, y);
  assert_int_equal(live(c), 1002);
  assert_ptr_equal(tl_keep(z), z);
  tl_scope_end(c);
  assert_int_equal(live(c), 3);
  assert_true(tl_tensor_elements(z) == 2);
  tl_scope_end(c);
  assert_int_equal(live(c), 1);
  assert_int_equal(tl_tensor_elements(x), 2);
  assert_int_equal(tl_tensor_elements(y), -1);
  expect_error(c, TL_INVALID_ARGUMENT, "[tensor_elements] the tensor is not a live handle");
  assert_int_equal(tl_scope_end(c), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "no scope");
  /* Kept to the outermost, a tensor belongs to the context. */
  tl_scope_begin(c);
  z = tl_keep(tl_exp(c, x));
  tl_scope_end(c);
  assert_int_equal(tl_tensor_elements(z), 2);
  assert_ptr_equal(tl_keep(z), z);
  free_context(c);
}

static void scopes_work_while_an_error_is_held(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_scope_begin(c);
  vector(c, 1, (float[]){1});
  tl_set_error(c, TL_IO, "x");
  assert_int_equal(tl_scope_begin(c), TL_OK);
  assert_int_equal(tl_scope_end(c), TL_OK);
  assert_int_equal(tl_scope_end(c), TL_OK);
  assert_int_equal(live(c), 0);
  expect_error(c, TL_IO, "x");
  free_context(c);
}

static void memory_limits_hold(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_int_equal(tl_context_set_memory_limit(c, 1 << 20), TL_OK);
  int64_t dims[] = {200, 1000};
  assert_null(tl_full(c, dims, 2, 1.0, TL_F64));
  expect_error(c, TL_OUT_OF_MEMORY, "1048576");
  tl_tensor *x = tl_full(c, dims, 2, 1.0, TL_U8);
  assert_non_null(x);
  /* In the middle of a chain: the failing op leaves nothing behind. */
  uint64_t before = live(c);
  assert_null(tl_exp(c, tl_cast(c, x, TL_F64)));
  expect_error(c, TL_OUT_OF_MEMORY, "memory limit");
  assert_int_equal(live(c), before);
  tl_context_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  assert_true(s.live_bytes + s.cached_bytes <= 1 << 20);
  tl_tensor_release(x);
  assert_int_equal(tl_context_trim(c), TL_OK);
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  assert_int_equal(s.live_bytes, 0);
  assert_int_equal(s.cached_bytes, 0);
  tl_context_set_memory_limit(c, 0);
  assert_null(tl_full(c, (int64_t[]){INT64_C(1) << 45, 1 << 10}, 2, 0,
                      TL_F64)); /* 2^58 bytes: refused by the system */
  expect_error(c, TL_OUT_OF_MEMORY, "memory");
  free_context(c);
}

static void memory_limits_hold_for_the_smallest_tensor(void **state) {
  (void)state;
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = 1;
  options.memory_limit = 1;
  tl_context *c = tl_context_new(&options);
  assert_null(tl_ones(c, NULL, 0));
  expect_error(c, TL_OUT_OF_MEMORY, "memory limit");
  /* A limit set later holds for memory that is kept for reuse, too. */
  assert_int_equal(tl_context_set_memory_limit(c, 0), TL_OK);
  tl_tensor *x = tl_ones(c, NULL, 0), *y = tl_ones(c, NULL, 0);
  tl_tensor_release(y);
  assert_int_equal(tl_context_set_memory_limit(c, 1), TL_OK);
  assert_null(tl_ones(c, NULL, 0));
  expect_error(c, TL_OUT_OF_MEMORY, "limit of 1 bytes");
  assert_true(tl_tensor_item(x) == 1);
  tl_tensor_release(x);
  assert_null(tl_ones(c, NULL, 0));
  expect_error(c, TL_OUT_OF_MEMORY, "limit of 1 bytes");
  assert_int_equal(tl_context_set_memory_limit(c, 64), TL_OK);
  assert_true(tl_tensor_item(tl_ones(c, NULL, 0)) == 1);
  free_context(c);
}

static int logged, destroyed;
static void on_log(void *user_data, tl_log_level level, const char *message) {
  (void)level, (void)message;
  assert_ptr_equal(user_data, &logged);
  logged++;
}
static void on_destroy(void *user_data) {
  (void)user_data;
  destroyed++;
}

static void destroy_callbacks_run_once(void **state) {
  (void)state;
  logged = destroyed = 0;
  tl_context *c = new_context();
  assert_int_equal(tl_context_set_log(c, on_log, &logged, on_destroy), TL_OK);
  assert_int_equal(destroyed, 0);
  tl_context_set_log(c, on_log, &logged, on_destroy);
  assert_int_equal(destroyed, 1);
  tl_set_error(c, TL_IO, "x");
  assert_int_equal(tl_context_set_log(c, on_log, &logged, on_destroy), TL_IO); /* fails, so it runs at once */
  assert_int_equal(destroyed, 2);
  tl_clear_error(c);
  free_context(c);
  assert_int_equal(destroyed, 3);
  assert_int_equal(tl_context_set_log(NULL, on_log, &logged, on_destroy), TL_INVALID_ARGUMENT);
  assert_int_equal(destroyed, 4);
}

static void statistics_of_older_headers_are_filled(void **state) {
  (void)state;
  tl_context *c = new_context();
  vector(c, 1, (float[]){1});
  tl_context_statistics s;
  memset(&s, 0xAA, sizeof s);
  s.struct_size = offsetof(tl_context_statistics, values); /* an older program knows two fields */
  assert_int_equal(tl_context_stats(c, &s), TL_OK);
  assert_int_equal(s.tensors, 1);
  assert_true(s.values == UINT64_C(0xAAAAAAAAAAAAAAAA)); /* untouched */
  s.struct_size = 0;
  assert_int_equal(tl_context_stats(c, &s), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "struct_size");
  assert_int_equal(tl_context_stats(c, NULL), TL_INVALID_ARGUMENT);
  tl_clear_error(c);
  free_context(c);
}

static void threads_and_seed_can_be_set(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_int_equal(tl_context_set_threads(c, 2), TL_OK);
  assert_int_equal(tl_context_set_threads(c, -1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "threads");
  float a[4], b[4];
  tl_context_set_seed(c, 7);
  assert_int_equal(tl_tensor_read(tl_uniform(c, (int64_t[]){4}, 1), a, sizeof a), TL_OK);
  tl_context_set_seed(c, 7);
  assert_int_equal(tl_tensor_read(tl_uniform(c, (int64_t[]){4}, 1), b, sizeof b), TL_OK);
  assert_memory_equal(a, b, sizeof a);
  assert_int_equal(tl_tensor_read(tl_uniform(c, (int64_t[]){4}, 1), b, sizeof b), TL_OK);
  assert_memory_not_equal(a, b, sizeof a);
  free_context(c);
}

/* Ends, or tries to end, the context that its user data stands for. */
typedef struct Ending {
  tl_context *context;
  int calls, status;
} Ending;

static void end_context(void *user_data) {
  Ending *ending = user_data;
  ending->calls++;
  ending->status = tl_context_free(ending->context);
}

static void ignore_line(void *user_data, tl_log_level level, const char *message) {
  (void)user_data;
  (void)level;
  (void)message;
}

static void callbacks_cannot_end_their_context(void **state) {
  (void)state;
  static const float data[2] = {1, 2};
  const int64_t dims[] = {2};
  Ending ending = {new_context(), 0, TL_OK};
  tl_context *c = ending.context;
  /* Calls that fail give back what was lent, while they still are inside the context. */
  assert_null(tl_tensor_borrow(c, TL_F32, dims, 1, data, 7, end_context, &ending));
  assert_int_equal(ending.calls, 1);
  assert_int_equal(ending.status, TL_BUSY);
  expect_error(c, TL_INVALID_ARGUMENT, "'bytes'");
  assert_int_equal(tl_set_error(c, TL_IO, "held"), TL_OK);
  assert_null(tl_tensor_borrow(c, TL_F32, dims, 1, data, sizeof data, end_context, &ending));
  assert_int_equal(ending.calls, 2);
  assert_int_equal(ending.status, TL_BUSY);
  assert_int_equal(tl_context_set_log(c, ignore_line, &ending, end_context), TL_IO);
  assert_int_equal(ending.calls, 3);
  assert_int_equal(ending.status, TL_BUSY);
  expect_error(c, TL_IO, "held");
  /* So do calls that succeed. */
  assert_int_equal(tl_scope_begin(c), TL_OK);
  assert_non_null(tl_tensor_borrow(c, TL_F32, dims, 1, data, sizeof data, end_context, &ending));
  assert_int_equal(tl_scope_end(c), TL_OK);
  assert_int_equal(ending.calls, 4);
  assert_int_equal(ending.status, TL_BUSY);
  /* Of the context that ends, no second end comes. */
  assert_non_null(tl_tensor_borrow(c, TL_F32, dims, 1, data, sizeof data, end_context, &ending));
  assert_int_equal(tl_context_set_log(c, ignore_line, &ending, end_context), TL_OK);
  assert_int_equal(tl_context_free(c), TL_OK);
  assert_int_equal(ending.calls, 6);
  assert_int_equal(ending.status, TL_OK);
}

static void absurd_struct_sizes_are_not_filled(void **state) {
  (void)state;
  tl_context *c = new_context();
  struct {
    tl_sgd_options options;
    unsigned char behind[64];
  } sgd;
  memset(&sgd, 0x5a, sizeof sgd);
  const size_t sizes[] = {SIZE_MAX, 4097, SIZE_MAX / 2 + 1};
  for (size_t i = 0; i < 3; i++) {
    tl_sgd_options_init(&sgd.options, sizes[i]);
    assert_int_equal(sgd.options.struct_size, 0);
    for (size_t k = 0; k < sizeof sgd.behind; k++) assert_int_equal(sgd.behind[k], 0x5a);
    assert_null(tl_sgd(c, &sgd.options));
    expect_error(c, TL_INVALID_ARGUMENT, "'struct_size' must be that of the struct: got 0");
  }
  tl_context_options options;
  tl_context_options_init(&options, SIZE_MAX);
  assert_int_equal(options.struct_size, 0);
  tl_tape_options tape;
  tl_tape_options_init(&tape, SIZE_MAX);
  assert_int_equal(tape.struct_size, 0);
  tl_gradient_options gradient;
  tl_gradient_options_init(&gradient, SIZE_MAX);
  assert_int_equal(gradient.struct_size, 0);
  free_context(c);
}

int context_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(version_is_stated),
      cmocka_unit_test(bad_options_are_told),
      cmocka_unit_test(the_first_error_is_kept),
      cmocka_unit_test(null_operands_are_an_error_of_their_own),
      cmocka_unit_test(callers_may_record_errors),
      cmocka_unit_test(scopes_free_what_was_made_in_them),
      cmocka_unit_test(scopes_work_while_an_error_is_held),
      cmocka_unit_test(memory_limits_hold),
      cmocka_unit_test(memory_limits_hold_for_the_smallest_tensor),
      cmocka_unit_test(destroy_callbacks_run_once),
      cmocka_unit_test(callbacks_cannot_end_their_context),
      cmocka_unit_test(absurd_struct_sizes_are_not_filled),
      cmocka_unit_test(statistics_of_older_headers_are_filled),
      cmocka_unit_test(threads_and_seed_can_be_set),
  };
  return RUN_GROUP("context", tests);
}
