// Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit.
#include "capi/src/call.h"
#include "core/ops/generated/functions.h"
#include "tapeloop/ops.h"

// clang-format off

using namespace tl;

extern "C" {

TL_API tl_tensor *tl_add(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "add", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kAdd, nullptr);
  });
}

TL_API tl_tensor *tl_sub(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "sub", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kSub, nullptr);
  });
}

TL_API tl_tensor *tl_mul(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "mul", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kMul, nullptr);
  });
}

TL_API tl_tensor *tl_div(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "div", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kDiv, nullptr);
  });
}

TL_API tl_tensor *tl_pow(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "pow", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kPow, nullptr);
  });
}

TL_API tl_tensor *tl_maximum(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "maximum", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kMaximum, nullptr);
  });
}

TL_API tl_tensor *tl_minimum(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "minimum", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kMinimum, nullptr);
  });
}

TL_API tl_tensor *tl_add_scalar(tl_context *context, tl_tensor *x, double value) {
  return capi::op(context, "add_scalar", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    AddScalarAttrs attrs{value};
    call.apply(OpId::kAddScalar, &attrs);
  });
}

TL_API tl_tensor *tl_mul_scalar(tl_context *context, tl_tensor *x, double value) {
  return capi::op(context, "mul_scalar", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    MulScalarAttrs attrs{value};
    call.apply(OpId::kMulScalar, &attrs);
  });
}

TL_API tl_tensor *tl_neg(tl_context *context, tl_tensor *x) {
  return capi::op(context, "neg", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kNeg, nullptr);
  });
}

TL_API tl_tensor *tl_exp(tl_context *context, tl_tensor *x) {
  return capi::op(context, "exp", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kExp, nullptr);
  });
}

TL_API tl_tensor *tl_log(tl_context *context, tl_tensor *x) {
  return capi::op(context, "log", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kLog, nullptr);
  });
}

TL_API tl_tensor *tl_log1p(tl_context *context, tl_tensor *x) {
  return capi::op(context, "log1p", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kLog1p, nullptr);
  });
}

TL_API tl_tensor *tl_expm1(tl_context *context, tl_tensor *x) {
  return capi::op(context, "expm1", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kExpm1, nullptr);
  });
}

TL_API tl_tensor *tl_sqrt(tl_context *context, tl_tensor *x) {
  return capi::op(context, "sqrt", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kSqrt, nullptr);
  });
}

TL_API tl_tensor *tl_rsqrt(tl_context *context, tl_tensor *x) {
  return capi::op(context, "rsqrt", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kRsqrt, nullptr);
  });
}

TL_API tl_tensor *tl_square(tl_context *context, tl_tensor *x) {
  return capi::op(context, "square", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kSquare, nullptr);
  });
}

TL_API tl_tensor *tl_abs(tl_context *context, tl_tensor *x) {
  return capi::op(context, "abs", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kAbs, nullptr);
  });
}

TL_API tl_tensor *tl_sign(tl_context *context, tl_tensor *x) {
  return capi::op(context, "sign", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kSign, nullptr);
  });
}

TL_API tl_tensor *tl_tanh(tl_context *context, tl_tensor *x) {
  return capi::op(context, "tanh", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kTanh, nullptr);
  });
}

TL_API tl_tensor *tl_sigmoid(tl_context *context, tl_tensor *x) {
  return capi::op(context, "sigmoid", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kSigmoid, nullptr);
  });
}

TL_API tl_tensor *tl_softplus(tl_context *context, tl_tensor *x) {
  return capi::op(context, "softplus", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kSoftplus, nullptr);
  });
}

TL_API tl_tensor *tl_relu(tl_context *context, tl_tensor *x) {
  return capi::op(context, "relu", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kRelu, nullptr);
  });
}

TL_API tl_tensor *tl_sin(tl_context *context, tl_tensor *x) {
  return capi::op(context, "sin", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kSin, nullptr);
  });
}

