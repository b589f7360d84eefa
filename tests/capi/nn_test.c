/* Layers, losses and metrics through the C API; their numbers are tested in tests/nn. */
#include "tests/capi/harness.h"

static double at(tl_tensor* t, size_t i) { return ((const float*)tl_tensor_data(t))[i]; }
static bool near(double a, double b) { return fabs(a - b) <= 1e-5 * (1 + fabs(b)); }

/* Two clouds of points, told apart by x + y > 0. */
static tl_tensor* points(tl_context* c, int64_t n, tl_tensor** labels) {
  tl_tensor* x = tl_normal(c, (int64_t[]){n, 2}, 2);
  tl_tensor* sums = tl_sum_axes(c, x, (int64_t[]){1}, 1, false);
  *labels = tl_cast(c, tl_greater(c, sums, tl_scalar(c, TL_F32, 0)), TL_I32);
  return x;
}

static void a_model_trains_in_plain_c(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_scope_begin(c);
  tl_tensor *labels, *x = points(c, 256, &labels);
  tl_dense_options hidden;
  tl_dense_options_init(&hidden, sizeof hidden);
  hidden.activation = TL_ACTIVATION_RELU;
  tl_layer* layers[] = {tl_dense(c, 16, &hidden), tl_batch_normalization(c, NULL),
                        tl_dropout_layer(c, 0.1, NULL), tl_dense(c, 2, NULL)};
  tl_layer* model = tl_sequential(c, layers, 4);
  for (int i = 0; i < 4; i++) tl_layer_release(layers[i]);
  size_t count = 99;
  assert_null(tl_layer_variables(model, &count));
  assert_int_equal(count, 0);
  assert_int_equal(tl_layer_build(model, (int64_t[]){1, 2}, 2), TL_OK);
  tl_tensor* const* vars = tl_layer_trainable_variables(model, &count);
  assert_int_equal(count, 6);
  assert_string_equal(tl_variable_name(vars[0]), "dense/kernel");
  assert_string_equal(tl_variable_name(vars[5]), "dense_1/bias");
  size_t all;
  assert_non_null(tl_layer_variables(model, &all));
  assert_int_equal(all, 8);

  tl_adam_options fast;
  tl_adam_options_init(&fast, sizeof fast);
  fast.learning_rate = 0.01;
  tl_optimizer* adam = tl_adam(c, &fast);
  tl_metric *loss_mean = tl_metric_mean(c, "loss"),
            *accuracy = tl_metric_sparse_categorical_accuracy(c, NULL);
  tl_context_statistics before = {.struct_size = sizeof before}, after = {.struct_size = sizeof after};
  for (int step = 0; step < 200; step++) {
    tl_scope_begin(c);
    tl_tape* tape = tl_tape_begin(c, NULL);
    tl_tensor *logits = tl_layer_call(model, x, true), *grads[6];
    tl_tensor* loss = tl_loss_sparse_categorical_cross_entropy(c, labels, logits, NULL);
    if (tl_tape_gradient(tape, loss, vars, count, NULL, grads) == TL_OK)
      assert_int_equal(tl_optimizer_apply(adam, grads, vars, count), TL_OK);
    assert_int_equal(tl_metric_update(loss_mean, loss, NULL), TL_OK);
    if (step % 50 == 49) assert_int_equal(tl_metric_reset(loss_mean), TL_OK);
    tl_scope_end(c);
    assert_int_equal(tl_context_stats(c, step == 100 ? &before : &after), TL_OK);
  }
  tl_scope_begin(c);
  assert_int_equal(tl_metric_update_predictions(accuracy, labels, tl_layer_call(model, x, false), NULL),
                   TL_OK);
  tl_scope_end(c);
  assert_false(tl_failed(c));
  assert_true(tl_metric_result(accuracy) > 0.97);
  assert_true(tl_metric_result(loss_mean) == 0);
  assert_int_equal(tl_optimizer_iterations(adam), 200);
  assert_int_equal(before.tensors, after.tensors);
  assert_int_equal(before.variables, after.variables);
  assert_int_equal(before.values, after.values);
  assert_int_equal(before.live_bytes, after.live_bytes);
  assert_int_equal(before.system_allocations, after.system_allocations);
  tl_scope_end(c);
  assert_int_equal(tl_context_stats(c, &after), TL_OK);
  assert_int_equal(after.variables, 0);
  assert_int_equal(after.values, 0);
  free_context(c);
}

