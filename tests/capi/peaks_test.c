/* Peaks of a machine and bounds of steps through the C API: what is filled, by which rule, and every way to go wrong. No figure that a
 * machine gives is judged. */
#include "tests/capi/harness.h"

static tl_status square_sum(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  (void)user_data;
  (void)num_inputs;
  (void)num_outputs;
  outputs[0] = tl_sum(c, tl_square(c, tl_matmul(c, inputs[0], inputs[0])));
  return tl_error_code(c);
}

static tl_machine_peaks some_peaks(void) {
  tl_machine_peaks p;
  tl_machine_peaks_init(&p, sizeof p);
  p.threads = 2;
  p.flops = 1e9;
  p.l1_bytes = 100;
  p.l2_bytes = 1 << 20;
  p.l3_bytes = 1 << 22;
  p.l1_bandwidth = 4e9;
  p.l2_bandwidth = 2e9;
  p.l3_bandwidth = 1e9;
  p.dram_bandwidth = 5e8;
  return p;
}

static tl_function *planned(tl_context *c, tl_tensor **x) {
  tl_function *f = tl_function_new(c, square_sum, NULL, NULL, NULL);
  *x = tl_ones(c, (int64_t[]){32, 32}, 2);
  for (int i = 0; i < 2; i++) {
    tl_tensor *y = NULL;
    assert_int_equal(tl_function_call(f, x, 1, &y, 1), TL_OK);
  }
  return f;
}

static void a_bound_is_what_a_plan_takes_at_the_least(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *x = NULL;
  tl_function *f = planned(c, &x);
  tl_function_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_function_stats(f, &s), TL_OK);
  assert_true(s.kernels == 2 && s.clusters == 1); /* the product; the square and the sum */
  assert_true(s.touched_bytes > 4096 && s.touched_bytes < 3 * 4096);
  assert_true(s.flops >= 2 * 32 * 32 * 32 && s.flops < 2 * 32 * 32 * 33 + 3 * 32 * 32);

  tl_machine_peaks p = some_peaks();
  tl_bound_statistics b = {.struct_size = sizeof b};
  assert_int_equal(tl_function_bound(f, &p, &b), TL_OK);
  assert_int_equal(b.level, 2);
  assert_true(b.arithmetic_seconds == s.flops / 1e9);
  assert_true(b.memory_seconds == s.moved_bytes / 2e9);
  assert_true(b.seconds == b.arithmetic_seconds && b.seconds > b.memory_seconds);
  p.flops = 1e15;
  p.l2_bytes = (uint64_t)s.touched_bytes / 2 + 1; /* of each of two threads */
  assert_int_equal(tl_function_bound(f, &p, &b), TL_OK);
  assert_true(b.level == 2 && b.seconds == b.memory_seconds);
  p.threads = 0; /* one */
  assert_int_equal(tl_function_bound(f, &p, &b), TL_OK);
  assert_true(b.level == 3 && b.seconds == s.moved_bytes / 1e9);
  p.l3_bytes = 0;
  assert_int_equal(tl_function_bound(f, &p, &b), TL_OK);
  assert_true(b.level == 4 && b.seconds == s.moved_bytes / 5e8);

  /* An older program knows less of the struct. */
  tl_bound_statistics old;
  memset(&old, 0xAA, sizeof old);
  old.struct_size = offsetof(tl_bound_statistics, memory_seconds);
  assert_int_equal(tl_function_bound(f, &p, &old), TL_OK);
  assert_true(old.seconds == b.seconds && old.arithmetic_seconds == b.arithmetic_seconds);
  assert_int_equal(((unsigned char *)&old.memory_seconds)[0], 0xAA);
  free_context(c);
}

