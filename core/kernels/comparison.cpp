// Kernels of comparisons, logic, selection and conversion.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/broadcast.h"
#include "core/kernels/dtypes.h"
#include "core/kernels/integer_loops.h"
#include "core/kernels/parallel.h"
#include "core/kernels/vector/table.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

// Walks two broadcast operands of type T; vv, vs, sv get the rows.
template <class T, class VV, class VS, class SV>
void compare_rows(const KernelArgs& a, VV vv, VS vs, SV sv) {
  const T *x = a[0].data<T>(), *z = a[1].data<T>();
  uint8_t* y = a.out[0].mutable_data<uint8_t>();
  auto each = [&](const BroadcastMatrix<2>& m) {
    m.for_each_row([&](int64_t out, const std::array<int64_t, 2>& in, size_t n) {
      const T *p = x + in[0], *q = z + in[1];
      if (m.advances[0] && m.advances[1])
        vv(p, q, y + out, n);
      else if (m.advances[0])
        vs(p, *q, y + out, n);
      else
        sv(*p, q, y + out, n);
    });
  };
  for_each_matrix<2>(a.context, kCheapGrain, a.out[0].shape(), {&a[0].shape(), &a[1].shape()}, each);
}

template <class Pick, class Integer>
void compare(const KernelArgs& a, Pick pick, Integer integer) {
  if (is_floating(a[0].dtype())) {
    with_float(a[0].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const CompareKernels<T>& k = pick(float_table<T>(vector_table()).arithmetic);
      compare_rows<T>(a, k.vector_vector, k.vector_scalar, k.scalar_vector);
    });
    return;
  }
  with_integer(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    auto f = [integer](T p, T q) { return static_cast<uint8_t>(integer(p, q)); };
    compare_rows<T>(
        a, [&](const T* p, const T* q, uint8_t* y, size_t n) { assign_each(y, n, f, p, q); },
        [&](const T* p, T q, uint8_t* y, size_t n) {
          assign_each(
              y, n, [&](T v) { return f(v, q); }, p);
        },
        [&](T p, const T* q, uint8_t* y, size_t n) {
          assign_each(
              y, n, [&](T v) { return f(p, v); }, q);
        });
  });
}

// Floating point to integer: toward zero, saturating, NaN to 0.
template <class To, class From>
To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (x != x) return 0;
    // max() + 1 is a power of two, so that it is exact in every floating-point type.
    constexpr From above = static_cast<From>(std::numeric_limits<To>::max() / 2 + 1) * From{2};
    if (x >= above) return std::numeric_limits<To>::max();
    if (x <= static_cast<From>(std::numeric_limits<To>::lowest())) return std::numeric_limits<To>::lowest();
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

template <class To, class From>
void convert_all(const KernelArgs& a) {
  const From* x = a[0].data<From>();
  using Stored = std::conditional_t<std::is_same_v<To, bool>, uint8_t, To>;
  Stored* y = a.out[0].mutable_data<Stored>();
  parallel_ranges(
      a.context, static_cast<size_t>(a.out[0].elements()), kCheapGrain, [&](size_t begin, size_t end) {
        assign_each(
            y + begin, end - begin, [](From v) { return static_cast<Stored>(convert<To>(v)); }, x + begin);
      });
}

