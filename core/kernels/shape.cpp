// Kernels that move elements: views where the memory can be shared, copies of contiguous runs elsewhere.
#include <algorithm>
#include <cstring>

#include "core/kernels/broadcast.h"
#include "core/kernels/dtypes.h"
#include "core/kernels/permute.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

void copy(std::byte* to, const std::byte* from, int64_t elements, size_t element_size) {
  if (elements) std::memcpy(to, from, static_cast<size_t>(elements) * element_size);
}

// n copies of one element.
void repeat(std::byte* to, const std::byte* element, int64_t n, size_t element_size) {
  auto as = [&](auto zero) {
    using T = decltype(zero);
    T value;
    std::memcpy(&value, element, sizeof value);
    std::fill_n(reinterpret_cast<T*>(to), n, value);
  };
  if (element_size == 4) return as(uint32_t{});
  if (element_size == 8) return as(uint64_t{});
  as(uint8_t{});
}

// The part of each axis that a slice takes.
struct Window {
  int64_t begin[kMaxRank], step[kMaxRank];
};

Window window_of(const SliceAttrs& attrs, const Shape& shape) {
  Window w{};
  for (int i = 0; i < shape.rank(); i++) {
    w.begin[i] = attrs.begin[i] < 0 ? attrs.begin[i] + shape[i] : attrs.begin[i];
    w.step[i] = attrs.strides.empty() ? 1 : attrs.strides[i];
  }
  return w;
}

// Copies between a dense box and a strided window of a larger array: the loop of slice (gather = true) and pad (false).
void copy_window(const std::byte* from, std::byte* to, const Shape& box, const Shape& whole, const Window& w,
                 size_t element_size, bool gather) {
  if (box.elements() == 0) return;
  int64_t strides[kMaxRank];
  int64_t next = 1, offset = 0;
  for (int i = whole.rank() - 1; i >= 0; i--) {
    offset += w.begin[i] * next;
    strides[i] = next * w.step[i];
    next *= whole[i];
  }
  // Whole trailing axes form one run; below them the last axis alone, dense or strided.
  int inner = box.rank();
  int64_t run = 1;
  while (inner > 0 && strides[inner - 1] == run) run *= box[--inner];
  const bool dense = inner < box.rank() || box.rank() == 0;
  const int64_t last_stride = dense ? 1 : strides[box.rank() - 1];
  if (!dense) {
    inner = box.rank() - 1;
    run = box[inner];
  }
  int64_t index[kMaxRank] = {};
  int64_t small = 0;
  for (;;) {
    if (dense) {
      if (gather)
        copy(to + static_cast<size_t>(small) * element_size, from + static_cast<size_t>(offset) * element_size, run, element_size);
      else
        copy(to + static_cast<size_t>(offset) * element_size, from + static_cast<size_t>(small) * element_size, run, element_size);
    } else {
      for (int64_t i = 0; i < run; i++) {
        const size_t big = static_cast<size_t>(offset + i * last_stride), at = static_cast<size_t>(small + i);
        std::memcpy(to + (gather ? at : big) * element_size, from + (gather ? big : at) * element_size, element_size);
      }
    }
    small += run;
    int axis = inner - 1;
    for (; axis >= 0; axis--) {
      offset += strides[axis];
      if (++index[axis] < box[axis]) break;
      offset -= strides[axis] * box[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

}  // namespace

void identity(const KernelArgs& a) { a.out[0] = a[0].view(a[0].shape()); }
void stop_gradient(const KernelArgs& a) { a.out[0] = a[0].view(a[0].shape()); }

void reshape(const KernelArgs& a) {
  OutputSpec spec;
  a.schema.infer(InferArgs{a.schema, a.in, a.attrs}, &spec);
  a.out[0] = a[0].view(spec.shape);
}

void transpose(const KernelArgs& a) {
  const IntList& order = a.as<TransposeAttrs>().permutation;
  const int rank = a[0].rank();
  int permutation[kMaxRank];
  for (int i = 0; i < rank; i++) {
    permutation[i] = order.empty() ? rank - 1 - i : static_cast<int>(order[i]);
    if (permutation[i] < 0) permutation[i] += rank;
  }
  permute(a.context, a[0].raw(), a.out[0].mutable_raw(), a[0].shape(), permutation, size_of(a[0].dtype()));
}

void broadcast_to(const KernelArgs& a) {
  const size_t size = size_of(a[0].dtype());
  const std::byte* from = a[0].raw();
  std::byte* to = a.out[0].mutable_raw();
  for_each_run<1>(a.out[0].shape(), {&a[0].shape()}, [&](const Run<1>& run) {
    const std::byte* source = from + static_cast<size_t>(run.in[0]) * size;
    std::byte* target = to + static_cast<size_t>(run.out) * size;
    if (run.advances[0])
      copy(target, source, run.size, size);
    else
      repeat(target, source, run.size, size);
  });
}

void concat(const KernelArgs& a) {
  const Shape& shape = a.out[0].shape();
  const int64_t given = a.as<ConcatAttrs>().axis;
  const int axis = static_cast<int>(given < 0 ? given + shape.rank() : given);
  const size_t size = size_of(a.out[0].dtype());
  const int64_t rows = shape.elements(0, axis), row = shape.elements(axis, shape.rank());
  int64_t column = 0;
  for (const Tensor* part : a.in) {
    const int64_t width = part->shape().elements(axis, shape.rank());
    for (int64_t r = 0; r < rows; r++)
      copy(a.out[0].mutable_raw() + static_cast<size_t>(r * row + column) * size,
           part->raw() + static_cast<size_t>(r * width) * size, width, size);
    column += width;
  }
}

void slice(const KernelArgs& a) {
  OutputSpec spec;
  a.schema.infer(InferArgs{a.schema, a.in, a.attrs}, &spec);
  const Shape& shape = a[0].shape();
  const Window w = window_of(a.as<SliceAttrs>(), shape);
  const size_t size = size_of(a[0].dtype());
  // Leading rows that are whole share the memory; so does everything when nothing is cut.
  bool shares = shape.rank() == 0 || w.step[0] == 1 || spec.shape[0] <= 1;
  for (int i = 1; i < shape.rank(); i++) shares &= spec.shape[i] == shape[i];
  if (shares) {
    const int64_t first = shape.rank() ? w.begin[0] * shape.elements(1, shape.rank()) : 0;
    a.out[0] = a[0].view(spec.shape, spec.shape.elements() ? static_cast<size_t>(first) * size : 0);
    return;
  }
  a.out[0] = a.context.allocate(spec.dtype, spec.shape);
  copy_window(a[0].raw(), a.out[0].mutable_raw(), spec.shape, shape, w, size, /*gather=*/true);
}

void pad(const KernelArgs& a) {
  const auto& attrs = a.as<PadAttrs>();
  const Tensor& out = a.out[0];
  const size_t size = size_of(out.dtype());
  with_any(out.dtype(), [&](auto zero) {
    const auto value = static_cast<decltype(zero)>(attrs.value);
    repeat(out.mutable_raw(), reinterpret_cast<const std::byte*>(&value), out.elements(), size);
  });
  Window w{};
  for (int i = 0; i < out.rank(); i++) {
    w.begin[i] = attrs.low[i];
    w.step[i] = attrs.interior.empty() ? 1 : attrs.interior[i] + 1;
  }
  copy_window(a[0].raw(), out.mutable_raw(), a[0].shape(), out.shape(), w, size, /*gather=*/false);
}

}  // namespace tl::kernels
