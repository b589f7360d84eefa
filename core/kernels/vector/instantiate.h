// Fills the table of one instruction set with the kernels: the only symbol that its object exports.
#pragma once

#include "core/kernels/vector/optimizers.h"
#include "core/kernels/vector/peak.h"
#include "core/kernels/vector/random.h"
#include "core/kernels/vector/rows.h"
#include "core/kernels/vector/table.h"
#include "core/kernels/vector/transpose.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

template <class V>
constexpr UnaryKernels<typename V::T> unary_kernels() {
  UnaryKernels<typename V::T> t{};
  t.neg = unary<V, Neg>;
  t.abs = unary<V, Abs>;
  t.sign = unary<V, Sign>;
  t.square = unary<V, Square>;
  t.sqrt = unary<V, Sqrt>;
  t.rsqrt = unary<V, Rsqrt>;
  t.reciprocal = unary<V, Reciprocal>;
  t.floor = unary<V, Floor>;
  t.relu = unary<V, Relu>;
  t.exp = unary<V, Exp>;
  t.expm1 = unary<V, Expm1>;
  t.log = unary<V, Log>;
  t.log1p = unary<V, Log1p>;
  t.tanh = unary<V, Tanh>;
  t.sigmoid = unary<V, Sigmoid>;
  t.softplus = unary<V, Softplus>;
  t.sin = unary<V, Sin>;
  t.cos = unary<V, Cos>;
  t.erf = unary<V, Erf>;
  t.erfc = unary<V, Erfc>;
  return t;
}

template <class V, class Op>
constexpr BinaryKernels<typename V::T> binary_kernels() {
  using B = Binary<V, Op>;
  return {B::vector_vector, B::vector_scalar, B::scalar_vector, B::matrix_row,
          B::row_matrix,    B::matrix_column, B::column_matrix};
}
template <class V, class Op>
constexpr CompareKernels<typename V::T> compare_kernels() {
  using C = Compare<V, Op>;
  return {C::vector_vector, C::vector_scalar, C::scalar_vector};
}

template <class V>
constexpr ArithmeticKernels<typename V::T> arithmetic_kernels() {
  ArithmeticKernels<typename V::T> t{};
  t.add = binary_kernels<V, Add>();
  t.sub = binary_kernels<V, Sub>();
  t.mul = binary_kernels<V, Mul>();
  t.div = binary_kernels<V, Div>();
  t.pow = binary_kernels<V, Pow>();
  t.strong_zero_mul = binary_kernels<V, StrongZeroMul>();
  t.strong_zero_div = binary_kernels<V, StrongZeroDiv>();
  t.maximum = binary_kernels<V, Maximum>();
  t.minimum = binary_kernels<V, Minimum>();
  t.equal = compare_kernels<V, Equal>();
  t.not_equal = compare_kernels<V, NotEqual>();
  t.less = compare_kernels<V, Less>();
  t.less_equal = compare_kernels<V, LessEqual>();
  t.greater = compare_kernels<V, Greater>();
  t.greater_equal = compare_kernels<V, GreaterEqual>();
  t.select = {Select<V>::vector_vector, Select<V>::vector_scalar, Select<V>::scalar_vector,
              Select<V>::scalar_scalar};
  t.relu_grad = Binary<V, ReluGrad>::vector_vector;
  t.tanh_grad = Binary<V, TanhGrad>::vector_vector;
  t.sigmoid_grad = Binary<V, SigmoidGrad>::vector_vector;
  t.sigmoid_cross_entropy = Binary<V, SigmoidCrossEntropy>::vector_vector;
  t.clip = clip<V>;
  t.accumulate = accumulate<V>;
  t.axpy = axpy<V>;
  t.axpby = axpby<V>;
  return t;
}

template <class V>
constexpr ReductionKernels<typename V::T> reduction_kernels() {
  ReductionKernels<typename V::T> t{};
  t.sum = reduce_elements<V, SumOf>;
  t.product = reduce_elements<V, ProductOf>;
  t.maximum = reduce_elements<V, MaximumOf>;
  t.minimum = reduce_elements<V, MinimumOf>;
  t.sum_squares = sum_squares<V>;
  t.dot = dot<V>;
  t.combine_sum = combine_partials<V, SumOf>;
  t.combine_product = combine_partials<V, ProductOf>;
  t.combine_maximum = combine_partials<V, MaximumOf>;
  t.combine_minimum = combine_partials<V, MinimumOf>;
  t.sum_columns = reduce_columns<V, SumOf>;
  t.product_columns = reduce_columns<V, ProductOf>;
  t.maximum_columns = reduce_columns<V, MaximumOf>;
  t.minimum_columns = reduce_columns<V, MinimumOf>;
  t.sum_more_rows = more_rows<V, SumOf>;
  t.product_more_rows = more_rows<V, ProductOf>;
  t.maximum_more_rows = more_rows<V, MaximumOf>;
  t.minimum_more_rows = more_rows<V, MinimumOf>;
  t.argmax = arg_extreme<V, MaximumOf>;
  t.argmin = arg_extreme<V, MinimumOf>;
  return t;
}

template <class V, class UniformTile, class NormalTile>
constexpr FloatTable<typename V::T> float_kernels() {
  return {unary_kernels<V>(),
          arithmetic_kernels<V>(),
          reduction_kernels<V>(),
          {softmax<V>, log_softmax<V>, logsumexp<V>, cross_entropy<V, int32_t>, cross_entropy<V, int64_t>},
          {sgd<V>, momentum_keras<V>, momentum_torch<V>, adam<V>},
          {fill<UniformTile>, fill<NormalTile>, dropout<V>},
          transpose<V>};
}

}  // namespace

extern const VectorTable table;
const VectorTable table = {TL_VECTOR_ISA,
                           float_kernels<F32, UniformTileF32, NormalTileF32>(),
                           float_kernels<F64, UniformTileF64, NormalTileF64>(),
                           fill<WordTile>,
                           keep_mask,
                           multiply_adds<F32>};

}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
