// Kernels of comparisons, logic, selection and conversion.
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

// Walks two broadcast operands of type T; vv, vs, sv get the runs.
template <class T, class VV, class VS, class SV>
void compare_runs(const KernelArgs& a, VV vv, VS vs, SV sv) {
  const T *x = a[0].data<T>(), *z = a[1].data<T>();
  uint8_t* y = a.out[0].mutable_data<uint8_t>();
  for_each_run<2>(a.out[0].shape(), {&a[0].shape(), &a[1].shape()}, [&](const Run<2>& run) {
    const T *p = x + run.in[0], *q = z + run.in[1];
    const size_t n = static_cast<size_t>(run.size);
    if (run.advances[0] && run.advances[1])
      vv(p, q, y + run.out, n);
    else if (run.advances[0])
      vs(p, *q, y + run.out, n);
    else
      sv(*p, q, y + run.out, n);
  });
}

template <class Pick, class Integer>
void compare(const KernelArgs& a, Pick pick, Integer integer) {
  if (is_floating(a[0].dtype())) {
    with_float(a[0].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const CompareKernels<T>& k = pick(float_table<T>(vector_table()).arithmetic);
      compare_runs<T>(a, k.vector_vector, k.vector_scalar, k.scalar_vector);
    });
    return;
  }
  with_integer(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    auto f = [integer](T p, T q) { return static_cast<uint8_t>(integer(p, q)); };
    compare_runs<T>(
        a, [&](const T* p, const T* q, uint8_t* y, size_t n) { assign_each(y, n, f, p, q); },
        [&](const T* p, T q, uint8_t* y, size_t n) { assign_each(y, n, [&](T v) { return f(v, q); }, p); },
        [&](T p, const T* q, uint8_t* y, size_t n) { assign_each(y, n, [&](T v) { return f(p, v); }, q); });
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
  parallel_ranges(a.context, static_cast<size_t>(a.out[0].elements()), kCheapGrain, [&](size_t begin, size_t end) {
    assign_each(y + begin, end - begin, [](From v) { return static_cast<Stored>(convert<To>(v)); }, x + begin);
  });
}

}  // namespace

#define TL_COMPARE(name, operator_)                                                                    \
  void name(const KernelArgs& a) {                                                                     \
    compare(                                                                                           \
        a, [](const auto& t) -> const auto& { return t.name; }, [](auto p, auto q) { return p operator_ q; }); \
  }
TL_COMPARE(equal, ==)
TL_COMPARE(not_equal, !=)
TL_COMPARE(less, <)
TL_COMPARE(less_equal, <=)
TL_COMPARE(greater, >)
TL_COMPARE(greater_equal, >=)
#undef TL_COMPARE

void logical_and(const KernelArgs& a) {
  compare(a, [](const auto& t) -> const auto& { return t.equal; }, [](auto p, auto q) { return (p != 0) & (q != 0); });
}
void logical_or(const KernelArgs& a) {
  compare(a, [](const auto& t) -> const auto& { return t.equal; }, [](auto p, auto q) { return (p != 0) | (q != 0); });
}
void logical_not(const KernelArgs& a) {
  assign_each(a.out[0].mutable_data<uint8_t>(), static_cast<size_t>(a.out[0].elements()),
              [](uint8_t x) { return static_cast<uint8_t>(x == 0); }, a[0].data<uint8_t>());
}

void select(const KernelArgs& a) {
  const uint8_t* condition = a[0].data<uint8_t>();
  with_any(a[1].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *x = a[1].data<T>(), *z = a[2].data<T>();
    T* y = a.out[0].mutable_data<T>();
    for_each_run<3>(a.out[0].shape(), {&a[0].shape(), &a[1].shape(), &a[2].shape()}, [&](const Run<3>& run) {
      const uint8_t* c = condition + run.in[0];
      const T *p = x + run.in[1], *q = z + run.in[2];
      T* to = y + run.out;
      if constexpr (std::is_floating_point_v<T>) {
        if (run.advances[0]) {
          const SelectKernels<T>& k = float_table<T>(vector_table()).arithmetic.select;
          const size_t n = static_cast<size_t>(run.size);
          if (run.advances[1] && run.advances[2]) return k.vector_vector(c, p, q, to, n);
          if (run.advances[1]) return k.vector_scalar(c, p, *q, to, n);
          if (run.advances[2]) return k.scalar_vector(c, *p, q, to, n);
          return k.scalar_scalar(c, *p, *q, to, n);
        }
      }
      const int64_t step[] = {run.advances[0], run.advances[1], run.advances[2]};
      for (int64_t i = 0; i < run.size; i++) to[i] = c[i * step[0]] ? p[i * step[1]] : q[i * step[2]];
    });
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
