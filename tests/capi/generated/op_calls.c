/* Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit. */
/* One call of each op from C, with its first sample, and its first error sample. */
#include "tests/capi/op_calls.h"

/* clang-format off */

static void call_add(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_add(c, a, b);
    expect_result(c, "add", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){4, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_add(c, a, b);
    expect_error(c, "add", result, "do not broadcast");
  }
}

static void call_sub(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_sub(c, a, b);
    expect_result(c, "sub", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_sub(c, a, b);
    expect_error(c, "sub", result, "do not broadcast");
  }
}

static void call_mul(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_mul(c, a, b);
    expect_result(c, "mul", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3, 2}, 2, -2.0, 2.0);
    tl_tensor *result = tl_mul(c, a, b);
    expect_error(c, "mul", result, "do not broadcast");
  }
}

static void call_div(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, 0.5, 2.0);
    tl_tensor *result = tl_div(c, a, b);
    expect_result(c, "div", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 1.0, 3.0);
    tl_tensor *b = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 1.0, 3.0);
    tl_tensor *result = tl_div(c, a, b);
    expect_error(c, "div", result, "must be");
  }
}

static void call_pow(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, 0.5, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_pow(c, a, b);
    expect_result(c, "pow", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_pow(c, a, b);
    expect_error(c, "pow", result, "do not broadcast");
  }
}

static void call_maximum(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_maximum(c, a, b);
    expect_result(c, "maximum", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_maximum(c, a, b);
    expect_error(c, "maximum", result, "do not broadcast");
  }
}

static void call_minimum(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_minimum(c, a, b);
    expect_result(c, "minimum", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_minimum(c, a, b);
    expect_error(c, "minimum", result, "do not broadcast");
  }
}

static void call_add_scalar(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_add_scalar(c, x, 1.5);
    expect_result(c, "add_scalar", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_add_scalar(c, x, 1.5);
    expect_error(c, "add_scalar", result, "whole number");
  }
}

static void call_mul_scalar(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_mul_scalar(c, x, 1.5);
    expect_result(c, "mul_scalar", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_mul_scalar(c, x, 0.5);
    expect_error(c, "mul_scalar", result, "whole number");
  }
}

static void call_neg(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_neg(c, x);
    expect_result(c, "neg", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_BOOL, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *result = tl_neg(c, x);
    expect_error(c, "neg", result, "must be");
  }
}

static void call_exp(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_exp(c, x);
    expect_result(c, "exp", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_exp(c, x);
    expect_error(c, "exp", result, "must be");
  }
}

static void call_log(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, 0.3, 3.0);
    tl_tensor *result = tl_log(c, x);
    expect_result(c, "log", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I64, (const int64_t[]){2}, 1, 1.0, 3.0);
    tl_tensor *result = tl_log(c, x);
    expect_error(c, "log", result, "must be");
  }
}

static void call_log1p(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -0.5, 3.0);
    tl_tensor *result = tl_log1p(c, x);
    expect_result(c, "log1p", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_BOOL, (const int64_t[]){2}, 1, -0.5, 3.0);
    tl_tensor *result = tl_log1p(c, x);
    expect_error(c, "log1p", result, "must be");
  }
}

static void call_expm1(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_expm1(c, x);
    expect_result(c, "expm1", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_U8, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_expm1(c, x);
    expect_error(c, "expm1", result, "must be");
  }
}

static void call_sqrt(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, 0.5, 4.0);
    tl_tensor *result = tl_sqrt(c, x);
    expect_result(c, "sqrt", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 1.0, 3.0);
    tl_tensor *result = tl_sqrt(c, x);
    expect_error(c, "sqrt", result, "must be");
  }
}

static void call_rsqrt(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, 0.5, 4.0);
    tl_tensor *result = tl_rsqrt(c, x);
    expect_result(c, "rsqrt", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 1.0, 3.0);
    tl_tensor *result = tl_rsqrt(c, x);
    expect_error(c, "rsqrt", result, "must be");
  }
}

static void call_square(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_square(c, x);
    expect_result(c, "square", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_BOOL, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *result = tl_square(c, x);
    expect_error(c, "square", result, "must be");
  }
}

static void call_abs(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_abs(c, x);
    expect_result(c, "abs", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_BOOL, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *result = tl_abs(c, x);
    expect_error(c, "abs", result, "must be");
  }
}

