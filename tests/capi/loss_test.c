/* The losses of losses.h through the C API: a number of each, with parameters and options; more numbers are in tests/nn. */
#include "tests/capi/harness.h"

static double at(tl_tensor *t, size_t i) { return ((const float *)tl_tensor_data(t))[i]; }
static bool near(double a, double b) { return fabs(a - b) <= 2e-6 * (1 + fabs(b)); }
static tl_tensor *matrix(tl_context *c, int64_t rows, int64_t columns, const float *values) {
  return tl_reshape(c, vector(c, (size_t)(rows * columns), values), (int64_t[]){rows, columns}, 2);
}

typedef tl_tensor *(*loss_function)(tl_context *, tl_tensor *, tl_tensor *, const tl_loss_options *);

static void losses_without_parameters(void **state) {
  (void)state;
  tl_context *c = new_context();
  const float labels[] = {1, .5f, .25f, 0}, predictions[] = {.1f, .2f, .3f, .4f};
  double log_cosh = 0, percentage = 0, logarithmic = 0, divergence = 0, poisson = 0, product = 0, length = 0,
         other = 0;
  for (int i = 0; i < 4; i++) {
    const double y = labels[i], p = predictions[i], e = p - y;
    log_cosh += log(cosh(e)) / 4;
    percentage += 100 * fabs(e) / fmax(y, 1e-7) / 4;
    logarithmic += pow(log1p(p) - log1p(fmax(y, 1e-7)), 2) / 4;
    divergence += fmax(y, 1e-7) * log(fmax(y, 1e-7) / p);
    poisson += (p - y * log(p + 1e-7)) / 4;
    product += y * p;
    length += y * y;
    other += p * p;
  }
  const struct {
    loss_function loss;
    double want;
  } rows[] = {{tl_loss_log_cosh, log_cosh},
              {tl_loss_mean_absolute_percentage_error, percentage},
              {tl_loss_mean_squared_logarithmic_error, logarithmic},
              {tl_loss_kl_divergence, divergence},
              {tl_loss_poisson, poisson},
              {tl_loss_cosine_similarity, -product / sqrt(length * other)}};
  tl_tensor *y = matrix(c, 1, 4, labels), *p = matrix(c, 1, 4, predictions);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_true(near(tl_tensor_item(rows[i].loss(c, y, p, NULL)), rows[i].want));
    tl_loss_options o;
    tl_loss_options_init(&o, sizeof o);
    o.weights = vector(c, 1, (float[]){2});
    o.reduction = TL_REDUCTION_SUM;
    assert_true(near(tl_tensor_item(rows[i].loss(c, y, p, &o)), 2 * rows[i].want));
    o.from_probabilities = true;
    assert_null(rows[i].loss(c, y, p, &o));
    expect_error(c, TL_INVALID_ARGUMENT, "got from_probabilities");
    assert_null(rows[i].loss(c, y, NULL, NULL));
    expect_error(c, TL_INVALID_ARGUMENT, "'predictions' must be a tensor");
  }
  free_context(c);
}

static void L5_hinges(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_tensor *y = matrix(c, 2, 2, (float[]){0, 1, 0, 0}), *p = matrix(c, 2, 2, (float[]){.6f, .4f, .4f, .6f});
  tl_loss_options o;
  tl_loss_options_init(&o, sizeof o);
  assert_true(near(tl_tensor_item(tl_loss_hinge(c, y, p, NULL)), 1.3));
  o.reduction = TL_REDUCTION_NONE;
  assert_true(near(at(tl_loss_hinge(c, y, p, &o), 0), 1.1) && near(at(tl_loss_hinge(c, y, p, &o), 1), 1.5));
  assert_true(near(at(tl_loss_squared_hinge(c, y, p, &o), 0), (1.6 * 1.6 + .6 * .6) / 2));
  o.weights = vector(c, 2, (float[]){1, 0});
  o.reduction = TL_REDUCTION_MEAN;
  assert_true(near(tl_tensor_item(tl_loss_categorical_hinge(c, tl_cast(c, y, TL_BOOL), p, &o)), .6));
  free_context(c);
}