static void layers_lend_their_variables(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_dense_options o;
  tl_dense_options_init(&o, sizeof o);
  o.input_size = 3;
  o.name = "head";
  o.bias_initializer = TL_INITIALIZER_CONSTANT;
  o.bias_parameter = 2;
  tl_layer* dense = tl_dense(c, 4, &o);
  size_t count;
  tl_tensor* const* vars = tl_layer_variables(dense, &count);
  assert_int_equal(count, 2);
  assert_string_equal(tl_layer_name(dense), "head");
  assert_string_equal(tl_variable_name(vars[0]), "head/kernel");
  assert_true(tl_is_variable(vars[1]));
  assert_true(at(vars[1], 3) == 2);
  tl_tensor* kernel = vars[0];
  assert_ptr_equal(tl_layer_variables(dense, NULL)[0], kernel);
  /* Assigning reaches the layer; freezing takes it out of the trainable ones. */
  assert_int_equal(tl_variable_assign(kernel, tl_full(c, (int64_t[]){3, 4}, 2, 1, TL_F32)), TL_OK);
  tl_tensor* y = tl_layer_call(dense, tl_full(c, (int64_t[]){2, 3}, 2, 10, TL_F32), false);
  assert_true(at(y, 7) == 32);
  assert_int_equal(tl_variable_set_trainable(kernel, false), TL_OK);
  assert_non_null(tl_layer_trainable_variables(dense, &count));
  assert_int_equal(count, 1);
  /* A lent handle that was released all the same comes back as another. */
  tl_tensor_release(kernel);
  assert_false(tl_is_variable(kernel));
  vars = tl_layer_variables(dense, &count);
  assert_int_equal(count, 2);
  assert_true(tl_is_variable(vars[0]));
  assert_false(tl_failed(c));
  assert_ptr_equal(tl_layer_variables(dense, NULL), vars);
  assert_ptr_equal(tl_layer_trainable_variables(dense, NULL)[0], vars[1]);
  kernel = vars[0];
  tl_layer_release(dense);
  tl_layer_release(dense);
  assert_false(tl_is_variable(kernel));
  free_context(c);
}

