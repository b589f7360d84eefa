// The loops of the element-wise kernels: one operation on lanes each, applied to arrays, scalars, rows and columns.
#pragma once

#include "core/kernels/vector/erfc.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

// Unary operations: a type each, so that a loop is instantiated with it.
#define TL_UNARY(Name, expression) \
  struct Name {                    \
    template <class V>             \
    static TL_LANE V apply(V x) {  \
      return expression;           \
    }                              \
  };
TL_UNARY(Neg, float_of(bits_of(x) ^ bits_of(V(-0.0f))))
TL_UNARY(Abs, absolute(x))
TL_UNARY(Sign, select(V(0) < x, V(1), select(x < V(0), V(-1), x)))
TL_UNARY(Square, x* x)
TL_UNARY(Sqrt, sqrt(x))
TL_UNARY(Rsqrt, V(1) / sqrt(x))
TL_UNARY(Reciprocal, V(1) / x)
TL_UNARY(Floor, floor(x))
TL_UNARY(Relu, max_second(V(0), x))  // the second operand where x is NaN, and where it is -0
TL_UNARY(Exp, exp(x))
TL_UNARY(Expm1, expm1(x))
TL_UNARY(Log, log(x))
TL_UNARY(Log1p, log1p(x))
TL_UNARY(Tanh, tanh(x))
TL_UNARY(Sigmoid, sigmoid(x))
TL_UNARY(Softplus, softplus(x))
TL_UNARY(Sin, sin(x))
TL_UNARY(Cos, cos(x))
TL_UNARY(Erf, erf(x))
TL_UNARY(Erfc, erfc(x))
#undef TL_UNARY

// NaN where either is: the instructions give the second operand if one is NaN, which is right unless a is the NaN.
template <class V>
TL_LANE V maximum(V a, V b) {
  return select(a == a, max_second(a, b), a);
}
template <class V>
TL_LANE V minimum(V a, V b) {
  return select(a == a, min_second(a, b), a);
}

// 0 where either is, also beside infinity and NaN.
template <class V>
TL_LANE V strong_zero_mul(V a, V b) {
  return select((a != V(0)) & (b != V(0)), a * b, V(0));
}

#define TL_BINARY(Name, expression)       \
  struct Name {                           \
    template <class V>                    \
    static TL_LANE auto apply(V a, V b) { \
      return expression;                  \
    }                                     \
  };
TL_BINARY(Add, a + b)
TL_BINARY(Sub, a - b)
TL_BINARY(Mul, a* b)
TL_BINARY(Div, a / b)
TL_BINARY(Pow, pow(a, b))
TL_BINARY(StrongZeroMul, strong_zero_mul(a, b))
TL_BINARY(StrongZeroDiv, select(a != V(0), a / b, V(0)))
TL_BINARY(Maximum, maximum(a, b))
TL_BINARY(Minimum, minimum(a, b))
TL_BINARY(Equal, a == b)
TL_BINARY(NotEqual, a != b)
TL_BINARY(Less, a < b)
TL_BINARY(LessEqual, a <= b)
TL_BINARY(Greater, b < a)
TL_BINARY(GreaterEqual, b <= a)
// a is the gradient of the result, b the result.
TL_BINARY(ReluGrad, select(b <= V(0), V(0), a))
TL_BINARY(TanhGrad, strong_zero_mul(a, V(1) - b * b))
TL_BINARY(SigmoidGrad, select((a != V(0)) & (b != V(0)) & (b != V(1)), a* b*(V(1) - b), V(0)))
// a is the target, b the logit.
TL_BINARY(SigmoidCrossEntropy, max_second(V(0), b) - b * a + log_one_plus_exp(V(0) - absolute(b)))
#undef TL_BINARY

template <class V, class Op>
void unary(const typename V::T* x, typename V::T* y, size_t n) {
  size_t i = 0;
  for (; i + V::N <= n; i += V::N) Op::apply(V::load(x + i)).store(y + i);
  if (i < n) Op::apply(V::load_n(x + i, n - i)).store_n(y + i, n - i);
}

// An operand of a binary loop: an array, or a scalar that is broadcast once.
template <class V>
struct ArrayOperand {
  const typename V::T* p;
  TL_LANE V at(size_t i) const { return V::load(p + i); }
  TL_LANE V at(size_t i, size_t n) const { return V::load_n(p + i, n); }
};
template <class V>
struct ScalarOperand {
  V value;
  TL_LANE V at(size_t) const { return value; }
  TL_LANE V at(size_t, size_t) const { return value; }
};