static void bounds_of_nothing(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_machine_peaks p = some_peaks();
  tl_bound_statistics b = {.struct_size = sizeof b, .seconds = 7};
  tl_function *f = tl_function_new(c, square_sum, NULL, NULL, NULL);
  tl_tensor *x = tl_ones(c, (int64_t[]){8, 8}, 2), *y = NULL;
  for (int recorded = 0; recorded < 2; recorded++) {
    assert_int_equal(tl_function_bound(f, &p, &b), TL_FAILED_PRECONDITION);
    expect_error(c, TL_FAILED_PRECONDITION, "[function_bound] the function must have a plan");
    assert_int_equal(tl_function_call(f, &x, 1, &y, 1), TL_OK);
  }
  assert_int_equal(tl_function_bound(f, &p, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[function_bound] 'bound' must not be NULL");
  assert_int_equal(tl_function_bound(f, NULL, &b), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[function_bound] 'peaks' must be peaks of a machine: got NULL");
  const double wrong[] = {0, -1, NAN, INFINITY};
  for (int i = 0; i < 4; i++) {
    double *const fields[] = {&p.flops, &p.l1_bandwidth, &p.l2_bandwidth, &p.l3_bandwidth, &p.dram_bandwidth};
    for (int k = 0; k < 5; k++) {
      const double kept = *fields[k];
      *fields[k] = wrong[i];
      assert_int_equal(tl_function_bound(f, &p, &b), TL_INVALID_ARGUMENT);
      expect_error(c, TL_INVALID_ARGUMENT, "of the peaks must be above 0 and finite: got ");
      *fields[k] = kept;
    }
  }
  p.threads = -1;
  assert_int_equal(tl_function_bound(f, &p, &b), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'threads' of the peaks must not be negative: got -1");
  p = some_peaks();
  p.struct_size = 3;
  assert_int_equal(tl_function_bound(f, &p, &b), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[function_bound]");
  assert_true(b.seconds == 7);
  p = some_peaks();
  tl_function_release(f);
  assert_int_equal(tl_function_bound(f, &p, &b), TL_INVALID_ARGUMENT);
  tl_clear_error(c);
  assert_int_equal(tl_function_bound(NULL, &p, &b), TL_INVALID_ARGUMENT);
  free_context(c);
}

static void peaks_are_measured_when_asked(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_peak_options o;
  tl_peak_options_init(&o, sizeof o);
  o.turns = 1;
  tl_machine_peaks p;
  tl_machine_peaks_init(&p, sizeof p);
  assert_true(p.flops == 0 && p.struct_size == sizeof p);
  assert_int_equal(tl_measure_peaks(c, &o, &p), TL_OK);
  assert_int_equal(p.threads, 1);
  assert_int_equal(p.struct_size, sizeof p);
  tl_tensor *x = NULL;
  tl_function *f = planned(c, &x);
  tl_bound_statistics b = {.struct_size = sizeof b};
  assert_int_equal(tl_function_bound(f, &p, &b), TL_OK); /* so that all fields are there */
  assert_true(b.seconds > 0 && isfinite(b.seconds));     /* how fast this machine is, is not for a test */

  const tl_machine_peaks kept = p;
  o.turns = 10001;
  assert_int_equal(tl_measure_peaks(c, &o, &p), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[measure_peaks] 'turns' must be at most 10000: got 10001");
  assert_int_equal(tl_measure_peaks(c, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[measure_peaks] 'peaks' must not be NULL");
  assert_int_equal(tl_measure_peaks(NULL, NULL, &p), TL_INVALID_ARGUMENT);
  p.struct_size = 0;
  assert_int_equal(tl_measure_peaks(c, NULL, &p), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'struct_size' must be that of the struct: got 0");
  p.struct_size = sizeof p;
  assert_int_equal(tl_context_cancel(c), TL_OK);
  assert_int_equal(tl_measure_peaks(c, NULL, &p), TL_CANCELLED);
  tl_clear_error(c);
  assert_int_equal(tl_set_error(c, TL_IO, "[program] words of its own"), TL_OK);
  assert_int_equal(tl_measure_peaks(c, NULL, &p), TL_IO); /* at once: the context holds an error */
  assert_memory_equal(&p, &kept, sizeof p);
  p = some_peaks();
  assert_int_equal(tl_function_bound(f, &p, &b), TL_OK); /* which works all the same */
  expect_error(c, TL_IO, "words of its own");
  free_context(c);
}

int peaks_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bound_is_what_a_plan_takes_at_the_least),
      cmocka_unit_test(bounds_of_nothing),
      cmocka_unit_test(peaks_are_measured_when_asked),
  };
  return RUN_GROUP("peaks", tests);
}