static void call_sign(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_sign(c, x);
    expect_result(c, "sign", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_BOOL, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *result = tl_sign(c, x);
    expect_error(c, "sign", result, "must be");
  }
}

static void call_tanh(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_tanh(c, x);
    expect_result(c, "tanh", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_tanh(c, x);
    expect_error(c, "tanh", result, "must be");
  }
}

static void call_sigmoid(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_sigmoid(c, x);
    expect_result(c, "sigmoid", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_sigmoid(c, x);
    expect_error(c, "sigmoid", result, "must be");
  }
}

static void call_softplus(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_softplus(c, x);
    expect_result(c, "softplus", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_softplus(c, x);
    expect_error(c, "softplus", result, "must be");
  }
}

static void call_relu(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_relu(c, x);
    expect_result(c, "relu", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_BOOL, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *result = tl_relu(c, x);
    expect_error(c, "relu", result, "must be");
  }
}

static void call_sin(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_sin(c, x);
    expect_result(c, "sin", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_sin(c, x);
    expect_error(c, "sin", result, "must be");
  }
}

static void call_cos(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_cos(c, x);
    expect_result(c, "cos", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_cos(c, x);
    expect_error(c, "cos", result, "must be");
  }
}

static void call_erf(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_erf(c, x);
    expect_result(c, "erf", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_erf(c, x);
    expect_error(c, "erf", result, "must be");
  }
}

static void call_reciprocal(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, 0.5, 3.0);
    tl_tensor *result = tl_reciprocal(c, x);
    expect_result(c, "reciprocal", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 1.0, 3.0);
    tl_tensor *result = tl_reciprocal(c, x);
    expect_error(c, "reciprocal", result, "must be");
  }
}

static void call_floor(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_floor(c, x);
    expect_result(c, "floor", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_floor(c, x);
    expect_error(c, "floor", result, "must be");
  }
}

static void call_clip(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_clip(c, x, -1.0, 1.0);
    expect_result(c, "clip", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *result = tl_clip(c, x, 2.0, 1.0);
    expect_error(c, "clip", result, "must not be above");
  }
}

static void call_leaky_relu(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_leaky_relu_slope(c, x, 0.2);
    expect_result(c, "leaky_relu", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_leaky_relu_slope(c, x, 0.01);
    expect_error(c, "leaky_relu", result, "must be");
  }
}

static void call_elu(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_elu_alpha(c, x, 1.5);
    expect_result(c, "elu", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_elu_alpha(c, x, 1.0);
    expect_error(c, "elu", result, "must be");
  }
}

static void call_silu(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_silu(c, x);
    expect_result(c, "silu", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_silu(c, x);
    expect_error(c, "silu", result, "must be");
  }
}

static void call_gelu(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_gelu_form(c, x, false);
    expect_result(c, "gelu", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_gelu_form(c, x, false);
    expect_error(c, "gelu", result, "must be");
  }
}

static void call_strong_zero_mul(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_strong_zero_mul(c, a, b);
    expect_result(c, "strong_zero_mul", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3, 2}, 2, -2.0, 2.0);
    tl_tensor *result = tl_strong_zero_mul(c, a, b);
    expect_error(c, "strong_zero_mul", result, "do not broadcast");
  }
}

static void call_strong_zero_div(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, 0.5, 2.0);
    tl_tensor *result = tl_strong_zero_div(c, a, b);
    expect_result(c, "strong_zero_div", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3, 2}, 2, -2.0, 2.0);
    tl_tensor *result = tl_strong_zero_div(c, a, b);
    expect_error(c, "strong_zero_div", result, "do not broadcast");
  }
}

static void call_erfc(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_erfc(c, x);
    expect_result(c, "erfc", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_erfc(c, x);
    expect_error(c, "erfc", result, "must be");
  }
}