static void summaries_fit_buffers(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_dense_options o;
  tl_dense_options_init(&o, sizeof o);
  o.input_size = 4;
  tl_layer* parts[] = {tl_dense(c, 3, &o), tl_activation_layer(c, TL_ACTIVATION_TANH, NULL)};
  tl_layer* model = tl_sequential_named(c, parts, 2, "tiny");
  char text[1000], small[8];
  size_t length, again;
  assert_int_equal(tl_layer_summary(model, NULL, 0, &length), TL_OK);
  assert_int_equal(tl_layer_summary(model, text, sizeof text, &again), TL_OK);
  assert_int_equal(length, again);
  assert_int_equal(strlen(text), length);
  assert_non_null(strstr(text, "Model: \"tiny\""));
  assert_non_null(strstr(text, "Total params: 15"));
  assert_int_equal(tl_layer_summary(model, small, sizeof small, NULL), TL_OK);
  assert_string_equal(small, "Model: ");
  assert_string_equal(tl_variable_name(tl_layer_variables(model, NULL)[0]), "tiny/dense/kernel");
  assert_int_equal(tl_layer_summary(model, NULL, 5, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "buffer");
  free_context(c);
}

static void every_layer_and_initialiser(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor* x = tl_normal(c, (int64_t[]){8, 2, 3}, 3);
  tl_layer_options named;
  tl_layer_options_init(&named, sizeof named);
  named.name = "mine";
  tl_layer* flatten = tl_flatten_layer(c, &named);
  assert_string_equal(tl_layer_name(flatten), "mine");
  assert_int_equal(tl_tensor_dim(tl_layer_call(flatten, x, false), 1), 6);
  tl_layer_normalization_options norm;
  tl_layer_normalization_options_init(&norm, sizeof norm);
  norm.no_center = true;
  tl_layer* rows = tl_layer_normalization(c, &norm);
  tl_tensor* y = tl_layer_call(rows, x, true);
  assert_true(near(at(y, 0) + at(y, 1) + at(y, 2), 0));
  size_t count;
  assert_non_null(tl_layer_variables(rows, &count));
  assert_int_equal(count, 1);
  tl_batch_normalization_options batch;
  tl_batch_normalization_options_init(&batch, sizeof batch);
  batch.momentum = 0.5;
  tl_layer* moving = tl_batch_normalization(c, &batch);
  assert_non_null(tl_layer_call(moving, tl_full(c, (int64_t[]){4, 1}, 2, 6, TL_F32), true));
  tl_tensor* const* vars = tl_layer_variables(moving, &count);
  assert_int_equal(count, 4);
  assert_true(at(vars[2], 0) == 3 && at(vars[3], 0) == 0.5);
  for (tl_initializer i = TL_INITIALIZER_DEFAULT; i <= TL_INITIALIZER_LECUN_NORMAL; i++)
    assert_non_null(tl_initialize(c, TL_F64, (int64_t[]){3, 4}, 2, i, 0));
  assert_null(tl_initialize(c, TL_F64, NULL, 0, 13, 0));
  expect_error(c, TL_INVALID_ARGUMENT, "13");
  free_context(c);
}

static void losses_and_their_options(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor *y = vector(c, 4, (float[]){1, 0, 1, 0}), *p = vector(c, 4, (float[]){.1f, .2f, .3f, .4f});
  tl_loss_options o;
  tl_loss_options_init(&o, sizeof o);
  assert_true(near(tl_tensor_item(tl_loss_mean_squared_error(c, y, p, NULL)), .375));
  o.reduction = TL_REDUCTION_SUM;
  assert_true(near(tl_tensor_item(tl_loss_mean_absolute_error(c, y, p, &o)), 2.2));
  o.reduction = TL_REDUCTION_WEIGHTED_MEAN;
  o.weights = vector(c, 4, (float[]){.4f, .3f, .2f, .1f});
  assert_true(near(tl_tensor_item(tl_loss_mean_squared_error(c, y, p, &o)), .45));
  tl_loss_options_init(&o, sizeof o);
  o.from_probabilities = true;
  o.reduction = TL_REDUCTION_NONE;
  assert_true(near(at(tl_loss_binary_cross_entropy(c, y, p, &o), 3), -log(.6)));
  tl_tensor *rows = tl_reshape(c, p, (int64_t[]){2, 2}, 2), *hot = tl_reshape(c, y, (int64_t[]){2, 2}, 2);
  assert_true(near(at(tl_loss_categorical_cross_entropy(c, hot, rows, &o), 1), -log(3. / 7)));
  tl_tensor* classes = tl_cast(c, vector(c, 2, (float[]){0, 0}), TL_U8);
  assert_true(near(at(tl_loss_sparse_categorical_cross_entropy(c, classes, rows, &o), 0), -log(1. / 3)));
  assert_true(near(tl_tensor_item(tl_loss_reduce(c, p, NULL)), .25));
  assert_false(tl_failed(c));
  assert_null(tl_loss_reduce(c, p, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "got from_probabilities");
  o.from_probabilities = false;
  o.reduction = 42;
  assert_null(tl_loss_reduce(c, p, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "42");
  assert_null(tl_loss_mean_squared_error(c, y, rows, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "same shape");
  assert_null(tl_loss_mean_squared_error(c, NULL, p, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "labels");
  free_context(c);
}

static void metrics(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_tensor *v = vector(c, 4, (float[]){1, 3, 5, 7}), *w = vector(c, 4, (float[]){1, 1, 0, 0});
  tl_metric *mean = tl_metric_mean(c, NULL), *sum = tl_metric_sum(c, "total");
  assert_int_equal(tl_metric_update(mean, v, w), TL_OK);
  assert_int_equal(tl_metric_update(sum, v, NULL), TL_OK);
  assert_true(tl_metric_result(mean) == 2 && tl_metric_result(sum) == 16);
  assert_string_equal(tl_metric_name(mean), "mean");
  size_t count;
  tl_tensor* const* vars = tl_metric_variables(sum, &count);
  assert_int_equal(count, 2);
  assert_string_equal(tl_variable_name(vars[0]), "total/total");
  assert_true(tl_tensor_item(vars[0]) == 16);
  tl_metric *binary = tl_metric_binary_accuracy(c, .5, NULL), *hot = tl_metric_categorical_accuracy(c, NULL);
  tl_tensor *y = vector(c, 4, (float[]){1, 1, 0, 0}), *p = vector(c, 4, (float[]){.98f, 1, 0, .6f});
  assert_int_equal(tl_metric_update_predictions(binary, y, p, NULL), TL_OK);
  assert_true(tl_metric_result(binary) == .75);
  tl_tensor* one_hot = vector(c, 4, (float[]){0, 1, 1, 0});
  int64_t two[] = {2, 2};
  assert_int_equal(
      tl_metric_update_predictions(hot, tl_reshape(c, one_hot, two, 2), tl_reshape(c, p, two, 2), NULL),
      TL_OK);
  assert_true(tl_metric_result(hot) == .5);
  assert_int_equal(tl_metric_reset(hot), TL_OK);
  assert_true(tl_metric_result(hot) == 0);
  assert_int_equal(tl_metric_update(binary, v, NULL), TL_INVALID_ARGUMENT);
  assert_true(isnan(tl_metric_result(binary)));
  expect_error(c, TL_INVALID_ARGUMENT, "labels and predictions");
  assert_int_equal(tl_metric_update(mean, NULL, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_null(tl_metric_binary_accuracy(c, NAN, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "threshold");
  tl_metric_release(mean);
  assert_true(isnan(tl_metric_result(mean)));
  expect_error(c, TL_INVALID_ARGUMENT, "[metric_result] the metric is not a live handle");
  free_context(c);
}

static void misuse_is_told(void** state) {
  (void)state;
  tl_context *c = new_context(), *other = new_context();
  tl_dense_options o;
  tl_dense_options_init(&o, sizeof o);
  o.activation = 77;
  assert_null(tl_dense(c, 4, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "77");
  o.activation = 0;
  o.dtype = TL_I32;
  assert_null(tl_dense(c, 4, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "i32");
  o.dtype = 0;
  o.struct_size = 3;
  assert_null(tl_dense(c, 4, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "struct_size");
  assert_null(tl_dense(c, 0, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "units");
  assert_null(tl_sequential(c, NULL, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  tl_layer *dense = tl_dense(c, 4, NULL), *foreign = tl_dense(other, 4, NULL), *mixed[] = {dense, foreign};
  assert_null(tl_sequential(c, mixed, 2));
  expect_error(c, TL_INVALID_ARGUMENT, "'layers[1]'");
  assert_null(tl_layer_call(dense, NULL, false));
  expect_error(c, TL_INVALID_ARGUMENT, "'x' must be a tensor: got NULL");
  assert_null(tl_layer_call(dense, vector(c, 3, (float[]){1, 2, 3}), false));
  expect_error(c, TL_INVALID_ARGUMENT, "rank 2");
  assert_null(tl_layer_call((tl_layer*)vector(c, 1, (float[]){1}), vector(c, 1, (float[]){1}), false));
  expect_error(c, TL_INVALID_ARGUMENT, "must be a layer");
  assert_null(tl_layer_call(NULL, NULL, false));
  assert_int_equal(tl_layer_build(dense, NULL, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  /* While the context holds an error nothing happens, and what could be confused with a result is not given. */
  tl_set_error(c, TL_IO, "before");
  assert_int_equal(tl_layer_build(dense, (int64_t[]){1, 2}, 2), TL_IO);
  size_t count = 5;
  assert_null(tl_layer_variables(dense, &count));
  assert_int_equal(count, 0);
  expect_error(c, TL_IO, "before");
  assert_null(tl_layer_variables(dense, &count));
  assert_false(tl_failed(c));
  free_context(other);
  free_context(c);
}

static void names_of_layers_are_checked(void** state) {
  (void)state;
  tl_context* c = new_context();
  tl_dense_options o;
  tl_dense_options_init(&o, sizeof o);
  o.name = "";
  assert_null(tl_dense(c, 3, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "[dense] 'name' must not be empty");
  o.name = "a/b";
  assert_null(tl_dense(c, 3, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "got 'a/b'");
  o.name = "a.b";
  tl_layer* dense = tl_dense(c, 3, &o);
  assert_string_equal(tl_layer_name(dense), "a.b");
  assert_null(tl_sequential_named(c, &dense, 1, ""));
  expect_error(c, TL_INVALID_ARGUMENT, "[sequential_named] 'name' must not be empty");
  assert_null(tl_sequential_named(c, &dense, 1, "/"));
  expect_error(c, TL_INVALID_ARGUMENT, "got '/'");
  free_context(c);
}

int nn_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_model_trains_in_plain_c),
      cmocka_unit_test(layers_lend_their_variables),
      cmocka_unit_test(summaries_fit_buffers),
      cmocka_unit_test(every_layer_and_initialiser),
      cmocka_unit_test(losses_and_their_options),
      cmocka_unit_test(names_of_layers_are_checked),
      cmocka_unit_test(metrics),
      cmocka_unit_test(misuse_is_told),
  };
  return RUN_GROUP("nn", tests);
}