TL_API tl_tensor *tl_cos(tl_context *context, tl_tensor *x) {
  return capi::op(context, "cos", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kCos, nullptr);
  });
}

TL_API tl_tensor *tl_erf(tl_context *context, tl_tensor *x) {
  return capi::op(context, "erf", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kErf, nullptr);
  });
}

TL_API tl_tensor *tl_reciprocal(tl_context *context, tl_tensor *x) {
  return capi::op(context, "reciprocal", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kReciprocal, nullptr);
  });
}

TL_API tl_tensor *tl_floor(tl_context *context, tl_tensor *x) {
  return capi::op(context, "floor", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kFloor, nullptr);
  });
}

TL_API tl_tensor *tl_clip(tl_context *context, tl_tensor *x, double low, double high) {
  return capi::op(context, "clip", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    ClipAttrs attrs{low, high};
    call.apply(OpId::kClip, &attrs);
  });
}

TL_API tl_tensor *tl_leaky_relu(tl_context *context, tl_tensor *x) {
  return capi::op(context, "leaky_relu", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(leaky_relu(call.in(0), 0.01));
  });
}

TL_API tl_tensor *tl_leaky_relu_slope(tl_context *context, tl_tensor *x, double slope) {
  return capi::op(context, "leaky_relu_slope", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(leaky_relu(call.in(0), slope));
  });
}

TL_API tl_tensor *tl_elu(tl_context *context, tl_tensor *x) {
  return capi::op(context, "elu", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(elu(call.in(0), 1.0));
  });
}

TL_API tl_tensor *tl_elu_alpha(tl_context *context, tl_tensor *x, double alpha) {
  return capi::op(context, "elu_alpha", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(elu(call.in(0), alpha));
  });
}

TL_API tl_tensor *tl_silu(tl_context *context, tl_tensor *x) {
  return capi::op(context, "silu", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(silu(call.in(0)));
  });
}

TL_API tl_tensor *tl_gelu(tl_context *context, tl_tensor *x) {
  return capi::op(context, "gelu", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(gelu(call.in(0), false));
  });
}

TL_API tl_tensor *tl_gelu_form(tl_context *context, tl_tensor *x, bool approximate) {
  return capi::op(context, "gelu_form", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(gelu(call.in(0), approximate));
  });
}

TL_API tl_tensor *tl_strong_zero_mul(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "strong_zero_mul", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kStrongZeroMul, nullptr);
  });
}

TL_API tl_tensor *tl_strong_zero_div(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "strong_zero_div", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kStrongZeroDiv, nullptr);
  });
}

TL_API tl_tensor *tl_erfc(tl_context *context, tl_tensor *x) {
  return capi::op(context, "erfc", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kErfc, nullptr);
  });
}

TL_API tl_tensor *tl_equal(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "equal", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kEqual, nullptr);
  });
}

TL_API tl_tensor *tl_not_equal(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "not_equal", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kNotEqual, nullptr);
  });
}

TL_API tl_tensor *tl_less(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "less", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kLess, nullptr);
  });
}

TL_API tl_tensor *tl_less_equal(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "less_equal", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kLessEqual, nullptr);
  });
}

TL_API tl_tensor *tl_greater(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "greater", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kGreater, nullptr);
  });
}

TL_API tl_tensor *tl_greater_equal(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "greater_equal", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kGreaterEqual, nullptr);
  });
}

TL_API tl_tensor *tl_logical_and(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "logical_and", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kLogicalAnd, nullptr);
  });
}

TL_API tl_tensor *tl_logical_or(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "logical_or", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kLogicalOr, nullptr);
  });
}

TL_API tl_tensor *tl_logical_not(tl_context *context, tl_tensor *x) {
  return capi::op(context, "logical_not", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kLogicalNot, nullptr);
  });
}