static void call_equal(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_I32, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *b = sample_tensor(c, TL_I32, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *result = tl_equal(c, a, b);
    expect_result(c, "equal", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_equal(c, a, b);
    expect_error(c, "equal", result, "do not broadcast");
  }
}

static void call_not_equal(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_I32, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *b = sample_tensor(c, TL_I32, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *result = tl_not_equal(c, a, b);
    expect_result(c, "not_equal", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_not_equal(c, a, b);
    expect_error(c, "not_equal", result, "do not broadcast");
  }
}

static void call_less(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_less(c, a, b);
    expect_result(c, "less", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_less(c, a, b);
    expect_error(c, "less", result, "do not broadcast");
  }
}

static void call_less_equal(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_I32, (const int64_t[]){2, 3}, 2, 0.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_I32, (const int64_t[]){2, 3}, 2, 0.0, 2.0);
    tl_tensor *result = tl_less_equal(c, a, b);
    expect_result(c, "less_equal", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_less_equal(c, a, b);
    expect_error(c, "less_equal", result, "do not broadcast");
  }
}

static void call_greater(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_greater(c, a, b);
    expect_result(c, "greater", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_greater(c, a, b);
    expect_error(c, "greater", result, "do not broadcast");
  }
}

static void call_greater_equal(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_I32, (const int64_t[]){2, 3}, 2, 0.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_I32, (const int64_t[]){2, 3}, 2, 0.0, 2.0);
    tl_tensor *result = tl_greater_equal(c, a, b);
    expect_result(c, "greater_equal", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_greater_equal(c, a, b);
    expect_error(c, "greater_equal", result, "do not broadcast");
  }
}

static void call_logical_and(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_BOOL, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *b = sample_tensor(c, TL_BOOL, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *result = tl_logical_and(c, a, b);
    expect_result(c, "logical_and", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 1.0);
    tl_tensor *b = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 1.0);
    tl_tensor *result = tl_logical_and(c, a, b);
    expect_error(c, "logical_and", result, "must be");
  }
}

static void call_logical_or(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_BOOL, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *b = sample_tensor(c, TL_BOOL, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *result = tl_logical_or(c, a, b);
    expect_result(c, "logical_or", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 1.0);
    tl_tensor *b = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 1.0);
    tl_tensor *result = tl_logical_or(c, a, b);
    expect_error(c, "logical_or", result, "must be");
  }
}

static void call_logical_not(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_BOOL, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *result = tl_logical_not(c, x);
    expect_result(c, "logical_not", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *result = tl_logical_not(c, x);
    expect_error(c, "logical_not", result, "must be");
  }
}

static void call_select(tl_context *c) {
  {
    tl_tensor *condition = sample_tensor(c, TL_BOOL, (const int64_t[]){2, 3}, 2, 0.0, 1.0);
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_select(c, condition, a, b);
    expect_result(c, "select", result);
  }
  {
    tl_tensor *condition = sample_tensor(c, TL_BOOL, (const int64_t[]){2}, 1, 0.0, 1.0);
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_select(c, condition, a, b);
    expect_error(c, "select", result, "do not broadcast");
  }
}

static void call_cast(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_cast(c, x, TL_F64);
    expect_result(c, "cast", result);
  }
}

static void call_sum(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3, 4}, 3, -2.0, 2.0);
    tl_tensor *result = tl_sum_axes(c, x, NULL, 0, false);
    expect_result(c, "sum", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_sum_axes(c, x, (const int64_t[]){2}, 1, false);
    expect_error(c, "sum", result, "axis out of range");
  }
}

static void call_mean(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3, 4}, 3, -2.0, 2.0);
    tl_tensor *result = tl_mean_axes(c, x, NULL, 0, false);
    expect_result(c, "mean", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_mean_axes(c, x, (const int64_t[]){5}, 1, false);
    expect_error(c, "mean", result, "axis out of range");
  }
}

static void call_max(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3, 4}, 3, -2.0, 2.0);
    tl_tensor *result = tl_max_axes(c, x, NULL, 0, false);
    expect_result(c, "max", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){0, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_max_axes(c, x, (const int64_t[]){0}, 1, false);
    expect_error(c, "max", result, "no elements");
  }
}

static void call_min(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3, 4}, 3, -2.0, 2.0);
    tl_tensor *result = tl_min_axes(c, x, NULL, 0, false);
    expect_result(c, "min", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){0}, 1, -2.0, 2.0);
    tl_tensor *result = tl_min_axes(c, x, NULL, 0, false);
    expect_error(c, "min", result, "no elements");
  }
}

static void call_prod(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_prod_axes(c, x, NULL, 0, false);
    expect_result(c, "prod", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_prod_axes(c, x, (const int64_t[]){2}, 1, false);
    expect_error(c, "prod", result, "axis out of range");
  }
}

static void call_argmax(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 5}, 2, -2.0, 2.0);
    tl_tensor *result = tl_argmax_axes(c, x, NULL, 0, false);
    expect_result(c, "argmax", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){0, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_argmax_axes(c, x, (const int64_t[]){0}, 1, false);
    expect_error(c, "argmax", result, "no elements");
  }
}

