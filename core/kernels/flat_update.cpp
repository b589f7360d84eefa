#include "core/kernels/flat_update.h"

#include <algorithm>
#include <cstddef>

#include "core/kernels/parallel.h"

namespace tl::kernels {
namespace {

// Elements of a unit: some ten microseconds, most of which is memory.
constexpr size_t kUnit = 16384;

}  // namespace

FlatUpdate::FlatUpdate(OpId op, DType dtype, const void* attrs, Span<const int64_t> elements,
                       const VectorTable& table)
    : step_(op, dtype, attrs, table), variables_(elements.size()) {
  size_t filled = kUnit;
  for (size_t v = 0; v < elements.size(); v++) {
    const size_t n = static_cast<size_t>(elements[v]);
    for (size_t begin = 0; begin < n;) {
      if (filled == kUnit) {
        units_.push_back(pieces_.size());
        filled = 0;
      }
      const size_t end = std::min(n, begin + kUnit - filled);
      pieces_.push_back({v, begin, end});
      filled += end - begin;
      begin = end;
    }
  }
  units_.push_back(pieces_.size());
}

void FlatUpdate::run_unit(size_t unit, const void* const* inputs, void* const* outputs) const {
  const size_t in = static_cast<size_t>(arrays_in()), out = static_cast<size_t>(arrays_out());
  const size_t element = size_of(step_.dtype());
  const void* from[UpdateStep::kMostArrays];
  void* to[UpdateStep::kMostArrays];
  for (size_t i = units_[unit]; i < units_[unit + 1]; i++) {
    const Piece& piece = pieces_[i];
    const size_t offset = piece.begin * element;
    for (size_t k = 0; k < in; k++)
      from[k] = static_cast<const std::byte*>(inputs[piece.variable * in + k]) + offset;
    for (size_t k = 0; k < out; k++)
      to[k] = static_cast<std::byte*>(outputs[piece.variable * out + k]) + offset;
    step_.run(from, inputs + variables_ * in, to, piece.end - piece.begin);
  }
}

void FlatUpdate::run(ThreadPool& pool, const void* const* inputs, void* const* outputs) const {
  const size_t units = units_.size() - 1;
  if (units > 1)
    pool.parallel_for(
        units, [&](size_t unit) { run_unit(unit, inputs, outputs); },
        units < kPiecesWorthWaking ? ThreadPool::Helpers::if_it_pays : ThreadPool::Helpers::all);
  else if (units == 1)
    run_unit(0, inputs, outputs);
}

}  // namespace tl::kernels