TL_API tl_tensor *tl_select(tl_context *context, tl_tensor *condition, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "select", [&](capi::OpCallFrame& call) {
    call.add(condition, "condition");
    call.add(a, "a");
    call.add(b, "b");
    call.apply(OpId::kSelect, nullptr);
  });
}

TL_API tl_tensor *tl_cast(tl_context *context, tl_tensor *x, tl_dtype dtype) {
  return capi::op(context, "cast", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    CastAttrs attrs{call.dtype("dtype", dtype)};
    call.apply(OpId::kCast, &attrs);
  });
}

TL_API tl_tensor *tl_sum(tl_context *context, tl_tensor *x) {
  return capi::op(context, "sum", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    SumAttrs attrs{IntList{}, false};
    call.apply(OpId::kSum, &attrs);
  });
}

TL_API tl_tensor *tl_sum_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return capi::op(context, "sum_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    SumAttrs attrs{call.ints("axes", axes, num_axes), keepdims};
    call.apply(OpId::kSum, &attrs);
  });
}

TL_API tl_tensor *tl_mean(tl_context *context, tl_tensor *x) {
  return capi::op(context, "mean", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(mean(call.in(0), IntList{}, false));
  });
}

TL_API tl_tensor *tl_mean_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return capi::op(context, "mean_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(mean(call.in(0), call.ints("axes", axes, num_axes), keepdims));
  });
}

TL_API tl_tensor *tl_max(tl_context *context, tl_tensor *x) {
  return capi::op(context, "max", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    MaxAttrs attrs{IntList{}, false};
    call.apply(OpId::kMax, &attrs);
  });
}

TL_API tl_tensor *tl_max_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return capi::op(context, "max_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    MaxAttrs attrs{call.ints("axes", axes, num_axes), keepdims};
    call.apply(OpId::kMax, &attrs);
  });
}

TL_API tl_tensor *tl_min(tl_context *context, tl_tensor *x) {
  return capi::op(context, "min", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    MinAttrs attrs{IntList{}, false};
    call.apply(OpId::kMin, &attrs);
  });
}

TL_API tl_tensor *tl_min_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return capi::op(context, "min_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    MinAttrs attrs{call.ints("axes", axes, num_axes), keepdims};
    call.apply(OpId::kMin, &attrs);
  });
}

TL_API tl_tensor *tl_prod(tl_context *context, tl_tensor *x) {
  return capi::op(context, "prod", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    ProdAttrs attrs{IntList{}, false};
    call.apply(OpId::kProd, &attrs);
  });
}

TL_API tl_tensor *tl_prod_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return capi::op(context, "prod_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    ProdAttrs attrs{call.ints("axes", axes, num_axes), keepdims};
    call.apply(OpId::kProd, &attrs);
  });
}

TL_API tl_tensor *tl_argmax(tl_context *context, tl_tensor *x) {
  return capi::op(context, "argmax", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    ArgmaxAttrs attrs{IntList{}, false};
    call.apply(OpId::kArgmax, &attrs);
  });
}

TL_API tl_tensor *tl_argmax_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return capi::op(context, "argmax_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    ArgmaxAttrs attrs{call.ints("axes", axes, num_axes), keepdims};
    call.apply(OpId::kArgmax, &attrs);
  });
}

TL_API tl_tensor *tl_argmin(tl_context *context, tl_tensor *x) {
  return capi::op(context, "argmin", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    ArgminAttrs attrs{IntList{}, false};
    call.apply(OpId::kArgmin, &attrs);
  });
}

TL_API tl_tensor *tl_argmin_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return capi::op(context, "argmin_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    ArgminAttrs attrs{call.ints("axes", axes, num_axes), keepdims};
    call.apply(OpId::kArgmin, &attrs);
  });
}

TL_API tl_tensor *tl_cumsum(tl_context *context, tl_tensor *x) {
  return capi::op(context, "cumsum", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    CumsumAttrs attrs{-1, false, false};
    call.apply(OpId::kCumsum, &attrs);
  });
}