static void call_argmin(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 5}, 2, -2.0, 2.0);
    tl_tensor *result = tl_argmin_axes(c, x, NULL, 0, false);
    expect_result(c, "argmin", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){0}, 1, -2.0, 2.0);
    tl_tensor *result = tl_argmin_axes(c, x, NULL, 0, false);
    expect_error(c, "argmin", result, "no elements");
  }
}

static void call_cumsum(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 5}, 2, -2.0, 2.0);
    tl_tensor *result = tl_cumsum_axis(c, x, -1, false, false);
    expect_result(c, "cumsum", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, NULL, 0, -2.0, 2.0);
    tl_tensor *result = tl_cumsum_axis(c, x, -1, false, false);
    expect_error(c, "cumsum", result, "has no axes");
  }
}

static void call_logsumexp(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_logsumexp_axes(c, x, NULL, 0, false);
    expect_result(c, "logsumexp", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_logsumexp_axes(c, x, (const int64_t[]){2}, 1, false);
    expect_error(c, "logsumexp", result, "axis out of range");
  }
}

static void call_matmul(tl_context *c) {
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){3, 4}, 2, -2.0, 2.0);
    tl_tensor *result = tl_matmul_transposed(c, a, b, false, false);
    expect_result(c, "matmul", result);
  }
  {
    tl_tensor *a = sample_tensor(c, TL_F32, (const int64_t[]){32, 784}, 2, -2.0, 2.0);
    tl_tensor *b = sample_tensor(c, TL_F32, (const int64_t[]){128, 10}, 2, -2.0, 2.0);
    tl_tensor *result = tl_matmul_transposed(c, a, b, false, false);
    expect_error(c, "matmul", result, "inner");
  }
}

static void call_reshape(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 6}, 2, -2.0, 2.0);
    tl_tensor *result = tl_reshape(c, x, (const int64_t[]){3,4}, 2);
    expect_result(c, "reshape", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_reshape(c, x, (const int64_t[]){4}, 1);
    expect_error(c, "reshape", result, "number of elements");
  }
}

static void call_transpose(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_transpose_axes(c, x, NULL, 0);
    expect_result(c, "transpose", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_transpose_axes(c, x, (const int64_t[]){0,0}, 2);
    expect_error(c, "transpose", result, "twice");
  }
}

static void call_broadcast_to(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_broadcast_to(c, x, (const int64_t[]){2,3}, 2);
    expect_result(c, "broadcast_to", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0);
    tl_tensor *result = tl_broadcast_to(c, x, (const int64_t[]){2}, 1);
    expect_error(c, "broadcast_to", result, "does not broadcast to");
  }
}

static void call_expand_dims(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_expand_dims(c, x, 0);
    expect_result(c, "expand_dims", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_expand_dims(c, x, 3);
    expect_error(c, "expand_dims", result, "axis out of range");
  }
}

static void call_squeeze(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 1, 3, 1}, 4, -2.0, 2.0);
    tl_tensor *result = tl_squeeze_axes(c, x, NULL, 0);
    expect_result(c, "squeeze", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_squeeze_axes(c, x, (const int64_t[]){0}, 1);
    expect_error(c, "squeeze", result, "size 1");
  }
}

static void call_concat(tl_context *c) {
  {
    tl_tensor *values[] = {sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0), sample_tensor(c, TL_F32, (const int64_t[]){1, 3}, 2, -2.0, 2.0)};
    tl_tensor *result = tl_concat(c, values, 2, 0);
    expect_result(c, "concat", result);
  }
  {
    tl_tensor *values[] = {sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0), sample_tensor(c, TL_F32, (const int64_t[]){2, 4}, 2, -2.0, 2.0)};
    tl_tensor *result = tl_concat(c, values, 2, 0);
    expect_error(c, "concat", result, "agree");
  }
}

static void call_stack(tl_context *c) {
  {
    tl_tensor *values[] = {sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0), sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0)};
    tl_tensor *result = tl_stack(c, values, 2, 0);
    expect_result(c, "stack", result);
  }
  {
    tl_tensor *values[] = {sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0), sample_tensor(c, TL_F32, (const int64_t[]){3}, 1, -2.0, 2.0)};
    tl_tensor *result = tl_stack(c, values, 2, 0);
    expect_error(c, "stack", result, "one shape");
  }
}

