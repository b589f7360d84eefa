// Kernels of comparisons, logic, selection and conversion.
#include <functional>

#include "core/kernels/broadcast.h"
#include "core/kernels/convert.h"
#include "core/kernels/dtypes.h"
#include "core/kernels/integer_loops.h"
#include "core/kernels/integer_rows.h"
#include "core/kernels/parallel.h"
#include "core/kernels/select_run.h"
#include "core/kernels/vector/table.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

// pick(table) names the vector kernels.
template <class Pick>
void compare_floats(const KernelArgs& a, Pick pick) {
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const CompareKernels<T>& k = pick(float_table<T>(vector_table()).arithmetic);
    const T *x = a[0].data<T>(), *z = a[1].data<T>();
    uint8_t* y = a.out[0].mutable_data<uint8_t>();
    auto each = [&](const BroadcastMatrix<2>& m) {
      m.for_each_row([&](int64_t out, const std::array<int64_t, 2>& in, size_t n) {
        const T *p = x + in[0], *q = z + in[1];
        if (m.advances[0] && m.advances[1])
          k.vector_vector(p, q, y + out, n);
        else if (m.advances[0])
          k.vector_scalar(p, *q, y + out, n);
        else
          k.scalar_vector(*p, q, y + out, n);
      });
    };
    for_each_matrix<2>(a.context, kCheapGrain, a.out[0].shape(), {&a[0].shape(), &a[1].shape()}, each);
  });
}

// Integer computes one element.
template <class Integer, class Pick>
void compare(const KernelArgs& a, Pick pick) {
  if (is_floating(a[0].dtype())) return compare_floats(a, pick);
  with_integer(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_integer_rows<uint8_t, T>(a, integer_row<Integer, uint8_t, T>);
  });
}

// Bytes that are not 0 are true.
struct Both {
  int operator()(uint8_t p, uint8_t q) const { return (p != 0) & (q != 0); }
};
struct Either {
  int operator()(uint8_t p, uint8_t q) const { return (p != 0) | (q != 0); }
};

template <class To, class From>
void convert_all(const KernelArgs& a) {
  const From* x = a[0].data<From>();
  auto* y = a.out[0].mutable_data<std::conditional_t<std::is_same_v<To, bool>, uint8_t, To>>();
  parallel_ranges(a.context, static_cast<size_t>(a.out[0].elements()), kCheapGrain,
                  [&](size_t begin, size_t end) { convert_run<To>(x + begin, y + begin, end - begin); });
}

}  // namespace

#define TL_COMPARE(name, integer)                                \
  void name(const KernelArgs& a) {                               \
    compare<integer>(                                            \
        a, [](const auto& t) -> const auto& { return t.name; }); \
  }
TL_COMPARE(equal, std::equal_to<>)
TL_COMPARE(not_equal, std::not_equal_to<>)
TL_COMPARE(less, std::less<>)
TL_COMPARE(less_equal, std::less_equal<>)
TL_COMPARE(greater, std::greater<>)
TL_COMPARE(greater_equal, std::greater_equal<>)
#undef TL_COMPARE

void logical_and(const KernelArgs& a) {
  for_integer_rows<uint8_t, uint8_t>(a, integer_row<Both, uint8_t, uint8_t>);
}
void logical_or(const KernelArgs& a) {
  for_integer_rows<uint8_t, uint8_t>(a, integer_row<Either, uint8_t, uint8_t>);
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
  const VectorTable& table = vector_table();
  const uint8_t* condition = a[0].data<uint8_t>();
  with_any(a[1].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *x = a[1].data<T>(), *z = a[2].data<T>();
    T* y = a.out[0].mutable_data<T>();
    auto each = [&](const BroadcastMatrix<3>& m) {
      m.for_each_row([&](int64_t out, const std::array<int64_t, 3>& in, size_t n) {
        const uint8_t* c = condition + in[0];
        const T *p = x + in[1], *q = z + in[2];
        select_run(table, c, m.advances[0], p, m.advances[1], q, m.advances[2], y + out, n);
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