TL_API tl_tensor *tl_cumsum_axis(tl_context *context, tl_tensor *x, int64_t axis, bool exclusive, bool reverse) {
  return capi::op(context, "cumsum_axis", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    CumsumAttrs attrs{axis, exclusive, reverse};
    call.apply(OpId::kCumsum, &attrs);
  });
}

TL_API tl_tensor *tl_logsumexp(tl_context *context, tl_tensor *x) {
  return capi::op(context, "logsumexp", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    LogsumexpAttrs attrs{IntList{}, false};
    call.apply(OpId::kLogsumexp, &attrs);
  });
}

TL_API tl_tensor *tl_logsumexp_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return capi::op(context, "logsumexp_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    LogsumexpAttrs attrs{call.ints("axes", axes, num_axes), keepdims};
    call.apply(OpId::kLogsumexp, &attrs);
  });
}

TL_API tl_tensor *tl_matmul(tl_context *context, tl_tensor *a, tl_tensor *b) {
  return capi::op(context, "matmul", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    MatmulAttrs attrs{false, false};
    call.apply(OpId::kMatmul, &attrs);
  });
}

TL_API tl_tensor *tl_matmul_transposed(tl_context *context, tl_tensor *a, tl_tensor *b, bool transpose_a, bool transpose_b) {
  return capi::op(context, "matmul_transposed", [&](capi::OpCallFrame& call) {
    call.add(a, "a");
    call.add(b, "b");
    MatmulAttrs attrs{transpose_a, transpose_b};
    call.apply(OpId::kMatmul, &attrs);
  });
}

TL_API tl_tensor *tl_reshape(tl_context *context, tl_tensor *x, const int64_t *shape, size_t num_shape) {
  return capi::op(context, "reshape", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    ReshapeAttrs attrs{call.ints("shape", shape, num_shape)};
    call.apply(OpId::kReshape, &attrs);
  });
}

TL_API tl_tensor *tl_transpose(tl_context *context, tl_tensor *x) {
  return capi::op(context, "transpose", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    TransposeAttrs attrs{IntList{}};
    call.apply(OpId::kTranspose, &attrs);
  });
}

TL_API tl_tensor *tl_transpose_axes(tl_context *context, tl_tensor *x, const int64_t *permutation, size_t num_permutation) {
  return capi::op(context, "transpose_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    TransposeAttrs attrs{call.ints("permutation", permutation, num_permutation)};
    call.apply(OpId::kTranspose, &attrs);
  });
}

TL_API tl_tensor *tl_broadcast_to(tl_context *context, tl_tensor *x, const int64_t *shape, size_t num_shape) {
  return capi::op(context, "broadcast_to", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    BroadcastToAttrs attrs{call.ints("shape", shape, num_shape)};
    call.apply(OpId::kBroadcastTo, &attrs);
  });
}

TL_API tl_tensor *tl_expand_dims(tl_context *context, tl_tensor *x, int64_t axis) {
  return capi::op(context, "expand_dims", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(expand_dims(call.in(0), axis));
  });
}

TL_API tl_tensor *tl_squeeze(tl_context *context, tl_tensor *x) {
  return capi::op(context, "squeeze", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(squeeze(call.in(0), IntList{}));
  });
}

TL_API tl_tensor *tl_squeeze_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes) {
  return capi::op(context, "squeeze_axes", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(squeeze(call.in(0), call.ints("axes", axes, num_axes)));
  });
}

TL_API tl_tensor *tl_concat(tl_context *context, tl_tensor *const *values, size_t num_values, int64_t axis) {
  return capi::op(context, "concat", [&](capi::OpCallFrame& call) {
    call.add_all(values, num_values, "values");
    ConcatAttrs attrs{axis};
    call.apply(OpId::kConcat, &attrs);
  });
}

