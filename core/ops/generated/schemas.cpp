// Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit.
#include <cstddef>

#include "core/ops/generated/promised.h"

// clang-format off

namespace tl {
namespace {

constexpr InputSchema kAddInputs[] = {{"a", kNumberTypes, -1}, {"b", kNumberTypes, 0}};
constexpr InputSchema kSubInputs[] = {{"a", kNumberTypes, -1}, {"b", kNumberTypes, 0}};
constexpr InputSchema kMulInputs[] = {{"a", kNumberTypes, -1}, {"b", kNumberTypes, 0}};
constexpr InputSchema kDivInputs[] = {{"a", kFloatTypes, -1}, {"b", kFloatTypes, 0}};
constexpr InputSchema kPowInputs[] = {{"a", kFloatTypes, -1}, {"b", kFloatTypes, 0}};
constexpr InputSchema kMaximumInputs[] = {{"a", kNumberTypes, -1}, {"b", kNumberTypes, 0}};
constexpr InputSchema kMinimumInputs[] = {{"a", kNumberTypes, -1}, {"b", kNumberTypes, 0}};
constexpr InputSchema kAddScalarInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kAddScalarAttrs[] = {{"value", AttrKind::kFloat, offsetof(AddScalarAttrs, value)}};
constexpr InputSchema kMulScalarInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kMulScalarAttrs[] = {{"value", AttrKind::kFloat, offsetof(MulScalarAttrs, value)}};
constexpr InputSchema kNegInputs[] = {{"x", kNumberTypes, -1}};
constexpr InputSchema kExpInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kLogInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kLog1pInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kExpm1Inputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kSqrtInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kRsqrtInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kSquareInputs[] = {{"x", kNumberTypes, -1}};
constexpr InputSchema kAbsInputs[] = {{"x", kNumberTypes, -1}};
constexpr InputSchema kSignInputs[] = {{"x", kNumberTypes, -1}};
constexpr InputSchema kTanhInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kSigmoidInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kSoftplusInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kReluInputs[] = {{"x", kNumberTypes, -1}};
constexpr InputSchema kSinInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kCosInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kErfInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kReciprocalInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kFloorInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kClipInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kClipAttrs[] = {{"low", AttrKind::kFloat, offsetof(ClipAttrs, low)}, {"high", AttrKind::kFloat, offsetof(ClipAttrs, high)}};
constexpr InputSchema kReluGradInputs[] = {{"grad", kNumberTypes, -1}, {"out", kNumberTypes, 0}};
constexpr InputSchema kTanhGradInputs[] = {{"grad", kFloatTypes, -1}, {"out", kFloatTypes, 0}};
constexpr InputSchema kSigmoidGradInputs[] = {{"grad", kFloatTypes, -1}, {"out", kFloatTypes, 0}};
constexpr InputSchema kStrongZeroMulInputs[] = {{"a", kFloatTypes, -1}, {"b", kFloatTypes, 0}};
constexpr InputSchema kStrongZeroDivInputs[] = {{"a", kFloatTypes, -1}, {"b", kFloatTypes, 0}};
constexpr InputSchema kErfcInputs[] = {{"x", kFloatTypes, -1}};
constexpr InputSchema kEqualInputs[] = {{"a", kAnyType, -1}, {"b", kAnyType, 0}};
constexpr InputSchema kNotEqualInputs[] = {{"a", kAnyType, -1}, {"b", kAnyType, 0}};
constexpr InputSchema kLessInputs[] = {{"a", kNumberTypes, -1}, {"b", kNumberTypes, 0}};
constexpr InputSchema kLessEqualInputs[] = {{"a", kNumberTypes, -1}, {"b", kNumberTypes, 0}};
constexpr InputSchema kGreaterInputs[] = {{"a", kNumberTypes, -1}, {"b", kNumberTypes, 0}};
constexpr InputSchema kGreaterEqualInputs[] = {{"a", kNumberTypes, -1}, {"b", kNumberTypes, 0}};
constexpr InputSchema kLogicalAndInputs[] = {{"a", kBoolType, -1}, {"b", kBoolType, 0}};
constexpr InputSchema kLogicalOrInputs[] = {{"a", kBoolType, -1}, {"b", kBoolType, 0}};
constexpr InputSchema kLogicalNotInputs[] = {{"x", kBoolType, -1}};
constexpr InputSchema kSelectInputs[] = {{"condition", kBoolType, -1}, {"a", kAnyType, -1}, {"b", kAnyType, 1}};
constexpr InputSchema kCastInputs[] = {{"x", kAnyType, -1}};
constexpr AttrSchema kCastAttrs[] = {{"dtype", AttrKind::kDType, offsetof(CastAttrs, dtype)}};
constexpr InputSchema kSumInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kSumAttrs[] = {{"axes", AttrKind::kInts, offsetof(SumAttrs, axes)}, {"keepdims", AttrKind::kBool, offsetof(SumAttrs, keepdims)}};
constexpr InputSchema kMaxInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kMaxAttrs[] = {{"axes", AttrKind::kInts, offsetof(MaxAttrs, axes)}, {"keepdims", AttrKind::kBool, offsetof(MaxAttrs, keepdims)}};
constexpr InputSchema kMinInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kMinAttrs[] = {{"axes", AttrKind::kInts, offsetof(MinAttrs, axes)}, {"keepdims", AttrKind::kBool, offsetof(MinAttrs, keepdims)}};
constexpr InputSchema kProdInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kProdAttrs[] = {{"axes", AttrKind::kInts, offsetof(ProdAttrs, axes)}, {"keepdims", AttrKind::kBool, offsetof(ProdAttrs, keepdims)}};
constexpr InputSchema kArgmaxInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kArgmaxAttrs[] = {{"axes", AttrKind::kInts, offsetof(ArgmaxAttrs, axes)}, {"keepdims", AttrKind::kBool, offsetof(ArgmaxAttrs, keepdims)}};
constexpr InputSchema kArgminInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kArgminAttrs[] = {{"axes", AttrKind::kInts, offsetof(ArgminAttrs, axes)}, {"keepdims", AttrKind::kBool, offsetof(ArgminAttrs, keepdims)}};
constexpr InputSchema kCumsumInputs[] = {{"x", kNumberTypes, -1}};
constexpr AttrSchema kCumsumAttrs[] = {{"axis", AttrKind::kInt, offsetof(CumsumAttrs, axis)}, {"exclusive", AttrKind::kBool, offsetof(CumsumAttrs, exclusive)}, {"reverse", AttrKind::kBool, offsetof(CumsumAttrs, reverse)}};
constexpr InputSchema kLogsumexpInputs[] = {{"x", kFloatTypes, -1}};
constexpr AttrSchema kLogsumexpAttrs[] = {{"axes", AttrKind::kInts, offsetof(LogsumexpAttrs, axes)}, {"keepdims", AttrKind::kBool, offsetof(LogsumexpAttrs, keepdims)}};
constexpr InputSchema kMatmulInputs[] = {{"a", kFloatTypes, -1}, {"b", kFloatTypes, 0}};
constexpr AttrSchema kMatmulAttrs[] = {{"transpose_a", AttrKind::kBool, offsetof(MatmulAttrs, transpose_a)}, {"transpose_b", AttrKind::kBool, offsetof(MatmulAttrs, transpose_b)}};
constexpr InputSchema kReshapeInputs[] = {{"x", kAnyType, -1}};
constexpr AttrSchema kReshapeAttrs[] = {{"shape", AttrKind::kInts, offsetof(ReshapeAttrs, shape)}};
constexpr InputSchema kTransposeInputs[] = {{"x", kAnyType, -1}};
constexpr AttrSchema kTransposeAttrs[] = {{"permutation", AttrKind::kInts, offsetof(TransposeAttrs, permutation)}};
constexpr InputSchema kBroadcastToInputs[] = {{"x", kAnyType, -1}};
constexpr AttrSchema kBroadcastToAttrs[] = {{"shape", AttrKind::kInts, offsetof(BroadcastToAttrs, shape)}};
constexpr InputSchema kConcatInputs[] = {{"values", kAnyType, -1}};
constexpr AttrSchema kConcatAttrs[] = {{"axis", AttrKind::kInt, offsetof(ConcatAttrs, axis)}};
constexpr InputSchema kSliceInputs[] = {{"x", kAnyType, -1}};
constexpr AttrSchema kSliceAttrs[] = {{"begin", AttrKind::kInts, offsetof(SliceAttrs, begin)}, {"end", AttrKind::kInts, offsetof(SliceAttrs, end)}, {"strides", AttrKind::kInts, offsetof(SliceAttrs, strides)}};
constexpr InputSchema kPadInputs[] = {{"x", kAnyType, -1}};
constexpr AttrSchema kPadAttrs[] = {{"low", AttrKind::kInts, offsetof(PadAttrs, low)}, {"high", AttrKind::kInts, offsetof(PadAttrs, high)}, {"interior", AttrKind::kInts, offsetof(PadAttrs, interior)}, {"value", AttrKind::kFloat, offsetof(PadAttrs, value)}};
constexpr InputSchema kIdentityInputs[] = {{"x", kAnyType, -1}};
constexpr InputSchema kStopGradientInputs[] = {{"x", kAnyType, -1}};
constexpr InputSchema kGatherInputs[] = {{"x", kAnyType, -1}, {"indices", kIntTypes, -1}};
constexpr AttrSchema kGatherAttrs[] = {{"axis", AttrKind::kInt, offsetof(GatherAttrs, axis)}};
constexpr InputSchema kScatterAddInputs[] = {{"indices", kIntTypes, -1}, {"updates", kNumberTypes, -1}};
constexpr AttrSchema kScatterAddAttrs[] = {{"size", AttrKind::kInt, offsetof(ScatterAddAttrs, size)}, {"axis", AttrKind::kInt, offsetof(ScatterAddAttrs, axis)}};
constexpr InputSchema kOneHotInputs[] = {{"indices", kIntTypes, -1}};
constexpr AttrSchema kOneHotAttrs[] = {{"depth", AttrKind::kInt, offsetof(OneHotAttrs, depth)}, {"dtype", AttrKind::kDType, offsetof(OneHotAttrs, dtype)}};
constexpr InputSchema kSetRowsInputs[] = {{"x", kAnyType, -1}, {"indices", kIntTypes, -1}, {"rows", kAnyType, 0}};
constexpr InputSchema kSoftmaxInputs[] = {{"x", kFloatTypes, -1}};
constexpr AttrSchema kSoftmaxAttrs[] = {{"axis", AttrKind::kInt, offsetof(SoftmaxAttrs, axis)}};
constexpr InputSchema kLogSoftmaxInputs[] = {{"x", kFloatTypes, -1}};
constexpr AttrSchema kLogSoftmaxAttrs[] = {{"axis", AttrKind::kInt, offsetof(LogSoftmaxAttrs, axis)}};
constexpr InputSchema kSparseSoftmaxCrossEntropyInputs[] = {{"labels", kIntTypes, -1}, {"logits", kFloatTypes, -1}};
constexpr InputSchema kSigmoidCrossEntropyInputs[] = {{"labels", kFloatTypes, -1}, {"logits", kFloatTypes, 0}};
constexpr InputSchema kCorrectClassInputs[] = {{"labels", kIntTypes, -1}, {"predictions", kFloatTypes, -1}};
constexpr InputSchema kCorrectSideInputs[] = {{"labels", kAnyType, -1}, {"predictions", kFloatTypes, -1}};
constexpr AttrSchema kCorrectSideAttrs[] = {{"threshold", AttrKind::kFloat, offsetof(CorrectSideAttrs, threshold)}};
constexpr InputSchema kCheckRangeInputs[] = {{"x", kAnyType, -1}};
constexpr AttrSchema kCheckRangeAttrs[] = {{"low", AttrKind::kFloat, offsetof(CheckRangeAttrs, low)}, {"high", AttrKind::kFloat, offsetof(CheckRangeAttrs, high)}, {"nan", AttrKind::kBool, offsetof(CheckRangeAttrs, nan)}};
constexpr InputSchema kInverseRmsInputs[] = {{"x", kFloatTypes, -1}};
constexpr AttrSchema kInverseRmsAttrs[] = {{"epsilon", AttrKind::kFloat, offsetof(InverseRmsAttrs, epsilon)}};
constexpr InputSchema kCheckFiniteInputs[] = {{"x", kFloatTypes, -1}};
constexpr AttrSchema kUniformAttrs[] = {{"shape", AttrKind::kInts, offsetof(UniformAttrs, shape)}, {"low", AttrKind::kFloat, offsetof(UniformAttrs, low)}, {"high", AttrKind::kFloat, offsetof(UniformAttrs, high)}, {"dtype", AttrKind::kDType, offsetof(UniformAttrs, dtype)}, {"seed", AttrKind::kU64, offsetof(UniformAttrs, seed)}, {"call", AttrKind::kU64, offsetof(UniformAttrs, call)}};
constexpr AttrSchema kNormalAttrs[] = {{"shape", AttrKind::kInts, offsetof(NormalAttrs, shape)}, {"mean", AttrKind::kFloat, offsetof(NormalAttrs, mean)}, {"stddev", AttrKind::kFloat, offsetof(NormalAttrs, stddev)}, {"dtype", AttrKind::kDType, offsetof(NormalAttrs, dtype)}, {"seed", AttrKind::kU64, offsetof(NormalAttrs, seed)}, {"call", AttrKind::kU64, offsetof(NormalAttrs, call)}};
constexpr InputSchema kDropoutInputs[] = {{"x", kFloatTypes, -1}};
constexpr AttrSchema kDropoutAttrs[] = {{"rate", AttrKind::kFloat, offsetof(DropoutAttrs, rate)}, {"seed", AttrKind::kU64, offsetof(DropoutAttrs, seed)}, {"call", AttrKind::kU64, offsetof(DropoutAttrs, call)}};
constexpr AttrSchema kFullAttrs[] = {{"shape", AttrKind::kInts, offsetof(FullAttrs, shape)}, {"value", AttrKind::kFloat, offsetof(FullAttrs, value)}, {"dtype", AttrKind::kDType, offsetof(FullAttrs, dtype)}};
constexpr AttrSchema kRangeAttrs[] = {{"count", AttrKind::kInt, offsetof(RangeAttrs, count)}, {"start", AttrKind::kFloat, offsetof(RangeAttrs, start)}, {"step", AttrKind::kFloat, offsetof(RangeAttrs, step)}, {"dtype", AttrKind::kDType, offsetof(RangeAttrs, dtype)}};
constexpr InputSchema kMomentumUpdateInputs[] = {{"w", kFloatTypes, -1}, {"g", kFloatTypes, 0}, {"m", kFloatTypes, 0}, {"rate", kFloatTypes, 0}};
constexpr AttrSchema kMomentumUpdateAttrs[] = {{"momentum", AttrKind::kFloat, offsetof(MomentumUpdateAttrs, momentum)}, {"nesterov", AttrKind::kBool, offsetof(MomentumUpdateAttrs, nesterov)}};
constexpr InputSchema kAdamUpdateInputs[] = {{"w", kFloatTypes, -1}, {"g", kFloatTypes, 0}, {"m", kFloatTypes, 0}, {"v", kFloatTypes, 0}, {"rate", kFloatTypes, 0}, {"decay", kFloatTypes, 0}, {"epsilon", kFloatTypes, 0}};
constexpr AttrSchema kAdamUpdateAttrs[] = {{"beta1", AttrKind::kFloat, offsetof(AdamUpdateAttrs, beta1)}, {"beta2", AttrKind::kFloat, offsetof(AdamUpdateAttrs, beta2)}};
constexpr InputSchema kSgdUpdateInputs[] = {{"w", kFloatTypes, -1}, {"g", kFloatTypes, 0}, {"rate", kFloatTypes, 0}};

const OpSchema kSchemas[] = {
    {OpId::kAdd, "add", 2, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 0, kAddInputs, nullptr, 0, rules::infer_broadcast, kernels::add, rules::vjp_add, JvpKind::kElementwise, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kSub, "sub", 2, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 0, kSubInputs, nullptr, 0, rules::infer_broadcast, kernels::sub, rules::vjp_sub, JvpKind::kElementwise, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kMul, "mul", 2, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 3, 0, kMulInputs, nullptr, 0, rules::infer_broadcast, kernels::mul, rules::vjp_mul, JvpKind::kElementwise, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kDiv, "div", 2, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 2, 1, kDivInputs, nullptr, 0, rules::infer_broadcast, kernels::div, rules::vjp_div, JvpKind::kElementwise, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kPow, "pow", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kRule, nullptr, 3, 1, kPowInputs, nullptr, 0, rules::infer_broadcast, kernels::pow, rules::vjp_pow, JvpKind::kElementwise, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kMaximum, "maximum", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kRule, nullptr, 3, 0, kMaximumInputs, nullptr, 0, rules::infer_broadcast, kernels::maximum, rules::vjp_maximum, JvpKind::kElementwise, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kMinimum, "minimum", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kRule, nullptr, 3, 0, kMinimumInputs, nullptr, 0, rules::infer_broadcast, kernels::minimum, rules::vjp_minimum, JvpKind::kElementwise, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kAddScalar, "add_scalar", 1, false, 1, false, false, true, {0, -1, -1}, sizeof(AddScalarAttrs), GradientKind::kRule, nullptr, 0, 0, kAddScalarInputs, kAddScalarAttrs, 1, rules::infer_scalar, kernels::add_scalar, rules::vjp_add_scalar, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kMulScalar, "mul_scalar", 1, false, 1, false, false, true, {0, -1, -1}, sizeof(MulScalarAttrs), GradientKind::kRule, nullptr, 0, 0, kMulScalarInputs, kMulScalarAttrs, 1, rules::infer_scalar, kernels::mul_scalar, rules::vjp_mul_scalar, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kNeg, "neg", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 0, kNegInputs, nullptr, 0, rules::infer_same, kernels::neg, rules::vjp_neg, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kExp, "exp", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 1, kExpInputs, nullptr, 0, rules::infer_same, kernels::exp, rules::vjp_exp, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kLog, "log", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kLogInputs, nullptr, 0, rules::infer_same, kernels::log, rules::vjp_log, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kLog1p, "log1p", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kLog1pInputs, nullptr, 0, rules::infer_same, kernels::log1p, rules::vjp_log1p, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kExpm1, "expm1", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 1, kExpm1Inputs, nullptr, 0, rules::infer_same, kernels::expm1, rules::vjp_expm1, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kSqrt, "sqrt", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 1, kSqrtInputs, nullptr, 0, rules::infer_same, kernels::sqrt, rules::vjp_sqrt, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kRsqrt, "rsqrt", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 1, kRsqrtInputs, nullptr, 0, rules::infer_same, kernels::rsqrt, rules::vjp_rsqrt, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kSquare, "square", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kSquareInputs, nullptr, 0, rules::infer_same, kernels::square, rules::vjp_square, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kAbs, "abs", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kAbsInputs, nullptr, 0, rules::infer_same, kernels::abs, rules::vjp_abs, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kSign, "sign", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kZero, nullptr, 0, 0, kSignInputs, nullptr, 0, rules::infer_same, kernels::sign, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kTanh, "tanh", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 1, kTanhInputs, nullptr, 0, rules::infer_same, kernels::tanh, rules::vjp_tanh, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kSigmoid, "sigmoid", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 1, kSigmoidInputs, nullptr, 0, rules::infer_same, kernels::sigmoid, rules::vjp_sigmoid, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kSoftplus, "softplus", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kSoftplusInputs, nullptr, 0, rules::infer_same, kernels::softplus, rules::vjp_softplus, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kRelu, "relu", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 1, kReluInputs, nullptr, 0, rules::infer_same, kernels::relu, rules::vjp_relu, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kSin, "sin", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kSinInputs, nullptr, 0, rules::infer_same, kernels::sin, rules::vjp_sin, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kCos, "cos", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kCosInputs, nullptr, 0, rules::infer_same, kernels::cos, rules::vjp_cos, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kErf, "erf", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kErfInputs, nullptr, 0, rules::infer_same, kernels::erf, rules::vjp_erf, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kReciprocal, "reciprocal", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 1, kReciprocalInputs, nullptr, 0, rules::infer_same, kernels::reciprocal, rules::vjp_reciprocal, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kFloor, "floor", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kZero, nullptr, 0, 0, kFloorInputs, nullptr, 0, rules::infer_same, kernels::floor, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kClip, "clip", 1, false, 1, false, false, true, {0, -1, -1}, sizeof(ClipAttrs), GradientKind::kRule, nullptr, 1, 0, kClipInputs, kClipAttrs, 2, rules::infer_clip, kernels::clip, rules::vjp_clip, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kReluGrad, "relu_grad", 2, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 2, 0, kReluGradInputs, nullptr, 0, rules::infer_same_shapes, kernels::relu_grad, rules::vjp_relu_grad, JvpKind::kRule, 0, rules::jvp_relu_grad, rules::batch_leading, nullptr},
    {OpId::kTanhGrad, "tanh_grad", 2, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 3, 0, kTanhGradInputs, nullptr, 0, rules::infer_same_shapes, kernels::tanh_grad, rules::vjp_tanh_grad, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kSigmoidGrad, "sigmoid_grad", 2, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 3, 0, kSigmoidGradInputs, nullptr, 0, rules::infer_same_shapes, kernels::sigmoid_grad, rules::vjp_sigmoid_grad, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kStrongZeroMul, "strong_zero_mul", 2, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 3, 0, kStrongZeroMulInputs, nullptr, 0, rules::infer_broadcast, kernels::strong_zero_mul, rules::vjp_strong_zero_mul, JvpKind::kElementwise, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kStrongZeroDiv, "strong_zero_div", 2, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 2, 1, kStrongZeroDivInputs, nullptr, 0, rules::infer_broadcast, kernels::strong_zero_div, rules::vjp_strong_zero_div, JvpKind::kElementwise, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kErfc, "erfc", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kErfcInputs, nullptr, 0, rules::infer_same, kernels::erfc, rules::vjp_erfc, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kEqual, "equal", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kNone, "its result is bool", 0, 0, kEqualInputs, nullptr, 0, rules::infer_compare, kernels::equal, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kNotEqual, "not_equal", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kNone, "its result is bool", 0, 0, kNotEqualInputs, nullptr, 0, rules::infer_compare, kernels::not_equal, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kLess, "less", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kNone, "its result is bool", 0, 0, kLessInputs, nullptr, 0, rules::infer_compare, kernels::less, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kLessEqual, "less_equal", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kNone, "its result is bool", 0, 0, kLessEqualInputs, nullptr, 0, rules::infer_compare, kernels::less_equal, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kGreater, "greater", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kNone, "its result is bool", 0, 0, kGreaterInputs, nullptr, 0, rules::infer_compare, kernels::greater, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kGreaterEqual, "greater_equal", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kNone, "its result is bool", 0, 0, kGreaterEqualInputs, nullptr, 0, rules::infer_compare, kernels::greater_equal, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kLogicalAnd, "logical_and", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kNone, "its operands are bool", 0, 0, kLogicalAndInputs, nullptr, 0, rules::infer_compare, kernels::logical_and, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kLogicalOr, "logical_or", 2, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kNone, "its operands are bool", 0, 0, kLogicalOrInputs, nullptr, 0, rules::infer_compare, kernels::logical_or, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kLogicalNot, "logical_not", 1, false, 1, false, false, true, {0, -1, -1}, 0, GradientKind::kNone, "its operand is bool", 0, 0, kLogicalNotInputs, nullptr, 0, rules::infer_same, kernels::logical_not, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kSelect, "select", 3, false, 1, false, false, true, {-1, -1, -1}, 0, GradientKind::kRule, nullptr, 1, 0, kSelectInputs, nullptr, 0, rules::infer_select, kernels::select, rules::vjp_select, JvpKind::kLinear, 6, nullptr, rules::batch_broadcast, nullptr},
    {OpId::kCast, "cast", 1, false, 1, false, false, true, {-1, -1, -1}, sizeof(CastAttrs), GradientKind::kRule, nullptr, 0, 0, kCastInputs, kCastAttrs, 1, rules::infer_cast, kernels::cast, rules::vjp_cast, JvpKind::kLinear, 1, nullptr, rules::batch_leading, nullptr},
    {OpId::kSum, "sum", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(SumAttrs), GradientKind::kRule, nullptr, 0, 0, kSumInputs, kSumAttrs, 2, rules::infer_reduce, kernels::sum, rules::vjp_sum, JvpKind::kLinear, 1, nullptr, rules::batch_reduce, nullptr},
    {OpId::kMax, "max", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(MaxAttrs), GradientKind::kRule, nullptr, 1, 1, kMaxInputs, kMaxAttrs, 2, rules::infer_reduce_nonempty, kernels::max, rules::vjp_max, JvpKind::kRule, 0, rules::jvp_max, rules::batch_reduce, nullptr},
    {OpId::kMin, "min", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(MinAttrs), GradientKind::kRule, nullptr, 1, 1, kMinInputs, kMinAttrs, 2, rules::infer_reduce_nonempty, kernels::min, rules::vjp_min, JvpKind::kRule, 0, rules::jvp_min, rules::batch_reduce, nullptr},
    {OpId::kProd, "prod", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(ProdAttrs), GradientKind::kRule, nullptr, 1, 0, kProdInputs, kProdAttrs, 2, rules::infer_reduce, kernels::prod, rules::vjp_prod, JvpKind::kRule, 0, rules::jvp_prod, rules::batch_reduce, nullptr},
    {OpId::kArgmax, "argmax", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(ArgmaxAttrs), GradientKind::kNone, "its result is an integer index", 0, 0, kArgmaxInputs, kArgmaxAttrs, 2, rules::infer_arg_reduce, kernels::argmax, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_reduce, nullptr},
    {OpId::kArgmin, "argmin", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(ArgminAttrs), GradientKind::kNone, "its result is an integer index", 0, 0, kArgminInputs, kArgminAttrs, 2, rules::infer_arg_reduce, kernels::argmin, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_reduce, nullptr},
    {OpId::kCumsum, "cumsum", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(CumsumAttrs), GradientKind::kRule, nullptr, 0, 0, kCumsumInputs, kCumsumAttrs, 3, rules::infer_cumsum, kernels::cumsum, rules::vjp_cumsum, JvpKind::kLinear, 1, nullptr, rules::batch_axis, nullptr},
    {OpId::kLogsumexp, "logsumexp", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(LogsumexpAttrs), GradientKind::kRule, nullptr, 1, 1, kLogsumexpInputs, kLogsumexpAttrs, 2, rules::infer_reduce, kernels::logsumexp, rules::vjp_logsumexp, JvpKind::kRule, 0, rules::jvp_logsumexp, rules::batch_reduce, nullptr},
    {OpId::kMatmul, "matmul", 2, false, 1, false, false, false, {-1, -1, -1}, sizeof(MatmulAttrs), GradientKind::kRule, nullptr, 3, 0, kMatmulInputs, kMatmulAttrs, 2, rules::infer_matmul, kernels::matmul, rules::vjp_matmul, JvpKind::kRule, 0, rules::jvp_matmul, rules::batch_matmul, nullptr},
    {OpId::kReshape, "reshape", 1, false, 1, true, false, false, {-1, -1, -1}, sizeof(ReshapeAttrs), GradientKind::kRule, nullptr, 0, 0, kReshapeInputs, kReshapeAttrs, 1, rules::infer_reshape, kernels::reshape, rules::vjp_reshape, JvpKind::kLinear, 1, nullptr, rules::batch_reshape, nullptr},
    {OpId::kTranspose, "transpose", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(TransposeAttrs), GradientKind::kRule, nullptr, 0, 0, kTransposeInputs, kTransposeAttrs, 1, rules::infer_transpose, kernels::transpose, rules::vjp_transpose, JvpKind::kLinear, 1, nullptr, rules::batch_transpose, nullptr},
    {OpId::kBroadcastTo, "broadcast_to", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(BroadcastToAttrs), GradientKind::kRule, nullptr, 0, 0, kBroadcastToInputs, kBroadcastToAttrs, 1, rules::infer_broadcast_to, kernels::broadcast_to, rules::vjp_broadcast_to, JvpKind::kLinear, 1, nullptr, rules::batch_broadcast_to, nullptr},
    {OpId::kConcat, "concat", 1, true, 1, false, false, false, {-1, -1, -1}, sizeof(ConcatAttrs), GradientKind::kRule, nullptr, 0, 0, kConcatInputs, kConcatAttrs, 1, rules::infer_concat, kernels::concat, rules::vjp_concat, JvpKind::kLinear, 1, nullptr, rules::batch_axis, nullptr},
    {OpId::kSlice, "slice", 1, false, 1, true, false, false, {-1, -1, -1}, sizeof(SliceAttrs), GradientKind::kRule, nullptr, 0, 0, kSliceInputs, kSliceAttrs, 3, rules::infer_slice, kernels::slice, rules::vjp_slice, JvpKind::kLinear, 1, nullptr, rules::batch_slice, nullptr},
    {OpId::kPad, "pad", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(PadAttrs), GradientKind::kRule, nullptr, 0, 0, kPadInputs, kPadAttrs, 4, rules::infer_pad, kernels::pad, rules::vjp_pad, JvpKind::kRule, 0, rules::jvp_pad, rules::batch_pad, nullptr},
    {OpId::kIdentity, "identity", 1, false, 1, true, false, false, {-1, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 0, kIdentityInputs, nullptr, 0, rules::infer_same, kernels::identity, rules::vjp_identity, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kStopGradient, "stop_gradient", 1, false, 1, true, false, false, {-1, -1, -1}, 0, GradientKind::kNone, "stop_gradient cuts the path on purpose", 0, 0, kStopGradientInputs, nullptr, 0, rules::infer_same, kernels::stop_gradient, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kGather, "gather", 2, false, 1, false, true, false, {-1, -1, -1}, sizeof(GatherAttrs), GradientKind::kRule, nullptr, 2, 0, kGatherInputs, kGatherAttrs, 1, rules::infer_gather, kernels::gather, rules::vjp_gather, JvpKind::kLinear, 1, nullptr, rules::batch_gather, nullptr},
    {OpId::kScatterAdd, "scatter_add", 2, false, 1, false, true, false, {-1, -1, -1}, sizeof(ScatterAddAttrs), GradientKind::kRule, nullptr, 1, 0, kScatterAddInputs, kScatterAddAttrs, 2, rules::infer_scatter_add, kernels::scatter_add, rules::vjp_scatter_add, JvpKind::kLinear, 2, nullptr, rules::batch_scatter_add, nullptr},
    {OpId::kOneHot, "one_hot", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(OneHotAttrs), GradientKind::kNone, "its operand is an integer index", 0, 0, kOneHotInputs, kOneHotAttrs, 2, rules::infer_one_hot, kernels::one_hot, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kSetRows, "set_rows", 3, false, 1, false, true, false, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 2, 0, kSetRowsInputs, nullptr, 0, rules::infer_set_rows, kernels::set_rows, rules::vjp_set_rows, JvpKind::kLinear, 5, nullptr, rules::batch_set_rows, nullptr},
    {OpId::kSoftmax, "softmax", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(SoftmaxAttrs), GradientKind::kRule, nullptr, 0, 1, kSoftmaxInputs, kSoftmaxAttrs, 1, rules::infer_axis, kernels::softmax, rules::vjp_softmax, JvpKind::kRule, 0, rules::jvp_softmax, rules::batch_axis, nullptr},
    {OpId::kLogSoftmax, "log_softmax", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(LogSoftmaxAttrs), GradientKind::kRule, nullptr, 0, 1, kLogSoftmaxInputs, kLogSoftmaxAttrs, 1, rules::infer_axis, kernels::log_softmax, rules::vjp_log_softmax, JvpKind::kRule, 0, rules::jvp_log_softmax, rules::batch_axis, nullptr},
    {OpId::kSparseSoftmaxCrossEntropy, "sparse_softmax_cross_entropy", 2, false, 1, false, true, false, {-1, -1, -1}, 0, GradientKind::kRule, nullptr, 3, 0, kSparseSoftmaxCrossEntropyInputs, nullptr, 0, rules::infer_sparse_softmax_cross_entropy, kernels::sparse_softmax_cross_entropy, rules::vjp_sparse_softmax_cross_entropy, JvpKind::kRule, 0, rules::jvp_sparse_softmax_cross_entropy, rules::batch_leading, nullptr},
    {OpId::kSigmoidCrossEntropy, "sigmoid_cross_entropy", 2, false, 1, false, true, false, {-1, -1, -1}, 0, GradientKind::kRule, nullptr, 3, 0, kSigmoidCrossEntropyInputs, nullptr, 0, rules::infer_same_shapes, kernels::sigmoid_cross_entropy, rules::vjp_sigmoid_cross_entropy, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kCorrectClass, "correct_class", 2, false, 1, false, true, false, {-1, -1, -1}, 0, GradientKind::kNone, "its result is a truth value", 0, 0, kCorrectClassInputs, nullptr, 0, rules::infer_correct_class, kernels::correct_class, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kCorrectSide, "correct_side", 2, false, 1, false, true, false, {-1, -1, -1}, sizeof(CorrectSideAttrs), GradientKind::kNone, "its result is a truth value", 0, 0, kCorrectSideInputs, kCorrectSideAttrs, 1, rules::infer_correct_side, kernels::correct_side, nullptr, JvpKind::kNone, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kCheckRange, "check_range", 1, false, 1, true, true, false, {-1, -1, -1}, sizeof(CheckRangeAttrs), GradientKind::kRule, nullptr, 0, 0, kCheckRangeInputs, kCheckRangeAttrs, 3, rules::infer_same, kernels::check_range, rules::vjp_check_range, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kInverseRms, "inverse_rms", 1, false, 1, false, false, false, {-1, -1, -1}, sizeof(InverseRmsAttrs), GradientKind::kRule, nullptr, 1, 1, kInverseRmsInputs, kInverseRmsAttrs, 1, rules::infer_inverse_rms, kernels::inverse_rms, rules::vjp_inverse_rms, JvpKind::kRule, 0, rules::jvp_inverse_rms, rules::batch_leading, nullptr},
    {OpId::kCheckFinite, "check_finite", 1, false, 1, true, true, false, {-1, -1, -1}, 0, GradientKind::kRule, nullptr, 0, 0, kCheckFiniteInputs, nullptr, 0, rules::infer_same, kernels::check_finite, rules::vjp_check_finite, JvpKind::kElementwise, 0, nullptr, rules::batch_leading, nullptr},
    {OpId::kUniform, "uniform", 0, false, 1, false, false, false, {-1, -1, -1}, sizeof(UniformAttrs), GradientKind::kNone, "it has no operand", 0, 0, nullptr, kUniformAttrs, 6, rules::infer_random, kernels::uniform, nullptr, JvpKind::kNone, 0, nullptr, nullptr, "it has no operand, and gives the same for each example"},
    {OpId::kNormal, "normal", 0, false, 1, false, false, false, {-1, -1, -1}, sizeof(NormalAttrs), GradientKind::kNone, "it has no operand", 0, 0, nullptr, kNormalAttrs, 6, rules::infer_random, kernels::normal, nullptr, JvpKind::kNone, 0, nullptr, nullptr, "it has no operand, and gives the same for each example"},
    {OpId::kDropout, "dropout", 1, false, 1, false, false, true, {-1, -1, -1}, sizeof(DropoutAttrs), GradientKind::kRule, nullptr, 0, 0, kDropoutInputs, kDropoutAttrs, 3, rules::infer_dropout, kernels::dropout, rules::vjp_dropout, JvpKind::kRule, 0, rules::jvp_dropout, rules::batch_leading, nullptr},
    {OpId::kFull, "full", 0, false, 1, false, false, false, {-1, -1, -1}, sizeof(FullAttrs), GradientKind::kNone, "it has no operand", 0, 0, nullptr, kFullAttrs, 3, rules::infer_full, kernels::full, nullptr, JvpKind::kNone, 0, nullptr, nullptr, "it has no operand, and gives the same for each example"},
    {OpId::kRange, "range", 0, false, 1, false, false, false, {-1, -1, -1}, sizeof(RangeAttrs), GradientKind::kNone, "it has no operand", 0, 0, nullptr, kRangeAttrs, 4, rules::infer_range, kernels::range, nullptr, JvpKind::kNone, 0, nullptr, nullptr, "it has no operand, and gives the same for each example"},
    {OpId::kMomentumUpdate, "momentum_update", 4, false, 2, false, false, false, {0, 2, -1}, sizeof(MomentumUpdateAttrs), GradientKind::kRule, nullptr, 10, 0, kMomentumUpdateInputs, kMomentumUpdateAttrs, 2, rules::infer_momentum_update, kernels::momentum_update, rules::vjp_momentum_update, JvpKind::kRule, 0, rules::jvp_momentum_update, rules::batch_momentum_update, nullptr},
    {OpId::kAdamUpdate, "adam_update", 7, false, 3, false, false, false, {0, 2, 3}, sizeof(AdamUpdateAttrs), GradientKind::kRule, nullptr, 115, 6, kAdamUpdateInputs, kAdamUpdateAttrs, 2, rules::infer_adam_update, kernels::adam_update, rules::vjp_adam_update, JvpKind::kTranspose, 0, nullptr, rules::batch_adam_update, nullptr},
    {OpId::kSgdUpdate, "sgd_update", 3, false, 1, false, false, false, {0, -1, -1}, 0, GradientKind::kRule, nullptr, 6, 0, kSgdUpdateInputs, nullptr, 0, rules::infer_sgd_update, kernels::sgd_update, rules::vjp_sgd_update, JvpKind::kRule, 0, rules::jvp_sgd_update, rules::batch_sgd_update, nullptr},
};

constexpr int16_t kIndex[] = {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, -1, -1, -1, -1, 29, 30, 31, 32, 33, 34, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, -1, -1, -1, -1, -1, -1, -1, -1, -1, 46, -1, 47, 48, 49, 50, 51, 52, 53, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 54, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 55, 56, 57, -1, -1, 58, -1, 59, 60, -1, 61, 62, -1, -1, -1, -1, -1, -1, -1, -1, 63, 64, 65, 66, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 67, 68, -1, 69, 70, 71, 72, 73, -1, -1, 74, 75, -1, -1, -1, -1, -1, -1, -1, -1, 76, 77, 78, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 79, 80, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 81, 82, 83};

}  // namespace

const OpSchema& schema_of(OpId id) { return kSchemas[kIndex[static_cast<int>(id)]]; }
Span<const OpSchema> all_schemas() { return kSchemas; }

}  // namespace tl