static void call_slice(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){4, 5}, 2, -2.0, 2.0);
    tl_tensor *result = tl_slice_strided(c, x, (const int64_t[]){1,0}, 2, (const int64_t[]){3,5}, 2, NULL, 0);
    expect_result(c, "slice", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){4}, 1, -2.0, 2.0);
    tl_tensor *result = tl_slice_strided(c, x, (const int64_t[]){1}, 1, (const int64_t[]){5}, 1, NULL, 0);
    expect_error(c, "slice", result, "out of range");
  }
}

static void call_pad(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_pad_interior(c, x, (const int64_t[]){1,0}, 2, (const int64_t[]){0,2}, 2, NULL, 0, 0.0);
    expect_result(c, "pad", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *result = tl_pad_interior(c, x, (const int64_t[]){-1}, 1, (const int64_t[]){0}, 1, NULL, 0, 0.0);
    expect_error(c, "pad", result, "negative");
  }
}

static void call_flatten(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3, 4}, 3, -2.0, 2.0);
    tl_tensor *result = tl_flatten_from(c, x, 1);
    expect_result(c, "flatten", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, NULL, 0, -2.0, 2.0);
    tl_tensor *result = tl_flatten_from(c, x, 1);
    expect_error(c, "flatten", result, "axis");
  }
}

static void call_identity(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_identity(c, x);
    expect_result(c, "identity", result);
  }
}

static void call_stop_gradient(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_stop_gradient(c, x);
    expect_result(c, "stop_gradient", result);
  }
}

static void call_gather(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){4, 3}, 2, -2.0, 2.0);
    tl_tensor *indices = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 3.0);
    tl_tensor *result = tl_gather(c, x, indices, 0);
    expect_result(c, "gather", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){4, 3}, 2, -2.0, 2.0);
    tl_tensor *indices = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 4.0, 5.0);
    tl_tensor *result = tl_gather(c, x, indices, 0);
    expect_error(c, "gather", result, "outside");
  }
}

static void call_scatter_add(tl_context *c) {
  {
    tl_tensor *indices = sample_tensor(c, TL_I32, (const int64_t[]){3}, 1, 0.0, 3.0);
    tl_tensor *updates = sample_tensor(c, TL_F32, (const int64_t[]){3, 2}, 2, -2.0, 2.0);
    tl_tensor *result = tl_scatter_add(c, indices, updates, 4, 0);
    expect_result(c, "scatter_add", result);
  }
  {
    tl_tensor *indices = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 4.0, 5.0);
    tl_tensor *updates = sample_tensor(c, TL_F32, (const int64_t[]){2, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_scatter_add(c, indices, updates, 4, 0);
    expect_error(c, "scatter_add", result, "outside");
  }
}

static void call_one_hot(tl_context *c) {
  {
    tl_tensor *indices = sample_tensor(c, TL_I32, (const int64_t[]){4}, 1, 0.0, 3.0);
    tl_tensor *result = tl_one_hot_dtype(c, indices, 4, TL_F32);
    expect_result(c, "one_hot", result);
  }
  {
    tl_tensor *indices = sample_tensor(c, TL_I32, (const int64_t[]){2}, 1, 0.0, 1.0);
    tl_tensor *result = tl_one_hot_dtype(c, indices, -1, TL_F32);
    expect_error(c, "one_hot", result, "number of classes");
  }
}

static void call_set_rows(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){4, 3}, 2, -2.0, 2.0);
    tl_tensor *indices = sample_tensor(c, TL_I32, (const int64_t[]){1}, 1, 0.0, 3.0);
    tl_tensor *rows = sample_tensor(c, TL_F32, (const int64_t[]){1, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_set_rows(c, x, indices, rows);
    expect_result(c, "set_rows", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){4, 3}, 2, -2.0, 2.0);
    tl_tensor *indices = sample_tensor(c, TL_I32, (const int64_t[]){1}, 1, 4.0, 5.0);
    tl_tensor *rows = sample_tensor(c, TL_F32, (const int64_t[]){1, 3}, 2, -2.0, 2.0);
    tl_tensor *result = tl_set_rows(c, x, indices, rows);
    expect_error(c, "set_rows", result, "outside");
  }
}