TL_API tl_tensor *tl_stack(tl_context *context, tl_tensor *const *values, size_t num_values, int64_t axis) {
  return capi::op(context, "stack", [&](capi::OpCallFrame& call) {
    call.add_all(values, num_values, "values");
    call.result(stack(call.from(0), axis));
  });
}

TL_API tl_tensor *tl_slice(tl_context *context, tl_tensor *x, const int64_t *begin, size_t num_begin, const int64_t *end, size_t num_end) {
  return capi::op(context, "slice", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    SliceAttrs attrs{call.ints("begin", begin, num_begin), call.ints("end", end, num_end), IntList{}};
    call.apply(OpId::kSlice, &attrs);
  });
}

TL_API tl_tensor *tl_slice_strided(tl_context *context, tl_tensor *x, const int64_t *begin, size_t num_begin, const int64_t *end, size_t num_end, const int64_t *strides, size_t num_strides) {
  return capi::op(context, "slice_strided", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    SliceAttrs attrs{call.ints("begin", begin, num_begin), call.ints("end", end, num_end), call.ints("strides", strides, num_strides)};
    call.apply(OpId::kSlice, &attrs);
  });
}

TL_API tl_tensor *tl_pad(tl_context *context, tl_tensor *x, const int64_t *low, size_t num_low, const int64_t *high, size_t num_high) {
  return capi::op(context, "pad", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    PadAttrs attrs{call.ints("low", low, num_low), call.ints("high", high, num_high), IntList{}, 0.0};
    call.apply(OpId::kPad, &attrs);
  });
}

TL_API tl_tensor *tl_pad_interior(tl_context *context, tl_tensor *x, const int64_t *low, size_t num_low, const int64_t *high, size_t num_high, const int64_t *interior, size_t num_interior, double value) {
  return capi::op(context, "pad_interior", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    PadAttrs attrs{call.ints("low", low, num_low), call.ints("high", high, num_high), call.ints("interior", interior, num_interior), value};
    call.apply(OpId::kPad, &attrs);
  });
}

TL_API tl_tensor *tl_flatten(tl_context *context, tl_tensor *x) {
  return capi::op(context, "flatten", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(flatten(call.in(0), 1));
  });
}

TL_API tl_tensor *tl_flatten_from(tl_context *context, tl_tensor *x, int64_t axis) {
  return capi::op(context, "flatten_from", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.result(flatten(call.in(0), axis));
  });
}

TL_API tl_tensor *tl_identity(tl_context *context, tl_tensor *x) {
  return capi::op(context, "identity", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kIdentity, nullptr);
  });
}

TL_API tl_tensor *tl_stop_gradient(tl_context *context, tl_tensor *x) {
  return capi::op(context, "stop_gradient", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.apply(OpId::kStopGradient, nullptr);
  });
}

TL_API tl_tensor *tl_gather(tl_context *context, tl_tensor *x, tl_tensor *indices, int64_t axis) {
  return capi::op(context, "gather", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.add(indices, "indices");
    GatherAttrs attrs{axis};
    call.apply(OpId::kGather, &attrs);
  });
}

TL_API tl_tensor *tl_scatter_add(tl_context *context, tl_tensor *indices, tl_tensor *updates, int64_t size, int64_t axis) {
  return capi::op(context, "scatter_add", [&](capi::OpCallFrame& call) {
    call.add(indices, "indices");
    call.add(updates, "updates");
    ScatterAddAttrs attrs{size, axis};
    call.apply(OpId::kScatterAdd, &attrs);
  });
}

TL_API tl_tensor *tl_one_hot(tl_context *context, tl_tensor *indices, int64_t depth) {
  return capi::op(context, "one_hot", [&](capi::OpCallFrame& call) {
    call.add(indices, "indices");
    OneHotAttrs attrs{depth, DType::kF32};
    call.apply(OpId::kOneHot, &attrs);
  });
}

