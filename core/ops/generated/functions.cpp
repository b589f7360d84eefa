// Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit.
#include "core/ops/generated/functions.h"

#include <vector>

// clang-format off

namespace tl {

Tensor add(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[add] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kAdd, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor sub(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[sub] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSub, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor mul(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[mul] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kMul, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor div(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[div] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kDiv, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor pow(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[pow] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kPow, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[maximum] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kMaximum, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[minimum] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kMinimum, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor add_scalar(const Tensor& x, double value) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[add_scalar] 'x' must be a tensor: got null; was it set?");
  AddScalarAttrs attrs{value};
  Tensor made;
  apply(OpId::kAddScalar, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor mul_scalar(const Tensor& x, double value) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[mul_scalar] 'x' must be a tensor: got null; was it set?");
  MulScalarAttrs attrs{value};
  Tensor made;
  apply(OpId::kMulScalar, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor neg(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[neg] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kNeg, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor exp(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[exp] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kExp, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor log(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[log] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kLog, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor log1p(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[log1p] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kLog1p, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor expm1(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[expm1] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kExpm1, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor sqrt(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[sqrt] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSqrt, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor rsqrt(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[rsqrt] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kRsqrt, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor square(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[square] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSquare, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor abs(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[abs] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kAbs, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor sign(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[sign] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSign, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor tanh(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[tanh] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kTanh, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor sigmoid(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[sigmoid] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSigmoid, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor softplus(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[softplus] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSoftplus, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor relu(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[relu] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kRelu, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor sin(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[sin] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSin, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor cos(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[cos] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kCos, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor erf(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[erf] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kErf, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor reciprocal(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[reciprocal] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kReciprocal, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor floor(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[floor] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kFloor, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor clip(const Tensor& x, double low, double high) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[clip] 'x' must be a tensor: got null; was it set?");
  ClipAttrs attrs{low, high};
  Tensor made;
  apply(OpId::kClip, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor relu_grad(const Tensor& grad, const Tensor& out) {
  const Tensor* in[] = {&grad, &out};
  if (!grad) invalid("[relu_grad] 'grad' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kReluGrad, grad.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor tanh_grad(const Tensor& grad, const Tensor& out) {
  const Tensor* in[] = {&grad, &out};
  if (!grad) invalid("[tanh_grad] 'grad' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kTanhGrad, grad.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor sigmoid_grad(const Tensor& grad, const Tensor& out) {
  const Tensor* in[] = {&grad, &out};
  if (!grad) invalid("[sigmoid_grad] 'grad' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSigmoidGrad, grad.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor strong_zero_mul(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[strong_zero_mul] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kStrongZeroMul, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor strong_zero_div(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[strong_zero_div] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kStrongZeroDiv, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor erfc(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[erfc] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kErfc, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor equal(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[equal] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kEqual, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor not_equal(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[not_equal] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kNotEqual, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor less(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[less] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kLess, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor less_equal(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[less_equal] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kLessEqual, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor greater(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[greater] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kGreater, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor greater_equal(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[greater_equal] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kGreaterEqual, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor logical_and(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[logical_and] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kLogicalAnd, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor logical_or(const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[logical_or] 'a' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kLogicalOr, a.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor logical_not(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[logical_not] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kLogicalNot, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor select(const Tensor& condition, const Tensor& a, const Tensor& b) {
  const Tensor* in[] = {&condition, &a, &b};
  if (!condition) invalid("[select] 'condition' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSelect, condition.context(), Inputs(in, 3), nullptr, &made);
  return made;
}

Tensor cast(const Tensor& x, DType dtype) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[cast] 'x' must be a tensor: got null; was it set?");
  CastAttrs attrs{dtype};
  Tensor made;
  apply(OpId::kCast, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor sum(const Tensor& x, const IntList& axes, bool keepdims) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[sum] 'x' must be a tensor: got null; was it set?");
  SumAttrs attrs{axes, keepdims};
  Tensor made;
  apply(OpId::kSum, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor max(const Tensor& x, const IntList& axes, bool keepdims) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[max] 'x' must be a tensor: got null; was it set?");
  MaxAttrs attrs{axes, keepdims};
  Tensor made;
  apply(OpId::kMax, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor min(const Tensor& x, const IntList& axes, bool keepdims) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[min] 'x' must be a tensor: got null; was it set?");
  MinAttrs attrs{axes, keepdims};
  Tensor made;
  apply(OpId::kMin, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor prod(const Tensor& x, const IntList& axes, bool keepdims) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[prod] 'x' must be a tensor: got null; was it set?");
  ProdAttrs attrs{axes, keepdims};
  Tensor made;
  apply(OpId::kProd, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor argmax(const Tensor& x, const IntList& axes, bool keepdims) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[argmax] 'x' must be a tensor: got null; was it set?");
  ArgmaxAttrs attrs{axes, keepdims};
  Tensor made;
  apply(OpId::kArgmax, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor argmin(const Tensor& x, const IntList& axes, bool keepdims) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[argmin] 'x' must be a tensor: got null; was it set?");
  ArgminAttrs attrs{axes, keepdims};
  Tensor made;
  apply(OpId::kArgmin, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor cumsum(const Tensor& x, int64_t axis, bool exclusive, bool reverse) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[cumsum] 'x' must be a tensor: got null; was it set?");
  CumsumAttrs attrs{axis, exclusive, reverse};
  Tensor made;
  apply(OpId::kCumsum, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor logsumexp(const Tensor& x, const IntList& axes, bool keepdims) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[logsumexp] 'x' must be a tensor: got null; was it set?");
  LogsumexpAttrs attrs{axes, keepdims};
  Tensor made;
  apply(OpId::kLogsumexp, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  const Tensor* in[] = {&a, &b};
  if (!a) invalid("[matmul] 'a' must be a tensor: got null; was it set?");
  MatmulAttrs attrs{transpose_a, transpose_b};
  Tensor made;
  apply(OpId::kMatmul, a.context(), Inputs(in, 2), &attrs, &made);
  return made;
}

Tensor reshape(const Tensor& x, const IntList& shape) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[reshape] 'x' must be a tensor: got null; was it set?");
  ReshapeAttrs attrs{shape};
  Tensor made;
  apply(OpId::kReshape, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor transpose(const Tensor& x, const IntList& permutation) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[transpose] 'x' must be a tensor: got null; was it set?");
  TransposeAttrs attrs{permutation};
  Tensor made;
  apply(OpId::kTranspose, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor broadcast_to(const Tensor& x, const IntList& shape) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[broadcast_to] 'x' must be a tensor: got null; was it set?");
  BroadcastToAttrs attrs{shape};
  Tensor made;
  apply(OpId::kBroadcastTo, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor concat(Span<const Tensor> values, int64_t axis) {
  if (values.empty()) invalid("[concat] it takes at least 1 tensor: got 0; check the list of operands");
  std::vector<const Tensor*> in{};
  for (const Tensor& t : values) in.push_back(&t);
  if (!values[0]) invalid("[concat] 'values' must be a tensor: got null; was it set?");
  ConcatAttrs attrs{axis};
  Tensor made;
  apply(OpId::kConcat, values[0].context(), Inputs(in.data(), in.size()), &attrs, &made);
  return made;
}

Tensor slice(const Tensor& x, const IntList& begin, const IntList& end, const IntList& strides) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[slice] 'x' must be a tensor: got null; was it set?");
  SliceAttrs attrs{begin, end, strides};
  Tensor made;
  apply(OpId::kSlice, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor pad(const Tensor& x, const IntList& low, const IntList& high, const IntList& interior, double value) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[pad] 'x' must be a tensor: got null; was it set?");
  PadAttrs attrs{low, high, interior, value};
  Tensor made;
  apply(OpId::kPad, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor identity(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[identity] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kIdentity, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor stop_gradient(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[stop_gradient] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kStopGradient, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor gather(const Tensor& x, const Tensor& indices, int64_t axis) {
  const Tensor* in[] = {&x, &indices};
  if (!x) invalid("[gather] 'x' must be a tensor: got null; was it set?");
  GatherAttrs attrs{axis};
  Tensor made;
  apply(OpId::kGather, x.context(), Inputs(in, 2), &attrs, &made);
  return made;
}

Tensor scatter_add(const Tensor& indices, const Tensor& updates, int64_t size, int64_t axis) {
  const Tensor* in[] = {&indices, &updates};
  if (!indices) invalid("[scatter_add] 'indices' must be a tensor: got null; was it set?");
  ScatterAddAttrs attrs{size, axis};
  Tensor made;
  apply(OpId::kScatterAdd, indices.context(), Inputs(in, 2), &attrs, &made);
  return made;
}

Tensor one_hot(const Tensor& indices, int64_t depth, DType dtype) {
  const Tensor* in[] = {&indices};
  if (!indices) invalid("[one_hot] 'indices' must be a tensor: got null; was it set?");
  OneHotAttrs attrs{depth, dtype};
  Tensor made;
  apply(OpId::kOneHot, indices.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor set_rows(const Tensor& x, const Tensor& indices, const Tensor& rows) {
  const Tensor* in[] = {&x, &indices, &rows};
  if (!x) invalid("[set_rows] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSetRows, x.context(), Inputs(in, 3), nullptr, &made);
  return made;
}

Tensor softmax(const Tensor& x, int64_t axis) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[softmax] 'x' must be a tensor: got null; was it set?");
  SoftmaxAttrs attrs{axis};
  Tensor made;
  apply(OpId::kSoftmax, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor log_softmax(const Tensor& x, int64_t axis) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[log_softmax] 'x' must be a tensor: got null; was it set?");
  LogSoftmaxAttrs attrs{axis};
  Tensor made;
  apply(OpId::kLogSoftmax, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor sparse_softmax_cross_entropy(const Tensor& labels, const Tensor& logits) {
  const Tensor* in[] = {&labels, &logits};
  if (!labels) invalid("[sparse_softmax_cross_entropy] 'labels' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSparseSoftmaxCrossEntropy, labels.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor sigmoid_cross_entropy(const Tensor& labels, const Tensor& logits) {
  const Tensor* in[] = {&labels, &logits};
  if (!labels) invalid("[sigmoid_cross_entropy] 'labels' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSigmoidCrossEntropy, labels.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor correct_class(const Tensor& labels, const Tensor& predictions) {
  const Tensor* in[] = {&labels, &predictions};
  if (!labels) invalid("[correct_class] 'labels' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kCorrectClass, labels.context(), Inputs(in, 2), nullptr, &made);
  return made;
}

Tensor correct_side(const Tensor& labels, const Tensor& predictions, double threshold) {
  const Tensor* in[] = {&labels, &predictions};
  if (!labels) invalid("[correct_side] 'labels' must be a tensor: got null; was it set?");
  CorrectSideAttrs attrs{threshold};
  Tensor made;
  apply(OpId::kCorrectSide, labels.context(), Inputs(in, 2), &attrs, &made);
  return made;
}

Tensor check_range(const Tensor& x, double low, double high, bool nan) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[check_range] 'x' must be a tensor: got null; was it set?");
  CheckRangeAttrs attrs{low, high, nan};
  Tensor made;
  apply(OpId::kCheckRange, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor inverse_rms(const Tensor& x, double epsilon) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[inverse_rms] 'x' must be a tensor: got null; was it set?");
  InverseRmsAttrs attrs{epsilon};
  Tensor made;
  apply(OpId::kInverseRms, x.context(), Inputs(in, 1), &attrs, &made);
  return made;
}

Tensor check_finite(const Tensor& x) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[check_finite] 'x' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kCheckFinite, x.context(), Inputs(in, 1), nullptr, &made);
  return made;
}

Tensor uniform(Context& context, const IntList& shape, double low, double high, DType dtype) {
  UniformAttrs attrs{shape, low, high, dtype, context.random().seed, context.random().next_call};
  Tensor made;
  apply(OpId::kUniform, context, Inputs(), &attrs, &made);
  context.random().next_call++;
  return made;
}

Tensor normal(Context& context, const IntList& shape, double mean, double stddev, DType dtype) {
  NormalAttrs attrs{shape, mean, stddev, dtype, context.random().seed, context.random().next_call};
  Tensor made;
  apply(OpId::kNormal, context, Inputs(), &attrs, &made);
  context.random().next_call++;
  return made;
}

Tensor dropout(const Tensor& x, double rate) {
  const Tensor* in[] = {&x};
  if (!x) invalid("[dropout] 'x' must be a tensor: got null; was it set?");
  DropoutAttrs attrs{rate, x.context().random().seed, x.context().random().next_call};
  Tensor made;
  apply(OpId::kDropout, x.context(), Inputs(in, 1), &attrs, &made);
  x.context().random().next_call++;
  return made;
}

Tensor full(Context& context, const IntList& shape, double value, DType dtype) {
  FullAttrs attrs{shape, value, dtype};
  Tensor made;
  apply(OpId::kFull, context, Inputs(), &attrs, &made);
  return made;
}

Tensor range(Context& context, int64_t count, double start, double step, DType dtype) {
  RangeAttrs attrs{count, start, step, dtype};
  Tensor made;
  apply(OpId::kRange, context, Inputs(), &attrs, &made);
  return made;
}

std::array<Tensor, 2> momentum_update(const Tensor& w, const Tensor& g, const Tensor& m, const Tensor& rate, double momentum, bool nesterov) {
  const Tensor* in[] = {&w, &g, &m, &rate};
  if (!w) invalid("[momentum_update] 'w' must be a tensor: got null; was it set?");
  MomentumUpdateAttrs attrs{momentum, nesterov};
  std::array<Tensor, 2> made;
  apply(OpId::kMomentumUpdate, w.context(), Inputs(in, 4), &attrs, made.data());
  return made;
}

std::array<Tensor, 3> adam_update(const Tensor& w, const Tensor& g, const Tensor& m, const Tensor& v, const Tensor& rate, const Tensor& decay, const Tensor& epsilon, double beta1, double beta2) {
  const Tensor* in[] = {&w, &g, &m, &v, &rate, &decay, &epsilon};
  if (!w) invalid("[adam_update] 'w' must be a tensor: got null; was it set?");
  AdamUpdateAttrs attrs{beta1, beta2};
  std::array<Tensor, 3> made;
  apply(OpId::kAdamUpdate, w.context(), Inputs(in, 7), &attrs, made.data());
  return made;
}

Tensor sgd_update(const Tensor& w, const Tensor& g, const Tensor& rate) {
  const Tensor* in[] = {&w, &g, &rate};
  if (!w) invalid("[sgd_update] 'w' must be a tensor: got null; was it set?");
  Tensor made;
  apply(OpId::kSgdUpdate, w.context(), Inputs(in, 3), nullptr, &made);
  return made;
}

}  // namespace tl