static void call_softmax(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 5}, 2, -2.0, 2.0);
    tl_tensor *result = tl_softmax_axis(c, x, -1);
    expect_result(c, "softmax", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, NULL, 0, -2.0, 2.0);
    tl_tensor *result = tl_softmax_axis(c, x, -1);
    expect_error(c, "softmax", result, "has no axes");
  }
}

static void call_log_softmax(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2, 5}, 2, -2.0, 2.0);
    tl_tensor *result = tl_log_softmax_axis(c, x, -1);
    expect_result(c, "log_softmax", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, NULL, 0, -2.0, 2.0);
    tl_tensor *result = tl_log_softmax_axis(c, x, -1);
    expect_error(c, "log_softmax", result, "has no axes");
  }
}

static void call_softmax_cross_entropy(tl_context *c) {
  {
    tl_tensor *labels = sample_tensor(c, TL_F32, (const int64_t[]){3, 4}, 2, 0.0, 1.0);
    tl_tensor *logits = sample_tensor(c, TL_F32, (const int64_t[]){3, 4}, 2, -2.0, 2.0);
    tl_tensor *result = tl_softmax_cross_entropy(c, labels, logits);
    expect_result(c, "softmax_cross_entropy", result);
  }
  {
    tl_tensor *labels = sample_tensor(c, TL_F32, (const int64_t[]){3, 4}, 2, 0.0, 1.0);
    tl_tensor *logits = sample_tensor(c, TL_F32, (const int64_t[]){3, 5}, 2, -2.0, 2.0);
    tl_tensor *result = tl_softmax_cross_entropy(c, labels, logits);
    expect_error(c, "softmax_cross_entropy", result, "same shape");
  }
}

static void call_sparse_softmax_cross_entropy(tl_context *c) {
  {
    tl_tensor *labels = sample_tensor(c, TL_I32, (const int64_t[]){3}, 1, 0.0, 3.0);
    tl_tensor *logits = sample_tensor(c, TL_F32, (const int64_t[]){3, 4}, 2, -2.0, 2.0);
    tl_tensor *result = tl_sparse_softmax_cross_entropy(c, labels, logits);
    expect_result(c, "sparse_softmax_cross_entropy", result);
  }
  {
    tl_tensor *labels = sample_tensor(c, TL_I32, (const int64_t[]){3}, 1, 4.0, 9.0);
    tl_tensor *logits = sample_tensor(c, TL_F32, (const int64_t[]){3, 4}, 2, -2.0, 2.0);
    tl_tensor *result = tl_sparse_softmax_cross_entropy(c, labels, logits);
    expect_error(c, "sparse_softmax_cross_entropy", result, "must be in [0, 4): got");
  }
}

static void call_sigmoid_cross_entropy(tl_context *c) {
  {
    tl_tensor *labels = sample_tensor(c, TL_F32, (const int64_t[]){3, 4}, 2, 0.0, 1.0);
    tl_tensor *logits = sample_tensor(c, TL_F32, (const int64_t[]){3, 4}, 2, -2.0, 2.0);
    tl_tensor *result = tl_sigmoid_cross_entropy(c, labels, logits);
    expect_result(c, "sigmoid_cross_entropy", result);
  }
  {
    tl_tensor *labels = sample_tensor(c, TL_F32, (const int64_t[]){3, 4}, 2, 0.0, 1.0);
    tl_tensor *logits = sample_tensor(c, TL_F32, (const int64_t[]){3, 1}, 2, -2.0, 2.0);
    tl_tensor *result = tl_sigmoid_cross_entropy(c, labels, logits);
    expect_error(c, "sigmoid_cross_entropy", result, "same shape");
  }
}

static void call_uniform(tl_context *c) {
  {
    tl_tensor *result = tl_uniform_range(c, (const int64_t[]){3,4}, 2, 0.0, 1.0, TL_F32);
    expect_result(c, "uniform", result);
  }
  {
    tl_tensor *result = tl_uniform_range(c, (const int64_t[]){2,-1}, 2, 0.0, 1.0, TL_F32);
    expect_error(c, "uniform", result, "negative");
  }
}

static void call_normal(tl_context *c) {
  {
    tl_tensor *result = tl_normal_with(c, (const int64_t[]){3,4}, 2, 0.0, 1.0, TL_F32);
    expect_result(c, "normal", result);
  }
  {
    tl_tensor *result = tl_normal_with(c, (const int64_t[]){2,-1}, 2, 0.0, 1.0, TL_F32);
    expect_error(c, "normal", result, "negative");
  }
}