TL_API tl_tensor *tl_one_hot_dtype(tl_context *context, tl_tensor *indices, int64_t depth, tl_dtype dtype) {
  return capi::op(context, "one_hot_dtype", [&](capi::OpCallFrame& call) {
    call.add(indices, "indices");
    OneHotAttrs attrs{depth, call.dtype("dtype", dtype)};
    call.apply(OpId::kOneHot, &attrs);
  });
}

TL_API tl_tensor *tl_set_rows(tl_context *context, tl_tensor *x, tl_tensor *indices, tl_tensor *rows) {
  return capi::op(context, "set_rows", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    call.add(indices, "indices");
    call.add(rows, "rows");
    call.apply(OpId::kSetRows, nullptr);
  });
}

TL_API tl_tensor *tl_softmax(tl_context *context, tl_tensor *x) {
  return capi::op(context, "softmax", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    SoftmaxAttrs attrs{-1};
    call.apply(OpId::kSoftmax, &attrs);
  });
}

TL_API tl_tensor *tl_softmax_axis(tl_context *context, tl_tensor *x, int64_t axis) {
  return capi::op(context, "softmax_axis", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    SoftmaxAttrs attrs{axis};
    call.apply(OpId::kSoftmax, &attrs);
  });
}

TL_API tl_tensor *tl_log_softmax(tl_context *context, tl_tensor *x) {
  return capi::op(context, "log_softmax", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    LogSoftmaxAttrs attrs{-1};
    call.apply(OpId::kLogSoftmax, &attrs);
  });
}

TL_API tl_tensor *tl_log_softmax_axis(tl_context *context, tl_tensor *x, int64_t axis) {
  return capi::op(context, "log_softmax_axis", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    LogSoftmaxAttrs attrs{axis};
    call.apply(OpId::kLogSoftmax, &attrs);
  });
}

TL_API tl_tensor *tl_softmax_cross_entropy(tl_context *context, tl_tensor *labels, tl_tensor *logits) {
  return capi::op(context, "softmax_cross_entropy", [&](capi::OpCallFrame& call) {
    call.add(labels, "labels");
    call.add(logits, "logits");
    call.result(softmax_cross_entropy(call.in(0), call.in(1)));
  });
}

TL_API tl_tensor *tl_sparse_softmax_cross_entropy(tl_context *context, tl_tensor *labels, tl_tensor *logits) {
  return capi::op(context, "sparse_softmax_cross_entropy", [&](capi::OpCallFrame& call) {
    call.add(labels, "labels");
    call.add(logits, "logits");
    call.apply(OpId::kSparseSoftmaxCrossEntropy, nullptr);
  });
}

TL_API tl_tensor *tl_sigmoid_cross_entropy(tl_context *context, tl_tensor *labels, tl_tensor *logits) {
  return capi::op(context, "sigmoid_cross_entropy", [&](capi::OpCallFrame& call) {
    call.add(labels, "labels");
    call.add(logits, "logits");
    call.apply(OpId::kSigmoidCrossEntropy, nullptr);
  });
}

TL_API tl_tensor *tl_uniform(tl_context *context, const int64_t *shape, size_t num_shape) {
  return capi::op(context, "uniform", [&](capi::OpCallFrame& call) {
    UniformAttrs attrs{call.ints("shape", shape, num_shape), 0.0, 1.0, DType::kF32, call.context().random().seed, call.context().random().next_call};
    call.apply(OpId::kUniform, &attrs);
    call.context().random().next_call++;
  });
}

TL_API tl_tensor *tl_uniform_range(tl_context *context, const int64_t *shape, size_t num_shape, double low, double high, tl_dtype dtype) {
  return capi::op(context, "uniform_range", [&](capi::OpCallFrame& call) {
    UniformAttrs attrs{call.ints("shape", shape, num_shape), low, high, call.dtype("dtype", dtype), call.context().random().seed, call.context().random().next_call};
    call.apply(OpId::kUniform, &attrs);
    call.context().random().next_call++;
  });
}

