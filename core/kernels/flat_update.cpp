#include "core/kernels/flat_update.h"

#include <algorithm>

#include "core/kernels/dtypes.h"
#include "core/kernels/parallel.h"
#include "core/ops/generated/attrs.h"

namespace tl::kernels {
namespace {

// Elements of a unit: some ten microseconds, most of which is memory.
constexpr size_t kUnit = 16384;

}  // namespace

FlatUpdate::FlatUpdate(OpId op, DType dtype, const void* attrs, Span<const int64_t> elements,
                       const VectorTable& table)
    : op_(op), dtype_(dtype), table_(&table), variables_(elements.size()) {
  switch (op) {
    case OpId::kSgdUpdate:
      arrays_in_ = 2;
      arrays_out_ = 1;
      break;
    case OpId::kMomentumUpdate:
      arrays_in_ = 3;
      arrays_out_ = 2;
      numbers_[0] = static_cast<const MomentumUpdateAttrs*>(attrs)->momentum;
      nesterov_ = static_cast<const MomentumUpdateAttrs*>(attrs)->nesterov;
      break;
    case OpId::kAdamUpdate:
      arrays_in_ = 4;
      arrays_out_ = 3;
      numbers_[0] = static_cast<const AdamUpdateAttrs*>(attrs)->beta1;
      numbers_[1] = static_cast<const AdamUpdateAttrs*>(attrs)->beta2;
      break;
    default: fail(Code::kUnsupported, "[flat update] ", schema_of(op).name, " is no step of an optimizer");
  }
  if (!is_floating(dtype))
    fail(Code::kUnsupported, "[flat update] variables must be f32 or f64: got ", dtype, "; leave it out");
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

template <class T>
void FlatUpdate::run_piece(const Piece& piece, const void* const* in, const void* const* scalars,
                           void* const* out) const {
  const OptimizerKernels<T>& k = float_table<T>(*table_).optimizer;
  auto from = [&](int i) { return static_cast<const T*>(in[i]) + piece.begin; };
  auto to = [&](int i) { return static_cast<T*>(out[i]) + piece.begin; };
  auto scalar = [&](int i) { return *static_cast<const T*>(scalars[i]); };
  const size_t n = piece.end - piece.begin;
  if (op_ == OpId::kSgdUpdate) {
    k.sgd(from(0), from(1), to(0), n, scalar(0));
  } else if (op_ == OpId::kMomentumUpdate) {
    k.momentum_keras(from(0), from(2), from(1), to(0), to(1), n, scalar(0), static_cast<T>(numbers_[0]),
                     nesterov_);
  } else {
    const AdamStep<T> step{scalar(0), static_cast<T>(1 - numbers_[0]), static_cast<T>(1 - numbers_[1]),
                           scalar(2), T{1} - scalar(1)};
    k.adam(from(0), from(2), from(3), from(1), to(0), to(1), to(2), n, step);
  }
}

template <class T>
void FlatUpdate::run_unit(size_t unit, const void* const* inputs, void* const* outputs) const {
  const size_t in = static_cast<size_t>(arrays_in_), out = static_cast<size_t>(arrays_out_);
  for (size_t i = units_[unit]; i < units_[unit + 1]; i++) {
    const Piece& piece = pieces_[i];
    run_piece<T>(piece, inputs + piece.variable * in, inputs + variables_ * in,
                 outputs + piece.variable * out);
  }
}

void FlatUpdate::run(ThreadPool& pool, const void* const* inputs, void* const* outputs) const {
  const size_t units = units_.size() - 1;
  with_float(dtype_, [&](auto zero) {
    using T = decltype(zero);
    if (units > 1)
      pool.parallel_for(
          units, [&](size_t unit) { run_unit<T>(unit, inputs, outputs); },
          units < kPiecesWorthWaking ? ThreadPool::Helpers::if_it_pays : ThreadPool::Helpers::all);
    else if (units == 1)
      run_unit<T>(0, inputs, outputs);
  });
}

}  // namespace tl::kernels