static void call_dropout(tl_context *c) {
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){4, 5}, 2, -2.0, 2.0);
    tl_tensor *result = tl_dropout(c, x, 0.5);
    expect_result(c, "dropout", result);
  }
  {
    tl_tensor *x = sample_tensor(c, TL_F32, (const int64_t[]){2}, 1, -2.0, 2.0);
    tl_tensor *result = tl_dropout(c, x, 1.0);
    expect_error(c, "dropout", result, "[0, 1)");
  }
}

static void call_full(tl_context *c) {
  {
    tl_tensor *result = tl_full(c, (const int64_t[]){2,3}, 2, 1.5, TL_F32);
    expect_result(c, "full", result);
  }
  {
    tl_tensor *result = tl_full(c, (const int64_t[]){2,-3}, 2, 0.0, TL_F32);
    expect_error(c, "full", result, "negative");
  }
}

static void call_range(tl_context *c) {
  {
    tl_tensor *result = tl_range_from(c, 5, 0.0, 1.0, TL_F32);
    expect_result(c, "range", result);
  }
  {
    tl_tensor *result = tl_range_from(c, -1, 0.0, 1.0, TL_F32);
    expect_error(c, "range", result, "negative step");
  }
}

static void call_zeros(tl_context *c) {
  {
    tl_tensor *result = tl_zeros_dtype(c, (const int64_t[]){2,3}, 2, TL_F32);
    expect_result(c, "zeros", result);
  }
  {
    tl_tensor *result = tl_zeros_dtype(c, (const int64_t[]){2,-3}, 2, TL_F32);
    expect_error(c, "zeros", result, "negative");
  }
}

static void call_ones(tl_context *c) {
  {
    tl_tensor *result = tl_ones_dtype(c, (const int64_t[]){2,3}, 2, TL_F32);
    expect_result(c, "ones", result);
  }
  {
    tl_tensor *result = tl_ones_dtype(c, (const int64_t[]){2,-3}, 2, TL_F32);
    expect_error(c, "ones", result, "negative");
  }
}

int call_every_op(tl_context *c) {
  call_add(c);
  call_sub(c);
  call_mul(c);
  call_div(c);
  call_pow(c);
  call_maximum(c);
  call_minimum(c);
  call_add_scalar(c);
  call_mul_scalar(c);
  call_neg(c);
  call_exp(c);
  call_log(c);
  call_log1p(c);
  call_expm1(c);
  call_sqrt(c);
  call_rsqrt(c);
  call_square(c);
  call_abs(c);
  call_sign(c);
  call_tanh(c);
  call_sigmoid(c);
  call_softplus(c);
  call_relu(c);
  call_sin(c);
  call_cos(c);
  call_erf(c);
  call_reciprocal(c);
  call_floor(c);
  call_clip(c);
  call_leaky_relu(c);
  call_elu(c);
  call_silu(c);
  call_gelu(c);
  call_strong_zero_mul(c);
  call_strong_zero_div(c);
  call_erfc(c);
  call_equal(c);
  call_not_equal(c);
  call_less(c);
  call_less_equal(c);
  call_greater(c);
  call_greater_equal(c);
  call_logical_and(c);
  call_logical_or(c);
  call_logical_not(c);
  call_select(c);
  call_cast(c);
  call_sum(c);
  call_mean(c);
  call_max(c);
  call_min(c);
  call_prod(c);
  call_argmax(c);
  call_argmin(c);
  call_cumsum(c);
  call_logsumexp(c);
  call_matmul(c);
  call_reshape(c);
  call_transpose(c);
  call_broadcast_to(c);
  call_expand_dims(c);
  call_squeeze(c);
  call_concat(c);
  call_stack(c);
  call_slice(c);
  call_pad(c);
  call_flatten(c);
  call_identity(c);
  call_stop_gradient(c);
  call_gather(c);
  call_scatter_add(c);
  call_one_hot(c);
  call_set_rows(c);
  call_softmax(c);
  call_log_softmax(c);
  call_softmax_cross_entropy(c);
  call_sparse_softmax_cross_entropy(c);
  call_sigmoid_cross_entropy(c);
  call_uniform(c);
  call_normal(c);
  call_dropout(c);
  call_full(c);
  call_range(c);
  call_zeros(c);
  call_ones(c);
  return 85;
}
