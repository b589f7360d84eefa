// Kernels of gather, scatter_add, set_rows and one_hot. Every index is checked before anything is written.
#include <algorithm>
#include <cstring>

#include "core/kernels/copy.h"
#include "core/kernels/dtypes.h"
#include "core/kernels/integer_loops.h"
#include "core/kernels/parallel.h"
#include "core/kernels/row_writes.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

// f(int64_t index, int64_t position) for each of n indices of either dtype.
template <class F>
void for_each_index(DType dtype, const void* indices, int64_t n, F&& f) {
  if (dtype == DType::kI32) {
    const int32_t* p = static_cast<const int32_t*>(indices);
    for (int64_t i = 0; i < n; i++) f(int64_t{p[i]}, i);
  } else {
    const int64_t* p = static_cast<const int64_t*>(indices);
    for (int64_t i = 0; i < n; i++) f(p[i], i);
  }
}

template <class F>
void for_each_index(const Tensor& indices, F&& f) {
  for_each_index(indices.dtype(), indices.raw(), indices.elements(), f);
}

// Every index lies in [0, size).
void check_index(const char* op, int64_t index, int64_t at, int64_t size) {
  if (index < 0 || index >= size)
    invalid("[", op, "] an index must not lie outside [0, ", size, "): got ", index, " at position ", at,
            "; negative indices do not count from the end");
}

void check_indices(const char* op, const Tensor& indices, int64_t size) {
  for_each_index(indices, [&](int64_t index, int64_t at) { check_index(op, index, at, size); });
}

// The axes before and behind an axis, as counts of elements.
struct Split {
  int axis;
  int64_t outer, inner;
};
Split split_at(const Shape& shape, int64_t axis) {
  const int at = static_cast<int>(axis < 0 ? axis + shape.rank() : axis);
  return {at, shape.elements(0, at), shape.elements(at + 1, shape.rank())};
}

}  // namespace

void gather(const KernelArgs& a) {
  const Tensor &x = a[0], &indices = a[1];
  const Split s = split_at(x.shape(), a.as<GatherAttrs>().axis);
  const int64_t size = x.shape()[s.axis], count = indices.elements();
  check_indices("gather", indices, size);
  if (a.out[0].elements() == 0) return;
  const size_t element = size_of(x.dtype()), bytes = static_cast<size_t>(s.inner) * element;
  const std::byte* from = x.raw();
  std::byte* to = a.out[0].mutable_raw();
  auto copy_all = [&](const auto* index) {
    const size_t outer = static_cast<size_t>(s.outer), indices_per = static_cast<size_t>(count);
    const size_t grain = std::max<size_t>(1, kCheapGrain / static_cast<size_t>(s.inner));
    parallel_ranges(a.context, outer * indices_per, grain, [=](size_t begin, size_t end) {
      for (size_t at = begin; at < end;) {
        const size_t o = at / indices_per, last = std::min(end, (o + 1) * indices_per);
        const std::byte* table = from + o * static_cast<size_t>(size) * bytes;
        const auto* i = index + (at - o * indices_per);
        if (bytes == element) {
          with_word(element, [&](auto zero) {
            using T = decltype(zero);
            for (; at < last; at++, i++)
              reinterpret_cast<T*>(to)[at] = reinterpret_cast<const T*>(table)[static_cast<size_t>(*i)];
          });
        } else {
          for (; at < last; at++, i++)
            copy_run(to + at * bytes, table + static_cast<size_t>(*i) * bytes, bytes);
        }
      }
    });
  };
  if (indices.dtype() == DType::kI32)
    copy_all(indices.data<int32_t>());
  else
    copy_all(indices.data<int64_t>());
}

void scatter_add(const KernelArgs& a) {
  const Tensor &indices = a[0], &updates = a[1], &out = a.out[0];
  const Split s = split_at(out.shape(), a.as<ScatterAddAttrs>().axis);
  const int64_t size = out.shape()[s.axis], count = indices.elements();
  check_indices("scatter_add", indices, size);
  if (out.bytes()) std::memset(out.mutable_raw(), 0, out.bytes());
  with_any(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t o = 0; o < s.outer; o++)
      for_each_index(indices, [&](int64_t index, int64_t at) {
        const T* from = updates.data<T>() + (o * count + at) * s.inner;
        T* to = out.mutable_data<T>() + (o * size + index) * s.inner;
        for (int64_t i = 0; i < s.inner; i++) {
          if constexpr (std::is_integral_v<T>)
            to[i] = wrapped_add(to[i], from[i]);
          else
            to[i] += from[i];
        }
      });
  });
}

void check_rows(DType dtype, const void* indices, int64_t count, int64_t size) {
  for_each_index(dtype, indices, count,
                 [&](int64_t index, int64_t at) { check_index("set_rows", index, at, size); });
  int64_t before = -1;
  for_each_index(dtype, indices, count, [&](int64_t index, int64_t at) {
    if (index <= before)
      invalid("[set_rows] 'indices' must be strictly ascending: got ", index, " after ", before,
              " at position ", at, "; sort them and name each row once");
    before = index;
  });
}

void write_rows(DType dtype, const void* indices, int64_t count, const void* rows, size_t row_bytes,
                const void* x, void* out, size_t bytes) {
  if (bytes && out != x) std::memcpy(out, x, bytes);
  if (row_bytes == 0) return;
  std::byte* to = static_cast<std::byte*>(out);
  const std::byte* from = static_cast<const std::byte*>(rows);
  for_each_index(dtype, indices, count, [&](int64_t index, int64_t at) {
    copy_run(to + static_cast<size_t>(index) * row_bytes, from + static_cast<size_t>(at) * row_bytes,
             row_bytes);
  });
}

void set_rows(const KernelArgs& a) {
  const Tensor &x = a[0], &indices = a[1], &rows = a[2], &out = a.out[0];
  const int64_t count = indices.elements();
  check_rows(indices.dtype(), indices.raw(), count, x.shape()[0]);
  write_rows(indices.dtype(), indices.raw(), count, rows.raw(),
             count == 0 ? 0 : rows.bytes() / static_cast<size_t>(count), x.raw(), out.mutable_raw(),
             out.bytes());
}

void one_hot(const KernelArgs& a) {
  const Tensor& out = a.out[0];
  const int64_t depth = a.as<OneHotAttrs>().depth;
  if (out.bytes()) std::memset(out.mutable_raw(), 0, out.bytes());
  with_any(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_each_index(a[0], [&](int64_t index, int64_t at) {
      if (index >= 0 && index < depth) out.mutable_data<T>()[at * depth + index] = T{1};
    });
  });
}

}  // namespace tl::kernels
