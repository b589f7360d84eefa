/* The metrics of metrics.h that compare labels with predictions, through the C API: a number of each, with options, in a recorded
 * step, and what they refuse; more numbers are in tests/nn. */
#include "tests/capi/harness.h"

static bool near(double a, double b) { return fabs(a - b) <= 1e-9 * (1 + fabs(b)); }
static tl_tensor *matrix(tl_context *c, int64_t rows, int64_t columns, const float *values) {
  return tl_reshape(c, vector(c, (size_t)(rows * columns), values), (int64_t[]){rows, columns}, 2);
}

/* The result after one update; the metric is released. */
static double once(tl_metric *m, tl_tensor *y, tl_tensor *p, tl_tensor *w) {
  assert_non_null(m);
  assert_int_equal(tl_metric_update_predictions(m, y, p, w), TL_OK);
  double result = tl_metric_result(m);
  tl_metric_release(m);
  return result;
}

static void M7_counts_precision_and_recall(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *p = vector(c, 4, (float[]){1, 0, 1, 0}),
            *y = tl_cast(c, vector(c, 4, (float[]){0, 1, 1, 0}), TL_I32);
  tl_tensor *w = vector(c, 4, (float[]){1, 2, 4, 8});
  assert_true(once(tl_metric_precision(c, NULL, 0, NULL), y, p, NULL) == .5);
  assert_true(once(tl_metric_recall(c, NULL, 0, NULL), y, p, NULL) == .5);
  assert_true(once(tl_metric_true_positives(c, NULL, 0, NULL), y, p, w) == 4);
  assert_true(once(tl_metric_false_positives(c, NULL, 0, NULL), y, p, w) == 1);
  assert_true(once(tl_metric_true_negatives(c, NULL, 0, NULL), y, p, w) == 8);
  assert_true(once(tl_metric_false_negatives(c, NULL, 0, NULL), y, p, w) == 2);

  tl_threshold_options o;
  tl_threshold_options_init(&o, sizeof o);
  o.top_k = 3;
  tl_tensor *row = matrix(c, 1, 5, (float[]){.2f, .1f, .5f, 0, .2f}),
            *truth = matrix(c, 1, 5, (float[]){0, 1, 1, 0, 0});
  assert_true(near(once(tl_metric_precision(c, NULL, 0, &o), truth, row, NULL), 1. / 3));

  tl_threshold_options_init(&o, sizeof o);
  o.name = "p";
  tl_metric *several = tl_metric_precision(c, (double[]){.5, 1}, 2, &o);
  for (int i = 0; i < 2; i++)
    assert_int_equal(tl_metric_update_predictions(several, matrix(c, 2, 2, (float[]){0, 1, 1, 0}),
                                                  matrix(c, 2, 2, (float[]){1, 0, .6f, 0}),
                                                  matrix(c, 2, 2, (float[]){4, 0, 3, 1})),
                     TL_OK);
  tl_tensor *both = tl_metric_result_tensor(several);
  assert_int_equal(tl_tensor_elements(both), 2);
  const double *values = tl_tensor_data(both);
  assert_true(near(values[0], 3. / 7) && values[1] == 0);
  assert_string_equal(tl_metric_name(several), "p");
  size_t count;
  tl_tensor *const *variables = tl_metric_variables(several, &count);
  assert_int_equal(count, 2);
  assert_string_equal(tl_variable_name(variables[0]), "p/positives");
  assert_true(isnan(tl_metric_result(several)));
  expect_error(c, TL_INVALID_ARGUMENT, "several results must be read as a tensor");

  o.one_class = true;
  assert_int_equal(tl_metric_update_predictions(tl_metric_recall(c, NULL, 0, &o), y, p, NULL),
                   TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "one class of the predictions needs rank 2 or more");
  o.class_id = 1;
  assert_true(once(tl_metric_recall(c, NULL, 0, &o), matrix(c, 2, 2, (float[]){0, 1, 1, 1}),
                   matrix(c, 2, 2, (float[]){0, 1, 1, 0}), NULL) == .5);
  o.one_class = false;
  assert_null(tl_metric_recall(c, NULL, 0, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "'class_id' needs one_class");
  assert_null(tl_metric_precision(c, (double[]){.5, 2}, 2, NULL));
  expect_error(c, TL_INVALID_ARGUMENT,
               "[metric_precision] each threshold must be in [0, 1]: got 2 at position 1");
  assert_null(tl_metric_precision(c, NULL, 2, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'thresholds'");
  free_context(c);
}

static void M9_area_under_curves(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *y = vector(c, 4, (float[]){0, 0, 1, 1}), *p = vector(c, 4, (float[]){0, .5f, .3f, .9f});
  tl_tensor *w = vector(c, 4, (float[]){1, 2, 3, 4});
  tl_threshold_options o;
  tl_threshold_options_init(&o, sizeof o);
  o.threshold_count = 3;
  assert_true(near(once(tl_metric_auc(c, NULL, 0, &o), y, p, NULL), .75));
  o.summation = TL_AUC_SUMMATION_MINORING;
  assert_true(near(once(tl_metric_auc(c, NULL, 0, &o), y, p, w), 4. / 7));
  o.curve = TL_AUC_CURVE_PRECISION_RECALL;
  o.summation = TL_AUC_SUMMATION_INTERPOLATION;
  assert_true(near(once(tl_metric_auc(c, NULL, 0, &o), y, p, w), (.5 * (3 + 2 * log(2.5)) + 4) / 7));
  o.curve = TL_AUC_CURVE_PRECISION_RECALL_GAIN;
  o.threshold_count = 0;
  assert_true(near(once(tl_metric_auc(c, (double[]){.5}, 1, &o), y, p, NULL), .5));
  o.curve = 9;
  assert_null(tl_metric_auc(c, NULL, 0, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "'curve' must be");

  tl_threshold_options_init(&o, sizeof o);
  o.threshold_count = 3; /* 0, .5, 1 */
  assert_true(once(tl_metric_sensitivity_at_specificity(c, .9, &o), y, p, NULL) == .5);
  assert_true(once(tl_metric_specificity_at_sensitivity(c, .9, &o), y, p, NULL) == .5);
  assert_true(once(tl_metric_precision_at_recall(c, .5, &o), y, p, NULL) == 1);
  assert_true(near(once(tl_metric_recall_at_precision(c, .6, &o), y, p, NULL), 1));
  assert_null(tl_metric_recall_at_precision(c, 2, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "must be in [0, 1]: got 2");
  free_context(c);
}

static void classes_and_numbers(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *y = matrix(c, 3, 3, (float[]){1, 1, 1, 1, 0, 0, 1, 1, 0});
  tl_tensor *p = matrix(c, 3, 3, (float[]){.2f, .6f, .7f, .2f, .6f, .6f, .6f, .8f, 0});
  tl_f_beta_options f;
  tl_f_beta_options_init(&f, sizeof f);
  f.threshold = .5;
  f.average = TL_CLASS_AVERAGE_MACRO;
  assert_true(near(once(tl_metric_f_beta(c, 3, &f), y, p, NULL), (.5 + .8 + 2. / 3) / 3));
  tl_tensor *classes = tl_cast(c, vector(c, 3, (float[]){2, 1, 0}), TL_I32);
  assert_true(near(once(tl_metric_sparse_top_k_categorical_accuracy(c, 2, NULL), classes, p, NULL), 1));
  assert_true(near(once(tl_metric_top_k_categorical_accuracy(c, 1, NULL), tl_one_hot(c, classes, 3), p, NULL),
                   2. / 3));
  assert_true(near(once(tl_metric_mean_iou(c, 3, NULL), classes, p, NULL), (0 + 1. / 2 + 1) / 3));
  tl_tensor *a = matrix(c, 3, 1, (float[]){1, 4, 3}), *b = matrix(c, 3, 1, (float[]){2, 4, 4});
  assert_true(near(once(tl_metric_r2(c, 1, NULL), a, b, NULL), 1 - 2 / (14. / 3)));
  tl_r2_options r2;
  tl_r2_options_init(&r2, sizeof r2);
  r2.regressors = 1;
  assert_true(near(once(tl_metric_r2(c, 1, &r2), a, b, NULL), 1 - 2 / (14. / 3) * 2));
  assert_true(near(once(tl_metric_root_mean_squared_error(c, NULL), a, b, NULL), sqrt(2. / 3)));
  tl_tensor *u = matrix(c, 2, 2, (float[]){0, 1, 1, 1}), *v = matrix(c, 2, 2, (float[]){1, 0, 1, 1});
  assert_true(near(once(tl_metric_cosine_similarity(c, NULL), u, v, NULL), .5));
  assert_true(near(once(tl_metric_pearson_correlation(c, NULL), tl_transpose(c, a), tl_transpose(c, b), NULL),
                   (-5. / 3 * -4. / 3 + 4. / 3 * 2. / 3 + 1. / 3 * 2. / 3) / sqrt(14. / 3 * 8. / 3)));
  assert_false(tl_failed(c));
  f.average = 7;
  assert_null(tl_metric_f_beta(c, 3, &f));
  expect_error(c, TL_INVALID_ARGUMENT, "'average' must be");
  assert_null(tl_metric_mean_iou(c, 0, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'classes' must be from 1");
  assert_null(tl_metric_top_k_categorical_accuracy(c, 0, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'k' must be 1 or more");
  r2.regressors = -1;
  assert_null(tl_metric_r2(c, 1, &r2));
  expect_error(c, TL_INVALID_ARGUMENT, "'regressors'");
  tl_metric *mean = tl_metric_mean(c, NULL);
  assert_true(tl_tensor_item(tl_metric_result_tensor(mean)) == 0);
  assert_null(tl_metric_result_tensor((tl_metric *)a));
  expect_error(c, TL_INVALID_ARGUMENT, "must be a metric");
  free_context(c);
}

static tl_status update_auc(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  (void)c, (void)num_inputs, (void)num_outputs;
  tl_status status = tl_metric_update_predictions(user_data, inputs[0], inputs[1], NULL);
  outputs[0] = tl_metric_result_tensor(user_data);
  return status;
}

static void a_recorded_step_gives_out_a_result(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_metric *recorded = tl_metric_auc(c, NULL, 0, NULL), *eager = tl_metric_auc(c, NULL, 0, NULL);
  tl_function *f = tl_function_new(c, update_auc, recorded, NULL, NULL);
  for (int i = 0; i < 4; i++) {
    tl_scope_begin(c);
    tl_tensor *p = tl_uniform(c, (int64_t[]){50}, 1), *chance = tl_uniform(c, (int64_t[]){50}, 1), *out;
    tl_tensor *in[] = {tl_less(c, chance, p), p};
    assert_int_equal(tl_function_call(f, in, 2, &out, 1), TL_OK);
    assert_int_equal(tl_metric_update_predictions(eager, in[0], p, NULL), TL_OK);
    assert_true(tl_tensor_item(out) == tl_metric_result(eager));
    assert_true(tl_metric_result(recorded) == tl_metric_result(eager));
    tl_scope_end(c);
  }
  assert_true(tl_metric_result(eager) > .5);
  free_context(c);
}

int metric_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(M7_counts_precision_and_recall),
      cmocka_unit_test(M9_area_under_curves),
      cmocka_unit_test(classes_and_numbers),
      cmocka_unit_test(a_recorded_step_gives_out_a_result),
  };
  return RUN_GROUP("metric", tests);
}