static void losses_with_parameters(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_loss_options o;
  tl_loss_options_init(&o, sizeof o);
  tl_tensor *zero = vector(c, 1, (float[]){0}), *three = vector(c, 1, (float[]){3});
  assert_true(near(tl_tensor_item(tl_loss_huber(c, zero, three, .5, NULL)), 1.375));
  o.from_probabilities = true;
  tl_tensor *y = matrix(c, 2, 2, (float[]){1, 0, 1, 0}), *p = matrix(c, 2, 2, (float[]){.9f, .8f, .7f, .2f});
  assert_true(fabs(tl_tensor_item(tl_loss_binary_focal_cross_entropy(c, y, p, 2, 0, &o)) - .268) < 1e-4);
  o.reduction = TL_REDUCTION_NONE;
  tl_tensor *rows = tl_loss_categorical_focal_cross_entropy(c, y, p, 2, .25, &o);
  assert_true(near(at(rows, 1), -.25 * pow(2. / 9, 2) * log(7. / 9)));
  tl_tensor *mask = matrix(c, 2, 2, (float[]){1, 2, 1, 2}), *q = matrix(c, 2, 2, (float[]){4, 1, 6, 1});
  assert_true(near(tl_tensor_item(tl_loss_dice(c, mask, q, false, NULL)), -10. / 18));
  assert_true(near(tl_tensor_item(tl_loss_tversky(c, mask, q, .2, .8, false, NULL)), 1 - 14 / 7.2));
  tl_loss_options_init(&o, sizeof o);
  o.reduction = TL_REDUCTION_NONE;
  assert_true(near(at(tl_loss_dice(c, mask, q, true, &o), 1), 1 - 16. / 10));
  assert_true(near(at(tl_loss_tversky(c, mask, q, .5, .5, true, &o), 0), 1 - 6. / 4));
  assert_false(tl_failed(c));

  assert_null(tl_loss_huber(c, zero, three, -1, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "[loss_huber] 'delta' must be finite and above 0: got -1");
  assert_null(tl_loss_binary_focal_cross_entropy(c, y, p, -1, 0, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'gamma'");
  assert_null(tl_loss_categorical_focal_cross_entropy(c, y, p, 2, 2, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'alpha'");
  assert_null(tl_loss_dice(c, zero, zero, true, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "rank 2 or more");
  assert_null(tl_loss_tversky(c, zero, zero, 1, NAN, false, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "'beta'");
  free_context(c);
}

static void L11_ctc(void **state) {
  (void)state;
  tl_context *c = new_context();
  float logits[24];
  for (int i = 0; i < 24; i++) logits[i] = (float)(i - 12) / 100;
  tl_tensor *x = tl_reshape(c, vector(c, 24, logits), (int64_t[]){2, 4, 3}, 3);
  tl_tensor *y = tl_cast(c, matrix(c, 2, 4, (float[]){1, 2, 1, 0, 1, 2, 0, 2}), TL_I32);
  tl_tensor *counts = tl_cast(c, vector(c, 2, (float[]){3, 3}), TL_I32);
  tl_tensor *frames = tl_cast(c, vector(c, 2, (float[]){4, 4}), TL_I64);
  assert_true(near(tl_tensor_item(tl_loss_ctc(c, y, x, NULL, NULL, 0, NULL)), 2.448645));
  assert_true(near(tl_tensor_item(tl_loss_ctc(c, y, x, counts, frames, 0, NULL)), 2.448645));
  tl_tape *tape = tl_tape_begin(c, NULL);
  assert_int_equal(tl_tape_watch(tape, x), TL_OK);
  tl_tensor *loss = tl_loss_ctc(c, y, x, counts, NULL, 0, NULL), *g;
  assert_int_equal(tl_tape_gradient(tape, loss, &x, 1, NULL, &g), TL_OK);
  assert_true(near(tl_tensor_item(tl_sum(c, g)), 0));
  assert_null(tl_loss_ctc(c, y, x, NULL, NULL, 3, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "[loss_ctc] 'blank' must be a class, in [0, 3): got 3");
  assert_null(tl_loss_ctc(c, y, x, frames, x, 0, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "the prediction_lengths must be integers: got f32");
  free_context(c);
}

int loss_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(losses_without_parameters),
      cmocka_unit_test(L5_hinges),
      cmocka_unit_test(losses_with_parameters),
      cmocka_unit_test(L11_ctc),
  };
  return RUN_GROUP("loss", tests);
}
