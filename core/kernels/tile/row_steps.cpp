// Steps on whole rows: softmax and its relatives, what looks at labels, norms.
#include <algorithm>

#include "core/kernels/inverse_rms.h"
#include "core/kernels/label_check.h"
#include "core/kernels/tile/steps.h"
#include "core/ops/generated/attrs.h"

namespace tl::kernels {
namespace {

template <class T>
const T* operand(const Step& s, const Tile& t, int i) {
  return static_cast<const T*>(t.at[s.in[i]]);
}
template <class T>
T* result(const Step& s, const Tile& t) {
  return static_cast<T*>(t.at[s.out]);
}
// A single row before the tiles, or those of a tile.
size_t rows_of(const Step& s, const Tile& t, int rows_operand) {
  return s.in_kind[rows_operand] == kMatrixKind ? t.rows : 1;
}

template <class T>
using RowsFn = void (*)(const T*, T*, size_t, size_t);
template <class T, RowsFn<T> RowKernels<T>::*kFn>
void run_rows_fn(const Step& s, const Tile& t) {
  (static_cast<const RowKernels<T>*>(s.kernels)->*kFn)(operand<T>(s, t, 0), result<T>(s, t), rows_of(s, t, 0),
                                                       t.cols);
}

template <class T>
void run_inverse_rms(const Step& s, const Tile& t) {
  const auto& k = *static_cast<const ReductionKernels<T>*>(s.kernels);
  const T* x = operand<T>(s, t, 0);
  T* y = result<T>(s, t);
  const size_t rows = rows_of(s, t, 0);
  for (size_t r = 0; r < rows; r++) y[r] = inverse_rms_of(k, x + r * t.cols, t.cols, s.number[0].f64);
}

template <class T>
void run_arg(const Step& s, const Tile& t) {
  const auto best = *static_cast<decltype(ReductionKernels<T>::argmax) const*>(s.kernels);
  const T* x = operand<T>(s, t, 0);
  int64_t* y = result<int64_t>(s, t);
  const size_t rows = rows_of(s, t, 0);
  for (size_t r = 0; r < rows; r++) y[r] = static_cast<int64_t>(best(x + r * t.cols, t.cols));
}

template <class T, class Label>
using CrossEntropyFn = void (*)(const T*, const Label*, T*, T*, size_t, size_t);
template <class T, class Label, CrossEntropyFn<T, Label> RowKernels<T>::*kFn>
void run_cross_entropy(const Step& s, const Tile& t) {
  (static_cast<const RowKernels<T>*>(s.kernels)->*kFn)(
      operand<T>(s, t, 1), operand<Label>(s, t, 0), result<T>(s, t),
      s.number[0].both ? static_cast<T*>(t.at[s.in[2]]) : nullptr, rows_of(s, t, 1), t.cols);
}

template <class T, class Label>
void run_correct_class(const Step& s, const Tile& t) {
  const auto& k = *static_cast<const ReductionKernels<T>*>(s.kernels);
  const Label* labels = operand<Label>(s, t, 0);
  const T* x = operand<T>(s, t, 1);
  uint8_t* y = result<uint8_t>(s, t);
  const size_t rows = rows_of(s, t, 1);
  for (size_t r = 0; r < rows; r++) y[r] = is_correct_class(k.argmax, x + r * t.cols, t.cols, labels[r]);
}

// The rows are those of the result.
template <class T, class Label>
void run_one_hot(const Step& s, const Tile& t) {
  const Label* labels = operand<Label>(s, t, 0);
  T* y = result<T>(s, t);
  const size_t rows = s.kind == kMatrixKind ? t.rows : 1;
  std::fill_n(y, rows * t.cols, T{0});
  for (size_t r = 0; r < rows; r++)
    if (labels[r] >= 0 && static_cast<uint64_t>(labels[r]) < t.cols)
      y[r * t.cols + static_cast<size_t>(labels[r])] = T{1};
}

template <class T, class Label>
void choose(const FloatTable<T>& table, OpId op, const void* attrs, Step& s) {
  using K = RowKernels<T>;
  s.kernels = &table.row;
  switch (op) {
    case OpId::kSoftmax: s.run = run_rows_fn<T, &K::softmax>; break;
    case OpId::kLogSoftmax: s.run = run_rows_fn<T, &K::log_softmax>; break;
    case OpId::kLogsumexp: s.run = run_rows_fn<T, &K::logsumexp>; break;
    case OpId::kInverseRms:
      s.kernels = &table.reduction;
      s.number[0].f64 = static_cast<const InverseRmsAttrs*>(attrs)->epsilon;
      s.run = run_inverse_rms<T>;
      break;
    case OpId::kArgmax:
    case OpId::kArgmin:
      s.kernels = op == OpId::kArgmax ? &table.reduction.argmax : &table.reduction.argmin;
      s.run = run_arg<T>;
      break;
    case OpId::kSparseSoftmaxCrossEntropy:
      if constexpr (sizeof(Label) == 4)
        s.run = run_cross_entropy<T, Label, &K::cross_entropy_i32>;
      else
        s.run = run_cross_entropy<T, Label, &K::cross_entropy_i64>;
      break;
    case OpId::kCorrectClass:
      s.kernels = &table.reduction;
      s.run = run_correct_class<T, Label>;
      break;
    case OpId::kOneHot: s.run = run_one_hot<T, Label>; break;
    default: break;
  }
}

}  // namespace

Step make_row_step(const VectorTable& table, OpId op, DType dtype, DType label, TileKind rows,
                   const void* attrs) {
  Step s;
  const TileKind one_each = rows == kMatrixKind ? kColumnKind : kScalarKind;
  const bool whole = op == OpId::kSoftmax || op == OpId::kLogSoftmax || op == OpId::kOneHot;
  const bool labelled =
      op == OpId::kSparseSoftmaxCrossEntropy || op == OpId::kCorrectClass || op == OpId::kOneHot;
  s.kind = whole ? rows : one_each;
  s.in_kind[0] = labelled ? one_each : rows;
  s.in_kind[1] = rows;
  const bool wide = label == DType::kI64;
  if (dtype == DType::kF32)
    wide ? choose<float, int64_t>(table.f32, op, attrs, s) : choose<float, int32_t>(table.f32, op, attrs, s);
  else if (dtype == DType::kF64)
    wide ? choose<double, int64_t>(table.f64, op, attrs, s)
         : choose<double, int32_t>(table.f64, op, attrs, s);
  return s;
}

}  // namespace tl::kernels