template <class V, class Op, class A, class B>
TL_LANE void binary_loop(A a, B b, typename V::T* y, size_t n) {
  size_t i = 0;
  for (; i + V::N <= n; i += V::N) Op::apply(a.at(i), b.at(i)).store(y + i);
  if (i < n) Op::apply(a.at(i, n - i), b.at(i, n - i)).store_n(y + i, n - i);
}
template <class V, class Op>
struct Binary {
  using T = typename V::T;
  using Array = ArrayOperand<V>;
  using Scalar = ScalarOperand<V>;
  static void vector_vector(const T* a, const T* b, T* y, size_t n) {
    binary_loop<V, Op>(Array{a}, Array{b}, y, n);
  }
  static void vector_scalar(const T* a, T b, T* y, size_t n) {
    binary_loop<V, Op>(Array{a}, Scalar{V(b)}, y, n);
  }
  static void scalar_vector(T a, const T* b, T* y, size_t n) {
    binary_loop<V, Op>(Scalar{V(a)}, Array{b}, y, n);
  }
  // A row that fits in one register is loaded once for all rows of the matrix.
  static void matrix_row(const T* a, const T* row, T* y, size_t rows, size_t cols) {
    if (cols <= V::N) {
      const V b = V::load_n(row, cols);
      for (size_t r = 0; r < rows; ++r)
        Op::apply(V::load_n(a + r * cols, cols), b).store_n(y + r * cols, cols);
      return;
    }
    for (size_t r = 0; r < rows; ++r) binary_loop<V, Op>(Array{a + r * cols}, Array{row}, y + r * cols, cols);
  }
  static void row_matrix(const T* row, const T* b, T* y, size_t rows, size_t cols) {
    if (cols <= V::N) {
      const V a = V::load_n(row, cols);
      for (size_t r = 0; r < rows; ++r)
        Op::apply(a, V::load_n(b + r * cols, cols)).store_n(y + r * cols, cols);
      return;
    }
    for (size_t r = 0; r < rows; ++r) binary_loop<V, Op>(Array{row}, Array{b + r * cols}, y + r * cols, cols);
  }
  static void matrix_column(const T* a, const T* column, T* y, size_t rows, size_t cols) {
    for (size_t r = 0; r < rows; ++r) {
      binary_loop<V, Op>(Array{a + r * cols}, Scalar{V(column[r])}, y + r * cols, cols);
    }
  }
  static void column_matrix(const T* column, const T* b, T* y, size_t rows, size_t cols) {
    for (size_t r = 0; r < rows; ++r) {
      binary_loop<V, Op>(Scalar{V(column[r])}, Array{b + r * cols}, y + r * cols, cols);
    }
  }
};

template <class V, class Op, class A, class B>
TL_LANE void compare_loop(A a, B b, uint8_t* y, size_t n) {
  size_t i = 0;
  for (; i + V::N <= n; i += V::N) store_bytes(Op::apply(a.at(i), b.at(i)), y + i);
  if (i < n) store_bytes_n(Op::apply(a.at(i, n - i), b.at(i, n - i)), y + i, n - i);
}
template <class V, class Op>
struct Compare {
  using T = typename V::T;
  using Array = ArrayOperand<V>;
  using Scalar = ScalarOperand<V>;
  static void vector_vector(const T* a, const T* b, uint8_t* y, size_t n) {
    compare_loop<V, Op>(Array{a}, Array{b}, y, n);
  }
  static void vector_scalar(const T* a, T b, uint8_t* y, size_t n) {
    compare_loop<V, Op>(Array{a}, Scalar{V(b)}, y, n);
  }
  static void scalar_vector(T a, const T* b, uint8_t* y, size_t n) {
    compare_loop<V, Op>(Scalar{V(a)}, Array{b}, y, n);
  }
};

template <class V, class A, class B>
TL_LANE void select_loop(const uint8_t* condition, A a, B b, typename V::T* y, size_t n) {
  size_t i = 0;
  typename V::Mask mask;
  for (; i + V::N <= n; i += V::N) {
    load_bytes(condition + i, mask);
    select(mask, a.at(i), b.at(i)).store(y + i);
  }
  if (i < n) {
    load_bytes_n(condition + i, n - i, mask);
    select(mask, a.at(i, n - i), b.at(i, n - i)).store_n(y + i, n - i);
  }
}
template <class V>
struct Select {
  using T = typename V::T;
  using Array = ArrayOperand<V>;
  using Scalar = ScalarOperand<V>;
  static void vector_vector(const uint8_t* condition, const T* a, const T* b, T* y, size_t n) {
    select_loop<V>(condition, Array{a}, Array{b}, y, n);
  }
  static void vector_scalar(const uint8_t* condition, const T* a, T b, T* y, size_t n) {
    select_loop<V>(condition, Array{a}, Scalar{V(b)}, y, n);
  }
  static void scalar_vector(const uint8_t* condition, T a, const T* b, T* y, size_t n) {
    select_loop<V>(condition, Scalar{V(a)}, Array{b}, y, n);
  }
  static void scalar_scalar(const uint8_t* condition, T a, T b, T* y, size_t n) {
    select_loop<V>(condition, Scalar{V(a)}, Scalar{V(b)}, y, n);
  }
};

// In this order NaN stays: the instructions give the second operand.
template <class V>
void clip(const typename V::T* x, typename V::T low, typename V::T high, typename V::T* y, size_t n) {
  const V bottom(low), top(high);
  size_t i = 0;
  for (; i + V::N <= n; i += V::N) min_second(top, max_second(bottom, V::load(x + i))).store(y + i);
  if (i < n) min_second(top, max_second(bottom, V::load_n(x + i, n - i))).store_n(y + i, n - i);
}

template <class V>
void accumulate(const typename V::T* x, typename V::T* y, size_t n) {
  binary_loop<V, Add>(ArrayOperand<V>{y}, ArrayOperand<V>{x}, y, n);
}
template <class V>
void axpy(typename V::T a, const typename V::T* x, typename V::T* y, size_t n) {
  const V factor(a);
  size_t i = 0;
  for (; i + V::N <= n; i += V::N) (V::load(y + i) + factor * V::load(x + i)).store(y + i);
  if (i < n) (V::load_n(y + i, n - i) + factor * V::load_n(x + i, n - i)).store_n(y + i, n - i);
}
template <class V>
void axpby(typename V::T a, const typename V::T* x, typename V::T b, typename V::T* y, size_t n) {
  const V fx(a), fy(b);
  size_t i = 0;
  for (; i + V::N <= n; i += V::N) (fx * V::load(x + i) + fy * V::load(y + i)).store(y + i);
  if (i < n) (fx * V::load_n(x + i, n - i) + fy * V::load_n(y + i, n - i)).store_n(y + i, n - i);
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
