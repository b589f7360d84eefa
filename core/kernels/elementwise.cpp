// Kernels of the element-wise ops: floating point by the vector table, integers by xtensor.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/broadcast.h"
#include "core/kernels/dtypes.h"
#include "core/kernels/integer_loops.h"
#include "core/kernels/integer_rows.h"
#include "core/kernels/parallel.h"
#include "core/kernels/vector/table.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

template <class T>
const UnaryKernels<T>& unary_table() {
  return float_table<T>(vector_table()).unary;
}
template <class T>
const ArithmeticKernels<T>& arithmetic_table() {
  return float_table<T>(vector_table()).arithmetic;
}

// ---- one operand --------------------------------------------------------------------------------

template <class T, class F>
void unary_loop(const KernelArgs& a, size_t grain, F f) {
  const T* x = a[0].data<T>();
  T* y = a.out[0].mutable_data<T>();
  parallel_ranges(a.context, static_cast<size_t>(a.out[0].elements()), grain,
                  [&](size_t begin, size_t end) { f(x + begin, y + begin, end - begin); });
}

// pick(table) names the vector kernel.
template <class Pick>
void unary_float(const KernelArgs& a, size_t grain, Pick pick) {
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    unary_loop<T>(a, grain, pick(unary_table<T>()));
  });
}

// integer(x) computes one element of any integer type.
template <class Pick, class Integer>
void unary_number(const KernelArgs& a, Pick pick, Integer integer) {
  if (is_floating(a[0].dtype())) return unary_float(a, kCheapGrain, pick);
  with_integer(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    unary_loop<T>(a, kCheapGrain, [&](const T* x, T* y, size_t n) { assign_each(y, n, integer, x); });
  });
}

// ---- two operands -------------------------------------------------------------------------------

template <class T>
void binary_matrix(const BinaryKernels<T>& k, const BroadcastMatrix<2>& m, const T* x, const T* z, T* y) {
  const size_t rows = static_cast<size_t>(m.rows), cols = static_cast<size_t>(m.cols);
  x += m.in[0];
  z += m.in[1];
  y += m.out;
  if (m.is_matrix(0) && m.is_row(1)) return k.matrix_row(x, z, y, rows, cols);
  if (m.is_row(0) && m.is_matrix(1)) return k.row_matrix(x, z, y, rows, cols);
  if (m.is_matrix(0) && m.is_column(1)) return k.matrix_column(x, z, y, rows, cols);
  if (m.is_column(0) && m.is_matrix(1)) return k.column_matrix(x, z, y, rows, cols);
  for (size_t r = 0; r < rows; r++, x += m.row_stride[0], z += m.row_stride[1], y += cols) {
    if (m.advances[0] && m.advances[1])
      k.vector_vector(x, z, y, cols);
    else if (m.advances[0])
      k.vector_scalar(x, *z, y, cols);
    else
      k.scalar_vector(*x, z, y, cols);
  }
}

template <class T>
void binary_loop(const KernelArgs& args, size_t grain, const BinaryKernels<T>& k) {
  const Tensor &a = args[0], &b = args[1];
  const Tensor& out = args.out[0];
  const T *x = a.data<T>(), *z = b.data<T>();
  T* y = out.mutable_data<T>();
  const size_t n = static_cast<size_t>(out.elements());
  Context& c = args.context;
  // The most frequent cases do not go through the merging of axes, which takes longer than ten elements do.
  if (n == 0) return;
  if (a.elements() == out.elements() && b.elements() == out.elements()) {
    parallel_ranges(c, n, grain,
                    [&](size_t i, size_t end) { k.vector_vector(x + i, z + i, y + i, end - i); });
  } else if (b.elements() == 1) {
    parallel_ranges(c, n, grain, [&](size_t i, size_t end) { k.vector_scalar(x + i, *z, y + i, end - i); });
  } else if (a.elements() == 1) {
    parallel_ranges(c, n, grain, [&](size_t i, size_t end) { k.scalar_vector(*x, z + i, y + i, end - i); });
  } else if (b.rank() == 1 && a.elements() == out.elements() && b.shape().back() == out.shape().back()) {
    // A bias. Its number of elements is not that of the output, so there is more than one row.
    const size_t cols = static_cast<size_t>(b.elements());
    parallel_ranges(c, n / cols, std::max<size_t>(1, grain / cols), [&](size_t r, size_t end) {
      k.matrix_row(x + r * cols, z, y + r * cols, end - r, cols);
    });
  } else {
    for_each_matrix<2>(c, grain, out.shape(), {&a.shape(), &b.shape()},
                       [&](const BroadcastMatrix<2>& m) { binary_matrix(k, m, x, z, y); });
  }
}