// to = condition ? p : q, where p and q advance or stand still. Selection moves bits, so that integers of four and eight
// bytes go through the vector kernels as floating-point numbers of their size.
template <class T>
void select_run(const uint8_t* condition, const T* p, bool p_advances, const T* q, bool q_advances, T* to,
                size_t n) {
  if constexpr (sizeof(T) > 1) {
    using Lane = std::conditional_t<sizeof(T) == 4, float, double>;
    const SelectKernels<Lane>& k = float_table<Lane>(vector_table()).arithmetic.select;
    const Lane *a = reinterpret_cast<const Lane*>(p), *b = reinterpret_cast<const Lane*>(q);
    Lane* y = reinterpret_cast<Lane*>(to);
    if (p_advances && q_advances) return k.vector_vector(condition, a, b, y, n);
    if (p_advances) return k.vector_scalar(condition, a, *b, y, n);
    if (q_advances) return k.scalar_vector(condition, *a, b, y, n);
    k.scalar_scalar(condition, *a, *b, y, n);
  } else {
    const size_t p_step = p_advances, q_step = q_advances;
    for (size_t i = 0; i < n; i++) {
      const T mask = static_cast<T>(-static_cast<int>(condition[i] != 0)), a = p[i * p_step],
              b = q[i * q_step];
      to[i] = static_cast<T>((a & mask) | (b & static_cast<T>(~mask)));
    }
  }
}

}  // namespace

#define TL_COMPARE(name, operator_)                             \
  void name(const KernelArgs& a) {                              \
    compare(                                                    \
        a, [](const auto& t) -> const auto& { return t.name; }, \
        [](auto p, auto q) { return p operator_ q; });          \
  }
TL_COMPARE(equal, ==)
TL_COMPARE(not_equal, !=)
TL_COMPARE(less, <)
TL_COMPARE(less_equal, <=)
TL_COMPARE(greater, >)
TL_COMPARE(greater_equal, >=)
#undef TL_COMPARE

void logical_and(const KernelArgs& a) {
  compare(
      a, [](const auto& t) -> const auto& { return t.equal; },
      [](auto p, auto q) { return (p != 0) & (q != 0); });
}
void logical_or(const KernelArgs& a) {
  compare(
      a, [](const auto& t) -> const auto& { return t.equal; },
      [](auto p, auto q) { return (p != 0) | (q != 0); });
}
void logical_not(const KernelArgs& a) {
  const uint8_t* x = a[0].data<uint8_t>();
  uint8_t* y = a.out[0].mutable_data<uint8_t>();
  parallel_ranges(
      a.context, static_cast<size_t>(a.out[0].elements()), kCheapGrain, [&](size_t begin, size_t end) {
        assign_each(
            y + begin, end - begin, [](uint8_t v) { return static_cast<uint8_t>(v == 0); }, x + begin);
      });
}

void select(const KernelArgs& a) {
  const uint8_t* condition = a[0].data<uint8_t>();
  with_any(a[1].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *x = a[1].data<T>(), *z = a[2].data<T>();
    T* y = a.out[0].mutable_data<T>();
    auto each = [&](const BroadcastMatrix<3>& m) {
      m.for_each_row([&](int64_t out, const std::array<int64_t, 3>& in, size_t n) {
        const uint8_t* c = condition + in[0];
        const T *p = x + in[1], *q = z + in[2];
        T* to = y + out;
        if (m.advances[0]) return select_run(c, p, m.advances[1], q, m.advances[2], to, n);
        const bool first = *c != 0;
        const T* from = first ? p : q;
        if (m.advances[first ? 1 : 2])
          std::copy_n(from, n, to);
        else
          std::fill_n(to, n, *from);
      });
    };
    for_each_matrix<3>(a.context, kCheapGrain, a.out[0].shape(),
                       {&a[0].shape(), &a[1].shape(), &a[2].shape()}, each);
  });
}

void cast(const KernelArgs& a) {
  with_any(a[0].dtype(), [&](auto zero) {
    using From = decltype(zero);
    switch (a.as<CastAttrs>().dtype) {
      case DType::kF32: return convert_all<float, From>(a);
      case DType::kF64: return convert_all<double, From>(a);
      case DType::kI32: return convert_all<int32_t, From>(a);
      case DType::kI64: return convert_all<int64_t, From>(a);
      case DType::kU8: return convert_all<uint8_t, From>(a);
      case DType::kBool: return convert_all<bool, From>(a);
    }
  });
}

}  // namespace tl::kernels
