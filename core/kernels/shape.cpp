// Kernels that move elements: views where the memory can be shared, copies of contiguous runs elsewhere.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "core/kernels/broadcast.h"
#include "core/kernels/copy.h"
#include "core/kernels/dtypes.h"
#include "core/kernels/parallel.h"
#include "core/kernels/permute.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

// n copies of one element.
void repeat(std::byte* to, const std::byte* element, size_t n, size_t element_size) {
  with_word(element_size, [&](auto zero) {
    using T = decltype(zero);
    T value;
    std::memcpy(&value, element, sizeof value);
    std::fill_n(reinterpret_cast<T*>(to), n, value);
  });
}

// A dense box and the elements of a larger array that it corresponds to: along each axis those from begin on, step apart.
class Window {
 public:
  Window(const Shape& box, const Shape& whole, const int64_t* begin, const int64_t* step) : box_(box) {
    int64_t next = 1;
    for (int i = whole.rank() - 1; i >= 0; i--) {
      offset_ += begin[i] * next;
      // An axis of one element takes no step, however long its step would be.
      strides_[i] = box[i] > 1 ? next * step[i] : 0;
      next *= whole[i];
    }
    // Whole trailing axes make one run with the axis in front of them, unless that one has gaps.
    inner_ = box.rank();
    while (inner_ > 0 && (box[inner_ - 1] == 1 || strides_[inner_ - 1] == run_)) run_ *= box[--inner_];
  }

  // The loop of slice: to the box.
  void read(const std::byte* whole, std::byte* box, size_t element_size) const {
    walk(whole, box, element_size);
  }
  // The loop of pad: from the box.
  void write(const std::byte* box, std::byte* whole, size_t element_size) const {
    walk(whole, box, element_size);
  }

 private:
  // The one that is const is read.
  template <class Whole, class Box>
  void walk(Whole* whole, Box* box, size_t element_size) const {
    constexpr bool kRead = std::is_const_v<Whole>;
    if (box_.elements() == 0) return;
    if (run_ > 1 || inner_ == 0) {
      const size_t bytes = static_cast<size_t>(run_) * element_size;
      return rows(inner_, [&](int64_t at, int64_t in_box) {
        Whole* outside = whole + static_cast<size_t>(at) * element_size;
        Box* inside = box + static_cast<size_t>(in_box) * element_size;
        if constexpr (kRead)
          copy_run(inside, outside, bytes);
        else
          copy_run(outside, inside, bytes);
      });
    }
    const int64_t n = box_[inner_ - 1], stride = strides_[inner_ - 1];
    with_word(element_size, [&](auto zero) {
      using T = decltype(zero);
      rows(inner_ - 1, [&](int64_t at, int64_t in_box) {
        if constexpr (kRead) {
          const T* outside = reinterpret_cast<const T*>(whole) + at;
          T* inside = reinterpret_cast<T*>(box) + in_box;
          for (int64_t i = 0; i < n; i++) inside[i] = outside[i * stride];
        } else {
          const T* inside = reinterpret_cast<const T*>(box) + in_box;
          T* outside = reinterpret_cast<T*>(whole) + at;
          for (int64_t i = 0; i < n; i++) outside[i * stride] = inside[i];
        }
      });
    });
  }

  // f(offset outside, offset in the box) for each index of the first `rank` axes.
  template <class F>
  void rows(int rank, F&& f) const {
    const int64_t size = box_.elements(rank, box_.rank()), count = box_.elements(0, rank);
    int64_t index[kMaxRank] = {};
    int64_t at = offset_;
    for (int64_t row = 0; row < count; row++) {
      f(at, row * size);
      for (int axis = rank - 1; axis >= 0; axis--) {
        at += strides_[axis];
        if (++index[axis] < box_[axis]) break;
        at -= strides_[axis] * box_[axis];
        index[axis] = 0;
      }
    }
  }

  Shape box_;
  int64_t strides_[kMaxRank] = {};
  int64_t offset_ = 0, run_ = 1;
  int inner_;
};

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
  for_each_matrix<1>(a.context, kCheapGrain, a.out[0].shape(), {&a[0].shape()},
                     [&](const BroadcastMatrix<1>& m) {
                       m.for_each_row([&](int64_t out, const std::array<int64_t, 1>& in, size_t n) {
                         const std::byte* source = from + static_cast<size_t>(in[0]) * size;
                         std::byte* target = to + static_cast<size_t>(out) * size;
                         if (m.advances[0])
                           copy_run(target, source, n * size);
                         else
                           repeat(target, source, n, size);
                       });
                     });
}

void concat(const KernelArgs& a) {
  const Shape& shape = a.out[0].shape();
  const int64_t given = a.as<ConcatAttrs>().axis;
  const int axis = static_cast<int>(given < 0 ? given + shape.rank() : given);
  if (a.out[0].elements() == 0) return;
  // All in bytes: a row is what one index of the axes in front of `axis` covers.
  const size_t rows = static_cast<size_t>(shape.elements(0, axis)), row = a.out[0].bytes() / rows;
  parallel_ranges(a.context, rows, std::max<size_t>(1, kCheapGrain / row), [&](size_t begin, size_t end) {
    std::byte* column = a.out[0].mutable_raw();
    for (const Tensor* part : a.in) {
      const size_t width = part->bytes() / rows;
      for (size_t r = begin; r < end; r++) copy_run(column + r * row, part->raw() + r * width, width);
      column += width;
    }
  });
}

void slice(const KernelArgs& a) {
  const auto& attrs = a.as<SliceAttrs>();
  OutputSpec spec;
  a.schema.infer(InferArgs{a.schema, a.in, a.attrs}, &spec);
  const Shape& shape = a[0].shape();
  const size_t size = size_of(a[0].dtype());
  int64_t begin[kMaxRank] = {}, step[kMaxRank] = {};
  for (int i = 0; i < shape.rank(); i++) {
    begin[i] = attrs.begin[i] < 0 ? attrs.begin[i] + shape[i] : attrs.begin[i];
    step[i] = attrs.strides.empty() ? 1 : attrs.strides[i];
  }
  // Leading rows that are whole share the memory; so does everything when nothing is cut.
  bool shares = shape.rank() == 0 || step[0] == 1 || spec.shape[0] <= 1;
  for (int i = 1; i < shape.rank(); i++) shares &= spec.shape[i] == shape[i];
  if (shares && !a.out[0]) {
    const int64_t first = shape.rank() ? begin[0] * shape.elements(1, shape.rank()) : 0;
    a.out[0] = a[0].view(spec.shape, spec.shape.elements() ? static_cast<size_t>(first) * size : 0);
    return;
  }
  if (!a.out[0]) a.out[0] = a.context.allocate(spec.dtype, spec.shape);
  Window(spec.shape, shape, begin, step).read(a[0].raw(), a.out[0].mutable_raw(), size);
}

void pad(const KernelArgs& a) {
  const auto& attrs = a.as<PadAttrs>();
  const Tensor& out = a.out[0];
  const size_t size = size_of(out.dtype());
  with_any(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(out.mutable_data<T>(), out.elements(), static_cast<T>(attrs.value));
  });
  int64_t step[kMaxRank] = {};
  for (int i = 0; i < out.rank(); i++)
    step[i] = attrs.interior.empty() || a[0].shape()[i] <= 1 ? 1 : attrs.interior[i] + 1;
  Window(a[0].shape(), out.shape(), attrs.low.data(), step).write(a[0].raw(), out.mutable_raw(), size);
}

}  // namespace tl::kernels