template <class Pick>
void binary_float(const KernelArgs& args, size_t grain, Pick pick) {
  with_float(args[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    binary_loop<T>(args, grain, pick(arithmetic_table<T>()));
  });
}

template <class Pick, class Integer>
void binary_number(const KernelArgs& args, Pick pick, Integer) {
  if (is_floating(args[0].dtype())) return binary_float(args, kCheapGrain, pick);
  with_integer(args[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_integer_rows<T, T>(args, integer_row<Integer, T, T>);
  });
}

// What the integer kernels of two operands compute of one element each.
struct Sum {
  template <class T>
  T operator()(T x, T y) const {
    return wrapped_add(x, y);
  }
};
struct Difference {
  template <class T>
  T operator()(T x, T y) const {
    return wrapped_sub(x, y);
  }
};
struct Product {
  template <class T>
  T operator()(T x, T y) const {
    return wrapped_mul(x, y);
  }
};
struct Larger {
  template <class T>
  T operator()(T x, T y) const {
    return x > y ? x : y;
  }
};
struct Smaller {
  template <class T>
  T operator()(T x, T y) const {
    return x < y ? x : y;
  }
};
struct PassWherePositive {
  template <class T>
  T operator()(T g, T y) const {
    return y > T{0} ? g : T{0};
  }
};

// x op value, with the number of the host language as the second operand.
template <class Pick, class Integer>
void scalar_number(const KernelArgs& a, double value, Pick pick, Integer integer) {
  if (is_floating(a[0].dtype())) {
    with_float(a[0].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const auto f = pick(arithmetic_table<T>()).vector_scalar;
      unary_loop<T>(a, kCheapGrain, [&](const T* x, T* y, size_t n) { f(x, static_cast<T>(value), y, n); });
    });
    return;
  }
  with_integer(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T right = static_cast<T>(value);
    unary_loop<T>(a, kCheapGrain, [&](const T* x, T* y, size_t n) {
      assign_each(
          y, n, [&](T left) { return integer(left, right); }, x);
    });
  });
}

// out = f(a, b) on equal shapes.
template <class Pick>
void pair_float(const KernelArgs& args, Pick pick) {
  with_float(args[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto f = pick(arithmetic_table<T>());
    const T *x = args[0].data<T>(), *z = args[1].data<T>();
    T* y = args.out[0].mutable_data<T>();
    parallel_ranges(args.context, static_cast<size_t>(args.out[0].elements()), kCheapGrain,
                    [&](size_t begin, size_t end) { f(x + begin, z + begin, y + begin, end - begin); });
  });
}

}  // namespace

#define TL_PICK(name) [](const auto& t) { return t.name; }