TL_API tl_tensor *tl_normal(tl_context *context, const int64_t *shape, size_t num_shape) {
  return capi::op(context, "normal", [&](capi::OpCallFrame& call) {
    NormalAttrs attrs{call.ints("shape", shape, num_shape), 0.0, 1.0, DType::kF32, call.context().random().seed, call.context().random().next_call};
    call.apply(OpId::kNormal, &attrs);
    call.context().random().next_call++;
  });
}

TL_API tl_tensor *tl_normal_with(tl_context *context, const int64_t *shape, size_t num_shape, double mean, double stddev, tl_dtype dtype) {
  return capi::op(context, "normal_with", [&](capi::OpCallFrame& call) {
    NormalAttrs attrs{call.ints("shape", shape, num_shape), mean, stddev, call.dtype("dtype", dtype), call.context().random().seed, call.context().random().next_call};
    call.apply(OpId::kNormal, &attrs);
    call.context().random().next_call++;
  });
}

TL_API tl_tensor *tl_dropout(tl_context *context, tl_tensor *x, double rate) {
  return capi::op(context, "dropout", [&](capi::OpCallFrame& call) {
    call.add(x, "x");
    DropoutAttrs attrs{rate, call.context().random().seed, call.context().random().next_call};
    call.apply(OpId::kDropout, &attrs);
    call.context().random().next_call++;
  });
}

TL_API tl_tensor *tl_full(tl_context *context, const int64_t *shape, size_t num_shape, double value, tl_dtype dtype) {
  return capi::op(context, "full", [&](capi::OpCallFrame& call) {
    FullAttrs attrs{call.ints("shape", shape, num_shape), value, call.dtype("dtype", dtype)};
    call.apply(OpId::kFull, &attrs);
  });
}

TL_API tl_tensor *tl_range(tl_context *context, int64_t count) {
  return capi::op(context, "range", [&](capi::OpCallFrame& call) {
    RangeAttrs attrs{count, 0.0, 1.0, DType::kF32};
    call.apply(OpId::kRange, &attrs);
  });
}

TL_API tl_tensor *tl_range_from(tl_context *context, int64_t count, double start, double step, tl_dtype dtype) {
  return capi::op(context, "range_from", [&](capi::OpCallFrame& call) {
    RangeAttrs attrs{count, start, step, call.dtype("dtype", dtype)};
    call.apply(OpId::kRange, &attrs);
  });
}

TL_API tl_tensor *tl_zeros(tl_context *context, const int64_t *shape, size_t num_shape) {
  return capi::op(context, "zeros", [&](capi::OpCallFrame& call) {
    call.result(zeros(call.context(), call.ints("shape", shape, num_shape), DType::kF32));
  });
}

TL_API tl_tensor *tl_zeros_dtype(tl_context *context, const int64_t *shape, size_t num_shape, tl_dtype dtype) {
  return capi::op(context, "zeros_dtype", [&](capi::OpCallFrame& call) {
    call.result(zeros(call.context(), call.ints("shape", shape, num_shape), call.dtype("dtype", dtype)));
  });
}

TL_API tl_tensor *tl_ones(tl_context *context, const int64_t *shape, size_t num_shape) {
  return capi::op(context, "ones", [&](capi::OpCallFrame& call) {
    call.result(ones(call.context(), call.ints("shape", shape, num_shape), DType::kF32));
  });
}

TL_API tl_tensor *tl_ones_dtype(tl_context *context, const int64_t *shape, size_t num_shape, tl_dtype dtype) {
  return capi::op(context, "ones_dtype", [&](capi::OpCallFrame& call) {
    call.result(ones(call.context(), call.ints("shape", shape, num_shape), call.dtype("dtype", dtype)));
  });
}

}  // extern "C"