void neg(const KernelArgs& a) {
  unary_number(a, TL_PICK(neg), [](auto x) { return wrapped_sub(decltype(x){0}, x); });
}
void abs(const KernelArgs& a) {
  unary_number(a, TL_PICK(abs), [](auto x) {
    using T = decltype(x);
    return x < T{0} ? wrapped_sub(T{0}, x) : x;
  });
}
void sign(const KernelArgs& a) {
  unary_number(a, TL_PICK(sign), [](auto x) {
    using T = decltype(x);
    return static_cast<T>((x > T{0}) - (x < T{0}));
  });
}
void square(const KernelArgs& a) {
  unary_number(a, TL_PICK(square), [](auto x) { return wrapped_mul(x, x); });
}
void relu(const KernelArgs& a) {
  unary_number(a, TL_PICK(relu), [](auto x) { return x < decltype(x){0} ? decltype(x){0} : x; });
}
void sqrt(const KernelArgs& a) { unary_float(a, kCheapGrain, TL_PICK(sqrt)); }
void rsqrt(const KernelArgs& a) { unary_float(a, kCheapGrain, TL_PICK(rsqrt)); }
void reciprocal(const KernelArgs& a) { unary_float(a, kCheapGrain, TL_PICK(reciprocal)); }
void floor(const KernelArgs& a) { unary_float(a, kCheapGrain, TL_PICK(floor)); }
void exp(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(exp)); }
void expm1(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(expm1)); }
void log(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(log)); }
void log1p(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(log1p)); }
void tanh(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(tanh)); }
void sigmoid(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(sigmoid)); }
void softplus(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(softplus)); }
void sin(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(sin)); }
void cos(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(cos)); }
void erf(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(erf)); }
void erfc(const KernelArgs& a) { unary_float(a, kCostlyGrain, TL_PICK(erfc)); }

void add(const KernelArgs& a) { binary_number(a, TL_PICK(add), Sum{}); }
void sub(const KernelArgs& a) { binary_number(a, TL_PICK(sub), Difference{}); }
void mul(const KernelArgs& a) { binary_number(a, TL_PICK(mul), Product{}); }
void div(const KernelArgs& a) { binary_float(a, kCheapGrain, TL_PICK(div)); }
void pow(const KernelArgs& a) { binary_float(a, kCostlyGrain, TL_PICK(pow)); }
void strong_zero_mul(const KernelArgs& a) { binary_float(a, kCheapGrain, TL_PICK(strong_zero_mul)); }
void strong_zero_div(const KernelArgs& a) { binary_float(a, kCheapGrain, TL_PICK(strong_zero_div)); }
void maximum(const KernelArgs& a) { binary_number(a, TL_PICK(maximum), Larger{}); }
void minimum(const KernelArgs& a) { binary_number(a, TL_PICK(minimum), Smaller{}); }

void add_scalar(const KernelArgs& a) { scalar_number(a, a.as<AddScalarAttrs>().value, TL_PICK(add), Sum{}); }
void mul_scalar(const KernelArgs& a) {
  scalar_number(a, a.as<MulScalarAttrs>().value, TL_PICK(mul), Product{});
}

void clip(const KernelArgs& a) {
  const auto& attrs = a.as<ClipAttrs>();
  if (is_floating(a[0].dtype())) {
    with_float(a[0].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T low = static_cast<T>(attrs.low), high = static_cast<T>(attrs.high);
      const auto f = arithmetic_table<T>().clip;
      unary_loop<T>(a, kCheapGrain, [&](const T* x, T* y, size_t n) { f(x, low, high, y, n); });
    });
    return;
  }
  with_integer(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    // A bound outside an integer's range bounds nothing.
    constexpr T kLowest = std::numeric_limits<T>::lowest(), kHighest = std::numeric_limits<T>::max();
    T low = kLowest, high = kHighest;
    if (attrs.low > static_cast<double>(low))
      low = static_cast<T>(std::ceil(std::min(attrs.low, static_cast<double>(kHighest))));
    if (attrs.high < static_cast<double>(high))
      high = static_cast<T>(std::floor(std::max(attrs.high, static_cast<double>(kLowest))));
    unary_loop<T>(a, kCheapGrain, [=](const T* x, T* y, size_t n) {
      assign_each(
          y, n,
          [low, high](T v) {
            const T raised = v < low ? low : v;
            return raised > high ? high : raised;
          },
          x);
    });
  });
}

void relu_grad(const KernelArgs& a) {
  if (is_floating(a[0].dtype())) return pair_float(a, TL_PICK(relu_grad));
  with_integer(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_integer_rows<T, T>(a, integer_row<PassWherePositive, T, T>);
  });
}
void tanh_grad(const KernelArgs& a) { pair_float(a, TL_PICK(tanh_grad)); }
void sigmoid_grad(const KernelArgs& a) { pair_float(a, TL_PICK(sigmoid_grad)); }

#undef TL_PICK

}  // namespace tl::kernels
